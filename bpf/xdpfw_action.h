/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_action: what a block of rules does once it is known which of them matches.
 *
 * Safety: the number is masked, so whatever a look-up says, an action of the block is read.
 */
#ifndef XDPFW_ACTION_H
#define XDPFW_ACTION_H

#include "xdpfw_run.h"
#include "xdpfw_table.h"

/* Not every look-up asks both halves of a long value. */
#define UNUSED __attribute__((unused))

/* Of the actions at AT, of which there are MASK + 1. */
#define TABLE_ACTION(at, mask, number)                                                         \
	((const struct table_action *)(TABLE_PLACE(at) +                                         \
				       ((__u64)(number) & (mask)) * sizeof(struct table_action)))

/* The same of a block that has answers alone. */
#define TABLE_ANSWER(at, mask, number)                                                         \
	(*(const __u64 *)(TABLE_PLACE(at) + ((__u64)(number) & (mask)) * sizeof(__u64)))

/* The cell of a counter, below COUNTERS; see config.first_cell. */
#define CELL_OF(counter, counters)                                                             \
	(settings.config.first_cell ?                                                          \
		 settings.config.first_cell + (counter) :                                      \
		 settings.cell_of[table_inside(counter, (counters) - 1)])

/*
 * The answer of a block whose results say what it is, see plan_block_answer.c.  NUMBER: a result
 * + 1, odd for accept and even for drop; FIRST: the block's first counter, of COUNTERS; MISS: the
 * answer when NUMBER is 0, as it was read from a table.  So the verifier takes none of the answers
 * for a constant, or it would follow each one through the chains that come next.
 */
#define COMPUTED_ANSWER(number, first, counters, miss)                                         \
	computed_answer(number,                                                                \
			CELL_OF((((__u64)(number) + 1) >> 1) + (first) - 1, counters), miss)

/* How many actions the first RULES rules of a block have. */
#define TABLE_BEHIND(at, mask, rules)                                                          \
	(*(const __u32 *)(TABLE_PLACE(at) + ((__u64)(rules) & (mask)) * sizeof(__u32)))

/*
 * Branch-free questions for presence, whose answers are 1 or 0 that nobody can follow; but
 * constants where the packet's header was read as a plain one.
 */

/* LENGTH, below 2^32, is at least BYTES. */
XDPFW_INLINE __u64 has_bytes(__u64 length, const __u32 bytes)
{
	if (__builtin_constant_p(length))
		return length >= bytes;
	HIDE(length);
	length = bytes - 1 - length;
	HIDE(length);
	return length >> 63;
}

/* Both below 2^32. */
XDPFW_INLINE __u64 is_number(__u64 number, const __u32 wanted)
{
	if (__builtin_constant_p(number))
		return number == wanted;
	HIDE(number);
	number = (number ^ wanted) - 1;
	HIDE(number);
	return number >> 63;
}

XDPFW_INLINE __u64 computed_answer(__u64 number, __u64 cell, __u64 miss)
{
	__u64 some = -number >> 63, word = cell + ((2 - (number & 1)) << 28);

	HIDE(some);
	HIDE(miss);
	some = -some;
	return miss ^ ((word << 32 ^ miss) & some);
}

#endif
