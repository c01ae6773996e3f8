/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_intervals: the same values said in one way.
 *
 * In: a chain.  Out: the same rules, where
 *
 *	ip saddr & 255.255.255.0 == 192.0.2.0		asks for 192.0.2.0-192.0.2.255
 *	tcp dport >= 10 tcp dport != 15			asks for { 10-14, 16-65535 }
 *
 * so that rules which want the same ask the same, and one look-up does for both.
 *
 * Safety: a value under a mask of leading ones lies between two ends exactly when the value itself
 * lies between the least value that gives the lower end or more, and the greatest that gives the
 * upper end or less; both keys need the same load.  Two tests of one key that stand together, with
 * nothing between them but tests, are both true exactly for the values that both leave; the second
 * load succeeds when the first one does.  Sets with a name stay as they are, for their elements can
 * change; when no value is left both tests stay, and another pass finds that out.
 */
#include "compiler/opt/opt_parts.h"

#define MAX_INTERVALS 65536		/* of two sets that are made one */

/* --- masks ---------------------------------------------------------------------------------- */

/* The bits behind a mask of leading ones of BITS bits; false when it is none, or is full. */
static bool mask_tail(u128 mask, unsigned int bits, u128 *ret_tail)
{
	u128 tail = ~mask & u128_max(bits);

	*ret_tail = tail;
	return tail && mask && !(tail & (tail + 1));
}

static uint32_t plain_key(struct opt_work *work, uint32_t load)
{
	struct ir_part part = { .load = load,
				.mask = u128_max(work->ir->loads.at[load].field->bit_len) };
	struct ir_key key = { 0 };

	for (uint32_t i = 0; i < work->ir->keys.len; i++)
		if (work->ir->keys.at[i].parts.len == 1 &&
		    work->ir->keys.at[i].parts.at[0].load == load &&
		    ir_part_is_plain(work->ir, &work->ir->keys.at[i].parts.at[0]))
			return i;
	*vec_push(work->arena, &key.parts) = part;
	*vec_push(work->arena, &work->ir->keys) = key;
	return (uint32_t)work->ir->keys.len - 1;
}

/* The values that give one of SET when the bits of TAIL are taken away. */
static uint32_t unmask_set(struct opt_work *work, const struct ir_set *set, u128 tail)
{
	size_t count = 0;
	struct ir_interval *intervals =
		ARENA_ARRAY(work->arena, struct ir_interval, set->intervals.len + 1);

	for (size_t i = 0; i < set->intervals.len; i++) {
		u128 lo = set->intervals.at[i].lo, hi = set->intervals.at[i].hi & ~tail;

		if (lo & tail) {
			if ((lo | tail) == ~(u128)0)
				continue;
			lo = (lo | tail) + 1;
		}
		if (lo <= hi)
			intervals[count++] = (struct ir_interval){ lo, hi | tail };
	}
	return opt_set_add(work, 1, intervals, count);
}

static bool may_unmask(const struct ir *ir, const struct ir_step *step, u128 *ret_tail)
{
	const struct ir_part *part;

	if (!region_understands(ir, step))
		return false;
	part = &ir->keys.at[step->key].parts.at[0];
	return !part->shift && !part->flip &&
	       mask_tail(part->mask, ir_part_bits(ir, part), ret_tail);
}

static void unmask(struct opt_work *work, struct ir_rule *rule, bool *own)
{
	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		u128 tail;

		if (!may_unmask(work->ir, step, &tail))
			continue;
		if (!*own)
			opt_own_steps(work, rule);
		*own = true;
		rule->steps.at[i].set = unmask_set(work, &work->ir->sets.at[step->set], tail);
		rule->steps.at[i].key = plain_key(
			work, work->ir->keys.at[step->key].parts.at[0].load);
	}
}

/* --- two tests of one key ------------------------------------------------------------------- */

static struct region region_of(const struct ir_set *set, struct arena *arena)
{
	struct region region = { 0 };

	region.intervals.at = ARENA_ARRAY(arena, struct ir_interval, set->intervals.len + 1);
	region.intervals.len = set->intervals.len;
	memcpy(region.intervals.at, set->intervals.at,
	       set->intervals.len * sizeof(*set->intervals.at));
	return region;
}

static struct region unite(const struct ir_set *a, const struct ir_set *b, struct arena *arena)
{
	struct region region = region_of(a, arena);

	for (size_t i = 0; i < b->intervals.len; i++)
		*vec_push(arena, &region.intervals) = b->intervals.at[i];
	return region;
}

/* What A and B say together becomes A's; false when that is nothing, or too much. */
static bool join(struct opt_work *work, struct ir_step *a, const struct ir_step *b)
{
	const struct ir_set *left = &work->ir->sets.at[a->set], *right = &work->ir->sets.at[b->set];
	struct region region, of_left;

	if (left->intervals.len + right->intervals.len > MAX_INTERVALS)
		return false;
	of_left = region_of(a->negate ? right : left, work->arena);
	if (a->negate && b->negate)
		region = unite(left, right, work->arena);
	else if (a->negate || b->negate)
		region = region_subtract(&of_left, a->negate ? left : right, work->arena);
	else
		region = region_intersect(&of_left, right, work->arena);
	if (!region.intervals.len)
		return false;
	a->negate = a->negate && b->negate;
	a->set = opt_set_add(work, 1, region.intervals.at, region.intervals.len);
	return true;
}

/* The first test among the first AT steps that asks the key of step AT too; AT: none. */
static size_t find_partner(const struct ir *ir, const struct ir_rule *rule, size_t at)
{
	size_t i = 0;

	if (!region_understands(ir, &rule->steps.at[at]))
		return at;
	while (i < at && (rule->steps.at[i].key != rule->steps.at[at].key ||
			  !region_understands(ir, &rule->steps.at[i])))
		i++;
	return i;
}

static void join_tests(struct opt_work *work, struct ir_rule *rule, bool *own)
{
	for (size_t at = 1; at < opt_lead(rule);) {
		size_t partner = find_partner(work->ir, rule, at);

		if (partner < at && !*own) {
			opt_own_steps(work, rule);
			*own = true;
		}
		if (partner < at &&
		    join(work, &rule->steps.at[partner], &rule->steps.at[at]))
			opt_cut_step(rule, at);
		else
			at++;
	}
}

void opt_intervals(struct opt_work *work, struct opt_chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		bool own = false;

		if (opt_is_fixed(work->ir, &chain->rules[i]))
			continue;
		unmask(work, &chain->rules[i], &own);
		join_tests(work, &chain->rules[i], &own);
	}
}
