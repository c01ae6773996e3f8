/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * taken: rules that never match, for warnings and for the optimiser.
 */
#ifndef XDPFW_TAKEN_H
#define XDPFW_TAKEN_H

#include "compiler/region.h"

#define TAKEN_NONE 0xffffffffu

struct taken_rule {
	uint32_t second, first;		/* of its tests, as in struct regions */
	uint32_t taker;			/* a rule that takes all its packets; TAKEN_NONE */
	uint32_t other;			/* the same, one that is no failsafe rule */
};

struct taken {
	struct taken_rule *rules;	/* by rule; those behind .all are not looked at */
	uint32_t *all;			/* by chain: the first rule, but of failsafe rules, that
					   takes every packet; TAKEN_NONE */
};

void taken_find(const struct ir *ir, struct arena *arena, struct taken **ret_taken);

#endif
