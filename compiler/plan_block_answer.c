/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_answer: blocks whose answers are computed from the result instead of read.
 *
 * In: the actions of a block and the rows that have them as results.  Out: where each action counts
 * in a counter of its own and accepts or drops, results that say both: (counter - the block's first
 * one) * 2, and 1 more for drop.  Of 100,000 rules an action is a cache miss, and one that waits
 * for all others.  The actions stay in the image for the proof, which asks which rule it was.
 *
 * Safety: counters rise from action to action, so results rise as before, which is what engines
 * ask for.  A proof computes verdict and cell like a live program; tables give it the rule only.
 */
#include "compiler/plan_block.h"

#include <string.h>

#include "bpf/xdpfw_abi.h"
#include "bpf/xdpfw_layout.h"

#define LEAST_ACTIONS 1024		/* fewer are near, and their results have few bits */
#define LEAST_FORCED 16			/* for tests: below that rows may be asked by branches, of
					   which the verifier would follow each into the answer */
#define MAX_HOLES 2			/* actions there is room for, for each one */

_Static_assert(ANSWER_DROP == ANSWER_ACCEPT + 1, "counted_answer()");

/* The number of its counter, from 1; 0: it has none, or does something else. */
static uint32_t counter_of(const struct table_action *action)
{
	uint32_t word = (uint32_t)(action->answer >> 32), kind = word >> 28;

	if ((kind != ANSWER_ACCEPT && kind != ANSWER_DROP) || action->counter || action->object)
		return 0;
	return word & XDPFW_CELL_MASK;
}

static bool can_be(const struct plan_block *block)
{
	uint32_t before = 0, first, last;

	if (!block->actions.len || block->resumes || block->shared || block->wide)
		return false;
	for (size_t i = 0; i < block->actions.len; i++) {
		uint32_t counter = counter_of(&block->actions.at[i]);

		if (counter <= before)
			return false;
		before = counter;
	}
	first = counter_of(&block->actions.at[0]);
	last = counter_of(&block->actions.at[block->actions.len - 1]);
	return last - first < MAX_HOLES * block->actions.len &&
	       last - first < PLAN_MAX_RESULTS / 2 - 2;
}

void plan_block_compute_answers(struct plan_pose *pose, bool forced)
{
	struct plan_block *block = pose->block;
	struct table_action *actions;
	uint32_t first, count;

	if (block->actions.len < (forced ? LEAST_FORCED : LEAST_ACTIONS) || !can_be(block))
		return;
	first = counter_of(&block->actions.at[0]);
	count = counter_of(&block->actions.at[block->actions.len - 1]) - first + 1;
	actions = ARENA_ARRAY(pose->arena, struct table_action, count);
	for (size_t i = 0; i < pose->results.len; i++) {
		const struct table_action *action = &block->actions.at[pose->results.at[i]];
		bool drop = action->answer >> 60 == ANSWER_DROP;

		pose->results.at[i] = (counter_of(action) - first) * 2 + drop;
	}
	for (size_t i = 0; i < block->actions.len; i++)
		actions[counter_of(&block->actions.at[i]) - first] = block->actions.at[i];
	block->actions.at = actions;
	block->actions.len = block->actions.cap = count;
	block->computed = true;
	block->first_counter = first - 1;
}

const struct table_action *plan_block_action(const struct plan_block *block, uint32_t number)
{
	return &block->actions.at[(block->computed ? (number + 1) / 2 : number) - 1];
}
