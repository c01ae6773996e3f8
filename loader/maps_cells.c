/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps_cells: which counter has which cell.
 *
 * In: the counters of a new ruleset, the record of the one in force.  Out: a cell and a base value
 * for each.  A cell that the program in force names is given to nobody else: that program counts
 * in it until the switch.  Nor is one of the program before, which may come back with what it
 * counted.  Cell 0 is never given away.
 */
#include "loader/maps.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader/own.h"

#define WINDOW_CELLS 256		/* read at once; fewer are read one by one */

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
	if (!old || cells.cell_count < count_for(count) ||
	    !take_free(compile, old, other, arena, &cells))
		take_all_anew(compile, &cells);
	*ret_cells = cells;
}

static struct xdpfw_cell sum_up(const struct xdpfw_cell *values, int cpus)
{
	struct xdpfw_cell sum = { 0 };

	for (int i = 0; i < cpus; i++) {
		sum.packets += values[i].packets;
		sum.bytes += values[i].bytes;
	}
	return sum;
}

int maps_read_cell(int cells, uint32_t cell, struct xdpfw_cell *ret_sum)
{
	int cpus = libbpf_num_possible_cpus();
	OWN_MEMORY struct xdpfw_cell *values = NULL;
	int error;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	error = bpf_map_lookup_elem(cells, &cell, values);
	if (error)
		return error;
	*ret_sum = sum_up(values, cpus);
	return 0;
}

static int read_each(int cells, const uint32_t *numbers, size_t count, struct xdpfw_cell *ret_sums)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = maps_read_cell(cells, numbers[i], &ret_sums[i]);
	return error;
}

/* The sums of all cells before END. */
static int read_all(int cells, uint32_t end, struct xdpfw_cell *ret_sums)
{
	int cpus = libbpf_num_possible_cpus();
	OWN_MEMORY struct xdpfw_cell *values = NULL;
	uint32_t keys[WINDOW_CELLS], position = 0, done = 0;

	if (cpus < 0)
		return cpus;
	values = calloc(WINDOW_CELLS * (size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	while (done < end) {
		uint32_t count = WINDOW_CELLS;
		int error = bpf_map_lookup_batch(cells, done ? &position : NULL, &position, keys,
						 values, &count, NULL);

		/* At the map's end there are fewer than were asked for. */
		if ((error && error != -ENOENT) || !count)
			return error ? error : -ENOENT;
		for (uint32_t i = 0; i < count && done < end; i++, done++) {
			if (keys[i] != done)
				return -EIO;
			ret_sums[done] = sum_up(values + i * (size_t)cpus, cpus);
		}
	}
	return 0;
}

int maps_read_cells(int cells, const uint32_t *numbers, size_t count, struct xdpfw_cell *ret_sums)
{
	OWN_MEMORY struct xdpfw_cell *sums = NULL;
	uint32_t end = 0;
	int error;

	if (count < WINDOW_CELLS)
		return read_each(cells, numbers, count, ret_sums);
	for (size_t i = 0; i < count; i++)
		end = numbers[i] >= end ? numbers[i] + 1 : end;
	sums = calloc(end, sizeof(*sums));
	if (!sums)
		return -ENOMEM;
	error = read_all(cells, end, sums);
	for (size_t i = 0; i < count && !error; i++)
		ret_sums[i] = sums[numbers[i]];
	return error;
}

int maps_zero_cell(int cells, uint32_t cell)
{
	int cpus = libbpf_num_possible_cpus();
	OWN_MEMORY struct xdpfw_cell *values = NULL;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	return values ? bpf_map_update_elem(cells, &cell, values, BPF_ANY) : -ENOMEM;
}
