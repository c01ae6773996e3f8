/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_walk: the judge's own reading of a frame, as SEMANTICS 1 to 4 say.
 *
 * In: a whole frame.  Out: where its headers begin, and the value of any load.  It knows nothing
 * of linear parts and has no bound on the number of extension headers but the frame's end: each
 * step of the walk moves at least 8 bytes on.  Every byte is read behind interp_has(), or below the
 * end of a place, which is none behind the frame's.
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

/* <linux/netfilter.h>, which does not go with <netinet/in.h> */
#define NFPROTO_IPV4 2
#define NFPROTO_NETDEV 5
#define NFPROTO_IPV6 10

#define NS_PER_SECOND 1000000000u
#define SECONDS_PER_DAY 86400

/* What the kernel's walk reads of a header before it goes on (net/ipv6/exthdrs_core.c). */
static size_t looked_at(uint8_t next)
{
	return next == IPPROTO_FRAGMENT || next == IPPROTO_ROUTING ? 4 : 2;
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
	if (interp_has(packet, behind, 2) && interp_short(packet, behind) == 0xffff)
		return ETH_P_802_3;
	return ETH_P_802_2;
}

static void walk_ipv4(struct interp_walk *walk)
{
	const struct interp_packet *packet = walk->packet;
	size_t header = walk->network, header_bytes, total_bytes;

	if (!interp_has(packet, header, IPV4_BYTES) || interp_byte(packet, header) >> 4 != 4)
		return;
	header_bytes = (interp_byte(packet, header) & 0xfu) * 4;
	total_bytes = interp_short(packet, header + 2);
	if (header_bytes < IPV4_BYTES || total_bytes < header_bytes ||
	    total_bytes > packet->len - header)
		return;
	walk->has_l4 = true;
	walk->l4proto = interp_byte(packet, header + 9);
	walk->later_fragment = (interp_short(packet, header + 6) & 0x1fff) != 0;
	walk->transport = header + header_bytes;
}

static bool is_skipped(uint8_t next)
{
	return next == NEXT_HEADER_HOP_BY_HOP || next == IPPROTO_ROUTING ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_DSTOPTS;
}

bool interp_walk_chain(const struct interp_packet *packet, size_t header,
		       struct interp_chain *ret_chain)
{
	size_t at = header + IPV6_BYTES;
	uint8_t next = interp_byte(packet, header + 6);

	while (is_skipped(next)) {
		uint8_t after;

		if (!interp_has(packet, at, looked_at(next)))
			return false;
		after = interp_byte(packet, at);
		if (next != IPPROTO_FRAGMENT) {
			at += (interp_byte(packet, at + 1) + 1u) * 8;
		} else if (interp_short(packet, at + 2) & 0xfff8) {
			/* Not the first one: only what its header says comes next is known. */
			*ret_chain = (struct interp_chain){ after, true, 0 };
			return !is_skipped(after) && after != IPPROTO_AH;
		} else {
			at += 8;
		}
		next = after;
	}
	/* The kernel's walk looks at an authentication header before it stops there. */
	if (next == IPPROTO_AH && !interp_has(packet, at, looked_at(next)))
		return false;
	*ret_chain = (struct interp_chain){ next, false, at };
	return true;
}

static void walk_ipv6(struct interp_walk *walk)
{
	const struct interp_packet *packet = walk->packet;
	size_t header = walk->network;
	struct interp_chain chain;

	if (!interp_has(packet, header, IPV6_BYTES) || interp_byte(packet, header) >> 4 != 6)
		return;
	if (interp_short(packet, header + 4) + (size_t)IPV6_BYTES > packet->len - header)
		return;
	if (!interp_walk_chain(packet, header, &chain))
		return;
	walk->has_l4 = true;
	walk->l4proto = chain.l4proto;
	walk->later_fragment = chain.later_fragment;
	walk->transport = chain.transport;
}

bool interp_walk_frame(const struct interp_packet *packet, struct interp_walk *ret_walk)
{
	struct interp_walk walk = { .packet = packet, .network = ETH_HLEN };
	uint16_t type = interp_short(packet, ETH_HLEN - 2);
	bool cut_tag = false;

	if (is_tag(type)) {
		cut_tag = !interp_has(packet, ETH_HLEN, TAG_BYTES + 2);
		walk.network += TAG_BYTES;
		type = cut_tag ? 0 : interp_short(packet, walk.network - 2);
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

/*
 * One byte of the frame's own link header.  The stack took the outer tag off and puts it back for
 * the rule, with the protocol it understood as the type behind the tag.
 */
static uint8_t link_byte(const struct interp_walk *walk, size_t offset)
{
	if (walk->network > ETH_HLEN && offset == walk->network - 2)
		return (uint8_t)(walk->protocol >> 8);
	if (walk->network > ETH_HLEN && offset == walk->network - 1)
		return (uint8_t)walk->protocol;
	return interp_byte(walk->packet, offset);
}

static bool load_header(const struct interp_walk *walk, const struct ir_load *load,
			u128 *ret_value)
{
	const struct field *field = load->field;
	unsigned int first = field_base_bit(field, load->depth);
	struct ir_place place = ir_load_place(load);
	bool is_link = place.base == FIELD_BASE_LINK && place.tunnel == PROTO_META;
	struct interp_place found;
	u128 value = 0;

	if (!interp_place_find(walk, &place, &found) || found.start > found.end ||
	    found.end - found.start < field_need_bytes(field, load->depth))
		return false;
	for (unsigned int bit = first; bit < first + field->bit_len; bit++) {
		size_t at = found.start + bit / 8;
		uint8_t byte = is_link ? link_byte(walk, at) : interp_byte(walk->packet, at);

		value = value << 1 | (byte >> (7 - bit % 8) & 1);
	}
	*ret_value = value;
	return true;
}

/*
 * Whether there is an extension header or an IP option can be asked of packets of that protocol
 * only: behind two tags `meta protocol` is another, whatever the rule has asked of the tags.
 */
static bool load_presence(const struct interp_walk *walk, const struct ir_load *load,
			  u128 *ret_value)
{
	enum proto_id network = field_proto(load->field)->network;
	struct ir_place place = ir_load_place(load);
	struct interp_place found;

	if (network != PROTO_META && walk->protocol != field_protos[network].ether_type)
		return false;
	*ret_value = interp_place_find(walk, &place, &found);
	return true;
}

static uint32_t packet_type(const struct interp_packet *packet)
{
	static const uint8_t broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!memcmp(packet->frame, packet->device->mac, ETH_ALEN))
		return PACKET_HOST;
	if (!memcmp(packet->frame, broadcast, ETH_ALEN))
		return PACKET_BROADCAST;
	return interp_byte(packet, 0) & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

static uint32_t nf_proto(const struct interp_walk *walk)
{
	if (walk->protocol == ETH_P_IP)
		return NFPROTO_IPV4;
	return walk->protocol == ETH_P_IPV6 ? NFPROTO_IPV6 : NFPROTO_NETDEV;
}

/* 0 is Sunday; 1970-01-01 was a Thursday. */
static uint32_t day_of_week(const struct interp_packet *packet)
{
	int64_t seconds = (int64_t)(packet->given.now / NS_PER_SECOND) -
			  60 * (int64_t)packet->minutes_west;
	int64_t days = seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0);

	return (uint32_t)(((4 + days) % 7 + 7) % 7);
}

/* Inside of a tunnel the kernel knows only these two. */
static bool load_tunnel_meta(const struct interp_walk *walk, const struct ir_load *load,
			     u128 *ret_value)
{
	struct interp_tunnel tunnel;

	if (!interp_tunnel_open(walk, load->tunnel, &tunnel))
		return false;
	if (load->field->load == FIELD_LOAD_PROTOCOL) {
		*ret_value = tunnel.protocol;
		return true;
	}
	*ret_value = tunnel.l4proto;
	return load->field->load == FIELD_LOAD_L4PROTO && tunnel.has_transport;
}

static bool load_meta(const struct interp_walk *walk, const struct ir_load *load, u128 *ret_value)
{
	const struct interp_packet *packet = walk->packet;

	switch (load->field->load) {
	case FIELD_LOAD_HEADER:
	case FIELD_LOAD_PRESENCE:
	case FIELD_LOAD_NEVER:
		return false;
	case FIELD_LOAD_PROTOCOL:
		*ret_value = walk->protocol;
		break;
	case FIELD_LOAD_L4PROTO:
		*ret_value = walk->l4proto;
		return walk->has_l4;
	case FIELD_LOAD_NFPROTO:
		*ret_value = nf_proto(walk);
		break;
	case FIELD_LOAD_LENGTH:
		*ret_value = walk->length;
		break;
	case FIELD_LOAD_IFNAME:
		*ret_value = u128_from_bytes(packet->device->name, XDPFW_NAME_BYTES);
		break;
	case FIELD_LOAD_IFTYPE:
		*ret_value = packet->device->type;
		break;
	case FIELD_LOAD_IFGROUP:
		*ret_value = packet->device->group;
		break;
	case FIELD_LOAD_PKTTYPE:
		*ret_value = packet_type(packet);
		break;
	case FIELD_LOAD_CPU:
		*ret_value = packet->given.cpu;
		break;
	case FIELD_LOAD_RANDOM:
		*ret_value = packet->given.random;
		break;
	case FIELD_LOAD_TIME:
		*ret_value = packet->given.now;
		break;
	case FIELD_LOAD_DAY:
		*ret_value = day_of_week(packet);
		break;
	case FIELD_LOAD_HOUR:
		*ret_value = packet->given.now / NS_PER_SECOND % SECONDS_PER_DAY;
		break;
	case FIELD_LOAD_ZERO:
		*ret_value = 0;
		break;
	}
	return true;
}

bool interp_walk_load(const struct interp_walk *walk, const struct ir_load *load, u128 *ret_value)
{
	if (load->field->load == FIELD_LOAD_HEADER)
		return load_header(walk, load, ret_value);
	if (load->field->load == FIELD_LOAD_PRESENCE)
		return load_presence(walk, load, ret_value);
	if (load->tunnel != PROTO_META)
		return load_tunnel_meta(walk, load, ret_value);
	return load_meta(walk, load, ret_value);
}
