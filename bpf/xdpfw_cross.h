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
	return *(const __u8 *)(tables + at + (element & mask) * stride);
}

XDPFW_INLINE __u64 cross_u16(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u16 *)(tables + at + (element & mask) * stride);
}

XDPFW_INLINE __u64 cross_u32(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u32 *)(tables + at + (element & mask) * stride);
}

XDPFW_INLINE __u64 cross_u64(const __u32 at, __u64 element, const __u64 mask, const __u32 stride)
{
	return *(const __u64 *)(tables + at + (element & mask) * stride);
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

/* The number of the lowest bit, from 1; 0: none.  At AT: numbers by a de Bruijn sequence. */
XDPFW_INLINE __u64 cross_first(const __u32 at, __u64 mask)
{
	__u64 lowest = mask & -mask, some = (__u64)((__s64)(mask | -mask) >> 63);

	HIDE(some);
	return *(const __u8 *)(tables + at + (lowest * 0x03f79d71b4cb0a89ull >> 58)) & some;
}

#endif
