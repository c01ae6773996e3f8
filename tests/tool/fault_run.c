/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault_run: runs a command and spoils one of its system calls.
 *
 *	fault_run -o REPORT [-l] [-c] [-n N (-e ERRNO | -k)] COMMAND [ARG...]
 *
 * In: which call, counted from 1, and what becomes of it: it fails with ERRNO and is not carried
 * out, or (-k) it is carried out and the process is then killed, as by kill -9.  Only the calls of
 * the command's first process are counted and spoiled; with -c instead those of the first process
 * that it forks, from the fork on.  Without -n nothing is spoiled.
 *
 * Out: the command's exit status (128 + N after signal N), and in REPORT a line for each of
 *
 *	call NAME		with -l: each call, in order; "bpf:4" is command 4 of bpf()
 *	hit NAME		the call that was spoiled
 *	made KIND ID		prog, map, link: what the command made in the kernel, by its id
 *	calls COUNT		last
 *
 * The command is a child that is traced, so it cannot outlive this process.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	FILE *report;
	unsigned long at;		/* the call to be spoiled; 0: none */
	int error;			/* 0: kill */
	bool list, in_child;

	pid_t first, counted;		/* counted: 0 until it is there */
	int pidfd;			/* of counted */
	unsigned long calls;
	struct __ptrace_syscall_info entry;
	bool inside, spoiled;		/* between entry and exit of a call; this one */
	int status;
};

static void die(const char *what)
{
	fprintf(stderr, "fault_run: %s: %s\n", what, strerror(errno));
	exit(99);
}

static void print_call(struct run *run, const char *word)
{
	uint64_t number = run->entry.entry.nr;
	char *name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), (int)number);

	if (number == SYS_bpf)
		fprintf(run->report, "%s bpf:%llu\n", word,
			(unsigned long long)run->entry.entry.args[0]);
	else
		fprintf(run->report, "%s %s\n", word, name ? name : "?");
	free(name);
}

/* ---- what depends on the processor ---- */

#if defined(__x86_64__)
static void change_call(pid_t pid, bool skip, bool zero_argument)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		die("PTRACE_GETREGS");
	if (skip)
		regs.orig_rax = ~0ull;
	if (zero_argument)
		regs.rdi = 0;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		die("PTRACE_SETREGS");
}

static void change_result(pid_t pid, long result)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		die("PTRACE_GETREGS");
	regs.rax = (unsigned long long)result;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		die("PTRACE_SETREGS");
}
#elif defined(__aarch64__)
static void set_register(pid_t pid, int number, uint64_t value)
{
	struct user_regs_struct regs;
	struct iovec all = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &all))
		die("PTRACE_GETREGSET");
	regs.regs[number] = value;
	if (ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &all))
		die("PTRACE_SETREGSET");
}

static void change_call(pid_t pid, bool skip, bool zero_argument)
{
	int none = -1;
	struct iovec call = { &none, sizeof(none) };

	if (skip && ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &call))
		die("PTRACE_SETREGSET");
	if (zero_argument)
		set_register(pid, 0, 0);
}

static void change_result(pid_t pid, long result)
{
	set_register(pid, 0, (uint64_t)result);
}
#else
#error "how to change a system call is known for x86_64 and aarch64 only"
#endif

/* ---- what the command made ---- */

/* The id is the second word of what the kernel tells about programs, maps and links alike. */
static void print_made(struct run *run, int64_t fd)
{
	uint32_t info[64] = { 0 };
	union bpf_attr attr = { 0 };
	const char *kind;
	int own;

	switch (run->entry.entry.args[0]) {
	case BPF_PROG_LOAD:
		kind = "prog";
		break;
	case BPF_MAP_CREATE:
		kind = "map";
		break;
	case BPF_LINK_CREATE:
		kind = "link";
		break;
	default:
		return;
	}
	own = (int)syscall(SYS_pidfd_getfd, run->pidfd, (int)fd, 0);
	if (own < 0)
		die("pidfd_getfd");
	attr.info.bpf_fd = (uint32_t)own;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)info;
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		die("BPF_OBJ_GET_INFO_BY_FD");
	close(own);
	fprintf(run->report, "made %s %u\n", kind, info[1]);
}

/* ---- the calls ---- */

static void enter_call(struct run *run)
{
	run->calls++;
	if (run->list)
		print_call(run, "call");
	run->spoiled = run->calls == run->at;
	if (!run->spoiled)
		return;
	print_call(run, "hit");
	/* A brk() that fails returns the end of the heap as it is, which is what brk(0) does. */
	if (run->error)
		change_call(run->counted, run->entry.entry.nr != SYS_brk,
			    run->entry.entry.nr == SYS_brk);
}

static void leave_call(struct run *run, const struct __ptrace_syscall_info *info)
{
	if (run->spoiled && run->error) {
		if (run->entry.entry.nr != SYS_brk)
			change_result(run->counted, -run->error);
		return;
	}
	if (run->entry.entry.nr == SYS_bpf && info->exit.rval >= 0)
		print_made(run, info->exit.rval);
	if (run->spoiled)
		kill(run->counted, SIGKILL);
}

static void stop_at_call(struct run *run)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, run->counted, (void *)sizeof(info), &info) < 0) {
		if (errno == ESRCH)	/* killed meanwhile */
			return;
		die("PTRACE_GET_SYSCALL_INFO");
	}
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY && !run->inside) {
		run->entry = info;
		run->inside = true;
		enter_call(run);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && run->inside) {
		run->inside = false;
		leave_call(run, &info);
	}
}

static void count_process(struct run *run, pid_t pid)
{
	run->counted = pid;
	run->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (run->pidfd < 0)
		die("pidfd_open");
}

static void prepare(struct run *run)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;

	if (run->in_child)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	if (ptrace(PTRACE_SETOPTIONS, run->first, NULL, options))
		die("PTRACE_SETOPTIONS");
	if (!run->in_child)
		count_process(run, run->first);
}

/* Returns the signal that PID is to get. */
static int handle_stop(struct run *run, pid_t pid, int status)
{
	unsigned long message;

	if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		if (pid == run->counted)
			stop_at_call(run);
		return 0;
	}
	switch (status >> 16) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (!run->counted && !ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message))
			count_process(run, (pid_t)message);
		return 0;
	case PTRACE_EVENT_EXEC:
		return 0;
	default:
		break;
	}
	return WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
}

/* Until the last traced process has ended. */
static void follow(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		int number;

		if (pid < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid == run->first)
				run->status = WIFEXITED(status) ? WEXITSTATUS(status) :
								  128 + WTERMSIG(status);
			continue;
		}
		number = handle_stop(run, pid, status);
		/* What is not counted runs freely, but for its forks. */
		if (ptrace(pid == run->counted ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL,
			   (void *)(long)number) && errno != ESRCH)
			die("PTRACE_SYSCALL");
	}
}

static void start(struct run *run, char **argv)
{
	int status;

	run->first = fork();
	if (run->first < 0)
		die("fork");
	if (!run->first) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			die("PTRACE_TRACEME");
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(run->first, &status, 0) < 0 || !WIFSTOPPED(status))
		die("the command does not stop");
	prepare(run);
	if (ptrace(run->in_child ? PTRACE_CONT : PTRACE_SYSCALL, run->first, NULL, NULL))
		die("PTRACE_SYSCALL");
}

int main(int argc, char **argv)
{
	struct run run = { .pidfd = -1 };
	int option;

	while ((option = getopt(argc, argv, "+o:n:e:klc")) >= 0) {
		switch (option) {
		case 'o':
			run.report = fopen(optarg, "we");
			if (run.report)
				setlinebuf(run.report);
			break;
		case 'n':
			run.at = strtoul(optarg, NULL, 10);
			break;
		case 'e':
			run.error = atoi(optarg);
			break;
		case 'k':
			run.error = 0;
			break;
		case 'l':
			run.list = true;
			break;
		case 'c':
			run.in_child = true;
			break;
		default:
			return 99;
		}
	}
	if (!run.report || optind >= argc) {
		fputs("usage: fault_run -o REPORT [-l] [-c] [-n N (-e ERRNO | -k)] COMMAND...\n",
		      stderr);
		return 99;
	}
	start(&run, argv + optind);
	follow(&run);
	fprintf(run.report, "calls %lu\n", run.calls);
	if (fclose(run.report))
		die("the report");
	return run.status;
}
