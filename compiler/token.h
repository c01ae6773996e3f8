/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * token: what the lexer makes of a text.  It knows no field, type or keyword.
 */
#ifndef XDPFW_TOKEN_H
#define XDPFW_TOKEN_H

#include "compiler/base/source.h"
#include "compiler/base/str.h"

enum token_kind {
	TOKEN_END,			/* of the text */
	TOKEN_NEWLINE,
	TOKEN_SEMICOLON,
	TOKEN_WORD,			/* letter, then letters digits / - _ . ; also "eth*",
					   "eth\*" and "1:2" */
	TOKEN_NUMBER,			/* decimal or 0x hex */
	TOKEN_STRING,			/* "quoted"; .text is the inside */
	TOKEN_ADDRESS,			/* IPv4, IPv6 or MAC address by its shape */
	TOKEN_LBRACE, TOKEN_RBRACE,
	TOKEN_LPAREN, TOKEN_RPAREN,
	TOKEN_LBRACKET, TOKEN_RBRACKET,
	TOKEN_COMMA, TOKEN_COLON, TOKEN_DOT, TOKEN_SLASH, TOKEN_DASH, TOKEN_ASTERISK,
	TOKEN_PLUS,
	TOKEN_DOLLAR, TOKEN_AT,
	TOKEN_ASSIGN,			/* = */
	TOKEN_EQ, TOKEN_NEQ, TOKEN_LT, TOKEN_GT, TOKEN_LTE, TOKEN_GTE,
	TOKEN_NOT,			/* ! */
	TOKEN_AND, TOKEN_OR, TOKEN_XOR, TOKEN_LSHIFT, TOKEN_RSHIFT,
};

struct token {
	enum token_kind kind;
	struct str text;
	struct source_span span;
};

/* "'{'", "a number", "end of file": for error messages. */
const char *token_kind_name(enum token_kind kind);

#endif
