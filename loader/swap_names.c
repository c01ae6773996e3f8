/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_names: what a ruleset names, and the devices that these names mean now.
 *
 * In: a compiled ruleset, the devices of this network namespace.  Out: the devices it is for; every
 * name that means none, and every device that cannot be filtered, is a located message.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <string.h>

#include "loader/netdev.h"
#include "loader/own.h"

struct names {
	const struct swap_request *request;
	struct arena *arena;
	struct netdev_list list;
	bool check;			/* nothing is an error */
	bool again;			/* warnings have been given already */
};

const struct maps_spec *swap_make_specs(const struct compile *compile, struct arena *arena)
{
	struct maps_spec *specs = ARENA_ARRAY(arena, struct maps_spec, compile->device_count + 1);

	for (size_t i = 0; i < compile->device_count; i++) {
		strncpy(specs[i].name, compile->devices[i].name, sizeof(specs[i].name) - 1);
		specs[i].entry = compile->devices[i].entry;
		specs[i].prefix = compile->devices[i].prefix;
	}
	return specs;
}

/* Whether it was said. */
static bool say(const struct names *names, bool error, struct source_span span, const char *text)
{
	if (error && !names->check)
		diag_error(names->request->diag, span, "%s", text);
	else if (!names->again)
		diag_warning(names->request->diag, span, "%s", text);
	return (error && !names->check) || !names->again;
}

static void suggest_device(const struct names *names, const char *name)
{
	struct str_nearest nearest = { .word = str_from(name) };

	for (size_t i = 0; i < names->list.len; i++)
		str_nearest_offer(&nearest, names->list.at[i].name);
	if (nearest.best)
		diag_help(names->request->diag, "did you mean '%s'?", nearest.best);
}

static void say_missing(const struct names *names, struct source_span span, const char *name,
			const char *more)
{
	bool wait = names->request->allow_missing;

	if (say(names, !wait, span,
		arena_printf(names->arena,
			     "device '%s' does not exist in this network namespace%s", name,
			     wait ? "; it is filtered when it comes, if 'xdpfw watch' sees it" :
				    more)) &&
	    !wait)
		suggest_device(names, name);
}

/* A load that takes what it gets is not stopped by a star that fits too much. */
static void say_no_ethernet(const struct names *names, const struct compile_device *named,
			    const struct netdev *device)
{
	bool leave_out = named->prefix && names->request->allow_missing;

	if (say(names, !leave_out, named->span,
		arena_printf(names->arena,
			     "device '%s' (%s) does not carry Ethernet frames%s", device->name,
			     target_kind(device, names->arena),
			     leave_out ? ", and is NOT FILTERED" :
					 ": its packets begin with the IP header, so XDP rules "
					 "would read the wrong bytes")))
		diag_help(names->request->diag,
			  "filter on the device that its packets come in by, or what it carries "
			  "by nft's 'hook input' and 'hook forward'");
}

static void say_in_bond(const struct names *names, struct source_span span,
			const struct target_finding *finding)
{
	const char *device = finding->device->name, *bond = finding->bond->name;

	if (finding->problem == TARGET_THROUGH_BOND) {
		say(names, false, span,
		    arena_printf(names->arena,
				 "device '%s' is a member of '%s', whose filter is on it", device,
				 bond));
		return;
	}
	if (say(names, true, span,
		arena_printf(names->arena,
			     "device '%s' is a member of '%s', which has a filter of its own here: "
			     "only one of them can have an XDP program", device, bond)))
		diag_help(names->request->diag, "the filter of '%s' is on all its members", bond);
}

static void say_finding(const struct names *names, const struct target_finding *finding)
{
	const struct compile_device *named = &names->request->compile->devices[finding->spec];

	switch (finding->problem) {
	case TARGET_MISSING:
		say_missing(names, named->span, named->name, "");
		return;
	case TARGET_NOTHING_FITS:
		say(names, false, named->span,
		    arena_printf(names->arena,
				 "no device has a name that begins with '%s' now", named->name));
		return;
	case TARGET_NO_ETHERNET:
		say_no_ethernet(names, named, finding->device);
		return;
	case TARGET_IN_BOND:
	case TARGET_THROUGH_BOND:
		say_in_bond(names, named->span, finding);
		return;
	case TARGET_TOO_MANY:
		say(names, true, named->span,
		    arena_printf(names->arena, "more than %d devices are named", XDPFW_MAX_ROWS));
		return;
	}
}

/* `iif` asks for a device that is there. */
static void find_ifnames(const struct names *names)
{
	const struct compile *compile = names->request->compile;

	for (size_t i = 0; i < compile->ifname_count; i++)
		if (!netdev_find_name(&names->list, compile->ifnames[i].name))
			say_missing(names, compile->ifnames[i].span, compile->ifnames[i].name,
				    " (iif needs it, iifname does not)");
}

static bool find_devices(struct report *report, struct names *names, struct target *ret_target)
{
	const struct compile *compile = names->request->compile;
	unsigned int errors = names->request->diag->errors;
	int error = netdev_list(names->arena, &names->list);

	if (error)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot list the devices of this network namespace: %s",
				   strerror(-error));
	target_find(swap_make_specs(compile, names->arena), compile->device_count, &names->list,
		    NULL, 0, names->arena, ret_target);
	for (size_t i = 0; i < ret_target->finding_count; i++)
		say_finding(names, &ret_target->findings[i]);
	find_ifnames(names);
	return names->request->diag->errors == errors ||
	       report_fail(report, REPORT_SYSTEM,
			   "this network namespace does not have what the ruleset names");
}

bool swap_find_devices(struct report *report, const struct swap_request *request,
		       struct arena *arena, bool again, struct target *ret_target)
{
	struct names names = { .request = request, .arena = arena, .again = again };

	return find_devices(report, &names, ret_target);
}

bool swap_look_for_devices(struct report *report, const struct swap_request *request,
			   struct arena *arena, struct target *ret_target)
{
	struct names names = { .request = request, .arena = arena, .check = true };

	return find_devices(report, &names, ret_target);
}

static bool has_entry(const struct prove_row *rows, size_t count, uint32_t entry)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].device.entry == entry)
			return true;
	return false;
}

/* A device that has what is known of the named one, for lo to play it. */
static struct prove_row make_played(const struct compile_device *named,
				    const struct target *target, size_t spec)
{
	struct prove_row row = { .played = true };

	for (size_t i = 0; i < target->row_count; i++)
		if (target->rows[i].spec == spec)
			row.device = target->rows[i].device;
	row.device.ifindex = 0;
	row.device.entry = named->entry;
	if (!row.device.name[0])
		strncpy((char *)row.device.name, named->name, XDPFW_NAME_BYTES - 1);
	return row;
}

size_t swap_list_proofs(const struct compile *compile, const struct target *target,
			bool rehearse, struct arena *arena, const struct prove_row **ret_rows)
{
	size_t most = target->row_count + compile->device_count, count = 0;
	struct prove_row *rows = ARENA_ARRAY(arena, struct prove_row, most + 1);
	size_t step = target->row_count / PROVE_DEVICES + 1;

	/* Devices of one entry differ in name, number and address only: some of many will do. */
	for (size_t i = 0; !rehearse && i < target->row_count; i++)
		if (i % step == 0 || !has_entry(rows, count, target->rows[i].device.entry))
			rows[count++].device = target->rows[i].device;
	for (size_t i = 0; i < compile->device_count; i++)
		if (rehearse || !has_entry(rows, count, compile->devices[i].entry))
			rows[count++] = make_played(&compile->devices[i], target, i);
	*ret_rows = rows;
	return count;
}
