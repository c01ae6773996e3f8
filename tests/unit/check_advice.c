/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_advice: the table of refusals: every row can be found, says what to do, and changes only
 * what it names.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/buf.h"
#include "loader/advice.h"

static const struct advice_row *rows;
static unsigned int row_count;

/* The kernel says these words, says the row: they stand in its place of the source. */
START_TEST(rows_quote_the_kernel)
{
	const struct advice_row *row = &rows[_i];

	ck_assert_ptr_nonnull(row->help);
	ck_assert_ptr_nonnull(row->fact);
	ck_assert_msg(strchr(row->fact, '/') || !row->driver, "no file in: %s", row->fact);
	/* strerror() of a driver that says why in the kernel's log alone. */
	if (row->words && strcmp(row->words, "Operation not supported") != 0)
		ck_assert_msg(strstr(row->fact, row->words) != NULL, "'%s' is not in: %s",
			      row->words, row->fact);
	ck_assert_msg(row->words || row->features[0], "nothing to find this row by: %s",
		      row->fact);
}
END_TEST

/* The words of a row, with others around, lead to it or to one of its driver that comes before. */
START_TEST(rows_are_found)
{
	const struct advice_row *row = &rows[_i], *found;
	const char *driver = row->driver ? row->driver : "another";
	struct buf words = BUF_INIT;

	if (!row->words)
		return;
	buf_printf(&words, "%s: so it is: %s, says the driver", driver, row->words);
	found = advice_find("no such device", driver, words.at);
	ck_assert_msg(found == row, "'%s' of %s leads to: %s", row->words, driver,
		      found ? found->fact : "nothing");
	/* Another driver's words are not taken for these. */
	if (row->driver) {
		found = advice_find("no such device", "another", words.at);
		ck_assert_ptr_ne(found, row);
	}
	buf_free(&words);
}
END_TEST

START_TEST(help_names_the_device)
{
	const struct advice_row *row = &rows[_i];
	struct buf text = BUF_INIT;

	advice_print(row, "ens3", &text);
	ck_assert_ptr_null(strchr(text.at, '@'));
	ck_assert_ptr_null(strchr(text.at, '#'));
	if (strchr(row->help, '@'))
		ck_assert_ptr_nonnull(strstr(text.at, "ens3"));
	buf_free(&text);
}
END_TEST

/* A fix for features has features; one that is done by itself is also a line to type. */
START_TEST(fixes_can_be_done)
{
	const struct advice_row *row = &rows[_i];
	struct advice_undo undo = { 0 };
	struct report report = { 0 };

	if (row->fix == ADVICE_FIX_FEATURE)
		ck_assert_ptr_nonnull(row->features[0]);
	if (row->fix != ADVICE_FIX_NONE)
		ck_assert_int_eq(strncmp(row->help, "ethtool -", 9), 0);
	ck_assert(!advice_fix(&report, row, "no such device", &undo));
	ck_assert_ptr_null(undo.row);
}
END_TEST

START_TEST(words_that_nobody_knows)
{
	ck_assert_ptr_null(advice_find("no such device", "veth", "the driver has no native XDP"));
	ck_assert_ptr_null(advice_find("no such device", "e1000",
				       "Underlying driver does not support XDP in native mode"));
	ck_assert_ptr_null(advice_find("no such device", "mlx5_core", "Invalid argument"));
	ck_assert_ptr_null(advice_find_tags("no such device", "e1000"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("advice");
	TCase *tcase = tcase_create("advice");
	SRunner *runner;
	int failed;

	rows = advice_rows(&row_count);
	tcase_add_loop_test(tcase, rows_quote_the_kernel, 0, (int)row_count);
	tcase_add_loop_test(tcase, rows_are_found, 0, (int)row_count);
	tcase_add_loop_test(tcase, help_names_the_device, 0, (int)row_count);
	tcase_add_loop_test(tcase, fixes_can_be_done, 0, (int)row_count);
	tcase_add_test(tcase, words_that_nobody_knows);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
