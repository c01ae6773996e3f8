/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_hash: tables of single values.
 */
#ifndef XDPFW_PLAN_HASH_H
#define XDPFW_PLAN_HASH_H

#include "compiler/plan_table.h"

/* Different keys, each of WORDS words: 1, or high and low of 128 bits, or all lanes. */
struct plan_keys {
	size_t count;
	unsigned int words;
	const uint64_t *at;
	const uint32_t *results;	/* per key, not 0; NULL: a set */
};

/*
 * Both make the table's bytes.  False: keys do not find room, with any seed.  The wide one asks
 * for .key_bits and .lanes of the table.
 */
bool plan_hash_narrow(const uint32_t *keys, size_t count, struct arena *arena,
		      struct plan_table *table);
bool plan_hash_wide(const struct plan_keys *keys, struct arena *arena, struct plan_table *table);

/* plan_pairs.c: the same of numbers. */
bool plan_hash_pairs(const uint32_t *keys, size_t count, struct arena *arena,
		     struct plan_table *table);

uint64_t plan_hash_mix(const struct plan_table *table, const uint64_t *words);

#endif
