/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show: reads what is in force from the kernel.
 *
 * In: the program in slot 0, its record, its cells.  Out: text.  Program, record and cells hang
 * together, so a listing never mixes two rulesets, even while another command loads one.
 */
#define _GNU_SOURCE
#include "loader/show.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "bpf/xdpfw_stub.h"
#include "compiler/compile.h"
#include "loader/attach.h"
#include "loader/boot.h"
#include "loader/build.h"
#include "loader/own.h"
#include "loader/show_parts.h"
#include "loader/sandbox.h"
#include "loader/state.h"
#include "loader/swap.h"

static bool compile_record(struct report *report, const struct maps_record *record,
			   struct arena *arena, struct compile **ret_compile)
{
	struct source_set *sources = ARENA_NEW(arena, struct source_set);
	struct diag *diag = ARENA_NEW(arena, struct diag);
	struct compile_options options = { .listing = true, .only_list = true };
	OWN_BUF struct buf text = BUF_INIT;
	uint32_t source;

	sources->arena = arena;
	diag->arena = arena;
	diag->sources = sources;
	source = source_add(sources, "<ruleset in force>", str_from(record->text));
	if (compile_source(sources, source, &options, arena, diag, ret_compile))
		return true;
	diag_print(diag, &text);
	return report_fail(report, REPORT_BUG,
			   "the record of the ruleset in force cannot be read back: this is a bug "
			   "of xdpfw\n%s", text.at ? text.at : "");
}

static bool read_figures(struct report *report, const struct compile *compile,
			 const struct maps_program *program, struct arena *arena,
			 struct xdpfw_cell *figures)
{
	size_t count = compile->counter_count;
	const struct maps_counter **counters =
		ARENA_ARRAY(arena, const struct maps_counter *, count + 1);
	uint32_t *cells = ARENA_ARRAY(arena, uint32_t, count + 1);
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		counters[i] = maps_find_counter(program->record, compile->counters[i].key);
		if (counters[i])
			cells[i] = counters[i]->cell;
		else
			error = -ENOENT;
	}
	if (!error)
		error = maps_read_cells(program->cells, cells, count, figures);
	if (error)
		return report_fail(report, REPORT_SYSTEM, "cannot read the counters: %s",
				   strerror(-error));
	for (size_t i = 0; i < count; i++) {
		figures[i].packets += counters[i]->packets;
		figures[i].bytes += counters[i]->bytes;
	}
	return true;
}

static bool print_list(struct report *report, const struct show_options *options,
		       const struct maps_program *program, struct arena *arena, struct buf *out)
{
	struct compile_print_options print = { .stateless = options->stateless };
	OWN_BUF struct buf missing = BUF_INIT;
	struct compile *compile;
	struct xdpfw_cell *figures;
	uint32_t *handles;

	if (!compile_record(report, program->record, arena, &compile))
		return false;
	figures = ARENA_ARRAY(arena, struct xdpfw_cell, compile->counter_count + 1);
	handles = ARENA_ARRAY(arena, uint32_t, compile->object_count + 1);
	if (!read_figures(report, compile, program, arena, figures))
		return false;
	for (size_t i = 0; i < compile->object_count; i++) {
		const struct maps_object *object =
			maps_find_object(program->record, compile->objects[i].key);

		handles[i] = object ? object->handle : 0;
	}
	print.figures = figures;
	print.handles = options->handles ? handles : NULL;
	if (compile_list(compile, options->what, options->family, options->table, options->name,
			 &print, out))
		return true;
	compile_say_missing(compile, options->what, options->family, options->table,
			    options->name, &missing);
	return report_fail(report, REPORT_RULESET, "%s", missing.at);
}

bool show_list(struct report *report, const struct show_options *options, struct buf *out)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_folder folder = MAPS_FOLDER_INIT;
	struct maps_program program = MAPS_PROGRAM_INIT;
	bool emptied, ok = swap_open(report, &arena, &folder, &program, &emptied);

	if (ok && emptied)
		ok = report_fail(report, REPORT_SYSTEM,
				 "there is no ruleset to list: somebody emptied its slot; see "
				 "'xdpfw status'");
	if (ok && program.record)
		ok = print_list(report, options, &program, &arena, out);
	else if (ok && options->table)
		ok = report_fail(report, REPORT_RULESET,
				 "there is no table '%s': no ruleset is loaded in this network "
				 "namespace", options->table);
	maps_program_close(&program);
	maps_close(&folder);
	return ok;
}

void show_time(uint64_t seconds, struct buf *out)
{
	time_t when = (time_t)seconds;
	char text[64];
	struct tm local;

	if (localtime_r(&when, &local) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local))
		buf_puts(out, text);
	else
		buf_printf(out, "%" PRIu64, seconds);
}

static void print_missed(const struct maps_folder *folder, struct buf *out)
{
	OWN_FD int fd = maps_get_stub_map(folder, MAPS_MISSED);
	uint64_t missed;
	uint32_t key = 0;

	if (fd < 0 || bpf_map_lookup_elem(fd, &key, &missed))
		buf_puts(out, "missed tail calls: cannot be read\n");
	else
		buf_printf(out, "missed tail calls: %" PRIu64 "\n", missed);
}

/* One a line. */
static void print_failsafe(const char *lines, struct buf *out)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		buf_printf(out, "failsafe: %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

static void print_program(const struct maps_program *program, struct buf *out)
{
	const struct maps_header *header = &program->record->header;
	char digest[STATE_DIGEST_HEX];

	state_digest_hex(header->digest, digest);
	buf_printf(out, "ruleset: %.16s, loaded ", digest);
	show_time(header->loaded, out);
	buf_printf(out, ", load number %" PRIu64 " of this namespace\n", header->generation);
	buf_printf(out, "rules: %u, counters: %u\n", header->rule_count, header->counter_count);
	print_failsafe(program->record->failsafe, out);
	if (*program->record->made_for)
		buf_printf(out, "made for: %s\n", program->record->made_for);
	buf_printf(out,
		   "program: id %u, %u instructions (%u verified), %u bytes JITed, maps of %" PRIu64
		   " KiB\n", program->id, program->xlated_bytes / 8, program->verified,
		   program->jited_bytes, (program->map_bytes + 1023) / 1024);
	if (header->proved)
		buf_printf(out, "proved: with %u packets\n", header->proved);
	else if (!header->spec_count)
		buf_puts(out, "proved: nothing to prove, no device runs it\n");
	else
		buf_puts(out, "proved: no (--no-verify)\n");
}

static void print_builder(struct buf *out)
{
	OWN_BUF struct buf missing = BUF_INIT;
	struct build_user user;

	build_find_user(&user);
	if (user.missing)
		buf_printf(out, "notice: there is no user '%s', so clang runs as user %u\n",
			   BUILD_USER, (unsigned int)user.uid);
	sandbox_say_missing(&missing);
	if (missing.len)
		buf_printf(out, "notice: %s\n", missing.at);
}

/* What the machine starts with. */
static void print_boot(const uint8_t in_force[STATE_DIGEST_BYTES], struct buf *out)
{
	switch (boot_find_start(in_force)) {
	case BOOT_START_THIS:
		buf_puts(out, "next start: this ruleset\n");
		break;
	case BOOT_START_OTHER:
		buf_puts(out, "next start: another ruleset, the one that 'xdpfw load' loads\n");
		break;
	case BOOT_START_NONE:
		buf_puts(out, "next start: no ruleset\n");
		break;
	case BOOT_START_UNKNOWN:
		break;
	}
}

static void print_none(struct buf *out)
{
	static const uint8_t none[STATE_DIGEST_BYTES];

	buf_puts(out, "no ruleset is loaded in this network namespace\n");
	if (boot_find_start(none) == BOOT_START_OTHER)
		buf_puts(out, "next start: the ruleset that 'xdpfw load' loads\n");
}

static bool print_status(struct report *report, const struct maps_folder *folder,
			 const struct maps_program *program, struct arena *arena, struct buf *out)
{
	struct maps_link *links;
	int count = maps_list_links(folder, arena, &links);
	uint32_t stub = 0;

	if (count < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-count));
	for (int i = 0; i < count && !stub; i++)
		if (links[i].ifindex && maps_is_stub(links[i].program))
			stub = links[i].program;
	print_program(program, out);
	if (!show_confirm(report, folder, program, arena, out))
		return false;
	if (stub)
		buf_printf(out, "stub: id %u\n", stub);
	print_missed(folder, out);
	if (!show_devices(report, folder, program, links, count, stub, arena, out))
		return false;
	print_boot(program->record->header.bundle, out);
	print_builder(out);
	return true;
}

/* The stub is on its devices, and there is nothing for it to run. */
static bool print_emptied(struct report *report, const struct maps_folder *folder,
			  struct arena *arena, struct buf *out)
{
	struct maps_link *links;
	int count = maps_list_links(folder, arena, &links);

	if (count < 0)
		return report_fail(report, REPORT_SYSTEM, "cannot read the pinned links: %s",
				   strerror(-count));
	buf_puts(out, "ruleset: NONE: somebody emptied its slot; a load puts a ruleset there, "
		      "'xdpfw unload' opens the devices\n");
	print_missed(folder, out);
	for (int i = 0; i < count; i++) {
		char name[IF_NAMESIZE] = "?";

		if (!links[i].ifindex)
			continue;
		if_indextoname(links[i].ifindex, name);
		buf_printf(out, "device %s: EVERY PACKET IS DROPPED\n", name);
	}
	return true;
}

bool show_status(struct report *report, struct buf *out)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct maps_folder folder = MAPS_FOLDER_INIT;
	struct maps_program program = MAPS_PROGRAM_INIT;
	bool emptied, ok = swap_open(report, &arena, &folder, &program, &emptied);

	if (ok && emptied)
		ok = print_emptied(report, &folder, &arena, out);
	else if (ok && !program.record)
		print_none(out);
	else if (ok)
		ok = print_status(report, &folder, &program, &arena, out);
	maps_program_close(&program);
	maps_close(&folder);
	return ok;
}
