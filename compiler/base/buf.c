/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buf: text that grows by doubling.  Running out of memory ends the process as in arena.c.
 */
#include "compiler/base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 256;
	char *at;

	if (more < buf->cap - buf->len)
		return;
	while (cap - buf->len <= more && cap <= SIZE_MAX / 2)
		cap *= 2;
	at = cap - buf->len > more ? realloc(buf->at, cap) : NULL;
	if (!at) {
		fputs("xdpfw: error: out of memory; the rules in force stay as they are\n", stderr);
		exit(3);
	}
	buf->at = at;
	buf->cap = cap;
}

void buf_put(struct buf *buf, const void *bytes, size_t len)
{
	reserve(buf, len);
	if (len)
		memcpy(buf->at + buf->len, bytes, len);
	buf->len += len;
	buf->at[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
	buf_put(buf, &c, 1);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len > 0) {
		reserve(buf, (size_t)len);
		vsnprintf(buf->at + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){ buf->at ? buf->at : "", buf->len };
}

void buf_free(struct buf *buf)
{
	free(buf->at);
	*buf = (struct buf)BUF_INIT;
}
