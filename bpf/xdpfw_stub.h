/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_stub: what the loader shares with the stub program (bpf/stub.bpf.c), beside the maps that
 * are pinned for as long as a namespace has a ruleset:
 *
 *	slots	PROG_ARRAY, see below
 *	control	ARRAY of one struct xdpfw_control
 *	missed	ARRAY of one 64-bit count: packets that found a slot empty
 *
 * The stub reads the last two as variables, without a look-up; libbpf names their maps after the
 * sections.
 */
#ifndef XDPFW_STUB_H
#define XDPFW_STUB_H

#define XDPFW_SLOT_LIVE 0	/* in force, unless a deadline has passed */
#define XDPFW_SLOT_OTHER 1	/* the one before; in force once a deadline has passed */
#define XDPFW_SLOT_SAVED 2	/* what slot 1 held, while a command is at work; else empty */
#define XDPFW_SLOTS 3

#define XDPFW_STUB_CONTROL ".data.control"
#define XDPFW_STUB_MISSED ".data.missed"

/* Of slots, control and the program that reads them; a stub of another one is replaced. */
#define XDPFW_STUB_VERSION 2

#ifdef __bpf__
typedef unsigned int xdpfw_stub_u32;
typedef unsigned long long xdpfw_stub_u64;
#else
#include <stdint.h>
typedef uint32_t xdpfw_stub_u32;
typedef uint64_t xdpfw_stub_u64;
#endif

struct xdpfw_control {
	xdpfw_stub_u64 deadline;	/* CLOCK_BOOTTIME, ns; from then on slot 1; 0: never */
	xdpfw_stub_u32 missed_verdict;	/* of packets that find a slot empty: an XDP verdict */
	xdpfw_stub_u32 version;		/* XDPFW_STUB_VERSION; 0 in the first one */
};

#endif
