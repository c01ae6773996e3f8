/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vec: growth by doubling; the arena keeps the outgrown arrays, at most as much again.
 */
#include "compiler/base/vec.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LARGE_ELEMENT 64		/* bytes: many arrays have only one of these */

void *vec_reserve(struct arena *arena, void *at, size_t len, size_t *cap, size_t size)
{
	size_t more;

	if (len < *cap)
		return at;
	more = len ? len * 2 : size > LARGE_ELEMENT ? 1 : 4;
	if (more > SIZE_MAX / size) {
		fputs("xdpfw: error: out of memory; the rules in force stay as they are\n", stderr);
		exit(3);
	}
	at = arena_grow(arena, at, len * size, more * size);
	*cap = more;
	return at;
}
