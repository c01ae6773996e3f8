/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_settle: the record of a program that comes back.
 *
 * In: the program that was in force, the one that takes its place.  Out: a newer record bound to
 * the latter, which knows what was counted and numbered meanwhile.  Programs that share a map of
 * cells share the figures by themselves.  Where the maps differ the base value of a counter grows
 * by what the other program's cell has gained since it was last looked at (`seen`), so this may be
 * done any number of times, and a kill between two writes counts nothing twice.  It takes no
 * memory of the arena: after a switch nothing may fail.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <string.h>

#include "loader/own.h"

/* The same counter in another record: of the same key, and begun by the same load. */
static const struct maps_counter *find_same(const struct maps_record *record,
					    const struct maps_counter *counter)
{
	size_t low = 0, high = record->header.counter_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct maps_counter *found = &record->counters[middle];
		int order = memcmp(counter->key, found->key, sizeof(found->key));

		if (!order)
			return found->born == counter->born ? found : NULL;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/*
 * What the counters of RECORD have in the cells of FROM's program; *ret_same, by counter: FROM's,
 * NULL: it has none.
 */
static int read_same(const struct maps_program *from, const struct maps_record *record,
		     struct arena *arena, const struct maps_counter ***ret_same,
		     struct xdpfw_cell **ret_sums)
{
	uint32_t count = record->header.counter_count;
	uint32_t *cells = ARENA_ARRAY(arena, uint32_t, count + 1);

	*ret_same = ARENA_ARRAY(arena, const struct maps_counter *, count + 1);
	*ret_sums = ARENA_ARRAY(arena, struct xdpfw_cell, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		(*ret_same)[i] = find_same(from->record, &record->counters[i]);
		/* Cell 0 is nobody's. */
		cells[i] = (*ret_same)[i] ? (*ret_same)[i]->cell : 0;
	}
	return maps_read_cells(from->cells, cells, count, *ret_sums);
}

/* Adds what FROM counted; *ret_changed when it is anything. */
static int add_counts(const struct maps_program *from, uint32_t from_cells,
		      struct maps_record *record, bool *ret_changed)
{
	bool known = record->header.seen_cells == from_cells;
	OWN_ARENA struct arena arena = ARENA_INIT;
	const struct maps_counter **same;
	struct xdpfw_cell *sums;
	int error = read_same(from, record, &arena, &same, &sums);

	if (error)
		return error;
	for (uint32_t i = 0; i < record->header.counter_count; i++) {
		struct maps_counter *counter = &record->counters[i];
		struct xdpfw_cell sum = sums[i];

		if (!known)
			counter->seen_packets = counter->seen_bytes = 0;
		if (!same[i] || (sum.packets == counter->seen_packets &&
			      sum.bytes == counter->seen_bytes))
			continue;
		counter->packets += sum.packets - counter->seen_packets;
		counter->bytes += sum.bytes - counter->seen_bytes;
		counter->seen_packets = sum.packets;
		counter->seen_bytes = sum.bytes;
		*ret_changed = true;
	}
	record->header.seen_cells = from_cells;
	return 0;
}

uint64_t swap_last_generation(const struct maps_record *record)
{
	const struct maps_header *header = &record->header;

	return header->last_generation > header->generation ? header->last_generation :
							      header->generation;
}

/* Numbers that were given away are not given again. */
static bool take_numbers(const struct maps_record *from, struct maps_header *header,
			 enum maps_undone why)
{
	struct maps_header before = *header;

	if (header->last_generation < swap_last_generation(from))
		header->last_generation = swap_last_generation(from);
	if (header->next_handle < from->header.next_handle)
		header->next_handle = from->header.next_handle;
	if (why != MAPS_UNDONE_NOT) {
		header->undone = from->header.generation;
		header->undone_why = why;
	}
	return memcmp(&before, header, sizeof(before)) != 0;
}

static bool bind_settled(struct report *report, const struct maps_program *from,
			 struct maps_record *record, const struct maps_program *to,
			 enum maps_undone why)
{
	uint32_t from_cells, to_cells;
	bool changed = false;
	int error = maps_read_id(from->cells, &from_cells);

	if (!error)
		error = maps_read_id(to->cells, &to_cells);
	if (!error && from_cells && from_cells != to_cells)
		error = add_counts(from, from_cells, record, &changed);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "%s", strerror(-error));
	if (!take_numbers(from->record, &record->header, why) && !changed)
		return true;
	record->header.revision++;
	return maps_record_bind(report, record, to->program);
}

void swap_settle(struct report *report, const struct maps_program *from,
		 const struct maps_program *to, enum maps_undone why)
{
	struct report quiet = { 0 };

	if (!from->record || !to->record)
		return;
	if (!bind_settled(&quiet, from, to->record, to, why))
		report_notice(report,
			      "the ruleset that comes back does not know what was counted "
			      "meanwhile: %s", quiet.text.at);
	buf_free(&quiet.text);
}

/*
 * What OTHER's cells have is in the base values of a new ruleset, or in the cells it shares with
 * the one that OTHER was replaced by.
 */
int swap_note_seen(const struct maps_program *other, int cells, struct maps_record *record)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	const struct maps_counter **same;
	uint32_t other_cells, own_cells;
	struct xdpfw_cell *sums;
	int error = maps_read_id(other->cells, &other_cells);

	if (!error)
		error = maps_read_id(cells, &own_cells);
	if (error || !other->record || !other_cells || other_cells == own_cells)
		return error;
	error = read_same(other, record, &arena, &same, &sums);
	if (error)
		return error;
	record->header.seen_cells = other_cells;
	for (uint32_t i = 0; i < record->header.counter_count; i++) {
		struct maps_counter *counter = &record->counters[i];

		counter->seen_packets = same[i] ? sums[i].packets : 0;
		counter->seen_bytes = same[i] ? sums[i].bytes : 0;
	}
	return 0;
}
