/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn: what a ruleset says that its author hardly means.
 *
 * In: an IR.  Out: warnings.  Each kind has a file of its own; none of them changes the IR.
 */
#include "compiler/warn_parts.h"

bool warn_next_verdict(const struct ir *ir, const struct ir_step *step, size_t *at,
		       struct ir_verdict *ret_verdict)
{
	const struct ir_map *map;

	if (step->kind == IR_STEP_VERDICT) {
		*ret_verdict = step->verdict;
		return (*at)++ == 0;
	}
	if (step->kind != IR_STEP_MAP)
		return false;
	map = &ir->maps.at[step->map];
	if (*at < map->entries.len)
		*ret_verdict = map->entries.at[*at].verdict;
	else
		*ret_verdict = map->rest.verdict;
	return (*at)++ < map->entries.len + map->has_rest;
}

void warn_ruleset(const struct ir *ir, const struct taken *taken, struct arena *arena,
		  struct diag *diag)
{
	warn_chains(ir, arena, diag);
	warn_rules(ir, taken, diag);
	warn_fragments(ir, arena, diag);
	warn_policies(ir, arena, diag);
}
