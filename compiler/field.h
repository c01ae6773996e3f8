/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * field: the one table of everything a rule can match.
 *
 * Adding a header field is adding a row to field.c: parser, binder, plan, emitter, interpreter,
 * printer, man-page check, fuzz dictionary and generated tests all read the row.
 */
#ifndef XDPFW_FIELD_H
#define XDPFW_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/str.h"
#include "compiler/type.h"

/* Where a field's bytes are counted from. */
enum field_base {
	FIELD_BASE_META,		/* no packet bytes: .load says what */
	FIELD_BASE_LINK,		/* the frame's first byte, tags as on the wire */
	FIELD_BASE_NETWORK,		/* behind Ethernet and at most one tag */
	FIELD_BASE_TRANSPORT,		/* behind the IPv4 header or the IPv6 extension headers */
};

enum field_load {
	FIELD_LOAD_HEADER,		/* bits of a header, big endian */
	FIELD_LOAD_PROTOCOL,		/* ether type behind at most one tag; 1 or 4 below 0x600 */
	FIELD_LOAD_L4PROTO,		/* exists only with layer-4 information (SEMANTICS 3, 4) */
	FIELD_LOAD_LENGTH,		/* frame bytes - 14 - (4 with a tag) */
	FIELD_LOAD_IFNAME,		/* the device's name, 16 bytes */
	FIELD_LOAD_PKTTYPE,		/* PACKET_HOST.. of <linux/if_packet.h> */
	FIELD_LOAD_MARK,		/* 0: nothing has set it yet at this hook */
};

/* Which operators a field takes. */
enum {
	FIELD_OP_EQ = 1 << 0,		/* == != */
	FIELD_OP_RANGE = 1 << 1,	/* < > <= >= and a-b */
	FIELD_OP_SET = 1 << 2,		/* { }, vmap { } */
	FIELD_OP_NAMED = 1 << 3,	/* @set, vmap @map */
	FIELD_OP_MASK = 1 << 4,		/* field & mask */
	FIELD_OP_ALL = FIELD_OP_EQ | FIELD_OP_RANGE | FIELD_OP_SET | FIELD_OP_NAMED |
		       FIELD_OP_MASK,
};

enum proto_id {
	PROTO_META,
	PROTO_ETHER,
	PROTO_VLAN,
	PROTO_ARP,
	PROTO_IP,
	PROTO_IP6,
	PROTO_ICMP,
	PROTO_ICMPV6,
	PROTO_TCP,
	PROTO_UDP,
	PROTO_TH,
	PROTO_COUNT,
};

/* Matching a field for a value can say which protocol follows. */
enum field_select {
	FIELD_SELECT_NOTHING,
	FIELD_SELECT_ETHER_TYPE,	/* value is a proto's .ether_type */
	FIELD_SELECT_L4PROTO,		/* value is a proto's .l4proto */
};

struct proto {
	const char *name;		/* "tcp" */
	const char *doc;
	enum field_base base;
	uint8_t min_bytes;		/* no field exists with fewer bytes of header (deviation
					   D2); 0: each field has its own bounds */
	uint16_t ether_type;		/* what selects it in the layer below; 0: nothing does */
	uint8_t l4proto;		/* likewise */
	enum proto_id network;		/* the network protocol it needs; PROTO_META: any */
};

struct field {
	enum proto_id proto;
	const char *name;		/* "dport"; may be two words, "saddr ip" */
	const char *alias;		/* another name, read but never printed (vlan cfi); NULL */
	enum field_load load;
	uint16_t bit_off;		/* from the proto's first bit, big endian */
	uint16_t bit_len;		/* 1 to 128 */
	const struct type *type;
	unsigned int ops;
	enum field_select select;
	bool bare;			/* meta only: may be written without the word meta (`iif x`,
					   `mark 1`) */
	bool listed_bare;		/* and nft lists it so (iif, iifname) */
	bool of_hook;			/* of the tag taken off the hook shows the protocol it
					   understood (1 or 4 for a length), not the wire's bytes */
	const char *doc;
};

extern const struct proto field_protos[PROTO_COUNT];
extern const struct field field_table[];
extern const size_t field_count;

const struct proto *field_proto(const struct field *field);
/* NULL when there is none. */
const struct proto *field_find_proto(struct str name);
const struct field *field_find(const struct proto *proto, struct str name);
/* A meta field with .bare set. */
const struct field *field_find_bare(struct str name);
const struct field *field_find_load(enum field_load load);	/* the first row of that load */

/* Offer names for "did you mean". */
void field_suggest_proto(struct str_nearest *near);
void field_suggest(const struct proto *proto, struct str_nearest *near);

/*
 * Bytes that must be present behind the field's base before it can be read: its own end, at least
 * the proto's min_bytes.  DEPTH is the number of tags passed before this vlan header (0 for all
 * others); each is 4 bytes.
 */
unsigned int field_need_bytes(const struct field *field, unsigned int depth);
/* Bit offset from the base. */
unsigned int field_base_bit(const struct field *field, unsigned int depth);

#endif
