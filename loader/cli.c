/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli: runs one command and prints what came of it.
 *
 * In: the command line.  Out: text on standard output, messages on standard error, an exit status.
 * Only the files of this module print.
 */
#define _GNU_SOURCE
#include "loader/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/capture.h"
#include "loader/cli_options.h"
#include "loader/cli_parts.h"
#include "loader/config.h"
#include "loader/kept.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/session.h"
#include "loader/show.h"
#include "loader/swap.h"
#include "loader/watch.h"

/* Words of the command line and names of files may hold what a terminal obeys. */
static void print_message(const char *kind, const char *text)
{
	OWN_BUF struct buf safe = BUF_INIT;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		buf_putc(&safe, (c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? '?' : *text);
	}
	fprintf(stderr, "xdpfw: %s: %s\n", kind, safe.len ? safe.at : "");
}

void cli_print_notice(const char *text)
{
	print_message("notice", text);
}

static void print_error(const struct report *report)
{
	if (report->text.len)
		print_message("error", report->text.at);
}

void cli_print_diag(const struct diag *diag)
{
	OWN_BUF struct buf text = BUF_INIT;

	diag_print(diag, &text);
	if (text.len)
		fwrite(text.at, 1, text.len, stderr);
}

/* Text that could not be written is not done. */
static bool print_output(struct report *report, const struct buf *text)
{
	if ((text->len && fwrite(text->at, 1, text->len, stdout) != text->len) || fflush(stdout))
		return report_fail(report, REPORT_SYSTEM, "cannot write to standard output: %s",
				   strerror(errno));
	return true;
}

bool cli_read_file(struct report *report, struct source_set *sources, const char *file,
		   uint32_t *ret_source)
{
	int error = source_read(sources, file, ret_source);

	if (!error)
		return true;
	if (error == -EINVAL)
		return report_fail(report, REPORT_SYSTEM, "cannot read '%s': not a regular file",
				   file);
	return report_fail(report, REPORT_SYSTEM, "cannot read '%s': %s", file, strerror(-error));
}

struct compile_options cli_compile_options(const struct cli_options *options)
{
	struct compile_options compile = {
		.defines = options->defines.at,
		.define_count = options->defines.len,
		.include_dirs = options->include_dirs.at,
		.include_dir_count = options->include_dirs.len,
		.devices = options->devices.at,
		.device_count = options->devices.len,
		.failsafe = options->failsafe.at,
		.failsafe_count = options->failsafe.len,
		.optimize = options->optimize,
	};

#ifdef XDPFW_TEST_MISCOMPILE
	compile.miscompile = getenv("XDPFW_MISCOMPILE") != NULL;
#endif
#ifdef XDPFW_TEST_FAULTS
	compile.stamp = getenv("XDPFW_STAMP") != NULL;
#endif
	return compile;
}

bool cli_fail_ruleset(struct report *report, const struct diag *diag)
{
	return report_fail(report, diag->usage ? REPORT_USAGE : REPORT_RULESET, "%s", "");
}

static bool emit_phase(struct report *report, const struct cli_options *options,
		       struct source_set *sources, uint32_t source, struct arena *arena,
		       struct diag *diag)
{
	struct compile_options compile = cli_compile_options(options);
	OWN_BUF struct buf text = BUF_INIT;

	if (!compile_emit(sources, source, &compile, options->phase, arena, diag, &text))
		return cli_fail_ruleset(report, diag);
	return print_output(report, &text);
}

struct swap_request cli_make_request(const struct cli_options *options, struct diag *diag)
{
	return (struct swap_request){
		.diag = diag,
		.mode = options->mode,
		.no_verify = options->no_verify,
		.fresh = options->fresh,
		.drop_devices = options->drop_devices,
		.allow_missing = options->allow_missing,
		.force = options->force,
		.fix_offloads = options->fix_offloads,
		.optimize = options->optimize,
		.confirm = options->confirm,
	};
}

/* What this load showed of the program is what later loads go by. */
static void keep_made(struct report *report, struct kept *kept, const struct compile *compile,
		      const struct swap_request *request, bool ok)
{
	if (ok && !request->no_verify && request->compile == compile) {
		kept_put(kept, compile);
	} else if (!ok && report->status == REPORT_BUG && compile->is_kept) {
		kept_drop(kept);
		report_add(report, "\n  the tables were kept ones, which are forgotten now: load "
				   "the ruleset again");
	}
}

static bool load_file(struct report *report, const struct cli_options *options,
		      struct source_set *sources, uint32_t source, struct arena *arena,
		      struct diag *diag)
{
	struct compile_options compile = cli_compile_options(options);
	struct swap_request request = cli_make_request(options, diag);
	struct compile_keeper keeper;
	struct kept *kept = kept_new(report, arena, &keeper);
	struct bundle bundle;
	struct compile *result;
	bool ok;

	compile.keeper = keeper.get ? &keeper : NULL;
	if (!compile_source(sources, source, &compile, arena, diag, &result))
		return cli_fail_ruleset(report, diag);
	session_warn(report, result);
	request.compile = result;
	compile.keeper = NULL;
	ok = cli_add_bundle(report, &compile, sources, arena, &request, &bundle) &&
	     swap_load(report, &request);
	keep_made(report, kept, result, &request, ok);
	return ok;
}

static bool check_file(struct report *report, const struct cli_options *options,
		       struct source_set *sources, uint32_t source, struct arena *arena,
		       struct diag *diag)
{
	struct compile_options compile = cli_compile_options(options);
	struct swap_request request = cli_make_request(options, diag);
	struct compile *result;

	if (!compile_source(sources, source, &compile, arena, diag, &result))
		return cli_fail_ruleset(report, diag);
	session_warn(report, result);
	request.compile = result;
	return swap_check(report, &request);
}

static bool explain(struct report *report, const struct cli_options *options,
		    struct source_set *sources, uint32_t source, struct arena *arena,
		    struct diag *diag)
{
	struct compile_options compile = cli_compile_options(options);
	OWN_BUF struct buf text = BUF_INIT;

	if (!compile_explain(sources, source, &compile, arena, diag, &text))
		return cli_fail_ruleset(report, diag);
	return print_output(report, &text);
}

static bool run_file(struct report *report, const struct cli_options *options,
		     struct arena *arena)
{
	struct source_set sources = { .arena = arena };
	struct diag diag = { .arena = arena, .sources = &sources };
	uint32_t source;
	bool ok;

	if (!cli_read_file(report, &sources, options->file, &source))
		return false;
	if (options->command == CLI_EXPLAIN)
		ok = explain(report, options, &sources, source, arena, &diag);
	else if (options->emit)
		ok = emit_phase(report, options, &sources, source, arena, &diag);
	else if (options->check)
		ok = check_file(report, options, &sources, source, arena, &diag);
	else
		ok = load_file(report, options, &sources, source, arena, &diag);
	cli_print_diag(&diag);
	return ok;
}

static bool describe_words(struct report *report, const char *words, struct buf *out)
{
	if (compile_describe(words, out))
		return true;
	report_fail(report, REPORT_RULESET, "nothing is called '%s'", words);
	if (out->len)
		report_add(report, "; did you mean '%s'?", out->at);
	return false;
}

/* The configuration's failsafe rules and those of the command line are one list. */
static bool add_config(struct report *report, struct arena *arena, struct cli_options *options)
{
	bool start = options->command == CLI_LOAD_OBJECT && !options->object;
	struct config config;

	if (!options->file && options->command != CLI_LOAD_OBJECT)
		return true;
	if (!config_read(report, arena, &config)) {
		if (!start)
			return false;
		/* Without any ruleset the machine would be more open than with this one. */
		report_notice(report, "%s; this does not matter to what was built before",
			      report->text.at);
		buf_free(&report->text);
		report->status = REPORT_DONE;
		return true;
	}
	for (size_t i = 0; i < options->failsafe.len; i++)
		*vec_push(arena, &config.failsafe) = options->failsafe.at[i];
	options->failsafe.at = config.failsafe.at;
	options->failsafe.len = config.failsafe.len;
	options->failsafe.cap = config.failsafe.cap;
	return true;
}

static bool run_text(struct report *report, const struct cli_options *options)
{
	struct show_options show = {
		.handles = options->handles,
		.stateless = options->stateless,
		.what = options->list.what,
		.family = options->list.family,
		.table = options->list.table,
		.name = options->list.name,
	};
	OWN_BUF struct buf text = BUF_INIT;
	bool ok = true;

	if (options->command == CLI_HELP)
		cli_print_help(&text);
	else if (options->command == CLI_VERSION)
		buf_puts(&text, "xdpfw " PACKAGE_VERSION "\n");
	else if (options->command == CLI_DESCRIBE)
		ok = describe_words(report, options->described, &text);
	else if (options->command == CLI_STATUS)
		ok = options->explained ? show_explain(report, options->explained, &text) :
					  show_status(report, &text);
	else
		ok = show_list(report, &show, &text);
	return ok && print_output(report, &text);
}

static bool run_command(struct report *report, const struct cli_options *options,
			struct arena *arena)
{
	if (options->netns && !probe_enter_netns(report, options->netns))
		return false;
	switch (options->command) {
	case CLI_LOAD:
	case CLI_EXPLAIN:
		return run_file(report, options, arena);
	case CLI_COMPILE:
		return cli_compile(report, options, arena);
	case CLI_LOAD_OBJECT:
		return cli_load_object(report, options, arena);
	case CLI_UNLOAD:
		return swap_unload(report);
	case CLI_WATCH:
		return watch_run(report, options->once);
	case CLI_CONFIRM:
		return swap_confirm(report);
	case CLI_ROLLBACK:
		return swap_rollback(report);
	case CLI_LIST:
	case CLI_STATUS:
	case CLI_DESCRIBE:
	case CLI_HELP:
	case CLI_VERSION:
		return run_text(report, options);
	case CLI_NONE:
		break;
	}
	return report_fail(report, REPORT_USAGE, "nothing to do");
}

/* Whoever starts xdpfw without one of the three must not have messages go into a map or a pipe. */
static bool open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int cli_run(int argc, char **argv)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct report report = { .notice = cli_print_notice };
	struct cli_options options;

	/* Nothing is open yet that a message could go into by mistake. */
	if (!open_standard()) {
		fprintf(stderr, "xdpfw: error: cannot open /dev/null: %s\n  nothing was changed\n",
			strerror(errno));
		return REPORT_SYSTEM;
	}
	signal(SIGXFSZ, SIG_IGN);	/* a file that may not grow is an error like a full disk */
	signal(SIGCHLD, SIG_DFL);	/* while it is ignored no child can be waited for */
	capture_end();
	if (cli_parse(argc, argv, &arena, &report, &options) &&
	    add_config(&report, &arena, &options))
		run_command(&report, &options, &arena);
	print_error(&report);
	buf_free(&report.text);
	return (int)report.status;
}
