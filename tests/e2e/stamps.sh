#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stamps: swaps under a flood over two devices and two CPUs, in which every packet tells what
# decided about it.
#
#	SWAPS=1000 tests/e2e/stamps.sh swaps_on_two_devices
#
# The test build's programs write a number (XDPFW_STAMP of their load) into each packet of the flood
# that they let through, and the test build counts in a file (XDPFW_SWITCHED) each map update that
# switched the devices over, when it has returned.  The generator writes that count into each packet
# right before it is sent.  So of each packet that arrives two numbers are known: how many switches
# were over before it was sent, and which program let it through; a packet sent after the K-th must
# have the stamp of the K-th program, or of a later one.
#
# The two rulesets differ in the chain that the flood goes to, and in nothing else; both have both
# chains, so the counters of both outlive each load.
. "${0%/*}/lib.sh"
E2E_SECONDS=300
[ -z "$SWAPS" ] || E2E_SECONDS=$((SWAPS * 3 + 120))

write_ruleset() {
	cat >"$1.nft" <<-END
	table netdev t {
		chain a {
			counter accept
		}
		chain b {
			counter accept
		}
		chain in {
			type filter hook ingress devices = { eth0, eth1 } priority filter; policy accept;
			udp dport 7777 goto $1
		}
	}
	END
}

# chain_counter CHAIN: the figures of its only rule.
chain_counter() { sed -n "/chain $1 {/,/}/p" "$work/out" >part; counter part counter; }

# switches: how many there were.
switches() { od -An -tu4 -N4 switched | tr -d ' '; }

# stamped NUMBER ARG...: a command that switches to programs with that stamp.
stamped() {
	fw_as XDPFW_STAMP="$1" XDPFW_SWITCHED="$work/switched" -- 0 "${@:2}"
	echo "$1" >>programs
	is "switches after $*" "$(switches)" $(($(wc -l <programs) - 1))
}

begin() {
	world eth0 eth1
	xdpfw=("${faults[@]}")
	cp "$top_builddir/tests/tool/flood_run" .
	write_ruleset a
	write_ruleset b
	head -c 4 /dev/zero >switched
	fw_as XDPFW_STAMP=1 -- 0 --mode "$1" -f a.nft
	fw_as XDPFW_STAMP=1 -- 0 -f b.nft
	echo 1 >programs
	is "modes" "$(mode_of eth0) $(mode_of eth1)" "$1 $1"
	# From here on nothing needs clang.
	export XDPFW_CLANG=/nonexistent
}

# begin_flood RATE SENDERS: packets a second for each device, and threads that send them.
begin_flood() {
	./flood_run /run/netns/client switched "$1" "$2" \
		eth0 "$(net_of eth0).2" eth1 "$(net_of eth1).2" >flood &
	flood=$!
	within 20 traffic_runs
}

traffic_runs() {
	fw 0 list ruleset
	[ "$(chain_counter a) $(chain_counter b)" != "0 0 0 0" ]
}

udp_lost() { awk '/^Udp: [0-9]/ { print $4 }' /proc/net/snmp; }

# The packets of both devices, by what the numbers in them say.
judge() {
	awk 'NR == FNR { program[count++] = $1; next }
	$1 == "strange" { old += $3 }
	$1 == "pair" {
		for (at = $3; at < count && program[at] != $4; at++)
			;
		if (at >= count)
			old += $5
		else if (at == $3)
			newest += $5
		else
			later += $5
		met[$3] = 1
	}
	END { print old + 0, newest + 0, later + 0, length(met) }' programs flood
}

# end_flood WHAT: no packet met an old program, and each is in one of the two counters, or the
# queue had no room for it.
end_flood() {
	local sent refused rate received dropped old newest later met bytes_a bytes_b
	: >stop
	wait $flood
	read -r sent refused rate received < <(awk '$1 == "device" {
		for (i = 3; i <= 6; i++) sum[i] += $i
	} END { print sum[3], sum[4], sum[5], sum[6] }' flood)
	dropped=$(for device in eth0 eth1; do
		in_client ip -s link show $device
	done | awk '/TX:/ { getline; sum += $4 } END { print sum }')
	fw 0 list ruleset
	read -r packets_a bytes_a < <(chain_counter a)
	read -r packets_b bytes_b < <(chain_counter b)
	read -r old newest later met < <(judge)
	echo "$1: $(switches) switches, $sent sent, $rate/s over two devices," \
		"$refused refused and $dropped dropped by the queues," \
		"counted $packets_a + $packets_b, $received received" \
		"($(udp_lost) lost by the socket): $newest by the program of the newest switch," \
		"$later by one still later, $old by an older one; packets sent after each of" \
		"$met switches"
	is "packets decided by an old program" "$old" 0
	is "packets of the flood" $((newest + later)) "$received"
	is "packets counted" $((packets_a + packets_b)) $((sent - dropped))
	is "packets received" $((received + $(udp_lost))) $((sent - dropped))
	is "bytes counted" $((bytes_a + bytes_b)) $(((sent - dropped) * 46))
	holds "the flood was none: $rate/s" [ "$rate" -gt 5000 ]
	holds "most switches were met: $met" [ "$met" -gt $(($(switches) * 8 / 10)) ]
	fw 0 status
	has "$out" "missed tail calls: 0"
	lost=$dropped
}

# swaps COUNT: with the stamps 2 to COUNT + 1.
swaps() {
	local i
	for ((i = 0; i < $1; i++)); do
		if ((i % 2)); then stamped $((i + 2)) -f b.nft; else stamped $((i + 2)) -f a.nft; fi
	done
}

case_swaps_on_two_devices() {
	begin native
	begin_flood 50000 1
	swaps "${SWAPS:-100}"
	end_flood "native, 50,000/s asked for on each device"
}

case_swaps_in_generic_mode() {
	begin generic
	begin_flood 50000 1
	swaps "${SWAPS:-20}"
	end_flood "generic, 50,000/s asked for on each device"
}

# Two CPUs send to each device: more than it takes.
case_swaps_with_queues_that_overflow() {
	begin native
	begin_flood 0 2
	swaps "${SWAPS:-20}"
	end_flood "native, as many as go"
	holds "the queues dropped some: $lost" [ "$lost" -gt 0 ]
}

# Nobody tells the generator that a deadline has passed; this does, later than it passes.
count_expiry() {
	sleep 1.2
	echo "$1" >>programs
	python3 -c "import struct, sys
with open('switched', 'r+b', 0) as file:
    count = struct.unpack('=I', file.read(4))[0]
    file.seek(0)
    file.write(struct.pack('=I', count + 1))"
}

# What else switches: a rollback to the ruleset before, at any time or while a confirm is waited
# for, and a deadline that passes.
case_rollbacks_and_confirms() {
	local new=2 force=1
	begin native
	begin_flood 50000 1
	while [ "$(switches)" -lt "${SWAPS:-20}" ]; do
		stamped $new -f a.nft
		stamped $force rollback
		stamped $((new + 1)) --confirm 60 -f b.nft
		stamped $force rollback
		stamped $((new + 2)) --confirm 60 -f a.nft
		fw 0 confirm
		force=$((new + 2))
		stamped $((new + 3)) --confirm 1 -f b.nft
		count_expiry $force
		fw 0 status
		new=$((new + 4))
	done
	end_flood "rollbacks, confirms and expiries"
}

e2e_main "$@"
