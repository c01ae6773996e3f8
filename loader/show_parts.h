/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_parts: what the files of module show share.
 */
#ifndef XDPFW_SHOW_PARTS_H
#define XDPFW_SHOW_PARTS_H

#include "loader/maps.h"
#include "loader/show.h"

/* The devices of PROGRAM, in whose links program STUB is to be found. */
bool show_devices(struct report *report, const struct maps_folder *folder,
		  const struct maps_program *program, const struct maps_link *links, int count,
		  uint32_t stub, struct arena *arena, struct buf *out);

#endif
