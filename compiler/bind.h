/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind: AST -> bound AST.
 *
 * Carries the file's commands out in order against an empty ruleset, looks every name up, gives
 * every value its type, checks every rule of the language (this is the one consistency check),
 * and adds the matches that nft implies (SEMANTICS 5 and 2: `tcp dport 22` needs `meta l4proto
 * tcp`; `ip saddr` needs `meta protocol ip`, or `ether type ip` once the rule has looked at the
 * Ethernet header).  What comes out is the ruleset in nft's canonical form: print shows it,
 * lower gives it meaning.
 */
#ifndef XDPFW_BIND_H
#define XDPFW_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/ast.h"
#include "compiler/base/diag.h"
#include "compiler/base/u128.h"
#include "compiler/field.h"

struct bind_chain;

struct bind_verdict {
	enum ast_verdict_kind kind;
	struct bind_chain *chain;	/* of jump and goto */
};

enum bind_element_form {
	BIND_FORM_VALUE,		/* lo == hi */
	BIND_FORM_PREFIX,		/* lo, hi: an aligned block; also "eth*" */
	BIND_FORM_RANGE,
};

/* What one part of a key may be. */
struct bind_value {
	u128 lo, hi;			/* inclusive */
	enum bind_element_form form;
};

/* A named counter. */
struct bind_object {
	struct str name;
	struct source_span span;
	struct bind_table *table;
	uint32_t handle;
	uint32_t counter;		/* number over the whole ruleset */
	uint64_t packets, bytes;	/* figures in the file */
	struct str comment;
	bool used;
};

#define BIND_NO_COUNTER 0xffffffffu

/* What few elements have. */
struct bind_extra {
	bool has_counter;
	uint64_t packets, bytes;	/* of its own counter, figures in the file */
	struct str comment;
};

/* A set may hold a million of these. */
struct bind_element {
	struct bind_value value;	/* of the key's first part */
	struct bind_value *rest;	/* of the others; NULL when there is one part */
	struct bind_verdict verdict;	/* of a verdict map */
	struct bind_object *object;	/* of a map of counters */
	struct bind_extra *extra;	/* NULL: nothing of it */
	uint32_t counter;		/* its own; BIND_NO_COUNTER */
	bool catchall;			/* `*`: .value and .rest are all there is */
	struct source_span span;
};

/* PART from 0. */
static inline const struct bind_value *bind_element_value(const struct bind_element *element,
							  size_t part)
{
	return part ? &element->rest[part - 1] : &element->value;
}

/* The type of one part of a key. */
struct bind_kind {
	const struct type *type;
	unsigned int bits;		/* of the type, or of the field for type_integer */
};

/*
 * A load with what is done to it.  Printed from the written form, which is kept as the operations
 * nft has after its evaluation; the value is ((load shifted) & mask) ^ flip.
 */
struct bind_part {
	const struct field *field;
	uint8_t depth;			/* vlan headers passed before this one */
	enum proto_id tunnel;		/* PROTO_META: none */
	int16_t shift;			/* to the left; negative: to the right */
	u128 mask;			/* all ones of the field's width: none */
	u128 flip;
};

/* IR_MAX_PARTS parts at most; a raw field of more than 128 bits is several. */
struct bind_key {
	VEC(struct bind_part) parts;
	uint16_t wide_bits;		/* all parts are one raw field of so many bits; 0: no */
};

/* A set, or a map of verdicts or counters, named or anonymous. */
struct bind_set {
	struct str name;		/* len 0: anonymous */
	struct source_span span;
	uint32_t number;		/* over the whole ruleset, in order of appearance */
	uint32_t handle;		/* for -a; 0 until given */
	enum ast_map_kind map;
	VEC(struct bind_kind) kinds;	/* of the key's parts */
	struct bind_key *typeof_key;	/* `typeof`: for printing; NULL: `type` */
	bool flag_constant, flag_interval, auto_merge;
	bool has_counter;		/* every element has one */
	bool has_size;
	uint32_t size;
	struct str policy;
	struct str comment;
	bool used;
	/* One part: sorted by lo, disjoint, `*` last.  Several: in the order nft lists them. */
	VEC(struct bind_element) elements;
};

enum bind_match_op {
	BIND_MATCH_EQ,			/* listed without an operator */
	BIND_MATCH_EQ_EXPLICIT,		/* listed with == (bitmask types, masked fields) */
	BIND_MATCH_NEQ,
	BIND_MATCH_LT, BIND_MATCH_GT, BIND_MATCH_LTE, BIND_MATCH_GTE,
	BIND_MATCH_ANY_OF,		/* tcp flags syn,ack: (flags & value) != 0 */
	BIND_MATCH_NONE_OF,		/* tcp flags ! syn,ack */
};

enum bind_stmt_kind {
	BIND_STMT_MATCH,
	BIND_STMT_VMAP,
	BIND_STMT_COUNTER,
	BIND_STMT_VERDICT,
};

struct bind_stmt {
	enum bind_stmt_kind kind;
	struct source_span span;
	bool implied;			/* nft adds it (or drops it from the listing): has meaning,
					   is not printed */

	/* MATCH, VMAP, COUNTER of a map */
	struct bind_key key;
	bool mask_slash;		/* listed `tcp flags syn / syn,ack` */
	bool apart;			/* listed with a mask of all bits: without one it would be
					   joined, or say which protocol follows */

	/* MATCH: op, against .value unless .set (which keys of several parts always have) */
	enum bind_match_op op;
	struct bind_element value;
	unsigned int head;		/* .value is a prefix of so many bits, and nft asks for
					   these alone: the rest may be cut off; 0: all are asked */
	struct bind_set *set;		/* also of VMAP and COUNTER; anonymous or named */

	/* COUNTER: its own (.counter), a named one (.object), or of the map .set */
	uint32_t counter;		/* number over the whole ruleset; BIND_NO_COUNTER */
	uint64_t packets, bytes;	/* figures in the file */
	struct bind_object *object;

	/* VERDICT */
	struct bind_verdict verdict;
};

struct bind_rule {
	struct source_span span;
	bool failsafe;			/* not the file's: not listed, and nobody's identity */
	uint32_t number;		/* over the whole ruleset; a chain's are consecutive */
	uint32_t handle;
	VEC(struct bind_stmt) stmts;
	struct str comment;
};

struct bind_chain {
	struct str name;
	struct source_span span;
	struct bind_table *table;
	uint32_t number;		/* over the whole ruleset, in the order they were made:
					   of equal priorities the higher number runs first */
	uint32_t handle;
	bool is_base;
	VEC(struct ast_name) devices;	/* sorted by name, each once; "eth*": see below */
	bool devices_braced;
	int32_t priority;
	bool has_policy;
	enum ast_verdict_kind policy;	/* accept or drop; accept when absent */
	struct str comment;
	VEC(struct bind_rule) rules;
};

/* "eth*": all devices whose names begin with what stands before the star. */
static inline bool bind_device_is_prefix(struct str name)
{
	return name.len && name.at[name.len - 1] == '*';
}

/* Whether PREFIX, "eth*", speaks of NAME, which may be a prefix itself. */
static inline bool bind_device_matches(struct str prefix, struct str name)
{
	return bind_device_is_prefix(prefix) && name.len >= prefix.len - 1 &&
	       !memcmp(prefix.at, name.at, prefix.len - 1);
}

enum bind_family {
	BIND_FAMILY_NETDEV,
	BIND_FAMILY_INET,
};

struct bind_table {
	enum bind_family family;
	struct str name;
	struct source_span span;
	uint32_t handle;
	bool dormant;			/* its base chains do not run */
	struct str comment;
	VEC(struct bind_set *) sets;	/* named ones, in file order */
	VEC(struct bind_object *) counters;	/* likewise */
	VEC(struct bind_chain *) chains;
};

/* One of .rule, .object, .element is set: whose counter it is. */
struct bind_counter {
	const struct bind_rule *rule;
	const struct bind_object *object;
	const struct bind_set *set;	/* of .element */
	const struct bind_element *element;
	uint64_t packets, bytes;	/* figures in the file */
};

struct bind_ruleset {
	VEC(struct bind_table *) tables;
	VEC(struct bind_chain *) chains;	/* by number */
	VEC(struct bind_rule *) rules;		/* by number */
	VEC(struct bind_set *) sets;		/* by number, anonymous ones too */
	VEC(struct bind_object *) objects;	/* in the order they were made */
	VEC(struct bind_counter) counters;	/* by number */
	VEC(struct bind_rule) failsafe;	/* as they were given, for printing */
	bool flushed;			/* the file says `flush ruleset` */
};

/* The named priorities at the ingress hook, lowest first; the last one has no name. */
struct bind_priority {
	const char *name;
	int32_t value;
};

const struct bind_priority *bind_priorities(enum bind_family family);

struct bind_options {
	/*
	 * --device: replaces the devices the file names.  Base chains that do not all name the
	 * same ones are an error that sets diag's .usage.
	 */
	const char *const *devices;
	size_t device_count;
	/*
	 * The text is a listing of ours: braces around one element are a set.  A user's are not,
	 * as for nft, but merging may leave a set with one element, and that is listed in braces.
	 */
	bool listing;
	/* Matches only: put as rules that accept in front of every base chain. */
	const struct ast_rule *failsafe;
	size_t failsafe_count;
};

bool bind_ast(const struct ast *ast, const struct bind_options *options, struct arena *arena,
	  struct diag *diag, struct bind_ruleset **ret_ruleset);

#endif
