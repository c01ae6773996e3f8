/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt: the passes in a row.
 */
#include "compiler/opt/opt.h"

#include <stddef.h>

const char *const opt_pass_words[] = { NULL };
