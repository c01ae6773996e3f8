/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_set: sets and verdict maps, named and anonymous, and their elements.
 *
 * Input: definitions and element lists in the order of the file.  Elements are only collected
 * while the file is read; bind_finish_set() sorts a set once and then looks at neighbours, so a
 * million elements cost a sort.  Output: elements sorted and disjoint, in the forms nft lists.
 *
 * Which elements may meet is nft's rule:
 *
 *	single values		equal ones are one
 *	anonymous intervals	what overlaps or touches is one interval; also with auto-merge
 *	named intervals		equal ones are one, what overlaps is an error
 *	maps			likewise, and equal keys must have equal verdicts
 *
 * Safety: LIMITS_ELEMENTS bounds every set; numbers of elements fit into 32 bits.
 */
#include <stdlib.h>

#include "compiler/bind_private.h"

static bool same_verdict(const struct bind_verdict *a, const struct bind_verdict *b)
{
	return a->kind == b->kind && a->chain == b->chain;
}

/* --- collecting ----------------------------------------------------------------------------- */

static bool bind_key(struct bind *bind, struct bind_scope *scope, const struct bind_set *set,
		     const struct ast_expr *expr, struct bind_element *ret_element)
{
	struct bind_kind kind = { set->type, set->bits };
	const struct ast_expr *key = expr->kind == AST_EXPR_MAPPING ? expr->left : expr;

	if (expr->kind == AST_EXPR_MAPPING && !set->is_map) {
		diag_error(bind->diag, expr->span, "a set has no verdicts: this is for a map");
		return false;
	}
	if (expr->kind != AST_EXPR_MAPPING && set->is_map) {
		diag_error(bind->diag, expr->span, "an element of a map needs a verdict");
		diag_help(bind->diag, "write 'key : verdict'");
		return false;
	}
	if (key->kind == AST_EXPR_SET_REF) {
		diag_error(bind->diag, key->span, "a set cannot be an element of a set");
		return false;
	}
	if (!bind_interval(bind, kind, key, ret_element))
		return false;
	ret_element->comment = expr->comment.len ? expr->comment : key->comment;
	if (!set->is_map)
		return true;
	if (expr->right->kind != AST_EXPR_VERDICT) {
		diag_error(bind->diag, expr->right->span, "a verdict is needed here");
		return false;
	}
	return bind_verdict(bind, scope, &expr->right->verdict, expr->right->span,
			    &ret_element->verdict);
}

/* One written element, or all of a nested { }. */
static bool collect(struct bind *bind, struct bind_scope *scope, struct bind_set *set,
		    const struct ast_expr *expr)
{
	struct bind_element element = { 0 };
	bool ok = true;

	if (expr->kind == AST_EXPR_SET) {
		for (size_t i = 0; i < expr->items.len; i++)
			ok &= collect(bind, scope, set, expr->items.at[i]);
		return ok;
	}
	if (!bind_key(bind, scope, set, expr, &element))
		return false;
	if (element.form != BIND_FORM_VALUE && set->name.len && !set->flag_interval) {
		diag_error(bind->diag, element.span, "%s '%.*s' holds single values only",
			   set->is_map ? "map" : "set", STR_ARG(set->name));
		diag_label(bind->diag, set->span, "defined here");
		diag_help(bind->diag, "add 'flags interval' to its definition");
		return false;
	}
	if (set->elements.len >= LIMITS_ELEMENTS) {
		diag_error(bind->diag, element.span, "too many elements: a set holds at most %u",
			   LIMITS_ELEMENTS);
		return false;
	}
	*vec_push(bind->arena, &set->elements) = element;
	return true;
}

void bind_add_elements(struct bind *bind, struct bind_scope *scope, struct bind_draft *draft,
		       const struct ast_expr *elements, bool create)
{
	size_t first = draft->set->elements.len;

	for (size_t i = 0; i < elements->items.len; i++) {
		bool full = draft->set->elements.len >= LIMITS_ELEMENTS;

		collect(bind, scope, draft->set, elements->items.at[i]);
		if (full)
			break;
	}
	if (create)
		*vec_push(bind->arena, &draft->created) = (struct bind_created){
			first, draft->set->elements.len };
}

struct bind_set *bind_anonymous(struct bind *bind, struct bind_scope *scope,
				struct bind_kind kind, const struct ast_expr *expr, bool is_map)
{
	struct bind_set *set = ARENA_NEW(bind->arena, struct bind_set);

	set->span = expr->span;
	set->is_map = is_map;
	set->type = kind.type;
	set->bits = kind.bits;
	if (!expr->items.len) {
		diag_error(bind->diag, expr->span, "the set is empty");
		return NULL;
	}
	if (!collect(bind, scope, set, expr))
		return NULL;
	for (size_t i = 0; i < set->elements.len; i++) {
		if (set->elements.at[i].form != BIND_FORM_VALUE)
			set->flag_interval = true;
	}
	return set;
}

/* --- definitions ---------------------------------------------------------------------------- */

static void tell_unknown_type(struct bind *bind, const struct ast_name *name)
{
	struct str_nearest near = { .word = name->text };

	diag_error(bind->diag, name->span, "unknown data type '%.*s'", STR_ARG(name->text));
	for (size_t i = 0; type_all[i]; i++)
		str_nearest_offer(&near, type_all[i]->name);
	if (near.best)
		diag_help(bind->diag, "did you mean '%s'?", near.best);
}

static const struct type *set_type(struct bind *bind, const struct ast_set *ast)
{
	const char *noun = ast->is_map ? "map" : "set";
	const struct type *type;

	if (!ast->type.text.len) {
		diag_error(bind->diag, ast->name.span, "%s '%.*s' has no type", noun,
			   STR_ARG(ast->name.text));
		diag_help(bind->diag, "write for example 'type ipv4_addr%s'",
			  ast->is_map ? " : verdict" : "");
		return NULL;
	}
	type = type_find(ast->type.text);
	if (!type) {
		tell_unknown_type(bind, &ast->type);
		return NULL;
	}
	if (type == &type_integer) {
		diag_error(bind->diag, ast->type.span, "type 'integer' has no width of its own");
		return NULL;
	}
	return type;
}

/* The same name again: the same set, if it is meant to be the same. */
static void merge_set(struct bind *bind, struct bind_scope *scope, struct bind_draft *draft,
		      const struct ast_set *ast, bool create)
{
	const struct bind_set *set = draft->set;
	const char *noun = set->is_map ? "map" : "set";
	bool same = set->is_map == ast->is_map && set->flag_constant == ast->flag_constant &&
		    set->flag_interval == ast->flag_interval && str_is(ast->type.text,
								       set->type->name);

	if (create || !same) {
		diag_error(bind->diag, ast->name.span, create ? "%s '%.*s' exists" :
			   "%s '%.*s' exists with another definition", noun, STR_ARG(set->name));
		diag_label(bind->diag, set->span, "made here");
		return;
	}
	if (ast->elements)
		bind_add_elements(bind, scope, draft, ast->elements, false);
}

static struct bind_draft *new_set(struct bind *bind, const struct ast_set *ast,
				  const struct type *type)
{
	struct bind_draft *draft = ARENA_NEW(bind->arena, struct bind_draft);
	struct bind_set *set = ARENA_NEW(bind->arena, struct bind_set);

	draft->set = set;
	draft->size_span = ast->size_span;
	draft->overlapped = ast->auto_merge;
	set->name = ast->name.text;
	set->span = ast->name.span;
	set->is_map = ast->is_map;
	set->type = type;
	set->bits = type->bits;
	set->flag_constant = ast->flag_constant;
	set->flag_interval = ast->flag_interval;
	set->auto_merge = ast->auto_merge;
	/* nft sizes constant sets itself, and keeps neither size nor policy of theirs. */
	if (!ast->flag_constant) {
		set->has_size = ast->has_size && ast->size;
		set->size = ast->size;
		if (str_is(ast->policy.text, "memory"))
			set->policy = ast->policy.text;
	}
	set->comment = ast->comment.text;
	return draft;
}

void bind_add_set(struct bind *bind, struct bind_scope *scope, const struct ast_set *ast,
		  bool create)
{
	struct bind_draft *draft = bind_index_find(&scope->sets, ast->name.text);
	const struct type *type;

	if (draft) {
		merge_set(bind, scope, draft, ast, create);
		return;
	}
	type = set_type(bind, ast);
	if (!type)
		return;
	if (ast->auto_merge && (!ast->flag_interval || ast->is_map)) {
		diag_error(bind->diag, ast->name.span,
			   "auto-merge is for sets with 'flags interval'");
		return;
	}
	draft = new_set(bind, ast, type);
	bind_index_add(bind->arena, &scope->sets, draft->set->name, draft);
	*vec_push(bind->arena, &scope->drafts) = draft;
	*vec_push(bind->arena, &scope->table->sets) = draft->set;
	if (ast->elements)
		bind_add_elements(bind, scope, draft, ast->elements, false);
}

/* --- finishing ------------------------------------------------------------------------------ */

/* What is sorted in place of the elements themselves. */
struct key {
	u128 lo;
	uint32_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static struct key *sorted_keys(struct bind *bind, const struct bind_set *set)
{
	struct key *keys = ARENA_ARRAY(bind->arena, struct key, set->elements.len);
	bool sorted = true;

	for (size_t i = 0; i < set->elements.len; i++) {
		keys[i] = (struct key){ set->elements.at[i].lo, (uint32_t)i };
		sorted = sorted && (!i || keys[i - 1].lo <= keys[i].lo);
	}
	if (!sorted)
		qsort(keys, set->elements.len, sizeof(*keys), compare_keys);
	return keys;
}

static bool was_created(const struct bind_draft *draft, size_t index)
{
	size_t lo = 0, hi = draft->created.len;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (index < draft->created.at[middle].first)
			hi = middle;
		else if (index >= draft->created.at[middle].end)
			lo = middle + 1;
		else
			return true;
	}
	return false;
}

static void tell_meeting(struct bind *bind, const struct bind_element *element,
			 const struct bind_element *other, const char *what)
{
	diag_error(bind->diag, element->span, "%s", what);
	diag_label(bind->diag, other->span, "the other one");
}

/*
 * LATER begins at or behind PREV and not behind PREV's end (or just behind it, when the set
 * merges): makes one element of them, or reports why they cannot be one.
 */
static void unite(struct bind *bind, const struct bind_draft *draft, struct bind_element *prev,
		  const struct bind_element *later, bool created)
{
	const struct bind_set *set = draft->set;
	bool equal = prev->lo == later->lo && prev->hi == later->hi;

	if (created && later->lo <= prev->hi) {
		tell_meeting(bind, later, prev, "the element to be created exists");
	} else if (draft->overlapped) {
		if (later->hi > prev->hi)
			prev->hi = later->hi;
	} else if (!equal) {
		tell_meeting(bind, later, prev, "elements overlap");
		if (!set->is_map)
			diag_help(bind->diag, "add 'auto-merge' to the set to have them merged");
	} else if (set->is_map && !same_verdict(&prev->verdict, &later->verdict)) {
		tell_meeting(bind, later, prev, "one key with two verdicts");
	}
}

static bool meet(const struct bind_draft *draft, const struct bind_element *prev,
		 const struct bind_element *later)
{
	if (later->lo <= prev->hi)
		return true;
	return draft->overlapped && later->lo - prev->hi == 1;
}

static void settle_form(const struct bind_set *set, struct bind_element *element)
{
	bool block = set->type->prefixes || set->type->form == TYPE_FORM_IFNAME;

	if (element->lo == element->hi)
		element->form = BIND_FORM_VALUE;
	else if (block && bind_prefix_len(set->bits, element->lo, element->hi) >= 0)
		element->form = BIND_FORM_PREFIX;
	else
		element->form = BIND_FORM_RANGE;
}

static void check_size(struct bind *bind, const struct bind_draft *draft, uint32_t last)
{
	const struct bind_set *set = draft->set;

	if (!set->has_size || set->elements.len <= set->size)
		return;
	diag_error(bind->diag, set->elements.at[last].span,
		   "%s '%.*s' is full: it has %zu elements and size %u", set->is_map ? "map" :
		   "set", STR_ARG(set->name), set->elements.len, set->size);
	if (draft->size_span.end)
		diag_label(bind->diag, draft->size_span, "its size");
}

/* Sorted by value, what meets united. */
static void sort_elements(struct bind *bind, struct bind_draft *draft)
{
	struct bind_set *set = draft->set;
	struct key *keys = sorted_keys(bind, set);
	struct bind_element *sorted;
	uint32_t newest = 0, last = 0;
	size_t len = 0;

	sorted = ARENA_ARRAY(bind->arena, struct bind_element, set->elements.len);
	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[keys[i].index];

		if (len && meet(draft, &sorted[len - 1], element)) {
			unite(bind, draft, &sorted[len - 1], element,
			      was_created(draft, keys[i].index));
			continue;
		}
		if (keys[i].index >= newest) {
			newest = keys[i].index;
			last = (uint32_t)len;
		}
		sorted[len++] = *element;
	}
	set->elements.at = sorted;
	set->elements.len = set->elements.cap = len;
	for (size_t i = 0; i < len; i++)
		settle_form(set, &sorted[i]);
	if (len)
		check_size(bind, draft, last);
}

void bind_finish_set(struct bind *bind, struct bind_draft *draft)
{
	if (draft->set->elements.len)
		sort_elements(bind, draft);
}
