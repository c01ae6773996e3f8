/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_reach: packets that come as far as one rule.
 *
 * In: a rule that can be reached, and how.  Out: the goals of every jump on the way and of the
 * rule itself, and a frame that is made for them.  A packet may still be ended by a rule before.
 * The judge is asked where it ended, and the packet is made again so that it misses that rule, as
 * long as the maker's work allows: what is asked for changes which packets there are, never what
 * is said of them.
 */
#include "compiler/interp.h"
#include "compiler/interp_walk.h"
#include "compiler/packet_parts.h"

#define BASE_REPAIRS 8			/* rules that a rule's packets are led around */
#define REPAIRS 2			/* more, for one packet */
#define FRAME_WORK 100			/* making a frame takes as long as walking so many rules */

void packet_reach_add_rule(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule,
			   uint32_t end, bool aimed_at)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];

	for (uint32_t i = 0; i < end && i < at->steps.len; i++) {
		const struct packet_goal like = { .step = aimed_at ? i : PACKET_NO_STEP };

		packet_key_add(goals, &at->steps.at[i], &like, false, &maker->random);
	}
}

/* Every jump on the way to CHAIN. */
static void add_path_goals(struct packet_maker *maker, struct packet_goals *goals, uint32_t chain)
{
	const struct ir *ir = maker->ir;
	const struct packet_path *path = &maker->paths[chain];

	while (path->rule != PACKET_NO_RULE) {
		const struct ir_step *step = &ir->rules.at[path->rule].steps.at[path->step];
		const struct packet_goal like = { .step = PACKET_NO_STEP };
		struct packet_key key;

		packet_reach_add_rule(maker, goals, path->rule, path->step, false);
		if (step->kind == IR_STEP_MAP && packet_key_of(ir, step, &key))
			packet_key_add_box(goals, &key, path->box, &like, &maker->random);
		path = &maker->paths[ir->rules.at[path->rule].chain];
	}
}

bool packet_reach_is_fixed(const struct ir *ir, const struct ir_part *part)
{
	switch (ir->loads.at[part->load].field->load) {
	case FIELD_LOAD_IFNAME:
	case FIELD_LOAD_IFTYPE:
	case FIELD_LOAD_IFGROUP:
	case FIELD_LOAD_ZERO:
	case FIELD_LOAD_NEVER:
		return true;
	case FIELD_LOAD_HEADER:
	case FIELD_LOAD_PRESENCE:
	case FIELD_LOAD_PROTOCOL:
	case FIELD_LOAD_L4PROTO:
	case FIELD_LOAD_NFPROTO:
	case FIELD_LOAD_LENGTH:
	case FIELD_LOAD_PKTTYPE:
	case FIELD_LOAD_CPU:
	case FIELD_LOAD_RANDOM:
	case FIELD_LOAD_TIME:
	case FIELD_LOAD_DAY:
	case FIELD_LOAD_HOUR:
		break;
	}
	return false;
}

static bool in_hard_goal(const struct packet_goals *goals, uint32_t load)
{
	for (size_t i = 0; i < goals->len; i++)
		if (!goals->at[i].soft && goals->at[i].part.load == load)
			return true;
	return false;
}

/* How well a packet can miss a rule by this part of a key: 0, not at all. */
static unsigned int rate_part(const struct ir *ir, const struct packet_goals *goals,
			      const struct ir_part *part)
{
	bool taken = in_hard_goal(goals, part->load);

	if (packet_reach_is_fixed(ir, part))
		return 0;
	/* What says how a frame is built at all is the last thing to change. */
	if (ir->loads.at[part->load].field->select != FIELD_SELECT_NOTHING)
		return taken ? 0 : 1;
	return taken ? 2 : 3;
}

static unsigned int rate_step(const struct packet_maker *maker, const struct packet_goals *goals,
			      const struct ir_step *step)
{
	unsigned int best = 0;
	struct packet_key key;

	if (!packet_key_of(maker->ir, step, &key))
		return 0;
	if (step->kind == IR_STEP_MAP && maker->ir->maps.at[step->map].has_rest)
		return 0;
	for (size_t i = 0; i < key.part_count; i++) {
		unsigned int rate = rate_part(maker->ir, goals, &key.parts[i]);

		best = rate > best ? rate : best;
	}
	return best;
}

/* What the frame at hand has for each part; false when some cannot be read. */
static bool read_key(struct packet_maker *maker, const struct packet_key *key, u128 *ret_values)
{
	struct interp_packet packet = {
		.frame = maker->frame.bytes, .len = maker->frame.len, .device = maker->device,
		.given = maker->frame.given,
	};
	struct interp_walk walk;

	interp_walk_frame(&packet, &walk);
	for (size_t i = 0; i < key->part_count; i++) {
		const struct ir_load *load = &maker->ir->loads.at[key->parts[i].load];
		u128 value;

		if (!interp_walk_load(&walk, load, &value))
			return false;
		ret_values[i] = ir_part_apply(maker->ir, &key->parts[i], value);
	}
	return true;
}

static bool box_has(const struct ir_interval *box, const u128 *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] < box[i].lo || values[i] > box[i].hi)
			return false;
	return true;
}

/* The box that the frame at hand lies in; false when there is none, or too little time. */
static bool box_met(struct packet_maker *maker, const struct packet_key *key, uint32_t *ret_box)
{
	u128 values[IR_MAX_PARTS];
	uint64_t cost = key->count / 16;

	if (maker->work < cost || !read_key(maker, key, values))
		return false;
	maker->work -= cost;
	for (uint32_t i = 0; i < key->count; i++) {
		if (!box_has(&key->boxes[i * key->part_count], values, key->part_count))
			continue;
		*ret_box = i;
		return true;
	}
	return false;
}

/* The goal to leave the box that the frame at hand lies in, by the part that is easiest. */
static bool leave_box(struct packet_maker *maker, struct packet_goals *goals,
		      const struct packet_key *key)
{
	struct packet_goal goal = { .soft = true, .negate = true, .step = PACKET_NO_STEP };
	unsigned int best_rate = 0;
	size_t best = 0;
	uint32_t box;

	if (!box_met(maker, key, &box))
		return false;
	for (size_t i = 0; i < key->part_count; i++) {
		unsigned int rate = rate_part(maker->ir, goals, &key->parts[i]);

		if (rate < best_rate)
			continue;
		best_rate = rate;
		best = i;
	}
	goal.part = key->parts[best];
	goal.lo = key->boxes[box * key->part_count + best].lo;
	goal.hi = key->boxes[box * key->part_count + best].hi;
	packet_goal_add(goals, &goal);
	return true;
}

/* Adds the goal to miss RULE, which the frame at hand meets.  False: there is no way. */
static bool miss_rule(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule)
{
	const struct packet_goal like = { .soft = true, .step = PACKET_NO_STEP };
	const struct ir_rule *at = &maker->ir->rules.at[rule];
	const struct ir_step *best = NULL;
	unsigned int best_rate = 0;
	struct packet_key key;

	for (size_t i = 0; i < at->steps.len; i++) {
		unsigned int rate = rate_step(maker, goals, &at->steps.at[i]);

		if (rate < best_rate || !rate)
			continue;
		best = &at->steps.at[i];
		best_rate = rate;
	}
	if (!best || goals->len == PACKET_MAX_GOALS || !packet_key_of(maker->ir, best, &key))
		return false;
	if (best->kind == IR_STEP_MAP || (key.part_count > 1 && !best->negate))
		return leave_box(maker, goals, &key);
	packet_key_add(goals, best, &like, true, &maker->random);
	return true;
}

/* Adds the goals of some rule of base chain CHAIN that accepts, to get by its policy drop. */
static bool meet_accept(struct packet_maker *maker, struct packet_goals *goals, uint32_t chain)
{
	const struct ir *ir = maker->ir;
	const struct ir_chain *at = &ir->chains.at[chain];
	uint32_t start;

	if (!at->rule_count)
		return false;
	start = (uint32_t)packet_random_below(&maker->random, at->rule_count);
	for (uint32_t i = 0; i < at->rule_count; i++) {
		uint32_t number = at->first_rule + (start + i) % at->rule_count;
		const struct ir_rule *rule = &ir->rules.at[number];

		for (uint32_t j = 0; j < rule->steps.len; j++) {
			if (rule->steps.at[j].kind != IR_STEP_VERDICT ||
			    rule->steps.at[j].verdict.kind != IR_VERDICT_ACCEPT)
				continue;
			packet_reach_add_rule(maker, goals, number, j, false);
			return goals->len < PACKET_MAX_GOALS;
		}
	}
	return false;
}

/* Whether the frame at hand reaches RULE; if not, GOALS get what may lead it there. */
static bool reaches(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule,
		    bool *ret_improved)
{
	const struct ir *ir = maker->ir;
	const struct ir_entry *entry = &ir->entries.at[maker->device->entry];
	struct interp_packet packet = {
		.frame = maker->frame.bytes, .len = maker->frame.len, .device = maker->device,
		.given = maker->frame.given,
	};
	struct interp_watch watch = { .rule = rule };
	uint32_t base = maker->paths[ir->rules.at[rule].chain].base, last;
	struct interp_result result;
	uint64_t done;

	*ret_improved = false;
	if (!maker->work)
		return true;
	interp_run_indexed(ir, maker->index, &packet, NULL, &watch, &result);
	done = FRAME_WORK + watch.walked;
	maker->work -= maker->work < done ? maker->work : done;
	if (watch.reached || !result.trail.count)
		return true;
	last = result.trail.count - 1 < base ? result.trail.count - 1 : base;
	if (result.trail.rule[last] == XDPFW_TRAIL_INVALID)
		*ret_improved = true;	/* another frame may be in order */
	else if (result.trail.rule[last] != XDPFW_TRAIL_POLICY)
		*ret_improved = miss_rule(maker, goals, result.trail.rule[last]);
	else if (last < base)
		*ret_improved = meet_accept(maker, goals, entry->chains.at[last]);
	return false;
}

static void build(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule,
		  unsigned int repairs)
{
	bool improved = true;

	for (unsigned int i = 0; i <= repairs && improved; i++) {
		packet_build(maker->device, goals, PACKET_TWIST_NONE, &maker->random,
			     &maker->frame);
		if (reaches(maker, goals, rule, &improved))
			break;
	}
}

void packet_reach_build(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule)
{
	build(maker, goals, rule, REPAIRS);
}

void packet_reach_start(struct packet_maker *maker, uint32_t rule)
{
	maker->goals.len = 0;
	maker->goals.ip = maker->ir->chains.at[maker->ir->rules.at[rule].chain].inet;
	add_path_goals(maker, &maker->goals, maker->ir->rules.at[rule].chain);
	packet_reach_add_rule(maker, &maker->goals, rule, PACKET_NO_STEP, true);
	build(maker, &maker->goals, rule, BASE_REPAIRS);
}
