/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_part: what the parts of emit share.
 */
#ifndef XDPFW_EMIT_PART_H
#define XDPFW_EMIT_PART_H

#include "compiler/emit.h"

struct emit {
	const struct plan *plan;
	const struct ir *ir;
	struct buf *out;
	struct arena *arena;		/* freed when the text is done */
	bool *load_used;		/* per IR load: a rule of the program reads it */
	const struct field **set_field;	/* per IR set: a field looked up in it; NULL: none */
	const struct field **map_field;
	bool flip;			/* the next comparison is to be wrong */
};

/* emit_headers.c: the texts of bpf/xdpfw_*.h, in an order in which each finds what it needs. */
enum emit_header {
	EMIT_HEADER_BPF,
	EMIT_HEADER_ABI,
	EMIT_HEADER_LAYOUT,
	EMIT_HEADER_RUN,
	EMIT_HEADER_JUMP,
	EMIT_HEADER_TABLE,
	EMIT_HEADER_WALK,
};

/* One header without its #include lines. */
void emit_header(enum emit_header header, struct buf *out);

/* emit_text.c */

/* User text inside a C comment: cannot end it, open another, or join lines. */
void emit_comment_text(struct str text, struct buf *out);
/* "table t, chain in" */
void emit_chain_name(const struct ir_chain *chain, struct buf *out);
/* A number as people write values of FIELD (NULL: in hex). */
void emit_number(const struct field *field, uint64_t value, struct buf *out);

/* emit_fields.c: what is read of a packet. */

/* Whether a load is kept in two halves, _high and _low. */
bool emit_is_wide(const struct ir_load *load);
/* Bytes of struct fields. */
unsigned int emit_fields_bytes(const struct emit *emit);
/* Whether read_fields() wants to know the device. */
bool emit_reads_device(const struct emit *emit);
/* struct fields and read_fields(). */
void emit_fields(const struct emit *emit);

/* emit_set.c: set_N() and map_N(), for sets and maps that are not compared in a rule's line. */

/* Compares that a rule's line may hold; those of 128 bits are longer. */
#define EMIT_MAX_INLINE 3
#define EMIT_MAX_INLINE_WIDE 1

/* Whether the compares of a set are written into the rule's line. */
bool emit_set_is_inline(const struct emit *emit, uint32_t set);
void emit_sets(const struct emit *emit);
/* "in32(VALUE, 1, 5)": one interval against a value of up to 64 bits. */
void emit_interval(const struct field *field, const char *value, uint64_t lo, uint64_t hi,
		   bool wide, struct buf *out);
/* The same for a value in two halves. */
void emit_wide_interval(const char *high, const char *low, u128 lo, u128 hi, struct buf *out);

/* emit_rule.c: the runs. */

/* Whether a run can be entered at other places than its first rule: run_N(f, from). */
bool emit_run_has_places(const struct emit *emit, const struct plan_run *run);
void emit_runs(struct emit *emit);

/* emit_main.c: run_at() and the program. */

/* Whether some chain goes on after its first run: the program needs xdpfw_jump.h. */
bool emit_needs_jump(const struct emit *emit);
void emit_run_at(const struct emit *emit);
void emit_main(const struct emit *emit);

#endif
