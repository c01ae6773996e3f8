# SPDX-License-Identifier: GPL-2.0-only
# Left sides with operators: what moves to the constants, what stays, what is listed.
meta mark ^ 3 > 8;ok;meta mark ^ 0x00000003 > 0x00000008
meta mark ^ 3 == 8;ok;meta mark 0x0000000b
meta mark ^ 3 8-16;ok;meta mark ^ 0x00000003 0x00000008-0x00000010
meta mark ^ 3 { 8-16 , 20 };ok;meta mark ^ 0x00000003 { 0x00000008-0x00000010, 0x00000014 }
meta mark ^ 3 { 8 , 20 };ok;meta mark { 0x0000000b, 0x00000017 }
meta mark & 0xff | 0x100 == 0x101;ok;meta mark & 0x000001ff | 0x00000100 == 0x00000101
meta mark & 0xff ^ 0x100 == 0x101;ok;meta mark & 0x000000ff == 0x00000001
meta mark | 0x0f ^ 0x100 == 0x101;ok;meta mark | 0x0000010f == 0x00000101
ip id & 0xff00 > 8;ok;ip id & 65280 > 8
ip id & 0xff00 == 0x100;ok;ip id & 65280 == 256
ip id | 0xff00 8-9;ok;ip id | 65280 == 8-9
ip saddr ^ 1.2.3.4 == 2.2.2.2;ok;ip saddr 3.0.1.6
ip saddr & 255.255.0.0 == { 1.2.0.0, 1.3.0.0 };ok
tcp dport & 0xf0 . ip saddr { 16 . 1.2.3.4 };ok;tcp dport & 240 . ip saddr { 16 . 1.2.3.4 }
ip saddr & 255.255.0.0 . tcp dport { 1.2.0.0 . 80 };ok
ip ttl << 2 == 8;ok;ip ttl 2
ip ttl << 2 { 8, 16 };ok;ip ttl { 2, 4 }
ip ttl << 2 8-16;ok;ip ttl 2-4
ip ttl << 2 > 8;ok;ip ttl > 2
meta length << 2 == 8;ok;meta length 2
meta length >> 2 { 8-9 };ok;meta length >> 2 8-9
meta length >> 2 8-9;ok
meta length >> 2 > 9;ok
meta length << 2 < 9;ok
(meta length & 0xf) << 2 == 8;ok;meta length & 15 == 2
@th,0,16 & 0xff == 1;ok;th sport & 255 == 1
@nh,0,8 & 0xf0 == 0x40;ok
tcp flags ^ 1 == 3;ok;tcp flags == syn
tcp flags ^ 1 == 1;ok;tcp flags == 0x0
tcp flags & 3 | 4 != 0;ok;tcp flags & (fin | syn | rst) | rst != 0x0
tcp flags & 3 | 4 == 5;ok;tcp flags & (fin | syn | rst) | rst == fin | rst
tcp flags | 15 != 0x8f;ok;tcp flags | fin | syn | rst | psh != fin | syn | rst | psh | cwr
tcp flags | fin == fin;ok
ip saddr | 0.0.0.1 10.0.0.1;ok;ip saddr | 0.0.0.1 == 10.0.0.1
ip saddr ^ 0.0.0.1 { 10.0.0.0, 10.0.0.9 };ok;ip saddr { 10.0.0.1, 10.0.0.8 }
ether saddr & ff:ff:ff:00:00:00 == 00:11:22:00:00:00;ok
ether saddr ^ ff:ff:ff:00:00:00 == 00:11:22:00:00:00;ok;ether saddr ff:ee:dd:00:00:00
ether saddr | ff:ff:ff:00:00:00 == 00:11:22:00:00:00;ok
ip6 saddr | ::1 == ::1;ok
ip6 saddr & ffff:: == { ffff::, fffe:: };ok;ip6 saddr & ffff:: == { fffe::, ffff:: }
meta random & 1 == 1;ok
meta cpu & 1 == 1;ok
meta protocol ip @nh,64,8 & 0xf0 == 16;ok;ip ttl & 240 == 16
meta protocol ip @nh,96,32 & 0xffff0000 == 0x01020000;ok;ip saddr 1.2.0.0/16
tcp flags == syn | ack;ok;tcp flags == 0x12
tcp flags & (syn|ack) == syn|ack;ok;tcp flags syn,ack / syn,ack
tcp flags & 0xf0 == 0x10;ok;tcp flags ack / ack,urg,ecn,cwr
tcp flags & fin != fin;ok
ip frag-off & 0x1fff != 0;ok;ip frag-off & 8191 != 0
ip frag-off & 0x2000 == 0x2000;ok;ip frag-off & 8192 == 8192
ip6 saddr & ffff:: == fe80::;ok;ip6 saddr fe80::/16
meta mark & 0xff 5-9;ok;meta mark & 0x000000ff 0x00000005-0x00000009
tcp flags & (syn | ack) == syn | ack;ok;tcp flags syn,ack / syn,ack
tcp flags & syn == syn;ok
tcp flags & syn != syn;ok
tcp option maxseg size & 0xff == 5;ok;tcp option maxseg size & 255 == 5
@ll,0,8 & 0x3 == 1;ok;@ll,0,8 & 0x3 == 0x1
@nh,0,16 | 0x1 == 3;ok;@nh,0,16 | 0x1 == 0x3
@nh,0,16 ^ 0x1 == 3;ok;@nh,0,16 0x2
udp dport 4789 vxlan ip saddr & 255.0.0.0 == 1.0.0.0;ok-1.1;udp dport 4789 vxlan ip saddr 1.0.0.0/8
tcp dport & 0xf0 == { 16, 32 };ok;tcp dport & 240 == { 16, 32 }
tcp dport & 0xf0 vmap { 16 : drop, 32 : accept };ok;tcp dport & 240 vmap { 16 : drop, 32 : accept }
tcp dport ^ 0xf0 vmap { 16 : drop, 32 : accept };ok;tcp dport vmap { 208 : accept, 224 : drop }
tcp dport | 0xf0 vmap { 16 : drop, 32 : accept };ok;tcp dport | 240 vmap { 16 : drop, 32 : accept }
ip saddr & 0.0.255.255 vmap { 0.0.1.1 : drop };ok
ip6 saddr & ::ffff { ::1, ::2 };ok;ip6 saddr & ::ffff == { ::1, ::2 }
tcp dport & 0xff < 5;ok;tcp dport & 255 < 5
tcp dport & 0xff != 5-9;ok;tcp dport & 255 != 5-9
tcp sequence & 0xff == 5;ok;tcp sequence & 255 == 5
tcp flags & ack != ack;ok
tcp flags & (fin|syn) vmap { syn : drop, fin : accept };ok;tcp flags & (fin | syn) vmap { fin : accept, syn : drop }
ip ttl & 0xc0 == 0x40;ok;ip ttl & 192 == 64
meta l4proto tcp @th,104,8 & 0x12 == 2;ok;tcp flags syn / syn,ack
meta l4proto tcp @th,104,8 & 0x12 != 0;ok;tcp flags syn,ack
@ih,0,8 & 0x40 == 0x40;ok
gre tcp flags & syn != 0;ok-1.1;gre tcp flags syn
gre tcp flags & (syn|ack) == syn;ok-1.1;gre tcp flags & (syn | ack) == syn
gre tcp flags & syn == syn;ok-1.1
gre ip dscp & 0x10 == 0x10;ok-1.1;gre ip dscp & cs2 == cs2
gre ip saddr & 255.0.255.0 == 1.0.3.0;ok-1.1
