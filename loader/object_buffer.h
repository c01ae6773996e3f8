/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_buffer: how a program sees the kernel's struct xdp_buff.
 */
#ifndef XDPFW_OBJECT_BUFFER_H
#define XDPFW_OBJECT_BUFFER_H

#include <stdbool.h>

struct bpf_program;

/*
 * Replaces the calls of XDPFW_SEE_BUFFER (bpf/xdpfw_abi.h) in a program that is not yet loaded.
 * False: this kernel has nothing to put there, and nothing was changed.
 */
bool object_buffer_patch(struct bpf_program *program);

#endif
