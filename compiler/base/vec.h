/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vec: a growing array in an arena.
 *
 *	VEC(struct ir_rule) rules;
 *	struct ir_rule *rule = vec_push(arena, &rules);
 *	for (size_t i = 0; i < rules.len; i++) use(&rules.at[i]);
 *
 * vec_push returns a zeroed new last element; it moves the array, so pointers to elements do not
 * survive it.  An array that was made in one piece need not say .cap.
 */
#ifndef XDPFW_BASE_VEC_H
#define XDPFW_BASE_VEC_H

#include <stddef.h>

#include "compiler/base/arena.h"

#define VEC(type) struct { type *at; size_t len, cap; }

/* Makes room for one more element of SIZE bytes; returns the (moved) array. */
void *vec_reserve(struct arena *arena, void *at, size_t len, size_t *cap, size_t size);

#define vec_push(arena, vec)                                                                   \
	((vec)->at = vec_reserve(arena, (vec)->at, (vec)->len, &(vec)->cap, sizeof(*(vec)->at)), \
	 &(vec)->at[(vec)->len++])

#endif
