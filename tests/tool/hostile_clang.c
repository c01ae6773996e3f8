/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostile_clang: a compiler that means harm, put in clang's place by XDPFW_CLANG.
 *
 * In: its own file's name, which says what it does ("clang-attack"), because it is given neither
 * arguments nor an environment of its own.  Out: for `attack`, a line for each attempt on standard
 * error, "NAME: done" or "NAME: refused"; the others misbehave in one way.  It attempts nothing
 * that changes a machine on which everything succeeds, so it can be run outside the sandbox too:
 * a test sees by that whether the attempts are any good.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPACE (5ul << 30)		/* more than clang may have */

static char folder[PATH_MAX];		/* where this program lies */
static pid_t parent;

static const char *in_folder(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static bool can_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool can_list(const char *path)
{
	DIR *entries = opendir(path);

	if (entries)
		closedir(entries);
	return entries;
}

static bool read_shadow(void) { return can_open("/etc/shadow", O_RDONLY); }
static bool read_passwd(void) { return can_open("/etc/passwd", O_RDONLY); }
static bool read_root(void) { return can_list("/root"); }
static bool read_top(void) { return can_list("/"); }
static bool read_usr_bin(void) { return can_list("/usr/bin"); }
static bool read_proc(void) { return can_open("/proc/self/status", O_RDONLY); }
static bool read_sys(void) { return can_list("/sys/fs/bpf"); }
static bool read_dev(void) { return can_open("/dev/null", O_RDONLY); }
static bool read_readable(void) { return can_open(in_folder("readable"), O_RDONLY); }
static bool read_state(void) { return can_list(in_folder("state")); }
static bool read_folder(void) { return can_list(folder); }
static bool write_writable(void) { return can_open(in_folder("writable"), O_WRONLY); }
static bool append_writable(void) { return can_open(in_folder("writable"), O_WRONLY | O_APPEND); }
static bool create_file(void) { return can_open(in_folder("open/file"), O_WRONLY | O_CREAT); }
static bool create_tmp(void) { return can_open("/tmp", O_WRONLY | O_TMPFILE); }
static bool make_folder(void) { return !mkdir(in_folder("open/folder"), 0700); }
static bool make_link(void) { return !symlink("/", in_folder("open/link")); }
static bool make_fifo(void) { return !mkfifo(in_folder("open/fifo"), 0600); }
static bool truncate_file(void) { return !truncate(in_folder("writable"), 0); }
static bool remove_file(void) { return !unlink(in_folder("open/old")); }
static bool change_mode(void) { return !chmod(in_folder("open"), 0777); }
static bool change_times(void) { return !utimensat(AT_FDCWD, in_folder("open"), NULL, 0); }
static bool write_program(void) { return write(STDIN_FILENO, "x", 1) == 1; }
static bool truncate_program(void) { return !ftruncate(STDIN_FILENO, 0); }
static bool call_chroot(void) { return !chroot("/"); }
static bool call_mount(void) { return !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL); }

static bool hold_lock(void)
{
	int fd = open(in_folder("lock/lock"), O_RDONLY);

	return fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB);
}

static bool inherited(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	return false;
}

static bool open_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool socket_inet(void) { return open_socket(AF_INET, SOCK_STREAM); }
static bool socket_unix(void) { return open_socket(AF_UNIX, SOCK_STREAM); }
static bool socket_netlink(void) { return open_socket(AF_NETLINK, SOCK_RAW); }

static bool socket_pair(void)
{
	int fds[2];

	return !socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static bool end_child(pid_t pid)
{
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, __WALL);
	return pid > 0;
}

static bool call_fork(void) { return end_child((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
static bool call_detached(void) { return end_child((pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0)); }

static bool call_clone3(void)
{
	unsigned long long args[8] = { 0 };

	args[4] = SIGCHLD;
	return end_child((pid_t)syscall(SYS_clone3, args, sizeof(args)));
}

static bool trace_parent(void) { return !ptrace(PTRACE_SEIZE, parent, NULL, NULL); }
static bool signal_parent(void) { return !kill(parent, 0); }
static bool signal_thread(void) { return !syscall(SYS_tgkill, parent, parent, 0); }
static bool signal_all(void) { return !kill(-1, 0); }
static bool open_parent(void) { return syscall(SYS_pidfd_open, parent, 0) >= 0; }
static bool own_input(void) { return !fcntl(STDIN_FILENO, F_SETOWN, parent); }
static bool outlive(void) { return !prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0); }
static bool dump(void) { return !prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }
static bool get_session(void) { return getpgrp() == getpid() || setsid() >= 0; }
static bool get_user(void) { return !setuid(0); }
static bool get_namespace(void) { return !unshare(CLONE_NEWNET); }

static bool read_memory(void)
{
	static const char here[] = "x";
	char there[1];
	struct iovec to = { there, 1 }, from = { (void *)(uintptr_t)here, 1 };

	/* The parent need not have this address: EFAULT is past the question whether it may. */
	return process_vm_readv(parent, &to, 1, &from, 1, 0) == 1 || errno == EFAULT;
}

static bool parent_limits(void)
{
	struct rlimit limit;

	return !prlimit(parent, RLIMIT_NOFILE, NULL, &limit);
}

static bool call_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) >= 0;
}

static bool list_programs(void)
{
	union bpf_attr attr = { .start_id = 0 };

	return !syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)) || errno == ENOENT;
}

static bool call_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) >= 0;
}

static bool call_io_uring(void)
{
	struct io_uring_params params = { 0 };

	return syscall(SYS_io_uring_setup, 1, &params) >= 0;
}

static bool call_keyctl(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) >= 0;
}

static bool call_memfd(void) { return memfd_create("x", 0) >= 0; }
static bool share_memory(void) { return shmget(IPC_PRIVATE, 4096, 0600) >= 0; }

static bool take_memory(void)
{
	void *at = mmap(NULL, SPACE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at != MAP_FAILED;
}

static bool raise_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	return !setrlimit(RLIMIT_FSIZE, &limit);
}

/* Last: when it succeeds, the program that says so is another one. */
static bool run_other(void)
{
	execl("/bin/sh", "sh", "-c", "echo run other: done >&2; exit 1", NULL);
	return false;
}

static const struct attempt {
	const char *name;
	bool (*try)(void);
} attempts[] = {
	{ "read /etc/shadow", read_shadow },
	{ "read /etc/passwd", read_passwd },
	{ "list /root", read_root },
	{ "list /", read_top },
	{ "list /usr/bin", read_usr_bin },
	{ "read /proc/self/status", read_proc },
	{ "list /sys/fs/bpf", read_sys },
	{ "read /dev/null", read_dev },
	{ "read a file for all", read_readable },
	{ "list the state folder", read_state },
	{ "list its own folder", read_folder },
	{ "write a file for all", write_writable },
	{ "append to a file for all", append_writable },
	{ "create a file", create_file },
	{ "create a file in /tmp", create_tmp },
	{ "make a folder", make_folder },
	{ "make a link", make_link },
	{ "make a pipe", make_fifo },
	{ "cut a file", truncate_file },
	{ "remove a file", remove_file },
	{ "change a mode", change_mode },
	{ "change times", change_times },
	{ "write into the C text", write_program },
	{ "cut the C text", truncate_program },
	{ "change its root", call_chroot },
	{ "mount", call_mount },
	{ "hold the lock", hold_lock },
	{ "find descriptors", inherited },
	{ "inet socket", socket_inet },
	{ "unix socket", socket_unix },
	{ "netlink socket", socket_netlink },
	{ "pair of sockets", socket_pair },
	{ "fork", call_fork },
	{ "fork without a signal", call_detached },
	{ "fork by clone3", call_clone3 },
	{ "trace its parent", trace_parent },
	{ "read its parent's memory", read_memory },
	{ "signal its parent", signal_parent },
	{ "signal its parent's thread", signal_thread },
	{ "signal everybody", signal_all },
	{ "hold its parent", open_parent },
	{ "have its parent signalled", own_input },
	{ "ask for its parent's limits", parent_limits },
	{ "outlive its parent", outlive },
	{ "become dumpable", dump },
	{ "leave its session", get_session },
	{ "become root", get_user },
	{ "another network namespace", get_namespace },
	{ "make a BPF map", call_bpf },
	{ "list BPF programs", list_programs },
	{ "perf event", call_perf },
	{ "io_uring", call_io_uring },
	{ "keys", call_keyctl },
	{ "memory file", call_memfd },
	{ "shared memory", share_memory },
	{ "5 GiB of memory", take_memory },
	{ "raise a limit", raise_limit },
	{ "run other", run_other },
};

static void attack(void)
{
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		bool done;
		int error;

		fflush(stderr);
		errno = 0;
		done = attempts[i].try();
		error = errno;
		if (done)
			fprintf(stderr, "%s: done\n", attempts[i].name);
		else
			fprintf(stderr, "%s: refused (%s)\n", attempts[i].name, strerror(error));
	}
	exit(1);
}

static void wait_long(void)
{
	for (;;)
		sleep(1000);
}

static void flood(int fd)
{
	static char bytes[65536];

	memset(bytes, 'x', sizeof(bytes));
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	exit(1);
}

/* Writes the first PART of itself, which is an ELF file of another machine. */
static void write_itself(const char *self, size_t part)
{
	int fd = open(self, O_RDONLY);
	char bytes[4096];

	while (part) {
		ssize_t len = read(fd, bytes, part < sizeof(bytes) ? part : sizeof(bytes));

		if (len <= 0 || write(STDOUT_FILENO, bytes, (size_t)len) != len)
			break;
		part -= (size_t)len;
	}
	exit(0);
}

static void *say_hello(void *nothing)
{
	puts("hello");
	return nothing;
}

/* No harm: compilers go on in a thread with a larger stack when theirs is too small. */
static void use_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, say_hello, NULL) || pthread_join(thread, NULL))
		abort();
	exit(0);
}

/* A page at a time, all of it used. */
static void eat(void)
{
	for (size_t had = 0;; had += 1 << 20) {
		char *at = malloc(1 << 20);

		if (!at) {
			fprintf(stderr, "no more after %zu MiB\n", had >> 20);
			exit(1);
		}
		memset(at, 1, 4096);
	}
}

int main(void)
{
	char self[PATH_MAX] = "";
	char *name;

	parent = getppid();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return 2;
	strcpy(folder, self);
	name = strrchr(folder, '/');
	*name++ = 0;
	if (!strcmp(name, "clang-attack"))
		attack();
	if (!strcmp(name, "clang-closed")) {
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
	}
	if (!strcmp(name, "clang-wait") || !strcmp(name, "clang-closed"))
		wait_long();
	if (!strcmp(name, "clang-busy"))
		for (volatile unsigned int i = 0;; i++)
			;
	if (!strcmp(name, "clang-flood"))
		flood(STDOUT_FILENO);
	if (!strcmp(name, "clang-talk"))
		flood(STDERR_FILENO);
	if (!strcmp(name, "clang-eat"))
		eat();
	if (!strcmp(name, "clang-thread"))
		use_thread();
	if (!strcmp(name, "clang-foreign"))
		write_itself(self, SIZE_MAX);
	if (!strcmp(name, "clang-half"))
		write_itself(self, 2000);
	if (!strcmp(name, "clang-die"))
		abort();
	if (!strcmp(name, "clang-hello"))
		puts("hello");
	return 0;
}
