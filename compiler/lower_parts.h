/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_parts: the parts of lower that have a file of their own.
 */
#ifndef XDPFW_LOWER_PARTS_H
#define XDPFW_LOWER_PARTS_H

#include <stdbool.h>

#include "compiler/lower.h"

/* lower_entry.c: fills ir->entries; false when there are too many devices or base chains. */
bool lower_entries(const struct bind_ruleset *ruleset, struct arena *arena, struct diag *diag,
		   struct ir *ir);

/* lower_fragment.c: warns once when fragments slip by (SEMANTICS 9, D1). */
void lower_warn_fragments(const struct ir *ir, struct arena *arena, struct diag *diag);

#endif
