/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source: the texts a ruleset is made of, and places in them.
 *
 * Every token, AST node, rule and IR step carries a span; a span is enough to print
 * file:line:col and the source line.
 */
#ifndef XDPFW_BASE_SOURCE_H
#define XDPFW_BASE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/base/str.h"
#include "compiler/base/vec.h"

/* Bytes BEGIN up to END (not included) of text number SOURCE of the set. */
struct source_span {
	uint32_t source;
	uint32_t begin, end;
};

struct source {
	const char *name;		/* as the user wrote it; "<stdin>", "<command line>" */
	struct str text;		/* NUL-terminated behind its end */
	uint64_t dev, ino;		/* of the file, to read each file once; 0 when not a file */
	VEC(uint32_t) lines;		/* offset of each line's first byte */
	uint32_t lines_before;		/* of a text that is a part of its file: what of that is */
	uint32_t bytes_before;		/* in front of it: lines, and bytes of its first line */
};

struct source_set {
	struct arena *arena;
	VEC(struct source) sources;
};

/* 1-based; the column counts bytes, a tab is one, as nft counts. */
struct source_place {
	const char *name;
	uint32_t line, column;
	struct str text;		/* the whole line, without its newline */
	uint32_t before;		/* bytes of the file's line that .text does not have */
};

/* Adds a text (copied). Returns its number. */
uint32_t source_add(struct source_set *set, const char *name, struct str text);

/*
 * Reads a regular file ("-" reads standard input) of at most LIMITS_SOURCE_BYTES.  Returns 0, or
 * a negative errno: -EISDIR or -EINVAL for what is not a regular file, -EFBIG, -EALREADY when the
 * set holds the same file already (then *ret_source is that one).
 */
int source_read(struct source_set *set, const char *path, uint32_t *ret_source);

struct source_place source_locate(const struct source_set *set, struct source_span span);
struct str source_text(const struct source_set *set, struct source_span span);
/* From the first byte of A to the last of B (same source; else A). */
struct source_span source_join(struct source_span a, struct source_span b);

#endif
