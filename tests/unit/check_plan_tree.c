/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_plan_tree: decision trees give what the rows say, one after the other, whatever the rows
 * are: at the ends of their labels, for absent values, and when the look-up is resumed; and
 * building them takes time and memory in proportion to the rows.
 */
#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "compiler/base/arena.h"
#include "compiler/plan_engine.h"

#define MOST_WORK ((struct plan_budget){ 64u << 20, 100000000 })

struct made {
	struct arena arena;
	struct plan_problem problem;
	uint32_t *labels, *results;
	bool *resumed;
	size_t room;
	uint64_t random;
};

static uint64_t next_random(struct made *made)
{
	made->random ^= made->random << 13;
	made->random ^= made->random >> 7;
	made->random ^= made->random << 17;
	return made->random;
}

static uint32_t below(struct made *made, uint32_t limit)
{
	return (uint32_t)(next_random(made) >> 20) % limit;
}

static struct made *new_made(const unsigned int *bits, uint32_t dims, size_t rows, uint64_t seed)
{
	struct made *made = calloc(1, sizeof(*made));
	struct plan_dim *dim = arena_alloc(&made->arena, dims * sizeof(*dim));

	made->random = seed * 0x9e3779b97f4a7c15ull + 88172645463325252ull;
	made->room = rows;
	made->labels = arena_alloc(&made->arena, rows * dims * sizeof(uint32_t));
	made->results = arena_alloc(&made->arena, rows * sizeof(uint32_t));
	made->resumed = arena_alloc(&made->arena, rows);
	made->problem = (struct plan_problem){ .dims = dim, .dim_count = dims,
					       .labels = made->labels,
					       .results = made->results };
	for (uint32_t i = 0; i < dims; i++) {
		dim[i].bits = bits[i];
		dim[i].always = i % 3 == 1;
	}
	return made;
}

static void free_made(struct made *made)
{
	arena_free(&made->arena);
	free(made);
}

static u128 random_value(struct made *made, unsigned int bits)
{
	u128 value = (u128)next_random(made) << 64 | next_random(made);

	return (value >> below(made, bits)) & u128_max(bits);
}

static int compare_values(const void *a, const void *b)
{
	const u128 *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* A label that is not there yet is put behind the others. */
static uint32_t add_label(struct made *made, uint32_t dim, const struct ir_interval *at,
			  size_t count)
{
	struct plan_dim *to = &made->problem.dims[dim];
	struct ir_interval *copy;

	for (size_t i = 0; i < to->labels.len && to->labels.len < 200; i++)
		if (to->labels.at[i].count == count &&
		    !memcmp(to->labels.at[i].at, at, count * sizeof(*at)))
			return (uint32_t)i;
	copy = arena_alloc(&made->arena, count * sizeof(*at));
	memcpy(copy, at, count * sizeof(*at));
	*vec_push(&made->arena, &to->labels) = (struct plan_label){ copy, count };
	return (uint32_t)to->labels.len - 1;
}

static uint32_t add_interval(struct made *made, uint32_t dim, u128 lo, u128 hi)
{
	struct ir_interval interval = { .lo = lo, .hi = hi };

	return add_label(made, dim, &interval, 1);
}

/* Ends at random places, of which neighbours are pairs. */
static uint32_t add_holes(struct made *made, uint32_t dim, size_t intervals)
{
	unsigned int bits = made->problem.dims[dim].bits;
	struct ir_interval at[64];
	u128 value[128];
	size_t count = 0;

	memset(at, 0, sizeof(at));
	for (size_t i = 0; i < 2 * intervals; i++)
		value[i] = random_value(made, bits);
	qsort(value, 2 * intervals, sizeof(*value), compare_values);
	for (size_t i = 0; i < intervals; i++) {
		if (count && value[2 * i] <= at[count - 1].hi + 1) {
			at[count - 1].hi = value[2 * i + 1];
			continue;
		}
		at[count].lo = value[2 * i];
		at[count++].hi = value[2 * i + 1];
	}
	return add_label(made, dim, at, count);
}

static uint32_t random_label(struct made *made, uint32_t dim)
{
	unsigned int bits = made->problem.dims[dim].bits, len = below(made, bits + 1);
	u128 value = random_value(made, bits), mask = u128_prefix_mask(bits, len);

	switch (below(made, 6)) {
	case 0:
		return PLAN_ANY;
	case 1:
		return add_interval(made, dim, value, value);
	case 2:
		return add_holes(made, dim, 1);
	case 3:
		return add_holes(made, dim, 1 + below(made, 6));
	case 4:
		return add_interval(made, dim, 0, u128_max(bits));
	}
	return add_interval(made, dim, value & mask, value | (u128_max(bits) ^ mask));
}

/* A row of the labels that are set already. */
static void end_row(struct made *made, bool resumed)
{
	size_t row = made->problem.row_count++;

	ck_assert_uint_lt(row, made->room);
	made->results[row] = row ? made->results[row - 1] + 1 : 0;
	made->resumed[row] = resumed;
}

static uint32_t *next_row(struct made *made)
{
	return made->labels + made->problem.row_count * made->problem.dim_count;
}

static u128 edge_value(struct made *made, uint32_t dim)
{
	const struct plan_dim *from = &made->problem.dims[dim];
	const struct plan_label *label;
	const struct ir_interval *at;
	u128 value = random_value(made, from->bits);

	if (!from->labels.len || !below(made, 8))
		return value;
	label = &from->labels.at[below(made, (uint32_t)from->labels.len)];
	at = &label->at[below(made, (uint32_t)label->count)];
	switch (below(made, 5)) {
	case 0:
		return at->lo;
	case 1:
		return at->hi;
	case 2:
		return (at->lo - 1) & u128_max(from->bits);
	case 3:
		return (at->hi + 1) & u128_max(from->bits);
	}
	return at->lo + value % (at->hi - at->lo + 1 ? at->hi - at->lo + 1 : 1);
}

/* Mostly inside of some row, with a few values of others. */
static void make_key(struct made *made, struct plan_key *ret_key)
{
	size_t row = below(made, (uint32_t)made->problem.row_count);

	for (uint32_t i = 0; i < made->problem.dim_count; i++) {
		const struct plan_dim *dim = &made->problem.dims[i];
		uint32_t label = made->labels[row * made->problem.dim_count + i];

		ret_key->present[i] = dim->always || below(made, 10);
		ret_key->value[i] = edge_value(made, i);
		if (label != PLAN_ANY && below(made, 4)) {
			const struct ir_interval *at = dim->labels.at[label].at;

			ret_key->value[i] = below(made, 2) ? at->lo : at->hi;
		}
	}
}

/* The judge from the first row with a result of FROM on. */
static uint32_t judge(const struct made *made, const struct plan_key *key, uint32_t from)
{
	struct plan_problem rest = made->problem;
	size_t row = 0;

	while (row < made->problem.row_count && made->results[row] < from)
		row++;
	rest.labels += row * rest.dim_count;
	rest.results += row;
	rest.row_count -= row;
	return plan_problem_look(&rest, key);
}

static bool goes_on(const struct made *made, uint32_t result)
{
	for (size_t i = 0; i < made->problem.row_count; i++)
		if (made->results[i] == result)
			return made->problem.resumed && made->resumed[i];
	return false;
}

static void check_keys(struct made *made, const struct plan_solution *solution, size_t keys)
{
	struct plan_key key;

	for (size_t i = 0; i < keys; i++) {
		uint32_t from = 0, answer, truth;

		make_key(made, &key);
		do {
			truth = judge(made, &key, from);
			answer = plan_engine_tree.look(solution, &key, from);
			ck_assert_msg(answer == truth, "key %zu from %u: %u, not %u", i, from,
				      answer, truth);
			from = answer + 1;
		} while (answer != PLAN_NO_RESULT && goes_on(made, answer));
	}
}

static const struct plan_solution *build(struct made *made, struct plan_estimate *ret_estimate)
{
	const struct plan_budget budget = MOST_WORK;
	const struct plan_solution *solution;
	struct plan_estimate before;

	plan_engine_tree.estimate(&made->problem, &budget, &made->arena, &before);
	ck_assert(before.possible);
	ck_assert_uint_gt(before.cost, 0);
	solution = plan_engine_tree.build(&made->problem, &budget, &made->arena, ret_estimate);
	ck_assert_ptr_nonnull(solution);
	return solution;
}

static void check_made(struct made *made, size_t keys)
{
	struct plan_estimate estimate;

	check_keys(made, build(made, &estimate), keys);
}

static const unsigned int widths[][PLAN_MAX_DIMS] = {
	{ 32, 32, 8, 16, 16 },
	{ 1, 2, 3, 128, 64, 48, 33 },
	{ 128, 128, 8, 16, 16 },
	{ 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128 },
	{ 16 },
	{ 4, 4, 4 },
};

static const uint32_t width_counts[] = { 5, 7, 5, PLAN_MAX_DIMS, 1, 3 };

START_TEST(test_random)
{
	uint32_t shape = (uint32_t)_i % 6;

	for (uint64_t seed = 0; seed < 12; seed++) {
		/* Of many dimensions building takes as long for fewer. */
		size_t rows = 1 + (seed * seed * 7) % (width_counts[shape] > 7 ? 100 : 300);
		struct made *made = new_made(widths[shape], width_counts[shape], rows,
					     seed * 100 + (uint64_t)_i);

		for (size_t i = 0; i < rows; i++) {
			uint32_t *labels = next_row(made);

			for (uint32_t j = 0; j < width_counts[shape]; j++)
				labels[j] = below(made, 16) * (i + 1) < seed * 4 ? PLAN_ANY :
					    random_label(made, j);
			end_row(made, !below(made, 3));
		}
		if (_i >= 6)
			made->problem.resumed = made->resumed;
		check_made(made, 1500);
		free_made(made);
	}
}
END_TEST

/* Every value of small dimensions, absent ones too. */
START_TEST(test_all_values)
{
	struct made *made = new_made(widths[5], 3, 60, (uint64_t)_i + 1);
	const struct plan_solution *solution;
	struct plan_estimate estimate;
	struct plan_key key;

	for (size_t i = 0; i < 60; i++) {
		uint32_t *labels = next_row(made);

		for (uint32_t j = 0; j < 3; j++)
			labels[j] = random_label(made, j);
		end_row(made, false);
	}
	solution = build(made, &estimate);
	for (uint32_t i = 0; i < 17 * 16 * 17; i++) {
		uint32_t value[3] = { i % 17, i / 17 % 16, i / 17 / 16 };

		for (uint32_t j = 0; j < 3; j++) {
			key.present[j] = value[j] < 16;
			key.value[j] = value[j] & 15;
		}
		ck_assert_uint_eq(plan_engine_tree.look(solution, &key, 0),
				  plan_problem_look(&made->problem, &key));
	}
	free_made(made);
}
END_TEST

/* No label at all: the first row, or each of them when they are resumed behind. */
START_TEST(test_any)
{
	struct made *made = new_made(widths[0], 5, 40, 1);

	for (size_t i = 0; i < 40; i++) {
		memset(next_row(made), 0xff, 5 * sizeof(uint32_t));
		end_row(made, i != 37);
	}
	check_made(made, 10);
	made->problem.resumed = made->resumed;
	check_made(made, 10);
	made->problem.row_count = 1;
	made->resumed[0] = false;
	check_made(made, 10);
	free_made(made);
}
END_TEST

/* Labels whose combinations of intervals are far too many for boxes. */
START_TEST(test_holes)
{
	struct made *made = new_made(widths[_i ? 2 : 0], 5, 100, (uint64_t)_i + 5);
	struct plan_estimate estimate;
	const struct plan_solution *solution;

	for (size_t i = 0; i < 100; i++) {
		uint32_t *labels = next_row(made);

		for (uint32_t j = 0; j < 5; j++)
			labels[j] = below(made, 4) ? add_holes(made, j, 20 + below(made, 40)) :
				    PLAN_ANY;
		end_row(made, !below(made, 8));
	}
	made->problem.resumed = _i ? made->resumed : NULL;
	solution = build(made, &estimate);
	ck_assert_uint_lt(estimate.bytes, 40u << 20);
	check_keys(made, solution, 3000);
	free_made(made);
}
END_TEST

/* Results that leave numbers out, and rows of the same one. */
START_TEST(test_results)
{
	struct made *made = new_made(widths[0], 5, 200, 9);

	for (size_t i = 0; i < 200; i++) {
		uint32_t *labels = next_row(made);

		for (uint32_t j = 0; j < 5; j++)
			labels[j] = random_label(made, j);
		end_row(made, i % 7 == 3);
		made->results[i] = i / 7 * 7 == i ? (uint32_t)i * 5000 : made->results[i - 1];
		if (i && made->results[i] == made->results[i - 1])
			made->resumed[i] = made->resumed[i - 1];
	}
	made->problem.resumed = made->resumed;
	check_made(made, 3000);
	free_made(made);
}
END_TEST

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

enum {
	NESTED_PREFIXES,		/* on both sides */
	PORT_RANGES,			/* thousands, on both sides, across each other */
	STRIPES,			/* half of the rows cross the other half */
	SQUARES,			/* each around the one before */
	EVERYTHING,			/* all dimensions at once */
	SETS,				/* a thousand values in many a row */
	HOSTILE_COUNT
};

static void put_range(struct made *made, uint32_t dim, uint32_t lo, uint32_t hi)
{
	next_row(made)[dim] = add_interval(made, dim, lo, hi);
}

static void put_prefix(struct made *made, uint32_t dim, uint32_t len)
{
	uint32_t mask = len ? ~0u << (32 - len) : 0;
	uint32_t value = (uint32_t)next_random(made) & 0x1f1f1f1f;

	put_range(made, dim, value & mask, value | ~mask);
}

static void put_ports(struct made *made, uint32_t dim)
{
	uint32_t a = below(made, 65536), b = below(made, 65536);

	put_range(made, dim, a < b ? a : b, a < b ? b : a);
}

static void put_hostile(struct made *made, int kind, uint32_t i, uint32_t rows)
{
	uint32_t end = rows - 1 - i;

	memset(next_row(made), 0xff, 5 * sizeof(uint32_t));
	switch (kind) {
	case NESTED_PREFIXES:
		put_prefix(made, 0, 32 - (uint32_t)((uint64_t)i * 33 / rows) % 33);
		put_prefix(made, 1, 1 + below(made, 32));
		break;
	case PORT_RANGES:
		put_ports(made, 3);
		put_ports(made, 4);
		break;
	case STRIPES:
		put_range(made, i & 1 ? 3 : 4, i * 6, i * 6 + 7);
		put_range(made, i & 1 ? 4 : 3, i, 65535 - i);
		break;
	case SQUARES:
		put_range(made, 3, 3 * end, 65535 - 3 * end);
		put_range(made, 4, 2 * end, 65535 - 2 * end);
		break;
	case EVERYTHING:
		put_prefix(made, 0, 8 + below(made, 25));
		put_prefix(made, 1, 8 + below(made, 25));
		put_range(made, 2, below(made, 3), 3 + below(made, 30));
		put_ports(made, 3);
		put_ports(made, 4);
		break;
	}
}

static void put_sets(struct made *made, uint32_t i)
{
	memset(next_row(made), 0xff, 5 * sizeof(uint32_t));
	put_prefix(made, 0, 16 + below(made, 17));
	if (i % 3)
		next_row(made)[3] = add_holes(made, 3, 60);
	next_row(made)[4] = add_holes(made, 4, 60);
}

START_TEST(test_hostile)
{
	uint32_t rows = _i == SETS ? 500 : 3000;
	struct made *made = new_made(widths[0], 5, rows, (uint64_t)_i + 77);
	const struct plan_solution *solution;
	struct plan_estimate estimate;
	double begin;

	for (uint32_t i = 0; i < rows; i++) {
		if (_i == SETS)
			put_sets(made, i);
		else
			put_hostile(made, _i, i, rows);
		end_row(made, i % 5 == 0);
	}
	begin = now();
	solution = build(made, &estimate);
	ck_assert_double_lt(now() - begin, 10);
	ck_assert_uint_lt(estimate.bytes, rows * 2000 + (4u << 20));
	check_keys(made, solution, 3000);
	made->problem.resumed = made->resumed;
	check_made(made, 1000);
	free_made(made);
}
END_TEST

/* The text is C, and the same each time. */
START_TEST(test_written)
{
	struct made *made = new_made(widths[2], 5, 100, 3);
	const struct plan_solution *solution;
	struct plan_estimate estimate;
	struct buf first = BUF_INIT, second = BUF_INIT;
	uint8_t *image;

	for (size_t i = 0; i < 100; i++) {
		for (uint32_t j = 0; j < 5; j++)
			next_row(made)[j] = j == 2 ? PLAN_ANY : random_label(made, j);
		end_row(made, false);
	}
	solution = build(made, &estimate);
	plan_engine_tree.write(solution, 64, &first);
	solution = build(made, &estimate);
	plan_engine_tree.write(solution, 64, &second);
	ck_assert_str_eq(first.at, second.at);
	ck_assert_ptr_nonnull(strstr(first.at, "d0_high"));
	ck_assert_ptr_nonnull(strstr(first.at, "p0"));
	ck_assert_ptr_null(strstr(first.at, "p1"));
	ck_assert_ptr_null(strstr(first.at, "d2"));
	ck_assert_ptr_nonnull(strstr(first.at, "return "));
	image = calloc(1, estimate.bytes + 128);
	plan_engine_tree.fill(solution, image, 64);
	ck_assert_uint_eq(image[63], 0);
	for (size_t i = 0; i < 64; i++)
		ck_assert_uint_eq(image[64 + estimate.bytes + i], 0);
	free(image);
	buf_free(&first);
	buf_free(&second);
	free_made(made);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("plan_tree");
	TCase *tcase = tcase_create("plan_tree");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test_random, 0, 12);
	tcase_add_loop_test(tcase, test_all_values, 0, 8);
	tcase_add_test(tcase, test_any);
	tcase_add_loop_test(tcase, test_holes, 0, 2);
	tcase_add_test(tcase, test_results);
	tcase_add_loop_test(tcase, test_hostile, 0, HOSTILE_COUNT);
	tcase_add_test(tcase, test_written);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
