/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_mutant: whether the packets made for a ruleset would show a wrong program.
 *
 * The measure is mutation: change one constant, bit, place or verdict of one rule, and the judge
 * must say something else of some packet: another verdict, trail or counter.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/interp.h"
#include "compiler/packet.h"
#include "tests/unit/ruleset.h"
#include "tests/unit/varied.h"

/* What the judge says of all packets of a list. */
struct outcome {
	struct interp_result *results;
	struct xdpfw_cell *cells;
};

static void judge(const struct ir *ir, const struct packet *packet, struct xdpfw_cell *cells,
		  struct interp_result *ret_result)
{
	const struct interp_packet judged = varied_judged(packet);

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
	MUTATE_NEGATE, MUTATE_MASK, MUTATE_FLIP, MUTATE_SHIFT, MUTATE_PLACE, MUTATE_PART_GONE,
	MUTATE_ORDER, MUTATE_VERDICT, MUTATE_COUNTER, MUTATE_ENTRY, MUTATE_REST, MUTATE_STEP_GONE,
	MUTATE_COUNT,
};

static const char *const mutation_names[MUTATE_COUNT] = {
	"lo - 1", "lo + 1", "hi - 1", "hi + 1", "negate", "mask", "flip", "shift", "place",
	"part gone", "order", "verdict", "counter", "entry", "rest", "step gone",
};

struct tally {
	const struct ir *ir;		/* unchanged */
	const struct packet_list *list, *more;
	const struct outcome *outcome, *more_outcome;
	bool bits;			/* single bits of masks and flips too: most mutants */
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
		packet_make_for(mutant, &varied_device, 77, 1000, &arena, &own);
		judge_all(tally->ir, &own, &outcome, &arena);
		told = tells(mutant, &own, &outcome);
	}
	arena_free(&arena);
	return !told;
}

/* Whether the packets made for RULE alone tell MUTANT: most do, and there are few. */
static bool own_tell(const struct tally *tally, const struct ir *mutant, uint32_t rule)
{
	struct xdpfw_cell *cells = calloc(2 * (mutant->counter_count + 1), sizeof(*cells));
	struct xdpfw_cell *mutant_cells = cells + mutant->counter_count + 1;
	bool told = false;

	ck_assert_ptr_nonnull(cells);
	for (size_t i = 0; i < tally->list->packets.len && !told; i++) {
		const struct packet *packet = &tally->list->packets.at[i];
		struct interp_result result, mutant_result;

		if (packet->rule != rule)
			continue;
		judge(tally->ir, packet, cells, &result);
		judge(mutant, packet, mutant_cells, &mutant_result);
		told = !same_result(&result, &mutant_result) ||
		       memcmp(cells, mutant_cells, mutant->counter_count * sizeof(*cells));
	}
	free(cells);
	return told;
}

static void try_mutant(struct tally *tally, const struct ir *mutant, enum mutation mutation,
		       uint32_t rule, size_t step)
{
	if (own_tell(tally, mutant, rule) || tells(mutant, tally->list, tally->outcome)) {
		tally->killed[mutation]++;
	} else if (is_equivalent(tally, mutant)) {
		tally->equivalent[mutation]++;
	} else {
		tally->alive[mutation]++;
		printf("not noticed: %s in step %zu of rule %u: %.*s\n", mutation_names[mutation],
		       step, rule, STR_ARG(tally->ir->rules.at[rule].text));
	}
}

/* A copy of an array of IR with room for one more. */
#define COPY_VEC(arena, vec)                                                                   \
	((vec)->at = arena_grow(arena, (vec)->at, (vec)->len * sizeof(*(vec)->at),             \
				((vec)->len + 1) * sizeof(*(vec)->at)),                        \
	 (vec)->cap = (vec)->len)

/* Copies of IR's arrays that may be written, one level at a time. */
static struct ir copy_ir(const struct ir *ir, struct arena *arena)
{
	struct ir copy = *ir;

	COPY_VEC(arena, &copy.loads);
	COPY_VEC(arena, &copy.keys);
	COPY_VEC(arena, &copy.sets);
	COPY_VEC(arena, &copy.maps);
	COPY_VEC(arena, &copy.rules);
	for (size_t i = 0; i < ir->rules.len; i++)
		COPY_VEC(arena, &copy.rules.at[i].steps);
	return copy;
}

/* Moves one end by one; false when that makes no interval of its own. */
static bool move_end(struct ir_interval *interval, u128 max, enum mutation mutation)
{
	if (mutation == MUTATE_LO_DOWN)
		return interval->lo-- != 0;
	if (mutation == MUTATE_LO_UP)
		return interval->lo++ < interval->hi;
	if (mutation == MUTATE_HI_DOWN)
		return interval->hi-- > interval->lo;
	return interval->hi++ < max;
}

static const struct ir_key *key_of(const struct ir *ir, uint32_t rule, size_t step)
{
	return &ir->keys.at[ir->rules.at[rule].steps.at[step].key];
}

static void mutate_interval(struct tally *tally, uint32_t rule, size_t step, size_t interval,
			    enum mutation mutation)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_step *at = &mutant.rules.at[rule].steps.at[step];
	const struct ir_key *key = &mutant.keys.at[at->key];
	const struct ir_part *part = &key->parts.at[interval % key->parts.len];
	u128 max = u128_max(ir_part_bits(&mutant, part));
	bool valid;

	if (at->kind == IR_STEP_TEST) {
		/* The set may be shared: this step gets one of its own, at the end. */
		struct ir_set *set = &mutant.sets.at[mutant.sets.len];

		*set = mutant.sets.at[at->set];
		set->reach = NULL;
		COPY_VEC(&arena, &set->intervals);
		valid = move_end(&set->intervals.at[interval], max, mutation);
		at->set = (uint32_t)mutant.sets.len++;
	} else {
		struct ir_map *map = &mutant.maps.at[at->map];

		map->reach = NULL;
		COPY_VEC(&arena, &map->intervals);
		valid = move_end(&map->intervals.at[interval], max, mutation);
	}
	if (valid)
		try_mutant(tally, &mutant, mutation, rule, step);
	arena_free(&arena);
}

static void mutate_intervals(struct tally *tally, uint32_t rule, size_t step)
{
	const struct ir_step *at = &tally->ir->rules.at[rule].steps.at[step];
	size_t count = at->kind == IR_STEP_TEST ? tally->ir->sets.at[at->set].intervals.len :
						  tally->ir->maps.at[at->map].intervals.len;

	for (size_t i = 0; i < count; i++)
		for (unsigned int j = MUTATE_LO_DOWN; j <= MUTATE_HI_UP; j++)
			mutate_interval(tally, rule, step, i, (enum mutation)j);
}

/* The step gets a key of its own, of which part PART is OTHER. */
static void try_part(struct tally *tally, uint32_t rule, size_t step, size_t part,
		     const struct ir_part *other, enum mutation mutation)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_step *at = &mutant.rules.at[rule].steps.at[step];
	struct ir_key *key = &mutant.keys.at[mutant.keys.len];

	*key = mutant.keys.at[at->key];
	COPY_VEC(&arena, &key->parts);
	key->parts.at[part] = *other;
	at->key = (uint32_t)mutant.keys.len++;
	try_mutant(tally, &mutant, mutation, rule, step);
	arena_free(&arena);
}

static void mutate_bits(struct tally *tally, uint32_t rule, size_t step, size_t part)
{
	const struct ir_part *old = &key_of(tally->ir, rule, step)->parts.at[part];
	unsigned int bits = ir_part_bits(tally->ir, old);

	for (unsigned int bit = 0; bit < bits; bit++) {
		struct ir_part other = *old;

		other.mask ^= (u128)1 << bit;
		try_part(tally, rule, step, part, &other, MUTATE_MASK);
		other = *old;
		other.flip ^= (u128)1 << bit;
		try_part(tally, rule, step, part, &other, MUTATE_FLIP);
	}
}

static void mutate_shift(struct tally *tally, uint32_t rule, size_t step, size_t part)
{
	struct ir_part other = key_of(tally->ir, rule, step)->parts.at[part];

	other.shift++;
	try_part(tally, rule, step, part, &other, MUTATE_SHIFT);
	other.shift = (int16_t)(other.shift - 2);
	try_part(tally, rule, step, part, &other, MUTATE_SHIFT);
}

/* The step's part reads LOAD with FIELD instead of its own. */
static void try_load(struct tally *tally, uint32_t rule, size_t step, size_t part,
		     const struct field *field, enum proto_id tunnel)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_step *at = &mutant.rules.at[rule].steps.at[step];
	struct ir_key *key = &mutant.keys.at[mutant.keys.len];
	struct ir_load *load = &mutant.loads.at[mutant.loads.len];

	*key = mutant.keys.at[at->key];
	COPY_VEC(&arena, &key->parts);
	*load = mutant.loads.at[key->parts.at[part].load];
	load->field = field;
	load->tunnel = tunnel;
	key->parts.at[part].load = (uint32_t)mutant.loads.len++;
	at->key = (uint32_t)mutant.keys.len++;
	try_mutant(tally, &mutant, MUTATE_PLACE, rule, step);
	arena_free(&arena);
}

/* The bits are read somewhere else: beside, in the next place of the kind, in no tunnel. */
static void mutate_place(struct tally *tally, uint32_t rule, size_t step, size_t part)
{
	const struct ir_part *old = &key_of(tally->ir, rule, step)->parts.at[part];
	const struct ir_load *load = &tally->ir->loads.at[old->load];
	struct field field = *load->field;

	if (load->tunnel != PROTO_META && field_base_of(&field) != FIELD_BASE_TUNNEL)
		try_load(tally, rule, step, part, load->field, PROTO_META);
	if (field.load == FIELD_LOAD_HEADER) {
		field.bit_off++;
		try_load(tally, rule, step, part, &field, load->tunnel);
		field = *load->field;
	}
	switch (field_base_of(&field)) {
	case FIELD_BASE_EXTENSION:
		field.number = field.number == 0 ? 60 : field.number == 60 ? 43 : 0;
		try_load(tally, rule, step, part, &field, load->tunnel);
		break;
	case FIELD_BASE_IP_OPTION:
		field.number = field.number == 7 ? 148 : 7;
		try_load(tally, rule, step, part, &field, load->tunnel);
		break;
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
		field.number = (uint8_t)(field.number ^ 1);
		try_load(tally, rule, step, part, &field, load->tunnel);
		break;
	case FIELD_BASE_META:
	case FIELD_BASE_LINK:
	case FIELD_BASE_NETWORK:
	case FIELD_BASE_TRANSPORT:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_COUNT:
		break;
	}
}

/* A part that is always the same: any of its values will do. */
static void mutate_part_gone(struct tally *tally, uint32_t rule, size_t step, size_t part)
{
	struct arena arena = ARENA_INIT;
	struct ir mutant = copy_ir(tally->ir, &arena);
	struct ir_step *at = &mutant.rules.at[rule].steps.at[step];
	const struct ir_key *key = &mutant.keys.at[at->key];

	if (at->kind == IR_STEP_TEST && key->parts.len > 1) {
		struct ir_set *set = &mutant.sets.at[mutant.sets.len];

		*set = mutant.sets.at[at->set];
		set->reach = NULL;
		COPY_VEC(&arena, &set->intervals);
		for (size_t i = part; i < set->intervals.len; i += key->parts.len) {
			set->intervals.at[i].lo = 0;
			set->intervals.at[i].hi = ~(u128)0;
		}
		at->set = (uint32_t)mutant.sets.len++;
		try_mutant(tally, &mutant, MUTATE_PART_GONE, rule, step);
	}
	arena_free(&arena);
}

static void mutate_parts(struct tally *tally, uint32_t rule, size_t step)
{
	const struct ir_key *key = key_of(tally->ir, rule, step);

	for (size_t i = 0; i < key->parts.len; i++) {
		if (tally->bits)
			mutate_bits(tally, rule, step, i);
		mutate_shift(tally, rule, step, i);
		mutate_place(tally, rule, step, i);
		mutate_part_gone(tally, rule, step, i);
	}
}

static void mutate_entry(struct ir_map_entry *entry, const struct ir *ir, unsigned int way)
{
	uint32_t *counter = way == 1 ? &entry->counter : &entry->object;

	if (way == 0)
		entry->verdict.kind = entry->verdict.kind == IR_VERDICT_DROP ? IR_VERDICT_ACCEPT :
									       IR_VERDICT_DROP;
	else if (*counter == IR_NO_COUNTER)
		*counter = 0;
	else
		*counter = (*counter + 1) % ir->counter_count;
}

/* Another verdict, counter or object of each entry; no rest, or one that there is not. */
static void mutate_map(struct tally *tally, uint32_t rule, size_t step)
{
	uint32_t number = tally->ir->rules.at[rule].steps.at[step].map;
	const struct ir_map *old = &tally->ir->maps.at[number];

	for (size_t i = 0; i <= old->entries.len; i++) {
		for (unsigned int way = 0; way < 3; way++) {
			struct arena arena = ARENA_INIT;
			struct ir mutant = copy_ir(tally->ir, &arena);
			struct ir_map *map = &mutant.maps.at[number];

			COPY_VEC(&arena, &map->entries);
			if (i < old->entries.len)
				mutate_entry(&map->entries.at[i], &mutant, way);
			else if (way)
				mutate_entry(&map->rest, &mutant, way - 1);
			else
				map->has_rest ^= true;
			if (i < old->entries.len || !way || old->has_rest)
				try_mutant(tally, &mutant,
					   i < old->entries.len ? MUTATE_ENTRY : MUTATE_REST, rule,
					   step);
			arena_free(&arena);
		}
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
			mutate_intervals(tally, rule, i);
			mutate_parts(tally, rule, i);
			break;
		case IR_STEP_MAP:
			mutate_map(tally, rule, i);
			mutate_intervals(tally, rule, i);
			mutate_parts(tally, rule, i);
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
static unsigned int mutate(const char *text, size_t limit, bool bits, const char *what)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list, more;
	struct outcome outcome, more_outcome;
	struct tally tally = { .list = &list, .more = &more, .outcome = &outcome,
			       .more_outcome = &more_outcome, .bits = bits };
	unsigned int killed = 0, all = 0;

	ruleset_lower(&ruleset, text);
	tally.ir = ruleset.ir;
	packet_make_for(ruleset.ir, &varied_device, 1, limit, &ruleset.arena, &list);
	packet_make_for(ruleset.ir, &varied_device, 2, 5000, &ruleset.arena, &more);
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

/* Of 1,000 mutants that are none in disguise so many have to be noticed. */
#define NOTICED 980

START_TEST(every_edge_tells_mutants)
{
	ck_assert_uint_ge(mutate(varied_headers, 0, true, "headers, every edge"), NOTICED);
}
END_TEST

START_TEST(every_edge_of_keys_tells_mutants)
{
	ck_assert_uint_ge(mutate(varied_keys, 0, false, "keys, every edge"), NOTICED);
}
END_TEST

START_TEST(every_edge_in_tunnels_tells_mutants)
{
	ck_assert_uint_ge(mutate(varied_tunnels, 0, false, "tunnels, every edge"), NOTICED);
}
END_TEST

START_TEST(every_edge_in_inet_tells_mutants)
{
	ck_assert_uint_ge(mutate(varied_inet, 0, true, "inet, every edge"), NOTICED);
}
END_TEST

/* Some 50 packets for each rule are enough for all but single bits. */
START_TEST(sampled_edges_tell_mutants)
{
	static const char *const texts[] = { varied_headers, varied_keys, varied_tunnels,
					     varied_inet };

	ck_assert_uint_ge(mutate(texts[_i], 3000, false, "a sample"), 970);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mutant");
	TCase *tcase = tcase_create("mutant");
	SRunner *runner = srunner_create(suite);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tcase, 900);
	tcase_add_test(tcase, every_edge_tells_mutants);
	tcase_add_test(tcase, every_edge_of_keys_tells_mutants);
	tcase_add_test(tcase, every_edge_in_tunnels_tells_mutants);
	tcase_add_test(tcase, every_edge_in_inet_tells_mutants);
	tcase_add_loop_test(tcase, sampled_edges_tell_mutants, 0, 4);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
