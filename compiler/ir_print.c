/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir_print: the IR as text, for --emit=ir.
 *
 * In: an IR.  Out: a text that depends on the ruleset alone and names everything by its number, so
 * that two of them can be compared.  Values are written as the first key that looks into a set or
 * map writes them; times stay numbers, or the text would depend on the host's time zone.
 */
#include "compiler/ir.h"

/* Sets and maps with more elements are printed as their count. */
#define PRINTED_ELEMENTS 16

static const char *const verdict_words[] = {
	[IR_VERDICT_CONTINUE] = "continue", [IR_VERDICT_ACCEPT] = "accept",
	[IR_VERDICT_DROP] = "drop",	    [IR_VERDICT_RETURN] = "return",
	[IR_VERDICT_JUMP] = "jump",	    [IR_VERDICT_GOTO] = "goto",
};

static void print_verdict(const struct ir_verdict *verdict, struct buf *out)
{
	buf_puts(out, verdict_words[verdict->kind]);
	if (verdict->kind == IR_VERDICT_JUMP || verdict->kind == IR_VERDICT_GOTO)
		buf_printf(out, " chain %u", verdict->chain);
}

static void print_hex(u128 value, struct buf *out)
{
	uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;

	if (high)
		buf_printf(out, "0x%llx%016llx", (unsigned long long)high,
			   (unsigned long long)low);
	else
		buf_printf(out, "0x%llx", (unsigned long long)low);
}

/* FIELD may be NULL: then the value is a bare number. */
static void print_value(const struct field *field, u128 value, struct buf *out)
{
	bool of_time = field && (field->type->form == TYPE_FORM_TIME ||
				 field->type->form == TYPE_FORM_HOUR);

	if (field && !of_time && value <= u128_max(field->bit_len))
		type_print(field->type, field->bit_len, value, out);
	else
		print_hex(value, out);
}

/* Names from LO to HI: "eth*" where all share what is before the star. */
static void print_names(u128 lo, u128 hi, struct buf *out)
{
	unsigned int bits = 8;
	uint8_t name[16];

	while (bits < 128 && hi - lo > u128_max(bits))
		bits += 8;
	if (lo & u128_max(bits) || hi - lo != u128_max(bits)) {
		print_hex(lo, out);
		buf_puts(out, "..");
		print_hex(hi, out);
		return;
	}
	u128_to_bytes(lo, name, sizeof(name));
	buf_printf(out, "\"%.*s*\"", (int)(sizeof(name) - bits / 8), (const char *)name);
}

static void print_interval(const struct field *field, const struct ir_interval *interval,
			   struct buf *out)
{
	if (interval->lo != interval->hi && field && field->type->form == TYPE_FORM_IFNAME) {
		print_names(interval->lo, interval->hi, out);
		return;
	}
	print_value(field, interval->lo, out);
	if (interval->lo == interval->hi)
		return;
	buf_puts(out, "..");
	print_value(field, interval->hi, out);
}

/* KEY may be NULL. */
static void print_box(const struct ir *ir, const struct ir_key *key,
		      const struct ir_interval *box, uint32_t parts, struct buf *out)
{
	for (uint32_t i = 0; i < parts; i++) {
		const struct field *field = NULL;

		if (key && i < key->parts.len)
			field = ir->loads.at[key->parts.at[i].load].field;
		if (i)
			buf_puts(out, " . ");
		print_interval(field, &box[i], out);
	}
}

/* By number: the key of the first step that looks into the set or map. */
struct readers {
	const struct ir_key **of_set, **of_map;
};

static struct readers find_readers(const struct ir *ir, struct arena *arena)
{
	struct readers readers = {
		.of_set = ARENA_ARRAY(arena, const struct ir_key *, ir->sets.len + 1),
		.of_map = ARENA_ARRAY(arena, const struct ir_key *, ir->maps.len + 1),
	};

	for (size_t i = 0; i < ir->rules.len; i++) {
		for (size_t j = 0; j < ir->rules.at[i].steps.len; j++) {
			const struct ir_step *step = &ir->rules.at[i].steps.at[j];
			const struct ir_key **of = NULL;

			if (step->kind == IR_STEP_TEST)
				of = &readers.of_set[step->set];
			else if (step->kind == IR_STEP_MAP)
				of = &readers.of_map[step->map];
			if (of && !*of)
				*of = &ir->keys.at[step->key];
		}
	}
	return readers;
}

static uint32_t parts_of(uint32_t parts)
{
	return parts ? parts : 1;
}

static void print_set(const struct ir *ir, const struct ir_set *set, const struct ir_key *key,
		      struct buf *out)
{
	const uint32_t parts = parts_of(set->parts);

	if (set->name.len)
		buf_printf(out, "@%.*s ", STR_ARG(set->name));
	if (set->intervals.len > (size_t)PRINTED_ELEMENTS * parts) {
		buf_printf(out, "{ %zu %s }", set->intervals.len / parts,
			   parts == 1 ? "intervals" : "boxes");
		return;
	}
	buf_puts(out, "{");
	for (size_t i = 0; i < set->intervals.len; i += parts) {
		buf_puts(out, i ? ", " : " ");
		print_box(ir, key, &set->intervals.at[i], parts, out);
	}
	buf_puts(out, " }");
}

/* What is done when the entry is found. */
static void print_entry(const struct ir_map_entry *entry, struct buf *out)
{
	if (entry->counter != IR_NO_COUNTER)
		buf_printf(out, "count %u, ", entry->counter);
	if (entry->object != IR_NO_COUNTER)
		buf_printf(out, "count %u, ", entry->object);
	print_verdict(&entry->verdict, out);
}

static void print_map(const struct ir *ir, const struct ir_map *map, const struct ir_key *key,
		      struct buf *out)
{
	const uint32_t parts = parts_of(map->parts);

	if (map->name.len)
		buf_printf(out, "@%.*s ", STR_ARG(map->name));
	if (map->entries.len > PRINTED_ELEMENTS) {
		buf_printf(out, "{ %zu entries }", map->entries.len);
		return;
	}
	buf_puts(out, "{");
	for (size_t i = 0; i < map->entries.len; i++) {
		buf_puts(out, i ? ", " : " ");
		print_box(ir, key, &map->intervals.at[i * parts], parts, out);
		buf_puts(out, " : ");
		print_entry(&map->entries.at[i], out);
	}
	if (map->has_rest) {
		buf_puts(out, map->entries.len ? ", * : " : " * : ");
		print_entry(&map->rest, out);
	}
	buf_puts(out, " }");
}

static void print_part(const struct ir *ir, const struct ir_part *part, struct buf *out)
{
	ir_load_name(&ir->loads.at[part->load], out);
	if (part->shift > 0)
		buf_printf(out, " << %d", part->shift);
	else if (part->shift < 0)
		buf_printf(out, " >> %d", -part->shift);
	if (part->mask != u128_max(ir_part_bits(ir, part))) {
		buf_puts(out, " & ");
		print_hex(part->mask, out);
	}
	if (part->flip) {
		buf_puts(out, " ^ ");
		print_hex(part->flip, out);
	}
}

static void print_key(const struct ir *ir, uint32_t number, struct buf *out)
{
	const struct ir_key *key = &ir->keys.at[number];

	for (size_t i = 0; i < key->parts.len; i++) {
		if (i)
			buf_puts(out, " . ");
		print_part(ir, &key->parts.at[i], out);
	}
}

static void print_step(const struct ir *ir, const struct ir_step *step, struct buf *out)
{
	switch (step->kind) {
	case IR_STEP_TEST:
		buf_puts(out, "test ");
		print_key(ir, step->key, out);
		buf_printf(out, " %sin set %u ", step->negate ? "not " : "", step->set);
		print_set(ir, &ir->sets.at[step->set], &ir->keys.at[step->key], out);
		break;
	case IR_STEP_COUNTER:
		buf_printf(out, "count %u", step->counter);
		break;
	case IR_STEP_VERDICT:
		print_verdict(&step->verdict, out);
		break;
	case IR_STEP_MAP:
		buf_puts(out, "look up ");
		print_key(ir, step->key, out);
		buf_printf(out, " in map %u", step->map);
		break;
	}
}

static void print_entries(const struct ir *ir, struct buf *out)
{
	for (size_t i = 0; i < ir->entries.len; i++) {
		const struct ir_entry *entry = &ir->entries.at[i];

		buf_printf(out, "entry %zu: devices", i);
		for (size_t j = 0; j < entry->devices.len; j++)
			buf_printf(out, " %.*s", STR_ARG(entry->devices.at[j].name));
		buf_puts(out, "; chains");
		for (size_t j = 0; j < entry->chains.len; j++)
			buf_printf(out, " %u", entry->chains.at[j]);
		buf_putc(out, '\n');
	}
}

static void print_numbered(const struct ir *ir, const struct readers *readers, struct buf *out)
{
	for (size_t i = 0; i < ir->loads.len; i++) {
		buf_printf(out, "load %zu: ", i);
		ir_load_name(&ir->loads.at[i], out);
		buf_printf(out, ", %u bits\n", ir->loads.at[i].field->bit_len);
	}
	for (size_t i = 0; i < ir->sets.len; i++) {
		buf_printf(out, "set %zu: ", i);
		print_set(ir, &ir->sets.at[i], readers->of_set[i], out);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < ir->maps.len; i++) {
		buf_printf(out, "map %zu: ", i);
		print_map(ir, &ir->maps.at[i], readers->of_map[i], out);
		buf_putc(out, '\n');
	}
	buf_printf(out, "counters: %u\n", ir->counter_count);
}

static void print_chain(const struct ir *ir, size_t number, struct buf *out)
{
	const struct ir_chain *chain = &ir->chains.at[number];

	buf_printf(out, "\nchain %zu: %.*s %.*s", number, STR_ARG(chain->table),
		   STR_ARG(chain->name));
	if (chain->inet)
		buf_puts(out, ", inet");
	if (chain->is_base)
		buf_printf(out, ", base chain, priority %d, policy %s", chain->priority,
			   verdict_words[chain->policy]);
	buf_putc(out, '\n');
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &ir->rules.at[chain->first_rule + i];

		buf_printf(out, "\trule %u: %s %.*s\n", chain->first_rule + i, rule->place,
			   STR_ARG(rule->text));
		for (size_t j = 0; j < rule->steps.len; j++) {
			buf_puts(out, "\t\t");
			print_step(ir, &rule->steps.at[j], out);
			buf_putc(out, '\n');
		}
	}
}

void ir_print(const struct ir *ir, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct readers readers = find_readers(ir, &arena);

	print_entries(ir, out);
	print_numbered(ir, &readers, out);
	for (size_t i = 0; i < ir->chains.len; i++)
		print_chain(ir, i, out);
	arena_free(&arena);
}
