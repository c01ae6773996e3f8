/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_explain: why a device is in the mode it is in, and what would give it native mode.
 *
 * In: a device, filtered or not.  Out: text.  Nothing is attached and nothing is cleaned up to find
 * out: what the kernel answered was recorded when the stub was attached, and the rest are questions
 * to the kernel.
 */
#define _GNU_SOURCE
#include "loader/show.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "loader/advice.h"
#include "loader/attach.h"
#include "loader/driver.h"
#include "loader/maps.h"
#include "loader/own.h"
#include "loader/probe.h"

struct explained {
	const char *device;
	uint32_t ifindex;
	struct driver_name driver;
	struct attach_program found;
	bool ours;
	bool known;			/* .attach is what was recorded */
	struct maps_attach attach;
	bool declared;			/* .features is what the driver declares */
	uint64_t features;
};

static bool is_ours(const struct maps_folder *folder, const struct explained *explained)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_link *links;
	int count = maps_list_links(folder, &arena, &links);

	for (int i = 0; i < count; i++)
		if (links[i].ifindex == explained->ifindex &&
		    links[i].program == explained->found.id && maps_is_stub(links[i].program))
			return true;
	return false;
}

/* A folder that cannot be opened is no error here: the device can be explained all the same. */
static void read_folder(struct explained *explained, struct buf *out)
{
	struct maps_folder folder = MAPS_FOLDER_INIT;
	struct report quiet = { 0 };
	uint64_t cookie;

	if (probe_netns_cookie(&quiet, &cookie) && maps_open(&quiet, cookie, false, &folder)) {
		OWN_FD int map = maps_attach_open(&folder, false);

		explained->ours = explained->found.id && is_ours(&folder, explained);
		explained->known = explained->ours && !maps_attach_get(map, explained->ifindex,
								       &explained->attach);
	} else {
		buf_printf(out, "notice: what xdpfw recorded cannot be read: %s\n", quiet.text.at);
	}
	maps_close(&folder);
	buf_free(&quiet.text);
}

static void print_filter(const struct explained *explained, struct buf *out)
{
	const struct attach_program *found = &explained->found;

	if (explained->ours && explained->known)
		buf_printf(out, "filtered: by xdpfw, in %s mode; asked for was %s\n",
			   found->generic ? "generic" : "native",
			   attach_mode_name((enum attach_mode)explained->attach.asked));
	else if (explained->ours)
		buf_printf(out, "filtered: by xdpfw, in %s mode\n",
			   found->generic ? "generic" : "native");
	else if (!found->id)
		buf_puts(out, "filtered: no, xdpfw has no program on it\n");
	if (explained->ours || !found->id)
		return;
	buf_puts(out, "filtered: no, ");
	attach_describe(explained->device, explained->ifindex, found, out);
	buf_putc(out, '\n');
}

static void print_tried(const struct explained *explained, struct buf *out)
{
	const struct maps_attach *attach = &explained->attach;
	const char *number = strerrorname_np(-attach->error);

	buf_puts(out, "native mode: ");
	if (explained->ours && !explained->found.generic)
		buf_puts(out, "the driver took it\n");
	else if (!explained->ours)
		buf_puts(out, "nothing was tried\n");
	else if (!explained->known)
		buf_puts(out, "what the kernel answered was not recorded\n");
	else if (!attach->error)
		buf_puts(out, "not tried, as generic mode was asked for\n");
	else
		buf_printf(out, "was tried, and refused with %s: %s\n", number ? number : "?",
			   attach->reason);
}

static void print_declared(const struct explained *explained, struct buf *out)
{
	static const char *const names[] = {
		"basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg",
		"ndo-xmit-sg",
	};
	uint64_t left = explained->features;

	buf_puts(out, "driver declares: ");
	if (!explained->declared)
		buf_puts(out, "this kernel does not tell\n");
	else if (!left)
		buf_puts(out, "no native XDP\n");
	for (unsigned int i = 0, any = 0; explained->declared && left && i < 7; i++)
		if (left & (1ull << i))
			buf_printf(out, "%s%s", any++ ? ", " : "", names[i]);
	if (explained->declared && left)
		buf_putc(out, '\n');
}

static void print_settings(const struct explained *explained, struct buf *out)
{
	static const char *const features[] = { "rx-lro", "rx-gro-hw", "rx-gro", "rx-checksum" };
	struct driver_feature feature;
	const struct advice_row *tags =
		advice_find_tags(explained->device, explained->driver.name);
	struct driver_channels channels;
	uint32_t mtu;
	int any = 0;

	if (!driver_read_mtu(explained->device, &mtu))
		buf_printf(out, "mtu: %u\n", mtu);
	for (int i = 0; i < 4; i++)
		if (!driver_read_feature(explained->device, features[i], &feature) &&
		    feature.known)
			buf_printf(out, "%s%s %s%s", any++ ? ", " : "offloads: ", features[i],
				   feature.on ? "on" : "off", feature.fixed ? " [fixed]" : "");
	if (any)
		buf_putc(out, '\n');
	if (tags) {
		buf_puts(out, "vlan tags: taken off packets before XDP sees them; ");
		advice_print(tags, explained->device, out);
		buf_putc(out, '\n');
	}
	if (!driver_read_channels(explained->device, &channels))
		buf_printf(out, "channels: rx %u of %u, tx %u of %u, combined %u of %u\n",
			   channels.rx, channels.max_rx, channels.tx, channels.max_tx,
			   channels.combined, channels.max_combined);
}

/* What a load would do with a device that has no stub. */
static void print_outlook(const struct explained *explained, struct buf *out)
{
	const struct advice_row *row =
		advice_find(explained->device, explained->driver.name, "");

	if (row) {
		buf_puts(out, "in the way of native mode now: ");
		advice_print(row, explained->device, out);
		buf_puts(out, "\n");
	} else if (explained->declared && !(explained->features & DRIVER_XDP_BASIC)) {
		buf_puts(out, "a load would get generic mode, as the driver declares no native "
			      "one with the present settings\n");
	} else {
		buf_puts(out, "a load would try native mode first; only trying it tells\n");
	}
}

static void print_help(const struct explained *explained, struct buf *out)
{
	const struct advice_row *row;

	if (!explained->ours) {
		print_outlook(explained, out);
		return;
	}
	if (!explained->found.generic) {
		buf_puts(out, "for native mode: nothing to do, it is in force\n");
		return;
	}
	buf_puts(out, "for native mode: ");
	if (explained->known && !explained->attach.error) {
		buf_puts(out, "xdpfw --mode native -f FILE\n");
		return;
	}
	row = advice_find(explained->device, explained->driver.name, explained->attach.reason);
	if (!row) {
		buf_puts(out, "no setting is known that would help; generic mode filters the same "
			      "packets at a higher cost\n");
		return;
	}
	advice_print(row, explained->device, out);
	buf_puts(out, "\nthen: xdpfw --mode native -f FILE\n");
	buf_printf(out, "source: %s\n", row->fact);
}

bool show_explain(struct report *report, const char *device, struct buf *out)
{
	struct explained explained = { .device = device };
	int error;

	explained.ifindex = if_nametoindex(device);
	if (!explained.ifindex)
		return report_fail(report, REPORT_SYSTEM,
				   "there is no device '%s' in this network namespace", device);
	error = attach_query(explained.ifindex, &explained.found);
	if (error)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot ask which XDP program is on %s: %s", device,
				   strerror(-error));
	driver_read_name(device, &explained.driver);
	explained.declared = !driver_read_xdp(explained.ifindex, &explained.features);
	read_folder(&explained, out);
	buf_printf(out, "device: %s, number %u, driver %s %s\n", device, explained.ifindex,
		   explained.driver.name[0] ? explained.driver.name : "unknown",
		   explained.driver.version);
	print_filter(&explained, out);
	print_tried(&explained, out);
	print_declared(&explained, out);
	print_settings(&explained, out);
	print_help(&explained, out);
	return true;
}
