/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_key: what makes a counter, a rule, a set the same one after a reload.
 *
 * In: a bound ruleset.  Out: a text for each counter and each object that has a handle, unique in
 * the ruleset.  A text has a line for each of: what it is, family, table, and names or normal
 * form; no name or rule holds a newline.  Figures are in none of them.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/compile_parts.h"
#include "compiler/print.h"

const char *compile_family(const struct bind_table *table)
{
	switch (table->family) {
	case BIND_FAMILY_NETDEV:
		return "netdev";
	case BIND_FAMILY_INET:
		return "inet";
	}
	abort();
}

/* WHAT is "set", "chain" or "counter", of a table. */
static const char *make_key(struct arena *arena, const char *what, const struct bind_table *table,
			    struct str name)
{
	return arena_printf(arena, "%s\n%s\n%.*s\n%.*s", what, compile_family(table),
			    STR_ARG(table->name), STR_ARG(name));
}

/* A rule's identity while its occurrence is being counted. */
struct rule_key {
	char *text;			/* table, chain and normal form without figures */
	uint32_t rule;
};

static int compare_rule_keys(const void *a, const void *b)
{
	const struct rule_key *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order ? order : left->rule < right->rule ? -1 : left->rule > right->rule;
}

static void read_rules(const struct bind_ruleset *ruleset, struct arena *arena,
		       struct rule_key *keys)
{
	struct print_options print = { .stateless = true };

	for (size_t i = 0; i < ruleset->chains.len; i++) {
		const struct bind_chain *chain = ruleset->chains.at[i];

		for (size_t j = 0; j < chain->rules.len; j++) {
			const struct bind_rule *rule = &chain->rules.at[j];
			struct buf text = BUF_INIT;

			/* A failsafe rule has no handle and no counter: nobody asks for it. */
			buf_printf(&text, "%s\n",
				   make_key(arena, rule->failsafe ? "failsafe" : "rule",
					    chain->table, chain->name));
			print_rule(rule, &print, &text);
			keys[rule->number] = (struct rule_key){ arena_strdup(arena, buf_str(&text)),
								rule->number };
			buf_free(&text);
		}
	}
}

/*
 * One key for each rule, by rule number; a text that a chain has twice is told by its occurrence.
 */
static const char **make_rule_keys(const struct bind_ruleset *ruleset, struct arena *arena)
{
	size_t count = ruleset->rules.len, occurrence = 0;
	const char **keys = ARENA_ARRAY(arena, const char *, count + 1);
	struct rule_key *sorted = ARENA_ARRAY(arena, struct rule_key, count + 1);

	read_rules(ruleset, arena, sorted);
	qsort(sorted, count, sizeof(*sorted), compare_rule_keys);
	for (size_t i = 0; i < count; i++) {
		occurrence = i && !strcmp(sorted[i - 1].text, sorted[i].text) ? occurrence + 1 : 0;
		keys[sorted[i].rule] = arena_printf(arena, "%s\n%zu", sorted[i].text, occurrence);
	}
	return keys;
}

/*
 * One key for each set, by set number: a named one's own, an anonymous one's by its rule and its
 * place in the rule.
 */
static const char **make_set_keys(const struct bind_ruleset *ruleset, const char *const *rule_keys,
				  struct arena *arena)
{
	const char **keys = ARENA_ARRAY(arena, const char *, ruleset->sets.len + 1);

	for (size_t i = 0; i < ruleset->tables.len; i++) {
		const struct bind_table *table = ruleset->tables.at[i];

		for (size_t j = 0; j < table->sets.len; j++)
			keys[table->sets.at[j]->number] =
				make_key(arena, "set", table, table->sets.at[j]->name);
	}
	for (size_t i = 0; i < ruleset->rules.len; i++) {
		const struct bind_rule *rule = ruleset->rules.at[i];

		for (size_t j = 0; j < rule->stmts.len; j++) {
			const struct bind_set *set = rule->stmts.at[j].set;

			if (set && !set->name.len)
				keys[set->number] =
					arena_printf(arena, "%s\nset\n%zu", rule_keys[i], j);
		}
	}
	return keys;
}

static void put_number(struct buf *text, u128 number)
{
	buf_printf(text, "%llx:%llx", (unsigned long long)(number >> 64),
		   (unsigned long long)number);
}

/* An element is its key, whatever it maps to. */
static const char *make_element_key(struct arena *arena, const char *set_key,
				    const struct bind_set *set, const struct bind_element *element)
{
	struct buf text = BUF_INIT;
	const char *key;

	buf_printf(&text, "element\n%s\n", set_key);
	for (size_t i = 0; i < set->kinds.len && !element->catchall; i++) {
		const struct bind_value *value = bind_element_value(element, i);

		buf_puts(&text, i ? " . " : "");
		put_number(&text, value->lo);
		buf_putc(&text, '-');
		put_number(&text, value->hi);
	}
	if (element->catchall)
		buf_putc(&text, '*');
	key = arena_strdup(arena, buf_str(&text));
	buf_free(&text);
	return key;
}

static void list_counters(const struct bind_ruleset *ruleset, const char *const *rule_keys,
			  struct arena *arena, struct compile *compile)
{
	size_t count = ruleset->counters.len;
	struct compile_counter *counters = ARENA_ARRAY(arena, struct compile_counter, count + 1);
	const char **set_keys = make_set_keys(ruleset, rule_keys, arena);
	size_t *used = ARENA_ARRAY(arena, size_t, ruleset->rules.len + 1);

	for (size_t i = 0; i < count; i++) {
		const struct bind_counter *counter = &ruleset->counters.at[i];

		counters[i].packets = counter->packets;
		counters[i].bytes = counter->bytes;
		if (counter->object)
			counters[i].key = make_key(arena, "counter", counter->object->table,
						   counter->object->name);
		else if (counter->element)
			counters[i].key = make_element_key(arena, set_keys[counter->set->number],
							   counter->set, counter->element);
		else
			counters[i].key = arena_printf(arena, "%s\n%zu",
						       rule_keys[counter->rule->number],
						       used[counter->rule->number]++);
	}
	compile->counters = counters;
	compile->counter_count = count;
}

struct object_list {
	VEC(struct compile_object) objects;
};

static void add_object(struct object_list *list, struct arena *arena, const char *key,
		       uint32_t *handle)
{
	*vec_push(arena, &list->objects) = (struct compile_object){ key, handle };
}

static void list_table(struct bind_table *table, const char *const *rule_keys,
		       struct arena *arena, struct object_list *list)
{
	add_object(list, arena,
		   arena_printf(arena, "table\n%s\n%.*s", compile_family(table),
				STR_ARG(table->name)),
		   &table->handle);
	for (size_t i = 0; i < table->sets.len; i++)
		add_object(list, arena, make_key(arena, "set", table, table->sets.at[i]->name),
			   &table->sets.at[i]->handle);
	for (size_t i = 0; i < table->counters.len; i++)
		add_object(list, arena,
			   make_key(arena, "counter", table, table->counters.at[i]->name),
			   &table->counters.at[i]->handle);
	for (size_t i = 0; i < table->chains.len; i++) {
		struct bind_chain *chain = table->chains.at[i];

		add_object(list, arena, make_key(arena, "chain", table, chain->name),
			   &chain->handle);
		for (size_t j = 0; j < chain->rules.len; j++)
			if (!chain->rules.at[j].failsafe)
				add_object(list, arena, rule_keys[chain->rules.at[j].number],
					   &chain->rules.at[j].handle);
	}
}

void compile_list_keys(struct bind_ruleset *ruleset, struct arena *arena, struct compile *compile)
{
	const char **rule_keys = make_rule_keys(ruleset, arena);
	struct object_list list = { 0 };

	list_counters(ruleset, rule_keys, arena, compile);
	for (size_t i = 0; i < ruleset->tables.len; i++)
		list_table(ruleset->tables.at[i], rule_keys, arena, &list);
	compile->objects = list.objects.at;
	compile->object_count = list.objects.len;
}
