/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build: C text -> BPF object, by clang in a process without rights.
 */
#ifndef XDPFW_BUILD_H
#define XDPFW_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "compiler/base/buf.h"
#include "loader/report.h"

#define BUILD_SECONDS 300		/* clang is ended after this time */
#define BUILD_OBJECT_BYTES (64u << 20)	/* an object is no larger */
#define BUILD_LOG_BYTES (64u << 10)	/* so much of what clang says is kept */

/* The flags clang is called with, in one line: they are part of an object's key. */
extern const char build_flags[];

#define BUILD_USER "xdpfw"

/* Who clang runs as. */
struct build_user {
	uid_t uid;
	gid_t gid;
	bool drop;			/* this process can and has to become that user */
	bool missing;			/* there is no user BUILD_USER */
};

void build_find_user(struct build_user *ret_user);

/* The clang that would be called, or NULL. */
const char *build_find_clang(void);

/* Why build_find_clang() finds none: the end of a sentence that begins with "clang". */
void build_say_missing(struct buf *out);

/*
 * Puts the object into *ret_object (released by buf_free).  Without clang: REPORT_SYSTEM.  When
 * clang refuses the text: REPORT_BUG, and LOG has what it says.
 */
bool build_run(struct report *report, const char *c_text, size_t c_bytes, struct buf *log,
	       struct buf *ret_object);

#endif
