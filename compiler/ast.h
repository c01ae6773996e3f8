/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ast: a ruleset as it is written: names not looked up, values not typed, variables and includes
 * already replaced (a variable's use keeps the span of the use).
 */
#ifndef XDPFW_AST_H
#define XDPFW_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/source.h"
#include "compiler/base/vec.h"
#include "compiler/field.h"
#include "compiler/token.h"

struct ast_name {
	struct str text;		/* len 0: absent */
	struct source_span span;
};

enum ast_verdict_kind {
	AST_VERDICT_ACCEPT,
	AST_VERDICT_DROP,
	AST_VERDICT_CONTINUE,
	AST_VERDICT_RETURN,
	AST_VERDICT_JUMP,
	AST_VERDICT_GOTO,
};

struct ast_verdict {
	enum ast_verdict_kind kind;
	struct ast_name chain;		/* of jump and goto */
};

enum ast_expr_kind {
	AST_EXPR_LITERAL,		/* one token: .token (WORD NUMBER STRING ADDRESS) */
	AST_EXPR_FIELD,			/* tcp dport: .field; vxlan tcp dport: .tunnel too */
	AST_EXPR_PREFIX,		/* .left / .prefix_len */
	AST_EXPR_RANGE,			/* .left - .right */
	AST_EXPR_LIST,			/* a,b,c outside braces: .items */
	AST_EXPR_SET,			/* { ... }: .items, none of them a set; written braces have
					   at least one, a variable may bring none */
	AST_EXPR_MAPPING,		/* inside a map: .left : .right, a VERDICT, or for a map of
					   counters a LITERAL, the counter's name */
	AST_EXPR_SET_REF,		/* @name: .name */
	AST_EXPR_VERDICT,		/* inside a map: .verdict */
	AST_EXPR_CONCAT,		/* a . b . c: .items, at least two, none a CONCAT */
	AST_EXPR_CATCHALL,		/* `*`, an element for all others */
	AST_EXPR_AND, AST_EXPR_OR, AST_EXPR_XOR,	/* .left op .right */
	AST_EXPR_LSHIFT, AST_EXPR_RSHIFT,
};

/* What stands behind the key of a set element. */
struct ast_options {
	struct ast_name comment;
	bool has_counter;		/* counter packets P bytes B */
	struct source_span counter_span;
	uint64_t packets, bytes;
};

/* A set may hold a million of these: only the members that the kind's line names are there. */
struct ast_expr {
	enum ast_expr_kind kind;
	struct source_span span;	/* of what a variable brought: the use; but items of a set,
					   list or concatenation keep their own places */
	const struct ast_options *options;	/* of a set element; NULL: none */
	union {
		struct token token;
		struct {
			const struct field *field;
			enum proto_id tunnel;	/* PROTO_META: none */
		};
		struct ast_name name;
		struct ast_verdict verdict;
		struct {
			struct ast_expr *left, *right;
			uint32_t prefix_len;
		};
		VEC(struct ast_expr *) items;
	};
};

static inline bool ast_expr_has_items(const struct ast_expr *expr)
{
	return expr->kind == AST_EXPR_LIST || expr->kind == AST_EXPR_SET ||
	       expr->kind == AST_EXPR_CONCAT;
}

/* .left, and but for a prefix .right */
static inline bool ast_expr_has_sides(const struct ast_expr *expr)
{
	return expr->kind == AST_EXPR_PREFIX || expr->kind == AST_EXPR_RANGE ||
	       expr->kind == AST_EXPR_MAPPING ||
	       (expr->kind >= AST_EXPR_AND && expr->kind <= AST_EXPR_RSHIFT);
}

/* ELEMENT's options, which its key has when a variable brought that; NULL: none. */
static inline const struct ast_options *ast_options_of(const struct ast_expr *element)
{
	if (!element->options && element->kind == AST_EXPR_MAPPING)
		return element->left->options;
	return element->options;
}

enum ast_match_op {
	AST_MATCH_IMPLICIT,		/* tcp dport 22 */
	AST_MATCH_EQ, AST_MATCH_NEQ, AST_MATCH_LT, AST_MATCH_GT, AST_MATCH_LTE, AST_MATCH_GTE,
	AST_MATCH_NONE_OF,		/* tcp flags ! syn,fin */
};

enum ast_stmt_kind {
	AST_STMT_MATCH,			/* .left .op .right (/ .mask for `syn / syn,ack`) */
	AST_STMT_VMAP,			/* .left vmap .right */
	AST_STMT_COUNTER,		/* .packets .bytes; `counter name "x"`: .object; `counter
					   name F map M`: .left .right (SET or SET_REF) */
	AST_STMT_VERDICT,		/* .verdict */
};

struct ast_stmt {
	enum ast_stmt_kind kind;
	struct source_span span;
	enum ast_match_op op;
	struct ast_expr *left, *right, *mask;
	uint64_t packets, bytes;
	struct ast_name object;
	struct ast_verdict verdict;
};

struct ast_rule {
	struct source_span span;
	VEC(struct ast_stmt) stmts;
	struct ast_name comment;
};

struct ast_chain {
	struct ast_name name;
	struct source_span span;
	bool has_hook;			/* type filter hook ingress ... */
	struct source_span hook_span;
	VEC(struct ast_name) devices;
	bool devices_braced;		/* devices = { }, for printing */
	struct ast_name priority_word;	/* "filter"; absent: a plain number */
	struct source_span priority_span;
	int32_t priority;		/* the number, or the offset from the word */
	bool has_policy;
	struct source_span policy_span;
	enum ast_verdict_kind policy;
	struct ast_name comment;
	VEC(struct ast_rule) rules;
};

enum ast_map_kind {
	AST_MAP_NONE,			/* a set */
	AST_MAP_VERDICT,		/* type X : verdict */
	AST_MAP_COUNTER,		/* type X : counter */
};

/* A named set or map. */
struct ast_set {
	struct ast_name name;
	struct source_span span;
	enum ast_map_kind map;
	VEC(struct ast_name) types;	/* type ipv4_addr . inet_service: two; or */
	struct ast_expr *typeof_expr;	/* typeof ip saddr . tcp dport: FIELD or CONCAT, as the
					   left side of a match */
	struct source_span type_span;
	bool flag_constant, flag_interval, auto_merge;
	bool has_counter;		/* `counter` in the set's block: each element has one */
	struct source_span counter_span;
	struct source_span flags_span;
	bool has_size;
	uint32_t size;
	struct source_span size_span;
	struct ast_name policy;		/* performance, memory */
	struct ast_name comment;
	struct ast_expr *elements;	/* AST_EXPR_SET; NULL: none */
};

/* A named counter. */
struct ast_counter {
	struct ast_name name;
	struct source_span span;
	uint64_t packets, bytes;
	struct ast_name comment;
};

struct ast_table {
	struct ast_name family;		/* "netdev", "inet" */
	struct ast_name name;
	struct source_span span;
	bool dormant;			/* flags dormant */
	struct source_span flags_span;
	struct ast_name comment;
	VEC(struct ast_set) sets;
	VEC(struct ast_counter) counters;
	VEC(struct ast_chain) chains;
};

/*
 * A file is a list of commands, executed in order against an empty ruleset.  A `table T { }`
 * block is an ADD_TABLE whose table has content.
 */
enum ast_command_kind {
	AST_COMMAND_ADD_TABLE,		/* .table (whole block) */
	AST_COMMAND_ADD_CHAIN,		/* .table's names, .table.chains[0] (may hold rules) */
	AST_COMMAND_ADD_RULE,		/* .table's names, .chain, .rule */
	AST_COMMAND_ADD_SET,		/* .table's names, .table.sets[0] (also maps) */
	AST_COMMAND_ADD_COUNTER,	/* .table's names, .table.counters[0] */
	AST_COMMAND_ADD_ELEMENT,	/* .table's names, .set, .elements */
	AST_COMMAND_FLUSH_RULESET,	/* .table.family may be absent: all of them */
	AST_COMMAND_FLUSH_TABLE,	/* .table's names */
	AST_COMMAND_FLUSH_CHAIN,	/* .table's names, .chain */
};

struct ast_command {
	enum ast_command_kind kind;
	bool create;			/* `create`: an error when it exists */
	struct source_span span;
	struct ast_table table;
	struct ast_name chain;
	struct ast_name set;
	struct ast_rule rule;
	struct ast_expr *elements;
};

struct ast {
	VEC(struct ast_command) commands;
};

#endif
