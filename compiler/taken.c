/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * taken: rules that never match.
 *
 * In: the IR.  Out: for each rule one of three things.
 *
 * Its tests exclude each other: the values they leave for a key are none (region.h).
 *
 * An earlier rule of the same chain takes all its packets: that one has nothing but tests and
 * counters before a verdict behind which no later rule of the chain runs (accept, drop, return,
 * goto), and each of its tests follows from the tests that the later rule has before it does
 * anything.  A chain is always run from its first rule on, so the earlier one is asked first.  Its
 * loads do not fail where the later one's succeed, because they are the same.
 *
 * Or neither, or it was not found out.  Comparing each rule with each would take too long.  Every
 * earlier rule stands in the list of one key it tests, with the span of values it wants of it (a
 * narrow one that few others want, or the narrowest it has); a later rule asks the lists of its own
 * keys who wants one of its values.  What
 * a rule looks at is bounded: beyond that, rules are missed.
 */
#include "compiler/taken.h"

#include <stdlib.h>

#define MAX_VISITS 4096			/* wishes that one rule meets */
#define MAX_LOOKS 512			/* earlier rules that it is compared with */
#define MAX_LOOSE 32			/* earlier rules in no key's list */
#define NARROW_BITS (-8)		/* a narrow test leaves one in 256 of its key's values */

/* An earlier rule in the list of one key. */
struct wish {
	uint32_t key;
	u128 lo, hi;
	uint32_t rule;
	u128 max;			/* of .hi in the subtree, see build_tree() */
};

struct search {
	const struct ir *ir;
	struct arena *arena;
	struct arena scratch;		/* emptied for each later rule */
	struct taken *taken;
	VEC(struct wish) wishes;	/* sorted by key and lo */
	uint32_t *uses;			/* by set: tests of it in earlier rules of the chain */
	uint32_t loose[MAX_LOOSE];
	size_t loose_count;
	/* The later rule in hand. */
	uint32_t rule;
	size_t steps;			/* before it does anything */
	struct regions regions;
	size_t visits, looks;
	struct taken_rule *found;
};

static const struct ir_step *last_step(const struct ir_rule *rule)
{
	return rule->steps.len ? &rule->steps.at[rule->steps.len - 1] : NULL;
}

/* Whether what passes the rule's tests comes to no later rule of the chain. */
static bool takes(const struct ir *ir, const struct ir_rule *rule)
{
	const struct ir_step *last = last_step(rule);

	if (!last || last->kind != IR_STEP_VERDICT ||
	    last->verdict.kind == IR_VERDICT_CONTINUE || last->verdict.kind == IR_VERDICT_JUMP)
		return false;
	for (size_t i = 0; i + 1 < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_COUNTER)
			return false;
		if (step->kind == IR_STEP_TEST && !region_key_is_steady(ir, step->key))
			return false;
	}
	return true;
}

static bool has_tests_from(const struct ir_rule *rule, size_t first)
{
	for (size_t i = first; i < rule->steps.len; i++)
		if (rule->steps.at[i].kind == IR_STEP_TEST)
			return true;
	return false;
}

static size_t steps_before_acts(const struct ir_rule *rule)
{
	size_t steps = 0;

	while (steps < rule->steps.len && rule->steps.at[steps].kind == IR_STEP_TEST)
		steps++;
	return steps;
}

/* --- the lists ------------------------------------------------------------------------------ */

static unsigned int bit_count(u128 value)
{
	unsigned int bits = 0;

	for (; value; value >>= 1)
		bits++;
	return bits;
}

/* How much of its key's values a test leaves over, in bits; false when it belongs in no list. */
static bool narrowness(const struct ir *ir, const struct ir_step *step, int *ret_bits)
{
	const struct ir_set *set = &ir->sets.at[step->set];
	const struct ir_key *key = &ir->keys.at[step->key];

	if (step->kind != IR_STEP_TEST || step->negate || set->name.len || key->parts.len != 1 ||
	    !set->intervals.len)
		return false;
	*ret_bits = (int)bit_count(set->intervals.at[set->intervals.len - 1].hi -
				   set->intervals.at[0].lo) -
		    (int)ir_part_bits(ir, &key->parts.at[0]);
	return true;
}

static void count_uses(struct search *search, const struct ir_rule *rule)
{
	for (size_t i = 0; i < rule->steps.len; i++)
		if (rule->steps.at[i].kind == IR_STEP_TEST)
			search->uses[rule->steps.at[i].set]++;
}

/* How many wishes a later rule may meet in vain where STEP is listed; false: in no list. */
static bool rate(const struct search *search, const struct ir_step *step, uint32_t *ret_rate)
{
	int bits;

	if (!narrowness(search->ir, step, &bits))
		return false;
	if (bits <= NARROW_BITS)
		*ret_rate = search->uses[step->set];
	else
		*ret_rate = UINT32_MAX / 2 + (uint32_t)(bits - NARROW_BITS);
	return true;
}

static void list_rule(struct search *search, uint32_t number)
{
	const struct ir_rule *rule = &search->ir->rules.at[number];
	const struct ir_step *best = NULL;
	uint32_t best_rate = 0, rated;
	const struct ir_set *set;

	for (size_t i = 0; i < rule->steps.len; i++) {
		if (!rate(search, &rule->steps.at[i], &rated) || (best && rated > best_rate))
			continue;
		best = &rule->steps.at[i];
		best_rate = rated;
	}
	if (!best) {
		if (search->loose_count < MAX_LOOSE)
			search->loose[search->loose_count++] = number;
		return;
	}
	set = &search->ir->sets.at[best->set];
	*vec_push(search->arena, &search->wishes) = (struct wish){
		.key = best->key,
		.lo = set->intervals.at[0].lo,
		.hi = set->intervals.at[set->intervals.len - 1].hi,
		.rule = number,
	};
}

static int compare_wishes(const void *a, const void *b)
{
	const struct wish *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	if (left->lo != right->lo)
		return left->lo < right->lo ? -1 : 1;
	return left->rule < right->rule ? -1 : left->rule > right->rule;
}

/* The middle of [FIRST, END) is the root, each half a subtree; .max is of the whole of it. */
static u128 build_tree(struct wish *wishes, size_t first, size_t end)
{
	size_t middle = first + (end - first) / 2;
	u128 max, half;

	if (first == end)
		return 0;
	max = wishes[middle].hi;
	half = build_tree(wishes, first, middle);
	max = half > max ? half : max;
	half = build_tree(wishes, middle + 1, end);
	max = half > max ? half : max;
	wishes[middle].max = max;
	return max;
}

/* The first wish of a key that is not below KEY. */
static size_t find_key(const struct search *search, uint32_t key)
{
	size_t first = 0, end = search->wishes.len;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (search->wishes.at[middle].key < key)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static void build_lists(struct search *search)
{
	if (!search->wishes.len)
		return;
	qsort(search->wishes.at, search->wishes.len, sizeof(*search->wishes.at), compare_wishes);
	for (size_t i = 0; i < search->wishes.len;) {
		size_t end = find_key(search, search->wishes.at[i].key + 1);

		build_tree(search->wishes.at, i, end);
		i = end;
	}
}

/* --- looking -------------------------------------------------------------------------------- */

static void look_at(struct search *search, uint32_t number)
{
	const struct ir *ir = search->ir;
	const struct ir_rule *rule = &ir->rules.at[number], *later = &ir->rules.at[search->rule];

	search->visits++;
	if (number >= search->rule || search->looks == MAX_LOOKS ||
	    (rule->failsafe && search->found->taker != TAKEN_NONE))
		return;
	search->looks++;
	for (size_t i = 0; i < rule->steps.len; i++)
		if (rule->steps.at[i].kind == IR_STEP_TEST &&
		    !region_implies(ir, &search->regions, later, search->steps,
				    &rule->steps.at[i]))
			return;
	if (search->found->taker == TAKEN_NONE)
		search->found->taker = number;
	if (!rule->failsafe)
		search->found->other = number;
}

/* All wishes of [FIRST, END) that VALUE meets. */
static void look_up(struct search *search, size_t first, size_t end, u128 value)
{
	size_t middle = first + (end - first) / 2;
	const struct wish *wish;

	if (first == end || search->found->other != TAKEN_NONE || search->visits >= MAX_VISITS)
		return;
	wish = &search->wishes.at[middle];
	if (wish->max < value)
		return;
	look_up(search, first, middle, value);
	if (wish->lo > value)
		return;
	if (wish->hi >= value && search->found->other == TAKEN_NONE)
		look_at(search, wish->rule);
	look_up(search, middle + 1, end, value);
}

static void ask_lists(struct search *search)
{
	for (size_t i = 0; i < search->loose_count && search->found->other == TAKEN_NONE; i++)
		look_at(search, search->loose[i]);
	for (size_t i = 0; i < search->regions.regions.len; i++) {
		const struct region *region = &search->regions.regions.at[i];

		if (region->intervals.len)
			look_up(search, find_key(search, region->key),
				find_key(search, region->key + 1), region->intervals.at[0].lo);
	}
}

static void ask_rule(struct search *search, uint32_t number)
{
	const struct ir *ir = search->ir;
	const struct ir_rule *rule = &ir->rules.at[number];

	search->found = &search->taken->rules[number];
	search->steps = steps_before_acts(rule);
	arena_reset(&search->scratch);
	search->regions = (struct regions){ 0 };
	region_find(ir, rule, rule->steps.len, &search->scratch, &search->regions);
	search->found->second = search->regions.second;
	search->found->first = search->regions.first;
	if (search->found->second != REGION_NO_STEP)
		return;
	if (has_tests_from(rule, search->steps))
		region_find(ir, rule, search->steps, &search->scratch, &search->regions);
	search->rule = number;
	search->visits = search->looks = 0;
	ask_lists(search);
}

static void search_chain(struct search *search, uint32_t number)
{
	const struct ir *ir = search->ir;
	const struct ir_chain *chain = &ir->chains.at[number];
	uint32_t end = chain->first_rule + chain->rule_count;

	search->wishes.len = 0;
	search->loose_count = 0;
	for (uint32_t i = chain->first_rule; i < end; i++)
		if (takes(ir, &ir->rules.at[i]))
			count_uses(search, &ir->rules.at[i]);
	for (uint32_t i = chain->first_rule; i < end; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		if (!takes(ir, rule))
			continue;
		if (!rule->failsafe && !has_tests_from(rule, 0)) {
			search->taken->all[number] = i;
			end = i + 1;
		} else {
			list_rule(search, i);
		}
	}
	build_lists(search);
	for (uint32_t i = chain->first_rule; i < end; i++)
		ask_rule(search, i);
}

void taken_find(const struct ir *ir, struct arena *arena, struct taken **ret_taken)
{
	struct taken *taken = ARENA_NEW(arena, struct taken);
	struct search search = { .ir = ir, .arena = arena, .taken = taken };

	taken->rules = ARENA_ARRAY(arena, struct taken_rule, ir->rules.len + 1);
	search.uses = ARENA_ARRAY(arena, uint32_t, ir->sets.len + 1);
	taken->all = ARENA_ARRAY(arena, uint32_t, ir->chains.len + 1);
	for (size_t i = 0; i < ir->rules.len; i++)
		taken->rules[i] = (struct taken_rule){ REGION_NO_STEP, REGION_NO_STEP, TAKEN_NONE,
						       TAKEN_NONE };
	for (uint32_t i = 0; i < ir->chains.len; i++) {
		taken->all[i] = TAKEN_NONE;
		search_chain(&search, i);
	}
	arena_free(&search.scratch);
	*ret_taken = taken;
}
