/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_tunnel: the judge's reading of what is behind a transport header: its payload, and the
 * packet that a tunnel carries.
 *
 * In: a walked frame.  Out: where the payload or the headers inside begin; nothing of a tunnel can
 * be read unless all of its headers down to the inner network header are right.  It is what the
 * kernel does (net/netfilter/nft_payload.c, nft_inner.c): any UDP packet is taken for VXLAN or
 * Geneve when the rule says so, and the lengths that inner headers state are not looked at.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/interp_walk.h"

#define UDP_BYTES 8
#define TCP_BYTES 20
#define GRE_BYTES 4
#define TUNNEL_BYTES 8			/* of VXLAN, and of Geneve without its options */
#define TAG_BYTES 4
#define IPV4_BYTES 20
#define IPV6_BYTES 40

/* RFC 2784, 2890 */
#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION 0x0007

static bool gre_payload(const struct interp_walk *walk, size_t *ret_offset)
{
	uint16_t flags;

	if (!interp_has(walk->packet, walk->transport, GRE_BYTES))
		return false;
	flags = interp_short(walk->packet, walk->transport);
	if (flags & (GRE_ROUTING | GRE_VERSION))
		return false;
	*ret_offset = walk->transport + GRE_BYTES + (flags & GRE_CHECKSUM ? 4 : 0) +
		      (flags & GRE_KEY ? 4 : 0) + (flags & GRE_SEQUENCE ? 4 : 0);
	return true;
}

bool interp_tunnel_payload(const struct interp_walk *walk, size_t *ret_offset)
{
	if (!walk->has_l4 || walk->later_fragment)
		return false;
	switch (walk->l4proto) {
	case IPPROTO_UDP:
		*ret_offset = walk->transport + UDP_BYTES;
		return true;
	case IPPROTO_TCP:
		if (!interp_has(walk->packet, walk->transport, TCP_BYTES))
			return false;
		*ret_offset = walk->transport +
			      (size_t)(interp_byte(walk->packet, walk->transport + 12) >> 4) * 4;
		return true;
	case IPPROTO_GRE:
		return gre_payload(walk, ret_offset);
	case IPPROTO_IPIP:
		*ret_offset = walk->transport;
		return true;
	default:
		return false;
	}
}

/* Behind the tunnel's own header, which begins at *AT. */
static bool open_header(const struct interp_walk *walk, enum proto_id tunnel, size_t *at,
			struct interp_tunnel *opened)
{
	opened->header = *at;
	if (tunnel == PROTO_GRE || tunnel == PROTO_GRETAP)
		return true;
	if (walk->l4proto == IPPROTO_GRE) {
		opened->header = walk->transport;
		return true;
	}
	if (walk->l4proto != IPPROTO_UDP)
		return false;
	*at += TUNNEL_BYTES;
	if (tunnel != PROTO_GENEVE)
		return true;
	if (!interp_has(walk->packet, opened->header, TUNNEL_BYTES))
		return false;
	*at += (size_t)(interp_byte(walk->packet, opened->header) & 0x3f) * 4;
	return true;
}

/* *RET_NETWORK: the type of what is behind the link header and its one tag. */
static bool open_link(const struct interp_packet *packet, size_t *at,
		      struct interp_tunnel *opened, uint16_t *ret_network)
{
	if (!interp_has(packet, *at, ETH_HLEN))
		return false;
	opened->has_link = true;
	opened->link = *at;
	opened->protocol = *ret_network = interp_short(packet, *at + 12);
	*at += ETH_HLEN;
	if (opened->protocol != ETH_P_8021Q)
		return true;
	if (!interp_has(packet, *at, TAG_BYTES))
		return false;
	*ret_network = interp_short(packet, *at + 2);
	*at += TAG_BYTES;
	return true;
}

static bool open_version(const struct interp_packet *packet, size_t at,
			 struct interp_tunnel *opened)
{
	if (!interp_has(packet, at, 4))
		return false;
	switch (interp_byte(packet, at) >> 4) {
	case 4:
		opened->protocol = ETH_P_IP;
		return true;
	case 6:
		opened->protocol = ETH_P_IPV6;
		return true;
	default:
		return false;
	}
}

static bool open_ipv4(const struct interp_packet *packet, struct interp_tunnel *opened)
{
	const size_t at = opened->network;

	if (!interp_has(packet, at, IPV4_BYTES) || interp_byte(packet, at) >> 4 != 4 ||
	    (interp_byte(packet, at) & 0xf) < 5)
		return false;
	opened->has_transport = !(interp_short(packet, at + 6) & 0x1fff);
	opened->l4proto = interp_byte(packet, at + 9);
	opened->transport = at + (interp_byte(packet, at) & 0xfu) * 4;
	return true;
}

static bool open_ipv6(const struct interp_packet *packet, struct interp_tunnel *opened)
{
	const size_t at = opened->network;
	struct interp_chain chain;

	if (!interp_has(packet, at, IPV6_BYTES) || interp_byte(packet, at) >> 4 != 6 ||
	    !interp_walk_chain(packet, at, &chain))
		return false;
	opened->has_transport = !chain.later_fragment;
	opened->l4proto = chain.l4proto;
	opened->transport = chain.transport;
	return true;
}

bool interp_tunnel_open(const struct interp_walk *walk, enum proto_id tunnel,
			struct interp_tunnel *ret_tunnel)
{
	struct interp_tunnel opened = { 0 };
	uint16_t network;
	size_t at;

	if (!interp_tunnel_payload(walk, &at) || !open_header(walk, tunnel, &at, &opened))
		return false;
	if (field_protos[tunnel].tunnel_ether) {
		if (!open_link(walk->packet, &at, &opened, &network))
			return false;
	} else {
		if (!open_version(walk->packet, at, &opened))
			return false;
		network = opened.protocol;
	}
	opened.network = at;
	if (network != ETH_P_IP && network != ETH_P_IPV6)
		return false;
	if (!(network == ETH_P_IP ? open_ipv4(walk->packet, &opened) :
				    open_ipv6(walk->packet, &opened)))
		return false;
	*ret_tunnel = opened;
	return true;
}
