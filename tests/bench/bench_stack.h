/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_stack: how much stack a program takes.
 */
#ifndef BENCH_STACK_H
#define BENCH_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"

struct bpf_insn;

/* What Linux allows: MAX_BPF_STACK of include/linux/filter.h. */
#define BENCH_STACK_BYTES 512

/*
 * Bytes of the deepest chain of calls among COUNT instructions of a loaded program, main function
 * first, as Linux 6.1 counts them: check_max_stack_depth() of its kernel/bpf/verifier.c.
 */
uint32_t bench_stack_deepest(struct arena *arena, const struct bpf_insn *insns, size_t count);

#endif
