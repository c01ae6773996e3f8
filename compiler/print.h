/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print: bound AST -> text, byte for byte as `nft list ruleset` of Debian 12 prints it.
 */
#ifndef XDPFW_PRINT_H
#define XDPFW_PRINT_H

#include "bpf/xdpfw_abi.h"
#include "compiler/base/buf.h"
#include "compiler/bind.h"

struct print_options {
	const struct xdpfw_cell *counters;	/* by number; NULL: the figures in the file */
	bool stateless;				/* counters without figures */
	bool handles;				/* -a */
	bool implied;				/* also what nft leaves out (--emit=bound) */
};

void print_ruleset(const struct bind_ruleset *ruleset, const struct print_options *options,
		   struct buf *out);
/* One rule on one line, without indentation and newline. */
void print_rule(const struct bind_rule *rule, const struct print_options *options,
		struct buf *out);
void print_verdict(const struct bind_verdict *verdict, struct buf *out);

/* What `list` shows beside the whole ruleset; those in the singular need a table and a name. */
enum print_what {
	PRINT_TABLES, PRINT_TABLE,
	PRINT_CHAINS, PRINT_CHAIN,
	PRINT_SETS, PRINT_SET,
	PRINT_MAPS, PRINT_MAP,
	PRINT_COUNTERS, PRINT_COUNTER,
};

/*
 * FAMILY ("netdev"), TABLE and NAME: of these only; NULL: of all.  False, and nothing printed, when
 * there is no such table or thing.
 */
bool print_list(const struct bind_ruleset *ruleset, enum print_what what, const char *family,
		const char *table, const char *name, const struct print_options *options,
		struct buf *out);

#endif
