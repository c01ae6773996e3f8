/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_explain: the plan for people: which rules are looked up how, what that takes, and why it is
 * not done otherwise.
 *
 * In: a plan.  Out: text, a stanza for each used chain, in the order of the program.
 */
#include "compiler/plan_block.h"

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
	print_others(at, "\t\t\t", out);
}

void plan_block_print(const struct plan *plan, const struct plan_block *block, struct buf *out)
{
	buf_printf(out, "%u rules by look-ups, ", block->end - block->first);
	print_time(block->expected, out);
	buf_printf(out, " (rule after rule: ");
	print_time(plan_cost_compares(block->row_count), out);
	buf_printf(out, "); %zu actions, ", block->actions.len);
	print_bytes(block->action_slots * plan_block_action_bytes(block), out);
	buf_printf(out, " at byte %zu\n", block->actions_at);
	for (size_t i = 0; i < block->cases.len; i++)
		print_case(plan, block, &block->cases.at[i], out);
}

/* The used rules of a run that are compared; a run may hold rules of unused chains. */
static uint32_t count_compared(const struct plan *plan, const struct plan_run *run)
{
	uint32_t count = 0;

	for (uint32_t i = run->first; i < run->end; i++)
		count += plan_rule_is_compared(plan, i);
	return count;
}

static void print_chain(const struct plan *plan, uint32_t rule, struct buf *out)
{
	const struct ir_chain *chain = &plan->ir->chains.at[plan->ir->rules.at[rule].chain];

	buf_printf(out, "table %.*s, chain %.*s\n", STR_ARG(chain->table), STR_ARG(chain->name));
}

static void explain_run(const struct plan *plan, const struct plan_run *run, struct buf *out)
{
	const struct ir_rule *first = &plan->ir->rules.at[run->first];
	const struct ir_rule *last = &plan->ir->rules.at[run->end - 1];

	buf_printf(out, "\t%s", first->place);
	if (run->end - run->first > 1)
		buf_printf(out, " to %s", last->place);
	buf_puts(out, ": ");
	if (run->block)
		plan_block_print(plan, run->block, out);
	else
		buf_printf(out, "%u rule%s, one after the other, at most %u instructions\n",
			   count_compared(plan, run), run->end - run->first == 1 ? "" : "s",
			   run->weight);
}

void plan_explain(const struct plan *plan, struct buf *out)
{
	uint32_t chain = UINT32_MAX;

	buf_printf(out, "tables: ");
	print_bytes(plan->image_bytes, out);
	buf_printf(out, " of at most %u MiB\n", PLAN_MAX_IMAGE_BYTES >> 20);
	for (size_t i = 0; i < plan->runs.len; i++) {
		const struct plan_run *run = &plan->runs.at[i];

		if (plan->ir->rules.at[run->first].chain != chain)
			print_chain(plan, run->first, out);
		chain = plan->ir->rules.at[run->first].chain;
		explain_run(plan, run, out);
	}
	plan_print_sets(plan, true, out);
}
