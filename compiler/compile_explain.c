/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_explain: how the program does what the ruleset says.
 *
 * In: a source text.  Out: text for people: what the plan says of itself, and then a line for each
 * rule of the ruleset: how it is matched, or which rule does its work, or why nothing does.
 */
#include "compiler/compile_parts.h"

static void put_rule(const struct compile_inner *inner, uint32_t number, struct buf *out)
{
	const struct ir_rule *rule = &inner->ir->rules.at[number];

	buf_printf(out, "\t%s %.*s: ", rule->place, STR_ARG(rule->text));
}

/* "compared", and which of its look-ups go into tables. */
static void put_compared(const struct compile_inner *inner, const struct ir_rule *rule,
			 struct buf *out)
{
	size_t tables = 0;

	buf_puts(out, "compared");
	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		const struct plan_look *look;

		if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
			continue;
		look = step->kind == IR_STEP_MAP ? &inner->plan->maps[step->map] :
						   &inner->plan->sets[step->set];
		if (look->table == PLAN_NO_TABLE)
			continue;
		buf_printf(out, "%s%s %u", tables++ ? ", " : ", with a look-up in ",
			   step->kind == IR_STEP_MAP ? "map" : "set",
			   step->kind == IR_STEP_MAP ? step->map : step->set);
	}
}

static void put_kept(const struct compile_inner *inner, uint32_t position, struct buf *out)
{
	const struct ir_rule *rule = &inner->opt->ir->rules.at[position];

	if (!inner->plan->chain_used[rule->chain])
		buf_puts(out, "never reached: nothing leads to its chain");
	else if (inner->plan->block_of[position])
		buf_puts(out, "looked up");
	else
		put_compared(inner, rule, out);
}

static void explain_rule(const struct compile_inner *inner, const uint32_t *members,
			 uint32_t number, struct buf *out)
{
	const struct opt_fate *fate = &inner->opt->fates[number];
	uint32_t position = inner->opt->position_of[number];

	put_rule(inner, number, out);
	switch (fate->kind) {
	case OPT_FATE_KEPT:
		put_kept(inner, position, out);
		if (members[position] > 1)
			buf_printf(out, ", for %u rules", members[position]);
		break;
	case OPT_FATE_MERGED:
		buf_printf(out, "one with %s",
			   inner->ir->rules.at[inner->opt->ir->rules.at[position].source].place);
		break;
	case OPT_FATE_NEVER:
		buf_puts(out, "never matches: its matches exclude each other");
		break;
	case OPT_FATE_IDLE:
		buf_puts(out, "left out: it does nothing");
		break;
	case OPT_FATE_SHADOWED:
		buf_printf(out, "never matches: %s takes all its packets",
			   inner->ir->rules.at[fate->rule].place);
		break;
	}
	buf_putc(out, '\n');
}

/* By rule of the program: how many of the ruleset it stands for. */
static const uint32_t *count_members(const struct compile_inner *inner, struct arena *arena)
{
	uint32_t *members = ARENA_ARRAY(arena, uint32_t, inner->opt->ir->rules.len + 1);

	for (size_t i = 0; i < inner->ir->rules.len; i++)
		if (inner->opt->position_of[i] < inner->opt->ir->rules.len)
			members[inner->opt->position_of[i]]++;
	return members;
}

static void explain_rules(const struct compile_inner *inner, struct arena *arena, struct buf *out)
{
	const uint32_t *members = count_members(inner, arena);

	for (size_t i = 0; i < inner->ir->chains.len; i++) {
		const struct ir_chain *chain = &inner->ir->chains.at[i];

		if (chain->rule_count)
			buf_printf(out, "rules of table %.*s, chain %.*s\n", STR_ARG(chain->table),
				   STR_ARG(chain->name));
		for (uint32_t j = 0; j < chain->rule_count; j++)
			explain_rule(inner, members, chain->first_rule + j, out);
	}
}

bool compile_explain(struct source_set *sources, uint32_t source,
		     const struct compile_options *options, struct arena *arena,
		     struct diag *diag, struct buf *out)
{
	struct compile_inner inner = { 0 };

	if (!compile_run(sources, source, options, COMPILE_PHASE_PLAN, arena, diag, &inner))
		return false;
	plan_explain(inner.plan, out);
	explain_rules(&inner, arena, out);
	return true;
}
