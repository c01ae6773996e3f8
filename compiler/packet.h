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

#include "compiler/base/arena.h"
#include "compiler/ir.h"

struct packet {
	const uint8_t *frame;
	size_t len;			/* 14 to PACKET_MAX_BYTES */
	size_t linear;			/* how many of them to put into the linear part; len: all */
	uint32_t rule;			/* the rule it was made for; PACKET_NO_RULE: a corner packet */
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

#endif
