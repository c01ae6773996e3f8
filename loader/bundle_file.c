/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bundle_file: reads and writes bundles by path.
 *
 * In: a path from the command line.  Out: bytes, or a file that is whole.  A path may name
 * anything, so it is opened without waiting; what is looked at (kind, owner, mode) and what is read
 * are one descriptor.
 */
#define _GNU_SOURCE
#include "loader/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "loader/own.h"

int bundle_read_fd(int fd, bool regular, struct buf *ret_bytes)
{
	OWN_BUF struct buf bytes = BUF_INIT;
	char part[65536];
	struct stat found;
	ssize_t len;

	if (fstat(fd, &found))
		return -errno;
	if (regular && !S_ISREG(found.st_mode))
		return -EMEDIUMTYPE;
	if (S_ISREG(found.st_mode) && found.st_size > (off_t)BUNDLE_BYTES)
		return -EFBIG;
	while ((len = read(fd, part, sizeof(part)))) {
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (bytes.len + (size_t)len > BUNDLE_BYTES)
			return -EFBIG;
		buf_put(&bytes, part, (size_t)len);
	}
	*ret_bytes = bytes;
	bytes = (struct buf)BUF_INIT;
	return 0;
}

const char *bundle_read_error(int error)
{
	if (error == -EMEDIUMTYPE)
		return "not a regular file";
	if (error == -EFBIG)
		return "larger than 512 MiB";
	return strerror(-error);
}

/* Loading runs what is in the file with root's rights, so only root may have put it there. */
static bool check_owner(struct report *report, const char *path, int fd)
{
	struct stat found;

	if (fstat(fd, &found))
		return report_fail(report, REPORT_SYSTEM, "cannot read '%s': %s", path,
				   strerror(errno));
	if (found.st_mode & 022)
		return report_fail(report, REPORT_SYSTEM,
				   "'%s' can be written by others than its owner, and loading it "
				   "means to trust all of them; 'chmod go-w' it after making sure "
				   "where it comes from", path);
	if (found.st_uid && found.st_uid != geteuid())
		report_notice(report, "'%s' belongs to user %u, who decides what is loaded", path,
			      (unsigned int)found.st_uid);
	return true;
}

bool bundle_read(struct report *report, const char *path, struct buf *ret_bytes)
{
	bool standard = !strcmp(path, "-");
	OWN_FD int fd = -1;
	int error;

	if (standard) {
		if (isatty(STDIN_FILENO))
			return report_fail(report, REPORT_USAGE,
					   "standard input is a terminal, not an object");
		error = bundle_read_fd(STDIN_FILENO, false, ret_bytes);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			return report_fail(report, REPORT_SYSTEM, "cannot read '%s': %s", path,
					   strerror(errno));
		error = bundle_read_fd(fd, true, ret_bytes);
		if (!error && !check_owner(report, path, fd))
			return false;
	}
	return !error || report_fail(report, REPORT_SYSTEM, "cannot read %s%s%s: %s",
				     standard ? "standard input" : "'", standard ? "" : path,
				     standard ? "" : "'", bundle_read_error(error));
}

static bool write_standard(struct report *report, const struct buf *bytes)
{
	if (isatty(STDOUT_FILENO))
		return report_fail(report, REPORT_USAGE,
				   "standard output is a terminal, and an object is no text");
	if (fwrite(bytes->at, 1, bytes->len, stdout) == bytes->len && !fflush(stdout))
		return true;
	return report_fail(report, REPORT_SYSTEM, "cannot write to standard output: %s",
			   strerror(errno));
}

/* The file PATH means: links are followed, so that they stay. */
static bool find_target(struct report *report, const char *path, char ret_path[PATH_MAX])
{
	struct stat found;

	if (!stat(path, &found)) {
		if (!S_ISREG(found.st_mode))
			return report_fail(report, REPORT_USAGE,
					   "cannot write '%s': not a regular file; '-o -' writes "
					   "to standard output", path);
		if (realpath(path, ret_path))
			return true;
	} else if (errno == ENOENT && strlen(path) < PATH_MAX) {
		strcpy(ret_path, path);
		return true;
	}
	return report_fail(report, REPORT_SYSTEM, "cannot write '%s': %s", path, strerror(errno));
}

bool bundle_write(struct report *report, const char *path, const struct buf *bytes)
{
	const struct str parts[] = { buf_str(bytes) };
	char target[PATH_MAX], temporary[32];
	OWN_FD int folder = -1;
	unsigned int number = 0;
	const char *name;
	char *slash;
	int error;

	if (!strcmp(path, "-"))
		return write_standard(report, bytes);
	if (!find_target(report, path, target))
		return false;
	slash = strrchr(target, '/');
	name = slash ? slash + 1 : target;
	if (slash)
		*slash = 0;
	folder = open(!slash ? "." : slash == target ? "/" : target,
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (unsigned int)getpid();
	snprintf(temporary, sizeof(temporary), ".xdpfw-%08x", number);
	error = folder < 0  ? -errno :
		!*name	    ? -EISDIR :
			      state_put_file(folder, name, temporary, 0644, parts, 1);
	return !error || report_fail(report, REPORT_SYSTEM, "cannot write '%s': %s", path,
				     strerror(-error));
}
