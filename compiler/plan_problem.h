/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_problem: first match over boxes, as the engines that solve it see it: plan_cross (sparse
 * cross-product tables) and plan_tree (decision trees).  It knows nothing of rules and packets.
 *
 * A row is a box: for each dimension a label, which is a list of intervals, or PLAN_ANY.  A key has
 * for each dimension a value, or none ("absent": the bytes are not there).  A row holds for a key
 * when for each dimension its label is PLAN_ANY, or the value is there and lies in the label.  So a
 * label of all values is not PLAN_ANY.  The answer is the least result of the rows that hold.
 */
#ifndef XDPFW_PLAN_PROBLEM_H
#define XDPFW_PLAN_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/vec.h"
#include "compiler/ir.h"

#define PLAN_ANY 0xffffffffu
#define PLAN_NO_RESULT 0xffffffffu
#define PLAN_MAX_DIMS 12		/* a look-up has them all at once on the stack */
#define PLAN_MAX_RESULTS (1u << 20)	/* results are below this */

/* Each distinct one of a dimension once. */
struct plan_label {
	const struct ir_interval *at;	/* sorted, disjoint, not touching; at least one */
	size_t count;
};

struct plan_dim {
	uint32_t key_part;		/* for whoever made the problem: where values come from */
	unsigned int bits;		/* of a value: 1 to 128 */
	bool always;			/* never absent */
	VEC(struct plan_label) labels;
};

struct plan_problem {
	struct plan_dim *dims;
	uint32_t dim_count;		/* 1 to PLAN_MAX_DIMS */
	size_t row_count;
	const uint32_t *labels;		/* of row R and dimension D: [R * dim_count + D] */
	const uint32_t *results;	/* of each row; never falling from row to row */
	const bool *resumed;		/* of each row: look-ups start behind it; NULL: of none */
};

struct plan_key {
	u128 value[PLAN_MAX_DIMS];
	bool present[PLAN_MAX_DIMS];
};

/* The judge of the engines: row after row. */
uint32_t plan_problem_look(const struct plan_problem *problem, const struct plan_key *key);

#endif
