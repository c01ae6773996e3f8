/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan: how the program does what the IR says: which tests are compares in C, which are look-ups
 * in a table, what the tables hold, and where the rules are cut into functions.
 */
#ifndef XDPFW_PLAN_H
#define XDPFW_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/xdpfw_layout.h"
#include "compiler/base/diag.h"
#include "compiler/ir.h"

enum plan_kind {
	PLAN_COMPARE,			/* a few intervals: compares in C */
	PLAN_HASH,			/* single values: open addressing in a flat table */
	PLAN_SEARCH,			/* intervals: binary search over their starts */
};

/* A look-up table in the image; see bpf/xdpfw_layout.h for what is in it. */
struct plan_table {
	enum plan_kind kind;		/* HASH or SEARCH */
	unsigned int key_bits;		/* 32, 64 or 128: what the key is kept in */
	uint32_t slots;			/* a power of two */
	uint32_t used;			/* entries filled */
	uint32_t seed;			/* HASH: of table_mix() */
	uint32_t max_probe;		/* HASH: longest chain of slots any key needs */
	uint32_t offset;		/* of the table in the image, 16-byte aligned */
	bool is_map;
	uint32_t set;			/* or map: its number in the IR */
};

#define PLAN_NO_TABLE 0xffffffffu

/* A set or map of up to this many intervals is compared with one after the other. */
#define PLAN_MAX_COMPARES 8

/*
 * Rules FIRST up to END (not included), one function of the program.  A run holds a part of one
 * chain, or one or more whole chains, and then maybe rules of unused chains between them.
 */
struct plan_run {
	uint32_t first, end;
	uint32_t weight;		/* instructions, estimated */
};

struct plan {
	const struct ir *ir;
	bool *chain_used;		/* per IR chain: an entry runs it, or a used chain jumps to
					   it; only the rules of these are in runs */
	unsigned int *set_bits;		/* per IR set: 32, 64 or 128, the width of its keys; 0: no
					   used rule asks for it */
	unsigned int *map_bits;
	VEC(uint32_t) set_table;	/* per IR set: table number or PLAN_NO_TABLE (compares) */
	VEC(uint32_t) map_table;
	VEC(struct plan_table) tables;
	VEC(struct plan_run) runs;	/* in the order of their rules */
	uint8_t *image;			/* what .bss holds before the first packet */
	size_t image_bytes;
};

/* Fails, with a message, only when the ruleset is too big for one program. */
bool plan_make(const struct ir *ir, struct arena *arena, struct diag *diag, struct plan **ret_plan);

/*
 * What a rule answers for a verdict: see WORD() in bpf/xdpfw_layout.h.  0 for a jump to a chain
 * without rules: it comes back at once, to the next rule, as if the rule had not matched.
 */
uint32_t plan_word(const struct ir *ir, const struct ir_verdict *verdict);

/* Whether control can come back to the place behind this rule: it may jump. */
bool plan_rule_jumps(const struct ir *ir, uint32_t rule);

/* The number of the run that holds a rule of a used chain. */
uint32_t plan_find_run(const struct plan *plan, uint32_t rule);

/* --emit=plan */
void plan_print(const struct plan *plan, struct buf *out);

#endif
