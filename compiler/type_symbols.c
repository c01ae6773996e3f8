/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type_symbols: the tables of all data types and of their symbolic constants.
 *
 * The names and values are those that `nft describe` of nftables 1.0.6 shows, in its order,
 * which matters: a value that has two names is printed with the first.  Protocol names are those
 * of Debian 12's /etc/protocols, as a table of our own, so that a ruleset means the same on a
 * host that lacks the file.  Constant data only.
 */
#include <stddef.h>

#include "compiler/type.h"

static const struct type_symbol boolean_symbols[] = {
	{ "exists", 1 },
	{ "missing", 0 },
	{ NULL, 0 },
};

/* <linux/if_ether.h>; the last is an old name of 8021q. */
static const struct type_symbol ether_type_symbols[] = {
	{ "ip", 0x0800 },
	{ "arp", 0x0806 },
	{ "ip6", 0x86dd },
	{ "8021q", 0x8100 },
	{ "8021ad", 0x88a8 },
	{ "vlan", 0x8100 },
	{ NULL, 0 },
};

/*
 * Every number's official name first, which is what is printed, then the aliases.  `icmpv6` and
 * `comp` are words of nft itself.  Left out: mptcp, whose number 262 fits in no header (nft cuts
 * it to 6, tcp).
 */
static const struct type_symbol inet_proto_symbols[] = {
	{ "ip", 0 },
	{ "icmp", 1 },
	{ "igmp", 2 },
	{ "ggp", 3 },
	{ "ipencap", 4 },
	{ "st", 5 },
	{ "tcp", 6 },
	{ "egp", 8 },
	{ "igp", 9 },
	{ "pup", 12 },
	{ "udp", 17 },
	{ "hmp", 20 },
	{ "xns-idp", 22 },
	{ "rdp", 27 },
	{ "iso-tp4", 29 },
	{ "dccp", 33 },
	{ "xtp", 36 },
	{ "ddp", 37 },
	{ "idpr-cmtp", 38 },
	{ "ipv6", 41 },
	{ "ipv6-route", 43 },
	{ "ipv6-frag", 44 },
	{ "idrp", 45 },
	{ "rsvp", 46 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "skip", 57 },
	{ "ipv6-icmp", 58 },
	{ "ipv6-nonxt", 59 },
	{ "ipv6-opts", 60 },
	{ "rspf", 73 },
	{ "vmtp", 81 },
	{ "eigrp", 88 },
	{ "ospf", 89 },
	{ "ax.25", 93 },
	{ "ipip", 94 },
	{ "etherip", 97 },
	{ "encap", 98 },
	{ "pim", 103 },
	{ "ipcomp", 108 },
	{ "vrrp", 112 },
	{ "l2tp", 115 },
	{ "isis", 124 },
	{ "sctp", 132 },
	{ "fc", 133 },
	{ "mobility-header", 135 },
	{ "udplite", 136 },
	{ "mpls-in-ip", 137 },
	{ "manet", 138 },
	{ "hip", 139 },
	{ "shim6", 140 },
	{ "wesp", 141 },
	{ "rohc", 142 },
	{ "ethernet", 143 },

	{ "IP", 0 },
	{ "hopopt", 0 },
	{ "HOPOPT", 0 },
	{ "ICMP", 1 },
	{ "IGMP", 2 },
	{ "GGP", 3 },
	{ "IP-ENCAP", 4 },
	{ "ST", 5 },
	{ "TCP", 6 },
	{ "EGP", 8 },
	{ "IGP", 9 },
	{ "PUP", 12 },
	{ "UDP", 17 },
	{ "HMP", 20 },
	{ "XNS-IDP", 22 },
	{ "RDP", 27 },
	{ "ISO-TP4", 29 },
	{ "DCCP", 33 },
	{ "XTP", 36 },
	{ "DDP", 37 },
	{ "IDPR-CMTP", 38 },
	{ "IPv6", 41 },
	{ "IPv6-Route", 43 },
	{ "IPv6-Frag", 44 },
	{ "IDRP", 45 },
	{ "RSVP", 46 },
	{ "GRE", 47 },
	{ "IPSEC-ESP", 50 },
	{ "IPSEC-AH", 51 },
	{ "SKIP", 57 },
	{ "icmpv6", 58 },
	{ "IPv6-ICMP", 58 },
	{ "IPv6-NoNxt", 59 },
	{ "IPv6-Opts", 60 },
	{ "RSPF", 73 },
	{ "CPHB", 73 },
	{ "VMTP", 81 },
	{ "EIGRP", 88 },
	{ "OSPFIGP", 89 },
	{ "AX.25", 93 },
	{ "IPIP", 94 },
	{ "ETHERIP", 97 },
	{ "ENCAP", 98 },
	{ "PIM", 103 },
	{ "comp", 108 },
	{ "IPCOMP", 108 },
	{ "VRRP", 112 },
	{ "L2TP", 115 },
	{ "ISIS", 124 },
	{ "SCTP", 132 },
	{ "FC", 133 },
	{ "Mobility-Header", 135 },
	{ "UDPLite", 136 },
	{ "MPLS-in-IP", 137 },
	{ "HIP", 139 },
	{ "Shim6", 140 },
	{ "WESP", 141 },
	{ "ROHC", 142 },
	{ "Ethernet", 143 },
	{ NULL, 0 },
};

/* RFC 2474, 2597, 3246, 5865, 8622. */
static const struct type_symbol dscp_symbols[] = {
	{ "cs0", 0x00 },
	{ "cs1", 0x08 },
	{ "cs2", 0x10 },
	{ "cs3", 0x18 },
	{ "cs4", 0x20 },
	{ "cs5", 0x28 },
	{ "cs6", 0x30 },
	{ "cs7", 0x38 },
	{ "df", 0x00 },
	{ "be", 0x00 },
	{ "lephb", 0x01 },
	{ "af11", 0x0a },
	{ "af12", 0x0c },
	{ "af13", 0x0e },
	{ "af21", 0x12 },
	{ "af22", 0x14 },
	{ "af23", 0x16 },
	{ "af31", 0x1a },
	{ "af32", 0x1c },
	{ "af33", 0x1e },
	{ "af41", 0x22 },
	{ "af42", 0x24 },
	{ "af43", 0x26 },
	{ "va", 0x2c },
	{ "ef", 0x2e },
	{ NULL, 0 },
};

/* RFC 3168. */
static const struct type_symbol ecn_symbols[] = {
	{ "not-ect", 0 },
	{ "ect1", 1 },
	{ "ect0", 2 },
	{ "ce", 3 },
	{ NULL, 0 },
};

/* RFC 792, 950, 1256. */
static const struct type_symbol icmp_type_symbols[] = {
	{ "echo-reply", 0 },
	{ "destination-unreachable", 3 },
	{ "source-quench", 4 },
	{ "redirect", 5 },
	{ "echo-request", 8 },
	{ "router-advertisement", 9 },
	{ "router-solicitation", 10 },
	{ "time-exceeded", 11 },
	{ "parameter-problem", 12 },
	{ "timestamp-request", 13 },
	{ "timestamp-reply", 14 },
	{ "info-request", 15 },
	{ "info-reply", 16 },
	{ "address-mask-request", 17 },
	{ "address-mask-reply", 18 },
	{ NULL, 0 },
};

/* RFC 792, 1812: the codes of destination-unreachable. */
static const struct type_symbol icmp_code_symbols[] = {
	{ "net-unreachable", 0 },
	{ "host-unreachable", 1 },
	{ "prot-unreachable", 2 },
	{ "port-unreachable", 3 },
	{ "net-prohibited", 9 },
	{ "host-prohibited", 10 },
	{ "admin-prohibited", 13 },
	{ "frag-needed", 4 },
	{ NULL, 0 },
};

/* RFC 4443, 2710, 4861, 2894, 3122, 3810. */
static const struct type_symbol icmpv6_type_symbols[] = {
	{ "destination-unreachable", 1 },
	{ "packet-too-big", 2 },
	{ "time-exceeded", 3 },
	{ "parameter-problem", 4 },
	{ "echo-request", 128 },
	{ "echo-reply", 129 },
	{ "mld-listener-query", 130 },
	{ "mld-listener-report", 131 },
	{ "mld-listener-done", 132 },
	{ "mld-listener-reduction", 132 },
	{ "nd-router-solicit", 133 },
	{ "nd-router-advert", 134 },
	{ "nd-neighbor-solicit", 135 },
	{ "nd-neighbor-advert", 136 },
	{ "nd-redirect", 137 },
	{ "router-renumbering", 138 },
	{ "ind-neighbor-solicit", 141 },
	{ "ind-neighbor-advert", 142 },
	{ "mld2-listener-report", 143 },
	{ NULL, 0 },
};

/* RFC 4443: the codes of destination-unreachable. */
static const struct type_symbol icmpv6_code_symbols[] = {
	{ "no-route", 0 },
	{ "admin-prohibited", 1 },
	{ "addr-unreachable", 3 },
	{ "port-unreachable", 4 },
	{ "policy-fail", 5 },
	{ "reject-route", 6 },
	{ NULL, 0 },
};

/* RFC 9293, 3168; in the order of the bits. */
static const struct type_symbol tcp_flag_symbols[] = {
	{ "fin", 0x01 },
	{ "syn", 0x02 },
	{ "rst", 0x04 },
	{ "psh", 0x08 },
	{ "ack", 0x10 },
	{ "urg", 0x20 },
	{ "ecn", 0x40 },
	{ "cwr", 0x80 },
	{ NULL, 0 },
};

/* <linux/if_arp.h>. */
static const struct type_symbol arp_op_symbols[] = {
	{ "request", 1 },
	{ "reply", 2 },
	{ "rrequest", 3 },
	{ "rreply", 4 },
	{ "inrequest", 8 },
	{ "inreply", 9 },
	{ "nak", 10 },
	{ NULL, 0 },
};

/* PACKET_HOST and so on of <linux/if_packet.h>. */
static const struct type_symbol pkt_type_symbols[] = {
	{ "host", 0 },
	{ "unicast", 0 },
	{ "broadcast", 1 },
	{ "multicast", 2 },
	{ "other", 3 },
	{ NULL, 0 },
};

/* NFPROTO_IPV4 and so on of <linux/netfilter.h>. */
static const struct type_symbol nf_proto_symbols[] = {
	{ "ipv4", 2 },
	{ "ipv6", 10 },
	{ NULL, 0 },
};

/* ARPHRD_ETHER and so on of <linux/if_arp.h>. */
static const struct type_symbol iface_type_symbols[] = {
	{ "ether", 1 },
	{ "ppp", 512 },
	{ "ipip", 768 },
	{ "ipip6", 769 },
	{ "loopback", 772 },
	{ "sit", 776 },
	{ "ipgre", 778 },
	{ NULL, 0 },
};

/* What iproute2 ships; names that a host adds to it are not known here. */
static const struct type_symbol devgroup_symbols[] = {
	{ "default", 0 },
	{ NULL, 0 },
};

/* What iproute2 ships, as for groups. */
static const struct type_symbol realm_symbols[] = {
	{ "cosmos", 0 },
	{ NULL, 0 },
};

/* <linux/pkt_sched.h> */
static const struct type_symbol classid_symbols[] = {
	{ "root", 0xffffffff },
	{ "none", 0 },
	{ NULL, 0 },
};

static const struct type_symbol day_symbols[] = {
	{ "Sunday", 0 },
	{ "Monday", 1 },
	{ "Tuesday", 2 },
	{ "Wednesday", 3 },
	{ "Thursday", 4 },
	{ "Friday", 5 },
	{ "Saturday", 6 },
	{ NULL, 0 },
};

/* <linux/igmp.h> */
static const struct type_symbol igmp_type_symbols[] = {
	{ "membership-query", 0x11 },
	{ "membership-report-v1", 0x12 },
	{ "membership-report-v2", 0x16 },
	{ "membership-report-v3", 0x22 },
	{ "leave-group", 0x17 },
	{ NULL, 0 },
};

/* RFC 4340, 5.1 */
static const struct type_symbol dccp_pkttype_symbols[] = {
	{ "request", 0 },
	{ "response", 1 },
	{ "data", 2 },
	{ "ack", 3 },
	{ "dataack", 4 },
	{ "closereq", 5 },
	{ "close", 6 },
	{ "reset", 7 },
	{ "sync", 8 },
	{ "syncack", 9 },
	{ NULL, 0 },
};

/* RFC 6275 and the ones after it: IANA's mobility header types. */
static const struct type_symbol mh_type_symbols[] = {
	{ "binding-refresh-request", 0 },
	{ "home-test-init", 1 },
	{ "careof-test-init", 2 },
	{ "home-test", 3 },
	{ "careof-test", 4 },
	{ "binding-update", 5 },
	{ "binding-acknowledgement", 6 },
	{ "binding-error", 7 },
	{ "fast-binding-update", 8 },
	{ "fast-binding-acknowledgement", 9 },
	{ "fast-binding-advertisement", 10 },
	{ "experimental-mobility-header", 11 },
	{ "home-agent-switch-message", 12 },
	{ NULL, 0 },
};

const struct type type_integer = {
	.name = "integer", .doc = "integer",
	.bits = 128, .form = TYPE_FORM_DECIMAL,
};

const struct type type_boolean = {
	.name = "boolean", .doc = "boolean type",
	.bits = 1, .form = TYPE_FORM_DECIMAL, .symbols = boolean_symbols,
};

const struct type type_ether_addr = {
	.name = "ether_addr", .doc = "Ethernet address",
	.bits = 48, .form = TYPE_FORM_MAC,
};

const struct type type_ether_type = {
	.name = "ether_type", .doc = "Ethernet protocol",
	.bits = 16, .form = TYPE_FORM_HEX, .symbols = ether_type_symbols,
};

const struct type type_ipv4_addr = {
	.name = "ipv4_addr", .doc = "IPv4 address",
	.bits = 32, .form = TYPE_FORM_IPV4, .prefixes = true,
};

const struct type type_ipv6_addr = {
	.name = "ipv6_addr", .doc = "IPv6 address",
	.bits = 128, .form = TYPE_FORM_IPV6, .prefixes = true,
};

const struct type type_inet_proto = {
	.name = "inet_proto", .doc = "Internet protocol",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = inet_proto_symbols,
};

const struct type type_inet_service = {
	.name = "inet_service", .doc = "internet network service",
	.bits = 16, .form = TYPE_FORM_DECIMAL,
};

const struct type type_dscp = {
	.name = "dscp", .doc = "Differentiated Services Code Point",
	.bits = 6, .form = TYPE_FORM_HEX, .symbols = dscp_symbols,
};

const struct type type_ecn = {
	.name = "ecn", .doc = "Explicit Congestion Notification",
	.bits = 2, .form = TYPE_FORM_HEX, .symbols = ecn_symbols,
};

const struct type type_icmp_type = {
	.name = "icmp_type", .doc = "ICMP type",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = icmp_type_symbols,
};

const struct type type_icmp_code = {
	.name = "icmp_code", .doc = "ICMP code",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = icmp_code_symbols,
};

const struct type type_icmpv6_type = {
	.name = "icmpv6_type", .doc = "ICMPv6 type",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = icmpv6_type_symbols,
};

const struct type type_icmpv6_code = {
	.name = "icmpv6_code", .doc = "ICMPv6 code",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = icmpv6_code_symbols,
};

const struct type type_tcp_flag = {
	.name = "tcp_flag", .doc = "TCP flag",
	.bits = 8, .form = TYPE_FORM_HEX, .bitmask = true, .symbols = tcp_flag_symbols,
};

const struct type type_arp_op = {
	.name = "arp_op", .doc = "ARP operation",
	.bits = 16, .form = TYPE_FORM_DECIMAL, .symbols = arp_op_symbols,
};

const struct type type_mark = {
	.name = "mark", .doc = "packet mark",
	.bits = 32, .form = TYPE_FORM_HEX, .prefixes = true,
};

const struct type type_iface_index = {
	.name = "iface_index", .doc = "network interface index",
	.bits = 128, .form = TYPE_FORM_IFNAME,
};

const struct type type_ifname = {
	.name = "ifname", .doc = "network interface name",
	.bits = 128, .form = TYPE_FORM_IFNAME,
};

const struct type type_pkt_type = {
	.name = "pkt_type", .doc = "packet type",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = pkt_type_symbols,
};

const struct type type_nf_proto = {
	.name = "nf_proto", .doc = "netfilter protocol",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = nf_proto_symbols,
};

const struct type type_iface_type = {
	.name = "iface_type", .doc = "network interface type",
	.bits = 16, .form = TYPE_FORM_DECIMAL, .symbols = iface_type_symbols,
};

const struct type type_devgroup = {
	.name = "devgroup", .doc = "devgroup name",
	.bits = 32, .form = TYPE_FORM_DECIMAL, .quoted = true, .prefixes = true,
	.symbols = devgroup_symbols,
};

const struct type type_realm = {
	.name = "realm", .doc = "routing realm",
	.bits = 32, .form = TYPE_FORM_DECIMAL, .quoted = true, .prefixes = true,
	.symbols = realm_symbols,
};

const struct type type_classid = {
	.name = "classid", .doc = "TC classid",
	.bits = 32, .form = TYPE_FORM_CLASSID, .symbols = classid_symbols,
};

const struct type type_time = {
	.name = "time", .doc = "Relative time of packet reception",
	.bits = 64, .form = TYPE_FORM_TIME,
};

const struct type type_day = {
	.name = "day", .doc = "Day of week of packet reception",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .quoted = true, .symbols = day_symbols,
};

const struct type type_hour = {
	.name = "hour", .doc = "Hour of day of packet reception",
	.bits = 32, .form = TYPE_FORM_HOUR,
};

const struct type type_uid = {
	.name = "uid", .doc = "user ID",
	.bits = 32, .form = TYPE_FORM_DECIMAL,
};

const struct type type_gid = {
	.name = "gid", .doc = "group ID",
	.bits = 32, .form = TYPE_FORM_DECIMAL,
};

const struct type type_igmp_type = {
	.name = "igmp_type", .doc = "IGMP type",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = igmp_type_symbols,
};

const struct type type_dccp_pkttype = {
	.name = "dccp_pkttype", .doc = "DCCP packet type",
	.bits = 4, .form = TYPE_FORM_DECIMAL, .symbols = dccp_pkttype_symbols,
};

const struct type type_mh_type = {
	.name = "mh_type", .doc = "Mobility Header Type",
	.bits = 8, .form = TYPE_FORM_DECIMAL, .symbols = mh_type_symbols,
};

const struct type type_bitmask = {
	.name = "bitmask", .doc = "bitmask",
	.bits = 128, .form = TYPE_FORM_HEX, .bitmask = true,
};

const struct type *const type_all[] = {
	&type_integer,
	&type_boolean,
	&type_ether_addr,
	&type_ether_type,
	&type_ipv4_addr,
	&type_ipv6_addr,
	&type_inet_proto,
	&type_inet_service,
	&type_dscp,
	&type_ecn,
	&type_icmp_type,
	&type_icmp_code,
	&type_icmpv6_type,
	&type_icmpv6_code,
	&type_tcp_flag,
	&type_arp_op,
	&type_mark,
	&type_iface_index,
	&type_ifname,
	&type_pkt_type,
	&type_nf_proto,
	&type_iface_type,
	&type_devgroup,
	&type_realm,
	&type_classid,
	&type_time,
	&type_day,
	&type_hour,
	&type_uid,
	&type_gid,
	&type_igmp_type,
	&type_dccp_pkttype,
	&type_mh_type,
	&type_bitmask,
	NULL,
};
