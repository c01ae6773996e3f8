/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_mode: changes the mode of devices that have the stub.
 *
 * In: devices that are to go from native to generic mode or back.  Out: the stub on them in the
 * other mode, or as it was.  The kernel has no way to do that in place, so for a moment the device
 * has no program.  Before that moment a chain of nftables that drops everything is put on it, and
 * taken off when the stub is there again: packets are lost, none gets by unfiltered.
 *
 * A guard process waits meanwhile.  When this process dies, or stands still, it takes the lock and
 * cleans up as any next command does: the stub comes back in the mode that it had, and the cover
 * goes.  When both die the device stays closed until the next command.  The pin `cover` says that
 * there is something to look for, so no other command asks nftables anything.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "loader/cover.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/state.h"

static enum attach_mode mode_of(bool generic)
{
	return generic ? ATTACH_GENERIC : ATTACH_NATIVE;
}

void swap_plan_mode(struct swap_state *state, const char *name, uint32_t ifindex, bool generic)
{
	struct swap_change *change = vec_push(state->arena, &state->changes);

	*change = (struct swap_change){ .ifindex = ifindex, .from = mode_of(generic),
					.to = mode_of(!generic) };
	strncpy(change->name, name, sizeof(change->name) - 1);
	change->before = (struct maps_attach){ .asked = change->from, .generic = generic };
	maps_attach_get(state->known, ifindex, &change->before);
}

/* ---- the guard ---- */

#define GUARD_SECONDS 10		/* a device takes less than two */
#define GUARD_NEXT 'n'			/* one more device is done */
#define GUARD_DONE 'd'

struct guard {
	pid_t pid;
	int life;			/* a pipe: closed without a word means that we died */
};

/* Takes only what it needs: whatever else it kept open would hold locks or links. */
static void guard_settle_in(int life)
{
	int null = open("/dev/null", O_RDWR);

	if (dup2(life, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(REPORT_SYSTEM);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	setsid();
	prctl(PR_SET_NAME, "xdpfw-guard");
}

/*
 * False when all is done; true when PARENT is dead.  One that does not come to the end of a device,
 * because somebody stopped it or it hangs, is ended: nothing else opens the device again.
 */
static bool guard_wait(pid_t parent)
{
	struct pollfd life = { .fd = STDIN_FILENO, .events = POLLIN };

	for (;;) {
		int ready = poll(&life, 1, GUARD_SECONDS * 1000);
		ssize_t got;
		char word;

		if (ready == 0)
			kill(parent, SIGKILL);
		if (ready <= 0)
			continue;
		got = read(STDIN_FILENO, &word, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || word == GUARD_DONE)
			return got <= 0;
	}
}

static _Noreturn void guard_run(int life, pid_t parent)
{
	struct report report = { 0 };
	struct maps_folder folder = MAPS_FOLDER_INIT;
	int lock = -1;
	uint64_t cookie;

	guard_settle_in(life);
	swap_fault("watching");
	if (!guard_wait(parent))
		_exit(REPORT_DONE);
	swap_fault("guard");
	if (state_lock(&report, SWAP_LOCK_SECONDS, &lock) && probe_netns_cookie(&report, &cookie) &&
	    maps_open(&report, cookie, false, &folder))
		swap_clean(&report, &folder);
	_exit((int)report.status);
}

static bool start_guard(struct report *report, struct guard *ret_guard)
{
	OWN_FD int own = -1, its = -1;
	int ends[2];
	pid_t parent = getpid(), pid;

	if (pipe2(ends, O_CLOEXEC))
		return report_fail(report, REPORT_SYSTEM, "cannot make a pipe: %s",
				   strerror(errno));
	its = ends[0];
	own = ends[1];
	pid = fork();
	if (pid < 0)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot start the process that guards a change of mode: %s",
				   strerror(errno));
	if (!pid)
		guard_run(its, parent);
	ret_guard->pid = pid;
	ret_guard->life = take_fd(&own);
	return true;
}

static bool tell_guard(const struct guard *guard, char word)
{
	return write(guard->life, &word, 1) == 1;
}

/*
 * SIGPIPE is blocked for the whole load: a guard that is gone is no harm any more.  One that is
 * NEEDED is left alone as if we had died: it goes on when this load gives the lock back.
 */
static void dismiss_guard(struct guard *guard, bool needed)
{
	/* Told nothing it would wait for the lock, which is given back only when it has ended. */
	if (!needed && !tell_guard(guard, GUARD_DONE))
		kill(guard->pid, SIGKILL);
	close(guard->life);
	if (needed)
		return;
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- one device ---- */

static int uncover_device(uint32_t ifindex)
{
#ifdef XDPFW_TEST_FAULTS
	const char *wanted = getenv("XDPFW_COVER");

	if (wanted && !strcmp(wanted, "stays"))
		return -EIO;
#endif
	return cover_remove(ifindex);
}

static bool attach_pinned(struct swap_state *state, struct report *report,
			  const struct swap_change *change, enum attach_mode mode,
			  struct maps_attach *ret_known)
{
	struct attach_request request = {
		.stub = state->stub.stub,
		.slots = state->stub.slots,
		.name = change->name,
		.ifindex = change->ifindex,
		.mode = mode,
		.fix = mode == change->to ? swap_note_fix(state, change->name) : NULL,
	};
	const char *name = arena_printf(state->arena, "link-%u", change->ifindex);
	OWN_FD int link = -1;
	int error;

	if (!attach_device(report, &request, ret_known, &link))
		return false;
	swap_fault("reattached");
	error = maps_pin(&state->folder, name, link);
	swap_fault("repinned");
	return !error || report_fail(report, REPORT_SYSTEM, "cannot pin '%s': %s", name,
				     strerror(-error));
}

/*
 * What came while the device had no program is to meet the cover, wherever it waits.  A cover that
 * cannot be taken off leaves the device closed: that is said, and the guard tries again.
 */
static bool uncover(struct swap_state *state, const struct swap_change *change)
{
	int error;

	maps_wait_grace();
	cover_drain();
	error = uncover_device(change->ifindex);
	swap_fault("uncovered");
	if (!error || error == -ENOENT)
		return true;
	state->stays_covered = true;
	return report_fail(state->report, REPORT_SYSTEM,
			   "%s drops every packet: the nftables table %s%u cannot be removed: %s; "
			   "a process that stays tries that once more, and the next command does",
			   change->name, COVER_TABLE, change->ifindex, strerror(-error));
}

/* The cover is on.  Afterwards the device has the stub in one of its two modes, or stays closed. */
static bool exchange(struct swap_state *state, struct swap_change *change, enum attach_mode from,
		     enum attach_mode to)
{
	const char *name = arena_printf(state->arena, "link-%u", change->ifindex);
	struct report again = { 0 };
	struct maps_attach known;
	bool ok;

	maps_unpin(&state->folder, name);
	swap_fault("detached");
	ok = attach_pinned(state, state->report, change, to, &known);
	if (ok) {
		maps_attach_put(state->known, change->ifindex,
				from == change->from ? &known : &change->before);
		return true;
	}
	maps_unpin(&state->folder, name);
	if (!attach_pinned(state, &again, change, from, &known)) {
		state->stays_covered = true;
		report_add(state->report,
			   "\n  and the mode it was in is refused now: %s; %s drops every packet, "
			   "by the nftables table %s%u, until the next command of xdpfw can attach "
			   "to it, or until 'xdpfw unload'", again.text.at, change->name,
			   COVER_TABLE, change->ifindex);
	}
	buf_free(&again.text);
	return false;
}

/* The tests do without, to see that they notice it. */
static int put_cover(uint32_t ifindex)
{
#ifdef XDPFW_TEST_FAULTS
	const char *wanted = getenv("XDPFW_COVER");

	if (wanted && strcmp(wanted, "stays") != 0)
		return !strcmp(wanted, "none") ? 0 : -EPROTONOSUPPORT;
#endif
	return cover_put(ifindex);
}

/* An answer that could not be read is no proof that there is no cover. */
static int cover_device(struct swap_state *state, uint32_t ifindex)
{
	int error = put_cover(ifindex), left;

	/* Covers of ours that were left are gone by now: such a table is somebody's own. */
	if (!error || error == -EEXIST)
		return error;
	left = cover_remove(ifindex);
	/* Without nftables there is nothing either. */
	if (left && left != -ENOENT && left != error)
		state->stays_covered = true;
	return error;
}

static bool change_mode(struct swap_state *state, struct swap_change *change, enum attach_mode from,
			enum attach_mode to)
{
	int error = cover_device(state, change->ifindex);
	bool ok;

	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "%s is in %s mode, and the kernel cannot change that without a "
				   "moment in which the device has no program; that moment cannot "
				   "be covered by a chain of nftables: %s; 'xdpfw unload' first, "
				   "if the device may be open", change->name,
				   attach_mode_name(from), strerror(-error));
	swap_fault("covered");
	ok = exchange(state, change, from, to);
	return (state->stays_covered || uncover(state, change)) && ok;
}

/* ---- all of them ---- */

static bool begin(struct swap_state *state, struct guard *ret_guard)
{
	/* Any map does: only that there is such a pin is looked at. */
	maps_unpin(&state->folder, MAPS_COVER);
	if (!swap_pin(state, MAPS_COVER, state->stub.slots))
		return false;
	if (start_guard(state->report, ret_guard))
		return true;
	maps_unpin(&state->folder, MAPS_COVER);
	return false;
}

static void end(struct swap_state *state, struct guard *guard)
{
	if (!state->stays_covered)
		maps_unpin(&state->folder, MAPS_COVER);
	dismiss_guard(guard, state->stays_covered);
}

/* A load that fails after this, for the tests. */
static bool is_to_fail(struct swap_state *state)
{
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_FAIL_AFTER_MODES"))
		return !report_fail(state->report, REPORT_SYSTEM, "a test lets this load fail");
#else
	(void)state;
#endif
	return false;
}

bool swap_change_modes(struct swap_state *state)
{
	struct guard guard;
	bool ok = true;

	if (!state->changes.len)
		return true;
	if (!begin(state, &guard))
		return false;
	for (size_t i = 0; i < state->changes.len && ok; i++) {
		struct swap_change *change = &state->changes.at[i];

		ok = change->done = change_mode(state, change, change->from, change->to);
		tell_guard(&guard, GUARD_NEXT);
		if (ok)
			report_notice(state->report,
				      "%s was changed from %s to %s mode; its packets were dropped "
				      "meanwhile", change->name, attach_mode_name(change->from),
				      attach_mode_name(change->to));
	}
	end(state, &guard);
	return ok && !is_to_fail(state);
}

struct advice_undo *swap_note_fix(struct swap_state *state, const char *name)
{
	struct swap_fixed *fixed;

	if (!state->request->fix_offloads)
		return NULL;
	fixed = vec_push(state->arena, &state->fixed);
	*fixed = (struct swap_fixed){ 0 };
	strncpy(fixed->name, name, sizeof(fixed->name) - 1);
	return &fixed->undo;
}

void swap_undo_fixes(struct swap_state *state)
{
	for (size_t i = state->fixed.len; i > 0; i--)
		advice_undo(state->report, &state->fixed.at[i - 1].undo,
			    state->fixed.at[i - 1].name, "the load failed");
	state->fixed.len = 0;
}

void swap_undo_modes(struct swap_state *state)
{
	struct report *report = state->report, quiet = { 0 };
	struct guard guard;
	bool any = false;

	for (size_t i = 0; i < state->changes.len; i++)
		any |= state->changes.at[i].done;
	state->report = &quiet;
	if (any && begin(state, &guard)) {
		for (size_t i = 0; i < state->changes.len; i++) {
			struct swap_change *change = &state->changes.at[i];

			if (change->done)
				change->done = !change_mode(state, change, change->to,
							    change->from);
			tell_guard(&guard, GUARD_NEXT);
		}
		end(state, &guard);
	}
	state->report = report;
	if (quiet.text.len)
		report_notice(report, "a device keeps its new mode: %s", quiet.text.at);
	buf_free(&quiet.text);
}

/* ---- after a kill ---- */

/* A process that is dying lets its link go a moment after its lock. */
static void wait_for_links(uint32_t ifindex, int slots)
{
	for (int i = 0; i < 100; i++) {
		struct attach_program found;
		OWN_FD int its = -1;

		if (attach_query(ifindex, &found) || !found.id)
			return;
		its = maps_get_program_map(found.id, MAPS_SLOTS);
		if (!maps_is_same(its, slots))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
}

static bool has_stub(const struct maps_link *links, int count, uint32_t ifindex)
{
	for (int i = 0; i < count; i++)
		if (links[i].ifindex == ifindex && maps_is_stub(links[i].program))
			return true;
	return false;
}

static bool attach_again(struct report *report, const struct maps_folder *folder,
			 const struct object_stub *stub, uint32_t ifindex, const char *device)
{
	struct attach_request request = {
		.stub = stub->stub, .slots = stub->slots, .name = device, .ifindex = ifindex,
	};
	OWN_FD int map = maps_attach_open(folder, false), link = -1;
	struct report first = { 0 };
	struct maps_attach before, known;
	bool recorded = !maps_attach_get(map, ifindex, &before), ok;
	char name[24];
	int error;

	wait_for_links(ifindex, stub->slots);
	request.mode = recorded ? mode_of(before.generic) : ATTACH_AUTO;
	ok = attach_device(recorded ? &first : report, &request, &known, &link);
	if (!ok && recorded) {
		request.mode = ATTACH_AUTO;
		recorded = false;
		ok = attach_device(report, &request, &known, &link);
	}
	buf_free(&first.text);
	snprintf(name, sizeof(name), "link-%u", ifindex);
	if (!ok)
		return false;
	error = maps_pin(folder, name, link);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot pin '%s': %s", name,
				   strerror(-error));
	maps_attach_put(map, ifindex, recorded ? &before : &known);
	return true;
}

/* The stub is taken from another device that has it, or made anew for the pinned slots. */
static bool get_stub(struct report *report, const struct maps_folder *folder,
		     const struct maps_link *links, int count, struct object_stub *stub)
{
	const struct maps_link *held = swap_find_stub(links, count);

	if (stub->stub >= 0)
		return true;
	stub->slots = maps_get_stub_map(folder, MAPS_SLOTS);
	stub->control = maps_get_stub_map(folder, MAPS_CONTROL);
	stub->missed = maps_get_stub_map(folder, MAPS_MISSED);
	if (held)
		stub->stub = bpf_prog_get_fd_by_id(held->program);
	return stub->stub >= 0 || object_stub_load(report, stub);
}

static bool is_wanted(const struct maps_program *live, const struct maps_program *other,
		      uint32_t ifindex)
{
	return swap_program_names(live, ifindex) || (other && swap_program_names(other, ifindex));
}

/* The stub is there in its new mode, and that was not written down any more. */
static void correct_record(const struct maps_folder *folder, uint32_t ifindex)
{
	OWN_FD int map = maps_attach_open(folder, false);
	struct attach_program found;
	struct maps_attach known;

	if (maps_attach_get(map, ifindex, &known) || attach_query(ifindex, &found) || !found.id ||
	    found.generic == (known.generic != 0))
		return;
	known = (struct maps_attach){ .asked = mode_of(found.generic), .generic = found.generic };
	maps_attach_put(map, ifindex, &known);
}

/* The device has its filter again, or none is wanted, or this fails and it stays closed. */
static bool mend_device(struct report *report, const struct maps_folder *folder,
			struct object_stub *stub, bool wanted, uint32_t ifindex)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	char device[IF_NAMESIZE];
	struct maps_link *links;
	int error, count = maps_list_links(folder, &arena, &links);

	if (count < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-count));
	if (wanted && if_indextoname(ifindex, device) && !has_stub(links, count, ifindex)) {
		if (!get_stub(report, folder, links, count, stub) ||
		    !attach_again(report, folder, stub, ifindex, device))
			return false;
		report_notice(report,
			      "a change of mode of %s was broken off: the stub was attached to it "
			      "again", device);
	} else {
		correct_record(folder, ifindex);
	}
	swap_fault("mended");
	maps_wait_grace();
	cover_drain();
	error = cover_remove(ifindex);
	return !error || error == -ENOENT ||
	       report_fail(report, REPORT_SYSTEM, "cannot remove the nftables table %s%u: %s",
			   COVER_TABLE, ifindex, strerror(-error));
}

bool swap_clean_covers(struct report *report, const struct maps_folder *folder,
		       const struct maps_program *live, const struct maps_program *other)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct object_stub stub = OBJECT_STUB_INIT;
	OWN_FD int mark = maps_get(folder, MAPS_COVER);
	uint32_t *covered, count = 0;
	bool ok = true;
	int error;

	if (mark == -ENOENT)
		return true;
	error = cover_list(&arena, &covered, &count);
	if (error)
		return report_fail(report, REPORT_SYSTEM,
				   "a change of mode was broken off, and nftables cannot be asked "
				   "which devices were closed for it: %s", strerror(-error));
	for (uint32_t i = 0; i < count; i++) {
		bool wanted = live && is_wanted(live, other, covered[i]);

		if (!mend_device(report, folder, &stub, wanted, covered[i])) {
			report_add(report, "\n  device number %u drops every packet, by the "
				   "nftables table %s%u, until xdpfw can attach to it, or until "
				   "'xdpfw unload'", covered[i], COVER_TABLE, covered[i]);
			ok = false;
		}
	}
	object_stub_close(&stub);
	if (ok)
		maps_unpin(folder, MAPS_COVER);
	return ok;
}
