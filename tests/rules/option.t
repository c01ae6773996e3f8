# SPDX-License-Identifier: GPL-2.0-only
# Options of IPv4 and TCP, SCTP chunks.
tcp option maxseg missing;ok
meta l4proto tcp tcp option maxseg size 1;ok
ip saddr 1.2.3.4 ip option lsrr exists;ok
counter tcp option maxseg size . ip saddr { 1 . 1.2.3.4};ok;counter packets 0 bytes 0 tcp option maxseg size . ip saddr { 1 . 1.2.3.4 }
counter ip option rr exists;ok;meta protocol ip counter packets 0 bytes 0 ip option rr exists
tcp option maxseg exists;ok
tcp option 6 exists;ok
tcp option sack0 left 5;ok;tcp option sack left 5
tcp option mptcp subtype 1;ok
tcp option timestamp tsval 1-5;ok
sctp chunk data tsn 5;ok
sctp chunk init exists;ok
sctp chunk data flags 1;ok
ip option lsrr ptr 5;ok
ip option ra value 5;ok
sctp chunk data exists;ok
sctp chunk data missing;ok
sctp chunk init num-inbound-streams 5;ok
tcp option sack-perm exists;ok
tcp option window count 5-9;ok
tcp option window count { 5, 6 };ok
tcp option maxseg size > 1000;ok
tcp option 250 missing;ok
tcp option mptcp subtype { 1, 2 };ok
tcp option mptcp subtype 1-2;ok
tcp option maxseg size . tcp dport { 1460 . 80 };ok

# Refused, by nft too
ip option ssrr addr 1.2.3.4;fail;'1.2.3.4' is not a value of type 'integer' (integer)
