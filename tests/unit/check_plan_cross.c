/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_plan_cross: cross-product tables answer as the rows do, one after the other, and take no
 * more than they said they would.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/plan_cross_parts.h"

#define MAX_EDGES 4096
#define MAX_KEYS 1200
#define BYTES (64u << 20)
#define WORK 60000000ull

struct made {
	struct arena arena;
	struct plan_problem problem;
	struct plan_dim dims[PLAN_MAX_DIMS];
	uint32_t *labels, *results;
	uint64_t seed;
};

static uint64_t next(struct made *made)
{
	made->seed = made->seed * 6364136223846793005ull + 1442695040888963407ull;
	return made->seed >> 20;
}

static uint32_t below(struct made *made, uint32_t count)
{
	return (uint32_t)(next(made) % count);
}

static u128 number(struct made *made, unsigned int bits)
{
	u128 high = next(made) ^ next(made) << 32;

	return (high << 64 | (next(made) ^ next(made) << 32)) & u128_max(bits);
}

static void start(struct made *made, uint64_t seed, uint32_t dims, size_t rows)
{
	memset(made, 0, sizeof(*made));
	made->seed = seed;
	made->problem.dims = made->dims;
	made->problem.dim_count = dims;
	made->problem.row_count = rows;
	made->labels = ARENA_ARRAY(&made->arena, uint32_t, rows * dims + 1);
	made->results = ARENA_ARRAY(&made->arena, uint32_t, rows + 1);
	made->problem.labels = made->labels;
	made->problem.results = made->results;
	for (size_t i = 0; i < rows * dims; i++)
		made->labels[i] = PLAN_ANY;
	for (uint32_t i = 0; i < rows; i++)
		made->results[i] = i;
}

static void set_dim(struct made *made, uint32_t dim, unsigned int bits, bool always)
{
	made->dims[dim].bits = bits;
	made->dims[dim].always = always;
}

/* The label of one interval, which may be there already. */
static uint32_t label_of(struct made *made, uint32_t dim, u128 lo, u128 hi)
{
	struct plan_dim *to = &made->dims[dim];
	struct ir_interval *interval;
	struct plan_label *label;

	for (uint32_t i = 0; i < to->labels.len; i++)
		if (to->labels.at[i].count == 1 && to->labels.at[i].at[0].lo == lo &&
		    to->labels.at[i].at[0].hi == hi)
			return i;
	interval = ARENA_NEW(&made->arena, struct ir_interval);
	interval->lo = lo;
	interval->hi = hi;
	label = vec_push(&made->arena, &to->labels);
	label->at = interval;
	label->count = 1;
	return (uint32_t)to->labels.len - 1;
}

static uint32_t prefix_label(struct made *made, uint32_t dim, u128 base, unsigned int length)
{
	unsigned int bits = made->dims[dim].bits;
	u128 mask = u128_prefix_mask(bits, length);

	return label_of(made, dim, base & mask, (base & mask) | (u128_max(bits) ^ mask));
}

/* Some intervals, not sorted into labels that are there. */
static uint32_t scattered_label(struct made *made, uint32_t dim)
{
	struct plan_dim *to = &made->dims[dim];
	uint32_t wanted = 1 + below(made, 4);
	struct ir_interval *intervals = ARENA_ARRAY(&made->arena, struct ir_interval, wanted);
	u128 max = u128_max(to->bits), at = 0;
	struct plan_label *label = vec_push(&made->arena, &to->labels);

	label->at = intervals;
	for (uint32_t i = 0; i < wanted; i++) {
		u128 lo = at + number(made, to->bits) / 4, hi = lo + number(made, to->bits) / 8;

		if (lo < at || lo > max || hi < lo || hi >= max - 2)
			break;
		intervals[label->count++] = (struct ir_interval){ lo, hi };
		at = hi + 2;
	}
	if (!label->count)
		intervals[label->count++] = (struct ir_interval){ max, max };
	return (uint32_t)to->labels.len - 1;
}

static void row(struct made *made, size_t number_of_row, uint32_t dim, uint32_t label)
{
	made->labels[number_of_row * made->problem.dim_count + dim] = label;
}

/* ---- comparing ---- */

static size_t edges_of(const struct made *made, uint32_t dim, u128 *ret_edges)
{
	const struct plan_dim *from = &made->dims[dim];
	u128 max = u128_max(from->bits);
	size_t count = 0;

	ret_edges[count++] = 0;
	ret_edges[count++] = max;
	for (size_t i = 0; i < from->labels.len; i++)
		for (size_t j = 0; j < from->labels.at[i].count && count + 4 < MAX_EDGES; j++) {
			const struct ir_interval *interval = &from->labels.at[i].at[j];

			ret_edges[count++] = interval->lo;
			ret_edges[count++] = interval->hi;
			if (interval->lo)
				ret_edges[count++] = interval->lo - 1;
			if (interval->hi < max)
				ret_edges[count++] = interval->hi + 1;
		}
	return count;
}

/* A value inside of a row's label, so that rows are met. */
static u128 value_for(struct made *made, uint32_t dim, size_t number_of_row)
{
	uint32_t label = made->labels[number_of_row * made->problem.dim_count + dim];
	const struct ir_interval *at;
	u128 width;

	if (label == PLAN_ANY)
		return number(made, made->dims[dim].bits);
	at = made->dims[dim].labels.at[label].at;
	at += below(made, (uint32_t)made->dims[dim].labels.at[label].count);
	if (below(made, 2))
		return below(made, 2) ? at->lo : at->hi;
	width = at->hi - at->lo;
	return at->lo + number(made, 128) % (width + (width < ~(u128)0));
}

static void compare_key(const struct made *made, const struct plan_engine *engine,
			const struct plan_solution *solution, const struct plan_key *key)
{
	uint32_t expected = plan_problem_look(&made->problem, key);
	uint32_t found = engine->look(solution, key, 0);
	struct buf text = BUF_INIT;

	if (found != expected) {
		engine->print(solution, "", &text);
		engine->write(solution, 0, &text);
		ck_abort_msg("%s: %u instead of %u (seed %llu)\n%s", engine->name, found, expected,
			     (unsigned long long)made->seed, text.at);
	}
}

/* Every edge of one dimension with every edge of another, while that is not too much. */
static void compare_edges(struct made *made, const struct plan_engine *engine,
			  const struct plan_solution *solution)
{
	static u128 edges[PLAN_MAX_DIMS][MAX_EDGES];
	uint32_t dims = made->problem.dim_count;
	size_t count[PLAN_MAX_DIMS];
	double combinations = 1;
	struct plan_key key;

	for (uint32_t i = 0; i < dims; i++) {
		count[i] = edges_of(made, i, edges[i]);
		combinations *= (double)(count[i] + 1);
	}
	for (size_t i = 0; i < MAX_KEYS && (combinations > MAX_KEYS || (double)i < combinations);
	     i++) {
		size_t rest = i, near = below(made, (uint32_t)made->problem.row_count);

		for (uint32_t j = 0; j < dims; j++) {
			size_t pick = combinations > MAX_KEYS ? next(made) : rest;

			rest /= count[j] + 1;
			pick %= count[j] + 1;
			key.present[j] = made->dims[j].always || pick < count[j];
			key.value[j] = edges[j][pick < count[j] ? pick : 0];
			if (combinations > MAX_KEYS && below(made, 8))
				key.value[j] = value_for(made, j, near);
			if (!key.present[j])
				key.value[j] = number(made, made->dims[j].bits);
		}
		compare_key(made, engine, solution, &key);
	}
}

/* Whether the engine took the problem; what it built is right either way. */
static bool judge(struct made *made, const struct plan_engine *engine)
{
	const struct plan_budget budget = { BYTES, WORK };
	const struct plan_solution *solution;
	struct plan_estimate before = { 0 }, after = { 0 };
	struct buf text = BUF_INIT;
	uint8_t *image;

	engine->estimate(&made->problem, &budget, &made->arena, &before);
	solution = engine->build(&made->problem, &budget, &made->arena, &after);
	ck_assert(before.possible || !solution);
	ck_assert_int_eq(after.possible, solution != NULL);
	if (!solution) {
		ck_assert_ptr_nonnull(after.why);
		if (getenv("CHECK_WHY"))
			puts(after.why);
		return false;
	}
	ck_assert_uint_le(after.bytes, before.bytes);
	ck_assert_uint_le(after.cost, before.cost);
	image = arena_alloc(&made->arena, after.bytes + 128);
	memset(image, 0xa5, after.bytes + 128);
	engine->fill(solution, image, 64);
	for (size_t i = 0; i < 64; i++)
		ck_assert_uint_eq(image[i] & image[64 + after.bytes + i], 0xa5);
	engine->write(solution, 64, &text);
	ck_assert_ptr_nonnull(strstr(text.at, "return"));
	buf_free(&text);
	compare_edges(made, engine, solution);
	return true;
}

/* The form of packed that it takes for very many rules only. */
static const struct plan_solution *build_compared(const struct plan_problem *problem,
						  const struct plan_budget *budget,
						  struct arena *arena,
						  struct plan_estimate *ret_estimate)
{
	struct plan_cross cross = { .problem = problem, .budget = budget, .arena = arena };
	bool ok = plan_cross_sparse_only(&cross, CROSS_COMPARED);

	*ret_estimate = ok ? cross.solution->estimate :
			     (struct plan_estimate){ .possible = false, .why = cross.why };
	return ok ? cross.solution : NULL;
}

static void estimate_compared(const struct plan_problem *problem,
			      const struct plan_budget *budget, struct arena *arena,
			      struct plan_estimate *ret_estimate)
{
	build_compared(problem, budget, arena, ret_estimate);
}

static const struct plan_engine compared = {
	.name = "compared",
	.estimate = estimate_compared,
	.build = build_compared,
	.fill = plan_cross_fill,
	.look = plan_cross_look,
	.write = plan_cross_write,
	.print = plan_cross_print,
};

/* ---- shapes of problems ---- */

static const unsigned int five_bits[] = { 32, 32, 8, 16, 16, 8 };

/* Prefixes under a few roots, ports, protocols, as rulesets have them. */
static void make_rules(struct made *made, uint64_t seed, size_t rows, unsigned int address_bits)
{
	static const uint8_t protocols[] = { 6, 17, 1, 6 };

	start(made, seed, 6, rows);
	for (uint32_t i = 0; i < 6; i++)
		set_dim(made, i, i < 2 ? address_bits : five_bits[i], i < 3);
	for (size_t i = 0; i < rows; i++) {
		for (uint32_t j = 0; j < 2; j++) {
			u128 base = (u128)below(made, 6) << (address_bits - 8);
			unsigned int length = 8 * (1 + below(made, address_bits / 8));

			base |= (number(made, address_bits) & 0xff00ff) << (address_bits - 32);
			if (below(made, 5))
				row(made, i, j, prefix_label(made, j, base, length));
		}
		if (below(made, 4))
			row(made, i, 2, label_of(made, 2, protocols[below(made, 4)],
						 protocols[below(made, 1)] + 11));
		for (uint32_t j = 3; j < 5; j++) {
			u128 port = below(made, 12) * 100, to = port + below(made, 3) * 70;

			if (below(made, 3))
				row(made, i, j, label_of(made, j, port, to));
		}
		if (!below(made, 10))
			row(made, i, 5, made->dims[5].labels.len < 6 ? scattered_label(made, 5) :
								       below(made, 6));
	}
}

START_TEST(rules)
{
	static const size_t counts[] = { 1, 2, 3, 10, 40, 100, 300, 1000 };
	struct made made;
	int packed = 0, lists = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (uint64_t seed = 1; seed <= (counts[i] > 100 ? 3 : 12); seed++) {
			make_rules(&made, seed * 77 + i, counts[i], seed % 3 ? 32 : 128);
			ck_assert(judge(&made, &plan_engine_cross) || counts[i] > 300);
			packed += judge(&made, &plan_engine_packed);
			lists += judge(&made, &compared);
			arena_free(&made.arena);
		}
	ck_assert_int_ge(packed, 50);
	ck_assert_int_ge(lists, 25);
}
END_TEST

/* Dimensions of all sizes, labels of all forms, results that repeat, rows that repeat. */
START_TEST(anything)
{
	struct made made;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct made dice = { .seed = seed * 131 };
		uint32_t dims = 1 + below(&dice, 8), many = below(&dice, 3) ? 12 : 120;
		size_t rows = 1 + below(&dice, many);

		start(&made, seed * 7919, dims, rows);
		for (uint32_t i = 0; i < dims; i++)
			set_dim(&made, i, 1 + below(&made, below(&made, 3) ? 24 : 128),
				below(&made, 2));
		for (size_t i = 0; i < rows; i++) {
			if (i)
				made.results[i] = made.results[i - 1] + below(&made, 3);
			for (uint32_t j = 0; j < dims; j++) {
				unsigned int bits = made.dims[j].bits;

				if (!below(&made, 3))
					continue;
				row(&made, i, j,
				    below(&made, 2) ? prefix_label(&made, j, number(&made, bits),
								   below(&made, bits + 1)) :
						      scattered_label(&made, j));
			}
			if (i && !below(&made, 6))
				memcpy(&made.labels[i * dims], &made.labels[(i - 1) * dims],
				       dims * sizeof(uint32_t));
		}
		judge(&made, &plan_engine_cross);
		judge(&made, &plan_engine_packed);
		judge(&made, &compared);
		judge(&made, &plan_engine_lead);
		arena_free(&made.arena);
	}
}
END_TEST

/* Boxes of which SHARE share an interval of the second dimension; neighbours overlap a little. */
static void make_boxes(struct made *made, uint64_t seed, size_t rows, uint32_t share)
{
	start(made, seed, 5, rows);
	set_dim(made, 0, 16, true);
	set_dim(made, 1, seed % 2 ? 32 : 64, seed % 4);
	set_dim(made, 2, 32, true);
	set_dim(made, 3, 16, false);
	set_dim(made, 4, seed % 5 ? 8 : 40, false);
	for (size_t i = 0; i < rows; i++) {
		u128 width = (u128_max(made->dims[1].bits) >> 12) + 1, lo = i / share * width;

		made->results[i] = i ? made->results[i - 1] + below(made, 3) : 0;
		row(made, i, 1, label_of(made, 1, lo + below(made, 2),
					 lo + width - 1 + (share == 1 ? 0 : below(made, 2))));
		for (uint32_t j = 0; j < 5; j++) {
			u128 from = number(made, made->dims[j].bits);
			u128 to = number(made, made->dims[j].bits);

			if (j != 1 && below(made, 4))
				row(made, i, j, label_of(made, j, from < to ? from : to,
							 from < to ? to : from));
		}
	}
}

START_TEST(boxes)
{
	static const uint32_t shares[] = { 1, 2, 5 };
	struct made made;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		uint32_t share = shares[seed % 3];

		make_boxes(&made, seed * 17, seed % 7 ? 1 + seed * 5 : 1, share);
		ck_assert_int_eq(judge(&made, &plan_engine_lead),
				 share <= 2 || made.problem.row_count < share);
		arena_free(&made.arena);
	}
}
END_TEST

/* Big enough for the matrix; wide labels on both sides; rows of one address, and of none. */
START_TEST(matrix)
{
	struct made made;

	for (uint64_t seed = 1; seed <= 6; seed++) {
		size_t rows = 5000;

		start(&made, seed, 4, rows);
		set_dim(&made, 0, seed % 2 ? 32 : 128, true);
		set_dim(&made, 1, 32, seed % 3);
		set_dim(&made, 2, 16, false);
		set_dim(&made, 3, 8, true);
		for (size_t i = 0; i < rows; i++) {
			uint32_t form = below(&made, 100);
			unsigned int bits = made.dims[0].bits;

			made.results[i] = (uint32_t)i / (1 + seed % 4);
			u128 base = (u128)below(&made, 600) << (bits - 16);
			uint32_t length = form < 14 ? 7 : 14 + below(&made, 3);

			if (form > 8)
				row(&made, i, 0, prefix_label(&made, 0, base, length));
			base = (u128)below(&made, 500) << 20;
			length = form < 30 ? 5 : 10 + below(&made, 3);
			if (form > 20 || form < 4)
				row(&made, i, 1, prefix_label(&made, 1, base, length));
			if (below(&made, 2))
				row(&made, i, 2, label_of(&made, 2, below(&made, 40) * 50, 2100));
			if (below(&made, 2))
				row(&made, i, 3, label_of(&made, 3, 6, 6 + below(&made, 2) * 11));
		}
		ck_assert(judge(&made, &plan_engine_cross));
		ck_assert(judge(&made, &plan_engine_packed));
		arena_free(&made.arena);
	}
}
END_TEST

/*
 * Rows of one host, or of one host and one of many wide labels of the other address: more groups
 * than have cells in a row each.  In the second turn the hosts' side has more classes.
 */
START_TEST(wide)
{
	const size_t rows = 16000;
	struct made made;

	start(&made, 77, 3, rows);
	set_dim(&made, 0, 32, true);
	set_dim(&made, 1, 32, true);
	set_dim(&made, 2, 16, _i);
	for (size_t i = 0; i < rows; i++) {
		uint32_t some = below(&made, 100), host = below(&made, 400);
		u128 net = (u128)below(&made, 70) << 16;

		made.results[i] = (uint32_t)i;
		if (some >= 50 && some < 90) {
			host = _i ? 400 + (uint32_t)i : host;
			row(&made, i, 1, prefix_label(&made, 1, net | below(&made, 120) << 8, 24));
		} else if (some < 50) {
			row(&made, i, 1, prefix_label(&made, 1, net, 16));
		}
		row(&made, i, 0, prefix_label(&made, 0, (u128)host << 8, 24));
		row(&made, i, 2, label_of(&made, 2, below(&made, 40) * 50, 2100));
	}
	ck_assert(judge(&made, &plan_engine_cross));
	ck_assert(judge(&made, &plan_engine_packed));
	arena_free(&made.arena);
}
END_TEST

/* How cells' results are found: "" nowhere. */
static const char *form_of(struct made *made)
{
	const struct plan_budget budget = { BYTES, WORK };
	struct plan_estimate estimate;
	const struct plan_solution *solution =
		plan_engine_cross.build(&made->problem, &budget, &made->arena, &estimate);
	struct buf text = BUF_INIT;
	const char *form = "";

	ck_assert_ptr_nonnull(solution);
	plan_engine_cross.write(solution, 64, &text);
	for (const char *at = text.at; (at = strstr(at, "/* its result + 1 */")) != NULL; at++)
		form = strstr(at, "cross_u32") && strstr(at, "cross_u32") < strchr(at, ';') ?
				"loaded" : "shifted";
	buf_free(&text);
	return form;
}

/* Pairs of hosts with up to as many rows as one word has room for, and then one with more. */
START_TEST(short_lists)
{
	const size_t rows = 6000;
	struct made made;
	uint32_t port;

	start(&made, 5, 3, rows);
	set_dim(&made, 0, 32, true);
	set_dim(&made, 1, 32, true);
	set_dim(&made, 2, 16, false);
	for (size_t i = 0; i < rows; i++) {
		size_t pair = i < rows - 1 ? i / 3 : i / 3 - 1;

		port = (uint32_t)(i % 3 * 20 + pair % 7);
		made.results[i] = (uint32_t)i;
		row(&made, i, 0, label_of(&made, 0, pair * 5 + 1, pair * 5 + 2));
		row(&made, i, 1, label_of(&made, 1, pair % 90 * 7, pair % 90 * 7));
		row(&made, i, 2, label_of(&made, 2, port, port));
	}
	/* The last row is that of a pair of its own, or a fourth one of the pair before. */
	if (!_i)
		made.problem.row_count--;
	else
		row(&made, rows - 1, 2, label_of(&made, 2, 900, 999));
	ck_assert_str_eq(form_of(&made), _i ? "loaded" : "shifted");
	ck_assert(judge(&made, &plan_engine_cross));
	arena_free(&made.arena);
}
END_TEST

/* N prefixes, each inside of the one before, on both sides: refused, and soon. */
START_TEST(nested)
{
	const struct plan_budget budget = { BYTES, 100000000 };
	struct plan_estimate estimate;
	struct made made;

	start(&made, 1, 2, 6000);
	for (uint32_t i = 0; i < 2; i++)
		set_dim(&made, i, 32, true);
	for (uint32_t i = 0; i < 6000; i++)
		for (uint32_t j = 0; j < 2; j++)
			row(&made, i, j, label_of(&made, j, 1000 + i, 100000 - i));
	plan_engine_cross.estimate(&made.problem, &budget, &made.arena, &estimate);
	ck_assert(!estimate.possible);
	ck_assert_ptr_nonnull(estimate.why);
	arena_free(&made.arena);
}
END_TEST

/* Nothing is named: the first row always holds. */
START_TEST(constant)
{
	struct made made;

	start(&made, 1, 2, 3);
	set_dim(&made, 0, 16, true);
	set_dim(&made, 1, 128, false);
	made.results[0] = made.results[1] = made.results[2] = 5;
	ck_assert(judge(&made, &plan_engine_cross));
	arena_free(&made.arena);
}
END_TEST

/* Tables larger than what is allowed are refused. */
START_TEST(budget)
{
	const struct plan_budget small = { 3000, WORK };
	struct plan_estimate estimate;
	struct made made;

	make_rules(&made, 5, 300, 32);
	plan_engine_cross.estimate(&made.problem, &small, &made.arena, &estimate);
	ck_assert(!estimate.possible);
	ck_assert_ptr_null(plan_engine_cross.build(&made.problem, &small, &made.arena, &estimate));
	arena_free(&made.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_cross");
	TCase *tests = tcase_create("cross");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, rules);
	tcase_add_test(tests, anything);
	tcase_add_test(tests, boxes);
	tcase_add_test(tests, matrix);
	tcase_add_loop_test(tests, wide, 0, 2);
	tcase_add_loop_test(tests, short_lists, 0, 2);
	tcase_add_test(tests, nested);
	tcase_add_test(tests, constant);
	tcase_add_test(tests, budget);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
