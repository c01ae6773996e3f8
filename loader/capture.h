/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture: collects what libbpf would print (verifier logs, the kernel's own words).
 */
#ifndef XDPFW_CAPTURE_H
#define XDPFW_CAPTURE_H

#include "compiler/base/buf.h"

/* From here on libbpf's text goes to BUF, until capture_end(). Does not nest. */
void capture_begin(struct buf *buf);
void capture_end(void);

#endif
