/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner: whose XDP program that is.
 */
#ifndef XDPFW_OWNER_H
#define XDPFW_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/buf.h"

/* The link that holds PROGRAM on a device, 0 when it was attached without one. */
uint32_t owner_find_link(uint32_t ifindex, uint32_t program);

/* Whether a program of this name is the dispatcher of libxdp. */
bool owner_is_dispatcher(const char *name);

/*
 * Adds to OUT what is known of a program on a device, a line for each fact, each after "\n  ":
 * when it was loaded and by whom, what holds it there, where it is pinned, which processes have
 * it open.
 */
void owner_describe(uint32_t ifindex, uint32_t program, struct buf *out);

#endif
