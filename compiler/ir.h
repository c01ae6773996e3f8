/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir: the meaning of a ruleset, and nothing else.
 *
 * A rule is a list of steps done in order.  A test makes a key, of one field or of several, and
 * asks whether it lies in a set; a load that fails (the bytes are not there) and a test that is
 * false both end the rule.  Whatever was done left of it stays done.
 *
 * Everything is numbered: loads, keys, sets, maps, counters, rules, chains.  A chain's rules are
 * consecutive, so a place in the program is a rule number.
 */
#ifndef XDPFW_IR_H
#define XDPFW_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/buf.h"
#include "compiler/base/source.h"
#include "compiler/base/u128.h"
#include "compiler/base/vec.h"
#include "compiler/field.h"

enum ir_verdict_kind {
	IR_VERDICT_CONTINUE,
	IR_VERDICT_ACCEPT,		/* ends this base chain; the next priority still runs */
	IR_VERDICT_DROP,
	IR_VERDICT_RETURN,
	IR_VERDICT_JUMP,
	IR_VERDICT_GOTO,
};

struct ir_verdict {
	enum ir_verdict_kind kind;
	uint32_t chain;			/* number, of jump and goto */
};

/* A value of the packet that rules ask for: each distinct one once. */
struct ir_load {
	const struct field *field;
	uint8_t depth;			/* vlan headers passed */
	enum proto_id tunnel;		/* inside of this one; PROTO_META: not in a tunnel */
};

/*
 * One part of a key: ((load shifted) & mask) ^ flip, in as many bits as the field has.  Bits that
 * are shifted out at either end are gone, zeros come in.
 */
struct ir_part {
	uint32_t load;
	int16_t shift;			/* to the left; negative: to the right */
	u128 mask;			/* all ones of the field's width: no mask */
	u128 flip;			/* 0: none */
};

/* Each distinct one once.  Loads are done in order: the first that fails ends the rule. */
struct ir_key {
	VEC(struct ir_part) parts;	/* 1 to IR_MAX_PARTS */
};

#define IR_MAX_PARTS 16			/* nft's 64 bytes, in registers of 4 */

/* Inclusive at both ends. */
struct ir_interval {
	u128 lo, hi;
};

/*
 * With one part: intervals sorted, disjoint, not touching.  With several: boxes of that many
 * intervals each, one behind the other in .intervals, box I from I * parts on, sorted by their
 * lower ends; they may overlap.  Shared by the tests that name it.
 */
struct ir_set {
	struct str name;		/* of a named set; len 0 */
	uint32_t parts;
	VEC(struct ir_interval) intervals;
	const uint32_t *reach;		/* of boxes, see ir_make_reach(); NULL: look-ups are slow */
};

#define IR_NO_COUNTER 0xffffffffu

struct ir_map_entry {
	struct ir_verdict verdict;	/* CONTINUE: the rule goes on */
	uint32_t counter;		/* counted when the entry is found; IR_NO_COUNTER */
	uint32_t object;		/* likewise: of a map of counters; counted after it */
};

/*
 * As a set, each interval or box with an entry; boxes do not overlap.  Sets whose elements count,
 * and maps of counters, are maps with entries that only count.
 */
struct ir_map {
	struct str name;
	uint32_t parts;
	VEC(struct ir_interval) intervals;
	VEC(struct ir_map_entry) entries;
	const uint32_t *reach;		/* as in a set */
	bool has_rest;			/* `*`: for keys in no entry */
	struct ir_map_entry rest;
};

enum ir_step_kind {
	IR_STEP_TEST,			/* key in set, or with .negate not in it */
	IR_STEP_COUNTER,
	IR_STEP_VERDICT,		/* CONTINUE does nothing */
	IR_STEP_MAP,			/* look the key up: no entry ends the rule */
};

struct ir_step {
	enum ir_step_kind kind;
	struct source_span span;
	uint32_t key;			/* of TEST and MAP */
	uint32_t set;
	bool negate;
	uint32_t map;
	uint32_t counter;
	struct ir_verdict verdict;
};

struct ir_rule {
	struct source_span span;
	uint32_t chain;
	uint32_t source;		/* its number in the IR that lower made */
	struct str text;		/* canonical, for the comment in the C text */
	const char *place;		/* "rules.conf:12", "failsafe" */
	bool failsafe;			/* not the file's */
	VEC(struct ir_step) steps;
};

struct ir_chain {
	struct source_span span;
	struct str table, name;
	uint32_t first_rule, rule_count;
	bool is_base;
	enum ir_verdict_kind policy;	/* ACCEPT or DROP, of a base chain */
	int32_t priority;
	bool inet;			/* its table's family: see SEMANTICS 8a.  A base chain then
					   sees only IPv4 and IPv6, and drops what has no layer-4
					   information before its first rule, uncounted */
};

/*
 * One distinct ordered list of base chains, and the devices that run it.  Priority ascending; of
 * equal ones the later in the file first.
 */
struct ir_device {
	struct str name;		/* "veth*": the devices whose names begin so */
	struct source_span span;	/* where the ruleset names it first */
};

struct ir_entry {
	VEC(uint32_t) chains;
	VEC(struct ir_device) devices;	/* sorted by name */
};

struct ir {
	VEC(struct ir_load) loads;
	VEC(struct ir_key) keys;
	VEC(struct ir_set) sets;
	VEC(struct ir_map) maps;
	VEC(struct ir_rule) rules;
	VEC(struct ir_chain) chains;
	VEC(struct ir_entry) entries;
	uint32_t counter_count;
};

/* VALUES: one for each part. */
bool ir_set_has(const struct ir_set *set, const u128 *values);
/* NULL when it lies in no entry and there is no rest. */
const struct ir_map_entry *ir_map_find(const struct ir_map *map, const u128 *values);
/*
 * For each of COUNT boxes: which of it and those before it has the greatest upper ends, read as
 * one long number.
 */
const uint32_t *ir_make_reach(struct arena *arena, uint32_t parts,
			      const struct ir_interval *intervals, size_t count);

/* ((value shifted) & mask) ^ flip */
u128 ir_part_apply(const struct ir *ir, const struct ir_part *part, u128 value);
/* Some part of the key is given: see field_load_is_given(). */
bool ir_key_is_given(const struct ir *ir, uint32_t key);
/* Boxes by their lower ends, then their upper ends, the first of PARTS counting most. */
int ir_compare_boxes(const struct ir_interval *a, const struct ir_interval *b, uint32_t parts);
/* A part that is the load itself. */
bool ir_part_is_plain(const struct ir *ir, const struct ir_part *part);
unsigned int ir_part_bits(const struct ir *ir, const struct ir_part *part);

/* Where the load's bytes are: equal places are found once per packet. */
struct ir_place {
	enum field_base base;
	uint8_t number;
	enum proto_id tunnel;
};

struct ir_place ir_load_place(const struct ir_load *load);
bool ir_place_equal(const struct ir_place *a, const struct ir_place *b);

/* The load's name as an identifier, "ip_saddr", "vlan_id_1", "vxlan_ip_saddr", "raw_th_16_16". */
void ir_load_name(const struct ir_load *load, struct buf *out);
/* The place's: "link", "network", "transport", "tcp_option_2", "vxlan_network". */
void ir_place_name(const struct ir_place *place, struct buf *out);

/* Whether both give the same program: all but places and texts is equal. */
bool ir_is_same(const struct ir *a, const struct ir *b);

/* The IR as bytes, in pieces; equal ones exactly when ir_is_same(). */
typedef void ir_write_fn(void *context, const void *bytes, size_t len);
void ir_write(const struct ir *ir, ir_write_fn *put, void *context);

/* --emit=ir */
void ir_print(const struct ir *ir, struct buf *out);

#endif
