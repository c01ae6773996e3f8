/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_opt: what each pass of the optimiser makes of small rulesets, and leaves alone.
 *
 * What is expected is written as rules: a chain that was optimised has to have the steps that
 * lowering those has.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/opt/opt.h"
#include "tests/unit/ruleset.h"

#define ALL ((1u << OPT_PASSES) - 1)
#define ONLY(pass) (ALL & ~(1u << OPT_PASS_##pass))

struct optimised {
	struct ruleset ruleset;
	struct opt *opt;
};

static void optimise(struct optimised *made, const char *text, uint32_t off)
{
	const struct opt_options options = { .off = off };
	struct taken *taken;

	*made = (struct optimised){ .opt = NULL };
	ruleset_lower(&made->ruleset, text);
	taken_find(made->ruleset.ir, &made->ruleset.arena, &taken);
	opt_ruleset(made->ruleset.ir, taken, &options, &made->ruleset.arena, &made->opt);
}

/* The chains of a printed IR without places, texts and numbers of sets. */
static void put_chains(const struct ir *ir, struct buf *out)
{
	struct buf all = BUF_INIT;
	char *rest = NULL, *line;

	ir_print(ir, &all);
	line = strstr(all.at, "\nchain ");
	ck_assert_ptr_nonnull(line);
	for (line = strtok_r(line, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *set = strstr(line, "in set ");

		if (!strncmp(line, "\trule ", 6))
			buf_puts(out, "rule");
		else if (set)
			buf_printf(out, "%.*s%s", (int)(set - line + 6), line, strchr(set, '{'));
		else
			buf_puts(out, line);
		buf_putc(out, '\n');
	}
	buf_free(&all);
}

/* RULES under the passes that are not OFF have the steps of WANTED; NULL: their own. */
static void expect(const char *head, const char *rules, const char *wanted, uint32_t off)
{
	struct optimised made, plain;
	struct buf got = BUF_INIT, steps = BUF_INIT, text = BUF_INIT, other = BUF_INIT;

	buf_printf(&text, "%s%s\n}\n}\n", head, rules);
	buf_printf(&other, "%s%s\n}\n}\n", head, wanted ? wanted : rules);
	optimise(&made, text.at, off);
	optimise(&plain, other.at, ALL);
	put_chains(made.opt->ir, &got);
	put_chains(plain.opt->ir, &steps);
	ck_assert_msg(!strcmp(got.at, steps.at), "%s became\n%s\ninstead of\n%s", rules, got.at,
		      steps.at);
	arena_free(&made.ruleset.arena);
	arena_free(&plain.ruleset.arena);
	buf_free(&got);
	buf_free(&steps);
	buf_free(&text);
	buf_free(&other);
}

#define BASE "type filter hook ingress device \"eth0\" priority 0; policy accept;\n"
#define HEAD                                                                                   \
	"table netdev t {\n"                                                                   \
	"set named { type ipv4_addr; elements = { 192.0.2.1 } }\n"                             \
	"set other { type ipv4_addr; elements = { 192.0.2.2 } }\n"                             \
	"map ways { type inet_service : verdict; elements = { 1 : continue } }\n"              \
	"counter seen { }\n"                                                                   \
	"chain away { counter }\n"                                                             \
	"chain gone { }\n"                                                                     \
	"chain c {\n" BASE

struct pair {
	const char *rules, *wanted;	/* NULL: they stay */
};

static const struct pair intervals[] = {
	{ "ip saddr & 255.255.255.0 == 192.0.2.0 drop", "ip saddr 192.0.2.0/24 drop" },
	{ "ip saddr & 255.255.255.0 != 192.0.2.0 drop", "ip saddr != 192.0.2.0/24 drop" },
	{ "ip saddr & 255.255.0.0 > 192.0.2.1 drop", "ip saddr 192.1.0.0-255.255.255.255 drop" },
	{ "ip saddr & 255.255.0.0 < 192.1.2.1 drop", "ip saddr 0.0.0.0-192.1.255.255 drop" },
	{ "ip saddr & 0.0.0.255 == 1 drop", NULL },
	{ "ip saddr & 255.0.255.0 == 10.0.1.0 drop", NULL },
	{ "tcp flags & 0xff == 2 drop", NULL },
	{ "tcp dport >= 10 tcp dport <= 20 counter", "tcp dport 10-20 counter" },
	{ "tcp dport >= 10 tcp dport != 15 tcp dport < 20 drop",
	  "tcp dport { 10-14, 16-19 } drop" },
	{ "tcp dport != 15 tcp dport != 16 drop", "tcp dport != 15-16 drop" },
	{ "tcp dport != { 1, 3, 5, 7, 9, 11, 13, 15 } tcp dport != { 2, 21, 23, 25, 27, 29 } drop",
	  "tcp dport != { 1-3, 5, 7, 9, 11, 13, 15, 21, 23, 25, 27, 29 } drop" },
	{ "tcp dport != 15 tcp dport 10-20 drop", "tcp dport { 10-14, 16-20 } drop" },
	{ "tcp dport { 1, 3, 5 } tcp sport 7 tcp dport { 3, 5, 8 } drop",
	  "tcp dport { 3, 5 } tcp sport 7 drop" },
	{ "tcp dport 1 tcp dport 2 drop", NULL },
	/* What comes after something was done stays there. */
	{ "tcp dport >= 10 counter tcp dport <= 20 drop", NULL },
	{ "ip saddr @named ip saddr 192.0.2.0/24 drop", NULL },
	{ "meta time >= 5 meta time <= 9 drop", NULL },
	{ "meta cpu >= 1 meta cpu <= 3 drop", NULL },
};

static const struct pair implied[] = {
	{ "tcp dport 5 tcp sport 6 tcp dport 5 drop", "tcp dport 5 tcp sport 6 drop" },
	{ "tcp dport 5 counter tcp dport 1-10 drop", "tcp dport 5 counter drop" },
	{ "tcp dport 5 counter tcp dport != 6 drop", "tcp dport 5 counter drop" },
	{ "ip protocol tcp ip protocol tcp drop", "ip protocol tcp drop" },
	{ "ip saddr @named counter ip saddr @named drop", "ip saddr @named counter drop" },
	{ "ip saddr @named counter ip saddr @other drop", NULL },
	{ "ip saddr 192.0.2.1 counter ip saddr @named drop", NULL },
	{ "tcp dport 5 counter tcp dport 6 drop", NULL },
	{ "tcp dport 1-10 tcp dport 5 drop", NULL },
	{ "tcp dport != 6 tcp dport 5 drop", NULL },
	/* Two random numbers are two. */
	{ "meta random 5 counter meta random 1-10 drop", NULL },
	{ "meta hour 1-10 counter meta hour 1-10 drop", NULL },
	{ "meta cpu 1 counter meta cpu 1 drop", NULL },
};

static const struct pair never[] = {
	{ "tcp dport 1 tcp dport 2 drop\nudp dport 1 drop", "udp dport 1 drop" },
	{ "counter tcp dport 1 tcp dport 2 drop", "counter" },
	{ "counter tcp dport 1 tcp dport 2 counter drop", "counter" },
	{ "tcp dport 1 counter tcp dport 2 drop", "tcp dport 1 counter" },
	{ "tcp dport 1\nudp dport 1 drop", "udp dport 1 drop" },
	{ "tcp dport 1 continue", "" },
	{ "tcp dport 1 counter ip saddr 10.0.0.1", "tcp dport 1 counter" },
	{ "tcp dport 1 counter tcp dport vmap { 1 : continue }", "tcp dport 1 counter" },
	{ "tcp dport vmap { 1 : continue, 2 : drop }", NULL },
	{ "tcp dport vmap @ways", NULL },
	{ "ip saddr @named ip saddr @other drop", NULL },
	{ "meta random 1 meta random 2 drop", NULL },
	{ "meta time 5", NULL },
	{ "jump gone", NULL },
	{ "return", NULL },
};

static const struct pair shadowed[] = {
	{ "tcp dport 1-10 drop\ntcp dport 5 counter accept", "tcp dport 1-10 drop" },
	{ "tcp dport 1-10 counter drop\ntcp dport 5 jump away", "tcp dport 1-10 counter drop" },
	{ "ip saddr @named return\nip saddr @named tcp dport 1 drop", "ip saddr @named return" },
	{ "tcp dport 5 goto away\ntcp dport 5 drop", "tcp dport 5 goto away" },
	{ "drop\ntcp dport 1 accept\ntcp dport 2 accept", "drop" },
	{ "tcp dport 1-10 drop\ntcp dport 2-5 drop\ntcp dport 3 accept", "tcp dport 1-10 drop" },
	{ "tcp dport 1-10 drop\ntcp dport 5-11 accept", NULL },
	{ "tcp dport 5 jump away\ntcp dport 5 drop", NULL },
	{ "tcp dport 5 counter\ntcp dport 5 drop", NULL },
	{ "tcp dport 1-10 drop\ncounter tcp dport 5 accept", NULL },
	{ "ip saddr 192.0.2.1 drop\nip saddr @named accept", NULL },
	{ "ip saddr @named drop\nip saddr 192.0.2.1 accept", NULL },
	{ "meta random 1-10 drop\nmeta random 5 accept", NULL },
	{ "tcp dport 1-10 drop\ntcp dport 5 meta random 1 accept", NULL },
	/* Another load, which may succeed where the first one fails. */
	{ "tcp dport 1-10 drop\nth dport 5 accept", NULL },
};

static const struct pair order[] = {
	{ "tcp dport 1 drop\nudp dport 1 drop\ntcp dport 2 drop",
	  "tcp dport 1 drop\ntcp dport 2 drop\nudp dport 1 drop" },
	{ "tcp dport 1 counter\nudp dport 1 drop\ntcp sport 2 jump away",
	  "tcp dport 1 counter\ntcp sport 2 jump away\nudp dport 1 drop" },
	{ "tcp dport 1 drop\ntcp dport 2 accept\ntcp dport 3 drop",
	  "tcp dport 1 drop\ntcp dport 3 drop\ntcp dport 2 accept" },
	{ "tcp dport 1 drop\ntcp dport != 3 accept\ntcp dport 3 drop",
	  "tcp dport 1 drop\ntcp dport 3 drop\ntcp dport != 3 accept" },
	/* A packet can match both of those that would change places. */
	{ "tcp dport 1 drop\ntcp dport 2-3 accept\ntcp dport 3 drop", NULL },
	{ "tcp dport 1 drop\ntcp sport 2 accept\ntcp dport 3 drop", NULL },
	{ "tcp dport 1 drop\ncounter udp dport 1 drop\ntcp dport 3 drop", NULL },
	{ "tcp dport 1 drop\nip saddr @named accept\ntcp dport 3 drop", NULL },
	{ "tcp dport 1 drop\nudp dport 1 meta random 1 accept\ntcp dport 3 drop", NULL },
	{ "tcp dport 1 meta random 1 accept\nudp dport 1 drop\ntcp dport 3 drop", NULL },
};

static const struct pair merge[] = {
	{ "tcp dport 1 drop\ntcp dport 2 drop\ntcp dport 9 drop", "tcp dport { 1-2, 9 } drop" },
	{ "ip saddr 10.0.0.0/9 accept\nip saddr 10.128.0.0/9 accept",
	  "ip saddr 10.0.0.0/8 accept" },
	{ "ip saddr 10.0.0.1 tcp dport 1 return\nip saddr 10.0.0.2 tcp dport 1 return",
	  "ip saddr { 10.0.0.1, 10.0.0.2 } tcp dport 1 return" },
	{ "tcp sport 7 tcp dport 1 drop\ntcp dport 2 tcp sport 7 drop",
	  "tcp sport 7 tcp dport 1-2 drop" },
	{ "tcp dport 1 tcp sport 1 drop\ntcp dport 2 tcp sport 1 drop\n"
	  "tcp dport 1 tcp sport 2 drop\ntcp dport 2 tcp sport 2 drop",
	  "tcp sport 1-2 tcp dport 1-2 drop" },
	{ "ip saddr @named tcp dport 1 drop\nip saddr @named tcp dport 2 drop",
	  "ip saddr @named tcp dport 1-2 drop" },
	{ "tcp dport 1 goto away\ntcp dport 2 goto away", "tcp dport 1-2 goto away" },
	{ "tcp dport 1-3 goto away\ntcp dport 2-4 goto away", "tcp dport 1-4 goto away" },
	{ "tcp dport 1 jump away\ntcp dport 3 jump away", "tcp dport { 1, 3 } jump away" },
	{ "ip saddr . tcp dport { 10.0.0.1 . 1 } drop\nip saddr . tcp dport { 10.0.0.1 . 2 } drop",
	  "ip saddr . tcp dport { 10.0.0.1 . 1, 10.0.0.1 . 2 } drop" },
	{ "tcp dport 1 tcp sport 2 drop\ntcp dport 1 drop", "tcp dport 1 drop" },
	{ "tcp dport 2 drop\ntcp dport 1-5 drop", "tcp dport 1-5 drop" },
	{ "tcp dport 1 drop\ntcp dport 1 drop", "tcp dport 1 drop" },
	{ "tcp dport 1 accept\nip saddr 10.0.0.1 tcp sport 1 accept\nip saddr 10.0.0.1 accept\n"
	  "udp dport 1 accept\naccept", "accept" },
	{ "ip saddr @named accept\nip saddr != @other accept\naccept", "accept" },
	{ "tcp dport 1 accept\nudp dport 1 drop\naccept", NULL },
	{ "tcp dport 1 jump away\njump away", NULL },
	{ "tcp dport 1 counter drop\ntcp dport 2 counter drop", NULL },
	{ "tcp dport 1 counter drop\ntcp dport 2 drop", NULL },
	{ "tcp dport 1 drop\ntcp dport 2 accept", NULL },
	{ "tcp dport 1 drop\nudp dport 2 drop", NULL },
	{ "tcp dport 1 tcp sport 1 drop\ntcp dport 2 tcp sport 2 drop", NULL },
	{ "tcp dport 1 drop\ntcp dport != 2 drop", NULL },
	{ "ip saddr @named drop\nip saddr @other drop", NULL },
	{ "ip saddr @named drop\nip saddr 192.0.2.9 drop", NULL },
	{ "tcp dport 1 drop\nudp dport 1 accept\ntcp dport 2 drop", NULL },
	{ "meta random 1 drop\nmeta random 2 drop", NULL },
	{ "tcp dport 1 meta cpu 1 drop\ntcp dport 2 meta cpu 1 drop", NULL },
	/* Who matches both jumps twice. */
	{ "tcp dport 1-3 jump away\ntcp dport 3-4 jump away", NULL },
	{ "tcp dport 1 jump away\ntcp dport 1 jump away", NULL },
	{ "tcp dport 1 jump away\ntcp dport 1-2 jump away", NULL },
	{ "tcp dport 1 jump away\ntcp dport 2 jump gone", NULL },
};

static const struct pair tests[] = {
	{ "meta length 99 ip6 nexthdr udp jump away",
	  "meta protocol ip6 ip6 nexthdr udp meta length 99 jump away" },
	{ "meta iifname \"eth0\" ip protocol tcp counter drop",
	  "meta protocol ip ip protocol tcp meta iifname \"eth0\" counter drop" },
	{ "tcp dport 1 drop", NULL },
	{ "meta random 1 ip saddr 10.0.0.1 drop", NULL },
	{ "meta iifname \"eth0\" counter ip saddr 10.0.0.1 drop", NULL },
};

static const struct {
	const char *name;
	const struct pair *pairs;
	size_t count;
	uint32_t off;
} groups[] = {
#define GROUP(pairs, pass) { #pairs, pairs, sizeof(pairs) / sizeof((pairs)[0]), ONLY(pass) }
	GROUP(intervals, INTERVALS), GROUP(implied, IMPLIED), GROUP(never, NEVER),
	GROUP(shadowed, SHADOWED),   GROUP(order, ORDER),     GROUP(merge, MERGE),
	GROUP(tests, TESTS),
};

/* Each pass alone; and with all of them off nothing happens at all. */
START_TEST(pairs)
{
	for (size_t i = 0; i < groups[_i].count; i++) {
		const struct pair *pair = &groups[_i].pairs[i];

		expect(HEAD, pair->rules, pair->wanted, groups[_i].off);
		expect(HEAD, pair->rules, NULL, ALL);
	}
}
END_TEST

/* Jumps to it are counted as before. */
START_TEST(no_chain_becomes_empty)
{
	struct optimised made;

	optimise(&made, "table netdev t {\n"
			"chain idle { tcp dport 1; tcp dport 2 tcp dport 3 drop }\n"
			"chain empty { }\nchain c {\n" BASE "jump idle\njump empty\n}\n"
			"chain d {\n" BASE "tcp dport 1\n}\n}\n", 0);
	ck_assert_uint_eq(made.opt->ir->chains.at[0].rule_count, 1);
	ck_assert_uint_eq(made.opt->ir->chains.at[1].rule_count, 0);
	ck_assert_uint_eq(made.opt->ir->chains.at[2].rule_count, 2);
	ck_assert_uint_eq(made.opt->ir->chains.at[3].rule_count, 0);
	ck_assert_int_eq(made.opt->fates[0].kind, OPT_FATE_KEPT);
	ck_assert_int_eq(made.opt->fates[1].kind, OPT_FATE_NEVER);
	arena_free(&made.ruleset.arena);
}
END_TEST

/* What became of each rule, and who does its work. */
START_TEST(fates)
{
	static const uint32_t positions[] = { 0, 0, 1, 1, OPT_NO_RULE, OPT_NO_RULE, 2 };
	struct optimised made;

	optimise(&made, HEAD "tcp dport 1 drop\ntcp dport 2 drop\nip saddr 10.0.0.1 accept\n"
			     "ip saddr 10.0.0.0/8 accept\ntcp dport 2 counter accept\n"
			     "udp dport 7\nmeta random 1 drop\n}\n}\n", 0);
	/* Rule 0 is that of chain away. */
	for (uint32_t i = 0; i < 7; i++)
		ck_assert_uint_eq(made.opt->position_of[i + 1],
				  positions[i] == OPT_NO_RULE ? OPT_NO_RULE : positions[i] + 1);
	ck_assert_int_eq(made.opt->fates[2].kind, OPT_FATE_MERGED);
	ck_assert_uint_eq(made.opt->fates[2].rule, 1);
	ck_assert_uint_eq(made.opt->fates[3].rule, 4);
	ck_assert_int_eq(made.opt->fates[5].kind, OPT_FATE_SHADOWED);
	ck_assert_uint_eq(made.opt->fates[5].rule, 2);
	ck_assert_int_eq(made.opt->fates[6].kind, OPT_FATE_IDLE);
	ck_assert(str_is(made.opt->ir->rules.at[1].text, "tcp dport 1 drop, and 1 more rule"));
	ck_assert_uint_eq(made.opt->ir->rules.at[2].source, 4);
	arena_free(&made.ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opt");
	TCase *tcase = tcase_create("passes");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, pairs, 0, sizeof(groups) / sizeof(groups[0]));
	tcase_add_test(tcase, no_chain_becomes_empty);
	tcase_add_test(tcase, fates);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
