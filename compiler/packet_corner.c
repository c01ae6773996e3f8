/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_corner: the packets of SEMANTICS 10, which every parser test holds.
 *
 * In: a number, and addresses and ports to put in.  Out: the frame.  A row of a table is one
 * packet, or one for each value of an argument (`ipv4 ihl %u tcp`, 6 to 15).  Headers are put one
 * behind the other, lengths are written, and what has to be wrong is made wrong last.
 */
#include "compiler/packet_making.h"

static void build_ipv4(struct making *making, unsigned int protocol)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, (uint8_t)protocol);
	if (protocol == IPPROTO_TCP)
		tcp(making);
	else if (protocol == IPPROTO_UDP)
		udp(making);
	else
		icmp(making, protocol == IPPROTO_ICMP ? 8 : 128);
	fill(making, 20);
	fit(making);
}

static void build_options_tcp(struct making *making, unsigned int words)
{
	ethernet(making, ETH_P_IP);
	ipv4_words(making, words, IPPROTO_TCP);
	tcp(making);
	fit(making);
}

static void build_options_udp(struct making *making, unsigned int words)
{
	ethernet(making, ETH_P_IP);
	ipv4_words(making, words, IPPROTO_UDP);
	udp(making);
	fill(making, words);
	fit(making);
}

/* TYPE is what the frame says in front of its only tag. */
static void build_tag_ipv4(struct making *making, unsigned int type)
{
	ethernet(making, (uint16_t)type);
	tag(making, 5, ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	fill(making, 4);
	fit(making);
}

static void build_tag_ipv6(struct making *making, unsigned int type)
{
	ethernet(making, (uint16_t)type);
	tag(making, 5, ETH_P_IPV6);
	ipv6(making, IPPROTO_TCP);
	tcp(making);
	fit(making);
}

static void build_tag_9100(struct making *making, unsigned int unused)
{
	(void)unused;
	build_tag_ipv4(making, 0x9100);
}

static void build_priority_tag(struct making *making, unsigned int priority)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, (uint16_t)(priority << 13), ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	fit(making);
}

static void build_drop_eligible(struct making *making, unsigned int unused)
{
	(void)unused;
	ethernet(making, ETH_P_8021Q);
	tag(making, 0x1000 | 5, ETH_P_IP);
	ipv4(making, IPPROTO_TCP);
	tcp(making);
	fit(making);
}

static void build_tags(struct making *making, unsigned int count)
{
	ethernet(making, ETH_P_8021Q);
	for (unsigned int i = 0; i < count; i++)
		tag(making, (uint16_t)(5 + i), i + 1 < count ? ETH_P_8021Q : ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	fit(making);
}

static void build_service_tags(struct making *making, unsigned int inner_ipv6)
{
	ethernet(making, ETH_P_8021AD);
	tag(making, 5, ETH_P_8021Q);
	tag(making, 6, inner_ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	if (inner_ipv6)
		ipv6(making, IPPROTO_UDP);
	else
		ipv4(making, IPPROTO_UDP);
	udp(making);
	fit(making);
}

static void build_cut_tag(struct making *making, unsigned int bytes)
{
	build_tag_ipv4(making, ETH_P_8021Q);
	cut_to(making, ETH_HLEN + bytes);
}

static void build_cut_service_tag(struct making *making, unsigned int bytes)
{
	build_tag_ipv4(making, ETH_P_8021AD);
	cut_to(making, ETH_HLEN + bytes);
}

static void build_cut_inner_tag(struct making *making, unsigned int bytes)
{
	build_tags(making, 2);
	cut_to(making, ETH_HLEN + 4 + bytes);
}

/* The payload of a later fragment is a UDP header to the port all look for. */
static void build_ipv4_fragment(struct making *making, unsigned int offset_and_flags)
{
	uint8_t *ip;

	ethernet(making, ETH_P_IP);
	ip = ipv4(making, IPPROTO_UDP);
	put_short(ip + 6, offset_and_flags);
	udp(making);
	fill(making, 16);
	fit(making);
}

static void build_ipv4_first(struct making *making, unsigned int unused)
{
	(void)unused;
	build_ipv4_fragment(making, 0x2000);
}

static void build_ipv4_middle(struct making *making, unsigned int offset)
{
	build_ipv4_fragment(making, 0x2000 | offset);
}

static void build_ipv4_reserved_flag(struct making *making, unsigned int unused)
{
	(void)unused;
	build_ipv4_fragment(making, 0x8000);
}

static void build_ipv4_tcp_fragment(struct making *making, unsigned int bytes)
{
	uint8_t *ip;

	ethernet(making, ETH_P_IP);
	ip = ipv4(making, IPPROTO_TCP);
	put_short(ip + 6, 0x2000);
	tcp(making);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_ipv4_tcp_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_TCP);
	tcp(making);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_ipv4_udp_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_icmp_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_ICMP);
	icmp(making, 8);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_short_ihl(struct making *making, unsigned int words)
{
	build_ipv4(making, IPPROTO_TCP);
	*network(making) = (uint8_t)(0x40 | words);
}

static void build_long_ihl(struct making *making, unsigned int words)
{
	build_ipv4_tcp_cut(making, 4);
	*network(making) = (uint8_t)(0x40 | words);
}

static void build_ipv4_version(struct making *making, unsigned int version)
{
	build_ipv4(making, IPPROTO_UDP);
	*network(making) = (uint8_t)(version << 4 | 5);
}

static void build_total_short(struct making *making, unsigned int total)
{
	build_ipv4(making, IPPROTO_UDP);
	put_short(network(making) + 2, total);
}

static void build_total_options(struct making *making, unsigned int total)
{
	build_options_tcp(making, 7);
	put_short(network(making) + 2, total);
}

static void build_total_long(struct making *making, unsigned int by)
{
	build_ipv4(making, IPPROTO_UDP);
	put_short(network(making) + 2, making->frame->len - making->frame->network + by);
}

static void build_padding_ipv4(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	fit(making);
	fill(making, bytes);
}

/* A TCP header that is all padding: the network header counts none of it. */
static void build_padding_tcp(struct making *making, unsigned int unused)
{
	(void)unused;
	build_ipv4(making, IPPROTO_TCP);
	put_short(network(making) + 2, 20);
}

static void build_ipv4_header_cut(struct making *making, unsigned int bytes)
{
	build_ipv4(making, IPPROTO_TCP);
	cut_to(making, making->frame->network + bytes);
}

static void build_tag_ipv4_cut(struct making *making, unsigned int bytes)
{
	build_tag_ipv4(making, ETH_P_8021Q);
	cut_to(making, making->frame->network + bytes);
}

static void build_arp(struct making *making, unsigned int operation)
{
	uint8_t *arp;

	ethernet(making, ETH_P_ARP);
	arp = put(making, 28);
	put_short(arp, 1);
	put_short(arp + 2, ETH_P_IP);
	arp[4] = 6;
	arp[5] = 4;
	put_short(arp + 6, operation);
	memcpy(arp + 8, making->values->saddr_ether, ETH_ALEN);
	u128_to_bytes(making->values->saddr, arp + 14, 4);
	u128_to_bytes(making->values->daddr, arp + 24, 4);
	fill(making, 18);
}

static void build_tag_arp(struct making *making, unsigned int operation)
{
	uint8_t *arp;

	ethernet(making, ETH_P_8021Q);
	tag(making, 5, ETH_P_ARP);
	arp = put(making, 28);
	put_short(arp, 1);
	put_short(arp + 2, ETH_P_IP);
	arp[4] = 6;
	arp[5] = 4;
	put_short(arp + 6, operation);
}

static void build_arp_cut(struct making *making, unsigned int bytes)
{
	build_arp(making, 1);
	cut_to(making, making->frame->network + bytes);
}

/* BYTES behind a length, all ff in a raw frame. */
static void build_llc(struct making *making, unsigned int bytes)
{
	ethernet(making, (uint16_t)bytes);
	memset(put(making, bytes), 0x42, bytes);
}

static void build_raw(struct making *making, unsigned int bytes)
{
	ethernet(making, (uint16_t)bytes);
	memset(put(making, bytes), 0xff, bytes);
}

static void build_half_raw(struct making *making, unsigned int second)
{
	ethernet(making, 40);
	put(making, 40)[0] = 0xff;
	network(making)[1] = (uint8_t)second;
}

static void build_tag_llc(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, 5, (uint16_t)bytes);
	memset(put(making, bytes), 0x42, bytes);
}

static void build_tag_raw(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, 5, (uint16_t)bytes);
	memset(put(making, bytes), 0xff, bytes);
}

/* The last length and the first type (IEEE 802.3). */
static void build_first_type(struct making *making, unsigned int above)
{
	ethernet(making, (uint16_t)(ETH_P_802_3_MIN - 1 + above));
	fill(making, 46);
}

static void build_lldp(struct making *making, unsigned int unused)
{
	static const uint8_t nearest[ETH_ALEN] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e };

	(void)unused;
	ethernet(making, ETH_P_LLDP);
	memcpy(making->frame->bytes, nearest, ETH_ALEN);
	fill(making, 46);
}

static void build_gre(struct making *making, unsigned int unused)
{
	uint8_t *gre;

	(void)unused;
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_GRE);
	gre = put(making, 4);
	put_short(gre + 2, ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	fit(making);
}

/* IPv4 or IPv6 inside IPv4. */
static void build_ip_in_ip(struct making *making, unsigned int inner)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, (uint8_t)inner);
	if (inner == IPPROTO_IPV6)
		ipv6(making, IPPROTO_UDP);
	else
		ipv4(making, IPPROTO_UDP);
	making->ipv6 = false;
	udp(making);
	fit(making);
}

static void build_vxlan(struct making *making, unsigned int unused)
{
	(void)unused;
	build_ipv4(making, IPPROTO_UDP);
	put_short(network(making) + 22, 4789);
	network(making)[28] = 0x08;
	fill(making, 64);
	fit(making);
}

static void build_jumbo_ipv4(struct making *making, unsigned int hundreds)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	fill(making, (size_t)hundreds * 100);
	fit(making);
}

static void build_destination(struct making *making, unsigned int first)
{
	build_ipv4(making, IPPROTO_UDP);
	memset(making->frame->bytes, first == 0xff ? 0xff : 0, ETH_ALEN);
	making->frame->bytes[0] = (uint8_t)first;
}

static void build_plain_tag(struct making *making, unsigned int service)
{
	build_tag_ipv4(making, service ? ETH_P_8021AD : ETH_P_8021Q);
}

static void build_plain_tag_ipv6(struct making *making, unsigned int service)
{
	build_tag_ipv6(making, service ? ETH_P_8021AD : ETH_P_8021Q);
}

static const struct packet_corner corners[] = {
	{ "ipv4 tcp", build_ipv4, IPPROTO_TCP, IPPROTO_TCP },
	{ "ipv4 udp", build_ipv4, IPPROTO_UDP, IPPROTO_UDP },
	{ "ipv4 icmp", build_ipv4, IPPROTO_ICMP, IPPROTO_ICMP },
	{ "ipv4 with icmpv6", build_ipv4, IPPROTO_ICMPV6, IPPROTO_ICMPV6 },
	{ "ipv4 ihl %u tcp", build_options_tcp, 6, 15 },
	{ "ipv4 ihl %u udp", build_options_udp, 6, 15 },
	{ "tag 0x8100 ipv4 udp", build_plain_tag, 0, 0 },
	{ "tag 0x88a8 ipv4 udp", build_plain_tag, 1, 1 },
	{ "tag 0x8100 ipv6 tcp", build_plain_tag_ipv6, 0, 0 },
	{ "tag 0x88a8 ipv6 tcp", build_plain_tag_ipv6, 1, 1 },
	{ "tag 0x9100 ipv4 udp", build_tag_9100, 0, 0 },
	{ "tag vid 0 priority %u", build_priority_tag, 0, 7 },
	{ "tag with drop eligible bit", build_drop_eligible, 0, 0 },
	{ "%u tags ipv4 udp", build_tags, 2, 5 },
	{ "tags 0x88a8 0x8100 ipv4 udp", build_service_tags, 0, 0 },
	{ "tags 0x88a8 0x8100 ipv6 udp", build_service_tags, 1, 1 },
	{ "tag 0x8100 and %u bytes", build_cut_tag, 0, 7 },
	{ "tag 0x88a8 and %u bytes", build_cut_service_tag, 0, 7 },
	{ "second tag and %u bytes", build_cut_inner_tag, 0, 7 },
	{ "ipv4 first fragment", build_ipv4_first, 0, 0 },
	{ "ipv4 middle fragment at %u * 8", build_ipv4_middle, 1, 2 },
	{ "ipv4 last fragment at %u * 8, like port 53", build_ipv4_fragment, 1, 2 },
	{ "ipv4 last fragment at 8191 * 8", build_ipv4_fragment, 8191, 8191 },
	{ "ipv4 reserved flag", build_ipv4_reserved_flag, 0, 0 },
	{ "ipv4 tcp first fragment of %u bytes", build_ipv4_tcp_fragment, 8, 16 },
	{ "ipv4 tcp of %u bytes", build_ipv4_tcp_cut, 0, 19 },
	{ "ipv4 udp of %u bytes", build_ipv4_udp_cut, 0, 7 },
	{ "ipv4 icmp of %u bytes", build_icmp_cut, 0, 7 },
	{ "ipv4 ihl %u", build_short_ihl, 0, 4 },
	{ "ipv4 ihl %u beyond the frame", build_long_ihl, 7, 15 },
	{ "ipv4 version %u", build_ipv4_version, 5, 7 },
	{ "ipv4 version 0", build_ipv4_version, 0, 0 },
	{ "ipv4 total length %u", build_total_short, 19, 21 },
	{ "ipv4 total length 0", build_total_short, 0, 0 },
	{ "ipv4 ihl 7 total length %u", build_total_options, 27, 29 },
	{ "ipv4 total length %u too long", build_total_long, 1, 2 },
	{ "ipv4 total length 5000 too long", build_total_long, 5000, 5000 },
	{ "ipv4 udp and %u bytes of padding", build_padding_ipv4, 1, 18 },
	{ "ipv4 tcp in the padding", build_padding_tcp, 0, 0 },
	{ "ipv4 header of %u bytes", build_ipv4_header_cut, 0, 19 },
	{ "tag 0x8100 ipv4 header of %u bytes", build_tag_ipv4_cut, 2, 19 },
	{ "arp request", build_arp, 1, 1 },
	{ "arp reply", build_arp, 2, 2 },
	{ "tag 0x8100 arp request", build_tag_arp, 1, 1 },
	{ "arp of %u bytes", build_arp_cut, 0, 27 },
	{ "802.2 of %u bytes", build_llc, 0, 3 },
	{ "802.2 of 46 bytes", build_llc, 46, 46 },
	{ "802.3 raw of %u bytes", build_raw, 1, 3 },
	{ "802.3 raw of 46 bytes", build_raw, 46, 46 },
	{ "802.2 that begins with ff fe", build_half_raw, 0xfe, 0xfe },
	{ "tag 0x8100 802.2 of 46 bytes", build_tag_llc, 46, 46 },
	{ "tag 0x8100 802.3 raw of 46 bytes", build_tag_raw, 46, 46 },
	{ "802.2 with length 0x5ff", build_first_type, 0, 0 },
	{ "ether type 0x600", build_first_type, 1, 1 },
	{ "lldp", build_lldp, 0, 0 },
	{ "gre", build_gre, 0, 0 },
	{ "ipv4 in ipv4", build_ip_in_ip, IPPROTO_IPIP, IPPROTO_IPIP },
	{ "ipv6 in ipv4", build_ip_in_ip, IPPROTO_IPV6, IPPROTO_IPV6 },
	{ "vxlan", build_vxlan, 0, 0 },
	{ "ipv4 udp of 1400 bytes", build_jumbo_ipv4, 14, 14 },
	{ "ipv4 udp of 4000 bytes", build_jumbo_ipv4, 40, 40 },
	{ "ipv4 udp of 8900 bytes", build_jumbo_ipv4, 89, 89 },
	{ "ipv4 udp to the broadcast address", build_destination, 0xff, 0xff },
	{ "ipv4 udp to a multicast address", build_destination, 0x01, 0x01 },
	{ "ipv4 udp to another host", build_destination, 0x02, 0x02 },
	{ NULL, NULL, 0, 0 },
};

/* The rows of all tables, one after the other. */
static const struct packet_corner *const tables[] = {
	corners, packet_corners_ipv6, packet_corners_option, packet_corners_protocol,
	packet_corners_tunnel,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

size_t packet_corner_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < TABLES; i++)
		for (const struct packet_corner *corner = tables[i]; corner->name; corner++)
			count += corner->last - corner->first + 1;
	return count;
}

static const struct packet_corner *find(size_t number, unsigned int *ret_argument)
{
	for (size_t i = 0; i < TABLES; i++) {
		for (const struct packet_corner *corner = tables[i]; corner->name; corner++) {
			size_t count = corner->last - corner->first + 1;

			*ret_argument = corner->first + (unsigned int)number;
			if (number < count)
				return corner;
			number -= count;
		}
	}
	*ret_argument = corners[0].first;
	return &corners[0];
}

const char *packet_corner_name(size_t number, struct arena *arena)
{
	unsigned int argument;
	const char *name = find(number, &argument)->name;
	const char *place = strstr(name, "%u");

	if (!place)
		return name;
	return arena_printf(arena, "%.*s%u%s", (int)(place - name), name, argument, place + 2);
}

void packet_corner_build(size_t number, const struct packet_corner_values *values,
			 struct packet_frame *frame)
{
	struct making making = { .frame = frame, .values = values };
	unsigned int argument;
	const struct packet_corner *corner = find(number, &argument);

	frame->len = 0;
	frame->tags = 0;
	frame->network = frame->transport = ETH_HLEN;
	frame->inner_network = 0;
	frame->spot_count = 0;
	corner->build(&making, argument);
}

void packet_corner_make(size_t number, struct arena *arena, struct packet *ret_packet)
{
	static const struct packet_corner_values values = {
		.daddr_ether = { 0x02, 0, 0, 0, 0, 0x02 },
		.saddr_ether = { 0x02, 0, 0, 0, 0, 0x01 },
		.saddr = 0xc0000201,	/* TEST-NET-1, RFC 5737 */
		.daddr = 0xc6336401,	/* TEST-NET-2 */
		.saddr6 = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },	/* RFC 3849 */
		.daddr6 = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 },
		.sport = 40000,
		.dport = 53,
		.fill = 0x55,
	};
	struct packet_frame frame;
	uint8_t *copy;

	packet_corner_build(number, &values, &frame);
	copy = arena_alloc(arena, frame.len);
	memcpy(copy, frame.bytes, frame.len);
	*ret_packet = (struct packet){
		.frame = copy,
		.len = frame.len,
		.linear = frame.len,
		.rule = PACKET_NO_RULE,
		.given = { .now = 1700000000000000000u, .active = 1 },
	};
}
