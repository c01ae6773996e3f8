/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * force: XDPFW_TEST_PLAN="tree" in the environment has test programs compile as `--plan=tree` does,
 * XDPFW_TEST_OPTIMIZE="size" as `--optimize=size`: the same tests for every plan.
 */
#ifndef XDPFW_TESTS_TOOL_FORCE_H
#define XDPFW_TESTS_TOOL_FORCE_H

#include <stdio.h>
#include <stdlib.h>

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

#endif
