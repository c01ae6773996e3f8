/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_packet: whether the packets made for a ruleset would show a wrong program.
 *
 * The measure is mutation: change one constant, mask, sense or place of one rule, and the judge
 * must say something else of some packet: another verdict, trail or counter.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/interp.h"
#include "compiler/packet.h"
#include "tests/unit/ruleset.h"

static const struct xdpfw_device device = {
	.ifindex = 1,
	.name = "eth0",
	.mac = { 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01 },
};

/* Rules of every kind of match, on both sides of a jump, a goto and two maps. */
static const char varied[] =
	"table netdev t {\n"
	"	set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.7,"
	"		198.51.100.10-198.51.100.20 } }\n"
	"	set hosts { type ipv6_addr; elements = { 2001:db8::1, 2001:db8::5 } }\n"
	"	chain early {\n"
	"		type filter hook ingress device \"eth0\" priority -5; policy accept;\n"
	"		ether saddr 02:00:00:00:00:66 drop\n"
	"		ether daddr & 01:00:00:00:00:00 != 00:00:00:00:00:00"
	" ether type 0x88cc accept\n"
	"		ip ttl < 2 counter drop\n"
	"		vlan id 100-199 vlan pcp 5 counter\n"
	"		ether type 8021ad vlan id 7 vlan type 8021q vlan id 9 drop\n"
	"	}\n"
	"	chain main {\n"
	"		type filter hook ingress device \"eth0\" priority 0; policy drop;\n"
	"		meta length > 1600 counter drop\n"
	"		arp operation { request, reply } arp daddr ip 192.0.2.1 accept\n"
	"		meta protocol arp counter drop\n"
	"		ip frag-off & 0x1fff != 0 counter accept\n"
	"		tcp flags syn / fin,syn,rst,ack jump new\n"
	"		tcp flags fin,rst counter\n"
	"		tcp flags ! syn,ack counter drop\n"
	"		ip saddr @nets udp dport != 53 goto internal\n"
	"		ip6 saddr @hosts icmpv6 type echo-request counter accept\n"
	"		ip6 daddr 2001:db8:1::/48 tcp sport >= 1024 accept\n"
	"		ip protocol vmap { icmp : jump ping, 47 : accept, 50-51 : drop }\n"
	"		ip dscp 46 udp length <= 200 counter accept\n"
	"		th dport 4000-4999 th sport != 4000-4100 accept\n"
	"		ip6 flowlabel 0x12345 ip6 hoplimit != 255 counter\n"
	"		udp dport vmap { 53 : accept, 67-68 : drop, 123 : continue } counter\n"
	"		meta pkttype { broadcast, multicast } counter drop\n"
	"		ip id 1-9 ip version 4 ip hdrlength > 5 accept\n"
	"		ip6 nexthdr 44 counter\n"
	"	}\n"
	"	chain new {\n"
	"		tcp dport { 22, 80, 443 } counter accept\n"
	"		ip saddr != 203.0.113.0/24 tcp dport 8000-8100 counter return\n"
	"		tcp window 0 drop\n"
	"	}\n"
	"	chain internal {\n"
	"		ip daddr 224.0.0.0/4 counter drop\n"
	"		udp dport { 1000-2000, 3000-3003, 3005 } accept\n"
	"		udp checksum & 0xf00f == 0x1003 counter\n"
	"	}\n"
	"	chain ping {\n"
	"		icmp type echo-request icmp code 0 counter accept\n"
	"		icmp type { destination-unreachable, time-exceeded } return\n"
	"		counter drop\n"
	"	}\n"
	"}\n";

/* What the judge says of all packets of a list. */
struct outcome {
	struct interp_result *results;
	struct xdpfw_cell *cells;
};

static void judge(const struct ir *ir, const struct packet *packet, struct xdpfw_cell *cells,
		  struct interp_result *ret_result)
{
	const struct interp_packet judged = { packet->frame, packet->len, &device };

	interp_run(ir, &judged, cells, ret_result);
}

static void judge_all(const struct ir *ir, const struct packet_list *list,
		      struct outcome *outcome, struct arena *arena)
{
	outcome->results = ARENA_ARRAY(arena, struct interp_result, list->packets.len);
	outcome->cells = ARENA_ARRAY(arena, struct xdpfw_cell, ir->counter_count + 1);
	for (size_t i = 0; i < list->packets.len; i++)
		judge(ir, &list->packets.at[i], outcome->cells, &outcome->results[i]);
}

static bool same_result(const struct interp_result *a, const struct interp_result *b)
{
	return a->drop == b->drop && a->trail.reason == b->trail.reason &&
	       a->trail.count == b->trail.count &&
	       !memcmp(a->trail.rule, b->trail.rule, a->trail.count * sizeof(a->trail.rule[0]));
}

/* Whether the packets tell IR from the ruleset that OUTCOME is of. */
static bool tells(const struct ir *ir, const struct packet_list *list,
		  const struct outcome *outcome)
{
	struct xdpfw_cell *cells = calloc(ir->counter_count + 1, sizeof(*cells));
	struct interp_result result;
	bool told = false;

	ck_assert_ptr_nonnull(cells);
	for (size_t i = 0; i < list->packets.len && !told; i++) {
		judge(ir, &list->packets.at[i], cells, &result);
		told = !same_result(&result, &outcome->results[i]);
	}
	if (!told)
		told = memcmp(cells, outcome->cells, ir->counter_count * sizeof(*cells)) != 0;
	free(cells);
	return told;
}

enum mutation {
	MUTATE_LO_DOWN, MUTATE_LO_UP, MUTATE_HI_DOWN, MUTATE_HI_UP,
	MUTATE_NEGATE, MUTATE_MASK, MUTATE_ORDER, MUTATE_VERDICT, MUTATE_COUNTER,
	MUTATE_STEP_GONE, MUTATE_COUNT,
};

static const char *const mutation_names[MUTATE_COUNT] = {
	"lo - 1", "lo + 1", "hi - 1", "hi + 1", "negate", "mask", "order", "verdict", "counter",
	"step gone",
};

struct tally {
	const struct ir *ir;		/* unchanged */
	const struct packet_list *list, *more;
	const struct outcome *outcome, *more_outcome;
	bool masks;			/* bits of masks too: two thirds of all mutants */
	unsigned int killed[MUTATE_COUNT], alive[MUTATE_COUNT], equivalent[MUTATE_COUNT];
};

/*
 * A mutant that none of the packets tell is equivalent when a far larger list, and packets made
 * for the mutant itself, do not tell it either.
 */
static bool is_equivalent(const struct tally *tally, const struct ir *mutant)
{
	struct arena arena = ARENA_INIT;
	struct packet_list own = { 0 };
	struct outcome outcome;
	bool told = tells(mutant, tally->more, tally->more_outcome);

	if (!told) {
		packet_make_for(mutant, &device, 77, 1500, &arena, &own);
		judge_all(tally->ir, &own, &outcome, &arena);
		told = tells(mutant, &own, &outcome);
	}
	arena_free(&arena);
	return !told;
}

static void try_mutant(struct tally *tally, const struct ir *mutant, enum mutation mutation,
		       uint32_t rule, size_t step)
{
	if (tells(mutant, tally->list, tally->outcome)) {
		tally->killed[mutation]++;
	} else if (is_equivalent(tally, mutant)) {
		tally->equivalent[mutation]++;
	} else {
		tally->alive[mutation]++;
		printf("not noticed: %s in step %zu of rule %u: %.*s\n", mutation_names[mutation],
		       step, rule, STR_ARG(tally->ir->rules.at[rule].text));
	}
}

/* Copies of IR's arrays that may be written, one level at a time. */
static struct ir copy_ir(const struct ir *ir, struct arena *arena)
{
	struct ir copy = *ir;

	copy.rules.at = arena_grow(arena, ir->rules.at, ir->rules.len * sizeof(*ir->rules.at),
				   ir->rules.len * sizeof(*ir->rules.at));
	copy.sets.at = ARENA_ARRAY(arena, struct ir_set, ir->sets.len + 1);
	memcpy(copy.sets.at, ir->sets.at, ir->sets.len * sizeof(*ir->sets.at));
	copy.maps.at = arena_grow(arena, ir->maps.at, ir->maps.len * sizeof(*ir->maps.at),
				  ir->maps.len * sizeof(*ir->maps.at) + 1);
	for (size_t i = 0; i < ir->rules.len; i++) {
		size_t bytes = ir->rules.at[i].steps.len * sizeof(struct ir_step);

		copy.rules.at[i].steps.at = arena_grow(arena, ir->rules.at[i].steps.at, bytes,
						       bytes + 1);
	}
	return copy;
}

/* Moves one end by one; false when that makes no interval of its own. */
static bool move_end(u128 *lo, u128 *hi, u128 max, enum mutation mutation)
{
	switch (mutation) {
	case MUTATE_LO_DOWN:
		return (*lo)-- != 0;
	case MUTATE_LO_UP:
		return (*lo)++ < *hi;
	case MUTATE_HI_DOWN:
		return (*hi)-- > *lo;
	case MUTATE_HI_UP:
		return (*hi)++ < max;
	case MUTATE_NEGATE:
	case MUTATE_MASK:
	case MUTATE_ORDER:
	case MUTATE_VERDICT:
	case MUTATE_COUNTER:
	case MUTATE_STEP_GONE:
	case MUTATE_COUNT:
		break;
	}
	return false;
}

static void mutate_interval(struct tally *tally, uint32_t rule, size_t step, size_t interval,
			    enum mutation mutation)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_step *at = &mutant.rules.at[rule].steps.at[step];
	u128 max = u128_max(mutant.loads.at[at->load].field->bit_len);
	size_t bytes;
	bool valid;

	if (at->kind == IR_STEP_TEST) {
		/* The set may be shared: this step gets one of its own, at the end. */
		struct ir_set *set = &mutant.sets.at[mutant.sets.len];
		const struct ir_set *old = &mutant.sets.at[at->set];

		*set = *old;
		bytes = old->intervals.len * sizeof(*old->intervals.at);
		set->intervals.at = arena_grow(&arena, old->intervals.at, bytes, bytes);
		valid = move_end(&set->intervals.at[interval].lo, &set->intervals.at[interval].hi,
				 max, mutation);
		at->set = (uint32_t)mutant.sets.len++;
	} else {
		struct ir_map *map = &mutant.maps.at[at->map];
		const struct ir_map_entry *old = map->entries.at;

		bytes = map->entries.len * sizeof(*old);
		map->entries.at = arena_grow(&arena, old, bytes, bytes);
		valid = move_end(&map->entries.at[interval].lo, &map->entries.at[interval].hi, max,
				 mutation);
	}
	if (valid)
		try_mutant(tally, &mutant, mutation, rule, step);
	arena_free(&arena);
}

static void mutate_intervals(struct tally *tally, uint32_t rule, size_t step)
{
	const struct ir_step *at = &tally->ir->rules.at[rule].steps.at[step];
	size_t count = at->kind == IR_STEP_TEST ? tally->ir->sets.at[at->set].intervals.len :
						  tally->ir->maps.at[at->map].entries.len;

	for (size_t i = 0; i < count; i++)
		for (unsigned int j = MUTATE_LO_DOWN; j <= MUTATE_HI_UP; j++)
			mutate_interval(tally, rule, step, i, (enum mutation)j);
}

static void mutate_masks(struct tally *tally, uint32_t rule, size_t step)
{
	const struct ir_step *at = &tally->ir->rules.at[rule].steps.at[step];
	unsigned int bits = tally->ir->loads.at[at->load].field->bit_len;

	for (unsigned int bit = 0; bit < bits; bit++) {
		struct arena arena = ARENA_INIT;
		struct ir mutant = copy_ir(tally->ir, &arena);

		mutant.rules.at[rule].steps.at[step].mask ^= (u128)1 << bit;
		try_mutant(tally, &mutant, MUTATE_MASK, rule, step);
		arena_free(&arena);
	}
}

static void mutate_negate(struct tally *tally, uint32_t rule, size_t step)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);

	mutant.rules.at[rule].steps.at[step].negate ^= true;
	try_mutant(tally, &mutant, MUTATE_NEGATE, rule, step);
	arena_free(&arena);
}

static void remove_step(struct tally *tally, uint32_t rule, size_t step)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_rule *at = &mutant.rules.at[rule];

	memmove(at->steps.at + step, at->steps.at + step + 1,
		(at->steps.len - step - 1) * sizeof(*at->steps.at));
	at->steps.len--;
	try_mutant(tally, &mutant, MUTATE_STEP_GONE, rule, step);
	arena_free(&arena);
}

static void mutate_verdict(struct tally *tally, uint32_t rule, size_t step)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_verdict *verdict = &mutant.rules.at[rule].steps.at[step].verdict;

	verdict->kind = verdict->kind == IR_VERDICT_ACCEPT ? IR_VERDICT_DROP : IR_VERDICT_ACCEPT;
	try_mutant(tally, &mutant, MUTATE_VERDICT, rule, step);
	arena_free(&arena);
}

static void mutate_counter(struct tally *tally, uint32_t rule, size_t step)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	uint32_t *counter = &mutant.rules.at[rule].steps.at[step].counter;

	*counter = (*counter + 1) % mutant.counter_count;
	try_mutant(tally, &mutant, MUTATE_COUNTER, rule, step);
	arena_free(&arena);
}

/* The rule changes places with the next one of its chain. */
static void mutate_order(struct tally *tally, uint32_t rule)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_rule first = mutant.rules.at[rule];

	if (rule + 1 < mutant.rules.len && mutant.rules.at[rule + 1].chain == first.chain) {
		mutant.rules.at[rule].steps.at = mutant.rules.at[rule + 1].steps.at;
		mutant.rules.at[rule].steps.len = mutant.rules.at[rule + 1].steps.len;
		mutant.rules.at[rule + 1].steps.at = first.steps.at;
		mutant.rules.at[rule + 1].steps.len = first.steps.len;
		try_mutant(tally, &mutant, MUTATE_ORDER, rule, 0);
	}
	arena_free(&arena);
}

static void mutate_rule(struct tally *tally, uint32_t rule)
{
	const struct ir_rule *at = &tally->ir->rules.at[rule];

	for (size_t i = 0; i < at->steps.len; i++) {
		remove_step(tally, rule, i);
		switch (at->steps.at[i].kind) {
		case IR_STEP_TEST:
			mutate_negate(tally, rule, i);
			/* fall through */
		case IR_STEP_MAP:
			mutate_intervals(tally, rule, i);
			if (tally->masks)
				mutate_masks(tally, rule, i);
			break;
		case IR_STEP_COUNTER:
			mutate_counter(tally, rule, i);
			break;
		case IR_STEP_VERDICT:
			mutate_verdict(tally, rule, i);
			break;
		}
	}
	mutate_order(tally, rule);
}

/* Kills of 1,000, over all kinds of mutants; prints the table. */
static unsigned int mutate(const char *text, size_t limit, bool masks, const char *what)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list, more;
	struct outcome outcome, more_outcome;
	struct tally tally = { .list = &list, .more = &more, .outcome = &outcome,
			       .more_outcome = &more_outcome, .masks = masks };
	unsigned int killed = 0, all = 0;

	ruleset_lower(&ruleset, text);
	tally.ir = ruleset.ir;
	packet_make_for(ruleset.ir, &device, 1, limit, &ruleset.arena, &list);
	packet_make_for(ruleset.ir, &device, 2, 8000, &ruleset.arena, &more);
	judge_all(ruleset.ir, &list, &outcome, &ruleset.arena);
	judge_all(ruleset.ir, &more, &more_outcome, &ruleset.arena);
	for (uint32_t i = 0; i < ruleset.ir->rules.len; i++)
		mutate_rule(&tally, i);
	printf("%s: %zu packets for %zu rules\n", what, list.packets.len, ruleset.ir->rules.len);
	for (unsigned int i = 0; i < MUTATE_COUNT; i++) {
		printf("  %-10s %5u noticed %4u not %4u equivalent\n", mutation_names[i],
		       tally.killed[i], tally.alive[i], tally.equivalent[i]);
		killed += tally.killed[i];
		all += tally.killed[i] + tally.alive[i];
	}
	arena_free(&ruleset.arena);
	ck_assert_uint_gt(all, 0);
	printf("  together %u of %u: %u.%u %%\n", killed, all, killed * 1000 / all / 10,
	       killed * 1000 / all % 10);
	return killed * 1000 / all;
}

START_TEST(every_edge_tells_mutants)
{
	ck_assert_uint_ge(mutate(varied, 0, true, "every edge"), 950);
}
END_TEST

/* Some 50 packets for each rule are enough for all but single bits. */
START_TEST(sampled_edges_tell_mutants)
{
	ck_assert_uint_ge(mutate(varied, 2000, false, "a sample"), 950);
}
END_TEST

static void check_frames(const struct packet_list *list, size_t rule_count)
{
	for (size_t i = 0; i < list->packets.len; i++) {
		const struct packet *packet = &list->packets.at[i];

		ck_assert_uint_ge(packet->len, 14);
		ck_assert_uint_le(packet->len, PACKET_MAX_BYTES);
		ck_assert_uint_ge(packet->linear, 14);
		ck_assert_uint_le(packet->linear, packet->len);
		ck_assert(packet->rule < rule_count || packet->rule == PACKET_NO_RULE);
	}
}

START_TEST(same_seed_same_packets)
{
	static const size_t limits[] = { 0, 1, 20, 500, 5000 };
	struct ruleset ruleset = { 0 };
	struct packet_list first, second, other;

	ruleset_lower(&ruleset, varied);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t differ = 0;

		packet_make(ruleset.ir, 0, 7, limits[i], &ruleset.arena, &first);
		packet_make(ruleset.ir, 0, 7, limits[i], &ruleset.arena, &second);
		packet_make(ruleset.ir, 0, 8, limits[i], &ruleset.arena, &other);
		check_frames(&first, ruleset.ir->rules.len);
		ck_assert_uint_eq(first.packets.len, second.packets.len);
		for (size_t j = 0; j < first.packets.len; j++) {
			const struct packet *a = &first.packets.at[j], *b = &second.packets.at[j];

			ck_assert_uint_eq(a->len, b->len);
			ck_assert_uint_eq(a->linear, b->linear);
			ck_assert_uint_eq(a->rule, b->rule);
			ck_assert_mem_eq(a->frame, b->frame, a->len);
			differ += j < other.packets.len &&
				  (other.packets.at[j].len != a->len ||
				   memcmp(other.packets.at[j].frame, a->frame, a->len) != 0);
		}
		ck_assert_uint_gt(differ, 0);
	}
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(limit_holds)
{
	static const size_t limits[] = { 1, 5, 32, 33, 100, 1000, 7000 };
	struct ruleset ruleset = { 0 };
	struct packet_list list;

	ruleset_lower(&ruleset, varied);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t rules = ruleset.ir->rules.len, with_packet = 0;
		bool *seen = ARENA_ARRAY(&ruleset.arena, bool, rules);

		packet_make(ruleset.ir, 0, 3, limits[i], &ruleset.arena, &list);
		check_frames(&list, rules);
		ck_assert_uint_le(list.packets.len, limits[i]);
		/* A rule's edges may run out, never by much. */
		ck_assert_uint_ge(list.packets.len, limits[i] - limits[i] / 20);
		for (size_t j = 0; j < list.packets.len; j++) {
			uint32_t rule = list.packets.at[j].rule;

			if (rule == PACKET_NO_RULE || seen[rule])
				continue;
			seen[rule] = true;
			with_packet++;
		}
		if (limits[i] >= rules)
			ck_assert_uint_eq(with_packet, rules);
		else
			ck_assert_uint_ge(with_packet, limits[i] - limits[i] / 8);
	}
	arena_free(&ruleset.arena);
}
END_TEST

/* What the packets have to hold, whatever the rules are. */
START_TEST(all_sorts)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list;
	size_t split = 0, tagged = 0, jumbo = 0, corners = 0, to_device = 0, shortest = 0;

	ruleset_lower(&ruleset, varied);
	packet_make_for(ruleset.ir, &device, 5, 5000, &ruleset.arena, &list);
	for (size_t i = 0; i < list.packets.len; i++) {
		const struct packet *packet = &list.packets.at[i];

		split += packet->linear < packet->len;
		tagged += packet->frame[12] == 0x81 || packet->frame[12] == 0x88;
		jumbo += packet->len > 1514;
		shortest += packet->len < 34;
		corners += packet->rule == PACKET_NO_RULE;
		to_device += !memcmp(packet->frame, device.mac, 6);
	}
	ck_assert_uint_ge(split, 1000);
	ck_assert_uint_ge(tagged, 200);
	ck_assert_uint_ge(jumbo, 50);
	ck_assert_uint_ge(shortest, 50);
	ck_assert_uint_eq(corners, packet_corner_count());
	ck_assert_uint_ge(to_device, 1000);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(corner_names)
{
	struct arena arena = ARENA_INIT;
	size_t count = packet_corner_count();
	const char **names = ARENA_ARRAY(&arena, const char *, count);

	ck_assert_uint_ge(count, 400);
	for (size_t i = 0; i < count; i++) {
		struct packet packet;

		names[i] = packet_corner_name(i, &arena);
		ck_assert_ptr_null(strchr(names[i], '%'));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(names[i], names[j]);
		packet_corner_make(i, &arena, &packet);
		ck_assert_uint_ge(packet.len, 14);
		ck_assert_uint_le(packet.len, PACKET_MAX_BYTES);
		ck_assert_uint_eq(packet.linear, packet.len);
	}
	arena_free(&arena);
}
END_TEST

/* Behind a base chain whose policy is drop, and behind rules that take nearly all packets. */
START_TEST(hard_to_reach)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list;
	size_t reached = 0, made = 0;

	ruleset_lower(&ruleset,
		      "table netdev t {\n"
		      "	chain a {\n"
		      "		type filter hook ingress device eth0 priority 0; policy drop\n"
		      "		ip saddr 192.0.2.0/28 accept\n"
		      "		ip6 saddr 2001:db8::/32 accept\n"
		      "	}\n"
		      "	chain b {\n"
		      "		type filter hook ingress device eth0 priority 1; policy accept\n"
		      "		ip ttl >= 2 accept\n"
		      "		ip6 hoplimit != 1 accept\n"
		      "		ip daddr 10.0.0.0/8"
		      " udp dport vmap { 0-1000 : drop, 1001-60000 : accept }\n"
		      "		udp dport 60001 counter drop\n"
		      "		tcp dport 22 counter\n"
		      "	}\n"
		      "}\n");
	packet_make_for(ruleset.ir, &device, 5, 2000, &ruleset.arena, &list);
	for (size_t i = 0; i < list.packets.len; i++) {
		const struct packet *packet = &list.packets.at[i];
		struct interp_packet judged = { packet->frame, packet->len, &device };
		struct interp_watch watch = { .rule = packet->rule };
		struct interp_result result;

		if (packet->rule == PACKET_NO_RULE || packet->rule < 5)
			continue;
		interp_run_watched(ruleset.ir, &judged, NULL, &watch, &result);
		made++;
		reached += watch.reached;
	}
	ck_assert_uint_ge(made, 400);
	printf("hard to reach: %zu of %zu packets reach their rule\n", reached, made);
	ck_assert_uint_ge(reached * 10, made * 6);
	arena_free(&ruleset.arena);
}
END_TEST

static double seconds(const struct timespec *begin, const struct timespec *end)
{
	return (double)(end->tv_sec - begin->tv_sec) +
	       (double)(end->tv_nsec - begin->tv_nsec) / 1e9;
}

/* About 0.3 s here; sanitizers and a busy machine get their share. */
START_TEST(fast_enough)
{
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	struct packet_list list;
	struct timespec begin, end;

	for (unsigned int i = 0; i < 1000; i++)
		buf_printf(&text, "ip saddr 10.%u.%u.0/24 tcp dport %u counter drop\n"
				  "ip6 saddr 2001:db8:%x::/48 udp dport %u-%u drop\n",
			   i / 200, i % 200, i, i, i, i + 100);
	buf_puts(&text, "}\n}\n");
	ruleset_lower(&ruleset,
		      arena_printf(&ruleset.arena, "table netdev t {\nchain c {\ntype filter hook "
				   "ingress device eth0 priority 0;\n%s", text.at));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	packet_make(ruleset.ir, 0, 1, 10000, &ruleset.arena, &list);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	printf("10,000 packets for 2,000 rules: %.2f s\n", seconds(&begin, &end));
	ck_assert_uint_ge(list.packets.len, 9500);
	ck_assert(seconds(&begin, &end) < 10);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(every_rule_is_met_and_missed)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list;

	ruleset_lower(&ruleset, varied);
	packet_make_for(ruleset.ir, &device, 1, 5000, &ruleset.arena, &list);
	for (uint32_t i = 0; i < ruleset.ir->rules.len; i++) {
		const struct ir_rule *rule = &ruleset.ir->rules.at[i];
		unsigned int met = 0, missed = 0;

		for (size_t j = 0; j < list.packets.len; j++) {
			struct interp_packet packet = { list.packets.at[j].frame,
							list.packets.at[j].len, &device };
			struct interp_watch watch = { .rule = i };
			struct interp_result result;

			interp_run_watched(ruleset.ir, &packet, NULL, &watch, &result);
			met += watch.reached && watch.steps == rule->steps.len;
			missed += watch.reached && watch.steps < rule->steps.len;
		}
		ck_assert_msg(met, "rule %u is never met: %.*s", i, STR_ARG(rule->text));
		/* A rule without a test cannot be missed. */
		ck_assert_msg(missed || rule->steps.at[0].kind == IR_STEP_COUNTER,
			      "rule %u is never missed: %.*s", i, STR_ARG(rule->text));
	}
	arena_free(&ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet");
	TCase *tcase = tcase_create("packet");
	SRunner *runner = srunner_create(suite);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, every_rule_is_met_and_missed);
	tcase_add_test(tcase, every_edge_tells_mutants);
	tcase_add_test(tcase, sampled_edges_tell_mutants);
	tcase_add_test(tcase, same_seed_same_packets);
	tcase_add_test(tcase, limit_holds);
	tcase_add_test(tcase, all_sorts);
	tcase_add_test(tcase, corner_names);
	tcase_add_test(tcase, hard_to_reach);
	tcase_add_test(tcase, fast_enough);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
