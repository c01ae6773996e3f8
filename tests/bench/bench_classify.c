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
 *	--plan NAME		the ruleset's program with all blocks in one form; may be given
 *				several times, each time a program more
 *	--all-plans		likewise, every form that can be forced, and none forced
 *	--optimize WORDS	likewise, as xdpfw's option of that name
 *	--device NAME		whose chains run (default: the ruleset's first device)
 *	--rounds N		default 5, each 100 ms for each program, behind one that does not
 *				count
 *	--seed N		of the packets' order
 *	--cpu N			that all runs on (default: the last one)
 *	--empty			also a program that does nothing but drop
 *	--csv			a line of values instead of text
 *	--check			no measuring
 *	--strict		each --plan must be in force in some block; "compares": no block
 *
 * Out, before anything is measured: verdict and rule of each built program for every packet, and
 * then the counters of the programs that are measured, against the interpreter, and that against
 * TRUTH; exit status 1 when any differs.  Then for each N the medians: ns a packet of the empty
 * program, of the baseline, of the ruleset's programs, each with the same prologue, and the ratio
 * of the same round's figures.  Counters are on.  What is counted is this thread's CPU time.
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
#include "compiler/compile_parts.h"
#include "compiler/plan_block.h"
#include "loader/own.h"
#include "tests/bench/bench_packet.h"
#include "tests/bench/bench_program.h"

#define ROUND_NS 100e6
#define MAX_ROUNDS 99
#define MIN_ROWS 256			/* a pair for each round and one more; a power of two */
#define MAX_PROGRAMS 24
#define MAX_MODES 8
#define EMPTY_NAME "empty"

enum { BASELINE, FIRST_MEASURED };	/* places in .programs */

static const char empty_text[] =
	"#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
	"SEC(\"xdp.frags\")\nint empty(struct xdp_md *ctx)\n{\n\treturn XDP_DROP;\n}\n"
	"char _license[] SEC(\"license\") = \"GPL\";\n";

/* The ruleset compiled in one way. */
struct variant {
	const char *plan, *words;	/* of --plan, --optimize; NULL: not given */
	const struct compile *compile;
	struct bench_object object;
	struct bench_program *program;
	double compile_seconds;
	char *engines;			/* of its blocks, with + between them; "-": there is none;
					   then kinds of tables */
};

struct options {
	const char *baseline, *ruleset, *trace, *truth, *device;
	const char *programs[MAX_PROGRAMS];
	struct variant variants[MAX_PROGRAMS];
	uint32_t flows[MAX_MODES];
	size_t program_count, variant_count, flow_count;
	uint32_t rounds, seed;
	int cpu;
	bool csv, check, empty, strict;
};

struct expected {
	uint32_t rule;			/* of the ruleset, of the first base chain's trail */
	bool drop;
};

struct bench {
	struct options options;
	struct arena arena;
	struct xdpfw_device device;
	struct bench_packets packets;
	struct expected *expected;
	struct xdpfw_cell *cells;
	struct bench_program programs[MAX_PROGRAMS];
	const struct variant *variant_of[MAX_PROGRAMS];	/* of a program; NULL: no ruleset */
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

static void add_plans(struct options *options)
{
	options->variants[options->variant_count++].plan = NULL;
	for (size_t i = 0; plan_force_words[i]; i++)
		if (options->variant_count < MAX_PROGRAMS - FIRST_MEASURED - 1 &&
		    !plan_force_is_table(plan_force_words[i]))
			options->variants[options->variant_count++].plan = plan_force_words[i];
}

static void parse_option(struct options *options, int option, const char *value)
{
	/* One is left for the empty one. */
	bool room = options->program_count + options->variant_count <
		    MAX_PROGRAMS - FIRST_MEASURED - 1;

	if (option == 'f')
		parse_flows(options, value);
	else if (option == 't')
		options->truth = value;
	else if (option == 'p' && room)
		options->programs[options->program_count++] = value;
	else if (option == 'l' && room)
		options->variants[options->variant_count++].plan = value;
	else if (option == 'o' && room)
		options->variants[options->variant_count++].words = value;
	else if (option == 'a' && room)
		add_plans(options);
	else if (option == 'd')
		options->device = value;
	else if (option == 'r')
		options->rounds = (uint32_t)atoi(value);
	else if (option == 's')
		options->seed = (uint32_t)atoi(value);
	else if (option == 'c')
		options->cpu = atoi(value);
	else if (option == 'v')
		options->csv = true;
	else if (option == 'k')
		options->check = true;
	else if (option == 'e')
		options->empty = true;
	else if (option == 'x')
		options->strict = true;
	else
		exit(2);
}

static void parse_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "flows", 1, 0, 'f' },	 { "truth", 1, 0, 't' },    { "program", 1, 0, 'p' },
		{ "plan", 1, 0, 'l' },	 { "optimize", 1, 0, 'o' }, { "device", 1, 0, 'd' },
		{ "rounds", 1, 0, 'r' }, { "seed", 1, 0, 's' },	    { "cpu", 1, 0, 'c' },
		{ "csv", 0, 0, 'v' },	 { "check", 0, 0, 'k' },    { "all-plans", 0, 0, 'a' },
		{ "empty", 0, 0, 'e' },	 { "strict", 0, 0, 'x' },   { 0, 0, 0, 0 },
	};
	int option;

	*options = (struct options){ .rounds = 5, .seed = 1, .cpu = -1 };
	parse_flows(options, "1,4096");
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
		parse_option(options, option, optarg);
	if (argc - optind != 3 || !options->rounds || options->rounds > MAX_ROUNDS) {
		fputs("usage: bench_classify [OPTIONS] BASELINE.bpf.c RULESET TRACE\n", stderr);
		exit(2);
	}
	if (!options->variant_count)
		options->variant_count = 1;
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

static void parse_variant(const struct variant *variant, struct compile_options *options)
{
	struct str_nearest nearest;

	if (variant->plan && !compile_plan_parse(variant->plan, &options->optimize, &nearest))
		bench_stop("there is no plan '%s'", variant->plan);
	if (variant->words &&
	    !compile_optimize_parse(variant->words, &options->optimize, &nearest))
		bench_stop("there is no goal or pass '%s'", variant->words);
}

/*
 * What blocks, and then sets and maps, are really looked up by: an engine that is forced may not be
 * able to.
 */
static char *list_engines(struct arena *arena, const struct plan *plan)
{
	OWN_BUF struct buf names = BUF_INIT;

	for (size_t i = 0; i < plan->blocks.len; i++)
		for (size_t j = 0; j < plan->blocks.at[i]->cases.len; j++) {
			const struct plan_engine *engine = plan->blocks.at[i]->cases.at[j].engine;

			if (engine && (!names.at || !strstr(names.at, engine->name)))
				buf_printf(&names, "%s%s", names.len ? "+" : "", engine->name);
		}
	if (!names.len)
		buf_puts(&names, "-");
	for (size_t i = 0; i < plan->tables.len; i++)
		if (!strstr(names.at, plan_kind_words[plan->tables.at[i].kind]))
			buf_printf(&names, "+%s", plan_kind_words[plan->tables.at[i].kind]);
	return arena_strdup(arena, buf_str(&names));
}

static void compile_variant(struct bench *bench, struct variant *variant)
{
	struct source_set sources = { .arena = &bench->arena };
	struct diag diag = { .arena = &bench->arena, .sources = &sources };
	struct compile_options options = { .keep_plan = true };
	OWN_BUF struct buf text = BUF_INIT;
	double start = bench_now();
	struct compile *compile = NULL;
	uint32_t source;

	parse_variant(variant, &options);
	if (source_read(&sources, bench->options.ruleset, &source))
		bench_stop("%s cannot be read", bench->options.ruleset);
	if (!compile_source(&sources, source, &options, &bench->arena, &diag, &compile)) {
		diag_print(&diag, &text);
		bench_stop("%s", text.at);
	}
	variant->compile = compile;
	variant->engines = list_engines(&bench->arena, compile->inner->plan);
	variant->compile_seconds = bench_now() - start;
}

static void choose_device(struct bench *bench)
{
	const struct compile *compile = bench->options.variants[0].compile;
	const char *wanted = bench->options.device;

	for (size_t i = 0; i < compile->device_count; i++) {
		const struct compile_device *device = &compile->devices[i];

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
	const struct compile *compile = bench->options.variants[0].compile;
	const struct bench_packets *packets = &bench->packets;
	size_t wrong = 0;

	bench->expected = ARENA_ARRAY(&bench->arena, struct expected, packets->count);
	bench->cells = ARENA_ARRAY(&bench->arena, struct xdpfw_cell, compile->counter_count + 1);
	for (size_t i = 0; i < packets->count; i++) {
		uint8_t frame[BENCH_FRAME_MAX];
		const struct compile_packet packet = { .frame = frame,
						       .len = packets->form->frame_bytes };
		struct compile_verdict verdict = { .drop = false };

		bench_packets_frame(packets, i, frame);
		compile_judge(compile, &bench->device, &packet, 0, bench->cells, &verdict);
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

static void add_variant(struct bench *bench, struct variant *variant)
{
	variant->program = &bench->programs[bench->program_count];
	bench->variant_of[bench->program_count++] = variant;
	bench_program_build(&bench->arena, variant->compile->c_text, "xdpfw_rules",
			    &bench->packets, &variant->object);
	bench_program_load(&bench->arena, &variant->object, "xdpfw_rules", &bench->packets,
			   variant->compile, &bench->device, false, variant->program);
}

static void add_programs(struct bench *bench)
{
	struct options *options = &bench->options;

	add_program(bench, read_text(&bench->arena, options->baseline), "parse_drop");
	for (size_t i = 0; i < options->variant_count; i++)
		add_variant(bench, &options->variants[i]);
	for (size_t i = 0; i < options->program_count; i++) {
		char *path = arena_strdup(&bench->arena, str_from(options->programs[i]));
		char *colon = strrchr(path, ':');

		if (!colon)
			bench_stop("--program: FILE:ENTRY");
		*colon = '\0';
		add_program(bench, read_text(&bench->arena, path), colon + 1);
	}
	if (options->empty)
		add_program(bench, empty_text, EMPTY_NAME);
}

/* As it was asked for. */
static const char *program_name(const struct bench *bench, size_t number)
{
	const struct variant *variant = bench->variant_of[number];

	if (!variant)
		return bench->programs[number].name;
	return variant->plan ? variant->plan : variant->words ? variant->words : "xdpfw";
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

/* COMPILE: of a program that writes trails; else NULL. */
static void check_verdicts(struct bench *bench, const struct bench_program *program,
			   const struct compile *compile)
{
	bench_program_turn(program, 0, (uint32_t)bench->packets.count);
	for (size_t i = 0; i < bench->packets.count; i++) {
		const struct expected *expected = &bench->expected[i];
		uint32_t verdict = bench_program_run(program, &bench->packets, 1), zero = 0;
		struct xdpfw_trail wanted = { .count = 1, .rule[0] = expected->rule }, found;
		bool drop = verdict == XDP_DROP;

		if (compile)
			compile_trail_number(compile, &wanted);
		found = wanted;
		if (compile && bpf_map_lookup_elem(program->trail, &zero, &found))
			bench_stop("cannot read the trail: %s", strerror(errno));
		if ((verdict != XDP_DROP && verdict != XDP_PASS) || drop != expected->drop ||
		    found.rule[0] != wanted.rule[0])
			differs(bench, i, program->name, drop, compile ? (int)found.rule[0] : -2);
	}
}

/* Everything ran once, so the cells are what the interpreter counted. */
static void check_cells(struct bench *bench, const struct bench_program *program)
{
	uint32_t count = (uint32_t)bench->options.variants[0].compile->counter_count;
	const struct xdpfw_cell *cells = bench_program_cells(&bench->arena, program, count);

	for (uint32_t i = 0; i < count; i++) {
		struct xdpfw_cell cell = cells[i];
		const struct xdpfw_cell *expected = &bench->cells[i];

		if (cell.packets == expected->packets && cell.bytes == expected->bytes)
			continue;
		if (bench->differences++ < 5)
			fprintf(stderr,
				"counter %u: %llu packets %llu bytes instead of %llu, %llu\n", i,
				cell.packets, cell.bytes, expected->packets, expected->bytes);
	}
}

static void check_variant(struct bench *bench, const struct variant *variant)
{
	struct bench_program proving;

	bench_program_load(&bench->arena, &variant->object, "xdpfw_rules", &bench->packets,
			   variant->compile, &bench->device, true, &proving);
	check_verdicts(bench, &proving, variant->compile);
	check_cells(bench, &proving);
	bench_program_close(&proving);
	check_verdicts(bench, variant->program, NULL);
	check_cells(bench, variant->program);
}

static void check_engine(const struct bench *bench, const struct variant *variant)
{
	const char *wanted = !variant->plan ? NULL :
			     strcmp(variant->plan, "compares") ? variant->plan : "-";

	if (wanted && !strstr(variant->engines, wanted))
		bench_stop("%s: --plan=%s is not in force: engines %s", bench->options.ruleset,
			   variant->plan, variant->engines);
}

static void check(struct bench *bench)
{
	for (size_t i = 0; bench->options.strict && i < bench->options.variant_count; i++)
		check_engine(bench, &bench->options.variants[i]);
	for (size_t i = FIRST_MEASURED; i < bench->program_count; i++) {
		const struct variant *variant = bench->variant_of[i];
		size_t before = bench->differences;

		if (variant)
			check_variant(bench, variant);
		else if (strcmp(bench->programs[i].name, EMPTY_NAME) != 0)
			check_verdicts(bench, &bench->programs[i], NULL);
		if (bench->differences > before)
			fprintf(stderr, "%s %s: %zu differences in %zu packets\n",
				bench->options.ruleset, program_name(bench, i),
				bench->differences - before, bench->packets.count);
	}
	if (bench->differences)
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

static void print_csv(const struct bench *bench, size_t number, uint32_t flows, size_t packets,
		      double ns, double ratio)
{
	const struct bench_program *program = &bench->programs[number];
	const struct variant *variant = bench->variant_of[number];

	printf("%s,%s,%u,%u,%zu,%.2f,%.3f,", bench->options.ruleset, program_name(bench, number),
	       variant ? variant->compile->rule_count : 0, flows, packets, ns, ratio);
	printf("%u,%u,%u,%zu,%.3f,%.3f,%.3f,%s\n", program->verified, program->xlated_bytes,
	       program->jited_bytes, variant ? variant->compile->image_bytes : 0,
	       variant ? variant->compile_seconds : 0.0,
	       variant ? variant->object.clang_seconds : 0.0, program->load_seconds,
	       variant ? variant->engines : "-");
}

static void print_text(const struct bench *bench, size_t number, uint32_t flows, size_t packets,
		       double ns, double ratio)
{
	const struct bench_program *program = &bench->programs[number];
	const struct variant *variant = bench->variant_of[number];

	printf("%-12s %7u flows (%zu different packets) %7.1f ns, ratio %.2f; verified %u, "
	       "bytes %u, native %u", program_name(bench, number), flows, packets, ns, ratio,
	       program->verified, program->xlated_bytes, program->jited_bytes);
	if (variant)
		printf(", tables %zu; engines %s; compile %.2f s, clang %.2f s, load %.2f s",
		       variant->compile->image_bytes, variant->engines, variant->compile_seconds,
		       variant->object.clang_seconds, program->load_seconds);
	putchar('\n');
}

static void print_figures(const struct bench *bench, uint32_t flows,
			  const struct figures *figures)
{
	size_t packets = flows == 1 ? 2 : flows;

	if (packets > bench->packets.distinct)
		packets = bench->packets.distinct;
	for (size_t i = 0; i < bench->program_count; i++)
		(bench->options.csv ? print_csv : print_text)(
			bench, i, flows, packets, median(figures->ns[i], bench->options.rounds),
			median(figures->ratio[i], bench->options.rounds));
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
	for (size_t i = 0; i < bench->options.variant_count; i++)
		compile_variant(bench, &bench->options.variants[i]);
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
		print_figures(bench, bench->options.flows[i], figures);
	}
	if (bench->options.check)
		printf("%s: %zu packets are right\n", bench->options.ruleset, bench->packets.count);
	arena_free(&bench->arena);
	free(figures);
	free(bench);
	return 0;
}
