# SPDX-License-Identifier: GPL-2.0-only
# IPv6 header fields.
ip6 daddr ::1 ip6 saddr ::2;ok
ip6 saddr & ffff:: == 2001::;ok;ip6 saddr 2001::/16
ip6 saddr & ::ffff == ::1;ok
ip6 saddr 2001:db8::1/32;ok;ip6 saddr 2001:db8::/32
ip6 saddr 2001:db8::1/35;ok;ip6 saddr 2001:db8::/35
ip6 saddr { 2001:db8::/32, ::1 };ok;ip6 saddr { ::1, 2001:db8::/32 }
ip6 flowlabel 5;ok
ip6 dscp af11;ok

# Refused, by nft too
ip6 flowlabel 1048576;fail;1048576 is too big: the largest value here is 1048575
ip6 saddr 1.2.3.4;fail;'1.2.3.4' is not a value of type 'ipv6_addr' (IPv6 address)

# Refused, because nft compares other bits than these
%set codes { type dscp; elements = { cs1 }; }
%map code_map { type dscp : verdict; elements = { cs1 : drop }; }
ip6 dscp @codes;fail;'ip6 dscp' takes no named set: nft 1.0.6 compares other bits then
ip6 dscp != @codes;fail;'ip6 dscp' takes no named set: nft 1.0.6 compares other bits then
ip6 dscp vmap @code_map;fail;'ip6 dscp' takes no named map: nft 1.0.6 compares other bits then
frag frag-off vmap { 8191 : accept, * : drop };fail;'frag frag-off' takes no set with '*': nft 1.0.6 compares other bits then
ip6 dscp & 0x38 == 8;fail;'ip6 dscp' takes no operator '&': nft 1.0.6 compares other bits then
ip6 dscp & 0x38 != 8-16;fail;'ip6 dscp' takes no operator '&': nft 1.0.6 compares other bits then
ip6 dscp { cs1, 10-12 };ok;ip6 dscp { cs1, 0x0a-0x0c }
