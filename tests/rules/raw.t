# SPDX-License-Identifier: GPL-2.0-only
# Raw payload: bits by their place, which are listed by name where the rule knows the protocol.
@nh,0,4 4;ok;@nh,0,8 & 0xf0 == 0x40
@nh,4,4 5;ok;@nh,0,8 & 0xf == 0x5
@nh,4,12 5;ok;@nh,0,16 & 0xfff == 0x5
@ll,0,256 { 0x1, 0x2 };ok
@ll,0,512 { 0x1, 0x2 };ok
@th,0,128 1;ok;@th,0,128 0x1
@nh,0,4 3-5;ok;@nh,0,8 & 0xf0 == 0x30-0x50
@nh,0,4 {3,5};ok;@nh,0,8 & 0xf0 == { 48, 80 }
@nh,0,4 { 0, 1, 2, 9-10 };ok;@nh,0,8 & 0xf0 == { 0-32, 144-160 }
@nh,112,7 != { 0, 3, 2-5, 7-8, 9 };ok;@nh,112,8 & 0xfe != { 0, 4-10, 14-18 }
@nh,112,7 { 0, 1, 2 };ok;@nh,112,8 & 0xfe == { 0, 2, 4 }
@th,0,8 vmap { 0x80 : accept, 1-5 : drop };ok;@th,0,8 vmap { 1-5 : drop, 128 : accept }
@th,0,8 vmap { 0x80 : accept, * : drop };ok;@th,0,8 vmap { 128 : accept, * : drop }
@th,0,8 . @th,8,8 vmap { 0x10 . 0x20 : accept };ok
@ih,128,128 vmap { 0x0 : accept, 0x2-0x7fffffffffffffff : drop };ok;@ih,128,128 vmap { 0 : accept, 2-9223372036854775807 : drop }
@th,0,136 vmap { 0x0 : drop, 0x1 : accept, 0xffffffffffffffffffffffffffffffffff : accept };ok;@th,0,136 vmap { 0 : drop, 1 : accept, 87112285931760246646623899502532662132735 : accept }
@nh,0,4 != 4;ok;@nh,0,8 & 0xf0 != 0x40
@nh,0,4 > 4;ok;@nh,0,8 & 0xf0 > 0x40
@ih,0,32 1;ok;@ih,0,32 0x1
ip saddr . @th,0,16 { 1.2.3.4 . 22 };ok;ip saddr . th sport { 1.2.3.4 . 22 }
@nh,96,32 . @th,16,16 { 1 . 22 };ok;@nh,96,32 . th dport { 0x1 . 22 }
meta l4proto tcp @th,0,32 0x00160050;ok;tcp sport 22 tcp dport 80
tcp flags syn @th,96,4 5;ok;tcp flags syn tcp doff 5
meta protocol ip @nh,8,6 8;ok;ip dscp cs1
meta protocol ip @nh,8,6 8-10;ok;ip dscp 0x08-0x0a
meta protocol ip @nh,8,8 8;ok;ip dscp 0x02 ip ecn not-ect
meta protocol ip @nh,96,24 0x010203;ok;ip saddr 1.2.3.0/24
meta protocol ip @nh,64,16 0x0506;ok;ip ttl 5 ip protocol tcp
meta protocol ip @nh,64,8 5-6;ok;ip ttl 5-6
ip protocol tcp @th,0,16 22;ok;ip protocol tcp tcp sport 22
ip protocol tcp @th,0,16 { 22, 23 };ok;ip protocol tcp tcp sport { 22, 23 }
meta protocol vlan @ll,112,16 5;ok;meta protocol 8021q @ll,112,16 0x5
ether type vlan @ll,116,12 5;ok;vlan id 5
@ll,0,48 0x010203040506;ok;@ll,0,48 0x10203040506
ether saddr 1:2:3:4:5:6 @ll,0,48 0x010203040506;ok;ether daddr 01:02:03:04:05:06 ether saddr 01:02:03:04:05:06
@ll,96,16 0x0800 ip saddr 1.2.3.4;ok;@ll,96,16 0x800 ip saddr 1.2.3.4
@nh,0,8 1 @nh,8,8 2;ok;@nh,0,16 0x102
th dport 80 @th,32,32 5;ok;th dport 80 @th,32,32 0x5
tcp option @255,8,8 5;ok
tcp option @30,16,4 1;ok;tcp option mptcp subtype 1
@nh,32,64 5;ok;@nh,32,64 0x5
@th,0,8 5 @th,8,8 6;ok;th sport 1286
@th,4,8 5;ok;th sport & 4080 == 80
@th,3,3 5;ok;@th,0,8 & 0x1c == 0x14
@th,3,3 { 1, 2 };ok;@th,0,8 & 0x1c == { 4, 8 }
@th,3,15 5;ok;@th,0,24 & 0x1fffc0 == 0x140
@th,0,16 . @th,16,16 { 1 . 2 };ok;th sport . th dport { 1 . 2 }
@th,0,32 . ip saddr { 1 . 1.2.3.4 };ok;@th,0,32 . ip saddr { 0x1 . 1.2.3.4 }
@ll,0,128 5;ok;@ll,0,128 0x5
@ll,0,120 5;ok;@ll,0,120 0x5
@ll,0,24 { 1-5 };ok;@ll,0,24 0x1-0x5
@ll,0,136 { 1, 2 };ok;@ll,0,136 { 0x1, 0x2 }
udp length > 5 @th,64,8 1;ok;udp length > 5 @th,64,8 0x1
udp dport 53 @th,64,16 1;ok;udp dport 53 @th,64,16 0x1
meta l4proto udp @th,32,32 0x00100000;ok;udp length 16 udp checksum 0
meta l4proto udp @th,16,8 5;ok;udp dport 1280/8
@th,0,16 . @th,16,16 . ip saddr { 1 . 2 . 1.2.3.4 };ok;th sport . th dport . ip saddr { 1 . 2 . 1.2.3.4 }
@ll,0,48 . @ll,48,48 { 1 . 2 };ok;@ll,0,48 . @ll,48,48 { 0x1 . 0x2 }
@ll,112,4 5;ok;@ll,112,8 & 0xf0 == 0x50
vlan id 5 @ll,112,3 5;ok;vlan id 5 vlan pcp 5
ether type 8021q vlan id 6 @ll,112,8 0x80;ok;vlan pcp 4 vlan dei 0 vlan id & 3840 == 0 vlan id 6
ether type ip @nh,0,4 4;ok;ether type ip ip version 4
ip6 saddr ::1 @nh,0,4 6;ok;ip6 saddr ::1 ip6 version 6
ip6 saddr ::1 @nh,64,128 1;ok;ip6 saddr ::1 ip6 saddr ::1
ip6 saddr ::1 @nh,64,64 0xfe80000000000000;ok;ip6 saddr ::1 ip6 saddr fe80::/64
meta l4proto udp @th,0,64 0x0001000200080000;ok;udp sport 1 udp dport 2 udp length 8 udp checksum 0
meta l4proto tcp @th,104,8 2;ok;tcp flags == syn
meta l4proto tcp @th,96,4 { 5, 6 };ok;tcp doff { 5, 6 }
meta l4proto tcp @th,96,4 > 5;ok;tcp doff > 5
meta l4proto tcp @th,32,32 1-5;ok;tcp sequence 1-5
meta l4proto icmp @th,0,8 8;ok;meta l4proto icmp icmp type echo-request
icmp type 8 @th,32,16 5;ok;icmp type echo-request icmp id 5
meta l4proto tcp @th,16,16 != 22;ok;tcp dport != 22
meta l4proto tcp @th,16,16 22-23;ok;tcp dport 22-23
meta l4proto tcp @th,16,16 vmap { 22 : accept, 23 : drop };ok;tcp dport vmap { 22 : accept, 23 : drop }
meta l4proto tcp @th,0,24 5;ok;tcp sport 0 tcp dport 1280/8
@th,24,32 5;ok;@th,24,32 0x5
@ih,0,8 5;ok;@ih,0,8 0x5
@ih,4,4 5;ok;@ih,0,8 & 0xf == 0x5
@ih,0,32 . ip saddr { 5 . 1.2.3.4 };ok;@ih,0,32 . ip saddr { 0x5 . 1.2.3.4 }
