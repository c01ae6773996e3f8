/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_problem: the plain answer to a problem, one row after the other.
 *
 * In: a problem and a key.  Out: the least result of the rows that hold.  The engines' tests
 * compare with it, so it shares nothing with them.
 */
#include "compiler/plan_problem.h"

static bool label_has(const struct plan_label *label, u128 value)
{
	size_t first = 0, end = label->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (value < label->at[middle].lo)
			end = middle;
		else if (value > label->at[middle].hi)
			first = middle + 1;
		else
			return true;
	}
	return false;
}

static bool row_holds(const struct plan_problem *problem, size_t row, const struct plan_key *key)
{
	const uint32_t *labels = problem->labels + row * problem->dim_count;

	for (uint32_t i = 0; i < problem->dim_count; i++) {
		if (labels[i] == PLAN_ANY)
			continue;
		if (!key->present[i] ||
		    !label_has(&problem->dims[i].labels.at[labels[i]], key->value[i]))
			return false;
	}
	return true;
}

uint32_t plan_problem_look(const struct plan_problem *problem, const struct plan_key *key)
{
	for (size_t i = 0; i < problem->row_count; i++)
		if (row_holds(problem, i, key))
			return problem->results[i];
	return PLAN_NO_RESULT;
}
