/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_type: what texts mean as values, and how values print.  The expected texts are those
 * that nft 1.0.6 printed for the same input.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/type.h"

/* Text in, text out; out NULL: the text is no value of the type. */
struct value_case {
	const struct type *type;
	unsigned int bits;		/* 0: the type's */
	const char *in, *out;
};

static const struct value_case value_cases[] = {
	{ &type_integer, 8, "0", "0" },
	{ &type_integer, 8, "255", "255" },
	{ &type_integer, 8, "0xff", "255" },
	{ &type_integer, 8, "0XfF", "255" },
	{ &type_integer, 8, "010", "8" },
	{ &type_integer, 12, "010", "8" },
	{ &type_integer, 8, "08", NULL },
	{ &type_integer, 8, "0x", NULL },
	{ &type_integer, 8, "0xg", NULL },
	{ &type_integer, 8, "", NULL },
	{ &type_integer, 8, "-1", NULL },
	{ &type_integer, 8, "1 ", NULL },
	{ &type_integer, 8, "a", NULL },
	{ &type_integer, 32, "4294967295", "4294967295" },
	{ &type_integer, 128, "340282366920938463463374607431768211455",
	  "340282366920938463463374607431768211455" },
	{ &type_boolean, 0, "exists", "exists" },
	{ &type_boolean, 0, "0", "missing" },

	{ &type_ether_addr, 0, "0:1:2:3:4:5", "00:01:02:03:04:05" },
	{ &type_ether_addr, 0, "AA:bb:Cc:dD:ee:ff", "aa:bb:cc:dd:ee:ff" },
	{ &type_ether_addr, 0, "5", "00:00:00:00:00:05" },
	{ &type_ether_addr, 0, "10", "00:00:00:00:00:10" },
	{ &type_ether_addr, 0, "00:01:02:03:04", NULL },
	{ &type_ether_addr, 0, "00:01:02:03:04:05:06", NULL },
	{ &type_ether_addr, 0, "00:01:02:03:04:", NULL },
	{ &type_ether_addr, 0, ":01:02:03:04:05", NULL },
	{ &type_ether_addr, 0, "00:01::03:04:05", NULL },
	{ &type_ether_addr, 0, "000:01:02:03:04:05", NULL },
	{ &type_ether_addr, 0, "0g:01:02:03:04:05", NULL },
	{ &type_ether_addr, 0, "", NULL },

	{ &type_ether_type, 0, "0x88cc", "0x88cc" },
	{ &type_ether_type, 0, "5", "0x0005" },
	{ &type_ether_type, 0, "0", "0x0000" },
	{ &type_ether_type, 0, "vlan", "8021q" },
	{ &type_ether_type, 0, "8021ad", "8021ad" },
	{ &type_ether_type, 0, "0x800", "ip" },
	{ &type_ether_type, 0, "ip6", "ip6" },

	{ &type_ipv4_addr, 0, "192.0.2.1", "192.0.2.1" },
	{ &type_ipv4_addr, 0, "010.1.1.1", "8.1.1.1" },
	{ &type_ipv4_addr, 0, "1", "0.0.0.1" },
	{ &type_ipv4_addr, 0, "0x01020304", "1.2.3.4" },
	{ &type_ipv4_addr, 0, "256.0.0.1", NULL },
	{ &type_ipv4_addr, 0, "1.2.3.4 ", NULL },
	{ &type_ipv4_addr, 0, "1.2.3.4.5", NULL },
	{ &type_ipv4_addr, 0, "localhost", NULL },
	{ &type_ipv4_addr, 0, "", NULL },

	{ &type_ipv6_addr, 0, "::1", "::1" },
	{ &type_ipv6_addr, 0, "::", "::" },
	{ &type_ipv6_addr, 0, "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ &type_ipv6_addr, 0, "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
	{ &type_ipv6_addr, 0, "::1.2.3.4", "::1.2.3.4" },
	{ &type_ipv6_addr, 0, "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
	{ &type_ipv6_addr, 0, "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
	{ &type_ipv6_addr, 0, "1.2.3.4", NULL },
	{ &type_ipv6_addr, 0, "fe80::1%lo", NULL },
	{ &type_ipv6_addr, 0, "1:2:3", NULL },

	{ &type_inet_proto, 0, "6", "tcp" },
	{ &type_inet_proto, 0, "TCP", "tcp" },
	{ &type_inet_proto, 0, "IPv6-ICMP", "ipv6-icmp" },
	{ &type_inet_proto, 0, "icmpv6", "ipv6-icmp" },
	{ &type_inet_proto, 0, "hopopt", "ip" },
	{ &type_inet_proto, 0, "7", "7" },
	{ &type_inet_proto, 0, "Tcp", NULL },
	{ &type_inet_proto, 0, "mptcp", NULL },

	{ &type_inet_service, 0, "ssh", "22" },
	{ &type_inet_service, 0, "domain", "53" },
	{ &type_inet_service, 0, "tftp", "69" },
	{ &type_inet_service, 0, "022", "18" },
	{ &type_inet_service, 0, "no-such-service", NULL },
	{ &type_inet_service, 0, "08", NULL },

	{ &type_dscp, 0, "0x2e", "ef" },
	{ &type_dscp, 0, "be", "cs0" },
	{ &type_dscp, 0, "df", "cs0" },
	{ &type_dscp, 0, "1", "lephb" },
	{ &type_dscp, 0, "3", "0x03" },
	{ &type_dscp, 0, "63", "0x3f" },
	{ &type_ecn, 0, "2", "ect0" },
	{ &type_ecn, 0, "ce", "ce" },

	{ &type_icmp_type, 0, "8", "echo-request" },
	{ &type_icmp_type, 0, "200", "200" },
	{ &type_icmp_code, 0, "4", "frag-needed" },
	{ &type_icmp_code, 0, "port-unreachable", "port-unreachable" },
	{ &type_icmp_code, 0, "5", "5" },
	{ &type_icmpv6_type, 0, "mld-listener-reduction", "mld-listener-done" },
	{ &type_icmpv6_type, 0, "143", "mld2-listener-report" },
	{ &type_icmpv6_code, 0, "2", "2" },
	{ &type_icmpv6_code, 0, "6", "reject-route" },

	{ &type_tcp_flag, 0, "syn", "syn" },
	{ &type_tcp_flag, 0, "3", "fin,syn" },
	{ &type_tcp_flag, 0, "0", "0x0" },
	{ &type_tcp_flag, 0, "255", "fin,syn,rst,psh,ack,urg,ecn,cwr" },
	{ &type_tcp_flag, 0, "SYN", NULL },

	{ &type_arp_op, 0, "1", "request" },
	{ &type_arp_op, 0, "0x100", "256" },
	{ &type_mark, 0, "16", "0x00000010" },
	{ &type_mark, 0, "0xffffffff", "0xffffffff" },

	{ &type_ifname, 0, "eth0", "\"eth0\"" },
	{ &type_ifname, 0, "5", "\"5\"" },
	{ &type_ifname, 0, "a b", "\"a b\"" },
	{ &type_ifname, 0, "eth\\*", "\"eth\\*\"" },
	{ &type_ifname, 0, "et*h0", "\"et*h0\"" },
	{ &type_ifname, 0, "et\\\\*h0", "\"et\\\\*h0\"" },
	{ &type_ifname, 0, "\\*", "\"\\*\"" },
	{ &type_ifname, 0, "abcdefghijklmno", "\"abcdefghijklmno\"" },
	{ &type_ifname, 0, "abcdefghijklmnop", NULL },
	{ &type_ifname, 0, "abcdefghijklmn\\*", NULL },
	{ &type_ifname, 0, "*", NULL },
	{ &type_ifname, 0, "", NULL },
	{ &type_iface_index, 0, "lo", "\"lo\"" },
	{ &type_iface_index, 0, "eth*", NULL },
	{ &type_iface_index, 0, "1", NULL },
	{ &type_iface_index, 0, "0x1", NULL },
	{ &type_iface_index, 0, "1a", "\"1a\"" },

	{ &type_pkt_type, 0, "unicast", "host" },
	{ &type_pkt_type, 0, "3", "other" },
	{ &type_pkt_type, 0, "7", "7" },

	{ &type_devgroup, 0, "default", "\"default\"" },
	{ &type_devgroup, 0, "5", "5" },
	{ &type_day, 0, "6", "\"Saturday\"" },
	{ &type_day, 0, "Sat", NULL },
	{ &type_classid, 0, "1:2", "1:2" },
	{ &type_classid, 0, "0x10002", "1:2" },
	{ &type_classid, 0, "ffff:", "ffff:0" },
	{ &type_classid, 0, "none", "none" },
	{ &type_classid, 0, "0xffffffff", "root" },
	{ &type_classid, 0, "1:2:3", NULL },
	{ &type_classid, 0, "10000:1", NULL },
	{ &type_uid, 0, "root", "0" },
	{ &type_gid, 0, "root", "0" },
	{ &type_uid, 0, "1000", "1000" },
	{ &type_uid, 0, "no-such-user", NULL },
	{ &type_bitmask, 8, "0x81", "0x1,0x80" },
	{ &type_dccp_pkttype, 0, "2", "data" },

	/* main() sets the zone two hours ahead of UTC. */
	{ &type_time, 0, "2024-01-01 10:00:00", "\"2024-01-01 10:00:00\"" },
	{ &type_time, 0, "2024-01-01 10:00", "\"2024-01-01 10:00:00\"" },
	{ &type_time, 0, "2024-01-01", "\"2024-01-01 00:00:00\"" },
	{ &type_time, 0, "1700000000", "\"2023-11-15 00:13:20\"" },
	{ &type_time, 0, "2024-01-01x", NULL },
	{ &type_time, 0, "2024-13-01", NULL },
	{ &type_hour, 0, "17:00", "\"17:00\"" },
	{ &type_hour, 0, "17:00:30", "\"17:00:30\"" },
	{ &type_hour, 0, "00:30", "\"00:30\"" },
	{ &type_hour, 0, "3600", "\"03:00\"" },
	{ &type_hour, 0, "25:00", NULL },
	{ &type_hour, 0, "17:00pm", NULL },
};

START_TEST(values)
{
	const struct value_case *it = &value_cases[_i];
	unsigned int bits = it->bits ? it->bits : it->type->bits;
	u128 lo = 42, hi = 43;
	enum type_parsed parsed = type_parse(it->type, bits, str_from(it->in), &lo, &hi);

	if (!it->out) {
		ck_assert_msg(parsed == TYPE_PARSED_UNKNOWN, "'%s' is %d", it->in, parsed);
		ck_assert(lo == 42 && hi == 43);
	} else {
		struct buf out = BUF_INIT;

		ck_assert_msg(parsed == TYPE_PARSED_VALUE, "'%s' is %d", it->in, parsed);
		ck_assert(lo == hi);
		type_print(it->type, bits, lo, &out);
		ck_assert_str_eq(out.at, it->out);
		buf_free(&out);
	}
}
END_TEST

START_TEST(too_big)
{
	static const struct value_case cases[] = {
		{ &type_integer, 8, "256", NULL },
		{ &type_integer, 1, "2", NULL },
		{ &type_integer, 12, "4096", NULL },
		{ &type_integer, 12, "010000", NULL },
		{ &type_integer, 20, "0x100000", NULL },
		{ &type_integer, 128, "340282366920938463463374607431768211456", NULL },
		{ &type_integer, 128, "0x100000000000000000000000000000000", NULL },
		{ &type_integer, 8, "99999999999999999999999999999999999999999999", NULL },
		{ &type_inet_service, 16, "65536", NULL },
		{ &type_inet_proto, 8, "256", NULL },
		{ &type_dscp, 6, "64", NULL },
		{ &type_ecn, 2, "4", NULL },
		{ &type_mark, 32, "0x100000000", NULL },
		{ &type_pkt_type, 8, "256", NULL },
		{ &type_tcp_flag, 8, "256", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u128 lo = 42, hi = 43;

		ck_assert_msg(type_parse(cases[i].type, cases[i].bits, str_from(cases[i].in),
					 &lo, &hi) == TYPE_PARSED_TOO_BIG, "'%s'", cases[i].in);
		ck_assert(lo == 42 && hi == 43);
	}
}
END_TEST

START_TEST(ifname_prefix)
{
	static const uint8_t lo_bytes[16] = "eth";
	uint8_t hi_bytes[16] = "eth";
	u128 lo = 0, hi = 0;

	memset(hi_bytes + 3, 0xff, 13);
	ck_assert(type_parse(&type_ifname, 128, str_from("eth*"), &lo, &hi) == TYPE_PARSED_RANGE);
	ck_assert(lo == u128_from_bytes(lo_bytes, 16));
	ck_assert(hi == u128_from_bytes(hi_bytes, 16));
	ck_assert(type_parse(&type_ifname, 128, str_from("abcdefghijklmn*"), &lo, &hi) ==
		  TYPE_PARSED_RANGE);
	ck_assert(hi - lo == 0xffff);
	ck_assert(type_parse(&type_ifname, 128, str_from("abcdefghijklmno*"), &lo, &hi) ==
		  TYPE_PARSED_UNKNOWN);
}
END_TEST

/* Only LEN bytes of a text count, and a NUL among them is no end. */
START_TEST(bounded_text)
{
	u128 lo = 0, hi = 0;

	ck_assert(type_parse(&type_ipv4_addr, 32, (struct str){ "1.2.3.45", 7 }, &lo, &hi) ==
		  TYPE_PARSED_VALUE);
	ck_assert(lo == 0x01020304);
	ck_assert(type_parse(&type_ipv4_addr, 32, (struct str){ "1.2.3.4\0005", 9 }, &lo, &hi) ==
		  TYPE_PARSED_UNKNOWN);
	ck_assert(type_parse(&type_ifname, 128, (struct str){ "lo\0x", 4 }, &lo, &hi) ==
		  TYPE_PARSED_UNKNOWN);
	ck_assert(type_parse(&type_inet_service, 16, (struct str){ "sshd", 3 }, &lo, &hi) ==
		  TYPE_PARSED_VALUE);
	ck_assert(lo == 22);
}
END_TEST

/* What is printed, less its quotes. */
static struct str inside(const struct buf *out)
{
	struct str text = buf_str(out);

	return text.at[0] == '"' ? (struct str){ text.at + 1, text.len - 2 } : text;
}

START_TEST(every_symbol)
{
	for (const struct type *const *type = type_all; *type; type++) {
		const struct type_symbol *symbol = (*type)->symbols;

		for (; symbol && symbol->name; symbol++) {
			struct str_nearest near = { .word = str_from(symbol->name) };
			struct buf out = BUF_INIT;
			u128 lo = 0, hi = 0, again = 0;

			ck_assert_msg(type_parse(*type, (*type)->bits, str_from(symbol->name),
						 &lo, &hi) == TYPE_PARSED_VALUE, "%s %s",
				      (*type)->name, symbol->name);
			ck_assert(lo == symbol->value && hi == lo);
			type_print(*type, (*type)->bits, lo, &out);
			ck_assert(type_parse(*type, (*type)->bits, inside(&out), &again, &hi) ==
				  TYPE_PARSED_VALUE);
			ck_assert(again == lo);
			buf_free(&out);
			type_suggest(*type, &near);
			ck_assert_str_eq(near.best, symbol->name);
		}
	}
}
END_TEST

START_TEST(names)
{
	for (const struct type *const *type = type_all; *type; type++) {
		ck_assert(type_find(str_from((*type)->name)) == *type);
		ck_assert_uint_ge((*type)->bits, 1);
		ck_assert_uint_le((*type)->bits, 128);
		ck_assert_ptr_nonnull((*type)->doc);
	}
	ck_assert_ptr_null(type_find(str_from("ipv4")));
	ck_assert_ptr_null(type_find(str_from("")));
}
END_TEST

/* The zone is two hours ahead of UTC, and a day has no end. */
START_TEST(times)
{
	u128 lo = 0, hi = 0;

	ck_assert(type_parse(&type_time, 64, str_from("2024-01-01 10:00"), &lo, &hi) ==
		  TYPE_PARSED_VALUE);
	ck_assert(lo == (u128)1704096000 * 1000000000);
	ck_assert(type_parse(&type_hour, 32, str_from("01:00"), &lo, &hi) == TYPE_PARSED_VALUE);
	ck_assert(lo == 23 * 3600);
	ck_assert(type_parse(&type_time, 64, str_from("18446744074"), &lo, &hi) ==
		  TYPE_PARSED_TOO_BIG);
}
END_TEST

START_TEST(other_forms)
{
	struct buf out = BUF_INIT;

	type_print_flags(&type_tcp_flag, 8, 0x12, " | ", &out);
	buf_putc(&out, ' ');
	type_print_number(&type_tcp_flag, 8, 0x12, &out);
	buf_putc(&out, ' ');
	type_print_number(&type_dscp, 6, 8, &out);
	buf_putc(&out, ' ');
	type_print_number(&type_inet_proto, 8, 6, &out);
	ck_assert_str_eq(out.at, "syn | ack 0x12 0x08 6");
	buf_free(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("type");
	TCase *tcase = tcase_create("type");
	SRunner *runner = srunner_create(suite);
	int failed;

	setenv("TZ", "XTZ-2", 1);
	tcase_add_loop_test(tcase, values, 0,
			    (int)(sizeof(value_cases) / sizeof(value_cases[0])));
	tcase_add_test(tcase, too_big);
	tcase_add_test(tcase, ifname_prefix);
	tcase_add_test(tcase, bounded_text);
	tcase_add_test(tcase, every_symbol);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, times);
	tcase_add_test(tcase, other_forms);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
