/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_build: one frame for a list of goals.
 *
 * In: goals and a twist.  Out: a composed frame, every other field that a goal names written into
 * it, then lengths, then the twist.  The judge's own reading of the frame says at the end whether
 * the goals hold: nothing here is trusted.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/interp_walk.h"
#include "compiler/packet_parts.h"

#define TRIES 6

#define IP_TOTAL 2			/* offsets of the lengths that network headers hold */
#define IP6_PAYLOAD 4

static void grow(struct packet_layers *layers, size_t len)
{
	struct packet_frame *frame = layers->frame;

	if (len > PACKET_MAX_BYTES)
		len = PACKET_MAX_BYTES;
	if (len <= frame->len)
		return;
	packet_random_fill(layers->random, frame->bytes + frame->len, len - frame->len);
	frame->len = len;
}

static void write_bits(uint8_t *at, unsigned int bit, unsigned int bits, u128 value)
{
	for (unsigned int i = bit + bits; i-- > bit; value >>= 1) {
		uint8_t one = (uint8_t)(0x80 >> i % 8);

		at[i / 8] = (uint8_t)((at[i / 8] & ~one) | (value & 1 ? one : 0));
	}
}

static u128 read_bits(const uint8_t *at, unsigned int bit, unsigned int bits)
{
	u128 value = 0;

	for (unsigned int i = bit; i < bit + bits; i++)
		value = value << 1 | (at[i / 8] >> (7 - i % 8) & 1);
	return value;
}

/* False when the frame has no such place. */
static bool find_spot(const struct packet_frame *frame, const struct ir_load *load,
		      size_t *ret_offset)
{
	struct ir_place place = packet_goal_place(load);

	for (size_t i = 0; i < frame->spot_count; i++) {
		if (!ir_place_equal(&frame->spots[i].place, &place))
			continue;
		*ret_offset = frame->spots[i].offset;
		return true;
	}
	return false;
}

/* Already decided by the layers; writing it again would take them apart. */
static bool is_composed(const struct packet_layers *layers, const struct ir_load *load)
{
	const struct field *field = load->field;
	uint16_t type = layers->type[layers->frame->tags];

	if (field->proto == PROTO_ETHER && field->select == FIELD_SELECT_ETHER_TYPE)
		return true;
	if (field->proto == PROTO_VLAN && field->select == FIELD_SELECT_ETHER_TYPE)
		return load->depth + 1u <= layers->frame->tags;
	if (load->tunnel != PROTO_META)
		type = layers->frame->inner_type;
	else if (layers->frame->tags > 1)
		return false;
	if (field->proto == PROTO_IP && type == ETH_P_IP)
		return field->select == FIELD_SELECT_L4PROTO || !strcmp(field->name, "hdrlength");
	return field->proto == PROTO_IP6 && type == ETH_P_IPV6 &&
	       field->select == FIELD_SELECT_L4PROTO;
}

static bool seen_before(const struct packet_layers *layers, size_t goal)
{
	for (size_t i = 0; i < goal; i++)
		if (layers->goals->at[i].slot == layers->goals->at[goal].slot)
			return true;
	return false;
}

/* The field's goals hold already, or its bits are made to meet them. */
static void write_field(struct packet_layers *layers, const struct packet_goal *goal)
{
	const struct ir_load *load = &layers->ir->loads.at[goal->part.load];
	unsigned int bit = field_base_bit(load->field, load->depth);
	unsigned int bits = load->field->bit_len;
	struct packet_frame *frame = layers->frame;
	struct packet_choice choice;
	size_t offset, end;

	if (!find_spot(frame, load, &offset))
		return;
	end = offset + field_need_bytes(load->field, load->depth);
	if (end > PACKET_MAX_BYTES)
		return;
	grow(layers, end);
	choice.len = 0;
	packet_goal_collect(layers->goals, goal->slot, &choice);
	if (!packet_goal_all_hold(&choice, read_bits(frame->bytes + offset, bit, bits)))
		write_bits(frame->bytes + offset, bit, bits,
			   packet_goal_pick(&choice, bits, layers->random));
}

static void write_fields(struct packet_layers *layers)
{
	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		const struct ir_load *load = &layers->ir->loads.at[goal->part.load];

		if (load->field->load == FIELD_LOAD_HEADER && !is_composed(layers, load) &&
		    !seen_before(layers, i))
			write_field(layers, goal);
	}
}

/* Whether a goal names BITS bits of the network header. */
static bool has_goal(const struct packet_layers *layers, enum proto_id tunnel, unsigned int bit)
{
	uint64_t slot = PACKET_SLOT(FIELD_LOAD_HEADER, tunnel, FIELD_BASE_NETWORK, 0, bit, 16);

	for (size_t i = 0; i < layers->goals->len; i++)
		if (layers->goals->at[i].slot == slot)
			return true;
	return false;
}

static uint16_t short_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* A network header counts the bytes that are there; a goal's count gets its bytes. */
static void fit_length(struct packet_layers *layers, enum proto_id tunnel, uint16_t type,
		       size_t offset)
{
	struct packet_frame *frame = layers->frame;
	size_t header = type == ETH_P_IPV6 ? 40 : 0;
	size_t place = header ? IP6_PAYLOAD : IP_TOTAL;
	uint8_t *count = frame->bytes + offset + place;

	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return;
	if (frame->len < offset + (header ? 40 : 20))
		return;
	if (has_goal(layers, tunnel, (unsigned int)place * 8))
		grow(layers, offset + header + short_at(count));
	else
		packet_put_short(count, frame->len - offset - header);
}

static void fit_lengths(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;

	if (frame->inner_network)
		fit_length(layers, layers->tunnel_wanted, frame->inner_type,
			   frame->inner_network);
	fit_length(layers, PROTO_META, layers->type[frame->tags], frame->network);
}

static void fit_frame_length(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	u128 wanted;
	size_t len;

	if (!packet_compose_pick(layers, packet_compose_slot_meta(layers, FIELD_LOAD_LENGTH), 32,
				 &wanted))
		return;
	if (wanted > PACKET_MAX_BYTES)
		return;
	/* Tags are passed one at most. */
	len = ETH_HLEN + (frame->tags ? 4u : 0u) + (size_t)wanted;
	grow(layers, len);
	if (len < frame->len)
		frame->len = len;
}

/* Some byte at which a reader may stop: a goal's last, a header's ends, anything. */
static size_t cut_place(struct packet_layers *layers)
{
	static const uint8_t network[] = { 0, 1, 9, 10, 19, 20, 21, 39, 40, 41 };
	static const uint8_t transport[] = { 0, 1, 2, 3, 4, 7, 8, 12, 13, 14, 16, 19, 20 };
	struct packet_random *random = layers->random;
	const struct packet_frame *frame = layers->frame;
	const struct ir_load *load;
	size_t offset;

	switch (packet_random_below(random, layers->goals->len ? 8 : 4)) {
	case 0:
		return frame->network + network[packet_random_below(random, sizeof(network))];
	case 1:
		return frame->transport +
		       transport[packet_random_below(random, sizeof(transport))];
	case 2:
		return ETH_HLEN + packet_random_below(random, frame->len - ETH_HLEN + 1);
	case 3:
		offset = frame->spots[packet_random_below(random, frame->spot_count)].offset;
		return offset + packet_random_below(random, 41);
	default:
		load = &layers->ir->loads.at[layers->goals->at[packet_random_below(
			random, layers->goals->len)].part.load];
		if (!find_spot(frame, load, &offset))
			return frame->transport;
		if (load->field->load != FIELD_LOAD_HEADER)
			return offset + packet_random_below(random, 9);
		return offset + field_need_bytes(load->field, load->depth) -
		       packet_random_below(random, 2);
	}
}

static void cut(struct packet_layers *layers, bool counted)
{
	struct packet_frame *frame = layers->frame;
	size_t place = cut_place(layers);

	if (place < ETH_HLEN)
		place = ETH_HLEN;
	if (place < frame->len)
		frame->len = place;
	if (counted)
		fit_lengths(layers);
}

/* The network header that a twist is done to. */
static uint8_t *twisted_network(struct packet_layers *layers, uint16_t *ret_type)
{
	struct packet_frame *frame = layers->frame;
	bool inside = layers->inner_twist != PACKET_TWIST_NONE && frame->inner_network;
	size_t offset = inside ? frame->inner_network : frame->network;

	*ret_type = inside ? frame->inner_type : layers->type[frame->tags];
	return frame->bytes + offset;
}

/* What the network header counts becomes wrong. */
static void twist_total(struct packet_layers *layers, bool longer)
{
	struct packet_frame *frame = layers->frame;
	uint16_t type;
	uint8_t *network = twisted_network(layers, &type);
	size_t present = frame->len - (size_t)(network - frame->bytes);
	size_t by = packet_random_one_in(layers->random, 2) ? 1 :
		    1 + packet_random_below(layers->random, 2000);

	if (type == ETH_P_IP) {
		size_t header = (network[0] & 0xfu) * 4;

		if (longer)
			packet_put_short(network + IP_TOTAL, present + by);
		else
			packet_put_short(network + IP_TOTAL, by < header ? header - by : 0);
	} else if (type == ETH_P_IPV6) {
		packet_put_short(network + IP6_PAYLOAD, longer ? present - 40 + by : 0);
	}
}

/* Where a header says how long it is; 0: it does not. */
static size_t length_byte(const struct packet_spot *spot, uint8_t l4proto)
{
	switch (spot->place.base) {
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
	case FIELD_BASE_TCP_OPTION:
		return spot->offset + 1;
	case FIELD_BASE_SCTP_CHUNK:
		return spot->offset + 3;
	case FIELD_BASE_TRANSPORT:
		return l4proto == IPPROTO_TCP ? spot->offset + 12 : 0;
	case FIELD_BASE_TUNNEL:
		return spot->offset;
	case FIELD_BASE_META:
	case FIELD_BASE_LINK:
	case FIELD_BASE_NETWORK:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_COUNT:
		break;
	}
	return 0;
}

/* Some header says that it is longer or shorter than it is. */
static void twist_length_byte(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;

	for (unsigned int i = 0; i < 16; i++) {
		const struct packet_spot *spot =
			&frame->spots[packet_random_below(layers->random, frame->spot_count)];
		size_t at = length_byte(spot, layers->l4proto);

		if (!at || at >= frame->len)
			continue;
		switch (packet_random_below(layers->random, 4)) {
		case 0:
			frame->bytes[at]++;
			break;
		case 1:
			frame->bytes[at]--;
			break;
		case 2:
			frame->bytes[at] = 0;
			break;
		default:
			frame->bytes[at] = (uint8_t)packet_random_next(layers->random);
			break;
		}
		return;
	}
}

static void twist(struct packet_layers *layers)
{
	enum packet_twist way = layers->twist != PACKET_TWIST_NONE ? layers->twist :
								      layers->inner_twist;
	struct packet_frame *frame = layers->frame;
	uint16_t type;
	uint8_t *network = twisted_network(layers, &type);

	switch (way) {
	case PACKET_TWIST_PADDING:
		grow(layers, frame->len + 1 + packet_random_below(layers->random, 40));
		break;
	case PACKET_TWIST_LONG_TOTAL:
	case PACKET_TWIST_SHORT_TOTAL:
		twist_total(layers, way == PACKET_TWIST_LONG_TOTAL);
		break;
	case PACKET_TWIST_VERSION:
		*network = (uint8_t)((*network & 0xf) |
				     (packet_random_one_in(layers->random, 2) ? *network ^ 0x20 :
				      packet_random_next(layers->random) << 4 & 0xf0));
		break;
	case PACKET_TWIST_SHORT_HEADER:
		*network = (uint8_t)((*network & 0xf0) | packet_random_below(layers->random, 5));
		break;
	case PACKET_TWIST_CUT:
	case PACKET_TWIST_CUT_COUNTED:
		cut(layers, way == PACKET_TWIST_CUT_COUNTED);
		break;
	case PACKET_TWIST_LENGTH_BYTE:
		twist_length_byte(layers);
		break;
	case PACKET_TWIST_NONE:
	case PACKET_TWIST_NO_TAG:
	case PACKET_TWIST_TAG:
	case PACKET_TWIST_TAG_AD:
	case PACKET_TWIST_TWO_TAGS:
	case PACKET_TWIST_OPTIONS:
	case PACKET_TWIST_FIRST_FRAGMENT:
	case PACKET_TWIST_LATER_FRAGMENT:
	case PACKET_TWIST_JUMBO:
	case PACKET_TWIST_COUNT:
		break;
	}
}

static bool goals_hold(const struct packet_layers *layers)
{
	struct interp_packet packet = {
		.frame = layers->frame->bytes, .len = layers->frame->len,
		.device = layers->device, .given = layers->frame->given,
	};
	struct interp_walk walk;

	if (!interp_walk_frame(&packet, &walk))
		return false;
	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		u128 value;

		if (goal->soft)
			continue;
		if (!interp_walk_load(&walk, &layers->ir->loads.at[goal->part.load], &value) ||
		    !packet_goal_holds(layers->ir, goal, value))
			return false;
	}
	return true;
}

/* How often it is tried: goals that exclude each other are no better met the next time. */
static unsigned int count_tries(const struct packet_goals *goals)
{
	for (size_t i = 0; i + 1 < goals->len; i++) {
		struct packet_choice choice;

		choice.len = 0;
		packet_goal_collect(goals, goals->at[i].slot, &choice);
		if (choice.len > 1 && packet_goal_conflict(&choice))
			return 1;
	}
	return TRIES;
}

bool packet_build(const struct xdpfw_device *device, const struct packet_goals *goals,
		  enum packet_twist way, struct packet_random *random, struct packet_frame *frame)
{
	unsigned int tries = count_tries(goals);
	bool met = false;

	for (unsigned int i = 0; i < tries && !met; i++) {
		/* In a tunnel half of the twists are done inside. */
		bool inside = packet_random_one_in(random, 2);
		struct packet_layers layers = {
			.ir = goals->ir,
			.device = device,
			.goals = goals,
			.twist = way,
			.random = random,
			.frame = frame,
		};

		packet_compose(&layers, inside);
		write_fields(&layers);
		fit_frame_length(&layers);
		fit_lengths(&layers);
		packet_given_choose(goals, random, &frame->given);
		met = goals_hold(&layers);
		if (met || i + 1 == tries)
			twist(&layers);
	}
	return met;
}
