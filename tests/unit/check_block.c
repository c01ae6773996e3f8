/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_block: rules that are looked up in blocks do what they do one after the other: chains at
 * random, values of packets at random, and each engine.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "compiler/plan.h"
#include "compiler/plan_block.h"
#include "tests/unit/make_ir.h"

#define RULES 40
#define PACKETS 400
#define CHAINS 12

/* What rules can ask of it. */
struct frame {
	uint32_t protocol, nh_len, th_len, length;
	bool has_l4;
	uint8_t l4proto;
	uint8_t nh[64], th[64];
};

static uint32_t below(uint32_t *seed, uint32_t end)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % end;
}

static u128 bits_at(const uint8_t *bytes, unsigned int bit, unsigned int bits)
{
	u128 value = 0;

	for (unsigned int i = bit; i < bit + bits; i++)
		value = value << 1 | (bytes[i / 8] >> (7 - i % 8) & 1);
	return value;
}

/* False: the load fails. */
static bool load_value(const struct ir_load *load, const struct frame *frame, u128 *ret_value)
{
	const struct field *field = load->field;
	unsigned int bit = field_base_bit(field, 0), need = field_need_bytes(field, 0);

	*ret_value = field->load == FIELD_LOAD_PROTOCOL ? frame->protocol :
		     field->load == FIELD_LOAD_NFPROTO ? 5 :
		     field->load == FIELD_LOAD_L4PROTO ? frame->l4proto : frame->length;
	if (field->load != FIELD_LOAD_HEADER)
		return field->load != FIELD_LOAD_L4PROTO || frame->has_l4;
	if (field_base_of(field) == FIELD_BASE_NETWORK) {
		*ret_value = bits_at(frame->nh, bit, field->bit_len);
		return frame->nh_len >= need;
	}
	*ret_value = bits_at(frame->th, bit, field->bit_len);
	return frame->th_len >= need;
}

static bool key_values(const struct ir *ir, uint32_t number, const struct frame *frame,
		       u128 *ret_values)
{
	const struct ir_key *key = &ir->keys.at[number];

	for (size_t i = 0; i < key->parts.len; i++) {
		u128 value;

		if (!load_value(&ir->loads.at[key->parts.at[i].load], frame, &value))
			return false;
		ret_values[i] = ir_part_apply(ir, &key->parts.at[i], value);
	}
	return true;
}

/* What a rule does for a packet: the word of its verdict, CONTINUE when it has none. */
struct deed {
	bool matches;
	uint32_t word;
	unsigned int counters;
};

static bool test_holds(const struct ir *ir, const struct ir_step *step, const struct frame *frame)
{
	u128 values[IR_MAX_PARTS];

	return key_values(ir, step->key, frame, values) &&
	       ir_set_has(&ir->sets.at[step->set], values) != step->negate;
}

static void do_map(const struct ir *ir, const struct ir_step *step, const struct frame *frame,
		   struct deed *deed)
{
	const struct ir_map_entry *entry = NULL;
	u128 values[IR_MAX_PARTS];

	if (key_values(ir, step->key, frame, values))
		entry = ir_map_find(&ir->maps.at[step->map], values);
	deed->matches = entry && entry->verdict.kind != IR_VERDICT_CONTINUE;
	if (deed->matches)
		deed->word = plan_word(ir, &entry->verdict);
}

static struct deed do_rule(const struct ir *ir, uint32_t number, const struct frame *frame)
{
	const struct ir_rule *rule = &ir->rules.at[number];
	struct deed deed = { false, WORD(ANSWER_CONTINUE, 0), 0 };

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		if (step->kind == IR_STEP_TEST && !test_holds(ir, step, frame)) {
			deed.matches = false;
			return deed;
		}
		if (step->kind == IR_STEP_COUNTER) {
			deed.counters++;
			deed.matches = true;
		}
		if (step->kind == IR_STEP_MAP)
			do_map(ir, step, frame, &deed);
		if (step->kind == IR_STEP_VERDICT) {
			deed.word = plan_word(ir, &step->verdict);
			deed.matches = deed.word;
		}
	}
	return deed;
}

static bool in_root(const struct plan_case *at, u128 value)
{
	for (size_t i = 0; i < at->root_count; i++)
		if (value >= at->root[i].lo && value <= at->root[i].hi)
			return true;
	return !at->root_count;
}

static const struct plan_case *find_case(const struct ir *ir, const struct plan_block *block,
					 const struct frame *frame)
{
	u128 root = 0;

	if (block->root != PLAN_NO_AXIS)
		load_value(&ir->loads.at[block->axes.at[block->root].part.load], frame, &root);
	for (size_t i = 0; i < block->cases.len; i++)
		if (in_root(&block->cases.at[i], root) &&
		    frame->nh_len >= block->cases.at[i].network_bytes)
			return &block->cases.at[i];
	ck_abort_msg("no case has the packet");
	return NULL;
}

/* A number of an action, or 0, of a packet that comes at RULE or behind it. */
static uint32_t look_up(const struct ir *ir, const struct plan_block *block, uint32_t rule,
			const struct frame *frame, uint32_t from)
{
	const struct plan_case *at = find_case(ir, block, frame);
	struct plan_key key = { 0 };
	uint32_t result;

	if (!at->engine)
		return at->constant;
	for (uint32_t i = 0; i < at->problem.dim_count; i++) {
		const struct plan_axis *axis = &block->axes.at[at->problem.dims[i].key_part];
		const struct ir_part *part = &axis->part;
		u128 value = 0;

		if (axis->is_place) {
			key.present[i] = true;
			key.value[i] = rule - block->first;
			continue;
		}
		key.present[i] = load_value(&ir->loads.at[part->load], frame, &value);
		key.value[i] = ir_part_apply(ir, part, value);
		ck_assert(key.present[i] || !at->problem.dims[i].always);
	}
	result = at->engine->look(at->solution, &key, from);
	if (!from)
		ck_assert_uint_eq(result, plan_problem_look(&at->problem, &key));
	return result == PLAN_NO_RESULT ? 0 : result + 1;
}

static void check_action(const struct ir *ir, const struct table_action *action,
			 const struct deed *deed, uint32_t rule)
{
	uint32_t word = (uint32_t)(action->answer >> 32), kind = word >> 28, wanted;
	unsigned int counters = (action->counter != 0) + (action->object != 0);
	const struct ir_chain *chain = &ir->chains.at[ir->rules.at[rule].chain];

	ck_assert_uint_eq((uint32_t)action->answer, rule);
	wanted = deed->word >> 28;
	if (wanted == ANSWER_CONTINUE && rule + 1 == chain->first_rule + chain->rule_count)
		wanted = ANSWER_RETURN;
	ck_assert_uint_eq(kind, wanted);
	if (kind == ANSWER_ACCEPT || kind == ANSWER_DROP)
		counters += (word & XDPFW_CELL_MASK) != 0;
	ck_assert_uint_eq(counters, deed->counters);
}

/* What is answered when no rule of the stretch matches, or none behind one of it. */
static void check_miss(const struct ir *ir, const struct plan_block *block,
		       const struct plan_stretch *at, uint32_t number)
{
	const struct ir_chain *chain = &ir->chains.at[ir->rules.at[at->first].chain];

	if (!block->shared || at->end == chain->first_rule + chain->rule_count)
		ck_assert_uint_eq(number, 0);
	else
		ck_assert_uint_eq(plan_block_action(block, number)->answer >> 32,
				  WORD(ANSWER_CONTINUE, at->end));
}

/* The block's answers for a packet, one after the other as its rules are asked again. */
static void check_stretch(const struct ir *ir, const struct plan_block *block,
			  const struct plan_stretch *at, const struct frame *frame)
{
	uint32_t from = 0, entered = at->first;

	for (uint32_t rule = at->first; rule < at->end; rule++) {
		struct deed deed = do_rule(ir, rule, frame);
		uint32_t number, answer;

		if (!deed.matches)
			continue;
		number = look_up(ir, block, entered, frame, from);
		ck_assert_uint_ne(number, 0);
		check_action(ir, plan_block_action(block, number), &deed, rule);
		answer = (uint32_t)(plan_block_action(block, number)->answer >> 60);
		if (answer != ANSWER_CONTINUE && answer != ANSWER_JUMP)
			return;
		ck_assert(block->resumes);
		from = number;
		entered = rule;
		if (rule + 1 - block->first < block->action_of.len)
			from = block->action_of.at[rule + 1 - block->first];
	}
	check_miss(ir, block, at, look_up(ir, block, entered, frame, from));
}

static void check_frame(const struct ir *ir, const struct plan_block *block,
			const struct frame *frame)
{
	for (size_t i = 0; i < block->stretches.len; i++)
		check_stretch(ir, block, &block->stretches.at[i], frame);
}

static struct frame make_frame(uint32_t *seed)
{
	static const uint32_t protocols[] = { 0x800, 0x800, 0x800, 0x86dd, 0x86dd, 0x806, 4 };
	static const uint8_t l4protos[] = { 6, 6, 17, 17, 1, 58 };
	struct frame frame = { .protocol = protocols[below(seed, 7)] };
	unsigned int header = frame.protocol == 0x800 ? 20 : 40;

	frame.nh_len = below(seed, 8) ? 60 : below(seed, 60);
	frame.length = 60 + below(seed, 4);
	for (unsigned int i = 0; i < 64; i++) {
		frame.nh[i] = (uint8_t)below(seed, 4);
		frame.th[i] = (uint8_t)below(seed, 4);
	}
	frame.has_l4 = (frame.protocol == 0x800 || frame.protocol == 0x86dd) &&
		       frame.nh_len >= header && below(seed, 8);
	if (frame.has_l4) {
		frame.l4proto = l4protos[below(seed, 6)];
		frame.th_len = below(seed, 4) ? 20 : below(seed, 20);
	}
	return frame;
}

/* Values of which many packets have one; bytes of headers are below 4. */
static void add_intervals(struct make *make, uint32_t set, uint32_t *seed, unsigned int bits)
{
	u128 next = 0;

	for (uint32_t i = below(seed, 4) ? 1 : 3; i; i--) {
		u128 unit = bits > 8 ? (u128)1 << (bits - 8) : 1;
		u128 lo = next + below(seed, 3) * unit, hi = lo + below(seed, 2) * unit;

		if (!below(seed, 4) && !next) {
			lo = 0;
			hi = u128_max(bits) - below(seed, 2);
		}
		if (hi > u128_max(bits) || lo < next)
			return;
		make_interval(make, set, lo, hi);
		if (hi >= u128_max(bits) - 1)
			return;
		next = hi + 2;
	}
}

static const struct {
	const char *proto, *name;
} asked[] = {
	{ "ip", "saddr" },   { "ip", "ttl" },	 { "ip", "frag-off" }, { "ip6", "saddr" },
	{ "tcp", "dport" },  { "udp", "dport" }, { "udp", "sport" },   { "tcp", "flags" },
	{ "meta", "length" }, { "meta", "nfproto" }, { "th", "dport" },
};

static void mask_part(struct make *make, uint32_t key, uint32_t *seed)
{
	struct ir_part *part = &make->ir.keys.at[key].parts.at[0];
	unsigned int bits = ir_part_bits(&make->ir, part);

	switch (below(seed, 8)) {
	case 0:
		part->mask = u128_prefix_mask(bits, below(seed, bits + 1));
		break;
	case 1:
		part->mask &= (u128)0x3010103 | 1u << below(seed, 8);
		break;
	case 2:
		part->shift = below(seed, 2) ? 1 : -1;
		part->flip = below(seed, 3);
		break;
	}
}

static void add_test(struct make *make, uint32_t *seed)
{
	uint32_t number = below(seed, sizeof(asked) / sizeof(asked[0]));
	uint32_t set = make_set(make), key = make_key(make);
	struct ir_part *part = make_part(make, key, asked[number].proto, asked[number].name);

	add_intervals(make, set, seed, ir_part_bits(&make->ir, part));
	mask_part(make, key, seed);
	make_look_up_key(make, IR_STEP_TEST, key, set)->negate = !below(seed, 4);
}

static void add_boxes(struct make *make, uint32_t *seed)
{
	uint32_t set = make_set(make), key = make_key(make);

	make_part(make, key, "ip", "saddr");
	make_part(make, key, "tcp", "dport");
	make->ir.sets.at[set].parts = 2;
	for (uint32_t i = 0; i < 3; i++) {
		u128 lo = (u128)i << 24;

		make_interval(make, set, lo, lo + ((u128)below(seed, 2) << 24));
		make_interval(make, set, below(seed, 2) * 256, 0x2ff);
	}
	make_look_up_key(make, IR_STEP_TEST, key, set);
}

static void add_map(struct make *make, uint32_t *seed)
{
	static const enum ir_verdict_kind kinds[] = { IR_VERDICT_DROP, IR_VERDICT_ACCEPT,
						      IR_VERDICT_CONTINUE, IR_VERDICT_RETURN };
	uint32_t map = make_map(make);

	for (uint32_t i = 0; i < 4; i++)
		make_element(make, map, i * 256, i * 256 + 2,
			     (struct ir_verdict){ kinds[below(seed, 4)], 0 });
	if (below(seed, 2)) {
		make->ir.maps.at[map].has_rest = true;
		make->ir.maps.at[map].rest = (struct ir_map_entry){
			{ kinds[below(seed, 4)], 0 }, IR_NO_COUNTER, IR_NO_COUNTER };
	}
	make_look_up(make, IR_STEP_MAP, "tcp", "dport", map);
}

static void add_deed(struct make *make, uint32_t *seed, uint32_t other)
{
	static const enum ir_verdict_kind kinds[] = { IR_VERDICT_DROP, IR_VERDICT_ACCEPT,
						      IR_VERDICT_RETURN, IR_VERDICT_GOTO,
						      IR_VERDICT_JUMP };

	if (!below(seed, 8)) {
		add_map(make, seed);
		return;
	}
	for (uint32_t i = below(seed, 3); i; i--)
		make_counter(make);
	if (below(seed, 6))
		make_verdict(make, kinds[below(seed, 5)], other);
}

static void add_rule(struct make *make, uint32_t *seed, uint32_t other)
{
	make_rule(make, "");
	if (below(seed, 3))
		make_test(make, "meta", "protocol", 0x800, 0x800);
	else if (below(seed, 2))
		make_test(make, "meta", "protocol", 0x86dd, 0x86dd);
	if (below(seed, 2))
		make_test(make, "meta", "l4proto", 6, 6 + below(seed, 2) * 11);
	for (uint32_t i = below(seed, 3); i; i--)
		add_test(make, seed);
	if (!below(seed, 6))
		add_boxes(make, seed);
	add_deed(make, seed, other);
}

static void make_rules(struct make *make, uint32_t *seed)
{
	uint32_t other;

	make_start(make);
	other = make_chain(make, "other", false);
	make_rule(make, "drop");
	make_verdict(make, IR_VERDICT_DROP, 0);
	make_entry(make, make_chain(make, "in", true));
	for (uint32_t i = 0; i < RULES; i++)
		add_rule(make, seed, other);
}

static const char *const plans[] = { "tree", "cross", "packed", "lead" };

START_TEST(same_as_rule_after_rule)
{
	const struct plan_options options = { .force = plans[_i % 4] };
	uint32_t seed = (uint32_t)_i * 7919 + 1;
	struct plan *plan;
	struct make make;

	make_rules(&make, &seed);
	ck_assert(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan));
	ck_assert_uint_gt(plan->blocks.len, 0);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct frame frame = make_frame(&seed);

		for (size_t j = 0; j < plan->blocks.len; j++)
			check_frame(&make.ir, plan->blocks.at[j], &frame);
	}
	arena_free(&make.arena);
}
END_TEST

/* Chains that ask for chance, so that their stretches are not all of them, and others. */
static void make_chains(struct make *make, uint32_t *seed)
{
	uint32_t other;

	make_start(make);
	other = make_chain(make, "other", false);
	make_rule(make, "drop");
	make_verdict(make, IR_VERDICT_DROP, 0);
	for (uint32_t i = 0; i < CHAINS; i++) {
		make_entry(make, make_chain(make, "in", true));
		for (uint32_t j = below(seed, 12); j; j--)
			add_rule(make, seed, other);
		make_rule(make, "");
		if (below(seed, 2))
			make_test(make, "meta", "random", 1, 5);
		make_verdict(make, IR_VERDICT_DROP, 0);
		for (uint32_t j = below(seed, 6); j; j--)
			add_rule(make, seed, other);
	}
}

START_TEST(same_in_shared_blocks)
{
	const struct plan_options options = { .force = "shared" };
	uint32_t seed = (uint32_t)_i * 7907 + 1, shared = 0;
	struct plan *plan;
	struct make make;

	make_chains(&make, &seed);
	ck_assert(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan));
	for (size_t i = 0; i < plan->blocks.len; i++)
		shared += plan->blocks.at[i]->stretches.len > 1;
	ck_assert_uint_gt(shared, 0);
	for (uint32_t i = 0; i < PACKETS / 4; i++) {
		struct frame frame = make_frame(&seed);

		for (size_t j = 0; j < plan->blocks.len; j++)
			check_frame(&make.ir, plan->blocks.at[j], &frame);
	}
	arena_free(&make.arena);
}
END_TEST

/*
 * As many chains as there may be: few have look-ups of their own, no rule of the others is
 * compared, and functions stay few.
 */
START_TEST(many_chains)
{
	const struct plan_options options = { 0 };
	struct plan *plan;
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	for (uint32_t i = 1; i <= 2000; i++) {
		make_rule(&make, "");
		make_test(&make, "ip", "saddr", i, i);
		make_verdict(&make, IR_VERDICT_JUMP, i);
	}
	for (uint32_t i = 1; i <= 2000; i++) {
		make_chain(&make, "other", false);
		for (uint32_t j = 0; j < 20; j++) {
			make_rule(&make, "");
			make_test(&make, "ip", "daddr", i * j, i * j + j);
			make_test(&make, "tcp", "dport", j, j + i % 3);
			make_verdict(&make, IR_VERDICT_DROP, 0);
		}
	}
	ck_assert(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan));
	ck_assert_uint_le(plan->function_count, 60);
	for (uint32_t i = 0; i < make.ir.rules.len; i++)
		ck_assert_uint_ne(plan->block_of[i], 0);
	arena_free(&make.arena);
}
END_TEST

/*
 * Each dozen or so of rules asks other fields than the one before: more stretches than a program
 * has functions.  Few have look-ups of their own, others share some, and what is left is compared,
 * or too much.
 */
static void make_turns(struct make *make, uint32_t groups, uint32_t rules)
{
	static const char *const fields[2][9][2] = {
		{ { "ip", "saddr" }, { "ip", "ttl" }, { "ip", "id" }, { "ip", "length" },
		  { "ip", "checksum" }, { "tcp", "dport" }, { "tcp", "sequence" } },
		{ { "ip", "daddr" }, { "ip", "hdrlength" }, { "ip", "version" },
		  { "tcp", "sport" }, { "tcp", "ackseq" }, { "tcp", "window" },
		  { "tcp", "checksum" }, { "tcp", "urgptr" }, { "tcp", "doff" } },
	};
	uint32_t seed = 1;

	make_start(make);
	make_entry(make, make_chain(make, "in", true));
	for (uint32_t i = 0; i < groups * rules; i++) {
		make_rule(make, "");
		for (uint32_t j = 0; j < 9 && fields[i / rules % 2][j][0]; j++) {
			uint32_t value = below(&seed, 12);

			make_test(make, fields[i / rules % 2][j][0], fields[i / rules % 2][j][1],
				  value, value);
		}
		make_verdict(make, IR_VERDICT_DROP, 0);
	}
}

START_TEST(fields_by_turns)
{
	static const struct {
		uint32_t groups, rules;
		bool held;
	} cases[] = { { 300, 15, true }, { 300, 60, false } };
	const struct plan_options options = { 0 };
	struct plan *plan;
	struct make make;

	make_turns(&make, cases[_i].groups, cases[_i].rules);
	ck_assert_int_eq(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan),
			 cases[_i].held);
	if (cases[_i].held)
		ck_assert_uint_le(plan->function_count, 190);
	else
		ck_assert_str_eq(make.diag.messages.at[0].text,
				 "the rules up to this one are more than one program can hold");
	arena_free(&make.arena);
}
END_TEST

/* A set of COUNT boxes of an address and a port, of which all ports overlap. */
static void add_address_ports(struct make *make, const char *address, const char *port,
			      uint32_t count)
{
	uint32_t key = make_key(make), set = make_set(make);
	struct ir_step *step;

	make_part(make, key, "ip", address);
	make_part(make, key, "tcp", port);
	make->ir.sets.at[set].parts = 2;
	for (uint32_t i = 0; i < count; i++) {
		make_interval(make, set, i << 8, i << 8 | 0xff);
		make_interval(make, set, i * 7919 % 30000, 30000 + i * 7907 % 35000);
	}
	step = make_step(make, IR_STEP_TEST);
	step->key = key;
	step->set = set;
}

/* Few rules with very many rows, of which each is in almost all classes: bounded in memory, too. */
START_TEST(boxes_multiply)
{
	const struct plan_options options = { 0 };
	struct rusage usage;
	struct plan *plan;
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	for (uint32_t i = 0; i < 4; i++) {
		make_rule(&make, "");
		make_test(&make, "meta", "l4proto", 6, 6);
		add_address_ports(&make, "saddr", "dport", _i ? 30000 : 250);
		if (!_i)
			add_address_ports(&make, "daddr", "sport", 250);
		make_test(&make, "ip", "id", i, i);
		make_verdict(&make, IR_VERDICT_DROP, 0);
	}
	ck_assert(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan));
	ck_assert_uint_eq(plan->blocks.len, 1);
	/* In kB, of this process alone. */
	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	ck_assert_int_lt(usage.ru_maxrss, 2 << 20);
	arena_free(&make.arena);
}
END_TEST

/* Few rules that do not end the walk are left out, many are taken in. */
START_TEST(cut_or_resumed)
{
	const struct plan_options options = { 0 };
	struct plan *plan;
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	for (uint32_t i = 0; i < 600; i++) {
		make_rule(&make, "");
		make_test(&make, "meta", "length", i * 2, i * 2);
		if (_i || i == 300)
			make_counter(&make);
		if ((!_i && i != 300) || (_i && i % 2))
			make_verdict(&make, IR_VERDICT_DROP, 0);
	}
	ck_assert(plan_make(&make.ir, &options, &make.arena, &make.diag, &plan));
	ck_assert_uint_eq(plan->blocks.len, _i ? 1 : 2);
	ck_assert_int_eq(plan->blocks.at[0]->resumes, _i);
	ck_assert_uint_eq(plan->block_of[300] != 0, _i);
	arena_free(&make.arena);
}
END_TEST

/* Rules that ask chance, or count before they ask, are never in a block. */
START_TEST(not_taken)
{
	struct make make;

	make_start(&make);
	make_entry(&make, make_chain(&make, "in", true));
	make_rule(&make, "");
	make_test(&make, "meta", "random", 1, 5);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	make_rule(&make, "");
	make_counter(&make);
	make_test(&make, "ip", "ttl", 1, 5);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	make_rule(&make, "");
	make_counter(&make);
	make_rule(&make, "");
	make_test(&make, "ip", "ttl", 1, 5);
	make_counter(&make);
	ck_assert_int_eq(plan_block_takes(&make.ir, 0), PLAN_TAKEN_UNSTEADY);
	ck_assert_int_eq(plan_block_takes(&make.ir, 1), PLAN_TAKEN_LATE_TEST);
	ck_assert_int_eq(plan_block_takes(&make.ir, 2), PLAN_TAKEN_NO_TEST);
	ck_assert_int_eq(plan_block_takes(&make.ir, 3), PLAN_TAKEN_RESUMED);
	arena_free(&make.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("block");
	TCase *tcase = tcase_create("block");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, same_as_rule_after_rule, 0, 90);
	tcase_add_loop_test(tcase, same_in_shared_blocks, 0, 40);
	tcase_add_test(tcase, many_chains);
	tcase_add_loop_test(tcase, fields_by_turns, 0, 2);
	tcase_add_loop_test(tcase, boxes_multiply, 0, 2);
	tcase_add_loop_test(tcase, cut_or_resumed, 0, 2);
	tcase_add_test(tcase, not_taken);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
