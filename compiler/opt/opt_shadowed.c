/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_shadowed: rules that no packet comes to, because an earlier one takes them all.
 *
 * In: a chain.  Out: the same without those that taken.h found.
 *
 * Safety: a chain is always run from its first rule on, so what comes to the later rule has been
 * asked by the earlier one, and was not taken by it: one of its tests was false.  All of them
 * follow from tests that the later rule has before it does anything, so it does nothing.  That
 * the earlier rule may be gone itself, or be part of another one, does not matter: then a third
 * one takes those packets as well, or there are none.
 */
#include "compiler/opt/opt_parts.h"

static uint32_t find_taker(const struct opt_work *work, const struct opt_chain *chain,
			   const struct ir_rule *rule)
{
	uint32_t all = work->taken->all[chain->number];

	return all != TAKEN_NONE && rule->source > all ? all :
							 work->taken->rules[rule->source].taker;
}

void opt_shadowed(struct opt_work *work, struct opt_chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		const struct ir_rule *rule = &chain->rules[i];
		uint32_t taker = find_taker(work, chain, rule);

		if (taker != TAKEN_NONE && !opt_is_fixed(work->ir, rule))
			work->fates[rule->source] =
				(struct opt_fate){ OPT_FATE_SHADOWED, taker };
	}
	opt_sweep(work, chain);
}
