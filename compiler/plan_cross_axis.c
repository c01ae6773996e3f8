/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_axis: a dimension's values cut into classes.
 *
 * In: the labels of a dimension that rows have.  Out: steps over its values, and for each class
 * the labels that it lies in.  The ends of all intervals are passed in rising order with the set of
 * labels that are open there; each different set is a class.
 *
 * Safety: a class is found by a hash, but then its labels are compared one by one.  The sets may be
 * long when intervals are nested; each step is paid for, and all sets together have a bound.
 */
#include "compiler/plan_cross_parts.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LABELS (8u << 20)		/* of all classes: 32 MB */

struct edge {
	u128 at;
	uint32_t label;
	bool opens;
};

struct sweep {
	struct plan_cross *cross;
	VEC(struct edge) edges;
	uint32_t *open;			/* sorted */
	size_t open_count;
	uint64_t hash;
	struct plan_cross_memo *memo;
	VEC(uint32_t) first, labels;	/* of classes */
	VEC(u128) start;
	VEC(uint32_t) class_of;
};

static void add_edges(struct sweep *sweep, const struct plan_dim *dim, uint32_t number)
{
	const struct plan_label *label = &dim->labels.at[number];
	u128 max = u128_max(dim->bits);

	for (size_t i = 0; i < label->count; i++) {
		struct edge *edge;

		if (label->at[i].lo > max)
			break;
		edge = vec_push(sweep->cross->arena, &sweep->edges);
		*edge = (struct edge){ label->at[i].lo, number, true };
		if (label->at[i].hi >= max)
			break;
		edge = vec_push(sweep->cross->arena, &sweep->edges);
		*edge = (struct edge){ label->at[i].hi + 1, number, false };
	}
}

/* Of the labels that rows have. */
static bool collect_edges(struct sweep *sweep, uint32_t dim_number)
{
	const struct plan_problem *problem = sweep->cross->problem;
	const struct plan_dim *dim = &problem->dims[dim_number];
	bool *used = ARENA_ARRAY(sweep->cross->arena, bool, dim->labels.len + 1);

	for (size_t i = 0; i < problem->row_count; i++) {
		uint32_t label = problem->labels[i * problem->dim_count + dim_number];

		if (label != PLAN_ANY)
			used[label] = true;
	}
	for (uint32_t i = 0; i < dim->labels.len; i++) {
		if (!used[i])
			continue;
		if (!plan_cross_spend(sweep->cross, 20 * dim->labels.at[i].count))
			return false;
		add_edges(sweep, dim, i);
	}
	return plan_cross_spend(sweep->cross, problem->row_count);
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if (left->label != right->label)
		return left->label < right->label ? -1 : 1;
	return left->opens - right->opens;
}

static bool pass_edge(struct sweep *sweep, const struct edge *edge)
{
	size_t first = 0, end = sweep->open_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (sweep->open[middle] < edge->label)
			first = middle + 1;
		else
			end = middle;
	}
	end = sweep->open_count - first;
	if (edge->opens) {
		memmove(&sweep->open[first + 1], &sweep->open[first], end * sizeof(uint32_t));
		sweep->open[first] = edge->label;
		sweep->open_count++;
	} else {
		memmove(&sweep->open[first], &sweep->open[first + 1],
			(end - 1) * sizeof(uint32_t));
		sweep->open_count--;
	}
	sweep->hash ^= plan_cross_mix(edge->label + 1);
	return plan_cross_spend(sweep->cross, 1 + end / 8);
}

static bool class_is_open_set(const struct sweep *sweep, uint32_t class)
{
	size_t first = sweep->first.at[class];

	return sweep->first.at[class + 1] - first == sweep->open_count &&
	       (!sweep->open_count || !memcmp(&sweep->labels.at[first], sweep->open,
					      sweep->open_count * sizeof(uint32_t)));
}

/* The class of the open set, a new one if need be. */
static uint32_t find_class(struct sweep *sweep)
{
	uint64_t hash = sweep->hash | 1, slot = hash;
	struct arena *arena = sweep->cross->arena;
	uint32_t class;

	while (plan_cross_memo_next(sweep->memo, hash, &slot, &class))
		if (class_is_open_set(sweep, class))
			return class;
	class = (uint32_t)sweep->first.len - 1;
	plan_cross_memo_add(sweep->memo, hash, class);
	for (size_t i = 0; i < sweep->open_count; i++)
		*vec_push(arena, &sweep->labels) = sweep->open[i];
	*vec_push(arena, &sweep->first) = (uint32_t)sweep->labels.len;
	return class;
}

static void add_step(struct sweep *sweep, u128 start, uint32_t class)
{
	size_t count = sweep->class_of.len;

	if (count && sweep->start.at[count - 1] == start) {
		sweep->class_of.at[count - 1] = class;
		return;
	}
	if (count && sweep->class_of.at[count - 1] == class)
		return;
	*vec_push(sweep->cross->arena, &sweep->start) = start;
	*vec_push(sweep->cross->arena, &sweep->class_of) = class;
}

static bool pass_edges(struct sweep *sweep)
{
	add_step(sweep, 0, find_class(sweep));
	for (size_t i = 0; i < sweep->edges.len;) {
		u128 at = sweep->edges.at[i].at;

		for (; i < sweep->edges.len && sweep->edges.at[i].at == at; i++)
			if (!pass_edge(sweep, &sweep->edges.at[i]))
				return false;
		if (!plan_cross_spend(sweep->cross, 4 + sweep->open_count))
			return false;
		if (sweep->labels.len > MAX_LABELS)
			return plan_cross_refuse(sweep->cross,
						 "intervals of one dimension overlap too much");
		add_step(sweep, at, find_class(sweep));
	}
	return true;
}

bool plan_cross_axis_make(struct plan_cross *cross, uint32_t dim, struct plan_cross_axis *ret_axis)
{
	const struct plan_dim *from = &cross->problem->dims[dim];
	struct sweep sweep = { .cross = cross, .memo = plan_cross_memo_make(cross->arena) };

	if (!collect_edges(&sweep, dim))
		return false;
	if (sweep.edges.len)
		qsort(sweep.edges.at, sweep.edges.len, sizeof(sweep.edges.at[0]), compare_edges);
	sweep.open = ARENA_ARRAY(cross->arena, uint32_t, from->labels.len + 1);
	*vec_push(cross->arena, &sweep.first) = 0;
	if (!pass_edges(&sweep))
		return false;
	*ret_axis = (struct plan_cross_axis){
		.dim = dim,
		.bits = from->bits,
		.always = from->always,
		.classes = (uint32_t)sweep.first.len - 1,
		.step_count = sweep.start.len,
		.start = sweep.start.at,
		.class_of = sweep.class_of.at,
		.first = sweep.first.at,
		.labels = sweep.labels.at,
		.label_count = from->labels.len,
	};
	return true;
}
