/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_cross: what look-ups in cross-product tables are made of.  There is no branch: what a
 * packet asks for is random, and a branch guessed wrong costs more than all of this.
 *
 * Safety: AT and MASK are constants; the generator lays `tables` out so that the element MASK and
 * all before it lie inside, and the verifier sees that they do.
 */
#ifndef XDPFW_CROSS_H
#define XDPFW_CROSS_H

#include "xdpfw_table.h"

/* Element ELEMENT & MASK of elements of STRIDE bytes. */
XDPFW_INLINE __u64 cross_u8(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u8 *)(TABLE_PLACE(at) + (element & mask) * stride);
}

XDPFW_INLINE __u64 cross_u16(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u16 *)(TABLE_PLACE(at) + (element & mask) * stride);
}

XDPFW_INLINE __u64 cross_u32(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u32 *)(TABLE_PLACE(at) + (element & mask) * stride);
}

XDPFW_INLINE __u64 cross_u64(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u64 *)(TABLE_PLACE(at) + (element & mask) * stride);
}

/* NUMBER when PRESENT is 1, 0 when it is 0. */
XDPFW_INLINE __u64 cross_if(__u64 present, __u64 number)
{
	__u64 all = 0 - present;

	if (__builtin_constant_p(present))
		return present ? number : 0;
	HIDE(all);
	return number & all;
}

/* NUMBER when CELL has COLUMN in the bits of MASK, else 0. */
XDPFW_INLINE __u64 cross_same(__u64 cell, __u64 column, const __u64 mask, __u64 number)
{
	__u64 all = (__u64)((__s64)(((cell ^ column) & mask) - 1) >> 63);

	HIDE(all);
	return number & all;
}

/* Both are below 2^63. */
XDPFW_INLINE __u64 cross_min(__u64 a, __u64 b)
{
	__u64 below = (__u64)((__s64)(a - b) >> 63);

	HIDE(below);
	return b + ((a - b) & below);
}

XDPFW_INLINE __u64 cross_below(__u64 number, __u64 bound)
{
	__u64 below = (__u64)((__s64)(number - bound) >> 63);

	HIDE(below);
	return number & below;
}

/* NUMBER (below 2^63), or OTHER when it is 0. */
XDPFW_INLINE __u64 cross_else(__u64 number, __u64 other)
{
	__u64 none = (__u64)((__s64)(number - 1) >> 63);

	HIDE(none);
	return number | (other & none);
}

/*
 * A rule that is compared: two lanes of 17 bits for two numbers of 16.  UPPER has what their upper
 * ends leave up to 65535, and behind the lanes the result + 1; LOWER has the lower ends, and behind
 * them a bit for each class of all else that the rule holds for.  A lane carries when its number is
 * too large, or too small.  All ones when the rule holds.
 */
XDPFW_INLINE __u64 cross_holds(__u64 upper, __u64 lower, __u64 lanes, __u64 rest, __u64 class)
{
	__u64 not = ((upper + lanes) | (lower + rest)) & CROSS_LANE_CARRIES;

	not |= ~(lower >> class) & 1;
	not = (__u64)((__s64)(not - 1) >> 63);
	HIDE(not);
	return not;
}

/*
 * COUNT rules from BASE on, in units of a rule; LAST: the last cell that the table has room for,
 * of which the last ones are empty: one test before the loop is enough.  The verifier would walk
 * the loop once for each state it is reached in, so it belongs into a global function, which is
 * verified once (plan_cross_write_globals()).
 */
XDPFW_INLINE __u64 cross_walk(const __u32 at, const __u32 last, __u64 base, __u64 count,
			      __u64 lanes, __u64 class, const __u64 none)
{
	const __u64 rest = lanes ^ CROSS_LANE_ONES, *rule;

	base = table_inside(base, last * 4 + 3 - CROSS_MORE_MASK);
	rule = (const __u64 *)(tables + at + base * CROSS_RULE_BYTES);
	for (__u32 i = 0; i < CROSS_MORE_MASK && i < count; i++, rule += 2) {
		if (cross_holds(rule[0], rule[1], lanes, rest, class + CROSS_LANE_BITS))
			return rule[0] >> CROSS_LANE_BITS;
	}
	return none;
}

/*
 * The result + 1 of the first rule that holds in the cell SLOT, if the cell is COLUMN's; else NONE.
 * Some rules are in the cell; where there are more the cell says where, and MORE() looks there.
 */
#define cross_rules(at, slot, last, column, column_bits, lanes, class, none, more)             \
	({                                                                                     \
		const __u64 *cell_ = (const __u64 *)(tables + (at) +                           \
			table_inside(slot, last) * CROSS_CELL_BYTES);                          \
		__u64 head_ = *cell_, count_;                                                  \
		__u64 found_ = cross_cell(cell_, column, column_bits, lanes, class, none,      \
					  &count_);                                            \
		if (__builtin_expect(count_ && found_ == (none), 0))                           \
			found_ = more(head_ >> ((column_bits) + CROSS_MORE_BITS), count_,      \
				      lanes, class);                                           \
		found_;                                                                        \
	})

/* In which of the lanes of a CELL no number is too large or too small: 1, among other bits. */
XDPFW_INLINE __u64 cross_fits(const __u64 *cell, __u64 lanes)
{
	__u64 a = (lanes & 0xffff) * CROSS_CELL_ONES, b = (lanes >> 17) * CROSS_CELL_ONES;
	__u64 not = (cell[CROSS_CELL_UPPER_0] + a) | (cell[CROSS_CELL_LOWER_0] - a);

	not |= (cell[CROSS_CELL_UPPER_1] + b) | (cell[CROSS_CELL_LOWER_1] - b);
	return ~(not >> CROSS_CELL_CARRY);
}

XDPFW_INLINE __u64 cross_cell(const __u64 *cell, __u64 column, const __u32 column_bits,
			      __u64 lanes, __u64 class, const __u64 none, __u64 *ret_more)
{
	__u64 second, fits, lowest, found, all;

	/* Made of it again for each cell: the stack has no room for more numbers. */
	if (!__builtin_constant_p(class))
		HIDE(class);
	/* It is below 2 * CROSS_CELL_LANE. */
	second = (class + 32 - CROSS_CELL_LANE) >> 5 & 1;
	fits = cell[CROSS_CELL_CLASSES + second] >> (class - second * CROSS_CELL_LANE);
	fits &= cross_fits(cell, lanes) & CROSS_CELL_ONES;
	lowest = fits & -fits;
	found = cell[CROSS_CELL_RESULTS] & ((lowest << CROSS_CELL_LANE) - lowest);
	found = found * CROSS_CELL_ONES >> 2 * CROSS_CELL_LANE & ((1u << CROSS_CELL_LANE) - 1);
	all = (__u64)((__s64)(((*cell ^ column) & ((1ull << column_bits) - 1)) - 1) >> 63);
	HIDE(all);
	*ret_more = *cell >> column_bits & CROSS_MORE_MASK & all;
	return none - (found & all);
}

/* The number of the lowest bit, from 1; 0: none.  At AT: numbers by a de Bruijn sequence. */
XDPFW_INLINE __u64 cross_first(const __u32 at, __u64 mask)
{
	__u64 lowest = mask & -mask, some = (__u64)((__s64)(mask | -mask) >> 63);

	HIDE(some);
	return *(const __u8 *)(TABLE_PLACE(at) + (lowest * 0x03f79d71b4cb0a89ull >> 58)) & some;
}

#endif
