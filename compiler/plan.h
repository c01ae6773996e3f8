/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan: how the program does what the IR says: which tests are compares in C, which are look-ups
 * in a table, what the tables hold, and where the rules are cut into functions.
 */
#ifndef XDPFW_PLAN_H
#define XDPFW_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/diag.h"
#include "compiler/ir.h"

enum plan_kind {
	PLAN_COMPARE,			/* a few intervals: compares in C */
	PLAN_HASH,			/* single values: open addressing in a flat table */
	PLAN_SEARCH,			/* intervals: binary search over their starts */
};

/*
 * A look-up table in the image.  A result is a __u32: 0 for a miss; for a set 1; for a map the
 * verdict word (see emit.h).
 */
struct plan_table {
	enum plan_kind kind;		/* HASH or SEARCH */
	unsigned int key_bits;		/* 32, 64 or 128: what the key is kept in */
	uint32_t slots;			/* a power of two */
	uint32_t used;			/* entries filled */
	uint32_t max_probe;		/* HASH: longest chain of slots any key needs */
	uint32_t offset;		/* of the table in the image, 16-byte aligned */
	bool is_map;
	uint32_t set;			/* or map: its number in the IR */
};

#define PLAN_NO_TABLE 0xffffffffu

/* Rules FIRST up to END (not included), one function of the program. */
struct plan_run {
	uint32_t first, end;
	uint32_t chain;
};

struct plan {
	const struct ir *ir;
	VEC(uint32_t) set_table;	/* per IR set: table number or PLAN_NO_TABLE (compares) */
	VEC(uint32_t) map_table;
	VEC(struct plan_table) tables;
	VEC(struct plan_run) runs;
	uint8_t *image;			/* what .bss holds before the first packet */
	size_t image_bytes;
};

bool plan_make(const struct ir *ir, struct arena *arena, struct diag *diag, struct plan **ret_plan);

/* --emit=plan */
void plan_print(const struct plan *plan, struct buf *out);

#endif
