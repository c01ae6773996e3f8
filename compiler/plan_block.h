/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block: consecutive rules of a chain that are answered by look-ups instead of one after the
 * other.
 *
 * The rules become rows of a problem (plan_problem.h) over axes: values of the packet.  What
 * packets cannot have at the same time is not asked of the same packet: a block has cases, one for
 * IPv4, one for IPv6, one for the rest, each with a problem of its own and an engine that solves
 * it.  The answer of a problem is the number of an action: what the rule counts and its verdict.
 */
#ifndef XDPFW_PLAN_BLOCK_H
#define XDPFW_PLAN_BLOCK_H

#include "bpf/xdpfw_layout.h"
#include "compiler/plan.h"
#include "compiler/plan_cache.h"
#include "compiler/plan_cost.h"
#include "compiler/plan_engine.h"

/* A value of the packet; dimensions of the cases' problems name it by .key_part. */
struct plan_axis {
	bool is_place;			/* not of the packet: the rule at which it comes, or behind
					   which; of a block of several chains */
	struct ir_part part;		/* the load itself, or what rules make of it */
	unsigned int bits;
	unsigned int need;		/* bytes of its place that have to be there */
	bool always;			/* every packet has it */
	VEC(struct plan_label) labels;	/* each distinct one once */
	uint32_t *slots;		/* of them by what they hold: number + 1 */
	size_t slot_count;
};

#define PLAN_MAX_AXES PLAN_MAX_DIMS
#define PLAN_MAX_DEEP_DIMS 8		/* of a tree below jumps: of 512 bytes of stack, of which
					   Linux 6.1 takes 32 at a time, theirs are left */
#define PLAN_NO_AXIS 0xffffffffu

/* What can be said of an engine that was asked. */
struct plan_asked {
	const struct plan_engine *engine;
	struct plan_estimate estimate;
	uint64_t weight;		/* the least is best */
	const struct plan_solution *solution;	/* already there, in an arena of its own */
	struct arena arena;
	bool tried;
};

#define PLAN_MAX_ASKED 8

/* Packets that have something in common, and how they are looked up. */
struct plan_case {
	const struct ir_interval *root;	/* the root axis is in one of these; */
	size_t root_count;		/* 0: in none of the cases before */
	unsigned int network_bytes;	/* and the network header has so many; 0: not asked */
	struct plan_problem problem;
	const struct plan_engine *engine;	/* NULL: all packets have the answer .constant */
	uint32_t constant;		/* a result + 1, or 0 */
	const struct plan_solution *solution;
	struct plan_estimate estimate;
	size_t offset;			/* in the image */
	struct plan_cache cache;	/* of answers, in front of the engine */
	struct plan_asked asked[PLAN_MAX_ASKED];
	uint32_t asked_count;
};

/* Consecutive rules of one chain. */
struct plan_stretch {
	uint32_t first, end;		/* END not included */
};

struct plan_block {
	uint32_t first, end;		/* rules, END not included */
	VEC(struct plan_stretch) stretches;	/* these of them, in order */
	bool shared;			/* they are of several chains: axis 0 is the place */
	size_t row_count;		/* that they make, before they are split into cases */
	bool inet;			/* of a chain of that family */
	VEC(struct plan_axis) axes;
	uint32_t root;			/* PLAN_NO_AXIS: the only case has all packets */
	VEC(struct plan_case) cases;
	VEC(struct table_action) actions;
	VEC(uint32_t) action_of;	/* the first of each rule, or of the next that has one */
	bool resumes;			/* it is entered behind rules of it */
	size_t behind_at;		/* where the image has numbers of actions for that: of those
					   of the first I rules */
	uint32_t behind_slots;		/* a power of two; 0: rules and actions are the same */
	bool wide;			/* some count more than an answer says; else only answers
					   are in the image */
	bool computed;			/* answers are, see plan_block_answer.c; then there may be
					   actions that are nothing */
	uint32_t first_counter;		/* of the first action, when they are */
	uint32_t action_slots;		/* a power of two, more than there are actions */
	size_t actions_at;		/* in the image; [0] is for packets without an answer */
	uint32_t expected;		/* cost of the look-up, as plan_cost.h counts */
};

/* plan_block_plain.c */

/* Boxes without ranges and entries of a map that are worth rows, and rows that a rule can be. */
#define PLAN_MAX_FEW_BOXES 64
#define PLAN_MAX_MAP_ROWS 1024
#define PLAN_MAX_RULE_ROWS (1u << 16)
#define PLAN_MAX_BLOCK_ROWS (1u << 18)

/* What a rule is to a block. */
enum plan_taken {
	PLAN_TAKEN,
	PLAN_TAKEN_RESUMED,		/* it can be in one; but what it does does not end the
					   chain's walk, and the rules behind it are asked then */
	/* It cannot, because */
	PLAN_TAKEN_UNSTEADY,		/* what it asks need not be the same when asked again */
	PLAN_TAKEN_LATE_TEST,		/* it counts before its last test or its map */
	PLAN_TAKEN_COUNTERS,		/* it has more than two */
	PLAN_TAKEN_BOXES,		/* its set of several parts is no few rows */
	PLAN_TAKEN_ENTRIES,		/* so are its map's entries, or they jump or only count */
	PLAN_TAKEN_NO_TEST,		/* it jumps, or counts, whatever the packet is */
	PLAN_TAKENS,
};

/* For people; NULL: it can be in one. */
extern const char *const plan_taken_words[PLAN_TAKENS];

enum plan_taken plan_block_takes(const struct ir *ir, uint32_t rule);
/* Intervals of the biggest set of single values that it asks. */
size_t plan_block_biggest_set(const struct ir *ir, uint32_t rule);

/* plan_block_axis.c */

#define PLAN_LABEL_NEVER 0xfffffffeu	/* no value is in it */

struct plan_pose;

/*
 * What it takes that PART of a key lies in (NEGATE: does not lie in) one of COUNT intervals: an
 * axis, and a label of it, which may be PLAN_ANY or PLAN_LABEL_NEVER.  False: too many axes.
 */
bool plan_axis_test(struct plan_pose *pose, const struct ir_part *part,
		    const struct ir_interval *at, size_t count, bool negate, uint32_t *ret_axis,
		    uint32_t *ret_label);
/* Both. */
uint32_t plan_axis_meet(struct plan_pose *pose, uint32_t axis, uint32_t a, uint32_t b);
/* What it takes that a packet comes at one of the rules, counted from the block's first one. */
uint32_t plan_axis_place(struct plan_pose *pose, uint32_t first, uint32_t end);

/* plan_block_row.c */

/* A block that is being made: rules, one after the other, as rows over all axes. */
struct plan_pose {
	const struct ir *ir;
	struct arena *arena;
	struct plan_block *block;
	VEC(uint32_t) labels;		/* of row R and axis A: [R * PLAN_MAX_AXES + A] */
	VEC(uint32_t) results;
	VEC(bool) resumed;		/* rows of rules that do not end the chain's walk */
	struct plan_known *known;	/* single tests, see plan_block_row.c */
	size_t known_slots, known_count;
	uint32_t tried;			/* see plan_block_axis.c */
	uint32_t place;			/* label of the stretch, in a shared block */
};

/* False: the rule does not fit any more, and nothing is changed. */
bool plan_pose_rule(struct plan_pose *pose, uint32_t rule);
/*
 * Adds the stretch to a shared block, behind all that it has.  False: it does not fit, and nothing
 * is changed.  Of the first one as much is added as fits: .end says how much.
 */
bool plan_pose_stretch(struct plan_pose *pose, struct plan_stretch *stretch);

/* plan_block_answer.c */

/* Makes them, if they can be; FORCED: also where it does not pay. */
void plan_block_compute_answers(struct plan_pose *pose, bool forced);
/* What a look-up's answer, a result + 1, stands for. */
const struct table_action *plan_block_action(const struct plan_block *block, uint32_t number);

/* plan_block_case.c */

/* Makes the block's cases with their problems. */
void plan_pose_cases(struct plan_pose *pose);

/* plan_block_solve.c */

/*
 * Chooses an engine for each case and lets it build; places what they built in the image, from
 * plan->image_bytes on.  False: no engine can, or compares are cheaper.
 */
bool plan_block_solve(struct plan *plan, struct plan_block *block, size_t image_left,
		      struct arena *arena);
/* Why it did not. */
const char *plan_block_why_not(const struct plan_block *block, struct arena *arena);
/* Instructions of its look-ups. */
uint32_t plan_block_weight(const struct plan_block *block);
/* Where the stretch ends that has the rule; how many rules all have. */
uint32_t plan_block_stretch_end(const struct plan_block *block, uint32_t rule);
uint32_t plan_block_rules(const struct plan_block *block);
/* Of one action in the image. */
size_t plan_block_action_bytes(const struct plan_block *block);
/* The answer for packets that none of its rules matches. */
uint64_t plan_block_no_match(const struct plan *plan, const struct plan_block *block);
/* Adds to plan->cell_lists. */
void plan_block_cells(const struct plan_block *block, struct arena *arena, struct plan *plan);
/* The tables of all blocks, once plan->image is there. */
void plan_block_fill(const struct plan *plan);

/* plan_explain.c */

/* A line, and more with two tabs in front. */
void plan_block_print(const struct plan *plan, const struct plan_block *block, struct buf *out);

/* plan_block.c */

/* The work of cutting all chains into blocks. */
struct plan_cutter {
	struct plan *plan;
	struct arena *arena;
	uint32_t refusals;		/* blocks that were compared in the end */
	size_t rules_left;		/* of stretches that are no blocks yet */
};

/* Cuts the used chains: fills plan->blocks and plan->block_of. */
void plan_block_cut(struct plan *plan, struct arena *arena);
/*
 * Keeps the posed block if tables do what its rules say, at less than they cost compared.  False:
 * they are compared, and why is said.
 */
bool plan_block_keep(struct plan_cutter *cutter, struct plan_pose *pose);
/* Rules that are in no block, and why. */
void plan_block_say(struct plan *plan, const struct plan_stretch *stretch, const char *why);

/* plan_block_share.c */

/* Blocks for stretches of many chains; those that are in none are compared. */
void plan_block_share(struct plan_cutter *cutter, const struct plan_stretch *at, size_t count);

#endif
