/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_lanes: tables whose keys are rows of lanes: concatenations that are longer than 128 bits or
 * have intervals in more than one part.
 *
 * In: rows of a set or map.  Out: a hash table when all are single values, else boxes that the
 * program compares with one after the other, in the byte order of this machine.
 */
#include <string.h>

#include "compiler/plan_boxes.h"
#include "compiler/plan_hash.h"

#define MAX_LANES (2 * IR_MAX_PARTS)

/* The lanes of a row's lower ends, or of its upper ones. */
static unsigned int row_lanes(const struct plan_look *look, const struct ir_interval *row,
			      bool upper, uint64_t ret_lanes[MAX_LANES])
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < look->parts; i++) {
		u128 max = u128_max(look->part_bits[i]);
		u128 value = upper ? row[i].hi : row[i].lo;

		value = value < max ? value : max;
		if (plan_part_lanes(look->part_bits[i]) == 2)
			ret_lanes[count++] = (uint64_t)(value >> 64);
		ret_lanes[count++] = (uint64_t)value;
	}
	return count;
}

static unsigned int look_lanes(const struct plan_look *look)
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < look->parts; i++)
		count += plan_part_lanes(look->part_bits[i]);
	return count;
}

/* A row that keys can be in. */
static bool is_possible(const struct plan_rows *rows, size_t number)
{
	const struct ir_interval *row = &rows->at[number * rows->look->parts];

	for (uint32_t i = 0; i < rows->look->parts; i++)
		if (row[i].lo > u128_max(rows->look->part_bits[i]))
			return false;
	return rows->results[number] != 0;
}

static bool are_values(const struct plan_rows *rows)
{
	for (size_t i = 0; i < rows->count * rows->look->parts; i++)
		if (rows->at[i].lo != rows->at[i].hi)
			return false;
	return true;
}

/* All keys, each once (rows are sorted). */
static size_t make_keys(const struct plan_rows *rows, unsigned int lanes, uint64_t *keys,
			uint32_t *results)
{
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		uint64_t key[MAX_LANES] = { 0 };

		if (!is_possible(rows, i))
			continue;
		row_lanes(rows->look, &rows->at[i * rows->look->parts], false, key);
		if (count && !memcmp(keys + (count - 1) * lanes, key, lanes * sizeof(*key)))
			continue;
		results[count] = rows->results[i];
		memcpy(keys + count++ * lanes, key, lanes * sizeof(*key));
	}
	return count;
}

static bool choose_hash(const struct plan_rows *rows, struct arena *arena,
			struct plan_table *table)
{
	struct arena scratch = ARENA_INIT;
	unsigned int lanes = look_lanes(rows->look);
	uint64_t *at = ARENA_ARRAY(&scratch, uint64_t, rows->count * lanes + 1);
	uint32_t *results = ARENA_ARRAY(&scratch, uint32_t, rows->count + 1);
	struct plan_keys keys = { 0, lanes, at, table->is_map ? results : NULL };
	bool found;

	keys.count = make_keys(rows, lanes, at, results);
	table->lanes = lanes;
	found = plan_hash_wide(&keys, arena, table);
	arena_free(&scratch);
	return found;
}

static uint32_t find_shape(struct plan *plan, const struct plan_look *look, struct arena *arena)
{
	struct plan_shape shape = { 0, 0 };

	for (uint32_t i = 0; i < look->parts; i++) {
		if (plan_part_lanes(look->part_bits[i]) == 2)
			shape.doubles |= 1u << shape.lanes;
		shape.lanes += plan_part_lanes(look->part_bits[i]);
	}
	for (uint32_t i = 0; i < plan->shapes.len; i++)
		if (plan->shapes.at[i].lanes == shape.lanes &&
		    plan->shapes.at[i].doubles == shape.doubles)
			return i;
	*vec_push(arena, &plan->shapes) = shape;
	return (uint32_t)plan->shapes.len - 1;
}

static size_t box_bytes(const struct plan_table *table)
{
	return table->lanes * 2 * sizeof(uint64_t) + sizeof(struct table_result);
}

static void put_boxes(const struct plan_rows *rows, const struct plan_table *table)
{
	uint8_t *bytes = table->bytes;
	uint64_t box[2 * MAX_LANES], lo[MAX_LANES], hi[MAX_LANES];

	for (size_t i = 0; i < rows->count; i++) {
		const struct ir_interval *row = &rows->at[i * rows->look->parts];

		if (!is_possible(rows, i))
			continue;
		row_lanes(rows->look, row, false, lo);
		row_lanes(rows->look, row, true, hi);
		for (unsigned int j = 0; j < table->lanes; j++) {
			box[2 * j] = lo[j];
			box[2 * j + 1] = hi[j];
		}
		memcpy(bytes, box, table->lanes * 2 * sizeof(uint64_t));
		memcpy(bytes + table->lanes * 2 * sizeof(uint64_t), &rows->results[i],
		       sizeof(uint32_t));
		bytes += box_bytes(table);
	}
}

static void choose_boxes(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
			 struct plan_table *table)
{
	table->kind = PLAN_BOXES;
	table->used = 0;
	for (size_t i = 0; i < rows->count; i++)
		table->used += is_possible(rows, i);
	table->slots = table->used;
	table->shape = find_shape(plan, rows->look, arena);
	table->size = table->slots * box_bytes(table);
	table->bytes = arena_alloc(arena, table->size);
	put_boxes(rows, table);
}

void plan_lanes_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table)
{
	table->key_bits = 0;
	if (!are_values(rows) || !choose_hash(rows, arena, table)) {
		table->lanes = look_lanes(rows->look);
		if (!plan_boxes_solve(rows, &plan->options, arena, table))
			choose_boxes(plan, rows, arena, table);
	}
	if (plan->key_lanes < table->lanes)
		plan->key_lanes = table->lanes;
}
