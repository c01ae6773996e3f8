/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_expr: what stands left and right of an operator in a rule, but for sets in braces.
 *
 * In: tokens.  Out: expressions; fields are looked up in the field table, values stay as written.
 *
 * As in nft a field stands only on the left, a value only on the right of any operator; both sides
 * bind & before ^ before |.
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
	case AST_EXPR_LITERAL:
	case AST_EXPR_FIELD:
	case AST_EXPR_MAPPING:
	case AST_EXPR_VERDICT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
	case AST_EXPR_XOR:
		break;
	}
	return "a value";
}

/* A variable can hold what no other operand can. */
static bool check_operand(struct parse *parse, const struct ast_expr *expr, const char *of)
{
	if (expr->kind != AST_EXPR_PREFIX && expr->kind != AST_EXPR_RANGE &&
	    expr->kind != AST_EXPR_LIST && expr->kind != AST_EXPR_SET &&
	    expr->kind != AST_EXPR_SET_REF)
		return true;
	diag_error(parse->diag, expr->span, "the variable holds %s, which cannot be part of %s",
		   kind_text(expr->kind), of);
	return false;
}

/* All protocols that have a field NAME: "'tcp dport', 'udp dport'"; empty: none. */
static void list_fields_named(struct str name, struct buf *out)
{
	for (size_t i = 0; i < field_count; i++) {
		if (!str_is(name, field_table[i].name))
			continue;
		buf_printf(out, "%s'%s %s'", out->len ? ", " : "",
			   field_proto(&field_table[i])->name, field_table[i].name);
	}
}

/* A word that begins neither a field nor a statement. */
static void report_unknown(struct parse *parse, const struct token *token)
{
	static const char *const statements[] = {
		"accept", "drop", "continue", "return", "jump", "goto", "counter", "comment",
		"vmap", "ct", "limit", "log", "reject",
	};
	struct str_nearest near = { .word = token->text };
	struct buf fields = BUF_INIT;

	if (parse_refuse(parse, PARSE_PLACE_STMT, token->text, token->span))
		return;
	diag_error(parse->diag, token->span, "'%.*s' is neither a statement nor a field",
		   STR_ARG(token->text));
	list_fields_named(token->text, &fields);
	if (fields.len) {
		diag_help(parse->diag, "write the protocol before it: %s", fields.at);
		buf_free(&fields);
		return;
	}
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		str_nearest_offer(&near, statements[i]);
	field_suggest_proto(&near);
	for (size_t i = 0; i < field_count; i++)
		if (field_table[i].bare)
			str_nearest_offer(&near, field_table[i].name);
	parse_suggest(parse, &near);
}

static void report_no_field(struct parse *parse, const struct proto *proto,
			    const struct token *token, struct source_span span)
{
	struct str_nearest near = { .word = token->text };
	char *both;

	if (proto == &field_protos[PROTO_META] &&
	    parse_refuse(parse, PARSE_PLACE_META, token->text, span))
		return;
	both = arena_printf(parse->arena, "%s %.*s", proto->name, STR_ARG(token->text));
	if (parse_refuse(parse, PARSE_PLACE_FIELD, str_from(both), span))
		return;
	diag_error(parse->diag, token->span, "'%s' has no field '%.*s'", proto->name,
		   STR_ARG(token->text));
	field_suggest(proto, &near);
	parse_suggest(parse, &near);
}

static struct ast_expr *new_field(struct parse *parse, const struct field *field,
				  struct source_span span)
{
	struct ast_expr *expr = parse_new_expr(parse, AST_EXPR_FIELD, span);

	expr->field = field;
	return expr;
}

/* The field behind a protocol's name, one word or, as in `arp saddr ip`, two. */
static struct ast_expr *parse_proto_field(struct parse *parse, const struct proto *proto)
{
	struct source_span span = parse_take(parse)->span;
	const struct token *token = parse_peek(parse), *second = parse_peek_second(parse);
	const struct field *field;

	if (token->kind != TOKEN_WORD) {
		parse_unexpected(parse, arena_printf(parse->arena, "a field of '%s'", proto->name));
		return NULL;
	}
	field = field_find(proto, token->text);
	if (!field && second->kind == TOKEN_WORD) {
		field = field_find(proto, str_from(arena_printf(parse->arena, "%.*s %.*s",
								 STR_ARG(token->text),
								 STR_ARG(second->text))));
		if (field)
			parse_take(parse);
	}
	if (!field) {
		report_no_field(parse, proto, token, source_join(span, token->span));
		return NULL;
	}
	parse_take(parse);
	return new_field(parse, field, source_join(span, parse_last_span(parse)));
}

static struct ast_expr *parse_field(struct parse *parse)
{
	const struct token *token = parse_peek(parse);
	const struct proto *proto;
	const struct field *field;

	if (token->kind == TOKEN_AT &&
	    parse_refuse(parse, PARSE_PLACE_STMT, str_from("@"), token->span))
		return NULL;
	if (token->kind != TOKEN_WORD) {
		parse_unexpected(parse, "a statement");
		if (token->kind == TOKEN_COMMA || token->kind == TOKEN_DASH ||
		    token->kind == TOKEN_SLASH)
			diag_help(parse->diag, "several ranges or prefixes stand in braces: "
				  "{ a, b }");
		return NULL;
	}
	proto = field_find_proto(token->text);
	if (proto)
		return parse_proto_field(parse, proto);
	field = field_find_bare(token->text);
	if (field)
		return new_field(parse, field, parse_take(parse)->span);
	report_unknown(parse, token);
	return NULL;
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

enum level { LEVEL_OR, LEVEL_XOR, LEVEL_AND, LEVEL_PRIMARY };

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

static bool refuse_shift(struct parse *parse)
{
	enum token_kind kind = parse_operator(parse);

	if (kind != TOKEN_LSHIFT && kind != TOKEN_RSHIFT)
		return false;
	return parse_refuse(parse, PARSE_PLACE_STMT,
			    str_from(kind == TOKEN_LSHIFT ? "<<" : ">>"), parse_peek(parse)->span);
}

/* One operand, then the operators of this level, each with a value on its right. */
static struct ast_expr *parse_level(struct parse *parse, enum level level, bool left_side)
{
	static const struct {
		enum token_kind token;
		enum ast_expr_kind kind;
	} levels[] = {
		[LEVEL_OR] = { TOKEN_OR, AST_EXPR_OR },
		[LEVEL_XOR] = { TOKEN_XOR, AST_EXPR_XOR },
		[LEVEL_AND] = { TOKEN_AND, AST_EXPR_AND },
	};
	struct ast_expr *left, *right, *expr;

	if (level == LEVEL_PRIMARY)
		return parse_primary(parse, left_side);
	left = parse_level(parse, level + 1, left_side);
	while (left && parse_operator(parse) == levels[level].token) {
		if (!parse_count_operators(parse, 1, parse_take(parse)->span))
			return NULL;
		right = parse_level(parse, level + 1, false);
		if (!right || !check_operand(parse, left, "an expression") ||
		    !check_operand(parse, right, "an expression"))
			return NULL;
		expr = parse_new_expr(parse, levels[level].kind,
				      source_join(left->span, right->span));
		expr->left = left;
		expr->right = right;
		left = expr;
	}
	return left && refuse_shift(parse) ? NULL : left;
}

struct ast_expr *parse_left(struct parse *parse)
{
	return parse_level(parse, LEVEL_OR, true);
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

static struct ast_expr *parse_key_rest(struct parse *parse, struct ast_expr *left)
{
	if (left && parse_is(parse, TOKEN_SLASH))
		left = parse_prefix(parse, left);
	else if (left && parse_is(parse, TOKEN_DASH))
		left = parse_range(parse, left);
	if (left && parse_is(parse, TOKEN_DOT) &&
	    parse_refuse(parse, PARSE_PLACE_STMT, str_from("."), parse_peek(parse)->span))
		return NULL;
	return left;
}

struct ast_expr *parse_key(struct parse *parse)
{
	return parse_key_rest(parse, parse_level(parse, LEVEL_OR, false));
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
	return parse_key_rest(parse, expr);
}

struct ast_expr *parse_set_ref(struct parse *parse)
{
	struct source_span span = parse_take(parse)->span;
	struct ast_expr *expr;
	struct ast_name name;

	if (parse_peek_second(parse)->kind == TOKEN_COMMA &&
	    (parse_is_word(parse, "ll") || parse_is_word(parse, "nh") ||
	     parse_is_word(parse, "th")) &&
	    parse_refuse(parse, PARSE_PLACE_STMT, str_from("@"), span))
		return NULL;
	if (!parse_name(parse, "the name of a set", &name))
		return NULL;
	expr = parse_new_expr(parse, AST_EXPR_SET_REF, source_join(span, name.span));
	expr->name = name;
	return expr;
}
