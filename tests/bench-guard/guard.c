/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard: keeps what rulesets' programs need from growing unseen.
 *
 * In: `guard [--update] CEILINGS RULESET...`.  CEILINGS has a line for each ruleset: its path as
 * it is given, and what is allowed: instructions that the verifier looks at, bytes of the
 * program as the kernel keeps it, bytes of tables, and bytes of stack as Linux 6.1 counts them.
 * Out: FAIL and why for each that needs more, or has no line, or whose line is for a ruleset that
 * is gone; then the totals.  With --update the file is written anew: what is needed now and a
 * margin for other compilers and kernels, none for tables, which nobody but xdpfw makes, and none
 * for stack, of which bench_program allows no more than Linux does.  These are counts, the same on
 * every machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/vec.h"
#include "compiler/compile.h"
#include "loader/own.h"
#include "tests/bench/bench_program.h"
#include "tests/tool/force.h"

#define MARGIN 10			/* per cent */

struct need {
	const char *path;
	unsigned long verified, bytes, tables, stack;
	bool met;			/* by a ruleset */
};

typedef VEC(struct need) need_vec;

struct guard {
	struct arena arena;
	need_vec ceilings;
	unsigned int passed, failed;
};

static void read_ceilings(struct guard *guard, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512], name[256];

	if (!file)
		bench_stop("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		struct need *need;

		if (*line == '#')
			continue;
		need = vec_push(&guard->arena, &guard->ceilings);
		if (sscanf(line, "%255s %lu %lu %lu %lu", name, &need->verified, &need->bytes,
			   &need->tables, &need->stack) != 5)
			bench_stop("%s: not understood: %s", path, line);
		need->path = arena_strdup(&guard->arena, str_from(name));
	}
	fclose(file);
}

static void measure(const char *path, struct need *ret_need)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { 0 };
	const struct xdpfw_device device = { .ifindex = 1 };
	struct bench_program program;
	struct bench_object object;
	OWN_BUF struct buf text = BUF_INIT;
	struct compile *compile;
	uint32_t source;

	if (source_read(&sources, path, &source))
		bench_stop("%s cannot be read", path);
	force_wanted(sources.sources.at[source].text, &arena, &options);
	if (!compile_source(&sources, source, &options, &arena, &diag, &compile)) {
		diag_print(&diag, &text);
		bench_stop("%s", text.at);
	}
	bench_program_build(&arena, compile->c_text, "xdpfw_rules", NULL, &object);
	bench_program_load(&arena, &object, "xdpfw_rules", NULL, compile, &device, false, &program);
	ret_need->verified = program.verified;
	ret_need->bytes = program.xlated_bytes;
	ret_need->tables = compile->image_bytes;
	ret_need->stack = program.stack_bytes;
	bench_program_close(&program);
	arena_free(&arena);
}

static void judge(struct guard *guard, const char *path, const struct need *need)
{
	struct need *ceiling = NULL;

	for (size_t i = 0; !ceiling && i < guard->ceilings.len; i++)
		if (!strcmp(guard->ceilings.at[i].path, path))
			ceiling = &guard->ceilings.at[i];
	if (ceiling && need->verified <= ceiling->verified && need->bytes <= ceiling->bytes &&
	    need->tables <= ceiling->tables && need->stack <= ceiling->stack) {
		guard->passed++;
	} else if (ceiling) {
		printf("FAIL %s: %lu instructions verified (at most %lu), %lu bytes (%lu), %lu "
		       "bytes of tables (%lu), %lu bytes of stack (%lu)\n", path, need->verified,
		       ceiling->verified, need->bytes, ceiling->bytes, need->tables,
		       ceiling->tables, need->stack, ceiling->stack);
		guard->failed++;
	} else {
		printf("FAIL %s has no ceiling: `make bench-guard` writes it\n", path);
		guard->failed++;
	}
	if (ceiling)
		ceiling->met = true;
}

static void judge_all(struct guard *guard, char **paths)
{
	for (; *paths; paths++) {
		struct need need = { 0 };

		measure(*paths, &need);
		judge(guard, *paths, &need);
	}
	for (size_t i = 0; i < guard->ceilings.len; i++) {
		if (guard->ceilings.at[i].met)
			continue;
		printf("FAIL there is a ceiling for %s, which is not here\n",
		       guard->ceilings.at[i].path);
		guard->failed++;
	}
	printf("%u passed, %u failed, 0 skipped\n", guard->passed, guard->failed);
}

static unsigned long with_margin(unsigned long number)
{
	return number + (number * MARGIN + 99) / 100;
}

static void update(const char *path, char **paths)
{
	FILE *file = fopen(path, "we");

	if (!file)
		bench_stop("%s: %s", path, strerror(errno));
	fprintf(file, "# At most: instructions verified, bytes of program, bytes of tables, "
		      "of stack (`make bench-guard`).\n");
	for (; *paths; paths++) {
		struct need need = { 0 };

		measure(*paths, &need);
		fprintf(file, "%s %lu %lu %lu %lu\n", *paths, with_margin(need.verified),
			with_margin(need.bytes), need.tables, need.stack);
	}
	if (fclose(file))
		bench_stop("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	bool updates = argc > 1 && !strcmp(argv[1], "--update");
	struct guard guard = { 0 };

	if (argc < 3 + updates) {
		fputs("usage: guard [--update] CEILINGS RULESET...\n", stderr);
		return 2;
	}
	if (updates) {
		update(argv[2], argv + 3);
		return 0;
	}
	read_ceilings(&guard, argv[1]);
	judge_all(&guard, argv + 2);
	arena_free(&guard.arena);
	return guard.failed != 0;
}
