/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_split: which labels of the two big axes are wide.
 *
 * In: the two axes with most classes.  Out: for each label whether it is wide, that is, whether
 * rows with it are looked for like those with PLAN_ANY there.  A row whose labels both contain many
 * classes would put as many pairs as their product into the matrix; so what counts is the number of
 * classes, and the bound above which a label is wide is the one that keeps all tables smallest.
 *
 * Safety: what is chosen changes sizes only.
 */
#include "compiler/plan_cross_parts.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PAIRS 3000000u
#define CELL_BYTES 16u
#define ROW_BYTES 64u			/* about what a row that is no pair takes */

struct pair {
	uint32_t label[2];
};

static bool group_is(const struct plan_cross_groups *groups, const uint32_t *labels,
		     uint32_t number, const uint32_t *wanted, size_t count)
{
	size_t first = groups->first[number];

	return groups->first[number + 1] - first == count &&
	       !memcmp(&labels[first], wanted, count * sizeof(uint32_t));
}

bool plan_cross_groups_make(struct plan_cross *cross, const struct plan_cross_side *side,
			    const bool *chosen, struct plan_cross_groups *ret_groups)
{
	const struct plan_cross_axis *axis = &side->axis;
	uint32_t *of_class = ARENA_ARRAY(cross->arena, uint32_t, axis->classes + 1);
	uint32_t *first = ARENA_ARRAY(cross->arena, uint32_t, axis->classes + 2);
	size_t total = axis->classes ? axis->first[axis->classes] : 0, used = 0;
	uint32_t *labels = ARENA_ARRAY(cross->arena, uint32_t, total + 1);
	struct plan_cross_groups groups = { 0, of_class, first, labels };
	struct plan_cross_memo *memo = plan_cross_memo_make(cross->arena);

	if (!plan_cross_spend(cross, 5 * (uint64_t)axis->classes + 2 * total))
		return false;
	for (uint32_t i = 0; i < axis->classes; i++) {
		uint64_t hash = 0, slot;
		bool known = false;
		size_t count = 0;
		uint32_t number;

		for (uint32_t j = axis->first[i]; j < axis->first[i + 1]; j++)
			if (chosen[axis->labels[j]]) {
				labels[used + count++] = axis->labels[j];
				hash = plan_cross_mix(hash ^ axis->labels[j]);
			}
		hash |= 1;
		slot = hash;
		while (!known && plan_cross_memo_next(memo, hash, &slot, &number))
			known = group_is(&groups, labels, number, &labels[used], count);
		if (!known) {
			number = groups.count++;
			used += count;
			first[number + 1] = (uint32_t)used;
			plan_cross_memo_add(memo, hash, number);
		}
		of_class[i] = number;
	}
	*ret_groups = groups;
	return true;
}

static int compare_pairs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct pair));
}

/* The different pairs of labels that rows have. */
static size_t collect_pairs(struct plan_cross *cross, const struct plan_cross_side sides[2],
			    struct pair **ret_pairs)
{
	size_t rows = cross->problem->row_count, count = 0;
	struct pair *pairs = ARENA_ARRAY(cross->arena, struct pair, rows + 1);

	for (size_t i = 0; i < rows; i++) {
		pairs[i].label[0] = sides[0].row_label[i];
		pairs[i].label[1] = sides[1].row_label[i];
	}
	qsort(pairs, rows, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < rows; i++)
		if (!count || compare_pairs(&pairs[i], &pairs[count - 1]))
			pairs[count++] = pairs[i];
	*ret_pairs = pairs;
	return count;
}

static bool is_specific(const struct plan_cross_side *side, uint32_t label, uint32_t bound)
{
	return label != side->any && side->class_count[label] <= bound;
}

/* Groups of SIDE's classes by the labels that BOUND makes wide. */
static bool count_wide(struct plan_cross *cross, const struct plan_cross_side *side,
		       uint32_t bound, uint32_t *ret_groups)
{
	bool *chosen = ARENA_ARRAY(cross->arena, bool, side->axis.label_count + 1);
	struct plan_cross_groups groups;

	for (uint32_t i = 0; i < side->axis.label_count; i++)
		chosen[i] = !is_specific(side, i, bound);
	if (!plan_cross_groups_make(cross, side, chosen, &groups))
		return false;
	*ret_groups = groups.count;
	return true;
}

/* About how many bytes the tables take when labels of more than BOUND classes are wide. */
static bool weigh_bound(struct plan_cross *cross, const struct plan_cross_side sides[2],
			const struct pair *pairs, size_t count, uint32_t bound,
			uint64_t *ret_cells, uint64_t *ret_bytes)
{
	uint64_t cells = 0, single[2] = { 0 };
	uint32_t wide[2];

	for (int i = 0; i < 2; i++)
		if (!count_wide(cross, &sides[i], bound, &wide[i]))
			return false;
	for (size_t i = 0; i < count; i++) {
		uint32_t a = pairs[i].label[0], b = pairs[i].label[1];
		bool specific_a = is_specific(&sides[0], a, bound);
		bool specific_b = is_specific(&sides[1], b, bound);

		if (specific_a && specific_b)
			cells += (uint64_t)sides[0].class_count[a] * sides[1].class_count[b];
		else if (specific_a)
			single[0] += sides[0].class_count[a];
		else if (specific_b)
			single[1] += sides[1].class_count[b];
	}
	*ret_cells = cells;
	*ret_bytes = cells * CELL_BYTES + ROW_BYTES * (single[0] * wide[1] + single[1] * wide[0] +
						       (uint64_t)wide[0] * wide[1]);
	return plan_cross_spend(cross, 3 * count);
}

bool plan_cross_split(struct plan_cross *cross, struct plan_cross_side sides[2])
{
	uint64_t cells, bytes, least = ~0ull, least_cells = ~0ull;
	uint32_t best = 0;
	struct pair *pairs;
	size_t count;

	for (int i = 0; i < 2; i++)
		for (uint32_t j = 0; j < sides[i].axis.first[sides[i].axis.classes]; j++)
			sides[i].class_count[sides[i].axis.labels[j]]++;
	if (!plan_cross_spend(cross, 20 * (uint64_t)cross->problem->row_count))
		return false;
	count = collect_pairs(cross, sides, &pairs);
	for (uint32_t bound = 1u << 20; bound >= 4; bound /= 4) {
		if (!weigh_bound(cross, sides, pairs, count, bound, &cells, &bytes))
			return false;
		if (cells < least_cells)
			least_cells = cells;
		if (bytes < least && cells <= MAX_PAIRS) {
			least = bytes;
			best = bound;
		}
	}
	if (!best)
		return plan_cross_refuse(cross, "nested labels on both sides: %llu pairs",
					 (unsigned long long)least_cells);
	for (int i = 0; i < 2; i++)
		for (uint32_t j = 0; j < sides[i].axis.label_count; j++)
			sides[i].wide[j] = !is_specific(&sides[i], j, best);
	return true;
}
