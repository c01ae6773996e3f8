/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state: the folders /var/lib/xdpfw (objects, tables) and /run/xdpfw (the lock).
 *
 * In: bytes and keys.  Out: files that are whole or absent: each is written under another name,
 * synced, then renamed, and carries a digest of itself.  Both folders must belong to this user
 * and be closed to all others; what lies in a folder that is not is never used.
 */
#define _GNU_SOURCE
#include "loader/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <sha2.h>

#include "loader/own.h"

#define STATE_MAGIC "xdpfwob1"
#define STATE_OBJECT_BYTES (64u << 20)
#define STATE_TABLES_BYTES (96u << 20)	/* an image of 64 MiB, and the C text */

/* In front of what is kept. */
struct state_header {
	char magic[8];
	uint64_t len;
	uint8_t digest[STATE_DIGEST_BYTES];	/* of what follows */
};

void state_digest(const void *bytes, size_t len, uint8_t ret_digest[STATE_DIGEST_BYTES])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, bytes, len);
	SHA256Final(ret_digest, &context);
}

void state_digest_hex(const uint8_t digest[STATE_DIGEST_BYTES], char ret_hex[STATE_DIGEST_HEX])
{
	for (size_t i = 0; i < STATE_DIGEST_BYTES; i++)
		snprintf(&ret_hex[2 * i], 3, "%02x", digest[i]);
}

const char *state_path(void)
{
	return own_word(secure_getenv("XDPFW_STATE_DIR"), "/var/lib/xdpfw");
}

static const char *run_path(void)
{
	return own_word(secure_getenv("XDPFW_RUN_DIR"), "/run/xdpfw");
}

/* A folder that nobody else can reach into. Returns a descriptor or a negative errno. */
static int open_folder(int at, const char *path)
{
	OWN_FD int fd = -1;
	struct stat found;

	if (mkdirat(at, path, 0700) && errno != EEXIST)
		return -errno;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (found.st_uid != geteuid() || (found.st_mode & 077))
		return -EPERM;
	return take_fd(&fd);
}

const char *state_folder_error(int error)
{
	if (error == -EPERM)
		return "it must belong to this user and have mode 0700";
	if (error == -ENOTDIR || error == -ELOOP)
		return "it is no folder (and a link is not followed)";
	return strerror(-error);
}

int state_open(void)
{
	return open_folder(AT_FDCWD, state_path());
}

/* A folder of kept files; the newest of them stay. */
struct state_kept {
	const char *folder;
	const char *what, *damaged;	/* what is said of a file that is */
	size_t files, bytes;		/* how many, and how large one may be */
};

static const struct state_kept objects = {
	.folder = "objects",
	.what = "the kept program",
	.damaged = "is damaged and is built anew",
	.files = STATE_KEPT_OBJECTS,
	.bytes = STATE_OBJECT_BYTES,
};

static const struct state_kept tables = {
	.folder = "tables",
	.what = "the kept tables",
	.damaged = "are damaged and are made anew",
	.files = STATE_KEPT_TABLES,
	.bytes = STATE_TABLES_BYTES,
};

/* When it cannot be opened, *ret_name is that of the folder that is to blame, below the state's. */
static int open_kept(const struct state_kept *kept, const char **ret_name)
{
	OWN_FD int state = state_open();

	*ret_name = state < 0 ? "" : kept->folder;
	return state < 0 ? state : open_folder(state, kept->folder);
}

static bool read_all(int fd, void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t part = read(fd, (char *)bytes + done, len - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		done += (size_t)part;
	}
	return true;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t part = write(fd, (const char *)bytes + done, len - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return false;
		done += (size_t)part;
	}
	return true;
}

/* *ret_bytes is the caller's to free. */
static bool read_kept(const struct state_kept *kept, int fd, void **ret_bytes, size_t *ret_len)
{
	uint8_t digest[STATE_DIGEST_BYTES];
	OWN_MEMORY void *bytes = NULL;
	struct state_header header;
	struct stat found;

	if (fstat(fd, &found) || !S_ISREG(found.st_mode) ||
	    !read_all(fd, &header, sizeof(header)) ||
	    memcmp(header.magic, STATE_MAGIC, sizeof(header.magic)) ||
	    header.len > kept->bytes ||
	    (uint64_t)found.st_size != sizeof(header) + header.len)
		return false;
	bytes = malloc(header.len ? header.len : 1);
	if (!bytes || !read_all(fd, bytes, header.len))
		return false;
	state_digest(bytes, header.len, digest);
	if (memcmp(digest, header.digest, sizeof(digest)))
		return false;
	*ret_bytes = take_ptr(bytes);
	*ret_len = header.len;
	return true;
}

static bool get_kept(struct report *report, const struct state_kept *kept, int folder,
		     const char *key, void **ret_bytes, size_t *ret_len)
{
	OWN_FD int fd = openat(folder, key, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0 || !read_kept(kept, fd, ret_bytes, ret_len)) {
		report_notice(report, "%s %s/%s/%s %s", kept->what, state_path(), kept->folder,
			      key, kept->damaged);
		if (unlinkat(folder, key, 0) && errno == EISDIR)
			unlinkat(folder, key, AT_REMOVEDIR);
		return false;
	}
	futimens(fd, NULL);		/* it is the newest now; on failure it only ages faster */
	return true;
}

bool state_get_object(struct report *report, const char *key, struct buf *ret_object)
{
	const char *name;
	OWN_FD int folder = open_kept(&objects, &name);
	OWN_MEMORY void *bytes = NULL;
	size_t len;

	if (folder < 0) {
		report_notice(report, "built programs are not kept: %s%s%s: %s", state_path(),
			      name[0] ? "/" : "", name, state_folder_error(folder));
		return false;
	}
	if (!get_kept(report, &objects, folder, key, &bytes, &len))
		return false;
	buf_put(ret_object, bytes, len);
	return true;
}

bool state_get_tables(struct report *report, const char *key, void **ret_bytes, size_t *ret_len)
{
	const char *name;
	OWN_FD int folder = open_kept(&tables, &name);

	return folder >= 0 && get_kept(report, &tables, folder, key, ret_bytes, ret_len);
}

static bool is_key(const char *name)
{
	return strlen(name) == STATE_DIGEST_HEX - 1 &&
	       strspn(name, "0123456789abcdef") == STATE_DIGEST_HEX - 1;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* How many kept files are newer than NAME. */
static size_t count_newer(int folder, const char *name, DIR *entries)
{
	struct stat mine, other;
	size_t newer = 0;

	if (fstatat(folder, name, &mine, AT_SYMLINK_NOFOLLOW))
		return 0;
	rewinddir(entries);
	for (struct dirent *entry; (entry = readdir(entries));)
		newer += is_key(entry->d_name) && strcmp(entry->d_name, name) &&
			 !fstatat(folder, entry->d_name, &other, AT_SYMLINK_NOFOLLOW) &&
			 is_later(&other.st_mtim, &mine.st_mtim);
	return newer;
}

/* Removes the oldest files, and what an interrupted write left behind. */
static void prune_kept(int folder, size_t files)
{
	OWN_FD int walk_fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_FD int count_fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_FOLDER DIR *walk = walk_fd < 0 ? NULL : fdopendir(walk_fd);
	OWN_FOLDER DIR *count = count_fd < 0 ? NULL : fdopendir(count_fd);

	if (walk)
		take_fd(&walk_fd);
	if (count)
		take_fd(&count_fd);
	if (!walk || !count)
		return;
	for (struct dirent *entry; (entry = readdir(walk));) {
		if (entry->d_name[0] == '.')
			continue;
		if (!is_key(entry->d_name) ||
		    count_newer(folder, entry->d_name, count) >= files)
			unlinkat(folder, entry->d_name, 0);
	}
}

int state_put_file(int folder, const char *name, const char *temporary, mode_t mode,
		   const struct str *parts, size_t count)
{
	OWN_FD int fd = -1;
	bool ok = true;
	int error;

	if (unlinkat(folder, temporary, 0) && errno != ENOENT)
		return -errno;
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < count && ok; i++)
		ok = write_all(fd, parts[i].at, parts[i].len);
	if (ok && !fsync(fd) && !renameat(folder, temporary, folder, name))
		return fsync(folder) ? -errno : 0;
	error = -errno;
	unlinkat(folder, temporary, 0);
	return error;
}

/* PARTS: room for the header, then what is kept. */
static int write_kept(int folder, const char *key, struct str *parts, size_t count)
{
	struct state_header header = { 0 };
	SHA2_CTX context;

	memcpy(header.magic, STATE_MAGIC, sizeof(header.magic));
	SHA256Init(&context);
	for (size_t i = 1; i < count; i++) {
		SHA256Update(&context, (const uint8_t *)parts[i].at, parts[i].len);
		header.len += parts[i].len;
	}
	SHA256Final(header.digest, &context);
	parts[0] = (struct str){ (const char *)&header, sizeof(header) };
	return state_put_file(folder, key, "new", 0600, parts, count);
}

void state_put_object(struct report *report, const char *key, const void *object, size_t len)
{
	struct str parts[2] = { { NULL, 0 }, { object, len } };
	const char *name;
	OWN_FD int folder = open_kept(&objects, &name);
	int error;

	if (folder < 0)
		return;			/* state_get_object() has said so */
	error = write_kept(folder, key, parts, 2);
	if (error)
		report_notice(report, "the built program is not kept: %s/objects: %s", state_path(),
			      strerror(-error));
	prune_kept(folder, objects.files);
}

void state_put_tables(struct report *report, const char *key, const struct str head,
		      const struct str text, const struct str image)
{
	struct str parts[4] = { { NULL, 0 }, head, text, image };
	const char *name;
	OWN_FD int folder = open_kept(&tables, &name);
	int error;

	/* Of the state folder itself it was said that programs are not kept. */
	if (folder < 0 && name[0])
		report_notice(report, "the tables are not kept: %s/%s: %s", state_path(), name,
			      state_folder_error(folder));
	if (folder < 0 || head.len + text.len + image.len > tables.bytes)
		return;
	error = write_kept(folder, key, parts, 4);
	if (error)
		report_notice(report, "the tables are not kept: %s/tables: %s", state_path(),
			      strerror(-error));
	prune_kept(folder, tables.files);
}

void state_drop_tables(const char *key)
{
	const char *name;
	OWN_FD int folder = open_kept(&tables, &name);

	if (folder >= 0)
		unlinkat(folder, key, 0);
}

static bool write_file(int folder, const char *name, const void *bytes, size_t len)
{
	OWN_FD int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			       0600);

	return fd >= 0 && write_all(fd, bytes, len);
}

/* The last failure is kept in the state folder; whoever cannot write there gets a new folder. */
static int open_failure(char **ret_path)
{
	OWN_FD int state = open_folder(AT_FDCWD, state_path()), folder = -1;
	OWN_MEMORY char *path = NULL;

	if (state >= 0)
		folder = open_folder(state, "failed");
	if (folder >= 0) {
		if (asprintf(ret_path, "%s/failed", state_path()) < 0)
			return -1;
		return take_fd(&folder);
	}
	path = strdup("/tmp/xdpfw-failed-XXXXXX");
	if (!path || !mkdtemp(path))
		return -1;
	folder = open_folder(AT_FDCWD, path);
	if (folder >= 0)
		*ret_path = take_ptr(path);
	return take_fd(&folder);
}

char *state_keep_failure(const char *c_text, size_t c_bytes, const char *log)
{
	OWN_MEMORY char *path = NULL;
	OWN_FD int folder = open_failure(&path);

	if (folder < 0 || !write_file(folder, "rules.c", c_text, c_bytes) ||
	    !write_file(folder, "log", log, strlen(log)))
		return NULL;
	return take_ptr(path);
}

/* Returns 0, or a negative errno; -EWOULDBLOCK: somebody else has it still. */
static int wait_for_lock(struct report *report, int fd, unsigned int seconds)
{
	for (unsigned int tenth = 0; tenth <= 10 * seconds; tenth++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (!seconds)
			break;
		if (tenth == 0)
			report_notice(report, "another xdpfw is at work; waiting up to %u seconds",
				      seconds);
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	return -EWOULDBLOCK;
}

bool state_lock(struct report *report, unsigned int seconds, int *ret_fd)
{
	OWN_FD int folder = open_folder(AT_FDCWD, run_path()), fd = -1;
	int error;

	if (folder < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot use the folder %s: %s",
				   run_path(), state_folder_error(folder));
	fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot open %s/lock: %s", run_path(),
				   strerror(errno));
	error = wait_for_lock(report, fd, seconds);
	if (error == -EWOULDBLOCK && !seconds)
		return false;
	if (error == -EWOULDBLOCK)
		return report_fail(report, REPORT_SYSTEM,
				   "another xdpfw holds %s/lock and did not finish within %u "
				   "seconds", run_path(), seconds);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot lock %s/lock: %s", run_path(),
				   strerror(-error));
	*ret_fd = take_fd(&fd);
	return true;
}
