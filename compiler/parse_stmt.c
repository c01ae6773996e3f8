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

static bool parse_vmap(struct parse *parse, struct ast_stmt *stmt)
{
	parse_take(parse);
	stmt->kind = AST_STMT_VMAP;
	stmt->right = parse_is(parse, TOKEN_DOLLAR) ? parse_variable(parse) : parse_map(parse);
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

	if (parse_is_word(parse, "set") || parse_is_word(parse, "map"))
		return parse_refuse(parse, REFUSE_PLACE_FIELD, token->text, token->span);
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
	if (!stmt->right || !parse_check_value(parse, stmt->left, stmt->right))
		return false;
	if (!parse_accept(parse, TOKEN_SLASH))
		return true;
	stmt->mask = parse_list(parse);
	return stmt->mask;
}

/* counter name NAME; counter name FIELD map MAP */
static bool parse_counter_name(struct parse *parse, struct ast_stmt *stmt)
{
	const struct token *token = parse_take(parse);
	const struct ast_expr *value;

	token = parse_peek(parse);
	if (token->kind == TOKEN_STRING) {
		parse_take(parse);
		stmt->object = (struct ast_name){ token->text, token->span };
	} else if (token->kind == TOKEN_DOLLAR) {
		value = parse_variable(parse);
		if (!value)
			return false;
		if (value->kind != AST_EXPR_LITERAL || (value->token.kind != TOKEN_WORD &&
							value->token.kind != TOKEN_STRING)) {
			diag_error(parse->diag, value->span,
				   "the variable does not hold the name of a counter");
			return false;
		}
		stmt->object = (struct ast_name){ value->token.text, value->span };
	} else if (token->kind == TOKEN_WORD && !parse_begins_field(parse)) {
		if (!parse_name(parse, "the name of a counter", &stmt->object))
			return false;
	} else {
		stmt->left = parse_left(parse);
		if (!stmt->left || !parse_expect_word(parse, "map"))
			return false;
		stmt->right = parse_map(parse);
		return stmt->right;
	}
	if (!parse_is_word(parse, "packets") && !parse_is_word(parse, "bytes"))
		return true;
	diag_error(parse->diag, parse_peek(parse)->span,
		   "the figures of a named counter stand where it is defined");
	return false;
}

static bool parse_counter(struct parse *parse, struct ast_stmt *stmt)
{
	parse_take(parse);
	stmt->kind = AST_STMT_COUNTER;
	if (parse_is_word(parse, "name"))
		return parse_counter_name(parse, stmt);
	return parse_counts(parse, &stmt->packets, &stmt->bytes);
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
	*vec_push(&parse->scratch, &rule->stmts) = stmt;
	return true;
}

/* Growing leaves the outgrown behind, and rules are many: what is kept has a place of its size. */
static void keep_stmts(struct parse *parse, struct ast_rule *rule)
{
	size_t bytes = rule->stmts.len * sizeof(*rule->stmts.at);

	rule->stmts.at = arena_grow(parse->arena, rule->stmts.at, bytes, bytes);
	rule->stmts.cap = rule->stmts.len;
}

bool parse_rule(struct parse *parse, struct ast_rule *ret_rule)
{
	struct source_span span = parse_peek(parse)->span;
	struct ast_rule rule = { 0 };

	arena_reset(&parse->scratch);
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
	if (parse->rules++ == LIMITS_RULES) {
		diag_error(parse->diag, rule.span, "too many rules: at most %u", LIMITS_RULES);
		parse->full = true;
		return false;
	}
	keep_stmts(parse, &rule);
	*ret_rule = rule;
	return true;
}
