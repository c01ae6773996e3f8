/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture: libbpf's print callback.
 *
 * In: libbpf's messages.  Out: text in the caller's buffer.  libbpf gives the callback no context,
 * so the buffer's address has to be kept here; the program has one thread.
 */
#include "loader/capture.h"

#include <stdarg.h>

#include <bpf/libbpf.h>

static struct buf *capture_buf;

static int capture_print(enum libbpf_print_level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int capture_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !capture_buf)
		return 0;
	buf_vprintf(capture_buf, format, args);
	return 0;
}

void capture_begin(struct buf *buf)
{
	capture_buf = buf;
	libbpf_set_print(capture_print);
}

/* The callback stays: without it libbpf writes to standard error, which is cli's alone. */
void capture_end(void)
{
	capture_buf = NULL;
	libbpf_set_print(capture_print);
}
