/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap: the order of a load.
 *
 * In: a compiled ruleset.  Out: that ruleset in force on all its devices, or no change at all.
 * Everything that can fail comes before the one map write that puts the new program into slot 0;
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
#include "loader/build.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/state.h"
#include "loader/swap_parts.h"

/*
 * From here on what is begun is ended or taken back: these signals wait.  SIGPIPE too: a notice
 * that nobody reads must not end a load.
 */
static void hold_signals(sigset_t *ret_before)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
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
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&waiting, i) == 1)
			return report_fail(state->report, REPORT_SYSTEM,
					   "stopped by signal %d (%s)", i, strsignal(i));
	return true;
}

static bool open_state(struct swap_state *state)
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
	if (!maps_open(state->report, cookie, true, &state->folder))
		return false;
	state->stub.slots = maps_get_stub_map(&state->folder, MAPS_SLOTS);
	state->stub.control = maps_get_stub_map(&state->folder, MAPS_CONTROL);
	if (!swap_read(state->report, &state->folder, state->arena, &state->old, &state->emptied))
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

/* One stub program serves all devices: a second one would make every switch slower. */
static bool load_stub(struct swap_state *state)
{
	const struct maps_link *held = swap_find_stub(state->links, state->link_count);
	struct object_stub loaded = OBJECT_STUB_INIT;

	/* All stubs use the same maps, so any of them does. */
	if (held) {
		state->stub.stub = bpf_prog_get_fd_by_id(held->program);
		if (state->stub.stub >= 0)
			return true;
	}
	if (!object_stub_load(state->report, state->stub.slots, state->stub.control, &loaded))
		return false;
	object_stub_close(&state->stub);
	state->stub = loaded;
	return true;
}

static bool make_live(struct swap_state *state, const struct buf *object)
{
	struct swap_program program = {
		.object = object,
		.cells = &state->cells,
		.cells_map = -1,
		.where = state->where,
		.kept = state->kept,
	};

	maps_plan_cells(state->request->compile, state->old.record, state->request->fresh,
			state->arena, &state->cells);
	if (!state->cells.anew)
		program.cells_map = state->old.cells;
	if (!probe_read_clock(state->report, &program.clock) ||
	    !swap_make_program(state->report, state->request, &program, state->arena, &state->live,
			       &state->record.header.proved))
		return false;
	return swap_clear_cells(state);
}

bool swap_pin(struct swap_state *state, const char *name, int fd)
{
	int error = maps_pin(&state->folder, name, fd);

	return !error || report_fail(state->report, REPORT_SYSTEM, "cannot pin '%s': %s", name,
				     strerror(-error));
}

/* The stub's own maps get their pins back if somebody took them. */
static bool pin_again(struct swap_state *state, const char *name, int fd)
{
	OWN_FD int pinned = maps_get(&state->folder, name);

	if (maps_is_same(pinned, fd))
		return true;
	maps_unpin(&state->folder, name);
	return swap_pin(state, name, fd);
}

/* Before the first stub is attached, the slots pass packets and everything is pinned. */
static bool set_up(struct swap_state *state)
{
	struct xdpfw_control control = { .missed_verdict = XDP_DROP };
	uint32_t key = 0;

	/* Filling the slots would open the devices that have the stub. */
	if (!state->first)
		return pin_again(state, MAPS_CONTROL, state->stub.control) &&
		       pin_again(state, MAPS_SLOTS, state->stub.slots);
	for (uint32_t slot = 0; slot < XDPFW_SLOTS; slot++)
		if (bpf_map_update_elem(state->stub.slots, &slot, &state->stub.pass, BPF_ANY))
			return report_fail(state->report, REPORT_SYSTEM, "cannot fill slot %u: %s",
					   slot, strerror(errno));
	if (bpf_map_update_elem(state->stub.control, &key, &control, BPF_ANY))
		return report_fail(state->report, REPORT_SYSTEM, "cannot fill the control word: %s",
				   strerror(errno));
	return swap_pin(state, MAPS_CONTROL, state->stub.control) &&
	       swap_pin(state, MAPS_CELLS, state->live.maps.cells) &&
	       swap_pin(state, MAPS_SLOTS, state->stub.slots);
}

static bool switch_slot(struct swap_state *state)
{
	uint32_t slot = XDPFW_SLOT_LIVE;

	return !bpf_map_update_elem(state->stub.slots, &slot, &state->live.program, BPF_ANY) ||
	       report_fail(state->report, REPORT_SYSTEM, "cannot switch to the new ruleset: %s",
			   strerror(errno));
}

/*
 * After the switch.  Nothing here can fail the load: the new ruleset is in force.  Counters that
 * moved to a larger map get what was counted in the old one until the last packet left it.
 */
static void finish(struct swap_state *state)
{
	struct report *report = state->report, late = { 0 };

	maps_wait_grace();
	if (!state->first && state->cells.anew) {
		state->record.header.revision++;
		state->report = &late;
		if (!swap_bind_record(state))
			report_notice(report,
				      "the last packets before the switch are not counted: %s",
				      late.text.at);
		state->report = report;
		maps_unpin(&state->folder, MAPS_CELLS);
		maps_pin(&state->folder, MAPS_CELLS, state->live.maps.cells);
	}
	for (int i = 0; i < state->link_count; i++)
		if (!swap_is_named(state, state->links[i].ifindex))
			maps_unpin(&state->folder, state->links[i].name);
	buf_free(&late.text);
}

/* Takes back what a failed load has done. */
static void undo(struct swap_state *state)
{
	struct report quiet = { 0 };

	if (state->folder.fd < 0)
		return;
	for (size_t i = 0; state->pinned && i < state->request->compile->device_count; i++)
		if (state->pinned[i])
			maps_unpin(&state->folder, state->pinned[i]);
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
	report_add(state->report, "\n  the previous ruleset stays in force on");
	for (uint32_t i = 0; i < old->header.device_count; i++)
		report_add(state->report, "%s %s", i ? "," : "", old->devices[i].name);
}

static bool run_load(struct swap_state *state, const struct buf *object)
{
	swap_fault("built");
	if (!open_state(state) || !swap_check_dropped(state) || !load_stub(state) ||
	    !make_live(state, object))
		return false;
	if (!state->kept)
		swap_keep(state->report, state->request->compile, object);
	if (!check_signals(state) || !set_up(state))
		return false;
	swap_fault("pinned");
	if (!swap_attach_all(state) || !swap_make_record(state))
		return false;
	swap_fault("attached");
	if (!check_signals(state) || !switch_slot(state))
		return false;
	swap_fault("switched");
	finish(state);
	return true;
}

/* Afterwards a load can begin again. */
static void close_state(struct swap_state *state)
{
	object_close(&state->live);
	object_stub_close(&state->stub);
	maps_program_close(&state->old);
	maps_close(&state->folder);
	put_fd(&state->lock, -1);
	memset(state->pinned, 0, state->request->compile->device_count * sizeof(*state->pinned));
	memset(state->devices, 0, state->request->compile->device_count * sizeof(*state->devices));
	memset(&state->record, 0, sizeof(state->record));
}

/*
 * With the kept object, when there is one.  Also false, without an error, when this kernel does
 * not accept it and it can be built again: it may come from another kernel's time.
 */
static bool run_kept(struct swap_state *state, struct buf *object)
{
	struct report *report = state->report;

	state->kept = swap_get_kept(report, state->request->compile, object);
	if (!state->kept)
		return false;
	if (run_load(state, object))
		return true;
	if (report->status != REPORT_BUG || !build_find_clang())
		return false;
	undo(state);
	close_state(state);
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
	return open_state(state) && swap_check_dropped(state) &&
	       maps_remove(state->report, &state->folder);
}

bool swap_load(struct report *report, const struct swap_request *request)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	OWN_BUF struct buf object = BUF_INIT;
	size_t count = request->compile->device_count;
	struct swap_state state = {
		.report = report,
		.request = request,
		.arena = &arena,
		.lock = -1,
		.folder = MAPS_FOLDER_INIT,
		.old = MAPS_PROGRAM_INIT,
		.stub = OBJECT_STUB_INIT,
		.live = OBJECT_INIT,
		.where = ARENA_ARRAY(&arena, struct xdpfw_device, count + 1),
		.devices = ARENA_ARRAY(&arena, struct maps_device, count + 1),
		.pinned = ARENA_ARRAY(&arena, const char *, count + 1),
	};
	bool ok = true;

	if (!probe_system(report))
		return false;
	if (!swap_find_names(request, false, state.where))
		ok = report_fail(report, REPORT_SYSTEM,
				 "this network namespace does not have what the ruleset names");
	else if (count || request->compile->object_count)
		ok = run_kept(&state, &object) || run_built(&state, &object);
	else
		ok = run_empty(&state);
	if (!ok) {
		undo(&state);
		say_what_holds(&state);
	}
	close_state(&state);
	return ok;
}

bool swap_check(struct report *report, const struct swap_request *request)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	OWN_BUF struct buf object = BUF_INIT, missing = BUF_INIT;
	struct xdpfw_device *where = ARENA_ARRAY(&arena, struct xdpfw_device,
						 request->compile->device_count + 1);
	struct maps_cells cells;
	struct swap_program program = {
		.object = &object,
		.cells = &cells,
		.cells_map = -1,
		.where = where,
		.rehearse = true,
	};
	struct object none = OBJECT_INIT;
	uint32_t packets;

	swap_find_names(request, true, where);
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
	maps_plan_cells(request->compile, NULL, false, &arena, &cells);
	return probe_read_clock(report, &program.clock) &&
	       swap_make_program(report, request, &program, &arena, &none, &packets);
}

bool swap_unload(struct report *report)
{
	struct maps_folder folder = MAPS_FOLDER_INIT;
	OWN_FD int lock = -1;
	uint64_t cookie;
	bool ok;

	if (!probe_system(report) || !state_lock(report, SWAP_LOCK_SECONDS, &lock) ||
	    !probe_netns_cookie(report, &cookie) || !maps_open(report, cookie, false, &folder))
		return false;
	if (folder.parent >= 0)
		maps_remove_dead(report, &folder);
	ok = maps_remove(report, &folder);
	maps_close(&folder);
	maps_wait_grace();		/* the kernel frees what was pinned only then */
	return ok;
}
