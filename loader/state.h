/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state: files xdpfw keeps: built objects, so that an unchanged ruleset is loaded without clang,
 * and what is needed to report a bug.
 */
#ifndef XDPFW_STATE_H
#define XDPFW_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/buf.h"
#include "loader/report.h"

#define STATE_KEPT_OBJECTS 8
#define STATE_DIGEST_BYTES 32
#define STATE_DIGEST_HEX (2 * STATE_DIGEST_BYTES + 1)

/* SHA-256. */
void state_digest(const void *bytes, size_t len, uint8_t ret_digest[STATE_DIGEST_BYTES]);
void state_digest_hex(const uint8_t digest[STATE_DIGEST_BYTES], char ret_hex[STATE_DIGEST_HEX]);

/* The key of the object that C_TEXT and FLAGS give. */
void state_object_key(const char *c_text, size_t c_bytes, const char *flags,
		      char ret_key[STATE_DIGEST_HEX]);

/*
 * The kept object of KEY.  False when there is none; a damaged one, or a folder that cannot be
 * used, is also a notice.
 */
bool state_get_object(struct report *report, const char *key, struct buf *ret_object);

/* Keeps an object, and the last STATE_KEPT_OBJECTS of them. Failing is a notice. */
void state_put_object(struct report *report, const char *key, const void *object, size_t len);

/*
 * Keeps C text and log of a program that should have been accepted. Returns the folder's path
 * (to be freed), or NULL.
 */
char *state_keep_failure(const char *c_text, size_t c_bytes, const char *log);

/*
 * Takes the lock that serialises changes, released when the descriptor is closed.  Waits up to
 * SECONDS, with a notice.  Without SECONDS and with the lock taken: false and no error.
 */
bool state_lock(struct report *report, unsigned int seconds, int *ret_fd);

#endif
