/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_abi: the only shapes that xdpfw and the programs it generates share.
 *
 * A generated program has one XDP program `xdpfw_rules` in section "xdp.frags" and these maps:
 *
 *	xdpfw_cells	PERCPU_ARRAY of struct xdpfw_page, as many as the loader says; cell 0 is a
 *			sink
 *	.data.devices	struct xdpfw_device_table
 *	xdpfw_trail	ARRAY of one struct xdpfw_trail, written when config.prove is set
 *	.rodata.config	struct xdpfw_config, then its cell_of[] (frozen at load)
 *	.data.given	struct xdpfw_given; only when the ruleset reads time, CPU or random numbers
 *	.bss		the plan's tables, filled by the loader before the first packet; absent when
 *			the plan has none
 */
#ifndef XDPFW_ABI_H
#define XDPFW_ABI_H

#ifdef __bpf__
#include "xdpfw_bpf.h"
#else
#include <linux/types.h>
#endif

#define XDPFW_ABI_VERSION 6

/* What one `counter` statement counts on one CPU. */
struct xdpfw_cell {
	__u64 packets;
	__u64 bytes;			/* frame bytes - 14 - (4 with a tag) */
};

/*
 * Cell C is number C % XDPFW_PAGE_CELLS of page C / XDPFW_PAGE_CELLS.  The kernel has a pointer for
 * each element of such a map: with one cell an element a packet would miss the cache for the
 * pointer, and then for the cell.  100,000 counters have 256 pages, whose pointers are 32 lines.
 * A page takes half of what the kernel gives at once, and a small ruleset's map is one page.
 */
#define XDPFW_PAGE_CELLS 1024		/* a power of two */

struct xdpfw_page {
	struct xdpfw_cell cell[XDPFW_PAGE_CELLS];
};

/*
 * Where the tables' image has numbers of counters: in the low bits of the __u32 at .at and each
 * .stride behind it a counter's number + 1, or 0.  The loader puts cells there instead (0: none)
 * before the program sees them.  The image ends in lists like this and, as its last __u32, their
 * number.
 */
struct xdpfw_cell_list {
	__u32 at, count, stride;
};

#define XDPFW_CELL_MASK 0xffffffu

#define XDPFW_NAME_BYTES 16		/* IFNAMSIZ */

#define XDPFW_ENTRY_PASS 0xffffffffu	/* has the stub, but no base chain: passed */
#define XDPFW_ENTRY_DROP 0xfffffffeu	/* nobody can say which base chains: dropped */

/* A device the ruleset names. */
struct xdpfw_device {
	__u32 ifindex;			/* 0: a free slot */
	__u32 entry;			/* which list of base chains it runs, from 0, or one of
					   the above */
	__u8 name[XDPFW_NAME_BYTES];	/* zero padded */
	__u8 mac[6];			/* network order, as in a frame */
	__u16 type;			/* ARPHRD_ of <linux/if_arp.h> */
	__u32 group;			/* IFLA_GROUP */
	__u32 pad;
};

/*
 * Home slot: (ifindex * hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS).  A device lies there or
 * in one of the XDPFW_DEVICE_PROBES - 1 slots behind it (behind the last one comes the first), so
 * that one that comes late finds room in a table that is in use.  The loader picks a multiplier
 * for which those of the load are at home, so that one compare decides.
 *
 * slot[XDPFW_DEVICE_OTHER] (ifindex not 0) is what packets count as whose device is not in the
 * table.  Packets that a bond takes in natively carry its member's ifindex, so where a bond is
 * filtered, a device that has just become a member is filtered too.
 *
 * A row's ifindex is written last when it comes and first when it goes, and a slot gets another
 * row only when no packet reads the old one any more: a packet sees a whole row or none.
 */
#define XDPFW_DEVICES ".data.devices"	/* the variable's section, and the map's name */
#define XDPFW_DEVICE_SLOT_BITS 12
#define XDPFW_DEVICE_SLOTS (1 << XDPFW_DEVICE_SLOT_BITS)
#define XDPFW_DEVICE_OTHER XDPFW_DEVICE_SLOTS
#define XDPFW_DEVICE_PROBES 4
#define XDPFW_MAX_DEVICES 256		/* that a ruleset names */
#define XDPFW_MAX_ROWS 1024		/* of a table: names with a star fit several devices */

struct xdpfw_device_table {
	__u32 hash_multiplier;		/* odd */
	__u32 pad[3];
	struct xdpfw_device slot[XDPFW_DEVICE_SLOTS + 1];
};

/*
 * A call of the helper of this number, which no kernel has, stands for the kernel's function
 * bpf_cast_to_kern_ctx(): its result is the struct xdp_buff of the packet, where the __u32 at
 * XDPFW_BUFFER_FLAGS has XDPFW_BUFFER_FRAGS set when bytes of the packet are elsewhere than from
 * data to data_end.  The loader writes the function's number there, or where the kernel has none,
 * or another struct, leaves config.sees_buffer 0 so that the verifier removes the call.
 */
#define XDPFW_SEE_BUFFER 0x7fffff01
#define XDPFW_BUFFER_FLAGS 52
#define XDPFW_BUFFER_FRAGS 1

/* Why a packet's verdict is what it is, when no chain decided it. */
enum xdpfw_reason {
	XDPFW_REASON_CHAINS,		/* base chains ran */
	XDPFW_REASON_NO_DEVICE,		/* no base chain runs on the device: passed */
	XDPFW_REASON_CUT_TAG,		/* a tag with nothing behind it: dropped (deviation D5) */
	XDPFW_REASON_TOO_LONG,		/* more jumps than XDPFW_MAX_RUNS: dropped */
	XDPFW_REASON_OUT_OF_REACH,	/* headers that end beyond byte 65,535, which XDP cannot
					   read: dropped */
	XDPFW_REASON_FAULT,		/* a map was not there: dropped; cannot happen */
};

#define XDPFW_MAX_BASE_CHAINS 64	/* on one device */
#define XDPFW_MAX_JUMPS 16		/* nested: LIMITS_JUMP_DEPTH fits */
#define XDPFW_MAX_RUNS (1 << 16)	/* jumps made by one base chain for one packet */

#define XDPFW_TRAIL_POLICY 0xffffffffu

/* For each base chain entered, in order: the rule whose verdict ended it, or the policy. */
struct xdpfw_trail {
	__u32 reason;
	__u32 count;
	__u32 rule[XDPFW_MAX_BASE_CHAINS];
};

/* Instead of a rule: a base chain of family inet dropped a packet without layer-4 information. */
#define XDPFW_TRAIL_INVALID 0xfffffffeu

/*
 * What no two runs agree on.  All zero in a live program, which asks clock, CPU and random number
 * generator; in a proof .active is set and the program takes these, so that the judge can too.
 */
struct xdpfw_given {
	__u64 now;			/* ns since 1970 UTC */
	__u32 cpu;
	__u32 random;			/* every load reads this one */
	__u32 active;
	__u32 pad;
};

/* Frozen before the program is loaded; the verifier folds it. */
struct xdpfw_config {
	__u32 abi;			/* XDPFW_ABI_VERSION */
	__u32 prove;			/* 1: write the trail */
	__u32 counter_count;
	__s32 minutes_west;		/* the kernel's time zone, for meta day */
	__s64 tai_offset;		/* ns from wall clock to CLOCK_TAI at load */
	__u32 stamp;			/* see emit.h; 0 but in tests */
	__u32 one_page;			/* 1: all its cells are in page 0 */
	__u32 sees_buffer;		/* 1: calls of XDPFW_SEE_BUFFER are replaced */
	__u32 first_cell;		/* of counter 0, when each one's is the next to that of the
					   one before; else 0 */
	/* followed by __u32 cell_of[counter_count, at least 1] */
};

#endif
