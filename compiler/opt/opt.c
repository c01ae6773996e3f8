/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt: the passes in a row.
 *
 * In: the IR that lower made, and which of its rules never match.  Out: another one, and where the
 * rules of the first are in it.  The first stays as it is: the judge goes by it.
 *
 * Safety: each pass says why what it does changes nothing, and can be turned off.  They look at one
 * chain at a time: what a chain does to a packet depends on nothing that happened before, so it
 * does not matter from where it is run, and on which devices.  Chains keep their numbers, and a
 * jump or goto names a chain.  What is left over of sets, keys and loads costs nothing: the plan
 * looks at what rules use.
 */
#include "compiler/opt/opt_parts.h"

const char *const opt_pass_words[OPT_PASSES + 1] = {
	[OPT_PASS_INTERVALS] = "no-intervals", [OPT_PASS_IMPLIED] = "no-implied",
	[OPT_PASS_NEVER] = "no-never",	       [OPT_PASS_SHADOWED] = "no-shadowed",
	[OPT_PASS_ORDER] = "no-order",	       [OPT_PASS_MERGE] = "no-merge",
	[OPT_PASS_TESTS] = "no-tests",
};

static opt_run *const passes[OPT_PASSES] = {
	[OPT_PASS_INTERVALS] = opt_intervals, [OPT_PASS_IMPLIED] = opt_implied,
	[OPT_PASS_NEVER] = opt_never,	      [OPT_PASS_SHADOWED] = opt_shadowed,
	[OPT_PASS_ORDER] = opt_order,	      [OPT_PASS_MERGE] = opt_merge,
	[OPT_PASS_TESTS] = opt_tests,
};

/* Shares what no pass changes.  A vector that grows moves first, for it has no room left. */
static struct ir *copy_ir(const struct ir *from, struct arena *arena)
{
	struct ir *ir = ARENA_NEW(arena, struct ir);

	*ir = *from;
	ir->keys.cap = ir->keys.len;
	ir->sets.cap = ir->sets.len;
	ir->rules.at = ARENA_ARRAY(arena, struct ir_rule, from->rules.len + 1);
	ir->rules.len = 0;
	ir->rules.cap = from->rules.len + 1;
	ir->chains.at = ARENA_ARRAY(arena, struct ir_chain, from->chains.len + 1);
	ir->chains.len = 0;
	ir->chains.cap = from->chains.len + 1;
	return ir;
}

/* For the comment in the C text; PLACE stays that of the rule whose text it is. */
static void name_group(struct opt_work *work, struct ir_rule *rule)
{
	uint32_t others = work->members[rule->source] - 1;

	if (others)
		rule->text = str_from(arena_printf(work->arena, "%.*s, and %u more rule%s",
						   STR_ARG(rule->text), others,
						   others == 1 ? "" : "s"));
}

static void finish_chain(struct opt_work *work, const struct opt_chain *chain)
{
	struct ir_chain *finished = vec_push(work->arena, &work->ir->chains);

	*finished = work->from->chains.at[chain->number];
	finished->first_rule = (uint32_t)work->ir->rules.len;
	finished->rule_count = chain->count;
	for (uint32_t i = 0; i < chain->count; i++) {
		struct ir_rule *rule = vec_push(work->arena, &work->ir->rules);

		*rule = chain->rules[i];
		name_group(work, rule);
	}
}

/*
 * The judge counts jumps to chains that have rules and to those that have none, the program only
 * the first; so a chain that was not empty does not become it.
 */
static void keep_one(struct opt_work *work, struct opt_chain *chain)
{
	const struct ir_chain *from = &work->from->chains.at[chain->number];

	if (chain->count || !from->rule_count || from->is_base)
		return;
	chain->rules[0] = work->from->rules.at[from->first_rule];
	chain->count = 1;
	work->fates[from->first_rule].kind = OPT_FATE_KEPT;
}

static void run_chain(struct opt_work *work, uint32_t number, uint32_t off)
{
	const struct ir_chain *from = &work->from->chains.at[number];
	struct opt_chain chain = { .number = number, .count = from->rule_count };

	chain.rules = ARENA_ARRAY(work->arena, struct ir_rule, chain.count + 1);
	for (uint32_t i = 0; i < chain.count; i++)
		chain.rules[i] = work->from->rules.at[from->first_rule + i];
	for (int pass = 0; pass < OPT_PASSES; pass++)
		if (!(off & 1u << pass))
			passes[pass](work, &chain);
	keep_one(work, &chain);
	finish_chain(work, &chain);
}

/* The rule that stands for SOURCE in the end; shortens the way for those who ask next. */
static uint32_t find_last(struct opt_fate *fates, uint32_t source)
{
	uint32_t last = source;

	while (fates[last].kind == OPT_FATE_MERGED)
		last = fates[last].rule;
	while (fates[source].kind == OPT_FATE_MERGED) {
		uint32_t next = fates[source].rule;

		fates[source].rule = last;
		source = next;
	}
	return last;
}

static const uint32_t *find_positions(struct opt_work *work)
{
	size_t count = work->from->rules.len;
	uint32_t *position_of = ARENA_ARRAY(work->arena, uint32_t, count + 1);

	for (size_t i = 0; i < count; i++)
		position_of[i] = OPT_NO_RULE;
	for (size_t i = 0; i < work->ir->rules.len; i++)
		position_of[work->ir->rules.at[i].source] = (uint32_t)i;
	for (uint32_t i = 0; i < count; i++)
		position_of[i] = position_of[find_last(work->fates, i)];
	return position_of;
}

void opt_ruleset(const struct ir *ir, const struct taken *taken,
		 const struct opt_options *options, struct arena *arena, struct opt **ret_opt)
{
	struct opt *opt = ARENA_NEW(arena, struct opt);
	struct opt_work work = {
		.from = ir,
		.taken = taken,
		.arena = arena,
		.ir = copy_ir(ir, arena),
		.fates = ARENA_ARRAY(arena, struct opt_fate, ir->rules.len + 1),
		.members = ARENA_ARRAY(arena, uint32_t, ir->rules.len + 1),
	};

	for (size_t i = 0; i < ir->rules.len; i++)
		work.members[i] = 1;
	for (uint32_t i = 0; i < ir->chains.len; i++)
		run_chain(&work, i, options->off);
	opt->ir = work.ir;
	opt->fates = work.fates;
	opt->position_of = find_positions(&work);
	*ret_opt = opt;
}
