/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_run: which rules become one function.
 */
#ifndef XDPFW_PLAN_RUN_H
#define XDPFW_PLAN_RUN_H

#include "compiler/plan.h"

/* Fills plan->runs.  False, with a message, when the rules are more than a program can hold. */
bool plan_run_cut(struct plan *plan, struct arena *arena, struct diag *diag);

/* What the image has of them. */
void plan_run_fill(const struct plan *plan);

/* BPF instructions of a rule that is compared, at most. */
uint32_t plan_rule_weight(const struct plan *plan, uint32_t rule);

#endif
