/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_maps: which counter gets which cell over loads.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "loader/maps.h"

#define MOST 4096

static struct compile_counter counters[MOST];
static char keys[MOST][16];
static struct arena arena = ARENA_INIT;

/* A ruleset with counters FIRST up to FIRST + COUNT - 1; the file says 5 packets, 100 bytes. */
static struct compile make_ruleset(unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		snprintf(keys[i], sizeof(keys[i]), "rule %u", first + i);
		counters[i] = (struct compile_counter){ keys[i], 5, 100 };
	}
	return (struct compile){ .counters = counters, .counter_count = count };
}

/* The record a load with these cells would leave. */
static struct maps_record make_record(const struct compile *compile, const struct maps_cells *cells)
{
	struct maps_record record = {
		.header = { .abi = XDPFW_ABI_VERSION,
			    .cell_count = cells->cell_count,
			    .counter_count = (uint32_t)compile->counter_count },
		.counters = ARENA_ARRAY(&arena, struct maps_counter, compile->counter_count + 1),
	};

	for (size_t i = 0; i < compile->counter_count; i++) {
		maps_key(compile->counters[i].key, record.counters[i].key);
		record.counters[i].cell = cells->cell_of[i];
		record.counters[i].packets = cells->base[i].packets;
		record.counters[i].bytes = cells->base[i].bytes;
	}
	maps_record_sort(&record);
	return record;
}

/* No cell twice, never cell 0, all inside the map, and none that only OLD names. */
static void check_cells(const struct compile *compile, const struct maps_cells *cells,
			const struct maps_record *old)
{
	bool *taken = ARENA_ARRAY(&arena, bool, cells->cell_count);

	for (uint32_t i = 0; old && !cells->anew && i < old->header.counter_count; i++)
		taken[old->counters[i].cell] = true;
	for (size_t i = 0; i < compile->counter_count; i++) {
		uint32_t cell = cells->cell_of[i];

		ck_assert_uint_gt(cell, 0);
		ck_assert_uint_lt(cell, cells->cell_count);
		if (cells->from[i] && !cells->anew) {
			ck_assert_uint_eq(cell, cells->from[i]->cell);
			ck_assert(!cells->fresh[i]);
			continue;
		}
		ck_assert(!taken[cell]);
		ck_assert(cells->fresh[i]);
		taken[cell] = true;
	}
}

START_TEST(first_load)
{
	struct compile compile = make_ruleset(0, 3);
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	ck_assert(cells.anew);
	ck_assert_uint_eq(cells.cell_count, MAPS_CELLS_LEAST);
	check_cells(&compile, &cells, NULL);
	ck_assert_uint_eq(cells.base[0].packets, 5);
	ck_assert_uint_eq(cells.base[0].bytes, 100);
}
END_TEST

/* Cells of a program that may come back are given to nobody, though it is not in force. */
START_TEST(may_come_back)
{
	struct compile compile = make_ruleset(0, 3);
	struct maps_record before, live;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	before = make_record(&compile, &cells);
	compile = make_ruleset(10, 3);
	maps_plan_cells(&compile, &before, NULL, false, &arena, &cells);
	live = make_record(&compile, &cells);
	compile = make_ruleset(20, 3);
	maps_plan_cells(&compile, &live, &before, false, &arena, &cells);
	ck_assert(!cells.anew);
	check_cells(&compile, &cells, &live);
	check_cells(&compile, &cells, &before);
	/* Without it they are the lowest that are free. */
	maps_plan_cells(&compile, &live, NULL, false, &arena, &cells);
	ck_assert_uint_eq(cells.cell_of[0], 1);
	/* A record that does not fit the map is not trusted. */
	before.counters[0].cell = MAPS_CELLS_LEAST;
	maps_plan_cells(&compile, &live, &before, false, &arena, &cells);
	ck_assert(cells.anew);
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		unsigned int counters;
		uint32_t cells;
	} rows[] = { { 0, 1024 }, { 512, 1024 }, { 513, 2048 }, { 1024, 2048 }, { 1025, 4096 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct compile compile = make_ruleset(0, rows[i].counters);
		struct maps_cells cells;

		maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
		ck_assert_uint_eq(cells.cell_count, rows[i].cells);
	}
}
END_TEST

START_TEST(carry_over)
{
	struct compile compile = make_ruleset(0, 3);
	struct maps_record record;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	record = make_record(&compile, &cells);
	record.counters[0].packets = 77;
	compile = make_ruleset(1, 3);		/* rule 0 goes, rule 3 comes */
	maps_plan_cells(&compile, &record, NULL, false, &arena, &cells);
	ck_assert(!cells.anew);
	ck_assert_ptr_nonnull(cells.from[0]);
	ck_assert_ptr_nonnull(cells.from[1]);
	ck_assert_ptr_null(cells.from[2]);
	check_cells(&compile, &cells, &record);
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_eq(cells.base[i].packets, cells.from[i]->packets);
}
END_TEST

START_TEST(fresh)
{
	struct compile compile = make_ruleset(0, 3);
	struct maps_record record;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	record = make_record(&compile, &cells);
	record.counters[0].packets = record.counters[1].packets = record.counters[2].packets = 77;
	maps_plan_cells(&compile, &record, NULL, true, &arena, &cells);
	check_cells(&compile, &cells, &record);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_ptr_null(cells.from[i]);
		ck_assert_uint_eq(cells.base[i].packets, 5);
	}
}
END_TEST

START_TEST(grow)
{
	struct compile compile = make_ruleset(0, 512);
	struct maps_record record;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	record = make_record(&compile, &cells);
	compile = make_ruleset(0, 513);
	maps_plan_cells(&compile, &record, NULL, false, &arena, &cells);
	ck_assert(cells.anew);
	ck_assert_uint_eq(cells.cell_count, 2048);
	ck_assert_ptr_nonnull(cells.from[511]);
	ck_assert_ptr_null(cells.from[512]);
	check_cells(&compile, &cells, &record);
}
END_TEST

/* The map in force has no pages: what it counted is carried over into one that has. */
START_TEST(older_shape)
{
	struct compile compile = make_ruleset(0, 3);
	struct maps_record record;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	record = make_record(&compile, &cells);
	record.header.abi = 4;
	maps_plan_cells(&compile, &record, NULL, false, &arena, &cells);
	ck_assert(cells.anew);
	ck_assert_uint_eq(cells.cell_count, MAPS_CELLS_LEAST);
	for (size_t i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(cells.from[i]);
	check_cells(&compile, &cells, &record);
}
END_TEST

/* Old and new rulesets of the most counters that share none: cell 0 is the one that is missing. */
START_TEST(too_few_free)
{
	struct compile compile = make_ruleset(0, 512);
	struct maps_record record;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	record = make_record(&compile, &cells);
	compile = make_ruleset(1000, 511);
	maps_plan_cells(&compile, &record, NULL, false, &arena, &cells);
	ck_assert(!cells.anew);
	check_cells(&compile, &cells, &record);
	compile = make_ruleset(1000, 512);
	maps_plan_cells(&compile, &record, NULL, false, &arena, &cells);
	ck_assert(cells.anew);
	check_cells(&compile, &cells, &record);
}
END_TEST

START_TEST(many_loads)
{
	struct compile compile = make_ruleset(0, 100);
	struct maps_record record;
	struct maps_cells cells;

	maps_plan_cells(&compile, NULL, NULL, false, &arena, &cells);
	for (unsigned int i = 1; i < 200; i++) {
		record = make_record(&compile, &cells);
		compile = make_ruleset(i * 37 % 101, 100 + i);
		maps_plan_cells(&compile, &record, NULL, false, &arena, &cells);
		ck_assert(!cells.anew);
		check_cells(&compile, &cells, &record);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maps");
	TCase *cells = tcase_create("cells");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(cells, first_load);
	tcase_add_test(cells, may_come_back);
	tcase_add_test(cells, sizes);
	tcase_add_test(cells, carry_over);
	tcase_add_test(cells, fresh);
	tcase_add_test(cells, grow);
	tcase_add_test(cells, older_shape);
	tcase_add_test(cells, too_few_free);
	tcase_add_test(cells, many_loads);
	suite_add_tcase(suite, cells);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_free(&arena);
	return failed != 0;
}
