/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_set: sets and maps: a few intervals as compares, many as a look-up in a table.
 *
 * In: what the plan chose.  Out: set_N(key), true or false, and map_N(key), a word of
 * bpf/xdpfw_layout.h or 0.  Keys of more than 64 bits are two numbers.
 */
#include "compiler/emit_part.h"

bool emit_set_is_inline(const struct emit *emit, uint32_t set)
{
	size_t most = emit->plan->set_bits[set] == 128 ? EMIT_MAX_INLINE_WIDE : EMIT_MAX_INLINE;

	return emit->ir->sets.at[set].intervals.len <= most;
}

void emit_interval(const struct field *field, const char *value, uint64_t lo, uint64_t hi,
		   bool wide, struct buf *out)
{
	if (lo == hi) {
		buf_printf(out, "%s == ", value);
		emit_number(field, lo, out);
		return;
	}
	buf_printf(out, "in%s(%s, ", wide ? "64" : "32", value);
	emit_number(field, lo, out);
	buf_puts(out, ", ");
	emit_number(field, hi, out);
	buf_putc(out, ')');
}

void emit_wide_interval(const char *high, const char *low, u128 lo, u128 hi, struct buf *out)
{
	uint64_t lo_high = (uint64_t)(lo >> 64), lo_low = (uint64_t)lo;
	uint64_t hi_high = (uint64_t)(hi >> 64), hi_low = (uint64_t)hi;

	if (!lo_low && hi_low == UINT64_MAX) {
		emit_interval(NULL, high, lo_high, hi_high, true, out);
	} else if (lo_high == hi_high) {
		buf_putc(out, '(');
		emit_interval(NULL, high, lo_high, lo_high, true, out);
		buf_puts(out, " && ");
		emit_interval(NULL, low, lo_low, hi_low, true, out);
		buf_putc(out, ')');
	} else {
		buf_printf(out, "in128(%s, %s, 0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull)", high,
			   low, (unsigned long long)lo_high, (unsigned long long)lo_low,
			   (unsigned long long)hi_high, (unsigned long long)hi_low);
	}
}

static void put_key_interval(const struct field *field, unsigned int bits, u128 lo, u128 hi,
			     struct buf *out)
{
	if (bits == 128)
		emit_wide_interval("high", "low", lo, hi, out);
	else
		emit_interval(field, "key", (uint64_t)lo, (uint64_t)hi, bits == 64, out);
}

static void put_head(const char *shape, const char *what, uint32_t number, struct str name,
		     unsigned int bits, struct buf *out)
{
	if (name.len) {
		buf_puts(out, "/* @");
		emit_comment_text(name, out);
		buf_puts(out, " */\n");
	}
	buf_printf(out, "XDPFW_INLINE %s %s_%u(", shape, what, number);
	buf_puts(out, bits == 128 ? "__u64 high, __u64 low" : bits == 64 ? "__u64 key" :
									   "__u32 key");
	buf_puts(out, ")\n{\n");
}

static void put_look_up(const struct plan_table *table, struct buf *out)
{
	const char *key = table->key_bits == 128 ? "high, low" : "key";

	if (table->kind == PLAN_HASH)
		buf_printf(out, "\treturn table_hash%u(%s, %u, 0x%x, %u);\n", table->key_bits, key,
			   table->offset, table->slots - 1, table->seed);
	else
		buf_printf(out, "\treturn table_search%u(%s, %u, 0x%x);\n", table->key_bits, key,
			   table->offset, table->slots);
}

static void put_set(const struct emit *emit, uint32_t number)
{
	const struct ir_set *set = &emit->ir->sets.at[number];
	unsigned int bits = emit->plan->set_bits[number];
	uint32_t table = emit->plan->set_table.at[number];
	struct buf *out = emit->out;

	put_head("bool", "set", number, set->name, bits, out);
	if (table != PLAN_NO_TABLE) {
		put_look_up(&emit->plan->tables.at[table], out);
	} else {
		for (size_t i = 0; i < set->intervals.len; i++) {
			buf_puts(out, i ? " ||\n\t       " : "\treturn ");
			put_key_interval(emit->set_field[number], bits, set->intervals.at[i].lo,
					 set->intervals.at[i].hi, out);
		}
		buf_puts(out, ";\n");
	}
	buf_puts(out, "}\n\n");
}

static void put_word(uint32_t word, struct buf *out)
{
	static const char *const words[] = {
		[ANSWER_NONE] = "NONE",	    [ANSWER_ACCEPT] = "ACCEPT",
		[ANSWER_DROP] = "DROP",	    [ANSWER_RETURN] = "RETURN",
		[ANSWER_CONTINUE] = "CONTINUE", [ANSWER_JUMP] = "JUMP",
		[ANSWER_GOTO] = "GOTO",	    [ANSWER_TOO_LONG] = "TOO_LONG",
	};

	buf_printf(out, "WORD(ANSWER_%s, %u)", words[word >> 28], word & 0xfffffff);
}

static void put_map(const struct emit *emit, uint32_t number)
{
	const struct ir_map *map = &emit->ir->maps.at[number];
	unsigned int bits = emit->plan->map_bits[number];
	uint32_t table = emit->plan->map_table.at[number];
	struct buf *out = emit->out;

	put_head("__u32", "map", number, map->name, bits, out);
	if (table != PLAN_NO_TABLE) {
		put_look_up(&emit->plan->tables.at[table], out);
	} else {
		for (size_t i = 0; i < map->entries.len; i++) {
			buf_puts(out, "\tif (");
			put_key_interval(emit->map_field[number], bits, map->entries.at[i].lo,
					 map->entries.at[i].hi, out);
			buf_puts(out, ")\n\t\treturn ");
			put_word(plan_word(emit->ir, &map->entries.at[i].verdict), out);
			buf_puts(out, ";\n");
		}
		buf_puts(out, "\treturn 0;\n");
	}
	buf_puts(out, "}\n\n");
}

void emit_sets(const struct emit *emit)
{
	for (uint32_t i = 0; i < emit->ir->sets.len; i++)
		if (emit->plan->set_bits[i] && !emit_set_is_inline(emit, i))
			put_set(emit, i);
	for (uint32_t i = 0; i < emit->ir->maps.len; i++)
		if (emit->plan->map_bits[i])
			put_map(emit, i);
}
