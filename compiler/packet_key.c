/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_key: goals for the keys of tests and map look-ups.
 *
 * In: a step, and whether it is to be met.  Out: a goal for each value that its key is made of.
 * A key of one part has one goal, for its whole set.  A key of several has a box chosen for it,
 * one that the goals there are leave room for where a few tries find one; a goal says of each
 * part where it lies in that box.  A box that is missed is missed in one part.
 */
#include "compiler/packet_parts.h"

#define BOX_TRIES 8

bool packet_key_of(const struct ir *ir, const struct ir_step *step, struct packet_key *ret_key)
{
	const struct ir_key *key;

	if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
		return false;
	key = &ir->keys.at[step->key];
	ret_key->parts = key->parts.at;
	ret_key->part_count = key->parts.len;
	if (step->kind == IR_STEP_TEST) {
		ret_key->boxes = ir->sets.at[step->set].intervals.at;
		ret_key->count = ir->sets.at[step->set].intervals.len / key->parts.len;
	} else {
		ret_key->boxes = ir->maps.at[step->map].intervals.at;
		ret_key->count = ir->maps.at[step->map].entries.len;
	}
	return true;
}

bool packet_key_has(const struct ir *ir, const struct ir_step *step, const u128 *values)
{
	const struct ir_map *map;
	const struct ir_map_entry *entry;

	if (step->kind == IR_STEP_TEST)
		return ir_set_has(&ir->sets.at[step->set], values);
	map = &ir->maps.at[step->map];
	entry = ir_map_find(map, values);
	return entry && entry != &map->rest;
}

static struct packet_goal part_goal(const struct packet_key *key, size_t part,
				    const struct ir_interval *interval,
				    const struct packet_goal *like)
{
	struct packet_goal goal = *like;

	goal.part = key->parts[part];
	goal.lo = interval->lo;
	goal.hi = interval->hi;
	return goal;
}

/* Whether the goals there are leave room for BOX, as far as one try of each value tells. */
static bool has_room(const struct packet_goals *goals, const struct packet_key *key,
		     const struct ir_interval *box, const struct packet_goal *like,
		     struct packet_random *random)
{
	for (size_t i = 0; i < key->part_count; i++) {
		struct packet_goal goal = part_goal(key, i, &box[i], like);
		uint64_t slot = packet_goal_slot(&goals->ir->loads.at[goal.part.load]);
		struct packet_choice choice;
		u128 value;

		choice.len = 0;
		packet_goal_collect(goals, slot, &choice);
		if (!choice.len || choice.len == PACKET_MAX_GOALS)
			continue;
		choice.at[choice.len++] = &goal;
		value = packet_goal_pick(&choice, ir_part_bits(goals->ir, &goal.part), random);
		if (!packet_goal_all_hold(&choice, value))
			return false;
	}
	return true;
}

static uint32_t pick_box(const struct packet_goals *goals, const struct packet_key *key,
			 const struct packet_goal *like, struct packet_random *random)
{
	uint32_t box = 0;

	for (unsigned int i = 0; i < BOX_TRIES; i++) {
		box = (uint32_t)packet_random_below(random, key->count);
		if (has_room(goals, key, &key->boxes[box * key->part_count], like, random))
			break;
	}
	return box;
}

/* Only that the value can be read. */
static void add_anything(struct packet_goals *goals, const struct packet_key *key, size_t part,
			 const struct packet_goal *like)
{
	const struct ir_interval all = { 0, ~(u128)0 };
	struct packet_goal goal = part_goal(key, part, &all, like);

	packet_goal_add(goals, &goal);
}

/* One part lies outside of a box, the others inside or anywhere. */
static void add_outside(struct packet_goals *goals, const struct packet_key *key, uint32_t box,
			const struct packet_goal *like, struct packet_random *random)
{
	size_t outside = packet_random_below(random, key->part_count);

	for (size_t i = 0; i < key->part_count; i++) {
		const struct ir_interval *interval = &key->boxes[box * key->part_count + i];
		struct packet_goal goal = part_goal(key, i, interval, like);

		goal.negate = i == outside;
		if (i == outside || packet_random_one_in(random, 2))
			packet_goal_add(goals, &goal);
		else
			add_anything(goals, key, i, like);
	}
}

/* The key lies in no box. */
static void add_none(struct packet_goals *goals, const struct packet_key *key,
		     const struct packet_goal *like, struct packet_random *random)
{
	struct packet_goal goal = *like;

	if (key->part_count == 1) {
		goal.part = key->parts[0];
		goal.intervals = key->boxes;
		goal.count = key->count;
		goal.negate = true;
		if (!key->count)
			add_anything(goals, key, 0, like);
		else
			packet_goal_add(goals, &goal);
		return;
	}
	if (key->count) {
		add_outside(goals, key, (uint32_t)packet_random_below(random, key->count), like,
			    random);
		return;
	}
	for (size_t i = 0; i < key->part_count; i++)
		add_anything(goals, key, i, like);
}

void packet_key_add_box(struct packet_goals *goals, const struct packet_key *key, uint32_t box,
			const struct packet_goal *like, struct packet_random *random)
{
	if (box == PACKET_REST) {
		add_none(goals, key, like, random);
		return;
	}
	for (size_t i = 0; i < key->part_count; i++) {
		struct packet_goal goal = part_goal(key, i, &key->boxes[box * key->part_count + i],
						    like);

		packet_goal_add(goals, &goal);
	}
}

/* The key lies in some box. */
static void add_some(struct packet_goals *goals, const struct packet_key *key,
		     const struct packet_goal *like, bool whole, struct packet_random *random)
{
	struct packet_goal goal = *like;

	if (!key->count)
		return;
	if (key->part_count > 1 || !whole) {
		packet_key_add_box(goals, key, pick_box(goals, key, like, random), like, random);
		return;
	}
	goal.part = key->parts[0];
	goal.intervals = key->boxes;
	goal.count = key->count;
	packet_goal_add(goals, &goal);
}

void packet_key_add(struct packet_goals *goals, const struct ir_step *step,
		    const struct packet_goal *like, bool miss, struct packet_random *random)
{
	const struct ir *ir = goals->ir;
	struct packet_key key;
	bool inside = !miss;

	if (!packet_key_of(ir, step, &key))
		return;
	if (step->kind == IR_STEP_TEST) {
		inside = miss == step->negate;
	} else if (ir->maps.at[step->map].has_rest) {
		/* Nothing ends the rule; one packet in some goes to the rest. */
		inside = miss || (key.count && !packet_random_one_in(random, 4));
	}
	if (inside)
		add_some(goals, &key, like, step->kind == IR_STEP_TEST, random);
	else
		add_none(goals, &key, like, random);
}
