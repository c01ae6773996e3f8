/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_reload: a rule's listing, read again, is the rule.
 *
 * Input: a rule as nft would list it.  Output: the same, with marks taken away from matches that
 * nft leaves out of its listing although reading what is left would not add them again, or would
 * add others, or in another place; or with a mark on one that could not be read in its place.  To
 * find out the listing is bound once more, from the statements instead of their text.
 *
 * Two rules are the same when they do the same things (count, look up in a map, decide) in the
 * same order, and ask the same of the packet before each of them.  In which order they ask that,
 * and how often, makes no difference.
 *
 * Safety: only marks are changed.  What is tried lives in an arena of its own and shares no
 * memory that is written to with the rule.
 */
#include <linux/if_arp.h>

#include "compiler/bind_private.h"

/* --- the same rule -------------------------------------------------------------------------- */

static bool is_untouched(const struct bind_part *part)
{
	return part->mask == u128_max(part->field->bit_len) && !part->flip && !part->shift;
}

static bool is_same_value(const struct bind_element *a, const struct bind_element *b,
			  size_t parts)
{
	for (size_t i = 0; i < parts; i++) {
		const struct bind_value *x = bind_element_value(a, i);
		const struct bind_value *y = bind_element_value(b, i);

		if (x->lo != y->lo || x->hi != y->hi)
			return false;
	}
	return true;
}

static bool is_same_set(const struct bind_set *a, const struct bind_set *b, size_t parts)
{
	if (a == b)
		return true;
	if (!a || !b || a->name.len || b->name.len || a->elements.len != b->elements.len)
		return false;
	for (size_t i = 0; i < a->elements.len; i++) {
		if (!is_same_value(&a->elements.at[i], &b->elements.at[i], parts))
			return false;
	}
	return true;
}

static bool is_same_part(const struct bind_part *a, const struct bind_part *b)
{
	const struct field *x = a->field, *y = b->field;
	bool same_bits = x->proto == PROTO_RAW && y->proto == PROTO_RAW && x->base == y->base &&
			 x->number == y->number && x->load == y->load &&
			 x->bit_off == y->bit_off && x->bit_len == y->bit_len;

	return (x == y || same_bits) && a->depth == b->depth && a->tunnel == b->tunnel &&
	       a->shift == b->shift && a->mask == b->mask && a->flip == b->flip;
}

static bool is_same_stmt(const struct bind_stmt *a, const struct bind_stmt *b)
{
	if (a->kind != b->kind || a->key.parts.len != b->key.parts.len)
		return false;
	for (size_t i = 0; i < a->key.parts.len; i++) {
		if (!is_same_part(&a->key.parts.at[i], &b->key.parts.at[i]))
			return false;
	}
	if (a->key.parts.len && (a->op != b->op || a->mask_slash != b->mask_slash ||
				 !is_same_set(a->set, b->set, a->key.parts.len)))
		return false;
	if (a->kind == BIND_STMT_MATCH && !a->set)
		return is_same_value(&a->value, &b->value, 1) && a->head == b->head;
	return a->object == b->object && a->verdict.kind == b->verdict.kind &&
	       a->verdict.chain == b->verdict.chain;
}

/* The first statement from AT on that does something. */
static size_t find_deed(const struct bind_rule *rule, size_t at)
{
	while (at < rule->stmts.len && rule->stmts.at[at].kind == BIND_STMT_MATCH)
		at++;
	return at;
}

static bool is_always_true(const struct bind_stmt *stmt)
{
	return stmt->kind == BIND_STMT_MATCH && !stmt->set && stmt->key.parts.len == 1 &&
	       stmt->key.parts.at[0].field->load == FIELD_LOAD_IFTYPE &&
	       is_untouched(&stmt->key.parts.at[0]) && stmt->op == BIND_MATCH_EQ &&
	       stmt->value.value.lo == ARPHRD_ETHER && stmt->value.value.hi == ARPHRD_ETHER;
}

/* Each of A's statements from FROM to TO is one of B's from B_FROM to B_TO. */
static bool is_among(const struct bind_rule *a, size_t from, size_t to,
		     const struct bind_rule *b, size_t b_from, size_t b_to)
{
	for (; from < to; from++) {
		size_t at = b_from;

		while (at < b_to && !is_same_stmt(&a->stmts.at[from], &b->stmts.at[at]))
			at++;
		if (at == b_to && !is_always_true(&a->stmts.at[from]))
			return false;
	}
	return true;
}

static bool is_same_rule(const struct bind_rule *a, const struct bind_rule *b)
{
	size_t x = 0, y = 0;

	while (true) {
		size_t x_end = find_deed(a, x), y_end = find_deed(b, y);

		if (!is_among(a, x, x_end, b, y, y_end) || !is_among(b, y, y_end, a, x, x_end))
			return false;
		if (x_end == a->stmts.len || y_end == b->stmts.len)
			return x_end == a->stmts.len && y_end == b->stmts.len;
		if (!is_same_stmt(&a->stmts.at[x_end], &b->stmts.at[y_end]))
			return false;
		x = x_end + 1;
		y = y_end + 1;
	}
}

static size_t find_question(const struct bind_rule *rule, size_t at)
{
	while (at < rule->stmts.len && is_always_true(&rule->stmts.at[at]))
		at++;
	return at;
}

/* The same statements in the same order. */
static bool is_equal_rule(const struct bind_rule *a, const struct bind_rule *b)
{
	size_t x = find_question(a, 0), y = find_question(b, 0);

	while (x < a->stmts.len && y < b->stmts.len) {
		if (!is_same_stmt(&a->stmts.at[x], &b->stmts.at[y]))
			return false;
		x = find_question(a, x + 1);
		y = find_question(b, y + 1);
	}
	return x == a->stmts.len && y == b->stmts.len;
}

/* --- reading again -------------------------------------------------------------------------- */

/* What is changed when bits are named: the key, and a set written in the rule. */
static void copy_stmt(struct arena *arena, struct bind_stmt *stmt)
{
	const struct bind_key key = stmt->key;
	struct bind_set *set;

	memset(&stmt->key.parts, 0, sizeof(stmt->key.parts));
	for (size_t i = 0; i < key.parts.len; i++)
		*vec_push(arena, &stmt->key.parts) = key.parts.at[i];
	if (!stmt->set || stmt->set->name.len || key.parts.len > 1 ||
	    (key.parts.at[0].field->proto != PROTO_RAW && key.parts.at[0].field->proto != PROTO_TH))
		return;
	set = ARENA_NEW(arena, struct bind_set);
	*set = *stmt->set;
	memset(&set->kinds, 0, sizeof(set->kinds));
	*vec_push(arena, &set->kinds) = stmt->set->kinds.at[0];
	memset(&set->elements, 0, sizeof(set->elements));
	for (size_t i = 0; i < stmt->set->elements.len; i++)
		*vec_push(arena, &set->elements) = stmt->set->elements.at[i];
	stmt->set = set;
}

/* The operator as print writes it. */
static enum ast_match_op written_op(enum bind_match_op op)
{
	switch (op) {
	case BIND_MATCH_EQ:
	case BIND_MATCH_ANY_OF:
		return AST_MATCH_IMPLICIT;
	case BIND_MATCH_EQ_EXPLICIT:
		return AST_MATCH_EQ;
	case BIND_MATCH_NEQ:
		return AST_MATCH_NEQ;
	case BIND_MATCH_LT:
		return AST_MATCH_LT;
	case BIND_MATCH_GT:
		return AST_MATCH_GT;
	case BIND_MATCH_LTE:
		return AST_MATCH_LTE;
	case BIND_MATCH_GTE:
		return AST_MATCH_GTE;
	case BIND_MATCH_NONE_OF:
		return AST_MATCH_NONE_OF;
	}
	return AST_MATCH_IMPLICIT;
}

/* What STMT, which is a match, says of the protocols, and how it is joined. */
static void read_match(struct bind_rule_draft *draft, struct bind_work *work)
{
	const struct bind_stmt *stmt = &work->stmt;
	const struct bind_part *part = &stmt->key.parts.at[0];
	struct bind_depend *depend = bind_depend_of(draft, part->tunnel);
	enum ast_match_op op = written_op(stmt->op);

	if (stmt->key.parts.len > 1 || !is_untouched(part))
		return;
	if (stmt->set) {
		if (!stmt->set->name.len && op != AST_MATCH_NEQ)
			bind_supply_several(depend, part->field, stmt->set, stmt->span);
		return;
	}
	if (stmt->value.value.form != BIND_FORM_VALUE || stmt->apart)
		return;
	work->join = bind_join_of(part, op);
	if (op == AST_MATCH_IMPLICIT || op == AST_MATCH_EQ)
		bind_supply(depend, part->field, stmt->value.value.lo, stmt->span);
}

/* False when the statement would be refused. */
static bool read_stmt(struct bind_rule_draft *draft, const struct bind_stmt *stmt)
{
	struct bind_stmt again = *stmt;
	struct bind_work *work;

	copy_stmt(draft->bind->arena, &again);
	for (size_t i = 0; i < again.key.parts.len; i++) {
		if (!bind_need(draft, &again.key.parts.at[i], stmt->span))
			return false;
	}
	work = bind_push(draft);
	work->stmt = again;
	if (stmt->kind == BIND_STMT_MATCH)
		read_match(draft, work);
	return true;
}

/* What is listed of RULE, read.  False: it would be refused. */
static bool read_again(struct bind_rule_draft *draft, const struct bind_rule *rule,
		       struct arena *arena, struct bind_rule *ret_rule)
{
	struct diag diag = { .arena = arena, .sources = draft->bind->diag->sources };
	struct bind bind = *draft->bind;
	struct bind_rule_draft again = { .bind = &bind, .scope = draft->scope };

	bind.arena = arena;
	bind.diag = &diag;
	*ret_rule = (struct bind_rule){ .span = rule->span, .comment = rule->comment };
	for (size_t i = 0; i < rule->stmts.len; i++) {
		if (!rule->stmts.at[i].implied && !read_stmt(&again, &rule->stmts.at[i]))
			return false;
	}
	bind_list_as_nft(&again, ret_rule);
	return true;
}

/* What a listing has to be. */
enum likeness {
	LIKENESS_NONE,
	LIKENESS_MEANING,		/* another order: the listing's listing may be another */
	LIKENESS_EQUAL,
};

static enum likeness likeness_of(struct bind_rule_draft *draft, const struct bind_rule *rule)
{
	struct bind_rule other;

	if (!read_again(draft, rule, draft->bind->scratch, &other))
		return LIKENESS_NONE;
	if (is_equal_rule(rule, &other))
		return LIKENESS_EQUAL;
	return is_same_rule(rule, &other) ? LIKENESS_MEANING : LIKENESS_NONE;
}

/* --- marks ---------------------------------------------------------------------------------- */

/* What is changed of a statement to list it otherwise. */
struct mark {
	bool implied, apart;
};

/* What is inside a tunnel has no words for these. */
static bool is_unspeakable(const struct bind_stmt *stmt)
{
	return stmt->key.parts.len && stmt->key.parts.at[0].tunnel &&
	       stmt->key.parts.at[0].field->proto == PROTO_META;
}

static struct mark *marks_of(struct arena *arena, const struct bind_rule *rule)
{
	struct mark *marks = ARENA_ARRAY(arena, struct mark, rule->stmts.len + 1);

	for (size_t i = 0; i < rule->stmts.len; i++)
		marks[i] = (struct mark){ rule->stmts.at[i].implied, rule->stmts.at[i].apart };
	return marks;
}

static void mark(struct bind_rule *rule, const struct mark *marks)
{
	for (size_t i = 0; i < rule->stmts.len; i++) {
		rule->stmts.at[i].implied = marks[i].implied;
		rule->stmts.at[i].apart = marks[i].apart;
	}
}

/* Whether the rule is listed well with CHANGED in the place of *AT. */
static bool try(struct bind_rule_draft *draft, struct bind_rule *rule, bool *at, bool changed,
		enum likeness wanted)
{
	bool before = *at;

	*at = changed;
	if (before != changed && likeness_of(draft, rule) >= wanted)
		return true;
	*at = before;
	return false;
}

/* A match that nft lists may have to be left out: it cannot be read in that place. */
static bool leave_one_out(struct bind_rule_draft *draft, struct bind_rule *rule,
			  enum likeness wanted)
{
	for (size_t i = 0; i < rule->stmts.len; i++) {
		struct bind_stmt *stmt = &rule->stmts.at[i];

		if (stmt->kind == BIND_STMT_MATCH &&
		    try(draft, rule, &stmt->implied, true, wanted))
			return true;
	}
	return false;
}

/* From all that can be listed to what nft lists, as far as that goes. */
static bool list_needed(struct bind_rule_draft *draft, struct bind_rule *rule,
			const struct mark *nft, const struct mark *all, enum likeness wanted)
{
	mark(rule, all);
	if (likeness_of(draft, rule) < wanted) {
		mark(rule, nft);
		if (leave_one_out(draft, rule, wanted))
			return true;
		mark(rule, all);
		if (!leave_one_out(draft, rule, wanted))
			return false;
	}
	for (size_t i = 0; i < rule->stmts.len; i++) {
		try(draft, rule, &rule->stmts.at[i].implied, nft[i].implied, wanted);
		try(draft, rule, &rule->stmts.at[i].apart, nft[i].apart, wanted);
	}
	return true;
}

static void list_otherwise(struct bind_rule_draft *draft, struct bind_rule *rule,
			   const struct mark *written)
{
	struct arena *arena = draft->bind->arena;
	struct mark *nft = marks_of(arena, rule), *all = marks_of(arena, rule);

	for (size_t i = 0; i < rule->stmts.len; i++) {
		all[i].implied = is_unspeakable(&rule->stmts.at[i]) && nft[i].implied;
		all[i].apart = written[i].apart;
	}
	if (list_needed(draft, rule, nft, all, LIKENESS_EQUAL) ||
	    list_needed(draft, rule, nft, all, LIKENESS_MEANING))
		return;
	mark(rule, nft);
}

#define MOST_READINGS 4

void bind_list(struct bind_rule_draft *draft, struct bind_rule *rule)
{
	struct arena *arena = draft->bind->arena;
	struct mark *written;
	enum likeness likeness;

	bind_list_as_nft(draft, rule);
	written = marks_of(arena, rule);
	for (size_t i = 0; i < rule->stmts.len; i++)
		rule->stmts.at[i].apart = false;
	likeness = likeness_of(draft, rule);
	/* Of two orders that mean the same, the one that stays. */
	for (int i = 0; i < MOST_READINGS && likeness == LIKENESS_MEANING; i++) {
		struct bind_rule next;

		if (!read_again(draft, rule, arena, &next) || next.stmts.len > rule->stmts.len)
			break;
		memcpy(&rule->stmts, &next.stmts, sizeof(rule->stmts));
		written = marks_of(arena, rule);
		likeness = likeness_of(draft, rule);
	}
	if (likeness != LIKENESS_EQUAL)
		list_otherwise(draft, rule, written);
}
