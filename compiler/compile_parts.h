/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_parts: what the files of module compile share.
 */
#ifndef XDPFW_COMPILE_PARTS_H
#define XDPFW_COMPILE_PARTS_H

#include "compiler/bind.h"
#include "compiler/compile.h"

/* compile.c */
const struct bind_ruleset *compile_ruleset(const struct compile *compile);

/* compile_missing.c */
bool compile_has_table(const struct compile *compile, const char *family, const char *name);

/* compile_key.c */

/* "netdev", "inet". */
const char *compile_family(const struct bind_table *table);

/* .counters and .objects of COMPILE. */
void compile_list_keys(struct bind_ruleset *ruleset, struct arena *arena,
		       struct compile *compile);

#endif
