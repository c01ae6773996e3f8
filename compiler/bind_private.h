/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_private: what the files of bind share.
 *
 *	bind.c		carries out commands, finishes and numbers the ruleset
 *	bind_chain.c	chains: hook, devices, policy
 *	bind_jump.c	loops and depth of jumps
 *	bind_index.c	names
 *	bind_set.c	sets, maps and their elements
 *	bind_value.c	one value: literal, prefix, range, flags
 *	bind_rule.c	statements
 *	bind_depend.c	which protocols a rule has established, and the matches that nft adds
 *	bind_list.c	a rule's statements in the form that nft lists them
 */
#ifndef XDPFW_BIND_PRIVATE_H
#define XDPFW_BIND_PRIVATE_H

#include "compiler/base/limits.h"
#include "compiler/bind.h"

struct bind;

/* Names of one kind in one table; grows by doubling, never more than half full. */
struct bind_index {
	struct bind_index_slot { struct str name; void *item; } *slots;
	size_t cap, len;
};

void *bind_index_find(const struct bind_index *index, struct str name);
/* Helps the error reported last by the nearest name there is. */
void bind_suggest_name(struct bind *bind, const struct bind_index *index, struct str name);
void bind_index_add(struct arena *arena, struct bind_index *index, struct str name, void *item);

/* Elements FIRST up to END (not included) came by `create element`. */
struct bind_created {
	size_t first, end;
};

/* A set while the file is read: elements in the order they are written. */
struct bind_draft {
	struct bind_set *set;
	struct source_span size_span;
	bool overlapped;		/* elements may overlap and touch: they are merged */
	VEC(struct bind_created) created;
};

/* A chain while the file is read. */
struct bind_site {
	struct bind_chain *chain;
	struct source_span hook_span, policy_span;
	/* For the search for loops. */
	enum { BIND_SITE_NEW, BIND_SITE_OPEN, BIND_SITE_DONE } state;
	unsigned int height;		/* jumps on the longest way from here */
	struct bind_site *tallest;	/* its first step */
	struct source_span tallest_span;
};

struct bind_scope {
	struct bind_table *table;
	struct bind_index chains;	/* of struct bind_site */
	struct bind_index sets;		/* of struct bind_draft */
	VEC(struct bind_draft *) drafts;
};

struct bind {
	struct arena *arena;
	struct diag *diag;
	const struct bind_options *options;
	struct bind_ruleset *ruleset;
	VEC(struct bind_scope *) scopes;
	VEC(struct bind_site *) sites;	/* by the chain's number */
};

/* --- one value ------------------------------------------------------------------------------ */

/* What values are read as. */
struct bind_kind {
	const struct type *type;
	unsigned int bits;
};

/*
 * One constant of KIND: a literal, flags joined by commas or |, or an expression of constants.
 * Reports what is wrong and returns false.
 */
bool bind_constant(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		   u128 *ret_value);
/* A constant, prefix, range or "eth*"; host bits of a prefix are cleared. */
bool bind_interval(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		   struct bind_element *ret_element);
/* Bits that LO and HI have in common at their top, when they are ends of an aligned block; -1. */
int bind_prefix_len(unsigned int bits, u128 lo, u128 hi);

/* --- sets ----------------------------------------------------------------------------------- */

void bind_add_set(struct bind *bind, struct bind_scope *scope, const struct ast_set *ast,
		  bool create);
/* ELEMENTS is an AST_EXPR_SET. */
void bind_add_elements(struct bind *bind, struct bind_scope *scope, struct bind_draft *draft,
		       const struct ast_expr *elements, bool create);
/*
 * The values written in braces in a rule, in the order written, to be finished by the caller.
 * NULL when there is an error.
 */
struct bind_set *bind_anonymous(struct bind *bind, struct bind_scope *scope,
				struct bind_kind kind, const struct ast_expr *expr, bool is_map);
/* Sorts, merges, and checks for overlaps and size; also of anonymous sets. */
void bind_finish_set(struct bind *bind, struct bind_draft *draft);

/* --- chains --------------------------------------------------------------------------------- */

/* Makes the chain, or adds to the one there is.  Its rules are not looked at. */
void bind_add_chain(struct bind *bind, struct bind_scope *scope, const struct ast_chain *ast,
		    bool create);
/* --device */
void bind_override_devices(struct bind *bind);

/* --- finishing ------------------------------------------------------------------------------ */

/* Loops and depth of jumps; sets and chains are numbered already. */
void bind_check_jumps(struct bind *bind);

/* --- rules ---------------------------------------------------------------------------------- */

/* SPAN: where the verdict is, for messages about its chain. */
bool bind_verdict(struct bind *bind, struct bind_scope *scope, const struct ast_verdict *ast,
		  struct source_span span, struct bind_verdict *ret_verdict);
void bind_add_rule(struct bind *bind, struct bind_scope *scope, struct bind_chain *chain,
		   const struct ast_rule *ast);

/* How a match may be joined with its neighbours; see bind_list.c. */
enum bind_join { BIND_JOIN_NO, BIND_JOIN_EQ, BIND_JOIN_NEQ };

/* A statement while its rule is made. */
struct bind_work {
	struct bind_stmt stmt;
	enum bind_join join;
	bool gone;
	/* Statements joined to one: the whole in offset order, this one's follower in it. */
	struct bind_work *first, *last, *next;
};

/* --- protocols ------------------------------------------------------------------------------ */

#define BIND_DEPEND_MAX 16		/* tags and transport protocols that one rule can name */

/* One protocol, known by the statement at .span. */
struct bind_proto {
	const struct proto *proto;	/* NULL: one without fields here */
	const char *name;
	struct source_span span;
};

struct bind_depend {
	const struct proto *link;	/* NULL: the rule has not looked at the Ethernet header */
	unsigned int tags;		/* link headers passed */
	bool network_known, network_mixed;
	struct bind_proto network;
	struct bind_proto transports[BIND_DEPEND_MAX];
	unsigned int transport_count;
	bool transport_mixed;
	struct bind_proto transport;	/* the last one */
};

struct bind_rule_draft {
	struct bind *bind;
	struct bind_scope *scope;
	struct bind_depend depend;
	VEC(struct bind_work *) works;
};

struct bind_work *bind_push(struct bind_rule_draft *draft);
/* Makes FIELD readable: adds the matches it needs.  Reports a conflict and returns false. */
bool bind_need(struct bind_rule_draft *draft, const struct field *field, struct source_span span,
	       uint8_t *ret_depth);
/* FIELD == VALUE holds from here on.  Returns whether that is one more link header. */
bool bind_supply(struct bind_depend *depend, const struct field *field, u128 value,
		 struct source_span span);
/*
 * FIELD is one of SET's values, which are still in the order written: the last one counts, as in
 * nft, but no field of the protocols they name can be read.
 */
void bind_supply_several(struct bind_depend *depend, const struct field *field,
			 const struct bind_set *set, struct source_span span);

/* The rule's statements as nft evaluates and lists them. */
void bind_list(struct bind_rule_draft *draft, struct bind_rule *rule);

#endif
