/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp: what the ruleset says of one packet.
 *
 * In: the IR, a frame, the device it came in on.  Out: the verdict, the trail, the counters.
 * SEMANTICS 6 and 7, done in the plainest way: rule after rule, step after step, each load read
 * from the frame again.  Jumps have no loops (bind refuses them), so a base chain ends; as one
 * can still jump more often than anybody waits for, XDPFW_MAX_RUNS bounds the jumps.
 *
 * With an index, rules that cannot do anything are passed over and a load is read once; all else is
 * the same code.
 */
#include "compiler/interp.h"

#include <linux/if_ether.h>

#include "compiler/interp_index.h"
#include "compiler/interp_walk.h"

/* Where a jump goes back to. */
struct place {
	uint32_t chain, rule;
};

struct run {
	const struct ir *ir;
	struct interp_index *index;	/* NULL: every rule is walked */
	struct interp_walk walk;
	struct xdpfw_cell *cells;	/* NULL: not counted */
	struct interp_watch *watch;	/* NULL: nobody watches */
	uint32_t walked;		/* rules */
	struct xdpfw_trail trail;
	bool drop;
};

static bool load(const struct run *run, uint32_t number, u128 *ret_value)
{
	if (run->index)
		return interp_index_load(run->index, &run->walk, number, ret_value);
	return interp_walk_load(&run->walk, &run->ir->loads.at[number], ret_value);
}

/* One value for each part; false when a load fails. */
static bool read_key(const struct run *run, const struct ir_step *step, u128 *ret_values)
{
	const struct ir_key *key = &run->ir->keys.at[step->key];

	for (size_t i = 0; i < key->parts.len; i++) {
		const struct ir_part *part = &key->parts.at[i];
		u128 value;

		if (!load(run, part->load, &value))
			return false;
		ret_values[i] = ir_part_apply(run->ir, part, value);
	}
	return true;
}

static void count(struct run *run, uint32_t counter)
{
	if (!run->cells || counter == IR_NO_COUNTER)
		return;
	run->cells[counter].packets++;
	run->cells[counter].bytes += run->walk.length;
}

static bool look_up(struct run *run, const struct ir_step *step, struct ir_verdict *ret_verdict)
{
	const struct ir_map_entry *entry;
	u128 values[IR_MAX_PARTS];

	if (!read_key(run, step, values))
		return false;
	entry = ir_map_find(&run->ir->maps.at[step->map], values);
	if (!entry)
		return false;
	count(run, entry->counter);
	count(run, entry->object);
	*ret_verdict = entry->verdict;
	return true;
}

/* False: the rule ends here.  *ret_verdict is CONTINUE unless the step gave a verdict. */
static bool run_step(struct run *run, const struct ir_step *step, struct ir_verdict *ret_verdict)
{
	u128 values[IR_MAX_PARTS];

	switch (step->kind) {
	case IR_STEP_TEST:
		return read_key(run, step, values) &&
		       ir_set_has(&run->ir->sets.at[step->set], values) != step->negate;
	case IR_STEP_COUNTER:
		count(run, step->counter);
		return true;
	case IR_STEP_VERDICT:
		*ret_verdict = step->verdict;
		return true;
	case IR_STEP_MAP:
		return look_up(run, step, ret_verdict);
	}
	return false;
}

/* CONTINUE: go on with the next rule. */
static struct ir_verdict run_rule(struct run *run, uint32_t number)
{
	const struct ir_rule *rule = &run->ir->rules.at[number];
	struct ir_verdict verdict = { .kind = IR_VERDICT_CONTINUE };
	struct interp_watch *watch = run->watch && run->watch->rule == number ? run->watch : NULL;

	run->walked++;
	if (watch)
		watch->reached = true;
	for (size_t i = 0; i < rule->steps.len; i++) {
		if (!run_step(run, &rule->steps.at[i], &verdict))
			return verdict;
		if (watch && watch->steps < i + 1)
			watch->steps = (uint32_t)(i + 1);
		if (verdict.kind != IR_VERDICT_CONTINUE)
			break;
	}
	return verdict;
}

/* A base chain ended: by rule RULE or by its policy.  False: the packet's verdict is final. */
static bool end_chain(struct run *run, uint32_t rule, enum ir_verdict_kind verdict)
{
	run->trail.rule[run->trail.count++] = rule;
	run->drop = verdict == IR_VERDICT_DROP;
	return !run->drop;
}

/* No chain's verdict: the packet is dropped because of REASON. */
static bool give_up(struct run *run, enum xdpfw_reason reason)
{
	run->trail = (struct xdpfw_trail){ .reason = reason };
	run->drop = true;
	return false;
}

static uint32_t chain_end(const struct ir *ir, uint32_t chain)
{
	return ir->chains.at[chain].first_rule + ir->chains.at[chain].rule_count;
}

/* The next rule of chain CHAIN that may do something, from RULE on; or the chain's end. */
static uint32_t next_rule(struct run *run, uint32_t chain, uint32_t rule)
{
	if (!run->index)
		return rule;
	interp_index_enter(run->index, &run->walk, chain);
	return interp_index_next(run->index, rule, chain_end(run->ir, chain));
}

static bool run_base_chain(struct run *run, uint32_t base)
{
	const struct ir *ir = run->ir;
	struct place stack[XDPFW_MAX_JUMPS];
	struct place at = { base, ir->chains.at[base].first_rule };
	struct ir_verdict verdict;
	uint32_t depth = 0, jumps = 0;

	for (;;) {
		uint32_t rule = at.rule = next_rule(run, at.chain, at.rule);

		verdict.kind = IR_VERDICT_RETURN;
		if (at.rule < chain_end(ir, at.chain))
			verdict = run_rule(run, at.rule++);
		switch (verdict.kind) {
		case IR_VERDICT_CONTINUE:
			break;
		case IR_VERDICT_ACCEPT:
		case IR_VERDICT_DROP:
			return end_chain(run, rule, verdict.kind);
		case IR_VERDICT_RETURN:
			if (!depth)
				return end_chain(run, XDPFW_TRAIL_POLICY,
						 ir->chains.at[base].policy);
			at = stack[--depth];
			break;
		case IR_VERDICT_JUMP:
			if (depth == XDPFW_MAX_JUMPS)
				return give_up(run, XDPFW_REASON_FAULT);
			stack[depth++] = at;
			/* fall through */
		case IR_VERDICT_GOTO:
			if (++jumps > XDPFW_MAX_RUNS)
				return give_up(run, XDPFW_REASON_TOO_LONG);
			at.chain = verdict.chain;
			at.rule = ir->chains.at[verdict.chain].first_rule;
			break;
		}
	}
}

/*
 * Family inet (SEMANTICS 8a): only IPv4 and IPv6 come in, and what has no layer-4 information is
 * dropped before the first rule.  False: the packet's verdict is final.
 */
static bool enter_base_chain(struct run *run, uint32_t base)
{
	if (run->ir->chains.at[base].inet) {
		if (run->walk.protocol != ETH_P_IP && run->walk.protocol != ETH_P_IPV6)
			return true;
		if (!run->walk.has_l4)
			return end_chain(run, XDPFW_TRAIL_INVALID, IR_VERDICT_DROP);
	}
	return run_base_chain(run, base);
}

void interp_run_indexed(const struct ir *ir, struct interp_index *index,
			const struct interp_packet *packet, struct xdpfw_cell *cells,
			struct interp_watch *watch, struct interp_result *ret_result)
{
	const struct ir_entry *entry = &ir->entries.at[packet->device->entry];
	struct run run = { .ir = ir, .index = index, .cells = cells, .watch = watch };

	run.trail.reason = XDPFW_REASON_CHAINS;
	if (index)
		interp_index_begin(index);
	if (index && watch)
		interp_index_name(index, watch->rule);
	if (!interp_walk_frame(packet, &run.walk)) {
		give_up(&run, XDPFW_REASON_CUT_TAG);
	} else {
		for (size_t i = 0; i < entry->chains.len; i++)
			if (!enter_base_chain(&run, entry->chains.at[i]))
				break;
	}
	if (watch)
		watch->walked = run.walked;
	ret_result->drop = run.drop;
	ret_result->trail = run.trail;
}

void interp_run_watched(const struct ir *ir, const struct interp_packet *packet,
			struct xdpfw_cell *cells, struct interp_watch *watch,
			struct interp_result *ret_result)
{
	interp_run_indexed(ir, NULL, packet, cells, watch, ret_result);
}

void interp_run(const struct ir *ir, const struct interp_packet *packet, struct xdpfw_cell *cells,
		struct interp_result *ret_result)
{
	interp_run_indexed(ir, NULL, packet, cells, NULL, ret_result);
}
