/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_table: look-ups in the flat tables of big sets and maps.
 *
 * All tables (see xdpfw_layout.h) lie in one variable that the loader fills before the first
 * packet and nothing writes afterwards.  A look-up is told where its table is.
 *
 * Safety: every address is compared with the variable's size right before it is used, so a wrong
 * table is a miss, never an access elsewhere.
 *
 * The functions are global ones: verified once, whatever the number of tables and rules.
 */
#ifndef XDPFW_TABLE_H
#define XDPFW_TABLE_H

#include "xdpfw_bpf.h"
#include "xdpfw_layout.h"

#ifndef XDPFW_TABLE_BYTES
#define XDPFW_TABLE_BYTES 16
#endif

__u8 tables[XDPFW_TABLE_BYTES] SEC(".bss") __attribute__((aligned(16)));

/* BYTES (of the shape that the pointer is cast to) at offset AT; the verifier sees the test. */
#define TABLE_READ(shape, at, ret_value)                                                       \
	({                                                                                     \
		__u64 at_ = (at);                                                              \
		HIDE(at_);                                                                     \
		bool inside_ = at_ <= sizeof(tables) - sizeof(shape);                          \
		if (inside_)                                                                   \
			*(ret_value) = *(const shape *)(tables + at_);                         \
		inside_;                                                                       \
	})

/* Where it is; NULL when it is not inside.  The pointer is not made before the test. */
#define TABLE_AT(shape, at)                                                                    \
	({                                                                                     \
		const shape *found_ = 0;                                                       \
		__u64 at_ = (at);                                                              \
		HIDE(at_);                                                                     \
		if (at_ <= sizeof(tables) - sizeof(shape)) {                                   \
			HIDE(at_);                                                             \
			found_ = (const shape *)(tables + at_);                                \
		}                                                                              \
		found_;                                                                        \
	})

/* AT: where the table is; MASK: its number of slots - 1. */
XDPFW_ALONE __u32 table_hash32(__u32 key, __u32 at, __u32 mask, __u32 seed)
{
	__u32 home = table_mix(0, key, seed);
	struct table_slot32 slot;

	for (__u32 i = 0; i < TABLE_MAX_PROBES; i++) {
		if (!TABLE_READ(struct table_slot32,
				at + (__u64)((home + i) & mask) * sizeof(slot), &slot) ||
		    !slot.result)
			return 0;
		if (slot.key == key)
			return slot.result;
	}
	return 0;
}

XDPFW_ALONE __u32 table_hash64(__u64 key, __u32 at, __u32 mask, __u32 seed)
{
	__u32 home = table_mix(0, key, seed);
	struct table_slot64 slot;

	for (__u32 i = 0; i < TABLE_MAX_PROBES; i++) {
		if (!TABLE_READ(struct table_slot64,
				at + (__u64)((home + i) & mask) * sizeof(slot), &slot) ||
		    !slot.result)
			return 0;
		if (slot.key == key)
			return slot.result;
	}
	return 0;
}

XDPFW_ALONE __u32 table_hash128(__u64 high, __u64 low, __u32 at, __u32 mask, __u32 seed)
{
	__u32 home = table_mix(high, low, seed);
	struct table_slot128 slot;

	for (__u32 i = 0; i < TABLE_MAX_PROBES; i++) {
		if (!TABLE_READ(struct table_slot128,
				at + (__u64)((home + i) & mask) * sizeof(slot), &slot) ||
		    !slot.result)
			return 0;
		if (slot.high == high && slot.low == low)
			return slot.result;
	}
	return 0;
}

/*
 * 1 when A < B, else 0, without a jump: random keys would make the processor guess each step of
 * the search wrong half of the time.
 */
XDPFW_INLINE __u64 table_less(__u64 a, __u64 b)
{
	__u64 less = ((~a & b) | (~(a ^ b) & (a - b))) >> 63;

	HIDE(less);
	return less;
}

/* Likewise for equal. */
XDPFW_INLINE __u64 table_equal(__u64 a, __u64 b)
{
	__u64 differ = a ^ b, equal = ~(differ | -differ) >> 63;

	HIDE(equal);
	return equal;
}

/*
 * The last start that is not above the key: `found` grows by `step` when the start there is not
 * above it.  SLOTS is a power of two.
 */
XDPFW_ALONE __u32 table_search32(__u32 key, __u32 at, __u32 slots)
{
	__u64 found = 0, step = slots >> 1;
	__u32 start, result;

	for (__u32 i = 0; i < TABLE_MAX_BITS && step; i++) {
		if (!TABLE_READ(__u32, at + (found + step) * sizeof(start), &start))
			return 0;
		found += step & (table_less(key, start) - 1);
		step >>= 1;
	}
	if (!TABLE_READ(__u32, at + slots * (__u64)sizeof(start) + found * 4, &result))
		return 0;
	return result;
}

XDPFW_ALONE __u32 table_search64(__u64 key, __u32 at, __u32 slots)
{
	__u64 found = 0, step = slots >> 1, start;
	__u32 result;

	for (__u32 i = 0; i < TABLE_MAX_BITS && step; i++) {
		if (!TABLE_READ(__u64, at + (found + step) * sizeof(start), &start))
			return 0;
		found += step & (table_less(key, start) - 1);
		step >>= 1;
	}
	if (!TABLE_READ(__u32, at + slots * sizeof(start) + found * 4, &result))
		return 0;
	return result;
}

XDPFW_ALONE __u32 table_search128(__u64 high, __u64 low, __u32 at, __u32 slots)
{
	__u64 found = 0, step = slots >> 1, less;
	struct table_start128 start;
	__u32 result;

	for (__u32 i = 0; i < TABLE_MAX_BITS && step; i++) {
		if (!TABLE_READ(struct table_start128, at + (found + step) * sizeof(start),
				&start))
			return 0;
		less = table_less(high, start.high) |
		       (table_equal(high, start.high) & table_less(low, start.low));
		found += step & (less - 1);
		step >>= 1;
	}
	if (!TABLE_READ(__u32, at + slots * sizeof(start) + found * 4, &result))
		return 0;
	return result;
}

#ifdef XDPFW_KEY_LANES
/* A key of several parts that is not one number. */
struct key {
	__u64 lane[XDPFW_KEY_LANES];
};

/* A search through boxes; what each step does depends on their shape, and is generated. */
struct table_boxes {
	const struct key *key;
	struct hidden at;
	struct hidden found;		/* the result; 0: none yet */
};
#endif

#ifdef XDPFW_HASH_LANES
struct table_slot_lanes {
	__u64 lane[XDPFW_HASH_LANES];
	__u32 result, pad;
};

XDPFW_ALONE __u32 table_hash_lanes(const struct key *key, __u32 at, __u32 mask, __u32 seed)
{
	__u64 hash = 0, differ;
	const struct table_slot_lanes *slot;
	__u32 home;

	if (!key)
		return 0;
	for (__u32 i = 0; i < XDPFW_HASH_LANES; i++)
		hash = table_mix_lane(hash, key->lane[i]);
	home = table_mix(0, hash, seed);
	for (__u32 i = 0; i < TABLE_MAX_PROBES; i++) {
		slot = TABLE_AT(struct table_slot_lanes,
				at + (__u64)((home + i) & mask) * sizeof(*slot));
		if (!slot || !slot->result)
			return 0;
		differ = 0;
		for (__u32 j = 0; j < XDPFW_HASH_LANES; j++)
			differ |= slot->lane[j] ^ key->lane[j];
		if (!differ)
			return slot->result;
	}
	return 0;
}
#endif

#endif
