/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show: what is in force, as text.
 */
#ifndef XDPFW_SHOW_H
#define XDPFW_SHOW_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "compiler/compile.h"
#include "loader/report.h"

struct show_options {
	bool handles;			/* -a */
	bool stateless;			/* -s */
	enum compile_list what;
	const char *family, *table, *name;	/* as compile_list() takes them */
};

/*
 * The ruleset in force with its counters, or a part of it, as nft lists it.  No ruleset: nothing.
 * An object that is not there is REPORT_RULESET.
 */
bool show_list(struct report *report, const struct show_options *options, struct buf *out);

bool show_status(struct report *report, struct buf *out);

/* Why DEVICE is in the mode it is in, and what would give it native mode. Changes nothing. */
bool show_explain(struct report *report, const char *device, struct buf *out);

#endif
