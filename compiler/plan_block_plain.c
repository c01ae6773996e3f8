/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_plain: which rules can be rows of a problem.
 *
 * In: a rule.  Out: whether all it asks is asked before it does anything, what it asks is the same
 * each time it is asked, and what it does then is one action; and whether that ends the chain's
 * walk.
 *
 * Safety: whatever is not known to be plain is not: it stays a compare.
 */
#include "compiler/plan_block.h"

const char *const plan_taken_words[PLAN_TAKENS] = {
	[PLAN_TAKEN_RESUMED] = "the rules behind it are asked when it matched, too",
	[PLAN_TAKEN_UNSTEADY] = "it asks chance, clock or CPU",
	[PLAN_TAKEN_LATE_TEST] = "it counts before its last test",
	[PLAN_TAKEN_COUNTERS] = "it counts more than twice",
	[PLAN_TAKEN_BOXES] = "its set of several parts has a table of its own",
	[PLAN_TAKEN_ENTRIES] = "its map has a table of its own, or entries that jump or only count",
	[PLAN_TAKEN_NO_TEST] = "it jumps or counts whatever the packet is",
};

static bool has_ranges(const struct ir_interval *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].lo != at[i].hi)
			return true;
	return false;
}

/* Few boxes, or such as no hash can find. */
static bool boxes_are_rows(const struct ir_interval *at, size_t count, uint32_t parts)
{
	return count <= (size_t)parts * PLAN_MAX_FEW_BOXES ||
	       (count <= (size_t)parts * PLAN_MAX_RULE_ROWS && has_ranges(at, count));
}

/* What is not one of several boxes is not a few boxes. */
static bool test_is_rows(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_set *set = &ir->sets.at[step->set];

	return ir->keys.at[step->key].parts.len == 1 ||
	       (!step->negate &&
		boxes_are_rows(set->intervals.at, set->intervals.len, set->parts));
}

/* The walk of the chain ends there; or it does nothing at all, like an entry that is not there. */
static bool entry_is_plain(const struct ir *ir, const struct ir_map_entry *entry)
{
	uint32_t answer = plan_entry_word(ir, entry) >> 28;

	if (answer == ANSWER_NONE || answer == ANSWER_CONTINUE)
		return entry->counter == IR_NO_COUNTER && entry->object == IR_NO_COUNTER;
	return answer != ANSWER_JUMP;
}

static bool map_is_rows(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_map *map = &ir->maps.at[step->map];

	if (map->entries.len > PLAN_MAX_MAP_ROWS &&
	    (map->parts == 1 || !boxes_are_rows(map->intervals.at, map->intervals.len, map->parts)))
		return false;
	for (size_t i = 0; i < map->entries.len; i++)
		if (!entry_is_plain(ir, &map->entries.at[i]))
			return false;
	return !map->has_rest ||
	       (ir->keys.at[step->key].parts.len == 1 && entry_is_plain(ir, &map->rest));
}

/* Behind a map nothing but the rule's end. */
static bool ends_behind(const struct ir_rule *rule, size_t step)
{
	for (size_t i = step + 1; i < rule->steps.len; i++)
		if (rule->steps.at[i].kind != IR_STEP_VERDICT ||
		    rule->steps.at[i].verdict.kind != IR_VERDICT_CONTINUE)
			return false;
	return true;
}

/* Behind its tests a rule with so many TESTS counts and has this verdict, or none. */
static enum plan_taken take_verdict(uint32_t answer, unsigned int tests, unsigned int counters)
{
	if (answer == ANSWER_JUMP || (answer == ANSWER_NONE && counters))
		return tests ? PLAN_TAKEN_RESUMED : PLAN_TAKEN_NO_TEST;
	return PLAN_TAKEN;
}

static enum plan_taken take_test(const struct ir *ir, const struct ir_step *step,
				 unsigned int counters)
{
	if (ir_key_is_given(ir, step->key))
		return PLAN_TAKEN_UNSTEADY;
	if (counters)
		return PLAN_TAKEN_LATE_TEST;
	return test_is_rows(ir, step) ? PLAN_TAKEN : PLAN_TAKEN_BOXES;
}

static enum plan_taken take_map(const struct ir *ir, const struct ir_rule *rule, size_t at,
				unsigned int counters)
{
	const struct ir_step *step = &rule->steps.at[at];

	if (ir_key_is_given(ir, step->key))
		return PLAN_TAKEN_UNSTEADY;
	if (counters)
		return PLAN_TAKEN_LATE_TEST;
	return map_is_rows(ir, step) && ends_behind(rule, at) ? PLAN_TAKEN : PLAN_TAKEN_ENTRIES;
}

enum plan_taken plan_block_takes(const struct ir *ir, uint32_t number)
{
	const struct ir_rule *rule = &ir->rules.at[number];
	unsigned int tests = 0, counters = 0;
	enum plan_taken taken;

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		switch (step->kind) {
		case IR_STEP_TEST:
			taken = take_test(ir, step, counters);
			if (taken != PLAN_TAKEN)
				return taken;
			tests++;
			break;
		case IR_STEP_COUNTER:
			if (++counters > 2)
				return PLAN_TAKEN_COUNTERS;
			break;
		case IR_STEP_VERDICT:
			if (step->verdict.kind == IR_VERDICT_CONTINUE)
				break;
			return take_verdict(plan_word(ir, &step->verdict) >> 28, tests, counters);
		case IR_STEP_MAP:
			return take_map(ir, rule, i, counters);
		}
	}
	return take_verdict(ANSWER_NONE, tests, counters);
}

size_t plan_block_biggest_set(const struct ir *ir, uint32_t number)
{
	const struct ir_rule *rule = &ir->rules.at[number];
	size_t biggest = 0;

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		size_t count = 0;

		if (step->kind == IR_STEP_TEST && ir->keys.at[step->key].parts.len == 1)
			count = ir->sets.at[step->set].intervals.len;
		if (count > biggest)
			biggest = count;
	}
	return biggest;
}
