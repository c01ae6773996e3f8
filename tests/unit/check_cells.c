/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_cells: cells in a program's tables; lists that a damaged file might have.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/xdpfw_abi.h"
#include "loader/object_cells.h"

/* Six words, two lists, their number. */
struct image {
	uint32_t words[6];
	struct xdpfw_cell_list lists[2];
	uint32_t count;
};

static const uint32_t cell_of[] = { 700, 9, 0xffffff };

static struct image make_image(void)
{
	return (struct image){
		.words = { 0xa0000001, 77, 0, 2, 0xff000003, 88 },
		.lists = { { 0, 3, 8 }, { 12, 1, 4 } },
		.count = 2,
	};
}

static bool put(struct image *image, uint32_t counters)
{
	return object_cells_put((uint8_t *)image, sizeof(*image), cell_of, counters);
}

START_TEST(cells_for_counters)
{
	const uint32_t filled[] = { 0xa00002bc, 77, 0, 9, 0xffffffff, 88 };
	struct image image = make_image();

	ck_assert(put(&image, 3));
	ck_assert_mem_eq(image.words, filled, sizeof(filled));
	ck_assert(object_cells_put(NULL, 0, NULL, 0));
}
END_TEST

START_TEST(no_such_counter)
{
	struct image image = make_image();

	ck_assert(!put(&image, 2));
}
END_TEST

static const struct {
	uint32_t count;
	struct xdpfw_cell_list list;
} damaged[] = {
	{ 3, { 0, 1, 4 } },			/* lists that begin before the image */
	{ UINT32_MAX, { 0, 1, 4 } },
	{ 2, { 45, 1, 4 } },			/* a word behind its end */
	{ 2, { UINT32_MAX, 1, 0 } },
	{ 2, { 0, 2, UINT32_MAX } },
	{ 2, { 0, UINT32_MAX, UINT32_MAX } },
	{ 2, { 0, 7, 4 } },			/* reaches into the lists */
};

START_TEST(damaged_lists)
{
	struct image image = make_image();

	memset(image.words, 0, sizeof(image.words));
	image.count = damaged[_i].count;
	image.lists[1] = damaged[_i].list;
	if (damaged[_i].count == 3)
		image.words[3] = image.words[4] = image.words[5] = UINT32_MAX;
	ck_assert(!put(&image, 3));
}
END_TEST

START_TEST(too_short)
{
	uint8_t bytes[3] = { 0 };

	ck_assert(!object_cells_put(bytes, sizeof(bytes), cell_of, 3));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cells");
	TCase *tcase = tcase_create("cells");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, cells_for_counters);
	tcase_add_test(tcase, no_such_counter);
	tcase_add_loop_test(tcase, damaged_lists, 0, sizeof(damaged) / sizeof(damaged[0]));
	tcase_add_test(tcase, too_short);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
