# SPDX-License-Identifier: GPL-2.0-only
# IPv6 extension headers, presence of them and their fields; asked for at the rule's beginning.
meta protocol ip6 frag id 1;ok;frag id 1
counter frag id 1;ok;meta protocol ip6 counter packets 0 bytes 0 frag id 1
frag frag-off 33-45;ok
frag frag-off > 22;ok
frag more-fragments 1;ok
frag reserved2 1;ok
frag more-fragments 0 frag id 5;ok
mh nexthdr 1;ok;mh nexthdr icmp
mh type binding-update;ok
rt seg-left 5;ok
srh tag 5;ok
hbh nexthdr tcp;ok
dst nexthdr { tcp, udp };ok
exthdr frag exists;ok
exthdr hbh missing;ok
exthdr frag 1;ok;exthdr frag exists
srh sid[2] ::1;ok
rt type 0;ok
rt0 addr[1] ::1;ok;srh sid[1] ::1
rt0 addr[2] { ::1, ::2 };ok;srh sid[2] { ::1, ::2 }
frag nexthdr tcp frag id 5;ok
frag frag-off 5;ok
frag frag-off { 5, 6 };ok
frag frag-off != 0 frag more-fragments 1;ok
exthdr rt exists;ok
exthdr mh != exists;ok
hbh hdrlength 5;ok
ip length 5 ip id 6 ip frag-off 0;ok

# Refused, by nft too
rt0 addr[3] ::1;fail;'rt0' has no field 'addr[3]'
