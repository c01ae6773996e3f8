/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * describe: the language as its tables say it: protocols, fields, types, operators, constants.
 */
#ifndef XDPFW_DESCRIBE_H
#define XDPFW_DESCRIBE_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "compiler/base/str.h"

/*
 * WHAT: "tcp", "tcp dport", "ipv4_addr", "=="; len 0: all.  A line for each thing:
 *
 *	protocol NAME - DOC
 *	field NAME, TYPE, N bits, OPERATOR ...[, refreshed by WHAT] - DOC
 *	type NAME, N bits - DOC
 *	constant TYPE NAME = VALUE
 *	operator WORD - DOC; for example: RULE
 *	statement WORD - DOC; for example: RULE
 *	refused WORDS - DOC: REASON[; WHAT TO DO INSTEAD]
 *
 * False when WHAT names nothing; then OUT gets a name near to it, if there is one.
 */
bool describe(struct str what, struct buf *out);

#endif
