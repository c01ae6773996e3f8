/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_run: what rules answer, and what becomes of it.
 *
 * The numbers are those of xdpfw_layout.h.
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
#define CHAIN_END ANSWER(WORD(ANSWER_RETURN, 0), 0)
#define NEXT_RUN(to) ANSWER(WORD(ANSWER_CONTINUE, to), 0)

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1024);	/* the loader says how many */
	MAP_SHAPE(key, __u32);
	MAP_SHAPE(value, struct xdpfw_cell);
} xdpfw_cells SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_SHAPE(key, __u32);
	MAP_NUMBER(map_flags, BPF_F_MMAPABLE);	/* the loader changes rows while packets read */
	MAP_SHAPE(value, struct xdpfw_device_table);
} xdpfw_devices SEC(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_SHAPE(key, __u32);
	MAP_SHAPE(value, struct xdpfw_trail);
} xdpfw_trail SEC(".maps");

/*
 * One cell per CPU, and a packet is never interrupted by another: no atomics.  Not inlined: the
 * kernel rewrites each look-up of a map at a cost that grows with the program, and with 2,000
 * counters a load took 20 times as long.
 */
__attribute__((noinline, unused)) static void count_cell(__u32 cell, __u32 bytes)
{
	struct xdpfw_cell *value = bpf_map_lookup_elem(&xdpfw_cells, &cell);

	if (!value)
		return;
	value->packets++;
	value->bytes += bytes;
}

/*
 * NULL when no base chain runs on the device.  Which slot it was is hidden from the verifier, or it
 * would read the whole program once for each probe.
 */
XDPFW_INLINE const struct xdpfw_device *find_device(__u32 ifindex)
{
	__u32 zero = 0, home, found = XDPFW_DEVICE_OTHER;
	const struct xdpfw_device_table *table = bpf_map_lookup_elem(&xdpfw_devices, &zero);
	volatile struct hidden slot = {};

	if (!table)
		return 0;
	home = (ifindex * table->hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS);
#pragma unroll
	for (__u32 i = 0; i < XDPFW_DEVICE_PROBES; i++) {
		__u32 at = (home + i) & (XDPFW_DEVICE_SLOTS - 1);

		if (*(const volatile __u32 *)&table->slot[at].ifindex == ifindex) {
			found = at;
			break;
		}
	}
	if (found == XDPFW_DEVICE_OTHER && !table->slot[XDPFW_DEVICE_OTHER].ifindex)
		return 0;
	slot.value = found;
	found = slot.value;
	if (found > XDPFW_DEVICE_OTHER || table->slot[found].entry == XDPFW_ENTRY_PASS)
		return 0;
	return &table->slot[found];
}

/*
 * The trail: which rule ended each base chain, for the proof before a ruleset goes live.  PROVE is
 * constant when the program is verified; in live programs the verifier removes all of this.
 */
XDPFW_INLINE void trail_reason(bool prove, __u32 reason)
{
	struct xdpfw_trail *trail;
	__u32 zero = 0;

	if (!prove)
		return;
	trail = bpf_map_lookup_elem(&xdpfw_trail, &zero);
	if (!trail)
		return;
	trail->reason = reason;
	trail->count = 0;
}

/* PLACE: how many base chains of the device ran before. */
XDPFW_INLINE void trail_rule(bool prove, __u32 place, __u32 rule)
{
	struct xdpfw_trail *trail;
	__u32 zero = 0;

	if (!prove)
		return;
	trail = bpf_map_lookup_elem(&xdpfw_trail, &zero);
	HIDE(place);
	if (!trail || place >= XDPFW_MAX_BASE_CHAINS)
		return;
	trail->rule[place] = rule;
	trail->count = place + 1;
}

/* What a base chain's answer means: true to drop the packet now, false to go on. */
XDPFW_INLINE bool chain_drops(bool prove, __u32 place, __u64 answer, const bool policy_drop)
{
	switch (answer >> 60) {
	case ANSWER_RETURN:
		trail_rule(prove, place, XDPFW_TRAIL_POLICY);
		return policy_drop;
	case ANSWER_ACCEPT:
		trail_rule(prove, place, (__u32)answer);
		return 0;
	case ANSWER_DROP:
		trail_rule(prove, place, (__u32)answer);
		return 1;
	case ANSWER_TOO_LONG:
		trail_reason(prove, XDPFW_REASON_TOO_LONG);
		return 1;
	default:
		trail_reason(prove, XDPFW_REASON_FAULT);
		return 1;
	}
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
