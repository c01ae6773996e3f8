/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_compose: a plausible frame: Ethernet, tags, and what comes behind them.
 *
 * In: the goals, which say what the layers have to be where they say anything, and a twist.  Out:
 * a frame whose headers are consistent but for the twist; what no goal names is random, so that
 * frames differ.  Every byte goes through packet_compose_reserve(), which cuts what does not fit:
 * goals may ask for more extension headers of 2,048 bytes than a frame has room for.  Nobody
 * writes to more than the first 64 bytes of what was reserved, and that many are behind the frame.
 *
 * The inside of a tunnel is made by the same functions: .tunnel says whose inside it is, and only
 * goals that speak of that inside are looked at.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#include "compiler/packet_parts.h"

#define TRIES 24

/* What `meta nfproto` reads of IPv4 and IPv6 (NFPROTO_ of <linux/netfilter.h>). */
#define NFPROTO_IPV4 2
#define NFPROTO_IPV6 10

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

uint64_t packet_compose_slot(const struct packet_layers *layers, enum field_base base,
			     uint8_t number, unsigned int bit, unsigned int bits)
{
	return PACKET_SLOT(FIELD_LOAD_HEADER, layers->tunnel, base, number, bit, bits);
}

uint64_t packet_compose_slot_meta(const struct packet_layers *layers, enum field_load load)
{
	return PACKET_SLOT(load, layers->tunnel, FIELD_BASE_META, 0, 0, 0);
}

/* The ether type behind TAGS tags. */
static uint64_t slot_type(const struct packet_layers *layers, unsigned int tags)
{
	return packet_compose_slot(layers, FIELD_BASE_LINK, 0, (12u + 4u * tags) * 8, 16);
}

bool packet_compose_pick(struct packet_layers *layers, uint64_t slot, unsigned int bits,
			 u128 *ret_value)
{
	struct packet_choice choice;

	choice.len = 0;
	packet_goal_collect(layers->goals, slot, &choice);
	if (choice.len)
		*ret_value = packet_goal_pick(&choice, bits, layers->random);
	return choice.len != 0;
}

uint8_t *packet_compose_reserve(struct packet_layers *layers, size_t count)
{
	struct packet_frame *frame = layers->frame;
	uint8_t *at = frame->bytes + frame->len;

	if (count > PACKET_MAX_BYTES - frame->len)
		count = PACKET_MAX_BYTES - frame->len;
	packet_random_fill(layers->random, at, count);
	frame->len += count;
	return at;
}

void packet_compose_spot(struct packet_layers *layers, enum field_base base, uint8_t number,
			 size_t offset)
{
	const struct ir_place place = { base, number, layers->tunnel };
	struct packet_frame *frame = layers->frame;

	for (size_t i = 0; i < frame->spot_count; i++)
		if (ir_place_equal(&frame->spots[i].place, &place))
			return;
	if (frame->spot_count < PACKET_MAX_SPOTS)
		frame->spots[frame->spot_count++] = (struct packet_spot){ place, offset };
}

bool packet_compose_speaks(const struct packet_layers *layers, const struct packet_goal *goal)
{
	struct ir_place place = packet_goal_place(&layers->ir->loads.at[goal->part.load]);

	return !goal->soft && place.tunnel == layers->tunnel;
}

static const struct field *goal_field(const struct packet_layers *layers, size_t goal)
{
	return layers->ir->loads.at[layers->goals->at[goal].part.load].field;
}

/* The type of the network protocol that a field of FIELD is in; 0: any. */
static uint16_t type_of_field(const struct field *field)
{
	enum proto_id proto = field->proto;

	if (field_proto(field)->network)
		proto = field_proto(field)->network;
	if (field_protos[proto].base == FIELD_BASE_NETWORK)
		return field_protos[proto].ether_type;
	return 0;
}

/* Whether the field lives behind an IP header of either version. */
static bool is_behind_ip(const struct field *field)
{
	switch (field_base_of(field)) {
	case FIELD_BASE_TRANSPORT:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
		return true;
	case FIELD_BASE_META:
		return field->load == FIELD_LOAD_L4PROTO || field->load == FIELD_LOAD_NFPROTO;
	case FIELD_BASE_LINK:
	case FIELD_BASE_NETWORK:
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
	case FIELD_BASE_COUNT:
		break;
	}
	return false;
}

/* The protocol that the goals' fields live in, or any. */
static uint16_t usual_type(struct packet_layers *layers)
{
	static const uint16_t types[] = { ETH_P_IP, ETH_P_IP, ETH_P_IP, ETH_P_IPV6,
					  ETH_P_IPV6, ETH_P_ARP };
	const struct packet_goals *goals = layers->goals;
	bool ip = layers->tunnel == PROTO_META && layers->tunnel_wanted != PROTO_META;
	u128 value;

	for (size_t i = 0; i < goals->len; i++) {
		uint16_t type = type_of_field(goal_field(layers, i));

		if (!packet_compose_speaks(layers, &goals->at[i]))
			continue;
		if (type)
			return type;
		ip |= is_behind_ip(goal_field(layers, i));
	}
	ip |= goals->ip && !packet_random_one_in(layers->random, 16);
	if (packet_compose_pick(layers, packet_compose_slot_meta(layers, FIELD_LOAD_NFPROTO), 8,
				&value) &&
	    (value == NFPROTO_IPV4 || value == NFPROTO_IPV6))
		return value == NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6;
	if (!ip && packet_random_one_in(layers->random, 16))
		return (uint16_t)packet_random_next(layers->random);
	return types[packet_random_below(layers->random,
					 sizeof(types) / sizeof(types[0]) - (ip ? 1 : 0))];
}

/* Tags that the goals' vlan fields stand in. */
static unsigned int needed_tags(struct packet_layers *layers)
{
	unsigned int tags = 0;

	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		const struct ir_load *load = &layers->ir->loads.at[goal->part.load];

		if (load->field->proto == PROTO_VLAN && load->tunnel == layers->tunnel &&
		    load->depth + 1u > tags)
			tags = load->depth + 1u;
	}
	return tags < PACKET_MAX_TAGS ? tags : PACKET_MAX_TAGS;
}

/* The type that makes `meta protocol` read PROTOCOL. */
static uint16_t type_for(struct packet_layers *layers, uint16_t protocol)
{
	layers->raw_802_3 = protocol == ETH_P_802_3;
	if (protocol == ETH_P_802_3 || protocol == ETH_P_802_2)
		return (uint16_t)packet_random_below(layers->random, ETH_P_802_3_MIN);
	return protocol;
}

/* USUAL if all goals of SLOT agree to it, else what they want. */
static bool pick_type(struct packet_layers *layers, uint64_t slot, uint16_t usual,
		      uint16_t *ret_type)
{
	struct packet_choice choice;

	choice.len = 0;
	packet_goal_collect(layers->goals, slot, &choice);
	if (!choice.len)
		return false;
	*ret_type = usual;
	if (!packet_goal_all_hold(&choice, usual))
		*ret_type = (uint16_t)packet_goal_pick(&choice, 16, layers->random);
	return true;
}

static void pick_types(struct packet_layers *layers, unsigned int tags)
{
	uint16_t value;

	layers->raw_802_3 = false;
	for (unsigned int i = 0; i <= tags; i++) {
		uint16_t usual = packet_random_one_in(layers->random, 4) ? ETH_P_8021AD :
									   ETH_P_8021Q;

		if (i == tags)
			usual = usual_type(layers);
		layers->type[i] = usual;
		if (i == (tags ? 1 : 0) &&
		    pick_type(layers, packet_compose_slot_meta(layers, FIELD_LOAD_PROTOCOL), usual,
			      &value))
			layers->type[i] = type_for(layers, value);
		if (pick_type(layers, slot_type(layers, i), layers->type[i], &value))
			layers->type[i] = value;
	}
	/* What says that it is a tag has one behind it, what does not has none. */
	for (layers->tags = 0;
	     layers->tags < PACKET_MAX_TAGS && is_tag(layers->type[layers->tags]); layers->tags++)
		if (layers->tags >= tags)
			layers->type[layers->tags + 1] = usual_type(layers);
}

/* Points for the goals on types that the chosen types meet. */
static unsigned int score_types(struct packet_layers *layers, bool *ret_all)
{
	unsigned int tags = layers->tags, points = 0;
	uint16_t protocol = layers->type[tags ? 1 : 0];

	if (protocol < ETH_P_802_3_MIN)
		protocol = layers->raw_802_3 ? ETH_P_802_3 : ETH_P_802_2;
	*ret_all = true;
	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		uint64_t slot = goal->slot;
		bool ours = slot == packet_compose_slot_meta(layers, FIELD_LOAD_PROTOCOL);
		bool met = false;

		if (ours)
			met = packet_goal_holds(layers->ir, goal, protocol);
		for (unsigned int j = 0; j <= PACKET_MAX_TAGS; j++) {
			if (slot != slot_type(layers, j))
				continue;
			ours = true;
			met = j <= tags && packet_goal_holds(layers->ir, goal, layers->type[j]);
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
	unsigned int wanted = layers->tags;
	uint16_t outer = ETH_P_8021Q;

	switch (layers->twist) {
	case PACKET_TWIST_NO_TAG:
		layers->type[0] = layers->type[layers->tags];
		layers->tags = wanted = 0;
		break;
	case PACKET_TWIST_TAG_AD:
		outer = ETH_P_8021AD;
		/* fall through */
	case PACKET_TWIST_TAG:
		wanted = layers->tags + 1;
		break;
	case PACKET_TWIST_TWO_TAGS:
		wanted = layers->tags + 2;
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
	case PACKET_TWIST_LENGTH_BYTE:
	case PACKET_TWIST_COUNT:
		break;
	}
	for (; layers->tags < wanted && layers->tags < PACKET_MAX_TAGS; layers->tags++) {
		memmove(layers->type + 1, layers->type,
			(layers->tags + 1) * sizeof(layers->type[0]));
		layers->type[0] = outer;
	}
}

static void choose_types(struct packet_layers *layers)
{
	static const uint8_t usual[] = { 0, 0, 0, 0, 0, 1, 1, 2, 3, 5 };
	unsigned int needed = needed_tags(layers), best = 0;
	struct packet_layers chosen;
	bool all = false;

	for (unsigned int i = 0; i < TRIES && !all; i++) {
		unsigned int tags = needed, points;

		/* What is behind two tags has no network header. */
		if (!needed && (layers->tunnel_wanted != PROTO_META || layers->goals->ip))
			tags = packet_random_one_in(layers->random, 4);
		else if (!needed || packet_random_one_in(layers->random, 4))
			tags = usual[packet_random_below(layers->random, sizeof(usual))];
		pick_types(layers, tags);
		points = score_types(layers, &all);
		if (i && points <= best && !all)
			continue;
		best = points;
		chosen = *layers;
	}
	*layers = chosen;
	twist_types(layers);
}

static void put_mac(struct packet_layers *layers, uint8_t *at)
{
	u128 kind;

	if (!packet_compose_pick(layers, packet_compose_slot_meta(layers, FIELD_LOAD_PKTTYPE), 8,
				 &kind))
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
	size_t start = frame->len;

	choose_types(layers);
	put_mac(layers, packet_compose_reserve(layers, ETH_HLEN + (size_t)4 * layers->tags));
	for (unsigned int i = 0; i <= layers->tags; i++)
		packet_put_short(frame->bytes + start + 12 + (size_t)4 * i, layers->type[i]);
	packet_compose_spot(layers, FIELD_BASE_LINK, 0, start);
	/* The judge sees the network header behind at most one tag. */
	packet_compose_spot(layers, FIELD_BASE_NETWORK, 0,
			    start + ETH_HLEN + (layers->tags ? 4 : 0));
}

static void put_network(struct packet_layers *layers)
{
	uint16_t type = layers->type[layers->tags];

	if (layers->tunnel == PROTO_META) {
		layers->frame->tags = layers->tags;
		layers->frame->network = layers->frame->transport = layers->frame->len;
	} else {
		layers->frame->inner_network = layers->frame->len;
		layers->frame->inner_type = type;
	}
	switch (type) {
	case ETH_P_IP:
		packet_network_put_ipv4(layers);
		packet_transport_put(layers);
		break;
	case ETH_P_IPV6:
		packet_network_put_ipv6(layers);
		packet_transport_put(layers);
		break;
	case ETH_P_ARP:
		packet_network_put_arp(layers);
		break;
	default:
		memset(packet_compose_reserve(layers, 46), layers->raw_802_3 ? 0xff : 0xaa, 2);
		break;
	}
}

void packet_compose_inside(struct packet_layers *layers)
{
	layers->tunnel_wanted = PROTO_META;
	layers->tags = 0;
	if (field_protos[layers->tunnel].tunnel_ether) {
		put_link(layers);
	} else {
		layers->type[0] = usual_type(layers);
		packet_compose_spot(layers, FIELD_BASE_NETWORK, 0, layers->frame->len);
	}
	put_network(layers);
}

/* The tunnel whose inside the goals speak of; those that are not soft first. */
static enum proto_id wanted_tunnel(const struct packet_layers *layers)
{
	enum proto_id tunnel = PROTO_META;

	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		struct ir_place place = packet_goal_place(&layers->ir->loads.at[goal->part.load]);

		if (place.tunnel == PROTO_META)
			continue;
		if (!goal->soft)
			return place.tunnel;
		tunnel = place.tunnel;
	}
	return tunnel;
}

void packet_compose(struct packet_layers *layers, bool twist_inside)
{
	struct packet_frame *frame = layers->frame;
	size_t payload;

	frame->len = 0;
	frame->spot_count = 0;
	frame->inner_network = 0;
	layers->tunnel = PROTO_META;
	layers->tunnel_wanted = wanted_tunnel(layers);
	layers->inner_twist = PACKET_TWIST_NONE;
	if (twist_inside && layers->tunnel_wanted != PROTO_META) {
		layers->inner_twist = layers->twist;
		layers->twist = PACKET_TWIST_NONE;
	}
	put_link(layers);
	put_network(layers);
	payload = packet_random_below(layers->random, 64);
	if (layers->twist == PACKET_TWIST_JUMBO && frame->len < PACKET_MAX_BYTES - 1500)
		payload = 1500 + packet_random_below(layers->random, PACKET_MAX_BYTES - 1500 -
								     frame->len);
	packet_compose_reserve(layers, payload);
}
