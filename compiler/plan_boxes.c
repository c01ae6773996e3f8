/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_boxes: concatenations with intervals as a problem that an engine solves.
 *
 * In: rows of a set or map.  Out: a solution of the cheapest engine that takes them, and behind its
 * bytes, for a map, the result of each row.  A part of the key is a dimension that every key has.
 *
 * Safety: engines bound what building takes; when all refuse, boxes are compared one by one.
 */
#include "compiler/plan_boxes.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/plan_cost.h"

#define MOST_BYTES (24u << 20)

static const struct plan_engine *const engines[] = {
	&plan_engine_lead, &plan_engine_cross, &plan_engine_tree,
};

static int compare_intervals(const void *a, const void *b)
{
	const struct ir_interval *left = a, *right = b;

	if (left->lo != right->lo)
		return left->lo < right->lo ? -1 : 1;
	return left->hi < right->hi ? -1 : left->hi > right->hi;
}

static struct ir_interval part_of_row(const struct plan_rows *rows, size_t row, uint32_t part)
{
	struct ir_interval at = rows->at[row * rows->look->parts + part];
	u128 max = u128_max(rows->look->part_bits[part]);

	at.hi = at.hi < max ? at.hi : max;
	return at;
}

static bool row_is_possible(const struct plan_rows *rows, size_t row)
{
	for (uint32_t i = 0; i < rows->look->parts; i++)
		if (rows->at[row * rows->look->parts + i].lo >
		    u128_max(rows->look->part_bits[i]))
			return false;
	return rows->results[row] != 0;
}

/* The distinct intervals of a part, sorted. */
static void make_labels(const struct plan_rows *rows, const uint32_t *kept, size_t count,
			uint32_t part, struct plan_dim *dim, struct arena *arena)
{
	struct ir_interval *at = ARENA_ARRAY(arena, struct ir_interval, count + 1);

	for (size_t i = 0; i < count; i++)
		at[i] = part_of_row(rows, kept[i], part);
	qsort(at, count, sizeof(*at), compare_intervals);
	for (size_t i = 0; i < count; i++)
		if (!i || compare_intervals(&at[i], &at[i - 1]))
			*vec_push(arena, &dim->labels) = (struct plan_label){ &at[i], 1 };
}

static uint32_t find_label(const struct plan_dim *dim, const struct ir_interval *interval)
{
	size_t first = 0, end = dim->labels.len;

	if (!interval->lo && interval->hi == u128_max(dim->bits))
		return PLAN_ANY;
	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (compare_intervals(dim->labels.at[middle].at, interval) <= 0)
			first = middle;
		else
			end = middle;
	}
	return (uint32_t)first;
}

/* KEPT: the rows that keys can be in.  Results are their places, or all 0 in a set. */
static void make_problem(const struct plan_rows *rows, const uint32_t *kept, size_t count,
			 bool is_map, struct arena *arena, struct plan_problem *problem)
{
	uint32_t parts = rows->look->parts;
	uint32_t *labels = ARENA_ARRAY(arena, uint32_t, count * parts + 1);
	uint32_t *results = ARENA_ARRAY(arena, uint32_t, count + 1);

	problem->dims = ARENA_ARRAY(arena, struct plan_dim, parts);
	problem->dim_count = parts;
	problem->row_count = count;
	problem->labels = labels;
	problem->results = results;
	for (uint32_t i = 0; i < parts; i++) {
		problem->dims[i].key_part = i;
		problem->dims[i].bits = rows->look->part_bits[i];
		problem->dims[i].always = true;
		make_labels(rows, kept, count, i, &problem->dims[i], arena);
	}
	for (size_t i = 0; i < count; i++) {
		results[i] = is_map ? (uint32_t)i : 0;
		for (uint32_t j = 0; j < parts; j++) {
			struct ir_interval at = part_of_row(rows, kept[i], j);

			labels[i * parts + j] = find_label(&problem->dims[j], &at);
		}
	}
}

static bool build_best(const struct plan_problem *problem, const struct plan_options *options,
		       struct arena *arena, struct plan_table *table)
{
	enum plan_optimize optimize = options->optimize;
	struct plan_share share = plan_cost_share(optimize, 1, problem->row_count, MOST_BYTES);
	struct plan_budget budget = { .bytes = share.bytes, .work = share.work };
	struct plan_estimate estimate;
	uint64_t best = UINT64_MAX;
	bool clear = false;		/* no other can be better */

	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines) && !clear; i++) {
		const struct plan_solution *solution;
		uint64_t weight;

		estimate = (struct plan_estimate){ .possible = true };
		solution = engines[i]->build(problem, &budget, arena, &estimate);
		if (!solution)
			continue;
		weight = plan_cost_weigh(optimize, estimate.cost, estimate.bytes);
		if (options->force && !strcmp(options->force, engines[i]->name))
			weight = 0;
		if (weight >= best)
			continue;
		best = weight;
		table->engine = engines[i];
		table->solution = solution;
		table->size = (estimate.bytes + 63) & ~(size_t)63;
		clear = !options->force && problem->row_count >= PLAN_COST_MANY_ROWS &&
			estimate.cost <= PLAN_COST_CLEAR;
	}
	return best != UINT64_MAX;
}

bool plan_boxes_solve(const struct plan_rows *rows, const struct plan_options *options,
		      struct arena *arena, struct plan_table *table)
{
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, rows->count + 1);
	struct plan_problem *problem = ARENA_NEW(arena, struct plan_problem);
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (row_is_possible(rows, i))
			kept[count++] = (uint32_t)i;
	if (!count || count > PLAN_MAX_RESULTS ||
	    (options->force && !strcmp(options->force, "compares")))
		return false;
	make_problem(rows, kept, count, table->is_map, arena, problem);
	if (!build_best(problem, options, arena, table))
		return false;
	table->kind = PLAN_SOLVED;
	table->problem = problem;
	table->used = (uint32_t)count;
	table->results_at = 0;
	if (!table->is_map)
		return true;
	table->results_at = (uint32_t)table->size;
	table->results = ARENA_ARRAY(arena, uint32_t, count + 1);
	for (size_t i = 0; i < count; i++)
		table->results[i + 1] = rows->results[kept[i]];
	table->size += (count + 1) * sizeof(uint32_t);
	return true;
}

void plan_boxes_fill(const struct plan_table *table, uint8_t *image)
{
	table->engine->fill(table->solution, image, table->offset);
	if (table->results_at)
		memcpy(image + table->offset + table->results_at, table->results,
		       (table->used + 1) * sizeof(uint32_t));
}

uint32_t plan_boxes_look(const struct plan_table *table, const uint64_t *lanes)
{
	const struct plan_problem *problem = table->problem;
	struct plan_key key = { .value = { 0 } };
	uint32_t result;

	for (uint32_t i = 0; i < problem->dim_count; i++) {
		key.present[i] = true;
		if (plan_part_lanes(problem->dims[i].bits) == 2)
			key.value[i] = (u128)*lanes++ << 64;
		key.value[i] |= *lanes++;
	}
	result = table->engine->look(table->solution, &key, 0);
	if (result == PLAN_NO_RESULT)
		return 0;
	return table->results_at ? table->results[result + 1] : 1;
}
