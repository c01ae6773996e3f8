/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_rule: the statements of a rule.
 *
 * Input: a rule of the AST and the table it is in.  Output: bound statements.  Matches and
 * look-ups in maps are made by bind_match.c; what the rule needs beside its own words is added by
 * bind_depend.c, the order settled by bind_list.c.
 *
 * Safety: a rule with an error is dropped whole; the ruleset is then never used.
 */
#include "compiler/bind_private.h"

static bool bind_counter(struct bind_rule_draft *draft, const struct ast_stmt *ast)
{
	struct bind_object *object = NULL;
	struct bind_work *work;

	if (ast->left)
		return bind_lookup(draft, ast, AST_MAP_COUNTER);
	if (ast->object.text.len) {
		object = bind_find_object(draft->bind, draft->scope, ast->object.text,
					  ast->object.span);
		if (!object)
			return false;
	}
	work = bind_push(draft);
	work->stmt.kind = BIND_STMT_COUNTER;
	work->stmt.span = ast->span;
	work->stmt.object = object;
	work->stmt.counter = BIND_NO_COUNTER;
	work->stmt.packets = ast->packets;
	work->stmt.bytes = ast->bytes;
	return true;
}

bool bind_verdict(struct bind *bind, struct bind_scope *scope, const struct ast_verdict *ast,
		  struct source_span span, struct bind_verdict *ret_verdict)
{
	struct bind_site *site;

	if (ast->kind != AST_VERDICT_JUMP && ast->kind != AST_VERDICT_GOTO) {
		*ret_verdict = (struct bind_verdict){ .kind = ast->kind };
		return true;
	}
	if (ast->chain.span.end)
		span = ast->chain.span;
	site = bind_index_find(&scope->chains, ast->chain.text);
	if (!site) {
		diag_error(bind->diag, span, "table '%.*s' has no chain '%.*s'",
			   STR_ARG(scope->table->name), STR_ARG(ast->chain.text));
		bind_suggest_name(bind, &scope->chains, ast->chain.text);
		return false;
	}
	if (site->chain->is_base) {
		diag_error(bind->diag, span, "'%.*s' is a base chain: it cannot be jumped to",
			   STR_ARG(ast->chain.text));
		diag_label(bind->diag, site->hook_span, "its hook");
		return false;
	}
	*ret_verdict = (struct bind_verdict){ ast->kind, site->chain };
	return true;
}

static bool bind_stmt(struct bind_rule_draft *draft, const struct ast_stmt *ast)
{
	struct bind_work *work;

	switch (ast->kind) {
	case AST_STMT_MATCH:
		return bind_match(draft, ast);
	case AST_STMT_VMAP:
		return bind_lookup(draft, ast, AST_MAP_VERDICT);
	case AST_STMT_COUNTER:
		return bind_counter(draft, ast);
	case AST_STMT_VERDICT:
		work = bind_push(draft);
		work->stmt.kind = BIND_STMT_VERDICT;
		work->stmt.span = ast->span;
		return bind_verdict(draft->bind, draft->scope, &ast->verdict, ast->span,
				    &work->stmt.verdict);
	}
	return false;
}

struct bind_work *bind_push(struct bind_rule_draft *draft)
{
	struct bind_work *work = ARENA_NEW(draft->bind->scratch, struct bind_work);

	work->first = work->last = work;
	*vec_push(draft->bind->scratch, &draft->works) = work;
	return work;
}

/* `continue` ends nothing, as in nft. */
static bool is_terminal(const struct ast_stmt *ast)
{
	return ast->kind == AST_STMT_VERDICT && ast->verdict.kind != AST_VERDICT_CONTINUE;
}

/* Statements are large, and rules are many: none is kept but those that are there in the end. */
static void keep_stmts(struct bind *bind, struct bind_rule *rule)
{
	struct bind_stmt *kept = ARENA_ARRAY(bind->arena, struct bind_stmt, rule->stmts.len);

	if (rule->stmts.len)
		memcpy(kept, rule->stmts.at, rule->stmts.len * sizeof(*kept));
	rule->stmts.at = kept;
	rule->stmts.cap = rule->stmts.len;
}

void bind_add_rule(struct bind *bind, struct bind_scope *scope, struct bind_chain *chain,
		   const struct ast_rule *ast)
{
	struct bind_rule_draft draft = { .bind = bind, .scope = scope };
	struct bind_rule rule = { .span = ast->span, .comment = ast->comment.text };

	arena_reset(bind->scratch);
	for (size_t i = 0; i < ast->stmts.len; i++) {
		const struct ast_stmt *stmt = &ast->stmts.at[i];

		if (i && is_terminal(stmt - 1)) {
			diag_error(bind->diag, stmt->span, "nothing is done behind a verdict");
			diag_label(bind->diag, stmt[-1].span, "the verdict");
			return;
		}
		if (!bind_stmt(&draft, stmt))
			return;
	}
	bind_list(&draft, &rule);
	keep_stmts(bind, &rule);
	scope->has_rules = true;
	*vec_push(bind->arena, &chain->rules) = rule;
}
