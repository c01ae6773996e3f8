/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_table: how the elements of a big set or map lie in the program's memory.
 *
 * In: sorted, disjoint intervals with their results.  Out: the bytes that the look-ups of
 * bpf/xdpfw_table.h read, in the byte order of this machine, where the program will run.
 *
 * Safety: a hash table is only chosen when every key was found to lie within TABLE_MAX_PROBES
 * slots of its home, which is as far as the program looks; else the set becomes a search table.
 */
#include "compiler/plan_table.h"

#include <string.h>

#define SEEDS 8				/* tried for each number of slots */
#define MAX_SPREAD 3			/* times that the number of slots is doubled for want of
					   a good seed */

static uint32_t power_of_two(uint64_t at_least)
{
	uint32_t power = 1;

	while (power < at_least)
		power <<= 1;
	return power;
}

static uint32_t home_slot(const struct plan_table *table, u128 key)
{
	return table_mix((uint64_t)(key >> 64), (uint64_t)key, table->seed) & (table->slots - 1);
}

/* The longest way from a key's home slot to its own; more than TABLE_MAX_PROBES: no good. */
static uint32_t measure_probes(const struct plan_entries *entries, const struct plan_table *table,
			       uint8_t *taken)
{
	uint32_t longest = 0;

	memset(taken, 0, table->slots);
	for (size_t i = 0; i < entries->entries.len; i++) {
		uint32_t slot = home_slot(table, entries->entries.at[i].lo), probes = 1;

		for (; taken[slot]; probes++)
			slot = (slot + 1) & (table->slots - 1);
		taken[slot] = 1;
		if (probes > longest)
			longest = probes;
		if (longest > TABLE_MAX_PROBES)
			break;
	}
	return longest;
}

static bool choose_hash(const struct plan_entries *entries, struct arena *arena,
			struct plan_table *table)
{
	uint32_t least = power_of_two(2 * (uint64_t)entries->entries.len);
	uint8_t *taken;

	for (size_t i = 0; i < entries->entries.len; i++)
		if (entries->entries.at[i].lo != entries->entries.at[i].hi)
			return false;
	taken = arena_alloc(arena, (size_t)least << MAX_SPREAD);
	for (unsigned int spread = 0; spread <= MAX_SPREAD; spread++) {
		table->slots = least << spread;
		for (table->seed = 0; table->seed < SEEDS; table->seed++) {
			table->max_probe = measure_probes(entries, table, taken);
			if (table->max_probe <= TABLE_MAX_PROBES)
				return true;
		}
	}
	return false;
}

/* From here on up to the next start, this is the result. */
struct start {
	u128 key;
	uint32_t result;
};

/* The starts that entry number I adds: at most three, in *RET_STARTS. */
static unsigned int entry_starts(const struct plan_entries *entries, size_t i,
				 struct start ret_starts[3])
{
	const struct plan_entry *entry = &entries->entries.at[i];
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

static void choose_search(const struct plan_entries *entries, struct plan_table *table)
{
	struct start starts[3];

	table->kind = PLAN_SEARCH;
	table->used = 0;
	table->seed = 0;
	table->max_probe = 0;
	for (size_t i = 0; i < entries->entries.len; i++)
		table->used += entry_starts(entries, i, starts);
	table->slots = power_of_two(table->used);
}

void plan_table_choose(const struct plan_entries *entries, struct arena *arena,
		       struct plan_table *table)
{
	table->kind = PLAN_HASH;
	table->used = (uint32_t)entries->entries.len;
	if (!choose_hash(entries, arena, table))
		choose_search(entries, table);
}

static size_t slot_bytes(const struct plan_table *table)
{
	if (table->kind == PLAN_SEARCH)
		return table->key_bits / 8 + sizeof(uint32_t);
	if (table->key_bits == 32)
		return sizeof(struct table_slot32);
	return table->key_bits == 64 ? sizeof(struct table_slot64) : sizeof(struct table_slot128);
}

size_t plan_table_bytes(const struct plan_table *table)
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

static void fill_hash(const struct plan_entries *entries, const struct plan_table *table,
		      uint8_t *bytes)
{
	size_t size = slot_bytes(table), result_at = table->key_bits / 8;

	for (size_t i = 0; i < entries->entries.len; i++) {
		const struct plan_entry *entry = &entries->entries.at[i];
		uint32_t slot = home_slot(table, entry->lo), result;

		for (;; slot = (slot + 1) & (table->slots - 1)) {
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
static void fill_search(const struct plan_entries *entries, const struct plan_table *table,
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

void plan_table_fill(const struct plan_entries *entries, const struct plan_table *table,
		     uint8_t *bytes)
{
	if (table->kind == PLAN_HASH)
		fill_hash(entries, table, bytes);
	else
		fill_search(entries, table, bytes);
}
