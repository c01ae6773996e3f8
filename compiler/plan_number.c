/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_number: tables whose keys are one number of up to 128 bits.
 *
 * In: rows of a set or map.  A row of several parts is an interval of such numbers when the first
 * parts are single values and the last ones are whole ranges, so that only one between them is cut.
 * Out: a hash table of single values, or a search table of disjoint intervals, in the byte order of
 * this machine, where the program will run.
 */
#include <string.h>

#include "compiler/plan_cost.h"
#include "compiler/plan_hash.h"
#include "compiler/plan_trie.h"

#define MAX_TRIE_BYTES (16u << 20)	/* more would be slower than a search */

/* Sorted by lo, disjoint. */
struct entry {
	u128 lo, hi;
	uint32_t result;		/* not 0 */
};

struct entries {
	VEC(struct entry) entries;
	unsigned int key_bits;
	bool buckets;			/* asked for: no pairs */
	size_t room;			/* bytes that the table may take */
};

/* With room for COUNT of them. */
static struct entries new_entries(size_t count, struct arena *arena)
{
	struct entries entries = { .entries.cap = count + 1 };

	entries.entries.at = ARENA_ARRAY(arena, struct entry, count + 1);
	return entries;
}

unsigned int plan_key_bits(unsigned int bits)
{
	return bits <= 32 ? 32 : bits <= 64 ? 64 : 128;
}

static unsigned int total_bits(const struct plan_look *look)
{
	unsigned int bits = 0;

	for (uint32_t i = 0; i < look->parts; i++)
		bits += look->part_bits[i];
	return bits;
}

/* False: it is none.  No part of a key can be above the last number of its width. */
static bool row_interval(const struct plan_look *look, const struct ir_interval *row,
			 struct entry *ret_entry)
{
	u128 lo = 0, hi = 0;
	bool cut = false;

	for (uint32_t i = 0; i < look->parts; i++) {
		u128 max = u128_max(look->part_bits[i]);
		u128 end = row[i].hi < max ? row[i].hi : max;

		if (cut && (row[i].lo || end != max))
			return false;
		cut = cut || row[i].lo != end;
		lo = look->part_bits[i] < 128 ? lo << look->part_bits[i] | row[i].lo : row[i].lo;
		hi = look->part_bits[i] < 128 ? hi << look->part_bits[i] | end : end;
	}
	ret_entry->lo = lo;
	ret_entry->hi = hi;
	return true;
}

/* A row that no key can be in. */
static bool is_beyond(const struct plan_look *look, const struct ir_interval *row)
{
	for (uint32_t i = 0; i < look->parts; i++)
		if (row[i].lo > u128_max(look->part_bits[i]))
			return true;
	return false;
}

/* Adds it behind the others.  Only rows of sets overlap, which all have the same result. */
static void add_entry(struct entries *entries, struct arena *arena, const struct entry *entry)
{
	struct entry *last = entries->entries.len ?
				     &entries->entries.at[entries->entries.len - 1] : NULL;

	if (!last || entry->lo > last->hi)
		*vec_push(arena, &entries->entries) = *entry;
	else if (entry->hi > last->hi)
		last->hi = entry->hi;
}

/* False: they are no intervals of numbers. */
static bool make_entries(const struct plan_rows *rows, struct arena *arena,
			 struct entries *ret_entries)
{
	struct entries entries;

	if (total_bits(rows->look) > 128)
		return false;
	entries = new_entries(rows->count, arena);
	entries.key_bits = plan_key_bits(total_bits(rows->look));
	for (size_t i = 0; i < rows->count; i++) {
		const struct ir_interval *row = &rows->at[i * rows->look->parts];
		struct entry entry = { .result = rows->results[i] };

		if (!entry.result || is_beyond(rows->look, row))
			continue;
		if (!row_interval(rows->look, row, &entry))
			return false;
		add_entry(&entries, arena, &entry);
	}
	*ret_entries = entries;
	return true;
}

/*
 * Neighbours in a set of values are short intervals: these are values again.  False: there are too
 * many of them, or long ones.
 */
static bool split_entries(const struct entries *entries, struct arena *arena,
			  struct entries *ret_values)
{
	size_t most = entries->entries.len + entries->entries.len / 4 + 8;
	struct entries values;
	u128 left = most;

	for (size_t i = 0; i < entries->entries.len; i++) {
		const struct entry *entry = &entries->entries.at[i];

		if (entry->hi - entry->lo >= left)
			return false;
		left -= entry->hi - entry->lo + 1;
	}
	values = new_entries(most, arena);
	values.key_bits = entries->key_bits;
	values.buckets = entries->buckets;
	for (size_t i = 0; i < entries->entries.len; i++) {
		const struct entry *entry = &entries->entries.at[i];

		for (u128 value = 0; value <= entry->hi - entry->lo; value++)
			*vec_push(arena, &values.entries) = (struct entry){
				entry->lo + value, entry->lo + value, entry->result };
	}
	*ret_values = values;
	return true;
}

static bool choose_narrow(const struct entries *entries, struct arena *arena,
			  struct plan_table *table)
{
	struct arena scratch = ARENA_INIT;
	uint32_t *keys = ARENA_ARRAY(&scratch, uint32_t, entries->entries.len + 1);
	bool found;

	for (size_t i = 0; i < entries->entries.len; i++)
		keys[i] = (uint32_t)entries->entries.at[i].lo;
	found = (!entries->buckets &&
		 plan_hash_pairs(keys, entries->entries.len, arena, table)) ||
		plan_hash_narrow(keys, entries->entries.len, arena, table);
	arena_free(&scratch);
	return found;
}

static bool choose_wide(const struct entries *entries, bool is_map, struct arena *arena,
			struct plan_table *table)
{
	struct arena scratch = ARENA_INIT;
	size_t count = entries->entries.len;
	unsigned int words = entries->key_bits == 128 ? 2 : 1;
	uint64_t *at = ARENA_ARRAY(&scratch, uint64_t, count * words + 1);
	uint32_t *results = ARENA_ARRAY(&scratch, uint32_t, count + 1);
	struct plan_keys keys = { count, words, at, is_map ? results : NULL };
	bool found;

	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = &entries->entries.at[i];

		if (words == 2)
			*at++ = (uint64_t)(entry->lo >> 64);
		*at++ = (uint64_t)entry->lo;
		results[i] = entry->result;
	}
	found = plan_hash_wide(&keys, arena, table);
	arena_free(&scratch);
	return found;
}

/* What the values take at least: 16 bits of a bucket, and wide ones a row. */
static size_t least_bytes(const struct entries *values)
{
	size_t row = values->key_bits == 32 ? 0 : values->key_bits / 8;

	return values->entries.len * (sizeof(uint16_t) + row);
}

static bool make_hash(const struct entries *values, struct arena *arena, struct plan_table *table)
{
	if (values->key_bits == 32 && !table->is_map)
		return choose_narrow(values, arena, table);
	return choose_wide(values, table->is_map, arena, table);
}

/* A table that there is no room for is not made: its size says that to who places it. */
static bool choose_hash(const struct entries *entries, struct arena *arena,
			struct plan_table *table)
{
	struct arena scratch = ARENA_INIT;
	struct entries values;
	bool found = split_entries(entries, &scratch, &values);

	if (found && least_bytes(&values) > entries->room) {
		table->kind = PLAN_HASH;
		table->size = least_bytes(&values);
	} else if (found) {
		found = make_hash(&values, arena, table);
	}
	arena_free(&scratch);
	return found;
}

static void make_bitmap(const struct entries *entries, unsigned int bits, struct arena *arena,
			struct plan_table *table)
{
	table->kind = PLAN_BITMAP;
	table->slots = bits > 6 ? 1u << bits : 64;
	table->size = table->slots / 8;
	table->bytes = arena_alloc(arena, table->size);
	for (size_t i = 0; i < entries->entries.len; i++) {
		const struct entry *entry = &entries->entries.at[i];

		for (u128 bit = entry->lo; bit <= entry->hi; bit++) {
			uint64_t word;

			memcpy(&word, table->bytes + bit / 64 * 8, sizeof(word));
			word |= (uint64_t)1 << bit % 64;
			memcpy(table->bytes + bit / 64 * 8, &word, sizeof(word));
		}
		table->used += (uint32_t)(entry->hi - entry->lo) + 1;
	}
}

/* From here on up to the next start, this is the result. */
struct start {
	u128 key;
	uint32_t result;
};

/* The starts that entry number I adds: at most three, in *RET_STARTS. */
static unsigned int entry_starts(const struct entries *entries, size_t i,
				 struct start ret_starts[3])
{
	const struct entry *entry = &entries->entries.at[i];
	bool last = i + 1 == entries->entries.len;
	unsigned int count = 0;

	if (!i && entry->lo)
		ret_starts[count++] = (struct start){ 0, 0 };
	ret_starts[count++] = (struct start){ entry->lo, entry->result };
	if (entry->hi != u128_max(entries->key_bits) &&
	    (last || entries->entries.at[i + 1].lo != entry->hi + 1))
		ret_starts[count++] = (struct start){ entry->hi + 1, 0 };
	return count;
}

static void add_step(struct plan_steps *steps, u128 *start, uint32_t *result, u128 key,
		     uint32_t found)
{
	if (steps->count && result[steps->count - 1] == found)
		return;
	start[steps->count] = key;
	result[steps->count++] = found;
}

static bool choose_trie(const struct entries *entries, unsigned int bits, struct arena *arena,
			struct plan_table *table)
{
	struct arena scratch = ARENA_INIT;
	size_t most = 2 * entries->entries.len + 2;
	u128 *start = ARENA_ARRAY(&scratch, u128, most);
	uint32_t *result = ARENA_ARRAY(&scratch, uint32_t, most);
	struct plan_steps steps = { bits, 0, start, result };

	for (size_t i = 0; i < entries->entries.len; i++) {
		struct start starts[3];
		unsigned int count = entry_starts(entries, i, starts);

		for (unsigned int j = 0; j < count; j++)
			if (starts[j].key <= u128_max(bits))
				add_step(&steps, start, result, starts[j].key, starts[j].result);
	}
	if (!steps.count)
		add_step(&steps, start, result, 0, 0);
	table->kind = PLAN_TRIE;
	table->used = (uint32_t)steps.count;
	table->trie = plan_trie_make(&steps, MAX_TRIE_BYTES, arena);
	arena_free(&scratch);
	return table->trie != NULL;
}

static void put_start(const struct plan_table *table, uint8_t *bytes, uint32_t at,
		      const struct start *start)
{
	struct table_start128 start128 = { (uint64_t)(start->key >> 64), (uint64_t)start->key };
	uint32_t start32 = (uint32_t)start->key;
	size_t key_bytes = table->key_bits / 8;
	uint8_t *key = bytes + at * key_bytes;

	if (table->key_bits == 32)
		memcpy(key, &start32, sizeof(start32));
	else if (table->key_bits == 64)
		memcpy(key, &start128.low, sizeof(start128.low));
	else
		memcpy(key, &start128, sizeof(start128));
	memcpy(bytes + table->slots * key_bytes + at * sizeof(uint32_t), &start->result,
	       sizeof(uint32_t));
}

/* Unused slots at the end are starts at the last key, with the result that it has anyway. */
static void make_search(const struct entries *entries, struct arena *arena,
			struct plan_table *table)
{
	struct start starts[3], last = { 0, 0 };
	uint32_t at = 0;

	table->kind = PLAN_SEARCH;
	table->used = 0;
	for (size_t i = 0; i < entries->entries.len; i++)
		table->used += entry_starts(entries, i, starts);
	table->slots = 1;
	while (table->slots < table->used)
		table->slots <<= 1;
	table->size = (size_t)table->slots * (table->key_bits / 8 + sizeof(uint32_t));
	table->bytes = arena_alloc(arena, table->size);
	for (size_t i = 0; i < entries->entries.len; i++) {
		unsigned int count = entry_starts(entries, i, starts);

		for (unsigned int j = 0; j < count; j++)
			put_start(table, table->bytes, at++, &starts[j]);
		last = starts[count - 1];
	}
	last.key = u128_max(table->key_bits);
	while (at < table->slots)
		put_start(table, table->bytes, at++, &last);
}

/* Of the image, beside the tables that there are. */
static size_t room_left(const struct plan *plan)
{
	size_t taken = 0;

	for (size_t i = 0; i + 1 < plan->tables.len; i++)
		taken += plan_table_bytes(&plan->tables.at[i]);
	return taken < PLAN_MAX_IMAGE_BYTES ? PLAN_MAX_IMAGE_BYTES - taken : 0;
}

static void choose(const struct entries *entries, unsigned int bits, struct arena *arena,
		   struct plan_table *table)
{
	if (bits <= 16 && !table->is_map)
		make_bitmap(entries, bits, arena, table);
	else if ((bits <= 16 || !choose_hash(entries, arena, table)) &&
		 !choose_trie(entries, bits, arena, table))
		make_search(entries, arena, table);
}

bool plan_number_choose(const struct plan *plan, const struct plan_rows *rows,
			struct arena *arena, struct plan_table *table)
{
	struct arena scratch = ARENA_INIT;
	struct entries entries;
	bool chosen = make_entries(rows, &scratch, &entries);

	if (chosen) {
		entries.buckets = plan->force_table && !strcmp(plan->force_table, "buckets");
		entries.room = room_left(plan);
		table->key_bits = entries.key_bits;
		choose(&entries, total_bits(rows->look), arena, table);
	}
	arena_free(&scratch);
	return chosen;
}
