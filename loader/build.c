/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build: runs clang.
 *
 * In: C text, given as standard input.  Out: the object, read from a pipe.  The text was made from
 * a user's ruleset, so clang is not trusted with anything: it runs as a user who owns nothing,
 * with no way back (no_new_privs), no environment, no descriptor but its three, bounded memory,
 * time and output, and in a sandbox (sandbox.c).  What it writes is bytes to be checked, never a
 * path to be opened.
 */
#define _GNU_SOURCE
#include "loader/build.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "loader/own.h"
#include "loader/sandbox.h"

#define BUILD_NOBODY 65534

/* clang 14 needs 512 MiB for 2,000 rules and 1 GiB for 10,000 (3 MB of C text). */
#define BUILD_ADDRESS_SPACE (4ul << 30)

/*
 * The source goes into the debug information, so that the verifier's log and bpftool show it: it
 * comes from a pipe, and nobody could read it later.
 */
const char build_flags[] =
	"-O2 -g -gdwarf-5 -gembed-source -target bpf -mcpu=v3 -w -x c -c -";

static char *const clang_argv[] = {
	(char[]){ "clang" },	      (char[]){ "-O2" },     (char[]){ "-g" },
	(char[]){ "-gdwarf-5" },      (char[]){ "-gembed-source" },
	(char[]){ "-target" },	      (char[]){ "bpf" },     (char[]){ "-mcpu=v3" },
	(char[]){ "-w" },	      (char[]){ "-x" },	     (char[]){ "c" },
	(char[]){ "-c" },	      (char[]){ "-" },	     (char[]){ "-o" },
	(char[]){ "-" },	      NULL,
};

/*
 * Not of a large text: for each line that has code clang 14 walks through all lines it has so far,
 * which was 23 s of the 38 s that 10,000 compared rules took.
 */
#define LARGE_TEXT (512u << 10)

static char *const clang_large_argv[] = {
	(char[]){ "clang" },	      (char[]){ "-O2" },     (char[]){ "-g" },
	(char[]){ "-gdwarf-5" },      (char[]){ "-gno-inline-line-tables" },
	(char[]){ "-target" },	      (char[]){ "bpf" },     (char[]){ "-mcpu=v3" },
	(char[]){ "-w" },	      (char[]){ "-x" },	     (char[]){ "c" },
	(char[]){ "-c" },	      (char[]){ "-" },	     (char[]){ "-o" },
	(char[]){ "-" },	      NULL,
};

static char *const clang_envp[] = { NULL };

static const char *const clang_paths[] = {
	"/usr/bin/clang",    "/usr/bin/clang-22", "/usr/bin/clang-21", "/usr/bin/clang-20",
	"/usr/bin/clang-19", "/usr/bin/clang-18", "/usr/bin/clang-17", "/usr/bin/clang-16",
	"/usr/bin/clang-15", "/usr/bin/clang-14",
};

/* How far the child came before it could not become clang. */
struct build_failure {
	const char *what;		/* a constant: the child is a copy of this process */
	int error;
};

struct build_child {
	pid_t pid;
	int object, log, failure;	/* read ends */
};

const char *build_find_clang(void)
{
	const char *named = own_word(secure_getenv("XDPFW_CLANG"), NULL);

	if (named)
		return named[0] == '/' && !access(named, X_OK) ? named : NULL;
	for (size_t i = 0; i < sizeof(clang_paths) / sizeof(clang_paths[0]); i++)
		if (!access(clang_paths[i], X_OK))
			return clang_paths[i];
	return NULL;
}

void build_say_missing(struct buf *out)
{
	const char *named = own_word(secure_getenv("XDPFW_CLANG"), NULL);

	if (!named)
		buf_puts(out, "was not found in /usr/bin (clang, clang-14 to clang-22); "
			      "XDPFW_CLANG can name one");
	else if (named[0] != '/')
		buf_printf(out, "was not found: XDPFW_CLANG names '%s', which is not a path from "
				"the root folder", named);
	else
		buf_printf(out, "was not found: XDPFW_CLANG names '%s', which cannot be run: %s",
			   named, strerror(access(named, X_OK) ? errno : 0));
}

static bool is_script(const char *path)
{
	OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char start[2];

	return fd >= 0 && read(fd, start, 2) == 2 && !memcmp(start, "#!", 2);
}

static const char *limit_self(void)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t most;
	} limits[] = {
		{ RLIMIT_AS, BUILD_ADDRESS_SPACE },
		{ RLIMIT_CPU, BUILD_SECONDS },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NOFILE, 64 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (getrlimit(limits[i].what, &limit))
			return "read its limits";
		/* A lower limit of the caller stays: nobody but root may raise it. */
		if (limit.rlim_max > limits[i].most)
			limit.rlim_max = limits[i].most;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(limits[i].what, &limit))
			return "limit its resources";
	}
	return NULL;
}

/* Root of a user namespace who stays root there: without the capabilities, for good. */
static const char *drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* Unknown ones end the loop; without CAP_SETPCAP there is nothing to be dropped. */
	for (unsigned long i = 0; !prctl(PR_CAPBSET_DROP, i, 0, 0, 0); i++)
		;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) ||
	    syscall(SYS_capset, &header, none))
		return "give up its capabilities";
	return NULL;
}

/* Root becomes a user who owns nothing; everybody else stays who they are. */
static const char *drop_rights(const struct build_user *user)
{
	if (user->drop) {
		if (setgroups(0, NULL))
			return "give up its groups";
		if (setresgid(user->gid, user->gid, user->gid))
			return "give up its group";
		if (setresuid(user->uid, user->uid, user->uid))
			return "give up its user";
	} else if (geteuid() == 0 && drop_capabilities()) {
		return "give up its capabilities";
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return "give up new privileges";
	/* Changing user clears this, so it comes last. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return "tie its life to xdpfw's";
	return NULL;
}

/* Runs between fork and exec, in a process with one thread. */
static const char *become_clang(const char *path, char *const *argv, const int fds[3],
				pid_t parent, const struct build_user *user)
{
	const char *what;

	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return "set its input and output";
	/* What xdpfw itself opened is closed by exec; what its caller left open is not clang's. */
	if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC))
		return "close the descriptors of others";
	if (chdir("/"))
		return "go to the root folder";
	what = drop_rights(user);
	if (what)
		return what;
	if (getppid() != parent)
		return "find xdpfw alive";
	/* The filter is put together in memory that the limits may leave no room for. */
	what = sandbox_enter(path);
	if (!what)
		what = limit_self();
	if (what)
		return what;
	execve(path, argv, clang_envp);
	return "start";
}

static void build_child_run(const char *path, char *const *argv, const int fds[3], int failure,
			    pid_t parent, const struct build_user *user)
{
	struct build_failure report = { .what = become_clang(path, argv, fds, parent, user) };
	ssize_t done;

	report.error = errno;
	done = write(failure, &report, sizeof(report));
	(void)done;			/* nobody is left to tell */
	_exit(127);
}

/* Sealed: whoever gets it can only read. */
static int make_input(const char *c_text, size_t c_bytes)
{
	OWN_FD int fd = memfd_create("xdpfw-c", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	if (fd < 0)
		return -1;
	while (done < c_bytes) {
		ssize_t part = write(fd, c_text + done, c_bytes - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return -1;
		done += (size_t)part;
	}
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return -1;
	return take_fd(&fd);
}

/* Where ID comes from in the user namespace around this one; false when it has no place here. */
static bool map_id(const char *path, uint32_t id, uint32_t *ret_outside)
{
	FILE *file = fopen(path, "re");
	uint32_t inside, outside, count;
	bool found = false;

	while (file && !found && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3)
		if (id >= inside && id - inside < count) {
			*ret_outside = outside + (id - inside);
			found = true;
		}
	if (file)
		fclose(file);
	return found;
}

static bool may_set_groups(void)
{
	char word[8] = "";
	FILE *file = fopen("/proc/self/setgroups", "re");
	bool denied = file && fgets(word, sizeof(word), file) && !strncmp(word, "deny", 4);

	if (file)
		fclose(file);
	return !denied;
}

/*
 * Root of a user namespace that has no other user to become is, outside, an ordinary user, and
 * stays that.  Root in disguise is not let through: then giving up its rights fails, and says so.
 */
static bool is_alone(const struct build_user *user)
{
	uint32_t outside, other;

	return (!may_set_groups() || !map_id("/proc/self/uid_map", user->uid, &other) ||
		!map_id("/proc/self/gid_map", user->gid, &other)) &&
	       map_id("/proc/self/uid_map", 0, &outside) && outside != 0;
}

void build_find_user(struct build_user *ret_user)
{
	const struct passwd *found = geteuid() == 0 ? getpwnam(BUILD_USER) : NULL;
	struct build_user user = { .uid = BUILD_NOBODY, .gid = BUILD_NOBODY };

	if (found && found->pw_uid) {
		user.uid = found->pw_uid;
		user.gid = found->pw_gid;
	}
	user.drop = geteuid() == 0 && !is_alone(&user);
	user.missing = user.drop && user.uid == BUILD_NOBODY;
	*ret_user = user;
}

/* Returns 0 or a negative errno. */
static int start_clang(const char *path, const char *c_text, size_t c_bytes,
		       struct build_child *ret_child)
{
	OWN_FD int input = make_input(c_text, c_bytes);
	int object[2] = { -1, -1 }, log[2] = { -1, -1 }, failure[2] = { -1, -1 };
	/*
	 * Taken before errno is lost: a process -1 that is not told from an error would be
	 * killed.
	 */
	int error = input < 0 ? -errno : 0;
	pid_t parent = getpid(), pid = -1;
	struct build_user user;

	build_find_user(&user);
	if (!error && (pipe2(object, O_CLOEXEC) || pipe2(log, O_CLOEXEC) ||
		       pipe2(failure, O_CLOEXEC) || (pid = fork()) < 0))
		error = -errno;
	if (pid == 0)
		build_child_run(path, c_bytes > LARGE_TEXT ? clang_large_argv : clang_argv,
				(int[3]){ input, object[1], log[1] }, failure[1], parent, &user);
	own_close(&object[1]);
	own_close(&log[1]);
	own_close(&failure[1]);
	if (error) {
		own_close(&object[0]);
		own_close(&log[0]);
		own_close(&failure[0]);
		return error;
	}
	*ret_child = (struct build_child){ pid, object[0], log[0], failure[0] };
	return 0;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Reads what is there. False at the end, or when BUF would exceed LIMIT (then *ret_full). */
static bool read_some(int fd, struct buf *buf, size_t limit, bool *ret_full)
{
	char bytes[65536];
	ssize_t len = read(fd, bytes, sizeof(bytes));

	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	if (len == 0)
		return false;
	if (buf->len + (size_t)len > limit) {
		*ret_full = true;
		return false;
	}
	buf_put(buf, bytes, (size_t)len);
	return true;
}

/* How long clang may take. */
static long long build_seconds(void)
{
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_BUILD_SECONDS"))
		return atoll(getenv("XDPFW_BUILD_SECONDS"));
#endif
	return BUILD_SECONDS;
}

static const char too_slow[] = "it takes too long";

/* Reads both pipes to their ends. Returns NULL, or why clang has to be ended. */
static const char *read_output(const struct build_child *child, long long deadline,
			       struct buf *log, struct buf *object)
{
	struct pollfd fds[2] = { { .fd = child->object, .events = POLLIN },
				 { .fd = child->log, .events = POLLIN } };

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		long long left = deadline - now_ms();
		bool full = false, log_full = false;

		if (left <= 0)
			return too_slow;
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return "its output cannot be read";
		if (fds[0].revents && !read_some(child->object, object, BUILD_OBJECT_BYTES, &full))
			fds[0].fd = -1;
		if (full)
			return "its object is larger than 64 MiB";
		if (fds[1].revents && !read_some(child->log, log, BUILD_LOG_BYTES, &log_full))
			fds[1].fd = -1;
		if (log_full)
			return "its messages are longer than 64 KiB";
		fds[0].revents = fds[1].revents = 0;
	}
	return NULL;
}

/* A process can close its output and stay. */
static const char *wait_for_end(const struct build_child *child, long long deadline)
{
	OWN_FD int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	struct pollfd ended = { .fd = fd, .events = POLLIN };

	for (;;) {
		long long left = deadline - now_ms();
		int count = fd < 0 || left <= 0 ? 0 : poll(&ended, 1, (int)left);

		if (count > 0)
			return NULL;
		if (fd < 0)
			return "it cannot be waited for";
		if (left <= 0)
			return too_slow;
	}
}

static bool report_clang(struct report *report, const char *path, const struct build_child *child,
			 const char *ended, int status, const struct buf *log)
{
	struct build_failure failure;

	if (read(child->failure, &failure, sizeof(failure)) == (ssize_t)sizeof(failure))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot build the program with %s: the process could not %s: %s",
				   path, failure.what, strerror(failure.error));
	if (ended == too_slow)
		return report_fail(report, REPORT_SYSTEM,
				   "%s was ended: it takes longer than %lld seconds", path,
				   build_seconds());
	if (ended)
		return report_fail(report, REPORT_SYSTEM, "%s was ended: %s", path, ended);
	if (WIFSIGNALED(status))
		return report_fail(report, REPORT_SYSTEM, "%s was ended by signal %d (%s)", path,
				   WTERMSIG(status), strsignal(WTERMSIG(status)));
	/* The dynamic linker's word and the shells': it has not read the program. */
	if (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)
		return report_fail(report, REPORT_SYSTEM, "%s cannot be run: %.*s", path,
				   log->len ? (int)strcspn(log->at, "\n") : 0,
				   log->len ? log->at : "");
	if (WEXITSTATUS(status))
		return report_fail(report, REPORT_BUG,
				   "%s refuses the generated program: this is a bug of xdpfw",
				   path);
	return true;
}

bool build_run(struct report *report, const char *c_text, size_t c_bytes, struct buf *log,
	       struct buf *ret_object)
{
	OWN_BUF struct buf object = BUF_INIT, missing = BUF_INIT;
	const char *path = build_find_clang(), *ended;
	long long deadline = now_ms() + build_seconds() * 1000;
	struct build_child child;
	int status = 0, error;
	bool ok;

	if (!path) {
		build_say_missing(&missing);
		return report_fail(report, REPORT_SYSTEM,
				   "clang is needed to build the program and %s", missing.at);
	}
	if (is_script(path))
		return report_fail(report, REPORT_SYSTEM,
				   "%s is a script, and clang runs where no other program can be "
				   "started: XDPFW_CLANG has to name clang itself", path);
	error = start_clang(path, c_text, c_bytes, &child);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot start %s: %s", path,
				   strerror(-error));
	ended = read_output(&child, deadline, log, &object);
	if (!ended)
		ended = wait_for_end(&child, deadline);
	if (ended)
		kill(child.pid, SIGKILL);
	while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
		;
	ok = report_clang(report, path, &child, ended, status, log);
	own_close(&child.object);
	own_close(&child.log);
	own_close(&child.failure);
	if (!ok)
		return false;
	*ret_object = object;
	object = (struct buf)BUF_INIT;
	return true;
}
