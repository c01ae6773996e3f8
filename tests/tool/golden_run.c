/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * golden_run: what each phase prints for a file, compared with what it printed when somebody read
 * it last.
 *
 * In: `golden_run [--update] golden|errors DIR`.  For each DIR/NAME.nft:
 *
 *	golden	the phases' prints are NAME.tokens .ast .bound .ir .plan .c (from where it speaks
 *		of this ruleset), the listing is NAME.list, and the warnings NAME.err (no file:
 *		none)
 *	errors	the file is refused, and the messages are NAME.err
 *
 * A line `# failsafe RULE` in NAME.nft is a failsafe rule of that file; force.h says what its first
 * line can be.
 *
 * Out: a unified diff for each difference, then "N passed, N failed, N skipped".  --update writes
 * the files instead.  It works inside DIR, so that places in messages do not depend on where the
 * source tree is.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/compile.h"
#include "tests/tool/force.h"

struct run {
	bool update;
	unsigned int passed, failed;
};

/* One file's work: everything is freed with the arena. */
struct work {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	uint32_t source;
};

static const char *const phases[] = { "tokens", "ast", "bound", "ir", "plan", "c" };

static void stop(const char *what, const char *path)
{
	fprintf(stderr, "golden_run: %s: %s: %s\n", what, path, strerror(errno));
	exit(1);
}

static void work_begin(struct work *work, const char *path)
{
	int error;

	*work = (struct work){ .arena = ARENA_INIT };
	work->sources.arena = &work->arena;
	work->diag.arena = &work->arena;
	work->diag.sources = &work->sources;
	error = source_read(&work->sources, path, &work->source);
	if (error) {
		errno = -error;
		stop("read", path);
	}
}

static void file_read(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char bytes[4096];
	size_t len;

	buf_puts(out, "");
	if (!file) {
		if (errno != ENOENT)
			stop("read", path);
		return;
	}
	while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_put(out, bytes, len);
	fclose(file);
}

static void file_write(const char *path, struct str text)
{
	FILE *file;

	if (!text.len) {
		if (unlink(path) && errno != ENOENT)
			stop("remove", path);
		return;
	}
	file = fopen(path, "we");
	if (!file || fwrite(text.at, 1, text.len, file) != text.len || fclose(file))
		stop("write", path);
}

static void show_difference(const char *path, struct str got)
{
	char command[512];
	FILE *diff;

	fflush(stdout);
	snprintf(command, sizeof(command),
		 "diff -uN --label wanted/%s --label got/%s %s - | head -40", path, path, path);
	diff = popen(command, "w");
	if (!diff)
		stop("run diff on", path);
	fwrite(got.at, 1, got.len, diff);
	pclose(diff);
}

/* GOT is what PATH should hold; an empty text is no file. */
static void compare(struct run *run, const char *path, struct str got)
{
	struct buf wanted = BUF_INIT;

	if (run->update) {
		file_write(path, got);
		return;
	}
	file_read(path, &wanted);
	if (str_eq(buf_str(&wanted), got)) {
		run->passed++;
	} else {
		run->failed++;
		printf("FAIL %s\n", path);
		show_difference(path, got);
	}
	buf_free(&wanted);
}

static const char *with_suffix(struct arena *arena, const char *path, const char *suffix)
{
	return arena_printf(arena, "%.*s.%s", (int)(strrchr(path, '.') - path), path, suffix);
}

/* Without what bpf/ puts at the head of every program. */
static struct str of_ruleset(struct str text)
{
	const char *at = text.at ? strstr(text.at, "/* ---- From here on: this ruleset") : NULL;

	return at ? (struct str){ at, text.len - (size_t)(at - text.at) } : text;
}

/* The lines `# failsafe RULE` of the file in hand. */
static void find_failsafe(struct work *work, const char *path, struct compile_options *options)
{
	static const char word[] = "# failsafe ";
	VEC(struct compile_failsafe) found = { 0 };
	struct str text = work->sources.sources.at[work->source].text;

	for (uint32_t line = 1; text.len; line++) {
		const char *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) : text.len;

		if (len >= sizeof(word) - 1 && !memcmp(text.at, word, sizeof(word) - 1))
			*vec_push(&work->arena, &found) = (struct compile_failsafe){
				.place = path, .line = line, .column = sizeof(word),
				.text = arena_strdup(&work->arena, (struct str){
					text.at + sizeof(word) - 1, len - (sizeof(word) - 1) }),
			};
		len += newline != NULL;
		text.at += len;
		text.len -= len;
	}
	options->failsafe = found.at;
	options->failsafe_count = found.len;
}

static void run_phase(struct run *run, const char *path, const char *phase_name)
{
	struct work work;
	struct compile_options options = { 0 };
	struct buf out = BUF_INIT;
	enum compile_phase phase;

	work_begin(&work, path);
	find_failsafe(&work, path, &options);
	force_wanted(work.sources.sources.at[work.source].text, &work.arena, &options);
	if (!compile_phase_parse(phase_name, &phase))
		abort();
	if (!compile_emit(&work.sources, work.source, &options, phase, &work.arena, &work.diag,
			  &out))
		diag_print(&work.diag, &out);
	compare(run, with_suffix(&work.arena, path, phase_name), of_ruleset(buf_str(&out)));
	buf_free(&out);
	arena_free(&work.arena);
}

static bool run_compile(struct run *run, const char *path, struct buf *out)
{
	struct work work;
	struct compile_options options = { 0 };
	struct compile_print_options print = { 0 };
	struct compile *compile;
	struct buf messages = BUF_INIT;
	bool done;

	work_begin(&work, path);
	find_failsafe(&work, path, &options);
	force_wanted(work.sources.sources.at[work.source].text, &work.arena, &options);
	done = compile_source(&work.sources, work.source, &options, &work.arena, &work.diag,
			      &compile);
	if (done)
		compile_print(compile, &print, out);
	diag_print(&work.diag, &messages);
	compare(run, with_suffix(&work.arena, path, "err"), buf_str(&messages));
	buf_free(&messages);
	arena_free(&work.arena);
	return done;
}

static void run_file(struct run *run, const char *path, bool errors)
{
	struct buf list = BUF_INIT;
	struct arena arena = ARENA_INIT;

	if (run_compile(run, path, &list) == errors) {
		run->failed++;
		printf("FAIL %s is %s\n", path, errors ? "accepted" : "refused");
	}
	if (!errors) {
		for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
			run_phase(run, path, phases[i]);
		compare(run, with_suffix(&arena, path, "list"), buf_str(&list));
	}
	arena_free(&arena);
	buf_free(&list);
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	glob_t files;
	bool errors;

	if (argc > 1 && !strcmp(argv[1], "--update")) {
		run.update = true;
		argv++;
		argc--;
	}
	if (argc != 3 || (strcmp(argv[1], "golden") && strcmp(argv[1], "errors"))) {
		fprintf(stderr, "usage: golden_run [--update] golden|errors DIR\n");
		return 2;
	}
	errors = !strcmp(argv[1], "errors");
	if (chdir(argv[2]))
		stop("enter", argv[2]);
	if (glob("*.nft", 0, NULL, &files)) {
		fprintf(stderr, "golden_run: no .nft file in %s\n", argv[2]);
		return 1;
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		run_file(&run, files.gl_pathv[i], errors);
	globfree(&files);
	printf("%u passed, %u failed, 0 skipped\n", run.passed, run.failed);
	return run.failed != 0;
}
