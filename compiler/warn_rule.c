/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_rule: rules that never match.
 *
 * In: the IR.  Out: warnings of two kinds.
 *
 * A rule's tests exclude each other: the values they leave for a key are none (warn_region.c).
 *
 * An earlier rule of the same chain takes all packets of a later one: it has nothing but tests and
 * counters before a verdict behind which no later rule of the chain runs (accept, drop, return,
 * goto), and each of its tests follows from the tests that the later rule has before it does
 * anything.  A chain is always run from its first rule on, so the earlier one is asked first.  Its
 * loads do not fail where the later one's succeed, because they are the same.
 *
 * Comparing each rule with each would take too long.  Every earlier rule stands in the list of one
 * key it tests, with the span of values it wants of it (the narrowest it has); a later rule asks
 * the lists of its own keys who wants one of its values.  What a rule looks at is bounded: beyond
 * that, warnings are missed.
 */
#include <stdlib.h>

#include "compiler/warn_parts.h"

#define MAX_WARNINGS 20
#define MAX_VISITS 4096			/* wishes that one rule meets */
#define MAX_LOOKS 512			/* earlier rules that it is compared with */
#define NO_RULE UINT32_MAX
#define MAX_LOOSE 32			/* earlier rules in no key's list */

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
	struct diag *diag;
	VEC(struct wish) wishes;	/* sorted by key and lo */
	uint32_t loose[MAX_LOOSE];
	size_t loose_count;
	uint32_t warnings, silent;	/* told, and not told for there were too many */
	struct source_span silent_span;
	/* The later rule in hand. */
	uint32_t rule;
	size_t steps;			/* before it does anything */
	struct warn_regions regions;
	size_t visits, looks;
	uint32_t taker;			/* a rule that takes all its packets; NO_RULE */
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
		if (step->kind == IR_STEP_TEST && !warn_key_is_steady(ir, step->key))
			return false;
	}
	return true;
}

static bool has_tests(const struct ir_rule *rule)
{
	for (size_t i = 0; i < rule->steps.len; i++)
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

static void list_rule(struct search *search, uint32_t number)
{
	const struct ir_rule *rule = &search->ir->rules.at[number];
	const struct ir_step *best = NULL;
	const struct ir_set *set;
	int best_bits = 0, bits;

	for (size_t i = 0; i < rule->steps.len; i++) {
		if (!narrowness(search->ir, &rule->steps.at[i], &bits) ||
		    (best && bits > best_bits))
			continue;
		best = &rule->steps.at[i];
		best_bits = bits;
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
	if (number >= search->rule || search->looks == MAX_LOOKS)
		return;
	search->looks++;
	for (size_t i = 0; i < rule->steps.len; i++)
		if (rule->steps.at[i].kind == IR_STEP_TEST &&
		    !warn_region_implies(ir, &search->regions, later, search->steps,
					 &rule->steps.at[i]))
			return;
	search->taker = number;
}

/* All wishes of [FIRST, END) that VALUE meets. */
static void look_up(struct search *search, size_t first, size_t end, u128 value)
{
	size_t middle = first + (end - first) / 2;
	const struct wish *wish;

	if (first == end || search->taker != NO_RULE || search->visits >= MAX_VISITS)
		return;
	wish = &search->wishes.at[middle];
	if (wish->max < value)
		return;
	look_up(search, first, middle, value);
	if (wish->lo > value)
		return;
	if (wish->hi >= value && search->taker == NO_RULE)
		look_at(search, wish->rule);
	look_up(search, middle + 1, end, value);
}

static bool may_tell(struct search *search, struct source_span span)
{
	if (search->warnings++ < MAX_WARNINGS)
		return true;
	if (!search->silent++)
		search->silent_span = span;
	return false;
}

static void tell_taker(struct search *search)
{
	const struct ir_rule *rule = &search->ir->rules.at[search->rule];
	const struct ir_rule *taker = &search->ir->rules.at[search->taker];

	if (!may_tell(search, rule->span))
		return;
	diag_warning(search->diag, rule->span,
		     "this rule never matches: the rule at %s takes all its packets",
		     taker->place);
	diag_label(search->diag, taker->span, "takes them");
}

/* bind warns of values that it sees to be wrong. */
static bool is_told(const struct diag *diag, struct source_span span)
{
	for (size_t i = 0; i < diag->messages.len; i++) {
		struct source_span told = diag->messages.at[i].labels[0].span;

		if (told.source == span.source && told.begin >= span.begin && told.end <= span.end)
			return true;
	}
	return false;
}

static void tell_opponents(struct search *search, const struct ir_rule *rule,
			   const struct warn_regions *regions)
{
	struct source_span span = rule->steps.at[regions->second].span;

	if (is_told(search->diag, span) || !may_tell(search, span))
		return;
	if (regions->first == regions->second) {
		diag_warning(search->diag, span, "this rule never matches: this is never true");
		return;
	}
	diag_warning(search->diag, span, "this rule never matches: its matches exclude each other");
	if (regions->first != WARN_NO_STEP)
		diag_label(search->diag, rule->steps.at[regions->first].span, "or this");
}

static void ask_rule(struct search *search, uint32_t number)
{
	const struct ir *ir = search->ir;
	const struct ir_rule *rule = &ir->rules.at[number];
	struct warn_regions all;

	warn_region_find(ir, rule, rule->steps.len, search->arena, &all);
	if (all.second != WARN_NO_STEP) {
		tell_opponents(search, rule, &all);
		return;
	}
	search->rule = number;
	search->steps = steps_before_acts(rule);
	search->visits = search->looks = 0;
	search->taker = NO_RULE;
	warn_region_find(ir, rule, search->steps, search->arena, &search->regions);
	for (size_t i = 0; i < search->loose_count && search->taker == NO_RULE; i++)
		look_at(search, search->loose[i]);
	for (size_t i = 0; i < search->regions.regions.len; i++) {
		const struct warn_region *region = &search->regions.regions.at[i];

		if (region->intervals.len)
			look_up(search, find_key(search, region->key),
				find_key(search, region->key + 1), region->intervals.at[0].lo);
	}
	if (search->taker != NO_RULE)
		tell_taker(search);
}

/* COUNT rules stand behind rule NUMBER, which takes every packet. */
static void tell_rest(struct search *search, uint32_t number, uint32_t count)
{
	const struct ir_rule *rule = &search->ir->rules.at[number];

	if (!count || !may_tell(search, rule[1].span))
		return;
	if (count == 1)
		diag_warning(search->diag, rule[1].span,
			     "this rule never matches: the rule at %s takes all packets",
			     rule->place);
	else
		diag_warning(search->diag, rule[1].span,
			     "this rule and the %u behind it never match: the rule at %s takes "
			     "all packets", count - 1, rule->place);
	diag_label(search->diag, rule->span, "takes them");
}

static void search_chain(struct search *search, const struct ir_chain *chain)
{
	const struct ir *ir = search->ir;
	uint32_t end = chain->first_rule + chain->rule_count;

	search->wishes.len = 0;
	search->loose_count = 0;
	for (uint32_t i = chain->first_rule; i < end; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		/* A rule stays right that a failsafe rule happens to repeat. */
		if (rule->failsafe || !takes(ir, rule))
			continue;
		if (!has_tests(rule)) {
			tell_rest(search, i, end - i - 1);
			end = i + 1;
		} else {
			list_rule(search, i);
		}
	}
	build_lists(search);
	for (uint32_t i = chain->first_rule; i < end; i++)
		ask_rule(search, i);
}

void warn_rules(const struct ir *ir, struct arena *arena, struct diag *diag)
{
	struct search search = { .ir = ir, .arena = arena, .diag = diag };

	for (size_t i = 0; i < ir->chains.len; i++)
		search_chain(&search, &ir->chains.at[i]);
	if (search.silent == 1)
		diag_warning(diag, search.silent_span, "this rule never matches");
	else if (search.silent)
		diag_warning(diag, search.silent_span, "%u more rules never match, this is one",
			     search.silent);
}
