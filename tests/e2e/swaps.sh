#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# swaps: 200 loads under a flood: every packet meets one of the two rulesets, and exactly one.
#
# The rulesets differ in the chain that the packets go to, and in nothing else; both have both
# chains, so that the counters of both outlive each load.  The generator counts what it gave to its
# device, the device what its queue had no room for; the rest is in the counters.
. "${0%/*}/lib.sh"
E2E_SECONDS=240

write_ruleset() {
	cat >"$1.nft" <<-END
	table netdev t {
		chain a {
			counter drop
		}
		chain b {
			counter drop
		}
		chain in {
			type filter hook ingress device "eth0" priority filter; policy accept;
			udp dport 7 goto $1
		}
	}
	END
}

# chain_counter CHAIN: the figures of its only rule.
chain_counter() { sed -n "/chain $1 {/,/}/p" "$work/out" >part; counter part counter; }

swaps() {
	local count=$1 i packets_a bytes_a packets_b bytes_b sent refused rate dropped before after
	world
	write_ruleset a
	write_ruleset b
	fw 0 "${@:2}" -f a.nft
	fw 0 "${@:2}" -f b.nft
	# From here on nothing needs clang.
	export XDPFW_CLANG=/nonexistent
	before=$(awk '/^Udp: [0-9]/ { print $2 + $3 + $4 }' /proc/net/snmp)
	net flood eth0 >flood &
	within 5 traffic_runs
	for ((i = 0; i < count; i++)); do
		if ((i % 2)); then fw 0 -f b.nft; else fw 0 -f a.nft; fi
	done
	: >stop
	wait $!
	read -r sent refused rate <flood
	dropped=$(in_client ip -s link show eth0 | awk '/TX:/ { getline; print $4 }')
	after=$(awk '/^Udp: [0-9]/ { print $2 + $3 + $4 }' /proc/net/snmp)
	fw 0 list ruleset
	read -r packets_a bytes_a < <(chain_counter a)
	read -r packets_b bytes_b < <(chain_counter b)
	echo "$count swaps, $sent sent ($rate/s), $refused errors, $dropped dropped by the queue, counted $packets_a + $packets_b"
	holds "packets in both: $packets_a and $packets_b" [ "$packets_a" -gt $count -a "$packets_b" -gt $count ]
	is "packets counted" $((packets_a + packets_b)) $((sent - dropped))
	is "bytes counted" $((bytes_a + bytes_b)) $(((sent - dropped) * 46))
	is "packets that got by" "$after" "$before"
	fw 0 status
	has "$out" "missed tail calls: 0"$'\n' "load number $((count + 2)) of"
}

traffic_runs() {
	fw 0 list ruleset
	[ "$(chain_counter b)" != "0 0" ]
}

case_200_swaps_under_traffic() { swaps 200 --mode native; }

case_20_swaps_in_generic_mode() { swaps 20 --mode generic; }

e2e_main "$@"
