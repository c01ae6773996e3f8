/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie: a function of a number that is constant between breakpoints (an address's class, a
 * set of prefixes, a map of intervals) as a multibit trie in flat tables, looked up without a
 * branch; the layout is in bpf/xdpfw_layout.h, the look-up in bpf/xdpfw_trie.h.
 */
#ifndef XDPFW_PLAN_TRIE_H
#define XDPFW_PLAN_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/base/u128.h"

/* start[0] is 0; result[I] holds from start[I] up to start[I + 1]; neighbours differ. */
struct plan_steps {
	unsigned int bits;		/* of a number: 1 to 128 */
	size_t count;			/* at least 1 */
	const u128 *start;
	const uint32_t *result;		/* any 32-bit number */
};

struct plan_trie;			/* shape and bytes, made in an arena */

/* NULL when no shape of it fits into MAX_BYTES. */
const struct plan_trie *plan_trie_make(const struct plan_steps *steps, size_t max_bytes,
				       struct arena *arena);
/* Likewise one that cannot be moved, and may be bigger for the sake of fewer instructions. */
const struct plan_trie *plan_trie_make_fast(const struct plan_steps *steps, size_t max_bytes,
					    struct arena *arena);
size_t plan_trie_bytes(const struct plan_trie *trie);
/* Of a look-up that misses no L2, as plan_cost.h counts: expected, in tenths of nanoseconds. */
uint32_t plan_trie_cost(const struct plan_trie *trie);
/* Copies it to IMAGE + OFFSET, a multiple of 64. */
void plan_trie_fill(const struct plan_trie *trie, uint8_t *image, size_t offset);
/* The look-up as the program does it, for tests and builders. */
uint32_t plan_trie_look(const struct plan_trie *trie, u128 number);
/*
 * The look-up as a C expression of type __u32: of a table at OFFSET of `tables`; HIGH and LOW are
 * expressions of type __u64 (HIGH is not looked at up to 64 bits).
 */
void plan_trie_write(const struct plan_trie *trie, size_t offset, const char *high,
		     const char *low, struct buf *out);
/*
 * The same of a trie that can be moved: `row` is a variable of the text, a struct table_named whose
 * first .at are those that plan_trie_places() gives for a trie at OFFSET.
 */
void plan_trie_write_named(const struct plan_trie *trie, const char *high, const char *low,
			   struct buf *out);
/* A hash of what the text has as constants. */
uint64_t plan_trie_shape(const struct plan_trie *trie);
void plan_trie_places(const struct plan_trie *trie, size_t offset, uint32_t *at);
/* "trie of 12 + 8 bits, 3,072 leaves, 112 kB": for explain. */
void plan_trie_print(const struct plan_trie *trie, struct buf *out);

#endif
