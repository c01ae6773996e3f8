/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_tests: the protocol is asked first.
 *
 * In: a chain.  Out: the same rules with the tests before their first counter, map or verdict in
 * this order: network protocol, transport protocol, the others as they stood.  Neighbours then
 * begin alike, and the program asks once what they share.
 *
 * Safety: no test changes anything, and a rule goes on only when all of them are true, in whatever
 * order they are asked; a load that fails is a test that is false.
 */
#include "compiler/opt/opt_parts.h"

/* 0: which network protocol, 1: which transport protocol, 2: anything else. */
static int rank(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_key *key = &ir->keys.at[step->key];
	const struct field *field;

	if (key->parts.len != 1)
		return 2;
	field = ir->loads.at[key->parts.at[0].load].field;
	if (field->load == FIELD_LOAD_NFPROTO || field->select == FIELD_SELECT_ETHER_TYPE)
		return 0;
	return field->select == FIELD_SELECT_L4PROTO ? 1 : 2;
}

static bool in_order(const struct ir *ir, const struct ir_rule *rule, size_t lead)
{
	for (size_t i = 1; i < lead; i++)
		if (rank(ir, &rule->steps.at[i - 1]) > rank(ir, &rule->steps.at[i]))
			return false;
	return true;
}

static void sort_tests(struct opt_work *work, struct ir_rule *rule, size_t lead)
{
	const struct ir_step *old = rule->steps.at;
	size_t at = 0;

	opt_own_steps(work, rule);
	for (int wanted = 0; wanted <= 2; wanted++)
		for (size_t i = 0; i < lead; i++)
			if (rank(work->ir, &old[i]) == wanted)
				rule->steps.at[at++] = old[i];
}

void opt_tests(struct opt_work *work, struct opt_chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		struct ir_rule *rule = &chain->rules[i];
		size_t lead = opt_lead(rule);

		if (!opt_is_fixed(work->ir, rule) && !in_order(work->ir, rule, lead))
			sort_tests(work, rule, lead);
	}
}
