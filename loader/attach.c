/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: puts the stub on a device, natively if the driver lets it.
 *
 * In: the stub, a device.  Out: a link that holds the stub on the device for as long as somebody
 * holds the link.  A program of somebody else is never replaced unless the user says so; creating
 * a link fails when there is one, so there is no moment in which one could be overlooked.
 */
#include "loader/attach.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader/capture.h"
#include "loader/own.h"

static void read_name(uint32_t id, char ret_name[16])
{
	OWN_FD int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	ret_name[0] = 0;
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(ret_name, 16, "%s", info.name);
}

int attach_query(uint32_t ifindex, struct attach_program *ret_program)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct attach_program program = { 0 };
	int error = bpf_xdp_query((int)ifindex, 0, &opts);

	if (error)
		return error;
	program.generic = !opts.drv_prog_id && !opts.hw_prog_id;
	program.id = opts.drv_prog_id ? opts.drv_prog_id :
		     opts.hw_prog_id  ? opts.hw_prog_id :
					opts.skb_prog_id;
	program.multiple = (opts.drv_prog_id != 0) + (opts.hw_prog_id != 0) +
			   (opts.skb_prog_id != 0) > 1;
	if (program.id)
		read_name(program.id, program.name);
	*ret_program = program;
	return 0;
}

/* The link that holds program ID on a device, 0 when it was attached without one. */
static uint32_t find_link(uint32_t ifindex, uint32_t program)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		OWN_FD int fd = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = { 0 };
		uint32_t len = sizeof(info);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		if (info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex &&
		    info.prog_id == program)
			return id;
	}
	return 0;
}

static bool detach_foreign(struct report *report, const struct maps_device *device,
			   const struct attach_program *found)
{
	uint32_t link = find_link(device->ifindex, found->id);
	int error;

	if (link)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot take %s from the XDP program '%s' (id %u): link %u of "
				   "another process holds it there; end that process, or run "
				   "'bpftool link detach id %u'",
				   device->name, found->name, found->id, link, link);
	error = bpf_xdp_detach((int)device->ifindex,
			       found->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE, NULL);
	if (error)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot detach the XDP program '%s' (id %u) from %s: %s",
				   found->name, found->id, device->name, strerror(-error));
	report_notice(report,
		      "the XDP program '%s' (id %u) was detached from %s; the device had no XDP "
		      "program until the stub was attached", found->name, found->id, device->name);
	return true;
}

static bool make_room(struct report *report, const struct maps_device *device, bool force)
{
	struct attach_program found;
	int error;

	/* Twice: a program can be there in each of two modes. */
	for (int i = 0; i < 3; i++) {
		error = attach_query(device->ifindex, &found);
		if (error)
			return report_fail(report, REPORT_SYSTEM,
					   "cannot ask which XDP program is on %s: %s",
					   device->name, strerror(-error));
		if (!found.id)
			return true;
		if (!force)
			return report_fail(report, REPORT_SYSTEM,
					   "%s has an XDP program of somebody else: '%s' (id %u, "
					   "%s); --force detaches it", device->name, found.name,
					   found.id, found.generic ? "generic" : "native");
		if (!detach_foreign(report, device, &found))
			return false;
	}
	return report_fail(report, REPORT_SYSTEM,
			   "somebody attaches XDP programs to %s again and again", device->name);
}

static int create_link(int stub, uint32_t ifindex, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);

	return bpf_link_create(stub, (int)ifindex, BPF_XDP, &opts);
}

/*
 * A link that cannot be made gives only a number; the same request through netlink gives the
 * driver's own words.
 */
static void ask_reason(int stub, uint32_t ifindex, int error, char ret_reason[MAPS_REASON_BYTES])
{
	static const char mark[] = "Kernel error message: ";
	OWN_BUF struct buf text = BUF_INIT;
	const char *words;

	capture_begin(&text);
	/* Should the driver have changed its mind: nothing stays attached. */
	if (!bpf_xdp_attach((int)ifindex, stub, XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST,
			    NULL))
		bpf_xdp_detach((int)ifindex, XDP_FLAGS_DRV_MODE, NULL);
	capture_end();
	words = text.at ? strstr(text.at, mark) : NULL;
	if (words) {
		words += strlen(mark);
		snprintf(ret_reason, MAPS_REASON_BYTES, "%.*s", (int)strcspn(words, "\n"), words);
	} else if (error == -EOPNOTSUPP) {
		snprintf(ret_reason, MAPS_REASON_BYTES, "the driver has no native XDP");
	} else {
		snprintf(ret_reason, MAPS_REASON_BYTES, "%s", strerror(-error));
	}
}

bool attach_device(struct report *report, int stub, enum attach_mode mode, bool force,
		   struct maps_device *device, int *ret_link)
{
	OWN_FD int link = -1;

	if (!make_room(report, device, force))
		return false;
	if (mode != ATTACH_GENERIC) {
		link = create_link(stub, device->ifindex, XDP_FLAGS_DRV_MODE);
		if (link >= 0) {
			device->generic = 0;
			*ret_link = take_fd(&link);
			return true;
		}
		ask_reason(stub, device->ifindex, link, device->reason);
		if (mode == ATTACH_NATIVE)
			return report_fail(report, REPORT_SYSTEM,
					   "cannot attach to %s in native mode: %s", device->name,
					   device->reason);
	}
	link = create_link(stub, device->ifindex, XDP_FLAGS_SKB_MODE);
	if (link < 0)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot attach to %s in generic mode: %s", device->name,
				   strerror(-link));
	device->generic = 1;
	if (mode == ATTACH_AUTO)
		report_notice(report,
			      "%s: generic mode, which is slower, because native mode was refused: "
			      "%s", device->name, device->reason);
	else
		snprintf(device->reason, sizeof(device->reason), "asked for");
	*ret_link = take_fd(&link);
	return true;
}
