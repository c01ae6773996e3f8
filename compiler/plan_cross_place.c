/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_place: rows of a sparse matrix, pushed into each other (row displacement).
 *
 * In: cells, each of a row and a column.  Out: an offset for each row, so that no two cells have
 * the same slot, offset + column; offsets of different rows differ, so a slot that has the column
 * asked for has the row, too.  Slot 0 stays empty, and so does offset 0, which is for rows without
 * cells.
 *
 * Long rows first, each at the first offset that fits, 64 offsets looked at together; rows of one
 * cell take any free slot.
 */
#include "compiler/plan_cross_parts.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SLOTS (3u << 20)
#define GROWTH 5			/* when rows do not fit, a fifth more is tried */

struct row {
	uint32_t number, first, count;
};

struct place {
	struct plan_cross *cross;
	const struct plan_cross_cell *cells;
	struct row *rows;
	size_t row_count;
	size_t slots;			/* offsets are below; a multiple of 64 */
	uint32_t columns;
	uint64_t *taken;
	uint64_t *offset_taken;
	size_t rover;			/* word of 64 offsets at which to begin */
	uint32_t *offsets;
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

static void find_rows(struct place *place, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct row *row = &place->rows[place->row_count];

		if (i && place->cells[i].row == place->cells[i - 1].row) {
			row[-1].count++;
			continue;
		}
		*row = (struct row){ place->cells[i].row, (uint32_t)i, 1 };
		place->row_count++;
	}
	qsort(place->rows, place->row_count, sizeof(*place->rows), compare_rows);
}

/* Bits AT to AT + 63 of the slots. */
static uint64_t window(const struct place *place, size_t at)
{
	size_t word = at / 64, shift = at % 64;
	uint64_t bits = place->taken[word] >> shift;

	return shift ? bits | place->taken[word + 1] << (64 - shift) : bits;
}

static void take(struct place *place, size_t slot)
{
	place->taken[slot / 64] |= 1ull << slot % 64;
}

static void take_row(struct place *place, const struct row *row, size_t offset)
{
	for (uint32_t i = 0; i < row->count; i++)
		take(place, offset + place->cells[row->first + i].column);
	place->offset_taken[offset / 64] |= 1ull << offset % 64;
	place->offsets[row->number] = (uint32_t)offset;
}

static bool place_row(struct place *place, const struct row *row)
{
	size_t words = place->slots / 64;
	uint64_t steps = 0;

	for (size_t i = 0, word = place->rover; i < words; i++, word++) {
		uint64_t bits;

		if (word == words)
			word = 0;
		bits = place->offset_taken[word];

		for (uint32_t j = 0; j < row->count && ~bits; j++, steps++)
			bits |= window(place, word * 64 + place->cells[row->first + j].column);
		if (!~bits)
			continue;
		take_row(place, row, word * 64 + (size_t)__builtin_ctzll(~bits));
		place->rover = word;
		return plan_cross_spend(place->cross, 1 + steps / 4);
	}
	plan_cross_spend(place->cross, steps / 4);
	return false;
}

/* A row of one cell: any free slot whose offset is free. */
static bool place_single(struct place *place, const struct row *row)
{
	size_t words = place->slots / 64, column = place->cells[row->first].column;

	for (size_t i = 0, word = place->rover; i < words; i++, word++) {
		if (word == words)
			word = 0;
		for (uint64_t left = ~place->taken[word]; left; left &= left - 1) {
			size_t slot = word * 64 + (size_t)__builtin_ctzll(left);
			size_t offset = slot - column;

			if (slot < column || place->offset_taken[offset / 64] >> offset % 64 & 1)
				continue;
			take_row(place, row, offset);
			place->rover = word;
			return plan_cross_spend(place->cross, 1 + i / 8);
		}
	}
	plan_cross_spend(place->cross, words / 8);
	return false;
}

static bool place_rows(struct place *place)
{
	size_t words = place->slots / 64;

	place->taken = ARENA_ARRAY(place->cross->arena, uint64_t, words + place->columns / 64 + 3);
	place->offset_taken = ARENA_ARRAY(place->cross->arena, uint64_t, words);
	place->rover = 0;
	place->offset_taken[0] = 1;
	take(place, 0);
	for (size_t i = 0; i < place->row_count; i++) {
		const struct row *row = &place->rows[i];

		if (i && row->count == 1 && row[-1].count > 1)
			place->rover = 0;
		if (!(row->count == 1 ? place_single(place, row) : place_row(place, row)))
			return false;
	}
	return true;
}

bool plan_cross_place(struct plan_cross *cross, const struct plan_cross_cell *cells, size_t count,
		      uint32_t rows, uint32_t columns, uint32_t *ret_offsets, size_t *ret_slots)
{
	uint32_t last = 0;
	struct place place = {
		.cross = cross,
		.cells = cells,
		.rows = ARENA_ARRAY(cross->arena, struct row, rows + 1),
		.columns = columns,
		.offsets = ret_offsets,
	};

	find_rows(&place, count);
	place.slots = (count > place.row_count ? count : place.row_count) + count / 16 + 128;
	place.slots &= ~(size_t)63;
	while (!place_rows(&place)) {
		if (cross->why)
			return false;
		place.slots = (place.slots + place.slots / GROWTH + 64) & ~(size_t)63;
		if (place.slots > MAX_SLOTS)
			return plan_cross_refuse(cross, "%zu pairs do not fit into %u slots",
						 count, MAX_SLOTS);
	}
	for (uint32_t i = 0; i < rows; i++)
		last = ret_offsets[i] > last ? ret_offsets[i] : last;
	*ret_slots = (size_t)last + columns;
	return true;
}
