/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap_program: a compiled ruleset -> a program in the kernel that was proved.
 *
 * In: C text, tables, cells, devices.  Out: a program ready for a slot, attached to nothing.  All
 * three (two twins, the live one) come from the same object and the same configuration; the live
 * one's instructions must be those of the twin that was proved.
 */
#define _GNU_SOURCE
#include "loader/swap_parts.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "loader/build.h"
#include "loader/own.h"
#include "loader/prove.h"
#include "loader/state.h"

/* What a maintainer needs is kept, and the user told where. */
static void keep_failure(struct report *report, const struct compile *compile,
			 const struct buf *log)
{
	OWN_MEMORY char *path = NULL;

	if (report->status != REPORT_BUG)
		return;
	path = state_keep_failure(compile->c_text, compile->c_bytes, log->at ? log->at : "");
	if (path)
		report_add(report, "\n  the program and the log are in %s (rules.c, log)", path);
	else
		report_add(report, "\n  the log: %.2000s", log->at ? log->at : "");
}

/*
 * Rulesets of the same program share an object.  The comments in its debug information may then
 * name lines of another file: they are for people to read, and messages do not use them.
 */
static void make_key(const struct compile *compile, char ret_key[STATE_DIGEST_HEX])
{
	uint8_t key[STATE_DIGEST_BYTES];

	bundle_key(compile, key);
	state_digest_hex(key, ret_key);
}

bool swap_get_kept(struct report *report, const struct compile *compile, struct buf *ret_object)
{
	char key[STATE_DIGEST_HEX];

	make_key(compile, key);
	return state_get_object(report, key, ret_object);
}

bool swap_build(struct report *report, const struct compile *compile, struct buf *ret_object)
{
	OWN_BUF struct buf log = BUF_INIT;

	if (build_run(report, compile->c_text, compile->c_bytes, &log, ret_object))
		return true;
	keep_failure(report, compile, &log);
	return false;
}

void swap_keep(struct report *report, const struct compile *compile, const struct buf *object)
{
	char key[STATE_DIGEST_HEX];

	make_key(compile, key);
	state_put_object(report, key, object->at, object->len);
}

static bool fill_devices(struct report *report, const struct swap_program *program, int map)
{
	uint32_t key = 0;

	if (bpf_map_update_elem(map, &key, program->table, BPF_ANY))
		return report_fail(report, REPORT_SYSTEM, "cannot fill the table of devices: %s",
				   strerror(errno));
	return true;
}

static struct object_config make_config(const struct compile *compile,
					const struct swap_program *program, bool prove)
{
	const struct maps_cells *cells = program->cells;

	return (struct object_config){
		.prove = prove,
		.reads_given = compile->reads_given,
		.minutes_west = program->clock.minutes_west,
		.tai_offset = program->clock.tai_offset,
		.cell_of = cells->cell_of,
		.counter_count = (uint32_t)compile->counter_count,
		.cell_count = cells->cell_count,
		.image = compile->image,
		.image_bytes = compile->image_bytes,
	};
}

/* The second twin and the live program share the first twin's tables. */
static bool load_twins(struct report *report, const struct compile *compile,
		       const struct swap_program *program, struct buf *log,
		       struct prove_input *input)
{
	struct object_config config = make_config(compile, program, true);
	struct object_maps maps = OBJECT_MAPS_NONE;

	if (!object_load(report, program->object->at, program->object->len, &config, &maps, log,
			 &input->twins[0]))
		return false;
	maps.devices = input->twins[0].maps.devices;
	maps.tables = input->twins[0].maps.tables;
	config.prove = false;
	input->devices = maps.devices;
	return object_load(report, program->object->at, program->object->len, &config, &maps, log,
			   &input->twins[1]) &&
	       (program->rehearse || fill_devices(report, program, input->devices));
}

static bool load_live(struct report *report, const struct swap_request *request,
		      const struct swap_program *program, const struct object *twin,
		      struct buf *log, struct object *ret_live)
{
	const struct compile *compile = request->compile;
	struct object_config config = make_config(compile, program, false);
	struct object_maps maps = {
		.cells = program->cells_map,
		.devices = twin ? twin->maps.devices : -1,
		.tables = twin ? twin->maps.tables : -1,
	};

	if (!object_load(report, program->object->at, program->object->len, &config, &maps, log,
			 ret_live))
		return false;
	/* A program that no device runs uses no cell, but has to keep what others counted. */
	if (bpf_prog_bind_map(ret_live->program, ret_live->maps.cells, NULL))
		return report_fail(report, REPORT_SYSTEM, "cannot bind the counters: %s",
				   strerror(errno));
	if (!twin)
		return fill_devices(report, program, ret_live->maps.devices);
	if (twin->xlated_bytes == ret_live->xlated_bytes &&
	    !memcmp(twin->tag, ret_live->tag, sizeof(twin->tag)))
		return true;
	return report_fail(report, REPORT_BUG,
			   "the program to be put in force is not the one that was proved "
			   "(%u bytes instead of %u): this is a bug of xdpfw",
			   ret_live->xlated_bytes, twin->xlated_bytes);
}

bool swap_make_program(struct report *report, const struct swap_request *request,
		       const struct swap_program *program, struct arena *arena,
		       struct object *ret_live, uint32_t *ret_packets)
{
	const struct compile *compile = request->compile;
	OWN_BUF struct buf log = BUF_INIT;
	struct prove_input input = {
		.compile = compile,
		.twins = { OBJECT_INIT, OBJECT_INIT },
		.cell_of = program->cells->cell_of,
		.table = program->table,
		.rows = program->rows,
		.row_count = program->row_count,
		.minutes_west = program->clock.minutes_west,
		.kept = program->kept && !request->object,
	};
	bool ok = true, prove = !request->no_verify;

	if (prove)
		ok = load_twins(report, compile, program, &log, &input) &&
		     prove_run(report, &input, arena, ret_packets);
	if (ok && prove)
		swap_fault("proved");
	if (ok && !program->rehearse)
		ok = load_live(report, request, program, prove ? &input.twins[1] : NULL, &log,
			       ret_live);
	object_close(&input.twins[0]);
	object_close(&input.twins[1]);
	if (!ok && !(program->kept && build_find_clang()))
		keep_failure(report, compile, &log);
	return ok;
}
