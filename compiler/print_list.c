/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print_list: one kind of thing (`list sets`), or one thing (`list set netdev t s`).
 *
 * Input: a bound ruleset and what is wanted of it.  Output: what nft 1.0.6 prints for it: things
 * stand in their tables without empty lines between them, tables without any are shown empty;
 * only `list counters` leaves these out, and `list chains` the rules.
 */
#include "compiler/print_part.h"

struct wanted {
	enum print_what what;
	const char *name;		/* NULL: all of them */
	const struct print_options *options;
	bool found;
};

/* Whether the thing called NAME is wanted. */
static bool wants(struct wanted *wanted, struct str name)
{
	bool wants = !wanted->name || str_is(name, wanted->name);

	wanted->found |= wants;
	return wants;
}

static void list_chains(struct wanted *wanted, const struct bind_table *table, struct buf *out)
{
	for (size_t i = 0; i < table->chains.len; i++) {
		const struct bind_chain *chain = table->chains.at[i];

		if (wants(wanted, chain->name))
			print_chain(chain, wanted->what == PRINT_CHAIN, wanted->options, out);
	}
}

static void list_sets(struct wanted *wanted, const struct bind_table *table, bool maps,
		      struct buf *out)
{
	for (size_t i = 0; i < table->sets.len; i++) {
		const struct bind_set *set = table->sets.at[i];

		if ((set->map != AST_MAP_NONE) == maps && wants(wanted, set->name))
			print_set(set, wanted->options, out);
	}
}

static void list_counters(struct wanted *wanted, const struct bind_table *table, struct buf *out)
{
	for (size_t i = 0; i < table->counters.len; i++) {
		const struct bind_object *object = table->counters.at[i];

		if (wants(wanted, object->name))
			print_object(object, wanted->options, out);
	}
}

static void list_content(struct wanted *wanted, const struct bind_table *table, struct buf *out)
{
	switch (wanted->what) {
	case PRINT_TABLES:
	case PRINT_TABLE:
		break;
	case PRINT_CHAINS:
	case PRINT_CHAIN:
		list_chains(wanted, table, out);
		break;
	case PRINT_SETS:
	case PRINT_SET:
		list_sets(wanted, table, false, out);
		break;
	case PRINT_MAPS:
	case PRINT_MAP:
		list_sets(wanted, table, true, out);
		break;
	case PRINT_COUNTERS:
	case PRINT_COUNTER:
		list_counters(wanted, table, out);
		break;
	}
}

static void list_table(struct wanted *wanted, const struct bind_table *table, struct buf *out)
{
	struct buf content = BUF_INIT;

	if (wanted->what == PRINT_TABLE) {
		print_table(table, wanted->options, out);
		wanted->found = true;
		return;
	}
	if (wanted->what == PRINT_TABLES) {
		buf_printf(out, "table %s %.*s\n", print_family(table->family),
			   STR_ARG(table->name));
		return;
	}
	list_content(wanted, table, &content);
	if (content.len || (!wanted->name && wanted->what != PRINT_COUNTERS))
		buf_printf(out, "table %s %.*s {\n%.*s}\n", print_family(table->family),
			   STR_ARG(table->name), (int)content.len, content.at ? content.at : "");
	buf_free(&content);
}

bool print_list(const struct bind_ruleset *ruleset, enum print_what what, const char *family,
		const char *table, const char *name, const struct print_options *options,
		struct buf *out)
{
	struct wanted wanted = { .what = what, .name = name, .options = options };
	bool one = name || what == PRINT_TABLE;

	for (size_t i = 0; i < ruleset->tables.len; i++) {
		const struct bind_table *at = ruleset->tables.at[i];

		if (family && strcmp(print_family(at->family), family))
			continue;
		if (!table || str_is(at->name, table))
			list_table(&wanted, at, out);
	}
	return wanted.found || !one;
}
