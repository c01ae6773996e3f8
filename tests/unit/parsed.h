/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parsed: texts and the trees or errors that the parser makes of them, for its tests.
 */
#ifndef XDPFW_TESTS_PARSED_H
#define XDPFW_TESTS_PARSED_H

#include <check.h>

#include "compiler/parse.h"

struct parsed {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct ast *ast;
	bool ok;
};

static inline void parse_with(struct parsed *parsed, const struct parse_options *options,
			      struct str text)
{
	uint32_t source;

	*parsed = (struct parsed){ .arena = ARENA_INIT };
	parsed->sources.arena = &parsed->arena;
	parsed->diag = (struct diag){ .arena = &parsed->arena, .sources = &parsed->sources };
	source = source_add(&parsed->sources, "t", text);
	parsed->ok = parse_source(&parsed->sources, source, options, &parsed->arena, &parsed->diag,
				  &parsed->ast);
}

static inline void put_errors(const struct parsed *parsed, struct buf *out)
{
	buf_puts(out, "");
	for (size_t i = 0; i < parsed->diag.messages.len; i++) {
		const struct diag_message *message = &parsed->diag.messages.at[i];
		struct source_place place = source_locate(&parsed->sources,
							  message->labels[0].span);

		buf_printf(out, "%u:%u %s\n", place.line, place.column, message->text);
		if (message->help)
			buf_printf(out, "help: %s\n", message->help);
	}
}

static inline void expect_with(const struct parse_options *options, const char *text,
			       const char *tree)
{
	struct parsed parsed;
	struct buf out = BUF_INIT;

	parse_with(&parsed, options, str_from(text));
	if (parsed.ok)
		parse_print(parsed.ast, &out);
	else
		put_errors(&parsed, &out);
	ck_assert_msg(parsed.ok, "%s", out.at);
	ck_assert_str_eq(out.at ? out.at : "", tree);
	buf_free(&out);
	arena_free(&parsed.arena);
}

static inline void expect(const char *text, const char *tree)
{
	expect_with(&(struct parse_options){ 0 }, text, tree);
}

static inline void expect_errors_with(const struct parse_options *options, const char *text,
				      const char *messages)
{
	struct parsed parsed;
	struct buf out = BUF_INIT;

	parse_with(&parsed, options, str_from(text));
	put_errors(&parsed, &out);
	ck_assert_msg(!parsed.ok, "%s", text);
	ck_assert_ptr_null(parsed.ast);
	ck_assert_str_eq(out.at, messages);
	buf_free(&out);
	arena_free(&parsed.arena);
}

static inline void expect_errors(const char *text, const char *messages)
{
	expect_errors_with(&(struct parse_options){ 0 }, text, messages);
}

#endif
