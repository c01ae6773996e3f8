/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch: filters devices that come while a ruleset is in force.
 */
#ifndef XDPFW_WATCH_H
#define XDPFW_WATCH_H

#include <stdbool.h>

#include "loader/report.h"

/* Until a signal ends it; with ONCE until all devices there are now have been looked at. */
bool watch_run(struct report *report, bool once);

#endif
