/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_rule: rules that never match.
 *
 * In: the IR, and what taken.h found out of its rules.  Out: warnings.
 */
#include "compiler/warn_parts.h"

#define MAX_WARNINGS 20

struct telling {
	const struct ir *ir;
	const struct taken *taken;
	struct diag *diag;
	uint32_t warnings, silent;	/* told, and not told for there were too many */
	struct source_span silent_span;
};

static bool may_tell(struct telling *telling, struct source_span span)
{
	if (telling->warnings++ < MAX_WARNINGS)
		return true;
	if (!telling->silent++)
		telling->silent_span = span;
	return false;
}

static void tell_taker(struct telling *telling, uint32_t number)
{
	const struct ir_rule *rule = &telling->ir->rules.at[number];
	const struct ir_rule *taker =
		&telling->ir->rules.at[telling->taken->rules[number].other];

	if (!may_tell(telling, rule->span))
		return;
	diag_warning(telling->diag, rule->span,
		     "this rule never matches: the rule at %s takes all its packets",
		     taker->place);
	diag_label(telling->diag, taker->span, "takes them");
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

static void tell_opponents(struct telling *telling, uint32_t number)
{
	const struct ir_rule *rule = &telling->ir->rules.at[number];
	const struct taken_rule *found = &telling->taken->rules[number];
	struct source_span span = rule->steps.at[found->second].span;

	if (is_told(telling->diag, span) || !may_tell(telling, span))
		return;
	if (found->first == found->second) {
		diag_warning(telling->diag, span, "this rule never matches: this is never true");
		return;
	}
	diag_warning(telling->diag, span,
		     "this rule never matches: its matches exclude each other");
	if (found->first != REGION_NO_STEP)
		diag_label(telling->diag, rule->steps.at[found->first].span, "or this");
}

/* COUNT rules stand behind rule NUMBER, which takes every packet. */
static void tell_rest(struct telling *telling, uint32_t number, uint32_t count)
{
	const struct ir_rule *rule = &telling->ir->rules.at[number];

	if (!count || !may_tell(telling, rule[1].span))
		return;
	if (count == 1)
		diag_warning(telling->diag, rule[1].span,
			     "this rule never matches: the rule at %s takes all packets",
			     rule->place);
	else
		diag_warning(telling->diag, rule[1].span,
			     "this rule and the %u behind it never match: the rule at %s takes "
			     "all packets", count - 1, rule->place);
	diag_label(telling->diag, rule->span, "takes them");
}

static void tell_chain(struct telling *telling, uint32_t number)
{
	const struct ir_chain *chain = &telling->ir->chains.at[number];
	uint32_t end = chain->first_rule + chain->rule_count, all = telling->taken->all[number];

	if (all != TAKEN_NONE) {
		tell_rest(telling, all, end - all - 1);
		end = all + 1;
	}
	for (uint32_t i = chain->first_rule; i < end; i++) {
		if (telling->taken->rules[i].second != REGION_NO_STEP)
			tell_opponents(telling, i);
		else if (telling->taken->rules[i].other != TAKEN_NONE)
			tell_taker(telling, i);
	}
}

void warn_rules(const struct ir *ir, const struct taken *taken, struct diag *diag)
{
	struct telling telling = { .ir = ir, .taken = taken, .diag = diag };

	for (uint32_t i = 0; i < ir->chains.len; i++)
		tell_chain(&telling, i);
	if (telling.silent == 1)
		diag_warning(diag, telling.silent_span, "this rule never matches");
	else if (telling.silent)
		diag_warning(diag, telling.silent_span, "%u more rules never match, this is one",
			     telling.silent);
}
