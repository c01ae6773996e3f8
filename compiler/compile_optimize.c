/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile_optimize: the words of --optimize and --plan.
 *
 * In: words of the command line, or of a bundle.  Out: what the phases are told, and back.
 */
#include "compiler/compile_parts.h"
#include "compiler/opt/opt.h"

_Static_assert((int)COMPILE_BALANCED == (int)PLAN_OPTIMIZE_BALANCED &&
		       (int)COMPILE_SPEED == (int)PLAN_OPTIMIZE_SPEED &&
		       (int)COMPILE_SIZE == (int)PLAN_OPTIMIZE_SIZE,
	       "one list of words for both");

static bool parse_goal(struct str word, struct compile_optimize *optimize)
{
	for (size_t i = 0; i < PLAN_OPTIMIZES; i++) {
		if (!str_is(word, plan_optimize_words[i]))
			continue;
		optimize->goal = (enum compile_goal)i;
		return true;
	}
	return false;
}

/* "no-merge": that pass is off; "none": all are. */
static bool parse_off(struct str word, struct compile_optimize *optimize)
{
	bool none = str_is(word, "none"), found = none;

	for (size_t i = 0; opt_pass_words[i]; i++) {
		if (!none && !str_is(word, opt_pass_words[i]))
			continue;
		optimize->off |= 1u << i;
		found = true;
	}
	return found;
}

static bool parse_cache(struct str word, struct compile_optimize *optimize)
{
	if (!str_is(word, PLAN_FLOW_CACHE_WORD))
		return false;
	optimize->flow_cache = true;
	return true;
}

static void suggest(struct str word, struct str_nearest *nearest)
{
	*nearest = (struct str_nearest){ .word = word };
	for (size_t i = 0; i < PLAN_OPTIMIZES; i++)
		str_nearest_offer(nearest, plan_optimize_words[i]);
	str_nearest_offer(nearest, "none");
	str_nearest_offer(nearest, PLAN_FLOW_CACHE_WORD);
	for (size_t i = 0; opt_pass_words[i]; i++)
		str_nearest_offer(nearest, opt_pass_words[i]);
}

bool compile_optimize_parse(const char *words, struct compile_optimize *optimize,
			    struct str_nearest *nearest)
{
	for (;;) {
		struct str word = { words, strcspn(words, ",") };

		if (!parse_goal(word, optimize) && !parse_off(word, optimize) &&
		    !parse_cache(word, optimize)) {
			suggest(word, nearest);
			return false;
		}
		if (!words[word.len])
			return true;
		words += word.len + 1;
	}
}

bool compile_plan_parse(const char *name, struct compile_optimize *optimize,
			struct str_nearest *nearest)
{
	*nearest = (struct str_nearest){ .word = str_from(name) };
	for (size_t i = 0; plan_force_words[i]; i++) {
		if (!strcmp(name, plan_force_words[i])) {
			optimize->engine = plan_force_words[i];
			return true;
		}
		str_nearest_offer(nearest, plan_force_words[i]);
	}
	return false;
}

void compile_optimize_print(const struct compile_optimize *optimize, struct buf *out)
{
	buf_puts(out, plan_optimize_words[optimize->goal]);
	for (size_t i = 0; opt_pass_words[i]; i++)
		if (optimize->off & 1u << i)
			buf_printf(out, ",%s", opt_pass_words[i]);
	buf_puts(out, optimize->flow_cache ? "," PLAN_FLOW_CACHE_WORD : "");
}
