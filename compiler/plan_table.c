/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_table: how the elements of a big set or map lie in the program's memory.
 *
 * In: rows of intervals or boxes with their results.  Out: the bytes that the look-ups of
 * bpf/xdpfw_table.h read, in the byte order of this machine, where the program will run.
 *
 * Safety: a hash table is only chosen when every key was found to lie within TABLE_MAX_PROBES
 * slots of its home, which is as far as the program looks; else the rows go into a search table or
 * are boxes.
 */
#include "compiler/plan_table.h"

#include <string.h>

#define SEEDS 8				/* tried for each number of slots */
#define MAX_SPREAD 3			/* times that the number of slots is doubled for want of
					   a good seed */

/* The longest way from a key's home slot to its own; more than TABLE_MAX_PROBES: no good. */
static uint32_t measure_probes(const struct plan_homes *homes, const struct plan_table *table,
			       uint8_t *taken)
{
	uint32_t longest = 0;

	memset(taken, 0, table->slots);
	for (size_t i = 0; i < homes->count; i++) {
		uint32_t slot = homes->hash(homes, i, table->seed) & (table->slots - 1);
		uint32_t probes = 1;

		for (; taken[slot]; probes++)
			slot = (slot + 1) & (table->slots - 1);
		taken[slot] = 1;
		if (probes > longest)
			longest = probes;
		if (longest > TABLE_MAX_PROBES)
			break;
	}
	return longest;
}

bool plan_table_spread(const struct plan_homes *homes, struct arena *arena,
		       struct plan_table *table)
{
	uint32_t least = 1;
	uint8_t *taken;

	while (least < 2 * (uint64_t)homes->count)
		least <<= 1;
	taken = arena_alloc(arena, (size_t)least << MAX_SPREAD);
	for (unsigned int spread = 0; spread <= MAX_SPREAD; spread++) {
		table->slots = least << spread;
		for (table->seed = 0; table->seed < SEEDS; table->seed++) {
			table->max_probe = measure_probes(homes, table, taken);
			if (table->max_probe <= TABLE_MAX_PROBES)
				return true;
		}
	}
	return false;
}

void plan_table_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table)
{
	if (!plan_number_choose(rows, arena, table))
		plan_lanes_choose(plan, rows, arena, table);
}

size_t plan_table_bytes(const struct plan_table *table)
{
	return table->lanes ? plan_lanes_bytes(table) : plan_number_bytes(table);
}

void plan_table_fill(const struct plan_rows *rows, const struct plan_table *table,
		     struct arena *arena, uint8_t *bytes)
{
	if (table->lanes)
		plan_lanes_fill(rows, table, bytes);
	else
		plan_number_fill(rows, table, arena, bytes);
}
