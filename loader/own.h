/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * own: things that are given back when the variable that owns them goes out of scope.
 *
 *	OWN_FD int fd = open(...);
 *	...
 *	return take_fd(&fd);		the caller owns it now
 */
#ifndef XDPFW_OWN_H
#define XDPFW_OWN_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"

static inline void own_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void own_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void own_close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

/* A word of the environment; an empty one is none. */
static inline const char *own_word(const char *value, const char *otherwise)
{
	return value && *value ? value : otherwise;
}

#define OWN_FD __attribute__((cleanup(own_close)))
#define OWN_MEMORY __attribute__((cleanup(own_free)))
#define OWN_FOLDER __attribute__((cleanup(own_close_folder)))
#define OWN_BUF __attribute__((cleanup(buf_free)))
#define OWN_ARENA __attribute__((cleanup(arena_free)))

/* Gives FD away: the variable owns nothing any more. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(pointer)                                                                      \
	({                                                                                     \
		__typeof__(pointer) taken_ = (pointer);                                        \
		(pointer) = NULL;                                                              \
		taken_;                                                                        \
	})

/* Puts a new descriptor in the place of the one VARIABLE owns. */
static inline void put_fd(int *variable, int fd)
{
	own_close(variable);
	*variable = fd;
}

#endif
