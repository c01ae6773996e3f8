/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind: the file's commands, carried out in order against an empty ruleset.
 *
 * Input: the AST, whose tables are of family netdev or inet and whose names and comments have
 * no more bytes than the limits allow (parse sees to it).  Output: the bound ruleset, finished
 * and numbered.  A block of a table makes its counters first, then its chains, its sets and its
 * rules, so that these can name each other in any order; across commands a name must have been
 * made before it is used, as in nft.
 *
 * Safety: nothing of a ruleset with an error is returned.  An error inside one object leaves the
 * rest to be checked, so that one run reports several.
 */
#include "compiler/bind_private.h"

static const char replaces_help[] =
	"a load replaces everything: the file must make what it uses, nothing is left from before";

/* --- names ---------------------------------------------------------------------------------- */

/* Parse lets no other family pass. */
static enum bind_family family_of(const struct ast_table *ast)
{
	return str_is(ast->family.text, "inet") ? BIND_FAMILY_INET : BIND_FAMILY_NETDEV;
}

static struct bind_scope *find_scope(struct bind *bind, const struct ast_table *ast)
{
	for (size_t i = 0; i < bind->scopes.len; i++) {
		const struct bind_table *table = bind->scopes.at[i]->table;

		if (table->family == family_of(ast) && str_eq(table->name, ast->name.text))
			return bind->scopes.at[i];
	}
	return NULL;
}

/* The table a command names; NULL, and told, when the file has not made it. */
static struct bind_scope *need_scope(struct bind *bind, const struct ast_table *ast)
{
	struct bind_scope *scope = find_scope(bind, ast);

	if (scope)
		return scope;
	diag_error(bind->diag, ast->name.span, "there is no table '%.*s' here",
		   STR_ARG(ast->name.text));
	diag_help(bind->diag, "%s", replaces_help);
	return NULL;
}

static struct bind_site *need_chain(struct bind *bind, struct bind_scope *scope,
				    const struct ast_name *name)
{
	struct bind_site *site = bind_index_find(&scope->chains, name->text);

	if (site)
		return site;
	diag_error(bind->diag, name->span, "table '%.*s' has no chain '%.*s' here",
		   STR_ARG(scope->table->name), STR_ARG(name->text));
	diag_help(bind->diag, "%s", replaces_help);
	return NULL;
}

/* --- commands ------------------------------------------------------------------------------- */

static struct bind_scope *add_scope(struct bind *bind, const struct ast_table *ast)
{
	struct bind_scope *scope = ARENA_NEW(bind->arena, struct bind_scope);
	struct bind_table *table = ARENA_NEW(bind->arena, struct bind_table);

	if (bind->scopes.len == LIMITS_TABLES) {
		diag_error(bind->diag, ast->name.span, "too many tables: at most %d",
			   LIMITS_TABLES);
		bind->full = true;
	}
	table->family = family_of(ast);
	table->name = ast->name.text;
	table->span = ast->name.span;
	table->comment = ast->comment.text;
	table->dormant = ast->dormant;
	scope->table = table;
	*vec_push(bind->arena, &bind->scopes) = scope;
	*vec_push(bind->arena, &bind->ruleset->tables) = table;
	return scope;
}

static void add_rules(struct bind *bind, struct bind_scope *scope, const struct ast_chain *ast)
{
	struct bind_site *site = bind_index_find(&scope->chains, ast->name.text);

	/* No such chain: its definition was refused. */
	for (size_t i = 0; site && i < ast->rules.len; i++)
		bind_add_rule(bind, scope, site->chain, &ast->rules.at[i]);
}

/*
 * Whether the table is dormant is what the last command about it says, also by saying nothing.
 * The kernel lets a table go there and back only once in a transaction.
 */
static void flip_dormant(struct bind *bind, struct bind_scope *scope, const struct ast_table *ast)
{
	struct bind_table *table = scope->table;

	if (table->dormant == ast->dormant)
		return;
	if (++scope->flips > 1) {
		diag_error(bind->diag, ast->name.span,
			   "table '%.*s' is made dormant and woken up more than once",
			   STR_ARG(table->name));
		diag_label(bind->diag, table->span, "made here");
	}
	table->dormant = ast->dormant;
}

static void add_table(struct bind *bind, const struct ast_command *command)
{
	const struct ast_table *ast = &command->table;
	struct bind_scope *scope = find_scope(bind, ast);

	if (scope && command->create) {
		diag_error(bind->diag, ast->name.span, "table '%.*s' exists",
			   STR_ARG(ast->name.text));
		diag_label(bind->diag, scope->table->span, "made here");
		return;
	}
	if (!scope)
		scope = add_scope(bind, ast);
	flip_dormant(bind, scope, ast);
	for (size_t i = 0; i < ast->counters.len; i++)
		bind_add_object(bind, scope, &ast->counters.at[i], false);
	for (size_t i = 0; i < ast->chains.len; i++)
		bind_add_chain(bind, scope, &ast->chains.at[i], false);
	for (size_t i = 0; i < ast->sets.len; i++)
		bind_add_set(bind, scope, &ast->sets.at[i], false);
	for (size_t i = 0; i < ast->chains.len; i++)
		add_rules(bind, scope, &ast->chains.at[i]);
}

static void add_elements(struct bind *bind, struct bind_scope *scope,
			 const struct ast_command *command)
{
	struct bind_draft *draft = bind_index_find(&scope->sets, command->set.text);

	if (!draft) {
		diag_error(bind->diag, command->set.span,
			   "table '%.*s' has no set or map '%.*s' here",
			   STR_ARG(scope->table->name), STR_ARG(command->set.text));
		diag_help(bind->diag, "%s", replaces_help);
		return;
	}
	bind_add_elements(bind, scope, draft, command->elements, command->create);
}

/* All tables, or those of one family. */
static void flush_ruleset(struct bind *bind, const struct ast_command *command)
{
	const struct ast_table *ast = &command->table;
	struct bind_ruleset *ruleset = bind->ruleset;
	bool all = !ast->family.text.len;
	size_t scopes = 0, sites = 0, objects = 0, tables = 0;

	for (size_t i = 0; !all && i < bind->scopes.len; i++)
		if (bind->scopes.at[i]->table->family != family_of(ast))
			bind->scopes.at[scopes++] = bind->scopes.at[i];
	for (size_t i = 0; !all && i < bind->sites.len; i++) {
		struct bind_chain *chain = bind->sites.at[i]->chain;

		if (chain->table->family == family_of(ast))
			continue;
		chain->number = (uint32_t)sites;
		bind->sites.at[sites++] = bind->sites.at[i];
	}
	for (size_t i = 0; !all && i < ruleset->objects.len; i++)
		if (ruleset->objects.at[i]->table->family != family_of(ast))
			ruleset->objects.at[objects++] = ruleset->objects.at[i];
	for (size_t i = 0; !all && i < ruleset->tables.len; i++)
		if (ruleset->tables.at[i]->family != family_of(ast))
			ruleset->tables.at[tables++] = ruleset->tables.at[i];
	bind->scopes.len = scopes;
	bind->sites.len = sites;
	ruleset->objects.len = objects;
	ruleset->tables.len = tables;
	ruleset->flushed = true;
}

/* A command about something inside a table. */
static void run_inside(struct bind *bind, const struct ast_command *command)
{
	struct bind_scope *scope = need_scope(bind, &command->table);
	struct bind_site *site = NULL;
	bool chain = command->kind == AST_COMMAND_ADD_RULE ||
		     command->kind == AST_COMMAND_FLUSH_CHAIN;

	if (!scope)
		return;
	if (chain) {
		site = need_chain(bind, scope, &command->chain);
		if (!site)
			return;
	}
	switch (command->kind) {
	case AST_COMMAND_ADD_CHAIN:
		bind_add_chain(bind, scope, &command->table.chains.at[0], command->create);
		add_rules(bind, scope, &command->table.chains.at[0]);
		break;
	case AST_COMMAND_ADD_RULE:
		bind_add_rule(bind, scope, site->chain, &command->rule);
		break;
	case AST_COMMAND_ADD_SET:
		bind_add_set(bind, scope, &command->table.sets.at[0], command->create);
		break;
	case AST_COMMAND_ADD_COUNTER:
		bind_add_object(bind, scope, &command->table.counters.at[0], command->create);
		break;
	case AST_COMMAND_ADD_ELEMENT:
		add_elements(bind, scope, command);
		break;
	case AST_COMMAND_FLUSH_TABLE:
		for (size_t i = 0; scope->has_rules && i < scope->table->chains.len; i++)
			scope->table->chains.at[i]->rules.len = 0;
		scope->has_rules = false;
		break;
	case AST_COMMAND_FLUSH_CHAIN:
		site->chain->rules.len = 0;
		break;
	case AST_COMMAND_ADD_TABLE:
	case AST_COMMAND_FLUSH_RULESET:
		break;
	}
}

static void run(struct bind *bind, const struct ast_command *command)
{
	switch (command->kind) {
	case AST_COMMAND_ADD_TABLE:
		add_table(bind, command);
		break;
	case AST_COMMAND_FLUSH_RULESET:
		flush_ruleset(bind, command);
		break;
	case AST_COMMAND_ADD_CHAIN:
	case AST_COMMAND_ADD_RULE:
	case AST_COMMAND_ADD_SET:
	case AST_COMMAND_ADD_COUNTER:
	case AST_COMMAND_ADD_ELEMENT:
	case AST_COMMAND_FLUSH_TABLE:
	case AST_COMMAND_FLUSH_CHAIN:
		run_inside(bind, command);
		break;
	}
}

/* --- finishing ------------------------------------------------------------------------------ */

static uint32_t number_counter(struct bind *bind, struct source_span span,
			       const struct bind_counter *counter)
{
	struct bind_ruleset *ruleset = bind->ruleset;

	if (ruleset->counters.len == LIMITS_COUNTERS)
		diag_error(bind->diag, span, "too many counters: at most %u", LIMITS_COUNTERS);
	*vec_push(bind->arena, &ruleset->counters) = *counter;
	return (uint32_t)ruleset->counters.len - 1;
}

static void number_set(struct bind *bind, struct bind_set *set)
{
	set->number = (uint32_t)bind->ruleset->sets.len;
	*vec_push(bind->arena, &bind->ruleset->sets) = set;
	for (size_t i = 0; i < set->elements.len; i++) {
		struct bind_element *element = &set->elements.at[i];
		const struct bind_extra *extra = element->extra;

		if (extra && extra->has_counter)
			element->counter = number_counter(bind, element->span,
							  &(struct bind_counter){
				.set = set, .element = element,
				.packets = extra->packets, .bytes = extra->bytes });
	}
}

static void number_object(struct bind *bind, struct bind_object *object)
{
	object->counter = number_counter(bind, object->span, &(struct bind_counter){
		.object = object, .packets = object->packets, .bytes = object->bytes });
}

static void number_stmt(struct bind *bind, const struct bind_rule *rule, struct bind_stmt *stmt)
{
	if (stmt->set) {
		stmt->set->used = true;
		if (!stmt->set->name.len)
			number_set(bind, stmt->set);
	}
	if (stmt->object)
		stmt->object->used = true;
	stmt->counter = BIND_NO_COUNTER;
	if (stmt->kind == BIND_STMT_COUNTER && !stmt->object && !stmt->set)
		stmt->counter = number_counter(bind, stmt->span, &(struct bind_counter){
			.rule = rule, .packets = stmt->packets, .bytes = stmt->bytes });
}

static void number_chain(struct bind *bind, struct bind_chain *chain)
{
	struct bind_ruleset *ruleset = bind->ruleset;

	*vec_push(bind->arena, &ruleset->chains) = chain;
	for (size_t i = 0; i < chain->rules.len; i++) {
		struct bind_rule *rule = &chain->rules.at[i];

		if (ruleset->rules.len == LIMITS_RULES)
			diag_error(bind->diag, rule->span, "too many rules: at most %u",
				   LIMITS_RULES);
		rule->number = (uint32_t)ruleset->rules.len;
		*vec_push(bind->arena, &ruleset->rules) = rule;
		for (size_t j = 0; j < rule->stmts.len; j++)
			number_stmt(bind, rule, &rule->stmts.at[j]);
	}
}

static void finish(struct bind *bind)
{
	for (size_t i = 0; i < bind->ruleset->objects.len; i++)
		number_object(bind, bind->ruleset->objects.at[i]);
	for (size_t i = 0; i < bind->scopes.len; i++) {
		const struct bind_scope *scope = bind->scopes.at[i];

		for (size_t j = 0; j < scope->drafts.len; j++) {
			bind_finish_set(bind, scope->drafts.at[j]);
			number_set(bind, scope->drafts.at[j]->set);
		}
	}
	bind_add_failsafe(bind);
	for (size_t i = 0; i < bind->sites.len; i++)
		number_chain(bind, bind->sites.at[i]->chain);
	bind_check_jumps(bind);
	bind_override_devices(bind);
}

bool bind_ast(const struct ast *ast, const struct bind_options *options, struct arena *arena,
	      struct diag *diag, struct bind_ruleset **ret_ruleset)
{
	unsigned int errors = diag->errors;
	struct arena scratch = ARENA_INIT;
	struct bind bind = {
		.arena = arena, .scratch = &scratch, .diag = diag, .options = options,
	};

	bind.ruleset = ARENA_NEW(arena, struct bind_ruleset);
	for (size_t i = 0; i < ast->commands.len && !bind.full; i++)
		run(&bind, &ast->commands.at[i]);
	finish(&bind);
	arena_free(&scratch);
	if (diag->errors != errors)
		return false;
	*ret_ruleset = bind.ruleset;
	return true;
}
