/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_parts: what the files of module show share.
 */
#ifndef XDPFW_SHOW_PARTS_H
#define XDPFW_SHOW_PARTS_H

#include "loader/maps.h"
#include "loader/show.h"

/* A time of day, SECONDS after 1970. */
void show_time(uint64_t seconds, struct buf *out);

/* What comes back instead of PROGRAM, and when. */
bool show_confirm(struct report *report, const struct maps_folder *folder,
		  const struct maps_program *program, struct arena *arena, struct buf *out);

/* The devices of PROGRAM, in whose links program STUB is to be found. */
bool show_devices(struct report *report, const struct maps_folder *folder,
		  const struct maps_program *program, const struct maps_link *links, int count,
		  uint32_t stub, struct arena *arena, struct buf *out);

#endif
