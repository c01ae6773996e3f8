/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kept: C text and tables of large rulesets, from one load to the next.
 *
 * The key is a digest of all that they are made of: the ruleset's meaning (not its spelling, nor
 * its figures), how it is to be optimised, and this very xdpfw, told by its build ID.  They are
 * kept once a program made of them was proved; a program made of kept ones is proved all the same.
 */
#ifndef XDPFW_KEPT_H
#define XDPFW_KEPT_H

#include "compiler/compile.h"
#include "loader/report.h"

struct kept;

/* Smaller rulesets, as bytes, are planned faster than a file is read. */
#define KEPT_LEAST_BYTES (16u << 10)

/* For one ruleset.  *ret_keeper is empty when an xdpfw without a build ID keeps nothing. */
struct kept *kept_new(struct report *report, struct arena *arena,
		      struct compile_keeper *ret_keeper);
/* After the program that was made of COMPILE has been proved. */
void kept_put(struct kept *kept, const struct compile *compile);
/* What was kept led to a program that is not accepted. */
void kept_drop(struct kept *kept);

#endif
