/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_emit: the C text, as far as it can be judged by reading it; tests/verify builds and runs
 * it.
 */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#include "compiler/emit.h"
#include "compiler/emit_part.h"
#include "tests/unit/make_ir.h"

static const struct plan_options plan_options = { .force = "compares" };

#define OWN_PART "/* ---- From here on: this ruleset. ---- */"

/* Writes "f->x" for "HIDDEN32(f->x)", which is about speed alone. */
static void unhide(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		bool hidden = !strncmp(from, "HIDDEN32(f->", 12) ||
			      !strncmp(from, "HIDDEN64(f->", 12);

		if (!hidden) {
			*to++ = *from++;
			continue;
		}
		for (from += 9; *from != ')'; from++)
			*to++ = *from;
		from++;
	}
	*to = 0;
}

static const char *emit_with(struct make *make, struct emit_options options)
{
	struct plan *plan = NULL;
	struct buf text = BUF_INIT;
	char *copy;

	ck_assert(plan_make(&make->ir, &plan_options, &make->arena, &make->diag, &plan));
	emit_c(plan, &options, &text);
	copy = (char *)(uintptr_t)arena_strdup(&make->arena, buf_str(&text));
	unhide(copy);
	buf_free(&text);
	return copy;
}

static const char *emit_of(struct make *make, bool miscompile)
{
	return emit_with(make, (struct emit_options){ .miscompile = miscompile });
}

/* The line that holds TEXT, without its newline. */
static const char *line_of(struct make *make, const char *c_text, const char *text)
{
	const char *at = strstr(c_text, text), *end;

	ck_assert_msg(at, "no '%s' in the C text", text);
	while (at > c_text && at[-1] != '\n')
		at--;
	end = strchr(at, '\n');
	return arena_strdup(&make->arena, (struct str){ at, (size_t)(end - at) });
}

static void start(struct make *make)
{
	make_start(make);
	make_entry(make, make_chain(make, "in", true));
}

/* No program of a user writes into packets. */
START_TEST(stamp)
{
	struct make make;

	start(&make);
	make_rule(&make, "drop");
	make_verdict(&make, IR_VERDICT_DROP, 0);
	ck_assert_ptr_null(strstr(emit_of(&make, false), "stamp_passed"));
	ck_assert_str_eq(line_of(&make, emit_with(&make, (struct emit_options){ .stamp = true }),
				 "\t\tstamp_passed"),
			 "\t\t\tstamp_passed(ctx);");
	arena_free(&make.arena);
}
END_TEST

START_TEST(rule_is_one_line)
{
	struct make make;

	start(&make);
	make_rule(&make, "tcp dport 22 counter drop");
	make_test(&make, "meta", "l4proto", 6, 6);
	make_test(&make, "tcp", "dport", 22, 22);
	make_counter(&make);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	ck_assert_str_eq(line_of(&make, emit_of(&make, false), "rules.conf:1"),
			 "\tif (f->th_len >= 4 && f->tcp_dport == 22 && "
			 "f->has_l4 && f->meta_l4proto == 6) { return BRIEF(ANSWER_DROP, 0, 1); } "
			 "/* rules.conf:1 tcp dport 22 counter drop */");
	arena_free(&make.arena);
}
END_TEST

/* What is left of a failing test is done; presence is asked once, and under a negation too. */
START_TEST(steps_in_order)
{
	struct ir_step *step;
	struct make make;

	start(&make);
	make_rule(&make, "TEXT");
	make_counter(&make);
	step = make_test(&make, "tcp", "flags", 2, 2);
	make_part_of(&make, step)->mask = 0x12;
	step->negate = true;
	make_counter(&make);
	make_test(&make, "tcp", "dport", 1, 5);
	make_test(&make, "tcp", "urgptr", 0, 0);
	make_verdict(&make, IR_VERDICT_ACCEPT, 0);
	ck_assert_str_eq(line_of(&make, emit_of(&make, false), "TEXT"),
			 "\tcount(f, 0); if (f->th_len >= 14 && (f->tcp_flags & 0x12) != 0x2) { "
			 "count(f, 1); if (in32(f->tcp_dport, 1, 5) && f->th_len >= 20 && "
			 "f->tcp_urgptr == 0) { return BRIEF(ANSWER_ACCEPT, 0, 0); } } "
			 "/* rules.conf:1 TEXT */");
	arena_free(&make.arena);
}
END_TEST

START_TEST(verdicts)
{
	struct make make;
	const char *text;

	start(&make);
	make_rule(&make, "JUMP");
	make_verdict(&make, IR_VERDICT_JUMP, 1);
	make_rule(&make, "GOTO");
	make_verdict(&make, IR_VERDICT_GOTO, 1);
	make_rule(&make, "BACK");
	make_verdict(&make, IR_VERDICT_RETURN, 0);
	make_rule(&make, "EMPTY");
	make_verdict(&make, IR_VERDICT_JUMP, 2);
	make_rule(&make, "LEAVE");
	make_verdict(&make, IR_VERDICT_GOTO, 2);
	make_chain(&make, "other", false);
	make_rule(&make, "NOTHING");
	make_test(&make, "tcp", "dport", 1, 5);
	make_verdict(&make, IR_VERDICT_CONTINUE, 0);
	make_rule(&make, "DEEP");	/* so deep that jumps are no calls */
	make_verdict(&make, IR_VERDICT_JUMP, 3);
	make_chain(&make, "empty", false);
	make_chain(&make, "deeper", false);
	make_rule(&make, "DEEPER");
	make_verdict(&make, IR_VERDICT_JUMP, 4);
	make_chain(&make, "deepest", false);
	make_rule(&make, "DEEPEST");
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make, false);
	ck_assert_str_eq(line_of(&make, text, " JUMP "),
			 "\treturn JUMP(0, 5); /* rules.conf:1 JUMP */");
	ck_assert_str_eq(line_of(&make, text, " GOTO "),
			 "\treturn GOTO(1, 5); /* rules.conf:1 GOTO */");
	ck_assert_str_eq(line_of(&make, text, " BACK "),
			 "\treturn RETURN(2); /* rules.conf:1 BACK */");
	ck_assert_str_eq(line_of(&make, text, " EMPTY "),
			 "\t/* rules.conf:1 EMPTY (does nothing) */");
	ck_assert_str_eq(line_of(&make, text, " LEAVE "),
			 "\treturn RETURN(4); /* rules.conf:1 LEAVE */");
	ck_assert_str_eq(line_of(&make, text, " NOTHING "),
			 "\t/* rules.conf:1 NOTHING (does nothing) */");
	ck_assert_ptr_nonnull(strstr(text, "case BEHIND(0): goto behind_0;"));
	ck_assert_ptr_null(strstr(text, "BEHIND(1)"));
	arena_free(&make.arena);
}
END_TEST

START_TEST(maps)
{
	struct make make;
	const char *text;
	uint32_t map;

	start(&make);
	make_rule(&make, "MAP");
	map = make_map(&make);
	make_element(&make, map, 22, 22, (struct ir_verdict){ IR_VERDICT_ACCEPT, 0 });
	make_element(&make, map, 80, 90, (struct ir_verdict){ IR_VERDICT_CONTINUE, 0 });
	make_look_up(&make, IR_STEP_MAP, "tcp", "dport", map);
	make_counter(&make);
	text = emit_of(&make, false);
	ck_assert_str_eq(line_of(&make, text, " MAP "),
			 "\tif (f->th_len >= 4 && (word = map_0(f->tcp_dport))) { "
			 "if (word != WORD(ANSWER_CONTINUE, 0)) return ANSWER(word, 0); "
			 "count(f, 0); } /* rules.conf:1 MAP */");
	ck_assert_ptr_nonnull(strstr(text, "\tif (in32(key, 80, 90))\n"
					   "\t\treturn WORD(ANSWER_CONTINUE, 0);\n"
					   "\treturn 0;\n"));
	arena_free(&make.arena);
}
END_TEST

/* A rule with one test, up to where its condition ends.  The caller frees it. */
static char *test_text(struct make *make, const char *proto, const char *name, u128 lo,
			     u128 hi, u128 mask)
{
	struct ir_step *step;
	char *text;

	start(make);
	make_rule(make, "TEXT");
	step = make_test(make, proto, name, lo, hi);
	make_part_of(make, step)->mask &= mask;
	make_verdict(make, IR_VERDICT_DROP, 0);
	text = strdup(line_of(make, emit_of(make, false), "TEXT"));
	*strstr(text, ") { return") = '\0';
	arena_free(&make->arena);
	return text;
}

#define WIDE(high, low) ((u128)(high) << 64 | (low))

START_TEST(compares)
{
	static const struct {
		const char *proto, *name;
		u128 lo, hi, mask;
		const char *text;
	} cases[] = {
		{ "tcp", "dport", 0, 0xffff, ~(u128)0, "\tif (f->th_len >= 4 && 1" },
		{ "tcp", "dport", 5, 0x1ffff, ~(u128)0,
		  "\tif (f->th_len >= 4 && in32(f->tcp_dport, 5, 65535)" },
		{ "tcp", "dport", 0x10000, 0x10000, ~(u128)0, "\tif (f->th_len >= 4 && 0" },
		{ "tcp", "flags", 4, 4, 0x12, "\tif (f->th_len >= 14 && 0" },
		{ "ip", "saddr", 0xc0000200, 0xc00002ff, ~(u128)0,
		  "\tif (f->nh_len >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)" },
		{ "ether", "saddr", 0x020000000001, 0x020000000001, ~(u128)0,
		  "\tif (f->ether_saddr == 0x20000000001ull" },
		{ "ip6", "saddr", WIDE(5, 6), WIDE(5, 6), ~(u128)0,
		  "\tif (f->nh_len >= 40 && "
		  "(f->ip6_saddr_high == 0x5 && f->ip6_saddr_low == 0x6)" },
		{ "ip6", "saddr", WIDE(5, 0), WIDE(6, UINT64_MAX), ~(u128)0,
		  "\tif (f->nh_len >= 40 && in64(f->ip6_saddr_high, 0x5, 0x6)" },
		{ "ip6", "saddr", WIDE(5, 1), WIDE(6, 7), WIDE(UINT64_MAX, 0xff),
		  "\tif (f->nh_len >= 40 && in128(f->ip6_saddr_high, (f->ip6_saddr_low & 0xff), "
		  "0x5ull, 0x1ull, 0x6ull, 0x7ull)" },
		{ "vlan", "id", 5, 5, ~(u128)0, "\tif (f->frame_len >= 16 && f->vlan_id == 5" },
		{ "meta", "length", 0, 99, ~(u128)0, "\tif (in32(f->length, 0, 99)" },
		{ "meta", "mark", 0, 0, ~(u128)0, "\tif (f->meta_mark == 0x0" },
	};
	struct make make;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = test_text(&make, cases[i].proto, cases[i].name, cases[i].lo,
				       cases[i].hi, cases[i].mask);

		ck_assert_str_eq(text, cases[i].text);
		free(text);
	}
}
END_TEST

START_TEST(comments_are_harmless)
{
	static const struct { const char *text, *escaped; } cases[] = {
		{ "plain text", "plain text" },
		{ "*/ return 1; /*", "*\\x2f return 1; /\\x2a" },
		{ "**//", "**\\x2f/" },
		{ "a\\\nb", "a\\x5c\\x0ab" },
		{ "\?\?/", "?\\x3f/" },
		{ "caf\xc3\xa9\t\r\x7f", "caf\\xc3\\xa9\\x09\\x0d\\x7f" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = BUF_INIT;

		emit_comment_text(str_from(cases[i].text), &out);
		ck_assert_str_eq(out.at, cases[i].escaped);
		buf_free(&out);
	}
}
END_TEST

/* C without comments, checked for what only a user could have written. */
static void check_no_user_text(const char *c_text, const char *evil)
{
	bool comment = false;

	for (const char *at = c_text; *at; at++) {
		if (!comment && at[0] == '/' && at[1] == '*') {
			comment = true;
			at++;
		} else if (comment && at[0] == '*' && at[1] == '/') {
			comment = false;
			at++;
		} else if (!comment) {
			ck_assert(strncmp(at, evil, strlen(evil)));
		}
	}
	ck_assert(!comment);
}

START_TEST(names_are_not_code)
{
	static const char evil[] = "*/evil/*\\\nevil";
	struct make make;
	uint32_t set, map;

	start(&make);
	make.ir.chains.at[0].name = make.ir.chains.at[0].table = str_from(evil);
	make.ir.entries.at[0].devices.at[0].name = str_from(evil);
	make_rule(&make, evil);
	make.ir.rules.at[0].place = evil;
	set = make_set(&make);
	for (uint32_t i = 0; i < 8; i++)
		make_interval(&make, set, i * 5, i * 5);
	make.ir.sets.at[set].name = str_from(evil);
	make_look_up(&make, IR_STEP_TEST, "tcp", "dport", set);
	map = make_map(&make);
	make_element(&make, map, 1, 1, (struct ir_verdict){ IR_VERDICT_DROP, 0 });
	make.ir.maps.at[map].name = str_from(evil);
	make_look_up(&make, IR_STEP_MAP, "tcp", "dport", map);
	check_no_user_text(emit_of(&make, false), "evil");
	arena_free(&make.arena);
}
END_TEST

static void make_some(struct make *make)
{
	start(make);
	for (uint32_t i = 0; i < 20; i++) {
		make_rule(make, "tcp dport 22 drop");
		make_test(make, "tcp", "dport", i, i);
		make_test(make, "ip", "saddr", i, 2 * i);
		make_verdict(make, IR_VERDICT_DROP, 0);
	}
}

START_TEST(text_is_a_function_of_the_rules)
{
	struct make a, b;
	const char *text;

	make_some(&a);
	make_some(&b);
	text = emit_of(&a, false);
	ck_assert_str_eq(text, emit_of(&b, false));
	for (const char *at = text; at; at = strchr(at + 1, '\n'))
		ck_assert(strncmp(at, "\n#include", strlen("\n#include")));
	ck_assert_ptr_nonnull(strstr(text, OWN_PART));
	arena_free(&a.arena);
	arena_free(&b.arena);
}
END_TEST

START_TEST(planted_bug_is_one_comparison)
{
	struct make make;
	const char *right, *wrong;

	make_some(&make);
	right = emit_of(&make, false);
	wrong = emit_of(&make, true);
	while (*right == *wrong) {
		right++;
		wrong++;
	}
	ck_assert_str_eq(line_of(&make, emit_of(&make, true), "DROP(0)"),
			 "\tif (f->th_len >= 4 && f->tcp_dport != 0 && f->nh_len >= 20 && "
			 "f->ip_saddr == 0x0) { return DROP(0); } "
			 "/* rules.conf:1 tcp dport 22 drop */");
	ck_assert_int_eq(*right, '=');
	ck_assert_int_eq(*wrong, '!');
	ck_assert_str_eq(right + 1, wrong + 1);
	arena_free(&make.arena);
}
END_TEST

/* ((value shifted) & mask) ^ flip, in one number or two. */
START_TEST(shifts)
{
	static const struct {
		const char *proto, *name;
		int16_t shift;
		u128 mask, flip;
		const char *text;
	} cases[] = {
		{ "tcp", "dport", 2, ~(u128)0, 0, "((f->tcp_dport << 2) & 0xffff) == 1" },
		{ "tcp", "dport", -3, ~(u128)0, 0, "(f->tcp_dport >> 3) == 1" },
		{ "tcp", "dport", 0, 0xff00, 5, "((f->tcp_dport & 0xff00) ^ 0x5) == 1" },
		{ "ip", "saddr", 8, ~(u128)0, 0, "(f->ip_saddr << 8) == 0x1" },
		{ "ip6", "saddr", 0, 1, 0,
		  "((f->ip6_saddr_high & 0x0) == 0x0 && (f->ip6_saddr_low & 0x1) == 0x1)" },
		{ "ip6", "saddr", 68, ~(u128)0, 0,
		  "((f->ip6_saddr_low << 4) == 0x0 && 0 == 0x1)" },
		{ "ip6", "saddr", -68, ~(u128)0, 0,
		  "(0 == 0x0 && (f->ip6_saddr_high >> 4) == 0x1)" },
		{ "ip6", "saddr", 4, ~(u128)0, 0,
		  "(((f->ip6_saddr_high << 4) | (f->ip6_saddr_low >> 60)) == 0x0 && "
		  "(f->ip6_saddr_low << 4) == 0x1)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u128 max;
		struct buf text = BUF_INIT;
		struct emit_value value;
		struct ir_interval one = { 1, 1 };
		struct make make;
		struct ir_part *part;
		struct emit emit = { .ir = &make.ir };
		struct ir_step *step;

		start(&make);
		make_rule(&make, "");
		step = make_test(&make, cases[i].proto, cases[i].name, 1, 1);
		part = make_part_of(&make, step);
		max = part->mask;
		part->shift = cases[i].shift;
		part->mask = cases[i].mask & max;
		part->flip = cases[i].flip;
		emit_value_make(&emit, part, false, NULL, &value);
		emit_value_in(&value, &one, false, &text);
		ck_assert_str_eq(text.at, cases[i].text);
		emit_value_free(&value);
		buf_free(&text);
		arena_free(&make.arena);
	}
}
END_TEST

/* All loads are asked for before a key of several parts is looked up. */
START_TEST(keys_of_parts)
{
	struct make make;
	uint32_t set, key;
	const char *text;

	start(&make);
	make_rule(&make, "TEXT");
	set = make_set(&make);
	make.ir.sets.at[set].parts = 2;
	key = make_key(&make);
	make_part(&make, key, "ip", "saddr");
	make_part(&make, key, "tcp", "dport");
	make_interval(&make, set, 1, 1);
	make_interval(&make, set, 5, 9);
	make_look_up_key(&make, IR_STEP_TEST, key, set)->negate = true;
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make, false);
	ck_assert_str_eq(line_of(&make, text, "TEXT"),
			 "\tif (f->nh_len >= 20 && f->th_len >= 4 && !set_0_key_0(f)) { "
			 "return DROP(0); } /* rules.conf:1 TEXT */");
	ck_assert_ptr_nonnull(strstr(text, "/* ip_saddr . tcp_dport */\n"
				    "XDPFW_INLINE bool set_0_key_0("
				    "FIELDS *f)\n"
				    "{\n"
				    "\treturn (f->ip_saddr == 0x1 && in32(f->tcp_dport, 5, 9));\n"
				    "}\n"));
	arena_free(&make.arena);
}
END_TEST

/* What a rule needs of a place is found once, before rules run. */
START_TEST(places)
{
	struct make make;
	const char *text;

	start(&make);
	make_rule(&make, "TEXT");
	make_test(&make, "tcp option", "maxseg", 1, 1);
	make_test(&make, "tcp option", "maxseg size", 0, 500);
	make_test(&make, "meta", "skuid", 0, 5);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make, false);
	ck_assert_str_eq(line_of(&make, text, "TEXT"),
			 "\tif (f->tcp_option_maxseg == 1 && f->tcp_option_2_len >= 4 && "
			 "in32(f->tcp_option_maxseg_size, 0, 500) && 0 && in32(0, 0, 5)) { "
			 "return DROP(0); } /* rules.conf:1 TEXT */");
	ck_assert_ptr_nonnull(strstr(text, "find_tcp_option(ctx, walk.length, f->th_at, 2)"));
	ck_assert_ptr_null(strstr(text, "open_tunnel("));
	ck_assert_ptr_null(strstr(text, ".data.given\")"));
	arena_free(&make.arena);
}
END_TEST

/* Chains of family inet do not see everything, and drop what is broken. */
START_TEST(inet_chains)
{
	struct make make;
	const char *text;

	start(&make);
	make.ir.chains.at[0].inet = true;
	make_rule(&make, "TEXT");
	make_test(&make, "meta", "nfproto", 2, 2);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make, false);
	ck_assert_str_eq(line_of(&make, text, "TEXT"),
			 "\tif (f->nfproto == 2) { return BRIEF(ANSWER_DROP, 0, 0); } "
			 "/* rules.conf:1 TEXT */");
	ck_assert_ptr_nonnull(strstr(text, "\t\t\t\t\ttrail_rule(place.value, "
					   "XDPFW_TRAIL_INVALID);\n"));
	arena_free(&make.arena);
}
END_TEST

/* A program holds only what its rules need. */
START_TEST(only_what_is_needed)
{
	struct make make;
	const char *text;

	start(&make);
	make_rule(&make, "accept");
	make_verdict(&make, IR_VERDICT_ACCEPT, 0);
	text = emit_of(&make, false);
	ck_assert_ptr_null(strstr(text, "jump_on("));
	ck_assert_ptr_null(strstr(text, "tables["));
	ck_assert_ptr_null(strstr(text, "reason = walk_network("));
	arena_free(&make.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emit");
	TCase *tcase = tcase_create("emit");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, rule_is_one_line);
	tcase_add_test(tcase, stamp);
	tcase_add_test(tcase, steps_in_order);
	tcase_add_test(tcase, verdicts);
	tcase_add_test(tcase, maps);
	tcase_add_test(tcase, compares);
	tcase_add_test(tcase, comments_are_harmless);
	tcase_add_test(tcase, names_are_not_code);
	tcase_add_test(tcase, text_is_a_function_of_the_rules);
	tcase_add_test(tcase, planted_bug_is_one_comparison);
	tcase_add_test(tcase, only_what_is_needed);
	tcase_add_test(tcase, shifts);
	tcase_add_test(tcase, keys_of_parts);
	tcase_add_test(tcase, places);
	tcase_add_test(tcase, inet_chains);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
