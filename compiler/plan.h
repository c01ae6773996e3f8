/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan: how the program does what the IR says: which tests are compares in C, which are look-ups
 * in a table, what the tables hold, and where the rules are cut into functions.
 */
#ifndef XDPFW_PLAN_H
#define XDPFW_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "bpf/xdpfw_layout.h"
#include "compiler/base/diag.h"
#include "compiler/ir.h"
#include "compiler/plan_cache.h"

enum plan_kind {
	PLAN_COMPARE,			/* a few intervals or boxes: compares in C */
	PLAN_BITMAP,			/* a set of numbers of up to 16 bits */
	PLAN_BUCKETS,			/* a set of single values of 32 bits */
	PLAN_PAIRS,			/* the same in less memory */
	PLAN_HASH,			/* single values */
	PLAN_TRIE,			/* intervals: see plan_trie.h */
	PLAN_SEARCH,			/* the same, where a trie would be too big: binary search */
	PLAN_SOLVED,			/* boxes with intervals: an engine's, see plan_engine.h */
	PLAN_BOXES,			/* the same, where none takes them: one after the other */
};

/* What --emit=plan calls them. */
extern const char *const plan_kind_words[];

/* A look-up table in the image; see bpf/xdpfw_layout.h for what is in it. */
struct plan_table {
	enum plan_kind kind;		/* all but COMPARE */
	unsigned int key_bits;		/* 32, 64 or 128: what the key is kept in; 0: lanes */
	unsigned int lanes;		/* of a key in lanes; else 0 */
	uint32_t slots;			/* SEARCH: a power of two; BOXES: their number; BITMAP:
					   bits; BUCKETS, HASH: buckets; PAIRS: of each
					   of two */
	uint32_t spilled;		/* BUCKETS, HASH: buckets behind these */
	uint32_t slot_bits;		/* BUCKETS, PAIRS: 16 or 32 */
	uint32_t used;			/* entries filled */
	uint32_t seed;			/* HASH: of table_mix(); BUCKETS, PAIRS: multiplier */
	uint32_t rows_at, results_at;	/* HASH, SOLVED, from the table's start; results 0: a set;
					   PAIRS: where the second one is */
	const struct plan_trie *trie;	/* TRIE */
	const struct plan_problem *problem;	/* SOLVED: dimensions are the parts of the key, */
	const struct plan_engine *engine;	/* and results places in .results */
	const struct plan_solution *solution;
	uint32_t *results;		/* from [1] on; NULL: a set */
	uint8_t *bytes;			/* of all others */
	size_t size;
	uint32_t shape;			/* BOXES: number of the shape */
	uint32_t offset;		/* of the table in the image, a multiple of 64 */
	bool moves;			/* it has a name, and rows in the image say where it is */
	uint32_t row;			/* number of these, see plan_named.h */
	bool is_map;
	uint32_t set;			/* or map: its number in the IR */
};

#define PLAN_NO_TABLE 0xffffffffu

/* A set or map of up to this many intervals is compared with one after the other. */
#define PLAN_MAX_COMPARES 8

/* Boxes with intervals that one table can have: packets are compared with one after the other. */
#define PLAN_MAX_BOXES (1u << 16)

/*
 * How keys are looked up in a set or map.  A key of several parts is one number when all of them
 * fit into 128 bits and no box has an interval: the first part is the highest.  Else it is a row
 * of lanes of 64 bits: one for a part of up to 64 bits, two for a longer one, the high half first.
 */
struct plan_look {
	bool used;			/* a rule of the program asks for it */
	uint32_t parts;
	uint8_t part_bits[IR_MAX_PARTS];	/* of the widest field looked up there */
	unsigned int key_bits;		/* 32, 64 or 128; 0: lanes */
	uint32_t table;			/* PLAN_NO_TABLE: compares */
	bool by_number;			/* a map whose table holds numbers of entries, from 1; else
					   it holds words */
	uint32_t entries_at;		/* of a map by number: where its entries are in the image */
};

/* The lanes of boxes that a table is searched for: a function of the program for each. */
struct plan_shape {
	uint32_t lanes;
	uint32_t doubles;		/* bit I: lanes I and I + 1 are one part */
};

#define PLAN_MAX_SHAPES 12

/*
 * Rules FIRST up to END (not included).  A run holds a part of one chain, or one or more whole
 * chains, and then maybe rules of unused chains between them.  Each is a function of the program,
 * but where chains are very many several runs are in one.
 */
struct plan_run {
	uint32_t first, end;
	uint32_t weight;		/* instructions, estimated */
	uint32_t function;		/* its number; in the order of their first runs */
	const struct plan_block *block;	/* how it is looked up; NULL: rule after rule */
};

struct plan_block;			/* see plan_block.h */

/*
 * What is wanted of the program: little time per packet within a fair share of memory, the least
 * time whatever memory it takes, or the least memory and instructions.
 */
enum plan_optimize {
	PLAN_OPTIMIZE_BALANCED,
	PLAN_OPTIMIZE_SPEED,
	PLAN_OPTIMIZE_SIZE,
};

/* All zeros: what a user gets who asks for nothing. */
struct plan_options {
	enum plan_optimize optimize;
	const char *force;		/* for tests: one of plan_force_words[]; NULL: the cheapest.
					    Used wherever it is possible at all */
	bool flow_cache;		/* look-ups of blocks have their answers kept */
};

/* Where the image has what tables that can move need: see struct table_head. */
struct plan_named {
	uint32_t count;			/* of such tables; 0: nothing */
	uint32_t head_at;
	uint32_t half_at[2], half_bytes;
};

struct plan {
	const struct ir *ir;
	struct plan_options options;	/* a kind of set table is not .force here, but */
	const char *force_table;	/* NULL: the best */
	bool *chain_used;		/* per IR chain: an entry runs it, or a used chain jumps to
					   it; only the rules of these are in runs */
	bool *map_seen;			/* per IR map: a rule of a used chain asks it */
	bool *load_used;		/* per IR load: a rule of a used chain does it */
	struct plan_look *sets, *maps;	/* per IR set and map */
	VEC(struct plan_table) tables;
	VEC(struct plan_shape) shapes;
	struct plan_named named;
	unsigned int key_lanes;		/* the most that any key in lanes has; 0: there is none */
	bool reads_given;		/* it asks clock, CPU or chance: has a struct xdpfw_given */
	size_t look_ups;		/* of stretches with their own, while blocks are made */
	VEC(struct plan_block *) blocks;
	uint32_t *block_of;		/* per IR rule: the number of its block + 1; 0: none */
	struct plan_caches caches;	/* of blocks' answers */
	const char **why_compared;	/* likewise, of the others: why they are in none */
	VEC(struct plan_run) runs;	/* in the order of their rules */
	uint32_t function_count;	/* of the runs; if it is less than runs, the image has at */
	size_t function_of_at;		/* this place a __u16 for each rule: its function */
	VEC(struct xdpfw_cell_list) cell_lists;	/* where the image has counters */
	uint8_t *image;			/* what .bss holds before the first packet */
	size_t image_bytes;
};

#define PLAN_OPTIMIZES 3
#define PLAN_FLOW_CACHE_WORD "flow-cache"

/* What --optimize takes, by enum plan_optimize. */
extern const char *const plan_optimize_words[PLAN_OPTIMIZES];
/*
 * What --plan takes, NULL behind the last.  "compares", "cross", "packed", "tree": engines of
 * blocks; others are kinds of set tables.
 */
extern const char *const plan_force_words[];

/* One of the kinds of set tables, where there is a choice. */
bool plan_force_is_table(const char *word);

/* Fails, with a message, only when the ruleset is too big for one program. */
bool plan_make(const struct ir *ir, const struct plan_options *options, struct arena *arena,
	       struct diag *diag, struct plan **ret_plan);

/*
 * What a rule answers for a verdict: see WORD() in bpf/xdpfw_layout.h.  0 for a jump to a chain
 * without rules: it comes back at once, to the next rule, as if the rule had not matched.
 */
uint32_t plan_word(const struct ir *ir, const struct ir_verdict *verdict);

/* The same of a map's entry or its rest. */
uint32_t plan_entry_word(const struct ir *ir, const struct ir_map_entry *entry);
/* Whether an entry of the map or its rest counts. */
bool plan_map_counts(const struct ir_map *map);

/* Lanes of a key's part of BITS bits. */
static inline unsigned int plan_part_lanes(unsigned int bits)
{
	return bits > 64 ? 2 : 1;
}

/* Whether the block's run is entered behind rules of it, too, or at several of them. */
bool plan_block_has_places(const struct plan_block *block);

/* Whether control can come back to the place behind this rule: it may jump. */
bool plan_rule_jumps(const struct ir *ir, uint32_t rule);

/* The rule is compared: it is of a used chain, and in no block. */
bool plan_rule_is_compared(const struct plan *plan, uint32_t rule);
/* Takes so many bytes of image, at a multiple of 64. */
size_t plan_take_image(struct plan *plan, size_t bytes);

/* The number of the run that holds a rule of a used chain. */
uint32_t plan_find_run(const struct plan *plan, uint32_t rule);

/* For people: which rules are looked up how, what that takes and why. */
void plan_explain(const struct plan *plan, struct buf *out);
/* A line for each set and map that compared rules ask. */
/* TABLES: only those that are looked up in tables. */
void plan_print_sets(const struct plan *plan, bool tables, struct buf *out);

/* --emit=plan */
void plan_print(const struct plan *plan, struct buf *out);

#endif
