/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_index_parts: the shape of the judge's index.
 */
#ifndef XDPFW_INTERP_INDEX_PARTS_H
#define XDPFW_INTERP_INDEX_PARTS_H

#include "compiler/interp_index.h"

/* A set that a key of a chain is looked up in, and the rules that wait for it. */
struct index_label {
	uint32_t key, set, chain;
	uint32_t weight;		/* rules that have this test at all */
	uint64_t score;			/* rules that it lies in the way of: fewer are better */
	uint32_t rule_count;
	uint32_t *rules;
};

/*
 * The sets of one key.  Their ends cut the numbers into intervals, the leaves of a binary tree
 * whose root is node 1 and whose node N has 2N and 2N + 1 below it.  A label stands at the nodes
 * that together are just its set.
 */
struct index_tree {
	const struct ir_part *part;	/* the key's only one */
	u128 *starts;			/* of the leaves; the first is 0 */
	size_t start_count;
	size_t leaf_count;		/* a power of two, at least start_count; leaf I: node + I */
	uint32_t *first_label;		/* by node, and one more: into .labels */
	uint32_t *labels;
};

struct index_chain {
	struct index_tree *trees;
	size_t tree_count;
	uint64_t entered;		/* number of the packet whose rules are named */
};

enum index_known {
	INDEX_UNKNOWN,
	INDEX_FAILED,
	INDEX_LOADED,
};

struct interp_index {
	const struct ir *ir;
	size_t rule_count, load_count;
	struct index_chain *chains;
	struct index_label *labels;
	uint64_t *always, *any_always;	/* a bit for each rule; one for each 64 that has any */
	uint64_t *named, *any_named;
	uint64_t packet;
	u128 *values;			/* by load, see .known */
	uint8_t *known;			/* enum index_known */
};

#endif
