/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli_object: the commands that make and load objects (bundle.h).
 *
 * In: a ruleset file, or an object; without one, what the machine starts with.  Out: an object, or
 * the ruleset in force.  An object goes through verifier and proof like a program that was built
 * now; what it cannot show, that its maker meant well, is for the user to know.
 */
#define _GNU_SOURCE
#include "loader/cli_parts.h"

#include <string.h>

#include "loader/boot.h"
#include "loader/build.h"
#include "loader/own.h"
#include "loader/session.h"

bool cli_compile(struct report *report, const struct cli_options *options, struct arena *arena)
{
	struct compile_options compile_options = cli_compile_options(options);
	struct source_set sources = { .arena = arena };
	struct diag diag = { .arena = arena, .sources = &sources };
	OWN_BUF struct buf object = BUF_INIT, bytes = BUF_INIT;
	const struct compile *built;
	struct bundle bundle = { 0 };
	struct compile *compile;
	uint32_t source;
	bool ok;

	if (!cli_read_file(report, &sources, options->file, &source))
		return false;
	ok = compile_source(&sources, source, &compile_options, arena, &diag, &compile);
	cli_print_diag(&diag);
	if (!ok)
		return cli_fail_ruleset(report, &diag);
	if (!bundle_set_text(report, &bundle, compile, &compile_options, NULL, &sources, arena,
			     &built) ||
	    !swap_build(report, built, &object))
		return false;
	bundle_set_program(&bundle, built, &object);
	bundle_put(&bundle, &bytes);
	return bundle_write(report, options->output, &bytes);
}

/* What the machine starts with now, if it can be read; to be compared only. */
static bool get_current(struct arena *arena, struct buf *bytes, struct bundle *ret_bundle)
{
	struct report quiet = { 0 };
	bool ok = boot_get(&quiet, BOOT_CURRENT, bytes) &&
		  bundle_peek(&quiet, BOOT_CURRENT, buf_str(bytes), arena, ret_bundle);

	buf_free(&quiet.text);
	return ok;
}

bool cli_add_bundle(struct report *report, const struct compile_options *options,
		    struct source_set *sources, struct arena *arena,
		    struct swap_request *request, struct bundle *ret_bundle)
{
	struct bundle bundle = {
		.mode = (uint32_t)request->mode,
		.allow_missing = request->allow_missing,
	};

	OWN_BUF struct buf bytes = BUF_INIT;
	struct bundle current;
	bool known;

	if (!request->compile->object_count || !boot_is_here(report))
		return true;
	known = get_current(arena, &bytes, &current);
	if (!bundle_set_text(report, &bundle, request->compile, options, known ? &current : NULL,
			     sources, arena, &request->compile))
		return false;
	*ret_bundle = bundle;
	request->bundle = ret_bundle;
	return true;
}

/* ---- load ---- */

/* An object on its way. */
struct load {
	const struct cli_options *options;
	struct arena *arena;
	struct buf bytes;		/* what was read */
	const char *name;
	struct bundle bundle;
	struct buf object;		/* points into bytes */
	struct compile *compile;
	struct bundle start;		/* what the machine is to start with */
};

static bool get_boot(struct report *report, struct load *load, const char *name,
		     bool *ret_there)
{
	load->name = arena_printf(load->arena, "%s/%s", state_path(), name);
	*ret_there = boot_get(report, name, &load->bytes);
	return *ret_there && bundle_get(report, load->name, buf_str(&load->bytes), load->arena,
					&load->bundle);
}

/* Where the ruleset is damaged, the one before it is better than none. */
static bool read_boot(struct report *report, struct load *load)
{
	struct report quiet = { 0 };
	bool ok, there;

	if (!boot_is_here(NULL))
		return report_fail(report, REPORT_USAGE,
				   "only the network namespace that the machine started with has a "
				   "ruleset to start with: name an object");
	if (get_boot(report, load, BOOT_CURRENT, &there))
		return true;
	if (!there)
		return false;
	buf_free(&load->bytes);
	ok = get_boot(&quiet, load, BOOT_PREVIOUS, &there);
	if (ok) {
		report_notice(report, "%s; the ruleset before it is loaded instead",
			      report->text.at);
		buf_free(&report->text);
		report->status = REPORT_DONE;
	}
	buf_free(&quiet.text);
	return ok;
}

static bool read_named(struct report *report, struct load *load)
{
	load->name = strcmp(load->options->object, "-") ? load->options->object : "<stdin>";
	if (!bundle_read(report, load->options->object, &load->bytes) ||
	    !bundle_get(report, load->name, buf_str(&load->bytes), load->arena, &load->bundle))
		return false;
	/* It becomes what the machine starts with as this load has it. */
	load->start = load->bundle;
	memset(load->start.digest, 0, sizeof(load->start.digest));
	return true;
}

/*
 * What the machine starts with, after xdpfw has become another version: its object is built anew,
 * or tried when that cannot be.  Its tables belong to the object, and the proof decides.
 */
static bool take_older(struct report *report, struct load *load, struct swap_request *request)
{
	struct bundle *bundle = &load->bundle;

	if (build_find_clang()) {
		report_notice(report, "'%s' was made by another version of xdpfw (%s) and is built "
				      "anew", load->name, bundle->version);
		request->object = NULL;
		load->start = *bundle;
		memset(load->start.digest, 0, sizeof(load->start.digest));
		request->bundle = &load->start;
		return true;
	}
	if (bundle->abi != XDPFW_ABI_VERSION)
		return bundle_fail_version(report, load->name, bundle->version);
	if (request->no_verify)
		return report_fail(report, REPORT_SYSTEM,
				   "'%s' was made by another version of xdpfw (%s): without clang "
				   "it is loaded only with the proof", load->name,
				   bundle->version);
	report_notice(report, "'%s' was made by another version of xdpfw (%s), and there is no "
			      "clang to build it anew: it is loaded if the proof finds nothing",
		      load->name, bundle->version);
	load->compile->image = (const uint8_t *)bundle->image.at;
	load->compile->image_bytes = bundle->image.len;
	return true;
}

static bool is_carried(const struct bundle *bundle, const char *rule)
{
	for (size_t i = 0; i < bundle->failsafe_count; i++)
		if (!strcmp(bundle->failsafe[i], rule))
			return true;
	return false;
}

/*
 * The failsafe rules of this host have to be in the program.  What the machine starts with is
 * loaded all the same: without any ruleset it is more open than the rule is there to make it.
 */
static bool check_failsafe(struct report *report, struct load *load, struct source_set *sources,
			   struct diag *diag)
{
	struct compile_options options = {
		.failsafe = load->options->failsafe.at,
		.failsafe_count = load->options->failsafe.len,
		.listing = true,
	};
	struct compile *compile;
	uint32_t source;

	if (!options.failsafe_count)
		return true;
	source = source_add(sources, load->name, load->bundle.text);
	if (!compile_source(sources, source, &options, load->arena, diag, &compile))
		return !load->options->object || cli_fail_ruleset(report, diag);
	for (size_t i = 0; i < compile->failsafe_count; i++) {
		if (is_carried(&load->bundle, compile->failsafe[i]))
			continue;
		if (load->options->object)
			return report_fail(report, REPORT_SYSTEM,
					   "the program of '%s' does not have the failsafe rule "
					   "'%s' of this host: build it again, with --failsafe",
					   load->name, compile->failsafe[i]);
		report_notice(report, "the program of '%s' was built before this host had the "
				      "failsafe rule '%s', and does not have it",
			      load->name, compile->failsafe[i]);
	}
	return true;
}

static bool run_load(struct report *report, struct load *load)
{
	struct source_set sources = { .arena = load->arena };
	struct diag diag = { .arena = load->arena, .sources = &sources };
	struct swap_request request = cli_make_request(load->options, &diag);
	bool boot = !load->options->object, same, ok;

	ok = bundle_compile(report, load->name, &load->bundle, &sources, &diag, load->arena,
			    &load->compile, &same);
	if (ok) {
		load->object = (struct buf){ (char *)load->bundle.object.at,
					     load->bundle.object.len, load->bundle.object.len };
		request.compile = load->compile;
		request.object = &load->object;
		request.bundle = boot		       ? &load->bundle :
				 boot_is_here(report) ? &load->start :
							NULL;
		if (!load->options->mode_given)
			request.mode = (enum attach_mode)load->bundle.mode;
		request.allow_missing = request.allow_missing || load->bundle.allow_missing;
		request.optimize = bundle_optimize(&load->bundle);
		if (!same)
			ok = boot ? take_older(report, load, &request) :
				    bundle_fail_version(report, load->name, load->bundle.version);
		ok = ok && check_failsafe(report, load, &sources, &diag);
	}
	load->start.mode = (uint32_t)request.mode;
	load->start.allow_missing = request.allow_missing;
	if (ok)
		session_warn(report, request.compile);
	ok = ok && swap_load(report, &request);
	if (!ok && report->status == REPORT_BUG && request.object)
		report_add(report, "\n  the program of '%s' was not built here and now: build it "
				   "again before you blame xdpfw", load->name);
	cli_print_diag(&diag);
	return ok;
}

bool cli_load_object(struct report *report, const struct cli_options *options,
		     struct arena *arena)
{
	struct load load = { .options = options, .arena = arena };
	bool ok = options->object ? read_named(report, &load) : read_boot(report, &load);

	ok = ok && run_load(report, &load);
	buf_free(&load.bytes);
	return ok;
}
