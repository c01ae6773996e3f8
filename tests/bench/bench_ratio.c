/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_ratio: what a ruleset's program costs, as a ratio to bare parse + drop.
 *
 * In: `bench_ratio BASELINE.o DEVICE RULESET`; BASELINE.o is parse_drop.bpf.c built.  Out: for
 * each of ROUNDS rounds the nanoseconds a packet of either program and their ratio, then the
 * median.  Both run the same packets, which are aimed at the ruleset's rules, in turn, in rounds
 * long enough to have warm caches; what is counted is this thread's CPU time.
 *
 * Each packet is repeated many times before the next one comes, so branches are predicted better
 * than on a wire; read the ratio as the cost of one flow.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "compiler/compile.h"
#include "loader/build.h"
#include "loader/object.h"
#include "loader/own.h"

#define ROUNDS 5
#define PACKETS 32
#define REPEAT 400000
#define MAX_PACKET 200
#define RUN_IFINDEX 1
#define RUN_MULTIPLIER 0x9e3779b1u

struct bench {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	const struct compile *compile;
	struct compile_packet packets[PACKETS];
	size_t packet_count;
	struct object object;
	int baseline;
};

static void __attribute__((noreturn, format(printf, 1, 2))) stop(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench_ratio: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(3);
}

static void compile_ruleset(struct bench *bench, const char *path)
{
	const struct compile_options options = { 0 };
	struct compile *compile;
	uint32_t source;

	bench->sources.arena = &bench->arena;
	bench->diag.arena = &bench->arena;
	bench->diag.sources = &bench->sources;
	if (source_read(&bench->sources, path, &source) ||
	    !compile_source(&bench->sources, source, &options, &bench->arena, &bench->diag,
			    &compile))
		stop("%s cannot be read or is refused", path);
	bench->compile = compile;
}

/* Whole, linear, short packets, spread over all that the compiler aims at the ruleset. */
static void choose_packets(struct bench *bench)
{
	const struct xdpfw_device device = { .entry = 0 };
	const struct compile_packet *packets;
	size_t count, step;

	compile_packets(bench->compile, &device, 1, 4096, &bench->arena, &packets, &count);
	step = count / PACKETS ? count / PACKETS : 1;
	for (size_t i = 0; i < count && bench->packet_count < PACKETS; i += step) {
		size_t j = i;

		while (j < count && (packets[j].len > MAX_PACKET || packets[j].len < 34 ||
				     packets[j].linear != packets[j].len))
			j++;
		if (j < count)
			bench->packets[bench->packet_count++] = packets[j];
	}
	if (!bench->packet_count)
		stop("no packet fits");
}

static void load_program(struct bench *bench, const char *device_name)
{
	const struct compile *compile = bench->compile;
	uint32_t count = (uint32_t)compile->counter_count, zero = 0;
	uint32_t *cell_of = ARENA_ARRAY(&bench->arena, uint32_t, count + 1);
	const struct object_config config = {
		.cell_of = cell_of,
		.counter_count = count,
		.cell_count = count + 1,
		.image = compile->image,
		.image_bytes = compile->image_bytes,
	};
	const struct object_maps maps = OBJECT_MAPS_NONE;
	struct xdpfw_device_table *table =
		arena_alloc(&bench->arena, sizeof(struct xdpfw_device_table));
	struct xdpfw_device *device =
		&table->slot[RUN_IFINDEX * RUN_MULTIPLIER >> (32 - XDPFW_DEVICE_SLOT_BITS)];
	struct report report = { 0 };
	OWN_BUF struct buf log = BUF_INIT, bytes = BUF_INIT;

	for (uint32_t i = 0; i < count; i++)
		cell_of[i] = i + 1;
	if (!build_run(&report, compile->c_text, compile->c_bytes, &log, &bytes) ||
	    !object_load(&report, bytes.at, bytes.len, &config, &maps, &log, &bench->object))
		stop("%s\n%s", report.text.at, log.at ? log.at : "");
	table->hash_multiplier = RUN_MULTIPLIER;
	device->ifindex = RUN_IFINDEX;
	snprintf((char *)device->name, sizeof(device->name), "%s", device_name);
	if (bpf_map_update_elem(bench->object.maps.devices, &zero, table, BPF_ANY))
		stop("cannot fill the devices' table: %s", strerror(errno));
}

static void load_baseline(struct bench *bench, const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object || bpf_object__load(object))
		stop("cannot load %s", path);
	bench->baseline = bpf_program__fd(bpf_object__next_program(object, NULL));
}

static double thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds a packet, over all packets. */
static double measure(const struct bench *bench, int program)
{
	double start = thread_ns();

	for (size_t i = 0; i < bench->packet_count; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bench->packets[i].frame,
			    .data_size_in = (uint32_t)bench->packets[i].len, .repeat = REPEAT);

		if (bpf_prog_test_run_opts(program, &opts))
			stop("a packet cannot be run: %s", strerror(errno));
	}
	return (thread_ns() - start) / (double)bench->packet_count / REPEAT;
}

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
	struct bench bench = { .object = OBJECT_INIT };
	double ratios[ROUNDS];

	if (argc != 4) {
		fputs("usage: bench_ratio BASELINE.o DEVICE RULESET\n", stderr);
		return 2;
	}
	compile_ruleset(&bench, argv[3]);
	choose_packets(&bench);
	load_program(&bench, argv[2]);
	load_baseline(&bench, argv[1]);
	for (int i = 0; i < ROUNDS; i++) {
		double base = measure(&bench, bench.baseline);
		double rules = measure(&bench, bench.object.program);

		ratios[i] = rules / base;
		printf("parse+drop %.1f ns, %s %.1f ns, ratio %.2f\n", base, argv[3], rules,
		       ratios[i]);
	}
	qsort(ratios, ROUNDS, sizeof(ratios[0]), compare_numbers);
	printf("median ratio %.2f (%u rules, %zu packets)\n", ratios[ROUNDS / 2],
	       bench.compile->rule_count, bench.packet_count);
	object_close(&bench.object);
	arena_free(&bench.arena);
	return 0;
}
