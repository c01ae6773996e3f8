/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_implied: tests that follow from the tests before them.
 *
 * In: a chain.  Out: the same rules with less tests: `ip protocol tcp ip protocol tcp` has one.
 *
 * Safety: a test is left out only when an earlier test of the same rule asks the same key, and what
 * the earlier ones leave of its values lies in the set (or out of it, when it is negated).  Where
 * the rule comes to it, then, its load has succeeded before and it is true: nothing can hang on it.
 * Loads of one packet give the same each time, but for those that fix a rule.
 */
#include "compiler/opt/opt_parts.h"

static bool asks_before(const struct ir_rule *rule, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (rule->steps.at[i].kind == IR_STEP_TEST &&
		    rule->steps.at[i].key == rule->steps.at[at].key)
			return true;
	return false;
}

static bool follows(struct opt_work *work, const struct ir_rule *rule, size_t at)
{
	struct regions regions;

	if (rule->steps.at[at].kind != IR_STEP_TEST || !asks_before(rule, at))
		return false;
	region_find(work->ir, rule, at, work->arena, &regions);
	return regions.second == REGION_NO_STEP &&
	       region_implies(work->ir, &regions, rule, at, &rule->steps.at[at]);
}

void opt_implied(struct opt_work *work, struct opt_chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		struct ir_rule *rule = &chain->rules[i];
		bool own = false;

		if (opt_is_fixed(work->ir, rule))
			continue;
		for (size_t at = 1; at < rule->steps.len;) {
			if (!follows(work, rule, at)) {
				at++;
				continue;
			}
			if (!own)
				opt_own_steps(work, rule);
			own = true;
			opt_cut_step(rule, at);
		}
	}
}
