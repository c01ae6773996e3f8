/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_boot: what the machine starts with after a load.
 *
 * In: a load whose program is proved, and not in force yet.  Out: the file `next` (boot.h), and its
 * digest for the record.  A file that cannot be written is a notice; the record then says that
 * there is none, and the machine starts with what it would have started with before.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <string.h>

#include "loader/boot.h"
#include "loader/own.h"

static bool has_digest(const struct bundle *bundle)
{
	for (size_t i = 0; i < sizeof(bundle->digest); i++)
		if (bundle->digest[i])
			return true;
	return false;
}

void swap_boot_next(struct swap_state *state, const struct buf *object)
{
	const struct bundle *given = state->request->bundle;
	const struct compile *compile = state->request->compile;
	uint8_t *digest = state->record.header.bundle;
	OWN_BUF struct buf bytes = BUF_INIT;
	struct bundle bundle;

	if (!given)
		return;
	/* An object that the kernel refused was built anew, and is the one to start with. */
	if (has_digest(given) && state->kept) {
		memcpy(digest, given->digest, sizeof(given->digest));
		return;
	}
	bundle = *given;
	bundle_set_program(&bundle, compile, object);
	bundle_put(&bundle, &bytes);
	if (boot_put_next(state->report, &bytes))
		bundle_read_digest((const uint8_t *)bytes.at, digest);
}

static const uint8_t none[STATE_DIGEST_BYTES];

void swap_boot_settle(struct report *report, const struct maps_record *record, bool pending)
{
	boot_settle(report, record ? record->header.bundle : none, pending);
}

void swap_boot_check(struct report *report, const struct maps_record *record)
{
	enum boot_start start = boot_find_start(record ? record->header.bundle : none);

	if (start == BOOT_START_OTHER || start == BOOT_START_NONE)
		report_notice(report, "the machine will start with %s: this ruleset was loaded "
				      "while %s could not be written; load it again",
			      start == BOOT_START_NONE ? "no ruleset" : "another ruleset",
			      state_path());
}
