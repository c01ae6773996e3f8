/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_set: definitions of sets, maps and counters through parse and bind, as they are listed;
 * what nft 1.0.6 lists for the same text.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/base/limits.h"
#include "compiler/bind.h"
#include "compiler/parse.h"
#include "compiler/print.h"

#define LINE ",\n\t\t\t     "

struct run {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct bind_ruleset *ruleset;	/* NULL: refused */
};

static void run_text(struct run *run, const char *text, bool listing)
{
	struct parse_options parse = { 0 };
	struct bind_options options = { .listing = listing };
	struct ast *ast;
	uint32_t source;

	memset(run, 0, sizeof(*run));
	run->sources.arena = &run->arena;
	run->diag.arena = &run->arena;
	run->diag.sources = &run->sources;
	source = source_add(&run->sources, "t", str_from(text));
	ck_assert_msg(parse_source(&run->sources, source, &parse, &run->arena, &run->diag, &ast),
		      "does not parse: %s", text);
	if (!bind_ast(ast, &options, &run->arena, &run->diag, &run->ruleset))
		run->ruleset = NULL;
}

static const char *first_error(const struct run *run)
{
	for (size_t i = 0; i < run->diag.messages.len; i++) {
		if (run->diag.messages.at[i].level == DIAG_ERROR)
			return run->diag.messages.at[i].text;
	}
	return "(no error)";
}

/* TEXT lists as WANTED, and what is listed lists as itself. */
static void is_listed(const char *text, const char *wanted)
{
	struct print_options options = { 0 };

	for (unsigned int round = 0; round < 2; round++) {
		struct buf out = BUF_INIT;
		struct run run;

		run_text(&run, round ? wanted : text, round);
		ck_assert_msg(run.ruleset, "%s: %s", text, first_error(&run));
		print_ruleset(run.ruleset, &options, &out);
		ck_assert_str_eq(out.at ? out.at : "", wanted);
		buf_free(&out);
		arena_free(&run.arena);
	}
}

/* The same of what is in table t, which holds counters c1 and c2 beside the set in TEXT. */
static void holds(const char *text, const char *wanted)
{
#define COUNTERS "table netdev t {\n\tcounter c1 {\n\t\tpackets 0 bytes 0\n\t}\n\n" \
		 "\tcounter c2 {\n\t\tpackets 0 bytes 0\n\t}\n\n"
	struct arena arena = ARENA_INIT;

	is_listed(arena_printf(&arena, "table netdev t { counter c1 { }\n counter c2 { }\n%s",
			       text),
		  arena_printf(&arena, COUNTERS "%s\t}\n}\n", wanted));
	arena_free(&arena);
}

static void is_refused(const char *text, const char *message)
{
	struct run run;

	run_text(&run, text, false);
	ck_assert_msg(!run.ruleset, "accepted: %s", text);
	ck_assert_str_eq(first_error(&run), message);
	arena_free(&run.arena);
}

START_TEST(orders)
{
	holds("set a { type ipv4_addr . inet_service; elements = { 10.0.0.3 . 80, 10.0.0.1 . 256, "
	      "2.0.0.9 . 1, 2.0.0.1 . 1, 0.0.0.2 . 1 } }\n}",
	      "\tset a {\n\t\ttype ipv4_addr . inet_service\n\t\telements = { 10.0.0.1 . 256" LINE
	      "2.0.0.1 . 1" LINE "0.0.0.2 . 1" LINE "2.0.0.9 . 1" LINE "10.0.0.3 . 80 }\n");
	holds("set a { typeof ip length . meta mark; elements = { 1 . 1, 256 . 1, 2 . 1, 1 . 256, "
	      "1 . 2 } }\n}",
	      "\tset a {\n\t\ttypeof ip length . meta mark\n\t\telements = { 256 . 0x00000001" LINE
	      "1 . 0x00000001" LINE "2 . 0x00000001" LINE "1 . 0x00000002" LINE
	      "1 . 0x00000100 }\n");
	holds("set a { type ifname . inet_service; elements = { \"eth0\" . 80, \"b\" . 80, "
	      "\"ba\" . 80, \"ab\" . 80, \"ba\" . 256 } }\n}",
	      "\tset a {\n\t\ttype ifname . inet_service\n\t\telements = { \"ba\" . 256" LINE
	      "\"b\" . 80" LINE "\"ba\" . 80" LINE "\"ab\" . 80" LINE "\"eth0\" . 80 }\n");
	/* Boxes stay as written. */
	holds("set a { type ipv4_addr . inet_service; flags interval; elements = { 9.0.0.3 . 80, "
	      "*, 1.2.3.0/24 . 1-3, 1.1.1.1 . 4-4 } }\n}",
	      "\tset a {\n\t\ttype ipv4_addr . inet_service\n\t\tflags interval\n"
	      "\t\telements = { 9.0.0.3 . 80" LINE "1.2.3.0/24 . 1-3" LINE "1.1.1.1 . 4" LINE
	      "* }\n");
	holds("set a { typeof @ll,0,16 . tcp dport; elements = { 10 . 4 } }\n}",
	      "\tset a {\n\t\ttypeof @ll,0,16 . tcp dport\n\t\telements = { 0xa . 4 }\n");
}
END_TEST

START_TEST(equal_elements)
{
	holds("set a { type inet_service; elements = { 1 comment \"a\", 1 comment \"b\" } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\telements = { 1 comment \"a\" }\n");
	holds("set a { type inet_service; flags interval; elements = { 1-5 comment \"a\", "
	      "1-5 comment \"b\", 9 comment \"c\", 9 } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags interval\n"
	      "\t\telements = { 1-5 comment \"b\", 9 }\n");
	holds("set a { type inet_service; flags interval; auto-merge; elements = { 1-5 comment "
	      "\"a\", 1-9 comment \"b\", 1-7 comment \"c\", 10 } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags interval\n\t\tauto-merge\n"
	      "\t\telements = { 1-10 comment \"c\" }\n");
	holds("set a { type inet_service . mark; flags interval; elements = { 1 . 1-2 comment "
	      "\"a\", 1 . 1-2 comment \"b\" } }\n}",
	      "\tset a {\n\t\ttype inet_service . mark\n\t\tflags interval\n"
	      "\t\telements = { 1 . 0x00000001-0x00000002 comment \"a\" }\n");
	holds("set a { type inet_service; elements = { *, 1, * } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\telements = { 1, * }\n");
	holds("set a { type inet_service; flags interval; elements = { * comment \"a\", 1, "
	      "* comment \"b\" } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags interval\n"
	      "\t\telements = { 1, * comment \"b\" }\n");
	holds("set a { type ifname; elements = { \"b\", *, \"ab\", \"a\" } }\n}",
	      "\tset a {\n\t\ttype ifname\n\t\telements = { \"a\"" LINE "\"b\"" LINE
	      "\"ab\"" LINE "* }\n");
}
END_TEST

START_TEST(counting_elements)
{
	holds("set a { type inet_service; counter; elements = { 2 counter packets 3 bytes 4 "
	      "comment \"y\", 1 } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\tcounter\n\t\telements = { 1 counter packets 0 "
	      "bytes 0, 2 counter packets 3 bytes 4 comment \"y\" }\n");
	holds("set a { type inet_service; flags interval; counter; auto-merge; elements = { 1-5 "
	      "counter packets 1 bytes 1, 6-9 counter packets 10 bytes 10, 20 } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags interval\n\t\tcounter\n\t\tauto-merge\n"
	      "\t\telements = { 1-9 counter packets 1 bytes 1, 20 counter packets 0 bytes 0 }\n");
	holds("map a { type inet_service : counter; flags interval; counter; elements = { 1-2 : "
	      "\"c1\" } }\n}",
	      "\tmap a {\n\t\ttype inet_service : counter\n\t\tflags interval\n\t\tcounter\n"
	      "\t\telements = { 1-2 counter packets 0 bytes 0 : \"c1\" }\n");
}
END_TEST

/* A set that merging leaves with one element is listed in braces, and stays a set when loaded. */
START_TEST(merged_to_one)
{
#define IN_RULE(text) "table netdev t {\n\tchain c {\n\t\t" text "\n\t}\n}\n"
	is_listed(IN_RULE("tcp dport { 1-5 counter packets 1 bytes 2, 6-9 counter } drop"),
		  IN_RULE("tcp dport { 1-9 counter packets 1 bytes 2 } drop"));
	is_listed(IN_RULE("tcp dport { 1 comment \"a\", 1 comment \"b\" }"),
		  IN_RULE("tcp dport { 1 comment \"a\" }"));
	is_listed(IN_RULE("ip saddr { 10.0.0.0/9, 10.128.0.0/9 }"),
		  IN_RULE("ip saddr { 10.0.0.0/8 }"));
	/* A user's braces around one element are none, as for nft. */
	is_listed(IN_RULE("tcp dport { 1-5 counter }"), IN_RULE("tcp dport 1-5"));
}
END_TEST

START_TEST(definitions)
{
	holds("set a { type inet_service; size 10; comment \"x\"; elements = { 1 } }\n}\n"
	      "add set netdev t a { type inet_service; size 20; comment \"y\"; }",
	      "\tset a {\n\t\ttype inet_service\n\t\tsize 20\n\t\tcomment \"x\"\n"
	      "\t\telements = { 1 }\n");
	holds("set a { type inet_service; size 10; }\n}\nadd set netdev t a { typeof tcp dport; }",
	      "\tset a {\n\t\ttype inet_service\n\t\tsize 10\n");
	holds("set a { type inet_service; flags constant; }\n}\nadd element netdev t a { 3 }",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags constant\n\t\telements = { 3 }\n");
	holds("set a { type inet_service; flags constant,interval; elements = { 1, 3 } }\n}\n"
	      "add element netdev t a { 7, 9 }",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags constant,interval\n"
	      "\t\telements = { 1, 3, 7, 9 }\n");
	holds("set a { type inet_service; flags constant; elements = { 1, 2 } }\n}\n"
	      "add element netdev t a { 2, * }",
	      "\tset a {\n\t\ttype inet_service\n\t\tflags constant\n\t\telements = { 1, 2, * }\n");
	holds("set a { type inet_service; size 2; elements = { 1, 2, * } }\n}",
	      "\tset a {\n\t\ttype inet_service\n\t\tsize 2\n\t\telements = { 1, 2, * }\n");
	holds("set a { type inet_service . mark; flags interval; auto-merge; elements = { 1 . 1, "
	      "2-3 . 2 } }\n}",
	      "\tset a {\n\t\ttype inet_service . mark\n\t\tflags interval\n\t\tauto-merge\n"
	      "\t\telements = { 1 . 0x00000001" LINE "2-3 . 0x00000002 }\n");
}
END_TEST

START_TEST(tables)
{
	is_listed("table inet t { flags dormant; comment \"a\"; counter c { comment \"b\"; } }\n"
		  "table netdev t { }\n",
		  "table inet t {\n\tflags dormant\n\tcomment \"a\"\n\n\tcounter c {\n"
		  "\t\tcomment \"b\"\n\t\tpackets 0 bytes 0\n\t}\n}\ntable netdev t {\n}\n");
	/* The last command about a table says whether it sleeps. */
	is_listed("table inet t { flags dormant; }\ntable inet t { chain d { } }\n",
		  "table inet t {\n\tchain d {\n\t}\n}\n");
	is_listed("table inet t { chain d { } }\ntable inet t { flags dormant; }\n"
		  "add rule inet t d accept\n",
		  "table inet t {\n\tflags dormant\n\n\tchain d {\n\t\taccept\n\t}\n}\n");
	is_listed("add table netdev t\nadd counter netdev t c { packets 5 bytes 6 ; }\n"
		  "add counter netdev t c { packets 7 bytes 8 ; }\nadd counter netdev t d\n",
		  "table netdev t {\n\tcounter c {\n\t\tpackets 5 bytes 6\n\t}\n\n"
		  "\tcounter d {\n\t\tpackets 0 bytes 0\n\t}\n}\n");
	is_refused("table inet t { flags dormant; }\nadd table inet t\n"
		   "table inet t { flags dormant; }\n",
		   "table 't' is made dormant and woken up more than once");
}
END_TEST

START_TEST(priorities)
{
#define AT(text) "table inet t {\n\tchain c {\n\t\ttype filter hook ingress device \"lo\" " \
		 "priority " text "; policy accept;\n\t}\n}\n"
	static const char *const cases[][2] = {
		{ "-300", "raw" }, { "-310", "raw - 10" }, { "-311", "-311" },
		{ "raw + 5", "raw + 5" },
		{ "-150", "mangle" }, { "mangle", "mangle" }, { "0", "filter" },
		{ "45", "security - 5" }, { "security", "security" }, { "61", "61" },
		{ "100", "100" }, { "-100", "-100" },
	};
	struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_listed(arena_printf(&arena, AT("%s"), cases[i][0]),
			  arena_printf(&arena, AT("%s"), cases[i][1]));
	arena_free(&arena);
}
END_TEST

/* Whose counter each number is, in order. */
START_TEST(numbers)
{
	struct run run;
	const struct bind_counter *counters;

	run_text(&run, "table netdev t { counter a { packets 1 bytes 2; }\n"
		 "set s { type mark; counter; elements = { 7 counter packets 3 bytes 4 } }\n"
		 "chain c { counter packets 5 bytes 6 counter name a "
		 "meta mark { 1 counter, 2 }\n } }",
		 false);
	ck_assert(run.ruleset);
	counters = run.ruleset->counters.at;
	ck_assert_uint_eq(run.ruleset->counters.len, 4);
	ck_assert_uint_eq(run.ruleset->objects.len, 1);
	ck_assert_ptr_eq(counters[0].object, run.ruleset->objects.at[0]);
	ck_assert_uint_eq(counters[0].packets, 1);
	ck_assert(run.ruleset->objects.at[0]->used);
	ck_assert_ptr_eq(counters[1].set, run.ruleset->tables.at[0]->sets.at[0]);
	ck_assert_ptr_eq(counters[1].element, &counters[1].set->elements.at[0]);
	ck_assert_uint_eq(counters[1].bytes, 4);
	ck_assert_ptr_eq(counters[2].rule, run.ruleset->rules.at[0]);
	ck_assert_uint_eq(counters[2].bytes, 6);
	ck_assert_uint_eq(counters[3].element->counter, 3);
	ck_assert_uint_eq(counters[3].set->name.len, 0);
	ck_assert_uint_eq(counters[3].set->elements.at[1].counter, BIND_NO_COUNTER);
	arena_free(&run.arena);
}
END_TEST

START_TEST(too_many_counters)
{
	struct buf text = BUF_INIT;

	buf_puts(&text, "table netdev t { chain c {\n");
	for (unsigned int i = 0; i <= LIMITS_COUNTERS / LIMITS_STATEMENTS; i++) {
		for (unsigned int j = 0; j < LIMITS_STATEMENTS; j++)
			buf_puts(&text, "counter ");
		buf_putc(&text, '\n');
	}
	buf_puts(&text, "} }\n");
	is_refused(text.at, "too many counters: at most 1048576");
	buf_free(&text);
}
END_TEST

/* What lists what: see print_list.c. */
START_TEST(lists)
{
	static const struct {
		enum print_what what;
		const char *family, *table, *name, *text;	/* text NULL: there is none */
	} cases[] = {
		{ PRINT_TABLES, NULL, NULL, NULL,
		  "table netdev t\ntable inet t\ntable netdev u\n" },
		{ PRINT_TABLES, "inet", NULL, NULL, "table inet t\n" },
		{ PRINT_TABLE, "netdev", "u", NULL, "table netdev u {\n}\n" },
		{ PRINT_TABLE, "inet", "u", NULL, NULL },
		{ PRINT_CHAINS, NULL, NULL, NULL,
		  "table netdev t {\n\tchain a {\n\t\tcomment \"x\"\n\t}\n\tchain b {\n\t}\n}\n"
		  "table inet t {\n}\ntable netdev u {\n}\n" },
		{ PRINT_CHAIN, "netdev", "t", "a",
		  "table netdev t {\n\tchain a {\n\t\tcomment \"x\"\n\t\taccept\n\t}\n}\n" },
		{ PRINT_CHAIN, "inet", "t", "a", NULL },
		{ PRINT_SETS, "netdev", NULL, NULL,
		  "table netdev t {\n\tset s {\n\t\ttype mark\n\t}\n}\ntable netdev u {\n}\n" },
		{ PRINT_SET, "netdev", "t", "s",
		  "table netdev t {\n\tset s {\n\t\ttype mark\n\t}\n}\n" },
		{ PRINT_SET, "netdev", "t", "m", NULL },
		{ PRINT_MAP, "netdev", "t", "s", NULL },
		{ PRINT_MAPS, "netdev", "t", NULL,
		  "table netdev t {\n\tmap m {\n\t\ttype mark : verdict\n\t}\n"
		  "\tmap n {\n\t\ttype mark : counter\n\t}\n}\n" },
		{ PRINT_MAP, "netdev", "t", "n",
		  "table netdev t {\n\tmap n {\n\t\ttype mark : counter\n\t}\n}\n" },
		{ PRINT_COUNTERS, NULL, NULL, NULL,
		  "table netdev t {\n\tcounter c {\n\t\tpackets 1 bytes 2\n\t}\n}\n" },
		{ PRINT_COUNTER, "netdev", "t", "c",
		  "table netdev t {\n\tcounter c {\n\t\tpackets 1 bytes 2\n\t}\n}\n" },
		{ PRINT_COUNTER, "netdev", "t", "d", NULL },
	};
	struct print_options options = { 0 };
	struct run run;

	run_text(&run, "table netdev t { counter c { packets 1 bytes 2; }\n set s { type mark; }\n"
		 "map m { type mark : verdict; }\n map n { type mark : counter; }\n"
		 "chain a { comment \"x\"; accept; }\n chain b { } }\n"
		 "table inet t { }\ntable netdev u { }\n", false);
	ck_assert(run.ruleset);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = BUF_INIT;
		bool found = print_list(run.ruleset, cases[i].what, cases[i].family, cases[i].table,
					cases[i].name, &options, &out);

		ck_assert_msg(found == !!cases[i].text, "case %zu", i);
		ck_assert_str_eq(out.at ? out.at : "", cases[i].text ? cases[i].text : "");
		buf_free(&out);
	}
	arena_free(&run.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("set");
	TCase *tcase = tcase_create("set");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, orders);
	tcase_add_test(tcase, equal_elements);
	tcase_add_test(tcase, counting_elements);
	tcase_add_test(tcase, merged_to_one);
	tcase_add_test(tcase, definitions);
	tcase_add_test(tcase, tables);
	tcase_add_test(tcase, priorities);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, too_many_counters);
	tcase_add_test(tcase, lists);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
