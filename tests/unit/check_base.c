/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_base: the compiler's base, one test case a module.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/base/diag.h"
#include "compiler/base/limits.h"
#include "compiler/base/source.h"
#include "compiler/base/str.h"
#include "compiler/base/u128.h"
#include "compiler/base/vec.h"

START_TEST(u128_bytes)
{
	const uint8_t bytes[4] = { 192, 0, 2, 1 };
	uint8_t back[16];

	ck_assert(u128_from_bytes(bytes, 4) == 0xc0000201u);
	u128_to_bytes(0xc0000201u, back, 4);
	ck_assert_mem_eq(back, bytes, 4);
	u128_to_bytes(~(u128)0, back, 16);
	ck_assert(u128_from_bytes(back, 16) == ~(u128)0);
	ck_assert(u128_from_bytes(back, 0) == 0);
}
END_TEST

START_TEST(u128_masks)
{
	ck_assert(u128_max(1) == 1);
	ck_assert(u128_max(128) == ~(u128)0);
	ck_assert(u128_prefix_mask(32, 0) == 0);
	ck_assert(u128_prefix_mask(32, 8) == 0xff000000u);
	ck_assert(u128_prefix_mask(32, 32) == 0xffffffffu);
	ck_assert(u128_prefix_mask(128, 128) == ~(u128)0);
	ck_assert(u128_prefix_mask(128, 1) == (u128)1 << 127);
}
END_TEST

START_TEST(str_order)
{
	struct str none = { NULL, 0 };

	ck_assert(str_eq(none, str_from("")));
	ck_assert(str_is(str_from("tcp"), "tcp"));
	ck_assert(!str_is(str_from("tcp"), "tcpx"));
	ck_assert_int_lt(str_compare(str_from("eth0"), str_from("eth1")), 0);
	ck_assert_int_lt(str_compare(str_from("eth"), str_from("eth0")), 0);
	ck_assert_int_gt(str_compare(str_from("b"), str_from("ab")), 0);
	ck_assert_int_eq(str_compare(str_from("ab"), str_from("ab")), 0);
}
END_TEST

START_TEST(str_edits)
{
	ck_assert_uint_eq(str_distance(str_from("dport"), str_from("dport"), 3), 0);
	ck_assert_uint_eq(str_distance(str_from("dpotr"), str_from("dport"), 3), 1);
	ck_assert_uint_eq(str_distance(str_from("dprt"), str_from("dport"), 3), 1);
	ck_assert_uint_eq(str_distance(str_from("dporrt"), str_from("dport"), 3), 1);
	ck_assert_uint_eq(str_distance(str_from("saddr"), str_from("daddr"), 3), 1);
	ck_assert_uint_eq(str_distance(str_from(""), str_from("abc"), 3), 3);
	ck_assert_uint_eq(str_distance(str_from("abcdef"), str_from("uvwxyz"), 3), 4);
}
END_TEST

START_TEST(str_meant)
{
	struct str_nearest near = { .word = str_from("dpotr") };

	str_nearest_offer(&near, "sport");
	str_nearest_offer(&near, "dport");
	str_nearest_offer(&near, "checksum");
	ck_assert_str_eq(near.best, "dport");
	near = (struct str_nearest){ .word = str_from("x") };
	str_nearest_offer(&near, "y");
	ck_assert_ptr_null(near.best);
	near = (struct str_nearest){ .word = str_from("flugs") };
	str_nearest_offer(&near, "sequence");
	ck_assert_ptr_null(near.best);
}
END_TEST

START_TEST(arena_memory)
{
	struct arena arena = ARENA_INIT;
	char *first = arena_alloc(&arena, 1);

	for (size_t size = 1; size < 200000; size = size * 3 + 1) {
		unsigned char *memory = arena_alloc(&arena, size);

		ck_assert_uint_eq((uintptr_t)memory % 16, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(memory[i], 0);
		memset(memory, 0xff, size);
	}
	ck_assert_int_eq(*first, 0);
	ck_assert_str_eq(arena_printf(&arena, "%s-%d", "a", 5), "a-5");
	ck_assert_str_eq(arena_strdup(&arena, (struct str){ "abcdef", 3 }), "abc");
	arena_free(&arena);
	ck_assert_ptr_null(arena.chunk);
}
END_TEST

START_TEST(vec_growth)
{
	struct arena arena = ARENA_INIT;
	VEC(int) numbers = { 0 };

	for (int i = 0; i < 10000; i++) {
		int *number = vec_push(&arena, &numbers);

		ck_assert_int_eq(*number, 0);
		*number = i;
	}
	ck_assert_uint_eq(numbers.len, 10000);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(numbers.at[i], i);
	arena_free(&arena);
}
END_TEST

START_TEST(buf_growth)
{
	struct buf buf = BUF_INIT;

	ck_assert_str_eq(buf_str(&buf).at, "");
	for (int i = 0; i < 10000; i++)
		buf_printf(&buf, "%04d,", i);
	ck_assert_uint_eq(buf.len, 50000);
	ck_assert_uint_eq(strlen(buf.at), 50000);
	ck_assert_mem_eq(buf.at + 49995, "9999,", 5);
	buf_put(&buf, "", 0);
	buf_putc(&buf, '\0');
	ck_assert_uint_eq(buf.len, 50001);
	buf_free(&buf);
	ck_assert_ptr_null(buf.at);
}
END_TEST

START_TEST(source_places)
{
	struct arena arena = ARENA_INIT;
	struct source_set set = { .arena = &arena };
	uint32_t number = source_add(&set, "a.nft", str_from("one\n\ttwo\n\nend"));
	struct source_place place = source_locate(&set, (struct source_span){ number, 5, 8 });

	ck_assert_uint_eq(place.line, 2);
	ck_assert_uint_eq(place.column, 2);
	ck_assert(str_is(place.text, "\ttwo"));
	ck_assert(str_is(source_text(&set, (struct source_span){ number, 5, 8 }), "two"));
	place = source_locate(&set, (struct source_span){ number, 13, 13 });
	ck_assert_uint_eq(place.line, 4);
	ck_assert_uint_eq(place.column, 4);
	place = source_locate(&set, (struct source_span){ number, 9, 9 });
	ck_assert_uint_eq(place.line, 3);
	ck_assert(str_is(place.text, ""));
	place = source_locate(&set, (struct source_span){ number, 3, 4 });
	ck_assert_uint_eq(place.line, 1);
	ck_assert_uint_eq(place.column, 4);
	arena_free(&arena);
}
END_TEST

START_TEST(source_files)
{
	struct arena arena = ARENA_INIT;
	struct source_set set = { .arena = &arena };
	char dir[] = "/tmp/check_base.XXXXXX";
	char path[64], link[64], fifo[64];
	uint32_t first, second;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(link, sizeof(link), "%s/b", dir);
	snprintf(fifo, sizeof(fifo), "%s/f", dir);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fwrite("x\0y\n", 1, 4, file);
	fclose(file);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);

	ck_assert_int_eq(source_read(&set, path, &first), 0);
	ck_assert_uint_eq(set.sources.at[first].text.len, 4);
	ck_assert_int_eq(source_read(&set, link, &second), -EALREADY);
	ck_assert_uint_eq(first, second);
	ck_assert_int_eq(source_read(&set, dir, &second), -EISDIR);
	ck_assert_int_eq(source_read(&set, fifo, &second), -EINVAL);
	ck_assert_int_eq(source_read(&set, "/nonexistent/x", &second), -ENOENT);

	ck_assert_int_eq(truncate(path, (off_t)LIMITS_SOURCE_BYTES + 1), 0);
	ck_assert_int_eq(source_read(&set, path, &second), -EFBIG);
	unlink(path);
	unlink(link);
	unlink(fifo);
	rmdir(dir);
	arena_free(&arena);
}
END_TEST

struct diag_bench {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct buf out;
};

static void diag_start(struct diag_bench *bench, const char *text)
{
	memset(bench, 0, sizeof(*bench));
	bench->sources.arena = &bench->arena;
	bench->diag.arena = &bench->arena;
	bench->diag.sources = &bench->sources;
	source_add(&bench->sources, "r.nft", str_from(text));
}

static void diag_expect(struct diag_bench *bench, const char *text)
{
	diag_print(&bench->diag, &bench->out);
	ck_assert_str_eq(buf_str(&bench->out).at, text);
	buf_free(&bench->out);
	arena_free(&bench->arena);
}

START_TEST(diag_form)
{
	struct diag_bench bench;

	diag_start(&bench, "table\n\ttcp dpotr 22\n");
	diag_error(&bench.diag, (struct source_span){ 0, 11, 16 }, "no field '%s'", "dpotr");
	diag_label(&bench.diag, (struct source_span){ 0, 7, 10 }, "of this");
	diag_label(&bench.diag, (struct source_span){ 0, 0, 5 }, NULL);
	diag_help(&bench.diag, "did you mean '%s'?", "dport");
	diag_warning(&bench.diag, (struct source_span){ 0, 0, 5 }, "odd");
	ck_assert_uint_eq(bench.diag.errors, 1);
	ck_assert_uint_eq(bench.diag.warnings, 1);
	diag_expect(&bench, "r.nft:1:1: warning: odd\n"
			    "    table\n"
			    "    ^~~~~\n"
			    "r.nft:2:6: error: no field 'dpotr'\n"
			    "    \ttcp dpotr 22\n"
			    "    \t    ^~~~~\n"
			    "    \t^~~ of this\n"
			    "r.nft:1:1:\n"
			    "    table\n"
			    "    ^~~~~\n"
			    "help: did you mean 'dport'?\n");
}
END_TEST

START_TEST(diag_safe_text)
{
	struct diag_bench bench;

	diag_start(&bench, "a\x1b[31m \xc3\xa9 \xff\xc2\x9b b");
	diag_error(&bench.diag, (struct source_span){ 0, 13, 14 }, "bad\n\x07");
	diag_expect(&bench, "r.nft:1:14: error: bad??\n"
			    "    a?[31m \xc3\xa9 ??? b\n"
			    "               ^\n");
}
END_TEST

START_TEST(diag_cap)
{
	struct diag_bench bench;
	unsigned int lines = 0;

	diag_start(&bench, "0123456789012345678901234567890123456789");
	for (uint32_t i = 0; i < LIMITS_DIAGS + 3; i++) {
		struct source_span span = { 0, LIMITS_DIAGS + 3 - i, LIMITS_DIAGS + 4 - i };

		diag_error(&bench.diag, span, "e");
		diag_error(&bench.diag, span, "e");
	}
	diag_print(&bench.diag, &bench.out);
	for (size_t i = 0; i < bench.out.len; i++)
		lines += bench.out.at[i] == '\n';
	ck_assert_uint_eq(lines, 3 * LIMITS_DIAGS + 1);
	ck_assert_ptr_nonnull(strstr(bench.out.at, "3 more errors not shown\n"));
	buf_free(&bench.out);
	arena_free(&bench.arena);
}
END_TEST

/* Arrays that were made in one piece, with as many elements as they have room for. */
START_TEST(vec_of_one_piece)
{
	struct arena arena = ARENA_INIT;

	for (int len = 0; len < 100; len++) {
		VEC(int) numbers = { .at = ARENA_ARRAY(&arena, int, (size_t)len + 1),
				     .len = (size_t)len };
		int *behind = ARENA_NEW(&arena, int);

		for (int i = 0; i < len; i++)
			numbers.at[i] = i;
		for (int i = len; i < 2 * len + 9; i++)
			*vec_push(&arena, &numbers) = i;
		for (int i = 0; i < 2 * len + 9; i++)
			ck_assert_int_eq(numbers.at[i], i);
		ck_assert_int_eq(*behind, 0);
	}
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *tcase = tcase_create("base");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, u128_bytes);
	tcase_add_test(tcase, u128_masks);
	tcase_add_test(tcase, str_order);
	tcase_add_test(tcase, str_edits);
	tcase_add_test(tcase, str_meant);
	tcase_add_test(tcase, arena_memory);
	tcase_add_test(tcase, vec_growth);
	tcase_add_test(tcase, vec_of_one_piece);
	tcase_add_test(tcase, buf_growth);
	tcase_add_test(tcase, source_places);
	tcase_add_test(tcase, source_files);
	tcase_add_test(tcase, diag_form);
	tcase_add_test(tcase, diag_safe_text);
	tcase_add_test(tcase, diag_cap);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
