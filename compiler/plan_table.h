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

/* Chooses kind, key, number of slots and seed.  The caller lays .offset out. */
void plan_table_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table);

size_t plan_table_bytes(const struct plan_table *table);

/* Fills the table's bytes, which are zero before. */
void plan_table_fill(const struct plan_rows *rows, const struct plan_table *table,
		     struct arena *arena, uint8_t *bytes);

/* plan_number.c: keys that are one number. */

/* False: neither a hash nor a search can hold the rows. */
bool plan_number_choose(const struct plan_rows *rows, struct arena *arena,
			struct plan_table *table);
size_t plan_number_bytes(const struct plan_table *table);
void plan_number_fill(const struct plan_rows *rows, const struct plan_table *table,
		      struct arena *arena, uint8_t *bytes);

/* plan_lanes.c: keys that are rows of lanes. */

void plan_lanes_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table);
size_t plan_lanes_bytes(const struct plan_table *table);
void plan_lanes_fill(const struct plan_rows *rows, const struct plan_table *table, uint8_t *bytes);

/* What both need for a hash table: more slots and other seeds until all keys are near home. */
struct plan_homes {
	size_t count;			/* of keys, all different */
	uint32_t (*hash)(const struct plan_homes *homes, size_t key, uint32_t seed);
	const void *keys;
	unsigned int lanes;
};

/* Sets .slots, .seed and .max_probe; false when no try is good enough. */
bool plan_table_spread(const struct plan_homes *homes, struct arena *arena,
		       struct plan_table *table);

#endif
