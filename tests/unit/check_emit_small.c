/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_emit_small: the text of small programs: which tests come first, which packets are read in
 * place, what is chosen without a branch.  tests/verify builds and runs it.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/emitted.h"
#include "tests/unit/make_ir.h"

static const char *emit_of(struct make *make)
{
	return emitted_of(&make->ir, "compares", &make->arena, &make->diag);
}

static void start(struct make *make)
{
	make_start(make);
	make_entry(make, make_chain(make, "in", true));
}

/* Where TEXT is in the line of the rule that is called so. */
static const char *find_in(const char *text, const char *rule, const char *wanted)
{
	const char *end = strstr(strstr(text, "From here on: this ruleset."), rule), *at = end;

	ck_assert_ptr_nonnull(end);
	while (at > text && at[-1] != '\n')
		at--;
	at = strstr(at, wanted);
	ck_assert_msg(at && at < end, "no '%s' in the line of %s", wanted, rule);
	return at;
}

static bool is_before(const char *text, const char *rule, const char *one, const char *other)
{
	return find_in(text, rule, one) < find_in(text, rule, other);
}

static void add_rule(struct make *make, const char *name, u128 lo, u128 hi, u128 port)
{
	make_rule(make, name);
	make_test(make, "meta", "protocol", 0x800, 0x800);
	make_test(make, "ip", "saddr", lo, hi);
	make_test(make, "tcp", "dport", port, port);
	make_counter(make);
	make_verdict(make, IR_VERDICT_DROP, 0);
}

/* What is known of a family first, then what fewest packets have, or fewest rules ask. */
START_TEST(order)
{
	struct make make;
	const char *text;

	start(&make);
	add_rule(&make, "WIDE", 0x0a000000, 0x0affffff, 80);
	add_rule(&make, "NARROW", 0xc0000201, 0xc0000201, 80);
	add_rule(&make, "OTHER", 0xc0000202, 0xc0000202, 81);
	text = emit_of(&make);
	ck_assert(is_before(text, "WIDE", "meta_protocol", "tcp_dport"));
	ck_assert(is_before(text, "WIDE", "tcp_dport", "ip_saddr"));
	ck_assert(is_before(text, "NARROW", "ip_saddr", "tcp_dport"));
	ck_assert(is_before(text, "OTHER", "ip_saddr", "tcp_dport"));
	arena_free(&make.arena);
}
END_TEST

/* A random number is not asked earlier, and nothing behind it is. */
START_TEST(order_of_chance)
{
	struct make make;
	const char *text;

	start(&make);
	make_rule(&make, "CHANCE");
	make_test(&make, "meta", "random", 0, 0x7fffffff);
	make_test(&make, "meta", "iif", 7, 7);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make);
	ck_assert(is_before(text, "CHANCE", "meta_random", "meta_iif"));
	arena_free(&make.arena);
}
END_TEST

/* An answer names rule and counter; the end of the chain has neither. */
START_TEST(brief)
{
	struct make make;
	const char *text;

	start(&make);
	add_rule(&make, "FIRST", 1, 1, 80);
	add_rule(&make, "SECOND", 2, 2, 80);
	text = emit_of(&make);
	find_in(text, "FIRST", "return BRIEF(ANSWER_DROP, 0, 1);");
	find_in(text, "SECOND", "return BRIEF(ANSWER_DROP, 1, 2);");
	ck_assert_ptr_nonnull(strstr(text, "\treturn BRIEF_END;\n"));
	ck_assert_ptr_null(strstr(text, "\treturn CHAIN_END;\n"));
	arena_free(&make.arena);
}
END_TEST

/* Addresses are read in place when the type was asked before, and not else. */
START_TEST(plain)
{
	struct make make;
	const char *text;

	start(&make);
	add_rule(&make, "ASKED", 1, 1, 80);
	text = emit_of(&make);
	ck_assert_ptr_nonnull(strstr(text, "read_plain_ip("));
	ck_assert_ptr_nonnull(strstr(text, "#define PLAIN_BYTES 4\t"));
	arena_free(&make.arena);
	start(&make);
	make_rule(&make, "NOT ASKED");
	make_test(&make, "ip", "saddr", 1, 1);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	ck_assert_ptr_null(strstr(emit_of(&make), "read_plain_ip("));
	arena_free(&make.arena);
}
END_TEST

/* Addresses that are far apart, too many to compare with, as a rule's only or last test. */
static void add_set_rule(struct make *make, const char *name, bool last)
{
	uint32_t set = make_set(make);

	for (u128 i = 0; i < 100; i++)
		make_interval(make, set, i * 1000 + 5, i * 1000 + 5);
	make_rule(make, name);
	make_test(make, "meta", "protocol", 0x800, 0x800);
	make_look_up(make, IR_STEP_TEST, "ip", "saddr", set);
	make_counter(make);
	make_verdict(make, IR_VERDICT_DROP, 0);
	if (!last)
		add_rule(make, "BEHIND", 1, 1, 80);
}

/* With tables nothing is brief, because whether a packet is counted would be a branch. */
START_TEST(chosen)
{
	struct make make;
	const char *text;

	start(&make);
	add_set_rule(&make, "LAST", true);
	text = emit_of(&make);
	find_in(text, "LAST", "return CHOOSE(");
	find_in(text, "LAST", "DROP(0) | COUNTS(0), CHAIN_END)");
	ck_assert_ptr_null(strstr(text, "return BRIEF"));
	arena_free(&make.arena);
	start(&make);
	add_set_rule(&make, "EARLY", false);
	find_in(emit_of(&make), "EARLY", ") { return DROP(0) | COUNTS(0); }");
	arena_free(&make.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emit_small");
	TCase *tcase = tcase_create("emit_small");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, order);
	tcase_add_test(tcase, order_of_chance);
	tcase_add_test(tcase, brief);
	tcase_add_test(tcase, plain);
	tcase_add_test(tcase, chosen);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
