/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_interp: the judge against SEMANTICS, sentence by sentence, on the corner packets; and the
 * flow of control.  What is said here of matches was seen on the kernel's nft, except where a
 * deviation (D1, D2, D5) is named.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/interp.h"
#include "compiler/packet.h"
#include "tests/unit/ruleset.h"

static const struct xdpfw_device device = {
	.ifindex = 1,
	.name = "eth0",
	.mac = { 0x02, 0, 0, 0, 0, 0x02 },
};

/* Whether a packet meets a match. */
static const struct match_case {
	const char *match, *corner;
	bool met;
} match_cases[] = {
	/* 1: one tag comes off before the hook */
	{ "meta protocol ip", "tag 0x8100 ipv4 udp", true },
	{ "meta protocol ip", "tag 0x88a8 ipv4 udp", true },
	{ "meta protocol ip", "tag 0x9100 ipv4 udp", false },
	{ "meta protocol 0x9100", "tag 0x9100 ipv4 udp", true },
	{ "meta protocol 8021q", "2 tags ipv4 udp", true },
	{ "meta protocol 8021q", "5 tags ipv4 udp", true },
	{ "ip saddr 192.0.2.1", "2 tags ipv4 udp", false },
	{ "udp dport 53", "2 tags ipv4 udp", false },
	{ "udp dport 53", "tags 0x88a8 0x8100 ipv6 udp", false },
	{ "ether type ip", "tag 0x8100 ipv4 udp", false },
	{ "ether type 8021q", "tag 0x8100 ipv4 udp", true },
	{ "meta protocol 4", "802.2 of 46 bytes", true },
	{ "meta protocol 4", "802.2 of 0 bytes", true },
	{ "meta protocol 4", "802.3 raw of 1 bytes", true },
	{ "meta protocol 1", "802.3 raw of 2 bytes", true },
	{ "meta protocol 1", "802.3 raw of 46 bytes", true },
	{ "meta protocol 4", "802.2 that begins with ff fe", true },
	{ "meta protocol 4", "802.2 with length 0x5ff", true },
	{ "meta protocol 0x600", "ether type 0x600", true },
	{ "meta protocol 4", "tag 0x8100 802.2 of 46 bytes", true },
	{ "meta protocol 1", "tag 0x8100 802.3 raw of 46 bytes", true },
	{ "ether type 46", "802.2 of 46 bytes", true },
	{ "meta length 46", "802.2 of 46 bytes", true },
	{ "meta length 48", "ipv4 udp", true },
	{ "meta length 32", "tag 0x8100 ipv4 udp", true },
	{ "meta length 36", "2 tags ipv4 udp", false },
	{ "meta length 32", "2 tags ipv4 udp", true },
	{ "meta length 46", "ipv4 udp and 18 bytes of padding", true },
	{ "meta pkttype host", "ipv4 udp", true },
	{ "meta pkttype broadcast", "ipv4 udp to the broadcast address", true },
	{ "meta pkttype multicast", "ipv4 udp to a multicast address", true },
	{ "meta pkttype other", "ipv4 udp to another host", true },
	{ "meta mark 0", "ipv4 udp", true },
	{ "iifname \"eth0\"", "ipv4 udp", true },
	{ "iifname \"eth*\"", "ipv4 udp", true },
	{ "iifname \"eth\"", "ipv4 udp", false },
	{ "iif \"eth0\"", "arp request", true },

	/* 2: tags as on the wire */
	{ "vlan id 5", "tag 0x8100 ipv4 udp", true },
	{ "vlan id 5", "tag 0x88a8 ipv4 udp", false },
	{ "ether type 8021ad vlan id 5", "tag 0x88a8 ipv4 udp", true },
	{ "vlan id != 5", "ipv4 udp", false },
	{ "vlan id != 5", "tag 0x88a8 ipv4 udp", false },
	{ "vlan id 5", "2 tags ipv4 udp", true },
	{ "vlan id 5 vlan id 6", "2 tags ipv4 udp", false },
	{ "ether type 8021ad vlan id 5 vlan type 8021q vlan id 6",
	  "tags 0x88a8 0x8100 ipv4 udp", true },
	{ "ether type 8021ad vlan id 5 vlan type 8021q vlan id 7",
	  "tags 0x88a8 0x8100 ipv4 udp", false },
	{ "vlan id 0", "tag vid 0 priority 3", true },
	{ "vlan pcp 3", "tag vid 0 priority 3", true },
	{ "vlan dei 1", "tag with drop eligible bit", true },
	{ "vlan id 5 ip saddr 192.0.2.1", "tag 0x8100 ipv4 udp", true },
	{ "ip saddr 192.0.2.1 ether saddr 02:00:00:00:00:01", "tag 0x8100 ipv4 udp", true },
	{ "ether saddr 02:00:00:00:00:01 ip saddr 192.0.2.1", "tag 0x8100 ipv4 udp", false },
	{ "ether saddr 02:00:00:00:00:01 ip saddr 192.0.2.1", "ipv4 udp", true },
	{ "ether saddr 02:00:00:00:00:01 udp dport 53", "tag 0x8100 ipv4 udp", true },

	/* 3: IPv4 */
	{ "tcp dport 53", "ipv4 ihl 6 tcp", true },
	{ "tcp dport 53", "ipv4 ihl 15 tcp", true },
	{ "meta l4proto 0-255", "ipv4 ihl 4", false },
	{ "tcp dport != 1", "ipv4 ihl 0", false },
	{ "ip saddr 192.0.2.1", "ipv4 ihl 4", true },
	{ "ip hdrlength 4", "ipv4 ihl 4", true },
	{ "meta l4proto 0-255", "ipv4 version 6", false },
	{ "ip version 6", "ipv4 version 6", true },
	{ "meta l4proto 0-255", "ipv4 total length 1 too long", false },
	{ "meta l4proto 0-255", "ipv4 total length 19", false },
	{ "udp dport 53", "ipv4 total length 20", true },
	{ "meta l4proto 0-255", "ipv4 ihl 7 total length 27", false },
	{ "tcp dport 53", "ipv4 ihl 7 total length 28", true },
	{ "meta l4proto 0-255", "ipv4 ihl 7 beyond the frame", false },
	{ "tcp dport 53", "ipv4 tcp in the padding", true },
	{ "meta l4proto tcp", "ipv4 tcp of 0 bytes", true },
	{ "tcp dport 53", "ipv4 tcp of 3 bytes", false },
	{ "tcp dport 53", "ipv4 tcp of 4 bytes", true },
	{ "tcp dport != 1", "ipv4 tcp of 3 bytes", false },
	{ "tcp flags syn", "ipv4 tcp of 13 bytes", false },
	{ "tcp flags syn", "ipv4 tcp of 14 bytes", true },
	{ "udp dport 53", "ipv4 udp of 4 bytes", true },
	{ "udp length 8", "ipv4 udp of 5 bytes", false },
	{ "icmp type echo-request", "ipv4 icmp of 1 bytes", true },
	{ "icmp code 0", "ipv4 icmp of 1 bytes", false },
	{ "udp dport 53", "ipv4 first fragment", true },
	{ "udp dport 53", "ipv4 reserved flag", true },
	{ "tcp dport 53", "ipv4 tcp first fragment of 8 bytes", true },
	{ "meta l4proto udp", "ipv4 last fragment at 1 * 8, like port 53", true },
	{ "ip frag-off & 0x1fff != 0", "ipv4 middle fragment at 1 * 8", true },
	{ "ip frag-off & 0x1fff != 0", "ipv4 first fragment", false },

	/* 4: IPv6 */
	{ "udp dport 53", "ipv6 udp", true },
	{ "udp dport 53", "ipv6 hop-by-hop", true },
	{ "udp dport 53", "ipv6 routing", true },
	{ "udp dport 53", "ipv6 destination options", true },
	{ "udp dport 53", "ipv6 with 8 extension headers", true },
	{ "tcp dport 53", "ipv6 with 170 extension headers", true },
	{ "udp dport 53", "ipv6 with an extension header of 2048 bytes", true },
	{ "ip6 nexthdr udp", "ipv6 hop-by-hop", false },
	{ "ip6 nexthdr 0", "ipv6 hop-by-hop", true },
	{ "meta l4proto 51", "ipv6 protocol 51", true },
	{ "meta l4proto 51", "ipv6 authentication header of 1 bytes", false },
	{ "meta l4proto 51", "ipv6 authentication header of 2 bytes", true },
	{ "meta l4proto 50", "ipv6 protocol 50", true },
	{ "meta l4proto 59", "ipv6 no next header and 0 bytes", true },
	{ "meta l4proto 135", "ipv6 mobility", true },
	{ "meta l4proto 139", "ipv6 protocol 139", true },
	{ "meta l4proto 0-255", "ipv6 hop-by-hop of 1 bytes", false },
	{ "meta l4proto udp", "ipv6 hop-by-hop of 2 bytes", true },
	{ "meta l4proto udp", "ipv6 fragment header of 4 bytes", true },
	{ "meta l4proto 0-255", "ipv6 fragment header of 3 bytes", false },
	{ "meta l4proto udp", "ipv6 extension header of 2048 bytes past the end", true },
	{ "udp dport 0-65535", "ipv6 extension header of 2048 bytes past the end", false },
	{ "udp dport 53", "ipv6 first fragment", true },
	{ "udp dport 53", "ipv6 whole packet with fragment header", true },
	{ "udp dport 53", "ipv6 fragment header with reserved bits", true },
	{ "udp dport 53", "ipv6 fragment behind options, reserved 8", true },
	{ "meta l4proto udp", "ipv6 last fragment at 1 * 8, like port 53", true },
	{ "meta l4proto 59", "ipv6 later fragment of protocol 59", true },
	{ "meta l4proto 0-255", "ipv6 later fragment of protocol 51", false },
	{ "meta l4proto 0-255", "ipv6 later fragment of protocol 60", false },
	{ "meta l4proto 0-255", "ipv6 later fragment of hop-by-hop", false },
	{ "meta l4proto 0-255", "ipv6 version 4", false },
	{ "meta l4proto 0-255", "ipv6 payload length 1 too long", false },
	{ "udp dport 53", "ipv6 payload length 0", true },

	/* 5: what matches need */
	{ "icmp type 8", "ipv6 with icmp", false },
	{ "icmpv6 type 128", "ipv4 with icmpv6", false },
	{ "icmp type 8", "ipv4 icmp", true },
	{ "th dport 53", "ipv4 udp", true },
	{ "th dport 53", "ipv6 tcp", true },
	{ "ip saddr != 192.0.2.9", "arp request", false },
	{ "ip saddr != 192.0.2.9", "ipv6 udp", false },
	{ "arp operation request", "arp request", true },
	{ "arp operation request", "tag 0x8100 arp request", true },
	{ "arp operation request", "arp reply", false },
	{ "arp operation != reply", "arp of 7 bytes", false },
	{ "arp operation request", "arp of 8 bytes", true },
	{ "arp daddr ip 198.51.100.1", "arp of 27 bytes", false },

	/* 6: matching */
	{ "tcp flags syn", "ipv4 tcp", true },
	{ "tcp flags syn,ack", "ipv4 tcp", true },
	{ "tcp flags == syn", "ipv4 tcp", true },
	{ "tcp flags != syn", "ipv4 tcp", false },
	{ "tcp flags { syn }", "ipv4 tcp", true },
	{ "tcp flags { ack }", "ipv4 tcp", false },
	{ "tcp flags ! syn,fin", "ipv4 tcp", false },
	{ "tcp flags ! ack,fin", "ipv4 tcp", true },
	{ "tcp flags syn / syn,ack", "ipv4 tcp", true },
	{ "tcp flags ack / syn,ack", "ipv4 tcp", false },
	{ "udp dport 50-53", "ipv4 udp", true },
	{ "udp dport < 53", "ipv4 udp", false },
	{ "udp dport <= 53", "ipv4 udp", true },
	{ "udp dport > 52", "ipv4 udp", true },
	{ "udp dport >= 54", "ipv4 udp", false },

	/* 9: D1 later fragments, D2 cut network headers */
	{ "udp dport 53", "ipv4 last fragment at 1 * 8, like port 53", false },
	{ "udp dport != 1", "ipv4 last fragment at 8191 * 8", false },
	{ "th dport 0-65535", "ipv6 last fragment at 1 * 8, like port 53", false },
	{ "ip version 4", "ipv4 header of 19 bytes", false },
	{ "ip saddr 192.0.2.1", "tag 0x8100 ipv4 header of 19 bytes", false },
	{ "ip6 version 6", "ipv6 header of 39 bytes", false },
	{ "meta protocol ip", "ipv4 header of 0 bytes", true },
	{ "meta l4proto 0-255", "ipv4 header of 19 bytes", false },
};

static struct packet find_corner(const char *name, struct arena *arena)
{
	struct packet packet = { 0 };

	for (size_t i = 0; i < packet_corner_count(); i++) {
		if (strcmp(packet_corner_name(i, arena), name))
			continue;
		packet_corner_make(i, arena, &packet);
		return packet;
	}
	ck_abort_msg("there is no corner packet '%s'", name);
	return packet;
}

static void judge(const struct ruleset *ruleset, const struct packet *packet,
		  struct xdpfw_cell *cells, struct interp_result *ret_result)
{
	const struct interp_packet judged = { .frame = packet->frame, .len = packet->len,
					      .device = &device, .given = packet->given };

	interp_run(ruleset->ir, &judged, cells, ret_result);
}

START_TEST(matches)
{
	const struct match_case *row = &match_cases[_i];
	struct ruleset ruleset = { 0 };
	struct xdpfw_cell cell = { 0 };
	struct interp_result result;
	struct packet packet;
	char text[512];

	snprintf(text, sizeof(text), RULESET_CHAIN("accept", "%s counter drop"), row->match);
	ruleset_lower(&ruleset, text);
	packet = find_corner(row->corner, &ruleset.arena);
	judge(&ruleset, &packet, &cell, &result);
	ck_assert_msg(result.drop == row->met, "'%s' on '%s'", row->match, row->corner);
	ck_assert_uint_eq(result.trail.reason, XDPFW_REASON_CHAINS);
	ck_assert_uint_eq(result.trail.count, 1);
	ck_assert_uint_eq(result.trail.rule[0], row->met ? 0 : XDPFW_TRAIL_POLICY);
	ck_assert_uint_eq(cell.packets, row->met);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(counted_bytes)
{
	static const struct {
		const char *corner;
		uint64_t bytes;
	} rows[] = {
		{ "ipv4 udp", 48 },
		{ "tag 0x8100 ipv4 udp", 32 },
		{ "2 tags ipv4 udp", 32 },
		{ "tag 0x9100 ipv4 udp", 36 },
		{ "802.2 of 0 bytes", 0 },
	};
	struct ruleset ruleset = { 0 };

	ruleset_lower(&ruleset, RULESET_CHAIN("drop", "counter"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet packet = find_corner(rows[i].corner, &ruleset.arena);
		struct xdpfw_cell cell = { 5, 100 };
		struct interp_result result;

		judge(&ruleset, &packet, &cell, &result);
		ck_assert(result.drop);
		ck_assert_uint_eq(cell.packets, 6);
		ck_assert_uint_eq(cell.bytes, 100 + rows[i].bytes);
	}
	arena_free(&ruleset.arena);
}
END_TEST

/* D5: dropped under policy accept, and no chain runs; six bytes behind the type are enough. */
START_TEST(cut_tag)
{
	struct ruleset ruleset = { 0 };

	ruleset_lower(&ruleset, RULESET_CHAIN("accept", "counter accept"));
	for (unsigned int i = 0; i < 16; i++) {
		struct xdpfw_cell cell = { 0 };
		struct interp_result result;
		struct packet packet;
		char name[64];

		snprintf(name, sizeof(name), "tag 0x%s and %u bytes", i < 8 ? "8100" : "88a8",
			 i % 8);
		packet = find_corner(name, &ruleset.arena);
		judge(&ruleset, &packet, &cell, &result);
		ck_assert_int_eq(result.drop, i % 8 < 6);
		ck_assert_uint_eq(result.trail.reason, i % 8 < 6 ? XDPFW_REASON_CUT_TAG :
								   XDPFW_REASON_CHAINS);
		ck_assert_uint_eq(result.trail.count, i % 8 < 6 ? 0 : 1);
		ck_assert_uint_eq(cell.packets, i % 8 < 6 ? 0 : 1);
	}
	arena_free(&ruleset.arena);
}
END_TEST

#define POLICY XDPFW_TRAIL_POLICY
#define BASE(name, priority, policy)                                                           \
	"chain " name " { type filter hook ingress device \"eth0\" priority " priority         \
	"; policy " policy "; "

/* Rules are numbered in the order they stand in; counters too. */
static const struct flow_case {
	const char *what, *text;
	bool drop;
	uint32_t count, rule[4];
	uint64_t packets[4];
} flow_cases[] = {
	{ "end of a base chain is its policy", "table netdev t { " BASE("a", "0", "drop")
	  "counter\n } }", true, 1, { POLICY }, { 1 } },
	{ "return in a base chain is its policy", "table netdev t { " BASE("a", "0", "drop")
	  "return\n counter accept\n } }", true, 1, { POLICY }, { 0 } },
	{ "a counter left of the failing match has counted", "table netdev t { "
	  BASE("a", "0", "accept") "counter udp dport 54 counter drop\n } }",
	  false, 1, { POLICY }, { 1, 0 } },
	{ "continue goes on", "table netdev t { " BASE("a", "0", "accept")
	  "counter continue\n counter drop\n } }", true, 1, { 1 }, { 1, 1 } },
	{ "a jump returns behind itself", "table netdev t { chain b { counter\n }\n"
	  BASE("a", "0", "accept") "jump b\n counter drop\n } }", true, 1, { 2 }, { 1, 1 } },
	{ "return in a jumped chain", "table netdev t { chain b { counter return\n drop\n }\n"
	  BASE("a", "0", "accept") "jump b\n counter\n } }", false, 1, { POLICY }, { 1, 1 } },
	{ "a verdict in a jumped chain", "table netdev t { chain b { counter drop\n }\n"
	  BASE("a", "0", "accept") "jump b\n counter\n } }", true, 1, { 0 }, { 1, 0 } },
	{ "goto from a base chain ends in the policy", "table netdev t { chain b { counter\n }\n"
	  BASE("a", "0", "accept") "goto b\n counter drop\n } }",
	  false, 1, { POLICY }, { 1, 0 } },
	{ "goto from a jumped chain ends at the last jump",
	  "table netdev t { chain c { counter\n }\n chain b { goto c\n counter drop\n }\n"
	  BASE("a", "0", "accept") "jump b\n counter\n } }",
	  false, 1, { POLICY }, { 1, 0, 1 } },
	{ "a vmap miss ends the rule", "table netdev t { " BASE("a", "0", "accept")
	  "udp dport vmap { 54 : drop } counter\n counter\n } }",
	  false, 1, { POLICY }, { 0, 1 } },
	{ "continue in a vmap goes on in the rule", "table netdev t { " BASE("a", "0", "accept")
	  "udp dport vmap { 53 : continue } counter\n } }", false, 1, { POLICY }, { 1 } },
	{ "a verdict of a vmap", "table netdev t { " BASE("a", "0", "accept")
	  "udp dport vmap { 1-52 : accept, 53 : drop }\n counter\n } }",
	  true, 1, { 0 }, { 0 } },
	{ "a jump of a vmap", "table netdev t { chain b { counter return\n }\n"
	  BASE("a", "0", "accept") "udp dport vmap { 53 : jump b }\n counter drop\n } }",
	  true, 1, { 2 }, { 1, 1 } },
	{ "accept ends only its chain", "table netdev t { " BASE("a", "0", "accept")
	  "accept\n }\n " BASE("b", "1", "accept") "counter drop\n } }",
	  true, 2, { 0, 1 }, { 1 } },
	{ "drop is final", "table netdev t { " BASE("a", "0", "accept")
	  "drop\n }\n " BASE("b", "1", "accept") "counter\n } }", true, 1, { 0 }, { 0 } },
	{ "policy drop is final", "table netdev t { " BASE("a", "0", "drop")
	  "}\n " BASE("b", "1", "accept") "counter\n } }", true, 1, { POLICY }, { 0 } },
	{ "priorities ascend", "table netdev t { " BASE("a", "10", "accept")
	  "counter accept\n }\n " BASE("b", "-10", "accept") "counter accept\n } }",
	  false, 2, { 1, 0 }, { 1, 1 } },
	{ "of equal priorities the later in the file first", "table netdev t { "
	  BASE("a", "0", "accept") "counter accept\n }\n " BASE("b", "0", "accept")
	  "counter drop\n } }", true, 1, { 1 }, { 0, 1 } },
	{ "equal priorities over two tables", "table netdev t { "
	  BASE("a", "0", "accept") "counter accept\n } }\n table netdev s { "
	  BASE("b", "0", "accept") "counter drop\n } }", true, 1, { 1 }, { 0, 1 } },
};

START_TEST(flow)
{
	const struct flow_case *row = &flow_cases[_i];
	struct ruleset ruleset = { 0 };
	struct xdpfw_cell cells[4] = { 0 };
	struct interp_result result;
	struct packet packet;

	ruleset_lower(&ruleset, row->text);
	packet = find_corner("ipv4 udp", &ruleset.arena);
	judge(&ruleset, &packet, cells, &result);
	ck_assert_msg(result.drop == row->drop, "%s: verdict", row->what);
	ck_assert_uint_eq(result.trail.reason, XDPFW_REASON_CHAINS);
	ck_assert_msg(result.trail.count == row->count, "%s: count", row->what);
	for (uint32_t i = 0; i < row->count; i++)
		ck_assert_msg(result.trail.rule[i] == row->rule[i], "%s: rule", row->what);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_msg(cells[i].packets == row->packets[i], "%s: counter %u", row->what, i);
	judge(&ruleset, &packet, NULL, &result);
	ck_assert_int_eq(result.drop, row->drop);
	arena_free(&ruleset.arena);
}
END_TEST

/* 15 nested jumps are allowed; the innermost verdict counts for the base chain. */
START_TEST(deepest_jump)
{
	struct ruleset ruleset = { 0 };
	struct interp_result result;
	struct buf text = BUF_INIT;
	struct packet packet;

	buf_puts(&text, "table netdev t {\n chain c0 { drop\n }\n");
	for (int i = 1; i < 15; i++)
		buf_printf(&text, " chain c%d { jump c%d\n }\n", i, i - 1);
	buf_puts(&text, BASE("base", "0", "accept") "jump c14\n }\n}\n");
	ruleset_lower(&ruleset, text.at);
	packet = find_corner("ipv4 udp", &ruleset.arena);
	judge(&ruleset, &packet, NULL, &result);
	ck_assert(result.drop);
	ck_assert_uint_eq(result.trail.reason, XDPFW_REASON_CHAINS);
	ck_assert_uint_eq(result.trail.rule[0], 0);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

/* 8 chains that each jump 8 times to the next would take 8^8 jumps. */
START_TEST(endless_jumps)
{
	struct ruleset ruleset = { 0 };
	struct interp_result result;
	struct buf text = BUF_INIT;
	struct packet packet;

	buf_puts(&text, "table netdev t {\n chain c0 { counter\n }\n");
	for (int i = 1; i < 9; i++) {
		buf_printf(&text, " chain c%d {\n", i);
		for (int j = 0; j < 8; j++)
			buf_printf(&text, " jump c%d\n", i - 1);
		buf_puts(&text, " }\n");
	}
	buf_puts(&text, BASE("base", "0", "accept") "jump c8\n }\n}\n");
	ruleset_lower(&ruleset, text.at);
	packet = find_corner("ipv4 udp", &ruleset.arena);
	judge(&ruleset, &packet, NULL, &result);
	ck_assert(result.drop);
	ck_assert_uint_eq(result.trail.reason, XDPFW_REASON_TOO_LONG);
	ck_assert_uint_eq(result.trail.count, 0);
	buf_free(&text);
	arena_free(&ruleset.arena);
}
END_TEST

START_TEST(watched_rule)
{
	struct ruleset ruleset = { 0 };
	struct interp_watch first = { .rule = 0 }, second = { .rule = 1 }, third = { .rule = 2 };
	struct interp_result result;
	struct interp_packet judged;
	struct packet packet;

	ruleset_lower(&ruleset, RULESET_CHAIN("accept", "udp dport 54 accept\nudp dport 53 drop\n"
							"counter"));
	packet = find_corner("ipv4 udp", &ruleset.arena);
	judged = (struct interp_packet){ .frame = packet.frame, .len = packet.len,
					 .device = &device };
	interp_run_watched(ruleset.ir, &judged, NULL, &first, &result);
	ck_assert(first.reached);
	ck_assert_uint_eq(first.steps, 1);	/* meta l4proto udp */
	interp_run_watched(ruleset.ir, &judged, NULL, &second, &result);
	ck_assert(second.reached);
	ck_assert_uint_eq(second.steps, 3);
	interp_run_watched(ruleset.ir, &judged, NULL, &third, &result);
	ck_assert(!third.reached);
	arena_free(&ruleset.arena);
}
END_TEST

/* --- what is beside the packet's bytes ------------------------------------------------------ */

#define NS 1000000000ull
#define SATURDAY_NOON 1795262400ull	/* 2026-11-21 12:00:00 UTC */

static const struct given_case {
	const char *match;
	struct xdpfw_given given;
	int32_t minutes_west;
	bool met;
} given_cases[] = {
	{ "meta time \"2026-11-21 12:00:00\"", { .now = SATURDAY_NOON * NS }, 0, true },
	{ "meta time \"2026-11-21 12:00:00\"", { .now = SATURDAY_NOON * NS + 1 }, 0, false },
	{ "meta day 6", { .now = SATURDAY_NOON * NS }, 0, true },
	{ "meta day \"Saturday\"", { .now = SATURDAY_NOON * NS }, 719, true },
	{ "meta day 6", { .now = SATURDAY_NOON * NS }, 720, true },
	{ "meta day 5", { .now = SATURDAY_NOON * NS }, 721, true },
	{ "meta day 6", { .now = SATURDAY_NOON * NS }, -719, true },
	{ "meta day 0", { .now = SATURDAY_NOON * NS }, -720, true },
	{ "meta day 4", { .now = 0 }, 0, true },
	{ "meta day 3", { .now = 0 }, 1, true },
	{ "meta hour 43200", { .now = SATURDAY_NOON * NS + NS - 1 }, 60, true },
	{ "meta hour 43201", { .now = SATURDAY_NOON * NS + NS }, 60, true },
	{ "meta hour 43200", { .now = SATURDAY_NOON * NS + NS }, 0, false },
	{ "meta cpu 3", { .cpu = 3 }, 0, true },
	{ "meta cpu 3", { .cpu = 0x03000000 }, 0, false },
	{ "meta random 0x80000001", { .random = 0x80000001 }, 0, true },
	{ "meta random < 0x80000001", { .random = 0x80000001 }, 0, false },
	{ "meta iiftype ether", { 0 }, 0, true },
	{ "meta iifgroup 7", { 0 }, 0, true },
	{ "meta mark 0", { 0 }, 0, true },
	{ "meta priority 0:0", { 0 }, 0, true },
	{ "meta skuid 0-4294967295", { 0 }, 0, false },
};

START_TEST(given)
{
	const struct given_case *row = &given_cases[_i];
	struct xdpfw_device ether = device;
	struct ruleset ruleset = { 0 };
	struct interp_packet judged;
	struct interp_result result;
	struct packet packet;
	char text[512];

	setenv("TZ", "UTC", 1);
	ether.type = 1;
	ether.group = 7;
	snprintf(text, sizeof(text), RULESET_CHAIN("accept", "%s drop"), row->match);
	ruleset_lower(&ruleset, text);
	packet = find_corner("ipv4 udp", &ruleset.arena);
	judged = (struct interp_packet){ packet.frame, packet.len, &ether, row->given,
					 row->minutes_west };
	interp_run(ruleset.ir, &judged, NULL, &result);
	ck_assert_msg(result.drop == row->met, "%s", row->match);
	arena_free(&ruleset.arena);
}
END_TEST

/* What counts, and in which order: counters are numbered as bind numbers them. */
START_TEST(counted_elements)
{
	static const struct {
		const char *rule;
		bool drop;
		const char *cells;
	} rows[] = {
		/* web, other; 53, 54, * of @s; 53, * of @v; the rule's */
		{ "udp dport @s counter", false, "00100001" },
		{ "udp dport != @s counter", false, "00000000" },
		{ "udp sport @s counter", false, "00001001" },
		{ "udp dport vmap @v counter", true, "00000100" },
		{ "udp sport vmap @v counter", false, "00000011" },
		{ "counter name udp dport map @m drop", true, "1000000" },
		{ "counter name udp sport map @m drop", true, "0100000" },
		{ "counter name udp length map @n drop", false, "0000000" },
	};
	struct ruleset ruleset;
	char text[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xdpfw_cell cells[16] = { 0 };
		struct interp_result result;
		struct packet packet;

		ruleset = (struct ruleset){ 0 };
		snprintf(text, sizeof(text),
			 "table netdev t {\nset s { type inet_service; counter; elements = { "
			 "53, 54, * "
			 "}\n }\nmap v { type inet_service : verdict; counter; elements = { 53 "
			 ": drop, "
			 "* : continue }\n }\ncounter web { }\ncounter other { }\nmap m { type "
			 "inet_service : counter; elements = { 53 : \"web\", * : \"other\" }\n }\n"
			 "map n { typeof udp length : counter; elements = { 1 : \"web\" }\n "
			 "}\nchain c { "
			 "type filter hook ingress device eth0 priority 0; %s\n "
			 "}\n}\n", rows[i].rule);
		ruleset_lower(&ruleset, text);
		packet = find_corner("ipv4 udp", &ruleset.arena);
		judge(&ruleset, &packet, cells, &result);
		ck_assert_msg(result.drop == rows[i].drop, "%s", rows[i].rule);
		ck_assert_uint_eq(ruleset.ir->counter_count, strlen(rows[i].cells));
		for (uint32_t j = 0; j < ruleset.ir->counter_count; j++)
			ck_assert_msg(cells[j].packets == (uint64_t)(rows[i].cells[j] - '0'),
				      "%s: counter %u", rows[i].rule, j);
		arena_free(&ruleset.arena);
	}
}
END_TEST

/* SEMANTICS 8a: what is no IP passes by, what is broken is dropped before the first rule. */
START_TEST(family_inet)
{
	static const struct {
		const char *corner;
		bool drop;
		uint32_t count, rule;
	} rows[] = {
		{ "ipv4 udp", true, 1, 0 },
		{ "tag 0x8100 ipv4 udp", true, 1, 0 },
		{ "ipv6 udp", true, 1, 0 },
		{ "arp request", false, 0, 0 },
		{ "2 tags ipv4 udp", false, 0, 0 },
		{ "802.2 of 46 bytes", false, 0, 0 },
		{ "ipv4 ihl 4", true, 1, XDPFW_TRAIL_INVALID },
		{ "ipv4 version 6", true, 1, XDPFW_TRAIL_INVALID },
		{ "ipv4 total length 1 too long", true, 1, XDPFW_TRAIL_INVALID },
		{ "ipv4 header of 19 bytes", true, 1, XDPFW_TRAIL_INVALID },
		{ "ipv6 header of 39 bytes", true, 1, XDPFW_TRAIL_INVALID },
		{ "ipv6 fragment header of 3 bytes", true, 1, XDPFW_TRAIL_INVALID },
	};
	struct ruleset ruleset = { 0 };

	ruleset_lower(&ruleset, "table inet t {\nchain c {\ntype filter hook ingress device eth0 "
				"priority 0; policy drop\ncounter drop\n}\n}\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet packet = find_corner(rows[i].corner, &ruleset.arena);
		struct xdpfw_cell cell = { 0 };
		struct interp_result result;

		judge(&ruleset, &packet, &cell, &result);
		ck_assert_msg(result.drop == rows[i].drop, "%s", rows[i].corner);
		ck_assert_uint_eq(result.trail.reason, XDPFW_REASON_CHAINS);
		ck_assert_uint_eq(result.trail.count, rows[i].count);
		if (rows[i].count)
			ck_assert_uint_eq(result.trail.rule[0], rows[i].rule);
		ck_assert_uint_eq(cell.packets, rows[i].count && !rows[i].rule);
	}
	arena_free(&ruleset.arena);
}
END_TEST

/* Every cut of every corner packet is judged without reading beyond it (under ASan). */
START_TEST(reads_nothing_beyond)
{
	struct ruleset ruleset = { 0 };

	ruleset_lower(&ruleset, RULESET_CHAIN("accept",
		"ip6 daddr ::1 counter\nip daddr 1.2.3.4 counter\narp daddr ip 1.2.3.4 counter\n"
		"tcp urgptr 1 counter\nudp checksum 1 counter\nicmp code 1 counter\n"
		"icmpv6 code 1 counter\nth dport 1 counter\nvlan type 1 counter\n"
		"ether type 8021ad vlan id 1 vlan type 8021q vlan id 1 counter"));
	for (size_t i = 0; i < packet_corner_count(); i++) {
		struct packet packet;

		packet_corner_make(i, &ruleset.arena, &packet);
		for (size_t len = 14; len <= packet.len && len < 200; len++) {
			uint8_t *copy = malloc(len);
			struct packet cut = { .frame = copy, .len = len, .linear = len };
			struct interp_result result;

			ck_assert_ptr_nonnull(copy);
			memcpy(copy, packet.frame, len);
			judge(&ruleset, &cut, NULL, &result);
			free(copy);
		}
	}
	arena_free(&ruleset.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("interp");
	TCase *tcase = tcase_create("interp");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, matches, 0, sizeof(match_cases) / sizeof(match_cases[0]));
	tcase_add_loop_test(tcase, flow, 0, sizeof(flow_cases) / sizeof(flow_cases[0]));
	tcase_add_loop_test(tcase, given, 0, sizeof(given_cases) / sizeof(given_cases[0]));
	tcase_add_test(tcase, counted_elements);
	tcase_add_test(tcase, family_inet);
	tcase_add_test(tcase, counted_bytes);
	tcase_add_test(tcase, cut_tag);
	tcase_add_test(tcase, deepest_jump);
	tcase_add_test(tcase, endless_jumps);
	tcase_add_test(tcase, watched_rule);
	tcase_add_test(tcase, reads_nothing_beyond);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
