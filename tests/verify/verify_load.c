/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify_load: the program of a ruleset, built, loaded, and run against the interpreter.
 *
 * In: `verify_load [-i MAX] [-n PACKETS] [-s SEED] [-c FILE] [-l FILE] [-m MOVED] RULESET ...`.
 * Each ruleset
 * is compiled, built with $CLANG (or clang), loaded by the kernel, and given PACKETS packets
 * (default 2,000) that are aimed at its rules, each at several splits of linear part and fragments.
 * Compared with the interpreter: verdict, trail, and in the end every counter.  -c keeps the C, -l
 * the verifier's log of each instruction it looked at.
 *
 * MOVED is a ruleset that differs in the elements of named sets and maps only.  Its tables go into
 * the other half of the first one's, before any packet; then the generation decides which of both
 * rulesets the program must agree with.
 *
 * Out: a line for each ruleset: instructions of the program, instructions that the verifier looked
 * at, times.  Exit status 0; 1 when something differs, does not build or load, or the verifier
 * looked at more than MAX instructions; 2 usage; 3 when the system refuses to work.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/xdpfw_layout.h"
#include "compiler/compile.h"
#include "loader/maps.h"
#include "loader/object_buffer.h"
#include "tests/tool/clear.h"
#include "tests/tool/force.h"

#define LOOPBACK 1			/* ifindex that TEST_RUN gives packets, everywhere */
#define MULTIPLIER 0x9e3779b1u
#define MINUTES_WEST (-120)
#define LOG_BYTES (256u << 20)

struct verify {
	const char *path, *keep_c, *keep_log, *moved;
	uint64_t seed;
	size_t limit;
	struct arena arena;
	const struct compile *compile;
	struct bpf_object *object;
	char *log;
	int program, devices, trail, cells, tables;
	int given;			/* -1: the program has none */
	struct xdpfw_cell *judged;	/* the interpreter's sums */
	size_t differences, runs;
	double clang_seconds, load_seconds;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void keep(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		exit(3);
}

static bool compile_file(struct verify *verify)
{
	struct source_set sources = { .arena = &verify->arena };
	struct diag diag = { .arena = &verify->arena, .sources = &sources };
	struct compile_options options = { 0 };
	struct compile *compile;
	struct buf text = BUF_INIT;
	uint32_t source;
	int error = source_read(&sources, verify->path, &source);

	if (error) {
		fprintf(stderr, "%s: %s\n", verify->path, strerror(-error));
		return false;
	}
	force_wanted(sources.sources.at[source].text, &verify->arena, &options);
	force_plan(&options);
	if (compile_source(&sources, source, &options, &verify->arena, &diag, &compile)) {
		verify->compile = compile;
		return true;
	}
	diag_print(&diag, &text);
	fputs(text.at, stderr);
	return false;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t written = write(fd, text, len);

		if (written < 0)
			return false;
		text += written;
		len -= (size_t)written;
	}
	return true;
}

/* Puts the text on clang's standard input; the object is file descriptor RET_OBJECT. */
static bool build(struct verify *verify, const char *object)
{
	const char *clang = getenv("CLANG") ? getenv("CLANG") : "clang";
	double start = now();
	int pipes[2], status;
	bool sent;
	pid_t pid;

	if (pipe(pipes) || (pid = fork()) < 0)
		return false;
	if (!pid) {
		dup2(pipes[0], 0);
		close(pipes[0]);
		close(pipes[1]);
		/* A ruleset may contradict itself; whatever else clang warns of is a mistake. */
		execlp(clang, clang, "-O2", "-gdwarf-5", "-gembed-source", "-target", "bpf",
		       "-mcpu=v3", "-Wall", "-Werror",
		       "-Wno-tautological-compare", "-x", "c", "-c", "-", "-o", object,
		       (char *)NULL);
		_exit(127);
	}
	close(pipes[0]);
	sent = write_all(pipes[1], verify->compile->c_text, verify->compile->c_bytes);
	close(pipes[1]);
	if (waitpid(pid, &status, 0) != pid || status || !sent) {
		fprintf(stderr, "%s: clang does not build it\n", verify->path);
		return false;
	}
	verify->clang_seconds = now() - start;
	return true;
}

static int map_fd(const struct verify *verify, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(verify->object, name);

	return map ? bpf_map__fd(map) : -1;
}

/* Every counter has the cell of its number + 1; 0 is the sink. */
static bool set_config(struct verify *verify, struct bpf_program *program)
{
	const struct compile *compile = verify->compile;
	struct bpf_map *map = bpf_object__find_map_by_name(verify->object, ".rodata.config");
	struct bpf_map *cells = bpf_object__find_map_by_name(verify->object, "xdpfw_cells");
	struct xdpfw_config *config;
	uint32_t *cell_of;
	size_t bytes;

	if (!map || !cells)
		return false;
	config = (struct xdpfw_config *)(uintptr_t)bpf_map__initial_value(map, &bytes);
	if (bytes < sizeof(*config) + sizeof(uint32_t) * compile->counter_count ||
	    config->abi != XDPFW_ABI_VERSION || config->counter_count != compile->counter_count)
		return false;
	config->prove = 1;
	config->sees_buffer = object_buffer_patch(program);
	config->one_page = compile->counter_count < XDPFW_PAGE_CELLS;
	config->minutes_west = MINUTES_WEST;
	cell_of = (uint32_t *)(config + 1);
	for (size_t i = 0; i < compile->counter_count; i++)
		cell_of[i] = (uint32_t)i + 1;
	return !bpf_map__set_max_entries(cells, (uint32_t)compile->counter_count /
						       XDPFW_PAGE_CELLS + 1);
}

static bool write_image(const struct verify *verify, const uint8_t *image)
{
	uint32_t zero = 0;

	return !bpf_map_update_elem(verify->tables, &zero, image, BPF_ANY);
}

static bool fill_tables(struct verify *verify)
{
	struct bpf_map *map;

	if (!verify->compile->image_bytes)
		return true;
	bpf_object__for_each_map(map, verify->object) {
		if (!strstr(bpf_map__name(map), ".bss"))
			continue;
		verify->tables = bpf_map__fd(map);
		return bpf_map__value_size(map) == verify->compile->image_bytes &&
		       write_image(verify, verify->compile->image);
	}
	return false;
}

static bool load(struct verify *verify, const char *path)
{
	struct bpf_program *program;
	double start;
	int error;

	verify->object = bpf_object__open_file(path, NULL);
	program = verify->object ?
		  bpf_object__find_program_by_name(verify->object, "xdpfw_rules") : NULL;
	if (!program || !set_config(verify, program)) {
		fprintf(stderr, "%s: the object is not as the ABI says\n", verify->path);
		return false;
	}
	verify->log = arena_alloc(&verify->arena, LOG_BYTES);
	bpf_program__set_log_buf(program, verify->log, LOG_BYTES);
	bpf_program__set_log_level(program, verify->keep_log ? 6 : 4);	/* 4: figures only */
	start = now();
	error = bpf_object__load(verify->object);
	if (verify->keep_log)
		keep(verify->keep_log, verify->log);
	if (error) {
		fprintf(stderr, "%s: the kernel refuses it:\n%s\n", verify->path, verify->log);
		return false;
	}
	verify->load_seconds = now() - start;
	verify->program = bpf_program__fd(program);
	verify->devices = map_fd(verify, XDPFW_DEVICES);
	verify->trail = map_fd(verify, "xdpfw_trail");
	verify->cells = map_fd(verify, "xdpfw_cells");
	verify->given = map_fd(verify, ".data.given");
	return fill_tables(verify);
}

static void fill_device(struct verify *verify, uint32_t entry, struct xdpfw_device *ret_device)
{
	static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 1 };
	struct xdpfw_device_table *table = ARENA_NEW(&verify->arena, struct xdpfw_device_table);
	uint32_t slot = (LOOPBACK * MULTIPLIER) >> (32 - XDPFW_DEVICE_SLOT_BITS), zero = 0;
	struct xdpfw_device device = { .ifindex = LOOPBACK, .entry = entry, .type = 1,
				       .group = 7 };

	for (size_t i = 0; i < verify->compile->device_count; i++)
		if (verify->compile->devices[i].entry == entry)
			strncpy((char *)device.name, verify->compile->devices[i].name,
				sizeof(device.name) - 1);
	memcpy(device.mac, mac, sizeof(mac));
	table->hash_multiplier = MULTIPLIER;
	table->slot[slot] = device;
	if (bpf_map_update_elem(verify->devices, &zero, table, BPF_ANY))
		exit(3);
	*ret_device = device;
}

static void print_packet(const struct compile_packet *packet)
{
	for (size_t i = 0; i < packet->len && i < 200; i++)
		fprintf(stderr, "%02x", packet->frame[i]);
	fprintf(stderr, " (%zu bytes, for rule %d)\n", packet->len, (int)packet->rule);
}

static void print_trail(const char *who, bool drop, const struct xdpfw_trail *trail)
{
	fprintf(stderr, "\t%s: %s, reason %u, trail", who, drop ? "drop" : "pass", trail->reason);
	for (uint32_t i = 0; i < trail->count; i++)
		fprintf(stderr, " %d", (int)trail->rule[i]);
	fputc('\n', stderr);
}

static void run_packet(struct verify *verify, const struct xdpfw_device *device,
		       const struct compile_packet *packet, size_t linear)
{
	struct xdp_md context = { .data_end = (uint32_t)linear, .ingress_ifindex = LOOPBACK };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet->frame,
		    .data_size_in = (uint32_t)packet->len, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);
	struct compile_verdict judged = { .drop = false };
	struct xdpfw_given given = packet->given;
	struct xdpfw_trail trail;
	uint32_t zero = 0;

	given.active = 1;
	if (verify->given >= 0 && bpf_map_update_elem(verify->given, &zero, &given, BPF_ANY))
		exit(3);
	if (bpf_prog_test_run_opts(verify->program, &options)) {
		fprintf(stderr, "TEST_RUN of %zu bytes, %zu of them linear: %s\n", packet->len,
			linear, strerror(errno));
		exit(3);
	}
	if (bpf_map_lookup_elem(verify->trail, &zero, &trail))
		exit(3);
	compile_judge(verify->compile, device, packet, MINUTES_WEST, verify->judged, &judged);
	verify->runs++;
	if ((options.retval == XDP_DROP) == judged.drop &&
	    (options.retval == XDP_DROP || options.retval == XDP_PASS) &&
	    compile_trail_fits(verify->compile, &judged.trail, &trail))
		return;
	if (verify->differences++ > 5)
		return;
	fprintf(stderr, "%s: differs with %zu bytes linear: ", verify->path, linear);
	print_packet(packet);
	compile_trail_number(verify->compile, &judged.trail);
	print_trail("interpreter", judged.drop, &judged.trail);
	print_trail("program", options.retval == XDP_DROP, &trail);
}

static void run_splits(struct verify *verify, const struct xdpfw_device *device,
		       const struct compile_packet *packet)
{
	static const size_t splits[] = { 14, 15, 17, 19, 23, 33, 34, 36, 37, 45, 54, 57, 58, 61,
					 74, 100 };

	run_packet(verify, device, packet, packet->len > 3500 ? 3500 : packet->len);
	if (packet->linear >= 14 && packet->linear < packet->len && packet->linear <= 3500)
		run_packet(verify, device, packet, packet->linear);
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++)
		if (splits[i] < packet->len && (verify->runs + i) % 3 == 0)
			run_packet(verify, device, packet, splits[i]);
}

static void compare_cells(struct verify *verify)
{
	uint32_t count = (uint32_t)verify->compile->counter_count;
	uint32_t *numbers = ARENA_ARRAY(&verify->arena, uint32_t, count + 1);
	struct xdpfw_cell *sums = ARENA_ARRAY(&verify->arena, struct xdpfw_cell, count + 1);

	for (uint32_t i = 0; i < count; i++)
		numbers[i] = i + 1;
	if (maps_read_cells(verify->cells, numbers, count, sums))
		exit(3);
	for (uint32_t i = 0; i < count; i++) {
		struct xdpfw_cell sum = sums[i], *judged = &verify->judged[i];

		if (sum.packets == judged->packets && sum.bytes == judged->bytes)
			continue;
		verify->differences++;
		fprintf(stderr, "%s: counter %u: interpreter %llu packets %llu bytes, "
				"program %llu packets %llu bytes\n",
			verify->path, i, judged->packets, judged->bytes, sum.packets, sum.bytes);
	}
}

static void run_packets(struct verify *verify)
{
	verify->judged = ARENA_ARRAY(&verify->arena, struct xdpfw_cell,
				     verify->compile->counter_count + 1);
	for (uint32_t entry = 0; entry < verify->compile->entry_count; entry++) {
		const struct compile_packet *packets;
		struct xdpfw_device device;
		size_t count;

		fill_device(verify, entry, &device);
		compile_packets(verify->compile, &device, verify->seed, verify->limit,
				&verify->arena, &packets, &count);
		for (size_t i = 0; i < count; i++)
			run_splits(verify, &device, &packets[i]);
	}
	compare_cells(verify);
}

/* ---- Tables that move ---- */

/* FROM's row of generation 0 becomes that of generation 1 in IMAGE, whose tables are BY further. */
static bool move_row(const struct compile *from, uint32_t number, uint32_t by, uint8_t *rows)
{
	uint8_t *first = rows + 2 * (size_t)number * sizeof(struct table_named);
	struct table_named row, old;

	memcpy(&row, from->image + from->moving_at + sizeof(struct table_head) +
		     2 * (size_t)number * sizeof(row), sizeof(row));
	for (size_t i = 0; i < sizeof(row.at) / sizeof(row.at[0]); i++)
		row.at[i] += row.at[i] ? by : 0;
	row.entries_at += row.entries_at ? by : 0;
	memcpy(&old, first, sizeof(old));
	memcpy(first + sizeof(row), &row, sizeof(row));
	return row.shape == old.shape;
}

/* Fills the half of INTO's image that is not in use with what FROM's has. */
static bool move_tables(const struct compile *from, const struct compile *into, uint8_t *image)
{
	struct table_head to, head;

	memcpy(&to, into->image + into->moving_at, sizeof(to));
	memcpy(&head, from->image + from->moving_at, sizeof(head));
	if (!into->moving_tables || from->moving_tables != into->moving_tables || !to.half_bytes ||
	    head.half_bytes / 5 * 4 > to.half_bytes)
		return false;
	memcpy(image + to.half_at[1], from->image + head.half_at[0],
	       head.half_bytes < to.half_bytes ? head.half_bytes : to.half_bytes);
	for (uint32_t i = 0; i < to.tables; i++)
		if (!move_row(from, i, to.half_at[1] - head.half_at[0],
			      image + into->moving_at + sizeof(to)))
			return false;
	return true;
}

/* Nothing but the generation changes between the rounds. */
static bool run_generations(struct verify *verify)
{
	struct verify moved = *verify;
	size_t bytes = verify->compile->image_bytes;
	uint8_t *image = arena_alloc(&verify->arena, bytes);

	moved.path = verify->moved;
	moved.arena = (struct arena)ARENA_INIT;
	memcpy(image, verify->compile->image, bytes);
	if (!compile_file(&moved) ||
	    moved.compile->counter_count != verify->compile->counter_count ||
	    !move_tables(moved.compile, verify->compile, image)) {
		fprintf(stderr, "%s: its tables do not go where those of %s are\n", verify->moved,
			verify->path);
		return false;
	}
	for (uint32_t generation = 0; generation < 4; generation++) {
		struct verify *now_is = generation % 2 ? &moved : verify;

		memcpy(image + verify->compile->moving_at, &generation, sizeof(generation));
		if (!write_image(verify, image) ||
		    clear_cells(verify->cells, (uint32_t)verify->compile->counter_count))
			exit(3);
		run_packets(now_is);
	}
	verify->differences += moved.differences;
	arena_free(&moved.arena);
	return true;
}

/* The kernel's "processed N insns". */
static unsigned long looked_at(const struct verify *verify)
{
	const char *figures = strstr(verify->log, "processed ");

	return figures ? strtoul(figures + strlen("processed "), NULL, 10) : 0;
}

static unsigned int count_instructions(const struct verify *verify)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(verify->program, &info, &len))
		exit(3);
	return info.xlated_prog_len / 8;
}

/* Returns whether all is well. */
static bool verify_file(struct verify *verify, unsigned long max)
{
	char object[] = "/tmp/xdpfw-verify-XXXXXX";
	int fd = mkstemp(object);
	bool good;

	if (fd < 0)
		exit(3);
	close(fd);
	good = compile_file(verify);
	if (good && verify->keep_c)
		keep(verify->keep_c, verify->compile->c_text);
	good = good && build(verify, object) && load(verify, object);
	unlink(object);
	if (!good)
		return false;
	if (!verify->moved)
		run_packets(verify);
	else if (!run_generations(verify))
		return false;
	printf("%s: %u rules, %u instructions, %lu looked at, clang %.2f s, load %.2f s, "
	       "%zu runs, %zu differences\n", verify->path, verify->compile->rule_count,
	       count_instructions(verify), looked_at(verify), verify->clang_seconds,
	       verify->load_seconds, verify->runs, verify->differences);
	if (looked_at(verify) > max)
		fprintf(stderr, "%s: the verifier looked at more than %lu instructions\n",
			verify->path, max);
	return !verify->differences && looked_at(verify) <= max;
}

int main(int argc, char **argv)
{
	unsigned long max = 1000000;
	const char *keep_c = NULL, *keep_log = NULL, *moved = NULL;
	size_t limit = 2000;
	uint64_t seed = 1;
	bool good = true;
	int option;

	while ((option = getopt(argc, argv, "i:n:s:c:l:m:")) != -1) {
		switch (option) {
		case 'i':
			max = strtoul(optarg, NULL, 10);
			break;
		case 'n':
			limit = strtoul(optarg, NULL, 10);
			break;
		case 's':
			seed = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			keep_c = optarg;
			break;
		case 'l':
			keep_log = optarg;
			break;
		case 'm':
			moved = optarg;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		return 2;
	for (int i = optind; i < argc; i++) {
		struct verify verify = { .path = argv[i], .keep_c = keep_c, .keep_log = keep_log,
					 .moved = moved,
					 .seed = seed, .limit = limit, .arena = ARENA_INIT };

		good = verify_file(&verify, max) && good;
		bpf_object__close(verify.object);
		arena_free(&verify.arena);
	}
	return good ? 0 : 1;
}
