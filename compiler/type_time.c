/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type_time: reads and prints dates and times of day.
 *
 * Input: the text of one token, or a number.  Output: the other of them.
 *
 * Safety: the text is copied into a bounded, NUL-terminated place before libc sees it; what libc
 * does not read to its end is no date.
 */
#define _GNU_SOURCE
#include "compiler/type_time.h"

#include <time.h>

#define MAX_TEXT 32
#define DAY_SECONDS 86400

static bool copy_text(struct str text, char ret_text[MAX_TEXT])
{
	if (!text.len || text.len >= MAX_TEXT || memchr(text.at, '\0', text.len))
		return false;
	memcpy(ret_text, text.at, text.len);
	ret_text[text.len] = '\0';
	return true;
}

/* TEXT is all of FORMAT. */
static bool is_time(const char *text, const char *format, struct tm *ret_tm)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, format, &tm);

	if (!end || *end)
		return false;
	*ret_tm = tm;
	return true;
}

/* What local time is ahead of UTC at WHEN, in seconds. */
static long ahead_of_utc(time_t when)
{
	struct tm tm;

	return localtime_r(&when, &tm) ? tm.tm_gmtoff : 0;
}

bool type_parse_date(struct str text, u128 *ret_ns)
{
	char copy[MAX_TEXT];
	struct tm tm;
	time_t when;

	if (!copy_text(text, copy) ||
	    (!is_time(copy, "%Y-%m-%d %T", &tm) && !is_time(copy, "%Y-%m-%d %R", &tm) &&
	     !is_time(copy, "%Y-%m-%d", &tm)))
		return false;
	when = timegm(&tm);
	when -= ahead_of_utc(when);
	if (when < 0)
		return false;
	*ret_ns = (u128)when * TYPE_NS_PER_SECOND;
	return true;
}

void type_print_date(u128 ns, struct buf *out)
{
	time_t when = (time_t)(ns / TYPE_NS_PER_SECOND);
	char text[MAX_TEXT];
	struct tm tm;

	when += ahead_of_utc(when);
	if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %T", &tm))
		buf_printf(out, "\"%s\"", text);
}

bool type_parse_hour(struct str text, u128 *ret_seconds)
{
	char copy[MAX_TEXT];
	struct tm tm;
	long seconds;

	if (!copy_text(text, copy) || (!is_time(copy, "%T", &tm) && !is_time(copy, "%R", &tm)))
		return false;
	seconds = tm.tm_hour * 3600L + tm.tm_min * 60L + tm.tm_sec - ahead_of_utc(time(NULL));
	seconds %= DAY_SECONDS;
	*ret_seconds = (u128)(seconds < 0 ? seconds + DAY_SECONDS : seconds);
	return true;
}

void type_print_hour(u128 value, struct buf *out)
{
	long seconds = ((long)(value % DAY_SECONDS) + ahead_of_utc(time(NULL))) % DAY_SECONDS;

	if (seconds < 0)
		seconds += DAY_SECONDS;
	buf_printf(out, "\"%02ld:%02ld", seconds / 3600, seconds / 60 % 60);
	if (seconds % 60)
		buf_printf(out, ":%02ld", seconds % 60);
	buf_putc(out, '"');
}
