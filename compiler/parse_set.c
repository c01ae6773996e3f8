/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_set: { elements }, of sets and of verdict maps, and verdicts.
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
	    parse_refuse(parse, PARSE_PLACE_STMT, str_from("{"), parse_peek(parse)->span))
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
				    struct ast_expr *verdict)
{
	struct ast_expr *expr = parse_new_expr(parse, AST_EXPR_MAPPING,
					       source_join(key->span, verdict->span));

	expr->left = key;
	expr->right = verdict;
	return expr;
}

/* The elements of KEYS, each with VERDICT if there is one. */
static bool push_all(struct parse *parse, struct ast_expr *set, const struct ast_expr *keys,
		     struct ast_expr *verdict)
{
	for (size_t i = 0; i < keys->items.len; i++) {
		struct ast_expr *element = keys->items.at[i];

		if (verdict && element->kind == AST_EXPR_MAPPING) {
			diag_error(parse->diag, keys->span, "the elements have verdicts already");
			return false;
		}
		if (verdict)
			element = new_mapping(parse, element, verdict);
		if (!push_element(parse, set, element))
			return false;
	}
	return true;
}

/* Behind an element's key: comment "...", and what is refused. */
static bool parse_element_options(struct parse *parse, struct ast_name *ret_comment)
{
	struct ast_name comment = { 0 };

	while (parse_is(parse, TOKEN_WORD)) {
		const struct token *token = parse_peek(parse);

		if (parse_refuse(parse, PARSE_PLACE_ELEMENT, token->text, token->span))
			return false;
		if (!str_is(token->text, "comment"))
			break;
		if (comment.text.at)
			return parse_twice(parse, token->span, comment.span, "comment");
		if (!parse_comment(parse, &comment))
			return false;
	}
	*ret_comment = comment;
	return true;
}

static struct ast_expr *parse_element_verdict(struct parse *parse)
{
	struct source_span span = parse_peek(parse)->span;
	struct ast_expr *expr;
	struct ast_verdict verdict;

	if (!parse_begins_verdict(parse)) {
		parse_refuse(parse, PARSE_PLACE_ELEMENT, str_from(":"), span);
		return NULL;
	}
	if (!parse_verdict(parse, &verdict))
		return NULL;
	expr = parse_new_expr(parse, AST_EXPR_VERDICT, source_join(span, parse_last_span(parse)));
	expr->verdict = verdict;
	if (!parse_is_word(parse, "comment"))
		return expr;
	parse_unexpected(parse, "',' or '}'");
	diag_help(parse->diag, "an element's comment stands before the ':'");
	return NULL;
}

static bool check_key(struct parse *parse, const struct ast_expr *key, struct ast_name comment)
{
	if (key->kind == AST_EXPR_SET_REF) {
		diag_error(parse->diag, key->span, "a set cannot be an element");
		return false;
	}
	if (key->kind == AST_EXPR_SET && comment.text.at) {
		diag_error(parse->diag, comment.span, "a comment belongs to one element");
		return false;
	}
	return true;
}

/* [key | { ... } | $variable] [comment "..."] [: verdict] */
static bool parse_element(struct parse *parse, struct ast_expr *set)
{
	struct ast_expr *key, *verdict = NULL;
	struct ast_name comment;

	parse->operators = 0;
	if (parse_is(parse, TOKEN_ASTERISK) &&
	    parse_refuse(parse, PARSE_PLACE_ELEMENT, str_from("*"), parse_peek(parse)->span))
		return false;
	key = parse_is(parse, TOKEN_LBRACE) ? parse_set(parse) : parse_key(parse);
	if (!key || !parse_element_options(parse, &comment) || !check_key(parse, key, comment))
		return false;
	if (parse_accept(parse, TOKEN_COLON)) {
		verdict = parse_element_verdict(parse);
		if (!verdict)
			return false;
	}
	if (key->kind == AST_EXPR_SET)
		return push_all(parse, set, key, verdict);
	if (verdict)
		key = new_mapping(parse, key, verdict);
	key->comment = comment.text;
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
