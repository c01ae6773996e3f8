/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_frame: a segment as the peer of a connection sends it.
 *
 * In: the connection.  Out: a frame with a key press in it: an established connection's flags,
 * options and size, and sums that are right.  What nobody can know (sequence numbers, the peer's
 * TTL) is what it usually is.
 */
#include "loader/session_parts.h"

#include <string.h>
#include <sys/socket.h>

#define PAYLOAD_BYTES 36		/* of a key press, encrypted */
#define TCP_BYTES 32			/* with time stamps */
#define PROTOCOL_TCP 6
#define TTL 64

static uint8_t *put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static uint32_t add_up(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	return sum;
}

static unsigned int fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static uint8_t *put_ipv4(uint8_t *at, const struct session *session)
{
	static const uint8_t start[] = { 0x45, 0x10 };
	static const uint8_t middle[] = { 0x12, 0x34, 0x40, 0, TTL, PROTOCOL_TCP, 0, 0 };
	uint8_t *next = put(at, start, sizeof(start));

	next = put16(next, 20 + TCP_BYTES + PAYLOAD_BYTES);
	next = put(next, middle, sizeof(middle));
	next = put(next, session->peer, 4);
	next = put(next, session->own, 4);
	put16(at + 10, fold(add_up(0, at, 20)));
	return next;
}

static uint8_t *put_ipv6(uint8_t *at, const struct session *session)
{
	static const uint8_t start[] = { 0x60, 0, 0, 0 };
	static const uint8_t middle[] = { PROTOCOL_TCP, TTL };
	uint8_t *next = put(at, start, sizeof(start));

	next = put16(next, TCP_BYTES + PAYLOAD_BYTES);
	next = put(next, middle, sizeof(middle));
	next = put(next, session->peer, 16);
	return put(next, session->own, 16);
}

static uint8_t *put_tcp(uint8_t *at, const struct session *session)
{
	/* Numbers, 8 words, PSH and ACK, window, sum, urgent pointer, two fillers, time stamps. */
	static const uint8_t rest[] = {
		1, 2, 3, 4, 5, 6, 7, 8, TCP_BYTES / 4 << 4, 0x18, 1, 0xf5, 0, 0, 0, 0,
		1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8,
	};
	size_t address = session->family == AF_INET ? 4 : 16;
	uint8_t *next = put16(at, session->peer_port);
	uint32_t sum = PROTOCOL_TCP + TCP_BYTES + PAYLOAD_BYTES;

	next = put16(next, session->own_port);
	next = put(next, rest, sizeof(rest));
	memset(next, 0x5a, PAYLOAD_BYTES);
	sum = add_up(sum, session->peer, address);
	sum = add_up(sum, session->own, address);
	put16(at + 16, fold(add_up(sum, at, TCP_BYTES + PAYLOAD_BYTES)));
	return next + PAYLOAD_BYTES;
}

size_t session_make_frame(const struct session *session, const struct session_path *path, int tag,
			  uint8_t ret_frame[SESSION_FRAME_BYTES])
{
	bool ipv4 = session->family == AF_INET;
	uint8_t *at = put(ret_frame, path->to, 6);

	at = put(at, path->from, 6);
	if (tag != SESSION_NO_TAG) {
		at = put16(at, 0x8100);
		at = put16(at, (unsigned int)tag);
	}
	at = put16(at, ipv4 ? 0x0800 : 0x86dd);
	at = ipv4 ? put_ipv4(at, session) : put_ipv6(at, session);
	at = put_tcp(at, session);
	return (size_t)(at - ret_frame);
}
