/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_slots: the order in which slots and deadline are written.
 *
 * In: the stub's maps, a program.  Out: the program in force, the one before in slot 1.  Each write
 * is one step for all packets, and a process may be killed between any two.  What it leaves can
 * be told apart, because slots 0 and 1 are the same only before a switch (or when there is nothing
 * to go back to), and slot 2 holds what slot 1 lost:
 *
 *	load		2 = 1, 1 = 0, deadline, 0 = new, 2 empty
 *	load, pending	0 = new, deadline (the old one may pass before: then slot 1 still decides)
 *	exchange	2 = 0, 0 = 1, 1 = 2, 2 empty
 *	go back		0 = 1, no deadline
 *	confirm		no deadline
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>

#include "loader/own.h"

/* What is in the slots. A descriptor is -ENOENT when the slot is empty. */
struct slots {
	int live, other;
	bool same;
	struct xdpfw_control *word;
};

static void close_slots(struct slots *slots)
{
	own_close(&slots->live);
	own_close(&slots->other);
	if (slots->word)
		control_unmap(slots->word);
}

#define OWN_SLOTS __attribute__((cleanup(close_slots)))

/* All that can fail before the first write. */
static int open_slots(const struct object_stub *stub, struct slots *ret_slots)
{
	uint32_t live = 0, other = 0;

	ret_slots->live = control_open_slot(stub->slots, XDPFW_SLOT_LIVE);
	ret_slots->other = control_open_slot(stub->slots, XDPFW_SLOT_OTHER);
	ret_slots->word = control_map(stub->control);
	if (!ret_slots->word)
		return -errno;
	if (ret_slots->live < 0 && ret_slots->live != -ENOENT)
		return ret_slots->live;
	if (ret_slots->other < 0 && ret_slots->other != -ENOENT)
		return ret_slots->other;
	control_get_slot(stub->slots, XDPFW_SLOT_LIVE, &live);
	control_get_slot(stub->slots, XDPFW_SLOT_OTHER, &other);
	ret_slots->same = live == other;
	return 0;
}

int swap_mend_slots(const struct object_stub *stub)
{
	OWN_SLOTS struct slots slots = { -1, -1, false, NULL };
	OWN_FD int saved = -1;
	int error = open_slots(stub, &slots);

	if (error)
		return error;
	saved = control_open_slot(stub->slots, XDPFW_SLOT_SAVED);
	if (saved < 0 && saved != -ENOENT)
		return saved;
	if (slots.live >= 0 && slots.same) {
		/* First: with a deadline slot 1 is what comes back. */
		control_store(slots.word, 0);
		if (saved >= 0)
			error = control_put_slot(stub->slots, XDPFW_SLOT_OTHER, saved);
	}
	if (!error && saved >= 0)
		error = control_empty_slot(stub->slots, XDPFW_SLOT_SAVED);
	return error;
}

/* Slot 1 takes what slot 0 has; whatever it had is in slot 2 until the switch. */
static int keep_previous(const struct object_stub *stub, const struct slots *slots)
{
	int error = 0;

	if (slots->live < 0 || slots->same)
		return 0;
	if (slots->other >= 0)
		error = control_put_slot(stub->slots, XDPFW_SLOT_SAVED, slots->other);
	swap_fault("saved");
	return error ? error : control_put_slot(stub->slots, XDPFW_SLOT_OTHER, slots->live);
}

int swap_switch(const struct object_stub *stub, int program, bool pending, uint32_t seconds)
{
	OWN_SLOTS struct slots slots = { -1, -1, false, NULL };
	uint64_t deadline;
	int error = open_slots(stub, &slots);

	/* A deadline with nothing to come back would close the devices. */
	if (!error && seconds && (pending ? slots.other : slots.live) < 0)
		error = -ENODATA;
	if (!error)
		error = control_make_deadline(seconds, &deadline);
	if (!error && !pending)
		error = keep_previous(stub, &slots);
	swap_fault("previous");
	if (!error && !pending && seconds)
		control_store(slots.word, deadline);
	swap_fault("deadline");
	if (!error)
		error = control_put_slot(stub->slots, XDPFW_SLOT_LIVE, program);
	if (error)
		return error;
	swap_fault("switched");
	if (pending)
		control_store(slots.word, deadline);
	else
		control_empty_slot(stub->slots, XDPFW_SLOT_SAVED);
	return 0;
}

int swap_exchange(const struct object_stub *stub)
{
	OWN_SLOTS struct slots slots = { -1, -1, false, NULL };
	int error = open_slots(stub, &slots);

	if (!error && slots.live >= 0)
		error = control_put_slot(stub->slots, XDPFW_SLOT_SAVED, slots.live);
	swap_fault("saved");
	if (!error)
		error = control_put_slot(stub->slots, XDPFW_SLOT_LIVE, slots.other);
	if (error)
		return error;
	swap_fault("switched");
	/* What fails here the next command does. */
	if (slots.live >= 0 && !control_put_slot(stub->slots, XDPFW_SLOT_OTHER, slots.live))
		control_empty_slot(stub->slots, XDPFW_SLOT_SAVED);
	return 0;
}

int swap_go_back(const struct object_stub *stub)
{
	OWN_SLOTS struct slots slots = { -1, -1, false, NULL };
	int error = open_slots(stub, &slots);

	if (!error)
		error = control_put_slot(stub->slots, XDPFW_SLOT_LIVE, slots.other);
	if (error)
		return error;
	swap_fault("switched");
	control_store(slots.word, 0);
	return 0;
}
