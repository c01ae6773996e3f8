/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_match: matches and look-ups in maps.
 *
 * Input: a key of the AST, an operator and what stands behind it.  Output: a bound statement in
 * canonical form, which bind_compare.c knows.  As in nft `hour "22:00"-"02:00"` is `hour !=
 * "02:00"-"22:00"`.
 *
 * Safety: a match with an error is pushed but its rule is dropped.
 */
#include "compiler/bind_match.h"

/* --- the left side -------------------------------------------------------------------------- */

static const char *key_text(struct bind *bind, const struct bind_key *key)
{
	const char *text = NULL;

	for (size_t i = 0; i < key->parts.len; i++) {
		const char *part = bind_field_text(bind, key->parts.at[i].field);

		text = text ? arena_printf(bind->arena, "%s . %s", text, part) : part;
	}
	return text;
}

/* "ipv4_addr . inet_service" */
static const char *key_types(struct bind *bind, const struct bind_key *key)
{
	const char *text = NULL;

	for (size_t i = 0; i < key->parts.len; i++) {
		const char *part = key->parts.at[i].field->type->name;

		text = text ? arena_printf(bind->arena, "%s . %s", text, part) : part;
	}
	return text;
}

static bool is_movable(enum ast_expr_kind kind)
{
	return kind == AST_EXPR_XOR || kind == AST_EXPR_LSHIFT || kind == AST_EXPR_RSHIFT;
}

/* The key without its last operator, when that one may move. */
static bool bind_left(struct bind_match *match, struct bind_key *ret_key)
{
	const struct ast_expr *left = match->ast->left;
	struct bind *bind = match->draft->bind;

	if (is_movable(left->kind)) {
		match->outer = left;
		left = left->left;
	}
	if (!bind_key(bind, left, ret_key))
		return false;
	match->masked = left->kind != AST_EXPR_FIELD;
	if (match->outer && ret_key->wide_bits) {
		diag_error(bind->diag, match->outer->span,
			   "a field of more than 128 bits takes no operator");
		return false;
	}
	return !match->outer || bind_operand(bind, match->outer, &ret_key->parts.at[0],
					     &match->amount);
}

/* Reads the fields and what they need; the statement itself is pushed last. */
static bool open_match(struct bind_rule_draft *draft, const struct ast_stmt *ast,
		       struct bind_match *ret_match)
{
	struct bind_match match = { .draft = draft, .ast = ast };
	struct bind_key key = { 0 };

	if (!bind_left(&match, &key))
		return false;
	for (size_t i = 0; i < key.parts.len; i++) {
		const struct ast_expr *part = ast->left;

		if (part->kind == AST_EXPR_CONCAT)
			part = part->items.at[i];
		if (!bind_need(draft, &key.parts.at[i], part->span))
			return false;
	}
	match.part = &key.parts.at[0];
	match.kind = bind_part_kind(match.part);
	match.work = bind_push(draft);
	match.work->stmt.span = ast->span;
	match.work->stmt.key = key;
	match.work->stmt.counter = BIND_NO_COUNTER;
	*ret_match = match;
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

static bool check_set_op(const struct bind_match *match, const struct ast_expr *right)
{
	bool named = right->kind == AST_EXPR_SET_REF;

	if (!bind_allows(match, named ? FIELD_OP_NAMED : FIELD_OP_SET, right->span,
		    named ? "named set" : "set"))
		return false;
	if (bind_is_equality(match->ast->op))
		return true;
	diag_error(match->draft->bind->diag, right->span, "%s",
		   match->ast->op == AST_MATCH_NONE_OF ? "'!' is for flags, not for a set" :
		   "this operator compares with one value, not a set");
	return false;
}

static void settle_set(const struct bind_match *match, struct bind_set *set)
{
	struct bind_stmt *stmt = &match->work->stmt;
	bool single = stmt->key.parts.len == 1;

	stmt->set = set;
	if (match->ast->op == AST_MATCH_NEQ)
		stmt->op = BIND_MATCH_NEQ;
	else if (single && match->masked && !bind_is_plain(match))
		stmt->op = BIND_MATCH_EQ_EXPLICIT;
	else
		stmt->op = BIND_MATCH_EQ;
}

static bool has_intervals(const struct bind_set *set)
{
	for (size_t i = 0; i < set->elements.len; i++) {
		if (set->elements.at[i].value.form != BIND_FORM_VALUE)
			return true;
	}
	return false;
}

/*
 * Before a set with `*`, and in a map of counters, nft 1.0.6 reads other bits of a field astride
 * bytes, as it does for a named set.
 */
static bool is_read_as_named(const struct bind_set *set)
{
	for (size_t i = 0; i < set->elements.len; i++) {
		if (set->elements.at[i].catchall)
			return true;
	}
	return set->map == AST_MAP_COUNTER;
}

static bool check_astride(const struct bind_match *match, const struct bind_set *set)
{
	const struct field *field = match->part->field;

	return match->work->stmt.key.parts.len > 1 || !bind_is_astride(field) ||
	       !is_read_as_named(set) ||
	       bind_allows(match, FIELD_OP_NAMED, set->span,
			   set->map == AST_MAP_COUNTER ? "map of counters" : "set with '*'");
}

/* What the key's form means for the values of a set that is written in the rule. */
static bool settle_elements(struct bind_match *match, struct bind_set *set)
{
	bool ranges = has_intervals(set), single = match->work->stmt.key.parts.len == 1;
	u128 flip = single && !ranges ? bind_take_flip(match) : 0;

	if (!check_astride(match, set))
		return false;
	if (match->work->stmt.key.wide_bits && ranges) {
		diag_error(match->draft->bind->diag, set->span,
			   "a field of more than 128 bits is compared with single values only");
		return false;
	}
	if (match->outer && ranges && bind_keeps_outer(match) && !set->map)
		bind_keep_outer(match);
	if (bind_is_unaligned(match)) {
		match->shift = bind_align(match);
		match->masked = true;
		set->kinds.at[0].bits = match->kind.bits;
	}
	for (size_t i = 0; i < set->elements.len; i++) {
		struct bind_element *element = &set->elements.at[i];

		if (element->catchall)
			continue;
		if (match->outer &&
		    !bind_place_outer(match, &element->value, ranges, element->span))
			return false;
		element->value.lo = element->value.lo << match->shift ^ flip;
		element->value.hi = element->value.hi << match->shift ^ flip;
	}
	return true;
}

static bool bind_braces(struct bind_match *match, const struct ast_expr *right)
{
	struct bind_rule_draft *draft = match->draft;
	struct bind_key *key = &match->work->stmt.key;
	struct bind_set *set;

	if (!check_set_op(match, right))
		return false;
	set = bind_anonymous(draft->bind, draft->scope, key, right, AST_MAP_NONE);
	if (!set || !settle_elements(match, set))
		return false;
	if (!match->masked && key->parts.len == 1 && match->ast->op != AST_MATCH_NEQ)
		bind_supply_several(bind_depend_of(draft, match->part->tunnel),
				    match->part->field, set, match->ast->span);
	bind_finish_moved(draft->bind, set, match->shift);
	settle_set(match, set);
	return true;
}

/* Numbers that the kernel keeps in another byte order than SET's: their bytes would be compared. */
static const struct field *misordered(const struct bind_set *set, const struct bind_key *key)
{
	for (size_t i = 0; set->typeof_key && i < key->parts.len; i++) {
		const struct field *field = key->parts.at[i].field;

		if (i < set->typeof_key->parts.len && field->bit_len > 8 &&
		    field->host_order != set->typeof_key->parts.at[i].field->host_order)
			return field;
	}
	return NULL;
}

/* The set or map `@name`, if it holds values of the field's type. */
static struct bind_set *find_set(const struct bind_match *match, const struct ast_expr *right)
{
	struct bind *bind = match->draft->bind;
	struct bind_scope *scope = match->draft->scope;
	const struct bind_key *key = &match->work->stmt.key;
	struct bind_draft *found = bind_index_find(&scope->sets, right->name.text);
	const struct field *other;

	if (!found) {
		diag_error(bind->diag, right->span, "table '%.*s' has no set or map '%.*s'",
			   STR_ARG(scope->table->name), STR_ARG(right->name.text));
		bind_suggest_name(bind, &scope->sets, right->name.text);
		return NULL;
	}
	if (!bind_set_fits(found->set, key)) {
		diag_error(bind->diag, right->span,
			   "'%s' is of type '%s', but %s '%.*s' holds '%s'", key_text(bind, key),
			   key_types(bind, key), bind_set_noun(found->set),
			   STR_ARG(found->set->name), bind_set_types(bind, found->set));
		diag_label(bind->diag, found->set->span, "defined here");
		return NULL;
	}
	other = misordered(found->set, key);
	if (other) {
		diag_error(bind->diag, right->span,
			   "'%s' and the values of '%.*s' are kept in different byte orders",
			   bind_field_text(bind, other), STR_ARG(found->set->name));
		diag_label(bind->diag, found->set->span, "defined here");
		diag_help(bind->diag, "nft 1.0.6 compares other bits then: make a set with "
			  "'typeof %s'", bind_field_text(bind, other));
		return NULL;
	}
	return found->set;
}

static bool bind_reference(struct bind_match *match, const struct ast_expr *right)
{
	struct bind_set *set;

	if (!check_set_op(match, right))
		return false;
	if (match->outer)
		bind_keep_outer(match);
	set = find_set(match, right);
	if (!set)
		return false;
	settle_set(match, set);
	return true;
}

/* --- statements ----------------------------------------------------------------------------- */

/* `tcp flags syn / syn,ack` */
static bool bind_slash(struct bind_match *match)
{
	struct bind *bind = match->draft->bind;
	u128 mask;

	if (!match->ast->mask)
		return true;
	if (!bind_is_equality(match->ast->op)) {
		diag_error(bind->diag, match->ast->span, "with '/' only == and != are possible");
		return false;
	}
	if (!bind_allows(match, FIELD_OP_MASK, match->ast->mask->span, "mask") ||
	    !bind_constant(bind, match->kind, match->ast->mask, &mask))
		return false;
	if (match->outer)
		bind_keep_outer(match);
	match->masked = true;
	bind_operate(match->part, AST_EXPR_AND, mask);
	return true;
}

/* Times of the day and days of the week may go round. */
static bool goes_round(const struct bind_match *match, const struct ast_expr *right)
{
	enum field_load load = match->part->field->load;

	return right->kind == AST_EXPR_RANGE &&
	       (load == FIELD_LOAD_HOUR || load == FIELD_LOAD_DAY) && !match->masked;
}

static bool bind_round(struct bind_match *match, const struct ast_expr *right)
{
	struct bind *bind = match->draft->bind;
	struct bind_value value = { .form = BIND_FORM_RANGE };

	if (!bind_constant(bind, match->kind, right->left, &value.lo) ||
	    !bind_constant(bind, match->kind, right->right, &value.hi))
		return false;
	if (value.lo > value.hi) {
		u128 hi = value.lo;

		value.lo = value.hi;
		value.hi = hi;
		match->negated = true;
	}
	return bind_settle_value(match, &value, right->span);
}

/* Keys that are looked up, not compared. */
static bool check_one_value(const struct bind_match *match, const struct ast_expr *right)
{
	struct diag *diag = match->draft->bind->diag;
	const struct bind_key *key = &match->work->stmt.key;

	if (key->wide_bits) {
		diag_error(diag, right->span,
			   "the kernel compares at most 128 bits with one value");
		diag_help(diag, "it looks up to 512 bits up in a set of two or more values");
		return false;
	}
	if (key->parts.len > 1) {
		diag_error(diag, right->span, "a concatenation is looked up in a set or map");
		diag_help(diag, "write the values in braces");
		return false;
	}
	return true;
}

bool bind_match(struct bind_rule_draft *draft, const struct ast_stmt *ast)
{
	const struct ast_expr *right = ast->right;
	struct bind_value value;
	struct bind_match match;

	if (!open_match(draft, ast, &match) || !bind_slash(&match))
		return false;
	match.work->stmt.kind = BIND_STMT_MATCH;
	if (right->kind == AST_EXPR_SET_REF)
		return bind_reference(&match, right);
	if (right->kind == AST_EXPR_SET) {
		const struct ast_expr *only = NULL;

		if (count_items(right, &only) != 1 || only->kind == AST_EXPR_MAPPING ||
		    only->kind == AST_EXPR_CONCAT || only->kind == AST_EXPR_CATCHALL ||
		    ast->op == AST_MATCH_NONE_OF || draft->bind->options->listing)
			return bind_braces(&match, right);
		right = only;
	}
	if (!check_one_value(&match, right))
		return false;
	if (goes_round(&match, right))
		return bind_round(&match, right);
	if (!bind_interval(draft->bind, match.kind, right, &value))
		return false;
	return bind_settle_value(&match, &value, right->span);
}

static struct bind_set *bind_anonymous_map(struct bind_match *match, enum ast_map_kind kind)
{
	struct bind_rule_draft *draft = match->draft;
	struct bind_set *set = bind_anonymous(draft->bind, draft->scope, &match->work->stmt.key,
					      match->ast->right, kind);

	if (!set || !settle_elements(match, set))
		return NULL;
	bind_finish_moved(draft->bind, set, match->shift);
	return set;
}

bool bind_lookup(struct bind_rule_draft *draft, const struct ast_stmt *ast,
		 enum ast_map_kind kind)
{
	bool named = ast->right->kind == AST_EXPR_SET_REF;
	struct bind_set *set = NULL;
	struct bind_match match;

	if (!open_match(draft, ast, &match) ||
	    !bind_allows(&match, named ? FIELD_OP_NAMED : FIELD_OP_SET, ast->right->span,
		    named ? "named map" : "map"))
		return false;
	match.work->stmt.kind = kind == AST_MAP_VERDICT ? BIND_STMT_VMAP : BIND_STMT_COUNTER;
	if (ast->right->kind == AST_EXPR_SET) {
		set = bind_anonymous_map(&match, kind);
		if (!set)
			return false;
	} else if (named) {
		if (match.outer)
			bind_keep_outer(&match);
		set = find_set(&match, ast->right);
		if (!set)
			return false;
	}
	if (!set || set->map != kind) {
		diag_error(draft->bind->diag, ast->right->span, kind == AST_MAP_VERDICT ?
			   "this is no verdict map" : "this is no map of counters");
		if (set)
			diag_label(draft->bind->diag, set->span, "a %s", bind_set_noun(set));
		return false;
	}
	settle_set(&match, set);
	return true;
}
