/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * force: XDPFW_TEST_PLAN="tree" in the environment has test programs compile as `--plan=tree` does,
 * XDPFW_TEST_OPTIMIZE="size" as `--optimize=size`: the same tests for every plan.  A ruleset of the
 * tests that wants words of --optimize has them in its first line: "# optimize flow-cache".
 */
#ifndef XDPFW_TESTS_TOOL_FORCE_H
#define XDPFW_TESTS_TOOL_FORCE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"

static inline void force_plan(struct compile_options *options)
{
	const char *plan = getenv("XDPFW_TEST_PLAN"), *words = getenv("XDPFW_TEST_OPTIMIZE");
	struct str_nearest nearest;

	if ((plan && !compile_plan_parse(plan, &options->optimize, &nearest)) ||
	    (words && !compile_optimize_parse(words, &options->optimize, &nearest))) {
		fprintf(stderr, "XDPFW_TEST_PLAN, XDPFW_TEST_OPTIMIZE: no such plan\n");
		exit(2);
	}
}

/* TEXT: the ruleset's; ARENA keeps the words. */
static inline void force_wanted(struct str text, struct arena *arena,
				struct compile_options *options)
{
	static const char word[] = "# optimize ";
	struct str_nearest nearest;
	struct str line = { text.at, 0 };

	if (text.len < sizeof(word) || memcmp(text.at, word, sizeof(word) - 1))
		return;
	while (line.len < text.len && line.at[line.len] != '\n')
		line.len++;
	line.at += sizeof(word) - 1;
	line.len -= sizeof(word) - 1;
	if (!compile_optimize_parse(arena_strdup(arena, line), &options->optimize, &nearest)) {
		fprintf(stderr, "no such word of --optimize: %.*s\n", STR_ARG(nearest.word));
		exit(2);
	}
}

#endif
