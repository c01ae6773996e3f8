/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cost: the one table of what things cost, and of what a program may take.  Whoever compares
 * ways to do the same counts with these, or the comparison means nothing.
 *
 * Times are tenths of nanoseconds of one 3 GHz core that has the tables warm, as far as they fit
 * its caches.  Only their ratios matter.
 */
#ifndef XDPFW_PLAN_COST_H
#define XDPFW_PLAN_COST_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/plan.h"

enum {
	PLAN_COST_INSTRUCTION = 1,	/* of code without branches: 9 to 10 in a nanosecond */
	PLAN_COST_MISS_BRANCH = 50,	/* one that went the other way than guessed */
	PLAN_COST_ACTION = 25,		/* what a block does behind its look-up, but for the load */
	PLAN_COST_RESUME = 300,		/* to go on behind a rule that jumped or counted */
	PLAN_COST_CACHE = 150,		/* to find an answer in the flow cache, */
	PLAN_COST_CACHE_WORD = 10,	/* and for each word of the key */
	PLAN_COST_CALL = 10,		/* a function that is not inlined, with its arguments */
};

/* A load at a random place of a table of BYTES bytes that the next step waits for. */
uint32_t plan_cost_load(size_t bytes);

/* What a program may take. */
#define PLAN_MAX_IMAGE_BYTES (64u << 20)	/* of one array value on Linux 6.1 */

/*
 * What the rules of one block may take, of image and of steps of building (10 ns each), where a
 * program has about so many LOOK_UPS.
 */
struct plan_share {
	size_t bytes;
	uint64_t work;
};

/* Kept for each rule, or row, that comes later: what a tree of it takes. */
#define PLAN_COST_LEAST_BYTES 192

struct plan_share plan_cost_share(enum plan_optimize optimize, size_t look_ups, size_t rules,
				  size_t image_left);

/* Of so many rows nothing costs less than this, but where one dimension leaves few of them. */
#define PLAN_COST_MANY_ROWS 4096
#define PLAN_COST_CLEAR 300

/*
 * The cost of a way that takes TENTHS for a packet and BYTES of image, as OPTIMIZE weighs memory:
 * the least is best.
 */
uint64_t plan_cost_weigh(enum plan_optimize optimize, uint32_t tenths, size_t bytes);

/* A rule that is compared, and how many of them are worth a table. */
uint32_t plan_cost_compares(size_t rules);
uint32_t plan_cost_least_rules(enum plan_optimize optimize);

#endif
