/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie: the form of a trie, what it costs, and how the program looks a number up in it.
 *
 * In: steps.  Out: the cheapest of some forms that fit: a table of all numbers when these have up
 * to 16 bits, leaves alone, or words before leaves; bytes in the byte order of this machine.
 *
 * Forms are built, not guessed: few for many breakpoints, more for few.
 */
#include "compiler/plan_trie_part.h"

#include <string.h>

#define DIRECT_BITS 16			/* a table of all numbers has up to 2^16 of them */
#define MANY_BREAKS 4096		/* from here on few forms are tried */

/* What a load costs, in tenths of nanoseconds, from an array of so many bytes: L1, L2, beyond. */
static uint32_t load_cost(size_t bytes)
{
	static const struct {
		size_t bytes;
		uint32_t cost;
	} costs[] = {
		{ 16 << 10, 12 }, { 64 << 10, 30 }, { 256 << 10, 42 }, { 1 << 20, 50 },
		{ 2 << 20, 120 }, { 4 << 20, 220 }, { 8 << 20, 350 },
	};

	for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
		if (bytes <= costs[i].bytes)
			return costs[i].cost;
	return 600;
}

/* Arrays take each other's room in the caches. */
static uint32_t trie_cost(const struct plan_trie *trie)
{
	unsigned int compare = trie->key_bits == 32 ? 2 : trie->key_bits == 64 ? 6 : 12;
	uint32_t cost = 4 + load_cost(trie->leaves.count * trie->leaf_bytes) +
			trie->leaf_breaks * compare;

	for (unsigned int i = 0; i < trie->levels; i++)
		cost += 8 + load_cost(trie->level[i].count * trie->word_bytes);
	return cost + load_cost(trie->size) / 2;
}

/* Zeros at the end of all breakpoints: bits that no look-up needs.  A constant needs one bit. */
static unsigned int common_zeros(const struct plan_steps *steps)
{
	u128 all = 0;
	unsigned int zeros = 0;

	for (size_t i = 1; i < steps->count; i++)
		all |= steps->start[i];
	while (zeros + 1 < steps->bits && !(all >> zeros & 1))
		zeros++;
	return zeros;
}

static unsigned int kept_bits(unsigned int bits)
{
	return bits <= DIRECT_BITS ? DIRECT_BITS : bits <= 32 ? 32 : bits <= 64 ? 64 : 128;
}

/* Only where numbers get simpler by it. */
static unsigned int choose_cut(const struct plan_steps *steps)
{
	unsigned int zeros = common_zeros(steps);

	return kept_bits(steps->bits - zeros) < kept_bits(steps->bits) ? zeros : 0;
}

static struct plan_steps cut_steps(const struct plan_steps *steps, unsigned int cut,
				   struct arena *arena)
{
	struct plan_steps made = { steps->bits - cut, steps->count, steps->start, steps->result };
	u128 *start;

	if (!cut)
		return made;
	start = ARENA_ARRAY(arena, u128, steps->count);
	for (size_t i = 0; i < steps->count; i++)
		start[i] = steps->start[i] >> cut;
	made.start = start;
	return made;
}

static unsigned int result_bytes(const struct plan_steps *steps)
{
	uint32_t most = 0;

	for (size_t i = 0; i < steps->count; i++)
		most = steps->result[i] > most ? steps->result[i] : most;
	return most <= 0xff ? 1 : most <= 0xffff ? 2 : 4;
}

static void put_number(uint8_t *at, uint32_t number, unsigned int bytes)
{
	uint16_t half = (uint16_t)number;

	if (bytes == 1)
		*at = (uint8_t)number;
	else if (bytes == 2)
		memcpy(at, &half, sizeof(half));
	else
		memcpy(at, &number, sizeof(number));
}

/* A table of all numbers. */
static bool make_direct(const struct plan_steps *steps, size_t max_bytes, struct arena *arena,
			struct plan_trie *trie)
{
	unsigned int bytes = result_bytes(steps);
	size_t count = (size_t)1 << trie->bits, step = 0;

	trie->size = (count * bytes + 63) & ~(size_t)63;
	trie->direct = bytes;
	trie->cost = 2 + load_cost(trie->size) * 3 / 2;
	if (trie->size > max_bytes)
		return false;
	trie->bytes = arena_alloc(arena, trie->size);
	for (size_t i = 0; i < count; i++) {
		if (step + 1 < steps->count && steps->start[step + 1] == i)
			step++;
		put_number(trie->bytes + i * bytes, steps->result[step], bytes);
	}
	return true;
}

/* What is tried, the best so far, and where bytes are made. */
struct search {
	const struct plan_steps *steps;
	size_t max_bytes;
	struct arena *arena;
	struct plan_trie empty, best;
	bool found;
};

static void keep_better(struct search *search, const struct plan_trie *trie)
{
	if (search->found && (search->best.cost < trie->cost ||
			      (search->best.cost == trie->cost && search->best.size <= trie->size)))
		return;
	search->best = *trie;
	search->found = true;
}

static bool try_form(struct search *search, const struct plan_trie_form *form)
{
	struct plan_trie trie = search->empty;

	if (!plan_trie_build(search->steps, form, search->max_bytes, search->arena, &trie))
		return false;
	trie.cost = trie_cost(&trie);
	keep_better(search, &trie);
	return true;
}

/* With small leaves and with big ones, where there are two kinds. */
static bool try_leaves(struct search *search, unsigned int top_bits, unsigned int levels, bool skip)
{
	struct plan_trie_form form = { top_bits, levels, 3, 32, skip };
	bool small, big;

	if (search->empty.key_bits == 128) {
		form.leaf_bytes = 64;
		return try_form(search, &form);
	}
	if (search->empty.key_bits == 64)
		form.leaf_breaks = 2;
	small = try_form(search, &form);
	form.leaf_breaks = search->empty.key_bits == 64 ? 5 : 7;
	form.leaf_bytes = 64;
	big = try_form(search, &form);
	return small || big;
}

static unsigned int count_bits(size_t count)
{
	unsigned int bits = 0;

	while (count >> bits)
		bits++;
	return bits;
}

/* First windows from some bits fewer to some more than would tell the breakpoints apart. */
static void try_few(struct search *search)
{
	unsigned int bits = count_bits(search->steps->count);
	unsigned int first = bits > 5 ? bits - 4 : 1, last = bits + 4;

	for (unsigned int top = first; top <= last && top <= 16; top += 2)
		for (unsigned int levels = 0; levels <= 2; levels++)
			try_leaves(search, top, levels, true);
}

static void try_many(struct search *search)
{
	for (unsigned int levels = 1; levels <= 2; levels++)
		try_leaves(search, 16, levels, true);
	if (search->steps->count <= 16 * MANY_BREAKS)
		for (unsigned int levels = 1; levels <= 2; levels++)
			try_leaves(search, 13, levels, true);
}

/* As many windows as it takes; the last form looks at all bits there are. */
static void try_deep(struct search *search)
{
	for (unsigned int levels = 3; !search->found && levels <= TRIE_MAX_LEVELS; levels++)
		try_leaves(search, 16, levels, true);
	for (unsigned int levels = 3; !search->found && levels <= TRIE_MAX_LEVELS; levels++)
		try_leaves(search, 16, levels, false);
}

static bool search_form(struct search *search)
{
	struct plan_trie direct = search->empty;

	if (search->empty.bits <= DIRECT_BITS &&
	    make_direct(search->steps, search->max_bytes, search->arena, &direct))
		keep_better(search, &direct);
	if (search->steps->count <= 8 && try_leaves(search, 0, 0, false))
		return true;
	if (search->steps->count <= MANY_BREAKS)
		try_few(search);
	else
		try_many(search);
	try_deep(search);
	return search->found;
}

const struct plan_trie *plan_trie_make(const struct plan_steps *steps, size_t max_bytes,
				       struct arena *arena)
{
	struct arena scratch = ARENA_INIT;
	struct plan_trie *trie = NULL;
	struct search search = { .max_bytes = max_bytes, .arena = &scratch };
	struct plan_steps cut;

	search.empty.cut = choose_cut(steps);
	cut = cut_steps(steps, search.empty.cut, &scratch);
	search.steps = &cut;
	search.empty.bits = cut.bits;
	search.empty.key_bits = cut.bits <= 32 ? 32 : cut.bits <= 64 ? 64 : 128;
	if (search_form(&search)) {
		trie = ARENA_NEW(arena, struct plan_trie);
		*trie = search.best;
		trie->bytes = arena_alloc(arena, trie->size);
		memcpy(trie->bytes, search.best.bytes, trie->size);
	}
	arena_free(&scratch);
	return trie;
}

size_t plan_trie_bytes(const struct plan_trie *trie)
{
	return trie->size;
}

uint32_t plan_trie_cost(const struct plan_trie *trie)
{
	return trie->cost;
}

void plan_trie_fill(const struct plan_trie *trie, uint8_t *image, size_t offset)
{
	memcpy(image + offset, trie->bytes, trie->size);
}

static u128 read_number(const uint8_t *at, unsigned int bytes)
{
	struct trie_break128 wide;
	uint64_t word;
	uint32_t half;
	uint16_t quarter;

	switch (bytes) {
	case 1:
		return *at;
	case 2:
		memcpy(&quarter, at, sizeof(quarter));
		return quarter;
	case 4:
		memcpy(&half, at, sizeof(half));
		return half;
	case 8:
		memcpy(&word, at, sizeof(word));
		return word;
	default:
		memcpy(&wide, at, sizeof(wide));
		return (u128)wide.high << 64 | wide.low;
	}
}

static size_t next_index(const struct plan_trie *trie, uint64_t word, u128 number)
{
	if (trie->word_bytes == 4)
		return (size_t)(word >> 13) + (size_t)(number >> (word & 31) & (word >> 5 & 0xff));
	return (size_t)(word >> 32) + (size_t)(number >> (word & 127) & (word >> 8 & 0xffff));
}

uint32_t plan_trie_look(const struct plan_trie *trie, u128 number)
{
	unsigned int rank = 0, break_bytes = trie->key_bits / 8;
	const uint8_t *leaf;
	size_t at;

	number >>= trie->cut;
	if (trie->direct)
		return (uint32_t)read_number(trie->bytes + (size_t)number * trie->direct,
					     trie->direct);
	at = (size_t)(trie->top_bits ? number >> trie->top_shift & u128_max(trie->top_bits) : 0);
	for (unsigned int i = 0; i < trie->levels; i++)
		at = next_index(trie,
				(uint64_t)read_number(trie->bytes + trie->level[i].at +
							      at * trie->word_bytes,
						      trie->word_bytes),
				number);
	leaf = trie->bytes + trie->leaves.at + at * trie->leaf_bytes;
	for (unsigned int i = 0; i < trie->leaf_breaks; i++)
		rank += number >= read_number(leaf + i * break_bytes, break_bytes);
	leaf += trie->leaf_breaks * break_bytes;
	return (uint32_t)read_number(leaf + rank * sizeof(uint32_t), sizeof(uint32_t));
}
