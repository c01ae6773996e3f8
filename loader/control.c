/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control: the stub's control word and its slots.
 *
 * In: the maps of a stub.  Out: which of two programs decides about packets now, and how long it
 * will.  The deadline is written through a mapping of the map, by one store of 64 bits: an update
 * by the kernel copies bytes, and a stub that read half of a deadline would jump to the wrong
 * ruleset.
 */
#include "loader/control.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "loader/own.h"

#define NS_PER_SECOND 1000000000u

static uint64_t read_clock(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static bool read_info(int map, struct bpf_map_info *ret_info)
{
	uint32_t len = sizeof(*ret_info);

	return map >= 0 && !bpf_obj_get_info_by_fd(map, ret_info, &len);
}

bool control_is_current(int slots, int word)
{
	struct bpf_map_info of_slots = { 0 }, of_word = { 0 };
	struct xdpfw_control value;
	uint32_t key = 0;

	return read_info(slots, &of_slots) && of_slots.max_entries == XDPFW_SLOTS &&
	       read_info(word, &of_word) && of_word.value_size == sizeof(value) &&
	       (of_word.map_flags & BPF_F_MMAPABLE) && !bpf_map_lookup_elem(word, &key, &value) &&
	       value.version == XDPFW_STUB_VERSION;
}

int control_read(int word, struct control *ret_control)
{
	struct xdpfw_control value;
	uint32_t key = 0;
	struct control control = { .phase = CONTROL_SETTLED };

	if (bpf_map_lookup_elem(word, &key, &value))
		return -errno;
	control.deadline = value.deadline;
	control.now = read_clock();
	if (value.version != XDPFW_STUB_VERSION)
		control.deadline = 0;	/* the first version has a count in that place */
	if (control.deadline)
		control.phase = control.now < control.deadline ? CONTROL_PENDING : CONTROL_EXPIRED;
	*ret_control = control;
	return 0;
}

int control_set_up(int word, uint32_t missed_verdict)
{
	struct xdpfw_control value = {
		.missed_verdict = missed_verdict,
		.version = XDPFW_STUB_VERSION,
	};
	uint32_t key = 0;

	return bpf_map_update_elem(word, &key, &value, BPF_ANY) ? -errno : 0;
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

struct xdpfw_control *control_map(int word)
{
	void *mapped = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, word, 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}

void control_unmap(struct xdpfw_control *mapped)
{
	munmap(mapped, page_bytes());
}

void control_store(struct xdpfw_control *mapped, uint32_t seconds)
{
	uint64_t deadline = 0;

	if (seconds)
		deadline = read_clock() + (uint64_t)seconds * NS_PER_SECOND;
	__atomic_store_n(&mapped->deadline, deadline, __ATOMIC_SEQ_CST);
}

int control_end_deadline(int word)
{
	struct xdpfw_control *mapped = control_map(word);

	if (!mapped)
		return -errno;
	control_store(mapped, 0);
	control_unmap(mapped);
	return 0;
}

uint32_t control_in_force(const struct control *control)
{
	return control->phase == CONTROL_EXPIRED ? XDPFW_SLOT_OTHER : XDPFW_SLOT_LIVE;
}

uint32_t control_seconds_left(const struct control *control)
{
	if (control->phase != CONTROL_PENDING)
		return 0;
	return (uint32_t)((control->deadline - control->now + NS_PER_SECOND - 1) / NS_PER_SECOND);
}

int control_get_slot(int slots, uint32_t slot, uint32_t *ret_program_id)
{
	return bpf_map_lookup_elem(slots, &slot, ret_program_id) ? -errno : 0;
}

int control_open_slot(int slots, uint32_t slot)
{
	uint32_t id;
	int error = control_get_slot(slots, slot, &id);

	return error ? error : bpf_prog_get_fd_by_id(id);
}

int control_put_slot(int slots, uint32_t slot, int program)
{
	return bpf_map_update_elem(slots, &slot, &program, BPF_ANY) ? -errno : 0;
}

int control_copy_slot(int slots, uint32_t from, uint32_t to)
{
	OWN_FD int program = control_open_slot(slots, from);

	return program < 0 ? program : control_put_slot(slots, to, program);
}

int control_empty_slot(int slots, uint32_t slot)
{
	if (!bpf_map_delete_elem(slots, &slot) || errno == ENOENT)
		return 0;
	return -errno;
}
