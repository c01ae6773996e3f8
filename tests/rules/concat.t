# SPDX-License-Identifier: GPL-2.0-only
# Concatenations: what each part needs, in their order.
ip saddr . tcp dport { 1.2.3.4 . 80, 2.0.0.0/8 . 90-100 };ok
vlan id . ip saddr { 4 . 1.2.3.4 };ok
meta mark . ip saddr { 1-5 . 1.2.3.4 };ok;meta mark . ip saddr { 0x00000001-0x00000005 . 1.2.3.4 }
meta l4proto . ip saddr { 1-5 . 1.2.3.4 };ok
meta l4proto . th dport { tcp . 80, udp . 53 };ok;meta l4proto . th dport { udp . 53, tcp . 80 }
meta l4proto . th dport vmap { tcp . 80 : accept, udp . 53 : drop };ok;meta l4proto . th dport vmap { udp . 53 : drop, tcp . 80 : accept }
ip saddr . ip daddr . tcp sport . tcp dport . meta mark { 1.2.3.4 . 1.2.3.5 . 1 . 2 . 3 };ok;ip saddr . ip daddr . tcp sport . tcp dport . meta mark { 1.2.3.4 . 1.2.3.5 . 1 . 2 . 0x00000003 }
ip6 saddr . ip6 daddr . tcp sport . tcp dport . meta mark { ::1 . ::2 . 1 . 2 . 3 };ok;ip6 saddr . ip6 daddr . tcp sport . tcp dport . meta mark { ::1 . ::2 . 1 . 2 . 0x00000003 }
ip saddr . tcp dport { 1.2.3.4 . 80 };ok
ip saddr . tcp dport != { 1.2.3.4 . 80 , 1.2.3.5 . 80 };ok;ip saddr . tcp dport != { 1.2.3.4 . 80, 1.2.3.5 . 80 }
meta pkttype . iifname { host . "lo" };ok
iifname . ip saddr { "lo" . 1.2.3.4 };ok
iifname . ip saddr { "lo" . 1.2.3.0/24 };ok
tcp flags . ip saddr { syn . 1.2.3.4 };ok
ip6 flowlabel . ip6 saddr { 5 . ::1 };ok
ip protocol . th dport { tcp . 80 };ok
ip6 nexthdr . th dport { tcp . 80 };ok
ether type . vlan id { 8021q . 5 };ok
ether saddr . vlan id { 1:2:3:4:5:6 . 5 };ok;ether saddr . vlan id { 01:02:03:04:05:06 . 5 }
ether saddr . ip saddr { 1:2:3:4:5:6 . 1.2.3.4 };ok;ether saddr . ip saddr { 01:02:03:04:05:06 . 1.2.3.4 }
ip saddr . ether saddr { 1.2.3.4 . 1:2:3:4:5:6 };ok;ip saddr . ether saddr { 1.2.3.4 . 01:02:03:04:05:06 }
arp operation . arp saddr ip { request . 1.2.3.4 };ok
tcp dport . tcp sport . ip saddr . ip daddr vmap { 1 . 2 . 1.2.3.4 . 2.3.4.5 : drop };ok
ip saddr . tcp dport vmap { 1.2.3.4 . 80-90 : drop, 10.0.0.0/8 . 22 : accept, * : continue };ok
ip ttl . ip protocol { 5 . tcp };ok
icmp type . icmp code { 3 . 1 };ok;icmp type . icmp code { destination-unreachable . host-unreachable }
icmp type . icmp id { 8 . 1 };ok;icmp type { echo-reply, echo-request } icmp type . icmp id { echo-request . 1 }
icmp type 8 icmp id . icmp sequence { 8 . 1 };ok;icmp type echo-request icmp id . icmp sequence { 8 . 1 }
icmpv6 type . ip6 saddr { 135 . ::1 };ok;icmpv6 type . ip6 saddr { nd-neighbor-solicit . ::1 }
iifname . meta mark { "lo" . 5 };ok;iifname . meta mark { "lo" . 0x00000005 }
iifname . tcp dport vmap { "lo" . 80 : drop, "e*" . 80 : accept };ok
meta hour . ip saddr { "10:00" . 1.2.3.4 };ok
meta day . meta hour { "Monday" . "10:00"-"12:00" };ok
ip saddr . ip saddr { 1.2.3.4 . 1.2.3.4 };ok
ip6 saddr . tcp dport { fe80::/10 . 80 };ok
ether saddr . ip6 saddr { 1:2:3:4:5:6 . fe80::1 };ok;ether saddr . ip6 saddr { 01:02:03:04:05:06 . fe80::1 }
th dport . th sport { 1 . 2 };ok
meta priority . ip saddr { 1:2 . 1.2.3.4 };ok
meta pkttype . meta l4proto { host . tcp };ok
meta iiftype . iifname { ether . "lo" };ok
