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
#include <string.h>

#include <bpf/bpf.h>

#include "loader/own.h"
#include "loader/probe.h"

static void suggest_device(struct diag *diag, const char *name)
{
	struct if_nameindex *all = if_nameindex();
	struct str_nearest nearest = { .word = str_from(name) };

	for (struct if_nameindex *at = all; at && at->if_index; at++)
		str_nearest_offer(&nearest, at->if_name);
	if (nearest.best)
		diag_help(diag, "did you mean '%s'?", nearest.best);
	if (all)
		if_freenameindex(all);
}

static void report_name(struct diag *diag, bool warn, struct source_span span, const char *name,
			const char *problem)
{
	if (warn)
		diag_warning(diag, span, "device '%s' %s", name, problem);
	else
		diag_error(diag, span, "device '%s' %s", name, problem);
	suggest_device(diag, name);
}

bool swap_find_names(const struct swap_request *request, bool warn, struct xdpfw_device *where)
{
	const struct compile *compile = request->compile;
	unsigned int errors = request->diag->errors;

	for (size_t i = 0; i < compile->device_count; i++) {
		const struct compile_device *named = &compile->devices[i];
		struct probe_device found = { 0 };
		int error = probe_device(named->name, &found);

		if (error)
			report_name(request->diag, warn, named->span, named->name,
				    error == -ENODEV ? "does not exist in this network namespace" :
						       "cannot be looked at");
		else if (!found.ethernet)
			report_name(request->diag, warn, named->span, named->name,
				    "does not carry Ethernet frames");
		where[i].ifindex = found.ifindex;
		where[i].entry = named->entry;
		where[i].type = found.type;
		where[i].group = found.group;
		memcpy(where[i].mac, found.mac, sizeof(where[i].mac));
		strncpy((char *)where[i].name, named->name, XDPFW_NAME_BYTES - 1);
	}
	for (size_t i = 0; i < compile->ifname_count; i++)
		if (!if_nametoindex(compile->ifnames[i].name))
			report_name(request->diag, warn, compile->ifnames[i].span,
				    compile->ifnames[i].name,
				    "does not exist in this network namespace (iif needs it, "
				    "iifname does not)");
	return request->diag->errors == errors;
}

static const struct maps_link *find_link(const struct swap_state *state, uint32_t ifindex)
{
	for (int i = 0; i < state->link_count; i++)
		if (state->links[i].ifindex == ifindex)
			return &state->links[i];
	return NULL;
}

bool swap_is_named(const struct swap_state *state, uint32_t ifindex)
{
	for (size_t i = 0; i < state->request->compile->device_count; i++)
		if (state->where[i].ifindex == ifindex)
			return true;
	return false;
}

/* A device that was moved to another network namespace has a name only in the record. */
static const char *name_of(const struct swap_state *state, uint32_t ifindex, char name[IF_NAMESIZE])
{
	const struct maps_record *old = state->old.record;

	if (if_indextoname(ifindex, name))
		return name;
	for (uint32_t i = 0; old && i < old->header.device_count; i++)
		if (old->devices[i].ifindex == ifindex)
			return old->devices[i].name;
	return "?";
}

bool swap_check_dropped(struct swap_state *state)
{
	OWN_BUF struct buf names = BUF_INIT;
	char name[IF_NAMESIZE];

	for (int i = 0; i < state->link_count; i++)
		if (!swap_is_named(state, state->links[i].ifindex))
			buf_printf(&names, "%s%s", names.len ? ", " : "",
				   name_of(state, state->links[i].ifindex, name));
	if (!names.len || state->request->drop_devices || state->request->compile->flushed)
		return true;
	return report_fail(state->report, REPORT_SYSTEM,
			   "this ruleset has no filter for %s, which has one now and would be left "
			   "open; say --drop-devices, or 'flush ruleset' in the file, if that is "
			   "meant", names.at);
}

static const char *mode_word(bool generic)
{
	return generic ? "generic" : "native";
}

/* A device that has the stub keeps it, and the mode it is in. */
static bool keep_device(struct swap_state *state, struct maps_device *device)
{
	enum attach_mode wanted = state->request->mode;
	struct attach_program found;
	int error = attach_query(device->ifindex, &found);

	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot ask for the mode %s is in: %s", device->name,
				   strerror(-error));
	device->generic = found.generic;
	for (uint32_t i = 0; state->old.record && i < state->old.record->header.device_count; i++)
		if (state->old.record->devices[i].ifindex == device->ifindex)
			memcpy(device->reason, state->old.record->devices[i].reason,
			       sizeof(device->reason));
	if (wanted == ATTACH_AUTO || (wanted == ATTACH_GENERIC) == found.generic)
		return true;
	return report_fail(state->report, REPORT_SYSTEM,
			   "%s is in %s mode, and a reload keeps the mode: the kernel cannot "
			   "change it without a moment in which the device is open; 'xdpfw unload' "
			   "first",
			   device->name, mode_word(found.generic));
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

static bool attach_new(struct swap_state *state, size_t i)
{
	struct maps_device *device = &state->devices[i];
	const char *name = arena_printf(state->arena, "link-%u", device->ifindex);
	OWN_FD int link = -1;

	if (!attach_device(state->report, state->stub.stub, state->request->mode,
			   state->request->force, device, &link) ||
	    !swap_pin(state, name, link))
		return false;
	state->pinned[i] = name;
	return true;
}

bool swap_attach_all(struct swap_state *state)
{
	for (size_t i = 0; i < state->request->compile->device_count; i++) {
		struct maps_device *device = &state->devices[i];
		const struct maps_link *link = find_link(state, state->where[i].ifindex);

		device->ifindex = state->where[i].ifindex;
		memcpy(device->name, state->where[i].name, sizeof(device->name));
		if (!(link ? take_link_back(state, link, device->name) &&
				     keep_device(state, device) :
			     attach_new(state, i)))
			return false;
	}
	return true;
}
