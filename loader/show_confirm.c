/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_confirm: what comes back, and when.
 *
 * In: the slots and the deadline, the record in force.  Out: text, nothing while a first load is
 * the only one and is in force for good.
 */
#define _GNU_SOURCE
#include "loader/show_parts.h"

#include <inttypes.h>
#include <string.h>

#include "loader/control.h"
#include "loader/own.h"
#include "loader/swap.h"

static void print_undone(const struct maps_header *header, struct buf *out)
{
	if (header->undone_why == MAPS_UNDONE_EXPIRED)
		buf_printf(out, "taken back: load number %" PRIu64 ", not confirmed in time\n",
			   header->undone);
	else if (header->undone_why == MAPS_UNDONE_ROLLBACK)
		buf_printf(out, "taken back: load number %" PRIu64 ", by 'xdpfw rollback'\n",
			   header->undone);
}

/* "load number 3", or what else is in the slot. */
static void print_load(const struct maps_program *program, struct buf *out)
{
	if (program->record)
		buf_printf(out, "load number %" PRIu64, program->record->header.generation);
	else
		buf_puts(out, "the ruleset of another version of xdpfw");
}

static void print_pending(const struct control *control, const struct maps_program *other,
			  struct buf *out)
{
	buf_printf(out, "confirm: %u seconds left, then ", control_seconds_left(control));
	if (other->program < 0) {
		buf_puts(out, "EVERY PACKET IS DROPPED: somebody emptied the slot of the ruleset "
			      "before\n");
	} else if (!swap_is_ruleset(other)) {
		buf_puts(out, "there is no ruleset any more\n");
	} else {
		print_load(other, out);
		buf_puts(out, " comes back\n");
	}
}

static void print_before(const struct maps_program *program, const struct maps_program *other,
			 struct buf *out)
{
	if (!swap_is_ruleset(other) || other->id == program->id)
		return;
	buf_puts(out, "before: ");
	print_load(other, out);
	if (other->record) {
		buf_puts(out, ", loaded ");
		show_time(other->record->header.loaded, out);
	}
	buf_puts(out, "; 'xdpfw rollback' brings it back\n");
}

bool show_confirm(struct report *report, const struct maps_folder *folder,
		  const struct maps_program *program, struct arena *arena, struct buf *out)
{
	OWN_FD int slots = maps_get_stub_map(folder, MAPS_SLOTS);
	OWN_FD int word = maps_get_stub_map(folder, MAPS_CONTROL);
	struct maps_program other = MAPS_PROGRAM_INIT;
	struct control control;
	int error = control_read(slots, word, &control);

	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot read the stub's maps: %s",
				   strerror(-error));
	if (!control.current)
		return true;
	if (!maps_read_slot(report, slots, XDPFW_SLOT_OTHER, arena, &other))
		return false;
	print_undone(&program->record->header, out);
	if (control.phase == CONTROL_PENDING)
		print_pending(&control, &other, out);
	else if (control.phase == CONTROL_EXPIRED)
		buf_puts(out, "confirm: the load after this one was not confirmed in time\n");
	else
		print_before(program, &other, out);
	maps_program_close(&other);
	return true;
}
