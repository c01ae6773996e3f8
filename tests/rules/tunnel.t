# SPDX-License-Identifier: GPL-2.0-only
# What is inside tunnels (nft 1.1).
udp dport 4789 vxlan ip saddr 1.2.3.4 vxlan tcp dport 80;ok-1.1
udp dport 4789 vxlan ether saddr 1:2:3:4:5:6 vxlan ip saddr 1.2.3.4;ok-1.1;udp dport 4789 vxlan ether saddr 01:02:03:04:05:06 vxlan ip saddr 1.2.3.4
udp dport 4789 vxlan vni 10;ok-1.1
udp dport 4789 vxlan vlan id 10;ok-1.1
udp dport 4789 vxlan vlan id 10 vxlan ip saddr 1.2.3.4;ok-1.1
gre ip saddr 1.2.3.4;ok-1.1
gre tcp dport 80;ok-1.1
gretap ether saddr 1:2:3:4:5:6;ok-1.1;gretap ether saddr 01:02:03:04:05:06
gretap ip saddr 1.2.3.4;ok-1.1
gre version 0;ok-1.1
gre protocol ip;ok-1.1
gre flags 1;ok-1.1
gre icmp type echo-request;ok-1.1
udp dport 6081 geneve vni 5 geneve ip saddr . geneve ip daddr { 1.2.3.4 . 2.2.2.2 };ok-1.1
udp dport 4789 vxlan ip saddr { 1.2.3.4, 1.2.3.5 };ok-1.1
udp dport 4789 vxlan icmpv6 type 1;ok-1.1;udp dport 4789 vxlan icmpv6 type destination-unreachable
udp dport 4789 vxlan ip version 4;ok-1.1
udp dport 4789 vxlan ip dscp { 1,2};ok-1.1;udp dport 4789 vxlan ip dscp { lephb, 0x02 }
meta l4proto udp vxlan vni 10;ok-1.1
meta l4proto gre gre ip saddr 1.2.3.4;ok-1.1;gre ip saddr 1.2.3.4
ip protocol gre gre ip saddr 1.2.3.4;ok-1.1
meta l4proto gre gre version 0;ok-1.1;gre version 0
udp dport 4789 vxlan ip protocol icmp vxlan icmp type 8;ok-1.1;udp dport 4789 vxlan ip protocol icmp vxlan icmp type echo-request
udp dport 4789 vxlan tcp dport 80 vxlan tcp sport 70;ok-1.1
udp dport 4789 vxlan arp operation request;ok-1.1
udp dport 4789 vxlan ether type ip vxlan ip saddr 1.2.3.4;ok-1.1
udp dport 4789 vxlan ip saddr vmap { 1.2.3.4 : drop };ok-1.1
ip daddr 1.2.3.4 gre ip saddr 1.2.3.4 counter;ok-1.1;ip daddr 1.2.3.4 gre ip saddr 1.2.3.4 counter packets 0 bytes 0
gre tcp flags syn;ok-1.1
gre tcp flags ! syn;ok-1.1
gre tcp flags == syn;ok-1.1
gre ip saddr { 1.2.3.4, 1.2.3.5 };ok-1.1;meta l4proto gre gre ip saddr { 1.2.3.4, 1.2.3.5 }
gre ip saddr 1.2.3.0/24;ok-1.1
gre ip saddr != 1.2.3.4;ok-1.1
gre ip saddr 1.2.3.4-1.2.3.9;ok-1.1;meta l4proto gre gre ip saddr 1.2.3.4-1.2.3.9
gre ip saddr > 1.2.3.4;ok-1.1;meta l4proto gre gre ip saddr > 1.2.3.4
gre ip dscp 5;ok-1.1;gre ip dscp 0x05
gre ip ttl > 5;ok-1.1;meta l4proto gre gre ip ttl > 5
gre tcp dport { 1, 2 };ok-1.1;meta l4proto gre gre tcp dport { 1, 2 }
gre tcp dport vmap { 1 : drop };ok-1.1
gre ip saddr . gre ip daddr { 1.2.3.4 . 1.2.3.4 };ok-1.1
gretap ether type ip;ok-1.1
gretap vlan id 5;ok-1.1
gre protocol ip gre ip saddr 1.2.3.4;ok-1.1
ip saddr 1.1.1.1 gre ip saddr 1.2.3.4 gre tcp dport 80 counter gre tcp sport 5;ok-1.1;ip saddr 1.1.1.1 gre ip saddr 1.2.3.4 gre tcp dport 80 counter packets 0 bytes 0 gre tcp sport 5
udp dport 4789 vxlan tcp dport { 1, 2 };ok-1.1
udp dport 4789 vxlan tcp dport 1 vxlan ip saddr 1.2.3.4;ok-1.1
udp dport 4789 vxlan tcp flags syn;ok-1.1
udp dport 4789 vxlan ip6 saddr fe80::/10;ok-1.1
udp dport 4789 vxlan ip saddr . ip daddr { 1.2.3.4 . 1.2.3.5 };ok-1.1;udp dport 4789 meta protocol ip vxlan ip saddr . ip daddr { 1.2.3.4 . 1.2.3.5 }
udp dport 4789 ip daddr . vxlan ip saddr { 1.2.3.4 . 1.2.3.5 };ok-1.1;udp dport 4789 meta protocol ip ip daddr . vxlan ip saddr { 1.2.3.4 . 1.2.3.5 }
udp dport 4789 vxlan ip saddr 1.2.3.4 geneve ip saddr 1.2.3.4;ok-1.1
udp dport 4789 vxlan udp dport 53;ok-1.1
udp dport 4789 vxlan ether daddr 1:2:3:4:5:6 vxlan ether type ip;ok-1.1;udp dport 4789 vxlan ether daddr 01:02:03:04:05:06 vxlan ether type ip
udp dport 4789 vxlan ether type ip;ok-1.1
udp dport 4789 vxlan ip protocol tcp;ok-1.1
gre ip protocol tcp;ok-1.1
gre ip6 nexthdr tcp gre tcp dport 80;ok-1.1
gre ip protocol { tcp, udp };ok-1.1;meta l4proto gre gre ip protocol { tcp, udp }
gre ip version 4;ok-1.1

# Refused, by nft too
gre ip saddr 1.2.3.4 gre ip6 saddr ::1;fail;conflicting protocols: 'ip6' after 'ip'
geneve vni 5;fail;'geneve' needs the port of its tunnel before it
tcp dport 4789 vxlan ip saddr 1.2.3.4;fail;conflicting protocols: 'udp' after 'tcp'
udp dport 4789 vxlan ip saddr 1.2.3.4 tcp dport 5;fail;conflicting protocols: 'tcp' after 'udp'
