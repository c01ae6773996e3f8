/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sandbox: what clang's process can reach: files to read, and nothing else.
 */
#ifndef XDPFW_SANDBOX_H
#define XDPFW_SANDBOX_H

#include <stdbool.h>

#include "compiler/base/buf.h"

/* What this kernel has for it. */
struct sandbox_support {
	int landlock;			/* version of its interface; 0: none */
	bool seccomp;
};

void sandbox_find(struct sandbox_support *ret_support);

/* What is missing, as a sentence; nothing when all is there. */
void sandbox_say_missing(struct buf *out);

/*
 * Puts this process into the sandbox in which PROGRAM, an ELF file, can be executed, as far as the
 * kernel has one.  Needs no_new_privs.  Returns NULL, or what could not be done, with errno.
 */
const char *sandbox_enter(const char *program);

#endif
