/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_split: which labels of the two big axes are wide.
 *
 * In: the two axes with most classes.  Out: for each label whether it is wide, that is, whether
 * rows with it are looked for like those with PLAN_ANY there.  A row whose labels both contain many
 * classes would put as many pairs as their product into the matrix.  So the label that takes part
 * in most pairs is made wide, then the next one; but each wide label makes groups by which all rows
 * that are specific on the other side only are multiplied, so this is done as long as it helps.
 *
 * Safety: what is chosen changes sizes only.
 */
#include "compiler/plan_cross_parts.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PAIRS 3000000u
#define MAX_WIDE 1024
#define BATCH 8u			/* after so many wide labels two are taken at once */

/*
 * What groups weigh, against pairs: their lists are long, and have shapes of their own.  And the
 * part of the weight that must be won before labels are made wide, as that takes look-ups.
 */
static const struct {
	uint32_t group, gain, most;
} tastes[CROSS_TASTES] = {
	[CROSS_FAST] = { 6, 4, MAX_WIDE },
	[CROSS_NO_WIDE] = { 1, 1, 0 },
	[CROSS_SMALL] = { 1, 16, MAX_WIDE },
};

struct pair {
	uint32_t label[2];
};

struct widened {
	int side;
	uint32_t label;
};

struct split {
	struct plan_cross *cross;
	struct plan_cross_side *sides;
	struct pair *pairs;		/* different ones of labels, .any: PLAN_ANY */
	size_t pair_count;
	uint64_t *blame[2];		/* [label]: cells of pairs it is in */
	bool *seen;			/* [label], while they are counted */
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

static bool is_specific(const struct plan_cross_side *side, uint32_t label)
{
	return label != side->any && !side->wide[label];
}

static uint64_t product_of(const struct split *split, size_t pair)
{
	uint32_t a = split->pairs[pair].label[0], b = split->pairs[pair].label[1];

	if (!is_specific(&split->sides[0], a) || !is_specific(&split->sides[1], b))
		return 0;
	return (uint64_t)split->sides[0].class_count[a] * split->sides[1].class_count[b];
}

/* Cells that pairs of labels take, and how many of them each label is to blame for. */
static uint64_t count_cells(struct split *split)
{
	uint64_t cells = 0;

	for (int i = 0; i < 2; i++)
		memset(split->blame[i], 0, split->sides[i].any * sizeof(uint64_t));
	for (size_t i = 0; i < split->pair_count; i++) {
		uint64_t product = product_of(split, i);

		if (!product)
			continue;
		cells += product;
		for (int j = 0; j < 2; j++)
			split->blame[j][split->pairs[i].label[j]] += product;
	}
	return cells;
}

/* About how many groups of SIDE's classes the rows make whose other label is not specific. */
static uint64_t count_alone(struct split *split, int side)
{
	const struct plan_cross_side *from = &split->sides[side], *other = &split->sides[!side];
	uint64_t labels = 0;

	memset(split->seen, 0, from->any * sizeof(bool));
	for (size_t i = 0; i < split->pair_count; i++) {
		uint32_t label = split->pairs[i].label[side];

		if (!is_specific(from, label) || split->seen[label] ||
		    is_specific(other, split->pairs[i].label[!side]))
			continue;
		split->seen[label] = true;
		labels++;
	}
	return labels;
}

/* Groups of both sides by wide labels, only to be counted. */
static bool count_wide(struct split *split, uint32_t ret_count[2])
{
	struct plan_cross *cross = split->cross;
	struct arena scratch = ARENA_INIT, *arena = cross->arena;
	struct plan_cross_groups wide;
	bool ok = true;

	cross->arena = &scratch;
	for (int i = 0; i < 2 && ok; i++) {
		ok = plan_cross_groups_make(cross, &split->sides[i], split->sides[i].wide, &wide);
		ret_count[i] = ok ? wide.count : 0;
	}
	cross->arena = arena;
	arena_free(&scratch);
	/* Why it fails was told in the scratch arena: there is one reason only. */
	return ok || plan_cross_spend(cross, 0);
}

/* About how many cells there are with the wide labels as they are now. */
static bool weigh(struct split *split, uint64_t *ret_cells, uint64_t *ret_weight)
{
	struct plan_cross *cross = split->cross;
	uint64_t cells = count_cells(split), weight = cells;
	uint32_t taste = tastes[split->cross->taste].group;
	uint32_t wide[2];

	if (!count_wide(split, wide))
		return false;
	for (int i = 0; i < 2; i++)
		weight += taste * count_alone(split, i) * wide[!i];
	weight += taste * (uint64_t)wide[0] * wide[1];
	*ret_cells = cells;
	*ret_weight = weight;
	return plan_cross_spend(cross, 4 * split->pair_count);
}

/* Makes the label wide that most cells are to blame on; false: there is none. */
static bool widen(struct split *split, struct widened *ret_label)
{
	uint64_t most = 0;

	for (int i = 0; i < 2; i++)
		for (uint32_t j = 0; j < split->sides[i].any; j++)
			if (split->blame[i][j] > most && split->sides[i].class_count[j] > 1) {
				most = split->blame[i][j];
				*ret_label = (struct widened){ i, j };
			}
	if (!most)
		return false;
	split->sides[ret_label->side].wide[ret_label->label] = true;
	split->blame[ret_label->side][ret_label->label] = 0;
	return true;
}

static bool start_split(struct split *split)
{
	struct plan_cross *cross = split->cross;

	for (int i = 0; i < 2; i++) {
		const struct plan_cross_axis *axis = &split->sides[i].axis;

		for (uint32_t j = 0; j < axis->first[axis->classes]; j++)
			split->sides[i].class_count[axis->labels[j]]++;
		split->blame[i] = ARENA_ARRAY(cross->arena, uint64_t, split->sides[i].any + 1);
	}
	split->seen = ARENA_ARRAY(cross->arena, bool,
				  split->sides[0].any + split->sides[1].any + 1);
	split->pair_count = collect_pairs(cross, split->sides, &split->pairs);
	return plan_cross_spend(cross, 20 * (uint64_t)cross->problem->row_count);
}

/* Widens label after label, and goes back to where there were fewest cells. */
bool plan_cross_split(struct plan_cross *cross, struct plan_cross_side sides[2])
{
	struct split split = { .cross = cross, .sides = sides };
	struct widened order[MAX_WIDE];
	uint64_t cells = 0, fewest = ~0ull, weight, least = ~0ull;
	uint32_t count = 0, best = 0, before, batch;
	uint32_t gain = tastes[cross->taste].gain, most = tastes[cross->taste].most;

	if (!start_split(&split))
		return false;
	for (;;) {
		if (!weigh(&split, &cells, &weight))
			return false;
		fewest = cells < fewest ? cells : fewest;
		if (cells <= MAX_PAIRS && weight + weight / gain < least) {
			least = weight;
			best = count;
		}
		before = count;
		batch = count + 1 + count / BATCH;
		while (count < batch && count < most && widen(&split, &order[count]))
			count++;
		if (count == before)
			break;
	}
	if (least == ~0ull)
		return plan_cross_refuse(cross, "labels overlap on both sides: %llu pairs",
					 (unsigned long long)fewest);
	while (count > best) {
		count--;
		sides[order[count].side].wide[order[count].label] = false;
	}
	return true;
}
