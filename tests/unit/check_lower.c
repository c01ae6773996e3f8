/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_lower: what each form of a match becomes, what is shared, the order of base chains, the
 * limits.
 */
#include <check.h>
#include <stdio.h>
#include <time.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/limits.h"
#include "tests/unit/ruleset.h"

/* The steps of RULE as ir_print() writes them, ";" between them. */
static void print_steps(const struct ir *ir, uint32_t rule, struct buf *out)
{
	char head[32], *at, *line;
	struct buf text = BUF_INIT;

	ir_print(ir, &text);
	snprintf(head, sizeof(head), "\trule %u: ", rule);
	at = strstr(text.at, head);
	ck_assert_ptr_nonnull(at);
	for (line = strchr(at, '\n') + 1; !strncmp(line, "\t\t", 2); line = at + 1) {
		at = strchr(line, '\n');
		if (out->len)
			buf_putc(out, ';');
		buf_put(out, line + 2, (size_t)(at - line - 2));
	}
	buf_free(&text);
}

#define L4(proto) "test meta_l4proto in set 0 { " proto " };"
#define IP "test meta_protocol in set 0 { ip };"

static const struct {
	const char *match, *steps;
} match_rows[] = {
	{ "tcp dport 22", L4("tcp") "test tcp_dport in set 1 { 22 }" },
	{ "tcp dport != 22", L4("tcp") "test tcp_dport not in set 1 { 22 }" },
	{ "tcp dport 1-1023", L4("tcp") "test tcp_dport in set 1 { 1..1023 }" },
	{ "tcp dport != 1-1023", L4("tcp") "test tcp_dport not in set 1 { 1..1023 }" },
	{ "tcp dport < 1024", L4("tcp") "test tcp_dport in set 1 { 0..1023 }" },
	{ "tcp dport <= 1024", L4("tcp") "test tcp_dport in set 1 { 0..1024 }" },
	{ "tcp dport > 1024", L4("tcp") "test tcp_dport in set 1 { 1025..65535 }" },
	{ "tcp dport >= 1024", L4("tcp") "test tcp_dport in set 1 { 1024..65535 }" },
	{ "tcp dport { 22, 80, 443 }", L4("tcp") "test tcp_dport in set 1 { 22, 80, 443 }" },
	{ "tcp dport { 80-90, 22 }", L4("tcp") "test tcp_dport in set 1 { 22, 80..90 }" },
	{ "tcp dport { 22, 23, 24-30 }", L4("tcp") "test tcp_dport in set 1 { 22..30 }" },
	{ "tcp dport != { 22, 80 }", L4("tcp") "test tcp_dport not in set 1 { 22, 80 }" },
	{ "ip saddr 10.0.0.0/8", IP "test ip_saddr in set 1 { 10.0.0.0..10.255.255.255 }" },
	{ "ip saddr != 10.0.0.0/8",
	  IP "test ip_saddr not in set 1 { 10.0.0.0..10.255.255.255 }" },
	{ "ip saddr & 255.0.0.255 == 10.0.0.1",
	  IP "test ip_saddr & 0xff0000ff in set 1 { 10.0.0.1 }" },
	{ "ip saddr & 255.0.0.255 != 10.0.0.1",
	  IP "test ip_saddr & 0xff0000ff not in set 1 { 10.0.0.1 }" },
	{ "tcp flags syn", L4("tcp") "test tcp_flags & 0x2 not in set 1 { 0x0 }" },
	{ "tcp flags syn,ack", L4("tcp") "test tcp_flags & 0x12 not in set 1 { 0x0 }" },
	{ "tcp flags ! syn,ack", L4("tcp") "test tcp_flags & 0x12 in set 1 { 0x0 }" },
	{ "tcp flags == syn", L4("tcp") "test tcp_flags in set 1 { syn }" },
	{ "tcp flags != syn", L4("tcp") "test tcp_flags not in set 1 { syn }" },
	{ "tcp flags syn / syn,ack", L4("tcp") "test tcp_flags & 0x12 in set 1 { syn }" },
	{ "tcp flags & (syn|ack) == syn", L4("tcp") "test tcp_flags & 0x12 in set 1 { syn }" },
	{ "ip dscp 46", IP "test ip_dscp in set 1 { ef }" },
	{ "iifname \"v*\"", "test meta_iifname in set 0 { \"v*\" }" },
	{ "iifname != \"v0\"", "test meta_iifname not in set 0 { \"v0\" }" },
};

START_TEST(match_forms)
{
	struct ruleset ruleset = { 0 };
	struct buf steps = BUF_INIT;
	char text[512];

	snprintf(text, sizeof(text), RULESET_CHAIN("accept", "%s"), match_rows[_i].match);
	ruleset_lower(&ruleset, text);
	print_steps(ruleset.ir, 0, &steps);
	ck_assert_str_eq(steps.at, match_rows[_i].steps);
	buf_free(&steps);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(other_steps)
{
	struct ruleset ruleset = { 0 };
	struct buf steps = BUF_INIT;

	ruleset_lower(&ruleset,
		      "table netdev t {\n chain b { return\n }\n chain c { type filter hook "
		      "ingress device \"eth0\" priority 0; tcp dport vmap { 22 : accept, 80-90 : "
		      "jump b } counter continue\n goto b\n }\n}\n");
	print_steps(ruleset.ir, 1, &steps);
	ck_assert_str_eq(steps.at, L4("tcp") "look up tcp_dport in map 0;count 0;continue");
	buf_free(&steps);
	steps = (struct buf)BUF_INIT;
	print_steps(ruleset.ir, 2, &steps);
	ck_assert_str_eq(steps.at, "goto chain 0");
	ck_assert_str_eq(ruleset.ir->rules.at[2].place, "test.nft:5");
	ck_assert_uint_eq(ruleset.ir->maps.at[0].entries.len, 2);
	ck_assert_uint_eq(ruleset.ir->maps.at[0].entries.at[1].verdict.kind, IR_VERDICT_JUMP);
	ck_assert_uint_eq(ruleset.ir->counter_count, 1);
	buf_free(&steps);
	arena_free(&ruleset.arena);
}
END_TEST

/*
 * Boxes, sets that count, `*`, named counters and maps of them, wide fields, operators, presence,
 * family inet, dormant tables.
 */
static const char all_forms_text[] =
	"table netdev t {\n"
	" set boxes { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.9 . "
	"1-5, 10.0.0.0/24 . 80, 10.0.0.0/24 . 22 }\n"
	" }\n"
	" set counted { type inet_service; counter; elements = { 5, 4, 7 counter packets 3 "
	"bytes 4 }\n"
	" }\n"
	" set rest { type inet_service; flags interval; counter; elements = { 4, 5-9, * }\n"
	" }\n"
	" set restplain { type inet_service; elements = { 4, * }\n"
	" }\n"
	" counter web { packets 1 bytes 2\n"
	" }\n"
	" counter other { }\n"
	" map m { type inet_service : counter; elements = { 80 : \"web\", * : \"other\" }\n"
	" }\n"
	" map v { type ipv4_addr . inet_service : verdict; counter; elements = { 10.0.0.2 . "
	"5 : drop, 10.0.0.1 . 7 : accept, * : continue }\n"
	" }\n"
	" set wide { typeof @ll,0,192; elements = { "
	"0x112233445566778899aabbccddeeff001122334455667788 }\n"
	" }\n"
	" chain c { type filter hook ingress device \"eth0\" priority 0\n"
	" ip saddr . tcp dport @boxes\n"
	" ip saddr . tcp dport != @boxes\n"
	" tcp dport @counted\n"
	" tcp dport != @counted\n"
	" tcp dport @rest\n"
	" tcp dport != @rest\n"
	" tcp dport @restplain\n"
	" tcp dport != @restplain\n"
	" counter name \"web\"\n"
	" counter name tcp dport map @m\n"
	" ip saddr . udp dport vmap @v\n"
	" @ll,0,192 @wide\n"
	" ip dscp & 3 == 1\n"
	" ip saddr & 255.255.0.0 ^ 1.2.0.0 == 0.0.0.0\n"
	" tcp option maxseg exists\n"
	" exthdr frag missing\n"
	" tcp dport . ip ttl { 22 . 1, 22 . 1 , 23 . 4-5 }\n"
	" ip ttl . tcp dport { 1 . 22 }\n"
	" tcp flags syn,ack\n"
	" ip saddr { 10.0.0.1 counter, 10.0.0.2 } accept\n"
	" tcp dport { 1, * }\n"
	" }\n"
	"}\n"
	"table inet i { chain c { type filter hook ingress device \"eth0\" priority 1\n"
	" meta nfproto ipv4\n"
	" tcp dport 22\n"
	" }\n"
	"}\n"
	"table netdev sleeping { flags dormant\n"
	" chain c { type filter hook ingress device \"eth9\" priority 1\n"
	" }\n"
	"}\n";

static const char all_forms_printed[] =
	"entry 0: devices eth0; chains 0 1\n"
	"load 0: meta_protocol, 16 bits\n"
	"load 1: meta_l4proto, 8 bits\n"
	"load 2: ip_saddr, 32 bits\n"
	"load 3: tcp_dport, 16 bits\n"
	"load 4: udp_dport, 16 bits\n"
	"load 5: raw_ll_0_128, 128 bits\n"
	"load 6: raw_ll_128_64, 64 bits\n"
	"load 7: ip_dscp, 6 bits\n"
	"load 8: tcp_option_maxseg, 8 bits\n"
	"load 9: exthdr_frag, 8 bits\n"
	"load 10: ip_ttl, 8 bits\n"
	"load 11: tcp_flags, 8 bits\n"
	"load 12: meta_nfproto, 8 bits\n"
	"set 0: { ip }\n"
	"set 1: { tcp }\n"
	"set 2: @boxes { 10.0.0.0..10.0.0.255 . 22, 10.0.0.0..10.0.0.255 . 80, 10.0.0.9 . "
	"1..5 }\n"
	"set 3: @counted { 4..5, 7 }\n"
	"set 4: @rest { 0..65535 }\n"
	"set 5: @restplain { 0..65535 }\n"
	"set 6: { udp }\n"
	"set 7: @wide { 22774453838368691933757882222884355840 . 1234605616436508552 }\n"
	"set 8: { lephb }\n"
	"set 9: { 1.2.0.0..1.2.255.255 }\n"
	"set 10: { ip6 }\n"
	"set 11: { missing }\n"
	"set 12: { 22 . 1, 23 . 4..5 }\n"
	"set 13: { 1 . 22 }\n"
	"set 14: { 0..65535 }\n"
	"set 15: { ipv4 }\n"
	"set 16: { 22 }\n"
	"map 0: @counted { 4 : count 2, continue, 5 : count 3, continue, 7 : count 4, "
	"continue }\n"
	"map 1: @rest { 4 : count 5, continue, 5..9 : count 6, continue, * : count 7, "
	"continue }\n"
	"map 2: @m { 80 : count 0, continue, * : count 1, continue }\n"
	"map 3: @v { 10.0.0.1 . 7 : count 9, accept, 10.0.0.2 . 5 : count 8, drop, * : count "
	"10, continue }\n"
	"map 4: { 10.0.0.1 : count 11, continue, 10.0.0.2 : continue }\n"
	"counters: 12\n"
	"\n"
	"chain 0: t c, base chain, priority 0, policy accept\n"
	"\trule 0: test.nft:20 ip saddr . tcp dport @boxes\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest ip_saddr . tcp_dport in set 2 @boxes { 10.0.0.0..10.0.0.255 . 22, "
	"10.0.0.0..10.0.0.255 . 80, 10.0.0.9 . 1..5 }\n"
	"\trule 1: test.nft:21 ip saddr . tcp dport != @boxes\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest ip_saddr . tcp_dport not in set 2 @boxes { 10.0.0.0..10.0.0.255 . 22, "
	"10.0.0.0..10.0.0.255 . 80, 10.0.0.9 . 1..5 }\n"
	"\trule 2: test.nft:22 tcp dport @counted\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\tlook up tcp_dport in map 0\n"
	"\trule 3: test.nft:23 tcp dport != @counted\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_dport not in set 3 @counted { 4..5, 7 }\n"
	"\trule 4: test.nft:24 tcp dport @rest\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\tlook up tcp_dport in map 1\n"
	"\trule 5: test.nft:25 tcp dport != @rest\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_dport not in set 4 @rest { 0..65535 }\n"
	"\trule 6: test.nft:26 tcp dport @restplain\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_dport in set 5 @restplain { 0..65535 }\n"
	"\trule 7: test.nft:27 tcp dport != @restplain\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_dport not in set 5 @restplain { 0..65535 }\n"
	"\trule 8: test.nft:28 counter name \"web\"\n"
	"\t\tcount 0\n"
	"\trule 9: test.nft:29 counter name tcp dport map @m\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\tlook up tcp_dport in map 2\n"
	"\trule 10: test.nft:30 ip saddr . udp dport vmap @v\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest meta_l4proto in set 6 { udp }\n"
	"\t\tlook up ip_saddr . udp_dport in map 3\n"
	"\trule 11: test.nft:31 @ll,0,192 @wide\n"
	"\t\ttest raw_ll_0_128 . raw_ll_128_64 in set 7 @wide { "
	"22774453838368691933757882222884355840 . 1234605616436508552 }\n"
	"\trule 12: test.nft:32 ip dscp & 0x03 == lephb\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest ip_dscp & 0x3 in set 8 { lephb }\n"
	"\trule 13: test.nft:33 ip saddr 1.2.0.0/16\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest ip_saddr in set 9 { 1.2.0.0..1.2.255.255 }\n"
	"\trule 14: test.nft:34 tcp option maxseg exists\n"
	"\t\ttest tcp_option_maxseg in set 8 { exists }\n"
	"\trule 15: test.nft:35 exthdr frag missing\n"
	"\t\ttest meta_protocol in set 10 { ip6 }\n"
	"\t\ttest exthdr_frag in set 11 { missing }\n"
	"\trule 16: test.nft:36 tcp dport . ip ttl { 22 . 1, 23 . 4-5 }\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest tcp_dport . ip_ttl in set 12 { 22 . 1, 23 . 4..5 }\n"
	"\trule 17: test.nft:37 ip ttl . tcp dport { 1 . 22 }\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest ip_ttl . tcp_dport in set 13 { 1 . 22 }\n"
	"\trule 18: test.nft:38 tcp flags syn,ack\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_flags & 0x12 not in set 11 { 0x0 }\n"
	"\trule 19: test.nft:39 ip saddr { 10.0.0.1 counter, 10.0.0.2 } accept\n"
	"\t\ttest meta_protocol in set 0 { ip }\n"
	"\t\tlook up ip_saddr in map 4\n"
	"\t\taccept\n"
	"\trule 20: test.nft:40 tcp dport { 1, * }\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_dport in set 14 { 0..65535 }\n"
	"\n"
	"chain 1: i c, inet, base chain, priority 1, policy accept\n"
	"\trule 21: test.nft:44 meta nfproto ipv4\n"
	"\t\ttest meta_nfproto in set 15 { ipv4 }\n"
	"\trule 22: test.nft:45 tcp dport 22\n"
	"\t\ttest meta_l4proto in set 1 { tcp }\n"
	"\t\ttest tcp_dport in set 16 { 22 }\n"
	"\n"
	"chain 2: sleeping c, base chain, priority 1, policy accept\n";

START_TEST(all_forms)
{
	struct ruleset ruleset = { 0 };
	struct buf printed = BUF_INIT;

	ruleset_lower(&ruleset, all_forms_text);
	ir_print(ruleset.ir, &printed);
	ck_assert_str_eq(printed.at, all_forms_printed);
	buf_free(&printed);
	arena_free(&ruleset.arena);
}
END_TEST

/* LO to HI as numbers of three digits: 6, 2 and 2 bits. */
static void bind_values(struct bind_stmt *stmt, unsigned int lo, unsigned int hi)
{
	static struct bind_value rest[2];

	stmt->value.value = (struct bind_value){ lo >> 4, hi >> 4, BIND_FORM_RANGE };
	rest[0] = (struct bind_value){ lo >> 2 & 3, hi >> 2 & 3, BIND_FORM_RANGE };
	rest[1] = (struct bind_value){ lo & 3, hi & 3, BIND_FORM_RANGE };
	stmt->value.rest = rest;
}

static bool wanted(enum bind_match_op op, unsigned int value, unsigned int lo, unsigned int hi)
{
	switch (op) {
	case BIND_MATCH_LT:
		return value < lo;
	case BIND_MATCH_LTE:
		return value <= hi;
	case BIND_MATCH_GT:
		return value > hi;
	case BIND_MATCH_GTE:
		return value >= lo;
	case BIND_MATCH_EQ:
	case BIND_MATCH_EQ_EXPLICIT:
	case BIND_MATCH_NEQ:
	case BIND_MATCH_ANY_OF:
	case BIND_MATCH_NONE_OF:
		break;
	}
	return value >= lo && value <= hi;
}

/* The digits of a wide field against counting, for many pairs of ends. */
START_TEST(wide_ends)
{
	struct ruleset ruleset = { 0 };
	struct bind_stmt *stmt;

	ruleset_lower(&ruleset, RULESET_CHAIN("accept", "@ll,0,6 . @ll,6,2 . @ll,8,2 { 1 . 1 . "
							"1 }"));
	stmt = &ruleset.bound->rules.at[0]->stmts.at[0];
	ck_assert_uint_eq(stmt->key.parts.len, 3);
	stmt->set = NULL;
	stmt->op = (enum bind_match_op)_i;
	for (unsigned int lo = 0; lo < 1024; lo += 31) {
		for (unsigned int hi = lo; hi < 1024; hi += 37) {
			const struct ir_set *set;

			bind_values(stmt, lo, hi);
			ck_assert(lower_ruleset(ruleset.bound, &ruleset.arena, &ruleset.diag,
						&ruleset.ir));
			set = &ruleset.ir->sets.at[ruleset.ir->rules.at[0].steps.at[0].set];
			ck_assert_uint_eq(set->parts, 3);
			for (unsigned int value = 0; value < 1024; value++) {
				u128 digits[3] = { value >> 4, value >> 2 & 3, value & 3 };

				ck_assert_int_eq(ir_set_has(set, digits),
						 wanted(stmt->op, value, lo, hi));
			}
		}
	}
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(empty_below_zero)
{
	struct ruleset ruleset = { 0 };
	struct ir_set *set;

	/* bind may refuse these one day: the bound match is made by hand out of a good one. */
	ruleset_lower(&ruleset, RULESET_CHAIN("accept", "tcp dport < 7\ntcp dport > 7"));
	ruleset.bound->rules.at[0]->stmts.at[1].value.value.lo = 0;
	ruleset.bound->rules.at[1]->stmts.at[1].value.value.hi = 65535;
	ck_assert(lower_ruleset(ruleset.bound, &ruleset.arena, &ruleset.diag, &ruleset.ir));
	for (uint32_t i = 0; i < 2; i++) {
		set = &ruleset.ir->sets.at[ruleset.ir->rules.at[i].steps.at[1].set];
		ck_assert_uint_eq(set->intervals.len, 0);
	}
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(what_is_shared)
{
	struct ruleset ruleset = { 0 };

	ruleset_lower(&ruleset,
		      "table netdev t {\n set s { type inet_service; elements = { 22 } }\n"
		      " set unused { type inet_service; elements = { 23 } }\n"
		      " chain c { type filter hook ingress device \"eth0\" priority 0;\n"
		      " tcp dport 22\n tcp dport { 22 }\n udp dport 22\n tcp dport @s\n"
		      " udp dport @s\n }\n}\n");
	/* tcp, udp, 22 and @s; meta l4proto, tcp dport and udp dport. */
	ck_assert_uint_eq(ruleset.ir->sets.len, 4);
	ck_assert_uint_eq(ruleset.ir->loads.len, 3);
	ck_assert_uint_eq(ruleset.ir->rules.at[0].steps.at[1].set,
			  ruleset.ir->rules.at[2].steps.at[1].set);
	ck_assert_uint_eq(ruleset.ir->rules.at[3].steps.at[1].set,
			  ruleset.ir->rules.at[4].steps.at[1].set);
	ck_assert_uint_ne(ruleset.ir->rules.at[0].steps.at[1].set,
			  ruleset.ir->rules.at[3].steps.at[1].set);
	arena_free(&ruleset.arena);
}
END_TEST

/* A million elements in falling order, every second address and then some that touch. */
START_TEST(large_set)
{
	struct ruleset ruleset = { 0 };
	const u128 in = 20, out = 21;
	struct bind_set *set;
	const struct ir_set *lowered;
	struct timespec begin, end;

	ruleset_lower(&ruleset, "table netdev t {\n set s { type ipv4_addr; flags interval;\n"
				" elements = { 10.0.0.0/8 } }\n chain c { type filter hook ingress "
				"device \"eth0\" priority 0; ip saddr @s drop\n }\n}\n");
	set = ruleset.bound->tables.at[0]->sets.at[0];
	set->elements.len = 0;
	for (uint32_t i = LIMITS_ELEMENTS; i-- > 0;)
		*vec_push(&ruleset.arena, &set->elements) =
			(struct bind_element){ .value = { i < 10 ? i : i * 2u,
							  i < 10 ? i : i * 2u, BIND_FORM_VALUE },
					       .counter = BIND_NO_COUNTER };
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	ck_assert(lower_ruleset(ruleset.bound, &ruleset.arena, &ruleset.diag, &ruleset.ir));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	lowered = &ruleset.ir->sets.at[ruleset.ir->rules.at[0].steps.at[1].set];
	ck_assert_uint_eq(lowered->intervals.len, LIMITS_ELEMENTS - 9);
	ck_assert(lowered->intervals.at[0].lo == 0 && lowered->intervals.at[0].hi == 9);
	ck_assert(ir_set_has(lowered, &in) && !ir_set_has(lowered, &out));
	/* About 0.3 s here; sanitizers take some times as long. */
	ck_assert_int_lt(end.tv_sec - begin.tv_sec, 10);
	arena_free(&ruleset.arena);
}
END_TEST

static void base_chain(struct buf *text, const char *name, const char *devices, int priority)
{
	buf_printf(text, " chain %s { type filter hook ingress devices = { %s } priority %d;\n }\n",
		   name, devices, priority);
}

START_TEST(entries)
{
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	const struct ir_entry *entry;

	buf_puts(&text, "table netdev t {\n");
	base_chain(&text, "c0", "eth2, eth0, eth1", 5);
	base_chain(&text, "c1", "eth1, eth0", 5);
	base_chain(&text, "c2", "eth2", -1);
	buf_puts(&text, "}\ntable netdev s {\n");
	base_chain(&text, "c3", "eth0, eth1", 5);
	base_chain(&text, "c4", "eth0, eth1", -7);
	buf_puts(&text, "}\n");
	ruleset_lower(&ruleset, text.at);
	ck_assert_uint_eq(ruleset.ir->entries.len, 2);
	entry = &ruleset.ir->entries.at[0];
	ck_assert_uint_eq(entry->devices.len, 2);
	ck_assert(str_is(entry->devices.at[0].name, "eth0"));
	ck_assert(str_is(entry->devices.at[1].name, "eth1"));
	ck_assert_uint_eq(entry->chains.len, 4);
	ck_assert_uint_eq(entry->chains.at[0], 4);
	ck_assert_uint_eq(entry->chains.at[1], 3);
	ck_assert_uint_eq(entry->chains.at[2], 1);
	ck_assert_uint_eq(entry->chains.at[3], 0);
	entry = &ruleset.ir->entries.at[1];
	ck_assert_uint_eq(entry->devices.len, 1);
	ck_assert(str_is(entry->devices.at[0].name, "eth2"));
	ck_assert_uint_eq(entry->chains.len, 2);
	ck_assert_uint_eq(entry->chains.at[0], 2);
	ck_assert_uint_eq(entry->chains.at[1], 0);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

/* Each name has its chains and those of the prefixes that speak of it, and so has each prefix. */
START_TEST(entries_of_prefixes)
{
	static const struct {
		const char *device;
		uint32_t chains[4], count;
	} wanted[] = {
		{ "eth0", { 0 }, 1 },
		{ "v*", { 3 }, 1 },
		{ "veth*", { 3, 1 }, 2 },
		{ "veth1", { 3, 2, 1 }, 3 },
		{ "veth1*", { 3, 2, 1 }, 3 },
		{ "veth10", { 3, 2, 1, 0 }, 4 },
		{ "veth2", { 3, 1, 0 }, 3 },
	};
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	size_t found = 0;

	buf_puts(&text, "table netdev t {\n");
	base_chain(&text, "c0", "eth0, veth2, veth10", 5);
	base_chain(&text, "c1", "\"veth*\", veth1", 5);
	base_chain(&text, "c2", "\"veth1*\"", 5);
	base_chain(&text, "c3", "\"v*\", \"veth*\"", 1);
	buf_puts(&text, "}\n");
	ruleset_lower(&ruleset, text.at);
	for (size_t i = 0; i < ruleset.ir->entries.len; i++) {
		const struct ir_entry *entry = &ruleset.ir->entries.at[i];

		for (size_t j = 0; j < entry->devices.len; j++) {
			size_t row = 0;

			while (!str_is(entry->devices.at[j].name, wanted[row].device))
				ck_assert_uint_lt(++row, sizeof(wanted) / sizeof(wanted[0]));
			ck_assert_uint_eq(entry->chains.len, wanted[row].count);
			ck_assert(!memcmp(entry->chains.at, wanted[row].chains,
					  wanted[row].count * sizeof(uint32_t)));
			found++;
		}
	}
	ck_assert_uint_eq(found, sizeof(wanted) / sizeof(wanted[0]));
	ck_assert_uint_eq(ruleset.ir->entries.len, 6);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

/* Equal priorities go by when the chain was made, wherever its table stands in the listing. */
START_TEST(order_of_commands)
{
	static const char hook[] = "{ type filter hook ingress device eth0 priority 0; }\n";
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;
	const struct ir_entry *entry;

	buf_puts(&text, "add table netdev a\nadd table netdev b\n");
	buf_printf(&text, "add chain netdev a x %s", hook);
	buf_printf(&text, "add chain netdev b y %s", hook);
	buf_printf(&text, "add chain netdev a z %s", hook);
	ruleset_lower(&ruleset, text.at);
	entry = &ruleset.ir->entries.at[0];
	ck_assert_uint_eq(entry->chains.len, 3);
	ck_assert(str_is(ruleset.ir->chains.at[entry->chains.at[0]].name, "z"));
	ck_assert(str_is(ruleset.ir->chains.at[entry->chains.at[1]].name, "y"));
	ck_assert(str_is(ruleset.ir->chains.at[entry->chains.at[2]].name, "x"));
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(too_many_base_chains)
{
	struct buf text = BUF_INIT, message = BUF_INIT;
	struct ruleset ruleset = { 0 };

	buf_puts(&text, "table netdev t {\n");
	for (int i = 0; i <= XDPFW_MAX_BASE_CHAINS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%d", i);
		base_chain(&text, name, i < XDPFW_MAX_BASE_CHAINS ? "eth0" : "eth1", i);
	}
	buf_puts(&text, "}\n");
	ck_assert(ruleset_try(&ruleset, text.at));
	arena_free(&ruleset.arena);
	text.len -= 2;
	base_chain(&text, "more", "eth1, eth0", 0);
	buf_puts(&text, "}\n");
	ruleset = (struct ruleset){ 0 };
	ck_assert(!ruleset_try(&ruleset, text.at));
	diag_print(&ruleset.diag, &message);
	ck_assert_ptr_nonnull(strstr(message.at, "test.nft:132:"));
	ck_assert_ptr_nonnull(strstr(message.at,
				     "error: device \"eth0\" has more than 64 base chains\n"));
	arena_free(&ruleset.arena);
	buf_free(&text);
	buf_free(&message);
}
END_TEST

START_TEST(too_many_devices)
{
	struct buf text = BUF_INIT, devices = BUF_INIT, message = BUF_INIT;
	struct ruleset ruleset = { 0 };

	for (int i = 0; i < XDPFW_MAX_DEVICES; i++)
		buf_printf(&devices, "%seth%03d", i ? ", " : "", i);
	buf_puts(&text, "table netdev t {\n");
	base_chain(&text, "a", devices.at, 0);
	base_chain(&text, "b", devices.at, 0);
	buf_puts(&text, "}\n");
	ck_assert(ruleset_try(&ruleset, text.at));
	ck_assert_uint_eq(ruleset.ir->entries.len, 1);
	ck_assert_uint_eq(ruleset.ir->entries.at[0].devices.len, XDPFW_MAX_DEVICES);
	arena_free(&ruleset.arena);
	text.len -= 2;
	base_chain(&text, "c", "eth000, wan, lan", 0);
	buf_puts(&text, "}\n");
	ruleset = (struct ruleset){ 0 };
	ck_assert(!ruleset_try(&ruleset, text.at));
	diag_print(&ruleset.diag, &message);
	ck_assert_ptr_nonnull(strstr(message.at, "test.nft:6:"));
	ck_assert_ptr_nonnull(strstr(message.at, "error: more than 256 devices\n"));
	ck_assert_uint_eq(ruleset.diag.errors, 1);
	arena_free(&ruleset.arena);
	buf_free(&text);
	buf_free(&devices);
	buf_free(&message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lower");
	TCase *tcase = tcase_create("lower");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, match_forms, 0, sizeof(match_rows) / sizeof(match_rows[0]));
	tcase_add_test(tcase, other_steps);
	tcase_add_test(tcase, all_forms);
	tcase_add_loop_test(tcase, wide_ends, BIND_MATCH_EQ, BIND_MATCH_GTE + 1);
	tcase_add_test(tcase, empty_below_zero);
	tcase_add_test(tcase, what_is_shared);
	tcase_add_test(tcase, large_set);
	tcase_add_test(tcase, entries);
	tcase_add_test(tcase, entries_of_prefixes);
	tcase_add_test(tcase, order_of_commands);
	tcase_add_test(tcase, too_many_base_chains);
	tcase_add_test(tcase, too_many_devices);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
