/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_making: the headers that corner packets are put together from, one behind the other.
 *
 * put() keeps the frame within its array; fit() writes the network header's length at the end.
 */
#ifndef XDPFW_PACKET_MAKING_H
#define XDPFW_PACKET_MAKING_H

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/packet_parts.h"

struct making {
	struct packet_frame *frame;
	const struct packet_corner_values *values;
	bool ipv6;
};

static inline uint8_t *put(struct making *making, size_t count)
{
	struct packet_frame *frame = making->frame;
	uint8_t *at = frame->bytes + frame->len;

	if (count > PACKET_MAX_BYTES - frame->len)
		count = PACKET_MAX_BYTES - frame->len;
	memset(at, 0, count);
	frame->len += count;
	return at;
}

static inline void put_short(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void fill(struct making *making, size_t count)
{
	uint8_t *at = put(making, count);

	memset(at, making->values->fill, count);
}

static inline uint8_t *network(struct making *making)
{
	return making->frame->bytes + making->frame->network;
}

/* Ethernet with TYPE; the next header is the network's unless it is a tag. */
static inline void ethernet(struct making *making, uint16_t type)
{
	uint8_t *at = put(making, ETH_HLEN);

	memcpy(at, making->values->daddr_ether, ETH_ALEN);
	memcpy(at + ETH_ALEN, making->values->saddr_ether, ETH_ALEN);
	put_short(at + 12, type);
	making->frame->network = making->frame->len;
}

/* A tag behind the type that named it, and the type behind it. */
static inline void tag(struct making *making, uint16_t control, uint16_t type)
{
	uint8_t *at = put(making, 4);

	put_short(at, control);
	put_short(at + 2, type);
	making->frame->tags++;
	making->frame->network = making->frame->len;
}

static inline uint8_t *ipv4_words(struct making *making, size_t words, uint8_t protocol)
{
	uint8_t *at = put(making, words * 4);

	at[0] = (uint8_t)(0x40 | words);
	at[8] = 64;
	at[9] = protocol;
	u128_to_bytes(making->values->saddr, at + 12, 4);
	u128_to_bytes(making->values->daddr, at + 16, 4);
	if (words > 5)
		memset(at + 20, 1, words * 4 - 20);	/* no-operation options */
	making->frame->transport = making->frame->len;
	return at;
}

static inline uint8_t *ipv4(struct making *making, uint8_t protocol)
{
	return ipv4_words(making, 5, protocol);
}

static inline uint8_t *ipv6(struct making *making, uint8_t next)
{
	uint8_t *at = put(making, 40);

	making->ipv6 = true;
	at[0] = 0x60;
	at[6] = next;
	at[7] = 64;
	memcpy(at + 8, making->values->saddr6, 16);
	memcpy(at + 24, making->values->daddr6, 16);
	making->frame->transport = making->frame->len;
	return at;
}

/* An extension header of (UNITS + 1) * 8 bytes in front of NEXT. */
static inline uint8_t *extension(struct making *making, uint8_t next, size_t units)
{
	uint8_t *at = put(making, (units + 1) * 8);

	at[0] = next;
	at[1] = (uint8_t)units;
	making->frame->transport = making->frame->len;
	return at;
}

static inline uint8_t *fragment(struct making *making, uint8_t next, uint16_t offset_and_flags)
{
	uint8_t *at = extension(making, next, 0);

	put_short(at + 2, offset_and_flags);
	return at;
}

static inline void tcp(struct making *making)
{
	uint8_t *at = put(making, 20);

	put_short(at, making->values->sport);
	put_short(at + 2, making->values->dport);
	at[12] = 0x50;
	at[13] = 0x02;
}

static inline void udp(struct making *making)
{
	uint8_t *at = put(making, 8);

	put_short(at, making->values->sport);
	put_short(at + 2, making->values->dport);
	put_short(at + 4, 8);
}

static inline void icmp(struct making *making, uint8_t type)
{
	put(making, 8)[0] = type;
}

/* The network header counts what is there. */
static inline void fit(struct making *making)
{
	size_t present = making->frame->len - making->frame->network;

	if (making->ipv6)
		put_short(network(making) + 4, present - 40);
	else
		put_short(network(making) + 2, present);
}

static inline void cut_to(struct making *making, size_t len)
{
	making->frame->len = len;
}

/* One packet, or one for each value of an argument. */
struct packet_corner {
	const char *name;		/* with one %u when there is more than one argument */
	void (*build)(struct making *making, unsigned int argument);
	unsigned int first, last;
};

/* Each in a file of its name; the last row has no name. */
extern const struct packet_corner packet_corners_ipv6[];
extern const struct packet_corner packet_corners_option[];
extern const struct packet_corner packet_corners_protocol[];
extern const struct packet_corner packet_corners_tunnel[];

#endif
