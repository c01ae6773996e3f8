/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report: how the loader's modules tell what went wrong, and what the user should know.
 *
 * An error is one text and an exit status; the first one counts.  It says what was tried, on
 * what, and why it failed; the caller that knows adds what still holds.  Only cli prints.
 */
#ifndef XDPFW_REPORT_H
#define XDPFW_REPORT_H

#include <stdbool.h>

#include "compiler/base/buf.h"

enum report_status {
	REPORT_DONE,
	REPORT_RULESET,			/* the ruleset is wrong */
	REPORT_USAGE,
	REPORT_SYSTEM,			/* the system or the kernel refused */
	REPORT_BUG,			/* our own */
};

struct report {
	enum report_status status;
	struct buf text;		/* of the error; empty: diagnostics say it all */
	void (*notice)(const char *text);	/* printed at once; may be NULL */
};

/* Keeps the error unless there is one already. Returns false, so that callers can return it. */
bool report_fail(struct report *report, enum report_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds to the error's text. */
void report_add(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void report_notice(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
