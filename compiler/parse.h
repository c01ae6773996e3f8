/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse: tokens -> AST, by hand, by recursive descent.
 *
 * Contextual words come from the field and type tables.  `define` and `include` are carried out
 * here.  After an error the parser goes on at the next statement, so that one run reports several.
 */
#ifndef XDPFW_PARSE_H
#define XDPFW_PARSE_H

#include <stdbool.h>

#include "compiler/ast.h"
#include "compiler/base/diag.h"
#include "compiler/base/source.h"

struct parse_define {
	const char *name, *value;	/* -D name=value */
};

struct parse_options {
	const struct parse_define *defines;
	size_t define_count;
	const char *const *include_dirs;	/* -I, searched in order for relative names that do
						   not start with ./ ; then the default dir */
	size_t include_dir_count;
};

/* Parses text SOURCE of the set; includes are added to the set. */
bool parse_source(struct source_set *sources, uint32_t source, const struct parse_options *options,
	   struct arena *arena, struct diag *diag, struct ast **ret_ast);

/* Parses text SOURCE of the set: the matches of one rule, which name nothing of a ruleset. */
bool parse_matches(struct source_set *sources, uint32_t source, struct arena *arena,
		   struct diag *diag, struct ast_rule *ret_rule);

/* A word that nft's scanner keeps for itself everywhere. */
bool parse_word_is_reserved(struct str word);

/* An indented tree (--emit=ast). */
void parse_print(const struct ast *ast, struct buf *out);

#endif
