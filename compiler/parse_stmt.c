/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_stmt: a rule and its statements: matches, verdict maps, counters, verdicts.
 *
 * In: tokens up to the end of the line or to a ';'.  Out: the rule.  Statements behind a verdict
 * that ends the rule are kept; the binder judges them.
 */
#include "compiler/base/limits.h"
#include "compiler/parse_private.h"

static bool match_op(enum token_kind kind, enum ast_match_op *ret_op)
{
	static const struct {
		enum token_kind token;
		enum ast_match_op op;
	} ops[] = {
		{ TOKEN_EQ, AST_MATCH_EQ }, { TOKEN_NEQ, AST_MATCH_NEQ },
		{ TOKEN_LT, AST_MATCH_LT }, { TOKEN_GT, AST_MATCH_GT },
		{ TOKEN_LTE, AST_MATCH_LTE }, { TOKEN_GTE, AST_MATCH_GTE },
		{ TOKEN_NOT, AST_MATCH_NONE_OF },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (ops[i].token != kind)
			continue;
		*ret_op = ops[i].op;
		return true;
	}
	return false;
}

/*
 * `ip saddr == ip daddr`: the second `ip` was taken for a value, as it is one in `ether type ip`;
 * what follows shows that a field was meant.
 */
static bool check_not_field(struct parse *parse, const struct ast_expr *left,
			    const struct ast_expr *right)
{
	const struct token *token = parse_peek(parse);
	const struct proto *proto;

	if (right->kind != AST_EXPR_LITERAL || right->token.kind != TOKEN_WORD ||
	    token->kind != TOKEN_WORD || field_find_proto(token->text) ||
	    parse_begins_verdict(parse))
		return true;
	proto = field_find_proto(right->token.text);
	if (!proto || !field_find(proto, token->text))
		return true;
	diag_error(parse->diag, source_join(right->span, token->span),
		   "expected a value, found the field '%s %.*s'", proto->name,
		   STR_ARG(token->text));
	if (left->kind == AST_EXPR_FIELD && left->field->select != FIELD_SELECT_NOTHING)
		diag_help(parse->diag, "to match both, write '%s %s %.*s'", proto->name,
			  proto->name, STR_ARG(token->text));
	else
		diag_help(parse->diag, "two fields cannot be compared with each other");
	return false;
}

static bool parse_vmap(struct parse *parse, struct ast_stmt *stmt)
{
	parse_take(parse);
	stmt->kind = AST_STMT_VMAP;
	if (parse_is(parse, TOKEN_AT))
		stmt->right = parse_set_ref(parse);
	else if (parse_is(parse, TOKEN_LBRACE))
		stmt->right = parse_set(parse);
	else if (parse_is(parse, TOKEN_DOLLAR))
		stmt->right = parse_variable(parse);
	else
		return parse_unexpected(parse, "'{' or '@'");
	if (!stmt->right)
		return false;
	if (stmt->right->kind == AST_EXPR_SET || stmt->right->kind == AST_EXPR_SET_REF)
		return true;
	diag_error(parse->diag, stmt->right->span, "the variable does not hold a map");
	return false;
}

/* What can stand behind a field and is not a match. */
static bool refuse_behind_field(struct parse *parse)
{
	const struct token *token = parse_peek(parse);

	if (token->kind == TOKEN_DOT)
		return parse_refuse(parse, PARSE_PLACE_STMT, str_from("."), token->span);
	if (parse_is_word(parse, "set") || parse_is_word(parse, "map"))
		return parse_refuse(parse, PARSE_PLACE_FIELD, token->text, token->span);
	return false;
}

static bool parse_match(struct parse *parse, struct ast_stmt *stmt)
{
	stmt->kind = AST_STMT_MATCH;
	stmt->op = AST_MATCH_IMPLICIT;
	stmt->left = parse_left(parse);
	if (!stmt->left || refuse_behind_field(parse))
		return false;
	if (parse_is_word(parse, "vmap"))
		return parse_vmap(parse, stmt);
	if (match_op(parse_operator(parse), &stmt->op))
		parse_take(parse);
	stmt->right = parse_right(parse);
	if (!stmt->right || !check_not_field(parse, stmt->left, stmt->right))
		return false;
	if (!parse_accept(parse, TOKEN_SLASH))
		return true;
	stmt->mask = parse_list(parse);
	return stmt->mask;
}

static bool parse_counter(struct parse *parse, struct ast_stmt *stmt)
{
	struct source_span span = parse_take(parse)->span;

	stmt->kind = AST_STMT_COUNTER;
	if (parse_is_word(parse, "name"))
		return !parse_refuse(parse, PARSE_PLACE_STMT, str_from("counter name"),
				     source_join(span, parse_peek(parse)->span));
	for (;;) {
		uint64_t *value;

		if (parse_is_word(parse, "packets"))
			value = &stmt->packets;
		else if (parse_is_word(parse, "bytes"))
			value = &stmt->bytes;
		else
			return true;
		parse_take(parse);
		if (!parse_number(parse, "a counter's value", UINT64_MAX, value))
			return false;
	}
}

static bool parse_stmt(struct parse *parse, struct ast_rule *rule)
{
	struct source_span span = parse_peek(parse)->span;
	struct ast_stmt stmt = { 0 };
	bool ok;

	parse->operators = 0;
	if (parse_begins_verdict(parse)) {
		stmt.kind = AST_STMT_VERDICT;
		ok = parse_verdict(parse, &stmt.verdict);
	} else if (parse_is_word(parse, "counter")) {
		ok = parse_counter(parse, &stmt);
	} else {
		ok = parse_match(parse, &stmt);
	}
	if (!ok)
		return false;
	stmt.span = source_join(span, parse_last_span(parse));
	if (rule->stmts.len == LIMITS_STATEMENTS) {
		diag_error(parse->diag, stmt.span, "a rule of more than %d statements",
			   LIMITS_STATEMENTS);
		return false;
	}
	*vec_push(parse->arena, &rule->stmts) = stmt;
	return true;
}

bool parse_rule(struct parse *parse, struct ast_rule *ret_rule)
{
	struct source_span span = parse_peek(parse)->span;
	struct ast_rule rule = { 0 };

	do {
		if (!parse_stmt(parse, &rule))
			return false;
	} while (!parse_at_separator(parse) && !parse_is_word(parse, "comment"));
	if (parse_is_word(parse, "comment")) {
		if (!parse_comment(parse, &rule.comment))
			return false;
		if (!parse_at_separator(parse)) {
			parse_unexpected(parse, "a newline or ';'");
			diag_help(parse->diag, "a rule's comment stands at its end");
			return false;
		}
	}
	rule.span = source_join(span, parse_last_span(parse));
	*ret_rule = rule;
	return true;
}
