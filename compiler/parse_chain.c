/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_chain: { ... } of a chain: hook, devices, priority, policy, comment, rules.
 *
 * In: tokens.  Out: the chain.  The binder knows whether devices exist and what a priority's word
 * means; hooks and chain types other than the one there is are refused here.
 */
#include "compiler/parse_private.h"

#include <stdlib.h>

/* `type WORD hook WORD` with the only words there are. */
static bool parse_hook_word(struct parse *parse, const char *what, enum refuse_place place,
			    const char *only)
{
	const struct token *token = parse_peek(parse);
	struct str_nearest near = { .word = token->text };

	if (parse_accept_word(parse, only))
		return true;
	if (token->kind != TOKEN_WORD)
		return parse_unexpected(parse, arena_printf(parse->arena, "a %s", what));
	if (parse_refuse(parse, place, token->text, token->span))
		return false;
	diag_error(parse->diag, token->span, "unknown %s '%.*s'", what, STR_ARG(token->text));
	str_nearest_offer(&near, only);
	parse_suggest(parse, &near);
	return false;
}

/* A device's name, or a variable that holds one or, in braces, several. */
static bool parse_device(struct parse *parse, struct ast_chain *chain)
{
	const struct token *token = parse_peek(parse);
	const struct ast_expr *value;

	if (token->kind == TOKEN_STRING || token->kind == TOKEN_ASTERISK ||
	    (token->kind == TOKEN_WORD && !parse_word_is_reserved(token->text))) {
		parse_take(parse);
		*vec_push(parse->arena, &chain->devices) =
			(struct ast_name){ token->text, token->span };
		return true;
	}
	if (token->kind != TOKEN_DOLLAR)
		return parse_unexpected(parse, "the name of a device");
	value = parse_variable(parse);
	if (!value)
		return false;
	for (size_t i = 0; i < (value->kind == AST_EXPR_SET ? value->items.len : 1); i++) {
		const struct ast_expr *item = value->kind == AST_EXPR_SET ? value->items.at[i]
									 : value;

		if (item->kind != AST_EXPR_LITERAL || (item->token.kind != TOKEN_WORD &&
						       item->token.kind != TOKEN_STRING)) {
			diag_error(parse->diag, value->span,
				   "the variable does not hold names of devices");
			return false;
		}
		*vec_push(parse->arena, &chain->devices) =
			(struct ast_name){ item->token.text, value->span };
	}
	return true;
}

/* { a, "b", $c } */
static bool parse_device_list(struct parse *parse, struct ast_chain *chain)
{
	bool first = true;

	if (!parse_expect(parse, TOKEN_LBRACE))
		return false;
	do {
		parse_skip_newlines(parse);
		if (!first && parse_is(parse, TOKEN_RBRACE))
			break;
		if (!first && parse_is(parse, TOKEN_COMMA))
			continue;	/* nft takes { a,, b } */
		if (!parse_device(parse, chain))
			return false;
		parse_skip_newlines(parse);
		first = false;
	} while (parse_accept(parse, TOKEN_COMMA));
	return parse_accept(parse, TOKEN_RBRACE) || parse_unexpected(parse, "',' or '}'");
}

static bool parse_devices(struct parse *parse, struct ast_chain *chain)
{
	if (parse_accept_word(parse, "device"))
		return parse_device(parse, chain);
	if (!parse_accept_word(parse, "devices"))
		return true;
	chain->devices_braced = true;
	if (!parse_expect(parse, TOKEN_ASSIGN))
		return false;
	if (parse_is(parse, TOKEN_DOLLAR))
		return parse_device(parse, chain);
	return parse_device_list(parse, chain);
}

/* [-]NUMBER, the whole of TEXT; NEGATIVE when a sign stood before it; BASE as for strtoll(). */
static bool read_int32(struct str text, int base, bool negative, int32_t *ret_value)
{
	char copy[16];
	char *end;
	long long value;

	if (!text.len || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	value = strtoll(copy, &end, base);
	if (negative)
		value = -value;
	if (*end || value < INT32_MIN || value > INT32_MAX)
		return false;
	*ret_value = (int32_t)value;
	return true;
}

static bool priority_too_big(struct parse *parse, struct source_span span)
{
	diag_error(parse->diag, span, "a priority is a number from %d to %d", INT32_MIN, INT32_MAX);
	return false;
}

/* [+|-] NUMBER; the sign is there already. */
static bool parse_priority_number(struct parse *parse, bool negative, int32_t *ret_value)
{
	const struct token *token = parse_peek(parse);

	if (token->kind != TOKEN_NUMBER)
		return parse_unexpected(parse, "a number");
	parse_take(parse);
	return read_int32(token->text, 0, negative, ret_value) ||
	       priority_too_big(parse, token->span);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "filter + 10" inside one string, which nft takes from a variable; 010 is ten there. */
static bool read_priority_text(struct str text, struct str *ret_word, int32_t *ret_offset)
{
	struct str word = { text.at, 0 };
	size_t at;
	int32_t offset = 0;
	bool negative;

	while (word.len < text.len && !is_blank(text.at[word.len]))
		word.len++;
	for (at = word.len; at < text.len && is_blank(text.at[at]); at++)
		;
	if (at < text.len) {
		if (text.at[at] != '+' && text.at[at] != '-')
			return false;
		negative = text.at[at++] == '-';
		while (at < text.len && is_blank(text.at[at]))
			at++;
		if (at < text.len && text.at[at] == '-')
			return false;
		if (!read_int32((struct str){ text.at + at, text.len - at }, 10, negative, &offset))
			return false;
	}
	*ret_word = word;
	*ret_offset = offset;
	return word.len;
}

static bool parse_priority_variable(struct parse *parse, struct ast_chain *chain)
{
	const struct ast_expr *value = parse_variable(parse);
	struct str word;

	if (!value)
		return false;
	if (value->kind == AST_EXPR_LITERAL && value->token.kind == TOKEN_NUMBER)
		return read_int32(value->token.text, 0, false, &chain->priority) ||
		       priority_too_big(parse, value->span);
	if (value->kind != AST_EXPR_LITERAL || value->token.kind == TOKEN_ADDRESS ||
	    !read_priority_text(value->token.text, &word, &chain->priority)) {
		diag_error(parse->diag, value->span, "the variable does not hold a priority");
		return false;
	}
	chain->priority_word = (struct ast_name){ word, value->span };
	return true;
}

/* NUMBER | -NUMBER | WORD [+|- NUMBER] | $variable */
static bool parse_priority(struct parse *parse, struct ast_chain *chain)
{
	const struct token *token;

	if (!parse_expect_word(parse, "priority"))
		return false;
	token = parse_peek(parse);
	if (token->kind == TOKEN_DOLLAR)
		return parse_priority_variable(parse, chain);
	if (parse_accept(parse, TOKEN_DASH))
		return parse_priority_number(parse, true, &chain->priority);
	if (token->kind == TOKEN_NUMBER)
		return parse_priority_number(parse, false, &chain->priority);
	if (token->kind != TOKEN_WORD)
		return parse_unexpected(parse, "a priority");
	parse_take(parse);
	chain->priority_word = (struct ast_name){ token->text, token->span };
	if (parse_accept(parse, TOKEN_PLUS))
		return parse_priority_number(parse, false, &chain->priority);
	if (parse_accept(parse, TOKEN_DASH))
		return parse_priority_number(parse, true, &chain->priority);
	return true;
}

static bool parse_hook(struct parse *parse, struct ast_chain *chain)
{
	struct source_span span = parse_take(parse)->span, priority_begin;

	if (chain->has_hook)
		return parse_twice(parse, span, chain->hook_span, "hook");
	if (!parse_hook_word(parse, "chain type", REFUSE_PLACE_CHAIN_TYPE, "filter") ||
	    !parse_expect_word(parse, "hook") ||
	    !parse_hook_word(parse, "hook", REFUSE_PLACE_HOOK, "ingress") ||
	    !parse_devices(parse, chain))
		return false;
	priority_begin = parse_peek(parse)->span;
	if (!parse_priority(parse, chain))
		return false;
	chain->has_hook = true;
	chain->priority_span = source_join(priority_begin, parse_last_span(parse));
	chain->hook_span = source_join(span, parse_last_span(parse));
	return true;
}

static bool read_policy(struct parse *parse, struct str word, struct source_span span,
			enum ast_verdict_kind *ret_policy)
{
	if (str_is(word, "accept")) {
		*ret_policy = AST_VERDICT_ACCEPT;
		return true;
	}
	if (str_is(word, "drop")) {
		*ret_policy = AST_VERDICT_DROP;
		return true;
	}
	diag_error(parse->diag, span, "a policy is 'accept' or 'drop'");
	return false;
}

static bool parse_policy(struct parse *parse, struct ast_chain *chain)
{
	struct source_span span = parse_take(parse)->span;
	const struct token *token = parse_peek(parse);
	const struct ast_expr *value;

	if (chain->has_policy)
		return parse_twice(parse, span, chain->policy_span, "policy");
	if (token->kind == TOKEN_DOLLAR) {
		value = parse_variable(parse);
		if (!value ||
		    !read_policy(parse, value->kind == AST_EXPR_LITERAL ? value->token.text
									: (struct str){ 0 },
				 value->span, &chain->policy))
			return false;
	} else if (token->kind != TOKEN_WORD) {
		return parse_unexpected(parse, "'accept' or 'drop'");
	} else if (!read_policy(parse, parse_take(parse)->text, token->span, &chain->policy)) {
		return false;
	}
	chain->has_policy = true;
	chain->policy_span = source_join(span, parse_last_span(parse));
	return true;
}

static bool parse_chain_item(struct parse *parse, void *context)
{
	struct ast_chain *chain = context;
	const struct token *token = parse_peek(parse);
	struct ast_rule rule;

	if (parse_is_word(parse, "type"))
		return parse_hook(parse, chain);
	if (parse_is_word(parse, "policy"))
		return parse_policy(parse, chain);
	if (parse_is_word(parse, "comment")) {
		if (chain->comment.text.at)
			return parse_twice(parse, token->span, chain->comment.span, "comment");
		return parse_comment(parse, &chain->comment);
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_CHAIN, token->text, token->span))
		return false;
	if (!parse_rule(parse, &rule))
		return false;
	*vec_push(parse->arena, &chain->rules) = rule;
	return true;
}

bool parse_chain_block(struct parse *parse, struct ast_chain *chain)
{
	/* Not `counter`: it begins rules, too (`counter ip ttl { 1, 64 }`). */
	static const char *const outer_words[] = { "table", "chain", "set", "map", NULL };
	const struct parse_items items = {
		.item = parse_chain_item, .context = chain, .rules = true,
		.outer_words = outer_words,
	};
	struct parse_symbol *outer = parse_scope_begin(parse);
	bool ok = parse_block(parse, &items, "chain", chain->name.text);

	parse_scope_end(parse, outer);
	return ok;
}
