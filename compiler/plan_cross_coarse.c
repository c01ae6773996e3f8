/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_coarse: classes of the small dimensions, as far as rows of some kinds tell them apart.
 *
 * In: the small dimensions as one part; which kinds of rows (see plan_cross_sparse.c) are looked up
 * in one table.  Out: for each such table the classes joined that lie in the same labels of its
 * rows; and steps that give the class for each table, as fields of the one number that the small
 * dimensions lead to.  Tables have an element for each class of theirs, so fewer lines of them are
 * in use.
 *
 * Safety: classes that are joined lie in the same labels of all rows that are asked there.
 */
#include "compiler/plan_cross_sparse.h"

#include <string.h>

static unsigned int bits_of(uint64_t number)
{
	return number ? 64 - (unsigned int)__builtin_clzll(number) : 0;
}

/* The labels of rows of KIND, as bits. */
static void mark_labels(const struct plan_cross_sparse *sparse, enum plan_cross_row kind,
			uint64_t *marks)
{
	const struct plan_cross_buckets *rows = &sparse->by_label[0][kind];
	uint32_t count = rows->first[sparse->sides[0].any + 1];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t label = sparse->small.row_label[rows->rows[i]];

		marks[label / 64] |= 1ull << label % 64;
	}
}

static uint64_t hash_marked(const uint64_t *bits, const uint64_t *marks, size_t words)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < words; i++)
		hash = plan_cross_mix(hash ^ (bits[i] & marks[i]));
	return hash | 1;
}

static bool same_marked(const uint64_t *a, const uint64_t *b, const uint64_t *marks, size_t words)
{
	uint64_t differ = 0;

	for (size_t i = 0; i < words; i++)
		differ |= (a[i] ^ b[i]) & marks[i];
	return !differ;
}

bool plan_cross_coarse_make(struct plan_cross_sparse *sparse, const bool *kinds,
			    struct plan_cross_coarse *ret_coarse)
{
	const struct plan_cross_part *small = &sparse->small;
	struct plan_cross *cross = sparse->cross;
	size_t words = small->words;
	uint64_t *marks = ARENA_ARRAY(cross->arena, uint64_t, words + 1);
	uint64_t *bits = ARENA_ARRAY(cross->arena, uint64_t, small->classes * words + 1);
	uint32_t *of_class = ARENA_ARRAY(cross->arena, uint32_t, small->classes + 1), count = 0;
	struct plan_cross_memo *memo = plan_cross_memo_make(cross->arena);
	struct plan_cross_part part = *small;

	if (!plan_cross_spend(cross, small->classes * words + 10 * small->classes))
		return false;
	for (enum plan_cross_row i = 0; i < KINDS; i++)
		if (kinds[i])
			mark_labels(sparse, i, marks);
	for (uint32_t i = 0; i < small->classes; i++) {
		const uint64_t *set = &small->bits[i * words];
		uint64_t hash = hash_marked(set, marks, words), slot = hash;
		bool known = false;
		uint32_t number;

		while (!known && plan_cross_memo_next(memo, hash, &slot, &number))
			known = same_marked(&bits[number * words], set, marks, words);
		if (!known) {
			number = count++;
			memcpy(&bits[number * words], set, words * sizeof(*bits));
			plan_cross_memo_add(memo, hash, number);
		}
		of_class[i] = number;
	}
	part.classes = count;
	part.bits = bits;
	ret_coarse->of_class = of_class;
	return plan_cross_shapes_start(cross, &part, &ret_coarse->shapes);
}

bool plan_cross_coarse_all(struct plan_cross_sparse *sparse, struct plan_cross_coarse *ret_coarse)
{
	ret_coarse->of_class = NULL;
	return plan_cross_shapes_start(sparse->cross, &sparse->small, &ret_coarse->shapes);
}

/* The tables that are asked: of lists, and of each dense kind. */
static uint32_t asked(struct plan_cross_sparse *sparse, struct plan_cross_coarse **ret_asked)
{
	uint32_t count = 0;
	bool lists = sparse->has[PAIR];

	for (enum plan_cross_row i = LEFT; i < KINDS; i++) {
		if (sparse->has[i] && (sparse->dense[i] || i == NEITHER))
			ret_asked[count++] = &sparse->coarse[i];
		else
			lists = lists || sparse->has[i];
	}
	if (lists)
		ret_asked[count++] = &sparse->coarse[PAIR];
	return count;
}

unsigned int plan_cross_coarse_bits(struct plan_cross_sparse *sparse)
{
	struct plan_cross_coarse *tables[KINDS];
	uint32_t count = asked(sparse, tables);
	unsigned int bits = 0;

	for (uint32_t i = 0; i < count; i++)
		bits += bits_of(tables[i]->shapes.classes - 1);
	return bits;
}

/* The source of the small dimensions gives NUMBERS of their classes. */
static void give(struct plan_cross_sparse *sparse, const uint32_t *numbers)
{
	struct plan_cross_source *source =
		&sparse->cross->sources.at[sparse->small.source];
	uint32_t *values = ARENA_ARRAY(sparse->cross->arena, uint32_t, source->count + 1);

	for (size_t i = 0; i < source->count; i++)
		values[i] = numbers[source->values[i]];
	source->values = source->axis ? numbers : values;
}

/* One number for each class, with a field for each table. */
static void pack(struct plan_cross_sparse *sparse, struct plan_cross_coarse **tables,
		 uint32_t count)
{
	uint32_t *numbers = ARENA_ARRAY(sparse->cross->arena, uint32_t, sparse->small.classes + 1);
	unsigned int shift = 0;

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < sparse->small.classes; j++)
			numbers[j] |= (uint32_t)((uint64_t)tables[i]->of_class[j] << shift);
		shift += bits_of(tables[i]->shapes.classes - 1);
	}
	give(sparse, numbers);
}

bool plan_cross_coarse_steps(struct plan_cross_sparse *sparse)
{
	struct plan_cross_coarse *tables[KINDS];
	uint32_t count = asked(sparse, tables), step;
	unsigned int shift = 0;

	if (sparse->is_coarse)
		pack(sparse, tables, count);
	step = plan_cross_source_steps(sparse->cross, sparse->small.source);
	for (uint32_t i = 0; i < count && step != CROSS_NO_STEP; i++) {
		unsigned int bits = bits_of(tables[i]->shapes.classes - 1);

		tables[i]->step = step;
		if (!sparse->is_coarse)
			continue;
		tables[i]->step = !bits ? CROSS_NO_STEP :
			plan_cross_step_add(sparse->cross, &(struct plan_cross_step){
				.kind = CROSS_FIELD,
				.inputs = { step },
				.input_count = 1,
				.shift = shift,
				.number = i + 1 < count ? (1ull << bits) - 1 : ~0ull,
			});
		shift += bits;
	}
	return step != CROSS_NO_STEP;
}
