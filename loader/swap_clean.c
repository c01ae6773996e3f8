/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_clean: puts things right after a command that was killed.
 *
 * In: the pins.  Out: either a ruleset in force on exactly the devices its record names, or
 * nothing.  The record of the program in slot 0 decides: it changes in one instant, so what it
 * does not know of was not finished.  A program whose record cannot be read is left alone, and so
 * is a stub on a device whose slot 0 somebody emptied: it drops packets, as it must until a load
 * puts a ruleset there.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/xdpfw_stub.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/state.h"

void swap_fault(const char *point)
{
#ifdef XDPFW_TEST_FAULTS
	const char *wanted = getenv("XDPFW_KILL_AT");

	if (wanted && !strcmp(wanted, point))
		raise(SIGKILL);
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

bool swap_read(struct report *report, const struct maps_folder *folder, struct arena *arena,
	       struct maps_program *ret_program, bool *ret_emptied)
{
	struct maps_program program = MAPS_PROGRAM_INIT;
	OWN_FD int slots = maps_get_stub_map(folder, MAPS_SLOTS);
	struct maps_link *links;
	int count;

	if (slots < 0 && slots != -ENOENT && slots != -EMEDIUMTYPE)
		return report_fail(report, REPORT_SYSTEM, "cannot open the map '%s': %s",
				   MAPS_SLOTS, strerror(-slots));
	if (slots >= 0 && !maps_read_slot(report, slots, XDPFW_SLOT_LIVE, arena, &program))
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

static bool is_recorded(const struct maps_record *record, uint32_t ifindex)
{
	for (uint32_t i = 0; i < record->header.device_count; i++)
		if (record->devices[i].ifindex == ifindex)
			return true;
	return false;
}

/* Links to devices that are gone, or that RECORD (if there is one) does not name. */
static bool clean_links(struct report *report, const struct maps_folder *folder,
			const struct maps_record *record)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_link *links;
	int count = maps_list_links(folder, &arena, &links);

	if (count < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-count));
	for (int i = 0; i < count; i++)
		if (!links[i].ifindex || (record && !is_recorded(record, links[i].ifindex)))
			maps_unpin(folder, links[i].name);
	return true;
}

bool swap_clean(struct report *report, struct maps_folder *folder)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_program program = MAPS_PROGRAM_INIT;
	bool ok = true, emptied = false;

	maps_remove_dead(report, folder);
	if (folder->fd < 0)
		return true;
	if (!swap_read(report, folder, &arena, &program, &emptied))
		ok = false;
	else if (!swap_is_ruleset(&program) && !emptied)
		ok = maps_remove(report, folder);
	else
		ok = clean_links(report, folder, program.record);
	maps_program_close(&program);
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
