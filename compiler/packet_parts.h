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

/*
 * What one value of a frame has to be: the part that is made of it lies in one of COUNT intervals,
 * or from lo to hi when there are none.
 */
struct packet_goal {
	struct ir_part part;
	const struct ir_interval *intervals;	/* NULL: lo to hi */
	size_t count;
	u128 lo, hi;
	bool negate;
	bool soft;			/* to be met where the others leave room */
	uint32_t step;			/* of the rule aimed at; or PACKET_NO_STEP */
	uint64_t slot;			/* see packet_goal_slot(); packet_goal_add() sets it */
};

#define PACKET_NO_STEP 0xffffffffu
#define PACKET_MAX_GOALS 128		/* more are left out: frames are aimed less well then */

struct packet_goals {
	const struct ir *ir;
	bool ip;			/* for a chain of family inet, which sees IP only */
	size_t len;
	struct packet_goal at[PACKET_MAX_GOALS];
};

/* packet_goal.c */
bool packet_goal_holds(const struct ir *ir, const struct packet_goal *goal, u128 value);
void packet_goal_add(struct packet_goals *goals, const struct packet_goal *goal);
void packet_goal_copy(struct packet_goals *to, const struct packet_goals *from);

/*
 * A slot is what a load reads: loads of the same bits of a frame have the same one.  0 in .kind
 * is FIELD_LOAD_HEADER, whatever the field is called.
 */
#define PACKET_SLOT(kind, tunnel, base, number, bit, bits)                                     \
	((uint64_t)(kind) << 56 | (uint64_t)(tunnel) << 48 | (uint64_t)(base) << 40 |          \
	 (uint64_t)(number) << 32 | (uint64_t)(bit) << 8 | (uint64_t)(bits))

uint64_t packet_goal_slot(const struct ir_load *load);
/* The place of a load, with the tunnel that a tunnel's own header belongs to. */
struct ir_place packet_goal_place(const struct ir_load *load);
/* The bits of the load that the part is made of. */
u128 packet_goal_bits(const struct ir *ir, const struct ir_part *part);
/* A load of which PART is made as KEY; false when there is none. */
bool packet_goal_invert(const struct ir *ir, const struct ir_part *part, u128 key,
			struct packet_random *random, u128 *ret_value);
/* A part that is the load itself. */
struct ir_part packet_goal_plain(const struct ir *ir, uint32_t load);

/* The goals for one value. */
struct packet_choice {
	const struct ir *ir;
	size_t len;
	const struct packet_goal *at[PACKET_MAX_GOALS];
};

void packet_goal_collect(const struct packet_goals *goals, uint64_t slot,
			 struct packet_choice *choice);
/* Whether it is clear, without a search, that no value meets the goals that are not soft. */
bool packet_goal_conflict(const struct packet_choice *choice);
bool packet_goal_all_hold(const struct packet_choice *choice, u128 value);
/* A value of BITS bits that meets as many of the goals as was found. */
u128 packet_goal_pick(const struct packet_choice *choice, unsigned int bits,
		      struct packet_random *random);

/* packet_key.c: what a step's key is looked up in: boxes of as many intervals as it has parts. */
struct packet_key {
	const struct ir_part *parts;
	size_t part_count;
	const struct ir_interval *boxes;
	size_t count;
};

#define PACKET_REST 0xffffffffu		/* instead of a box: a map's rest */

/* False when the step has no key. */
bool packet_key_of(const struct ir *ir, const struct ir_step *step, struct packet_key *ret_key);
/* Whether VALUES, one for each part, lie in the step's set, or in an entry of its map. */
bool packet_key_has(const struct ir *ir, const struct ir_step *step, const u128 *values);
/* Goals for the key to lie in box BOX; with PACKET_REST: in none. */
void packet_key_add_box(struct packet_goals *goals, const struct packet_key *key, uint32_t box,
			const struct packet_goal *like, struct packet_random *random);
/* Goals for the step not to end the rule; with MISS, to end it. */
void packet_key_add(struct packet_goals *goals, const struct ir_step *step,
		    const struct packet_goal *like, bool miss, struct packet_random *random);

/* Where a place begins in a frame. */
struct packet_spot {
	struct ir_place place;
	size_t offset;
};

#define PACKET_MAX_SPOTS 64

/* A frame while it is made. */
struct packet_frame {
	size_t len;
	unsigned int tags;
	size_t network;			/* behind the last tag */
	size_t transport;
	size_t inner_network;		/* in a tunnel; 0: there is none */
	uint16_t inner_type;
	struct xdpfw_given given;
	size_t spot_count;
	struct packet_spot spots[PACKET_MAX_SPOTS];
	/* Headers that the frame has no room for are written behind it and left out. */
	uint8_t bytes[PACKET_MAX_BYTES + 64];
};

/* What is done to a frame beside meeting its goals. */
enum packet_twist {
	PACKET_TWIST_NONE,
	PACKET_TWIST_NO_TAG,
	PACKET_TWIST_TAG,
	PACKET_TWIST_TAG_AD,		/* 0x88a8 */
	PACKET_TWIST_TWO_TAGS,
	PACKET_TWIST_OPTIONS,		/* IPv4 and TCP options, IPv6 extension headers */
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
	PACKET_TWIST_LENGTH_BYTE,	/* an option's, extension header's or chunk's length */
	PACKET_TWIST_COUNT,
};

/*
 * packet_build.c: makes a frame for GOALS.  True when the judge reads in it what the goals that
 * are not soft say.
 */
bool packet_build(const struct xdpfw_device *device, const struct packet_goals *goals,
		  enum packet_twist twist, struct packet_random *random,
		  struct packet_frame *frame);

#define PACKET_MAX_TAGS 6

/* packet_compose.c: the layers of a frame. */
struct packet_layers {
	const struct ir *ir;
	const struct xdpfw_device *device;
	const struct packet_goals *goals;
	enum packet_twist twist, inner_twist;
	struct packet_random *random;
	struct packet_frame *frame;
	enum proto_id tunnel;		/* whose inside is being made; PROTO_META: none's */
	enum proto_id tunnel_wanted;	/* whose inside goals speak of */
	unsigned int tags;
	uint16_t type[PACKET_MAX_TAGS + 2];	/* of the frame, behind its first tag, ... */
	bool raw_802_3;			/* ff ff behind a length */
	uint8_t l4proto;
};

/* Picks by the goals of SLOT; false when there are none. */
bool packet_compose_pick(struct packet_layers *layers, uint64_t slot, unsigned int bits,
			 u128 *ret_value);
/* The slot of BITS bits of a header of the layer that is being made. */
uint64_t packet_compose_slot(const struct packet_layers *layers, enum field_base base,
			     uint8_t number, unsigned int bit, unsigned int bits);
uint64_t packet_compose_slot_meta(const struct packet_layers *layers, enum field_load load);
/*
 * COUNT bytes more at the frame's end, random; fewer when it is full, but the first 64 can be
 * written all the same.
 */
uint8_t *packet_compose_reserve(struct packet_layers *layers, size_t count);
/* The place begins at OFFSET, when no other of its kind does before. */
void packet_compose_spot(struct packet_layers *layers, enum field_base base, uint8_t number,
			 size_t offset);
/* Whether the field's goals that are not soft speak of the layer being made. */
bool packet_compose_speaks(const struct packet_layers *layers, const struct packet_goal *goal);
/* TWIST_INSIDE: what the twist is done to is inside of the tunnel, when there is one. */
void packet_compose(struct packet_layers *layers, bool twist_inside);
/* Only what is behind a tunnel's header. */
void packet_compose_inside(struct packet_layers *layers);

static inline void packet_put_short(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* packet_need.c: the extension headers, options or chunks that goals ask for. */
struct packet_need {
	uint8_t number;
	bool wanted;			/* false: it must not be there */
	size_t bytes;			/* that goals read of it */
};

#define PACKET_MAX_NEEDS 24

struct packet_needs {
	size_t len;
	struct packet_need at[PACKET_MAX_NEEDS];
};

/* In random order. */
void packet_need_collect(struct packet_layers *layers, enum field_base base,
			 struct packet_needs *ret_needs);
bool packet_need_forbids(const struct packet_needs *needs, uint8_t number);

/* packet_network.c */
void packet_network_put_ipv4(struct packet_layers *layers);
void packet_network_put_ipv6(struct packet_layers *layers);
void packet_network_put_arp(struct packet_layers *layers);

/* packet_transport.c */
void packet_transport_put(struct packet_layers *layers);
/* A protocol that the goals' fields live in, or any. */
uint8_t packet_transport_usual(struct packet_layers *layers);

/* packet_option.c: options of BASE (IPv4's or TCP's), a multiple of 4 and at most 40 bytes. */
void packet_option_put(struct packet_layers *layers, enum field_base base, size_t room);

/* packet_tunnel.c: the tunnel's header and what is inside. */
void packet_tunnel_put(struct packet_layers *layers);
/* The transport protocol that carries the tunnel. */
uint8_t packet_tunnel_l4proto(enum proto_id tunnel);

/* packet_given.c: what goals ask of clock, CPU and chance. */
void packet_given_choose(const struct packet_goals *goals, struct packet_random *random,
			 struct xdpfw_given *ret_given);

/* packet_rule.c: the packets of one rule. */
struct packet_path {			/* how a chain is come to first */
	bool reached;
	uint32_t base;			/* place in the entry's list of base chains */
	uint32_t rule, step, box;	/* the jump; PACKET_NO_RULE in a base chain */
};

struct packet_maker {
	const struct ir *ir;
	struct interp_index *index;	/* may be NULL */
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

/* packet_reach.c: the goals that all packets of RULE start from, into maker->goals. */
void packet_reach_start(struct packet_maker *maker, uint32_t rule);
/* Makes a frame for GOALS that reaches RULE, if one is found; the goals learn from it. */
void packet_reach_build(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule);
/* The tests of RULE in front of step END; a map is met by some entry of it. */
void packet_reach_add_rule(struct packet_maker *maker, struct packet_goals *goals, uint32_t rule,
			   uint32_t end, bool aimed_at);
/* A packet cannot be made different in it. */
bool packet_reach_is_fixed(const struct ir *ir, const struct ir_part *part);

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
