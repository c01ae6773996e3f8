/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_rule: the statements of a rule.
 *
 * Input: a rule of the AST and the table it is in.  Output: bound statements, in canonical form:
 * an operator means the same for every type (flags: any of, none of, equal), a mask that is a
 * prefix is a prefix, a prefix that nft cannot show is a mask.  What the rule needs beside its
 * own words is added by bind_depend.c, the order settled by bind_list.c.
 *
 * Safety: a rule with an error is dropped whole; the ruleset is then never used.
 */
#include "compiler/bind_private.h"

/* A match while it is put together. */
struct match {
	const struct ast_stmt *ast;
	const struct field *field;
	struct bind_kind kind;
	bool has_mask;
	u128 mask;
	struct bind_work *work;
};

/* --- the left side -------------------------------------------------------------------------- */

static const char *field_text(struct bind *bind, const struct field *field)
{
	return arena_printf(bind->arena, "%s %s", field_proto(field)->name, field->name);
}

static bool allows(struct bind *bind, const struct match *match, unsigned int op,
		   struct source_span span, const char *what)
{
	if (match->field->ops & op)
		return true;
	diag_error(bind->diag, span, "'%s' takes no %s", field_text(bind, match->field), what);
	if (match->field->load == FIELD_LOAD_HEADER)
		diag_help(bind->diag, "nft 1.0.6 compares other bits here: write the values in "
			  "braces");
	return false;
}

static bool bind_left(struct bind *bind, const struct ast_expr *expr, struct match *match)
{
	u128 mask;

	switch (expr->kind) {
	case AST_EXPR_FIELD:
		match->field = expr->field;
		match->kind.type = expr->field->type;
		match->kind.bits = expr->field->bit_len;
		match->mask = u128_max(match->kind.bits);
		return true;
	case AST_EXPR_AND:
		if (!bind_left(bind, expr->left, match) ||
		    !allows(bind, match, FIELD_OP_MASK, expr->span, "mask") ||
		    !bind_constant(bind, match->kind, expr->right, &mask))
			return false;
		match->has_mask = true;
		match->mask &= mask;
		return true;
	case AST_EXPR_OR:
	case AST_EXPR_XOR:
		diag_error(bind->diag, expr->span, "only '&' can be applied to a field so far");
		return false;
	case AST_EXPR_LITERAL:
	case AST_EXPR_PREFIX:
	case AST_EXPR_RANGE:
	case AST_EXPR_LIST:
	case AST_EXPR_SET:
	case AST_EXPR_MAPPING:
	case AST_EXPR_SET_REF:
	case AST_EXPR_VERDICT:
		break;
	}
	diag_error(bind->diag, expr->span, "a field of the packet is needed here");
	return false;
}

/* Reads the field and what it needs; the statement itself is pushed last. */
static bool open_match(struct bind_rule_draft *draft, const struct ast_stmt *ast,
		       struct match *ret_match)
{
	struct match match = { .ast = ast };
	uint8_t depth = 0;

	if (!bind_left(draft->bind, ast->left, &match) ||
	    !bind_need(draft, match.field, ast->left->span, &depth))
		return false;
	match.work = bind_push(draft);
	match.work->stmt.span = ast->span;
	match.work->stmt.field = match.field;
	match.work->stmt.depth = depth;
	*ret_match = match;
	return true;
}

/* --- one value ------------------------------------------------------------------------------ */

static enum bind_match_op plain_op(enum ast_match_op op, bool flags)
{
	switch (op) {
	case AST_MATCH_IMPLICIT:
		return flags ? BIND_MATCH_ANY_OF : BIND_MATCH_EQ;
	case AST_MATCH_EQ:
		return flags ? BIND_MATCH_EQ_EXPLICIT : BIND_MATCH_EQ;
	case AST_MATCH_NEQ:
		return BIND_MATCH_NEQ;
	case AST_MATCH_LT:
		return BIND_MATCH_LT;
	case AST_MATCH_GT:
		return BIND_MATCH_GT;
	case AST_MATCH_LTE:
		return BIND_MATCH_LTE;
	case AST_MATCH_GTE:
		return BIND_MATCH_GTE;
	case AST_MATCH_NONE_OF:
		return BIND_MATCH_NONE_OF;
	}
	return BIND_MATCH_EQ;
}

static bool is_equality(enum ast_match_op op)
{
	return op == AST_MATCH_IMPLICIT || op == AST_MATCH_EQ || op == AST_MATCH_NEQ;
}

static bool check_op(struct bind *bind, const struct match *match,
		     const struct bind_element *value)
{
	enum ast_match_op op = match->ast->op;

	if (op == AST_MATCH_NONE_OF && (!match->kind.type->bitmask || match->has_mask ||
					value->form != BIND_FORM_VALUE)) {
		diag_error(bind->diag, match->ast->span, "'!' is for flags: '%s' %s",
			   field_text(bind, match->field), match->kind.type->bitmask ?
			   "is compared with one value here" : "has none");
		diag_help(bind->diag, "write '!=' for not equal");
		return false;
	}
	if (is_equality(op) || op == AST_MATCH_NONE_OF) {
		if (value->form == BIND_FORM_RANGE)
			return allows(bind, match, FIELD_OP_RANGE, value->span, "range");
		return allows(bind, match, FIELD_OP_EQ, value->span, "value");
	}
	if (value->form != BIND_FORM_VALUE) {
		diag_error(bind->diag, value->span, "this operator compares with one value, not %s",
			   value->form == BIND_FORM_RANGE ? "a range" : "a prefix");
		return false;
	}
	return allows(bind, match, FIELD_OP_RANGE, match->ast->span, "operator but == and !=");
}

static bool one_bit(u128 value)
{
	return value && !(value & (value - 1));
}

/* (field & mask) against flags, in nft's four ways to write it. */
static void settle_flags(const struct match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;
	u128 value = stmt->value.lo;
	bool negated = stmt->op == BIND_MATCH_NEQ;

	if (!value) {
		stmt->op = negated ? BIND_MATCH_ANY_OF : BIND_MATCH_NONE_OF;
		stmt->value.lo = stmt->value.hi = match->mask;
		return;
	}
	stmt->has_mask = true;
	stmt->mask = match->mask;
	if (value == match->mask && one_bit(value)) {
		stmt->op = negated ? BIND_MATCH_NEQ : BIND_MATCH_EQ_EXPLICIT;
		return;
	}
	stmt->op = negated ? BIND_MATCH_NEQ : BIND_MATCH_EQ;
	stmt->mask_slash = true;
}

/* Warns of a comparison that cannot come out equal. */
static void check_mask(struct bind *bind, const struct match *match)
{
	const struct bind_stmt *stmt = &match->work->stmt;

	if (!(stmt->value.lo & ~match->mask))
		return;
	diag_warning(bind->diag, stmt->value.span, "the value has bits that the mask clears: %s",
		     stmt->op == BIND_MATCH_NEQ ? "always true" : "never true");
}

/* An equality of (field & mask); all of a field is no mask. */
static void settle_mask(struct bind *bind, const struct match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;
	u128 all = u128_max(match->kind.bits);
	bool prefix = match->kind.type->prefixes &&
		      bind_prefix_len(match->kind.bits, match->mask, all) >= 0 &&
		      !(stmt->value.lo & ~match->mask);

	if (stmt->op != BIND_MATCH_NEQ)
		stmt->op = BIND_MATCH_EQ_EXPLICIT;
	if (match->mask == all) {
		if (!match->kind.type->bitmask && stmt->op == BIND_MATCH_EQ_EXPLICIT)
			stmt->op = BIND_MATCH_EQ;
		return;
	}
	check_mask(bind, match);
	if (match->kind.type->bitmask) {
		settle_flags(match);
	} else if (prefix) {
		stmt->value.hi = stmt->value.lo | (all ^ match->mask);
		stmt->value.form = BIND_FORM_PREFIX;
		if (stmt->op == BIND_MATCH_EQ_EXPLICIT)
			stmt->op = BIND_MATCH_EQ;
	} else {
		stmt->has_mask = true;
		stmt->mask = match->mask;
	}
}

/* Whether nft compares a prefix of this field by loading fewer bytes, and so shows it. */
static bool shows_prefix(const struct match *match, int len)
{
	const struct field *field = match->field;

	if (match->kind.type->prefixes || match->kind.type->form == TYPE_FORM_IFNAME)
		return true;
	return field->load == FIELD_LOAD_HEADER && field->bit_off % 8 == 0 &&
	       field->bit_len % 8 == 0 && len > 0 && len % 8 == 0;
}

static void settle_prefix(struct bind *bind, struct match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;
	int len = bind_prefix_len(match->kind.bits, stmt->value.lo, stmt->value.hi);

	if (stmt->op == BIND_MATCH_ANY_OF)
		stmt->op = BIND_MATCH_EQ;
	if (stmt->value.lo == stmt->value.hi) {
		stmt->value.form = BIND_FORM_VALUE;
		if (match->kind.type->bitmask && stmt->op == BIND_MATCH_EQ)
			stmt->op = BIND_MATCH_EQ_EXPLICIT;
		return;
	}
	if (shows_prefix(match, len))
		return;
	match->mask = u128_prefix_mask(match->kind.bits, (unsigned int)len);
	stmt->value.hi = stmt->value.lo;
	stmt->value.form = BIND_FORM_VALUE;
	settle_mask(bind, match);
}

/* Neighbours that nft would join: whole bytes of a header, compared with one value. */
static enum bind_join join_of(const struct match *match)
{
	const struct field *field = match->field;

	if (field->load != FIELD_LOAD_HEADER || field->bit_off % 8 || field->bit_len % 8)
		return BIND_JOIN_NO;
	if (match->ast->op == AST_MATCH_IMPLICIT || match->ast->op == AST_MATCH_EQ)
		return BIND_JOIN_EQ;
	return match->ast->op == AST_MATCH_NEQ ? BIND_JOIN_NEQ : BIND_JOIN_NO;
}

static bool settle_value(struct bind_rule_draft *draft, struct match *match,
			 const struct bind_element *value)
{
	struct bind_stmt *stmt = &match->work->stmt;
	enum ast_match_op op = match->ast->op;
	bool single = value->form == BIND_FORM_VALUE;

	if (!check_op(draft->bind, match, value))
		return false;
	if (match->has_mask && value->form == BIND_FORM_PREFIX) {
		diag_error(draft->bind->diag, value->span,
			   "a masked field cannot be compared with a prefix");
		return false;
	}
	stmt->value = *value;
	stmt->op = plain_op(op, match->kind.type->bitmask && single);
	if (match->has_mask && single && is_equality(op)) {
		settle_mask(draft->bind, match);
		return true;
	}
	if (match->has_mask) {
		stmt->has_mask = match->mask != u128_max(match->kind.bits);
		stmt->mask = match->mask;
		if (stmt->has_mask && stmt->op == BIND_MATCH_EQ)
			stmt->op = BIND_MATCH_EQ_EXPLICIT;
		return true;
	}
	if (value->form == BIND_FORM_PREFIX) {
		settle_prefix(draft->bind, match);
		return true;
	}
	if (!single)
		return true;
	match->work->join = join_of(match);
	if (op == AST_MATCH_IMPLICIT || op == AST_MATCH_EQ)
		bind_supply(&draft->depend, match->field, value->lo, match->ast->span);
	return true;
}

/* --- several values ------------------------------------------------------------------------- */

/* Counts what is written in braces, braces inside them too; the last one found is remembered. */
static size_t count_items(const struct ast_expr *expr, const struct ast_expr **ret_last)
{
	size_t count = 0;

	if (expr->kind != AST_EXPR_SET) {
		*ret_last = expr;
		return 1;
	}
	for (size_t i = 0; i < expr->items.len; i++)
		count += count_items(expr->items.at[i], ret_last);
	return count;
}

static bool check_set_op(struct bind *bind, const struct match *match,
			 const struct ast_expr *right)
{
	bool named = right->kind == AST_EXPR_SET_REF;

	if (!allows(bind, match, named ? FIELD_OP_NAMED : FIELD_OP_SET, right->span,
		    named ? "named set" : "set"))
		return false;
	if (is_equality(match->ast->op))
		return true;
	diag_error(bind->diag, right->span, "%s", match->ast->op == AST_MATCH_NONE_OF ?
		   "'!' is for flags, not for a set" :
		   "this operator compares with one value, not a set");
	return false;
}

static void settle_set(const struct match *match, struct bind_set *set)
{
	struct bind_stmt *stmt = &match->work->stmt;

	stmt->set = set;
	stmt->has_mask = match->has_mask && match->mask != u128_max(match->kind.bits);
	if (stmt->has_mask)
		stmt->mask = match->mask;
	if (match->ast->op == AST_MATCH_NEQ)
		stmt->op = BIND_MATCH_NEQ;
	else
		stmt->op = stmt->has_mask ? BIND_MATCH_EQ_EXPLICIT : BIND_MATCH_EQ;
}

static void finish_anonymous(struct bind *bind, struct bind_set *set)
{
	struct bind_draft draft = { .set = set, .overlapped = set->flag_interval && !set->is_map };

	bind_finish_set(bind, &draft);
	set->used = true;
}

static bool bind_braces(struct bind_rule_draft *draft, const struct match *match,
			const struct ast_expr *right)
{
	struct bind_set *set;

	if (!check_set_op(draft->bind, match, right))
		return false;
	set = bind_anonymous(draft->bind, draft->scope, match->kind, right, false);
	if (!set)
		return false;
	if (!match->has_mask && match->ast->op != AST_MATCH_NEQ)
		bind_supply_several(&draft->depend, match->field, set, match->ast->span);
	finish_anonymous(draft->bind, set);
	settle_set(match, set);
	return true;
}

/* The set or map `@name`, if it holds values of the field's type. */
static struct bind_set *find_set(struct bind_rule_draft *draft, const struct match *match,
				 const struct ast_expr *right)
{
	struct diag *diag = draft->bind->diag;
	struct bind_draft *found = bind_index_find(&draft->scope->sets, right->name.text);

	if (!found) {
		diag_error(diag, right->span, "table '%.*s' has no set or map '%.*s'",
			   STR_ARG(draft->scope->table->name), STR_ARG(right->name.text));
		bind_suggest_name(draft->bind, &draft->scope->sets, right->name.text);
		return NULL;
	}
	if (found->set->type != match->kind.type) {
		diag_error(diag, right->span, "'%s' is of type '%s', but %s '%.*s' holds '%s'",
			   field_text(draft->bind, match->field), match->kind.type->name,
			   found->set->is_map ? "map" : "set", STR_ARG(found->set->name),
			   found->set->type->name);
		diag_label(diag, found->set->span, "defined here");
		return NULL;
	}
	return found->set;
}

static bool bind_reference(struct bind_rule_draft *draft, const struct match *match,
			   const struct ast_expr *right)
{
	struct bind_set *set;

	if (!check_set_op(draft->bind, match, right))
		return false;
	set = find_set(draft, match, right);
	if (!set)
		return false;
	settle_set(match, set);
	return true;
}

/* --- statements ----------------------------------------------------------------------------- */

/* `tcp flags syn / syn,ack` */
static bool bind_slash(struct bind *bind, struct match *match)
{
	u128 mask;

	if (!match->ast->mask)
		return true;
	if (!is_equality(match->ast->op)) {
		diag_error(bind->diag, match->ast->span, "with '/' only == and != are possible");
		return false;
	}
	if (!allows(bind, match, FIELD_OP_MASK, match->ast->mask->span, "mask") ||
	    !bind_constant(bind, match->kind, match->ast->mask, &mask))
		return false;
	match->has_mask = true;
	match->mask &= mask;
	return true;
}

static bool bind_match(struct bind_rule_draft *draft, const struct ast_stmt *ast)
{
	const struct ast_expr *right = ast->right;
	struct bind_element value;
	struct match match;

	if (!open_match(draft, ast, &match) || !bind_slash(draft->bind, &match))
		return false;
	match.work->stmt.kind = BIND_STMT_MATCH;
	if (right->kind == AST_EXPR_SET_REF)
		return bind_reference(draft, &match, right);
	if (right->kind == AST_EXPR_SET) {
		const struct ast_expr *only = NULL;

		if (count_items(right, &only) != 1 || only->kind == AST_EXPR_MAPPING ||
		    ast->op == AST_MATCH_NONE_OF || draft->bind->options->listing)
			return bind_braces(draft, &match, right);
		right = only;
	}
	if (!bind_interval(draft->bind, match.kind, right, &value))
		return false;
	return settle_value(draft, &match, &value);
}

static bool bind_vmap(struct bind_rule_draft *draft, const struct ast_stmt *ast)
{
	bool named = ast->right->kind == AST_EXPR_SET_REF;
	struct bind_set *set = NULL;
	struct match match;

	if (!open_match(draft, ast, &match) ||
	    !allows(draft->bind, &match, named ? FIELD_OP_NAMED : FIELD_OP_SET, ast->right->span,
		    named ? "named map" : "map"))
		return false;
	match.work->stmt.kind = BIND_STMT_VMAP;
	if (ast->right->kind == AST_EXPR_SET) {
		set = bind_anonymous(draft->bind, draft->scope, match.kind, ast->right, true);
		if (!set)
			return false;
		finish_anonymous(draft->bind, set);
	} else if (ast->right->kind == AST_EXPR_SET_REF) {
		set = find_set(draft, &match, ast->right);
		if (!set)
			return false;
	}
	if (!set || !set->is_map) {
		diag_error(draft->bind->diag, ast->right->span, "this is no verdict map");
		if (set)
			diag_label(draft->bind->diag, set->span, "a set");
		return false;
	}
	settle_set(&match, set);
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
		return bind_vmap(draft, ast);
	case AST_STMT_COUNTER:
		work = bind_push(draft);
		work->stmt.kind = BIND_STMT_COUNTER;
		work->stmt.span = ast->span;
		work->stmt.packets = ast->packets;
		work->stmt.bytes = ast->bytes;
		return true;
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
	struct bind_work *work = ARENA_NEW(draft->bind->arena, struct bind_work);

	work->first = work->last = work;
	*vec_push(draft->bind->arena, &draft->works) = work;
	return work;
}

/* `continue` ends nothing, as in nft. */
static bool is_terminal(const struct ast_stmt *ast)
{
	return ast->kind == AST_STMT_VERDICT && ast->verdict.kind != AST_VERDICT_CONTINUE;
}

void bind_add_rule(struct bind *bind, struct bind_scope *scope, struct bind_chain *chain,
		   const struct ast_rule *ast)
{
	struct bind_rule_draft draft = { .bind = bind, .scope = scope };
	struct bind_rule rule = { .span = ast->span, .comment = ast->comment.text };

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
	*vec_push(bind->arena, &chain->rules) = rule;
}
