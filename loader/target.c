/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target: names and beginnings of names -> devices.
 *
 * In: what a ruleset names, the devices there are.  Out: one row for each device that has a filter,
 * and a finding for each name or device where that is not so; nothing is left out in silence.
 *
 * Bonds: a bond in native mode hands its program to its members, and what they take in carries
 * their numbers.  So each member has a row that says what the bond's row says, and as a device can
 * become a member at any time, a device that is not listed counts as the bond: see `other`.
 * Hyper-V's network device hands its program on likewise; it is a card that is a master.
 */
#include "loader/target.h"

#include <string.h>

#include "compiler/base/vec.h"

struct search {
	const struct maps_spec *specs;
	size_t spec_count;
	const struct netdev_list *list;
	const struct xdpfw_device *before;
	size_t before_count;
	struct arena *arena;
	VEC(struct target_row) rows;
	VEC(struct target_finding) findings;
};

static void add_finding(struct search *search, enum target_problem problem, size_t spec,
			const struct netdev *device, const struct netdev *bond)
{
	*vec_push(search->arena, &search->findings) =
		(struct target_finding){ problem, spec, device, bond };
}

/* The spec that means DEVICE: by its name, else by another name of it, else by the longest star. */
static size_t find_spec(const struct search *search, const struct netdev *device)
{
	size_t best = TARGET_NO_SPEC, longest = 0;

	for (size_t i = 0; i < search->spec_count; i++) {
		const struct maps_spec *spec = &search->specs[i];
		size_t len = strlen(spec->name);

		if (!spec->prefix && netdev_find_name(search->list, spec->name) == device)
			return i;
		if (!spec->prefix || len < longest || strncmp(spec->name, device->name, len) != 0)
			continue;
		best = i;
		longest = len;
	}
	return best;
}

static const struct xdpfw_device *find_before(const struct search *search, uint32_t ifindex)
{
	for (size_t i = 0; i < search->before_count; i++)
		if (search->before[i].ifindex == ifindex)
			return &search->before[i];
	return NULL;
}

static struct xdpfw_device make_device(const struct netdev *device, uint32_t entry)
{
	struct xdpfw_device row = {
		.ifindex = device->ifindex,
		.entry = entry,
		.type = device->type,
		.group = device->group,
	};

	memcpy(row.name, device->name, sizeof(row.name));	/* zero padded too */
	memcpy(row.mac, device->mac, sizeof(row.mac));
	return row;
}

static struct target_row *find_row(const struct search *search, uint32_t ifindex)
{
	for (size_t i = 0; i < search->rows.len; i++)
		if (search->rows.at[i].device.ifindex == ifindex)
			return &search->rows.at[i];
	return NULL;
}

static struct target_row *add_row(struct search *search, const struct netdev *device,
				  uint32_t entry, size_t spec)
{
	struct target_row *row = vec_push(search->arena, &search->rows);

	row->device = make_device(device, entry);
	row->spec = spec;
	memcpy(row->name, device->name, sizeof(row->name));
	return row;
}

/* Whether MASTER hands an XDP program to its members. */
static bool hands_on(const struct netdev *master)
{
	return !strcmp(master->kind, "bond") || !master->kind[0];
}

static const struct netdev *find_bond(const struct search *search, const struct netdev *device)
{
	const struct netdev *master = device->master ? netdev_find(search->list, device->master) :
						       NULL;

	return master && hands_on(master) ? master : NULL;
}

static bool is_exact(const struct search *search, size_t spec)
{
	return spec != TARGET_NO_SPEC && !search->specs[spec].prefix;
}

/* A device that a name means, or that has the stub already. */
static void look_at(struct search *search, const struct netdev *device)
{
	const struct xdpfw_device *before = find_before(search, device->ifindex);
	size_t spec = find_spec(search, device);

	if (spec == TARGET_NO_SPEC && !before)
		return;
	if (!device->ethernet)
		add_finding(search, TARGET_NO_ETHERNET, spec, device, NULL);
	else
		add_row(search, device, before ? before->entry : search->specs[spec].entry, spec);
}

/* What the bond's row says, for a member. */
static void take_bond(struct target_row *row, const struct target_row *bond)
{
	uint32_t ifindex = row->device.ifindex;

	row->bond = bond->device.ifindex;
	row->device = bond->device;
	row->device.ifindex = ifindex;
}

/* A member that has a row of its own, as its bond has. */
static void settle_member(struct search *search, struct target_row *row,
			  const struct netdev *device, const struct netdev *bond)
{
	const struct target_row *of_bond = find_row(search, bond->ifindex);
	bool both = is_exact(search, row->spec) && is_exact(search, of_bond->spec);

	if (find_before(search, device->ifindex))
		return;
	add_finding(search,
		    both || row->device.entry != of_bond->device.entry ? TARGET_IN_BOND :
									 TARGET_THROUGH_BOND,
		    row->spec, device, bond);
	take_bond(row, of_bond);
}

static void look_at_member(struct search *search, const struct netdev *device)
{
	const struct netdev *bond = find_bond(search, device);
	struct target_row *row = find_row(search, device->ifindex);

	if (!bond || !find_row(search, bond->ifindex))
		return;
	if (row) {
		settle_member(search, row, device, bond);
		return;
	}
	row = add_row(search, device, 0, TARGET_NO_SPEC);
	take_bond(row, find_row(search, bond->ifindex));
}

/* Where bonds with several filters are, nobody can say which one a new member has. */
static struct xdpfw_device make_other(const struct search *search)
{
	struct xdpfw_device other = { 0 };

	for (size_t i = 0; i < search->rows.len; i++) {
		const struct target_row *row = &search->rows.at[i];
		const struct netdev *device = netdev_find(search->list, row->device.ifindex);

		if (strcmp(device->kind, "bond") != 0 || row->bond)
			continue;
		if (!other.ifindex)
			other = row->device;
		else if (other.entry != row->device.entry)
			other.entry = XDPFW_ENTRY_DROP;
	}
	return other;
}

static bool fits_any(const struct search *search, const struct maps_spec *spec)
{
	size_t len = strlen(spec->name);

	if (!spec->prefix)
		return netdev_find_name(search->list, spec->name) != NULL;
	for (size_t i = 0; i < search->list->len; i++)
		if (!strncmp(spec->name, search->list->at[i].name, len))
			return true;
	return false;
}

void target_find(const struct maps_spec *specs, size_t spec_count,
		 const struct netdev_list *list, const struct xdpfw_device *before,
		 size_t before_count, struct arena *arena, struct target *ret_target)
{
	struct search search = {
		.specs = specs,
		.spec_count = spec_count,
		.list = list,
		.before = before,
		.before_count = before_count,
		.arena = arena,
	};

	for (size_t i = 0; i < spec_count; i++)
		if (!fits_any(&search, &specs[i]))
			add_finding(&search,
				    specs[i].prefix ? TARGET_NOTHING_FITS : TARGET_MISSING, i,
				    NULL, NULL);
	for (size_t i = 0; i < list->len; i++)
		look_at(&search, &list->at[i]);
	for (size_t i = 0; i < list->len; i++)
		look_at_member(&search, &list->at[i]);
	if (search.rows.len > XDPFW_MAX_ROWS) {
		add_finding(&search, TARGET_TOO_MANY, search.rows.at[XDPFW_MAX_ROWS].spec,
			    netdev_find(list, search.rows.at[XDPFW_MAX_ROWS].device.ifindex),
			    NULL);
		search.rows.len = XDPFW_MAX_ROWS;
	}
	*ret_target = (struct target){
		.rows = search.rows.at,
		.row_count = search.rows.len,
		.findings = search.findings.at,
		.finding_count = search.findings.len,
		.other = make_other(&search),
	};
}

const struct target_row *target_find_row(const struct target *target, uint32_t ifindex)
{
	for (size_t i = 0; i < target->row_count; i++)
		if (target->rows[i].device.ifindex == ifindex)
			return &target->rows[i];
	return NULL;
}

size_t target_make_rows(const struct target *target, const uint32_t *ifindexes, size_t count,
			struct arena *arena, struct xdpfw_device **ret_rows)
{
	VEC(struct xdpfw_device) rows = { 0 };

	for (size_t i = 0; i < target->row_count; i++)
		*vec_push(arena, &rows) = target->rows[i].device;
	/* Without a row for unlisted devices no row is needed to be passed. */
	for (size_t i = 0; target->other.ifindex && i < count; i++)
		if (ifindexes[i] && !target_find_row(target, ifindexes[i]))
			*vec_push(arena, &rows) = (struct xdpfw_device){
				.ifindex = ifindexes[i],
				.entry = XDPFW_ENTRY_PASS,
			};
	*ret_rows = rows.at;
	return rows.len;
}

const char *target_kind(const struct netdev *device, struct arena *arena)
{
	if (device->kind[0])
		return device->kind;
	return arena_printf(arena, "type %u", device->type);
}
