/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_direct: jumps as calls, where chains nest so little that calls may.
 *
 * In: the plan.  Out: whether all jumps of the program can be calls; chain_N(), which runs a chain
 * to its end; what a rule does that jumps.  Otherwise jumps are steps of a loop (xdpfw_jump.h),
 * which costs each of them more than a chain of a few rules does.
 *
 * Safety: a rule's jump does here what a step of that loop does.  A program whose chains could ask
 * for more than XDPFW_MAX_RUNS jumps for one packet, or in which one leads back to itself, is not
 * written so: nothing is left to be counted.
 */
#include "compiler/emit_part.h"

#include "compiler/plan_block.h"
#include "compiler/plan_engine.h"

/* The kernel takes 8 functions inside each other; the program and look-ups need the others. */
#define MAX_DEPTH 3
#define MAX_CHAIN_RUNS 4
#define MAX_TARGETS 16			/* of one map */

/* What is known of a chain, itself and below. */
struct reach {
	bool seen, done;
	uint32_t depth;			/* 1: it goes to no other */
	uint64_t jumps;			/* the most that one packet makes */
};

static bool is_going(const struct ir *ir, const struct ir_verdict *verdict)
{
	uint32_t answer = plan_word(ir, verdict) >> 28;

	return answer == ANSWER_JUMP || answer == ANSWER_GOTO;
}

/* Entry NUMBER of a map, or behind the last its rest; NULL behind that. */
static const struct ir_map_entry *entry_of(const struct ir_map *map, size_t number)
{
	if (number < map->entries.len)
		return &map->entries.at[number];
	return number == map->entries.len && map->has_rest ? &map->rest : NULL;
}

static bool measure_chain(const struct ir *ir, struct reach *reaches, uint32_t number);

/* Adds to *JUMPS the most that a verdict of the step leads to; false: not as calls. */
static bool measure_verdict(const struct ir *ir, struct reach *reaches, struct reach *from,
			    const struct ir_verdict *verdict, uint64_t *jumps)
{
	const struct reach *to;

	if (!is_going(ir, verdict))
		return true;
	if (!measure_chain(ir, reaches, verdict->chain))
		return false;
	to = &reaches[verdict->chain];
	if (to->depth + 1 > from->depth)
		from->depth = to->depth + 1;
	if (to->jumps + 1 > *jumps)
		*jumps = to->jumps + 1;
	return from->depth <= MAX_DEPTH;
}

static bool measure_step(const struct ir *ir, struct reach *reaches, struct reach *from,
			 const struct ir_step *step)
{
	const struct ir_map_entry *entry;
	uint64_t jumps = 0;

	if (step->kind == IR_STEP_VERDICT &&
	    !measure_verdict(ir, reaches, from, &step->verdict, &jumps))
		return false;
	for (size_t i = 0; step->kind == IR_STEP_MAP; i++) {
		entry = entry_of(&ir->maps.at[step->map], i);
		if (!entry)
			break;
		if (!measure_verdict(ir, reaches, from, &entry->verdict, &jumps))
			return false;
	}
	from->jumps += jumps;
	return from->jumps <= XDPFW_MAX_RUNS;
}

/* False: it nests too deep, leads back to itself, or jumps too often.  As deep as MAX_DEPTH. */
static bool measure_chain(const struct ir *ir, struct reach *reaches, uint32_t number)
{
	const struct ir_chain *chain = &ir->chains.at[number];
	struct reach *reach = &reaches[number];

	if (reach->seen)
		return reach->done;
	reach->seen = true;
	reach->depth = 1;
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &ir->rules.at[chain->first_rule + i];

		for (size_t j = 0; j < rule->steps.len; j++)
			if (!measure_step(ir, reaches, reach, &rule->steps.at[j]))
				return false;
	}
	reach->done = true;
	return true;
}

/* Words of a map's entries that go to chains.  Returns their number; MAX_TARGETS + 1: too many. */
static size_t find_targets(const struct ir *ir, const struct ir_map *map,
			   uint32_t ret_words[MAX_TARGETS])
{
	const struct ir_map_entry *entry;
	size_t count = 0, known;

	for (size_t i = 0; (entry = entry_of(map, i)); i++) {
		uint32_t word = plan_word(ir, &entry->verdict);

		if (!is_going(ir, &entry->verdict))
			continue;
		for (known = 0; known < count && ret_words[known] != word; known++)
			;
		if (known < count)
			continue;
		if (count == MAX_TARGETS)
			return MAX_TARGETS + 1;
		ret_words[count++] = word;
	}
	return count;
}

static bool rule_goes(const struct ir *ir, const struct ir_rule *rule)
{
	uint32_t words[MAX_TARGETS];

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		if (step->kind == IR_STEP_VERDICT && is_going(ir, &step->verdict))
			return true;
		if (step->kind == IR_STEP_MAP && find_targets(ir, &ir->maps.at[step->map], words))
			return true;
	}
	return false;
}

/* Each run is a function with rules of one chain; those that are looked up go to no other. */
static bool are_runs_plain(const struct emit *emit)
{
	const struct ir *ir = emit->ir;

	if (emit->plan->function_count < emit->plan->runs.len)
		return false;
	for (size_t i = 0; i < emit->plan->runs.len; i++) {
		const struct plan_run *run = &emit->plan->runs.at[i];

		if (run->block && plan_block_has_places(run->block))
			return false;
		for (uint32_t j = run->first; j < run->end; j++)
			if (ir->rules.at[j].chain != ir->rules.at[run->first].chain ||
			    (run->block && rule_goes(ir, &ir->rules.at[j])))
				return false;
	}
	return true;
}

static bool are_maps_small(const struct ir *ir)
{
	uint32_t words[MAX_TARGETS];

	for (size_t i = 0; i < ir->maps.len; i++)
		if (find_targets(ir, &ir->maps.at[i], words) > MAX_TARGETS)
			return false;
	return true;
}

static size_t last_run(const struct emit *emit, const struct ir_chain *chain)
{
	return plan_find_run(emit->plan, chain->first_rule + chain->rule_count - 1);
}

bool emit_direct_is_possible(const struct emit *emit)
{
	const struct ir *ir = emit->ir;
	struct reach *reaches = ARENA_ARRAY(emit->arena, struct reach, ir->chains.len + 1);

	if (emit_reads_places(emit) || emit->plan->key_lanes ||
	    emit_uses_engine(emit, &plan_engine_tree) || !are_runs_plain(emit) ||
	    !are_maps_small(ir))
		return false;
	for (uint32_t i = 0; i < ir->chains.len; i++) {
		const struct ir_chain *chain = &ir->chains.at[i];

		if (!emit->plan->chain_used[i] || !chain->rule_count)
			continue;
		if (last_run(emit, chain) - plan_find_run(emit->plan, chain->first_rule) >=
			    MAX_CHAIN_RUNS ||
		    !measure_chain(ir, reaches, i))
			return false;
	}
	return true;
}

/* "chain_20(f)": the chain whose first rule is 20. */
void emit_direct_call(uint32_t first_rule, struct buf *out)
{
	buf_printf(out, "chain_%u(f)", first_rule);
}

static void put_chain(const struct emit *emit, const struct ir_chain *chain)
{
	size_t run = plan_find_run(emit->plan, chain->first_rule), last = last_run(emit, chain);
	struct buf *out = emit->out;

	buf_puts(out, "/* ");
	emit_chain_name(chain, out);
	buf_printf(out, " */\nXDPFW_INLINE __u64 chain_%u(FIELDS *f)\n{\n", chain->first_rule);
	buf_puts(out, run < last ? "\t__u64 answer;\n\n" : "");
	for (; run < last; run++)
		buf_printf(out,
			   "\tanswer = run_%zu(f);\n"
			   "\tif (answer >> 60 != ANSWER_CONTINUE)\n"
			   "\t\treturn answer;\n", run);
	buf_printf(out, "\treturn run_%zu(f);\n}\n\n", last);
}

void emit_direct(const struct emit *emit)
{
	const struct ir *ir = emit->ir;

	if (!emit->direct)
		return;
	for (size_t i = 0; i < emit->plan->runs.len; i++)
		buf_printf(emit->out, "XDPFW_ALONE __u64 run_%zu(FIELDS *f);\n", i);
	buf_putc(emit->out, '\n');
	for (size_t i = 0; i < ir->chains.len; i++)
		if (emit->plan->chain_used[i] && ir->chains.at[i].rule_count)
			put_chain(emit, &ir->chains.at[i]);
}

/* What becomes of a rule that goes to the chain of WORD. */
void emit_direct_go(uint32_t word, struct buf *out)
{
	if (word >> 28 == ANSWER_GOTO) {
		buf_puts(out, "return ");
		emit_direct_call(word & 0xfffffff, out);
		buf_puts(out, "; ");
		return;
	}
	buf_puts(out, "answer = ");
	emit_direct_call(word & 0xfffffff, out);
	buf_puts(out, "; if (answer >> 60 != ANSWER_RETURN) return answer; ");
}

bool emit_direct_map(const struct emit *emit, uint32_t map, uint32_t rule, struct buf *out)
{
	uint32_t words[MAX_TARGETS];
	size_t count = find_targets(emit->ir, &emit->ir->maps.at[map], words);
	bool returns = false;

	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "if (word == WORD(ANSWER_%s, %u)) { ",
			   words[i] >> 28 == ANSWER_GOTO ? "GOTO" : "JUMP", words[i] & 0xfffffff);
		emit_direct_go(words[i], out);
		if (words[i] >> 28 == ANSWER_JUMP) {
			buf_printf(out, "goto behind_%u; ", rule);
			returns = true;
		}
		buf_puts(out, "} ");
	}
	return returns;
}
