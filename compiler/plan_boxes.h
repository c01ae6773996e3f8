/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_boxes: concatenations with intervals as a problem that an engine solves.
 */
#ifndef XDPFW_PLAN_BOXES_H
#define XDPFW_PLAN_BOXES_H

#include "compiler/plan_engine.h"
#include "compiler/plan_table.h"

/* False: no engine takes them, or shall; what was tried stays in the arena. */
bool plan_boxes_solve(const struct plan_rows *rows, const struct plan_options *options,
		      struct arena *arena, struct plan_table *table);
void plan_boxes_fill(const struct plan_table *table, uint8_t *image);
uint32_t plan_boxes_look(const struct plan_table *table, const uint64_t *lanes);

#endif
