/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_cells: rows of a problem by what they say of the two big axes, and what they add up
 * to.
 *
 * In: two sides with their classes and wide labels, the other dimensions as one part.  Out: for
 * each kind of rows (see plan_cross_sparse.c) either rows of results by groups of classes, or cells
 * of the sparse matrix and where its rows are placed.
 *
 * Safety: a group has the classes that lie in the same labels of all rows that the group is asked
 * about, so what is made for one class of it holds for all.
 */
#include "compiler/plan_cross_sparse.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 4000000u
#define MAX_DENSE_BYTES (256u << 10)	/* of rows of results, of one kind */
#define MAX_NEITHER_ROWS 8u		/* of a packed list */
#define MAX_COARSE 32768u		/* classes of small dimensions that are joined, by kinds */
#define COARSE_BITS 32			/* of all kinds' classes: what a source can give */
#define MAX_DIRECT_CELLS 16384u		/* by groups and wide groups, of one kind */
#define MAX_NEITHER_BYTES (4u << 20)	/* likewise, of rows that name no big axis */

static enum plan_cross_row kind_of(const struct plan_cross_sparse *sparse, size_t row)
{
	uint32_t a = sparse->sides[0].row_label[row], b = sparse->sides[1].row_label[row];
	bool specific_a = a != sparse->sides[0].any && !sparse->sides[0].wide[a];
	bool specific_b = b != sparse->sides[1].any && !sparse->sides[1].wide[b];

	return specific_a ? (specific_b ? PAIR : LEFT) : specific_b ? RIGHT : NEITHER;
}

static void make_buckets(struct plan_cross_sparse *sparse, int side_number,
			 enum plan_cross_row kind)
{
	const struct plan_cross_side *side = &sparse->sides[side_number];
	struct plan_cross_buckets *buckets = &sparse->by_label[side_number][kind];
	struct arena *arena = sparse->cross->arena;
	size_t rows = sparse->cross->problem->row_count;
	uint32_t *next;

	buckets->first = ARENA_ARRAY(arena, uint32_t, side->any + 2);
	buckets->rows = ARENA_ARRAY(arena, uint32_t, rows + 1);
	next = ARENA_ARRAY(arena, uint32_t, side->any + 2);
	for (size_t i = 0; i < rows; i++)
		if (kind_of(sparse, i) == kind)
			buckets->first[side->row_label[i] + 1]++;
	for (uint32_t i = 0; i <= side->any; i++)
		next[i + 1] = buckets->first[i + 1] += buckets->first[i];
	next[0] = 0;
	for (uint32_t i = 0; i < rows; i++)
		if (kind_of(sparse, i) == kind)
			buckets->rows[next[side->row_label[i]]++] = i;
}

static uint32_t bucket_size(const struct plan_cross_buckets *buckets, uint32_t label)
{
	return buckets->first[label + 1] - buckets->first[label];
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static size_t add_bucket(const struct plan_cross_buckets *buckets, uint32_t label,
			 uint32_t *ret_rows)
{
	uint32_t count = bucket_size(buckets, label);

	memcpy(ret_rows, &buckets->rows[buckets->first[label]], count * sizeof(uint32_t));
	return count;
}

/*
 * Rows of KIND (LEFT: SIDE 0, RIGHT: SIDE 1) that hold for GROUP of that side's, whatever they say
 * of the other side; sorted, into .scratch.
 */
static bool gather(struct plan_cross_sparse *sparse, int side, enum plan_cross_row kind,
		   const struct plan_cross_groups *groups, uint32_t group, size_t *ret_count)
{
	const struct plan_cross_buckets *buckets = &sparse->by_label[side][kind];
	size_t count = 0;

	for (uint32_t i = groups->first[group]; i < groups->first[group + 1]; i++)
		count += add_bucket(buckets, groups->labels[i], &sparse->scratch[count]);
	if (kind == LEFT && sparse->fold)
		count += add_bucket(&sparse->by_label[side][NEITHER], sparse->sides[side].any,
				    &sparse->scratch[count]);
	qsort(sparse->scratch, count, sizeof(uint32_t), compare_numbers);
	*ret_count = count;
	return plan_cross_spend(sparse->cross, 8 * (uint64_t)count + 4);
}

/* Those of COUNT rows in .scratch that hold for a group of wide labels of SIDE. */
static size_t filter_wide(struct plan_cross_sparse *sparse, int side, uint32_t group, size_t count,
			  uint32_t *ret_rows)
{
	const struct plan_cross_groups *wide = &sparse->wide[side];
	const struct plan_cross_side *from = &sparse->sides[side];
	size_t kept = 0;

	for (uint32_t i = wide->first[group]; i < wide->first[group + 1]; i++)
		sparse->mark[wide->labels[i]] = true;
	for (size_t i = 0; i < count; i++) {
		uint32_t label = from->row_label[sparse->scratch[i]];

		if (label == from->any || sparse->mark[label])
			ret_rows[kept++] = sparse->scratch[i];
	}
	for (uint32_t i = wide->first[group]; i < wide->first[group + 1]; i++)
		sparse->mark[wide->labels[i]] = false;
	return kept;
}

/* Puts a row of results for ROWS into the table of KIND, unless there is one like it. */
static bool add_values(struct plan_cross_sparse *sparse, enum plan_cross_row kind,
		       const uint32_t *rows, size_t count, uint32_t *ret_row)
{
	uint32_t size = sparse->coarse[kind].shapes.classes, number;
	struct arena *arena = sparse->cross->arena;
	uint32_t *values = ARENA_ARRAY(arena, uint32_t, size);
	uint64_t hash = 0, slot;

	if (!plan_cross_list_values(&sparse->coarse[kind].shapes, rows, count, sparse->none,
				    values))
		return false;
	for (uint32_t i = 0; i < size; i++)
		hash = plan_cross_mix(hash ^ values[i]);
	hash |= 1;
	slot = hash;
	while (plan_cross_memo_next(sparse->value_rows[kind], hash, &slot, &number))
		if (!memcmp(&sparse->values[kind].at[(size_t)number * size], values,
			    size * sizeof(uint32_t))) {
			*ret_row = number;
			return true;
		}
	*ret_row = (uint32_t)(sparse->values[kind].len / size);
	plan_cross_memo_add(sparse->value_rows[kind], hash, *ret_row);
	for (uint32_t i = 0; i < size; i++)
		*vec_push(arena, &sparse->values[kind]) = values[i];
	return true;
}

/* Rows of results for all groups of one side with all wide groups of the other. */
static bool make_dense(struct plan_cross_sparse *sparse, int side, enum plan_cross_row kind)
{
	const struct plan_cross_groups *alone = &sparse->alone[side];
	const struct plan_cross_groups *wide = &sparse->wide[!side];
	struct arena *arena = sparse->cross->arena;
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, sparse->cross->problem->row_count + 1);
	size_t count;

	sparse->value_at[kind] = ARENA_ARRAY(arena, uint32_t, (size_t)alone->count * wide->count);
	for (uint32_t i = 0; i < alone->count; i++) {
		if (!gather(sparse, side, kind, alone, i, &count))
			return false;
		for (uint32_t j = 0; j < wide->count; j++) {
			size_t some = filter_wide(sparse, !side, j, count, kept);

			if (!plan_cross_spend(sparse->cross, count) ||
			    !add_values(sparse, kind, kept, some,
					&sparse->value_at[kind][i * wide->count + j]))
				return false;
		}
	}
	return true;
}

/* Rows whose labels are neither: by wide groups of side 1 alone. */
static bool make_neither(struct plan_cross_sparse *sparse)
{
	const struct plan_cross_groups *wide = &sparse->wide[1];
	struct arena *arena = sparse->cross->arena;
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, sparse->cross->problem->row_count + 1);
	size_t count = add_bucket(&sparse->by_label[0][NEITHER], sparse->sides[0].any,
				  sparse->scratch);

	sparse->value_at[NEITHER] = ARENA_ARRAY(arena, uint32_t, wide->count);
	for (uint32_t i = 0; i < wide->count; i++) {
		size_t some = filter_wide(sparse, 1, i, count, kept);

		if (!plan_cross_spend(sparse->cross, count) ||
		    !add_values(sparse, NEITHER, kept, some, &sparse->value_at[NEITHER][i]))
			return false;
	}
	return true;
}

/* Groups of SIDE by the labels that are wide, or that rows of KIND have. */
static bool group_side(struct plan_cross_sparse *sparse, int side, bool wide,
		       enum plan_cross_row kind, struct plan_cross_groups *ret_groups)
{
	const struct plan_cross_side *from = &sparse->sides[side];
	bool *chosen = ARENA_ARRAY(sparse->cross->arena, bool, from->any + 1);

	for (uint32_t i = 0; i < from->any; i++)
		chosen[i] = wide ? from->wide[i] :
				   bucket_size(&sparse->by_label[side][kind], i) > 0;
	return plan_cross_groups_make(sparse->cross, from, chosen, ret_groups);
}

/*
 * A wide label of side 0 in a row of the kind NEITHER makes it one of the kind LEFT: only what is
 * PLAN_ANY there needs no group of side 0.
 */
static void move_neither(struct plan_cross_sparse *sparse)
{
	const struct plan_cross_side *side = &sparse->sides[0];
	struct plan_cross_buckets *left = &sparse->by_label[0][LEFT];
	struct plan_cross_buckets *neither = &sparse->by_label[0][NEITHER];
	struct plan_cross_buckets both;
	struct arena *arena = sparse->cross->arena;
	size_t count = 0;

	both.first = ARENA_ARRAY(arena, uint32_t, side->any + 2);
	both.rows = ARENA_ARRAY(arena, uint32_t, sparse->cross->problem->row_count + 1);
	for (uint32_t i = 0; i < side->any; i++) {
		count += add_bucket(left, i, &both.rows[count]);
		count += add_bucket(neither, i, &both.rows[count]);
		both.first[i + 1] = (uint32_t)count;
	}
	both.first[side->any + 1] = (uint32_t)count;
	*left = both;
	sparse->has[LEFT] = count > 0;
	sparse->has[NEITHER] = bucket_size(neither, side->any) > 0;
}

static uint64_t dense_bytes(const struct plan_cross_sparse *sparse, enum plan_cross_row kind,
			    uint64_t rows)
{
	unsigned int size = sparse->none < 65536 ? 2 : 4;

	return rows * sparse->coarse[kind].shapes.classes * size;
}

/* Rows of the kind NEITHER are many, and none of them names a wide label. */
static bool are_apart(const struct plan_cross_sparse *sparse)
{
	const struct plan_cross_buckets *rows = &sparse->by_label[0][NEITHER];
	uint32_t any = sparse->sides[0].any;

	if (bucket_size(rows, any) <= MAX_NEITHER_ROWS)
		return false;
	for (uint32_t i = rows->first[any]; i < rows->first[any + 1]; i++)
		if (sparse->sides[1].row_label[rows->rows[i]] != sparse->sides[1].any)
			return false;
	return true;
}

/* Classes of the kinds that may be dense; of LEFT, which rows of NEITHER are among, when FOLD. */
static bool make_coarse(struct plan_cross_sparse *sparse, bool fold)
{
	for (enum plan_cross_row i = LEFT; i < KINDS; i++) {
		bool kinds[KINDS] = { [NEITHER] = i == LEFT && fold };

		kinds[i] = true;
		if (!sparse->is_coarse)
			sparse->coarse[i] = sparse->coarse[PAIR];
		else if (!plan_cross_coarse_make(sparse, kinds, &sparse->coarse[i]))
			return false;
	}
	return true;
}

/* Those of all kinds that are not dense. */
static bool make_lists_coarse(struct plan_cross_sparse *sparse)
{
	const bool kinds[KINDS] = {
		[PAIR] = true, [LEFT] = !sparse->dense[LEFT], [RIGHT] = !sparse->dense[RIGHT],
	};

	return plan_cross_coarse_make(sparse, kinds, &sparse->coarse[PAIR]);
}

/* Which kinds are dense; how many rows they have, by kind. */
static bool choose_kinds(struct plan_cross_sparse *sparse, bool coarse, const uint64_t *rows)
{
	uint64_t neither = bucket_size(&sparse->by_label[0][NEITHER], sparse->sides[0].any);
	bool fold = sparse->has[LEFT] && neither * rows[LEFT] < 1u << 20;

	sparse->is_coarse = coarse;
	if ((!coarse && !plan_cross_coarse_all(sparse, &sparse->coarse[PAIR])) ||
	    !make_coarse(sparse, fold))
		return false;
	for (enum plan_cross_row i = LEFT; i <= RIGHT; i++)
		sparse->dense[i] = dense_bytes(sparse, i, rows[i]) <= MAX_DENSE_BYTES;
	sparse->fold = fold && sparse->dense[LEFT];
	sparse->has[NEITHER] = neither && !sparse->fold;
	return !coarse || make_lists_coarse(sparse);
}

static bool choose_dense(struct plan_cross_sparse *sparse)
{
	uint64_t rows[KINDS];

	for (int i = 0; i < 2; i++)
		if (!group_side(sparse, i, true, PAIR, &sparse->wide[i]) ||
		    !group_side(sparse, i, false, i ? RIGHT : LEFT, &sparse->alone[i]))
			return false;
	if (sparse->is_packed) {
		sparse->apart = are_apart(sparse);
		return true;
	}
	rows[LEFT] = (uint64_t)sparse->alone[0].count * sparse->wide[1].count;
	rows[RIGHT] = (uint64_t)sparse->alone[1].count * sparse->wide[0].count;
	rows[NEITHER] = sparse->wide[1].count;
	if (!choose_kinds(sparse, sparse->small.classes <= MAX_COARSE, rows) ||
	    (sparse->is_coarse && plan_cross_coarse_bits(sparse) > COARSE_BITS &&
	     !choose_kinds(sparse, false, rows)))
		return false;
	if (sparse->has[NEITHER] &&
	    dense_bytes(sparse, NEITHER, rows[NEITHER]) > MAX_NEITHER_BYTES)
		return plan_cross_refuse(sparse->cross, "%u groups of wide labels, %u classes",
					 sparse->wide[1].count,
					 sparse->coarse[NEITHER].shapes.classes);
	return (!sparse->has[LEFT] || !sparse->dense[LEFT] || make_dense(sparse, 0, LEFT)) &&
	       (!sparse->has[RIGHT] || !sparse->dense[RIGHT] || make_dense(sparse, 1, RIGHT)) &&
	       (!sparse->has[NEITHER] || make_neither(sparse));
}

/* Groups by the labels that are in the matrix. */
static bool group_matrix(struct plan_cross_sparse *sparse, int side)
{
	const struct plan_cross_side *from = &sparse->sides[side];
	bool *chosen = ARENA_ARRAY(sparse->cross->arena, bool, from->any + 1);

	for (uint32_t i = 0; i < from->any; i++)
		chosen[i] = bucket_size(&sparse->by_label[side][PAIR], i) > 0;
	return plan_cross_groups_make(sparse->cross, from, chosen, &sparse->matrix[side]);
}

/* The groups of SIDE's matrix that a label is in, CSR. */
static struct plan_cross_buckets groups_of_labels(struct plan_cross_sparse *sparse, int side)
{
	const struct plan_cross_groups *groups = &sparse->matrix[side];
	uint32_t labels = sparse->sides[side].any, total = groups->first[groups->count];
	struct arena *arena = sparse->cross->arena;
	struct plan_cross_buckets of = { ARENA_ARRAY(arena, uint32_t, labels + 2),
			      ARENA_ARRAY(arena, uint32_t, total + 1) };
	uint32_t *next = ARENA_ARRAY(arena, uint32_t, labels + 2);

	for (uint32_t i = 0; i < total; i++)
		of.first[groups->labels[i] + 1]++;
	for (uint32_t i = 0; i <= labels; i++)
		next[i + 1] = of.first[i + 1] += of.first[i];
	for (uint32_t i = 0; i < groups->count; i++)
		for (uint32_t j = groups->first[i]; j < groups->first[i + 1]; j++)
			of.rows[next[groups->labels[j]]++] = i;
	return of;
}

/* One row of the problem holds in one cell. */
struct hold {
	uint32_t row, column, rule;
};

static int compare_holds(const void *a, const void *b)
{
	const struct hold *left = a, *right = b;

	if (left->row != right->row)
		return left->row < right->row ? -1 : 1;
	if (left->column != right->column)
		return left->column < right->column ? -1 : 1;
	return left->rule < right->rule ? -1 : left->rule > right->rule;
}

/* In an arena of their own: they are many, and gone when there are cells. */
struct holds {
	struct arena arena;
	VEC(struct hold) of;
};

static bool hold_pairs(struct plan_cross_sparse *sparse, const struct plan_cross_buckets groups[2],
		       struct holds *holds)
{
	const struct plan_cross_buckets *rules = &sparse->by_label[0][PAIR];

	for (uint32_t a = 0; a < sparse->sides[0].any; a++)
		for (uint32_t i = rules->first[a]; i < rules->first[a + 1]; i++) {
			uint32_t rule = rules->rows[i], b = sparse->sides[1].row_label[rule];
			uint64_t cells = (uint64_t)bucket_size(&groups[0], a) *
					 bucket_size(&groups[1], b);

			if (holds->of.len + cells > MAX_CELLS)
				return plan_cross_refuse(sparse->cross, "more than %u pairs",
							 MAX_CELLS);
			if (!plan_cross_spend(sparse->cross, 20 * cells))
				return false;
			for (uint32_t j = groups[0].first[a]; j < groups[0].first[a + 1]; j++)
				for (uint32_t k = groups[1].first[b]; k < groups[1].first[b + 1];
				     k++)
					*vec_push(&holds->arena, &holds->of) = (struct hold){
						groups[0].rows[j], groups[1].rows[k], rule
					};
		}
	return true;
}

/*
 * Rows that are specific on one side only, as cells of the matrix: their groups, and the wide
 * groups of the other side, are rows and columns behind those of pairs.
 */
static bool hold_alone(struct plan_cross_sparse *sparse, int side, enum plan_cross_row kind,
		       struct holds *holds)
{
	const struct plan_cross_groups *groups = &sparse->alone[side];
	const struct plan_cross_groups *wide = &sparse->wide[!side];
	struct arena *arena = sparse->cross->arena;
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, sparse->cross->problem->row_count + 1);
	size_t count;

	for (uint32_t i = 0; i < groups->count; i++) {
		if (!gather(sparse, side, kind, groups, i, &count))
			return false;
		for (uint32_t j = 0; count && j < wide->count; j++) {
			size_t some = filter_wide(sparse, !side, j, count, kept);

			if (holds->of.len + some > MAX_CELLS)
				return plan_cross_refuse(sparse->cross, "more than %u pairs",
							 MAX_CELLS);
			if (!plan_cross_spend(sparse->cross, count + 20 * some))
				return false;
			for (size_t k = 0; k < some; k++)
				*vec_push(&holds->arena, &holds->of) =
					side ? (struct hold){ sparse->wide_row + j,
							      sparse->alone_column + i, kept[k] } :
					       (struct hold){ sparse->alone_row + i,
							      sparse->wide_column + j, kept[k] };
		}
	}
	return true;
}

static bool make_list(struct plan_cross_sparse *sparse, uint32_t *rules, size_t count,
		      struct plan_cross_list *ret_list)
{
	if (sparse->is_compared)
		return plan_packed_rule_list(sparse, rules, count, ret_list);
	if (sparse->is_packed)
		return plan_packed_list_make(&sparse->packed, rules, count, ret_list);
	return plan_cross_list_make(&sparse->coarse[PAIR].shapes, rules, count, ret_list);
}

/* Lists of all groups of one side with all wide groups of the other. */
static bool list_alone(struct plan_cross_sparse *sparse, int side, enum plan_cross_row kind)
{
	const struct plan_cross_groups *groups = &sparse->alone[side];
	const struct plan_cross_groups *wide = &sparse->wide[!side];
	struct arena *arena = sparse->cross->arena;
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, sparse->cross->problem->row_count + 1);
	size_t count;

	for (uint32_t i = 0; i < groups->count; i++) {
		if (!gather(sparse, side, kind, groups, i, &count))
			return false;
		for (uint32_t j = 0; j < wide->count; j++) {
			size_t some = filter_wide(sparse, !side, j, count, kept);

			if (!plan_cross_spend(sparse->cross, count + 20 * some) ||
			    !make_list(sparse, kept, some, vec_push(arena, &sparse->lists[kind])))
				return false;
		}
	}
	return true;
}

/* Rows that name neither side, as cells of a row of their own behind all others. */
static bool hold_neither(struct plan_cross_sparse *sparse, struct holds *holds)
{
	const struct plan_cross_groups *wide = &sparse->wide[1];
	struct arena *arena = sparse->cross->arena;
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, sparse->cross->problem->row_count + 1);
	size_t count = add_bucket(&sparse->by_label[0][NEITHER], sparse->sides[0].any,
				  sparse->scratch);

	for (uint32_t i = 0; i < wide->count; i++) {
		size_t some = filter_wide(sparse, 1, i, count, kept);

		if (!plan_cross_spend(sparse->cross, count + 20 * some))
			return false;
		for (size_t j = 0; j < some; j++)
			*vec_push(&holds->arena, &holds->of) =
				(struct hold){ sparse->neither_row, sparse->wide_column + i,
					       kept[j] };
	}
	return true;
}

static size_t count_cells(const struct holds *holds)
{
	size_t count = 0;

	for (size_t i = 0; i < holds->of.len; i++)
		count += !i || holds->of.at[i].row != holds->of.at[i - 1].row ||
			 holds->of.at[i].column != holds->of.at[i - 1].column;
	return count;
}

static bool make_cells(struct plan_cross_sparse *sparse, struct holds *holds)
{
	uint32_t *rules;
	size_t count;

	qsort(holds->of.at, holds->of.len, sizeof(struct hold), compare_holds);
	sparse->cells.cap = count_cells(holds);
	sparse->cells.at = ARENA_ARRAY(sparse->cross->arena, struct plan_cross_cell,
				       sparse->cells.cap);
	for (size_t i = 0; i < holds->of.len; i += count) {
		const struct hold *hold = &holds->of.at[i];
		struct plan_cross_cell *cell = vec_push(sparse->cross->arena, &sparse->cells);

		rules = sparse->scratch;
		for (count = 0; i + count < holds->of.len && hold[count].row == hold->row &&
				hold[count].column == hold->column;
		     count++)
			rules[count] = hold[count].rule;
		cell->row = hold->row;
		cell->column = hold->column;
		if (!make_list(sparse, rules, count, &cell->list))
			return false;
	}
	return true;
}

/* Numbers of the matrix' rows and columns. */
static void number_cells(struct plan_cross_sparse *sparse)
{
	sparse->wide_row = sparse->matrix[0].count;
	sparse->neither_row = sparse->wide_row + sparse->wide[0].count;
	sparse->alone_row = sparse->neither_row + 1;
	sparse->rows = sparse->alone_row + sparse->alone[0].count;
	sparse->wide_column = sparse->matrix[1].count;
	sparse->alone_column = sparse->wide_column + sparse->wide[1].count;
	sparse->columns = sparse->alone_column + sparse->alone[1].count;
}

/* Where there are few, or the matrix would have each of them too. */
static bool is_direct(const struct plan_cross_sparse *sparse, enum plan_cross_row kind,
		      uint32_t groups, uint32_t wide)
{
	if (!sparse->has[kind] || sparse->dense[kind] ||
	    (sparse->is_packed && !sparse->is_compared))
		return false;
	return wide == 1 ||
	       (!sparse->is_compared && (uint64_t)groups * wide <= MAX_DIRECT_CELLS);
}

static bool choose_direct(struct plan_cross_sparse *sparse)
{
	sparse->direct[LEFT] = is_direct(sparse, LEFT, sparse->alone[0].count,
					 sparse->wide[1].count);
	sparse->direct[RIGHT] = is_direct(sparse, RIGHT, sparse->alone[1].count,
					  sparse->wide[0].count);
	return (!sparse->direct[LEFT] || list_alone(sparse, 0, LEFT)) &&
	       (!sparse->direct[RIGHT] || list_alone(sparse, 1, RIGHT));
}

/* Cells of the matrix that rows of KIND need. */
static bool holds_kind(const struct plan_cross_sparse *sparse, enum plan_cross_row kind)
{
	return sparse->has[kind] && !sparse->dense[kind] && !sparse->direct[kind];
}

/* All cells that rows make. */
static bool hold_all(struct plan_cross_sparse *sparse, struct holds *holds)
{
	struct plan_cross_buckets groups[2];

	for (int i = 0; i < 2; i++)
		groups[i] = groups_of_labels(sparse, i);
	if (!choose_direct(sparse) || !hold_pairs(sparse, groups, holds) ||
	    (holds_kind(sparse, LEFT) && !hold_alone(sparse, 0, LEFT, holds)) ||
	    (holds_kind(sparse, RIGHT) && !hold_alone(sparse, 1, RIGHT, holds)) ||
	    (sparse->is_packed && sparse->has[NEITHER] && !sparse->apart &&
	     !hold_neither(sparse, holds)))
		return false;
	return !holds->of.len || (plan_cross_spend(sparse->cross, 20 * (uint64_t)holds->of.len) &&
				  make_cells(sparse, holds));
}

/* Numbers the cells that are found without the matrix behind its slots, of which 0 is empty. */
static void place_direct(struct plan_cross_sparse *sparse)
{
	sparse->slots = sparse->slots ? sparse->slots : 1;
	for (enum plan_cross_row i = 0; i < KINDS; i++) {
		sparse->direct_slot[i] = sparse->slots;
		sparse->slots += sparse->lists[i].len;
	}
}

static bool make_matrix(struct plan_cross_sparse *sparse)
{
	struct plan_cross_list empty;
	struct holds holds = { .arena = ARENA_INIT };
	bool ok;

	if (!group_matrix(sparse, 0) || !group_matrix(sparse, 1))
		return false;
	number_cells(sparse);
	/* Shape 0: no row holds. */
	if (!make_list(sparse, sparse->scratch, 0, &empty))
		return false;
	ok = hold_all(sparse, &holds);
	arena_free(&holds.arena);
	if (!ok)
		return false;
	if (!sparse->cells.len) {
		place_direct(sparse);
		return true;
	}
	sparse->offsets = ARENA_ARRAY(sparse->cross->arena, uint32_t, sparse->rows + 1);
	if (!plan_cross_place(sparse->cross, sparse->cells.at, sparse->cells.len, sparse->rows,
			      sparse->columns, sparse->offsets, &sparse->slots))
		return false;
	place_direct(sparse);
	return true;
}

bool plan_cross_cells_make(struct plan_cross_sparse *sparse)
{
	struct plan_cross *cross = sparse->cross;
	const struct plan_problem *problem = cross->problem;
	uint32_t most;

	sparse->none = problem->results[problem->row_count - 1] + 2;
	sparse->scratch = ARENA_ARRAY(cross->arena, uint32_t, problem->row_count + 1);
	most = sparse->sides[0].any > sparse->sides[1].any ? sparse->sides[0].any :
							     sparse->sides[1].any;
	sparse->mark = ARENA_ARRAY(cross->arena, bool, most + 1);
	for (enum plan_cross_row i = 0; i < KINDS; i++) {
		make_buckets(sparse, 0, i);
		make_buckets(sparse, 1, i);
		sparse->has[i] = sparse->by_label[0][i].first[sparse->sides[0].any + 1] > 0;
		sparse->value_rows[i] = plan_cross_memo_make(cross->arena);
	}
	move_neither(sparse);
	return plan_cross_spend(cross, 20 * (uint64_t)problem->row_count) &&
	       choose_dense(sparse) && make_matrix(sparse);
}
