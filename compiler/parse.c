/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse: the parser's frame: the cursor over the tokens, the loop over the statements of a block
 * with its recovery after errors, and the small pieces that all constructs use.
 *
 * In: a text of the source set.  Out: its AST, or errors.
 *
 * Safety: the cursor never moves behind TOKEN_END.  Recursion is bounded: blocks nest two deep,
 * brackets LIMITS_NESTING deep, files LIMITS_INCLUDE_DEPTH deep; everything else is a loop.  Each
 * turn of parse_items takes at least one token.  After ERRORS_MAX errors parsing stops.
 */
#include "compiler/parse_private.h"

#include <errno.h>
#include <stdlib.h>

#include "compiler/base/limits.h"

/* More than are printed, so that sorting them by place still shows the first ones. */
#define ERRORS_MAX (2 * LIMITS_DIAGS)

const struct token *parse_peek_second(const struct parse *parse)
{
	return &parse->tokens[parse->at + !parse_is(parse, TOKEN_END)];
}

const struct token *parse_take(struct parse *parse)
{
	const struct token *token = parse_peek(parse);

	if (token->kind == TOKEN_LBRACE || token->kind == TOKEN_LPAREN ||
	    token->kind == TOKEN_LBRACKET)
		parse->open++;
	else if ((token->kind == TOKEN_RBRACE || token->kind == TOKEN_RPAREN ||
		  token->kind == TOKEN_RBRACKET) && parse->open)
		parse->open--;
	parse->at += token->kind != TOKEN_END;
	return token;
}

bool parse_accept(struct parse *parse, enum token_kind kind)
{
	if (!parse_is(parse, kind))
		return false;
	parse_take(parse);
	return true;
}

bool parse_accept_word(struct parse *parse, const char *word)
{
	if (!parse_is_word(parse, word))
		return false;
	parse_take(parse);
	return true;
}

bool parse_unexpected(struct parse *parse, const char *what)
{
	const struct token *token = parse_peek(parse);

	if (token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER ||
	    token->kind == TOKEN_ADDRESS)
		diag_error(parse->diag, token->span, "expected %s, found '%.*s'", what,
			   STR_ARG(token->text));
	else
		diag_error(parse->diag, token->span, "expected %s, found %s", what,
			   token_kind_name(token->kind));
	return false;
}

void parse_suggest(struct parse *parse, const struct str_nearest *near)
{
	/* The word itself can be right, but in the wrong place. */
	if (near->best && !str_is(near->word, near->best))
		diag_help(parse->diag, "did you mean '%s'?", near->best);
}

void parse_suggest_of(struct parse *parse, const char *const *words, unsigned int places)
{
	struct str_nearest near = { .word = parse_peek(parse)->text };

	if (!parse_is(parse, TOKEN_WORD))
		return;
	for (size_t i = 0; words[i]; i++)
		str_nearest_offer(&near, words[i]);
	parse_suggest_refused(places, &near);
	parse_suggest(parse, &near);
}

bool parse_unexpected_of(struct parse *parse, const char *what, const char *const *words,
			 unsigned int places)
{
	parse_unexpected(parse, what);
	parse_suggest_of(parse, words, places);
	return false;
}

bool parse_expect(struct parse *parse, enum token_kind kind)
{
	return parse_accept(parse, kind) || parse_unexpected(parse, token_kind_name(kind));
}

bool parse_expect_word(struct parse *parse, const char *word)
{
	return parse_accept_word(parse, word) ||
	       parse_unexpected(parse, arena_printf(parse->arena, "'%s'", word));
}

bool parse_at_separator(const struct parse *parse)
{
	return parse_is(parse, TOKEN_NEWLINE) || parse_is(parse, TOKEN_SEMICOLON) ||
	       parse_is(parse, TOKEN_END) || (parse_is(parse, TOKEN_RBRACE) && parse->open);
}

void parse_skip_newlines(struct parse *parse)
{
	while (parse_is(parse, TOKEN_NEWLINE))
		parse_take(parse);
}

struct source_span parse_last_span(const struct parse *parse)
{
	return parse->tokens[parse->at - (parse->at > 0)].span;
}

static uint32_t column_of(const struct parse *parse, const struct token *token)
{
	return source_locate(parse->sources, token->span).column;
}

/* Whether the next token, the first of its line, is more likely a new rule than part of a set. */
static bool begins_rule(const struct parse *parse, const struct token *first)
{
	const struct token *token = parse_peek(parse), *second = parse_peek_second(parse);
	uint32_t column = column_of(parse, token), least = column_of(parse, first);

	if (token->kind == TOKEN_RBRACE)
		return column < least;
	return token->kind == TOKEN_WORD && column <= least && second->kind != TOKEN_COMMA &&
	       second->kind != TOKEN_COLON && second->kind != TOKEN_RBRACE;
}

/*
 * To the end of the statement that began at FIRST with OPEN brackets open.  Brackets inside it are
 * skipped in pairs, so that a refused block is one error.  But a rule may be wrong because its '}'
 * is missing: then a line that is not indented more than the rule itself ends it.
 */
static void skip_statement(struct parse *parse, const struct parse_items *items,
			   const struct token *first, unsigned int open)
{
	while (!parse_is(parse, TOKEN_END)) {
		if (parse->open <= open && parse_at_separator(parse))
			return;
		if (parse_take(parse)->kind != TOKEN_NEWLINE || !items->rules ||
		    !begins_rule(parse, first))
			continue;
		parse->open = open;
		return;
	}
}

static bool begins_outer_block(const struct parse *parse, const struct parse_items *items)
{
	const struct token *token = parse_peek(parse);

	if (!items->outer_words || token->kind != TOKEN_WORD)
		return false;
	for (size_t i = 0; items->outer_words[i]; i++)
		if (str_is(token->text, items->outer_words[i]))
			return token[1].kind == TOKEN_WORD &&
			       (token[2].kind == TOKEN_LBRACE ||
				(token[2].kind == TOKEN_WORD && token[3].kind == TOKEN_LBRACE));
	return false;
}

static bool parse_common(struct parse *parse, const struct parse_items *items, bool *ret_ok)
{
	const struct token *token = parse_peek(parse);

	if (token->kind != TOKEN_WORD)
		return false;
	if (str_is(token->text, "define") || str_is(token->text, "redefine"))
		*ret_ok = parse_define(parse);
	else if (str_is(token->text, "undefine"))
		*ret_ok = parse_undefine(parse);
	else if (str_is(token->text, "include"))
		*ret_ok = parse_include(parse, items);
	else
		return false;
	return true;
}

static bool expect_separator(struct parse *parse)
{
	return parse_at_separator(parse) || parse_unexpected(parse, "a newline or ';'");
}

bool parse_items(struct parse *parse, const struct parse_items *items)
{
	unsigned int errors = parse->diag->errors;

	while (!parse_is(parse, TOKEN_END) && parse->diag->errors < ERRORS_MAX && !parse->full) {
		const struct token *first = parse_peek(parse);
		unsigned int open = parse->open;
		bool ok;

		if (parse_accept(parse, TOKEN_NEWLINE) || parse_accept(parse, TOKEN_SEMICOLON))
			continue;
		if ((parse_is(parse, TOKEN_RBRACE) && open) || begins_outer_block(parse, items))
			break;
		if (parse_is(parse, TOKEN_RBRACE)) {
			diag_error(parse->diag, parse_peek(parse)->span,
				   "'}' without a '{' before it in this file");
			parse_take(parse);
			continue;
		}
		parse->nesting = 0;
		parse->operators = 0;
		if (!parse_common(parse, items, &ok))
			ok = items->item(parse, items->context);
		if (ok && (items->loose || expect_separator(parse)))
			continue;
		skip_statement(parse, items, first, open);
	}
	return parse->diag->errors == errors;
}

bool parse_block(struct parse *parse, const struct parse_items *items, const char *kind,
		 struct str name)
{
	const struct token *brace = parse_peek(parse);
	unsigned int errors = parse->diag->errors;

	if (!parse_expect(parse, TOKEN_LBRACE))
		return false;
	parse_items(parse, items);
	if (parse_accept(parse, TOKEN_RBRACE))
		return true;
	/* After other errors the brackets may have been misjudged: say nothing. */
	if (parse->diag->errors == errors) {
		diag_error(parse->diag, parse_peek(parse)->span, "'}' of %s '%.*s' is missing",
			   kind, STR_ARG(name));
		diag_label(parse->diag, brace->span, "opened here");
	}
	parse->open--;
	return false;
}

static bool check_name_len(struct parse *parse, const struct token *token, const char *what)
{
	if (token->text.len <= LIMITS_NAME_LEN)
		return true;
	diag_error(parse->diag, token->span, "%s is longer than %d bytes", what, LIMITS_NAME_LEN);
	return false;
}

bool parse_name(struct parse *parse, const char *what, struct ast_name *ret_name)
{
	const struct token *token = parse_peek(parse);

	if (token->kind != TOKEN_WORD) {
		parse_unexpected(parse, what);
		if (token->kind == TOKEN_STRING)
			diag_help(parse->diag, "names are written without quotes");
		return false;
	}
	if (parse_word_is_reserved(token->text)) {
		diag_error(parse->diag, token->span,
			   "expected %s, found '%.*s', which is a reserved word", what,
			   STR_ARG(token->text));
		return false;
	}
	if (memchr(token->text.at, '*', token->text.len))
		return parse_unexpected(parse, what);
	if (!check_name_len(parse, token, what))
		return false;
	parse_take(parse);
	*ret_name = (struct ast_name){ token->text, token->span };
	return true;
}

bool parse_number(struct parse *parse, const char *what, uint64_t max, uint64_t *ret_number)
{
	const struct token *token = parse_peek(parse);
	char text[24];
	unsigned long long number;

	if (token->kind != TOKEN_NUMBER)
		return parse_unexpected(parse, what);
	errno = ERANGE;
	number = 0;
	if (token->text.len < sizeof(text)) {
		memcpy(text, token->text.at, token->text.len);
		text[token->text.len] = '\0';
		errno = 0;
		number = strtoull(text, NULL, 0);
	}
	if (errno || number > max) {
		diag_error(parse->diag, token->span, "%s is more than %llu", what,
			   (unsigned long long)max);
		return false;
	}
	parse_take(parse);
	*ret_number = number;
	return true;
}

bool parse_counts(struct parse *parse, uint64_t *packets, uint64_t *bytes)
{
	for (;;) {
		uint64_t *value;

		if (parse_is_word(parse, "packets"))
			value = packets;
		else if (parse_is_word(parse, "bytes"))
			value = bytes;
		else
			return true;
		parse_take(parse);
		if (!parse_number(parse, "a counter's value", UINT64_MAX, value))
			return false;
	}
}

bool parse_comment(struct parse *parse, struct ast_name *ret_comment)
{
	const struct token *token;

	parse_take(parse);
	token = parse_peek(parse);
	if (token->kind != TOKEN_STRING &&
	    (token->kind != TOKEN_WORD || parse_word_is_reserved(token->text)))
		return parse_unexpected(parse, "a string");
	if (token->text.len > LIMITS_COMMENT_LEN) {
		diag_error(parse->diag, token->span, "comment is longer than %d bytes",
			   LIMITS_COMMENT_LEN);
		return false;
	}
	parse_take(parse);
	*ret_comment = (struct ast_name){ token->text, token->span };
	return true;
}

bool parse_twice(struct parse *parse, struct source_span span, struct source_span first,
		 const char *what)
{
	diag_error(parse->diag, span, "a second %s", what);
	diag_label(parse->diag, first, "the first is here");
	return false;
}

bool parse_source(struct source_set *sources, uint32_t source, const struct parse_options *options,
		  struct arena *arena, struct diag *diag, struct ast **ret_ast)
{
	const struct parse_file file = { .outer = NULL, .source = source, .depth = 1 };
	const struct parse_items items = { .item = parse_command };
	struct parse parse = {
		.sources = sources, .options = options, .arena = arena, .diag = diag,
		.ast = ARENA_NEW(arena, struct ast), .file = &file,
	};
	unsigned int errors = diag->errors;
	const struct lex_tokens *tokens;

	for (size_t i = 0; i < options->define_count; i++)
		parse_define_option(&parse, &options->defines[i]);
	tokens = parse_tokens_of(&parse, source);
	if (!tokens)
		return false;
	parse.tokens = tokens->tokens.at;
	parse.at = 0;
	parse.open = 0;
	parse_items(&parse, &items);
	arena_free(&parse.scratch);
	if (diag->errors != errors)
		return false;
	*ret_ast = parse.ast;
	return true;
}
