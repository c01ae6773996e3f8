/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_device: the devices of the ruleset in force, a line for each.
 *
 * In: the table of the program in force, the names in its record, the devices there are, the pinned
 * links.  Out: text.  What is on a device is asked from the device, not from what was recorded.
 */
#define _GNU_SOURCE
#include "loader/show_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/advice.h"
#include "loader/attach.h"
#include "loader/devtable.h"
#include "loader/own.h"
#include "loader/target.h"

struct devices {
	const struct maps_record *record;
	struct netdev_list list;
	struct target target;		/* what the names mean now */
	const struct xdpfw_device *rows;	/* of the table, by name */
	size_t row_count;
	struct arena *arena;
	uint32_t stub;			/* program id */
	int known;			/* the map of struct maps_attach */
	struct buf *out;
};

static int compare_rows(const void *a, const void *b)
{
	const struct xdpfw_device *left = a, *right = b;
	int order = strncmp((const char *)left->name, (const char *)right->name,
			    XDPFW_NAME_BYTES);

	return order ? order : left->ifindex < right->ifindex ? -1 : left->ifindex > right->ifindex;
}

static bool is_row(const struct devices *devices, uint32_t ifindex)
{
	for (size_t i = 0; i < devices->row_count; i++)
		if (devices->rows[i].ifindex == ifindex)
			return true;
	return false;
}

static void print_tags(const struct devices *devices, const char *device)
{
	struct driver_name driver = { 0 };
	const struct advice_row *row;

	if (!devices->record->header.reads_tags)
		return;
	driver_read_name(device, &driver);
	row = advice_find_tags(device, driver.name);
	if (!row)
		return;
	buf_puts(devices->out, "; RULES FOR VLAN TAGS DO NOT MATCH: ");
	advice_print(row, device, devices->out);
}

static void print_filter(const struct devices *devices, const struct netdev *device)
{
	struct attach_program found = { 0 };
	struct maps_attach known;
	int error = attach_query(device->ifindex, &found);

	if (error) {
		buf_printf(devices->out, "cannot be asked: %s", strerror(-error));
	} else if (!devices->stub || found.id != devices->stub) {
		buf_puts(devices->out, "NOT FILTERED: somebody took the stub program off");
		if (found.id)
			buf_puts(devices->out, "; ");
		if (found.id)
			attach_describe(device->name, device->ifindex, &found, devices->out);
	} else {
		buf_puts(devices->out, found.generic ? "generic" : "native");
		if (found.generic && !maps_attach_get(devices->known, device->ifindex, &known) &&
		    known.reason[0])
			buf_printf(devices->out, " (%s)", known.reason);
		print_tags(devices, device->name);
	}
}

/* A device that the table has. */
static void print_row(const struct devices *devices, const struct xdpfw_device *row)
{
	const struct netdev *device = netdev_find(&devices->list, row->ifindex);
	const struct target_row *meant = target_find_row(&devices->target, row->ifindex);
	const struct netdev *bond = NULL;
	struct buf *out = devices->out;

	if (device && meant && meant->bond)
		bond = netdev_find(&devices->list, meant->bond);
	buf_printf(out, "device %.*s", XDPFW_NAME_BYTES,
		   bond ? device->name : (const char *)row->name);
	if (!bond && device && strncmp(device->name, (const char *)row->name, XDPFW_NAME_BYTES))
		buf_printf(out, ", now %s", device->name);
	buf_puts(out, ": ");
	if (!device)
		buf_puts(out, "gone");
	else if (bond)
		buf_printf(out, "member of %s, whose filter it has", bond->name);
	else
		print_filter(devices, device);
	if (device && !bond && (!meant || meant->spec == TARGET_NO_SPEC))
		buf_puts(out, ", under a name it had before");
	buf_putc(out, '\n');
}

static void print_finding(const struct devices *devices, const struct target_finding *finding)
{
	const struct maps_spec *spec = finding->spec == TARGET_NO_SPEC ?
					       NULL :
					       &devices->record->specs[finding->spec];
	struct buf *out = devices->out;

	switch (finding->problem) {
	case TARGET_MISSING:
		buf_printf(out, "device %s: not there yet\n", spec->name);
		return;
	case TARGET_NOTHING_FITS:
		buf_printf(out, "devices %s*: none is there yet\n", spec->name);
		return;
	case TARGET_NO_ETHERNET:
		buf_printf(out, "device %s: NOT FILTERED: it (%s) carries no Ethernet frames\n",
			   finding->device->name, target_kind(finding->device, devices->arena));
		return;
	case TARGET_TOO_MANY:
		buf_printf(out, "device %s, and maybe more: NOT FILTERED: there are more than %d\n",
			   finding->device->name, XDPFW_MAX_ROWS);
		return;
	case TARGET_IN_BOND:
	case TARGET_THROUGH_BOND:
		return;
	}
}

static void print_late(const struct devices *devices, const struct target_row *row)
{
	if (!is_row(devices, row->device.ifindex))
		buf_printf(devices->out,
			   "device %s: NOT FILTERED YET: it came after the load; 'xdpfw watch' "
			   "filters such devices\n", row->name);
}

static void read_rows(struct devices *devices, const struct xdpfw_device_table *table)
{
	VEC(struct xdpfw_device) rows = { 0 };
	const struct xdpfw_device *all;
	size_t count = devtable_list(table, devices->arena, &all);

	for (size_t i = 0; i < count; i++)
		if (all[i].entry < XDPFW_ENTRY_DROP)
			*vec_push(devices->arena, &rows) = all[i];
	if (rows.len)
		qsort(rows.at, rows.len, sizeof(*rows.at), compare_rows);
	devices->rows = rows.at;
	devices->row_count = rows.len;
}

/* The devices that have a stub keep their entry, whatever they are called. */
static void find_target(struct devices *devices, const struct maps_link *links, int count)
{
	VEC(struct xdpfw_device) before = { 0 };

	for (size_t i = 0; i < devices->row_count; i++)
		for (int j = 0; j < count; j++)
			if (links[j].ifindex == devices->rows[i].ifindex)
				*vec_push(devices->arena, &before) = devices->rows[i];
	target_find(devices->record->specs, devices->record->header.spec_count, &devices->list,
		    before.at, before.len, devices->arena, &devices->target);
}

bool show_devices(struct report *report, const struct maps_folder *folder,
		  const struct maps_program *program, const struct maps_link *links, int count,
		  uint32_t stub, struct arena *arena, struct buf *out)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	OWN_FD int known = maps_attach_open(folder, false);
	struct devices devices = {
		.record = program->record,
		.arena = arena,
		.stub = stub,
		.known = known,
		.out = out,
	};
	int error = devtable_map(program->devices, false, &table);

	if (!error)
		error = netdev_list(arena, &devices.list);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot read the devices: %s",
				   strerror(-error));
	read_rows(&devices, table);
	find_target(&devices, links, count);
	for (size_t i = 0; i < devices.row_count; i++)
		print_row(&devices, &devices.rows[i]);
	for (size_t i = 0; i < devices.target.row_count; i++)
		print_late(&devices, &devices.target.rows[i]);
	for (size_t i = 0; i < devices.target.finding_count; i++)
		print_finding(&devices, &devices.target.findings[i]);
	return true;
}
