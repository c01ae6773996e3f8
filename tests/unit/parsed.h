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

/* One rule; its tree on one line: "match ==(field tcp dport, number 22)". */
static inline void expect_rule(const char *rule, const char *tree)
{
	static const char head[] = "add rule netdev t c\n  rule\n";
	struct parsed parsed;
	struct buf text = BUF_INIT, out = BUF_INIT, flat = BUF_INIT;

	buf_printf(&text, "add rule netdev t c %s", rule);
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	put_errors(&parsed, &out);
	ck_assert_msg(parsed.ok, "%s\n%s", rule, out.at);
	buf_free(&out);
	parse_print(parsed.ast, &out);
	ck_assert_int_eq(strncmp(out.at, head, strlen(head)), 0);
	for (const char *line = out.at + strlen(head), *next; *line; line = next) {
		static const char blanks[] = "                                        ";
		size_t depth = strspn(line, " "), below;

		next = strchr(line, '\n') + 1;
		below = strspn(next, " ");
		ck_assert_uint_lt(depth, strlen(blanks));
		buf_put(&flat, line + depth, (size_t)(next - line) - depth - 1);
		if (below > depth)
			buf_putc(&flat, '(');
		for (size_t i = below; i < depth && i >= 4; i += 2)
			buf_putc(&flat, ')');
		for (size_t i = 4; !*next && i < depth; i += 2)
			buf_putc(&flat, ')');
		if (*next && below <= depth)
			buf_puts(&flat, ", ");
	}
	ck_assert_str_eq(flat.at, tree);
	buf_free(&text);
	buf_free(&out);
	buf_free(&flat);
	arena_free(&parsed.arena);
}

/* RULE alone is wrong: "column message", where column 1 is the rule's first byte. */
static inline void expect_refused(const char *rule, const char *message)
{
	struct parsed parsed;
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct source_place place;

	buf_printf(&text, "add rule netdev t c %s\nadd table netdev after\n", rule);
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	ck_assert_msg(parsed.diag.errors == 1, "%s: %u errors", rule, parsed.diag.errors);
	place = source_locate(&parsed.sources, parsed.diag.messages.at[0].labels[0].span);
	buf_printf(&out, "%u %s", place.column - 20, parsed.diag.messages.at[0].text);
	ck_assert_str_eq(out.at, message);
	buf_free(&text);
	buf_free(&out);
	arena_free(&parsed.arena);
}

#endif
