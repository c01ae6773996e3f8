/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_program: builds a program with a prologue that writes the next packet, and loads it.
 *
 * In: C text with one entry function, packets.  Out: a loaded program.  A packet that is run many
 * times teaches the processor each of its branches and keeps its table entries at hand; so the
 * program itself turns the packet into the next one first, which costs the same for everybody:
 * the stores of bench_packet.h, from rows in memory.  BPF_PROG_TEST_RUN leaves the packet as it is
 * between repeats.  Exit status 3 when anything does not work.
 */
#define _GNU_SOURCE
#include "tests/bench/bench_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "compiler/base/buf.h"
#include "loader/maps.h"
#include "loader/object_buffer.h"
#include "loader/object_cells.h"
#include "loader/own.h"
#include "tests/bench/bench_stack.h"

#define ROWS_MAP ".data.bench"
#define RUN_IFINDEX 1			/* of the loopback device, which TEST_RUN gives packets */
#define RUN_MULTIPLIER 0x9e3779b1u
#define TURN_BYTES 4096		/* of the rows' map, that are mapped: a page */
#define SECTION "SEC(\"xdp.frags\")"

void bench_stop(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(3);
}

double bench_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- text ---- */

/* A power of two, so that a mask is all the bound that the verifier needs. */
static uint32_t row_room(const struct bench_packets *packets)
{
	uint32_t room = 2;

	while (room < packets->count)
		room *= 2;
	return room;
}

static const char *store_type(uint32_t bytes)
{
	return bytes == 8 ? "__u64" : bytes == 4 ? "__u32" : "__u16";
}

static void put_prologue(struct buf *out, const struct bench_packets *packets)
{
	const struct bench_form *form = packets->form;
	uint32_t room = row_room(packets);

	buf_printf(out, "struct {\n\t__u32 next, mask, first, pad;\n\t__u64 row[%u][%u];\n"
			"} bench SEC(\"" ROWS_MAP "\");\n\n", room, form->store_count);
	buf_puts(out, "static inline __attribute__((always_inline)) void bench_next(struct xdp_md "
		      "*ctx)\n{\n"
		      "\tchar *data = (char *)(unsigned long)ctx->data;\n"
		      "\tchar *end = (char *)(unsigned long)ctx->data_end;\n"
		      "\t__u32 turn = bench.next, i;\n\n");
	buf_printf(out, "\tbench.next = turn + 1;\n"
			"\ti = (bench.first + (turn & bench.mask)) & %u;\n"
			"\tif (data + %u > end)\n\t\treturn;\n", room - 1, form->frame_bytes);
	for (uint32_t i = 0; i < form->store_count; i++) {
		const char *type = store_type(form->stores[i].bytes);

		buf_printf(out, "\t*(%s *)(data + %u) = (%s)bench.row[i][%u];\n", type,
			   form->stores[i].at, type, i);
	}
	/* What was stored is read again from the packet, like anybody's packet. */
	buf_puts(out, "\tasm volatile(\"\" : : : \"memory\");\n}\n\n");
}

/* TEXT with the prologue; its entry function becomes one that the new entry calls. */
static void put_text(struct buf *out, const char *text, const char *entry,
		     const struct bench_packets *packets)
{
	OWN_BUF struct buf head = BUF_INIT;
	const char *at;

	buf_printf(&head, "%s\nint %s(struct xdp_md *ctx)", SECTION, entry);
	at = strstr(text, head.at);
	if (!at || strstr(at + 1, SECTION))
		bench_stop("the text has no entry '%s', or more than one", entry);
	buf_put(out, text, (size_t)(at - text));
	put_prologue(out, packets);
	buf_puts(out, "static inline __attribute__((always_inline)) int bench_entry(struct xdp_md "
		      "*ctx)");
	buf_puts(out, at + head.len);
	buf_printf(out, "\n%s\n{\n\tbench_next(ctx);\n\treturn bench_entry(ctx);\n}\n", head.at);
}

/* ---- clang ---- */

static void become_clang(int in, int out)
{
	const char *clang = getenv("CLANG") && *getenv("CLANG") ? getenv("CLANG") : "clang";
	char object[32];

	/* clang writes a file as a whole, and seeks in it. */
	snprintf(object, sizeof(object), "/proc/self/fd/%d", out);
	dup2(in, 0);
	execlp(clang, clang, "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-w",
	       "-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu", "-x", "c",
	       "-c", "-", "-o", object, (char *)NULL);
	_exit(127);
}

static void write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t written = write(fd, text, len);

		if (written < 0)
			bench_stop("clang does not read: %s", strerror(errno));
		text += written;
		len -= (size_t)written;
	}
}

static void read_object(struct arena *arena, int fd, struct bench_object *ret_object)
{
	off_t len = lseek(fd, 0, SEEK_END);
	uint8_t *bytes = len > 0 ? arena_alloc(arena, (size_t)len) : NULL;

	for (off_t at = 0; at < len;) {
		ssize_t done = pread(fd, bytes + at, (size_t)(len - at), at);

		if (done <= 0)
			bench_stop("cannot read the object: %s", strerror(errno));
		at += done;
	}
	ret_object->bytes = bytes;
	ret_object->len = (size_t)len;
}

static void keep_text(const struct buf *text)
{
	FILE *file = fopen(getenv("BENCH_KEEP"), "we");

	if (!file || fputs(text->at, file) < 0 || fclose(file))
		bench_stop("cannot write %s", getenv("BENCH_KEEP"));
}

void bench_program_build(struct arena *arena, const char *text, const char *entry,
			 const struct bench_packets *packets, struct bench_object *ret_object)
{
	OWN_BUF struct buf whole = BUF_INIT;
	int source = memfd_create("source", 0), object = memfd_create("object", 0), status;
	double start = bench_now();
	pid_t pid;

	if (packets)
		put_text(&whole, text, entry, packets);
	else
		buf_puts(&whole, text);
	if (getenv("BENCH_KEEP"))
		keep_text(&whole);
	if (source < 0 || object < 0)
		bench_stop("memfd_create: %s", strerror(errno));
	write_all(source, whole.at, whole.len);
	lseek(source, 0, SEEK_SET);
	pid = fork();
	if (!pid)
		become_clang(source, object);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		bench_stop("clang does not build '%s'", entry);
	ret_object->clang_seconds = bench_now() - start;
	read_object(arena, object, ret_object);
	close(source);
	close(object);
}

/* ---- loading ---- */

static struct bpf_map *find_map(struct bpf_object *bpf, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(bpf, name);

	if (!map)
		bench_stop("the program has no map '%s'", name);
	return map;
}

static void set_rows(struct bpf_object *bpf, const struct bench_packets *packets)
{
	size_t room = row_room(packets), stores = packets->form->store_count, size;
	struct bench_turn *turn = (void *)bpf_map__initial_value(find_map(bpf, ROWS_MAP), &size);
	uint64_t *word = (uint64_t *)(turn + 1);

	if (!turn || size != sizeof(*turn) + room * stores * sizeof(*word))
		bench_stop("the rows have %zu bytes", size);
	turn->mask = (uint32_t)room - 1;
	for (size_t i = 0; i < room; i++)
		for (size_t j = 0; j < stores; j++)
			*word++ = packets->rows[i % packets->count].word[j];
}

/* Every counter has the cell of its number + 1; 0 is the sink. */
static void set_config(struct bpf_object *bpf, const char *entry, const struct compile *compile,
		       bool prove)
{
	uint32_t count = (uint32_t)compile->counter_count;
	struct bpf_map *bss = bpf_object__find_map_by_name(bpf, ".bss");
	size_t bytes, bss_bytes = 0;
	struct xdpfw_config *config =
		(void *)bpf_map__initial_value(find_map(bpf, ".rodata.config"), &bytes);
	void *tables = bss ? (void *)bpf_map__initial_value(bss, &bss_bytes) : NULL;

	if (!config || bytes < sizeof(*config) + count * sizeof(uint32_t) ||
	    config->abi != XDPFW_ABI_VERSION || config->counter_count != count)
		bench_stop("the program's configuration is not as the ABI says");
	config->prove = prove;
	config->sees_buffer =
		object_buffer_patch(bpf_object__find_program_by_name(bpf, entry));
	config->one_page = count < XDPFW_PAGE_CELLS;
	config->first_cell = 1;
	for (uint32_t i = 0; i < count; i++)
		((uint32_t *)(config + 1))[i] = i + 1;
	if (bpf_map__set_max_entries(find_map(bpf, "xdpfw_cells"), count / XDPFW_PAGE_CELLS + 1))
		bench_stop("cannot set the number of cells");
	if (compile->image_bytes > bss_bytes)
		bench_stop("the tables have %zu bytes, their place has %zu", compile->image_bytes,
			   bss_bytes);
	if (compile->image_bytes)
		memcpy(tables, compile->image, compile->image_bytes);
	if (!object_cells_put(tables, compile->image_bytes, (uint32_t *)(config + 1), count))
		bench_stop("the tables name counters that are not there");
}

static void set_device(struct arena *arena, struct bpf_object *bpf,
		       const struct xdpfw_device *device)
{
	struct xdpfw_device_table *table = ARENA_NEW(arena, struct xdpfw_device_table);
	uint32_t slot = RUN_IFINDEX * RUN_MULTIPLIER >> (32 - XDPFW_DEVICE_SLOT_BITS), zero = 0;

	table->hash_multiplier = RUN_MULTIPLIER;
	table->slot[slot] = *device;
	table->slot[slot].ifindex = RUN_IFINDEX;
	if (bpf_map_update_elem(bpf_map__fd(find_map(bpf, XDPFW_DEVICES)), &zero, table,
				BPF_ANY))
		bench_stop("cannot fill the devices' table: %s", strerror(errno));
}

static void read_figures(struct arena *arena, const struct bpf_program *bpf,
			 struct bench_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(program->program, &info, &len))
		bench_stop("cannot ask about a program: %s", strerror(errno));
	program->verified = info.verified_insns;
	program->xlated_bytes = info.xlated_prog_len;
	program->jited_bytes = info.jited_prog_len;
	program->stack_bytes = bench_stack_deepest(arena, bpf_program__insns(bpf),
						   bpf_program__insn_cnt(bpf));
	if (program->stack_bytes > BENCH_STACK_BYTES)
		bench_stop("'%s' takes %u bytes of stack as Linux 6.1 counts them, of %u",
			   program->name, program->stack_bytes, BENCH_STACK_BYTES);
}

static struct bench_turn *map_turn(struct bpf_object *bpf)
{
	void *turn = mmap(NULL, TURN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			  bpf_map__fd(find_map(bpf, ROWS_MAP)), 0);

	if (turn == MAP_FAILED)
		bench_stop("cannot map the rows: %s", strerror(errno));
	return turn;
}

void bench_program_load(struct arena *arena, const struct bench_object *object, const char *entry,
			const struct bench_packets *packets, const struct compile *compile,
			const struct xdpfw_device *device, bool prove,
			struct bench_program *ret_program)
{
	struct bpf_object *bpf = bpf_object__open_mem(object->bytes, object->len, NULL);
	double start = bench_now();

	if (!bpf)
		bench_stop("libbpf cannot read the object of '%s'", entry);
	if (packets)
		set_rows(bpf, packets);
	if (compile)
		set_config(bpf, entry, compile, prove);
	if (bpf_object__load(bpf))
		bench_stop("the kernel refuses '%s'", entry);
	*ret_program = (struct bench_program){ .bpf = bpf };
	ret_program->load_seconds = bench_now() - start;
	ret_program->name = entry;
	ret_program->program = bpf_program__fd(bpf_object__find_program_by_name(bpf, entry));
	ret_program->trail = compile ? bpf_map__fd(find_map(bpf, "xdpfw_trail")) : -1;
	ret_program->cells = compile ? bpf_map__fd(find_map(bpf, "xdpfw_cells")) : -1;
	if (compile)
		set_device(arena, bpf, device);
	if (packets)
		ret_program->turn = map_turn(bpf);
	read_figures(arena, bpf_object__find_program_by_name(bpf, entry), ret_program);
}

void bench_program_close(struct bench_program *program)
{
	if (program->turn)
		munmap((void *)(uintptr_t)program->turn, TURN_BYTES);
	bpf_object__close(program->bpf);
	*program = (struct bench_program){ .program = -1 };
}

/* ---- running ---- */

uint32_t bench_program_run(const struct bench_program *program,
			   const struct bench_packets *packets, uint32_t repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packets->form->frame,
		    .data_size_in = packets->form->frame_bytes, .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(program->program, &opts))
		bench_stop("'%s' cannot be run: %s", program->name, strerror(errno));
	return opts.retval;
}

void bench_program_turn(const struct bench_program *program, uint32_t first, uint32_t count)
{
	program->turn->next = 0;
	program->turn->mask = count - 1;
	program->turn->first = first;
}

struct xdpfw_cell *bench_program_cells(struct arena *arena, const struct bench_program *program,
				       uint32_t count)
{
	uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, count + 1);
	struct xdpfw_cell *sums = ARENA_ARRAY(arena, struct xdpfw_cell, count + 1);
	int error;

	for (uint32_t i = 0; i < count; i++)
		numbers[i] = i + 1;
	error = maps_read_cells(program->cells, numbers, count, sums);
	if (error)
		bench_stop("cannot read the counters: %s", strerror(-error));
	return sums;
}
