/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet: which packets are made for a ruleset, and how many for each rule.
 *
 * In: the IR, an entry, a seed, a limit.  Out: without a limit every edge of every rule that the
 * entry reaches, and every corner packet at several splits.  With one: first a packet for each
 * rule (when there are more rules than packets: for rules spread evenly, seven eighths of the
 * limit), then corner packets, at most a quarter of the limit, then as many samples for each rule
 * as are left.
 *
 * What comes out is a function of the arguments alone: no clock, no address, no order of a hash.
 */
#include <linux/if_ether.h>

#include "compiler/packet_parts.h"

/* Rules that the judge may walk to lead packets around other rules: about two seconds. */
#define WORK (20u << 20)

/* A chain can be reached by way of the jump or goto VERDICT. */
static bool visit_verdict(struct packet_maker *maker, const struct ir_verdict *verdict,
			  uint32_t rule, uint32_t step, uint32_t box)
{
	struct packet_path *path;

	if (verdict->kind != IR_VERDICT_JUMP && verdict->kind != IR_VERDICT_GOTO)
		return false;
	path = &maker->paths[verdict->chain];
	if (path->reached)
		return false;
	*path = (struct packet_path){
		.reached = true,
		.base = maker->paths[maker->ir->rules.at[rule].chain].base,
		.rule = rule,
		.step = step,
		.box = box,
	};
	return true;
}

/* The chains that CHAIN jumps to, put behind the LEN chains of QUEUE; returns its new length. */
static size_t visit_chain(struct packet_maker *maker, uint32_t chain, uint32_t *queue, size_t len)
{
	const struct ir *ir = maker->ir;
	uint32_t first = ir->chains.at[chain].first_rule;

	for (uint32_t i = first; i < first + ir->chains.at[chain].rule_count; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		for (uint32_t j = 0; j < rule->steps.len; j++) {
			const struct ir_step *step = &rule->steps.at[j];
			const struct ir_map *map = step->kind == IR_STEP_MAP ?
							   &ir->maps.at[step->map] : NULL;

			if (step->kind == IR_STEP_VERDICT &&
			    visit_verdict(maker, &step->verdict, i, j, 0))
				queue[len++] = step->verdict.chain;
			for (uint32_t k = 0; map && k < map->entries.len; k++)
				if (visit_verdict(maker, &map->entries.at[k].verdict, i, j, k))
					queue[len++] = map->entries.at[k].verdict.chain;
			if (map && map->has_rest &&
			    visit_verdict(maker, &map->rest.verdict, i, j, PACKET_REST))
				queue[len++] = map->rest.verdict.chain;
		}
	}
	return len;
}

/* Finds the rules that the entry can reach, nearest chains first. */
static void find_rules(struct packet_maker *maker)
{
	const struct ir *ir = maker->ir;
	const struct ir_entry *entry = &ir->entries.at[maker->device->entry];
	uint32_t *queue = ARENA_ARRAY(maker->arena, uint32_t, ir->chains.len + 1);
	size_t len = 0;

	maker->paths = ARENA_ARRAY(maker->arena, struct packet_path, ir->chains.len + 1);
	maker->rules = ARENA_ARRAY(maker->arena, uint32_t, ir->rules.len + 1);
	for (uint32_t i = 0; i < entry->chains.len; i++) {
		maker->paths[entry->chains.at[i]] =
			(struct packet_path){ .reached = true, .base = i, .rule = PACKET_NO_RULE };
		queue[len++] = entry->chains.at[i];
	}
	for (size_t i = 0; i < len; i++) {
		const struct ir_chain *chain = &ir->chains.at[queue[i]];

		len = visit_chain(maker, queue[i], queue, len);
		for (uint32_t j = 0; j < chain->rule_count; j++)
			maker->rules[maker->rule_count++] = chain->first_rule + j;
	}
}

/* The part of the step's key that reads SLOT: a value of it that some box holds. */
static bool borrow_from_step(struct packet_maker *maker, const struct ir_step *step, uint64_t slot,
			     u128 *ret_value)
{
	const struct ir *ir = maker->ir;
	struct packet_key key;

	if (step->kind != IR_STEP_TEST || !packet_key_of(ir, step, &key) || !key.count)
		return false;
	for (size_t i = 0; i < key.part_count; i++) {
		const struct ir_interval *interval;

		if (packet_goal_slot(&ir->loads.at[key.parts[i].load]) != slot)
			continue;
		interval = &key.boxes[packet_random_below(&maker->random, key.count) *
				      key.part_count + i];
		packet_goal_invert(ir, &key.parts[i],
				   packet_random_between(&maker->random, interval->lo,
							 interval->hi),
				   &maker->random, ret_value);
		return true;
	}
	return false;
}

static bool is_read(const struct ir *ir, uint64_t slot)
{
	for (size_t i = 0; i < ir->loads.len; i++)
		if (packet_goal_slot(&ir->loads.at[i]) == slot)
			return true;
	return false;
}

/* A value that some reachable rule asks for at SLOT, or leaves *VALUE as it is. */
static void borrow(struct packet_maker *maker, uint64_t slot, u128 *value)
{
	size_t start;

	if (!maker->rule_count || !is_read(maker->ir, slot))
		return;
	start = packet_random_below(&maker->random, maker->rule_count);
	for (size_t i = 0; i < maker->rule_count && i < 64; i++) {
		const struct ir_rule *rule =
			&maker->ir->rules.at[maker->rules[(start + i) % maker->rule_count]];

		for (size_t j = 0; j < rule->steps.len; j++)
			if (borrow_from_step(maker, &rule->steps.at[j], slot, value))
				return;
	}
}

static u128 borrow_field(struct packet_maker *maker, enum proto_id proto, const char *name,
			 u128 value)
{
	const struct ir_load load = {
		.field = field_find(&field_protos[proto], str_from(name)),
	};

	borrow(maker, packet_goal_slot(&load), &value);
	return value;
}

/* Corner packets are about what the ruleset is about: some of its addresses and ports. */
static void choose_values(struct packet_maker *maker, struct packet_corner_values *values)
{
	struct packet_random *random = &maker->random;

	memcpy(values->daddr_ether, maker->device->mac, ETH_ALEN);
	packet_random_fill(random, values->saddr_ether, ETH_ALEN);
	values->saddr_ether[0] &= 0xfe;
	values->saddr = (uint32_t)borrow_field(maker, PROTO_IP, "saddr", 0xc0000201);
	values->daddr = (uint32_t)borrow_field(maker, PROTO_IP, "daddr", 0xc6336401);
	u128_to_bytes(borrow_field(maker, PROTO_IP6, "saddr", packet_random_bits(random, 128)),
		      values->saddr6, 16);
	u128_to_bytes(borrow_field(maker, PROTO_IP6, "daddr", packet_random_bits(random, 128)),
		      values->daddr6, 16);
	values->sport = (uint16_t)borrow_field(maker, PROTO_TH, "sport", 40000);
	values->dport = (uint16_t)borrow_field(maker, PROTO_TH, "dport", 53);
	values->fill = (uint8_t)packet_random_next(random);
}

static void add_corner(struct packet_maker *maker, size_t number)
{
	struct packet_corner_values values;

	choose_values(maker, &values);
	packet_corner_build(number, &values, &maker->frame);
	maker->attempt.len = 0;
	packet_given_choose(&maker->attempt, &maker->random, &maker->frame.given);
	packet_rule_add(maker, PACKET_NO_RULE);
}

static void make_all(struct packet_maker *maker)
{
	for (size_t i = 0; i < maker->rule_count; i++)
		packet_rule_all(maker, maker->rules[i]);
	for (size_t i = 0; i < packet_corner_count(); i++)
		for (unsigned int j = 0; j < 4; j++)
			add_corner(maker, i);
}

static void make_some(struct packet_maker *maker)
{
	size_t rules = maker->rule_count, corners = packet_corner_count(), left;
	size_t some = rules <= maker->limit ? rules : maker->limit - maker->limit / 8;

	for (size_t i = 0; i < some; i++)
		packet_rule_hit(maker, maker->rules[i * rules / some]);
	left = maker->limit - maker->list->packets.len;
	some = corners < maker->limit / 4 ? corners : maker->limit / 4;
	some = some < left ? some : left;
	for (size_t i = 0; i < some; i++)
		add_corner(maker, i * corners / some);
	left = maker->limit - maker->list->packets.len;
	/* The same number for each, and one more for some that are spread evenly. */
	for (size_t i = 0; i < rules; i++) {
		size_t count = (i + 1) * left / rules - i * left / rules;

		if (count)
			packet_rule_sample(maker, maker->rules[i], count);
	}
}

void packet_make_indexed(const struct ir *ir, struct interp_index *index,
			 const struct xdpfw_device *device, uint64_t seed, size_t limit,
			 struct arena *arena, struct packet_list *ret_list)
{
	struct packet_maker *maker = ARENA_NEW(arena, struct packet_maker);

	*ret_list = (struct packet_list){ 0 };
	maker->ir = ir;
	maker->index = index;
	maker->device = device;
	maker->random.state = seed;
	maker->arena = arena;
	maker->list = ret_list;
	maker->limit = limit;
	maker->work = WORK;
	maker->goals.ir = maker->attempt.ir = ir;
	find_rules(maker);
	if (limit)
		make_some(maker);
	else
		make_all(maker);
}

void packet_make_for(const struct ir *ir, const struct xdpfw_device *device, uint64_t seed,
		     size_t limit, struct arena *arena, struct packet_list *ret_list)
{
	packet_make_indexed(ir, NULL, device, seed, limit, arena, ret_list);
}

void packet_make(const struct ir *ir, uint32_t entry, uint64_t seed, size_t limit,
		 struct arena *arena, struct packet_list *ret_list)
{
	struct xdpfw_device device = {
		.ifindex = 1, .entry = entry, .mac = { 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01 },
	};
	struct str name = ir->entries.at[entry].devices.at[0].name;

	name.len -= name.len && name.at[name.len - 1] == '*';
	memcpy(device.name, name.at, name.len < XDPFW_NAME_BYTES ? name.len : XDPFW_NAME_BYTES);
	packet_make_for(ir, &device, seed, limit, arena, ret_list);
}
