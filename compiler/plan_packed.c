/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_packed: the engine for rules whose small dimensions multiply (many ranges of source and of
 * destination ports).
 *
 * In: a problem.  Out: the sparse matrix of plan_cross_sparse.c, but what a cell's list says is no
 * array over all combinations of the small dimensions: these stay in up to three groups, each has a
 * mask of the list's rows for each of its classes, and the masks are and'ed.  So all rows of a
 * list are compared at once.  Or the rows are in the cell and are compared one by one, see
 * plan_packed_rule.c.
 *
 * Safety: lists are no longer than a mask has bits, or the engine refuses.
 */
#include "compiler/plan_packed.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_PRODUCT 512		/* classes that a group of several dimensions may have */
#define MAX_PRODUCT (1u << 16)
#define FEW_COMBINATIONS 2048
#define MANY_ROWS 20000u		/* whose masks are not worth the time of making them */
#define LAST_RESORT_COST 2000		/* tenths of ns; above all that packed ever takes */
#define LAST_RESORT_INSTRUCTIONS 600

static int compare_parts(const void *a, const void *b)
{
	const struct plan_cross_part *left = a, *right = b;

	if (left->classes != right->classes)
		return left->classes < right->classes ? -1 : 1;
	return left->source < right->source ? -1 : left->source > right->source;
}

bool plan_packed_group(struct plan_cross *cross, struct plan_cross_part *parts, uint32_t *count)
{
	while (*count > 1) {
		struct plan_cross_part joined;
		uint64_t product;

		qsort(parts, *count, sizeof(*parts), compare_parts);
		product = (uint64_t)parts[0].classes * parts[1].classes;
		if (product > GROUP_PRODUCT && *count <= PACKED_MAX_GROUPS)
			return true;
		if (!plan_cross_join(cross, parts, 2, false, MAX_PRODUCT, &joined))
			return false;
		parts[0] = joined;
		memmove(&parts[1], &parts[2], (*count - 2) * sizeof(*parts));
		--*count;
	}
	return true;
}

static uint32_t add_masks(struct plan_cross *cross, const struct plan_packed_group *group,
			  unsigned int size)
{
	size_t count = group->count * group->part.classes;
	uint8_t *bytes = arena_alloc(cross->arena, count * size + 8);

	for (size_t i = 0; i < count; i++) {
		uint32_t word = (uint32_t)group->masks[i];

		if (size == 1)
			bytes[i] = (uint8_t)word;
		else if (size == 4)
			memcpy(&bytes[i * 4], &word, sizeof(word));
		else
			memcpy(&bytes[i * 8], &group->masks[i], sizeof(group->masks[i]));
	}
	return plan_cross_table_add(cross, bytes, count * size);
}

/* For masks of a byte: of each mask; else of each power of two, by plan_cross_first(). */
static uint32_t add_first(struct plan_cross *cross, unsigned int mask_bytes)
{
	size_t count = mask_bytes == 1 ? 256 : 64;
	uint8_t *first = arena_alloc(cross->arena, count);

	if (mask_bytes == 1) {
		for (unsigned int i = 1; i < count; i++)
			first[i] = (uint8_t)(__builtin_ctz(i) + 1);
	} else {
		for (unsigned int i = 0; i < count; i++)
			first[plan_cross_power(1ull << i)] = (uint8_t)(i + 1);
	}
	return plan_cross_table_add(cross, first, count);
}

bool plan_packed_tables(struct plan_packed *packed)
{
	struct plan_cross *cross = packed->cross;

	packed->mask_bytes = packed->max_list <= 8 ? 1 : packed->max_list <= 32 ? 4 : 8;
	for (uint32_t i = 0; i < packed->group_count; i++) {
		struct plan_packed_group *group = &packed->groups[i];

		group->step = plan_cross_source_steps(cross, group->part.source);
		if (group->step == CROSS_NO_STEP)
			return false;
		group->table = add_masks(cross, group, packed->mask_bytes);
	}
	packed->first_table = add_first(cross, packed->mask_bytes);
	return true;
}

uint32_t plan_packed_steps(struct plan_packed *packed, uint32_t numbers)
{
	struct plan_cross_step both = { .kind = CROSS_AND }, load, field;
	unsigned int shift = 0;

	for (uint32_t i = 0; i < packed->group_count; i++) {
		const struct plan_packed_group *group = &packed->groups[i];

		field = (struct plan_cross_step){ .kind = CROSS_FIELD,
						  .inputs = { numbers },
						  .input_count = 1,
						  .shift = shift,
						  .number = (1ull << group->bits) - 1 };
		shift += group->bits;
		load = (struct plan_cross_step){ .kind = CROSS_LOAD,
						 .table = group->table,
						 .size = packed->mask_bytes,
						 .stride = packed->mask_bytes,
						 .comment = "the list's rows that may hold" };
		load.inputs[0] = plan_cross_step_add(packed->cross, &field);
		load.inputs[1] = group->step;
		load.input_count = 2;
		both.inputs[both.input_count++] = plan_cross_step_add(packed->cross, &load);
	}
	load = (struct plan_cross_step){ .kind = packed->mask_bytes == 1 ? CROSS_LOAD : CROSS_FIRST,
					 .table = packed->first_table,
					 .size = 1,
					 .stride = 1,
					 .comment = "the first of them" };
	load.inputs[0] = both.input_count > 1 ? plan_cross_step_add(packed->cross, &both) :
						both.inputs[0];
	load.input_count = 1;
	return plan_cross_step_add(packed->cross, &load);
}

/* Masks are quicker while they are small; what is compared beside its cell needs one load. */
static const struct plan_solution *build(const struct plan_problem *problem,
					 const struct plan_budget *budget, struct arena *arena,
					 struct plan_estimate *ret_estimate)
{
	struct plan_cross compared = { .problem = problem, .budget = budget, .arena = arena };
	struct plan_cross masks = compared;
	const struct plan_solution *best = NULL;

	if (plan_cross_sparse_only(&compared, CROSS_COMPARED))
		best = compared.solution;
	if ((!best || problem->row_count <= MANY_ROWS) &&
	    plan_cross_sparse_only(&masks, CROSS_MASKS) &&
	    (!best || masks.solution->estimate.cost <= best->estimate.cost))
		best = masks.solution;
	*ret_estimate = (struct plan_estimate){ .possible = false, .why = masks.why };
	if (best)
		*ret_estimate = best->estimate;
	return best;
}

/*
 * The small dimensions have few combinations, so plan_cross.c does it better, if anyone: it is not
 * worth while to build all just to know what it would cost.
 */
static bool multiplies_little(const struct plan_problem *problem,
			      const struct plan_budget *budget, struct arena *arena)
{
	struct plan_cross cross = { .problem = problem, .budget = budget, .arena = arena };
	uint64_t product = 1;
	uint32_t classes[2] = { 1, 1 };

	for (uint32_t i = 0; i < problem->dim_count; i++) {
		struct plan_cross_axis axis;
		uint32_t rest;

		if (!plan_cross_axis_make(&cross, i, &axis))
			return false;
		/* All but the two largest. */
		rest = axis.classes;
		for (int j = 0; j < 2; j++)
			if (rest > classes[j]) {
				uint32_t larger = rest;

				rest = classes[j];
				classes[j] = larger;
			}
		product = product > FEW_COMBINATIONS ? product : product * rest;
	}
	return product <= FEW_COMBINATIONS;
}

static void estimate(const struct plan_problem *problem, const struct plan_budget *budget,
		     struct arena *arena, struct plan_estimate *ret_estimate)
{
	struct arena scratch = ARENA_INIT;
	bool little = multiplies_little(problem, budget, &scratch);

	arena_free(&scratch);
	if (little) {
		*ret_estimate = (struct plan_estimate){
			.possible = true,
			.bytes = budget->bytes,
			.cost = LAST_RESORT_COST,
			.instructions = LAST_RESORT_INSTRUCTIONS,
		};
		return;
	}
	build(problem, budget, &scratch, ret_estimate);
	if (ret_estimate->why)
		ret_estimate->why = arena_strdup(arena, (struct str){ ret_estimate->why,
								      strlen(ret_estimate->why) });
	arena_free(&scratch);
}

const struct plan_engine plan_engine_packed = {
	.name = "packed",
	.estimate = estimate,
	.build = build,
	.fill = plan_cross_fill,
	.look = plan_cross_look,
	.write = plan_cross_write,
	.write_globals = plan_cross_write_globals,
	.print = plan_cross_print,
};
