/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir_write: an IR as bytes, to know it again by their digest.
 *
 * In: an IR.  Out: the bytes, in pieces.  Equal bytes mean that ir_is_same() says yes: what it
 * compares is written, in its order, and nothing else.
 *
 * Safety: every number ends by itself (seven bits a byte, the last one without the eighth), and
 * each list and text begins with its length, so two IRs never give the same bytes by chance.
 */
#include <string.h>

#include "compiler/ir.h"

struct writer {
	ir_write_fn *put;
	void *context;
	size_t len;
	uint8_t bytes[4096];
};

#define NUMBER_BYTES 19			/* of 128 bits */

static void flush(struct writer *writer)
{
	writer->put(writer->context, writer->bytes, writer->len);
	writer->len = 0;
}

static void put_number(struct writer *writer, u128 number)
{
	if (writer->len > sizeof(writer->bytes) - NUMBER_BYTES)
		flush(writer);
	for (; number >= 0x80; number >>= 7)
		writer->bytes[writer->len++] = (uint8_t)(number | 0x80);
	writer->bytes[writer->len++] = (uint8_t)number;
}

static void put_text(struct writer *writer, struct str text)
{
	put_number(writer, text.len);
	flush(writer);
	writer->put(writer->context, text.at, text.len);
}

static void put_field(struct writer *writer, const struct field *field)
{
	put_number(writer, field->proto);
	put_number(writer, field->load);
	put_number(writer, field->base);
	put_number(writer, field->number);
	put_number(writer, field->bit_off);
	put_number(writer, field->bit_len);
	put_text(writer, str_from(field->type->name));
	put_number(writer, field->type->bits);
	put_number(writer, field->select);
	put_number(writer, field->of_hook);
	put_number(writer, field->host_order);
	put_text(writer, str_from(field->name));
}

static void put_load(struct writer *writer, const struct ir_load *load)
{
	put_field(writer, load->field);
	put_number(writer, load->depth);
	put_number(writer, load->tunnel);
}

static void put_key(struct writer *writer, const struct ir_key *key)
{
	put_number(writer, key->parts.len);
	for (size_t i = 0; i < key->parts.len; i++) {
		const struct ir_part *part = &key->parts.at[i];

		put_number(writer, part->load);
		put_number(writer, (uint16_t)part->shift);
		put_number(writer, part->mask);
		put_number(writer, part->flip);
	}
}

static void put_intervals(struct writer *writer, const struct ir_interval *intervals, size_t count)
{
	put_number(writer, count);
	for (size_t i = 0; i < count; i++) {
		put_number(writer, intervals[i].lo);
		put_number(writer, intervals[i].hi);
	}
}

static void put_set(struct writer *writer, const struct ir_set *set)
{
	put_number(writer, set->parts);
	put_text(writer, set->name);
	put_intervals(writer, set->intervals.at, set->intervals.len);
}

static void put_verdict(struct writer *writer, const struct ir_verdict *verdict)
{
	put_number(writer, verdict->kind);
	put_number(writer, verdict->chain);
}

static void put_entry(struct writer *writer, const struct ir_map_entry *entry)
{
	put_verdict(writer, &entry->verdict);
	put_number(writer, entry->counter);
	put_number(writer, entry->object);
}

static void put_map(struct writer *writer, const struct ir_map *map)
{
	put_number(writer, map->parts);
	put_text(writer, map->name);
	put_intervals(writer, map->intervals.at, map->intervals.len);
	put_number(writer, map->entries.len);
	for (size_t i = 0; i < map->entries.len; i++)
		put_entry(writer, &map->entries.at[i]);
	put_number(writer, map->has_rest);
	if (map->has_rest)
		put_entry(writer, &map->rest);
}

static void put_step(struct writer *writer, const struct ir_step *step)
{
	put_number(writer, step->kind);
	put_number(writer, step->key);
	put_number(writer, step->set);
	put_number(writer, step->negate);
	put_number(writer, step->map);
	put_number(writer, step->counter);
	put_verdict(writer, &step->verdict);
}

static void put_rule(struct writer *writer, const struct ir_rule *rule)
{
	put_number(writer, rule->chain);
	put_number(writer, rule->source);
	put_number(writer, rule->failsafe);
	put_number(writer, rule->steps.len);
	for (size_t i = 0; i < rule->steps.len; i++)
		put_step(writer, &rule->steps.at[i]);
}

static void put_chain(struct writer *writer, const struct ir_chain *chain)
{
	put_text(writer, chain->table);
	put_text(writer, chain->name);
	put_number(writer, chain->first_rule);
	put_number(writer, chain->rule_count);
	put_number(writer, chain->is_base);
	put_number(writer, chain->policy);
	put_number(writer, (uint32_t)chain->priority);
	put_number(writer, chain->inet);
}

static void put_ir_entry(struct writer *writer, const struct ir_entry *entry)
{
	put_number(writer, entry->chains.len);
	for (size_t i = 0; i < entry->chains.len; i++)
		put_number(writer, entry->chains.at[i]);
	put_number(writer, entry->devices.len);
	for (size_t i = 0; i < entry->devices.len; i++)
		put_text(writer, entry->devices.at[i].name);
}

/* All of VEC of IR, behind how many there are. */
#define PUT_ALL(writer, ir, vec, put)                                                          \
	do {                                                                                   \
		put_number(writer, (ir)->vec.len);                                             \
		for (size_t i_ = 0; i_ < (ir)->vec.len; i_++)                                  \
			put(writer, &(ir)->vec.at[i_]);                                        \
	} while (0)

void ir_write(const struct ir *ir, ir_write_fn *put, void *context)
{
	struct writer writer = { .put = put, .context = context };

	put_number(&writer, ir->counter_count);
	PUT_ALL(&writer, ir, loads, put_load);
	PUT_ALL(&writer, ir, keys, put_key);
	PUT_ALL(&writer, ir, sets, put_set);
	PUT_ALL(&writer, ir, maps, put_map);
	PUT_ALL(&writer, ir, rules, put_rule);
	PUT_ALL(&writer, ir, chains, put_chain);
	PUT_ALL(&writer, ir, entries, put_ir_entry);
	flush(&writer);
}
