/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp: the judge.  Runs the IR on a packet as SEMANTICS says, plainly and slowly, reading the
 * frame with its own code: it shares nothing with the generated program but the IR.
 */
#ifndef XDPFW_INTERP_H
#define XDPFW_INTERP_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/ir.h"

struct interp_packet {
	const uint8_t *frame;		/* from the destination MAC, tags in place */
	size_t len;			/* at least 14 */
	const struct xdpfw_device *device;	/* .entry, .name and .mac are read */
};

struct interp_result {
	bool drop;
	struct xdpfw_trail trail;
};

/* CELLS (by counter number, IR.counter_count of them) are added to; NULL: not counted. */
void interp_run(const struct ir *ir, const struct interp_packet *packet, struct xdpfw_cell *cells,
	    struct interp_result *ret_result);

#endif
