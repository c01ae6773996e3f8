/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_corner_option: the corner packets with IPv4 options, TCP options and SCTP chunks.
 *
 * In and out: see packet_corner.c.  What is wrong with an area is said by its name: readers differ
 * in what they take for the end of an option, of the area, and of the header.
 */
#include "compiler/packet_making.h"

/* An area as it is; it is padded with zeros to words of 4 bytes. */
struct area {
	size_t len;
	uint8_t bytes[40];
};

#define AREA(...)                                                                              \
	{ .len = sizeof((const uint8_t[]){ __VA_ARGS__ }), .bytes = { __VA_ARGS__ } }

/* RFC 791, 2113: 7 record route, 68 time stamp, 131 and 137 source routes, 148 router alert. */
static const struct area ip_areas[] = {
	AREA(7, 7, 4, 192, 0, 2, 1),
	AREA(7, 11, 8, 192, 0, 2, 1, 0, 0, 0, 0),
	AREA(7, 7, 8, 192, 0, 2, 1),
	AREA(7, 7, 3, 0, 0, 0, 0),
	AREA(7, 7, 5, 0, 0, 0, 0),
	AREA(7, 2, 0, 0),
	AREA(7, 3, 4, 0),
	AREA(7, 7, 4, 0, 0, 0, 0, 7, 7, 4, 0, 0, 0, 0),
	AREA(131, 7, 4, 192, 0, 2, 1),
	AREA(131, 8, 4, 192, 0, 2, 1, 0),
	AREA(131, 7, 8, 192, 0, 2, 1),
	AREA(131, 3, 4, 0),
	AREA(137, 11, 4, 192, 0, 2, 1, 192, 0, 2, 2),
	AREA(131, 7, 4, 192, 0, 2, 1, 137, 7, 4, 192, 0, 2, 2),
	AREA(148, 4, 0, 0),
	AREA(148, 4, 0, 1),
	AREA(148, 3, 0),
	AREA(148, 4, 0, 1, 148, 4, 0, 0, 148, 4, 0, 0),
	AREA(68, 8, 5, 0, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(68, 8, 5, 1, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(68, 8, 5, 3, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(68, 8, 9, 0xf0, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(68, 8, 9, 0xe0, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(68, 8, 9, 0xf3, 0, 0, 0, 0, 148, 4, 0, 0),
	AREA(134, 6, 0, 0, 0, 1, 148, 4, 0, 0),
	AREA(1, 1, 148, 4, 0, 0, 1, 1),
	AREA(0, 148, 4, 0, 0, 0, 0, 0),
	AREA(94, 6, 148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0),
	AREA(94, 1, 148, 4, 0, 0, 0, 0),
	AREA(94, 0, 148, 4, 0, 0, 0, 0),
	AREA(148, 4, 0, 0, 7, 7, 4, 0),
	AREA(1, 7, 7, 4, 192, 0, 2, 1),
	AREA(148, 4, 0, 0, 1, 1, 1, 7),
};

/* RFC 9293, 7323, 2018, 2385, 8684, 7413; 253 is nobody's. */
static const struct area tcp_areas[] = {
	AREA(2, 4, 0x05, 0xb4),
	AREA(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8),
	AREA(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7),
	AREA(0, 1, 1, 1, 2, 4, 0x05, 0xb4),
	AREA(2, 4, 0x05, 0xb4, 2, 4, 0x02, 0x18),
	AREA(1, 2, 4, 0x05),
	AREA(1, 1, 1, 2),
	AREA(1, 1, 2, 4),
	AREA(2, 0, 0x05, 0xb4, 3, 3, 7, 0),
	AREA(2, 1, 0x05, 0xb4, 3, 3, 7, 0),
	AREA(2, 3, 0x05, 0xb4, 3, 3, 7, 0),
	AREA(2, 5, 0x05, 0xb4, 0, 3, 3, 7),
	AREA(253, 5, 2, 4, 9, 3, 3, 7),
	AREA(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9),
	AREA(1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6,
	     0, 0, 0, 7, 0, 0, 0, 8),
	AREA(19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 1),
	AREA(30, 12, 0x10, 0x81, 1, 2, 3, 4, 5, 6, 7, 8),
	AREA(34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1),
	AREA(253, 0, 2, 4, 0x05, 0xb4, 1, 1),
	AREA(253, 3, 0, 1),
	AREA(253, 3, 0, 0),
	AREA(1, 0, 253, 2),
	AREA(253, 200, 2, 4, 0x05, 0xb4, 3, 3),
	AREA(0, 0, 0, 0),
	AREA(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	     1, 1, 1, 1, 1, 1, 1, 2, 4, 5, 6),
};

/* The area that a SYN has. */
#define TCP_SYN 2

static size_t padded(const struct area *area)
{
	return (area->len + 3) & ~(size_t)3;
}

static void ipv4_area(struct making *making, const struct area *area, uint8_t protocol)
{
	memcpy(ipv4_words(making, 5 + padded(area) / 4, protocol) + 20, area->bytes,
	       padded(area));
}

static void tcp_area(struct making *making, const struct area *area)
{
	tcp(making);
	making->frame->bytes[making->frame->len - 8] = (uint8_t)((5 + padded(area) / 4) << 4);
	memcpy(put(making, padded(area)), area->bytes, padded(area));
}

static void build_ip_option(struct making *making, unsigned int number)
{
	ethernet(making, ETH_P_IP);
	ipv4_area(making, &ip_areas[number], IPPROTO_UDP);
	udp(making);
	fit(making);
}

static void build_tag_ip_option(struct making *making, unsigned int number)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, 5, ETH_P_IP);
	ipv4_area(making, &ip_areas[number], IPPROTO_TCP);
	tcp(making);
	fit(making);
}

/* Bytes of the header that are there; its length says 36. */
static void build_ip_option_cut(struct making *making, unsigned int bytes)
{
	ethernet(making, ETH_P_IP);
	ipv4_area(making, &ip_areas[19], IPPROTO_UDP);
	cut_to(making, making->frame->network + bytes);
}

/* The options of a later fragment are there as those of any packet. */
static void build_ip_option_fragment(struct making *making, unsigned int offset)
{
	build_ip_option(making, 0);
	put_short(network(making) + 6, offset);
}

static void build_ip_option_version(struct making *making, unsigned int version)
{
	build_ip_option(making, 0);
	*network(making) = (uint8_t)(version << 4 | 7);
}

static void build_tcp_option(struct making *making, unsigned int number)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_TCP);
	tcp_area(making, &tcp_areas[number]);
	fill(making, number % 3);
	fit(making);
}

static void build_ipv6_tcp_option(struct making *making, unsigned int number)
{
	ethernet(making, ETH_P_IPV6);
	ipv6(making, IPPROTO_DSTOPTS);
	extension(making, IPPROTO_TCP, 0);
	tcp_area(making, &tcp_areas[number]);
	fit(making);
}

static void build_tag_tcp_option(struct making *making, unsigned int number)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, 5, ETH_P_IP);
	ipv4(making, IPPROTO_TCP);
	tcp_area(making, &tcp_areas[number]);
	fit(making);
}

static void build_tcp_option_cut(struct making *making, unsigned int bytes)
{
	build_tcp_option(making, TCP_SYN);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

/* 40 bytes behind the header, whatever its length says. */
static void build_tcp_doff(struct making *making, unsigned int words)
{
	build_tcp_option(making, TCP_SYN);
	fill(making, 20);
	making->frame->bytes[making->frame->transport + 12] = (uint8_t)(words << 4);
	fit(making);
}

static void build_tcp_option_fragment(struct making *making, unsigned int offset)
{
	build_tcp_option(making, TCP_SYN);
	put_short(network(making) + 6, 0x2000 | offset);
}

/* Options that belong to no TCP header. */
static void build_udp_option(struct making *making, unsigned int unused)
{
	(void)unused;
	build_tcp_option(making, TCP_SYN);
	network(making)[9] = IPPROTO_UDP;
}

static void sctp(struct making *making)
{
	uint8_t *at = put(making, 12);

	put_short(at, making->values->sport);
	put_short(at + 2, making->values->dport);
}

/* LENGTH is what the chunk says, BYTES what there is. */
static void chunk(struct making *making, uint8_t type, size_t length, size_t bytes)
{
	uint8_t *at = put(making, bytes);

	if (bytes < 4)
		return;
	at[0] = type;
	put_short(at + 2, length);
	memset(at + 4, making->values->fill, bytes - 4);
}

static void start_sctp(struct making *making)
{
	ethernet(making, ETH_P_IP);
	ipv4(making, IPPROTO_SCTP);
	sctp(making);
}

static void build_sctp_chunk(struct making *making, unsigned int type)
{
	start_sctp(making);
	chunk(making, (uint8_t)type, 20, 20);
	fit(making);
}

static void build_sctp_chunks(struct making *making, unsigned int first)
{
	start_sctp(making);
	chunk(making, (uint8_t)first, 17, 20);
	chunk(making, 3, 16, 16);
	chunk(making, 0, 20, 20);
	chunk(making, 3, 20, 20);
	fit(making);
}

static void build_sctp_length(struct making *making, unsigned int length)
{
	start_sctp(making);
	chunk(making, 6, length, 8);
	chunk(making, 1, 20, 20);
	fit(making);
}

static void build_sctp_cut(struct making *making, unsigned int bytes)
{
	start_sctp(making);
	chunk(making, 10, 6, 8);
	chunk(making, 1, 20, 20);
	cut_to(making, making->frame->transport + bytes);
	fit(making);
}

static void build_ipv6_sctp(struct making *making, unsigned int type)
{
	ethernet(making, ETH_P_8021Q);
	tag(making, 5, ETH_P_IPV6);
	ipv6(making, IPPROTO_SCTP);
	sctp(making);
	chunk(making, (uint8_t)type, 20, 20);
	fit(making);
}

static void build_sctp_fragment(struct making *making, unsigned int offset)
{
	build_sctp_chunk(making, 1);
	put_short(network(making) + 6, 0x2000 | offset);
}

#define LAST(areas) (sizeof(areas) / sizeof((areas)[0]) - 1)

const struct packet_corner packet_corners_option[] = {
	{ "ipv4 options, case %u", build_ip_option, 0, LAST(ip_areas) },
	{ "tag 0x8100 ipv4 options, case %u", build_tag_ip_option, 12, 14 },
	{ "ipv4 header of 36 bytes, %u there", build_ip_option_cut, 20, 36 },
	{ "ipv4 options in a fragment at %u * 8", build_ip_option_fragment, 1, 1 },
	{ "ipv4 options, version %u", build_ip_option_version, 5, 6 },
	{ "ipv4 tcp options, case %u", build_tcp_option, 0, LAST(tcp_areas) },
	{ "ipv6 tcp options, case %u", build_ipv6_tcp_option, 0, 5 },
	{ "tag 0x8100 ipv4 tcp options, case %u", build_tag_tcp_option, 0, 5 },
	{ "ipv4 tcp header of 40 bytes, %u there", build_tcp_option_cut, 19, 40 },
	{ "ipv4 tcp header of %u * 4 bytes", build_tcp_doff, 0, 15 },
	{ "ipv4 tcp options in a fragment at %u * 8", build_tcp_option_fragment, 0, 1 },
	{ "ipv4 tcp options in udp", build_udp_option, 0, 0 },
	{ "ipv4 sctp chunk %u", build_sctp_chunk, 0, 14 },
	{ "ipv4 sctp chunk %u", build_sctp_chunk, 128, 128 },
	{ "ipv4 sctp chunk %u", build_sctp_chunk, 192, 193 },
	{ "ipv4 sctp chunks, %u first", build_sctp_chunks, 0, 4 },
	{ "ipv4 sctp chunk of length %u in front of another", build_sctp_length, 0, 12 },
	{ "ipv4 sctp chunk of length %u in front of another", build_sctp_length, 28, 29 },
	{ "ipv4 sctp of %u bytes with two chunks", build_sctp_cut, 0, 40 },
	{ "tag 0x8100 ipv6 sctp chunk %u", build_ipv6_sctp, 0, 1 },
	{ "ipv4 sctp chunk in a fragment at %u * 8", build_sctp_fragment, 0, 1 },
	{ NULL, NULL, 0, 0 },
};
