/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_packed_rule: cells of the sparse matrix whose rows are compared one by one.
 *
 * In: lists of rows.  Out: cells with the first rows of a list, the rest of long lists, and the
 * steps that compare.  A row is two lanes, ranges of the two small dimensions with most classes
 * (of 16 bits at most), and a set of classes of all other small dimensions; these know too whether
 * the lanes' numbers are there.  So neither memory nor building cares how many combinations of
 * ports there are.
 *
 * Safety: a row with several intervals is as many rules.  Long lists are refused.  The column is
 * compared as in every cell.
 */
#include "bpf/xdpfw_layout.h"
#include "compiler/plan_cross_sparse.h"

#include <string.h>

#define MAX_PRODUCT (1u << 16)
#define MAX_CLASSES (64 - CROSS_LANE_BITS)
#define MAX_LONGER 4			/* of so many lists one may be longer than a cell */
#define LONGER_COST 250			/* of one that is: a branch guessed wrong, and a load */

/* Whether the number of DIM is there: class 1; rows that ask for it hold in this only. */
static bool add_presence(struct plan_cross *cross, uint32_t dim, struct plan_cross_part *ret_part)
{
	static const uint32_t zero, one = 1, first[] = { 0, 0, 1 };
	static const u128 start;
	const struct plan_problem *problem = cross->problem;
	struct plan_cross_axis *axis = ARENA_NEW(cross->arena, struct plan_cross_axis);
	uint32_t *row_label = ARENA_ARRAY(cross->arena, uint32_t, problem->row_count);
	uint64_t *bits = ARENA_ARRAY(cross->arena, uint64_t, 2);
	uint32_t labels = 0, number[2] = { PLAN_ANY, PLAN_ANY };

	for (size_t i = 0; i < problem->row_count; i++) {
		bool asks = problem->labels[i * problem->dim_count + dim] != PLAN_ANY;

		if (number[asks] == PLAN_ANY)
			number[asks] = labels++;
		row_label[i] = number[asks];
	}
	for (int i = 0; i < 2; i++)
		if (number[i] != PLAN_ANY) {
			bits[1] |= 1ull << number[i];
			bits[0] |= (uint64_t)!i << number[i];
		}
	*axis = (struct plan_cross_axis){
		.dim = dim,
		.bits = problem->dims[dim].bits,
		.classes = 2,
		.step_count = 1,
		.start = &start,
		.class_of = &one,
		.first = first,
		.labels = &zero,
		.label_count = 1,
	};
	*ret_part = (struct plan_cross_part){
		.source = plan_cross_source_add(cross, axis),
		.classes = 2,
		.labels = labels,
		.words = 1,
		.row_label = row_label,
		.bits = bits,
	};
	return plan_cross_spend(cross, problem->row_count);
}

bool plan_packed_rule_start(struct plan_cross_sparse *sparse, const struct plan_cross_axis *axes,
			    const struct plan_cross_part *parts, uint32_t count)
{
	struct plan_packed_rules *rules = &sparse->compared;
	struct plan_cross *cross = sparse->cross;
	struct plan_cross_part rest[PLAN_MAX_DIMS + 2];
	uint32_t lanes = 0, others = 0;

	rules->lane[0] = rules->lane[1] = CROSS_NO_DIM;
	for (uint32_t i = 2; i < count; i++) {
		bool is_lane = lanes < 2 && axes[i].bits <= 16 && axes[i].classes > 2;

		if (!is_lane) {
			rest[others++] = parts[i - 2];
			continue;
		}
		rules->lane[lanes++] = axes[i].dim;
		if (!axes[i].always && !add_presence(cross, axes[i].dim, &rest[others++]))
			return false;
	}
	if (!lanes)
		return plan_cross_refuse(cross, "nothing to compare");
	rules->has_part = others;
	if (!others)
		return true;
	if (!plan_cross_join(cross, rest, others, false, MAX_PRODUCT, &rules->part))
		return false;
	return rules->part.classes <= MAX_CLASSES ||
	       plan_cross_refuse(cross, "%u classes besides ports", rules->part.classes);
}

static bool same_labels(const struct plan_cross_sparse *sparse, uint32_t a, uint32_t b)
{
	const struct plan_packed_rules *rules = &sparse->compared;
	const struct plan_problem *problem = sparse->cross->problem;

	for (int i = 0; i < 2; i++)
		if (rules->lane[i] != CROSS_NO_DIM &&
		    problem->labels[a * problem->dim_count + rules->lane[i]] !=
			    problem->labels[b * problem->dim_count + rules->lane[i]])
			return false;
	return !rules->has_part || rules->part.row_label[a] == rules->part.row_label[b];
}

/* A bit for each class of the other dimensions that the row holds for. */
static uint64_t classes_of(const struct plan_packed_rules *rules, uint32_t row)
{
	const struct plan_cross_part *part = &rules->part;
	uint64_t set = 0;
	uint32_t label;

	if (!rules->has_part)
		return 1;
	label = part->row_label[row];
	for (uint32_t i = 0; i < part->classes; i++)
		set |= (part->bits[i * part->words + label / 64] >> label % 64 & 1) << i;
	return set;
}

/* The intervals of a lane that a row holds for. */
static struct plan_label lane_of(const struct plan_cross_sparse *sparse, int lane, uint32_t row)
{
	static const struct ir_interval all = { 0, 0xffff };
	const struct plan_problem *problem = sparse->cross->problem;
	uint32_t dim = sparse->compared.lane[lane], label = PLAN_ANY;

	if (dim != CROSS_NO_DIM)
		label = problem->labels[row * problem->dim_count + dim];
	return label == PLAN_ANY ? (struct plan_label){ &all, 1 } :
				   problem->dims[dim].labels.at[label];
}

/* Puts the rules of a row behind *COUNT others. */
static bool add_rules(const struct plan_cross_sparse *sparse, uint32_t row,
		      struct plan_packed_rule *rules, uint32_t *count)
{
	uint64_t result = sparse->cross->problem->results[row] + 1;
	uint64_t classes = classes_of(&sparse->compared, row);
	struct plan_label a = lane_of(sparse, 0, row), b = lane_of(sparse, 1, row);

	for (size_t i = 0; i < a.count; i++)
		for (size_t j = 0; j < b.count; j++) {
			if (*count == PACKED_MAX_LIST)
				return false;
			rules[(*count)++] = (struct plan_packed_rule){
				(0xffff - (uint64_t)a.at[i].hi) |
					(0xffff - (uint64_t)b.at[j].hi) << 17 |
					result << CROSS_LANE_BITS,
				(uint64_t)a.at[i].lo | (uint64_t)b.at[j].lo << 17 |
					classes << CROSS_LANE_BITS,
			};
		}
	return true;
}

bool plan_packed_rule_list(struct plan_cross_sparse *sparse, uint32_t *rows, size_t count,
			   struct plan_cross_list *ret_list)
{
	struct plan_packed_rule rules[PACKED_MAX_LIST], *kept;
	struct plan_cross *cross = sparse->cross;
	uint32_t made = 0;

	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < i && !same_labels(sparse, rows[i], rows[j]))
			j++;
		if (!plan_cross_spend(cross, 8 + 2 * j))
			return false;
		if (j == i && !add_rules(sparse, rows[i], rules, &made))
			return plan_cross_refuse(cross, "more than %u rules for one pair",
						 PACKED_MAX_LIST);
	}
	kept = ARENA_ARRAY(cross->arena, struct plan_packed_rule, made + 1);
	memcpy(kept, rules, made * sizeof(*kept));
	ret_list->rules = kept;
	ret_list->count = made;
	sparse->compared.longer += made > CROSS_CELL_RULES;
	if (made > sparse->compared.max_list)
		sparse->compared.max_list = made;
	return true;
}

/* Lists of the matrix, and those in a row behind it. */
static size_t count_lists(const struct plan_cross_sparse *sparse)
{
	size_t count = sparse->cells.len;

	for (enum plan_cross_row i = 0; i < KINDS; i++)
		count += sparse->lists[i].len;
	return count;
}

static bool is_worth_it(const struct plan_cross_sparse *sparse)
{
	size_t lists = count_lists(sparse);

	if (sparse->compared.longer <= lists / MAX_LONGER)
		return true;
	return plan_cross_refuse(sparse->cross, "%zu of %zu lists are too long",
				 sparse->compared.longer, lists);
}

static size_t count_more(const struct plan_cross_list *list)
{
	return list->count > CROSS_CELL_RULES ? list->count - CROSS_CELL_RULES : 0;
}

/* One of a cell's rules, see enum cross_cell_word. */
static void put_rule(const struct plan_packed_rule *rule, unsigned int number, uint32_t none,
		     uint64_t *words)
{
	const unsigned int shift = number * CROSS_CELL_LANE;
	uint64_t classes = rule->lower >> CROSS_LANE_BITS;

	words[CROSS_CELL_UPPER_0] |= (rule->upper & 0xffff) << shift;
	words[CROSS_CELL_LOWER_0] += (rule->lower & 0xffff) << shift;
	words[CROSS_CELL_UPPER_1] |= (rule->upper >> 17 & 0xffff) << shift;
	words[CROSS_CELL_LOWER_1] += (rule->lower >> 17 & 0xffff) << shift;
	words[CROSS_CELL_RESULTS] |= (none - (rule->upper >> CROSS_LANE_BITS)) << shift;
	words[CROSS_CELL_CLASSES] |= (classes & ((1u << CROSS_CELL_LANE) - 1)) << shift;
	words[CROSS_CELL_CLASSES + 1] |= classes >> CROSS_CELL_LANE << shift;
}

/* A cell, and behind all cells, from *BASE on in units of a rule, what it has no room for. */
static void fill_cell(const struct plan_cross_sparse *sparse, size_t slot, uint32_t column,
		      const struct plan_cross_list *list, uint8_t *bytes, uint64_t *base)
{
	uint64_t words[CROSS_CELL_BYTES / sizeof(uint64_t)] = {
		[CROSS_CELL_HEAD] = column,
		[CROSS_CELL_LOWER_0] = CROSS_CELL_ONES * 0xffff,
		[CROSS_CELL_LOWER_1] = CROSS_CELL_ONES * 0xffff,
	};
	size_t more = count_more(list), inside = list->count - more;

	words[CROSS_CELL_HEAD] |= (uint64_t)more << sparse->compared.column_bits;
	words[CROSS_CELL_HEAD] |= *base << (sparse->compared.column_bits + CROSS_MORE_BITS);
	for (unsigned int i = 0; i < inside; i++)
		put_rule(&list->rules[i], i, sparse->none, words);
	memcpy(bytes + slot * CROSS_CELL_BYTES, words, sizeof(words));
	memcpy(bytes + *base * sizeof(*list->rules), list->rules + inside,
	       more * sizeof(*list->rules));
	*base += more;
}

static void fill_cells(const struct plan_cross_sparse *sparse, uint8_t *bytes, uint64_t base)
{
	for (size_t i = 0; i < sparse->cells.len; i++) {
		const struct plan_cross_cell *cell = &sparse->cells.at[i];

		fill_cell(sparse, (size_t)sparse->offsets[cell->row] + cell->column, cell->column,
			  &cell->list, bytes, &base);
	}
	for (enum plan_cross_row i = 0; i < KINDS; i++)
		for (size_t j = 0; j < sparse->lists[i].len; j++)
			fill_cell(sparse, sparse->direct_slot[i] + j, 0, &sparse->lists[i].at[j],
				  bytes, &base);
}

/* Rules that cells have no room for. */
static size_t count_outside(const struct plan_cross_sparse *sparse)
{
	size_t count = 0;

	for (size_t i = 0; i < sparse->cells.len; i++)
		count += count_more(&sparse->cells.at[i].list);
	for (enum plan_cross_row i = 0; i < KINDS; i++)
		for (size_t j = 0; j < sparse->lists[i].len; j++)
			count += count_more(&sparse->lists[i].at[j]);
	return count;
}

bool plan_packed_rule_fill(struct plan_cross_sparse *sparse)
{
	const size_t each = sizeof(struct plan_packed_rule);
	struct plan_packed_rules *rules = &sparse->compared;
	struct plan_cross *cross = sparse->cross;
	size_t base = sparse->slots * (CROSS_CELL_BYTES / each);
	size_t size = base + count_outside(sparse);
	uint8_t *bytes;

	if (!is_worth_it(sparse))
		return false;
	while (sparse->columns >> rules->column_bits)
		rules->column_bits++;
	/* So that the walk through a list needs one test of its beginning only. */
	size += CROSS_MORE_MASK + 1;
	size = (size * each + CROSS_CELL_BYTES - 1) / CROSS_CELL_BYTES * CROSS_CELL_BYTES;
	if (size > cross->budget->bytes)
		return plan_cross_refuse(cross, "%zu bytes of cells", size);
	if (rules->column_bits + CROSS_MORE_BITS > 32)
		return plan_cross_refuse(cross, "%u columns", sparse->columns);
	bytes = arena_alloc(cross->arena, size);
	memset(bytes, 0xff, sparse->slots * CROSS_CELL_BYTES);
	fill_cells(sparse, bytes, base);
	rules->table = plan_cross_table_add(cross, bytes, size);
	return true;
}

bool plan_packed_rule_class(struct plan_cross_sparse *sparse)
{
	struct plan_packed_rules *rules = &sparse->compared;
	struct plan_cross *cross = sparse->cross;

	rules->lanes_step = plan_cross_step_add(cross, &(struct plan_cross_step){
		.kind = CROSS_LANES,
		.dim = rules->lane[0],
		.leaf = rules->lane[1],
		.comment = "what rules are compared with",
	});
	rules->part_step = CROSS_NO_STEP;
	if (!rules->has_part)
		return true;
	rules->part_step = plan_cross_source_steps(cross, rules->part.source);
	return rules->part_step != CROSS_NO_STEP;
}

/* What the cell SLOT says, if it is COLUMN's. */
static uint32_t add_step(struct plan_cross_sparse *sparse, uint32_t slot, uint32_t column,
			 const char *comment)
{
	const struct plan_packed_rules *rules = &sparse->compared;
	struct plan_cross_step step = { .kind = CROSS_RULES, .comment = comment };

	step.inputs[step.input_count++] = slot;
	step.inputs[step.input_count++] = column;
	step.inputs[step.input_count++] = rules->lanes_step;
	if (rules->has_part)
		step.inputs[step.input_count++] = rules->part_step;
	step.table = rules->table;
	step.shift = rules->column_bits;
	step.number = sparse->none;
	step.at = (unsigned int)(LONGER_COST * rules->longer / (count_lists(sparse) + 1));
	return plan_cross_step_add(sparse->cross, &step);
}

static void add_input(struct plan_cross_step *step, uint32_t input)
{
	if (input != CROSS_NO_STEP)
		step->inputs[step->input_count++] = input;
}

uint32_t plan_packed_rule_step(struct plan_cross_sparse *sparse, uint32_t row, uint32_t offset,
			       uint32_t column, const char *comment)
{
	struct plan_cross_step slot = { .kind = CROSS_ADD, .number = offset };

	add_input(&slot, row);
	add_input(&slot, column);
	return add_step(sparse, plan_cross_step_add(sparse->cross, &slot), column, comment);
}

uint32_t plan_packed_rule_direct(struct plan_cross_sparse *sparse, uint32_t group, uint32_t first,
				 uint32_t wide, const char *comment)
{
	struct plan_cross_step slot = { .kind = CROSS_ADD, .number = first };
	const struct plan_cross_step zero = { .kind = CROSS_ADD };
	uint32_t column = plan_cross_step_add(sparse->cross, &zero);

	add_input(&slot, group);
	add_input(&slot, wide);
	return add_step(sparse, plan_cross_step_add(sparse->cross, &slot), column, comment);
}

const char *plan_packed_rule_text(const struct plan_cross_sparse *sparse)
{
	return arena_printf(sparse->cross->arena,
			    "%u x %u classes of addresses; %zu pairs, lists of up to %u rules, "
			    "%zu of more than %u", sparse->sides[0].axis.classes,
			    sparse->sides[1].axis.classes, sparse->cells.len,
			    sparse->compared.max_list, sparse->compared.longer, CROSS_CELL_RULES);
}
