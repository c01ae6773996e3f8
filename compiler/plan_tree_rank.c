/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_rank: from values to ranks.
 *
 * In: the dimensions of a problem.  Out: for each that some row has a label of, steps from a value
 * to its rank, the labels as intervals of ranks, and the lane that ranks have in a key.
 *
 * Safety: two values get the same rank when the sums of the marks of their labels are equal, 128
 * bits of two mixed counters each.  Classes are numbered by their first value.  All values of a
 * class lie in the same labels, so the classes of a label are those whose first value lies in one
 * of its intervals, and these are neighbours in number: each interval of a label becomes one of
 * ranks, or none when all its classes came before.  Time: one sort of the ends.
 */
#include <stdlib.h>

#include "compiler/plan_tree.h"

struct mark {
	uint64_t a, b;
};

/* From AT on the marks of the labels add up to ADD more. */
struct event {
	u128 at;
	struct mark add;
};

struct slot {
	struct mark mark;
	uint32_t rank;			/* 0: free */
};

static uint64_t mixed(uint64_t number)
{
	number += 0x9e3779b97f4a7c15ull;
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ull;
	number = (number ^ number >> 27) * 0x94d049bb133111ebull;
	return number ^ number >> 31;
}

static int compare_events(const void *a, const void *b)
{
	const struct event *left = a, *right = b;

	return (left->at > right->at) - (left->at < right->at);
}

static size_t put_events(const struct plan_dim *dim, struct event *events)
{
	size_t count = 0;

	events[count++] = (struct event){ .at = 0 };
	for (size_t i = 0; i < dim->labels.len; i++) {
		const struct plan_label *label = &dim->labels.at[i];
		struct mark mark = { mixed(2 * i), mixed(mixed(2 * i + 1)) };

		for (size_t j = 0; j < label->count; j++) {
			events[count++] = (struct event){ label->at[j].lo, mark };
			if (label->at[j].hi < u128_max(dim->bits))
				events[count++] = (struct event){ label->at[j].hi + 1,
								  { -mark.a, -mark.b } };
		}
	}
	return count;
}

/* The rank of those marks; a new one is NEXT. */
static uint32_t rank_of(struct slot *slots, size_t mask, struct mark mark, uint32_t next)
{
	size_t at = mixed(mark.a ^ mark.b) & mask;

	while (slots[at].rank && (slots[at].mark.a != mark.a || slots[at].mark.b != mark.b))
		at = (at + 1) & mask;
	if (!slots[at].rank)
		slots[at] = (struct slot){ mark, next };
	return slots[at].rank;
}

/* FIRST[I]: ranks that steps before step I have. */
static void make_steps(struct tree_dim *dim, const struct event *events, size_t count,
		       struct arena *arena, uint32_t *first)
{
	struct arena scratch = ARENA_INIT;
	u128 *start = ARENA_ARRAY(arena, u128, count);
	uint32_t *result = ARENA_ARRAY(arena, uint32_t, count), next = 1;
	size_t mask = 1, steps = 0;
	struct mark mark = { 0, 0 };
	struct slot *slots;

	while (mask < 2 * count)
		mask *= 2;
	slots = ARENA_ARRAY(&scratch, struct slot, mask--);
	for (size_t i = 0; i < count; i++) {
		mark.a += events[i].add.a;
		mark.b += events[i].add.b;
		if (i + 1 < count && events[i + 1].at == events[i].at)
			continue;
		start[steps] = events[i].at;
		first[steps] = next;
		result[steps] = rank_of(slots, mask, mark, next);
		next += result[steps] == next;
		steps += !steps || result[steps] != result[steps - 1];
	}
	first[steps] = next;
	dim->steps = (struct plan_steps){ dim->bits, steps, start, result };
	dim->ranks = next;
	arena_free(&scratch);
}

/* The step that VALUE is in. */
static size_t step_of(const struct plan_steps *steps, u128 value)
{
	size_t at = 0, end = steps->count;

	while (end - at > 1) {
		size_t middle = at + (end - at) / 2;

		if (steps->start[middle] <= value)
			at = middle;
		else
			end = middle;
	}
	return at;
}

static void rank_label(struct tree_dim *dim, const struct plan_label *label, const uint32_t *first,
		       struct arena *arena, struct tree_label *ret_label)
{
	struct tree_range *last = NULL;

	ret_label->at = (uint32_t)dim->ranges.len;
	for (size_t i = 0; i < label->count; i++) {
		uint32_t lo = first[step_of(&dim->steps, label->at[i].lo)];
		uint32_t end = first[step_of(&dim->steps, label->at[i].hi) + 1];

		if (lo == end)
			continue;
		if (last && last->hi + 1 == lo) {
			last->hi = end - 1;
			continue;
		}
		last = vec_push(arena, &dim->ranges);
		*last = (struct tree_range){ lo, end - 1 };
	}
	ret_label->count = (uint32_t)dim->ranges.len - ret_label->at;
}

static void rank_dim(const struct plan_dim *from, struct arena *arena, struct tree_dim *dim)
{
	struct arena scratch = ARENA_INIT;
	struct event *events;
	uint32_t *first;
	size_t count = 1;

	for (size_t i = 0; i < from->labels.len; i++)
		count += 2 * from->labels.at[i].count;
	events = ARENA_ARRAY(&scratch, struct event, count);
	first = ARENA_ARRAY(&scratch, uint32_t, count + 1);
	dim->bits = from->bits;
	dim->always = from->always;
	count = put_events(from, events);
	qsort(events, count, sizeof(*events), compare_events);
	make_steps(dim, events, count, arena, first);
	dim->labels = ARENA_ARRAY(arena, struct tree_label, from->labels.len);
	for (size_t i = 0; i < from->labels.len; i++)
		rank_label(dim, &from->labels.at[i], first, arena, &dim->labels[i]);
	arena_free(&scratch);
}

/* Each dimension the first word that has room for its lane. */
static void lay_lanes(struct tree_ranks *ranks)
{
	uint32_t used[TREE_MAX_WORDS] = { 0 };

	ranks->words = 1;
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		struct tree_dim *dim = &ranks->dims[i];
		uint32_t bits = 1, word = 0;

		while (dim->ranks > 1ull << bits)
			bits++;
		while (used[word] + bits + 1 > 63)
			word++;
		dim->word = word;
		dim->pos = used[word];
		dim->mask = (uint32_t)((1ull << bits) - 1);
		ranks->guard[word] |= 1ull << (used[word] + bits);
		used[word] += bits + 1;
		if (word + 1 > ranks->words)
			ranks->words = word + 1;
	}
}

void plan_tree_rank(const struct plan_problem *problem, struct arena *arena,
		    struct tree_ranks *ret_ranks)
{
	bool used[PLAN_MAX_DIMS] = { false };

	for (size_t i = 0; i < problem->row_count; i++)
		for (uint32_t j = 0; j < problem->dim_count; j++)
			if (problem->labels[i * problem->dim_count + j] != PLAN_ANY)
				used[j] = true;
	*ret_ranks = (struct tree_ranks){ .dim_count = 0 };
	for (uint32_t i = 0; i < problem->dim_count; i++) {
		struct tree_dim *dim = &ret_ranks->dims[ret_ranks->dim_count];

		if (!used[i])
			continue;
		dim->dim = i;
		rank_dim(&problem->dims[i], arena, dim);
		ret_ranks->dim_count++;
	}
	lay_lanes(ret_ranks);
}
