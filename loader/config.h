/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config: /etc/xdpfw/xdpfw.conf, what holds for every load on this host.
 */
#ifndef XDPFW_CONFIG_H
#define XDPFW_CONFIG_H

#include <stdbool.h>

#include "compiler/base/arena.h"
#include "compiler/base/vec.h"
#include "compiler/compile.h"
#include "loader/report.h"

#define CONFIG_PATH "/etc/xdpfw/xdpfw.conf"
#define CONFIG_BYTES (1u << 20)		/* the file is no larger */

struct config {
	VEC(struct compile_failsafe) failsafe;	/* not parsed yet */
};

/*
 * A file that is not there says nothing.  A line that is none is REPORT_RULESET; a file that others
 * than root (and the caller) could have written is REPORT_SYSTEM.  One that an ordinary user may
 * not read is a notice.
 */
bool config_read(struct report *report, struct arena *arena, struct config *ret_config);

#endif
