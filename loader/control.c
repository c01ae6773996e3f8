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
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "loader/own.h"

#define NS_PER_SECOND 1000000000u

/*
 * How far this process's clock is ahead of the one that programs read: in a time namespace.  A
 * kernel without those has no such file.
 */
static int read_offset(int64_t *ret_offset)
{
	FILE *file = fopen("/proc/self/timens_offsets", "re");
	char line[128], name[32];
	long long seconds, ns;
	bool found = false;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%31s %lld %lld", name, &seconds, &ns) == 3 &&
			!strcmp(name, "boottime");
	fclose(file);
	if (!found)
		return -EBADMSG;
	*ret_offset = seconds * (int64_t)NS_PER_SECOND + ns;
	return 0;
}

/* As bpf_ktime_get_boot_ns(). */
static int read_clock(uint64_t *ret_now)
{
	struct timespec now;
	int64_t offset = 0;
	int error = read_offset(&offset);

	if (error)
		return error;
	if (clock_gettime(CLOCK_BOOTTIME, &now))
		return -errno;
	*ret_now = (uint64_t)((int64_t)now.tv_sec * (int64_t)NS_PER_SECOND + now.tv_nsec - offset);
	return 0;
}

static bool is_missing(int map)
{
	return map == -ENOENT || map == -ENODATA || map == -EMEDIUMTYPE;
}

/* Returns 1, 0, or a negative errno: who takes an error for a "no" forgets a deadline. */
static int is_current(int slots, int word, struct xdpfw_control *ret_value)
{
	struct bpf_map_info of_slots = { 0 }, of_word = { 0 };
	uint32_t len = sizeof(of_slots), key = 0;

	if (is_missing(slots) || is_missing(word))
		return 0;
	if (slots < 0 || word < 0)
		return slots < 0 ? slots : word;
	if (bpf_obj_get_info_by_fd(slots, &of_slots, &len))
		return -errno;
	len = sizeof(of_word);
	if (bpf_obj_get_info_by_fd(word, &of_word, &len))
		return -errno;
	if (of_slots.max_entries != XDPFW_SLOTS || of_word.value_size != sizeof(*ret_value) ||
	    !(of_word.map_flags & BPF_F_MMAPABLE))
		return 0;
	if (bpf_map_lookup_elem(word, &key, ret_value))
		return -errno;
	return ret_value->version == XDPFW_STUB_VERSION;
}

int control_read(int slots, int word, struct control *ret_control)
{
	struct control control = { .phase = CONTROL_SETTLED };
	struct xdpfw_control value;
	int error = is_current(slots, word, &value);

	if (error < 0)
		return error;
	control.current = error > 0;
	error = read_clock(&control.now);
	if (error)
		return error;
	if (control.current)
		control.deadline = value.deadline;
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

int control_make_deadline(uint32_t seconds, uint64_t *ret_deadline)
{
	uint64_t now = 0;
	int error = seconds ? read_clock(&now) : 0;

	if (error)
		return error;
	*ret_deadline = seconds ? now + (uint64_t)seconds * NS_PER_SECOND : 0;
	return 0;
}

void control_store(struct xdpfw_control *mapped, uint64_t deadline)
{
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

/*
 * Who was stopped, or slow, ends no time that is over: packets are decided by the ruleset before
 * then, and must not come under the other one again.  So the clock is asked on both sides of the
 * store.
 */
int control_confirm(int word)
{
	struct xdpfw_control *mapped = control_map(word);
	uint64_t deadline, now = 0;
	int error;

	if (!mapped)
		return -errno;
	deadline = __atomic_load_n(&mapped->deadline, __ATOMIC_SEQ_CST);
	error = read_clock(&now);
	if (!error && now < deadline) {
		control_store(mapped, 0);
		error = read_clock(&now);
		if (error || now >= deadline)
			control_store(mapped, deadline);
	}
	control_unmap(mapped);
	if (!error && now >= deadline)
		error = -ETIME;
	return error;
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

int control_empty_slot(int slots, uint32_t slot)
{
	if (!bpf_map_delete_elem(slots, &slot) || errno == ENOENT)
		return 0;
	return -errno;
}
