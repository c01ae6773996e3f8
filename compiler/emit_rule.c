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
	struct buf conditions;		/* of an `if` that is not written yet */
	unsigned int depth;		/* of the braces that are open */
	unsigned int present[FIELD_BASE_TRANSPORT + 1];	/* bytes known to be there, by base */
	bool has_l4;			/* known to be there */
	bool acts;			/* something was written */
};

static void put_and(struct line *line)
{
	if (line->conditions.len)
		buf_puts(&line->conditions, " && ");
}

/* The field exists: nothing is written for what always does, or was asked before in this rule. */
static void put_present(struct line *line, const struct ir_load *load)
{
	static const char *const lengths[] = {
		[FIELD_BASE_META] = "",
		[FIELD_BASE_LINK] = "frame_len",
		[FIELD_BASE_NETWORK] = "length",
		[FIELD_BASE_TRANSPORT] = "th_len",
	};
	enum field_base base = field_proto(load->field)->base;
	unsigned int bytes = field_need_bytes(load->field, load->depth);

	if (load->field->load == FIELD_LOAD_L4PROTO && !line->has_l4) {
		put_and(line);
		buf_puts(&line->conditions, "f->has_l4");
		line->has_l4 = true;
	}
	if (load->field->load != FIELD_LOAD_HEADER || bytes <= line->present[base])
		return;
	put_and(line);
	buf_printf(&line->conditions, "f->%s >= %u", lengths[base], bytes);
	line->present[base] = bytes;
}

/* "f->tcp_flags & 0x12"; of a wide field the half that SUFFIX names. */
static void put_value(const struct ir_load *load, const char *suffix, uint64_t mask,
		      uint64_t all, struct buf *out)
{
	buf_puts(out, mask == all ? "f->" : "(f->");
	if (load->field->load == FIELD_LOAD_LENGTH)
		buf_puts(out, "length");
	else
		ir_load_name(load, out);
	buf_puts(out, suffix);
	if (mask == all)
		return;
	buf_puts(out, " & ");
	emit_number(NULL, mask, out);
	buf_putc(out, ')');
}

/* The value under its mask: one expression, or two for a wide field. */
struct value {
	struct buf high, low;
};

static struct value make_value(const struct ir_load *load, u128 mask)
{
	struct value value = { BUF_INIT, BUF_INIT };

	if (emit_is_wide(load)) {
		put_value(load, "_high", (uint64_t)(mask >> 64), UINT64_MAX, &value.high);
		put_value(load, "_low", (uint64_t)mask, UINT64_MAX, &value.low);
	} else {
		put_value(load, "", (uint64_t)mask & (uint64_t)u128_max(load->field->bit_len),
			  (uint64_t)u128_max(load->field->bit_len), &value.low);
	}
	return value;
}

static void free_value(struct value *value)
{
	buf_free(&value->high);
	buf_free(&value->low);
}

/* What is between the parentheses of set_N() and map_N(). */
static void put_key(const struct ir_load *load, const struct value *value, unsigned int bits,
		    struct buf *out)
{
	if (emit_is_wide(load))
		buf_printf(out, "%s, %s", value->high.at, value->low.at);
	else
		buf_printf(out, "%s%s", bits == 128 ? "0, " : "", value->low.at);
}

/*
 * The intervals of a small set that a value under this mask can be in; compilers warn about
 * compares that are never true.  Returns their number.
 */
static unsigned int find_possible(const struct ir_set *set, const struct ir_load *load, u128 mask,
				  struct ir_interval ret_possible[EMIT_MAX_INLINE])
{
	u128 max = u128_max(load->field->bit_len);
	unsigned int count = 0;

	for (size_t i = 0; i < set->intervals.len; i++) {
		u128 lo = set->intervals.at[i].lo, hi = set->intervals.at[i].hi;

		if (lo > max || (lo == hi && lo & ~mask))
			continue;
		ret_possible[count++] = (struct ir_interval){ lo, hi < max ? hi : max };
	}
	return count;
}

static void put_interval(const struct ir_load *load, const struct value *value,
			 const struct ir_interval *interval, bool negate, struct buf *out)
{
	bool equal = interval->lo == interval->hi && !emit_is_wide(load);

	if (negate && !equal)
		buf_putc(out, '!');
	if (!interval->lo && interval->hi == u128_max(load->field->bit_len)) {
		buf_putc(out, '1');
	} else if (emit_is_wide(load)) {
		buf_puts(out, negate ? "(" : "");
		emit_wide_interval(value->high.at, value->low.at, interval->lo, interval->hi, out);
		buf_puts(out, negate ? ")" : "");
	} else if (equal) {
		buf_printf(out, "%s %s ", value->low.at, negate ? "!=" : "==");
		emit_number(load->field, (uint64_t)interval->lo, out);
	} else {
		emit_interval(load->field, value->low.at, (uint64_t)interval->lo,
			      (uint64_t)interval->hi, load->field->bit_len > 32, out);
	}
}

/* A small set, in the rule's line. */
static void put_inline_set(const struct ir_step *step, const struct ir_load *load,
			   const struct ir_set *set, const struct value *value, bool negate,
			   struct buf *out)
{
	struct ir_interval possible[EMIT_MAX_INLINE];
	unsigned int count = find_possible(set, load, step->mask, possible);

	if (!count)
		buf_putc(out, negate ? '1' : '0');
	if (count == 1)
		put_interval(load, value, &possible[0], negate, out);
	if (count <= 1)
		return;
	buf_puts(out, negate ? "!(" : "(");
	for (unsigned int i = 0; i < count; i++) {
		buf_puts(out, i ? " || " : "");
		put_interval(load, value, &possible[i], false, out);
	}
	buf_putc(out, ')');
}

static void put_test(struct line *line, const struct ir_step *step)
{
	struct emit *emit = line->emit;
	const struct ir_load *load = &emit->ir->loads.at[step->load];
	struct value value = make_value(load, step->mask);
	bool negate = step->negate != emit->flip;

	emit->flip = false;
	put_present(line, load);
	put_and(line);
	if (emit_set_is_inline(emit, step->set)) {
		put_inline_set(step, load, &emit->ir->sets.at[step->set], &value, negate,
			       &line->conditions);
	} else {
		buf_printf(&line->conditions, "%sset_%u(", negate ? "!" : "", step->set);
		put_key(load, &value, emit->plan->set_bits[step->set], &line->conditions);
		buf_putc(&line->conditions, ')');
	}
	free_value(&value);
}

/* Writes the `if` of the tests so far; what follows is done only when they are true. */
static void open_if(struct line *line)
{
	if (line->conditions.len) {
		buf_printf(line->emit->out, "%sif (%s) { ", line->acts ? "" : "\t",
			   line->conditions.at);
		line->conditions.len = 0;
		line->depth++;
	} else if (!line->acts) {
		buf_putc(line->emit->out, '\t');
	}
	line->acts = true;
}

static bool map_continues(const struct ir_map *map)
{
	for (size_t i = 0; i < map->entries.len; i++)
		if (map->entries.at[i].verdict.kind == IR_VERDICT_CONTINUE)
			return true;
	return false;
}

static void put_map(struct line *line, const struct ir_step *step)
{
	struct emit *emit = line->emit;
	const struct ir_load *load = &emit->ir->loads.at[step->load];
	struct value value = make_value(load, step->mask);

	put_present(line, load);
	put_and(line);
	buf_printf(&line->conditions, "(word = map_%u(", step->map);
	put_key(load, &value, emit->plan->map_bits[step->map], &line->conditions);
	buf_puts(&line->conditions, "))");
	free_value(&value);
	open_if(line);
	if (map_continues(&emit->ir->maps.at[step->map]))
		buf_puts(emit->out, "if (word != WORD(ANSWER_CONTINUE, 0)) ");
	buf_printf(emit->out, "return ANSWER(word, %u); ", line->rule);
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
	switch ((enum answer)(word >> 28)) {
	case ANSWER_ACCEPT:
		buf_printf(out, "return ACCEPT(%u); ", line->rule);
		break;
	case ANSWER_DROP:
		buf_printf(out, "return DROP(%u); ", line->rule);
		break;
	case ANSWER_RETURN:
		buf_printf(out, "return RETURN(%u); ", line->rule);
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

static bool put_step(struct line *line, const struct ir_step *step)
{
	switch (step->kind) {
	case IR_STEP_TEST:
		put_test(line, step);
		return true;
	case IR_STEP_COUNTER:
		open_if(line);
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

static void put_rule(struct emit *emit, uint32_t number)
{
	const struct ir_rule *rule = &emit->ir->rules.at[number];
	struct line line = { .emit = emit, .rule = number };

	line.present[FIELD_BASE_LINK] = 14;	/* of every frame */
	for (size_t i = 0; i < rule->steps.len; i++)
		if (!put_step(&line, &rule->steps.at[i]))
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

/* A chain begins inside of the run. */
static bool is_entered(const struct emit *emit, const struct plan_run *run, uint32_t rule)
{
	return rule != run->first && rule == chain_of(emit, rule)->first_rule;
}

bool emit_run_has_places(const struct emit *emit, const struct plan_run *run)
{
	for (uint32_t i = run->first; i < run->end; i++)
		if (is_used(emit, i) &&
		    (is_entered(emit, run, i) || plan_rule_jumps(emit->ir, i)))
			return true;
	return false;
}

/* Where else than at its first rule the run is entered. */
static void put_places(const struct emit *emit, const struct plan_run *run)
{
	struct buf *out = emit->out;

	if (!emit_run_has_places(emit, run))
		return;
	buf_puts(out, "\tswitch (from) {\n");
	for (uint32_t i = run->first; i < run->end; i++) {
		if (!is_used(emit, i))
			continue;
		if (is_entered(emit, run, i))
			buf_printf(out, "\tcase %u: goto rule_%u;\n", i, i);
		if (plan_rule_jumps(emit->ir, i))
			buf_printf(out, "\tcase BEHIND(%u): goto behind_%u;\n", i, i);
	}
	buf_puts(out, "\t}\n");
}

static bool has_map(const struct emit *emit, const struct plan_run *run)
{
	for (uint32_t i = run->first; i < run->end; i++) {
		const struct ir_rule *rule = &emit->ir->rules.at[i];

		if (!is_used(emit, i))
			continue;
		for (size_t j = 0; j < rule->steps.len; j++)
			if (rule->steps.at[j].kind == IR_STEP_MAP)
				return true;
	}
	return false;
}

static void put_rules(struct emit *emit, const struct plan_run *run)
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
		if (is_entered(emit, run, i))
			buf_printf(out, "rule_%u:\n", i);
		put_rule(emit, i);
		if (plan_rule_jumps(emit->ir, i))
			buf_printf(out, "behind_%u:\n", i);
		if (i + 1 == chain_end)
			buf_puts(out, "\treturn CHAIN_END;\n");
		else if (i + 1 == run->end)
			buf_printf(out, "\treturn NEXT_RUN(%u);\n", run->end);
	}
}

void emit_runs(struct emit *emit)
{
	struct buf *out = emit->out;

	for (size_t i = 0; i < emit->plan->runs.len; i++) {
		const struct plan_run *run = &emit->plan->runs.at[i];

		buf_printf(out, "XDPFW_ALONE __u64 run_%zu(const volatile struct fields *f%s)\n{\n",
			   i, emit_run_has_places(emit, run) ? ", __u32 from" : "");
		if (has_map(emit, run))
			buf_puts(out, "\t__u32 word;\n\n");
		buf_puts(out, "\tif (!f)\n\t\treturn 0;\n");
		put_places(emit, run);
		put_rules(emit, run);
		buf_puts(out, "}\n\n");
	}
}
