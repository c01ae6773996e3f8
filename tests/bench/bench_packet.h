/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_packet: the packets that programs are measured with.
 */
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"

#define BENCH_FRAME_MAX 80
#define BENCH_MAX_STORES 8

/* One store that turns the packet before into the next one. */
struct bench_store {
	uint32_t at, bytes;		/* 2, 4 or 8 */
};

/*
 * How a header is written into the frame that all packets share: no field lies in two stores, as a
 * processor cannot hand such a field from the stores to the load behind them.
 */
struct bench_form {
	const char *name;
	const uint8_t *frame;
	uint32_t frame_bytes;
	uint32_t store_count;
	struct bench_store stores[BENCH_MAX_STORES];
};

struct bench_row {
	uint64_t word[BENCH_MAX_STORES];	/* as the bytes lie in the frame */
};

struct bench_packets {
	const struct bench_form *form;
	const struct bench_row *rows;
	const int64_t *truth;		/* by row: the rule, -1 for the policy; NULL: not known */
	size_t count, distinct;
};

/*
 * COUNT different packets of the trace at PATH in an order drawn by SEED; when it has fewer, they
 * come again.  SEED 0: the first COUNT as they are.  A line is SADDR DADDR SPORT DPORT PROTO
 * TCPFLAGS ..., the first two 16-bit words of the transport header whatever the protocol.  Line N
 * of TRUTH (NULL: none) is the rule of line N.  Returns NULL, or what is wrong.
 */
const char *bench_packets_read(const char *path, const char *truth, size_t count, uint32_t seed,
			       struct arena *arena, struct bench_packets *ret_packets);

/* Row ROW as a frame. */
void bench_packets_frame(const struct bench_packets *packets, size_t row,
			 uint8_t ret_frame[BENCH_FRAME_MAX]);

#endif
