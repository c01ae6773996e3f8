/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_explain: what `explain` says.  Costs and sizes change with the plan, so of the plan's part
 * only what has to be there is looked for; what becomes of each rule is compared word for word.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/compile.h"

struct explained {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct buf text;
};

static void explain(struct explained *made, const char *text, const struct compile_optimize *how)
{
	const struct compile_options options = { .optimize = *how };

	*made = (struct explained){ .arena = ARENA_INIT };
	made->sources.arena = made->diag.arena = &made->arena;
	made->diag.sources = &made->sources;
	ck_assert(compile_explain(&made->sources,
				  source_add(&made->sources, "r.conf", str_from(text)), &options,
				  &made->arena, &made->diag, &made->text));
}

static void forget(struct explained *made)
{
	buf_free(&made->text);
	arena_free(&made->arena);
}

static void expect_rules(const struct explained *made, const char *wanted)
{
	const char *rules = strstr(made->text.at, "rules of ");

	ck_assert_ptr_nonnull(rules);
	ck_assert_str_eq(rules, wanted);
}

static const char small[] =
	"table netdev t {\n"
	"	set banned { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }\n"
	"	chain lonely {\n"
	"		tcp dport 7 drop\n"
	"	}\n"
	"	chain c {\n"
	"		type filter hook ingress device \"eth0\" priority 0; policy accept;\n"
	"		ip saddr @banned drop\n"
	"		tcp dport 22 accept\n"
	"		udp dport 53 drop\n"
	"		tcp dport 80 accept\n"
	"		tcp dport 22 counter drop\n"
	"		tcp dport 1 tcp dport 2 counter\n"
	"		tcp dport 99\n"
	"		udp dport { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 } counter\n"
	"	}\n"
	"}\n";

/* Rules that the optimiser has something to say of. */
START_TEST(fates)
{
	const struct compile_optimize plain = { .engine = "compares" };
	struct explained made;

	explain(&made, small, &plain);
	ck_assert_ptr_nonnull(strstr(made.text.at, "table t, chain c\n"));
	ck_assert_ptr_nonnull(strstr(made.text.at, "10 intervals of"));
	ck_assert_ptr_nonnull(strstr(made.text.at, "\tr.conf:8 to r.conf:15: 4 rules compared, "
						   "about "));
	ck_assert_ptr_nonnull(strstr(made.text.at, " instructions; --plan=compares\n"));
	expect_rules(&made,
		     "rules of table t, chain lonely\n"
		     "\tr.conf:4 tcp dport 7 drop: never reached: nothing leads to its chain\n"
		     "rules of table t, chain c\n"
		     "\tr.conf:8 ip saddr @banned drop: compared\n"
		     "\tr.conf:9 tcp dport 22 accept: compared, for 2 rules\n"
		     "\tr.conf:10 udp dport 53 drop: compared\n"
		     "\tr.conf:11 tcp dport 80 accept: one with r.conf:9\n"
		     "\tr.conf:12 tcp dport 22 counter drop: never matches: r.conf:9 takes all its "
		     "packets\n"
		     "\tr.conf:13 tcp dport 1 tcp dport 2 counter: never matches: its matches "
		     "exclude each other\n"
		     "\tr.conf:14 tcp dport 99: left out: it does nothing\n"
		     "\tr.conf:15 udp dport { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 } counter: "
		     "compared, with a look-up in set 11\n");
	forget(&made);
}
END_TEST

/* The same without the optimiser. */
START_TEST(as_written)
{
	struct compile_optimize none = { .engine = "compares" };
	struct str_nearest nearest;
	struct explained made;

	ck_assert(compile_optimize_parse("none", &none, &nearest));
	explain(&made, small, &none);
	ck_assert_ptr_nonnull(strstr(made.text.at, "tcp dport 99: compared\n"));
	ck_assert_ptr_nonnull(strstr(made.text.at, "tcp dport 80 accept: compared\n"));
	ck_assert_ptr_null(strstr(made.text.at, "never matches"));
	forget(&made);
}
END_TEST

/* Rules that are looked up together. */
START_TEST(blocks)
{
	const struct compile_optimize tree = { .engine = "tree" };
	struct explained made;
	struct buf text = BUF_INIT, rules = BUF_INIT;

	buf_puts(&text, "table netdev t {\nchain c {\ntype filter hook ingress device \"eth0\" "
			"priority 0;\n");
	buf_puts(&rules, "rules of table t, chain c\n");
	for (unsigned int i = 0; i < 40; i++) {
		buf_printf(&text, "ip saddr 10.%u.0.0/16 tcp dport %u-%u counter drop\n", i, i,
			   2 * i + 1);
		buf_printf(&rules, "\tr.conf:%u ip saddr 10.%u.0.0/16 tcp dport %u-%u counter drop:"
				   " looked up\n", i + 4, i, i, 2 * i + 1);
	}
	buf_puts(&text, "meta random 5 accept\n}\n}\n");
	buf_puts(&rules, "\tr.conf:44 meta random 5 accept: compared\n");
	explain(&made, text.at, &tree);
	ck_assert_ptr_nonnull(strstr(made.text.at, "r.conf:4 to r.conf:43: 40 rules by look-ups"));
	ck_assert_ptr_nonnull(strstr(made.text.at, "\t\t\ttree: about "));
	expect_rules(&made, rules.at);
	forget(&made);
	buf_free(&text);
	buf_free(&rules);
}
END_TEST

/* Why rules are compared. */
START_TEST(reasons)
{
	static const char text[] =
		"table netdev t {\n"
		"	chain other {\n"
		"		tcp dport 7 drop\n"
		"	}\n"
		"	chain c {\n"
		"		type filter hook ingress device eth0 priority 0\n"
		"		tcp dport 22 accept\n"
		"		udp dport 53 drop\n"
		"		meta random 5 drop\n"
		"		counter tcp dport 1 drop\n"
		"		jump other\n"
		"		udp dport 9 counter\n"
		"		meta l4proto vmap { tcp : jump other, udp : accept }\n"
		"	}\n"
		"}\n";
	const struct compile_optimize plain = { .engine = NULL };
	static const char *const wanted[] = {
		"table t, chain other\n\tr.conf:3: 1 rule compared, about ",
		"\tr.conf:7 to r.conf:8: 2 rules compared, about ",
		" instructions; fewer than 12 of them in a row can be looked up\n",
		"\tr.conf:9: 1 rule compared, about ",
		" instructions; it asks chance, clock or CPU\n",
		" instructions; it counts before its last test\n",
		" instructions; it jumps or counts whatever the packet is\n",
		" instructions; the rules behind it are asked when it matched, too\n",
		" instructions; its map has a table of its own, or entries that jump or only",
	};
	struct explained made;

	explain(&made, text, &plain);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		ck_assert_msg(strstr(made.text.at, wanted[i]), "'%s' is not in:\n%s", wanted[i],
			      made.text.at);
	forget(&made);
}
END_TEST

/*
 * Each rule asks something else, so that no block has more than as many as it has axes: few of the
 * blocks are tried, and rules that are worth tables have them all the same.
 */
START_TEST(refusals)
{
	const struct compile_optimize plain = { .engine = NULL };
	struct buf text = BUF_INIT;
	struct explained made;

	buf_puts(&text, "table netdev t {\nchain c {\ntype filter hook ingress device \"eth0\" "
			"priority 0;\n");
	for (unsigned int i = 0; i < 2000; i++)
		buf_printf(&text, "@th,%u,16 %u counter drop\n", i % 100 * 8, i);
	buf_puts(&text, "meta random 5 accept\n");
	for (unsigned int i = 0; i < 40; i++)
		buf_printf(&text, "ip saddr 10.%u.0.0/16 counter drop\n", i);
	buf_puts(&text, "}\n}\n");
	explain(&made, text.at, &plain);
	ck_assert_ptr_nonnull(strstr(made.text.at, " looked up would take about "));
	ck_assert_ptr_nonnull(strstr(made.text.at, "; tables of others were not worth it too "
						   "often, and these are few\n"));
	ck_assert_ptr_nonnull(strstr(made.text.at,
				     "\tr.conf:2005 to r.conf:2044: 40 rules by look-ups"));
	forget(&made);
	buf_free(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explain");
	TCase *tcase = tcase_create("explain");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, fates);
	tcase_add_test(tcase, as_written);
	tcase_add_test(tcase, blocks);
	tcase_add_test(tcase, reasons);
	tcase_add_test(tcase, refusals);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
