/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie_build: a trie of one form.
 *
 * In: steps and a form.  Out: words and leaves as bytes, in the byte order of this machine.
 *
 * A span is a block of numbers (a power of two of them, at a multiple of that) and the breakpoints
 * inside of it.  A window cuts a span into slots, which are spans.  A window may look at fewer bits
 * than the span has: when all breakpoints lie in a smaller block, the bits that these have in
 * common are skipped.  Numbers outside of that block then come to some slot of it; the rim says
 * what holds for them, and each leaf behind has breakpoints for that where its own do not say so
 * anyway.
 *
 * Safety: a leaf compares whole numbers, so whatever path led to it, it can only be wrong by its
 * breakpoints; tests compare all of them, and their neighbours, with the steps.
 */
#include "compiler/plan_trie_part.h"

#include <string.h>

#define MAX_RIM 3			/* as many breakpoints as the smallest big leaf has */
#define MAX_BREAKS 12
#define CACHE 1024			/* entries of caches: a power of two */
#define NO_INDEX 0xffffffffu

/* Below and above: from this start on, this result; in rising order, neighbours differ. */
struct rim {
	unsigned int below_count, above_count;
	u128 below[MAX_RIM], above[MAX_RIM];
	uint32_t below_result[MAX_RIM], above_result[MAX_RIM];
};

struct span {
	u128 lo;
	unsigned int bits;		/* 2^bits numbers */
	size_t first, end;		/* steps that begin inside, above lo */
	const struct rim *rim;		/* NULL: none */
};

struct leaf {
	unsigned int count;
	u128 start[MAX_BREAKS + 1];
	uint32_t result[MAX_BREAKS + 1];
};

struct cached {
	uint32_t key, index;		/* NO_INDEX: none */
};

struct build {
	const struct plan_steps *steps;
	const struct plan_trie_form *form;
	unsigned int bits, key_bits;
	size_t left;			/* bytes */
	bool failed;
	struct arena arena;
	VEC(uint64_t) words[TRIE_MAX_LEVELS];
	uint8_t *leaves;
	size_t leaf_count, leaf_room;
	struct span open;		/* what the leaf `open_leaf` is for; it may grow: its .bits
					   count for nothing */
	u128 open_next;			/* the number behind it */
	uint32_t open_leaf;
	struct cached constants[CACHE];	/* leaves of one result */
	struct cached chains[TRIE_MAX_LEVELS][CACHE];	/* words that lead to a leaf */
};

/* Room for COUNT more entries; the number of the first. */
static uint32_t take_words(struct build *build, unsigned int level, size_t count)
{
	size_t at = build->words[level].len;

	if (count * sizeof(uint32_t) > build->left) {
		build->failed = true;
		return 0;
	}
	build->left -= count * sizeof(uint32_t);
	for (size_t i = 0; i < count; i++)
		*vec_push(&build->arena, &build->words[level]) = 0;
	return (uint32_t)at;
}

static uint32_t take_leaves(struct build *build, size_t count)
{
	size_t at = build->leaf_count, bytes = build->form->leaf_bytes;

	if (count * bytes > build->left) {
		build->failed = true;
		return 0;
	}
	build->left -= count * bytes;
	if (at + count > build->leaf_room) {
		size_t room = 2 * (at + count) + 64;

		build->leaves = arena_grow(&build->arena, build->leaves, at * bytes, room * bytes);
		build->leaf_room = room;
	}
	build->leaf_count += count;
	return (uint32_t)at;
}

static uint32_t entry_result(const struct build *build, const struct span *span)
{
	return build->steps->result[span->first - 1];
}

static uint32_t exit_result(const struct build *build, const struct span *span)
{
	return build->steps->result[span->end - 1];
}

/* Breakpoints of a leaf for it. */
static size_t span_breaks(const struct build *build, const struct span *span)
{
	const struct rim *rim = span->rim;
	size_t count = span->end - span->first;

	if (rim && rim->below_count)
		count += rim->below_count - 1u + (rim->below_result[rim->below_count - 1] !=
						  entry_result(build, span));
	if (rim && rim->above_count)
		count += rim->above_count - 1u + (rim->above_result[0] != exit_result(build, span));
	return count;
}

/* In how many ranges of it the result is 1. */
static size_t span_ranges(const struct build *build, const struct span *span)
{
	const struct rim *rim = span->rim;
	uint32_t first = rim && rim->below_count ? rim->below_result[0] :
						   entry_result(build, span);

	return (span_breaks(build, span) + 1 + first) / 2;
}

/* Packed breakpoints are numbers inside of a block. */
static bool is_in_block(const struct build *build, const struct span *span)
{
	u128 last;

	if (span->end == span->first)
		return true;
	last = build->steps->start[span->end - 1];
	return span->lo >> TRIE_PACKED_BITS == last >> TRIE_PACKED_BITS;
}

static bool span_fits(const struct build *build, const struct span *span)
{
	unsigned int breaks = build->form->leaf_breaks;

	if (span->end - span->first > breaks || span_breaks(build, span) > breaks)
		return false;
	switch (build->form->leaf) {
	case PLAN_TRIE_RESULTS:
		return true;
	case PLAN_TRIE_RANGES:
		return span_ranges(build, span) <= breaks / 2;
	case PLAN_TRIE_PACKED:
		return is_in_block(build, span);
	case PLAN_TRIE_NESTED:
	case PLAN_TRIE_MASKED:
	case PLAN_TRIE_FLAT:
		break;
	}
	return false;
}

static void leaf_add(struct leaf *leaf, u128 start, uint32_t result)
{
	if (leaf->count && leaf->result[leaf->count - 1] == result)
		return;
	leaf->start[leaf->count] = start;
	leaf->result[leaf->count++] = result;
}

static void put_break(const struct build *build, uint8_t *bytes, unsigned int number, u128 start)
{
	struct trie_break128 wide = { (uint64_t)(start >> 64), (uint64_t)start };
	uint32_t narrow = (uint32_t)start;

	bytes += number * (build->key_bits / 8);
	if (build->key_bits == 32)
		memcpy(bytes, &narrow, sizeof(narrow));
	else if (build->key_bits == 64)
		memcpy(bytes, &wide.low, sizeof(wide.low));
	else
		memcpy(bytes, &wide, sizeof(wide));
}

/* Unused breakpoints are the last number, with the result that it has anyway. */
static void put_results(const struct build *build, const struct leaf *leaf, uint8_t *bytes)
{
	unsigned int breaks = build->form->leaf_breaks;
	uint8_t *results = bytes + breaks * (build->key_bits / 8);

	for (unsigned int i = 0; i <= breaks; i++) {
		unsigned int at = i < leaf->count ? i : leaf->count - 1;

		if (i)
			put_break(build, bytes, i - 1,
				  i < leaf->count ? leaf->start[i] : u128_max(build->key_bits));
		memcpy(results + i * sizeof(uint32_t), &leaf->result[at], sizeof(uint32_t));
	}
}

/* Unused ranges are from the last number down to 0. */
static void put_ranges(const struct build *build, const struct leaf *leaf, uint8_t *bytes)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < leaf->count; i++) {
		if (!leaf->result[i])
			continue;
		put_break(build, bytes, 2 * count, i ? leaf->start[i] : 0);
		put_break(build, bytes, 2 * count++ + 1,
			  i + 1 < leaf->count ? leaf->start[i + 1] - 1 :
						u128_max(build->key_bits));
	}
	for (; count < build->form->leaf_breaks / 2; count++) {
		put_break(build, bytes, 2 * count, u128_max(build->key_bits));
		put_break(build, bytes, 2 * count + 1, 0);
	}
}

/* Unused ones are 0: a number is one more than the last to reach that. */
static void put_packed(const struct leaf *leaf, uint8_t *bytes)
{
	uint64_t words[4] = { (uint64_t)leaf->result[0] << 63 };

	for (unsigned int i = 0; i < 12; i++) {
		uint64_t end = (uint64_t)1 << TRIE_PACKED_BITS, number = 0;

		if (i + 1 < leaf->count)
			number = end - ((uint64_t)leaf->start[i + 1] & (end - 1));
		words[i / 3] |= number << i % 3 * (TRIE_PACKED_BITS + 1);
	}
	memcpy(bytes, words, sizeof(words));
}

static void put_leaf(struct build *build, uint32_t number, const struct span *span)
{
	uint8_t *bytes = build->leaves + (size_t)number * build->form->leaf_bytes;
	const struct rim *rim = span->rim;
	struct leaf leaf = { .count = 0 };

	for (unsigned int i = 0; rim && i < rim->below_count; i++)
		leaf_add(&leaf, rim->below[i], rim->below_result[i]);
	leaf_add(&leaf, span->lo, entry_result(build, span));
	for (size_t i = span->first; i < span->end; i++)
		leaf_add(&leaf, build->steps->start[i], build->steps->result[i]);
	for (unsigned int i = 0; rim && i < rim->above_count; i++)
		leaf_add(&leaf, rim->above[i], rim->above_result[i]);
	switch (build->form->leaf) {
	case PLAN_TRIE_RESULTS:
		put_results(build, &leaf, bytes);
		break;
	case PLAN_TRIE_RANGES:
		put_ranges(build, &leaf, bytes);
		break;
	case PLAN_TRIE_PACKED:
		put_packed(&leaf, bytes);
		break;
	case PLAN_TRIE_NESTED:
	case PLAN_TRIE_MASKED:
	case PLAN_TRIE_FLAT:
		break;
	}
}

static struct cached *cache_at(struct cached *cache, uint32_t key)
{
	return &cache[(key * 0x9e3779b1u) >> 22];
}

/* A leaf that says the same for all numbers: shared as far as the cache remembers. */
static uint32_t constant_leaf(struct build *build, const struct span *span)
{
	struct cached *cached = cache_at(build->constants, entry_result(build, span));

	if (cached->index == NO_INDEX || cached->key != entry_result(build, span)) {
		cached->key = entry_result(build, span);
		cached->index = take_leaves(build, 1);
		if (!build->failed)
			put_leaf(build, cached->index, span);
	}
	return cached->index;
}

/* A leaf for a span that fits.  Neighbours share one as long as there is room in it. */
static uint32_t shared_leaf(struct build *build, const struct span *span)
{
	bool joins = build->open_leaf != NO_INDEX && build->open.rim == span->rim &&
		     build->open_next == span->lo;
	bool grows = !joins || build->open.end != span->end;
	struct span both = build->open;

	both.end = span->end;
	if (!span_breaks(build, span)) {
		if (!grows)
			build->open_next = span->lo + plan_trie_block_max(span->bits) + 1;
		return constant_leaf(build, span);
	}
	if (joins && span_fits(build, &both)) {
		build->open = both;
		build->open_next = span->lo + plan_trie_block_max(span->bits) + 1;
		if (grows)
			put_leaf(build, build->open_leaf, &both);
		return build->open_leaf;
	}
	build->open_leaf = take_leaves(build, 1);
	build->open = *span;
	build->open_next = span->lo + plan_trie_block_max(span->bits) + 1;
	if (!build->failed)
		put_leaf(build, build->open_leaf, span);
	return build->open_leaf;
}

static uint64_t make_word(uint32_t base, unsigned int shift, unsigned int width)
{
	return (uint64_t)base << 32 | (uint64_t)u128_max(width ? width : 1) * !!width << 8 | shift;
}

/* A word of LEVEL that leads to one leaf, past the windows behind it. */
static uint64_t chain_word(struct build *build, unsigned int level, uint32_t leaf)
{
	struct cached *cached;
	uint64_t word;

	if (level + 1 == build->form->levels)
		return make_word(leaf, 0, 0);
	cached = cache_at(build->chains[level + 1], leaf);
	if (cached->index == NO_INDEX || cached->key != leaf) {
		word = chain_word(build, level + 1, leaf);
		cached->key = leaf;
		cached->index = take_words(build, level + 1, 1);
		if (build->failed)
			return 0;
		build->words[level + 1].at[cached->index] = word;
	}
	return make_word(cached->index, 0, 0);
}

/* The most bits that slots can have so that each fits into a leaf, rims left aside. */
static unsigned int slot_bits(const struct build *build, const struct span *span)
{
	unsigned int breaks = build->form->leaf_breaks, bits = span->bits;
	const u128 *start = build->steps->start;

	if (build->form->leaf == PLAN_TRIE_PACKED && bits > TRIE_PACKED_BITS)
		bits = TRIE_PACKED_BITS;
	for (size_t i = span->first; i + breaks < span->end; i++) {
		unsigned int differ = plan_trie_highest_bit((start[i] - 1) ^ start[i + breaks]);

		bits = differ < bits ? differ : bits;
	}
	return bits;
}

static u128 slot_lo(const struct span *span, size_t number, unsigned int bits)
{
	return number ? span->lo + ((u128)number << bits) : span->lo;
}

/* The next slot of 2^BITS numbers at LO; *NEXT: the first step that may begin in it. */
static struct span take_slot(const struct build *build, const struct span *span, u128 lo,
			     unsigned int bits, size_t *next)
{
	struct span slot = { .lo = lo, .bits = bits, .rim = span->rim };
	u128 hi = lo + plan_trie_block_max(bits);

	while (*next < span->end && build->steps->start[*next] <= lo)
		++*next;
	slot.first = *next;
	while (*next < span->end && build->steps->start[*next] <= hi)
		++*next;
	slot.end = *next;
	return slot;
}

static u128 block_end(const struct span *span)
{
	return span->lo + plan_trie_block_max(span->bits);
}

/* What the smaller block leaves out becomes part of the rim.  False: the rim would be too long. */
static bool widen_rim(const struct build *build, const struct span *outer,
		      const struct span *inner, struct rim *rim)
{
	uint32_t below = entry_result(build, outer), above = exit_result(build, outer);

	*rim = outer->rim ? *outer->rim : (struct rim){ .below_count = 0 };
	if (inner->lo != outer->lo &&
	    (!rim->below_count || rim->below_result[rim->below_count - 1] != below)) {
		if (rim->below_count == MAX_RIM)
			return false;
		rim->below[rim->below_count] = outer->lo;
		rim->below_result[rim->below_count++] = below;
	}
	if (block_end(inner) == block_end(outer))
		return rim->below_count + rim->above_count <= build->form->leaf_breaks;
	if (!rim->above_count || rim->above_result[0] != above) {
		if (rim->above_count == MAX_RIM)
			return false;
		memmove(rim->above + 1, rim->above, rim->above_count * sizeof(*rim->above));
		memmove(rim->above_result + 1, rim->above_result,
			rim->above_count * sizeof(*rim->above_result));
		rim->above_count++;
	}
	rim->above[0] = inner->lo + plan_trie_block_max(inner->bits) + 1;
	rim->above_result[0] = above;
	return rim->below_count + rim->above_count <= build->form->leaf_breaks;
}

/* The smallest block that all breakpoints lie in, or at the ends of. */
static struct span narrow(struct build *build, const struct span *span)
{
	const u128 *start = build->steps->start;
	struct span inner = *span;
	u128 lo, last;
	struct rim *rim;

	if (!build->form->skip || span->end - span->first < 2)
		return inner;
	lo = start[span->first];
	last = start[span->end - 1] - 1;
	inner.bits = plan_trie_highest_bit(lo ^ last) + 1;
	if (inner.bits >= span->bits)
		return *span;
	inner.lo = lo & ~plan_trie_block_max(inner.bits);
	if (inner.lo == lo)
		inner.first++;
	if (last == inner.lo + plan_trie_block_max(inner.bits))
		inner.end--;
	rim = ARENA_NEW(&build->arena, struct rim);
	if (!widen_rim(build, span, &inner, rim))
		return *span;
	inner.rim = rim;
	return inner;
}

/* Whether slots of 2^BITS numbers fit into leaves. */
static bool slots_fit(const struct build *build, const struct span *span, unsigned int bits)
{
	size_t next = span->first, count = (size_t)1 << (span->bits - bits);

	for (size_t i = 0; i < count; i++) {
		struct span slot = take_slot(build, span, slot_lo(span, i, bits), bits, &next);

		if (!span_fits(build, &slot))
			return false;
	}
	return true;
}

/* Windows that NEEDED bits of a block of 2^BITS numbers take: none lies across the halves. */
static unsigned int count_windows(const struct build *build, unsigned int bits, unsigned int needed)
{
	unsigned int most = build->form->max_window, upper = needed;

	if (bits > 64 && bits - needed < 64)
		upper = bits - 64;
	return (upper + most - 1) / most + (needed - upper + most - 1) / most;
}

/* Bytes behind a window of WIDTH bits, estimated; SIZE_MAX: more windows would be needed. */
static size_t window_bytes(const struct build *build, const struct span *span, unsigned int width,
			   unsigned int windows)
{
	unsigned int bits = span->bits - width;
	size_t next = span->first, total = sizeof(uint32_t) << width;

	for (size_t i = 0; i < (size_t)1 << width; i++) {
		struct span slot = take_slot(build, span, slot_lo(span, i, bits), bits, &next);
		unsigned int needed;
		size_t bytes;

		if (slot.end - slot.first <= build->form->leaf_breaks)
			continue;
		needed = bits - slot_bits(build, &slot);
		if (count_windows(build, bits, needed) > windows - 1)
			return SIZE_MAX;
		bytes = needed > 20 ? SIZE_MAX / 4 : (size_t)build->form->leaf_bytes << needed;
		if (windows > 2 && bytes > (slot.end - slot.first) * build->form->leaf_bytes)
			bytes = (slot.end - slot.first) * build->form->leaf_bytes;
		total = total + bytes < total ? SIZE_MAX - 1 : total + bytes;
	}
	return total;
}

/* A window lies in one half of a number. */
static bool window_is_whole(const struct span *span, unsigned int width)
{
	return span->bits <= 64 || span->bits - width >= 64;
}

/* Of the last window before the leaves; 0: none would do. */
static unsigned int last_width(const struct build *build, const struct span *span)
{
	unsigned int width = span->bits - slot_bits(build, span);

	for (; width <= build->form->max_window && width <= span->bits; width++)
		if (width && window_is_whole(span, width) &&
		    slots_fit(build, span, span->bits - width))
			return width;
	return 0;
}

static unsigned int choose_width(const struct build *build, const struct span *span,
				 unsigned int windows)
{
	unsigned int most = build->form->max_window, found = 0;
	size_t best = SIZE_MAX;

	most = most < span->bits ? most : span->bits;
	if (windows == 1)
		return last_width(build, span);
	for (unsigned int width = 1; width <= most; width++) {
		size_t bytes;

		if (!window_is_whole(span, width))
			continue;
		if (sizeof(uint32_t) << width > best)
			break;
		bytes = window_bytes(build, span, width, windows);
		if (bytes < best) {
			best = bytes;
			found = width;
		}
	}
	return found;
}

static uint64_t make_node(struct build *build, unsigned int level, const struct span *span);

/* The slots of a window: leaves when LEVEL is behind the last one, else words of it. */
static void put_slots(struct build *build, unsigned int level, const struct span *span,
		      unsigned int width, uint32_t base)
{
	unsigned int bits = span->bits - width;
	size_t next = span->first;

	for (size_t i = 0; i < (size_t)1 << width && !build->failed; i++) {
		struct span slot = take_slot(build, span, slot_lo(span, i, bits), bits, &next);
		uint64_t word;

		if (level < build->form->levels) {
			word = make_node(build, level, &slot);
			build->words[level].at[base + i] = word;
		} else if (span_fits(build, &slot)) {
			put_leaf(build, base + (uint32_t)i, &slot);
		} else {
			build->failed = true;
		}
	}
}

/* The word of LEVEL for a span. */
static uint64_t make_node(struct build *build, unsigned int level, const struct span *span)
{
	bool to_leaves = level + 1 == build->form->levels;
	struct span inner;
	unsigned int width;
	uint32_t base;

	if (span_fits(build, span))
		return chain_word(build, level, shared_leaf(build, span));
	inner = narrow(build, span);
	width = choose_width(build, &inner, build->form->levels - level);
	if (!width && inner.rim != span->rim) {
		inner = *span;
		width = choose_width(build, &inner, build->form->levels - level);
	}
	build->failed = build->failed || !width;
	if (build->failed)
		return 0;
	base = to_leaves ? take_leaves(build, (size_t)1 << width) :
			   take_words(build, level + 1, (size_t)1 << width);
	if (build->failed)
		return 0;
	put_slots(build, level + 1, &inner, width, base);
	return make_word(base, inner.bits - width, width);
}

static void make_top(struct build *build, struct plan_trie *trie)
{
	struct span all = { .bits = build->bits, .first = 1, .end = build->steps->count };
	struct span inner = narrow(build, &all);
	unsigned int width = build->form->top_bits;
	uint32_t base;

	width = width < inner.bits ? width : inner.bits;
	if (!window_is_whole(&inner, width))
		width = inner.bits - 64;
	base = build->form->levels ? take_words(build, 0, (size_t)1 << width) :
				     take_leaves(build, (size_t)1 << width);
	if (build->failed)
		return;
	put_slots(build, 0, &inner, width, base);
	trie->top_bits = width;
	trie->top_shift = inner.bits - width;
}

/* Words are of 32 bits when all fit. */
static bool words_are_small(const struct build *build)
{
	if (build->key_bits != 32)
		return false;
	for (unsigned int i = 0; i < build->form->levels; i++)
		for (size_t j = 0; j < build->words[i].len; j++)
			if (build->words[i].at[j] >> 32 >= 1u << TRIE_SMALL_BASE_BITS)
				return false;
	return true;
}

static void put_word(const struct plan_trie *trie, uint64_t word, uint8_t *bytes)
{
	uint32_t small = (uint32_t)(word >> 32) << 13 | (uint32_t)(word >> 8 & 0xff) << 5 |
			 (uint32_t)(word & 31);

	if (trie->word_bytes == 4)
		memcpy(bytes, &small, sizeof(small));
	else
		memcpy(bytes, &word, sizeof(word));
}

static void put_arrays(const struct build *build, struct plan_trie *trie)
{
	memcpy(trie->bytes + trie->leaves.at, build->leaves, build->leaf_count * trie->leaf_bytes);
	for (unsigned int i = 0; i < trie->levels; i++)
		for (size_t j = 0; j < build->words[i].len; j++)
			put_word(trie, build->words[i].at[j],
				 trie->bytes + trie->level[i].at + j * trie->word_bytes);
}

static bool build_finish(const struct build *build, size_t max_bytes, struct arena *arena,
			 struct plan_trie *trie)
{
	trie->levels = build->form->levels;
	trie->leaf = build->form->leaf;
	trie->leaf_breaks = build->form->leaf_breaks;
	trie->leaf_bytes = build->form->leaf_bytes;
	trie->word_bytes = words_are_small(build) ? sizeof(uint32_t) : sizeof(uint64_t);
	trie->leaves.count = (uint32_t)build->leaf_count;
	for (unsigned int i = 0; i < trie->levels; i++) {
		trie->level[i].count = (uint32_t)build->words[i].len;
		trie->level[i].has_high = trie->level[i].has_low = true;
	}
	plan_trie_place_arrays(trie);
	if (trie->size > max_bytes)
		return false;
	trie->bytes = arena_alloc(arena, trie->size);
	put_arrays(build, trie);
	return true;
}

bool plan_trie_build(const struct plan_steps *steps, const struct plan_trie_form *form,
		     size_t max_bytes, struct arena *arena, struct plan_trie *trie)
{
	struct arena scratch = ARENA_INIT;
	struct build *build = ARENA_NEW(&scratch, struct build);
	bool fits;

	build->steps = steps;
	build->form = form;
	build->bits = trie->bits;
	build->key_bits = trie->key_bits;
	build->left = max_bytes;
	build->open_leaf = NO_INDEX;
	memset(build->constants, 0xff, sizeof(build->constants));
	memset(build->chains, 0xff, sizeof(build->chains));
	make_top(build, trie);
	fits = !build->failed && build_finish(build, max_bytes, arena, trie);
	arena_free(&build->arena);
	arena_free(&scratch);
	return fits;
}
