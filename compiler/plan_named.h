/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_named: tables of named sets and maps, which a live update can move: see struct table_head in
 * bpf/xdpfw_layout.h.
 */
#ifndef XDPFW_PLAN_NAMED_H
#define XDPFW_PLAN_NAMED_H

#include "compiler/plan.h"

/* Tells which of the tables can move, before they have places. */
void plan_named_choose(struct plan *plan, struct arena *arena);
/* Bytes of a table and of a map's entries behind it, a multiple of 64. */
size_t plan_named_table_bytes(const struct plan *plan, const struct plan_table *table);
/* Begins with the first table that moves: takes room for the head. */
void plan_named_begin(struct plan *plan);
/* When the last one has its place: takes room for the other half, if there is any. */
void plan_named_end(struct plan *plan);
/* Writes head and rows into the image. */
void plan_named_fill(const struct plan *plan);
/* What its row says when the table is at OFFSET in the image. */
void plan_named_row(const struct plan *plan, const struct plan_table *table, uint32_t offset,
		    struct table_named *ret_row);

#endif
