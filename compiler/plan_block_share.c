/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_share: look-ups that many chains have in common.
 *
 * In: stretches of chains.  Out: blocks of many stretches each, solved.  The rule at which a packet
 * comes to the block is one dimension more of its problems: the rows of a stretch ask for one of
 * its own rules there.  So hundreds of chains are one look-up, of one text, whatever they ask.
 *
 * Safety: rows of two stretches never hold for the same place, so the first row that holds is the
 * first rule of the packet's own chain that matches, and the order of chains does not matter.
 */
#include "compiler/plan_block.h"

/* More need more text than they are worth; what is left is compared. */
#define MAX_SHARED 24

#define TOO_MANY "other chains ask other things, and a program has few look-ups"

struct list {
	VEC(struct plan_stretch) at;
};

static void put(struct plan_cutter *cutter, struct list *list, uint32_t first, uint32_t end)
{
	if (first < end)
		*vec_push(cutter->arena, &list->at) = (struct plan_stretch){ first, end };
}

/* A block of as many stretches as fit; the others, and what is left of them, are added to REST. */
static void pose_list(struct plan_cutter *cutter, const struct list *list, struct plan_pose *pose,
		      struct list *rest)
{
	for (size_t i = 0; i < list->at.len; i++) {
		const struct plan_stretch *at = &list->at.at[i];
		struct plan_stretch added = *at;
		uint32_t next = at->first;

		if (plan_pose_stretch(pose, &added)) {
			next = added.end;
		} else if (!pose->block->stretches.len) {
			cutter->rules_left--;
			cutter->plan->why_compared[next++] =
				"it alone has more rows or asks more than a block can";
		}
		put(cutter, rest, next, at->end);
	}
}

static struct plan_block *start_block(struct plan_cutter *cutter, const struct list *list)
{
	struct plan_block *block = ARENA_NEW(cutter->arena, struct plan_block);
	const struct ir *ir = cutter->plan->ir;

	block->inet = ir->chains.at[ir->rules.at[list->at.at[0].first].chain].inet;
	block->shared = true;
	return block;
}

static void share(struct plan_cutter *cutter, const struct list *list, uint32_t *left);

/* No engine takes all of them: half of them may be less trouble. */
static void share_halves(struct plan_cutter *cutter, const struct plan_block *block,
			 uint32_t *left)
{
	struct list halves[2] = { 0 };

	for (size_t i = 0; i < block->stretches.len; i++) {
		const struct plan_stretch *at = &block->stretches.at[i];

		put(cutter, &halves[2 * i >= block->stretches.len], at->first, at->end);
		cutter->rules_left += at->end - at->first;
	}
	share(cutter, &halves[0], left);
	share(cutter, &halves[1], left);
}

/* Into at most *LEFT blocks. */
static void share(struct plan_cutter *cutter, const struct list *list, uint32_t *left)
{
	struct list now = *list;

	while (now.at.len && *left) {
		struct plan_block *block = start_block(cutter, &now);
		struct plan_pose pose = { .ir = cutter->plan->ir, .arena = cutter->arena,
					  .block = block };
		struct list rest = { 0 };

		pose_list(cutter, &now, &pose, &rest);
		cutter->rules_left -= plan_block_rules(block);
		now = rest;
		if (!block->stretches.len)
			continue;
		if (plan_block_keep(cutter, &pose))
			(*left)--;
		else if (block->stretches.len > 1)
			share_halves(cutter, block, left);
	}
	for (size_t i = 0; i < now.at.len; i++)
		plan_block_say(cutter->plan, &now.at.at[i], TOO_MANY);
}

static bool resumes(const struct ir *ir, const struct plan_stretch *at)
{
	for (uint32_t i = at->first; i < at->end; i++)
		if (plan_block_takes(ir, i) != PLAN_TAKEN)
			return true;
	return false;
}

/* Families see packets in different ways, and rules that are gone on behind want a tree. */
void plan_block_share(struct plan_cutter *cutter, const struct plan_stretch *at, size_t count)
{
	const struct ir *ir = cutter->plan->ir;
	struct list kinds[4] = { 0 };
	uint32_t left = MAX_SHARED;

	for (size_t i = 0; i < count; i++) {
		bool inet = ir->chains.at[ir->rules.at[at[i].first].chain].inet;

		put(cutter, &kinds[2 * inet + resumes(ir, &at[i])], at[i].first, at[i].end);
	}
	for (size_t i = 0; i < 4; i++)
		share(cutter, &kinds[i], &left);
}
