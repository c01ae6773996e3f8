/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * advice: why a driver refuses native XDP, and what helps.
 */
#ifndef XDPFW_ADVICE_H
#define XDPFW_ADVICE_H

#include <stdbool.h>

#include "compiler/base/buf.h"
#include "loader/driver.h"
#include "loader/report.h"

/* A setting that --fix-offloads may change. */
enum advice_fix {
	ADVICE_FIX_NONE,
	ADVICE_FIX_FEATURE,		/* turn the row's features off */
	ADVICE_FIX_RX_CHANNELS,		/* as many channels to receive as the device can have */
	ADVICE_FIX_HALF_CHANNELS,	/* half of the combined channels the device can have */
};

struct advice_row {
	const char *driver;		/* NULL: any */
	const char *words;		/* a part of what the kernel answered; NULL: the features */
	const char *features[3];	/* without words: one of them must be on */
	const char *help;		/* what to do; @: the device, #: the number of .fix */
	const char *otherwise;		/* when the device has no more channels */
	enum advice_fix fix;
	const char *fact;		/* where in the kernel it says so */
};

/* All rows, for the tests. */
const struct advice_row *advice_rows(unsigned int *ret_count);

/*
 * What helps when the driver of DEVICE refused native mode with WORDS.  NULL: nothing that is
 * known.
 */
const struct advice_row *advice_find(const char *device, const char *driver, const char *words);

/*
 * What keeps VLAN tags from programs on DEVICE, so that rules which ask for a tag do not match.
 * NULL: nothing does.
 */
const struct advice_row *advice_find_tags(const char *device, const char *driver);

/* The row's help, for DEVICE. */
void advice_print(const struct advice_row *row, const char *device, struct buf *out);

/* What was there before a fix. */
struct advice_undo {
	const struct advice_row *row;	/* NULL: nothing was changed */
	bool changed[3];		/* features that were on */
	struct driver_channels channels;
};

/*
 * Changes the settings that ROW names, and says in a notice what was changed and how it is changed
 * back.  False, and nothing is changed, when there is nothing to change or the driver does not let
 * it; *ret_undo takes it back.
 */
bool advice_fix(struct report *report, const struct advice_row *row, const char *device,
		struct advice_undo *ret_undo);

/* Puts it back, and says WHY in a notice. Afterwards there is nothing to put back. */
void advice_undo(struct report *report, struct advice_undo *undo, const char *device,
		 const char *why);

#endif
