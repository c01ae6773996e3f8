#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# counters: figures and handles over reloads, and listings that are loaded again.
. "${0%/*}/lib.sh"

# figures: the counters of the listing in $out, one line each.
figures() {
	sed -n 's/^\t*\(.*\) counter packets \([0-9]*\) bytes \([0-9]*\).*/\1: \2 \3/p' <<<"$out"
}

# A stranger of all shapes, to be listed and loaded again.
write_shapes() {
	cat >shapes.nft <<-'END'
	define web = { 80, 443 }
	table netdev first {
		comment "a table"
		set hosts {
			type ipv4_addr
			flags interval
			elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9, 198.51.100.7 }
		}
		map services {
			type inet_service : verdict
			elements = { 1004 : drop, 1005 : jump count, 1006 : accept }
		}
		chain count {
			counter comment "counted"
		}
		chain in {
			type filter hook ingress devices = { eth1, eth0 } priority 10; policy accept
			udp dport vmap @services
			udp dport 1001 counter packets 5 bytes 100 drop
			tcp dport $web ip saddr != @hosts counter accept
			tcp flags & (syn | ack) == syn tcp dport 1-99 counter drop comment "low"
			ip6 nexthdr { 0, 43, 44 } icmpv6 type echo-request drop
			vlan id 5 ip daddr 198.51.100.0/24 return
			meta mark 0x10 meta pkttype { broadcast, multicast } counter
		}
	}
	table netdev second {
		chain in {
			type filter hook ingress device "eth0" priority -5; policy accept;
			udp dport 1002 counter drop
			ether saddr 02:00:00:00:00:09 drop
			arp operation != { request, reply } counter drop
		}
	}
	END
}

case_listing_is_loaded_again() {
	local i
	world eth0 eth1
	write_shapes
	fw 0 -f shapes.nft
	is "what arrives" "$(net reach eth0 1001 1002 1004 1005 1006)" "1005 1006"
	fw 0 list ruleset
	has "$out" "udp dport 1001 counter packets 6 bytes 138 drop" \
		"udp dport 1002 counter packets 1 bytes 38 drop" \
		'counter packets 1 bytes 38 comment "counted"'
	cp "$work/out" listed
	for i in 1 2; do
		fw 0 -f listed
		fw 0 list ruleset
		same "the listing again, $i" "$work/out" listed
	done
	fw 0 --fresh -f listed
	fw 0 list ruleset
	same "the listing after --fresh" "$work/out" listed
	fw 0 unload
	fw 0 -f listed
	fw 0 list ruleset
	same "the listing after unload" "$work/out" listed
	is "what arrives" "$(net reach eth0 1001 1002 1004 1005 1006)" "1005 1006"
}

# Of the types in a set the last one written counts; the record has them sorted.
case_record_of_sorted_types() {
	world
	rules types.nft "icmp type { 9, 5 } icmp gateway 1 counter" "udp dport 1001 counter drop"
	fw 0 -f types.nft
	fw 0 list ruleset
	has "$out" "icmp gateway 1 counter packets 0 bytes 0"
}

case_figures_over_reloads() {
	world
	rules one.nft "udp dport 1001 counter drop" "udp dport 1002 counter accept" \
		"udp dport 1000 accept" "udp dport 1003 counter packets 7 bytes 70"
	# Other places, one rule that is new and has figures, one that is the same but for its
	# figures, and one that is there twice.
	rules two.nft "udp dport 1004 counter packets 3 bytes 33 accept" \
		"udp dport 1002 counter packets 99 bytes 99 accept" \
		"udp dport 1001 counter drop" "udp dport 1001 counter drop"
	fw 0 -f one.nft
	is "what arrives" "$(net reach eth0 1001 1002 1003)" "1002 1003"
	fw 0 list ruleset
	is "figures" "$(figures)" "\
udp dport 1001: 1 38
udp dport 1002: 1 38
udp dport 1003: 8 108"
	fw 0 -f two.nft
	is "what arrives" "$(net reach eth0 1001 1002 1004)" "1002 1004"
	fw 0 list ruleset
	is "figures" "$(figures)" "\
udp dport 1004: 4 71
udp dport 1002: 2 76
udp dport 1001: 2 76
udp dport 1001: 0 0"
	# What left the ruleset has lost its figures.
	fw 0 -f one.nft
	fw 0 list ruleset
	is "figures" "$(figures)" "\
udp dport 1001: 2 76
udp dport 1002: 2 76
udp dport 1003: 7 70"
	fw 0 --fresh -f two.nft
	fw 0 list ruleset
	is "figures" "$(figures)" "\
udp dport 1004: 3 33
udp dport 1002: 99 99
udp dport 1001: 0 0
udp dport 1001: 0 0"
	fw 0 -s list ruleset
	lacks "$out" packets
	has "$out" "udp dport 1002 counter accept"
	rules bad.nft "udp dport 1002 counter drp"
	fw 1 -f bad.nft
	fw 0 list ruleset
	has "$out" "udp dport 1002 counter packets 99 bytes 99 accept"
}

# More counters than the map in force has cells: the load moves all to a larger one.
case_figures_move_to_a_larger_map() {
	local lines=("udp dport 1001 counter drop") i
	world
	rules small.nft "${lines[@]}"
	for ((i = 2000; i < 2700; i++)); do
		lines+=("udp dport $i counter")
	done
	rules large.nft "${lines[@]}" "udp dport 1002 counter drop"
	fw 0 -f small.nft
	is "in force" "$(in_force)" old
	fw 0 -f large.nft
	is "what arrives" "$(net reach eth0 1001 1002 2699)" "2699"
	fw 0 list ruleset
	is "figures" "$(figures | grep -v ': 0 0')" "\
udp dport 1001: 2 76
udp dport 2699: 1 38
udp dport 1002: 1 38"
	fw 0 -f small.nft
	is "in force" "$(in_force)" old
	fw 0 list ruleset
	is "figures" "$(figures)" "udp dport 1001: 3 114"
	is "pins of cells" "$(pins | grep -c cells)" 1
	fw 0 unload
	no_traces
}

case_handles() {
	local highest
	world
	rules one.nft "udp dport 1001 drop" "udp dport 1002 drop" "udp dport 1003 drop"
	rules two.nft "udp dport 1004 drop" "udp dport 1003 drop" "udp dport 1001 drop"
	fw 0 -f one.nft
	fw 0 -a list ruleset
	is "handles" "$(grep -c '# handle [1-9][0-9]*$' "$work/out")" 5
	is "handles that differ" "$(grep -o '# handle .*' "$work/out" | sort -u | wc -l)" 5
	cp "$work/out" first
	highest=$(sed -n 's/.*# handle //p' first | sort -n | tail -n 1)
	fw 0 -f two.nft
	fw 0 -a list ruleset
	is "what was kept" "$(grep -E 'netdev t|chain in|100[13]' "$work/out" | sort)" \
		"$(grep -E 'netdev t|chain in|100[13]' first | sort)"
	is "the new rule" "$(sed -n 's/.*1004.*# handle //p' "$work/out")" $((highest + 1))
	fw 0 -f one.nft
	fw 0 -a list ruleset
	is "the rule that comes back" "$(sed -n 's/.*1002.*# handle //p' "$work/out")" \
		$((highest + 2))
	is "the others" "$(grep -v 1002 "$work/out")" "$(grep -v 1002 first)"
	fw 0 list ruleset
	lacks "$out" handle
}

case_rules_outlive_the_command() {
	local ids
	world
	old_and_new
	fw 0 -f old.nft
	ids=$(bpf ids)
	rm -rf old.nft new.nft state lock
	is "in force" "$(in_force)" old
	fw 0 list ruleset
	has "$out" "udp dport 1001 counter packets 1 bytes 38 drop"
	fw 0 status
	has "$out" "load number 1 of this namespace" "rules: 2, counters: 1" "missed tail calls: 0"
	is "what is in the kernel" "$(bpf ids)" "$ids"
	is "in force" "$(in_force)" old
}

e2e_main "$@"
