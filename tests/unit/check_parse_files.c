/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_parse_files: what the parser includes, and every limit of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/base/limits.h"
#include "tests/unit/parsed.h"

/* Makes a folder of its own; files are written into it by name. */
static char folder[] = "/tmp/check_parse.XXXXXX";

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void setup_files(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(mkdir("dir", 0700), 0);
	ck_assert_int_eq(mkdir("dir/c.nft", 0700), 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	write_file("rules", "tcp dport $p accept");
	write_file("defs", "define p = 22");
	write_file("dir/b.nft", "add table netdev b");
	write_file("dir/a.nft", "add table netdev a");
	write_file("self", "include \"./self\"\n");
	write_file("brace", "}\nadd table netdev x {\n");
	write_file("wrong", "\n add tabel netdev x\n");
}

static void teardown_files(void)
{
	static const char *const files[] = {
		"fifo", "rules", "defs", "dir/b.nft", "dir/a.nft", "self", "brace", "wrong", "deep",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	rmdir("dir/c.nft");
	rmdir("dir");
	if (!chdir("/"))
		rmdir(folder);
}

START_TEST(includes)
{
	const char *dirs[] = { "nodir", "dir" };
	struct parse_options options = { .include_dirs = dirs, .include_dir_count = 2 };

	/* A file may come twice: its text is read once and parsed in each place. */
	expect("include \"./defs\"\ntable netdev t {\n\tchain c {\n\t\tinclude \"./rules\"\n\t}\n"
	       "\tchain d {\n\t\tinclude \"./rules\"; drop\n\t}\n}\n",
	       "add table netdev t\n  chain c\n    rule\n      match implicit\n"
	       "        field tcp dport\n        number 22\n      verdict accept\n  chain d\n"
	       "    rule\n      match implicit\n        field tcp dport\n        number 22\n"
	       "      verdict accept\n    rule\n      verdict drop\n");
	/* Sorted; folders are not files; a pattern without a match is right. */
	expect("include \"./dir/*.nft\"\ninclude \"./no*\"",
	       "add table netdev a\nadd table netdev b\n");
	expect_with(&options, "include \"b.nft\"\ninclude \"[ab].nft\"",
		    "add table netdev b\nadd table netdev a\nadd table netdev b\n");
}
END_TEST

START_TEST(include_errors)
{
	expect_errors("include \"b.nft\"\ninclude \"./none\"\ninclude \"./dir\"\n"
		      "include \"./fifo\"\n"
		      "include \"\"\ninclude x\ninclude \"./rules\" drop\ninclude \"./self\"\n",
		      "1:9 there is no file 'b.nft' in the include folders\n"
		      "help: a path from the working folder begins with ./\n"
		      "2:9 cannot include './none': there is no such file\n"
		      "3:9 cannot include './dir': it is a folder\n"
		      "4:9 cannot include './fifo': it is not a regular file\n"
		      "5:9 the path is empty\n6:9 expected a path in quotes, found 'x'\n"
		      "7:19 expected a newline or ';', found 'drop'\n"
		      "1:9 './self' includes itself\n");
	/* Braces are balanced in each file. */
	expect_errors("table netdev t {\n\tinclude \"./brace\"\n}\n",
		      "1:1 '}' without a '{' before it in this file\n"
		      "2:1 expected 'chain', 'set', 'map', 'counter', 'flags' or "
		      "'comment', found 'add'\n");
}
END_TEST

START_TEST(include_places)
{
	struct parsed parsed;
	struct source_place place;

	parse_with(&parsed, &(struct parse_options){ 0 }, str_from("include \"./wrong\"\nfoo\n"));
	ck_assert_uint_eq(parsed.diag.errors, 2);
	place = source_locate(&parsed.sources, parsed.diag.messages.at[0].labels[0].span);
	ck_assert_str_eq(place.name, "./wrong");
	ck_assert_uint_eq(place.line, 2);
	ck_assert_uint_eq(place.column, 6);
	place = source_locate(&parsed.sources, parsed.diag.messages.at[1].labels[0].span);
	ck_assert_str_eq(place.name, "t");
	ck_assert_uint_eq(place.line, 2);
	arena_free(&parsed.arena);
}
END_TEST

START_TEST(include_depth)
{
	char name[16], text[40];

	/* The ruleset is file 1: 15 more are right, a 16th is not. */
	for (int i = 1; i <= LIMITS_INCLUDE_DEPTH; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(text, sizeof(text), "include \"./n%d\"\n", i + 1);
		write_file(name, i == LIMITS_INCLUDE_DEPTH ? "flush ruleset\n" : text);
	}
	expect("include \"./n2\"", "flush ruleset\n");
	expect_errors("include \"./n1\"",
		      "1:9 includes are nested more than 16 files deep\n");
	for (int i = 1; i <= LIMITS_INCLUDE_DEPTH; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		unlink(name);
	}
}
END_TEST

START_TEST(include_count)
{
	struct parsed parsed;
	struct buf text = BUF_INIT;

	write_file("deep", "\n");
	for (int i = 0; i <= LIMITS_INCLUDE_FILES; i++)
		buf_puts(&text, "include \"./deep\"\n");
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	ck_assert_uint_eq(parsed.diag.errors, 1);
	ck_assert_str_eq(parsed.diag.messages.at[0].text, "more than 4096 includes");
	ck_assert_uint_eq(parsed.sources.sources.len, 2);
	arena_free(&parsed.arena);
	buf_free(&text);
}
END_TEST

/* BEFORE, COUNT times MIDDLE, AFTER: the text of the only error, or NULL. */
static const char *repeat(struct parsed *parsed, const char *before, const char *middle,
			  size_t count, const char *after)
{
	struct buf text = BUF_INIT;

	buf_puts(&text, before);
	for (size_t i = 0; i < count; i++)
		buf_puts(&text, middle);
	buf_puts(&text, after);
	parse_with(parsed, &(struct parse_options){ 0 }, buf_str(&text));
	buf_free(&text);
	ck_assert_uint_le(parsed->diag.errors, 1);
	ck_assert(parsed->ok == !parsed->diag.errors);
	return parsed->ok ? NULL : parsed->diag.messages.at[0].text;
}

static void check_limit(const char *before, const char *middle, size_t count, const char *after,
			const char *message)
{
	struct parsed parsed;
	const char *text = repeat(&parsed, before, middle, count, after);

	if (message)
		ck_assert_str_eq(text, message);
	else
		ck_assert_ptr_null(text);
	arena_free(&parsed.arena);
}

START_TEST(limits)
{
	check_limit("add rule netdev t c tcp dport ", "(", 1000000, "\n",
		    "brackets are nested more than 64 deep");
	check_limit("add rule netdev t c tcp dport ", "{", 1000000, "\n",
		    "brackets are nested more than 64 deep");
	check_limit("add rule netdev t c tcp flags 1", "|1", LIMITS_NESTING, "", NULL);
	check_limit("add rule netdev t c tcp flags 1", "|1", LIMITS_NESTING + 1, "",
		    "more than 64 operators in one expression");
	/* Each element and each statement starts anew. */
	check_limit("add rule netdev t c tcp flags { 1", ", 1 | 1", 200, " }", NULL);
	check_limit("add rule netdev t c ", "tcp flags 1|2 ", LIMITS_STATEMENTS, "", NULL);
	check_limit("add rule netdev t c ", "counter ", LIMITS_STATEMENTS, "comment \"x\"", NULL);
	check_limit("add rule netdev t c ", "counter ", 100000, "drop",
		    "a rule of more than 128 statements");
	check_limit("add table netdev ", "x", LIMITS_NAME_LEN, "", NULL);
	check_limit("add table netdev ", "x", LIMITS_NAME_LEN + 1, "",
		    "the name of a table is longer than 127 bytes");
	check_limit("add rule netdev t c drop comment \"", "x", LIMITS_COMMENT_LEN, "\"", NULL);
	check_limit("add rule netdev t c drop comment \"", "x", LIMITS_COMMENT_LEN + 1, "\"",
		    "comment is longer than 128 bytes");
	check_limit("add element netdev t s { 1", ",1", LIMITS_ELEMENTS - 1, " }", NULL);
	check_limit("add element netdev t s { 1", ",1", LIMITS_ELEMENTS, " }",
		    "a set of more than 1048576 elements");
}
END_TEST

START_TEST(expansion)
{
	struct parsed parsed;
	struct buf text = BUF_INIT;

	/* 1,000 elements, written as often as LIMITS_EXPANDED allows and once more. */
	buf_puts(&text, "define a = { 1");
	for (int i = 1; i < 1000; i++)
		buf_puts(&text, ",1");
	buf_puts(&text, " }\n");
	for (unsigned int i = 0; i < LIMITS_EXPANDED / 1000; i++)
		buf_puts(&text, "add element netdev t s $a\n");
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	ck_assert(parsed.ok);
	arena_free(&parsed.arena);
	buf_puts(&text, "add element netdev t s $a\n");
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	ck_assert_uint_eq(parsed.diag.errors, 1);
	ck_assert_str_eq(parsed.diag.messages.at[0].text,
			 "variables expand to more than 16777216 elements");
	arena_free(&parsed.arena);
	buf_free(&text);
	/* The height of trees made of variables is limited too. */
	buf_puts(&text, "define a0 = 1\n");
	for (int i = 1; i < 100; i++)
		buf_printf(&text, "define a%d = $a%d | 1\n", i, i - 1);
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	ck_assert(!parsed.ok);
	ck_assert_str_eq(parsed.diag.messages.at[0].text,
			 "more than 64 operators in one expression");
	arena_free(&parsed.arena);
	buf_free(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parse: files and limits");
	TCase *tcase = tcase_create("limits"), *files = tcase_create("files");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, limits);
	tcase_add_test(tcase, expansion);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_unchecked_fixture(files, setup_files, teardown_files);
	tcase_add_test(files, includes);
	tcase_add_test(files, include_errors);
	tcase_add_test(files, include_places);
	tcase_add_test(files, include_depth);
	tcase_add_test(files, include_count);
	suite_add_tcase(suite, files);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
