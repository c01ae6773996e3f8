/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_walk: where the headers of a packet are.  Once per packet; the rules see only numbers.
 *
 * A frame lies in one piece from data to data_end (its linear part), or goes on in fragments that
 * can only be copied out.  Where the card or driver cuts it must not matter: every header is read
 * in place when it is linear (or when nothing but the linear part exists), and from a copy else.
 * Whether bytes are there is always asked of the whole frame.
 *
 * Safety: a pointer into the packet is only used behind a comparison with data_end; a copy lies in
 * a buffer of fixed size.  What cannot be read, though it is there, is never taken for absent: the
 * walk gives up and the packet is dropped (XDPFW_REASON_OUT_OF_REACH).
 */
#ifndef XDPFW_WALK_H
#define XDPFW_WALK_H

#include "xdpfw_abi.h"
#include "xdpfw_bpf.h"

#define ETHER_BYTES 14
#define TAG_BYTES 4
#define IP_BYTES 20
#define IP6_BYTES 40

/* IEEE 802 numbers; below ETHER_TYPE_FIRST the field is a length (include/uapi/linux/if_ether.h) */
#define ETHER_TYPE_IP 0x0800
#define ETHER_TYPE_IP6 0x86dd
#define ETHER_TYPE_TAG 0x8100
#define ETHER_TYPE_SERVICE_TAG 0x88a8
#define ETHER_TYPE_FIRST 0x0600
#define PROTOCOL_RAW_802_3 0x0001
#define PROTOCOL_LLC 0x0004

/* IANA protocol numbers: the headers that the IPv6 walk skips, and the one it looks at */
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_AUTH 51
#define NEXT_DESTINATION 60

/* include/uapi/linux/if_packet.h */
#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3

/*
 * The verifier allows packet pointers up to 0xffff behind data, and bpf_xdp_load_bytes reads up to
 * there as well (net/core/filter.c, bpf_xdp_pointer).
 */
#define WALK_MAX_DIRECT 0xff00u

/* Extension headers: each is 8 bytes or more, and no frame that XDP can see has 128 KiB. */
#define WALK_MAX_EXTENSIONS 16384

/* Numbers lie behind others, for FORGET(). */
struct walk {
	struct xdp_md *ctx;
	const __u8 *data, *data_end;
	__u32 unused_1;
	__u32 length;			/* of the whole frame */
	__u32 unused_2;
	__u32 linear;			/* how much of it is between data and data_end */
	__u32 unused_3;
	__u32 network;			/* offset behind Ethernet and at most one tag */
	__u32 unused_4;
	__u32 protocol;			/* what `meta protocol` reads */
	/* Found by walk_network(); kept from the verifier, or every way there is verified on. */
	volatile struct hidden l4;	/* 0: no layer-4 information (SEMANTICS 3 and 4); else
					   WALK_HAS_L4 | protocol */
	volatile struct hidden transport;	/* offset */
	volatile struct hidden transport_len;	/* bytes there and behind; 0: there is none */
};

/*
 * From here on the numbers of WALK are read from the stack again, where they are in halves of
 * words of which the verifier knows nothing: what it has learnt of them on the way here is not
 * carried on, once for each way.
 */
#define FORGET(walk) __asm__ volatile("" : : "r"(walk) : "memory")

#define WALK_HAS_L4 0x100

/* Where headers that are not linear are copied to; 8-aligned, as fields are in their headers. */
#define WALK_BUFFER(name, bytes) __u8 name[((bytes) + 7) & ~7] __attribute__((aligned(8)))

/* What walk_link() and walk_network() look at. */
#define WALK_LINK_BYTES (ETHER_BYTES + TAG_BYTES + 2)
#define WALK_NETWORK_BYTES IP6_BYTES

XDPFW_INLINE void walk_start(struct walk *walk, struct xdp_md *ctx)
{
	__u64 linear;

	walk->ctx = ctx;
	walk->length = (__u32)bpf_xdp_get_buff_len(ctx);
	walk->data = (const __u8 *)(unsigned long)ctx->data;
	walk->data_end = (const __u8 *)(unsigned long)ctx->data_end;
	linear = (__u64)(walk->data_end - walk->data);
	HIDE(linear);			/* or clang subtracts halves of pointers */
	walk->linear = (__u32)linear;
}

/* Whether a header of up to BYTES bytes at OFFSET can be read in place, as far as it exists. */
XDPFW_INLINE bool walk_in_place(const struct walk *walk, __u32 offset, __u32 bytes)
{
	return offset <= WALK_MAX_DIRECT &&
	       (walk->linear == walk->length || offset + bytes <= walk->linear);
}

/*
 * Copies up to MAX bytes from OFFSET into TO, as many as there are; zeros behind them.  Returns
 * their number, or a negative one when they are out of reach.
 */
XDPFW_INLINE int walk_copy(const struct walk *walk, __u32 offset, const __u32 max, __u8 *to)
{
	__u32 bytes = walk->length > offset ? walk->length - offset : 0, last;

	__builtin_memset(to, 0, max);
	if (bytes > max)
		bytes = max;
	/* Linux 6.1 wants to see that 1 or more bytes are read, in the very number passed. */
	last = bytes - 1;
	HIDE(last);
	if (last >= max)
		return 0;
	HIDE(last);
	return bpf_xdp_load_bytes(walk->ctx, offset, to, last + 1) ? -1 : (int)last + 1;
}

/*
 * A header of up to MAX bytes at OFFSET.  Returns where to read it, in the packet or in COPY, and
 * in *ret_end where readable bytes end; NULL when they are out of reach.
 */
XDPFW_INLINE const __u8 *walk_header(const struct walk *walk, __u32 offset, const __u32 max,
				     __u8 *copy, const __u8 **ret_end)
{
	int bytes;

	HIDE(offset);
	if (walk_in_place(walk, offset, max)) {
		*ret_end = walk->data_end;
		return walk->data + offset;
	}
	bytes = walk_copy(walk, offset, max, copy);
	*ret_end = copy + bytes;
	return bytes < 0 ? 0 : copy;
}

/*
 * The Ethernet header and at most one tag, from HEADER up to END.  Returns a reason to drop the
 * packet, or XDPFW_REASON_CHAINS to go on.
 */
XDPFW_INLINE __u32 walk_link(struct walk *walk, const __u8 *header, const __u8 *end)
{
	const __u8 *behind = header + ETHER_BYTES;
	__u32 type;

	if (behind > end)
		return XDPFW_REASON_CUT_TAG;
	type = be16(behind - 2);
	walk->network = ETHER_BYTES;
	if (type == ETHER_TYPE_TAG || type == ETHER_TYPE_SERVICE_TAG) {
		behind += TAG_BYTES;
		if (behind + 2 > end)
			return XDPFW_REASON_CUT_TAG;
		type = be16(behind - 2);
		walk->network += TAG_BYTES;
	}
	if (type < ETHER_TYPE_FIRST)
		type = behind + 2 <= end && be16(behind) == 0xffff ? PROTOCOL_RAW_802_3
								   : PROTOCOL_LLC;
	walk->protocol = type;
	return XDPFW_REASON_CHAINS;
}

/* A later fragment has a protocol, but no transport header (deviation D1). */
XDPFW_INLINE void walk_found(struct walk *walk, __u32 protocol, __u32 transport,
			     bool later_fragment)
{
	walk->l4.value = WALK_HAS_L4 | protocol;
	if (later_fragment || transport >= walk->length)
		return;
	walk->transport.value = transport;
	walk->transport_len.value = walk->length - transport;
}

/* The IPv4 header, from HEADER up to END. */
XDPFW_INLINE void walk_ip_at(struct walk *walk, const __u8 *header, const __u8 *end)
{
	__u32 header_bytes, total_bytes;

	if (header + IP_BYTES > end || header[0] >> 4 != 4)
		return;
	header_bytes = (header[0] & 0xf) * 4;
	total_bytes = be16(header + 2);
	if (header_bytes < IP_BYTES || total_bytes < header_bytes ||
	    total_bytes > walk->length - walk->network)
		return;
	walk_found(walk, header[9], walk->network + header_bytes, be16(header + 6) & 0x1fff);
}

/* The chain of IPv6 headers, one at a time. */
struct walk_chain {
	struct xdp_md *ctx;
	struct hidden length;		/* of the frame */
	struct hidden at;		/* where the header that `next` names starts */
	struct hidden next;
	struct hidden state;
};

enum walk_state {
	WALK_MORE,			/* not at the end yet */
	WALK_FOUND,			/* `next` is the layer-4 protocol, its header is `at` */
	WALK_FRAGMENT,			/* likewise, but this is a later fragment */
	WALK_NOTHING,			/* no layer-4 information */
	WALK_OUT_OF_REACH,
};

XDPFW_INLINE bool walk_is_extension(__u32 next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
	       next == NEXT_DESTINATION;
}

/* What the kernel's walk reads of a header before it goes on (net/ipv6/exthdrs_core.c). */
XDPFW_INLINE __u32 walk_looked_at(__u32 next)
{
	return next == NEXT_FRAGMENT || next == NEXT_ROUTING ? 4 : 2;
}

/*
 * The four bytes at AT of a frame of LENGTH bytes as a number, with zeros for those behind its end.
 * False: they are out of reach.
 */
XDPFW_INLINE bool walk_word(struct xdp_md *ctx, __u32 length, __u32 at, __u32 *ret_word)
{
	const __u8 *data = (const __u8 *)(unsigned long)ctx->data;
	const __u8 *data_end = (const __u8 *)(unsigned long)ctx->data_end;
	__u32 behind = at + 4 > length ? at + 4 - length : 0;
	WALK_BUFFER(bytes, 4);

	*ret_word = 0;
	if (behind > 3)
		return 1;
	at -= behind;
	HIDE(at);
	if (at <= WALK_MAX_DIRECT && data + at + 4 <= data_end) {
		*ret_word = be32(data + at) << (behind * 8);
		return 1;
	}
	*(__u32 *)bytes = 0;
	if (bpf_xdp_load_bytes(ctx, at, bytes, 4))
		return 0;
	*ret_word = be32(bytes) << (behind * 8);
	return 1;
}

/* Looks at one header; WALK_MORE when it is to be skipped and `at` and `next` have moved on. */
XDPFW_INLINE __u32 walk_chain_next(struct walk_chain *chain)
{
	__u32 at = chain->at.value, next = chain->next.value, length = chain->length.value;
	__u32 header, after;

	if (!walk_is_extension(next) && next != NEXT_AUTH)
		return WALK_FOUND;
	if (at + walk_looked_at(next) > length)
		return WALK_NOTHING;
	if (next == NEXT_AUTH)
		return WALK_FOUND;
	if (!walk_word(chain->ctx, length, at, &header))
		return WALK_OUT_OF_REACH;
	after = header >> 24;
	chain->next.value = after;
	if (next != NEXT_FRAGMENT) {
		chain->at.value = at + ((header >> 16 & 0xff) + 1) * 8;
		return WALK_MORE;
	}
	if (!(header & 0xfff8)) {
		chain->at.value = at + 8;
		return WALK_MORE;
	}
	return walk_is_extension(after) || after == NEXT_AUTH ? WALK_NOTHING : WALK_FRAGMENT;
}

static long walk_chain_step(__u32 index, struct walk_chain *chain)
{
	__u32 state = walk_chain_next(chain);

	(void)index;
	chain->state.value = state;
	return state != WALK_MORE;
}

/*
 * From the header at AT, whose type is NEXT, to the layer-4 header.  Few packets need it, so it is
 * a function that is verified once.  Returns state << 40 | next << 32 | at.
 */
#define WALK_STATE(found) ((__u32)((found) >> 40))
#define WALK_NEXT(found) ((__u32)((found) >> 32) & 0xff)
#define WALK_AT(found) ((__u32)(found))

XDPFW_ALONE __u64 walk_extensions(struct xdp_md *ctx, __u32 length, __u32 at, __u32 next)
{
	struct walk_chain chain = { .ctx = ctx };

	chain.length.value = length;
	chain.at.value = at;
	chain.next.value = next;
	bpf_loop(WALK_MAX_EXTENSIONS, walk_chain_step, &chain, 0);
	return (__u64)chain.state.value << 40 | (__u64)chain.next.value << 32 | chain.at.value;
}

/* The IPv6 header, from HEADER up to END, and what follows it. */
XDPFW_INLINE __u32 walk_ip6_at(struct walk *walk, const __u8 *header, const __u8 *end)
{
	__u64 found;

	if (header + IP6_BYTES > end || header[0] >> 4 != 6 ||
	    be16(header + 4) + IP6_BYTES > walk->length - walk->network)
		return XDPFW_REASON_CHAINS;
	if (!walk_is_extension(header[6]) && header[6] != NEXT_AUTH) {
		walk_found(walk, header[6], walk->network + IP6_BYTES, 0);
		return XDPFW_REASON_CHAINS;
	}
	found = walk_extensions(walk->ctx, walk->length, walk->network + IP6_BYTES, header[6]);
	if (WALK_STATE(found) == WALK_NOTHING)
		return XDPFW_REASON_CHAINS;
	if (WALK_STATE(found) == WALK_MORE || WALK_STATE(found) == WALK_OUT_OF_REACH)
		return XDPFW_REASON_OUT_OF_REACH;
	walk_found(walk, WALK_NEXT(found), WALK_AT(found), WALK_STATE(found) == WALK_FRAGMENT);
	return XDPFW_REASON_CHAINS;
}

/* Finds the transport header.  HEADER up to END is the network header; returns as walk_link(). */
XDPFW_INLINE __u32 walk_network(struct walk *walk, const __u8 *header, const __u8 *end)
{
	walk->l4.value = 0;
	walk->transport.value = 0;
	walk->transport_len.value = 0;
	if (walk->protocol == ETHER_TYPE_IP)
		walk_ip_at(walk, header, end);
	else if (walk->protocol == ETHER_TYPE_IP6)
		return walk_ip6_at(walk, header, end);
	return XDPFW_REASON_CHAINS;
}

/* `meta nfproto` in table inet; 0: its chains do not see it (include/uapi/linux/netfilter.h) */
#define NFPROTO_IPV4 2
#define NFPROTO_NETDEV 5
#define NFPROTO_IPV6 10

XDPFW_INLINE __u8 walk_nfproto(const struct walk *walk)
{
	if (walk->protocol == ETHER_TYPE_IP)
		return NFPROTO_IPV4;
	return walk->protocol == ETHER_TYPE_IP6 ? NFPROTO_IPV6 : 0;
}

/* `meta pkttype` of a frame to the six bytes at TO, on a device that has address MAC. */
XDPFW_INLINE __u8 walk_packet_type(const __u8 *to, const __u8 *mac)
{
	__u64 address = (__u64)be32(to) << 16 | be16(to + 4);
	__u64 own = (__u64)be32(mac) << 16 | be16(mac + 4);

	if (address == own)
		return PACKET_HOST;
	if (address == 0xffffffffffffull)
		return PACKET_BROADCAST;
	return address >> 40 & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

#endif
