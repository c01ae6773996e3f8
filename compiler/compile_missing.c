/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_missing: what to say when `list` asks for something that is not there.
 *
 * In: the words of the command.  Out: one sentence with the first of them that names nothing, and
 * a name near to it.
 */
#include "compiler/compile_parts.h"

struct missing {
	struct arena arena;
	struct str_nearest near;
};

static void offer(struct missing *missing, struct str name)
{
	str_nearest_offer(&missing->near, arena_strdup(&missing->arena, name));
}

static const struct bind_table *find_table(const struct bind_ruleset *ruleset, const char *family,
					   const char *name, struct missing *missing)
{
	missing->near = (struct str_nearest){ .word = str_from(name) };
	for (size_t i = 0; i < ruleset->tables.len; i++) {
		const struct bind_table *table = ruleset->tables.at[i];

		if (strcmp(compile_family(table), family) != 0)
			continue;
		if (str_is(table->name, name))
			return table;
		offer(missing, table->name);
	}
	return NULL;
}

bool compile_has_table(const struct compile *compile, const char *family, const char *name)
{
	struct missing missing = { .arena = ARENA_INIT };
	bool found = find_table(compile_ruleset(compile), family, name, &missing) != NULL;

	arena_free(&missing.arena);
	return found;
}

static const char *kind_of(enum compile_list what)
{
	switch (what) {
	case COMPILE_LIST_CHAIN:
		return "chain";
	case COMPILE_LIST_SET:
		return "set";
	case COMPILE_LIST_MAP:
		return "map";
	case COMPILE_LIST_COUNTER:
		return "counter";
	case COMPILE_LIST_RULESET:
	case COMPILE_LIST_TABLES:
	case COMPILE_LIST_TABLE:
	case COMPILE_LIST_CHAINS:
	case COMPILE_LIST_SETS:
	case COMPILE_LIST_MAPS:
	case COMPILE_LIST_COUNTERS:
		break;
	}
	return "table";
}

static void offer_all(const struct bind_table *table, enum compile_list what, const char *name,
		      struct missing *missing)
{
	missing->near = (struct str_nearest){ .word = str_from(name) };
	for (size_t i = 0; what == COMPILE_LIST_CHAIN && i < table->chains.len; i++)
		offer(missing, table->chains.at[i]->name);
	for (size_t i = 0; what == COMPILE_LIST_COUNTER && i < table->counters.len; i++)
		offer(missing, table->counters.at[i]->name);
	for (size_t i = 0; i < table->sets.len; i++)
		if (what == (table->sets.at[i]->map ? COMPILE_LIST_MAP : COMPILE_LIST_SET))
			offer(missing, table->sets.at[i]->name);
}

void compile_say_missing(const struct compile *compile, enum compile_list what,
			 const char *family, const char *table, const char *name,
			 struct buf *out)
{
	struct missing missing = { .arena = ARENA_INIT };
	const struct bind_table *found = find_table(compile_ruleset(compile), family, table,
						    &missing);

	if (!found) {
		buf_printf(out, "there is no table '%s' of family %s", table, family);
	} else {
		offer_all(found, what, name, &missing);
		buf_printf(out, "table %s %s has no %s '%s'", family, table, kind_of(what), name);
	}
	if (missing.near.best)
		buf_printf(out, "; did you mean '%s'?", missing.near.best);
	arena_free(&missing.arena);
}
