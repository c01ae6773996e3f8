/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_option: the options of an IPv4 or TCP header.
 *
 * In: the goals of one layer.  Out: an area of at most 40 bytes that holds the options that are
 * asked for, in random order, and around them what readers stumble over: padding before, between
 * and behind, options nobody asked for, the same kind a second time, one that ends beyond the
 * header, and the bytes of an option inside of another one.
 */
#include "compiler/packet_parts.h"

#define AREA_BYTES 40

/* RFC 791; the first two are one byte long, in TCP too. */
#define OPTION_END 0
#define OPTION_NOP 1
#define IP_RECORD_ROUTE 7
#define IP_TIMESTAMP 68
#define IP_LOOSE_ROUTE 131
#define IP_STRICT_ROUTE 137
#define IP_ROUTER_ALERT 148

/* Kinds that nobody uses (experiments, RFC 4727; skipped by all readers). */
#define IP_UNKNOWN 94
#define TCP_UNKNOWN 253

struct area {
	struct packet_layers *layers;
	enum field_base base;
	const struct packet_needs *needs;
	bool wanted;			/* some option is */
	size_t start;			/* in the frame */
	size_t max, len;
	size_t first_spot;
	uint8_t bytes[AREA_BYTES];
};

static size_t usual_bytes(const struct area *area, uint8_t kind)
{
	static const uint8_t tcp[] = { [2] = 4, [3] = 3, [4] = 2, [5] = 10, [8] = 10, [19] = 18,
				       [30] = 4 };
	struct packet_random *random = area->layers->random;

	if (kind <= OPTION_NOP)
		return 1;
	if (area->base == FIELD_BASE_IP_OPTION) {
		if (kind == IP_RECORD_ROUTE || kind == IP_LOOSE_ROUTE || kind == IP_STRICT_ROUTE)
			return 7 + packet_random_below(random, 3) * 4;
		if (kind == IP_ROUTER_ALERT)
			return 4;
		if (kind == IP_TIMESTAMP)
			return 8 + packet_random_below(random, 3) * 4;
	} else if (kind < sizeof(tcp) && tcp[kind]) {
		return tcp[kind];
	}
	return 2 + packet_random_below(random, 7);
}

/* What an IPv4 option has to say for the kernel to take the whole header for valid. */
static void put_ip_content(uint8_t *at, uint8_t kind)
{
	if (kind == IP_RECORD_ROUTE || kind == IP_LOOSE_ROUTE || kind == IP_STRICT_ROUTE)
		at[2] = 4;
	if (kind == IP_TIMESTAMP) {
		at[2] = 5;
		at[3] = 0;
	}
	if (kind == IP_ROUTER_ALERT)
		at[2] = at[3] = 0;
}

/* An option of KIND in BYTES bytes, if there is room. */
static bool put(struct area *area, uint8_t kind, size_t bytes)
{
	uint8_t *at = area->bytes + area->len;

	if (bytes > area->max - area->len)
		return false;
	at[0] = kind;
	if (bytes > 1) {
		at[1] = (uint8_t)bytes;
		packet_random_fill(area->layers->random, at + 2, bytes - 2);
	}
	if (area->base == FIELD_BASE_IP_OPTION && bytes > 3)
		put_ip_content(at, kind);
	area->len += bytes;
	return true;
}

static void put_wanted(struct area *area, const struct packet_need *need)
{
	size_t bytes = usual_bytes(area, need->number);
	size_t start = area->start + area->len;
	u128 length;

	if (need->bytes > bytes)
		bytes = need->bytes;
	/* Addresses of 4 bytes behind a pointer. */
	if (area->base == FIELD_BASE_IP_OPTION && need->number != IP_ROUTER_ALERT &&
	    need->number != IP_TIMESTAMP)
		bytes = 3 + ((bytes - 3 + 3) & ~(size_t)3);
	if (need->number > OPTION_NOP &&
	    packet_compose_pick(area->layers,
				packet_compose_slot(area->layers, area->base, need->number, 8, 8),
				8, &length) &&
	    length >= need->bytes && length >= 2 && length <= area->max - area->len)
		bytes = (size_t)length;
	if (put(area, need->number, bytes))
		packet_compose_spot(area->layers, area->base, need->number, start);
}

static uint8_t unknown_kind(const struct area *area)
{
	return area->base == FIELD_BASE_IP_OPTION ? IP_UNKNOWN : TCP_UNKNOWN;
}

static bool is_needed(const struct area *area, uint8_t kind)
{
	for (size_t i = 0; i < area->needs->len; i++)
		if (area->needs->at[i].number == kind)
			return true;
	return false;
}

/* An option that nobody asks for, with the bytes of one that somebody asks for inside. */
static void put_decoy(struct area *area)
{
	const struct packet_needs *needs = area->needs;
	size_t at = area->len;

	if (!put(area, unknown_kind(area), 6) || !needs->len)
		return;
	area->bytes[at + 2] = needs->at[packet_random_below(area->layers->random,
							   needs->len)].number;
	area->bytes[at + 3] = 4;
}

static void put_random(struct area *area)
{
	static const uint8_t tcp[] = { 2, 3, 4, 5, 8, 19, 30, 34 };
	static const uint8_t ip[] = { IP_RECORD_ROUTE, IP_TIMESTAMP, IP_LOOSE_ROUTE,
				      IP_ROUTER_ALERT, IP_STRICT_ROUTE, 130, 136 };
	struct packet_random *random = area->layers->random;
	uint8_t kind = tcp[packet_random_below(random, sizeof(tcp))];

	if (area->base == FIELD_BASE_IP_OPTION)
		kind = ip[packet_random_below(random, sizeof(ip))];
	if (packet_random_one_in(random, 4))
		kind = OPTION_NOP;
	if (!is_needed(area, kind))
		put(area, kind, usual_bytes(area, kind));
}

/* What comes between options. */
static void put_gap(struct area *area)
{
	struct packet_random *random = area->layers->random;

	switch (packet_random_below(random, 8)) {
	case 0:
		put_decoy(area);
		break;
	case 1:
		put_random(area);
		break;
	case 2:
		/* Readers of TCP options go on behind an end of options. */
		if (area->base == FIELD_BASE_TCP_OPTION &&
		    !packet_need_forbids(area->needs, OPTION_END))
			put(area, OPTION_END, 1);
		break;
	case 3:
	case 4:
		for (size_t i = 1 + packet_random_below(random, 3); i; i--)
			if (!packet_need_forbids(area->needs, OPTION_NOP))
				put(area, OPTION_NOP, 1);
		break;
	default:
		break;
	}
}

/* Moves all behind the COUNT bytes that are missing: the last option ends with the header. */
static void pad_front(struct area *area, size_t count)
{
	struct packet_frame *frame = area->layers->frame;

	memmove(area->bytes + count, area->bytes, area->len);
	memset(area->bytes, OPTION_NOP, count);
	for (size_t i = area->first_spot; i < frame->spot_count; i++)
		frame->spots[i].offset += count;
	area->len += count;
}

/* The same kind a second time, or one that must not be there and ends beyond the header. */
static bool pad_decoy(struct area *area, size_t count)
{
	const struct packet_need *need;
	uint8_t *at = area->bytes + area->len;

	if (!area->needs->len || count < 2)
		return false;
	/* One that is wrong makes all others of an IPv4 header count for nothing. */
	if (area->base == FIELD_BASE_IP_OPTION && area->wanted)
		return false;
	need = &area->needs->at[packet_random_below(area->layers->random, area->needs->len)];
	if (need->number <= OPTION_NOP)
		return false;
	packet_random_fill(area->layers->random, at, count);
	at[0] = need->number;
	at[1] = (uint8_t)(need->wanted ? count :
			  count + 1 + packet_random_below(area->layers->random, 200));
	area->len += count;
	return true;
}

static void pad(struct area *area, size_t count)
{
	bool no_nop = packet_need_forbids(area->needs, OPTION_NOP);
	bool no_end = packet_need_forbids(area->needs, OPTION_END);
	uint64_t way = packet_random_below(area->layers->random, 4);

	if (!count)
		return;
	if (way == 0 && pad_decoy(area, count))
		return;
	if (way == 1 && !no_nop) {
		pad_front(area, count);
		return;
	}
	if (no_nop && (no_end || way == 2) && count > 1 && put(area, unknown_kind(area), count))
		return;
	memset(area->bytes + area->len, no_end || (way == 3 && !no_nop) ? OPTION_NOP : OPTION_END,
	       count);
	area->len += count;
}

/* The bytes that the area gets: ROOM of them, or what the options need and a word in some. */
static size_t area_bytes(const struct area *area, size_t room)
{
	size_t needed = (area->len + 3) & ~(size_t)3;

	if (room == SIZE_MAX || room > AREA_BYTES)
		room = needed + packet_random_below(area->layers->random, 2) * 4;
	if (room < needed)
		room = needed;
	return room < AREA_BYTES ? room : AREA_BYTES;
}

void packet_option_put(struct packet_layers *layers, enum field_base base, size_t room)
{
	struct packet_random *random = layers->random;
	struct packet_needs needs;
	struct area area = {
		.layers = layers, .base = base, .needs = &needs, .start = layers->frame->len,
		.max = AREA_BYTES, .first_spot = layers->frame->spot_count,
	};
	bool gaps = packet_random_one_in(random, 2);

	packet_need_collect(layers, base, &needs);
	for (size_t i = 0; i < needs.len; i++)
		area.wanted |= needs.at[i].wanted;
	if (room == SIZE_MAX && !needs.len && layers->twist != PACKET_TWIST_OPTIONS &&
	    !packet_random_one_in(random, 12))
		return;
	if (room < AREA_BYTES && !area.wanted)
		area.max = room;
	for (size_t i = 0; i < needs.len; i++) {
		if (gaps)
			put_gap(&area);
		if (needs.at[i].wanted)
			put_wanted(&area, &needs.at[i]);
	}
	if (!area.wanted || layers->twist == PACKET_TWIST_OPTIONS)
		for (size_t i = packet_random_below(random, 4); i; i--)
			put_random(&area);
	pad(&area, area_bytes(&area, room) - area.len);
	memcpy(packet_compose_reserve(layers, area.len), area.bytes, area.len);
}
