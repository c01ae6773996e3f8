/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_buffer: how a program sees the kernel's struct xdp_buff.
 *
 * In: a program as libbpf opened it.  Out: its calls of XDPFW_SEE_BUFFER as calls of the kernel's
 * function bpf_cast_to_kern_ctx() (Linux 6.2), which costs nothing: the verifier writes a move
 * instead.  What the program looks at there, whether a packet has bytes behind data_end, it would
 * have to ask a helper for, which is a tenth of what a packet costs.
 *
 * Safety: neither the function nor the struct is stable, so nothing is believed: a probe must be
 * taken by the verifier and answer right for a packet in one piece and for one that is not.
 */
#define _GNU_SOURCE
#include "loader/object_buffer.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/btf.h>

#include "bpf/xdpfw_abi.h"
#include "loader/own.h"

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"
#define FUNCTION "bpf_cast_to_kern_ctx"

#define CALL_OF_KERNEL 2		/* BPF_PSEUDO_KFUNC_CALL; not in each <linux/bpf.h> */
#define KIND_FUNCTION 12
#define KIND_ENUM64 19

/* Bytes of a packet in one piece, and of one that the kernel cannot keep on a page. */
#define PROBE_WHOLE 64
#define PROBE_PIECES 9000

/* ---- the function's number ---- */

/* Bytes behind the struct btf_type; -1: unknown. */
static long bytes_behind(const struct btf_type *type)
{
	uint32_t count = type->info & 0xffff;

	switch (type->info >> 24 & 0x1f) {
	case 1:				/* INT */
	case 14:			/* VAR */
	case 17:			/* DECL_TAG */
		return 4;
	case 3:				/* ARRAY */
		return sizeof(struct btf_array);
	case 4:				/* STRUCT */
	case 5:				/* UNION */
	case 15:			/* DATASEC */
	case KIND_ENUM64:
		return 12 * (long)count;
	case 6:				/* ENUM */
	case 13:			/* FUNC_PROTO */
		return 8 * (long)count;
	default:
		return (type->info >> 24 & 0x1f) < KIND_ENUM64 ? 0 : -1;
	}
}

/* The number of the type of that name, counted from 1; 0: there is none. */
static uint32_t find_function(const uint8_t *at, size_t len)
{
	const struct btf_header *header = (const void *)at;
	const uint8_t *types, *end, *name;
	size_t name_at;

	if (len < sizeof(*header) || header->magic != BTF_MAGIC || header->hdr_len > len ||
	    header->type_off > len - header->hdr_len ||
	    header->type_len > len - header->hdr_len - header->type_off ||
	    header->str_off > len - header->hdr_len ||
	    header->str_len > len - header->hdr_len - header->str_off || header->type_off % 4)
		return 0;
	types = at + header->hdr_len + header->type_off;
	end = types + header->type_len;
	name = memmem(at + header->hdr_len + header->str_off, header->str_len, "\0" FUNCTION,
		      sizeof("\0" FUNCTION));
	if (!name)
		return 0;
	name_at = (size_t)(name + 1 - at) - header->hdr_len - header->str_off;
	for (uint32_t number = 1; end - types >= (long)sizeof(struct btf_type); number++) {
		const struct btf_type *type = (const void *)types;
		long behind = bytes_behind(type);

		if (type->name_off == name_at && (type->info >> 24 & 0x1f) == KIND_FUNCTION)
			return number;
		types += sizeof(*type);
		if (behind < 0 || behind > end - types)
			return 0;
		types += behind;
	}
	return 0;
}

/* The kernel gives a page a call. */
static bool read_all(int fd, uint8_t *at, size_t len)
{
	while (len) {
		ssize_t got = read(fd, at, len);

		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

/* 0: the kernel has no such function, or does not say. */
static uint32_t read_function(void)
{
	OWN_FD int fd = open(KERNEL_TYPES, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	uint32_t number = 0;
	uint8_t *bytes;

	if (fd < 0 || fstat(fd, &stat) || stat.st_size <= 0)
		return 0;
	bytes = malloc((size_t)stat.st_size);
	if (bytes && read_all(fd, bytes, (size_t)stat.st_size))
		number = find_function(bytes, (size_t)stat.st_size);
	free(bytes);
	return number;
}

/* ---- the probe ---- */

/* What PROBE says of a packet of that many bytes. */
static uint32_t ask(int probe, uint32_t bytes)
{
	static const uint8_t packet[PROBE_PIECES];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = bytes);

	return bpf_prog_test_run_opts(probe, &opts) ? UINT32_MAX : opts.retval;
}

static bool is_right(uint32_t function)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = CALL_OF_KERNEL, .imm = (int32_t)function },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .off = XDPFW_BUFFER_FLAGS },
		{ .code = BPF_ALU64 | BPF_AND | BPF_K, .imm = XDPFW_BUFFER_FRAGS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	OWN_FD int probe = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpfw_ask", "GPL", code,
					 sizeof(code) / sizeof(code[0]), &opts);

	return probe >= 0 && ask(probe, PROBE_WHOLE) == 0 &&
	       ask(probe, PROBE_PIECES) == XDPFW_BUFFER_FRAGS;
}

/* ---- the program ---- */

static bool is_call(const struct bpf_insn *at)
{
	return at->code == (BPF_JMP | BPF_CALL) && !at->src_reg && at->imm == XDPFW_SEE_BUFFER;
}

bool object_buffer_patch(struct bpf_program *program)
{
	size_t count = bpf_program__insn_cnt(program), calls = 0;
	const struct bpf_insn *code = bpf_program__insns(program);
	struct bpf_insn *patched;
	uint32_t function;
	bool done;

	for (size_t i = 0; i < count; i++)
		calls += is_call(&code[i]);
	if (!calls)
		return false;
	function = read_function();
	if (!function || !is_right(function))
		return false;
	patched = malloc(count * sizeof(*patched));
	if (!patched)
		return false;
	for (size_t i = 0; i < count; i++) {
		patched[i] = code[i];
		if (is_call(&code[i])) {
			patched[i].src_reg = CALL_OF_KERNEL;
			patched[i].imm = (int32_t)function;
		}
	}
	done = !bpf_program__set_insns(program, patched, count);
	free(patched);
	return done;
}
