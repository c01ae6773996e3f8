/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: the stub on a device.
 */
#ifndef XDPFW_ATTACH_H
#define XDPFW_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "loader/maps.h"
#include "loader/report.h"

enum attach_mode {
	ATTACH_AUTO,			/* native, else generic with a notice */
	ATTACH_NATIVE,
	ATTACH_GENERIC,
};

/* The XDP program on a device, if any. */
struct attach_program {
	uint32_t id;			/* 0: none */
	bool generic;
	bool multiple;			/* another one in another mode */
	char name[16];
};

/* Returns 0 or a negative errno. */
int attach_query(uint32_t ifindex, struct attach_program *ret_program);

/*
 * Attaches STUB.  DEVICE has name and ifindex; its mode and the reason for it are filled in.  A
 * program of somebody else is refused, or detached with FORCE.
 */
bool attach_device(struct report *report, int stub, enum attach_mode mode, bool force,
		   struct maps_device *device, int *ret_link);

#endif
