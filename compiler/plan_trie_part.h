/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie_part: what the files of plan_trie share; see bpf/xdpfw_layout.h for the layout.
 */
#ifndef XDPFW_PLAN_TRIE_PART_H
#define XDPFW_PLAN_TRIE_PART_H

#include "bpf/xdpfw_layout.h"
#include "compiler/base/vec.h"
#include "compiler/plan_trie.h"

/* An array of a trie: its entries are words of one level, or leaves. */
struct plan_trie_array {
	size_t at;			/* in the trie's bytes */
	uint32_t count;
	bool masked;			/* the least mask of all entries stays inside the bytes */
	bool has_high, has_low;		/* words of 128-bit numbers: halves that windows lie in */
};

enum plan_trie_leaf {
	PLAN_TRIE_RESULTS,		/* breakpoints, then results */
	PLAN_TRIE_RANGES,		/* results are 0 or 1: where it is 1 */
	PLAN_TRIE_PACKED,		/* likewise, 32-bit numbers: breakpoints of 20 bits */
	PLAN_TRIE_NESTED,		/* prefixes in each other, then results */
	PLAN_TRIE_MASKED,		/* a prefix where it is 1, else it is 0 */
	PLAN_TRIE_FLAT,			/* no breakpoint: a result; see plan_trie_flat.c */
};

#define TRIE_MAX_FLAT 4			/* windows, the first and the last one among them */

struct plan_trie_flat_form {
	unsigned int windows;		/* at least 2 */
	unsigned int width[TRIE_MAX_FLAT];	/* bits of each; together those of a number */
	unsigned int unit[TRIE_MAX_FLAT];	/* bases count so many bits' entries of this one */
};

struct plan_trie {
	unsigned int cut;		/* bits at the end of a number that no breakpoint needs */
	unsigned int bits;		/* without them */
	unsigned int key_bits;		/* 32, 64 or 128: kept in */
	unsigned int direct;		/* bytes of a result in a table of all numbers; 0: a trie */
	unsigned int top_shift, top_bits;	/* the first window */
	unsigned int levels;		/* of words */
	unsigned int word_bytes;	/* 4 or 8 */
	enum plan_trie_leaf leaf;
	unsigned int leaf_breaks;	/* breakpoints of a leaf: twice the number of its ranges;
					   or its prefixes */
	unsigned int leaf_bytes;	/* 32, 64 or, of nested prefixes, 128; masked: 16, 32 */
	/* Of nested prefixes: how many are of the upper half; 2 or 4; in a leaf. */
	unsigned int highs, result_bytes, results_at;
	uint32_t shifted, unshifted;	/* a bit for each: some leaves compare a part of a half,
					   some all of it */
	struct plan_trie_flat_form flat;
	struct plan_trie_array level[TRIE_MAX_LEVELS], leaves;
	uint8_t *bytes;
	size_t size;
	uint32_t cost;
};

/* plan_trie.c */

/* What the largest result takes: 1, 2 or 4. */
unsigned int plan_trie_result_bytes(const struct plan_steps *steps);
/* NUMBER in BYTES, which are 1, 2 or 4, at AT. */
void plan_trie_put(uint8_t *at, uint32_t number, unsigned int bytes);

/* How one is built. */
struct plan_trie_form {
	unsigned int top_bits, levels, max_window;
	enum plan_trie_leaf leaf;
	unsigned int leaf_breaks, leaf_bytes;
	bool skip;			/* windows may skip bits that breakpoints have in common */
};

static inline unsigned int plan_trie_highest_bit(u128 value)
{
	uint64_t high = (uint64_t)(value >> 64);

	return high ? 127 - (unsigned int)__builtin_clzll(high) :
		      63 - (unsigned int)__builtin_clzll((uint64_t)value | 1);
}

/* The last of a block of 2^BITS numbers that begins at 0. */
static inline u128 plan_trie_block_max(unsigned int bits)
{
	return bits ? u128_max(bits) : 0;
}

/* plan_trie.c */
/* Places of arrays, whose .count are known. */
void plan_trie_place_arrays(struct plan_trie *trie);
/* What a load costs, in tenths of nanoseconds, from an array of so many bytes: L1, L2, beyond. */
uint32_t plan_trie_load_cost(size_t bytes);

/* plan_trie_build.c */
/* STEPS: of numbers without TRIE->cut bits.  False: not in that form, or not in MAX_BYTES. */
bool plan_trie_build(const struct plan_steps *steps, const struct plan_trie_form *form,
		     size_t max_bytes, struct arena *arena, struct plan_trie *trie);

/* plan_trie_prefix.c */
struct plan_trie_prefix {
	u128 lo;
	unsigned int bits;		/* 2^bits numbers: those that are not compared */
	uint32_t result;
};

struct plan_trie_prefixes {
	uint32_t result;		/* of numbers in none */
	VEC(struct plan_trie_prefix) at;	/* sorted, a prefix before those in it */
};

/* False: too many, because there are many ranges that are no prefixes. */
bool plan_trie_prefixes_make(const struct plan_steps *steps, struct arena *arena,
			     struct plan_trie_prefixes *ret_prefixes);

/*
 * Of results that are 0 and 1: where it is 1, with no prefix in another.  False: they are others,
 * or that takes more than MOST.
 */
bool plan_trie_prefixes_cover(const struct plan_steps *steps, size_t most, struct arena *arena,
			      struct plan_trie_prefixes *ret_prefixes);

/* plan_trie_nested.c */
/* The cheapest trie of nested prefixes, for numbers of more than 32 bits; the same. */
bool plan_trie_build_nested(const struct plan_steps *steps, size_t max_bytes, struct arena *arena,
			    struct plan_trie *trie);

/* Likewise, see plan_trie_flat.c. */
bool plan_trie_flat_build(const struct plan_steps *steps, const struct plan_trie_flat_form *form,
			  size_t max_bytes, struct arena *arena, struct plan_trie *trie);
uint32_t plan_trie_flat_look(const struct plan_trie *trie, uint32_t number);

#endif
