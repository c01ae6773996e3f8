/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_compile: what the loader is told of a compiled ruleset.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/compile.h"

struct work {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct compile *compile;
};

static bool try_compile(struct work *work, const char *text, const struct compile_options *options)
{
	*work = (struct work){ .arena = ARENA_INIT };
	work->sources.arena = work->diag.arena = &work->arena;
	work->diag.sources = &work->sources;
	return compile_source(&work->sources,
			      source_add(&work->sources, "rules.conf", str_from(text)), options,
			      &work->arena, &work->diag, &work->compile);
}

static void compile_text(struct work *work, const char *text,
			 const struct compile_options *options)
{
	ck_assert(try_compile(work, text, options));
}

static const char base[] = "type filter hook ingress device \"eth0\" priority 0;";

static const char *ruleset(struct work *work, const char *rule)
{
	return arena_printf(&work->arena, "table netdev t {\n chain c {\n %s\n %s\n }\n}\n", base,
			    rule);
}

static const struct {
	const char *rule;
	bool tags;
} tag_rows[] = {
	{ "vlan id 6 drop", true },
	{ "vlan pcp 1 drop", true },
	{ "ether type 8021q drop", true },
	{ "ether type 8021ad drop", true },
	{ "ether type { ip, 8021q } drop", true },
	{ "vlan id vmap { 6 : drop }", true },
	{ "ether type ip drop", false },
	{ "ether type != 8021q drop", true },
	{ "meta protocol ip drop", false },
	{ "tcp dport 22 drop", false },
};

START_TEST(tags)
{
	struct work text = { .arena = ARENA_INIT }, work;
	struct compile_options options = { 0 };

	compile_text(&work, ruleset(&text, tag_rows[_i].rule), &options);
	ck_assert_int_eq(work.compile->reads_tags, tag_rows[_i].tags);
	arena_free(&work.arena);
	arena_free(&text.arena);
}
END_TEST

/* Rules of chains that no device runs ask for nothing. */
START_TEST(tags_of_nobody)
{
	struct compile_options options = { 0 };
	struct work work;

	compile_text(&work, "table netdev t {\n chain c {\n vlan id 6 drop\n }\n}\n", &options);
	ck_assert(!work.compile->reads_tags);
	arena_free(&work.arena);
}
END_TEST

START_TEST(devices)
{
	static const struct {
		const char *name;
		bool prefix;
		uint32_t entry;
	} wanted[] = {
		{ "br0", false, 0 }, { "veth", false, 1 }, { "veth", true, 1 },
		{ "veth0", false, 2 },
	};
	struct compile_options options = { 0 };
	struct work work;

	compile_text(&work,
		     "table netdev t {\n"
		     " chain a { type filter hook ingress devices = { \"veth*\", br0, veth } "
		     "priority 0;\n }\n"
		     " chain b { type filter hook ingress device veth0 priority 0;\n }\n"
		     " chain c { type filter hook ingress device \"veth*\" priority 1;\n }\n"
		     "}\n", &options);
	ck_assert_uint_eq(work.compile->device_count, sizeof(wanted) / sizeof(wanted[0]));
	ck_assert_uint_eq(work.compile->entry_count, 3);
	for (size_t i = 0; i < work.compile->device_count; i++) {
		ck_assert_str_eq(work.compile->devices[i].name, wanted[i].name);
		ck_assert_int_eq(work.compile->devices[i].prefix, wanted[i].prefix);
		ck_assert_uint_eq(work.compile->devices[i].entry, wanted[i].entry);
	}
	arena_free(&work.arena);
}
END_TEST

static const char two_chains[] =
	"table netdev t {\n"
	" counter named { packets 3 bytes 4\n }\n"
	" set s { type ipv4_addr; counter; elements = { 192.0.2.1 }\n }\n"
	" chain c { type filter hook ingress device \"eth0\" priority 0; policy drop;\n"
	"  tcp dport 22 counter accept\n"
	"  ip saddr { 192.0.2.1 counter, 192.0.2.3 counter } counter name named\n"
	"  ip saddr @s drop\n"
	" }\n"
	" chain side {\n  udp dport 1 drop\n }\n"
	"}\n"
	"table inet t {\n"
	" chain c { type filter hook ingress device \"eth0\" priority 1;\n"
	"  udp dport 53 counter drop\n"
	" }\n"
	"}\n";

static const struct compile_failsafe written[] = {
	{ "--failsafe", 1, 1, "tcp dport {22,0x8ae}  ip saddr 192.0.2.77/24 # office" },
	{ "xdpfw.conf", 7, 10, "tcp dport { 80, 80 }" },
	{ "xdpfw.conf", 8, 10, "ether type arp" },
};

/* Nothing has another identity with failsafe rules than without. */
START_TEST(failsafe_identities)
{
	struct compile_options options = { 0 };
	struct work plain, with;

	compile_text(&plain, two_chains, &options);
	options.failsafe = written;
	options.failsafe_count = 3;
	compile_text(&with, two_chains, &options);
	ck_assert_uint_eq(plain.compile->rule_count, 5);
	ck_assert_uint_eq(plain.compile->listed_rules, 5);
	ck_assert_uint_eq(with.compile->rule_count, 5 + 2 * 3);
	ck_assert_uint_eq(with.compile->listed_rules, 5);
	ck_assert_uint_eq(plain.compile->object_count, with.compile->object_count);
	for (size_t i = 0; i < with.compile->object_count; i++)
		ck_assert_str_eq(plain.compile->objects[i].key, with.compile->objects[i].key);
	ck_assert_uint_eq(plain.compile->counter_count, with.compile->counter_count);
	ck_assert_uint_ge(with.compile->counter_count, 6);
	for (size_t i = 0; i < with.compile->counter_count; i++)
		ck_assert_str_eq(plain.compile->counters[i].key, with.compile->counters[i].key);
	ck_assert_str_ne(plain.compile->c_text, with.compile->c_text);
	ck_assert_str_eq(compile_rule_place(with.compile, 2), "failsafe");
	ck_assert_str_eq(compile_rule_place(with.compile, 3), "rules.conf:7");
	arena_free(&plain.arena);
	arena_free(&with.arena);
}
END_TEST

static void list(const struct compile *compile, struct buf *out)
{
	struct compile_print_options print = { 0 };

	compile_print(compile, &print, out);
}

/* The normal form of each makes the same program, wherever it is said to come from. */
START_TEST(failsafe_again)
{
	static const char *const wanted[] = {
		"tcp dport { 22, 2222 } ip saddr 192.0.2.0/24", "tcp dport { 80 }",
		"ether type arp",
	};
	struct compile_options options = { .failsafe = written, .failsafe_count = 3 };
	struct compile_failsafe again[3] = { 0 };
	struct work plain, first, second;
	struct buf listing = BUF_INIT, other = BUF_INIT;

	compile_text(&first, two_chains, &options);
	ck_assert_uint_eq(first.compile->failsafe_count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(first.compile->failsafe[i], wanted[i]);
		again[i] = (struct compile_failsafe){ "record", 1, 1, first.compile->failsafe[i] };
	}
	options.failsafe = again;
	options.listing = true;
	list(first.compile, &listing);
	compile_text(&second, listing.at, &options);
	list(second.compile, &other);
	ck_assert_str_eq(listing.at, other.at);
	ck_assert_uint_eq(second.compile->failsafe_count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(second.compile->failsafe[i], wanted[i]);
	buf_free(&other);
	other = (struct buf)BUF_INIT;
	options = (struct compile_options){ 0 };
	compile_text(&plain, two_chains, &options);
	list(plain.compile, &other);
	ck_assert_str_eq(listing.at, other.at);
	buf_free(&other);
	buf_free(&listing);
	arena_free(&plain.arena);
	arena_free(&first.arena);
	arena_free(&second.arena);
}
END_TEST

/* A chain of family inet never sees ARP, and a rule about it is no mistake of its author. */
START_TEST(failsafe_about_arp)
{
	static const struct compile_failsafe arp[] = {
		{ "--failsafe", 1, 1, "arp operation { request, reply }" },
		{ "--failsafe", 1, 1, "udp dport 53" },
		{ "--failsafe", 1, 1, "meta protocol arp" },
	};
	struct compile_options options = { .failsafe = arp, .failsafe_count = 3 };
	struct work work;

	compile_text(&work, two_chains, &options);
	ck_assert_uint_eq(work.compile->failsafe_count, 3);
	ck_assert_uint_eq(work.compile->rule_count, 5 + 3 + 2);
	ck_assert_uint_eq(work.compile->listed_rules, 5);
	arena_free(&work.arena);
}
END_TEST

/* A wrong one is refused whatever the file holds, also nothing. */
START_TEST(failsafe_of_nothing)
{
	const struct compile_failsafe wrong = { "--failsafe", 1, 1, "tcp dport 70000" };
	struct compile_options options = { .failsafe = &wrong, .failsafe_count = 1 };
	struct buf messages = BUF_INIT;
	struct work work;

	ck_assert(!try_compile(&work, "", &options));
	diag_print(&work.diag, &messages);
	ck_assert_str_eq(messages.at,
			 "--failsafe:1:11: error: 70000 is too big: the largest value here is "
			 "65535\n    tcp dport 70000\n              ^~~~~\n");
	buf_free(&messages);
	arena_free(&work.arena);
}
END_TEST

/* A keeper that knows one ruleset: the bytes that it was told first. */
struct keeper {
	struct buf bytes, known;
	struct compile_made made;
};

static void add_bytes(void *context, const void *bytes, size_t len)
{
	struct keeper *keeper = context;

	buf_put(&keeper->bytes, bytes, len);
}

static bool get_made(void *context, struct arena *arena, struct compile_made *ret_made)
{
	struct keeper *keeper = context;
	bool known = keeper->known.at && str_eq(buf_str(&keeper->bytes), buf_str(&keeper->known));

	(void)arena;
	*ret_made = keeper->made;
	if (keeper->known.at)
		buf_free(&keeper->bytes);
	else
		keeper->known = keeper->bytes;
	keeper->bytes = (struct buf)BUF_INIT;
	return known;
}

#define PORTS "tcp dport { 22, 80 } counter drop\n"
#define BOXES "ip saddr . udp dport { 10.0.0.0/8 . 53 } drop\n"
#define MAP "tcp dport vmap { 1 : drop, 2 : accept }"

/* Whether RULES, in a ruleset of its own, are what the keeper was told of the first ones. */
static bool is_kept(const char *rules, const struct compile_options *asked)
{
	struct keeper keeper = { .made = { .c_text = "kept", .c_bytes = 4 } };
	struct compile_keeper functions = { &keeper, add_bytes, get_made };
	struct compile_options options = { .keeper = &functions };
	struct work text = { .arena = ARENA_INIT }, first, second;
	bool kept;

	compile_text(&first, ruleset(&text, PORTS BOXES MAP), &options);
	ck_assert(!first.compile->is_kept);
	options.optimize = asked->optimize;
	options.failsafe = asked->failsafe;
	options.failsafe_count = asked->failsafe_count;
	compile_text(&second, ruleset(&text, rules), &options);
	kept = second.compile->is_kept;
	ck_assert_int_eq(!strcmp(second.compile->c_text, "kept"), kept);
	ck_assert_uint_eq(second.compile->rule_count,
			  first.compile->rule_count + options.failsafe_count);
	arena_free(&first.arena);
	arena_free(&second.arena);
	arena_free(&text.arena);
	buf_free(&keeper.known);
	buf_free(&keeper.bytes);
	return kept;
}

static const struct {
	const char *rules;
	bool kept;
} kept_rows[] = {
	{ PORTS BOXES MAP, true },
	/* Another spelling, other figures. */
	{ "tcp dport { ssh, 80 }   counter packets 7 bytes 9 drop\n"
	  "ip saddr . udp dport { 10.0.0.0-10.255.255.255 . 53 } drop\n"
	  "tcp dport vmap { 2 : accept, 1 : drop }", true },
	{ "tcp dport { 22, 81 } counter drop\n" BOXES MAP, false },
	{ "tcp sport { 22, 80 } counter drop\n" BOXES MAP, false },
	{ "tcp dport { 22, 80 } drop\n" BOXES MAP, false },
	{ "tcp dport { 22, 80 } counter accept\n" BOXES MAP, false },
	{ "tcp dport != { 22, 80 } counter drop\n" BOXES MAP, false },
	{ PORTS "ip saddr . udp dport { 10.0.0.0/9 . 53 } drop\n" MAP, false },
	{ PORTS "ip daddr . udp dport { 10.0.0.0/8 . 53 } drop\n" MAP, false },
	{ PORTS BOXES "tcp dport vmap { 1 : accept, 2 : drop }", false },
	{ PORTS BOXES "tcp dport vmap { 1 : drop, 3 : accept }", false },
	{ BOXES PORTS MAP, false },
};

START_TEST(kept)
{
	const struct compile_options options = { 0 };

	ck_assert_int_eq(is_kept(kept_rows[_i].rules, &options), kept_rows[_i].kept);
}
END_TEST

/* How it is to be optimised belongs to it, and so does what comes in front of it. */
START_TEST(kept_with_other_options)
{
	const struct compile_failsafe failsafe = { "here", 1, 1, "tcp dport 22" };
	struct compile_options options = { .optimize = { .goal = COMPILE_SPEED } };

	ck_assert(!is_kept(PORTS BOXES MAP, &options));
	options.optimize = (struct compile_optimize){ .off = 1 };
	ck_assert(!is_kept(PORTS BOXES MAP, &options));
	options.optimize = (struct compile_optimize){ .flow_cache = true };
	ck_assert(!is_kept(PORTS BOXES MAP, &options));
	options.optimize = (struct compile_optimize){ .engine = "tree" };
	ck_assert(!is_kept(PORTS BOXES MAP, &options));
	options = (struct compile_options){ .failsafe = &failsafe, .failsafe_count = 1 };
	ck_assert(!is_kept(PORTS BOXES MAP, &options));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compile");
	TCase *tcase = tcase_create("compile");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, tags, 0, sizeof(tag_rows) / sizeof(tag_rows[0]));
	tcase_add_test(tcase, tags_of_nobody);
	tcase_add_test(tcase, devices);
	tcase_add_test(tcase, failsafe_identities);
	tcase_add_test(tcase, failsafe_again);
	tcase_add_test(tcase, failsafe_about_arp);
	tcase_add_test(tcase, failsafe_of_nothing);
	tcase_add_loop_test(tcase, kept, 0, sizeof(kept_rows) / sizeof(kept_rows[0]));
	tcase_add_test(tcase, kept_with_other_options);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
