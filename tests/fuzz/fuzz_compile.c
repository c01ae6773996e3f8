/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_compile: libFuzzer on all phases of the compiler.
 *
 * In: any bytes, as a ruleset.  It must end without a fault of the sanitizers; and what the
 * compiler accepts and lists, it must accept again.  `include` is left out: it would read files of
 * the machine.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"

#define MAX_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Whether TEXT is accepted; if so it is listed to OUT. */
static bool compile_text(struct str text, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { 0 };
	struct compile_print_options print = { 0 };
	struct compile *compile;
	uint32_t source = source_add(&sources, "fuzz", text);
	bool done = compile_source(&sources, source, &options, &arena, &diag, &compile);

	if (done)
		compile_print(compile, &print, out);
	else
		diag_print(&diag, out);
	arena_free(&arena);
	return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf listing = BUF_INIT, again = BUF_INIT;

	if (len > MAX_BYTES || memmem(bytes, len, "include", strlen("include")))
		return 0;
	if (compile_text((struct str){ (const char *)bytes, len }, &listing) &&
	    !compile_text(buf_str(&listing), &again)) {
		fprintf(stderr, "accepted and listed, but then refused:\n%s\n%s\n", listing.at,
			again.at);
		abort();
	}
	buf_free(&listing);
	buf_free(&again);
	return 0;
}
