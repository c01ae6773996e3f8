/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state: files xdpfw keeps: built objects, so that an unchanged ruleset is loaded without clang;
 * C texts and tables of large rulesets, so that an unchanged one needs no plan (kept.h); and what
 * is needed to report a bug.  boot has files of its own in the same folder.
 */
#ifndef XDPFW_STATE_H
#define XDPFW_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "compiler/base/buf.h"
#include "loader/report.h"

#define STATE_KEPT_OBJECTS 8
#define STATE_KEPT_TABLES 2		/* files of some MiB each */
#define STATE_DIGEST_BYTES 32
#define STATE_DIGEST_HEX (2 * STATE_DIGEST_BYTES + 1)

/* SHA-256. */
void state_digest(const void *bytes, size_t len, uint8_t ret_digest[STATE_DIGEST_BYTES]);
void state_digest_hex(const uint8_t digest[STATE_DIGEST_BYTES], char ret_hex[STATE_DIGEST_HEX]);

/* The folder, which is made if it is missing: a descriptor, or a negative errno. */
int state_open(void);
const char *state_path(void);
/* What a negative errno of state_open() means. */
const char *state_folder_error(int error);

/*
 * Writes a file that is whole or not there: under the name TEMPORARY, synced, then renamed.
 * Returns 0 or a negative errno, and then a file NAME that was there is untouched (but after
 * an error of the last step, the sync of the folder).
 */
int state_put_file(int folder, const char *name, const char *temporary, mode_t mode,
		   const struct str *parts, size_t count);

/*
 * The kept object of KEY, a digest in hex.  False when there is none; a damaged one, or a folder
 * that cannot be used, is also a notice.
 */
bool state_get_object(struct report *report, const char *key, struct buf *ret_object);

/* Keeps an object, and the last STATE_KEPT_OBJECTS of them. Failing is a notice. */
void state_put_object(struct report *report, const char *key, const void *object, size_t len);

/* The same of C text and tables, without a word about the folder; *ret_bytes is to be freed. */
bool state_get_tables(struct report *report, const char *key, void **ret_bytes, size_t *ret_len);
/* HEAD, TEXT and IMAGE behind each other. */
void state_put_tables(struct report *report, const char *key, struct str head, struct str text,
		      struct str image);
void state_drop_tables(const char *key);

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
