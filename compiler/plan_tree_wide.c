/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_wide: ranks of values of more than 64 bits, half by half.
 *
 * In: steps whose starts differ in their low halves too, as hosts among networks do.  Out: steps of
 * the high half, which a trie or a search takes, to a tail: what the rank is from which low half
 * on.  Most high halves have a tail of one rank, and a network's hosts are few, so a tail is
 * searched in few steps; all tails are searched in the same number of them, without a branch.
 */
#include "compiler/plan_tree.h"

#define HALF_COST 32			/* of a step of a search, tenths of nanoseconds */
#define HALF_COST_WIDE 55		/* of values of more than 64 bits */

struct widen {
	struct arena *arena;
	struct tree_wide *wide;
	u128 *start;			/* of the high half */
	uint32_t *result;
	size_t count;
	uint32_t *tail_of;		/* of each rank: the tail of nothing else + 1 */
};

static void put_low(struct widen *widen, uint64_t low, uint32_t rank)
{
	struct tree_wide *wide = widen->wide;

	*vec_push(widen->arena, &wide->lows) = low;
	*vec_push(widen->arena, &wide->ranks) = rank;
	wide->tails.at[wide->tails.len - 1].count++;
}

static uint32_t new_tail(struct widen *widen)
{
	struct tree_wide *wide = widen->wide;

	*vec_push(widen->arena, &wide->tails) = (struct tree_tail){ (uint32_t)wide->lows.len, 0 };
	return (uint32_t)wide->tails.len - 1;
}

static uint32_t tail_of_rank(struct widen *widen, uint32_t rank)
{
	if (!widen->tail_of[rank]) {
		widen->tail_of[rank] = new_tail(widen) + 1;
		put_low(widen, 0, rank);
	}
	return widen->tail_of[rank] - 1;
}

/* From HIGH on; what began there before is forgotten. */
static void put_high(struct widen *widen, u128 high, uint32_t tail)
{
	if (widen->count && widen->start[widen->count - 1] == high)
		widen->count--;
	if (widen->count && widen->result[widen->count - 1] == tail)
		return;
	widen->start[widen->count] = high;
	widen->result[widen->count++] = tail;
}

/* The steps from FIRST on that have the same high half; returns the one behind them. */
static size_t put_group(struct widen *widen, const struct plan_steps *steps, size_t first)
{
	u128 high = steps->start[first] >> 64;
	size_t end = first;

	while (end < steps->count && steps->start[end] >> 64 == high)
		end++;
	if (end == first + 1 && !(uint64_t)steps->start[first]) {
		put_high(widen, high, tail_of_rank(widen, steps->result[first]));
		return end;
	}
	put_high(widen, high, new_tail(widen));
	if ((uint64_t)steps->start[first])
		put_low(widen, 0, steps->result[first - 1]);
	for (size_t i = first; i < end; i++)
		put_low(widen, (uint64_t)steps->start[i], steps->result[i]);
	if (high < u128_max(steps->bits - 64))
		put_high(widen, high + 1, tail_of_rank(widen, steps->result[end - 1]));
	return end;
}

static uint32_t halves_of(const struct tree_wide *wide)
{
	uint32_t longest = 1, halves = 0;

	for (size_t i = 0; i < wide->tails.len; i++)
		if (wide->tails.at[i].count > longest)
			longest = wide->tails.at[i].count;
	while (1u << halves < longest)
		halves++;
	return halves;
}

uint32_t plan_tree_search_cost(const struct plan_steps *steps)
{
	uint32_t halves = 1;

	while (steps->count >> halves)
		halves++;
	return halves * (steps->bits > 64 ? HALF_COST_WIDE : HALF_COST);
}

const struct tree_wide *plan_tree_widen(const struct plan_steps *steps, uint32_t ranks,
					size_t most, struct arena *arena)
{
	struct widen widen = { .arena = arena, .wide = ARENA_NEW(arena, struct tree_wide) };
	struct arena scratch = ARENA_INIT;

	widen.start = ARENA_ARRAY(arena, u128, 2 * steps->count);
	widen.result = ARENA_ARRAY(arena, uint32_t, 2 * steps->count);
	widen.tail_of = ARENA_ARRAY(&scratch, uint32_t, ranks);
	for (size_t i = 0; i < steps->count;)
		i = put_group(&widen, steps, i);
	arena_free(&scratch);
	widen.wide->halves = halves_of(widen.wide);
	if (!widen.wide->halves)
		return NULL;
	widen.wide->highs = (struct plan_steps){ steps->bits - 64, widen.count, widen.start,
						 widen.result };
	widen.wide->trie = plan_trie_make(&widen.wide->highs, most, arena);
	if (widen.wide->trie && plan_trie_cost(widen.wide->trie) >
	    plan_tree_search_cost(&widen.wide->highs))
		widen.wide->trie = NULL;
	return widen.wide;
}
