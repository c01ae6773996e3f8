/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_table: look-ups in the flat tables of big sets and maps.
 *
 * All tables (see xdpfw_layout.h) lie in one variable that the loader fills before the first
 * packet and nothing writes afterwards.  A look-up is told where its table is.
 *
 * Safety: the verifier sees that every address is inside of the variable: by a mask, by a number
 * that was scaled to that of buckets, or by a test right before the address is used.  A wrong table
 * is a wrong answer, which the proof finds, never an access elsewhere.
 *
 * Places and sizes are constants of the caller, a function for each table.
 */
#ifndef XDPFW_TABLE_H
#define XDPFW_TABLE_H

#include "xdpfw_bpf.h"
#include "xdpfw_layout.h"

#ifndef XDPFW_TABLE_BYTES
#define XDPFW_TABLE_BYTES 16
#endif

__u8 tables[XDPFW_TABLE_BYTES] SEC(".bss") __attribute__((aligned(64)));

/*
 * The place AT of `tables`.  When it is a constant, clang would add it to their address by an
 * instruction of its own, and to each place behind it again: a fifth of what a look-up is made of.
 */
#define TABLE_PLACE(at)                                                                        \
	({                                                                                     \
		const __u8 *place_ = tables;                                                   \
		if (__builtin_constant_p(at))                                                  \
			__asm__("%0 = tables + %1 ll"                                          \
				: "=r"(place_)                                                 \
				: "i"(__builtin_constant_p(at) ? (at) : 0));                   \
		else                                                                           \
			place_ += (at);                                                        \
		place_;                                                                        \
	})

/*
 * NUMBER, or 0 when it is above LAST, a constant: keeps a read inside of its table.  In right
 * tables the test is always true.  Test and number are one piece that clang cannot pull apart: a
 * number that it puts on the stack before the test and reads from there behind it has no bound on
 * Linux 6.1, whose verifier does not know that the two are the same.
 */
XDPFW_INLINE __u64 table_inside(__u64 number, const __u32 last)
{
	asm volatile("if %0 <= %1 goto +1\n\t%0 = 0" : "+r"(number) : "i"(last));
	return number;
}

/* Where the table has a SHAPE at offset AT. */
#define TABLE_AT(shape, at)                                                                    \
	((const shape *)(tables + table_inside(at, (__u32)(sizeof(tables) - sizeof(shape)))))

XDPFW_INLINE __u32 table_bit(__u32 key, const __u32 at, const __u32 bits)
{
	__u64 place = key & (bits - 1);
	__u64 word = *(const __u64 *)(tables + at + (place >> 6) * sizeof(word));

	return word >> (place & 63) & 1;
}

/* 1 when any bit is set, else 0, without a branch that would have to be guessed. */
XDPFW_INLINE __u32 table_some(__u64 bits)
{
	bits |= -bits;
	HIDE(bits);
	return bits >> 63;
}

/* Lanes of a word that are equal: none when 0, otherwise the lowest bit that is set is right. */
#define TABLE_ANY_ZERO(word, ones) (((word) - (ones)) & ~(word))

/* VALUES: what is looked for, in each slot; ONES: 1 in each slot.  Not 0: it is there. */
XDPFW_INLINE __u64 table_in_bucket(const __u64 *word, __u64 values, const __u64 ones,
				   const __u64 highest, const __u64 last_highest)
{
	__u64 a = word[0] ^ values, b = word[1] ^ values, c = word[2] ^ values;
	__u64 d = word[3] ^ values;

	return ((TABLE_ANY_ZERO(a, ones) | TABLE_ANY_ZERO(b, ones) | TABLE_ANY_ZERO(c, ones)) &
		highest) |
	       (TABLE_ANY_ZERO(d, ones) & last_highest);
}

/* SPILLED: buckets behind the BUCKETS; SLOT: bits. */
XDPFW_INLINE __u32 table_bucket(__u32 key, const __u32 at, const __u32 buckets,
				const __u32 spilled, const __u32 multiplier, const __u32 slot)
{
	const __u64 ones = slot == 16 ? 0x0001000100010001ull : 0x0000000100000001ull;
	const __u64 highest = slot == 16 ? 0x8000800080008000ull : 0x8000000080000000ull;
	const __u64 last_highest = slot == 16 ? 0x0000800080008000ull : 0x80000000ull;
	__u32 mixed = key * multiplier;
	__u64 values = (slot == 16 ? mixed & 0xffff : key) * ones;
	__u64 home = (__u64)mixed * buckets >> 32, spill, found;
	const __u64 *word = (const __u64 *)(tables + at + home * TABLE_BUCKET_BYTES);

	found = table_in_bucket(word, values, ones, highest, last_highest);
	spill = word[3] >> (64 - slot);
	if (spilled && spill) {
		home = buckets + table_inside(spill - 1, spilled - 1);
		word = (const __u64 *)(tables + at + home * TABLE_BUCKET_BYTES);
		found |= table_in_bucket(word, values, ones, highest, last_highest);
	}
	return table_some(found);
}

/* Not 0: one of two words has what is looked for there in a slot.  SLOT: bits. */
XDPFW_INLINE __u64 table_in_pair(__u64 a, __u64 b, const __u32 slot)
{
	const __u64 ones = slot == 16 ? 0x0001000100010001ull : 0x0000000100000001ull;

	return (TABLE_ANY_ZERO(a, ones) | TABLE_ANY_ZERO(b, ones)) & ones << (slot - 1);
}

/* What is looked for, in each slot of a word. */
XDPFW_INLINE __u64 table_pair_slots(__u32 key, __u32 mixed, const __u32 slot)
{
	return slot == 16 ? (mixed & 0xffff) * 0x0001000100010001ull :
			    key | (__u64)key << 32;
}

/* BUCKETS: words of each of the two tables, at AT and behind it. */
XDPFW_INLINE __u32 table_pair(__u32 key, const __u32 at, const __u32 buckets, const __u32 seed,
			      const __u32 slot)
{
	__u32 first = table_pair_mix(key, 0, seed), second = table_pair_mix(key, 1, seed);
	__u64 a, b;

	a = ((const __u64 *)TABLE_PLACE(at))[(__u64)first * buckets >> 32];
	b = ((const __u64 *)TABLE_PLACE(at + buckets * 8))[(__u64)second * buckets >> 32];
	return table_some(table_in_pair(a ^ table_pair_slots(key, first, slot),
					b ^ table_pair_slots(key, second, slot), slot));
}

/* A 1 for each slot of a word that is 0, and for no other, at its lowest bit. */
XDPFW_INLINE __u64 table_zeros(__u64 word, const __u64 highest)
{
	const __u64 rest = 0x7fff7fff7fff7fffull;

	return (~(((word & rest) + rest) | word) & highest) >> 15;
}

/* Which slots of a hash table's bucket have PRINTS: see TABLE_SLOT_OF. */
XDPFW_INLINE __u64 table_match(const __u64 *word, __u64 prints)
{
	const __u64 all = 0x8000800080008000ull;

	return table_zeros(word[0] ^ prints, 0x0000800080008000ull) |
	       table_zeros(word[1] ^ prints, 0x0000000080008000ull) << 1 |
	       table_zeros(word[2] ^ prints, all) << 2 | table_zeros(word[3] ^ prints, all) << 3;
}

/* The key is what row ROW is. */
XDPFW_INLINE bool table_row32(__u64 row, const __u64 rows_at, __u32 key)
{
	return *(const __u32 *)(tables + rows_at + row * sizeof(key)) == key;
}

XDPFW_INLINE bool table_row64(__u64 row, const __u64 rows_at, __u64 key)
{
	return *(const __u64 *)(tables + rows_at + row * sizeof(key)) == key;
}

XDPFW_INLINE bool table_row128(__u64 row, const __u64 rows_at, __u64 high, __u64 low)
{
	const __u64 *at = (const __u64 *)(tables + rows_at + row * 16);

	return !((at[0] ^ high) | (at[1] ^ low));
}

/*
 * The number of the key's row, from 1; 0: it is in none.  MIXED: of the key; ROW_IS: whether the
 * row in `table_row` is that of the key; AT, BUCKETS, SPILLED, ROWS: constants.
 */
#define TABLE_FIND(mixed, at, buckets, spilled, rows, row_is)                                  \
	({                                                                                     \
		__u64 mixed_ = (mixed), home_ = table_home(mixed_, buckets), found_ = 0;       \
		__u64 prints_ = table_print(mixed_) * 0x0001000100010001ull, match_;           \
		const __u64 *word_ = (const __u64 *)(tables + (at) + home_ * TABLE_BUCKET_BYTES); \
		__u64 spill_ = word_[0] >> 48, table_row;                                      \
		match_ = table_match(word_, prints_);                                          \
		if (match_) {                                                                  \
			table_row = (word_[1] >> 32) + (match_ * TABLE_SLOT_OF >> 60);         \
			table_row = table_inside(table_row, (rows) - 1);                       \
			found_ = (row_is) ? table_row + 1 : 0;                                 \
		}                                                                              \
		if ((spilled) && spill_ && !found_) {                                          \
			home_ = (buckets) + table_inside(spill_ - 1, (spilled) - 1);           \
			word_ = (const __u64 *)(tables + (at) + home_ * TABLE_BUCKET_BYTES);   \
			match_ = table_match(word_, prints_);                                  \
			if (match_) {                                                          \
				table_row = (word_[1] >> 32) + (match_ * TABLE_SLOT_OF >> 60); \
				table_row = table_inside(table_row, (rows) - 1);               \
				found_ = (row_is) ? table_row + 1 : 0;                         \
			}                                                                      \
		}                                                                              \
		found_;                                                                        \
	})

/* Of row ROW, from 1, or of a miss; ROWS: how many there are. */
XDPFW_INLINE __u32 table_result(__u64 row, const __u32 results_at, const __u32 rows)
{
	return *(const __u32 *)(tables + results_at + table_inside(row, rows) * sizeof(__u32));
}

/*
 * 1 when A < B, else 0, without a jump: random keys would make the processor guess each step of
 * the search wrong half of the time.
 */
XDPFW_INLINE __u64 table_less(__u64 a, __u64 b)
{
	__u64 less = ((~a & b) | (~(a ^ b) & (a - b))) >> 63;

	HIDE(less);
	return less;
}

/* Likewise for equal. */
XDPFW_INLINE __u64 table_equal(__u64 a, __u64 b)
{
	__u64 differ = a ^ b, equal = ~(differ | -differ) >> 63;

	HIDE(equal);
	return equal;
}

/*
 * The last start that is not above the key: `found` grows by `step` when the start there is not
 * above it.  SLOTS is a power of two.
 */
XDPFW_ALONE __u32 table_search32(__u32 key, __u32 at, __u32 slots)
{
	__u64 found = 0, step = slots >> 1;
	__u32 start;

	for (__u32 i = 0; i < TABLE_MAX_BITS && step; i++) {
		start = *TABLE_AT(__u32, at + (found + step) * sizeof(start));
		found += step & (table_less(key, start) - 1);
		step >>= 1;
	}
	return *TABLE_AT(__u32, at + slots * (__u64)sizeof(start) + found * 4);
}

XDPFW_ALONE __u32 table_search64(__u64 key, __u32 at, __u32 slots)
{
	__u64 found = 0, step = slots >> 1, start;

	for (__u32 i = 0; i < TABLE_MAX_BITS && step; i++) {
		start = *TABLE_AT(__u64, at + (found + step) * sizeof(start));
		found += step & (table_less(key, start) - 1);
		step >>= 1;
	}
	return *TABLE_AT(__u32, at + slots * sizeof(start) + found * 4);
}

XDPFW_ALONE __u32 table_search128(__u64 high, __u64 low, __u32 at, __u32 slots)
{
	__u64 found = 0, step = slots >> 1, less;
	struct table_start128 start;

	for (__u32 i = 0; i < TABLE_MAX_BITS && step; i++) {
		start = *TABLE_AT(struct table_start128, at + (found + step) * sizeof(start));
		less = table_less(high, start.high) |
		       (table_equal(high, start.high) & table_less(low, start.low));
		found += step & (less - 1);
		step >>= 1;
	}
	return *TABLE_AT(__u32, at + slots * sizeof(start) + found * 4);
}

#ifdef XDPFW_KEY_LANES
/* A key of several parts that is not one number. */
struct key {
	__u64 lane[XDPFW_KEY_LANES];
};

/* A search through boxes; what each step does depends on their shape, and is generated. */
struct table_boxes {
	const struct key *key;
	struct hidden at;
	struct hidden found;		/* the result; 0: none yet */
};

/* COUNT: the lanes of the keys of this table, a constant. */
XDPFW_INLINE __u64 table_mix_key(const struct key *key, const __u32 count, __u32 seed)
{
	__u64 hash = 0;

#pragma unroll
	for (__u32 i = 0; i < count; i++)
		hash = table_mix_lane(hash, key->lane[i]);
	return table_mix(0, hash, seed);
}

XDPFW_INLINE bool table_row_lanes(__u64 row, const __u64 rows_at, const struct key *key,
				  const __u32 count)
{
	const __u64 *at = (const __u64 *)(tables + rows_at + row * count * sizeof(*at));
	__u64 differ = 0;

#pragma unroll
	for (__u32 i = 0; i < count; i++)
		differ |= at[i] ^ key->lane[i];
	return !differ;
}
#endif

#endif
