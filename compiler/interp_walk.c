/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_walk: the judge's own reading of a frame, as SEMANTICS 1 to 4 say.
 *
 * In: a whole frame.  Out: where its headers begin, and the value of any load.  It knows nothing
 * of linear parts and has no bound on the number of extension headers but the frame's end: each
 * step of the walk moves at least 8 bytes on.  Every byte is read through have(), which checks it
 * against the frame's length.
 */
#include "compiler/interp_walk.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

#define TAG_BYTES 4
#define IPV4_BYTES 20
#define IPV6_BYTES 40

/* Next header values <netinet/in.h> has no name for. */
#define NEXT_HEADER_HOP_BY_HOP 0

/* What the kernel's walk reads of a header before it goes on (net/ipv6/exthdrs_core.c). */
static size_t looked_at(uint8_t next)
{
	return next == IPPROTO_FRAGMENT || next == IPPROTO_ROUTING ? 4 : 2;
}

static bool have(const struct interp_packet *packet, size_t offset, size_t bytes)
{
	return offset <= packet->len && packet->len - offset >= bytes;
}

static uint8_t byte_at(const struct interp_packet *packet, size_t offset)
{
	return packet->frame[offset];
}

static uint16_t short_at(const struct interp_packet *packet, size_t offset)
{
	return (uint16_t)(packet->frame[offset] << 8 | packet->frame[offset + 1]);
}

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* A length instead of a type: IEEE 802.2 LLC, or raw 802.3 when ff ff follows. */
static uint16_t protocol_of(const struct interp_packet *packet, uint16_t type, size_t behind)
{
	if (type >= ETH_P_802_3_MIN)
		return type;
	if (have(packet, behind, 2) && short_at(packet, behind) == 0xffff)
		return ETH_P_802_3;
	return ETH_P_802_2;
}

static void walk_ipv4(struct interp_walk *walk)
{
	const struct interp_packet *packet = walk->packet;
	size_t header = walk->network, header_bytes, total_bytes;

	if (!have(packet, header, IPV4_BYTES) || byte_at(packet, header) >> 4 != 4)
		return;
	header_bytes = (byte_at(packet, header) & 0xfu) * 4;
	total_bytes = short_at(packet, header + 2);
	if (header_bytes < IPV4_BYTES || total_bytes < header_bytes ||
	    total_bytes > packet->len - header)
		return;
	walk->has_l4 = true;
	walk->l4proto = byte_at(packet, header + 9);
	walk->later_fragment = (short_at(packet, header + 6) & 0x1fff) != 0;
	walk->transport = header + header_bytes;
}

static bool is_skipped(uint8_t next)
{
	return next == NEXT_HEADER_HOP_BY_HOP || next == IPPROTO_ROUTING ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_DSTOPTS;
}

/* A fragment that is not the first: only what its header says comes next is known. */
static void walk_later_fragment(struct interp_walk *walk, uint8_t next)
{
	if (is_skipped(next) || next == IPPROTO_AH)
		return;
	walk->has_l4 = true;
	walk->l4proto = next;
	walk->later_fragment = true;
}

static void walk_extension_headers(struct interp_walk *walk, size_t at, uint8_t next)
{
	const struct interp_packet *packet = walk->packet;

	while (is_skipped(next)) {
		uint8_t after;

		if (!have(packet, at, looked_at(next)))
			return;
		after = byte_at(packet, at);
		if (next != IPPROTO_FRAGMENT) {
			at += (byte_at(packet, at + 1) + 1u) * 8;
		} else if (short_at(packet, at + 2) & 0xfff8) {
			walk_later_fragment(walk, after);
			return;
		} else {
			at += 8;
		}
		next = after;
	}
	/* The kernel's walk looks at an authentication header before it stops there. */
	if (next == IPPROTO_AH && !have(packet, at, looked_at(next)))
		return;
	walk->has_l4 = true;
	walk->l4proto = next;
	walk->transport = at;
}

static void walk_ipv6(struct interp_walk *walk)
{
	const struct interp_packet *packet = walk->packet;
	size_t header = walk->network;

	if (!have(packet, header, IPV6_BYTES) || byte_at(packet, header) >> 4 != 6)
		return;
	if (short_at(packet, header + 4) + (size_t)IPV6_BYTES > packet->len - header)
		return;
	walk_extension_headers(walk, header + IPV6_BYTES, byte_at(packet, header + 6));
}

bool interp_walk_frame(const struct interp_packet *packet, struct interp_walk *ret_walk)
{
	struct interp_walk walk = { .packet = packet, .network = ETH_HLEN };
	uint16_t type = short_at(packet, ETH_HLEN - 2);
	bool cut_tag = false;

	if (is_tag(type)) {
		cut_tag = !have(packet, ETH_HLEN, TAG_BYTES + 2);
		walk.network += TAG_BYTES;
		type = cut_tag ? 0 : short_at(packet, walk.network - 2);
	}
	walk.protocol = protocol_of(packet, type, walk.network);
	walk.length = cut_tag ? 0 : (uint32_t)(packet->len - walk.network);
	if (walk.protocol == ETH_P_IP)
		walk_ipv4(&walk);
	else if (walk.protocol == ETH_P_IPV6)
		walk_ipv6(&walk);
	*ret_walk = walk;
	return !cut_tag;
}

/* BITS (1 to 128) bits from bit BIT behind OFFSET, big endian. */
static u128 read_bits(const struct interp_packet *packet, size_t offset, unsigned int bit,
		      unsigned int bits)
{
	u128 value = 0;

	if (bit % 8 == 0 && bits % 8 == 0)
		return u128_from_bytes(packet->frame + offset + bit / 8, bits / 8);
	for (unsigned int i = bit; i < bit + bits; i++)
		value = value << 1 | (byte_at(packet, offset + i / 8) >> (7 - i % 8) & 1);
	return value;
}

static bool load_header(const struct interp_walk *walk, const struct ir_load *load,
			u128 *ret_value)
{
	size_t offset = 0;

	switch (field_proto(load->field)->base) {
	case FIELD_BASE_META:
		return false;
	case FIELD_BASE_LINK:
		break;
	case FIELD_BASE_NETWORK:
		offset = walk->network;
		break;
	case FIELD_BASE_TRANSPORT:
		if (!walk->has_l4 || walk->later_fragment)
			return false;
		offset = walk->transport;
		break;
	}
	if (!have(walk->packet, offset, field_need_bytes(load->field, load->depth)))
		return false;
	if (load->field->of_hook && !load->depth && walk->network > ETH_HLEN)
		*ret_value = walk->protocol;
	else
		*ret_value = read_bits(walk->packet, offset,
				       field_base_bit(load->field, load->depth),
				       load->field->bit_len);
	return true;
}

static uint32_t packet_type(const struct interp_packet *packet)
{
	static const uint8_t broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!memcmp(packet->frame, packet->device->mac, ETH_ALEN))
		return PACKET_HOST;
	if (!memcmp(packet->frame, broadcast, ETH_ALEN))
		return PACKET_BROADCAST;
	return byte_at(packet, 0) & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

bool interp_walk_load(const struct interp_walk *walk, const struct ir_load *load, u128 *ret_value)
{
	switch (load->field->load) {
	case FIELD_LOAD_HEADER:
		return load_header(walk, load, ret_value);
	case FIELD_LOAD_PROTOCOL:
		*ret_value = walk->protocol;
		return true;
	case FIELD_LOAD_L4PROTO:
		if (walk->has_l4)
			*ret_value = walk->l4proto;
		return walk->has_l4;
	case FIELD_LOAD_LENGTH:
		*ret_value = walk->length;
		return true;
	case FIELD_LOAD_IFNAME:
		*ret_value = u128_from_bytes(walk->packet->device->name, XDPFW_NAME_BYTES);
		return true;
	case FIELD_LOAD_PKTTYPE:
		*ret_value = packet_type(walk->packet);
		return true;
	case FIELD_LOAD_MARK:
		*ret_value = 0;
		return true;
	}
	return false;
}
