/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli_parts: what the files of module cli share.
 */
#ifndef XDPFW_CLI_PARTS_H
#define XDPFW_CLI_PARTS_H

#include "loader/bundle.h"
#include "loader/cli_options.h"
#include "loader/swap.h"

/* cli.c */

void cli_print_notice(const char *text);
void cli_print_diag(const struct diag *diag);
bool cli_read_file(struct report *report, struct source_set *sources, const char *file,
		   uint32_t *ret_source);
struct compile_options cli_compile_options(const struct cli_options *options);
struct swap_request cli_make_request(const struct cli_options *options, struct diag *diag);
/* The diagnostics say it all; --device that does not fit is a usage error. */
bool cli_fail_ruleset(struct report *report, const struct diag *diag);

/* cli_object.c */

bool cli_compile(struct report *report, const struct cli_options *options, struct arena *arena);
bool cli_load_object(struct report *report, const struct cli_options *options,
		     struct arena *arena);

/* Lets a load write what the machine starts with; REQUEST may get another compile. */
bool cli_add_bundle(struct report *report, const struct compile_options *options,
		    struct source_set *sources, struct arena *arena,
		    struct swap_request *request, struct bundle *ret_bundle);

#endif
