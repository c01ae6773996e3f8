/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * str: a piece of text that somebody else owns, not NUL-terminated.
 */
#ifndef XDPFW_BASE_STR_H
#define XDPFW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *at;
	size_t len;
};

/* For printf: "%.*s" with STR_ARG(s). */
#define STR_ARG(s) (int)(s).len, (s).at

static inline struct str str_from(const char *text)
{
	return (struct str){ text, strlen(text) };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

static inline bool str_is(struct str a, const char *text)
{
	return str_eq(a, str_from(text));
}

/* strcmp() order. */
int str_compare(struct str a, struct str b);

/*
 * Edits (insert, delete, replace, swap neighbours) that turn A into B, for "did you mean".
 * Counted up to LIMIT; more gives LIMIT + 1.
 */
unsigned int str_distance(struct str a, struct str b, unsigned int limit);

/*
 * The best of many candidates for a mistyped word: start with { .word = w }, offer every
 * candidate, read .best (NULL when none is near enough: within a third of the word's length,
 * at least 1).
 */
struct str_nearest {
	struct str word;
	const char *best;
	unsigned int distance;
};

void str_nearest_offer(struct str_nearest *near, const char *candidate);

#endif
