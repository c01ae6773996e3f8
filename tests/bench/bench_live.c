/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_live: sends a trace's packets into devices, and says what a packet costs.
 *
 * In: `bench_live [--rounds N] [--count N] [--cpu N] TRACE NAME=DEVICE...`: devices of this network
 * namespace whose other ends filter, and what these are called.  Out: with --count, that many
 * packets of the trace, in its order, go into each, once.  Without, rounds of about 100 ms go into
 * each device in turn; a line for each: NAME, median ns a packet, packets sent in all.
 *
 * Packets are sent by the kernel itself (BPF_F_TEST_XDP_LIVE_FRAMES): a program writes the next
 * header and redirects the frame to the device.  Sender and receiver share one CPU, so the time of
 * this thread and of that CPU's ksoftirqd, which takes over when there is much to do, is all that
 * packets cost; the receiver's own figures must say that none was lost on the way.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader/own.h"
#include "tests/bench/bench_packet.h"
#include "tests/bench/bench_program.h"

#define ROUND_NS 100e6
#define MAX_ROUNDS 99
#define MAX_TARGETS 24
#define BATCH 64
#define ROWS 4096

struct target {
	const char *name;
	struct bench_program program;
	double ns[MAX_ROUNDS];
	uint32_t repeat;
	uint64_t sent;
};

struct live {
	struct arena arena;
	struct bench_packets packets;
	struct target targets[MAX_TARGETS];
	size_t target_count;
	uint32_t rounds, count;
	int cpu;
	int softirqd;			/* its schedstat */
};

/* Of the process named NAME; -1: there is none. */
static int open_schedstat(const char *name)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int found = -1;

	while (found < 0 && folder && (entry = readdir(folder))) {
		char path[300], text[64] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = isdigit((unsigned char)*entry->d_name) ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (!fgets(text, sizeof(text), file))
			*text = 0;
		fclose(file);
		text[strcspn(text, "\n")] = 0;
		snprintf(path, sizeof(path), "/proc/%s/schedstat", entry->d_name);
		if (!strcmp(text, name))
			found = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (folder)
		closedir(folder);
	return found;
}

/* Nanoseconds of CPU, of this thread and of ksoftirqd. */
static double spent_ns(const struct live *live)
{
	char text[64] = "";
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	if (pread(live->softirqd, text, sizeof(text) - 1, 0) <= 0)
		bench_stop("cannot read ksoftirqd's time: %s", strerror(errno));
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec + strtod(text, NULL);
}

static void send_packets(const struct live *live, struct target *target, uint32_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = live->packets.form->frame,
		    .data_size_in = live->packets.form->frame_bytes, .repeat = (int)count,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	if (bpf_prog_test_run_opts(target->program.program, &opts))
		bench_stop("packets cannot be sent: %s", strerror(errno));
	target->sent += count;
}

static void add_target(struct live *live, char *text)
{
	struct target *target = &live->targets[live->target_count++];
	OWN_BUF struct buf source = BUF_INIT;
	char *equals = strchr(text, '=');
	struct bench_object object;
	unsigned int device;

	if (!equals || live->target_count == MAX_TARGETS)
		bench_stop("NAME=DEVICE, not '%s', and up to %d of them", text, MAX_TARGETS);
	*equals = '\0';
	device = if_nametoindex(equals + 1);
	if (!device)
		bench_stop("there is no device '%s'", equals + 1);
	buf_printf(&source,
		   "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nSEC(\"xdp.frags\")\n"
		   "int sender(struct xdp_md *ctx)\n{\n\treturn bpf_redirect(%u, 0);\n}\n"
		   "char _license[] SEC(\"license\") = \"GPL\";\n", device);
	target->name = text;
	target->repeat = 1024;
	bench_program_build(&live->arena, source.at, "sender", &live->packets, &object);
	bench_program_load(&live->arena, &object, "sender", &live->packets, NULL, NULL, false,
			   &target->program);
	bench_program_turn(&target->program, 0, (uint32_t)live->packets.count);
}

/* The first rounds find out how many packets take as long as a round. */
static void warm_up(const struct live *live, struct target *target)
{
	double start, spent;

	do {
		start = spent_ns(live);
		send_packets(live, target, target->repeat);
		spent = spent_ns(live) - start;
		if (spent < ROUND_NS / 2)
			target->repeat *= 2;
	} while (spent < ROUND_NS / 2);
}

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static void measure(struct live *live)
{
	for (size_t i = 0; i < live->target_count; i++)
		warm_up(live, &live->targets[i]);
	for (uint32_t round = 0; round < live->rounds; round++)
		for (size_t i = 0; i < live->target_count; i++) {
			struct target *target = &live->targets[i];
			double start = spent_ns(live);

			send_packets(live, target, target->repeat);
			target->ns[round] = (spent_ns(live) - start) / target->repeat;
		}
	for (size_t i = 0; i < live->target_count; i++) {
		struct target *target = &live->targets[i];

		qsort(target->ns, live->rounds, sizeof(target->ns[0]), compare_numbers);
		printf("%s %.1f %llu\n", target->name, target->ns[live->rounds / 2],
		       (unsigned long long)target->sent);
	}
}

static void parse_options(struct live *live, int argc, char **argv)
{
	static const struct option known[] = {
		{ "rounds", 1, 0, 'r' }, { "count", 1, 0, 'n' }, { "cpu", 1, 0, 'c' },
		{ 0, 0, 0, 0 },
	};
	int option;

	live->rounds = 5;
	live->cpu = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		if (option == 'r')
			live->rounds = (uint32_t)atoi(optarg);
		else if (option == 'n')
			live->count = (uint32_t)atoi(optarg);
		else if (option == 'c')
			live->cpu = atoi(optarg);
		else
			exit(2);
	}
	if (argc - optind < 2 || !live->rounds || live->rounds > MAX_ROUNDS) {
		fputs("usage: bench_live [OPTIONS] TRACE NAME=DEVICE...\n", stderr);
		exit(2);
	}
}

/* To one CPU, with its ksoftirqd. */
static void pin(struct live *live)
{
	char name[32];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)live->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_stop("cannot stay on CPU %d: %s", live->cpu, strerror(errno));
	snprintf(name, sizeof(name), "ksoftirqd/%d", live->cpu);
	live->softirqd = open_schedstat(name);
	if (live->softirqd < 0)
		bench_stop("there is no %s", name);
}

int main(int argc, char **argv)
{
	struct live *live = calloc(1, sizeof(*live));
	const char *wrong;

	if (!live)
		return 3;
	parse_options(live, argc, argv);
	pin(live);
	wrong = bench_packets_read(argv[optind], NULL, ROWS, 0, &live->arena, &live->packets);
	if (wrong)
		bench_stop("%s: %s", argv[optind], wrong);
	for (int i = optind + 1; i < argc; i++)
		add_target(live, argv[i]);
	if (live->count)
		for (size_t i = 0; i < live->target_count; i++)
			send_packets(live, &live->targets[i], live->count);
	else
		measure(live);
	arena_free(&live->arena);
	free(live);
	return 0;
}
