/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_set: sets and maps, named and anonymous, and their elements.
 *
 * Input: definitions and element lists in the order of the file.  Output: sets whose elements are
 * in the order written, each with as many values as the set's key has parts; bind_finish_set()
 * makes of them what nft lists.
 *
 * Safety: LIMITS_ELEMENTS bounds every set; numbers of elements fit into 32 bits.
 */
#include "compiler/bind_private.h"

const char *bind_set_noun(const struct bind_set *set)
{
	return set->map == AST_MAP_NONE ? "set" : "map";
}

const char *bind_set_types(struct bind *bind, const struct bind_set *set)
{
	const char *text = "";

	for (size_t i = 0; i < set->kinds.len; i++)
		text = arena_printf(bind->arena, "%s%s%s", text, i ? " . " : "",
				    set->kinds.at[i].type->name);
	return text;
}

/* Whether values are as wide as the field they are compared with. */
static bool has_no_width(const struct type *type)
{
	return type == &type_integer || type == &type_bitmask;
}

bool bind_set_fits(const struct bind_set *set, const struct bind_key *key)
{
	if (set->kinds.len != key->parts.len)
		return false;
	for (size_t i = 0; i < key->parts.len; i++) {
		struct bind_kind kind = bind_part_kind(&key->parts.at[i]);

		if (set->kinds.at[i].type != kind.type)
			return false;
		if (has_no_width(kind.type) && set->kinds.at[i].bits != kind.bits)
			return false;
	}
	return true;
}

static void take_key(struct bind *bind, struct bind_set *set, struct bind_key *key)
{
	set->typeof_key = key;
	for (size_t i = 0; i < key->parts.len; i++)
		*vec_push(bind->arena, &set->kinds) = bind_part_kind(&key->parts.at[i]);
}

/* --- collecting ----------------------------------------------------------------------------- */

static void take_value(struct bind_element *element, size_t part, const struct bind_value *value)
{
	if (part)
		element->rest[part - 1] = *value;
	else
		element->value = *value;
}

static bool bind_catchall(const struct bind_set *set, struct bind_element *element)
{
	element->catchall = true;
	for (size_t i = 0; i < set->kinds.len; i++) {
		u128 all = u128_max(set->kinds.at[i].bits);

		take_value(element, i, &(struct bind_value){ 0, all, BIND_FORM_RANGE });
	}
	return true;
}

static bool collect_wide(struct bind *bind, const struct bind_set *set,
			 const struct ast_expr *expr, struct bind_element *element)
{
	struct bind_value *values;

	values = ARENA_ARRAY(bind->arena, struct bind_value, set->kinds.len);
	if (!bind_wide(bind, set->typeof_key->wide_bits, expr, values))
		return false;
	for (size_t i = 0; i < set->kinds.len; i++)
		take_value(element, i, &values[i]);
	return true;
}

/* KEY as a value of each of the set's parts. */
static bool collect_value(struct bind *bind, const struct bind_set *set,
			  const struct ast_expr *key, struct bind_element *element)
{
	bool concat = key->kind == AST_EXPR_CONCAT, ok = true;
	size_t count = concat ? key->items.len : 1;
	struct bind_value value;

	if (set->kinds.len > 1)
		element->rest = ARENA_ARRAY(bind->arena, struct bind_value, set->kinds.len - 1);
	if (key->kind == AST_EXPR_CATCHALL)
		return bind_catchall(set, element);
	if (set->typeof_key && set->typeof_key->wide_bits && !concat)
		return collect_wide(bind, set, key, element);
	if (count != set->kinds.len) {
		diag_error(bind->diag, key->span, "this has %zu part%s, but elements here have %zu",
			   count, count == 1 ? "" : "s", set->kinds.len);
		diag_help(bind->diag, "'%s' is the type of an element", bind_set_types(bind, set));
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct ast_expr *item = concat ? key->items.at[i] : key;

		if (bind_interval(bind, set->kinds.at[i], item, &value))
			take_value(element, i, &value);
		else
			ok = false;
	}
	return ok;
}

/* What stands behind the colon. */
static bool collect_data(struct bind *bind, struct bind_scope *scope, const struct bind_set *set,
			 const struct ast_expr *data, struct bind_element *element)
{
	if (set->map == AST_MAP_VERDICT) {
		if (data->kind == AST_EXPR_VERDICT)
			return bind_verdict(bind, scope, &data->verdict, data->span,
					    &element->verdict);
		diag_error(bind->diag, data->span, "a verdict is needed here");
		return false;
	}
	if (data->kind == AST_EXPR_LITERAL) {
		element->object = bind_find_object(bind, scope, data->token.text, data->span);
		return element->object;
	}
	diag_error(bind->diag, data->span, "the name of a counter is needed here");
	return false;
}

/* Whether EXPR is an element with data where SET is a map. */
static bool check_mapping(struct bind *bind, const struct bind_set *set,
			  const struct ast_expr *expr)
{
	bool mapping = expr->kind == AST_EXPR_MAPPING;

	if (mapping && set->map == AST_MAP_NONE) {
		diag_error(bind->diag, expr->span, "a set has no verdicts: this is for a map");
	} else if (!mapping && set->map == AST_MAP_VERDICT) {
		diag_error(bind->diag, expr->span, "an element of a map needs a verdict");
		diag_help(bind->diag, "write 'key : verdict'");
	} else if (!mapping && set->map == AST_MAP_COUNTER) {
		diag_error(bind->diag, expr->span,
			   "an element of this map needs the name of a counter");
		diag_help(bind->diag, "write 'key : \"name\"'");
	}
	return mapping == (set->map != AST_MAP_NONE);
}

static void collect_extra(struct bind *bind, const struct bind_set *set,
			  const struct ast_expr *expr, struct bind_element *element)
{
	const struct ast_options *options = ast_options_of(expr);

	element->counter = BIND_NO_COUNTER;
	if (!set->has_counter && !options)
		return;
	element->extra = ARENA_NEW(bind->arena, struct bind_extra);
	element->extra->has_counter = set->has_counter || options->has_counter;
	if (!options)
		return;
	element->extra->comment = options->comment.text;
	element->extra->packets = options->packets;
	element->extra->bytes = options->bytes;
}

/* Elements of named sets and of maps count only when the definition says so, as for nft. */
static bool check_counter(struct bind *bind, const struct bind_set *set,
			  const struct ast_expr *expr)
{
	const struct ast_options *options = ast_options_of(expr);

	if (!options || !options->has_counter || set->has_counter)
		return true;
	if (!set->name.len && set->map == AST_MAP_NONE)
		return true;
	if (!set->name.len) {
		diag_error(bind->diag, options->counter_span,
			   "elements of a map in a rule have no counters");
		diag_help(bind->diag, "define a map with 'counter' in its block, or count in "
			  "a rule of its own");
		return false;
	}
	diag_error(bind->diag, options->counter_span, "elements of %s '%.*s' have no counters",
		   bind_set_noun(set), STR_ARG(set->name));
	diag_label(bind->diag, set->span, "defined here");
	diag_help(bind->diag, "write 'counter' in its definition");
	return false;
}

static bool collect_element(struct bind *bind, struct bind_scope *scope,
			    const struct bind_set *set, const struct ast_expr *expr,
			    struct bind_element *element)
{
	const struct ast_expr *key = expr->kind == AST_EXPR_MAPPING ? expr->left : expr;

	if (!check_mapping(bind, set, expr) || !check_counter(bind, set, expr))
		return false;
	if (key->kind == AST_EXPR_SET_REF) {
		diag_error(bind->diag, key->span, "a set cannot be an element of a set");
		return false;
	}
	element->span = key->span;
	if (!collect_value(bind, set, key, element))
		return false;
	collect_extra(bind, set, expr, element);
	return set->map == AST_MAP_NONE || collect_data(bind, scope, set, expr->right, element);
}

static bool is_single(const struct bind_set *set, const struct bind_element *element)
{
	for (size_t i = 0; i < set->kinds.len; i++)
		if (bind_element_value(element, i)->form != BIND_FORM_VALUE)
			return false;
	return true;
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
	if (!collect_element(bind, scope, set, expr, &element))
		return false;
	if (!element.catchall && !is_single(set, &element) && set->name.len &&
	    !set->flag_interval) {
		diag_error(bind->diag, element.span, "%s '%.*s' holds single values only",
			   bind_set_noun(set), STR_ARG(set->name));
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

	if (!draft->set->elements.at && elements->items.len) {
		draft->set->elements.cap = elements->items.len;
		draft->set->elements.at = ARENA_ARRAY(bind->arena, struct bind_element,
						      elements->items.len);
	}
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
				const struct bind_key *key, const struct ast_expr *expr,
				enum ast_map_kind map)
{
	struct bind_set *set = ARENA_NEW(bind->arena, struct bind_set);
	struct bind_key *copy = ARENA_NEW(bind->arena, struct bind_key);

	*copy = *key;
	set->span = expr->span;
	set->map = map;
	take_key(bind, set, copy);
	if (!expr->items.len) {
		diag_error(bind->diag, expr->span, "the set is empty");
		return NULL;
	}
	if (!collect(bind, scope, set, expr))
		return NULL;
	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];

		if (!element->catchall && !is_single(set, element))
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

static const struct type *find_type(struct bind *bind, const struct ast_name *name)
{
	const struct type *type = type_find(name->text);

	if (!type) {
		tell_unknown_type(bind, name);
	} else if (has_no_width(type)) {
		diag_error(bind->diag, name->span, "type '%s' has no width of its own",
			   type->name);
		diag_help(bind->diag, "write 'typeof' and a field that has it");
		return NULL;
	}
	return type;
}

/* What the definition says of a key: its kinds, and with `typeof` the key. */
static bool bind_types(struct bind *bind, const struct ast_set *ast, struct bind_set *set)
{
	unsigned int registers = 0;
	struct bind_key *key;
	bool ok = true;

	if (ast->typeof_expr) {
		key = ARENA_NEW(bind->arena, struct bind_key);
		if (!bind_key(bind, ast->typeof_expr, key))
			return false;
		take_key(bind, set, key);
		return true;
	}
	if (!ast->types.len) {
		diag_error(bind->diag, ast->name.span, "%s '%.*s' has no type", bind_set_noun(set),
			   STR_ARG(ast->name.text));
		diag_help(bind->diag, "write for example 'type ipv4_addr%s'",
			  ast->map == AST_MAP_NONE ? "" : ast->map == AST_MAP_VERDICT ?
			  " : verdict" : " : counter");
		return false;
	}
	for (size_t i = 0; i < ast->types.len; i++) {
		const struct type *type = find_type(bind, &ast->types.at[i]);

		if (!type) {
			ok = false;
			continue;
		}
		*vec_push(bind->arena, &set->kinds) = (struct bind_kind){ type, type->bits };
		registers += (type->bits + 31u) / 32;
	}
	if (ok && registers > BIND_MAX_REGISTERS) {
		diag_error(bind->diag, source_join(ast->types.at[0].span,
						   ast->types.at[ast->types.len - 1].span),
			   "the key is too long: %u bytes, %u are possible", registers * 4,
			   BIND_MAX_REGISTERS * 4);
		return false;
	}
	return ok;
}

static bool same_kinds(const struct bind_set *a, const struct bind_set *b)
{
	if (a->kinds.len != b->kinds.len)
		return false;
	for (size_t i = 0; i < a->kinds.len; i++)
		if (a->kinds.at[i].type != b->kinds.at[i].type ||
		    a->kinds.at[i].bits != b->kinds.at[i].bits)
			return false;
	return true;
}

/* The same name again: the same set, if it is meant to be the same. */
static void merge_set(struct bind *bind, struct bind_scope *scope, struct bind_draft *draft,
		      const struct ast_set *ast, bool create)
{
	struct bind_set *set = draft->set;
	struct bind_set other = { .map = ast->map };
	bool same;

	if (!bind_types(bind, ast, &other))
		return;
	same = set->map == ast->map && set->flag_constant == ast->flag_constant &&
	       set->flag_interval == ast->flag_interval &&
	       set->has_counter == ast->has_counter && same_kinds(set, &other);
	if (create || !same) {
		diag_error(bind->diag, ast->name.span, create ? "%s '%.*s' exists" :
			   "%s '%.*s' exists with another definition", bind_set_noun(set),
			   STR_ARG(set->name));
		diag_label(bind->diag, set->span, "made here");
		return;
	}
	if (ast->has_size && ast->size && !set->flag_constant) {
		set->has_size = true;
		set->size = ast->size;
		draft->size_span = ast->size_span;
	}
	if (ast->elements)
		bind_add_elements(bind, scope, draft, ast->elements, false);
}

static struct bind_draft *new_set(struct bind *bind, const struct ast_set *ast)
{
	struct bind_draft *draft = ARENA_NEW(bind->arena, struct bind_draft);
	struct bind_set *set = ARENA_NEW(bind->arena, struct bind_set);

	draft->set = set;
	draft->size_span = ast->size_span;
	draft->overlapped = ast->auto_merge;
	set->name = ast->name.text;
	set->span = ast->name.span;
	set->map = ast->map;
	set->has_counter = ast->has_counter;
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

	if (draft) {
		merge_set(bind, scope, draft, ast, create);
		return;
	}
	draft = new_set(bind, ast);
	if (!bind_types(bind, ast, draft->set))
		return;
	if (ast->auto_merge && (!ast->flag_interval || ast->map != AST_MAP_NONE)) {
		diag_error(bind->diag, ast->name.span,
			   "auto-merge is for sets with 'flags interval'");
		return;
	}
	bind_index_add(bind->arena, &scope->sets, draft->set->name, draft);
	*vec_push(bind->arena, &scope->drafts) = draft;
	*vec_push(bind->arena, &scope->table->sets) = draft->set;
	if (ast->elements)
		bind_add_elements(bind, scope, draft, ast->elements, false);
	/* nft makes it just as big; a tree of intervals is not bounded so by the kernel. */
	if (ast->flag_constant && (!ast->flag_interval || draft->set->kinds.len > 1))
		draft->room = draft->set->elements.len;
}
