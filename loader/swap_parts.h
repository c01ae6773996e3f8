/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_parts: what the files of module swap share.
 */
#ifndef XDPFW_SWAP_PARTS_H
#define XDPFW_SWAP_PARTS_H

#include <signal.h>

#include "loader/control.h"
#include "loader/object.h"
#include "loader/probe.h"
#include "loader/prove.h"
#include "loader/swap.h"
#include "loader/target.h"

/* A device whose mode changes. */
struct swap_change {
	uint32_t ifindex;
	char name[16];
	enum attach_mode from, to;
	struct maps_attach before;	/* what was recorded of it */
	bool done;
};

/* A setting of a device that --fix-offloads changed. */
struct swap_fixed {
	char name[16];
	struct advice_undo undo;
};

/* A load on its way. */
struct swap_state {
	struct report *report;
	const struct swap_request *request;
	struct arena *arena;
	int lock;
	struct maps_folder folder;
	struct maps_program old;		/* slot 0 */
	struct maps_program other;		/* slot 1 */
	bool pending;				/* slot 0 waits for a confirm: slot 1 stays */
	struct maps_link *links;		/* pinned before */
	int link_count;
	struct object_stub stub;
	struct target target;			/* the devices it is for */
	int known;				/* the map of struct maps_attach */
	VEC(const char *) pinned;		/* the links this load pinned */
	const char *left_open;			/* devices that lose their filter; or NULL */
	struct maps_cells cells;
	struct object live;
	struct maps_record record;
	bool first;				/* no ruleset is in force */
	bool emptied;				/* nor is there: the devices drop packets */
	sigset_t signals;			/* that the caller blocked */
	VEC(struct swap_change) changes;
	VEC(struct swap_fixed) fixed;
	bool stays_covered;			/* a device could be given neither of its modes */
	bool kept;				/* the object was not built now */
};

#define SWAP_STATE_INIT(report_, request_, arena_)                                             \
	{                                                                                      \
		.report = (report_), .request = (request_), .arena = (arena_), .lock = -1,     \
		.folder = MAPS_FOLDER_INIT, .old = MAPS_PROGRAM_INIT,                          \
		.other = MAPS_PROGRAM_INIT, .stub = OBJECT_STUB_INIT, .live = OBJECT_INIT,     \
		.known = -1,                                                                   \
	}

/* swap.c */

/* What is in force, and what may come back.  After swap_clean() slot 0 is in force. */
bool swap_read_slots(struct swap_state *state);

/*
 * Takes the lock, puts right what a kill left, and reads what is in force.  The folder of pins is
 * made only with CREATE.
 */
bool swap_open_state(struct swap_state *state, bool create);

/* Takes back what was begun and has failed. */
void swap_undo(struct swap_state *state);

/* Afterwards a load can begin again. */
void swap_close_state(struct swap_state *state);

bool swap_pin(struct swap_state *state, const char *name, int fd);

/* swap_stub.c */

/*
 * The stub on the devices with its maps, or a new one.  A stub of another version is to be
 * replaced; the slots of the new one hold what is in force already.
 */
bool swap_open_stub(struct swap_state *state);

/* Pins its maps, and puts it into the links that have another one. */
bool swap_set_up_stub(struct swap_state *state);

/* swap_slots.c: these return 0 or a negative errno, and then packets go where they went before. */

/* Puts right what a killed command left.  Afterwards slots 0 and 1 are what they mean. */
int swap_mend_slots(const struct object_stub *stub);

/*
 * A new program into slot 0.  Slot 1 gets the one in force, unless that is PENDING, and keeps what
 * it has then.  SECONDS until slot 1 decides again, 0: never.
 */
int swap_switch(const struct object_stub *stub, int program, bool pending, uint32_t seconds);

/* Slots 0 and 1 change places. */
int swap_exchange(const struct object_stub *stub);

/* Slot 0 gets what slot 1 has, and the deadline ends. */
int swap_go_back(const struct object_stub *stub);

/* swap_settle.c */

/*
 * Before FROM is replaced by TO, and again when no packet is in FROM any more.  Failing is only a
 * notice.
 */
void swap_settle(struct report *report, const struct maps_program *from,
		 const struct maps_program *to, enum maps_undone why);

/* What the cells of OTHER, which stays in slot 1, have when RECORD is made. */
int swap_note_seen(const struct maps_program *other, int cells, struct maps_record *record);

/* The highest number of a load that a record knows of. */
uint64_t swap_last_generation(const struct maps_record *record);

/* swap_names.c */

/*
 * The devices that the ruleset names.  Those that are not there, or cannot be filtered, go to the
 * request's diag; with AGAIN only what is an error now and was none before.
 */
bool swap_find_devices(struct report *report, const struct swap_request *request,
		       struct arena *arena, bool again, struct target *ret_target);

/* The same for a check, which needs none of them: all is a warning at most. */
bool swap_look_for_devices(struct report *report, const struct swap_request *request,
			   struct arena *arena, struct target *ret_target);

/* The names of a ruleset, as its record keeps them. */
const struct maps_spec *swap_make_specs(const struct compile *compile, struct arena *arena);

/* What a program is to be proved on: the devices, and of entries without one the names. */
size_t swap_list_proofs(const struct compile *compile, const struct target *target,
			bool rehearse, struct arena *arena, const struct prove_row **ret_rows);

/* swap_devices.c */

bool swap_is_named(const struct swap_state *state, uint32_t ifindex);

/* The devices once more, after the proof took its time: the table of the new program follows. */
bool swap_look_again(struct swap_state *state);

/* "eth0, eth1": those that the program filters. */
const char *swap_name_devices(const struct maps_program *program, struct arena *arena);

/* The table of a new program. */
bool swap_make_table(struct swap_state *state, struct xdpfw_device_table **ret_table);

/* The devices that would have no filter any more have to be given up by the user. */
bool swap_check_dropped(struct swap_state *state);

/*
 * Puts the stub on every device of the ruleset, and pins what it attaches.  Programs in force do
 * not mind.
 */
bool swap_attach_all(struct swap_state *state);

/* swap_mode.c */

/* The device goes to the other mode in swap_change_modes(). */
void swap_plan_mode(struct swap_state *state, const char *name, uint32_t ifindex, bool generic);

/* All of them, or none; the device drops its packets while it has no program. */
bool swap_change_modes(struct swap_state *state);

/* The load has failed after that. */
void swap_undo_modes(struct swap_state *state);

/* Where a setting of a device is remembered that --fix-offloads changes; NULL without it. */
struct advice_undo *swap_note_fix(struct swap_state *state, const char *name);

/* The load has failed, and the devices have no program of it any more. */
void swap_undo_fixes(struct swap_state *state);

/*
 * Puts the stub back on devices whose change of mode was broken off, and takes their covers off.
 * LIVE, OTHER: the programs that may decide; NULL: there is no ruleset, nothing is put back.
 */
bool swap_clean_covers(struct report *report, const struct maps_folder *folder,
		       const struct maps_program *live, const struct maps_program *other);

/* swap_follow.c */

/*
 * Brings the tables of both slots up to date with the devices there are now, and puts the stub on
 * those that slot 0 names and do not have it; those that slot 1 names too while a confirm is
 * pending, and with BOTH.  The caller holds the lock.  STRICT: a device that cannot be filtered is
 * an error, not a notice.  SEEN: devices that the user has been told of, or NULL.
 */
bool swap_follow(struct report *report, const struct maps_folder *folder,
		 const struct netdev_list *seen, bool both, bool strict);

/* swap_record.c */

/* Makes the record, and binds it to the program that is about to go live. */
bool swap_make_record(struct swap_state *state);

/* Binds it again, with what the counters say now. */
bool swap_bind_record(struct swap_state *state);

/* swap_boot.c */

/* Writes what the machine starts with once this load counts; its digest goes into the record. */
void swap_boot_next(struct swap_state *state, const struct buf *object);

/* See boot_settle(); RECORD: of what is in force, NULL: none. */
void swap_boot_settle(struct report *report, const struct maps_record *record, bool pending);

/* A notice when the machine will not start with what is in force. */
void swap_boot_check(struct report *report, const struct maps_record *record);

/* swap_program.c */

/* The kept object of a ruleset. False, and no error, when there is none. */
bool swap_get_kept(struct report *report, const struct compile *compile, struct buf *ret_object);

/* Keeps an object. The kernel has accepted it: one that it refuses must not be found again. */
void swap_keep(struct report *report, const struct compile *compile, const struct buf *object);

struct swap_program {
	const struct buf *object;
	const struct maps_cells *cells;
	int cells_map;			/* -1: the live program makes one */
	const struct xdpfw_device_table *table;	/* NULL in a rehearsal */
	const struct prove_row *rows;	/* to be proved on, see struct prove_input */
	size_t row_count;
	struct probe_clock clock;
	bool kept;			/* a refusal may be the object's fault, and leaves no log */
	bool rehearse;			/* prove only; lo plays the devices */
};

/* Loads twins, proves them, and loads the live program unless this is a rehearsal. */
bool swap_make_program(struct report *report, const struct swap_request *request,
		       const struct swap_program *program, struct arena *arena,
		       struct object *ret_live, uint32_t *ret_packets);

/* swap_remove.c */

/* Opens all devices at once, and removes the folder. */
bool swap_remove(struct report *report, struct maps_folder *folder);

/* swap_clean.c */

/* Ends the process here when a test asks for it; nothing in a build for users. */
void swap_fault(const char *point);

/* Removes what is half made. The caller holds the lock. Afterwards the folder may be gone. */
bool swap_clean(struct report *report, struct maps_folder *folder);

/* A link that holds the stub on a device, or NULL. */
const struct maps_link *swap_find_stub(const struct maps_link *links, int count);

/* SLOTS: the stub's, or a negative errno. */
bool swap_read_control(struct report *report, const struct maps_folder *folder, int slots,
		       struct control *ret_control);

/* Whether the program knows the device: a link to it is not left over. */
bool swap_program_names(const struct maps_program *program, uint32_t ifindex);

/*
 * What the slot in force holds.  *ret_emptied: devices have the stub, and the slot is empty, which
 * nothing that xdpfw does can leave behind.
 */
bool swap_read(struct report *report, const struct maps_folder *folder, struct arena *arena,
	       struct maps_program *ret_program, bool *ret_emptied);

#endif
