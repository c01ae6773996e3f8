/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_print: bound ASTs made by hand, and the lines that nft 1.0.6 lists for such rules.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/print.h"

static const struct field *field(const char *proto, const char *name)
{
	const struct field *found = field_find(field_find_proto(str_from(proto)), str_from(name));

	ck_assert_msg(found, "%s %s", proto, name);
	return found;
}

static u128 value(const struct type *type, const char *text)
{
	u128 lo = 0, hi = 0;

	ck_assert_msg(type_parse(type, type->bits, str_from(text), &lo, &hi) ==
		      TYPE_PARSED_VALUE, "%s", text);
	return lo;
}

/* What the values below live in. */
static struct arena scratch = ARENA_INIT;

static struct bind_element one(u128 lo)
{
	return (struct bind_element){ .value = { .lo = lo, .hi = lo } };
}

static struct bind_element block(enum bind_element_form form, u128 lo, u128 hi)
{
	return (struct bind_element){ .value = { .lo = lo, .hi = hi, .form = form } };
}

static void add_part(struct bind_key *key, const struct field *of, u128 mask)
{
	*vec_push(&scratch, &key->parts) = (struct bind_part){ .field = of, .mask = mask };
}

static struct bind_key key_of(const struct field *of)
{
	struct bind_key key = { .wide_bits = 0 };

	add_part(&key, of, u128_max(of->bit_len));
	return key;
}

static struct bind_stmt match(const struct field *of, enum bind_match_op op,
			      struct bind_element element)
{
	return (struct bind_stmt){ .kind = BIND_STMT_MATCH, .key = key_of(of), .op = op,
				   .value = element };
}

static struct bind_stmt use(const struct field *of, struct bind_set *set)
{
	return (struct bind_stmt){ .kind = BIND_STMT_MATCH, .key = key_of(of), .set = set };
}

static struct bind_stmt masked(const struct field *of, u128 mask, enum bind_match_op op, u128 v)
{
	struct bind_stmt stmt = match(of, op, one(v));

	stmt.key.parts.at[0].mask = mask;
	return stmt;
}

static struct bind_stmt slashed(enum bind_match_op op, u128 v, u128 mask)
{
	struct bind_stmt stmt = masked(field("tcp", "flags"), mask, op, v);

	stmt.mask_slash = true;
	return stmt;
}

static struct bind_set set_of(const struct type *type)
{
	struct bind_set set = { .map = AST_MAP_NONE };

	*vec_push(&scratch, &set.kinds) = (struct bind_kind){ type, type->bits };
	return set;
}

static void add(struct arena *arena, struct bind_set *set, struct bind_element element)
{
	*vec_push(arena, &set->elements) = element;
}

/* What a rule of the one statement prints as. */
static void expect(struct bind_stmt stmt, const char *text)
{
	struct print_options options = { .stateless = false };
	struct bind_rule rule = { .stmts = { .at = &stmt, .len = 1, .cap = 1 } };
	struct buf out = BUF_INIT;

	print_rule(&rule, &options, &out);
	ck_assert_str_eq(out.at, text);
	buf_free(&out);
}

START_TEST(fields)
{
	expect(match(field("tcp", "dport"), BIND_MATCH_EQ, one(22)), "tcp dport 22");
	expect(match(field("tcp", "dport"), BIND_MATCH_NEQ, one(22)), "tcp dport != 22");
	expect(match(field("vlan", "cfi"), BIND_MATCH_EQ, one(1)), "vlan dei 1");
	expect(match(field("arp", "saddr ip"), BIND_MATCH_EQ, one(0x01020304)),
	       "arp saddr ip 1.2.3.4");
	expect(match(field("meta", "iifname"), BIND_MATCH_EQ, one(value(&type_ifname, "lo"))),
	       "iifname \"lo\"");
	expect(match(field("meta", "iif"), BIND_MATCH_NEQ, one(value(&type_ifname, "lo"))),
	       "iif != \"lo\"");
	expect(match(field("meta", "mark"), BIND_MATCH_EQ, one(16)), "meta mark 0x00000010");
	expect(match(field("meta", "pkttype"), BIND_MATCH_EQ, one(0)), "meta pkttype host");
	expect(match(field("ip", "protocol"), BIND_MATCH_GT, one(6)), "ip protocol > tcp");
	expect(match(field("ip", "ttl"), BIND_MATCH_LT, one(5)), "ip ttl < 5");
	expect(match(field("ip", "ttl"), BIND_MATCH_LTE, one(5)), "ip ttl <= 5");
	expect(match(field("ip", "ttl"), BIND_MATCH_GTE, one(5)), "ip ttl >= 5");
}
END_TEST

START_TEST(blocks)
{
	u128 lo = 0, hi = 0;

	expect(match(field("ip", "saddr"), BIND_MATCH_EQ,
		     block(BIND_FORM_PREFIX, 0x0a000000, 0x0affffff)), "ip saddr 10.0.0.0/8");
	expect(match(field("ip", "saddr"), BIND_MATCH_EQ,
		     block(BIND_FORM_PREFIX, 0, 0xffffffff)), "ip saddr 0.0.0.0/0");
	expect(match(field("ip6", "saddr"), BIND_MATCH_NEQ,
		     block(BIND_FORM_PREFIX, 0, ~(u128)0)), "ip6 saddr != ::/0");
	expect(match(field("ip6", "saddr"), BIND_MATCH_EQ,
		     block(BIND_FORM_PREFIX, (u128)0xfe8 << 116, ((u128)0xfec << 116) - 1)),
	       "ip6 saddr fe80::/10");
	expect(match(field("ip", "saddr"), BIND_MATCH_EQ,
		     block(BIND_FORM_RANGE, 0x0a000000, 0x0a0000ff)),
	       "ip saddr 10.0.0.0-10.0.0.255");
	expect(match(field("tcp", "dport"), BIND_MATCH_EQ, block(BIND_FORM_RANGE, 1, 1)),
	       "tcp dport 1-1");
	expect(match(field("ip", "protocol"), BIND_MATCH_EQ, block(BIND_FORM_RANGE, 1, 6)),
	       "ip protocol 1-6");
	expect(match(field("ip", "dscp"), BIND_MATCH_EQ, block(BIND_FORM_RANGE, 0, 8)),
	       "ip dscp 0x00-0x08");
	expect(match(field("ether", "type"), BIND_MATCH_EQ,
		     block(BIND_FORM_RANGE, 0x800, 0x806)), "ether type 0x0800-0x0806");
	expect(match(field("ether", "saddr"), BIND_MATCH_EQ, block(BIND_FORM_RANGE, 1, 5)),
	       "ether saddr 00:00:00:00:00:01-00:00:00:00:00:05");
	expect(match(field("meta", "mark"), BIND_MATCH_EQ, block(BIND_FORM_PREFIX, 16, 31)),
	       "meta mark 0x00000010/28");
	expect(match(field("tcp", "flags"), BIND_MATCH_NEQ, block(BIND_FORM_RANGE, 2, 5)),
	       "tcp flags != 0x2-0x5");
	ck_assert(type_parse(&type_ifname, 128, str_from("eth*"), &lo, &hi) == TYPE_PARSED_RANGE);
	expect(match(field("meta", "iifname"), BIND_MATCH_EQ, block(BIND_FORM_PREFIX, lo, hi)),
	       "iifname \"eth*\"");
	expect(match(field("meta", "iifname"), BIND_MATCH_EQ,
		     one(value(&type_ifname, "eth\\*"))), "iifname \"eth\\*\"");
}
END_TEST

START_TEST(masks)
{
	struct bind_stmt stmt;

	expect(masked(field("ip", "frag-off"), 0x1fff, BIND_MATCH_NEQ, 0),
	       "ip frag-off & 8191 != 0");
	expect(masked(field("meta", "mark"), 0xff, BIND_MATCH_EQ_EXPLICIT, 3),
	       "meta mark & 0x000000ff == 0x00000003");
	expect(masked(field("ip", "saddr"), 0xffff00ff, BIND_MATCH_EQ_EXPLICIT, 0x01020003),
	       "ip saddr & 255.255.0.255 == 1.2.0.3");
	expect(masked(field("ether", "saddr"), (u128)0xff << 40, BIND_MATCH_EQ_EXPLICIT,
		      (u128)2 << 40),
	       "ether saddr & ff:00:00:00:00:00 == 02:00:00:00:00:00");
	expect(masked(field("ip", "protocol"), 1, BIND_MATCH_EQ_EXPLICIT, 1),
	       "ip protocol & icmp == icmp");
	stmt = masked(field("tcp", "dport"), 0xff, BIND_MATCH_EQ_EXPLICIT, 1);
	stmt.value = block(BIND_FORM_RANGE, 1, 3);
	expect(stmt, "tcp dport & 255 == 1-3");
	stmt.key.parts.at[0].field = field("meta", "length");
	stmt.key.parts.at[0].mask = 0xff;
	expect(stmt, "meta length & 255 1-3");
	stmt.op = BIND_MATCH_NEQ;
	expect(stmt, "meta length & 255 != 1-3");
}
END_TEST

START_TEST(operators)
{
	const struct field *mark = field("meta", "mark");
	struct bind_stmt stmt = masked(mark, 0xef, BIND_MATCH_EQ_EXPLICIT, 0x11);
	struct bind_part *part = &stmt.key.parts.at[0];

	/* (mark & 0xff) | 0x10 */
	part->flip = 0x10;
	expect(stmt, "meta mark & 0x000000ff | 0x00000010 == 0x00000011");
	part->mask = ~(u128)0x10 & 0xffffffff;
	expect(stmt, "meta mark | 0x00000010 == 0x00000011");
	part->mask = 0xff;
	part->flip = 3;
	expect(stmt, "meta mark & 0x000000ff ^ 0x00000003 == 0x00000011");
	part->mask = 0xffffffff;
	part->flip = 0;
	part->shift = 4;
	expect(stmt, "meta mark << 4 == 0x00000011");
	part->shift = -4;
	part->mask = 0xff;
	expect(stmt, "meta mark >> 4 & 0x000000ff == 0x00000011");
	part->tunnel = PROTO_VXLAN;
	part->field = field("tcp", "dport");
	part->mask = 0xffff;
	part->shift = 0;
	stmt.op = BIND_MATCH_EQ;
	expect(stmt, "vxlan tcp dport 17");
}
END_TEST

START_TEST(raw_fields)
{
	const struct field *of = field_make_raw(&scratch, FIELD_BASE_TRANSPORT, 0,
						FIELD_LOAD_HEADER, 16, 16);
	struct bind_stmt stmt = match(of, BIND_MATCH_EQ, one(80));
	struct bind_value rest = { .lo = 0x23, .hi = 0x23 };

	expect(stmt, "@th,16,16 0x50");
	expect(masked(of, 0xf0, BIND_MATCH_EQ_EXPLICIT, 0x10), "@th,16,16 & 0xf0 == 0x10");
	stmt.value = block(BIND_FORM_RANGE, 10, 20);
	expect(stmt, "@th,16,16 0xa-0x14");
	of = field_make_raw(&scratch, FIELD_BASE_TCP_OPTION, 250, FIELD_LOAD_HEADER, 8, 8);
	expect(match(of, BIND_MATCH_EQ, one(10)), "tcp option @250,8,8 10");
	of = field_make_raw(&scratch, FIELD_BASE_TCP_OPTION, 250, FIELD_LOAD_PRESENCE, 0, 0);
	expect(match(of, BIND_MATCH_EQ, one(0)), "tcp option 250 missing");
	/* Longer than a part: two parts that are listed as one. */
	stmt = match(field_make_raw(&scratch, FIELD_BASE_LINK, 0, FIELD_LOAD_HEADER, 8, 128),
		     BIND_MATCH_EQ, one(0x1));
	of = field_make_raw(&scratch, FIELD_BASE_LINK, 0, FIELD_LOAD_HEADER, 136, 12);
	add_part(&stmt.key, of, 0xfff);
	stmt.key.wide_bits = 140;
	stmt.value.rest = &rest;
	expect(stmt, "@ll,8,140 0x1023");
	stmt.value.value.lo = 0;
	rest.lo = 0;
	expect(stmt, "@ll,8,140 0x0");
	/* Flags without names are a number. */
	expect(match(field("comp", "flags"), BIND_MATCH_ANY_OF, one(5)), "comp flags 0x5");
}
END_TEST

START_TEST(concatenations)
{
	struct arena arena = ARENA_INIT;
	struct bind_set set = set_of(&type_ipv4_addr), map = set_of(&type_ipv4_addr);
	struct bind_value ports = { 80, 90, BIND_FORM_RANGE };
	struct bind_object web = { .name = str_from("web") };
	struct bind_stmt stmt = use(field("ip", "saddr"), &set);
	struct bind_element element = one(0x01020304);

	add_part(&stmt.key, field("tcp", "dport"), 0xffff);
	*vec_push(&arena, &set.kinds) = (struct bind_kind){ &type_inet_service, 16 };
	element.rest = &ports;
	add(&arena, &set, element);
	element.catchall = true;
	add(&arena, &set, element);
	expect(stmt, "ip saddr . tcp dport { 1.2.3.4 . 80-90, * }");
	map.map = AST_MAP_COUNTER;
	add(&arena, &map, one(5));
	map.elements.at[0].object = &web;
	stmt = use(field("ip", "saddr"), &map);
	stmt.kind = BIND_STMT_COUNTER;
	expect(stmt, "counter name ip saddr map { 0.0.0.5 : \"web\" }");
	stmt.set = NULL;
	stmt.object = &web;
	expect(stmt, "counter name \"web\"");
	arena_free(&arena);
}
END_TEST

START_TEST(flags)
{
	const struct field *of = field("tcp", "flags");

	expect(match(of, BIND_MATCH_ANY_OF, one(0x02)), "tcp flags syn");
	expect(match(of, BIND_MATCH_ANY_OF, one(0x12)), "tcp flags syn,ack");
	expect(match(of, BIND_MATCH_ANY_OF, one(0)), "tcp flags 0x0");
	expect(match(of, BIND_MATCH_NONE_OF, one(0x03)), "tcp flags ! fin,syn");
	expect(match(of, BIND_MATCH_EQ_EXPLICIT, one(0x02)), "tcp flags == syn");
	expect(match(of, BIND_MATCH_EQ_EXPLICIT, one(0x12)), "tcp flags == 0x12");
	expect(match(of, BIND_MATCH_EQ_EXPLICIT, one(0)), "tcp flags == 0x0");
	expect(match(of, BIND_MATCH_NEQ, one(0x03)), "tcp flags != 0x3");
	expect(match(of, BIND_MATCH_GTE, one(0x80)), "tcp flags >= cwr");
	expect(masked(of, 0x02, BIND_MATCH_EQ_EXPLICIT, 0x02), "tcp flags & syn == syn");
	expect(masked(of, 0x12, BIND_MATCH_LT, 0x02), "tcp flags & (syn | ack) < syn");
	expect(masked(of, 0x12, BIND_MATCH_GT, 0), "tcp flags & (syn | ack) > 0x0");
	expect(slashed(BIND_MATCH_EQ, 0x02, 0x12), "tcp flags syn / syn,ack");
	expect(slashed(BIND_MATCH_EQ_EXPLICIT, 0x02, 0x12), "tcp flags syn / syn,ack");
	expect(slashed(BIND_MATCH_NEQ, 0x12, 0x17), "tcp flags != syn,ack / fin,syn,rst,ack");
}
END_TEST

START_TEST(sets_in_rules)
{
	struct arena arena = ARENA_INIT;
	struct bind_set ports = set_of(&type_inet_service), names = set_of(&type_ifname);
	struct bind_set tcp_flags = set_of(&type_tcp_flag), map = set_of(&type_inet_service);
	struct bind_set named = set_of(&type_mark);
	struct bind_stmt stmt;

	for (unsigned int i = 1; i <= 7; i++)
		add(&arena, &ports, one(i));
	add(&arena, &ports, block(BIND_FORM_RANGE, 1024, 65535));
	stmt = use(field("tcp", "dport"), &ports);
	expect(stmt, "tcp dport { 1, 2, 3, 4, 5, 6, 7, 1024-65535 }");
	stmt.op = BIND_MATCH_NEQ;
	expect(stmt, "tcp dport != { 1, 2, 3, 4, 5, 6, 7, 1024-65535 }");

	add(&arena, &names, one(value(&type_ifname, "a")));
	add(&arena, &names, one(value(&type_ifname, "abc")));
	add(&arena, &names, one(value(&type_ifname, "d2")));
	add(&arena, &names, one(value(&type_ifname, "eth0")));
	stmt = use(field("meta", "iifname"), &names);
	expect(stmt, "iifname { \"a\", \"d2\", \"abc\", \"eth0\" }");

	add(&arena, &tcp_flags, one(0));
	add(&arena, &tcp_flags, one(2));
	add(&arena, &tcp_flags, one(5));
	add(&arena, &tcp_flags, one(0x12));
	stmt = use(field("tcp", "flags"), &tcp_flags);
	expect(stmt, "tcp flags { 0x0, fin | rst, syn, syn | ack }");

	map.map = AST_MAP_VERDICT;
	add(&arena, &map, one(22));
	add(&arena, &map, block(BIND_FORM_RANGE, 23, 25));
	map.elements.at[1].verdict.kind = AST_VERDICT_DROP;
	stmt = use(field("tcp", "dport"), &map);
	stmt.kind = BIND_STMT_VMAP;
	expect(stmt, "tcp dport vmap { 22 : accept, 23-25 : drop }");

	named.name = str_from("marks");
	stmt = use(field("meta", "mark"), &named);
	stmt.op = BIND_MATCH_EQ_EXPLICIT;
	stmt.key.parts.at[0].mask = 0xff;
	expect(stmt, "meta mark & 0x000000ff == @marks");
	stmt.kind = BIND_STMT_VMAP;
	expect(stmt, "meta mark & 0x000000ff vmap @marks");
	arena_free(&arena);
}
END_TEST

START_TEST(rule_options)
{
	struct arena arena = ARENA_INIT;
	struct bind_rule rule = { .handle = 7, .comment = str_from("why") };
	const struct xdpfw_cell live[2] = { { 1, 2 }, { 30, 4000 } };
	struct print_options options = { .handles = false };
	struct buf out = BUF_INIT;

	*vec_push(&arena, &rule.stmts) = match(field("meta", "l4proto"), BIND_MATCH_EQ, one(6));
	rule.stmts.at[0].implied = true;
	*vec_push(&arena, &rule.stmts) = match(field("tcp", "dport"), BIND_MATCH_EQ, one(22));
	*vec_push(&arena, &rule.stmts) = (struct bind_stmt){
		.kind = BIND_STMT_COUNTER, .counter = 1, .packets = 5, .bytes = 100,
	};
	*vec_push(&arena, &rule.stmts) = (struct bind_stmt){
		.kind = BIND_STMT_VERDICT, .verdict = { .kind = AST_VERDICT_RETURN },
	};
	print_rule(&rule, &options, &out);
	buf_putc(&out, '\n');
	options.handles = true;
	options.counters = live;
	print_rule(&rule, &options, &out);
	buf_putc(&out, '\n');
	options.stateless = true;
	options.implied = true;
	print_rule(&rule, &options, &out);
	ck_assert_str_eq(out.at,
		"tcp dport 22 counter packets 5 bytes 100 return comment \"why\"\n"
		"tcp dport 22 counter packets 30 bytes 4000 return comment \"why\" # handle 7\n"
		"meta l4proto tcp tcp dport 22 counter return comment \"why\" # handle 7");
	buf_free(&out);
	arena_free(&arena);
}
END_TEST

START_TEST(verdicts)
{
	struct bind_chain chain = { .name = str_from("web") };
	static const struct {
		enum ast_verdict_kind kind;
		const char *text;
	} cases[] = {
		{ AST_VERDICT_ACCEPT, "accept" },
		{ AST_VERDICT_DROP, "drop" },
		{ AST_VERDICT_CONTINUE, "continue" },
		{ AST_VERDICT_RETURN, "return" },
		{ AST_VERDICT_JUMP, "jump web" },
		{ AST_VERDICT_GOTO, "goto web" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bind_verdict verdict = { .kind = cases[i].kind, .chain = &chain };
		struct buf out = BUF_INIT;

		print_verdict(&verdict, &out);
		ck_assert_str_eq(out.at, cases[i].text);
		buf_free(&out);
	}
}
END_TEST

/* A table holding CHAIN or SET, or nothing. */
static void expect_table(struct bind_chain *chain, struct bind_set *set,
			 struct print_options options, const char *text)
{
	struct arena arena = ARENA_INIT;
	struct bind_ruleset ruleset = { .flushed = false };
	struct bind_table table = { .name = str_from("t"), .handle = 3 };
	struct buf out = BUF_INIT;

	if (chain) {
		chain->table = &table;
		*vec_push(&arena, &table.chains) = chain;
	}
	if (set)
		*vec_push(&arena, &table.sets) = set;
	*vec_push(&arena, &ruleset.tables) = &table;
	print_ruleset(&ruleset, &options, &out);
	ck_assert_str_eq(out.at, text);
	buf_free(&out);
	arena_free(&arena);
}

START_TEST(base_chains)
{
	static const struct {
		int32_t priority;
		const char *text;
	} cases[] = {
		{ 0, "filter" }, { 1, "filter + 1" }, { 10, "filter + 10" }, { 11, "11" },
		{ -1, "filter - 1" }, { -10, "filter - 10" }, { -11, "-11" }, { -300, "-300" },
	};
	struct arena arena = ARENA_INIT;
	struct bind_chain chain = { .name = str_from("in"), .is_base = true };
	struct print_options none = { .handles = false };

	*vec_push(&arena, &chain.devices) = (struct ast_name){ .text = str_from("lo") };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		chain.priority = cases[i].priority;
		expect_table(&chain, NULL, none, arena_printf(&arena,
			"table netdev t {\n\tchain in {\n"
			"\t\ttype filter hook ingress device \"lo\" priority %s; policy accept;\n"
			"\t}\n}\n", cases[i].text));
	}
	*vec_push(&arena, &chain.devices) = (struct ast_name){ .text = str_from("veth0") };
	chain.priority = 0;
	chain.has_policy = true;
	chain.policy = AST_VERDICT_DROP;
	chain.comment = str_from("why");
	chain.handle = 9;
	none.handles = true;
	expect_table(&chain, NULL, none,
		     "table netdev t { # handle 3\n\tchain in { # handle 9\n\t\tcomment \"why\"\n"
		     "\t\ttype filter hook ingress devices = { lo, veth0 } priority filter; "
		     "policy drop;\n\t}\n}\n");
	arena_free(&arena);
}
END_TEST

START_TEST(set_declarations)
{
	struct bind_set set = set_of(&type_inet_service);
	struct print_options none = { .handles = false };

	set.name = str_from("s");
	expect_table(NULL, &set, none, "table netdev t {\n\tset s {\n\t\ttype inet_service\n"
				       "\t}\n}\n");
	set.has_size = true;
	set.size = 100;
	set.policy = str_from("memory");
	set.flag_interval = true;
	set.auto_merge = true;
	set.comment = str_from("why");
	expect_table(NULL, &set, none,
		     "table netdev t {\n\tset s {\n\t\ttype inet_service\n\t\tpolicy memory\n"
		     "\t\tsize 100\n\t\tflags interval\n\t\tauto-merge\n\t\tcomment \"why\"\n"
		     "\t}\n}\n");
	set.policy = str_from("performance");
	set.flag_interval = false;
	set.auto_merge = false;
	expect_table(NULL, &set, none,
		     "table netdev t {\n\tset s {\n\t\ttype inet_service\n\t\tsize 100\n"
		     "\t\tcomment \"why\"\n\t}\n}\n");
	set.policy = str_from("memory");
	set.flag_constant = true;
	set.flag_interval = true;
	set.comment = (struct str){ NULL, 0 };
	set.map = AST_MAP_VERDICT;
	set.handle = 5;
	none.handles = true;
	expect_table(NULL, &set, none,
		     "table netdev t { # handle 3\n\tmap s { # handle 5\n"
		     "\t\ttype inet_service : verdict\n\t\tflags constant,interval\n\t}\n}\n");
}
END_TEST

#define LINE ",\n\t\t\t     "

START_TEST(element_lines)
{
	static const struct {
		const struct type *type;
		unsigned int count;
		const char *text;
	} cases[] = {
		{ &type_inet_service, 1, "1" },
		{ &type_inet_service, 5, "1, 2, 3, 4, 5" },
		{ &type_inet_service, 11,
		  "1, 2, 3, 4, 5" LINE "6, 7, 8, 9, 10" LINE "11" },
		{ &type_ipv4_addr, 3, "0.0.0.1, 0.0.0.2" LINE "0.0.0.3" },
		{ &type_pkt_type, 3, "broadcast, multicast" LINE "other" },
		{ &type_ipv6_addr, 2, "::1" LINE "::2" },
		{ &type_ether_type, 2, "0x0001" LINE "0x0002" },
		{ &type_dscp, 2, "lephb" LINE "0x02" },
		{ &type_arp_op, 6, "request, reply, rrequest, rreply, 5" LINE "6" },
		{ &type_inet_proto, 6, "icmp, igmp, ggp, ipencap, st" LINE "tcp" },
		{ &type_tcp_flag, 2, "fin, syn" },
		{ &type_icmp_type, 2, "1" LINE "2" },
		{ &type_mark, 2, "0x00000001, 0x00000002" },
	};
	struct print_options none = { .handles = false };
	struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bind_set set = set_of(cases[i].type);

		set.name = str_from("s");
		for (unsigned int j = 1; j <= cases[i].count; j++)
			add(&arena, &set, one(j));
		expect_table(NULL, &set, none, arena_printf(&arena,
			"table netdev t {\n\tset s {\n\t\ttype %s\n\t\telements = { %s }\n\t}\n}\n",
			cases[i].type->name, cases[i].text));
	}
	arena_free(&arena);
}
END_TEST

START_TEST(element_comments)
{
	struct arena arena = ARENA_INIT;
	struct bind_set map = set_of(&type_ipv4_addr);
	struct print_options none = { .handles = false };

	map.name = str_from("m");
	map.map = AST_MAP_VERDICT;
	map.flag_interval = true;
	add(&arena, &map, block(BIND_FORM_PREFIX, 0x01010100, 0x010101ff));
	map.elements.at[0].extra = ARENA_NEW(&arena, struct bind_extra);
	map.elements.at[0].extra->comment = str_from("one");
	add(&arena, &map, one(0x02020202));
	map.elements.at[1].verdict.kind = AST_VERDICT_DROP;
	expect_table(NULL, &map, none,
		     "table netdev t {\n\tmap m {\n\t\ttype ipv4_addr : verdict\n"
		     "\t\tflags interval\n"
		     "\t\telements = { 1.1.1.0/24 comment \"one\" : accept, 2.2.2.2 : drop }\n"
		     "\t}\n}\n");
	arena_free(&arena);
}
END_TEST

START_TEST(whole_ruleset)
{
	struct arena arena = ARENA_INIT;
	struct bind_ruleset ruleset = { .flushed = true };
	struct bind_table full = { .name = str_from("full"), .comment = str_from("c") };
	struct bind_table empty = { .name = str_from("empty") };
	struct bind_set first = set_of(&type_mark), second = set_of(&type_mark);
	struct bind_chain a = { .name = str_from("a") }, b = { .name = str_from("b") };
	struct bind_stmt jump = { .kind = BIND_STMT_VERDICT,
				  .verdict = { .kind = AST_VERDICT_JUMP, .chain = &a } };
	struct bind_rule *rule = vec_push(&arena, &b.rules);
	struct print_options none = { .handles = false };
	struct buf out = BUF_INIT;

	*vec_push(&arena, &rule->stmts) = jump;
	first.name = str_from("s1");
	second.name = str_from("s2");
	*vec_push(&arena, &full.chains) = &a;
	*vec_push(&arena, &full.chains) = &b;
	*vec_push(&arena, &full.sets) = &first;
	*vec_push(&arena, &full.sets) = &second;
	*vec_push(&arena, &ruleset.tables) = &full;
	*vec_push(&arena, &ruleset.tables) = &empty;
	print_ruleset(&ruleset, &none, &out);
	ck_assert_str_eq(out.at,
		"table netdev full {\n\tcomment \"c\"\n"
		"\tset s1 {\n\t\ttype mark\n\t}\n\n\tset s2 {\n\t\ttype mark\n\t}\n\n"
		"\tchain a {\n\t}\n\n\tchain b {\n\t\tjump a\n\t}\n}\ntable netdev empty {\n}\n");
	buf_free(&out);
	arena_free(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("print");
	TCase *tcase = tcase_create("print");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, fields);
	tcase_add_test(tcase, blocks);
	tcase_add_test(tcase, masks);
	tcase_add_test(tcase, operators);
	tcase_add_test(tcase, raw_fields);
	tcase_add_test(tcase, concatenations);
	tcase_add_test(tcase, flags);
	tcase_add_test(tcase, sets_in_rules);
	tcase_add_test(tcase, rule_options);
	tcase_add_test(tcase, verdicts);
	tcase_add_test(tcase, base_chains);
	tcase_add_test(tcase, set_declarations);
	tcase_add_test(tcase, element_lines);
	tcase_add_test(tcase, element_comments);
	tcase_add_test(tcase, whole_ruleset);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_free(&scratch);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
