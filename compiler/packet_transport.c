/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_transport: the transport header, its options or chunks, and a tunnel behind it.
 *
 * In: the goals of one layer, and which protocol it is.  Out: the header with at least the bytes
 * that its protocol has; what goals read beyond is added when fields are written.
 */
#include <netinet/in.h>

#include "compiler/packet_parts.h"

#define CHUNK_BYTES 4

uint8_t packet_transport_usual(struct packet_layers *layers)
{
	static const uint8_t protos[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP,
		IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_ESP, IPPROTO_AH, IPPROTO_SCTP, IPPROTO_GRE,
		IPPROTO_UDPLITE, IPPROTO_DCCP,
	};
	const struct packet_goals *goals = layers->goals;
	size_t count = sizeof(protos);

	if (layers->tunnel == PROTO_META && layers->tunnel_wanted != PROTO_META)
		return packet_tunnel_l4proto(layers->tunnel_wanted);
	for (size_t i = 0; i < goals->len; i++) {
		const struct field *field = layers->ir->loads.at[goals->at[i].part.load].field;
		const struct proto *proto = field_proto(field);

		if (!packet_compose_speaks(layers, &goals->at[i]))
			continue;
		if (proto->l4proto)
			return proto->l4proto;
		if (proto->transport)
			return field_protos[proto->transport].l4proto;
		if (field_base_of(field) == FIELD_BASE_PAYLOAD)
			count = 6;	/* those that have a payload */
	}
	if (count == sizeof(protos) && packet_random_one_in(layers->random, 16))
		return (uint8_t)packet_random_next(layers->random);
	return protos[packet_random_below(layers->random, count)];
}

static void put_tcp(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	size_t start = frame->len, room = SIZE_MAX;
	uint8_t *header = packet_compose_reserve(layers, 20);
	u128 words;
	bool chosen = packet_compose_pick(
		layers, packet_compose_slot(layers, FIELD_BASE_TRANSPORT, 0, 96, 4), 4, &words);

	if (chosen)
		room = words > 5 ? ((size_t)words - 5) * 4 : 0;
	packet_option_put(layers, FIELD_BASE_TCP_OPTION, room);
	header[12] = (uint8_t)((frame->len - start) / 4 << 4 | (header[12] & 0xf));
	if (chosen && words < 5)
		header[12] = (uint8_t)((u128)words << 4 | (header[12] & 0xf));
}

/* The length that goals give the chunk, or what they read of it. */
static size_t chunk_bytes(struct packet_layers *layers, const struct packet_need *need)
{
	size_t bytes = need->bytes > CHUNK_BYTES ? need->bytes : CHUNK_BYTES;
	u128 length;

	if (packet_compose_pick(layers,
				packet_compose_slot(layers, FIELD_BASE_SCTP_CHUNK, need->number,
						    16, 16), 16, &length) &&
	    length >= bytes && length < 2000)
		return (size_t)length;
	if (packet_random_one_in(layers->random, 2))
		bytes += packet_random_below(layers->random, 9);
	return bytes;
}

static void put_chunk(struct packet_layers *layers, uint8_t type, size_t bytes)
{
	size_t start = layers->frame->len;
	uint8_t *chunk = packet_compose_reserve(layers, (bytes + 3) & ~(size_t)3);

	chunk[0] = type;
	packet_put_short(chunk + 2, bytes);
	packet_compose_spot(layers, FIELD_BASE_SCTP_CHUNK, type, start);
}

/* A chunk that nobody asks for. */
static void put_chunk_decoy(struct packet_layers *layers, const struct packet_needs *needs)
{
	static const uint8_t types[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 128,
					 192, 193 };
	uint8_t type = types[packet_random_below(layers->random, sizeof(types))];

	for (size_t i = 0; i < needs->len; i++)
		if (needs->at[i].number == type)
			return;
	put_chunk(layers, type, CHUNK_BYTES + packet_random_below(layers->random, 20));
}

/* A chunk that must not be there, and is not: without a length the walk ends before it. */
static void put_chunk_without_length(struct packet_layers *layers,
				     const struct packet_needs *needs)
{
	for (size_t i = 0; i < needs->len; i++) {
		uint8_t *chunk;

		if (needs->at[i].wanted)
			continue;
		chunk = packet_compose_reserve(layers, CHUNK_BYTES);
		chunk[0] = needs->at[i].number;
		packet_put_short(chunk + 2, 0);
		return;
	}
}

static void put_sctp(struct packet_layers *layers)
{
	struct packet_needs needs;

	packet_compose_reserve(layers, 12);
	packet_need_collect(layers, FIELD_BASE_SCTP_CHUNK, &needs);
	for (size_t i = 0; i < needs.len; i++) {
		if (packet_random_one_in(layers->random, 3))
			put_chunk_decoy(layers, &needs);
		if (!needs.at[i].wanted)
			continue;
		put_chunk(layers, needs.at[i].number, chunk_bytes(layers, &needs.at[i]));
		/* Only the first of a type is read. */
		if (packet_random_one_in(layers->random, 8))
			put_chunk(layers, needs.at[i].number,
				  chunk_bytes(layers, &needs.at[i]));
	}
	if (!needs.len || packet_random_one_in(layers->random, 4))
		put_chunk_decoy(layers, &needs);
	if (packet_random_one_in(layers->random, 4))
		put_chunk_without_length(layers, &needs);
}

/* C, K and S each add 4 bytes (RFC 2784, 2890). */
static void put_gre(struct packet_layers *layers)
{
	uint8_t *header = packet_compose_reserve(layers, 4);
	u128 flags, version = 0;

	if (!packet_compose_pick(layers,
				 packet_compose_slot(layers, FIELD_BASE_TRANSPORT, 0, 0, 5), 5,
				 &flags)) {
		flags = 0;
		if (packet_random_one_in(layers->random, 2))
			flags = packet_random_next(layers->random) & 0x16;
	}
	if (!packet_compose_pick(layers,
				 packet_compose_slot(layers, FIELD_BASE_TRANSPORT, 0, 13, 3), 3,
				 &version) &&
	    packet_random_one_in(layers->random, 16))
		version = packet_random_below(layers->random, 8);
	header[0] = (uint8_t)(flags << 3);
	header[1] = (uint8_t)version;
	for (unsigned int bit = 0x10; bit; bit = bit == 0x10 ? 0x04 : bit == 0x04 ? 0x02 : 0)
		if (flags & bit)
			packet_compose_reserve(layers, 4);
}

static void put_plain(struct packet_layers *layers)
{
	static const uint8_t bytes[256] = {
		[IPPROTO_ICMP] = 8, [IPPROTO_IGMP] = 8, [IPPROTO_UDP] = 8, [IPPROTO_DCCP] = 16,
		[IPPROTO_ESP] = 8, [IPPROTO_AH] = 12, [IPPROTO_ICMPV6] = 8, [IPPROTO_COMP] = 4,
		[IPPROTO_UDPLITE] = 8,
	};
	size_t count = bytes[layers->l4proto];
	uint8_t *header;

	if (!count)
		count = 8 + packet_random_below(layers->random, 16);
	header = packet_compose_reserve(layers, count);
	if (layers->l4proto == IPPROTO_ICMP && packet_random_one_in(layers->random, 2))
		header[0] = packet_random_one_in(layers->random, 2) ? 8 : 0;
	if (layers->l4proto == IPPROTO_UDP)
		packet_put_short(header + 4, 8 + packet_random_below(layers->random, 64));
}

void packet_transport_put(struct packet_layers *layers)
{
	struct packet_frame *frame = layers->frame;
	size_t start = frame->len;

	if (layers->tunnel == PROTO_META)
		frame->transport = start;
	packet_compose_spot(layers, FIELD_BASE_TRANSPORT, 0, frame->len);
	switch (layers->l4proto) {
	case IPPROTO_TCP:
		put_tcp(layers);
		break;
	case IPPROTO_SCTP:
		put_sctp(layers);
		break;
	case IPPROTO_GRE:
		put_gre(layers);
		break;
	default:
		put_plain(layers);
		break;
	}
	packet_compose_spot(layers, FIELD_BASE_PAYLOAD, 0,
			    layers->l4proto == IPPROTO_SCTP ? start + 12 : frame->len);
	if (layers->tunnel == PROTO_META && layers->tunnel_wanted != PROTO_META &&
	    layers->l4proto == packet_tunnel_l4proto(layers->tunnel_wanted))
		packet_tunnel_put(layers);
}
