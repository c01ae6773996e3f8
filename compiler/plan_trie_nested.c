/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie_nested: a trie whose leaves are nested prefixes.
 *
 * In: steps.  Out: words and leaves as bytes, in the byte order of this machine.
 *
 * The prefixes that the steps are made of are a tree of places: each is a prefix, or where two
 * differ first, or both.  A window begins where the places below one first differ, and so skips all
 * the bits that they have in common, whatever lies around; a slot leads on to the places that agree
 * with its bits, until these lie in each other one by one.  The leaf has the last of them, and how
 * many bits of a number have to be the same for each prefix around it: whatever other numbers come
 * there, no other prefix could have them.
 *
 * Where results are 1 in prefixes and 0 elsewhere, and none lies in another, a leaf has its prefix
 * and a mask, and no result.
 *
 * How wide windows are is counted, not guessed: of each place and number of windows behind it, the
 * cheapest one is known, once.
 *
 * Safety: places are twice the prefixes at most, recursion is as deep as numbers have bits.
 */
#include "compiler/plan_trie_part.h"

#include <string.h>

#define WINDOW 8			/* most bits of one behind the first */
#define MAX_TOP 16
#define LEVEL_COST 25			/* tenths of nanoseconds: instructions more than a load */
#define MAX_LEAF_BYTES 128
#define MAX_PREFIXES (1u << 19)
#define NO_PLACE 0xffffffffu
#define TOO_MUCH (UINT64_MAX / 1024)

struct place {
	u128 lo;
	unsigned int bits;		/* 2^bits numbers */
	bool is_prefix;
	uint32_t result, parent;
	uint32_t half[2];		/* places in its halves; NO_PLACE: none */
	uint32_t fork;			/* the first place from here on with two halves, or none */
	uint64_t bytes[TRIE_MAX_LEVELS + 1];	/* by windows left; 0: not counted yet */
	uint8_t width[TRIE_MAX_LEVELS + 1];
};

struct nested {
	unsigned int key_bits;
	uint32_t result;		/* of numbers in no prefix */
	const struct plan_trie_prefix *prefix;
	struct arena arena;
	struct place *places;
	uint32_t place_count, root;
	unsigned int highs, lows, result_bytes;
	unsigned int depth;		/* the most prefixes that lie in each other */
	bool masked;			/* a leaf is a prefix and its mask */
	size_t leaf_bytes;
	unsigned int levels, top_bits;
	VEC(uint64_t) words[TRIE_MAX_LEVELS];
	uint8_t *leaves;
	size_t leaf_count, leaf_room;
	bool has_high[TRIE_MAX_LEVELS], has_low[TRIE_MAX_LEVELS];	/* words' windows */
	uint32_t shifted, unshifted;	/* tests */
};

/* What to count a place's prefixes by: where a number differs in its upper half, or its lower. */
struct depth {
	unsigned int highs, lows;
};

static void close_place(struct nested *nested, uint32_t number, struct depth depth)
{
	struct place *place = &nested->places[number];

	place->fork = number;
	for (int i = 0; i < 2; i++)
		if (place->half[i] == NO_PLACE)
			place->fork = place->half[!i] == NO_PLACE ? NO_PLACE :
						nested->places[place->half[!i]].fork;
	if (depth.highs > nested->highs)
		nested->highs = depth.highs;
	if (depth.lows > nested->lows)
		nested->lows = depth.lows;
	if (depth.highs + depth.lows > nested->depth)
		nested->depth = depth.highs + depth.lows;
}

/* The place of prefixes FIRST up to END, at least one. */
static uint32_t make_place(struct nested *nested, size_t first, size_t end, uint32_t parent,
			   struct depth depth)
{
	const struct plan_trie_prefix *prefix = nested->prefix;
	uint32_t number = nested->place_count++;
	struct place *place = &nested->places[number];
	u128 differ = prefix[first].lo ^ prefix[end - 1].lo, middle;
	size_t cut;

	*place = (struct place){ .parent = parent, .half = { NO_PLACE, NO_PLACE } };
	place->is_prefix = !differ || plan_trie_highest_bit(differ) < prefix[first].bits;
	place->bits = place->is_prefix ? prefix[first].bits : plan_trie_highest_bit(differ) + 1;
	place->lo = prefix[first].lo & ~plan_trie_block_max(place->bits);
	place->result = prefix[first].result;
	if (place->is_prefix) {
		depth.highs += place->bits >= 64;
		depth.lows += place->bits < 64;
		first++;
	}
	if (first < end) {
		middle = place->lo + plan_trie_block_max(place->bits - 1) + 1;
		for (size_t low = first, high = cut = end; low < high;) {
			size_t at = low + (high - low) / 2;

			if (prefix[at].lo < middle)
				low = at + 1;
			else
				high = cut = at;
		}
		if (cut > first)
			place->half[0] = make_place(nested, first, cut, number, depth);
		if (cut < end)
			place->half[1] = make_place(nested, cut, end, number, depth);
	}
	close_place(nested, number, depth);
	return number;
}

static unsigned int leaf_tests(const struct nested *nested)
{
	return nested->highs + nested->lows;
}

/* Where results begin in a leaf. */
static size_t results_at(const struct nested *nested)
{
	size_t bytes = nested->result_bytes;

	return nested->key_bits / 8 + (leaf_tests(nested) + bytes - 1) / bytes * bytes;
}

static bool is_masked(const struct nested *nested, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (nested->prefix[i].result != 1)
			return false;
	return nested->depth == 1 && !nested->result && nested->key_bits > 32;
}

static bool choose_leaf(struct nested *nested, size_t count)
{
	uint32_t most = nested->result;
	size_t bytes;

	for (size_t i = 0; i < count; i++)
		most = nested->prefix[i].result > most ? nested->prefix[i].result : most;
	nested->result_bytes = most <= 0xffff ? 2 : 4;
	bytes = results_at(nested) + (leaf_tests(nested) + 1) * nested->result_bytes;
	nested->masked = is_masked(nested, count);
	if (nested->masked) {
		nested->leaf_bytes = 2 * nested->key_bits / 8;
		return true;
	}
	nested->leaf_bytes = 32;
	while (nested->leaf_bytes < bytes)
		nested->leaf_bytes *= 2;
	return leaf_tests(nested) <= TRIE_MAX_TESTS && nested->leaf_bytes <= MAX_LEAF_BYTES;
}

/* Counting. */

static uint64_t fork_bytes(struct nested *nested, uint32_t number, unsigned int levels);

/* Bytes behind a slot or some of them that lead on to a place. */
static uint64_t slot_bytes(struct nested *nested, uint32_t number, unsigned int levels)
{
	uint32_t fork = nested->places[number].fork;

	if (fork != NO_PLACE)
		return levels ? fork_bytes(nested, fork, levels) : TOO_MUCH;
	return levels ? nested->leaf_bytes + (levels - 1) * sizeof(uint64_t) : 0;
}

/* The same of all slots below a place, when slots have 2^BITS numbers; from MOST on no matter. */
static uint64_t slots_bytes(struct nested *nested, uint32_t number, unsigned int bits,
			    unsigned int levels, uint64_t most)
{
	const struct place *place = &nested->places[number];
	uint64_t bytes = 0;

	if (place->bits <= bits || (place->half[0] == NO_PLACE && place->half[1] == NO_PLACE))
		return slot_bytes(nested, number, levels);
	for (int i = 0; i < 2 && bytes < most; i++)
		if (place->half[i] != NO_PLACE)
			bytes += slots_bytes(nested, place->half[i], bits, levels, most);
	return bytes;
}

/* A window lies in one half of a number. */
static bool window_is_whole(const struct place *place, unsigned int width)
{
	return width <= place->bits && (place->bits <= 64 || place->bits - width >= 64);
}

/* Of the cheapest window at a fork and all behind it, when there are LEVELS windows with it. */
static uint64_t fork_bytes(struct nested *nested, uint32_t number, unsigned int levels)
{
	struct place *place = &nested->places[number];
	uint64_t best = TOO_MUCH;

	if (place->bytes[levels])
		return place->bytes[levels];
	for (unsigned int width = 1; width <= WINDOW && window_is_whole(place, width); width++) {
		uint64_t bytes = (levels > 1 ? sizeof(uint64_t) : nested->leaf_bytes) << width;

		if (bytes >= best)
			break;
		bytes += slots_bytes(nested, number, place->bits - width, levels - 1, best);
		if (bytes < best) {
			best = bytes;
			place->width[levels] = (uint8_t)width;
		}
	}
	place->bytes[levels] = best;
	return best;
}

static uint64_t form_bytes(struct nested *nested, unsigned int levels, unsigned int top_bits)
{
	const struct place *place = &nested->places[nested->root];
	uint64_t bytes = (levels ? sizeof(uint64_t) : nested->leaf_bytes) << top_bits;

	return bytes + slots_bytes(nested, nested->root, place->bits - top_bits, levels, TOO_MUCH);
}

/* Of two forms that cost the same otherwise, the smaller one. */
static uint32_t form_cost(unsigned int levels, size_t bytes)
{
	return levels * LEVEL_COST + plan_trie_load_cost(bytes) + (uint32_t)(bytes >> 14);
}

/* The first window from how many bits to how many, and each number of levels. */
static bool choose_form(struct nested *nested, size_t count, size_t max_bytes)
{
	const struct place *place = &nested->places[nested->root];
	uint32_t best = UINT32_MAX;

	for (unsigned int top = 4; top <= MAX_TOP; top++) {
		unsigned int width = top;

		while (!window_is_whole(place, width))
			width--;
		if (top > 8 && (size_t)1 << top > 16 * count)
			break;
		for (unsigned int levels = 0; levels <= TRIE_MAX_LEVELS; levels++) {
			uint64_t bytes = form_bytes(nested, levels, width);
			uint32_t cost;

			if (bytes > max_bytes)
				continue;
			cost = form_cost(levels, (size_t)bytes);
			if (cost >= best)
				continue;
			best = cost;
			nested->levels = levels;
			nested->top_bits = width;
		}
	}
	return best != UINT32_MAX;
}

/* Writing. */

static uint32_t take_leaves(struct nested *nested, size_t count)
{
	size_t at = nested->leaf_count, bytes = nested->leaf_bytes;

	if (at + count > nested->leaf_room) {
		size_t room = 2 * (at + count) + 64;

		nested->leaves = arena_grow(&nested->arena, nested->leaves, at * bytes,
					    room * bytes);
		nested->leaf_room = room;
	}
	nested->leaf_count += count;
	return (uint32_t)at;
}

static void put_result(const struct nested *nested, uint8_t *leaf, unsigned int number,
		       uint32_t result)
{
	uint16_t half = (uint16_t)result;

	leaf += results_at(nested) + number * nested->result_bytes;
	if (nested->result_bytes == 2)
		memcpy(leaf, &half, sizeof(half));
	else
		memcpy(leaf, &result, sizeof(result));
}

static void put_key(const struct nested *nested, uint8_t *leaf, u128 key)
{
	struct trie_break128 wide = { (uint64_t)(key >> 64), (uint64_t)key };

	if (nested->key_bits == 128)
		memcpy(leaf, &wide, sizeof(wide));
	else
		memcpy(leaf, &wide.low, sizeof(wide.low));
}

/* The prefixes around a place, it included, from the outermost one on. */
struct chain {
	unsigned int count, highs;
	const struct place *at[TRIE_MAX_TESTS];
};

static struct chain make_chain(const struct nested *nested, uint32_t last)
{
	struct chain chain = { .count = 0 };
	unsigned int left;

	for (uint32_t i = last; i != NO_PLACE; i = nested->places[i].parent)
		chain.count += nested->places[i].is_prefix;
	left = chain.count;
	for (uint32_t i = last; i != NO_PLACE; i = nested->places[i].parent) {
		if (!nested->places[i].is_prefix)
			continue;
		chain.at[--left] = &nested->places[i];
		chain.highs += nested->places[i].bits >= 64;
	}
	return chain;
}

/*
 * The tests TESTS from FIRST on, of COUNT prefixes.  Where there are too many, the first ones are
 * the same; where there are no prefixes, what they find changes no result.
 */
static void put_tests(struct nested *nested, uint8_t *leaf, const struct place **prefixes,
		      unsigned int count, unsigned int first, unsigned int tests)
{
	uint8_t *shift = leaf + nested->key_bits / 8 + first;

	for (unsigned int i = 0; i < tests; i++) {
		unsigned int number = i < tests - count ? 0 : i - (tests - count);

		if (count)
			shift[i] = (uint8_t)(prefixes[number]->bits & 63);
		else
			shift[i] = first < nested->highs ? 63 : 0;
		if (shift[i])
			nested->shifted |= 1u << (first + i);
		else
			nested->unshifted |= 1u << (first + i);
	}
}

/* With so many tests that hold: the result of the prefix of the last one. */
static void put_results(const struct nested *nested, uint8_t *leaf, const struct chain *chain)
{
	unsigned int lows = chain->count - chain->highs, next = 0;
	uint32_t result = nested->result;

	put_result(nested, leaf, 0, result);
	for (unsigned int i = 0; i < leaf_tests(nested); i++) {
		bool is_high = i < nested->highs;
		unsigned int end = is_high ? nested->highs : leaf_tests(nested);

		if (end - i <= (is_high ? chain->highs : lows))
			result = chain->at[next++]->result;
		put_result(nested, leaf, i + 1, result);
	}
}

/* Into leaf NUMBER: the last place from PLACE on, which has no fork behind it. */
static void put_leaf(struct nested *nested, uint32_t number, uint32_t place)
{
	uint8_t *leaf = nested->leaves + (size_t)number * nested->leaf_bytes;
	struct chain chain;

	for (;;) {
		const struct place *last = &nested->places[place];

		if (last->half[0] == NO_PLACE && last->half[1] == NO_PLACE)
			break;
		place = last->half[last->half[0] == NO_PLACE];
	}
	put_key(nested, leaf, nested->places[place].lo);
	if (nested->masked) {
		put_key(nested, leaf + nested->leaf_bytes / 2,
			~plan_trie_block_max(nested->places[place].bits));
		return;
	}
	chain = make_chain(nested, place);
	put_tests(nested, leaf, chain.at, chain.highs, 0, nested->highs);
	put_tests(nested, leaf, chain.at + chain.highs, chain.count - chain.highs, nested->highs,
		  nested->lows);
	put_results(nested, leaf, &chain);
}

static uint32_t take_words(struct nested *nested, unsigned int level, size_t count)
{
	size_t at = nested->words[level].len;

	for (size_t i = 0; i < count; i++)
		*vec_push(&nested->arena, &nested->words[level]) = 0;
	return (uint32_t)at;
}

struct window {
	u128 lo;
	unsigned int bits;		/* of the numbers of a slot */
	uint32_t *owner;		/* the place that each slot leads on to */
};

/* Slots FIRST up to END are those of a place: all that lead on to something in it. */
static void share_slots(const struct nested *nested, uint32_t number, struct window *window,
			size_t first, size_t end)
{
	const struct place *place = &nested->places[number];
	bool has_low = place->half[0] != NO_PLACE, has_high = place->half[1] != NO_PLACE;
	size_t middle = end;

	if (place->bits <= window->bits || (!has_low && !has_high)) {
		for (size_t i = first; i < end; i++)
			window->owner[i] = number;
		return;
	}
	if (has_low && has_high)
		middle = (size_t)((place->lo - window->lo +
				   plan_trie_block_max(place->bits - 1) + 1) >> window->bits);
	else if (has_high)
		middle = first;
	if (has_low)
		share_slots(nested, place->half[0], window, first, middle);
	if (has_high)
		share_slots(nested, place->half[1], window, middle, end);
}

static uint64_t make_word(uint32_t base, unsigned int shift, unsigned int width)
{
	return (uint64_t)base << 32 | (((uint64_t)1 << width) - 1) << 8 | shift;
}

static uint32_t put_window(struct nested *nested, unsigned int level, uint32_t fork,
			   unsigned int width);

/* The word of LEVEL that leads on to a place. */
static uint64_t place_word(struct nested *nested, unsigned int level, uint32_t number)
{
	uint32_t fork = nested->places[number].fork, at;
	unsigned int width;

	if (fork != NO_PLACE) {
		width = nested->places[fork].width[nested->levels - level];
		at = put_window(nested, level + 1, fork, width);
		if (nested->places[fork].bits > 64)
			nested->has_high[level] = true;
		else
			nested->has_low[level] = true;
		return make_word(at, nested->places[fork].bits - width, width);
	}
	if (level + 1 < nested->levels) {
		uint64_t word = place_word(nested, level + 1, number);

		at = take_words(nested, level + 1, 1);
		nested->words[level + 1].at[at] = word;
	} else {
		at = take_leaves(nested, 1);
		put_leaf(nested, at, number);
	}
	return make_word(at, 0, 0);
}

/* Slots of a window as words of LEVEL, or as leaves when that is behind the last one. */
static void put_slots(struct nested *nested, unsigned int level, const struct window *window,
		      uint32_t base, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool again = i && window->owner[i] == window->owner[i - 1];
		uint64_t word;

		if (level == nested->levels) {
			put_leaf(nested, base + (uint32_t)i, window->owner[i]);
			continue;
		}
		word = again ? nested->words[level].at[base + i - 1] :
			       place_word(nested, level, window->owner[i]);
		nested->words[level].at[base + i] = word;
	}
}

/* A window of WIDTH bits at a fork; the first of its entries of LEVEL. */
static uint32_t put_window(struct nested *nested, unsigned int level, uint32_t fork,
			   unsigned int width)
{
	const struct place *place = &nested->places[fork];
	size_t count = (size_t)1 << width;
	struct window window = {
		place->lo, place->bits - width, ARENA_ARRAY(&nested->arena, uint32_t, count),
	};
	uint32_t base = level < nested->levels ? take_words(nested, level, count) :
						 take_leaves(nested, count);

	share_slots(nested, fork, &window, 0, count);
	put_slots(nested, level, &window, base, count);
	return base;
}

/* Into the form that was chosen. */
static bool finish(struct nested *nested, size_t max_bytes, struct arena *arena,
		   struct plan_trie *trie)
{
	trie->levels = nested->levels;
	trie->top_bits = nested->top_bits;
	trie->leaf = nested->masked ? PLAN_TRIE_MASKED : PLAN_TRIE_NESTED;
	trie->leaf_breaks = nested->masked ? 1 : leaf_tests(nested);
	trie->leaf_bytes = (unsigned int)nested->leaf_bytes;
	trie->highs = nested->highs;
	trie->result_bytes = nested->result_bytes;
	trie->results_at = (unsigned int)results_at(nested);
	trie->word_bytes = sizeof(uint64_t);
	trie->leaves.count = (uint32_t)nested->leaf_count;
	trie->shifted = nested->shifted;
	trie->unshifted = nested->unshifted;
	for (unsigned int i = 0; i < trie->levels; i++) {
		trie->level[i].count = (uint32_t)nested->words[i].len;
		trie->level[i].has_high = nested->has_high[i];
		trie->level[i].has_low = nested->has_low[i];
	}
	plan_trie_place_arrays(trie);
	if (trie->size > max_bytes)
		return false;
	trie->bytes = arena_alloc(arena, trie->size);
	memcpy(trie->bytes + trie->leaves.at, nested->leaves,
	       nested->leaf_count * nested->leaf_bytes);
	for (unsigned int i = 0; i < trie->levels; i++)
		memcpy(trie->bytes + trie->level[i].at, nested->words[i].at,
		       nested->words[i].len * sizeof(uint64_t));
	return true;
}

static bool build(struct nested *nested, size_t count, size_t max_bytes, struct arena *arena,
		  struct plan_trie *trie)
{
	uint32_t first = make_place(nested, 0, count, NO_PLACE, (struct depth){ 0, 0 });

	if (!choose_leaf(nested, count))
		return false;
	nested->root = nested->places[first].fork;
	if (nested->root == NO_PLACE) {
		put_leaf(nested, take_leaves(nested, 1), first);
		return finish(nested, max_bytes, arena, trie);
	}
	if (!choose_form(nested, count, max_bytes))
		return false;
	put_window(nested, 0, nested->root, nested->top_bits);
	trie->top_shift = nested->places[nested->root].bits - nested->top_bits;
	return finish(nested, max_bytes, arena, trie);
}

/* A leaf with one prefix is worth some more of them. */
static void choose_prefixes(const struct plan_steps *steps, struct arena *arena,
			    struct plan_trie_prefixes *prefixes)
{
	struct plan_trie_prefixes apart;

	if (plan_trie_prefixes_cover(steps, prefixes->at.len + prefixes->at.len / 2, arena,
				     &apart))
		*prefixes = apart;
}

bool plan_trie_build_nested(const struct plan_steps *steps, size_t max_bytes, struct arena *arena,
			    struct plan_trie *trie)
{
	struct arena scratch = ARENA_INIT;
	struct plan_trie_prefixes prefixes;
	struct nested *nested;
	bool fits = false;

	if (!plan_trie_prefixes_make(steps, &scratch, &prefixes) || !prefixes.at.len ||
	    prefixes.at.len > MAX_PREFIXES) {
		arena_free(&scratch);
		return false;
	}
	choose_prefixes(steps, &scratch, &prefixes);
	nested = ARENA_NEW(&scratch, struct nested);
	nested->key_bits = trie->key_bits;
	nested->result = prefixes.result;
	nested->prefix = prefixes.at.at;
	nested->places = ARENA_ARRAY(&scratch, struct place, 2 * prefixes.at.len);
	fits = build(nested, prefixes.at.len, max_bytes, arena, trie);
	arena_free(&nested->arena);
	arena_free(&scratch);
	return fits;
}
