# SPDX-License-Identifier: GPL-2.0-only
# meta: protocol, l4proto, length, mark, devices, pkttype.
meta mark 0x10;ok;meta mark 0x00000010
meta mark 16;ok;meta mark 0x00000010
meta mark & 0xff == 0x10;ok;meta mark & 0x000000ff == 0x00000010
meta mark & 0xff 0x10;ok;meta mark & 0x000000ff == 0x00000010
meta mark & 0xff != 0x10;ok;meta mark & 0x000000ff != 0x00000010
meta mark & 0xff00 == 0x10;ok;meta mark & 0x0000ff00 == 0x00000010
meta mark and 0xff == 0x10;ok;meta mark & 0x000000ff == 0x00000010
meta mark 1-5;ok;meta mark 0x00000001-0x00000005
meta mark { 1, 2 };ok;meta mark { 0x00000001, 0x00000002 }
meta mark { 1-5 };ok;meta mark 0x00000001-0x00000005
meta mark { 1-5, 7 };ok;meta mark { 0x00000001-0x00000005, 0x00000007 }
meta mark > 5;ok;meta mark > 0x00000005
meta mark 0x10/8;ok;meta mark 0x00000000/8
meta mark & 0xff { 1, 2 };ok;meta mark & 0x000000ff == { 0x00000001, 0x00000002 }
mark 5;ok;meta mark 0x00000005
meta length 100;ok
meta length > 100;ok
meta length 100-200;ok
meta length & 0xff == 3;ok;meta length & 255 == 3
meta length { 100, 200 };ok
meta length { 100-200, 300 };ok
meta pkttype broadcast;ok
meta pkttype 1;ok;meta pkttype broadcast
meta pkttype 9;ok
meta pkttype { broadcast, multicast };ok
meta pkttype & 1 == 1;ok;meta pkttype & broadcast == broadcast
pkttype broadcast;ok;meta pkttype broadcast
meta iif lo;ok;iif "lo"
iif lo;ok;iif "lo"
iif "lo";ok
iif != lo;ok;iif != "lo"
iif { lo };ok;iif "lo"
iifname lo;ok;iifname "lo"
iifname "lo";ok
iifname "eth*";ok
iifname eth*;ok;iifname "eth*"
iifname != "eth*";ok
iifname { "eth0", "lo" };ok;iifname { "lo", "eth0" }
iifname { "eth*", "lo" };ok
iifname { "eth*" };ok;iifname "eth*"
iifname eth0/24;ok;iifname "eth0/24"
iifname "abcdefghijklmno";ok
iifname "a b";ok
meta l4proto 1-6;ok
meta protocol 1-6;ok;meta protocol 0x0001-0x0006
meta protocol 0x800;ok;meta protocol ip

# Refused, by nft too
meta mark 0x100000000;fail;0x100000000 is too big: the largest value here is 4294967295
iifname "eth0"-"eth5";fail;device names have no ranges
iifname "abcdefghijklmnop";fail;'abcdefghijklmnop' is not a value of type 'ifname' (network interface name)
iifname "*";fail;'*' is not a value of type 'ifname' (network interface name)
iifname "";fail;'' is not a value of type 'ifname' (network interface name)
meta l4proto 256;fail;256 is too big: the largest value here is 255
meta l4proto tcp,udp;fail;a list without braces is for flags; 'inet_proto' (Internet protocol) is no type of flags
