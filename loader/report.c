/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report: keeps the first error, hands notices on.
 *
 * In: texts from the loader's modules.  Out: one text and a status for cli.  An error can not
 * be lost: a later one never replaces the first.
 */
#include "loader/report.h"

#include <stdarg.h>

bool report_fail(struct report *report, enum report_status status, const char *format, ...)
{
	va_list args;

	if (report->status != REPORT_DONE)
		return false;
	report->status = status;
	va_start(args, format);
	buf_vprintf(&report->text, format, args);
	va_end(args);
	return false;
}

void report_add(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(&report->text, format, args);
	va_end(args);
}

void report_notice(struct report *report, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	if (!report->notice)
		return;
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	report->notice(text.at ? text.at : "");
	buf_free(&text);
}
