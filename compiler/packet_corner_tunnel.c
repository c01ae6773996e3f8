/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_corner_tunnel: the corner packets that hold a packet inside: VXLAN, Geneve, GRE.
 *
 * In and out: see packet_corner.c.  The inside is an Ethernet frame or an IP packet, right or
 * wrong; the outside is cut at every byte of it.
 */
#include "compiler/packet_making.h"

#define VXLAN_PORT 4789
#define GENEVE_PORT 6081

/* Headers that are made around others. */
struct outside {
	size_t network, transport;
	unsigned int tags;
	bool ipv6;
};

static struct outside enter(struct making *making)
{
	const struct packet_frame *frame = making->frame;
	struct outside outside = { frame->network, frame->transport, frame->tags, making->ipv6 };

	making->ipv6 = false;
	making->frame->network = frame->len;
	return outside;
}

static void leave(struct making *making, const struct outside *outside)
{
	making->frame->network = outside->network;
	making->frame->transport = outside->transport;
	making->frame->tags = outside->tags;
	making->ipv6 = outside->ipv6;
	fit(making);
}

/* What may be inside; Ethernet is in front of it or not. */
enum inside {
	INSIDE_TCP,
	INSIDE_UDP,
	INSIDE_IPV6_TCP,
	INSIDE_IPV6_OPTIONS,
	INSIDE_ARP,
	INSIDE_OPTIONS,
	INSIDE_SHORT_IHL,
	INSIDE_OTHER_VERSION,
	INSIDE_IPV6_OTHER_VERSION,
	INSIDE_FIRST_FRAGMENT,
	INSIDE_LATER_FRAGMENT,
	INSIDE_IPV6_LATER_FRAGMENT,
	INSIDE_LONG_TOTAL,
	INSIDE_SHORT_TOTAL,
	INSIDE_IPV6_LONG_PAYLOAD,
	INSIDE_IPV6_NO_NEXT,
	INSIDE_ICMP,
	INSIDE_CASES,
};

static uint16_t inside_type(enum inside inside)
{
	switch (inside) {
	case INSIDE_IPV6_TCP:
	case INSIDE_IPV6_OPTIONS:
	case INSIDE_IPV6_OTHER_VERSION:
	case INSIDE_IPV6_LATER_FRAGMENT:
	case INSIDE_IPV6_LONG_PAYLOAD:
	case INSIDE_IPV6_NO_NEXT:
		return ETH_P_IPV6;
	case INSIDE_ARP:
		return ETH_P_ARP;
	case INSIDE_TCP:
	case INSIDE_UDP:
	case INSIDE_OPTIONS:
	case INSIDE_SHORT_IHL:
	case INSIDE_OTHER_VERSION:
	case INSIDE_FIRST_FRAGMENT:
	case INSIDE_LATER_FRAGMENT:
	case INSIDE_LONG_TOTAL:
	case INSIDE_SHORT_TOTAL:
	case INSIDE_ICMP:
	case INSIDE_CASES:
		break;
	}
	return ETH_P_IP;
}

static void put_inside_ipv6(struct making *making, enum inside inside)
{
	uint8_t *ip;

	if (inside == INSIDE_IPV6_OPTIONS) {
		ipv6(making, IPPROTO_HOPOPTS);
		extension(making, IPPROTO_DSTOPTS, 1);
		extension(making, IPPROTO_TCP, 0);
	} else if (inside == INSIDE_IPV6_LATER_FRAGMENT) {
		ipv6(making, IPPROTO_FRAGMENT);
		fragment(making, IPPROTO_TCP, 8);
	} else {
		ipv6(making, inside == INSIDE_IPV6_NO_NEXT ? IPPROTO_NONE : IPPROTO_TCP);
	}
	tcp(making);
	fit(making);
	ip = network(making);
	if (inside == INSIDE_IPV6_OTHER_VERSION)
		*ip = 0x45;
	if (inside == INSIDE_IPV6_LONG_PAYLOAD)
		put_short(ip + 4, 500);
}

static void put_inside_ipv4(struct making *making, enum inside inside)
{
	uint8_t *ip;

	ipv4_words(making, inside == INSIDE_OPTIONS ? 8 : 5,
		   inside == INSIDE_UDP ? IPPROTO_UDP :
		   inside == INSIDE_ICMP ? IPPROTO_ICMP : IPPROTO_TCP);
	if (inside == INSIDE_UDP)
		udp(making);
	else if (inside == INSIDE_ICMP)
		icmp(making, 8);
	else
		tcp(making);
	fill(making, 3);
	fit(making);
	ip = network(making);
	if (inside == INSIDE_SHORT_IHL)
		*ip = 0x44;
	if (inside == INSIDE_OTHER_VERSION)
		*ip = 0x65;
	if (inside == INSIDE_FIRST_FRAGMENT)
		put_short(ip + 6, 0x2000);
	if (inside == INSIDE_LATER_FRAGMENT)
		put_short(ip + 6, 0x2001);
	if (inside == INSIDE_LONG_TOTAL)
		put_short(ip + 2, 500);
	if (inside == INSIDE_SHORT_TOTAL)
		put_short(ip + 2, 19);
}

static void put_inside(struct making *making, enum inside inside)
{
	if (inside == INSIDE_ARP)
		put_short(put(making, 28), 1);
	else if (inside_type(inside) == ETH_P_IPV6)
		put_inside_ipv6(making, inside);
	else
		put_inside_ipv4(making, inside);
}

/* With TAGS of type TAG in front of the type. */
static void put_inside_ethernet(struct making *making, enum inside inside, unsigned int tags,
				uint16_t type)
{
	ethernet(making, tags ? type : inside_type(inside));
	for (unsigned int i = tags; i; i--)
		tag(making, 7, i > 1 ? type : inside_type(inside));
	put_inside(making, inside);
}

static void start_udp(struct making *making, uint16_t port)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_UDP);
	udp(making);
	put_short(making->frame->bytes + making->frame->transport + 2, port);
}

static void vxlan(struct making *making)
{
	start_udp(making, VXLAN_PORT);
	put(making, 8)[0] = 0x08;
	put_short(making->frame->bytes + making->frame->len - 4, 0x0102);
}

static void build_vxlan(struct making *making, unsigned int inside)
{
	struct outside outside;

	vxlan(making);
	outside = enter(making);
	put_inside_ethernet(making, (enum inside)inside, 0, 0);
	leave(making, &outside);
}

static void build_vxlan_tags(struct making *making, unsigned int tags)
{
	struct outside outside;

	vxlan(making);
	outside = enter(making);
	put_inside_ethernet(making, INSIDE_TCP, tags, ETH_P_8021Q);
	leave(making, &outside);
}

static void build_vxlan_service_tag(struct making *making, unsigned int unused)
{
	struct outside outside;

	(void)unused;
	vxlan(making);
	outside = enter(making);
	put_inside_ethernet(making, INSIDE_TCP, 1, ETH_P_8021AD);
	leave(making, &outside);
}

static void build_vxlan_cut(struct making *making, unsigned int bytes)
{
	build_vxlan(making, INSIDE_TCP);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_vxlan_cut_ipv6(struct making *making, unsigned int bytes)
{
	build_vxlan(making, INSIDE_IPV6_TCP);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_vxlan_cut_tag(struct making *making, unsigned int bytes)
{
	build_vxlan_tags(making, 1);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_vxlan_flags(struct making *making, unsigned int flags)
{
	build_vxlan(making, INSIDE_UDP);
	making->frame->bytes[making->frame->transport + 8] = (uint8_t)flags;
}

static void build_vxlan_fragment(struct making *making, unsigned int offset)
{
	build_vxlan(making, INSIDE_TCP);
	put_short(network(making) + 6, 0x2000 | offset);
}

/* In a tag, behind IPv6 with an extension header. */
static void build_ipv6_vxlan(struct making *making, unsigned int inside)
{
	struct outside outside;

	ethernet(making, ETH_P_8021Q);
	tag(making, 5, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	extension(making, IPPROTO_UDP, 0);
	udp(making);
	put(making, 8)[0] = 0x08;
	outside = enter(making);
	put_inside_ethernet(making, (enum inside)inside, 0, 0);
	leave(making, &outside);
}

static void geneve(struct making *making, unsigned int words)
{
	uint8_t *header;

	start_udp(making, GENEVE_PORT);
	header = put(making, 8);
	header[0] = (uint8_t)words;
	put_short(header + 2, ETH_P_TEB);
	put_short(header + 5, 0x0102);
	fill(making, (size_t)words * 4);
}

static void build_geneve(struct making *making, unsigned int inside)
{
	struct outside outside;

	geneve(making, 0);
	outside = enter(making);
	put_inside_ethernet(making, (enum inside)inside, 0, 0);
	leave(making, &outside);
}

static void build_geneve_options(struct making *making, unsigned int words)
{
	struct outside outside;

	geneve(making, words);
	outside = enter(making);
	put_inside_ethernet(making, INSIDE_TCP, 0, 0);
	leave(making, &outside);
}

/* The options say more words than there are. */
static void build_geneve_long(struct making *making, unsigned int by)
{
	build_geneve_options(making, 2);
	making->frame->bytes[making->frame->transport + 8] = (uint8_t)(2 + by);
}

static void build_geneve_version(struct making *making, unsigned int version)
{
	build_geneve_options(making, 1);
	making->frame->bytes[making->frame->transport + 8] = (uint8_t)(version << 6 | 1);
}

static void build_geneve_cut(struct making *making, unsigned int bytes)
{
	build_geneve_options(making, 1);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void gre(struct making *making, unsigned int flags, uint16_t type)
{
	uint8_t *header;
	/* Checksum, key and sequence number are 4 bytes each. */
	size_t words = (flags >> 4 & 1) + (flags >> 2 & 1) + (flags >> 1 & 1);

	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_GRE);
	header = put(making, 4 + words * 4);
	header[0] = (uint8_t)(flags << 3);
	put_short(header + 2, type);
}

static void build_gre_flags(struct making *making, unsigned int flags)
{
	struct outside outside;

	gre(making, flags, ETH_P_IP);
	outside = enter(making);
	put_inside(making, INSIDE_TCP);
	leave(making, &outside);
}

static void build_gre_inside(struct making *making, unsigned int inside)
{
	struct outside outside;

	gre(making, 0, inside_type((enum inside)inside));
	outside = enter(making);
	put_inside(making, (enum inside)inside);
	leave(making, &outside);
}

/* The type says IPv4 and an IPv6 packet is inside, or the reverse. */
static void build_gre_other_type(struct making *making, unsigned int ipv6_inside)
{
	struct outside outside;

	gre(making, 0, ipv6_inside ? ETH_P_IP : ETH_P_IPV6);
	outside = enter(making);
	put_inside(making, ipv6_inside ? INSIDE_IPV6_TCP : INSIDE_TCP);
	leave(making, &outside);
}

static void build_gre_version(struct making *making, unsigned int version)
{
	build_gre_flags(making, 4);
	making->frame->bytes[making->frame->transport + 1] = (uint8_t)version;
}

static void build_gre_cut(struct making *making, unsigned int bytes)
{
	build_gre_flags(making, 4);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_gretap(struct making *making, unsigned int inside)
{
	struct outside outside;

	gre(making, 0, ETH_P_TEB);
	outside = enter(making);
	put_inside_ethernet(making, (enum inside)inside, 0, 0);
	leave(making, &outside);
}

static void build_gretap_tags(struct making *making, unsigned int tags)
{
	struct outside outside;

	gre(making, 6, ETH_P_TEB);
	outside = enter(making);
	put_inside_ethernet(making, INSIDE_UDP, tags, ETH_P_8021Q);
	leave(making, &outside);
}

static void build_gretap_cut(struct making *making, unsigned int bytes)
{
	build_gretap_tags(making, 1);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

const struct packet_corner packet_corners_tunnel[] = {
	{ "vxlan, inside case %u", build_vxlan, 0, INSIDE_CASES - 1 },
	{ "vxlan, inside %u tags", build_vxlan_tags, 1, 2 },
	{ "vxlan, inside tag 0x88a8", build_vxlan_service_tag, 0, 0 },
	{ "vxlan, %u bytes of udp", build_vxlan_cut, 0, 72 },
	{ "vxlan, inside ipv6, %u bytes of udp", build_vxlan_cut_ipv6, 30, 92 },
	{ "vxlan, inside a tag, %u bytes of udp", build_vxlan_cut_tag, 24, 58 },
	{ "vxlan, flags %u", build_vxlan_flags, 0, 1 },
	{ "vxlan, fragment at %u * 8", build_vxlan_fragment, 0, 1 },
	{ "tag 0x8100 ipv6 vxlan, inside case %u", build_ipv6_vxlan, 0, 3 },
	{ "geneve, inside case %u", build_geneve, 0, INSIDE_CASES - 1 },
	{ "geneve, %u words of options", build_geneve_options, 1, 3 },
	{ "geneve, %u words of options", build_geneve_options, 62, 63 },
	{ "geneve, options %u words too long", build_geneve_long, 1, 1 },
	{ "geneve, options %u words too long", build_geneve_long, 61, 61 },
	{ "geneve, version %u", build_geneve_version, 1, 3 },
	{ "geneve, options, %u bytes of udp", build_geneve_cut, 8, 54 },
	{ "gre, flags %u", build_gre_flags, 0, 31 },
	{ "gre, inside case %u", build_gre_inside, 0, INSIDE_CASES - 1 },
	{ "gre, inside ipv4 that is said to be ipv6", build_gre_other_type, 0, 0 },
	{ "gre, inside ipv6 that is said to be ipv4", build_gre_other_type, 1, 1 },
	{ "gre, version %u", build_gre_version, 1, 7 },
	{ "gre, key, %u bytes", build_gre_cut, 0, 48 },
	{ "gretap, inside case %u", build_gretap, 0, INSIDE_CASES - 1 },
	{ "gretap, key and number, inside %u tags", build_gretap_tags, 0, 2 },
	{ "gretap, key and number, inside a tag, %u bytes", build_gretap_cut, 0, 58 },
	{ NULL, NULL, 0, 0 },
};
