/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_parts: what the passes share.
 *
 * A pass takes one chain and leaves it smaller.  What it may do to a rule follows from what a rule
 * is (ir.h): steps in order, of which a test or a load that fails ends the rule.  So tests that
 * stand together can be put in any order, and a rule does nothing at all for a packet on which one
 * of the tests before its first counter, map or verdict is false.
 *
 * Rules that ask chance, clock or CPU are fixed: two loads need not agree.  No pass changes, moves,
 * merges or drops them, or moves a rule across them.
 */
#ifndef XDPFW_OPT_PARTS_H
#define XDPFW_OPT_PARTS_H

#include "compiler/opt/opt.h"

struct opt_set_slot {
	uint32_t number;		/* from 1; 0: free */
	uint32_t hash;
};

struct opt_work {
	const struct ir *from;
	const struct taken *taken;
	struct arena *arena;
	struct ir *ir;			/* sets and keys grow; rules come when a chain is done */
	struct opt_fate *fates;		/* by rule of .from */
	uint32_t *members;		/* likewise: how many rules it stands for */
	struct opt_set_slot *slots;	/* anonymous sets of .ir, by what is in them */
	size_t slot_count, slots_used;
};

struct opt_chain {
	uint32_t number;
	struct ir_rule *rules;		/* .steps are still those of .from: see opt_steps() */
	uint32_t count;
};

typedef void opt_run(struct opt_work *work, struct opt_chain *chain);

opt_run opt_intervals, opt_implied, opt_never, opt_shadowed, opt_order, opt_merge, opt_tests;

/* opt_rule.c */

/* Asks chance, clock or CPU. */
bool opt_is_fixed(const struct ir *ir, const struct ir_rule *rule);
/* How many tests stand before anything else. */
size_t opt_lead(const struct ir_rule *rule);
/* Gives RULE steps of its own, that can be written to. */
void opt_own_steps(struct opt_work *work, struct ir_rule *rule);
/* Takes step AT out of a rule that has steps of its own. */
void opt_cut_step(struct ir_rule *rule, size_t at);
/* Takes out the rules that have a fate. */
void opt_sweep(struct opt_work *work, struct opt_chain *chain);
/* A test of one part that is not negated, in a set that stays what it is. */
bool opt_is_plain(const struct ir *ir, const struct ir_step *step);
/* Whether no packet can come to the first thing that both rules do. */
bool opt_disjoint(const struct ir *ir, const struct ir_rule *a, const struct ir_rule *b);

/* opt_set.c */

/* Intervals are sorted and made one where they touch; boxes of several parts are sorted. */
uint32_t opt_set_add(struct opt_work *work, uint32_t parts, struct ir_interval *intervals,
		     size_t count);
/* Of sets of one part.  False also when it takes too long to tell. */
bool opt_sets_disjoint(const struct ir_set *a, const struct ir_set *b);
bool opt_set_within(const struct ir_set *inner, const struct ir_set *outer);

#endif
