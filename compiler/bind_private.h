/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_private: what the files of bind share.
 *
 *	bind.c		carries out commands, finishes and numbers the ruleset
 *	bind_chain.c	chains: hook, devices, policy
 *	bind_failsafe.c	rules in front of every base chain
 *	bind_jump.c	loops and depth of jumps
 *	bind_index.c	names
 *	bind_object.c	named counters
 *	bind_set.c	sets, maps and their elements
 *	bind_finish.c	elements sorted, merged, checked
 *	bind_box.c	likewise with keys of several parts
 *	bind_value.c	one value: literal, prefix, range, flags
 *	bind_key.c	what is compared: fields with operators, concatenated
 *	bind_rule.c	statements
 *	bind_match.c	matches and look-ups: a key, and what it is compared with
 *	bind_compare.c	one value
 *	bind_depend.c	which protocols a rule has established, and the matches that nft adds
 *	bind_list.c	a rule's statements in the form that nft lists them
 *	bind_leave.c	what that listing leaves out
 *	bind_reload.c	... and must not, or it would not mean the same when it is read again
 *	bind_raw.c	bits without a name that are fields
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
	unsigned int shift;		/* values were moved so far left: a step */
	size_t room;			/* of a filled constant set; 0: any */
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
	unsigned int flips;		/* how often `flags dormant` came and went */
	bool has_rules;			/* a rule was added since the last `flush table` */
	struct bind_index chains;	/* of struct bind_site */
	struct bind_index sets;		/* of struct bind_draft */
	struct bind_index objects;	/* of struct bind_object */
	VEC(struct bind_draft *) drafts;
};

struct bind {
	struct arena *arena;
	struct arena *scratch;		/* emptied before each rule */
	struct diag *diag;
	const struct bind_options *options;
	struct bind_ruleset *ruleset;
	VEC(struct bind_scope *) scopes;
	VEC(struct bind_site *) sites;	/* by the chain's number */
	bool full;			/* too many tables, reported: no more commands */
};

/* --- one value ------------------------------------------------------------------------------ */

/*
 * One constant of KIND: a literal, flags joined by commas or |, or an expression of constants.
 * Reports what is wrong and returns false.
 */
bool bind_constant(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		   u128 *ret_value);
/* A constant, prefix, range or "eth*"; host bits of a prefix are cleared. */
bool bind_interval(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		   struct bind_value *ret_value);
/* A constant of a raw field of BITS bits, 129 to 512: one value for each part. */
bool bind_wide(struct bind *bind, unsigned int bits, const struct ast_expr *expr,
	       struct bind_value *ret_values);
/* Bits that LO and HI have in common at their top, when they are ends of an aligned block; -1. */
int bind_prefix_len(unsigned int bits, u128 lo, u128 hi);

/* --- keys ----------------------------------------------------------------------------------- */

#define BIND_MAX_REGISTERS 16		/* nft's 64 bytes of key, in registers of 4 */

/*
 * The left side of a match, or what typeof names: a field with what is done to it, or several
 * concatenated.  Depths are still 0, nothing is said of what the fields need.
 */
bool bind_key(struct bind *bind, const struct ast_expr *expr, struct bind_key *ret_key);
/* What stands behind the operator of EXPR, which is to be applied to PART. */
bool bind_operand(struct bind *bind, const struct ast_expr *expr, const struct bind_part *part,
		  u128 *ret_value);
void bind_operate(struct bind_part *part, enum ast_expr_kind operation, u128 value);
/*
 * FIELD begins in one byte and ends inside another: nft 1.0.6 shifts constants to where it is, but
 * behind an operator, before a named set and in concatenations it shifts the field, and does so
 * in the host's byte order: on little-endian hosts it compares other bits.
 */
bool bind_is_astride(const struct field *field);
/* Says why FIELD takes no WHAT ("operator '&'", "named set"), and what to write instead. */
void bind_refuse_op(struct bind *bind, const struct field *field, struct source_span span,
		    const char *what);
/* To nft `@th,0,16` and `@th,16,16` are `th sport` and `th dport`; other fields are returned. */
const struct field *bind_plain_field(const struct field *field);
/* "tcp dport", "@th,16,16" */
const char *bind_field_text(struct bind *bind, const struct field *field);
/* Of PART, as values compared with it are read. */
struct bind_kind bind_part_kind(const struct bind_part *part);

/* --- named counters ------------------------------------------------------------------------- */

void bind_add_object(struct bind *bind, struct bind_scope *scope, const struct ast_counter *ast,
		     bool create);
/* Reports what is missing and returns NULL.  SPAN: where NAME is. */
struct bind_object *bind_find_object(struct bind *bind, struct bind_scope *scope, struct str name,
				     struct source_span span);

/* --- sets ----------------------------------------------------------------------------------- */

void bind_add_set(struct bind *bind, struct bind_scope *scope, const struct ast_set *ast,
		  bool create);
/* ELEMENTS is an AST_EXPR_SET. */
void bind_add_elements(struct bind *bind, struct bind_scope *scope, struct bind_draft *draft,
		       const struct ast_expr *elements, bool create);
/*
 * The values written in braces in a rule, to be compared with KEY, in the order written, to be
 * finished by the caller.  NULL when there is an error.
 */
struct bind_set *bind_anonymous(struct bind *bind, struct bind_scope *scope,
				const struct bind_key *key, const struct ast_expr *expr,
				enum ast_map_kind map);
void bind_finish_anonymous(struct bind *bind, struct bind_set *set);
/* Likewise, when the values were moved so far left: such a step apart they touch. */
void bind_finish_moved(struct bind *bind, struct bind_set *set, unsigned int shift);
/* Sorts, merges, and checks for overlaps and size. */
void bind_finish_set(struct bind *bind, struct bind_draft *draft);
/* Likewise, of keys with several parts: .elements is sorted as nft lists it. */
void bind_finish_boxes(struct bind *bind, struct bind_draft *draft);
/* Both sites of a conflict. */
void bind_tell_meeting(struct bind *bind, const struct bind_element *element,
		       const struct bind_element *other, const char *what);
/* Whether a `create` command brought ELEMENT, which is one of the draft's. */
bool bind_was_created(const struct bind_draft *draft, const struct bind_element *element);
/* VALUE, PREFIX or RANGE as nft lists it. */
void bind_settle_form(struct bind_kind kind, struct bind_value *value);
/* The one `*`; NULL when there is none. */
const struct bind_element *bind_find_catchall(struct bind *bind, const struct bind_draft *draft);
/* LAST is the element that makes COUNT. */
void bind_check_size(struct bind *bind, const struct bind_draft *draft, size_t count,
		     const struct bind_element *last);
/* Two elements with one key have one meaning; reports it when they have not. */
void bind_check_data(struct bind *bind, const struct bind_set *set,
		     const struct bind_element *element, const struct bind_element *other);
/* Whether SET holds what is compared with KEY: the same types, and widths of integers. */
bool bind_set_fits(const struct bind_set *set, const struct bind_key *key);
/* "ipv4_addr . inet_service" */
const char *bind_set_types(struct bind *bind, const struct bind_set *set);
/* "set", "map" */
const char *bind_set_noun(const struct bind_set *set);

/* --- chains --------------------------------------------------------------------------------- */

/* Makes the chain, or adds to the one there is.  Its rules are not looked at. */
void bind_add_chain(struct bind *bind, struct bind_scope *scope, const struct ast_chain *ast,
		    bool create);
/* --device */
void bind_override_devices(struct bind *bind);

/* --- failsafe rules ------------------------------------------------------------------------- */

/* Puts them in front of every base chain; no rule is numbered yet. */
void bind_add_failsafe(struct bind *bind);

/* --- finishing ------------------------------------------------------------------------------ */

/* Loops and depth of jumps; sets and chains are numbered already. */
void bind_check_jumps(struct bind *bind);

/* --- rules ---------------------------------------------------------------------------------- */

/* SPAN: where the verdict is, for messages about its chain. */
bool bind_verdict(struct bind *bind, struct bind_scope *scope, const struct ast_verdict *ast,
		  struct source_span span, struct bind_verdict *ret_verdict);
void bind_add_rule(struct bind *bind, struct bind_scope *scope, struct bind_chain *chain,
		   const struct ast_rule *ast);

/* --- matches (bind_match.c) ----------------------------------------------------------------- */

struct bind_rule_draft;

bool bind_match(struct bind_rule_draft *draft, const struct ast_stmt *ast);
/* STMT, == or != of (field & mask) and flags, in nft's four ways to write it. */
void bind_settle_flags(struct bind_stmt *stmt);
/* A look-up in a map: `vmap`, or the counters of `counter name F map M`. */
bool bind_lookup(struct bind_rule_draft *draft, const struct ast_stmt *ast,
		 enum ast_map_kind kind);

/* How a match may be joined with its neighbours; see bind_list.c. */
enum bind_join { BIND_JOIN_NO, BIND_JOIN_EQ, BIND_JOIN_NEQ };

/* Of PART, compared with one value by OP. */
enum bind_join bind_join_of(const struct bind_part *part, enum ast_match_op op);

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
	enum bind_family family;
	enum proto_id tunnel;		/* PROTO_META: none */
	const struct proto *link;	/* NULL: the rule has not looked at the Ethernet header */
	bool link_other;		/* it is of a device without one; */
	struct source_span link_span;	/* which was said here */
	bool link_mixed;		/* .link_span is a set of several devices, or with a tag */
	unsigned int tags;		/* link headers passed */
	bool network_known, network_mixed;
	struct bind_proto network;
	struct bind_proto transports[BIND_DEPEND_MAX];
	unsigned int transport_count;
	bool transport_mixed;
	struct bind_proto transport;	/* the last one */
	bool icmp_known;
	uint8_t icmp_type;
	struct source_span icmp_span;
};

#define BIND_TUNNELS (PROTO_GRETAP - PROTO_VXLAN + 1)

struct bind_rule_draft {
	struct bind *bind;
	struct bind_scope *scope;
	struct bind_depend depend;
	struct bind_depend inner[BIND_TUNNELS];	/* from PROTO_VXLAN on */
	VEC(struct bind_work *) works;
};

struct bind_work *bind_push(struct bind_rule_draft *draft);
/* What is known of the packet, or of what is inside TUNNEL. */
struct bind_depend *bind_depend_of(struct bind_rule_draft *draft, enum proto_id tunnel);
/* Makes PART readable: adds the matches it needs.  Reports a conflict and returns false. */
bool bind_need(struct bind_rule_draft *draft, struct bind_part *part, struct source_span span);
/* FIELD == VALUE holds from here on.  Returns whether that is one more link header. */
bool bind_supply(struct bind_depend *depend, const struct field *field, u128 value,
		 struct source_span span);
/*
 * FIELD is one of SET's values, which are still in the order written: the last one counts, as in
 * nft, but no field of the protocols they name can be read.
 */
void bind_supply_several(struct bind_depend *depend, const struct field *field,
			 const struct bind_set *set, struct source_span span);

/* STMT compares bits that have no name with one value. */
bool bind_is_bits(const struct bind_stmt *stmt);
/*
 * The first field of the bits that STMT compares, as far as DEPEND lets know; STMT becomes the
 * rest.  False: nothing is left of them.
 */
bool bind_take_bits(struct arena *arena, const struct bind_depend *depend, struct bind_stmt *stmt,
		    struct bind_stmt *ret_piece);
/* Names the bits, and the ports of any protocol, that STMT's key has. */
void bind_name_bits(struct bind *bind, const struct bind_depend *depend, struct bind_stmt *stmt);
/* Marks what the listing leaves out. */
void bind_leave_out(struct bind_rule_draft *draft, struct bind_rule *rule);
/* The rule's statements as nft evaluates and lists them. */
void bind_list_as_nft(struct bind_rule_draft *draft, struct bind_rule *rule);
/* Likewise, but the listing means the same when it is read again. */
void bind_list(struct bind_rule_draft *draft, struct bind_rule *rule);

#endif
