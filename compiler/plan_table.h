/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_table: the tables of big sets and maps, as bytes.
 */
#ifndef XDPFW_PLAN_TABLE_H
#define XDPFW_PLAN_TABLE_H

#include "compiler/plan.h"

/* What a set or map holds: intervals or boxes, look->parts intervals for each row. */
struct plan_rows {
	const struct plan_look *look;
	const struct ir_interval *at;
	size_t count;
	const uint32_t *results;	/* for each; 0: as if it were not there */
};

/* 32, 64 or 128: what a key of BITS bits is kept in. */
unsigned int plan_key_bits(unsigned int bits);

/* Makes the table.  The caller lays .offset out. */
void plan_table_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table);

size_t plan_table_bytes(const struct plan_table *table);

/* Copies it to the image, at its offset. */
void plan_table_fill(const struct plan_table *table, uint8_t *image);

/*
 * The look-up as the program does it, for tests: LANES are the key's, or the high and the low half
 * of a number.
 */
uint32_t plan_table_look(const struct plan *plan, const struct plan_table *table,
			 const uint8_t *image, const uint64_t *lanes);

/* plan_number.c: keys that are one number. */

/* False: the rows are no intervals of numbers. */
bool plan_number_choose(const struct plan *plan, const struct plan_rows *rows,
			struct arena *arena, struct plan_table *table);

/* plan_lanes.c: keys that are rows of lanes. */

void plan_lanes_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table);

#endif
