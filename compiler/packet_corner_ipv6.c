/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_corner_ipv6: the corner packets whose network protocol is IPv6.
 *
 * In and out: see packet_corner.c, which holds the others.
 */
#include "compiler/packet_making.h"

static void build_ipv6(struct making *making, unsigned int next)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, (uint8_t)next);
	if (next == IPPROTO_TCP)
		tcp(making);
	else if (next == IPPROTO_UDP)
		udp(making);
	else
		icmp(making, next == IPPROTO_ICMP ? 8 : 128);
	fill(making, 20);
	fit(making);
}

static void build_ipv6_fragment(struct making *making, unsigned int offset_and_flags)
{
	uint8_t *ip;

	ethernet(making, ETH_P_IPV6);
	ip = ipv6(making, IPPROTO_FRAGMENT);
	/* The kernel's fast path reads the flow label of a later one as its ports (D1). */
	put_short(ip + 2, making->values->dport);
	fragment(making, IPPROTO_UDP, (uint16_t)offset_and_flags);
	udp(making);
	fill(making, 16);
	fit(making);
}

static void build_ipv6_middle(struct making *making, unsigned int offset)
{
	build_ipv6_fragment(making, offset << 3 | 1);
}

static void build_ipv6_last(struct making *making, unsigned int offset)
{
	build_ipv6_fragment(making, offset << 3);
}

static void build_ipv6_tcp_fragment(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_FRAGMENT);
	fragment(making, IPPROTO_TCP, 1);
	tcp(making);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

/* A later fragment whose header says that NEXT comes: it has no layer-4 information for some. */
static void build_ipv6_later_next(struct making *making, unsigned int next)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_FRAGMENT);
	fragment(making, (uint8_t)next, 8 << 3);
	udp(making);
	fit(making);
}

static void build_ipv6_tcp_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_TCP);
	tcp(making);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_ipv6_udp_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_UDP);
	udp(making);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_icmpv6_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_ICMPV6);
	icmp(making, 128);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

/* One extension header of kind KIND in front of UDP. */
static void build_ipv6_extension(struct making *making, unsigned int kind)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, (uint8_t)kind);
	extension(making, IPPROTO_UDP, kind == IPPROTO_ROUTING ? 2 : 0);
	udp(making);
	fit(making);
}

static void build_ipv6_extensions(struct making *making, unsigned int count)
{
	static const uint8_t kinds[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
					 IPPROTO_DSTOPTS };

	ethernet(making, ETH_P_IPV6);
	ipv6(making, kinds[0]);
	for (unsigned int i = 1; i <= count; i++)
		extension(making, i < count ? kinds[i % sizeof(kinds)] : IPPROTO_UDP, i % 2);
	udp(making);
	fit(making);
}

static void build_ipv6_many(struct making *making, unsigned int tens)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	for (unsigned int i = 1; i < tens * 10; i++)
		extension(making, IPPROTO_DSTOPTS, 0);
	extension(making, IPPROTO_TCP, 0);
	tcp(making);
	fit(making);
}

static void build_ipv6_longest(struct making *making, unsigned int unused)
{
	(void)unused;
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	extension(making, IPPROTO_UDP, 255);
	udp(making);
	fit(making);
}

/* The walk stops at NEXT: AH, ESP, mobility, HIP, shim6, no next header. */
static void build_ipv6_stop(struct making *making, unsigned int next)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, (uint8_t)next);
	extension(making, IPPROTO_UDP, 1);
	udp(making);
	fit(making);
}

static void build_ipv6_ah_cut(struct making *making, unsigned int bytes)
{
	build_ipv6_stop(making, IPPROTO_AH);
	cut_to(making, making->frame->network + 40 + bytes);
	fit(making);
}

static void build_ipv6_none(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_NONE);
	fill(making, bytes);
	fit(making);
}

static void build_ipv6_hop_cut(struct making *making, unsigned int bytes)
{
	build_ipv6_extension(making, IPPROTO_HOPOPTS);
	cut_to(making, making->frame->network + 40 + bytes);
	fit(making);
}

static void build_ipv6_fragment_cut(struct making *making, unsigned int bytes)
{
	build_ipv6_fragment(making, 1);
	cut_to(making, making->frame->network + 40 + bytes);
	fit(making);
}

static void build_ipv6_past_end(struct making *making, unsigned int units)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	extension(making, IPPROTO_UDP, 0)[1] = (uint8_t)units;
	udp(making);
	fit(making);
}

/* The reserved byte of a fragment header is where others hold their length. */
static void build_ipv6_reserved(struct making *making, unsigned int reserved)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	extension(making, IPPROTO_FRAGMENT, 0);
	fragment(making, IPPROTO_UDP, 1)[1] = (uint8_t)reserved;
	udp(making);
	fill(making, 80);
	fit(making);
}

static void build_ipv6_version(struct making *making, unsigned int version)
{
	build_ipv6(making, IPPROTO_UDP);
	*network(making) = (uint8_t)(version << 4);
}

static void build_payload_long(struct making *making, unsigned int by)
{
	build_ipv6(making, IPPROTO_UDP);
	put_short(network(making) + 4, making->frame->len - making->frame->network - 40 + by);
}

static void build_payload_short(struct making *making, unsigned int length)
{
	build_ipv6(making, IPPROTO_UDP);
	put_short(network(making) + 4, length);
}

static void build_padding_ipv6(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_UDP);
	udp(making);
	fit(making);
	fill(making, bytes);
}

static void build_ipv6_header_cut(struct making *making, unsigned int bytes)
{
	build_ipv6(making, IPPROTO_TCP);
	cut_to(making, making->frame->network + bytes);
	if (bytes >= 6)
		put_short(network(making) + 4, 0);
}

static void build_jumbo_ipv6(struct making *making, unsigned int hundreds)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_HOPOPTS);
	extension(making, IPPROTO_TCP, 0);
	tcp(making);
	fill(making, (size_t)hundreds * 100);
	fit(making);
}

const struct packet_corner packet_corners_ipv6[] = {
	{ "ipv6 tcp", build_ipv6, IPPROTO_TCP, IPPROTO_TCP },
	{ "ipv6 udp", build_ipv6, IPPROTO_UDP, IPPROTO_UDP },
	{ "ipv6 icmpv6", build_ipv6, IPPROTO_ICMPV6, IPPROTO_ICMPV6 },
	{ "ipv6 with icmp", build_ipv6, IPPROTO_ICMP, IPPROTO_ICMP },
	{ "ipv6 first fragment", build_ipv6_middle, 0, 0 },
	{ "ipv6 whole packet with fragment header", build_ipv6_last, 0, 0 },
	{ "ipv6 fragment header with reserved bits", build_ipv6_fragment, 6, 6 },
	{ "ipv6 middle fragment at %u * 8", build_ipv6_middle, 1, 2 },
	{ "ipv6 last fragment at %u * 8, like port 53", build_ipv6_last, 1, 2 },
	{ "ipv6 tcp first fragment of %u bytes", build_ipv6_tcp_fragment, 8, 16 },
	{ "ipv6 later fragment of hop-by-hop", build_ipv6_later_next, 0, 0 },
	{ "ipv6 later fragment of protocol %u", build_ipv6_later_next, 43, 44 },
	{ "ipv6 later fragment of protocol %u", build_ipv6_later_next, 50, 51 },
	{ "ipv6 later fragment of protocol %u", build_ipv6_later_next, 58, 60 },
	{ "ipv6 tcp of %u bytes", build_ipv6_tcp_cut, 0, 19 },
	{ "ipv6 udp of %u bytes", build_ipv6_udp_cut, 0, 7 },
	{ "ipv6 icmpv6 of %u bytes", build_icmpv6_cut, 0, 7 },
	{ "ipv6 hop-by-hop", build_ipv6_extension, 0, 0 },
	{ "ipv6 routing", build_ipv6_extension, 43, 43 },
	{ "ipv6 destination options", build_ipv6_extension, 60, 60 },
	{ "ipv6 with %u extension headers", build_ipv6_extensions, 1, 16 },
	{ "ipv6 with %u0 extension headers", build_ipv6_many, 2, 17 },
	{ "ipv6 with an extension header of 2048 bytes", build_ipv6_longest, 0, 0 },
	{ "ipv6 protocol %u", build_ipv6_stop, 50, 51 },
	{ "ipv6 mobility", build_ipv6_stop, 135, 135 },
	{ "ipv6 protocol %u", build_ipv6_stop, 139, 140 },
	{ "ipv6 authentication header of %u bytes", build_ipv6_ah_cut, 0, 3 },
	{ "ipv6 no next header and %u bytes", build_ipv6_none, 0, 2 },
	{ "ipv6 hop-by-hop of %u bytes", build_ipv6_hop_cut, 0, 8 },
	{ "ipv6 fragment header of %u bytes", build_ipv6_fragment_cut, 0, 9 },
	{ "ipv6 extension header of %u * 8 + 8 bytes past the end", build_ipv6_past_end, 1, 3 },
	{ "ipv6 extension header of 2048 bytes past the end", build_ipv6_past_end, 255, 255 },
	{ "ipv6 fragment behind options, reserved 0", build_ipv6_reserved, 0, 0 },
	{ "ipv6 fragment behind options, reserved 8", build_ipv6_reserved, 8, 8 },
	{ "ipv6 version %u", build_ipv6_version, 4, 5 },
	{ "ipv6 version 7", build_ipv6_version, 7, 7 },
	{ "ipv6 payload length %u too long", build_payload_long, 1, 2 },
	{ "ipv6 payload length %u", build_payload_short, 0, 8 },
	{ "ipv6 udp and %u bytes of padding", build_padding_ipv6, 1, 4 },
	{ "ipv6 header of %u bytes", build_ipv6_header_cut, 0, 39 },
	{ "ipv6 tcp of 4000 bytes", build_jumbo_ipv6, 40, 40 },
	{ "ipv6 tcp of 8800 bytes", build_jumbo_ipv6, 88, 88 },
	{ NULL, NULL, 0, 0 },
};
