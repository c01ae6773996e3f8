/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_cells: counters in a program's tables become cells.
 *
 * In: a copy of the tables' image, and the cell of each counter.  Out: the same image with cells.
 * A program that finds a rule in a table then has the cell at once, without a look-up in between.
 *
 * Safety: an image may come from a file, so all that its lists say is compared with its size and
 * the number of counters before it is followed.
 */
#include "loader/object_cells.h"

#include <string.h>

#include "bpf/xdpfw_abi.h"

static uint32_t word_at(const uint8_t *image, size_t at)
{
	uint32_t word;

	memcpy(&word, image + at, sizeof(word));
	return word;
}

/* The word at AT; 0 is no counter. */
static bool put_cell(uint8_t *image, size_t at, const uint32_t *cell_of, uint32_t count)
{
	uint32_t word = word_at(image, at), number = word & XDPFW_CELL_MASK, cell;

	if (!number)
		return true;
	if (number > count)
		return false;
	cell = cell_of[number - 1];
	if (cell > XDPFW_CELL_MASK)
		return false;
	word = (word & ~XDPFW_CELL_MASK) | cell;
	memcpy(image + at, &word, sizeof(word));
	return true;
}

static bool put_list(uint8_t *image, size_t end, const struct xdpfw_cell_list *list,
		     const uint32_t *cell_of, uint32_t count)
{
	if (!list->count)
		return true;
	if (list->at > end || end - list->at < sizeof(uint32_t) ||
	    (uint64_t)(list->count - 1) * list->stride > end - list->at - sizeof(uint32_t))
		return false;
	for (uint32_t i = 0; i < list->count; i++)
		if (!put_cell(image, list->at + (size_t)i * list->stride, cell_of, count))
			return false;
	return true;
}

bool object_cells_put(uint8_t *image, size_t bytes, const uint32_t *cell_of, uint32_t count)
{
	uint32_t lists;
	size_t end;

	if (bytes < sizeof(lists))
		return !bytes;
	lists = word_at(image, bytes - sizeof(lists));
	end = bytes - sizeof(lists);
	if (lists > end / sizeof(struct xdpfw_cell_list))
		return false;
	end -= lists * sizeof(struct xdpfw_cell_list);
	for (uint32_t i = 0; i < lists; i++) {
		struct xdpfw_cell_list list;

		memcpy(&list, image + end + i * sizeof(list), sizeof(list));
		if (!put_list(image, end, &list, cell_of, count))
			return false;
	}
	return true;
}
