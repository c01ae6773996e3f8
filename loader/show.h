/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show: what is in force, as text.
 */
#ifndef XDPFW_SHOW_H
#define XDPFW_SHOW_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "loader/report.h"

struct show_options {
	bool handles;			/* -a */
	bool stateless;			/* -s */
};

/* The ruleset in force with its counters, as nft lists it. Nothing when there is none. */
bool show_ruleset(struct report *report, const struct show_options *options, struct buf *out);

bool show_status(struct report *report, struct buf *out);

#endif
