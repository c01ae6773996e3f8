/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_emit_direct: jumps as calls, where they may be, and the order of tests in small programs,
 * as far as the C text tells; tests/run and tests/random run it.
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

static void make_jump(struct make *make, uint32_t chain)
{
	make_rule(make, "jump");
	make_verdict(make, IR_VERDICT_JUMP, chain);
}

/* Jumps are steps of a loop, and nothing is called. */
static void expect_loop(struct make *make)
{
	const char *text = emit_of(make);

	emitted_has(text, "chain_answer(f, run_0(f, 0))");
	emitted_has(text, "return JUMP(0, ");
	ck_assert_ptr_null(strstr(text, "chain_0(f)"));
	arena_free(&make->arena);
}

START_TEST(jumps_are_calls)
{
	struct make make;
	const char *text;

	start(&make);
	make_jump(&make, 1);
	make_rule(&make, "goto");
	make_verdict(&make, IR_VERDICT_GOTO, 1);
	make_chain(&make, "other", false);
	make_rule(&make, "drop");
	make_test(&make, "tcp", "dport", 1, 5);
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make);
	emitted_has(text, "\tanswer = chain_2(f); if (answer >> 60 != ANSWER_RETURN) "
			  "return answer; /* rules.conf:1 jump */\n");
	emitted_has(text, "\treturn chain_2(f); /* rules.conf:1 goto */\n");
	emitted_has(text, "XDPFW_INLINE __u64 chain_2(FIELDS *f)\n{\n\treturn run_1(f);\n}\n");
	emitted_has(text, "\t\tanswer = chain_0(f);\n");
	ck_assert_ptr_null(strstr(text, "jump_on("));
	ck_assert_ptr_null(strstr(text, "switch (from)"));
	arena_free(&make.arena);
}
END_TEST

/* What is behind a map in its rule is for entries that go on, not for chains that come back. */
START_TEST(maps_call)
{
	struct make make;
	const char *text;
	uint32_t map;

	start(&make);
	make_rule(&make, "map");
	map = make_map(&make);
	make_element(&make, map, 22, 22, (struct ir_verdict){ IR_VERDICT_JUMP, 1 });
	make_element(&make, map, 23, 23, (struct ir_verdict){ IR_VERDICT_GOTO, 1 });
	make_element(&make, map, 25, 25, (struct ir_verdict){ IR_VERDICT_JUMP, 1 });
	make_element(&make, map, 80, 90, (struct ir_verdict){ IR_VERDICT_CONTINUE, 0 });
	make_look_up(&make, IR_STEP_MAP, "tcp", "dport", map);
	make_counter(&make);
	make_chain(&make, "other", false);
	make_rule(&make, "drop");
	make_verdict(&make, IR_VERDICT_DROP, 0);
	text = emit_of(&make);
	emitted_has(text, "if (word == WORD(ANSWER_JUMP, 1)) { answer = chain_1(f); "
			  "if (answer >> 60 != ANSWER_RETURN) return answer; goto behind_0; } "
			  "if (word == WORD(ANSWER_GOTO, 1)) { return chain_1(f); } "
			  "if (word != WORD(ANSWER_CONTINUE, 0)) return ANSWER(word, 0); "
			  "count(f, 0); } /* rules.conf:1 map */\n"
			  "behind_0:\n\treturn CHAIN_END;\n");
	arena_free(&make.arena);
}
END_TEST

/* CHAINS chains behind the first one, each with COUNT jumps to the next, and the last with none. */
static void make_nest(struct make *make, uint32_t chains, uint32_t count)
{
	start(make);
	for (uint32_t i = 0; i <= chains; i++) {
		if (i)
			make_chain(make, "next", false);
		for (uint32_t j = 0; i < chains && j < count; j++)
			make_jump(make, i + 1);
	}
	make_rule(make, "drop");
	make_verdict(make, IR_VERDICT_DROP, 0);
}

START_TEST(depth)
{
	struct make make;

	make_nest(&make, 2, 1);
	emitted_has(emit_of(&make), "\t\tanswer = chain_0(f);\n");
	arena_free(&make.arena);
	make_nest(&make, 3, 1);
	expect_loop(&make);
}
END_TEST

/* 255 * 256 jumps are not too many for one packet, 256 * 257 are. */
START_TEST(too_many_jumps)
{
	struct make make;

	make_nest(&make, 2, 255);
	emitted_has(emit_of(&make), "\t\tanswer = chain_0(f);\n");
	arena_free(&make.arena);
	make_nest(&make, 2, 256);
	expect_loop(&make);
}
END_TEST

START_TEST(circle)
{
	struct make make;

	start(&make);
	make_jump(&make, 1);
	make_chain(&make, "other", false);
	make_jump(&make, 1);
	expect_loop(&make);
}
END_TEST

static void make_ports(struct make *make, uint16_t sport, uint16_t dport)
{
	make_rule(make, "ports");
	make_test(make, "tcp", "sport", sport, sport);
	make_test(make, "tcp", "dport", dport, dport);
	make_verdict(make, IR_VERDICT_DROP, 0);
}

/* Two rules ask for source port 7, so it says less about which of them it is. */
START_TEST(order_by_sharing)
{
	struct make make;
	const char *text;

	start(&make);
	make_ports(&make, 7, 80);
	make_ports(&make, 7, 81);
	make_ports(&make, 9, 82);
	text = emit_of(&make);
	emitted_has(text, "HIDDEN32(f->tcp_dport) == 80 && HIDDEN32(f->tcp_sport) == 7)");
	emitted_has(text, "HIDDEN32(f->tcp_dport) == 81 && HIDDEN32(f->tcp_sport) == 7)");
	emitted_has(text, "HIDDEN32(f->tcp_sport) == 9 && ");
	arena_free(&make.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emit_direct");
	TCase *tcase = tcase_create("emit_direct");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, jumps_are_calls);
	tcase_add_test(tcase, maps_call);
	tcase_add_test(tcase, depth);
	tcase_add_test(tcase, too_many_jumps);
	tcase_add_test(tcase, circle);
	tcase_add_test(tcase, order_by_sharing);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
