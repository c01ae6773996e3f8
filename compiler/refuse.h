/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refuse: constructs of nft's grammar that are refused, each with its reason.  The parser's
 * messages, --describe and the manual say what this table says.
 */
#ifndef XDPFW_REFUSE_H
#define XDPFW_REFUSE_H

#include "compiler/base/str.h"

/* Where a word of nft's grammar can stand. */
enum refuse_place {
	REFUSE_PLACE_COMMAND = 1 << 0,	/* first word of a command */
	REFUSE_PLACE_OBJECT = 1 << 1,	/* inside a table, or behind `add` */
	REFUSE_PLACE_CHAIN = 1 << 2,	/* first word inside a chain */
	REFUSE_PLACE_STMT = 1 << 3,	/* first word of a statement or of a field */
	REFUSE_PLACE_FIELD = 1 << 4,	/* behind a protocol's name; the row has both words */
	REFUSE_PLACE_SET = 1 << 5,	/* first word inside a set or map */
	REFUSE_PLACE_FLAG = 1 << 6,	/* flag of a set */
	REFUSE_PLACE_ELEMENT = 1 << 7,	/* behind an element's key */
	REFUSE_PLACE_TABLE_FLAG = 1 << 8,	/* flag of a table */
	REFUSE_PLACE_FAMILY = 1 << 9,
	REFUSE_PLACE_HOOK = 1 << 10,
	REFUSE_PLACE_CHAIN_TYPE = 1 << 11,
	REFUSE_PLACE_FLUSH = 1 << 12,	/* behind `flush` */
	REFUSE_PLACE_POSITION = 1 << 13,	/* behind the chain of `add rule` */
	REFUSE_PLACE_META = 1 << 14,	/* behind `meta` */
};

enum refuse_fate {
	REFUSE_LATER,
	REFUSE_NOT_AT_INGRESS,		/* nft refuses it at this hook too */
	REFUSE_NEVER_MATCHES,		/* nft takes it, but it has no value at this hook */
	REFUSE_NOT_IN_FILES,
	REFUSE_NO_HOOK,
};

struct refuse_word {
	unsigned int places;		/* REFUSE_PLACE_... */
	const char *words;
	enum refuse_fate fate;
	const char *what;		/* in plain words */
	const char *help;		/* NULL: none */
};

extern const struct refuse_word refuse_words[];
extern const size_t refuse_count;

/* NULL: not refused there. */
const struct refuse_word *refuse_find(enum refuse_place place, struct str words);
/* "is not supported yet" */
const char *refuse_reason(const struct refuse_word *row);

#endif
