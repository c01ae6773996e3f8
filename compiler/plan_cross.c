/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross: the engine of cross-product tables.
 *
 * In: a problem.  Out: a look-up without a branch: each dimension's value becomes a class, and
 * tables of combinations of classes lead to the result.  Small problems have all combinations in
 * tables (plan_cross_join.c); bigger ones keep the two dimensions with most classes apart, as a
 * sparse matrix (plan_cross_sparse.c).
 *
 * The estimate is a building of its own, thrown away: all steps of building are counted, and it
 * stops where the budget ends.
 */
#include "compiler/plan_cross_parts.h"

#include <string.h>

#define MAX_DENSE_PRODUCT (1u << 18)
#define MAX_DENSE_ROWS 4096u
#define MAX_DENSE_WORK 20000000u

static bool make_axes(struct plan_cross *cross, struct plan_cross_axis *axes, uint32_t *ret_count)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < cross->problem->dim_count; i++) {
		if (!plan_cross_axis_make(cross, i, &axes[count]))
			return false;
		count += axes[count].classes > 1;
	}
	*ret_count = count;
	return true;
}

static struct plan_solution *start_solution(struct plan_cross *cross)
{
	cross->solution = ARENA_NEW(cross->arena, struct plan_solution);
	cross->solution->problem = cross->problem;
	cross->sources = (__typeof__(cross->sources)){ 0 };
	return cross->solution;
}

/* Tables of all combinations. */
static bool make_product(struct plan_cross *cross, const struct plan_cross_axis *axes,
			 uint32_t count)
{
	struct plan_cross_part parts[PLAN_MAX_DIMS], joined;

	start_solution(cross);
	for (uint32_t i = 0; i < count; i++)
		if (!plan_cross_part_of(cross, &axes[i], &parts[i]))
			return false;
	if (!plan_cross_join(cross, parts, count, true, MAX_DENSE_PRODUCT, &joined) ||
	    plan_cross_source_steps(cross, joined.source) == CROSS_NO_STEP)
		return false;
	return plan_cross_finish(cross, arena_printf(cross->arena,
						     "all combinations of %u dimensions", count));
}

/* Memory of an attempt that fails does not outlive it. */
bool plan_cross_try_sparse(struct plan_cross *cross, const struct plan_cross_axis *axes,
			   uint32_t count, enum plan_cross_form form)
{
	struct arena *arena = cross->arena;
	bool ok = false;

	for (cross->taste = 0; cross->taste < CROSS_TASTES && !ok; cross->taste++) {
		struct arena scratch = ARENA_INIT;

		cross->arena = &scratch;
		cross->why = NULL;
		start_solution(cross);
		ok = plan_cross_sparse(cross, axes, count, form);
		if (ok)
			arena_take(arena, &scratch);
		else if (cross->why)
			cross->why = arena_strdup(arena, (struct str){ cross->why,
								       strlen(cross->why) });
		arena_free(&scratch);
		if (cross->work > cross->budget->work)
			break;
	}
	cross->arena = arena;
	return ok;
}

/* No row names anything: the first one always holds. */
static bool make_constant(struct plan_cross *cross)
{
	start_solution(cross);
	plan_cross_step_add(cross, &(struct plan_cross_step){
		.kind = CROSS_ADD,
		.number = cross->problem->results[0] + 1,
	});
	return plan_cross_finish(cross, "always the same");
}

/* The best one of some orders of joining; or NULL. */
static struct plan_solution *try_product(const struct plan_cross *cross,
					 const struct plan_cross_axis *axes, uint32_t count)
{
	static const struct {
		bool late_last;
		uint64_t last_product;
	} orders[] = {
		{ false, 1u << 14 }, { true, 1u << 14 }, { true, 1u << 16 },
		{ true, MAX_DENSE_PRODUCT },
	};
	const struct plan_budget budget = {
		cross->budget->bytes,
		MAX_DENSE_WORK < cross->budget->work ? MAX_DENSE_WORK : cross->budget->work,
	};
	struct plan_solution *best = NULL;

	if (cross->problem->row_count > MAX_DENSE_ROWS)
		return NULL;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct plan_cross attempt = {
			.problem = cross->problem,
			.budget = &budget,
			.arena = cross->arena,
			.late_last = orders[i].late_last,
			.last_product = orders[i].last_product,
		};

		if (make_product(&attempt, axes, count) &&
		    (!best || plan_cross_weight(attempt.solution) <= plan_cross_weight(best)))
			best = attempt.solution;
	}
	return best;
}

static bool make(struct plan_cross *cross)
{
	struct plan_cross_axis axes[PLAN_MAX_DIMS];
	struct plan_solution *product;
	uint32_t count;

	if (!cross->problem->row_count)
		return plan_cross_refuse(cross, "no rules");
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return plan_cross_refuse(cross, "the machine's byte order");
	if (!make_axes(cross, axes, &count))
		return false;
	if (!count)
		return make_constant(cross);
	product = try_product(cross, axes, count);
	if (!plan_cross_try_sparse(cross, axes, count, CROSS_SHAPES)) {
		if (!product)
			return false;
		cross->why = NULL;
		cross->solution = product;
	}
	if (product && plan_cross_weight(product) < plan_cross_weight(cross->solution))
		cross->solution = product;
	return true;
}

bool plan_cross_sparse_only(struct plan_cross *cross, enum plan_cross_form form)
{
	struct plan_cross_axis axes[PLAN_MAX_DIMS];
	uint32_t count;

	if (!cross->problem->row_count || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return plan_cross_refuse(cross, "no rules, or the machine's byte order");
	if (!make_axes(cross, axes, &count))
		return false;
	if (!count)
		return plan_cross_refuse(cross, "nothing to look up");
	return plan_cross_try_sparse(cross, axes, count, form);
}

static const struct plan_solution *build(const struct plan_problem *problem,
					 const struct plan_budget *budget, struct arena *arena,
					 struct plan_estimate *ret_estimate)
{
	struct plan_cross cross = { .problem = problem, .budget = budget, .arena = arena };

	if (make(&cross)) {
		*ret_estimate = cross.solution->estimate;
		return cross.solution;
	}
	*ret_estimate = (struct plan_estimate){ .possible = false, .why = cross.why };
	return NULL;
}

static void estimate(const struct plan_problem *problem, const struct plan_budget *budget,
		     struct arena *arena, struct plan_estimate *ret_estimate)
{
	struct arena scratch = ARENA_INIT;

	build(problem, budget, &scratch, ret_estimate);
	if (ret_estimate->why)
		ret_estimate->why = arena_strdup(arena, (struct str){ ret_estimate->why,
								      strlen(ret_estimate->why) });
	arena_free(&scratch);
}

const struct plan_engine plan_engine_cross = {
	.name = "cross",
	.estimate = estimate,
	.estimates_by_building = true,
	.build = build,
	.fill = plan_cross_fill,
	.look = plan_cross_look,
	.write = plan_cross_write,
	.write_globals = plan_cross_write_globals,
	.print = plan_cross_print,
};
