/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devtable: fills the table of devices, and changes one that packets read.
 *
 * In: rows.  Out: a table as bpf/xdpfw_abi.h describes it.
 *
 * Safety: a change of a table in use goes in steps, and no packet can see two steps mixed.  A new
 * row is written into a free slot, its ifindex at last; a row that changes gets a second slot
 * first, and loses the old one when every packet sees the new one; and a slot that was given up is
 * free for another row only when no packet reads it any more.  A process that is killed between
 * two steps leaves a device with two rows at worst, of which one is found; the next change mends
 * that.
 */
#define _GNU_SOURCE
#include "loader/devtable.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "compiler/base/vec.h"
#include "loader/maps.h"
#include "loader/own.h"

#define MULTIPLIERS (1u << 18)
#define SLOT_MASK (XDPFW_DEVICE_SLOTS - 1)

static uint32_t home_of(const struct xdpfw_device_table *table, uint32_t ifindex)
{
	return (ifindex * table->hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS);
}

/* Puts a device into one of the first PROBES slots from its home. */
static bool put_row(struct xdpfw_device_table *table, const struct xdpfw_device *device,
		    uint32_t probes)
{
	uint32_t home = home_of(table, device->ifindex);

	for (uint32_t i = 0; i < probes; i++) {
		struct xdpfw_device *slot = &table->slot[(home + i) & SLOT_MASK];

		if (slot->ifindex)
			continue;
		*slot = *device;
		return true;
	}
	return false;
}

/* Undoes itself when a device finds no room: clearing a whole table for each try takes long. */
static bool put_rows(struct xdpfw_device_table *table, const struct xdpfw_device *devices,
		     size_t count, uint32_t probes)
{
	size_t i = 0;

	while (i < count && put_row(table, &devices[i], probes))
		i++;
	if (i == count)
		return true;
	while (i--) {
		uint32_t home = home_of(table, devices[i].ifindex);

		for (uint32_t j = 0; j < probes; j++)
			table->slot[(home + j) & SLOT_MASK].ifindex = 0;
	}
	return false;
}

static bool try_multipliers(const struct xdpfw_device *devices, size_t count, uint32_t probes,
			    struct xdpfw_device_table *table)
{
	uint32_t multiplier = 0x9e3779b1;	/* 2^32 / golden ratio: neighbours go far apart */

	for (uint32_t i = 0; i < MULTIPLIERS; i++) {
		table->hash_multiplier = multiplier;
		if (put_rows(table, devices, count, probes))
			return true;
		multiplier = multiplier * 1664525 + 1013904222;	/* keeps it changing */
		multiplier |= 1;
	}
	return false;
}

bool devtable_fill(const struct xdpfw_device *devices, size_t count,
		   const struct xdpfw_device *other, struct xdpfw_device_table *ret_table)
{
	if (count > XDPFW_MAX_ROWS)
		return false;
	memset(ret_table, 0, sizeof(*ret_table));
	if (other)
		ret_table->slot[XDPFW_DEVICE_OTHER] = *other;
	return (count <= XDPFW_MAX_DEVICES && try_multipliers(devices, count, 1, ret_table)) ||
	       try_multipliers(devices, count, XDPFW_DEVICE_PROBES, ret_table);
}

const struct xdpfw_device *devtable_find(const struct xdpfw_device_table *table,
					 uint32_t ifindex)
{
	uint32_t home = home_of(table, ifindex);

	for (uint32_t i = 0; i < XDPFW_DEVICE_PROBES; i++)
		if (table->slot[(home + i) & SLOT_MASK].ifindex == ifindex)
			return &table->slot[(home + i) & SLOT_MASK];
	return NULL;
}

size_t devtable_list(const struct xdpfw_device_table *table, struct arena *arena,
		     const struct xdpfw_device **ret_rows)
{
	VEC(struct xdpfw_device) rows = { 0 };

	for (uint32_t i = 0; i < XDPFW_DEVICE_SLOTS; i++)
		/* Not a row's second copy. */
		if (table->slot[i].ifindex &&
		    devtable_find(table, table->slot[i].ifindex) == &table->slot[i])
			*vec_push(arena, &rows) = table->slot[i];
	*ret_rows = rows.at;
	return rows.len;
}

/* A change on its way. */
struct change {
	struct xdpfw_device_table *table;
	const struct xdpfw_device *wanted;
	size_t count;
	bool keep[XDPFW_DEVICE_SLOTS + 1];	/* the slot stays as it is, or is new */
	uint32_t publish[XDPFW_DEVICE_SLOTS + 1];	/* the ifindex a new row gets; 0: none */
	bool replaces;				/* a new row takes the place of one in use */
};

static void store_ifindex(struct change *change, uint32_t slot, uint32_t ifindex)
{
	__atomic_store_n(&change->table->slot[slot].ifindex, ifindex, __ATOMIC_RELEASE);
}

/* All but the ifindex. */
static bool is_same_row(const struct xdpfw_device *a, const struct xdpfw_device *b)
{
	struct xdpfw_device left = *a, right = *b;

	left.ifindex = right.ifindex = left.pad = right.pad = 0;
	return !memcmp(&left, &right, sizeof(left));
}

static bool is_wanted(const struct change *change, uint32_t ifindex)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->wanted[i].ifindex == ifindex)
			return true;
	return false;
}

/* The slots of DEVICE, as they are: of its row if it has that already, else all (KEEP). */
static bool keep_row(struct change *change, const struct xdpfw_device *device, bool all)
{
	uint32_t home = home_of(change->table, device->ifindex);

	for (uint32_t i = 0; i < XDPFW_DEVICE_PROBES; i++) {
		uint32_t slot = (home + i) & SLOT_MASK;
		const struct xdpfw_device *row = &change->table->slot[slot];

		if (row->ifindex != device->ifindex || !(all || is_same_row(row, device)))
			continue;
		change->keep[slot] = true;
		if (!all)
			return true;
	}
	return false;
}

static bool find_free(const struct change *change, uint32_t home, uint32_t *ret_slot)
{
	for (uint32_t i = 0; i < XDPFW_DEVICE_PROBES; i++) {
		uint32_t slot = (home + i) & SLOT_MASK;

		if (change->table->slot[slot].ifindex || change->publish[slot])
			continue;
		*ret_slot = slot;
		return true;
	}
	return false;
}

/* Nobody finds it before it is published. */
static void write_row(struct change *change, uint32_t slot, const struct xdpfw_device *device)
{
	struct xdpfw_device row = *device;

	row.ifindex = 0;
	change->table->slot[slot] = row;
	change->publish[slot] = device->ifindex;
	change->keep[slot] = true;
	if (slot == XDPFW_DEVICE_OTHER || devtable_find(change->table, device->ifindex))
		change->replaces = true;
}

/* A packet that comes now finds the new rows; what it found before stays until clear_rows(). */
static void publish_rows(struct change *change)
{
	if (change->replaces)
		maps_wait_grace();	/* all CPUs see the fields before they see an ifindex */
	for (uint32_t i = 0; i <= XDPFW_DEVICE_SLOTS; i++)
		if (change->publish[i])
			store_ifindex(change, i, change->publish[i]);
	memset(change->publish, 0, sizeof(change->publish));
	if (change->replaces)
		maps_wait_grace();	/* no packet is left that has missed a new row */
	change->replaces = false;
}

/* Rows that are not to be kept; with UNWANTED only those of devices that are to have none. */
static void clear_rows(struct change *change, bool unwanted)
{
	bool cleared = false;

	for (uint32_t i = 0; i <= XDPFW_DEVICE_SLOTS; i++) {
		uint32_t ifindex = change->table->slot[i].ifindex;

		if (!ifindex || change->keep[i] || (unwanted && is_wanted(change, ifindex)))
			continue;
		store_ifindex(change, i, 0);
		cleared = true;
	}
	if (cleared)
		maps_wait_grace();	/* the slots are free for others */
}

/* Moves one of the rows that are in the way of a device to another slot of its own. */
static bool make_room(struct change *change, uint32_t home, uint32_t *ret_slot)
{
	for (uint32_t i = 0; i < XDPFW_DEVICE_PROBES; i++) {
		uint32_t slot = (home + i) & SLOT_MASK, to;
		const struct xdpfw_device row = change->table->slot[slot];
		bool keep = change->keep[slot];

		if (!row.ifindex ||
		    !find_free(change, home_of(change->table, row.ifindex), &to))
			continue;
		write_row(change, to, &row);
		publish_rows(change);
		change->keep[to] = keep;
		change->keep[slot] = false;
		store_ifindex(change, slot, 0);
		maps_wait_grace();
		*ret_slot = slot;
		return true;
	}
	return false;
}

/* There is one place for it: while it changes, packets of devices that have no row are dropped. */
static void change_other(struct change *change, const struct xdpfw_device *other)
{
	struct xdpfw_device *row = &change->table->slot[XDPFW_DEVICE_OTHER];
	struct xdpfw_device between;

	change->keep[XDPFW_DEVICE_OTHER] = other != NULL;
	if (!other || (row->ifindex == other->ifindex && is_same_row(row, other)))
		return;
	if (!row->ifindex) {
		write_row(change, XDPFW_DEVICE_OTHER, other);
		return;
	}
	__atomic_store_n(&row->entry, XDPFW_ENTRY_DROP, __ATOMIC_RELEASE);
	maps_wait_grace();
	between = *other;
	between.entry = XDPFW_ENTRY_DROP;
	*row = between;
	maps_wait_grace();
	__atomic_store_n(&row->entry, other->entry, __ATOMIC_RELEASE);
}

int devtable_change(struct xdpfw_device_table *table, const struct xdpfw_device *devices,
		    size_t count, const struct xdpfw_device *other, uint32_t *ret_left_out)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct change *change = ARENA_NEW(&arena, struct change);
	bool *kept = ARENA_ARRAY(&arena, bool, count + 1);
	int error = 0;

	change->table = table;
	change->wanted = devices;
	change->count = count;
	for (size_t i = 0; i < count; i++)
		kept[i] = keep_row(change, &devices[i], false);
	change_other(change, other);
	clear_rows(change, true);
	for (size_t i = 0; i < count; i++) {
		uint32_t home = home_of(table, devices[i].ifindex), slot;

		if (kept[i])
			continue;
		if (find_free(change, home, &slot) || make_room(change, home, &slot)) {
			write_row(change, slot, &devices[i]);
			continue;
		}
		keep_row(change, &devices[i], true);
		error = -ENOSPC;
		*ret_left_out = devices[i].ifindex;
	}
	publish_rows(change);
	clear_rows(change, false);
	return error;
}

int devtable_map(int map, bool write, struct xdpfw_device_table **ret_table)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	void *at;

	if (map < 0)
		return map;
	if (bpf_obj_get_info_by_fd(map, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != 1 ||
	    info.value_size != sizeof(**ret_table) || !(info.map_flags & BPF_F_MMAPABLE))
		return -EMEDIUMTYPE;
	at = mmap(NULL, sizeof(**ret_table), PROT_READ | (write ? PROT_WRITE : 0), MAP_SHARED,
		  map, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret_table = at;
	return 0;
}

void devtable_unmap(struct xdpfw_device_table **table)
{
	if (*table)
		munmap(*table, sizeof(**table));
}
