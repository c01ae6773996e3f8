/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control: the stub's control word and its slots: which program decides, and until when.
 *
 * All functions take descriptors of the stub's own maps (bpf/xdpfw_stub.h); those that return int
 * return 0 or a negative errno.
 */
#ifndef XDPFW_CONTROL_H
#define XDPFW_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/xdpfw_stub.h"

#define CONTROL_SECONDS_MOST 86400	/* a load is to be confirmed within a day */

enum control_phase {
	CONTROL_SETTLED,		/* slot 0 decides, for good */
	CONTROL_PENDING,		/* slot 0 decides, until the deadline */
	CONTROL_EXPIRED,		/* slot 1 decides */
};

/* What the stub goes by at one instant. */
struct control {
	bool current;			/* else the maps are not of this version: no deadline */
	enum control_phase phase;
	uint64_t now, deadline;		/* CLOCK_BOOTTIME, ns */
};

/*
 * SLOTS and WORD may be negative errnos: maps that are not there are not of this version, and all
 * else is an error.
 */
int control_read(int slots, int word, struct control *ret_control);

/* What of the word is not a deadline, of maps that no stub uses yet. */
int control_set_up(int word, uint32_t missed_verdict);

/* The word itself, to be written; NULL and errno when that fails. */
struct xdpfw_control *control_map(int word);
void control_unmap(struct xdpfw_control *mapped);

/* SECONDS from now; 0: no deadline. */
int control_make_deadline(uint32_t seconds, uint64_t *ret_deadline);

/* In one store, which a packet sees whole or not at all. */
void control_store(struct xdpfw_control *mapped, uint64_t deadline);
int control_end_deadline(int word);
/* The same, unless it is over: -ETIME then. */
int control_confirm(int word);

/* The slot that decides. */
uint32_t control_in_force(const struct control *control);

/* Rounded up; 0 unless a confirm is pending. */
uint32_t control_seconds_left(const struct control *control);

/* -ENOENT: the slot is empty. */
int control_get_slot(int slots, uint32_t slot, uint32_t *ret_program_id);

/* A descriptor of the program; -ENOENT: the slot is empty. */
int control_open_slot(int slots, uint32_t slot);
int control_put_slot(int slots, uint32_t slot, int program);
int control_empty_slot(int slots, uint32_t slot);

#endif
