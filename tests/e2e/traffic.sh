#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# traffic: sockets and ping through a ruleset, in both modes: what is wanted arrives, the rest
# does not, and each counter has exactly the packets that were sent to it.
. "${0%/*}/lib.sh"

write_ruleset() {
	cat >wanted.nft <<-'END'
	table netdev t {
		chain in {
			type filter hook ingress device "eth0" priority filter; policy drop;
			icmpv6 type mld2-listener-report accept
			arp operation request counter accept
			arp operation reply counter drop
			vlan id 5 udp dport 53 counter accept
			vlan id 5 counter drop
			vlan id 6 counter drop
			icmp type echo-request counter accept
			icmpv6 type echo-request counter accept
			ip saddr 198.51.100.1 udp dport 53 counter accept
			ip6 saddr 2001:db8:0::/64 udp dport 53 counter accept
			udp dport 9 counter drop
			tcp dport 80 counter accept
			tcp dport 81 tcp flags syn counter drop
			udp dport 1000 counter accept
			counter
		}
	}
	END
}

pings() { in_client ping -q -c "$1" -i 0.05 -W 1 "$2" | sed -n 's/.* \([0-9]*\) received.*/\1/p'; }

# All of it arrives while no ruleset is loaded: what does not arrive later was dropped by a rule.
send_everything() {
	sent=(
		"arp answers of 3: $(net arp eth0 3)"
		"ping 5: $(pings 5 198.51.100.2)"
		"ping6 4: $(pings 4 2001:db8:0::2)"
		"udp 53 6: $(net udp 198.51.100.2 53 6)"
		"udp6 53 7: $(net udp 2001:db8:0::2 53 7)"
		"udp 9 8: $(net udp 198.51.100.2 9 8)"
		"udp6 9 3: $(net udp 2001:db8:0::2 9 3)"
		"tcp 80: $(net tcp 198.51.100.2 80)"
		"tcp6 80: $(net tcp 2001:db8:0::2 80)"
		"tcp 81: $(net tcp 198.51.100.2 81)"
		"udp 10 in 2: $(net udp 198.51.100.2 10 2)"
		"vlan 5 udp 53 2: $(net tagged eth0 5 53 2)"
		"vlan 5 udp 54 5: $(net tagged eth0 5 54 5)"
		"vlan 6 udp 53 4: $(net tagged eth0 6 53 4)"
	)
}

traffic() {
	world
	write_ruleset
	send_everything
	is "without a ruleset" "$(printf '%s\n' "${sent[@]}")" "\
arp answers of 3: 3
ping 5: 5
ping6 4: 4
udp 53 6: 6
udp6 53 7: 7
udp 9 8: 8
udp6 9 3: 3
tcp 80: open
tcp6 80: open
tcp 81: open
udp 10 in 2: 2
vlan 5 udp 53 2: 2
vlan 5 udp 54 5: 5
vlan 6 udp 53 4: 4"
	fw 0 --mode "$1" -f wanted.nft
	is "mode" "$(mode_of eth0)" "$1"
	send_everything
	is "with the ruleset" "$(printf '%s\n' "${sent[@]}")" "\
arp answers of 3: 3
ping 5: 5
ping6 4: 4
udp 53 6: 6
udp6 53 7: 7
udp 9 8: 0
udp6 9 3: 0
tcp 80: open
tcp6 80: open
tcp 81: closed
udp 10 in 2: 0
vlan 5 udp 53 2: 2
vlan 5 udp 54 5: 0
vlan 6 udp 53 4: 0"
	fw 0 list ruleset
	# How many packets a connection takes is not ours to say; all others are exact, bytes too.
	[[ $(counter "$work/out" "tcp dport 80 ") =~ ^([0-9]+)\  ]]
	holds "connections of at least 8 packets" [ "${BASH_REMATCH[1]}" -ge 8 ]
	is "the SYN that was dropped" "$(counter "$work/out" "tcp dport 81 ")" "1 60"
	is "the others" "$(sed -n '/tcp/d; s/^\t\t\(.*counter packets.*\)/\1/p' "$work/out")" "\
arp operation request counter packets 3 bytes 84 accept
arp operation reply counter packets 0 bytes 0 drop
vlan id 5 udp dport 53 counter packets 2 bytes 76 accept
vlan id 5 counter packets 5 bytes 190 drop
vlan id 6 counter packets 4 bytes 152 drop
icmp type echo-request counter packets 5 bytes 420 accept
icmpv6 type echo-request counter packets 4 bytes 416 accept
ip saddr 198.51.100.1 udp dport 53 counter packets 6 bytes 228 accept
ip6 saddr 2001:db8::/64 udp dport 53 counter packets 7 bytes 406 accept
udp dport 9 counter packets 11 bytes 478 drop
udp dport 1000 counter packets 0 bytes 0 accept
counter packets 2 bytes 76"
}

case_native() { traffic native; }

case_generic() { traffic generic; }

# Packets longer than a page: segments that nobody has cut yet in generic mode, and jumbo frames.
bulk() {
	world
	ip link set eth0 mtu "$2"
	in_client ip link set eth0 mtu "$2"
	write_ruleset
	fw 0 --mode "$1" -f wanted.nft
	is "4 MiB both ways" "$(net bulk 198.51.100.2 80)" whole
	is "4 MiB both ways, IPv6" "$(net bulk 2001:db8:0::2 80)" whole
	fw 0 list ruleset
	[[ $(counter "$work/out" "tcp dport 80 ") =~ ^([0-9]+)\ ([0-9]+)$ ]]
	holds "8 MiB are counted: ${BASH_REMATCH[2]}" [ "${BASH_REMATCH[2]}" -ge $((8 << 20)) ]
	holds "packets are counted: ${BASH_REMATCH[1]}" [ "${BASH_REMATCH[1]}" -ge 100 ]
	is "what was not wanted" "$(grep -c 'tcp dport 81 .* packets 0 bytes 0' "$work/out")" 1
}

case_bulk_native() { bulk native 1500; }

case_bulk_native_jumbo() { bulk native 9000; }

case_bulk_generic() { bulk generic 1500; }

case_bulk_generic_jumbo() { bulk generic 9000; }

e2e_main "$@"
