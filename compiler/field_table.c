/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * field_table: the tables of protocols and of their fields.
 *
 * Input: none; the tables are the source from which the other phases know what a rule can match.
 * Offsets and widths are those of nft's payload tables, with the names nft gives the fields.
 * Where they come from: IEEE 802.3 and 802.1Q, RFC 826 (arp, with Ethernet and IPv4 addresses),
 * 791 (ip and its options), 2113 (router alert), 8200 (ip6), 8754 (srh), 6275 (rt2, mh), 792, 4443,
 * 3376 (igmp), 9293 (tcp), 2018, 7323, 2385, 8684, 7413 (its options), 768 (udp), 3828 (udplite),
 * 4960 (sctp), 4340 (dccp), 4303 (esp), 4302 (ah), 3173 (comp), 7348 (vxlan), 8926 (geneve), 2784
 * and 2890 (gre).
 *
 * Constant data only; check_field.c holds it to the bounds that field.c promises.
 */
#include <stddef.h>

#include "compiler/field.h"

/* IPv6 extension headers (IANA protocol numbers) */
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_DESTINATION 60
#define NEXT_MOBILITY 135

/* Device names: equal or one of many; they have no order, and no bits. */
#define OPS_NAME (FIELD_OP_EQ | FIELD_OP_SET | FIELD_OP_NAMED)

/*
 * For a field that begins in one byte and ends inside the next, nft 1.0.6 shifts constants to where
 * the field is; behind a mask and before a named set it shifts the field instead, and does so in
 * the host's byte order: on little-endian hosts it compares other bits.  These are refused.
 */
#define OPS_ASTRIDE (FIELD_OP_EQ | FIELD_OP_RANGE | FIELD_OP_SET)

const struct proto field_protos[PROTO_COUNT] = {
	[PROTO_META] = {
		.name = "meta", .doc = "what is known about a packet beside its bytes",
		.base = FIELD_BASE_META,
	},
	[PROTO_ETHER] = {
		.name = "ether", .doc = "Ethernet header, as on the wire",
		.base = FIELD_BASE_LINK,
	},
	[PROTO_VLAN] = {
		.name = "vlan", .doc = "802.1Q tag",
		.base = FIELD_BASE_LINK, .ether_type = 0x8100,
	},
	[PROTO_ARP] = {
		.name = "arp", .doc = "ARP for Ethernet and IPv4",
		.base = FIELD_BASE_NETWORK, .ether_type = 0x0806,
	},
	[PROTO_IP] = {
		.name = "ip", .doc = "IPv4 header",
		.base = FIELD_BASE_NETWORK, .min_bytes = 20, .ether_type = 0x0800,
	},
	[PROTO_IP6] = {
		.name = "ip6", .doc = "IPv6 fixed header",
		.base = FIELD_BASE_NETWORK, .min_bytes = 40, .ether_type = 0x86dd,
	},
	[PROTO_ICMP] = {
		.name = "icmp", .doc = "ICMP, inside IPv4 only",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 1, .network = PROTO_IP,
	},
	[PROTO_IGMP] = {
		.name = "igmp", .doc = "IGMP, inside IPv4 only",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 2, .network = PROTO_IP,
	},
	[PROTO_ICMPV6] = {
		.name = "icmpv6", .doc = "ICMPv6, inside IPv6 only",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 58, .network = PROTO_IP6,
	},
	[PROTO_TCP] = {
		.name = "tcp", .doc = "TCP header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 6,
	},
	[PROTO_UDP] = {
		.name = "udp", .doc = "UDP header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 17,
	},
	[PROTO_UDPLITE] = {
		.name = "udplite", .doc = "UDP-Lite header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 136,
	},
	[PROTO_SCTP] = {
		.name = "sctp", .doc = "SCTP common header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 132,
	},
	[PROTO_DCCP] = {
		.name = "dccp", .doc = "DCCP header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 33,
	},
	[PROTO_ESP] = {
		.name = "esp", .doc = "IPsec encapsulating security payload",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 50,
	},
	[PROTO_AH] = {
		.name = "ah", .doc = "IPsec authentication header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 51,
	},
	[PROTO_COMP] = {
		.name = "comp", .doc = "IP payload compression header",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 108,
	},
	[PROTO_TH] = {
		.name = "th", .doc = "the ports of any transport protocol",
		.base = FIELD_BASE_TRANSPORT,
	},
	[PROTO_HBH] = {
		.name = "hbh", .doc = "IPv6 hop-by-hop options",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_DST] = {
		.name = "dst", .doc = "IPv6 destination options",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_RT] = {
		.name = "rt", .doc = "IPv6 routing header",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_RT0] = {
		.name = "rt0", .doc = "IPv6 routing header as of type 0 (the type is not asked)",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_RT2] = {
		.name = "rt2", .doc = "IPv6 routing header as of type 2 (the type is not asked)",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_SRH] = {
		.name = "srh", .doc = "IPv6 segment routing header (the type is not asked)",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_FRAG] = {
		.name = "frag", .doc = "IPv6 fragment header",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_MH] = {
		.name = "mh", .doc = "IPv6 mobility header",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_EXTHDR] = {
		.name = "exthdr", .doc = "whether an IPv6 extension header is there",
		.base = FIELD_BASE_EXTENSION, .network = PROTO_IP6,
	},
	[PROTO_IP_OPTION] = {
		.name = "ip option", .doc = "option of the IPv4 header",
		.base = FIELD_BASE_IP_OPTION, .network = PROTO_IP,
	},
	[PROTO_TCP_OPTION] = {
		.name = "tcp option", .doc = "option of the TCP header",
		.base = FIELD_BASE_TCP_OPTION, .transport = PROTO_TCP,
	},
	[PROTO_SCTP_CHUNK] = {
		.name = "sctp chunk", .doc = "chunk of an SCTP packet",
		.base = FIELD_BASE_SCTP_CHUNK, .transport = PROTO_SCTP,
	},
	[PROTO_VXLAN] = {
		.name = "vxlan", .doc = "VXLAN header, and what is inside",
		.base = FIELD_BASE_TUNNEL, .transport = PROTO_UDP, .tunnel = true,
		.tunnel_ether = true,
	},
	[PROTO_GENEVE] = {
		.name = "geneve", .doc = "Geneve header, and what is inside",
		.base = FIELD_BASE_TUNNEL, .transport = PROTO_UDP, .tunnel = true,
		.tunnel_ether = true,
	},
	[PROTO_GRE] = {
		.name = "gre", .doc = "GRE header, and the IP packet inside",
		.base = FIELD_BASE_TRANSPORT, .l4proto = 47, .tunnel = true,
	},
	[PROTO_GRETAP] = {
		.name = "gretap", .doc = "the Ethernet frame inside GRE",
		.base = FIELD_BASE_TUNNEL, .transport = PROTO_GRE, .tunnel = true,
		.tunnel_ether = true,
	},
	[PROTO_RAW] = {
		.name = "@", .doc = "any bits of the packet: @ll, @nh, @th, @ih",
	},
};

/* One row of meta, of a header, and of a header for a whole number of bytes. */
#define META(name_, load_, bits_, of_, ops_, doc_, ...)                                        \
	{ .proto = PROTO_META, .name = name_, .load = FIELD_LOAD_##load_, .bit_len = bits_,    \
	  .type = &type_##of_, .ops = ops_, .doc = doc_, ##__VA_ARGS__ }
#define HEADER(proto_, name_, bit_off_, bit_len_, of_, ops_, doc_, ...)                        \
	{ .proto = PROTO_##proto_, .name = name_, .load = FIELD_LOAD_HEADER,                   \
	  .bit_off = bit_off_, .bit_len = bit_len_, .type = &type_##of_,                       \
	  .ops = ops_, .doc = doc_, ##__VA_ARGS__ }
#define BITS(proto_, name_, bit_off_, bit_len_, of_, doc_, ...)                                \
	HEADER(proto_, name_, bit_off_, bit_len_, of_, FIELD_OP_ALL, doc_, ##__VA_ARGS__)
#define BYTES(proto_, name_, off_, len_, of_, doc_, ...)                                       \
	BITS(proto_, name_, (off_) * 8, (len_) * 8, of_, doc_, ##__VA_ARGS__)

/* A field of option, extension header or chunk NUMBER, and whether that one is there. */
#define PART(proto_, number_, name_, bit_off_, bit_len_, of_, doc_, ...)                       \
	BITS(proto_, name_, bit_off_, bit_len_, of_, doc_, .number = number_, ##__VA_ARGS__)
#define PRESENCE(proto_, number_, name_, doc_, ...)                                            \
	{ .proto = PROTO_##proto_, .name = name_, .load = FIELD_LOAD_PRESENCE,                 \
	  .number = number_, .bit_len = 8, .type = &type_boolean,                              \
	  .ops = FIELD_OP_EQ | FIELD_OP_SET | FIELD_OP_NAMED, .doc = doc_, ##__VA_ARGS__ }
/* What every SCTP chunk has. */
#define CHUNK(number_, name_)                                                                  \
	PRESENCE(SCTP_CHUNK, number_, name_, "whether there is a chunk " name_),               \
	PART(SCTP_CHUNK, number_, name_ " type", 0, 8, integer, "type"),                       \
	PART(SCTP_CHUNK, number_, name_ " flags", 8, 8, integer, "flags"),                     \
	PART(SCTP_CHUNK, number_, name_ " length", 16, 16, integer, "bytes of the chunk")

#define HOST_ORDER .host_order = true
#define ICMP_TYPES(...)                                                                        \
	.icmp_type_count = sizeof((const uint8_t[]){ __VA_ARGS__ }), .icmp_types = { __VA_ARGS__ }
#define ETHER_TYPE .select = FIELD_SELECT_ETHER_TYPE
#define L4PROTO .select = FIELD_SELECT_L4PROTO
#define BARE .bare = true
#define LISTED_BARE .bare = true, .listed_bare = true

const struct field field_table[] = {
	META("protocol", PROTOCOL, 16, ether_type, FIELD_OP_ALL,
	     "ether type behind at most one tag", ETHER_TYPE),
	META("l4proto", L4PROTO, 8, inet_proto, FIELD_OP_ALL,
	     "transport protocol, behind IPv6 extension headers", L4PROTO, HOST_ORDER),
	META("nfproto", NFPROTO, 8, nf_proto, FIELD_OP_ALL,
	     "family of the hook: ipv4 or ipv6 in table inet, neither in table netdev",
	     HOST_ORDER),
	META("length", LENGTH, 32, integer, FIELD_OP_ALL,
	     "bytes behind the Ethernet header and at most one tag, padding included", HOST_ORDER),
	META("iif", IFNAME, 128, iface_index, OPS_NAME,
	     "device the packet came in by", LISTED_BARE, .refreshed = "load"),
	META("iifname", IFNAME, 128, ifname, OPS_NAME,
	     "name of the device the packet came in by", LISTED_BARE, .refreshed = "load"),
	META("iiftype", IFTYPE, 16, iface_type, FIELD_OP_ALL,
	     "hardware type of the device the packet came in by", BARE, HOST_ORDER,
	     .refreshed = "load"),
	META("iifgroup", IFGROUP, 32, devgroup, FIELD_OP_ALL,
	     "group of the device the packet came in by", LISTED_BARE, HOST_ORDER,
	     .refreshed = "load"),
	META("pkttype", PKTTYPE, 8, pkt_type, FIELD_OP_ALL,
	     "whom the destination MAC address means", BARE, HOST_ORDER,
	     .refreshed = "load (the device's address)"),
	META("mark", ZERO, 32, mark, FIELD_OP_ALL,
	     "packet mark; 0 at ingress", BARE, HOST_ORDER),
	META("priority", ZERO, 32, classid, FIELD_OP_ALL,
	     "packet priority; 0 (none) at ingress", HOST_ORDER),
	META("cpu", CPU, 32, integer, FIELD_OP_ALL,
	     "number of the CPU that handles the packet", BARE, HOST_ORDER),
	META("random", RANDOM, 32, integer, FIELD_OP_ALL,
	     "random number, a new one each time"),
	META("time", TIME, 64, time, FIELD_OP_ALL,
	     "time and date", BARE, HOST_ORDER,
	     .refreshed = "the clock; steps of it at once, leap seconds at load"),
	META("day", DAY, 8, day, FIELD_OP_ALL,
	     "day of the week, in the kernel's time zone", BARE, HOST_ORDER,
	     .refreshed = "the clock; the kernel's time zone at load"),
	META("hour", HOUR, 32, hour, FIELD_OP_ALL,
	     "time of day", BARE, HOST_ORDER,
	     .refreshed = "the clock; the host's time zone at load"),
	META("ipsec", ZERO, 8, boolean, FIELD_OP_EQ | FIELD_OP_SET | FIELD_OP_NAMED,
	     "whether the packet went through IPsec; never yet at ingress", .alias = "secpath",
	     BARE, HOST_ORDER),
	META("oif", ZERO, 128, iface_index, OPS_NAME,
	     "device the packet leaves by; none yet at ingress", LISTED_BARE, HOST_ORDER),
	META("oifname", ZERO, 128, ifname, OPS_NAME,
	     "name of the device the packet leaves by; empty at ingress", LISTED_BARE),
	META("oiftype", NEVER, 16, iface_type, FIELD_OP_ALL,
	     "hardware type of the device the packet leaves by: never matches at ingress", BARE,
	     HOST_ORDER),
	META("oifgroup", NEVER, 32, devgroup, FIELD_OP_ALL,
	     "group of the device the packet leaves by: never matches at ingress", LISTED_BARE,
	     HOST_ORDER),
	META("skuid", NEVER, 32, uid, FIELD_OP_ALL,
	     "user of the local socket: never matches at ingress", BARE, HOST_ORDER),
	META("skgid", NEVER, 32, gid, FIELD_OP_ALL,
	     "group of the local socket: never matches at ingress", BARE, HOST_ORDER),
	META("cgroup", NEVER, 32, integer, FIELD_OP_ALL,
	     "control group of the local socket: never matches at ingress", BARE, HOST_ORDER),
	META("rtclassid", NEVER, 32, realm, FIELD_OP_ALL,
	     "realm of the packet's route: never matches at ingress", BARE, HOST_ORDER),

	BYTES(ETHER, "daddr", 0, 6, ether_addr, "destination MAC address"),
	BYTES(ETHER, "saddr", 6, 6, ether_addr, "source MAC address"),
	BYTES(ETHER, "type", 12, 2, ether_type, "ether type of the frame", ETHER_TYPE),

	BITS(VLAN, "pcp", 0, 3, integer, "priority code point"),
	BITS(VLAN, "dei", 3, 1, integer, "drop eligible indicator", .alias = "cfi"),
	BITS(VLAN, "id", 4, 12, integer, "VLAN id"),
	BYTES(VLAN, "type", 2, 2, ether_type, "ether type behind the tag", ETHER_TYPE,
	      .of_hook = true),

	BYTES(ARP, "htype", 0, 2, integer, "hardware type"),
	BYTES(ARP, "ptype", 2, 2, ether_type, "protocol type"),
	BYTES(ARP, "hlen", 4, 1, integer, "bytes of a hardware address"),
	BYTES(ARP, "plen", 5, 1, integer, "bytes of a protocol address"),
	BYTES(ARP, "operation", 6, 2, arp_op, "operation"),
	BYTES(ARP, "saddr ether", 8, 6, ether_addr, "sender's MAC address"),
	BYTES(ARP, "saddr ip", 14, 4, ipv4_addr, "sender's IPv4 address"),
	BYTES(ARP, "daddr ether", 18, 6, ether_addr, "target's MAC address"),
	BYTES(ARP, "daddr ip", 24, 4, ipv4_addr, "target's IPv4 address"),

	BITS(IP, "version", 0, 4, integer, "IP version"),
	BITS(IP, "hdrlength", 4, 4, integer, "header length in words of 4 bytes"),
	BITS(IP, "dscp", 8, 6, dscp, "differentiated services code point"),
	BITS(IP, "ecn", 14, 2, ecn, "explicit congestion notification"),
	BYTES(IP, "length", 2, 2, integer, "total length"),
	BYTES(IP, "id", 4, 2, integer, "identification"),
	BYTES(IP, "frag-off", 6, 2, integer, "flags and fragment offset"),
	BYTES(IP, "ttl", 8, 1, integer, "time to live"),
	BYTES(IP, "protocol", 9, 1, inet_proto, "protocol behind the header", L4PROTO),
	BYTES(IP, "checksum", 10, 2, integer, "header checksum"),
	BYTES(IP, "saddr", 12, 4, ipv4_addr, "source address"),
	BYTES(IP, "daddr", 16, 4, ipv4_addr, "destination address"),

	BITS(IP6, "version", 0, 4, integer, "IP version"),
	HEADER(IP6, "dscp", 4, 6, dscp, OPS_ASTRIDE, "differentiated services code point"),
	BITS(IP6, "ecn", 10, 2, ecn, "explicit congestion notification"),
	BITS(IP6, "flowlabel", 12, 20, integer, "flow label"),
	BYTES(IP6, "length", 4, 2, integer, "payload length"),
	BYTES(IP6, "nexthdr", 6, 1, inet_proto, "header behind the fixed header", L4PROTO),
	BYTES(IP6, "hoplimit", 7, 1, integer, "hop limit"),
	BYTES(IP6, "saddr", 8, 16, ipv6_addr, "source address"),
	BYTES(IP6, "daddr", 24, 16, ipv6_addr, "destination address"),

	BYTES(ICMP, "type", 0, 1, icmp_type, "ICMP type"),
	BYTES(ICMP, "code", 1, 1, icmp_code, "ICMP code"),
	BYTES(ICMP, "checksum", 2, 2, integer, "checksum"),
	BYTES(ICMP, "id", 4, 2, integer, "identifier of an echo", ICMP_TYPES(0, 8)),
	BYTES(ICMP, "sequence", 6, 2, integer, "number of an echo", ICMP_TYPES(0, 8)),
	BYTES(ICMP, "gateway", 4, 4, integer, "router of a redirect", ICMP_TYPES(5)),
	BYTES(ICMP, "mtu", 6, 2, integer, "MTU of the next hop", ICMP_TYPES(3)),

	BYTES(IGMP, "type", 0, 1, igmp_type, "IGMP type"),
	BYTES(IGMP, "mrt", 1, 1, integer, "longest time to respond"),
	BYTES(IGMP, "checksum", 2, 2, integer, "checksum"),
	BYTES(IGMP, "group", 4, 4, integer, "group address"),

	BYTES(ICMPV6, "type", 0, 1, icmpv6_type, "ICMPv6 type"),
	BYTES(ICMPV6, "code", 1, 1, icmpv6_code, "ICMPv6 code"),
	BYTES(ICMPV6, "checksum", 2, 2, integer, "checksum"),
	/* nft lists the long name, which it cannot read. */
	BYTES(ICMPV6, "param-problem", 4, 4, integer, "offset of the problem",
	      ICMP_TYPES(4), .alias = "parameter-problem"),
	BYTES(ICMPV6, "mtu", 4, 4, integer, "MTU of the next hop", ICMP_TYPES(2),
	      .alias = "packet-too-big"),
	BYTES(ICMPV6, "id", 4, 2, integer, "identifier of an echo", ICMP_TYPES(128, 129)),
	BYTES(ICMPV6, "sequence", 6, 2, integer, "number of an echo", ICMP_TYPES(128, 129)),
	BYTES(ICMPV6, "max-delay", 4, 2, integer, "longest time to respond", ICMP_TYPES(130)),
	BYTES(ICMPV6, "taddr", 8, 16, ipv6_addr, "target address, or group of MLD (nft 1.1)",
	      ICMP_TYPES(130, 131, 132, 135, 136, 137)),
	BYTES(ICMPV6, "daddr", 24, 16, ipv6_addr, "destination of a redirect (nft 1.1)",
	      ICMP_TYPES(137)),

	BYTES(TCP, "sport", 0, 2, inet_service, "source port"),
	BYTES(TCP, "dport", 2, 2, inet_service, "destination port"),
	BYTES(TCP, "sequence", 4, 4, integer, "sequence number"),
	BYTES(TCP, "ackseq", 8, 4, integer, "acknowledgement number"),
	BITS(TCP, "doff", 96, 4, integer, "header length in words of 4 bytes"),
	BITS(TCP, "reserved", 100, 4, integer, "reserved bits"),
	BYTES(TCP, "flags", 13, 1, tcp_flag, "flags"),
	BYTES(TCP, "window", 14, 2, integer, "window"),
	BYTES(TCP, "checksum", 16, 2, integer, "checksum"),
	BYTES(TCP, "urgptr", 18, 2, integer, "urgent pointer"),

	BYTES(UDP, "sport", 0, 2, inet_service, "source port"),
	BYTES(UDP, "dport", 2, 2, inet_service, "destination port"),
	BYTES(UDP, "length", 4, 2, integer, "bytes of header and payload"),
	BYTES(UDP, "checksum", 6, 2, integer, "checksum"),

	BYTES(UDPLITE, "sport", 0, 2, inet_service, "source port"),
	BYTES(UDPLITE, "dport", 2, 2, inet_service, "destination port"),
	BYTES(UDPLITE, "csumcov", 4, 2, integer, "bytes that the checksum covers"),
	BYTES(UDPLITE, "checksum", 6, 2, integer, "checksum"),

	BYTES(SCTP, "sport", 0, 2, inet_service, "source port"),
	BYTES(SCTP, "dport", 2, 2, inet_service, "destination port"),
	BYTES(SCTP, "vtag", 4, 4, integer, "verification tag"),
	BYTES(SCTP, "checksum", 8, 4, integer, "checksum"),

	BYTES(DCCP, "sport", 0, 2, inet_service, "source port"),
	BYTES(DCCP, "dport", 2, 2, inet_service, "destination port"),
	BITS(DCCP, "type", 67, 4, dccp_pkttype, "packet type"),

	BYTES(ESP, "spi", 0, 4, integer, "security parameters index"),
	BYTES(ESP, "sequence", 4, 4, integer, "sequence number"),

	BYTES(AH, "nexthdr", 0, 1, inet_proto, "header behind this one"),
	BYTES(AH, "hdrlength", 1, 1, integer, "length in words of 4 bytes, less 2"),
	BYTES(AH, "reserved", 2, 2, integer, "reserved bits"),
	BYTES(AH, "spi", 4, 4, integer, "security parameters index"),
	BYTES(AH, "sequence", 8, 4, integer, "sequence number"),

	BYTES(COMP, "nexthdr", 0, 1, inet_proto, "header behind this one"),
	BYTES(COMP, "flags", 1, 1, bitmask, "flags"),
	BYTES(COMP, "cpi", 2, 2, integer, "compression parameter index"),

	BYTES(TH, "sport", 0, 2, inet_service, "source port"),
	BYTES(TH, "dport", 2, 2, inet_service, "destination port"),

	PART(HBH, NEXT_HOP_BY_HOP, "nexthdr", 0, 8, inet_proto, "header behind this one"),
	PART(HBH, NEXT_HOP_BY_HOP, "hdrlength", 8, 8, integer, "length in 8 bytes, less 1"),

	PART(DST, NEXT_DESTINATION, "nexthdr", 0, 8, inet_proto, "header behind this one"),
	PART(DST, NEXT_DESTINATION, "hdrlength", 8, 8, integer, "length in 8 bytes, less 1"),

	PART(RT, NEXT_ROUTING, "nexthdr", 0, 8, inet_proto, "header behind this one"),
	PART(RT, NEXT_ROUTING, "hdrlength", 8, 8, integer, "length in 8 bytes, less 1"),
	PART(RT, NEXT_ROUTING, "type", 16, 8, integer, "type"),
	PART(RT, NEXT_ROUTING, "seg-left", 24, 8, integer, "segments left"),

	PART(RT0, NEXT_ROUTING, "addr[1]", 64, 128, ipv6_addr, "address number 1"),
	PART(RT0, NEXT_ROUTING, "addr[2]", 192, 128, ipv6_addr, "address number 2"),

	PART(RT2, NEXT_ROUTING, "addr", 64, 128, ipv6_addr, "home address (nft 1.1)"),

	PART(SRH, NEXT_ROUTING, "last-entry", 32, 8, integer, "number of the last segment"),
	PART(SRH, NEXT_ROUTING, "flags", 40, 8, integer, "flags"),
	PART(SRH, NEXT_ROUTING, "tag", 48, 16, integer, "tag"),
	PART(SRH, NEXT_ROUTING, "sid[1]", 64, 128, ipv6_addr, "segment number 1"),
	PART(SRH, NEXT_ROUTING, "sid[2]", 192, 128, ipv6_addr, "segment number 2"),

	PART(FRAG, NEXT_FRAGMENT, "nexthdr", 0, 8, inet_proto, "header behind this one"),
	PART(FRAG, NEXT_FRAGMENT, "reserved", 8, 8, integer, "reserved bits"),
	PART(FRAG, NEXT_FRAGMENT, "frag-off", 16, 13, integer, "offset in units of 8 bytes"),
	PART(FRAG, NEXT_FRAGMENT, "reserved2", 29, 2, integer, "reserved bits"),
	PART(FRAG, NEXT_FRAGMENT, "more-fragments", 31, 1, integer, "more fragments follow"),
	PART(FRAG, NEXT_FRAGMENT, "id", 32, 32, integer, "identification"),

	PART(MH, NEXT_MOBILITY, "nexthdr", 0, 8, inet_proto, "header behind this one"),
	PART(MH, NEXT_MOBILITY, "hdrlength", 8, 8, integer, "length in 8 bytes, less 1"),
	PART(MH, NEXT_MOBILITY, "type", 16, 8, mh_type, "message type"),
	PART(MH, NEXT_MOBILITY, "reserved", 24, 8, integer, "reserved bits"),
	PART(MH, NEXT_MOBILITY, "checksum", 32, 16, integer, "checksum"),

	PRESENCE(EXTHDR, NEXT_HOP_BY_HOP, "hbh", "whether there is a header hbh"),
	PRESENCE(EXTHDR, NEXT_DESTINATION, "dst", "whether there is a header dst"),
	PRESENCE(EXTHDR, NEXT_ROUTING, "rt", "whether there is a header rt"),
	PRESENCE(EXTHDR, NEXT_FRAGMENT, "frag", "whether there is a header frag"),
	PRESENCE(EXTHDR, NEXT_MOBILITY, "mh", "whether there is a header mh"),

	PRESENCE(IP_OPTION, 131, "lsrr", "whether there is a loose source route"),
	PART(IP_OPTION, 131, "lsrr type", 0, 8, integer, "type"),
	PART(IP_OPTION, 131, "lsrr length", 8, 8, integer, "bytes of the option"),
	PART(IP_OPTION, 131, "lsrr ptr", 16, 8, integer, "pointer"),
	PART(IP_OPTION, 131, "lsrr addr", 24, 32, integer, "first address"),
	PRESENCE(IP_OPTION, 137, "ssrr", "whether there is a strict source route"),
	PART(IP_OPTION, 137, "ssrr type", 0, 8, integer, "type"),
	PART(IP_OPTION, 137, "ssrr length", 8, 8, integer, "bytes of the option"),
	PART(IP_OPTION, 137, "ssrr ptr", 16, 8, integer, "pointer"),
	PART(IP_OPTION, 137, "ssrr addr", 24, 32, integer, "first address"),
	PRESENCE(IP_OPTION, 7, "rr", "whether there is a record route"),
	PART(IP_OPTION, 7, "rr type", 0, 8, integer, "type"),
	PART(IP_OPTION, 7, "rr length", 8, 8, integer, "bytes of the option"),
	PART(IP_OPTION, 7, "rr ptr", 16, 8, integer, "pointer"),
	PART(IP_OPTION, 7, "rr addr", 24, 32, integer, "first address"),
	PRESENCE(IP_OPTION, 148, "ra", "whether there is a router alert"),
	PART(IP_OPTION, 148, "ra type", 0, 8, integer, "type"),
	PART(IP_OPTION, 148, "ra length", 8, 8, integer, "bytes of the option"),
	PART(IP_OPTION, 148, "ra value", 16, 16, integer, "value"),

	PRESENCE(TCP_OPTION, 0, "eol", "whether there is: end of options"),
	PRESENCE(TCP_OPTION, 1, "nop", "whether there is: no-operation"),
	PRESENCE(TCP_OPTION, 2, "maxseg", "whether there is: maximum segment size", .alias = "mss"),
	PART(TCP_OPTION, 2, "maxseg length", 8, 8, integer, "bytes of the option",
	     .alias = "mss length"),
	PART(TCP_OPTION, 2, "maxseg size", 16, 16, integer, "size", .alias = "mss size"),
	PRESENCE(TCP_OPTION, 3, "window", "whether there is: window scale"),
	PART(TCP_OPTION, 3, "window length", 8, 8, integer, "bytes of the option"),
	PART(TCP_OPTION, 3, "window count", 16, 8, integer, "shift count"),
	PRESENCE(TCP_OPTION, 4, "sack-perm", "whether there is: SACK permitted",
		 .alias = "sack-permitted"),
	PART(TCP_OPTION, 4, "sack-perm length", 8, 8, integer, "bytes of the option",
	     .alias = "sack-permitted length"),
	PRESENCE(TCP_OPTION, 5, "sack", "whether there is: selective acknowledgement"),
	PART(TCP_OPTION, 5, "sack length", 8, 8, integer, "bytes of the option",
	     .alias = "sack0 length"),
	PART(TCP_OPTION, 5, "sack left", 16, 32, integer, "left end of block 0",
	     .alias = "sack0 left"),
	PART(TCP_OPTION, 5, "sack right", 48, 32, integer, "right end of block 0",
	     .alias = "sack0 right"),
	PART(TCP_OPTION, 5, "sack1 left", 80, 32, integer, "left end of block 1"),
	PART(TCP_OPTION, 5, "sack1 right", 112, 32, integer, "right end of block 1"),
	PART(TCP_OPTION, 5, "sack2 left", 144, 32, integer, "left end of block 2"),
	PART(TCP_OPTION, 5, "sack2 right", 176, 32, integer, "right end of block 2"),
	PART(TCP_OPTION, 5, "sack3 left", 208, 32, integer, "left end of block 3"),
	PART(TCP_OPTION, 5, "sack3 right", 240, 32, integer, "right end of block 3"),
	PRESENCE(TCP_OPTION, 8, "timestamp", "whether there is: timestamps"),
	PART(TCP_OPTION, 8, "timestamp length", 8, 8, integer, "bytes of the option"),
	PART(TCP_OPTION, 8, "timestamp tsval", 16, 32, integer, "value"),
	PART(TCP_OPTION, 8, "timestamp tsecr", 48, 32, integer, "echo reply"),
	PRESENCE(TCP_OPTION, 19, "md5sig", "whether there is: MD5 signature"),
	PART(TCP_OPTION, 19, "md5sig length", 8, 8, integer, "bytes of the option"),
	PRESENCE(TCP_OPTION, 30, "mptcp", "whether there is: multipath TCP"),
	PART(TCP_OPTION, 30, "mptcp length", 8, 8, integer, "bytes of the option"),
	PART(TCP_OPTION, 30, "mptcp subtype", 16, 4, integer, "subtype"),
	PRESENCE(TCP_OPTION, 34, "fastopen", "whether there is: fast open cookie"),
	PART(TCP_OPTION, 34, "fastopen length", 8, 8, integer, "bytes of the option"),

	CHUNK(0, "data"),
	PART(SCTP_CHUNK, 0, "data tsn", 32, 32, integer, "transmission sequence number"),
	PART(SCTP_CHUNK, 0, "data stream", 64, 16, integer, "stream"),
	PART(SCTP_CHUNK, 0, "data ssn", 80, 16, integer, "stream sequence number"),
	PART(SCTP_CHUNK, 0, "data ppid", 96, 32, integer, "payload protocol"),
	CHUNK(1, "init"),
	PART(SCTP_CHUNK, 1, "init init-tag", 32, 32, integer, "initiate tag"),
	PART(SCTP_CHUNK, 1, "init a-rwnd", 64, 32, integer, "receiver window"),
	PART(SCTP_CHUNK, 1, "init num-outbound-streams", 96, 16, integer, "outbound streams"),
	PART(SCTP_CHUNK, 1, "init num-inbound-streams", 112, 16, integer, "inbound streams"),
	PART(SCTP_CHUNK, 1, "init initial-tsn", 128, 32, integer, "initial TSN"),
	CHUNK(2, "init-ack"),
	PART(SCTP_CHUNK, 2, "init-ack init-tag", 32, 32, integer, "initiate tag"),
	PART(SCTP_CHUNK, 2, "init-ack a-rwnd", 64, 32, integer, "receiver window"),
	PART(SCTP_CHUNK, 2, "init-ack num-outbound-streams", 96, 16, integer, "outbound streams"),
	PART(SCTP_CHUNK, 2, "init-ack num-inbound-streams", 112, 16, integer, "inbound streams"),
	PART(SCTP_CHUNK, 2, "init-ack initial-tsn", 128, 32, integer, "initial TSN"),
	CHUNK(3, "sack"),
	PART(SCTP_CHUNK, 3, "sack cum-tsn-ack", 32, 32, integer, "cumulative TSN"),
	PART(SCTP_CHUNK, 3, "sack a-rwnd", 64, 32, integer, "receiver window"),
	PART(SCTP_CHUNK, 3, "sack num-gap-ack-blocks", 96, 16, integer, "gap blocks"),
	PART(SCTP_CHUNK, 3, "sack num-dup-tsns", 112, 16, integer, "duplicate TSNs"),
	CHUNK(4, "heartbeat"),
	CHUNK(5, "heartbeat-ack"),
	CHUNK(6, "abort"),
	CHUNK(7, "shutdown"),
	PART(SCTP_CHUNK, 7, "shutdown cum-tsn-ack", 32, 32, integer, "cumulative TSN"),
	CHUNK(8, "shutdown-ack"),
	CHUNK(9, "error"),
	CHUNK(10, "cookie-echo"),
	CHUNK(11, "cookie-ack"),
	CHUNK(12, "ecne"),
	PART(SCTP_CHUNK, 12, "ecne lowest-tsn", 32, 32, integer, "lowest TSN"),
	CHUNK(13, "cwr"),
	PART(SCTP_CHUNK, 13, "cwr lowest-tsn", 32, 32, integer, "lowest TSN"),
	CHUNK(14, "shutdown-complete"),
	CHUNK(128, "asconf-ack"),
	PART(SCTP_CHUNK, 128, "asconf-ack seqno", 32, 32, integer, "serial number"),
	CHUNK(192, "forward-tsn"),
	PART(SCTP_CHUNK, 192, "forward-tsn new-cum-tsn", 32, 32, integer, "new cumulative TSN"),
	CHUNK(193, "asconf"),
	PART(SCTP_CHUNK, 193, "asconf seqno", 32, 32, integer, "serial number"),

	BYTES(VXLAN, "flags", 0, 1, bitmask, "flags"),
	BYTES(VXLAN, "vni", 4, 3, integer, "network identifier"),

	BYTES(GENEVE, "type", 2, 2, ether_type, "protocol inside"),
	BYTES(GENEVE, "vni", 4, 3, integer, "network identifier"),

	BITS(GRE, "flags", 0, 5, integer, "flags"),
	BITS(GRE, "version", 13, 3, integer, "version"),
	BYTES(GRE, "protocol", 2, 2, ether_type, "protocol inside"),
};

const size_t field_count = sizeof(field_table) / sizeof(field_table[0]);
