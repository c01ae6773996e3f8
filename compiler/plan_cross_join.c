/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_join: several dimensions made one, by tables of all combinations of their classes.
 *
 * In: parts, each with a set of labels for each class.  Out: one part, whose classes are the
 * different sets of rows that combinations of classes leave, and the source that finds them: one
 * product table, or several when one would be too large, the smallest first.
 *
 * Safety: combinations whose sets are equal word for word are one class, so nothing is lost; the
 * number of elements is bounded and each is paid for.
 */
#include "compiler/plan_cross_parts.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_PRODUCT 8192		/* elements that a table of several parts may have, so that
					   it stays in the first cache */
#define MAX_BIT_WORDS (8u << 20)

struct join {
	struct plan_cross *cross;
	const struct plan_cross_part *parts;
	uint32_t count;
	bool results;
	uint32_t labels;
	size_t words;
	uint32_t *first_row;		/* of each label */
	uint32_t *row_label;
	uint64_t *sets[PLAN_MAX_DIMS];	/* of each part's classes, in new labels */
	uint64_t *left[PLAN_MAX_DIMS];	/* the sets of parts up to this one, and'ed */
	uint32_t *values;
	size_t value_count;
	struct plan_cross_memo *memo;
	VEC(uint64_t) classes;		/* .words each */
};

uint32_t plan_cross_source_add(struct plan_cross *cross, const struct plan_cross_axis *axis)
{
	struct plan_cross_source *source = vec_push(cross->arena, &cross->sources);

	source->axis = axis;
	source->scale = 1;
	return (uint32_t)cross->sources.len - 1;
}

/* Numbers pairs (LEFT[row], RIGHT[row]) in the order of rows; returns how many there are. */
static uint32_t number_pairs(struct plan_cross *cross, const uint32_t *left,
			     const uint32_t *right, uint32_t *ret_numbers)
{
	struct plan_cross_memo *memo = plan_cross_memo_make(cross->arena);
	size_t rows = cross->problem->row_count;
	VEC(uint64_t) pairs = { 0 };

	for (size_t i = 0; i < rows; i++) {
		uint64_t pair = (uint64_t)left[i] << 32 | right[i];
		uint64_t hash = plan_cross_mix(pair) | 1, slot = hash;
		uint32_t number;
		bool known = false;

		while (!known && plan_cross_memo_next(memo, hash, &slot, &number))
			known = pairs.at[number] == pair;
		if (!known) {
			number = (uint32_t)pairs.len;
			*vec_push(cross->arena, &pairs) = pair;
			plan_cross_memo_add(memo, hash, number);
		}
		ret_numbers[i] = number;
	}
	return (uint32_t)pairs.len;
}

/* The rows' labels of a dimension, numbered as rows first have them. */
static uint32_t number_labels(struct plan_cross *cross, uint32_t dim, uint32_t *ret_row_label)
{
	const struct plan_problem *problem = cross->problem;
	uint32_t *labels = ARENA_ARRAY(cross->arena, uint32_t, problem->row_count);
	uint32_t *zero = ARENA_ARRAY(cross->arena, uint32_t, problem->row_count);

	for (size_t i = 0; i < problem->row_count; i++)
		labels[i] = problem->labels[i * problem->dim_count + dim];
	return number_pairs(cross, labels, zero, ret_row_label);
}

static void set_bit(uint64_t *bits, uint32_t number)
{
	bits[number / 64] |= 1ull << number % 64;
}

static bool get_bit(const uint64_t *bits, uint32_t number)
{
	return bits[number / 64] >> number % 64 & 1;
}

bool plan_cross_part_of(struct plan_cross *cross, const struct plan_cross_axis *axis,
			struct plan_cross_part *ret_part)
{
	const struct plan_problem *problem = cross->problem;
	uint32_t *row_label = ARENA_ARRAY(cross->arena, uint32_t, problem->row_count + 1);
	uint32_t *number_of = ARENA_ARRAY(cross->arena, uint32_t, axis->label_count + 1);
	uint32_t labels = number_labels(cross, axis->dim, row_label), any = labels;
	size_t words = (labels + 63) / 64;
	uint64_t *bits;

	if ((uint64_t)axis->classes * words > MAX_BIT_WORDS)
		return plan_cross_refuse(cross, "%u classes of %u labels in one dimension",
					 axis->classes, labels);
	if (!plan_cross_spend(cross, axis->classes * words + axis->first[axis->classes] +
					     10 * problem->row_count))
		return false;
	for (size_t i = 0; i < problem->row_count; i++) {
		uint32_t label = problem->labels[i * problem->dim_count + axis->dim];

		if (label == PLAN_ANY)
			any = row_label[i];
		else
			number_of[label] = row_label[i];
	}
	bits = ARENA_ARRAY(cross->arena, uint64_t, axis->classes * words + 1);
	for (uint32_t i = 0; i < axis->classes; i++) {
		for (uint32_t j = axis->first[i]; j < axis->first[i + 1]; j++)
			set_bit(&bits[i * words], number_of[axis->labels[j]]);
		if (any < labels)
			set_bit(&bits[i * words], any);
	}
	*ret_part = (struct plan_cross_part){
		.source = plan_cross_source_add(cross, axis),
		.late = cross->late_last && axis->bits > CROSS_MAX_DIRECT_BITS,
		.classes = axis->classes,
		.labels = labels,
		.words = words,
		.row_label = row_label,
		.bits = bits,
	};
	return true;
}

/* Labels of the joined part: the different combinations of labels that rows have. */
static void join_labels(struct join *join)
{
	struct plan_cross *cross = join->cross;
	size_t rows = cross->problem->row_count;

	join->row_label = ARENA_ARRAY(cross->arena, uint32_t, rows + 1);
	memcpy(join->row_label, join->parts[0].row_label, rows * sizeof(uint32_t));
	join->labels = join->parts[0].labels;
	for (uint32_t i = 1; i < join->count; i++)
		join->labels = number_pairs(cross, join->row_label, join->parts[i].row_label,
					    join->row_label);
	join->words = (join->labels + 63) / 64;
	join->first_row = ARENA_ARRAY(cross->arena, uint32_t, join->labels + 1);
	for (size_t i = rows; i--;)
		join->first_row[join->row_label[i]] = (uint32_t)i;
}

/* Each part's classes as sets of the new labels. */
static bool join_sets(struct join *join)
{
	struct plan_cross *cross = join->cross;

	for (uint32_t i = 0; i < join->count; i++) {
		const struct plan_cross_part *part = &join->parts[i];
		uint64_t cost = (uint64_t)part->classes * join->labels / 4;

		if ((uint64_t)part->classes * join->words > MAX_BIT_WORDS)
			return plan_cross_refuse(cross, "%u classes of %u combined labels",
						 part->classes, join->labels);
		if (!plan_cross_spend(cross, cost))
			return false;
		join->sets[i] = ARENA_ARRAY(cross->arena, uint64_t, part->classes * join->words);
		join->left[i] = ARENA_ARRAY(cross->arena, uint64_t, join->words);
		for (uint32_t j = 0; j < join->labels; j++) {
			uint32_t label = part->row_label[join->first_row[j]];

			for (uint32_t k = 0; k < part->classes; k++)
				if (get_bit(&part->bits[k * part->words], label))
					set_bit(&join->sets[i][k * join->words], j);
		}
	}
	return true;
}

static uint32_t set_result(const struct join *join, const uint64_t *set)
{
	for (size_t i = 0; i < join->words; i++)
		if (set[i]) {
			uint32_t label = (uint32_t)i * 64 + (uint32_t)__builtin_ctzll(set[i]);

			return join->cross->problem->results[join->first_row[label]] + 1;
		}
	return 0;
}

/* False: the classes are too many. */
static bool find_class(struct join *join, const uint64_t *set, uint32_t *ret_class)
{
	uint64_t hash = 0, slot;

	for (size_t i = 0; i < join->words; i++)
		hash = plan_cross_mix(hash ^ set[i]);
	hash |= 1;
	slot = hash;
	while (plan_cross_memo_next(join->memo, hash, &slot, ret_class))
		if (!memcmp(&join->classes.at[*ret_class * join->words], set,
			    join->words * sizeof(uint64_t)))
			return true;
	*ret_class = (uint32_t)(join->classes.len / join->words);
	if (join->classes.len + join->words > MAX_BIT_WORDS)
		return plan_cross_refuse(join->cross, "more than %u classes of %u combined labels",
					 *ret_class, join->labels);
	plan_cross_memo_add(join->memo, hash, *ret_class);
	for (size_t i = 0; i < join->words; i++)
		*vec_push(join->cross->arena, &join->classes) = set[i];
	return true;
}

/* All combinations of parts from DEPTH on; the last part's class counts fastest. */
static bool join_values(struct join *join, uint32_t depth)
{
	const uint64_t *outer = depth ? join->left[depth - 1] : NULL;
	uint64_t *left = join->left[depth];
	bool ok = true;

	for (uint32_t i = 0; i < join->parts[depth].classes && ok; i++) {
		const uint64_t *set = &join->sets[depth][i * join->words];

		for (size_t j = 0; j < join->words; j++)
			left[j] = outer ? outer[j] & set[j] : set[j];
		if (depth + 1 < join->count)
			ok = join_values(join, depth + 1);
		else if (join->results)
			join->values[join->value_count++] = set_result(join, left);
		else
			ok = find_class(join, left, &join->values[join->value_count++]);
	}
	return ok;
}

static void join_source(struct join *join, uint32_t number)
{
	struct plan_cross_source *source = &join->cross->sources.at[number];
	uint32_t scale = 1;

	source->values = join->values;
	source->count = join->value_count;
	source->input_count = join->count;
	for (uint32_t i = join->count; i--;) {
		source->inputs[i] = join->parts[i].source;
		join->cross->sources.at[join->parts[i].source].scale = scale;
		scale *= join->parts[i].classes;
	}
}

static uint64_t product_of(const struct plan_cross_part *parts, uint32_t count)
{
	uint64_t product = 1;

	for (uint32_t i = 0; i < count && product < 1ull << 32; i++)
		product *= parts[i].classes;
	return product;
}

/* One table of COUNT parts; of one part with results, its source gives them itself. */
static bool join_once(struct plan_cross *cross, const struct plan_cross_part *parts,
		      uint32_t count, bool results, struct plan_cross_part *ret_part)
{
	struct join join = { .cross = cross, .parts = parts, .count = count, .results = results };
	uint64_t product = product_of(parts, count);
	uint32_t source = parts[0].source;
	const struct plan_cross_axis *axis = cross->sources.at[source].axis;

	join.memo = plan_cross_memo_make(cross->arena);
	join_labels(&join);
	if (!join_sets(&join) || !plan_cross_spend(cross, product * (4 + join.words)))
		return false;
	join.values = ARENA_ARRAY(cross->arena, uint32_t, product);
	if (!join_values(&join, 0))
		return false;
	/* An axis gives 0 for what is absent. */
	if (count > 1 || (axis && !axis->always && join.values[0])) {
		source = plan_cross_source_add(cross, NULL);
		join_source(&join, source);
	} else {
		/* A source that is a product already keeps its inputs, and gives other values. */
		struct plan_cross_source *only = &cross->sources.at[source];
		uint32_t *values = ARENA_ARRAY(cross->arena, uint32_t, only->count + product);

		for (size_t i = 0; i < only->count; i++)
			values[i] = join.values[only->values[i]];
		only->values = only->axis ? join.values : values;
	}
	*ret_part = (struct plan_cross_part){
		.source = source,
		.late = parts[count - 1].late,
		.classes = results ? 0 : (uint32_t)(join.classes.len / join.words),
		.labels = join.labels,
		.words = join.words,
		.row_label = join.row_label,
		.bits = join.classes.at,
	};
	return true;
}

static int compare_parts(const void *a, const void *b)
{
	const struct plan_cross_part *left = a, *right = b;

	if (left->late != right->late)
		return left->late ? 1 : -1;
	if (left->classes != right->classes)
		return left->classes < right->classes ? -1 : 1;
	return left->source < right->source ? -1 : left->source > right->source;
}

/*
 * How many of the sorted parts to join next: those whose classes are there early first, so that
 * what comes from a trie has few tables before it; all that are left when that is a small table.
 */
static uint32_t choose_some(const struct plan_cross *cross, const struct plan_cross_part *parts,
			    uint32_t count, bool results)
{
	uint32_t early = 0, some = 2;

	while (early < count && !parts[early].late)
		early++;
	if (results && product_of(parts, count) <= cross->last_product && early < count)
		return count;
	if (early < 2)
		early = count;
	while (some < early && product_of(parts, some + 1) <= SMALL_PRODUCT)
		some++;
	return some;
}

bool plan_cross_join(struct plan_cross *cross, const struct plan_cross_part *parts, uint32_t count,
		     bool results, uint64_t max_product, struct plan_cross_part *ret_part)
{
	struct plan_cross_part left[PLAN_MAX_DIMS], joined;
	uint32_t some;

	memcpy(left, parts, count * sizeof(*parts));
	while (count > 1) {
		qsort(left, count, sizeof(*left), compare_parts);
		some = choose_some(cross, left, count, results);
		if (product_of(left, some) > max_product)
			return plan_cross_refuse(cross, "%llu combinations of classes",
						 (unsigned long long)product_of(left, some));
		if (!join_once(cross, left, some, results && some == count, &joined))
			return false;
		if (some == count) {
			*ret_part = joined;
			return true;
		}
		left[0] = joined;
		memmove(&left[1], &left[some], (count - some) * sizeof(*left));
		count -= some - 1;
	}
	if (results)
		return join_once(cross, left, 1, true, ret_part);
	*ret_part = left[0];
	return true;
}
