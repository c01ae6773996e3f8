/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_set: sets that passes make, each distinct one once, and what can be said of two.
 *
 * In: intervals in any order.  Out: a number.  Named sets are none of these: their elements can
 * change while the ruleset is in force.
 */
#include <stdlib.h>

#include "compiler/opt/opt_parts.h"

#define FIRST_SLOTS 256
#define MAX_STEPS 256			/* of comparing two sets */

/* --- the index ------------------------------------------------------------------------------ */

static uint32_t hash_set(const struct ir_set *set)
{
	uint64_t hash = set->parts;

	for (size_t i = 0; i < set->intervals.len; i++) {
		const struct ir_interval *interval = &set->intervals.at[i];

		hash = (hash ^ (uint64_t)interval->lo) * 0x9e3779b97f4a7c15u;
		hash = (hash ^ (uint64_t)(interval->lo >> 64) ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
		hash = (hash ^ (uint64_t)interval->hi) * 0x9e3779b97f4a7c15u;
		hash = (hash ^ (uint64_t)(interval->hi >> 64) ^ hash >> 32) * 0x94d049bb133111ebu;
	}
	return (uint32_t)(hash >> 32);
}

static bool same_set(const struct ir_set *a, const struct ir_set *b)
{
	return a->parts == b->parts && a->intervals.len == b->intervals.len &&
	       (!a->intervals.len ||
		!memcmp(a->intervals.at, b->intervals.at,
			a->intervals.len * sizeof(*a->intervals.at)));
}

/* The slot of a set like SET, or a free one. */
static struct opt_set_slot *find_slot(const struct opt_work *work, const struct ir_set *set,
				      uint32_t hash)
{
	for (size_t at = hash;; at++) {
		struct opt_set_slot *slot = &work->slots[at & (work->slot_count - 1)];

		if (!slot->number || (slot->hash == hash &&
				      same_set(&work->ir->sets.at[slot->number - 1], set)))
			return slot;
	}
}

static void grow(struct opt_work *work)
{
	const struct opt_set_slot *old = work->slots;
	size_t count = work->slot_count;

	work->slot_count = count ? count * 2 : FIRST_SLOTS;
	work->slots = ARENA_ARRAY(work->arena, struct opt_set_slot, work->slot_count);
	for (size_t i = 0; i < count; i++) {
		size_t at = old[i].hash;

		if (!old[i].number)
			continue;
		while (work->slots[at & (work->slot_count - 1)].number)
			at++;
		work->slots[at & (work->slot_count - 1)] = old[i];
	}
}

static uint32_t enter(struct opt_work *work, const struct ir_set *set, uint32_t number)
{
	uint32_t hash = hash_set(set);
	struct opt_set_slot *slot;

	if (work->slots_used * 2 >= work->slot_count)
		grow(work);
	slot = find_slot(work, set, hash);
	if (!slot->number) {
		*slot = (struct opt_set_slot){ number + 1, hash };
		work->slots_used++;
	}
	return slot->number - 1;
}

static void enter_all(struct opt_work *work)
{
	for (uint32_t i = 0; i < work->ir->sets.len; i++)
		if (!work->ir->sets.at[i].name.len)
			enter(work, &work->ir->sets.at[i], i);
}

/* --- sets ----------------------------------------------------------------------------------- */

static int compare_intervals(const void *a, const void *b)
{
	const struct ir_interval *left = a, *right = b;

	if (left->lo != right->lo)
		return left->lo < right->lo ? -1 : 1;
	return left->hi < right->hi ? -1 : left->hi > right->hi;
}

static size_t melt(struct ir_interval *intervals, size_t count)
{
	size_t kept = 0;

	qsort(intervals, count, sizeof(*intervals), compare_intervals);
	for (size_t i = 0; i < count; i++) {
		struct ir_interval *last = kept ? &intervals[kept - 1] : NULL;

		if (!last || (intervals[i].lo > last->hi && intervals[i].lo - 1 != last->hi))
			intervals[kept++] = intervals[i];
		else if (intervals[i].hi > last->hi)
			last->hi = intervals[i].hi;
	}
	return kept;
}

/* Insertion: opt_merge.c makes no large sets of boxes.  Equal ones stay once. */
static size_t sort_boxes(struct ir_interval *boxes, size_t count, uint32_t parts)
{
	struct ir_interval box[IR_MAX_PARTS];
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = kept;

		memcpy(box, &boxes[i * parts], parts * sizeof(*box));
		while (at && ir_compare_boxes(&boxes[(at - 1) * parts], box, parts) > 0)
			at--;
		if (at && !ir_compare_boxes(&boxes[(at - 1) * parts], box, parts))
			continue;
		memmove(&boxes[(at + 1) * parts], &boxes[at * parts],
			(kept - at) * parts * sizeof(*boxes));
		memcpy(&boxes[at * parts], box, parts * sizeof(*box));
		kept++;
	}
	return kept;
}

uint32_t opt_set_add(struct opt_work *work, uint32_t parts, struct ir_interval *intervals,
		     size_t count)
{
	struct ir_set set = { .parts = parts };
	uint32_t number;

	if (!work->slots)
		enter_all(work);
	count = parts == 1 ? melt(intervals, count) : sort_boxes(intervals, count, parts);
	set.intervals.at = intervals;
	set.intervals.len = set.intervals.cap = count * parts;
	number = enter(work, &set, (uint32_t)work->ir->sets.len);
	if (number < work->ir->sets.len)
		return number;
	if (parts > 1)
		set.reach = ir_make_reach(work->arena, parts, intervals, count);
	*vec_push(work->arena, &work->ir->sets) = set;
	return number;
}

/* --- of two --------------------------------------------------------------------------------- */

bool opt_sets_disjoint(const struct ir_set *a, const struct ir_set *b)
{
	size_t i = 0, j = 0;

	while (i < a->intervals.len && j < b->intervals.len) {
		const struct ir_interval *left = &a->intervals.at[i];
		const struct ir_interval *right = &b->intervals.at[j];

		if (i + j == MAX_STEPS || (left->lo <= right->hi && right->lo <= left->hi))
			return false;
		if (left->hi < right->lo)
			i++;
		else
			j++;
	}
	return true;
}

bool opt_set_within(const struct ir_set *inner, const struct ir_set *outer)
{
	size_t j = 0;

	if (inner->intervals.len + outer->intervals.len > MAX_STEPS)
		return false;
	for (size_t i = 0; i < inner->intervals.len; i++) {
		const struct ir_interval *interval = &inner->intervals.at[i];

		while (j < outer->intervals.len && outer->intervals.at[j].hi < interval->lo)
			j++;
		if (j == outer->intervals.len || outer->intervals.at[j].lo > interval->lo ||
		    outer->intervals.at[j].hi < interval->hi)
			return false;
	}
	return true;
}
