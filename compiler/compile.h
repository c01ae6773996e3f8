/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile: the compiler as the loader sees it.  All phases behind one call, and what the loader
 * needs to know of the result; no other compiler header is needed (but base/ and the ABI).
 */
#ifndef XDPFW_COMPILE_H
#define XDPFW_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/base/diag.h"
#include "compiler/base/source.h"

enum compile_phase {
	COMPILE_PHASE_TOKENS,
	COMPILE_PHASE_AST,
	COMPILE_PHASE_BOUND,
	COMPILE_PHASE_IR,
	COMPILE_PHASE_OPT,
	COMPILE_PHASE_PLAN,
	COMPILE_PHASE_C,
};

/* "tokens|ast|bound|ir|opt|plan|c"; false when it is none of them. */
bool compile_phase_parse(const char *word, enum compile_phase *ret_phase);

struct compile_define {
	const char *name, *value;
};

/*
 * A failsafe rule: matches only (`tcp dport 22 ip saddr 192.0.2.0/24`), what they are true of is
 * accepted in front of every base chain.  Messages name PLACE, and in it LINE and COLUMN (from 1)
 * as those of the text's first byte.
 */
struct compile_failsafe {
	const char *place;
	uint32_t line, column;
	const char *text;
};

/* --optimize and --plan: how the program does what the ruleset says, never what it does. */
enum compile_goal {
	COMPILE_BALANCED,
	COMPILE_SPEED,
	COMPILE_SIZE,
};

struct compile_optimize {
	enum compile_goal goal;
	uint32_t off;			/* passes of the optimiser: bit I is enum opt_pass I */
	const char *engine;		/* the one that all blocks get; NULL: the best for each */
	bool flow_cache;		/* what packets of a flow get is kept */
};

/*
 * Reads WORDS ("speed", "size,no-merge,no-order", "none") into OPTIMIZE.  False at a word that is
 * none of these: NEAREST->word is that word, NEAREST->best one that is near to it, or NULL.
 */
bool compile_optimize_parse(const char *words, struct compile_optimize *optimize,
			    struct str_nearest *nearest);
/* The same of the name of an engine. */
bool compile_plan_parse(const char *name, struct compile_optimize *optimize,
			struct str_nearest *nearest);
/* Words that compile_optimize_parse() makes all but .engine of again. */
void compile_optimize_print(const struct compile_optimize *optimize, struct buf *out);

/* What a program is made of: text, tables, and what the loader has to know of them. */
struct compile_made {
	const char *c_text;		/* self-contained */
	size_t c_bytes;
	const uint8_t *image;		/* of .bss */
	size_t image_bytes;
	bool reads_given;		/* the program has a struct xdpfw_given */
	bool reads_tags;		/* a rule that some device runs asks for a tag */
	uint32_t moving_tables;		/* of named sets and maps, see xdpfw_layout.h */
	uint32_t moving_at;		/* of their struct table_head in the image */
};

/*
 * Who remembers what was made before.  add() is called with the bytes of all that it is made of,
 * one after the other; then get() says whether the very same was made of the very same.  What it
 * gives stays where it is as long as the arena.
 */
struct compile_keeper {
	void *context;
	void (*add)(void *context, const void *bytes, size_t len);
	bool (*get)(void *context, struct arena *arena, struct compile_made *ret_made);
};

struct compile_options {
	const struct compile_define *defines;		/* -D */
	size_t define_count;
	const char *const *include_dirs;		/* -I */
	size_t include_dir_count;
	const char *const *devices;			/* --device */
	size_t device_count;
	const struct compile_failsafe *failsafe;
	size_t failsafe_count;
	struct compile_optimize optimize;
	bool listing;					/* see bind.h */
	bool only_list;			/* there is no program: .counters and .objects, and all
					   that prints and lists rules; .listing goes with it */
	const struct compile_keeper *keeper;		/* NULL: everything is made anew */
	bool keep_plan;			/* inner->plan stays, which takes much memory */
	bool miscompile, stamp;				/* see emit.h */
};

/*
 * A device the ruleset names, or with .prefix all devices whose names begin with .name and that it
 * does not name, nor any longer prefix of; and the list of base chains that run on it.
 */
struct compile_device {
	const char *name;
	bool prefix;
	uint32_t entry;
	struct source_span span;
};

/* A name that `iif` needs to exist when the ruleset is loaded. */
struct compile_ifname {
	const char *name;
	struct source_span span;
};

/*
 * One counter: of a `counter` statement, an element, or a named one.  Equal keys mean the same
 * counter over a reload; keys are unique in a ruleset.
 */
struct compile_counter {
	const char *key;
	uint64_t packets, bytes;	/* figures in the file */
};

/*
 * Something that has a handle (table, chain, rule, named set), in a fixed order.  Equal keys mean
 * the same object over a reload; keys are unique in a ruleset.
 */
struct compile_object {
	const char *key;
	uint32_t *handle;		/* where compile_print puts it */
};

struct compile {
	const char *c_text;		/* these eight are those of struct compile_made */
	size_t c_bytes;
	const uint8_t *image;
	size_t image_bytes;
	bool reads_given, reads_tags;
	uint32_t moving_tables, moving_at;
	bool is_kept;			/* they come from the keeper: comments may name other
					   places */
	uint32_t rule_count, entry_count;
	uint32_t listed_rules;		/* of .rule_count: all but the failsafe rules */
	const char *const *failsafe;	/* in normal form: the same text makes the same again */
	size_t failsafe_count;
	bool flushed;			/* the file says `flush ruleset` */
	const struct compile_device *devices;	/* sorted by name, a name before the prefix */
	size_t device_count;
	const struct compile_ifname *ifnames;
	size_t ifname_count;
	const struct compile_counter *counters;
	size_t counter_count;
	const struct compile_object *objects;
	size_t object_count;
	const struct compile_inner *inner;	/* the phases' results */
};

/*
 * Compiles text SOURCE of SOURCES.  False when DIAG has errors.  Warnings do not stop it.
 */
bool compile_source(struct source_set *sources, uint32_t source,
		    const struct compile_options *options, struct arena *arena, struct diag *diag,
		    struct compile **ret_compile);

/*
 * Whether text SOURCE gives the same program as COMPILE, compiled with OPTIONS that differ in
 * .listing and the failsafe rules only.  False when DIAG has errors.
 */
bool compile_is_same(struct source_set *sources, uint32_t source,
		     const struct compile_options *options, const struct compile *compile,
		     struct arena *arena, struct diag *diag, bool *ret_same);

/* --emit: runs the phases up to PHASE and prints that one. */
bool compile_emit(struct source_set *sources, uint32_t source,
		  const struct compile_options *options, enum compile_phase phase,
		  struct arena *arena, struct diag *diag, struct buf *out);

/* `explain`: how the program does what the ruleset says, block for block and rule for rule. */
bool compile_explain(struct source_set *sources, uint32_t source,
		     const struct compile_options *options, struct arena *arena,
		     struct diag *diag, struct buf *out);

/* The ruleset as nft lists it. */
struct compile_print_options {
	const struct xdpfw_cell *figures;	/* by counter number; NULL: those of the file */
	const uint32_t *handles;		/* by object number; NULL: none printed */
	bool stateless;				/* counters without figures */
};

void compile_print(const struct compile *compile, const struct compile_print_options *options,
		   struct buf *out);

/* compile->failsafe[NUMBER] again: times of day depend on the time zone, which may have changed. */
void compile_print_failsafe(const struct compile *compile, size_t number, struct buf *out);

/* What `list` shows beside the whole ruleset. */
enum compile_list {
	COMPILE_LIST_RULESET,
	COMPILE_LIST_TABLES, COMPILE_LIST_TABLE,
	COMPILE_LIST_CHAINS, COMPILE_LIST_CHAIN,
	COMPILE_LIST_SETS, COMPILE_LIST_SET,
	COMPILE_LIST_MAPS, COMPILE_LIST_MAP,
	COMPILE_LIST_COUNTERS, COMPILE_LIST_COUNTER,
};

/* FAMILY, TABLE and NAME as WHAT needs them; NULL: all.  False when there is no such object. */
bool compile_list(const struct compile *compile, enum compile_list what, const char *family,
		  const char *table, const char *name,
		  const struct compile_print_options *options, struct buf *out);

/* Why compile_list() was false, as a sentence, with a name near to the missing one. */
void compile_say_missing(const struct compile *compile, enum compile_list what,
			 const char *family, const char *table, const char *name,
			 struct buf *out);

/*
 * --describe: every protocol, field, type, operator and symbolic constant, or those that WHAT
 * ("tcp", "tcp dport", "ipv4_addr") names; NULL: all.  False when it names none; then OUT has a
 * name near to it, or nothing.
 */
bool compile_describe(const char *what, struct buf *out);

/* One rule as nft lists it, and its place ("rules.conf:12"), for messages. */
void compile_print_rule(const struct compile *compile, uint32_t rule, struct buf *out);
const char *compile_rule_place(const struct compile *compile, uint32_t rule);

/* "base chain 'in' (table netdev t)": what devices of ENTRY run as number NUMBER, from 0. */
void compile_print_base_chain(const struct compile *compile, uint32_t entry, uint32_t number,
			      struct buf *out);

/*
 * The optimiser drops rules and makes one of several, so rules of the program have numbers of their
 * own, which its trail has.  Everything else here speaks of the rules of the ruleset.
 */

/* Gives a trail of the judge the numbers of the program's rules. */
void compile_trail_number(const struct compile *compile, struct xdpfw_trail *trail);
/* Whether a trail that the program wrote is what the judge says. */
bool compile_trail_fits(const struct compile *compile, const struct xdpfw_trail *judged,
			const struct xdpfw_trail *written);
/*
 * Gives a trail that the program wrote the numbers of the ruleset's rules; of several that were
 * made one, one of them.  Numbers that no rule has become .rule_count.
 */
void compile_trail_name(const struct compile *compile, struct xdpfw_trail *trail);

/* The judge: what the ruleset says of a packet.  CELLS by counter number, added to; may be NULL. */
struct compile_packet {
	const uint8_t *frame;
	size_t len;
	size_t linear;			/* how many bytes to put into the linear part */
	uint32_t rule;			/* it was made for this one; 0xffffffff: a corner packet */
	struct xdpfw_given given;
};

struct compile_verdict {
	bool drop;
	struct xdpfw_trail trail;
};

void compile_judge(const struct compile *compile, const struct xdpfw_device *device,
		   const struct compile_packet *packet, int32_t minutes_west,
		   struct xdpfw_cell *cells, struct compile_verdict *ret_verdict);

/* Edge packets for a device (its entry, name and MAC address): see packet.h. */
void compile_packets(const struct compile *compile, const struct xdpfw_device *device,
		     uint64_t seed, size_t limit, struct arena *arena,
		     const struct compile_packet **ret_packets, size_t *ret_count);

#endif
