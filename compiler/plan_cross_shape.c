/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_shape: what a list of rows says for each class of the small dimensions.
 *
 * In: lists of rows, the first that holds counts; the small dimensions as one part.  Out: for a
 * list the rows that are first for some class, and a shape: an array that says for each class which
 * of them it is.  Lists of quite different rows have the same shape when their small dimensions do,
 * so there are few shapes, however many lists.
 *
 * Safety: a list that has been seen is known by its labels, a shape by its bytes, compared in full.
 */
#include "compiler/plan_cross_parts.h"

#include <string.h>

#define MAX_LIST 255			/* what a byte of a shape can count to */
#define MAX_SHAPE_BYTES (48u << 20)

struct plan_cross_shape {
	const uint32_t *labels;		/* of the list it was made for */
	size_t label_count;
	const uint32_t *kept;		/* indices of the rows that count */
	uint32_t kept_count;
	uint32_t shape;
};

static uint64_t count_members(const struct plan_cross_part *part)
{
	uint64_t total = 0;

	for (size_t i = 0; i < part->classes * part->words; i++)
		total += (uint64_t)__builtin_popcountll(part->bits[i]);
	return total;
}

/*
 * Counts in NEXT the classes that lie in each label; or, when those of a label begin there in
 * MEMBERS, puts them there.
 */
static void list_members(const struct plan_cross_part *part, uint32_t *next, uint32_t *members)
{
	for (uint32_t i = 0; i < part->classes; i++)
		for (size_t j = 0; j < part->words; j++) {
			uint64_t left = part->bits[i * part->words + j];

			for (; left; left &= left - 1) {
				size_t label = j * 64 + (size_t)__builtin_ctzll(left);

				if (members)
					members[next[label]] = i;
				next[label]++;
			}
		}
}

bool plan_cross_shapes_start(struct plan_cross *cross, const struct plan_cross_part *part,
			     struct plan_cross_shapes *ret_shapes)
{
	uint32_t *first = ARENA_ARRAY(cross->arena, uint32_t, part->labels + 2), *members;
	uint32_t *next = ARENA_ARRAY(cross->arena, uint32_t, part->labels + 1);
	uint64_t total;

	if (!plan_cross_spend(cross, (uint64_t)part->classes * part->words))
		return false;
	total = count_members(part);
	if (!plan_cross_spend(cross, total))
		return false;
	list_members(part, &first[1], NULL);
	for (uint32_t i = 0; i < part->labels; i++)
		next[i + 1] = first[i + 1] += first[i];
	members = ARENA_ARRAY(cross->arena, uint32_t, total + 1);
	list_members(part, next, members);
	*ret_shapes = (struct plan_cross_shapes){
		.cross = cross,
		.classes = part->classes,
		.labels = part->labels,
		.row_label = part->row_label,
		.first = first,
		.members = members,
		.stamp = ARENA_ARRAY(cross->arena, uint32_t, part->labels + 1),
		.by_labels = plan_cross_memo_make(cross->arena),
		.by_bytes = plan_cross_memo_make(cross->arena),
		.scratch = ARENA_ARRAY(cross->arena, uint8_t, part->classes + 1),
	};
	return true;
}

/* Drops rows behind one with the same label, and all behind one that always holds. */
static size_t drop_repeated(struct plan_cross_shapes *shapes, uint32_t *rows, size_t count)
{
	size_t kept = 0;

	shapes->now++;
	for (size_t i = 0; i < count; i++) {
		uint32_t label = shapes->row_label[rows[i]];

		if (shapes->stamp[label] == shapes->now)
			continue;
		shapes->stamp[label] = shapes->now;
		rows[kept++] = rows[i];
		if (shapes->first[label + 1] - shapes->first[label] == shapes->classes)
			break;
	}
	return kept;
}

/* The bytes in .scratch as a shape. */
static uint32_t find_shape(struct plan_cross_shapes *shapes)
{
	uint32_t size = shapes->classes, shape;
	uint64_t hash = 0, slot;
	size_t used;

	for (uint32_t i = 0; i < size; i++)
		hash = (hash ^ shapes->scratch[i]) * 0x100000001b3ull;
	hash = plan_cross_mix(hash) | 1;
	slot = hash;
	while (plan_cross_memo_next(shapes->by_bytes, hash, &slot, &shape))
		if (!memcmp(&shapes->shape_bytes[(size_t)shape * size], shapes->scratch, size))
			return shape;
	shape = (uint32_t)shapes->shape_count++;
	used = (size_t)shape * size;
	if (used + size > shapes->shape_space) {
		shapes->shape_space = 2 * (used + size) + 4096;
		shapes->shape_bytes = arena_grow(shapes->cross->arena, shapes->shape_bytes, used,
						 shapes->shape_space);
	}
	memcpy(&shapes->shape_bytes[used], shapes->scratch, size);
	plan_cross_memo_add(shapes->by_bytes, hash, shape);
	return shape;
}

/* Which of the rows is first for each class, into .scratch; then numbers those that are, anew. */
static bool fill_scratch(struct plan_cross_shapes *shapes, const uint32_t *rows, size_t count,
			 uint32_t *ret_kept, uint32_t *ret_kept_count)
{
	uint8_t number[MAX_LIST + 1] = { 0 };
	uint64_t steps = shapes->classes;

	memset(shapes->scratch, 0, shapes->classes);
	for (size_t i = count; i--;) {
		uint32_t label = shapes->row_label[rows[i]];

		for (uint32_t j = shapes->first[label]; j < shapes->first[label + 1]; j++)
			shapes->scratch[shapes->members[j]] = (uint8_t)(i + 1);
		steps += shapes->first[label + 1] - shapes->first[label];
	}
	for (uint32_t i = 0; i < shapes->classes; i++)
		number[shapes->scratch[i]] = 1;
	*ret_kept_count = 0;
	for (uint32_t i = 0; i < count; i++)
		if (number[i + 1]) {
			ret_kept[(*ret_kept_count)++] = i;
			number[i + 1] = (uint8_t)*ret_kept_count;
		}
	number[0] = 0;
	for (uint32_t i = 0; i < shapes->classes; i++)
		shapes->scratch[i] = number[shapes->scratch[i]];
	return plan_cross_spend(shapes->cross, steps);
}

static bool has_labels(const struct plan_cross_shapes *shapes,
		       const struct plan_cross_shape *known, const uint32_t *rows, size_t count)
{
	if (known->label_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (known->labels[i] != shapes->row_label[rows[i]])
			return false;
	return true;
}

/* The list as it was made for the same labels before, or NULL. */
static const struct plan_cross_shape *find_known(const struct plan_cross_shapes *shapes,
						 const uint32_t *rows, size_t count, uint64_t hash)
{
	uint64_t slot = hash;
	uint32_t number;

	while (plan_cross_memo_next(shapes->by_labels, hash, &slot, &number))
		if (has_labels(shapes, &shapes->known.at[number], rows, count))
			return &shapes->known.at[number];
	return NULL;
}

static const struct plan_cross_shape *make_known(struct plan_cross_shapes *shapes,
						 const uint32_t *rows, size_t count, uint64_t hash)
{
	struct arena *arena = shapes->cross->arena;
	uint32_t *labels = ARENA_ARRAY(arena, uint32_t, count + 1);
	uint32_t *kept = ARENA_ARRAY(arena, uint32_t, count + 1), kept_count;
	struct plan_cross_shape *known;

	if ((shapes->shape_count + 1) * (uint64_t)shapes->classes > MAX_SHAPE_BYTES) {
		plan_cross_refuse(shapes->cross, "%zu lists over %u classes of ports and flags",
				  shapes->shape_count, shapes->classes);
		return NULL;
	}
	if (!fill_scratch(shapes, rows, count, kept, &kept_count))
		return NULL;
	for (size_t i = 0; i < count; i++)
		labels[i] = shapes->row_label[rows[i]];
	known = vec_push(arena, &shapes->known);
	*known = (struct plan_cross_shape){ labels, count, kept, kept_count, find_shape(shapes) };
	plan_cross_memo_add(shapes->by_labels, hash, (uint32_t)shapes->known.len - 1);
	return known;
}

bool plan_cross_list_make(struct plan_cross_shapes *shapes, uint32_t *rows, size_t count,
			  struct plan_cross_list *ret_list)
{
	const struct plan_cross_shape *known;
	uint64_t hash = 0;
	uint32_t *kept;

	if (!plan_cross_spend(shapes->cross, 4 + 2 * count))
		return false;
	count = drop_repeated(shapes, rows, count);
	if (count > MAX_LIST)
		return plan_cross_refuse(shapes->cross, "%zu rules for one pair of addresses",
					 count);
	for (size_t i = 0; i < count; i++)
		hash = plan_cross_mix(hash ^ shapes->row_label[rows[i]]);
	hash |= 1;
	known = find_known(shapes, rows, count, hash);
	if (!known)
		known = make_known(shapes, rows, count, hash);
	if (!known)
		return false;
	kept = ARENA_ARRAY(shapes->cross->arena, uint32_t, known->kept_count + 1);
	for (uint32_t i = 0; i < known->kept_count; i++)
		kept[i] = rows[known->kept[i]];
	if (known->kept_count > shapes->max_list)
		shapes->max_list = known->kept_count;
	ret_list->rows = kept;
	ret_list->count = known->kept_count;
	ret_list->shape = known->shape;
	return true;
}

bool plan_cross_list_values(struct plan_cross_shapes *shapes, const uint32_t *rows, size_t count,
			    uint32_t none, uint32_t *ret_values)
{
	const uint32_t *results = shapes->cross->problem->results;
	uint64_t steps = shapes->classes;

	for (uint32_t i = 0; i < shapes->classes; i++)
		ret_values[i] = none;
	for (size_t i = count; i--;) {
		uint32_t label = shapes->row_label[rows[i]];

		for (uint32_t j = shapes->first[label]; j < shapes->first[label + 1]; j++)
			ret_values[shapes->members[j]] = results[rows[i]] + 1;
		steps += shapes->first[label + 1] - shapes->first[label];
	}
	return plan_cross_spend(shapes->cross, steps);
}
