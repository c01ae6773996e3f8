/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_plan: tables hold what the sets and maps hold, and runs hold every rule once.
 */
#include <check.h>
#include <stdlib.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/limits.h"
#include "compiler/plan.h"
#include "compiler/plan_cost.h"
#include "compiler/plan_hash.h"
#include "compiler/plan_table.h"
#include "tests/unit/make_ir.h"


static struct plan *forced_plan(struct make *make, const char *force)
{
	const struct plan_options options = { .force = force };
	struct plan *plan = NULL;

	ck_assert(plan_make(&make->ir, &options, &make->arena, &make->diag, &plan));
	ck_assert_uint_eq(make->diag.messages.len, 0);
	return plan;
}

static struct plan *plan_of(struct make *make)
{
	return forced_plan(make, NULL);
}

static uint32_t look_up(const struct plan *plan, uint32_t number, u128 key)
{
	const uint64_t halves[2] = { (uint64_t)(key >> 64), (uint64_t)key };

	return plan_table_look(plan, &plan->tables.at[number], plan->image, halves);
}

static u128 random_value(unsigned int bits)
{
	u128 value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 16 | ((u128)rand() & 0xffff);
	return value & u128_max(bits);
}

static int compare_values(const void *a, const void *b)
{
	u128 x = *(const u128 *)a, y = *(const u128 *)b;

	return (x > y) - (x < y);
}

/* COUNT values in order, the first and the last one of all among them. */
static u128 *random_values(struct make *make, unsigned int bits, size_t count)
{
	u128 *values = ARENA_ARRAY(&make->arena, u128, count);

	for (size_t i = 2; i < count; i++)
		values[i] = random_value(bits);
	values[1] = u128_max(bits);
	qsort(values, count, sizeof(values[0]), compare_values);
	return values;
}

static const struct { const char *proto, *name; } widths[] = {
	{ "tcp", "dport" }, { "ip", "saddr" }, { "ether", "saddr" }, { "ip6", "saddr" },
};

static unsigned int width(struct make *make, int i)
{
	return make->ir.loads.at[make_load(make, widths[i].proto, widths[i].name)].field->bit_len;
}

static void check_keys(const struct make *make, const struct plan *plan, const u128 *values,
		       size_t count, unsigned int bits)
{
	for (size_t i = 0; i < count; i++) {
		for (int step = -1; step <= 1; step++) {
			u128 key = (values[i] + (u128)step) & u128_max(bits);

			ck_assert_uint_eq(look_up(plan, plan->sets[0].table, key),
					  ir_set_has(&make->ir.sets.at[0], &key));
		}
	}
}

/* Single values, adjacent ones among them (sets keep these apart as they come from a file). */
START_TEST(hash_of_values)
{
	struct make make;
	unsigned int bits;
	struct plan *plan;
	u128 *values;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	make_look_up(&make, IR_STEP_TEST, widths[_i].proto, widths[_i].name, make_set(&make));
	bits = width(&make, _i);
	values = random_values(&make, bits, 700);
	for (size_t i = 0; i < 700; i++)
		if (!i || values[i] != values[i - 1])
			make_interval(&make, 0, values[i], values[i]);
	plan = plan_of(&make);
	ck_assert_int_eq(plan->tables.at[0].kind,
			 bits <= 16 ? PLAN_BITMAP : bits <= 32 ? PLAN_PAIRS : PLAN_HASH);
	ck_assert_uint_eq(plan->tables.at[0].key_bits, bits <= 32 ? 32 : bits <= 64 ? 64 : 128);
	check_keys(&make, plan, values, 700, bits);
	arena_free(&make.arena);
}
END_TEST

/* Sets of addresses of each size that tables have a form for, in both kinds. */
static const struct {
	size_t count;
	const char *force;
	enum plan_kind kind;
	unsigned int slot_bits;
} address_sets[] = {
	{ 20, NULL, PLAN_PAIRS, 32 },	     { 20, "buckets", PLAN_BUCKETS, 32 },
	{ 30000, "pairs", PLAN_PAIRS, 32 },  { 30000, "buckets", PLAN_BUCKETS, 32 },
	{ 350000, "pairs", PLAN_PAIRS, 16 }, { 350000, "buckets", PLAN_BUCKETS, 16 },
};

START_TEST(sets_of_addresses)
{
	size_t count = address_sets[_i].count;
	struct make make;
	struct plan *plan;
	u128 *values;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	make_look_up(&make, IR_STEP_TEST, "ip", "saddr", make_set(&make));
	values = random_values(&make, 32, count);
	for (size_t i = 0; i < count; i++)
		if (!i || values[i] != values[i - 1])
			make_interval(&make, 0, values[i], values[i]);
	plan = forced_plan(&make, address_sets[_i].force);
	ck_assert_int_eq(plan->tables.at[0].kind, address_sets[_i].kind);
	ck_assert_uint_eq(plan->tables.at[0].slot_bits, address_sets[_i].slot_bits);
	check_keys(&make, plan, values, count, 32);
	arena_free(&make.arena);
}
END_TEST

/* More keys for two buckets than these have slots: not moved around for ever. */
START_TEST(no_pairs)
{
	uint32_t keys[20] = { 0 };
	struct plan_table table = { 0 };
	struct arena arena = ARENA_INIT;

	ck_assert(!plan_hash_pairs(keys, 20, &arena, &table));
	arena_free(&arena);
}
END_TEST

START_TEST(trie_of_intervals)
{
	struct make make;
	unsigned int bits;
	struct plan *plan;
	u128 *values;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	make_look_up(&make, IR_STEP_TEST, widths[_i].proto, widths[_i].name, make_set(&make));
	bits = width(&make, _i);
	values = random_values(&make, bits, 300);
	for (size_t i = 0; i + 1 < 300; i += 2)
		if (!i || values[i] > values[i - 1] + 1)
			make_interval(&make, 0, values[i], values[i + 1]);
	plan = plan_of(&make);
	ck_assert_int_eq(plan->tables.at[0].kind, bits <= 16 ? PLAN_BITMAP : PLAN_TRIE);
	check_keys(&make, plan, values, 300, bits);
	ck_assert_uint_eq(look_up(plan, 0, 0), 1);
	ck_assert_uint_eq(look_up(plan, 0, u128_max(bits)), 1);
	arena_free(&make.arena);
}
END_TEST

START_TEST(map_of_verdicts)
{
	const struct ir_verdict verdicts[] = {
		{ IR_VERDICT_CONTINUE, 0 }, { IR_VERDICT_ACCEPT, 0 }, { IR_VERDICT_DROP, 0 },
		{ IR_VERDICT_RETURN, 0 },   { IR_VERDICT_JUMP, 1 },   { IR_VERDICT_GOTO, 1 },
		{ IR_VERDICT_JUMP, 2 },	    { IR_VERDICT_GOTO, 2 },
	};
	const uint32_t words[] = {
		WORD(ANSWER_CONTINUE, 0), WORD(ANSWER_ACCEPT, 0), WORD(ANSWER_DROP, 0),
		WORD(ANSWER_RETURN, 0),	  WORD(ANSWER_JUMP, 1),	  WORD(ANSWER_GOTO, 1),
		0,			  WORD(ANSWER_RETURN, 0),	/* it has no rules */
	};
	struct make make;
	struct plan *plan;
	uint32_t map;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	map = make_map(&make);
	make_look_up(&make, IR_STEP_MAP, "tcp", "dport", map);
	for (uint32_t i = 0; i < 80; i++)
		make_element(&make, map, i * 10, i * 10 + (uint32_t)_i, verdicts[i % 8]);
	make_chain(&make, "other", false);
	make_rule(&make, "");
	make_chain(&make, "empty", false);
	plan = plan_of(&make);
	ck_assert_int_eq(plan->tables.at[0].kind, PLAN_TRIE);
	for (uint32_t key = 0; key < 800; key++)
		ck_assert_uint_eq(look_up(plan, plan->maps[map].table, key),
				  key % 10 <= (uint32_t)_i ? words[key / 10 % 8] : 0);
	ck_assert(plan->chain_used[1] && plan->chain_used[2]);
	arena_free(&make.arena);
}
END_TEST

START_TEST(few_are_compared)
{
	struct make make;
	struct plan *plan;
	uint32_t few, more, unused;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	few = make_set(&make);
	more = make_set(&make);
	unused = make_set(&make);
	for (uint32_t i = 0; i <= PLAN_MAX_COMPARES; i++) {
		if (i < PLAN_MAX_COMPARES)
			make_interval(&make, few, i * 5, i * 5 + 1);
		make_interval(&make, more, i * 5, i * 5 + 1);
		make_interval(&make, unused, i * 5, i * 5 + 1);
	}
	make_look_up(&make, IR_STEP_TEST, "tcp", "dport", few);
	make_look_up(&make, IR_STEP_TEST, "tcp", "dport", more);
	plan = plan_of(&make);
	ck_assert_uint_eq(plan->sets[few].table, PLAN_NO_TABLE);
	ck_assert_uint_eq(plan->sets[more].table, 0);
	ck_assert_uint_eq(plan->sets[unused].table, PLAN_NO_TABLE);
	ck_assert(!plan->sets[unused].used);
	ck_assert_uint_eq(plan->tables.len, 1);
	arena_free(&make.arena);
}
END_TEST

/* Every rule of a used chain is in one run; no run has parts of two chains. */
static void check_runs(const struct make *make, const struct plan *plan)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < plan->runs.len; i++) {
		ck_assert_uint_lt(plan->runs.at[i].first, plan->runs.at[i].end);
		if (i)
			ck_assert_uint_ge(plan->runs.at[i].first, plan->runs.at[i - 1].end);
	}
	for (uint32_t i = 0; i < make->ir.rules.len; i++) {
		const struct ir_chain *chain = &make->ir.chains.at[make->ir.rules.at[i].chain];
		const struct plan_run *at;
		bool whole;

		if (!plan->chain_used[make->ir.rules.at[i].chain])
			continue;
		while (run < plan->runs.len && plan->runs.at[run].end <= i)
			run++;
		at = &plan->runs.at[run];
		ck_assert(run < plan->runs.len && at->first <= i && i < at->end);
		ck_assert_uint_eq(plan_find_run(plan, i), run);
		whole = at->first <= chain->first_rule &&
			at->end >= chain->first_rule + chain->rule_count;
		ck_assert(whole || (at->first >= chain->first_rule &&
				    at->end <= chain->first_rule + chain->rule_count));
	}
}

/* They are numbered in the order of their first runs, and the image knows each rule's. */
static void check_functions(const struct plan *plan)
{
	uint32_t count = 0;

	for (size_t i = 0; i < plan->runs.len; i++) {
		const struct plan_run *run = &plan->runs.at[i];
		uint16_t function;

		ck_assert_uint_le(run->function, count);
		count += run->function == count;
		for (uint32_t j = run->first; j < run->end; j++) {
			memcpy(&function, plan->image + plan->function_of_at + 2 * j, 2);
			ck_assert_uint_eq(function, run->function);
		}
	}
	ck_assert_uint_eq(plan->function_count, count);
}

static void add_rules(struct make *make, uint32_t count)
{
	uint32_t set = make_set(make);

	make_interval(make, set, 22, 22);
	for (uint32_t i = 0; i < count; i++) {
		make_rule(make, "tcp dport 22 counter");
		make_look_up(make, IR_STEP_TEST, "tcp", "dport", set);
		make_counter(make);
	}
}

START_TEST(long_chain)
{
	struct make make;
	struct plan *plan;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	add_rules(&make, 5000);
	plan = plan_of(&make);
	ck_assert_uint_gt(plan->runs.len, 1);
	check_runs(&make, plan);
	arena_free(&make.arena);
}
END_TEST

/* Each second chain is used; they do not fit into as many functions as BPF has. */
START_TEST(many_chains)
{
	struct make make;
	struct plan *plan;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	for (uint32_t i = 1; i < LIMITS_CHAINS; i += 2) {
		make_rule(&make, "jump");
		make_verdict(&make, IR_VERDICT_JUMP, i);
	}
	for (uint32_t i = 1; i < LIMITS_CHAINS; i++) {
		make_chain(&make, "other", false);
		add_rules(&make, i % 5);
	}
	plan = plan_of(&make);
	for (uint32_t i = 1; i < LIMITS_CHAINS; i++)
		ck_assert_int_eq(plan->chain_used[i], i % 2);
	ck_assert_uint_le(plan->function_count, 200);
	check_functions(plan);
	check_runs(&make, plan);
	arena_free(&make.arena);
}
END_TEST

static void check_refused(struct make *make, const char *force, const char *text)
{
	const struct plan_options options = { .force = force };
	struct plan *plan = NULL;

	ck_assert(!plan_make(&make->ir, &options, &make->arena, &make->diag, &plan));
	ck_assert_ptr_null(plan);
	ck_assert_uint_eq(make->diag.errors, 1);
	ck_assert_str_eq(make->diag.messages.at[0].text, text);
	arena_free(&make->arena);
}

START_TEST(too_many_rules)
{
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	add_rules(&make, 90000);
	check_refused(&make, NULL, "the rules up to this one are more than one program can hold");
}
END_TEST

START_TEST(too_many_base_chains)
{
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	for (unsigned int i = 0; i < XDPFW_MAX_BASE_CHAINS; i++)
		*vec_push(&make.arena, &make.ir.entries.at[0].chains) =
			make_chain(&make, "more", true);
	check_refused(&make, NULL, "device 'eth0' has 65 base chains, more than 64");
}
END_TEST

/* More than are ever compared one by one, where no engine may take them. */
START_TEST(too_many_boxes)
{
	struct make make;
	uint32_t set, key;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	set = make_set(&make);
	make.ir.sets.at[set].parts = 2;
	key = make_key(&make);
	make_part(&make, key, "ip", "saddr");
	make_part(&make, key, "ip", "daddr");
	for (uint32_t i = 0; i <= PLAN_MAX_BOXES; i++) {
		make_interval(&make, set, i * 2, i * 2 + 100000);
		make_interval(&make, set, i * 2, i * 2 + 100000);
	}
	make_look_up_key(&make, IR_STEP_TEST, key, set);
	check_refused(&make, "compares",
		      "65537 concatenations with intervals, more than 65536, in one set");
}
END_TEST

/* An engine may make more of a block than the image has room for. */
START_TEST(too_big_block)
{
	const struct plan_options options = { .force = "tree" };
	const uint32_t rules = 500, each = 2000;
	struct plan *plan;
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	for (uint32_t i = 0; i < rules; i++) {
		uint32_t set = make_set(&make);

		for (uint32_t j = 0; j < each; j++) {
			uint32_t value = (j * rules + i) * (UINT32_MAX / (rules * each));

			make_interval(&make, set, value, value);
		}
		make_rule(&make, "");
		make_look_up(&make, IR_STEP_TEST, "ip", "saddr", set);
		make_verdict(&make, i % 2 ? IR_VERDICT_DROP : IR_VERDICT_ACCEPT, 0);
	}
	ck_assert(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan));
	ck_assert_uint_le(plan->image_bytes, PLAN_MAX_IMAGE_BYTES);
	arena_free(&make.arena);
}
END_TEST

START_TEST(too_big_tables)
{
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	for (uint32_t number = 0; number < 2; number++) {
		uint32_t set = make_set(&make);

		for (uint32_t i = 0; i < LIMITS_ELEMENTS; i++)
			make_interval(&make, set, (u128)i * 4, (u128)i * 4 + 1);
		make_look_up(&make, IR_STEP_TEST, "ip6", number ? "saddr" : "daddr", set);
	}
	check_refused(&make, NULL,
		      "the sets and maps up to this one need more than 64 MiB of tables");
}
END_TEST

static const struct ir_verdict verdict_drop = { IR_VERDICT_DROP, 0 };

/* A key of IPv6 addresses and a port, COUNT of each in a set of concatenations. */
static uint32_t add_long_keys(struct make *make, uint32_t count, u128 spread)
{
	uint32_t set = make_set(make), key = make_key(make);

	make->ir.sets.at[set].parts = 3;
	make_part(make, key, "ip6", "saddr");
	make_part(make, key, "tcp", "dport");
	make_part(make, key, "ip6", "daddr");
	for (uint32_t i = 0; i < count; i++) {
		make_interval(make, set, (u128)i << 70, (u128)i << 70);
		make_interval(make, set, i, i + spread);
		make_interval(make, set, (u128)i << 90 | 7, ((u128)i << 90 | 7) + spread);
	}
	make_look_up_key(make, IR_STEP_TEST, key, set);
	return set;
}

START_TEST(hash_of_lanes)
{
	struct make make;
	struct plan *plan;
	uint32_t set;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	set = add_long_keys(&make, 500, 0);
	plan = plan_of(&make);
	ck_assert_int_eq(plan->tables.at[0].kind, PLAN_HASH);
	ck_assert_uint_eq(plan->sets[set].key_bits, 0);
	ck_assert_uint_eq(plan->tables.at[0].lanes, 5);
	ck_assert_uint_eq(plan->key_lanes, 5);
	for (uint64_t i = 0; i < 600; i++) {
		uint64_t key[5] = { i << 6, 0, i, i << 26, 7 };

		ck_assert_uint_eq(plan_table_look(plan, &plan->tables.at[0], plan->image, key),
				  i < 500);
		key[4]++;
		ck_assert_uint_eq(plan_table_look(plan, &plan->tables.at[0], plan->image, key), 0);
	}
	arena_free(&make.arena);
}
END_TEST

static const char *const box_plans[] = { "compares", NULL };

/* Each box's corners, and what is beside them in one part. */
START_TEST(boxes_of_lanes)
{
	struct make make;
	struct plan *plan;
	uint32_t set, count = _i % 2 ? 2000 : 20;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	set = add_long_keys(&make, count, 3);
	plan = forced_plan(&make, box_plans[_i / 2]);
	ck_assert_int_eq(plan->tables.at[plan->sets[set].table].kind,
			 _i / 2 ? PLAN_SOLVED : PLAN_BOXES);
	ck_assert_uint_eq(plan->tables.at[0].used, count);
	for (uint64_t i = 0; i < count; i += 1 + count / 200) {
		for (unsigned int corner = 0; corner < 25; corner++) {
			u128 values[3] = { (u128)i << 70, i + corner % 5 - 1,
					   ((u128)i << 90 | 7) + corner / 5 - 1 };
			const uint64_t key[5] = {
				(uint64_t)(values[0] >> 64), 0, (uint64_t)values[1],
				(uint64_t)(values[2] >> 64), (uint64_t)values[2],
			};

			ck_assert_uint_eq(plan_table_look(plan, &plan->tables.at[0], plan->image,
							  key),
					  ir_set_has(&make.ir.sets.at[set], values));
		}
	}
	arena_free(&make.arena);
}
END_TEST

/* Address and port: one number; ports may be ranges, addresses too behind them only. */
START_TEST(pairs_in_one_number)
{
	struct make make;
	struct plan *plan;
	uint32_t set, key;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	set = make_set(&make);
	make.ir.sets.at[set].parts = 2;
	key = make_key(&make);
	make_part(&make, key, "ip", "saddr");
	make_part(&make, key, "tcp", "dport");
	for (uint32_t i = 0; i < 100; i++) {
		make_interval(&make, set, i * 3, i * 3);
		make_interval(&make, set, 10, 10 + (_i ? i : 0));
	}
	make_look_up_key(&make, IR_STEP_TEST, key, set);
	plan = plan_of(&make);
	ck_assert_int_eq(plan->tables.at[0].kind, _i ? PLAN_TRIE : PLAN_HASH);
	ck_assert_uint_eq(plan->sets[set].key_bits, 64);
	for (uint32_t address = 0; address < 310; address++) {
		for (uint32_t port = 0; port < 120; port++) {
			u128 values[2] = { address, port };

			ck_assert_uint_eq(look_up(plan, 0, (u128)address << 16 | port),
					  ir_set_has(&make.ir.sets.at[set], values));
		}
	}
	arena_free(&make.arena);
}
END_TEST

/* Its table holds numbers of entries, which say what to count. */
START_TEST(map_that_counts)
{
	struct table_entry filled;
	struct make make;
	struct plan *plan;
	uint32_t map;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	map = make_map(&make);
	for (uint32_t i = 0; i < 20; i++) {
		struct ir_map_entry *entry = make_element(&make, map, i * 2, i * 2, verdict_drop);

		entry->counter = i;
		entry->object = i % 2 ? 100 + i : IR_NO_COUNTER;
	}
	make.ir.counter_count = 200;
	make_look_up(&make, IR_STEP_MAP, "tcp", "dport", map);
	plan = forced_plan(&make, "compares");	/* no block */
	ck_assert(plan->maps[map].by_number);
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t number = look_up(plan, plan->maps[map].table, i * 2);

		ck_assert_uint_eq(number, i + 1);
		memcpy(&filled, plan->image + plan->maps[map].entries_at +
				(number - 1) * sizeof(filled), sizeof(filled));
		ck_assert_uint_eq(filled.word, WORD(ANSWER_DROP, 0));
		ck_assert_uint_eq(filled.counter, i + 1);
		ck_assert_uint_eq(filled.object, i % 2 ? 101 + i : 0);
	}
	arena_free(&make.arena);
}
END_TEST

/* An entry that jumps to a chain without rules is found, and is not the rest. */
START_TEST(empty_jump_is_not_the_rest)
{
	struct make make;
	struct plan *plan;
	uint32_t map;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	map = make_map(&make);
	for (uint32_t i = 0; i < 20; i++)
		make_element(&make, map, i, i, (struct ir_verdict){ IR_VERDICT_JUMP, 1 });
	make.ir.maps.at[map].has_rest = true;
	make.ir.maps.at[map].rest = (struct ir_map_entry){ verdict_drop, IR_NO_COUNTER,
							   IR_NO_COUNTER };
	make_look_up(&make, IR_STEP_MAP, "tcp", "dport", map);
	make_chain(&make, "empty", false);
	plan = plan_of(&make);
	ck_assert(plan->maps[map].by_number);
	ck_assert_uint_eq(look_up(plan, plan->maps[map].table, 5), 6);
	arena_free(&make.arena);
}
END_TEST

START_TEST(printed)
{
	struct buf text = BUF_INIT;
	struct make make;
	uint32_t set;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	set = make_set(&make);
	for (uint32_t i = 0; i < 9; i++)
		make_interval(&make, set, i * 5, i * 5 + 1);
	make_look_up(&make, IR_STEP_TEST, "tcp", "dport", set);
	make_test(&make, "ip", "ttl", 0, 5);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	plan_print(plan_of(&make), &text);
	ck_assert_str_eq(text.at,
			 "set 0: 9 intervals of 32 bits: "
			 "table 0, bitmap, 18 of 65536 slots, at byte 0\n"
			 "set 1: 1 intervals of 32 bits: compares\n"
			 "tables: 8260 bytes\n"
			 "run 0: rules 0 to 0, from chain 0, weight 20\n");
	buf_free(&text);
	arena_free(&make.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = tcase_create("plan");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, hash_of_values, 0, 4);
	tcase_add_loop_test(tcase, sets_of_addresses, 0, 6);
	tcase_add_test(tcase, no_pairs);
	tcase_add_loop_test(tcase, trie_of_intervals, 0, 4);
	tcase_add_loop_test(tcase, map_of_verdicts, 0, 2);
	tcase_add_test(tcase, few_are_compared);
	tcase_add_test(tcase, long_chain);
	tcase_add_test(tcase, many_chains);
	tcase_add_test(tcase, too_many_rules);
	tcase_add_test(tcase, too_many_base_chains);
	tcase_add_test(tcase, too_big_tables);
	tcase_add_test(tcase, too_big_block);
	tcase_add_test(tcase, hash_of_lanes);
	tcase_add_loop_test(tcase, boxes_of_lanes, 0, 4);
	tcase_add_loop_test(tcase, pairs_in_one_number, 0, 2);
	tcase_add_test(tcase, map_that_counts);
	tcase_add_test(tcase, empty_jump_is_not_the_rest);
	tcase_add_test(tcase, too_many_boxes);
	tcase_add_test(tcase, printed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
