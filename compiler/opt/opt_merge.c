/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_merge: neighbours that do the same become one rule.
 *
 * In: a chain.  Out: a shorter one.
 *
 *	tcp dport 22 drop
 *	tcp dport 80 drop		tcp dport { 22, 80 } drop
 *
 * Two neighbours become one when they have nothing but tests and a verdict, the same one, and
 *
 *	ask the same keys, and all but one for the same set: that key is then asked for both sets;
 *	or the tests of the earlier one imply those of the later one: the later one alone is left.
 *
 * Safety: nothing stands between neighbours, so a packet that reaches the first and is not
 * decided by it reaches the second.  In the first case both need the same loads, and together
 * they match where the other tests are true and the one key lies in either set; in the second
 * the later one matches wherever the earlier one does.  Either way the packet gets the verdict
 * that one of the two had, which is the same, and whichever it was, the rule that is left stands
 * for it.  A rule with a counter or a map is left alone.  A jump comes back, so the second rule
 * would jump as well for a packet that both match: rules that jump are merged only when their
 * sets have no value in common. Elements of sets with a name can change, so only the other tests
 * may ask those, both the same.
 */
#include "compiler/opt/opt_parts.h"

#define MAX_ROUNDS 4
#define MAX_BOXES 8			/* that fit into compares: more might not fit any table */
#define MAX_JUMP_INTERVALS 64
#define NOTHING SIZE_MAX

/* Neighbours that are to be one, the first of them in the chain. */
struct group {
	struct ir_rule *rule;
	size_t differs;			/* the step in which they differ; NOTHING: there is one */
	uint32_t parts;
	VEC(struct ir_interval) intervals;	/* of all of them, in any order */
};

static bool ends_for_good(const struct ir_rule *rule)
{
	return rule->steps.at[rule->steps.len - 1].verdict.kind != IR_VERDICT_JUMP;
}

/* Tests on different keys, or none, then a verdict. */
static bool may_merge(const struct ir *ir, const struct ir_rule *rule)
{
	size_t lead = opt_lead(rule);

	if (lead + 1 != rule->steps.len ||
	    rule->steps.at[lead].kind != IR_STEP_VERDICT ||
	    rule->steps.at[lead].verdict.kind == IR_VERDICT_CONTINUE || opt_is_fixed(ir, rule))
		return false;
	for (size_t i = 0; i < lead; i++)
		for (size_t j = 0; j < i; j++)
			if (rule->steps.at[i].key == rule->steps.at[j].key)
				return false;
	return true;
}

/* The test of the first LEAD steps of RULE that asks KEY; NOTHING. */
static size_t find_test(const struct ir_rule *rule, size_t lead, uint32_t key)
{
	for (size_t i = 0; i < lead; i++)
		if (rule->steps.at[i].key == key)
			return i;
	return NOTHING;
}

static bool same_verdict(const struct ir_rule *a, const struct ir_rule *b)
{
	const struct ir_verdict *left = &a->steps.at[a->steps.len - 1].verdict;
	const struct ir_verdict *right = &b->steps.at[b->steps.len - 1].verdict;

	return a->failsafe == b->failsafe && left->kind == right->kind &&
	       left->chain == right->chain;
}

/*
 * The step of A that asks the only key for which B has another set, and B's; NOTHING, when all are
 * the same.  False when more than one are not, or one is missing.
 */
static bool find_difference(const struct ir_rule *a, const struct ir_rule *b, size_t *ret_of_a,
			    size_t *ret_of_b)
{
	size_t lead = a->steps.len - 1;

	*ret_of_a = *ret_of_b = NOTHING;
	if (b->steps.len != a->steps.len)
		return false;
	for (size_t i = 0; i < lead; i++) {
		const struct ir_step *step = &a->steps.at[i];
		size_t other = find_test(b, lead, step->key);

		if (other == NOTHING)
			return false;
		if (b->steps.at[other].set == step->set &&
		    b->steps.at[other].negate == step->negate)
			continue;
		if (*ret_of_a != NOTHING)
			return false;
		*ret_of_a = i;
		*ret_of_b = other;
	}
	return true;
}

/* A set that can be added to another one. */
static bool may_unite(const struct ir *ir, const struct ir_step *step, size_t boxes_before)
{
	const struct ir_set *set = &ir->sets.at[step->set];
	uint32_t parts = (uint32_t)ir->keys.at[step->key].parts.len;

	return !step->negate && !set->name.len &&
	       (parts == 1 || boxes_before + set->intervals.len / parts <= MAX_BOXES);
}

static void put_set(struct opt_work *work, struct group *group, const struct ir_step *step)
{
	const struct ir_set *set = &work->ir->sets.at[step->set];

	for (size_t i = 0; i < set->intervals.len; i++)
		*vec_push(work->arena, &group->intervals) = set->intervals.at[i];
}

static bool meets(const struct group *group, const struct ir_set *set)
{
	if (group->intervals.len * set->intervals.len > MAX_JUMP_INTERVALS)
		return true;
	for (size_t i = 0; i < group->intervals.len; i++)
		for (size_t j = 0; j < set->intervals.len; j++)
			if (group->intervals.at[i].lo <= set->intervals.at[j].hi &&
			    set->intervals.at[j].lo <= group->intervals.at[i].hi)
				return true;
	return false;
}

/* The group has its first rule only: begins it with the set in which RULE differs. */
static bool begin_group(struct opt_work *work, struct group *group, size_t differs)
{
	const struct ir_step *step = &group->rule->steps.at[differs];

	if (!may_unite(work->ir, step, 0))
		return false;
	group->differs = differs;
	group->parts = (uint32_t)work->ir->keys.at[step->key].parts.len;
	group->intervals.len = 0;
	put_set(work, group, step);
	return true;
}

static bool add_to_group(struct opt_work *work, struct group *group, const struct ir_rule *rule)
{
	size_t first, second;
	const struct ir_step *step;

	if (!same_verdict(group->rule, rule) ||
	    !find_difference(group->rule, rule, &first, &second))
		return false;
	if (first == NOTHING)
		return ends_for_good(rule);
	if (group->differs != NOTHING && group->differs != first)
		return false;
	step = &rule->steps.at[second];
	if (group->differs == NOTHING && !begin_group(work, group, first))
		return false;
	if (may_unite(work->ir, step, group->intervals.len / group->parts) &&
	    (ends_for_good(rule) ||
	     (group->parts == 1 && !meets(group, &work->ir->sets.at[step->set])))) {
		put_set(work, group, step);
		return true;
	}
	return false;
}

/* Whether the tests of A imply those of B. */
static bool lies_within(const struct ir *ir, const struct ir_rule *a, const struct ir_rule *b)
{
	for (size_t i = 0; i + 1 < b->steps.len; i++) {
		const struct ir_step *outer = &b->steps.at[i], *inner;
		size_t found = find_test(a, a->steps.len - 1, outer->key);

		if (found == NOTHING)
			return false;
		inner = &a->steps.at[found];
		if (inner->set == outer->set && inner->negate == outer->negate)
			continue;
		if (!opt_is_plain(ir, inner) || !opt_is_plain(ir, outer) ||
		    !opt_set_within(&ir->sets.at[inner->set], &ir->sets.at[outer->set]))
			return false;
	}
	return true;
}

static void take_fate(struct opt_work *work, const struct ir_rule *rule,
		      const struct ir_rule *into)
{
	work->fates[rule->source] = (struct opt_fate){ OPT_FATE_MERGED, into->source };
	work->members[into->source] += work->members[rule->source];
}

/* Gives the group's rule the set of all. */
static void end_group(struct opt_work *work, struct group *group)
{
	if (group->rule && group->differs != NOTHING) {
		opt_own_steps(work, group->rule);
		group->rule->steps.at[group->differs].set =
			opt_set_add(work, group->parts, group->intervals.at,
				    group->intervals.len / group->parts);
	}
	*group = (struct group){ .differs = NOTHING };
}

/* True when RULE has become part of the group. */
static bool join_group(struct opt_work *work, struct group *group, const struct ir_rule *rule)
{
	size_t before = group->differs;

	if (add_to_group(work, group, rule)) {
		take_fate(work, rule, group->rule);
		return true;
	}
	group->differs = before;
	return false;
}

static bool merge_once(struct opt_work *work, struct opt_chain *chain)
{
	struct group group = { .differs = NOTHING };
	uint32_t kept = 0;

	for (uint32_t i = 0; i < chain->count; i++) {
		struct ir_rule rule = chain->rules[i];
		bool mergeable = may_merge(work->ir, &rule);

		if (mergeable && group.rule && join_group(work, &group, &rule))
			continue;
		end_group(work, &group);
		chain->rules[kept] = rule;
		if (mergeable)
			group.rule = &chain->rules[kept];
		kept++;
	}
	end_group(work, &group);
	if (kept == chain->count)
		return false;
	chain->count = kept;
	return true;
}

/* Rules go whose tests imply those of the rule behind them; from the last on, so that many may. */
static void absorb(struct opt_work *work, struct opt_chain *chain)
{
	const struct ir_rule *behind = NULL;

	for (uint32_t i = chain->count; i-- > 0;) {
		const struct ir_rule *rule = &chain->rules[i];

		if (!may_merge(work->ir, rule) || !ends_for_good(rule))
			behind = NULL;
		else if (behind && same_verdict(rule, behind) &&
			 lies_within(work->ir, rule, behind))
			take_fate(work, rule, behind);
		else
			behind = rule;
	}
	opt_sweep(work, chain);
}

void opt_merge(struct opt_work *work, struct opt_chain *chain)
{
	int rounds = 0;

	absorb(work, chain);
	while (rounds < MAX_ROUNDS && merge_once(work, chain))
		rounds++;
}
