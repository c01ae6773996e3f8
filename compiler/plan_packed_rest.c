/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_packed_rest: rows that say nothing of the two big dimensions.
 *
 * In: these rows.  Out: the steps that give their result: tables of all combinations of the small
 * dimensions, cut into classes by these rows alone.  There may be hundreds of them, and each would
 * be in the list of every pair.
 *
 * Safety: they are a problem of their own with the same dimensions, and the tables are made as for
 * any other one (plan_cross_join.c).
 */
#include "compiler/plan_packed.h"

#include <string.h>

#define MAX_PRODUCT (1u << 18)		/* elements of a table */

static struct plan_problem *make_problem(const struct plan_cross *cross, const uint32_t *rows,
					 size_t count)
{
	const struct plan_problem *all = cross->problem;
	struct plan_problem *rest = ARENA_NEW(cross->arena, struct plan_problem);
	uint32_t *labels = ARENA_ARRAY(cross->arena, uint32_t, count * all->dim_count);
	uint32_t *results = ARENA_ARRAY(cross->arena, uint32_t, count);

	for (size_t i = 0; i < count; i++) {
		memcpy(&labels[i * all->dim_count], &all->labels[rows[i] * all->dim_count],
		       all->dim_count * sizeof(*labels));
		results[i] = all->results[rows[i]];
	}
	*rest = *all;
	rest->row_count = count;
	rest->labels = labels;
	rest->results = results;
	return rest;
}

/* A dimension of which all rows say the same has one class, or two: there, or absent. */
static bool make_parts(struct plan_cross *cross, struct plan_cross_part *parts,
		       uint32_t *ret_count)
{
	uint32_t dims = cross->problem->dim_count, count = 0;
	struct plan_cross_axis *axes = ARENA_ARRAY(cross->arena, struct plan_cross_axis, dims);

	for (uint32_t i = 0; i < dims; i++) {
		if (!plan_cross_axis_make(cross, i, &axes[count]))
			return false;
		if (axes[count].classes < 2)
			continue;
		if (!plan_cross_part_of(cross, &axes[count], &parts[count]))
			return false;
		count++;
	}
	*ret_count = count;
	return true;
}

static uint32_t make_steps(struct plan_cross *cross)
{
	struct plan_cross_part parts[PLAN_MAX_DIMS], joined;
	uint32_t count;

	if (!make_parts(cross, parts, &count))
		return CROSS_NO_STEP;
	if (!count)
		return plan_cross_step_add(cross, &(struct plan_cross_step){
			.kind = CROSS_ADD,
			.number = cross->problem->results[0] + 1,
		});
	if (!plan_cross_join(cross, parts, count, true, MAX_PRODUCT, &joined))
		return CROSS_NO_STEP;
	return plan_cross_source_steps(cross, joined.source);
}

uint32_t plan_packed_rest(struct plan_cross *cross, const uint32_t *rows, size_t count,
			  uint32_t none)
{
	struct plan_cross rest = *cross;
	uint32_t step;

	rest.problem = make_problem(cross, rows, count);
	rest.sources = (__typeof__(rest.sources)){ 0 };
	step = make_steps(&rest);
	cross->work = rest.work;
	cross->why = rest.why;
	if (step == CROSS_NO_STEP)
		return CROSS_NO_STEP;
	return plan_cross_step_add(cross, &(struct plan_cross_step){
		.kind = CROSS_ELSE,
		.inputs = { step },
		.input_count = 1,
		.number = none,
		.comment = "rows that name no address",
	});
}
