/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_jump: goes on where a run of rules stopped: in the next run of its chain, or in the chain
 * that it jumps to.  Only in programs that need it.
 *
 * Calls nest no deeper than 8 in BPF, chains do; so jumps are not calls but steps of a loop, with
 * a stack of the rules that jumped.  A rule number says where to go on, at that rule or BEHIND()
 * it; run_at() (generated) finds the run that holds it.
 *
 * Safety: at most XDPFW_MAX_RUNS jumps, at most XDPFW_MAX_JUMPS inside each other; beyond either
 * the packet is dropped.
 */
#ifndef XDPFW_JUMP_H
#define XDPFW_JUMP_H

#include "xdpfw_run.h"

struct fields;

#define JUMP_STEPS (1 << 23)		/* BPF_MAX_LOOPS of the kernel */

struct jump {
	const volatile struct fields *fields;
	__u64 answer;
	struct hidden depth, count;
	__u32 back[XDPFW_MAX_JUMPS];	/* rules that jumped */
};

#define BEHIND(rule) (1u << 31 | (rule))

/* Comes behind the runs.  A function of its own would be one frame more of the kernel's 8. */
#pragma clang diagnostic ignored "-Wundefined-internal"
XDPFW_INLINE __u64 run_at(const volatile struct fields *fields, __u32 from);

static long jump_step(__u32 index, struct jump *jump)
{
	__u32 rule = (__u32)jump->answer, to = (__u32)(jump->answer >> 32) & 0xfffffff;
	__u32 depth = jump->depth.value, answer = (__u32)(jump->answer >> 60);

	(void)index;
	if (answer == ANSWER_JUMP || answer == ANSWER_GOTO) {
		if (++jump->count.value > XDPFW_MAX_RUNS) {
			jump->answer = ANSWER(WORD(ANSWER_TOO_LONG, 0), 0);
			return 1;
		}
	}
	if (answer == ANSWER_RETURN) {
		if (!depth || depth > XDPFW_MAX_JUMPS)
			return 1;
		jump->depth.value = --depth;
		HIDE(depth);
		rule = jump->back[depth & (XDPFW_MAX_JUMPS - 1)] | unknown_zero(depth);
		jump->answer = run_at(jump->fields, BEHIND(rule));
		return 0;
	}
	if (answer == ANSWER_JUMP) {
		if (depth >= XDPFW_MAX_JUMPS) {
			jump->answer = ANSWER(WORD(ANSWER_NONE, 0), 0);
			return 1;
		}
		jump->depth.value = depth + 1;
		HIDE(depth);
		jump->back[depth & (XDPFW_MAX_JUMPS - 1)] = rule;
	} else if (answer != ANSWER_GOTO && answer != ANSWER_CONTINUE) {
		return 1;
	}
	jump->answer = run_at(jump->fields, to);
	return 0;
}

XDPFW_ALONE __u64 jump_on(const volatile struct fields *fields, __u64 answer)
{
	struct jump jump = { .fields = fields, .answer = answer };

	if (!fields)
		return 0;
	jump.depth.value = jump.count.value = unknown_zero((__u32)answer);
	if (bpf_loop(JUMP_STEPS, jump_step, &jump, 0) >= JUMP_STEPS)
		return ANSWER(WORD(ANSWER_TOO_LONG, 0), 0);
	return jump.answer;
}

/* ANSWER is what the first run of a base chain says; returns what the chain says. */
XDPFW_INLINE __u64 chain_answer(const volatile struct fields *fields, __u64 answer)
{
	__u32 kind = (__u32)(answer >> 60);

	if (kind == ANSWER_CONTINUE || kind == ANSWER_JUMP || kind == ANSWER_GOTO)
		return jump_on(fields, answer);
	return answer;
}

#endif
