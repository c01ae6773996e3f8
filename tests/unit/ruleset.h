/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ruleset: a ruleset's text as an IR, for tests of what works on the IR.
 */
#ifndef XDPFW_TESTS_RULESET_H
#define XDPFW_TESTS_RULESET_H

#include <check.h>

#include "compiler/bind.h"
#include "compiler/ir.h"
#include "compiler/lower.h"
#include "compiler/parse.h"

/* Zero it, call ruleset_lower(), free .arena. */
struct ruleset {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct bind_ruleset *bound;
	struct ir *ir;
};

/* False when some phase found an error; .diag has it. */
static inline bool ruleset_try(struct ruleset *ruleset, const char *text)
{
	struct parse_options parse = { 0 };
	struct bind_options bind = { 0 };
	struct ast *ast;
	uint32_t source;

	ruleset->sources.arena = &ruleset->arena;
	ruleset->diag.arena = &ruleset->arena;
	ruleset->diag.sources = &ruleset->sources;
	source = source_add(&ruleset->sources, "test.nft", str_from(text));
	return parse_source(&ruleset->sources, source, &parse, &ruleset->arena, &ruleset->diag,
			    &ast) &&
	       bind_ast(ast, &bind, &ruleset->arena, &ruleset->diag, &ruleset->bound) &&
	       lower_ruleset(ruleset->bound, &ruleset->arena, &ruleset->diag, &ruleset->ir);
}

static inline void ruleset_lower(struct ruleset *ruleset, const char *text)
{
	struct buf messages = BUF_INIT;

	if (ruleset_try(ruleset, text))
		return;
	diag_print(&ruleset->diag, &messages);
	ck_abort_msg("%s", messages.at);
}

/* RULES in one base chain of device eth0. */
#define RULESET_CHAIN(policy, rules)                                                           \
	"table netdev t {\n\tchain c {\n"                                                      \
	"\t\ttype filter hook ingress device \"eth0\" priority 0; policy " policy ";\n" rules   \
	"\n\t}\n}\n"

#endif
