/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag: what is wrong with the ruleset, collected while the phases run, printed at the end.
 *
 *	rules.conf:3:13: error: 'tcp' has no field 'dpotr'
 *	    tcp dpotr 22 accept
 *	        ^~~~~
 *	help: did you mean 'dport'?
 *
 * A phase that reported an error returns false; nothing is loaded when there is one.
 */
#ifndef XDPFW_BASE_DIAG_H
#define XDPFW_BASE_DIAG_H

#include <stdbool.h>

#include "compiler/base/arena.h"
#include "compiler/base/buf.h"
#include "compiler/base/source.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

#define DIAG_MAX_LABELS 3

struct diag_label {
	struct source_span span;
	const char *text;		/* NULL: the carets alone */
};

struct diag_message {
	enum diag_level level;
	const char *text;
	struct diag_label labels[DIAG_MAX_LABELS];	/* [0] is where it is */
	unsigned int label_count;
	const char *help;		/* NULL: none */
};

struct diag {
	struct arena *arena;
	const struct source_set *sources;
	VEC(struct diag_message) messages;
	unsigned int errors, warnings;
	bool usage;			/* an error is about the command line: exit status 2 */
};

/* Text without a full stop and without a newline, starting in lower case. */
void diag_error(struct diag *diag, struct source_span span, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warning(struct diag *diag, struct source_span span, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* These two speak of the message reported last.  A label's FORMAT may be NULL: carets alone. */
void diag_label(struct diag *diag, struct source_span span, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diag_help(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * All messages sorted by position, equal ones once, errors capped at LIMITS_DIAGS with a last
 * line that says how many more there are.
 */
void diag_print(const struct diag *diag, struct buf *out);

#endif
