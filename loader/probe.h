/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe: what this kernel, this process and this network namespace can do.
 */
#ifndef XDPFW_PROBE_H
#define XDPFW_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/report.h"

/* xdp.frags, array values of more than 4 MiB (kernel 6.1; the floor this is tested on) */
#define PROBE_KERNEL_MAJOR 6
#define PROBE_KERNEL_MINOR 1

/* Whether RELEASE, as uname() has it, is at least the floor. */
bool probe_release_fits(const char *release);

/* Whether this process may use BPF at all: tells `-c` how far it can go. */
bool probe_may_load(void);

/* Both above, as errors. */
bool probe_system(struct report *report);

/* The number that names this network namespace for as long as the machine runs. */
bool probe_netns_cookie(struct report *report, uint64_t *ret_cookie);

/* The clocks of this machine, as a program asks for them. */
struct probe_clock {
	int32_t minutes_west;		/* of the kernel's time zone */
	int64_t tai_offset;		/* ns from wall clock to CLOCK_TAI */
};

bool probe_read_clock(struct report *report, struct probe_clock *ret_clock);

/* Enters a network namespace: a name that `ip netns` made, a process id, or a path. */
bool probe_enter_netns(struct report *report, const char *netns);

#endif
