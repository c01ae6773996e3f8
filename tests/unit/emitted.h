/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emitted: the C text of an IR, for tests that read it.
 */
#ifndef XDPFW_TESTS_EMITTED_H
#define XDPFW_TESTS_EMITTED_H

#include <check.h>
#include <string.h>

#include "compiler/emit.h"

/* FORCE: see struct plan_options. */
static inline const char *emitted_of(const struct ir *ir, const char *force, struct arena *arena,
				     struct diag *diag)
{
	const struct plan_options options = { .force = force };
	struct buf text = BUF_INIT;
	struct plan *plan = NULL;
	const char *copy;

	ck_assert(plan_make(ir, &options, arena, diag, &plan));
	emit_c(plan, &(struct emit_options){ 0 }, &text);
	copy = arena_strdup(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static inline void emitted_has(const char *c_text, const char *part)
{
	ck_assert_msg(strstr(c_text, part), "no '%s' in the C text", part);
}

#endif
