/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_parse_fields: fields by name, by place and inside tunnels; operators; concatenations;
 * what sets, maps and counters hold of them.
 *
 * What is expected was compared with nft 1.0.6, and with 1.1.3 where only that one knows it.
 */
#include <stdlib.h>

#include "tests/unit/parsed.h"

START_TEST(names)
{
	expect_rule("tcp option sack0 left 1 tcp option mss size 2 tcp option sack2 right 3",
		    "match implicit(field tcp option sack left, number 1), "
		    "match implicit(field tcp option maxseg size, number 2), "
		    "match implicit(field tcp option sack2 right, number 3)");
	expect_rule("sctp chunk data tsn 5 sctp vtag 6",
		    "match implicit(field sctp chunk data tsn, number 5), "
		    "match implicit(field sctp vtag, number 6)");
	expect_rule("ip option lsrr ptr 4 ip ttl 5",
		    "match implicit(field ip option lsrr ptr, number 4), "
		    "match implicit(field ip ttl, number 5)");
	expect_rule("rt0 addr[1] :: srh sid [ 2 ] ::1 rt type 0",
		    "match implicit(field rt0 addr[1], address ::), "
		    "match implicit(field srh sid[2], address ::1), "
		    "match implicit(field rt type, number 0)");
	expect_rule("time > \"2026-01-01\" day Monday meta hour \"17:00\"-\"19:00\"",
		    "match >(field meta time, string 2026-01-01), "
		    "match implicit(field meta day, word Monday), "
		    "match implicit(field meta hour, range(string 17:00, string 19:00))");
	expect_rule("iifname { eth\\*, a\\*b }",
		    "match implicit(field meta iifname, set(word eth\\*, word a\\*b))");
	expect_rule("meta priority 1:2-1:ff return", "match implicit(field meta priority, "
		    "range(word 1:2, word 1:ff)), verdict return");
}
END_TEST

START_TEST(presence)
{
	expect_rule("tcp option maxseg exists exthdr frag missing",
		    "match implicit(field tcp option maxseg (presence), word exists), "
		    "match implicit(field exthdr frag (presence), word missing)");
	expect_rule("ip option rr exists sctp chunk init exists ipsec missing",
		    "match implicit(field ip option rr (presence), word exists), "
		    "match implicit(field sctp chunk init (presence), word exists), "
		    "match implicit(field meta ipsec, word missing)");
	expect_rule("tcp option noop 1 tcp option sack3 != missing tcp option echo exists",
		    "match implicit(field tcp option nop (presence), number 1), "
		    "match !=(field tcp option sack (presence), word missing), "
		    "match implicit(field tcp option timestamp (presence), word exists)");
	expect_rule("tcp option window { exists } exthdr mh vmap { missing : drop }",
		    "match implicit(field tcp option window (presence), set(word exists)), "
		    "vmap(field exthdr mh (presence), "
		    "set(mapping(word missing, verdict drop)))");
}
END_TEST

START_TEST(places)
{
	expect_rule("@th,16,16 22 @ll , 0 , 0x30 5 @ nh,3,7 1 @ih,65024,512 1",
		    "match implicit(field @th,16,16, number 22), "
		    "match implicit(field @ll,0,48, number 5), "
		    "match implicit(field @nh,3,7, number 1), "
		    "match implicit(field @ih,65024,512, number 1)");
	expect_rule("tcp option 250 exists tcp option @250,8,8 1 tcp option 250 length 2",
		    "match implicit(field tcp option 250 (presence), word exists), "
		    "match implicit(field tcp option @250,8,8, number 1), "
		    "match implicit(field tcp option @250,8,8, number 2)");
	/* A kind or a place that has a name gets it. */
	expect_rule("tcp option 2 exists tcp option 2 length 4 tcp option @ 2,16,16 5",
		    "match implicit(field tcp option maxseg (presence), word exists), "
		    "match implicit(field tcp option maxseg length, number 4), "
		    "match implicit(field tcp option maxseg size, number 5)");
	expect_rule("tcp option @window,16,8 1 tcp option @noop,0,8 1",
		    "match implicit(field tcp option window count, number 1), "
		    "match implicit(field tcp option @1,0,8, number 1)");
}
END_TEST

START_TEST(tunnels)
{
	expect_rule("vxlan vni 5 vxlan ip saddr 10.0.0.1 geneve tcp dport 22",
		    "match implicit(field vxlan vni, number 5), "
		    "match implicit(field vxlan ip saddr, address 10.0.0.1), "
		    "match implicit(field geneve tcp dport, number 22)");
	expect_rule("gre version 0 gre ip6 daddr :: gretap ether saddr 0:1:2:3:4:5",
		    "match implicit(field gre version, number 0), "
		    "match implicit(field gre ip6 daddr, address ::), "
		    "match implicit(field gretap ether saddr, address 0:1:2:3:4:5)");
	expect_rule("vxlan arp operation request vxlan vlan id 5",
		    "match implicit(field vxlan arp operation, word request), "
		    "match implicit(field vxlan vlan id, number 5)");
	expect_refused("gre ether saddr 0:1:2:3:4:5", "1 'ether' cannot be matched inside 'gre'");
	expect_refused("gre arp plen 5", "1 'arp' cannot be matched inside 'gre'");
	expect_refused("vxlan tcp option maxseg size 5",
		       "1 'tcp option' cannot be matched inside 'vxlan'");
	expect_refused("vxlan frag id 5", "1 'frag' cannot be matched inside 'vxlan'");
	expect_refused("vxlan meta l4proto 5", "1 'meta' cannot be matched inside 'vxlan'");
	expect_refused("vxlan gre version 5", "1 'gre' cannot be matched inside 'vxlan'");
	expect_refused("gretap protocol ip", "8 'gretap' has no field 'protocol'");
}
END_TEST

START_TEST(operators)
{
	/* Shifts bind before & before ^ before |. */
	expect_rule("meta mark & 1 << 2 | 3 ^ 4 >> 5 == 6",
		    "match ==(or(and(field meta mark, lshift(number 1, number 2)), "
		    "xor(number 3, rshift(number 4, number 5))), number 6)");
	expect_rule("meta mark lshift 2 rshift 1 1 lshift 2",
		    "match implicit(rshift(lshift(field meta mark, number 2), number 1), "
		    "lshift(number 1, number 2))");
	expect_rule("((tcp flags & (syn | ack))) == (syn | fin) ^ 1",
		    "match ==(and(field tcp flags, or(word syn, word ack)), "
		    "xor(or(word syn, word fin), number 1))");
	expect_rule("tcp flags (fin|syn) / (fin|syn|ack),rst",
		    "match implicit(field tcp flags, or(word fin, word syn), "
		    "mask(list(or(or(word fin, word syn), word ack), word rst)))");
	expect_rule("tcp dport 1 | 2 - 5", "match implicit(field tcp dport, "
		    "range(or(number 1, number 2), number 5))");
	expect_refused("tcp dport 1 <<", "15 expected a value, found end of line");
	expect_refused("tcp dport & udp dport == 5",
		       "13 expected a value, found the field 'udp dport'");
}
END_TEST

START_TEST(concatenations)
{
	expect_rule("ip saddr . tcp dport @s",
		    "match implicit(concat(field ip saddr, field tcp dport), set @s)");
	expect_rule("ip saddr & 255.0.0.0 . (tcp dport) . iif { 10.0.0.0/8 . 22-23 . \"lo\", * }",
		    "match implicit(concat(and(field ip saddr, address 255.0.0.0), "
		    "field tcp dport, field meta iif), set(concat(prefix /8(address 10.0.0.0), "
		    "range(number 22, number 23), string lo), catchall))");
	expect_rule("exthdr frag . @th,0,16 . vxlan ip ttl != { missing . 1|2 . 3 }",
		    "match !=(concat(field exthdr frag (presence), field @th,0,16, "
		    "field vxlan ip ttl), set(concat(word missing, or(number 1, number 2), "
		    "number 3)))");
	expect_rule("ip saddr . ip daddr vmap { 1.1.1.1 . 2.2.2.2 comment \"x\" : drop, "
		    "* : accept }",
		    "vmap(concat(field ip saddr, field ip daddr), set(mapping comment \"x\"("
		    "concat(address 1.1.1.1, address 2.2.2.2), verdict drop), "
		    "mapping(catchall, verdict accept)))");
	/* nft refuses it later, and so do we. */
	expect_rule("ip saddr . tcp dport 1.1.1.1 . 22",
		    "match implicit(concat(field ip saddr, field tcp dport), "
		    "concat(address 1.1.1.1, number 22))");
	expect("define a = 1.1.1.1; define n = 10.0.0.0/8 ; define k = 2.2.2.2 . 22-23\n"
	       "add element netdev t s { $a . 22, $n . 80, $k }\n",
	       "add element netdev t s\n  set\n    concat\n      address 1.1.1.1\n"
	       "      number 22\n    concat\n      prefix /8\n        address 10.0.0.0\n"
	       "      number 80\n    concat\n      address 2.2.2.2\n      range\n"
	       "        number 22\n        number 23\n");
	expect_errors("define k = 2.2.2.2 . 22\ndefine s = { 1, 2 }\n"
		      "add element netdev t s { $k . 5 }\nadd element netdev t s { 5 . $s }\n"
		      "add element netdev t s { 5 . * }\nadd element netdev t s { $k - 5 }\n",
		      "3:26 the variable holds a concatenation, which cannot be part of a "
		      "concatenation\n"
		      "4:30 the variable holds a set, which cannot be part of a concatenation\n"
		      "5:30 expected a value, found '*'\n"
		      "6:26 the variable holds a concatenation, which cannot be part of a "
		      "range\n");
	expect_refused("(ip saddr . tcp dport) @s", "11 expected ')', found '.'");
	expect_refused("ip saddr . 22 @s", "12 expected a statement, found '22'");
}
END_TEST

START_TEST(element_counters)
{
	expect("add element netdev t s { 1 counter, 2 counter packets 3 bytes 4 comment \"x\",\n"
	       "3 comment \"y\" counter bytes 5 }\n"
	       "add element netdev t m { 1 counter : drop, 2 : c1, * : \"c2\" }\n",
	       "add element netdev t s\n  set\n    number 1 counter packets 0 bytes 0\n"
	       "    number 2 counter packets 3 bytes 4 comment \"x\"\n"
	       "    number 3 counter packets 0 bytes 5 comment \"y\"\n"
	       "add element netdev t m\n  set\n    mapping counter packets 0 bytes 0\n"
	       "      number 1\n      verdict drop\n    mapping\n      number 2\n"
	       "      word c1\n    mapping\n      catchall\n      string c2\n");
	expect_errors("define s = { 1, 2 }\nadd element netdev t s { $s counter }\n"
		      "add element netdev t s { 1 counter counter }\n"
		      "add element netdev t s { 1 comment \"x\" comment \"y\" }\n"
		      "add element netdev t s { 1 : drop counter }\n"
		      "add element netdev t s { 1 : $s }\n",
		      "2:29 a counter belongs to one element\n3:36 a second counter\n"
		      "4:40 a second comment\n5:35 expected ',' or '}', found 'counter'\n"
		      "help: an element's counter stands before the ':'\n"
		      "6:30 the variable does not hold the name of a counter\n");
}
END_TEST

START_TEST(named_counters)
{
	expect("table netdev t {\n\tflags dormant\n"
	       "\tcounter a { packets 1 bytes 2 comment \"x\" }\n"
	       "\tcounter b { }\n\tcounter c {\n\t\tcomment \"y\"\n\t\tpackets 3 bytes 4;\n\t}\n"
	       "}\nadd counter netdev t d\ncreate counter inet t e { packets 5 bytes 6; }\n"
	       "counter netdev t f packets 7 bytes 8\n",
	       "add table netdev t\n  flags dormant\n"
	       "  counter a packets 1 bytes 2\n    comment \"x\"\n"
	       "  counter b packets 0 bytes 0\n"
	       "  counter c packets 3 bytes 4\n    comment \"y\"\n"
	       "add counter netdev t\n  counter d packets 0 bytes 0\n"
	       "create counter inet t\n  counter e packets 5 bytes 6\n"
	       "add counter netdev t\n  counter f packets 7 bytes 8\n");
	expect_rule("counter name a counter name \"b\" counter",
		    "counter name a, counter name b, counter packets 0 bytes 0");
	expect_rule("counter name tcp dport map { 22 : a } drop",
		    "counter map(field tcp dport, set(mapping(number 22, word a))), verdict drop");
	expect_rule("counter name ip saddr . iif map @m",
		    "counter map(concat(field ip saddr, field meta iif), set @m)");
	expect("define n = \"a\"\nadd rule netdev t c counter name $n\n",
	       "add rule netdev t c\n  rule\n    counter name a\n");
	expect_errors("table netdev t {\n\tcounter a {\n\t\tpakets 1\n\t\tcomment \"x\"\n"
		      "\t\tcomment \"y\"\n\t}\n\tcounter b packets 1\n}\n"
		      "define m = { 1 : a }\n"
		      "add rule netdev t c counter name $m\n"
		      "add rule netdev t c counter name tcp dport map $m\n"
		      "add rule netdev t c counter name tcp dport { 1 : a }\n"
		      "add rule netdev t c counter name a packets 5\n"
		      "add rule netdev t c counter name drop\n",
		      "3:3 expected 'packets', 'bytes' or 'comment', found 'pakets'\n"
		      "help: did you mean 'packets'?\n5:3 a second comment\n"
		      "7:12 expected '{', found 'packets'\n"
		      "10:34 the variable does not hold the name of a counter\n"
		      "11:48 expected '{' or '@', found '$'\n"
		      "12:44 expected 'map', found '{'\n"
		      "13:36 the figures of a named counter stand where it is defined\n"
		      "14:34 expected the name of a counter, found 'drop', which is a reserved "
		      "word\n");
}
END_TEST

START_TEST(set_types)
{
	expect("table inet t {\n\tset s { type ipv4_addr . inet_service . mark; counter; }\n"
	       "\tset u { typeof ip saddr . (tcp option maxseg size) . @ih,0,8 flags interval; }\n"
	       "\tmap m { type ipv4_addr . mark : counter; }\n"
	       "\tmap n { typeof vxlan ip saddr : verdict; counter packets 0 bytes 0; }\n"
	       "\tmap o { typeof tcp option window : counter; }\n}\n",
	       "add table inet t\n  set s\n    type ipv4_addr . inet_service . mark counter\n"
	       "  set u\n    typeof interval\n      concat\n        field ip saddr\n"
	       "        field tcp option maxseg size\n        field @ih,0,8\n"
	       "  map m\n    type ipv4_addr . mark : counter\n"
	       "  map n\n    typeof : verdict counter\n      field vxlan ip saddr\n"
	       "  map o\n    typeof : counter\n      field tcp option window (presence)\n");
	expect_errors("add set netdev t s {\n\ttypeof ip saddr & 255.0.0.0\n\ttypeof 22\n"
		      "\ttypeof (ip saddr | 5)\n\tcounter packets 5\n\tcounter name x\n"
		      "\tcounter; counter\n\ttype ipv4_addr .\n\tflags intervall\n"
		      "\tpolicy memry\n\telemnts = { 1 }\n}\n"
		      "add map netdev t m {\n\ttypeof ip saddr : ip daddr\n\ttype mark : quota\n"
		      "\ttypeof ip saddr : 5\n\tauto-mrge\n}\n",
		      "2:18 'typeof' takes fields without operators\n"
		      "3:9 expected a field, found '22'\n"
		      "4:10 'typeof' takes fields without operators\n"
		      "5:2 the counters of a set's elements start at 0\n"
		      "help: write the figures behind the element: { 192.0.2.1 counter packets 1 "
		      "bytes 60 }\n"
		      "6:2 'counter name' (named counter of an element) is not supported yet\n"
		      "help: write a map: 'counter name FIELD map { ELEMENT : \"NAME\" }'\n"
		      "7:11 a second counter\n8:18 expected the name of a type, found end of line\n"
		      "9:8 expected 'interval' or 'constant', found 'intervall'\n"
		      "help: did you mean 'interval'?\n"
		      "10:9 expected 'performance' or 'memory', found 'memry'\n"
		      "help: did you mean 'memory'?\n"
		      "11:2 expected a property of a set, found 'elemnts'\n"
		      "help: did you mean 'elements'?\n"
		      "14:20 ':' (map to a value that is neither a verdict nor a counter) is not "
		      "supported yet\n"
		      "15:2 a second type\n16:2 a second type\n"
		      "17:2 expected a property of a map, found 'auto-mrge'\n");
}
END_TEST

START_TEST(variables_again)
{
	expect("define a = 1\nredefine a = 2\ndefine b = $a\nredefine a = $a|3\n"
	       "table netdev t {\n\tredefine a = 4\n\tchain c {\n\t\tredefine a = 5\n"
	       "\t\ttcp dport $a\n\t\tundefine a\n\t\ttcp dport $a\n\t\tundefine a\n"
	       "\t\tundefine none\n\t\ttcp dport $b\n\t}\n\tchain d {\n\t\ttcp dport $a\n\t}\n"
	       "}\nadd rule netdev t c tcp dport $a\nundefine a\ndefine a = 7\n"
	       "add rule netdev t c tcp dport $a\n",
	       "add table netdev t\n  chain c\n    rule\n      match implicit\n"
	       "        field tcp dport\n        number 5\n    rule\n      match implicit\n"
	       "        field tcp dport\n        number 4\n    rule\n      match implicit\n"
	       "        field tcp dport\n        number 2\n  chain d\n    rule\n"
	       "      match implicit\n        field tcp dport\n        number 4\n"
	       "add rule netdev t c\n  rule\n    match implicit\n      field tcp dport\n"
	       "      or\n        number 2\n        number 3\n"
	       "add rule netdev t c\n  rule\n    match implicit\n      field tcp dport\n"
	       "      number 7\n");
	expect_errors("redefine aa = 1\nundefine aa\nadd rule netdev t c tcp dport $aa\n"
		      "redefine b = 1\ndefine b = 2\nundefine\n"
		      "define p = { drop : 1 }\n",
		      "3:31 variable 'aa' is not defined\n5:8 redefinition of variable 'b'\n"
		      "help: to change a variable write 'redefine'\n"
		      "6:9 expected the name of a variable, found end of line\n"
		      "7:14 expected a value, found 'drop'\n");
}
END_TEST

/* Thousands of names in one block and in blocks inside: the table grows under them. */
START_TEST(many_variables)
{
	struct buf text = BUF_INIT, tree = BUF_INIT;

	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "define v%d = %d\n%s", i, i, i % 3 ? "" : "redefine v0 = 9\n");
	for (int i = 0; i < 3000; i += 7)
		buf_printf(&text, "redefine v%d = %d\n", i, i + 1);
	buf_puts(&text, "table netdev t {\n");
	for (int i = 0; i < 3000; i += 2)
		buf_printf(&text, "redefine v%d = %d\n", i, i + 2);
	buf_puts(&text, "}\nadd element netdev t s { $v0, $v7, $v8, $v2998 }\n");
	buf_puts(&tree, "add table netdev t\nadd element netdev t s\n  set\n    number 1\n"
		 "    number 8\n    number 8\n    number 2998\n");
	expect(text.at, tree.at);
	buf_free(&text);
	buf_free(&tree);
}
END_TEST

START_TEST(misspelt)
{
	static const struct {
		const char *rule, *message, *near;
	} cases[] = {
		{ "tcp option maxsge size 5", "'tcp option' has no field 'maxsge'", "maxseg" },
		{ "tcp option maxseg sizze 5", "'tcp option maxseg' has no field 'sizze'",
		  "size" },
		{ "tcp option window exits", "'tcp option window' has no field 'exits'",
		  "exists" },
		{ "tcp option sack1 lefft 5", "'tcp option sack' has no field 'lefft'", "left" },
		{ "tcp optoin maxseg size 5", "'tcp' has no field 'optoin'", "option" },
		{ "sctp chunk dat tsn 5", "'sctp chunk' has no field 'dat'", "data" },
		{ "sctp chunk init initial-tns 5", "'sctp chunk init' has no field 'initial-tns'",
		  "initial-tsn" },
		{ "ip option lsr ptr 5", "'ip option' has no field 'lsr'", "lsrr" },
		{ "arp sadr ip 1.1.1.1", "'arp' has no field 'sadr'", "saddr" },
		{ "arp saddr ipp 1.1.1.1", "'arp saddr' has no field 'ipp'", "ip" },
		{ "rt0 addr[9] ::", "'rt0' has no field 'addr[9]'", "addr[1]" },
		{ "exthdr frog exists", "'exthdr' has no field 'frog'", "frag" },
		{ "meta iifnme lo", "'meta' has no field 'iifnme'", "iifname" },
		{ "vxlan vnii 5", "'vxlan' has no field 'vnii'", "vni" },
		{ "vxlan ethr saddr 0:1:2:3:4:5", "'vxlan' has no field 'ethr'", "ether" },
		{ "vxlan ip sadr 1.1.1.1", "'ip' has no field 'sadr'", "saddr" },
		{ "udplit dport 5", "'udplit' is neither a statement nor a field", "udplite" },
		{ "iifgruop 5", "'iifgruop' is neither a statement nor a field", "iifgroup" },
		{ "lmit rate 5/second", "'lmit' is neither a statement nor a field", "limit" },
		{ "nottrack", "'nottrack' is neither a statement nor a field", "notrack" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = BUF_INIT, errors = BUF_INIT, wanted = BUF_INIT;
		struct parsed parsed;

		buf_printf(&text, "add rule netdev t c %s\n", cases[i].rule);
		parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
		put_errors(&parsed, &errors);
		buf_printf(&wanted, " %s\nhelp: did you mean '%s'?\n", cases[i].message,
			   cases[i].near);
		ck_assert_msg(strchr(errors.at, ' ') && !strcmp(strchr(errors.at, ' '), wanted.at),
			      "%s: %s", cases[i].rule, errors.at);
		buf_free(&text);
		buf_free(&errors);
		buf_free(&wanted);
		arena_free(&parsed.arena);
	}
}
END_TEST

START_TEST(place_errors)
{
	expect_refused("@xx,0,8 1", "2 expected 'll', 'nh', 'th' or 'ih', found 'xx'");
	expect_refused("@s 1", "2 expected 'll', 'nh', 'th' or 'ih', found 's'");
	expect_refused("@th,0,0 1", "7 the length in bits is 0");
	expect_refused("@th,0,513 1", "7 the length in bits is more than 512");
	expect_refused("@th,65536,8 1", "5 the offset in bits is more than 65535");
	expect_refused("@th,65535,2 1", "11 the field ends behind bit 65535, the last that can be "
		       "matched");
	expect_refused("@th,0 1", "7 expected ',', found '1'");
	expect_refused("@th,x,1 1", "5 expected the offset in bits, found 'x'");
	expect_refused("tcp option 256 exists", "12 the kind of a TCP option is more than 255");
	expect_refused("tcp option @256,8,8 1", "13 the kind of a TCP option is more than 255");
	expect_refused("tcp option @250,321,8 1", "17 the offset in bits is more than 320");
	expect_refused("tcp option @foo,8,8 1",
		       "13 expected the kind of a TCP option, found 'foo'");
	expect_refused("tcp option", "11 expected a field of 'tcp option', found end of line");
	expect_refused("arp saddr 5", "11 expected a field of 'arp saddr', found '5'");
	expect_refused("tcp option 0 length 5", "14 'tcp option eol' has no field 'length'");
	expect_refused("tcp option 250 size 5", "16 'tcp option 250' has no field 'size'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parse: fields");
	TCase *tcase = tcase_create("texts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, names);
	tcase_add_test(tcase, presence);
	tcase_add_test(tcase, places);
	tcase_add_test(tcase, tunnels);
	tcase_add_test(tcase, operators);
	tcase_add_test(tcase, concatenations);
	tcase_add_test(tcase, element_counters);
	tcase_add_test(tcase, named_counters);
	tcase_add_test(tcase, set_types);
	tcase_add_test(tcase, variables_again);
	tcase_add_test(tcase, many_variables);
	tcase_add_test(tcase, misspelt);
	tcase_add_test(tcase, place_errors);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
