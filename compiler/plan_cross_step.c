/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_step: the steps of a look-up and the tables they read.
 *
 * In: sources and arrays of numbers.  Out: steps, tables laid out in one stretch of bytes, and what
 * a look-up is expected to cost.
 *
 * Safety: a load's element is masked to the next power of two above what the table has, so that the
 * verifier sees the bound; what lies there belongs to the table or to one behind it, or is padding.
 */
#include "bpf/xdpfw_layout.h"
#include "compiler/plan_cross_parts.h"

#include <stdlib.h>
#include <string.h>

#define LITTLE_TABLE (64u << 10)	/* bytes that may be padded to a power of two */
#define SPLIT_BITS 8
#define SMALL_TRIE (1u << 20)		/* bytes of a trie, and for each of its steps */
#define TRIE_STEP 128u
#define TRIE_SHARE 4			/* of all bytes allowed */
#define MAX_SPLIT_BYTES (12u << 10)	/* above: rather one big table and one load less, */
#define RULES_WAIT 30u			/* what is compared in a row, tenths of nanoseconds */
#define FEW_ROWS 256u			/* likewise for so many rows: other tables are small */

/* A de Bruijn sequence: its upper six bits differ for each shift. */
uint32_t plan_cross_power(uint64_t power)
{
	return (uint32_t)(power * 0x03f79d71b4cb0a89ull >> 58);
}

uint32_t plan_cross_table_add(struct plan_cross *cross, const void *at, size_t bytes)
{
	struct plan_cross_table *table = vec_push(cross->arena, &cross->solution->tables);

	table->at = at;
	table->bytes = bytes;
	return (uint32_t)cross->solution->tables.len - 1;
}

uint32_t plan_cross_step_add(struct plan_cross *cross, const struct plan_cross_step *step)
{
	*vec_push(cross->arena, &cross->solution->steps) = *step;
	return (uint32_t)cross->solution->steps.len - 1;
}

static unsigned int size_for(const uint32_t *numbers, size_t count)
{
	uint32_t most = 0;

	for (size_t i = 0; i < count; i++)
		most = numbers[i] > most ? numbers[i] : most;
	return most < 1u << 8 ? 1 : most < 1u << 16 ? 2 : 4;
}

/* NUMBERS in elements of SIZE bytes. */
static uint32_t add_numbers(struct plan_cross *cross, const uint32_t *numbers, size_t count,
			    unsigned int size)
{
	uint8_t *bytes = arena_alloc(cross->arena, count * size);

	for (size_t i = 0; i < count; i++) {
		uint16_t half = (uint16_t)numbers[i];

		if (size == 1)
			bytes[i] = (uint8_t)numbers[i];
		else if (size == 2)
			memcpy(&bytes[2 * i], &half, sizeof(half));
		else
			memcpy(&bytes[4 * i], &numbers[i], sizeof(numbers[i]));
	}
	return plan_cross_table_add(cross, bytes, count * size);
}

uint32_t plan_cross_load_numbers(struct plan_cross *cross, const uint32_t *numbers, size_t count,
				 const uint32_t *inputs, uint32_t input_count, const char *comment)
{
	struct plan_cross_step step = { .kind = CROSS_LOAD, .comment = comment };

	step.size = step.stride = size_for(numbers, count);
	step.table = add_numbers(cross, numbers, count, step.size);
	memcpy(step.inputs, inputs, input_count * sizeof(*inputs));
	step.input_count = input_count;
	return plan_cross_step_add(cross, &step);
}

/* What an axis' source gives for each value, in an array. */
static uint32_t *spread_values(struct plan_cross *cross, const struct plan_cross_source *source)
{
	const struct plan_cross_axis *axis = source->axis;
	size_t count = (size_t)1 << axis->bits, step = 0;
	uint32_t *numbers = ARENA_ARRAY(cross->arena, uint32_t, count);

	for (size_t i = 0; i < count; i++) {
		uint32_t class;

		while (step + 1 < axis->step_count && axis->start[step + 1] <= i)
			step++;
		class = axis->class_of[step];
		numbers[i] = (source->values ? source->values[class] : class) * source->scale;
	}
	return numbers;
}

/* 16 bits in two tables, by the upper and by the lower byte, when many upper ones are alike. */
static bool split_direct(struct plan_cross *cross, const uint32_t *numbers, unsigned int size,
			 struct plan_cross_step *step)
{
	uint32_t *leaf = ARENA_ARRAY(cross->arena, uint32_t, 1u << CROSS_MAX_DIRECT_BITS);
	uint32_t root[1 << SPLIT_BITS], blocks = 0;
	size_t block_bytes = sizeof(*leaf) << SPLIT_BITS;

	for (uint32_t i = 0; i < 1u << SPLIT_BITS; i++) {
		const uint32_t *block = &numbers[i << SPLIT_BITS];
		uint32_t j = 0;

		while (j < blocks && memcmp(&leaf[j << SPLIT_BITS], block, block_bytes))
			j++;
		if (j == blocks)
			memcpy(&leaf[blocks++ << SPLIT_BITS], block, block_bytes);
		root[i] = j << SPLIT_BITS;
	}
	if ((blocks << SPLIT_BITS) * size > MAX_SPLIT_BYTES ||
	    (size == 1 && cross->problem->row_count <= FEW_ROWS))
		return false;
	step->kind = CROSS_SPLIT;
	step->stride = size_for(root, 1u << SPLIT_BITS);
	step->table = add_numbers(cross, root, 1u << SPLIT_BITS, step->stride);
	step->leaf = add_numbers(cross, leaf, blocks << SPLIT_BITS, size);
	return true;
}

static uint32_t axis_trie(struct plan_cross *cross, const struct plan_cross_source *source,
			  struct plan_cross_step *step)
{
	const struct plan_cross_axis *axis = source->axis;
	u128 *start = ARENA_ARRAY(cross->arena, u128, axis->step_count);
	uint32_t *result = ARENA_ARRAY(cross->arena, uint32_t, axis->step_count);
	struct plan_steps steps = { axis->bits, 0, start, result };
	const struct plan_trie *trie;
	size_t bytes;

	for (size_t i = 0; i < axis->step_count; i++) {
		uint32_t class = axis->class_of[i];
		uint32_t value = (source->values ? source->values[class] : class) * source->scale;

		if (steps.count && result[steps.count - 1] == value)
			continue;
		start[steps.count] = axis->start[i];
		result[steps.count++] = value;
	}
	if (!plan_cross_spend(cross, 100 * axis->step_count))
		return CROSS_NO_STEP;
	bytes = SMALL_TRIE + TRIE_STEP * steps.count;
	if (bytes > cross->budget->bytes / TRIE_SHARE)
		bytes = cross->budget->bytes / TRIE_SHARE;
	trie = plan_trie_make_fast(&steps, bytes, cross->arena);
	if (!trie)
		trie = plan_trie_make(&steps, cross->budget->bytes, cross->arena);
	if (!trie) {
		plan_cross_refuse(cross, "a trie of %zu steps is too large", steps.count);
		return CROSS_NO_STEP;
	}
	step->kind = CROSS_TRIE;
	step->table = plan_cross_table_add(cross, NULL, plan_trie_bytes(trie));
	cross->solution->tables.at[step->table].trie = trie;
	return plan_cross_step_add(cross, step);
}

static uint32_t axis_steps(struct plan_cross *cross, const struct plan_cross_source *source)
{
	struct plan_cross_step step = { .kind = CROSS_DIRECT, .dim = source->axis->dim };
	size_t count;
	uint32_t *numbers;

	if (source->axis->bits > CROSS_MAX_DIRECT_BITS)
		return axis_trie(cross, source, &step);
	count = (size_t)1 << source->axis->bits;
	if (!plan_cross_spend(cross, 2 * count))
		return CROSS_NO_STEP;
	numbers = spread_values(cross, source);
	step.size = size_for(numbers, count);
	if (source->axis->bits != CROSS_MAX_DIRECT_BITS ||
	    !split_direct(cross, numbers, step.size, &step))
		step.table = add_numbers(cross, numbers, count, step.size);
	return plan_cross_step_add(cross, &step);
}

uint32_t plan_cross_source_steps(struct plan_cross *cross, uint32_t number)
{
	const struct plan_cross_source *source = &cross->sources.at[number];
	uint32_t *numbers, inputs[CROSS_MAX_INPUTS];

	if (source->axis)
		return axis_steps(cross, source);
	/* What takes longest comes last, and begins first. */
	for (uint32_t i = source->input_count; i--;) {
		inputs[i] = plan_cross_source_steps(cross, source->inputs[i]);
		if (inputs[i] == CROSS_NO_STEP)
			return CROSS_NO_STEP;
	}
	numbers = ARENA_ARRAY(cross->arena, uint32_t, source->count);
	for (size_t i = 0; i < source->count; i++)
		numbers[i] = source->values[i] * source->scale;
	return plan_cross_load_numbers(cross, numbers, source->count, inputs, source->input_count,
				       "their combination");
}

/* The largest element that a load can ask for, rounded up to a power of two. */
static size_t window_of(const struct plan_cross_step *step, size_t bytes)
{
	size_t elements = 1;

	while (elements * step->stride < bytes)
		elements *= 2;
	return elements * step->stride;
}

struct order {
	uint32_t table;
	size_t bytes;
};

static int compare_order(const void *a, const void *b)
{
	const struct order *left = a, *right = b;

	if (left->bytes != right->bytes)
		return left->bytes > right->bytes ? -1 : 1;
	return left->table < right->table ? -1 : left->table > right->table;
}

/* Big tables first: what masks reach behind them is then mostly other tables. */
static void lay_out(struct plan_cross *cross)
{
	struct plan_solution *solution = cross->solution;
	struct order *order = ARENA_ARRAY(cross->arena, struct order, solution->tables.len + 1);
	size_t at = 0;

	for (uint32_t i = 0; i < solution->tables.len; i++)
		order[i] = (struct order){ i, solution->tables.at[i].bytes };
	qsort(order, solution->tables.len, sizeof(*order), compare_order);
	for (size_t i = 0; i < solution->tables.len; i++) {
		solution->tables.at[order[i].table].offset = at;
		at += (order[i].bytes + 63) & ~(size_t)63;
	}
	solution->bytes = at;
	for (size_t i = 0; i < solution->steps.len; i++) {
		struct plan_cross_step *step = &solution->steps.at[i];
		const struct plan_cross_table *table;
		size_t window;

		if (step->kind == CROSS_RULES) {
			step->mask = solution->tables.at[step->table].bytes / CROSS_CELL_BYTES - 1;
			step->inside = true;
			continue;
		}
		if (step->kind != CROSS_LOAD && step->kind != CROSS_SPLIT &&
		    step->kind != CROSS_FIRST)
			continue;
		table = &solution->tables.at[step->kind == CROSS_SPLIT ? step->leaf : step->table];
		if (step->kind == CROSS_SPLIT)
			window = window_of(&(struct plan_cross_step){ .stride = step->size },
					   table->bytes);
		else
			window = window_of(step, table->bytes);
		if (!step->mask && step->kind == CROSS_LOAD &&
		    window > LITTLE_TABLE && window > table->bytes + table->bytes / 8) {
			step->mask = table->bytes / step->stride - 1;
			step->inside = true;
			continue;
		}
		if (!step->mask)
			step->mask = window / (step->kind == CROSS_SPLIT ? step->size :
									   step->stride) - 1;
		if (table->offset + window > solution->bytes)
			solution->bytes = (table->offset + window + 63) & ~(size_t)63;
	}
}

/* Instructions of a step, and tenths of a nanosecond. */
static void weigh_step(const struct plan_solution *solution, const struct plan_cross_step *step,
		       struct plan_estimate *estimate)
{
	static const uint8_t instructions[] = {
		[CROSS_DIRECT] = 8, [CROSS_SPLIT] = 12, [CROSS_TRIE] = 20, [CROSS_LOAD] = 6,
		[CROSS_FIELD] = 3,  [CROSS_ADD] = 2,	[CROSS_SAME] = 6,  [CROSS_MIN] = 5,
		[CROSS_BELOW] = 4,  [CROSS_AND] = 2,	[CROSS_FIRST] = 12, [CROSS_ELSE] = 4,
		[CROSS_LANES] = 4, [CROSS_RULES] = 40,
	};
	size_t bytes = 0;

	estimate->instructions += instructions[step->kind];
	estimate->cost += instructions[step->kind];
	if (step->kind == CROSS_TRIE)
		estimate->cost += plan_trie_cost(solution->tables.at[step->table].trie) / 2;
	if (step->kind == CROSS_RULES)
		estimate->cost += step->at + RULES_WAIT;
	if (step->kind == CROSS_RULES || step->kind == CROSS_DIRECT ||
	    (step->kind == CROSS_LOAD && !step->near))
		bytes = solution->tables.at[step->table].bytes;
	if (bytes > 8u << 20)
		estimate->cost += 120;
	else if (bytes > 1u << 20)
		estimate->cost += 60;
	else if (bytes > 128u << 10)
		estimate->cost += 20;
	else if (bytes > 16u << 10)
		estimate->cost += 8;
}

/* How long a step takes, from its last input on. */
static uint32_t step_depth(const struct plan_solution *solution, const struct plan_cross_step *step)
{
	static const uint8_t depths[] = {
		[CROSS_DIRECT] = 18, [CROSS_SPLIT] = 36, [CROSS_LOAD] = 18, [CROSS_FIELD] = 6,
		[CROSS_ADD] = 3, [CROSS_SAME] = 15, [CROSS_MIN] = 12, [CROSS_BELOW] = 9,
		[CROSS_AND] = 3, [CROSS_FIRST] = 30, [CROSS_ELSE] = 9, [CROSS_LANES] = 9,
		[CROSS_RULES] = 150, [CROSS_TRIE] = 6,
	};
	const struct plan_cross_table *table = &solution->tables.at[step->table];
	uint32_t depth = depths[step->kind];

	if (step->kind == CROSS_TRIE)
		depth += plan_trie_cost(table->trie);
	if (step->kind == CROSS_LOAD && !step->near)
		depth += table->bytes > 256u << 10 ? 20 : table->bytes > 128u << 10 ? 10 : 0;
	return depth;
}

static uint32_t find_depth(const struct plan_cross *cross)
{
	const struct plan_solution *solution = cross->solution;
	uint32_t depths[CROSS_MAX_STEPS], depth = 0;

	for (size_t i = 0; i < solution->steps.len; i++) {
		const struct plan_cross_step *step = &solution->steps.at[i];

		depth = 0;
		for (uint32_t j = 0; j < step->input_count; j++)
			if (depths[step->inputs[j]] > depth)
				depth = depths[step->inputs[j]];
		depth += step_depth(solution, step);
		depths[i] = depth;
	}
	return depth;
}

/* Packets that follow each other overlap, so what a packet waits for counts in part. */
uint32_t plan_cross_weight(const struct plan_solution *solution)
{
	return solution->estimate.cost + solution->depth / 2;
}

bool plan_cross_finish(struct plan_cross *cross, const char *text)
{
	struct plan_solution *solution = cross->solution;

	if (solution->steps.len > CROSS_MAX_STEPS)
		return plan_cross_refuse(cross, "%zu steps", solution->steps.len);
	lay_out(cross);
	if (solution->bytes > cross->budget->bytes)
		return plan_cross_refuse(cross, "%zu bytes of tables, %zu allowed", solution->bytes,
					 cross->budget->bytes);
	solution->estimate = (struct plan_estimate){ .possible = true, .bytes = solution->bytes };
	for (size_t i = 0; i < solution->steps.len; i++)
		weigh_step(solution, &solution->steps.at[i], &solution->estimate);
	solution->depth = find_depth(cross);
	solution->text = text;
	return true;
}
