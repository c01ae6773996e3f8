/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_number: tables whose keys are one number of up to 128 bits.
 *
 * In: rows of a set or map.  A row of several parts is an interval of such numbers when the first
 * parts are single values and the last ones are whole ranges, so that only one between them is cut.
 * Out: a hash table of single values, or a search table of disjoint intervals, in the byte order of
 * this machine, where the program will run.
 */
#include "compiler/plan_table.h"

#include <string.h>

/* Sorted by lo, disjoint. */
struct entry {
	u128 lo, hi;
	uint32_t result;		/* not 0 */
};

struct entries {
	VEC(struct entry) entries;
	unsigned int key_bits;
};

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
	struct entries entries = { .key_bits = plan_key_bits(total_bits(rows->look)) };

	if (total_bits(rows->look) > 128)
		return false;
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

static uint32_t hash_entry(const struct plan_homes *homes, size_t key, uint32_t seed)
{
	const struct entry *entry = (const struct entry *)homes->keys + key;

	return table_mix((uint64_t)(entry->lo >> 64), (uint64_t)entry->lo, seed);
}

static bool choose_hash(const struct entries *entries, struct arena *arena,
			struct plan_table *table)
{
	struct plan_homes homes = { .count = entries->entries.len, .hash = hash_entry,
				    .keys = entries->entries.at };

	for (size_t i = 0; i < entries->entries.len; i++)
		if (entries->entries.at[i].lo != entries->entries.at[i].hi)
			return false;
	table->kind = PLAN_HASH;
	table->used = (uint32_t)entries->entries.len;
	return plan_table_spread(&homes, arena, table);
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

static void choose_search(const struct entries *entries, struct plan_table *table)
{
	struct start starts[3];

	table->kind = PLAN_SEARCH;
	table->used = 0;
	table->seed = 0;
	table->max_probe = 0;
	for (size_t i = 0; i < entries->entries.len; i++)
		table->used += entry_starts(entries, i, starts);
	table->slots = 1;
	while (table->slots < table->used)
		table->slots <<= 1;
}

bool plan_number_choose(const struct plan_rows *rows, struct arena *arena,
			struct plan_table *table)
{
	struct entries entries;

	if (!make_entries(rows, arena, &entries))
		return false;
	table->key_bits = entries.key_bits;
	if (!choose_hash(&entries, arena, table))
		choose_search(&entries, table);
	return true;
}

static size_t slot_bytes(const struct plan_table *table)
{
	if (table->kind == PLAN_SEARCH)
		return table->key_bits / 8 + sizeof(uint32_t);
	if (table->key_bits == 32)
		return sizeof(struct table_slot32);
	return table->key_bits == 64 ? sizeof(struct table_slot64) : sizeof(struct table_slot128);
}

size_t plan_number_bytes(const struct plan_table *table)
{
	return (size_t)table->slots * slot_bytes(table);
}

static void put_slot(const struct plan_table *table, uint8_t *slot, u128 key, uint32_t result)
{
	struct table_slot32 slot32 = { (uint32_t)key, result };
	struct table_slot64 slot64 = { (uint64_t)key, result, 0 };
	struct table_slot128 slot128 = { (uint64_t)(key >> 64), (uint64_t)key, result, 0 };

	if (table->key_bits == 32)
		memcpy(slot, &slot32, sizeof(slot32));
	else if (table->key_bits == 64)
		memcpy(slot, &slot64, sizeof(slot64));
	else
		memcpy(slot, &slot128, sizeof(slot128));
}

static void fill_hash(const struct entries *entries, const struct plan_table *table,
		      uint8_t *bytes)
{
	size_t size = slot_bytes(table), result_at = table->key_bits / 8;
	struct plan_homes homes = { .keys = entries->entries.at };

	for (size_t i = 0; i < entries->entries.len; i++) {
		const struct entry *entry = &entries->entries.at[i];
		uint32_t slot = hash_entry(&homes, i, table->seed), result;

		for (;; slot++) {
			slot &= table->slots - 1;
			memcpy(&result, bytes + slot * size + result_at, sizeof(result));
			if (!result)
				break;
		}
		put_slot(table, bytes + slot * size, entry->lo, entry->result);
	}
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
static void fill_search(const struct entries *entries, const struct plan_table *table,
			uint8_t *bytes)
{
	struct start starts[3], last = { 0, 0 };
	uint32_t at = 0;

	for (size_t i = 0; i < entries->entries.len; i++) {
		unsigned int count = entry_starts(entries, i, starts);

		for (unsigned int j = 0; j < count; j++)
			put_start(table, bytes, at++, &starts[j]);
		last = starts[count - 1];
	}
	last.key = u128_max(table->key_bits);
	while (at < table->slots)
		put_start(table, bytes, at++, &last);
}

void plan_number_fill(const struct plan_rows *rows, const struct plan_table *table,
		      struct arena *arena, uint8_t *bytes)
{
	struct entries entries;

	if (!make_entries(rows, arena, &entries))
		return;			/* plan_number_choose() refused them */
	if (table->kind == PLAN_HASH)
		fill_hash(&entries, table, bytes);
	else
		fill_search(&entries, table, bytes);
}
