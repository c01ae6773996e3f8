/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prove: that the built program does what the ruleset says.
 */
#ifndef XDPFW_PROVE_H
#define XDPFW_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/compile.h"
#include "loader/object.h"
#include "loader/report.h"

#define PROVE_PACKETS 20000		/* at most, but always one for each rule */
#define PROVE_PACKETS_LEAST 2000	/* and so many more for each rule: */
#define PROVE_PACKETS_A_RULE 100
#define PROVE_PACKETS_A_DEVICE 1000	/* and at least these on each */
#define PROVE_MS 2000			/* then only rules without a packet so far get one, */
#define PROVE_MS_MOST 20000		/* and at last no more: jumps can make a packet slow */

struct prove_input {
	const struct compile *compile;
	struct object twins[2];		/* 0: prove = 1; 1: prove = 0; with cells of their own */
	const uint32_t *cell_of;
	int devices;			/* their xdpfw_devices */
	/* The devices of the ruleset, by number of compile->devices. */
	const struct xdpfw_device *where;
	int32_t minutes_west;		/* as in the twins' configuration */
	bool rehearse;			/* the devices need not exist: each is played by lo */
};

/* A difference is REPORT_BUG with the packet. */
bool prove_run(struct report *report, const struct prove_input *input, struct arena *arena,
	       uint32_t *ret_packets);

/* Fills a table that finds each device by its ifindex. False: too many devices. */
bool prove_fill_devices(const struct xdpfw_device *devices, size_t count,
			struct xdpfw_device_table *ret_table);

#endif
