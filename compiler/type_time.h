/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type_time: dates and times of day as nft writes them, in the host's time zone (TZ, or
 * /etc/localtime).  As in nft an hour is shifted by what the zone is off UTC right now, so that
 * `meta hour` moves with summer time only when the ruleset is loaded again.
 */
#ifndef XDPFW_TYPE_TIME_H
#define XDPFW_TYPE_TIME_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "compiler/base/str.h"
#include "compiler/base/u128.h"

#define TYPE_NS_PER_SECOND 1000000000u

/* "2026-11-21", with " 12:00" or " 12:00:00": ns since 1970 UTC. */
bool type_parse_date(struct str text, u128 *ret_ns);
void type_print_date(u128 ns, struct buf *out);
/* "12:00", "12:00:00": seconds since midnight UTC. */
bool type_parse_hour(struct str text, u128 *ret_seconds);
void type_print_hour(u128 seconds, struct buf *out);

#endif
