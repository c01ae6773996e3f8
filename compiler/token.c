/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * token: names of token kinds for error messages and --emit=tokens.
 *
 * In: a kind.  Out: constant text.  The array is checked against the enum by the unit test.
 */
#include "compiler/token.h"

#include <stddef.h>

static const char *const kind_names[] = {
	[TOKEN_END] = "end of file",
	[TOKEN_NEWLINE] = "end of line",
	[TOKEN_SEMICOLON] = "';'",
	[TOKEN_WORD] = "a word",
	[TOKEN_NUMBER] = "a number",
	[TOKEN_STRING] = "a string",
	[TOKEN_ADDRESS] = "an address",
	[TOKEN_LBRACE] = "'{'",
	[TOKEN_RBRACE] = "'}'",
	[TOKEN_LPAREN] = "'('",
	[TOKEN_RPAREN] = "')'",
	[TOKEN_LBRACKET] = "'['",
	[TOKEN_RBRACKET] = "']'",
	[TOKEN_COMMA] = "','",
	[TOKEN_COLON] = "':'",
	[TOKEN_DOT] = "'.'",
	[TOKEN_SLASH] = "'/'",
	[TOKEN_DASH] = "'-'",
	[TOKEN_ASTERISK] = "'*'",
	[TOKEN_PLUS] = "'+'",
	[TOKEN_DOLLAR] = "'$'",
	[TOKEN_AT] = "'@'",
	[TOKEN_ASSIGN] = "'='",
	[TOKEN_EQ] = "'=='",
	[TOKEN_NEQ] = "'!='",
	[TOKEN_LT] = "'<'",
	[TOKEN_GT] = "'>'",
	[TOKEN_LTE] = "'<='",
	[TOKEN_GTE] = "'>='",
	[TOKEN_NOT] = "'!'",
	[TOKEN_AND] = "'&'",
	[TOKEN_OR] = "'|'",
	[TOKEN_XOR] = "'^'",
	[TOKEN_LSHIFT] = "'<<'",
	[TOKEN_RSHIFT] = "'>>'",
};

const char *token_kind_name(enum token_kind kind)
{
	return kind_names[kind];
}
