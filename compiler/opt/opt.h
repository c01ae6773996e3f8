/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt: makes an IR that says the same with less.
 *
 * "The same": for every packet and device the same verdict, the same counters, and each base chain
 * ended by the same rule, or by the one that stands for it.
 */
#ifndef XDPFW_OPT_H
#define XDPFW_OPT_H

#include "compiler/base/arena.h"
#include "compiler/ir.h"
#include "compiler/taken.h"

/* In the order in which they run. */
enum opt_pass {
	OPT_PASS_INTERVALS,
	OPT_PASS_IMPLIED,
	OPT_PASS_NEVER,
	OPT_PASS_SHADOWED,
	OPT_PASS_ORDER,
	OPT_PASS_MERGE,
	OPT_PASS_TESTS,
	OPT_PASSES,
};

/* What --optimize says to turn each pass off, "no-merge"; NULL behind the last. */
extern const char *const opt_pass_words[OPT_PASSES + 1];

struct opt_options {
	uint32_t off;			/* bit I: enum opt_pass I is off */
};

#define OPT_NO_RULE 0xfffffff0u		/* no number of a trail either */

enum opt_fate_kind {
	OPT_FATE_KEPT,
	OPT_FATE_MERGED,		/* .rule does its work too */
	OPT_FATE_NEVER,			/* its tests exclude each other */
	OPT_FATE_IDLE,			/* it does nothing */
	OPT_FATE_SHADOWED,		/* .rule takes all its packets */
};

/* What became of a rule.  Those that were dropped can decide no packet and count none. */
struct opt_fate {
	enum opt_fate_kind kind;
	uint32_t rule;			/* of the IR before, like all here */
};

struct opt {
	struct ir *ir;			/* the rules that are left, ir_rule.source says which */
	const struct opt_fate *fates;	/* by rule of the IR before */
	const uint32_t *position_of;	/* likewise: the rule of .ir that stands for it, or
					   OPT_NO_RULE */
};

/* TAKEN: of IR, by taken_find().  The new IR has the old one's loads, maps and chain numbers. */
void opt_ruleset(const struct ir *ir, const struct taken *taken,
		 const struct opt_options *options, struct arena *arena, struct opt **ret_opt);

#endif
