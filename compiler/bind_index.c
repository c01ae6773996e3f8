/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_index: the names of a table's chains, or of its sets and maps.
 *
 * An open-addressing table of a power of two, at most half full, never shrinking: a look-up ends
 * at an empty slot, of which there always is one.
 */
#include "compiler/bind_private.h"

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static size_t hash(struct str name)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (size_t i = 0; i < name.len; i++)
		value = (value ^ (unsigned char)name.at[i]) * 0x100000001b3u;
	return (size_t)(value ^ value >> 32);
}

static struct bind_index_slot *slot_of(const struct bind_index *index, struct str name)
{
	size_t at = hash(name) & (index->cap - 1);

	while (index->slots[at].item && !str_eq(index->slots[at].name, name))
		at = (at + 1) & (index->cap - 1);
	return &index->slots[at];
}

void *bind_index_find(const struct bind_index *index, struct str name)
{
	return index->cap ? slot_of(index, name)->item : NULL;
}

static void grow(struct arena *arena, struct bind_index *index)
{
	struct bind_index bigger = { .cap = index->cap ? index->cap * 2 : 16, .len = index->len };

	bigger.slots = ARENA_ARRAY(arena, struct bind_index_slot, bigger.cap);
	for (size_t i = 0; i < index->cap; i++) {
		if (index->slots[i].item)
			*slot_of(&bigger, index->slots[i].name) = index->slots[i];
	}
	*index = bigger;
}

void bind_index_add(struct arena *arena, struct bind_index *index, struct str name, void *item)
{
	if (2 * (index->len + 1) > index->cap)
		grow(arena, index);
	*slot_of(index, name) = (struct bind_index_slot){ name, item };
	index->len++;
}

void bind_suggest_name(struct bind *bind, const struct bind_index *index, struct str name)
{
	struct str_nearest near = { .word = name };

	for (size_t i = 0; i < index->cap; i++) {
		const struct bind_index_slot *slot = &index->slots[i];

		if (slot->item)
			str_nearest_offer(&near, arena_strdup(bind->arena, slot->name));
	}
	if (near.best)
		diag_help(bind->diag, "did you mean '%s'?", near.best);
}
