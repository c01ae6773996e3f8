/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower: bound AST -> IR: every form of a match becomes a key and a set, base chains
 * become one ordered list a device.
 */
#ifndef XDPFW_LOWER_H
#define XDPFW_LOWER_H

#include <stdbool.h>

#include "compiler/base/diag.h"
#include "compiler/bind.h"
#include "compiler/ir.h"

bool lower_ruleset(const struct bind_ruleset *ruleset, struct arena *arena, struct diag *diag,
	   struct ir **ret_ir);

#endif
