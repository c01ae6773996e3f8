# SPDX-License-Identifier: GPL-2.0-only
# Named sets and maps, and verdict maps that jump.
%chain x { }
%chain y { }
%set s4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 }; }
%set s6 { type ipv6_addr; }
%set ports { type inet_service; elements = { 22 }; }
%set et { type ether_type; }
%map vm { type inet_service : verdict; }
%map m { type ipv4_addr : verdict; }
tcp dport vmap { 22 : jump x, 23 : goto y, 24 : return, 25 : continue };ok
ip saddr @s4;ok
ip saddr != @s4;ok
ip saddr @m;ok
tcp dport @ports;ok
udp dport @ports;ok
th dport @ports;ok
tcp dport vmap @vm;ok
tcp dport @vm;ok
ether type @et;ok
meta protocol @et;ok
tcp dport == @ports;ok;tcp dport @ports
tcp dport & 0xff @ports;ok;tcp dport & 255 == @ports
ip saddr & 255.255.255.0 @s4;ok;ip saddr & 255.255.255.0 == @s4
ip saddr vmap @m;ok
ip saddr & 255.0.0.0 vmap @m;ok
ip daddr & 255.0.0.0 != @s4;ok
goto x;ok
ip saddr vmap { 10.0.0.0/8 : jump x, 11.0.0.1 : drop };ok

# Refused, by nft too
tcp dport vmap { 22 : jump c };fail;'c' is a base chain: it cannot be jumped to
tcp dport vmap { 22 : jump nosuch };fail;table 't' has no chain 'nosuch'
jump x counter;fail;nothing is done behind a verdict
jump c;fail;'c' is a base chain: it cannot be jumped to
jump nosuch;fail;table 't' has no chain 'nosuch'
ip saddr @nosuch;fail;table 't' has no set or map 'nosuch'
ip saddr @s6;fail;'ip saddr' is of type 'ipv4_addr', but set 's6' holds 'ipv6_addr'
ip saddr @ports;fail;'ip saddr' is of type 'ipv4_addr', but set 'ports' holds 'inet_service'
ip dscp @ports;fail;'ip dscp' is of type 'dscp', but set 'ports' holds 'inet_service'
tcp dport vmap @ports;fail;this is no verdict map
ip saddr vmap @vm;fail;'ip saddr' is of type 'ipv4_addr', but map 'vm' holds 'inet_service'
tcp dport < @ports;fail;this operator compares with one value, not a set
tcp dport vmap @vmm;fail;table 't' has no set or map 'vmm'
tcp dport @port;fail;table 't' has no set or map 'port'
jump xx;fail;table 't' has no chain 'xx'
ip saddr vmap { 10.0.0.0/8 : jump x, 10.1.0.0/16 : drop };fail;elements overlap
ip saddr vmap { 10.0.0.1 : jump z };fail;table 't' has no chain 'z'
