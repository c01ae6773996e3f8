/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maps: what outlives the command: pins in a bpffs, counter cells, and the record that each
 * program in force carries.
 */
#ifndef XDPFW_MAPS_H
#define XDPFW_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/compile.h"
#include "loader/report.h"

/* maps.c: <bpffs>/xdpfw/v1/<cookie of the network namespace, hex>/ */

#define MAPS_SLOTS "slots"
#define MAPS_CONTROL "control"
#define MAPS_MISSED "missed"
#define MAPS_CELLS "cells"
#define MAPS_ATTACH "attach"
#define MAPS_COVER "cover"		/* while the mode of a device changes */
#define MAPS_NAMESPACE "namespace"

struct maps_folder {
	int parent;			/* v1; -1: nothing of xdpfw is there */
	int fd;				/* -1: the namespace has no folder */
	char name[17];
};

#define MAPS_FOLDER_INIT { -1, -1, "" }

void maps_close(struct maps_folder *folder);

/* Opens the namespace's folder; makes it only with CREATE. */
bool maps_open(struct report *report, uint64_t cookie, bool create,
	       struct maps_folder *ret_folder);

/*
 * These return a descriptor or 0, or a negative errno; -EMEDIUMTYPE: a pin of that name holds
 * something that is not a link or a map, whichever it should be.
 */
int maps_get(const struct maps_folder *folder, const char *name);
int maps_pin(const struct maps_folder *folder, const char *name, int fd);
int maps_unpin(const struct maps_folder *folder, const char *name);

struct maps_link {
	char name[24];			/* of the pin */
	uint32_t ifindex;		/* 0: the device is gone */
	uint32_t program;		/* id */
	uint32_t id;
};

/* The pinned links. Returns their number, or a negative errno. */
int maps_list_links(const struct maps_folder *folder, struct arena *arena,
		    struct maps_link **ret_links);

/* The map called NAME of a program: a descriptor, or a negative errno. */
int maps_get_program_map(uint32_t program_id, const char *name);

/* Whether the program is a stub. */
bool maps_is_stub(uint32_t program_id);

/*
 * The map called NAME (MAPS_SLOTS, MAPS_CONTROL, MAPS_MISSED) that the stub on the devices uses,
 * whatever is pinned by that name; the pinned one while no device has the stub.
 */
int maps_get_stub_map(const struct maps_folder *folder, const char *name);

/*
 * The number of a map, 0 when MAP is no descriptor.  Returns 0, or a negative errno: who takes
 * that for another map would count its figures twice.
 */
int maps_read_id(int map, uint32_t *ret_id);

/* Whether two descriptors are of one map. */
bool maps_is_same(int a, int b);

/*
 * Pins in the place of whatever has that name: aside first, then there in one step.  The kernel
 * empties a map of programs that nobody has open and that is not pinned, whoever runs it.
 */
int maps_pin_aside(const struct maps_folder *folder, const char *name, int fd);
int maps_take_aside(const struct maps_folder *folder, const char *name);
int maps_pin_over(const struct maps_folder *folder, const char *name, int fd);

/* Removes what is still aside. */
void maps_drop_aside(const struct maps_folder *folder);

/* Removes the links, then the rest, then the folders that are empty. */
bool maps_remove(struct report *report, struct maps_folder *folder);

/* Removes the folders of namespaces that are gone. */
void maps_remove_dead(struct report *report, const struct maps_folder *folder);

/* Waits until no packet is in a program that was in a slot before. */
void maps_wait_grace(void);

/* maps_attach.c */

#define MAPS_REASON_BYTES 120

/* How the stub came to be on a device as it is. */
struct maps_attach {
	uint32_t asked;			/* enum attach_mode */
	uint32_t generic;
	int32_t error;			/* why not native: a negative errno, 0 when it is */
	uint32_t pad;
	char reason[MAPS_REASON_BYTES];	/* likewise, the kernel's words or ours; may be empty */
};

/* The pinned map of these, by ifindex: a descriptor, or a negative errno. */
int maps_attach_open(const struct maps_folder *folder, bool make);

/* MAP may be a negative errno, which they return. */
int maps_attach_put(int map, uint32_t ifindex, const struct maps_attach *known);
int maps_attach_get(int map, uint32_t ifindex, struct maps_attach *ret_known);

/* Forgets all devices but these. */
void maps_attach_keep(int map, const uint32_t *ifindexes, size_t count);

/* Pins what maps_namespace_lives() asks.  Called inside the folder's network namespace. */
int maps_mark_namespace(const struct maps_folder *folder);

/* Whether the network namespace of a folder is there: 1 or 0, or a negative errno: cannot tell. */
int maps_namespace_lives(const struct maps_folder *folder);

/* maps_record.c */

#define MAPS_KEY_BYTES 16

/*
 * The oldest ABI whose programs' records and devices have the shape of today's.  Below version 5 an
 * element of the map of cells is one cell.
 */
#define MAPS_ABI_OLDEST 3

struct maps_counter {
	uint8_t key[MAPS_KEY_BYTES];	/* of compile_counter.key */
	uint64_t packets, bytes;	/* to be added to what the cell has */
	uint64_t seen_packets, seen_bytes;	/* see maps_header.seen_cells */
	uint32_t cell;
	uint32_t born;			/* the load that began to count, carried over with it */
};

struct maps_object {
	uint8_t key[MAPS_KEY_BYTES];	/* of compile_object.key */
	uint32_t handle;
	uint32_t pad;
};

/* A device the ruleset names, or all whose names begin so. */
struct maps_spec {
	char name[XDPFW_NAME_BYTES];
	uint32_t entry;
	uint32_t prefix;
};

struct maps_header {
	char magic[8];
	uint32_t abi;
	uint32_t revision;		/* of two records of one program the higher one counts */
	uint64_t generation;		/* loads into this namespace so far */
	uint64_t loaded;		/* seconds since 1970 */
	uint32_t rule_count, cell_count;
	uint32_t next_handle;
	uint32_t proved;		/* packets */
	uint32_t counter_count, object_count, spec_count;
	uint32_t text_bytes;		/* without the NUL behind */
	uint32_t failsafe_bytes;	/* likewise, with what is behind them */
	uint32_t mode;			/* enum attach_mode, for devices that come later */
	uint32_t allow_missing;
	uint32_t reads_tags;		/* a rule asks for a VLAN tag */
	uint8_t digest[32];		/* SHA-256 of the text */
	uint8_t bundle[32];		/* digest of its bundle; all zero: see boot.h */
	uint64_t last_generation;	/* the highest given in this namespace */
	uint64_t undone;		/* the load that this one came back after, 0: none */
	uint32_t undone_why;		/* enum maps_undone */
	uint32_t seen_cells;		/* id of another cells map, of which .seen_* of each
					   counter is in .packets and .bytes already */
};

enum maps_undone {
	MAPS_UNDONE_NOT,
	MAPS_UNDONE_EXPIRED,		/* it was not confirmed in time */
	MAPS_UNDONE_ROLLBACK,
};

/* Counters and objects are sorted by key. */
struct maps_record {
	struct maps_header header;
	struct maps_counter *counters;
	struct maps_object *objects;
	struct maps_spec *specs;	/* the devices; which ones these are is in the table */
	char *text;			/* the ruleset, without figures; NUL-terminated */
	const char *failsafe;		/* the failsafe rules, one a line; NUL-terminated */
	const char *made_for;		/* words of --optimize and what --plan said, in the same
					   bytes behind that NUL; "": versions before had none */
};

void maps_key(const char *text, uint8_t ret_key[MAPS_KEY_BYTES]);
void maps_record_sort(struct maps_record *record);
/* NULL when there is none. RECORD must be sorted. */
const struct maps_counter *maps_find_counter(const struct maps_record *record, const char *key);
const struct maps_object *maps_find_object(const struct maps_record *record, const char *key);

/* Makes a frozen map of RECORD and binds it to PROGRAM. */
bool maps_record_bind(struct report *report, const struct maps_record *record, int program);

/* What a slot holds. Every descriptor is owned. */
struct maps_program {
	int program;			/* -1: the slot is empty */
	int cells, devices, tables;
	uint32_t id;
	char name[16];
	uint8_t tag[8];
	uint64_t loaded_ns;
	uint32_t xlated_bytes, jited_bytes, verified;
	uint64_t map_bytes;
	struct maps_record *record;	/* NULL: not a rules program (or not of ours) */
};

#define MAPS_PROGRAM_INIT { .program = -1, .cells = -1, .devices = -1, .tables = -1 }

void maps_program_close(struct maps_program *program);
bool maps_read_slot(struct report *report, int slots, uint32_t slot, struct arena *arena,
		    struct maps_program *ret_program);

/* maps_cells.c */

#define MAPS_CELLS_LEAST XDPFW_PAGE_CELLS

struct maps_cells {
	uint32_t cell_count;		/* of the map */
	bool anew;			/* the map has to be made; else the one in force is used */
	uint32_t *cell_of;		/* by counter number */
	bool *fresh;			/* by counter number: what is in the cell is not its */
	struct xdpfw_cell *base;	/* by counter number */
	const struct maps_counter **from;	/* by counter number; NULL: a new counter */
};

/*
 * Gives every counter a cell and a base value.  OLD: the record in force, or NULL.  Counters that
 * are in both keep their cell, unless a larger map is needed or the one
 * in force is of an older shape.  OTHER: a record whose program uses
 * the same map and may come back, or NULL.  FRESH: nothing is carried over.
 */
void maps_plan_cells(const struct compile *compile, const struct maps_record *old,
		     const struct maps_record *other, bool fresh, struct arena *arena,
		     struct maps_cells *ret_cells);

/* The sums of COUNT cells over all CPUs, of a map of any shape. Returns 0 or a negative errno. */
int maps_read_cells(int cells, const uint32_t *numbers, size_t count, struct xdpfw_cell *ret_sums);
int maps_read_cell(int cells, uint32_t cell, struct xdpfw_cell *ret_sum);

#endif
