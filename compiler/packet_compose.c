/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_compose: a plausible frame, layer by layer.
 *
 * In: the goals, which say what the layers have to be where they say anything, and a twist.  Out:
 * a frame whose headers are consistent but for the twist; what no goal names is random, so that
 * frames differ.  Every byte goes through reserve(), which keeps the frame within its array: all
 * headers together are below 1,000 bytes, and a payload is cut to what is left.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#include "compiler/packet_parts.h"

#define MAX_TAGS 6
#define TRIES 24

#define SLOT_OF(base, bit, bits) ((uint32_t)(base) << 28 | (bit) << 8 | (bits))
#define SLOT_META(load) (0x80000000u | (uint32_t)(load))
#define SLOT_TYPE(tags) SLOT_OF(FIELD_BASE_LINK, (12u + 4u * (tags)) * 8, 16)
#define SLOT_IP_HDRLENGTH SLOT_OF(FIELD_BASE_NETWORK, 4u, 4u)
#define SLOT_IP_PROTOCOL SLOT_OF(FIELD_BASE_NETWORK, 72u, 8u)
#define SLOT_IP6_NEXTHDR SLOT_OF(FIELD_BASE_NETWORK, 48u, 8u)

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

bool packet_compose_pick(struct packet_layers *layers, uint32_t slot, unsigned int bits,
			 u128 *ret_value)
{
	struct packet_choice choice = { 0 };

	packet_goal_collect(layers->ir, layers->goals, slot, &choice);
	if (choice.len)
		*ret_value = packet_goal_pick(&choice, bits, layers->random);
	return choice.len != 0;
}

/* COUNT bytes more at the frame's end, random; fewer when it is full. */
static uint8_t *reserve(struct packet_layers *layers, size_t count)
{
	struct packet_frame *frame = layers->frame;
	uint8_t *at = frame->bytes + frame->len;

	if (count > PACKET_MAX_BYTES - frame->len)
		count = PACKET_MAX_BYTES - frame->len;
	packet_random_fill(layers->random, at, count);
	frame->len += count;
	return at;
}

static void put_short(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The protocol that the goals' fields live in, or any. */
static uint16_t usual_type(struct packet_layers *layers)
{
	static const uint16_t types[] = { ETH_P_IP, ETH_P_IP, ETH_P_IP, ETH_P_IPV6,
					  ETH_P_IPV6, ETH_P_ARP };
	const struct packet_goals *goals = layers->goals;

	for (size_t i = 0; i < goals->len; i++) {
		const struct field *field = layers->ir->loads.at[goals->at[i].load].field;
		enum proto_id proto = field->proto;

		if (goals->at[i].soft)
			continue;
		if (field_proto(field)->network)
			proto = field_proto(field)->network;
		if (field_protos[proto].base == FIELD_BASE_NETWORK)
			return field_protos[proto].ether_type;
	}
	if (packet_random_one_in(layers->random, 16))
		return (uint16_t)packet_random_next(layers->random);
	return types[packet_random_below(layers->random, sizeof(types) / sizeof(types[0]))];
}

/* Tags that the goals' vlan fields stand in. */
static unsigned int needed_tags(struct packet_layers *layers)
{
	unsigned int tags = 0;

	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct ir_load *load = &layers->ir->loads.at[layers->goals->at[i].load];

		if (load->field->proto == PROTO_VLAN && load->depth + 1u > tags)
			tags = load->depth + 1u;
	}
	return tags < MAX_TAGS ? tags : MAX_TAGS;
}

/* The type that makes `meta protocol` read PROTOCOL. */
static uint16_t type_for(struct packet_layers *layers, uint16_t protocol)
{
	layers->raw_802_3 = protocol == ETH_P_802_3;
	if (protocol == ETH_P_802_3 || protocol == ETH_P_802_2)
		return (uint16_t)packet_random_below(layers->random, ETH_P_802_3_MIN);
	return protocol;
}

static void pick_types(struct packet_layers *layers, unsigned int tags)
{
	u128 value;

	layers->raw_802_3 = false;
	for (unsigned int i = 0; i <= tags; i++) {
		if (i < tags)
			layers->type[i] = packet_random_one_in(layers->random, 4) ? ETH_P_8021AD :
										    ETH_P_8021Q;
		else
			layers->type[i] = usual_type(layers);
		if (i == (tags ? 1 : 0) &&
		    packet_compose_pick(layers, SLOT_META(FIELD_LOAD_PROTOCOL), 16, &value))
			layers->type[i] = type_for(layers, (uint16_t)value);
		if (packet_compose_pick(layers, SLOT_TYPE(i), 16, &value))
			layers->type[i] = (uint16_t)value;
	}
	/* What says that it is a tag has one behind it, what does not has none. */
	for (layers->frame->tags = 0;
	     layers->frame->tags < MAX_TAGS && is_tag(layers->type[layers->frame->tags]);
	     layers->frame->tags++)
		if (layers->frame->tags >= tags)
			layers->type[layers->frame->tags + 1] = usual_type(layers);
}

/* Points for the goals on types that the chosen types meet. */
static unsigned int score_types(struct packet_layers *layers, bool *ret_all)
{
	unsigned int tags = layers->frame->tags, points = 0;
	uint16_t protocol = layers->type[tags ? 1 : 0];

	if (protocol < ETH_P_802_3_MIN)
		protocol = layers->raw_802_3 ? ETH_P_802_3 : ETH_P_802_2;
	*ret_all = true;
	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		uint32_t slot = packet_goal_slot(&layers->ir->loads.at[goal->load]);
		bool ours = slot == SLOT_META(FIELD_LOAD_PROTOCOL), met = false;

		if (ours)
			met = packet_goal_holds(goal, protocol);
		for (unsigned int j = 0; j <= MAX_TAGS; j++) {
			if (slot != SLOT_TYPE(j))
				continue;
			ours = true;
			met = j <= tags && packet_goal_holds(goal, layers->type[j]);
		}
		if (ours && met)
			points += goal->soft ? 1 : 64;
		else if (ours)
			*ret_all = false;
	}
	return points;
}

static void twist_types(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	unsigned int wanted = frame->tags;
	uint16_t outer = ETH_P_8021Q;

	switch (layers->twist) {
	case PACKET_TWIST_NO_TAG:
		layers->type[0] = layers->type[frame->tags];
		frame->tags = wanted = 0;
		break;
	case PACKET_TWIST_TAG_AD:
		outer = ETH_P_8021AD;
		/* fall through */
	case PACKET_TWIST_TAG:
		wanted = frame->tags + 1;
		break;
	case PACKET_TWIST_TWO_TAGS:
		wanted = frame->tags + 2;
		break;
	case PACKET_TWIST_NONE:
	case PACKET_TWIST_OPTIONS:
	case PACKET_TWIST_FIRST_FRAGMENT:
	case PACKET_TWIST_LATER_FRAGMENT:
	case PACKET_TWIST_PADDING:
	case PACKET_TWIST_LONG_TOTAL:
	case PACKET_TWIST_SHORT_TOTAL:
	case PACKET_TWIST_VERSION:
	case PACKET_TWIST_SHORT_HEADER:
	case PACKET_TWIST_JUMBO:
	case PACKET_TWIST_CUT:
	case PACKET_TWIST_CUT_COUNTED:
	case PACKET_TWIST_COUNT:
		break;
	}
	for (; frame->tags < wanted && frame->tags < MAX_TAGS; frame->tags++) {
		memmove(layers->type + 1, layers->type,
			(frame->tags + 1) * sizeof(layers->type[0]));
		layers->type[0] = outer;
	}
}

static void choose_types(struct packet_layers *layers)
{
	static const uint8_t usual[] = { 0, 0, 0, 0, 0, 1, 1, 2, 3, 5 };
	unsigned int needed = needed_tags(layers), best = 0;
	struct packet_layers chosen;
	unsigned int chosen_tags = 0;
	bool all = false;

	for (unsigned int i = 0; i < TRIES && !all; i++) {
		unsigned int tags = needed, points;

		if (!needed || packet_random_one_in(layers->random, 4))
			tags = usual[packet_random_below(layers->random, sizeof(usual))];
		pick_types(layers, tags);
		points = score_types(layers, &all);
		if (i && points <= best && !all)
			continue;
		best = points;
		chosen = *layers;
		chosen_tags = layers->frame->tags;
	}
	*layers = chosen;
	layers->frame->tags = chosen_tags;
	twist_types(layers);
}

static void put_mac(struct packet_layers *layers, uint8_t *at)
{
	u128 kind;

	if (!packet_compose_pick(layers, SLOT_META(FIELD_LOAD_PKTTYPE), 8, &kind))
		kind = packet_random_below(layers->random, 6);
	switch ((uint32_t)kind) {
	case PACKET_BROADCAST:
		memset(at, 0xff, ETH_ALEN);
		break;
	case PACKET_MULTICAST:
		at[0] |= 1;
		break;
	case PACKET_OTHERHOST:
		at[0] = (uint8_t)((at[0] & 0xfe) | 2);
		break;
	default:
		memcpy(at, layers->device->mac, ETH_ALEN);
		break;
	}
}

static void put_link(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;

	choose_types(layers);
	frame->len = 0;
	put_mac(layers, reserve(layers, ETH_HLEN + (size_t)4 * frame->tags));
	for (unsigned int i = 0; i <= frame->tags; i++)
		put_short(frame->bytes + 12 + (size_t)4 * i, layers->type[i]);
	frame->network = frame->len;
}

static uint8_t usual_l4proto(struct packet_layers *layers)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP,
					  IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_ESP, IPPROTO_AH };
	const struct packet_goals *goals = layers->goals;

	for (size_t i = 0; i < goals->len; i++) {
		const struct proto *proto =
			field_proto(layers->ir->loads.at[goals->at[i].load].field);

		if (proto->l4proto && !goals->at[i].soft)
			return proto->l4proto;
	}
	if (packet_random_one_in(layers->random, 16))
		return (uint8_t)packet_random_next(layers->random);
	return protos[packet_random_below(layers->random, sizeof(protos))];
}

static uint8_t pick_l4proto(struct packet_layers *layers, uint32_t header_slot)
{
	struct packet_choice choice = { 0 };

	packet_goal_collect(layers->ir, layers->goals, SLOT_META(FIELD_LOAD_L4PROTO), &choice);
	packet_goal_collect(layers->ir, layers->goals, header_slot, &choice);
	if (!choice.len)
		return usual_l4proto(layers);
	return (uint8_t)packet_goal_pick(&choice, 8, layers->random);
}

static void put_ipv4(struct packet_layers *layers)
{
	size_t words = 5;
	uint8_t *ip;
	u128 value;

	if (layers->twist == PACKET_TWIST_OPTIONS || packet_random_one_in(layers->random, 12))
		words = 6 + packet_random_below(layers->random, 10);
	if (packet_compose_pick(layers, SLOT_IP_HDRLENGTH, 4, &value))
		words = (size_t)value;
	ip = reserve(layers, (words < 5 ? 5 : words) * 4);
	ip[0] = (uint8_t)(0x40 | words);
	put_short(ip + 6, packet_random_one_in(layers->random, 2) ? 0x4000 : 0);
	if (layers->twist == PACKET_TWIST_FIRST_FRAGMENT)
		put_short(ip + 6, 0x2000);
	if (layers->twist == PACKET_TWIST_LATER_FRAGMENT)
		put_short(ip + 6, (uint16_t)(1 + packet_random_below(layers->random, 0x3fff)));
	if (layers->twist == PACKET_TWIST_LATER_FRAGMENT && !(ip[7] | (ip[6] & 0x1f)))
		ip[7] = 1;
	ip[9] = layers->l4proto = pick_l4proto(layers, SLOT_IP_PROTOCOL);
}

static bool is_extension(uint8_t next)
{
	return next == 0 || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_DSTOPTS;
}

/* One extension header of kind KIND; NEXT is written into *FIELD, which named the one before. */
static uint8_t *put_extension(struct packet_layers *layers, uint8_t *field, uint8_t kind)
{
	size_t units = packet_random_one_in(layers->random, 2) ? 0 :
		       packet_random_below(layers->random, 4);
	uint8_t *header = reserve(layers, kind == IPPROTO_FRAGMENT ? 8 : (units + 1) * 8);

	*field = kind;
	if (kind != IPPROTO_FRAGMENT) {
		header[1] = (uint8_t)units;
		return header;
	}
	put_short(header + 2, (uint16_t)packet_random_below(layers->random, 8));
	if (layers->twist == PACKET_TWIST_LATER_FRAGMENT)
		put_short(header + 2,
			  (uint16_t)(8 + packet_random_below(layers->random, 0xfff8)));
	return header;
}

/* Extension headers in front of the transport header, and whose number they end with. */
static void put_extensions(struct packet_layers *layers, uint8_t *next)
{
	static const uint8_t kinds[] = { 0, IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_DSTOPTS };
	bool fragment = layers->twist == PACKET_TWIST_FIRST_FRAGMENT ||
			layers->twist == PACKET_TWIST_LATER_FRAGMENT;
	size_t count = 0;
	u128 value;

	if (layers->twist == PACKET_TWIST_OPTIONS)
		count = 1 + packet_random_below(layers->random, 8);
	else if (packet_random_one_in(layers->random, 8))
		count = 1 + packet_random_below(layers->random, 3);
	if (packet_compose_pick(layers, SLOT_IP6_NEXTHDR, 8, &value)) {
		if (!is_extension((uint8_t)value)) {
			/* Both goals speak of one byte then; a fragment changes that on purpose. */
			layers->l4proto = pick_l4proto(layers, SLOT_IP6_NEXTHDR);
			count = 0;
		} else {
			next = put_extension(layers, next, (uint8_t)value);
		}
	}
	while (count--)
		next = put_extension(layers, next,
				     kinds[packet_random_below(layers->random, sizeof(kinds))]);
	if (fragment)
		next = put_extension(layers, next, IPPROTO_FRAGMENT);
	*next = layers->l4proto;
}

static void put_ipv6(struct packet_layers *layers)
{
	uint8_t *ip = reserve(layers, 40);

	ip[0] = (uint8_t)(0x60 | (ip[0] & 0xf));
	layers->l4proto = pick_l4proto(layers, SLOT_META(FIELD_LOAD_L4PROTO));
	put_extensions(layers, ip + 6);
}

static void put_transport(struct packet_layers *layers)
{
	size_t count = 8 + packet_random_below(layers->random, 16);
	uint8_t *header;

	layers->frame->transport = layers->frame->len;
	if (layers->l4proto == IPPROTO_TCP)
		count = 20;
	else if (layers->l4proto == IPPROTO_UDP)
		count = 8;
	if (count < layers->need_transport)
		count = layers->need_transport;
	header = reserve(layers, count);
	if (layers->l4proto == IPPROTO_TCP)
		header[12] = (uint8_t)(0x50 | (header[12] & 0xf));
	if (layers->l4proto == IPPROTO_ICMP && packet_random_one_in(layers->random, 2))
		header[0] = packet_random_one_in(layers->random, 2) ? 8 : 0;
	if (layers->l4proto == IPPROTO_UDP)
		put_short(header + 4, (uint16_t)(8 + packet_random_below(layers->random, 64)));
}

static void put_arp(struct packet_layers *layers)
{
	uint8_t *arp = reserve(layers, 28);

	put_short(arp, 1);
	put_short(arp + 2, ETH_P_IP);
	arp[4] = 6;
	arp[5] = 4;
	put_short(arp + 6, (uint16_t)(1 + packet_random_below(layers->random, 2)));
}

void packet_compose(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	size_t payload;

	put_link(layers);
	frame->transport = frame->network;
	switch (layers->type[frame->tags]) {
	case ETH_P_IP:
		put_ipv4(layers);
		put_transport(layers);
		break;
	case ETH_P_IPV6:
		put_ipv6(layers);
		put_transport(layers);
		break;
	case ETH_P_ARP:
		put_arp(layers);
		break;
	default:
		memset(reserve(layers, 46), layers->raw_802_3 ? 0xff : 0xaa, 2);
		break;
	}
	payload = packet_random_below(layers->random, 64);
	if (layers->twist == PACKET_TWIST_JUMBO)
		payload = 1500 + packet_random_below(layers->random, PACKET_MAX_BYTES - 1500 -
								     frame->len);
	reserve(layers, payload);
}
