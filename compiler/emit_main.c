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
#include "compiler/plan_engine.h"

/*
 * 512 bytes of stack are for all functions that are inside each other; what the others need
 * leaves this much for struct fields.  A bigger one lies in a per-CPU map.
 */
#define MAX_STACK_FIELDS 176
#define MAX_STACK_FIELDS_AND_PLACES 48	/* searches for places nest deeper */
#define MAX_STACK_FIELDS_AND_KEYS 80	/* rules make keys on the stack */
#define MAX_STACK_FIELDS_AND_CALLS 112	/* runs call runs */

static bool is_too_big(const struct emit *emit)
{
	/* Trees below jumps need all of the stack. */
	if (emit_needs_jump(emit) && emit_uses_engine(emit, &plan_engine_tree))
		return true;
	if (emit_reads_places(emit))
		return emit->fields_bytes > MAX_STACK_FIELDS_AND_PLACES;
	if (emit->direct)
		return emit->fields_bytes > MAX_STACK_FIELDS_AND_CALLS;
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
	if (emit_function_has_places(emit, emit_function_of(emit, chain->first_rule)))
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
	if (emit->direct)
		return false;
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

/* Which function a rule is in has to be looked up. */
static bool has_functions(const struct emit *emit)
{
	return emit->plan->function_count < emit->plan->runs.len;
}

/* Functions FIRST up to END (not included), halved until one is left. */
static void put_choice(const struct emit *emit, size_t first, size_t end, unsigned int depth)
{
	size_t middle = first + (end - first) / 2;

	if (end - first == 1) {
		put_indent(depth, emit->out);
		buf_printf(emit->out, "return run_%zu(f%s);\n", first,
			   emit_function_has_places(emit, (uint32_t)first) ? ", from" : "");
		return;
	}
	put_indent(depth, emit->out);
	if (has_functions(emit))
		buf_printf(emit->out, "if (function < %zu) {\n", middle);
	else
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
		      "XDPFW_INLINE __u64 run_at(FIELDS *f, __u32 from)\n"
		      "{\n"
		      "\t__u32 rule = from & ~BEHIND(0);\n");
	buf_puts(out, has_functions(emit) ? "\t__u16 function;\n" : "");
	buf_puts(out, "\n\tif (!f)\n"
		      "\t\treturn 0;\n"
		      "\tHIDE(rule);\n");
	if (has_functions(emit))
		buf_printf(out, "\tfunction = *TABLE_AT(__u16, %zu + (__u64)rule * 2);\n"
				"\tHIDE(function);\n", emit->plan->function_of_at);
	put_choice(emit, 0, emit->plan->function_count, 1);
	buf_puts(out, "}\n\n");
}

/* "chain_answer(f, run_3(f, 20))" */
static void put_call(const struct emit *emit, const struct ir_chain *chain)
{
	bool simple = is_simple(emit, chain);
	struct buf *out = emit->out;
	uint32_t run;

	if (!chain->rule_count) {
		buf_puts(out, "CHAIN_END");
		return;
	}
	run = emit_function_of(emit, chain->first_rule);
	if (emit->small) {
		buf_printf(out, "plain ? rules_%u(f) : run_%u(f)", run, run);
		return;
	}
	if (emit->direct) {
		emit_direct_call(chain->first_rule, out);
		return;
	}
	buf_printf(out, "%srun_%u(f", simple ? "" : "chain_answer(f, ", run);
	if (emit_function_has_places(emit, run))
		buf_printf(out, ", %u", chain->first_rule);
	buf_puts(out, simple ? ")" : "))");
}

/* The chain's answer, counted. */
static void put_answer(const struct emit *emit, const struct ir_chain *chain, const char *indent)
{
	bool counts = emit->ir->counter_count && chain->rule_count;
	struct buf *out = emit->out;

	if (chain->rule_count &&
	    emit_is_brief(emit, plan_find_run(emit->plan, chain->first_rule))) {
		buf_printf(out, "%sbrief = ", indent);
		put_call(emit, chain);
		/* Or clang copies what comes behind for each rule. */
		buf_printf(out, ";\n%sHIDE(brief);\n", indent);
		if (counts)
			buf_printf(out, "%scount_brief(f, brief);\n", indent);
		buf_printf(out, "%sanswer = WHOLE_ANSWER(brief);\n", indent);
		return;
	}
	buf_printf(out, "%sanswer = ", indent);
	put_call(emit, chain);
	buf_puts(out, ";\n");
	if (counts)
		buf_printf(out, "%scount_answer(f, answer);\n", indent);
}

static void put_chain(const struct emit *emit, uint32_t number, size_t place, bool last)
{
	const struct ir_chain *chain = &emit->ir->chains.at[number];
	const char *indent = chain->inet ? "\t\t\t" : "\t\t";
	struct buf *out = emit->out;

	buf_puts(out, "\t\t/* ");
	emit_chain_name(chain, out);
	buf_printf(out, ", priority %d, policy %s */\n", chain->priority,
		   chain->policy == IR_VERDICT_DROP ? "drop" : "accept");
	if (chain->inet)
		buf_puts(out, "\t\tif (f->nfproto) {\n"
			      "\t\t\tif (!f->has_l4) {\n"
			      "\t\t\t\tif (settings.config.prove)\n"
			      "\t\t\t\t\ttrail_rule(place.value, XDPFW_TRAIL_INVALID);\n"
			      "\t\t\t\treturn XDP_DROP;\n"
			      "\t\t\t}\n");
	put_answer(emit, chain, indent);
	buf_printf(out, "%sif (settings.config.prove)\n", indent);
	if (emit->inet)
		buf_printf(out, "%s\ttrail_answer(place.value++, answer);\n", indent);
	else
		buf_printf(out, "%s\ttrail_answer(%zu, answer);\n", indent, place);
	if (last)
		buf_printf(out, "%sreturn chain_verdict(answer, %d);\n", indent,
			   chain->policy == IR_VERDICT_DROP);
	else
		buf_printf(out, "%sif (chain_drops(answer, %d))\n%s\treturn XDP_DROP;\n", indent,
			   chain->policy == IR_VERDICT_DROP, indent);
	if (chain->inet)
		buf_puts(out, "\t\t}\n");
}

static void put_entries(const struct emit *emit)
{
	struct buf *out = emit->out;

	buf_puts(out, "\tswitch (entry) {\n");
	for (size_t i = 0; i < emit->ir->entries.len; i++) {
		const struct ir_entry *entry = &emit->ir->entries.at[i];

		buf_printf(out, "\tcase %zu: /* device%s", i, entry->devices.len > 1 ? "s" : "");
		for (size_t j = 0; j < entry->devices.len; j++) {
			buf_putc(out, ' ');
			emit_comment_text(entry->devices.at[j].name, out);
		}
		buf_puts(out, " */\n");
		for (size_t j = 0; j < entry->chains.len; j++)
			put_chain(emit, entry->chains.at[j], j,
				  !emit->stamp && j + 1 == entry->chains.len);
		if (emit->inet)		/* maybe no chain ran */
			buf_puts(out, "\t\tif (settings.config.prove && !place.value)\n"
				      "\t\t\ttrail_reason(XDPFW_REASON_CHAINS);\n");
		buf_puts(out, emit->stamp ? "\t\treturn settings.config.prove ? XDP_PASS :\n"
					    "\t\t\tstamp_passed(ctx);\n" :
					    "\t\treturn XDP_PASS;\n");
	}
	buf_puts(out, "\t}\n");
}

/* The base chains of the packet's device. */
static void put_chains(const struct emit *emit)
{
	struct buf *out = emit->out;

	buf_printf(out,
		   "XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, "
		   "const bool plain)\n"
		   "{\n%s"
		   "%s%s",
		   /* Which chains are entered depends on the packet, and the verifier shall not
		      count them. */
		   emit->inet ? "\tvolatile struct hidden place = {};\n" : "",
		   emit->small ? "\t__u32 brief __attribute__((unused));\n" : "",
		   emit->ir->entries.len ? "\t__u64 answer;\n\n" : "");
	put_entries(emit);
	buf_puts(out, "\tif (settings.config.prove)\n"
		      "\t\ttrail_reason(XDPFW_REASON_FAULT);\n"
		      "\treturn XDP_DROP;\n"
		      "}\n\n");
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

/* What read_fields() and read_places() find; leaves the function when there is a reason to drop. */
static void put_read(const struct emit *emit, const char *indent)
{
	struct buf *out = emit->out;

	buf_printf(out, "%sreason = read_fields(ctx, f%s);\n", indent,
		   emit_reads_device(emit) ? ", device" : "");
	if (emit_reads_places(emit))
		buf_printf(out, "%sif (reason == XDPFW_REASON_CHAINS)\n"
				"%s\treason = read_places(ctx, f);\n", indent, indent);
	buf_printf(out, "%sif (reason != XDPFW_REASON_CHAINS) {\n"
			"%s\tif (settings.config.prove)\n"
			"%s\t\ttrail_reason(reason);\n"
			"%s\treturn XDP_DROP;\n"
			"%s}\n", indent, indent, indent, indent, indent);
}

static void put_device(const struct emit *emit)
{
	buf_puts(emit->out, "\tif (!device) {\n"
			    "\t\tif (settings.config.prove)\n"
			    "\t\t\ttrail_reason(XDPFW_REASON_NO_DEVICE);\n"
			    "\t\treturn XDP_PASS;\n"
			    "\t}\n");
}

/* Each family has its own copy of the rules: what it can never match is not in it. */
static void put_plain(const struct emit *emit, const char *entry)
{
	static const char *const names[] = { "ip", "ip6" };

	for (size_t i = 0; i < 2; i++)
		buf_printf(emit->out,
			   "\t\tif (plain_%s(&plain, PLAIN_BYTES)) {\n"
			   "\t\t\tread_plain_%s(&plain, ctx, device, f);\n"
			   "\t\t\treturn run_chains(ctx, %s, f, 1);\n"
			   "\t\t}\n",
			   names[i], names[i], entry);
}

/*
 * The program of a small ruleset is for packets of devices that are at home, plain and without a
 * tag, and has no more branches than these need [measured: a variable offset of any header costs
 * them 0.3 to 0.8 ns of about 15].  For all others there is a function.
 */
static void put_any_packet(const struct emit *emit)
{
	struct buf *out = emit->out;

	buf_puts(out, "/* Any packet of any device. */\n"
		      "XDPFW_ALONE int run_any_packet(struct xdp_md *ctx)\n"
		      "{\n"
		      "\tconst struct xdpfw_device *device = find_device(ctx->ingress_ifindex);\n"
		      "\tstruct fields fields = {}, *f = &fields;\n"
		      "\t__u32 reason;\n\n");
	put_device(emit);
	put_read(emit, "\t");
	buf_puts(out, "\treturn run_chains(ctx, device->entry, f, 0);\n"
		      "}\n\n"
		      "/* Plain packets with a tag, or of devices that came late. */\n"
		      "XDPFW_ALONE int run_late_packet(struct xdp_md *ctx)\n"
		      "{\n"
		      "\tconst struct xdpfw_device *device = find_device(ctx->ingress_ifindex);\n"
		      "\tstruct fields fields, *f = &fields;\n"
		      "\tstruct plain plain;\n\n");
	put_device(emit);
	/* The loader changes the program alone, not functions. */
	buf_puts(out, "\tif (plain_start(&plain, ctx, 0) && plain_link(&plain, PLAIN_BYTES) &&\n"
		      "\t    plain_tag(&plain)) {\n");
	put_plain(emit, "device->entry");
	/* Not called from there: the look-ups' stack would lie below what reads any packet. */
	buf_puts(out, "\t}\n"
		      "\treturn NOT_PLAIN;\n"
		      "}\n\n"
		      "XDPFW_INLINE int run_other_packet(struct xdp_md *ctx)\n"
		      "{\n"
		      "\tint verdict = run_late_packet(ctx);\n\n"
		      "\treturn verdict == NOT_PLAIN ? run_any_packet(ctx) : verdict;\n"
		      "}\n\n");
}

static void put_small(const struct emit *emit)
{
	bool one = emit->ir->entries.len == 1;

	buf_printf(emit->out,
		   "\tconst struct xdpfw_device *device;\n"
		   "\tstruct fields fields, *f = &fields;\n"
		   "\tstruct plain plain;\n\n"
		   "\tif (!plain_start(&plain, ctx, settings.config.sees_buffer))\n"
		   "\t\treturn run_other_packet(ctx);\n"
		   "\tdevice = home_of_device(ctx->ingress_ifindex);\n"
		   "\tif (IS_DEVICE(device, ctx->ingress_ifindex) && "
		   "device->entry %s &&\n"
		   "\t    plain_link(&plain, PLAIN_BYTES)) {\n",
		   one ? "== 0" : "!= XDPFW_ENTRY_PASS");
	put_plain(emit, one ? "0" : "device->entry");
	buf_puts(emit->out, "\t}\n"
			    "\treturn run_other_packet(ctx);\n");
}

static void put_big(const struct emit *emit, bool scratch)
{
	const char *indent = emit->plain ? "\t\t" : "\t";
	struct buf *out = emit->out;

	buf_printf(out, "\tconst struct xdpfw_device *device;\n"
			"%s%s\t__u32 reason;\n\n",
		   scratch ? "\tstruct fields *f;\n\t__u32 zero = 0;\n" :
			     "\tstruct fields fields, *f = &fields;\n",
		   emit->plain ? "\tstruct plain plain;\n\tbool found;\n" : "");
	if (emit->plain)
		buf_puts(out, "\tfound = plain_start(&plain, ctx, settings.config.sees_buffer);\n");
	buf_puts(out, "\tdevice = find_device(ctx->ingress_ifindex);\n");
	put_device(emit);
	if (scratch)
		buf_puts(out, "\tf = bpf_map_lookup_elem(&xdpfw_fields, &zero);\n"
			      "\tif (!f)\n"
			      "\t\treturn XDP_DROP;\n");
	if (emit->plain)
		buf_puts(out, "\tfound = found && plain_link(&plain, PLAIN_BYTES) && "
			      "plain_tag(&plain);\n"
			      "\tif (found && plain_ip(&plain, PLAIN_BYTES)) {\n"
			      "\t\tread_plain_ip(&plain, ctx, device, f);\n"
			      "\t} else if (found && plain_ip6(&plain, PLAIN_BYTES)) {\n"
			      "\t\tread_plain_ip6(&plain, ctx, device, f);\n"
			      "\t} else {\n");
	buf_printf(out, "%s__builtin_memset(f, 0, sizeof(*f));\n", indent);
	put_read(emit, indent);
	buf_puts(out, emit->plain ? "\t}\n" : "");
	buf_puts(out, "\treturn run_chains(ctx, device->entry, f, 0);\n");
}

/*
 * A program is small when all its rules together may be copied for each entry and family, when no
 * rule needs a pointer to struct fields, and when there is stack left for clang to keep things on.
 */
#define MAX_SMALL_WEIGHT 1500
#define MAX_SMALL_FIELDS 96
#define MAX_SMALL_PASSING 4		/* rules that count and go on: each doubles the ways that
					   the verifier follows */

/* Rules of a chain that do something and do not end it. */
static uint32_t count_passing(const struct ir *ir, const struct ir_chain *chain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &ir->rules.at[chain->first_rule + i];
		bool acts = false, ends = false;

		for (size_t j = 0; j < rule->steps.len; j++) {
			const struct ir_step *step = &rule->steps.at[j];

			acts = acts || step->kind == IR_STEP_COUNTER || step->kind == IR_STEP_MAP;
			ends = step->kind == IR_STEP_VERDICT &&
			       step->verdict.kind != IR_VERDICT_CONTINUE;
		}
		count += acts && !ends;
	}
	return count;
}

void emit_main_choose(struct emit *emit)
{
	const struct ir *ir = emit->ir;
	const struct plan *plan = emit->plan;
	uint32_t weight = 0, passing = 0;

	for (size_t i = 0; i < ir->entries.len; i++) {
		const struct ir_entry *entry = &ir->entries.at[i];

		for (size_t j = 0; j < entry->chains.len; j++) {
			const struct ir_chain *chain = &ir->chains.at[entry->chains.at[j]];
			uint32_t run = plan_find_run(plan, chain->first_rule);

			weight += chain->rule_count ? plan->runs.at[run].weight : 0;
			passing += count_passing(ir, chain);
		}
	}
	/* Where tables decide, whether a packet is counted is no branch: see put_count_answer(). */
	emit->brief = !plan->image_bytes && ir->rules.len <= EMIT_BRIEF_NUMBERS &&
		      ir->counter_count < EMIT_BRIEF_NUMBERS;
	emit->small = emit->plain && !emit->direct && !emit_needs_jump(emit) && !plan->key_lanes &&
		      weight <= MAX_SMALL_WEIGHT && passing <= MAX_SMALL_PASSING &&
		      emit->fields_bytes <= MAX_SMALL_FIELDS;
}

void emit_main(const struct emit *emit)
{
	bool scratch = is_too_big(emit);
	struct buf *out = emit->out;

	put_chains(emit);
	if (emit->small)
		put_any_packet(emit);
	if (scratch)
		put_scratch_map(emit);
	buf_puts(out, "SEC(\"xdp.frags\")\n"
		      "int xdpfw_rules(struct xdp_md *ctx)\n"
		      "{\n");
	if (emit->small)
		put_small(emit);
	else
		put_big(emit, scratch);
	buf_puts(out, "}\n\n"
		      "char xdpfw_license[] SEC(\"license\") = \"GPL\";\n");
}
