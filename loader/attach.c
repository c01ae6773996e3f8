/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: puts the stub on a device, natively if the driver lets it.
 *
 * In: the stub, a device.  Out: a link that holds the stub on the device for as long as somebody
 * holds the link.  A program of somebody else is never replaced unless the user says so; creating
 * a link fails when there is one, so there is no moment in which one could be overlooked.  No
 * setting of the device is changed but by --fix-offloads, which says so.
 */
#define _GNU_SOURCE
#include "loader/attach.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader/advice.h"
#include "loader/capture.h"
#include "loader/driver.h"
#include "loader/netdev.h"
#include "loader/own.h"
#include "loader/owner.h"

const char *attach_mode_name(enum attach_mode mode)
{
	static const char *const names[] = { "auto", "native", "generic", "offload" };

	return (unsigned int)mode < 4 ? names[mode] : "?";
}

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
	struct attach_program program = { 0 };
	uint32_t on[NETDEV_MODES];
	int error = netdev_query(ifindex, on);	/* libbpf's query lists all devices each time */

	if (error)
		return error;
	program.generic = !on[NETDEV_NATIVE] && !on[NETDEV_OFFLOADED];
	program.id = on[NETDEV_NATIVE]	  ? on[NETDEV_NATIVE] :
		     on[NETDEV_OFFLOADED] ? on[NETDEV_OFFLOADED] :
					    on[NETDEV_GENERIC];
	program.multiple = (on[NETDEV_NATIVE] != 0) + (on[NETDEV_OFFLOADED] != 0) +
			   (on[NETDEV_GENERIC] != 0) > 1;
	if (program.id)
		read_name(program.id, program.name);
	*ret_program = program;
	return 0;
}

/* ---- a program of somebody else ---- */

void attach_describe(const char *device, uint32_t ifindex, const struct attach_program *found,
		     struct buf *out)
{
	uint32_t link = owner_find_link(ifindex, found->id);

	buf_printf(out, "%s has an XDP program of somebody else: '%s' (id %u, %s)", device,
		   found->name, found->id, found->generic ? "generic" : "native");
	if (owner_is_dispatcher(found->name))
		buf_printf(out, ", the dispatcher of libxdp; 'xdp-loader status %s' lists what it "
			   "runs, 'xdp-loader unload %s --all' takes it off", device, device);
	else if (link)
		buf_printf(out, "; to take it off end who holds it, or 'bpftool link detach id %u'",
			   link);
	else
		buf_printf(out, "; --force detaches it, or 'ip link set dev %s %s off'", device,
			   found->generic ? "xdpgeneric" : "xdpdrv");
	owner_describe(ifindex, found->id, out);
}

static bool refuse_foreign(struct report *report, const struct attach_request *request,
			   const struct attach_program *found)
{
	OWN_BUF struct buf text = BUF_INIT;

	attach_describe(request->name, request->ifindex, found, &text);
	return report_fail(report, REPORT_SYSTEM, "%s", text.at);
}

/* The kernel lets nobody but its holders end a link. */
static bool refuse_link(struct report *report, const struct attach_request *request,
			const struct attach_program *found, uint32_t link)
{
	OWN_BUF struct buf text = BUF_INIT;

	owner_describe(request->ifindex, found->id, &text);
	return report_fail(report, REPORT_SYSTEM,
			   "cannot take %s from the XDP program '%s' (id %u): link %u of another "
			   "process holds it there; end that process, or run 'bpftool link detach "
			   "id %u'%s", request->name, found->name, found->id, link, link,
			   text.at ? text.at : "");
}

/* A command that was killed while it asked for the kernel's words can leave the stub there. */
static bool is_left_over(const struct attach_request *request, const struct attach_program *found)
{
	OWN_FD int slots = maps_get_program_map(found->id, MAPS_SLOTS);

	return slots >= 0 && maps_is_same(slots, request->slots);
}

static bool detach_foreign(struct report *report, const struct attach_request *request,
			   const struct attach_program *found)
{
	uint32_t link = owner_find_link(request->ifindex, found->id);
	bool ours = is_left_over(request, found);
	int error;

	if (link)
		return refuse_link(report, request, found, link);
	error = bpf_xdp_detach((int)request->ifindex,
			       found->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE, NULL);
	if (error)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot detach the XDP program '%s' (id %u) from %s: %s",
				   found->name, found->id, request->name, strerror(-error));
	if (!ours)
		report_notice(report,
			      "the XDP program '%s' (id %u) was detached from %s; the device had "
			      "no XDP program until the stub was attached", found->name, found->id,
			      request->name);
	return true;
}

static bool make_room(struct report *report, const struct attach_request *request)
{
	struct attach_program found;
	int error;

	/* Twice: a program can be there in each of two modes. */
	for (int i = 0; i < 3; i++) {
		error = attach_query(request->ifindex, &found);
		if (error)
			return report_fail(report, REPORT_SYSTEM,
					   "cannot ask which XDP program is on %s: %s",
					   request->name, strerror(-error));
		if (!found.id)
			return true;
		if (!request->force && !is_left_over(request, &found))
			return refuse_foreign(report, request, &found);
		if (!detach_foreign(report, request, &found))
			return false;
	}
	return report_fail(report, REPORT_SYSTEM,
			   "somebody attaches XDP programs to %s again and again", request->name);
}

/* ---- offload ---- */

/*
 * A program for a device's own processor is verified by its driver, so a program of two
 * instructions tells whether the device takes any.
 */
static int load_for_device(uint32_t ifindex, struct buf *words)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[1024] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_ifindex = ifindex, .log_buf = log,
		    .log_size = sizeof(log), .log_level = 1);
	OWN_FD int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpfw_ask", "GPL", pass, 2, &opts);

	buf_printf(words, "%.*s", (int)strcspn(log, "\n"), log);
	return fd < 0 ? fd : 0;
}

bool attach_refuse_offload(struct report *report, const char *name, uint32_t ifindex)
{
	OWN_BUF struct buf words = BUF_INIT;
	int error = load_for_device(ifindex, &words);

	if (!error)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot attach to %s in offload mode: the device takes "
				   "programs, but no driver offloads tail calls, by which xdpfw "
				   "changes all devices over at one instant; use --mode native",
				   name);
	return report_fail(report, REPORT_SYSTEM,
			   "cannot attach to %s in offload mode: the kernel does not let a program "
			   "be loaded into it: %s%s%s; and no driver offloads tail calls, which "
			   "xdpfw needs", name, strerror(-error), words.len ? ": " : "",
			   words.len ? words.at : "");
}

/* ---- native and generic ---- */

static int create_link(int stub, uint32_t ifindex, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);

	return bpf_link_create(stub, (int)ifindex, BPF_XDP, &opts);
}

/*
 * A link that cannot be made gives only a number; the same request through netlink gives the
 * driver's own words.  Returns 0 when it is not refused any more; nothing stays attached then.
 */
static int ask_reason(int stub, uint32_t ifindex, uint32_t flags, int error,
		      char ret_reason[MAPS_REASON_BYTES])
{
	static const char mark[] = "Kernel error message: ";
	OWN_BUF struct buf text = BUF_INIT;
	const char *words;
	int answer;

	capture_begin(&text);
	answer = bpf_xdp_attach((int)ifindex, stub, flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (!answer)
		bpf_xdp_detach((int)ifindex, flags, NULL);
	capture_end();
	if (!answer)
		return 0;
	words = text.at ? strstr(text.at, mark) : NULL;
	if (words) {
		words += strlen(mark);
		snprintf(ret_reason, MAPS_REASON_BYTES, "%.*s", (int)strcspn(words, "\n"), words);
	} else if (error == -EOPNOTSUPP && flags == XDP_FLAGS_DRV_MODE) {
		snprintf(ret_reason, MAPS_REASON_BYTES, "the driver has no native XDP");
	} else {
		snprintf(ret_reason, MAPS_REASON_BYTES, "%s", strerror(-error));
	}
	return error;
}

/* The tests' refusal: native mode needs a setting that no device of theirs really minds. */
static bool is_refused_for_test(const struct attach_request *request, uint32_t flags,
				struct maps_attach *attach)
{
#ifdef XDPFW_TEST_FAULTS
	const char *feature = getenv("XDPFW_REFUSE_NATIVE");
	struct driver_feature found = { 0 };

	if (!feature || flags != XDP_FLAGS_DRV_MODE)
		return false;
	if (strcmp(feature, "always") != 0 &&
	    (driver_read_feature(request->name, feature, &found) || !found.on))
		return false;
	attach->error = -EINVAL;
	snprintf(attach->reason, sizeof(attach->reason), "test: rx-checksum is on");
	return true;
#else
	(void)request, (void)flags, (void)attach;
	return false;
#endif
}

/* Fills in ATTACH what the kernel answers. */
static bool try_mode(const struct attach_request *request, uint32_t flags,
		     struct maps_attach *attach, int *ret_link)
{
	attach->error = 0;
	attach->reason[0] = 0;
	if (is_refused_for_test(request, flags, attach))
		return false;
	/* Twice: the driver may have changed its mind when it was asked why. */
	for (int i = 0; i < 2; i++) {
		OWN_FD int link = create_link(request->stub, request->ifindex, flags);

		if (link >= 0) {
			attach->error = 0;
			*ret_link = take_fd(&link);
			return true;
		}
		attach->error = link;
		if (ask_reason(request->stub, request->ifindex, flags, link, attach->reason))
			return false;
		snprintf(attach->reason, sizeof(attach->reason), "%s", strerror(-link));
	}
	return false;
}

static const struct advice_row *find_advice(const struct attach_request *request,
					    const struct maps_attach *attach)
{
	struct driver_name driver = { 0 };

	driver_read_name(request->name, &driver);
	return advice_find(request->name, driver.name, attach->reason);
}

/* Changes the setting that is in the way, if there is one, and tries once more. */
static bool fix_and_try(struct report *report, const struct attach_request *request,
			struct maps_attach *attach, int *ret_link)
{
	const struct advice_row *row = find_advice(request, attach);
	struct maps_attach again = *attach;

	if (!row || !advice_fix(report, row, request->name, request->fix)) {
		report_notice(report, "%s: --fix-offloads knows no setting that would help",
			      request->name);
		return false;
	}
	if (try_mode(request, XDP_FLAGS_DRV_MODE, &again, ret_link)) {
		*attach = again;
		return true;
	}
	advice_undo(report, request->fix, request->name, "that did not help");
	return false;
}

static bool attach_native(struct report *report, const struct attach_request *request,
			  struct maps_attach *attach, int *ret_link)
{
	return try_mode(request, XDP_FLAGS_DRV_MODE, attach, ret_link) ||
	       (request->fix && fix_and_try(report, request, attach, ret_link));
}

static bool fail_native(struct report *report, const struct attach_request *request,
			const struct maps_attach *attach)
{
	const struct advice_row *row = find_advice(request, attach);
	OWN_BUF struct buf help = BUF_INIT;

	report_fail(report, REPORT_SYSTEM, "cannot attach to %s in native mode: %s", request->name,
		    attach->reason);
	if (row) {
		advice_print(row, request->name, &help);
		report_add(report, "\n  what would help: %s", help.at);
	}
	return false;
}

static void say_fallback(struct report *report, const struct attach_request *request,
			 const struct maps_attach *attach)
{
	report_notice(report,
		      "%s: generic mode, which is slower, because native mode was refused: %s%s",
		      request->name, attach->reason,
		      find_advice(request, attach) ? "; see 'xdpfw status --explain'" : "");
}

bool attach_device(struct report *report, const struct attach_request *request,
		   struct maps_attach *ret_attach, int *ret_link)
{
	struct maps_attach attach = { .asked = request->mode }, generic = { 0 };

	if (request->mode == ATTACH_OFFLOAD)
		return attach_refuse_offload(report, request->name, request->ifindex);
	if (!make_room(report, request))
		return false;
	if (request->mode != ATTACH_GENERIC &&
	    attach_native(report, request, &attach, ret_link)) {
		*ret_attach = attach;
		return true;
	}
	if (request->mode == ATTACH_NATIVE)
		return fail_native(report, request, &attach);
	if (!try_mode(request, XDP_FLAGS_SKB_MODE, &generic, ret_link))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot attach to %s in generic mode: %s", request->name,
				   generic.reason);
	attach.generic = 1;
	if (request->mode == ATTACH_AUTO)
		say_fallback(report, request, &attach);
	else
		snprintf(attach.reason, sizeof(attach.reason), "asked for");
	*ret_attach = attach;
	return true;
}
