# SPDX-License-Identifier: GPL-2.0-only
# Several protocols in a rule: what may follow what, what is left out of the listing, and how
# comparisons of neighbouring fields are moved together.
meta l4proto tcp tcp dport 80;ok;tcp dport 80
meta protocol ip tcp dport 53;ok
meta protocol ip ip saddr 1.2.3.4;ok;ip saddr 1.2.3.4
ether type ip ip saddr 1.2.3.4;ok
vlan type ip ip saddr 1.2.3.4;ok;ether type 8021q ip saddr 1.2.3.4
ip protocol tcp tcp dport 80;ok
ip6 nexthdr tcp tcp dport 80;ok
meta protocol ip meta l4proto tcp tcp dport 80;ok;meta protocol ip tcp dport 80
meta protocol ip ip protocol tcp tcp dport 80;ok;ip protocol tcp tcp dport 80
ip saddr 1.2.3.4 meta l4proto tcp tcp dport 80;ok;ip saddr 1.2.3.4 tcp dport 80
meta l4proto tcp counter tcp dport 80;ok;meta l4proto tcp counter packets 0 bytes 0 tcp dport 80
meta protocol ip counter ip saddr 1.2.3.4;ok;meta protocol ip counter packets 0 bytes 0 ip saddr 1.2.3.4
meta l4proto tcp ip saddr 1.2.3.4 tcp dport 80;ok;ip saddr 1.2.3.4 tcp dport 80
meta l4proto tcp th dport 80;ok;tcp dport 80
meta l4proto { tcp, udp } th dport 53;ok
meta l4proto { tcp } tcp dport 53;ok;tcp dport 53
vlan id 5 ip saddr 1.2.3.4;ok
vlan id 5 ether saddr 00:11:22:33:44:55;ok;ether saddr 00:11:22:33:44:55 vlan id 5
ether saddr 00:11:22:33:44:55 vlan id 5;ok
ether type 8021ad vlan id 5;ok
ether type 8021q vlan id 5;ok;vlan id 5
ether type vlan vlan id 5;ok;vlan id 5
vlan id 5 ether type 8021q vlan id 6;ok
ether type 8021ad vlan id 5 vlan type 8021q vlan id 6;ok
ether type 8021ad vlan id 5 vlan type 8021q vlan id 6 vlan type ip ip saddr 1.2.3.4;ok;ether type 8021ad vlan id 5 vlan type 8021q vlan id 6 ip saddr 1.2.3.4
ether type 0x1234 tcp dport 80;ok
ether type 0x1234 ip saddr 1.2.3.4;ok
ether type { ip6, ip } tcp dport 80;ok;ether type { ip, ip6 } tcp dport 80
meta protocol { ip6, ip } tcp dport 80;ok;meta protocol { ip, ip6 } tcp dport 80
ip saddr 1.2.3.4 icmpv6 type echo-request;ok
ip6 saddr ::1 icmp type echo-request;ok
ether saddr 00:11:22:33:44:55 icmp type echo-request;ok
meta l4proto icmp icmp type echo-request;ok
ip protocol icmp icmp type echo-request;ok
ip6 nexthdr icmpv6 icmpv6 type echo-request;ok;ip6 nexthdr ipv6-icmp icmpv6 type echo-request
meta l4proto ipv6-icmp icmpv6 type echo-request;ok
meta protocol ip icmp type echo-request;ok;icmp type echo-request
meta protocol ip meta l4proto icmp icmp type echo-request;ok;icmp type echo-request
meta protocol ip6 meta l4proto icmp icmp type echo-request;ok;meta protocol ip6 icmp type echo-request
meta protocol arp arp operation request;ok;arp operation request
meta l4proto tcp meta l4proto udp;ok
ip protocol 47 tcp dport 80;ok;ip protocol gre tcp dport 80
ip protocol != tcp tcp dport 80;ok
meta l4proto != tcp tcp dport 80;ok
meta l4proto 47 th dport 80;ok;meta l4proto gre th dport 80
ip protocol tcp th dport 80;ok;ip protocol tcp tcp dport 80
ip ttl 5 ip protocol tcp;ok
ip protocol tcp ip ttl 5;ok;ip ttl 5 ip protocol tcp
ether saddr 00:11:22:33:44:55 ip saddr 1.2.3.4;ok
ip saddr 1.2.3.4 ether saddr 00:11:22:33:44:55;ok
ip saddr 1.2.3.4 ether type ip;ok
ether type ip ether saddr 00:11:22:33:44:55 ip saddr 1.2.3.4;ok;ether saddr 00:11:22:33:44:55 ip saddr 1.2.3.4
ether type ip;ok
ether type != ip ip saddr 1.2.3.4;ok
ether type arp arp operation request;ok
arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp operation request;ok
arp saddr ip 1.2.3.4 arp saddr ether 00:11:22:33:44:55;ok;arp saddr ether 00:11:22:33:44:55 arp saddr ip 1.2.3.4
arp daddr ip { 1.2.3.4, 1.2.3.5 };ok
ip6 nexthdr tcp;ok
ip6 nexthdr { tcp, udp };ok
ip protocol { tcp, udp } th dport 53;ok
ip protocol { tcp, udp };ok
meta protocol ip;ok
meta protocol != ip ip saddr 1.2.3.4;ok

# Refused, by nft too
meta l4proto { tcp, udp } tcp dport 53;fail;'tcp' needs one protocol, but several are possible here
ip saddr 1.2.3.4 vlan id 5;fail;'vlan' must stand before the match on what follows it
meta protocol vlan vlan id 5;fail;'vlan' must stand before the match on what follows it
meta protocol vlan ip saddr 1.2.3.4;fail;conflicting protocols: 'ip' after 'vlan'
meta protocol vlan tcp dport 80;fail;conflicting protocols: 'tcp' after 'vlan'
meta protocol 0x1234 tcp dport 80;fail;conflicting protocols: 'tcp' after 'unknown'
ether type { ip, ip6 } ip saddr 1.2.3.4;fail;'ip' needs one protocol, but several are possible here
meta l4proto icmpv6 icmp type echo-request;fail;conflicting protocols: 'icmp' after 'icmpv6'
arp operation request tcp dport 80;fail;conflicting protocols: 'tcp' after 'arp'
arp operation request ip saddr 1.2.3.4;fail;conflicting protocols: 'ip' after 'arp'
ip saddr 1.2.3.4 ip6 saddr ::1;fail;conflicting protocols: 'ip6' after 'ip'
tcp dport 80 udp dport 53;fail;conflicting protocols: 'udp' after 'tcp'
meta l4proto tcp meta l4proto udp tcp dport 80;fail;conflicting protocols: 'tcp' after 'udp'
meta l4proto 47 tcp dport 80;fail;conflicting protocols: 'tcp' after 'gre'
meta l4proto 4 tcp dport 80;fail;conflicting protocols: 'tcp' after 'unknown'
