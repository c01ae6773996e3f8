/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_deal: which boxes share a tree.
 *
 * In: boxes.  Out: a forest.  A box that is long in a dimension goes into many cells of a cut
 * there, so first boxes are dealt out by the two finest dimensions that they are long in.  A few
 * boxes more do no harm to a tree, while a tree of their own costs every packet: small groups are
 * put together.  Each group then becomes one tree, or, when its leaves would be long:
 *
 *	- two groups, by another dimension that boxes are long in; or
 *	- strips: each box is cut along one dimension into pieces that are whole cells of a grid of
 *	  1, 4, 16 ... cells, at most six for each grid, and each grid has a tree.  In a cell of
 *	  that tree no box has a border in this dimension, so however they lie across each other,
 *	  there is one dimension less to cut.
 *
 * What is cheapest is kept.  All boxes as one group are tried, too.
 *
 * Safety: each box is in one tree, or its pieces, which cover it, are.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/plan_tree.h"

#define LONG 16				/* a box is long when it has more than this part of ranks */
#define FEW 16				/* boxes that need no tree of their own */
#define GRID_BITS 2			/* a cell is so many bits of ranks longer than the next */
#define COST_GOOD 150			/* of a tree that is not worth another try */
#define COST_FAIR 300			/* of one that is hardly beaten by two, */
#define COST_AWFUL 10000			/* one for which no work is too much */
#define COST_BAD 1000			/* and of one that is hardly beaten by strips */
#define ALLOWANCE_SPARE 4096
#define SPREAD 8
#define STRIP_RANKS 64			/* a dimension with less is not cut into strips */
#define TRIES 10			/* trees that are grown to find a good form */
#define MAX_TRIED_AS_ONE 32768		/* boxes that are dealt in both ways */

/* A part of the forest that may be taken back. */
struct mark {
	size_t nodes, rows, more, boxes, ranges;
	uint32_t tree_count, cost;
	bool longer;
};

/* Of a tree, see struct tree_wish. */
struct form {
	uint32_t rows, steps, spread;
};

struct group {
	uint32_t *ids;
	size_t count;
	struct form form;		/* the best one found so far; .rows is 0: none */
};

static struct mark mark_of(const struct tree_forest *forest)
{
	return (struct mark){ forest->nodes.len, forest->rows.len, forest->more.len,
			      forest->boxes->boxes.len, forest->boxes->ranges.len,
			      forest->tree_count, forest->cost, forest->longer };
}

static void take_back(struct tree_forest *forest, const struct mark *mark)
{
	forest->nodes.len = mark->nodes;
	forest->rows.len = mark->rows;
	forest->more.len = mark->more;
	forest->boxes->boxes.len = mark->boxes;
	forest->boxes->ranges.len = mark->ranges;
	forest->tree_count = mark->tree_count;
	forest->cost = mark->cost;
	forest->longer = mark->longer;
}

static int compare_ids(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* No more than what was found so far. */
static bool work_done(const struct tree_forest *forest)
{
	return forest->work > forest->most_work;
}

static size_t allowance_of(const struct tree_forest *forest, size_t boxes)
{
	return boxes * forest->allowance + ALLOWANCE_SPARE;
}

/* One tree of the form WISH; returns its cost. */
static uint32_t try_tree(struct tree_forest *forest, const struct group *group,
			 const struct form *form)
{
	struct tree_wish wish = { form->steps, form->rows, allowance_of(forest, group->count),
				  form->spread };
	uint32_t root = forest->tree_count++;
	struct tree_shape shape;

	plan_tree_grow(forest, group->ids, group->count, &wish, root, &shape);
	forest->slots[root] = shape.slot;
	forest->cost += shape.cost;
	return shape.cost;
}

static bool form_makes_sense(const struct form *form, uint32_t best)
{
	return form->rows && form->rows <= TREE_MAX_ROWS && form->steps <= TREE_MAX_STEPS &&
	       form->spread <= SPREAD + 1 && (form->spread == 1 || best > COST_GOOD);
}

/* One tree of a good form: as many rows and steps as pay. */
static void put_tree(struct tree_forest *forest, struct group *group)
{
	static const struct form moves[] = { { 0, 0, SPREAD }, { 0, 0, SPREAD / 4 }, { 0, 1, 0 },
					     { 0, -1u, 0 }, { -1u, 0, 0 }, { 1, 0, 0 } };
	const uint32_t move_count = sizeof(moves) / sizeof(*moves);
	const struct mark mark = mark_of(forest);
	struct form form = { 2, 4, 1 }, *good = &group->form;
	uint32_t move = 0, since = 0, cost, best;

	if (good->rows) {
		try_tree(forest, group, good);
		return;
	}
	*good = form;
	best = try_tree(forest, group, &form);
	for (uint32_t i = 0; i < TRIES && since < move_count; i++) {
		if (i > 1 && (forest->rough || work_done(forest)))
			break;
		if (work_done(forest) && best <= COST_BAD)
			break;
		form = (struct form){ good->rows + moves[move].rows,
				      good->steps + moves[move].steps,
				      good->spread + moves[move].spread };
		cost = UINT32_MAX;
		if (form_makes_sense(&form, best)) {
			take_back(forest, &mark);
			cost = try_tree(forest, group, &form);
		}
		since = cost < best ? 0 : since + 1;
		if (cost < best) {
			best = cost;
			*good = form;
		} else {
			move = (move + 1) % move_count;
		}
	}
	if (memcmp(&form, good, sizeof(form))) {
		take_back(forest, &mark);
		try_tree(forest, group, good);
	}
}

static bool is_long(const struct tree_forest *forest, uint32_t id, uint32_t dim)
{
	const struct tree_range *range =
		&forest->boxes->ranges.at[(size_t)id * forest->boxes->dim_count + dim];

	return ((uint64_t)range->hi - range->lo + 1) * LONG > forest->ranks->dims[dim].ranks + LONG;
}

/* The boxes of GROUP that are long in DIM behind those that are not. */
static void part_group(const struct tree_forest *forest, const struct group *group, uint32_t dim,
		       struct arena *scratch, struct group ret_parts[2])
{
	for (uint32_t i = 0; i < 2; i++) {
		ret_parts[i] = (struct group){ .ids = NULL };
		ret_parts[i].ids = ARENA_ARRAY(scratch, uint32_t, group->count + 1);
	}
	for (size_t i = 0; i < group->count; i++) {
		struct group *part = &ret_parts[is_long(forest, group->ids[i], dim)];

		part->ids[part->count++] = group->ids[i];
	}
}

/* The cells LO to HI of a grid, of box ID in DIM, as a box of their own in GROUP. */
static void put_piece(struct tree_forest *forest, uint32_t id, uint32_t dim, uint32_t lo,
		      uint32_t hi, uint32_t shift, struct group *group)
{
	struct tree_boxes *boxes = forest->boxes;
	uint32_t last = forest->ranks->dims[dim].ranks - 1;
	size_t at = boxes->ranges.len;
	struct tree_box box = boxes->boxes.at[id];

	for (uint32_t i = 0; i < boxes->dim_count; i++) {
		struct tree_range range = boxes->ranges.at[(size_t)id * boxes->dim_count + i];

		*vec_push(forest->arena, &boxes->ranges) = range;
	}
	boxes->ranges.at[at + dim].lo = lo << shift;
	boxes->ranges.at[at + dim].hi = (((uint64_t)hi + 1) << shift) - 1 < last ?
						((hi + 1) << shift) - 1 : last;
	group->ids[group->count++] = (uint32_t)boxes->boxes.len;
	*vec_push(forest->arena, &boxes->boxes) = box;
}

/*
 * Cuts a box into pieces that are whole cells of the grids, the finest first: what of it does not
 * fill a cell of the next grid, at either end.
 */
static void cut_strip(struct tree_forest *forest, uint32_t id, uint32_t dim, struct group *grids,
		      uint32_t grid_count)
{
	struct tree_range range = forest->boxes->ranges.at[(size_t)id * forest->boxes->dim_count +
							   dim];
	uint64_t lo = range.lo, end = (uint64_t)range.hi + 1;

	if (range.hi == forest->ranks->dims[dim].ranks - 1)
		end = 1ull << (GRID_BITS * (grid_count - 1));
	for (uint32_t i = 0; i < grid_count && lo < end; i++) {
		uint32_t shift = GRID_BITS * i;
		uint64_t step = 1ull << GRID_BITS, up = (lo + step - 1) / step, down = end / step;

		if (i + 1 == grid_count || up >= down) {
			put_piece(forest, id, dim, (uint32_t)lo, (uint32_t)end - 1, shift,
				  &grids[i]);
			return;
		}
		if (lo < up * step)
			put_piece(forest, id, dim, (uint32_t)lo, (uint32_t)(up * step) - 1, shift,
				  &grids[i]);
		if (down * step < end)
			put_piece(forest, id, dim, (uint32_t)(down * step), (uint32_t)end - 1,
				  shift, &grids[i]);
		lo = up;
		end = down;
	}
}

static uint32_t grids_of(const struct tree_forest *forest, uint32_t dim)
{
	uint32_t grids = 1;

	while (1ull << (GRID_BITS * (grids - 1)) < forest->ranks->dims[dim].ranks)
		grids++;
	return grids;
}

/* Trees for the grids of DIM; false when they are too many. */
static bool put_strips(struct tree_forest *forest, const struct group *group, uint32_t dim)
{
	struct group grids[32] = { { .ids = NULL } };
	uint32_t count = grids_of(forest, dim);
	struct arena scratch = ARENA_INIT;
	bool room = forest->tree_count + count <= TREE_MAX_TREES;

	for (uint32_t i = 0; i < count && room; i++)
		grids[i].ids = ARENA_ARRAY(&scratch, uint32_t, 2 * group->count + 1);
	for (size_t i = 0; i < group->count && room; i++)
		cut_strip(forest, group->ids[i], dim, grids, count);
	for (uint32_t i = 0; i < count && room; i++)
		if (grids[i].count)
			put_tree(forest, &grids[i]);
	arena_free(&scratch);
	return room;
}

static bool put_parts(struct tree_forest *forest, const struct group *group, uint32_t dim)
{
	struct arena scratch = ARENA_INIT;
	struct group parts[2];
	bool both;

	part_group(forest, group, dim, &scratch, parts);
	both = parts[0].count > FEW && parts[1].count > FEW &&
	       forest->tree_count + 2 <= TREE_MAX_TREES;
	for (uint32_t i = 0; i < 2 && both; i++)
		put_tree(forest, &parts[i]);
	arena_free(&scratch);
	return both;
}

/* WAY: 0 one tree, 1 to dimensions two groups, then strips. */
static bool put_way(struct tree_forest *forest, struct group *group, uint32_t way)
{
	uint32_t dims = forest->boxes->dim_count;

	if (way > dims)
		return put_strips(forest, group, way - dims - 1);
	if (way)
		return put_parts(forest, group, way - 1);
	put_tree(forest, group);
	return true;
}

static void put_group(struct tree_forest *forest, struct group *group)
{
	const struct mark mark = mark_of(forest);
	uint32_t dims = forest->boxes->dim_count, best_way = 0, best;

	put_tree(forest, group);
	best = forest->cost - mark.cost;
	if (best <= COST_FAIR || (best <= COST_AWFUL && work_done(forest)))
		return;
	forest->rough = true;
	for (uint32_t i = best > COST_AWFUL ? dims + 1 : 1; i <= 2 * dims; i++) {
		if (best <= COST_AWFUL && (work_done(forest) || (best <= COST_BAD && i > dims)))
			break;
		if (i > dims && forest->ranks->dims[i - dims - 1].ranks < STRIP_RANKS)
			continue;
		take_back(forest, &mark);
		if (put_way(forest, group, i) && forest->cost - mark.cost < best) {
			best = forest->cost - mark.cost;
			best_way = i;
		}
	}
	forest->rough = false;
	take_back(forest, &mark);
	put_way(forest, group, best_way);
}

/* The dimensions with the most ranks. */
static void find_finest(const struct tree_ranks *ranks, uint32_t ret_dims[2])
{
	ret_dims[0] = ret_dims[1] = TREE_NONE;
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		uint32_t count = ranks->dims[i].ranks;

		if (ret_dims[0] == TREE_NONE || count > ranks->dims[ret_dims[0]].ranks) {
			ret_dims[1] = ret_dims[0];
			ret_dims[0] = i;
		} else if (ret_dims[1] == TREE_NONE || count > ranks->dims[ret_dims[1]].ranks) {
			ret_dims[1] = i;
		}
	}
}

/* Puts groups of few boxes together, in order, into the last one, of those long in everything. */
static void join_few(struct group *groups, uint32_t count)
{
	struct group *last = &groups[count - 1];

	for (uint32_t i = 0; i + 1 < count; i++) {
		if (groups[i].count > FEW)
			continue;
		memcpy(last->ids + last->count, groups[i].ids,
		       groups[i].count * sizeof(*last->ids));
		last->count += groups[i].count;
		groups[i].count = 0;
	}
	qsort(last->ids, last->count, sizeof(*last->ids), compare_ids);
}

/* Deals the boxes by DIMS into four groups; TREE_NONE: as if they were all long in it. */
static void deal_by(struct tree_forest *forest, const uint32_t dims[2])
{
	size_t count = forest->boxes->boxes.len, done = 0;
	struct arena scratch = ARENA_INIT;
	struct group groups[4] = { { .ids = NULL } };
	uint64_t work = forest->most_work;

	for (uint32_t i = 0; i < 4; i++)
		groups[i].ids = ARENA_ARRAY(&scratch, uint32_t, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t group = 0;

		for (uint32_t j = 0; j < 2; j++)
			if (dims[j] == TREE_NONE || is_long(forest, i, dims[j]))
				group |= 1u << j;
		groups[group].ids[groups[group].count++] = i;
	}
	join_few(groups, 4);
	for (uint32_t i = 0; i < 4; i++) {
		done += groups[i].count;
		forest->most_work = (uint64_t)((double)work * (double)done / (double)(count + 1));
		if (groups[i].count)
			put_group(forest, &groups[i]);
	}
	forest->most_work = work;
	arena_free(&scratch);
}

/*
 * Where some other dimension tells boxes apart one tree may do, which its leaves' uneven lengths
 * make more costly than expected [measured: by up to a third].
 */
static bool is_better(uint32_t one, uint32_t dealt)
{
	return (uint64_t)one * 3 < (uint64_t)dealt * 2;
}

void plan_tree_deal(struct tree_forest *forest)
{
	static const uint32_t no_dims[2] = { TREE_NONE, TREE_NONE };
	size_t count = forest->boxes->boxes.len;
	struct mark mark;
	uint32_t dims[2], dealt;

	for (uint32_t i = 0; i < TREE_MAX_TREES; i++)
		vec_push(forest->arena, &forest->nodes);
	*vec_push(forest->arena, &forest->rows) = TREE_NONE;
	*vec_push(forest->arena, &forest->more) = 0;
	find_finest(forest->ranks, dims);
	mark = mark_of(forest);
	deal_by(forest, dims);
	dealt = forest->cost;
	if (forest->tree_count < 2 || count > MAX_TRIED_AS_ONE || dealt <= COST_FAIR)
		return;
	take_back(forest, &mark);
	forest->work = 0;
	deal_by(forest, no_dims);
	if (is_better(forest->cost, dealt)) {
		forest->cost += forest->cost / 3;
		return;
	}
	take_back(forest, &mark);
	forest->work = 0;
	deal_by(forest, dims);
}
