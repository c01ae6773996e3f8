/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clear: sets the counters of a program back to 0, between rounds of a test.  No packet may be in
 * the program: whoever writes a page writes all its cells.
 */
#ifndef XDPFW_TESTS_TOOL_CLEAR_H
#define XDPFW_TESTS_TOOL_CLEAR_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/arena.h"

/* All cells up to LAST of the map CELLS.  0, or a negative errno. */
static inline int clear_cells(int cells, uint32_t last)
{
	struct arena arena = ARENA_INIT;
	struct xdpfw_page *pages =
		ARENA_ARRAY(&arena, struct xdpfw_page, libbpf_num_possible_cpus());
	int error = 0;

	for (uint32_t page = 0; page <= last / XDPFW_PAGE_CELLS && !error; page++)
		error = bpf_map_update_elem(cells, &page, pages, BPF_ANY);
	arena_free(&arena);
	return error;
}

#endif
