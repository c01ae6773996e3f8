/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_rule: the packets of one rule.
 *
 * In: a rule that can be reached, and how.  Out: packets that meet it; for each test, each box of
 * its set and each part of the key both ends and the values beside them, all else still met;
 * single bits flipped; the same packet twisted (tags, fragments, wrong lengths), cut, and split;
 * packets that meet the next rule too, and mixtures of many rules' tests.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/packet_parts.h"

#define HITS 3
#define BIT_TRIES 32
#define SELECTED 12
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
	SPLIT_SPOT,
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

/* In or behind some header, option or chunk, of a tunnel too. */
static size_t split_at_spot(struct packet_maker *maker)
{
	const struct packet_frame *frame = &maker->frame;
	size_t at = frame->transport;

	if (frame->spot_count)
		at = frame->spots[packet_random_below(&maker->random, frame->spot_count)].offset;
	return at + packet_random_below(&maker->random, 8);
}

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
	case SPLIT_SPOT:
		at = split_at_spot(maker);
		break;
	case SPLIT_ANYWHERE:
		at = ETH_HLEN + packet_random_below(&maker->random, frame->len - ETH_HLEN + 1);
		break;
	}
	at = at < ETH_HLEN ? ETH_HLEN : at;
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
	*vec_push(maker->arena, &maker->list->packets) = (struct packet){
		.frame = copy,
		.len = frame->len,
		.linear = split_at(maker, split),
		.rule = rule,
		.given = frame->given,
	};
}

void packet_rule_add(struct packet_maker *maker, uint32_t rule)
{
	enum split split = SPLIT_NOWHERE;

	if (packet_random_one_in(&maker->random, 2))
		split = (enum split)packet_random_below(&maker->random, SPLIT_COUNT);
	add_split(maker, rule, split);
}

/* The chain that STEP jumps to, by some entry when it is a map; false when it does not jump. */
static bool pick_target(struct packet_maker *maker, const struct ir_step *step,
			uint32_t *ret_chain)
{
	struct ir_verdict verdict = step->verdict;

	if (step->kind == IR_STEP_MAP) {
		const struct ir_map *map = &maker->ir->maps.at[step->map];
		size_t entries = map->entries.len;
		size_t at = packet_random_below(&maker->random, entries + 1);

		verdict = at < entries ? map->entries.at[at].verdict : map->rest.verdict;
	} else if (step->kind != IR_STEP_VERDICT) {
		return false;
	}
	*ret_chain = verdict.chain;
	return verdict.kind == IR_VERDICT_JUMP || verdict.kind == IR_VERDICT_GOTO;
}

/* A jump alone is not seen: some rule of the chain it leads to is to be met too. */
static void add_observer(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];
	size_t first = goals->len, step = 0;
	const struct ir_chain *chain;
	uint32_t target = 0;

	while (step < at->steps.len && !pick_target(maker, &at->steps.at[step], &target))
		step++;
	if (step == at->steps.len)
		return;
	chain = &maker->ir->chains.at[target];
	if (!chain->rule_count)
		return;
	packet_reach_add_rule(maker, goals,
			      chain->first_rule +
				      (uint32_t)packet_random_below(&maker->random,
								    chain->rule_count),
			      PACKET_NO_STEP, false);
	for (size_t i = first; i < goals->len; i++)
		goals->at[i].soft = true;
}

static void add_hit(struct packet_maker *maker, uint32_t rule)
{
	packet_goal_copy(&maker->attempt, &maker->goals);
	add_observer(maker, &maker->attempt, rule);
	packet_reach_build(maker, &maker->attempt, rule);
	packet_rule_add(maker, rule);
}

void packet_rule_hit(struct packet_maker *maker, uint32_t rule)
{
	packet_reach_start(maker, rule);
	packet_rule_add(maker, rule);
}

/* Begins a packet whose key at step STEP is pinned, and that meets all else of the rule. */
static void start_pinned(struct packet_maker *maker)
{
	maker->attempt.len = 0;
	maker->attempt.ip = maker->goals.ip;
}

static void pin(struct packet_maker *maker, uint32_t step, const struct ir_part *part, u128 lo,
		u128 hi)
{
	const struct packet_goal goal = { .part = *part, .lo = lo, .hi = hi, .step = step };

	packet_goal_add(&maker->attempt, &goal);
}

static void add_pinned(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	for (size_t i = 0; i < maker->goals.len; i++)
		if (maker->goals.at[i].step != step)
			packet_goal_add(&maker->attempt, &maker->goals.at[i]);
	add_observer(maker, &maker->attempt, rule);
	packet_reach_build(maker, &maker->attempt, rule);
	packet_rule_add(maker, rule);
}

static bool key_at(const struct packet_maker *maker, uint32_t rule, uint32_t step,
		   struct packet_key *ret_key)
{
	return packet_key_of(maker->ir, &maker->ir->rules.at[rule].steps.at[step], ret_key);
}

static bool can_vary(const struct ir *ir, const struct ir_step *step)
{
	struct packet_key key;

	if (!packet_key_of(ir, step, &key))
		return false;
	for (size_t i = 0; i < key.part_count; i++)
		if (!packet_reach_is_fixed(ir, &key.parts[i]))
			return true;
	return false;
}

/*
 * The key nearest to VALUE, downwards or UP, that can be made of some load: the bits that are
 * masked or shifted out are what .flip says.  False when there is none.
 */
static bool nearest_key(const struct ir *ir, const struct ir_part *part, bool up, u128 *value)
{
	u128 max = u128_max(ir_part_bits(ir, part)), made;
	u128 can = ir_part_apply(ir, part, max) ^ part->flip;

	if (!((*value ^ part->flip) & ~can))
		return true;
	if (part->flip)
		return false;
	if (!up) {
		*value &= can;
		return true;
	}
	made = ((*value | (max & ~can)) + 1) & can;
	if (made < *value || made > max)
		return false;
	*value = made;
	return true;
}

static bool edge_value(const struct ir *ir, const struct ir_part *part,
		       const struct ir_interval *ends, enum edge edge, u128 *ret_value)
{
	u128 max = u128_max(ir_part_bits(ir, part));

	switch (edge) {
	case EDGE_LO:
	case EDGE_COUNT:
		*ret_value = ends->lo;
		break;
	case EDGE_HI:
		*ret_value = ends->hi;
		if (ends->hi == ends->lo)
			return false;
		break;
	case EDGE_BELOW:
		*ret_value = ends->lo - 1;
		if (!ends->lo)
			return false;
		break;
	case EDGE_ABOVE:
		*ret_value = ends->hi + 1;
		if (ends->hi >= max)
			return false;
		break;
	}
	return *ret_value <= max &&
	       nearest_key(ir, part, edge == EDGE_LO || edge == EDGE_ABOVE, ret_value);
}

/* An edge of one part of a box; the other parts are inside of it, at its corners half the time. */
static void add_edge(struct packet_maker *maker, uint32_t rule, uint32_t step, uint32_t box,
		     size_t part, enum edge edge)
{
	const struct ir_interval *ends;
	struct packet_key key;
	u128 value;

	if (!key_at(maker, rule, step, &key))
		return;
	ends = &key.boxes[box * key.part_count];
	if (!edge_value(maker->ir, &key.parts[part], &ends[part], edge, &value))
		return;
	start_pinned(maker);
	for (size_t i = 0; i < key.part_count; i++) {
		u128 lo = ends[i].lo, hi = ends[i].hi;

		if (i == part)
			lo = hi = value;
		else if (packet_random_one_in(&maker->random, 4))
			lo = hi;
		else if (packet_random_one_in(&maker->random, 3))
			hi = lo;
		pin(maker, step, &key.parts[i], lo, hi);
	}
	add_pinned(maker, rule, step);
}

/* A key in some box, or anything; as the loads it is made of. */
static void pick_loads(struct packet_maker *maker, const struct packet_key *key, bool anything,
		       u128 *ret_values)
{
	uint32_t box = key->count ? (uint32_t)packet_random_below(&maker->random, key->count) : 0;

	for (size_t i = 0; i < key->part_count; i++) {
		const struct ir_part *part = &key->parts[i];
		uint64_t way = packet_random_below(&maker->random, 3);
		const struct ir_interval *ends;

		if (anything || !key->count) {
			ret_values[i] = packet_random_bits(&maker->random,
							   ir_part_bits(maker->ir, part));
			continue;
		}
		ends = &key->boxes[box * key->part_count + i];
		packet_goal_invert(maker->ir, part,
				   way == 0 ? ends->lo : way == 1 ? ends->hi :
				   packet_random_between(&maker->random, ends->lo, ends->hi),
				   &maker->random, &ret_values[i]);
	}
}

/* Whether bit ONE of VALUES[PART] matters: put into the mask, or taken out of it. */
static bool bit_matters(const struct ir *ir, const struct ir_step *step,
			const struct packet_key *key, const u128 *values, size_t part, u128 one)
{
	u128 keys[IR_MAX_PARTS];
	struct ir_part other = key->parts[part];
	bool has;

	for (size_t i = 0; i < key->part_count; i++)
		keys[i] = ir_part_apply(ir, &key->parts[i], values[i]);
	has = packet_key_has(ir, step, keys);
	other.mask ^= one;
	keys[part] = ir_part_apply(ir, &other, values[part]);
	return packet_key_has(ir, step, keys) != has;
}

/*
 * A value for which BIT of the mask matters: with that bit put into the mask, or taken out of it,
 * the step says something else.  When none is found, any value that has the bit.
 */
static void add_bit(struct packet_maker *maker, uint32_t rule, uint32_t step, size_t part,
		    unsigned int bit)
{
	const struct ir *ir = maker->ir;
	const struct ir_step *at = &ir->rules.at[rule].steps.at[step];
	u128 values[IR_MAX_PARTS], one = (u128)1 << bit;
	struct ir_part only;
	struct packet_key key;

	if (!key_at(maker, rule, step, &key))
		return;
	/* The bit of the load that comes to be this bit of the key. */
	only = key.parts[part];
	only.mask = one;
	for (unsigned int i = 0; i < BIT_TRIES; i++) {
		pick_loads(maker, &key, i % 4 == 3, values);
		values[part] |= packet_goal_bits(ir, &only);
		if (bit_matters(ir, at, &key, values, part, one))
			break;
	}
	start_pinned(maker);
	for (size_t i = 0; i < key.part_count; i++) {
		const struct ir_part plain = packet_goal_plain(ir, key.parts[i].load);

		pin(maker, step, &plain, values[i], values[i]);
	}
	add_pinned(maker, rule, step);
}

/* What other rules build on: the step sees each of the protocols that frames are made of. */
static void add_selector(struct packet_maker *maker, uint32_t rule, uint32_t step, size_t number)
{
	static const uint16_t types[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q };
	static const uint8_t protos[SELECTED] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_DCCP,
		IPPROTO_UDPLITE, IPPROTO_GRE, IPPROTO_ESP, IPPROTO_AH, IPPROTO_COMP, IPPROTO_IGMP,
	};
	u128 values[IR_MAX_PARTS];
	struct packet_key key;
	bool selects = false;

	if (!key_at(maker, rule, step, &key))
		return;
	pick_loads(maker, &key, false, values);
	start_pinned(maker);
	for (size_t i = 0; i < key.part_count; i++) {
		const struct ir_part plain = packet_goal_plain(maker->ir, key.parts[i].load);

		switch (maker->ir->loads.at[plain.load].field->select) {
		case FIELD_SELECT_NOTHING:
			break;
		case FIELD_SELECT_ETHER_TYPE:
			selects = true;
			values[i] = types[number % (sizeof(types) / sizeof(types[0]))];
			break;
		case FIELD_SELECT_L4PROTO:
			selects = true;
			values[i] = protos[number];
			break;
		}
		pin(maker, step, &plain, values[i], values[i]);
	}
	if (selects)
		add_pinned(maker, rule, step);
}

/* All else of the rule is met, this step is not. */
static void add_missed(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	const struct packet_goal like = { .step = step };

	start_pinned(maker);
	packet_key_add(&maker->attempt, &maker->ir->rules.at[rule].steps.at[step], &like, true,
		       &maker->random);
	add_pinned(maker, rule, step);
}

static void add_twisted(struct packet_maker *maker, uint32_t rule, enum packet_twist twist)
{
	packet_build(maker->device, &maker->goals, twist, &maker->random, &maker->frame);
	packet_rule_add(maker, rule);
}

/* A packet that meets OTHER as well, as far as both can be met. */
static void add_pair(struct packet_maker *maker, uint32_t rule, uint32_t other)
{
	packet_goal_copy(&maker->attempt, &maker->goals);
	packet_reach_add_rule(maker, &maker->attempt, other, PACKET_NO_STEP, false);
	packet_reach_build(maker, &maker->attempt, rule);
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
	const struct packet_goal like = { .step = PACKET_NO_STEP };
	const struct ir *ir = maker->ir;
	size_t count = 2 + packet_random_below(&maker->random, 4);

	maker->attempt.len = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t number = i ? maker->rules[packet_random_below(&maker->random,
								      maker->rule_count)] : rule;
		const struct ir_rule *from = &ir->rules.at[number];
		size_t step = from->steps.len ?
				      packet_random_below(&maker->random, from->steps.len) : 0;

		if (step < from->steps.len)
			packet_key_add(&maker->attempt, &from->steps.at[step], &like,
				       packet_random_one_in(&maker->random, 4), &maker->random);
	}
	packet_build(maker->device, &maker->attempt,
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

/* Some part of the step's key that packets can vary: there is one. */
static size_t pick_part(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	struct packet_key key = { 0 };
	size_t part;

	key_at(maker, rule, step, &key);
	do
		part = packet_random_below(&maker->random, key.part_count);
	while (packet_reach_is_fixed(maker->ir, &key.parts[part]));
	return part;
}

static void add_some_edge(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	struct packet_key key;

	if (key_at(maker, rule, step, &key) && key.count)
		add_edge(maker, rule, step,
			 (uint32_t)packet_random_below(&maker->random, key.count),
			 pick_part(maker, rule, step),
			 (enum edge)packet_random_below(&maker->random, EDGE_COUNT));
}

static void add_some_bit(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	size_t part = pick_part(maker, rule, step);
	struct packet_key key;

	if (key_at(maker, rule, step, &key))
		add_bit(maker, rule, step, part,
			(unsigned int)packet_random_below(
				&maker->random, ir_part_bits(maker->ir, &key.parts[part])));
}

/* The edges of STEP that there are, or more than MOST when it has so many boxes. */
static size_t count_edges_of_step(const struct ir *ir, const struct ir_step *step, size_t most)
{
	struct packet_key key;
	size_t count = 0;
	u128 value;

	if (!packet_key_of(ir, step, &key))
		return 0;
	if (key.count > most)
		return key.count;
	for (size_t i = 0; i < key.count * key.part_count; i++)
		for (unsigned int edge = 0; edge < EDGE_COUNT; edge++)
			count += !packet_reach_is_fixed(ir, &key.parts[i % key.part_count]) &&
				 edge_value(ir, &key.parts[i % key.part_count], &key.boxes[i],
					    (enum edge)edge, &value);
	return count;
}

static size_t count_edges(const struct ir *ir, const struct ir_rule *rule, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->steps.len && count <= most; i++)
		count += count_edges_of_step(ir, &rule->steps.at[i], most);
	return count;
}

static void add_edges_of_step(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	struct packet_key key;

	if (!key_at(maker, rule, step, &key))
		return;
	for (uint32_t i = 0; i < key.count; i++)
		for (size_t part = 0; part < key.part_count; part++)
			for (unsigned int edge = 0; edge < EDGE_COUNT; edge++)
				if (!packet_reach_is_fixed(maker->ir, &key.parts[part]))
					add_edge(maker, rule, step, i, part, (enum edge)edge);
}

/* All edges when they fit into COUNT packets, else some. */
static void sample_edges(struct packet_maker *maker, uint32_t rule, size_t count)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];
	size_t end = maker->list->packets.len + count;
	uint32_t step;

	if (count_edges(maker->ir, at, count) <= count) {
		for (step = 0; step < at->steps.len; step++)
			add_edges_of_step(maker, rule, step);
		return;
	}
	/* Not every edge of every part exists. */
	for (size_t i = 0; i < count * 2 && maker->list->packets.len < end &&
			   pick_step(maker, rule, &step); i++)
		add_some_edge(maker, rule, step);
}

static void sample_rest(struct packet_maker *maker, uint32_t rule)
{
	uint64_t kind = packet_random_below(&maker->random, 16);
	uint32_t step;

	if (kind < 4 && pick_step(maker, rule, &step))
		add_some_bit(maker, rule, step);
	else if (kind < 7 && pick_step(maker, rule, &step))
		add_selector(maker, rule, step, packet_random_below(&maker->random, SELECTED));
	else if (kind < 11)
		add_twisted(maker, rule, (enum packet_twist)packet_random_below(
						 &maker->random, PACKET_TWIST_COUNT));
	else if (kind < 12 && pick_step(maker, rule, &step))
		add_missed(maker, rule, step);
	else if (kind < 13)
		add_mix(maker, rule);
	else if (kind < 15)
		add_some_pair(maker, rule);
	else
		add_hit(maker, rule);
}

void packet_rule_sample(struct packet_maker *maker, uint32_t rule, size_t count)
{
	size_t end = maker->list->packets.len + count;

	packet_reach_start(maker, rule);
	sample_edges(maker, rule, (count * 2 + 2) / 3);
	/* A selector of nothing adds nothing, so there are more turns than packets. */
	for (size_t i = 0; i < count * 4 && maker->list->packets.len < end; i++)
		sample_rest(maker, rule);
}

static void add_all_of_step(struct packet_maker *maker, uint32_t rule, uint32_t step)
{
	struct packet_key key;

	add_edges_of_step(maker, rule, step);
	if (!key_at(maker, rule, step, &key))
		return;
	if (can_vary(maker->ir, &maker->ir->rules.at[rule].steps.at[step]))
		add_missed(maker, rule, step);
	for (size_t part = 0; part < key.part_count; part++) {
		unsigned int bits = ir_part_bits(maker->ir, &key.parts[part]);

		for (unsigned int bit = 0; bit < bits; bit++)
			if (!packet_reach_is_fixed(maker->ir, &key.parts[part]))
				add_bit(maker, rule, step, part, bit);
	}
	for (size_t i = 0; i < SELECTED; i++)
		add_selector(maker, rule, step, i);
}

void packet_rule_all(struct packet_maker *maker, uint32_t rule)
{
	const struct ir_rule *at = &maker->ir->rules.at[rule];

	packet_reach_start(maker, rule);
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
