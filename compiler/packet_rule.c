/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_rule: the packets of one rule.
 *
 * In: a rule that can be reached, and how.  Out: packets that meet it; for each test and each
 * interval of it both ends and the values beside them, all else still met; single bits flipped;
 * the same packet twisted (tags, fragments, wrong lengths), cut, and split; packets that meet the
 * next rule too, and mixtures of many rules' tests.
 *
 * A packet that meets a rule may still be ended by a rule before it.  The judge is asked where it
 * ended, and the packet is made again so that it misses that rule, as long as the maker's work
 * allows: what is asked for changes which packets there are, never what is said of them.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/interp.h"
#include "compiler/interp_walk.h"
#include "compiler/packet_parts.h"

#define BASE_REPAIRS 8			/* rules that a rule's packets are led around */
#define REPAIRS 2			/* more, for one packet */
#define HITS 3
#define BIT_TRIES 32
#define SELECTED 4
#define CUTS 12
#define MIXES 4
#define PAIRS 2

/* Where the linear part ends. */
enum split {
	SPLIT_NOWHERE,
	SPLIT_ETHERNET,
	SPLIT_TAG,
	SPLIT_NETWORK,
	SPLIT_TRANSPORT,
	SPLIT_ANYWHERE,
	SPLIT_COUNT,
};

enum edge {
	EDGE_LO,
	EDGE_HI,
	EDGE_BELOW,
	EDGE_ABOVE,
	EDGE_COUNT,
};

static size_t split_at(struct packet_maker *maker, enum split split)
{
	const struct packet_frame *frame = &maker->frame;
	size_t at = frame->len;

	switch (split) {
	case SPLIT_NOWHERE:
	case SPLIT_COUNT:
		break;
	case SPLIT_ETHERNET:
		at = ETH_HLEN;
		break;
	case SPLIT_TAG:
		at = ETH_HLEN + 4;
		break;
	case SPLIT_NETWORK:
		at = frame->network + 1 + packet_random_below(&maker->random, 39);
		break;
	case SPLIT_TRANSPORT:
		at = frame->transport + packet_random_below(&maker->random, 20);
		break;
	case SPLIT_ANYWHERE:
		at = ETH_HLEN + packet_random_below(&maker->random, frame->len - ETH_HLEN + 1);
		break;
	}
	return at < frame->len ? at : frame->len;
}

static bool is_full(const struct packet_maker *maker)
{
	return maker->limit && maker->list->packets.len >= maker->limit;
}

static void add_split(struct packet_maker *maker, uint32_t rule, enum split split)
{
	const struct packet_frame *frame = &maker->frame;
	uint8_t *copy;

	if (is_full(maker))
		return;
	copy = arena_alloc(maker->arena, frame->len);
	memcpy(copy, frame->bytes, frame->len);
	*vec_push(maker->arena, &maker->list->packets) =
		(struct packet){ copy, frame->len, split_at(maker, split), rule };
}

void packet_rule_add(struct packet_maker *maker, uint32_t rule)
{
	enum split split = SPLIT_NOWHERE;

	if (packet_random_one_in(&maker->random, 2))
		split = (enum split)packet_random_below(&maker->random, SPLIT_COUNT);
	add_split(maker, rule, split);
}

static void add_test_goal(struct packet_goals *goals, const struct ir *ir,
			  const struct ir_step *step, uint32_t number, bool soft)
{
	const struct packet_goal goal = {
		.load = step->load,
		.mask = step->mask,
		.set = &ir->sets.at[step->set],
		.negate = step->negate,
		.soft = soft,
		.step = number,
	};

	packet_goal_add(goals, &goal);
}

static void add_range_goal(struct packet_goals *goals, const struct ir_step *step, u128 lo,
			   u128 hi, uint32_t number)
{
	const struct packet_goal goal = {
		.load = step->load, .mask = step->mask, .lo = lo, .hi = hi, .step = number,
	};

	packet_goal_add(goals, &goal);
}

/* The tests of RULE in front of step END; a map is met by some entry of it. */
static void add_rule_goals(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule,
			   uint32_t end, bool aimed_at)
{
	const struct ir *ir = maker->ir;
	const struct ir_rule *at = &ir->rules.at[rule];

	for (uint32_t i = 0; i < end && i < at->steps.len; i++) {
		const struct ir_step *step = &at->steps.at[i];
		uint32_t number = aimed_at ? i : PACKET_NO_STEP;

		if (step->kind == IR_STEP_TEST) {
			add_test_goal(goals, ir, step, number, false);
		} else if (step->kind == IR_STEP_MAP && ir->maps.at[step->map].entries.len) {
			const struct ir_map *map = &ir->maps.at[step->map];
			const struct ir_map_entry *entry = &map->entries.at[packet_random_below(
				&maker->random, map->entries.len)];

			add_range_goal(goals, step, entry->lo, entry->hi, number);
		}
	}
}

/* Every jump on the way to CHAIN. */
static void add_path_goals(struct packet_maker *maker, struct packet_goals *goals, uint32_t chain)
{
	const struct ir *ir = maker->ir;
	const struct packet_path *path = &maker->paths[chain];

	while (path->rule != PACKET_NO_RULE) {
		const struct ir_step *step = &ir->rules.at[path->rule].steps.at[path->step];

		add_rule_goals(maker, goals, path->rule, path->step, false);
		if (step->kind == IR_STEP_MAP) {
			const struct ir_map_entry *entry =
				&ir->maps.at[step->map].entries.at[path->map_entry];

			add_range_goal(goals, step, entry->lo, entry->hi, PACKET_NO_STEP);
		}
		path = &maker->paths[ir->rules.at[path->rule].chain];
	}
}

/* What a packet cannot be made different in, or what says how it is built at all. */
static bool is_selector(const struct ir_load *load)
{
	return load->field->select != FIELD_SELECT_NOTHING ||
	       load->field->load == FIELD_LOAD_IFNAME || load->field->load == FIELD_LOAD_MARK;
}

static bool in_hard_goal(const struct packet_goals *goals, uint32_t load)
{
	for (size_t i = 0; i < goals->len; i++)
		if (!goals->at[i].soft && goals->at[i].load == load)
			return true;
	return false;
}

/* How well a packet can miss a rule by this step: 0, not at all. */
static unsigned int rate_step(const struct packet_maker *maker, const struct packet_goals *goals,
			      const struct ir_step *step)
{
	const struct ir_load *load;

	if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
		return 0;
	load = &maker->ir->loads.at[step->load];
	if (is_selector(load))
		return in_hard_goal(goals, step->load) ? 0 : 1;
	return in_hard_goal(goals, step->load) ? 2 : 3;
}

/* The entry of the map that the frame at hand meets. */
static const struct ir_map_entry *entry_met(struct packet_maker *maker,
					    const struct ir_step *step)
{
	struct interp_packet packet = { maker->frame.bytes, maker->frame.len, maker->device };
	struct interp_walk walk;
	u128 value;

	interp_walk_frame(&packet, &walk);
	if (!interp_walk_load(&walk, &maker->ir->loads.at[step->load], &value))
		return NULL;
	return ir_map_find(&maker->ir->maps.at[step->map], value & step->mask);
}

/* Adds the goal to miss RULE, which the frame at hand meets.  False: there is no way. */
static bool miss_rule(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];
	const struct ir_step *best = NULL;
	unsigned int best_rate = 0;
	const struct ir_map_entry *entry;

	for (size_t i = 0; i < at->steps.len; i++) {
		unsigned int rate = rate_step(maker, goals, &at->steps.at[i]);

		if (rate < best_rate || !rate)
			continue;
		best = &at->steps.at[i];
		best_rate = rate;
	}
	if (!best || goals->len == PACKET_MAX_GOALS)
		return false;
	if (best->kind == IR_STEP_TEST) {
		add_test_goal(goals, maker->ir, best, PACKET_NO_STEP, true);
	} else {
		entry = entry_met(maker, best);
		if (!entry)
			return false;
		add_range_goal(goals, best, entry->lo, entry->hi, PACKET_NO_STEP);
		goals->at[goals->len - 1].soft = true;
	}
	goals->at[goals->len - 1].negate = !goals->at[goals->len - 1].negate;
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
			add_rule_goals(maker, goals, number, j, false);
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
	struct interp_packet packet = { maker->frame.bytes, maker->frame.len, maker->device };
	struct interp_watch watch = { .rule = rule };
	uint32_t base = maker->paths[ir->rules.at[rule].chain].base, last;
	struct interp_result result;

	*ret_improved = false;
	if (maker->work < ir->rules.len)
		return true;
	maker->work -= ir->rules.len;
	interp_run_watched(ir, &packet, NULL, &watch, &result);
	if (watch.reached || !result.trail.count)
		return true;
	last = result.trail.count - 1 < base ? result.trail.count - 1 : base;
	if (result.trail.rule[last] != XDPFW_TRAIL_POLICY)
		*ret_improved = miss_rule(maker, goals, result.trail.rule[last]);
	else if (last < base)
		*ret_improved = meet_accept(maker, goals, entry->chains.at[last]);
	return false;
}

/* Makes a frame for GOALS that reaches RULE, if one is found; the goals learn from it. */
static void build_reaching(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule,
			   unsigned int repairs)
{
	bool improved = true;

	for (unsigned int i = 0; i <= repairs && improved; i++) {
		packet_build(maker->ir, maker->device, goals, PACKET_TWIST_NONE, &maker->random,
			     &maker->frame);
		if (reaches(maker, goals, rule, &improved))
			break;
	}
}

/* The goals that all packets of RULE start from. */
static void start_rule(struct packet_maker *maker, uint32_t rule)
{
	maker->goals.len = 0;
	add_path_goals(maker, &maker->goals, maker->ir->rules.at[rule].chain);
	add_rule_goals(maker, &maker->goals, rule, PACKET_NO_STEP, true);
	build_reaching(maker, &maker->goals, rule, BASE_REPAIRS);
}

/* The chain that RULE jumps to, by some entry when it is a map; false when it does not jump. */
static bool pick_target(struct packet_maker *maker, uint32_t rule, uint32_t *ret_chain)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];

	for (size_t i = 0; i < at->steps.len; i++) {
		const struct ir_step *step = &at->steps.at[i];
		struct ir_verdict verdict = step->verdict;

		if (step->kind == IR_STEP_MAP && maker->ir->maps.at[step->map].entries.len) {
			const struct ir_map *map = &maker->ir->maps.at[step->map];

			verdict = map->entries.at[packet_random_below(&maker->random,
								      map->entries.len)].verdict;
		} else if (step->kind != IR_STEP_VERDICT) {
			continue;
		}
		if (verdict.kind != IR_VERDICT_JUMP && verdict.kind != IR_VERDICT_GOTO)
			continue;
		*ret_chain = verdict.chain;
		return true;
	}
	return false;
}

/* A jump alone is not seen: some rule of the chain it leads to is to be met too. */
static void add_observer(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule)
{
	size_t first = goals->len;
	const struct ir_chain *chain;
	uint32_t target;

	if (!pick_target(maker, rule, &target))
		return;
	chain = &maker->ir->chains.at[target];
	if (!chain->rule_count)
		return;
	add_rule_goals(maker, goals,
		       chain->first_rule +
			       (uint32_t)packet_random_below(&maker->random, chain->rule_count),
		       PACKET_NO_STEP, false);
	for (size_t i = first; i < goals->len; i++)
		goals->at[i].soft = true;
}

static void add_hit(struct packet_maker *maker, uint32_t rule)
{
	packet_goal_copy(&maker->attempt, &maker->goals);
	add_observer(maker, &maker->attempt, rule);
	build_reaching(maker, &maker->attempt, rule, REPAIRS);
	packet_rule_add(maker, rule);
}

void packet_rule_hit(struct packet_maker *maker, uint32_t rule)
{
	start_rule(maker, rule);
	packet_rule_add(maker, rule);
}

/* A packet whose (load & MASK) is VALUE at step STEP, and that meets all else of the rule. */
static void add_pinned(struct packet_maker *maker, uint32_t rule, uint32_t step, u128 mask,
		       u128 value)
{
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];
	const struct packet_goal pin = { .load = at->load, .mask = mask, .lo = value,
					 .hi = value, .step = step };

	maker->attempt.len = 0;
	packet_goal_add(&maker->attempt, &pin);
	for (size_t i = 0; i < maker->goals.len; i++)
		if (maker->goals.at[i].step != step)
			packet_goal_add(&maker->attempt, &maker->goals.at[i]);
	add_observer(maker, &maker->attempt, rule);
	build_reaching(maker, &maker->attempt, rule, REPAIRS);
	packet_rule_add(maker, rule);
}

static size_t interval_count(const struct ir *ir, const struct ir_step *step)
{
	if (step->kind == IR_STEP_TEST)
		return ir->sets.at[step->set].intervals.len;
	return step->kind == IR_STEP_MAP ? ir->maps.at[step->map].entries.len : 0;
}

static struct ir_interval interval_at(const struct ir *ir, const struct ir_step *step, size_t at)
{
	const struct ir_map_entry *entry;

	if (step->kind == IR_STEP_TEST)
		return ir->sets.at[step->set].intervals.at[at];
	entry = &ir->maps.at[step->map].entries.at[at];
	return (struct ir_interval){ entry->lo, entry->hi };
}

static bool can_vary(const struct ir *ir, const struct ir_step *step)
{
	enum field_load load;

	if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
		return false;
	load = ir->loads.at[step->load].field->load;
	return load != FIELD_LOAD_IFNAME && load != FIELD_LOAD_MARK;
}

static void add_edge(struct packet_maker *maker, uint32_t rule, uint32_t step, size_t interval,
		     enum edge edge)
{
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];
	struct ir_interval ends = interval_at(maker->ir, at, interval);
	u128 max = u128_max(maker->ir->loads.at[at->load].field->bit_len), value = ends.lo;

	switch (edge) {
	case EDGE_LO:
	case EDGE_COUNT:
		break;
	case EDGE_HI:
		if (ends.hi == ends.lo)
			return;
		value = ends.hi;
		break;
	case EDGE_BELOW:
		if (!ends.lo)
			return;
		value = ends.lo - 1;
		break;
	case EDGE_ABOVE:
		if (ends.hi >= max)
			return;
		value = ends.hi + 1;
		break;
	}
	if (value > max || value & ~at->mask)
		return;
	add_pinned(maker, rule, step, at->mask, value);
}

/* Whether (key & MASK) lies in the step's set, or in an entry of its map. */
static bool is_member(const struct ir *ir, const struct ir_step *step, u128 key)
{
	if (step->kind == IR_STEP_TEST)
		return ir_set_has(&ir->sets.at[step->set], key);
	return ir_map_find(&ir->maps.at[step->map], key) != NULL;
}

/*
 * A value for which BIT matters: with that bit put into the mask, or taken out of it, the step
 * says something else.  When none is found, any value that has the bit.
 */
static void add_bit(struct packet_maker *maker, uint32_t rule, uint32_t step, unsigned int bit)
{
	const struct ir *ir = maker->ir;
	const struct ir_step *at = &ir->rules.at[rule].steps.at[step];
	unsigned int bits = ir->loads.at[at->load].field->bit_len;
	size_t intervals = interval_count(ir, at);
	u128 one = (u128)1 << bit, value = 0;

	for (unsigned int i = 0; i < BIT_TRIES; i++) {
		value = packet_random_bits(&maker->random, bits);
		if (intervals && i % 4 != 3) {
			struct ir_interval ends = interval_at(
				ir, at, packet_random_below(&maker->random, intervals));
			u128 key = i % 4 == 0 ? ends.lo : i % 4 == 1 ? ends.hi :
				   packet_random_between(&maker->random, ends.lo, ends.hi);

			value = (key & at->mask) | (value & ~at->mask);
		}
		value = (value | one) & u128_max(bits);
		if (is_member(ir, at, value & at->mask) !=
		    is_member(ir, at, value & (at->mask ^ one)))
			break;
	}
	add_pinned(maker, rule, step, u128_max(bits), value);
}

/* What other rules build on: the step sees each of the protocols that frames are made of. */
static void add_selector(struct packet_maker *maker, uint32_t rule, uint32_t step,
			 size_t number)
{
	static const uint16_t types[SELECTED] = { ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q };
	static const uint8_t protos[SELECTED] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
						  IPPROTO_ICMPV6 };
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];

	switch (maker->ir->loads.at[at->load].field->select) {
	case FIELD_SELECT_NOTHING:
		break;
	case FIELD_SELECT_ETHER_TYPE:
		add_pinned(maker, rule, step, 0xffff, types[number]);
		break;
	case FIELD_SELECT_L4PROTO:
		add_pinned(maker, rule, step, 0xff, protos[number]);
		break;
	}
}

static void add_twisted(struct packet_maker *maker, uint32_t rule, enum packet_twist twist)
{
	packet_build(maker->ir, maker->device, &maker->goals, twist, &maker->random,
		     &maker->frame);
	packet_rule_add(maker, rule);
}

/* A packet that meets OTHER as well, as far as both can be met. */
static void add_pair(struct packet_maker *maker, uint32_t rule, uint32_t other)
{
	packet_goal_copy(&maker->attempt, &maker->goals);
	add_rule_goals(maker, &maker->attempt, other, PACKET_NO_STEP, false);
	build_reaching(maker, &maker->attempt, rule, REPAIRS);
	packet_rule_add(maker, rule);
}

static bool has_next(const struct ir *ir, uint32_t rule)
{
	const struct ir_chain *chain = &ir->chains.at[ir->rules.at[rule].chain];

	return rule + 1 < chain->first_rule + chain->rule_count;
}

static void add_some_pair(struct packet_maker *maker, uint32_t rule)
{
	uint32_t other = maker->rules[packet_random_below(&maker->random, maker->rule_count)];

	if (has_next(maker->ir, rule) && packet_random_one_in(&maker->random, 2))
		other = rule + 1;
	add_pair(maker, rule, other);
}

/* Tests of a few rules, met or missed, and nothing of RULE itself but one. */
static void add_mix(struct packet_maker *maker, uint32_t rule)
{
	const struct ir *ir = maker->ir;
	size_t count = 2 + packet_random_below(&maker->random, 4);

	maker->attempt.len = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t number = i ? maker->rules[packet_random_below(&maker->random,
								      maker->rule_count)] : rule;
		const struct ir_rule *from = &ir->rules.at[number];
		size_t step = from->steps.len ?
				      packet_random_below(&maker->random, from->steps.len) : 0;

		if (step >= from->steps.len || from->steps.at[step].kind != IR_STEP_TEST)
			continue;
		add_test_goal(&maker->attempt, ir, &from->steps.at[step], PACKET_NO_STEP, false);
		if (packet_random_one_in(&maker->random, 4))
			maker->attempt.at[maker->attempt.len - 1].negate ^= true;
	}
	packet_build(ir, maker->device, &maker->attempt,
		     packet_random_one_in(&maker->random, 2) ? PACKET_TWIST_NONE :
		     (enum packet_twist)packet_random_below(&maker->random, PACKET_TWIST_COUNT),
		     &maker->random, &maker->frame);
	packet_rule_add(maker, rule);
}

/* Some step that packets can vary; false when the rule has none. */
static bool pick_step(struct packet_maker *maker, uint32_t rule, uint32_t *ret_step)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];
	uint32_t start;

	if (!at->steps.len)
		return false;
	start = (uint32_t)packet_random_below(&maker->random, at->steps.len);
	for (uint32_t i = 0; i < at->steps.len; i++) {
		uint32_t step = (start + i) % (uint32_t)at->steps.len;

		if (!can_vary(maker->ir, &at->steps.at[step]))
			continue;
		*ret_step = step;
		return true;
	}
	return false;
}

static void add_some_edge(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];
	size_t intervals = interval_count(maker->ir, at);

	if (intervals)
		add_edge(maker, rule, step, packet_random_below(&maker->random, intervals),
			 (enum edge)packet_random_below(&maker->random, EDGE_COUNT));
}

static void add_some_bit(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];
	unsigned int bits = maker->ir->loads.at[at->load].field->bit_len;

	add_bit(maker, rule, step, (unsigned int)packet_random_below(&maker->random, bits));
}

static size_t count_edges(const struct ir *ir, const struct ir_rule *rule)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->steps.len; i++)
		if (can_vary(ir, &rule->steps.at[i]))
			count += interval_count(ir, &rule->steps.at[i]) * EDGE_COUNT;
	return count;
}

static void add_edges_of_step(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];
	size_t intervals = can_vary(maker->ir, at) ? interval_count(maker->ir, at) : 0;

	for (size_t i = 0; i < intervals; i++)
		for (unsigned int edge = 0; edge < EDGE_COUNT; edge++)
			add_edge(maker, rule, step, i, (enum edge)edge);
}

/* All edges when they fit into COUNT packets, else some. */
static void sample_edges(struct packet_maker *maker, uint32_t rule, size_t count)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];
	uint32_t step;

	if (count_edges(maker->ir, at) <= count) {
		for (step = 0; step < at->steps.len; step++)
			add_edges_of_step(maker, rule, step);
		return;
	}
	for (size_t i = 0; i < count && pick_step(maker, rule, &step); i++)
		add_some_edge(maker, rule, step);
}

static void sample_rest(struct packet_maker *maker, uint32_t rule)
{
	uint64_t kind = packet_random_below(&maker->random, 16);
	uint32_t step;

	if (kind < 5 && pick_step(maker, rule, &step))
		add_some_bit(maker, rule, step);
	else if (kind < 7 && pick_step(maker, rule, &step))
		add_selector(maker, rule, step, packet_random_below(&maker->random, SELECTED));
	else if (kind < 11)
		add_twisted(maker, rule, (enum packet_twist)packet_random_below(
						 &maker->random, PACKET_TWIST_COUNT));
	else if (kind < 12)
		add_mix(maker, rule);
	else if (kind < 14)
		add_some_pair(maker, rule);
	else
		add_hit(maker, rule);
}

void packet_rule_sample(struct packet_maker *maker, uint32_t rule, size_t count)
{
	size_t end = maker->list->packets.len + count;

	start_rule(maker, rule);
	sample_edges(maker, rule, (count + 1) / 2);
	/* A selector of nothing adds nothing, so there are more turns than packets. */
	for (size_t i = 0; i < count * 4 && maker->list->packets.len < end; i++)
		sample_rest(maker, rule);
}

static void add_all_of_step(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	const struct ir_step *at = &maker->ir->rules.at[rule].steps.at[step];
	unsigned int bits;

	if (!can_vary(maker->ir, at))
		return;
	add_edges_of_step(maker, rule, step);
	bits = maker->ir->loads.at[at->load].field->bit_len;
	for (unsigned int bit = 0; bit < bits; bit++)
		add_bit(maker, rule, step, bit);
	for (size_t i = 0; i < SELECTED; i++)
		add_selector(maker, rule, step, i);
}

void packet_rule_all(struct packet_maker *maker, uint32_t rule)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];

	start_rule(maker, rule);
	for (unsigned int split = 0; split < SPLIT_COUNT; split++)
		add_split(maker, rule, (enum split)split);
	for (unsigned int i = 0; i < HITS; i++)
		add_hit(maker, rule);
	for (uint32_t step = 0; step < at->steps.len; step++)
		add_all_of_step(maker, rule, step);
	for (unsigned int twist = 0; twist < PACKET_TWIST_COUNT; twist++)
		add_twisted(maker, rule, (enum packet_twist)twist);
	for (unsigned int i = 0; i < CUTS; i++)
		add_twisted(maker, rule, i % 2 ? PACKET_TWIST_CUT : PACKET_TWIST_CUT_COUNTED);
	if (has_next(maker->ir, rule))
		add_pair(maker, rule, rule + 1);
	for (unsigned int i = 0; i < PAIRS; i++)
		add_some_pair(maker, rule);
	for (unsigned int i = 0; i < MIXES; i++)
		add_mix(maker, rule);
}
