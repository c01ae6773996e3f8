/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_follow: devices that come, go and change while a ruleset is in force.
 *
 * In: the records and tables of the programs in slots 0 and 1, the devices there are now.  Out:
 * both tables say what these are, and each device that the ruleset names has the stub.
 *
 * Safety: a device that comes gets its row in both tables first and the stub then, so the first
 * packet that meets the stub meets the rules.  A device that has the stub keeps the rules it has,
 * whatever it is called now: a new name could only open it.  Whatever a kill leaves half done, the
 * next event or command does again.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <string.h>

#include "loader/devtable.h"
#include "loader/own.h"
#include "loader/state.h"

struct follow {
	struct swap_state *state;
	struct netdev_list list;
	const struct netdev_list *seen;	/* told of already; NULL: none */
	struct maps_program *programs[2];	/* in slots 0 and 1 */
	struct target targets[2];
	struct xdpfw_device_table *tables[2];	/* NULL: no ruleset */
	bool strict;			/* a device that cannot be filtered is an error */
};

/* The number in the name of a link's pin. */
static uint32_t link_ifindex(const char *name)
{
	return (uint32_t)atoi(name + strlen("link-"));
}

/* Whether it had a link, or got one for the other slot just now. */
static bool has_link(const struct swap_state *state, uint32_t ifindex)
{
	for (int i = 0; i < state->link_count; i++)
		if (state->links[i].ifindex == ifindex)
			return true;
	for (size_t i = 0; i < state->pinned.len; i++)
		if (link_ifindex(state->pinned.at[i]) == ifindex)
			return true;
	return false;
}

/* Whether the device was there, under this name, when it was last looked. */
static bool is_seen(const struct follow *follow, const struct netdev *device)
{
	const struct netdev *before = follow->seen ? netdev_find(follow->seen, device->ifindex) :
						     NULL;

	return before && !strcmp(before->name, device->name);
}

/* What the names of a program mean, when those that have the stub keep what they have. */
static bool find_target(struct follow *follow, size_t slot)
{
	const struct maps_record *record = follow->programs[slot]->record;
	struct arena *arena = follow->state->arena;
	VEC(struct xdpfw_device) before = { 0 };
	const struct xdpfw_device *rows;
	size_t count;
	int error;

	if (!record)
		return true;
	error = devtable_map(follow->programs[slot]->devices, true, &follow->tables[slot]);
	if (error)
		return report_fail(follow->state->report, REPORT_SYSTEM,
				   "cannot open the table of devices: %s", strerror(-error));
	count = devtable_list(follow->tables[slot], arena, &rows);
	for (size_t i = 0; i < count; i++)
		if (rows[i].entry < XDPFW_ENTRY_DROP && has_link(follow->state, rows[i].ifindex))
			*vec_push(arena, &before) = rows[i];
	target_find(record->specs, record->header.spec_count, &follow->list, before.at,
		    before.len, arena, &follow->targets[slot]);
	return true;
}

static void tell_row(const struct follow *follow, const struct xdpfw_device *row)
{
	const struct netdev *device = netdev_find(&follow->list, row->ifindex);
	const struct target_row *now = target_find_row(&follow->targets[0], row->ifindex);

	if (row->entry >= XDPFW_ENTRY_DROP)
		return;
	if (!device)
		report_notice(follow->state->report, "%.*s is gone", XDPFW_NAME_BYTES,
			      (const char *)row->name);
	else if (now && !now->bond && has_link(follow->state, row->ifindex) &&
		 strncmp((const char *)row->name, device->name, XDPFW_NAME_BYTES) != 0)
		report_notice(follow->state->report,
			      "%.*s is called %s now; it keeps its filter until the next load",
			      XDPFW_NAME_BYTES, (const char *)row->name, device->name);
}

/* All that has the stub or is to get it: where it matters these rows say that it is passed. */
static uint32_t *list_ifindexes(const struct follow *follow, size_t *ret_count)
{
	const struct swap_state *state = follow->state;
	VEC(uint32_t) list = { 0 };

	for (int i = 0; i < state->link_count; i++)
		*vec_push(state->arena, &list) = state->links[i].ifindex;
	for (size_t slot = 0; slot < 2; slot++)
		for (size_t i = 0; i < follow->targets[slot].row_count; i++)
			*vec_push(state->arena, &list) =
				follow->targets[slot].rows[i].device.ifindex;
	*ret_count = list.len;
	return list.at;
}

static bool change_table(struct follow *follow, size_t slot)
{
	const struct target *target = &follow->targets[slot];
	struct xdpfw_device_table *table = follow->tables[slot];
	struct arena *arena = follow->state->arena;
	const struct xdpfw_device *before;
	struct xdpfw_device *rows;
	uint32_t left_out = 0;
	size_t links, count;
	const uint32_t *ifindexes = list_ifindexes(follow, &links);

	if (!table)
		return true;
	count = devtable_list(table, arena, &before);
	for (size_t i = 0; !slot && i < count; i++)
		tell_row(follow, &before[i]);
	count = target_make_rows(target, ifindexes, links, arena, &rows);
	if (!devtable_change(table, rows, count, target->other.ifindex ? &target->other : NULL,
			     &left_out))
		return true;
	if (follow->strict)
		return report_fail(follow->state->report, REPORT_SYSTEM,
				   "there is no room for device number %u in the table of the "
				   "ruleset", left_out);
	report_notice(follow->state->report,
		      "device number %u is NOT FILTERED: there is no room for it in the table of "
		      "the ruleset; the next load makes room", left_out);
	return true;
}

static void tell_finding(const struct follow *follow, const struct target_finding *finding)
{
	struct report *report = follow->state->report;

	if (!finding->device || is_seen(follow, finding->device))
		return;
	switch (finding->problem) {
	case TARGET_NO_ETHERNET:
		report_notice(report,
			      "%s (%s) is NOT FILTERED: it does not carry Ethernet frames",
			      finding->device->name,
			      target_kind(finding->device, follow->state->arena));
		return;
	case TARGET_IN_BOND:
		report_notice(report,
			      "%s is a member of %s now, and has the filter of that one only",
			      finding->device->name, finding->bond->name);
		return;
	case TARGET_TOO_MANY:
		report_notice(report, "%s is NOT FILTERED: there are more than %d devices",
			      finding->device->name, XDPFW_MAX_ROWS);
		return;
	case TARGET_MISSING:
	case TARGET_NOTHING_FITS:
	case TARGET_THROUGH_BOND:
		return;
	}
}

static bool pin_link(struct swap_state *state, const struct target_row *row, int link,
		     const struct maps_attach *known)
{
	const char *name = arena_printf(state->arena, "link-%u", row->device.ifindex);

	swap_fault("followed");
	if (!swap_pin(state, name, link))
		return false;
	*vec_push(state->arena, &state->pinned) = name;
	maps_attach_put(state->known, row->device.ifindex, known);
	report_notice(state->report, "%s has come and is filtered (%s)", row->name,
		      known->generic ? "generic" : "native");
	return true;
}

/* The program's own mode, as its load asked for it. */
static bool attach_late(struct follow *follow, size_t slot, const struct target_row *row)
{
	struct swap_state *state = follow->state;
	const struct netdev *device = netdev_find(&follow->list, row->device.ifindex);
	struct report own = { .notice = is_seen(follow, device) ? NULL : state->report->notice };
	struct attach_request request = {
		.stub = state->stub.stub,
		.slots = state->stub.slots,
		.name = row->name,
		.ifindex = row->device.ifindex,
		.mode = (enum attach_mode)follow->programs[slot]->record->header.mode,
	};
	struct maps_attach known;
	OWN_FD int link = -1;
	bool ok = attach_device(&own, &request, &known, &link);

	if (ok)
		ok = pin_link(state, row, link, &known);
	else if (follow->strict)
		report_fail(state->report, own.status, "%s", own.text.at);
	else
		report_notice(&own, "%s is NOT FILTERED: %s", row->name, own.text.at);
	buf_free(&own.text);
	return ok || !follow->strict;
}

static bool attach_target(struct follow *follow, size_t slot)
{
	const struct target *target = &follow->targets[slot];

	for (size_t i = 0; i < target->row_count; i++) {
		const struct target_row *row = &target->rows[i];

		if (row->bond || has_link(follow->state, row->device.ifindex) ||
		    !devtable_find(follow->tables[slot], row->device.ifindex))
			continue;
		if (!attach_late(follow, slot, row))
			return false;
	}
	return true;
}

/* Whether a device of slot SLOT has no stub yet. */
static bool misses_stub(const struct follow *follow, size_t slot)
{
	const struct target *target = &follow->targets[slot];

	for (size_t i = 0; i < target->row_count; i++)
		if (!target->rows[i].bond &&
		    !has_link(follow->state, target->rows[i].device.ifindex))
			return true;
	return false;
}

static bool open_stub(struct follow *follow, bool both)
{
	struct swap_state *state = follow->state;

	if (!misses_stub(follow, 0) && !(both && misses_stub(follow, 1)))
		return true;
	state->known = maps_attach_open(&state->folder, true);
	return swap_open_stub(state);
}

static void forget_gone(struct swap_state *state)
{
	OWN_FD int known = maps_attach_open(&state->folder, false);
	uint32_t *ifindexes = ARENA_ARRAY(state->arena, uint32_t,
					  (size_t)state->link_count + state->pinned.len + 1);
	size_t count = 0;

	for (int i = 0; i < state->link_count; i++)
		ifindexes[count++] = state->links[i].ifindex;
	for (size_t i = 0; i < state->pinned.len; i++)
		ifindexes[count++] = link_ifindex(state->pinned.at[i]);
	maps_attach_keep(known, ifindexes, count);
}

static bool follow_devices(struct follow *follow, bool both)
{
	struct swap_state *state = follow->state;
	int error = netdev_list(state->arena, &follow->list);

	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot list the devices of this network namespace: %s",
				   strerror(-error));
	for (size_t slot = 0; slot < 2; slot++)
		if (!find_target(follow, slot))
			return false;
	for (size_t slot = 0; slot < 2; slot++)
		if (!change_table(follow, slot))
			return false;
	swap_fault("listed");
	if (!open_stub(follow, both) || !attach_target(follow, 0) ||
	    (both && !attach_target(follow, 1)))
		return false;
	forget_gone(state);
	for (size_t i = 0; i < follow->targets[0].finding_count; i++)
		tell_finding(follow, &follow->targets[0].findings[i]);
	return true;
}

static bool follow_slots(struct swap_state *state, const struct netdev_list *seen, bool both,
			 bool strict)
{
	struct follow follow = {
		.state = state,
		.seen = seen,
		.programs = { &state->old, &state->other },
		.strict = strict,
	};
	bool ok;

	if (!swap_read_slots(state))
		return false;
	state->link_count = maps_list_links(&state->folder, state->arena, &state->links);
	if (state->link_count < 0)
		return report_fail(state->report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-state->link_count));
	ok = follow_devices(&follow, both || state->pending);
	for (size_t slot = 0; slot < 2; slot++)
		devtable_unmap(&follow.tables[slot]);
	return ok;
}

bool swap_follow(struct report *report, const struct maps_folder *folder,
		 const struct netdev_list *seen, bool both, bool strict)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct swap_state state = {
		.report = report,
		.arena = &arena,
		.folder = *folder,
		.old = MAPS_PROGRAM_INIT,
		.other = MAPS_PROGRAM_INIT,
		.stub = OBJECT_STUB_INIT,
		.known = -1,
	};
	bool ok = follow_slots(&state, seen, both, strict);

	maps_program_close(&state.old);
	maps_program_close(&state.other);
	object_stub_close(&state.stub);
	own_close(&state.known);
	return ok;
}

bool swap_catch_up(struct report *report, const struct netdev_list *seen)
{
	struct maps_folder folder = MAPS_FOLDER_INIT;
	OWN_FD int lock = -1;
	uint64_t cookie;
	bool ok;

	if (!state_lock(report, SWAP_LOCK_SECONDS, &lock) ||
	    !probe_netns_cookie(report, &cookie) || !maps_open(report, cookie, false, &folder))
		return false;
	ok = swap_clean(report, &folder);
	maps_close(&folder);			/* it may be gone now */
	ok = ok && maps_open(report, cookie, false, &folder) &&
	     (folder.fd < 0 || swap_follow(report, &folder, seen, false, false));
	maps_close(&folder);
	return ok;
}
