# SPDX-License-Identifier: GPL-2.0-only
# Fields of ICMP and IGMP messages, with the types that have them.
icmp id 5;ok;icmp type { echo-reply, echo-request } icmp id 5
icmp type echo-request icmp id 5;ok
icmp type != 3 icmp mtu 5;ok;icmp type != destination-unreachable icmp mtu 5
icmp type 3 icmp mtu 5;ok;icmp mtu 5
icmp type 3 icmp code 1 icmp mtu 5;ok;icmp code host-unreachable icmp mtu 5
icmp mtu 5;ok
icmp mtu 5 icmp mtu 6;ok
icmp gateway 5 counter;ok;icmp gateway 5 counter packets 0 bytes 0
icmp code . icmp gateway { port-unreachable . 4294967295 };ok
icmp code . icmp gateway vmap { port-unreachable . 5 : return };ok
icmp type { 8, 0 } icmp sequence 5;ok;icmp type { echo-reply, echo-request } icmp sequence 5
icmpv6 id 5;ok;icmpv6 type { echo-request, echo-reply } icmpv6 id 5
icmpv6 mtu 1280;ok
icmpv6 max-delay 5;ok
igmp type membership-query;ok;meta protocol ip igmp type membership-query
ip protocol igmp igmp type 0x16;ok;ip protocol igmp igmp type membership-report-v2
icmp code 3 icmp type 3;ok;icmp type destination-unreachable icmp code port-unreachable
icmpv6 type { nd-neighbor-solicit, nd-router-advert } ip6 hoplimit 255;ok;icmpv6 type { nd-router-advert, nd-neighbor-solicit } ip6 hoplimit 255
ip6 nexthdr ipv6-icmp icmpv6 type echo-request;ok
meta l4proto ipv6-icmp icmpv6 type echo-request;ok
meta l4proto icmp ip6 saddr ::1;ok
meta l4proto ipv6-icmp ip saddr 1.2.3.4;ok
icmpv6 taddr ::1;ok-1.1;icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect } icmpv6 taddr ::1
icmpv6 daddr ::1;ok-1.1
icmp type 8 icmp code 0 icmp checksum 5;ok;icmp type echo-request icmp code net-unreachable icmp checksum 5
icmp code 0 icmp checksum 5;ok;icmp code net-unreachable icmp checksum 5

# Refused, by nft too
igmp group 224.0.0.1;fail;'224.0.0.1' is not a value of type 'integer' (integer)
icmp type { echo-request, destination-unreachable } icmp id 5;fail;'icmp id' is not in a message of this type
