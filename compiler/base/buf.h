/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buf: text that grows.  Always NUL-terminated once something was put in; start with BUF_INIT.
 */
#ifndef XDPFW_BASE_BUF_H
#define XDPFW_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "compiler/base/str.h"

struct buf {
	char *at;
	size_t len, cap;
};

#define BUF_INIT { NULL, 0, 0 }

void buf_put(struct buf *buf, const void *bytes, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
struct str buf_str(const struct buf *buf);
void buf_free(struct buf *buf);

#endif
