/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_object: named counters.
 *
 * Input: a counter of the AST, in a table's block or in a command of its own.  Output: a counter
 * of the table, made once: figures of a second definition are not looked at, as by nft.
 */
#include "compiler/bind_private.h"

void bind_add_object(struct bind *bind, struct bind_scope *scope, const struct ast_counter *ast,
		     bool create)
{
	struct bind_object *object = bind_index_find(&scope->objects, ast->name.text);

	if (object) {
		if (!create)
			return;
		diag_error(bind->diag, ast->name.span, "counter '%.*s' exists",
			   STR_ARG(ast->name.text));
		diag_label(bind->diag, object->span, "made here");
		return;
	}
	object = ARENA_NEW(bind->arena, struct bind_object);
	object->name = ast->name.text;
	object->span = ast->name.span;
	object->table = scope->table;
	object->counter = BIND_NO_COUNTER;
	object->packets = ast->packets;
	object->bytes = ast->bytes;
	object->comment = ast->comment.text;
	bind_index_add(bind->arena, &scope->objects, object->name, object);
	*vec_push(bind->arena, &scope->table->counters) = object;
	*vec_push(bind->arena, &bind->ruleset->objects) = object;
}

struct bind_object *bind_find_object(struct bind *bind, struct bind_scope *scope, struct str name,
				     struct source_span span)
{
	struct bind_object *object = bind_index_find(&scope->objects, name);

	if (object)
		return object;
	diag_error(bind->diag, span, "table '%.*s' has no counter '%.*s'",
		   STR_ARG(scope->table->name), STR_ARG(name));
	bind_suggest_name(bind, &scope->objects, name);
	return NULL;
}
