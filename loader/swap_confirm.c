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

#include "loader/own.h"
#include "loader/probe.h"

static bool fail_none(struct swap_state *state, const char *what)
{
	return report_fail(state->report, REPORT_SYSTEM,
			   "there is nothing to %s: no ruleset is loaded in this network namespace",
			   what);
}

/* The maps that the stub on the devices uses now: new ones would be written to in vain. */
static bool open_maps(struct swap_state *state)
{
	struct object_stub *stub = &state->stub;
	int error = 0;

	stub->slots = maps_get_stub_map(&state->folder, MAPS_SLOTS);
	stub->control = maps_get_stub_map(&state->folder, MAPS_CONTROL);
	if (stub->slots < 0 || stub->control < 0)
		error = stub->slots < 0 ? stub->slots : stub->control;
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot open the stub's maps: %s", strerror(-error));
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

/*
 * After the switch nothing can fail: what is left to do the next command does as well.  IN_FORCE:
 * the program that decides now.
 */
static void tidy(struct swap_state *state, const struct maps_program *in_force)
{
	struct report late = { .notice = state->report->notice };

	if (!swap_clean(&late, &state->folder))
		report_notice(state->report, "the next command has something left to clear up: %s",
			      late.text.at);
	swap_boot_check(state->report, in_force->record);
	buf_free(&late.text);
}

static bool fail_before(struct swap_state *state)
{
	report_add(state->report, "\n  nothing was changed");
	return false;
}

/* The time passed while this command was at work. */
static bool fail_late(struct swap_state *state)
{
	tidy(state, &state->other);
	return report_fail(state->report, REPORT_SYSTEM,
			   "the time for a confirm is over: what was in force before is so again");
}

static bool confirm(struct swap_state *state)
{
	int error;

	if (!probe_system(state->report) || !swap_open_state(state, false))
		return fail_before(state);
	if (state->first)
		return fail_none(state, "confirm");
	if (state->pending) {
		if (!open_maps(state))
			return fail_before(state);
		swap_fault("confirming");
		error = control_confirm(state->stub.control);
		if (error == -ETIME)
			return fail_late(state);
		if (error)
			return report_fail(state->report, REPORT_SYSTEM,
					   "cannot end the time for a confirm, which goes on: %s",
					   strerror(-error));
		swap_fault("confirmed");
		tidy(state, &state->old);
		return true;
	}
	report_fail(state->report, REPORT_SYSTEM, "there is nothing to confirm");
	if (state->old.record) {
		report_add(state->report, ": ");
		say_in_force(state);
	}
	return false;
}

bool swap_confirm(struct report *report)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	const struct swap_request request = { 0 };
	struct swap_state state = SWAP_STATE_INIT(report, &request, &arena);
	bool ok = confirm(&state);

	swap_close_state(&state);
	return ok;
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

static void say_rolled_back(struct swap_state *state, const char *devices)
{
	if (state->other.record)
		report_notice(state->report, "load number %" PRIu64 " is in force again, on %s",
			      state->other.record->header.generation, devices);
	else
		report_notice(state->report, "the ruleset before is in force again");
}

static bool switch_back(struct swap_state *state)
{
	const char *devices = swap_name_devices(&state->other, state->arena);
	int error;

	swap_fault("attached");
	swap_settle(state->report, &state->old, &state->other, MAPS_UNDONE_ROLLBACK);
	swap_fault("settled");
	error = state->pending ? swap_go_back(&state->stub) : swap_exchange(&state->stub);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot switch to the ruleset before: %s", strerror(-error));
	say_rolled_back(state, devices);
	maps_wait_grace();
	swap_settle(state->report, &state->old, &state->other, MAPS_UNDONE_ROLLBACK);
	if (state->other.cells >= 0)
		maps_pin_over(&state->folder, MAPS_CELLS, state->other.cells);
	tidy(state, &state->other);
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

static bool roll_back(struct swap_state *state)
{
	if (!probe_system(state->report) || !swap_open_state(state, false))
		return fail_before(state);
	if (!check_before(state))
		return false;
	if (!open_maps(state))
		return fail_before(state);
	/* A first load was not confirmed. */
	if (!swap_is_ruleset(&state->other))
		return swap_remove(state->report, &state->folder);
	/*
	 * Its devices first.  If one cannot have the stub nothing is changed, unless the ruleset
	 * would come back without it anyway.
	 */
	if (swap_follow(state->report, &state->folder, NULL, true, !state->pending) &&
	    switch_back(state))
		return true;
	say_what_holds(state);
	swap_mend_slots(&state->stub);
	tidy(state, &state->old);
	return false;
}

bool swap_rollback(struct report *report)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	const struct swap_request request = { 0 };
	struct swap_state state = SWAP_STATE_INIT(report, &request, &arena);
	bool ok = roll_back(&state);

	swap_close_state(&state);
	return ok;
}
