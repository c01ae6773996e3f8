/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_parts: what the files of module swap share.
 */
#ifndef XDPFW_SWAP_PARTS_H
#define XDPFW_SWAP_PARTS_H

#include <signal.h>

#include "loader/object.h"
#include "loader/probe.h"
#include "loader/swap.h"

/* A load on its way. */
struct swap_state {
	struct report *report;
	const struct swap_request *request;
	struct arena *arena;
	int lock;
	struct maps_folder folder;
	struct maps_program old;		/* slot 0 */
	struct maps_link *links;		/* pinned before */
	int link_count;
	struct object_stub stub;
	struct xdpfw_device *where;		/* by number of compile->devices */
	struct maps_device *devices;		/* likewise, for the record */
	const char **pinned;			/* likewise: the link this load pinned, or NULL */
	struct maps_cells cells;
	struct object live;
	struct maps_record record;
	bool first;				/* no ruleset is in force */
	bool emptied;				/* nor is there: the devices drop packets */
	sigset_t signals;			/* that the caller blocked */
	bool kept;				/* the object was not built now */
};

/* swap.c */

bool swap_pin(struct swap_state *state, const char *name, int fd);

/* swap_devices.c */

/* What the ruleset names must be there; only warns with WARN.  WHERE: by number of the devices. */
bool swap_find_names(const struct swap_request *request, bool warn, struct xdpfw_device *where);

bool swap_is_named(const struct swap_state *state, uint32_t ifindex);

/* The devices that would have no filter any more have to be given up by the user. */
bool swap_check_dropped(struct swap_state *state);

/* Puts the stub on every device of the ruleset, and pins what it attaches. */
bool swap_attach_all(struct swap_state *state);

/* swap_record.c */

/* Zeroes the cells that have had another owner. */
bool swap_clear_cells(struct swap_state *state);

/* Makes the record, and binds it to the program that is about to go live. */
bool swap_make_record(struct swap_state *state);

/* Binds it again, with what the counters say now. */
bool swap_bind_record(struct swap_state *state);

/* swap_program.c */

/* The kept object of a ruleset. False, and no error, when there is none. */
bool swap_get_kept(struct report *report, const struct compile *compile, struct buf *ret_object);

bool swap_build(struct report *report, const struct compile *compile, struct buf *ret_object);

/* Keeps an object. The kernel has accepted it: one that it refuses must not be found again. */
void swap_keep(struct report *report, const struct compile *compile, const struct buf *object);

struct swap_program {
	const struct buf *object;
	const struct maps_cells *cells;
	int cells_map;			/* -1: the live program makes one */
	const struct xdpfw_device *where;	/* by number of compile->devices */
	struct probe_clock clock;
	bool kept;			/* a refusal may be the object's fault, and leaves no log */
	bool rehearse;			/* prove only; lo plays the devices */
};

/* Loads twins, proves them, and loads the live program unless this is a rehearsal. */
bool swap_make_program(struct report *report, const struct swap_request *request,
		       const struct swap_program *program, struct arena *arena,
		       struct object *ret_live, uint32_t *ret_packets);

/* swap_clean.c */

/* Ends the process here when a test asks for it; nothing in a build for users. */
void swap_fault(const char *point);

/* Removes what is half made. The caller holds the lock. Afterwards the folder may be gone. */
bool swap_clean(struct report *report, struct maps_folder *folder);

/* Whether the program in force was made by xdpfw from a ruleset. */
bool swap_is_ruleset(const struct maps_program *program);

/* A link that holds the stub on a device, or NULL. */
const struct maps_link *swap_find_stub(const struct maps_link *links, int count);

/*
 * What slot 0 holds.  *ret_emptied: devices have the stub, and slot 0 is empty, which nothing that
 * xdpfw does can leave behind.
 */
bool swap_read(struct report *report, const struct maps_folder *folder, struct arena *arena,
	       struct maps_program *ret_program, bool *ret_emptied);

#endif
