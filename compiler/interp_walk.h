/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_walk: where a frame's headers are, and what a load reads there.
 *
 *	interp_walk.c	the frame's own headers, and loads
 *	interp_place.c	extension headers, options, chunks, what is behind the transport header
 *	interp_tunnel.c	what is inside a tunnel
 */
#ifndef XDPFW_INTERP_WALK_H
#define XDPFW_INTERP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/u128.h"
#include "compiler/interp.h"
#include "compiler/ir.h"

/* Offsets count from the frame's first byte and may lie behind its end. */
struct interp_walk {
	const struct interp_packet *packet;
	size_t network;			/* behind Ethernet and at most one tag */
	uint16_t protocol;		/* what `meta protocol` reads */
	uint32_t length;		/* what `meta length` reads and counters count */
	bool has_l4;			/* there is layer-4 information */
	uint8_t l4proto;
	bool later_fragment;		/* then there is no transport header (deviation D1) */
	size_t transport;
};

/* Something of the packet that is there: bytes from .start on; those before .end can be read. */
struct interp_place {
	size_t start, end;
};

/* What a tunnel carries. */
struct interp_tunnel {
	size_t header;			/* the tunnel's own header */
	bool has_link;
	size_t link;
	uint16_t protocol;
	size_t network;
	bool has_transport;		/* not in a later fragment */
	uint8_t l4proto;
	size_t transport;
};

/* An IPv6 header chain up to what is no extension header. */
struct interp_chain {
	uint8_t l4proto;
	bool later_fragment;
	size_t transport;		/* not of a later fragment */
};

/* False for a tag with nothing behind it (deviation D5); *ret_walk is set all the same. */
bool interp_walk_frame(const struct interp_packet *packet, struct interp_walk *ret_walk);
/* From the IPv6 header at HEADER, which is there.  False: the chain is cut or leads nowhere. */
bool interp_walk_chain(const struct interp_packet *packet, size_t header,
		       struct interp_chain *ret_chain);

/* False when the load fails: the rule does not match. */
bool interp_walk_load(const struct interp_walk *walk, const struct ir_load *load, u128 *ret_value);

/* False when the packet has no such place. */
bool interp_place_find(const struct interp_walk *walk, const struct ir_place *place,
		       struct interp_place *ret_place);

/* False when nothing of TUNNEL can be read. */
bool interp_tunnel_open(const struct interp_walk *walk, enum proto_id tunnel,
			struct interp_tunnel *ret_tunnel);
/* Behind the transport header: nft's `@ih`. */
bool interp_tunnel_payload(const struct interp_walk *walk, size_t *ret_offset);

/* Every byte is read behind a check by this. */
static inline bool interp_has(const struct interp_packet *packet, size_t offset, size_t bytes)
{
	return offset <= packet->len && packet->len - offset >= bytes;
}

static inline uint8_t interp_byte(const struct interp_packet *packet, size_t offset)
{
	return packet->frame[offset];
}

static inline uint16_t interp_short(const struct interp_packet *packet, size_t offset)
{
	return (uint16_t)(packet->frame[offset] << 8 | packet->frame[offset + 1]);
}

#endif
