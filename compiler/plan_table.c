/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_table: how the elements of a big set or map lie in the program's memory.
 *
 * In: rows of intervals or boxes with their results.  Out: the bytes that the look-ups of
 * bpf/xdpfw_table.h and bpf/xdpfw_trie.h read, in the byte order of this machine, where the program
 * will run.
 *
 * Safety: whoever makes a table finds out whether the rows fit, or it is not chosen; what the
 * program finds in it is written here a second time, in plan_table_look(), and tests compare that
 * with the rows.
 */
#include <string.h>

#include "compiler/plan_boxes.h"
#include "compiler/plan_hash.h"
#include "compiler/plan_trie.h"

void plan_table_choose(struct plan *plan, const struct plan_rows *rows, struct arena *arena,
		       struct plan_table *table)
{
	if (!plan_number_choose(plan, rows, arena, table))
		plan_lanes_choose(plan, rows, arena, table);
}

size_t plan_table_bytes(const struct plan_table *table)
{
	return table->kind == PLAN_TRIE ? plan_trie_bytes(table->trie) : table->size;
}

void plan_table_fill(const struct plan_table *table, uint8_t *image)
{
	if (table->kind == PLAN_TRIE)
		plan_trie_fill(table->trie, image, table->offset);
	else if (table->kind == PLAN_SOLVED)
		plan_boxes_fill(table, image);
	else
		memcpy(image + table->offset, table->bytes, table->size);
}

static uint64_t word_at(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static uint32_t half_at(const uint8_t *at)
{
	uint32_t half;

	memcpy(&half, at, sizeof(half));
	return half;
}

static uint64_t slot_at(const uint8_t *bucket, unsigned int slot, unsigned int bits)
{
	return word_at(bucket + slot * bits / 64 * 8) >> slot * bits % 64 & u128_max(bits);
}

static bool look_bucket(const struct plan_table *table, const uint8_t *bucket, uint32_t key)
{
	unsigned int bits = table->slot_bits, slots = TABLE_BUCKET_BYTES * 8 / bits - 1;
	uint32_t value = bits == 16 ? (uint16_t)(key * table->seed) : key;

	for (unsigned int i = 0; i < slots; i++)
		if (slot_at(bucket, i, bits) == value)
			return true;
	return false;
}

static bool look_buckets(const struct plan_table *table, const uint8_t *bytes, uint32_t key)
{
	uint32_t home = (uint32_t)((uint64_t)(key * table->seed) * table->slots >> 32);
	const uint8_t *bucket = bytes + (size_t)home * TABLE_BUCKET_BYTES;
	unsigned int last = TABLE_BUCKET_BYTES * 8 / table->slot_bits - 1;
	uint64_t spill = slot_at(bucket, last, table->slot_bits);

	if (look_bucket(table, bucket, key))
		return true;
	return spill && look_bucket(table,
				    bytes + (table->slots + spill - 1) * TABLE_BUCKET_BYTES, key);
}

static bool look_pairs(const struct plan_table *table, const uint8_t *bytes, uint32_t key)
{
	for (unsigned int half = 0; half < 2; half++) {
		uint32_t mixed = table_pair_mix(key, half, table->seed);
		uint64_t home = half * table->slots + table_pair_home(mixed, table->slots);

		for (unsigned int i = 0; i < 64 / table->slot_bits; i++)
			if (slot_at(bytes + home * 8, i, table->slot_bits) ==
			    (table->slot_bits == 16 ? mixed & 0xffff : key))
				return true;
	}
	return false;
}

/* What the row of a bucket's match says; 0: no match, or another key's. */
static uint32_t look_prints(const struct plan_table *table, const uint8_t *bytes,
			    const uint8_t *bucket, uint64_t mixed, const uint64_t *words)
{
	unsigned int count = table->lanes ? table->lanes : table->key_bits == 128 ? 2 : 1;
	size_t row_bytes = table->key_bits == 32 ? sizeof(uint32_t) : count * sizeof(uint64_t);
	uint64_t match = 0, row;
	const uint8_t *at;

	for (unsigned int i = 0; i < 16; i++)
		if (slot_at(bucket, i, 16) == table_print(mixed) && i != 3 && i != 6 && i != 7)
			match |= (uint64_t)1 << (i % 4 * 16 + i / 4);
	if (!match)
		return 0;
	row = (word_at(bucket + 8) >> 32) + (match * TABLE_SLOT_OF >> 60);
	at = bytes + table->rows_at + row * row_bytes;
	if (table->key_bits == 32 ? half_at(at) != (uint32_t)words[0] :
				    memcmp(at, words, row_bytes) != 0)
		return 0;
	return table->results_at ? half_at(bytes + table->results_at + (row + 1) * 4) : 1;
}

static uint32_t look_hash(const struct plan_table *table, const uint8_t *bytes,
			  const uint64_t *words)
{
	uint64_t mixed = plan_hash_mix(table, words);
	const uint8_t *bucket = bytes +
				(size_t)table_home(mixed, table->slots) * TABLE_BUCKET_BYTES;
	uint64_t spill = word_at(bucket) >> 48;
	uint32_t result = look_prints(table, bytes, bucket, mixed, words);

	if (result || !spill)
		return result;
	bucket = bytes + (table->slots + spill - 1) * TABLE_BUCKET_BYTES;
	return look_prints(table, bytes, bucket, mixed, words);
}

static uint32_t look_search(const struct plan_table *table, const uint8_t *bytes, u128 key)
{
	size_t key_bytes = table->key_bits / 8, found = 0;

	for (size_t step = table->slots >> 1; step; step >>= 1) {
		const uint8_t *at = bytes + (found + step) * key_bytes;
		u128 start = key_bytes == 4 ? half_at(at) : word_at(at);

		if (key_bytes == 16)
			start = start << 64 | word_at(at + 8);
		if (start <= key)
			found += step;
	}
	return half_at(bytes + table->slots * key_bytes + found * 4);
}

static uint32_t look_boxes(const struct plan_table *table, const uint8_t *bytes,
			   const struct plan_shape *shape, const uint64_t *lanes)
{
	size_t box_bytes = table->lanes * 16 + sizeof(struct table_result);

	for (uint32_t i = 0; i < table->slots; i++, bytes += box_bytes) {
		bool inside = true;

		for (uint32_t j = 0; j < table->lanes; j++) {
			u128 key = lanes[j], lo = word_at(bytes + j * 16);
			u128 hi = word_at(bytes + j * 16 + 8);

			if (shape->doubles >> j & 1) {
				key = key << 64 | lanes[++j];
				lo = lo << 64 | word_at(bytes + j * 16);
				hi = hi << 64 | word_at(bytes + j * 16 + 8);
			}
			inside = inside && lo <= key && key <= hi;
		}
		if (inside)
			return half_at(bytes + table->lanes * 16);
	}
	return 0;
}

uint32_t plan_table_look(const struct plan *plan, const struct plan_table *table,
			 const uint8_t *image, const uint64_t *lanes)
{
	const uint8_t *bytes = image + table->offset;
	u128 number = (u128)lanes[0] << 64 | lanes[1];

	switch (table->kind) {
	case PLAN_COMPARE:
		break;
	case PLAN_BITMAP:
		return word_at(bytes + lanes[1] / 64 * 8) >> lanes[1] % 64 & 1;
	case PLAN_BUCKETS:
		return look_buckets(table, bytes, (uint32_t)lanes[1]);
	case PLAN_PAIRS:
		return look_pairs(table, bytes, (uint32_t)lanes[1]);
	case PLAN_HASH:
		return look_hash(table, bytes,
				 table->lanes || table->key_bits == 128 ? lanes : lanes + 1);
	case PLAN_TRIE:
		return plan_trie_look(table->trie, number);
	case PLAN_SEARCH:
		return look_search(table, bytes, number);
	case PLAN_SOLVED:
		return plan_boxes_look(table, lanes);
	case PLAN_BOXES:
		return look_boxes(table, bytes, &plan->shapes.at[table->shape], lanes);
	}
	return 0;
}
