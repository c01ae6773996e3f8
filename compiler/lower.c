/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower: matches become masks and sets of intervals.
 *
 * In: a bound ruleset, which is consistent.  Out: the IR.  Every form of a match is (load & mask)
 * in a set, or not in it:
 *
 *	== v, in { }	set of the values		!= v	the same, negated
 *	< v, > v, ...	one interval up to an end of the field's values (none: an empty set)
 *	syn,ack		mask syn|ack, set { 0 }, negated (any of them is set)
 *	! syn,ack	mask syn|ack, set { 0 } (none of them is set)
 *
 * A named set is lowered when the first rule uses it and shared; equal anonymous ones are shared
 * too.  Numbers of rules, chains and counters are those that bind gave.
 */
#include "compiler/lower.h"

#include <stdlib.h>

#include "compiler/lower_parts.h"
#include "compiler/print.h"

#define NOT_LOWERED 0xffffffffu

struct lower {
	const struct bind_ruleset *ruleset;
	struct arena *arena;
	struct diag *diag;
	struct ir *ir;
	uint32_t *set_of, *map_of;	/* by the set's number in the bound ruleset */
	uint32_t *buckets;		/* anonymous sets by content: number or NOT_LOWERED */
	size_t bucket_count, bucket_used;	/* a power of two */
};

static uint32_t lower_load(struct lower *lower, const struct bind_stmt *stmt)
{
	struct ir *ir = lower->ir;

	for (size_t i = 0; i < ir->loads.len; i++)
		if (ir->loads.at[i].field == stmt->field && ir->loads.at[i].depth == stmt->depth)
			return (uint32_t)i;
	*vec_push(lower->arena, &ir->loads) = (struct ir_load){ stmt->field, stmt->depth };
	return (uint32_t)(ir->loads.len - 1);
}

/* Adds an interval behind the others, melting it into the last where they touch. */
static void add_interval(struct lower *lower, struct ir_set *set, u128 lo, u128 hi)
{
	struct ir_interval *last = set->intervals.len ?
					   &set->intervals.at[set->intervals.len - 1] : NULL;

	if (last && (lo <= last->hi || lo - 1 == last->hi)) {
		if (hi > last->hi)
			last->hi = hi;
		return;
	}
	*vec_push(lower->arena, &set->intervals) = (struct ir_interval){ lo, hi };
}

static int compare_elements(const void *a, const void *b)
{
	const struct bind_element *left = a, *right = b;

	return left->lo < right->lo ? -1 : left->lo > right->lo;
}

/* The elements by their start; bind sorts them, so the copy is for the day it does not. */
static const struct bind_element *sorted_elements(struct lower *lower, const struct bind_set *set)
{
	struct bind_element *copy;
	size_t count = set->elements.len, i = 1;

	while (i < count && set->elements.at[i - 1].lo <= set->elements.at[i].lo)
		i++;
	if (i >= count)
		return set->elements.at;
	copy = ARENA_ARRAY(lower->arena, struct bind_element, count);
	memcpy(copy, set->elements.at, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), compare_elements);
	return copy;
}

static struct ir_verdict lower_verdict(const struct bind_verdict *verdict)
{
	static const enum ir_verdict_kind kinds[] = {
		[AST_VERDICT_ACCEPT] = IR_VERDICT_ACCEPT,
		[AST_VERDICT_DROP] = IR_VERDICT_DROP,
		[AST_VERDICT_CONTINUE] = IR_VERDICT_CONTINUE,
		[AST_VERDICT_RETURN] = IR_VERDICT_RETURN,
		[AST_VERDICT_JUMP] = IR_VERDICT_JUMP,
		[AST_VERDICT_GOTO] = IR_VERDICT_GOTO,
	};

	return (struct ir_verdict){ kinds[verdict->kind],
				    verdict->chain ? verdict->chain->number : 0 };
}

static bool same_intervals(const struct ir_set *a, const struct ir_set *b)
{
	if (a->intervals.len != b->intervals.len)
		return false;
	for (size_t i = 0; i < a->intervals.len; i++)
		if (a->intervals.at[i].lo != b->intervals.at[i].lo ||
		    a->intervals.at[i].hi != b->intervals.at[i].hi)
			return false;
	return true;
}

static uint64_t mix(uint64_t hash, u128 value)
{
	hash = (hash ^ (uint64_t)value) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ (uint64_t)(value >> 64) ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
	return hash ^ hash >> 32;
}

static uint64_t hash_intervals(const struct ir_set *set)
{
	uint64_t hash = set->intervals.len;

	for (size_t i = 0; i < set->intervals.len; i++)
		hash = mix(mix(hash, set->intervals.at[i].lo), set->intervals.at[i].hi);
	return hash;
}

/* The bucket of an equal set, or the free one where it belongs. */
static uint32_t *find_bucket(struct lower *lower, const struct ir_set *set)
{
	size_t at = hash_intervals(set) & (lower->bucket_count - 1);

	while (lower->buckets[at] != NOT_LOWERED &&
	       !same_intervals(&lower->ir->sets.at[lower->buckets[at]], set))
		at = (at + 1) & (lower->bucket_count - 1);
	return &lower->buckets[at];
}

static void grow_buckets(struct lower *lower)
{
	uint32_t *old = lower->buckets;
	size_t old_count = lower->bucket_count;

	lower->bucket_count = old_count ? old_count * 2 : 64;
	lower->buckets = ARENA_ARRAY(lower->arena, uint32_t, lower->bucket_count);
	memset(lower->buckets, 0xff, lower->bucket_count * sizeof(*lower->buckets));
	for (size_t i = 0; i < old_count; i++)
		if (old[i] != NOT_LOWERED)
			*find_bucket(lower, &lower->ir->sets.at[old[i]]) = old[i];
}

static uint32_t push_set(struct lower *lower, const struct ir_set *set)
{
	*vec_push(lower->arena, &lower->ir->sets) = *set;
	return (uint32_t)(lower->ir->sets.len - 1);
}

static uint32_t intern_set(struct lower *lower, const struct ir_set *set)
{
	uint32_t *bucket;

	if (lower->bucket_used * 2 >= lower->bucket_count)
		grow_buckets(lower);
	bucket = find_bucket(lower, set);
	if (*bucket == NOT_LOWERED) {
		*bucket = push_set(lower, set);
		lower->bucket_used++;
	}
	return *bucket;
}

static uint32_t lower_interval(struct lower *lower, u128 lo, u128 hi)
{
	struct ir_set set = { 0 };

	add_interval(lower, &set, lo, hi);
	return intern_set(lower, &set);
}

static uint32_t lower_set(struct lower *lower, const struct bind_set *set)
{
	const struct bind_element *elements;
	struct ir_set lowered = { .name = set->name };
	uint32_t *number = &lower->set_of[set->number];

	if (*number != NOT_LOWERED)
		return *number;
	elements = sorted_elements(lower, set);
	for (size_t i = 0; i < set->elements.len; i++)
		add_interval(lower, &lowered, elements[i].lo, elements[i].hi);
	*number = set->name.len ? push_set(lower, &lowered) : intern_set(lower, &lowered);
	return *number;
}

static uint32_t lower_map(struct lower *lower, const struct bind_set *set)
{
	const struct bind_element *elements;
	struct ir_map map = { .name = set->name };
	uint32_t *number = &lower->map_of[set->number];

	if (*number != NOT_LOWERED)
		return *number;
	elements = sorted_elements(lower, set);
	for (size_t i = 0; i < set->elements.len; i++)
		*vec_push(lower->arena, &map.entries) = (struct ir_map_entry){
			elements[i].lo, elements[i].hi, lower_verdict(&elements[i].verdict) };
	*vec_push(lower->arena, &lower->ir->maps) = map;
	*number = (uint32_t)(lower->ir->maps.len - 1);
	return *number;
}

static uint32_t lower_below(struct lower *lower, u128 end, bool with_end)
{
	struct ir_set empty = { 0 };

	if (!with_end && !end)
		return intern_set(lower, &empty);
	return lower_interval(lower, 0, with_end ? end : end - 1);
}

static uint32_t lower_above(struct lower *lower, u128 end, bool with_end, u128 max)
{
	struct ir_set empty = { 0 };

	if (end > max || (!with_end && end == max))
		return intern_set(lower, &empty);
	return lower_interval(lower, with_end ? end : end + 1, max);
}

static uint32_t lower_operand(struct lower *lower, const struct bind_stmt *stmt)
{
	if (stmt->set)
		return lower_set(lower, stmt->set);
	return lower_interval(lower, stmt->value.lo, stmt->value.hi);
}

static void lower_match(struct lower *lower, const struct bind_stmt *stmt, struct ir_step *step)
{
	const u128 max = u128_max(stmt->field->bit_len);

	step->kind = IR_STEP_TEST;
	step->load = lower_load(lower, stmt);
	step->mask = stmt->has_mask ? stmt->mask : max;
	switch (stmt->op) {
	case BIND_MATCH_EQ:
	case BIND_MATCH_EQ_EXPLICIT:
		step->set = lower_operand(lower, stmt);
		break;
	case BIND_MATCH_NEQ:
		step->set = lower_operand(lower, stmt);
		step->negate = true;
		break;
	case BIND_MATCH_LT:
		step->set = lower_below(lower, stmt->value.lo, false);
		break;
	case BIND_MATCH_GT:
		step->set = lower_above(lower, stmt->value.hi, false, max);
		break;
	case BIND_MATCH_LTE:
		step->set = lower_below(lower, stmt->value.hi, true);
		break;
	case BIND_MATCH_GTE:
		step->set = lower_above(lower, stmt->value.lo, true, max);
		break;
	case BIND_MATCH_ANY_OF:
	case BIND_MATCH_NONE_OF:
		step->mask &= stmt->value.lo;
		step->set = lower_interval(lower, 0, 0);
		step->negate = stmt->op == BIND_MATCH_ANY_OF;
		break;
	}
}

static struct ir_step lower_stmt(struct lower *lower, const struct bind_stmt *stmt)
{
	struct ir_step step = { .span = stmt->span };

	switch (stmt->kind) {
	case BIND_STMT_MATCH:
		lower_match(lower, stmt, &step);
		break;
	case BIND_STMT_VMAP:
		step.kind = IR_STEP_MAP;
		step.load = lower_load(lower, stmt);
		step.mask = stmt->has_mask ? stmt->mask : u128_max(stmt->field->bit_len);
		step.map = lower_map(lower, stmt->set);
		break;
	case BIND_STMT_COUNTER:
		step.kind = IR_STEP_COUNTER;
		step.counter = stmt->counter;
		break;
	case BIND_STMT_VERDICT:
		step.kind = IR_STEP_VERDICT;
		step.verdict = lower_verdict(&stmt->verdict);
		break;
	}
	return step;
}

static void lower_rule(struct lower *lower, const struct bind_rule *rule, uint32_t chain)
{
	static const struct print_options print = { .stateless = true };
	struct source_place place = source_locate(lower->diag->sources, rule->span);
	struct ir_rule *lowered = vec_push(lower->arena, &lower->ir->rules);
	struct buf text = BUF_INIT;

	lowered->span = rule->span;
	lowered->chain = chain;
	print_rule(rule, &print, &text);
	lowered->text = str_from(arena_strdup(lower->arena, buf_str(&text)));
	buf_free(&text);
	lowered->place = arena_printf(lower->arena, "%s:%u", place.name, place.line);
	for (size_t i = 0; i < rule->stmts.len; i++) {
		struct ir_step step = lower_stmt(lower, &rule->stmts.at[i]);

		*vec_push(lower->arena, &lowered->steps) = step;
	}
}

static void lower_chain(struct lower *lower, const struct bind_chain *chain)
{
	*vec_push(lower->arena, &lower->ir->chains) = (struct ir_chain){
		.table = chain->table->name,
		.name = chain->name,
		.first_rule = (uint32_t)lower->ir->rules.len,
		.rule_count = (uint32_t)chain->rules.len,
		.is_base = chain->is_base,
		.policy = chain->policy == AST_VERDICT_DROP ? IR_VERDICT_DROP : IR_VERDICT_ACCEPT,
		.priority = chain->priority,
	};
	for (size_t i = 0; i < chain->rules.len; i++)
		lower_rule(lower, &chain->rules.at[i], chain->number);
}

static uint32_t *not_lowered(struct arena *arena, size_t count)
{
	uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, count + 1);

	memset(numbers, 0xff, (count + 1) * sizeof(*numbers));
	return numbers;
}

bool lower_ruleset(const struct bind_ruleset *ruleset, struct arena *arena, struct diag *diag,
		   struct ir **ret_ir)
{
	struct lower lower = {
		.ruleset = ruleset,
		.arena = arena,
		.diag = diag,
		.ir = ARENA_NEW(arena, struct ir),
		.set_of = not_lowered(arena, ruleset->sets.len),
		.map_of = not_lowered(arena, ruleset->sets.len),
	};

	for (size_t i = 0; i < ruleset->chains.len; i++)
		lower_chain(&lower, ruleset->chains.at[i]);
	lower.ir->counter_count = (uint32_t)ruleset->counters.len;
	if (!lower_entries(ruleset, arena, diag, lower.ir))
		return false;
	lower_warn_fragments(lower.ir, arena, diag);
	*ret_ir = lower.ir;
	return true;
}
