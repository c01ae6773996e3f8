/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet: frames aimed at a ruleset: for every rule, packets that meet its tests exactly and
 * packets just beside each edge (value - 1, value + 1, both ends of a prefix), cut headers,
 * fragments, tags; and the corner packets of SEMANTICS 10.  The twin proof and the tests use them.
 */
#ifndef XDPFW_PACKET_H
#define XDPFW_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/arena.h"
#include "compiler/interp.h"
#include "compiler/ir.h"

struct packet {
	const uint8_t *frame;
	size_t len;			/* 14 to PACKET_MAX_BYTES */
	size_t linear;			/* bytes of the linear part; len: all of them */
	uint32_t rule;			/* made for this rule; PACKET_NO_RULE: a corner */
	struct xdpfw_given given;	/* .active set: what the rule asks of clock, CPU, chance */
};

#define PACKET_MAX_BYTES 9000
#define PACKET_NO_RULE 0xffffffffu

struct packet_list {
	VEC(struct packet) packets;
};

/*
 * Packets for the rules that entry number ENTRY reaches, at most LIMIT of them (0: no limit; then
 * every edge).  With a limit each rule still gets at least one packet while LIMIT allows.  The
 * same SEED gives the same packets.
 */
void packet_make(const struct ir *ir, uint32_t entry, uint64_t seed, size_t limit,
		 struct arena *arena, struct packet_list *ret_list);

/*
 * The same for one device of the entry: then there are frames to its MAC address, and rules that
 * ask for its name are met.  packet_make() takes the entry's first device and a made up address.
 */
void packet_make_for(const struct ir *ir, const struct xdpfw_device *device, uint64_t seed,
		     size_t limit, struct arena *arena, struct packet_list *ret_list);

/* The same packets, sooner: the judge looks at them by INDEX, which may be NULL. */
void packet_make_indexed(const struct ir *ir, struct interp_index *index,
			 const struct xdpfw_device *device, uint64_t seed, size_t limit,
			 struct arena *arena, struct packet_list *ret_list);

/*
 * The corner packets, one by one: from 0 up to packet_corner_count().  The name says what the
 * packet is ("ipv4 ihl 7 tcp"); the frame is made with plain values, to port 53.
 */
size_t packet_corner_count(void);
const char *packet_corner_name(size_t number, struct arena *arena);
void packet_corner_make(size_t number, struct arena *arena, struct packet *ret_packet);

#endif
