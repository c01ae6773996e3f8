/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_network: IPv4 with options, IPv6 with extension headers, ARP.
 *
 * In: the goals of one layer.  Out: the header behind what the frame holds already, and which
 * transport protocol it says.  Lengths are written when the frame is whole (packet_build.c).
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/packet_parts.h"

#define NEXT_HOP_BY_HOP 0		/* <netinet/in.h> says IPPROTO_HOPOPTS, and IPPROTO_IP */
#define NEXT_MOBILITY 135
#define MAX_EXTENSIONS 24

/* A protocol that agrees to all goals on it, those on the header's byte too. */
static uint8_t pick_l4proto(struct packet_layers *layers, uint64_t header_slot)
{
	uint8_t usual = packet_transport_usual(layers);
	struct packet_choice choice;

	choice.len = 0;
	packet_goal_collect(layers->goals, packet_compose_slot_meta(layers, FIELD_LOAD_L4PROTO),
			    &choice);
	packet_goal_collect(layers->goals, header_slot, &choice);
	if (!choice.len || packet_goal_all_hold(&choice, usual))
		return usual;
	return (uint8_t)packet_goal_pick(&choice, 8, layers->random);
}

static void put_fragment_offset(struct packet_layers *layers, uint8_t *at)
{
	packet_put_short(at, packet_random_one_in(layers->random, 2) ? 0x4000 : 0);
	if (layers->twist == PACKET_TWIST_FIRST_FRAGMENT)
		packet_put_short(at, 0x2000);
	if (layers->twist != PACKET_TWIST_LATER_FRAGMENT)
		return;
	packet_put_short(at, 1 + packet_random_below(layers->random, 0x3fff));
	if (!(at[1] | (at[0] & 0x1f)))
		at[1] = 1;
}

void packet_network_put_ipv4(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	size_t start = frame->len, room = SIZE_MAX;
	uint8_t *ip = packet_compose_reserve(layers, 20);
	u128 words;
	bool chosen = packet_compose_pick(
		layers, packet_compose_slot(layers, FIELD_BASE_NETWORK, 0, 4, 4), 4, &words);

	ip[9] = layers->l4proto = pick_l4proto(
		layers, packet_compose_slot(layers, FIELD_BASE_NETWORK, 0, 72, 8));
	put_fragment_offset(layers, ip + 6);
	if (chosen)
		room = words > 5 ? ((size_t)words - 5) * 4 : 0;
	packet_option_put(layers, FIELD_BASE_IP_OPTION, room);
	ip[0] = (uint8_t)(0x40 | (frame->len - start) / 4);
	if (chosen && words < 5)
		ip[0] = (uint8_t)(0x40 | words);
}

/* The headers to put between IPv6 and the transport header, in order. */
struct extensions {
	size_t len;
	uint8_t at[MAX_EXTENSIONS];
};

static bool is_extension(uint8_t next)
{
	return next == NEXT_HOP_BY_HOP || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_DSTOPTS;
}

static void insert(struct extensions *extensions, size_t place, uint8_t kind)
{
	if (extensions->len == MAX_EXTENSIONS)
		return;
	memmove(extensions->at + place + 1, extensions->at + place, extensions->len - place);
	extensions->at[place] = kind;
	extensions->len++;
}

static void erase(struct extensions *extensions, size_t place)
{
	extensions->len--;
	memmove(extensions->at + place, extensions->at + place + 1, extensions->len - place);
}

static void add_random(struct packet_layers *layers, struct extensions *extensions,
		       const struct packet_needs *needs)
{
	static const uint8_t kinds[] = { NEXT_HOP_BY_HOP, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
					 IPPROTO_DSTOPTS };
	size_t count = 0;

	if (layers->twist == PACKET_TWIST_OPTIONS)
		count = 1 + packet_random_below(layers->random, 8);
	else if (packet_random_one_in(layers->random, needs->len ? 3 : 8))
		count = 1 + packet_random_below(layers->random, 3);
	while (count--) {
		uint8_t kind = kinds[packet_random_below(layers->random, sizeof(kinds))];

		if (!packet_need_forbids(needs, kind))
			insert(extensions, packet_random_below(layers->random, extensions->len + 1),
			       kind);
	}
	/* The walk for layer 4 ends at AH, the one for extension headers goes on. */
	if (extensions->len && packet_random_one_in(layers->random, 16))
		insert(extensions, packet_random_below(layers->random, extensions->len),
		       IPPROTO_AH);
	if (layers->twist == PACKET_TWIST_FIRST_FRAGMENT ||
	    layers->twist == PACKET_TWIST_LATER_FRAGMENT)
		insert(extensions, packet_random_one_in(layers->random, 4) ? 0 : extensions->len,
		       IPPROTO_FRAGMENT);
}

/* What the goals say that comes behind header PLACE; false when they say nothing. */
static bool pick_next(struct packet_layers *layers, uint64_t slot, uint8_t *ret_next)
{
	u128 value;

	if (!packet_compose_pick(layers, slot, 8, &value))
		return false;
	*ret_next = (uint8_t)value;
	return true;
}

/* NEXT comes behind the first PLACE headers. */
static void order_next(struct extensions *extensions, size_t place, uint8_t next)
{
	for (size_t i = place; i < extensions->len; i++) {
		if (extensions->at[i] != next)
			continue;
		erase(extensions, i);
		break;
	}
	insert(extensions, place, next);
}

/* Goals on the byte that names the next header say in which order headers are. */
static void order_extensions(struct packet_layers *layers, struct extensions *extensions)
{
	uint64_t slot = packet_compose_slot(layers, FIELD_BASE_NETWORK, 0, 48, 8);
	uint8_t next;

	for (size_t i = 0; i <= extensions->len && i < MAX_EXTENSIONS; i++) {
		if (i)
			slot = packet_compose_slot(layers, FIELD_BASE_EXTENSION,
						   extensions->at[i - 1], 0, 8);
		if (!pick_next(layers, slot, &next))
			continue;
		if (is_extension(next)) {
			order_next(extensions, i, next);
		} else if (i && i < extensions->len) {
			/* It is the last one then. */
			uint8_t kind = extensions->at[i - 1];

			erase(extensions, i - 1);
			insert(extensions, extensions->len, kind);
			break;
		} else if (!i) {
			extensions->len = 0;
		}
	}
}

static size_t extension_bytes(struct packet_layers *layers, uint8_t kind,
			      const struct packet_needs *needs)
{
	size_t bytes = packet_random_one_in(layers->random, 2) ? 8 :
		       8 + packet_random_below(layers->random, 4) * 8;
	u128 length;

	if (kind == IPPROTO_FRAGMENT)
		return 8;
	for (size_t i = 0; i < needs->len; i++)
		if (needs->at[i].number == kind && needs->at[i].bytes > bytes)
			bytes = (needs->at[i].bytes + 7) & ~(size_t)7;
	if (packet_compose_pick(layers,
				packet_compose_slot(layers, FIELD_BASE_EXTENSION, kind, 8, 8), 8,
				&length))
		bytes = ((size_t)length + 1) * 8;
	return bytes;
}

/* One extension header; what comes behind it is not known yet. */
static uint8_t *put_extension(struct packet_layers *layers, uint8_t kind,
			      const struct packet_needs *needs)
{
	size_t start = layers->frame->len, bytes = extension_bytes(layers, kind, needs);
	uint8_t *header = packet_compose_reserve(layers, bytes);

	packet_compose_spot(layers, FIELD_BASE_EXTENSION, kind, start);
	if (kind == IPPROTO_AH) {
		header[1] = (uint8_t)(bytes / 4 - 2);
		return header;
	}
	if (kind != IPPROTO_FRAGMENT) {
		header[1] = (uint8_t)(bytes / 8 - 1);
		return header;
	}
	packet_put_short(header + 2, packet_random_below(layers->random, 8));
	if (layers->twist == PACKET_TWIST_LATER_FRAGMENT)
		packet_put_short(header + 2, 8 + packet_random_below(layers->random, 0xfff8));
	return header;
}

/* Extension headers in front of the transport header, and whose number they end with. */
static void put_extensions(struct packet_layers *layers, uint8_t *next)
{
	struct extensions extensions = { 0 };
	struct packet_needs needs;
	bool mobility = false;

	packet_need_collect(layers, FIELD_BASE_EXTENSION, &needs);
	for (size_t i = 0; i < needs.len; i++) {
		if (needs.at[i].wanted && needs.at[i].number == NEXT_MOBILITY)
			mobility = true;	/* the walk ends there */
		else if (needs.at[i].wanted)
			insert(&extensions, extensions.len, needs.at[i].number);
	}
	add_random(layers, &extensions, &needs);
	order_extensions(layers, &extensions);
	for (size_t i = 0; i < extensions.len; i++) {
		*next = extensions.at[i];
		next = put_extension(layers, extensions.at[i], &needs);
	}
	layers->l4proto = NEXT_MOBILITY;
	if (!mobility)
		layers->l4proto = pick_l4proto(
			layers, extensions.len ?
			packet_compose_slot(layers, FIELD_BASE_EXTENSION,
					    extensions.at[extensions.len - 1], 0, 8) :
			packet_compose_slot(layers, FIELD_BASE_NETWORK, 0, 48, 8));
	*next = layers->l4proto;
	if (layers->l4proto == NEXT_MOBILITY)
		packet_compose_spot(layers, FIELD_BASE_EXTENSION, NEXT_MOBILITY,
				    layers->frame->len);
}

void packet_network_put_ipv6(struct packet_layers *layers)
{
	uint8_t *ip = packet_compose_reserve(layers, 40);

	ip[0] = (uint8_t)(0x60 | (ip[0] & 0xf));
	put_extensions(layers, ip + 6);
}

void packet_network_put_arp(struct packet_layers *layers)
{
	uint8_t *arp = packet_compose_reserve(layers, 28);

	packet_put_short(arp, 1);
	packet_put_short(arp + 2, ETH_P_IP);
	arp[4] = 6;
	arp[5] = 4;
	packet_put_short(arp + 6, 1 + packet_random_below(layers->random, 2));
}
