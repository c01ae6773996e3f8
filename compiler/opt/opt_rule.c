/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_rule: what the passes ask of a rule, and do to it.
 *
 * In: rules of a chain that a pass works on.  Out: answers that may be "no" where "yes" was true.
 */
#include "compiler/opt/opt_parts.h"

bool opt_is_fixed(const struct ir *ir, const struct ir_rule *rule)
{
	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		if ((step->kind == IR_STEP_TEST || step->kind == IR_STEP_MAP) &&
		    ir_key_is_given(ir, step->key))
			return true;
	}
	return false;
}

size_t opt_lead(const struct ir_rule *rule)
{
	size_t lead = 0;

	while (lead < rule->steps.len && rule->steps.at[lead].kind == IR_STEP_TEST)
		lead++;
	return lead;
}

void opt_own_steps(struct opt_work *work, struct ir_rule *rule)
{
	const struct ir_step *old = rule->steps.at;

	rule->steps.at = ARENA_ARRAY(work->arena, struct ir_step, rule->steps.len + 1);
	rule->steps.cap = rule->steps.len + 1;
	if (rule->steps.len)
		memcpy(rule->steps.at, old, rule->steps.len * sizeof(*old));
}

void opt_cut_step(struct ir_rule *rule, size_t at)
{
	rule->steps.len--;
	memmove(&rule->steps.at[at], &rule->steps.at[at + 1],
		(rule->steps.len - at) * sizeof(*rule->steps.at));
}

void opt_sweep(struct opt_work *work, struct opt_chain *chain)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < chain->count; i++) {
		if (work->fates[chain->rules[i].source].kind != OPT_FATE_KEPT)
			continue;
		if (kept != i)
			chain->rules[kept] = chain->rules[i];
		kept++;
	}
	chain->count = kept;
}

bool opt_is_plain(const struct ir *ir, const struct ir_step *step)
{
	return !step->negate && region_understands(ir, step);
}

static bool tests_disjoint(const struct ir *ir, const struct ir_step *a, const struct ir_step *b)
{
	const struct ir_set *left = &ir->sets.at[a->set], *right = &ir->sets.at[b->set];

	if (a->key != b->key || (a->negate && b->negate) || !region_understands(ir, a) ||
	    !region_understands(ir, b))
		return false;
	if (a->negate)
		return opt_set_within(right, left);
	if (b->negate)
		return opt_set_within(left, right);
	return opt_sets_disjoint(left, right);
}

bool opt_disjoint(const struct ir *ir, const struct ir_rule *a, const struct ir_rule *b)
{
	size_t lead_a = opt_lead(a), lead_b = opt_lead(b);

	for (size_t i = 0; i < lead_a; i++)
		for (size_t j = 0; j < lead_b; j++)
			if (tests_disjoint(ir, &a->steps.at[i], &b->steps.at[j]))
				return true;
	return false;
}
