# SPDX-License-Identifier: GPL-2.0-only
# What nft adds, leaves out and writes in another way.  The field table's own abilities are tested
# by rules made of it (field_list rules).
ip protocol 6 drop;ok;ip protocol tcp drop
ip protocol tcp tcp dport 22 drop;ok
meta l4proto tcp tcp dport 22 drop;ok;tcp dport 22 drop
meta l4proto 6 tcp dport 22 drop;ok;tcp dport 22 drop
meta protocol ip ip saddr 192.0.2.1 drop;ok;ip saddr 192.0.2.1 drop
meta protocol ip drop;ok
ether type ip drop;ok
ether type ip ip saddr 192.0.2.1 drop;ok
tcp dport ssh drop;ok;tcp dport 22 drop
ip saddr 192.0.2.77/24 drop;ok;ip saddr 192.0.2.0/24 drop
ip saddr 192.0.2.1/32 drop;ok;ip saddr 192.0.2.1 drop
ip6 saddr 2001:DB8:0:0::1 drop;ok;ip6 saddr 2001:db8::1 drop
ip6 saddr 2001:db8::/32 drop;ok
ip6 saddr ::ffff:192.0.2.1 drop;ok
tcp dport == 22 drop;ok;tcp dport 22 drop
tcp dport eq 22 drop;ok;tcp dport 22 drop
tcp dport ne 22 drop;ok;tcp dport != 22 drop
tcp dport lt 22 drop;ok;tcp dport < 22 drop
tcp dport ge 22 drop;ok;tcp dport >= 22 drop
tcp dport {443, 80} drop;ok;tcp dport { 80, 443 } drop
tcp dport { 80 } drop;ok;tcp dport 80 drop
tcp dport { 20-25, 80 } drop;ok
tcp flags syn drop;ok
tcp flags syn,ack drop;ok
tcp flags syn|ack drop;ok;tcp flags syn,ack drop
tcp flags & syn == syn drop;ok
tcp flags & (syn|ack) == syn drop;ok;tcp flags syn / syn,ack drop
tcp flags & (fin | syn) == (fin | syn) drop;ok;tcp flags fin,syn / fin,syn drop
tcp flags syn / syn,ack drop;ok
tcp flags != syn / syn,ack drop;ok
tcp flags == syn drop;ok
tcp flags ! syn,fin drop;ok;tcp flags ! fin,syn drop
tcp flags { syn, ack } drop;ok
ip frag-off & 0x1fff != 0 drop;ok;ip frag-off & 8191 != 0 drop
vlan id 5 drop;ok
ether type 8021q vlan id 5 drop;ok;vlan id 5 drop
ether type 8021ad vlan id 5 drop;ok
icmp type 8 drop;ok;icmp type echo-request drop
icmpv6 type 200 drop;ok
iif lo drop;ok;iif "lo" drop
meta iif "lo" drop;ok;iif "lo" drop
iifname eth0 drop;ok;iifname "eth0" drop
iifname "eth*" drop;ok
pkttype broadcast drop;ok;meta pkttype broadcast drop
mark 5 drop;ok;meta mark 0x00000005 drop
meta mark & 0xff == 1 drop;ok;meta mark & 0x000000ff == 0x00000001 drop
meta length > 1500 drop;ok
arp operation 1 drop;ok;arp operation request drop
arp saddr ip 192.0.2.1 drop;ok
ip dscp 46 drop;ok;ip dscp ef drop
ip ecn ce drop;ok
counter;ok;counter packets 0 bytes 0
counter packets 5 bytes 100 drop;ok
drop comment "why";ok
tcp dport 22 counter accept comment "ssh";ok;tcp dport 22 counter packets 0 bytes 0 accept comment "ssh"
continue;ok
return;ok
tcp dport vmap { 22 : accept, 23 : drop };ok
ip saddr vmap { 192.0.2.0/24 : accept, 198.51.100.1 : drop };ok
%set web { type inet_service; elements = { 80, 443 }; }
%set nets { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
%map fate { type inet_service : verdict; elements = { 80 : accept }; }
%chain other { }
tcp dport @web accept;ok
tcp dport != @web accept;ok
ip saddr @nets accept;ok
ip daddr @nets tcp dport @web accept;ok
tcp dport vmap @fate;ok
jump other;ok
tcp dport 22 goto other;ok
udp dport vmap { 53 : jump other, 54 : goto other, 55 : return };ok
%
tcp dport 65536 drop;fail;65536 is too big: the largest value here is 65535
tcp dpotr 22 drop;fail;'tcp' has no field 'dpotr'
limit rate 1/second;fail;'limit' (rate limit) is not supported yet
jump nowhere;fail;table 't' has no chain 'nowhere'
