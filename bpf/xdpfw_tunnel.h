/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_tunnel: the packet inside of a tunnel.
 *
 * In: where the outer transport header is.  Out: where the headers inside begin.  Nothing inside
 * can be read unless all headers down to the inner network header are right, as the kernel's
 * nftables has it (net/netfilter/nft_inner.c); lengths that inner headers state are not looked at.
 */
#ifndef XDPFW_TUNNEL_H
#define XDPFW_TUNNEL_H

#include "xdpfw_abi.h"
#include "xdpfw_bpf.h"
#include "xdpfw_place.h"
#include "xdpfw_walk.h"

#define TUNNEL_BYTES 8			/* of VXLAN, and of Geneve without its options */

enum tunnel_kind {
	TUNNEL_ETHER = 1,		/* an Ethernet header is inside, else an IP header */
	TUNNEL_HEADER = 2,		/* a header of its own behind UDP: VXLAN, Geneve */
	TUNNEL_OPTIONS = 4,		/* which has options: Geneve */
};

/* The offsets of what a tunnel carries are known to the verifier for nothing but numbers. */
struct tunnel {
	__u32 length;			/* of the frame */
	__u32 outer;			/* the outer transport header */
	__u32 l4;			/* its protocol */
	__u32 opened;			/* 1: all that follows is known */
	__u32 protocol;			/* of the headers inside, as `meta` calls them */
	__u32 has_l4, l4proto;		/* has_l4: 0 in later fragments */
	__u32 pad;
	__u32 header_at, link_at, network_at, transport_at;
	__u64 header;			/* PLACE() of the tunnel's own header */
	__u64 link, network, transport;	/* and of those inside; 0: not there */
};

/* The header of VXLAN or Geneve; returns where it ends, or PLACE_LOST, or 0. */
XDPFW_INLINE __u64 tunnel_header(struct xdp_md *ctx, struct tunnel *tunnel, __u32 at, __u32 kind)
{
	__u32 word;

	tunnel->header_at = at;
	if (!(kind & TUNNEL_HEADER))
		return at;
	if (tunnel->l4 != L4_UDP)
		return 0;
	if (!(kind & TUNNEL_OPTIONS))
		return at + TUNNEL_BYTES;
	if (at + TUNNEL_BYTES > tunnel->length)
		return 0;
	if (!walk_word(ctx, tunnel->length, at, &word))
		return PLACE_LOST;
	return at + TUNNEL_BYTES + (word >> 24 & 0x3f) * 4;
}

/* The Ethernet header inside, with at most one tag; returns the type behind it. */
XDPFW_INLINE __u64 tunnel_link(struct xdp_md *ctx, struct tunnel *tunnel, __u32 at)
{
	__u32 word;

	if (at + ETHER_BYTES > tunnel->length)
		return 0;
	if (!walk_word(ctx, tunnel->length, at + 12, &word))
		return PLACE_LOST;
	tunnel->link_at = at;
	tunnel->protocol = word >> 16;
	tunnel->network_at = at + ETHER_BYTES;
	if (word >> 16 != ETHER_TYPE_TAG)
		return word >> 16;
	if (at + ETHER_BYTES + TAG_BYTES > tunnel->length)
		return 0;
	if (!walk_word(ctx, tunnel->length, at + ETHER_BYTES, &word))
		return PLACE_LOST;
	tunnel->network_at = at + ETHER_BYTES + TAG_BYTES;
	return word & 0xffff;
}

/* An IP header inside, told by its version. */
XDPFW_INLINE __u64 tunnel_version(struct xdp_md *ctx, struct tunnel *tunnel, __u32 at)
{
	__u32 word;

	if (at + 4 > tunnel->length)
		return 0;
	if (!walk_word(ctx, tunnel->length, at, &word))
		return PLACE_LOST;
	tunnel->network_at = at;
	tunnel->protocol = word >> 28 == 4 ? ETHER_TYPE_IP : word >> 28 == 6 ? ETHER_TYPE_IP6 : 0;
	return tunnel->protocol;
}

XDPFW_INLINE __u32 tunnel_ip(struct xdp_md *ctx, struct tunnel *tunnel)
{
	__u32 at = tunnel->network_at, word, fragment, protocol;

	if (at + IP_BYTES > tunnel->length)
		return XDPFW_REASON_CHAINS;
	if (!walk_word(ctx, tunnel->length, at, &word) ||
	    !walk_word(ctx, tunnel->length, at + 4, &fragment) ||
	    !walk_word(ctx, tunnel->length, at + 8, &protocol))
		return XDPFW_REASON_OUT_OF_REACH;
	if (word >> 28 != 4 || (word >> 24 & 0xf) < 5)
		return XDPFW_REASON_CHAINS;
	tunnel->opened = 1;
	tunnel->has_l4 = !(fragment & 0x1fff);
	tunnel->l4proto = protocol >> 16 & 0xff;
	tunnel->transport_at = at + (word >> 24 & 0xf) * 4;
	return XDPFW_REASON_CHAINS;
}

XDPFW_INLINE __u32 tunnel_ip6(struct xdp_md *ctx, struct tunnel *tunnel)
{
	__u32 at = tunnel->network_at, word, next;
	__u64 found;

	if (at + IP6_BYTES > tunnel->length)
		return XDPFW_REASON_CHAINS;
	if (!walk_word(ctx, tunnel->length, at, &word) ||
	    !walk_word(ctx, tunnel->length, at + 4, &next))
		return XDPFW_REASON_OUT_OF_REACH;
	if (word >> 28 != 6)
		return XDPFW_REASON_CHAINS;
	found = walk_extensions(ctx, tunnel->length, at + IP6_BYTES, next >> 8 & 0xff);
	if (WALK_STATE(found) == WALK_NOTHING)
		return XDPFW_REASON_CHAINS;
	if (WALK_STATE(found) == WALK_MORE || WALK_STATE(found) == WALK_OUT_OF_REACH)
		return XDPFW_REASON_OUT_OF_REACH;
	tunnel->opened = 1;
	tunnel->has_l4 = WALK_STATE(found) == WALK_FOUND;
	tunnel->l4proto = WALK_NEXT(found);
	tunnel->transport_at = WALK_AT(found);
	return XDPFW_REASON_CHAINS;
}

XDPFW_INLINE __u32 tunnel_open(struct xdp_md *ctx, struct tunnel *tunnel, __u32 kind)
{
	__u64 at, type;

	at = find_payload(ctx, tunnel->length, tunnel->outer, tunnel->l4);
	if (PLACE_IS_LOST(at))
		return XDPFW_REASON_OUT_OF_REACH;
	if (!PLACE_IS_THERE(at))
		return XDPFW_REASON_CHAINS;
	at = tunnel_header(ctx, tunnel, PLACE_AT(at), kind);
	if (!at || PLACE_IS_LOST(at))
		return at ? XDPFW_REASON_OUT_OF_REACH : XDPFW_REASON_CHAINS;
	if (kind & TUNNEL_ETHER)
		type = tunnel_link(ctx, tunnel, (__u32)at);
	else
		type = tunnel_version(ctx, tunnel, (__u32)at);
	if (PLACE_IS_LOST(type))
		return XDPFW_REASON_OUT_OF_REACH;
	if (type == ETHER_TYPE_IP)
		return tunnel_ip(ctx, tunnel);
	return type == ETHER_TYPE_IP6 ? tunnel_ip6(ctx, tunnel) : XDPFW_REASON_CHAINS;
}

/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */
XDPFW_ALONE __u32 open_tunnel(struct xdp_md *ctx, struct tunnel *tunnel, __u32 kind)
{
	__u32 reason;

	if (!tunnel)
		return XDPFW_REASON_FAULT;
	reason = tunnel_open(ctx, tunnel, kind);
	if (!tunnel->opened)
		return reason;
	tunnel->header = place_to_end(tunnel->header_at, tunnel->length);
	if (kind & TUNNEL_ETHER)
		tunnel->link = place_to_end(tunnel->link_at, tunnel->length);
	tunnel->network = place_to_end(tunnel->network_at, tunnel->length);
	if (tunnel->has_l4)
		tunnel->transport = place_to_end(tunnel->transport_at, tunnel->length);
	return reason;
}

#endif
