/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_corner_protocol: the corner packets of the rarer transport protocols, and of IPv6
 * extension headers that rules look into.
 *
 * In and out: see packet_corner.c.
 */
#include "compiler/packet_making.h"

#define NEXT_MOBILITY 135

static void ports(struct making *making, size_t bytes)
{
	uint8_t *at = put(making, bytes);

	put_short(at, making->values->sport);
	put_short(at + 2, making->values->dport);
}

static void build_protocol(struct making *making, unsigned int protocol)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, (uint8_t)protocol);
	ports(making, 24);
	fit(making);
}

static void build_ipv6_protocol(struct making *making, unsigned int protocol)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, 5, ETH_P_IPV6);
	ipv6(making, (uint8_t)protocol);
	ports(making, 24);
	fit(making);
}

static void cut_transport(struct making *making, unsigned int bytes)
{
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_dccp_cut(struct making *making, unsigned int bytes)
{
	build_protocol(making, IPPROTO_DCCP);
	cut_transport(making, bytes);
}

static void build_dccp_type(struct making *making, unsigned int type)
{
	build_protocol(making, IPPROTO_DCCP);
	making->frame->bytes[making->frame->transport + 8] = (uint8_t)(type << 1 | 1);
}

static void build_ah_cut(struct making *making, unsigned int bytes)
{
	build_protocol(making, IPPROTO_AH);
	cut_transport(making, bytes);
}

static void build_esp_cut(struct making *making, unsigned int bytes)
{
	build_protocol(making, IPPROTO_ESP);
	cut_transport(making, bytes);
}

static void build_comp_cut(struct making *making, unsigned int bytes)
{
	build_protocol(making, IPPROTO_COMP);
	cut_transport(making, bytes);
}

static void build_udplite_cut(struct making *making, unsigned int bytes)
{
	build_protocol(making, IPPROTO_UDPLITE);
	cut_transport(making, bytes);
}

static void build_igmp(struct making *making, unsigned int type)
{
	build_protocol(making, IPPROTO_IGMP);
	making->frame->bytes[making->frame->transport] = (uint8_t)type;
}

static void build_igmp_cut(struct making *making, unsigned int bytes)
{
	build_igmp(making, 0x16);
	cut_transport(making, bytes);
}

static void build_icmp_type(struct making *making, unsigned int type)
{
	build_protocol(making, IPPROTO_ICMP);
	making->frame->bytes[making->frame->transport] = (uint8_t)type;
}

static void build_icmpv6_type(struct making *making, unsigned int type)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_ICMPV6);
	icmp(making, (uint8_t)type);
	fill(making, 8);
	fit(making);
}

/* A routing header of TYPE with two addresses, segments left 1. */
static void build_routing(struct making *making, unsigned int type)
{
	uint8_t *header;

	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_ROUTING);
	header = extension(making, IPPROTO_TCP, 4);
	header[2] = (uint8_t)type;
	header[3] = 1;
	header[4] = 1;
	memcpy(header + 8, making->values->saddr6, 16);
	memcpy(header + 24, making->values->daddr6, 16);
	tcp(making);
	fit(making);
}

static void build_tag_routing(struct making *making, unsigned int type)
{
	uint8_t *header;

	ethernet(making, ETH_P_8021AD);
	tag(making, 5, ETH_P_IPV6);
	ipv6(making, IPPROTO_ROUTING);
	header = extension(making, IPPROTO_UDP, 2);
	header[2] = (uint8_t)type;
	memcpy(header + 8, making->values->daddr6, 16);
	udp(making);
	fit(making);
}

static void build_routing_cut(struct making *making, unsigned int bytes)
{
	build_routing(making, 0);
	cut_to(making, making->frame->network + 40 + bytes);
	fit(making);
}

static void build_mobility(struct making *making, unsigned int type)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, NEXT_MOBILITY);
	extension(making, IPPROTO_NONE, 1)[2] = (uint8_t)type;
	fit(making);
}

static void build_mobility_cut(struct making *making, unsigned int bytes)
{
	build_mobility(making, 5);
	cut_to(making, making->frame->network + 40 + bytes);
	fit(making);
}

/* The walk for layer 4 ends at AH; extension headers are looked for behind it. */
static void build_behind_ah(struct making *making, unsigned int kind)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_AH);
	put(making, 24)[0] = (uint8_t)kind;
	making->frame->bytes[making->frame->len - 23] = 4;
	if (kind == IPPROTO_FRAGMENT)
		fragment(making, IPPROTO_TCP, 1);
	else
		extension(making, IPPROTO_TCP, 0);
	tcp(making);
	fit(making);
}

static void build_behind_ah_cut(struct making *making, unsigned int bytes)
{
	build_behind_ah(making, IPPROTO_DSTOPTS);
	cut_to(making, making->frame->network + 40 + bytes);
	fit(making);
}

/* Headers behind a fragment header: hidden in a later fragment. */
static void build_behind_fragment(struct making *making, unsigned int offset)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_HOPOPTS);
	extension(making, IPPROTO_FRAGMENT, 0);
	fragment(making, IPPROTO_DSTOPTS, (uint16_t)(offset << 3 | 1));
	extension(making, IPPROTO_UDP, 0);
	udp(making);
	fit(making);
}

/* The same header twice: only the first is read. */
static void build_twice(struct making *making, unsigned int kind)
{
	uint8_t *first;

	ethernet(making, ETH_P_IPV6);
	ipv6(making, (uint8_t)kind);
	first = extension(making, (uint8_t)kind, 0);
	first[7] = 1;
	extension(making, IPPROTO_TCP, 1)[7] = 2;
	tcp(making);
	fit(making);
}

static void build_late_hop(struct making *making, unsigned int unused)
{
	(void)unused;
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	extension(making, IPPROTO_HOPOPTS, 1);
	extension(making, IPPROTO_TCP, 0);
	tcp(making);
	fit(making);
}

/* An extension header's number in IPv4 is a transport protocol like others. */
static void build_ipv4_extension(struct making *making, unsigned int kind)
{
	build_protocol(making, kind);
}

/* ESP hides what is behind it. */
static void build_behind_esp(struct making *making, unsigned int kind)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_ESP);
	extension(making, (uint8_t)kind, 0);
	extension(making, IPPROTO_TCP, 0);
	tcp(making);
	fit(making);
}

const struct packet_corner packet_corners_protocol[] = {
	{ "ipv4 dccp of %u bytes", build_dccp_cut, 0, 16 },
	{ "ipv4 dccp type %u", build_dccp_type, 0, 10 },
	{ "ipv4 authentication header of %u bytes", build_ah_cut, 0, 13 },
	{ "ipv4 esp of %u bytes", build_esp_cut, 0, 9 },
	{ "ipv4 comp of %u bytes", build_comp_cut, 0, 5 },
	{ "ipv4 udplite of %u bytes", build_udplite_cut, 0, 8 },
	{ "ipv4 igmp type %u", build_igmp, 0x11, 0x17 },
	{ "ipv4 igmp of %u bytes", build_igmp_cut, 0, 8 },
	{ "ipv4 icmp type %u", build_icmp_type, 0, 18 },
	{ "ipv6 icmpv6 type %u", build_icmpv6_type, 1, 4 },
	{ "ipv6 icmpv6 type %u", build_icmpv6_type, 129, 137 },
	{ "tag 0x8100 ipv6 protocol %u", build_ipv6_protocol, 33, 33 },
	{ "tag 0x8100 ipv6 protocol %u", build_ipv6_protocol, 47, 47 },
	{ "tag 0x8100 ipv6 protocol %u", build_ipv6_protocol, 50, 51 },
	{ "tag 0x8100 ipv6 protocol %u", build_ipv6_protocol, 108, 108 },
	{ "tag 0x8100 ipv6 protocol %u", build_ipv6_protocol, 136, 136 },
	{ "ipv6 routing type %u with two addresses", build_routing, 0, 4 },
	{ "tag 0x88a8 ipv6 routing type %u", build_tag_routing, 0, 4 },
	{ "ipv6 routing header of %u bytes", build_routing_cut, 0, 44 },
	{ "ipv6 mobility type %u", build_mobility, 0, 6 },
	{ "ipv6 mobility header of %u bytes", build_mobility_cut, 0, 9 },
	{ "ipv6 authentication header in front of hop-by-hop", build_behind_ah, 0, 0 },
	{ "ipv6 authentication header in front of %u", build_behind_ah, 43, 44 },
	{ "ipv6 authentication header in front of %u", build_behind_ah, 60, 60 },
	{ "ipv6 authentication header in front of options, %u bytes", build_behind_ah_cut, 1, 34 },
	{ "ipv6 options behind a fragment at %u * 8", build_behind_fragment, 0, 1 },
	{ "ipv6 hop-by-hop twice", build_twice, 0, 0 },
	{ "ipv6 routing twice", build_twice, 43, 43 },
	{ "ipv6 destination options twice", build_twice, 60, 60 },
	{ "ipv6 hop-by-hop behind destination options", build_late_hop, 0, 0 },
	{ "ipv4 protocol %u", build_ipv4_extension, 43, 44 },
	{ "ipv4 protocol %u", build_ipv4_extension, 60, 60 },
	{ "ipv4 protocol %u", build_ipv4_extension, 135, 135 },
	{ "ipv6 esp in front of %u", build_behind_esp, 60, 60 },
	{ NULL, NULL, 0, 0 },
};
