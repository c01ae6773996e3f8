/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bundle: a ruleset and the program built from it in one file, to be loaded without clang.
 *
 * Header, then the ruleset's text, the failsafe rules (each with a NUL behind), what --optimize and
 * --plan were (likewise), the tables' image and the ELF object.  The header's digest is over all
 * that follows it, so what happens to a file is seen; it does not keep out whoever makes a file on
 * purpose.  That one is root for what the program may do: see xdpfw(8).  Nothing here trusts a
 * size, a count or a text all the same.
 *
 * The text is the ruleset as it is listed, with the file's figures and with times of UTC, so that
 * it means the same on every host and in every season.  Compiled again it gives the C text that
 * the object was built from, up to comments: that is what the key says.
 */
#ifndef XDPFW_BUNDLE_H
#define XDPFW_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/base/diag.h"
#include "compiler/base/source.h"
#include "compiler/compile.h"
#include "loader/report.h"
#include "loader/state.h"

#define BUNDLE_BYTES (512u << 20)	/* one is no larger */
#define BUNDLE_VERSION_BYTES 24
#define BUNDLE_HEAD_BYTES (8 + STATE_DIGEST_BYTES)	/* magic and digest */

struct bundle {
	struct str text;
	const char *const *failsafe;	/* rules, as compile.failsafe */
	size_t failsafe_count;
	uint32_t mode;			/* enum attach_mode that was asked for */
	bool allow_missing;
	const char *optimize, *plan;	/* as --optimize and --plan say it; "": not said */
	uint32_t abi;			/* that the object has */
	char version[BUNDLE_VERSION_BYTES];	/* of the xdpfw that built it */
	uint8_t key[STATE_DIGEST_BYTES];	/* bundle_key() of the C text */
	struct str image, object;
	uint8_t digest[STATE_DIGEST_BYTES];
};

/* Puts a bundle's bytes on OUT; its digest is made, not taken. */
void bundle_put(const struct bundle *bundle, struct buf *out);

/* The parts that come of a build: ABI, version, key, image, object. */
void bundle_set_program(struct bundle *bundle, const struct compile *compile,
			const struct buf *object);

/* Its digest, when the first BUNDLE_HEAD_BYTES of a file are those of a bundle. */
bool bundle_read_digest(const uint8_t *head, uint8_t ret_digest[STATE_DIGEST_BYTES]);

/*
 * Reads what BYTES hold; *ret_bundle points into them.  NAME is for messages.  Anything that is
 * not a whole bundle is REPORT_SYSTEM.
 */
bool bundle_get(struct report *report, const char *name, struct str bytes, struct arena *arena,
		struct bundle *ret_bundle);

/*
 * The same, but nobody has asked whether its digest is right: to be compared, byte by byte, with
 * what is known, and for nothing else.
 */
bool bundle_peek(struct report *report, const char *name, struct str bytes, struct arena *arena,
		 struct bundle *ret_bundle);

/* Says that the xdpfw of that version has to build NAME again. */
bool bundle_fail_version(struct report *report, const char *name, const char *version);

/* The key of a C text: comments and what clang is called with aside, the text. */
void bundle_key(const struct compile *compile, uint8_t ret_key[STATE_DIGEST_BYTES]);

/*
 * Text and failsafe rules of a compiled ruleset for a bundle.  When they do not give the same
 * program (the numbers of rules and sets follow their order, and tables written in turns are
 * listed one after the other), *ret_compile is what they do give, and has to be built instead;
 * else COMPILE.  OPTIONS: those it was compiled with.  KNOWN: a bundle that was made in this way,
 * or NULL; when it is of the same text and has the same program, that need not be asked again.
 */
bool bundle_set_text(struct report *report, struct bundle *bundle,
		     const struct compile *compile, const struct compile_options *options,
		     const struct bundle *known, struct source_set *sources, struct arena *arena,
		     const struct compile **ret_compile);

/* What .optimize and .plan say. */
struct compile_optimize bundle_optimize(const struct bundle *bundle);
/* Compiles the text of a bundle.  *ret_same: it gives the program that the bundle has. */
bool bundle_compile(struct report *report, const char *name, const struct bundle *bundle,
		    struct source_set *sources, struct diag *diag, struct arena *arena,
		    struct compile **ret_compile, bool *ret_same);

/* bundle_file.c */

/* Everything up to the end of FD. Returns 0 or a negative errno. REGULAR: only of a plain file. */
int bundle_read_fd(int fd, bool regular, struct buf *ret_bytes);
/* What its errno means. */
const char *bundle_read_error(int error);

/*
 * Reads a file; "-" is standard input.  Only a regular file that nobody else can write to is
 * read; of standard input nothing is asked.
 */
bool bundle_read(struct report *report, const char *path, struct buf *ret_bytes);

/*
 * Writes a file, whole or not at all; "-" is standard output, unless that is a terminal.
 */
bool bundle_write(struct report *report, const char *path, const struct buf *bytes);

#endif
