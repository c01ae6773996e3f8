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

#include "compiler/base/arena.h"
#include "compiler/base/str.h"
#include "compiler/type.h"

/*
 * Where a field's bytes are counted from.  Together with a number (which extension header, option
 * or chunk) and a tunnel (see ir.h) this is a place: something that a packet has or has not, that
 * starts somewhere and has so many readable bytes.
 */
enum field_base {
	FIELD_BASE_META,		/* no packet bytes: .load says what */
	FIELD_BASE_LINK,		/* the frame's first byte, tags as on the wire */
	FIELD_BASE_NETWORK,		/* behind Ethernet and at most one tag */
	FIELD_BASE_TRANSPORT,		/* behind the IPv4 header or the IPv6 extension headers */
	FIELD_BASE_PAYLOAD,		/* behind the TCP (doff), UDP, ... header: @ih */
	FIELD_BASE_TUNNEL,		/* the tunnel's own header: vxlan, geneve, gre */
	FIELD_BASE_EXTENSION,		/* the first IPv6 extension header of type number */
	FIELD_BASE_IP_OPTION,		/* the IPv4 option of type number */
	FIELD_BASE_TCP_OPTION,		/* the first TCP option of kind number */
	FIELD_BASE_SCTP_CHUNK,		/* the first SCTP chunk of type number */
	FIELD_BASE_COUNT,
};

enum field_load {
	FIELD_LOAD_HEADER,		/* bits of a header, big endian */
	FIELD_LOAD_PRESENCE,		/* 1 when the place is there, else 0; fails only on packets
					   that are not of the network protocol it needs */
	FIELD_LOAD_PROTOCOL,		/* ether type behind at most one tag; 1 or 4 below 0x600 */
	FIELD_LOAD_L4PROTO,		/* exists only with layer-4 information (SEMANTICS 3, 4) */
	FIELD_LOAD_NFPROTO,		/* inet: 2 (IPv4), 10 (IPv6); netdev: always 5 */
	FIELD_LOAD_LENGTH,		/* frame bytes - 14 - (4 with a tag) */
	FIELD_LOAD_IFNAME,		/* the device's name, 16 bytes */
	FIELD_LOAD_IFTYPE,		/* the device's ARPHRD_ type */
	FIELD_LOAD_IFGROUP,		/* the device's group */
	FIELD_LOAD_PKTTYPE,		/* PACKET_HOST.. of <linux/if_packet.h> */
	FIELD_LOAD_CPU,			/* the CPU that runs the program */
	FIELD_LOAD_RANDOM,		/* 32 random bits, new ones for each load */
	FIELD_LOAD_TIME,		/* wall clock, ns since 1970 UTC */
	FIELD_LOAD_DAY,			/* 0 Sunday to 6, in the kernel's time zone */
	FIELD_LOAD_HOUR,		/* seconds since midnight UTC */
	FIELD_LOAD_ZERO,		/* 0: nothing has set it yet at this hook */
	FIELD_LOAD_NEVER,		/* always fails at this hook (no socket, no route) */
};

/* CPU, chance or clock: no part of the packet, and need not be the same when asked again. */
bool field_load_is_given(enum field_load load);

/* Which operators a field takes. */
enum {
	FIELD_OP_EQ = 1 << 0,		/* == != */
	FIELD_OP_RANGE = 1 << 1,	/* < > <= >= and a-b */
	FIELD_OP_SET = 1 << 2,		/* { }, vmap { } */
	FIELD_OP_NAMED = 1 << 3,	/* @set, vmap @map */
	FIELD_OP_MASK = 1 << 4,		/* field & mask, | ^ << >> */
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
	PROTO_IGMP,
	PROTO_ICMPV6,
	PROTO_TCP,
	PROTO_UDP,
	PROTO_UDPLITE,
	PROTO_SCTP,
	PROTO_DCCP,
	PROTO_ESP,
	PROTO_AH,
	PROTO_COMP,
	PROTO_TH,
	PROTO_HBH,
	PROTO_DST,
	PROTO_RT,
	PROTO_RT0,
	PROTO_RT2,
	PROTO_SRH,
	PROTO_FRAG,
	PROTO_MH,
	PROTO_EXTHDR,			/* `exthdr hbh exists` */
	PROTO_IP_OPTION,		/* `ip option X ...`; X is part of a field's name */
	PROTO_TCP_OPTION,		/* `tcp option X ...` */
	PROTO_SCTP_CHUNK,		/* `sctp chunk X ...` */
	PROTO_VXLAN,
	PROTO_GENEVE,
	PROTO_GRE,
	PROTO_GRETAP,			/* has no fields, only what is inside */
	PROTO_RAW,			/* `@th,16,16`: made by field_make_raw() */
	PROTO_COUNT,
};

/* Matching a field for a value can say which protocol follows. */
enum field_select {
	FIELD_SELECT_NOTHING,
	FIELD_SELECT_ETHER_TYPE,	/* value is a proto's .ether_type */
	FIELD_SELECT_L4PROTO,		/* value is a proto's .l4proto */
};

struct proto {
	const char *name;		/* "tcp"; "tcp option" */
	const char *doc;
	enum field_base base;
	uint8_t min_bytes;		/* no field exists with fewer bytes of header (deviation
					   D2); 0: each field has its own bounds */
	uint16_t ether_type;		/* what selects it in the layer below; 0: nothing does */
	uint8_t l4proto;		/* likewise */
	enum proto_id network;		/* the network protocol it needs; PROTO_META: any */
	enum proto_id transport;	/* likewise: tcp of `tcp option`; PROTO_META: none */
	bool tunnel;			/* other headers may be written behind its name:
					   `vxlan ip saddr` (nft 1.1) */
	bool tunnel_ether;		/* what is inside begins with an Ethernet header */
};

struct field {
	enum proto_id proto;
	const char *name;		/* "dport"; may be several words, "saddr ip", "maxseg size";
					   of a presence the words before `exists` */
	const char *alias;		/* another name, read but never printed (vlan cfi); NULL */
	enum field_load load;
	enum field_base base;		/* set in raw fields only: see field_base_of() */
	uint8_t number;			/* which extension header, option or chunk */
	uint16_t bit_off;		/* from the place's first bit, big endian */
	uint16_t bit_len;		/* 1 to 128; of a raw field up to FIELD_RAW_BITS (bind cuts
					   these into parts of 128) */
	const struct type *type;
	unsigned int ops;
	enum field_select select;
	bool bare;			/* meta only: may be written without the word meta (`iif x`,
					   `mark 1`) */
	bool listed_bare;		/* and nft lists it so (iif, iifname) */
	bool of_hook;			/* of the tag taken off the hook shows the protocol it
					   understood (1 or 4 for a length), not the wire's bytes */
	bool host_order;		/* nft keeps it in the host's byte order, which shows in
					   shifts and in how constants are listed */
	uint8_t icmp_type_count;	/* nft adds a match on the message's type, one of these; */
	uint8_t icmp_types[6];		/* none when there are none */
	const char *refreshed;		/* what changes it while a ruleset is in force, NULL for
					   what is read of each packet: for --describe */
	const char *doc;
};

/* nft's longest `@base,offset,length`. */
#define FIELD_RAW_BITS 512

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

/* tcp, sack0 left, arp saddr ip: the row whose name is the most of WORDS (which has COUNT). */
const struct field *field_find_words(const struct proto *proto, const struct str *words,
				     size_t count, size_t *ret_used);

enum field_base field_base_of(const struct field *field);

/*
 * A field that no row names: @th,16,16 (BASE LINK, NETWORK, TRANSPORT or PAYLOAD), or an option by
 * its number: `tcp option 250 exists`, `tcp option @250,8,8` (TCP_OPTION, NUMBER).
 * NAME as nft lists it, without the base's word: "@th,16,16", "250", "@250,8,8".
 */
const struct field *field_make_raw(struct arena *arena, enum field_base base, uint8_t number,
				   enum field_load load, uint16_t bit_off, uint16_t bit_len);

/*
 * Bytes that must be present behind the field's base before it can be read: its own end, at least
 * the proto's min_bytes.  DEPTH is the number of tags passed before this vlan header (0 for all
 * others); each is 4 bytes.
 */
unsigned int field_need_bytes(const struct field *field, unsigned int depth);
/* Bit offset from the base. */
unsigned int field_base_bit(const struct field *field, unsigned int depth);

#endif
