/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_memo: which numbers have a hash; and how building is paid for.
 *
 * Open addressing, at most half full.  Several numbers may have one hash: whoever asks compares
 * what they stand for.
 */
#include "compiler/plan_cross_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SLOTS 64
#define MAX_WHY 160

uint64_t plan_cross_mix(uint64_t number)
{
	number += 0x9e3779b97f4a7c15ull;
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ull;
	number = (number ^ number >> 27) * 0x94d049bb133111ebull;
	return number ^ number >> 31;
}

bool plan_cross_refuse(struct plan_cross *cross, const char *format, ...)
{
	char text[MAX_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cross->why = arena_strdup(cross->arena, (struct str){ text, strlen(text) });
	return false;
}

bool plan_cross_spend(struct plan_cross *cross, uint64_t steps)
{
	cross->work += steps;
	if (cross->work <= cross->budget->work)
		return true;
	return plan_cross_refuse(cross, "more than %llu steps to build",
				 (unsigned long long)cross->budget->work);
}

static void set_slots(struct plan_cross_memo *memo, size_t slots)
{
	memo->slots = slots;
	memo->hash = ARENA_ARRAY(memo->arena, uint64_t, slots);
	memo->number = ARENA_ARRAY(memo->arena, uint32_t, slots);
}

struct plan_cross_memo *plan_cross_memo_make(struct arena *arena)
{
	struct plan_cross_memo *memo = ARENA_NEW(arena, struct plan_cross_memo);

	memo->arena = arena;
	set_slots(memo, FIRST_SLOTS);
	return memo;
}

bool plan_cross_memo_next(const struct plan_cross_memo *memo, uint64_t hash, uint64_t *slot,
			  uint32_t *ret_number)
{
	for (size_t i = *slot & (memo->slots - 1);; i = (i + 1) & (memo->slots - 1)) {
		if (!memo->hash[i])
			return false;
		if (memo->hash[i] == hash) {
			*slot = i + 1;
			*ret_number = memo->number[i];
			return true;
		}
	}
}

static void put(struct plan_cross_memo *memo, uint64_t hash, uint32_t number)
{
	size_t slot = hash & (memo->slots - 1);

	while (memo->hash[slot])
		slot = (slot + 1) & (memo->slots - 1);
	memo->hash[slot] = hash;
	memo->number[slot] = number;
}

void plan_cross_memo_add(struct plan_cross_memo *memo, uint64_t hash, uint32_t number)
{
	const struct plan_cross_memo old = *memo;

	if (++memo->used * 2 > memo->slots) {
		set_slots(memo, old.slots * 4);
		for (size_t i = 0; i < old.slots; i++)
			if (old.hash[i])
				put(memo, old.hash[i], old.number[i]);
	}
	put(memo, hash, number);
}
