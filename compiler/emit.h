/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit: plan -> one self-contained C text for `clang -target bpf`, no file included.
 *
 * The text is a function of the ruleset alone: whatever belongs to a host (devices, cells) comes
 * at load through the maps of xdpfw_abi.h.  A rule's test is on one line that ends in a comment
 * with the rule's place and text.  No name in it comes from user text.
 */
#ifndef XDPFW_EMIT_H
#define XDPFW_EMIT_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "compiler/plan.h"

struct emit_options {
	bool miscompile;		/* flip the first comparison: a planted bug that the proof
					   must catch; only in builds with XDPFW_TEST_MISCOMPILE */
	bool stamp;			/* write config.stamp into what is passed to UDP port 7777,
					   so that a test sees which program decided; only in
					   builds with XDPFW_TEST_FAULTS */
};

void emit_c(const struct plan *plan, const struct emit_options *options, struct buf *out);

#endif
