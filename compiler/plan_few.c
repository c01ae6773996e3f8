/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_few: the engine for a problem of a few rows: compares, one row after the other, no table.
 *
 * In: a problem.  Out: C with one line for each row.
 *
 * Safety: the lines say what the rows say; a problem that would make many is refused.
 */
#include <stdio.h>

#include "compiler/plan_cost.h"
#include "compiler/plan_engine.h"

#define MAX_COMPARES 48			/* intervals of all rows */

struct plan_solution {
	const struct plan_problem *problem;
};

static size_t count_compares(const struct plan_problem *problem)
{
	size_t sum = 0;

	for (size_t i = 0; i < problem->row_count && sum <= MAX_COMPARES; i++) {
		const uint32_t *labels = problem->labels + i * problem->dim_count;

		sum++;
		for (uint32_t j = 0; j < problem->dim_count; j++)
			if (labels[j] != PLAN_ANY)
				sum += problem->dims[j].labels.at[labels[j]].count;
	}
	return sum;
}

static void few_estimate(const struct plan_problem *problem, const struct plan_budget *budget,
			 struct arena *arena, struct plan_estimate *ret_estimate)
{
	size_t compares = count_compares(problem);

	(void)budget;
	(void)arena;
	*ret_estimate = (struct plan_estimate){
		.possible = compares <= MAX_COMPARES,
		.why = "many compares",
		.cost = plan_cost_compares(problem->row_count),
		.instructions = (uint32_t)compares * 4 + 4,
	};
}

static const struct plan_solution *few_build(const struct plan_problem *problem,
					     const struct plan_budget *budget, struct arena *arena,
					     struct plan_estimate *ret_estimate)
{
	struct plan_solution *solution = ARENA_NEW(arena, struct plan_solution);

	few_estimate(problem, budget, arena, ret_estimate);
	if (!ret_estimate->possible)
		return NULL;
	solution->problem = problem;
	return solution;
}

static void few_fill(const struct plan_solution *solution, uint8_t *image, size_t offset)
{
	(void)solution;
	(void)image;
	(void)offset;
}

static uint32_t few_look(const struct plan_solution *solution, const struct plan_key *key,
			 uint32_t from)
{
	struct plan_problem behind = *solution->problem;
	size_t first = 0;

	while (first < behind.row_count && behind.results[first] < from)
		first++;
	behind.row_count -= first;
	behind.results += first;
	behind.labels += first * behind.dim_count;
	return plan_problem_look(&behind, key);
}

/* VALUE: the number, or the lower half of one of more than 64 bits. */
static void write_interval(const struct plan_dim *dim, uint32_t number, const char *value,
			   const struct ir_interval *at, struct buf *out)
{
	unsigned long long lo_high = (uint64_t)(at->lo >> 64), hi_high = (uint64_t)(at->hi >> 64);
	unsigned long long lo = (uint64_t)at->lo, hi = (uint64_t)at->hi;

	if (!at->lo && at->hi == u128_max(dim->bits))
		buf_puts(out, "1");
	else if (dim->bits > 64)
		buf_printf(out, "in128(d%u_high, %s, 0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull)",
			   number, value, lo_high, lo, hi_high, hi);
	else if (lo == hi)
		buf_printf(out, "%s == 0x%llxull", value, lo);
	else
		buf_printf(out, "in64(%s, 0x%llxull, 0x%llxull)", value, lo, hi);
}

static void write_label(const struct plan_dim *dim, uint32_t number, uint32_t label,
			struct buf *out)
{
	const struct plan_label *at = &dim->labels.at[label];
	bool many = at->count > PLAN_MAX_JOINED;
	char value[32];

	snprintf(value, sizeof(value), "%sd%u%s", many ? "HIDDEN64(" : "", number, many ? ")" : "");
	if (!dim->always)
		buf_printf(out, "p%u && ", number);
	buf_putc(out, '(');
	for (size_t i = 0; i < at->count; i++) {
		buf_puts(out, i ? " || " : "");
		write_interval(dim, number, value, &at->at[i], out);
	}
	buf_putc(out, ')');
}

static void few_write(const struct plan_solution *solution, size_t offset, struct buf *out)
{
	const struct plan_problem *problem = solution->problem;

	(void)offset;
	for (size_t i = 0; i < problem->row_count; i++) {
		const uint32_t *labels = problem->labels + i * problem->dim_count;
		bool any = false;

		buf_puts(out, "\tif (");
		if (problem->resumed) {
			buf_printf(out, "from <= %u", problem->results[i]);
			any = true;
		}
		for (uint32_t j = 0; j < problem->dim_count; j++) {
			if (labels[j] == PLAN_ANY)
				continue;
			buf_puts(out, any ? " && " : "");
			write_label(&problem->dims[j], j, labels[j], out);
			any = true;
		}
		buf_printf(out, "%s)\n\t\treturn %u;\n", any ? "" : "1", problem->results[i] + 1);
	}
	buf_puts(out, "\treturn 0;\n");
}

static void few_write_globals(const struct plan_solution *solution, uint32_t number, size_t offset,
			      struct buf *out)
{
	(void)solution;
	(void)number;
	(void)offset;
	(void)out;
}

static void few_print(const struct plan_solution *solution, const char *indent, struct buf *out)
{
	buf_printf(out, "%s%zu rows, one after the other\n", indent,
		   solution->problem->row_count);
}

const struct plan_engine plan_engine_few = {
	.name = "few",
	.resumes = true,
	.estimate = few_estimate,
	.build = few_build,
	.fill = few_fill,
	.look = few_look,
	.write = few_write,
	.write_globals = few_write_globals,
	.print = few_print,
};
