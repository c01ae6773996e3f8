/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_parts: what the files of module compile share.
 */
#ifndef XDPFW_COMPILE_PARTS_H
#define XDPFW_COMPILE_PARTS_H

#include "compiler/bind.h"
#include "compiler/compile.h"
#include "compiler/ir.h"
#include "compiler/opt/opt.h"
#include "compiler/plan.h"
#include "compiler/taken.h"

/* What each phase made, as far as it came. */
struct compile_inner {
	struct lex_tokens *tokens;
	struct ast *ast;
	struct bind_ruleset *ruleset;
	struct ir *ir;			/* as lower made it: what the judge goes by */
	struct taken *taken;
	struct opt *opt;		/* what the plan is made of */
	struct plan *plan;
	struct interp_index *index;	/* of the judge; NULL: there is none */
};

/* compile.c */

/* Runs the phases up to LAST (all but the C text, which is only printed). */
bool compile_run(struct source_set *sources, uint32_t source,
		 const struct compile_options *options, enum compile_phase last,
		 struct arena *arena, struct diag *diag, struct compile_inner *inner);
const struct bind_ruleset *compile_ruleset(const struct compile *compile);

/* compile_missing.c */
bool compile_has_table(const struct compile *compile, const char *family, const char *name);

/* compile_key.c */

/* "netdev", "inet". */
const char *compile_family(const struct bind_table *table);

/* .counters and .objects of COMPILE. */
void compile_list_keys(struct bind_ruleset *ruleset, struct arena *arena,
		       struct compile *compile);

#endif
