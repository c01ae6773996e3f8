/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_pair: look-ups of keys of several parts, a function for each key and each set or map that it
 * is looked up in.
 *
 * In: what the plan chose.  Out: set_N_key_K(f) and map_N_key_K(f), which make the key and look it
 * up; what they compare with is read from struct fields again for each box, so that the verifier
 * carries no value from one box to the next; and boxes_N(), which search tables of boxes.
 */
#include "compiler/emit_part.h"

static const struct plan_look *look_of(const struct emit *emit, const struct emit_pair *pair)
{
	return pair->is_map ? &emit->plan->maps[pair->number] : &emit->plan->sets[pair->number];
}

static const struct ir_key *key_of(const struct emit *emit, const struct emit_pair *pair)
{
	return &emit->ir->keys.at[pair->key];
}

static enum field_load kind_of(const struct emit *emit, const struct ir_part *part)
{
	return emit->ir->loads.at[part->load].field->load;
}

bool emit_key_asks_family(const struct emit *emit, uint32_t key)
{
	for (size_t i = 0; i < emit->ir->keys.at[key].parts.len; i++)
		if (kind_of(emit, &emit->ir->keys.at[key].parts.at[i]) == FIELD_LOAD_NFPROTO)
			return true;
	return false;
}

/* The key is made in a struct key that the caller has. */
static bool wants_key(const struct plan_look *look)
{
	return look->table != PLAN_NO_TABLE && !look->key_bits;
}

bool emit_step_makes_key(const struct emit *emit, const struct ir_step *step)
{
	if (step->kind == IR_STEP_TEST && emit->plan->sets[step->set].parts > 1)
		return wants_key(&emit->plan->sets[step->set]);
	if (step->kind == IR_STEP_MAP && emit->plan->maps[step->map].parts > 1)
		return wants_key(&emit->plan->maps[step->map]);
	return false;
}

static void put_name(const struct emit_pair *pair, struct buf *out)
{
	buf_printf(out, "%s_%u_key_%u%s", pair->is_map ? "map" : "set", pair->number, pair->key,
		   pair->inet ? "_inet" : "");
}

void emit_pair_call(const struct emit *emit, const struct emit_pair *pair, struct buf *out)
{
	put_name(pair, out);
	buf_puts(out, wants_key(look_of(emit, pair)) ? "(f, &key)" : "(f)");
}

/* Part number I; a random number was asked for once, into a variable. */
static void make_part(const struct emit *emit, const struct emit_pair *pair, size_t i,
		      struct emit_value *ret_value)
{
	const struct ir_part *part = &key_of(emit, pair)->parts.at[i];
	struct buf base = BUF_INIT;

	if (kind_of(emit, part) == FIELD_LOAD_RANDOM)
		buf_printf(&base, "random_%zu", i);
	emit_value_make(emit, part, pair->inet, base.at, ret_value);
	buf_free(&base);
}

static void put_randoms(const struct emit *emit, const struct emit_pair *pair)
{
	const struct ir_key *key = key_of(emit, pair);
	bool any = false;

	for (size_t i = 0; i < key->parts.len; i++) {
		if (kind_of(emit, &key->parts.at[i]) != FIELD_LOAD_RANDOM)
			continue;
		buf_printf(emit->out, "\t__u32 random_%zu = meta_random();\n", i);
		any = true;
	}
	buf_puts(emit->out, any ? "\n" : "");
}

/* "(A && B && C)" */
static void put_box(const struct emit *emit, const struct emit_pair *pair,
		    const struct ir_interval *box)
{
	const struct ir_key *key = key_of(emit, pair);
	struct buf *out = emit->out;

	buf_putc(out, '(');
	for (size_t i = 0; i < key->parts.len; i++) {
		struct emit_value value;

		make_part(emit, pair, i, &value);
		buf_puts(out, i ? " && " : "");
		if (box[i].lo > u128_max(value.bits))
			buf_putc(out, '0');
		else
			emit_value_in(&value, &box[i], false, out);
		emit_value_free(&value);
	}
	buf_putc(out, ')');
}

static void put_set_compares(const struct emit *emit, const struct emit_pair *pair)
{
	const struct ir_set *set = &emit->ir->sets.at[pair->number];
	size_t parts = key_of(emit, pair)->parts.len;
	struct buf *out = emit->out;

	buf_puts(out, "\treturn ");
	if (!set->intervals.len)
		buf_putc(out, '0');
	for (size_t i = 0; i < set->intervals.len; i += parts) {
		buf_puts(out, i ? " ||\n\t       " : "");
		put_box(emit, pair, &set->intervals.at[i]);
	}
	buf_puts(out, ";\n}\n\n");
}

static void put_map_compares(const struct emit *emit, const struct emit_pair *pair)
{
	const struct ir_map *map = &emit->ir->maps.at[pair->number];
	size_t parts = key_of(emit, pair)->parts.len;
	struct buf *out = emit->out;

	for (size_t i = 0; i < map->entries.len; i++) {
		buf_puts(out, "\tif ");
		put_box(emit, pair, &map->intervals.at[i * parts]);
		buf_puts(out, " {\n");
		emit_map_entry(emit, &map->entries.at[i], "\t\t", out);
		buf_puts(out, "\t}\n");
	}
	emit_map_entry(emit, map->has_rest ? &map->rest : NULL, "\t", out);
	buf_puts(out, "}\n\n");
}

/* "(__u64)VALUE << SHIFT", added to OUT with "|"; negative: to the right. */
static void put_shifted(const char *value, int shift, struct buf *out)
{
	buf_puts(out, out->len ? " | " : "");
	if (!shift)
		buf_puts(out, value);
	else
		buf_printf(out, "(__u64)%s %s %d", value, shift > 0 ? "<<" : ">>",
			   shift > 0 ? shift : -shift);
}

/* BITS bits of a key that begin at bit OFFSET from its end. */
static void put_piece(const char *value, unsigned int offset, unsigned int bits, struct buf *high,
		      struct buf *low)
{
	if (offset < 64)
		put_shifted(value, (int)offset, low);
	if (offset + bits > 64)
		put_shifted(value, (int)offset - 64, high);
}

/* The whole key as one number, or as two. */
static void make_number(const struct emit *emit, const struct emit_pair *pair, struct buf *high,
			struct buf *low)
{
	const struct plan_look *look = look_of(emit, pair);
	unsigned int offset = 0;

	for (uint32_t i = 0; i < look->parts; i++)
		offset += look->part_bits[i];
	for (uint32_t i = 0; i < look->parts; i++) {
		struct emit_value value;

		offset -= look->part_bits[i];
		make_part(emit, pair, i, &value);
		if (emit_value_is_wide(&value))
			put_piece(value.high.at, offset + 64, value.bits - 64, high, low);
		put_piece(value.low.at, offset, value.bits < 64 ? value.bits : 64, high, low);
		emit_value_free(&value);
	}
}

static char *make_number_key(const struct emit *emit, const struct emit_pair *pair)
{
	const struct plan_look *look = look_of(emit, pair);
	struct buf high = BUF_INIT, low = BUF_INIT;
	char *text;

	make_number(emit, pair, &high, &low);
	if (look->key_bits == 128)
		text = arena_printf(emit->arena, "%s,\n\t\t%s", high.len ? high.at : "0", low.at);
	else
		text = arena_printf(emit->arena, "%s", low.at);
	buf_free(&high);
	buf_free(&low);
	return text;
}

static void put_lane(struct buf *out, unsigned int lane, const char *value)
{
	buf_printf(out, "\tkey->lane[%u] = %s;\n", lane, value);
}

static void put_lanes(const struct emit *emit, const struct emit_pair *pair)
{
	const struct plan_look *look = look_of(emit, pair);
	unsigned int lane = 0;

	for (uint32_t i = 0; i < look->parts; i++) {
		struct emit_value value;

		make_part(emit, pair, i, &value);
		if (plan_part_lanes(look->part_bits[i]) == 2)
			put_lane(emit->out, lane++,
				 emit_value_is_wide(&value) ? value.high.at : "0");
		put_lane(emit->out, lane++, value.low.at);
		emit_value_free(&value);
	}
	while (lane < emit->plan->key_lanes)
		put_lane(emit->out, lane++, "0");
}

/* "@pairs: ip_saddr . tcp_dport" */
static void put_comment(const struct emit *emit, const struct emit_pair *pair)
{
	const struct ir_key *key = key_of(emit, pair);
	struct str name = pair->is_map ? emit->ir->maps.at[pair->number].name :
					 emit->ir->sets.at[pair->number].name;
	struct buf *out = emit->out;

	buf_puts(out, "/* ");
	if (name.len) {
		buf_putc(out, '@');
		emit_comment_text(name, out);
		buf_puts(out, ": ");
	}
	for (size_t i = 0; i < key->parts.len; i++) {
		buf_puts(out, i ? " . " : "");
		ir_load_name(&emit->ir->loads.at[key->parts.at[i].load], out);
	}
	buf_puts(out, " */\n");
}

static void put_pair(const struct emit *emit, const struct emit_pair *pair)
{
	const struct plan_look *look = look_of(emit, pair);
	const char *key = "key";
	struct buf *out = emit->out;

	put_comment(emit, pair);
	buf_printf(out, "XDPFW_INLINE %s ",
		   pair->is_map || look->table != PLAN_NO_TABLE ? "__u32" : "bool");
	put_name(pair, out);
	buf_printf(out, "(FIELDS *f%s)\n{\n",
		   wants_key(look) ? ", struct key *key" : "");
	put_randoms(emit, pair);
	if (look->table == PLAN_NO_TABLE) {
		if (pair->is_map)
			put_map_compares(emit, pair);
		else
			put_set_compares(emit, pair);
		return;
	}
	if (wants_key(look))
		put_lanes(emit, pair);
	else
		key = make_number_key(emit, pair);
	if (pair->is_map) {
		emit_map_table(emit, pair->number, key, out);
		return;
	}
	buf_puts(out, "\treturn ");
	emit_look_up(emit, look, key, out);
	buf_puts(out, ";\n}\n\n");
}

/* The search for boxes of one shape: a step for each box. */
static void put_shape(const struct emit *emit, size_t number)
{
	const struct plan_shape *shape = &emit->plan->shapes.at[number];
	struct buf *out = emit->out;

	buf_printf(out,
		   "struct box_%zu {\n"
		   "\t__u64 bound[%u];\t\t/* lowest and highest of each lane */\n"
		   "\tstruct table_result last;\n"
		   "};\n\n"
		   "static long box_%zu_step(__u32 index, struct table_boxes *boxes)\n"
		   "{\n"
		   "\tconst struct key *key = boxes->key;\n"
		   "\tconst struct box_%zu *box =\n"
		   "\t\tTABLE_AT(struct box_%zu, "
		   "boxes->at.value + index * (__u64)sizeof(*box));\n\n",
		   number, 2 * shape->lanes, number, number, number);
	for (uint32_t i = 0; i < shape->lanes; i++) {
		if (shape->doubles >> i & 1) {
			buf_printf(out,
				   "\tif (!in128(key->lane[%u], key->lane[%u], box->bound[%u], "
				   "box->bound[%u],\n\t\t   box->bound[%u], box->bound[%u]))\n"
				   "\t\treturn 0;\n",
				   i, i + 1, 2 * i, 2 * i + 2, 2 * i + 1, 2 * i + 3);
			i++;
		} else {
			buf_printf(out,
				   "\tif (!in64(key->lane[%u], box->bound[%u], box->bound[%u]))\n"
				   "\t\treturn 0;\n",
				   i, 2 * i, 2 * i + 1);
		}
	}
	buf_printf(out,
		   "\tboxes->found.value = box->last.result;\n"
		   "\treturn 1;\n"
		   "}\n\n"
		   "XDPFW_ALONE __u32 boxes_%zu(const struct key *key, __u32 at, __u32 count)\n"
		   "{\n"
		   "\tstruct table_boxes boxes = { .key = key };\n\n"
		   "\tif (!key)\n"
		   "\t\treturn 0;\n"
		   "\tboxes.at.value = at;\n"
		   "\tbpf_loop(count, box_%zu_step, &boxes, 0);\n"
		   "\treturn boxes.found.value;\n"
		   "}\n\n",
		   number, number);
}

void emit_shapes(const struct emit *emit)
{
	for (size_t i = 0; i < emit->plan->shapes.len; i++)
		put_shape(emit, i);
}

void emit_pairs(const struct emit *emit)
{
	for (size_t i = 0; i < emit->pairs.len; i++)
		put_pair(emit, &emit->pairs.at[i]);
}
