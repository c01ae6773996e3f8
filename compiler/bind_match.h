/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_match: what bind_match.c and bind_compare.c share: a match while it is put together.
 */
#ifndef XDPFW_BIND_MATCH_H
#define XDPFW_BIND_MATCH_H

#include "compiler/bind_private.h"

struct bind_match {
	struct bind_rule_draft *draft;
	const struct ast_stmt *ast;
	struct bind_work *work;
	struct bind_part *part;		/* of the key's first, which is the only one of most */
	struct bind_kind kind;
	bool masked;			/* an operator is written, though it may do nothing */
	const struct ast_expr *outer;	/* the last operator, when it may move; NULL */
	u128 amount;			/* and what stands behind it */
	unsigned int shift;		/* how far bind_align() moved the values */
	bool negated;			/* a range around midnight turned round */
};

/* Nothing is done to the field. */
bool bind_is_plain(const struct bind_match *match);
/* Values are sets of flags with names; nft calls some plain numbers bitmasks, too. */
bool bind_has_flags(const struct bind_match *match);
/* Whether all fields of the key take OP (FIELD_OP_), which stands at SPAN and is called WHAT. */
bool bind_allows(const struct bind_match *match, unsigned int op, struct source_span span,
		 const char *what);
bool bind_is_equality(enum ast_match_op op);

/* The last operator stays with the field. */
void bind_keep_outer(struct bind_match *match);
/* Whether nft leaves the last operator with the field before ranges: it swaps their bytes. */
bool bind_keeps_outer(const struct bind_match *match);
/* The last operator goes over to VALUE; a field in host order keeps it before a RANGE, and <. */
bool bind_place_outer(struct bind_match *match, struct bind_value *value, bool range,
		      struct source_span span);
/* Bits that are only turned over: ((field & mask) ^ flip) == v is (field & mask) == v ^ flip. */
u128 bind_take_flip(const struct bind_match *match);

/* Whether nft shows the field as whole bytes with a mask. */
bool bind_is_unaligned(const struct bind_match *match);
/* The whole bytes that the field is in; returns how far to the left its values go there. */
unsigned int bind_align(struct bind_match *match);

/* The statement is a comparison with VALUE, which stands at SPAN. */
bool bind_settle_value(struct bind_match *match, const struct bind_value *value,
		       struct source_span span);

#endif
