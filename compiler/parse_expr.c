/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_expr: what stands left and right of an operator in a rule, but for sets in braces.
 *
 * In: tokens.  Out: expressions; values stay as written.
 *
 * As in nft a field stands only on the left, a value only on the right of any operator; both sides
 * bind shifts before & before ^ before |, and all of these before the dot of a concatenation.
 *
 * Safety: brackets nest at most LIMITS_NESTING deep, and an expression holds at most as many
 * operators, so that no later walk over it is deeper.
 */
#include "compiler/parse_private.h"

#include "compiler/base/limits.h"

struct ast_expr *parse_new_expr(struct parse *parse, enum ast_expr_kind kind,
				struct source_span span)
{
	struct ast_expr *expr = ARENA_NEW(parse->arena, struct ast_expr);

	expr->kind = kind;
	expr->span = span;
	return expr;
}

enum token_kind parse_operator(const struct parse *parse)
{
	static const struct {
		char word[7];
		enum token_kind kind;
	} words[] = {
		{ "eq", TOKEN_EQ }, { "ne", TOKEN_NEQ }, { "lt", TOKEN_LT }, { "gt", TOKEN_GT },
		{ "le", TOKEN_LTE }, { "ge", TOKEN_GTE }, { "not", TOKEN_NOT },
		{ "and", TOKEN_AND }, { "or", TOKEN_OR }, { "xor", TOKEN_XOR },
		{ "lshift", TOKEN_LSHIFT }, { "rshift", TOKEN_RSHIFT },
	};
	const struct token *token = parse_peek(parse);

	if (token->kind == TOKEN_WORD)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (str_is(token->text, words[i].word))
				return words[i].kind;
	return token->kind;
}

bool parse_count_operators(struct parse *parse, unsigned int count, struct source_span span)
{
	parse->operators += count;
	if (parse->operators <= LIMITS_NESTING)
		return true;
	diag_error(parse->diag, span, "more than %d operators in one expression", LIMITS_NESTING);
	return false;
}

bool parse_nest(struct parse *parse)
{
	if (parse->nesting < LIMITS_NESTING) {
		parse->nesting++;
		return true;
	}
	diag_error(parse->diag, parse_peek(parse)->span, "brackets are nested more than %d deep",
		   LIMITS_NESTING);
	return false;
}

static const char *kind_text(enum ast_expr_kind kind)
{
	switch (kind) {
	case AST_EXPR_PREFIX:
		return "a prefix";
	case AST_EXPR_RANGE:
		return "a range";
	case AST_EXPR_LIST:
		return "a list";
	case AST_EXPR_SET:
	case AST_EXPR_SET_REF:
		return "a set";
	case AST_EXPR_CONCAT:
		return "a concatenation";
	case AST_EXPR_LITERAL:
	case AST_EXPR_FIELD:
	case AST_EXPR_MAPPING:
	case AST_EXPR_VERDICT:
	case AST_EXPR_CATCHALL:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
	case AST_EXPR_XOR:
	case AST_EXPR_LSHIFT:
	case AST_EXPR_RSHIFT:
		break;
	}
	return "a value";
}

static bool is_interval(const struct ast_expr *expr)
{
	return expr->kind == AST_EXPR_PREFIX || expr->kind == AST_EXPR_RANGE;
}

/* A variable can hold what no other operand can. */
static bool check_part(struct parse *parse, const struct ast_expr *expr, const char *of,
		       bool interval)
{
	if ((interval || !is_interval(expr)) && expr->kind != AST_EXPR_LIST &&
	    expr->kind != AST_EXPR_SET && expr->kind != AST_EXPR_SET_REF &&
	    expr->kind != AST_EXPR_CONCAT)
		return true;
	diag_error(parse->diag, expr->span, "the variable holds %s, which cannot be part of %s",
		   kind_text(expr->kind), of);
	return false;
}

static bool check_operand(struct parse *parse, const struct ast_expr *expr, const char *of)
{
	return check_part(parse, expr, of, false);
}

static struct ast_expr *parse_literal(struct parse *parse)
{
	const struct token *token = parse_peek(parse);
	struct ast_expr *expr;

	if ((token->kind != TOKEN_WORD && token->kind != TOKEN_NUMBER &&
	     token->kind != TOKEN_STRING && token->kind != TOKEN_ADDRESS) ||
	    (token->kind == TOKEN_WORD && parse_word_is_reserved(token->text) &&
	     !parse_word_is_value(token->text))) {
		parse_unexpected(parse, "a value");
		return NULL;
	}
	parse_take(parse);
	expr = parse_new_expr(parse, AST_EXPR_LITERAL, token->span);
	expr->token = *token;
	return expr;
}

enum level { LEVEL_OR, LEVEL_XOR, LEVEL_AND, LEVEL_SHIFT, LEVEL_PRIMARY };

static struct ast_expr *parse_level(struct parse *parse, enum level level, bool left_side);

static struct ast_expr *parse_primary(struct parse *parse, bool left_side)
{
	struct ast_expr *expr;

	if (!parse_is(parse, TOKEN_LPAREN)) {
		if (left_side)
			return parse_field(parse);
		if (parse_is(parse, TOKEN_DOLLAR))
			return parse_variable(parse);
		return parse_literal(parse);
	}
	if (!parse_nest(parse))
		return NULL;
	parse_take(parse);
	expr = parse_level(parse, LEVEL_OR, left_side);
	if (!expr || !parse_expect(parse, TOKEN_RPAREN))
		return NULL;
	parse->nesting--;
	return expr;
}

/* Whether KIND is an operator of this level, and what it makes. */
static bool level_operator(enum level level, enum token_kind kind, enum ast_expr_kind *ret_kind)
{
	static const struct {
		enum level level;
		enum token_kind token;
		enum ast_expr_kind kind;
	} operators[] = {
		{ LEVEL_OR, TOKEN_OR, AST_EXPR_OR },
		{ LEVEL_XOR, TOKEN_XOR, AST_EXPR_XOR },
		{ LEVEL_AND, TOKEN_AND, AST_EXPR_AND },
		{ LEVEL_SHIFT, TOKEN_LSHIFT, AST_EXPR_LSHIFT },
		{ LEVEL_SHIFT, TOKEN_RSHIFT, AST_EXPR_RSHIFT },
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (operators[i].level != level || operators[i].token != kind)
			continue;
		*ret_kind = operators[i].kind;
		return true;
	}
	return false;
}

/* One operand, then the operators of this level, each with a value on its right. */
static struct ast_expr *parse_level(struct parse *parse, enum level level, bool left_side)
{
	struct ast_expr *left, *right, *expr;
	enum ast_expr_kind kind;

	if (level == LEVEL_PRIMARY)
		return parse_primary(parse, left_side);
	left = parse_level(parse, level + 1, left_side);
	while (left && level_operator(level, parse_operator(parse), &kind)) {
		if (!parse_count_operators(parse, 1, parse_take(parse)->span))
			return NULL;
		right = parse_level(parse, level + 1, false);
		if (!right || !check_operand(parse, left, "an expression") ||
		    !check_operand(parse, right, "an expression") ||
		    (left_side && !parse_check_value(parse, left, right)))
			return NULL;
		expr = parse_new_expr(parse, kind, source_join(left->span, right->span));
		expr->left = left;
		expr->right = right;
		left = expr;
	}
	return left;
}

static struct ast_expr *parse_prefix(struct parse *parse, struct ast_expr *left)
{
	struct ast_expr *expr;
	uint64_t len;

	parse_take(parse);
	if (!check_operand(parse, left, "a prefix") ||
	    !parse_number(parse, "the length of a prefix", 128, &len))
		return NULL;
	expr = parse_new_expr(parse, AST_EXPR_PREFIX,
			      source_join(left->span, parse_last_span(parse)));
	expr->left = left;
	expr->prefix_len = (uint32_t)len;
	return expr;
}

static struct ast_expr *parse_range(struct parse *parse, struct ast_expr *left)
{
	struct ast_expr *expr, *right;

	parse_take(parse);
	right = parse_level(parse, LEVEL_OR, false);
	if (!right || !check_operand(parse, left, "a range") ||
	    !check_operand(parse, right, "a range"))
		return NULL;
	expr = parse_new_expr(parse, AST_EXPR_RANGE, source_join(left->span, right->span));
	expr->left = left;
	expr->right = right;
	return expr;
}

/* LEFT, with what makes a prefix or a range of it. */
static struct ast_expr *parse_interval_rest(struct parse *parse, struct ast_expr *left)
{
	if (left && parse_is(parse, TOKEN_SLASH))
		return parse_prefix(parse, left);
	if (left && parse_is(parse, TOKEN_DASH))
		return parse_range(parse, left);
	return left;
}

static struct ast_expr *parse_part(struct parse *parse, bool left_side)
{
	struct ast_expr *part = parse_level(parse, LEVEL_OR, left_side);

	return left_side ? part : parse_interval_rest(parse, part);
}

/* FIRST . b . c; without a dot FIRST itself. */
static struct ast_expr *parse_concat_rest(struct parse *parse, struct ast_expr *first,
					  bool left_side)
{
	struct ast_expr *concat, *part = first;

	if (!first || !parse_is(parse, TOKEN_DOT))
		return first;
	concat = parse_new_expr(parse, AST_EXPR_CONCAT, first->span);
	for (;;) {
		if (!part || !check_part(parse, part, "a concatenation", true))
			return NULL;
		*vec_push(parse->arena, &concat->items) = part;
		concat->span = source_join(concat->span, part->span);
		if (!parse_accept(parse, TOKEN_DOT))
			return concat;
		/* Parts hang side by side, as the items of a list do. */
		parse->operators = 0;
		part = parse_part(parse, left_side);
	}
}

struct ast_expr *parse_left(struct parse *parse)
{
	return parse_concat_rest(parse, parse_part(parse, true), true);
}

struct ast_expr *parse_key(struct parse *parse)
{
	return parse_concat_rest(parse, parse_part(parse, false), false);
}

/* A field without operators, in brackets at most: as in nft. */
static struct ast_expr *parse_type_part(struct parse *parse)
{
	struct ast_expr *part;
	enum token_kind next;

	if (!parse_is(parse, TOKEN_WORD) && !parse_is(parse, TOKEN_AT) &&
	    !parse_is(parse, TOKEN_LPAREN)) {
		parse_unexpected(parse, "a field");
		return NULL;
	}
	part = parse_primary(parse, true);
	next = parse_operator(parse);
	if (!part || (part->kind == AST_EXPR_FIELD && (next < TOKEN_AND || next > TOKEN_RSHIFT)))
		return part;
	diag_error(parse->diag, part->kind == AST_EXPR_FIELD ? parse_peek(parse)->span : part->span,
		   "'typeof' takes fields without operators");
	return NULL;
}

struct ast_expr *parse_typeof(struct parse *parse)
{
	struct ast_expr *concat, *part = parse_type_part(parse);

	if (!part || !parse_is(parse, TOKEN_DOT))
		return part;
	concat = parse_new_expr(parse, AST_EXPR_CONCAT, part->span);
	while (part) {
		*vec_push(parse->arena, &concat->items) = part;
		concat->span = source_join(concat->span, part->span);
		if (!parse_accept(parse, TOKEN_DOT))
			return concat;
		part = parse_type_part(parse);
	}
	return NULL;
}

static struct ast_expr *parse_list_rest(struct parse *parse, struct ast_expr *first)
{
	struct ast_expr *list = parse_new_expr(parse, AST_EXPR_LIST, first->span);
	struct ast_expr *item = first;

	for (;;) {
		if (!check_operand(parse, item, "a list"))
			return NULL;
		*vec_push(parse->arena, &list->items) = item;
		list->span = source_join(list->span, item->span);
		if (!parse_accept(parse, TOKEN_COMMA))
			return list;
		/* Items hang side by side: operators of one do not add to the next one's height. */
		parse->operators = 0;
		item = parse_level(parse, LEVEL_OR, false);
		if (!item)
			return NULL;
	}
}

struct ast_expr *parse_list(struct parse *parse)
{
	struct ast_expr *first = parse_level(parse, LEVEL_OR, false);

	if (!first)
		return NULL;
	if (parse_is(parse, TOKEN_COMMA))
		return parse_list_rest(parse, first);
	parse_unexpected(parse, "','");
	diag_help(parse->diag, "write a mask of one value as 'field & mask == value'");
	return NULL;
}

/* The '/' of `syn / syn,ack`, not the one of a prefix. */
static bool at_mask(const struct parse *parse, const struct ast_expr *left)
{
	const struct token *second = parse_peek_second(parse);

	if (!parse_is(parse, TOKEN_SLASH))
		return false;
	if (second->kind != TOKEN_NUMBER)
		return true;
	return second[1].kind == TOKEN_COMMA &&
	       !(left->kind == AST_EXPR_LITERAL && left->token.kind == TOKEN_ADDRESS);
}

struct ast_expr *parse_right(struct parse *parse)
{
	struct ast_expr *expr;

	if (parse_is(parse, TOKEN_LBRACE))
		return parse_set(parse);
	if (parse_is(parse, TOKEN_AT))
		return parse_set_ref(parse);
	expr = parse_level(parse, LEVEL_OR, false);
	if (!expr || at_mask(parse, expr))
		return expr;
	if (parse_is(parse, TOKEN_COMMA))
		return parse_list_rest(parse, expr);
	return parse_concat_rest(parse, parse_interval_rest(parse, expr), false);
}

struct ast_expr *parse_set_ref(struct parse *parse)
{
	struct source_span span = parse_take(parse)->span;
	struct ast_expr *expr;
	struct ast_name name;

	if (parse_peek_second(parse)->kind == TOKEN_COMMA &&
	    (parse_is_word(parse, "ll") || parse_is_word(parse, "nh") ||
	     parse_is_word(parse, "th") || parse_is_word(parse, "ih"))) {
		diag_error(parse->diag, source_join(span, parse_peek(parse)->span),
			   "expected a value, found bytes of the packet");
		diag_help(parse->diag, "two fields cannot be compared with each other");
		return NULL;
	}
	if (!parse_name(parse, "the name of a set", &name))
		return NULL;
	expr = parse_new_expr(parse, AST_EXPR_SET_REF, source_join(span, name.span));
	expr->name = name;
	return expr;
}
