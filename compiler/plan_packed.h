/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_packed: what the engines cross and packed share of the latter; see plan_packed.c.
 */
#ifndef XDPFW_PLAN_PACKED_H
#define XDPFW_PLAN_PACKED_H

#include "compiler/plan_cross_parts.h"

#define PACKED_MAX_LIST 64u		/* bits of a mask */

struct plan_packed_group {
	struct plan_cross_part part;
	const uint32_t *first, *members;	/* the classes that lie in a label, CSR */
	struct plan_cross_memo *known;
	uint64_t *masks, *scratch;	/* arrays of a mask for each class */
	size_t count, space;		/* arrays; room in masks */
	uint32_t step;			/* the part's class */
	unsigned int bits;		/* of the number of a mask */
	uint32_t table;
};

struct plan_packed {
	struct plan_cross *cross;
	uint32_t group_count;
	struct plan_packed_group groups[PACKED_MAX_GROUPS];
	uint32_t max_list;
	unsigned int mask_bytes;
	uint32_t first_table;		/* lowest bit set of a byte, or of a power of two */
};

/*
 * A row of the problem, or a part of one, to be compared with a packet: see plan_packed_rule.c.
 * The layout is that of bpf/xdpfw_cross.h.
 */
struct plan_packed_rule {
	uint64_t upper, lower;
};

struct plan_packed_rules {
	uint32_t lane[2];		/* dimensions; CROSS_NO_DIM */
	struct plan_cross_part part;	/* all other small ones */
	bool has_part;
	uint32_t lanes_step, part_step;
	unsigned int column_bits;
	uint32_t table, max_list;
	size_t longer;			/* lists with more rules than a cell has room for */
};

bool plan_packed_start(struct plan_cross *cross, const struct plan_cross_part *parts,
		       uint32_t count, struct plan_packed *ret_packed);
/* ROWS are sorted, and are cut down to those that matter. */
bool plan_packed_list_make(struct plan_packed *packed, uint32_t *rows, size_t count,
			   struct plan_cross_list *ret_list);
/* Puts the small dimensions' parts together until there are few enough. */
bool plan_packed_group(struct plan_cross *cross, struct plan_cross_part *parts, uint32_t *count);
/* The steps of the parts, and their masks' tables. */
bool plan_packed_tables(struct plan_packed *packed);
/*
 * The step of the result + 1 of COUNT rows that say nothing of the big dimensions, NONE when none
 * of them holds; CROSS_NO_STEP when .why is set.
 */
uint32_t plan_packed_rest(struct plan_cross *cross, const uint32_t *rows, size_t count,
			  uint32_t none);
/* The steps from a cell's numbers of masks to the row's number in its list, from 1; or 0. */
uint32_t plan_packed_steps(struct plan_packed *packed, uint32_t numbers);

#endif
