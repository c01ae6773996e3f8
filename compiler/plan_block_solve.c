/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_solve: which engine solves which case of a block.
 *
 * In: a block's problems.  Out: for each the engine that is expected to be best, or the one that is
 * forced, and what it built.
 *
 * Safety: an engine is asked before it builds, within a share of image and of time; when it refuses
 * the next one is taken, and when all do the block's rules are compared.
 */
#include <string.h>

#include "compiler/plan_block.h"

/* BPF instructions besides those of engines. */
#define WEIGHT_CASE 8
#define WEIGHT_ACTION 8
#define MAX_FEW_DIMS 4			/* of compares that begin behind any of the rows: with 7
					   the verifier looked at 290,000 instructions */
#define WEIGHT_DEEP 2000		/* its calls need the stack that fields would lie on */

static const struct plan_engine *const engines[] = {
	&plan_engine_few,
	&plan_engine_tree,
	&plan_engine_cross,
	&plan_engine_packed,
	&plan_engine_lead,
};

#define ENGINE_COUNT (sizeof(engines) / sizeof(engines[0]))

/* What an engine cannot do whatever it takes; NULL: it may be asked. */
static const char *find_obstacle(const struct plan_engine *engine,
				 const struct plan_problem *problem, bool deep)
{
	if (problem->resumed && !engine->resumes)
		return "does not go on behind a rule";
	if (problem->resumed && problem->dim_count > MAX_FEW_DIMS && engine == &plan_engine_few)
		return "the verifier would follow too many ways";
	if (!problem->dim_count && engine != &plan_engine_few)
		return "nothing is asked";
	if (deep && engine == &plan_engine_tree && problem->dim_count > PLAN_MAX_DEEP_DIMS)
		return "jumps leave too little of the stack";
	return NULL;
}

/* An engine's own arena may go before its words are printed. */
static void keep_why(struct plan_asked *asked, struct arena *arena)
{
	if (asked->estimate.why)
		asked->estimate.why = arena_strdup(arena, str_from(asked->estimate.why));
}

static void ask_by_building(const struct plan_problem *problem, const struct plan_budget *budget,
			    struct arena *arena, struct plan_asked *asked)
{
	struct plan_estimate *estimate = &asked->estimate;

	asked->solution = asked->engine->build(problem, budget, &asked->arena, estimate);
	estimate->possible = asked->solution;
	keep_why(asked, arena);
	if (!asked->solution)
		arena_free(&asked->arena);
}

/* Of what was built already the best stays: a large case's tables take hundreds of megabytes. */
static void drop_worse(struct plan_case *at)
{
	struct plan_asked *best = NULL;

	for (uint32_t i = 0; i < at->asked_count; i++) {
		struct plan_asked *asked = &at->asked[i], *worse = asked;

		if (!asked->solution)
			continue;
		if (!best || asked->weight < best->weight) {
			worse = best;
			best = asked;
		}
		if (!worse)
			continue;
		worse->solution = NULL;
		arena_free(&worse->arena);
	}
}

static void ask_one(const struct plan *plan, struct plan_case *at, const struct plan_budget *budget,
		    bool deep, const struct plan_engine *engine, struct arena *arena)
{
	struct plan_asked *asked = &at->asked[at->asked_count++];

	asked->engine = engine;
	asked->estimate.why = find_obstacle(engine, &at->problem, deep);
	if (asked->estimate.why)
		return;
	if (engine->estimates_by_building)
		ask_by_building(&at->problem, budget, arena, asked);
	else
		engine->estimate(&at->problem, budget, arena, &asked->estimate);
	asked->weight = plan_cost_weigh(plan->options.optimize, asked->estimate.cost,
					asked->estimate.bytes);
	drop_worse(at);
}

static bool is_asked(const struct plan_case *at, const struct plan_engine *engine)
{
	for (uint32_t i = 0; i < at->asked_count; i++)
		if (at->asked[i].engine == engine)
			return true;
	return false;
}

/* All that were not asked, or of these the one of a name. */
static void ask(const struct plan *plan, struct plan_case *at, const struct plan_budget *budget,
		bool deep, const char *name, struct arena *arena)
{
	for (size_t i = 0; i < ENGINE_COUNT; i++)
		if (!is_asked(at, engines[i]) && (!name || !strcmp(name, engines[i]->name)))
			ask_one(plan, at, budget, deep, engines[i], arena);
}

/*
 * Of many rules one dimension can leave few: nothing else looks so many up for less, and to see
 * that of all others takes a second.
 */
static bool is_clear(const struct plan *plan, struct plan_case *at,
		     const struct plan_budget *budget, bool deep, struct arena *arena)
{
	if (at->problem.row_count < PLAN_COST_MANY_ROWS)
		return false;
	ask(plan, at, budget, deep, plan_engine_lead.name, arena);
	for (uint32_t i = 0; i < at->asked_count; i++)
		if (at->asked[i].estimate.possible &&
		    at->asked[i].estimate.cost <= PLAN_COST_CLEAR)
			return true;
	return false;
}

/* The best of those that were not tried. */
static struct plan_asked *next_best(struct plan_case *at)
{
	struct plan_asked *best = NULL;

	for (uint32_t i = 0; i < at->asked_count; i++) {
		struct plan_asked *asked = &at->asked[i];

		if (asked->tried || !asked->estimate.possible ||
		    (best && best->weight <= asked->weight))
			continue;
		best = asked;
	}
	return best;
}

static bool build_best(struct plan_case *at, const struct plan_budget *budget,
		       struct arena *arena)
{
	struct plan_asked *asked;

	while ((asked = next_best(at))) {
		asked->tried = true;
		if (!asked->solution)
			asked->solution = asked->engine->build(&at->problem, budget,
							       &asked->arena, &asked->estimate);
		if (!asked->solution) {
			keep_why(asked, arena);
			continue;
		}
		at->engine = asked->engine;
		at->solution = asked->solution;
		at->estimate = asked->estimate;
		arena_take(arena, &asked->arena);
		return true;
	}
	return false;
}

static bool solve_case(struct plan *plan, struct plan_case *at, const struct plan_budget *budget,
		       bool deep, struct arena *arena)
{
	bool solved;

	if (!at->problem.dim_count && !at->problem.resumed)
		return true;
	if (plan->options.force)
		ask(plan, at, budget, deep, plan->options.force, arena);
	solved = build_best(at, budget, arena);
	if (!solved && is_clear(plan, at, budget, deep, arena))
		solved = build_best(at, budget, arena);
	if (!solved) {
		ask(plan, at, budget, deep, NULL, arena);
		solved = build_best(at, budget, arena);
	}
	for (uint32_t i = 0; i < at->asked_count; i++)
		if (at->asked[i].solution != at->solution)
			arena_free(&at->asked[i].arena);
	if (solved)
		at->offset = plan_take_image(plan, at->estimate.bytes);
	return solved;
}

/* A packet's expected cost: cases as likely as they have rows. */
static uint32_t expected(const struct plan_block *block)
{
	uint64_t sum = 0, rows = 0;

	for (size_t i = 0; i < block->cases.len; i++) {
		const struct plan_case *at = &block->cases.at[i];

		rows += at->problem.row_count;
		sum += (uint64_t)at->problem.row_count * at->estimate.cost;
	}
	return rows ? (uint32_t)(sum / rows) : 0;
}

static bool is_worth_it(const struct plan *plan, const struct plan_block *block)
{
	return plan->options.force || block->shared ||
	       block->expected < plan_cost_compares(block->row_count);
}

/* Where to go on behind a rule: most often each rule has one action. */
static void place_behind(struct plan *plan, struct plan_block *block)
{
	bool same = true;

	for (size_t i = 0; i < block->action_of.len; i++)
		same = same && block->action_of.at[i] == i;
	if (!block->resumes || same)
		return;
	block->behind_slots = 1;
	while (block->behind_slots <= block->action_of.len)
		block->behind_slots *= 2;
	block->behind_at = plan_take_image(plan, block->behind_slots * sizeof(uint32_t));
}

/* The block is not all of the program's only chain: xdpfw_jump.h is below it on the stack. */
static bool is_deep(const struct plan *plan, const struct plan_block *block)
{
	const struct ir_chain *chain = &plan->ir->chains.at[plan->ir->rules.at[block->first].chain];

	if (block->resumes || block->shared || block->first != chain->first_rule ||
	    block->end != chain->first_rule + chain->rule_count)
		return true;
	for (size_t i = 0; i < plan->ir->chains.len; i++)
		if (plan->chain_used[i] && !plan->ir->chains.at[i].is_base)
			return true;
	return false;
}

static size_t rows_behind(const struct plan_block *block, size_t number)
{
	size_t rows = 0;

	for (size_t i = number + 1; i < block->cases.len; i++)
		rows += block->cases.at[i].problem.row_count;
	return rows;
}

bool plan_block_solve(struct plan *plan, struct plan_block *block, size_t image_left,
		      struct arena *arena)
{
	struct plan_share share = plan_cost_share(plan->options.optimize, plan->look_ups,
						  block->row_count, image_left);
	bool deep = is_deep(plan, block);

	block->action_slots = 1;
	while (block->action_slots <= block->actions.len)
		block->action_slots *= 2;
	block->actions_at = plan_take_image(plan, block->action_slots *
						  plan_block_action_bytes(block));
	for (size_t i = 0; i < block->cases.len; i++) {
		struct plan_case *at = &block->cases.at[i];
		size_t later = rows_behind(block, i) * PLAN_COST_LEAST_BYTES;
		struct plan_budget budget = { .work = share.work };

		budget.bytes = share.bytes > later ? share.bytes - later : 0;
		if (!solve_case(plan, at, &budget, deep, arena))
			return false;
		share.bytes -= at->estimate.bytes < share.bytes ? at->estimate.bytes : share.bytes;
	}
	place_behind(plan, block);
	block->expected = expected(block) + PLAN_COST_ACTION;
	if (!block->computed)
		block->expected += plan_cost_load(block->actions.len *
						  plan_block_action_bytes(block));
	if (block->resumes)
		block->expected = 2 * block->expected + PLAN_COST_RESUME;
	return is_worth_it(plan, block);
}

/* What the engines said of a case that none of them solves. */
static const char *why_unsolved(const struct plan_case *at, struct arena *arena)
{
	const char *words = "no look-up can:";

	for (uint32_t i = 0; i < at->asked_count; i++) {
		const struct plan_asked *asked = &at->asked[i];

		words = arena_printf(arena, "%s%s %s: %s", words, i ? ";" : "",
				     asked->engine->name,
				     asked->estimate.why ? asked->estimate.why : "cannot");
	}
	return words;
}

const char *plan_block_why_not(const struct plan_block *block, struct arena *arena)
{
	uint32_t compared = plan_cost_compares(block->row_count);

	for (size_t i = 0; i < block->cases.len; i++)
		if (!block->cases.at[i].engine && block->cases.at[i].asked_count)
			return why_unsolved(&block->cases.at[i], arena);
	return arena_printf(arena, "each %u looked up would take about %u.%u ns, compared %u.%u ns",
			    plan_block_rules(block), block->expected / 10, block->expected % 10,
			    compared / 10, compared % 10);
}

size_t plan_block_action_bytes(const struct plan_block *block)
{
	return block->wide ? sizeof(struct table_action) : sizeof(uint64_t);
}

bool plan_block_has_places(const struct plan_block *block)
{
	return block->resumes || block->shared;
}

uint32_t plan_block_stretch_end(const struct plan_block *block, uint32_t rule)
{
	for (size_t i = 0; i < block->stretches.len; i++)
		if (rule < block->stretches.at[i].end)
			return block->stretches.at[i].end;
	return block->end;
}

uint32_t plan_block_rules(const struct plan_block *block)
{
	uint32_t rules = 0;

	for (size_t i = 0; i < block->stretches.len; i++)
		rules += block->stretches.at[i].end - block->stretches.at[i].first;
	return rules;
}

uint32_t plan_block_weight(const struct plan_block *block)
{
	uint32_t weight = WEIGHT_ACTION;

	for (size_t i = 0; i < block->cases.len; i++) {
		const struct plan_case *at = &block->cases.at[i];

		weight += WEIGHT_CASE + at->estimate.instructions;
		if (at->engine == &plan_engine_tree)
			weight += WEIGHT_DEEP;
	}
	return weight;
}

/* One that is nothing has room for it. */
static bool has_cell(const struct table_action *action)
{
	uint32_t answer = (uint32_t)(action->answer >> 60);

	return answer == ANSWER_ACCEPT || answer == ANSWER_DROP || !action->answer;
}

static void add_cells(struct plan *plan, struct arena *arena, size_t at, size_t count,
		      size_t stride)
{
	*vec_push(arena, &plan->cell_lists) = (struct xdpfw_cell_list){
		.at = (uint32_t)at, .count = (uint32_t)count, .stride = (uint32_t)stride,
	};
}

/* Answers in a row that carry cells, in the half that has the word. */
static void list_answers(struct plan *plan, const struct plan_block *block, struct arena *arena)
{
	const size_t half = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 4 : 0;
	size_t bytes = plan_block_action_bytes(block), first = 0;

	for (size_t i = 0; i <= block->actions.len; i++) {
		if (i < block->actions.len && has_cell(&block->actions.at[i]))
			continue;
		if (i > first)
			add_cells(plan, arena, block->actions_at + (first + 1) * bytes + half,
				  i - first, bytes);
		first = i + 1;
	}
}

void plan_block_cells(const struct plan_block *block, struct arena *arena, struct plan *plan)
{
	size_t bytes = plan_block_action_bytes(block);

	list_answers(plan, block, arena);
	if (!block->wide)
		return;
	add_cells(plan, arena, block->actions_at + offsetof(struct table_action, counter),
		  block->actions.len + 1, bytes);
	add_cells(plan, arena, block->actions_at + offsetof(struct table_action, object),
		  block->actions.len + 1, bytes);
}

/*
 * Behind a block comes the next run of its chain, or its end.  A shared one has a row for each
 * stretch that is not the end of its chain.
 */
uint64_t plan_block_no_match(const struct plan *plan, const struct plan_block *block)
{
	const struct ir_chain *chain = &plan->ir->chains.at[plan->ir->rules.at[block->first].chain];
	bool last = block->shared || block->end == chain->first_rule + chain->rule_count;

	return (uint64_t)(last ? WORD(ANSWER_RETURN, 0) : WORD(ANSWER_CONTINUE, block->end)) << 32;
}

static void fill_actions(const struct plan *plan, const struct plan_block *block)
{
	struct table_action none = { .answer = plan_block_no_match(plan, block) };
	size_t bytes = plan_block_action_bytes(block);
	uint8_t *at = plan->image + block->actions_at;

	memcpy(at, &none, bytes);
	for (size_t i = 0; i < block->actions.len; i++)
		memcpy(at + (i + 1) * bytes, &block->actions.at[i], bytes);
}

static void fill_behind(const struct plan *plan, const struct plan_block *block)
{
	uint32_t last = (uint32_t)block->actions.len;

	if (!block->behind_slots)
		return;
	for (uint32_t i = 0; i < block->behind_slots; i++)
		memcpy(plan->image + block->behind_at + i * sizeof(last),
		       i < block->action_of.len ? &block->action_of.at[i] : &last, sizeof(last));
}

void plan_block_fill(const struct plan *plan)
{
	for (size_t i = 0; i < plan->blocks.len; i++) {
		const struct plan_block *block = plan->blocks.at[i];

		fill_actions(plan, block);
		fill_behind(plan, block);
		for (size_t j = 0; j < block->cases.len; j++) {
			const struct plan_case *at = &block->cases.at[j];

			if (at->engine)
				at->engine->fill(at->solution, plan->image, at->offset);
		}
	}
}
