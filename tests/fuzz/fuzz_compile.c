/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_compile: libFuzzer on all phases of the compiler.
 *
 * In: any bytes, as a ruleset.  It must end without a fault of the sanitizers; what the compiler
 * accepts, each phase can print.  What it lists is accepted again; read as the record of a ruleset
 * in force it lists the same and has the same identities (the keys of counters and handles); read
 * as a file its listing is a fixed point (nft's own may take one more step: { 1, 2-9 } lists as
 * { 1-9 }, and that as 1-9).  `include` is left out: it would read files of the machine.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"

#define MAX_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void put_keys(const struct compile *compile, struct buf *keys)
{
	for (size_t i = 0; i < compile->counter_count; i++)
		buf_printf(keys, "%s\n\n", compile->counters[i].key);
	for (size_t i = 0; i < compile->object_count; i++)
		buf_printf(keys, "%s\n\n", compile->objects[i].key);
}

/* Whether TEXT is accepted; if so it is listed to OUT. */
static bool compile_text(struct str text, bool listing, struct buf *out, struct buf *keys)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { .listing = listing };
	struct compile_print_options print = { 0 };
	struct compile *compile;
	uint32_t source = source_add(&sources, "fuzz", text);
	bool done = compile_source(&sources, source, &options, &arena, &diag, &compile);

	buf_puts(out, "");
	if (done) {
		compile_print(compile, &print, out);
		buf_puts(keys, "");
		put_keys(compile, keys);
	} else {
		diag_print(&diag, out);
	}
	arena_free(&arena);
	return done;
}

/* Each phase prints what it made of an accepted ruleset. */
static void emit_phases(struct str text)
{
	static const enum compile_phase phases[] = { COMPILE_PHASE_TOKENS, COMPILE_PHASE_AST,
						     COMPILE_PHASE_BOUND, COMPILE_PHASE_IR,
						     COMPILE_PHASE_PLAN };

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		struct arena arena = ARENA_INIT;
		struct source_set sources = { .arena = &arena };
		struct diag diag = { .arena = &arena, .sources = &sources };
		struct compile_options options = { 0 };
		struct buf out = BUF_INIT;
		uint32_t source = source_add(&sources, "fuzz", text);

		if (!compile_emit(&sources, source, &options, phases[i], &arena, &diag, &out))
			abort();
		buf_free(&out);
		arena_free(&arena);
	}
}

static void __attribute__((noreturn))
stop(const char *what, const struct buf *first, const struct buf *second)
{
	fprintf(stderr, "%s:\n%s\n----\n%s\n", what, first->at, second->at);
	abort();
}

static void compile_listing(const struct buf *listing, bool in_force, struct buf *again,
			    struct buf *keys)
{
	if (!compile_text(buf_str(listing), in_force, again, keys))
		stop("accepted and listed, but then refused", listing, again);
}

static void compare(const char *what, const struct buf *first, const struct buf *second)
{
	if (!str_eq(buf_str(first), buf_str(second)))
		stop(what, first, second);
}

static void list_again(const struct buf *listing, const struct buf *keys)
{
	struct buf record = BUF_INIT, second = BUF_INIT, third = BUF_INIT;
	struct buf record_keys = BUF_INIT, second_keys = BUF_INIT, third_keys = BUF_INIT;

	compile_listing(listing, true, &record, &record_keys);
	compare("the record lists otherwise", listing, &record);
	compare("the record has other identities", keys, &record_keys);
	compile_listing(listing, false, &second, &second_keys);
	compile_listing(&second, false, &third, &third_keys);
	compare("listed otherwise again", &second, &third);
	compare("other identities again", &second_keys, &third_keys);
	buf_free(&record);
	buf_free(&second);
	buf_free(&third);
	buf_free(&record_keys);
	buf_free(&second_keys);
	buf_free(&third_keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf listing = BUF_INIT, keys = BUF_INIT;
	struct str text = { (const char *)bytes, len };

	if (len > MAX_BYTES || memmem(bytes, len, "include", strlen("include")))
		return 0;
	if (compile_text(text, false, &listing, &keys)) {
		emit_phases(text);
		list_again(&listing, &keys);
	}
	buf_free(&listing);
	buf_free(&keys);
	return 0;
}
