/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cover: an nftables chain that drops every packet of a device, for the moment in which the device
 * has no XDP program.
 */
#ifndef XDPFW_COVER_H
#define XDPFW_COVER_H

#include <stdint.h>

#include "compiler/base/arena.h"

/* The table of a device is this and its number, family netdev. */
#define COVER_TABLE "xdpfw_cover_"

/* These return 0 or a negative errno. */

/* From when this returns no packet of the device gets past nftables' ingress hook. */
int cover_put(uint32_t ifindex);

/* -ENOENT: there was none. */
int cover_remove(uint32_t ifindex);

/* The numbers of the devices that are covered; or their devices are gone. */
int cover_list(struct arena *arena, uint32_t **ret_ifindexes, uint32_t *ret_count);

/*
 * Waits until packets that came in before are beyond the ingress hook: those that came while the
 * device had no program must meet the cover.
 */
void cover_drain(void);

#endif
