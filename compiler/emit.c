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
#include "compiler/plan_block.h"

#define MAX_INLINE_COUNTERS 64
#define MAX_INLINE_SITES 4

/* Whether the value of a load depends on the chain's family, and this is family inet. */
static bool is_inet(const struct emit *emit, const struct ir_rule *rule, uint32_t key)
{
	return emit->ir->chains.at[rule->chain].inet && emit_key_asks_family(emit, key);
}

static void note_pair(struct emit *emit, const struct emit_pair *pair)
{
	for (size_t i = 0; i < emit->pairs.len; i++) {
		const struct emit_pair *other = &emit->pairs.at[i];

		if (other->is_map == pair->is_map && other->number == pair->number &&
		    other->key == pair->key && other->inet == pair->inet)
			return;
	}
	*vec_push(emit->arena, &emit->pairs) = *pair;
}

static void note_step(struct emit *emit, const struct ir_rule *rule, const struct ir_step *step)
{
	const struct ir_key *key = &emit->ir->keys.at[step->key];
	const struct field *field = emit->ir->loads.at[key->parts.at[0].load].field;
	bool is_map = step->kind == IR_STEP_MAP;
	struct emit_pair pair = { is_map, is_map ? step->map : step->set, step->key,
				  is_inet(emit, rule, step->key) };

	if (is_map && emit->plan->maps[step->map].by_number)
		emit->by_number = true;
	if (key->parts.len > 1) {
		note_pair(emit, &pair);
	} else if (is_map) {
		if (!emit->map_field[step->map])
			emit->map_field[step->map] = field;
	} else {
		if (!emit->set_field[step->set])
			emit->set_field[step->set] = field;
		if (!emit_set_is_inline(emit, step->set, step->key))
			emit->set_called[step->set] = true;
	}
}

static void note_place(struct emit *emit, uint32_t number)
{
	const struct ir_load *load = &emit->ir->loads.at[number];
	struct ir_place place = ir_load_place(load);
	uint32_t i = 0;

	emit->place_of[number] = EMIT_NO_PLACE;
	if (place.base == FIELD_BASE_META)
		return;
	while (i < emit->places.len && !ir_place_equal(&emit->places.at[i].place, &place))
		i++;
	if (i == emit->places.len)
		emit_place_init(emit, &place, vec_push(emit->arena, &emit->places));
	if (load->field->load == FIELD_LOAD_PRESENCE)
		emit->places.at[i].asked = true;
	else
		emit->places.at[i].bytes = true;
	emit->place_of[number] = i;
}

static void note_uses(struct emit *emit)
{
	const struct ir *ir = emit->ir;

	emit->set_called = ARENA_ARRAY(emit->arena, bool, ir->sets.len + 1);
	emit->set_field = ARENA_ARRAY(emit->arena, const struct field *, ir->sets.len + 1);
	emit->map_field = ARENA_ARRAY(emit->arena, const struct field *, ir->maps.len + 1);
	emit->place_of = ARENA_ARRAY(emit->arena, uint32_t, ir->loads.len + 1);
	for (uint32_t i = 0; i < ir->loads.len; i++)
		if (emit->plan->load_used[i])
			note_place(emit, i);
	emit->windowed = ARENA_ARRAY(emit->arena, uint32_t, ir->loads.len + 1);
	emit->present = ARENA_ARRAY(emit->arena, unsigned int, emit->places.len + 1);
	for (size_t i = 0; i < ir->rules.len; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		if (!plan_rule_is_compared(emit->plan, (uint32_t)i))
			continue;
		for (size_t j = 0; j < rule->steps.len; j++)
			if (rule->steps.at[j].kind != IR_STEP_COUNTER &&
			    rule->steps.at[j].kind != IR_STEP_VERDICT)
				note_step(emit, rule, &rule->steps.at[j]);
	}
	for (size_t i = 0; i < ir->chains.len; i++)
		if (emit->plan->chain_used[i] && ir->chains.at[i].is_base && ir->chains.at[i].inet)
			emit->inet = true;
	emit_fields_need(emit);
	emit_place_windows(emit);
	emit->plain = emit_plain_is_possible(emit);
	emit->direct = emit_needs_jump(emit) && emit_direct_is_possible(emit);
}

/* Some block is looked up by ENGINE. */
bool emit_uses_engine(const struct emit *emit, const struct plan_engine *engine)
{
	for (size_t i = 0; i < emit->plan->blocks.len; i++) {
		const struct plan_block *block = emit->plan->blocks.at[i];

		for (size_t j = 0; j < block->cases.len; j++)
			if (block->cases.at[j].engine == engine)
				return true;
	}
	for (size_t i = 0; i < emit->plan->tables.len; i++)
		if (emit->plan->tables.at[i].engine == engine)
			return true;
	return false;
}

static bool uses_cross(const struct emit *emit)
{
	return emit_uses_engine(emit, &plan_engine_cross) ||
	       emit_uses_engine(emit, &plan_engine_packed);
}

static void put_table_header(const struct emit *emit)
{
	buf_printf(emit->out, "#define XDPFW_TABLE_BYTES %zu\n", emit->plan->image_bytes);
	if (emit->plan->key_lanes)
		buf_printf(emit->out, "#define XDPFW_KEY_LANES %u\n", emit->plan->key_lanes);
	if (emit->plan->named.count)
		buf_printf(emit->out, "#define XDPFW_NAMED_AT %u\n", emit->plan->named.head_at);
	buf_putc(emit->out, '\n');
	emit_header(EMIT_HEADER_TABLE, emit->out);
	if (emit->plan->named.count)
		emit_header(EMIT_HEADER_NAMED, emit->out);
	if (emit_has_tries(emit) || emit_uses_engine(emit, &plan_engine_tree) ||
	    uses_cross(emit) || emit_uses_engine(emit, &plan_engine_lead))
		emit_header(EMIT_HEADER_TRIE, emit->out);
	if (emit->plan->blocks.len)
		emit_header(EMIT_HEADER_ACTION, emit->out);
	if (emit->plan->caches.pages) {
		buf_printf(emit->out, "#define XDPFW_CACHE_PAGES %u\n\n",
			   emit->plan->caches.pages);
		emit_header(EMIT_HEADER_CACHE, emit->out);
	}
	if (uses_cross(emit))
		emit_header(EMIT_HEADER_CROSS, emit->out);
	if (emit_uses_engine(emit, &plan_engine_tree))
		emit_header(EMIT_HEADER_TREE, emit->out);
}

static void put_headers(const struct emit *emit)
{
	emit_header(EMIT_HEADER_BPF, emit->out);
	emit_header(EMIT_HEADER_ABI, emit->out);
	emit_header(EMIT_HEADER_LAYOUT, emit->out);
	emit_header(EMIT_HEADER_RUN, emit->out);
	if (emit_needs_jump(emit))
		emit_header(EMIT_HEADER_JUMP, emit->out);
	if (emit->plan->image_bytes)
		put_table_header(emit);
	emit_header(EMIT_HEADER_WALK, emit->out);
	if (emit->plain)
		emit_header(EMIT_HEADER_PLAIN, emit->out);
	if (emit_reads_places(emit))
		emit_header(EMIT_HEADER_PLACE, emit->out);
	if (emit_reads_tunnels(emit))
		emit_header(EMIT_HEADER_TUNNEL, emit->out);
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
			 "XDPFW_INLINE void count(FIELDS *f, "
			 "const __u32 number)\n"
			 "{\n"
			 "\tCOUNT_CELL(settings.cell_of[number], f->length);\n"
			 "}\n\n");
	else
		buf_printf(emit->out,
			   "XDPFW_ALONE int count(FIELDS *f, __u32 number)\n"
			   "{\n"
			   "\tif (!f || number >= %u)\n"
			   "\t\treturn 0;\n"
			   "\tCOUNT_CELL(settings.cell_of[number], f->length);\n"
			   "\treturn 0;\n"
			   "}\n\n",
			   emit->ir->counter_count);
}

/*
 * In a small program rules are a part of the program, and fields stay in registers.  In others
 * they are functions that are verified alone, and each look at a field is a load, or clang would
 * share what rules compare as truth values and the verifier would follow all their combinations.
 */
static void put_fields_shape(const struct emit *emit)
{
	buf_printf(emit->out, "#define FIELDS const %sstruct fields\n\n",
		   emit->small ? "" : "volatile ");
}

/* Base chains of all entries, whose answers are looked at. */
static size_t count_sites(const struct emit *emit)
{
	size_t sites = 0;

	for (size_t i = 0; i < emit->ir->entries.len; i++)
		sites += emit->ir->entries.at[i].chains.len;
	return sites;
}

/*
 * What the rule counts that a base chain's answer comes from.  Where tables decide, whether it
 * counts at all is hard to guess for a processor: then it always does, into the sink that cell 0
 * is.
 */
static void put_count_answer(const struct emit *emit)
{
	if (!emit->ir->counter_count)
		return;
	buf_printf(emit->out,
		   "%s count_answer(FIELDS *f, __u64 answer)\n"
		   "{\n"
		   "\t__u32 cell = (__u32)(answer >> 32) & 0xfffffff;\n\n"
		   "\tif (f%s)\n"
		   "\t\tCOUNT_HERE(cell, f->length);\n"
		   "\treturn 0;\n"
		   "}\n\n",
		   count_sites(emit) > MAX_INLINE_SITES ? "XDPFW_ALONE int" : "XDPFW_INLINE int",
		   emit->plan->image_bytes ? "" : " && cell");
}

/* The same for brief answers. */
static void put_count_brief(const struct emit *emit)
{
	if (!emit->small || !emit->brief || !emit->ir->counter_count)
		return;
	buf_printf(emit->out,
		   "%s count_brief(FIELDS *f, __u32 brief)\n"
		   "{\n"
		   "\t__u32 number = BRIEF_COUNTER(brief) - 1;\n\n"
		   "\tif (f && number < %u)\n"
		   "\t\tCOUNT_HERE(settings.cell_of[number], f->length);\n"
		   "\treturn 0;\n"
		   "}\n\n",
		   count_sites(emit) > MAX_INLINE_SITES ? "XDPFW_ALONE int" : "XDPFW_INLINE int",
		   emit->ir->counter_count);
}

/* Counts what the entry of a map says, and returns its word. */
static void put_count_entry(const struct emit *emit)
{
	uint32_t count = emit->ir->counter_count;

	if (!emit->by_number)
		return;
	buf_puts(emit->out,
		 "/* NUMBER is from 1 on; 0: the key is in no entry. */\n"
		 "XDPFW_ALONE __u32 count_entry(FIELDS *f, __u32 at, "
		 "__u32 number)\n"
		 "{\n"
		 "\tstruct table_entry entry;\n\n"
		 "\tif (!f || !number)\n"
		 "\t\treturn 0;\n"
		 "\tentry = *TABLE_AT(struct table_entry,\n"
		 "\t\t\t  at + (number - 1) * (__u64)sizeof(entry));\n");
	if (count)
		buf_printf(emit->out,
			   "\tif (entry.counter && entry.counter <= %u)\n"
			   "\t\tCOUNT_CELL(settings.cell_of[entry.counter - 1], f->length);\n"
			   "\tif (entry.object && entry.object <= %u)\n"
			   "\t\tCOUNT_CELL(settings.cell_of[entry.object - 1], f->length);\n",
			   count, count);
	buf_puts(emit->out, "\treturn entry.word;\n}\n\n");
}

/* Clock, CPU and chance, for programs that ask for them. */
static void put_given(const struct emit *emit)
{
	if (!emit->plan->reads_given)
		return;
	buf_puts(emit->out,
		 "/* Set in a proof; a live program asks the machine. */\n"
		 "volatile struct xdpfw_given given SEC(\".data.given\") = {};\n\n"
		 "XDPFW_INLINE __u64 given_time(void)\n"
		 "{\n"
		 "\treturn given.active ? given.now :\n"
		 "\t\tbpf_ktime_get_tai_ns() - (__u64)settings.config.tai_offset;\n"
		 "}\n\n"
		 "/* Days since 1970-01-01, a Thursday, in the kernel's time zone. */\n"
		 "XDPFW_INLINE __u8 given_day(__u64 now)\n"
		 "{\n"
		 "\tlong west = settings.config.minutes_west;\n\n"
		 "\treturn (4 + (now / 1000000000 - west * 60) / 86400) % 7;\n"
		 "}\n\n"
		 "XDPFW_INLINE __u32 given_cpu(void)\n"
		 "{\n"
		 "\treturn given.active ? given.cpu : bpf_get_smp_processor_id();\n"
		 "}\n\n"
		 "/* A new one each time. */\n"
		 "XDPFW_INLINE __u32 meta_random(void)\n"
		 "{\n"
		 "\treturn given.active ? given.random : bpf_get_prandom_u32();\n"
		 "}\n\n");
}

/* IPv4 without tag and options; bytes 8 to 11 of the payload, in this machine's order. */
static void put_stamp(const struct emit *emit)
{
	buf_puts(emit->out,
		 "XDPFW_INLINE int stamp_passed(struct xdp_md *ctx)\n"
		 "{\n"
		 "\t__u8 *frame = (__u8 *)(long)ctx->data;\n"
		 "\t__u32 stamp = settings.config.stamp;\n\n"
		 "\tif (frame + 54 > (__u8 *)(long)ctx->data_end || be16(frame + 12) != 0x800 ||\n"
		 "\t    frame[14] != 0x45 || frame[23] != 17 || be16(frame + 36) != 7777)\n"
		 "\t\treturn XDP_PASS;\n"
		 "\t__builtin_memcpy(frame + 50, &stamp, 4);\n"
		 "\treturn XDP_PASS;\n"
		 "}\n\n");
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
		.stamp = options->stamp,
	};

	note_uses(&emit);
	buf_puts(out, "/* Made by xdpfw from a ruleset; changes are lost at the next load. */\n\n");
	put_headers(&emit);
	put_settings(&emit);
	put_given(&emit);
	emit_fields(&emit);
	emit_main_choose(&emit);
	put_fields_shape(&emit);
	put_count(&emit);
	put_count_answer(&emit);
	put_count_brief(&emit);
	put_count_entry(&emit);
	emit_shapes(&emit);
	emit_tables(&emit);
	emit_sets(&emit);
	emit_pairs(&emit);
	emit_direct(&emit);
	emit_runs(&emit);
	emit_run_at(&emit);
	if (options->stamp)
		put_stamp(&emit);
	emit_main(&emit);
	arena_free(&arena);
}
