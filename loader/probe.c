/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe: asks before anything is tried, so that a refusal is one sentence about its cause.
 *
 * In: nothing but the running system.  Out: facts.  Nothing is changed, but for the network
 * namespace this process works in, when it is asked to enter one.
 */
#define _GNU_SOURCE
#include "loader/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>

#include <bpf/bpf.h>

#include "loader/own.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71		/* asm-generic/socket.h */
#endif

bool probe_release_fits(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > PROBE_KERNEL_MAJOR ||
	       (major == PROBE_KERNEL_MAJOR && minor >= PROBE_KERNEL_MINOR);
}

static bool have_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/* Capabilities of a user namespace do not count for bpf(): only asking it tells. */
static bool bpf_answers(void)
{
	OWN_FD int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdpfw_probe", 4, 4, 1, NULL);

	return fd >= 0;
}

bool probe_may_load(void)
{
	struct utsname name;
	bool bpf = have_capability(CAP_SYS_ADMIN) ||
		   (have_capability(CAP_BPF) && have_capability(CAP_PERFMON));

	return bpf && have_capability(CAP_NET_ADMIN) && !uname(&name) &&
	       probe_release_fits(name.release) && bpf_answers();
}

bool probe_system(struct report *report)
{
	struct utsname name;

	if (uname(&name))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot ask for the kernel's release: %s", strerror(errno));
	if (!probe_release_fits(name.release))
		return report_fail(report, REPORT_SYSTEM,
				   "this kernel is %s, and xdpfw needs %d.%d or newer: older ones "
				   "lack XDP programs for multi-buffer packets",
				   name.release, PROBE_KERNEL_MAJOR, PROBE_KERNEL_MINOR);
	if (probe_may_load())
		return true;
	return report_fail(report, REPORT_SYSTEM,
			   "the kernel does not let this process load BPF programs: xdpfw needs "
			   "the capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN of the initial "
			   "user namespace (run it as root)");
}

bool probe_netns_cookie(struct report *report, uint64_t *ret_cookie)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	OWN_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot ask for the cookie of this network namespace: %s",
				   strerror(errno));
	*ret_cookie = cookie;
	return true;
}

/* The C library's gettimeofday() leaves the time zone out. */
bool probe_read_clock(struct report *report, struct probe_clock *ret_clock)
{
	struct timespec wall, tai;
	struct timezone zone = { 0 };

	if (syscall(SYS_gettimeofday, NULL, &zone) || clock_gettime(CLOCK_REALTIME, &wall) ||
	    clock_gettime(CLOCK_TAI, &tai))
		return report_fail(report, REPORT_SYSTEM, "cannot read the clock: %s",
				   strerror(errno));
	ret_clock->minutes_west = zone.tz_minuteswest;
	/* Whole seconds lie between the two; the calls do not come at the same instant. */
	ret_clock->tai_offset =
		((tai.tv_sec - wall.tv_sec) * 1000000000ll + tai.tv_nsec - wall.tv_nsec +
		 500000000ll) / 1000000000ll * 1000000000ll;
	return true;
}

static bool is_number(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

bool probe_enter_netns(struct report *report, const char *netns)
{
	char path[PATH_MAX];
	OWN_FD int fd = -1;
	int length;

	if (is_number(netns))
		length = snprintf(path, sizeof(path), "/proc/%s/ns/net", netns);
	else if (strchr(netns, '/'))
		length = snprintf(path, sizeof(path), "%s", netns);
	else
		length = snprintf(path, sizeof(path), "/run/netns/%s", netns);
	if (length < 0 || (size_t)length >= sizeof(path))
		return report_fail(report, REPORT_USAGE, "--netns: the path is too long");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);	/* it may be a pipe */
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot enter the network namespace '%s' (%s): %s", netns, path,
				   strerror(errno));
	return true;
}
