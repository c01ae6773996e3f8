/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_ir: look-ups at every edge, and the printed form.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/ruleset.h"

static bool set_has(const struct ir_set *set, u128 value)
{
	return ir_set_has(set, &value);
}

START_TEST(set_edges)
{
	struct ir_interval intervals[] = { { 0, 0 }, { 5, 9 }, { 11, 11 },
					   { ~(u128)0 - 1, ~(u128)0 } };
	struct ir_set set = { .parts = 1, .intervals = { intervals, 4, 4 } };
	struct ir_set none = { .parts = 1 };

	ck_assert(set_has(&set, 0));
	ck_assert(!set_has(&set, 1));
	ck_assert(!set_has(&set, 4));
	ck_assert(set_has(&set, 5));
	ck_assert(set_has(&set, 7));
	ck_assert(set_has(&set, 9));
	ck_assert(!set_has(&set, 10));
	ck_assert(set_has(&set, 11));
	ck_assert(!set_has(&set, 12));
	ck_assert(!set_has(&set, ~(u128)0 - 2));
	ck_assert(set_has(&set, ~(u128)0));
	ck_assert(!set_has(&none, 0));
}
END_TEST

/* Against counting, for every number of intervals. */
START_TEST(set_sizes)
{
	struct ir_interval intervals[40];
	struct ir_set set = { .parts = 1, .intervals = { intervals, 0, 40 } };

	for (unsigned int i = 0; i < 40; i++)
		intervals[i] = (struct ir_interval){ i * 4 + 1, i * 4 + 2 };
	for (set.intervals.len = 0; set.intervals.len <= 40; set.intervals.len++)
		for (unsigned int value = 0; value < 170; value++)
			ck_assert_int_eq(set_has(&set, value),
					 value / 4 < set.intervals.len &&
						 (value % 4 == 1 || value % 4 == 2));
}
END_TEST

START_TEST(map_edges)
{
	struct ir_interval intervals[] = { { 5, 9 }, { 10, 10 }, { 12, 20 } };
	struct ir_map_entry entries[] = {
		{ .verdict = { IR_VERDICT_DROP, 0 } },
		{ .verdict = { IR_VERDICT_ACCEPT, 0 } },
		{ .verdict = { IR_VERDICT_JUMP, 3 } },
	};
	struct ir_map map = { .parts = 1, .intervals = { intervals, 3, 3 },
			      .entries = { entries, 3, 3 } };
	static const struct { u128 value; int entry; } rows[] = {
		{ 4, -1 }, { 5, 0 }, { 9, 0 }, { 10, 1 }, { 11, -1 }, { 12, 2 }, { 20, 2 },
		{ 21, -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ir_map_entry *found = ir_map_find(&map, &rows[i].value);

		ck_assert_ptr_eq(found, rows[i].entry < 0 ? NULL : &entries[rows[i].entry]);
		map.has_rest = true;
		found = ir_map_find(&map, &rows[i].value);
		ck_assert_ptr_eq(found, rows[i].entry < 0 ? &map.rest : &entries[rows[i].entry]);
		map.has_rest = false;
	}
}
END_TEST

static bool box_before(const struct ir_interval *a, const struct ir_interval *b)
{
	for (int i = 0; i < 3; i++)
		if (a[i].lo != b[i].lo)
			return a[i].lo < b[i].lo;
	return false;
}

/* Boxes of three parts of 0 to 7, which overlap, against looking at each; also with reach. */
START_TEST(boxes)
{
	struct arena arena = ARENA_INIT;
	unsigned int seed = (unsigned int)_i;
	size_t count = (size_t)rand_r(&seed) % 12, in = 0;
	struct ir_interval at[12 * 3 + 3];
	struct ir_set set = { .parts = 3, .intervals = { at, count * 3, count * 3 } };

	for (size_t i = 0; i < count; i++) {
		struct ir_interval box[3];
		size_t to = i;

		for (int part = 0; part < 3; part++) {
			box[part].lo = (u128)(rand_r(&seed) % 8);
			box[part].hi = box[part].lo + (u128)(rand_r(&seed) % 3);
		}
		for (; to && box_before(box, &at[(to - 1) * 3]); to--)
			memcpy(&at[to * 3], &at[(to - 1) * 3], sizeof(box));
		memcpy(&at[to * 3], box, sizeof(box));
	}
	for (unsigned int value = 0; value < 1000; value++) {
		u128 values[3] = { value / 100, value / 10 % 10, value % 10 };
		bool wanted = false;

		for (size_t i = 0; i < count * 3; i += 3)
			wanted |= values[0] >= at[i].lo && values[0] <= at[i].hi &&
				  values[1] >= at[i + 1].lo && values[1] <= at[i + 1].hi &&
				  values[2] >= at[i + 2].lo && values[2] <= at[i + 2].hi;
		in += wanted;
		set.reach = NULL;
		ck_assert_int_eq(ir_set_has(&set, values), wanted);
		set.reach = ir_make_reach(&arena, 3, at, count);
		ck_assert_int_eq(ir_set_has(&set, values), wanted);
	}
	ck_assert(!count == !in);
	arena_free(&arena);
}
END_TEST

START_TEST(parts)
{
	struct ir ir = { 0 };
	struct ir_load loads[] = { { .field = field_find(field_find_proto(str_from("ip")),
							 str_from("dscp")) } };
	static const struct {
		int16_t shift;
		u128 mask, flip, value, wanted;
		bool plain;
	} rows[] = {
		{ 0, 0x3f, 0, 0x2e, 0x2e, true },
		{ 2, 0x3f, 0, 0x2e, 0x38, false },
		{ -2, 0x3f, 0, 0x2e, 0xb, false },
		{ 0, 0xf, 0, 0x2e, 0xe, false },
		{ 0, 0x3f, 0x3f, 0x2e, 0x11, false },
		{ 6, 0x3f, 1, 0x2e, 1, false },
		{ -200, 0x3f, 1, 0x2e, 1, false },
		{ 200, 0x3f, 0, 0x2e, 0, false },
	};

	ir.loads.at = loads;
	ir.loads.len = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ir_part part = { 0, rows[i].shift, rows[i].mask, rows[i].flip };

		ck_assert_uint_eq(ir_part_bits(&ir, &part), 6);
		ck_assert(ir_part_apply(&ir, &part, rows[i].value) == rows[i].wanted);
		ck_assert_int_eq(ir_part_is_plain(&ir, &part), rows[i].plain);
	}
}
END_TEST

static void expect_place(struct ir_place place, const char *name)
{
	struct buf text = BUF_INIT;

	ir_place_name(&place, &text);
	ck_assert_str_eq(text.at, name);
	buf_free(&text);
}

START_TEST(places)
{
	struct arena arena = ARENA_INIT;
	struct ir_load raw = { field_make_raw(&arena, FIELD_BASE_TRANSPORT, 0, FIELD_LOAD_HEADER,
					      16, 16), 0, PROTO_META };
	struct ir_load inner = { field_find(&field_protos[PROTO_IP], str_from("saddr")), 0,
				 PROTO_VXLAN };
	struct ir_load header = { field_find(&field_protos[PROTO_VXLAN], str_from("vni")), 0,
				  PROTO_META };
	struct ir_load option = { field_make_raw(&arena, FIELD_BASE_TCP_OPTION, 250,
						 FIELD_LOAD_PRESENCE, 0, 8), 0, PROTO_META };
	struct ir_load deep = { field_find(&field_protos[PROTO_VLAN], str_from("id")), 1,
				PROTO_META };
	struct ir_place a = ir_load_place(&inner), b = ir_load_place(&header);

	expect_place(ir_load_place(&raw), "transport");
	expect_place(a, "vxlan_network");
	expect_place(b, "vxlan_header");
	expect_place(ir_load_place(&option), "tcp_option_250");
	expect_place(ir_load_place(&deep), "link");
	ck_assert(ir_place_equal(&a, &a));
	ck_assert(!ir_place_equal(&a, &b));
	arena_free(&arena);
}
END_TEST

static void expect_name(const char *proto, const char *field, uint8_t depth, const char *name)
{
	struct ir_load load = { field_find(field_find_proto(str_from(proto)), str_from(field)),
				depth, PROTO_META };
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
	expect_name("tcp option", "maxseg size", 0, "tcp_option_maxseg_size");
}
END_TEST

START_TEST(raw_load_names)
{
	struct arena arena = ARENA_INIT;
	const struct field *fields[] = {
		field_make_raw(&arena, FIELD_BASE_TRANSPORT, 0, FIELD_LOAD_HEADER, 16, 16),
		field_make_raw(&arena, FIELD_BASE_TCP_OPTION, 250, FIELD_LOAD_HEADER, 8, 8),
		field_make_raw(&arena, FIELD_BASE_TCP_OPTION, 250, FIELD_LOAD_PRESENCE, 0, 8),
		field_find(&field_protos[PROTO_IP], str_from("saddr")),
	};
	static const char *const names[] = { "raw_th_16_16", "tcp_option_250_8_8",
					     "tcp_option_250", "vxlan_ip_saddr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ir_load load = { fields[i], 0, i == 3 ? PROTO_VXLAN : PROTO_META };
		struct buf text = BUF_INIT;

		ir_load_name(&load, &text);
		ck_assert_str_eq(text.at, names[i]);
		buf_free(&text);
	}
	arena_free(&arena);
}
END_TEST

/* No two rows of the field table make the same name, or a name that C does not take. */
START_TEST(load_names_differ)
{
	for (size_t i = 0; i < field_count; i++) {
		struct ir_load load = { &field_table[i], 0, PROTO_META };
		struct buf name = BUF_INIT;

		ir_load_name(&load, &name);
		ck_assert_uint_eq(strspn(name.at, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				  name.len);
		for (size_t j = 0; j < i; j++) {
			struct ir_load other = { &field_table[j], 0, PROTO_META };
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
	tcase_add_loop_test(tcase, boxes, 0, 100);
	tcase_add_test(tcase, parts);
	tcase_add_test(tcase, places);
	tcase_add_test(tcase, load_names);
	tcase_add_test(tcase, raw_load_names);
	tcase_add_test(tcase, load_names_differ);
	tcase_add_test(tcase, printed_form);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
