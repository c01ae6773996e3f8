/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_stub: what the loader shares with the stub program (bpf/stub.bpf.c), beside the two maps
 * that are pinned for as long as a namespace has a ruleset:
 *
 *	slots	PROG_ARRAY; slot 0 is the program in force
 *	control	ARRAY of one struct xdpfw_control
 */
#ifndef XDPFW_STUB_H
#define XDPFW_STUB_H

#define XDPFW_SLOT_LIVE 0
#define XDPFW_SLOT_OTHER 1
#define XDPFW_SLOTS 2

#ifdef __bpf__
typedef unsigned int xdpfw_stub_u32;
typedef unsigned long long xdpfw_stub_u64;
#else
#include <stdint.h>
typedef uint32_t xdpfw_stub_u32;
typedef uint64_t xdpfw_stub_u64;
#endif

struct xdpfw_control {
	xdpfw_stub_u64 missed;		/* packets that found slot 0 empty */
	xdpfw_stub_u32 missed_verdict;	/* what became of them: an XDP verdict */
	xdpfw_stub_u32 pad;
};

#endif
