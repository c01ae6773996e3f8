/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object: opens an object with libbpf, fills in what belongs to this host, loads it.
 *
 * In: an object's bytes (from clang, or kept), the configuration, maps to share.  Out: descriptors.
 * An object comes from a process that is not trusted: object_form.c checks that it has what
 * bpf/xdpfw_abi.h says and nothing else, the verifier the rest; nothing is attached here.
 */
#define _GNU_SOURCE
#include "loader/object.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/xdpfw_stub.h"
#include "loader/capture.h"
#include "loader/object_buffer.h"
#include "loader/object_cells.h"
#include "loader/object_form.h"
#include "loader/own.h"

#define GIVEN_SECTION ".data.given"
#define PROGRAM_NAME "xdpfw_rules"
#define STUB_NAME "xdpfw_stub"
#define PASS_NAME "xdpfw_pass"

static void close_bpf_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

#define OWN_BPF_OBJECT __attribute__((cleanup(close_bpf_object)))

void object_close(struct object *object)
{
	own_close(&object->program);
	own_close(&object->trail);
	own_close(&object->given);
	own_close(&object->maps.cells);
	own_close(&object->maps.devices);
	own_close(&object->maps.tables);
	*object = (struct object)OBJECT_INIT;
}

/* A descriptor of its own for a map or program of a bpf_object, which closes its own. */
static int keep_fd(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static const char *text_of(const struct buf *buf)
{
	return buf->at ? buf->at : "";
}

static bool open_object(struct report *report, const void *bytes, size_t len, struct buf *log,
			struct bpf_object **ret_object)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "xdpfw");
	struct bpf_object *object;
	char reason[80];

	capture_begin(log);
	object = bpf_object__open_mem(bytes, len, &opts);
	capture_end();
	if (!object) {
		/* libbpf has error numbers of its own. */
		libbpf_strerror(-errno, reason, sizeof(reason));
		return report_fail(report, REPORT_BUG, "libbpf cannot read the built program: %s",
				   reason);
	}
	*ret_object = object;
	return true;
}

/* The map may have more: a program that was in force before had more counters. */
static bool has_one_page(const struct object_config *config)
{
	for (uint32_t i = 0; i < config->counter_count; i++)
		if (config->cell_of[i] >= XDPFW_PAGE_CELLS)
			return false;
	return true;
}

/* A program then need not read the cell of each. */
static uint32_t first_cell(const struct object_config *config)
{
	for (uint32_t i = 1; i < config->counter_count; i++)
		if (config->cell_of[i] != config->cell_of[0] + i)
			return 0;
	return config->counter_count ? config->cell_of[0] : 0;
}

static bool set_config(struct report *report, struct bpf_object *object,
		       struct bpf_program *program, const struct object_config *config)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata.config");
	uint32_t count = config->counter_count ? config->counter_count : 1;
	struct xdpfw_config values = {
		.abi = XDPFW_ABI_VERSION,
		.prove = config->prove,
		.counter_count = config->counter_count,
		.minutes_west = config->minutes_west,
		.tai_offset = config->tai_offset,
		.one_page = has_one_page(config),
		.sees_buffer = object_buffer_patch(program),
		.first_cell = first_cell(config),
	};
	size_t size = 0;
	uint8_t *at = map ? (uint8_t *)bpf_map__initial_value(map, &size) : NULL;

	if (!at || size < sizeof(values) + count * sizeof(uint32_t))
		return report_fail(report, REPORT_BUG,
				   "the built program has no place for its configuration");
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_STAMP"))
		values.stamp = (uint32_t)atoi(getenv("XDPFW_STAMP"));
#endif
	memcpy(at, &values, sizeof(values));
	if (config->counter_count)
		memcpy(at + sizeof(values), config->cell_of,
		       config->counter_count * sizeof(uint32_t));
	return true;
}

static bool set_tables(struct report *report, struct bpf_object *object,
		       const struct object_config *config, int shared)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	size_t size = 0;
	void *at;

	if (!map)
		return config->image_bytes == 0 ||
		       report_fail(report, REPORT_BUG,
				   "the built program has no place for its tables");
	if (shared >= 0)
		return bpf_map__reuse_fd(map, shared) == 0 ||
		       report_fail(report, REPORT_SYSTEM, "cannot share the tables' map: %s",
				   strerror(errno));
	at = (void *)bpf_map__initial_value(map, &size);
	if (!at || size < config->image_bytes)
		return report_fail(report, REPORT_BUG,
				   "the built program's tables have %zu bytes instead of %zu", size,
				   config->image_bytes);
	if (config->image_bytes)
		memcpy(at, config->image, config->image_bytes);
	return object_cells_put(at, config->image_bytes, config->cell_of, config->counter_count) ||
	       report_fail(report, REPORT_BUG, "the program's tables name counters it has not");
}

static bool set_maps(struct report *report, struct bpf_object *object,
		     const struct object_config *config, const struct object_maps *maps)
{
	struct bpf_map *cells = bpf_object__find_map_by_name(object, "xdpfw_cells");
	struct bpf_map *devices = bpf_object__find_map_by_name(object, XDPFW_DEVICES);
	struct bpf_map *trail = bpf_object__find_map_by_name(object, "xdpfw_trail");
	struct bpf_map *given = bpf_object__find_map_by_name(object, GIVEN_SECTION);

	if (!cells || !devices || !trail || (config->reads_given && !given) ||
	    bpf_map__value_size(cells) != sizeof(struct xdpfw_page) ||
	    bpf_map__value_size(devices) != sizeof(struct xdpfw_device_table) ||
	    bpf_map__value_size(trail) != sizeof(struct xdpfw_trail) ||
	    (given && bpf_map__value_size(given) != sizeof(struct xdpfw_given)))
		return report_fail(report, REPORT_BUG,
				   "the built program does not have the maps of ABI version %d",
				   XDPFW_ABI_VERSION);
	if (maps->cells >= 0 ? bpf_map__reuse_fd(cells, maps->cells) :
			       bpf_map__set_max_entries(cells, (config->cell_count - 1) /
							       XDPFW_PAGE_CELLS + 1))
		return report_fail(report, REPORT_SYSTEM, "cannot set up the cells' map: %s",
				   strerror(errno));
	if (maps->devices >= 0 && bpf_map__reuse_fd(devices, maps->devices))
		return report_fail(report, REPORT_SYSTEM, "cannot share the devices' map: %s",
				   strerror(errno));
	return true;
}

/*
 * The verifier's "no" to a program is our bug; it may say ENOMEM where it means "too complex".
 * Without a word of the verifier it is about rights or memory.
 */
static bool report_load(struct report *report, int error, const struct buf *log)
{
	bool verifier = strstr(text_of(log), "BEGIN PROG LOAD LOG") != NULL;

	if (error == -EPERM && !verifier)
		return report_fail(report, REPORT_SYSTEM,
				   "the kernel does not let this process load the program (%s): "
				   "it needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
				   strerror(-error));
	if (error == -ENOMEM && !verifier)
		return report_fail(report, REPORT_SYSTEM,
				   "the kernel has no memory for the program and its maps (%s)",
				   strerror(-error));
	return report_fail(report, REPORT_BUG,
			   "the kernel's verifier refuses the generated program (%s): this is a "
			   "bug of xdpfw", strerror(-error));
}

static bool read_program(struct report *report, struct object *object)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(object->program, &info, &len))
		return report_fail(report, REPORT_SYSTEM, "cannot ask about a program: %s",
				   strerror(errno));
	/* libbpf leaves names away when its question whether the kernel knows them failed. */
	if (strcmp(info.name, PROGRAM_NAME))
		return report_fail(report, REPORT_SYSTEM,
				   "the kernel did not take the program's name: programs and maps "
				   "are found by name");
	object->id = info.id;
	object->xlated_bytes = info.xlated_prog_len;
	memcpy(object->tag, info.tag, sizeof(object->tag));
	return true;
}

/* A program with a table of devices that nobody fills would pass every packet. */
static bool check_whole(struct report *report, const struct object_config *config,
			const struct object *object)
{
	if (object->program >= 0 && object->trail >= 0 && object->maps.cells >= 0 &&
	    object->maps.devices >= 0 && (!config->reads_given || object->given >= 0) &&
	    (!config->image_bytes || object->maps.tables >= 0))
		return true;
	return report_fail(report, REPORT_SYSTEM, "cannot keep the program and its maps open: %s",
			   strerror(errno));
}

static int map_fd(struct bpf_object *object, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? keep_fd(bpf_map__fd(map)) : -1;
}

bool object_load(struct report *report, const void *bytes, size_t len,
		 const struct object_config *config, const struct object_maps *maps,
		 struct buf *log, struct object *ret_object)
{
	OWN_BPF_OBJECT struct bpf_object *bpf = NULL;
	struct object object = OBJECT_INIT;
	struct bpf_program *program;
	int error;

	/* A program that shares another's devices is of the same bytes. */
	if ((maps->devices < 0 && !object_form_check_bytes(report, bytes, len)) ||
	    !open_object(report, bytes, len, log, &bpf) ||
	    !object_form_check(report, bpf, config))
		return false;
	program = bpf_object__find_program_by_name(bpf, PROGRAM_NAME);
	if (!program)
		return report_fail(report, REPORT_BUG,
				   "the built object has no program " PROGRAM_NAME);
	if (!set_config(report, bpf, program, config) ||
	    !set_tables(report, bpf, config, maps->tables) ||
	    !set_maps(report, bpf, config, maps))
		return false;
	capture_begin(log);
	error = bpf_object__load(bpf);
	capture_end();
	if (error)
		return report_load(report, error, log);
	object.program = keep_fd(bpf_program__fd(program));
	object.trail = map_fd(bpf, "xdpfw_trail");
	object.given = map_fd(bpf, GIVEN_SECTION);
	object.maps.cells = map_fd(bpf, "xdpfw_cells");
	object.maps.devices = map_fd(bpf, XDPFW_DEVICES);
	object.maps.tables = map_fd(bpf, ".bss");
	if (!check_whole(report, config, &object) || !read_program(report, &object)) {
		object_close(&object);
		return false;
	}
	*ret_object = object;
	return true;
}

int object_give(const struct object *object, const struct xdpfw_given *given)
{
	uint32_t key = 0;

	return object->given < 0 ? 0 :
				   bpf_map_update_elem(object->given, &key, given, BPF_ANY);
}

void object_stub_close(struct object_stub *stub)
{
	own_close(&stub->slots);
	own_close(&stub->control);
	own_close(&stub->missed);
	own_close(&stub->stub);
	own_close(&stub->pass);
	*stub = (struct object_stub)OBJECT_STUB_INIT;
}

extern const uint8_t object_stub_bytes[], object_stub_end[];

__asm__(".pushsection .rodata\n"
	".balign 16\n"
	".globl object_stub_bytes\n"
	"object_stub_bytes:\n"
	".incbin \"bpf/stub.bpf.o\"\n"
	".globl object_stub_end\n"
	"object_stub_end:\n"
	".byte 0\n"
	".popsection\n");

static bool reuse_stub_map(struct bpf_object *bpf, const char *name, int fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(bpf, name);

	return map && (fd < 0 || !bpf_map__reuse_fd(map, fd));
}

static void keep_stub_map(struct bpf_object *bpf, const char *name, int *fd)
{
	if (*fd < 0)
		*fd = map_fd(bpf, name);
}

static bool has_name(int program, const char *name)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	return program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &len) &&
	       !strcmp(info.name, name);
}

/* The program for "no ruleset" is told by its name, and a stub that lacks a map decides nothing. */
static bool check_stub(struct report *report, const struct object_stub *stub)
{
	if (stub->slots >= 0 && stub->control >= 0 && stub->missed >= 0 &&
	    has_name(stub->stub, STUB_NAME) && has_name(stub->pass, PASS_NAME))
		return true;
	return report_fail(report, REPORT_SYSTEM,
			   "cannot keep the stub program and its maps open, or the kernel did not "
			   "take their names: %s", strerror(errno));
}

bool object_stub_load(struct report *report, struct object_stub *stub)
{
	OWN_BPF_OBJECT struct bpf_object *bpf = NULL;
	OWN_BUF struct buf log = BUF_INIT;
	struct bpf_program *program, *pass;
	int error;

	if (!open_object(report, object_stub_bytes,
			 (size_t)(object_stub_end - object_stub_bytes), &log, &bpf))
		return false;
	program = bpf_object__find_program_by_name(bpf, STUB_NAME);
	pass = bpf_object__find_program_by_name(bpf, PASS_NAME);
	if (!program || !pass || !reuse_stub_map(bpf, "slots", stub->slots) ||
	    !reuse_stub_map(bpf, XDPFW_STUB_CONTROL, stub->control) ||
	    !reuse_stub_map(bpf, XDPFW_STUB_MISSED, stub->missed))
		return report_fail(report, REPORT_BUG, "the built-in stub program is not whole");
	capture_begin(&log);
	error = bpf_object__load(bpf);
	capture_end();
	if (error)
		return report_fail(report, error == -EPERM || error == -ENOMEM ? REPORT_SYSTEM :
									       REPORT_BUG,
				   "the kernel refuses the stub program (%s): %s",
				   strerror(-error), text_of(&log));
	keep_stub_map(bpf, "slots", &stub->slots);
	keep_stub_map(bpf, XDPFW_STUB_CONTROL, &stub->control);
	keep_stub_map(bpf, XDPFW_STUB_MISSED, &stub->missed);
	put_fd(&stub->stub, keep_fd(bpf_program__fd(program)));
	put_fd(&stub->pass, keep_fd(bpf_program__fd(pass)));
	return check_stub(report, stub);
}
