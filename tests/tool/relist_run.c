/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * relist_run: whether the listings of rulesets mean the same.
 *
 * In: files.  Out: messages for each file that does not compile, "FAIL FILE: WHY" for each whose
 * listing means something else (relist.h), then "N passed, N failed, N skipped"; a file that is
 * refused is a failure.
 */
#include <errno.h>
#include <stdio.h>

#include "tests/tool/relist.h"

static bool check_file(const char *path)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct buf why = BUF_INIT;
	uint32_t source;
	int error = source_read(&sources, path, &source);
	bool same = false;

	if (error)
		buf_printf(&why, "%s", strerror(-error));
	else
		same = relist_check(path, sources.sources.at[source].text, &why);
	if (!same)
		printf("FAIL %s: %s\n", path, why.at);
	buf_free(&why);
	arena_free(&arena);
	return same;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed += !check_file(argv[i]);
	printf("%d passed, %d failed, 0 skipped\n", argc - 1 - failed, failed);
	return failed || argc == 1;
}
