/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_sparse: two big axes as a sparse matrix of pairs, the others as one class P.
 *
 * In: axes with their classes.  Out: the steps of a look-up.  Rows of the problem fall into four
 * kinds, by whether their labels of the two big axes are specific, or wide or PLAN_ANY (see
 * plan_cross_split.c):
 *
 *	pair	both specific: cells of the matrix, row and column given by the tries
 *	left	only the first one is: by groups of its classes and of wide labels of the second
 *	right	only the second one is: the other way round
 *	neither	by groups of wide labels of the second
 *
 * What a cell, or a group, says about each P is either a row of results (dense: `values`), or a
 * shape, shared by many cells, with a list of results (see plan_cross_shape.c).  When no list is
 * long, a cell's list is its second word: NONE and the results, side by side, and shapes say by how
 * much to shift it.  Else lists of one or two results lie in the matrix beside their cell, longer
 * ones behind it.  The answer is the least of the kinds'.
 *
 * Safety: a cell has its column in it, and offsets of matrix rows are unique, so that no cell is
 * taken for another's.
 */
#include "compiler/plan_cross_sparse.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PRODUCT (1u << 20)		/* elements of a table of small dimensions */
#define CELL_WORDS 4			/* of 32 bits: two for the cell, two results */
#define PACKED_WORDS 8			/* two for the cell, two for its masks, four results */
#define MANY_ROWS 4096u			/* tables too big for the nearest cache */

/* The axis is missing (NULL): one class, all rows PLAN_ANY. */
static void start_side(struct plan_cross_sparse *sparse, int number,
		       const struct plan_cross_axis *axis)
{
	static const uint32_t none[2];
	const struct plan_problem *problem = sparse->cross->problem;
	struct plan_cross_side *side = &sparse->sides[number];
	struct arena *arena = sparse->cross->arena;
	uint32_t *labels = ARENA_ARRAY(arena, uint32_t, problem->row_count + 1);

	side->axis = axis ? *axis : (struct plan_cross_axis){ .classes = 1, .first = none };
	side->any = (uint32_t)side->axis.label_count;
	side->class_count = ARENA_ARRAY(arena, uint32_t, side->any + 1);
	side->wide = ARENA_ARRAY(arena, bool, side->any + 1);
	for (size_t i = 0; i < problem->row_count; i++) {
		uint32_t label = axis ? problem->labels[i * problem->dim_count + axis->dim] :
					PLAN_ANY;

		labels[i] = label == PLAN_ANY ? side->any : label;
	}
	side->row_label = labels;
}

static unsigned int bits_of(uint64_t number)
{
	return number ? 64 - (unsigned int)__builtin_clzll(number) : 0;
}

static unsigned int cell_words(const struct plan_cross_sparse *sparse)
{
	return sparse->is_packed ? PACKED_WORDS : CELL_WORDS;
}

/* Where the results of a cell's list are: behind the word before the first of them. */
static uint32_t put_list(struct plan_cross_sparse *sparse, const struct plan_cross_list *list,
			 size_t slot)
{
	const uint32_t *results = sparse->cross->problem->results;
	unsigned int words = cell_words(sparse), room = words / 2;
	uint32_t base = (uint32_t)(slot * words) + words - room - 1;

	if (list->count > room) {
		base = (uint32_t)sparse->words.len;
		*vec_push(sparse->cross->arena, &sparse->words) = sparse->none;
		for (uint32_t i = 0; i < list->count; i++)
			*vec_push(sparse->cross->arena, &sparse->words) =
				results[list->rows[i]] + 1;
		return base;
	}
	for (uint32_t i = 0; i < list->count; i++)
		sparse->words.at[base + 1 + i] = results[list->rows[i]] + 1;
	return base;
}

/* The results of a list as one word.  Where no cell is, its lowest number is no result, either. */
static void put_short(struct plan_cross_sparse *sparse, const struct plan_cross_list *list,
		      size_t slot)
{
	const uint32_t *results = sparse->cross->problem->results;
	uint64_t word = sparse->none;

	for (uint32_t i = 0; i < list->count; i++)
		word |= (results[list->rows[i]] + 1ull) << (i + 1) * sparse->result_bits;
	memcpy(&sparse->words.at[slot * CELL_WORDS + 2], &word, sizeof(word));
}

static size_t cell_slot(const struct plan_cross_sparse *sparse, const struct plan_cross_cell *cell)
{
	return (size_t)sparse->offsets[cell->row] + cell->column;
}

/* Bits of a cell's fields. */
static bool measure_fields(struct plan_cross_sparse *sparse)
{
	const struct plan_cross_shapes *of = &sparse->coarse[PAIR].shapes;
	uint64_t shapes = (uint64_t)of->shape_count * of->classes;
	unsigned int masks = 0;

	sparse->column_bits = bits_of(sparse->columns);
	sparse->shape_bits = sparse->is_packed ? 0 : bits_of(shapes - 1);
	sparse->word_bits = sparse->is_short ? 0 : bits_of(sparse->words.len - 1);
	for (uint32_t i = 0; i < sparse->packed.group_count; i++) {
		struct plan_packed_group *group = &sparse->packed.groups[i];

		group->bits = bits_of((uint64_t)group->count * group->part.classes - 1);
		masks += group->bits;
	}
	if (sparse->column_bits + sparse->shape_bits + sparse->word_bits > 63 || masks > 63)
		return plan_cross_refuse(sparse->cross, "%zu pairs of too many kinds",
					 sparse->cells.len);
	return true;
}

/* The numbers of a packed list's first masks, side by side. */
static uint64_t mask_numbers(const struct plan_cross_sparse *sparse,
			     const struct plan_cross_list *list)
{
	uint64_t numbers = 1ull << 63;
	unsigned int shift = 0;

	for (uint32_t i = 0; i < sparse->packed.group_count; i++) {
		const struct plan_packed_group *group = &sparse->packed.groups[i];

		numbers |= (uint64_t)list->masks[i] * group->part.classes << shift;
		shift += group->bits;
	}
	return numbers;
}

/* The cell of a list; the place of that is behind the word before its first result. */
static void put_cell(struct plan_cross_sparse *sparse, size_t slot, uint32_t column,
		     const struct plan_cross_list *list, uint32_t base)
{
	uint32_t *to = &sparse->words.at[slot * cell_words(sparse)];
	uint64_t cell = column | 1ull << 63, masks = mask_numbers(sparse, list);

	cell |= (uint64_t)list->shape * sparse->coarse[PAIR].shapes.classes << sparse->column_bits;
	cell |= (uint64_t)base << (sparse->column_bits + sparse->shape_bits);
	memcpy(to, &cell, sizeof(cell));
	if (sparse->is_packed)
		memcpy(to + 2, &masks, sizeof(masks));
}

struct slot {
	size_t number;
	uint32_t column;
	const struct plan_cross_list *list;
};

/* All slots with cells: those of the matrix, then those in a row. */
static size_t list_slots(struct plan_cross_sparse *sparse, struct slot **ret_slots)
{
	size_t count = sparse->cells.len, used = 0;
	struct slot *slots;

	for (enum plan_cross_row i = 0; i < KINDS; i++)
		count += sparse->lists[i].len;
	slots = ARENA_ARRAY(sparse->cross->arena, struct slot, count + 1);
	for (size_t i = 0; i < sparse->cells.len; i++) {
		const struct plan_cross_cell *cell = &sparse->cells.at[i];

		slots[used++] = (struct slot){ cell_slot(sparse, cell), cell->column, &cell->list };
	}
	for (enum plan_cross_row i = 0; i < KINDS; i++)
		for (size_t j = 0; j < sparse->lists[i].len; j++)
			slots[used++] = (struct slot){ sparse->direct_slot[i] + j, 0,
						       &sparse->lists[i].at[j] };
	*ret_slots = slots;
	return count;
}

/* Whether a word has room for NONE and the results of each list. */
static bool are_short(struct plan_cross_sparse *sparse, const struct slot *slots, size_t count)
{
	sparse->result_bits = bits_of(sparse->none);
	if (sparse->is_packed)
		return false;
	for (size_t i = 0; i < count; i++)
		if ((slots[i].list->count + 1) * sparse->result_bits > 64)
			return false;
	return true;
}

/* Places of lists, all but short ones. */
static const uint32_t *put_lists(struct plan_cross_sparse *sparse, const struct slot *slots,
				 size_t count)
{
	uint32_t *bases = ARENA_ARRAY(sparse->cross->arena, uint32_t, count + 1);

	for (size_t i = 0; i < count; i++)
		if (sparse->is_short)
			put_short(sparse, slots[i].list, slots[i].number);
		else
			bases[i] = put_list(sparse, slots[i].list, slots[i].number);
	return bases;
}

/* Bytes of the shapes, of short lists as shifts. */
static uint32_t add_shapes(struct plan_cross_sparse *sparse)
{
	const struct plan_cross_shapes *shapes = &sparse->coarse[PAIR].shapes;
	size_t count = shapes->shape_count * shapes->classes;
	uint8_t *bytes = arena_alloc(sparse->cross->arena, count);

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(shapes->shape_bytes[i] *
				     (sparse->is_short ? sparse->result_bits : 1));
	return plan_cross_table_add(sparse->cross, bytes, count);
}

/*
 * A cell: its column, its shape times the number of classes, the place of its list, and a one on
 * top, so that the upper half, which is where the result of "no row" would be, is above all
 * results.  A packed one has another number with its masks, likewise with a one on top.
 */
static bool fill_words(struct plan_cross_sparse *sparse)
{
	size_t words = sparse->slots * cell_words(sparse), count;
	const uint32_t *bases;
	struct slot *slots;

	count = list_slots(sparse, &slots);
	sparse->is_short = are_short(sparse, slots, count);
	sparse->words.cap = words + count;
	sparse->words.at = ARENA_ARRAY(sparse->cross->arena, uint32_t, sparse->words.cap);
	for (size_t i = 0; i < words; i++)
		*vec_push(sparse->cross->arena, &sparse->words) = ~0u;
	bases = put_lists(sparse, slots, count);
	if (!measure_fields(sparse))
		return false;
	for (size_t i = 0; i < count; i++)
		put_cell(sparse, slots[i].number, slots[i].column, slots[i].list, bases[i]);
	sparse->word_table = plan_cross_table_add(sparse->cross, sparse->words.at,
						  sparse->words.len * sizeof(uint32_t));
	if (!sparse->is_packed)
		sparse->shape_table = add_shapes(sparse);
	return true;
}

/* What CLASS of SIDE gives as FIELD. */
static uint32_t field_of(const struct plan_cross_sparse *sparse, int side,
			 enum plan_cross_member member, uint32_t class)
{
	const struct plan_cross_groups *matrix = &sparse->matrix[side];
	enum plan_cross_row kind = side ? RIGHT : LEFT;
	uint32_t wide = sparse->wide[!side].count, alone;

	switch (member) {
	case MATRIX:
		if (!sparse->cells.len)
			return 0;
		return side ? matrix->of_class[class] : sparse->offsets[matrix->of_class[class]];
	case ALONE:
		if (!sparse->has[kind])
			return 0;
		alone = sparse->alone[side].of_class[class];
		if (sparse->direct[kind])
			return alone * wide;
		if (!sparse->dense[kind])
			return side ? alone : sparse->offsets[sparse->alone_row + alone];
		alone *= wide;
		return wide > 1 ? alone : sparse->value_at[kind][alone] *
					  sparse->coarse[kind].shapes.classes;
	case WIDE:
	case FIELDS:
		break;
	}
	if (!sparse->has[side ? LEFT : RIGHT] && (!side || !sparse->has[NEITHER]))
		return 0;
	return sparse->wide[side].of_class[class];
}

/* All of it from SHIFT on, when BITS are 64. */
static uint32_t field_step(struct plan_cross *cross, uint32_t from, unsigned int shift,
			   unsigned int bits, const char *comment)
{
	return plan_cross_step_add(cross, &(struct plan_cross_step){
		.kind = CROSS_FIELD,
		.inputs = { from },
		.input_count = 1,
		.shift = shift,
		.number = bits < 64 ? (1ull << bits) - 1 : ~0ull,
		.comment = comment,
	});
}

/* Packs what classes give into the numbers that the trie yields; or, if too long, a table's. */
static bool add_fields(struct plan_cross_sparse *sparse, int side)
{
	static const char *const comments[2][FIELDS] = {
		{ "row of the matrix", "group of the first address", "its wide labels" },
		{ "column of the matrix", "group of the second address", "its wide labels" },
	};
	struct plan_cross *cross = sparse->cross;
	const struct plan_cross_axis *axis = &sparse->sides[side].axis;
	uint64_t *packed = ARENA_ARRAY(cross->arena, uint64_t, axis->classes + 1);
	uint32_t *numbers = ARENA_ARRAY(cross->arena, uint32_t, axis->classes + 1), step, source;
	unsigned int bits[FIELDS] = { 0 }, shift = 0, all;

	for (enum plan_cross_member i = 0; i < FIELDS; i++) {
		for (uint32_t j = 0; j < axis->classes; j++) {
			uint32_t value = field_of(sparse, side, i, j);

			packed[j] |= (uint64_t)value << shift;
			if (bits_of(value) > bits[i])
				bits[i] = bits_of(value);
		}
		shift += bits[i];
		sparse->field[side][i] = CROSS_NO_STEP;
	}
	if (!shift)
		return true;
	if (shift > 64)
		return plan_cross_refuse(cross, "%u bits for a class", shift);
	source = plan_cross_source_add(cross, axis);
	for (uint32_t i = 0; i < axis->classes; i++)
		numbers[i] = shift > 32 ? i : (uint32_t)packed[i];
	cross->sources.at[source].values = numbers;
	step = plan_cross_source_steps(cross, source);
	if (step == CROSS_NO_STEP)
		return false;
	if (shift > 32)
		step = plan_cross_step_add(cross, &(struct plan_cross_step){
			.kind = CROSS_LOAD,
			.inputs = { step },
			.input_count = 1,
			.table = plan_cross_table_add(cross, packed,
						      axis->classes * sizeof(uint64_t)),
			.size = 8,
			.stride = 8,
			.comment = "what the class stands for",
		});
	all = shift;
	shift = 0;
	for (enum plan_cross_member i = 0; i < FIELDS; i++) {
		if (bits[i])
			sparse->field[side][i] = field_step(cross, step, shift,
							    shift + bits[i] < all ? bits[i] : 64,
							    comments[side][i]);
		shift += bits[i];
	}
	return true;
}

static void add_input(struct plan_cross_step *step, uint32_t input)
{
	if (input != CROSS_NO_STEP)
		step->inputs[step->input_count++] = input;
}

/* Half HALF of the slot of a row (a step, or always OFFSET) and a column. */
static uint32_t load_cell(struct plan_cross_sparse *sparse, uint32_t row, uint32_t offset,
			  uint32_t column, unsigned int half, const char *comment)
{
	struct plan_cross_step load = {
		.kind = CROSS_LOAD,
		.table = sparse->word_table,
		.at = half * 8,
		.near = half > 0,
		.size = 8,
		.stride = cell_words(sparse) * 4,
		.number = offset,
		.comment = comment,
	};

	add_input(&load, row);
	add_input(&load, column);
	return plan_cross_step_add(sparse->cross, &load);
}

/* CELL, or OTHER with it, when CELL has the column; else 0. */
static uint32_t if_same(struct plan_cross_sparse *sparse, uint32_t cell, uint32_t column,
			uint32_t other)
{
	struct plan_cross_step same = { .kind = CROSS_SAME,
					.number = (1ull << sparse->column_bits) - 1 };

	add_input(&same, cell);
	add_input(&same, column);
	add_input(&same, other);
	return plan_cross_step_add(sparse->cross, &same);
}

/* Which row of the cell's list holds. */
static uint32_t choose_row(struct plan_cross_sparse *sparse, uint32_t cell, uint32_t masks)
{
	struct plan_cross *cross = sparse->cross;
	struct plan_cross_step shape = { .kind = CROSS_LOAD,
					 .table = sparse->shape_table,
					 .size = 1,
					 .stride = 1,
					 .comment = "which of the cell's rows holds" };

	if (sparse->is_packed)
		return plan_packed_steps(&sparse->packed, masks);
	add_input(&shape, field_step(cross, cell, sparse->column_bits, sparse->shape_bits, NULL));
	add_input(&shape, sparse->coarse[PAIR].step);
	return plan_cross_step_add(cross, &shape);
}

/* The result that CELL, and its second word or what is made of that, stand for. */
static uint32_t add_result(struct plan_cross_sparse *sparse, uint32_t cell, uint32_t second)
{
	struct plan_cross_step word = { .kind = CROSS_LOAD,
					.table = sparse->word_table,
					.size = 4,
					.stride = 4,
					.near = true,
					.comment = "its result + 1" };
	uint32_t chosen = choose_row(sparse, cell, second);

	if (sparse->is_short)
		return plan_cross_step_add(sparse->cross, &(struct plan_cross_step){
			.kind = CROSS_FIELD,
			.inputs = { second, chosen },
			.input_count = 2,
			.number = (1ull << sparse->result_bits) - 1,
			.comment = "its result + 1",
		});
	add_input(&word, chosen);
	add_input(&word, field_step(sparse->cross, cell, sparse->column_bits + sparse->shape_bits,
				    sparse->word_bits, NULL));
	return plan_cross_step_add(sparse->cross, &word);
}

/* The result in the cell of a row (a step, or always OFFSET) and a column (a step, + BEHIND). */
static uint32_t add_cell(struct plan_cross_sparse *sparse, uint32_t row, uint32_t offset,
			 uint32_t column, uint32_t behind, const char *comment)
{
	struct plan_cross *cross = sparse->cross;
	struct plan_cross_step add = { .kind = CROSS_ADD, .number = behind };
	uint32_t found, second = CROSS_NO_STEP;

	if (behind || column == CROSS_NO_STEP) {
		add_input(&add, column);
		column = plan_cross_step_add(cross, &add);
	}
	if (sparse->is_compared)
		return plan_packed_rule_step(sparse, row, offset, column, comment);
	found = load_cell(sparse, row, offset, column, 0, comment);
	if (sparse->is_packed || sparse->is_short)
		second = load_cell(sparse, row, offset, column, 1, NULL);
	if (sparse->is_packed)
		second = if_same(sparse, found, column, second);
	return add_result(sparse, if_same(sparse, found, column, CROSS_NO_STEP), second);
}

/* The result in a cell that is there for each group and wide group. */
static uint32_t add_direct(struct plan_cross_sparse *sparse, enum plan_cross_row kind,
			   uint32_t group, uint32_t wide, const char *comment)
{
	uint32_t first = (uint32_t)sparse->direct_slot[kind], cell, second = CROSS_NO_STEP;

	if (sparse->is_compared)
		return plan_packed_rule_direct(sparse, group, first, wide, comment);
	cell = load_cell(sparse, group, first, wide, 0, comment);
	if (sparse->is_short)
		second = load_cell(sparse, group, first, wide, 1, NULL);
	return add_result(sparse, cell, second);
}

/* A row of results, by the group of a side and the wide group of the other. */
static uint32_t add_dense(struct plan_cross_sparse *sparse, enum plan_cross_row kind,
			  uint32_t group, uint32_t wide, size_t groups, const char *comment)
{
	struct plan_cross *cross = sparse->cross;
	uint32_t *rows = sparse->value_at[kind], inputs[2], count = 0;

	if (wide != CROSS_NO_STEP) {
		if (group != CROSS_NO_STEP)
			inputs[count++] = group;
		inputs[count++] = wide;
		for (size_t i = 0; i < groups; i++)
			rows[i] *= sparse->coarse[kind].shapes.classes;
		group = plan_cross_load_numbers(cross, rows, groups, inputs, count, "its row");
		count = 0;
	}
	if (group != CROSS_NO_STEP)
		inputs[count++] = group;
	if (sparse->coarse[kind].step != CROSS_NO_STEP)
		inputs[count++] = sparse->coarse[kind].step;
	return plan_cross_load_numbers(cross, sparse->values[kind].at, sparse->values[kind].len,
				       inputs, count, comment);
}

static uint32_t add_right(struct plan_cross_sparse *sparse)
{
	uint32_t wide = sparse->wide[0].count, *offsets, row = CROSS_NO_STEP;
	const uint32_t *of_wide;

	if (sparse->dense[RIGHT])
		return add_dense(sparse, RIGHT, sparse->field[1][ALONE], sparse->field[0][WIDE],
				 (size_t)sparse->alone[1].count * wide,
				 "rows that name the second address only");
	if (sparse->direct[RIGHT])
		return add_direct(sparse, RIGHT, sparse->field[1][ALONE], sparse->field[0][WIDE],
				  "rows that name the second address only");
	of_wide = &sparse->offsets[sparse->wide_row];
	offsets = ARENA_ARRAY(sparse->cross->arena, uint32_t, wide);
	memcpy(offsets, of_wide, wide * sizeof(*offsets));
	if (wide > 1)
		row = plan_cross_load_numbers(sparse->cross, offsets, wide,
					      &sparse->field[0][WIDE], 1, "row of wide labels");
	return add_cell(sparse, row, wide > 1 ? 0 : offsets[0], sparse->field[1][ALONE],
			sparse->alone_column,
			"rows that name the second address only");
}

static uint32_t add_left(struct plan_cross_sparse *sparse)
{
	if (sparse->dense[LEFT])
		return add_dense(sparse, LEFT, sparse->field[0][ALONE], sparse->field[1][WIDE],
				 (size_t)sparse->alone[0].count * sparse->wide[1].count,
				 "rows that name the first address only");
	if (sparse->direct[LEFT])
		return add_direct(sparse, LEFT, sparse->field[0][ALONE], sparse->field[1][WIDE],
				  "rows that name the first address only");
	return add_cell(sparse, sparse->field[0][ALONE], 0, sparse->field[1][WIDE],
			sparse->wide_column, "rows that name the first address only");
}

static uint32_t add_neither(struct plan_cross_sparse *sparse)
{
	const struct plan_cross_buckets *rows = &sparse->by_label[0][NEITHER];
	uint32_t any = sparse->sides[0].any;

	if (sparse->apart)
		return plan_packed_rest(sparse->cross, &rows->rows[rows->first[any]],
					rows->first[any + 1] - rows->first[any], sparse->none);
	if (!sparse->is_packed)
		return add_dense(sparse, NEITHER, CROSS_NO_STEP, sparse->field[1][WIDE],
				 sparse->wide[1].count, "rows that name no address");
	return add_cell(sparse, CROSS_NO_STEP, sparse->offsets[sparse->neither_row],
			sparse->field[1][WIDE], sparse->wide_column, "rows that name no address");
}

/* The least of all kinds' results; pairs take longest. */
static bool add_answer(struct plan_cross_sparse *sparse)
{
	uint32_t found[KINDS], count = 0, least;
	struct plan_cross *cross = sparse->cross;

	if (sparse->has[LEFT])
		found[count++] = add_left(sparse);
	if (sparse->has[RIGHT])
		found[count++] = add_right(sparse);
	if (sparse->has[NEITHER])
		found[count++] = add_neither(sparse);
	if (sparse->has[PAIR])
		found[count++] = add_cell(sparse, sparse->field[0][MATRIX], 0,
					  sparse->field[1][MATRIX], 0,
					  "rows that name both addresses");
	least = found[0];
	for (uint32_t i = 1; i < count; i++)
		least = plan_cross_step_add(cross, &(struct plan_cross_step){
			.kind = CROSS_MIN,
			.inputs = { least, found[i] },
			.input_count = 2,
		});
	plan_cross_step_add(cross, &(struct plan_cross_step){
		.kind = CROSS_BELOW,
		.inputs = { least },
		.input_count = 1,
		.number = sparse->none,
		.comment = "none holds: 0",
	});
	return !cross->why;
}

static int compare_axes(const void *a, const void *b)
{
	const struct plan_cross_axis *left = a, *right = b;

	if (left->classes != right->classes)
		return left->classes > right->classes ? -1 : 1;
	return left->dim < right->dim ? -1 : left->dim > right->dim;
}

/* All axes but the two big ones, as one part. */
static bool join_small(struct plan_cross_sparse *sparse, const struct plan_cross_axis *axes,
		       uint32_t count)
{
	static const uint64_t one = 1;
	struct plan_cross *cross = sparse->cross;
	struct plan_cross_part parts[PLAN_MAX_DIMS];

	for (uint32_t i = 2; i < count; i++)
		if (!plan_cross_part_of(cross, &axes[i], &parts[i - 2]))
			return false;
	if (sparse->is_compared)
		return plan_packed_rule_start(sparse, axes, parts, count);
	if (sparse->is_packed && count > 2) {
		count -= 2;
		return plan_packed_group(cross, parts, &count) &&
		       plan_packed_start(cross, parts, count, &sparse->packed);
	}
	if (sparse->is_packed)
		return plan_cross_refuse(cross, "no small dimension");
	if (count > 2)
		return plan_cross_join(cross, parts, count - 2, false, MAX_PRODUCT, &sparse->small);
	sparse->small = (struct plan_cross_part){
		.classes = 1,
		.labels = 1,
		.words = 1,
		.row_label = ARENA_ARRAY(cross->arena, uint32_t, cross->problem->row_count + 1),
		.bits = &one,
	};
	return true;
}

static bool prepare(struct plan_cross_sparse *sparse, const struct plan_cross_axis *axes,
		    uint32_t count)
{
	struct plan_cross *cross = sparse->cross;

	start_side(sparse, 0, &axes[0]);
	start_side(sparse, 1, count > 1 ? &axes[1] : NULL);
	return join_small(sparse, axes, count) && plan_cross_split(cross, sparse->sides);
}

static const char *describe(const struct plan_cross_sparse *sparse)
{
	uint32_t a = sparse->sides[0].axis.classes, b = sparse->sides[1].axis.classes;

	if (sparse->is_compared)
		return plan_packed_rule_text(sparse);
	if (sparse->is_packed)
		return arena_printf(sparse->cross->arena,
				    "%u x %u classes of addresses; %zu pairs, lists of up to %u",
				    a, b, sparse->cells.len, sparse->packed.max_list);
	return arena_printf(sparse->cross->arena,
			    "%u x %u classes of addresses, %u of the rest; %zu pairs, %zu shapes",
			    a, b, sparse->small.classes, sparse->cells.len,
			    sparse->coarse[PAIR].shapes.shape_count);
}

/* Steps for the small dimensions, if there are any. */
static bool add_small(struct plan_cross_sparse *sparse, uint32_t axes)
{
	if (sparse->is_compared)
		return sparse->slots < 2 || plan_packed_rule_class(sparse);
	for (enum plan_cross_row i = 0; i < KINDS; i++)
		sparse->coarse[i].step = CROSS_NO_STEP;
	return sparse->is_packed || axes <= 2 || plan_cross_coarse_steps(sparse);
}

/*
 * Steps for all dimensions.  In big tables the tries come first: all waits for their loads, and
 * what the small dimensions take is done meanwhile.
 */
static bool add_classes(struct plan_cross_sparse *sparse, uint32_t axes)
{
	bool late = sparse->cross->problem->row_count > MANY_ROWS;

	if (!late && !add_small(sparse, axes))
		return false;
	if (!add_fields(sparse, 0) || !add_fields(sparse, 1))
		return false;
	return !late || add_small(sparse, axes);
}

bool plan_cross_sparse(struct plan_cross *cross, const struct plan_cross_axis *axes,
		       uint32_t count, enum plan_cross_form form)
{
	struct plan_cross_axis *sorted = ARENA_ARRAY(cross->arena, struct plan_cross_axis, count);
	struct plan_cross_sparse *sparse = ARENA_NEW(cross->arena, struct plan_cross_sparse);

	memcpy(sorted, axes, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_axes);
	sparse->cross = cross;
	sparse->is_packed = form != CROSS_SHAPES;
	sparse->is_compared = form == CROSS_COMPARED;
	if (!prepare(sparse, sorted, count) || !plan_cross_cells_make(sparse))
		return false;
	if (form == CROSS_MASKS && !plan_packed_tables(&sparse->packed))
		return false;
	if (sparse->slots > 1 && !(form == CROSS_COMPARED ? plan_packed_rule_fill(sparse) :
							    fill_words(sparse)))
		return false;
	if (!add_classes(sparse, count) || !add_answer(sparse))
		return false;
	return plan_cross_finish(cross, describe(sparse));
}
