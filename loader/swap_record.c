/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_record: the record of a load, and the counters it takes over.
 *
 * In: the compiled ruleset, the records in force and before, the cells the plan gave each counter.
 * Out: a record bound to the new program, which is in no slot yet.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <string.h>
#include <time.h>

#include "loader/own.h"
#include "loader/state.h"

/*
 * The cell of the map in force that counter number I's base value depends on, 0: none.  In a map
 * made anew the new program does not have it; else somebody else has counted in it, and nobody
 * does any more.
 */
static uint32_t find_cell_in_force(const struct maps_cells *cells, size_t i)
{
	if (cells->anew)
		return cells->from[i] ? cells->from[i]->cell : 0;
	return cells->fresh[i] ? cells->cell_of[i] : 0;
}

/* By counter number: what these cells have; 0 for those without. */
static bool read_sums(struct swap_state *state, struct xdpfw_cell **ret_sums)
{
	size_t count = state->request->compile->counter_count;
	uint32_t *cells = ARENA_ARRAY(state->arena, uint32_t, count + 1);
	bool any = false;
	int error = 0;

	*ret_sums = ARENA_ARRAY(state->arena, struct xdpfw_cell, count + 1);
	for (size_t i = 0; i < count; i++) {
		cells[i] = find_cell_in_force(&state->cells, i);
		any |= cells[i] != 0;
	}
	if (any)
		error = maps_read_cells(state->old.cells, cells, count, *ret_sums);
	for (size_t i = 0; i < count; i++)
		if (!cells[i])
			(*ret_sums)[i] = (struct xdpfw_cell){ 0 };
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot read the counters in force: %s", strerror(-error));
}

/* Base values may be below zero, modulo 2^64: what is in the cell makes up for it. */
static void fill_base(const struct swap_state *state, size_t i, const struct xdpfw_cell *sums,
		      struct maps_counter *counter)
{
	const struct maps_counter *from = state->cells.from[i];
	const struct xdpfw_cell *base = &state->cells.base[i], *sum = &sums[i];
	bool anew = state->cells.anew;

	counter->packets = anew ? base->packets + sum->packets : base->packets - sum->packets;
	counter->bytes = anew ? base->bytes + sum->bytes : base->bytes - sum->bytes;
	counter->seen_packets = anew ? sum->packets : 0;
	counter->seen_bytes = anew ? sum->bytes : 0;
	counter->cell = state->cells.cell_of[i];
	counter->born = from ? from->born : (uint32_t)state->record.header.generation;
}

/* The program in slot 1 after the switch may come back, and then counts on from here. */
static bool note_seen(struct swap_state *state)
{
	struct maps_record *record = &state->record;
	int error = 0;

	record->header.seen_cells = 0;
	if (state->pending)
		error = swap_note_seen(&state->other, state->live.maps.cells, record);
	else if (state->cells.anew)
		error = maps_read_id(state->old.cells, &record->header.seen_cells);
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot read the counters of the ruleset before: %s",
				     strerror(-error));
}

bool swap_bind_record(struct swap_state *state)
{
	const struct compile *compile = state->request->compile;
	struct maps_record *record = &state->record;
	struct xdpfw_cell *sums;

	if (!read_sums(state, &sums))
		return false;
	record->counters = ARENA_ARRAY(state->arena, struct maps_counter,
				       compile->counter_count + 1);
	for (size_t i = 0; i < compile->counter_count; i++) {
		maps_key(compile->counters[i].key, record->counters[i].key);
		fill_base(state, i, sums, &record->counters[i]);
	}
	maps_record_sort(record);
	return note_seen(state) && maps_record_bind(state->report, record, state->live.program);
}

/* Of both slots: one that was taken back has had its number, and has given some away. */
static void number_load(const struct swap_state *state, struct maps_header *header)
{
	const struct maps_record *records[] = { state->old.record, state->other.record };

	header->next_handle = 1;
	for (size_t i = 0; i < 2; i++) {
		if (!records[i])
			continue;
		if (header->generation < swap_last_generation(records[i]))
			header->generation = swap_last_generation(records[i]);
		if (header->next_handle < records[i]->header.next_handle)
			header->next_handle = records[i]->header.next_handle;
	}
	header->last_generation = ++header->generation;
}

/* One a line, none of which holds a newline; behind them what the program was made for. */
static void fill_failsafe(struct swap_state *state)
{
	const struct compile_optimize *optimize = &state->request->optimize;
	const struct compile *compile = state->request->compile;
	struct maps_record *record = &state->record;
	OWN_BUF struct buf text = BUF_INIT;
	size_t rules;
	char *kept;

	for (size_t i = 0; i < compile->failsafe_count; i++)
		buf_printf(&text, "%s\n", compile->failsafe[i]);
	rules = text.len;
	buf_putc(&text, '\0');
	compile_optimize_print(optimize, &text);
	if (optimize->engine)
		buf_printf(&text, " --plan=%s", optimize->engine);
	kept = arena_alloc(state->arena, text.len + 1);
	memcpy(kept, text.at, text.len);
	record->header.failsafe_bytes = (uint32_t)text.len;
	record->failsafe = kept;
	record->made_for = kept + rules + 1;
}

/* All of the record but the counters. */
static void fill_record(struct swap_state *state, struct str text)
{
	const struct compile *compile = state->request->compile;
	const struct maps_record *old = state->old.record;
	struct maps_record *record = &state->record;
	struct maps_header *header = &record->header;

	header->abi = XDPFW_ABI_VERSION;
	number_load(state, header);
	header->loaded = (uint64_t)time(NULL);
	header->rule_count = compile->listed_rules;
	header->cell_count = state->cells.cell_count;
	header->counter_count = (uint32_t)compile->counter_count;
	header->object_count = (uint32_t)compile->object_count;
	header->spec_count = (uint32_t)compile->device_count;
	header->mode = state->request->mode;
	header->allow_missing = state->request->allow_missing;
	header->reads_tags = state->request->compile->reads_tags;
	header->text_bytes = (uint32_t)text.len;
	state_digest(text.at, text.len, header->digest);
	record->objects = ARENA_ARRAY(state->arena, struct maps_object, compile->object_count + 1);
	for (size_t i = 0; i < compile->object_count; i++) {
		const struct maps_object *known =
			old ? maps_find_object(old, compile->objects[i].key) : NULL;

		maps_key(compile->objects[i].key, record->objects[i].key);
		record->objects[i].handle = known ? known->handle : header->next_handle++;
	}
	record->specs = (struct maps_spec *)swap_make_specs(compile, state->arena);
	fill_failsafe(state);
	record->text = arena_strdup(state->arena, text);
}

bool swap_make_record(struct swap_state *state)
{
	struct compile_print_options options = { .stateless = true };
	OWN_BUF struct buf text = BUF_INIT;

	buf_puts(&text, "");
	compile_print(state->request->compile, &options, &text);
	fill_record(state, buf_str(&text));
	return swap_bind_record(state);
}
