/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps_cells: which counter has which cell.
 *
 * In: the counters of a new ruleset, the record of the one in force.  Out: a cell and a base value
 * for each.  A cell that the program in force names is given to nobody else: that program counts
 * in it until the switch.  Nor is one of the program before, which may come back with what it
 * counted.  Cell 0 is never given away.  A cell that had another owner is not zeroed: who would
 * write one would write its whole page, in which packets count.  What it has is taken off the base
 * value instead.
 */
#include "loader/maps.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader/own.h"

static uint32_t count_for(size_t counters)
{
	uint32_t count = MAPS_CELLS_LEAST;

	while (count < 2 * counters)
		count *= 2;
	return count;
}

/* Numbers the cells of a map that nobody has used yet. */
static void take_all_anew(const struct compile *compile, struct maps_cells *cells)
{
	cells->anew = true;
	cells->cell_count = count_for(compile->counter_count);
	for (size_t i = 0; i < compile->counter_count; i++) {
		cells->cell_of[i] = (uint32_t)i + 1;
		cells->fresh[i] = true;
	}
}

/* Marks the cells that a record names. False when it does not fit the map. */
static bool mark_taken(const struct maps_record *record, uint32_t cell_count, bool *taken)
{
	for (size_t i = 0; record && i < record->header.counter_count; i++) {
		if (record->counters[i].cell >= cell_count)
			return false;
		taken[record->counters[i].cell] = true;
	}
	return true;
}

/* Gives the new counters the lowest free cells. False when there are too few. */
static bool take_free(const struct compile *compile, const struct maps_record *old,
		      const struct maps_record *other, struct arena *arena,
		      struct maps_cells *cells)
{
	bool *taken = ARENA_ARRAY(arena, bool, cells->cell_count);
	uint32_t next = 1;

	if (!mark_taken(old, cells->cell_count, taken) ||
	    !mark_taken(other, cells->cell_count, taken))
		return false;
	for (size_t i = 0; i < compile->counter_count; i++) {
		if (cells->from[i]) {
			cells->cell_of[i] = cells->from[i]->cell;
			continue;
		}
		while (next < cells->cell_count && taken[next])
			next++;
		if (next >= cells->cell_count)
			return false;
		cells->cell_of[i] = next++;
		cells->fresh[i] = true;
	}
	return true;
}

void maps_plan_cells(const struct compile *compile, const struct maps_record *old,
		     const struct maps_record *other, bool fresh, struct arena *arena,
		     struct maps_cells *ret_cells)
{
	size_t count = compile->counter_count;
	struct maps_cells cells = {
		.cell_count = old ? old->header.cell_count : 0,
		.cell_of = ARENA_ARRAY(arena, uint32_t, count + 1),
		.fresh = ARENA_ARRAY(arena, bool, count + 1),
		.base = ARENA_ARRAY(arena, struct xdpfw_cell, count + 1),
		.from = ARENA_ARRAY(arena, const struct maps_counter *, count + 1),
	};

	for (size_t i = 0; i < count; i++) {
		const struct compile_counter *counter = &compile->counters[i];

		if (old && !fresh)
			cells.from[i] = maps_find_counter(old, counter->key);
		cells.base[i] = (struct xdpfw_cell){ counter->packets, counter->bytes };
		if (cells.from[i])
			cells.base[i] = (struct xdpfw_cell){ cells.from[i]->packets,
							     cells.from[i]->bytes };
	}
	if (!old || old->header.abi != XDPFW_ABI_VERSION || cells.cell_count < count_for(count) ||
	    !take_free(compile, old, other, arena, &cells))
		take_all_anew(compile, &cells);
	*ret_cells = cells;
}

/* How a map of cells is read: a page of it at once. */
struct reader {
	int map, cpus;
	uint32_t cells;			/* of a page; 1 in maps of older versions */
	struct xdpfw_cell *values;	/* of a page, CPU for CPU */
	bool *wanted;			/* by number of page */
};

static int begin_reading(int map, uint32_t end, struct reader *ret_reader)
{
	struct reader reader = { .map = map, .cpus = libbpf_num_possible_cpus() };
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (reader.cpus < 0)
		return reader.cpus;
	if (bpf_obj_get_info_by_fd(map, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_PERCPU_ARRAY || !info.value_size ||
	    info.value_size % sizeof(*reader.values))
		return -EMEDIUMTYPE;
	reader.cells = info.value_size / (uint32_t)sizeof(*reader.values);
	reader.values = calloc((size_t)reader.cpus, info.value_size);
	reader.wanted = calloc(end / reader.cells + 1, sizeof(*reader.wanted));
	*ret_reader = reader;
	return reader.values && reader.wanted ? 0 : -ENOMEM;
}

/* The sums of the cells of page number PAGE that are before END, into their places. */
static int read_page(const struct reader *reader, uint32_t page, uint32_t end,
		     struct xdpfw_cell *ret_sums)
{
	uint32_t first = page * reader->cells;
	uint32_t count = end - first < reader->cells ? end - first : reader->cells;

	if (bpf_map_lookup_elem(reader->map, &page, reader->values))
		return -errno;
	for (int cpu = 0; cpu < reader->cpus; cpu++) {
		const struct xdpfw_cell *values = reader->values + (size_t)cpu * reader->cells;

		for (uint32_t i = 0; i < count; i++) {
			ret_sums[first + i].packets += values[i].packets;
			ret_sums[first + i].bytes += values[i].bytes;
		}
	}
	return 0;
}

/* END: behind the last cell.  SUMS, by cell, are zero. */
static int read_pages(int map, const uint32_t *numbers, size_t count, uint32_t end,
		      struct xdpfw_cell *sums)
{
	struct reader reader = { 0 };
	int error = begin_reading(map, end, &reader);

	for (size_t i = 0; i < count && !error; i++)
		reader.wanted[numbers[i] / reader.cells] = true;
	for (uint32_t page = 0; !error && page <= (end - 1) / reader.cells; page++)
		if (reader.wanted[page])
			error = read_page(&reader, page, end, sums);
	free(reader.values);
	free(reader.wanted);
	return error;
}

int maps_read_cells(int cells, const uint32_t *numbers, size_t count, struct xdpfw_cell *ret_sums)
{
	OWN_MEMORY struct xdpfw_cell *sums = NULL;
	uint32_t end = 0;
	int error;

	if (!count)
		return 0;
	for (size_t i = 0; i < count; i++)
		end = numbers[i] >= end ? numbers[i] + 1 : end;
	sums = calloc(end, sizeof(*sums));
	if (!sums)
		return -ENOMEM;
	error = read_pages(cells, numbers, count, end, sums);
	for (size_t i = 0; i < count && !error; i++)
		ret_sums[i] = sums[numbers[i]];
	return error;
}

int maps_read_cell(int cells, uint32_t cell, struct xdpfw_cell *ret_sum)
{
	return maps_read_cells(cells, &cell, 1, ret_sum);
}
