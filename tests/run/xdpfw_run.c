/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_run: what xdpfw says of packets, twice: by the interpreter, and by the built program.
 *
 * In: `xdpfw_run [-I DIR] [--interp] [--minutes-west N] --device NAME[=MAC[,TYPE[,GROUP]]]
 * [--device ...] RULESET [PACKETS ...]`.  TYPE is a number of <linux/if_arp.h> (Ethernet when left
 * out), GROUP the device's group (0), N the kernel's time zone (0).  A packet file has one packet a
 * line: HEX [dev=NAME] [linear=N] [now=NS] [cpu=N] [random=N] [name=WORD]; `#` starts a comment;
 * the device is the first --device when the line names none.  now is the wall clock in ns since
 * 1970 UTC, cpu the CPU and random the number that rules see; 0 when the line does not say.  With
 * --interp nothing is built.
 *
 * Out, a line each:
 *
 *	listing TEXT			the ruleset; the figures `packets N` are counter numbers
 *	rule N PLACE			where rule number N stands
 *	packet N WHO VERDICT REASON TRAIL	packets are numbered from 0 through all files
 *	counter N FILE WHO PACKETS BYTES	the sum over the packets of one file, from 0
 *	instructions N			of the program, as the kernel keeps it
 *
 * WHO is `interp`, or `program/SPLIT` for a run of all packets whose linear part is cut so: `all`
 * not at all, a number behind so many bytes, `given` as the packet file says (in the middle when
 * it does not).  TRAIL has for each base chain the number of the rule that ended it, `policy`, or
 * `invalid` (family inet, no layer-4 information); `-` when there was none.
 *
 * Exit status: 0, 1 when the ruleset is refused (messages on stderr), 2 usage, 3 when anything
 * else failed.  This program judges nothing: it prints, and who reads it compares.  The built
 * program runs by BPF_PROG_TEST_RUN on the loopback device of the caller's network namespace, with
 * maps of its own, so no traffic is touched.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_arp.h>

#include "compiler/compile.h"
#include "loader/build.h"
#include "loader/maps.h"
#include "loader/object.h"
#include "loader/own.h"
#include "tests/tool/clear.h"
#include "tests/tool/force.h"

#define RUN_IFINDEX 1			/* of the loopback device, everywhere */
#define RUN_MULTIPLIER 0x9e3779b1u
#define MIN_FRAME 14
#define MAX_DEVICES 16

enum { STATUS_REFUSED = 1, STATUS_USAGE, STATUS_FAILED };

struct run_device {
	struct xdpfw_device abi;
	bool named;			/* by the ruleset */
};

struct run_packet {
	uint8_t *frame;
	uint32_t len, linear;		/* linear 0: not given */
	uint32_t device;
	struct xdpfw_given given;
};

/* Packets FIRST up to END (not included). */
struct run_file {
	size_t first, end;
};

struct run {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	const struct compile *compile;
	const char *include_dirs[16];
	size_t include_dir_count;
	struct run_device devices[MAX_DEVICES];
	uint32_t device_count;
	VEC(struct run_packet) packets;
	VEC(struct run_file) files;
	int32_t minutes_west;
	bool interp_only;
};

/* How a run cuts its packets into a linear part and the rest. */
struct run_split {
	const char *name;
	uint32_t linear;		/* 0: by the packet file */
};

static const struct run_split splits[] = {
	{ "all", UINT32_MAX }, { "14", 14 }, { "18", 18 },    { "34", 34 },
	{ "58", 58 },	       { "62", 62 }, { "given", 0 },
};

static void __attribute__((noreturn, format(printf, 2, 3)))
stop(int status, const char *format, ...)
{
	va_list args;

	fputs("xdpfw_run: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

/* Reads LEN bytes of hexadecimal digits; blanks and colons between bytes do not count. */
static size_t parse_hex(const char *text, size_t len, uint8_t *out, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < len;) {
		char digits[3] = "";
		char *end;

		if (text[i] == ':') {
			i++;
			continue;
		}
		if (i + 1 >= len || count == room)
			stop(STATUS_USAGE, "not a row of bytes: '%.*s'", (int)len, text);
		memcpy(digits, text + i, 2);
		out[count++] = (uint8_t)strtoul(digits, &end, 16);
		if (end != digits + 2)
			stop(STATUS_USAGE, "not a row of bytes: '%.*s'", (int)len, text);
		i += 2;
	}
	return count;
}

static uint64_t parse_number(const char *text, uint64_t most)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number > most)
		stop(STATUS_USAGE, "not a number up to %" PRIu64 ": '%s'", most, text);
	return number;
}

/* MAC[,TYPE[,GROUP]] */
static void parse_device(char *text, struct xdpfw_device *device)
{
	char *type = strchr(text, ','), *group = type ? strchr(type + 1, ',') : NULL;

	if (group)
		*group++ = '\0';
	if (type)
		*type++ = '\0';
	if (parse_hex(text, strlen(text), device->mac, 6) != 6)
		stop(STATUS_USAGE, "--device: a MAC has six bytes, not '%s'", text);
	if (type)
		device->type = (uint16_t)parse_number(type, UINT16_MAX);
	if (group)
		device->group = (uint32_t)parse_number(group, UINT32_MAX);
}

static void add_device(struct run *run, char *text)
{
	static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };
	struct run_device *device = &run->devices[run->device_count];
	char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);

	if (run->device_count == MAX_DEVICES || !len || len >= XDPFW_NAME_BYTES)
		stop(STATUS_USAGE, "--device '%s': no name, a name too long, or too many", text);
	memcpy(device->abi.name, text, len);
	memcpy(device->abi.mac, mac, sizeof(mac));
	device->abi.type = ARPHRD_ETHER;
	if (equals)
		parse_device(equals + 1, &device->abi);
	device->abi.ifindex = RUN_IFINDEX;
	run->device_count++;
}

static uint32_t find_device(const struct run *run, struct str name)
{
	for (uint32_t i = 0; i < run->device_count; i++)
		if (str_is(name, (const char *)run->devices[i].abi.name))
			return i;
	stop(STATUS_USAGE, "no --device '%.*s', but a packet for it", STR_ARG(name));
}

/* One word behind the frame. */
static void parse_word(const struct run *run, char *word, struct run_packet *packet)
{
	char *value = strchr(word, '=');

	if (!value)
		stop(STATUS_USAGE, "not understood in a packet: '%s'", word);
	*value++ = '\0';
	if (!strcmp(word, "dev")) {
		packet->device = find_device(run, str_from(value));
	} else if (!strcmp(word, "linear")) {
		packet->linear = (uint32_t)parse_number(value, UINT32_MAX);
		if (packet->linear < MIN_FRAME)
			stop(STATUS_USAGE, "linear= is at least %d", MIN_FRAME);
	} else if (!strcmp(word, "now")) {
		packet->given.now = parse_number(value, UINT64_MAX);
	} else if (!strcmp(word, "cpu")) {
		packet->given.cpu = (uint32_t)parse_number(value, UINT32_MAX);
	} else if (!strcmp(word, "random")) {
		packet->given.random = (uint32_t)parse_number(value, UINT32_MAX);
	} else if (strcmp(word, "name")) {
		stop(STATUS_USAGE, "not understood in a packet: '%s='", word);
	}
}

static void parse_packet(struct run *run, char *line)
{
	struct run_packet packet = { .given.active = 1 };
	char *rest = NULL, *word;
	size_t len;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, " \t\n", &rest);
	if (!word)
		return;
	len = strlen(word);
	packet.frame = arena_alloc(&run->arena, len / 2 + 1);
	packet.len = (uint32_t)parse_hex(word, len, packet.frame, len / 2);
	if (packet.len < MIN_FRAME)
		stop(STATUS_USAGE, "a frame has at least %d bytes", MIN_FRAME);
	while ((word = strtok_r(NULL, " \t\n", &rest)))
		parse_word(run, word, &packet);
	*vec_push(&run->arena, &run->packets) = packet;
}

static void read_packets(struct run *run, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	OWN_MEMORY char *line = NULL;
	size_t room = 0, first = run->packets.len;

	if (!file)
		stop(STATUS_USAGE, "%s: %s", path, strerror(errno));
	while (getline(&line, &room, file) > 0)
		parse_packet(run, line);
	if (ferror(file))
		stop(STATUS_USAGE, "%s: %s", path, strerror(errno));
	if (file != stdin)
		fclose(file);
	*vec_push(&run->arena, &run->files) = (struct run_file){ first, run->packets.len };
}

static void compile_ruleset(struct run *run, const char *path)
{
	struct compile_options options = {
		.include_dirs = run->include_dirs,
		.include_dir_count = run->include_dir_count,
	};
	OWN_BUF struct buf text = BUF_INIT;
	struct compile *compile;
	uint32_t source;
	int error = source_read(&run->sources, path, &source);
	bool done;

	if (error)
		stop(STATUS_USAGE, "%s: %s", path, strerror(-error));
	force_plan(&options);
	done = compile_source(&run->sources, source, &options, &run->arena, &run->diag, &compile);
	diag_print(&run->diag, &text);
	if (text.len)
		fputs(text.at, stderr);
	if (!done)
		exit(STATUS_REFUSED);
	run->compile = compile;
}

static void find_entries(struct run *run)
{
	const struct compile *compile = run->compile;

	for (uint32_t i = 0; i < run->device_count; i++) {
		struct run_device *device = &run->devices[i];

		for (size_t j = 0; j < compile->device_count; j++) {
			if (strcmp((const char *)device->abi.name, compile->devices[j].name))
				continue;
			device->abi.entry = compile->devices[j].entry;
			device->named = true;
		}
	}
}

static void print_ruleset(const struct run *run)
{
	const struct compile *compile = run->compile;
	struct xdpfw_cell *figures = ARENA_ARRAY(run->diag.arena, struct xdpfw_cell,
						 compile->counter_count + 1);
	const struct compile_print_options options = { .figures = figures };
	OWN_BUF struct buf text = BUF_INIT;
	char *rest = NULL;

	for (size_t i = 0; i < compile->counter_count; i++)
		figures[i].packets = i;
	compile_print(compile, &options, &text);
	for (char *line = text.len ? strtok_r(text.at, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		printf("listing %s\n", line);
	for (uint32_t i = 0; i < compile->rule_count; i++)
		printf("rule %u %s\n", i, compile_rule_place(compile, i));
}

static const char *reason_name(uint32_t reason)
{
	switch ((enum xdpfw_reason)reason) {
	case XDPFW_REASON_CHAINS:
		return "chains";
	case XDPFW_REASON_NO_DEVICE:
		return "no-device";
	case XDPFW_REASON_CUT_TAG:
		return "cut-tag";
	case XDPFW_REASON_TOO_LONG:
		return "too-long";
	case XDPFW_REASON_OUT_OF_REACH:
		return "out-of-reach";
	case XDPFW_REASON_FAULT:
		return "fault";
	}
	return "not-written";
}

/* TRAIL: as the program writes it; of rules that were made one, one is named. */
static void print_verdict(const struct compile *compile, size_t packet, const char *who,
			  const char *split, const char *verdict, struct xdpfw_trail *trail)
{
	compile_trail_name(compile, trail);
	printf("packet %zu %s%s %s %s ", packet, who, split, verdict, reason_name(trail->reason));
	if (!trail->count || trail->count > XDPFW_MAX_BASE_CHAINS)
		putchar('-');
	for (uint32_t i = 0; i < trail->count && trail->count <= XDPFW_MAX_BASE_CHAINS; i++) {
		if (i)
			putchar(',');
		if (trail->rule[i] == XDPFW_TRAIL_POLICY)
			fputs("policy", stdout);
		else if (trail->rule[i] == XDPFW_TRAIL_INVALID)
			fputs("invalid", stdout);
		else
			printf("%u", trail->rule[i]);
	}
	putchar('\n');
}

static void print_cell(size_t counter, size_t file, const char *who, const char *split,
		       const struct xdpfw_cell *cell)
{
	printf("counter %zu %zu %s%s %" PRIu64 " %" PRIu64 "\n", counter, file, who, split,
	       (uint64_t)cell->packets, (uint64_t)cell->bytes);
}

/* A device the ruleset does not name has no chains to run (D7), and the judge is not asked. */
static void interp_file(const struct run *run, size_t file, struct xdpfw_cell *cells)
{
	for (size_t i = run->files.at[file].first; i < run->files.at[file].end; i++) {
		const struct run_packet *packet = &run->packets.at[i];
		const struct run_device *device = &run->devices[packet->device];
		struct compile_verdict verdict = { .trail.reason = XDPFW_REASON_NO_DEVICE };
		const struct compile_packet judged = {
			.frame = packet->frame,
			.len = packet->len,
			.given = packet->given,
		};

		if (device->named)
			compile_judge(run->compile, &device->abi, &judged, run->minutes_west,
				      cells, &verdict);
		compile_trail_number(run->compile, &verdict.trail);
		print_verdict(run->compile, i, "interp", "", verdict.drop ? "drop" : "accept",
			      &verdict.trail);
	}
}

static void run_interp(struct run *run)
{
	size_t count = run->compile->counter_count;

	for (size_t i = 0; i < run->files.len; i++) {
		struct xdpfw_cell *cells = ARENA_ARRAY(&run->arena, struct xdpfw_cell, count + 1);

		interp_file(run, i, cells);
		for (size_t j = 0; j < count; j++)
			print_cell(j, i, "interp", "", &cells[j]);
	}
}

static void load_program(struct run *run, struct object *ret_object)
{
	const struct compile *compile = run->compile;
	uint32_t count = (uint32_t)compile->counter_count;
	uint32_t *cell_of = ARENA_ARRAY(&run->arena, uint32_t, count + 1);
	const struct object_config config = {
		.prove = true,
		.cell_of = cell_of,
		.counter_count = count,
		.cell_count = count + 1,
		.image = compile->image,
		.image_bytes = compile->image_bytes,
		.reads_given = compile->reads_given,
		.minutes_west = run->minutes_west,
	};
	const struct object_maps maps = OBJECT_MAPS_NONE;
	struct report report = { 0 };
	OWN_BUF struct buf log = BUF_INIT, bytes = BUF_INIT;

	for (uint32_t i = 0; i < count; i++)
		cell_of[i] = i + 1;
	if (!build_run(&report, compile->c_text, compile->c_bytes, &log, &bytes) ||
	    !object_load(&report, bytes.at, bytes.len, &config, &maps, &log, ret_object))
		stop(STATUS_FAILED, "%s\n%s", report.text.at, log.at ? log.at : "");
}

static void put_device(const struct run *run, const struct object *object, uint32_t number)
{
	struct xdpfw_device_table *table = calloc(1, sizeof(*table));
	const struct run_device *device = &run->devices[number];
	uint32_t slot = RUN_IFINDEX * RUN_MULTIPLIER >> (32 - XDPFW_DEVICE_SLOT_BITS);
	const uint32_t zero = 0;

	if (!table)
		stop(STATUS_FAILED, "no memory");
	table->hash_multiplier = RUN_MULTIPLIER;
	if (device->named)
		table->slot[slot] = device->abi;
	if (bpf_map_update_elem(object->maps.devices, &zero, table, BPF_ANY))
		stop(STATUS_FAILED, "cannot fill the devices' table: %s", strerror(errno));
	free(table);
}

static uint32_t split_at(const struct run_packet *packet, const struct run_split *split)
{
	uint32_t linear = split->linear;

	if (!linear)
		linear = packet->linear ? packet->linear : (packet->len + MIN_FRAME) / 2;
	return linear < packet->len ? linear : packet->len;
}

/*
 * One packet through the program.  The trail is overwritten before, so that one left by the packet
 * before cannot be taken for this one's.
 */
static void run_packet(const struct run *run, const struct object *object, size_t number,
		       const struct run_split *split)
{
	const struct run_packet *packet = &run->packets.at[number];
	struct xdp_md context = { .data_end = split_at(packet, split) };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->frame,
		    .data_size_in = packet->len, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);
	struct xdpfw_trail trail;
	const uint32_t zero = 0;
	const char *verdict = "other";

	memset(&trail, 0xff, sizeof(trail));
	if (object_give(object, &packet->given))
		stop(STATUS_FAILED, "cannot set clock, CPU and random number: %s",
		     strerror(errno));
	if (bpf_map_update_elem(object->trail, &zero, &trail, BPF_ANY))
		stop(STATUS_FAILED, "cannot write the trail: %s", strerror(errno));
	if (bpf_prog_test_run_opts(object->program, &opts))
		stop(STATUS_FAILED, "packet %zu (%u bytes, %u linear) cannot be run: %s", number,
		     packet->len, context.data_end, strerror(errno));
	if (bpf_map_lookup_elem(object->trail, &zero, &trail))
		stop(STATUS_FAILED, "cannot read the trail: %s", strerror(errno));
	if (opts.retval == XDP_DROP)
		verdict = "drop";
	else if (opts.retval == XDP_PASS)
		verdict = "accept";
	print_verdict(run->compile, number, "program/", split->name, verdict, &trail);
}

static void take_cells(const struct run *run, const struct object *object, size_t file,
		       const struct run_split *split)
{
	size_t count = run->compile->counter_count;
	OWN_ARENA struct arena arena = ARENA_INIT;
	uint32_t *numbers = ARENA_ARRAY(&arena, uint32_t, count + 1);
	struct xdpfw_cell *sums = ARENA_ARRAY(&arena, struct xdpfw_cell, count + 1);
	int error;

	for (size_t i = 0; i < count; i++)
		numbers[i] = (uint32_t)i + 1;
	error = maps_read_cells(object->maps.cells, numbers, count, sums);
	if (!error)
		error = clear_cells(object->maps.cells, (uint32_t)count);
	if (error)
		stop(STATUS_FAILED, "cannot read the cells: %s", strerror(-error));
	for (size_t i = 0; i < count; i++)
		print_cell(i, file, "program/", split->name, &sums[i]);
}

static void run_file(const struct run *run, const struct object *object, size_t file,
		     const struct run_split *split)
{
	uint32_t device = UINT32_MAX;

	for (size_t i = run->files.at[file].first; i < run->files.at[file].end; i++) {
		if (run->packets.at[i].device != device) {
			device = run->packets.at[i].device;
			put_device(run, object, device);
		}
		run_packet(run, object, i, split);
	}
	take_cells(run, object, file, split);
}

static void run_program(struct run *run)
{
	struct object object = OBJECT_INIT;

	load_program(run, &object);
	printf("instructions %u\n", object.xlated_bytes / 8);
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++)
		for (size_t j = 0; j < run->files.len; j++)
			run_file(run, &object, j, &splits[i]);
	object_close(&object);
}

static void parse_arguments(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "interp", no_argument, NULL, 'i' },
		{ "minutes-west", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "I:", options, NULL)) != -1) {
		if (option == 'd')
			add_device(run, optarg);
		else if (option == 'i')
			run->interp_only = true;
		else if (option == 'w')
			run->minutes_west = (int32_t)strtol(optarg, NULL, 10);
		else if (option == 'I' && run->include_dir_count < 16)
			run->include_dirs[run->include_dir_count++] = optarg;
		else
			exit(STATUS_USAGE);
	}
	if (argc - optind < 1 || !run->device_count)
		stop(STATUS_USAGE, "usage: xdpfw_run [-I DIR] [--interp] [--minutes-west N] "
				   "--device NAME[=MAC[,TYPE[,GROUP]]] [--device ...] RULESET "
				   "[PACKETS ...]");
}

int main(int argc, char **argv)
{
	struct run run = { .arena = ARENA_INIT };

	run.sources.arena = &run.arena;
	run.diag.arena = &run.arena;
	run.diag.sources = &run.sources;
	parse_arguments(&run, argc, argv);
	for (int i = optind + 1; i < argc; i++)
		read_packets(&run, argv[i]);
	compile_ruleset(&run, argv[optind]);
	find_entries(&run);
	print_ruleset(&run);
	run_interp(&run);
	if (!run.interp_only)
		run_program(&run);
	arena_free(&run.arena);
	if (fflush(stdout) || ferror(stdout))
		stop(STATUS_FAILED, "cannot write: %s", strerror(errno));
	return 0;
}
