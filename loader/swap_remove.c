/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_remove: takes all of xdpfw out of a network namespace.
 *
 * In: the pins.  Out: none.  All devices are opened by one write, before the first link goes: so a
 * kill does not leave some of them with the ruleset and some without.  A confirm that is pending
 * ends with that; if the process dies before the deadline is gone the ruleset before comes back in
 * time, as if nothing had been said.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include "bpf/xdpfw_stub.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/state.h"

/* Whether slot 0 passes packets now, for good. */
static bool open_slots(const struct maps_folder *folder)
{
	OWN_FD int slots = maps_get_stub_map(folder, MAPS_SLOTS);
	OWN_FD int word = maps_get_stub_map(folder, MAPS_CONTROL);
	struct object_stub built_in = OBJECT_STUB_INIT;
	struct report quiet = { 0 };
	struct control control;
	bool ok = slots >= 0 && object_stub_load(&quiet, &built_in) &&
		  !control_put_slot(slots, XDPFW_SLOT_LIVE, built_in.pass);

	swap_fault("opened");
	if (ok)
		ok = !control_read(slots, word, &control) &&
		     (!control.current || !control_end_deadline(word));
	object_stub_close(&built_in);
	buf_free(&quiet.text);
	return ok;
}

bool swap_remove(struct report *report, struct maps_folder *folder)
{
	bool opened;

	if (folder->fd < 0)
		return true;
	/* Where that fails the links go one by one all the same. */
	opened = open_slots(folder);
	if (swap_clean_covers(report, folder, NULL, NULL) && maps_remove(report, folder))
		return true;
	if (opened)
		report_add(report, "\n  no ruleset is in force");
	return false;
}

bool swap_unload(struct report *report)
{
	struct maps_folder folder = MAPS_FOLDER_INIT;
	OWN_FD int lock = -1;
	uint64_t cookie;
	bool ok;

	if (!probe_system(report) || !state_lock(report, SWAP_LOCK_SECONDS, &lock) ||
	    !probe_netns_cookie(report, &cookie) || !maps_open(report, cookie, false, &folder)) {
		report_add(report, "\n  nothing was changed");
		return false;
	}
	if (folder.parent >= 0)
		maps_remove_dead(report, &folder);
	ok = swap_remove(report, &folder);
	if (ok)
		swap_boot_settle(report, NULL, false);
	maps_close(&folder);
	maps_wait_grace();		/* the kernel frees what was pinned only then */
	return ok;
}
