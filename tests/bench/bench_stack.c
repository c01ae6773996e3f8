/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_stack: how much stack a program takes, as an old kernel sees it.
 *
 * In: a loaded program's instructions, as libbpf has put them together.  Out: the deepest chain of
 * calls.  Newer kernels round a function's stack up to 16 bytes where Linux 6.1 rounds to 32, so a
 * program that loads here may be refused there: this is how it is seen here.  The verifier's own
 * figures leave out the functions that it has found to be dead, which 6.1 counts; so what a
 * function takes is read off its instructions: clang reaches the stack by r10 with an offset, or
 * by a copy of r10 to which it adds a constant.
 */
#include "tests/bench/bench_stack.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>

#include "compiler/base/vec.h"

#define STACK_STEP 32u

struct function {
	size_t first;			/* its first instruction */
	uint32_t deepest;		/* bytes, with what it calls; 0: not known yet */
};

typedef VEC(struct function) function_vec;

struct program {
	const struct bpf_insn *insns;
	size_t count;
	function_vec functions;		/* by place, as the verifier numbers them */
};

/* The place of a function that the instruction calls, or gives to a helper; 0: of none. */
static size_t called(const struct program *program, size_t at)
{
	const struct bpf_insn *insn = program->insns + at;
	bool calls = insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
	bool names = insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC;

	return calls || names ? (size_t)((long)at + insn->imm + 1) : 0;
}

static int compare_functions(const void *left, const void *right)
{
	const struct function *a = left, *b = right;

	return a->first < b->first ? -1 : a->first > b->first;
}

static struct function *find_function(const struct program *program, size_t first)
{
	const struct function wanted = { .first = first };

	return bsearch(&wanted, program->functions.at, program->functions.len, sizeof(wanted),
		       compare_functions);
}

static void find_functions(struct arena *arena, struct program *program)
{
	function_vec *functions = &program->functions;

	vec_push(arena, functions)->first = 0;
	for (size_t at = 0; at < program->count; at++) {
		size_t first = called(program, at);

		if (first && first < program->count && !find_function(program, first)) {
			vec_push(arena, functions)->first = first;
			qsort(functions->at, functions->len, sizeof(*functions->at),
			      compare_functions);
		}
	}
}

/* How far below r10 the instruction reaches; COPIES has a bit for each register that is r10. */
static int reach(const struct bpf_insn *insn, uint32_t *copies)
{
	uint8_t class = BPF_CLASS(insn->code);
	uint32_t to = 1u << insn->dst_reg, from = 1u << insn->src_reg;
	int below = 0;

	if (class == BPF_LDX && insn->src_reg == BPF_REG_10)
		below = -insn->off;
	else if ((class == BPF_ST || class == BPF_STX) && insn->dst_reg == BPF_REG_10)
		below = -insn->off;
	else if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && *copies & to)
		below = -insn->imm;
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && *copies & from)
		*copies |= to;
	else if (class == BPF_ALU64 || class == BPF_ALU || class == BPF_LDX || class == BPF_LD)
		*copies &= ~to | 1u << BPF_REG_10;
	return below;
}

static size_t function_end(const struct program *program, const struct function *function)
{
	return function + 1 < program->functions.at + program->functions.len ? function[1].first :
									       program->count;
}

static uint32_t find_own(const struct program *program, const struct function *function)
{
	uint32_t copies = 1u << BPF_REG_10;
	int own = 1;

	for (size_t at = function->first; at < function_end(program, function); at++) {
		int below = reach(program->insns + at, &copies);

		own = below > own ? below : own;
	}
	return (uint32_t)own;
}

/* The verifier has seen that no function calls itself. */
static uint32_t find_deepest(const struct program *program, struct function *function)
{
	uint32_t below = 0;

	for (size_t at = function->first;
	     !function->deepest && at < function_end(program, function); at++) {
		size_t first = called(program, at);
		uint32_t deep = first ? find_deepest(program, find_function(program, first)) : 0;

		below = deep > below ? deep : below;
	}
	if (!function->deepest)
		function->deepest = below + (find_own(program, function) + STACK_STEP - 1) /
						    STACK_STEP * STACK_STEP;
	return function->deepest;
}

uint32_t bench_stack_deepest(struct arena *arena, const struct bpf_insn *insns, size_t count)
{
	struct program program = { .insns = insns, .count = count };

	find_functions(arena, &program);
	return find_deepest(&program, program.functions.at);
}
