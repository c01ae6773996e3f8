/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_tree: looks a key up in decision trees, see xdpfw_layout.h.
 *
 * Trees are walked without a branch that depends on the packet: each for its own number of steps
 * (a leaf is its own next node), then its number of rows is compared; so the processor walks
 * several at once.  Only a leaf with more rows than that takes the long way.
 *
 * Safety: a number that would lead outside of the tables ends the look-up without an answer.
 */
#ifndef XDPFW_TREE_H
#define XDPFW_TREE_H

#include "xdpfw_bpf.h"
#include "xdpfw_layout.h"
#include "xdpfw_table.h"

#define TREE_NOTHING (~0ull >> 1)	/* above every result */

/* Where the parts of one forest are in `tables`, and how many of each. */
struct tree_place {
	__u32 head;
	__u32 slots, tree_count;
	__u32 nodes, node_count;
	__u32 rows, row_count;		/* from the last ones on nobody reads a whole leaf */
	__u32 words;			/* of a key */
	bool resumes;			/* FROM may be other than 0 */
	bool longer;			/* some leaf has more rows than its tree says */
	__u64 guard[TREE_MAX_WORDS];
};

struct tree_key {
	__u64 word[TREE_MAX_WORDS];
};

/* The rank of a value: that of the last of COUNT starts at AT that is not above it. */
XDPFW_ALONE __u32 tree_rank32(__u32 value, __u32 at, __u32 count)
{
	const __u64 ranks = at + (__u64)count * sizeof(value);
	__u64 found = 0, half;
	__u32 start;

	for (__u32 i = 0; i < TREE_MAX_HALVES && count > 1; i++) {
		half = count >> 1;
		start = *TABLE_AT(__u32, at + (found + half) * sizeof(start));
		found += half & (table_less(value, start) - 1);
		count -= half;
	}
	return *TABLE_AT(__u32, ranks + found * 4);
}

XDPFW_ALONE __u32 tree_rank64(__u64 value, __u32 at, __u32 count)
{
	const __u64 ranks = at + (__u64)count * sizeof(value);
	__u64 found = 0, half, start;

	for (__u32 i = 0; i < TREE_MAX_HALVES && count > 1; i++) {
		half = count >> 1;
		start = *TABLE_AT(__u64, at + (found + half) * sizeof(start));
		found += half & (table_less(value, start) - 1);
		count -= half;
	}
	return *TABLE_AT(__u32, ranks + found * 4);
}

XDPFW_ALONE __u32 tree_rank128(__u64 high, __u64 low, __u32 at, __u32 count)
{
	const __u64 ranks = at + (__u64)count * sizeof(struct table_start128);
	struct table_start128 start;
	__u64 found = 0, half, less;

	for (__u32 i = 0; i < TREE_MAX_HALVES && count > 1; i++) {
		half = count >> 1;
		start = *TABLE_AT(struct table_start128, at + (found + half) * sizeof(start));
		less = table_less(high, start.high) |
		       (table_equal(high, start.high) & table_less(low, start.low));
		found += half & (less - 1);
		count -= half;
	}
	return *TABLE_AT(__u32, ranks + found * 4);
}

/*
 * The rank of a wide value whose low half is LOW, from the tail at TAIL: in HALVES steps.  LOWS and
 * RANKS are where all tails have theirs.
 */
XDPFW_INLINE __u32 tree_tail(__u64 tail, __u64 low, const __u32 lows, const __u32 ranks,
			     const __u32 halves)
{
	struct tree_tail part;
	__u64 found, start;
	__u32 half;

	part = *TABLE_AT(struct tree_tail, tail);
	found = part.at;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < halves; i++) {
		half = part.count >> 1;
		start = *TABLE_AT(__u64, lows + (found + half) * sizeof(start));
		found += half & (table_less(low, start) - 1);
		part.count -= half;
	}
	return *TABLE_AT(__u32, ranks + found * 4);
}

/* 0 when the key lies in the box, whose lo[] and hi[] begin at LANE. */
XDPFW_INLINE __u64 tree_miss(const struct tree_place place, const __u64 *lane,
			     const struct tree_key *key)
{
	__u64 miss = 0;

#pragma clang loop unroll(full)
	for (__u32 i = 0; i < place.words; i++) {
		__u64 above = (key->word[i] | place.guard[i]) - lane[i];
		__u64 below = lane[place.words + i] - key->word[i];

		miss |= (above & below & place.guard[i]) ^ place.guard[i];
	}
	return miss;
}

/* The least of A and B, which are below 2^63. */
XDPFW_INLINE __u64 tree_least(__u64 a, __u64 b)
{
	__u64 less = a - b, mask = less;

	HIDE(mask);
	mask = (__s64)mask >> 63;
	HIDE(mask);
	return b + (less & mask);
}

/* The first row of the leaf that TREE leads to. */
XDPFW_INLINE __u64 tree_leaf(const struct tree_place place, const struct tree_key *key,
			     __u32 tree, __u32 steps)
{
	const struct tree_node *node = (const struct tree_node *)(tables + place.nodes) + tree;

	for (__u32 i = 0; i < steps && i < TREE_MAX_STEPS; i++) {
		__u32 cut = node->cut;
		__u64 word = key->word[place.words > 1 ? cut >> 6 & (TREE_MAX_WORDS - 1) : 0];
		__u64 at = node->base + ((word - node->bias) >> (cut & 63) & cut >> 9);

		at = table_inside(at, place.node_count - 1);
		node = (const struct tree_node *)(tables + place.nodes) + at;
	}
	return node->bias;
}

/* The least result of ROWS rows that the key lies in, as a distance from FROM. */
XDPFW_INLINE __u64 tree_rows(const struct tree_place place, const struct tree_key *key,
			     __u32 from, const __u64 *row, __u32 rows)
{
	const __u32 row_words = place.words * 2 + 1;
	__u64 best = TREE_NOTHING, mask;

	for (__u32 i = 0; i < rows && i < TREE_MAX_ROWS; i++, row += row_words) {
		const struct tree_row *end = (const struct tree_row *)(row + 2 * place.words);

		mask = (__s64)-tree_miss(place, row, key) >> 63;
		HIDE(mask);
		best = tree_least((__u64)(__u32)(end->result - from) | mask >> 1, best);
	}
	return best;
}

/* The first result of ROWS rows that the key lies in; they are looked at from the last one on. */
XDPFW_INLINE __u64 tree_first(const struct tree_place place, const struct tree_key *key,
			      const __u64 *row, __u32 rows)
{
	const __u32 row_words = place.words * 2 + 1;
	__u64 first = TREE_NOTHING, mask;

	for (__u32 i = rows; i--;) {
		const __u64 *at = row + i * row_words;
		const struct tree_row *end = (const struct tree_row *)(at + 2 * place.words);

		mask = (__s64)(tree_miss(place, at, key) - 1) >> 63;
		HIDE(mask);
		first ^= (first ^ end->result) & mask;
	}
	return first;
}

/* A leaf that is looked at row by row. */
struct tree_long {
	const struct tree_key *key;
	__u32 head, from;
	struct hidden at;		/* of the next row in `tables` */
	struct hidden answer;		/* its result + 1; 0: none yet */
};

/* Whether RANK lies in one of COUNT intervals at AT: in the last that does not begin above it. */
XDPFW_ALONE __u32 tree_in_ranges(__u32 rank, __u32 at, __u32 count)
{
	__u64 found = 0, half;
	__u32 start, end;

	for (__u32 i = 0; i < TREE_MAX_HALVES && count > 1; i++) {
		half = count >> 1;
		start = *TABLE_AT(__u32, at + (found + half) * 8);
		found += half & (table_less(rank, start) - 1);
		count -= half;
	}
	start = *TABLE_AT(__u32, at + found * 8);
	end = *TABLE_AT(__u32, at + found * 8 + 4);
	return rank >= start && rank <= end;
}

/* The result of the check at AT + 1; 0 when the key lies in a hole. */
XDPFW_INLINE __u32 tree_check_here(const struct tree_key *key, __u32 checks, __u32 at)
{
	struct tree_check check;

	if (!key)
		return 0;
	check = *TABLE_AT(struct tree_check, (__u64)checks + at);
	for (__u32 i = 0; i < TREE_MAX_PARTS && i < check.parts; i++) {
		struct tree_part part;
		__u32 rank;

		part = *TABLE_AT(struct tree_part, (__u64)checks + at + sizeof(check) +
				i * sizeof(part));
		HIDE(part.word);
		part.word &= TREE_MAX_WORDS - 1;
		rank = (__u32)(key->word[part.word] >> (part.pos & 63)) & part.mask;
		if (!tree_in_ranges(rank, checks + part.at, part.count))
			return 0;
	}
	return check.result + 1;
}

XDPFW_ALONE __u32 tree_checked(const struct tree_key *key, __u32 checks, __u32 at)
{
	return tree_check_here(key, checks, at);
}

/*
 * Whether the key lies in the box whose lo[] and hi[] begin at AT.  Not a function of its own: of
 * the kernel's 8 frames a program with jumps leaves few.
 */
XDPFW_INLINE __u32 tree_in_box(const struct tree_key *key, __u32 head, __u32 words, __u32 at)
{
	__u64 lo, hi, guard, miss = 0;

	if (!key)
		return 0;
	for (__u32 i = 0; i < TREE_MAX_WORDS && i < words; i++) {
		guard = *TABLE_AT(__u64, (__u64)head + i * 8);
		lo = *TABLE_AT(__u64, (__u64)at + i * 8);
		hi = *TABLE_AT(__u64, (__u64)at + ((__u64)words + i) * 8);
		miss |= (((key->word[i] | guard) - lo) & (hi - key->word[i]) & guard) ^ guard;
	}
	return !miss;
}

static long tree_long_step(__u32 index, struct tree_long *leaf)
{
	__u32 at = leaf->at.value, result;
	struct tree_head head;

	(void)index;
	head = *TABLE_AT(struct tree_head, leaf->head);
	leaf->at.value = at + head.words * 16 + sizeof(struct tree_row);
	if (!tree_in_box(leaf->key, leaf->head, head.words, at))
		return 0;
	result = *TABLE_AT(__u32, (__u64)at + head.words * 16);
	if (result & TREE_CHECK)
		result = tree_check_here(leaf->key, leaf->head + head.checks,
					 (result & ~TREE_CHECK) * 4);
	else
		result++;
	if (result <= leaf->from)
		return 0;
	leaf->answer.value = result;
	return 1;
}

/* The first of COUNT rows from AT on that holds: its result + 1; 0 when there is none. */
XDPFW_ALONE __u32 tree_long_look(const struct tree_key *key, __u32 head, __u32 at, __u32 count,
				 __u32 from)
{
	struct tree_long leaf = { .key = key, .head = head, .from = from };

	if (!key)
		return 0;
	leaf.at.value = at;
	leaf.answer.value = unknown_zero(at);
	bpf_loop(count, tree_long_step, &leaf, 0);
	return leaf.answer.value;
}

/* Rows of a leaf behind the first ones: MORE, or with TREE_CHECK as many that must be checked. */
XDPFW_INLINE __u64 tree_more(const struct tree_place place, const struct tree_key *key, __u32 from,
			     __u64 at, __u32 more, __u64 best)
{
	const __u32 row_words = place.words * 2 + 1;

	at = table_inside(at, place.row_count + TREE_MAX_ROWS - 1);
	if (more <= TREE_BLOCK * TREE_BLOCKS) {
		const __u64 *row = (const __u64 *)(tables + place.rows + at * row_words * 8);
		__u64 left = more;

		/* Linux 6.1 forgets what it knew of numbers that lie in half a stack slot. */
		HIDE(left);
#pragma clang loop unroll(disable)
		for (__u64 i = 0; i < TREE_BLOCK * TREE_BLOCKS && i < left;
		     i += TREE_BLOCK, row += TREE_BLOCK * row_words) {
			__u64 found = place.resumes ?
					      tree_rows(place, key, from, row, TREE_BLOCK) :
					      tree_first(place, key, row, TREE_BLOCK);

			best = tree_least(found, best);
			if (found < TREE_MAX_RESULTS)
				break;
		}
	} else {
		const struct tree_key copy = *key;
		__u32 answer = tree_long_look(&copy, place.head,
					      place.rows + (__u32)at * row_words * 8,
					      more & ~TREE_CHECK, from);

		if (answer && answer - 1 - from < best)
			best = answer - 1 - from;
	}
	return best;
}

/* The least of BEST and what TREE has; both as distances from FROM. */
XDPFW_INLINE __u64 tree_one(const struct tree_place place, const struct tree_key *key, __u32 from,
			    __u32 tree, __u32 steps, __u32 rows, __u64 best)
{
	const __u32 row_words = place.words * 2 + 1;
	__u64 at = table_inside(tree_leaf(place, key, tree, steps), place.row_count - 1);
	const __u64 *row;
	__u32 more;

	row = (const __u64 *)(tables + place.rows + at * row_words * 8);
	more = ((const struct tree_row *)(row + 2 * place.words))->more;
	if (!place.resumes && __builtin_constant_p(rows))
		best = tree_least(tree_first(place, key, row, rows), best);
	else
		best = tree_least(tree_rows(place, key, from, row, rows), best);
	if (place.longer && more)
		best = tree_more(place, key, from, at + rows, more, best);
	return best;
}

/* What TREE has, for forests whose trees are too many to have a text of their own each. */
XDPFW_INLINE __u64 tree_numbered(const struct tree_place place, const struct tree_key *key,
				 __u32 from, __u32 tree)
{
	const struct tree_slot *slot = (const struct tree_slot *)(tables + place.slots);

	if (!key || tree >= place.tree_count)
		return TREE_NOTHING;
	slot += tree;
	return tree_one(place, key, from, tree, slot->steps, slot->rows, TREE_NOTHING);
}

/* What was found as a result + 1; 0 for nothing. */
XDPFW_INLINE __u32 tree_answer(__u64 best, __u32 from)
{
	return best < TREE_MAX_RESULTS ? (__u32)best + from + 1 : 0;
}

#endif
