/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_device: the table of devices, also while it changes, and which devices names mean.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/devtable.h"
#include "loader/target.h"

#define ETHER 1				/* ARPHRD_ETHER */
#define NO_HEADER 65534			/* ARPHRD_NONE */

static struct arena arena = ARENA_INIT;
static struct xdpfw_device_table table;
static struct xdpfw_device devices[XDPFW_MAX_ROWS + 1];

static uint32_t home_of(uint32_t ifindex)
{
	return (ifindex * table.hash_multiplier) >> (32 - XDPFW_DEVICE_SLOT_BITS);
}

/* Numbers that a machine has, and numbers that were chosen to collide. */
static void number_devices(size_t count, uint32_t step)
{
	memset(devices, 0, sizeof(devices));
	for (uint32_t i = 0; i < count; i++) {
		devices[i].ifindex = step ? i * step + 1 : i % 2 ? i * 4096 + 1 : i * 7 + 2;
		devices[i].entry = i;
	}
}

static void check_all(size_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct xdpfw_device *found = devtable_find(&table, devices[i].ifindex);

		ck_assert_ptr_nonnull(found);
		ck_assert_uint_eq(found->entry, devices[i].entry);
	}
}

static const uint32_t steps[] = { 0, 1, 16, 4096, 1 << 20, 0x9e3779b1, 0x7fffffff };

START_TEST(fill)
{
	number_devices(XDPFW_MAX_DEVICES, steps[_i]);
	ck_assert(devtable_fill(devices, XDPFW_MAX_DEVICES, NULL, &table));
	ck_assert(table.hash_multiplier & 1);
	for (uint32_t i = 0; i < XDPFW_MAX_DEVICES; i++)
		ck_assert_uint_eq(table.slot[home_of(devices[i].ifindex)].ifindex,
				  devices[i].ifindex);
	check_all(XDPFW_MAX_DEVICES);
	ck_assert_uint_eq(table.slot[XDPFW_DEVICE_OTHER].ifindex, 0);
}
END_TEST

START_TEST(fill_all)
{
	const struct xdpfw_device other = { .ifindex = 5, .entry = 7 };
	const struct xdpfw_device *rows;

	number_devices(XDPFW_MAX_ROWS, steps[_i]);
	ck_assert(devtable_fill(devices, XDPFW_MAX_ROWS, &other, &table));
	check_all(XDPFW_MAX_ROWS);
	ck_assert_uint_eq(table.slot[XDPFW_DEVICE_OTHER].entry, 7);
	ck_assert_uint_eq(devtable_list(&table, &arena, &rows), XDPFW_MAX_ROWS);
	ck_assert(!devtable_fill(devices, XDPFW_MAX_ROWS + 1, NULL, &table));
}
END_TEST

/* A table made for no device takes them one by one, as they come, and gives them up again. */
START_TEST(grow_and_shrink)
{
	uint32_t left_out = 0;

	number_devices(XDPFW_MAX_DEVICES, steps[_i]);
	ck_assert(devtable_fill(devices, 0, NULL, &table));
	for (size_t count = 1; count <= XDPFW_MAX_DEVICES; count++) {
		ck_assert_int_eq(devtable_change(&table, devices, count, NULL, &left_out), 0);
		check_all(count);
	}
	for (size_t count = XDPFW_MAX_DEVICES; count > 0; count -= 32) {
		ck_assert_int_eq(devtable_change(&table, devices, count - 32, NULL, &left_out), 0);
		check_all(count - 32);
		for (size_t i = count - 32; i < XDPFW_MAX_DEVICES; i++)
			ck_assert_ptr_null(devtable_find(&table, devices[i].ifindex));
	}
}
END_TEST

/* The next number from *NUMBER on whose home is HOME. */
static uint32_t next_at_home(uint32_t *number, uint32_t home)
{
	do
		++*number;
	while (home_of(*number) != home);
	return *number;
}

START_TEST(no_room)
{
	uint32_t number = 0, left_out = 0;

	ck_assert(devtable_fill(devices, 0, NULL, &table));
	number_devices(XDPFW_DEVICE_PROBES + 1, 1);
	for (size_t i = 0; i <= XDPFW_DEVICE_PROBES; i++)
		devices[i].ifindex = next_at_home(&number, XDPFW_DEVICE_SLOTS - 2);
	ck_assert_int_eq(devtable_change(&table, devices, XDPFW_DEVICE_PROBES, NULL, &left_out),
			 0);
	check_all(XDPFW_DEVICE_PROBES);
	ck_assert_int_eq(
		devtable_change(&table, devices, XDPFW_DEVICE_PROBES + 1, NULL, &left_out),
		-ENOSPC);
	ck_assert_uint_eq(left_out, devices[XDPFW_DEVICE_PROBES].ifindex);
	ck_assert_ptr_null(devtable_find(&table, left_out));
	check_all(XDPFW_DEVICE_PROBES);

	/* One that cannot change keeps the row it has. */
	devices[1].entry = 77;
	ck_assert_int_eq(devtable_change(&table, devices, XDPFW_DEVICE_PROBES, NULL, &left_out),
			 -ENOSPC);
	ck_assert_uint_eq(devtable_find(&table, devices[1].ifindex)->entry, 1);
	devices[1].entry = 1;
	check_all(XDPFW_DEVICE_PROBES);
}
END_TEST

/* Rows that are in the way go to another slot of their own. */
START_TEST(make_room)
{
	uint32_t left_out = 0, home = 100, numbers[XDPFW_DEVICE_PROBES + 1] = { 0 };

	ck_assert(devtable_fill(devices, 0, NULL, &table));
	number_devices(2 * XDPFW_DEVICE_PROBES, 1);
	for (uint32_t i = 0; i < XDPFW_DEVICE_PROBES; i++)
		devices[i].ifindex = next_at_home(&numbers[i], home + i);
	ck_assert_int_eq(devtable_change(&table, devices, XDPFW_DEVICE_PROBES, NULL, &left_out),
			 0);
	for (uint32_t i = 0; i < XDPFW_DEVICE_PROBES - 1; i++) {
		devices[XDPFW_DEVICE_PROBES + i].ifindex = next_at_home(&numbers[0], home);
		ck_assert_int_eq(devtable_change(&table, devices, XDPFW_DEVICE_PROBES + i + 1,
						 NULL, &left_out),
				 0);
		check_all(XDPFW_DEVICE_PROBES + i + 1);
	}
}
END_TEST

START_TEST(change_rows)
{
	struct xdpfw_device other = { .ifindex = 9, .entry = 3, .name = "bond0" };
	uint32_t left_out = 0;

	number_devices(20, 1);
	ck_assert(devtable_fill(devices, 20, NULL, &table));
	for (size_t i = 0; i < 20; i += 2) {
		snprintf((char *)devices[i].name, sizeof(devices[i].name), "veth%zu", i);
		devices[i].group = 5;
	}
	ck_assert_int_eq(devtable_change(&table, devices, 20, &other, &left_out), 0);
	check_all(20);
	for (size_t i = 0; i < 20; i++) {
		const struct xdpfw_device *found = devtable_find(&table, devices[i].ifindex);

		ck_assert_str_eq((const char *)found->name, (const char *)devices[i].name);
		ck_assert_uint_eq(found->group, i % 2 ? 0 : 5);
	}
	ck_assert_uint_eq(table.slot[XDPFW_DEVICE_OTHER].ifindex, 9);
	other.ifindex = 10;
	other.entry = XDPFW_ENTRY_DROP;
	ck_assert_int_eq(devtable_change(&table, devices, 20, &other, &left_out), 0);
	ck_assert_uint_eq(table.slot[XDPFW_DEVICE_OTHER].ifindex, 10);
	ck_assert_uint_eq(table.slot[XDPFW_DEVICE_OTHER].entry, XDPFW_ENTRY_DROP);
	ck_assert_int_eq(devtable_change(&table, devices, 20, NULL, &left_out), 0);
	ck_assert_uint_eq(table.slot[XDPFW_DEVICE_OTHER].ifindex, 0);
}
END_TEST

/* A change that was killed before its last step leaves two rows of one device. */
START_TEST(second_copy)
{
	const struct xdpfw_device *rows;
	uint32_t left_out = 0;

	number_devices(1, 1);
	ck_assert(devtable_fill(devices, 1, NULL, &table));
	table.slot[home_of(1) + 2] = devices[0];
	table.slot[home_of(1) + 2].entry = 8;
	ck_assert_uint_eq(devtable_list(&table, &arena, &rows), 1);
	devices[0].entry = 8;
	ck_assert_int_eq(devtable_change(&table, devices, 1, NULL, &left_out), 0);
	check_all(1);
	ck_assert_uint_eq(table.slot[home_of(1)].ifindex, 0);
}
END_TEST

/* ---- names ---- */

static const char *const others[] = { "enp1s0", "uplink" };

static struct netdev there[] = {
	{ .ifindex = 1, .type = 772, .ethernet = true, .name = "lo" },
	{ .ifindex = 2, .type = ETHER, .ethernet = true, .name = "eth0", .mac = { 2 },
	  .others = others, .other_count = 2 },
	{ .ifindex = 3, .type = ETHER, .ethernet = true, .name = "eth1", .master = 20 },
	{ .ifindex = 4, .type = ETHER, .ethernet = true, .name = "eth2", .master = 20 },
	{ .ifindex = 5, .type = ETHER, .ethernet = true, .name = "veth7", .kind = "veth",
	  .master = 30 },
	{ .ifindex = 6, .type = ETHER, .ethernet = true, .name = "veth77", .kind = "veth" },
	{ .ifindex = 7, .type = NO_HEADER, .name = "wg0", .kind = "wireguard" },
	{ .ifindex = 8, .type = ETHER, .ethernet = true, .name = "eth3", .master = 21 },
	{ .ifindex = 20, .type = ETHER, .ethernet = true, .name = "bond0", .kind = "bond",
	  .mac = { 4 }, .group = 9 },
	{ .ifindex = 21, .type = ETHER, .ethernet = true, .name = "bond1", .kind = "bond" },
	{ .ifindex = 30, .type = ETHER, .ethernet = true, .name = "br0", .kind = "bridge" },
};

static const struct netdev_list list = { there, sizeof(there) / sizeof(there[0]) };

static struct target find(const struct maps_spec *specs, size_t count)
{
	struct target target;

	target_find(specs, count, &list, NULL, 0, &arena, &target);
	return target;
}

static void check_row(const struct target *target, uint32_t ifindex, uint32_t entry,
		      const char *name, uint32_t bond)
{
	const struct target_row *row = target_find_row(target, ifindex);

	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->device.entry, entry);
	ck_assert_str_eq((const char *)row->device.name, name);
	ck_assert_uint_eq(row->bond, bond);
}

static bool has_finding(const struct target *target, enum target_problem problem, size_t spec,
			const char *device)
{
	for (size_t i = 0; i < target->finding_count; i++) {
		const struct target_finding *finding = &target->findings[i];

		if (finding->problem == problem && finding->spec == spec &&
		    (device ? finding->device && !strcmp(finding->device->name, device) :
			      !finding->device))
			return true;
	}
	return false;
}

START_TEST(names_and_stars)
{
	static const struct maps_spec specs[] = {
		{ "eth0", 0, 0 }, { "veth", 1, 1 }, { "veth77", 2, 0 }, { "vet", 3, 1 },
		{ "veth7", 4, 1 },
	};
	struct target target = find(specs, 5);

	ck_assert_uint_eq(target.row_count, 3);
	ck_assert_uint_eq(target.finding_count, 0);
	check_row(&target, 2, 0, "eth0", 0);
	check_row(&target, 5, 4, "veth7", 0);	/* a star stands for nothing too */
	check_row(&target, 6, 2, "veth77", 0);
	ck_assert_uint_eq(target.other.ifindex, 0);
}
END_TEST

START_TEST(other_names)
{
	static const struct maps_spec specs[] = { { "uplink", 6, 0 }, { "eth", 7, 1 } };
	struct target target = find(specs, 2);

	check_row(&target, 2, 6, "eth0", 0);
	check_row(&target, 3, 7, "eth1", 0);
}
END_TEST

START_TEST(what_is_not_there)
{
	static const struct maps_spec specs[] = {
		{ "eth9", 0, 0 }, { "tun", 1, 1 }, { "wg", 2, 1 }, { "wg0", 3, 0 },
	};
	struct target target = find(specs, 4);

	ck_assert_uint_eq(target.row_count, 0);
	ck_assert_uint_eq(target.finding_count, 3);
	ck_assert(has_finding(&target, TARGET_MISSING, 0, NULL));
	ck_assert(has_finding(&target, TARGET_NOTHING_FITS, 1, NULL));
	ck_assert(has_finding(&target, TARGET_NO_ETHERNET, 3, "wg0"));
	ck_assert_str_eq(target_kind(&there[6], &arena), "wireguard");
	ck_assert_str_eq(target_kind(&there[1], &arena), "type 1");
	target = find(specs, 3);
	ck_assert(has_finding(&target, TARGET_NO_ETHERNET, 2, "wg0"));
}
END_TEST

START_TEST(members_of_a_bond)
{
	static const struct maps_spec specs[] = { { "bond0", 5, 0 }, { "br0", 6, 0 } };
	const uint32_t ifindexes[] = { 2, 3, 0, 20 };
	struct target target = find(specs, 2);
	struct xdpfw_device *rows;

	ck_assert_uint_eq(target.row_count, 4);
	check_row(&target, 20, 5, "bond0", 0);
	check_row(&target, 3, 5, "bond0", 20);
	check_row(&target, 4, 5, "bond0", 20);
	check_row(&target, 30, 6, "br0", 0);	/* a bridge hands on nothing */
	ck_assert_ptr_null(target_find_row(&target, 5));
	ck_assert_str_eq(target_find_row(&target, 3)->name, "eth1");
	ck_assert_uint_eq(target_find_row(&target, 3)->device.mac[0], 4);
	ck_assert_uint_eq(target_find_row(&target, 3)->device.group, 9);
	ck_assert_uint_eq(target.other.ifindex, 20);
	ck_assert_uint_eq(target.other.entry, 5);
	/* eth0 has the stub, and is not to be taken for a member. */
	ck_assert_uint_eq(target_make_rows(&target, ifindexes, 4, &arena, &rows), 5);
	ck_assert_uint_eq(rows[4].ifindex, 2);
	ck_assert_uint_eq(rows[4].entry, XDPFW_ENTRY_PASS);
}
END_TEST

START_TEST(several_bonds)
{
	static const struct maps_spec specs[] = { { "bond0", 5, 0 }, { "bond1", 6, 0 } };
	static const struct maps_spec same[] = { { "bond", 2, 1 } };
	struct target target = find(specs, 2);

	check_row(&target, 3, 5, "bond0", 20);
	check_row(&target, 8, 6, "bond1", 21);
	ck_assert_uint_ne(target.other.ifindex, 0);
	ck_assert_uint_eq(target.other.entry, XDPFW_ENTRY_DROP);
	target = find(same, 1);
	ck_assert_uint_eq(target.other.entry, 2);
}
END_TEST

START_TEST(member_and_bond_named)
{
	static const struct maps_spec both[] = { { "bond0", 5, 0 }, { "eth1", 5, 0 } };
	static const struct maps_spec differ[] = { { "bond0", 5, 0 }, { "eth", 6, 1 } };
	static const struct maps_spec same[] = { { "bond0", 5, 0 }, { "eth", 5, 1 } };
	static const struct maps_spec alone[] = { { "eth1", 5, 0 } };
	struct target target = find(both, 2);

	ck_assert(has_finding(&target, TARGET_IN_BOND, 1, "eth1"));
	target = find(differ, 2);
	ck_assert(has_finding(&target, TARGET_IN_BOND, 1, "eth1"));
	target = find(same, 2);
	ck_assert(has_finding(&target, TARGET_THROUGH_BOND, 1, "eth1"));
	check_row(&target, 3, 5, "bond0", 20);
	check_row(&target, 2, 5, "eth0", 0);
	target = find(alone, 1);
	ck_assert_uint_eq(target.finding_count, 0);
	check_row(&target, 3, 5, "eth1", 0);
}
END_TEST

/* A device that has the stub keeps its entry under every name. */
START_TEST(before)
{
	static const struct maps_spec specs[] = { { "eth0", 1, 0 }, { "wan0", 2, 0 } };
	static const struct xdpfw_device rows[] = {
		{ .ifindex = 2, .entry = 2, .name = "wan0" },
		{ .ifindex = 6, .entry = 1, .name = "eth0" },
	};
	struct target target;

	target_find(specs, 2, &list, rows, 2, &arena, &target);
	ck_assert_uint_eq(target.row_count, 2);
	check_row(&target, 2, 2, "eth0", 0);
	check_row(&target, 6, 1, "veth77", 0);
	ck_assert_uint_eq(target_find_row(&target, 2)->spec, 0);
	ck_assert(target_find_row(&target, 6)->spec == TARGET_NO_SPEC);
	ck_assert(has_finding(&target, TARGET_MISSING, 1, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("device");
	TCase *rows = tcase_create("table"), *names = tcase_create("names");
	SRunner *runner = srunner_create(suite);
	const int count = sizeof(steps) / sizeof(steps[0]);
	int failed;

	tcase_set_timeout(rows, 60);
	tcase_add_loop_test(rows, fill, 0, count);
	tcase_add_loop_test(rows, fill_all, 0, count);
	tcase_add_loop_test(rows, grow_and_shrink, 0, count);
	tcase_add_test(rows, no_room);
	tcase_add_test(rows, make_room);
	tcase_add_test(rows, change_rows);
	tcase_add_test(rows, second_copy);
	suite_add_tcase(suite, rows);
	tcase_add_test(names, names_and_stars);
	tcase_add_test(names, other_names);
	tcase_add_test(names, what_is_not_there);
	tcase_add_test(names, members_of_a_bond);
	tcase_add_test(names, several_bonds);
	tcase_add_test(names, member_and_bond_named);
	tcase_add_test(names, before);
	suite_add_tcase(suite, names);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_free(&arena);
	return failed != 0;
}
