/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_named: which tables a live update can move, and where the image has room for that.
 *
 * In: the plan's tables.  Out: a head, two rows for each table that moves, and two halves, of which
 * the first has the tables.
 *
 * Safety: a table moves only when each rule that asks its set or map asks it by that table: what a
 * block made of its elements, nobody could change.  When there is no room for a second half, tables
 * still have rows, and half_bytes is 0.
 */
#include "compiler/plan_named.h"

#include <string.h>

#include "compiler/plan_cost.h"
#include "compiler/plan_table.h"
#include "compiler/plan_trie.h"

#define MORE_BYTES 4096			/* that a half has for growth, and a quarter of it */

static size_t round_up(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

/* Sets and maps that rules of blocks ask. */
static void note_labels(const struct plan *plan, bool *set_labels, bool *map_labels)
{
	const struct ir *ir = plan->ir;

	for (size_t i = 0; i < ir->rules.len; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		for (size_t j = 0; plan->block_of[i] && j < rule->steps.len; j++) {
			const struct ir_step *step = &rule->steps.at[j];

			if (step->kind == IR_STEP_TEST)
				set_labels[step->set] = true;
			else if (step->kind == IR_STEP_MAP)
				map_labels[step->map] = true;
		}
	}
}

void plan_named_choose(struct plan *plan, struct arena *arena)
{
	bool *set_labels = ARENA_ARRAY(arena, bool, plan->ir->sets.len + 1);
	bool *map_labels = ARENA_ARRAY(arena, bool, plan->ir->maps.len + 1);

	note_labels(plan, set_labels, map_labels);
	for (size_t i = 0; i < plan->tables.len; i++) {
		struct plan_table *table = &plan->tables.at[i];
		struct str name = table->is_map ? plan->ir->maps.at[table->set].name :
						  plan->ir->sets.at[table->set].name;

		if (!name.len || table->kind == PLAN_SOLVED ||
		    (table->is_map ? map_labels : set_labels)[table->set])
			continue;
		table->moves = true;
		table->row = plan->named.count++;
	}
}

static size_t entry_bytes(const struct plan *plan, const struct plan_table *table)
{
	if (!table->is_map || !plan->maps[table->set].by_number)
		return 0;
	return (plan->ir->maps.at[table->set].entries.len + 1) * sizeof(struct table_entry);
}

size_t plan_named_table_bytes(const struct plan *plan, const struct plan_table *table)
{
	return round_up(plan_table_bytes(table)) + round_up(entry_bytes(plan, table));
}

void plan_named_begin(struct plan *plan)
{
	struct plan_named *named = &plan->named;
	size_t rows = 2 * named->count * sizeof(struct table_named);

	if (!named->count)
		return;
	named->head_at = (uint32_t)plan_take_image(plan, sizeof(struct table_head) + rows);
	named->half_at[0] = (uint32_t)plan->image_bytes;
}

void plan_named_end(struct plan *plan)
{
	struct plan_named *named = &plan->named;
	size_t used = plan->image_bytes - named->half_at[0];
	size_t half = round_up(used + used / 4 + MORE_BYTES);

	if (!named->count || named->half_at[0] + 2 * half > PLAN_MAX_IMAGE_BYTES)
		return;
	named->half_at[1] = (uint32_t)(named->half_at[0] + half);
	named->half_bytes = (uint32_t)half;
	plan->image_bytes = named->half_at[0] + 2 * half;
}

static uint32_t table_shape(const struct plan *plan, const struct plan_table *table)
{
	uint64_t hash = 0;

	hash = table_mix_lane(hash, table->kind);
	hash = table_mix_lane(hash, table->key_bits);
	hash = table_mix_lane(hash, table->lanes);
	hash = table_mix_lane(hash, table->slot_bits);
	hash = table_mix_lane(hash, table->results_at > 0);
	if (table->kind == PLAN_BITMAP)
		hash = table_mix_lane(hash, table->slots);
	if (table->kind == PLAN_BOXES)
		hash = table_mix_lane(hash, plan->shapes.at[table->shape].doubles);
	if (table->kind == PLAN_TRIE)
		hash = table_mix_lane(hash, plan_trie_shape(table->trie));
	return (uint32_t)hash;
}

void plan_named_row(const struct plan *plan, const struct plan_table *table, uint32_t offset,
		    struct table_named *ret_row)
{
	struct table_named row = {
		.at = { offset, offset + table->rows_at, offset + table->results_at },
		.slots = table->slots,
		.used = table->used,
		.seed = table->seed,
		.shape = table_shape(plan, table),
	};

	if (table->kind == PLAN_TRIE)
		plan_trie_places(table->trie, offset, row.at);
	if (entry_bytes(plan, table)) {
		row.entries_at = offset + (uint32_t)round_up(plan_table_bytes(table));
		row.entries = (uint32_t)plan->ir->maps.at[table->set].entries.len;
	}
	*ret_row = row;
}

void plan_named_fill(const struct plan *plan)
{
	const struct plan_named *named = &plan->named;
	struct table_head head = {
		.tables = named->count,
		.half_at = { named->half_at[0], named->half_at[1] },
		.half_bytes = named->half_bytes,
	};
	struct table_named row;

	if (!named->count)
		return;
	memcpy(plan->image + named->head_at, &head, sizeof(head));
	for (size_t i = 0; i < plan->tables.len; i++) {
		const struct plan_table *table = &plan->tables.at[i];

		if (!table->moves)
			continue;
		plan_named_row(plan, table, table->offset, &row);
		memcpy(plan->image + named->head_at + sizeof(head) + 2 * table->row * sizeof(row),
		       &row, sizeof(row));
	}
}
