/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_named: look-ups in the tables of named sets and maps, whose places are in rows that a live
 * update can change (see xdpfw_layout.h): `row` is that of the packet's generation.
 *
 * Safety: named_at() compares every place that was read from a row, or made of one, with the end of
 * `tables` right before it is used.  In right tables the test is always false, and nothing waits
 * for it.
 */
#ifndef XDPFW_NAMED_H
#define XDPFW_NAMED_H

#include "xdpfw_table.h"

#ifndef XDPFW_NAMED_AT
#define XDPFW_NAMED_AT 0		/* of struct table_head */
#endif

/* Once for each packet. */
XDPFW_INLINE __u32 named_generation(void)
{
	return *(const volatile __u32 *)(tables + XDPFW_NAMED_AT);
}

XDPFW_INLINE const struct table_named *named_row(__u64 generation, const __u32 number)
{
	const __u64 rows_at = XDPFW_NAMED_AT + sizeof(struct table_head);

	generation = (generation & 1) * sizeof(struct table_named);
	HIDE(generation);		/* or clang makes a branch of it */
	return (const struct table_named *)(tables + rows_at +
					    number * 2 * sizeof(struct table_named) + generation);
}

/* Where entry INDEX of BYTES bytes of the array at AT is. */
XDPFW_INLINE __u64 named_at(__u64 at, __u64 index, const __u32 bytes)
{
	return table_inside(at + index * bytes, sizeof(tables) - bytes);
}

XDPFW_INLINE __u32 named_bit(const struct table_named *row, __u32 key, const __u32 bits)
{
	__u64 place = key & (bits - 1);
	__u64 word = *(const __u64 *)(tables + named_at(row->at[0], place >> 6, sizeof(word)));

	return word >> (place & 63) & 1;
}

XDPFW_INLINE const __u64 *named_bucket_at(const struct table_named *row, __u64 number)
{
	return (const __u64 *)(tables + named_at(row->at[0], number, TABLE_BUCKET_BYTES));
}

/* SLOT: bits. */
XDPFW_INLINE __u32 named_bucket(const struct table_named *row, __u32 key, const __u32 slot)
{
	const __u64 ones = slot == 16 ? 0x0001000100010001ull : 0x0000000100000001ull;
	const __u64 highest = slot == 16 ? 0x8000800080008000ull : 0x8000000080000000ull;
	const __u64 last_highest = slot == 16 ? 0x0000800080008000ull : 0x80000000ull;
	__u32 mixed = key * row->seed;
	__u64 values = (slot == 16 ? mixed & 0xffff : key) * ones, spill, found;
	const __u64 *word = named_bucket_at(row, (__u64)mixed * row->slots >> 32);

	found = table_in_bucket(word, values, ones, highest, last_highest);
	spill = word[3] >> (64 - slot);
	if (spill) {
		word = named_bucket_at(row, row->slots + spill - 1);
		found |= table_in_bucket(word, values, ones, highest, last_highest);
	}
	return table_some(found);
}

/* As table_pair(). */
XDPFW_INLINE __u32 named_pair(const struct table_named *row, __u32 key, const __u32 slot)
{
	__u32 first = table_pair_mix(key, 0, row->seed), second = table_pair_mix(key, 1, row->seed);
	__u64 a = (__u64)first * row->slots >> 32, b = (__u64)second * row->slots >> 32;

	a = *(const __u64 *)(tables + named_at(row->at[0], a, sizeof(a)));
	b = *(const __u64 *)(tables + named_at(row->at[1], b, sizeof(b)));
	return table_some(table_in_pair(a ^ table_pair_slots(key, first, slot),
					b ^ table_pair_slots(key, second, slot), slot));
}

/* The row, from 1, that may be the key's by what bucket NUMBER has of it; 0: none. */
XDPFW_INLINE __u64 named_likely(const struct table_named *row, __u64 number, __u64 mixed,
				__u64 *ret_spill)
{
	const __u64 *word = named_bucket_at(row, number);
	__u64 match = table_match(word, table_print(mixed) * 0x0001000100010001ull);

	*ret_spill = word[0] >> 48;
	return match ? (word[1] >> 32) + (match * TABLE_SLOT_OF >> 60) + 1 : 0;
}

/* As TABLE_FIND(); ROW_IS: whether the row `table_row` is that of the key. */
#define NAMED_FIND(row, mixed, row_is)                                                         \
	({                                                                                     \
		__u64 mixed_ = (mixed), spill_, table_row, found_, ignored_;                   \
		found_ = named_likely(row, table_home(mixed_, (row)->slots), mixed_, &spill_); \
		if (found_) {                                                                  \
			table_row = found_ - 1;                                                \
			found_ = (row_is) ? found_ : 0;                                        \
		}                                                                              \
		if (spill_ && !found_) {                                                       \
			found_ = named_likely(row, (row)->slots + spill_ - 1, mixed_,          \
					      &ignored_);                                      \
			if (found_) {                                                          \
				table_row = found_ - 1;                                        \
				found_ = (row_is) ? found_ : 0;                                \
			}                                                                      \
		}                                                                              \
		found_;                                                                        \
	})

/* Of what NAMED_FIND() gave. */
XDPFW_INLINE __u32 named_result(const struct table_named *row, __u64 found)
{
	return *(const __u32 *)(tables + named_at(row->at[2], found, sizeof(__u32)));
}

#endif
