/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ir: the meaning of a ruleset, and nothing else.
 *
 * A rule is a list of steps done in order.  A test loads a field, masks it and asks whether it
 * lies in a set of intervals; a load that fails (the bytes are not there) and a test that is
 * false both end the rule.  Whatever was done left of it stays done.
 *
 * Everything is numbered: loads, sets, maps, counters, rules, chains.  A chain's rules are
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
};

/* Inclusive at both ends. */
struct ir_interval {
	u128 lo, hi;
};

/* Sorted, disjoint, not touching.  Shared by the tests that name it. */
struct ir_set {
	struct str name;		/* of a named set; len 0 */
	VEC(struct ir_interval) intervals;
};

struct ir_map_entry {
	u128 lo, hi;
	struct ir_verdict verdict;
};

/* Sorted and disjoint. */
struct ir_map {
	struct str name;
	VEC(struct ir_map_entry) entries;
};

enum ir_step_kind {
	IR_STEP_TEST,			/* (load & mask) in set, or with .negate not in it */
	IR_STEP_COUNTER,
	IR_STEP_VERDICT,		/* CONTINUE does nothing */
	IR_STEP_MAP,			/* verdict of the entry that (load & mask) is in; no
					   entry: the rule ends; CONTINUE: the next step */
};

struct ir_step {
	enum ir_step_kind kind;
	struct source_span span;
	uint32_t load;
	u128 mask;			/* all ones of the field's width: no mask */
	uint32_t set;
	bool negate;
	uint32_t map;
	uint32_t counter;
	struct ir_verdict verdict;
};

struct ir_rule {
	struct source_span span;
	uint32_t chain;
	struct str text;		/* canonical, for the comment in the C text */
	const char *place;		/* "rules.conf:12" */
	VEC(struct ir_step) steps;
};

struct ir_chain {
	struct str table, name;
	uint32_t first_rule, rule_count;
	bool is_base;
	enum ir_verdict_kind policy;	/* ACCEPT or DROP, of a base chain */
	int32_t priority;
};

/*
 * One distinct ordered list of base chains, and the devices that run it.  Priority ascending; of
 * equal ones the later in the file first.
 */
struct ir_device {
	struct str name;
	struct source_span span;	/* where the ruleset names it first */
};

struct ir_entry {
	VEC(uint32_t) chains;
	VEC(struct ir_device) devices;	/* sorted by name */
};

struct ir {
	VEC(struct ir_load) loads;
	VEC(struct ir_set) sets;
	VEC(struct ir_map) maps;
	VEC(struct ir_rule) rules;
	VEC(struct ir_chain) chains;
	VEC(struct ir_entry) entries;
	uint32_t counter_count;
};

/* Whether VALUE lies in the set: binary search. */
bool ir_set_has(const struct ir_set *set, u128 value);
/* NULL when it lies in no entry. */
const struct ir_map_entry *ir_map_find(const struct ir_map *map, u128 value);

/* The load's name as an identifier, "ip_saddr", "vlan_id_1", "meta_iifname". */
void ir_load_name(const struct ir_load *load, struct buf *out);

/* --emit=ir */
void ir_print(const struct ir *ir, struct buf *out);

#endif
