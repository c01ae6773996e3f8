/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cache: which look-ups of blocks have their answers kept by the flow cache, and what the key
 * of an entry is made of.
 *
 * In: blocks that are solved.  Out: for each case of them the places of its values in the words of
 * a key, or why it has no cache; and how many pages the program's cache has.
 *
 * Safety: a key has every value and every presence that the look-up's text can see, each in bits of
 * its own, and the number of the case, which has the same bits in all entries of a size; so two
 * packets with the same key have the same answer.  A look-up that goes on behind a rule depends on
 * which, and is not cached.  A named set that a block asks does not move (plan_named.c): when its
 * elements change, the program does.  Memory is bounded whatever the ruleset: all cases share the
 * pages.
 */
#include "compiler/plan_cache.h"

#include "compiler/plan_block.h"

/* 1 MiB of each CPU for each size of entries, for which many have room in their second cache. */
#define PAGE_BITS 6
#define PAGE_BITS_SIZE 4		/* --optimize=size */

_Static_assert(PLAN_CACHE_SIZES << PAGE_BITS <= CACHE_MAX_PAGES, "what the loader takes");

/* What goes into the key, without places. */
static void list_pieces(const struct plan_problem *problem, struct arena *arena,
			struct plan_cache *cache)
{
	for (uint32_t i = 0; i < problem->dim_count; i++) {
		const struct plan_dim *dim = &problem->dims[i];

		if (!dim->labels.len)
			continue;
		if (dim->bits > 64)
			*vec_push(arena, &cache->pieces) = (struct plan_cache_piece){
				PLAN_CACHE_HIGH, i, dim->bits - 64, 0, 0,
			};
		*vec_push(arena, &cache->pieces) = (struct plan_cache_piece){
			PLAN_CACHE_VALUE, i, dim->bits < 64 ? dim->bits : 64, 0, 0,
		};
		if (!dim->always)
			*vec_push(arena, &cache->pieces) = (struct plan_cache_piece){
				PLAN_CACHE_PRESENT, i, 1, 0, 0,
			};
	}
}

/* The widest first, each into the first word that has room. */
static bool place_pieces(struct plan_cache *cache, unsigned int words)
{
	unsigned int used[PLAN_CACHE_MAX_WORDS] = { 0 };

	used[words - 1] = cache->answer_bits + cache->number_bits;
	for (unsigned int bits = 64; bits; bits--) {
		for (size_t i = 0; i < cache->pieces.len; i++) {
			struct plan_cache_piece *piece = &cache->pieces.at[i];
			unsigned int word = 0;

			if (piece->bits != bits)
				continue;
			while (word < words && used[word] + bits > 64)
				word++;
			if (word == words)
				return false;
			piece->word = word;
			piece->shift = used[word];
			used[word] += bits;
		}
	}
	return true;
}

static unsigned int bits_of(size_t most)
{
	unsigned int bits = 1;

	while (most >> bits)
		bits++;
	return bits;
}

static const char *find_obstacle(const struct plan_case *at)
{
	if (!at->engine)
		return "nothing is looked up";
	if (at->problem.resumed)
		return "it goes on behind rules that jump or only count";
	return NULL;
}

/* ANSWER_BITS and CASES: as all cases of the program need, or two of them could have one key. */
static void make_cache(const struct plan *plan, struct plan_case *at, unsigned int answer_bits,
		       size_t cases, struct arena *arena)
{
	struct plan_cache *cache = &at->cache;
	unsigned int words = 2;

	cache->why_not = find_obstacle(at);
	if (cache->why_not)
		return;
	cache->answer_bits = answer_bits;
	cache->number_bits = bits_of(cases);
	list_pieces(&at->problem, arena, cache);
	while (words <= PLAN_CACHE_MAX_WORDS && !place_pieces(cache, words))
		words *= 2;
	cache->cost = PLAN_COST_CACHE + PLAN_COST_CACHE_WORD * words;
	if (words > PLAN_CACHE_MAX_WORDS)
		cache->why_not = "its values are more than 64 bytes";
	else if (!plan->options.force && at->estimate.cost <= cache->cost)
		cache->why_not = "the look-up takes no longer than a hit";
	else
		cache->words = words;
}

static size_t count_cases(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->blocks.len; i++)
		count += plan->blocks.at[i]->cases.len;
	return count;
}

/* Bits for what any look-up that may be kept says.  Results never fall from row to row. */
static unsigned int most_answer_bits(const struct plan *plan)
{
	size_t most = 0;

	for (size_t i = 0; i < plan->blocks.len; i++) {
		const struct plan_block *block = plan->blocks.at[i];

		for (size_t j = 0; j < block->cases.len; j++) {
			const struct plan_problem *problem = &block->cases.at[j].problem;

			if (find_obstacle(&block->cases.at[j]) || !problem->row_count ||
			    problem->results[problem->row_count - 1] < most)
				continue;
			most = problem->results[problem->row_count - 1];
		}
	}
	return bits_of(most + 1);
}

/* Entries of one size have pages of their own, or one could be taken for two of another. */
static void place_caches(struct plan *plan, unsigned int words)
{
	uint32_t first = plan->caches.pages;

	for (size_t i = 0; i < plan->blocks.len; i++) {
		const struct plan_block *block = plan->blocks.at[i];

		for (size_t j = 0; j < block->cases.len; j++) {
			struct plan_cache *cache = &block->cases.at[j].cache;

			if (cache->words != words)
				continue;
			cache->first_page = first;
			plan->caches.pages = first + (1u << plan->caches.page_bits);
		}
	}
}

void plan_cache_choose(struct plan *plan, struct arena *arena)
{
	unsigned int answer_bits = most_answer_bits(plan);
	size_t cases = count_cases(plan);
	uint32_t number = 0;

	if (!plan->options.flow_cache)
		return;
	plan->caches.page_bits = plan->options.optimize == PLAN_OPTIMIZE_SIZE ? PAGE_BITS_SIZE :
										PAGE_BITS;
	for (size_t i = 0; i < plan->blocks.len; i++) {
		const struct plan_block *block = plan->blocks.at[i];

		for (size_t j = 0; j < block->cases.len; j++) {
			make_cache(plan, &block->cases.at[j], answer_bits, cases, arena);
			block->cases.at[j].cache.number = ++number;
		}
	}
	for (unsigned int words = 2; words <= PLAN_CACHE_MAX_WORDS; words *= 2)
		place_caches(plan, words);
}

void plan_cache_print(const struct plan *plan, const struct plan_case *at, const char *indent,
		      struct buf *out)
{
	const struct plan_cache *cache = &at->cache;
	size_t bytes = (CACHE_PAGE_WORDS * sizeof(uint64_t)) << plan->caches.page_bits;

	if (cache->why_not)
		buf_printf(out, "%sno flow cache: %s\n", indent, cache->why_not);
	if (!cache->words)
		return;
	buf_printf(out, "%sflow cache: a hit takes about %u.%u ns; %zu entries of %zu bytes, "
			"%zu kB for each CPU\n", indent, cache->cost / 10,
		   cache->cost % 10, bytes / (cache->words * sizeof(uint64_t)),
		   cache->words * sizeof(uint64_t), bytes / 1000);
}
