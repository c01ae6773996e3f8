/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_run: what rules answer, and what becomes of it.
 *
 * The numbers are those of xdpfw_layout.h.  What is done on every packet is inline, and has no
 * branch that depends on the rule that matched.
 */
#ifndef XDPFW_RUN_H
#define XDPFW_RUN_H

#include "xdpfw_abi.h"
#include "xdpfw_bpf.h"
#include "xdpfw_layout.h"

#define ANSWER(word, rule) ((__u64)(word) << 32 | (rule))
#define ACCEPT(rule) ANSWER(WORD(ANSWER_ACCEPT, 0), rule)
#define DROP(rule) ANSWER(WORD(ANSWER_DROP, 0), rule)
#define RETURN(rule) ANSWER(WORD(ANSWER_RETURN, 0), rule)
#define JUMP(rule, to) ANSWER(WORD(ANSWER_JUMP, to), rule)
#define GOTO(rule, to) ANSWER(WORD(ANSWER_GOTO, to), rule)
/* With ACCEPT and DROP. */
#define COUNTS(counter) ((__u64)settings.cell_of[counter] << 32)
/* A brief answer: RULE and COUNTER (+ 1; 0: none) have 14 bits each. */
#define BRIEF(answer, rule, counter) ((__u32)(answer) << 28 | (counter) << 14 | (rule))
#define BRIEF_END BRIEF(ANSWER_RETURN, 0, 0)
#define BRIEF_COUNTER(brief) ((brief) >> 14 & 0x3fff)
#define WHOLE_ANSWER(brief) ANSWER((brief) & 0xf0000000, (brief) & 0x3fff)
#define CHAIN_END ANSWER(WORD(ANSWER_RETURN, 0), 0)
#define NEXT_RUN(to) ANSWER(WORD(ANSWER_CONTINUE, to), 0)

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 2);	/* the loader says how many */
	MAP_SHAPE(key, __u32);
	MAP_SHAPE(value, struct xdpfw_page);
} xdpfw_cells SEC(".maps");

/* The loader changes rows while packets read.  A variable: its place is known without a look-up. */
struct xdpfw_device_table devices SEC(XDPFW_DEVICES);

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_SHAPE(key, __u32);
	MAP_SHAPE(value, struct xdpfw_trail);
} xdpfw_trail SEC(".maps");

/* YES where FOUND is 1, NO where it is 0, without a branch. */
#define CHOOSE(found, yes, no)                                                                 \
	({                                                                                     \
		__u64 mask_ = -(__u64)(found), yes_ = (yes), no_ = (no);                       \
		HIDE(mask_);                                                                   \
		no_ ^ ((no_ ^ yes_) & mask_);                                                  \
	})

/*
 * One cell per CPU, and a packet is never interrupted by another: no atomics.  The verifier knows
 * ONE_PAGE, and that page's look-up does not wait for the rule.
 */
XDPFW_INLINE void count_on_page(__u32 cell, __u32 bytes, const bool one_page)
{
	struct xdpfw_cell *value;
	struct xdpfw_page *page;
	__u32 number = 0;

	if (!one_page)
		number = cell / XDPFW_PAGE_CELLS;
	page = bpf_map_lookup_elem(&xdpfw_cells, &number);
	if (!page)
		return;
	value = &page->cell[cell % XDPFW_PAGE_CELLS];
	value->packets++;
	value->bytes += bytes;
}

/*
 * Not inlined: the kernel rewrites each look-up of a map at a cost that grows with the program, and
 * with 2,000 counters a load took 20 times as long.
 */
__attribute__((noinline, unused)) static void count_aside(__u32 cell, __u32 bytes,
							   const bool one_page)
{
	count_on_page(cell, bytes, one_page);
}

#define COUNT_HERE(cell, bytes) count_on_page(cell, bytes, settings.config.one_page)
#define COUNT_CELL(cell, bytes) count_aside(cell, bytes, settings.config.one_page)

/*
 * The slot of a device that is not at home, or XDPFW_DEVICE_SLOTS + 1 when it has none.  Few
 * packets need it: the loader keeps devices at home.
 */
XDPFW_ALONE __u32 find_late_device(__u32 ifindex)
{
	__u32 home = (ifindex * devices.hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS);

#pragma unroll
	for (__u32 i = 1; i < XDPFW_DEVICE_PROBES; i++) {
		__u32 at = (home + i) & (XDPFW_DEVICE_SLOTS - 1);

		if (*(const volatile __u32 *)&devices.slot[at].ifindex == ifindex)
			return at;
	}
	return devices.slot[XDPFW_DEVICE_OTHER].ifindex ? XDPFW_DEVICE_OTHER :
							  XDPFW_DEVICE_SLOTS + 1;
}

/*
 * NULL when no base chain runs on the device.  Which slot it was is hidden from the verifier, or it
 * would read the whole program once for either way to it.
 */
XDPFW_INLINE const struct xdpfw_device *find_device(__u32 ifindex)
{
	__u32 at = (ifindex * devices.hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS);

	if (*(const volatile __u32 *)&devices.slot[at].ifindex != ifindex)
		at = find_late_device(ifindex);
	HIDE(at);
	if (at > XDPFW_DEVICE_OTHER || devices.slot[at].entry == XDPFW_ENTRY_PASS)
		return 0;
	return &devices.slot[at];
}

/* The home slot of a device, which may hold another one; no NULL, which clang would make of it. */
XDPFW_INLINE const struct xdpfw_device *home_of_device(__u32 ifindex)
{
	return &devices.slot[(ifindex * devices.hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS)];
}

#define IS_DEVICE(device, number) (*(const volatile __u32 *)&(device)->ifindex == (number))

/*
 * The trail: which rule ended each base chain, for the proof before a ruleset goes live.  It is
 * written behind `if (settings.config.prove)`, which is constant when the program is verified, so
 * live programs have none of this; in functions, so that clang keeps no register free for them.
 */
XDPFW_ALONE int trail_reason(__u32 reason)
{
	struct xdpfw_trail *trail;
	__u32 zero = 0;

	trail = bpf_map_lookup_elem(&xdpfw_trail, &zero);
	if (!trail)
		return 0;
	trail->reason = reason;
	trail->count = 0;
	return 0;
}

/* PLACE: how many base chains of the device ran before. */
XDPFW_ALONE int trail_rule(__u32 place, __u32 rule)
{
	struct xdpfw_trail *trail;
	__u32 zero = 0;

	trail = bpf_map_lookup_elem(&xdpfw_trail, &zero);
	HIDE(place);
	if (!trail || place >= XDPFW_MAX_BASE_CHAINS)
		return 0;
	trail->reason = XDPFW_REASON_CHAINS;
	trail->rule[place] = rule;
	trail->count = place + 1;
	return 0;
}

/* What a base chain answered. */
XDPFW_ALONE int trail_answer(__u32 place, __u64 answer)
{
	switch (answer >> 60) {
	case ANSWER_RETURN:
		return trail_rule(place, XDPFW_TRAIL_POLICY);
	case ANSWER_ACCEPT:
	case ANSWER_DROP:
		return trail_rule(place, (__u32)answer);
	case ANSWER_TOO_LONG:
		return trail_reason(XDPFW_REASON_TOO_LONG);
	default:
		return trail_reason(XDPFW_REASON_FAULT);
	}
}

/*
 * What a base chain's answer means: true to drop the packet now, false to go on.  A table of bits,
 * not a switch: which rule matched is hard to guess for a processor, and it shall not guess twice.
 */
XDPFW_INLINE __u32 chain_passes(__u64 answer, const bool policy_drop)
{
	__u32 passes = 1 << ANSWER_ACCEPT | !policy_drop << ANSWER_RETURN;

	HIDE(passes);
	return passes >> (answer >> 60) & 1;
}

XDPFW_INLINE bool chain_drops(__u64 answer, const bool policy_drop)
{
	return !chain_passes(answer, policy_drop);
}

/* The same of the last base chain: what becomes of the packet. */
XDPFW_INLINE int chain_verdict(__u64 answer, const bool policy_drop)
{
	_Static_assert(XDP_PASS == XDP_DROP + 1, "chain_verdict");
	return XDP_DROP + chain_passes(answer, policy_drop);
}

/* Whether VALUE lies from LO to HI, both included. */
XDPFW_INLINE bool in32(__u32 value, __u32 lo, __u32 hi)
{
	return value - lo <= hi - lo;
}

XDPFW_INLINE bool in64(__u64 value, __u64 lo, __u64 hi)
{
	return value - lo <= hi - lo;
}

XDPFW_INLINE bool in128(__u64 high, __u64 low, __u64 lo_high, __u64 lo_low, __u64 hi_high,
			__u64 hi_low)
{
	return (high > lo_high || (high == lo_high && low >= lo_low)) &&
	       (high < hi_high || (high == hi_high && low <= hi_low));
}

#endif
