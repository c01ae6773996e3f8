/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_explain: how the program does what the ruleset says.
 *
 * In: a source text.  Out: text for people.
 */
#include "compiler/compile_parts.h"

bool compile_explain(struct source_set *sources, uint32_t source,
		     const struct compile_options *options, struct arena *arena,
		     struct diag *diag, struct buf *out)
{
	struct compile_inner inner = { 0 };

	if (!compile_run(sources, source, options, COMPILE_PHASE_PLAN, arena, diag, &inner))
		return false;
	plan_explain(inner.plan, out);
	return true;
}
