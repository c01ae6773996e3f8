/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie_flat: a trie without breakpoints, whose windows are the same for all numbers.
 *
 * In: steps over numbers of up to 32 bits, and how many bits each window has.  Out: an array of
 * words for each window but the last one, and an array of results for that.  It is bigger than one
 * whose leaves compare, and takes half the instructions and one load less.
 *
 * A word has in its lowest bits, as many as the next window has, all ones or zeros, and above them
 * a base: the next index is base + (the next window's bits & these).  So what is the same for all
 * numbers behind a word is one entry and no block.
 *
 * A base may count units of several entries, when it must reach more of them: it is shifted right
 * by less, so that its lowest bits are those of the mask.  Blocks then begin at the last entry of a
 * unit, and single entries at the first one.
 *
 * Safety: tests compare all breakpoints, and their neighbours, with the steps.
 */
#include "compiler/plan_trie_part.h"

#include <string.h>

#define CACHE 4096			/* entries of caches: a power of two */
#define NO_INDEX 0xffffffffu

struct cached {
	uint32_t result, index;		/* NO_INDEX: none */
};

struct flat {
	const struct plan_steps *steps;
	const struct plan_trie_flat_form *form;
	struct arena arena;
	bool failed;
	VEC(uint32_t) entries[TRIE_MAX_FLAT];	/* of each window; the last one's are results */
	struct cached constants[TRIE_MAX_FLAT][CACHE];	/* entries that say one result */
	VEC(uint32_t) spare[TRIE_MAX_FLAT];	/* first entries of units before blocks */
};

static unsigned int bits_behind(const struct plan_trie_flat_form *form, unsigned int window)
{
	unsigned int bits = 0;

	while (++window < form->windows)
		bits += form->width[window];
	return bits;
}

static uint32_t make_word(struct flat *flat, unsigned int window, uint32_t base, bool constant)
{
	unsigned int width = flat->form->width[window + 1];

	base >>= flat->form->unit[window + 1];
	flat->failed = flat->failed || base >> (32 - width);
	return base << width | (constant ? 0 : (1u << width) - 1);
}

/* Skips entries of WINDOW up to one that is REST behind the first of its unit. */
static void skip_to(struct flat *flat, unsigned int window, uint32_t rest)
{
	uint32_t unit = 1u << flat->form->unit[window];

	while ((flat->entries[window].len & (unit - 1)) != rest) {
		if (rest && !(flat->entries[window].len & (unit - 1)))
			*vec_push(&flat->arena, &flat->spare[window]) =
				(uint32_t)flat->entries[window].len;
		*vec_push(&flat->arena, &flat->entries[window]) = 0;
	}
}

/* Where a single entry of WINDOW can be. */
static uint32_t take_entry(struct flat *flat, unsigned int window)
{
	if (flat->spare[window].len)
		return flat->spare[window].at[--flat->spare[window].len];
	skip_to(flat, window, 0);
	*vec_push(&flat->arena, &flat->entries[window]) = 0;
	return (uint32_t)flat->entries[window].len - 1;
}

static uint32_t constant_entry(struct flat *flat, unsigned int window, uint32_t result);

/* What an entry of WINDOW is whose numbers all have RESULT. */
static uint32_t constant_value(struct flat *flat, unsigned int window, uint32_t result)
{
	if (window + 1 == flat->form->windows)
		return result;
	return make_word(flat, window, constant_entry(flat, window + 1, result), true);
}

/* The number of such an entry. */
static uint32_t constant_entry(struct flat *flat, unsigned int window, uint32_t result)
{
	struct cached *cached = &flat->constants[window][result * 0x9e3779b1u >> 20];
	uint32_t value;

	if (cached->index == NO_INDEX || cached->result != result) {
		value = constant_value(flat, window, result);
		cached->result = result;
		cached->index = take_entry(flat, window);
		flat->entries[window].at[cached->index] = value;
	}
	return cached->index;
}

/* A block of WINDOW's entries for numbers from LO on, FIRST is the first step behind LO. */
static uint32_t make_block(struct flat *flat, unsigned int window, uint64_t lo, size_t first)
{
	const struct plan_steps *steps = flat->steps;
	unsigned int behind = bits_behind(flat->form, window);
	uint32_t base;

	skip_to(flat, window, (1u << flat->form->unit[window]) - 1);
	base = (uint32_t)flat->entries[window].len;
	for (uint32_t i = 0; i < 1u << flat->form->width[window]; i++)
		*vec_push(&flat->arena, &flat->entries[window]) = 0;
	for (uint64_t i = 0; i < 1ull << flat->form->width[window]; i++) {
		uint64_t from = lo + (i << behind), next = from + (1ull << behind);
		uint32_t value;

		while (first < steps->count && steps->start[first] <= from)
			first++;
		if (first < steps->count && steps->start[first] < next)
			value = make_word(flat, window, make_block(flat, window + 1, from, first),
					  false);
		else
			value = constant_value(flat, window, steps->result[first - 1]);
		flat->entries[window].at[base + i] = value;
	}
	return base;
}

static size_t put_array(const struct flat *flat, unsigned int window, unsigned int bytes,
			uint8_t *image, size_t at, struct plan_trie_array *ret_array)
{
	size_t count = flat->entries[window].len;

	ret_array->at = at;
	ret_array->count = (uint32_t)count;
	for (size_t i = 0; image && i < count; i++)
		plan_trie_put(image + at + i * bytes, flat->entries[window].at[i], bytes);
	return at + ((count * bytes + 63) & ~(size_t)63);
}

/* Results first: what their mask reaches behind them is then words, mostly. */
static size_t put_arrays(const struct flat *flat, uint8_t *image, struct plan_trie *trie)
{
	unsigned int last = flat->form->windows - 1;
	size_t size = put_array(flat, last, trie->leaf_bytes, image, 0, &trie->leaves);

	for (unsigned int i = last; i--;)
		size = put_array(flat, i, sizeof(uint32_t), image, size, &trie->level[i]);
	return size;
}

static void check_mask(struct plan_trie_array *array, size_t bytes, size_t size)
{
	size_t all = 1;

	while (all < array->count)
		all <<= 1;
	array->masked = array->at + all * bytes <= size;
}

static bool finish(const struct flat *flat, size_t max_bytes, struct arena *arena,
		   struct plan_trie *trie)
{
	trie->leaf = PLAN_TRIE_FLAT;
	trie->flat = *flat->form;
	trie->levels = flat->form->windows - 1;
	trie->word_bytes = sizeof(uint32_t);
	trie->leaf_bytes = plan_trie_result_bytes(flat->steps);
	trie->top_bits = flat->form->width[0];
	trie->top_shift = bits_behind(flat->form, 0);
	trie->size = put_arrays(flat, NULL, trie);
	if (trie->size > max_bytes)
		return false;
	trie->bytes = arena_alloc(arena, trie->size);
	put_arrays(flat, trie->bytes, trie);
	for (unsigned int i = 0; i < trie->levels; i++)
		check_mask(&trie->level[i], sizeof(uint32_t), trie->size);
	check_mask(&trie->leaves, trie->leaf_bytes, trie->size);
	return true;
}

bool plan_trie_flat_build(const struct plan_steps *steps, const struct plan_trie_flat_form *form,
			  size_t max_bytes, struct arena *arena, struct plan_trie *trie)
{
	struct arena scratch = ARENA_INIT;
	struct flat *flat = ARENA_NEW(&scratch, struct flat);
	bool built;

	flat->steps = steps;
	flat->form = form;
	memset(flat->constants, 0xff, sizeof(flat->constants));
	make_block(flat, 0, 0, 1);
	built = !flat->failed && finish(flat, max_bytes, arena, trie);
	arena_free(&flat->arena);
	arena_free(&scratch);
	return built;
}

uint32_t plan_trie_flat_look(const struct plan_trie *trie, uint32_t number)
{
	uint32_t at = trie->top_shift < 32 ? number >> trie->top_shift : 0, result = 0;
	const struct plan_trie_flat_form *form = &trie->flat;

	for (unsigned int i = 0; i < trie->levels; i++) {
		unsigned int width = form->width[i + 1], behind = bits_behind(form, i + 1);
		uint32_t word;

		memcpy(&word, trie->bytes + trie->level[i].at + at * sizeof(word), sizeof(word));
		at = (word >> (width - form->unit[i + 1])) +
		     (number >> behind & word & ((1u << width) - 1));
	}
	memcpy(&result, trie->bytes + trie->leaves.at + (size_t)at * trie->leaf_bytes,
	       trie->leaf_bytes);
	return result;
}
