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

#define PROVE_PACKETS 12000		/* at most, but always one for each rule */
#define PROVE_PACKETS_KEPT 8000		/* likewise, for code that was there before; but then */
#define PROVE_RULES_KEPT 40000		/* of more rules some get none, spread evenly */
#define PROVE_PACKETS_LEAST 2000	/* and so many more for each rule: */
#define PROVE_PACKETS_A_RULE 50
#define PROVE_PACKETS_A_RULE_KEPT 20
#define PROVE_PACKETS_A_DEVICE 1000	/* and at least these on each of a few devices, */
#define PROVE_PACKETS_ALL_DEVICES 40000	/* and these on many of them, */
#define PROVE_DEVICES 64		/* of which about so many are taken */
#define PROVE_MS 2000			/* then only rules without a packet so far get one, */
#define PROVE_MS_MOST 20000		/* and at last no more: jumps can make a packet slow */

/* A device in whose name packets are sent into the twins. */
struct prove_row {
	struct xdpfw_device device;
	bool played;			/* by lo, because there is none of that name now */
};

struct prove_input {
	const struct compile *compile;
	struct object twins[2];		/* 0: prove = 1; 1: prove = 0; with cells of their own */
	const uint32_t *cell_of;
	int devices;			/* their xdpfw_devices */
	const struct xdpfw_device_table *table;	/* what those hold; NULL: nothing yet */
	const struct prove_row *rows;	/* at least one of each entry; played ones last */
	size_t row_count;
	int32_t minutes_west;		/* as in the twins' configuration */
	bool kept;			/* this code was proved before, maybe with other tables */
};

/* A difference is REPORT_BUG with the packet. */
bool prove_run(struct report *report, const struct prove_input *input, struct arena *arena,
	       uint32_t *ret_packets);

#endif
