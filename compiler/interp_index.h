/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_index: which rules a packet may meet, found without walking past all the others.
 *
 * It is a filter and no judge: every rule that it names is run by the judge's plain code, and it
 * names at least all those that do anything.  So what it can do wrong is to leave a rule out; the
 * walk without it, interp_run(), is the judge of that.
 */
#ifndef XDPFW_INTERP_INDEX_H
#define XDPFW_INTERP_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/interp_walk.h"
#include "compiler/ir.h"

/* It has room for one packet's findings: one thread at a time. */
struct interp_index;

/* NULL when the ruleset has no chain that is long enough. */
struct interp_index *interp_index_make(const struct ir *ir, struct arena *arena);

/* A packet begins: nothing is known of it. */
void interp_index_begin(struct interp_index *index);
/* Rule RULE is named whatever the packet is, until the next one begins. */
void interp_index_name(struct interp_index *index, uint32_t rule);
/* Chain CHAIN is about to be walked; a second time does nothing. */
void interp_index_enter(struct interp_index *index, const struct interp_walk *walk,
			uint32_t chain);
/* The first rule from RULE on, and before END, that may do something; or END. */
uint32_t interp_index_next(const struct interp_index *index, uint32_t rule, uint32_t end);
/* interp_walk_load(), which is asked once for each load of a packet. */
bool interp_index_load(struct interp_index *index, const struct interp_walk *walk, uint32_t load,
		       u128 *ret_value);

#endif
