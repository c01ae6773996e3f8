/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps_record: the record that a program in force carries.
 *
 * In: what a load knows.  Out: one frozen map, bound to the program, so that text, cells and
 * program change in the same instant and cannot come apart.  Records are read back as if they
 * might be anything: magic, version and every size are checked before use.
 */
#define _GNU_SOURCE
#include "loader/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <bpf/bpf.h>

#include "loader/own.h"
#include "loader/state.h"

#define RECORD_MAGIC "xdpfwrec"
#define RECORD_NAME "xdpfw_rec"
#define RECORD_MAX_MAPS 64
#define DEVICES_BEFORE_6 "xdpfw_devices"	/* XDPFW_DEVICES below version 6 */

/* The tables behind the header are read in place. */
_Static_assert(sizeof(struct maps_header) % 8 == 0, "counters must be aligned");

void maps_key(const char *text, uint8_t ret_key[MAPS_KEY_BYTES])
{
	uint8_t digest[STATE_DIGEST_BYTES];

	state_digest(text, strlen(text), digest);
	memcpy(ret_key, digest, MAPS_KEY_BYTES);
}

/* Both tables start with the key. */
static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, MAPS_KEY_BYTES);
}

void maps_record_sort(struct maps_record *record)
{
	if (record->header.counter_count)
		qsort(record->counters, record->header.counter_count, sizeof(*record->counters),
		      compare_keys);
	if (record->header.object_count)
		qsort(record->objects, record->header.object_count, sizeof(*record->objects),
		      compare_keys);
}

const struct maps_counter *maps_find_counter(const struct maps_record *record, const char *key)
{
	uint8_t wanted[MAPS_KEY_BYTES];

	maps_key(key, wanted);
	return record->header.counter_count ?
		       bsearch(wanted, record->counters, record->header.counter_count,
			       sizeof(*record->counters), compare_keys) :
		       NULL;
}

const struct maps_object *maps_find_object(const struct maps_record *record, const char *key)
{
	uint8_t wanted[MAPS_KEY_BYTES];

	maps_key(key, wanted);
	return record->header.object_count ?
		       bsearch(wanted, record->objects, record->header.object_count,
			       sizeof(*record->objects), compare_keys) :
		       NULL;
}

static size_t record_size(const struct maps_header *header)
{
	return sizeof(*header) + header->counter_count * sizeof(struct maps_counter) +
	       header->object_count * sizeof(struct maps_object) +
	       header->spec_count * sizeof(struct maps_spec) + header->text_bytes + 1 +
	       header->failsafe_bytes + 1;
}

static void encode_record(const struct maps_record *record, uint8_t *at)
{
	const struct maps_header *header = &record->header;
	size_t len = header->counter_count * sizeof(struct maps_counter);

	memcpy(at, header, sizeof(*header));
	memcpy(at, RECORD_MAGIC, 8);
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_RECORD_ABI"))
		((struct maps_header *)at)->abi = (uint32_t)atoi(getenv("XDPFW_RECORD_ABI"));
#endif
	at += sizeof(*header);
	if (len)
		memcpy(at, record->counters, len);
	at += len;
	len = header->object_count * sizeof(struct maps_object);
	if (len)
		memcpy(at, record->objects, len);
	at += len;
	len = header->spec_count * sizeof(struct maps_spec);
	if (len)
		memcpy(at, record->specs, len);
	at += len;
	memcpy(at, record->text, header->text_bytes);
	at += header->text_bytes + 1;
	if (header->failsafe_bytes)
		memcpy(at, record->failsafe, header->failsafe_bytes);
}

/* BYTES (LEN of them) are the record's home afterwards. */
static bool decode_record(uint8_t *bytes, size_t len, struct maps_record *ret_record)
{
	struct maps_record record;

	if (len < sizeof(record.header) + 1)
		return false;
	memcpy(&record.header, bytes, sizeof(record.header));
	if (memcmp(record.header.magic, RECORD_MAGIC, 8) ||
	    record.header.abi < MAPS_ABI_OLDEST ||
	    record.header.abi > XDPFW_ABI_VERSION || record_size(&record.header) != len ||
	    bytes[len - 1] || bytes[len - 1 - record.header.failsafe_bytes - 1])
		return false;
	record.counters = (struct maps_counter *)(bytes + sizeof(record.header));
	record.objects = (struct maps_object *)(record.counters + record.header.counter_count);
	record.specs = (struct maps_spec *)(record.objects + record.header.object_count);
	record.text = (char *)(record.specs + record.header.spec_count);
	record.failsafe = record.text + record.header.text_bytes + 1;
	record.made_for = record.failsafe + strlen(record.failsafe);
	if (record.made_for < record.failsafe + record.header.failsafe_bytes)
		record.made_for++;
	*ret_record = record;
	return true;
}

bool maps_record_bind(struct report *report, const struct maps_record *record, int program)
{
	size_t len = record_size(&record->header);
	OWN_MEMORY uint8_t *bytes = calloc(1, len);
	OWN_FD int fd = -1;
	uint32_t key = 0;

	if (!bytes)
		return report_fail(report, REPORT_SYSTEM, "no memory for the ruleset's record");
	encode_record(record, bytes);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, RECORD_NAME, sizeof(key), (uint32_t)len, 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &key, bytes, BPF_ANY) || bpf_map_freeze(fd) ||
	    bpf_prog_bind_map(program, fd, NULL))
		return report_fail(report, REPORT_SYSTEM,
				   "cannot keep the ruleset's record of %zu bytes in the kernel: "
				   "%s", len, strerror(errno));
	return true;
}

void maps_program_close(struct maps_program *program)
{
	own_close(&program->program);
	own_close(&program->cells);
	own_close(&program->devices);
	own_close(&program->tables);
	*program = (struct maps_program)MAPS_PROGRAM_INIT;
}

/* Reads a record map; keeps it if it is the newest one. */
static int read_record(int map, uint32_t value_bytes, struct arena *arena,
		       struct maps_program *program)
{
	uint8_t *bytes = arena_alloc(arena, value_bytes);
	struct maps_record record;
	uint32_t key = 0;

	if (bpf_map_lookup_elem(map, &key, bytes))
		return -errno;
	if (!decode_record(bytes, value_bytes, &record))
		return 0;
	if (program->record && program->record->header.revision >= record.header.revision)
		return 0;
	program->record = ARENA_NEW(arena, struct maps_record);
	*program->record = record;
	return 0;
}

/* What the kernel says that a map takes; 0 when it does not. */
static uint64_t read_map_bytes(int fd)
{
	char path[40], line[128];
	unsigned long long bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return bytes;
}

/* A map that cannot be asked for is not one that is not there. */
static int read_map(uint32_t id, struct arena *arena, struct maps_program *program)
{
	OWN_FD int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	size_t name_len;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	program->map_bytes += read_map_bytes(fd);
	name_len = strlen(info.name);
	/* A map of that name and another shape would write behind the bytes given to it. */
	if (!strcmp(info.name, RECORD_NAME) && info.type == BPF_MAP_TYPE_ARRAY)
		return read_record(fd, info.value_size, arena, program);
	if (!strcmp(info.name, "xdpfw_cells") && info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	    (info.value_size == sizeof(struct xdpfw_page) ||
	     info.value_size == sizeof(struct xdpfw_cell)))
		put_fd(&program->cells, take_fd(&fd));
	else if (!strcmp(info.name, XDPFW_DEVICES) || !strcmp(info.name, DEVICES_BEFORE_6))
		put_fd(&program->devices, take_fd(&fd));
	else if (name_len >= 4 && !strcmp(info.name + name_len - 4, ".bss"))
		put_fd(&program->tables, take_fd(&fd));
	return 0;
}

static int read_program(struct arena *arena, struct maps_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t ids[RECORD_MAX_MAPS] = { 0 };
	uint32_t len = sizeof(info);
	int error = 0;

	info.nr_map_ids = RECORD_MAX_MAPS;
	info.map_ids = (uint64_t)(uintptr_t)ids;
	if (bpf_obj_get_info_by_fd(program->program, &info, &len))
		return -errno;
	program->id = info.id;
	memcpy(program->tag, info.tag, sizeof(program->tag));
	memcpy(program->name, info.name, sizeof(program->name));
	program->name[sizeof(program->name) - 1] = 0;
	program->loaded_ns = info.load_time;
	program->xlated_bytes = info.xlated_prog_len;
	program->jited_bytes = info.jited_prog_len;
	program->verified = info.verified_insns;
	for (uint32_t i = 0; i < info.nr_map_ids && i < RECORD_MAX_MAPS && !error; i++)
		error = read_map(ids[i], arena, program);
	return error;
}

bool maps_read_slot(struct report *report, int slots, uint32_t slot, struct arena *arena,
		    struct maps_program *ret_program)
{
	struct maps_program program = MAPS_PROGRAM_INIT;
	int error = 0;

	/* A load may exchange the program between the two calls; then the new one is asked for. */
	for (int i = 0; i < 10 && program.program < 0; i++) {
		uint32_t id;

		error = bpf_map_lookup_elem(slots, &slot, &id);
		if (error)
			break;
		program.program = bpf_prog_get_fd_by_id(id);
		error = program.program < 0 ? program.program : 0;
	}
	if (error == -ENOENT) {
		*ret_program = program;
		return true;
	}
	if (!error)
		error = read_program(arena, &program);
	if (error) {
		maps_program_close(&program);
		return report_fail(report, REPORT_SYSTEM,
				   "cannot read the program in force: %s", strerror(-error));
	}
	*ret_program = program;
	return true;
}
