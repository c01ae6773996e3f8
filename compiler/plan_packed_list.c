/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_packed_list: what a list of rows says, as one mask of bits for each group of the small
 * dimensions.
 *
 * In: lists of rows, the first that holds counts; the small dimensions as some parts.  Out: for a
 * list the rows that matter, and for each part the place of its masks: an array that has for each
 * class of the part a bit for each row of the list that may hold.  The lowest bit that is set in
 * the masks of all parts is the row.  Many lists share an array.
 *
 * Safety: a list longer than a mask has bits is refused.  Arrays are compared in full.
 */
#include "compiler/plan_packed.h"

#include <string.h>

#define MAX_MASK_BYTES (24u << 20)

static void find_members(struct plan_cross *cross, const struct plan_cross_part *part,
			 struct plan_packed_group *group)
{
	uint32_t *first = ARENA_ARRAY(cross->arena, uint32_t, part->labels + 2);
	VEC(uint32_t) members = { 0 };

	for (uint32_t i = 0; i < part->labels; i++) {
		first[i] = (uint32_t)members.len;
		for (uint32_t j = 0; j < part->classes; j++)
			if (part->bits[j * part->words + i / 64] >> i % 64 & 1)
				*vec_push(cross->arena, &members) = j;
	}
	first[part->labels] = (uint32_t)members.len;
	group->first = first;
	group->members = members.at;
}

bool plan_packed_start(struct plan_cross *cross, const struct plan_cross_part *parts,
		       uint32_t count, struct plan_packed *ret_packed)
{
	*ret_packed = (struct plan_packed){ .cross = cross, .group_count = count };
	for (uint32_t i = 0; i < count; i++) {
		struct plan_packed_group *group = &ret_packed->groups[i];

		if (!plan_cross_spend(cross, (uint64_t)parts[i].labels * parts[i].classes))
			return false;
		group->part = parts[i];
		find_members(cross, &parts[i], group);
		group->known = plan_cross_memo_make(cross->arena);
		group->scratch = ARENA_ARRAY(cross->arena, uint64_t, parts[i].classes + 1);
	}
	return true;
}

/* The masks in .scratch among those of the group; a new array if need be. */
static bool find_masks(struct plan_packed *packed, struct plan_packed_group *group,
		       uint32_t *ret_number)
{
	size_t classes = group->part.classes, bytes = classes * sizeof(uint64_t), used;
	uint64_t hash = 0, slot;
	uint32_t number;

	for (size_t i = 0; i < classes; i++)
		hash = (hash ^ group->scratch[i]) * 0x9e3779b97f4a7c15ull >> 3 ^ hash;
	hash = plan_cross_mix(hash) | 1;
	slot = hash;
	while (plan_cross_memo_next(group->known, hash, &slot, &number))
		if (!memcmp(&group->masks[number * classes], group->scratch, bytes)) {
			*ret_number = number;
			return true;
		}
	used = group->count * classes;
	if ((used + classes) * sizeof(uint64_t) > MAX_MASK_BYTES)
		return plan_cross_refuse(packed->cross, "%zu lists over %zu classes", group->count,
					 classes);
	if (used + classes > group->space) {
		group->space = 2 * (used + classes) + 1024;
		group->masks = arena_grow(packed->cross->arena, group->masks,
					  used * sizeof(uint64_t), group->space * sizeof(uint64_t));
	}
	memcpy(&group->masks[used], group->scratch, bytes);
	number = (uint32_t)group->count++;
	plan_cross_memo_add(group->known, hash, number);
	*ret_number = number;
	return true;
}

static bool same_labels(const struct plan_packed *packed, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < packed->group_count; i++)
		if (packed->groups[i].part.row_label[a] != packed->groups[i].part.row_label[b])
			return false;
	return true;
}

/* Holds whatever the small dimensions are. */
static bool always_holds(const struct plan_packed *packed, uint32_t row)
{
	for (uint32_t i = 0; i < packed->group_count; i++) {
		const struct plan_packed_group *group = &packed->groups[i];
		uint32_t label = group->part.row_label[row];

		if (group->first[label + 1] - group->first[label] != group->part.classes)
			return false;
	}
	return true;
}

/* Rows behind one with the same labels, or one that always holds, do not matter. */
static bool drop_hidden(struct plan_packed *packed, uint32_t *rows, size_t *count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		size_t j = 0;

		if (kept > PACKED_MAX_LIST)
			break;
		while (j < kept && !same_labels(packed, rows[i], rows[j]))
			j++;
		if (!plan_cross_spend(packed->cross, 2 + kept))
			return false;
		if (j < kept)
			continue;
		rows[kept++] = rows[i];
		if (always_holds(packed, rows[i]))
			break;
	}
	*count = kept;
	if (kept > PACKED_MAX_LIST)
		return plan_cross_refuse(packed->cross, "more than %u rules for one pair",
					 PACKED_MAX_LIST);
	return true;
}

bool plan_packed_list_make(struct plan_packed *packed, uint32_t *rows, size_t count,
			   struct plan_cross_list *ret_list)
{
	uint32_t *kept;

	if (!drop_hidden(packed, rows, &count))
		return false;
	for (uint32_t i = 0; i < packed->group_count; i++) {
		struct plan_packed_group *group = &packed->groups[i];
		uint64_t steps = 3 * (uint64_t)group->part.classes;

		memset(group->scratch, 0, group->part.classes * sizeof(uint64_t));
		for (size_t j = 0; j < count; j++) {
			uint32_t label = group->part.row_label[rows[j]];

			for (uint32_t k = group->first[label]; k < group->first[label + 1]; k++)
				group->scratch[group->members[k]] |= 1ull << j;
			steps += group->first[label + 1] - group->first[label];
		}
		if (!plan_cross_spend(packed->cross, steps / 4) ||
		    !find_masks(packed, group, &ret_list->masks[i]))
			return false;
	}
	kept = ARENA_ARRAY(packed->cross->arena, uint32_t, count + 1);
	memcpy(kept, rows, count * sizeof(*kept));
	ret_list->rows = kept;
	ret_list->count = (uint32_t)count;
	if (count > packed->max_list)
		packed->max_list = (uint32_t)count;
	return true;
}
