/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot: which ruleset `xdpfw load` puts in force when the machine starts.
 *
 * Three files in the state folder, each a bundle (bundle.h):
 *
 *	current		the ruleset in force, once it is confirmed
 *	previous	the one before it
 *	next		written before a switch; it becomes current when the switch has counted
 *
 * A bundle is told by its digest, which the record of the program in a slot carries, so that files
 * and kernel can be compared after a kill or a restart.  Only the network namespace of process 1
 * has these files; in all others everything here does nothing.
 */
#ifndef XDPFW_BOOT_H
#define XDPFW_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/buf.h"
#include "loader/report.h"
#include "loader/state.h"

/*
 * Whether this process works in the network namespace that has boot objects.  With REPORT a notice
 * says so when that cannot be told, and is taken for no.
 */
bool boot_is_here(struct report *report);

/*
 * Writes `next`; before the switch.  BUNDLE: its bytes.  False when there is none now, with a
 * notice if it should have been written; that never stops a load.
 */
bool boot_put_next(struct report *report, const struct buf *bundle);

/*
 * Makes the files agree with what is in force.  IN_FORCE: the digest in the record of the program
 * that decides, all zero when it has none or when nothing is in force.  PENDING: a confirm is
 * pending, and nothing is done.  May be called at any time, under the lock, and again.
 */
void boot_settle(struct report *report, const uint8_t in_force[STATE_DIGEST_BYTES], bool pending);

/*
 * A ruleset that is empty is about to be put in force: the machine starts without one.  When the
 * load fails after all, boot_settle() takes it back.
 */
void boot_clear(struct report *report);

#define BOOT_CURRENT "current"
#define BOOT_PREVIOUS "previous"

/* The bytes of one of these.  REPORT_SYSTEM when there is none or it cannot be read. */
bool boot_get(struct report *report, const char *name, struct buf *ret_bundle);

/* For status: what the machine starts with, beside what is in force. */
enum boot_start {
	BOOT_START_UNKNOWN,		/* the files cannot be read, or are not this namespace's */
	BOOT_START_NONE,
	BOOT_START_THIS,
	BOOT_START_OTHER,
};

enum boot_start boot_find_start(const uint8_t in_force[STATE_DIGEST_BYTES]);

#endif
