/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_look: the look-up of bpf/xdpfw_tree.h, done on a solution's bytes.
 */
#include <string.h>

#include "compiler/plan_tree.h"

struct look {
	const struct tree_solution *solution;
	uint64_t word[TREE_MAX_WORDS];
	uint32_t from;
};

/* What a search through STEPS gives, which begin at AT. */
static uint32_t search(const struct tree_solution *solution, const struct plan_steps *steps,
		       size_t offset, u128 value)
{
	size_t at = 0, half;
	uint32_t rank;

	for (size_t count = steps->count; count > 1; count -= half) {
		half = count / 2;
		if (steps->start[at + half] <= value)
			at += half;
	}
	memcpy(&rank, solution->bytes + offset + steps->count * tree_search_bytes(steps->bits) +
	       at * 4, 4);
	return rank;
}

static uint32_t rank_of_wide(const struct tree_solution *solution, const struct tree_dim *dim,
			     u128 value)
{
	const struct tree_wide *wide = dim->wide;
	uint32_t rank, half, number = wide->trie ?
			plan_trie_look(wide->trie, value >> 64) :
			search(solution, &wide->highs, dim->offset, value >> 64);
	struct tree_tail tail;
	uint64_t low;

	memcpy(&tail, solution->bytes + dim->tails + number * sizeof(tail), sizeof(tail));
	for (; tail.count > 1; tail.count -= half) {
		half = tail.count / 2;
		memcpy(&low, solution->bytes + dim->lows + (tail.at + half) * sizeof(low),
		       sizeof(low));
		if ((uint64_t)value >= low)
			tail.at += half;
	}
	memcpy(&rank, solution->bytes + dim->wide_ranks + tail.at * 4, 4);
	return rank;
}

static uint32_t rank_at(const struct tree_solution *solution, const struct tree_dim *dim,
			u128 value)
{
	if (dim->trie)
		return plan_trie_look(dim->trie, value);
	if (dim->wide)
		return rank_of_wide(solution, dim, value);
	return search(solution, &dim->steps, dim->offset, value);
}

static void make_key(const struct plan_key *key, struct look *look)
{
	const struct tree_ranks *ranks = look->solution->ranks;

	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		const struct tree_dim *dim = &ranks->dims[i];

		if (key->present[dim->dim])
			look->word[dim->word] |= (uint64_t)rank_at(look->solution, dim,
								   key->value[dim->dim])
						 << dim->pos;
	}
}

static bool row_has(const struct look *look, const uint8_t *row)
{
	const struct tree_ranks *ranks = look->solution->ranks;
	uint64_t lo, hi, miss = 0;

	for (uint32_t i = 0; i < ranks->words; i++) {
		memcpy(&lo, row + i * 8, 8);
		memcpy(&hi, row + (ranks->words + i) * 8, 8);
		miss |= (((look->word[i] | ranks->guard[i]) - lo) & (hi - look->word[i]) &
			 ranks->guard[i]) ^ ranks->guard[i];
	}
	return !miss;
}

/* The result of the check at AT, or TREE_NEVER. */
static uint32_t check(const struct look *look, size_t at)
{
	const uint8_t *checks = look->solution->bytes + look->solution->checks;
	struct tree_check check;

	memcpy(&check, checks + at, sizeof(check));
	for (uint32_t i = 0; i < check.parts; i++) {
		struct tree_part part;
		struct tree_range range;
		uint32_t rank, j;

		memcpy(&part, checks + at + sizeof(check) + i * sizeof(part), sizeof(part));
		rank = (uint32_t)(look->word[part.word] >> part.pos) & part.mask;
		for (j = 0; j < part.count; j++) {
			memcpy(&range, checks + part.at + j * sizeof(range), sizeof(range));
			if (rank >= range.lo && rank <= range.hi)
				break;
		}
		if (j == part.count)
			return TREE_NEVER;
	}
	return check.result;
}

/* The least result of COUNT rows from number FIRST on. */
static uint32_t least(const struct look *look, size_t first, uint32_t count, bool all)
{
	uint32_t words = look->solution->ranks->words, best = PLAN_NO_RESULT;
	const uint8_t *row = look->solution->bytes + look->solution->rows +
			     first * tree_row_bytes(words);
	struct tree_row tail;

	for (uint32_t i = 0; i < count; i++, row += tree_row_bytes(words)) {
		if (!row_has(look, row))
			continue;
		memcpy(&tail, row + words * 16, sizeof(tail));
		if (tail.result & TREE_CHECK && all) {
			tail.result = check(look, (size_t)(tail.result & ~TREE_CHECK) * 4);
			if (tail.result == TREE_NEVER)
				continue;
		}
		if (tail.result >= look->from && tail.result < best)
			best = tail.result;
		if (all && tail.result >= look->from)
			break;
	}
	return best;
}

static uint32_t look_in(const struct look *look, uint32_t tree)
{
	const struct tree_solution *solution = look->solution;
	uint32_t at = tree, best, more, words = solution->ranks->words;
	const struct tree_slot *slot = &solution->forest->slots[tree];
	const uint8_t *nodes = solution->bytes + solution->nodes;
	struct tree_node node;

	memcpy(&node, nodes + at * sizeof(node), sizeof(node));
	for (uint32_t i = 0; i < slot->steps; i++) {
		uint64_t word = look->word[node.cut >> 6 & (TREE_MAX_WORDS - 1)];

		at = node.base + (uint32_t)((word - node.bias) >> (node.cut & 63) & node.cut >> 9);
		if (at >= solution->forest->nodes.len)
			return PLAN_NO_RESULT;
		memcpy(&node, nodes + at * sizeof(node), sizeof(node));
	}
	if (node.bias >= solution->forest->rows.len)
		return PLAN_NO_RESULT;
	best = least(look, node.bias, slot->rows, false);
	memcpy(&more, solution->bytes + solution->rows + node.bias * tree_row_bytes(words) +
	       words * 16 + 4, 4);
	if (more) {
		uint32_t answer = least(look, node.bias + slot->rows, more & ~TREE_CHECK, true);

		best = answer < best ? answer : best;
	}
	return best < TREE_MAX_RESULTS ? best : PLAN_NO_RESULT;
}

uint32_t plan_tree_look(const struct tree_solution *solution, const struct plan_key *key,
			uint32_t from)
{
	struct look look = { .solution = solution, .from = from };
	uint32_t best = PLAN_NO_RESULT, answer;

	make_key(key, &look);
	for (uint32_t i = 0; i < solution->forest->tree_count; i++) {
		answer = look_in(&look, i);
		best = answer < best ? answer : best;
	}
	return best;
}
