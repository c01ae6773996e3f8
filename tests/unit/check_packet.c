/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_packet: whether the packets made for a ruleset are what their users count on.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/interp.h"
#include "compiler/packet.h"
#include "tests/unit/ruleset.h"
#include "tests/unit/varied.h"

static void check_frames(const struct packet_list *list, size_t rule_count)
{
	for (size_t i = 0; i < list->packets.len; i++) {
		const struct packet *packet = &list->packets.at[i];

		ck_assert_uint_ge(packet->len, 14);
		ck_assert_uint_le(packet->len, PACKET_MAX_BYTES);
		ck_assert_uint_ge(packet->linear, 14);
		ck_assert_uint_le(packet->linear, packet->len);
		ck_assert(packet->rule < rule_count || packet->rule == PACKET_NO_RULE);
	}
}

START_TEST(same_seed_same_packets)
{
	static const size_t limits[] = { 0, 1, 20, 500, 5000 };
	struct ruleset ruleset = { 0 };
	struct packet_list first, second, other;

	ruleset_lower(&ruleset, varied_headers);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t differ = 0;

		packet_make(ruleset.ir, 0, 7, limits[i], &ruleset.arena, &first);
		packet_make(ruleset.ir, 0, 7, limits[i], &ruleset.arena, &second);
		packet_make(ruleset.ir, 0, 8, limits[i], &ruleset.arena, &other);
		check_frames(&first, ruleset.ir->rules.len);
		ck_assert_uint_eq(first.packets.len, second.packets.len);
		for (size_t j = 0; j < first.packets.len; j++) {
			const struct packet *a = &first.packets.at[j], *b = &second.packets.at[j];

			ck_assert_uint_eq(a->len, b->len);
			ck_assert_uint_eq(a->linear, b->linear);
			ck_assert_uint_eq(a->rule, b->rule);
			ck_assert_mem_eq(a->frame, b->frame, a->len);
			differ += j < other.packets.len &&
				  (other.packets.at[j].len != a->len ||
				   memcmp(other.packets.at[j].frame, a->frame, a->len) != 0);
		}
		ck_assert_uint_gt(differ, 0);
	}
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(limit_holds)
{
	static const size_t limits[] = { 1, 5, 32, 33, 100, 1000, 7000 };
	struct ruleset ruleset = { 0 };
	struct packet_list list;

	ruleset_lower(&ruleset, varied_headers);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t rules = ruleset.ir->rules.len, with_packet = 0;
		bool *seen = ARENA_ARRAY(&ruleset.arena, bool, rules);

		packet_make(ruleset.ir, 0, 3, limits[i], &ruleset.arena, &list);
		check_frames(&list, rules);
		ck_assert_uint_le(list.packets.len, limits[i]);
		/* A rule's edges may run out, never by much. */
		ck_assert_uint_ge(list.packets.len, limits[i] - limits[i] / 20);
		for (size_t j = 0; j < list.packets.len; j++) {
			uint32_t rule = list.packets.at[j].rule;

			if (rule == PACKET_NO_RULE || seen[rule])
				continue;
			seen[rule] = true;
			with_packet++;
		}
		if (limits[i] >= rules)
			ck_assert_uint_eq(with_packet, rules);
		else
			ck_assert_uint_ge(with_packet, limits[i] - limits[i] / 8);
	}
	arena_free(&ruleset.arena);
}
END_TEST

/* What the packets have to hold, whatever the rules are. */
START_TEST(all_sorts)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list;
	size_t split = 0, tagged = 0, jumbo = 0, corners = 0, to_device = 0, shortest = 0;

	ruleset_lower(&ruleset, varied_headers);
	packet_make_for(ruleset.ir, &varied_device, 5, 8000, &ruleset.arena, &list);
	for (size_t i = 0; i < list.packets.len; i++) {
		const struct packet *packet = &list.packets.at[i];

		split += packet->linear < packet->len;
		tagged += packet->frame[12] == 0x81 || packet->frame[12] == 0x88;
		jumbo += packet->len > 1514;
		shortest += packet->len < 34;
		corners += packet->rule == PACKET_NO_RULE;
		to_device += !memcmp(packet->frame, varied_device.mac, 6);
	}
	ck_assert_uint_ge(split, 1000);
	ck_assert_uint_ge(tagged, 200);
	ck_assert_uint_ge(jumbo, 50);
	ck_assert_uint_ge(shortest, 50);
	ck_assert_uint_eq(corners, packet_corner_count());
	ck_assert_uint_ge(to_device, 1000);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(corner_names)
{
	struct arena arena = ARENA_INIT;
	size_t count = packet_corner_count();
	const char **names = ARENA_ARRAY(&arena, const char *, count);

	ck_assert_uint_ge(count, 400);
	for (size_t i = 0; i < count; i++) {
		struct packet packet;

		names[i] = packet_corner_name(i, &arena);
		ck_assert_ptr_null(strchr(names[i], '%'));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(names[i], names[j]);
		packet_corner_make(i, &arena, &packet);
		ck_assert_uint_ge(packet.len, 14);
		ck_assert_uint_le(packet.len, PACKET_MAX_BYTES);
		ck_assert_uint_eq(packet.linear, packet.len);
	}
	arena_free(&arena);
}
END_TEST

static size_t find_corner(const char *name, struct arena *arena)
{
	for (size_t i = 0; i < packet_corner_count(); i++)
		if (!strcmp(packet_corner_name(i, arena), name))
			return i;
	ck_abort_msg("no corner packet %s", name);
}

/* Corner packets are what their names say: they meet a rule, or they just miss it. */
static const struct {
	const char *name, *rule;
	bool met;
} corner_cases[] = {
	{ "ipv4 options, case 0", "ip option rr exists", true },
	{ "ipv4 options, case 3", "ip option rr exists", false },
	{ "ipv4 options, case 5", "ip option rr exists", false },
	{ "ipv4 options, case 7", "ip option rr exists", false },
	{ "ipv4 options, case 12", "ip option ssrr addr 0xc0000201", true },
	{ "ipv4 options, case 13", "ip option lsrr exists", false },
	{ "ipv4 options, case 14", "ip option ra value 0", true },
	{ "ipv4 options, case 15", "ip option ra exists", false },
	{ "ipv4 options, case 27", "ip option ra exists", false },
	{ "ipv4 header of 36 bytes, 35 there", "ip option ra exists", false },
	{ "ipv4 tcp options, case 2", "tcp option maxseg size 1460", true },
	{ "ipv4 tcp options, case 2", "tcp option window count 7", true },
	{ "ipv4 tcp options, case 3", "tcp option maxseg size 1460", true },
	{ "ipv4 tcp options, case 5", "tcp option maxseg exists", false },
	{ "ipv4 tcp options, case 12", "tcp option maxseg exists", false },
	{ "ipv4 tcp options, case 19", "tcp option nop exists", false },
	{ "ipv6 tcp options, case 4", "tcp option maxseg size 1460", true },
	{ "ipv4 tcp header of 40 bytes, 39 there", "tcp option maxseg exists", false },
	{ "ipv4 tcp header of 4 * 4 bytes", "tcp option maxseg exists", false },
	{ "ipv4 tcp options in a fragment at 1 * 8", "tcp option maxseg exists", false },
	{ "ipv4 sctp chunk 1", "sctp chunk init exists", true },
	{ "ipv4 sctp chunk of length 0 in front of another", "sctp chunk init exists", false },
	{ "ipv4 sctp chunk of length 7 in front of another", "sctp chunk init exists", true },
	{ "ipv4 dccp type 3", "dccp type 3", true },
	{ "ipv4 dccp of 8 bytes", "dccp type 0-15", false },
	{ "ipv4 authentication header of 12 bytes", "ah sequence 0", true },
	{ "ipv4 authentication header of 11 bytes", "ah sequence 0", false },
	{ "ipv6 routing type 2 with two addresses", "rt type 2", true },
	{ "ipv6 mobility type 5", "mh type 5", true },
	{ "ipv6 authentication header in front of 60", "exthdr dst exists", true },
	{ "ipv6 authentication header in front of 60", "tcp dport 53", false },
	{ "ipv6 options behind a fragment at 0 * 8", "exthdr dst exists", true },
	{ "ipv6 options behind a fragment at 1 * 8", "exthdr dst exists", false },
	{ "vxlan, inside case 0", "udp dport 4789 vxlan tcp dport 53", true },
	{ "vxlan, inside case 3", "udp dport 4789 vxlan tcp dport 53", true },
	{ "vxlan, inside case 6", "udp dport 4789 vxlan tcp dport 53", false },
	{ "vxlan, inside case 10", "udp dport 4789 vxlan tcp dport 53", false },
	{ "vxlan, 53 bytes of udp", "udp dport 4789 vxlan tcp dport 53", false },
	{ "vxlan, 54 bytes of udp", "udp dport 4789 vxlan tcp dport 53", true },
	{ "geneve, 3 words of options", "udp dport 6081 geneve tcp dport 53", true },
	{ "geneve, options 1 words too long", "udp dport 6081 geneve tcp dport 53", false },
	{ "gre, flags 22", "gre tcp dport 53", true },
	{ "gre, version 1", "gre tcp dport 53", false },
	{ "gre, inside case 2", "gre tcp dport 53", true },
	{ "gretap, key and number, inside 0 tags", "gretap udp dport 53", true },
};

START_TEST(corners_are_what_they_say)
{
	struct ruleset ruleset = { 0 };
	struct interp_watch watch = { 0 };
	struct interp_packet judged;
	struct interp_result result;
	struct packet packet;

	ruleset_lower(&ruleset, arena_printf(&ruleset.arena, RULESET_CHAIN("accept", "%s"),
					     corner_cases[_i].rule));
	packet_corner_make(find_corner(corner_cases[_i].name, &ruleset.arena), &ruleset.arena,
			   &packet);
	judged = varied_judged(&packet);
	interp_run_watched(ruleset.ir, &judged, NULL, &watch, &result);
	ck_assert_msg((watch.steps == ruleset.ir->rules.at[0].steps.len) == corner_cases[_i].met,
		      "%s: %s", corner_cases[_i].name, corner_cases[_i].rule);
	arena_free(&ruleset.arena);
}
END_TEST

/* Behind a base chain whose policy is drop, and behind rules that take nearly all packets. */
START_TEST(hard_to_reach)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list;
	size_t reached = 0, made = 0;

	ruleset_lower(&ruleset,
		      "table netdev t {\n"
		      "	chain a {\n"
		      "		type filter hook ingress device eth0 priority 0; policy drop\n"
		      "		ip saddr 192.0.2.0/28 accept\n"
		      "		ip6 saddr 2001:db8::/32 accept\n"
		      "	}\n"
		      "	chain b {\n"
		      "		type filter hook ingress device eth0 priority 1; policy accept\n"
		      "		ip ttl >= 2 accept\n"
		      "		ip6 hoplimit != 1 accept\n"
		      "		ip daddr 10.0.0.0/8"
		      " udp dport vmap { 0-1000 : drop, 1001-60000 : accept }\n"
		      "		udp dport 60001 counter drop\n"
		      "		tcp dport 22 counter\n"
		      "	}\n"
		      "}\n");
	packet_make_for(ruleset.ir, &varied_device, 5, 2000, &ruleset.arena, &list);
	for (size_t i = 0; i < list.packets.len; i++) {
		const struct packet *packet = &list.packets.at[i];
		struct interp_packet judged = varied_judged(packet);
		struct interp_watch watch = { .rule = packet->rule };
		struct interp_result result;

		if (packet->rule == PACKET_NO_RULE || packet->rule < 5)
			continue;
		interp_run_watched(ruleset.ir, &judged, NULL, &watch, &result);
		made++;
		reached += watch.reached;
	}
	ck_assert_uint_ge(made, 400);
	printf("hard to reach: %zu of %zu packets reach their rule\n", reached, made);
	ck_assert_uint_ge(reached * 10, made * 6);
	arena_free(&ruleset.arena);
}
END_TEST

static double seconds(const struct timespec *begin, const struct timespec *end)
{
	return (double)(end->tv_sec - begin->tv_sec) +
	       (double)(end->tv_nsec - begin->tv_nsec) / 1e9;
}

/* Frames that a base chain of family inet drops before its first rule, and some it never sees. */
START_TEST(inet_drops_and_skips)
{
	struct ruleset ruleset = { 0 };
	struct packet_list list;
	size_t invalid = 0, skipped = 0, ruled = 0;

	ruleset_lower(&ruleset, varied_inet);
	packet_make_for(ruleset.ir, &varied_device, 5, 2000, &ruleset.arena, &list);
	for (size_t i = 0; i < list.packets.len; i++) {
		struct interp_packet judged = varied_judged(&list.packets.at[i]);
		struct interp_result result;

		interp_run(ruleset.ir, &judged, NULL, &result);
		if (!result.trail.count)
			continue;
		invalid += result.trail.rule[result.trail.count - 1] == XDPFW_TRAIL_INVALID;
		skipped += result.trail.count == 1 && !result.drop;
		ruled += result.trail.count == 2;
	}
	ck_assert_uint_ge(invalid, 100);
	ck_assert_uint_ge(skipped, 100);
	ck_assert_uint_ge(ruled, 500);
	arena_free(&ruleset.arena);
}
END_TEST

/* About 1 s here; sanitizers and a busy machine get their share. */
START_TEST(fast_enough)
{
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	struct packet_list list;
	struct timespec begin, end;

	for (unsigned int i = 0; i < 1000; i++)
		buf_printf(&text, "ip saddr 10.%u.%u.0/24 tcp dport %u counter drop\n"
				  "ip6 saddr 2001:db8:%x::/48 udp dport %u-%u drop\n",
			   i / 200, i % 200, i, i, i, i + 100);
	buf_puts(&text, "}\n}\n");
	ruleset_lower(&ruleset,
		      arena_printf(&ruleset.arena, "table netdev t {\nchain c {\ntype filter hook "
				   "ingress device eth0 priority 0;\n%s", text.at));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	packet_make(ruleset.ir, 0, 1, 10000, &ruleset.arena, &list);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	printf("10,000 packets for 2,000 rules: %.2f s\n", seconds(&begin, &end));
	ck_assert_uint_ge(list.packets.len, 9500);
	ck_assert(seconds(&begin, &end) < 10);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

static void meet_and_miss(const struct ir *ir, const struct packet_list *list, uint32_t number)
{
	const struct ir_rule *rule = &ir->rules.at[number];
	unsigned int met = 0, missed = 0;

	for (size_t i = 0; i < list->packets.len; i++) {
		struct interp_packet packet = varied_judged(&list->packets.at[i]);
		struct interp_watch watch = { .rule = number };
		struct interp_result result;

		interp_run_watched(ir, &packet, NULL, &watch, &result);
		met += watch.reached && watch.steps == rule->steps.len;
		missed += watch.reached && watch.steps < rule->steps.len;
	}
	ck_assert_msg(met >= 3, "rule %u is met %u times: %.*s", number, met,
		      STR_ARG(rule->text));
	/* A rule without a test cannot be missed. */
	ck_assert_msg(missed >= 3 || rule->steps.at[0].kind == IR_STEP_COUNTER,
		      "rule %u is missed %u times: %.*s", number, missed, STR_ARG(rule->text));
}

START_TEST(every_rule_is_met_and_missed)
{
	static const char *const texts[] = { varied_headers, varied_keys, varied_tunnels,
					     varied_inet };
	struct ruleset ruleset = { 0 };
	struct packet_list list;

	ruleset_lower(&ruleset, texts[_i]);
	packet_make_for(ruleset.ir, &varied_device, 1, 5000, &ruleset.arena, &list);
	for (uint32_t i = 0; i < ruleset.ir->rules.len; i++)
		meet_and_miss(ruleset.ir, &list, i);
	arena_free(&ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet");
	TCase *tcase = tcase_create("packet");
	SRunner *runner = srunner_create(suite);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, every_rule_is_met_and_missed, 0, 4);
	tcase_add_test(tcase, same_seed_same_packets);
	tcase_add_test(tcase, limit_holds);
	tcase_add_test(tcase, all_sorts);
	tcase_add_test(tcase, corner_names);
	tcase_add_loop_test(tcase, corners_are_what_they_say, 0,
			    (int)(sizeof(corner_cases) / sizeof(corner_cases[0])));
	tcase_add_test(tcase, hard_to_reach);
	tcase_add_test(tcase, inet_drops_and_skips);
	tcase_add_test(tcase, fast_enough);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
