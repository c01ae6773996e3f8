/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cache: which look-ups of blocks have their answers kept by the flow cache.
 */
#ifndef XDPFW_PLAN_CACHE_H
#define XDPFW_PLAN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/base/vec.h"

#define PLAN_CACHE_MAX_WORDS 8		/* of 64 bits, of an entry */
#define PLAN_CACHE_SIZES 3		/* entries of 2, 4 and 8 words */

enum plan_cache_kind {
	PLAN_CACHE_VALUE,		/* of a dimension: all of it, or its low 64 bits */
	PLAN_CACHE_HIGH,		/* the rest of a wide one */
	PLAN_CACHE_PRESENT,		/* 1: it is there */
};

/* Where a part of the key is. */
struct plan_cache_piece {
	enum plan_cache_kind kind;
	uint32_t dim;
	unsigned int bits, word, shift;
};

/* Of one case of a block. */
struct plan_cache {
	const char *why_not;		/* it has none though the program may; NULL: nobody asked */
	unsigned int words;		/* of an entry, a power of two; 0: it has none */
	uint32_t cost;			/* of a hit */
	unsigned int answer_bits;	/* the lowest of the last word; above them: */
	unsigned int number_bits;
	uint32_t number;		/* of the case, from 1 on */
	uint32_t first_page;
	VEC(struct plan_cache_piece) pieces;
};

/* Of the program. */
struct plan_caches {
	unsigned int page_bits;		/* 1 << this many pages for entries of each size */
	uint32_t pages;			/* 0: there is no cache */
};

struct plan;
struct plan_case;

/* Once the blocks are there: fills their cases' .cache and plan->caches. */
void plan_cache_choose(struct plan *plan, struct arena *arena);
/* A line for explain, with INDENT; nothing when no cache is asked for. */
void plan_cache_print(const struct plan *plan, const struct plan_case *at, const char *indent,
		      struct buf *out);

#endif
