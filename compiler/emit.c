/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit: plan -> C.
 *
 * In: a plan.  Out: one text: a head that says what it is, the headers of bpf/ that this ruleset
 * needs, the fields it reads, its sets, its rules, and the program.
 *
 * Safety: the text depends on the plan alone, and nothing that a user wrote is in it but in
 * comments.  It is proved against the ruleset before it meets a packet, so nothing here is trusted.
 */
#include "compiler/emit.h"

#include "compiler/emit_part.h"

#define MAX_INLINE_COUNTERS 64

static void note_step(const struct emit *emit, const struct ir_step *step)
{
	const struct field *field = emit->ir->loads.at[step->load].field;

	if (step->kind == IR_STEP_TEST && !emit->set_field[step->set])
		emit->set_field[step->set] = field;
	if (step->kind == IR_STEP_MAP && !emit->map_field[step->map])
		emit->map_field[step->map] = field;
	if (step->kind == IR_STEP_TEST || step->kind == IR_STEP_MAP)
		emit->load_used[step->load] = true;
}

static void note_uses(struct emit *emit)
{
	const struct ir *ir = emit->ir;

	emit->load_used = ARENA_ARRAY(emit->arena, bool, ir->loads.len + 1);
	emit->set_field = ARENA_ARRAY(emit->arena, const struct field *, ir->sets.len + 1);
	emit->map_field = ARENA_ARRAY(emit->arena, const struct field *, ir->maps.len + 1);
	for (size_t i = 0; i < ir->rules.len; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		if (!emit->plan->chain_used[rule->chain])
			continue;
		for (size_t j = 0; j < rule->steps.len; j++)
			if (rule->steps.at[j].kind != IR_STEP_COUNTER &&
			    rule->steps.at[j].kind != IR_STEP_VERDICT)
				note_step(emit, &rule->steps.at[j]);
	}
}

static void put_headers(const struct emit *emit)
{
	emit_header(EMIT_HEADER_BPF, emit->out);
	emit_header(EMIT_HEADER_ABI, emit->out);
	emit_header(EMIT_HEADER_LAYOUT, emit->out);
	emit_header(EMIT_HEADER_RUN, emit->out);
	if (emit_needs_jump(emit))
		emit_header(EMIT_HEADER_JUMP, emit->out);
	if (emit->plan->image_bytes) {
		buf_printf(emit->out, "#define XDPFW_TABLE_BYTES %zu\n\n", emit->plan->image_bytes);
		emit_header(EMIT_HEADER_TABLE, emit->out);
	}
	emit_header(EMIT_HEADER_WALK, emit->out);
}

static void put_settings(const struct emit *emit)
{
	uint32_t count = emit->ir->counter_count;

	buf_printf(emit->out,
		   "/* ---- From here on: this ruleset. ---- */\n\n"
		   "/* Set by the loader before the program is verified: constants by then. */\n"
		   "const volatile struct {\n"
		   "\tstruct xdpfw_config config;\n"
		   "\t__u32 cell_of[%u];\n"
		   "} settings SEC(\".rodata.config\") = {\n"
		   "\t.config = { .abi = XDPFW_ABI_VERSION, .counter_count = %u },\n"
		   "};\n\n",
		   count ? count : 1, count);
}

/*
 * The kernel rewrites every map look-up in a program, each time moving all instructions behind it:
 * with many of them that is most of the time a load takes.  So many counters share one look-up, at
 * the price of a call.
 */
static void put_count(const struct emit *emit)
{
	if (emit->ir->counter_count <= MAX_INLINE_COUNTERS)
		buf_puts(emit->out,
			 "XDPFW_INLINE void count(const volatile struct fields *f, "
			 "const __u32 number)\n"
			 "{\n"
			 "\tcount_cell(settings.cell_of[number], f->length);\n"
			 "}\n\n");
	else
		buf_printf(emit->out,
			   "XDPFW_ALONE int count(const volatile struct fields *f, __u32 number)\n"
			   "{\n"
			   "\tif (!f || number >= %u)\n"
			   "\t\treturn 0;\n"
			   "\tcount_cell(settings.cell_of[number], f->length);\n"
			   "\treturn 0;\n"
			   "}\n\n",
			   emit->ir->counter_count);
}

void emit_c(const struct plan *plan, const struct emit_options *options, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct emit emit = {
		.plan = plan,
		.ir = plan->ir,
		.out = out,
		.arena = &arena,
		.flip = options->miscompile,
	};

	note_uses(&emit);
	buf_puts(out, "/* Made by xdpfw from a ruleset; changes are lost at the next load. */\n\n");
	put_headers(&emit);
	put_settings(&emit);
	emit_fields(&emit);
	put_count(&emit);
	emit_sets(&emit);
	emit_runs(&emit);
	emit_run_at(&emit);
	emit_main(&emit);
	arena_free(&arena);
}
