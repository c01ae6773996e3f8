/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_emit_cost: what a packet is not charged for, as far as the C text tells: a second look at
 * the clock, fields of a family that no rule names, fields of a device that has no rules.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/emitted.h"
#include "tests/unit/ruleset.h"

#define OWN_PART "/* ---- From here on: this ruleset. ---- */"

/* The part of the text that is about this ruleset alone. */
static const char *own_part_of(struct ruleset *ruleset, const char *rules, const char *force)
{
	const char *text;

	ruleset_lower(ruleset, rules);
	text = strstr(emitted_of(ruleset->ir, force, &ruleset->arena, &ruleset->diag), OWN_PART);
	ck_assert_ptr_nonnull(text);
	return text;
}

/* How often WORD is in the function whose line has NAME. */
static int count_in(const char *text, const char *name, const char *word)
{
	const char *at = strstr(text, name), *end;
	int count = 0;

	ck_assert_msg(at, "no '%s' in the C text", name);
	end = strstr(at, "\n}\n");
	while ((at = strstr(at, word)) && at < end) {
		count++;
		at++;
	}
	return count;
}

static int count_all(const char *text, const char *word)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	return count;
}

/* One function reads a packet, and is where the clock is read, however many rules ask for it. */
START_TEST(time_is_read_once)
{
	static const char rules[] = RULESET_CHAIN("accept",
		"meta time > 1700000000 counter\n meta day \"Sunday\" counter\n"
		"meta hour \"09:00\"-\"17:00\" counter\n meta time < 1900000000 counter\n"
		"tcp dport 22 meta hour \"10:00\"-\"11:00\" drop");
	static const char *const readers[] = { " read_fields(", " read_plain_ip(",
					       " read_plain_ip6(" };
	struct ruleset ruleset = { 0 };
	const char *text = own_part_of(&ruleset, rules, NULL);

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(count_in(text, readers[i], "given_time()"), 1);
	/* And in none of the rules: */
	ck_assert_ptr_null(strstr(strstr(text, "#define FIELDS"), "given_time()"));
	ck_assert_int_eq(count_all(text, "bpf_ktime_get_tai_ns()"), 1);
	/* A packet that one of them has read is not read by another. */
	ck_assert_int_eq(count_all(text, "(&plain, ctx, device, f);\n"), 4);
	ck_assert_int_eq(count_all(text, "(&plain, ctx, device, f);\n\t\t\treturn run_chains("), 4);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(no_rule_asks_for_time)
{
	struct ruleset ruleset = { 0 };
	const char *text = own_part_of(&ruleset, RULESET_CHAIN("accept", "tcp dport 22 drop"),
				       NULL);

	ck_assert_ptr_null(strstr(text, "given"));
	ck_assert_ptr_null(strstr(text, "bpf_ktime"));
	arena_free(&ruleset.arena);
}
END_TEST

#define NAMES_IP							\
	"ip saddr 192.0.2.1 tcp dport 22 drop\n"			\
	"ip saddr 192.0.2.0/24 ip daddr 198.51.100.7 drop\n"		\
	"ip saddr 10.0.0.0/8 udp dport 53 counter drop\n"		\
	"ip daddr 198.51.100.0-198.51.100.99 counter accept"

/* Nothing but its protocol is asked of a packet of the other family. */
START_TEST(family_that_no_rule_names)
{
	struct ruleset ruleset = { 0 };
	const char *text = own_part_of(&ruleset, RULESET_CHAIN("accept", NAMES_IP), "tree");

	ck_assert_int_eq(count_all(text, "look_0_0(f)"), 1);
	emitted_has(text, "if (f->meta_protocol == 0x800 && f->length >= 20)\n"
			  "\t\tnumber = look_0_0(f);\n");
	ck_assert_int_eq(count_in(text, " read_plain_ip(", "f->ip_"), 2);
	/* Zeros, which clang finds that nobody reads. */
	emitted_has(strstr(text, " read_plain_ip6("), "\tf->ip_saddr = 0;\n\tf->ip_daddr = 0;\n");
	arena_free(&ruleset.arena);
}
END_TEST

/* A device is looked for before any field is read. */
START_TEST(device_that_no_chain_names)
{
	struct ruleset ruleset = { 0 };
	const char *text = own_part_of(&ruleset, RULESET_CHAIN("accept", NAMES_IP), NULL);
	const char *start = strstr(text, "int xdpfw_rules(");
	const char *device = strstr(start, "if (IS_DEVICE(device, ctx->ingress_ifindex)");

	ck_assert_ptr_nonnull(device);
	ck_assert(device < strstr(start, "read_plain_ip("));
	start = strstr(text, " run_any_packet(");
	device = strstr(start, "if (!device)");
	ck_assert_ptr_nonnull(device);
	ck_assert(device < strstr(start, "read_fields("));
	arena_free(&ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emit_cost");
	TCase *tcase = tcase_create("emit_cost");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, time_is_read_once);
	tcase_add_test(tcase, no_rule_asks_for_time);
	tcase_add_test(tcase, family_that_no_rule_names);
	tcase_add_test(tcase, device_that_no_chain_names);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
