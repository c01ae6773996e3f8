/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_main: the XDP program itself, and run_at(), which finds the run that holds a rule.
 *
 * In: the runs, the entries.  Out: a program that finds the device, reads the packet once, and
 * calls the first run of each base chain of the device's entry in order.
 *
 * Safety: an entry or a rule number that is none is answered with a drop.
 */
#include "compiler/emit_part.h"

/*
 * 512 bytes of stack are for all functions that are inside each other; what the others need
 * leaves this much for struct fields.  A bigger one lies in a per-CPU map.
 */
#define MAX_STACK_FIELDS 176
#define MAX_STACK_FIELDS_AND_PLACES 48	/* searches for places nest deeper */
#define MAX_STACK_FIELDS_AND_KEYS 80	/* rules make keys on the stack */

static bool is_too_big(const struct emit *emit)
{
	if (emit_reads_places(emit))
		return emit->fields_bytes > MAX_STACK_FIELDS_AND_PLACES;
	if (emit->plan->key_lanes)
		return emit->fields_bytes > MAX_STACK_FIELDS_AND_KEYS;
	return emit->fields_bytes > MAX_STACK_FIELDS;
}

/* The chain is one run, and none of its rules goes to another chain. */
static bool is_simple(const struct emit *emit, const struct ir_chain *chain)
{
	const struct ir *ir = emit->ir;

	if (!chain->rule_count)
		return true;
	if (plan_find_run(emit->plan, chain->first_rule) !=
	    plan_find_run(emit->plan, chain->first_rule + chain->rule_count - 1))
		return false;
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &ir->rules.at[chain->first_rule + i];

		for (size_t j = 0; j < rule->steps.len; j++) {
			const struct ir_step *step = &rule->steps.at[j];
			uint32_t answer = plan_word(ir, &step->verdict) >> 28;

			if (step->kind == IR_STEP_MAP ||
			    (step->kind == IR_STEP_VERDICT &&
			     (answer == ANSWER_JUMP || answer == ANSWER_GOTO)))
				return false;
		}
	}
	return true;
}

bool emit_needs_jump(const struct emit *emit)
{
	for (size_t i = 0; i < emit->ir->chains.len; i++)
		if (emit->plan->chain_used[i] && !is_simple(emit, &emit->ir->chains.at[i]))
			return true;
	return false;
}

static void put_indent(unsigned int depth, struct buf *out)
{
	while (depth--)
		buf_putc(out, '\t');
}

/* Runs FIRST up to END (not included), halved until one is left. */
static void put_choice(const struct emit *emit, size_t first, size_t end, unsigned int depth)
{
	size_t middle = first + (end - first) / 2;

	if (end - first == 1) {
		put_indent(depth, emit->out);
		buf_printf(emit->out, "return run_%zu(f%s);\n", first,
			   emit_run_has_places(emit, &emit->plan->runs.at[first]) ? ", from" : "");
		return;
	}
	put_indent(depth, emit->out);
	buf_printf(emit->out, "if (rule < %u) {\n", emit->plan->runs.at[middle].first);
	put_choice(emit, first, middle, depth + 1);
	put_indent(depth, emit->out);
	buf_puts(emit->out, "}\n");
	put_choice(emit, middle, end, depth);
}

void emit_run_at(const struct emit *emit)
{
	struct buf *out = emit->out;

	if (!emit_needs_jump(emit))
		return;
	buf_puts(out, "/* See xdpfw_jump.h. */\n"
		      "XDPFW_ALONE __u64 run_at(const volatile struct fields *f, __u32 from)\n"
		      "{\n"
		      "\t__u32 rule = from & ~BEHIND(0);\n\n"
		      "\tif (!f)\n"
		      "\t\treturn 0;\n"
		      "\tHIDE(rule);\n");
	put_choice(emit, 0, emit->plan->runs.len, 1);
	buf_puts(out, "}\n\n");
}

static void put_chain(const struct emit *emit, uint32_t number, size_t place)
{
	const struct ir_chain *chain = &emit->ir->chains.at[number];
	struct buf *out = emit->out;
	uint32_t run = plan_find_run(emit->plan, chain->first_rule);
	bool simple = is_simple(emit, chain);
	const char *indent = chain->inet ? "\t\t\t" : "\t\t";

	buf_puts(out, "\t\t/* ");
	emit_chain_name(chain, out);
	buf_printf(out, ", priority %d, policy %s */\n", chain->priority,
		   chain->policy == IR_VERDICT_DROP ? "drop" : "accept");
	if (chain->inet)
		buf_puts(out, "\t\tif (f->nfproto) {\n"
			      "\t\t\tif (!f->has_l4) {\n"
			      "\t\t\t\ttrail_rule(prove, place.value, XDPFW_TRAIL_INVALID);\n"
			      "\t\t\t\treturn XDP_DROP;\n"
			      "\t\t\t}\n");
	if (emit->inet)
		buf_printf(out, "%sif (chain_drops(prove, place.value, ", indent);
	else
		buf_printf(out, "\t\tif (chain_drops(prove, %zu, ", place);
	if (!chain->rule_count)
		buf_puts(out, "CHAIN_END");
	else if (emit_run_has_places(emit, &emit->plan->runs.at[run]))
		buf_printf(out, "%srun_%u(f, %u)%s", simple ? "" : "chain_answer(f, ", run,
			   chain->first_rule, simple ? "" : ")");
	else
		buf_printf(out, "%srun_%u(f)%s", simple ? "" : "chain_answer(f, ", run,
			   simple ? "" : ")");
	buf_printf(out, ", %d))\n%s\treturn XDP_DROP;\n", chain->policy == IR_VERDICT_DROP, indent);
	if (emit->inet)
		buf_printf(out, "%splace.value++;\n", indent);
	if (chain->inet)
		buf_puts(out, "\t\t}\n");
}

static void put_entries(const struct emit *emit)
{
	struct buf *out = emit->out;

	buf_puts(out, "\tswitch (device->entry) {\n");
	for (size_t i = 0; i < emit->ir->entries.len; i++) {
		const struct ir_entry *entry = &emit->ir->entries.at[i];

		buf_printf(out, "\tcase %zu: /* device%s", i, entry->devices.len > 1 ? "s" : "");
		for (size_t j = 0; j < entry->devices.len; j++) {
			buf_putc(out, ' ');
			emit_comment_text(entry->devices.at[j].name, out);
		}
		buf_puts(out, " */\n");
		for (size_t j = 0; j < entry->chains.len; j++)
			put_chain(emit, entry->chains.at[j], j);
		buf_puts(out, emit->stamp ? "\t\treturn prove ? XDP_PASS : stamp_passed(ctx);\n" :
					    "\t\treturn XDP_PASS;\n");
	}
	buf_puts(out, "\t}\n");
}

static void put_scratch_map(const struct emit *emit)
{
	buf_puts(emit->out, "/* Too big for the stack. */\n"
			    "struct {\n"
			    "\tMAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);\n"
			    "\tMAP_NUMBER(max_entries, 1);\n"
			    "\tMAP_SHAPE(key, __u32);\n"
			    "\tMAP_SHAPE(value, struct fields);\n"
			    "} xdpfw_fields SEC(\".maps\");\n\n");
}

void emit_main(const struct emit *emit)
{
	bool scratch = is_too_big(emit);
	struct buf *out = emit->out;

	if (scratch)
		put_scratch_map(emit);
	buf_puts(out, "SEC(\"xdp.frags\")\n"
		      "int xdpfw_rules(struct xdp_md *ctx)\n"
		      "{\n"
		      "\tconst struct xdpfw_device *device = find_device(ctx->ingress_ifindex);\n"
		      "\tconst bool prove = settings.config.prove;\n");
	/* Which chains are entered depends on the packet, and the verifier shall not count them. */
	if (emit->inet)
		buf_puts(out, "\tvolatile struct hidden place = {};\n");
	buf_puts(out, scratch ? "\tstruct fields *f;\n\t__u32 reason, zero = 0;\n\n" :
				"\tstruct fields fields = {}, *f = &fields;\n\t__u32 reason;\n\n");
	buf_puts(out, "\tif (!device) {\n"
		      "\t\ttrail_reason(prove, XDPFW_REASON_NO_DEVICE);\n"
		      "\t\treturn XDP_PASS;\n"
		      "\t}\n");
	if (scratch)
		buf_puts(out, "\tf = bpf_map_lookup_elem(&xdpfw_fields, &zero);\n"
			      "\tif (!f)\n"
			      "\t\treturn XDP_DROP;\n"
			      "\t__builtin_memset(f, 0, sizeof(*f));\n");
	buf_printf(out, "\treason = read_fields(ctx, f%s);\n",
		   emit_reads_device(emit) ? ", device" : "");
	if (emit_reads_places(emit))
		buf_puts(out, "\tif (reason == XDPFW_REASON_CHAINS)\n"
			      "\t\treason = read_places(ctx, f);\n");
	buf_puts(out, "\ttrail_reason(prove, reason);\n"
		      "\tif (reason != XDPFW_REASON_CHAINS)\n"
		      "\t\treturn XDP_DROP;\n");
	put_entries(emit);
	buf_puts(out, "\ttrail_reason(prove, XDPFW_REASON_FAULT);\n"
		      "\treturn XDP_DROP;\n"
		      "}\n\n"
		      "char xdpfw_license[] SEC(\"license\") = \"GPL\";\n");
}
