/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_confirm: makes a load stay, or brings back the ruleset before it.
 *
 * In: the slots.  Out: slot 0 in force for good, with the program it has or with that of slot 1.
 * Before the switch back every device that the ruleset before names has the stub, and its counters
 * are what they would be had it been in force all the time.  All that can fail comes before that
 * one write; a kill leaves one of the two rulesets in force, and the next command the rest.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "loader/devtable.h"
#include "loader/own.h"
#include "loader/probe.h"

static bool fail_none(struct swap_state *state, const char *what)
{
	return report_fail(state->report, REPORT_SYSTEM,
			   "there is nothing to %s: no ruleset is loaded in this network namespace",
			   what);
}

/* "load number 3 is in force", and why, if it came back. */
static void say_in_force(struct swap_state *state)
{
	const struct maps_header *header = &state->old.record->header;

	report_add(state->report, "load number %" PRIu64 " is in force", header->generation);
	if (header->undone_why == MAPS_UNDONE_EXPIRED)
		report_add(state->report,
			   " again, as load number %" PRIu64 " was not confirmed in time",
			   header->undone);
	else if (header->undone_why == MAPS_UNDONE_ROLLBACK)
		report_add(state->report, " again, instead of load number %" PRIu64,
			   header->undone);
}

/* After the switch nothing can fail: what is left to do the next command does as well. */
static void tidy(struct swap_state *state)
{
	struct report late = { .notice = state->report->notice };

	if (!swap_clean(&late, &state->folder))
		report_notice(state->report, "the next command has something left to clear up: %s",
			      late.text.at);
	buf_free(&late.text);
}

static bool confirm(struct swap_state *state)
{
	int error;

	if (!swap_open_state(state, false))
		return false;
	if (state->first)
		return fail_none(state, "confirm");
	if (state->pending) {
		if (!swap_open_stub(state))
			return false;
		error = control_end_deadline(state->stub.control);
		if (error)
			return report_fail(state->report, REPORT_SYSTEM,
					   "cannot end the time for a confirm, which goes on: %s",
					   strerror(-error));
		swap_fault("confirmed");
		tidy(state);
		return true;
	}
	report_fail(state->report, REPORT_SYSTEM, "there is nothing to confirm");
	if (state->old.record) {
		report_add(state->report, ": ");
		say_in_force(state);
	}
	return false;
}

/* Nothing is compiled here. */
static const struct compile no_ruleset;

bool swap_confirm(struct report *report)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	const struct swap_request request = { .compile = &no_ruleset };
	struct swap_state state = SWAP_STATE_INIT(report, &request, &arena);
	bool ok = probe_system(report) && confirm(&state);

	swap_close_state(&state);
	return ok;
}

/* The devices that the ruleset before means now: a name may be another device's by this time. */
static bool find_devices(struct swap_state *state)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	const struct maps_record *record = state->other.record;
	const struct xdpfw_device *before;
	struct netdev_list list;
	int error = devtable_map(state->other.devices, false, &table);
	size_t count;

	if (!error)
		error = netdev_list(state->arena, &list);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot find the devices of the ruleset before: %s",
				   strerror(-error));
	count = devtable_list(table, state->arena, &before);
	target_find(record->specs, record->header.spec_count, &list, before, count, state->arena,
		    &state->target);
	return true;
}

/* Its table gets them.  It may have to decide while this goes on: the deadline may pass. */
static bool fill_table(struct swap_state *state)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	const struct xdpfw_device *other = &state->target.other;
	struct xdpfw_device *rows;
	uint32_t *ifindexes = ARENA_ARRAY(state->arena, uint32_t, (size_t)state->link_count + 1);
	uint32_t left_out;
	size_t count;
	int error = devtable_map(state->other.devices, true, &table);

	for (int i = 0; i < state->link_count; i++)
		ifindexes[i] = state->links[i].ifindex;
	count = target_make_rows(&state->target, ifindexes, (size_t)state->link_count,
				 state->arena, &rows);
	if (!error)
		error = devtable_change(table, rows, count, other->ifindex ? other : NULL,
					&left_out);
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot bring the devices of the ruleset before up to date: "
				     "%s", strerror(-error));
}

/* A ruleset of another version can only be put back as it is. */
static bool cover_devices(struct swap_state *state)
{
	if (!state->other.record)
		return true;
	if (!find_devices(state) || !fill_table(state) || !swap_set_up_stub(state) ||
	    !swap_attach_all(state))
		return false;
	swap_fault("attached");
	return true;
}

static bool check_before(struct swap_state *state)
{
	if (state->first)
		return fail_none(state, "roll back");
	if (state->pending && state->other.program >= 0)
		return true;
	if (swap_is_ruleset(&state->other) && state->other.id != state->old.id)
		return true;
	report_fail(state->report, REPORT_SYSTEM, "there is no ruleset to go back to");
	if (state->old.record) {
		report_add(state->report, ": ");
		say_in_force(state);
	}
	return false;
}

static void say_rolled_back(struct swap_state *state)
{
	if (state->other.record)
		report_notice(state->report, "load number %" PRIu64 " is in force again, on %s",
			      state->other.record->header.generation,
			      swap_name_devices(&state->other, state->arena));
	else
		report_notice(state->report, "the ruleset before is in force again");
}

static bool switch_back(struct swap_state *state)
{
	int error;

	swap_settle(state->report, &state->old, &state->other, MAPS_UNDONE_ROLLBACK);
	swap_fault("settled");
	error = state->pending ? swap_go_back(&state->stub) : swap_exchange(&state->stub);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot switch to the ruleset before: %s", strerror(-error));
	say_rolled_back(state);
	maps_wait_grace();
	swap_settle(state->report, &state->old, &state->other, MAPS_UNDONE_ROLLBACK);
	if (state->other.cells >= 0)
		maps_pin_over(&state->folder, MAPS_CELLS, state->other.cells);
	tidy(state);
	return true;
}

static void say_what_holds(struct swap_state *state)
{
	if (state->old.record)
		report_add(state->report, "\n  load number %" PRIu64 " stays in force on %s",
			   state->old.record->header.generation,
			   swap_name_devices(&state->old, state->arena));
	else
		report_add(state->report, "\n  nothing was changed");
}

static bool roll_back(struct swap_state *state, struct swap_request *request)
{
	if (!swap_open_state(state, false) || !check_before(state) || !swap_open_stub(state))
		return false;
	/* A first load was not confirmed. */
	if (!swap_is_ruleset(&state->other))
		return swap_remove(state->report, &state->folder);
	if (state->other.record)
		request->mode = state->other.record->header.mode;
	if (cover_devices(state) && switch_back(state))
		return true;
	say_what_holds(state);
	return false;
}

bool swap_rollback(struct report *report)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct swap_request request = { .compile = &no_ruleset };
	struct swap_state state = SWAP_STATE_INIT(report, &request, &arena);
	bool ok;

	state.keeps_modes = true;
	ok = probe_system(report) && roll_back(&state, &request);
	if (!ok)
		swap_undo(&state);
	swap_close_state(&state);
	return ok;
}
