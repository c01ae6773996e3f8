/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type: nft's data types: how a value is written, checked and printed.
 */
#ifndef XDPFW_TYPE_H
#define XDPFW_TYPE_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "compiler/base/str.h"
#include "compiler/base/u128.h"

/* The form a number of this type is written in when it has no symbolic constant. */
enum type_form {
	TYPE_FORM_DECIMAL,		/* 22 */
	TYPE_FORM_HEX,			/* 0x0800, zero padded to the type's width */
	TYPE_FORM_IPV4,			/* 192.0.2.1 */
	TYPE_FORM_IPV6,			/* 2001:db8::1 (RFC 5952) */
	TYPE_FORM_MAC,			/* 00:11:22:33:44:55 */
	TYPE_FORM_IFNAME,		/* "eth0", "eth*" (a prefix: see type_parse) */
	TYPE_FORM_TIME,			/* "2026-11-21 12:00:00" in the host's time zone: ns since
					   1970 UTC */
	TYPE_FORM_CLASSID,		/* "1:2", hexadecimal */
	TYPE_FORM_HOUR,			/* "17:30": seconds since midnight UTC, written in the
					   host's time zone */
};

struct type_symbol {
	const char *name;
	uint32_t value;
};

struct type {
	const char *name;		/* nft's: "ipv4_addr"; what `set { type X }` names */
	const char *doc;
	uint8_t bits;			/* 1 to 128 */
	enum type_form form;
	bool bitmask;			/* values are sets of flags: `syn,ack` */
	bool quoted;			/* symbolic constants are printed in quotes */
	bool prefixes;			/* values may be written and printed as A/len */
	const struct type_symbol *symbols;	/* ends with a NULL name; of two names for one
						   value the first is printed */
};

extern const struct type type_integer;		/* any width: the field's own bits count */
extern const struct type type_boolean;
extern const struct type type_ether_addr;
extern const struct type type_ether_type;
extern const struct type type_ipv4_addr;
extern const struct type type_ipv6_addr;
extern const struct type type_inet_proto;
extern const struct type type_inet_service;
extern const struct type type_dscp;
extern const struct type type_ecn;
extern const struct type type_icmp_type;
extern const struct type type_icmp_code;
extern const struct type type_icmpv6_type;
extern const struct type type_icmpv6_code;
extern const struct type type_tcp_flag;
extern const struct type type_arp_op;
extern const struct type type_mark;
extern const struct type type_iface_index;	/* a name here: see field.c */
extern const struct type type_ifname;
extern const struct type type_pkt_type;
extern const struct type type_nf_proto;
extern const struct type type_iface_type;
extern const struct type type_devgroup;
extern const struct type type_realm;
extern const struct type type_classid;		/* tc handles, "1:2", none, root */
extern const struct type type_time;
extern const struct type type_day;
extern const struct type type_hour;
extern const struct type type_uid;
extern const struct type type_gid;
extern const struct type type_igmp_type;
extern const struct type type_dccp_pkttype;
extern const struct type type_mh_type;
extern const struct type type_bitmask;

/* All of them in a fixed order, NULL at the end. */
extern const struct type *const type_all[];

/* By nft's name; NULL when there is none. */
const struct type *type_find(struct str name);

/* What a text can be as a value of a type. */
enum type_parsed {
	TYPE_PARSED_VALUE,		/* *ret_lo, and *ret_hi equal to it */
	TYPE_PARSED_RANGE,		/* "eth*": all values from *ret_lo to *ret_hi */
	TYPE_PARSED_UNKNOWN,		/* not a value of this type */
	TYPE_PARSED_TOO_BIG,		/* a number that does not fit into BITS bits */
};

/*
 * Reads TEXT (one token: number, word, address, or the inside of a quoted string) as a value of
 * TYPE that has BITS bits (a field may be narrower than its type).  Service names come from the
 * host's /etc/services as nft's do; host names are not resolved.
 */
enum type_parsed type_parse(const struct type *type, unsigned int bits, struct str text,
			    u128 *ret_lo, u128 *ret_hi);

/* Offers every symbolic constant of TYPE to NEAR. */
void type_suggest(const struct type *type, struct str_nearest *near);

/* Prints one value as `nft list ruleset` does (bitmask values as `syn,ack` in nft's order). */
void type_print(const struct type *type, unsigned int bits, u128 value, struct buf *out);
/* Two forms that nft uses in some places: without symbolic constants; flags joined otherwise. */
void type_print_number(const struct type *type, unsigned int bits, u128 value, struct buf *out);
void type_print_flags(const struct type *type, unsigned int bits, u128 value,
		      const char *separator, struct buf *out);

#endif
