/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_trie: look-ups in the tries of `tables` (see xdpfw_layout.h), without a branch.
 *
 * The compiler writes calls with constant offsets, and indexes that a mask or table_inside() keeps
 * inside of the array: that is what the verifier sees.
 */
#ifndef XDPFW_TRIE_H
#define XDPFW_TRIE_H

#include "xdpfw_table.h"

/* Bit 5 of a word is the mask's lowest one: with it, the lowest 6 shift by 32 more. */
XDPFW_INLINE __u64 trie_word32(__u64 at, const __u64 offset, __u64 number)
{
	__u64 word = *(const __u32 *)(TABLE_PLACE(offset) + at * sizeof(__u32));

	number <<= 32;
	__asm__("%0 >>= %1" : "+r"(number) : "r"(word));
	return (word >> 13) + (number & (word >> 5 & 0xff));
}

/* Behind a WORD of 64 bits; a shift is by the lowest 6 of these, which clang need not know. */
XDPFW_INLINE __u64 trie_next(__u64 word, __u64 number)
{
	__asm__("%0 >>= %1" : "+r"(number) : "r"(word));
	return (word >> 32) + (number & (word >> 8 & 0xffff));
}

/* Of 128 bits too, where all windows of a level lie in one half. */
XDPFW_INLINE __u64 trie_word64(__u64 at, const __u64 offset, __u64 number)
{
	return trie_next(*(const __u64 *)(TABLE_PLACE(offset) + at * sizeof(__u64)), number);
}

XDPFW_INLINE __u64 trie_word128(__u64 at, const __u64 offset, __u64 high, __u64 low)
{
	__u64 word = *(const __u64 *)(TABLE_PLACE(offset) + at * sizeof(word));

	return trie_next(word, low ^ ((low ^ high) & -(word >> 6 & 1)));
}

/* NUMBER: the next window, which has BITS bits, or some more: see "units" in xdpfw_layout.h. */
XDPFW_INLINE __u64 trie_flat(__u64 at, const __u64 offset, __u64 number, const __u32 bits)
{
	__u64 word = *(const __u32 *)(TABLE_PLACE(offset) + at * sizeof(__u32));

	return (word >> bits) + (number & word);
}

XDPFW_INLINE __u64 trie_result8(__u64 at, const __u64 offset)
{
	return *(TABLE_PLACE(offset) + at);
}

XDPFW_INLINE __u64 trie_result16(__u64 at, const __u64 offset)
{
	return *(const __u16 *)(TABLE_PLACE(offset) + at * sizeof(__u16));
}

XDPFW_INLINE __u64 trie_result32(__u64 at, const __u64 offset)
{
	return *(const __u32 *)(TABLE_PLACE(offset) + at * sizeof(__u32));
}

/*
 * The highest bit, a number that was subtracted from a smaller one: clang must not see the compare
 * in that, or it makes a branch of it, and the verifier must see 0 or 1.
 */
XDPFW_INLINE __u64 trie_highest(__u64 number)
{
	HIDE(number);
	number >>= 63;
	HIDE(number);
	return number;
}

/* 1 when A < B + BORROW, else 0; BORROW is 0 or 1. */
XDPFW_INLINE __u64 trie_less(__u64 a, __u64 b, __u64 borrow)
{
	return trie_highest((~a & b) | (~(a ^ b) & (a - b - borrow)));
}

/* 1 when NUMBER is not below breakpoint I; AFTER: the number behind it. */
#define TRIE_REACHED(leaf, i, after) trie_highest(((const __u32 *)(leaf))[i] - (after))

/* BREAKS: 3, or 7 in a leaf of 64 bytes.  No loop: clang does not unroll each. */
XDPFW_INLINE __u32 trie_leaf32(__u64 at, const __u64 offset, const __u32 breaks, __u64 number)
{
	const __u8 *leaf = TABLE_PLACE(offset) + at * (breaks > 3 ? 64 : 32);
	__u64 after = number + 1;
	__u64 rank = TRIE_REACHED(leaf, 0, after) + TRIE_REACHED(leaf, 1, after) +
		     TRIE_REACHED(leaf, 2, after);

	if (breaks > 3)
		rank += TRIE_REACHED(leaf, 3, after) + TRIE_REACHED(leaf, 4, after) +
			TRIE_REACHED(leaf, 5, after) + TRIE_REACHED(leaf, 6, after);
	return ((const __u32 *)leaf)[breaks + rank];
}

/* BREAKS: 2, or 5 in a leaf of 64 bytes. */
XDPFW_INLINE __u32 trie_leaf64(__u64 at, const __u64 offset, const __u32 breaks, __u64 number)
{
	const __u8 *leaf = TABLE_PLACE(offset) + at * (breaks > 2 ? 64 : 32);
	__u64 rank = breaks;

#pragma unroll
	for (__u32 i = 0; i < breaks; i++)
		rank -= trie_less(number, ((const __u64 *)leaf)[i], 0);
	return ((const __u32 *)leaf)[2 * breaks + rank];
}

/* BREAKS: 3. */
XDPFW_INLINE __u32 trie_leaf128(__u64 at, const __u64 offset, const __u32 breaks, __u64 high,
				__u64 low)
{
	const __u8 *leaf = TABLE_PLACE(offset) + at * 64;
	const struct trie_break128 *start = (const struct trie_break128 *)leaf;
	__u64 rank = breaks;

#pragma unroll
	for (__u32 i = 0; i < breaks; i++)
		rank -= trie_less(high, start[i].high, trie_less(low, start[i].low, 0));
	return ((const __u32 *)leaf)[4 * breaks + rank];
}

/* 1 when NUMBER lies in one of the leaf's ranges; BREAKS: twice their number. */
XDPFW_INLINE __u32 trie_ranges64(__u64 at, const __u64 offset, const __u32 breaks, __u64 number)
{
	const __u64 *range = (const __u64 *)(TABLE_PLACE(offset) + at * breaks * sizeof(*range));
	__u64 inside = 0;

#pragma unroll
	for (__u32 i = 0; i < breaks; i += 2)
		inside |= ~trie_less(number, range[i], 0) & ~trie_less(range[i + 1], number, 0);
	return inside & 1;
}

XDPFW_INLINE __u32 trie_ranges128(__u64 at, const __u64 offset, const __u32 breaks, __u64 high,
				  __u64 low)
{
	const struct trie_break128 *range =
		(const struct trie_break128 *)(TABLE_PLACE(offset) + at * breaks * sizeof(*range));
	__u64 inside = 0;

#pragma unroll
	for (__u32 i = 0; i < breaks; i += 2) {
		__u64 below = trie_less(high, range[i].high, trie_less(low, range[i].low, 0));
		__u64 above = trie_less(range[i + 1].high, high,
					trie_less(range[i + 1].low, low, 0));

		inside |= ~(below | above);
	}
	return inside & 1;
}

/* 1 when NUMBER is not 0. */
XDPFW_INLINE __u64 trie_any(__u64 number)
{
	return trie_highest(number | -number);
}

/* What nested prefixes are looked up with: the compiler writes the tests one by one. */
XDPFW_INLINE const __u8 *trie_place(__u64 at, const __u64 offset, const __u64 bytes)
{
	return TABLE_PLACE(offset) + at * bytes;
}

/* 1 when DIFFER has a bit from the shift on. */
XDPFW_INLINE __u64 trie_test(__u64 differ, __u8 shift)
{
	return trie_any(differ >> shift);
}

/* The same of a shift that is never 0. */
XDPFW_INLINE __u64 trie_beyond(__u64 differ, __u8 shift)
{
	return trie_highest(-(differ >> shift));
}

/*
 * Each sum has a bit at 20 of 21 where NUMBER has reached the breakpoint: how many of these there
 * are, and the highest bit, is even or odd.  The product adds them up in its highest bit.
 */
XDPFW_INLINE __u32 trie_packed(__u64 at, const __u64 offset, __u64 number)
{
	const __u64 *word = (const __u64 *)(TABLE_PLACE(offset) + at * 32);
	__u64 numbers = (number & 0xfffff) * 0x40000200001ull;
	__u64 reached = (word[0] + numbers) ^ (word[1] + numbers) ^ (word[2] + numbers) ^
			(word[3] + numbers);

	return (reached & 0xc000020000100000ull) * 0x80000400003ull >> 63;
}

#endif
