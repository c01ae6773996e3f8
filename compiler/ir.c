/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir: look-ups in sets and maps, what a part does to a value, names of loads and places.
 *
 * In: an IR whose sets and maps are sorted, as lower makes them.  Out: the answer.  A look-up by
 * one part shrinks [first, end) until it is empty.  One by several parts walks back from the last
 * box that begins at or before the values: a box holds them only when it begins there and its
 * upper ends, read as one long number, are not below them, so .reach says where to stop.
 */
#include "compiler/ir.h"

#define NOT_FOUND SIZE_MAX

/* Intervals or boxes of a set or map. */
struct boxes {
	uint32_t parts;
	const struct ir_interval *at;
	size_t count;
	const uint32_t *reach;		/* NULL: not known */
};

/* Intervals of hand-made sets may leave .parts at 0. */
static struct boxes boxes_of(uint32_t parts, const struct ir_interval *at, size_t intervals,
			     const uint32_t *reach)
{
	parts = parts ? parts : 1;
	return (struct boxes){ parts, at, intervals / parts, reach };
}

static size_t find_interval(const struct boxes *boxes, u128 value)
{
	size_t first = 0, end = boxes->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (value < boxes->at[middle].lo)
			end = middle;
		else if (value > boxes->at[middle].hi)
			first = middle + 1;
		else
			return middle;
	}
	return NOT_FOUND;
}

/* Whether VALUES come before the lower ends of BOX, the first part counting most. */
static bool begins_behind(const struct ir_interval *box, uint32_t parts, const u128 *values)
{
	for (uint32_t i = 0; i < parts; i++)
		if (box[i].lo != values[i])
			return box[i].lo > values[i];
	return false;
}

/* Whether the upper ends of BOX come before VALUES. */
static bool ends_before(const struct ir_interval *box, uint32_t parts, const u128 *values)
{
	for (uint32_t i = 0; i < parts; i++)
		if (box[i].hi != values[i])
			return box[i].hi < values[i];
	return false;
}

static bool box_has(const struct ir_interval *box, uint32_t parts, const u128 *values)
{
	for (uint32_t i = 0; i < parts; i++)
		if (values[i] < box[i].lo || values[i] > box[i].hi)
			return false;
	return true;
}

static size_t find_box(const struct boxes *boxes, const u128 *values)
{
	const uint32_t parts = boxes->parts;
	size_t first = 0, end = boxes->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (begins_behind(&boxes->at[middle * parts], parts, values))
			end = middle;
		else
			first = middle + 1;
	}
	while (first-- > 0) {
		if (boxes->reach &&
		    ends_before(&boxes->at[boxes->reach[first] * (size_t)parts], parts, values))
			return NOT_FOUND;
		if (box_has(&boxes->at[first * parts], parts, values))
			return first;
	}
	return NOT_FOUND;
}

static size_t find(const struct boxes *boxes, const u128 *values)
{
	return boxes->parts == 1 ? find_interval(boxes, values[0]) : find_box(boxes, values);
}

bool ir_set_has(const struct ir_set *set, const u128 *values)
{
	struct boxes boxes = boxes_of(set->parts, set->intervals.at, set->intervals.len,
				      set->reach);

	return find(&boxes, values) != NOT_FOUND;
}

const struct ir_map_entry *ir_map_find(const struct ir_map *map, const u128 *values)
{
	struct boxes boxes = boxes_of(map->parts, map->intervals.at, map->intervals.len,
				      map->reach);
	size_t found = find(&boxes, values);

	if (found != NOT_FOUND)
		return &map->entries.at[found];
	return map->has_rest ? &map->rest : NULL;
}

const uint32_t *ir_make_reach(struct arena *arena, uint32_t parts,
			      const struct ir_interval *intervals, size_t count)
{
	uint32_t *reach = ARENA_ARRAY(arena, uint32_t, count + 1);

	for (size_t i = 1; i < count; i++) {
		const struct ir_interval *best = &intervals[reach[i - 1] * (size_t)parts];
		const struct ir_interval *box = &intervals[i * parts];
		uint32_t part = 0;

		while (part + 1 < parts && box[part].hi == best[part].hi)
			part++;
		reach[i] = box[part].hi > best[part].hi ? (uint32_t)i : reach[i - 1];
	}
	return reach;
}

bool ir_key_is_given(const struct ir *ir, uint32_t number)
{
	const struct ir_key *key = &ir->keys.at[number];

	for (size_t i = 0; i < key->parts.len; i++)
		if (field_load_is_given(ir->loads.at[key->parts.at[i].load].field->load))
			return true;
	return false;
}

int ir_compare_boxes(const struct ir_interval *a, const struct ir_interval *b, uint32_t parts)
{
	for (uint32_t i = 0; i < parts; i++)
		if (a[i].lo != b[i].lo)
			return a[i].lo < b[i].lo ? -1 : 1;
	for (uint32_t i = 0; i < parts; i++)
		if (a[i].hi != b[i].hi)
			return a[i].hi < b[i].hi ? -1 : 1;
	return 0;
}

unsigned int ir_part_bits(const struct ir *ir, const struct ir_part *part)
{
	return ir->loads.at[part->load].field->bit_len;
}

u128 ir_part_apply(const struct ir *ir, const struct ir_part *part, u128 value)
{
	const unsigned int bits = ir_part_bits(ir, part);

	if (part->shift >= 128 || part->shift <= -128)
		value = 0;
	else if (part->shift >= 0)
		value = value << part->shift & u128_max(bits);
	else
		value >>= -part->shift;
	return (value & part->mask) ^ part->flip;
}

bool ir_part_is_plain(const struct ir *ir, const struct ir_part *part)
{
	return !part->shift && !part->flip && part->mask == u128_max(ir_part_bits(ir, part));
}

static bool base_is_numbered(enum field_base base)
{
	return base == FIELD_BASE_EXTENSION || base == FIELD_BASE_IP_OPTION ||
	       base == FIELD_BASE_TCP_OPTION || base == FIELD_BASE_SCTP_CHUNK;
}

struct ir_place ir_load_place(const struct ir_load *load)
{
	struct ir_place place = { .base = field_base_of(load->field), .tunnel = load->tunnel };

	if (base_is_numbered(place.base))
		place.number = load->field->number;
	if (place.base == FIELD_BASE_TUNNEL && place.tunnel == PROTO_META)
		place.tunnel = load->field->proto;
	return place;
}

bool ir_place_equal(const struct ir_place *a, const struct ir_place *b)
{
	return a->base == b->base && a->number == b->number && a->tunnel == b->tunnel;
}

/* "@th,16,16": th_16_16 */
static void put_identifier(const char *name, struct buf *out)
{
	for (name += *name == '@'; *name; name++) {
		bool good = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			    (*name >= '0' && *name <= '9');

		buf_putc(out, good ? *name : '_');
	}
}

static void put_tunnel(enum proto_id tunnel, struct buf *out)
{
	if (tunnel == PROTO_META)
		return;
	put_identifier(field_protos[tunnel].name, out);
	buf_putc(out, '_');
}

void ir_load_name(const struct ir_load *load, struct buf *out)
{
	put_tunnel(load->tunnel, out);
	put_identifier(load->field->proto == PROTO_RAW ? "raw" : field_proto(load->field)->name,
		       out);
	buf_putc(out, '_');
	put_identifier(load->field->name, out);
	if (load->depth)
		buf_printf(out, "_%u", load->depth);
}

void ir_place_name(const struct ir_place *place, struct buf *out)
{
	static const char *const words[FIELD_BASE_COUNT] = {
		[FIELD_BASE_META] = "meta",
		[FIELD_BASE_LINK] = "link",
		[FIELD_BASE_NETWORK] = "network",
		[FIELD_BASE_TRANSPORT] = "transport",
		[FIELD_BASE_PAYLOAD] = "payload",
		[FIELD_BASE_TUNNEL] = "header",
		[FIELD_BASE_EXTENSION] = "extension",
		[FIELD_BASE_IP_OPTION] = "ip_option",
		[FIELD_BASE_TCP_OPTION] = "tcp_option",
		[FIELD_BASE_SCTP_CHUNK] = "sctp_chunk",
	};

	put_tunnel(place->tunnel, out);
	buf_puts(out, words[place->base]);
	if (base_is_numbered(place->base))
		buf_printf(out, "_%u", place->number);
}
