/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_key: what rules read of a packet, each distinct load and key once.
 *
 * In: bound keys.  Out: their numbers.  Fields that no row names are made anew by each use, so
 * loads are compared by what they read.  `meta nfproto` is the constant 5 in a chain of family
 * netdev: there its part has the mask 0, and the 5 in its flip.
 */
#include <stdlib.h>

#include "compiler/lower_parts.h"

#define NFPROTO_NETDEV 5		/* NFPROTO_NETDEV of <linux/netfilter.h> */
#define FIRST_SLOTS 64

uint64_t lower_mix(uint64_t hash, u128 value)
{
	hash = (hash ^ (uint64_t)value) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ (uint64_t)(value >> 64) ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
	return hash ^ hash >> 32;
}

static void index_grow(struct lower *lower, struct lower_index *index)
{
	struct lower_index old = *index;

	index->cap = old.cap ? old.cap * 2 : FIRST_SLOTS;
	index->slots = ARENA_ARRAY(lower->arena, struct lower_slot, index->cap);
	for (size_t i = 0; i < index->cap; i++)
		index->slots[i].number = LOWER_NOTHING;
	for (size_t i = 0; i < old.cap; i++) {
		size_t at = old.slots[i].hash & (index->cap - 1);

		if (old.slots[i].number == LOWER_NOTHING)
			continue;
		while (index->slots[at].number != LOWER_NOTHING)
			at = (at + 1) & (index->cap - 1);
		index->slots[at] = old.slots[i];
	}
}

struct lower_slot *lower_index_find(struct lower *lower, struct lower_index *index, uint64_t hash,
				    bool (*same)(const struct ir *ir, uint32_t number,
						 const void *wanted), const void *wanted)
{
	struct lower_slot *slot;
	size_t at;

	if ((index->used + 1) * 2 > index->cap)
		index_grow(lower, index);
	at = hash & (index->cap - 1);
	for (;; at = (at + 1) & (index->cap - 1)) {
		slot = &index->slots[at];
		if (slot->number == LOWER_NOTHING)
			break;
		if (slot->hash == hash && same(lower->ir, slot->number, wanted))
			return slot;
	}
	slot->hash = hash;
	index->used++;
	return slot;
}

static bool same_field(const struct field *a, const struct field *b)
{
	return a == b ||
	       (a->proto == b->proto && a->load == b->load && a->number == b->number &&
		field_base_of(a) == field_base_of(b) && a->bit_off == b->bit_off &&
		a->bit_len == b->bit_len && !strcmp(a->name, b->name));
}

static bool same_load(const struct ir *ir, uint32_t number, const void *wanted)
{
	const struct ir_load *a = &ir->loads.at[number], *b = wanted;

	return a->depth == b->depth && a->tunnel == b->tunnel && same_field(a->field, b->field);
}

static uint32_t lower_load(struct lower *lower, const struct bind_part *part)
{
	const struct field *field = part->field;
	struct ir_load load = { field, part->depth, part->tunnel };
	uint64_t hash = lower_mix(field->proto * 256u + field->load,
				  field->bit_off * 65536u + field->bit_len);
	struct lower_slot *slot;

	hash = lower_mix(hash, (part->depth * 256u + part->tunnel) * 256u + field->number);
	slot = lower_index_find(lower, &lower->loads, hash, same_load, &load);
	if (slot->number == LOWER_NOTHING) {
		slot->number = (uint32_t)lower->ir->loads.len;
		*vec_push(lower->arena, &lower->ir->loads) = load;
	}
	return slot->number;
}

static struct ir_part lower_part(struct lower *lower, const struct bind_part *part)
{
	struct ir_part lowered = { lower_load(lower, part), part->shift, part->mask, part->flip };

	if (part->field->load == FIELD_LOAD_NFPROTO && !lower->inet) {
		lowered.flip = ir_part_apply(lower->ir, &lowered, NFPROTO_NETDEV);
		lowered.mask = 0;
		lowered.shift = 0;
	}
	return lowered;
}

static bool same_part(const struct ir_part *a, const struct ir_part *b)
{
	return a->load == b->load && a->shift == b->shift && a->mask == b->mask &&
	       a->flip == b->flip;
}

static bool same_key(const struct ir *ir, uint32_t number, const void *wanted)
{
	const struct ir_key *a = &ir->keys.at[number], *b = wanted;

	if (a->parts.len != b->parts.len)
		return false;
	for (size_t i = 0; i < a->parts.len; i++)
		if (!same_part(&a->parts.at[i], &b->parts.at[i]))
			return false;
	return true;
}

uint32_t lower_key(struct lower *lower, const struct bind_key *key, const u128 *any)
{
	struct ir_part parts[IR_MAX_PARTS];
	struct ir_key lowered = { 0 };
	struct lower_slot *slot;
	uint64_t hash = key->parts.len;

	if (!key->parts.len || key->parts.len > IR_MAX_PARTS)
		abort();		/* bind makes no such keys */
	for (size_t i = 0; i < key->parts.len; i++) {
		struct ir_part part = lower_part(lower, &key->parts.at[i]);

		if (any) {
			part.mask &= *any;
			part.flip &= *any;
		}
		hash = lower_mix(hash, part.load * 65536u + (uint16_t)part.shift);
		hash = lower_mix(lower_mix(hash, part.mask), part.flip);
		parts[i] = part;
	}
	lowered.parts.at = parts;
	lowered.parts.len = key->parts.len;
	slot = lower_index_find(lower, &lower->keys, hash, same_key, &lowered);
	if (slot->number == LOWER_NOTHING) {
		slot->number = (uint32_t)lower->ir->keys.len;
		lowered.parts.cap = lowered.parts.len;
		lowered.parts.at = arena_grow(lower->arena, parts,
					      lowered.parts.len * sizeof(*parts),
					      lowered.parts.len * sizeof(*parts));
		*vec_push(lower->arena, &lower->ir->keys) = lowered;
	}
	return slot->number;
}
