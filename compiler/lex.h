/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lex: source text -> tokens.
 *
 * Comments and blanks vanish, a backslash before a newline joins lines.  The last token is
 * TOKEN_END.  Bytes that begin no token are errors (all of them are reported).
 */
#ifndef XDPFW_LEX_H
#define XDPFW_LEX_H

#include <stdbool.h>

#include "compiler/base/diag.h"
#include "compiler/base/source.h"
#include "compiler/token.h"

struct lex_tokens {
	VEC(struct token) tokens;
};

bool lex_source(const struct source_set *sources, uint32_t source, struct arena *arena,
		struct diag *diag, struct lex_tokens **ret_tokens);

/* Whether TEXT, which has no ':', is one word, perhaps with a '*' at its end. */
bool lex_is_word(struct str text);

/* One token a line: line:col kind text (--emit=tokens). */
void lex_print(const struct source_set *sources, const struct lex_tokens *tokens,
	       struct buf *out);

#endif
