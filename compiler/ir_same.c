/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir_same: whether two IRs give the same program.
 *
 * In: IRs of two texts.  Out: yes when all is equal but where it was written and how it is printed:
 * spans, places, texts of rules.  What comes behind, from the optimiser to the C text, is a
 * function of what is compared here, as numbers say everywhere what is meant.
 */
#include <string.h>

#include "compiler/ir.h"

static bool same_field(const struct field *a, const struct field *b)
{
	/* Each IR has its own rows for bits, and for options, that no name is known of. */
	return a == b || (a->proto == b->proto && a->load == b->load && a->base == b->base &&
			  a->number == b->number && a->bit_off == b->bit_off &&
			  a->bit_len == b->bit_len && a->type == b->type &&
			  a->select == b->select && a->of_hook == b->of_hook &&
			  a->host_order == b->host_order && !strcmp(a->name, b->name));
}

static bool same_loads(const struct ir *a, const struct ir *b)
{
	for (size_t i = 0; i < a->loads.len; i++) {
		const struct ir_load *x = &a->loads.at[i], *y = &b->loads.at[i];

		if (!same_field(x->field, y->field) || x->depth != y->depth ||
		    x->tunnel != y->tunnel)
			return false;
	}
	return true;
}

static bool same_key(const struct ir_key *a, const struct ir_key *b)
{
	if (a->parts.len != b->parts.len)
		return false;
	for (size_t i = 0; i < a->parts.len; i++) {
		const struct ir_part *x = &a->parts.at[i], *y = &b->parts.at[i];

		if (x->load != y->load || x->shift != y->shift || x->mask != y->mask ||
		    x->flip != y->flip)
			return false;
	}
	return true;
}

static bool same_intervals(const struct ir_interval *a, const struct ir_interval *b, size_t count)
{
	return !count || !memcmp(a, b, count * sizeof(*a));
}

static bool same_set(const struct ir_set *a, const struct ir_set *b)
{
	return a->parts == b->parts && str_eq(a->name, b->name) &&
	       a->intervals.len == b->intervals.len &&
	       same_intervals(a->intervals.at, b->intervals.at, a->intervals.len);
}

static bool same_verdict(const struct ir_verdict *a, const struct ir_verdict *b)
{
	return a->kind == b->kind && a->chain == b->chain;
}

static bool same_entry(const struct ir_map_entry *a, const struct ir_map_entry *b)
{
	return same_verdict(&a->verdict, &b->verdict) && a->counter == b->counter &&
	       a->object == b->object;
}

static bool same_map(const struct ir_map *a, const struct ir_map *b)
{
	if (a->parts != b->parts || !str_eq(a->name, b->name) ||
	    a->intervals.len != b->intervals.len || a->entries.len != b->entries.len ||
	    a->has_rest != b->has_rest || (a->has_rest && !same_entry(&a->rest, &b->rest)) ||
	    !same_intervals(a->intervals.at, b->intervals.at, a->intervals.len))
		return false;
	for (size_t i = 0; i < a->entries.len; i++)
		if (!same_entry(&a->entries.at[i], &b->entries.at[i]))
			return false;
	return true;
}

static bool same_step(const struct ir_step *a, const struct ir_step *b)
{
	return a->kind == b->kind && a->key == b->key && a->set == b->set &&
	       a->negate == b->negate && a->map == b->map && a->counter == b->counter &&
	       same_verdict(&a->verdict, &b->verdict);
}

static bool same_rule(const struct ir_rule *a, const struct ir_rule *b)
{
	if (a->chain != b->chain || a->source != b->source || a->failsafe != b->failsafe ||
	    a->steps.len != b->steps.len)
		return false;
	for (size_t i = 0; i < a->steps.len; i++)
		if (!same_step(&a->steps.at[i], &b->steps.at[i]))
			return false;
	return true;
}

static bool same_chain(const struct ir_chain *a, const struct ir_chain *b)
{
	return str_eq(a->table, b->table) && str_eq(a->name, b->name) &&
	       a->first_rule == b->first_rule && a->rule_count == b->rule_count &&
	       a->is_base == b->is_base && a->policy == b->policy &&
	       a->priority == b->priority && a->inet == b->inet;
}

static bool same_ir_entry(const struct ir_entry *a, const struct ir_entry *b)
{
	if (a->chains.len != b->chains.len || a->devices.len != b->devices.len)
		return false;
	for (size_t i = 0; i < a->chains.len; i++)
		if (a->chains.at[i] != b->chains.at[i])
			return false;
	for (size_t i = 0; i < a->devices.len; i++)
		if (!str_eq(a->devices.at[i].name, b->devices.at[i].name))
			return false;
	return true;
}

/* All of VEC of A and B, which have the same length. */
#define SAME_ALL(a, b, vec, same)                                                              \
	do {                                                                                   \
		for (size_t i_ = 0; i_ < (a)->vec.len; i_++)                                   \
			if (!same(&(a)->vec.at[i_], &(b)->vec.at[i_]))                         \
				return false;                                                  \
	} while (0)

bool ir_is_same(const struct ir *a, const struct ir *b)
{
	if (a->loads.len != b->loads.len || a->keys.len != b->keys.len ||
	    a->sets.len != b->sets.len || a->maps.len != b->maps.len ||
	    a->rules.len != b->rules.len || a->chains.len != b->chains.len ||
	    a->entries.len != b->entries.len || a->counter_count != b->counter_count ||
	    !same_loads(a, b))
		return false;
	SAME_ALL(a, b, keys, same_key);
	SAME_ALL(a, b, sets, same_set);
	SAME_ALL(a, b, maps, same_map);
	SAME_ALL(a, b, rules, same_rule);
	SAME_ALL(a, b, chains, same_chain);
	SAME_ALL(a, b, entries, same_ir_entry);
	return true;
}
