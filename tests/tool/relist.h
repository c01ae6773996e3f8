/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * relist: a ruleset's listing, compiled, is the ruleset.
 *
 * Input: a text that compiles.  Output: whether the IR made of its listing is the one made of the
 * text, and the listing of the listing is itself.  What may differ: places, numbers, the order of
 * chains (they are listed by table), the order of tests between two deeds of a rule, and `meta
 * iiftype ether`, which is true on every device that XDP runs on.  The listing is read both as
 * the loader reads its records and as a file of a user.
 */
#ifndef XDPFW_TESTS_RELIST_H
#define XDPFW_TESTS_RELIST_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"

static inline bool relist_emit(const char *name, struct str text, bool listing, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { .listing = listing };
	uint32_t source = source_add(&sources, name, text);
	bool done = compile_emit(&sources, source, &options, COMPILE_PHASE_IR, &arena, &diag, out);

	if (!done)
		diag_print(&diag, out);
	buf_puts(out, "");
	arena_free(&arena);
	return done;
}

static inline bool relist_print(const char *name, struct str text, bool listing, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { .listing = listing };
	struct compile_print_options print = { 0 };
	uint32_t source = source_add(&sources, name, text);
	struct compile *compile;
	bool done = compile_source(&sources, source, &options, &arena, &diag, &compile);

	buf_puts(out, "");
	if (done)
		compile_print(compile, &print, out);
	else
		diag_print(&diag, out);
	arena_free(&arena);
	return done;
}

/* Where the number behind one of these words begins; NULL: none before END. */
static inline const char *relist_number(const char *at, const char *end)
{
	static const char *const words[] = { "chain ", "set ", "map ", "count " };

	for (; at < end; at++)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strncmp(at, words[i], strlen(words[i])) &&
			    isdigit((unsigned char)at[strlen(words[i])]))
				return at + strlen(words[i]);
	return NULL;
}

/* LINE without these numbers. */
static inline void relist_put(const char *line, size_t len, struct buf *out)
{
	const char *end = line + len, *number;

	while ((number = relist_number(line, end))) {
		buf_put(out, line, (size_t)(number - line));
		for (line = number; isdigit((unsigned char)*line);)
			line++;
	}
	buf_put(out, line, (size_t)(end - line));
}

/* What the map of a line that looks one up holds. */
static inline void relist_put_map(const char *ir, const char *line, size_t len, struct buf *out)
{
	const char *number = NULL, *at;
	char head[32];

	for (size_t i = 0; i + 8 < len; i++)
		if (!strncmp(line + i, " in map ", 8))
			number = line + i + 8;
	if (!number)
		return;
	snprintf(head, sizeof(head), "\nmap %d: ", atoi(number));
	at = strstr(ir, head);
	if (at)
		relist_put(at + 1, strcspn(at + 1, "\n"), out);
}

struct relist_lines {
	char **at;
	size_t len;
};

static inline int relist_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Puts the lines from FROM on out in alphabetical order, each once, and frees them. */
static inline void relist_flush(struct relist_lines *lines, size_t from, struct buf *out)
{
	if (lines->len > from)
		qsort(lines->at + from, lines->len - from, sizeof(*lines->at), relist_order);
	for (size_t i = from; i < lines->len; i++) {
		if (i == from || strcmp(lines->at[i], lines->at[i - 1]))
			buf_puts(out, lines->at[i]);
	}
	for (size_t i = from; i < lines->len; i++)
		free(lines->at[i]);
	lines->len = from;
}

static inline void relist_push(struct relist_lines *lines, char *line)
{
	lines->at = realloc(lines->at, (lines->len + 1) * sizeof(*lines->at));
	if (!lines->at)
		abort();
	lines->at[lines->len++] = line;
}

/* One chain: tests between two deeds in alphabetical order, no places of rules. */
static inline char *relist_chain(const char *ir, const char *at)
{
	struct relist_lines tests = { 0 };
	struct buf out = BUF_INIT;

	for (size_t len; *at && *at != '\n'; at += len + 1) {
		struct buf line = BUF_INIT;

		len = strcspn(at, "\n");
		if (!strncmp(at, "\trule ", 6))
			buf_puts(&line, "\trule");
		else
			relist_put(at, len, &line);
		relist_put_map(ir, at, len, &line);
		buf_putc(&line, '\n');
		if (!strcmp(line.at, "\t\ttest meta_iiftype in set  { ether }\n")) {
			buf_free(&line);
			continue;
		}
		if (!strncmp(at, "\t\ttest ", 7)) {
			relist_push(&tests, line.at);
			continue;
		}
		relist_flush(&tests, 0, &out);
		buf_puts(&out, line.at);
		buf_free(&line);
	}
	relist_flush(&tests, 0, &out);
	free(tests.at);
	return out.at;
}

/* The chains of an IR's text, sorted. */
static inline void relist_chains(const char *ir, struct buf *out)
{
	struct relist_lines chains = { 0 };

	for (const char *at = ir; (at = strstr(at, "\nchain "));)
		relist_push(&chains, relist_chain(ir, ++at));
	buf_puts(out, "");
	relist_flush(&chains, 0, out);
	free(chains.at);
}

/* The first lines that differ. */
static inline bool relist_compare(const char *a, const char *b, const char *what, struct buf *why)
{
	size_t same = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		same = a[i] == '\n' ? i + 1 : same;
	if (!strcmp(a + same, b + same))
		return true;
	buf_printf(why, "%s: %.*s | %.*s", what, (int)strcspn(a + same, "\n"), a + same,
		   (int)strcspn(b + same, "\n"), b + same);
	return false;
}

/* TEXT is that of file NAME, which is where it looks for others. */
static inline bool relist_check(const char *name, struct str text, struct buf *why)
{
	struct buf list = BUF_INIT, again = BUF_INIT;
	struct buf ir[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct buf chains[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	bool same = relist_print(name, text, false, &list);

	if (!same)
		buf_printf(why, "refused: %s", list.at);
	for (int i = 0; same && i < 3; i++) {
		same = relist_emit(i ? "listing" : name, i ? buf_str(&list) : text, i == 1,
				   &ir[i]);
		if (!same)
			buf_printf(why, "its listing is refused: %s", ir[i].at);
		else
			relist_chains(ir[i].at, &chains[i]);
		if (same && i)
			same = relist_compare(chains[0].at, chains[i].at,
					      i == 1 ? "the listing means something else" :
					      "loaded it means something else", why);
	}
	if (same && relist_print("listing", buf_str(&list), true, &again))
		same = relist_compare(list.at, again.at, "lists otherwise", why);
	for (int i = 0; i < 3; i++) {
		buf_free(&ir[i]);
		buf_free(&chains[i]);
	}
	buf_free(&list);
	buf_free(&again);
	return same;
}

#endif
