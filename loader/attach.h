/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: the stub on a device.
 */
#ifndef XDPFW_ATTACH_H
#define XDPFW_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/buf.h"
#include "loader/advice.h"
#include "loader/maps.h"
#include "loader/report.h"

enum attach_mode {
	ATTACH_AUTO,			/* native, else generic with a notice */
	ATTACH_NATIVE,
	ATTACH_GENERIC,
	ATTACH_OFFLOAD,			/* always refused, with the kernel's answer */
};

/* "native" */
const char *attach_mode_name(enum attach_mode mode);

/* The XDP program on a device, if any. */
struct attach_program {
	uint32_t id;			/* 0: none */
	bool generic;
	bool multiple;			/* another one in another mode */
	char name[16];
};

/* Returns 0 or a negative errno. */
int attach_query(uint32_t ifindex, struct attach_program *ret_program);

/* Whose program that is, and what to do about it; the sentence begins with DEVICE. */
void attach_describe(const char *device, uint32_t ifindex, const struct attach_program *found,
		     struct buf *out);

struct attach_request {
	int stub, slots;		/* the stub, and its map */
	const char *name;		/* of the device */
	uint32_t ifindex;
	enum attach_mode mode;
	bool force;			/* a program of somebody else is detached, not refused */
	struct advice_undo *fix;	/* to change settings that refuse native mode, else NULL */
};

/*
 * Attaches the stub.  *ret_attach says what was asked for, what the kernel answered, and the mode
 * that it is in; *ret_link is to be pinned by the caller, who owns it.
 */
bool attach_device(struct report *report, const struct attach_request *request,
		   struct maps_attach *ret_attach, int *ret_link);

/* Asks the kernel about offload to the device, and fails with its answer. */
bool attach_refuse_offload(struct report *report, const char *name, uint32_t ifindex);

#endif
