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

struct bind_element {
	u128 lo, hi;			/* inclusive */
	enum bind_element_form form;
	struct bind_verdict verdict;	/* of a map */
	struct str comment;
	struct source_span span;
};

/* A set, or a verdict map, named or anonymous. */
struct bind_set {
	struct str name;		/* len 0: anonymous */
	struct source_span span;
	uint32_t number;		/* over the whole ruleset, in order of appearance */
	uint32_t handle;		/* for -a; 0 until given */
	bool is_map;
	const struct type *type;
	unsigned int bits;		/* of the type, or of the field for type_integer */
	bool flag_constant, flag_interval, auto_merge;
	bool has_size;
	uint32_t size;
	struct str policy;
	struct str comment;
	bool used;
	VEC(struct bind_element) elements;	/* sorted by lo, disjoint */
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

	/* MATCH, VMAP: the field; with mask, (field & mask). */
	const struct field *field;
	uint8_t depth;			/* vlan headers passed before this one */
	bool has_mask;			/* listed `field & mask == v` */
	bool mask_slash;		/* listed `tcp flags syn / syn,ack` */
	u128 mask;

	/* MATCH: op, against .value unless .set */
	enum bind_match_op op;
	struct bind_element value;
	struct bind_set *set;		/* also of VMAP; anonymous or named */

	/* COUNTER */
	uint32_t counter;		/* number over the whole ruleset, in order of appearance */
	uint64_t packets, bytes;	/* figures in the file */

	/* VERDICT */
	struct bind_verdict verdict;
};

struct bind_rule {
	struct source_span span;
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
	VEC(struct ast_name) devices;	/* sorted by name, each once */
	bool devices_braced;
	int32_t priority;
	bool has_policy;
	enum ast_verdict_kind policy;	/* accept or drop; accept when absent */
	struct str comment;
	VEC(struct bind_rule) rules;
};

struct bind_table {
	struct str name;
	struct source_span span;
	uint32_t handle;
	struct str comment;
	VEC(struct bind_set *) sets;	/* named ones, in file order */
	VEC(struct bind_chain *) chains;
};

struct bind_counter {
	const struct bind_rule *rule;
	uint64_t packets, bytes;	/* figures in the file */
};

struct bind_ruleset {
	VEC(struct bind_table *) tables;
	VEC(struct bind_chain *) chains;	/* by number */
	VEC(struct bind_rule *) rules;		/* by number */
	VEC(struct bind_set *) sets;		/* by number, anonymous ones too */
	VEC(struct bind_counter) counters;	/* by number */
	bool flushed;			/* the file says `flush ruleset` */
};

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
};

bool bind_ast(const struct ast *ast, const struct bind_options *options, struct arena *arena,
	  struct diag *diag, struct bind_ruleset **ret_ruleset);

#endif
