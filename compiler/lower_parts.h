/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_parts: what the files of lower share.
 *
 *	lower.c		rules and chains
 *	lower_key.c	loads and keys
 *	lower_set.c	sets and maps
 *	lower_entry.c	which device runs which base chains
 */
#ifndef XDPFW_LOWER_PARTS_H
#define XDPFW_LOWER_PARTS_H

#include <stdbool.h>

#include "compiler/lower.h"

#define LOWER_NOTHING 0xffffffffu

/* Numbers of things, found by their content. */
struct lower_index {
	struct lower_slot { uint64_t hash; uint32_t number; } *slots;
	size_t cap, used;		/* a power of two, never more than half full */
};

struct lower {
	const struct bind_ruleset *ruleset;
	struct arena *arena;
	struct diag *diag;
	struct ir *ir;
	bool inet;			/* the chain in hand is of family inet */
	/* By the set's number in the bound ruleset; LOWER_NOTHING. */
	uint32_t *set_of;
	uint32_t *map_of;		/* of maps, and of sets whose elements count */
	struct lower_index loads, keys, sets;	/* sets: anonymous ones */
};

/*
 * The slot of what has HASH and is the SAME as WANTED, or a free one (.number LOWER_NOTHING, to be
 * filled by the caller at once).
 */
struct lower_slot *lower_index_find(struct lower *lower, struct lower_index *index, uint64_t hash,
				    bool (*same)(const struct ir *ir, uint32_t number,
						 const void *wanted), const void *wanted);
uint64_t lower_mix(uint64_t hash, u128 value);

struct ir_verdict lower_verdict(const struct bind_verdict *verdict);

/* The number of the key; ANY: only these bits of its one part. */
uint32_t lower_key(struct lower *lower, const struct bind_key *key, const u128 *any);

/* One element as a set: intervals, or what lies between two wide numbers. */
uint32_t lower_value(struct lower *lower, const struct bind_key *key,
		     const struct bind_element *element);
uint32_t lower_interval(struct lower *lower, u128 lo, u128 hi);
/* All that is below or above the element. */
uint32_t lower_below(struct lower *lower, const struct bind_key *key,
		     const struct bind_element *element, bool with_end);
uint32_t lower_above(struct lower *lower, const struct bind_key *key,
		     const struct bind_element *element, bool with_end);
/* A step that asks whether its key is in SET, or with NEGATE not in it. */
void lower_look_up(struct lower *lower, const struct bind_set *set, bool negate,
		   struct ir_step *step);
uint32_t lower_map(struct lower *lower, const struct bind_set *set);

/* Fills ir->entries; false when there are too many devices or base chains. */
bool lower_entries(const struct bind_ruleset *ruleset, struct arena *arena, struct diag *diag,
		   struct ir *ir);

#endif
