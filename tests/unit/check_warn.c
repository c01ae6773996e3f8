/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_warn: what each warning says, and what it says nothing of; that no rule which is said never
 * to match ever does, on random rulesets and every packet of a small world; and the time it takes.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "compiler/interp.h"
#include "compiler/warn.h"
#include "tests/unit/ruleset.h"

static void warn(struct ruleset *ruleset)
{
	struct taken *taken;

	taken_find(ruleset->ir, &ruleset->arena, &taken);
	warn_ruleset(ruleset->ir, taken, &ruleset->arena, &ruleset->diag);
}

static void expect_message(const char *text, const char *message)
{
	struct ruleset ruleset = { 0 };
	struct buf messages = BUF_INIT;

	ruleset_lower(&ruleset, text);
	warn(&ruleset);
	diag_print(&ruleset.diag, &messages);
	ck_assert_str_eq(messages.at ? messages.at : "", message);
	buf_free(&messages);
	arena_free(&ruleset.arena);
}

static bool says(const char *text, const char *words)
{
	struct ruleset ruleset = { 0 };
	struct buf messages = BUF_INIT;
	bool found;

	ruleset_lower(&ruleset, text);
	warn(&ruleset);
	diag_print(&ruleset.diag, &messages);
	found = messages.at && strstr(messages.at, words);
	buf_free(&messages);
	arena_free(&ruleset.arena);
	return found;
}

static void expect_with(const char *text, const char *words)
{
	ck_assert_msg(says(text, words), "nothing of '%s' is said of\n%s", words, text);
}

static void expect_without(const char *text, const char *words)
{
	ck_assert_msg(!says(text, words), "'%s' is said of\n%s", words, text);
}

#define FRAGMENT_WARNING(place, line, carets)                                                  \
	"test.nft:" place ": warning: fragments behind the first have no transport header: "   \
	"this drop never meets them\n    " line "\n    " carets                                \
	"\nhelp: 'ip frag-off & 0x1fff != 0' matches them in IPv4, 'frag frag-off != 0' in IPv6\n"

START_TEST(fragment_warning)
{
	expect_message(RULESET_CHAIN("accept", "tcp dport 23 drop\nudp dport 53 drop"),
		       FRAGMENT_WARNING("4:14", "tcp dport 23 drop", "             ^~~~"));
	expect_message(RULESET_CHAIN("accept", "udp dport vmap { 53 : drop }"),
		       FRAGMENT_WARNING("4:1", "udp dport vmap { 53 : drop }",
					"^~~~~~~~~~~~~~~~~~~~~~~~~~~~"));
	expect_message("table netdev t {\n chain b {\ndrop\n}\n chain c { type filter hook ingress "
		       "device \"eth0\" priority 0; tcp dport 23 jump b\n }\n}\n",
		       FRAGMENT_WARNING("3:1", "drop", "^~~~"));
}
END_TEST

START_TEST(no_fragment_warning)
{
	static const char *const texts[] = {
		RULESET_CHAIN("drop", "tcp dport 23 drop"),
		RULESET_CHAIN("accept", "tcp dport 23 accept"),
		RULESET_CHAIN("accept", "ip protocol tcp drop"),
		RULESET_CHAIN("accept", "tcp option maxseg missing drop"),
		RULESET_CHAIN("accept", "exthdr frag exists drop\ntcp dport 23 drop"),
		RULESET_CHAIN("accept", "frag frag-off != 0 drop\ntcp dport 23 drop"),
		RULESET_CHAIN("accept", "@nh,51,13 1 drop\ntcp dport 23 drop"),
		RULESET_CHAIN("accept", "ip frag-off & 0x1fff != 0 drop\ntcp dport 23 drop"),
		("table netdev t {\n chain b { tcp dport 23 drop\n }\n chain c { type filter hook "
		 "ingress device \"eth0\" priority 0; accept\n }\n}\n"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_without(texts[i], "fragments");
	expect_with(RULESET_CHAIN("accept", "@nh,64,8 1 accept\n@ih,0,8 1 drop"), "fragments");
	expect_with(RULESET_CHAIN("accept", "tcp option maxseg size 1 drop"), "fragments");
	expect_with(RULESET_CHAIN("accept", "ip saddr . tcp dport { 10.0.0.1 . 1 } drop"),
		    "fragments");
}
END_TEST

START_TEST(chain_warning)
{
	expect_message("table netdev t {\n chain one {\n jump two\n }\n chain two {\n }\n chain "
		       "three {\n }\n chain four {\n }\n chain c { type filter hook ingress device "
		       "\"eth0\" priority 0;\n jump three\n tcp dport vmap { 1 : goto four }\n "
		       "}\n}\n",
		       "test.nft:2:8: warning: no packet reaches chain 'one': no base chain "
		       "leads to "
		       "it\n     chain one {\n           ^~~\n"
		       "test.nft:5:8: warning: no packet reaches chain 'two': no base chain "
		       "leads to "
		       "it\n     chain two {\n           ^~~\n");
}
END_TEST

START_TEST(taken_rule)
{
	expect_message(RULESET_CHAIN("accept", "ip saddr 10.0.0.0/8 counter accept\n"
					       "tcp dport 22 counter\n"
					       "ip saddr 10.1.0.0/16 tcp dport 80 accept"),
		       "test.nft:6:1: warning: this rule never matches: the rule at test.nft:4 "
		       "takes "
		       "all its packets\n"
		       "    ip saddr 10.1.0.0/16 tcp dport 80 accept\n"
		       "    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
		       "test.nft:4:1:\n"
		       "    ip saddr 10.0.0.0/8 counter accept\n"
		       "    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ takes them\n");
	expect_message(RULESET_CHAIN("accept", "counter accept\nip ttl 1 accept\nip ttl 2 accept"),
		       "test.nft:5:1: warning: this rule and the 1 behind it never match: the rule "
		       "at test.nft:4 takes all packets\n"
		       "    ip ttl 1 accept\n    ^~~~~~~~~~~~~~~\n"
		       "test.nft:4:1:\n    counter accept\n    ^~~~~~~~~~~~~~ takes them\n");
	expect_message(RULESET_CHAIN("accept", "tcp dport 22 tcp dport 80 accept"),
		       "test.nft:4:14: warning: this rule never matches: its matches exclude each "
		       "other\n    tcp dport 22 tcp dport 80 accept\n                 "
		       "^~~~~~~~~~~~\n"
		       "    ^~~~~~~~~~~~ or this\n");
	expect_message(RULESET_CHAIN("accept", "meta mark 7 accept"),
		       "test.nft:4:1: warning: this rule never matches: this is never true\n"
		       "    meta mark 7 accept\n    ^~~~~~~~~~~\n");
}
END_TEST

/* Each second line is one that the first one leaves something of, or that does something first. */
START_TEST(rule_not_taken)
{
	static const char *const rules[] = {
		"ip saddr 10.1.0.0/16 accept\nip saddr 10.0.0.0/8 accept",
		"tcp dport 22 jump b\ntcp dport 22 accept",
		"tcp dport 22 continue\ntcp dport 22 accept",
		"tcp dport 22 counter\ntcp dport 22 accept",
		"tcp dport 22 accept\nudp dport 22 accept",
		"tcp dport 22 accept\nth dport 22 accept",
		"tcp dport 22 accept\ncounter tcp dport 22 accept",
		"tcp dport 22 accept\ntcp dport != 22 accept",
		"tcp dport 22 accept\ntcp dport 22-23 accept",
		"tcp dport { 1, 3 } accept\ntcp dport 1-3 accept",
		"ip saddr @s accept\nip saddr 10.0.0.1 accept",
		"ip saddr 10.0.0.0/8 accept\nip saddr @s accept",
		"meta random 5 accept\nmeta random 5 accept",
		"meta random < 5 meta random > 7 accept",
		"tcp dport vmap { 22 : accept }\ntcp dport 22 accept",
		("ip saddr . tcp dport { 10.0.0.1 . 1-5 } accept\n"
		 "ip saddr . tcp dport { 10.0.0.1 . 1-6 } accept"),
		"ip saddr @s ip saddr 10.0.0.1 accept",
	};
	char text[1024];

	snprintf(text, sizeof(text),
		 "table netdev t {\n chain b {\n counter\n }\n set s { type ipv4_addr; "
		 "elements = { "
		 "10.0.0.1 }\n }\n chain c { type filter hook ingress device \"eth0\" priority 0;\n"
		 "%s\n jump b\n }\n}\n", rules[_i]);
	expect_without(text, "never matches");
}
END_TEST

START_TEST(rule_taken)
{
	static const char *const rules[] = {
		"ip saddr @s accept\nip saddr @s tcp dport 5 accept",
		"tcp dport != 22 accept\ntcp dport 23-25 accept",
		"tcp dport != 22 accept\ntcp dport != { 22, 23 } accept",
		"tcp dport { 1-10, 20-30 } return\nip saddr 10.0.0.1 tcp dport { 2, 22 } drop",
		("ip saddr . tcp dport { 10.0.0.1 . 1-5 } accept\n"
		 "ip saddr . tcp dport { 10.0.0.1 . 1-4 } accept"),
		"tcp dport 1-5 tcp dport 4-9 tcp dport { 3, 6 } accept",
		"tcp flags syn drop\ntcp flags syn tcp dport 22 accept",
		"meta l4proto tcp goto b\ntcp dport 22 accept",
	};
	char text[1024];

	snprintf(text, sizeof(text),
		 "table netdev t {\n chain b {\n counter\n }\n set s { type ipv4_addr; "
		 "elements = { "
		 "10.0.0.1 }\n }\n chain c { type filter hook ingress device \"eth0\" priority 0;\n"
		 "%s\n jump b\n }\n}\n", rules[_i]);
	expect_with(text, "never matches");
}
END_TEST

/* --- the small world ------------------------------------------------------------------------ */

#define WORLD 4				/* values of each field */
#define WORLD_RULES 10

/* A rule has one transport protocol. */
static const char *random_match(unsigned int *seed, bool udp, struct arena *arena)
{
	const char *const fields[] = { "ip ttl", "ip saddr", udp ? "udp dport" : "tcp dport",
				       "ip id", "ip dscp" };
	static const char *const operators[] = { "", "!= ", "< ", "> ", "" };
	const char *field = fields[rand_r(seed) % 5];
	const char *operator = operators[rand_r(seed) % 5];
	const char *before = !strcmp(field, "ip saddr") ? "10.0.0." : "";
	int low = rand_r(seed) % WORLD, high = low + rand_r(seed) % 3;

	switch (rand_r(seed) % 4) {
	case 0:
		return arena_printf(arena, "%s %s%s%d", field, operator, before, low);
	case 1:
		return arena_printf(arena, "%s %s%s%d-%s%d", field,
				    *operator == '!' ? operator : "", before, low, before,
				    high + 1);
	case 2:
		return arena_printf(arena, "%s %s{ %s%d, %s%d }", field,
				    *operator == '!' ? operator : "", before, low, before,
				    high + 2);
	default:
		return arena_printf(arena, "ip saddr . ip ttl %s{ 10.0.0.%d . %d, 10.0.0.%d . %d }",
				    *operator == '!' ? operator : "", low, high, high, low);
	}
}

static void random_rules(unsigned int *seed, struct arena *arena, struct buf *out)
{
	static const char *const ends[] = { "accept", "drop", "counter accept", "counter",
					    "jump b", "goto b", "return", "continue", "" };

	for (int i = 0; i < WORLD_RULES; i++) {
		int matches = 1 + rand_r(seed) % 3;
		bool udp = rand_r(seed) % 2;

		for (int j = 0; j < matches; j++)
			buf_printf(out, "%s %s", random_match(seed, udp, arena),
				   rand_r(seed) % 8 ? "" : "counter ");
		buf_printf(out, "%s\n", ends[rand_r(seed) % 9]);
	}
}

static void make_frame(unsigned int number, uint8_t *frame)
{
	memset(frame, 0, 64);
	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = 50;
	frame[15] = (uint8_t)(number % WORLD << 2);		/* dscp */
	frame[22] = (uint8_t)(number / WORLD % WORLD);		/* ttl */
	frame[26] = 10;
	frame[29] = (uint8_t)(number / WORLD / WORLD % WORLD);	/* saddr */
	frame[19] = frame[37] = (uint8_t)(number / WORLD / WORLD / WORLD % WORLD);	/* dport */
	frame[23] = number / WORLD / WORLD / WORLD / WORLD % 2 ? 6 : 17;
}

#define FRAMES (WORLD * WORLD * WORLD * WORLD * 2)

/* Steps of a rule that are tests, from the first one on. */
static uint32_t leading_tests(const struct ir_rule *rule)
{
	uint32_t count = 0;

	while (count < rule->steps.len && rule->steps.at[count].kind == IR_STEP_TEST)
		count++;
	return count;
}

/* Whether the rule ever does anything. */
static bool ever_acts(const struct ir *ir, uint32_t number)
{
	static const struct xdpfw_device device = { .name = "eth0" };
	const struct ir_rule *rule = &ir->rules.at[number];
	struct interp_watch watch = { .rule = number };
	uint8_t frame[64];

	for (unsigned int i = 0; i < FRAMES; i++) {
		struct interp_packet packet = { .frame = frame, .len = sizeof(frame),
						.device = &device };
		struct interp_result result;

		make_frame(i, frame);
		interp_run_watched(ir, &packet, NULL, &watch, &result);
	}
	if (leading_tests(rule) == rule->steps.len)
		return watch.reached && watch.steps == rule->steps.len;
	return watch.reached && watch.steps > leading_tests(rule);
}

/* A rule whose tests exclude each other may count before the last of them. */
static bool ever_ends(const struct ir *ir, uint32_t number)
{
	static const struct xdpfw_device device = { .name = "eth0" };
	struct interp_watch watch = { .rule = number };
	uint8_t frame[64];

	for (unsigned int i = 0; i < FRAMES; i++) {
		struct interp_packet packet = { .frame = frame, .len = sizeof(frame),
						.device = &device };
		struct interp_result result;

		make_frame(i, frame);
		interp_run_watched(ir, &packet, NULL, &watch, &result);
	}
	return watch.steps == ir->rules.at[number].steps.len;
}

START_TEST(never_false)
{
	unsigned int seed = (unsigned int)_i + 1, told = 0, missed = 0;

	for (int round = 0; round < 60; round++) {
		struct ruleset ruleset = { 0 };
		struct buf text = BUF_INIT;
		bool *is_told;

		buf_puts(&text, "table netdev t {\nchain b {\naccept\n}\nchain c {\ntype "
				"filter hook "
				"ingress device \"eth0\" priority 0\n");
		random_rules(&seed, &ruleset.arena, &text);
		buf_puts(&text, "jump b\n}\n}\n");
		ruleset_lower(&ruleset, text.at);
		ruleset.diag.messages.len = 0;
		warn(&ruleset);
		is_told = ARENA_ARRAY(&ruleset.arena, bool, ruleset.ir->rules.len);
		for (size_t i = 0; i < ruleset.diag.messages.len; i++) {
			const struct diag_message *message = &ruleset.diag.messages.at[i];

			for (uint32_t j = 0; j < ruleset.ir->rules.len; j++) {
				const struct ir_rule *rule = &ruleset.ir->rules.at[j];

				if (!strstr(message->text, "never matches") ||
				    message->labels[0].span.begin < rule->span.begin ||
				    message->labels[0].span.end > rule->span.end)
					continue;
				is_told[j] = true;
				told++;
				ck_assert_msg(!(strstr(message->text, "takes") ?
							ever_acts(ruleset.ir, j) :
							ever_ends(ruleset.ir, j)),
					      "%s at %s in\n%s", message->text, rule->place,
					      text.at);
			}
		}
		for (uint32_t j = 1; j < ruleset.ir->rules.len; j++)
			missed += !is_told[j] && !ever_acts(ruleset.ir, j);
		buf_free(&text);
		arena_free(&ruleset.arena);
	}
	/* Rules that never match in this small world are many; those that never do at all, some. */
	ck_assert_uint_gt(told, 20);
	ck_assert_uint_gt(missed, 0);
}
END_TEST

/* Rules that overlap in many ways, none of which takes another. */
START_TEST(many_rules)
{
	struct ruleset ruleset = { 0 };
	struct timespec begin, end;
	struct buf text = BUF_INIT;

	buf_puts(&text, "table netdev t {\nchain c {\ntype filter hook ingress device \"eth0\" "
			"priority 0\n");
	for (unsigned int i = 0; i < 20000; i++)
		buf_printf(&text, "ip saddr 10.%u.%u.0/%u tcp dport %u-%u counter "
				  "accept\n", i % 200,
			   i / 200, 16 + i % 9, 20000 - i, 20001 + i);
	buf_puts(&text, "}\n}\n");
	ruleset_lower(&ruleset, text.at);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	warn(&ruleset);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	/* About 0.2 s here; sanitizers take some times as long. */
	ck_assert_int_lt(end.tv_sec - begin.tv_sec, 5);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

/* --- policies ------------------------------------------------------------------------------- */

START_TEST(policy_warning)
{
	expect_message(RULESET_CHAIN("drop", "tcp dport 22 accept"),
		       "test.nft:2:8: warning: the policy of chain 'c' drops all ARP and DHCP\n"
		       "    \tchain c {\n    \t      ^\n"
		       "help: 'meta protocol arp accept' and 'udp sport 67 udp dport 68 "
		       "accept' let "
		       "them in\n");
}
END_TEST

#define ARP "ether type arp accept\n"
#define DHCP "udp sport 67 udp dport 68 accept\n"
#define ND "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"

static const struct {
	const char *rules, *needs;	/* NULL: nothing is said */
} policy_rows[] = {
	{ "", NULL },
	{ "counter", NULL },
	{ "accept", NULL },
	{ "ip saddr 10.0.0.1 accept", "ARP" },	/* may be the DHCP server */
	{ "icmp type echo-request accept", "ARP and DHCP" },
	{ ARP "tcp dport 22 accept", "DHCP" },
	{ ARP DHCP "tcp dport 22 accept", NULL },
	{ ARP DHCP "tcp dport 22 accept\nip6 saddr fe80::/10 tcp dport 23 accept",
	  "neighbour discovery" },
	{ ARP DHCP ND "tcp dport 22 accept\nip6 saddr fe80::/10 accept", NULL },
	{ ARP DHCP "icmpv6 type echo-request accept", "neighbour discovery" },
	{ "arp operation reply accept\n" DHCP "tcp dport 22 accept", NULL },
	{ "arp saddr ip 10.0.0.1 accept\nudp dport 0-1000 accept", NULL },
	{ "meta protocol arp drop\naccept", "ARP" },
	{ "meta protocol { ip, arp } accept", NULL },
	{ "meta protocol ip accept", "ARP" },
	{ "meta protocol != ip6 accept", NULL },
	{ "vlan id 5 accept", NULL },
	{ "ether type ip accept", "ARP" },
	{ "ether saddr 02:00:00:00:00:01 accept", NULL },
	{ "meta protocol vmap { ip : accept, arp : jump b }", NULL },
	{ "meta protocol vmap { ip : accept, arp : drop }", "ARP" },
	{ "meta protocol vmap { ip : accept, arp : goto dropping }", "ARP" },
	{ "jump b\n" DHCP "meta protocol ip accept", NULL },
	{ "jump dropping\naccept", "ARP, neighbour discovery and DHCP" },
	{ "goto dropping\naccept", NULL },
	{ "@nh,48,16 1 accept\n" DHCP "tcp dport 22 accept", NULL },
	{ "@nh,48,16 7 accept\nmeta protocol ip accept", "ARP" },
	{ "iifname . meta protocol { \"eth0\" . ip, \"eth0\" . ip6 } accept", "ARP" },
	{ "iifname . meta protocol { \"eth0\" . ip, \"eth1\" . arp } accept", NULL },
	{ "ip6 saddr ::/0 meta l4proto tcp accept", "neighbour discovery and DHCPv6" },
};

START_TEST(policies)
{
	struct ruleset ruleset = { 0 };
	struct buf messages = BUF_INIT;
	char text[1024], wanted[256];

	snprintf(text, sizeof(text),
		 "table netdev t {\n chain b {\n meta protocol arp accept\n }\n chain dropping {\n "
		 "meta protocol arp drop\n udp dport 68 drop\n icmpv6 type 1-255 drop\n "
		 "return\n }\n "
		 "chain c { type filter hook ingress device \"eth0\" priority 0; policy drop;\n%s\n"
		 "}\n}\n", policy_rows[_i].rules);
	ruleset_lower(&ruleset, text);
	warn(&ruleset);
	diag_print(&ruleset.diag, &messages);
	if (policy_rows[_i].needs) {
		snprintf(wanted, sizeof(wanted), "the policy of chain 'c' drops all %s\n",
			 policy_rows[_i].needs);
		ck_assert_msg(messages.at && strstr(messages.at, wanted), "'%s': %s",
			      policy_rows[_i].rules, messages.at);
	} else {
		ck_assert_msg(!messages.at || !strstr(messages.at, "the policy"), "'%s': %s",
			      policy_rows[_i].rules, messages.at);
	}
	buf_free(&messages);
	arena_free(&ruleset.arena);
}
END_TEST

/* ARP passes by chains of family inet. */
START_TEST(policy_of_inet)
{
	expect_without("table inet t {\n chain c { type filter hook ingress device \"eth0\" "
		       "priority "
		       "0; policy drop;\n" DHCP "tcp dport 22 accept\n}\n}\n", "the policy");
	expect_without("table netdev t {\n flags dormant\n chain c { type filter hook ingress "
		       "device "
		       "\"eth0\" priority 0; policy drop;\n tcp dport 22 accept\n}\n}\n",
		       "the policy");
	expect_with("table inet t {\n chain c { type filter hook ingress device \"eth0\" priority "
		    "0; policy drop;\n" DHCP "ip6 hoplimit 1 tcp dport 22 accept\n}\n}\n",
		    "drops all neighbour discovery\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("warn");
	TCase *tcase = tcase_create("warn");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, fragment_warning);
	tcase_add_test(tcase, no_fragment_warning);
	tcase_add_test(tcase, chain_warning);
	tcase_add_test(tcase, taken_rule);
	tcase_add_loop_test(tcase, rule_not_taken, 0, 17);
	tcase_add_loop_test(tcase, rule_taken, 0, 8);
	tcase_add_loop_test(tcase, never_false, 0, 8);
	tcase_add_test(tcase, many_rules);
	tcase_add_test(tcase, policy_warning);
	tcase_add_loop_test(tcase, policies, 0, sizeof(policy_rows) / sizeof(policy_rows[0]));
	tcase_add_test(tcase, policy_of_inet);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
