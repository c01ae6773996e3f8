/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_run: cuts the rules into functions.
 *
 * In: the rules, and how their sets are looked up.  Out: runs of rules in order, each small enough
 * that the verifier and clang take it in one piece; and their functions, not more than a program
 * can have.  A chain has runs of its own while there are few chains; many small chains share one,
 * and runs of many chains a function, if they are looked up together or compared.
 *
 * Safety: only which rules are together is decided here, not what they do.
 */
#include "compiler/plan_run.h"

#include <string.h>

#include "compiler/plan_block.h"

/*
 * Linux allows 256 functions in a program (BPF_MAX_SUBPROGS), a million instructions to be looked
 * at by the verifier (BPF_COMPLEXITY_LIMIT_INSNS), and 8,192 branches that it has not followed yet
 * (BPF_COMPLEXITY_LIMIT_JMP_SEQ) which a function's compares must stay below.
 */
#define MAX_FUNCTIONS 190
#define MAX_WEIGHT 780000u		/* the verifier looks at up to 1.2 times as many */
#define RUN_WEIGHT 3000u

/* BPF instructions, rounded up, of what emit writes [measured with clang 14]. */
enum {
	WEIGHT_PRESENT = 2,		/* is the header there */
	WEIGHT_LOAD = 1,
	WEIGHT_MASK = 1,
	WEIGHT_INTERVAL = 3,
	WEIGHT_LOOK_UP = 7,
	WEIGHT_COUNTER = 5,
	WEIGHT_VERDICT = 3,
	WEIGHT_COUNT_ENTRY = 14,	/* count what a map's entry says */
	WEIGHT_LANE = 2,
	WEIGHT_BLOCK = 1500,		/* what the verifier looks at of a look-up [300 to 800] */
	WEIGHT_PLACE = 6,		/* where a jump comes back to */
};

static uint32_t key_words(const struct ir *ir, uint32_t number)
{
	const struct ir_key *key = &ir->keys.at[number];
	uint32_t words = 0;

	for (size_t i = 0; i < key->parts.len; i++)
		words += plan_part_lanes(ir_part_bits(ir, &key->parts.at[i]));
	return words;
}

static uint32_t part_weight(const struct ir_part *part)
{
	return WEIGHT_LOAD + WEIGHT_MASK + (part->shift ? 2 : 0) + (part->flip ? WEIGHT_MASK : 0);
}

static uint32_t key_weight(const struct ir *ir, uint32_t number)
{
	const struct ir_key *key = &ir->keys.at[number];
	uint32_t weight = 0;

	for (size_t i = 0; i < key->parts.len; i++)
		weight += part_weight(&key->parts.at[i]) *
			  plan_part_lanes(ir_part_bits(ir, &key->parts.at[i]));
	return weight;
}

/* ROWS: intervals or boxes. */
static uint32_t look_up_weight(const struct plan *plan, const struct plan_look *look,
			       uint32_t key, size_t rows)
{
	const struct ir *ir = plan->ir;
	uint32_t words = key_words(ir, key), weight = key_weight(ir, key);
	uint32_t present = WEIGHT_PRESENT * (uint32_t)ir->keys.at[key].parts.len;

	if (look->table != PLAN_NO_TABLE)
		return present + WEIGHT_LOOK_UP + weight - words * WEIGHT_MASK +
		       (look->key_bits ? 0 : WEIGHT_LANE * plan->key_lanes);
	if (look->parts > 1)
		return present + (weight + words * WEIGHT_INTERVAL) * (uint32_t)rows;
	return present + weight + words * WEIGHT_INTERVAL * (uint32_t)rows;
}

static uint32_t map_weight(const struct plan *plan, const struct ir_step *step)
{
	const struct ir_map *map = &plan->ir->maps.at[step->map];
	const struct plan_look *look = &plan->maps[step->map];
	uint32_t weight = WEIGHT_VERDICT;

	weight += look_up_weight(plan, look, step->key, map->entries.len);
	if (look->by_number)
		return weight + WEIGHT_COUNT_ENTRY;
	if (look->table == PLAN_NO_TABLE && plan_map_counts(map))
		weight += 2 * WEIGHT_COUNTER * ((uint32_t)map->entries.len + 1);
	return weight;
}

static uint32_t step_weight(const struct plan *plan, const struct ir_step *step)
{
	const struct ir *ir = plan->ir;

	switch (step->kind) {
	case IR_STEP_TEST:
		return look_up_weight(plan, &plan->sets[step->set], step->key,
				      ir->sets.at[step->set].intervals.len /
					      plan->sets[step->set].parts);
	case IR_STEP_COUNTER:
		return WEIGHT_COUNTER;
	case IR_STEP_VERDICT:
		return WEIGHT_VERDICT;
	case IR_STEP_MAP:
		return map_weight(plan, step);
	}
	return 0;
}

uint32_t plan_rule_weight(const struct plan *plan, uint32_t number)
{
	const struct ir_rule *rule = &plan->ir->rules.at[number];
	uint32_t weight = 0;

	for (size_t i = 0; i < rule->steps.len; i++)
		weight += step_weight(plan, &rule->steps.at[i]);
	return weight + (plan_rule_jumps(plan->ir, number) ? WEIGHT_PLACE : 0);
}

/* False, with a message at the first rule that is too much. */
static bool check_weight(const struct plan *plan, struct diag *diag)
{
	const struct ir *ir = plan->ir;
	uint64_t total = plan->blocks.len * WEIGHT_BLOCK;

	for (uint32_t i = 0; i < ir->rules.len; i++) {
		if (!plan_rule_is_compared(plan, i))
			continue;
		total += plan_rule_weight(plan, i);
		if (total <= MAX_WEIGHT)
			continue;
		diag_error(diag, ir->rules.at[i].span,
			   "the rules up to this one are more than one program can hold");
		diag_help(diag, "put addresses or ports of rules that do the same into a set");
		return false;
	}
	return true;
}

static void add_run(struct plan *plan, struct arena *arena, uint32_t first, uint32_t end,
		    uint32_t weight)
{
	*vec_push(arena, &plan->runs) =
		(struct plan_run){ .first = first, .end = end, .weight = weight };
}

static const struct plan_block *block_at(const struct plan *plan, uint32_t rule)
{
	return plan->block_of[rule] ? plan->blocks.at[plan->block_of[rule] - 1] : NULL;
}

/* A chain that is bigger than BUDGET, or has blocks, in pieces. */
static void cut_chain(struct plan *plan, struct arena *arena, const struct ir_chain *chain,
		      uint32_t budget)
{
	uint32_t first = chain->first_rule, end = first + chain->rule_count, weight = 0;

	for (uint32_t i = first; i < end; i++) {
		const struct plan_block *block = block_at(plan, i);
		uint32_t more = block ? 0 : plan_rule_weight(plan, i);
		uint32_t last = block ? plan_block_stretch_end(block, i) : i;

		if (i > first && (block || weight + more > budget)) {
			add_run(plan, arena, first, i, weight);
			first = i;
			weight = 0;
		}
		weight += more;
		if (!block)
			continue;
		*vec_push(arena, &plan->runs) =
			(struct plan_run){ .first = i, .end = last, .block = block,
					   .weight = plan_block_weight(block) };
		first = last;
		i = first - 1;
	}
	if (first < end)
		add_run(plan, arena, first, end, weight);
}

static uint32_t chain_weight(const struct plan *plan, const struct ir_chain *chain)
{
	uint32_t weight = 0;

	for (uint32_t i = 0; i < chain->rule_count; i++)
		weight += plan_rule_weight(plan, chain->first_rule + i);
	return weight;
}

static bool has_blocks(const struct plan *plan, const struct ir_chain *chain)
{
	for (uint32_t i = 0; i < chain->rule_count; i++)
		if (plan->block_of[chain->first_rule + i])
			return true;
	return false;
}

/* Puts CHAIN into the last run when both fit.  Between them are rules of unused chains only. */
static bool join_chain(struct plan *plan, const struct ir_chain *chain, uint32_t weight,
		       uint32_t budget)
{
	struct plan_run *last = plan->runs.len ? &plan->runs.at[plan->runs.len - 1] : NULL;

	if (!last || last->weight + weight > budget)
		return false;
	last->end = chain->first_rule + chain->rule_count;
	last->weight += weight;
	return true;
}

/* JOIN: small chains may share a run, but not with a piece of a cut one. */
static void cut_chains(struct plan *plan, struct arena *arena, const uint32_t *order,
		       uint32_t budget, bool join)
{
	bool last_is_whole = false;

	plan->runs.len = 0;
	for (size_t i = 0; i < plan->ir->chains.len; i++) {
		const struct ir_chain *chain = &plan->ir->chains.at[order[i]];
		uint32_t weight;

		if (!plan->chain_used[order[i]] || !chain->rule_count)
			continue;
		if (has_blocks(plan, chain)) {
			cut_chain(plan, arena, chain, budget);
			last_is_whole = false;
			continue;
		}
		weight = chain_weight(plan, chain);
		if (!join || !last_is_whole || !join_chain(plan, chain, weight, budget))
			cut_chain(plan, arena, chain, budget);
		last_is_whole = weight <= budget;
	}
}

/*
 * A block's runs are one function; if JOIN, runs that are compared are some in one, up to BUDGET.
 */
static void find_functions(struct plan *plan, struct arena *arena, uint32_t budget, bool join)
{
	uint32_t *of_block = ARENA_ARRAY(arena, uint32_t, plan->blocks.len + 1);
	uint32_t compared = 0, weight = 0;

	plan->function_count = 0;
	for (size_t i = 0; i < plan->runs.len; i++) {
		struct plan_run *run = &plan->runs.at[i];
		uint32_t *known = run->block ? &of_block[plan->block_of[run->first] - 1] :
					       &compared;

		if (!run->block && (!join || weight + run->weight > budget))
			compared = weight = 0;
		weight += run->block ? 0 : run->weight;
		if (!*known)
			*known = ++plan->function_count;
		run->function = *known - 1;
	}
}

/* The chains in the order of their rules. */
static uint32_t *order_chains(const struct ir *ir, struct arena *arena)
{
	uint32_t *order = ARENA_ARRAY(arena, uint32_t, ir->chains.len + 1), count = 0;
	uint32_t *at_rule = ARENA_ARRAY(arena, uint32_t, ir->rules.len + 1);

	for (uint32_t i = 0; i < ir->chains.len; i++)
		if (!ir->chains.at[i].rule_count)
			order[count++] = i;
		else
			at_rule[ir->chains.at[i].first_rule] = i + 1;
	for (size_t i = 0; i < ir->rules.len; i++)
		if (at_rule[i])
			order[count++] = at_rule[i] - 1;
	return order;
}

bool plan_run_cut(struct plan *plan, struct arena *arena, struct diag *diag)
{
	uint32_t *order = order_chains(plan->ir, arena), budget = RUN_WEIGHT;

	if (!check_weight(plan, diag))
		return false;
	cut_chains(plan, arena, order, budget, false);
	find_functions(plan, arena, budget, false);
	/* What is compared ends up in one function, and plan_block.c makes fewer look-ups. */
	for (; plan->function_count > MAX_FUNCTIONS && budget <= MAX_WEIGHT; budget += budget / 2) {
		cut_chains(plan, arena, order, budget, true);
		find_functions(plan, arena, budget, true);
	}
	if (plan->function_count < plan->runs.len)
		plan->function_of_at = plan_take_image(plan, (plan->ir->rules.len + 1) *
							     sizeof(uint16_t));
	return true;
}

void plan_run_fill(const struct plan *plan)
{
	if (plan->function_count == plan->runs.len)
		return;
	for (uint32_t i = 0; i < plan->ir->rules.len; i++) {
		uint16_t function = (uint16_t)plan->runs.at[plan_find_run(plan, i)].function;

		memcpy(plan->image + plan->function_of_at + i * sizeof(function), &function,
		       sizeof(function));
	}
}

uint32_t plan_find_run(const struct plan *plan, uint32_t rule)
{
	size_t first = 0, end = plan->runs.len;

	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (plan->runs.at[middle].first <= rule)
			first = middle;
		else
			end = middle;
	}
	return (uint32_t)first;
}
