/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print_part: what the files of print share.
 *
 *	print.c		tables, chains, rules, statements
 *	print_key.c	keys and values
 *	print_set.c	sets, maps and their elements
 *	print_list.c	one kind of thing, or one thing
 */
#ifndef XDPFW_PRINT_PART_H
#define XDPFW_PRINT_PART_H

#include "compiler/print.h"

/* --- pieces --------------------------------------------------------------------------------- */

void print_str(struct str text, struct buf *out);
/* " # handle N", when they are asked for. */
void print_handle(uint32_t handle, const struct print_options *options, struct buf *out);
/* A line of its own behind INDENT, when there is a comment. */
void print_comment_line(const char *indent, struct str comment, struct buf *out);
/* " comment "..."", when there is one. */
void print_comment(struct str comment, struct buf *out);
/* "packets P bytes B": of counter NUMBER, or the figures in the file. */
void print_figures(uint32_t number, uint64_t packets, uint64_t bytes,
		   const struct print_options *options, struct buf *out);

/* --- keys and values ------------------------------------------------------------------------ */

void print_key(const struct bind_key *key, struct buf *out);
/* " & 0xffff": a mask that leaves all bits. */
void print_whole_mask(const struct bind_part *part, struct buf *out);
/* The name of a field, "vxlan tcp dport". */
void print_part_field(const struct bind_part *part, struct buf *out);
bool print_part_has_mask(const struct bind_part *part);

/* How values are written. */
struct print_form {
	const struct type *type;
	unsigned int bits;
	bool hex;			/* numbers, of raw fields */
};

struct print_form print_form_of(const struct bind_part *part);
/* As an element of a set. */
void print_value(struct print_form form, const struct bind_value *value, struct buf *out);
/* One value, with its symbolic constant; a bitmask as `syn,ack`. */
void print_constant(struct print_form form, u128 value, struct buf *out);
/* One value without its symbolic constant. */
void print_number(struct print_form form, u128 value, struct buf *out);
/* A prefix or a range. */
void print_block(struct print_form form, const struct bind_value *value, struct buf *out);
/* The value of ELEMENT, of a raw field that is longer than a part. */
void print_wide(const struct bind_key *key, const struct bind_element *element, bool decimal,
		struct buf *out);

/* --- sets ----------------------------------------------------------------------------------- */

void print_set(const struct bind_set *set, const struct print_options *options, struct buf *out);
/* In a rule: @name or all that is in braces. */
void print_set_use(const struct bind_set *set, const struct print_options *options,
		   struct buf *out);
/* Whether SET is one of intervals, by its flag or by what it holds. */
bool print_set_has_ranges(const struct bind_set *set);

/* --- tables --------------------------------------------------------------------------------- */

const char *print_family(enum bind_family family);
void print_table(const struct bind_table *table, const struct print_options *options,
		 struct buf *out);
void print_object(const struct bind_object *object, const struct print_options *options,
		  struct buf *out);
/* RULES: also these. */
void print_chain(const struct bind_chain *chain, bool rules, const struct print_options *options,
		 struct buf *out);

#endif
