/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_option: the words of --optimize= and --plan=.
 *
 * In: a word.  Out: what it means, or that it means nothing.
 *
 * Safety: a forced plan is used only where it is possible, so no word here can fail a load.
 */
#include <string.h>

#include "compiler/plan.h"

static const char *const optimize_words[] = {
	[PLAN_OPTIMIZE_BALANCED] = "balanced",
	[PLAN_OPTIMIZE_SPEED] = "speed",
	[PLAN_OPTIMIZE_SIZE] = "size",
};

/* Engines of blocks first, then kinds of set tables. */
#define FORCE_WORDS "compares|cross|packed|tree"

bool plan_optimize_parse(const char *word, enum plan_optimize *ret_optimize)
{
	for (size_t i = 0; i < sizeof(optimize_words) / sizeof(optimize_words[0]); i++) {
		if (strcmp(word, optimize_words[i]))
			continue;
		*ret_optimize = (enum plan_optimize)i;
		return true;
	}
	return false;
}

bool plan_force_is_known(const char *name)
{
	size_t bytes = strlen(name);

	for (const char *at = FORCE_WORDS; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (bytes == strcspn(at, "|") && !memcmp(name, at, bytes))
			return true;
	}
	return false;
}

const char *plan_force_names(void)
{
	return FORCE_WORDS;
}
