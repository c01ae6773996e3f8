/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena: chunks in a list, the newest first; small requests are cut from the newest chunk, large
 * ones get a chunk of their own behind it.  calloc() gives the zeroes, so nothing is cleared twice.
 */
#include "compiler/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES (64u << 10)
#define ALIGN 16

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

static void *or_die(void *memory)
{
	if (!memory) {
		fputs("xdpfw: error: out of memory; the rules in force stay as they are\n", stderr);
		exit(3);
	}
	return memory;
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		or_die(NULL);
	chunk = or_die(calloc(1, sizeof(*chunk) + size));
	chunk->size = size;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;
	void *memory;

	if (size > SIZE_MAX - ALIGN)
		or_die(NULL);
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (chunk && size > CHUNK_BYTES / 4) {
		struct arena_chunk *large = chunk_new(size);

		large->used = size;
		large->next = chunk->next;
		chunk->next = large;
		return large->bytes;
	}
	if (!chunk || chunk->size - chunk->used < size) {
		chunk = chunk_new(size > CHUNK_BYTES ? size : CHUNK_BYTES);
		chunk->next = arena->chunk;
		arena->chunk = chunk;
	}
	memory = chunk->bytes + chunk->used;
	chunk->used += size;
	return memory;
}

void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size)
{
	void *memory = arena_alloc(arena, new_size);

	if (old_size)
		memcpy(memory, old, old_size);
	return memory;
}

void arena_take(struct arena *arena, struct arena *from)
{
	struct arena_chunk **end = &from->chunk;

	while (*end)
		end = &(*end)->next;
	if (!arena->chunk) {
		arena->chunk = from->chunk;
	} else {
		/* Behind the newest, from which small requests are cut. */
		*end = arena->chunk->next;
		arena->chunk->next = from->chunk;
	}
	from->chunk = NULL;
}

void arena_free(struct arena *arena)
{
	while (arena->chunk) {
		struct arena_chunk *next = arena->chunk->next;

		free(arena->chunk);
		arena->chunk = next;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *kept = arena->chunk;

	if (!kept)
		return;
	arena->chunk = kept->next;
	arena_free(arena);
	memset(kept->bytes, 0, kept->used);
	kept->used = 0;
	kept->next = NULL;
	arena->chunk = kept;
}

char *arena_strdup(struct arena *arena, struct str text)
{
	char *copy = arena_alloc(arena, text.len + 1);

	if (text.len)
		memcpy(copy, text.at, text.len);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		or_die(NULL);
	text = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}
