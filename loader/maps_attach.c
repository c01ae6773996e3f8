/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps_attach: what is known of the stub on a device, and whether a folder's namespace is alive.
 *
 * In: the namespace's folder.  Out: two maps with pins of their own.  Nothing about a packet hangs
 * on them, so one that is missing or of another shape is no error: it is made again.
 *
 * `namespace` is a DEVMAP with one entry, the namespace's own `lo`: the kernel takes the entry out
 * when the device goes, and `lo` goes with its namespace only.  So a folder whose devices are all
 * gone (a ruleset for devices that come and go) is told from one whose namespace is gone.
 */
#define _GNU_SOURCE
#include "loader/maps.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "loader/own.h"

#define ATTACH_ENTRIES (2 * XDPFW_MAX_ROWS)

/* The pinned map, if it has the shape that this version gives it. */
static int get_map(const struct maps_folder *folder, const char *name, uint32_t type,
		   uint32_t value_bytes)
{
	OWN_FD int fd = maps_get(folder, name);
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type != type || info.key_size != sizeof(uint32_t) ||
	    info.value_size != value_bytes)
		return -EMEDIUMTYPE;
	return take_fd(&fd);
}

static int pin_map(const struct maps_folder *folder, const char *name, int fd)
{
	if (fd < 0)
		return fd;
	maps_unpin(folder, name);
	return maps_pin(folder, name, fd);
}

int maps_attach_open(const struct maps_folder *folder, bool make)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	OWN_FD int fd = get_map(folder, MAPS_ATTACH, BPF_MAP_TYPE_HASH,
				sizeof(struct maps_attach));
	int error;

	if (fd >= 0 || !make)
		return take_fd(&fd);
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "xdpfw_attach", sizeof(uint32_t),
			    sizeof(struct maps_attach), ATTACH_ENTRIES, &opts);
	error = pin_map(folder, MAPS_ATTACH, fd);
	return error ? error : take_fd(&fd);
}

int maps_attach_put(int map, uint32_t ifindex, const struct maps_attach *known)
{
	return map < 0 ? map : bpf_map_update_elem(map, &ifindex, known, BPF_ANY);
}

int maps_attach_get(int map, uint32_t ifindex, struct maps_attach *ret_known)
{
	struct maps_attach known;
	int error = map < 0 ? map : bpf_map_lookup_elem(map, &ifindex, &known);

	if (error)
		return error;
	known.reason[sizeof(known.reason) - 1] = 0;
	*ret_known = known;
	return 0;
}

void maps_attach_keep(int map, const uint32_t *ifindexes, size_t count)
{
	uint32_t key, next;
	bool more = map >= 0 && !bpf_map_get_next_key(map, NULL, &next);

	while (more) {
		bool keep = false;

		key = next;
		more = !bpf_map_get_next_key(map, &key, &next);
		for (size_t i = 0; i < count && !keep; i++)
			keep = ifindexes[i] == key;
		if (!keep)
			bpf_map_delete_elem(map, &key);
	}
}

int maps_mark_namespace(const struct maps_folder *folder)
{
	uint32_t key = 0, lo = if_nametoindex("lo"), found;
	OWN_FD int fd = get_map(folder, MAPS_NAMESPACE, BPF_MAP_TYPE_DEVMAP, sizeof(lo));

	if (fd >= 0 && !bpf_map_lookup_elem(fd, &key, &found))
		return 0;
	put_fd(&fd, bpf_map_create(BPF_MAP_TYPE_DEVMAP, "xdpfw_namespace", sizeof(key),
				   sizeof(lo), 1, NULL));
	if (fd >= 0 && bpf_map_update_elem(fd, &key, &lo, BPF_ANY))
		return -errno;
	return pin_map(folder, MAPS_NAMESPACE, fd);
}

int maps_namespace_lives(const struct maps_folder *folder)
{
	OWN_FD int fd = get_map(folder, MAPS_NAMESPACE, BPF_MAP_TYPE_DEVMAP, sizeof(uint32_t));
	uint32_t key = 0, found;
	int error;

	if (fd < 0)
		return fd;
	error = bpf_map_lookup_elem(fd, &key, &found);
	return error == -ENOENT ? 0 : error ? error : 1;
}
