/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_layout: what the compiler and the programs it generates both know, and the loader need
 * not: how a rule's answer is written as a number, and how tables are laid out.
 *
 * A run of rules answers with one __u64:
 *
 *	bits 60 to 63	what to do: enum answer
 *	bits 32 to 59	the rule at which to go on (CONTINUE, JUMP, GOTO), or the cell in which
 *			the rule counts (ACCEPT, DROP), 0 for none
 *	bits 0 to 31	the rule that says so
 *
 * The upper half alone is a "word"; it is what a verdict map holds for a key, where 0 is a miss.
 *
 * All tables lie in one variable, each at an offset that is a multiple of 64.  Keys are kept as
 * numbers of 32, 64 or 128 bits.  The result of a key is a __u32: 1 for an element of a set, 0 for
 * a miss.
 *
 *	bitmap	a bit for each number of up to 16 bits, 64 in a word
 *	search	start[slots] (keys), then __u32 result[slots]: a result holds from its start up to
 *		the next one; start[0] is 0
 *
 * Tables of single values are struct table_bucket[buckets + spilled], then rows and results.  A key
 * that its bucket has no slot for is in the one of the spilled that the bucket names, from 1 on.
 *
 *	buckets	a set of 32-bit numbers.  A key times the seed, an odd number, is another number for
 *		each key; scaled to the number of buckets it is the bucket, and there are so many of
 *		these that the numbers of one differ in their last 16 bits: 15 slots have these, the
 *		last what is spilled.  Small sets have 7 slots of whole keys.  Free slots have what
 *		no key of that bucket has.
 *	pairs	the same in two tables of words, word[buckets] each, and both are read.  A key is in
 *		its word of one of them: two mixes of its bits, of which each is another number for
 *		each key, say which words these are, as for buckets.  A word has 4 slots of 16 bits
 *		of the mix that chose it, or of small sets 2 of whole keys.
 *	hash	any keys.  A bucket has 13 prints of 15 bits with the highest bit of 16 set; which
 *		match is which slot, TABLE_SLOT_OF says.  The upper half of word 1 is the number of
 *		the row of slot 0, and the upper 16 bits of word 0 what is spilled.  A row is a key:
 *		4, 8, 16 bytes, or all its lanes.  Maps have __u32 result[rows + 1] behind; result
 *		I + 1 is that of row I.
 *
 * A key of several parts that is longer than 128 bits, or that is looked for in boxes, is a row of
 * lanes: __u64, one for a part of up to 64 bits, two for a longer one, the high half first.
 *
 *	boxes	box[count]: for each lane __u64 lo, hi, then struct table_result; the first box that
 *		the key lies in has the result
 *
 * A trie is a function of a number x that is constant between breakpoints, in arrays of words and
 * leaves.  A window of some bits of x, at the same place for all, is the first index.  Then for
 * each level a word: the next index is its base + (x >> its shift & its mask); a mask of 0 goes
 * straight on.  The last index is that of a leaf: sorted breakpoints, then one result more
 * than these; as many breakpoints as are not above x, that result it is.  Windows may skip bits, so
 * a leaf's breakpoints are whole numbers.
 *
 *	word	32 bits: base << 13 | mask << 5 | shift; 64 bits: base << 32 | mask << 8 | shift,
 *		where a shift of 64 and more is into the upper half of a number of 128 bits
 *	leaf	32 or 64 bytes; numbers of up to 32 bits are kept in 32, up to 64 in 64, else in
 *		struct trie_break128
 *
 * When results are 0 or 1, other leaves hold more: ranges, first and last number, where it is 1; or
 * up to 12 breakpoints as 0x100000 less their last 20 bits, three of 21 bits in each of 4 words, of
 * numbers that are alike in all bits above these, and in the highest bit of word 0 the result that
 * is before the first.  0 is a breakpoint that no number reaches.
 *
 * Or a leaf has prefixes that lie in each other: a key of 64 or 128 bits, then a __u8 for each of
 * them: how many bits at the end of a number may differ from the key, of its upper half (first) or
 * of its lower one, where the upper one may not differ; then one result more than these, __u16 or
 * __u32.  As many prefixes as the number lies in, that result it is.  When results are 0 or 1, and
 * no prefix lies in another, it has the key and a mask: where the number differs from the key in
 * none of the mask's bits the result is 1.
 *
 * A trie without breakpoints has windows that are the same for all numbers of up to 32 bits, one
 * behind the other.  The first one's bits are the index of a word: its base << width | mask, where
 * width is that of the next window and the mask as many ones, or 0.  The next index is base + (the
 * next window's bits & mask); the last one is that of a result of 8, 16 or 32 bits.  Where a base
 * counts units of 2^N entries, the word is shifted right by N less: the mask's lowest bits, which
 * are behind the base then, are added to that.
 *
 * Tables of named sets and maps can be moved: their places are not in the program but in rows of
 * struct table_named, two for each table, in `tables` behind a struct table_head.  A packet reads
 * .generation once, and all its look-ups take the row of its lowest bit.  The head names two halves
 * of the same size, the tables and a quarter of that and 4 kB; the image has tables in half 0 and
 * rows for generation 0.  A live update writes all tables anew into the half that is not in use
 * (unchanged ones are copied), then the rows of the other generation (all tables have one), and
 * then adds 1 to .generation: all sets and maps change at once.  It waits until no packet can have
 * the generation before that before it writes the other half again.
 *
 * What may change that way is what a row holds: the number of elements and of buckets, the seed,
 * the size and place of each array, entries.  Constants of the program are the kind of the table,
 * the width of its keys, .slot_bits of buckets, and of a trie the first window and what is cut off
 * of numbers, how many levels there are and how wide their words are, and the kind of its leaves:
 * .shape of both rows is the same.  New elements that do not fit into that, or not into a half, or
 * a map's entry that goes to a chain the program does not have, or counts in a counter it does not
 * have, need a new program.  So do
 *
 *	sets and maps of up to 8 intervals, which are compared with,
 *	those that a rule in a block asks, where they are labels: all but sets of more than 4,096
 *		intervals that are also more than the other sets around them have, see plan_block.c,
 *	and boxes with intervals that an engine solved.
 *
 * --emit=plan says which can move.  No pass of the optimiser looks at elements of what has a name.
 *
 * Where a result cannot be a word, because the entries of a map count, it is the number of an
 * entry, from 1, in an array of struct table_entry.
 */
#ifndef XDPFW_LAYOUT_H
#define XDPFW_LAYOUT_H

#ifdef __bpf__
#include "xdpfw_bpf.h"
#else
#include <linux/types.h>
#endif

enum answer {
	ANSWER_NONE,			/* never given by rules */
	ANSWER_ACCEPT,
	ANSWER_DROP,
	ANSWER_RETURN,			/* also at the end of a chain */
	ANSWER_CONTINUE,		/* with the next run of this chain; in a map: with the next
					   step of this rule */
	ANSWER_JUMP,
	ANSWER_GOTO,
	ANSWER_TOO_LONG,		/* given up: see XDPFW_MAX_RUNS */
};

#define WORD(answer, to) ((__u32)(answer) << 28 | (to))

#define TABLE_MAX_BITS 22		/* of the number of slots: a start and an end for each of
					   2^20 intervals, and one before them */

#define TABLE_BUCKET_BYTES 32

struct table_bucket {
	__u64 word[TABLE_BUCKET_BYTES / 8];
};

#define TABLE_PRINTS 13			/* slots of a hash table's bucket */
/*
 * The number of the one match: a bit for each slot, those of word W at 16 * N + W; this times it is
 * the slot in the highest four bits.
 */
#define TABLE_SLOT_OF 0x0a00a6006e00f000ull

struct table_start128 {
	__u64 high, low;
};

#define TRIE_MAX_LEVELS 8		/* 16 + 7 * 16 bits are 128 */
#define TRIE_SMALL_BASE_BITS 19		/* of words of 32 bits */
#define TRIE_PACKED_BITS 20
#define TRIE_MAX_TESTS 21		/* of nested prefixes, in a leaf of 128 bytes */

struct trie_break128 {
	__u64 high, low;
};

struct table_result {
	__u32 result, pad[3];
};

struct table_entry {
	__u32 word;
	__u32 counter, object;		/* to be counted in this order: number + 1; 0: none */
	__u32 pad;
};

struct table_head {
	__u32 generation;
	__u32 tables;			/* that can be moved; their rows are behind the head */
	__u32 half_at[2], half_bytes;
	__u32 pad[11];
};

/* Of the table TABLE in GENERATION: number 2 * TABLE + (GENERATION & 1). */
struct table_named {
	/* Places in `tables`, of the arrays in the order in which they are read: buckets, rows,
	   results; or levels and then leaves of a trie; or all there is. */
	__u32 at[TRIE_MAX_LEVELS + 1];
	__u32 slots;			/* buckets, or of a search */
	__u32 used;			/* boxes */
	__u32 seed;
	__u32 entries_at;		/* of a map by number, and how many: */
	__u32 entries;			/* what a miss has is behind these */
	__u32 shape;			/* a hash of the program's constants about this table */
	__u32 pad;
};

/*
 * What a block of rules does when one of them matches: the look-up's answer is the number of an
 * action, and number 0 is for packets that match none of its rules.  Blocks whose rules count
 * nothing but what their answers say have a table of answers alone.
 */
struct table_action {
	__u64 answer;			/* as of a run */
	__u32 counter, object;		/* cells to be counted in this order; 0: none */
};

/*
 * Decision trees (compiler/plan_tree.h): a key is the ranks of its values, each in a lane of its
 * own of one of TREE_MAX_WORDS words, below a guard bit that is 0 in keys; the highest bit of a
 * word is no guard.  Each tree is walked for its number of steps, from the node of its number:
 *
 *	node	the next one is base + ((word - bias) >> shift & mask), where .cut is mask << 9 |
 *		number of the word << 6 | shift; a leaf is its own next one (mask 0), and its bias
 *		is its first row
 *	row	lo[words], hi[words] (with the guard bits), struct tree_row; a key lies in it when
 *		no lane of key - lo and of hi - key borrows from its guard
 *
 * Of a leaf as many rows are looked at as its tree says, and .more of its first row behind those:
 * if the leaf has less, the rows behind it do no harm.  A row whose result has TREE_CHECK lies only
 * around labels that have holes: the rest is the place, in words, of a struct tree_check, with its
 * parts behind.  A leaf with such a row begins with rows that never hold, and .more has TREE_CHECK.
 */
#define TREE_MAX_WORDS 8
#define TREE_MAX_STEPS 8
#define TREE_CUT(mask, word, shift) ((__u32)(mask) << 9 | (word) << 6 | (shift))
#define TREE_MAX_CELLS (1u << 22)	/* of a node */
#define TREE_MAX_ROWS 8			/* of a leaf that are looked at without a jump */
#define TREE_BLOCK 4			/* as many at a time of those behind them, */
#define TREE_BLOCKS 16			/* when they are so many blocks at most */
#define TREE_MAX_TREES 32
#define TREE_MAX_PARTS 16		/* dimensions of a check */
#define TREE_MAX_HALVES 32		/* steps of a search */
#define TREE_CHECK (1u << 31)
#define TREE_NEVER ((1u << 31) - 1)	/* result of a row that is nobody's; no key lies in it */
#define TREE_MAX_RESULTS (1u << 20)

/* Before the slots of a forest. */
struct tree_head {
	__u64 guard[TREE_MAX_WORDS];
	__u32 words;
	__u32 checks;			/* how far behind this they begin */
};

struct tree_slot {
	__u32 steps, rows;
};

struct tree_node {
	__u64 bias;
	__u32 base, cut;
};

struct tree_row {
	__u32 result, more;
};

/* The ranks of wide values of one high half: COUNT low halves, and ranks, from AT on. */
struct tree_tail {
	__u32 at, count;
};

struct tree_check {
	__u32 result, parts;
};

/* Intervals of ranks, lo and hi, sorted; AT: the place of the first one in bytes. */
struct tree_part {
	__u32 word, pos, mask;
	__u32 at, count;
};

/* ---- pages of the flow cache, see xdpfw_cache.h ---- */

#define CACHE_PAGE_BITS 11
#define CACHE_PAGE_WORDS (1u << CACHE_PAGE_BITS)	/* 16 kB; a CPU's value has up to 32 */
#define CACHE_MAX_PAGES 192

/* The next lane of a key goes into HASH, which is 0 at first. */
__attribute__((always_inline, unused)) static inline __u64 table_mix_lane(__u64 hash, __u64 lane)
{
	hash = (hash ^ lane) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

/* The finaliser of MurmurHash3 (public domain): each bit of the key reaches every bit. */
__attribute__((always_inline, unused)) static inline __u64 table_mix(__u64 high, __u64 low,
								     __u32 seed)
{
	__u64 mixed = low ^ (high * 0x9e3779b97f4a7c15ull) ^ seed;

	mixed ^= mixed >> 33;
	mixed *= 0xff51afd7ed558ccdull;
	mixed ^= mixed >> 33;
	mixed *= 0xc4ceb9fe1a85ec53ull;
	return mixed;
}

/* Of a key in the first or the second table of a pair; SEED is odd. */
__attribute__((always_inline, unused)) static inline __u32 table_pair_mix(__u32 key, __u32 second,
									  __u32 seed)
{
	return (second ? key ^ key >> 15 : key) * seed;
}

__attribute__((always_inline, unused)) static inline __u32 table_pair_home(__u32 mixed,
									   __u32 buckets)
{
	return (__u32)((__u64)mixed * buckets >> 32);
}

/* The upper half, scaled to the number of buckets. */
__attribute__((always_inline, unused)) static inline __u32 table_home(__u64 mixed, __u32 buckets)
{
	return (__u32)((mixed >> 32) * buckets >> 32);
}

__attribute__((always_inline, unused)) static inline __u16 table_print(__u64 mixed)
{
	return (__u16)((mixed >> 16 & 0x7fff) | 0x8000);
}

/* ---- cells of rules that are compared, see xdpfw_cross.h ---- */

#define CROSS_LANE_BITS 34		/* two lanes of 17 bits */
#define CROSS_LANE_ONES 0x1fffeffffull	/* 65535 in both */
#define CROSS_LANE_CARRIES 0x200010000ull
#define CROSS_CELL_BYTES 64		/* enum cross_cell_word */
#define CROSS_RULE_BYTES 16
#define CROSS_CELL_RULES 3		/* in a cell */
#define CROSS_MORE_BITS 7		/* how many are elsewhere */
#define CROSS_MORE_MASK 127u

/*
 * A cell's rules are compared at once: each but the first word has three lanes, one for each rule.
 * RESULTS: how far below the number of "none" each result + 1 is.  CLASSES: a bit for each class of
 * all else that the rule holds for, and for those from CROSS_CELL_LANE on in the word behind it.
 */
#define CROSS_CELL_LANE 21		/* bits */
#define CROSS_CELL_ONES 0x40000200001ull	/* 1 in each lane */
#define CROSS_CELL_CARRY 16		/* the bit of a lane that says no */

enum cross_cell_word {
	CROSS_CELL_HEAD,		/* column, how many rules are elsewhere, and where */
	CROSS_CELL_UPPER_0,		/* what the upper ends leave up to 65535 */
	CROSS_CELL_LOWER_0,		/* the lower ends + 65535; of no rule: 65535 */
	CROSS_CELL_UPPER_1,
	CROSS_CELL_LOWER_1,
	CROSS_CELL_RESULTS,
	CROSS_CELL_CLASSES,
};

#endif
