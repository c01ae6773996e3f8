/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_words: the words of nft's grammar that are not fields: which ones nft reserves, and which
 * ones name constructs that are refused here, each with its reason.
 *
 * In: a word and where it stands.  Out: whether it is in the tables; for a refused construct the
 * error.  Refusing is the safe side: what is not understood is never skipped silently.
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

enum fate {
	FATE_LATER,
	FATE_NOT_AT_INGRESS,		/* nft refuses it at this hook too */
	FATE_NEVER_MATCHES,		/* nft takes it, but it has no value at this hook */
	FATE_NOT_IN_FILES,
	FATE_NO_HOOK,
};

static const char *const fate_texts[] = {
	[FATE_LATER] = "is not supported yet",
	[FATE_NOT_AT_INGRESS] = "cannot be used at the ingress hook",
	[FATE_NEVER_MATCHES] = "never matches at the ingress hook",
	[FATE_NOT_IN_FILES] = "cannot be used in a ruleset file",
	[FATE_NO_HOOK] = "has no ingress hook",
};

struct refused_word {
	unsigned int places;		/* PARSE_PLACE_... */
	const char *words;
	enum fate fate;
	const char *what;		/* in plain words */
	const char *help;		/* NULL: none */
};

#define COMMAND PARSE_PLACE_COMMAND
#define OBJECT PARSE_PLACE_OBJECT
#define CHAIN PARSE_PLACE_CHAIN
#define STMT PARSE_PLACE_STMT
#define FIELD PARSE_PLACE_FIELD
#define SET PARSE_PLACE_SET
#define FLAG PARSE_PLACE_FLAG
#define ELEMENT PARSE_PLACE_ELEMENT
#define TABLE_FLAG PARSE_PLACE_TABLE_FLAG
#define FAMILY PARSE_PLACE_FAMILY
#define HOOK PARSE_PLACE_HOOK
#define CHAIN_TYPE PARSE_PLACE_CHAIN_TYPE
#define FLUSH PARSE_PLACE_FLUSH
#define POSITION PARSE_PLACE_POSITION
#define META PARSE_PLACE_META

#define REPLACES "a load replaces the whole ruleset: change the file and load it again"
#define LIST_ELEMENTS "write the elements into the file and load it again when they change"
#define USE_NETDEV "write 'table netdev NAME' and a chain with " \
		   "'type filter hook ingress device \"DEVICE\" priority 0;'"
#define BEFORE_ROUTING "the packet has not been routed yet"
#define BEFORE_CT "the packet has not met connection tracking yet"

static const struct refused_word refused_words[] = {
	/* commands */
	{ COMMAND, "insert", FATE_NOT_IN_FILES, "insert a rule before others",
	  "write the rule where it belongs, as 'add rule'; " REPLACES },
	{ COMMAND, "replace", FATE_NOT_IN_FILES, "replace a rule", REPLACES },
	{ COMMAND, "delete", FATE_NOT_IN_FILES, "delete an object", REPLACES },
	{ COMMAND, "destroy", FATE_NOT_IN_FILES, "delete an object", REPLACES },
	{ COMMAND, "reset", FATE_NOT_IN_FILES, "reset counters", REPLACES },
	{ COMMAND, "rename", FATE_NOT_IN_FILES, "rename a chain", REPLACES },
	{ COMMAND, "list", FATE_NOT_IN_FILES, "list objects", "run: xdpfw list ruleset" },
	{ COMMAND, "get", FATE_NOT_IN_FILES, "look up elements", NULL },
	{ COMMAND, "monitor", FATE_NOT_IN_FILES, "watch changes", NULL },
	{ COMMAND, "import", FATE_NOT_IN_FILES, "read a ruleset in another format", NULL },
	{ COMMAND, "export", FATE_NOT_IN_FILES, "write a ruleset in another format", NULL },
	{ COMMAND, "describe", FATE_NOT_IN_FILES, "describe an expression", NULL },
	{ POSITION, "position", FATE_NOT_IN_FILES, "place of a rule", REPLACES },
	{ POSITION, "handle", FATE_NOT_IN_FILES, "place of a rule", REPLACES },
	{ POSITION, "index", FATE_NOT_IN_FILES, "place of a rule", REPLACES },
	{ FLUSH, "set", FATE_NOT_IN_FILES, "remove the elements of a set", REPLACES },
	{ FLUSH, "map", FATE_NOT_IN_FILES, "remove the elements of a map", REPLACES },
	{ FLUSH, "meter", FATE_NOT_IN_FILES, "remove the elements of a meter", REPLACES },
	{ FLUSH, "flow", FATE_NOT_IN_FILES, "remove the elements of a flow table", REPLACES },

	/* families, chain types and hooks */
	{ FAMILY, "ip", FATE_NO_HOOK, "family of IPv4", USE_NETDEV },
	{ FAMILY, "ip6", FATE_NO_HOOK, "family of IPv6", USE_NETDEV },
	{ FAMILY, "arp", FATE_NO_HOOK, "family of ARP", USE_NETDEV },
	{ FAMILY, "bridge", FATE_NO_HOOK, "family of bridges", USE_NETDEV },
	{ CHAIN_TYPE, "nat", FATE_NOT_AT_INGRESS, "chain type for address translation", NULL },
	{ CHAIN_TYPE, "route", FATE_NOT_AT_INGRESS, "chain type for routing again", NULL },
	{ HOOK, "egress", FATE_LATER, "packets that leave a device", NULL },
	{ HOOK, "prerouting", FATE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "input", FATE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "forward", FATE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "output", FATE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "postrouting", FATE_LATER, "hook of the IP stack", USE_NETDEV },

	/* objects of a table */
	{ TABLE_FLAG, "owner", FATE_NOT_IN_FILES, "table that ends with the program that made it",
	  NULL },
	{ TABLE_FLAG, "persist", FATE_NOT_IN_FILES, "table that outlives its owner", NULL },
	{ OBJECT, "flowtable", FATE_LATER, "flow table", NULL },
	{ OBJECT, "quota", FATE_LATER, "named quota", NULL },
	{ OBJECT, "limit", FATE_LATER, "named rate limit", NULL },
	{ OBJECT, "synproxy", FATE_LATER, "named SYN proxy", NULL },
	{ OBJECT, "secmark", FATE_LATER, "security mark", NULL },
	{ OBJECT, "ct", FATE_LATER, "connection tracking object", NULL },
	{ CHAIN, "flags", FATE_LATER, "flags of a chain: hardware offload", NULL },

	/* sets and maps */
	{ SET | ELEMENT, "timeout", FATE_LATER, "elements that expire", LIST_ELEMENTS },
	{ SET, "gc-interval", FATE_LATER, "elements that expire", LIST_ELEMENTS },
	{ ELEMENT, "counter name", FATE_LATER, "named counter of an element",
	  "write a map: 'counter name FIELD map { ELEMENT : \"NAME\" }'" },
	{ SET | ELEMENT, "limit", FATE_LATER, "rate limit of each element", NULL },
	{ SET | ELEMENT, "quota", FATE_LATER, "quota of each element", NULL },
	{ SET | ELEMENT, "ct", FATE_LATER, "connection limit of each element", NULL },
	{ SET | ELEMENT, "last", FATE_LATER, "time of the last match of each element", NULL },
	{ ELEMENT, "expires", FATE_LATER, "elements that expire", LIST_ELEMENTS },
	{ FLAG, "dynamic", FATE_LATER, "set that rules add to", LIST_ELEMENTS },
	{ FLAG, "timeout", FATE_LATER, "elements that expire", LIST_ELEMENTS },

	/* statements */
	{ STMT, "limit", FATE_LATER, "rate limit", NULL },
	{ STMT, "quota", FATE_LATER, "byte quota", NULL },
	{ STMT, "log", FATE_LATER, "log message", NULL },
	{ STMT, "last", FATE_LATER, "time of the last match", NULL },
	{ STMT, "reject", FATE_LATER, "answer with an error", "write 'drop'" },
	{ STMT, "dup", FATE_LATER, "copy a packet to a device", NULL },
	{ STMT, "fwd", FATE_LATER, "send a packet out of a device", NULL },
	{ STMT, "notrack", FATE_LATER, "no connection tracking", NULL },
	{ STMT, "synproxy", FATE_LATER, "SYN proxy", NULL },
	{ STMT, "meter", FATE_LATER, "state of each element", NULL },
	{ STMT, "flow", FATE_LATER, "flow table", NULL },
	{ STMT, "add", FATE_LATER, "add an element to a set", LIST_ELEMENTS },
	{ STMT, "update", FATE_LATER, "add an element to a set", LIST_ELEMENTS },
	{ STMT, "delete", FATE_LATER, "delete an element of a set", LIST_ELEMENTS },
	{ STMT, "set", FATE_LATER, "add an element to a set", LIST_ELEMENTS },
	{ STMT, "map", FATE_LATER, "add an element to a map", LIST_ELEMENTS },
	{ STMT, "reset", FATE_LATER, "remove a TCP option", NULL },
	{ STMT, "queue", FATE_NOT_AT_INGRESS, "hand a packet to a program", NULL },
	{ STMT, "tproxy", FATE_NOT_AT_INGRESS, "transparent proxy", NULL },
	{ STMT, "snat", FATE_NOT_AT_INGRESS, "translate the source address", NULL },
	{ STMT, "dnat", FATE_NOT_AT_INGRESS, "translate the destination address", NULL },
	{ STMT, "masquerade", FATE_NOT_AT_INGRESS, "translate the source address", NULL },
	{ STMT, "redirect", FATE_NOT_AT_INGRESS, "translate the destination address", NULL },
	{ STMT, "xt", FATE_NOT_AT_INGRESS, "match or target of iptables", NULL },

	/* expressions that are neither a header nor meta */
	{ STMT, "ct", FATE_NOT_AT_INGRESS, "connection tracking", BEFORE_CT },
	{ FIELD, "rt classid", FATE_NOT_AT_INGRESS, "routing realm", BEFORE_ROUTING },
	{ FIELD, "rt nexthop", FATE_NOT_AT_INGRESS, "next router", BEFORE_ROUTING },
	{ FIELD, "rt mtu", FATE_NOT_AT_INGRESS, "MTU of the route", BEFORE_ROUTING },
	{ FIELD, "rt ipsec", FATE_NOT_AT_INGRESS, "IPsec of the route", BEFORE_ROUTING },
	{ FIELD, "rt ip", FATE_NOT_AT_INGRESS, "next router", BEFORE_ROUTING },
	{ FIELD, "rt ip6", FATE_NOT_AT_INGRESS, "next router", BEFORE_ROUTING },
	{ STMT, "ipsec in", FATE_NOT_AT_INGRESS, "IPsec state of the packet", NULL },
	{ STMT, "ipsec out", FATE_NOT_AT_INGRESS, "IPsec policy of the packet", NULL },
	{ STMT, "socket", FATE_NOT_AT_INGRESS, "local socket", NULL },
	{ STMT, "fib", FATE_LATER, "routing look-up", NULL },
	{ STMT, "osf", FATE_NOT_AT_INGRESS, "operating system of the sender", NULL },
	{ STMT, "numgen", FATE_LATER, "number generator", NULL },
	{ STMT, "jhash", FATE_LATER, "hash of fields", NULL },
	{ STMT, "symhash", FATE_LATER, "hash of the connection", NULL },

	/* what is known about a packet: `meta X`, most of them also without `meta` */
	{ META, "secmark", FATE_LATER, "security mark", NULL },
	{ META, "ibrvproto", FATE_NOT_AT_INGRESS, "protocol of a bridge's VLANs", NULL },
	{ META, "ibrpvid", FATE_NOT_AT_INGRESS, "VLAN of a bridge port", NULL },
	{ META, "iifkind", FATE_LATER, "kind of the device", "match 'iifname'" },
	{ META, "oifkind", FATE_NEVER_MATCHES, "output device", BEFORE_ROUTING },
	{ META, "sdif", FATE_NOT_AT_INGRESS, "device of a VRF", NULL },
	{ META, "sdifname", FATE_NOT_AT_INGRESS, "device of a VRF", NULL },
	{ META, "broute", FATE_NOT_AT_INGRESS, "route instead of bridge", NULL },
	{ STMT | META, "nftrace", FATE_LATER, "trace of a packet", NULL },
	{ STMT | META, "ibriport", FATE_NOT_AT_INGRESS, "bridge of the device", NULL },
	{ STMT | META, "ibrname", FATE_NOT_AT_INGRESS, "bridge of the device", NULL },
	{ STMT | META, "obriport", FATE_NOT_AT_INGRESS, "bridge of the output device",
	  BEFORE_ROUTING },
	{ STMT | META, "obrname", FATE_NOT_AT_INGRESS, "bridge of the output device",
	  BEFORE_ROUTING },

	/* behind an expression; these stand in several places, the parser asks by the mark */
	{ FIELD, "set", FATE_LATER, "change a packet", NULL },
	{ FIELD, "map", FATE_LATER, "look up a value in a map",
	  "use 'vmap' for verdicts, 'counter name FIELD map { }' for counters" },
	{ ELEMENT, ":", FATE_LATER, "map to a value that is neither a verdict nor a counter", NULL },
	{ STMT, "{", FATE_LATER, "chain inside a rule", "write the chain under a name" },
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

bool parse_refuse(struct parse *parse, enum parse_place place, struct str words,
		  struct source_span span)
{
	for (size_t i = 0; i < sizeof(refused_words) / sizeof(refused_words[0]); i++) {
		const struct refused_word *row = &refused_words[i];

		if (!(row->places & place) || !str_is(words, row->words))
			continue;
		diag_error(parse->diag, span, "'%s' (%s) %s", row->words, row->what,
			   fate_texts[row->fate]);
		if (row->help)
			diag_help(parse->diag, "%s", row->help);
		return true;
	}
	return false;
}

void parse_suggest_refused(unsigned int places, struct str_nearest *near)
{
	for (size_t i = 0; i < sizeof(refused_words) / sizeof(refused_words[0]); i++)
		if ((refused_words[i].places & places) && refused_words[i].words[0] >= 'a' &&
		    !strchr(refused_words[i].words, ' '))
			str_nearest_offer(near, refused_words[i].words);
}
