/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_order: in which order a small program asks the tests of a rule.
 *
 * In: a rule.  Out: its steps, the tests before its first counter, map or verdict put so that the
 * one that says no most often comes first, by how few of its field's values it takes; of tests that
 * all take few, the one that fewest other rules of the chain share, as packets are like rules.  A
 * rule that does not match then costs one compare, and whether that says no is what a processor
 * guesses best [measured, ten rules and packets that change: 32 ns with addresses first in any
 * case, 25 so, where the parse takes 10].
 *
 * Safety: these tests only read, and all of them must be true before anything is done, so their
 * order cannot be seen.
 */
#include "compiler/emit_part.h"

/* Numbers from 1 to 2^128 - 1. */
static int log2_floor(u128 number)
{
	int bits = 0;

	while (number >>= 1)
		bits++;
	return bits;
}

static int bits_in(u128 mask)
{
	return __builtin_popcountll((uint64_t)(mask >> 64)) + __builtin_popcountll((uint64_t)mask);
}

/* A set whose compares are in the rule's line; tables come behind. */
#define RANK_TABLE 100

/* About log2 of the share of packets that go on: the lower, the earlier. */
static int rank_of(const struct emit *emit, const struct ir_step *step)
{
	const struct ir_key *key = &emit->ir->keys.at[step->key];
	const struct ir_part *part = &key->parts.at[0];
	const struct ir_set *set = &emit->ir->sets.at[step->set];
	u128 values = 0;

	if (key->parts.len > 1 || !emit_set_is_inline(emit, step->set, step->key))
		return RANK_TABLE;
	if (emit->ir->loads.at[part->load].field->load == FIELD_LOAD_PROTOCOL ||
	    emit->ir->loads.at[part->load].field->load == FIELD_LOAD_NFPROTO)
		return -RANK_TABLE - 100;	/* known while the program is built */
	if (step->negate)
		return 0;
	for (size_t i = 0; i < set->intervals.len; i++)
		values += (set->intervals.at[i].hi - set->intervals.at[i].lo) / 2 + 1;
	return log2_floor(values) + (set->intervals.len != 1 || values != 1) -
	       bits_in(part->mask & u128_max(ir_part_bits(emit->ir, part)));
}

/* The steps ask the same of the packet, and some value is in the sets of both. */
static bool is_shared(const struct ir *ir, const struct ir_step *one, const struct ir_step *other)
{
	const struct ir_key *key = &ir->keys.at[one->key], *key_2 = &ir->keys.at[other->key];
	const struct ir_set *set = &ir->sets.at[one->set], *set_2 = &ir->sets.at[other->set];
	const struct ir_part *part = &key->parts.at[0], *part_2 = &key_2->parts.at[0];

	if (other->kind != IR_STEP_TEST || other->negate || key_2->parts.len != 1 ||
	    part->load != part_2->load || part->mask != part_2->mask ||
	    part->shift != part_2->shift || part->flip != part_2->flip)
		return false;
	for (size_t i = 0; i < set->intervals.len; i++)
		for (size_t j = 0; j < set_2->intervals.len; j++)
			if (set->intervals.at[i].lo <= set_2->intervals.at[j].hi &&
			    set_2->intervals.at[j].lo <= set->intervals.at[i].hi)
				return true;
	return false;
}

/* Rules of the chain that ask for a value which STEP takes, too. */
static int count_sharing(const struct emit *emit, const struct ir_rule *rule,
			 const struct ir_step *step)
{
	const struct ir *ir = emit->ir;
	const struct ir_chain *chain = &ir->chains.at[rule->chain];
	int count = 0;

	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *other = &ir->rules.at[chain->first_rule + i];
		bool shared = false;

		for (size_t j = 0; j < other->steps.len; j++)
			shared = shared || is_shared(ir, step, &other->steps.at[j]);
		count += shared;
	}
	return count;
}

/* Which of two tests is asked later, when they are not the same: the greater one. */
struct rank {
	int wide, sharing, values;
};

#define NARROW (-12)			/* of 4,096 packets at random, one */
#define MAX_COMPARED 64			/* rules; more are not worth the time */

static struct rank rank_test(const struct emit *emit, const struct ir_rule *rule,
			     const struct ir_step *step)
{
	int values = rank_of(emit, step);
	bool known = values <= -RANK_TABLE, narrow = values <= NARROW && !known;
	bool compared = emit->ir->chains.at[rule->chain].rule_count <= MAX_COMPARED;

	return (struct rank){ narrow ? NARROW : values,
			      narrow && compared ? count_sharing(emit, rule, step) : 0, values };
}

static bool is_later(const struct rank *one, const struct rank *other)
{
	if (one->wide != other->wide)
		return one->wide > other->wide;
	return one->sharing != other->sharing ? one->sharing > other->sharing :
						one->values > other->values;
}

static bool is_random(const struct emit *emit, const struct ir_step *step)
{
	const struct ir_key *key = &emit->ir->keys.at[step->key];

	for (size_t i = 0; i < key->parts.len; i++)
		if (emit->ir->loads.at[key->parts.at[i].load].field->load == FIELD_LOAD_RANDOM)
			return true;
	return false;
}

const struct ir_step **emit_order(const struct emit *emit, const struct ir_rule *rule)
{
	const struct ir_step **order =
		ARENA_ARRAY(emit->arena, const struct ir_step *, rule->steps.len + 1);
	struct rank *ranks = ARENA_ARRAY(emit->arena, struct rank, rule->steps.len + 1);
	size_t tests = 0;

	for (size_t i = 0; i < rule->steps.len; i++)
		order[i] = &rule->steps.at[i];
	while (emit->small && tests < rule->steps.len && order[tests]->kind == IR_STEP_TEST &&
	       !is_random(emit, order[tests]))
		tests++;
	for (size_t i = 0; i < tests; i++) {
		const struct ir_step *step = order[i];
		struct rank rank = rank_test(emit, rule, step);
		size_t at = i;

		for (; at && is_later(&ranks[at - 1], &rank); at--) {
			order[at] = order[at - 1];
			ranks[at] = ranks[at - 1];
		}
		order[at] = step;
		ranks[at] = rank;
	}
	return order;
}
