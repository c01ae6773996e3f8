/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_walk: where a frame's headers are, and what a load reads there.
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

/* False for a tag with nothing behind it (deviation D5); *ret_walk is set all the same. */
bool interp_walk_frame(const struct interp_packet *packet, struct interp_walk *ret_walk);

/* False when the load fails: the rule does not match. */
bool interp_walk_load(const struct interp_walk *walk, const struct ir_load *load, u128 *ret_value);

#endif
