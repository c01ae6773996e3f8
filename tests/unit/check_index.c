/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_index: the judge by its index against the judge who walks every rule: the same verdicts,
 * trails, counters, and the same word on how far a rule came.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/interp_index.h"
#include "compiler/packet.h"
#include "tests/unit/ruleset.h"
#include "tests/unit/varied.h"

#define RANDOM_RULESETS 24

struct chance {
	uint64_t state;
};

static uint32_t below(struct chance *chance, uint32_t end)
{
	chance->state = chance->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(chance->state >> 33) % end;
}

/*
 * A match that goes with any other: KIND of both protocols.  Few different values, so that tests
 * overlap and rules share their sets.
 */
static void put_match(struct chance *chance, uint32_t kind, struct buf *out)
{
	uint32_t a = below(chance, 6), b = below(chance, 40), c = below(chance, 5);
	const char *l4 = kind & 1 ? "tcp" : "udp", *end = below(chance, 2) ? "saddr" : "daddr";

	switch (below(chance, 13)) {
	case 0:
	case 1:
	case 2:
		buf_printf(out, kind & 2 ? "ip %s 10.%u.0.0/%u " : "ip6 %s 2001:db8:%u::/%u ", end,
			   a, kind & 2 ? 8 + 4 * c : 16 + 16 * c);
		break;
	case 3:
		buf_printf(out, kind & 2 ? "ip %s 10.%u.%u.3 " : "ip6 %s 2001:db8:%u::%u ", end, a,
			   b);
		break;
	case 4:
		buf_printf(out, kind & 2 ? "ip %s != 10.%u.0.0/16 " : "ip6 %s != 2001:db8:%u::/48 ",
			   end, a);
		break;
	case 5:
		buf_printf(out, kind & 2 ?
				   "ip %s { 10.%u.0.0/16, 192.0.2.%u, 10.7.0.1-10.7.9.9 } " :
				   "ip6 %s { 2001:db8:%u::/64, ::%u, fe80::-fe80::ffff } ",
			   end, a, b);
		break;
	case 6:
		buf_printf(out, "%s dport %u ", l4, 20 + b);
		break;
	case 7:
		buf_printf(out, "th sport %u-%u ", 100 * a, 100 * a + 50 * b + 1);
		break;
	case 8:
		buf_printf(out, "%s dport != { %u, %u } ", l4, 20 + b, 100 + b);
		break;
	case 9:
		buf_printf(out, kind & 2 ? "ip ttl & 0x%x == 0 " : "ip6 hoplimit & 0x%x == 0 ",
			   1u << c);
		break;
	case 10:
		buf_printf(out, "meta length %u-65535 ", 60 + b);
		break;
	case 11:
		buf_printf(out, "%s sport . %s dport { %u-%u . %u-60, 7 . 80 } ", l4, l4,
			   a, a + 900, 20 + b % 30);
		break;
	default:
		buf_puts(out, kind & 2 ? "ip saddr @none " : "ip6 hoplimit 0-255 ");
		break;
	}
}

static void put_rule(struct chance *chance, bool main, struct buf *out)
{
	static const char *const verdicts[] = { "accept", "drop",   "return",	"continue",
						"counter", "counter", "jump one", "goto two" };
	uint32_t matches = below(chance, 4), at = below(chance, 6), kind = below(chance, 4);

	buf_puts(out, "\t\t");
	for (uint32_t i = 0; i < matches; i++) {
		if (i == at)
			buf_puts(out, "counter ");
		put_match(chance, kind, out);
	}
	if (main && !below(chance, 9))
		buf_printf(out, "meta l4proto vmap { 6 : jump one, 17 : continue, 1 : drop }");
	/* A rule of no match that ends everything would hide those behind it. */
	else if (!matches)
		buf_puts(out, "counter");
	else
		buf_puts(out, verdicts[below(chance, main ? 8 : 6)]);
	buf_puts(out, "\n");
}

static void put_ruleset(struct chance *chance, struct buf *out)
{
	static const char *const heads[] = {
		"\tchain one {\n",
		"\tchain two {\n",
		"\tchain early {\n\t\ttype filter hook ingress device \"eth0\" priority -5;\n",
		"\tchain main {\n\t\ttype filter hook ingress device \"eth0\" priority 0;\n",
	};

	buf_printf(out, "table %s t {\n\tset none { type ipv4_addr; }\n",
		   below(chance, 4) ? "netdev" : "inet");
	for (size_t i = 0; i < 4; i++) {
		uint32_t rules = 1 + below(chance, below(chance, 3) ? 40 : 300);

		buf_puts(out, heads[i]);
		while (rules--)
			put_rule(chance, i >= 2, out);
		buf_puts(out, "\t}\n");
	}
	buf_puts(out, "}\n");
}

struct sums {
	struct xdpfw_cell *plain, *indexed;
	size_t walked, passed;		/* rules */
};

static void judge_both(const struct ruleset *ruleset, struct interp_index *index,
		       const struct packet *packet, struct sums *sums)
{
	const struct interp_packet judged = varied_judged(packet);
	struct interp_watch plain_watch = { 0 }, watch = { 0 };
	struct interp_result plain, indexed;

	plain_watch.rule = watch.rule = packet->rule == PACKET_NO_RULE ? 0 : packet->rule;
	interp_run_watched(ruleset->ir, &judged, sums->plain, &plain_watch, &plain);
	interp_run_indexed(ruleset->ir, index, &judged, sums->indexed, &watch, &indexed);
	ck_assert_uint_eq(indexed.drop, plain.drop);
	ck_assert_mem_eq(&indexed.trail, &plain.trail, sizeof(plain.trail));
	ck_assert_uint_eq(watch.reached, plain_watch.reached);
	ck_assert_uint_eq(watch.steps, plain_watch.steps);
	ck_assert_uint_le(watch.walked, plain_watch.walked);
	sums->walked += plain_watch.walked;
	sums->passed += plain_watch.walked - watch.walked;
	/* Without somebody who watches a rule, that rule may be passed over too. */
	interp_run(ruleset->ir, &judged, sums->plain, &plain);
	interp_run_indexed(ruleset->ir, index, &judged, sums->indexed, NULL, &indexed);
	ck_assert_uint_eq(indexed.drop, plain.drop);
	ck_assert_mem_eq(&indexed.trail, &plain.trail, sizeof(plain.trail));
}

static void check_text(struct ruleset *ruleset, const char *text, size_t limit, struct sums *sums)
{
	struct interp_index *index;
	struct packet_list list;
	size_t bytes;

	ruleset_lower(ruleset, text);
	index = interp_index_make(ruleset->ir, &ruleset->arena);
	ck_assert_ptr_nonnull(index);
	bytes = ruleset->ir->counter_count * sizeof(struct xdpfw_cell);
	sums->plain = ARENA_ARRAY(&ruleset->arena, struct xdpfw_cell,
				  ruleset->ir->counter_count + 1);
	sums->indexed = ARENA_ARRAY(&ruleset->arena, struct xdpfw_cell,
				    ruleset->ir->counter_count + 1);
	packet_make_for(ruleset->ir, &varied_device, 3, limit, &ruleset->arena, &list);
	for (size_t i = 0; i < list.packets.len; i++)
		judge_both(ruleset, index, &list.packets.at[i], sums);
	if (bytes)
		ck_assert_mem_eq(sums->indexed, sums->plain, bytes);
}

START_TEST(agrees_on_every_kind_of_match)
{
	static const char *const texts[] = { varied_headers, varied_keys, varied_tunnels };
	struct ruleset ruleset = { 0 };
	struct sums sums = { 0 };

	check_text(&ruleset, texts[_i], 20000, &sums);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(agrees_on_random_rulesets)
{
	struct chance chance = { (uint64_t)_i + 1 };
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	struct sums sums = { 0 };

	put_ruleset(&chance, &text);
	check_text(&ruleset, text.at, 3000, &sums);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

/* Both kinds of packets, and the same packets whether they are made with it or without. */
START_TEST(packets_are_the_same)
{
	struct ruleset ruleset = { 0 };
	struct packet_list plain, indexed;
	struct interp_index *index;

	ruleset_lower(&ruleset, varied_headers);
	index = interp_index_make(ruleset.ir, &ruleset.arena);
	packet_make_for(ruleset.ir, &varied_device, 9, 3000, &ruleset.arena, &plain);
	packet_make_indexed(ruleset.ir, index, &varied_device, 9, 3000, &ruleset.arena, &indexed);
	ck_assert_uint_eq(indexed.packets.len, plain.packets.len);
	for (size_t i = 0; i < plain.packets.len; i++) {
		const struct packet *a = &plain.packets.at[i], *b = &indexed.packets.at[i];

		ck_assert_uint_eq(a->len, b->len);
		ck_assert_mem_eq(a->frame, b->frame, a->len);
	}
	arena_free(&ruleset.arena);
}
END_TEST

/* A thousand rules that differ in one address: a packet meets few of them. */
START_TEST(walks_few_rules)
{
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	struct sums sums = { 0 };

	buf_puts(&text, "table netdev t {\n\tchain c {\n\t\ttype filter hook ingress device "
			"\"eth0\" priority 0;\n");
	for (unsigned int i = 0; i < 1000; i++)
		buf_printf(&text, "\t\tmeta l4proto tcp ip saddr 10.0.%u.%u tcp dport %u counter\n",
			   i / 250, i % 250, i % 7);
	buf_puts(&text, "\t}\n}\n");
	check_text(&ruleset, text.at, 3000, &sums);
	ck_assert_uint_gt(sums.passed, sums.walked / 100 * 99);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(short_chains_have_none)
{
	struct ruleset ruleset = { 0 };

	ruleset_lower(&ruleset, RULESET_CHAIN("accept", "\t\ttcp dport 1 drop"));
	ck_assert_ptr_null(interp_index_make(ruleset.ir, &ruleset.arena));
	arena_free(&ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index");
	TCase *tcase = tcase_create("index");
	SRunner *runner = srunner_create(suite);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, agrees_on_every_kind_of_match, 0, 3);
	tcase_add_loop_test(tcase, agrees_on_random_rulesets, 0, RANDOM_RULESETS);
	tcase_add_test(tcase, packets_are_the_same);
	tcase_add_test(tcase, walks_few_rules);
	tcase_add_test(tcase, short_chains_have_none);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
