/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refuse: the table of what is refused.
 *
 * Input: a word and where it stands.  Output: the row, with the reason for the error message and
 * for the manual.  Refusing is the safe side: what is not understood is never skipped silently.
 */
#include "compiler/refuse.h"

#define COMMAND REFUSE_PLACE_COMMAND
#define OBJECT REFUSE_PLACE_OBJECT
#define CHAIN REFUSE_PLACE_CHAIN
#define STMT REFUSE_PLACE_STMT
#define FIELD REFUSE_PLACE_FIELD
#define SET REFUSE_PLACE_SET
#define FLAG REFUSE_PLACE_FLAG
#define ELEMENT REFUSE_PLACE_ELEMENT
#define TABLE_FLAG REFUSE_PLACE_TABLE_FLAG
#define FAMILY REFUSE_PLACE_FAMILY
#define HOOK REFUSE_PLACE_HOOK
#define CHAIN_TYPE REFUSE_PLACE_CHAIN_TYPE
#define FLUSH REFUSE_PLACE_FLUSH
#define POSITION REFUSE_PLACE_POSITION
#define META REFUSE_PLACE_META

#define REPLACES "a load replaces the whole ruleset: change the file and load it again"
#define LIST_ELEMENTS "write the elements into the file and load it again when they change"
#define USE_NETDEV "write 'table netdev NAME' and a chain with " \
		   "'type filter hook ingress device \"DEVICE\" priority 0;'"
#define BEFORE_ROUTING "the packet has not been routed yet"
#define BEFORE_CT "the packet has not met connection tracking yet"

const struct refuse_word refuse_words[] = {
	/* commands */
	{ COMMAND, "insert", REFUSE_NOT_IN_FILES, "insert a rule before others",
	  "write the rule where it belongs, as 'add rule'; " REPLACES },
	{ COMMAND, "replace", REFUSE_NOT_IN_FILES, "replace a rule", REPLACES },
	{ COMMAND, "delete", REFUSE_NOT_IN_FILES, "delete an object", REPLACES },
	{ COMMAND, "destroy", REFUSE_NOT_IN_FILES, "delete an object", REPLACES },
	{ COMMAND, "reset", REFUSE_NOT_IN_FILES, "reset counters", REPLACES },
	{ COMMAND, "rename", REFUSE_NOT_IN_FILES, "rename a chain", REPLACES },
	{ COMMAND, "list", REFUSE_NOT_IN_FILES, "list objects", "run: xdpfw list ruleset" },
	{ COMMAND, "get", REFUSE_NOT_IN_FILES, "look up elements", NULL },
	{ COMMAND, "monitor", REFUSE_NOT_IN_FILES, "watch changes", NULL },
	{ COMMAND, "import", REFUSE_NOT_IN_FILES, "read a ruleset in another format", NULL },
	{ COMMAND, "export", REFUSE_NOT_IN_FILES, "write a ruleset in another format", NULL },
	{ COMMAND, "describe", REFUSE_NOT_IN_FILES, "describe an expression", NULL },
	{ POSITION, "position", REFUSE_NOT_IN_FILES, "place of a rule", REPLACES },
	{ POSITION, "handle", REFUSE_NOT_IN_FILES, "place of a rule", REPLACES },
	{ POSITION, "index", REFUSE_NOT_IN_FILES, "place of a rule", REPLACES },
	{ FLUSH, "set", REFUSE_NOT_IN_FILES, "remove the elements of a set", REPLACES },
	{ FLUSH, "map", REFUSE_NOT_IN_FILES, "remove the elements of a map", REPLACES },
	{ FLUSH, "meter", REFUSE_NOT_IN_FILES, "remove the elements of a meter", REPLACES },
	{ FLUSH, "flow", REFUSE_NOT_IN_FILES, "remove the elements of a flow table", REPLACES },

	/* families, chain types and hooks */
	{ FAMILY, "ip", REFUSE_NO_HOOK, "family of IPv4", USE_NETDEV },
	{ FAMILY, "ip6", REFUSE_NO_HOOK, "family of IPv6", USE_NETDEV },
	{ FAMILY, "arp", REFUSE_NO_HOOK, "family of ARP", USE_NETDEV },
	{ FAMILY, "bridge", REFUSE_NO_HOOK, "family of bridges", USE_NETDEV },
	{ CHAIN_TYPE, "nat", REFUSE_NOT_AT_INGRESS, "chain type for address translation", NULL },
	{ CHAIN_TYPE, "route", REFUSE_NOT_AT_INGRESS, "chain type for routing again", NULL },
	{ HOOK, "egress", REFUSE_LATER, "packets that leave a device", NULL },
	{ HOOK, "prerouting", REFUSE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "input", REFUSE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "forward", REFUSE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "output", REFUSE_LATER, "hook of the IP stack", USE_NETDEV },
	{ HOOK, "postrouting", REFUSE_LATER, "hook of the IP stack", USE_NETDEV },

	/* objects of a table */
	{ TABLE_FLAG, "owner", REFUSE_NOT_IN_FILES, "table that ends with the program that made it",
	  NULL },
	{ TABLE_FLAG, "persist", REFUSE_NOT_IN_FILES, "table that outlives its owner", NULL },
	{ OBJECT, "flowtable", REFUSE_LATER, "flow table", NULL },
	{ OBJECT, "quota", REFUSE_LATER, "named quota", NULL },
	{ OBJECT, "limit", REFUSE_LATER, "named rate limit", NULL },
	{ OBJECT, "synproxy", REFUSE_LATER, "named SYN proxy", NULL },
	{ OBJECT, "secmark", REFUSE_LATER, "security mark", NULL },
	{ OBJECT, "ct", REFUSE_LATER, "connection tracking object", NULL },
	{ CHAIN, "flags", REFUSE_LATER, "flags of a chain: hardware offload", NULL },

	/* sets and maps */
	{ SET | ELEMENT, "timeout", REFUSE_LATER, "elements that expire", LIST_ELEMENTS },
	{ SET, "gc-interval", REFUSE_LATER, "elements that expire", LIST_ELEMENTS },
	{ ELEMENT, "counter name", REFUSE_LATER, "named counter of an element",
	  "write a map: 'counter name FIELD map { ELEMENT : \"NAME\" }'" },
	{ SET | ELEMENT, "limit", REFUSE_LATER, "rate limit of each element", NULL },
	{ SET | ELEMENT, "quota", REFUSE_LATER, "quota of each element", NULL },
	{ SET | ELEMENT, "ct", REFUSE_LATER, "connection limit of each element", NULL },
	{ SET | ELEMENT, "last", REFUSE_LATER, "time of the last match of each element", NULL },
	{ ELEMENT, "expires", REFUSE_LATER, "elements that expire", LIST_ELEMENTS },
	{ FLAG, "dynamic", REFUSE_LATER, "set that rules add to", LIST_ELEMENTS },
	{ FLAG, "timeout", REFUSE_LATER, "elements that expire", LIST_ELEMENTS },

	/* statements */
	{ STMT, "limit", REFUSE_LATER, "rate limit", NULL },
	{ STMT, "quota", REFUSE_LATER, "byte quota", NULL },
	{ STMT, "log", REFUSE_LATER, "log message", NULL },
	{ STMT, "last", REFUSE_LATER, "time of the last match", NULL },
	{ STMT, "reject", REFUSE_LATER, "answer with an error", "write 'drop'" },
	{ STMT, "dup", REFUSE_LATER, "copy a packet to a device", NULL },
	{ STMT, "fwd", REFUSE_LATER, "send a packet out of a device", NULL },
	{ STMT, "notrack", REFUSE_LATER, "no connection tracking", NULL },
	{ STMT, "synproxy", REFUSE_LATER, "SYN proxy", NULL },
	{ STMT, "meter", REFUSE_LATER, "state of each element", NULL },
	{ STMT, "flow", REFUSE_LATER, "flow table", NULL },
	{ STMT, "add", REFUSE_LATER, "add an element to a set", LIST_ELEMENTS },
	{ STMT, "update", REFUSE_LATER, "add an element to a set", LIST_ELEMENTS },
	{ STMT, "delete", REFUSE_LATER, "delete an element of a set", LIST_ELEMENTS },
	{ STMT, "set", REFUSE_LATER, "add an element to a set", LIST_ELEMENTS },
	{ STMT, "map", REFUSE_LATER, "add an element to a map", LIST_ELEMENTS },
	{ STMT, "reset", REFUSE_LATER, "remove a TCP option", NULL },
	{ STMT, "queue", REFUSE_NOT_AT_INGRESS, "hand a packet to a program", NULL },
	{ STMT, "tproxy", REFUSE_NOT_AT_INGRESS, "transparent proxy", NULL },
	{ STMT, "snat", REFUSE_NOT_AT_INGRESS, "translate the source address", NULL },
	{ STMT, "dnat", REFUSE_NOT_AT_INGRESS, "translate the destination address", NULL },
	{ STMT, "masquerade", REFUSE_NOT_AT_INGRESS, "translate the source address", NULL },
	{ STMT, "redirect", REFUSE_NOT_AT_INGRESS, "translate the destination address", NULL },
	{ STMT, "xt", REFUSE_NOT_AT_INGRESS, "match or target of iptables", NULL },

	/* expressions that are neither a header nor meta */
	{ STMT, "ct", REFUSE_NOT_AT_INGRESS, "connection tracking", BEFORE_CT },
	{ FIELD, "rt classid", REFUSE_NOT_AT_INGRESS, "routing realm", BEFORE_ROUTING },
	{ FIELD, "rt nexthop", REFUSE_NOT_AT_INGRESS, "next router", BEFORE_ROUTING },
	{ FIELD, "rt mtu", REFUSE_NOT_AT_INGRESS, "MTU of the route", BEFORE_ROUTING },
	{ FIELD, "rt ipsec", REFUSE_NOT_AT_INGRESS, "IPsec of the route", BEFORE_ROUTING },
	{ FIELD, "rt ip", REFUSE_NOT_AT_INGRESS, "next router", BEFORE_ROUTING },
	{ FIELD, "rt ip6", REFUSE_NOT_AT_INGRESS, "next router", BEFORE_ROUTING },
	{ STMT, "ipsec in", REFUSE_NOT_AT_INGRESS, "IPsec state of the packet", NULL },
	{ STMT, "ipsec out", REFUSE_NOT_AT_INGRESS, "IPsec policy of the packet", NULL },
	{ STMT, "socket", REFUSE_NOT_AT_INGRESS, "local socket", NULL },
	{ STMT, "fib", REFUSE_LATER, "routing look-up", NULL },
	{ STMT, "osf", REFUSE_NOT_AT_INGRESS, "operating system of the sender", NULL },
	{ STMT, "numgen", REFUSE_LATER, "number generator", NULL },
	{ STMT, "jhash", REFUSE_LATER, "hash of fields", NULL },
	{ STMT, "symhash", REFUSE_LATER, "hash of the connection", NULL },

	/* what is known about a packet: `meta X`, most of them also without `meta` */
	{ META, "secmark", REFUSE_LATER, "security mark", NULL },
	{ META, "ibrvproto", REFUSE_NOT_AT_INGRESS, "protocol of a bridge's VLANs", NULL },
	{ META, "ibrpvid", REFUSE_NOT_AT_INGRESS, "VLAN of a bridge port", NULL },
	{ META, "iifkind", REFUSE_LATER, "kind of the device", "match 'iifname'" },
	{ META, "oifkind", REFUSE_NEVER_MATCHES, "output device", BEFORE_ROUTING },
	{ META, "sdif", REFUSE_NOT_AT_INGRESS, "device of a VRF", NULL },
	{ META, "sdifname", REFUSE_NOT_AT_INGRESS, "device of a VRF", NULL },
	{ META, "broute", REFUSE_NOT_AT_INGRESS, "route instead of bridge", NULL },
	{ STMT | META, "nftrace", REFUSE_LATER, "trace of a packet", NULL },
	{ STMT | META, "ibriport", REFUSE_NOT_AT_INGRESS, "bridge of the device", NULL },
	{ STMT | META, "ibrname", REFUSE_NOT_AT_INGRESS, "bridge of the device", NULL },
	{ STMT | META, "obriport", REFUSE_NOT_AT_INGRESS, "bridge of the output device",
	  BEFORE_ROUTING },
	{ STMT | META, "obrname", REFUSE_NOT_AT_INGRESS, "bridge of the output device",
	  BEFORE_ROUTING },

	/* behind an expression; these stand in several places, the parser asks by the mark */
	{ FIELD, "set", REFUSE_LATER, "change a packet", NULL },
	{ FIELD, "map", REFUSE_LATER, "look up a value in a map",
	  "use 'vmap' for verdicts, 'counter name FIELD map { }' for counters" },
	{ ELEMENT, ":", REFUSE_LATER, "map to a value that is neither a verdict nor a counter",
	  NULL },
	{ STMT, "{", REFUSE_LATER, "chain inside a rule", "write the chain under a name" },
};

const size_t refuse_count = sizeof(refuse_words) / sizeof(refuse_words[0]);

const struct refuse_word *refuse_find(enum refuse_place place, struct str words)
{
	for (size_t i = 0; i < refuse_count; i++) {
		const struct refuse_word *row = &refuse_words[i];

		if ((row->places & place) && str_is(words, row->words))
			return row;
	}
	return NULL;
}

const char *refuse_reason(const struct refuse_word *row)
{
	static const char *const reasons[] = {
		[REFUSE_LATER] = "is not supported yet",
		[REFUSE_NOT_AT_INGRESS] = "cannot be used at the ingress hook",
		[REFUSE_NEVER_MATCHES] = "never matches at the ingress hook",
		[REFUSE_NOT_IN_FILES] = "cannot be used in a ruleset file",
		[REFUSE_NO_HOOK] = "has no ingress hook",
	};

	return reasons[row->fate];
}
