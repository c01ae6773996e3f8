/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_cells: cells in a program's tables.
 */
#ifndef XDPFW_OBJECT_CELLS_H
#define XDPFW_OBJECT_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Puts cells where the image has numbers of counters (struct xdpfw_cell_list).  False: its lists
 * are not what the compiler makes.
 */
bool object_cells_put(uint8_t *image, size_t bytes, const uint32_t *cell_of, uint32_t count);

#endif
