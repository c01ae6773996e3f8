/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * field: the tables of protocols and of their fields, and look-ups in them.
 *
 * Input: none; the tables are the source from which the other phases know what a rule can match.
 * Offsets and widths are those of nft's payload tables, with the names nft gives the fields.
 * Where they come from: IEEE 802.3 and 802.1Q, RFC 826 (arp, with Ethernet and IPv4 addresses),
 * 791 (ip), 8200 (ip6), 792, 4443, 9293 (tcp), 768 (udp).
 *
 * Safety: a field never ends beyond field_need_bytes(), which is what every reader checks against
 * the packet; check_field.c holds the table to that.
 */
#include <stddef.h>

#include "compiler/field.h"

/* The Ethernet header ends and the first tag begins here (IEEE 802.1Q). */
#define ETHER_BYTES 14
#define TAG_BYTES 4

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
	[PROTO_TH] = {
		.name = "th", .doc = "the ports of any transport protocol",
		.base = FIELD_BASE_TRANSPORT,
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

#define ETHER_TYPE .select = FIELD_SELECT_ETHER_TYPE
#define L4PROTO .select = FIELD_SELECT_L4PROTO
#define BARE .bare = true
#define LISTED_BARE .bare = true, .listed_bare = true

const struct field field_table[] = {
	META("protocol", PROTOCOL, 16, ether_type, FIELD_OP_ALL,
	     "ether type behind at most one tag", ETHER_TYPE),
	META("l4proto", L4PROTO, 8, inet_proto, FIELD_OP_ALL,
	     "transport protocol, behind IPv6 extension headers", L4PROTO),
	META("length", LENGTH, 32, integer, FIELD_OP_ALL,
	     "bytes behind the Ethernet header and at most one tag, padding included"),
	META("iif", IFNAME, 128, iface_index, OPS_NAME,
	     "device the packet came in by", LISTED_BARE),
	META("iifname", IFNAME, 128, ifname, OPS_NAME,
	     "name of the device the packet came in by", LISTED_BARE),
	META("pkttype", PKTTYPE, 8, pkt_type, FIELD_OP_ALL,
	     "whom the destination MAC address means", BARE),
	META("mark", MARK, 32, mark, FIELD_OP_ALL,
	     "packet mark; 0 at ingress", BARE),

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

	BYTES(ICMPV6, "type", 0, 1, icmpv6_type, "ICMPv6 type"),
	BYTES(ICMPV6, "code", 1, 1, icmpv6_code, "ICMPv6 code"),

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

	BYTES(TH, "sport", 0, 2, inet_service, "source port"),
	BYTES(TH, "dport", 2, 2, inet_service, "destination port"),
};

const size_t field_count = sizeof(field_table) / sizeof(field_table[0]);

const struct proto *field_proto(const struct field *field)
{
	return &field_protos[field->proto];
}

const struct proto *field_find_proto(struct str name)
{
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		if (str_is(name, field_protos[i].name))
			return &field_protos[i];
	}
	return NULL;
}

const struct field *field_find(const struct proto *proto, struct str name)
{
	for (size_t i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];

		if (field_proto(field) != proto)
			continue;
		if (str_is(name, field->name) || (field->alias && str_is(name, field->alias)))
			return field;
	}
	return NULL;
}

const struct field *field_find_bare(struct str name)
{
	const struct field *field = field_find(&field_protos[PROTO_META], name);

	return field && field->bare ? field : NULL;
}

const struct field *field_find_load(enum field_load load)
{
	for (size_t i = 0; i < field_count; i++) {
		if (field_table[i].load == load)
			return &field_table[i];
	}
	return NULL;
}

void field_suggest_proto(struct str_nearest *near)
{
	for (unsigned int i = 0; i < PROTO_COUNT; i++)
		str_nearest_offer(near, field_protos[i].name);
}

void field_suggest(const struct proto *proto, struct str_nearest *near)
{
	for (size_t i = 0; i < field_count; i++) {
		if (field_proto(&field_table[i]) == proto)
			str_nearest_offer(near, field_table[i].name);
	}
}

unsigned int field_base_bit(const struct field *field, unsigned int depth)
{
	unsigned int header = 0;

	if (field->proto == PROTO_VLAN)
		header = ETHER_BYTES + depth * TAG_BYTES;
	return header * 8 + field->bit_off;
}

unsigned int field_need_bytes(const struct field *field, unsigned int depth)
{
	unsigned int end = (field_base_bit(field, depth) + field->bit_len + 7) / 8;
	unsigned int min = field_proto(field)->min_bytes;

	if (field->load != FIELD_LOAD_HEADER)
		return 0;
	return end > min ? end : min;
}
