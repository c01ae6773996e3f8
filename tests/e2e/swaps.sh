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

udp_received() { awk '/^Udp: [0-9]/ { print $2 + $3 + $4 }' /proc/net/snmp; }

begin_flood() {
	before=$(udp_received)
	net flood eth0 >flood &
	flood=$!
	within 20 traffic_runs
}

# end_flood WHAT: each packet is in one of the two counters, or the queue had no room for it.
end_flood() {
	local sent refused rate dropped bytes_a bytes_b
	: >stop
	wait $flood
	read -r sent refused rate <flood
	dropped=$(in_client ip -s link show eth0 | awk '/TX:/ { getline; print $4 }')
	is "packets that got by" "$(udp_received)" "$before"
	fw 0 list ruleset
	read -r packets_a bytes_a < <(chain_counter a)
	read -r packets_b bytes_b < <(chain_counter b)
	echo "$1: $sent sent, $rate/s, $refused refused, $dropped dropped by the queue," \
		"counted $packets_a + $packets_b"
	is "packets counted" $((packets_a + packets_b)) $((sent - dropped))
	is "bytes counted" $((bytes_a + bytes_b)) $(((sent - dropped) * 46))
	fw 0 status
	is "missed" "$(grep ^missed "$work/out")" "missed tail calls: 0"
}

swaps() {
	local count=$1 i
	world
	write_ruleset a
	write_ruleset b
	fw 0 --mode "$2" -f a.nft
	fw 0 -f b.nft
	is "mode" "$(mode_of eth0)" "$2"
	# From here on nothing needs clang.
	export XDPFW_CLANG=/nonexistent
	begin_flood
	for ((i = 0; i < count; i++)); do
		if ((i % 2)); then fw 0 -f b.nft; else fw 0 -f a.nft; fi
	done
	end_flood "$count swaps, $2"
	holds "packets met a: $packets_a" [ "$packets_a" -gt $((count * 10)) ]
	holds "packets met b: $packets_b" [ "$packets_b" -gt $((count * 10)) ]
	has "$out" "load number $((count + 2)) of"
}

traffic_runs() {
	fw 0 list ruleset
	[ "$(chain_counter a) $(chain_counter b)" != "0 0 0 0" ]
}

case_200_swaps_in_native_mode() { swaps 200 native; }

case_20_swaps_in_generic_mode() { swaps 20 generic; }

# A load with more counters than there are cells moves all of them, while packets are counted.
case_counters_move_to_a_larger_map() {
	local count i
	world
	for count in 1 600 1200; do
		write_ruleset a
		for ((i = 0; i < count; i++)); do
			printf '\t\tudp dport %d counter\n' $((2000 + i))
		done | sed -i '/udp dport 7/r /dev/stdin' a.nft
		mv a.nft $count.nft
	done
	fw 0 -f 1.nft
	begin_flood
	fw 0 -f 600.nft
	fw 0 -f 1200.nft
	fw 0 -f 1.nft
	end_flood "counters moved"
	holds "packets met a: $packets_a" [ "$packets_a" -gt 1000 ]
}

e2e_main "$@"
