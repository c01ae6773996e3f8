/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_build: one frame for a list of goals.
 *
 * In: goals and a twist.  Out: a composed frame, every other field that a goal names written into
 * it, then lengths, then the twist.  The judge's own reading of the frame says at the end whether
 * the goals hold: nothing here is trusted.
 */
#include <linux/if_ether.h>

#include "compiler/interp_walk.h"
#include "compiler/packet_parts.h"

#define TRIES 6

#define IP_TOTAL 2			/* offsets of the lengths that network headers hold */
#define IP6_PAYLOAD 4

static uint16_t inner_type(const struct packet_layers *layers)
{
	return layers->type[layers->frame->tags];
}

/* Where the judge reads network headers: behind at most one tag. */
static size_t judged_network(const struct packet_frame *frame)
{
	return ETH_HLEN + (frame->tags ? 4u : 0u);
}

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

/* Already decided by the layers; writing it again would take them apart. */
static bool is_composed(const struct packet_layers *layers, const struct ir_load *load)
{
	const struct field *field = load->field;
	unsigned int tags = layers->frame->tags;

	if (field->proto == PROTO_ETHER && !strcmp(field->name, "type"))
		return true;
	if (field->proto == PROTO_VLAN && !strcmp(field->name, "type"))
		return load->depth + 1u <= tags;
	if (field->proto == PROTO_IP && inner_type(layers) == ETH_P_IP && tags < 2)
		return !strcmp(field->name, "hdrlength") || !strcmp(field->name, "protocol");
	if (field->proto == PROTO_IP6 && inner_type(layers) == ETH_P_IPV6 && tags < 2)
		return !strcmp(field->name, "nexthdr");
	return false;
}

static size_t base_offset(const struct packet_frame *frame, enum field_base base)
{
	switch (base) {
	case FIELD_BASE_META:
	case FIELD_BASE_LINK:
		return 0;
	case FIELD_BASE_NETWORK:
		return judged_network(frame);
	case FIELD_BASE_TRANSPORT:
		return frame->transport;
	}
	return 0;
}

static bool seen_before(const struct packet_layers *layers, size_t goal, uint32_t slot)
{
	for (size_t i = 0; i < goal; i++)
		if (packet_goal_slot(&layers->ir->loads.at[layers->goals->at[i].load]) == slot)
			return true;
	return false;
}

static void write_fields(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;

	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct ir_load *load = &layers->ir->loads.at[layers->goals->at[i].load];
		uint32_t slot = packet_goal_slot(load);
		size_t offset = base_offset(frame, field_proto(load->field)->base);
		size_t end = offset + field_need_bytes(load->field, load->depth);
		u128 value;

		if (load->field->load != FIELD_LOAD_HEADER || is_composed(layers, load) ||
		    seen_before(layers, i, slot) || end > PACKET_MAX_BYTES)
			continue;
		grow(layers, end);
		packet_compose_pick(layers, slot, load->field->bit_len, &value);
		write_bits(frame->bytes + offset, field_base_bit(load->field, load->depth),
			   load->field->bit_len, value);
	}
}

static bool has_goal(const struct packet_layers *layers, enum proto_id proto, const char *name)
{
	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct field *field =
			layers->ir->loads.at[layers->goals->at[i].load].field;

		if (field->proto == proto && !strcmp(field->name, name))
			return true;
	}
	return false;
}

static uint16_t short_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_short(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The network header counts the bytes that are there; a goal's count gets its bytes. */
static void fit_lengths(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	uint8_t *network = frame->bytes + frame->network;
	size_t header = inner_type(layers) == ETH_P_IPV6 ? 40 : 0;
	uint8_t *count = network + (header ? IP6_PAYLOAD : IP_TOTAL);
	bool chosen = header ? has_goal(layers, PROTO_IP6, "length") :
			       has_goal(layers, PROTO_IP, "length");

	if (inner_type(layers) != ETH_P_IP && inner_type(layers) != ETH_P_IPV6)
		return;
	if (frame->len < frame->network + (header ? 40 : 20))
		return;
	if (chosen)
		grow(layers, frame->network + header + short_at(count));
	else
		put_short(count, frame->len - frame->network - header);
}

static void fit_frame_length(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	u128 wanted;
	size_t len;

	if (!packet_compose_pick(layers, 0x80000000u | FIELD_LOAD_LENGTH, 32, &wanted))
		return;
	if (wanted > PACKET_MAX_BYTES)
		return;
	len = judged_network(frame) + (size_t)wanted;
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

	switch (packet_random_below(random, layers->goals->len ? 6 : 3)) {
	case 0:
		return frame->network + network[packet_random_below(random, sizeof(network))];
	case 1:
		return frame->transport +
		       transport[packet_random_below(random, sizeof(transport))];
	case 2:
		return ETH_HLEN + packet_random_below(random, frame->len - ETH_HLEN + 1);
	default:
		load = &layers->ir->loads.at[layers->goals->at[packet_random_below(
			random, layers->goals->len)].load];
		if (load->field->load != FIELD_LOAD_HEADER)
			return frame->transport;
		return base_offset(frame, field_proto(load->field)->base) +
		       field_need_bytes(load->field, load->depth) -
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

/* What the network header counts becomes wrong. */
static void twist_total(struct packet_layers *layers, bool longer)
{
	struct packet_frame *frame = layers->frame;
	uint8_t *network = frame->bytes + frame->network;
	size_t present = frame->len - frame->network;
	size_t by = packet_random_one_in(layers->random, 2) ? 1 :
		    1 + packet_random_below(layers->random, 2000);

	if (inner_type(layers) == ETH_P_IP) {
		size_t header = (network[0] & 0xfu) * 4;

		if (longer)
			put_short(network + IP_TOTAL, present + by);
		else
			put_short(network + IP_TOTAL, by < header ? header - by : 0);
	} else if (inner_type(layers) == ETH_P_IPV6) {
		put_short(network + IP6_PAYLOAD, longer ? present - 40 + by : 0);
	}
}

static void twist(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	uint8_t *network = frame->bytes + frame->network;

	switch (layers->twist) {
	case PACKET_TWIST_PADDING:
		grow(layers, frame->len + 1 + packet_random_below(layers->random, 40));
		break;
	case PACKET_TWIST_LONG_TOTAL:
	case PACKET_TWIST_SHORT_TOTAL:
		twist_total(layers, layers->twist == PACKET_TWIST_LONG_TOTAL);
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
		cut(layers, layers->twist == PACKET_TWIST_CUT_COUNTED);
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
	struct interp_packet packet = { layers->frame->bytes, layers->frame->len,
					layers->device };
	struct interp_walk walk;

	if (!interp_walk_frame(&packet, &walk))
		return false;
	for (size_t i = 0; i < layers->goals->len; i++) {
		const struct packet_goal *goal = &layers->goals->at[i];
		u128 value;

		if (goal->soft)
			continue;
		if (!interp_walk_load(&walk, &layers->ir->loads.at[goal->load], &value) ||
		    !packet_goal_holds(goal, value))
			return false;
	}
	return true;
}

static size_t needed_transport(const struct ir *ir, const struct packet_goals *goals)
{
	size_t need = 0;

	for (size_t i = 0; i < goals->len; i++) {
		const struct ir_load *load = &ir->loads.at[goals->at[i].load];
		size_t bytes = field_need_bytes(load->field, load->depth);

		if (field_proto(load->field)->base == FIELD_BASE_TRANSPORT && bytes > need)
			need = bytes;
	}
	return need;
}

bool packet_build(const struct ir *ir, const struct xdpfw_device *device,
		  const struct packet_goals *goals, enum packet_twist way,
		  struct packet_random *random, struct packet_frame *frame)
{
	bool met = false;

	for (unsigned int i = 0; i < TRIES && !met; i++) {
		struct packet_layers layers = {
			.ir = ir,
			.device = device,
			.goals = goals,
			.twist = way,
			.random = random,
			.frame = frame,
			.need_transport = needed_transport(ir, goals),
		};

		packet_compose(&layers);
		write_fields(&layers);
		fit_frame_length(&layers);
		fit_lengths(&layers);
		met = goals_hold(&layers);
		if (met || i + 1 == TRIES)
			twist(&layers);
	}
	return met;
}
