/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_trail: which rules a trail speaks of.
 *
 * In: trails of the judge, which goes by the ruleset's rules, and of the program, whose rules are
 * those that the optimiser left.  Out: whether they agree, and the one in words of the other.
 */
#include "compiler/compile_parts.h"

/* The policy of a chain, or one that dropped before its first rule. */
static bool is_no_rule(uint32_t number)
{
	return number == XDPFW_TRAIL_POLICY || number == XDPFW_TRAIL_INVALID;
}

void compile_trail_number(const struct compile *compile, struct xdpfw_trail *trail)
{
	for (uint32_t i = 0; i < trail->count && i < XDPFW_MAX_BASE_CHAINS; i++)
		if (!is_no_rule(trail->rule[i]))
			trail->rule[i] = compile->inner->opt->position_of[trail->rule[i]];
}

bool compile_trail_fits(const struct compile *compile, const struct xdpfw_trail *judged,
			const struct xdpfw_trail *written)
{
	struct xdpfw_trail wanted = *judged;

	compile_trail_number(compile, &wanted);
	return wanted.reason == written->reason && wanted.count == written->count &&
	       wanted.count <= XDPFW_MAX_BASE_CHAINS &&
	       !memcmp(wanted.rule, written->rule, wanted.count * sizeof(wanted.rule[0]));
}

void compile_trail_name(const struct compile *compile, struct xdpfw_trail *trail)
{
	const struct ir *ir = compile->inner->opt->ir;

	for (uint32_t i = 0; i < trail->count && i < XDPFW_MAX_BASE_CHAINS; i++) {
		uint32_t *number = &trail->rule[i];

		if (!is_no_rule(*number))
			*number = *number < ir->rules.len ? ir->rules.at[*number].source :
							    compile->rule_count;
	}
}
