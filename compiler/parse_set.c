/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_set: { elements }, of sets and of maps, and verdicts.
 *
 * In: tokens.  Out: AST_EXPR_SET, flat: sets inside a set, written or brought by a variable, give
 * their elements to it, as in nft.
 *
 * Safety: braces nest at most LIMITS_NESTING deep; a set holds at most LIMITS_ELEMENTS elements.
 */
#include "compiler/parse_private.h"

#include "compiler/base/limits.h"

bool parse_begins_verdict(const struct parse *parse)
{
	static const char *const words[] = {
		"accept", "drop", "continue", "return", "jump", "goto",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (parse_is_word(parse, words[i]))
			return true;
	return false;
}

/* A chain's name, or a variable that holds one. */
static bool parse_target(struct parse *parse, struct ast_name *ret_chain)
{
	const struct ast_expr *value;

	if (parse_is(parse, TOKEN_LBRACE) &&
	    parse_refuse(parse, REFUSE_PLACE_STMT, str_from("{"), parse_peek(parse)->span))
		return false;
	if (!parse_is(parse, TOKEN_DOLLAR))
		return parse_name(parse, "the name of a chain", ret_chain);
	value = parse_variable(parse);
	if (!value)
		return false;
	if (value->kind != AST_EXPR_LITERAL ||
	    (value->token.kind != TOKEN_WORD && value->token.kind != TOKEN_STRING)) {
		diag_error(parse->diag, value->span, "the variable does not hold a chain's name");
		return false;
	}
	*ret_chain = (struct ast_name){ value->token.text, value->span };
	return true;
}

bool parse_verdict(struct parse *parse, struct ast_verdict *ret_verdict)
{
	struct ast_verdict verdict = { 0 };
	struct str word = parse_take(parse)->text;

	if (str_is(word, "accept"))
		verdict.kind = AST_VERDICT_ACCEPT;
	else if (str_is(word, "drop"))
		verdict.kind = AST_VERDICT_DROP;
	else if (str_is(word, "continue"))
		verdict.kind = AST_VERDICT_CONTINUE;
	else if (str_is(word, "return"))
		verdict.kind = AST_VERDICT_RETURN;
	else if (str_is(word, "jump"))
		verdict.kind = AST_VERDICT_JUMP;
	else
		verdict.kind = AST_VERDICT_GOTO;
	if ((verdict.kind == AST_VERDICT_JUMP || verdict.kind == AST_VERDICT_GOTO) &&
	    !parse_target(parse, &verdict.chain))
		return false;
	*ret_verdict = verdict;
	return true;
}

static bool push_element(struct parse *parse, struct ast_expr *set, struct ast_expr *element)
{
	if (set->items.len == LIMITS_ELEMENTS) {
		diag_error(parse->diag, element->span, "a set of more than %u elements",
			   LIMITS_ELEMENTS);
		return false;
	}
	*vec_push(parse->arena, &set->items) = element;
	return true;
}

static struct ast_expr *new_mapping(struct parse *parse, struct ast_expr *key,
				    struct ast_expr *data)
{
	struct ast_expr *expr = parse_new_expr(parse, AST_EXPR_MAPPING,
					       source_join(key->span, data->span));

	expr->left = key;
	expr->right = data;
	return expr;
}

/* The elements of KEYS, each with DATA if there is any. */
static bool push_all(struct parse *parse, struct ast_expr *set, const struct ast_expr *keys,
		     struct ast_expr *data)
{
	for (size_t i = 0; i < keys->items.len; i++) {
		struct ast_expr *element = keys->items.at[i];

		if (data && element->kind == AST_EXPR_MAPPING) {
			diag_error(parse->diag, keys->span, "the elements have verdicts already");
			return false;
		}
		if (data)
			element = new_mapping(parse, element, data);
		if (!push_element(parse, set, element))
			return false;
	}
	return true;
}

static bool parse_element_counter(struct parse *parse, struct ast_options *options)
{
	struct source_span span = parse_take(parse)->span;

	if (options->has_counter)
		return parse_twice(parse, span, options->counter_span, "counter");
	if (parse_is_word(parse, "name") &&
	    parse_refuse(parse, REFUSE_PLACE_ELEMENT, str_from("counter name"),
			 source_join(span, parse_peek(parse)->span)))
		return false;
	if (!parse_counts(parse, &options->packets, &options->bytes))
		return false;
	options->has_counter = true;
	options->counter_span = source_join(span, parse_last_span(parse));
	return true;
}

/* counter, comment "...", in the order of nft 1.0.6 or in the other one, which 1.1 takes. */
static bool parse_element_options(struct parse *parse, struct ast_options *options)
{
	while (parse_is(parse, TOKEN_WORD)) {
		const struct token *token = parse_peek(parse);

		if (parse_refuse(parse, REFUSE_PLACE_ELEMENT, token->text, token->span))
			return false;
		if (str_is(token->text, "counter")) {
			if (!parse_element_counter(parse, options))
				return false;
			continue;
		}
		if (!str_is(token->text, "comment"))
			break;
		if (options->comment.text.at)
			return parse_twice(parse, token->span, options->comment.span, "comment");
		if (!parse_comment(parse, &options->comment))
			return false;
	}
	return true;
}

static struct ast_expr *parse_element_verdict(struct parse *parse)
{
	struct source_span span = parse_peek(parse)->span;
	struct ast_expr *expr;
	struct ast_verdict verdict;

	if (!parse_verdict(parse, &verdict))
		return NULL;
	expr = parse_new_expr(parse, AST_EXPR_VERDICT, source_join(span, parse_last_span(parse)));
	expr->verdict = verdict;
	return expr;
}

/* The name of a counter. */
static struct ast_expr *parse_element_object(struct parse *parse)
{
	const struct token *token = parse_peek(parse);
	struct ast_expr *expr;

	if (token->kind == TOKEN_DOLLAR) {
		expr = parse_variable(parse);
		if (!expr || (expr->kind == AST_EXPR_LITERAL &&
			      (expr->token.kind == TOKEN_WORD || expr->token.kind == TOKEN_STRING)))
			return expr;
		diag_error(parse->diag, expr->span,
			   "the variable does not hold the name of a counter");
		return NULL;
	}
	if (token->kind != TOKEN_STRING &&
	    (token->kind != TOKEN_WORD || parse_word_is_reserved(token->text))) {
		parse_refuse(parse, REFUSE_PLACE_ELEMENT, str_from(":"), token->span);
		return NULL;
	}
	parse_take(parse);
	expr = parse_new_expr(parse, AST_EXPR_LITERAL, token->span);
	expr->token = *token;
	return expr;
}

/* What stands behind the colon. */
static struct ast_expr *parse_element_data(struct parse *parse)
{
	struct ast_expr *data = parse_begins_verdict(parse) ? parse_element_verdict(parse)
							   : parse_element_object(parse);

	if (!data || (!parse_is_word(parse, "comment") && !parse_is_word(parse, "counter")))
		return data;
	parse_unexpected(parse, "',' or '}'");
	diag_help(parse->diag, "an element's %.*s stands before the ':'",
		  STR_ARG(parse_peek(parse)->text));
	return NULL;
}

static bool check_key(struct parse *parse, const struct ast_expr *key,
		      const struct ast_options *options)
{
	if (key->kind == AST_EXPR_SET_REF) {
		diag_error(parse->diag, key->span, "a set cannot be an element");
		return false;
	}
	if (key->kind == AST_EXPR_SET && options->comment.text.at) {
		diag_error(parse->diag, options->comment.span, "a comment belongs to one element");
		return false;
	}
	if (key->kind == AST_EXPR_SET && options->has_counter) {
		diag_error(parse->diag, options->counter_span, "a counter belongs to one element");
		return false;
	}
	return true;
}

static struct ast_expr *parse_element_key(struct parse *parse)
{
	if (parse_is(parse, TOKEN_LBRACE))
		return parse_set(parse);
	if (parse_is(parse, TOKEN_ASTERISK))
		return parse_new_expr(parse, AST_EXPR_CATCHALL, parse_take(parse)->span);
	return parse_key(parse);
}

/* [key | * | { ... } | $variable] [counter] [comment "..."] [: verdict | : counter's name] */
static bool parse_element(struct parse *parse, struct ast_expr *set)
{
	struct ast_expr *key, *data = NULL;
	struct ast_options options = { 0 };

	parse->operators = 0;
	key = parse_element_key(parse);
	if (!key || !parse_element_options(parse, &options) || !check_key(parse, key, &options))
		return false;
	if (parse_accept(parse, TOKEN_COLON)) {
		data = parse_element_data(parse);
		if (!data)
			return false;
	}
	if (key->kind == AST_EXPR_SET)
		return push_all(parse, set, key, data);
	if (data)
		key = new_mapping(parse, key, data);
	if (options.comment.text.len || options.has_counter) {
		struct ast_options *kept = ARENA_NEW(parse->arena, struct ast_options);

		*kept = options;
		key->options = kept;
	}
	return push_element(parse, set, key);
}

struct ast_expr *parse_set(struct parse *parse)
{
	struct ast_expr *set;
	bool first = true;

	if (!parse_nest(parse))
		return NULL;
	set = parse_new_expr(parse, AST_EXPR_SET, parse_take(parse)->span);
	do {
		parse_skip_newlines(parse);
		if (!first && parse_is(parse, TOKEN_RBRACE))
			break;
		if (!first && parse_is(parse, TOKEN_COMMA))
			continue;	/* nft takes { 1,, 2 } */
		if (!parse_element(parse, set))
			return NULL;
		parse_skip_newlines(parse);
		first = false;
	} while (parse_accept(parse, TOKEN_COMMA));
	if (!parse_is(parse, TOKEN_RBRACE)) {
		parse_unexpected(parse, "',' or '}'");
		return NULL;
	}
	set->span = source_join(set->span, parse_take(parse)->span);
	parse->nesting--;
	parse->operators = 0;
	return set;
}

struct ast_expr *parse_set_or_variable(struct parse *parse)
{
	struct ast_expr *expr;

	if (parse_is(parse, TOKEN_LBRACE))
		return parse_set(parse);
	if (!parse_is(parse, TOKEN_DOLLAR)) {
		parse_unexpected(parse, "'{'");
		return NULL;
	}
	expr = parse_variable(parse);
	if (!expr || expr->kind == AST_EXPR_SET)
		return expr;
	diag_error(parse->diag, expr->span, "the variable does not hold elements in braces");
	return NULL;
}

struct ast_expr *parse_map(struct parse *parse)
{
	if (parse_is(parse, TOKEN_AT))
		return parse_set_ref(parse);
	if (parse_is(parse, TOKEN_LBRACE))
		return parse_set(parse);
	parse_unexpected(parse, "'{' or '@'");
	return NULL;
}
