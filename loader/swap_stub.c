/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_stub: the stub of a namespace.
 *
 * In: the pinned links.  Out: the one stub program for all devices, with its maps pinned.  A stub
 * of another version of xdpfw reads other maps.  It is replaced link by link, after the new slots
 * hold the program in force: whichever of the two stubs a device has meanwhile, it runs the same
 * rules.  Both have pins then, because the kernel empties slots that are not pinned when the
 * process that made them ends.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <bpf/bpf.h>

#include "loader/own.h"

/*
 * Whether these are the maps of this version; they are closed if they are not.  *OK becomes false
 * when nobody can tell.
 */
static bool keep_maps(struct report *report, struct object_stub *stub, bool *ok)
{
	struct control control = { .current = false };
	int error = control_read(stub->slots, stub->control, &control);

	if (!error && control.current && stub->missed < 0 && stub->missed != -ENOENT)
		error = stub->missed;
	if (error)
		*ok = report_fail(report, REPORT_SYSTEM, "cannot read the stub's maps: %s",
				  strerror(-error));
	if (*ok && control.current && stub->missed >= 0)
		return true;
	object_stub_close(stub);
	return false;
}

/* Takes the stub of a link, with its maps, if it is of this version. */
static bool take_stub(struct report *report, const struct maps_link *link,
		      struct object_stub *stub, bool *ok)
{
	if (!link->ifindex || !maps_is_stub(link->program))
		return false;
	stub->slots = maps_get_program_map(link->program, MAPS_SLOTS);
	stub->control = maps_get_program_map(link->program, MAPS_CONTROL);
	stub->missed = maps_get_program_map(link->program, MAPS_MISSED);
	if (!keep_maps(report, stub, ok))
		return false;
	stub->stub = bpf_prog_get_fd_by_id(link->program);
	if (stub->stub < 0)
		*ok = report_fail(report, REPORT_SYSTEM, "cannot open the stub: %s",
				  strerror(errno));
	return *ok;
}

/* The pinned maps of a ruleset that no device runs (any more). */
static void take_pinned(struct report *report, const struct maps_folder *folder,
			struct object_stub *stub, bool *ok)
{
	stub->slots = maps_get(folder, MAPS_SLOTS);
	stub->control = maps_get(folder, MAPS_CONTROL);
	stub->missed = maps_get(folder, MAPS_MISSED);
	keep_maps(report, stub, ok);
}

/* Packets that another version counted as missed: the first word of its control map. */
static void copy_missed(const struct swap_state *state)
{
	OWN_FD int control = maps_get_stub_map(&state->folder, MAPS_CONTROL);
	uint64_t words[sizeof(struct xdpfw_control) / sizeof(uint64_t)];
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info), key = 0;

	if (control >= 0 && !bpf_obj_get_info_by_fd(control, &info, &len) &&
	    info.value_size == sizeof(words) && !bpf_map_lookup_elem(control, &key, words))
		bpf_map_update_elem(state->stub.missed, &key, &words[0], BPF_ANY);
}

/* No stub runs with these maps yet.  Devices that drop packets go on doing so. */
static bool fill_maps(struct swap_state *state)
{
	int program = state->first ? state->stub.pass : state->old.program;
	int error = control_set_up(state->stub.control, XDP_DROP);

	for (uint32_t slot = XDPFW_SLOT_LIVE; slot <= XDPFW_SLOT_OTHER && !error; slot++)
		if (program >= 0)
			error = control_put_slot(state->stub.slots, slot, program);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM, "cannot fill the stub's maps: %s",
				   strerror(-error));
	if (!state->first)
		copy_missed(state);
	return true;
}

bool swap_open_stub(struct swap_state *state)
{
	bool made, ok = true;

	object_stub_close(&state->stub);
	/* One stub program serves all devices: a second one would make every switch slower. */
	for (int i = 0; i < state->link_count && ok; i++)
		if (take_stub(state->report, &state->links[i], &state->stub, &ok))
			return true;
	if (ok && !swap_find_stub(state->links, state->link_count))
		take_pinned(state->report, &state->folder, &state->stub, &ok);
	if (!ok)
		return false;
	made = state->stub.slots < 0;
	return object_stub_load(state->report, &state->stub) && (!made || fill_maps(state));
}

/* What the stub's own maps are to be pinned as. */
struct stub_pin {
	const char *name;
	int map;
	bool aside;			/* something else has the name */
};

/* The stub's own maps get their pins back if somebody took them. */
static bool pin_aside(struct swap_state *state, struct stub_pin *pin)
{
	OWN_FD int pinned = maps_get(&state->folder, pin->name);
	int error;

	if (maps_is_same(pinned, pin->map))
		return true;
	pin->aside = true;
	error = maps_pin_aside(&state->folder, pin->name, pin->map);
	return !error || report_fail(state->report, REPORT_SYSTEM, "cannot pin '%s': %s",
				     pin->name, strerror(-error));
}

static bool take_aside(struct swap_state *state, const struct stub_pin *pin)
{
	int error = pin->aside ? maps_take_aside(&state->folder, pin->name) : 0;

	return !error || report_fail(state->report, REPORT_SYSTEM, "cannot pin '%s': %s",
				     pin->name, strerror(-error));
}

static bool replace_stub(struct swap_state *state, struct maps_link *link, uint32_t stub)
{
	OWN_FD int fd = maps_get(&state->folder, link->name);
	int error = fd < 0 ? fd : 0;

	if (!error && bpf_link_update(fd, state->stub.stub, NULL))
		error = -errno;
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot replace the stub of another version of xdpfw (program "
				   "%u): %s", link->program, strerror(-error));
	link->program = stub;
	swap_fault("replaced");
	return true;
}

static bool replace_stubs(struct swap_state *state)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	bool any = false;

	if (bpf_obj_get_info_by_fd(state->stub.stub, &info, &len))
		return report_fail(state->report, REPORT_SYSTEM, "cannot ask about the stub: %s",
				   strerror(errno));
	for (int i = 0; i < state->link_count; i++) {
		struct maps_link *link = &state->links[i];

		if (!link->ifindex || link->program == info.id || !maps_is_stub(link->program))
			continue;
		if (!replace_stub(state, link, info.id))
			return false;
		any = true;
	}
	if (any)
		maps_wait_grace();	/* the slots of the other stub are about to be emptied */
	return true;
}

bool swap_set_up_stub(struct swap_state *state)
{
	struct stub_pin pins[] = {
		{ .name = MAPS_CONTROL, .map = state->stub.control },
		{ .name = MAPS_MISSED, .map = state->stub.missed },
		{ .name = MAPS_SLOTS, .map = state->stub.slots },
	};
	size_t count = sizeof(pins) / sizeof(pins[0]);

	for (size_t i = 0; i < count; i++)
		if (!pin_aside(state, &pins[i]))
			return false;
	swap_fault("aside");
	if (!replace_stubs(state))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!take_aside(state, &pins[i]))
			return false;
	return true;
}
