/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_chain: chains that no packet reaches.
 *
 * In: the IR.  Out: a warning for each chain that no base chain leads to, over any number of jumps
 * and gotos.  Whether a packet ever meets the rule with the jump is not asked.
 */
#include "compiler/warn_parts.h"

static void reach(const struct ir *ir, uint32_t number, bool *reached, uint32_t *todo,
		  size_t *todo_len)
{
	const struct ir_chain *chain = &ir->chains.at[number];

	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &ir->rules.at[chain->first_rule + i];

		for (size_t j = 0; j < rule->steps.len; j++) {
			struct ir_verdict verdict;

			for (size_t at = 0; warn_next_verdict(ir, &rule->steps.at[j], &at,
							      &verdict);) {
				if (verdict.kind != IR_VERDICT_JUMP &&
				    verdict.kind != IR_VERDICT_GOTO)
					continue;
				if (reached[verdict.chain])
					continue;
				reached[verdict.chain] = true;
				todo[(*todo_len)++] = verdict.chain;
			}
		}
	}
}

void warn_chains(const struct ir *ir, struct arena *arena, struct diag *diag)
{
	bool *reached = ARENA_ARRAY(arena, bool, ir->chains.len + 1);
	uint32_t *todo = ARENA_ARRAY(arena, uint32_t, ir->chains.len + 1);
	size_t todo_len = 0;

	for (uint32_t i = 0; i < ir->chains.len; i++) {
		reached[i] = ir->chains.at[i].is_base;
		if (reached[i])
			todo[todo_len++] = i;
	}
	for (size_t i = 0; i < todo_len; i++)
		reach(ir, todo[i], reached, todo, &todo_len);
	for (size_t i = 0; i < ir->chains.len; i++) {
		const struct ir_chain *chain = &ir->chains.at[i];

		if (reached[i])
			continue;
		diag_warning(diag, chain->span,
			     "no packet reaches chain '%.*s': no base chain leads to it",
			     STR_ARG(chain->name));
	}
}
