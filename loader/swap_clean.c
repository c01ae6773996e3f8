/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_clean: puts things right after a command that was killed.
 *
 * In: the pins.  Out: either a ruleset in force on exactly the devices it names, or nothing.  The
 * program in slot 0 decides: it changes in one instant, so what it does not know of was not
 * finished; while it waits for a confirm the one in slot 1 is asked too.  When that has not come
 * in time slot 1 decides already, and is copied to slot 0.  A program whose record cannot be read
 * is left alone, and so is a stub on a device whose slot 0 somebody emptied: it drops packets, as
 * it must until a load puts a ruleset there.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/xdpfw_stub.h"
#include "loader/devtable.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/state.h"

#ifdef XDPFW_TEST_FAULTS
/* For who floods the devices: how many switches are over, in a file of one word. */
static void count_switch(void)
{
	const char *path = getenv("XDPFW_SWITCHED");
	OWN_FD int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	uint32_t count;

	if (fd < 0)
		return;
	if (pread(fd, &count, sizeof(count), 0) != (ssize_t)sizeof(count))
		abort();
	count++;
	if (pwrite(fd, &count, sizeof(count), 0) != (ssize_t)sizeof(count))
		abort();
}
/* Waits there for the test, which makes a file when it is done. */
static void pause_at(const char *point)
{
	const char *wanted = getenv("XDPFW_PAUSE_AT");

	if (!wanted || strcmp(wanted, point) != 0)
		return;
	close(open("paused", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	while (access("go-on", F_OK))
		usleep(10000);
}
#endif

void swap_fault(const char *point)
{
#ifdef XDPFW_TEST_FAULTS
	const char *wanted = getenv("XDPFW_KILL_AT");

	/* One point, or several with commas between. */
	for (; wanted; wanted = strchr(wanted, ',') ? strchr(wanted, ',') + 1 : NULL)
		if (!strncmp(wanted, point, strlen(point)) &&
		    (!wanted[strlen(point)] || wanted[strlen(point)] == ','))
			raise(SIGKILL);
	pause_at(point);
	if (!strcmp(point, "switched"))
		count_switch();
#else
	(void)point;
#endif
}

bool swap_is_ruleset(const struct maps_program *program)
{
	return program->program >= 0 && strcmp(program->name, "xdpfw_pass") != 0;
}

const struct maps_link *swap_find_stub(const struct maps_link *links, int count)
{
	for (int i = 0; i < count; i++)
		if (links[i].ifindex && maps_is_stub(links[i].program))
			return &links[i];
	return NULL;
}

bool swap_read_control(struct report *report, const struct maps_folder *folder, int slots,
		       struct control *ret_control)
{
	OWN_FD int word = maps_get_stub_map(folder, MAPS_CONTROL);
	int error = control_read(slots, word, ret_control);

	return !error || report_fail(report, REPORT_SYSTEM, "cannot read the stub's maps: %s",
				     strerror(-error));
}

bool swap_read(struct report *report, const struct maps_folder *folder, struct arena *arena,
	       struct maps_program *ret_program, bool *ret_emptied)
{
	struct maps_program program = MAPS_PROGRAM_INIT;
	OWN_FD int slots = maps_get_stub_map(folder, MAPS_SLOTS);
	struct maps_link *links;
	struct control control;
	int count;

	if (slots < 0 && slots != -ENOENT && slots != -EMEDIUMTYPE)
		return report_fail(report, REPORT_SYSTEM, "cannot open the map '%s': %s",
				   MAPS_SLOTS, strerror(-slots));
	if (!swap_read_control(report, folder, slots, &control))
		return false;
	if (slots >= 0 &&
	    !maps_read_slot(report, slots, control_in_force(&control), arena, &program))
		return false;
	count = maps_list_links(folder, arena, &links);
	if (count < 0) {
		maps_program_close(&program);
		return report_fail(report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-count));
	}
	*ret_program = program;
	*ret_emptied = program.program < 0 && swap_find_stub(links, count);
	return true;
}

bool swap_program_names(const struct maps_program *program, uint32_t ifindex)
{
	OWN_DEVTABLE struct xdpfw_device_table *table = NULL;
	const struct xdpfw_device *row;

	if (!program->record)
		return false;
	/* Who cannot look takes nothing off a device. */
	if (devtable_map(program->devices, false, &table))
		return true;
	row = devtable_find(table, ifindex);
	return row && row->entry != XDPFW_ENTRY_PASS;
}

/*
 * Whether the device is in this namespace: when it goes to another one the link goes along, and
 * the device's number, there or here, may mean another device.
 */
static bool is_here(const struct netdev_list *list, const struct maps_link *link)
{
	const struct netdev *device = netdev_find(list, link->ifindex);

	return device && netdev_has_program(device, link->program);
}

/* Links to devices that are gone, or that neither program names. */
static bool clean_links(struct report *report, const struct maps_folder *folder,
			const struct maps_program *live, const struct maps_program *other)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct netdev_list list = { 0 };
	struct maps_link *links;
	int count = maps_list_links(folder, &arena, &links);

	if (count < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-count));
	netdev_list(&arena, &list);		/* failing: no link is taken for one elsewhere */
	for (int i = 0; i < count; i++)
		if (!links[i].ifindex || (list.len && !is_here(&list, &links[i])) ||
		    (live->record && !swap_program_names(live, links[i].ifindex) &&
		     !swap_program_names(other, links[i].ifindex)))
			maps_unpin(folder, links[i].name);
	return true;
}

/* What the stub's maps say, with the programs. */
struct stub_state {
	struct object_stub stub;
	struct control control;
	struct maps_program live, other;	/* slots 0 and 1 */
};

static void close_stub_state(struct stub_state *state)
{
	object_stub_close(&state->stub);
	maps_program_close(&state->live);
	maps_program_close(&state->other);
}

/* Not while a stub of another version is being replaced, of whose slots these are the only pin. */
static void drop_aside(const struct maps_folder *folder, int slots)
{
	OWN_FD int pinned = maps_get(folder, MAPS_SLOTS);

	if (maps_is_same(pinned, slots))
		maps_drop_aside(folder);
}

/* Nothing, without an error, when they are not of this version. */
static bool read_stub_state(struct report *report, const struct maps_folder *folder,
			    struct arena *arena, struct stub_state *state)
{
	int error;

	state->stub.slots = maps_get_stub_map(folder, MAPS_SLOTS);
	state->stub.control = maps_get_stub_map(folder, MAPS_CONTROL);
	error = control_read(state->stub.slots, state->stub.control, &state->control);
	if (!error && !state->control.current)
		return true;
	if (!error) {
		drop_aside(folder, state->stub.slots);
		error = swap_mend_slots(&state->stub);
	}
	if (!error)
		error = control_read(state->stub.slots, state->stub.control, &state->control);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot read the slots: %s",
				   strerror(-error));
	return maps_read_slot(report, state->stub.slots, XDPFW_SLOT_LIVE, arena, &state->live) &&
	       maps_read_slot(report, state->stub.slots, XDPFW_SLOT_OTHER, arena, &state->other);
}

static void say_expired(struct report *report, const struct stub_state *state)
{
	OWN_BUF struct buf loaded = BUF_INIT;

	if (state->live.record)
		buf_printf(&loaded, "load number %" PRIu64,
			   state->live.record->header.generation);
	else
		buf_puts(&loaded, "the last load");
	if (!swap_is_ruleset(&state->other))
		report_notice(report,
			      "%s was not confirmed in time: there is no ruleset again, as before",
			      loaded.at);
	else if (state->other.record)
		report_notice(report,
			      "%s was not confirmed in time: load number %" PRIu64 " is in force "
			      "again", loaded.at, state->other.record->header.generation);
	else
		report_notice(report,
			      "%s was not confirmed in time: the ruleset before is in force again",
			      loaded.at);
}

/* Slot 1 decides already.  If somebody emptied it packets are dropped, and that stays so. */
static bool end_expired(struct report *report, struct stub_state *state)
{
	int error;

	if (state->control.phase != CONTROL_EXPIRED || state->other.program < 0)
		return true;
	maps_wait_grace();		/* the last packets that the other one decided */
	swap_settle(report, &state->live, &state->other, MAPS_UNDONE_EXPIRED);
	swap_fault("settled");
	error = swap_go_back(&state->stub);
	if (error)
		return report_fail(report, REPORT_SYSTEM,
				   "the ruleset in force was not confirmed in time, and the one "
				   "before cannot be put in its place: %s", strerror(-error));
	say_expired(report, state);
	return true;
}

static bool clean_slots(struct report *report, const struct maps_folder *folder)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct stub_state state = {
		.stub = OBJECT_STUB_INIT,
		.live = MAPS_PROGRAM_INIT,
		.other = MAPS_PROGRAM_INIT,
	};
	bool ok = read_stub_state(report, folder, &arena, &state) &&
		  end_expired(report, &state);

	close_stub_state(&state);
	return ok;
}

/* Slot 1's program while it may come back, else one without a record. */
static bool read_coming_back(struct report *report, const struct maps_folder *folder,
			     struct arena *arena, struct maps_program *ret_program)
{
	OWN_FD int slots = maps_get_stub_map(folder, MAPS_SLOTS);
	struct control control;

	if (!swap_read_control(report, folder, slots, &control))
		return false;
	if (control.phase == CONTROL_SETTLED)
		return true;
	return maps_read_slot(report, slots, XDPFW_SLOT_OTHER, arena, ret_program);
}

bool swap_clean(struct report *report, struct maps_folder *folder)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_program program = MAPS_PROGRAM_INIT, other = MAPS_PROGRAM_INIT;
	bool ok = true, emptied = false;

	maps_remove_dead(report, folder);
	if (folder->fd < 0)
		return true;
	if (!clean_slots(report, folder) ||
	    !swap_read(report, folder, &arena, &program, &emptied) ||
	    !read_coming_back(report, folder, &arena, &other))
		ok = false;
	else if (!swap_is_ruleset(&program) && !emptied)
		ok = swap_remove(report, folder);
	else
		ok = clean_links(report, folder, &program, &other) &&
		     swap_clean_covers(report, folder, &program, &other);
	if (ok)
		swap_boot_settle(report, program.record, other.program >= 0);
	maps_program_close(&program);
	maps_program_close(&other);
	return ok;
}

bool swap_open(struct report *report, struct arena *arena, struct maps_folder *ret_folder,
	       struct maps_program *ret_program, bool *ret_emptied)
{
	struct report quiet = { 0 };
	OWN_FD int lock = -1;
	uint64_t cookie;
	bool locked;

	*ret_emptied = false;

	if (!probe_system(report) || !probe_netns_cookie(report, &cookie) ||
	    !maps_open(report, cookie, false, ret_folder))
		return false;
	if (ret_folder->parent < 0)
		return true;
	/* While another command is at work nothing is to be put right; looking needs no lock. */
	locked = state_lock(&quiet, 0, &lock);
	buf_free(&quiet.text);
	if (locked && !swap_clean(report, ret_folder))
		return false;
	if (!swap_read(report, ret_folder, arena, ret_program, ret_emptied))
		return false;
	if (swap_is_ruleset(ret_program) && !ret_program->record)
		return report_fail(report, REPORT_SYSTEM,
				   "the program in force was loaded by another version of xdpfw; "
				   "it keeps filtering until a ruleset is loaded or 'xdpfw unload' "
				   "removes it");
	return true;
}
