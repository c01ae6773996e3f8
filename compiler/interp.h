/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp: the judge.  Runs the IR on a packet as SEMANTICS says, plainly and slowly, reading the
 * frame with its own code: it shares nothing with the generated program but the IR.
 */
#ifndef XDPFW_INTERP_H
#define XDPFW_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/ir.h"

struct interp_index;

struct interp_packet {
	const uint8_t *frame;		/* from the destination MAC, tags in place */
	size_t len;			/* at least 14 */
	const struct xdpfw_device *device;	/* all but .ifindex is read */
	struct xdpfw_given given;	/* .active is not looked at */
	int32_t minutes_west;		/* of the kernel's time zone */
};

struct interp_result {
	bool drop;
	struct xdpfw_trail trail;
};

/* CELLS (by counter number, IR.counter_count of them) are added to; NULL: not counted. */
void interp_run(const struct ir *ir, const struct interp_packet *packet, struct xdpfw_cell *cells,
		struct interp_result *ret_result);

/* How far one rule came.  Set .rule, zero the rest. */
struct interp_watch {
	uint32_t rule;
	bool reached;
	uint32_t steps;			/* of the rule's steps: done before one was false */
	uint32_t walked;		/* rules that were looked at */
};

/* The same, and tells how far a rule came (the furthest, when it is reached more than once). */
void interp_run_watched(const struct ir *ir, const struct interp_packet *packet,
			struct xdpfw_cell *cells, struct interp_watch *watch,
			struct interp_result *ret_result);

/* The same by INDEX, of this IR, made by interp_index_make(); NULL: plainly.  WATCH may be NULL. */
void interp_run_indexed(const struct ir *ir, struct interp_index *index,
			const struct interp_packet *packet, struct xdpfw_cell *cells,
			struct interp_watch *watch, struct interp_result *ret_result);

#endif
