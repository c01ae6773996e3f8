# SPDX-License-Identifier: GPL-2.0-only
# Named sets and maps of several parts, and of the type of a field: what is compared with them.
%chain r { }
%set s4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
%set ca { type ipv4_addr . inet_service; elements = { 1.2.3.4 . 80 }; }
%set cb { typeof ip saddr . tcp dport; flags interval; elements = { 1.2.3.0/24 . 80-90 }; }
%set v { typeof vlan id; elements = { 5 }; }
%set tl { typeof ip ttl; elements = { 5 }; }
%set ln { typeof meta length; flags interval; elements = { 5-9 }; }
%set rw { typeof @th,16,16; elements = { 5 }; }
%map m { type ipv4_addr . inet_service : verdict; elements = { 1.2.3.4 . 80 : drop }; }
%set pr { type inet_proto . inet_service; }
%set fl { type tcp_flag; elements = { syn }; }
%set mk { type mark; elements = { 5 }; }
%set lp { typeof meta l4proto . th dport; }
%set dd { typeof meta day; }
%set hb { typeof frag id; elements = { 1 }; }
%set fo { typeof frag frag-off; elements = { 1 }; }
%set rr { typeof @nh,32,16; elements = { 1 }; }
ip saddr @s4;ok
ip saddr ^ 0.0.0.1 @s4;ok;ip saddr ^ 0.0.0.1 == @s4
ip saddr & 255.255.0.0 @s4;ok;ip saddr & 255.255.0.0 == @s4
ip saddr . tcp dport @ca;ok
ip saddr . udp dport @ca;ok
ip saddr . tcp dport != @cb;ok
ip saddr . tcp dport @cb;ok
ip daddr . th dport @cb;ok
ip saddr . tcp dport vmap @m;ok
vlan id @v;ok
ip ttl @tl;ok
ip ttl << 2 @tl;ok;ip ttl << 2 == @tl
ip6 hoplimit @tl;ok
meta length @ln;ok
meta length >> 2 @ln;ok
@th,16,16 @rw;ok;th dport @rw
tcp dport @rw;ok
ip protocol . tcp dport @pr;ok
meta l4proto . th dport @pr;ok
ip6 nexthdr . udp dport @pr;ok
tcp flags @fl;ok
tcp flags & (syn|ack) @fl;ok;tcp flags & (syn | ack) == @fl
tcp flags & (syn|ack) == @fl;ok;tcp flags & (syn | ack) == @fl
meta mark @mk;ok
meta mark & 0xff == @mk;ok;meta mark & 0x000000ff == @mk
meta mark ^ 0xff @mk;ok;meta mark ^ 0x000000ff == @mk
meta l4proto . th dport @lp;ok
meta l4proto . tcp dport @lp;ok
meta day @dd;ok
frag id @hb;ok
@nh,32,16 @rr;ok
ip id @rr;ok
meta l4proto tcp ip saddr @s4 tcp dport 80;ok;ip saddr @s4 tcp dport 80
meta protocol ip ip saddr . tcp dport @ca tcp dport 80;ok;ip saddr . tcp dport @ca tcp dport 80
counter ip saddr . tcp dport @ca counter;ok;counter packets 0 bytes 0 ip saddr . tcp dport @ca counter packets 0 bytes 0
ether saddr 1:2:3:4:5:6 ip saddr . tcp dport @ca;ok;ether saddr 01:02:03:04:05:06 ip saddr . tcp dport @ca
vlan id 5 ip saddr . tcp dport @ca;ok
ip protocol tcp ip saddr . tcp dport @ca;ok
meta l4proto { tcp, udp } ip saddr . th dport @ca;ok

# Refused, by nft too
ip hoplimit @tl;fail;'ip' has no field 'hoplimit'
ip saddr @ca;fail;'ip saddr' is of type 'ipv4_addr', but set 'ca' holds 'ipv4_addr . inet_service'
ip saddr . ip daddr @ca;fail;'ip saddr . ip daddr' is of type 'ipv4_addr . ipv4_addr', but set 'ca' holds 'ipv4_addr . inet_service'
tcp dport . ip saddr @ca;fail;'tcp dport . ip saddr' is of type 'inet_service . ipv4_addr', but set 'ca' holds 'ipv4_addr . inet_service'
