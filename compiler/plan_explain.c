/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_explain: the plan for people: which rules are looked up how, what that takes, and why it is
 * not done otherwise.
 *
 * In: a plan.  Out: text, a stanza for each used chain, in the order of the ruleset.
 */
#include <string.h>

#include "compiler/plan_block.h"
#include "compiler/plan_run.h"

/* "812 bytes", "12 kB", "3.4 MB" */
static void print_bytes(size_t bytes, struct buf *out)
{
	if (bytes < 10000)
		buf_printf(out, "%zu bytes", bytes);
	else if (bytes < 10000000)
		buf_printf(out, "%zu kB", bytes / 1000);
	else
		buf_printf(out, "%zu.%zu MB", bytes / 1000000, bytes / 100000 % 10);
}

static void print_time(uint32_t tenths, struct buf *out)
{
	buf_printf(out, "about %u.%u ns", tenths / 10, tenths % 10);
}

static void print_axis(const struct plan *plan, const struct plan_axis *axis, struct buf *out)
{
	if (axis->is_place) {
		buf_puts(out, "the chain's place");
		return;
	}
	ir_load_name(&plan->ir->loads.at[axis->part.load], out);
	if (!ir_part_is_plain(plan->ir, &axis->part))
		buf_puts(out, " (some bits)");
}

/* "packets with meta_protocol 0x800, and 20 bytes of its header" */
static void print_packets(const struct plan *plan, const struct plan_block *block,
			  const struct plan_case *at, struct buf *out)
{
	if (block->cases.len == 1)
		buf_puts(out, "all packets");
	else if (!at->root_count && !at->network_bytes)
		buf_puts(out, "all other packets");
	else
		buf_puts(out, "packets with ");
	for (size_t i = 0; i < at->root_count; i++) {
		if (i)
			buf_puts(out, " or ");
		else
			print_axis(plan, &block->axes.at[block->root], out);
		buf_printf(out, " 0x%llx", (unsigned long long)at->root[i].lo);
		if (at->root[i].hi != at->root[i].lo)
			buf_printf(out, "-0x%llx", (unsigned long long)at->root[i].hi);
	}
	if (at->network_bytes)
		buf_printf(out, "%s%u bytes of network header", at->root_count ? " and " : "",
			   at->network_bytes);
}

static void print_values(const struct plan *plan, const struct plan_block *block,
			 const struct plan_case *at, struct buf *out)
{
	buf_printf(out, "%zu row%s of ", at->problem.row_count,
		   at->problem.row_count == 1 ? "" : "s");
	for (uint32_t i = 0; i < at->problem.dim_count; i++) {
		buf_puts(out, i ? ", " : "");
		print_axis(plan, &block->axes.at[at->problem.dims[i].key_part], out);
	}
	buf_putc(out, '\n');
}

/* The engines that were not taken. */
static void print_others(const struct plan_case *at, const char *indent, struct buf *out)
{
	for (uint32_t i = 0; i < at->asked_count; i++) {
		const struct plan_asked *asked = &at->asked[i];

		if (asked->engine == at->engine)
			continue;
		buf_printf(out, "%snot %s: ", indent, asked->engine->name);
		if (asked->estimate.possible) {
			print_time(asked->estimate.cost, out);
			buf_puts(out, ", ");
			print_bytes(asked->estimate.bytes, out);
		} else {
			buf_puts(out, asked->estimate.why ? asked->estimate.why : "cannot");
		}
		buf_putc(out, '\n');
	}
}

static void print_case(const struct plan *plan, const struct plan_block *block,
		       const struct plan_case *at, struct buf *out)
{
	buf_puts(out, "\t\t");
	print_packets(plan, block, at, out);
	buf_puts(out, ": ");
	if (!at->engine) {
		buf_puts(out, at->constant ? "always the same rule\n" : "no rule\n");
		return;
	}
	print_values(plan, block, at, out);
	buf_printf(out, "\t\t\t%s: ", at->engine->name);
	print_time(at->estimate.cost, out);
	buf_puts(out, ", ");
	print_bytes(at->estimate.bytes, out);
	buf_printf(out, " at byte %zu, %u instructions\n", at->offset, at->estimate.instructions);
	at->engine->print(at->solution, "\t\t\t", out);
	plan_cache_print(plan, at, "\t\t\t", out);
	print_others(at, "\t\t\t", out);
}

void plan_block_print(const struct plan *plan, const struct plan_block *block, struct buf *out)
{
	buf_printf(out, "%u rules ", plan_block_rules(block));
	if (block->stretches.len > 1)
		buf_printf(out, "in %zu stretches, ", block->stretches.len);
	buf_puts(out, "by look-ups, ");
	print_time(block->expected, out);
	buf_printf(out, " (rule after rule: ");
	print_time(plan_cost_compares(block->row_count), out);
	buf_printf(out, "); %zu actions, ", block->actions.len);
	print_bytes(block->action_slots * plan_block_action_bytes(block), out);
	buf_printf(out, " at byte %zu\n", block->actions_at);
	for (size_t i = 0; i < block->cases.len; i++)
		print_case(plan, block, &block->cases.at[i], out);
}

static void print_places(const struct plan *plan, uint32_t first, uint32_t end, struct buf *out)
{
	buf_printf(out, "\t%s", plan->ir->rules.at[first].place);
	if (end - first > 1)
		buf_printf(out, " to %s", plan->ir->rules.at[end - 1].place);
	buf_puts(out, ": ");
}

/* Rules that are compared for one reason. */
static void explain_compared(const struct plan *plan, uint32_t first, uint32_t end,
			     struct buf *out)
{
	uint32_t weight = 0;

	for (uint32_t i = first; i < end; i++)
		weight += plan_rule_weight(plan, i);
	buf_printf(out, "%u rule%s compared, ", end - first, end - first == 1 ? "" : "s");
	print_time(plan_cost_compares(end - first), out);
	buf_printf(out, ", at most %u instructions; %s\n", weight, plan->why_compared[first]);
}

/* A shared block is explained once. */
static void explain_block(const struct plan *plan, const struct plan_block *block,
			  uint32_t first, uint32_t end, struct buf *out)
{
	const struct ir *ir = plan->ir;
	const struct ir_chain *chain = &ir->chains.at[ir->rules.at[block->first].chain];

	if (first == block->first)
		plan_block_print(plan, block, out);
	else
		buf_printf(out, "%u rules in the look-ups of table %.*s, chain %.*s\n",
			   end - first, STR_ARG(chain->table), STR_ARG(chain->name));
}

/* Returns where the rules end that are done as RULE is. */
static uint32_t find_end(const struct plan *plan, const struct ir_chain *chain, uint32_t rule)
{
	uint32_t end = rule + 1;

	if (plan->block_of[rule])
		return plan_block_stretch_end(plan->blocks.at[plan->block_of[rule] - 1], rule);
	while (end < chain->first_rule + chain->rule_count && !plan->block_of[end] &&
	       !strcmp(plan->why_compared[end], plan->why_compared[rule]))
		end++;
	return end;
}

static void explain_chain(const struct plan *plan, const struct ir_chain *chain, struct buf *out)
{
	uint32_t end;

	buf_printf(out, "table %.*s, chain %.*s\n", STR_ARG(chain->table), STR_ARG(chain->name));
	for (uint32_t i = chain->first_rule; i < chain->first_rule + chain->rule_count; i = end) {
		end = find_end(plan, chain, i);
		print_places(plan, i, end, out);
		if (plan->block_of[i])
			explain_block(plan, plan->blocks.at[plan->block_of[i] - 1], i, end, out);
		else
			explain_compared(plan, i, end, out);
	}
}

void plan_explain(const struct plan *plan, struct buf *out)
{
	buf_printf(out, "tables: ");
	print_bytes(plan->image_bytes, out);
	buf_printf(out, " of at most %u MiB\n", PLAN_MAX_IMAGE_BYTES >> 20);
	for (size_t i = 0; i < plan->ir->chains.len; i++)
		if (plan->chain_used[i] && plan->ir->chains.at[i].rule_count)
			explain_chain(plan, &plan->ir->chains.at[i], out);
	plan_print_sets(plan, true, out);
}
