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
};

enum plan_trie_leaf {
	PLAN_TRIE_RESULTS,		/* breakpoints, then results */
	PLAN_TRIE_RANGES,		/* results are 0 or 1: where it is 1 */
	PLAN_TRIE_PACKED,		/* likewise, 32-bit numbers: breakpoints of 20 bits */
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
	unsigned int leaf_breaks;	/* breakpoints of a leaf: twice the number of its ranges */
	unsigned int leaf_bytes;	/* 32 or 64 */
	struct plan_trie_array level[TRIE_MAX_LEVELS], leaves;
	uint8_t *bytes;
	size_t size;
	uint32_t cost;
};

/* How one is built. */
struct plan_trie_form {
	unsigned int top_bits, levels, max_window;
	enum plan_trie_leaf leaf;
	unsigned int leaf_breaks, leaf_bytes;
	bool skip;			/* windows may skip bits that breakpoints have in common */
};

/* STEPS: of numbers without TRIE->cut bits.  False: not in that form, or not in MAX_BYTES. */
bool plan_trie_build(const struct plan_steps *steps, const struct plan_trie_form *form,
		     size_t max_bytes, struct arena *arena, struct plan_trie *trie);

#endif
