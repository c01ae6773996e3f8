/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cost: the numbers behind the plan's choices.
 *
 * In: sizes.  Out: expected times, and shares of what a program may take.
 *
 * Safety: a wrong number here makes a slow program, never a wrong one; the shares bound what any
 * ruleset can make the building take.
 */
#include "compiler/plan_cost.h"

/* A chain of dependent loads at random places, by the bytes it goes through [measured]. */
static const struct {
	size_t bytes;
	uint32_t tenths;
} load_costs[] = {
	{ 16u << 10, 12 },   { 48u << 10, 20 },	  { 512u << 10, 42 },  { 1u << 20, 50 },
	{ 2u << 20, 190 },   { 4u << 20, 390 },	  { 8u << 20, 450 },   { 16u << 20, 1050 },
	{ 32u << 20, 1600 }, { (size_t)-1, 1900 },
};

uint32_t plan_cost_load(size_t bytes)
{
	size_t i = 0;

	while (bytes > load_costs[i].bytes)
		i++;
	return load_costs[i].tenths;
}

/*
 * 100,000 rules need most of the image, 100 rules are not worth many pages; and those of many
 * chains shall be in the caches together.
 */
struct plan_share plan_cost_share(enum plan_optimize optimize, size_t look_ups, size_t rules,
				  size_t image_left)
{
	static const size_t least[] = {
		[PLAN_OPTIMIZE_BALANCED] = 2u << 20,
		[PLAN_OPTIMIZE_SPEED] = 8u << 20,
		[PLAN_OPTIMIZE_SIZE] = 256u << 10,
	};
	static const size_t each_rule[] = {
		[PLAN_OPTIMIZE_BALANCED] = 1024,
		[PLAN_OPTIMIZE_SPEED] = 4096,
		[PLAN_OPTIMIZE_SIZE] = 128,
	};
	size_t parts = look_ups < 4 ? 1 : look_ups / 2;
	size_t bytes = least[optimize] / parts + each_rule[optimize] * rules;

	return (struct plan_share){
		.bytes = bytes < image_left ? bytes : image_left,
		.work = 20000000 + (uint64_t)rules * 5000,
	};
}

uint64_t plan_cost_weigh(enum plan_optimize optimize, uint32_t tenths, size_t bytes)
{
	switch (optimize) {
	case PLAN_OPTIMIZE_BALANCED:
		return (uint64_t)tenths * 4096 + bytes / 64;
	case PLAN_OPTIMIZE_SPEED:
		return tenths;
	case PLAN_OPTIMIZE_SIZE:
		break;
	}
	return (uint64_t)bytes * 16 + tenths;
}

/*
 * Of uniform traffic half of the rules are compared, each with about two tests, of which few are
 * guessed wrong; the one that matches is always one of these [measured at 10 and 100 rules].
 */
uint32_t plan_cost_compares(size_t rules)
{
	const uint32_t each = 8 * PLAN_COST_INSTRUCTION + PLAN_COST_MISS_BRANCH / 10;

	if (rules > 1000000)
		return UINT32_MAX;
	return PLAN_COST_MISS_BRANCH + (uint32_t)rules * each / 2;
}

uint32_t plan_cost_least_rules(enum plan_optimize optimize)
{
	return optimize == PLAN_OPTIMIZE_SIZE ? 32 : 12;
}
