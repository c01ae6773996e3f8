/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target: the devices that a ruleset's names mean right now.
 */
#ifndef XDPFW_TARGET_H
#define XDPFW_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/arena.h"
#include "loader/maps.h"
#include "loader/netdev.h"

#define TARGET_NO_SPEC SIZE_MAX

/* A device that runs base chains. */
struct target_row {
	struct xdpfw_device device;	/* the row of the table */
	size_t spec;			/* that it fits; TARGET_NO_SPEC: none any more */
	uint32_t bond;			/* ifindex of the bond whose filter it has; 0: its own */
	char name[XDPFW_NAME_BYTES];	/* its own, also when the row has its bond's */
};

enum target_problem {
	TARGET_MISSING,			/* no device of that name */
	TARGET_NOTHING_FITS,		/* likewise, of a name with a star */
	TARGET_NO_ETHERNET,		/* it carries no Ethernet header */
	TARGET_IN_BOND,			/* it and its bond run other chains, or both are named */
	TARGET_THROUGH_BOND,		/* it fits a star, and so does its bond: that one filters */
	TARGET_TOO_MANY,		/* devices fit */
};

struct target_finding {
	enum target_problem problem;
	size_t spec;
	const struct netdev *device;	/* NULL: none */
	const struct netdev *bond;	/* likewise */
};

struct target {
	const struct target_row *rows;
	size_t row_count;
	const struct target_finding *findings;
	size_t finding_count;
	struct xdpfw_device other;	/* see XDPFW_DEVICE_OTHER; ifindex 0: none */
};

/*
 * Which devices of LIST the SPECS mean: the one of that name, else the one whose longest beginning
 * it is; and the members of bonds among them.  With BEFORE (that many rows of a table) a device
 * that has a row keeps its entry, whatever it is called now.
 */
void target_find(const struct maps_spec *specs, size_t spec_count,
		 const struct netdev_list *list, const struct xdpfw_device *before,
		 size_t before_count, struct arena *arena, struct target *ret_target);

/* NULL when the device is none of them. */
const struct target_row *target_find_row(const struct target *target, uint32_t ifindex);

/* The rows of a table for these devices, and then PASS rows for those of IFINDEXES that are not. */
size_t target_make_rows(const struct target *target, const uint32_t *ifindexes, size_t count,
			struct arena *arena, struct xdpfw_device **ret_rows);

/* What kind of device DEVICE is, for people: "wireguard", "a device of type 65534". */
const char *target_kind(const struct netdev *device, struct arena *arena);

#endif
