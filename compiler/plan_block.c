/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block: cuts chains into blocks.
 *
 * In: the used chains.  Out: blocks of plain rules that are next to each other, enough of them to
 * be worth tables, each solved.  What is in no block is compared, and it is said why.
 *
 * Safety: a block holds consecutive rules of one chain, and what it answers is what the first of
 * them that matches answers; the rules behind it are asked when none does.
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

/* With what is compared before and behind each they stay below MAX_RUNS of plan_run.c. */
#define MAX_BLOCKS 90

/*
 * Tables that are built and then not used take time too, and rules that ask ever other things make
 * any number of them.  So many are free; then each two more double the rows that a block must have.
 */
#define FREE_REFUSALS 8

/* For what is not counted before: actions, and small tables. */
#define SPARE_BYTES (1u << 20)

/* Why rules are in no block. */
#define TOO_MANY_BLOCKS "other rules in a row are more, and a program has few look-ups"
#define TOO_MANY_REFUSALS "tables of others were not worth it too often, and these are few"

/* A stretch of a chain. */
struct stretch {
	uint32_t first, end;
};

struct stretches {
	VEC(struct stretch) at;
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

/* Rules behind the block, of this chain and the chains that are not cut yet. */
static size_t rules_later(const struct plan *plan, const struct plan_block *block)
{
	const struct ir *ir = plan->ir;
	size_t chain = ir->rules.at[block->first].chain, rules;

	rules = ir->chains.at[chain].first_rule + ir->chains.at[chain].rule_count - block->end;
	for (size_t i = chain + 1; i < ir->chains.len; i++)
		rules += plan->chain_used[i] ? ir->chains.at[i].rule_count : 0;
	return rules;
}

static size_t image_left(const struct plan *plan, const struct plan_block *block)
{
	size_t taken = plan->image_bytes + other_bytes(plan) +
		       rules_later(plan, block) * PLAN_COST_LEAST_BYTES;

	return taken < PLAN_MAX_IMAGE_BYTES ? PLAN_MAX_IMAGE_BYTES - taken : 0;
}

static void say_why(struct plan *plan, uint32_t first, uint32_t end, const char *why)
{
	for (uint32_t i = first; i < end; i++)
		plan->why_compared[i] = why;
}

static void keep_block(struct plan *plan, struct plan_block *block, struct arena *arena)
{
	*vec_push(arena, &plan->blocks) = block;
	for (uint32_t i = block->first; i < block->end; i++)
		plan->block_of[i] = (uint32_t)plan->blocks.len;
}

/* Rows that are worth asking the engines, after so many blocks that were compared in the end. */
static uint32_t rows_worth_asking(uint32_t refusals)
{
	if (refusals < FREE_REFUSALS)
		return 0;
	return refusals / 2 < 31 ? 1u << refusals / 2 : 1u << 31;
}

/* Whether tables do what the block's rules say, at less than they cost compared. */
static bool solve(struct plan *plan, struct plan_pose *pose, uint32_t *refusals,
		  struct arena *arena)
{
	struct plan_block *block = pose->block;
	size_t bytes = plan->image_bytes, left;
	const char *why;

	if (pose->results.len < rows_worth_asking(*refusals)) {
		say_why(plan, block->first, block->end, TOO_MANY_REFUSALS);
		return false;
	}
	block->row_count = pose->results.len;
	plan_pose_cases(pose);
	left = image_left(plan, block);
	if (!plan_block_solve(plan, block, left, arena))
		why = plan_block_why_not(block, arena);
	else if (plan->image_bytes - bytes > left + SPARE_BYTES)
		why = arena_printf(arena, "their tables would take %zu bytes, %zu are left",
				   plan->image_bytes - bytes, left);
	else
		return true;
	(*refusals)++;
	plan->image_bytes = bytes;
	say_why(plan, block->first, block->end, why);
	return false;
}

/* A block of the stretch's first rules, as many as fit; returns where it ends. */
static uint32_t make_block(struct plan *plan, const struct stretch *stretch, uint32_t *refusals,
			   struct arena *arena)
{
	struct plan_block *block = ARENA_NEW(arena, struct plan_block);
	struct plan_pose pose = { .ir = plan->ir, .arena = arena, .block = block };
	uint32_t end = stretch->first;

	block->inet = plan->ir->chains.at[plan->ir->rules.at[end].chain].inet;
	while (end < stretch->end && plan_pose_rule(&pose, end))
		end++;
	block->first = stretch->first;
	block->end = end;
	if (end == stretch->first) {
		say_why(plan, end, end + 1, "it alone has more rows or asks more than a block can");
		return end + 1;
	}
	if (pose.results.len < least_rules(plan)) {
		say_why(plan, stretch->first, end,
			arena_printf(arena, "fewer than %u of them in a row can be looked up",
				     least_rules(plan)));
		return end;
	}
	if (solve(plan, &pose, refusals, arena))
		keep_block(plan, block, arena);
	return end;
}

static void cut_stretch(struct plan *plan, struct stretch stretch, uint32_t *refusals,
			struct arena *arena)
{
	while (stretch.first < stretch.end && plan->blocks.len < MAX_BLOCKS)
		stretch.first = make_block(plan, &stretch, refusals, arena);
	say_why(plan, stretch.first, stretch.end, TOO_MANY_BLOCKS);
}

static void add_stretch(struct stretches *stretches, struct arena *arena, uint32_t first,
			uint32_t end)
{
	if (first < end)
		*vec_push(arena, &stretches->at) = (struct stretch){ first, end };
}

/* Intervals of the stretch's sets that are not big. */
static size_t small_intervals(const struct plan *plan, const struct stretch *stretch)
{
	size_t sum = 0;

	for (uint32_t i = stretch->first; i < stretch->end; i++) {
		size_t biggest = plan_block_biggest_set(plan->ir, i);

		sum += biggest > BIG_SET ? 0 : biggest;
	}
	return sum;
}

/* The stretch is cut at rules whose sets are too big for it. */
static void cut_at_big_sets(struct plan *plan, const struct stretch *stretch,
			    struct arena *arena, struct stretches *ret_cut)
{
	size_t small = small_intervals(plan, stretch);
	uint32_t first = stretch->first;

	for (uint32_t i = first; i < stretch->end; i++) {
		size_t biggest = plan_block_biggest_set(plan->ir, i);

		if (biggest <= BIG_SET || biggest <= small)
			continue;
		add_stretch(ret_cut, arena, first, i);
		say_why(plan, i, i + 1, "its set is big: it has a table of its own");
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

static void cut_chain(struct plan *plan, const struct ir_chain *chain, struct arena *arena,
		      struct stretches *ret_cut)
{
	uint32_t end = chain->first_rule + chain->rule_count, first = chain->first_rule;
	bool resumed = takes_resumed(plan, chain);

	while (first < end) {
		uint32_t last = first;

		while (last < end) {
			enum plan_taken taken = plan_block_takes(plan->ir, last);

			if (taken != PLAN_TAKEN && (taken != PLAN_TAKEN_RESUMED || !resumed)) {
				say_why(plan, last, last + 1, plan_taken_words[taken]);
				break;
			}
			last++;
		}
		cut_at_big_sets(plan, &(struct stretch){ first, last }, arena, ret_cut);
		first = last + 1;
	}
}

static int compare_lengths(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left > right ? -1 : left < right;
}

/* What a stretch must have so that not too many become blocks. */
static uint32_t least_length(const struct stretches *stretches, struct arena *arena)
{
	uint32_t *lengths = ARENA_ARRAY(arena, uint32_t, stretches->at.len);

	if (stretches->at.len <= MAX_BLOCKS)
		return 0;
	for (size_t i = 0; i < stretches->at.len; i++)
		lengths[i] = stretches->at.at[i].end - stretches->at.at[i].first;
	qsort(lengths, stretches->at.len, sizeof(*lengths), compare_lengths);
	return lengths[MAX_BLOCKS - 1];
}

void plan_block_cut(struct plan *plan, struct arena *arena)
{
	struct stretches stretches = { 0 };
	uint32_t least, refusals = 0;

	plan->block_of = ARENA_ARRAY(arena, uint32_t, plan->ir->rules.len + 1);
	plan->why_compared = ARENA_ARRAY(arena, const char *, plan->ir->rules.len + 1);
	if (is_forced(plan, "compares")) {
		say_why(plan, 0, (uint32_t)plan->ir->rules.len, "--plan=compares");
		return;
	}
	for (size_t i = 0; i < plan->ir->chains.len; i++)
		if (plan->chain_used[i])
			cut_chain(plan, &plan->ir->chains.at[i], arena, &stretches);
	least = least_length(&stretches, arena);
	for (size_t i = 0; i < stretches.at.len; i++)
		if (stretches.at.at[i].end - stretches.at.at[i].first >= least)
			cut_stretch(plan, stretches.at.at[i], &refusals, arena);
		else
			say_why(plan, stretches.at.at[i].first, stretches.at.at[i].end,
				TOO_MANY_BLOCKS);
}
