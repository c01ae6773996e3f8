/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner: whose XDP program that is.
 *
 * In: the number of a program.  Out: what the kernel tells about it: its link, the pins that hold
 * it or the link, and the processes that have one of them open.  Nothing is changed: pins are only
 * opened, symbolic links are not followed, and both walks end after a bounded number of steps
 * (which is then said), so that a full file system or a busy host cannot hold a load up.
 */
#define _GNU_SOURCE
#include "loader/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <bpf/bpf.h>

#include "loader/own.h"

#define OWNER_PINS 20000		/* looked at, in all BPF file systems together */
#define OWNER_PIN_DEPTH 8
#define OWNER_DESCRIPTORS 200000	/* of all processes together */
#define OWNER_LISTED 4			/* named in a message */

/* What is looked for. */
struct owner_search {
	uint32_t program, link;		/* link: 0 when there is none */
	unsigned int steps, found;
	struct buf *out;
};

uint32_t owner_find_link(uint32_t ifindex, uint32_t program)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		OWN_FD int fd = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = { 0 };
		uint32_t len = sizeof(info);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		if (info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex &&
		    info.prog_id == program)
			return id;
	}
	return 0;
}

bool owner_is_dispatcher(const char *name)
{
	return !strcmp(name, "xdp_dispatcher");
}

/* ---- when, and by whom ---- */

/* The kernel counts from the start of the machine. */
static time_t wall_time(uint64_t since_boot)
{
	struct timespec boot, now;

	if (clock_gettime(CLOCK_BOOTTIME, &boot) || clock_gettime(CLOCK_REALTIME, &now))
		return 0;
	return now.tv_sec - (boot.tv_sec - (time_t)(since_boot / 1000000000ull));
}

static void add_loaded(uint32_t program, struct buf *out)
{
	OWN_FD int fd = bpf_prog_get_fd_by_id(program);
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	struct tm local;
	char text[64];
	time_t when;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	/* Its pins are not in the BPF file system that this process sees. */
	if (!strcmp(info.name, "xdpfw_stub"))
		buf_puts(out, "\n  it is xdpfw's own, and its ruleset stays in force: its pins are "
			      "in another BPF file system, that of another mount namespace or of "
			      "another XDPFW_BPFFS");
	when = wall_time(info.load_time);
	if (!localtime_r(&when, &local) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local))
		return;
	buf_printf(out, "\n  loaded %s by user %u", text, info.created_by_uid);
}

/* Names that somebody else chose go to a terminal. */
static void make_plain(char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name == 127)
			*name = '?';
}

/* ---- pins ---- */

static bool is_pin_of(const char *path, const struct owner_search *search)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	OWN_FD int fd = bpf_obj_get_opts(path, &opts);
	char self[40], kind[40];
	struct bpf_prog_info program = { 0 };
	struct bpf_link_info link = { 0 };
	uint32_t len = sizeof(program);
	ssize_t got;

	if (fd < 0)	/* programs and links are refused with that flag by some kernels */
		put_fd(&fd, bpf_obj_get(path));
	if (fd < 0)
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	got = readlink(self, kind, sizeof(kind) - 1);
	if (got < 0)
		return false;
	kind[got] = 0;
	if (!strcmp(kind, "anon_inode:bpf-prog"))
		return !bpf_obj_get_info_by_fd(fd, &program, &len) && program.id == search->program;
	if (strncmp(kind, "anon_inode:bpf", 14) != 0 || !strcmp(kind, "anon_inode:bpf-map"))
		return false;
	len = sizeof(link);
	return !bpf_obj_get_info_by_fd(fd, &link, &len) && search->link && link.id == search->link;
}

static void walk_pins(int at, const char *path, unsigned int depth, struct owner_search *search);

static void look_at_pin(int folder, const char *path, const char *name, unsigned int depth,
			struct owner_search *search)
{
	char full[PATH_MAX], reach[64 + NAME_MAX];
	struct stat found;

	if (snprintf(full, sizeof(full), "%s/%s", path, name) >= (int)sizeof(full) ||
	    fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW))
		return;
	if (S_ISDIR(found.st_mode)) {
		walk_pins(folder, full, depth + 1, search);
		return;
	}
	if (!S_ISREG(found.st_mode))
		return;
	snprintf(reach, sizeof(reach), "/proc/self/fd/%d/%s", folder, name);
	if (!is_pin_of(reach, search))
		return;
	make_plain(full);
	if (search->found < OWNER_LISTED)
		buf_printf(search->out, "%s%s", search->found ? ", " : "\n  pinned as ", full);
	search->found++;
}

/* PATH is below AT by its last name, or a whole path. */
static void walk_pins(int at, const char *path, unsigned int depth, struct owner_search *search)
{
	const char *last = at == AT_FDCWD ? path : strrchr(path, '/') + 1;
	OWN_FD int fd = openat(at, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	OWN_FOLDER DIR *entries = NULL;
	int folder;

	if (fd < 0 || depth > OWNER_PIN_DEPTH)
		return;
	folder = fd;
	entries = fdopendir(fd);
	if (!entries)
		return;
	take_fd(&fd);
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (++search->steps > OWNER_PINS)
			return;
		look_at_pin(folder, path, entry->d_name, depth, search);
	}
}

/* Fields of a line of mountinfo: 5 is where, the word behind " - " is the kind. */
static bool read_bpf_mount(const char *line, char ret_where[PATH_MAX])
{
	const char *kind = strstr(line, " - ");

	if (!kind || strncmp(kind, " - bpf ", 7) != 0)
		return false;
	return sscanf(line, "%*s %*s %*s %*s %4095s", ret_where) == 1;
}

static void add_pins(struct owner_search *search)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX], where[PATH_MAX];

	if (!mounts)
		return;
	search->steps = search->found = 0;
	while (fgets(line, sizeof(line), mounts))
		if (read_bpf_mount(line, where))
			walk_pins(AT_FDCWD, where, 0, search);
	fclose(mounts);
	if (search->found > OWNER_LISTED)
		buf_printf(search->out, " and %u more", search->found - OWNER_LISTED);
	if (search->steps > OWNER_PINS)
		buf_printf(search->out, "\n  there are more than %u pins; not all were looked at",
			   OWNER_PINS);
}

/* ---- processes ---- */

static bool holds(int fdinfo, const char *name, const struct owner_search *search)
{
	OWN_FD int fd = openat(fdinfo, name, O_RDONLY | O_CLOEXEC);
	char text[1024];
	const char *at;
	unsigned int id;
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len <= 0)
		return false;
	text[len] = 0;
	at = strstr(text, "link_id:");
	if (at)
		return search->link && sscanf(at, "link_id: %u", &id) == 1 && id == search->link;
	at = strstr(text, "prog_id:");
	return at && sscanf(at, "prog_id: %u", &id) == 1 && id == search->program;
}

static bool process_holds(const char *pid, struct owner_search *search)
{
	char path[64];
	OWN_FOLDER DIR *entries = NULL;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo", pid);
	entries = opendir(path);
	for (struct dirent *entry; entries && (entry = readdir(entries));) {
		if (entry->d_name[0] == '.')
			continue;
		if (++search->steps > OWNER_DESCRIPTORS)
			return false;
		if (holds(dirfd(entries), entry->d_name, search))
			return true;
	}
	return false;
}

static void add_process(const char *pid, struct owner_search *search)
{
	char path[64], name[64];
	OWN_FD int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
	name[len > 0 ? len : 0] = 0;
	name[strcspn(name, "\n")] = 0;
	make_plain(name);
	if (search->found < OWNER_LISTED)
		buf_printf(search->out, "%s%s (%s)",
			   search->found ? ", " : "\n  open in process ", pid, name);
	search->found++;
}

static void add_processes(struct owner_search *search)
{
	OWN_FOLDER DIR *entries = opendir("/proc");
	char self[24];

	snprintf(self, sizeof(self), "%d", getpid());
	search->steps = search->found = 0;
	for (struct dirent *entry; entries && (entry = readdir(entries));)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    strcmp(entry->d_name, self) != 0 && process_holds(entry->d_name, search))
			add_process(entry->d_name, search);
	if (search->found > OWNER_LISTED)
		buf_printf(search->out, " and %u more", search->found - OWNER_LISTED);
	if (search->steps > OWNER_DESCRIPTORS)
		buf_puts(search->out, "\n  there are too many processes to look at all");
}

void owner_describe(uint32_t ifindex, uint32_t program, struct buf *out)
{
	struct owner_search search = {
		.program = program,
		.link = owner_find_link(ifindex, program),
		.out = out,
	};

	add_loaded(program, out);
	if (search.link)
		buf_printf(out, "\n  held on the device by link %u", search.link);
	else
		buf_puts(out, "\n  attached without a link");
	add_pins(&search);
	add_processes(&search);
}
