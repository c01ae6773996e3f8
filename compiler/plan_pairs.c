/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_pairs: sets of 32-bit numbers in little more room than the numbers need.
 *
 * In: keys, all different.  Out: two tables of words, each a bucket of 4 halves of mixed keys, or
 * of 2 whole keys.  A key has one word in either table, by two mixes of its bits, and is in one of
 * these: a look-up reads both, at once, and has no branch.  See bpf/xdpfw_layout.h.
 *
 * A key that finds both of its words full takes the place of one of the keys there, which moves to
 * its other word, and so on (cuckoo hashing): tables can be nearly full.
 *
 * Safety: what a slot has tells the keys of its bucket apart, so no answer depends on the mixes
 * being good.  Keys that do not find their places within a bound are refused.
 */
#include <string.h>

#include "compiler/plan_hash.h"

#define LEAST_HALVES 65600		/* buckets that less than 2^16 numbers belong to */
#define MAX_KICKS 500			/* for one key */
#define MAX_ALL_KICKS 6			/* for each key, of all together */
#define MAX_SLOTS 4

static const uint32_t multipliers[] = { 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d };

#define SEEDS (sizeof(multipliers) / sizeof(multipliers[0]))

/* How full a table may be, in percent: what is tried one after the other. */
static const uint32_t fills[2][3] = {
	{ 80, 72, 60 },			/* of 2 keys a bucket: 89 can be reached */
	{ 95, 88, 75 },			/* of 4: 97 */
};

struct half {
	uint32_t (*keys)[MAX_SLOTS];	/* per bucket */
	uint8_t *used;
};

struct pairs {
	const struct plan_table *table;
	unsigned int slots;		/* of a bucket */
	struct half half[2];
	uint32_t turn;			/* which slot is taken next */
	size_t kicks;			/* left */
};

static uint32_t home_of(const struct plan_table *table, unsigned int half, uint32_t key)
{
	return table_pair_home(table_pair_mix(key, half, table->seed), table->slots);
}

/* The key is in its bucket of HALF.  True: there was room. */
static bool take_room(struct pairs *pairs, unsigned int half, uint32_t key)
{
	uint32_t home = home_of(pairs->table, half, key);
	struct half *at = &pairs->half[half];

	if (at->used[home] == pairs->slots)
		return false;
	at->keys[home][at->used[home]++] = key;
	return true;
}

static bool add_key(struct pairs *pairs, uint32_t key)
{
	unsigned int half = 0;

	if (take_room(pairs, 0, key) || take_room(pairs, 1, key))
		return true;
	for (unsigned int i = 0; i < MAX_KICKS && pairs->kicks; i++, pairs->kicks--) {
		uint32_t *there, moved;

		pairs->turn = pairs->turn * 1664525 + 1013904223;
		there = &pairs->half[half].keys[home_of(pairs->table, half, key)]
					       [(pairs->turn >> 24) % pairs->slots];
		moved = *there;
		*there = key;
		key = moved;
		half = !half;
		if (take_room(pairs, half, key))
			return true;
	}
	return false;
}

/* What a slot has of a key. */
static uint64_t slot_value(const struct plan_table *table, unsigned int half, uint32_t key)
{
	return table->slot_bits == 32 ? key :
					(uint16_t)table_pair_mix(key, half, table->seed);
}

/* What no key of bucket HOME has there. */
static uint64_t free_value(const struct plan_table *table, unsigned int half, uint32_t home)
{
	uint32_t free = 0;

	if (table->slot_bits == 16)	/* the last half of the number before the bucket's first */
		return (uint16_t)((((uint64_t)home << 32) + table->slots - 1) / table->slots - 1);
	while (home_of(table, half, free) == home)
		free++;
	return free;
}

static void put_words(const struct pairs *pairs, unsigned int half, uint8_t *bytes)
{
	const struct plan_table *table = pairs->table;

	for (uint32_t i = 0; i < table->slots; i++) {
		unsigned int used = pairs->half[half].used[i];
		uint64_t word = 0, free = used < pairs->slots ? free_value(table, half, i) : 0;

		for (unsigned int j = 0; j < pairs->slots; j++)
			word |= (j < used ? slot_value(table, half, pairs->half[half].keys[i][j]) :
					    free) << j * table->slot_bits;
		memcpy(bytes + i * sizeof(word), &word, sizeof(word));
	}
}

static bool try_pairs(struct plan_table *table, const uint32_t *keys, size_t count,
		      struct arena *arena)
{
	struct arena scratch = ARENA_INIT;
	struct pairs pairs = { .table = table, .slots = 64 / table->slot_bits,
			       .kicks = MAX_ALL_KICKS * count + MAX_KICKS };
	bool fits = true;

	for (unsigned int i = 0; i < 2; i++) {
		pairs.half[i].keys = arena_alloc(&scratch,
						 table->slots * sizeof(*pairs.half[i].keys));
		pairs.half[i].used = arena_alloc(&scratch, table->slots);
	}
	for (size_t i = 0; i < count && fits; i++)
		fits = add_key(&pairs, keys[i]);
	if (fits) {
		table->rows_at = table->slots * (uint32_t)sizeof(uint64_t);
		table->size = 2 * (size_t)table->rows_at;
		table->bytes = arena_alloc(arena, table->size);
		put_words(&pairs, 0, table->bytes);
		put_words(&pairs, 1, table->bytes + table->rows_at);
	}
	arena_free(&scratch);
	return fits;
}

bool plan_hash_pairs(const uint32_t *keys, size_t count, struct arena *arena,
		     struct plan_table *table)
{
	uint32_t whole = (uint32_t)(count * 100 / (2 * 2 * fills[0][0])) + 1;
	uint32_t halves = (uint32_t)(count * 100 / (2 * 4 * fills[1][0])) + 1;
	bool is_half = whole > (halves > LEAST_HALVES ? halves : LEAST_HALVES);

	table->kind = PLAN_PAIRS;
	table->key_bits = 32;
	table->used = (uint32_t)count;
	table->slot_bits = is_half ? 16 : 32;
	for (size_t i = 0; i < SEEDS; i++) {
		uint32_t slots = 2 * (64 / table->slot_bits);

		table->seed = multipliers[i];
		table->slots = (uint32_t)(count * 100 / (slots * fills[is_half][i])) + 1 + i;
		if (is_half && table->slots < LEAST_HALVES)
			table->slots = LEAST_HALVES;
		if (try_pairs(table, keys, count, arena))
			return true;
	}
	return false;
}
