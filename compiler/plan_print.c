/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_print: the plan as text, for --emit=plan and the goldens.
 *
 * In: a plan.  Out: one line for each set, map and run that the program has.
 */
#include "compiler/plan_block.h"
#include "compiler/plan_trie.h"

const char *const plan_kind_words[] = {
	[PLAN_COMPARE] = "compares", [PLAN_BITMAP] = "bitmap", [PLAN_BUCKETS] = "buckets",
	[PLAN_HASH] = "hash",	     [PLAN_TRIE] = "trie",     [PLAN_SEARCH] = "search",
	[PLAN_SOLVED] = "solved",    [PLAN_BOXES] = "boxes",   [PLAN_PAIRS] = "pairs",
};

static void print_shape(uint32_t number, const struct plan_table *table, struct buf *out)
{
	buf_printf(out, "table %u, ", number);
	switch (table->kind) {
	case PLAN_BUCKETS:
	case PLAN_HASH:
		buf_printf(out, "%s, %u in %u + %u buckets", plan_kind_words[table->kind],
			   table->used, table->slots, table->spilled);
		break;
	case PLAN_PAIRS:
		buf_printf(out, "pairs, %u in 2 * %u buckets of %u", table->used, table->slots,
			   64 / table->slot_bits);
		break;
	case PLAN_TRIE:
		plan_trie_print(table->trie, out);
		break;
	case PLAN_SOLVED:
		buf_printf(out, "%s, %u boxes, %zu kB", table->engine->name, table->used,
			   (table->size + 1023) / 1024);
		break;
	case PLAN_COMPARE:
	case PLAN_BITMAP:
	case PLAN_SEARCH:
	case PLAN_BOXES:
		buf_printf(out, "%s, %u of %u slots", plan_kind_words[table->kind], table->used,
			   table->slots);
	}
}

static void print_table(const struct plan *plan, const struct plan_look *look, struct buf *out)
{
	const struct plan_table *table;

	if (look->table == PLAN_NO_TABLE) {
		buf_printf(out, "%s\n", plan_kind_words[PLAN_COMPARE]);
		return;
	}
	table = &plan->tables.at[look->table];
	if (table->kind == PLAN_BOXES)
		buf_printf(out, "table %u, %u boxes one after the other, shape %u", look->table,
			   table->used, table->shape);
	else
		print_shape(look->table, table, out);
	buf_printf(out, ", at byte %u%s", table->offset, table->moves ? ", can move" : "");
	if (look->by_number)
		buf_printf(out, ", entries at byte %u", look->entries_at);
	buf_putc(out, '\n');
}

/* "32 bits", "32 + 16 + 128 bits in 4 lanes" */
static void print_key(const struct plan *plan, const struct plan_look *look, struct buf *out)
{
	if (look->parts == 1) {
		buf_printf(out, "%u bits: ", look->key_bits);
		return;
	}
	for (uint32_t i = 0; i < look->parts; i++)
		buf_printf(out, "%s%u", i ? " + " : "", look->part_bits[i]);
	buf_puts(out, " bits");
	if (look->table != PLAN_NO_TABLE && look->key_bits)
		buf_printf(out, " in %u", look->key_bits);
	else if (look->table != PLAN_NO_TABLE)
		buf_printf(out, " in %u lanes", plan->tables.at[look->table].lanes);
	buf_puts(out, ": ");
}

/* Sets of no name have none in the ruleset either. */
static void print_name(bool is_map, size_t number, struct str name, struct buf *out)
{
	buf_printf(out, "%s %zu", is_map ? "map" : "set", number);
	if (name.len)
		buf_printf(out, " @%.*s", STR_ARG(name));
	buf_puts(out, ": ");
}

void plan_print_sets(const struct plan *plan, bool tables, struct buf *out)
{
	const struct ir *ir = plan->ir;

	for (size_t i = 0; i < ir->sets.len; i++) {
		const struct plan_look *look = &plan->sets[i];

		if (!look->used || (tables && look->table == PLAN_NO_TABLE))
			continue;
		print_name(false, i, ir->sets.at[i].name, out);
		buf_printf(out, "%zu %s of ", ir->sets.at[i].intervals.len / look->parts,
			   look->parts > 1 ? "boxes" : "intervals");
		print_key(plan, look, out);
		print_table(plan, look, out);
	}
	for (size_t i = 0; i < ir->maps.len; i++) {
		const struct plan_look *look = &plan->maps[i];

		if (!look->used || (tables && look->table == PLAN_NO_TABLE))
			continue;
		print_name(true, i, ir->maps.at[i].name, out);
		buf_printf(out, "%zu entries of ", ir->maps.at[i].entries.len);
		print_key(plan, look, out);
		print_table(plan, look, out);
	}
}

void plan_print(const struct plan *plan, struct buf *out)
{
	plan_print_sets(plan, false, out);
	buf_printf(out, "tables: %zu bytes\n", plan->image_bytes);
	for (size_t i = 0; i < plan->shapes.len; i++)
		buf_printf(out, "shape %zu: %u lanes, doubles 0x%x\n", i, plan->shapes.at[i].lanes,
			   plan->shapes.at[i].doubles);
	if (plan->reads_given)
		buf_puts(out, "asks clock, CPU or chance\n");
	for (size_t i = 0; i < plan->runs.len; i++) {
		const struct plan_run *run = &plan->runs.at[i];
		const struct ir_rule *first = &plan->ir->rules.at[run->first];

		if (run->block) {
			buf_printf(out, "run %zu: rules %u to %u, of chain %u: ", i, run->first,
				   run->end - 1, first->chain);
			if (run->first == run->block->first)
				plan_block_print(plan, run->block, out);
			else
				buf_printf(out, "in function %u\n", run->function);
			continue;
		}
		buf_printf(out, "run %zu: rules %u to %u, from chain %u, weight %u", i,
			   run->first, run->end - 1, first->chain, run->weight);
		if (plan->function_count < plan->runs.len)
			buf_printf(out, ", in function %u", run->function);
		buf_putc(out, '\n');
	}
}
