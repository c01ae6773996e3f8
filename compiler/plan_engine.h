/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_engine: what every engine that solves a problem (plan_problem.h) offers to the plan.
 *
 * An engine first estimates without building: time and memory of building are bounded by what the
 * estimate allows.  What it builds is a solution: bytes for the image, and C text that looks a key
 * up in them.
 */
#ifndef XDPFW_PLAN_ENGINE_H
#define XDPFW_PLAN_ENGINE_H

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/plan_problem.h"

/* What an engine promises before or after it builds. */
struct plan_estimate {
	bool possible;			/* false: .why says what would multiply */
	const char *why;
	size_t bytes;			/* of image */
	uint32_t cost;			/* expected per packet, tenths of nanoseconds */
	uint32_t instructions;		/* of the program */
};

struct plan_budget {
	size_t bytes;			/* of image at most */
	uint64_t work;			/* steps of building at most, about 10 ns each */
};

struct plan_solution;			/* each engine's own */

/*
 * Of intervals that || joins clang makes numbers, joined by OR without a branch, and the verifier
 * follows all that they can be: 2 to the power of their count.  Of more than so many each is asked
 * of a value hidden anew, so that it is compared only when none before it held.
 */
#define PLAN_MAX_JOINED 4

struct plan_engine {
	const char *name;		/* for --plan=, explain: "cross", "packed", "lead", ... */
	bool resumes;			/* looks up the least result from one on, see .write */
	void (*estimate)(const struct plan_problem *problem, const struct plan_budget *budget,
			 struct arena *arena, struct plan_estimate *ret_estimate);
	bool estimates_by_building;	/* so .build is called at once, never .estimate */
	/* NULL when it turns out not to fit the budget after all; *ret_estimate says why. */
	const struct plan_solution *(*build)(const struct plan_problem *problem,
					     const struct plan_budget *budget, struct arena *arena,
					     struct plan_estimate *ret_estimate);
	/* Copies the tables to IMAGE + OFFSET, a multiple of 64. */
	void (*fill)(const struct plan_solution *solution, uint8_t *image, size_t offset);
	/* The look-up as the program does it; FROM: 0 for engines that do not resume. */
	uint32_t (*look)(const struct plan_solution *solution, const struct plan_key *key,
			 uint32_t from);
	/*
	 * The body of a C function, behind its declarations of the key: for dimension I of up to 64
	 * bits `const __u64 d<I>`, of more `d<I>_high` and `d<I>`; and, when it is not .always,
	 * `const __u64 p<I>`, 1 or 0 (then d<I> is any number).  Dimensions without a label in any
	 * row are not declared.  It ends in `return`: the result + 1, or 0.  An engine that resumes
	 * finds a `const __u32 from` besides.  OFFSET: of its bytes in `tables`.
	 */
	void (*write)(const struct plan_solution *solution, size_t offset, struct buf *out);
	/* Globals of the program that the body calls; once a solution, before the function. */
	void (*write_globals)(const struct plan_solution *solution, uint32_t number,
			      size_t offset, struct buf *out);
	/* A few lines for explain, each with INDENT. */
	void (*print)(const struct plan_solution *solution, const char *indent, struct buf *out);
};

extern const struct plan_engine plan_engine_few, plan_engine_cross, plan_engine_packed,
	plan_engine_lead, plan_engine_tree;

#endif
