/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * region: what values the tests of a rule leave over for each key.
 */
#ifndef XDPFW_REGION_H
#define XDPFW_REGION_H

#include "compiler/base/arena.h"
#include "compiler/ir.h"

/* The values that a key of one part has when the tests on it are true: at least these. */
struct region {
	uint32_t key;
	VEC(struct ir_interval) intervals;	/* sorted, disjoint */
};

#define REGION_NO_STEP 0xffffffffu

struct regions {
	VEC(struct region) regions;
	/*
	 * The step with which the tests become impossible, REGION_NO_STEP: none; and the one it
	 * excludes, itself when it is never true, REGION_NO_STEP when it takes several.
	 */
	uint32_t second, first;
};

/* Of the tests among the first STEPS steps of RULE. */
void region_find(const struct ir *ir, const struct ir_rule *rule, size_t steps,
		 struct arena *arena, struct regions *ret_regions);
/* Whether TEST is true for all packets that pass the first STEPS steps of RULE, as REGIONS say. */
bool region_implies(const struct ir *ir, const struct regions *regions,
		    const struct ir_rule *rule, size_t steps, const struct ir_step *test);
/* Whether two loads of the key for one packet give the same. */
bool region_key_is_steady(const struct ir *ir, uint32_t key);
/* A test on a key of one part that is steady, in a set that stays what it is. */
bool region_understands(const struct ir *ir, const struct ir_step *step);

/* All values that a key of one part can have. */
void region_start(const struct ir *ir, uint32_t key, struct arena *arena,
		  struct region *ret_region);
/* Those that are in SET of one part, and those that are not. */
struct region region_intersect(const struct region *region, const struct ir_set *set,
			       struct arena *arena);
struct region region_subtract(const struct region *region, const struct ir_set *set,
			      struct arena *arena);

#endif
