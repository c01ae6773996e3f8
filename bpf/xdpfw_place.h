/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_place: where in a packet the things are that not every packet has: IPv6 extension headers,
 * IPv4 and TCP options, SCTP chunks, the payload of a transport header.
 *
 * Each search is a function that is verified once.  It does what the kernel's nftables does, odd
 * cases included (net/netfilter/nft_exthdr.c, net/ipv6/exthdrs_core.c, net/ipv4/ip_options.c,
 * net/netfilter/nft_payload.c).
 *
 * Safety: every step of a search moves on, and steps are counted; bytes are read by walk_word(),
 * which compares with the frame's length.  What a step finds in its state is unknown to the
 * verifier from the first one on, see unknown_zero().
 */
#ifndef XDPFW_PLACE_H
#define XDPFW_PLACE_H

#include "xdpfw_bpf.h"
#include "xdpfw_walk.h"

/*
 * What a search finds: an offset from the frame's first byte, and how many bytes can be read there;
 * 0: it is not there.
 */
#define PLACE_THERE (1ull << 63)
#define PLACE_LOST (1ull << 62)		/* out of reach: the packet is dropped */
#define PLACE(at, bytes) (PLACE_THERE | (__u64)(bytes) << 32 | (at))
#define PLACE_IS_THERE(place) ((place) >> 63)
#define PLACE_IS_LOST(place) ((place) & PLACE_LOST)
#define PLACE_BYTES(place) ((__u32)((place) >> 32) & 0x3fffffff)
#define PLACE_AT(place) ((__u32)(place))

/* From AT to the frame's end. */
XDPFW_INLINE __u64 place_to_end(__u32 at, __u32 length)
{
	return PLACE(at, at < length ? length - at : 0);
}

/* A search that goes on from one thing to the next. */
struct place_search {
	struct xdp_md *ctx;
	struct hidden length;		/* of the frame */
	struct hidden at, end;		/* where to look next; what is searched ends there */
	struct hidden want, next;
	struct hidden seen, found, bytes;
	struct hidden state;
};

enum place_state {
	PLACE_STATE_MORE,
	PLACE_STATE_FOUND,
	PLACE_STATE_NONE,
	PLACE_STATE_LOST,
};

/* Nothing in it is known to the verifier, whatever the caller knows. */
XDPFW_INLINE void place_search_start(struct place_search *search, __u32 length, __u32 at,
				     __u32 end, __u32 want)
{
	__u32 zero = unknown_zero(length);

	search->length.value = length;
	search->at.value = at;
	search->end.value = end;
	search->want.value = want | zero;
	search->next.value = search->seen.value = zero;
	search->found.value = search->bytes.value = zero;
	search->state.value = zero;
}

XDPFW_INLINE __u64 place_search_end(const struct place_search *search)
{
	__u32 state = search->state.value;

	HIDE(state);
	if (state == PLACE_STATE_FOUND)
		return PLACE(search->found.value, search->bytes.value);
	return state == PLACE_STATE_NONE ? 0 : PLACE_LOST;
}

XDPFW_INLINE long place_search_stop(struct place_search *search, __u32 state)
{
	search->state.value = state;
	return 1;
}

/* Found at AT, with BYTES bytes. */
XDPFW_INLINE long place_search_found(struct place_search *search, __u32 at, __u32 bytes)
{
	search->found.value = at;
	search->bytes.value = bytes;
	search->state.value = PLACE_STATE_FOUND;
	return 1;
}

/* ---- IPv6 extension headers ---- */

#define NEXT_NONE 59

static long find_extension_step(__u32 index, struct place_search *search)
{
	__u32 next = search->next.value, at = search->at.value, length = search->length.value;
	__u32 header, bytes, found = next == search->want.value;

	(void)index;
	if (!walk_is_extension(next) && next != NEXT_AUTH) {
		if (found)
			return place_search_found(search, at, at < length ? length - at : 0);
		return place_search_stop(search, PLACE_STATE_NONE);
	}
	if (at + walk_looked_at(next) > length)
		return place_search_stop(search, PLACE_STATE_NONE);
	if (found)
		return place_search_found(search, at, length - at);
	if (!walk_word(search->ctx, length, at, &header))
		return place_search_stop(search, PLACE_STATE_LOST);
	bytes = ((header >> 16 & 0xff) + 1) * 8;
	if (next == NEXT_AUTH)
		bytes = ((header >> 16 & 0xff) + 2) * 4;
	if (next == NEXT_FRAGMENT) {
		if (header & 0xfff8)
			return place_search_stop(search, PLACE_STATE_NONE);
		bytes = 8;
	}
	search->next.value = header >> 24;
	search->at.value = at + bytes;
	return 0;
}

/* The first one of type WANT behind the IPv6 header at NETWORK, of which all 40 bytes are there. */
XDPFW_ALONE __u64 find_extension(struct xdp_md *ctx, __u32 length, __u32 network, __u32 want)
{
	struct place_search search = { .ctx = ctx };
	__u32 word;

	if (!walk_word(ctx, length, network + 4, &word))
		return PLACE_LOST;
	place_search_start(&search, length, network + IP6_BYTES, length, want);
	search.next.value = word >> 8 & 0xff;
	bpf_loop(WALK_MAX_EXTENSIONS, find_extension_step, &search, 0);
	return place_search_end(&search);
}

/* ---- IPv4 options ---- */

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_RECORD 7
#define OPTION_TIME 68
#define OPTION_LOOSE 131
#define OPTION_CIPSO 134
#define OPTION_STRICT 137
#define OPTION_ALERT 148

#define OPTIONS_MAX 40			/* of one byte each */

enum { SEEN_ROUTE = 1, SEEN_RECORD = 2, SEEN_TIME = 4 };

/* Whether the host would accept the option whose first four bytes OPTION has, of BYTES bytes. */
XDPFW_INLINE bool option_is_good(__u32 option, __u32 bytes, __u32 seen, __u32 *ret_seen)
{
	__u32 type = option >> 24, pointer = option >> 8 & 0xff, flags = option & 0xff;
	__u32 room = (flags & 0xf) == 1 || (flags & 0xf) == 3 ? 7 : 3;

	*ret_seen = 0;
	if (type == OPTION_STRICT || type == OPTION_LOOSE) {
		*ret_seen = SEEN_ROUTE;
		return bytes >= 7 && pointer == 4 && (bytes & 3) == 3 && !(seen & SEEN_ROUTE);
	}
	if (type == OPTION_RECORD) {
		*ret_seen = SEEN_RECORD;
		return bytes >= 3 && pointer >= 4 && !(seen & SEEN_RECORD) &&
		       (pointer > bytes || pointer + 3 <= bytes);
	}
	if (type == OPTION_TIME) {
		*ret_seen = SEEN_TIME;
		if (bytes < 4 || pointer < 5 || (seen & SEEN_TIME))
			return 0;
		if (pointer > bytes)
			return (flags & 0xf) == 3 || flags >> 4 != 15;
		return pointer + room <= bytes;
	}
	if (type == OPTION_ALERT)
		return bytes >= 4;
	return type != OPTION_CIPSO;
}

static long find_ip_option_step(__u32 index, struct place_search *search)
{
	__u32 at = search->at.value, end = search->end.value;
	__u32 option, type, bytes, seen;

	(void)index;
	if (at >= end)
		return place_search_stop(search, PLACE_STATE_NONE);
	if (!walk_word(search->ctx, search->length.value, at, &option))
		return place_search_stop(search, PLACE_STATE_LOST);
	type = option >> 24;
	bytes = option >> 16 & 0xff;
	if (type == OPTION_END)
		return place_search_stop(search, PLACE_STATE_NONE);
	if (type == OPTION_NOP) {
		search->at.value = at + 1;
		return 0;
	}
	if (end - at < 2 || bytes < 2 || bytes > end - at ||
	    !option_is_good(option, bytes, search->seen.value, &seen)) {
		search->found.value = 0;
		return place_search_stop(search, PLACE_STATE_NONE);
	}
	search->seen.value |= seen;
	if (type == search->want.value && (type != OPTION_ALERT || !(option & 0xffff)))
		search->found.value = at;
	search->at.value = at + bytes;
	return 0;
}

/* Option WANT of the IPv4 header at NETWORK, of which 20 bytes are there. */
XDPFW_ALONE __u64 find_ip_option(struct xdp_md *ctx, __u32 length, __u32 network, __u32 want)
{
	struct place_search search = { .ctx = ctx };
	__u32 word, end, found, state;

	if (!walk_word(ctx, length, network, &word))
		return PLACE_LOST;
	end = network + (word >> 24 & 0xf) * 4;
	if (end <= network + IP_BYTES || end > length)
		return 0;
	place_search_start(&search, length, network + IP_BYTES, end, want);
	bpf_loop(OPTIONS_MAX + 1, find_ip_option_step, &search, 0);
	found = search.found.value;
	state = search.state.value;
	HIDE(state);
	if (state != PLACE_STATE_NONE)
		return PLACE_LOST;
	return found ? PLACE(found, length - found) : 0;
}

/* ---- TCP options ---- */

#define TCP_BYTES 20

/* An option's last byte may be what its length says; one byte options have no length. */
static long find_tcp_option_step(__u32 index, struct place_search *search)
{
	__u32 at = search->at.value, end = search->end.value, option, bytes;

	(void)index;
	if (at + 1 >= end)
		return place_search_stop(search, PLACE_STATE_NONE);
	if (!walk_word(search->ctx, search->length.value, at, &option))
		return place_search_stop(search, PLACE_STATE_LOST);
	bytes = option >> 24 > OPTION_NOP ? option >> 16 & 0xff : 1;
	bytes += !bytes;
	if (option >> 24 != search->want.value) {
		search->at.value = at + bytes;
		return 0;
	}
	if (at + bytes > end)
		return place_search_stop(search, PLACE_STATE_NONE);
	return place_search_found(search, at, bytes);
}

/* The first option of kind WANT of the TCP header at AT. */
XDPFW_ALONE __u64 find_tcp_option(struct xdp_md *ctx, __u32 length, __u32 at, __u32 want)
{
	struct place_search search = { .ctx = ctx };
	__u32 word, bytes;

	if (at + TCP_BYTES > length)
		return 0;
	if (!walk_word(ctx, length, at + 12, &word))
		return PLACE_LOST;
	bytes = (word >> 28) * 4;
	if (bytes < TCP_BYTES || at + bytes > length)
		return 0;
	place_search_start(&search, length, at + TCP_BYTES, at + bytes, want);
	bpf_loop(OPTIONS_MAX + 1, find_tcp_option_step, &search, 0);
	return place_search_end(&search);
}

/* ---- SCTP chunks ---- */

#define SCTP_BYTES 12
#define CHUNK_BYTES 4
#define CHUNKS_MAX (1 << 15)		/* no frame that XDP can see has 128 KiB */

/* A chunk that ends behind the frame is there, but nothing of it can be read. */
static long find_sctp_chunk_step(__u32 index, struct place_search *search)
{
	__u32 at = search->at.value, length = search->length.value, chunk, bytes;

	(void)index;
	if (at + CHUNK_BYTES > length)
		return place_search_stop(search, PLACE_STATE_NONE);
	if (!walk_word(search->ctx, length, at, &chunk))
		return place_search_stop(search, PLACE_STATE_LOST);
	bytes = chunk & 0xffff;
	if (!bytes)
		return place_search_stop(search, PLACE_STATE_NONE);
	if (chunk >> 24 == search->want.value)
		return place_search_found(search, at, at + bytes <= length ? bytes : 0);
	search->at.value = at + ((bytes + 3) & ~3u);
	return 0;
}

/* The first chunk of type WANT behind the SCTP header at AT. */
XDPFW_ALONE __u64 find_sctp_chunk(struct xdp_md *ctx, __u32 length, __u32 at, __u32 want)
{
	struct place_search search = { .ctx = ctx };

	place_search_start(&search, length, at + SCTP_BYTES, length, want);
	bpf_loop(CHUNKS_MAX, find_sctp_chunk_step, &search, 0);
	return place_search_end(&search);
}

/* ---- what is behind a transport header ---- */

/* IANA protocol numbers */
#define L4_IPIP 4
#define L4_TCP 6
#define L4_UDP 17
#define L4_GRE 47
#define L4_SCTP 132

#define UDP_BYTES 8
#define GRE_BYTES 4
/* RFC 2784, 2890 */
#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION 0x0007

/* The transport header is at AT, of protocol L4. */
XDPFW_ALONE __u64 find_payload(struct xdp_md *ctx, __u32 length, __u32 at, __u32 l4)
{
	__u32 word, flags;

	if (l4 == L4_UDP)
		return place_to_end(at + UDP_BYTES, length);
	if (l4 == L4_IPIP)
		return place_to_end(at, length);
	if (l4 == L4_TCP) {
		if (at + TCP_BYTES > length)
			return 0;
		if (!walk_word(ctx, length, at + 12, &word))
			return PLACE_LOST;
		return place_to_end(at + (word >> 28) * 4, length);
	}
	if (l4 != L4_GRE || at + GRE_BYTES > length)
		return 0;
	if (!walk_word(ctx, length, at, &word))
		return PLACE_LOST;
	flags = word >> 16;
	if (flags & (GRE_ROUTING | GRE_VERSION))
		return 0;
	at += GRE_BYTES;
	at += flags & GRE_CHECKSUM ? 4 : 0;
	at += flags & GRE_KEY ? 4 : 0;
	at += flags & GRE_SEQUENCE ? 4 : 0;
	return place_to_end(at, length);
}

#endif
