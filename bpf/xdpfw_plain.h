/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_plain: where the headers of a plain packet are, which nearly all packets are: Ethernet with
 * at most one tag, then IPv4 without options that is no later fragment, or IPv6 whose transport
 * header follows at once, with every byte that rules ask for between data and data_end.
 *
 * A plain packet needs no copy, no search and no call; its length, a call only on kernels that do
 * not say otherwise whether data_end is its end.  Any other one is left to xdpfw_walk.h, so
 * nothing is decided here but that: of a plain packet both say the same, which is why each check
 * below that fails answers "not plain" and never "not there".
 *
 * Safety: every pointer is compared with data_end before it is followed.
 */
#ifndef XDPFW_PLAIN_H
#define XDPFW_PLAIN_H

#include "xdpfw_walk.h"

struct plain {
	const __u8 *link, *network, *transport, *end;
	__u32 bytes;			/* of the frame */
	__u32 type;			/* behind the tag, in the packet's byte order */
};

/* A number as two bytes of a packet hold it. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIRE16(number) ((__u16)((number) >> 8 | ((number) & 0xff) << 8))
#else
#define WIRE16(number) (number)
#endif

/* Always there in a plain packet: Ethernet, and an IPv4 header, or as much of IPv6. */
#define PLAIN_LINK_BYTES 34
_Static_assert(PLAIN_LINK_BYTES == ETHER_BYTES + IP_BYTES, "PLAIN_LINK_BYTES");

#define NOT_PLAIN (-1)			/* is no verdict */
#define PLAIN_TAGGED(plain) ((plain)->network - (plain)->link > ETHER_BYTES)

XDPFW_HELPER const __u8 *(*const see_buffer)(struct xdp_md *ctx) = (void *)XDPFW_SEE_BUFFER;

/*
 * Fills .link, .end and .bytes.  Where the loader found a way to SEE whether the whole packet is
 * between data and data_end, one that is not is not plain; else .bytes needs a call.  Is the first
 * thing a program does, or clang keeps more across what is a call for it.
 */
XDPFW_INLINE bool plain_start(struct plain *plain, struct xdp_md *ctx, const bool see)
{
	__u64 bytes;

	plain->link = (const __u8 *)(unsigned long)ctx->data;
	plain->end = (const __u8 *)(unsigned long)ctx->data_end;
	plain->bytes = 0;		/* or clang subtracts from what is not there */
	if (!see) {
		plain->bytes = (__u32)bpf_xdp_get_buff_len(ctx);
		return 1;
	}
	if (*(const __u32 *)(see_buffer(ctx) + XDPFW_BUFFER_FLAGS) & XDPFW_BUFFER_FRAGS)
		return 0;
	bytes = (__u64)(plain->end - plain->link);
	HIDE(bytes);
	plain->bytes = (__u32)bytes;
	return 1;
}

/*
 * Fills .network and .type, as if there were no tag.  BYTES of the transport header are asked for:
 * when there is no tag, plain_ip() need not ask again.
 */
XDPFW_INLINE bool plain_link(struct plain *plain, const __u32 bytes)
{
	plain->network = plain->link + ETHER_BYTES;
	if (plain->network + IP_BYTES + bytes > plain->end)
		return 0;
	plain->type = *(const __u16 *)(plain->network - 2);
	return 1;
}

/* If there is a tag, moves .network and .type behind it. */
XDPFW_INLINE bool plain_tag(struct plain *plain)
{
	if (plain->type != WIRE16(ETHER_TYPE_TAG) && plain->type != WIRE16(ETHER_TYPE_SERVICE_TAG))
		return 1;
	plain->network += TAG_BYTES;
	if (plain->network + IP_BYTES > plain->end)
		return 0;
	plain->type = *(const __u16 *)(plain->network - 2);
	return 1;
}

/* Bytes from the network header on that can be read in place. */
XDPFW_INLINE __u64 plain_room(const struct plain *plain)
{
	__u64 room = (__u64)(plain->end - plain->network);

	HIDE(room);			/* or clang subtracts halves of pointers */
	return room;
}

/* A header without options; BYTES of the transport header are asked for.  Fills .transport. */
XDPFW_INLINE bool plain_ip(struct plain *plain, const __u32 bytes)
{
	const __u8 *header = plain->network;
	__u64 behind = (__u64)be16(header + 2) - IP_BYTES;	/* huge when there is less */

	if (plain->type != WIRE16(ETHER_TYPE_IP) || header[0] != (4 << 4 | IP_BYTES / 4) ||
	    behind > plain_room(plain) - IP_BYTES ||
	    *(const __u16 *)(header + 6) & WIRE16(0x1fff))
		return 0;
	plain->transport = header + IP_BYTES;
	return plain->transport + bytes <= plain->end;
}

XDPFW_INLINE bool plain_ip6(struct plain *plain, const __u32 bytes)
{
	const __u8 *header = plain->network;

	if (plain->type != WIRE16(ETHER_TYPE_IP6) || header + IP6_BYTES > plain->end ||
	    header[0] >> 4 != 6 || be16(header + 4) + (__u64)IP6_BYTES > plain_room(plain) ||
	    walk_is_extension(header[6]) || header[6] == NEXT_AUTH)
		return 0;
	plain->transport = header + IP6_BYTES;
	return plain->transport + bytes <= plain->end;
}

/* `meta length` */
XDPFW_INLINE __u32 plain_length(const struct plain *plain)
{
	__u64 before = (__u64)(plain->network - plain->link);

	if (!__builtin_constant_p(before))
		HIDE(before);		/* or clang subtracts halves of pointers */
	return plain->bytes - (__u32)before;
}

#endif
