/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_option: the words of --optimize= and --plan=.
 *
 * Safety: a forced plan is used only where it is possible, so no word here can fail a load.
 */
#include "compiler/plan.h"

#include <string.h>

const char *const plan_optimize_words[PLAN_OPTIMIZES] = {
	[PLAN_OPTIMIZE_BALANCED] = "balanced",
	[PLAN_OPTIMIZE_SPEED] = "speed",
	[PLAN_OPTIMIZE_SIZE] = "size",
};

/* Engines of blocks first, then kinds of set tables. */
const char *const plan_force_words[] = {
	"compares", "cross", "packed", "lead", "tree", "shared", "pairs",
	"buckets", NULL,
};

bool plan_force_is_table(const char *word)
{
	return word && (!strcmp(word, "pairs") || !strcmp(word, "buckets"));
}
