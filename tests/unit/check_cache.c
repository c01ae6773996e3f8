/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_cache: which look-ups the flow cache keeps answers of, what its keys are made of, and the
 * text that asks it.  tests/verify runs that.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit.h"
#include "compiler/plan_block.h"
#include "tests/unit/make_ir.h"

#define RULES 60

static const struct plan_options asked = { .force = "cross", .flow_cache = true };

static void start(struct make *make)
{
	make_start(make);
	make_entry(make, make_chain(make, "in", true));
}

/* Rules about each of FIELDS ("ip saddr", ...), of which rule I asks all but one. */
static void add_rules(struct make *make, const char *const (*fields)[2], size_t count)
{
	for (uint32_t i = 0; i < RULES; i++) {
		make_rule(make, "");
		for (size_t j = 0; j < count; j++)
			if (i % (count + 1) != j)
				make_test(make, fields[j][0], fields[j][1], (i * 7 + j) % 200,
					  (i * 7 + j) % 200 + i % 3);
		make_counter(make);
		make_verdict(make, i % 2 ? IR_VERDICT_DROP : IR_VERDICT_ACCEPT, 0);
	}
}

static struct plan *plan_of(struct make *make, const struct plan_options *options)
{
	struct plan *plan;

	ck_assert(plan_make(&make->ir, options, &make->arena, &make->diag, &plan));
	return plan;
}

/* The case with the most dimensions. */
static const struct plan_case *case_of(const struct plan *plan)
{
	const struct plan_block *block = plan->blocks.at[0];
	const struct plan_case *most = &block->cases.at[0];

	for (size_t i = 1; i < block->cases.len; i++)
		if (block->cases.at[i].problem.dim_count > most->problem.dim_count)
			most = &block->cases.at[i];
	return most;
}

static const char *const four[][2] = {
	{ "ip", "saddr" }, { "ip", "daddr" }, { "meta", "l4proto" }, { "tcp", "sport" },
	{ "tcp", "dport" },
};

static const char *const six[][2] = {
	{ "ip6", "saddr" }, { "ip6", "daddr" }, { "meta", "l4proto" }, { "tcp", "sport" },
	{ "tcp", "dport" },
};

/* Six addresses of Ethernet, tags and what not: between the two. */
static const char *const more[][2] = {
	{ "ip", "saddr" }, { "ip", "daddr" }, { "meta", "l4proto" }, { "tcp", "sport" },
	{ "tcp", "dport" }, { "ether", "saddr" }, { "ip", "ttl" },
};

static const struct {
	const char *const (*fields)[2];
	size_t count;
	unsigned int words;
} sizes[] = {
	{ four, 5, 2 }, { more, 7, 4 }, { six, 5, 8 },
};

/* The pieces of a key do not overlap, nor does the number or the answer. */
static void check_apart(const struct plan_case *at)
{
	const struct plan_cache *cache = &at->cache;
	uint64_t taken[PLAN_CACHE_MAX_WORDS] = { 0 };
	unsigned int low = cache->answer_bits + cache->number_bits;

	ck_assert_uint_gt(cache->number, 0);
	ck_assert_uint_eq(cache->number >> cache->number_bits, 0);
	for (size_t i = 0; i < at->problem.row_count; i++)
		ck_assert_uint_eq((at->problem.results[i] + 1) >> cache->answer_bits, 0);
	taken[cache->words - 1] = (1ull << low) - 1;
	for (size_t i = 0; i < cache->pieces.len; i++) {
		const struct plan_cache_piece *piece = &cache->pieces.at[i];
		uint64_t bits = ~0ull >> (64 - piece->bits) << piece->shift;

		ck_assert_uint_lt(piece->word, cache->words);
		ck_assert_uint_le(piece->bits + piece->shift, 64);
		ck_assert_uint_eq(taken[piece->word] & bits, 0);
		taken[piece->word] |= bits;
	}
}

/* Bits of KIND that the key has of a dimension. */
static unsigned int bits_of(const struct plan_cache *cache, uint32_t dim, bool present)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < cache->pieces.len; i++)
		if (cache->pieces.at[i].dim == dim &&
		    (cache->pieces.at[i].kind == PLAN_CACHE_PRESENT) == present)
			bits += cache->pieces.at[i].bits;
	return bits;
}

START_TEST(whole_keys)
{
	const struct plan_problem *problem;
	const struct plan_case *at;
	struct plan *plan;
	struct make make;

	start(&make);
	add_rules(&make, sizes[_i].fields, sizes[_i].count);
	plan = plan_of(&make, &asked);
	at = case_of(plan);
	problem = &at->problem;
	ck_assert_uint_eq(at->cache.words, sizes[_i].words);
	ck_assert_uint_ge(problem->dim_count, sizes[_i].count);
	for (uint32_t i = 0; i < problem->dim_count; i++) {
		ck_assert_uint_eq(bits_of(&at->cache, i, false), problem->dims[i].bits);
		ck_assert_uint_eq(bits_of(&at->cache, i, true), !problem->dims[i].always);
	}
	check_apart(at);
	arena_free(&make.arena);
}
END_TEST

/* Entries of one size never lie where those of another do, and numbers differ. */
START_TEST(two_sizes)
{
	static const u128 types[] = { 0x800, 0x86dd };
	const struct plan_block *block;
	struct plan *plan;
	struct make make;

	start(&make);
	for (uint32_t i = 0; i < RULES; i++) {
		make_rule(&make, "");
		make_test(&make, "meta", "protocol", types[i % 2], types[i % 2]);
		make_test(&make, i % 2 ? "ip6" : "ip", "saddr", i, i);
		make_test(&make, i % 2 ? "ip6" : "ip", "daddr", i * 3, i * 3 + 9);
		make_verdict(&make, IR_VERDICT_DROP, 0);
	}
	plan = plan_of(&make, &asked);
	block = plan->blocks.at[0];
	ck_assert_uint_eq(plan->caches.pages, 2u << plan->caches.page_bits);
	ck_assert_uint_le(plan->caches.pages, CACHE_MAX_PAGES);
	for (size_t i = 0; i < block->cases.len; i++)
		for (size_t j = 0; j < i; j++) {
			const struct plan_cache *a = &block->cases.at[i].cache;
			const struct plan_cache *b = &block->cases.at[j].cache;

			if (!a->words || !b->words)
				continue;
			ck_assert_uint_ne(a->number, b->number);
			ck_assert_int_eq(a->first_page == b->first_page, a->words == b->words);
		}
	arena_free(&make.arena);
}
END_TEST

/* Look-ups of few answers and of many have their numbers in the same bits, or keys were equal. */
START_TEST(one_place_for_numbers)
{
	const struct plan_cache *first = NULL;
	struct plan *plan;
	struct make make;

	start(&make);
	add_rules(&make, four, 5);
	make_entry(&make, make_chain(&make, "next", true));
	for (int i = 0; i < 20; i++)
		add_rules(&make, four, 5);
	plan = plan_of(&make, &asked);
	ck_assert_uint_eq(plan->blocks.len, 2);
	for (size_t i = 0; i < plan->blocks.len; i++) {
		const struct plan_block *block = plan->blocks.at[i];

		for (size_t j = 0; j < block->cases.len; j++) {
			const struct plan_cache *cache = &block->cases.at[j].cache;

			if (!cache->words)
				continue;
			check_apart(&block->cases.at[j]);
			first = first ? first : cache;
			ck_assert_uint_eq(cache->answer_bits, first->answer_bits);
			ck_assert_uint_eq(cache->number_bits, first->number_bits);
		}
	}
	ck_assert_ptr_nonnull(first);
	arena_free(&make.arena);
}
END_TEST

/* Nobody asked; it takes no longer than a hit; it goes on behind rules; it has too many values. */
START_TEST(none)
{
	const struct plan_options cheap = { .flow_cache = true }, nothing = { .force = "cross" };
	struct plan *plan;
	struct make make;

	start(&make);
	add_rules(&make, four, 5);
	plan = plan_of(&make, &nothing);
	ck_assert_uint_eq(plan->caches.pages, 0);
	ck_assert_uint_eq(case_of(plan)->cache.words, 0);
	ck_assert_ptr_null(case_of(plan)->cache.why_not);
	arena_free(&make.arena);

	start(&make);
	for (uint32_t i = 0; i < RULES; i++) {
		make_rule(&make, "");
		make_test(&make, "meta", "length", i * 2, i * 2);
		make_verdict(&make, IR_VERDICT_DROP, 0);
	}
	plan = plan_of(&make, &cheap);
	ck_assert_uint_eq(plan->caches.pages, 0);
	ck_assert_str_eq(case_of(plan)->cache.why_not, "the look-up takes no longer than a hit");
	arena_free(&make.arena);

	start(&make);
	for (uint32_t i = 0; i < 3 * RULES; i++) {
		make_rule(&make, "");
		make_test(&make, "meta", "length", i * 2, i * 2);
		make_counter(&make);
	}
	plan = plan_of(&make, &(struct plan_options){ .force = "tree", .flow_cache = true });
	ck_assert(case_of(plan)->problem.resumed);
	ck_assert_uint_eq(plan->caches.pages, 0);
	ck_assert_ptr_nonnull(case_of(plan)->cache.why_not);
	arena_free(&make.arena);
}
END_TEST

static const char *text_of(struct make *make, const struct plan_options *options)
{
	const struct emit_options plain = { 0 };
	struct buf text = BUF_INIT;
	const char *kept;

	emit_c(plan_of(make, options), &plain, &text);
	kept = arena_strdup(&make->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

/* The whole key is compared before an answer is taken; without the option nothing speaks of it. */
START_TEST(text)
{
	const struct plan_options nothing = { .force = "cross" };
	const char *at, *end, *answer, *first, *second;
	struct make make;

	start(&make);
	add_rules(&make, four, 5);
	at = strstr(text_of(&make, &asked), "XDPFW_INLINE __u32 cached_0_0(FIELDS *f)");
	ck_assert_ptr_nonnull(at);
	end = strstr(at, "\n}\n");
	answer = strstr(at, "return (first ^ ");
	ck_assert(answer && answer < end);
	first = strstr(at, "first_differs = (first ^ k1) >> ");
	ck_assert(first && first < answer);
	first = strstr(first, "(at[0] ^ first ^ k0);");
	ck_assert(first && first < answer);
	second = strstr(at, "second_differs = (second ^ k1) >> ");
	ck_assert(second && second < answer);
	second = strstr(second, "(at[2] ^ second ^ k0);");
	ck_assert(second && second < answer);
	ck_assert_ptr_nonnull(strstr(answer, "at[0] = k0 ^ first;\n\t\tat[1] = first;"));
	ck_assert_ptr_nonnull(strstr(end, "number = cached_0_0(f);"));
	ck_assert_ptr_null(strstr(text_of(&make, &nothing), "cache_"));
	arena_free(&make.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache");
	TCase *tcase = tcase_create("cache");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, whole_keys, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tcase, two_sizes);
	tcase_add_test(tcase, one_place_for_numbers);
	tcase_add_test(tcase, none);
	tcase_add_test(tcase, text);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
