/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_matches: the text of a failsafe rule: the matches of one rule, and nothing else.
 *
 * In: a text of the source set.  Out: the rule, without a verdict; or errors.  What would make it
 * depend on a ruleset (variables, named sets), count, or say a verdict of its own is refused here,
 * with its place, so that the same text means the same in front of every ruleset.
 */
#include "compiler/parse_private.h"

static const char only_matches[] =
	"write what packets it lets in, as in a rule: tcp dport 22 ip saddr 192.0.2.0/24";

static bool refuse(struct parse *parse, struct source_span span, const char *what)
{
	diag_error(parse->diag, span, "a failsafe rule has no %s", what);
	diag_help(parse->diag, "%s", only_matches);
	return false;
}

static bool refuse_empty(struct parse *parse, struct source_span span)
{
	diag_error(parse->diag, span, "a failsafe rule without a match");
	diag_help(parse->diag, "%s", only_matches);
	return false;
}

/* Before anything is parsed: a variable would be called undefined, and words unknown. */
static bool check_tokens(struct parse *parse)
{
	const struct token *token = parse->tokens;

	if (token->kind == TOKEN_END)
		return refuse_empty(parse, token->span);
	if (parse_token_is_word(token, "define") || parse_token_is_word(token, "redefine") ||
	    parse_token_is_word(token, "undefine"))
		return refuse(parse, token->span, "variables");
	if (parse_token_is_word(token, "include"))
		return refuse(parse, token->span, "included files");
	for (; token->kind != TOKEN_END; token++)
		if (token->kind == TOKEN_DOLLAR)
			return refuse(parse, token->span, "variables");
	return true;
}

static bool check_expr(struct parse *parse, const struct ast_expr *expr)
{
	if (!expr)
		return true;
	if (expr->kind == AST_EXPR_SET_REF)
		return refuse(parse, expr->span, "named sets");
	for (size_t i = 0; expr->kind == AST_EXPR_SET && i < expr->items.len; i++) {
		const struct ast_options *options = ast_options_of(expr->items.at[i]);

		if (options && options->has_counter)
			return refuse(parse, options->counter_span, "counters");
		if (options && options->comment.text.at)
			return refuse(parse, options->comment.span, "comments");
	}
	return true;
}

static bool check_stmt(struct parse *parse, const struct ast_stmt *stmt)
{
	switch (stmt->kind) {
	case AST_STMT_MATCH:
		return check_expr(parse, stmt->right) && check_expr(parse, stmt->mask);
	case AST_STMT_VMAP:
		return refuse(parse, stmt->span, "verdict map");
	case AST_STMT_COUNTER:
		return refuse(parse, stmt->span, "counters");
	case AST_STMT_VERDICT:
		return refuse(parse, stmt->span, "verdict: it always accepts");
	}
	return false;
}

static bool check_rule(struct parse *parse, const struct ast_rule *rule)
{
	for (size_t i = 0; i < rule->stmts.len; i++)
		if (!check_stmt(parse, &rule->stmts.at[i]))
			return false;
	return !rule->comment.text.at || refuse(parse, rule->comment.span, "comment");
}

bool parse_matches(struct source_set *sources, uint32_t source, struct arena *arena,
		   struct diag *diag, struct ast_rule *ret_rule)
{
	static const struct parse_options options;
	const struct parse_file file = { .source = source, .depth = 1 };
	struct parse parse = {
		.sources = sources, .options = &options, .arena = arena, .diag = diag,
		.file = &file,
	};
	const struct lex_tokens *tokens = parse_tokens_of(&parse, source);
	struct ast_rule rule;
	bool ok;

	if (!tokens)
		return false;
	parse.tokens = tokens->tokens.at;
	ok = check_tokens(&parse) && parse_rule(&parse, &rule) && check_rule(&parse, &rule);
	arena_free(&parse.scratch);
	if (!ok)
		return false;
	if (!parse_is(&parse, TOKEN_END)) {
		parse_unexpected(&parse, "the end of the rule");
		diag_help(diag, "one failsafe rule each");
		return false;
	}
	*ret_rule = rule;
	return true;
}
