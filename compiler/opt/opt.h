/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt: makes an IR that says the same with less.
 */
#ifndef XDPFW_OPT_H
#define XDPFW_OPT_H

/* What --optimize says to turn each pass off, "no-merge"; NULL behind the last. */
extern const char *const opt_pass_words[];

#endif
