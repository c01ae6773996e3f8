# SPDX-License-Identifier: GPL-2.0-only
# IPv4 header fields: addresses, prefixes, masks, sets.
ip saddr 1.2.3.4 ip daddr 1.2.3.4;ok
ip daddr 1.2.3.4 ip saddr 1.2.3.5;ok
ip saddr 10.0.0.5/8;ok;ip saddr 10.0.0.0/8
ip saddr != 10.0.0.0/8;ok
ip saddr == 10.0.0.0/8;ok;ip saddr 10.0.0.0/8
ip saddr 10.0.0.0/32;ok;ip saddr 10.0.0.0
ip saddr 0.0.0.0/0;ok
ip saddr 10.0.0.0/12;ok
ip saddr != 10.0.0.0/12;ok
ip saddr 10.0.0.0/0;ok;ip saddr 0.0.0.0/0
ip saddr 10.0.0.0-10.255.255.255;ok
ip saddr 10.0.0.0-10.0.0.0;ok
ip saddr { 10.0.0.0-10.255.255.255 };ok;ip saddr 10.0.0.0-10.255.255.255
ip saddr { 10.0.0.0-10.0.0.0 };ok;ip saddr 10.0.0.0-10.0.0.0
ip saddr { 10.0.0.5 };ok;ip saddr 10.0.0.5
ip saddr { 10.0.0.0/8 };ok;ip saddr 10.0.0.0/8
ip saddr != { 10.0.0.0/8 };ok;ip saddr != 10.0.0.0/8
ip saddr { 10.0.0.1, 10.0.0.2 };ok
ip saddr { 10.0.0.2, 10.0.0.1, 9.0.0.0/8 };ok;ip saddr { 9.0.0.0/8, 10.0.0.1-10.0.0.2 }
ip saddr { 10.0.0.1, 10.0.0.1, 9.0.0.0/8 };ok;ip saddr { 9.0.0.0/8, 10.0.0.1 }
ip saddr { 10.0.0.0-10.255.255.255, 1.2.3.4 };ok;ip saddr { 1.2.3.4, 10.0.0.0/8 }
ip saddr & 255.255.255.0 == 10.0.0.0;ok;ip saddr 10.0.0.0/24
ip saddr & 255.255.255.0 != 10.0.0.0;ok;ip saddr != 10.0.0.0/24
ip saddr & 255.255.255.0 10.0.0.0;ok;ip saddr 10.0.0.0/24
ip saddr & 255.255.255.0 { 10.0.0.0, 10.0.1.0 };ok;ip saddr & 255.255.255.0 == { 10.0.0.0, 10.0.1.0 }
ip saddr & 255.255.255.255 == 10.0.0.0;ok;ip saddr 10.0.0.0
ip saddr & 0.0.0.0 == 0.0.0.0;ok;ip saddr 0.0.0.0/0
ip saddr & 255.0.255.0 == 10.0.1.0;ok
ip saddr & 255.0.255.0 == 10.1.1.0;ok
ip saddr & 255.0.255.0 10.0.1.0;ok;ip saddr & 255.0.255.0 == 10.0.1.0
ip saddr & 255.0.255.0 != 10.0.1.0;ok
ip saddr & 0.0.0.255 == 0.0.0.1;ok
ip saddr & 255.255.255.0 & 255.0.0.0 == 10.0.0.0;ok;ip saddr 10.0.0.0/8
ip dscp cs1;ok
ip dscp 63;ok;ip dscp 0x3f
ip dscp 5;ok;ip dscp 0x05
ip dscp != cs1;ok
ip dscp { cs1, af11 };ok
ip dscp vmap { cs1 : drop, cs2 : accept };ok
ip dscp < cs2;ok
ip ecn ce;ok
ip version 4;ok
ip hdrlength 5;ok
ip hdrlength > 5;ok
ip frag-off & 0x1fff != 0;ok;ip frag-off & 8191 != 0
ip frag-off & 0x1fff == 0x1;ok;ip frag-off & 8191 == 1
ip frag-off & 0x2000 == 0x2000;ok;ip frag-off & 8192 == 8192
ip frag-off & 0x2000 == 0x2001;ok;ip frag-off & 8192 == 8193
ip frag-off & 0x2000 0x2000;ok;ip frag-off & 8192 == 8192
ip frag-off & 0x1fff > 5;ok;ip frag-off & 8191 > 5
ip frag-off & 0x1fff 5-6;ok;ip frag-off & 8191 == 5-6
ip frag-off 0x10/12;ok;ip frag-off & 65520 == 16
ip frag-off 0x1000/8;ok;ip frag-off 4096/8
ip length 100/12;ok;ip length & 65520 == 96
ip protocol & 6 == 6;ok;ip protocol & tcp == tcp
ip saddr 5;ok;ip saddr 0.0.0.5

# Refused, by nft too
ip saddr < 10.0.0.0/8;fail;this operator compares with one value, not a prefix
ip saddr 10.0.0.0/33;fail;prefix length 33 is too long: a value of type 'ipv4_addr' has 32 bits here
ip saddr 10.0.0.5-10.0.0.1;fail;the range is empty: its first value is above its last
ip dscp 64;fail;64 is too big: the largest value here is 63
ip dscp cs1-af11;fail;'cs1-af11' is not a value of type 'dscp' (Differentiated Services Code Point)
ip frag-off 65536;fail;65536 is too big: the largest value here is 65535
ip protocol tcp,udp;fail;a list without braces is for flags; 'inet_proto' (Internet protocol) is no type of flags
ip protocol 300;fail;300 is too big: the largest value here is 255
ip protocol tcp-udp;fail;'tcp-udp' is not a value of type 'inet_proto' (Internet protocol)
ip saddr hostname;fail;'hostname' is not a value of type 'ipv4_addr' (IPv4 address)
ip saddr ::1;fail;'::1' is not a value of type 'ipv4_addr' (IPv4 address)
ip saddr tcp;fail;'tcp' is not a value of type 'ipv4_addr' (IPv4 address)
