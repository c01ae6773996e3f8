/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object: BPF objects in memory -> programs and maps in the kernel.
 */
#ifndef XDPFW_OBJECT_H
#define XDPFW_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/buf.h"
#include "loader/report.h"

/* Maps that a rules program takes from others; -1: it makes its own. */
struct object_maps {
	int cells;			/* xdpfw_cells */
	int devices;			/* xdpfw_devices */
	int tables;			/* .bss */
};

#define OBJECT_MAPS_NONE { -1, -1, -1 }

struct object_config {
	bool prove;			/* write the trail */
	const uint32_t *cell_of;
	uint32_t counter_count;
	uint32_t cell_count;		/* of a cells map it makes itself */
	const uint8_t *image;		/* of .bss, when it makes its own */
	size_t image_bytes;
	bool reads_given;		/* it has a struct xdpfw_given */
	int32_t minutes_west;		/* see struct xdpfw_config */
	int64_t tai_offset;
};

/* A loaded rules program. Every descriptor is owned; start with OBJECT_INIT. */
struct object {
	int program;
	int trail;
	int given;			/* its own; -1: it has none */
	struct object_maps maps;	/* taken ones and made ones; tables may be -1 */
	uint32_t id;
	uint8_t tag[8];
	uint32_t xlated_bytes;
};

#define OBJECT_INIT { -1, -1, -1, OBJECT_MAPS_NONE, 0, { 0 }, 0 }

void object_close(struct object *object);

/*
 * Loads the rules program of an object.  When the verifier refuses it: REPORT_BUG, and LOG has its
 * words.
 */
bool object_load(struct report *report, const void *bytes, size_t len,
		 const struct object_config *config, const struct object_maps *maps,
		 struct buf *log, struct object *ret_object);

/*
 * What the program is to take for clock, CPU and random number from now on; nothing when it reads
 * none of them.  Returns 0 or a negative errno.
 */
int object_give(const struct object *object, const struct xdpfw_given *given);

/* The built-in programs and their maps; every descriptor is owned. */
struct object_stub {
	int slots, control, missed, stub, pass;
};

#define OBJECT_STUB_INIT { -1, -1, -1, -1, -1 }

void object_stub_close(struct object_stub *stub);

/* Loads both programs; the maps that STUB has are taken, the others made. */
bool object_stub_load(struct report *report, struct object_stub *stub);

#endif
