/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli_options: the words of the command line, as one struct.
 */
#ifndef XDPFW_CLI_OPTIONS_H
#define XDPFW_CLI_OPTIONS_H

#include <stdbool.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/compile.h"
#include "loader/attach.h"
#include "loader/report.h"

enum cli_command {
	CLI_NONE,
	CLI_LOAD,			/* -f, with -c: check */
	CLI_COMPILE,
	CLI_LOAD_OBJECT,		/* `load` */
	CLI_LIST,
	CLI_STATUS,
	CLI_UNLOAD,
	CLI_WATCH,
	CLI_CONFIRM,
	CLI_ROLLBACK,
	CLI_DESCRIBE,
	CLI_EXPLAIN,
	CLI_HELP,
	CLI_VERSION,
};

/* What `list` is to show; see compile_list(). */
struct cli_list {
	enum compile_list what;
	const char *family, *table, *name;	/* NULL: all */
};

struct cli_options {
	enum cli_command command;
	const char *file;
	const char *output;		/* of `compile` */
	const char *object;		/* of `load`; NULL: the boot object */
	const char *netns;
	bool check, emit, handles, stateless;
	bool no_verify, fresh, drop_devices, force, fix_offloads, allow_missing, once;
	bool mode_given, optimize_given;
	struct compile_optimize optimize;
	enum attach_mode mode;
	uint32_t confirm;		/* seconds; 0: not asked for */
	enum compile_phase phase;
	struct cli_list list;
	const char *explained;		/* the device of --explain */
	const char *described;		/* NULL: everything */
	VEC(struct compile_define) defines;
	VEC(const char *) include_dirs;
	VEC(const char *) devices;
	VEC(struct compile_failsafe) failsafe;
};

/* A wrong word is REPORT_USAGE. */
bool cli_parse(int argc, char **argv, struct arena *arena, struct report *report,
	       struct cli_options *ret_options);

void cli_print_help(struct buf *out);

#endif
