/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_box: rows as boxes of ranks.
 *
 * In: a problem and its ranks.  Out: boxes, in the order of the rows.  A row whose labels have
 * holes becomes as many boxes as it has combinations of intervals, as long as all rows together
 * stay below a bound; else it becomes fewer boxes, around the holes of some labels, and a key that
 * lies in one is compared with those labels besides.
 */
#include "compiler/plan_tree.h"

#define BOXES_OF_ROW 256		/* at most */
#define BOXES_EACH 2			/* on average at most, */
#define BOXES_SPARE 16384		/* but for so many */

struct row_labels {
	const struct tree_label *at[PLAN_MAX_DIMS];	/* NULL: any */
};

static void read_row(const struct plan_problem *problem, const struct tree_ranks *ranks, size_t row,
		     struct row_labels *ret_labels)
{
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		const struct tree_dim *dim = &ranks->dims[i];
		uint32_t label = problem->labels[row * problem->dim_count + dim->dim];

		ret_labels->at[i] = label == PLAN_ANY ? NULL : &dim->labels[label];
	}
}

/* The dimensions whose holes are checked, so that the row is LIMIT boxes at most. */
static uint32_t choose_checks(const struct row_labels *labels, uint32_t dim_count, size_t limit,
			      size_t *ret_boxes)
{
	uint32_t checks = 0, most;
	size_t boxes;

	for (;;) {
		boxes = 1;
		most = TREE_NONE;
		for (uint32_t i = 0; i < dim_count; i++) {
			if (!labels->at[i] || checks & 1u << i)
				continue;
			if (most == TREE_NONE || labels->at[i]->count > labels->at[most]->count)
				most = i;
			if (boxes <= limit)
				boxes *= labels->at[i]->count;
		}
		*ret_boxes = boxes;
		if (boxes <= limit)
			return checks;
		checks |= 1u << most;
	}
}

static struct tree_range range_of(const struct tree_dim *dim, const struct tree_label *label,
				  bool check, uint32_t part)
{
	if (!label)
		return (struct tree_range){ 0, dim->ranks - 1 };
	if (check)
		return (struct tree_range){ dim->ranges.at[label->at].lo,
					    dim->ranges.at[label->at + label->count - 1].hi };
	return dim->ranges.at[label->at + part];
}

static void put_row(const struct tree_ranks *ranks, const struct row_labels *labels,
		    const struct tree_box *box, uint32_t checks, struct arena *arena,
		    struct tree_boxes *boxes)
{
	uint32_t part[PLAN_MAX_DIMS] = { 0 }, i;

	do {
		*vec_push(arena, &boxes->boxes) = *box;
		for (i = 0; i < ranks->dim_count; i++) {
			struct tree_range range = range_of(&ranks->dims[i], labels->at[i],
							   checks & 1u << i, part[i]);

			*vec_push(arena, &boxes->ranges) = range;
		}
		for (i = 0; i < ranks->dim_count; i++) {
			if (labels->at[i] && !(checks & 1u << i) &&
			    ++part[i] < labels->at[i]->count)
				break;
			part[i] = 0;
		}
	} while (i < ranks->dim_count);
}

/* How many boxes the rows are when none may be more than LIMIT. */
static size_t count_boxes(const struct plan_problem *problem, const struct tree_ranks *ranks,
			  size_t limit)
{
	struct row_labels labels;
	size_t count = 0, boxes;

	for (size_t i = 0; i < problem->row_count; i++) {
		read_row(problem, ranks, i, &labels);
		choose_checks(&labels, ranks->dim_count, limit, &boxes);
		count += boxes;
	}
	return count;
}

void plan_tree_box(const struct plan_problem *problem, const struct tree_ranks *ranks,
		   struct arena *arena, struct tree_boxes *ret_boxes)
{
	size_t limit = BOXES_OF_ROW, most = BOXES_EACH * problem->row_count + BOXES_SPARE, boxes;
	struct row_labels labels;

	while (limit > 1 && count_boxes(problem, ranks, limit) > most)
		limit /= 4;
	*ret_boxes = (struct tree_boxes){ .dim_count = ranks->dim_count };
	for (size_t i = 0; i < problem->row_count; i++) {
		struct tree_box box = { .result = problem->results[i],
					.resumed = problem->resumed && problem->resumed[i] };
		uint32_t checks;

		read_row(problem, ranks, i, &labels);
		checks = choose_checks(&labels, ranks->dim_count, limit, &boxes);
		if (checks) {
			*vec_push(arena, &ret_boxes->holes) = (struct tree_holes){ (uint32_t)i,
										   checks };
			box.check = (uint32_t)ret_boxes->holes.len;
		}
		put_row(ranks, &labels, &box, checks, arena, ret_boxes);
	}
}
