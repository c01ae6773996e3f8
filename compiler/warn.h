/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn: what a ruleset says that its author hardly means.  Reads the IR and changes nothing: a
 * ruleset with warnings is loaded.
 */
#ifndef XDPFW_WARN_H
#define XDPFW_WARN_H

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/ir.h"
#include "compiler/taken.h"

/*
 * Warns of: a chain that no packet reaches; a rule that can never match, because an earlier rule
 * takes all its packets (both marked) or because its own tests exclude each other; a drop by a
 * transport field that fragments never meet (SEMANTICS 9, D1); a base chain with policy drop that
 * leaves no way for ARP, neighbour discovery or DHCP.
 */
void warn_ruleset(const struct ir *ir, const struct taken *taken, struct arena *arena,
		  struct diag *diag);

#endif
