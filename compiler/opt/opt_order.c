/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_order: rules that are alike come to stand together.
 *
 * In: a chain.  Out: the same rules, some of them moved up: next to one that tests the same keys
 * for the same protocol and gives the same verdict, with which it may become one (opt_merge.c),
 * or else next to one for the same protocol, with which it shares a test.
 *
 * Safety: a rule moves only across rules that it is disjoint with: a packet that passes the
 * leading tests of one of the two fails one of the other's, so at most one of them does anything
 * for it, and which is asked first is all the same.  Fixed rules and failsafe rules do not move,
 * and nothing moves across them.
 */
#include "compiler/opt/opt_parts.h"

#define MAX_RULES 4096			/* longer chains are looked up in tables anyway */
#define MAX_DISTANCE 32			/* rules that one moves across */

/* What makes rules alike. */
struct likeness {
	uint64_t protocol, all;
	bool stays;
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 31;
}

static bool says_protocol(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_key *key = &ir->keys.at[step->key];
	const struct field *field = ir->loads.at[key->parts.at[0].load].field;

	return key->parts.len == 1 &&
	       (field->select != FIELD_SELECT_NOTHING || field->load == FIELD_LOAD_NFPROTO);
}

/* Sums, for the order of tests does not matter. */
static struct likeness find_likeness(const struct ir *ir, const struct ir_rule *rule)
{
	struct likeness likeness = { .stays = rule->failsafe || opt_is_fixed(ir, rule) };
	size_t lead = opt_lead(rule);

	for (size_t i = 0; i < lead; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		likeness.all += mix(1, step->key);
		if (says_protocol(ir, step))
			likeness.protocol +=
				mix(mix(mix(2, step->key), step->set), step->negate);
	}
	likeness.all += likeness.protocol;
	for (size_t i = lead; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		likeness.all = mix(likeness.all, step->kind);
		if (step->kind == IR_STEP_VERDICT)
			likeness.all = mix(mix(likeness.all, step->verdict.kind),
					   step->verdict.chain);
	}
	return likeness;
}

/*
 * Behind which of the first AT rules rule AT is to stand: the nearest one that is like it in all,
 * or else in its protocol, as far as it may move.  AT - 1: it stays.
 */
static uint32_t find_place(const struct opt_work *work, const struct opt_chain *chain,
			   const struct likeness *like, uint32_t at)
{
	uint32_t near = at - 1;
	bool found = like[near].protocol == like[at].protocol;

	if (like[at].stays)
		return near;
	for (uint32_t i = at; i-- > 0 && at - i <= MAX_DISTANCE;) {
		if (like[i].stays)
			break;
		if (like[i].all == like[at].all)
			return i;
		if (!found && like[i].protocol == like[at].protocol) {
			near = i;
			found = true;
		}
		if (!opt_disjoint(work->ir, &chain->rules[i], &chain->rules[at]))
			break;
	}
	return near;
}

static void move_up(struct opt_chain *chain, struct likeness *like, uint32_t from, uint32_t to)
{
	struct ir_rule rule = chain->rules[from];
	struct likeness of_rule = like[from];

	memmove(&chain->rules[to + 1], &chain->rules[to], (from - to) * sizeof(rule));
	memmove(&like[to + 1], &like[to], (from - to) * sizeof(*like));
	chain->rules[to] = rule;
	like[to] = of_rule;
}

void opt_order(struct opt_work *work, struct opt_chain *chain)
{
	struct likeness *like;

	if (chain->count > MAX_RULES)
		return;
	like = ARENA_ARRAY(work->arena, struct likeness, chain->count + 1);
	for (uint32_t i = 0; i < chain->count; i++)
		like[i] = find_likeness(work->ir, &chain->rules[i]);
	for (uint32_t i = 1; i < chain->count; i++) {
		uint32_t place = find_place(work, chain, like, i);

		if (place + 1 != i)
			move_up(chain, like, i, place + 1);
	}
}
