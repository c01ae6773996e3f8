/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_private: what the files of the parser share.
 *
 * Every parse function starts at the next token.  It returns false or NULL after having reported
 * one error; the loop over statements (parse_items) then skips the rest of that statement.
 */
#ifndef XDPFW_PARSE_PRIVATE_H
#define XDPFW_PARSE_PRIVATE_H

#include <stdint.h>

#include "compiler/ast.h"
#include "compiler/base/diag.h"
#include "compiler/lex.h"
#include "compiler/parse.h"
#include "compiler/refuse.h"

/* A variable: bound by `define` until the block that holds it ends, or `undefine`. */
struct parse_symbol {
	struct str name;
	uint32_t hash;
	unsigned int depth;			/* of the scope that binds it */
	bool dead;				/* taken out again */
	struct source_span span;
	const struct ast_expr *value;
	unsigned int operators;			/* in the value: see struct parse */
	struct parse_symbol *bucket_next;
	struct parse_symbol *scope_next;	/* bound before it in the same scope */
};

/* One table of names for all scopes; each scope has at most one symbol of a name there. */
struct parse_symbols {
	struct parse_symbol **buckets;
	size_t bucket_count, count;
	unsigned int depth;			/* scopes open */
	struct parse_symbol *scope;		/* the innermost scope's, the last bound first */
};

/* A file that is being read: the files around it, to find one that includes itself. */
struct parse_file {
	const struct parse_file *outer;
	uint32_t source;
	unsigned int depth;			/* 1: the ruleset itself */
};

struct parse {
	struct source_set *sources;
	const struct parse_options *options;
	struct arena *arena;
	struct arena scratch;			/* the statements of the rule in hand */
	struct diag *diag;
	struct ast *ast;

	const struct token *tokens;		/* of the current file; the last is TOKEN_END */
	size_t at;
	unsigned int open;			/* brackets taken in this file and not yet closed */
	const struct parse_file *file;
	VEC(const struct lex_tokens *) lexed;	/* by source number; NULL: not yet */
	unsigned int includes;

	struct parse_symbols symbols;
	unsigned int nesting;			/* brackets of the expression being parsed */
	unsigned int operators;			/* of the expression being parsed: no tree is
						   higher, so nobody's recursion is deeper */
	size_t expanded;			/* elements that variables brought, in the run */
	unsigned int rules;			/* in the run */
	bool full;				/* too many of something, reported: nothing more
						   is parsed */
};

/* One statement of a block; .context is the block's object. */
typedef bool parse_item_fn(struct parse *parse, void *context);

struct parse_items {
	parse_item_fn *item;
	void *context;
	bool loose;			/* statements need no newline or ';' between them */
	bool rules;			/* statements are rules: see skip_statement */
	const char *const *outer_words;	/* NULL at the end: `WORD [WORD] WORD {` cannot stand in
					   this block, so its '}' must be missing */
};

/* --- tokens (parse.c) --- */

static inline const struct token *parse_peek(const struct parse *parse)
{
	return &parse->tokens[parse->at];
}

static inline bool parse_is(const struct parse *parse, enum token_kind kind)
{
	return parse_peek(parse)->kind == kind;
}

static inline bool parse_token_is_word(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && str_is(token->text, word);
}

static inline bool parse_is_word(const struct parse *parse, const char *word)
{
	return parse_token_is_word(parse_peek(parse), word);
}

/* The token behind the next one. */
const struct token *parse_peek_second(const struct parse *parse);
const struct token *parse_take(struct parse *parse);
bool parse_accept(struct parse *parse, enum token_kind kind);
bool parse_accept_word(struct parse *parse, const char *word);
/* Reports "expected WHAT, found TOKEN" about the next token; always false. */
bool parse_unexpected(struct parse *parse, const char *what);
/* Adds "did you mean" to the error reported last, when something is near. */
void parse_suggest(struct parse *parse, const struct str_nearest *near);
/* The nearest to the next token of WORDS (NULL at the end) and of those refused at PLACES. */
void parse_suggest_of(struct parse *parse, const char *const *words, unsigned int places);
/* Both, where one of WORDS was to be. */
bool parse_unexpected_of(struct parse *parse, const char *what, const char *const *words,
			 unsigned int places);
bool parse_expect(struct parse *parse, enum token_kind kind);
bool parse_expect_word(struct parse *parse, const char *word);
/* Newline, ';', the end of the text or of the block. */
bool parse_at_separator(const struct parse *parse);
void parse_skip_newlines(struct parse *parse);
struct source_span parse_last_span(const struct parse *parse);	/* of the token taken last */

bool parse_items(struct parse *parse, const struct parse_items *items);
/* '{' items '}'; KIND and NAME say what misses its '}' in the error. */
bool parse_block(struct parse *parse, const struct parse_items *items, const char *kind,
		 struct str name);

/* A new identifier or a use of one: a word that is not one of nft's reserved words. */
bool parse_name(struct parse *parse, const char *what, struct ast_name *ret_name);
bool parse_number(struct parse *parse, const char *what, uint64_t max, uint64_t *ret_number);
/* [packets NUMBER] [bytes NUMBER], in any order and number as in nft. */
bool parse_counts(struct parse *parse, uint64_t *packets, uint64_t *bytes);
/* comment "...": the next word is `comment`. */
bool parse_comment(struct parse *parse, struct ast_name *ret_comment);
/* Reports a second `what` in one block; FIRST is where the first one is.  Always false. */
bool parse_twice(struct parse *parse, struct source_span span, struct source_span first,
		 const char *what);

/* --- variables and files (parse_define.c, parse_include.c) --- */

bool parse_define(struct parse *parse);		/* also `redefine` */
bool parse_undefine(struct parse *parse);
/* The text NAME=VALUE of a -D option. */
bool parse_define_option(struct parse *parse, const struct parse_define *define);
/* Opens a scope; returns what parse_scope_end takes to close it. */
struct parse_symbol *parse_scope_begin(struct parse *parse);
void parse_scope_end(struct parse *parse, struct parse_symbol *outer);
/* $name: a copy of its value; the outermost nodes carry the span of the use. */
struct ast_expr *parse_variable(struct parse *parse);

bool parse_include(struct parse *parse, const struct parse_items *items);
/* The tokens of a text, lexed once; NULL after errors. */
const struct lex_tokens *parse_tokens_of(struct parse *parse, uint32_t source);

/* --- expressions (parse_expr.c, parse_field.c, parse_set.c) --- */

struct ast_expr *parse_new_expr(struct parse *parse, enum ast_expr_kind kind,
				struct source_span span);
/* The kind of the next token; a word such as `eq` or `and` counts as the mark it stands for. */
enum token_kind parse_operator(const struct parse *parse);
/* False, reported: more operators than LIMITS_NESTING in one expression. */
bool parse_count_operators(struct parse *parse, unsigned int count, struct source_span span);
/* Opens a bracket of an expression; the caller takes one off parse->nesting at its end. */
bool parse_nest(struct parse *parse);
/* tcp dport; vxlan ip saddr; @th,16,16 */
struct ast_expr *parse_field(struct parse *parse);
bool parse_begins_field(const struct parse *parse);
/*
 * `ip saddr == ip daddr`: the second `ip` was taken for a value, as it is one in `ether type ip`;
 * false, reported, when what follows shows that a field was meant.
 */
bool parse_check_value(struct parse *parse, const struct ast_expr *left,
		       const struct ast_expr *right);
/* Fields, perhaps with `& mask`, joined by dots: what stands left of an operator. */
struct ast_expr *parse_left(struct parse *parse);
/* Fields joined by dots: what stands behind `typeof`. */
struct ast_expr *parse_typeof(struct parse *parse);
/* What stands right of an operator: values joined by dots, list, { set }, @set. */
struct ast_expr *parse_right(struct parse *parse);
struct ast_expr *parse_list(struct parse *parse);	/* a, b, c with at least two parts */
/* Values, prefixes or ranges joined by dots: the key of a set element. */
struct ast_expr *parse_key(struct parse *parse);
struct ast_expr *parse_set_ref(struct parse *parse);	/* @name */
struct ast_expr *parse_set(struct parse *parse);	/* { elements } */
/* { elements }, or a variable that holds such. */
struct ast_expr *parse_set_or_variable(struct parse *parse);
/* @map, or { elements } of a map. */
struct ast_expr *parse_map(struct parse *parse);
bool parse_verdict(struct parse *parse, struct ast_verdict *ret_verdict);
bool parse_begins_verdict(const struct parse *parse);

/* --- statements and objects (parse_stmt.c, parse_table.c, parse_chain.c, parse_command.c) --- */

/* Up to the end of the rule, its comment included. */
bool parse_rule(struct parse *parse, struct ast_rule *ret_rule);
/* { ... } of a table, chain, set or map, or counter; the names are there already. */
bool parse_table_block(struct parse *parse, struct ast_table *table);
bool parse_chain_block(struct parse *parse, struct ast_chain *chain);
bool parse_set_block(struct parse *parse, struct ast_set *set);
/* { ... } of a counter, or its figures alone. */
bool parse_counter_block(struct parse *parse, struct ast_counter *counter);
bool parse_command(struct parse *parse, void *context);

/* --- words (parse_words.c) --- */

/* A reserved word that nft takes as a value all the same: `ip protocol tcp`. */
bool parse_word_is_value(struct str word);
/* A reserved word that nft takes as a type: `type mark`, but not `type day`. */
bool parse_word_is_type(struct str word);

/*
 * Reports that a construct of nft's grammar is refused, and returns true, when WORDS at PLACE name
 * one; else reports nothing and returns false.
 */
bool parse_refuse(struct parse *parse, enum refuse_place place, struct str words,
		  struct source_span span);
/* Offers the words that are refused at PLACES: a mistyped one is one of them all the same. */
void parse_suggest_refused(unsigned int places, struct str_nearest *near);

#endif
