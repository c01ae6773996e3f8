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
/* One element of SET: value, prefix or range; of a map with " : verdict". */
void print_element(const struct bind_set *set, const struct bind_element *element,
		   struct buf *out);

#endif
