/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_set: sets and maps that are asked for one field: a few intervals as compares, many as a
 * look-up in a table.
 *
 * In: what the plan chose.  Out: set_N(key), true or false, and map_N(key), a word of
 * bpf/xdpfw_layout.h or 0.  Keys of more than 64 bits are two numbers.
 */
#include "compiler/emit_part.h"

bool emit_set_is_inline(const struct emit *emit, uint32_t set, uint32_t key)
{
	const struct ir_part *part = &emit->ir->keys.at[key].parts.at[0];
	size_t most = emit->plan->sets[set].key_bits == 128 ? EMIT_MAX_INLINE_WIDE :
							      EMIT_MAX_INLINE;

	/* It is another number each time that it is asked for. */
	if (emit->ir->loads.at[part->load].field->load == FIELD_LOAD_RANDOM)
		most = 1;
	return emit->ir->sets.at[set].intervals.len <= most;
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
		     unsigned int bits, bool fields, struct buf *out)
{
	if (name.len) {
		buf_puts(out, "/* @");
		emit_comment_text(name, out);
		buf_puts(out, " */\n");
	}
	buf_printf(out, "XDPFW_INLINE %s %s_%u(", shape, what, number);
	buf_puts(out, fields ? "FIELDS *f, " : "");
	buf_puts(out, bits == 128 ? "__u64 high, __u64 low" : bits == 64 ? "__u64 key" :
									   "__u32 key");
	buf_puts(out, ")\n{\n");
}

static bool moves(const struct emit *emit, const struct plan_look *look)
{
	return look->table != PLAN_NO_TABLE && emit->plan->tables.at[look->table].moves;
}

void emit_look_up(const struct emit *emit, const struct plan_look *look, const char *key,
		  struct buf *out)
{
	buf_printf(out, "look_%u(%s%s)", look->table, moves(emit, look) ? "f->generation, " : "",
		   key);
}

bool emit_set_wants_fields(const struct emit *emit, uint32_t set)
{
	return moves(emit, &emit->plan->sets[set]);
}

static const char *key_text(unsigned int bits)
{
	return bits == 128 ? "high, low" : "key";
}

static void put_set(const struct emit *emit, uint32_t number)
{
	const struct ir_set *set = &emit->ir->sets.at[number];
	const struct plan_look *look = &emit->plan->sets[number];
	struct buf *out = emit->out;

	/* A bool would be made by a branch. */
	put_head(look->table == PLAN_NO_TABLE ? "bool" : "__u32", "set", number, set->name,
		 look->key_bits, moves(emit, look), out);
	buf_puts(out, "\treturn ");
	if (look->table != PLAN_NO_TABLE)
		emit_look_up(emit, look, key_text(look->key_bits), out);
	for (size_t i = 0; look->table == PLAN_NO_TABLE && i < set->intervals.len; i++) {
		buf_puts(out, i ? " ||\n\t       " : "");
		put_key_interval(emit->set_field[number], look->key_bits, set->intervals.at[i].lo,
				 set->intervals.at[i].hi, out);
	}
	buf_puts(out, ";\n}\n\n");
}

static void put_word(uint32_t word, struct buf *out)
{
	static const char *const words[] = {
		[ANSWER_NONE] = "NONE",	    [ANSWER_ACCEPT] = "ACCEPT",
		[ANSWER_DROP] = "DROP",	    [ANSWER_RETURN] = "RETURN",
		[ANSWER_CONTINUE] = "CONTINUE", [ANSWER_JUMP] = "JUMP",
		[ANSWER_GOTO] = "GOTO",	    [ANSWER_TOO_LONG] = "TOO_LONG",
	};

	if (word)
		buf_printf(out, "WORD(ANSWER_%s, %u)", words[word >> 28], word & 0xfffffff);
	else
		buf_putc(out, '0');
}

void emit_map_entry(const struct emit *emit, const struct ir_map_entry *entry, const char *indent,
		    struct buf *out)
{
	if (entry && entry->counter != IR_NO_COUNTER)
		buf_printf(out, "%scount(f, %u);\n", indent, entry->counter);
	if (entry && entry->object != IR_NO_COUNTER)
		buf_printf(out, "%scount(f, %u);\n", indent, entry->object);
	buf_printf(out, "%sreturn ", indent);
	put_word(entry ? plan_entry_word(emit->ir, entry) : 0, out);
	buf_puts(out, ";\n");
}

/* Of a map whose entries can move with its table. */
static void put_moved_entry(const struct emit *emit, const struct plan_look *look, bool has_rest,
			    struct buf *out)
{
	uint32_t row = emit->plan->tables.at[look->table].row;

	buf_printf(out, "count_entry(f, named_row(f->generation, %u)->entries_at,\n"
			"\t\t\t   found", row);
	if (has_rest)
		buf_printf(out, " ? found : named_row(f->generation, %u)->entries + 1", row);
	buf_putc(out, ')');
}

void emit_map_table(const struct emit *emit, uint32_t number, const char *key, struct buf *out)
{
	const struct ir_map *map = &emit->ir->maps.at[number];
	const struct plan_look *look = &emit->plan->maps[number];

	if (!look->by_number && !map->has_rest) {
		buf_puts(out, "\treturn ");
		emit_look_up(emit, look, key, out);
	} else {
		buf_puts(out, "\t__u32 found = ");
		emit_look_up(emit, look, key, out);
		buf_puts(out, ";\n\n\treturn ");
		if (!look->by_number) {
			buf_puts(out, "found ? found : ");
			put_word(plan_entry_word(emit->ir, &map->rest), out);
		} else if (moves(emit, look)) {
			put_moved_entry(emit, look, map->has_rest, out);
		} else if (map->has_rest) {
			buf_printf(out, "count_entry(f, %u, found ? found : %zu)",
				   look->entries_at, map->entries.len + 1);
		} else {
			buf_printf(out, "count_entry(f, %u, found)", look->entries_at);
		}
	}
	buf_puts(out, ";\n}\n\n");
}

bool emit_map_wants_fields(const struct emit *emit, uint32_t map)
{
	return emit->plan->maps[map].by_number || plan_map_counts(&emit->ir->maps.at[map]) ||
	       moves(emit, &emit->plan->maps[map]);
}

static void put_map(const struct emit *emit, uint32_t number)
{
	const struct ir_map *map = &emit->ir->maps.at[number];
	const struct plan_look *look = &emit->plan->maps[number];
	struct buf *out = emit->out;

	put_head("__u32", "map", number, map->name, look->key_bits,
		 emit_map_wants_fields(emit, number), out);
	if (look->table != PLAN_NO_TABLE) {
		emit_map_table(emit, number, key_text(look->key_bits), out);
		return;
	}
	for (size_t i = 0; i < map->entries.len; i++) {
		const struct ir_map_entry *entry = &map->entries.at[i];
		bool block = entry->counter != IR_NO_COUNTER || entry->object != IR_NO_COUNTER;

		buf_puts(out, "\tif (");
		put_key_interval(emit->map_field[number], look->key_bits, map->intervals.at[i].lo,
				 map->intervals.at[i].hi, out);
		buf_puts(out, block ? ") {\n" : ")\n");
		emit_map_entry(emit, entry, "\t\t", out);
		buf_puts(out, block ? "\t}\n" : "");
	}
	emit_map_entry(emit, map->has_rest ? &map->rest : NULL, "\t", out);
	buf_puts(out, "}\n\n");
}

void emit_sets(const struct emit *emit)
{
	for (uint32_t i = 0; i < emit->ir->sets.len; i++)
		if (emit->set_called[i])
			put_set(emit, i);
	for (uint32_t i = 0; i < emit->ir->maps.len; i++)
		if (emit->plan->maps[i].used && emit->plan->maps[i].parts == 1)
			put_map(emit, i);
}
