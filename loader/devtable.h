/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devtable: the table in which a program finds the device a packet came in by.
 */
#ifndef XDPFW_DEVTABLE_H
#define XDPFW_DEVTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/arena.h"

/*
 * Fills a table in which each device is found, at home if they are no more than
 * XDPFW_MAX_DEVICES.  OTHER: see XDPFW_DEVICE_OTHER; NULL: none.  False: too many devices.
 */
bool devtable_fill(const struct xdpfw_device *devices, size_t count,
		   const struct xdpfw_device *other, struct xdpfw_device_table *ret_table);

/* As a program finds it, but never the other devices' row; NULL when it is not there. */
const struct xdpfw_device *devtable_find(const struct xdpfw_device_table *table,
					 uint32_t ifindex);

/* The rows of a table. */
size_t devtable_list(const struct xdpfw_device_table *table, struct arena *arena,
		     const struct xdpfw_device **ret_rows);

/*
 * Makes a table that programs read right now hold these rows and no others.  A packet finds the
 * old row of a device or the new one, never a part of it and never none.  Returns 0, or -ENOSPC:
 * there is no room for a row; then its device is in *ret_left_out, and the others are done.
 */
int devtable_change(struct xdpfw_device_table *table, const struct xdpfw_device *devices,
		    size_t count, const struct xdpfw_device *other, uint32_t *ret_left_out);

/* A map's table, mapped: both sides see every change. Returns 0 or a negative errno. */
int devtable_map(int map, bool write, struct xdpfw_device_table **ret_table);
void devtable_unmap(struct xdpfw_device_table **table);

#define OWN_DEVTABLE __attribute__((cleanup(devtable_unmap)))

#endif
