/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena: memory that is freed all at once.  The compiler frees nothing piecemeal.
 *
 * Memory comes zeroed and aligned to 16.  Running out of memory ends the process with a message
 * and exit status 3, which is safe: the compiler touches nothing outside itself.
 */
#ifndef XDPFW_BASE_ARENA_H
#define XDPFW_BASE_ARENA_H

#include <stddef.h>

#include "compiler/base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk;
};

#define ARENA_INIT { NULL }

void *arena_alloc(struct arena *arena, size_t size);
/* A new, longer home for LEN bytes at OLD (the old place stays valid until arena_free). */
void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size);
void arena_free(struct arena *arena);
/* All that is in FROM belongs to ARENA now, and FROM is empty. */
void arena_take(struct arena *arena, struct arena *from);
/* The same, but some memory stays with the arena for what comes next. */
void arena_reset(struct arena *arena);

/* A NUL-terminated copy. */
char *arena_strdup(struct arena *arena, struct str text);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc(arena, sizeof(type) * (count)))

#endif
