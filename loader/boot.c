/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot: keeps the bundles that a start of the machine needs.
 *
 * In: bundles, and the digest of what is in force.  Out: files in the state folder.  A file is
 * whole or absent, and each step of boot_settle() leaves a state that boot_settle() goes on from,
 * so a kill between two of them costs nothing: `current` is there from the first load on, and is
 * always a ruleset that was in force without a confirm pending.  A folder that cannot be written
 * is a notice: it never stops a load.
 */
#define _GNU_SOURCE
#include "loader/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "loader/bundle.h"
#include "loader/own.h"

#define CURRENT BOOT_CURRENT
#define PREVIOUS BOOT_PREVIOUS
#define NEXT "next"

bool boot_is_here(struct report *report)
{
	struct stat first, own;

	if (!stat("/proc/1/ns/net", &first) && !stat("/proc/thread-self/ns/net", &own))
		return first.st_dev == own.st_dev && first.st_ino == own.st_ino;
	if (report)
		report_notice(report, "the machine will start with what it would have started with "
				      "before: cannot tell whether this is the network namespace "
				      "of process 1: %s", strerror(errno));
	return false;
}

/* The digest a file says it has; false when it is not there or is none of ours. */
static bool read_digest(int folder, const char *name, uint8_t ret_digest[STATE_DIGEST_BYTES])
{
	OWN_FD int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t head[BUNDLE_HEAD_BYTES];

	return fd >= 0 && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
	       bundle_read_digest(head, ret_digest);
}

static bool has_digest(int folder, const char *name, const uint8_t digest[STATE_DIGEST_BYTES])
{
	uint8_t found[STATE_DIGEST_BYTES];

	return read_digest(folder, name, found) && !memcmp(found, digest, sizeof(found));
}

static bool is_none(const uint8_t digest[STATE_DIGEST_BYTES])
{
	static const uint8_t none[STATE_DIGEST_BYTES];

	return !memcmp(digest, none, sizeof(none));
}

static int sync_folder(int folder)
{
	return fsync(folder) ? -errno : 0;
}

/*
 * Returns 0 or a negative errno.  A file that is not there is gone already, also where nothing can
 * be written.
 */
static int drop(int folder, const char *name)
{
	struct stat found;

	if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return 0;
	if (unlinkat(folder, name, 0))
		return -errno;
	return sync_folder(folder);
}

static void notice_stale(struct report *report, const char *why)
{
	report_notice(report, "the machine will not start with this ruleset but with the one it "
			      "would have started with before: %s: %s", state_path(), why);
}

bool boot_put_next(struct report *report, const struct buf *bundle)
{
	const struct str parts[] = { buf_str(bundle) };
	uint8_t digest[STATE_DIGEST_BYTES];
	OWN_FD int folder = -1;
	int error;

	if (!boot_is_here(NULL))
		return false;
	folder = state_open();
	if (folder < 0) {
		notice_stale(report, state_folder_error(folder));
		return false;
	}
	/* A folder that cannot be written does not matter to what is there already. */
	if (bundle->len >= BUNDLE_HEAD_BYTES &&
	    bundle_read_digest((const uint8_t *)bundle->at, digest) &&
	    has_digest(folder, CURRENT, digest))
		return true;
	error = state_put_file(folder, NEXT, "next.new", 0600, parts, 1);
	if (!error)
		return true;
	notice_stale(report, strerror(-error));
	return false;
}

/* `current` becomes `previous` too, under which name it is found while `next` takes its place. */
static int keep_current(int folder)
{
	int error = drop(folder, PREVIOUS);

	if (error)
		return error;
	if (linkat(folder, CURRENT, folder, PREVIOUS, 0) && errno != ENOENT)
		return -errno;
	return 0;
}

static int promote_next(int folder)
{
	int error = keep_current(folder);

	/* Without hard links there is no previous one. */
	if (error && error != -EPERM && error != -EOPNOTSUPP)
		return error;
	if (renameat(folder, NEXT, folder, CURRENT))
		return -errno;
	return sync_folder(folder);
}

static int bring_previous(int folder)
{
	if (renameat2(folder, CURRENT, folder, PREVIOUS, RENAME_EXCHANGE)) {
		/* Nothing to exchange with, or not on this file system. */
		if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
			return -errno;
		if (renameat(folder, PREVIOUS, folder, CURRENT))
			return -errno;
	}
	return sync_folder(folder);
}

/* A `next` that stays where it is does no harm: it is never read but for its digest. */
static int settle(int folder, const uint8_t in_force[STATE_DIGEST_BYTES])
{
	int error = 0;

	if (!is_none(in_force) && !has_digest(folder, CURRENT, in_force)) {
		if (has_digest(folder, NEXT, in_force))
			return promote_next(folder);
		if (has_digest(folder, PREVIOUS, in_force))
			error = bring_previous(folder);
	}
	if (!error)
		drop(folder, NEXT);
	return error;
}

void boot_settle(struct report *report, const uint8_t in_force[STATE_DIGEST_BYTES], bool pending)
{
	OWN_FD int folder = -1;
	int error;

	if (pending || !boot_is_here(NULL))
		return;
	folder = state_open();
	if (folder < 0)
		return;			/* whoever should have written there has said so */
	error = settle(folder, in_force);
	if (error)
		notice_stale(report, strerror(-error));
}

void boot_clear(struct report *report)
{
	OWN_FD int folder = -1;
	int error;

	if (!boot_is_here(NULL))
		return;
	folder = state_open();
	if (folder < 0)
		return;
	error = drop(folder, NEXT);
	if (!error && renameat(folder, CURRENT, folder, PREVIOUS) && errno != ENOENT)
		error = -errno;
	if (!error)
		error = sync_folder(folder);
	if (error)
		notice_stale(report, strerror(-error));
}

bool boot_get(struct report *report, const char *name, struct buf *ret_bundle)
{
	OWN_FD int folder = state_open(), fd = -1;
	int error;

	if (folder < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot read '%s/%s': its folder: %s",
				   state_path(), name, state_folder_error(folder));
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return report_fail(report, REPORT_SYSTEM,
				   "there is no ruleset to start with: %s/%s is not there; it is "
				   "made by a load in the machine's own network namespace",
				   state_path(), name);
	error = fd < 0 ? -errno : bundle_read_fd(fd, true, ret_bundle);
	return !error || report_fail(report, REPORT_SYSTEM, "cannot read '%s/%s': %s", state_path(),
				     name, bundle_read_error(error));
}

enum boot_start boot_find_start(const uint8_t in_force[STATE_DIGEST_BYTES])
{
	OWN_FD int folder = boot_is_here(NULL) ? state_open() : -1;
	uint8_t found[STATE_DIGEST_BYTES];

	if (folder < 0)
		return BOOT_START_UNKNOWN;
	if (!read_digest(folder, CURRENT, found))
		return BOOT_START_NONE;
	return memcmp(found, in_force, sizeof(found)) ? BOOT_START_OTHER : BOOT_START_THIS;
}
