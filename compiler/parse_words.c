/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_words: the words of nft's grammar that are not fields: which ones nft reserves, and the
 * errors for those that are refused (refuse.c).
 *
 * In: a word and where it stands.  Out: whether it is in the tables; for a refused construct the
 * error.
 *
 * The reserved words are those of nft 1.0.6's scanner outside of all its start conditions.
 */
#include "compiler/parse_private.h"

static const char *const reserved_words[] = {
	"accept", "add", "ah", "all", "and", "arp", "auto-merge", "bridge", "cgroup", "chain",
	"comment", "comp", "constant", "continue", "counter", "cpu", "create", "ct", "day", "dccp",
	"define", "delete", "describe", "device", "devices", "dnat", "drop", "dst", "dup",
	"dynamic", "ecn", "element", "elements", "eq", "esp", "ether", "exists", "expires",
	"export", "exthdr", "fib", "flags", "flow", "flowtable", "flush", "frag", "fwd",
	"gc-interval", "ge", "get", "goto", "gt", "handle", "hbh", "hook", "hour", "ibriport",
	"ibrname", "icmp", "icmpv6", "igmp", "iif", "iifgroup", "iifname", "iiftype", "import",
	"include", "index", "inet", "insert", "interval", "ip", "ip6", "ipsec", "jhash", "jump",
	"le", "limit", "list", "log", "lshift", "lt", "map", "mark", "masquerade", "meta", "meter",
	"mh", "missing", "monitor", "ne", "netdev", "nftrace", "not", "notrack", "numgen",
	"obriport", "obrname", "offload", "oif", "oifgroup", "oifname", "oiftype", "or", "osf",
	"pkttype", "policy", "position", "priority", "queue", "quota", "random", "redefine",
	"redirect", "reject", "rename", "replace", "reset", "return", "rshift", "rt", "rt0", "rt2",
	"rtclassid", "rule", "ruleset", "sctp", "secmark", "set", "size", "skgid", "skuid", "snat",
	"socket", "srh", "symhash", "synproxy", "table", "tcp", "th", "time", "timeout", "tproxy",
	"type", "typeof", "udp", "udplite", "undefine", "update", "vlan", "vmap", "xor", "xt",
};

/* Of these, the ones nft takes as a value. */
static const char *const value_words[] = {
	"ah", "arp", "comp", "dccp", "dnat", "ecn", "esp", "ether", "exists", "icmp", "icmpv6",
	"igmp", "ip", "ip6", "missing", "redirect", "reset", "sctp", "snat", "tcp", "udp",
	"udplite", "vlan",
};

static bool find_word(const char *const *words, size_t count, struct str word)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(str_from(words[middle]), word);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool parse_word_is_reserved(struct str word)
{
	return find_word(reserved_words, sizeof(reserved_words) / sizeof(reserved_words[0]), word);
}

bool parse_word_is_value(struct str word)
{
	return find_word(value_words, sizeof(value_words) / sizeof(value_words[0]), word);
}

bool parse_word_is_type(struct str word)
{
	return str_is(word, "mark") || str_is(word, "ecn") || str_is(word, "time");
}

bool parse_refuse(struct parse *parse, enum refuse_place place, struct str words,
		  struct source_span span)
{
	const struct refuse_word *row = refuse_find(place, words);

	if (!row)
		return false;
	diag_error(parse->diag, span, "'%s' (%s) %s", row->words, row->what, refuse_reason(row));
	if (row->help)
		diag_help(parse->diag, "%s", row->help);
	return true;
}

void parse_suggest_refused(unsigned int places, struct str_nearest *near)
{
	for (size_t i = 0; i < refuse_count; i++)
		if ((refuse_words[i].places & places) && refuse_words[i].words[0] >= 'a' &&
		    !strchr(refuse_words[i].words, ' '))
			str_nearest_offer(near, refuse_words[i].words);
}
