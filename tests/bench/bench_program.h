/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_program: an XDP program with a prologue that writes the next packet.
 */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/compile.h"
#include "tests/bench/bench_packet.h"

struct bpf_object;

struct bench_object {
	const void *bytes;
	size_t len;
	double clang_seconds;
};

/*
 * A loaded program.  .rows, .next, .mask and .first are the prologue's: the program sees the rows
 * first, first + 1, ... first + mask, and again.
 */
struct bench_program {
	struct bpf_object *bpf;
	const char *name;
	int program;
	int trail, cells;		/* -1: it is not one of xdpfw's */
	volatile struct bench_turn *turn;
	uint32_t verified, xlated_bytes, jited_bytes;
	uint32_t stack_bytes;		/* see bench_stack.h */
	double load_seconds;
};

struct bench_turn {
	uint32_t next, mask, first, pad;
};

/*
 * Builds the C text, whose entry is `int ENTRY(struct xdp_md *ctx)` in section xdp.frags, with the
 * prologue for PACKETS in front (NULL: without).  Ends the process when that fails.
 */
void bench_program_build(struct arena *arena, const char *text, const char *entry,
			 const struct bench_packets *packets, struct bench_object *ret_object);

/*
 * PACKETS as for building.  COMPILE: what the text comes from, for its configuration and tables;
 * NULL: none of ours.
 */
void bench_program_load(struct arena *arena, const struct bench_object *object, const char *entry,
			const struct bench_packets *packets, const struct compile *compile,
			const struct xdpfw_device *device, bool prove,
			struct bench_program *ret_program);

void bench_program_close(struct bench_program *program);

/* Runs it on the next REPEAT rows; returns the last one's verdict. */
uint32_t bench_program_run(const struct bench_program *program,
			   const struct bench_packets *packets, uint32_t repeat);

/* From row FIRST on, which is a multiple of COUNT, COUNT rows in turn. */
void bench_program_turn(const struct bench_program *program, uint32_t first, uint32_t count);

/* What COUNT counters of xdpfw's have. */
struct xdpfw_cell *bench_program_cells(struct arena *arena, const struct bench_program *program,
				       uint32_t count);

/* Seconds of a clock. */
double bench_now(void);

void __attribute__((noreturn, format(printf, 1, 2))) bench_stop(const char *format, ...);

#endif
