/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir: look-ups in sets and maps, and the IR as text.
 *
 * In: an IR whose sets and maps are sorted and disjoint, as lower makes them.  Out: the answer, or
 * for --emit=ir a text that depends on the ruleset alone and names everything by its number, so
 * that two of them can be compared.  Both look-ups shrink [first, end) until it is empty.
 */
#include "compiler/ir.h"

/* Sets and maps with more elements are printed as their count. */
#define PRINTED_ELEMENTS 16

bool ir_set_has(const struct ir_set *set, u128 value)
{
	size_t first = 0, end = set->intervals.len;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		const struct ir_interval *interval = &set->intervals.at[middle];

		if (value < interval->lo)
			end = middle;
		else if (value > interval->hi)
			first = middle + 1;
		else
			return true;
	}
	return false;
}

const struct ir_map_entry *ir_map_find(const struct ir_map *map, u128 value)
{
	size_t first = 0, end = map->entries.len;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		const struct ir_map_entry *entry = &map->entries.at[middle];

		if (value < entry->lo)
			end = middle;
		else if (value > entry->hi)
			first = middle + 1;
		else
			return entry;
	}
	return NULL;
}

static void put_identifier(const char *name, struct buf *out)
{
	for (; *name; name++)
		buf_putc(out, *name == ' ' || *name == '-' ? '_' : *name);
}

void ir_load_name(const struct ir_load *load, struct buf *out)
{
	put_identifier(field_proto(load->field)->name, out);
	buf_putc(out, '_');
	put_identifier(load->field->name, out);
	if (load->depth)
		buf_printf(out, "_%u", load->depth);
}

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
	if (field && value <= u128_max(field->bit_len))
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

static void print_interval(const struct field *field, u128 lo, u128 hi, struct buf *out)
{
	if (lo != hi && field && field->type->form == TYPE_FORM_IFNAME) {
		print_names(lo, hi, out);
		return;
	}
	print_value(field, lo, out);
	if (lo == hi)
		return;
	buf_puts(out, "..");
	print_value(field, hi, out);
}

/* The field of the first step that looks into a set or map says how its values are written. */
struct values {
	const struct field **of_set, **of_map;
};

static struct values find_values(const struct ir *ir, struct arena *arena)
{
	struct values values = {
		.of_set = ARENA_ARRAY(arena, const struct field *, ir->sets.len + 1),
		.of_map = ARENA_ARRAY(arena, const struct field *, ir->maps.len + 1),
	};

	for (size_t i = 0; i < ir->rules.len; i++) {
		for (size_t j = 0; j < ir->rules.at[i].steps.len; j++) {
			const struct ir_step *step = &ir->rules.at[i].steps.at[j];
			const struct field **of = NULL;

			if (step->kind == IR_STEP_TEST)
				of = &values.of_set[step->set];
			else if (step->kind == IR_STEP_MAP)
				of = &values.of_map[step->map];
			if (of && !*of)
				*of = ir->loads.at[step->load].field;
		}
	}
	return values;
}

static void print_set(const struct ir_set *set, const struct field *field, struct buf *out)
{
	if (set->name.len)
		buf_printf(out, "@%.*s ", STR_ARG(set->name));
	if (set->intervals.len > PRINTED_ELEMENTS) {
		buf_printf(out, "{ %zu intervals }", set->intervals.len);
		return;
	}
	buf_puts(out, "{");
	for (size_t i = 0; i < set->intervals.len; i++) {
		buf_puts(out, i ? ", " : " ");
		print_interval(field, set->intervals.at[i].lo, set->intervals.at[i].hi, out);
	}
	buf_puts(out, " }");
}

static void print_map(const struct ir_map *map, const struct field *field, struct buf *out)
{
	if (map->name.len)
		buf_printf(out, "@%.*s ", STR_ARG(map->name));
	if (map->entries.len > PRINTED_ELEMENTS) {
		buf_printf(out, "{ %zu entries }", map->entries.len);
		return;
	}
	buf_puts(out, "{");
	for (size_t i = 0; i < map->entries.len; i++) {
		const struct ir_map_entry *entry = &map->entries.at[i];

		buf_puts(out, i ? ", " : " ");
		print_interval(field, entry->lo, entry->hi, out);
		buf_puts(out, " : ");
		print_verdict(&entry->verdict, out);
	}
	buf_puts(out, " }");
}

static void print_key(const struct ir *ir, const struct ir_step *step, struct buf *out)
{
	const struct ir_load *load = &ir->loads.at[step->load];

	ir_load_name(load, out);
	if (step->mask == u128_max(load->field->bit_len))
		return;
	buf_puts(out, " & ");
	print_hex(step->mask, out);
}

static void print_step(const struct ir *ir, const struct ir_step *step, struct buf *out)
{
	const struct field *field;

	switch (step->kind) {
	case IR_STEP_TEST:
		field = ir->loads.at[step->load].field;
		buf_puts(out, "test ");
		print_key(ir, step, out);
		buf_printf(out, " %sin set %u ", step->negate ? "not " : "", step->set);
		print_set(&ir->sets.at[step->set], field, out);
		break;
	case IR_STEP_COUNTER:
		buf_printf(out, "count %u", step->counter);
		break;
	case IR_STEP_VERDICT:
		print_verdict(&step->verdict, out);
		break;
	case IR_STEP_MAP:
		buf_puts(out, "look up ");
		print_key(ir, step, out);
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

static void print_numbered(const struct ir *ir, const struct values *values, struct buf *out)
{
	for (size_t i = 0; i < ir->loads.len; i++) {
		buf_printf(out, "load %zu: ", i);
		ir_load_name(&ir->loads.at[i], out);
		buf_printf(out, ", %u bits\n", ir->loads.at[i].field->bit_len);
	}
	for (size_t i = 0; i < ir->sets.len; i++) {
		buf_printf(out, "set %zu: ", i);
		print_set(&ir->sets.at[i], values->of_set[i], out);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < ir->maps.len; i++) {
		buf_printf(out, "map %zu: ", i);
		print_map(&ir->maps.at[i], values->of_map[i], out);
		buf_putc(out, '\n');
	}
	buf_printf(out, "counters: %u\n", ir->counter_count);
}

static void print_chain(const struct ir *ir, size_t number, struct buf *out)
{
	const struct ir_chain *chain = &ir->chains.at[number];

	buf_printf(out, "\nchain %zu: %.*s %.*s", number, STR_ARG(chain->table),
		   STR_ARG(chain->name));
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
	struct values values = find_values(ir, &arena);

	print_entries(ir, out);
	print_numbered(ir, &values, out);
	for (size_t i = 0; i < ir->chains.len; i++)
		print_chain(ir, i, out);
	arena_free(&arena);
}
