/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_plan_trie: tries give what their steps say, at each breakpoint and beside it, and stay
 * inside of their bytes; building takes linear time.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/base/arena.h"
#include "compiler/plan_trie.h"

struct made {
	struct arena arena;
	unsigned int bits;
	size_t count, room;
	u128 *start;
	uint32_t *result;
	uint64_t random;
};

static uint64_t next_random(struct made *made)
{
	made->random ^= made->random << 13;
	made->random ^= made->random >> 7;
	made->random ^= made->random << 17;
	return made->random;
}

static struct made *new_made(unsigned int bits, size_t room, uint64_t seed)
{
	struct made *made = calloc(1, sizeof(*made));

	made->bits = bits;
	made->room = room + 1;
	made->start = malloc(made->room * sizeof(*made->start));
	made->result = malloc(made->room * sizeof(*made->result));
	made->random = seed * 0x9e3779b97f4a7c15ull + 1;
	made->start[0] = 0;
	made->result[0] = 0;
	made->count = 1;
	return made;
}

static void free_made(struct made *made)
{
	arena_free(&made->arena);
	free(made->start);
	free(made->result);
	free(made);
}

/* Later than all so far; one that changes nothing is left out. */
static void add_step(struct made *made, u128 start, uint32_t result)
{
	if (start == made->start[made->count - 1])
		made->result[made->count - 1] = result;
	else if (result != made->result[made->count - 1]) {
		ck_assert_uint_lt(made->count, made->room);
		made->start[made->count] = start;
		made->result[made->count++] = result;
	}
}

static uint32_t judge(const struct made *made, u128 number)
{
	size_t first = 0, end = made->count;

	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (made->start[middle] <= number)
			first = middle;
		else
			end = middle;
	}
	return made->result[first];
}

static const struct plan_trie *make_trie(struct made *made, size_t max_bytes)
{
	struct plan_steps steps = { made->bits, made->count, made->start, made->result };

	return plan_trie_make(&steps, max_bytes, &made->arena);
}

static void check_number(const struct made *made, const struct plan_trie *trie, u128 number)
{
	number &= u128_max(made->bits);
	if (plan_trie_look(trie, number) != judge(made, number))
		ck_abort_msg("%llx %llx: %u, not %u", (unsigned long long)(number >> 64),
			     (unsigned long long)number, plan_trie_look(trie, number),
			     judge(made, number));
}

static void check_numbers(struct made *made, const struct plan_trie *trie)
{
	ck_assert_ptr_nonnull(trie);
	check_number(made, trie, 0);
	check_number(made, trie, ~(u128)0);
	for (size_t i = 0; i < made->count; i++) {
		check_number(made, trie, made->start[i]);
		check_number(made, trie, made->start[i] - 1);
		check_number(made, trie, made->start[i] + 1);
		check_number(made, trie,
			     made->start[i] ^ (u128)1 << next_random(made) % made->bits);
		check_number(made, trie, (u128)next_random(made) << 64 | next_random(made));
	}
}

/* Each edge, numbers that differ from an edge in one bit, and any; both ways to make one. */
static void check_all(struct made *made)
{
	struct plan_steps steps = { made->bits, made->count, made->start, made->result };

	check_numbers(made, make_trie(made, 64 << 20));
	check_numbers(made, plan_trie_make_fast(&steps, 64 << 20, &made->arena));
	free_made(made);
}

static const unsigned int widths[] = { 1, 2, 7, 8, 12, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 100,
				       127, 128 };

START_TEST(test_constant)
{
	struct made *made = new_made(widths[_i], 1, 1);

	made->result[0] = 0xffffffff;
	check_all(made);
	made = new_made(widths[_i], 1, 1);
	add_step(made, u128_max(made->bits), 7);
	check_all(made);
}
END_TEST

/* From evenly spread breakpoints to some in a corner: BITS at the top are the same. */
static void add_random(struct made *made, size_t count, unsigned int same, uint32_t results)
{
	u128 left = u128_max(made->bits - same), at = 0;
	u128 base = u128_max(made->bits) ^ left;

	for (size_t i = 0; i < count; i++) {
		u128 room = (left - at) / (count - i), random;

		random = (u128)next_random(made) << 64 | next_random(made);
		at += room ? 1 + random % room : 0;
		if (at > left)
			break;
		add_step(made, base | at, (uint32_t)(next_random(made) % results));
	}
}

START_TEST(test_random)
{
	static const size_t counts[] = { 1, 2, 3, 5, 8, 20, 100, 1000, 6000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		for (unsigned int same = 0; same < widths[_i]; same += 1 + widths[_i] / 2) {
			struct made *made = new_made(widths[_i], counts[i], counts[i] + same);

			add_random(made, counts[i], same, counts[i] % 2 ? 2 : 100000);
			check_all(made);
		}
	}
}
END_TEST

static int compare_numbers(const void *a, const void *b)
{
	u128 left = *(const u128 *)a, right = *(const u128 *)b;

	return left < right ? -1 : left > right;
}

/* Prefixes of a few lengths, nested or not, each with a result of its own. */
static void add_prefixes(struct made *made, const u128 *lo, const unsigned int *length,
			 size_t count)
{
	u128 ends[64];
	uint32_t results[64], depth = 0;

	for (size_t i = 0; i <= count; i++) {
		while (depth && (i == count || ends[depth - 1] < lo[i])) {
			u128 end = ends[--depth];

			if (end != u128_max(made->bits))
				add_step(made, end + 1, depth ? results[depth - 1] : 0);
		}
		if (i == count)
			break;
		if (depth && lo[i] + u128_max(made->bits - length[i]) > ends[depth - 1])
			continue;
		ck_assert_uint_lt(depth, 64);
		ends[depth] = lo[i] + u128_max(made->bits - length[i]);
		results[depth++] = (uint32_t)(1 + i % 1000);
		add_step(made, lo[i], (uint32_t)(1 + i % 1000));
	}
}

START_TEST(test_prefixes)
{
	unsigned int bits = _i ? 128 : 32, lengths[] = { 24, 16, 48, 64, 56, 20, 32, 128 };
	size_t count = 20000, kept = 0;
	struct made *made = new_made(bits, 3 * count, 5);
	u128 *lo = malloc(count * sizeof(*lo));
	unsigned int *length = malloc(count * sizeof(*length));

	for (size_t i = 0; i < count; i++) {
		unsigned int len = lengths[next_random(made) % 8] % bits;
		u128 value = (u128)next_random(made) << 64 | next_random(made);

		len = len ? len : bits - 1;
		value &= u128_prefix_mask(bits, len);
		/* The networks of real sets are close together. */
		value &= ~((u128)0x1fff << (bits - 16));
		lo[i] = value;
	}
	qsort(lo, count, sizeof(*lo), compare_numbers);
	for (size_t i = 0; i < count; i++) {
		unsigned int zeros = 0;

		if (kept && lo[kept - 1] == lo[i])
			continue;
		while (zeros < bits - 1 && !(lo[i] >> zeros & 1))
			zeros++;
		lo[kept] = lo[i];
		length[kept++] = bits - (zeros < bits / 2 ? zeros : bits / 2);
	}
	add_prefixes(made, lo, length, kept);
	free(lo);
	free(length);
	check_all(made);
}
END_TEST

struct grown {
	u128 lo;
	unsigned int length;
};

/* Those around others first. */
static int compare_grown(const void *a, const void *b)
{
	const struct grown *left = a, *right = b;

	if (left->lo != right->lo)
		return left->lo < right->lo ? -1 : 1;
	return left->length < right->length ? -1 : left->length > right->length;
}

/* Prefixes each of which lies in an earlier one or apart, of lengths that addresses have. */
static void add_grown(struct made *made, size_t count)
{
	struct grown *grown = malloc(count * sizeof(*grown));
	unsigned int bits = made->bits, *length = malloc(count * sizeof(*length));
	u128 *lo = malloc(count * sizeof(*lo));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct grown from = { (u128)1 << (bits - 3), bits / 16 };
		u128 value = (u128)next_random(made) << 64 | next_random(made);

		if (i && next_random(made) % 8)
			from = grown[next_random(made) % i];
		grown[i].length = from.length +
				  (bits - from.length) * (1 + next_random(made) % 4) / 4;
		grown[i].lo = (from.lo & u128_prefix_mask(bits, from.length)) |
			      (value & u128_max(bits) & ~u128_prefix_mask(bits, from.length) &
			       u128_prefix_mask(bits, grown[i].length));
	}
	qsort(grown, count, sizeof(*grown), compare_grown);
	for (size_t i = 0; i < count; i++) {
		if (kept && lo[kept - 1] == grown[i].lo && length[kept - 1] == grown[i].length)
			continue;
		lo[kept] = grown[i].lo;
		length[kept++] = grown[i].length;
	}
	add_prefixes(made, lo, length, kept);
	free(grown);
	free(length);
	free(lo);
}

/* Few of them never need much room, wherever they are. */
START_TEST(test_grown)
{
	static const unsigned int bits[] = { 48, 64, 100, 128 };
	static const size_t counts[] = { 3, 40, 100, 1000, 10000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct made *made = new_made(bits[_i], 3 * counts[i], counts[i]);
		const struct plan_trie *trie;
		struct buf out = BUF_INIT;

		add_grown(made, counts[i]);
		trie = make_trie(made, 64 << 20);
		ck_assert_ptr_nonnull(trie);
		ck_assert_uint_le(plan_trie_bytes(trie), 1024 + 400 * counts[i]);
		plan_trie_print(trie, &out);
		ck_assert_msg(counts[i] < 100 || strstr(out.at, " nested prefixes"), "%s", out.at);
		buf_free(&out);
		check_all(made);
	}
}
END_TEST

/* A set of them, some close together: a leaf has one and its mask. */
START_TEST(test_set)
{
	static const unsigned int bits[] = { 48, 64, 100, 128 };
	struct made *made = new_made(bits[_i], 40000, 17);
	const struct plan_trie *trie;
	struct buf out = BUF_INIT;

	/* Each in a block of its own. */
	for (u128 i = 0; i < 15000; i++) {
		unsigned int shift = bits[_i] - 14, last = 1 + next_random(made) % (shift - 1);
		u128 random = (u128)next_random(made) << 64 | next_random(made);
		u128 first = i << shift | (random & u128_max(shift) & ~u128_max(last));

		add_step(made, first, 1);
		add_step(made, first + u128_max(last) + 1, 0);
	}
	trie = make_trie(made, 64 << 20);
	ck_assert_ptr_nonnull(trie);
	plan_trie_print(trie, &out);
	ck_assert_msg(strstr(out.at, " of 1 prefix"), "%s", out.at);
	buf_free(&out);
	check_all(made);
}
END_TEST

/* Each number of a block another result: as dense as it gets. */
START_TEST(test_dense)
{
	unsigned int bits = widths[_i];
	size_t count = bits < 16 ? (size_t)1 << bits : 65536;
	struct made *made = new_made(bits, count + 2, 9);
	u128 base = bits > 16 ? u128_max(bits) / 3 & ~(u128)0xffff : 0;

	for (size_t i = 0; i < count; i++)
		add_step(made, base + i, (uint32_t)(i & 1 ? i * 77 : 3));
	if (bits > 16)
		add_step(made, base + count, 4);
	check_all(made);
}
END_TEST

/* One prefix of each length inside of the other: breakpoints at ever smaller distances. */
START_TEST(test_nested)
{
	unsigned int bits = widths[_i];
	struct made *made = new_made(bits, 260, 11);
	u128 value = u128_max(bits) / 3;

	for (unsigned int i = 1; i <= bits; i++)
		add_step(made, value & u128_prefix_mask(bits, i), i);
	for (unsigned int i = bits; i >= 1; i--) {
		u128 next = (value | u128_max(bits - i)) + 1;

		if (i == bits)
			next = value + 1;
		if (next && next <= u128_max(bits))
			add_step(made, next, 1000 + i);
	}
	check_all(made);
}
END_TEST

/* Dense groups far from each other, at the lower end of blocks or in their middle. */
START_TEST(test_clusters)
{
	unsigned int bits = widths[_i];
	struct made *made = new_made(bits, 40000, 13);
	u128 at = 0;

	for (unsigned int i = 0; i < 60 && bits >= 17; i++) {
		u128 room = (u128_max(bits) - at) / (60 - i);

		at += ((u128)next_random(made) << 64 | next_random(made)) % (room / 2 + 1);
		for (unsigned int j = 0; j < 500 && at < u128_max(bits) - 4; j++) {
			at += 1 + next_random(made) % 3;
			add_step(made, at, (uint32_t)(next_random(made) % 3));
		}
	}
	check_all(made);
}
END_TEST

START_TEST(test_too_small)
{
	struct made *made = new_made(32, 10000, 17);

	add_random(made, 10000, 0, 100000);
	ck_assert_ptr_null(make_trie(made, 4096));
	ck_assert_ptr_nonnull(make_trie(made, 4 << 20));
	free_made(made);
}
END_TEST

START_TEST(test_written)
{
	struct made *made = new_made(16, 10, 19);
	struct buf out = BUF_INIT;
	const struct plan_trie *trie;

	add_random(made, 2, 0, 100000);
	trie = make_trie(made, 1 << 20);
	plan_trie_write(trie, 64, "0", "d0", &out);
	ck_assert_ptr_nonnull(strstr(out.at, "trie_leaf32(trie_at, 64, 3, trie_low)"));
	ck_assert_ptr_nonnull(strstr(out.at, "trie_low = d0;"));
	ck_assert_uint_eq(plan_trie_bytes(trie), 64);
	buf_free(&out);
	free_made(made);
}
END_TEST

/* Windows that are the same for all numbers: two, and three, and results of any size. */
START_TEST(test_flat)
{
	static const uint32_t most[] = { 200, 60000, 0xfffffff0 };
	struct made *made = new_made(32, 400, 5);
	struct plan_steps steps;
	const struct plan_trie *trie;
	struct buf text = BUF_INIT;

	for (uint32_t i = 1; i <= 400; i++)
		add_step(made, (u128)(0x0a000000 + i / 8 * 0x10000 + i % 8 * 3 * (_i + 1)),
			 i % 5 * (most[_i] / 5) + i % 7);
	steps = (struct plan_steps){ made->bits, made->count, made->start, made->result };
	trie = plan_trie_make_fast(&steps, 1 << 20, &made->arena);
	plan_trie_write(trie, 64, "high", "low", &text);
	ck_assert_ptr_nonnull(strstr(text.at, "trie_flat("));
	ck_assert_ptr_nonnull(strstr(text.at, _i == 0 ? "trie_result8(" :
					      _i == 1 ? "trie_result16(" : "trie_result32("));
	buf_free(&text);
	check_all(made);
}
END_TEST

/* So few upper halves have breakpoints that two windows do, whose bases count several entries. */
START_TEST(test_flat_units)
{
	struct made *made = new_made(32, 60, 5);
	struct plan_steps steps;
	const struct plan_trie *trie;
	struct buf text = BUF_INIT;

	for (uint32_t i = 1; i <= 60; i++)
		add_step(made, (u128)(0x0a000000 + i / 20 * 0x7030000 + i % 20 * 1021), i * 3 % 50);
	steps = (struct plan_steps){ made->bits, made->count, made->start, made->result };
	trie = plan_trie_make_fast(&steps, 1 << 20, &made->arena);
	plan_trie_write(trie, 64, "high", "low", &text);
	ck_assert_ptr_nonnull(strstr(text.at, "trie_low >> 0 & 0xffff, 1"));
	ck_assert_ptr_null(strstr(text.at, "trie_low >> 0 & 0xffff, 16)"));
	ck_assert_uint_le(plan_trie_bytes(trie), 576 << 10);
	buf_free(&text);
	check_all(made);
}
END_TEST

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Generous: what counts is that it is not minutes. */
START_TEST(test_time)
{
	struct made *made = new_made(_i ? 128 : 32, 200000, 23);
	double begin;

	add_random(made, 200000, _i ? 32 : 2, 100000);
	begin = now();
	ck_assert_ptr_nonnull(make_trie(made, 256 << 20));
	ck_assert_double_lt(now() - begin, 10);
	free_made(made);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("plan_trie");
	TCase *tcase = tcase_create("plan_trie");
	int all = (int)(sizeof(widths) / sizeof(*widths));

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_constant, 0, all);
	tcase_add_loop_test(tcase, test_random, 0, all);
	tcase_add_loop_test(tcase, test_prefixes, 0, 2);
	tcase_add_loop_test(tcase, test_grown, 0, 4);
	tcase_add_loop_test(tcase, test_set, 0, 4);
	tcase_add_loop_test(tcase, test_dense, 0, all);
	tcase_add_loop_test(tcase, test_nested, 0, all);
	tcase_add_loop_test(tcase, test_clusters, 0, all);
	tcase_add_test(tcase, test_too_small);
	tcase_add_test(tcase, test_written);
	tcase_add_loop_test(tcase, test_flat, 0, 3);
	tcase_add_test(tcase, test_flat_units);
	tcase_add_loop_test(tcase, test_time, 0, 2);
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
