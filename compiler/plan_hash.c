/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_hash: tables of single values.
 *
 * In: keys, all different.  Out: buckets of 32 bytes, half a cache line, whose slots are compared
 * all at once: of a set of 32-bit numbers what the bucket does not say of a key already, of other
 * keys 15 bits of a hash, and the key itself in a row.  Keys that their bucket has no slot for are
 * in a second one behind it.  See bpf/xdpfw_layout.h.
 *
 * Safety: no answer depends on a hash being good.  A table whose keys do not find room is refused.
 */
#include "compiler/plan_hash.h"

#include <string.h>

/* Where the prints of a bucket are: what TABLE_SLOT_OF makes of a match there. */
static const struct {
	uint8_t word, shift;
} table_slots[TABLE_PRINTS] = {
	{ 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 16 }, { 1, 16 }, { 3, 0 }, { 0, 32 },
	{ 3, 32 }, { 3, 48 }, { 2, 16 }, { 0, 16 }, { 2, 32 }, { 2, 48 },
};

#define LEAST_HALVES 65600		/* buckets that less than 2^16 numbers belong to */
#define SEEDS 8				/* tried for each number of buckets */
#define MAX_SPILL 0xffff

/* Which buckets keys are in: those of bucket I are order[first[I]] up to order[first[I + 1]]. */
struct grouped {
	uint32_t *first, *order;
};

static struct grouped group_keys(const uint32_t *homes, size_t count, uint32_t buckets,
				 struct arena *arena)
{
	struct grouped grouped = {
		.first = ARENA_ARRAY(arena, uint32_t, buckets + 2),
		.order = ARENA_ARRAY(arena, uint32_t, count + 1),
	};

	for (size_t i = 0; i < count; i++)
		grouped.first[homes[i] + 2]++;
	for (uint32_t i = 1; i <= buckets; i++)
		grouped.first[i + 1] += grouped.first[i];
	for (size_t i = 0; i < count; i++)
		grouped.order[grouped.first[homes[i] + 1]++] = (uint32_t)i;
	return grouped;
}

static void put_bytes(struct plan_table *table, const void *buckets, const void *spilled,
		      size_t rest, struct arena *arena)
{
	size_t main_bytes = (size_t)table->slots * TABLE_BUCKET_BYTES;
	size_t spill_bytes = (size_t)table->spilled * TABLE_BUCKET_BYTES;

	table->rows_at = (uint32_t)((main_bytes + spill_bytes + 63) & ~(size_t)63);
	table->size = table->rows_at + rest;
	table->bytes = arena_alloc(arena, table->size);
	memcpy(table->bytes, buckets, main_bytes);
	if (spill_bytes)
		memcpy(table->bytes + main_bytes, spilled, spill_bytes);
}

/* ---- Sets of 32-bit numbers ---- */

static const uint32_t multipliers[SEEDS] = {
	0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xd3a2646d, 0xfd7046c5,
	0xb55a4f09,
};

static uint32_t narrow_home(const struct plan_table *table, uint32_t key)
{
	return (uint32_t)((uint64_t)(key * table->seed) * table->slots >> 32);
}

/* What no key of bucket HOME has in its slot. */
static uint32_t narrow_pad(const struct plan_table *table, uint32_t home)
{
	uint32_t pad = 0;

	if (table->slot_bits == 16)	/* the last half of the number before the bucket's first */
		return (uint16_t)((((uint64_t)home << 32) + table->slots - 1) / table->slots - 1);
	while (narrow_home(table, pad) == home)
		pad++;
	return pad;
}

static void put_narrow(const struct plan_table *table, struct table_bucket *bucket,
		       unsigned int slot, uint32_t value)
{
	unsigned int in_word = 64 / table->slot_bits;

	bucket->word[slot / in_word] |= (uint64_t)value << slot % in_word * table->slot_bits;
}

static void fill_narrow(const struct plan_table *table, const uint32_t *keys,
			const uint32_t *order, uint32_t count, uint32_t home, uint32_t spill,
			struct table_bucket *bucket)
{
	unsigned int slots = TABLE_BUCKET_BYTES * 8 / table->slot_bits - 1;
	uint32_t mask = table->slot_bits == 16 ? 0xffff : 0xffffffff;
	uint32_t pad = count < slots ? narrow_pad(table, home) : 0;

	for (unsigned int i = 0; i < slots; i++) {
		uint32_t value = i < count ? keys[order[i]] : pad;

		if (i < count && table->slot_bits == 16)
			value *= table->seed;
		put_narrow(table, bucket, i, value & mask);
	}
	put_narrow(table, bucket, slots, spill);
}

static bool try_narrow(struct plan_table *table, const uint32_t *keys, size_t count,
		       struct arena *arena)
{
	struct arena scratch = ARENA_INIT;
	uint32_t *homes = ARENA_ARRAY(&scratch, uint32_t, count + 1);
	struct table_bucket *buckets = ARENA_ARRAY(&scratch, struct table_bucket, table->slots);
	uint32_t slots = TABLE_BUCKET_BYTES * 8 / table->slot_bits - 1;
	VEC(struct table_bucket) spilled = { 0 };
	struct grouped grouped;
	bool fits = true;

	for (size_t i = 0; i < count; i++)
		homes[i] = narrow_home(table, keys[i]);
	grouped = group_keys(homes, count, table->slots, &scratch);
	for (uint32_t i = 0; i < table->slots && fits; i++) {
		const uint32_t *order = grouped.order + grouped.first[i];
		uint32_t in = grouped.first[i + 1] - grouped.first[i];
		uint32_t here = in < slots ? in : slots;

		fits = in <= 2 * slots && spilled.len < MAX_SPILL;
		if (!fits)
			break;
		if (in > here)
			fill_narrow(table, keys, order + here, in - here, i, 0,
				    vec_push(&scratch, &spilled));
		fill_narrow(table, keys, order, here, i, in > here ? (uint32_t)spilled.len : 0,
			    &buckets[i]);
	}
	table->spilled = (uint32_t)spilled.len;
	fits = fits && spilled.len * 8 <= table->slots + 8;
	if (fits)
		put_bytes(table, buckets, spilled.at, 0, arena);
	arena_free(&scratch);
	return fits;
}

/*
 * Halves of numbers tell the keys of a bucket apart when less than 2^16 numbers belong to each;
 * few keys would leave most of so many buckets empty.
 */
bool plan_hash_narrow(const uint32_t *keys, size_t count, struct arena *arena,
		      struct plan_table *table)
{
	table->kind = PLAN_BUCKETS;
	table->key_bits = 32;
	table->used = (uint32_t)count;
	for (unsigned int i = 0; i < 2 * SEEDS; i++) {
		uint32_t halves = (uint32_t)(count / (i < SEEDS ? 10 : 6)) + 1;

		table->seed = multipliers[i % SEEDS];
		table->slot_bits = halves < 30000 ? 32 : 16;
		table->slots = table->slot_bits == 32 ?
				       (uint32_t)(count / (i < SEEDS ? 4 : 2)) + 1 :
				       halves < LEAST_HALVES ? LEAST_HALVES : halves;
		if (try_narrow(table, keys, count, arena))
			return true;
	}
	return false;
}

/* ---- All others ---- */

uint64_t plan_hash_mix(const struct plan_table *table, const uint64_t *words)
{
	uint64_t hash = 0;

	if (!table->lanes)
		return table->key_bits == 128 ? table_mix(words[0], words[1], table->seed) :
						table_mix(0, words[0], table->seed);
	for (unsigned int i = 0; i < table->lanes; i++)
		hash = table_mix_lane(hash, words[i]);
	return table_mix(0, hash, table->seed);
}

static uint16_t print_at(const struct table_bucket *bucket, unsigned int slot)
{
	return (uint16_t)(bucket->word[table_slots[slot].word] >> table_slots[slot].shift);
}

/* False: no room, or a key with the same print is there. */
static bool take_slot(struct table_bucket *bucket, unsigned int *count, uint16_t print)
{
	for (unsigned int i = 0; i < *count; i++)
		if (print_at(bucket, i) == print)
			return false;
	if (*count == TABLE_PRINTS)
		return false;
	bucket->word[table_slots[*count].word] |= (uint64_t)print << table_slots[*count].shift;
	++*count;
	return true;
}

struct wide {
	const struct plan_keys *keys;
	uint64_t *mixed;
	struct table_bucket *buckets;
	VEC(struct table_bucket) spilled;
	uint32_t *row_keys;		/* per row: its key */
	uint32_t rows;
};

/* One bucket and the one behind it. */
static bool fill_wide(struct wide *wide, uint32_t home, const uint32_t *order, uint32_t count,
		      struct arena *scratch)
{
	struct table_bucket *bucket = &wide->buckets[home], behind = { { 0 } };
	unsigned int here = 0, there = 0;
	uint32_t *later = ARENA_ARRAY(scratch, uint32_t, count + 1), left = 0;

	bucket->word[1] = (uint64_t)wide->rows << 32;
	for (uint32_t i = 0; i < count; i++) {
		if (take_slot(bucket, &here, table_print(wide->mixed[order[i]])))
			wide->row_keys[wide->rows++] = order[i];
		else
			later[left++] = order[i];
	}
	if (!left)
		return true;
	behind.word[1] = (uint64_t)wide->rows << 32;
	for (uint32_t i = 0; i < left; i++) {
		if (!take_slot(&behind, &there, table_print(wide->mixed[later[i]])))
			return false;
		wide->row_keys[wide->rows++] = later[i];
	}
	*vec_push(scratch, &wide->spilled) = behind;
	bucket->word[0] |= (uint64_t)wide->spilled.len << 48;
	return wide->spilled.len <= MAX_SPILL;
}

static size_t row_bytes(const struct plan_table *table, const struct plan_keys *keys)
{
	return table->key_bits == 32 ? sizeof(uint32_t) : keys->words * sizeof(uint64_t);
}

/* Result 0 of row 0 is that of a miss. */
static void put_rows(struct plan_table *table, const struct wide *wide)
{
	const struct plan_keys *keys = wide->keys;
	size_t bytes = row_bytes(table, keys);

	for (uint32_t i = 0; i < wide->rows; i++) {
		const uint64_t *words = keys->at + (size_t)wide->row_keys[i] * keys->words;
		uint32_t narrow = (uint32_t)words[0];

		memcpy(table->bytes + table->rows_at + i * bytes,
		       bytes == sizeof(narrow) ? (const void *)&narrow : words, bytes);
		if (keys->results)
			memcpy(table->bytes + table->results_at + (i + 1) * sizeof(uint32_t),
			       &keys->results[wide->row_keys[i]], sizeof(uint32_t));
	}
}

static void put_wide(struct plan_table *table, const struct wide *wide, struct arena *arena)
{
	size_t rows = (wide->rows * row_bytes(table, wide->keys) + 63) & ~(size_t)63;
	size_t results = wide->keys->results ? (wide->rows + 1) * sizeof(uint32_t) : 0;

	table->spilled = (uint32_t)wide->spilled.len;
	put_bytes(table, wide->buckets, wide->spilled.at, rows + results, arena);
	table->results_at = results ? table->rows_at + (uint32_t)rows : 0;
	put_rows(table, wide);
}

static bool try_wide(struct plan_table *table, const struct plan_keys *keys, struct arena *arena)
{
	struct arena scratch = ARENA_INIT;
	struct wide wide = {
		.keys = keys,
		.mixed = ARENA_ARRAY(&scratch, uint64_t, keys->count + 1),
		.buckets = ARENA_ARRAY(&scratch, struct table_bucket, table->slots),
		.row_keys = ARENA_ARRAY(&scratch, uint32_t, keys->count + 1),
	};
	uint32_t *homes = ARENA_ARRAY(&scratch, uint32_t, keys->count + 1);
	struct grouped grouped;
	bool fits = true;

	for (size_t i = 0; i < keys->count; i++) {
		wide.mixed[i] = plan_hash_mix(table, keys->at + i * keys->words);
		homes[i] = table_home(wide.mixed[i], table->slots);
	}
	grouped = group_keys(homes, keys->count, table->slots, &scratch);
	for (uint32_t i = 0; i < table->slots && fits; i++)
		fits = fill_wide(&wide, i, grouped.order + grouped.first[i],
				 grouped.first[i + 1] - grouped.first[i], &scratch);
	if (fits)
		put_wide(table, &wide, arena);
	arena_free(&scratch);
	return fits;
}

bool plan_hash_wide(const struct plan_keys *keys, struct arena *arena, struct plan_table *table)
{
	table->kind = PLAN_HASH;
	table->used = (uint32_t)keys->count;
	table->slot_bits = 16;
	for (unsigned int i = 0; i < 2 * SEEDS; i++) {
		table->seed = i % SEEDS;
		table->slots = (uint32_t)(keys->count / (i < SEEDS ? 8 : 4)) + 1;
		if (try_wide(table, keys, arena))
			return true;
	}
	return false;
}
