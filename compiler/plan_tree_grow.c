/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_grow: one decision tree over boxes of ranks.
 *
 * In: boxes, how many steps and rows are allowed.  Out: nodes and rows behind those of the forest.
 * A node cuts one dimension into cells of equal size; a box goes into each cell that it touches.
 * Behind a box that covers all of a cell and that nothing is resumed behind, later boxes are not
 * seen in that cell, and are left out.  The cut is chosen for which the cells have least boxes, as
 * a packet for a box sees them.
 *
 * Safety: a leaf holds, in order, every box that touches its cell and is not hidden so; a row is
 * compared in full.  So whatever is cut, the answer is right.  A key that lies beside all boxes of
 * a node may be led anywhere, to a node of another tree even: it finds none of these boxes, and
 * what it finds instead holds for it.  Memory: each node has an allowance,
 * at least its number of boxes, that its cells share in proportion to theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/plan_cost.h"
#include "compiler/plan_tree.h"

/* Tenths of nanoseconds, measured. */
#define COST_TREE 20			/* of a tree without steps and rows */
#define COST_STEP 14			/* besides what its load takes, */
#define COST_OVERLAP 4			/* of which the processor hides all but this part */
#define COST_ROW 16
#define COST_WORD 9			/* of a row, for each word but the first */
#define COST_LONG 300			/* of a leaf whose rows are looked at one by one */
#define COST_LONG_ROW 60

#define LOG 16				/* parts of one in logarithms */
#define FINE_AREA 256			/* boxes for which every size of cells is tried, */
#define MOST_BOXES (2u << 20)		/* of all cells, but for the allowance */
#define SIZES 64			/* leaves of less rows are told apart */
#define SMALL_LEAF 64			/* rows of a leaf whose pairs are compared */

struct grow {
	struct tree_forest *forest;
	const struct tree_wish *wish;
	uint32_t dim_count;
	struct arena scratch;
	uint32_t *open;			/* of each cell: the first one from it on that is open */
	uint32_t *count;		/* of each cell: its boxes */
	size_t cells_cap;
	size_t most;			/* rows and nodes of the forest, about */
	bool given_up;			/* they were more */
	uint32_t deepest;
	uint64_t weight;		/* of all leaves: their rows */
	uint64_t sizes[SIZES];		/* of those with so many */
	uint64_t far, far_rows;		/* of those with more; and times how many */
};

/* A node to be. */
struct area {
	struct tree_range range[PLAN_MAX_DIMS];
	uint32_t *ids;
	uint16_t *partial;		/* of each: dimensions that it does not cover, a bit each */
	size_t count;
	size_t allowance;
	uint32_t steps;			/* from the root */
};

struct cut {
	uint32_t dim, shift, cells;
	size_t boxes;			/* of all cells */
	uint64_t score;			/* the less the better */
};

static const struct tree_range *box_at(const struct grow *grow, uint32_t id)
{
	return grow->forest->boxes->ranges.at + (size_t)id * grow->dim_count;
}

static bool box_hides(const struct grow *grow, uint32_t id)
{
	const struct tree_box *box = &grow->forest->boxes->boxes.at[id];

	return !box->check && !box->resumed;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* LOG times the logarithm of NUMBER to base 2, roughly. */
static uint32_t log_of(uint64_t number)
{
	uint32_t whole;

	if (number < 2)
		return 0;
	whole = 63 - (uint32_t)__builtin_clzll(number);
	return whole * LOG + (uint32_t)((number << 4 >> whole) & (LOG - 1));
}

static void find_partial(const struct grow *grow, struct area *area)
{
	for (size_t i = 0; i < area->count; i++) {
		const struct tree_range *box = box_at(grow, area->ids[i]);
		uint16_t partial = 0;

		for (uint32_t j = 0; j < grow->dim_count; j++)
			if (box[j].lo > area->range[j].lo || box[j].hi < area->range[j].hi)
				partial |= (uint16_t)(1u << j);
		area->partial[i] = partial;
	}
}

static uint32_t first_open(uint32_t *open, uint32_t cell)
{
	while (open[cell] != cell) {
		open[cell] = open[open[cell]];
		cell = open[cell];
	}
	return cell;
}

static void make_room(struct grow *grow, size_t cells)
{
	if (cells + 1 <= grow->cells_cap)
		return;
	grow->cells_cap = 2 * cells + 64;
	grow->open = ARENA_ARRAY(&grow->scratch, uint32_t, grow->cells_cap);
	grow->count = ARENA_ARRAY(&grow->scratch, uint32_t, grow->cells_cap);
}

/*
 * Puts each box into the open cells that it touches: counts them, and lists them where LIST says,
 * if it is not NULL.  False when they are more than MOST.
 */
static bool deal(struct grow *grow, const struct area *area, const struct cut *cut, size_t most,
		 uint32_t **list, size_t *ret_boxes)
{
	struct tree_range range = area->range[cut->dim];
	size_t boxes = 0;

	for (uint32_t i = 0; i <= cut->cells; i++)
		grow->open[i] = i;
	memset(grow->count, 0, cut->cells * sizeof(*grow->count));
	for (size_t i = 0; i < area->count; i++) {
		const struct tree_range *box = &box_at(grow, area->ids[i])[cut->dim];
		uint32_t lo = max32(box->lo, range.lo) - range.lo;
		uint32_t hi = min32(box->hi, range.hi) - range.lo;
		uint32_t last = hi >> cut->shift, cell = first_open(grow->open, lo >> cut->shift);
		bool hides = !(area->partial[i] & ~(1u << cut->dim)) &&
			     box_hides(grow, area->ids[i]);

		for (; cell <= last; cell = first_open(grow->open, cell + 1)) {
			uint64_t start = (uint64_t)cell << cut->shift;
			uint64_t end = start + (1ull << cut->shift) - 1;

			if (list)
				list[cell][grow->count[cell]] = area->ids[i];
			grow->count[cell]++;
			if (++boxes > most)
				return false;
			if (hides && start >= lo && (end <= hi || hi == range.hi - range.lo))
				grow->open[cell] = cell + 1;
		}
	}
	grow->forest->work += boxes + area->count + cut->cells;
	*ret_boxes = boxes;
	return true;
}

/* How much is left to be done in the cells, as a packet for any of their boxes sees it. */
static uint64_t score_cut(const struct grow *grow, const struct area *area, const struct cut *cut)
{
	uint64_t sum = 0, leaf = log_of(grow->wish->rows), spent;

	for (uint32_t i = 0; i < cut->cells; i++)
		if (grow->count[i] > grow->wish->rows)
			sum += grow->count[i] * (log_of(grow->count[i]) - leaf);
	spent = log_of((cut->boxes + cut->cells / 2) * LOG / area->count);
	spent = spent > LOG * 4 ? spent - LOG * 4 : 0;
	return sum * LOG / (cut->boxes + !cut->boxes) + spent * LOG / 3;
}

/* Ever finer cells, until they have too many boxes. */
static void try_dim(struct grow *grow, const struct area *area, uint32_t dim, uint64_t most,
		    struct cut *best)
{
	struct tree_range range = area->range[dim];
	uint32_t span = range.hi - range.lo, step = area->count > FINE_AREA ? 2 : 1;
	size_t limit = area->allowance * grow->wish->spread;

	if (limit > MOST_BOXES)
		limit = area->allowance > MOST_BOXES ? area->allowance : MOST_BOXES;
	for (uint32_t shift = (32 - (uint32_t)__builtin_clz(span) + step - 1) / step * step;
	     shift >= step;) {
		struct cut cut = { dim, shift -= step, 0, 0, 0 };

		cut.cells = (span >> cut.shift) + 1;
		make_room(grow, cut.cells);
		if (cut.cells > most ||
		    !deal(grow, area, &cut, limit - cut.cells / 2, NULL, &cut.boxes))
			return;
		cut.score = score_cut(grow, area, &cut);
		if (cut.score < best->score)
			*best = cut;
	}
}

static bool choose_cut(struct grow *grow, const struct area *area, struct cut *ret_cut)
{
	uint64_t now = (log_of(area->count) - log_of(grow->wish->rows)) * LOG;
	uint64_t most = 4 * area->count + 16;
	uint16_t partial = 0;

	if (most > area->allowance)
		most = area->allowance;
	if (most > TREE_MAX_CELLS)
		most = TREE_MAX_CELLS;
	for (size_t i = 0; i < area->count; i++)
		partial |= area->partial[i];
	*ret_cut = (struct cut){ .score = now };
	for (uint32_t i = 0; i < grow->dim_count; i++) {
		if (partial & 1u << i)
			try_dim(grow, area, i, most, ret_cut);
	}
	return ret_cut->score < now;
}

static void drop_hidden(const struct grow *grow, struct area *area)
{
	size_t count = 0;

	if (area->count > SMALL_LEAF)
		return;
	for (size_t i = 0; i < area->count; i++) {
		const struct tree_range *box = box_at(grow, area->ids[i]);
		bool hidden = false;

		for (size_t j = 0; j < count && !hidden; j++) {
			const struct tree_range *before = box_at(grow, area->ids[j]);

			hidden = box_hides(grow, area->ids[j]);
			for (uint32_t k = 0; k < grow->dim_count && hidden; k++)
				hidden = before[k].lo <= max32(box[k].lo, area->range[k].lo) &&
					 before[k].hi >= min32(box[k].hi, area->range[k].hi);
		}
		if (!hidden)
			area->ids[count++] = area->ids[i];
	}
	area->count = count;
}

static uint32_t put_rows(struct tree_forest *forest, const uint32_t *ids, size_t count)
{
	uint32_t first = (uint32_t)forest->rows.len;

	for (size_t i = 0; i < count; i++) {
		*vec_push(forest->arena, &forest->rows) = ids ? ids[i] : TREE_NONE;
		*vec_push(forest->arena, &forest->more) = 0;
	}
	return first;
}

static uint64_t cost_of_row(const struct grow *grow)
{
	return COST_ROW + (grow->forest->ranks->words - 1) * COST_WORD;
}

/* Of rows behind those that the tree says. */
static uint64_t cost_of_more(const struct grow *grow, uint32_t more)
{
	if (!more)
		return 0;
	if (more <= TREE_BLOCK * TREE_BLOCKS)
		return PLAN_COST_MISS_BRANCH + (more / 2 + TREE_BLOCK) * cost_of_row(grow);
	return COST_LONG + (uint64_t)more * COST_LONG_ROW / 2;
}

/* Of the leaf that a packet comes to, when ROWS are looked at without a jump. */
static uint64_t cost_of_leaf(const struct grow *grow, uint32_t rows)
{
	uint64_t more = grow->far * COST_LONG + grow->far_rows * COST_LONG_ROW / 2;

	for (uint32_t i = rows + 1; i < SIZES; i++)
		more += grow->sizes[i] * cost_of_more(grow, i - rows);
	return rows * cost_of_row(grow) + more / (grow->weight + !grow->weight);
}

static void note_leaf(struct grow *grow, size_t count, bool checked)
{
	grow->weight += count;
	if (count < SIZES && !checked) {
		grow->sizes[count] += count;
	} else {
		grow->far += count;
		grow->far_rows += (uint64_t)count * count;
	}
}

/* All rows of the leaf, until it is known how many are looked at anyway, are .more. */
static void put_leaf(struct grow *grow, struct area *area, uint32_t node)
{
	struct tree_forest *forest = grow->forest;
	uint32_t first = 0;
	bool checked = false;

	drop_hidden(grow, area);
	for (size_t i = 0; i < area->count; i++)
		checked |= forest->boxes->boxes.at[area->ids[i]].check != 0;
	if (area->count) {
		first = checked ? put_rows(forest, NULL, TREE_MAX_ROWS) :
				  (uint32_t)forest->rows.len;
		put_rows(forest, area->ids, area->count);
		forest->more.at[first] = (uint32_t)(forest->rows.len - first) |
					 (checked ? TREE_CHECK : 0);
	}
	forest->nodes.at[node] = (struct tree_node){ .base = node, .bias = first };
	grow->deepest = max32(grow->deepest, area->steps);
	note_leaf(grow, area->count, checked);
}

/* The number of rows to look at anyway that is cheapest; .more are those behind them. */
static uint32_t finish_rows(struct grow *grow, size_t first)
{
	struct tree_forest *forest = grow->forest;
	uint32_t rows = 1;

	for (uint32_t i = 2; i <= TREE_MAX_ROWS; i++)
		if (cost_of_leaf(grow, i) < cost_of_leaf(grow, rows))
			rows = i;
	for (size_t i = first; i < forest->rows.len; i++) {
		uint32_t more = forest->more.at[i], count = more & ~TREE_CHECK;

		forest->more.at[i] = count > rows ? more - rows : 0;
		forest->longer |= count > rows;
	}
	return rows;
}

static void put_copy(struct tree_forest *forest, uint32_t from, uint32_t to)
{
	forest->nodes.at[to] = forest->nodes.at[from];
	if (!forest->nodes.at[to].cut)
		forest->nodes.at[to].base = to;
}

static void grow_node(struct grow *grow, struct area *area, uint32_t node);

/* Neighbours with the same boxes are one area. */
static void grow_cells(struct grow *grow, const struct area *area, const struct cut *cut,
		       uint32_t *const *list, const uint32_t *counts, uint32_t base)
{
	struct area cell = *area;
	uint32_t end;

	cell.steps++;
	cell.partial = ARENA_ARRAY(&grow->scratch, uint16_t, area->count + 1);
	for (uint32_t i = 0; i < cut->cells && !grow->given_up; i = end) {
		uint64_t start = (uint64_t)area->range[cut->dim].lo + ((uint64_t)i << cut->shift);

		for (end = i + 1; end < cut->cells && counts[end] == counts[i]; end++)
			if (memcmp(list[end], list[i], counts[i] * sizeof(**list)))
				break;
		memcpy(cell.range, area->range, sizeof(cell.range));
		cell.range[cut->dim].lo = (uint32_t)start;
		start += ((uint64_t)(end - i) << cut->shift) - 1;
		cell.range[cut->dim].hi = start > area->range[cut->dim].hi ?
						  area->range[cut->dim].hi : (uint32_t)start;
		cell.ids = list[i];
		cell.count = counts[i];
		cell.allowance = (size_t)((double)(area->allowance - cut->cells / 2) *
					  counts[i] / (double)(cut->boxes + 1));
		if (cell.allowance < cell.count)
			cell.allowance = cell.count;
		grow_node(grow, &cell, base + i);
		for (uint32_t j = i + 1; j < end; j++)
			put_copy(grow->forest, base + i, base + j);
	}
}

static void put_cut(struct grow *grow, const struct area *area, const struct cut *cut,
		    uint32_t node)
{
	const struct tree_dim *dim = &grow->forest->ranks->dims[cut->dim];
	uint32_t *at = ARENA_ARRAY(&grow->scratch, uint32_t, cut->boxes + 1);
	uint32_t **list = ARENA_ARRAY(&grow->scratch, uint32_t *, cut->cells);
	uint32_t *counts = ARENA_ARRAY(&grow->scratch, uint32_t, cut->cells);
	uint32_t base = (uint32_t)grow->forest->nodes.len;
	size_t boxes;

	make_room(grow, cut->cells);
	deal(grow, area, cut, SIZE_MAX, NULL, &boxes);
	for (uint32_t i = 0; i < cut->cells; i++) {
		list[i] = at;
		counts[i] = grow->count[i];
		at += counts[i];
		vec_push(grow->forest->arena, &grow->forest->nodes);
	}
	deal(grow, area, cut, SIZE_MAX, list, &boxes);
	grow->forest->nodes.at[node] = (struct tree_node){
		.base = base, .bias = (uint64_t)area->range[cut->dim].lo << dim->pos,
		.cut = TREE_CUT(dim->mask >> cut->shift, dim->word, dim->pos + cut->shift),
	};
	grow_cells(grow, area, cut, list, counts, base);
}

/* Keys beside the boxes go anywhere. */
static void shrink(const struct grow *grow, struct area *area)
{
	for (uint32_t i = 0; i < grow->dim_count && area->count; i++) {
		struct tree_range *range = &area->range[i];
		struct tree_range hull = { UINT32_MAX, 0 };

		for (size_t j = 0; j < area->count; j++) {
			hull.lo = min32(hull.lo, box_at(grow, area->ids[j])[i].lo);
			hull.hi = max32(hull.hi, box_at(grow, area->ids[j])[i].hi);
		}
		range->lo = max32(range->lo, hull.lo);
		range->hi = min32(range->hi, hull.hi);
	}
}

static void grow_node(struct grow *grow, struct area *area, uint32_t node)
{
	struct cut cut;

	shrink(grow, area);
	find_partial(grow, area);
	if (grow->forest->rows.len + grow->forest->nodes.len / 2 > grow->most) {
		grow->given_up = true;
		return;
	}
	if (area->count > grow->wish->rows && area->steps < grow->wish->steps &&
	    choose_cut(grow, area, &cut))
		put_cut(grow, area, &cut, node);
	else
		put_leaf(grow, area, node);
}

/* What a packet pays for the tree; one that it finds nothing in pays about the same. */
static uint32_t cost_of(const struct grow *grow, uint32_t rows, size_t bytes)
{
	uint64_t cost = COST_TREE, load = plan_cost_load(bytes);

	cost += grow->deepest * (COST_STEP + load / COST_OVERLAP);
	cost += cost_of_leaf(grow, rows) + load / COST_OVERLAP;
	return cost > UINT32_MAX ? UINT32_MAX : (uint32_t)cost;
}

void plan_tree_grow(struct tree_forest *forest, const uint32_t *ids, size_t count,
		    const struct tree_wish *wish, uint32_t root, struct tree_shape *ret_shape)
{
	struct grow grow = { .forest = forest, .wish = wish,
			     .dim_count = forest->ranks->dim_count };
	size_t nodes = forest->nodes.len, rows = forest->rows.len, bytes;
	struct area area = { .count = count, .allowance = wish->allowance };

	for (uint32_t i = 0; i < grow.dim_count; i++)
		area.range[i] = (struct tree_range){ 0, forest->ranks->dims[i].ranks - 1 };
	area.ids = ARENA_ARRAY(&grow.scratch, uint32_t, count + 1);
	area.partial = ARENA_ARRAY(&grow.scratch, uint16_t, count + 1);
	if (count)
		memcpy(area.ids, ids, count * sizeof(*ids));
	grow.most = wish->spread > 1 ? rows + nodes / 2 + wish->allowance * 2 : SIZE_MAX;
	grow_node(&grow, &area, root);
	bytes = (forest->nodes.len - nodes) * sizeof(struct tree_node) +
		(forest->rows.len - rows) * tree_row_bytes(forest->ranks->words);
	ret_shape->slot = (struct tree_slot){ grow.deepest, finish_rows(&grow, rows) };
	ret_shape->cost = grow.given_up ? UINT32_MAX : cost_of(&grow, ret_shape->slot.rows, bytes);
	arena_free(&grow.scratch);
}
