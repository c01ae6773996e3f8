/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block: cuts chains into blocks.
 *
 * In: the used chains.  Out: blocks of plain rules that are next to each other, enough of them to
 * be worth tables, each solved.  A look-up of its own is much text for clang and the kernel, so
 * only so many chains have their own: base chains, which all packets meet, and the longest.  The
 * others share few.  What is in no block is compared, and it is said why.
 *
 * Safety: a block holds consecutive rules of one chain, and what it answers is what the first of
 * them that matches answers; the rules behind it are asked when none does.  A shared one is asked
 * for the rules of one chain alone: see plan_block_share.c.
 */
#include "compiler/plan_block.h"

#include <stdlib.h>
#include <string.h>

/*
 * A set of so many intervals, when they are more than all the small sets around it have, is looked
 * up better in a table of its own than mixed with them.
 */
#define BIG_SET 4096

/* Rules of a block that are worth that it ends at one that does not end the chain's walk. */
#define WORTH_CUTTING 64

/* As many such rules are worth it: trees, and jumps above them, need much of the stack. */
#define WORTH_RESUMING 64

/*
 * Of chains with look-ups of their own: so many look-ups, each a tenth of a second for clang; and
 * rules that are compared because few others are around them.
 */
#define MAX_OWN 32
#define MAX_FEW 512

/*
 * A stretch can become many: what is left of all behind so many is shared.  With those, and with
 * what is compared before and behind each, they stay below MAX_FUNCTIONS of plan_run.c.
 */
#define MAX_BLOCKS 80

/* Where look-ups are shared rules are worth one, between others that cannot be in it. */
#define WORTH_SHARING 4

/*
 * Tables that are built and then not used take time too, and rules that ask ever other things make
 * any number of them.  So many are free; then each two more double the rows that a block must have.
 */
#define FREE_REFUSALS 8

/* For what is not counted before: actions, and small tables. */
#define SPARE_BYTES (1u << 20)

/* Why rules are in no block. */
#define TOO_FEW "they are few between rules that cannot be looked up"
#define TOO_MANY_REFUSALS "tables of others were not worth it too often, and these are few"

struct stretches {
	VEC(struct plan_stretch) at;
};

static bool is_forced(const struct plan *plan, const char *name)
{
	return plan->options.force && !strcmp(plan->options.force, name);
}

static uint32_t least_rules(const struct plan *plan)
{
	return plan->options.force ? 1 : plan_cost_least_rules(plan->options.optimize);
}

/* Bytes that the tables of what cannot be in a block may need. */
static size_t other_bytes(const struct plan *plan)
{
	const struct ir *ir = plan->ir;
	size_t bytes = SPARE_BYTES;

	for (size_t i = 0; i < ir->sets.len; i++)
		if (ir->sets.at[i].intervals.len > BIG_SET)
			bytes += ir->sets.at[i].intervals.len * 32;
	for (size_t i = 0; i < ir->maps.len; i++)
		bytes += ir->maps.at[i].intervals.len * 48;
	return bytes < PLAN_MAX_IMAGE_BYTES / 2 ? bytes : PLAN_MAX_IMAGE_BYTES / 2;
}

static size_t image_left(const struct plan_cutter *cutter)
{
	size_t taken = cutter->plan->image_bytes + other_bytes(cutter->plan) +
		       cutter->rules_left * PLAN_COST_LEAST_BYTES;

	return taken < PLAN_MAX_IMAGE_BYTES ? PLAN_MAX_IMAGE_BYTES - taken : 0;
}

void plan_block_say(struct plan *plan, const struct plan_stretch *stretch, const char *why)
{
	for (uint32_t i = stretch->first; i < stretch->end; i++)
		plan->why_compared[i] = why;
}

static void say_of_rule(struct plan *plan, uint32_t rule, const char *why)
{
	plan->why_compared[rule] = why;
}

static void say_of_block(struct plan *plan, const struct plan_block *block, const char *why)
{
	for (size_t i = 0; i < block->stretches.len; i++)
		plan_block_say(plan, &block->stretches.at[i], why);
}

static void keep_block(struct plan *plan, struct plan_block *block, struct arena *arena)
{
	*vec_push(arena, &plan->blocks) = block;
	for (size_t i = 0; i < block->stretches.len; i++)
		for (uint32_t j = block->stretches.at[i].first; j < block->stretches.at[i].end; j++)
			plan->block_of[j] = (uint32_t)plan->blocks.len;
}

/* Rows that are worth asking the engines, after so many blocks that were compared in the end. */
static uint32_t rows_worth_asking(uint32_t refusals)
{
	if (refusals < FREE_REFUSALS)
		return 0;
	return refusals / 2 < 31 ? 1u << refusals / 2 : 1u << 31;
}

bool plan_block_keep(struct plan_cutter *cutter, struct plan_pose *pose)
{
	struct plan_block *block = pose->block;
	struct plan *plan = cutter->plan;
	struct arena *arena = cutter->arena;
	size_t bytes = plan->image_bytes, left;
	const char *why;

	if (pose->results.len < rows_worth_asking(cutter->refusals)) {
		say_of_block(plan, block, TOO_MANY_REFUSALS);
		return false;
	}
	block->row_count = pose->results.len;
	plan_block_compute_answers(pose, plan->options.force);
	plan_pose_cases(pose);
	left = image_left(cutter);
	if (!plan_block_solve(plan, block, left, arena)) {
		why = plan_block_why_not(block, arena);
	} else if (plan->image_bytes - bytes > left + SPARE_BYTES) {
		why = arena_printf(arena, "their tables would take %zu bytes, %zu are left",
				   plan->image_bytes - bytes, left);
	} else {
		keep_block(plan, block, arena);
		return true;
	}
	cutter->refusals++;
	plan->image_bytes = bytes;
	say_of_block(plan, block, why);
	return false;
}

/* A block of the stretch's first rules, as many as fit; returns where it ends. */
static uint32_t make_block(struct plan_cutter *cutter, const struct plan_stretch *stretch)
{
	struct plan_block *block = ARENA_NEW(cutter->arena, struct plan_block);
	struct plan *plan = cutter->plan;
	struct plan_pose pose = { .ir = plan->ir, .arena = cutter->arena, .block = block };
	struct plan_stretch made = *stretch;
	uint32_t end = stretch->first;

	block->inet = plan->ir->chains.at[plan->ir->rules.at[end].chain].inet;
	while (end < stretch->end && plan_pose_rule(&pose, end))
		end++;
	block->first = stretch->first;
	block->end = made.end = end;
	*vec_push(cutter->arena, &block->stretches) = made;
	cutter->rules_left -= end - stretch->first;
	if (end == stretch->first) {
		cutter->rules_left--;
		say_of_rule(plan, end, "it alone has more rows or asks more than a block can");
		return end + 1;
	}
	if (pose.results.len < least_rules(plan))
		plan_block_say(plan, &made,
			       arena_printf(cutter->arena,
					    "fewer than %u of them in a row can be looked up",
					    least_rules(plan)));
	else
		plan_block_keep(cutter, &pose);
	return end;
}

static void add_stretch(struct stretches *stretches, struct arena *arena, uint32_t first,
			uint32_t end)
{
	if (first < end)
		*vec_push(arena, &stretches->at) = (struct plan_stretch){ first, end };
}

/* Intervals of the stretch's sets that are not big. */
static size_t small_intervals(const struct plan *plan, const struct plan_stretch *stretch)
{
	size_t sum = 0;

	for (uint32_t i = stretch->first; i < stretch->end; i++) {
		size_t biggest = plan_block_biggest_set(plan->ir, i);

		sum += biggest > BIG_SET ? 0 : biggest;
	}
	return sum;
}

/* The stretch is cut at rules whose sets are too big for it. */
static void cut_at_big_sets(struct plan *plan, const struct plan_stretch *stretch,
			    struct arena *arena, struct stretches *ret_cut)
{
	size_t small = small_intervals(plan, stretch);
	uint32_t first = stretch->first;

	for (uint32_t i = first; i < stretch->end; i++) {
		size_t biggest = plan_block_biggest_set(plan->ir, i);

		if (biggest <= BIG_SET || biggest <= small)
			continue;
		add_stretch(ret_cut, arena, first, i);
		say_of_rule(plan, i, "its set is big: it has a table of its own");
		first = i + 1;
	}
	add_stretch(ret_cut, arena, first, stretch->end);
}

/*
 * Rules that do not end the chain's walk cost the others the fastest engines; few of them are left
 * out, between blocks.
 */
static bool takes_resumed(const struct plan *plan, const struct ir_chain *chain)
{
	uint32_t resumed = 0, least = plan->options.force ? 1 : WORTH_RESUMING;

	for (uint32_t i = 0; i < chain->rule_count; i++)
		if (plan_block_takes(plan->ir, chain->first_rule + i) == PLAN_TAKEN_RESUMED)
			resumed++;
	return resumed >= least && chain->rule_count / (resumed + 1) < WORTH_CUTTING;
}

/* Whether rules that are TAKEN can be in a stretch with others. */
static bool is_taken(enum plan_taken taken, bool resumed, bool shared)
{
	return taken == PLAN_TAKEN || (taken == PLAN_TAKEN_RESUMED && (resumed || shared)) ||
	       (taken == PLAN_TAKEN_NO_TEST && shared);
}

static void cut_chain(struct plan *plan, const struct ir_chain *chain, bool shared,
		      struct arena *arena, struct stretches *ret_cut)
{
	uint32_t end = chain->first_rule + chain->rule_count, first = chain->first_rule;
	bool resumed = takes_resumed(plan, chain);

	while (first < end) {
		uint32_t last = first;

		while (last < end) {
			enum plan_taken taken = plan_block_takes(plan->ir, last);

			if (!is_taken(taken, resumed, shared)) {
				say_of_rule(plan, last, plan_taken_words[taken]);
				break;
			}
			last++;
		}
		cut_at_big_sets(plan, &(struct plan_stretch){ first, last }, arena, ret_cut);
		first = last + 1;
	}
}

/* Base chains first, then the longest ones. */
static int compare_chains(const void *a, const void *b)
{
	const struct ir_chain *left = *(const struct ir_chain *const *)a;
	const struct ir_chain *right = *(const struct ir_chain *const *)b;

	if (left->is_base != right->is_base)
		return left->is_base ? -1 : 1;
	if (left->rule_count != right->rule_count)
		return left->rule_count > right->rule_count ? -1 : 1;
	return left < right ? -1 : left > right;
}

/* What is left for chains with look-ups of their own. */
struct owned {
	uint32_t look_ups, few;
};

/* Whether the chain, which is CUT, still can have its own. */
static bool take_owned(const struct plan *plan, const struct ir_chain *chain,
		       const struct stretches *cut, struct owned *owned)
{
	uint32_t look_ups = 0, few = chain->rule_count;

	for (size_t i = 0; i < cut->at.len; i++) {
		uint32_t rules = cut->at.at[i].end - cut->at.at[i].first;

		if (rules < least_rules(plan))
			continue;
		look_ups++;
		few -= rules;
	}
	if (look_ups > owned->look_ups || (few > owned->few && !chain->is_base))
		return false;
	owned->look_ups -= look_ups;
	owned->few -= few < owned->few ? few : owned->few;
	return true;
}

/* What of a chain with shared look-ups is worth one. */
static void add_shared(struct plan *plan, const struct ir_chain *chain,
		       const struct stretches *cut, struct arena *arena, struct stretches *shared)
{
	for (size_t i = 0; i < cut->at.len; i++) {
		const struct plan_stretch *at = &cut->at.at[i];
		uint32_t rules = at->end - at->first;

		if (rules < WORTH_SHARING && rules < chain->rule_count)
			plan_block_say(plan, at, TOO_FEW);
		else
			*vec_push(arena, &shared->at) = *at;
	}
}

/* Cuts all chains into stretches, with look-ups of their own and others. */
static void cut_chains(struct plan *plan, struct arena *arena, struct stretches *own,
		       struct stretches *shared)
{
	const struct ir *ir = plan->ir;
	const struct ir_chain **order = ARENA_ARRAY(arena, const struct ir_chain *,
						    ir->chains.len + 1);
	struct owned owned = { MAX_OWN, MAX_FEW };
	size_t count = 0;

	if (is_forced(plan, "shared"))
		owned = (struct owned){ 0 };
	for (size_t i = 0; i < ir->chains.len; i++)
		if (plan->chain_used[i])
			order[count++] = &ir->chains.at[i];
	qsort(order, count, sizeof(*order), compare_chains);
	for (size_t i = 0; i < count; i++) {
		struct stretches cut = { 0 };

		cut_chain(plan, order[i], false, arena, &cut);
		if (take_owned(plan, order[i], &cut, &owned)) {
			for (size_t j = 0; j < cut.at.len; j++)
				*vec_push(arena, &own->at) = cut.at.at[j];
			continue;
		}
		cut.at.len = 0;
		cut_chain(plan, order[i], true, arena, &cut);
		add_shared(plan, order[i], &cut, arena, shared);
	}
}

static int compare_stretches(const void *a, const void *b)
{
	const struct plan_stretch *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static size_t count_rules(const struct stretches *stretches)
{
	size_t rules = 0;

	for (size_t i = 0; i < stretches->at.len; i++)
		rules += stretches->at.at[i].end - stretches->at.at[i].first;
	return rules;
}

/* Those that may get a look-up. */
static size_t count_long(const struct plan *plan, const struct stretches *stretches)
{
	size_t count = 0;

	for (size_t i = 0; i < stretches->at.len; i++)
		count += stretches->at.at[i].end - stretches->at.at[i].first >= least_rules(plan);
	return count;
}

static void sort_stretches(struct stretches *stretches)
{
	if (stretches->at.len)
		qsort(stretches->at.at, stretches->at.len, sizeof(*stretches->at.at),
		      compare_stretches);
}

void plan_block_cut(struct plan *plan, struct arena *arena)
{
	struct plan_cutter cutter = { .plan = plan, .arena = arena };
	struct stretches own = { 0 }, shared = { 0 };

	plan->block_of = ARENA_ARRAY(arena, uint32_t, plan->ir->rules.len + 1);
	plan->why_compared = ARENA_ARRAY(arena, const char *, plan->ir->rules.len + 1);
	if (is_forced(plan, "compares")) {
		plan_block_say(plan, &(struct plan_stretch){ 0, (uint32_t)plan->ir->rules.len },
			       "--plan=compares");
		return;
	}
	cut_chains(plan, arena, &own, &shared);
	plan->look_ups = count_long(plan, &own);
	cutter.rules_left = count_rules(&own) + count_rules(&shared);
	sort_stretches(&own);
	for (size_t i = 0; i < own.at.len; i++) {
		struct plan_stretch left = own.at.at[i];

		while (left.first < left.end && plan->blocks.len < MAX_BLOCKS)
			left.first = make_block(&cutter, &left);
		if (left.first < left.end)
			*vec_push(arena, &shared.at) = left;
	}
	sort_stretches(&shared);
	plan_block_share(&cutter, shared.at.at, shared.at.len);
}
