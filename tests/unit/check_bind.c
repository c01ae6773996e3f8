/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_bind: whole files through parse and bind: what commands make, what sets hold, the matches
 * that are implied (seen with the printer, which shows them on request), and each error.
 */
#include <check.h>
#include <stdlib.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/limits.h"
#include "compiler/bind.h"
#include "compiler/parse.h"
#include "compiler/print.h"

#define BASE "type filter hook ingress device \"lo\" priority 0;"
#define RULE(text) "table netdev t {\n chain r { }\n chain c { " BASE "\n" text "\n }\n}\n"

struct run {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct bind_ruleset *ruleset;	/* NULL: refused */
};

static void run_with(struct run *run, const char *text, const struct bind_options *options)
{
	struct parse_options parse = { 0 };
	struct ast *ast;
	uint32_t source;

	memset(run, 0, sizeof(*run));
	run->sources.arena = &run->arena;
	run->diag.arena = &run->arena;
	run->diag.sources = &run->sources;
	source = source_add(&run->sources, "t", str_from(text));
	ck_assert_msg(parse_source(&run->sources, source, &parse, &run->arena, &run->diag, &ast),
		      "does not parse: %s", text);
	if (!bind_ast(ast, options, &run->arena, &run->diag, &run->ruleset))
		run->ruleset = NULL;
}

static void run_text(struct run *run, const char *text)
{
	run_with(run, text, NULL);
}

static const char *first_error(const struct run *run)
{
	for (size_t i = 0; i < run->diag.messages.len; i++) {
		if (run->diag.messages.at[i].level == DIAG_ERROR)
			return run->diag.messages.at[i].text;
	}
	return "(no error)";
}

/* The last rule, with what is implied. */
static void is_rule(const char *text, const char *wanted)
{
	struct print_options options = { .implied = true };
	struct buf out = BUF_INIT;
	struct run run;

	run_text(&run, text);
	ck_assert_msg(run.ruleset, "%s: %s", text, first_error(&run));
	print_rule(run.ruleset->rules.at[run.ruleset->rules.len - 1], &options, &out);
	ck_assert_str_eq(out.at, wanted);
	buf_free(&out);
	arena_free(&run.arena);
}

static void is_listed(const char *text, const char *wanted)
{
	struct print_options options = { 0 };
	struct buf out = BUF_INIT;
	struct run run;

	run_text(&run, text);
	ck_assert_msg(run.ruleset, "%s: %s", text, first_error(&run));
	print_ruleset(run.ruleset, &options, &out);
	ck_assert_str_eq(out.at ? out.at : "", wanted);
	buf_free(&out);
	arena_free(&run.arena);
}

/* LABELS: places that the message marks. */
static void is_refused(const char *text, unsigned int labels, const char *message)
{
	struct run run;

	run_text(&run, text);
	ck_assert_msg(!run.ruleset, "accepted: %s", text);
	ck_assert_str_eq(first_error(&run), message);
	ck_assert_uint_eq(run.diag.messages.at[0].label_count, labels);
	arena_free(&run.arena);
}

static void warns(const char *text, const char *message)
{
	struct run run;

	run_text(&run, text);
	ck_assert_msg(run.ruleset, "%s: %s", text, first_error(&run));
	ck_assert_uint_eq(run.diag.warnings, 1);
	ck_assert_str_eq(run.diag.messages.at[0].text, message);
	arena_free(&run.arena);
}

/* --- implied matches (SEMANTICS 2 and 5) ---------------------------------------------------- */

START_TEST(implies_network_and_transport)
{
	is_rule(RULE("ip saddr 1.2.3.4"), "meta protocol ip ip saddr 1.2.3.4");
	is_rule(RULE("ip6 saddr ::1"), "meta protocol ip6 ip6 saddr ::1");
	is_rule(RULE("tcp dport 80"), "meta l4proto tcp tcp dport 80");
	is_rule(RULE("icmp type echo-request"),
		"meta protocol ip meta l4proto icmp icmp type echo-request");
	is_rule(RULE("icmpv6 code 1"),
		"meta protocol ip6 meta l4proto ipv6-icmp icmpv6 code admin-prohibited");
	is_rule(RULE("th dport 80"), "th dport 80");
	is_rule(RULE("arp operation request"), "meta protocol arp arp operation request");
	is_rule(RULE("counter tcp dport 80"),
		"counter packets 0 bytes 0 meta l4proto tcp tcp dport 80");
}
END_TEST

START_TEST(implies_what_the_link_says)
{
	is_rule(RULE("ether saddr 00:11:22:33:44:55 ip saddr 1.2.3.4"),
		"ether saddr 00:11:22:33:44:55 ether type ip ip saddr 1.2.3.4");
	is_rule(RULE("ip saddr 1.2.3.4 ether saddr 00:11:22:33:44:55"),
		"meta protocol ip ip saddr 1.2.3.4 ether saddr 00:11:22:33:44:55");
	is_rule(RULE("ether saddr 00:11:22:33:44:55 tcp dport 80"),
		"ether saddr 00:11:22:33:44:55 meta l4proto tcp tcp dport 80");
	is_rule(RULE("vlan id 5 ip saddr 1.2.3.4"),
		"ether type 8021q vlan id 5 vlan type ip ip saddr 1.2.3.4");
	is_rule(RULE("vlan id != 5"), "ether type 8021q vlan id != 5");
	is_rule(RULE("ether type 8021ad vlan id 5"), "ether type 8021ad vlan id 5");
}
END_TEST

START_TEST(counts_tags)
{
	struct run run;
	const struct bind_rule *rule;

	run_text(&run, RULE("ether type 8021ad vlan id 5 vlan type 8021q vlan id 6"));
	ck_assert_ptr_nonnull(run.ruleset);
	rule = run.ruleset->rules.at[0];
	ck_assert_uint_eq(rule->stmts.len, 4);
	ck_assert_uint_eq(rule->stmts.at[1].key.parts.at[0].depth, 0);
	ck_assert_uint_eq(rule->stmts.at[2].key.parts.at[0].depth, 0);
	ck_assert_uint_eq(rule->stmts.at[3].key.parts.at[0].depth, 1);
	arena_free(&run.arena);
}
END_TEST

START_TEST(leaves_out_only_what_is_implied)
{
	struct run run;
	const struct bind_rule *rule;

	run_text(&run, RULE("meta protocol ip tcp dport 80"));
	rule = run.ruleset->rules.at[0];
	ck_assert(!rule->stmts.at[0].implied);
	ck_assert(rule->stmts.at[1].implied);
	ck_assert(!rule->stmts.at[2].implied);
	arena_free(&run.arena);
	/* A counter between keeps a match in the listing. */
	run_text(&run, RULE("meta l4proto tcp counter tcp dport 80"));
	ck_assert(!run.ruleset->rules.at[0]->stmts.at[0].implied);
	arena_free(&run.arena);
}
END_TEST

START_TEST(refuses_protocol_conflicts)
{
	is_refused(RULE("ip saddr 1.2.3.4 ip6 saddr ::1"), 2,
		   "conflicting protocols: 'ip6' after 'ip'");
	is_refused(RULE("tcp dport 80 udp dport 80"), 2,
		   "conflicting protocols: 'udp' after 'tcp'");
	is_refused(RULE("meta l4proto 4 tcp dport 80"), 2,
		   "conflicting protocols: 'tcp' after 'unknown'");
	is_refused(RULE("ip protocol sctp tcp dport 80"), 2,
		   "conflicting protocols: 'tcp' after 'sctp'");
	is_refused(RULE("arp operation request tcp dport 80"), 2,
		   "conflicting protocols: 'tcp' after 'arp'");
	is_refused(RULE("ip saddr 1.2.3.4 vlan id 5"), 2,
		   "'vlan' must stand before the match on what follows it");
	is_refused(RULE("meta l4proto { tcp, udp } tcp dport 80"), 2,
		   "'tcp' needs one protocol, but several are possible here");
	/* nft goes by the last one written: ours asks for a rule for each. */
	is_refused(RULE("ether type { ip6, ip } ip saddr 1.2.3.4"), 2,
		   "'ip' needs one protocol, but several are possible here");
}
END_TEST

/* --- order and form ------------------------------------------------------------------------- */

START_TEST(joins_neighbours)
{
	is_rule(RULE("tcp dport 80 tcp sport 70"), "meta l4proto tcp tcp sport 70 tcp dport 80");
	is_rule(RULE("tcp flags syn tcp window 5"),
		"meta l4proto tcp tcp flags == syn tcp window 5");
	is_rule(RULE("tcp flags syn tcp sequence 5"),
		"meta l4proto tcp tcp flags syn tcp sequence 5");
	is_rule(RULE("ip daddr 1.2.3.4 ip saddr 1.2.3.5"),
		"meta protocol ip ip daddr 1.2.3.4 ip saddr 1.2.3.5");
	is_rule(RULE("vlan id 5 ether saddr 00:11:22:33:44:55"),
		"ether saddr 00:11:22:33:44:55 ether type 8021q vlan id 5");
	is_rule(RULE("ip protocol tcp ip ttl 5"), "meta protocol ip ip ttl 5 ip protocol tcp");
	warns(RULE("tcp sport 70 counter tcp dport 80"),
	      "the comparisons on both sides become one, as in nft 1.0.6");
}
END_TEST

START_TEST(plain_forms)
{
	is_rule(RULE("tcp dport >= 10 tcp dport <= 20"), "meta l4proto tcp tcp dport 10-20");
	/* nft lists these two as one range, which they are not. */
	is_rule(RULE("tcp dport >= 10 tcp sport <= 20"),
		"meta l4proto tcp tcp dport >= 10 tcp sport <= 20");
	is_rule(RULE("meta l4proto tcp th dport 80"), "meta l4proto tcp tcp dport 80");
	is_rule(RULE("ip dscp & 0x38 == 0x8"), "meta protocol ip ip dscp & cs7 == cs1");
	warns(RULE("ip saddr & 255.255.255.0 == 10.0.0.5"),
	      "the value has bits that the mask clears: never true");
}
END_TEST

/* Forms that nft lists too, though its own listing reads back as another form. */
START_TEST(unsettled_forms)
{
	is_rule(RULE("tcp flags & syn == fin"), "meta l4proto tcp tcp flags & syn == fin");
	is_rule(RULE("tcp dport { 22-25, 24 }"), "meta l4proto tcp tcp dport { 22-25 }");
	is_rule(RULE("ip saddr { 10.0.0.1, 10.0.0.1 }"),
		"meta protocol ip ip saddr { 10.0.0.1 }");
	is_rule(RULE("iifname { \"eth*\", \"eth0\" }"), "iifname { \"eth*\" }");
}
END_TEST

/* --- sets ----------------------------------------------------------------------------------- */

static const struct bind_set *set_of(struct run *run, const char *text)
{
	run_text(run, text);
	ck_assert_msg(run->ruleset, "%s: %s", text, first_error(run));
	return run->ruleset->sets.at[0];
}

START_TEST(merges_intervals)
{
	struct run run;
	const struct bind_set *set;

	set = set_of(&run, RULE("ip saddr { 10.1.0.0/16, 10.0.0.0/8, 11.0.0.0/8, 1.1.1.1 }"));
	ck_assert_uint_eq(set->elements.len, 2);
	ck_assert_uint_eq((uint32_t)set->elements.at[0].value.lo, 0x01010101);
	ck_assert_uint_eq((uint32_t)set->elements.at[1].value.lo, 0x0a000000);
	ck_assert_uint_eq((uint32_t)set->elements.at[1].value.hi, 0x0bffffff);
	ck_assert_int_eq(set->elements.at[1].value.form, BIND_FORM_PREFIX);
	arena_free(&run.arena);
	set = set_of(&run, RULE("tcp dport { 5, 4, 5 }"));
	ck_assert_uint_eq(set->elements.len, 2);
	arena_free(&run.arena);
	/* Named sets keep what only touches apart. */
	set = set_of(&run, "table netdev t {\n set s { type inet_service; flags interval;"
		     " elements = { 5-6, 7-8, 5-6 }; }\n}\n");
	ck_assert_uint_eq(set->elements.len, 2);
	arena_free(&run.arena);
	set = set_of(&run, "table netdev t {\n set s { type inet_service; flags interval;"
		     " auto-merge; elements = { 5-6, 7-8, 5-6 }; }\n}\n");
	ck_assert_uint_eq(set->elements.len, 1);
	arena_free(&run.arena);
}
END_TEST

#define SET(attributes, elements) \
	"table netdev t {\n chain r { }\n set s { type inet_service; " attributes \
	"elements = { " elements " }; }\n}\n"
#define MAP(attributes, elements) \
	"table netdev t {\n chain r { }\n map s { type inet_service : verdict; " attributes \
	"elements = { " elements " }; }\n}\n"

START_TEST(refuses_elements)
{
	is_refused(SET("", "1-5"), 2, "set 's' holds single values only");
	is_refused(SET("flags interval; ", "1-5, 3"), 2, "elements overlap");
	is_refused(SET("size 1; ", "1, 2"), 2, "set 's' is full: it has 2 elements and size 1");
	is_refused(SET("auto-merge; ", "1"), 1, "auto-merge is for sets with 'flags interval'");
	is_refused(SET("", "1 : drop"), 1, "a set has no verdicts: this is for a map");
	is_refused(MAP("", "1 : drop, 1 : accept"), 2, "one key with two verdicts");
	is_refused(MAP("flags interval; ", "1-5 : drop, 3 : drop"), 2, "elements overlap");
	is_refused(MAP("", "1 : jump q"), 1, "table 't' has no chain 'q'");
	is_refused("table netdev t {\n set s { type ipv4_adr; }\n}\n", 1,
		   "unknown data type 'ipv4_adr'");
	is_refused("table netdev t {\n set s { type integer; }\n}\n", 1,
		   "type 'integer' has no width of its own");
	is_refused("table netdev t {\n set s { type ipv4_addr; }\n}\n"
		   "add element netdev t s { 1.1.1.1 }\ncreate element netdev t s { 1.1.1.1 }\n",
		   2, "the element to be created exists");
	is_refused("table netdev t { }\nadd element netdev t s { 1 }\n", 1,
		   "table 't' has no set or map 's' here");
	is_refused("table netdev t {\n set s { type ipv4_addr; }\n}\n"
		   "add set netdev t s { type ipv6_addr; }\n", 2,
		   "set 's' exists with another definition");
}
END_TEST

/* --- commands ------------------------------------------------------------------------------- */

START_TEST(carries_commands_out)
{
	is_listed("add table netdev t\nadd chain netdev t c\nadd rule netdev t c drop\n"
		  "table netdev t {\n chain c {\n accept\n }\n}\n",
		  "table netdev t {\n\tchain c {\n\t\tdrop\n\t\taccept\n\t}\n}\n");
	is_listed("table netdev t {\n chain c {\n drop\n }\n}\nflush chain netdev t c\n",
		  "table netdev t {\n\tchain c {\n\t}\n}\n");
	is_listed("table netdev t {\n chain c {\n drop\n }\n}\nflush table netdev t\n",
		  "table netdev t {\n\tchain c {\n\t}\n}\n");
	/* Of one family: chains, counters and sets of the other keep what they were. */
	is_listed("table netdev t {\n counter a { }\n chain x {\n drop\n }\n chain y {\n }\n}\n"
		  "table inet t {\n counter b { }\n chain d {\n counter name b\n }\n"
		  " chain c {\n tcp dport { 22, 23 } jump d\n }\n}\nflush ruleset netdev\n"
		  "add rule inet t c goto d\n",
		  "table inet t {\n\tcounter b {\n\t\tpackets 0 bytes 0\n\t}\n\n\tchain d {\n"
		  "\t\tcounter name \"b\"\n\t}\n\n\tchain c {\n"
		  "\t\ttcp dport { 22, 23 } jump d\n\t\tgoto d\n\t}\n}\n");
	is_listed("table netdev t { }\nflush ruleset\ntable netdev u { }\n",
		  "table netdev u {\n}\n");
	is_listed("table netdev t {\n chain c {\n ip saddr @s\n }\n set s { type ipv4_addr; }\n}\n",
		  "table netdev t {\n\tset s {\n\t\ttype ipv4_addr\n\t}\n\n\tchain c {\n"
		  "\t\tip saddr @s\n\t}\n}\n");
}
END_TEST

START_TEST(refuses_commands)
{
	is_refused("add rule netdev t c drop\n", 1, "there is no table 't' here");
	is_refused("table netdev t { }\nadd rule netdev t c drop\n", 1,
		   "table 't' has no chain 'c' here");
	is_refused("table netdev t { }\ncreate table netdev t\n", 2, "table 't' exists");
	is_refused("table netdev t {\n chain c { }\n}\ncreate chain netdev t c\n", 2,
		   "chain 'c' exists");
	is_refused("table netdev t {\n set s { type ipv4_addr; }\n}\n"
		   "create set netdev t s { type ipv4_addr; }\n", 2, "set 's' exists");
}
END_TEST

/* --- chains --------------------------------------------------------------------------------- */

#define TWICE(one, two) \
	"table netdev t {\n chain c { " one " }\n}\ntable netdev t {\n chain c { " two " }\n}\n"
#define HOOK(device, priority) \
	"type filter hook ingress device \"" device "\" priority " priority ";"

START_TEST(refuses_hooks)
{
	is_refused(TWICE(BASE " policy drop;", BASE " policy accept;"), 2,
		   "chain 'c' has another policy already");
	is_refused(TWICE(BASE, HOOK("lo", "1")), 2, "chain 'c' has another hook already");
	is_refused(TWICE(BASE, HOOK("eth0", "0")), 2, "chain 'c' has another hook already");
	is_refused(TWICE("", BASE), 2, "chain 'c' exists and is no base chain");
	is_refused("table netdev t {\n chain c { policy drop; }\n}\n", 1,
		   "only a base chain has a policy");
	is_refused("table netdev t {\n chain c { " HOOK("a/b", "0") " }\n}\n", 1,
		   "'a/b' cannot be the name of a device");
	is_refused("table netdev t {\n chain c { " HOOK("0123456789abcdef", "0") " }\n}\n", 1,
		   "'0123456789abcdef' cannot be the name of a device");
	is_refused("table netdev t {\n chain c { " HOOK("lo", "raw") " }\n}\n", 1,
		   "a netdev hook has no priority 'raw'");
}
END_TEST

START_TEST(sorts_devices)
{
	struct run run;
	const struct bind_chain *chain;

	run_text(&run, "table netdev t {\n chain c { type filter hook ingress devices = "
		 "{ lo, eth10, eth9 } priority filter + 10; }\n}\n");
	ck_assert_ptr_nonnull(run.ruleset);
	chain = run.ruleset->chains.at[0];
	ck_assert_uint_eq(chain->devices.len, 3);
	ck_assert(str_is(chain->devices.at[0].text, "eth10"));
	ck_assert(str_is(chain->devices.at[2].text, "lo"));
	ck_assert_int_eq(chain->priority, 10);
	arena_free(&run.arena);
	run_text(&run, "table netdev t {\n chain c { type filter hook ingress devices = "
		 "{ lo, eth10, lo } priority filter + 10; }\n}\n");
	ck_assert_ptr_null(run.ruleset);
	ck_assert_str_eq(first_error(&run), "device 'lo' is named twice");
	arena_free(&run.arena);
}
END_TEST

START_TEST(overrides_devices)
{
	static const char *const names[] = { "b", "a", "b" };
	const struct bind_options options = { .devices = names, .device_count = 3 };
	struct run run;

	run_with(&run, RULE("accept"), &options);
	ck_assert_ptr_nonnull(run.ruleset);
	ck_assert_uint_eq(run.ruleset->chains.at[1]->devices.len, 2);
	ck_assert(str_is(run.ruleset->chains.at[1]->devices.at[0].text, "a"));
	arena_free(&run.arena);
	run_with(&run, "table netdev t {\n chain c { " BASE " }\n chain d { " HOOK("eth0", "0")
		 " }\n}\n", &options);
	ck_assert_ptr_null(run.ruleset);
	ck_assert(run.diag.usage);
	ck_assert_str_eq(first_error(&run),
			 "--device needs base chains that all name the same devices");
	arena_free(&run.arena);
}
END_TEST

/* Chain c jumps to c1, that to c2 ... to cN. */
static char *ladder(struct arena *arena, unsigned int count)
{
	struct buf text = BUF_INIT;
	char *copy;

	buf_puts(&text, "table netdev t {\n");
	for (unsigned int i = count; i; i--) {
		buf_printf(&text, " chain c%u {\n", i);
		if (i < count)
			buf_printf(&text, "%s c%u\n", i % 2 ? "jump" : "goto", i + 1);
		buf_puts(&text, " }\n");
	}
	buf_puts(&text, " chain c { " BASE "\n tcp dport vmap { 1 : jump c1 }\n }\n}\n");
	copy = arena_strdup(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

START_TEST(limits_jumps)
{
	struct arena arena = ARENA_INIT;
	struct run run;

	run_text(&run, ladder(&arena, LIMITS_JUMP_DEPTH));
	ck_assert_msg(run.ruleset, "%s", first_error(&run));
	arena_free(&run.arena);
	is_refused(ladder(&arena, LIMITS_JUMP_DEPTH + 1), 2,
		   "jumps are nested more than 15 deep here");
	is_refused("table netdev t {\n chain a {\n jump b\n }\n chain b {\n goto a\n }\n}\n", 2,
		   "chain 'a' leads back to itself");
	is_refused("table netdev t {\n map m { type ipv4_addr : verdict; elements = "
		   "{ 1.1.1.1 : jump a }; }\n chain a {\n ip saddr vmap @m\n }\n}\n", 2,
		   "chain 'a' leads back to itself");
	is_refused(RULE("jump c"), 2, "'c' is a base chain: it cannot be jumped to");
	is_refused(RULE("jump nowhere"), 1, "table 't' has no chain 'nowhere'");
	arena_free(&arena);
}
END_TEST

/* --- limits --------------------------------------------------------------------------------- */

START_TEST(limits_counts)
{
	struct buf text = BUF_INIT;
	struct run run;

	buf_puts(&text, "table netdev t {\n");
	for (unsigned int i = 0; i <= LIMITS_CHAINS; i++)
		buf_printf(&text, " chain c%u { }\n", i);
	buf_puts(&text, "}\n");
	is_refused(text.at, 1, "too many chains: at most 4096");
	buf_free(&text);
	for (unsigned int i = 0; i < LIMITS_TABLES; i++)
		buf_printf(&text, "table netdev t%u { }\n", i);
	buf_puts(&text, "table netdev t0 { }\n");
	run_text(&run, text.at);
	ck_assert_msg(run.ruleset, "%s", first_error(&run));
	arena_free(&run.arena);
	/* What comes behind it is not looked at. */
	buf_puts(&text, "table inet more { }\nadd chain inet nowhere c\ntable inet most { }\n");
	is_refused(text.at, 1, "too many tables: at most 4096");
	buf_free(&text);
}
END_TEST

START_TEST(limits_devices)
{
	struct buf text = BUF_INIT;

	/* One message, however often a device is named. */
	buf_puts(&text, "table netdev t {\n chain c { type filter hook ingress devices = { d");
	for (unsigned int i = 0; i < XDPFW_MAX_DEVICES; i++)
		buf_puts(&text, ", d");
	buf_puts(&text, " } priority 0; }\n}\n");
	is_refused(text.at, 1, "more than 256 devices");
	buf_free(&text);
}
END_TEST

START_TEST(limits_elements)
{
	struct buf text = BUF_INIT;
	struct run run;

	buf_puts(&text, "table netdev t {\n set s { type mark; elements = {\n");
	for (unsigned int i = 0; i < LIMITS_ELEMENTS; i++)
		buf_printf(&text, "%u,\n", i * 2654435761u);
	buf_puts(&text, "}; }\n}\n");
	run_text(&run, text.at);
	ck_assert_msg(run.ruleset, "%s", first_error(&run));
	ck_assert_uint_eq(run.ruleset->sets.at[0]->elements.len, LIMITS_ELEMENTS);
	arena_free(&run.arena);
	buf_puts(&text, "add element netdev t s { 1 }\n");
	is_refused(text.at, 1, "too many elements: a set holds at most 1048576");
	buf_free(&text);
}
END_TEST

/* --- numbers -------------------------------------------------------------------------------- */

START_TEST(numbers_everything)
{
	struct run run;
	const struct bind_ruleset *ruleset;

	run_text(&run, "table netdev t {\n set s { type ipv4_addr; }\n chain b {\n"
		 "tcp dport { 1, 2 } counter packets 5 bytes 100 counter\n }\n chain a {\n"
		 "ip saddr @s counter drop\n }\n}\n");
	ruleset = run.ruleset;
	ck_assert_ptr_nonnull(ruleset);
	ck_assert_uint_eq(ruleset->chains.len, 2);
	ck_assert(str_is(ruleset->chains.at[0]->name, "b"));
	ck_assert_uint_eq(ruleset->rules.at[1]->number, 1);
	ck_assert_uint_eq(ruleset->sets.len, 2);
	ck_assert(ruleset->sets.at[0]->used && ruleset->sets.at[1]->used);
	ck_assert_uint_eq(ruleset->counters.len, 3);
	ck_assert_uint_eq(ruleset->counters.at[0].packets, 5);
	ck_assert_uint_eq(ruleset->counters.at[0].bytes, 100);
	ck_assert_ptr_eq(ruleset->counters.at[2].rule, ruleset->rules.at[1]);
	arena_free(&run.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bind");
	TCase *tests = tcase_create("bind");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, implies_network_and_transport);
	tcase_add_test(tests, implies_what_the_link_says);
	tcase_add_test(tests, counts_tags);
	tcase_add_test(tests, leaves_out_only_what_is_implied);
	tcase_add_test(tests, refuses_protocol_conflicts);
	tcase_add_test(tests, joins_neighbours);
	tcase_add_test(tests, plain_forms);
	tcase_add_test(tests, unsettled_forms);
	tcase_add_test(tests, merges_intervals);
	tcase_add_test(tests, refuses_elements);
	tcase_add_test(tests, carries_commands_out);
	tcase_add_test(tests, refuses_commands);
	tcase_add_test(tests, refuses_hooks);
	tcase_add_test(tests, sorts_devices);
	tcase_add_test(tests, overrides_devices);
	tcase_add_test(tests, limits_jumps);
	tcase_add_test(tests, limits_counts);
	tcase_add_test(tests, limits_devices);
	tcase_add_test(tests, limits_elements);
	tcase_add_test(tests, numbers_everything);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
