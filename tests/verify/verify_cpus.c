/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify_cpus: the program of a ruleset on two CPUs at the same time, against the interpreter.
 *
 * In: `verify_cpus RULESET...`, forced as tests/tool/force.h says.  Each ruleset is compiled, built
 * and loaded; some packets that are aimed at its rules are varied in their addresses, into more
 * flows than a small flow cache has entries.  Two threads, each on a CPU of its own where there are
 * two, run them in an order of their own, so that entries are found, replaced, and found again
 * while the other CPU does the same.  Compared with the interpreter: every verdict, and in the end
 * every counter.
 *
 * Out: a line for each ruleset.  Exit status 0; 1 when something differs; 2 usage.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/bench/bench_program.h"
#include "tests/tool/force.h"

#define BASES 128			/* packets that are varied */
#define VARIANTS 512
#define FLOWS (BASES * VARIANTS)
#define RUNS 400000			/* of each thread */
#define NEAR 64				/* runs that are of few flows, then of others */
#define CPUS 2
#define FRAME_BYTES 256
#define ADDRESS_AT 26			/* the source's of IPv4, within that of IPv6 */

struct flow {
	uint8_t frame[FRAME_BYTES];
	uint32_t len;
	bool drop;
	atomic_uint runs;
};

struct both {
	const struct compile *compile;
	struct bench_program program;
	struct flow *flows;
	struct xdpfw_cell *sums;	/* what the interpreter counts */
	atomic_uint differences;
};

struct thread {
	struct both *both;
	int cpu;
	pthread_t id;
};

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void run_flow(struct both *both, struct flow *flow)
{
	struct xdp_md context = { .data_end = flow->len, .ingress_ifindex = 1 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = flow->frame,
		    .data_size_in = flow->len, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);

	if (bpf_prog_test_run_opts(both->program.program, &options))
		bench_stop("TEST_RUN of %u bytes fails", flow->len);
	flow->runs++;
	if ((options.retval == XDP_DROP) != flow->drop)
		both->differences++;
}

static void *run_thread(void *argument)
{
	struct thread *thread = argument;
	uint32_t seed = 77u + (uint32_t)thread->cpu, some[8];
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(thread->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) && !thread->cpu)
		bench_stop("cannot choose a CPU");
	for (uint32_t i = 0; i < RUNS; i++) {
		if (i % NEAR == 0)
			for (size_t j = 0; j < 8; j++)
				some[j] = next(&seed) % FLOWS;
		run_flow(thread->both, &thread->both->flows[some[next(&seed) % 8]]);
	}
	return NULL;
}

/* Packets that fit, as they are and with other addresses. */
static void make_flows(struct both *both, const struct xdpfw_device *device, struct arena *arena)
{
	const struct compile_packet *packets;
	size_t count, bases = 0;
	uint32_t seed = 5;

	compile_packets(both->compile, device, 1, 2000, arena, &packets, &count);
	both->flows = ARENA_ARRAY(arena, struct flow, FLOWS);
	for (size_t i = 0; bases < BASES; i++) {
		const struct compile_packet *packet = &packets[i % count];

		if (i > count * BASES)
			bench_stop("no packet fits");
		if (packet->len > FRAME_BYTES || packet->len < ADDRESS_AT + 8)
			continue;
		for (size_t j = 0; j < VARIANTS; j++) {
			struct flow *flow = &both->flows[bases * VARIANTS + j];
			uint32_t some = next(&seed);

			memcpy(flow->frame, packet->frame, packet->len);
			flow->len = (uint32_t)packet->len;
			memcpy(flow->frame + ADDRESS_AT + 2, &some, j % 2 ? 2 : 4 * (j > 0));
		}
		bases++;
	}
}

static struct compile_packet packet_of(const struct flow *flow)
{
	return (struct compile_packet){ .frame = flow->frame, .len = flow->len,
					.linear = flow->len };
}

static void judge_flows(struct both *both, const struct xdpfw_device *device, struct arena *arena)
{
	size_t bytes = (both->compile->counter_count + 1) * sizeof(struct xdpfw_cell);
	struct xdpfw_cell *cells = arena_alloc(arena, bytes);

	both->sums = arena_alloc(arena, bytes);
	for (size_t i = 0; i < FLOWS; i++) {
		struct compile_packet packet = packet_of(&both->flows[i]);
		struct compile_verdict judged = { .drop = false };

		compile_judge(both->compile, device, &packet, 0, cells, &judged);
		both->flows[i].drop = judged.drop;
	}
}

/* After the runs: what they had to count. */
static void compare_counters(struct both *both, const struct xdpfw_device *device,
			     struct arena *arena)
{
	size_t count = both->compile->counter_count;
	struct xdpfw_cell *cells, *once = ARENA_ARRAY(arena, struct xdpfw_cell, count + 1);

	for (size_t i = 0; i < FLOWS; i++) {
		struct compile_packet packet = packet_of(&both->flows[i]);
		struct compile_verdict judged = { .drop = false };

		memset(once, 0, count * sizeof(*once));
		compile_judge(both->compile, device, &packet, 0, once, &judged);
		for (size_t j = 0; j < count; j++) {
			both->sums[j].packets += once[j].packets * both->flows[i].runs;
			both->sums[j].bytes += once[j].bytes * both->flows[i].runs;
		}
	}
	cells = bench_program_cells(arena, &both->program, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		if (cells[i].packets != both->sums[i].packets ||
		    cells[i].bytes != both->sums[i].bytes) {
			both->differences++;
			fprintf(stderr, "counter %zu: %llu packets, not %llu\n", i,
				cells[i].packets, both->sums[i].packets);
		}
}

static void load(struct both *both, const char *path, const struct xdpfw_device *device,
		 struct arena *arena)
{
	struct source_set sources = { .arena = arena };
	struct diag diag = { .arena = arena, .sources = &sources };
	struct compile_options options = { 0 };
	struct bench_object object;
	struct compile *compile;
	uint32_t source;

	if (source_read(&sources, path, &source))
		bench_stop("%s cannot be read", path);
	force_wanted(sources.sources.at[source].text, arena, &options);
	force_plan(&options);
	if (!compile_source(&sources, source, &options, arena, &diag, &compile))
		bench_stop("%s cannot be compiled", path);
	both->compile = compile;
	bench_program_build(arena, compile->c_text, "xdpfw_rules", NULL, &object);
	bench_program_load(arena, &object, "xdpfw_rules", NULL, compile, device, false,
			   &both->program);
}

static bool verify(const char *path)
{
	const struct xdpfw_device device = { .ifindex = 1, .name = "lo", .type = 1 };
	struct both both = { .differences = 0 };
	struct arena arena = ARENA_INIT;
	struct thread threads[CPUS];

	load(&both, path, &device, &arena);
	make_flows(&both, &device, &arena);
	judge_flows(&both, &device, &arena);
	for (int i = 0; i < CPUS; i++) {
		threads[i] = (struct thread){ .both = &both, .cpu = i };
		if (pthread_create(&threads[i].id, NULL, run_thread, &threads[i]))
			bench_stop("no thread");
	}
	for (int i = 0; i < CPUS; i++)
		pthread_join(threads[i].id, NULL);
	compare_counters(&both, &device, &arena);
	printf("%s: %u runs on %d CPUs, %s, %u differences\n", path, CPUS * RUNS, CPUS,
	       strstr(both.compile->c_text, "cache_find(k") ? "with a flow cache" :
							      "without a flow cache",
	       both.differences);
	bench_program_close(&both.program);
	arena_free(&arena);
	return !both.differences;
}

int main(int argc, char **argv)
{
	bool good = true;

	if (argc < 2)
		return 2;
	for (int i = 1; i < argc; i++)
		good = verify(argv[i]) && good;
	return good ? 0 : 1;
}
