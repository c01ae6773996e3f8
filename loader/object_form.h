/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_form: whether an object has what bpf/xdpfw_abi.h says, and nothing else.
 */
#ifndef XDPFW_OBJECT_FORM_H
#define XDPFW_OBJECT_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "loader/report.h"

struct bpf_object;
struct object_config;

/*
 * The bytes, aligned as malloc() does, before libbpf reads them: sections, symbols, every
 * instruction.
 */
bool object_form_check_bytes(struct report *report, const void *bytes, size_t len);

/* What libbpf made of them, before the kernel gets it: programs and maps. */
bool object_form_check(struct report *report, const struct bpf_object *bpf,
		       const struct object_config *config);

#endif
