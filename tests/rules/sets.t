# SPDX-License-Identifier: GPL-2.0-only
# Sets of concatenations, catch-all, elements that count, maps of counters, in rules.
%counter c1 { }
%counter c2 { packets 3 bytes 4 ; comment "named" ; }
%chain x { }
%set hosts { type ipv4_addr . inet_service; elements = { 10.0.0.1 . 80 }; }
%set nets { typeof ip saddr . tcp dport; flags interval; counter; elements = { 10.0.0.0/8 . 80-90 }; }
%map vm { type ipv4_addr . inet_service : verdict; elements = { 10.0.0.1 . 80 : jump x, * : drop }; }
%map cm { type inet_service : counter; elements = { 80 : "c1", * : "c2" }; }
counter name "c1" counter name "c2" counter packets 0 bytes 0 drop;ok
counter name c1;ok;counter name "c1"
counter name "c3";fail;table 't' has no counter 'c3'
counter name tcp dport map { 80 : "c1", 1000-2000 : "c2" } accept;ok
counter name tcp dport map { 80 : "c1" };ok
counter name ip saddr map { 10.0.0.1 comment "one" : "c1", * : "c2" };ok
counter name tcp dport . ip saddr map { 80 . 10.0.0.1 : "c1" };ok
counter name tcp dport map @cm;ok
counter name tcp dport map { 80 counter : "c1" };fail;elements of a map in a rule have no counters
counter name tcp dport map @vm;fail;'tcp dport' is of type 'inet_service', but map 'vm' holds 'ipv4_addr . inet_service'
ip saddr . tcp dport @hosts;ok
ip saddr . tcp dport != @hosts;ok
ip saddr . tcp dport @nets counter packets 0 bytes 0;ok
ip saddr . udp dport @nets;ok
ip saddr . tcp dport vmap @vm;ok
ip saddr . ip daddr @hosts;fail;'ip saddr . ip daddr' is of type 'ipv4_addr . ipv4_addr', but set 'hosts' holds 'ipv4_addr . inet_service'
ip saddr . tcp dport { 10.0.0.1 . 80 };ok
ip saddr . tcp dport { 10.0.0.3 . 80, 10.0.0.1 . 256, 2.0.0.9 . 1, * };ok;ip saddr . tcp dport { 10.0.0.1 . 256, 2.0.0.9 . 1, 10.0.0.3 . 80, * }
ip saddr . tcp dport { 10.0.0.3 . 80, 10.0.0.0/8 . 256, 2.0.0.9 . 1, * };ok
ip saddr . tcp dport { 10.1.1.0/24 . 3-9, 10.1.0.0/16 . 1-5 };ok
ip saddr . tcp dport { 10.1.0.0/16 . 1-5, 10.1.1.0/24 . 3-4 };fail;elements overlap
ip saddr . tcp dport { 10.0.0.1 . 3, 10.0.0.1 . 3 };ok;ip saddr . tcp dport { 10.0.0.1 . 3 }
ip saddr . tcp dport vmap { 10.1.1.0/24 . 3-9 : drop, 10.1.0.0/16 . 1-5 : drop };fail;elements of a map must not cross each other
ip saddr . tcp dport vmap { 10.0.0.1 . 80 : drop, 10.0.0.2 . 80 : jump x };ok
ip6 saddr . tcp dport { ::1 . 80-90, fe80::/10 . 22 };ok
iifname . ip saddr { "eth*" . 10.0.0.0/8 };ok
ip saddr { 10.0.0.1, * };ok
tcp dport != { 80-90, * };ok
tcp dport vmap { 80 : drop, * : accept };ok
ip saddr { 10.0.0.1 counter packets 4 bytes 1, 10.0.0.2 counter packets 0 bytes 0 };ok
ip saddr { 10.0.0.1 counter, 10.0.0.2 };ok;ip saddr { 10.0.0.1 counter packets 0 bytes 0, 10.0.0.2 }
ip saddr { 10.0.0.1 comment "foo", 10.0.0.3 };ok
tcp dport { 1-5 counter packets 1 bytes 1, 6-9 counter packets 10 bytes 10, 20 };ok;tcp dport { 1-9 counter packets 1 bytes 1, 20 }
tcp dport { 1-5, 6-9 comment "x", 20-21 comment "y" };ok;tcp dport { 1-9, 20-21 comment "y" }
tcp dport { 1-2 comment "a", 1-2 comment "b", 9 };ok;tcp dport { 1-2 comment "b", 9 }
tcp dport { 1 comment "a", 1 comment "b", 9 };ok;tcp dport { 1 comment "a", 9 }
tcp dport vmap { 1 counter : drop };fail;elements of a map in a rule have no counters
ip saddr . tcp dport { 10.0.0.1 . 5 counter packets 0 bytes 0, 10.0.0.1 . 6 comment "x" };ok
ip saddr . tcp dport { 10.1.1.0/24 . 3-9 counter, 10.1.0.0/16 . 1-5 };fail;elements that count must not cross each other
