/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_ir: look-ups at every edge, and the printed form.
 */
#include <check.h>

#include "tests/unit/ruleset.h"

START_TEST(set_edges)
{
	struct ir_interval intervals[] = { { 0, 0 }, { 5, 9 }, { 11, 11 },
					   { ~(u128)0 - 1, ~(u128)0 } };
	struct ir_set set = { .intervals = { intervals, 4, 4 } }, none = { 0 };

	ck_assert(ir_set_has(&set, 0));
	ck_assert(!ir_set_has(&set, 1));
	ck_assert(!ir_set_has(&set, 4));
	ck_assert(ir_set_has(&set, 5));
	ck_assert(ir_set_has(&set, 7));
	ck_assert(ir_set_has(&set, 9));
	ck_assert(!ir_set_has(&set, 10));
	ck_assert(ir_set_has(&set, 11));
	ck_assert(!ir_set_has(&set, 12));
	ck_assert(!ir_set_has(&set, ~(u128)0 - 2));
	ck_assert(ir_set_has(&set, ~(u128)0));
	ck_assert(!ir_set_has(&none, 0));
}
END_TEST

/* Against counting, for every number of intervals. */
START_TEST(set_sizes)
{
	struct ir_interval intervals[40];
	struct ir_set set = { .intervals = { intervals, 0, 40 } };

	for (unsigned int i = 0; i < 40; i++)
		intervals[i] = (struct ir_interval){ i * 4 + 1, i * 4 + 2 };
	for (set.intervals.len = 0; set.intervals.len <= 40; set.intervals.len++)
		for (unsigned int value = 0; value < 170; value++)
			ck_assert_int_eq(ir_set_has(&set, value),
					 value / 4 < set.intervals.len &&
						 (value % 4 == 1 || value % 4 == 2));
}
END_TEST

START_TEST(map_edges)
{
	struct ir_map_entry entries[] = {
		{ 5, 9, { IR_VERDICT_DROP, 0 } },
		{ 10, 10, { IR_VERDICT_ACCEPT, 0 } },
		{ 12, 20, { IR_VERDICT_JUMP, 3 } },
	};
	struct ir_map map = { .entries = { entries, 3, 3 } }, none = { 0 };

	ck_assert_ptr_null(ir_map_find(&map, 4));
	ck_assert_ptr_eq(ir_map_find(&map, 5), &entries[0]);
	ck_assert_ptr_eq(ir_map_find(&map, 9), &entries[0]);
	ck_assert_ptr_eq(ir_map_find(&map, 10), &entries[1]);
	ck_assert_ptr_null(ir_map_find(&map, 11));
	ck_assert_ptr_eq(ir_map_find(&map, 12), &entries[2]);
	ck_assert_ptr_eq(ir_map_find(&map, 20), &entries[2]);
	ck_assert_ptr_null(ir_map_find(&map, 21));
	ck_assert_ptr_null(ir_map_find(&none, 0));
}
END_TEST

static void expect_name(const char *proto, const char *field, uint8_t depth, const char *name)
{
	struct ir_load load = { field_find(field_find_proto(str_from(proto)), str_from(field)),
				depth };
	struct buf text = BUF_INIT;

	ck_assert_ptr_nonnull(load.field);
	ir_load_name(&load, &text);
	ck_assert_str_eq(text.at, name);
	buf_free(&text);
}

START_TEST(load_names)
{
	expect_name("ip", "saddr", 0, "ip_saddr");
	expect_name("ip", "frag-off", 0, "ip_frag_off");
	expect_name("arp", "saddr ip", 0, "arp_saddr_ip");
	expect_name("vlan", "id", 0, "vlan_id");
	expect_name("vlan", "id", 1, "vlan_id_1");
	expect_name("meta", "iifname", 0, "meta_iifname");
}
END_TEST

/* No two rows of the field table make the same name, or a name that C does not take. */
START_TEST(load_names_differ)
{
	for (size_t i = 0; i < field_count; i++) {
		struct ir_load load = { &field_table[i], 0 };
		struct buf name = BUF_INIT;

		ir_load_name(&load, &name);
		ck_assert_uint_eq(strspn(name.at, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				  name.len);
		for (size_t j = 0; j < i; j++) {
			struct ir_load other = { &field_table[j], 0 };
			struct buf second = BUF_INIT;

			ir_load_name(&other, &second);
			ck_assert_str_ne(name.at, second.at);
			buf_free(&second);
		}
		buf_free(&name);
	}
}
END_TEST

static const char text[] =
	"table netdev t {\n"
	"	set nets { type ipv4_addr; flags interval;"
	" elements = { 10.0.0.0/8, 192.0.2.1 } }\n"
	"	chain b {\n"
	"		icmp type echo-request counter\n"
	"	}\n"
	"	chain c {\n"
	"		type filter hook ingress devices = { eth1, eth0 } priority -10;"
	" policy drop;\n"
	"		ip saddr @nets tcp flags & (syn|ack) != syn counter accept\n"
	"		tcp dport vmap { 22 : drop, 80-90 : jump b, 99 : continue } return\n"
	"		iifname \"eth*\" udp dport != { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,"
	" 23, 25, 27, 29, 31, 33 } goto b\n"
	"	}\n"
	"}\n";

static const char printed[] =
	"entry 0: devices eth0 eth1; chains 1\n"
	"load 0: meta_protocol, 16 bits\n"
	"load 1: meta_l4proto, 8 bits\n"
	"load 2: icmp_type, 8 bits\n"
	"load 3: ip_saddr, 32 bits\n"
	"load 4: tcp_flags, 8 bits\n"
	"load 5: tcp_dport, 16 bits\n"
	"load 6: meta_iifname, 128 bits\n"
	"load 7: udp_dport, 16 bits\n"
	"set 0: { ip }\n"
	"set 1: { icmp }\n"
	"set 2: { echo-request }\n"
	"set 3: @nets { 10.0.0.0..10.255.255.255, 192.0.2.1 }\n"
	"set 4: { tcp }\n"
	"set 5: { syn }\n"
	"set 6: { \"eth*\" }\n"
	"set 7: { udp }\n"
	"set 8: { 17 intervals }\n"
	"map 0: { 22 : drop, 80..90 : jump chain 0, 99 : continue }\n"
	"counters: 2\n"
	"\n"
	"chain 0: t b\n"
	"	rule 0: test.nft:4 icmp type echo-request counter\n"
	"		test meta_protocol in set 0 { ip }\n"
	"		test meta_l4proto in set 1 { icmp }\n"
	"		test icmp_type in set 2 { echo-request }\n"
	"		count 0\n"
	"\n"
	"chain 1: t c, base chain, priority -10, policy drop\n"
	"	rule 1: test.nft:8 ip saddr @nets tcp flags != syn / syn,ack counter accept\n"
	"		test meta_protocol in set 0 { ip }\n"
	"		test ip_saddr in set 3 @nets { 10.0.0.0..10.255.255.255, 192.0.2.1 }\n"
	"		test meta_l4proto in set 4 { tcp }\n"
	"		test tcp_flags & 0x12 not in set 5 { syn }\n"
	"		count 1\n"
	"		accept\n"
	"	rule 2: test.nft:9 tcp dport vmap { 22 : drop, 80-90 : jump b, 99 : continue } "
	"return\n"
	"		test meta_l4proto in set 4 { tcp }\n"
	"		look up tcp_dport in map 0\n"
	"		return\n"
	"	rule 3: test.nft:10 iifname \"eth*\" udp dport != { 1, 3, 5, 7, 9, 11, 13, 15, "
	"17, 19, 21, 23, 25, 27, 29, 31, 33 } goto b\n"
	"		test meta_iifname in set 6 { \"eth*\" }\n"
	"		test meta_l4proto in set 7 { udp }\n"
	"		test udp_dport not in set 8 { 17 intervals }\n"
	"		goto chain 0\n";

START_TEST(printed_form)
{
	struct ruleset ruleset = { 0 };
	struct buf out = BUF_INIT;

	ruleset_lower(&ruleset, text);
	ir_print(ruleset.ir, &out);
	ck_assert_str_eq(out.at, printed);
	buf_free(&out);
	arena_free(&ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ir");
	TCase *tcase = tcase_create("ir");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, set_edges);
	tcase_add_test(tcase, set_sizes);
	tcase_add_test(tcase, map_edges);
	tcase_add_test(tcase, load_names);
	tcase_add_test(tcase, load_names_differ);
	tcase_add_test(tcase, printed_form);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
