/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_block: a run whose rules are looked up in tables.
 *
 * In: a block of the plan.  Out: for each of its cases a function that makes the key from the
 * packet's fields and looks it up, and run_N(), which asks which case a packet is, looks up, counts
 * and answers.  What no rule of the block matches goes on behind it: action 0 says so.
 *
 * Safety: the look-ups only read, at masked places; a wrong table is a wrong answer, which the
 * proof finds, never an access elsewhere.
 */
#include "compiler/emit_part.h"

#include "compiler/plan_block.h"

static const struct ir_load *load_of(const struct emit *emit, const struct plan_axis *axis)
{
	return &emit->ir->loads.at[axis->part.load];
}

/* "has_bytes(f->th_len, 4)": 1 when the packet has what the axis is read of. */
static void put_present(const struct emit *emit, const struct plan_axis *axis, struct buf *out)
{
	const struct ir_load *load = load_of(emit, axis);

	if (load->tunnel != PROTO_META && load->field->load != FIELD_LOAD_HEADER)
		buf_printf(out, "is_number(f->%s_%s, 1)", field_protos[load->tunnel].name,
			   load->field->load == FIELD_LOAD_L4PROTO ? "has_l4" : "opened");
	else if (load->field->load == FIELD_LOAD_L4PROTO)
		buf_puts(out, "is_number(f->has_l4, 1)");
	else if (load->field->load == FIELD_LOAD_PRESENCE)
		buf_printf(out, "is_number(f->nfproto, %s)",
			   field_proto(load->field)->network == PROTO_IP ? "NFPROTO_IPV4" :
									   "NFPROTO_IPV6");
	else
		buf_printf(out, "has_bytes(f->%s, %u)",
			   emit->places.at[emit->place_of[axis->part.load]].len, axis->need);
}

static bool is_asked(const struct plan_problem *problem, uint32_t dim)
{
	return problem->dims[dim].labels.len;
}

/* What every value fits is not compared, and then the value may not be asked for at all. */
static bool has_whole_label(const struct plan_dim *dim)
{
	for (size_t i = 0; i < dim->labels.len; i++)
		if (dim->labels.at[i].at[0].lo == 0 &&
		    dim->labels.at[i].at[0].hi == u128_max(dim->bits))
			return true;
	return false;
}

static void put_dim(const struct emit *emit, const struct plan_block *block,
		    const struct plan_problem *problem, uint32_t number, struct buf *out)
{
	const struct plan_axis *axis = &block->axes.at[problem->dims[number].key_part];
	struct emit_value value;

	if (!is_asked(problem, number))
		return;
	if (axis->is_place) {
		buf_printf(out, "\tconst __u64 d%u = at_rule;\n", number);
		return;
	}
	emit_value_make(emit, &axis->part, block->inet, NULL, &value);
	if (emit_value_is_wide(&value))
		buf_printf(out, "\tUNUSED const __u64 d%u_high = %s, d%u = %s;\n", number,
			   value.high.at, number, value.low.at);
	else
		buf_printf(out, "\t%sconst __u64 d%u = %s;\n",
			   has_whole_label(&problem->dims[number]) ? "UNUSED " : "", number,
			   value.low.at);
	emit_value_free(&value);
	if (problem->dims[number].always)
		return;
	buf_printf(out, "\tconst __u64 p%u = ", number);
	put_present(emit, axis, out);
	buf_puts(out, ";\n");
}

bool emit_block_asks_place(const struct plan_block *block, const struct plan_case *at)
{
	for (uint32_t i = 0; i < at->problem.dim_count; i++)
		if (block->axes.at[at->problem.dims[i].key_part].is_place)
			return true;
	return false;
}

void emit_block_key(const struct emit *emit, const struct plan_block *block,
		    const struct plan_problem *problem)
{
	for (uint32_t i = 0; i < problem->dim_count; i++)
		put_dim(emit, block, problem, i, emit->out);
}

static void put_case(const struct emit *emit, const struct plan_block *block, size_t run,
		     size_t number)
{
	const struct plan_case *at = &block->cases.at[number];
	struct buf *out = emit->out;

	if (!at->engine)
		return;
	at->engine->write_globals(at->solution, (uint32_t)(run * 16 + number), at->offset, out);
	buf_printf(out, "XDPFW_INLINE __u32 look_%zu_%zu(FIELDS *f%s%s)\n{\n", run, number,
		   emit_block_asks_place(block, at) ? ", const __u32 at_rule" : "",
		   at->problem.resumed ? ", const __u32 from" : "");
	emit_block_key(emit, block, &at->problem);
	buf_putc(out, '\n');
	at->engine->write(at->solution, at->offset, out);
	buf_puts(out, "}\n\n");
	if (at->cache.words)
		emit_cache(emit, block, run, number);
}

/* Of up to 32 bits; see PLAN_MAX_JOINED. */
static void hide_value(struct emit_value *value)
{
	struct buf hidden = BUF_INIT;

	buf_printf(&hidden, "HIDDEN32(%s)", value->low.at);
	buf_free(&value->low);
	value->low = hidden;
}

/* "f->meta_protocol == 0x800 && f->length >= 20"; nothing for all that are left. */
static void put_condition(const struct emit *emit, const struct plan_block *block,
			  const struct plan_case *at, struct buf *out)
{
	struct emit_value value;

	if (at->root_count) {
		emit_value_make(emit, &block->axes.at[block->root].part, block->inet, NULL,
				&value);
		if (at->root_count > PLAN_MAX_JOINED)
			hide_value(&value);
		buf_puts(out, at->root_count > 1 ? "(" : "");
		for (size_t i = 0; i < at->root_count; i++) {
			buf_puts(out, i ? " || " : "");
			emit_value_in(&value, &at->root[i], false, out);
		}
		buf_puts(out, at->root_count > 1 ? ")" : "");
		emit_value_free(&value);
	}
	if (at->network_bytes)
		buf_printf(out, "%sf->length >= %u", at->root_count ? " && " : "",
			   at->network_bytes);
}

static void put_choice(const struct emit *emit, const struct plan_block *block, size_t run)
{
	struct buf *out = emit->out;

	for (size_t i = 0; i < block->cases.len; i++) {
		const struct plan_case *at = &block->cases.at[i];
		struct buf condition = BUF_INIT;

		put_condition(emit, block, at, &condition);
		if (condition.len)
			buf_printf(out, "\t%sif (%s)\n\t", i ? "else " : "", condition.at);
		else if (i)
			buf_puts(out, "\telse\n\t");
		if (at->engine)
			buf_printf(out, "\tnumber = %s_%zu_%zu(f%s%s);\n",
				   at->cache.words ? "cached" : "look", run, i,
				   emit_block_asks_place(block, at) ? ", at_rule" : "",
				   at->problem.resumed ? ", behind" : "");
		else
			buf_printf(out, "\tnumber = %u;\n", at->constant);
		buf_free(&condition);
	}
}

/* But for what a miss says the table is read in proofs alone. */
static void put_computed(const struct emit *emit, const struct plan_block *block)
{
	struct buf *out = emit->out;

	buf_printf(out, "\tanswer = COMPUTED_ANSWER(number, %u, %u, TABLE_ANSWER(%zu, %u, 0));\n"
			"\tif (settings.config.prove)\n"
			"\t\tanswer |= (__u32)TABLE_ANSWER(%zu, %u, (number + 1) >> 1);\n"
			"\treturn answer;\n", block->first_counter, emit->ir->counter_count,
		   block->actions_at, block->action_slots - 1, block->actions_at,
		   block->action_slots - 1);
}

static void put_act(const struct emit *emit, const struct plan_block *block)
{
	struct buf *out = emit->out;
	uint32_t mask = block->action_slots - 1;

	if (block->computed) {
		put_computed(emit, block);
		return;
	}
	if (!block->wide) {
		buf_printf(out, "\treturn TABLE_ANSWER(%zu, %u, number);\n", block->actions_at,
			   mask);
		return;
	}
	buf_printf(out, "\taction = TABLE_ACTION(%zu, %u, number);\n"
			"\tif (action->counter)\n"
			"\t\tCOUNT_CELL(action->counter, f->length);\n"
			"\tif (action->object)\n"
			"\t\tCOUNT_CELL(action->object, f->length);\n"
			"\treturn action->answer;\n", block->actions_at, mask);
}

/* Which rules the block holds, in place of their lines. */
static void put_comment(const struct emit *emit, const struct plan_block *block)
{
	const struct ir_rule *first = &emit->ir->rules.at[block->first];
	const struct ir_rule *last = &emit->ir->rules.at[block->end - 1];
	struct buf *out = emit->out;

	buf_puts(out, "/*\n * ");
	emit_chain_name(&emit->ir->chains.at[first->chain], out);
	if (block->shared)
		buf_printf(out, " and others, in %zu stretches", block->stretches.len);
	buf_printf(out, ": %u rules, from ", plan_block_rules(block));
	emit_comment_text(str_from(first->place), out);
	buf_puts(out, " to ");
	emit_comment_text(str_from(last->place), out);
	buf_puts(out, ", are in tables: see `xdpfw explain`.\n */\n");
}

/* The rule at which the packet comes, or behind which, counted from the block's first one. */
static void put_place(const struct emit *emit, const struct plan_block *block)
{
	if (block->shared)
		buf_printf(emit->out, "\tat_rule = (from & ~BEHIND(0)) - %u;\n"
				      "\tHIDE(at_rule);\n", block->first);
}

/* How many of the block's actions are of rules that are not asked any more. */
static void put_behind(const struct emit *emit, const struct plan_block *block)
{
	struct buf *out = emit->out;

	if (!block->resumes)
		return;
	buf_printf(out, "\tbehind = (from >> 31) + (from & ~BEHIND(0)) - %u;\n"
			"\tHIDE(behind);\n", block->first);
	if (block->behind_slots)
		buf_printf(out, "\tbehind = TABLE_BEHIND(%zu, %u, behind);\n", block->behind_at,
			   block->behind_slots - 1);
}

void emit_block(struct emit *emit, const struct plan_block *block, size_t run)
{
	struct buf *out = emit->out;

	put_comment(emit, block);
	for (size_t i = 0; i < block->cases.len; i++)
		put_case(emit, block, run, i);
	emit_run_begin(emit, run);
	buf_puts(out, block->wide ? "\tconst struct table_action *action;\n" : "");
	buf_puts(out, block->computed ? "\t__u64 answer;\n" : "");
	buf_puts(out, "\t__u32 number;\n");
	buf_puts(out, block->shared ? "\tUNUSED __u32 at_rule;\n" : "");
	buf_puts(out, block->resumes ? "\t__u32 behind;\n" : "");
	buf_putc(out, '\n');
	emit_run_check(emit);
	put_place(emit, block);
	put_behind(emit, block);
	put_choice(emit, block, run);
	put_act(emit, block);
	emit_run_end(emit, run);
}
