/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * field: look-ups in the tables of protocols and fields, and fields that no row names.
 *
 * Input: the tables of field_table.c.  Output: rows, and where their bytes are.
 *
 * Safety: a field never ends beyond field_need_bytes(), which is what every reader checks against
 * the packet; check_field.c holds the table to that.
 */
#include <stddef.h>

#include "compiler/field.h"

/* The Ethernet header ends and the first tag begins here (IEEE 802.1Q). */
#define ETHER_BYTES 14
#define TAG_BYTES 4

const struct proto *field_proto(const struct field *field)
{
	return &field_protos[field->proto];
}

const struct proto *field_find_proto(struct str name)
{
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		if (str_is(name, field_protos[i].name))
			return &field_protos[i];
	}
	return NULL;
}

/* The protocol's fields stand one behind the other, as protocols are numbered. */
static size_t first_field(const struct proto *proto)
{
	size_t first = 0, end = field_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (field_proto(&field_table[middle]) < proto)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

bool field_load_is_given(enum field_load load)
{
	return load == FIELD_LOAD_CPU || load == FIELD_LOAD_RANDOM || load == FIELD_LOAD_TIME ||
	       load == FIELD_LOAD_DAY || load == FIELD_LOAD_HOUR;
}

const struct field *field_find(const struct proto *proto, struct str name)
{
	for (size_t i = first_field(proto);
	     i < field_count && field_proto(&field_table[i]) == proto; i++) {
		const struct field *field = &field_table[i];

		if (str_is(name, field->name) || (field->alias && str_is(name, field->alias)))
			return field;
	}
	return NULL;
}

const struct field *field_find_bare(struct str name)
{
	const struct field *field = field_find(&field_protos[PROTO_META], name);

	return field && field->bare ? field : NULL;
}

const struct field *field_find_load(enum field_load load)
{
	for (size_t i = 0; i < field_count; i++) {
		if (field_table[i].load == load)
			return &field_table[i];
	}
	return NULL;
}

/* WORDS joined by blanks, COUNT of them, equal NAME. */
static bool words_are(const struct str *words, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = words[i].len;

		if (strncmp(name, words[i].at, len))
			return false;
		name += len;
		if (*name != (i + 1 < count ? ' ' : '\0'))
			return false;
		name += i + 1 < count;
	}
	return count;
}

const struct field *field_find_words(const struct proto *proto, const struct str *words,
				     size_t count, size_t *ret_used)
{
	size_t first = first_field(proto);

	for (size_t used = count; used; used--) {
		for (size_t i = first; i < field_count; i++) {
			const struct field *field = &field_table[i];

			if (field_proto(field) != proto)
				break;
			if (words_are(words, used, field->name) ||
			    (field->alias && words_are(words, used, field->alias))) {
				*ret_used = used;
				return field;
			}
		}
	}
	return NULL;
}

enum field_base field_base_of(const struct field *field)
{
	return field->proto == PROTO_RAW ? field->base : field_proto(field)->base;
}

static const char *raw_name(struct arena *arena, enum field_base base, uint8_t number,
			    enum field_load load, uint16_t bit_off, uint16_t bit_len)
{
	static const char *const words[FIELD_BASE_COUNT] = {
		[FIELD_BASE_LINK] = "ll", [FIELD_BASE_NETWORK] = "nh",
		[FIELD_BASE_TRANSPORT] = "th", [FIELD_BASE_PAYLOAD] = "ih",
	};

	if (load == FIELD_LOAD_PRESENCE)
		return arena_printf(arena, "%u", number);
	if (base == FIELD_BASE_TCP_OPTION)
		return arena_printf(arena, "@%u,%u,%u", number, bit_off, bit_len);
	return arena_printf(arena, "@%s,%u,%u", words[base], bit_off, bit_len);
}

const struct field *field_make_raw(struct arena *arena, enum field_base base, uint8_t number,
				   enum field_load load, uint16_t bit_off, uint16_t bit_len)
{
	struct field *field = ARENA_NEW(arena, struct field);
	bool presence = load == FIELD_LOAD_PRESENCE;

	field->proto = base == FIELD_BASE_TCP_OPTION ? PROTO_TCP_OPTION : PROTO_RAW;
	field->base = base;
	field->number = number;
	field->load = load;
	field->name = raw_name(arena, base, number, load, bit_off, bit_len);
	field->bit_off = presence ? 0 : bit_off;
	field->bit_len = presence ? 8 : bit_len;
	field->type = presence ? &type_boolean : &type_integer;
	field->ops = presence ? FIELD_OP_EQ | FIELD_OP_SET | FIELD_OP_NAMED : FIELD_OP_ALL;
	field->doc = "bits of the packet by their place";
	return field;
}

void field_suggest_proto(struct str_nearest *near)
{
	for (unsigned int i = 0; i < PROTO_COUNT; i++)
		str_nearest_offer(near, field_protos[i].name);
}

void field_suggest(const struct proto *proto, struct str_nearest *near)
{
	for (size_t i = 0; i < field_count; i++) {
		if (field_proto(&field_table[i]) == proto)
			str_nearest_offer(near, field_table[i].name);
	}
}

unsigned int field_base_bit(const struct field *field, unsigned int depth)
{
	unsigned int header = 0;

	if (field->proto == PROTO_VLAN)
		header = ETHER_BYTES + depth * TAG_BYTES;
	return header * 8 + field->bit_off;
}

unsigned int field_need_bytes(const struct field *field, unsigned int depth)
{
	unsigned int end = (field_base_bit(field, depth) + field->bit_len + 7) / 8;
	unsigned int min = field_proto(field)->min_bytes;

	if (field->load != FIELD_LOAD_HEADER)
		return 0;
	return end > min ? end : min;
}
