/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps: the pins.
 *
 * In: a bpffs that somebody mounted.  Out: folders and pins that only this user can reach.  The
 * root of a bpffs may be written by everybody, so each folder is opened from its parent's
 * descriptor, without following a link, and its owner and mode are checked before it is used;
 * pins are named through the folder's descriptor, so nobody can exchange a folder in between.
 */
#define _GNU_SOURCE
#include "loader/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

#include <bpf/bpf.h>

#include "bpf/xdpfw_stub.h"
#include "loader/own.h"

#define LINK_PREFIX "link-"
#define ASIDE "new-"
#define ASIDE_BYTES 64
#define STUB_MAX_MAPS 8
#define PIN_PATH_BYTES 320		/* a name has up to 255 */

static const char *bpffs_path(void)
{
	return own_word(secure_getenv("XDPFW_BPFFS"), "/sys/fs/bpf");
}

void maps_close(struct maps_folder *folder)
{
	own_close(&folder->parent);
	own_close(&folder->fd);
	*folder = (struct maps_folder)MAPS_FOLDER_INIT;
}

/* Whoever may rename what lies in the root could take the pins away, and put others there. */
/* Whether process 1 has a file system mounted; when that cannot be told it is taken for so. */
static bool is_mounted_for_all(dev_t device)
{
	FILE *file = fopen("/proc/1/mountinfo", "re");
	unsigned int id, parent, major_number, minor_number;
	bool found = !file;
	char *line = NULL;
	size_t room = 0;

	/* proc(5): mount ID, parent ID, major:minor, ... */
	while (file && !found && getline(&line, &room, file) > 0)
		found = sscanf(line, "%u %u %u:%u", &id, &parent, &major_number,
			       &minor_number) == 4 &&
			makedev(major_number, minor_number) == device;
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool check_bpffs(struct report *report, int fd)
{
	struct stat found;

	if (fstat(fd, &found))
		return report_fail(report, REPORT_SYSTEM, "cannot open %s: %s", bpffs_path(),
				   strerror(errno));
	if (found.st_uid && found.st_uid != geteuid())
		return report_fail(report, REPORT_SYSTEM,
				   "%s belongs to user %u, who could take away what xdpfw keeps "
				   "there", bpffs_path(), found.st_uid);
	if ((found.st_mode & 022) && !(found.st_mode & S_ISVTX))
		return report_fail(report, REPORT_SYSTEM,
				   "%s can be written by others and does not have the sticky "
				   "bit: others could take away what xdpfw keeps there (chmod +t "
				   "%s)", bpffs_path(), bpffs_path());
	if (!is_mounted_for_all(found.st_dev))
		report_notice(report,
			      "%s is mounted in this mount namespace only: when its last process "
			      "ends, so does the filter; 'nsenter --mount --target 1' goes to the "
			      "one of process 1", bpffs_path());
	return true;
}

static bool open_bpffs(struct report *report, bool create, int *ret_fd)
{
	OWN_FD int fd = open(bpffs_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs found;

	if (fd < 0 || fstatfs(fd, &found))
		return report_fail(report, REPORT_SYSTEM, "cannot open %s: %s", bpffs_path(),
				   strerror(errno));
	if ((unsigned long)found.f_type != BPF_FS_MAGIC)
		return report_fail(report, REPORT_SYSTEM,
				   "%s is not a BPF file system, which programs and counters are "
				   "kept in: either it is not mounted (mount -t bpf bpf %s), or "
				   "this runs inside 'ip netns exec', which hides it (use xdpfw "
				   "--netns NAME outside)", bpffs_path(), bpffs_path());
	if (create && !check_bpffs(report, fd))
		return false;
	*ret_fd = take_fd(&fd);
	return true;
}

/* *ret_fd becomes -1 when there is no such folder and it is not to be made. */
static bool open_folder(struct report *report, int at, const char *name, bool create, int *ret_fd)
{
	OWN_FD int fd = -1;
	struct stat found;

	if (create && mkdirat(at, name, 0700) && errno != EEXIST)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot make the folder '%s' below %s: %s", name,
				   bpffs_path(), strerror(errno));
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		*ret_fd = -1;
		return true;
	}
	if (fd < 0 || fstat(fd, &found))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot open the folder '%s' below %s: %s", name,
				   bpffs_path(),
				   errno == ENOTDIR || errno == ELOOP ?
					   "it is no folder (and a link is not followed)" :
					   strerror(errno));
	if (found.st_uid != geteuid() || (found.st_mode & 077))
		return report_fail(report, REPORT_SYSTEM,
				   "the folder '%s' below %s was not made by xdpfw: it belongs to "
				   "user %u and has mode %04o, not to user %u with mode 0700", name,
				   bpffs_path(), found.st_uid, found.st_mode & 07777, geteuid());
	*ret_fd = take_fd(&fd);
	return true;
}

/*
 * The kernel finds a pin by its path only, which is that of the folder's descriptor in /proc.  In a
 * mount namespace without it, or with that of other processes, no pin would be found, and a ruleset
 * in force taken for what a killed command has left.
 */
static bool check_proc(struct report *report, int fd)
{
	char path[PIN_PATH_BYTES];
	struct stat found, by_path;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", fd);
	if (fstat(fd, &found))
		return report_fail(report, REPORT_SYSTEM, "cannot open %s: %s", bpffs_path(),
				   strerror(errno));
	if (!stat(path, &by_path) && by_path.st_dev == found.st_dev &&
	    by_path.st_ino == found.st_ino)
		return true;
	return report_fail(report, REPORT_SYSTEM,
			   "/proc is not there, or is that of other processes (mount -t proc proc "
			   "/proc): the pins in %s cannot be reached", bpffs_path());
}

bool maps_open(struct report *report, uint64_t cookie, bool create, struct maps_folder *ret_folder)
{
	OWN_FD int root = -1, top = -1, parent = -1, fd = -1;

	snprintf(ret_folder->name, sizeof(ret_folder->name), "%" PRIx64, cookie);
	if (!open_bpffs(report, create, &root) || !check_proc(report, root) ||
	    !open_folder(report, root, "xdpfw", create, &top) ||
	    (top >= 0 && !open_folder(report, top, "v1", create, &parent)) ||
	    (parent >= 0 && !open_folder(report, parent, ret_folder->name, create, &fd)))
		return false;
	ret_folder->parent = take_fd(&parent);
	ret_folder->fd = take_fd(&fd);
	return true;
}

static void pin_path(int fd, const char *name, char ret_path[PIN_PATH_BYTES])
{
	snprintf(ret_path, PIN_PATH_BYTES, "/proc/self/fd/%d/%s", fd, name);
}

static bool is_link(const char *name)
{
	return !strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX));
}

/* Whether xdpfw makes pins of that name: whatever else is in its folder is somebody else's. */
static bool is_own(const char *name)
{
	static const char *const names[] = {
		MAPS_SLOTS, MAPS_CONTROL, MAPS_MISSED, MAPS_CELLS, MAPS_ATTACH, MAPS_NAMESPACE,
		MAPS_COVER,
	};

	if (!strncmp(name, ASIDE, strlen(ASIDE)))
		name += strlen(ASIDE);
	if (is_link(name)) {
		name += strlen(LINK_PREFIX);
		return *name && !name[strspn(name, "0123456789")];
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/*
 * The kernel answers a question about a link with the figures of a map if it is one.  Returns 0,
 * -EMEDIUMTYPE when it is the other kind, or another negative errno when nobody can tell: a link
 * taken for none would be removed.
 */
static int check_kind(int fd, bool link)
{
	char path[40], target[40];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = 0;
	if (link ? !strcmp(target, "anon_inode:bpf_link") ||
			   !strcmp(target, "anon_inode:bpf-link") :
		   !strcmp(target, "anon_inode:bpf-map"))
		return 0;
	return -EMEDIUMTYPE;
}

int maps_get(const struct maps_folder *folder, const char *name)
{
	char path[PIN_PATH_BYTES];
	OWN_FD int fd = -1;
	int error;

	if (folder->fd < 0)
		return -ENOENT;
	pin_path(folder->fd, name, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return take_fd(&fd);
	error = check_kind(fd, is_link(name));
	return error ? error : take_fd(&fd);
}

int maps_pin(const struct maps_folder *folder, const char *name, int fd)
{
	char path[PIN_PATH_BYTES];

	pin_path(folder->fd, name, path);
	return bpf_obj_pin(fd, path);
}

static void name_aside(const char *name, char ret_name[ASIDE_BYTES])
{
	snprintf(ret_name, ASIDE_BYTES, ASIDE "%s", name);
}

int maps_pin_aside(const struct maps_folder *folder, const char *name, int fd)
{
	char aside[ASIDE_BYTES];
	OWN_FD int pinned = -1;

	name_aside(name, aside);
	pinned = maps_get(folder, aside);
	if (maps_is_same(pinned, fd))
		return 0;
	unlinkat(folder->fd, aside, 0);
	return maps_pin(folder, aside, fd);
}

int maps_take_aside(const struct maps_folder *folder, const char *name)
{
	char aside[ASIDE_BYTES];

	name_aside(name, aside);
	return renameat(folder->fd, aside, folder->fd, name) ? -errno : 0;
}

int maps_pin_over(const struct maps_folder *folder, const char *name, int fd)
{
	int error = maps_pin_aside(folder, name, fd);

	return error ? error : maps_take_aside(folder, name);
}

void maps_drop_aside(const struct maps_folder *folder)
{
	static const char *const names[] = { MAPS_SLOTS, MAPS_CONTROL, MAPS_MISSED, MAPS_CELLS };
	char aside[ASIDE_BYTES];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		name_aside(names[i], aside);
		unlinkat(folder->fd, aside, 0);
	}
}

/* Removing the pin alone would leave the stub on the device for another grace period. */
static void detach_link(const struct maps_folder *folder, const char *name)
{
	OWN_FD int link = maps_get(folder, name);

	if (link >= 0)
		bpf_link_detach(link);
}

int maps_unpin(const struct maps_folder *folder, const char *name)
{
	if (folder->fd < 0)
		return 0;
	if (is_link(name))
		detach_link(folder, name);
	return unlinkat(folder->fd, name, 0) ? -errno : 0;
}

static DIR *open_entries(int fd)
{
	OWN_FD int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = again < 0 ? NULL : fdopendir(again);

	if (entries)
		take_fd(&again);
	return entries;
}

/* NULL at the end, and when the folder cannot be read: then *ret_error is a negative errno. */
static struct dirent *next_entry(DIR *entries, int *ret_error)
{
	struct dirent *entry;

	if (!entries)
		return NULL;
	errno = 0;
	entry = readdir(entries);
	if (!entry && errno)
		*ret_error = -errno;
	return entry;
}

static int read_link(const struct maps_folder *folder, const char *name,
		     struct maps_link *ret_link)
{
	OWN_FD int fd = maps_get(folder, name);
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);

	if (strlen(name) >= sizeof(ret_link->name))
		return -ENAMETOOLONG;
	strcpy(ret_link->name, name);
	/* What is no link holds no device. */
	if (fd < 0)
		return fd == -EMEDIUMTYPE ? 0 : fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	ret_link->ifindex = info.type == BPF_LINK_TYPE_XDP ? info.xdp.ifindex : 0;
	ret_link->program = info.prog_id;
	ret_link->id = info.id;
	return 0;
}

/* All links, or with STUB only the first that holds a stub on a device. */
static int list_links(const struct maps_folder *folder, struct arena *arena, bool stub,
		      struct maps_link **ret_links)
{
	VEC(struct maps_link) links = { 0 };
	OWN_FOLDER DIR *entries = folder->fd < 0 ? NULL : open_entries(folder->fd);
	int end = 0;

	if (folder->fd >= 0 && !entries)
		return -errno;
	for (struct dirent *entry; (entry = next_entry(entries, &end));) {
		struct maps_link link = { 0 };
		int error;

		if (!is_link(entry->d_name) || !is_own(entry->d_name))
			continue;
		error = read_link(folder, entry->d_name, &link);
		if (error == -ENOENT)	/* another command has just removed it */
			continue;
		if (error)
			return error;
		if (stub && (!link.ifindex || !maps_is_stub(link.program)))
			continue;
		*vec_push(arena, &links) = link;
		if (stub)
			break;
	}
	*ret_links = links.at;
	return end ? end : (int)links.len;
}

int maps_list_links(const struct maps_folder *folder, struct arena *arena,
		    struct maps_link **ret_links)
{
	return list_links(folder, arena, false, ret_links);
}

static bool read_map_info(int fd, struct bpf_map_info *ret_info)
{
	uint32_t len = sizeof(*ret_info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, ret_info, &len);
}

int maps_read_id(int map, uint32_t *ret_id)
{
	struct bpf_map_info info = { 0 };

	*ret_id = 0;
	if (map < 0)
		return 0;
	if (!read_map_info(map, &info))
		return -errno;
	*ret_id = info.id;
	return 0;
}

bool maps_is_same(int a, int b)
{
	uint32_t of_a, of_b;

	return !maps_read_id(a, &of_a) && !maps_read_id(b, &of_b) && of_a && of_a == of_b;
}

/* The stub reads two of its maps as variables, and libbpf names such a map after the section. */
static bool is_called(const char *map, const char *name)
{
	static const char section[] = ".data.";

	return !strcmp(map, name) ||
	       (!strncmp(map, section, strlen(section)) && !strcmp(map + strlen(section), name));
}

int maps_get_program_map(uint32_t program_id, const char *name)
{
	OWN_FD int program = bpf_prog_get_fd_by_id(program_id);
	struct bpf_prog_info info = { 0 };
	uint32_t ids[STUB_MAX_MAPS] = { 0 };
	uint32_t len = sizeof(info);

	info.nr_map_ids = STUB_MAX_MAPS;
	info.map_ids = (uint64_t)(uintptr_t)ids;
	if (program < 0)
		return program;
	if (bpf_obj_get_info_by_fd(program, &info, &len))
		return -errno;
	for (uint32_t i = 0; i < info.nr_map_ids && i < STUB_MAX_MAPS; i++) {
		OWN_FD int fd = bpf_map_get_fd_by_id(ids[i]);
		struct bpf_map_info map = { 0 };

		if (fd < 0 && fd != -ENOENT)
			return fd;
		if (fd >= 0 && !read_map_info(fd, &map))
			return -errno;
		if (is_called(map.name, name))
			return take_fd(&fd);
	}
	return -ENODATA;
}

/*
 * Somebody may have put another program into a link.  Where the kernel does not answer the program
 * is taken for what it should be: what the caller does with it then fails, and changes nothing.
 */
bool maps_is_stub(uint32_t program_id)
{
	OWN_FD int slots = maps_get_program_map(program_id, MAPS_SLOTS);

	return slots != -ENODATA && slots != -ENOENT;
}

int maps_get_stub_map(const struct maps_folder *folder, const char *name)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_link *links;
	int count = list_links(folder, &arena, true, &links);

	if (count < 0)
		return count;
	return count ? maps_get_program_map(links[0].program, name) : maps_get(folder, name);
}

/* Unlinks every pin of ours that is (or is not) a link. */
static int remove_pins(const struct maps_folder *folder, bool links)
{
	OWN_FOLDER DIR *entries = open_entries(folder->fd);
	int error = entries ? 0 : -errno;

	for (struct dirent *entry; (entry = next_entry(entries, &error));) {
		int failed = 0;

		if (is_own(entry->d_name) && is_link(entry->d_name) == links)
			failed = maps_unpin(folder, entry->d_name);
		if (failed)
			error = failed;
	}
	return error;
}

/* Somebody else put something into our folder: that is his to remove. */
static bool leave_foreign(struct report *report, struct maps_folder *folder)
{
	OWN_FOLDER DIR *entries = open_entries(folder->fd);
	OWN_BUF struct buf names = BUF_INIT;

	for (struct dirent *entry; entries && (entry = readdir(entries));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			buf_printf(&names, "%s'%s'", names.len ? ", " : "", entry->d_name);
	report_notice(report,
		      "the folder %s/xdpfw/v1/%s stays, because it holds what xdpfw did not put "
		      "there: %s", bpffs_path(), folder->name, names.len ? names.at : "?");
	own_close(&folder->fd);
	folder->fd = -1;
	return true;
}

bool maps_remove(struct report *report, struct maps_folder *folder)
{
	OWN_FD int root = -1;
	int error;

	if (folder->fd < 0)
		return true;
	error = remove_pins(folder, true);
	if (!error)
		error = remove_pins(folder, false);
	if (!error && unlinkat(folder->parent, folder->name, AT_REMOVEDIR))
		error = -errno;
	if (error == -ENOTEMPTY)
		return leave_foreign(report, folder);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot remove %s/xdpfw/v1/%s: %s",
				   bpffs_path(), folder->name, strerror(-error));
	own_close(&folder->fd);
	folder->fd = -1;
	/* Other namespaces may have folders: these two go only when they are empty. */
	root = open(bpffs_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 && !unlinkat(root, "xdpfw/v1", AT_REMOVEDIR))
		unlinkat(root, "xdpfw", AT_REMOVEDIR);
	return true;
}

/*
 * A folder says itself whether its namespace is there.  One that cannot say it is half made (who
 * made it was killed, because the caller holds the lock), or older: a namespace that is gone has
 * taken its devices along.
 */
static bool is_dead(const struct maps_folder *folder)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_link *links;
	int lives = maps_namespace_lives(folder);
	int count;

	if (lives != -ENOENT && lives != -EMEDIUMTYPE)
		return !lives;
	count = maps_list_links(folder, &arena, &links);
	for (int i = 0; i < count; i++)
		if (links[i].ifindex)
			return false;
	return count >= 0;
}

void maps_remove_dead(struct report *report, const struct maps_folder *folder)
{
	OWN_FOLDER DIR *entries = folder->parent < 0 ? NULL : open_entries(folder->parent);

	for (struct dirent *entry; entries && (entry = readdir(entries));) {
		struct report quiet = { 0 };
		struct maps_folder other = MAPS_FOLDER_INIT;

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, folder->name) ||
		    strlen(entry->d_name) >= sizeof(other.name))
			continue;
		strcpy(other.name, entry->d_name);
		other.parent = fcntl(folder->parent, F_DUPFD_CLOEXEC, 3);
		if (open_folder(&quiet, folder->parent, entry->d_name, false, &other.fd) &&
		    other.fd >= 0 && is_dead(&other) && !maps_remove(&quiet, &other))
			report_notice(report, "%s", quiet.text.at);
		maps_close(&other);
		buf_free(&quiet.text);
	}
}

/* The kernel waits for a grace period when a map inside a map is exchanged. */
static bool wait_by_map(void)
{
	OWN_FD int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdpfw_wait", 4, 4, 1, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (uint32_t)inner);
	OWN_FD int outer = -1;
	uint32_t key = 0;

	if (inner < 0)
		return false;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "xdpfw_wait", 4, 4, 1, &opts);
	return outer >= 0 && !bpf_map_update_elem(outer, &key, &inner, BPF_ANY);
}

void maps_wait_grace(void)
{
	/* Refused on kernels with nohz_full CPUs. */
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) || wait_by_map())
		return;
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
}
