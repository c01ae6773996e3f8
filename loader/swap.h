/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap: a compiled ruleset -> in force on its devices, or nothing changed.
 */
#ifndef XDPFW_SWAP_H
#define XDPFW_SWAP_H

#include <stdbool.h>

#include "compiler/base/diag.h"
#include "compiler/compile.h"
#include "loader/attach.h"
#include "loader/bundle.h"
#include "loader/maps.h"
#include "loader/netdev.h"
#include "loader/report.h"

#define SWAP_LOCK_SECONDS 60

struct swap_request {
	const struct compile *compile;
	struct diag *diag;		/* devices that are not there are reported here */
	enum attach_mode mode;
	bool no_verify, fresh, drop_devices, force, fix_offloads;
	bool allow_missing;		/* names may mean devices that come later */
	struct compile_optimize optimize;	/* what the program was made for */
	uint32_t confirm;		/* seconds until the ruleset before comes back; 0: never */
	const struct buf *object;	/* built before; NULL: it is kept, or clang builds it */
	/*
	 * What the machine is to start with: text, failsafe rules, mode; the rest is made.  With
	 * a digest it is a boot object as it is, without one it is written; NULL: neither.
	 */
	const struct bundle *bundle;
};

/* -f: builds, proves, attaches, switches. */
bool swap_load(struct report *report, const struct swap_request *request);

/* -c: builds; with the rights for it also loads and proves with scratch state. */
bool swap_check(struct report *report, const struct swap_request *request);

bool swap_unload(struct report *report);

/*
 * Looks at the devices that came, went or changed since the ruleset in force was loaded: those that
 * it names are filtered afterwards.  SEEN: devices that the user has been told of, or NULL.
 */
bool swap_catch_up(struct report *report, const struct netdev_list *seen);

/* The ruleset in force stays.  REPORT_SYSTEM when none waits for this. */
bool swap_confirm(struct report *report);

/* The ruleset before comes back. */
bool swap_rollback(struct report *report);

/* Builds the program: for `compile -o`. */
bool swap_build(struct report *report, const struct compile *compile, struct buf *ret_object);

/* Whether a program was made from a ruleset: not the one that stands for none. */
bool swap_is_ruleset(const struct maps_program *program);

/*
 * Opens what is in force, after removing what a killed command left half made (if no command is
 * at work now).  *ret_program has no record when there is no ruleset; *ret_emptied: devices have
 * the stub all the same, and it drops their packets, because somebody emptied slot 0.
 */
bool swap_open(struct report *report, struct arena *arena, struct maps_folder *ret_folder,
	       struct maps_program *ret_program, bool *ret_emptied);

#endif
