/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_rule: rules as C, one line each, and the functions they are in.
 *
 * In: runs of rules.  Out: for each a function of the packet's fields that answers what the first
 * rule with a verdict says.  A test asks first whether the bytes are there, negated or not: a
 * load that fails ends the rule.
 *
 * Safety: the text of a rule is only ever in a comment; names in the code come from numbers and
 * from the field table.
 */
#include "compiler/emit_part.h"

/* A rule that is being written. */
struct line {
	struct emit *emit;
	uint32_t rule;
	bool inet;			/* its chain is of family inet */
	struct buf conditions;		/* of an `if` that is not written yet */
	bool makes_key;			/* in a condition */
	unsigned int depth;		/* of the braces that are open */
	bool has_l4;			/* known to be there */
	enum proto_id network;		/* known to be the packet's; PROTO_META: not known */
	bool acts;			/* something was written */
	uint32_t counted;		/* counter that the verdict behind it answers with, or
					   IR_NO_COUNTER */
};

static void put_and(struct line *line)
{
	if (line->conditions.len)
		buf_puts(&line->conditions, " && ");
}

/* The packet is of a network protocol that a place needs; PROTO_META: of any. */
static void put_network(struct line *line, enum proto_id network)
{
	if (network == PROTO_META || network == line->network)
		return;
	put_and(line);
	buf_printf(&line->conditions, "f->nfproto == %s",
		   network == PROTO_IP ? "NFPROTO_IPV4" : "NFPROTO_IPV6");
	line->network = network;
}

/* The load works: nothing is written for what always does, or was asked before in this rule. */
static void put_present(struct line *line, uint32_t number)
{
	const struct ir_load *load = &line->emit->ir->loads.at[number];
	uint32_t place = line->emit->place_of[number];
	unsigned int bytes = field_need_bytes(load->field, load->depth);

	if (load->field->load == FIELD_LOAD_NEVER) {
		put_and(line);
		buf_putc(&line->conditions, '0');
	}
	if (load->tunnel != PROTO_META && load->field->load != FIELD_LOAD_HEADER) {
		put_and(line);
		buf_printf(&line->conditions, "f->%s_%s", field_protos[load->tunnel].name,
			   load->field->load == FIELD_LOAD_L4PROTO ? "has_l4" : "opened");
		return;
	}
	if (load->field->load == FIELD_LOAD_L4PROTO && !line->has_l4) {
		put_and(line);
		buf_puts(&line->conditions, "f->has_l4");
		line->has_l4 = true;
	}
	if (load->field->load == FIELD_LOAD_PRESENCE)
		put_network(line, field_proto(load->field)->network);
	if (load->field->load != FIELD_LOAD_HEADER || bytes <= line->emit->present[place])
		return;
	put_and(line);
	buf_printf(&line->conditions, "f->%s >= %u", line->emit->places.at[place].len, bytes);
	line->emit->present[place] = bytes;
}

/* Loads are done in order, all of them before the look-up. */
static void put_all_present(struct line *line, uint32_t key)
{
	const struct ir_key *from = &line->emit->ir->keys.at[key];

	for (size_t i = 0; i < from->parts.len; i++)
		put_present(line, from->parts.at[i].load);
}

/* What is between the parentheses of set_N() and map_N(). */
static void put_key(const struct emit_value *value, unsigned int bits, struct buf *out)
{
	if (emit_value_is_wide(value))
		buf_printf(out, "%s, %s", value->high.at, value->low.at);
	else
		buf_printf(out, "%s%s", bits == 128 ? "0, " : "", value->low.at);
}

/*
 * The intervals of a small set that a value can be in; compilers warn about compares that are
 * never true.  Returns their number.
 */
static unsigned int find_possible(const struct ir_set *set, const struct emit_value *value,
				  struct ir_interval ret_possible[EMIT_MAX_INLINE])
{
	u128 max = u128_max(value->bits);
	unsigned int count = 0;

	for (size_t i = 0; i < set->intervals.len; i++) {
		u128 lo = set->intervals.at[i].lo, hi = set->intervals.at[i].hi;

		if (lo > max || (lo == hi && (lo ^ value->flip) & ~value->reach))
			continue;
		ret_possible[count++] = (struct ir_interval){ lo, hi < max ? hi : max };
	}
	return count;
}

/* A small set, in the rule's line. */
static void put_inline_set(const struct ir_set *set, const struct emit_value *value, bool negate,
			   struct buf *out)
{
	struct ir_interval possible[EMIT_MAX_INLINE];
	unsigned int count = find_possible(set, value, possible);

	if (!count)
		buf_putc(out, negate ? '1' : '0');
	if (count == 1)
		emit_value_in(value, &possible[0], negate, out);
	if (count <= 1)
		return;
	buf_puts(out, negate ? "!(" : "(");
	for (unsigned int i = 0; i < count; i++) {
		buf_puts(out, i ? " || " : "");
		emit_value_in(value, &possible[i], false, out);
	}
	buf_putc(out, ')');
}

/* Of the only part of a key. */
static void make_value(const struct line *line, uint32_t key, struct emit_value *ret_value)
{
	emit_value_make(line->emit, &line->emit->ir->keys.at[key].parts.at[0], line->inet, NULL,
			ret_value);
}

static bool is_single(const struct line *line, uint32_t key)
{
	return line->emit->ir->keys.at[key].parts.len == 1;
}

/* Several parts. */
static void put_pair(struct line *line, const struct ir_step *step)
{
	bool is_map = step->kind == IR_STEP_MAP;
	struct emit_pair pair = { is_map, is_map ? step->map : step->set, step->key,
				  line->inet && emit_key_asks_family(line->emit, step->key) };

	emit_pair_call(line->emit, &pair, &line->conditions);
	line->makes_key = line->makes_key || emit_step_makes_key(line->emit, step);
}

static void put_single_test(struct line *line, const struct ir_step *step, bool negate)
{
	struct emit *emit = line->emit;
	struct emit_value value;

	make_value(line, step->key, &value);
	if (emit_set_is_inline(emit, step->set, step->key)) {
		put_inline_set(&emit->ir->sets.at[step->set], &value, negate, &line->conditions);
	} else {
		buf_printf(&line->conditions, "%sset_%u(%s", negate ? "!" : "", step->set,
			   emit_set_wants_fields(emit, step->set) ? "f, " : "");
		put_key(&value, emit->plan->sets[step->set].key_bits, &line->conditions);
		buf_putc(&line->conditions, ')');
	}
	emit_value_free(&value);
}

static void put_test(struct line *line, const struct ir_step *step)
{
	bool negate = step->negate != line->emit->flip;

	line->emit->flip = false;
	put_all_present(line, step->key);
	put_and(line);
	if (is_single(line, step->key)) {
		put_single_test(line, step, negate);
	} else {
		buf_puts(&line->conditions, negate ? "!" : "");
		put_pair(line, step);
	}
}

/* Writes the `if` of the tests so far; what follows is done only when they are true. */
static void open_if(struct line *line)
{
	if (line->conditions.len) {
		buf_printf(line->emit->out, "%sif (%s) { ", line->acts ? "" : "\t",
			   line->conditions.at);
		line->conditions.len = 0;
		line->emit->run_key = line->emit->run_key || line->makes_key;
		line->depth++;
	} else if (!line->acts) {
		buf_putc(line->emit->out, '\t');
	}
	line->acts = true;
}

static bool map_goes_on(const struct ir *ir, uint32_t number)
{
	const struct ir_map *map = &ir->maps.at[number];

	for (size_t i = 0; i < map->entries.len; i++)
		if (map->entries.at[i].verdict.kind == IR_VERDICT_CONTINUE)
			return true;
	return map->has_rest && map->rest.verdict.kind == IR_VERDICT_CONTINUE;
}

static bool entry_ends(const struct ir *ir, const struct ir_map_entry *entry)
{
	return entry->verdict.kind != IR_VERDICT_CONTINUE && plan_entry_word(ir, entry);
}

/* Some entry's verdict ends the rule. */
static bool map_ends(const struct ir *ir, uint32_t number)
{
	const struct ir_map *map = &ir->maps.at[number];

	for (size_t i = 0; i < map->entries.len; i++)
		if (entry_ends(ir, &map->entries.at[i]))
			return true;
	return map->has_rest && entry_ends(ir, &map->rest);
}

static void put_single_map(struct line *line, const struct ir_step *step)
{
	struct emit *emit = line->emit;
	struct emit_value value;

	make_value(line, step->key, &value);
	buf_printf(&line->conditions, "map_%u(%s", step->map,
		   emit_map_wants_fields(emit, step->map) ? "f, " : "");
	put_key(&value, emit->plan->maps[step->map].key_bits, &line->conditions);
	buf_putc(&line->conditions, ')');
	emit_value_free(&value);
}

static void put_map(struct line *line, const struct ir_step *step)
{
	struct emit *emit = line->emit;
	bool ends = map_ends(emit->ir, step->map);

	put_all_present(line, step->key);
	put_and(line);
	buf_puts(&line->conditions, ends ? "(word = " : "");
	if (is_single(line, step->key))
		put_single_map(line, step);
	else
		put_pair(line, step);
	buf_puts(&line->conditions, ends ? ")" : "");
	open_if(line);
	if (!ends)
		return;
	emit->run_word = true;
	if (emit->direct) {
		emit->run_answer = true;
		emit->behind = emit_direct_map(emit, step->map, line->rule, emit->out) ||
			       emit->behind;
	}
	if (map_goes_on(emit->ir, step->map))
		buf_puts(emit->out, "if (word != WORD(ANSWER_CONTINUE, 0)) ");
	buf_printf(emit->out, "return ANSWER(word, %u); ", line->rule);
}

bool emit_is_brief(const struct emit *emit, size_t run)
{
	return emit->small && emit->brief && !emit->plan->runs.at[run].block;
}

static bool is_brief(const struct line *line)
{
	return emit_is_brief(line->emit, plan_find_run(line->emit->plan, line->rule));
}

/* "return DROP(3)"; a brief answer names the counter, too. */
static void put_answer(const struct line *line, const char *verdict)
{
	struct buf *out = line->emit->out;

	if (is_brief(line))
		buf_printf(out, "return BRIEF(ANSWER_%s, %u, %u)", verdict, line->rule,
			   line->counted == IR_NO_COUNTER ? 0 : line->counted + 1);
	else
		buf_printf(out, "return %s(%u)", verdict, line->rule);
}

static void put_counted(const struct line *line)
{
	if (line->counted != IR_NO_COUNTER && !is_brief(line))
		buf_printf(line->emit->out, " | COUNTS(%u)", line->counted);
	buf_puts(line->emit->out, "; ");
}

/* False: nothing of the rule is done behind this. */
static bool put_verdict(struct line *line, const struct ir_verdict *verdict)
{
	uint32_t word = plan_word(line->emit->ir, verdict), to = word & 0xfffffff;
	struct buf *out = line->emit->out;

	if (verdict->kind == IR_VERDICT_CONTINUE)
		return true;
	if (!word)			/* jumps to a chain without rules and comes back */
		return false;
	open_if(line);
	if (line->emit->direct && (word >> 28 == ANSWER_JUMP || word >> 28 == ANSWER_GOTO)) {
		line->emit->run_answer = true;
		emit_direct_go(word, out);
		return false;
	}
	switch ((enum answer)(word >> 28)) {
	case ANSWER_ACCEPT:
		put_answer(line, "ACCEPT");
		put_counted(line);
		break;
	case ANSWER_DROP:
		put_answer(line, "DROP");
		put_counted(line);
		break;
	case ANSWER_RETURN:
		put_answer(line, "RETURN");
		buf_puts(out, "; ");
		break;
	case ANSWER_JUMP:
		buf_printf(out, "return JUMP(%u, %u); ", line->rule, to);
		break;
	case ANSWER_GOTO:
		buf_printf(out, "return GOTO(%u, %u); ", line->rule, to);
		break;
	case ANSWER_NONE:
	case ANSWER_CONTINUE:
	case ANSWER_TOO_LONG:
		break;
	}
	return false;
}

/*
 * A counter right before accept or drop is told in the answer: all rules share one place that
 * counts, and a run has no call in it.
 */
static bool is_told(const struct ir_rule *rule, const struct ir_step *step)
{
	const struct ir_step *next = step + 1;

	return next < rule->steps.at + rule->steps.len && next->kind == IR_STEP_VERDICT &&
	       (next->verdict.kind == IR_VERDICT_ACCEPT || next->verdict.kind == IR_VERDICT_DROP);
}

static bool put_step(struct line *line, const struct ir_rule *rule, const struct ir_step *step)
{
	switch (step->kind) {
	case IR_STEP_TEST:
		put_test(line, step);
		return true;
	case IR_STEP_COUNTER:
		open_if(line);
		if (is_told(rule, step)) {
			line->counted = step->counter;
			return true;
		}
		buf_printf(line->emit->out, "count(f, %u); ", step->counter);
		return true;
	case IR_STEP_VERDICT:
		return put_verdict(line, &step->verdict);
	case IR_STEP_MAP:
		put_map(line, step);
		return true;
	}
	return false;
}

/*
 * The rule's last test is a look-up, and the chain ends with its verdict: the answer is chosen
 * without a branch, which would be guessed wrong for half of the packets where half are found, and
 * would wait for the table each time [measured: 100,000 prefixes, 34 ns with it, 24 without].
 */
static bool is_chosen(const struct emit *emit, uint32_t number, const struct ir_step **order)
{
	const struct ir_rule *rule = &emit->ir->rules.at[number];
	const struct ir_chain *chain = &emit->ir->chains.at[rule->chain];
	size_t tests = 0, left;

	while (tests < rule->steps.len && order[tests]->kind == IR_STEP_TEST)
		tests++;
	left = rule->steps.len - tests;
	if (!tests || emit->flip || number + 1 != chain->first_rule + chain->rule_count ||
	    left < 1 || left > 2 || order[rule->steps.len - 1]->kind != IR_STEP_VERDICT ||
	    (left == 2 && order[tests]->kind != IR_STEP_COUNTER))
		return false;
	return (order[rule->steps.len - 1]->verdict.kind == IR_VERDICT_ACCEPT ||
		order[rule->steps.len - 1]->verdict.kind == IR_VERDICT_DROP) &&
	       emit->ir->keys.at[order[tests - 1]->key].parts.len == 1 &&
	       !emit_set_is_inline(emit, order[tests - 1]->set, order[tests - 1]->key) &&
	       emit->plan->sets[order[tests - 1]->set].table != PLAN_NO_TABLE;
}

/* `return CHOOSE(set_1(f->ip_saddr), DROP(0) | COUNTS(0), CHAIN_END);` */
static void put_chosen(struct line *line, const struct ir_rule *rule, const struct ir_step **order)
{
	const struct ir_verdict *verdict = &order[rule->steps.len - 1]->verdict;
	struct buf answer = BUF_INIT, *out = line->emit->out;
	size_t last = 0;

	for (; order[last + 1]->kind == IR_STEP_TEST; last++)
		put_test(line, order[last]);
	put_all_present(line, order[last]->key);
	open_if(line);
	put_single_test(line, order[last], false);
	buf_printf(&answer, "%s(%u)", verdict->kind == IR_VERDICT_ACCEPT ? "ACCEPT" : "DROP",
		   line->rule);
	if (order[last + 1]->kind == IR_STEP_COUNTER)
		buf_printf(&answer, " | COUNTS(%u)", order[last + 1]->counter);
	buf_printf(out, "return CHOOSE(%s, %s, %s); ", line->conditions.at,
		   order[last]->negate ? "CHAIN_END" : answer.at,
		   order[last]->negate ? answer.at : "CHAIN_END");
	buf_free(&answer);
}

static void put_rule(struct emit *emit, uint32_t number)
{
	const struct ir_rule *rule = &emit->ir->rules.at[number];
	struct line line = { .emit = emit, .rule = number, .counted = IR_NO_COUNTER,
			     .inet = emit->ir->chains.at[rule->chain].inet };
	const struct ir_step **order = emit_order(emit, rule);
	bool chosen = is_chosen(emit, number, order);

	emit_place_forget(emit);
	if (chosen)
		put_chosen(&line, rule, order);
	for (size_t i = 0; !chosen && i < rule->steps.len; i++)
		if (!put_step(&line, rule, order[i]))
			break;
	buf_puts(emit->out, line.acts ? "" : "\t");
	while (line.depth--)
		buf_puts(emit->out, "} ");
	buf_puts(emit->out, "/* ");
	emit_comment_text(str_from(rule->place), emit->out);
	buf_putc(emit->out, ' ');
	emit_comment_text(rule->text, emit->out);
	buf_puts(emit->out, line.acts ? " */\n" : " (does nothing) */\n");
	buf_free(&line.conditions);
}

static const struct ir_chain *chain_of(const struct emit *emit, uint32_t rule)
{
	return &emit->ir->chains.at[emit->ir->rules.at[rule].chain];
}

static bool is_used(const struct emit *emit, uint32_t rule)
{
	return emit->plan->chain_used[emit->ir->rules.at[rule].chain];
}

/* The first run of the function. */
static const struct plan_run *first_run(const struct emit *emit, uint32_t function)
{
	const struct plan_run *run = emit->plan->runs.at;

	/* They are in the order of their first runs. */
	if (emit->plan->function_count == emit->plan->runs.len)
		return &run[function];
	while (run->function != function)
		run++;
	return run;
}

/* The next one of the same function; NULL: there is none. */
static const struct plan_run *next_run(const struct emit *emit, const struct plan_run *run)
{
	const struct plan_run *end = emit->plan->runs.at + emit->plan->runs.len;
	uint32_t function = run->function;

	if (emit->plan->function_count == emit->plan->runs.len)
		return NULL;
	do {
		if (++run == end)
			return NULL;
	} while (run->function != function);
	return run;
}

uint32_t emit_function_of(const struct emit *emit, uint32_t rule)
{
	return emit->plan->runs.at[plan_find_run(emit->plan, rule)].function;
}

/* A chain begins, or goes on, inside of the function whose first run is FIRST. */
static bool is_entered(const struct emit *emit, const struct plan_run *first,
		       const struct plan_run *run, uint32_t rule)
{
	return rule != first->first &&
	       (rule == chain_of(emit, rule)->first_rule || rule == run->first);
}

bool emit_function_has_places(const struct emit *emit, uint32_t function)
{
	const struct plan_run *run;

	if (emit->direct)
		return false;
	run = first_run(emit, function);
	if (run->block)
		return plan_block_has_places(run->block);
	if (next_run(emit, run))
		return true;
	for (uint32_t i = run->first; i < run->end; i++)
		if (is_used(emit, i) &&
		    (is_entered(emit, run, run, i) || plan_rule_jumps(emit->ir, i)))
			return true;
	return false;
}

/* Where else than at its first rule the function is entered. */
static void put_places(const struct emit *emit, const struct plan_run *first)
{
	struct buf *out = emit->out;

	if (!emit_function_has_places(emit, first->function))
		return;
	buf_puts(out, "\tswitch (from) {\n");
	for (const struct plan_run *run = first; run; run = next_run(emit, run)) {
		for (uint32_t i = run->first; i < run->end; i++) {
			if (!is_used(emit, i))
				continue;
			if (is_entered(emit, first, run, i))
				buf_printf(out, "\tcase %u: goto rule_%u;\n", i, i);
			if (plan_rule_jumps(emit->ir, i))
				buf_printf(out, "\tcase BEHIND(%u): goto behind_%u;\n", i, i);
		}
	}
	buf_puts(out, "\t}\n");
}

/* The run's, which is one of the function whose first run is FIRST. */
static void put_rules(struct emit *emit, const struct plan_run *first, const struct plan_run *run)
{
	struct buf *out = emit->out;

	for (uint32_t i = run->first; i < run->end; i++) {
		const struct ir_chain *chain = chain_of(emit, i);
		uint32_t chain_end = chain->first_rule + chain->rule_count;

		if (!is_used(emit, i))
			continue;
		if (i == chain->first_rule || i == run->first) {
			buf_puts(out, "\t/* ");
			emit_chain_name(chain, out);
			buf_puts(out, i == chain->first_rule ? " */\n" : ", goes on */\n");
		}
		if (is_entered(emit, first, run, i))
			buf_printf(out, "rule_%u:\n", i);
		emit->behind = false;
		put_rule(emit, i);
		if (emit->direct ? emit->behind : plan_rule_jumps(emit->ir, i))
			buf_printf(out, "behind_%u:\n", i);
		if (i + 1 == chain_end)
			buf_printf(out, "\treturn %s;\n",
				   emit_is_brief(emit, plan_find_run(emit->plan, i)) ?
					   "BRIEF_END" : "CHAIN_END");
		else if (i + 1 == run->end)
			buf_printf(out, "\treturn NEXT_RUN(%u);\n", run->end);
	}
}

void emit_run_begin(const struct emit *emit, size_t number)
{
	if (emit->small)
		buf_printf(emit->out, "XDPFW_INLINE %s rules_%zu(FIELDS *f)\n{\n",
			   emit_is_brief(emit, number) ? "__u32" : "__u64", number);
	else
		buf_printf(emit->out, "XDPFW_ALONE __u64 run_%zu(FIELDS *f%s)\n{\n", number,
			   emit_function_has_places(emit, (uint32_t)number) ?
				   ", __u32 from" : "");
}

void emit_run_check(const struct emit *emit)
{
	if (!emit->small)
		buf_puts(emit->out, "\tif (!f)\n\t\treturn 0;\n");
}

void emit_run_end(const struct emit *emit, size_t number)
{
	buf_puts(emit->out, "}\n\n");
	if (emit->small)
		buf_printf(emit->out, "XDPFW_ALONE %s run_%zu(FIELDS *f)\n"
				      "{\n"
				      "\treturn f ? rules_%zu(f) : 0;\n"
				      "}\n\n", emit_is_brief(emit, number) ? "__u32" : "__u64",
			   number, number);
}

/* What a function needs is known when its rules are written. */
static void put_function(struct emit *emit, const struct plan_run *first)
{
	struct buf *out = emit->out, rules = BUF_INIT;
	uint32_t number = first->function;

	emit->run_key = emit->run_word = emit->run_answer = false;
	emit->out = &rules;
	for (const struct plan_run *run = first; run; run = next_run(emit, run))
		put_rules(emit, first, run);
	emit->out = out;
	emit_run_begin(emit, number);
	buf_puts(out, emit->run_key ? "\tstruct key key;\n" : "");
	buf_puts(out, emit->run_word ? "\t__u32 word;\n" : "");
	buf_puts(out, emit->run_answer ? "\t__u64 answer __attribute__((unused));\n" : "");
	buf_puts(out, emit->run_key || emit->run_word || emit->run_answer ? "\n" : "");
	emit_run_check(emit);
	put_places(emit, first);
	buf_put(out, rules.at, rules.len);
	emit_run_end(emit, number);
	buf_free(&rules);
}

void emit_runs(struct emit *emit)
{
	uint32_t count = emit->plan->function_count;

	for (uint32_t i = 0; i < count; i++) {
		const struct plan_run *run = first_run(emit, i);

		if (run->block)
			emit_block(emit, run->block, i);
		else
			put_function(emit, run);
	}
}
