/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_fill: a forest as bytes.
 *
 * In: a forest.  Out: its bytes as bpf/xdpfw_layout.h has them: slots, checks, nodes, rows, and
 * then what turns values into ranks.
 */
#include <string.h>

#include "compiler/plan_tree.h"

/* Rows behind the last one that a look-up may reach. */
#define TREE_PAD (TREE_MAX_ROWS + TREE_BLOCK * TREE_BLOCKS)

static void pack(const struct tree_forest *forest, uint32_t id, uint64_t *ret_lane)
{
	const struct tree_ranks *ranks = forest->ranks;
	const struct tree_range *box = forest->boxes->ranges.at + (size_t)id * ranks->dim_count;

	memset(ret_lane, 0, ranks->words * 2 * sizeof(*ret_lane));
	for (uint32_t i = 0; i < ranks->words; i++)
		ret_lane[ranks->words + i] = ranks->guard[i];
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		const struct tree_dim *dim = &ranks->dims[i];

		ret_lane[dim->word] |= (uint64_t)box[i].lo << dim->pos;
		ret_lane[ranks->words + dim->word] |= (uint64_t)box[i].hi << dim->pos;
	}
}

/* The places of the checks, in words; returns the end of the last one, in bytes. */
static size_t lay_checks(const struct tree_forest *forest, const struct plan_problem *problem,
			 uint8_t *bytes, uint32_t *ret_place)
{
	const struct tree_boxes *boxes = forest->boxes;
	size_t at = 0;

	for (size_t i = 0; i < boxes->holes.len; i++) {
		const struct tree_holes *holes = &boxes->holes.at[i];
		uint32_t parts = (uint32_t)__builtin_popcount(holes->dims), part = 0;
		size_t ranges = at + sizeof(struct tree_check) + parts * sizeof(struct tree_part);
		struct tree_check check = { problem->results[holes->row], parts };

		ret_place[i] = (uint32_t)(at / 4);
		if (bytes)
			memcpy(bytes + at, &check, sizeof(check));
		for (uint32_t j = 0; j < forest->ranks->dim_count; j++) {
			const struct tree_dim *dim = &forest->ranks->dims[j];
			size_t row = (size_t)holes->row * problem->dim_count;
			const struct tree_label *label;
			struct tree_part to;

			if (!(holes->dims & 1u << j))
				continue;
			label = &dim->labels[problem->labels[row + dim->dim]];
			to = (struct tree_part){ dim->word, dim->pos, dim->mask, (uint32_t)ranges,
						 label->count };
			if (bytes) {
				memcpy(bytes + at + sizeof(check) + part++ * sizeof(to), &to,
				       sizeof(to));
				memcpy(bytes + ranges, dim->ranges.at + label->at,
				       label->count * sizeof(struct tree_range));
			}
			ranges += label->count * sizeof(struct tree_range);
		}
		at = ranges;
	}
	return at;
}

static void fill_rows(const struct tree_forest *forest, const uint32_t *places, uint8_t *at)
{
	uint32_t words = forest->ranks->words;
	uint64_t lane[2 * TREE_MAX_WORDS];
	struct tree_row row;

	for (size_t i = 0; i < forest->rows.len + TREE_PAD; i++) {
		uint32_t id = i < forest->rows.len ? forest->rows.at[i] : TREE_NONE;

		memset(lane, 0, sizeof(lane));
		memcpy(lane, forest->ranks->guard, words * sizeof(*lane));
		row = (struct tree_row){ .result = TREE_NEVER };
		if (i < forest->rows.len)
			row.more = forest->more.at[i];
		if (id != TREE_NONE) {
			const struct tree_box *box = &forest->boxes->boxes.at[id];

			pack(forest, id, lane);
			row.result = box->check ? TREE_CHECK | places[box->check - 1] : box->result;
		}
		memcpy(at, lane, words * 16);
		memcpy(at + words * 16, &row, sizeof(row));
		at += tree_row_bytes(words);
	}
}

static size_t aligned(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

static void fill_search(const struct plan_steps *steps, uint8_t *at)
{
	size_t key_bytes = tree_search_bytes(steps->bits), count = steps->count;

	for (size_t i = 0; i < count; i++) {
		uint64_t words[2] = { (uint64_t)(steps->start[i] >> 64),
				      (uint64_t)steps->start[i] };
		uint32_t word = (uint32_t)words[1];

		if (key_bytes == 4)
			memcpy(at + i * 4, &word, 4);
		else
			memcpy(at + i * key_bytes, words + (key_bytes == 8), key_bytes);
	}
	memcpy(at + count * key_bytes, steps->result, count * 4);
}

static size_t bytes_of_search(const struct plan_steps *steps)
{
	return steps->count * (tree_search_bytes(steps->bits) + 4);
}

static size_t bytes_of_rank(const struct tree_dim *dim)
{
	if (dim->trie)
		return plan_trie_bytes(dim->trie);
	if (!dim->wide)
		return bytes_of_search(&dim->steps);
	return dim->wide->trie ? plan_trie_bytes(dim->wide->trie) :
				 bytes_of_search(&dim->wide->highs);
}

/* Where everything is; returns the number of bytes. */
static size_t lay(struct tree_solution *solution, const struct plan_problem *problem,
		  uint32_t *places)
{
	const struct tree_forest *forest = solution->forest;
	struct tree_ranks *ranks = solution->ranks;
	size_t at = 0;

	solution->head = at;
	at = solution->slots = sizeof(struct tree_head);
	at = aligned(at + forest->tree_count * sizeof(struct tree_slot));
	solution->checks = at;
	at = aligned(at + lay_checks(forest, problem, NULL, places));
	solution->nodes = at;
	at = aligned(at + forest->nodes.len * sizeof(struct tree_node));
	solution->rows = at;
	at = aligned(at + (forest->rows.len + TREE_PAD) * tree_row_bytes(ranks->words));
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		struct tree_dim *dim = &ranks->dims[i];

		dim->offset = at;
		at += bytes_of_rank(dim);
		at = aligned(at);
		if (!dim->wide)
			continue;
		dim->tails = at;
		at = aligned(at + dim->wide->tails.len * sizeof(struct tree_tail));
		dim->lows = at;
		at = aligned(at + dim->wide->lows.len * 8);
		dim->wide_ranks = at;
		at = aligned(at + dim->wide->ranks.len * 4);
	}
	return at;
}

static void fill_wide(const struct tree_dim *dim, uint8_t *bytes)
{
	const struct tree_wide *wide = dim->wide;

	if (wide->trie)
		plan_trie_fill(wide->trie, bytes, dim->offset);
	else
		fill_search(&wide->highs, bytes + dim->offset);
	memcpy(bytes + dim->tails, wide->tails.at, wide->tails.len * sizeof(*wide->tails.at));
	memcpy(bytes + dim->lows, wide->lows.at, wide->lows.len * sizeof(*wide->lows.at));
	memcpy(bytes + dim->wide_ranks, wide->ranks.at, wide->ranks.len * sizeof(*wide->ranks.at));
}

void plan_tree_fill(struct tree_solution *solution, const struct plan_problem *problem,
		    struct arena *arena)
{
	const struct tree_forest *forest = solution->forest;
	uint32_t *places = ARENA_ARRAY(arena, uint32_t, forest->boxes->holes.len + 1);
	struct tree_head head = { .words = solution->ranks->words };
	uint8_t *bytes;

	solution->size = lay(solution, problem, places);
	memcpy(head.guard, solution->ranks->guard, sizeof(head.guard));
	head.checks = (uint32_t)solution->checks;
	bytes = solution->bytes = arena_alloc(arena, solution->size);
	memcpy(bytes + solution->head, &head, sizeof(head));
	memcpy(bytes + solution->slots, forest->slots,
	       forest->tree_count * sizeof(struct tree_slot));
	lay_checks(forest, problem, bytes + solution->checks, places);
	memcpy(bytes + solution->nodes, forest->nodes.at,
	       forest->nodes.len * sizeof(struct tree_node));
	fill_rows(forest, places, bytes + solution->rows);
	for (uint32_t i = 0; i < solution->ranks->dim_count; i++) {
		const struct tree_dim *dim = &solution->ranks->dims[i];

		if (dim->trie)
			plan_trie_fill(dim->trie, bytes, dim->offset);
		else if (dim->wide)
			fill_wide(dim, bytes);
		else
			fill_search(&dim->steps, bytes + dim->offset);
	}
}
