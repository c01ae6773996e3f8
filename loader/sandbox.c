/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sandbox: landlock and seccomp for a compiler.
 *
 * In: the path of clang, in a process that is about to become it.  Out: that process can read
 * libraries and headers, execute clang and its dynamic linker, use its memory and its three
 * descriptors.  It can open nothing else, write no file, start no process, reach no other process
 * and no network.  Each half alone is worth having: landlock knows paths but not every system call,
 * seccomp knows system calls but no paths.  A half that the kernel lacks is left out (`status` says
 * so); one that the kernel has and refuses is an error.
 */
#define _GNU_SOURCE
#include "loader/sandbox.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <seccomp.h>

#include "loader/own.h"

/*
 * linux/landlock.h, of which Debian 12 has an older one.  Rights on files, by the version of the
 * interface that first had them; what a version does not know it does not take.
 */
#define LANDLOCK_VERSION_FLAG 1u
#define LANDLOCK_PATH_BENEATH 1
#define LANDLOCK_EXECUTE (1ull << 0)
#define LANDLOCK_READ_FILE (1ull << 2)
#define LANDLOCK_READ_DIR (1ull << 3)
#define LANDLOCK_FILES_1 ((1ull << 13) - 1)
#define LANDLOCK_REFER (1ull << 13)		/* 2 */
#define LANDLOCK_TRUNCATE (1ull << 14)		/* 3 */
#define LANDLOCK_NET ((1ull << 2) - 1)		/* 4: bind and connect of TCP */
#define LANDLOCK_IOCTL_DEV (1ull << 15)		/* 5 */
#define LANDLOCK_SCOPES ((1ull << 2) - 1)	/* 6: abstract sockets and signals */

struct landlock_rules {
	uint64_t files, net, scopes;
};

struct landlock_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* Libraries and headers, wherever a distribution has them. */
static const char *const readable[] = {
	"/usr/lib",	      "/usr/lib32",	  "/usr/lib64",		"/usr/libx32",
	"/usr/libexec",	      "/usr/include",	  "/usr/local/lib",	"/usr/local/include",
	"/lib",		      "/lib32",		  "/lib64",		"/libx32",
	"/etc/ld.so.cache",   "/etc/clang",
};

void sandbox_find(struct sandbox_support *ret_support)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);
	uint32_t action = SECCOMP_RET_ERRNO;

	ret_support->landlock = version > 0 ? (int)version : 0;
	ret_support->seccomp = !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

void sandbox_say_missing(struct buf *out)
{
	struct sandbox_support support;

	sandbox_find(&support);
	if (support.landlock && support.seccomp)
		return;
	buf_printf(out, "this kernel does not have %s%s%s, so clang's sandbox is weaker",
		   support.landlock ? "" : "landlock",
		   support.landlock || support.seccomp ? "" : " and ",
		   support.seccomp ? "" : "seccomp filters");
}

/* Returns 0 or a negative errno; what is not there, or not for this user, needs no rule. */
static int allow_path(int rules, const char *path, uint64_t allowed)
{
	struct landlock_beneath beneath = { .allowed = allowed };
	OWN_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat found;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	if (fstat(fd, &found))
		return -errno;
	if (!S_ISDIR(found.st_mode))
		beneath.allowed &= ~LANDLOCK_READ_DIR;
	beneath.parent = fd;
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_PATH_BENEATH, &beneath, 0) ? -errno :
											    0;
}

/* The dynamic linker that PROGRAM names; an empty path when it names none. */
static void find_linker(const char *program, char ret_path[PATH_MAX])
{
	OWN_FD int fd = open(program, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr header;
	Elf64_Phdr part;

	ret_path[0] = 0;
	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64)
		return;
	for (unsigned int i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(part));

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return;
		if (part.p_type != PT_INTERP || part.p_filesz >= PATH_MAX)
			continue;
		if (pread(fd, ret_path, part.p_filesz, (off_t)part.p_offset) !=
		    (ssize_t)part.p_filesz)
			part.p_filesz = 0;
		ret_path[part.p_filesz] = 0;
		return;
	}
}

/*
 * A clang in PREFIX/bin has its own libraries and headers in PREFIX/lib.  More of PREFIX is not
 * opened: it may be somebody's home.
 */
static int allow_beside(int rules, const char *program)
{
	static const char *const names[] = { "lib", "lib64" };
	OWN_MEMORY char *real = realpath(program, NULL);
	char path[PATH_MAX];
	int error = 0;
	char *end;

	if (!real)
		return -errno;
	end = strrchr(real, '/');
	*end = 0;
	end = strrchr(real, '/');
	if (!end || strcmp(end, "/bin") != 0)
		return 0;
	for (size_t i = 0; !error && i < sizeof(names) / sizeof(names[0]); i++)
		if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)(end - real), real,
				     names[i]) < sizeof(path))
			error = allow_path(rules, path, LANDLOCK_READ_FILE | LANDLOCK_READ_DIR);
	return error;
}

static int allow_files(int rules, const char *program)
{
	char linker[PATH_MAX];
	int error = allow_path(rules, program, LANDLOCK_READ_FILE | LANDLOCK_EXECUTE);

	for (size_t i = 0; !error && i < sizeof(readable) / sizeof(readable[0]); i++)
		error = allow_path(rules, readable[i], LANDLOCK_READ_FILE | LANDLOCK_READ_DIR);
	if (!error)
		error = allow_beside(rules, program);
	find_linker(program, linker);
	if (!error && linker[0])
		error = allow_path(rules, linker, LANDLOCK_READ_FILE | LANDLOCK_EXECUTE);
	return error;
}

/* Returns 0 or a negative errno. */
static int enter_landlock(int version, const char *program)
{
	struct landlock_rules wanted = { .files = LANDLOCK_FILES_1 };
	size_t size = sizeof(wanted.files);
	OWN_FD int rules = -1;
	int error;

	if (version >= 2)
		wanted.files |= LANDLOCK_REFER;
	if (version >= 3)
		wanted.files |= LANDLOCK_TRUNCATE;
	if (version >= 4) {
		wanted.net = LANDLOCK_NET;
		size += sizeof(wanted.net);
	}
	if (version >= 5)
		wanted.files |= LANDLOCK_IOCTL_DEV;
	if (version >= 6) {
		wanted.scopes = LANDLOCK_SCOPES;
		size += sizeof(wanted.scopes);
	}
	rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
	if (rules < 0)
		return -errno;
	error = allow_files(rules, program);
	if (!error && syscall(SYS_landlock_restrict_self, rules, 0))
		error = -errno;
	return error;
}

/* What clang, the C library and the dynamic linker call, and what does no harm. */
static const int free_calls[] = {
	SCMP_SYS(access),	   SCMP_SYS(arch_prctl),	SCMP_SYS(brk),
	SCMP_SYS(clock_getres),	   SCMP_SYS(clock_getres_time64),
	SCMP_SYS(clock_gettime),   SCMP_SYS(clock_gettime64),	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(close),	   SCMP_SYS(dup),		SCMP_SYS(dup2),
	SCMP_SYS(dup3),		   SCMP_SYS(execve),		SCMP_SYS(exit),
	SCMP_SYS(exit_group),	   SCMP_SYS(faccessat),		SCMP_SYS(faccessat2),
	SCMP_SYS(fstat),	   SCMP_SYS(fstat64),		SCMP_SYS(fstatat64),
	SCMP_SYS(fstatfs),	   SCMP_SYS(futex),		SCMP_SYS(futex_time64),
	SCMP_SYS(getcwd),	   SCMP_SYS(getdents),		SCMP_SYS(getdents64),
	SCMP_SYS(getegid),	   SCMP_SYS(geteuid),		SCMP_SYS(getgid),
	SCMP_SYS(getpid),	   SCMP_SYS(getrandom),		SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),	   SCMP_SYS(gettid),		SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid),	   SCMP_SYS(_llseek),		SCMP_SYS(lseek),
	SCMP_SYS(lstat),	   SCMP_SYS(lstat64),		SCMP_SYS(madvise),
	SCMP_SYS(mmap),		   SCMP_SYS(mmap2),		SCMP_SYS(mprotect),
	SCMP_SYS(mremap),	   SCMP_SYS(munmap),		SCMP_SYS(nanosleep),
	SCMP_SYS(newfstatat),	   SCMP_SYS(poll),		SCMP_SYS(ppoll),
	SCMP_SYS(pread64),	   SCMP_SYS(read),		SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),	   SCMP_SYS(readv),		SCMP_SYS(restart_syscall),
	SCMP_SYS(riscv_flush_icache),
	SCMP_SYS(rseq),		   SCMP_SYS(rt_sigaction),	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),	   SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address),	SCMP_SYS(sigaltstack),
	SCMP_SYS(sigreturn),	   SCMP_SYS(stat),		SCMP_SYS(stat64),
	SCMP_SYS(statfs),	   SCMP_SYS(statx),		SCMP_SYS(sysinfo),
	SCMP_SYS(time),		   SCMP_SYS(times),		SCMP_SYS(ugetrlimit),
	SCMP_SYS(uname),	   SCMP_SYS(write),		SCMP_SYS(writev),
};

#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND)
#define NEW_NAMESPACES                                                                            \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |            \
	 CLONE_NEWPID | CLONE_NEWNET)
#define ALL_BITS 0xffffffffu		/* of an int */

/* Calls that are let through when the bits MASK of argument ARG are VALUE. */
static const struct some_call {
	int call;
	unsigned int arg, mask, value;
} some_calls[] = {
	{ SCMP_SYS(open), 1, WRITING, O_RDONLY },
	{ SCMP_SYS(openat), 2, WRITING, O_RDONLY },
	/* No F_SETOWN, F_SETSIG, F_SETFL: they send signals, and change what xdpfw shares. */
	{ SCMP_SYS(fcntl), 1, ALL_BITS, F_GETFD },
	{ SCMP_SYS(fcntl), 1, ALL_BITS, F_SETFD },
	{ SCMP_SYS(fcntl), 1, ALL_BITS, F_GETFL },
	{ SCMP_SYS(fcntl), 1, ALL_BITS, F_DUPFD },
	{ SCMP_SYS(fcntl), 1, ALL_BITS, F_DUPFD_CLOEXEC },
	/* Its own limits, which it cannot raise. */
	{ SCMP_SYS(prlimit64), 0, ALL_BITS, 0 },
	/* A thread with a larger stack, for text that is nested deeply; no process. */
	{ SCMP_SYS(clone), 0, CLONE_THREAD | NEW_NAMESPACES, CLONE_THREAD },
};

static int allow_some(scmp_filter_ctx filter, const struct some_call *some)
{
	struct scmp_arg_cmp compare = {
		.arg = some->arg,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = some->mask,
		.datum_b = some->value,
	};
	int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, some->call, 1, &compare);

	return error == -EDOM ? 0 : error;	/* this architecture has no such call */
}

static int allow_calls(scmp_filter_ctx filter)
{
	/* abort() sends a signal to its own process. */
	struct some_call self = { SCMP_SYS(tgkill), 0, ALL_BITS, (unsigned int)getpid() };
	int error = allow_some(filter, &self);

	for (size_t i = 0; i < sizeof(free_calls) / sizeof(free_calls[0]) && !error; i++) {
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, free_calls[i], 0);
		error = error == -EDOM ? 0 : error;
	}
	for (size_t i = 0; i < sizeof(some_calls) / sizeof(some_calls[0]) && !error; i++)
		error = allow_some(filter, &some_calls[i]);
	return error;
}

/* Returns 0 or a negative errno. */
static int enter_seccomp(void)
{
	/* ENOSYS is what a library takes for an older kernel, and knows a way around. */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = filter ? 0 : -ENOMEM;

	/* Calls of another architecture have other numbers. */
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!error)
		error = allow_calls(filter);
	if (!error)
		error = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return error;
}

const char *sandbox_enter(const char *program)
{
	struct rlimit none = { 0, 0 };
	struct sandbox_support support;
	int error;

	sandbox_find(&support);
	error = support.landlock ? enter_landlock(support.landlock, program) : 0;
	if (error) {
		errno = -error;
		return "enter its landlock sandbox";
	}
	/* Without seccomp this is the next best that keeps it from starting processes. */
	if (!support.seccomp && setrlimit(RLIMIT_NPROC, &none))
		return "limit its processes";
	error = support.seccomp ? enter_seccomp() : 0;
	if (error) {
		errno = -error;
		return "enter its seccomp sandbox";
	}
	return NULL;
}
