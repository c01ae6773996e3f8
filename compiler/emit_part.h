/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_part: what the parts of emit share.
 */
#ifndef XDPFW_EMIT_PART_H
#define XDPFW_EMIT_PART_H

#include "compiler/emit.h"

/* A part of a header that is looked at in one piece. */
struct emit_window {
	unsigned int start;		/* bytes behind the place's first, a multiple of 8 */
	unsigned int bytes;
	uint32_t number;		/* among those of the place */
};

#define EMIT_WINDOW_BYTES 64		/* its copy lies on the stack */

/* Something that loads of the program read bytes of, see struct ir_place. */
struct emit_place {
	struct ir_place place;
	const char *name;		/* of ir_place_name() */
	const char *len;		/* member of struct fields: bytes that are there */
	bool found;			/* by read_places(); else read_fields() knows it */
	bool bytes;			/* a field of it is read */
	bool asked;			/* whether it is there is asked */
	VEC(struct emit_window) windows;
};

/* What read_fields() has to find out. */
enum {
	EMIT_NEED_L4 = 1 << 0,		/* layer-4 information */
	EMIT_NEED_NFPROTO = 1 << 1,	/* f->nfproto */
	EMIT_NEED_NETWORK = 1 << 2,	/* f->network_at */
	EMIT_NEED_TRANSPORT = 1 << 3,	/* f->l4, f->th_at, f->th_len */
};

/* A key of several parts and the set or map it is looked up in: a function of the program. */
struct emit_pair {
	bool is_map;
	uint32_t number;
	uint32_t key;
	bool inet;			/* in chains of family inet, and that matters */
};

struct emit {
	const struct plan *plan;
	const struct ir *ir;
	struct buf *out;
	struct arena *arena;		/* freed when the text is done */
	VEC(struct emit_place) places;
	uint32_t *place_of;		/* per IR load of the program */
	uint32_t *windowed;		/* per IR load: number of its place's window + 1; 0: none */
	bool tunnels[PROTO_COUNT];	/* something is read inside of it */
	unsigned int needs;
	unsigned int fields_bytes;	/* of struct fields, once it is written */
	unsigned int fields_pad;	/* of these, at the end */
	bool plain;			/* plain packets are read without read_fields() */
	bool brief;			/* rules and counters are few: see emit_is_brief() */
	bool small;			/* and rules are a part of the program that calls them: see
					   emit_main_choose() */
	bool direct;			/* jumps are calls: see emit_direct.c */
	VEC(struct emit_pair) pairs;
	bool *set_called;		/* per IR set: set_N() is called */
	const struct field **set_field;	/* per IR set: a field looked up in it; NULL: none */
	const struct field **map_field;
	unsigned int *present;		/* per place: bytes known to be there, in a rule */
	bool by_number;			/* some map is, see struct plan_look */
	bool inet;			/* some base chain is of family inet */
	bool run_key, run_word;		/* the run that is being written uses these variables, */
	bool run_answer;		/* and this one */
	bool behind;			/* the rule that is being written goes to behind_N */
	bool flip;			/* the next comparison is to be wrong */
	bool stamp;			/* see emit.h */
};

#define EMIT_NO_PLACE 0xffffffffu

/* emit_headers.c: the texts of bpf/xdpfw_*.h, in an order in which each finds what it needs. */
enum emit_header {
	EMIT_HEADER_BPF,
	EMIT_HEADER_ABI,
	EMIT_HEADER_LAYOUT,
	EMIT_HEADER_RUN,
	EMIT_HEADER_JUMP,
	EMIT_HEADER_TABLE,
	EMIT_HEADER_NAMED,
	EMIT_HEADER_CACHE,
	EMIT_HEADER_TRIE,
	EMIT_HEADER_CROSS,
	EMIT_HEADER_ACTION,
	EMIT_HEADER_TREE,
	EMIT_HEADER_WALK,
	EMIT_HEADER_PLAIN,
	EMIT_HEADER_PLACE,
	EMIT_HEADER_TUNNEL,
};

/* One header without its #include lines. */
void emit_header(enum emit_header header, struct buf *out);

/* emit.c */

struct plan_engine;

/* Some block is looked up by it. */
bool emit_uses_engine(const struct emit *emit, const struct plan_engine *engine);

/* emit_text.c */

/* User text inside a C comment: cannot end it, open another, or join lines. */
void emit_comment_text(struct str text, struct buf *out);
/* "table t, chain in" */
void emit_chain_name(const struct ir_chain *chain, struct buf *out);
/* A number as people write values of FIELD (NULL: in hex). */
void emit_number(const struct field *field, uint64_t value, struct buf *out);

/* emit_value.c: parts of keys as expressions. */

/* One expression, or two for a part of more than 64 bits. */
struct emit_value {
	const struct field *field;
	unsigned int bits;
	u128 reach;			/* bits that can be set at all, before .flip */
	u128 flip;
	struct buf high, low;
};

/* BASE: what to write for the load itself; NULL: the member of struct fields. */
void emit_value_make(const struct emit *emit, const struct ir_part *part, bool inet,
		     const char *base, struct emit_value *ret_value);
void emit_value_free(struct emit_value *value);
bool emit_value_is_wide(const struct emit_value *value);
/* One interval; NEGATE as a whole. */
void emit_value_in(const struct emit_value *value, const struct ir_interval *interval, bool negate,
		   struct buf *out);
/* "in32(VALUE, 1, 5)": one interval against a value of up to 64 bits. */
void emit_interval(const struct field *field, const char *value, uint64_t lo, uint64_t hi,
		   bool wide, struct buf *out);
/* The same for a value in two halves. */
void emit_wide_interval(const char *high, const char *low, u128 lo, u128 hi, struct buf *out);

/* emit_fields.c: what is read of a packet. */

/* Where things that no header has are found. */
struct emit_meta {
	const char *protocol, *nfproto, *l4proto;
	const char *link;		/* NULL: what is read of it was read already */
};

void emit_meta(const struct emit *emit, const struct emit_meta *meta);
/* The variable that emit_meta() needs, or "". */
const char *emit_meta_time(const struct emit *emit);
/* Whether LOAD is a member of struct fields. */
bool emit_is_member(const struct emit *emit, size_t load);
/* The most bytes of the frame's own header that any load needs; 0: none reads it. */
unsigned int emit_outer_bytes(const struct emit *emit, enum field_base base);
/* Writes the bytes of struct fields that are no member. */
void emit_fields_pad(const struct emit *emit);

void emit_place_init(const struct emit *emit, const struct ir_place *place,
		     struct emit_place *ret_place);
/* A new rule: nothing is known to be there. */
void emit_place_forget(struct emit *emit);

/* Whether a load is kept in two halves, _high and _low. */
bool emit_is_wide(const struct ir_load *load);
/* Whether read_fields() wants to know the device. */
bool emit_reads_device(const struct emit *emit);
/* Fills .needs and .tunnels. */
void emit_fields_need(struct emit *emit);
/* struct fields, read_fields() and read_places(). */
void emit_fields(struct emit *emit);
/* Whether LOAD is of the program, and reads bytes of this place. */
bool emit_is_at(const struct emit *emit, size_t load, uint32_t place);

/* emit_window.c: bytes of headers. */

/* Which loads are read together. */
void emit_place_windows(struct emit *emit);
/* Reads the place's loads, whose first byte is at OFFSET. */
void emit_place_read(const struct emit *emit, uint32_t place, const char *offset,
		     const char *indent);
/* The window that begins with the header; NULL: there is none. */
const struct emit_window *emit_window_head(const struct emit *emit, uint32_t place);
/* Finds BYTES bytes of the header at OFFSET, from START on, in read_fields() or read_places(). */
void emit_window_header(const char *offset, unsigned int start, unsigned int bytes,
			const char *indent, struct buf *out);
/* Reads the window's loads. */
void emit_window_call(const struct emit *emit, uint32_t place, const struct emit_window *window,
		      const char *indent);
/* Finds and reads all windows but the one of emit_window_head(). */
void emit_window_far(const struct emit *emit, uint32_t place, const char *offset,
		     const char *indent);
/* "f->ip_version = header[0] >> 4;"; FROM: what `header` points at. */
void emit_window_read(const struct ir_load *load, unsigned int from, struct buf *out);
/* The function that emit_window_call() calls. */
void emit_window_reader(const struct emit *emit, uint32_t place, const struct emit_window *window);

/* emit_place.c: what not every packet has. */

/* Whether there is a function read_places(). */
bool emit_reads_places(const struct emit *emit);
bool emit_reads_tunnels(const struct emit *emit);
void emit_places(const struct emit *emit);

/* emit_plain.c: packets that are read without a call. */

bool emit_plain_is_possible(const struct emit *emit);
/* read_plain_ip() and read_plain_ip6(), when .plain. */
void emit_plain(const struct emit *emit);

/* emit_set.c: set_N() and map_N(), for sets and maps that are not compared in a rule's line. */

/* Compares that a rule's line may hold; those of 128 bits are longer. */
#define EMIT_MAX_INLINE 3
#define EMIT_MAX_INLINE_WIDE 1

/* Whether the compares of a set are written into the line of a rule that asks KEY. */
bool emit_set_is_inline(const struct emit *emit, uint32_t set, uint32_t key);
void emit_sets(const struct emit *emit);
/* set_N(f, key), because its table can move. */
bool emit_set_wants_fields(const struct emit *emit, uint32_t set);
/* map_N(f, key), because it counts, or its table can move. */
bool emit_map_wants_fields(const struct emit *emit, uint32_t map);
/* "look_3(key)" */
void emit_look_up(const struct emit *emit, const struct plan_look *look, const char *key,
		  struct buf *out);
/* What map_N() does with a look-up: from "\treturn" to the function's end. */
void emit_map_table(const struct emit *emit, uint32_t map, const char *key, struct buf *out);
/* "\t\tcount(f, 3);\n\t\treturn WORD(ANSWER_DROP, 0);\n" with INDENT; NULL: not found. */
void emit_map_entry(const struct emit *emit, const struct ir_map_entry *entry, const char *indent,
		    struct buf *out);

/* emit_table.c: look_N() for each table. */
void emit_tables(const struct emit *emit);
/* It needs bpf/xdpfw_trie.h. */
bool emit_has_tries(const struct emit *emit);

/* emit_pair.c: boxes_N(); set_N_key_K() and map_N_key_K(). */
void emit_shapes(const struct emit *emit);

/* "set_2_key_5(f)" */
void emit_pair_call(const struct emit *emit, const struct emit_pair *pair, struct buf *out);
/* The step's look-up makes its key in a struct key of the run. */
bool emit_step_makes_key(const struct emit *emit, const struct ir_step *step);
/* Whether NFPROTO is a part of the key. */
bool emit_key_asks_family(const struct emit *emit, uint32_t key);
void emit_pairs(const struct emit *emit);

/* emit_rule.c: the runs. */

/* The number of the function that has a rule's run; most often each has one. */
uint32_t emit_function_of(const struct emit *emit, uint32_t rule);
/* Whether it can be entered at other places than its first rule: run_N(f, from). */
bool emit_function_has_places(const struct emit *emit, uint32_t function);
/*
 * The function of runs: _begin, declarations, _check, what it does, _end.  What it does reads
 * members of `f` and returns an answer.  It is run_N(); in a .small program rules_N(), which is put
 * into the program where it is called, and run_N() too, which calls it.
 */
/*
 * The run answers with a __u32, of which WHOLE_ANSWER makes an answer: in front of each rule's last
 * compare, for packets that it does not match, too, is one instruction instead of three.
 */
#define EMIT_BRIEF_NUMBERS (1u << 14)
bool emit_is_brief(const struct emit *emit, size_t run);

void emit_run_begin(const struct emit *emit, size_t number);
void emit_run_check(const struct emit *emit);
void emit_run_end(const struct emit *emit, size_t number);
void emit_runs(struct emit *emit);

/* emit_direct.c: jumps as calls. */

/* For programs with jumps, or with chains of several runs. */
bool emit_direct_is_possible(const struct emit *emit);
/* Names of the runs, and chain_N() for each chain, when .direct. */
void emit_direct(const struct emit *emit);
/* "chain_20(f)" */
void emit_direct_call(uint32_t first_rule, struct buf *out);
/* Goes to the chain of WORD, a jump's or goto's; `answer` is a variable of the run. */
void emit_direct_go(uint32_t word, struct buf *out);
/*
 * The same for `word`, which a map said for RULE; other words go on behind it.  True: chains come
 * back to behind_N, which is behind the rule.
 */
bool emit_direct_map(const struct emit *emit, uint32_t map, uint32_t rule, struct buf *out);

/* emit_block.c: runs that are looked up. */

struct plan_problem;
struct plan_case;

/* run_N() of a block, and what it calls.  RUN: number of the function. */
void emit_block(struct emit *emit, const struct plan_block *block, size_t run);
/* Declares the values of the problem's dimensions: see plan_engine.write. */
void emit_block_key(const struct emit *emit, const struct plan_block *block,
		    const struct plan_problem *problem);
/* look_R_C() of the case has an argument `at_rule`. */
bool emit_block_asks_place(const struct plan_block *block, const struct plan_case *at);

/* emit_cache.c: cached_R_C(), which answers as look_R_C() of the same case. */
void emit_cache(const struct emit *emit, const struct plan_block *block, size_t run, size_t number);

/* emit_order.c: the rule's steps, as they are to be written. */
const struct ir_step **emit_order(const struct emit *emit, const struct ir_rule *rule);

/* emit_main.c: run_at() and the program. */

/* Whether some chain goes on after its first run: the program needs xdpfw_jump.h. */
bool emit_needs_jump(const struct emit *emit);
void emit_run_at(const struct emit *emit);
/* Fills .plain and .small, once .fields_bytes is known. */
void emit_main_choose(struct emit *emit);
void emit_main(const struct emit *emit);

#endif
