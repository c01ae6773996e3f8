/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap: the order of a load.
 *
 * In: a compiled ruleset.  Out: that ruleset in force on all its devices, or no change at all.
 * Everything that can fail comes before the map writes that put the new program into slot 0;
 * a device that is new has the stub by then, and passes packets until that write.  What was made
 * before a failure is taken back; what was made before a kill, the next command takes back.
 */
#define _GNU_SOURCE
#include "loader/swap.h"

#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf/xdpfw_stub.h"
#include "loader/boot.h"
#include "loader/build.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/state.h"
#include "loader/swap_parts.h"

/*
 * From here on what is begun is ended or taken back: these signals wait.  SIGPIPE too: a notice
 * that nobody reads must not end a load.  And those of a terminal: who stops a load while a device
 * is closed for a change of mode may have no way left to let it go on.
 */
static void hold_signals(sigset_t *ret_before)
{
	static const int numbers[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, ret_before);
}

static bool check_signals(struct swap_state *state)
{
	sigset_t waiting;

	if (sigpending(&waiting))
		return true;
	sigdelset(&waiting, SIGPIPE);
	sigdelset(&waiting, SIGTSTP);
	sigdelset(&waiting, SIGTTIN);
	sigdelset(&waiting, SIGTTOU);
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&waiting, i) == 1)
			return report_fail(state->report, REPORT_SYSTEM,
					   "stopped by signal %d (%s)", i, strsignal(i));
	return true;
}

bool swap_read_slots(struct swap_state *state)
{
	OWN_FD int slots = maps_get_stub_map(&state->folder, MAPS_SLOTS);
	struct control control;

	state->pending = false;
	if (!swap_read(state->report, &state->folder, state->arena, &state->old,
		       &state->emptied) ||
	    !swap_read_control(state->report, &state->folder, slots, &control))
		return false;
	if (!control.current)
		return true;
	state->pending = control.deadline != 0;
	return maps_read_slot(state->report, slots, XDPFW_SLOT_OTHER, state->arena, &state->other);
}

bool swap_open_state(struct swap_state *state, bool create)
{
	uint64_t cookie;

	if (!state_lock(state->report, SWAP_LOCK_SECONDS, &state->lock))
		return false;
	hold_signals(&state->signals);
	if (!probe_netns_cookie(state->report, &cookie) ||
	    !maps_open(state->report, cookie, false, &state->folder) ||
	    !swap_clean(state->report, &state->folder))
		return false;
	maps_close(&state->folder);
	if (!maps_open(state->report, cookie, create, &state->folder) ||
	    !swap_read_slots(state))
		return false;
	state->first = !swap_is_ruleset(&state->old) && !state->emptied;
	if (state->emptied)
		report_notice(state->report,
			      "somebody emptied the slot of the ruleset in force: packets on its "
			      "devices were dropped, and its counters are lost");
	else if (!state->first && !state->old.record)
		report_notice(state->report,
			      "the ruleset in force was loaded by another version of xdpfw; its "
			      "counters are not carried over");
	state->link_count = maps_list_links(&state->folder, state->arena, &state->links);
	if (state->link_count < 0)
		return report_fail(state->report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-state->link_count));
	return true;
}

/* The record of the other slot, if its program counts in the map of the one in force. */
static const struct maps_record *find_sharing(const struct swap_state *state)
{
	uint32_t other, old;

	/* Where the kernel does not answer its cells are left alone too. */
	if (maps_read_id(state->other.cells, &other) || maps_read_id(state->old.cells, &old))
		return state->other.record;
	return other && other == old ? state->other.record : NULL;
}

static bool make_live(struct swap_state *state, const struct buf *object)
{
	struct swap_program program = {
		.object = object,
		.cells = &state->cells,
		.cells_map = -1,
		.kept = state->kept,
	};
	struct xdpfw_device_table *table;

	if (!swap_make_table(state, &table))
		return false;
	program.table = table;
	program.row_count = swap_list_proofs(state->request->compile, &state->target, false,
					     state->arena, &program.rows);
	maps_plan_cells(state->request->compile, state->old.record, find_sharing(state),
			state->request->fresh, state->arena, &state->cells);
	if (!state->cells.anew)
		program.cells_map = state->old.cells;
	return probe_read_clock(state->report, &program.clock) &&
	       swap_make_program(state->report, state->request, &program, state->arena,
				 &state->live, &state->record.header.proved);
}

bool swap_pin(struct swap_state *state, const char *name, int fd)
{
	int error = maps_pin(&state->folder, name, fd);

	return !error || report_fail(state->report, REPORT_SYSTEM, "cannot pin '%s': %s", name,
				     strerror(-error));
}

/*
 * Before the first stub is attached everything is pinned, and the slots pass packets; filling them
 * later would open the devices that have the stub.
 */
static bool set_up(struct swap_state *state)
{
	return (!state->first || swap_pin(state, MAPS_CELLS, state->live.maps.cells)) &&
	       swap_set_up_stub(state);
}

static bool switch_slot(struct swap_state *state)
{
	int error;

	/* What comes back instead of the new one is to know all that was counted until now. */
	if (state->pending)
		swap_settle(state->report, &state->old, &state->other, MAPS_UNDONE_NOT);
	error = swap_switch(&state->stub, state->live.program, state->pending,
			    state->request->confirm);
	if (error == -ENODATA)
		return report_fail(state->report, REPORT_SYSTEM,
				   "somebody emptied the slot of the ruleset that would come back: "
				   "%s", state->pending ? "say 'xdpfw confirm' first" :
							  "load without --confirm");
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot switch to the new ruleset: %s", strerror(-error));
}

/* Counters that moved to a larger map get what was counted until the last packet left the old. */
static void finish_counters(struct swap_state *state)
{
	struct report *report = state->report, late = { 0 };

	if (state->pending)
		swap_settle(report, &state->old, &state->other, MAPS_UNDONE_NOT);
	if (state->first || !state->cells.anew)
		return;
	state->record.header.revision++;
	state->report = &late;
	if (!swap_bind_record(state))
		report_notice(report, "the last packets before the switch are not counted: %s",
			      late.text.at);
	state->report = report;
	maps_pin_over(&state->folder, MAPS_CELLS, state->live.maps.cells);
	buf_free(&late.text);
}

/*
 * After the switch.  Nothing here can fail the load: the new ruleset is in force.  A device that
 * it gives up keeps the stub while the ruleset that filters it may come back.
 */
static void finish(struct swap_state *state)
{
	const struct maps_program *previous = state->pending ? &state->other : &state->old;

	maps_wait_grace();
	finish_counters(state);
	for (int i = 0; i < state->link_count; i++)
		if (!swap_is_named(state, state->links[i].ifindex) &&
		    !(state->request->confirm &&
		      swap_program_names(previous, state->links[i].ifindex)))
			maps_unpin(&state->folder, state->links[i].name);
	swap_boot_settle(state->report, &state->record, state->request->confirm != 0);
}

/* Takes back what a failed load has done. */
void swap_undo(struct swap_state *state)
{
	struct report quiet = { 0 };

	if (state->folder.fd < 0)
		return;
	swap_undo_modes(state);
	if (state->stub.stub >= 0 && !state->first)
		swap_mend_slots(&state->stub);
	for (size_t i = 0; i < state->pinned.len; i++)
		maps_unpin(&state->folder, state->pinned.at[i]);
	swap_undo_fixes(state);
	if (state->first && !maps_remove(&quiet, &state->folder))
		report_notice(state->report, "%s", quiet.text.at);
	buf_free(&quiet.text);
}

/* A load that failed before it took the lock has not looked yet. */
static void look_what_holds(struct swap_state *state)
{
	struct report quiet = { 0 };
	uint64_t cookie;

	if (probe_netns_cookie(&quiet, &cookie) &&
	    maps_open(&quiet, cookie, false, &state->folder) &&
	    swap_read(&quiet, &state->folder, state->arena, &state->old, &state->emptied))
		state->first = !swap_is_ruleset(&state->old) && !state->emptied;
	if (quiet.status != REPORT_DONE)
		state->first = false;
	buf_free(&quiet.text);
}

static void say_what_holds(struct swap_state *state)
{
	const struct maps_record *old;

	if (!state->report->text.len)
		return;
	if (state->lock < 0)
		look_what_holds(state);
	old = state->old.record;
	if (!old) {
		report_add(state->report, "\n  %s",
			   state->first	  ? "no ruleset is in force" :
			   state->emptied ? "the devices that had a ruleset drop every packet" :
					    "nothing was changed");
		return;
	}
	report_add(state->report, "\n  the previous ruleset stays in force on %s",
		   swap_name_devices(&state->old, state->arena));
}

/* A load means load, but it must not confirm what the user has not. */
static bool check_pending(struct swap_state *state)
{
	if (state->pending && !state->emptied && !state->request->confirm)
		return report_fail(state->report, REPORT_SYSTEM,
				   "the ruleset in force has not been confirmed: say 'xdpfw "
				   "confirm' or 'xdpfw rollback' first, or load with --confirm");
	if (state->emptied && state->request->confirm)
		return report_fail(state->report, REPORT_SYSTEM,
				   "somebody emptied the slot of the ruleset in force, so there is "
				   "nothing to go back to: load without --confirm");
	return true;
}

static void say_pending(struct swap_state *state)
{
	const struct maps_program *before = state->pending ? &state->other : &state->old;
	uint32_t seconds = state->request->confirm;

	if (seconds && swap_is_ruleset(before))
		report_notice(state->report,
			      "the ruleset before comes back in %u seconds unless 'xdpfw confirm' "
			      "is said", seconds);
	else if (seconds)
		report_notice(state->report,
			      "the ruleset goes in %u seconds unless 'xdpfw confirm' is said",
			      seconds);
}

/* Most files begin with 'flush ruleset': it allows this, and does not say that it is meant. */
static void say_left_open(struct swap_state *state)
{
	if (state->left_open)
		report_notice(state->report,
			      "not filtered any more, as the file flushes the ruleset and has no "
			      "filter there: %s", state->left_open);
}

static bool run_load(struct swap_state *state, const struct buf *object)
{
	swap_fault("built");
	if (!swap_open_state(state, true) ||
	    !swap_find_devices(state->report, state->request, state->arena, true,
			       &state->target) ||
	    !check_pending(state) || !swap_check_dropped(state) || !swap_open_stub(state) ||
	    !make_live(state, object))
		return false;
	/* Later loads take what is kept for proved once, and look less closely. */
	if (!state->kept && !state->request->no_verify)
		swap_keep(state->report, state->request->compile, object);
	if (!check_signals(state) || !set_up(state))
		return false;
	swap_fault("pinned");
	if (!swap_look_again(state) || !swap_attach_all(state))
		return false;
	swap_boot_next(state, object);
	if (!swap_make_record(state))
		return false;
	swap_fault("attached");
	if (!check_signals(state) || !swap_change_modes(state) || !switch_slot(state))
		return false;
	say_pending(state);
	say_left_open(state);
	finish(state);
	return true;
}

/* Afterwards a load can begin again. */
void swap_close_state(struct swap_state *state)
{
	object_close(&state->live);
	object_stub_close(&state->stub);
	maps_program_close(&state->old);
	maps_program_close(&state->other);
	maps_close(&state->folder);
	put_fd(&state->lock, -1);
	put_fd(&state->known, -1);
	state->pinned.len = 0;
	state->changes.len = 0;
	state->left_open = NULL;
	memset(&state->record, 0, sizeof(state->record));
}

/*
 * With the kept object, when there is one.  Also false, without an error, when this kernel does
 * not accept it and it can be built again: it may come from another kernel's time.
 */
static bool run_kept(struct swap_state *state, struct buf *object)
{
	const struct swap_request *request = state->request;
	struct report *report = state->report;

	state->kept = request->object || swap_get_kept(report, request->compile, object);
	if (!state->kept)
		return false;
	if (run_load(state, request->object ? request->object : object))
		return true;
	if (report->status != REPORT_BUG || !build_find_clang())
		return false;
	swap_undo(state);
	swap_close_state(state);
	report_notice(report, "the kept program is not accepted and is built anew: %.*s",
		      (int)strcspn(report->text.at, "\n"), report->text.at);
	buf_free(&report->text);
	buf_free(object);
	report->status = REPORT_DONE;
	state->kept = false;
	sigprocmask(SIG_SETMASK, &state->signals, NULL);	/* clang is to have the caller's */
	return false;
}

static bool run_built(struct swap_state *state, struct buf *object)
{
	return state->report->status == REPORT_DONE &&
	       swap_build(state->report, state->request->compile, object) &&
	       run_load(state, object);
}

/* A ruleset without a table and a device is no ruleset: what is in force goes. */
static bool run_empty(struct swap_state *state)
{
	if (state->request->confirm)
		return report_fail(state->report, REPORT_SYSTEM,
				   "--confirm needs a ruleset: this one has no table, and removes "
				   "what is in force");
	if (!swap_open_state(state, true) || !check_pending(state) || !swap_check_dropped(state))
		return false;
	boot_clear(state->report);
	return swap_remove(state->report, &state->folder);
}

bool swap_load(struct report *report, const struct swap_request *request)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	OWN_BUF struct buf object = BUF_INIT;
	size_t count = request->compile->device_count;
	struct swap_state state = SWAP_STATE_INIT(report, request, &arena);
	bool ok = true;

	if (!probe_system(report) ||
	    !swap_find_devices(report, request, &arena, false, &state.target))
		ok = false;
	else if (count || request->compile->object_count)
		ok = run_kept(&state, &object) || run_built(&state, &object);
	else
		ok = run_empty(&state);
	if (!ok) {
		swap_undo(&state);
		say_what_holds(&state);
	}
	swap_close_state(&state);
	return ok;
}

bool swap_check(struct report *report, const struct swap_request *request)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	OWN_BUF struct buf object = BUF_INIT, missing = BUF_INIT;
	struct target target;
	struct maps_cells cells;
	struct swap_program program = {
		.object = &object,
		.cells = &cells,
		.cells_map = -1,
		.rehearse = true,
	};
	struct object none = OBJECT_INIT;
	uint32_t packets;

	if (!swap_look_for_devices(report, request, &arena, &target))
		return false;
	program.row_count = swap_list_proofs(request->compile, &target, true, &arena,
					     &program.rows);
	if (!build_find_clang()) {
		build_say_missing(&missing);
		return report_fail(report, REPORT_SYSTEM,
				   "the ruleset is right, but the program cannot be built: clang "
				   "%s", missing.at);
	}
	if (!swap_build(report, request->compile, &object))
		return false;
	if (!probe_may_load())
		return true;
	maps_plan_cells(request->compile, NULL, NULL, false, &arena, &cells);
	return probe_read_clock(report, &program.clock) &&
	       swap_make_program(report, request, &program, &arena, &none, &packets);
}
