/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_print: the plan as text, for --emit=plan and the goldens.
 *
 * In: a plan.  Out: one line for each set, map and run that the program has.
 */
#include "compiler/plan.h"

static const char *const kind_words[] = {
	[PLAN_COMPARE] = "compares", [PLAN_HASH] = "hash", [PLAN_SEARCH] = "search",
};

static void print_table(const struct plan *plan, uint32_t number, struct buf *out)
{
	const struct plan_table *table;

	if (number == PLAN_NO_TABLE) {
		buf_printf(out, "%s\n", kind_words[PLAN_COMPARE]);
		return;
	}
	table = &plan->tables.at[number];
	buf_printf(out, "table %u, %s, %u of %u slots", number, kind_words[table->kind],
		   table->used, table->slots);
	if (table->kind == PLAN_HASH)
		buf_printf(out, ", at most %u probes", table->max_probe);
	buf_printf(out, ", at byte %u\n", table->offset);
}

static void print_sets(const struct plan *plan, struct buf *out)
{
	for (size_t i = 0; i < plan->set_table.len; i++) {
		if (!plan->set_bits[i])
			continue;
		buf_printf(out, "set %zu: %zu intervals of %u bits: ", i,
			   plan->ir->sets.at[i].intervals.len, plan->set_bits[i]);
		print_table(plan, plan->set_table.at[i], out);
	}
	for (size_t i = 0; i < plan->map_table.len; i++) {
		if (!plan->map_bits[i])
			continue;
		buf_printf(out, "map %zu: %zu entries of %u bits: ", i,
			   plan->ir->maps.at[i].entries.len, plan->map_bits[i]);
		print_table(plan, plan->map_table.at[i], out);
	}
}

void plan_print(const struct plan *plan, struct buf *out)
{
	print_sets(plan, out);
	buf_printf(out, "tables: %zu bytes\n", plan->image_bytes);
	for (size_t i = 0; i < plan->runs.len; i++) {
		const struct plan_run *run = &plan->runs.at[i];
		const struct ir_rule *first = &plan->ir->rules.at[run->first];

		buf_printf(out, "run %zu: rules %u to %u, from chain %u, weight %u\n", i,
			   run->first, run->end - 1, first->chain, run->weight);
	}
}
