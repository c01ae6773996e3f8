/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_field: the table of fields is sound, and its rows sit where the standards put them.
 */
#include <arpa/inet.h>
#include <check.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/igmp.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdlib.h>

#include "compiler/field.h"

static const struct field *find(const char *proto_name, const char *name)
{
	const struct proto *proto = field_find_proto(str_from(proto_name));
	const struct field *field;

	ck_assert_msg(proto, "no proto %s", proto_name);
	field = field_find(proto, str_from(name));
	ck_assert_msg(field, "no field %s %s", proto_name, name);
	return field;
}

START_TEST(rows)
{
	for (size_t i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		const struct proto *proto = field_proto(field);

		ck_assert_uint_ge(field->bit_len, 1);
		ck_assert_uint_le(field->bit_len, 128);
		ck_assert_ptr_nonnull(field->type);
		ck_assert_ptr_nonnull(field->doc);
		ck_assert_uint_ne(field->ops, 0);
		ck_assert(field->type == &type_integer || field->type == &type_bitmask ||
			  field->type == &type_boolean || field->type->bits == field->bit_len);
		ck_assert((field->load == FIELD_LOAD_HEADER ||
			   field->load == FIELD_LOAD_PRESENCE) == (field->proto != PROTO_META));
		ck_assert(field->load != FIELD_LOAD_PRESENCE || field->type == &type_boolean);
		ck_assert_uint_le(field->icmp_type_count, sizeof(field->icmp_types));
		ck_assert_int_eq(field_base_of(field), proto->base);
		ck_assert(!field->bare || field->proto == PROTO_META);
		ck_assert(field->bare || !field->listed_bare);
		ck_assert_ptr_eq(field_find(proto, str_from(field->name)), field);
		ck_assert_ptr_eq(field_find_bare(str_from(field->name)),
				 field->bare ? field : NULL);
		if (field->load == FIELD_LOAD_HEADER)
			ck_assert_uint_le(field_base_bit(field, 0) + field->bit_len,
					  field_need_bytes(field, 0) * 8);
		else
			ck_assert_uint_eq(field_need_bytes(field, 0), 0);
	}
}
END_TEST

START_TEST(protos)
{
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		const struct proto *proto = &field_protos[i];
		bool has_field = false;

		ck_assert_ptr_eq(field_find_proto(str_from(proto->name)), proto);
		ck_assert_ptr_nonnull(proto->doc);
		for (size_t j = 0; j < field_count; j++)
			has_field |= field_proto(&field_table[j]) == proto;
		ck_assert(has_field || i == PROTO_GRETAP || i == PROTO_RAW);
	}
	ck_assert_ptr_null(field_find_proto(str_from("tc")));
	ck_assert_uint_eq(field_protos[PROTO_IP].ether_type, ETHERTYPE_IP);
	ck_assert_uint_eq(field_protos[PROTO_IP6].ether_type, ETHERTYPE_IPV6);
	ck_assert_uint_eq(field_protos[PROTO_ARP].ether_type, ETHERTYPE_ARP);
	ck_assert_uint_eq(field_protos[PROTO_VLAN].ether_type, ETHERTYPE_VLAN);
	ck_assert_uint_eq(field_protos[PROTO_TCP].l4proto, IPPROTO_TCP);
	ck_assert_uint_eq(field_protos[PROTO_UDP].l4proto, IPPROTO_UDP);
	ck_assert_uint_eq(field_protos[PROTO_ICMP].l4proto, IPPROTO_ICMP);
	ck_assert_uint_eq(field_protos[PROTO_ICMPV6].l4proto, IPPROTO_ICMPV6);
}
END_TEST

/* Fields of whole bytes, against the C library's own headers. */
START_TEST(whole_bytes)
{
#define ROW(proto, name, type, member) \
	{ proto, name, offsetof(type, member), sizeof(((type *)NULL)->member) }
	static const struct {
		const char *proto, *name;
		size_t off, len;
	} cases[] = {
		ROW("ether", "daddr", struct ether_header, ether_dhost),
		ROW("ether", "saddr", struct ether_header, ether_shost),
		ROW("ether", "type", struct ether_header, ether_type),
		ROW("arp", "htype", struct ether_arp, ea_hdr.ar_hrd),
		ROW("arp", "ptype", struct ether_arp, ea_hdr.ar_pro),
		ROW("arp", "hlen", struct ether_arp, ea_hdr.ar_hln),
		ROW("arp", "plen", struct ether_arp, ea_hdr.ar_pln),
		ROW("arp", "operation", struct ether_arp, ea_hdr.ar_op),
		ROW("arp", "saddr ether", struct ether_arp, arp_sha),
		ROW("arp", "saddr ip", struct ether_arp, arp_spa),
		ROW("arp", "daddr ether", struct ether_arp, arp_tha),
		ROW("arp", "daddr ip", struct ether_arp, arp_tpa),
		ROW("ip", "length", struct iphdr, tot_len),
		ROW("ip", "id", struct iphdr, id),
		ROW("ip", "frag-off", struct iphdr, frag_off),
		ROW("ip", "ttl", struct iphdr, ttl),
		ROW("ip", "protocol", struct iphdr, protocol),
		ROW("ip", "checksum", struct iphdr, check),
		ROW("ip", "saddr", struct iphdr, saddr),
		ROW("ip", "daddr", struct iphdr, daddr),
		ROW("ip6", "length", struct ip6_hdr, ip6_plen),
		ROW("ip6", "nexthdr", struct ip6_hdr, ip6_nxt),
		ROW("ip6", "hoplimit", struct ip6_hdr, ip6_hlim),
		ROW("ip6", "saddr", struct ip6_hdr, ip6_src),
		ROW("ip6", "daddr", struct ip6_hdr, ip6_dst),
		ROW("icmp", "type", struct icmphdr, type),
		ROW("icmp", "code", struct icmphdr, code),
		ROW("icmpv6", "type", struct icmp6_hdr, icmp6_type),
		ROW("icmpv6", "code", struct icmp6_hdr, icmp6_code),
		ROW("tcp", "sport", struct tcphdr, th_sport),
		ROW("tcp", "dport", struct tcphdr, th_dport),
		ROW("tcp", "sequence", struct tcphdr, th_seq),
		ROW("tcp", "ackseq", struct tcphdr, th_ack),
		ROW("tcp", "flags", struct tcphdr, th_flags),
		ROW("tcp", "window", struct tcphdr, th_win),
		ROW("tcp", "checksum", struct tcphdr, th_sum),
		ROW("tcp", "urgptr", struct tcphdr, th_urp),
		ROW("udp", "sport", struct udphdr, uh_sport),
		ROW("udp", "dport", struct udphdr, uh_dport),
		ROW("udp", "length", struct udphdr, uh_ulen),
		ROW("udp", "checksum", struct udphdr, uh_sum),
		ROW("icmp", "checksum", struct icmphdr, checksum),
		ROW("icmp", "id", struct icmphdr, un.echo.id),
		ROW("icmp", "sequence", struct icmphdr, un.echo.sequence),
		ROW("icmp", "gateway", struct icmphdr, un.gateway),
		ROW("icmp", "mtu", struct icmphdr, un.frag.mtu),
		ROW("igmp", "type", struct igmp, igmp_type),
		ROW("igmp", "mrt", struct igmp, igmp_code),
		ROW("igmp", "checksum", struct igmp, igmp_cksum),
		ROW("igmp", "group", struct igmp, igmp_group),
		ROW("icmpv6", "checksum", struct icmp6_hdr, icmp6_cksum),
		ROW("icmpv6", "parameter-problem", struct icmp6_hdr, icmp6_pptr),
		ROW("icmpv6", "mtu", struct icmp6_hdr, icmp6_mtu),
		ROW("icmpv6", "id", struct icmp6_hdr, icmp6_id),
		ROW("icmpv6", "sequence", struct icmp6_hdr, icmp6_seq),
		ROW("icmpv6", "max-delay", struct icmp6_hdr, icmp6_maxdelay),
		ROW("hbh", "nexthdr", struct ip6_hbh, ip6h_nxt),
		ROW("hbh", "hdrlength", struct ip6_hbh, ip6h_len),
		ROW("dst", "nexthdr", struct ip6_dest, ip6d_nxt),
		ROW("dst", "hdrlength", struct ip6_dest, ip6d_len),
		ROW("rt", "nexthdr", struct ip6_rthdr, ip6r_nxt),
		ROW("rt", "hdrlength", struct ip6_rthdr, ip6r_len),
		ROW("rt", "type", struct ip6_rthdr, ip6r_type),
		ROW("rt", "seg-left", struct ip6_rthdr, ip6r_segleft),
		ROW("frag", "nexthdr", struct ip6_frag, ip6f_nxt),
		ROW("frag", "reserved", struct ip6_frag, ip6f_reserved),
		ROW("frag", "id", struct ip6_frag, ip6f_ident),
		ROW("th", "sport", struct udphdr, uh_sport),
		ROW("th", "dport", struct udphdr, uh_dport),
	};
#undef ROW

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct field *field = find(cases[i].proto, cases[i].name);

		ck_assert_msg(field_base_bit(field, 0) == cases[i].off * 8, "%s %s",
			      cases[i].proto, cases[i].name);
		ck_assert_msg(field->bit_len == cases[i].len * 8, "%s %s", cases[i].proto,
			      cases[i].name);
	}
}
END_TEST

/* Fields of some bits, against a header written by hand. */
START_TEST(some_bits)
{
	static const struct {
		const char *proto, *name;
		uint8_t bytes[20];	/* from the base on */
		unsigned int value;
	} cases[] = {
		{ "ip", "version", { 0x45 }, 4 },
		{ "ip", "hdrlength", { 0x45 }, 5 },
		{ "ip", "dscp", { 0x45, 0xb9 }, 46 },
		{ "ip", "ecn", { 0x45, 0xb9 }, 1 },
		{ "ip6", "version", { 0x6b, 0x91, 0x23, 0x45 }, 6 },
		{ "ip6", "dscp", { 0x6b, 0x91, 0x23, 0x45 }, 46 },
		{ "ip6", "ecn", { 0x6b, 0x91, 0x23, 0x45 }, 1 },
		{ "ip6", "flowlabel", { 0x6b, 0x91, 0x23, 0x45 }, 0x12345 },
		{ "tcp", "doff", { [12] = 0x5a }, 5 },
		{ "tcp", "reserved", { [12] = 0x5a }, 10 },
		{ "vlan", "pcp", { [14] = 0xb1, 0x23 }, 5 },
		{ "vlan", "dei", { [14] = 0xb1, 0x23 }, 1 },
		{ "vlan", "cfi", { [14] = 0xb1, 0x23 }, 1 },
		{ "vlan", "id", { [14] = 0xb1, 0x23 }, 0x123 },
		{ "vlan", "type", { [16] = 0x08, 0x06 }, 0x806 },
		{ "frag", "frag-off", { [2] = 0x12, 0x3d }, 0x123d >> 3 },
		{ "frag", "reserved2", { [2] = 0x12, 0x3d }, 2 },
		{ "frag", "more-fragments", { [2] = 0x12, 0x3d }, 1 },
		{ "mh", "type", { [2] = 0x12, 0x34, 0x56, 0x78 }, 0x12 },
		{ "mh", "checksum", { [2] = 0x12, 0x34, 0x56, 0x78 }, 0x5678 },
		{ "srh", "last-entry", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x12 },
		{ "srh", "flags", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x34 },
		{ "srh", "tag", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x5678 },
		{ "dccp", "type", { [8] = 0x2d }, 6 },
		{ "udplite", "csumcov", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x1234 },
		{ "udplite", "checksum", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x5678 },
		{ "sctp", "vtag", { [4] = 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12345678 },
		{ "sctp", "checksum", { [8] = 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12345678 },
		{ "esp", "spi", { 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12345678 },
		{ "esp", "sequence", { [4] = 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12345678 },
		{ "ah", "nexthdr", { 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12 },
		{ "ah", "hdrlength", { 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x34 },
		{ "ah", "reserved", { 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x5678 },
		{ "ah", "spi", { [4] = 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12345678 },
		{ "ah", "sequence", { [8] = 0x12, 0x34, 0x56, 0x78, 0x9a }, 0x12345678 },
		{ "comp", "nexthdr", { 0x12, 0x34, 0x56, 0x78 }, 0x12 },
		{ "comp", "flags", { 0x12, 0x34, 0x56, 0x78 }, 0x34 },
		{ "comp", "cpi", { 0x12, 0x34, 0x56, 0x78 }, 0x5678 },
		{ "ip option", "rr ptr", { 0x12, 0x34, 0x56, 0x78 }, 0x56 },
		{ "ip option", "lsrr addr", { [3] = 0x12, 0x34, 0x56, 0x78 }, 0x12345678 },
		{ "ip option", "ra value", { [2] = 0x12, 0x34, 0x56, 0x78 }, 0x1234 },
		{ "tcp option", "maxseg size", { [2] = 0x12, 0x34, 0x56, 0x78 }, 0x1234 },
		{ "tcp option", "mss size", { [2] = 0x12, 0x34, 0x56, 0x78 }, 0x1234 },
		{ "tcp option", "window count", { [2] = 0x12, 0x34 }, 0x12 },
		{ "tcp option", "sack0 right", { [6] = 0x12, 0x34, 0x56, 0x78 }, 0x12345678 },
		{ "tcp option", "sack1 left", { [10] = 0x12, 0x34, 0x56, 0x78 }, 0x12345678 },
		{ "tcp option", "timestamp tsecr", { [6] = 0x12, 0x34, 0x56, 0x78 }, 0x12345678 },
		{ "tcp option", "mptcp subtype", { [2] = 0x12 }, 1 },
		{ "sctp chunk", "data length", { [2] = 0x12, 0x34, 0x56, 0x78 }, 0x1234 },
		{ "sctp chunk", "data ppid", { [12] = 0x12, 0x34, 0x56, 0x78 }, 0x12345678 },
		{ "sctp chunk", "init initial-tsn", { [16] = 0x12, 0x34, 0x56, 0x78 },
		  0x12345678 },
		{ "vxlan", "vni", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x123456 },
		{ "geneve", "vni", { [4] = 0x12, 0x34, 0x56, 0x78 }, 0x123456 },
		{ "gre", "flags", { 0xb0, 0x05 }, 0x16 },
		{ "gre", "version", { 0xb0, 0x05 }, 5 },
		{ "gre", "protocol", { [2] = 0x08, 0x06 }, 0x806 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct field *field = find(cases[i].proto, cases[i].name);
		unsigned int value = 0;

		for (unsigned int bit = 0; bit < field->bit_len; bit++) {
			unsigned int at = field_base_bit(field, 0) + bit;

			value = value << 1 | (cases[i].bytes[at / 8] >> (7 - at % 8) & 1);
		}
		ck_assert_msg(value == cases[i].value, "%s %s is %u", cases[i].proto,
			      cases[i].name, value);
	}
}
END_TEST

START_TEST(bounds)
{
	ck_assert_uint_eq(field_need_bytes(find("ip", "ttl"), 0), 20);
	ck_assert_uint_eq(field_need_bytes(find("ip6", "saddr"), 0), 40);
	ck_assert_uint_eq(field_need_bytes(find("tcp", "dport"), 0), 4);
	ck_assert_uint_eq(field_need_bytes(find("tcp", "flags"), 0), 14);
	ck_assert_uint_eq(field_need_bytes(find("icmp", "type"), 0), 1);
	ck_assert_uint_eq(field_need_bytes(find("arp", "operation"), 0), 8);
	ck_assert_uint_eq(field_need_bytes(find("vlan", "id"), 0), 16);
	ck_assert_uint_eq(field_need_bytes(find("vlan", "type"), 0), 18);
	ck_assert_uint_eq(field_need_bytes(find("vlan", "id"), 1), 20);
	ck_assert_uint_eq(field_base_bit(find("vlan", "id"), 2), (14 + 8) * 8 + 4);
	ck_assert_uint_eq(field_base_bit(find("ip", "ttl"), 0), 64);
}
END_TEST

START_TEST(loads)
{
	static const struct {
		enum field_load load;
		const char *name;
	} cases[] = {
		{ FIELD_LOAD_PROTOCOL, "protocol" },
		{ FIELD_LOAD_L4PROTO, "l4proto" },
		{ FIELD_LOAD_LENGTH, "length" },
		{ FIELD_LOAD_IFNAME, "iif" },
		{ FIELD_LOAD_PKTTYPE, "pkttype" },
		{ FIELD_LOAD_NFPROTO, "nfproto" },
		{ FIELD_LOAD_ZERO, "mark" },
		{ FIELD_LOAD_HOUR, "hour" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_ptr_eq(field_find_load(cases[i].load), find("meta", cases[i].name));
}
END_TEST

static const struct field *find_words(enum proto_id proto, const char *a, const char *b,
				      const char *c, size_t *ret_used)
{
	struct str words[] = { str_from(a), str_from(b), str_from(c) };

	return field_find_words(&field_protos[proto], words, 3, ret_used);
}

/* The longest name that the words begin with. */
START_TEST(several_words)
{
	const struct field *field;
	size_t used = 0;

	field = find_words(PROTO_TCP_OPTION, "maxseg", "size", "5", &used);
	ck_assert_str_eq(field->name, "maxseg size");
	ck_assert_uint_eq(used, 2);
	field = find_words(PROTO_TCP_OPTION, "mss", "exists", "accept", &used);
	ck_assert_str_eq(field->name, "maxseg");
	ck_assert_uint_eq(used, 1);
	ck_assert_int_eq(field->load, FIELD_LOAD_PRESENCE);
	field = find_words(PROTO_SCTP_CHUNK, "init-ack", "a-rwnd", "5", &used);
	ck_assert_uint_eq(field->number, 2);
	ck_assert_uint_eq(used, 2);
	ck_assert_ptr_null(find_words(PROTO_TCP_OPTION, "max", "seg", "size", &used));
	ck_assert_ptr_null(find_words(PROTO_TCP, "maxseg", "size", "", &used));
}
END_TEST

START_TEST(raw)
{
	struct arena arena = ARENA_INIT;
	const struct field *field = field_make_raw(&arena, FIELD_BASE_TRANSPORT, 0,
						   FIELD_LOAD_HEADER, 12, 20);

	ck_assert_str_eq(field->name, "@th,12,20");
	ck_assert_int_eq(field_base_of(field), FIELD_BASE_TRANSPORT);
	ck_assert_uint_eq(field_need_bytes(field, 0), 4);
	ck_assert_uint_eq(field_base_bit(field, 0), 12);
	field = field_make_raw(&arena, FIELD_BASE_TCP_OPTION, 250, FIELD_LOAD_HEADER, 8, 16);
	ck_assert_str_eq(field->name, "@250,8,16");
	ck_assert_int_eq(field_base_of(field), FIELD_BASE_TCP_OPTION);
	ck_assert_uint_eq(field->number, 250);
	field = field_make_raw(&arena, FIELD_BASE_TCP_OPTION, 250, FIELD_LOAD_PRESENCE, 0, 0);
	ck_assert_str_eq(field->name, "250");
	ck_assert_uint_eq(field_need_bytes(field, 0), 0);
	arena_free(&arena);
}
END_TEST

START_TEST(suggestions)
{
	struct str_nearest proto = { .word = str_from("tpc") };
	struct str_nearest field = { .word = str_from("dpotr") };

	field_suggest_proto(&proto);
	ck_assert_str_eq(proto.best, "tcp");
	field_suggest(&field_protos[PROTO_TCP], &field);
	ck_assert_str_eq(field.best, "dport");
	ck_assert_ptr_null(field_find(&field_protos[PROTO_UDP], str_from("flags")));
	ck_assert_ptr_null(field_find_bare(str_from("protocol")));
	ck_assert_ptr_null(field_find_bare(str_from("saddr")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("field");
	TCase *tcase = tcase_create("field");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, rows);
	tcase_add_test(tcase, protos);
	tcase_add_test(tcase, whole_bytes);
	tcase_add_test(tcase, some_bits);
	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, loads);
	tcase_add_test(tcase, several_words);
	tcase_add_test(tcase, raw);
	tcase_add_test(tcase, suggestions);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
