/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_classify: what a ruleset's program costs on packets that change, as a ratio to bare
 * parse + drop.
 *
 * In: `bench_classify [OPTIONS] BASELINE.bpf.c RULESET TRACE`:
 *
 *	--flows N[,N...]	packets in turn, a power of two; 1: one flow, two packets that
 *				alternate, others each round (default 1,4096)
 *	--truth FILE		the rule of each line of the trace, -1 for the policy
 *	--program FILE:ENTRY	another program to run beside (C text with `int ENTRY(struct xdp_md
 *				*ctx)` in section xdp.frags), checked and measured in the same way
 *	--device NAME		whose chains run (default: the ruleset's first device)
 *	--rounds N		default 5, each 100 ms for each program, behind one that does not
 *				count
 *	--seed N		of the packets' order
 *	--cpu N			that all runs on (default: the last one)
 *	--csv			a line of values instead of text
 *	--check			no measuring
 *
 * Out, before anything is measured: verdict and rule of the built program for every packet, and
 * then the counters of the program that is measured, against the interpreter, and that against
 * TRUTH; exit status 1 when any differs.  Then for each N the medians: ns a packet of the empty
 * program, of the baseline, of the ruleset's program, each with the same prologue, and the
 * ratio of the same round's figures.  Counters are on.  What is counted is this thread's CPU time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/if_arp.h>

#include "compiler/compile.h"
#include "loader/own.h"
#include "tests/bench/bench_packet.h"
#include "tests/bench/bench_program.h"

#define ROUND_NS 100e6
#define MAX_ROUNDS 99
#define MIN_ROWS 256			/* a pair for each round and one more; a power of two */
#define MAX_PROGRAMS 8
#define MAX_MODES 8

enum { EMPTY, BASELINE, RULES, OTHERS };	/* places in .programs */

static const char empty_text[] =
	"#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
	"SEC(\"xdp.frags\")\nint empty(struct xdp_md *ctx)\n{\n\treturn XDP_DROP;\n}\n"
	"char _license[] SEC(\"license\") = \"GPL\";\n";

struct options {
	const char *baseline, *ruleset, *trace, *truth, *device;
	const char *programs[MAX_PROGRAMS];
	uint32_t flows[MAX_MODES];
	size_t program_count, flow_count;
	uint32_t rounds, seed;
	int cpu;
	bool csv, check;
};

struct expected {
	uint32_t rule;			/* of the first base chain's trail */
	bool drop;
};

struct bench {
	struct options options;
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	const struct compile *compile;
	struct xdpfw_device device;
	struct bench_packets packets;
	struct expected *expected;
	struct xdpfw_cell *cells;
	struct bench_object rules;
	struct bench_program programs[MAX_PROGRAMS];
	size_t program_count;
	size_t differences;
};

/* ---- getting ready ---- */

static void parse_flows(struct options *options, const char *text)
{
	options->flow_count = 0;
	while (*text && options->flow_count < MAX_MODES) {
		char *end;
		unsigned long flows = strtoul(text, &end, 10);

		if (end == text || !flows || (flows & (flows - 1)) || flows > 1u << 22)
			bench_stop("--flows: powers of two, not '%s'", text);
		options->flows[options->flow_count++] = (uint32_t)flows;
		text = *end == ',' ? end + 1 : end;
	}
	if (*text || !options->flow_count)
		bench_stop("--flows: a list of up to %d numbers", MAX_MODES);
}

static void parse_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "flows", 1, 0, 'f' },	 { "truth", 1, 0, 't' }, { "program", 1, 0, 'p' },
		{ "device", 1, 0, 'd' }, { "rounds", 1, 0, 'r' }, { "seed", 1, 0, 's' },
		{ "cpu", 1, 0, 'c' },	 { "csv", 0, 0, 'v' },	 { "check", 0, 0, 'k' },
		{ 0, 0, 0, 0 },
	};
	int option;

	*options = (struct options){ .rounds = 5, .seed = 1, .cpu = -1 };
	parse_flows(options, "1,4096");
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		if (option == 'f')
			parse_flows(options, optarg);
		else if (option == 't')
			options->truth = optarg;
		else if (option == 'p' && options->program_count < MAX_PROGRAMS - OTHERS)
			options->programs[options->program_count++] = optarg;
		else if (option == 'd')
			options->device = optarg;
		else if (option == 'r')
			options->rounds = (uint32_t)atoi(optarg);
		else if (option == 's')
			options->seed = (uint32_t)atoi(optarg);
		else if (option == 'c')
			options->cpu = atoi(optarg);
		else if (option == 'v')
			options->csv = true;
		else if (option == 'k')
			options->check = true;
		else
			option = '?';
		if (option == '?')
			exit(2);
	}
	if (argc - optind != 3 || !options->rounds || options->rounds > MAX_ROUNDS) {
		fputs("usage: bench_classify [OPTIONS] BASELINE.bpf.c RULESET TRACE\n", stderr);
		exit(2);
	}
	options->baseline = argv[optind];
	options->ruleset = argv[optind + 1];
	options->trace = argv[optind + 2];
}

static void pin(const struct options *options)
{
	int cpu = options->cpu >= 0 ? options->cpu : (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_stop("cannot stay on CPU %d: %s", cpu, strerror(errno));
}

static void compile_ruleset(struct bench *bench)
{
	const struct compile_options options = { 0 };
	OWN_BUF struct buf text = BUF_INIT;
	struct compile *compile = NULL;
	uint32_t source;
	bool done;

	bench->sources.arena = &bench->arena;
	bench->diag.arena = &bench->arena;
	bench->diag.sources = &bench->sources;
	if (source_read(&bench->sources, bench->options.ruleset, &source))
		bench_stop("%s cannot be read", bench->options.ruleset);
	done = compile_source(&bench->sources, source, &options, &bench->arena, &bench->diag,
			      &compile);
	if (!done) {
		diag_print(&bench->diag, &text);
		bench_stop("%s", text.at);
	}
	bench->compile = compile;
}

static void choose_device(struct bench *bench)
{
	const char *wanted = bench->options.device;

	for (size_t i = 0; i < bench->compile->device_count; i++) {
		const struct compile_device *device = &bench->compile->devices[i];

		if (wanted && strcmp(wanted, device->name) != 0)
			continue;
		bench->device.entry = device->entry;
		snprintf((char *)bench->device.name, sizeof(bench->device.name), "%s",
			 device->name);
		bench->device.type = ARPHRD_ETHER;
		memcpy(bench->device.mac, (const uint8_t[]){ 0x02, 0, 0, 0, 0, 1 }, 6);
		return;
	}
	bench_stop("%s does not name such a device", bench->options.ruleset);
}

static uint32_t most_flows(const struct options *options)
{
	uint32_t most = MIN_ROWS;

	for (size_t i = 0; i < options->flow_count; i++)
		if (options->flows[i] > most)
			most = options->flows[i];
	return most;
}

static void judge(struct bench *bench)
{
	const struct bench_packets *packets = &bench->packets;
	size_t wrong = 0;

	bench->expected = ARENA_ARRAY(&bench->arena, struct expected, packets->count);
	bench->cells = ARENA_ARRAY(&bench->arena, struct xdpfw_cell,
				   bench->compile->counter_count + 1);
	for (size_t i = 0; i < packets->count; i++) {
		uint8_t frame[BENCH_FRAME_MAX];
		const struct compile_packet packet = { .frame = frame,
						       .len = packets->form->frame_bytes };
		struct compile_verdict verdict = { .drop = false };

		bench_packets_frame(packets, i, frame);
		compile_judge(bench->compile, &bench->device, &packet, 0, bench->cells, &verdict);
		bench->expected[i].drop = verdict.drop;
		bench->expected[i].rule = verdict.trail.rule[0];
		if (packets->truth && packets->truth[i] != (int32_t)verdict.trail.rule[0])
			wrong++;
	}
	if (wrong)
		bench_stop("the interpreter and the truth differ on %zu of %zu packets", wrong,
			   packets->count);
}

/* ---- programs ---- */

static char *read_text(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t room = 1 << 20, len;
	char *text = arena_alloc(arena, room);

	if (!file)
		bench_stop("%s: %s", path, strerror(errno));
	len = fread(text, 1, room - 1, file);
	if (ferror(file) || len == room - 1)
		bench_stop("%s cannot be read", path);
	fclose(file);
	return text;
}

static void add_program(struct bench *bench, const char *text, const char *entry)
{
	struct bench_object object;

	bench_program_build(&bench->arena, text, entry, &bench->packets, &object);
	bench_program_load(&bench->arena, &object, entry, &bench->packets, NULL, NULL, false,
			   &bench->programs[bench->program_count++]);
}

static void add_programs(struct bench *bench)
{
	const struct options *options = &bench->options;
	const struct compile *compile = bench->compile;

	add_program(bench, empty_text, "empty");
	add_program(bench, read_text(&bench->arena, options->baseline), "parse_drop");
	bench_program_build(&bench->arena, compile->c_text, "xdpfw_rules", &bench->packets,
			    &bench->rules);
	bench_program_load(&bench->arena, &bench->rules, "xdpfw_rules", &bench->packets, compile,
			   &bench->device, false, &bench->programs[bench->program_count++]);
	for (size_t i = 0; i < options->program_count; i++) {
		char *path = arena_strdup(&bench->arena, str_from(options->programs[i]));
		char *colon = strrchr(path, ':');

		if (!colon)
			bench_stop("--program: FILE:ENTRY");
		*colon = '\0';
		add_program(bench, read_text(&bench->arena, path), colon + 1);
	}
}

/* ---- checking ---- */

static void print_frame(const struct bench *bench, size_t row)
{
	uint8_t frame[BENCH_FRAME_MAX];

	bench_packets_frame(&bench->packets, row, frame);
	for (size_t i = 0; i < bench->packets.form->frame_bytes; i++)
		fprintf(stderr, "%02x", frame[i]);
	fputc('\n', stderr);
}

static void differs(struct bench *bench, size_t row, const char *who, bool drop, int rule)
{
	const struct expected *expected = &bench->expected[row];

	if (bench->differences++ >= 5)
		return;
	fprintf(stderr, "%s, packet %zu: %s by rule %d instead of %s by rule %d: ", who, row,
		drop ? "drop" : "accept", rule, expected->drop ? "drop" : "accept",
		(int)expected->rule);
	print_frame(bench, row);
}

/* TRAIL: the program writes one. */
static void check_verdicts(struct bench *bench, const struct bench_program *program, bool trail)
{
	bench_program_turn(program, 0, (uint32_t)bench->packets.count);
	for (size_t i = 0; i < bench->packets.count; i++) {
		const struct expected *expected = &bench->expected[i];
		uint32_t verdict = bench_program_run(program, &bench->packets, 1), zero = 0;
		struct xdpfw_trail found = { .rule[0] = expected->rule };
		bool drop = verdict == XDP_DROP;

		if (trail && bpf_map_lookup_elem(program->trail, &zero, &found))
			bench_stop("cannot read the trail: %s", strerror(errno));
		if ((verdict != XDP_DROP && verdict != XDP_PASS) || drop != expected->drop ||
		    found.rule[0] != expected->rule)
			differs(bench, i, program->name, drop, trail ? (int)found.rule[0] : -2);
	}
}

/* Everything ran once, so the cells are what the interpreter counted. */
static void check_cells(struct bench *bench, const struct bench_program *program)
{
	for (uint32_t i = 0; i < bench->compile->counter_count; i++) {
		struct xdpfw_cell cell = bench_program_cell(program, i + 1);
		const struct xdpfw_cell *expected = &bench->cells[i];

		if (cell.packets == expected->packets && cell.bytes == expected->bytes)
			continue;
		if (bench->differences++ < 5)
			fprintf(stderr,
				"counter %u: %llu packets %llu bytes instead of %llu, %llu\n", i,
				cell.packets, cell.bytes, expected->packets, expected->bytes);
	}
}

static void check(struct bench *bench)
{
	struct bench_program proving;

	bench_program_load(&bench->arena, &bench->rules, "xdpfw_rules", &bench->packets,
			   bench->compile, &bench->device, true, &proving);
	check_verdicts(bench, &proving, true);
	check_cells(bench, &proving);
	for (size_t i = RULES; i < bench->program_count; i++)
		check_verdicts(bench, &bench->programs[i], false);
	check_cells(bench, &bench->programs[RULES]);
	if (!bench->differences)
		return;
	fprintf(stderr, "%zu differences in %zu packets\n", bench->differences,
		bench->packets.count);
	exit(1);
}

/* ---- measuring ---- */

static double thread_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double run_ns(const struct bench *bench, const struct bench_program *program,
		     uint32_t repeat)
{
	double start = thread_ns();

	bench_program_run(program, &bench->packets, repeat);
	return (thread_ns() - start) / repeat;
}

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static double median(const double *values, size_t count)
{
	double sorted[MAX_ROUNDS];

	memcpy(sorted, values, count * sizeof(values[0]));
	qsort(sorted, count, sizeof(sorted[0]), compare_numbers);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

struct figures {
	double ns[MAX_PROGRAMS][MAX_ROUNDS], ratio[MAX_PROGRAMS][MAX_ROUNDS];
};

static void measure(const struct bench *bench, uint32_t flows, struct figures *ret_figures)
{
	uint32_t repeat[MAX_PROGRAMS];
	uint32_t in_turn = flows == 1 ? 2 : flows;

	for (uint32_t round = 0; round <= bench->options.rounds; round++) {
		for (size_t i = 0; i < bench->program_count; i++) {
			const struct bench_program *program = &bench->programs[i];
			double ns;

			bench_program_turn(program, flows == 1 ? 2 * round : 0, in_turn);
			if (!round)
				repeat[i] = (uint32_t)(ROUND_NS /
						       (run_ns(bench, program, 1 << 20) + 0.1));
			if (!repeat[i])
				repeat[i] = 1;
			ns = run_ns(bench, program, repeat[i]);
			if (round)
				ret_figures->ns[i][round - 1] = ns;
		}
		for (size_t i = 0; round && i < bench->program_count; i++)
			ret_figures->ratio[i][round - 1] = ret_figures->ns[i][round - 1] /
							   ret_figures->ns[BASELINE][round - 1];
	}
}

/* What does not apply to a program is 0. */
static void print_program(const struct bench *bench, size_t number, uint32_t flows,
			  const struct figures *figures)
{
	const struct bench_program *program = &bench->programs[number];
	const struct compile *compile = number == RULES ? bench->compile : NULL;
	size_t packets = flows == 1 ? 2 : flows;
	uint32_t rounds = bench->options.rounds;
	double ratios[MAX_ROUNDS];

	if (packets > bench->packets.distinct)
		packets = bench->packets.distinct;
	memcpy(ratios, figures->ratio[number], rounds * sizeof(ratios[0]));
	qsort(ratios, rounds, sizeof(ratios[0]), compare_numbers);
	printf(bench->options.csv ? "%s,%u,%u,%zu,%.2f,%.3f,%.3f,%.3f,%u,%u,%u,%zu,%.3f\n" :
	       "%s: %u rules, %u flows (%zu different packets), %.1f ns, ratio %.2f (%.2f to "
	       "%.2f); %u instructions verified, %u bytes, %u native bytes, %zu bytes of tables, "
	       "clang %.2f s\n",
	       compile ? bench->options.ruleset : program->name, compile ? compile->rule_count : 0,
	       flows, packets, median(figures->ns[number], rounds),
	       median(figures->ratio[number], rounds), ratios[0], ratios[rounds - 1],
	       program->verified, program->xlated_bytes, program->jited_bytes,
	       compile ? compile->image_bytes : 0, compile ? bench->rules.clang_seconds : 0.0);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct figures *figures = calloc(1, sizeof(*figures));
	const char *wrong;

	if (!bench || !figures)
		return 3;
	parse_options(&bench->options, argc, argv);
	pin(&bench->options);
	compile_ruleset(bench);
	choose_device(bench);
	wrong = bench_packets_read(bench->options.trace, bench->options.truth,
				   most_flows(&bench->options), bench->options.seed, &bench->arena,
				   &bench->packets);
	if (wrong)
		bench_stop("%s: %s", bench->options.trace, wrong);
	judge(bench);
	add_programs(bench);
	check(bench);
	for (size_t i = 0; i < bench->options.flow_count && !bench->options.check; i++) {
		measure(bench, bench->options.flows[i], figures);
		for (size_t j = 0; j < bench->program_count; j++)
			print_program(bench, j, bench->options.flows[i], figures);
	}
	if (bench->options.check)
		printf("%s: %zu packets are right\n", bench->options.ruleset, bench->packets.count);
	arena_free(&bench->arena);
	free(figures);
	free(bench);
	return 0;
}
