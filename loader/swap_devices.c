/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_devices: the devices of a load.
 *
 * In: what the ruleset names, the links that are pinned.  Out: the stub on each of them, attached
 * and pinned.  Nothing of this changes what becomes of a packet: a device that is new passes its
 * packets until the slot is switched, and one that was there runs what it ran.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "loader/devtable.h"
#include "loader/own.h"

static const struct maps_link *find_link(const struct swap_state *state, uint32_t ifindex)
{
	for (int i = 0; i < state->link_count; i++)
		if (state->links[i].ifindex == ifindex)
			return &state->links[i];
	return NULL;
}

bool swap_is_named(const struct swap_state *state, uint32_t ifindex)
{
	return target_find_row(&state->target, ifindex) != NULL;
}

/* A device that was moved to another network namespace has a name only in the table. */
static const char *name_of(const struct swap_state *state, uint32_t ifindex, char name[IF_NAMESIZE])
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	const struct xdpfw_device *row;

	if (if_indextoname(ifindex, name))
		return name;
	if (devtable_map(state->old.devices, false, &table))
		return "?";
	row = devtable_find(table, ifindex);
	if (!row)
		return "?";
	snprintf(name, IF_NAMESIZE, "%.*s", XDPFW_NAME_BYTES, (const char *)row->name);
	return name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *swap_name_devices(const struct maps_program *program, struct arena *arena)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	OWN_BUF struct buf text = BUF_INIT;
	VEC(const char *) names = { 0 };
	const struct xdpfw_device *rows;
	size_t count;

	if (devtable_map(program->devices, false, &table))
		return "its devices";
	count = devtable_list(table, arena, &rows);
	for (size_t i = 0; i < count; i++)
		if (rows[i].entry < XDPFW_ENTRY_DROP)
			*vec_push(arena, &names) = arena_printf(arena, "%.*s", XDPFW_NAME_BYTES,
								(const char *)rows[i].name);
	if (!names.len)
		return "no device";
	qsort(names.at, names.len, sizeof(*names.at), compare_names);
	for (size_t i = 0; i < names.len; i++)
		/* Members of a bond have its name. */
		if (!i || strcmp(names.at[i], names.at[i - 1]) != 0)
			buf_printf(&text, "%s%s", i ? ", " : "", names.at[i]);
	return arena_strdup(arena, buf_str(&text));
}

bool swap_check_dropped(struct swap_state *state)
{
	OWN_BUF struct buf names = BUF_INIT;
	char name[IF_NAMESIZE];

	for (int i = 0; i < state->link_count; i++)
		if (!swap_is_named(state, state->links[i].ifindex) &&
		    (!state->old.record ||
		     swap_program_names(&state->old, state->links[i].ifindex)))
			buf_printf(&names, "%s%s", names.len ? ", " : "",
				   name_of(state, state->links[i].ifindex, name));
	if (!names.len || state->request->drop_devices)
		return true;
	if (state->request->compile->flushed) {
		state->left_open = arena_strdup(state->arena, buf_str(&names));
		return true;
	}
	return report_fail(state->report, REPORT_SYSTEM,
			   "this ruleset has no filter for %s, which has one now and would be left "
			   "open; say --drop-devices, or 'flush ruleset' in the file, if that is "
			   "meant", names.at);
}

/* A device that has the stub keeps it, and the mode it is in unless another one is asked for. */
static bool keep_device(struct swap_state *state, const struct target_row *row)
{
	enum attach_mode wanted = state->request->mode;
	struct attach_program found;
	int error = attach_query(row->device.ifindex, &found);

	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot ask for the mode %s is in: %s", row->name,
				   strerror(-error));
	if (wanted == ATTACH_OFFLOAD)
		return attach_refuse_offload(state->report, row->name, row->device.ifindex);
	if (wanted == ATTACH_AUTO || (wanted == ATTACH_GENERIC) == found.generic)
		return true;
	swap_plan_mode(state, row->name, row->device.ifindex, found.generic);
	return true;
}

/* Another program in a link of ours: the stub takes its place in one step. */
static bool take_link_back(struct swap_state *state, const struct maps_link *link,
			   const char *device)
{
	OWN_FD int fd = -1;
	int error;

	if (maps_is_stub(link->program))
		return true;
	fd = maps_get(&state->folder, link->name);
	error = fd < 0 ? fd : bpf_link_update(fd, state->stub.stub, NULL);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "%s runs another XDP program (id %u) in the place of the stub, "
				   "which cannot be put back: %s", device, link->program,
				   strerror(-error));
	report_notice(state->report,
		      "somebody put another XDP program (id %u) in the place of the stub on %s; "
		      "it was taken off", link->program, device);
	return true;
}

static bool attach_new(struct swap_state *state, const struct target_row *row)
{
	const char *name = arena_printf(state->arena, "link-%u", row->device.ifindex);
	struct attach_request request = {
		.stub = state->stub.stub,
		.slots = state->stub.slots,
		.name = row->name,
		.ifindex = row->device.ifindex,
		.mode = state->request->mode,
		.force = state->request->force,
		.fix = swap_note_fix(state, row->name),
	};
	struct maps_attach known;
	OWN_FD int link = -1;

	if (!attach_device(state->report, &request, &known, &link) ||
	    !swap_pin(state, name, link))
		return false;
	*vec_push(state->arena, &state->pinned) = name;
	maps_attach_put(state->known, row->device.ifindex, &known);
	return true;
}

/* Rules that ask for a tag would never match, and nothing else would tell. */
static void check_tags(struct swap_state *state, const char *device)
{
	struct driver_name driver = { 0 };
	const struct advice_row *row;
	OWN_BUF struct buf help = BUF_INIT;
	struct advice_undo *fix;

	if (!state->request->compile->reads_tags)
		return;
	driver_read_name(device, &driver);
	row = advice_find_tags(device, driver.name);
	if (!row)
		return;
	fix = row->fix == ADVICE_FIX_NONE ? NULL : swap_note_fix(state, device);
	if (fix && advice_fix(state->report, row, device, fix) &&
	    !advice_find_tags(device, driver.name))
		return;
	advice_print(row, device, &help);
	report_notice(state->report,
		      "%s: VLAN tags are taken off packets before XDP sees them, so rules that ask "
		      "for a tag do not match; %s", device, help.at);
}

static const uint32_t *list_ifindexes(struct swap_state *state, size_t *ret_count)
{
	uint32_t *ifindexes = ARENA_ARRAY(state->arena, uint32_t,
					  (size_t)state->link_count + state->target.row_count + 1);
	size_t count = 0;

	for (int i = 0; i < state->link_count; i++)
		ifindexes[count++] = state->links[i].ifindex;
	for (size_t i = 0; i < state->target.row_count; i++)
		ifindexes[count++] = state->target.rows[i].device.ifindex;
	*ret_count = count;
	return ifindexes;
}

static const struct xdpfw_device *other_of(const struct target *target)
{
	return target->other.ifindex ? &target->other : NULL;
}

bool swap_make_table(struct swap_state *state, struct xdpfw_device_table **ret_table)
{
	struct xdpfw_device_table *table = ARENA_NEW(state->arena, struct xdpfw_device_table);
	struct xdpfw_device *rows;
	size_t links, count;
	const uint32_t *ifindexes = list_ifindexes(state, &links);

	count = target_make_rows(&state->target, ifindexes, links, state->arena, &rows);
	if (!devtable_fill(rows, count, other_of(&state->target), table))
		return report_fail(state->report, REPORT_SYSTEM,
				   "xdpfw cannot tell so many devices apart (%zu)", count);
	*ret_table = table;
	return true;
}

bool swap_look_again(struct swap_state *state)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	struct xdpfw_device *rows;
	size_t links, count;
	const uint32_t *ifindexes;
	uint32_t left_out;
	int error;

	if (!swap_find_devices(state->report, state->request, state->arena, true,
			       &state->target) ||
	    !swap_check_dropped(state))
		return false;
	ifindexes = list_ifindexes(state, &links);
	count = target_make_rows(&state->target, ifindexes, links, state->arena, &rows);
	error = devtable_map(state->live.maps.devices, true, &table);
	if (!error)
		error = devtable_change(table, rows, count, other_of(&state->target), &left_out);
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot add devices that came just now to the table: %s",
				     strerror(-error));
}

/*
 * Where a program in force takes devices that it does not know for its bond's, it has to know that
 * these ones are none of its business.
 */
static bool pass_new(struct swap_state *state, const struct maps_program *program)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	VEC(struct xdpfw_device) rows = { 0 };
	const struct xdpfw_device *before;
	uint32_t left_out;
	size_t count;
	int error;

	if (!program->record)
		return true;
	error = devtable_map(program->devices, true, &table);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot open the table of devices in force: %s",
				   strerror(-error));
	if (!table->slot[XDPFW_DEVICE_OTHER].ifindex)
		return true;
	count = devtable_list(table, state->arena, &before);
	for (size_t i = 0; i < count; i++)
		*vec_push(state->arena, &rows) = before[i];
	for (size_t i = 0; i < state->target.row_count; i++) {
		uint32_t ifindex = state->target.rows[i].device.ifindex;

		if (!state->target.rows[i].bond && !devtable_find(table, ifindex))
			*vec_push(state->arena, &rows) = (struct xdpfw_device){
				.ifindex = ifindex,
				.entry = XDPFW_ENTRY_PASS,
			};
	}
	error = devtable_change(table, rows.at, rows.len, &table->slot[XDPFW_DEVICE_OTHER],
				&left_out);
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "there is no room for device number %u in the table of the "
				     "ruleset in force", left_out);
}

static bool open_known(struct swap_state *state)
{
	int error = maps_mark_namespace(&state->folder);

	state->known = maps_attach_open(&state->folder, true);
	if (!error && state->known < 0)
		error = state->known;
	return !error || report_fail(state->report, REPORT_SYSTEM,
				     "cannot pin what is known of the devices: %s",
				     strerror(-error));
}

/* The bond could not take the stub natively while a member has it by itself. */
static bool refuse_member(struct swap_state *state, const struct target_row *row)
{
	return report_fail(state->report, REPORT_SYSTEM,
			   "%s has a filter of its own now, and would get that of %.*s, of which "
			   "it is a member: the kernel cannot change that without a moment in "
			   "which it is open; 'xdpfw unload' first",
			   row->name, XDPFW_NAME_BYTES, (const char *)row->device.name);
}

bool swap_attach_all(struct swap_state *state)
{
	if (!open_known(state) || !pass_new(state, &state->old) ||
	    !pass_new(state, &state->other))
		return false;
	for (size_t i = 0; i < state->target.row_count; i++) {
		const struct target_row *row = &state->target.rows[i];
		const struct maps_link *link = find_link(state, row->device.ifindex);

		if (row->bond && link)
			return refuse_member(state, row);
		if (row->bond)
			continue;
		if (!(link ? take_link_back(state, link, row->name) && keep_device(state, row) :
			     attach_new(state, row)))
			return false;
		check_tags(state, row->name);
	}
	return true;
}
