/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree: what the parts of the engine of decision trees share.
 *
 * A value becomes a rank: the number of its class, the values that lie in the same labels.  Classes
 * are numbered in the order of their first value, from 1, so a label of one interval is one of
 * ranks; absent is rank 0.  A row becomes boxes of ranks.  The boxes are dealt out to a few trees,
 * so that those of a tree are cut apart well; a key is looked up in each tree, and the least result
 * of all is the answer.
 */
#ifndef XDPFW_PLAN_TREE_H
#define XDPFW_PLAN_TREE_H

#include "bpf/xdpfw_layout.h"
#include "compiler/plan_engine.h"
#include "compiler/plan_trie.h"

#define TREE_NONE 0xffffffffu

struct tree_range {
	uint32_t lo, hi;
};

/* The intervals of ranks of one label. */
struct tree_label {
	uint32_t at, count;		/* in tree_dim.ranges */
};

/* How a value of more than 64 bits becomes a rank; see plan_tree_wide.c. */
struct tree_wide {
	struct plan_steps highs;	/* of the high half: to the number of a tail */
	const struct plan_trie *trie;	/* of these; NULL: they are searched */
	VEC(struct tree_tail) tails;
	VEC(uint64_t) lows;
	VEC(uint32_t) ranks;		/* as many */
	uint32_t halves;		/* steps of the search in a tail */
};

struct tree_dim {
	uint32_t dim;			/* of the problem */
	bool always;
	unsigned int bits;		/* of a value */
	struct plan_steps steps;	/* results are ranks */
	uint32_t ranks;			/* how many, with that of absent */
	struct tree_label *labels;
	VEC(struct tree_range) ranges;
	uint32_t word, pos, mask;	/* of its lane */
	const struct plan_trie *trie;	/* NULL: .wide */
	const struct tree_wide *wide;	/* NULL: a search through the steps */
	size_t offset;			/* of the trie or steps in the solution's bytes */
	size_t tails, lows, wide_ranks;	/* likewise, of .wide */
};

/* Of a problem, but its dimensions without a label; none when no row has any. */
struct tree_ranks {
	struct tree_dim dims[PLAN_MAX_DIMS];
	uint32_t dim_count;
	uint32_t words;
	uint64_t guard[TREE_MAX_WORDS];
};

/* A row is boxes without holes, or one box around them whose keys are checked. */
struct tree_box {
	uint32_t result;
	uint32_t check;			/* number of a check + 1; 0: it is all of the row */
	bool resumed;
};

/* The dimensions of a row whose labels its box does not know exactly. */
struct tree_holes {
	uint32_t row;
	uint32_t dims;			/* a bit each */
};

struct tree_boxes {
	uint32_t dim_count;
	VEC(struct tree_box) boxes;	/* results never fall */
	VEC(struct tree_range) ranges;	/* of box B and dimension D: [B * dim_count + D] */
	VEC(struct tree_holes) holes;
};

/* What was built so far: trees that have their nodes and rows in common. */
struct tree_forest {
	const struct tree_ranks *ranks;
	struct tree_boxes *boxes;
	struct arena *arena;
	VEC(struct tree_node) nodes;	/* the first TREE_MAX_TREES are roots */
	VEC(uint32_t) rows;		/* numbers of boxes; TREE_NONE: one that never holds */
	VEC(uint32_t) more;		/* of each row */
	struct tree_slot slots[TREE_MAX_TREES];
	uint32_t tree_count;
	bool longer;			/* some leaf is longer than its tree says */
	uint32_t cost;			/* of all trees, tenths of nanoseconds */
	bool rough;			/* each tree is grown once */
	size_t allowance;		/* rows of leaves, and nodes, for each box, about */
	uint64_t work, most_work;	/* steps of building so far, about 10 ns each; and after how
					   many nothing better is looked for */
};

/* How a tree is to be built. */
struct tree_wish {
	uint32_t steps;			/* nodes behind its root at most */
	uint32_t rows;			/* a node with so many boxes becomes a leaf */
	size_t allowance;		/* rows of leaves, and nodes, together about; at least the
					   number of boxes */
	uint32_t spread;		/* as many times the allowance may the boxes of cells be
					   that are cut again; a tree that gets too big fails */
};

/* What came out. */
struct tree_shape {
	struct tree_slot slot;
	uint32_t cost;			/* expected, tenths of nanoseconds */
};

struct tree_solution {
	struct tree_ranks *ranks;
	const struct tree_forest *forest;
	bool resumes;			/* some row is resumed behind */
	uint8_t *bytes;
	size_t size;
	size_t head, slots, checks, nodes, rows;	/* offsets in it */
};

static inline size_t tree_row_bytes(uint32_t words)
{
	return words * 16 + sizeof(struct tree_row);
}

/* Of a start in a table that is searched for a rank. */
static inline uint32_t tree_search_bytes(unsigned int bits)
{
	return bits <= 32 ? 4 : bits <= 64 ? 8 : 16;
}

void plan_tree_rank(const struct plan_problem *problem, struct arena *arena,
		    struct tree_ranks *ret_ranks);
/* Of a search through steps, tenths of nanoseconds. */
uint32_t plan_tree_search_cost(const struct plan_steps *steps);
/* NULL when low halves do not matter.  MOST: bytes of a trie. */
const struct tree_wide *plan_tree_widen(const struct plan_steps *steps, uint32_t ranks,
					size_t most, struct arena *arena);
void plan_tree_box(const struct plan_problem *problem, const struct tree_ranks *ranks,
		   struct arena *arena, struct tree_boxes *ret_boxes);
/* A tree of COUNT boxes IDS, in order; its root is node ROOT of the forest. */
void plan_tree_grow(struct tree_forest *forest, const uint32_t *ids, size_t count,
		    const struct tree_wish *wish, uint32_t root, struct tree_shape *ret_shape);
/* All boxes into trees. */
void plan_tree_deal(struct tree_forest *forest);
void plan_tree_fill(struct tree_solution *solution, const struct plan_problem *problem,
		    struct arena *arena);
uint32_t plan_tree_look(const struct tree_solution *solution, const struct plan_key *key,
			uint32_t from);
void plan_tree_write_globals(const struct tree_solution *solution, size_t offset, struct buf *out);
void plan_tree_write(const struct tree_solution *solution, size_t offset, struct buf *out);

#endif
