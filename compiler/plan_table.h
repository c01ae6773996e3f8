/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_table: the tables of big sets and maps, as bytes.
 */
#ifndef XDPFW_PLAN_TABLE_H
#define XDPFW_PLAN_TABLE_H

#include "compiler/plan.h"

/* Sorted by lo, disjoint. */
struct plan_entry {
	u128 lo, hi;
	uint32_t result;		/* not 0 */
};

struct plan_entries {
	VEC(struct plan_entry) entries;
	unsigned int key_bits;
};

/* Chooses kind, number of slots and seed.  The caller has set .key_bits and lays .offset out. */
void plan_table_choose(const struct plan_entries *entries, struct arena *arena,
		       struct plan_table *table);

size_t plan_table_bytes(const struct plan_table *table);

/* Fills the table's bytes, which are zero before. */
void plan_table_fill(const struct plan_entries *entries, const struct plan_table *table,
		     uint8_t *bytes);

#endif
