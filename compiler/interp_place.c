/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_place: the judge's search for what not every packet has: IPv6 extension headers, IPv4 and
 * TCP options, SCTP chunks, and the headers inside of a tunnel.
 *
 * In: a walked frame and a place.  Out: where it is, or that it is not there.  All of it is what
 * the kernel does, down to what looks odd (net/netfilter/nft_exthdr.c, net/ipv6/exthdrs_core.c,
 * net/ipv4/ip_options.c).  Every search moves on in each step, and reads behind interp_has().
 */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#include "compiler/interp_walk.h"

#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define SCTP_BYTES 12
#define CHUNK_BYTES 4
#define NEXT_HEADER_HOP_BY_HOP 0
#define OPTION_ROUTER_ALERT 148		/* RFC 2113 */
#define OPTION_CIPSO 134

/* --- IPv6 extension headers ----------------------------------------------------------------- */

static bool is_extension(uint8_t next)
{
	return next == NEXT_HEADER_HOP_BY_HOP || next == IPPROTO_ROUTING ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH || next == IPPROTO_NONE ||
	       next == IPPROTO_DSTOPTS;
}

static size_t extension_bytes(uint8_t next, uint8_t length)
{
	if (next == IPPROTO_FRAGMENT)
		return 8;
	return next == IPPROTO_AH ? (length + 2u) * 4 : (length + 1u) * 8;
}

/* Other than the walk to the transport header, this one goes on behind an AH. */
static bool find_extension(const struct interp_walk *walk, uint8_t wanted, size_t *ret_offset)
{
	const struct interp_packet *packet = walk->packet;
	size_t at = walk->network + IPV6_BYTES;
	uint8_t next;

	if (walk->protocol != ETH_P_IPV6 || !interp_has(packet, walk->network, IPV6_BYTES))
		return false;
	next = interp_byte(packet, walk->network + 6);
	for (;;) {
		bool found = next == wanted;
		size_t need = next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ? 4 : 2;

		*ret_offset = at;
		if (!is_extension(next) || next == IPPROTO_NONE)
			return found;
		if (!interp_has(packet, at, need))
			return false;
		if (found)
			return true;
		if (next == IPPROTO_FRAGMENT && interp_short(packet, at + 2) & 0xfff8)
			return false;
		need = extension_bytes(next, interp_byte(packet, at + 1));
		next = interp_byte(packet, at);
		at += need;
	}
}

/* --- IPv4 options --------------------------------------------------------------------------- */

/* The options of a header that the kernel finds no fault with, and where those are. */
struct options {
	const uint8_t *at;		/* the one in hand */
	size_t offset;			/* of it, from the first one */
	size_t length;
	bool has_route, has_strict, has_record, has_time, has_alert;
	size_t route, record, alert;
};

static bool take_source_route(struct options *options)
{
	if (options->length < 7 || options->at[2] != 4 || (options->length - 3) % 4 ||
	    options->has_route)
		return false;
	options->has_route = true;
	options->has_strict = options->at[0] == IPOPT_SSRR;
	options->route = options->offset;
	return true;
}

static bool take_record(struct options *options)
{
	if (options->has_record || options->length < 3 || options->at[2] < 4)
		return false;
	if (options->at[2] <= options->length && options->at[2] + 3u > options->length)
		return false;
	options->has_record = true;
	options->record = options->offset;
	return true;
}

static bool take_time(struct options *options)
{
	unsigned int pointer, flag, room = 3;

	if (options->has_time || options->length < 4 || options->at[2] < 5)
		return false;
	options->has_time = true;
	pointer = options->at[2];
	flag = options->at[3] & 0xf;
	if (pointer > options->length)
		return flag == IPOPT_TS_PRESPEC || options->at[3] >> 4 != 15;
	if (flag == IPOPT_TS_TSANDADDR || flag == IPOPT_TS_PRESPEC)
		room = 7;
	return pointer + room <= options->length;
}

static bool take_alert(struct options *options)
{
	if (options->length < 4)
		return false;
	if (!options->at[2] && !options->at[3]) {
		options->has_alert = true;
		options->alert = options->offset;
	}
	return true;
}

static bool take_option(struct options *options)
{
	switch (options->at[0]) {
	case IPOPT_SSRR:
	case IPOPT_LSRR:
		return take_source_route(options);
	case IPOPT_RR:
		return take_record(options);
	case IPOPT_TS:
		return take_time(options);
	case OPTION_ROUTER_ALERT:
		return take_alert(options);
	case OPTION_CIPSO:
		return false;		/* the host would have to know its DOI */
	default:
		return true;
	}
}

static bool take_options(struct options *options, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += options->length) {
		options->length = 1;
		if (bytes[i] == IPOPT_EOL)
			return true;
		if (bytes[i] == IPOPT_NOP)
			continue;
		if (len - i < 2 || bytes[i + 1] < 2 || bytes[i + 1] > len - i)
			return false;
		options->at = bytes + i;
		options->offset = i;
		options->length = bytes[i + 1];
		if (!take_option(options))
			return false;
	}
	return true;
}

static bool find_ip_option(const struct interp_walk *walk, uint8_t wanted, size_t *ret_offset)
{
	const struct interp_packet *packet = walk->packet;
	size_t first = walk->network + IPV4_BYTES, bytes;
	struct options options = { 0 };

	if (walk->protocol != ETH_P_IP || !interp_has(packet, walk->network, IPV4_BYTES))
		return false;
	bytes = (interp_byte(packet, walk->network) & 0xfu) * 4;
	if (bytes <= IPV4_BYTES || !interp_has(packet, walk->network, bytes) ||
	    !take_options(&options, packet->frame + first, bytes - IPV4_BYTES))
		return false;
	if (wanted == IPOPT_SSRR || wanted == IPOPT_LSRR) {
		*ret_offset = first + options.route;
		return options.has_route && options.has_strict == (wanted == IPOPT_SSRR);
	}
	*ret_offset = first + (wanted == IPOPT_RR ? options.record : options.alert);
	return wanted == IPOPT_RR ? options.has_record :
				    wanted == OPTION_ROUTER_ALERT && options.has_alert;
}

/* --- behind the transport header ------------------------------------------------------------ */

static bool has_transport(const struct interp_walk *walk, uint8_t l4proto)
{
	return walk->has_l4 && !walk->later_fragment && walk->l4proto == l4proto;
}

/* The first of its kind counts; a one byte option may be any byte but the header's last. */
static bool find_tcp_option(const struct interp_walk *walk, uint8_t wanted,
			    struct interp_place *ret_place)
{
	const struct interp_packet *packet = walk->packet;
	const size_t header = walk->transport;
	size_t bytes, length;

	if (!has_transport(walk, IPPROTO_TCP) || !interp_has(packet, header, TCP_BYTES))
		return false;
	bytes = (size_t)(interp_byte(packet, header + 12) >> 4) * 4;
	if (bytes < TCP_BYTES || !interp_has(packet, header, bytes))
		return false;
	for (size_t i = TCP_BYTES; i + 1 < bytes; i += length) {
		uint8_t kind = interp_byte(packet, header + i);

		length = kind > 1 ? interp_byte(packet, header + i + 1) : 1;
		length = length ? length : 1;
		if (kind != wanted)
			continue;
		*ret_place = (struct interp_place){ header + i, header + i + length };
		return i + length <= bytes;
	}
	return false;
}

/* A chunk that ends behind the frame is there, but nothing of it can be read. */
static bool find_sctp_chunk(const struct interp_walk *walk, uint8_t wanted,
			    struct interp_place *ret_place)
{
	const struct interp_packet *packet = walk->packet;
	size_t at = walk->transport + SCTP_BYTES;

	if (!has_transport(walk, IPPROTO_SCTP))
		return false;
	while (interp_has(packet, at, CHUNK_BYTES) && interp_short(packet, at + 2)) {
		size_t length = interp_short(packet, at + 2);

		if (interp_byte(packet, at) == wanted) {
			bool whole = interp_has(packet, at, length);

			*ret_place = (struct interp_place){ at, whole ? at + length : at };
			return true;
		}
		at += (length + 3) / 4 * 4;
	}
	return false;
}

/* --- all of them ---------------------------------------------------------------------------- */

static bool find_in_tunnel(const struct interp_walk *walk, const struct ir_place *place,
			   size_t *ret_offset)
{
	struct interp_tunnel tunnel;

	if (!interp_tunnel_open(walk, place->tunnel, &tunnel))
		return false;
	switch (place->base) {
	case FIELD_BASE_TUNNEL:
		*ret_offset = tunnel.header;
		return true;
	case FIELD_BASE_LINK:
		*ret_offset = tunnel.link;
		return tunnel.has_link;
	case FIELD_BASE_NETWORK:
		*ret_offset = tunnel.network;
		return true;
	case FIELD_BASE_TRANSPORT:
		*ret_offset = tunnel.transport;
		return tunnel.has_transport;
	case FIELD_BASE_META:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
	case FIELD_BASE_COUNT:
		break;
	}
	return false;			/* the kernel reads none of these inside */
}

static bool find_outside(const struct interp_walk *walk, const struct ir_place *place,
			 struct interp_place *ret_place)
{
	switch (place->base) {
	case FIELD_BASE_LINK:
		ret_place->start = 0;
		return true;
	case FIELD_BASE_NETWORK:
		ret_place->start = walk->network;
		return true;
	case FIELD_BASE_TRANSPORT:
		ret_place->start = walk->transport;
		return walk->has_l4 && !walk->later_fragment;
	case FIELD_BASE_PAYLOAD:
		return interp_tunnel_payload(walk, &ret_place->start);
	case FIELD_BASE_EXTENSION:
		return find_extension(walk, place->number, &ret_place->start);
	case FIELD_BASE_IP_OPTION:
		return find_ip_option(walk, place->number, &ret_place->start);
	case FIELD_BASE_TCP_OPTION:
		return find_tcp_option(walk, place->number, ret_place);
	case FIELD_BASE_SCTP_CHUNK:
		return find_sctp_chunk(walk, place->number, ret_place);
	case FIELD_BASE_META:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_COUNT:
		break;
	}
	return false;
}

bool interp_place_find(const struct interp_walk *walk, const struct ir_place *place,
		       struct interp_place *ret_place)
{
	struct interp_place found = { 0, walk->packet->len };
	bool there;

	there = place->tunnel == PROTO_META ? find_outside(walk, place, &found) :
					      find_in_tunnel(walk, place, &found.start);
	if (there)
		*ret_place = found;
	return there;
}
