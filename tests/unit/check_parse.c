/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_parse: texts, the trees they give, and the errors they give.
 *
 * What is expected was compared with nft 1.0.6; where we take more than nft the test says so.
 */
#include <stdlib.h>

#include "compiler/base/limits.h"
#include "tests/unit/parsed.h"

START_TEST(matches)
{
	expect_rule("tcp dport 22 accept",
		    "match implicit(field tcp dport, number 22), verdict accept");
	expect_rule("tcp dport == 22", "match ==(field tcp dport, number 22)");
	expect_rule("tcp dport != ssh", "match !=(field tcp dport, word ssh)");
	expect_rule("tcp dport lt 1 tcp dport gt 2 tcp dport le 3 tcp dport ge 4",
		    "match <(field tcp dport, number 1), match >(field tcp dport, number 2), "
		    "match <=(field tcp dport, number 3), match >=(field tcp dport, number 4)");
	expect_rule("tcp dport eq 1 tcp dport ne 2 tcp dport < 1 tcp dport >= 2",
		    "match ==(field tcp dport, number 1), match !=(field tcp dport, number 2), "
		    "match <(field tcp dport, number 1), match >=(field tcp dport, number 2)");
	expect_rule("iif lo mark 1 meta iifname \"eth*\"",
		    "match implicit(field meta iif, word lo), "
		    "match implicit(field meta mark, number 1), "
		    "match implicit(field meta iifname, string eth*)");
	expect_rule("arp saddr ip 1.2.3.4 arp operation request",
		    "match implicit(field arp saddr ip, address 1.2.3.4), "
		    "match implicit(field arp operation, word request)");
	expect_rule("ip protocol tcp tcp dport 22",
		    "match implicit(field ip protocol, word tcp), "
		    "match implicit(field tcp dport, number 22)");
	expect_rule("ether type 8021q icmp type redirect",
		    "match implicit(field ether type, word 8021q), "
		    "match implicit(field icmp type, word redirect)");
	expect_rule("ip saddr @blocked", "match implicit(field ip saddr, set @blocked)");
}
END_TEST

START_TEST(values)
{
	expect_rule("ip saddr 10.0.0.0/8 ip daddr != 10.0.0.1-10.0.0.9",
		    "match implicit(field ip saddr, prefix /8(address 10.0.0.0)), "
		    "match !=(field ip daddr, range(address 10.0.0.1, address 10.0.0.9))");
	expect_rule("tcp dport (22)", "match implicit(field tcp dport, number 22)");
	expect_rule("tcp flags & (syn|ack) == syn",
		    "match ==(and(field tcp flags, or(word syn, word ack)), word syn)");
	expect_rule("(tcp flags & (syn | ack)) == syn",
		    "match ==(and(field tcp flags, or(word syn, word ack)), word syn)");
	expect_rule("tcp flags and 1 or 2 xor 3 == 4",
		    "match ==(or(and(field tcp flags, number 1), xor(number 2, number 3)), "
		    "number 4)");
	expect_rule("tcp flags syn,ack",
		    "match implicit(field tcp flags, list(word syn, word ack))");
	expect_rule("tcp flags ! syn,fin", "match !(field tcp flags, list(word syn, word fin))");
	expect_rule("tcp flags not syn", "match !(field tcp flags, word syn)");
	expect_rule("tcp flags syn / syn,ack", "match implicit(field tcp flags, word syn, "
		    "mask(list(word syn, word ack)))");
	expect_rule("tcp flags != syn,fin / 3,4", "match !=(field tcp flags, "
		    "list(word syn, word fin), mask(list(number 3, number 4)))");
}
END_TEST

START_TEST(sets)
{
	expect_rule("tcp dport { 22, 80-90, }",
		    "match implicit(field tcp dport, set(number 22, range(number 80, number 90)))");
	/* nft takes one newline at each of these places, we take any number. */
	expect_rule("tcp dport {\n\n# one\n22,\n\n80\n}",
		    "match implicit(field tcp dport, set(number 22, number 80))");
	expect_rule("tcp dport { 1,, 2,\n,\n}",
		    "match implicit(field tcp dport, set(number 1, number 2))");
	expect_rule("tcp dport { { 1, 2 }, { { 3 } } }",
		    "match implicit(field tcp dport, set(number 1, number 2, number 3))");
	expect_rule("ip saddr { 1.1.1.1 comment \"a\", 2.0.0.0/8 comment \"b\" }",
		    "match implicit(field ip saddr, set(address 1.1.1.1 comment \"a\", "
		    "prefix /8 comment \"b\"(address 2.0.0.0)))");
	expect_rule("tcp dport vmap { 22:accept, 23 comment \"x\" : jump d, 24-25 : goto e }",
		    "vmap(field tcp dport, set(mapping(number 22, verdict accept), "
		    "mapping comment \"x\"(number 23, verdict jump d), "
		    "mapping(range(number 24, number 25), verdict goto e)))");
	expect_rule("tcp dport vmap @m", "vmap(field tcp dport, set @m)");
	expect_rule("ip saddr vmap { 1.2.3.4:drop, { 5.5.5.5, 6.6.6.6 } : continue }",
		    "vmap(field ip saddr, set(mapping(address 1.2.3.4, verdict drop), "
		    "mapping(address 5.5.5.5, verdict continue), "
		    "mapping(address 6.6.6.6, verdict continue)))");
}
END_TEST

START_TEST(statements)
{
	expect_rule("counter", "counter packets 0 bytes 0");
	expect_rule("counter packets 5 bytes 100 drop",
		    "counter packets 5 bytes 100, verdict drop");
	expect_rule("counter bytes 0x10 packets 18446744073709551615",
		    "counter packets 18446744073709551615 bytes 16");
	expect_rule("jump a", "verdict jump a");
	expect_rule("goto sport", "verdict goto sport");
	expect_rule("return comment \"a b\"", "verdict return, comment \"a b\"");
	expect_rule("continue comment x", "verdict continue, comment \"x\"");
	/* What stands behind a verdict is the binder's to judge. */
	expect_rule("accept counter drop",
		    "verdict accept, counter packets 0 bytes 0, verdict drop");
}
END_TEST

START_TEST(variables)
{
	expect("define a = 22\ndefine b = { $a, 80 }\ndefine c = $b\n"
	       "add rule netdev t c tcp dport { $c, 443 }\n"
	       "add rule netdev t c tcp dport vmap { $b : drop }",
	       "add rule netdev t c\n  rule\n    match implicit\n      field tcp dport\n"
	       "      set\n        number 22\n        number 80\n        number 443\n"
	       "add rule netdev t c\n  rule\n    vmap\n      field tcp dport\n      set\n"
	       "        mapping\n          number 22\n          verdict drop\n"
	       "        mapping\n          number 80\n          verdict drop\n");
	expect("define n = 10.0.0.0/8; define s = @x; define c = up; define f = 1 | 2\n"
	       "add rule netdev t c ip saddr $n ip saddr $s tcp flags & $f == $f jump $c",
	       "add rule netdev t c\n  rule\n    match implicit\n      field ip saddr\n"
	       "      prefix /8\n        address 10.0.0.0\n    match implicit\n"
	       "      field ip saddr\n      set @x\n    match ==\n      and\n"
	       "        field tcp flags\n        or\n          number 1\n          number 2\n"
	       "      or\n        number 1\n        number 2\n    verdict jump up\n");
	expect("define e = { }\nadd element netdev t s $e",
	       "add element netdev t s\n  set\n");
}
END_TEST

START_TEST(scopes)
{
	expect("table netdev t {\n\tchain a {\n\t\tdefine x = 6\n\t\ttcp dport $x\n\t}\n"
	       "\tdefine x = 7\n\tchain b {\n\t\ttcp dport $x\n\t}\n}\n",
	       "add table netdev t\n  chain a\n    rule\n      match implicit\n"
	       "        field tcp dport\n        number 6\n  chain b\n    rule\n"
	       "      match implicit\n        field tcp dport\n        number 7\n");
	expect_errors("define x = 5\ntable netdev t {\n\tdefine x = 6\n}\ndefine y = $z\n",
		      "3:9 redefinition of variable 'x'\n"
		      "help: to change a variable write 'redefine'\n"
		      "5:12 variable 'z' is not defined\n");
	expect_errors("table netdev t {\n\tdefine long = 6\n}\nadd element netdev t s { $long }\n"
		      "define port_web = 80\nadd element netdev t s { $port_wbe }\n",
		      "4:26 variable 'long' is not defined\n"
		      "6:26 variable 'port_wbe' is not defined\n"
		      "help: did you mean 'port_web'?\n");
}
END_TEST

START_TEST(defines_of_options)
{
	const struct parse_define defines[] = { { "p", "22" }, { "s", "{ 1, 2 }" } };
	const struct parse_define wrong[] = { { "p", "22 x" }, { "q", "" } };
	struct parse_options options = { .defines = defines, .define_count = 2 };

	expect_with(&options, "add element netdev t s { $p, $s }",
		    "add element netdev t s\n  set\n    number 22\n    number 1\n    number 2\n");
	expect_errors_with(&options, "define p = 23",
			   "1:8 redefinition of variable 'p'\n"
			   "help: to change a variable write 'redefine'\n");
	options.defines = wrong;
	expect_errors_with(&options, "", "1:6 expected the end of the value, found 'x'\n"
			   "1:3 expected a value, found end of file\n");
}
END_TEST

START_TEST(variable_errors)
{
	expect_errors("define s = { 1, 2 }\nadd rule netdev t c tcp dport $s - 5\n"
		      "add rule netdev t c tcp dport $s|5\nadd rule netdev t c jump $s\n"
		      "add rule netdev t c tcp dport vmap { $s comment \"x\" : drop }\n"
		      "define m = { 1 : drop }\nadd element netdev t s { $m : drop }\n"
		      "define drop = 5\ndefine 5 = 5\ndefine x 5\n",
		      "2:31 the variable holds a set, which cannot be part of a range\n"
		      "3:31 the variable holds a set, which cannot be part of an expression\n"
		      "4:26 the variable does not hold a chain's name\n"
		      "5:49 a comment belongs to one element\n"
		      "7:26 the elements have verdicts already\n"
		      "8:8 expected the name of a variable, found 'drop', which is a reserved "
		      "word\n"
		      "9:8 expected the name of a variable, found '5'\n"
		      "10:10 expected '=', found '5'\n");
}
END_TEST

START_TEST(chains)
{
	expect("table netdev t {\n\tcomment \"x\"\n\tchain c {\n\t\tcomment \"y\";\n"
	       "\t\ttype filter hook ingress device eth0 priority filter + 10; policy drop;\n"
	       "\t}\n\tchain d {\n\t\ttype filter hook ingress devices = { eth0, \"eth1\",\n"
	       "\t\t} priority -5\n\t}\n}\n",
	       "add table netdev t\n  comment \"x\"\n  chain c\n    comment \"y\"\n"
	       "    hook ingress device eth0 priority filter 10\n    policy drop\n  chain d\n"
	       "    hook ingress devices eth0 eth1 priority -5\n");
	expect("add chain netdev t a { type filter hook ingress device eth0 "
	       "priority -2147483648; }\n"
	       "define p = \"filter + 010\"\n"
	       "add chain netdev t b { type filter hook ingress device eth0 priority $p; }\n",
	       "add chain netdev t\n  chain a\n"
	       "    hook ingress device eth0 priority -2147483648\n"
	       "add chain netdev t\n  chain b\n"
	       "    hook ingress device eth0 priority filter 10\n");
	expect("define d = eth0\ndefine l = { $d, eth1 }\ndefine p = -10\n"
	       "define q = \"filter - 3\"\n"
	       "define v = \"drop\"\n"
	       "add chain netdev t a {\n"
	       "type filter hook ingress device $d priority $p; policy $v; }\n"
	       "add chain netdev t b { type filter hook ingress devices = $l priority $q; }\n"
	       "add chain netdev t c {\n"
	       "type filter hook ingress devices = { $l } priority 0x10; }\n",
	       "add chain netdev t\n  chain a\n    hook ingress device eth0 priority -10\n"
	       "    policy drop\n"
	       "add chain netdev t\n  chain b\n"
	       "    hook ingress devices eth0 eth1 priority filter -3\n"
	       "add chain netdev t\n  chain c\n    hook ingress devices eth0 eth1 priority 16\n");
}
END_TEST

START_TEST(chain_errors)
{
	expect_errors("table netdev t { chain c {\n\ttype filter hook ingres device lo priority 0\n"
		      "\ttype nat hook ingress device lo priority 0\n"
		      "\ttype filter hook ingress device lo\n"
		      "\ttype filter hook ingress device lo priority 2147483648\n"
		      "\ttype filter hook ingress device lo priority 5\n"
		      "\ttype filter hook ingress device lo priority 6\n"
		      "\tpolicy queue\n\tpolicy drop; policy drop\n\tcomment \"a\"; comment \"b\"\n"
		      "\tflags offload\n} ; }\ndefine p = \"filter + 0x10\"\n"
		      "add chain netdev t c { type filter hook ingress device lo priority $p; }\n",
		      "2:19 unknown hook 'ingres'\nhelp: did you mean 'ingress'?\n"
		      "3:7 'nat' (chain type for address translation) cannot be used at the "
		      "ingress hook\n"
		      "4:36 expected 'priority', found end of line\n"
		      "5:46 a priority is a number from -2147483648 to 2147483647\n"
		      "7:2 a second hook\n"
		      "8:9 a policy is 'accept' or 'drop'\n"
		      "9:15 a second policy\n10:15 a second comment\n"
		      "11:2 'flags' (flags of a chain: hardware offload) is not supported yet\n"
		      "14:68 the variable does not hold a priority\n");
}
END_TEST

START_TEST(named_sets)
{
	expect("table netdev t {\n\tset s {\n\t\ttype ipv4_addr; flags interval,constant\n"
	       "\t\tauto-merge size 10; policy memory\n\t\tcomment \"x\"\n"
	       "\t\telements = { 1.1.1.1, 10.0.0.0/8 }\n\t}\n"
	       "\tmap m { type inet_service : verdict; elements = { 22 : accept } comment \"y\"; "
	       "}\n"
	       "}\n",
	       "add table netdev t\n  set s\n    comment \"x\"\n"
	       "    type ipv4_addr constant interval auto-merge size 10 policy memory\n"
	       "    set\n      address 1.1.1.1\n      prefix /8\n        address 10.0.0.0\n"
	       "  map m\n    comment \"y\"\n    type inet_service : verdict\n    set\n"
	       "      mapping\n"
	       "        number 22\n        verdict accept\n");
	expect_errors("add set netdev t s {\n\ttypeof ip saddr\n\ttype a . b\n\tflags timeout\n"
		      "\ttimeout 5s\n\tsize 4294967296\n\tpolicy x\n\telements = 5\n"
		      "\telements = { 1 }; elements = { 2 }\n\tfoo\n}\n"
		      "add map netdev t m { type a; }\nadd map netdev t m { type a : b; }\n"
		      "add map netdev t m {\n\tauto-merge\n\telements = { 1 : 2 }\n}\n",
		      "3:2 a second type\n"
		      "4:8 'timeout' (elements that expire) is not supported yet\n"
		      "help: write the elements into the file and load it again when they change\n"
		      "5:2 'timeout' (elements that expire) is not supported yet\n"
		      "help: write the elements into the file and load it again when they change\n"
		      "6:7 the size of a set is more than 4294967295\n"
		      "7:9 expected 'performance' or 'memory', found 'x'\n"
		      "8:13 expected '{', found '5'\n9:20 a second list of elements\n"
		      "10:2 expected a property of a set, found 'foo'\n"
		      "12:28 expected ':', found ';'\n"
		      "help: the type of a map is written as 'KEY : verdict' or 'KEY : counter'\n"
		      "13:31 ':' (map to a value that is neither a verdict nor a counter) is not "
		      "supported yet\n"
		      "15:2 expected a property of a map, found 'auto-merge'\n"
		      "16:19 ':' (map to a value that is neither a verdict nor a counter) is not "
		      "supported yet\n");
}
END_TEST

START_TEST(commands)
{
	expect("flush ruleset\nflush ruleset netdev; table netdev t\ncreate table netdev u { }\n"
	       "chain netdev t c; create chain netdev t d { accept; }\n"
	       "add netdev t c drop\nnetdev t c accept\nrule netdev t c return\n"
	       "add set netdev t s { type ipv4_addr; }\n"
	       "add map netdev t m { type mark : verdict; }\n"
	       "create element netdev t s { 1.1.1.1 }\nflush table netdev t\n"
	       "flush chain netdev t c",
	       "flush ruleset\nflush ruleset netdev\nadd table netdev t\ncreate table netdev u\n"
	       "add chain netdev t\n  chain c\ncreate chain netdev t\n  chain d\n    rule\n"
	       "      verdict accept\nadd rule netdev t c\n  rule\n    verdict drop\n"
	       "add rule netdev t c\n  rule\n    verdict accept\nadd rule netdev t c\n  rule\n"
	       "    verdict return\nadd set netdev t\n  set s\n    type ipv4_addr\n"
	       "add set netdev t\n  map m\n    type mark : verdict\n"
	       "create element netdev t s\n  set\n"
	       "    address 1.1.1.1\nflush table netdev t\nflush chain netdev t c\n");
}
END_TEST

START_TEST(command_errors)
{
	static const char *const refused[] = {
		"insert rule netdev t c accept", "replace rule netdev t c handle 1 accept",
		"delete table netdev t", "destroy table netdev t", "reset counters",
		"rename chain netdev t c d", "list ruleset", "get element netdev t s { 1 }",
		"monitor", "import vm json", "export vm json", "describe ip saddr",
		"add rule netdev t c position 5 accept", "add rule netdev t c handle 5 accept",
		"add rule netdev t c index 5 accept", "flush set netdev t s",
		"flush map netdev t m",
	};
	struct parsed parsed;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		parse_with(&parsed, &(struct parse_options){ 0 }, str_from(refused[i]));
		ck_assert_msg(parsed.diag.errors == 1, "%s", refused[i]);
		ck_assert_msg(strstr(parsed.diag.messages.at[0].text,
				     "cannot be used in a ruleset file"), "%s", refused[i]);
		arena_free(&parsed.arena);
	}
	expect_errors("tabel netdev t\ncreate rule netdev t c accept\ntable t { }\nadd foo\n"
		      "table netdev t\n{ }\nredefine 5 = 5\ntable netdev \"t\"\nflush foo\n"
		      "add rule netdev t c\nadd rule netdev t c comment \"x\"\n",
		      "1:1 expected a command, found 'tabel'\nhelp: did you mean 'table'?\n"
		      "2:8 expected 'table', 'chain', 'set', 'map', 'element' or 'counter', found "
		      "'rule'\n3:7 a table without a family is of family 'ip', which has no "
		      "ingress hook\nhelp: write 'table netdev t'\n"
		      "4:5 expected 'table', 'chain', 'rule', 'set', 'map', 'element' or "
		      "'counter', found 'foo'\n"
		      "6:1 expected a command, found '{'\n"
		      "help: '{' stands on the line of the name before it\n"
		      "7:10 expected the name of a variable, found '5'\n"
		      "8:14 expected the name of a table, found a string\n"
		      "help: names are written without quotes\n"
		      "9:7 expected 'ruleset', 'table' or 'chain', found 'foo'\n"
		      "10:20 expected a statement, found end of line\n"
		      "11:21 'comment' is neither a statement nor a field\n");
}
END_TEST

START_TEST(refused_statements)
{
	static const char *const words[] = {
		"limit rate 5/second", "quota 5 mbytes", "log prefix \"x\"", "last", "reject",
		"dup to eth0", "fwd to eth0", "notrack", "synproxy mss 5", "meter m { ip saddr }",
		"flow add @f", "add @s { ip saddr }", "update @s { ip saddr timeout 5s }",
		"delete @s { ip saddr }", "set add ip saddr @s", "map update @m { 1 : 2 }",
		"reset tcp option fastopen", "queue num 1", "tproxy to :5", "snat to 1.1.1.1",
		"dnat to 1.1.1.1", "masquerade", "redirect to :5", "xt match x", "ct state new",
		"rt classid 5", "rt ip nexthop 1.1.1.1", "ipsec in reqid 5", "ipsec out spi 5",
		"socket mark 5", "fib saddr type local", "osf name \"x\"", "numgen inc mod 2 0",
		"jhash ip saddr mod 2 0", "symhash mod 2 0", "meta secmark set x", "meta nftrace 1",
		"nftrace 1", "meta ibrname \"br\"", "meta iifkind \"veth\"",
		"meta sdif lo", "meta broute 1",
		"jump { accept; }", "ip ttl set 5", "meta mark set 5", "tcp dport map { 1 : 2 }",
		"tcp dport { 1 : 2 }", "tcp dport { 1 timeout 5s }", "tcp dport { 1 last }",
		"tcp dport { 1 counter name x }", "tcp dport { 1 limit rate 5/second }",
	};
	struct parsed parsed;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct buf text = BUF_INIT;
		const char *message;

		buf_printf(&text, "add rule netdev t c %s accept\n", words[i]);
		parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
		ck_assert_msg(parsed.diag.errors == 1, "%s", words[i]);
		message = parsed.diag.messages.at[0].text;
		ck_assert_msg(strstr(message, ") is not supported yet") ||
			      strstr(message, ") cannot be used at the ingress hook") ||
			      strstr(message, ") never matches at the ingress hook"),
			      "%s: %s", words[i], message);
		buf_free(&text);
		arena_free(&parsed.arena);
	}
}
END_TEST

START_TEST(refused_objects)
{
	expect_errors("table netdev t {\n"
		      "\tflowtable f { hook ingress priority 0; devices = { a }; }\n"
		      "\tct helper h { type \"ftp\" protocol tcp; }\n\tflags dormant, owner\n"
		      "\tflags dormnt\n\tchian c { }\n\tlmit l { rate 5/second; }\n"
		      "}\ntable inet x {\n\tchain c {\n\t\tct state new accept\n\t}\n}\n"
		      "table ip y\n",
		      "2:2 'flowtable' (flow table) is not supported yet\n"
		      "3:2 'ct' (connection tracking object) is not supported yet\n"
		      "4:17 'owner' (table that ends with the program that made it) cannot be "
		      "used in a ruleset file\n"
		      "5:8 expected 'dormant', found 'dormnt'\nhelp: did you mean 'dormant'?\n"
		      "6:2 expected 'chain', 'set', 'map', 'counter', 'flags' or 'comment', found "
		      "'chian'\nhelp: did you mean 'chain'?\n"
		      "7:2 expected 'chain', 'set', 'map', 'counter', 'flags' or 'comment', found "
		      "'lmit'\nhelp: did you mean 'limit'?\n"
		      "11:3 'ct' (connection tracking) cannot be used at the ingress hook\n"
		      "help: the packet has not met connection tracking yet\n"
		      "14:7 'ip' (family of IPv4) has no ingress hook\n"
		      "help: write 'table netdev NAME' and a chain with 'type filter hook ingress "
		      "device \"DEVICE\" priority 0;'\n");
}
END_TEST

/* One message, and nothing behind it is parsed. */
START_TEST(too_many_rules)
{
	struct buf text = BUF_INIT, message = BUF_INIT;
	struct parsed parsed;

	buf_puts(&text, "add table netdev t\nadd chain netdev t c\n");
	for (unsigned int i = 0; i < LIMITS_RULES; i++)
		buf_puts(&text, "add rule netdev t c drop\n");
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	ck_assert(parsed.ok);
	arena_free(&parsed.arena);
	buf_puts(&text, "add rule netdev t c accept\nadd rule netdev t c tcp dpotr 22\n");
	parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
	put_errors(&parsed, &message);
	ck_assert_str_eq(message.at, "131075:21 too many rules: at most 131072\n");
	arena_free(&parsed.arena);
	buf_free(&message);
	buf_free(&text);
}
END_TEST

START_TEST(mistakes)
{
	expect_refused("tcp dpotr 22", "5 'tcp' has no field 'dpotr'");
	expect_refused("tcp dport 22 accpet", "14 'accpet' is neither a statement nor a field");
	expect_refused("dport 22", "1 'dport' is neither a statement nor a field");
	expect_refused("tcp dport", "10 expected a value, found end of line");
	expect_refused("tcp dport accept", "11 expected a value, found 'accept'");
	expect_refused("tcp dport 1-2,3", "14 expected a statement, found ','");
	expect_refused("tcp dport { }", "13 expected a value, found '}'");
	expect_refused("tcp dport { 1 2 }", "15 expected ',' or '}', found '2'");
	expect_refused("tcp dport (22", "14 expected ')', found end of line");
	expect_refused("tcp flags syn / syn", "20 expected ',', found end of line");
	expect_refused("ip saddr == ip daddr", "13 expected a value, found the field 'ip daddr'");
	expect_refused("tcp dport @th,0,16", "11 expected a value, found bytes of the packet");
	expect_refused("ip saddr 1.1.1.1/129", "18 the length of a prefix is more than 128");
	expect_refused("tcp dport vmap 22", "16 expected '{' or '@', found '22'");
	expect_refused("tcp dport vmap { 1 : drop comment \"x\" }",
		       "27 expected ',' or '}', found 'comment'");
	expect_refused("accept comment \"x\" drop", "20 expected a newline or ';', found 'drop'");
	/* Not a comment that swallows the verdict. */
	expect_refused("tcp dport 22 comment drop", "22 expected a string, found 'drop'");
	expect_refused("accept comment", "15 expected a string, found end of line");
	expect_refused("jump eth*", "6 expected the name of a chain, found 'eth*'");
	expect_refused("jump a\\*b", "6 expected the name of a chain, found 'a\\*b'");
	expect_refused("jump drop", "6 expected the name of a chain, found 'drop', which is a "
		       "reserved word");
	expect_refused("counter packets x", "17 expected a counter's value, found 'x'");
	expect_refused("counter packets 18446744073709551616",
		       "17 a counter's value is more than 18446744073709551615");
	expect_refused("22", "1 expected a statement, found '22'");
}
END_TEST

START_TEST(recovery)
{
	/* A rule that lacks its '}' ends where the next line is indented no more. */
	expect_errors("table netdev t {\n\tchain c {\n\t\ttcp dport { 22, 80\n\t\tudp dport 5\n"
		      "\t\ttcp dpotr 5\n\t}\n\tchain d {\n\t\taccpet\n\t}\n}\n",
		      "4:3 expected ',' or '}', found 'udp'\n5:7 'tcp' has no field 'dpotr'\n"
		      "help: did you mean 'dport'?\n8:3 'accpet' is neither a statement nor a "
		      "field\nhelp: did you mean 'accept'?\n");
	/* A set over several lines is skipped as one statement. */
	expect_errors("table netdev t {\n\tchain c {\n\t\tip saddr {\n\t\t\t1.1.1.1 timeout 5s,\n"
		      "\t\t\t2.2.2.2,\n\t\t} drop\n\t\taccpet\n\t}\n}\n",
		      "4:12 'timeout' (elements that expire) is not supported yet\n"
		      "help: write the elements into the file and load it again when they change\n"
		      "7:3 'accpet' is neither a statement nor a field\n"
		      "help: did you mean 'accept'?\n");
	expect_errors("table netdev t {\n\tchain c {\n\t\taccept\n\tchain d {\n\t}\n}\n",
		      "4:2 '}' of chain 'c' is missing\n");
	expect_errors("table netdev t {\n\tchain c {\n\t\taccept\n\t}\n",
		      "5:1 '}' of table 't' is missing\n");
	expect_errors("table netdev t {\n}\n}\nfoo\n",
		      "3:1 '}' without a '{' before it in this file\n"
		      "4:1 expected a command, found 'foo'\n");
}
END_TEST

/* Every span lies in its text, and a variable's use has the span of the use. */
START_TEST(spans)
{
	static const char text[] = "define p = 1|2\nadd rule netdev t c tcp dport $p drop comment "
				   "\"x\"\n";
	struct parsed parsed;
	const struct ast_rule *rule;
	const struct ast_expr *value;

	parse_with(&parsed, &(struct parse_options){ 0 }, str_from(text));
	ck_assert(parsed.ok);
	rule = &parsed.ast->commands.at[0].rule;
	ck_assert(str_is(source_text(&parsed.sources, rule->span),
			 "tcp dport $p drop comment \"x\""));
	ck_assert(str_is(source_text(&parsed.sources, rule->stmts.at[0].span), "tcp dport $p"));
	ck_assert(str_is(source_text(&parsed.sources, rule->stmts.at[0].left->span), "tcp dport"));
	value = rule->stmts.at[0].right;
	ck_assert(str_is(source_text(&parsed.sources, value->span), "$p"));
	ck_assert(str_is(source_text(&parsed.sources, value->left->token.span), "$p"));
	ck_assert(str_is(source_text(&parsed.sources, parsed.ast->commands.at[0].span),
			 "add rule netdev t c tcp dport $p drop comment \"x\""));
	arena_free(&parsed.arena);
}
END_TEST

/* Pieces of the language, put together badly: no crash, and no success without an AST. */
START_TEST(any_bytes)
{
	static const char *const pieces[] = {
		"table", "netdev", "t", "{", "}", "chain", "c", "\n", ";", "tcp", "dport", "22",
		",", "(", ")", "define", "x", "=", "$", "@", "vmap", ":", "drop", "jump", "set",
		"type", "filter", "hook", "ingress", "device", "\"lo\"", "priority", "-", "10",
		"elements", "ipv4_addr", "1.2.3.4", "/", "8", "::", "&", "|", "==", "!",
		"counter", "packets", "comment", "\"", "add", "rule", "map", "verdict", "flags",
		"interval", "meta", "\\\n", "#", "policy", "accept", "flush", "ruleset", "arp",
		"saddr", "ip", ".", "*", "[", "]", "<<", "\xff", "08", "option", "maxseg", "size",
		"exists", "th", "typeof", "name", "vxlan", "redefine", "undefine", ">>", "^",
		"inet", "dormant", "1:2", "rt0", "addr", "sctp", "chunk", "sack1",
	};
	const size_t count = sizeof(pieces) / sizeof(pieces[0]);
	uint32_t seed = 1;

	for (int round = 0; round < 3000; round++) {
		struct buf text = BUF_INIT, out = BUF_INIT;
		struct parsed parsed;

		buf_puts(&text, round % 2 ? "table netdev t {\nchain c {\n" : "");
		for (int i = 0; i < 60; i++) {
			seed = seed * 1103515245 + 12345;
			buf_puts(&text, pieces[(seed >> 16) % count]);
			buf_puts(&text, (seed >> 8) % 8 ? " " : "");
		}
		parse_with(&parsed, &(struct parse_options){ 0 }, buf_str(&text));
		ck_assert(parsed.ok == !parsed.diag.errors);
		if (parsed.ok)
			parse_print(parsed.ast, &out);
		diag_print(&parsed.diag, &out);
		buf_free(&text);
		buf_free(&out);
		arena_free(&parsed.arena);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parse");
	TCase *tcase = tcase_create("texts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, matches);
	tcase_add_test(tcase, values);
	tcase_add_test(tcase, sets);
	tcase_add_test(tcase, statements);
	tcase_add_test(tcase, variables);
	tcase_add_test(tcase, scopes);
	tcase_add_test(tcase, defines_of_options);
	tcase_add_test(tcase, variable_errors);
	tcase_add_test(tcase, chains);
	tcase_add_test(tcase, chain_errors);
	tcase_add_test(tcase, named_sets);
	tcase_add_test(tcase, commands);
	tcase_add_test(tcase, command_errors);
	tcase_add_test(tcase, refused_statements);
	tcase_add_test(tcase, refused_objects);
	tcase_add_test(tcase, too_many_rules);
	tcase_add_test(tcase, mistakes);
	tcase_add_test(tcase, recovery);
	tcase_add_test(tcase, spans);
	tcase_add_test(tcase, any_bytes);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
