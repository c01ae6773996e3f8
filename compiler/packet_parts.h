/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_parts: what the files of packet share: random numbers, goals, the frame builder.
 */
#ifndef XDPFW_PACKET_PARTS_H
#define XDPFW_PACKET_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/ir.h"
#include "compiler/packet.h"

/* packet_random.c: numbers that depend on the seed alone. */
struct packet_random {
	uint64_t state;
};

uint64_t packet_random_next(struct packet_random *random);
/* From 0 up to END (not included, at least 1). */
uint64_t packet_random_below(struct packet_random *random, uint64_t end);
bool packet_random_one_in(struct packet_random *random, unsigned int count);
u128 packet_random_bits(struct packet_random *random, unsigned int bits);
/* From LO to HI (included). */
u128 packet_random_between(struct packet_random *random, u128 lo, u128 hi);
void packet_random_fill(struct packet_random *random, uint8_t *bytes, size_t count);

/* What a frame has to be: (load & mask) lies in SET, or from lo to hi when there is no set. */
struct packet_goal {
	uint32_t load;
	u128 mask;
	const struct ir_set *set;
	u128 lo, hi;
	bool negate;
	bool soft;			/* to be met where the others leave room */
	uint32_t step;			/* of the rule aimed at; or PACKET_NO_STEP */
};

#define PACKET_NO_STEP 0xffffffffu
#define PACKET_MAX_GOALS 96		/* more are left out: frames are aimed less well then */

struct packet_goals {
	size_t len;
	struct packet_goal at[PACKET_MAX_GOALS];
};

/* packet_goal.c */
bool packet_goal_holds(const struct packet_goal *goal, u128 value);
void packet_goal_add(struct packet_goals *goals, const struct packet_goal *goal);
void packet_goal_copy(struct packet_goals *to, const struct packet_goals *from);
/* Loads that read the same bits of a frame have the same slot. */
uint32_t packet_goal_slot(const struct ir_load *load);

/* The goals for one value. */
struct packet_choice {
	size_t len;
	const struct packet_goal *at[PACKET_MAX_GOALS];
};

void packet_goal_collect(const struct ir *ir, const struct packet_goals *goals, uint32_t slot,
			 struct packet_choice *choice);
/* A value of BITS bits that meets as many of the goals as was found. */
u128 packet_goal_pick(const struct packet_choice *choice, unsigned int bits,
		      struct packet_random *random);

/* A frame while it is made. */
struct packet_frame {
	size_t len;
	unsigned int tags;
	size_t network;			/* behind the last tag */
	size_t transport;
	uint8_t bytes[PACKET_MAX_BYTES];
};

/* What is done to a frame beside meeting its goals. */
enum packet_twist {
	PACKET_TWIST_NONE,
	PACKET_TWIST_NO_TAG,
	PACKET_TWIST_TAG,
	PACKET_TWIST_TAG_AD,		/* 0x88a8 */
	PACKET_TWIST_TWO_TAGS,
	PACKET_TWIST_OPTIONS,		/* IPv4 options, IPv6 extension headers */
	PACKET_TWIST_FIRST_FRAGMENT,
	PACKET_TWIST_LATER_FRAGMENT,
	PACKET_TWIST_PADDING,		/* bytes behind what the network header counts */
	PACKET_TWIST_LONG_TOTAL,	/* the network header counts more than there is */
	PACKET_TWIST_SHORT_TOTAL,	/* less than its own header */
	PACKET_TWIST_VERSION,		/* another IP version than the ether type says */
	PACKET_TWIST_SHORT_HEADER,	/* ihl 0 to 4 */
	PACKET_TWIST_JUMBO,
	PACKET_TWIST_CUT,		/* behind some header, in the middle of one */
	PACKET_TWIST_CUT_COUNTED,	/* and the network header counts what is left */
	PACKET_TWIST_COUNT,
};

/*
 * packet_build.c: makes a frame for GOALS.  True when the judge reads in it what the goals that
 * are not soft say.
 */
bool packet_build(const struct ir *ir, const struct xdpfw_device *device,
		  const struct packet_goals *goals, enum packet_twist twist,
		  struct packet_random *random, struct packet_frame *frame);

/* packet_compose.c: the layers of a frame. */
struct packet_layers {
	const struct ir *ir;
	const struct xdpfw_device *device;
	const struct packet_goals *goals;
	enum packet_twist twist;
	struct packet_random *random;
	struct packet_frame *frame;
	uint16_t type[8];		/* of the frame, behind its first tag, ... */
	bool raw_802_3;			/* ff ff behind a length */
	uint8_t l4proto;
	size_t need_transport;		/* transport bytes that goals read */
};

/* Picks by the goals of SLOT; false when there are none. */
bool packet_compose_pick(struct packet_layers *layers, uint32_t slot, unsigned int bits,
			 u128 *ret_value);
void packet_compose(struct packet_layers *layers);

/* packet_rule.c: the packets of one rule. */
struct packet_path {			/* how a chain is come to first */
	bool reached;
	uint32_t base;			/* place in the entry's list of base chains */
	uint32_t rule, step, map_entry;	/* the jump; PACKET_NO_RULE in a base chain */
};

struct packet_maker {
	const struct ir *ir;
	const struct xdpfw_device *device;
	struct packet_random random;
	struct arena *arena;
	struct packet_list *list;
	size_t limit;			/* 0: none */
	struct packet_path *paths;	/* by chain */
	uint32_t *rules;		/* that can be reached */
	size_t rule_count;
	uint64_t work;			/* rules the judge may still walk for us */
	struct packet_frame frame;
	struct packet_goals goals, attempt;
};

/* One packet that meets the rule. */
void packet_rule_hit(struct packet_maker *maker, uint32_t rule);
/* COUNT packets of the rule's edges and of all else, by chance. */
void packet_rule_sample(struct packet_maker *maker, uint32_t rule, size_t count);
/* All of them. */
void packet_rule_all(struct packet_maker *maker, uint32_t rule);
/* Adds the frame at hand, split at random. */
void packet_rule_add(struct packet_maker *maker, uint32_t rule);

/* packet_corner.c: values that corner packets take from the ruleset, to be about something. */
struct packet_corner_values {
	uint8_t daddr_ether[6], saddr_ether[6];
	uint32_t saddr, daddr;
	uint8_t saddr6[16], daddr6[16];
	uint16_t sport, dport;
	uint8_t fill;			/* of payloads */
};

void packet_corner_build(size_t number, const struct packet_corner_values *values,
			 struct packet_frame *frame);

#endif
