/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_bpf: the few shapes of the kernel's BPF interface that generated programs need, so that
 * the compiler which builds them reads no header of the system.
 *
 * Each is the kernel's stable user-space interface; its place in the kernel's tree is named.
 */
#ifndef XDPFW_BPF_H
#define XDPFW_BPF_H

#define XDPFW_FOR_BPF_ONLY

/* Generated functions of one kind have the same parameters, whatever their bodies use. */
#pragma clang diagnostic ignored "-Wunused-parameter"

/* include/uapi/asm-generic/int-ll64.h */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;

#define bool _Bool

/* include/uapi/linux/bpf.h: bpf_map_type, xdp_action, struct xdp_md, ___BPF_FUNC_MAPPER */
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_F_MMAPABLE 1024

#define XDP_DROP 1
#define XDP_PASS 2

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

#define XDPFW_HELPER __attribute__((unused)) static

XDPFW_HELPER void *(*const bpf_map_lookup_elem)(const void *map, const void *key) = (void *)1;
XDPFW_HELPER __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
XDPFW_HELPER __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
XDPFW_HELPER long (*const bpf_loop)(__u32 count, void *step, void *state, __u64 flags) =
	(void *)181;
XDPFW_HELPER __u64 (*const bpf_xdp_get_buff_len)(struct xdp_md *ctx) = (void *)188;
XDPFW_HELPER long (*const bpf_xdp_load_bytes)(struct xdp_md *ctx, __u32 offset, void *to,
					      __u32 bytes) = (void *)189;
XDPFW_HELPER __u64 (*const bpf_ktime_get_tai_ns)(void) = (void *)208;

/* What libbpf reads of an object (its README and bpf_helpers.h): sections, map definitions. */
#define SEC(name) __attribute__((section(name), used))
#define MAP_NUMBER(name, value) int (*name)[value]
#define MAP_SHAPE(name, shape) __typeof__(shape) *name

#define XDPFW_INLINE __attribute__((always_inline, unused)) static inline
/*
 * A function with this and without `static` is verified once, by itself, for any arguments;
 * callers see its result as an unknown number.  Weak, so that clang may not look into it either: to
 * a function that it saw ignoring an argument it would pass none, and the verifier refuses that.
 */
#define XDPFW_ALONE __attribute__((noinline, weak))

/*
 * clang must not know where NUMBER comes from: what it computed before cannot be moved behind, or
 * replace, the test that the verifier has to see.
 */
#define HIDE(number) __asm__ volatile("" : "+r"(number))

/* NUMBER, without clang knowing that it is the same as elsewhere. */
#define HIDDEN32(number) ({ __u32 hidden_ = (number); HIDE(hidden_); hidden_; })
#define HIDDEN64(number) ({ __u64 hidden_ = (number); HIDE(hidden_); hidden_; })

/*
 * A number on the stack that the verifier shall not follow: it keeps the value of a register that
 * was stored at a multiple of 8, but only remembers "something" for one at offset 4.  A loop's
 * states stay equal that way, and it is verified in one round or two.
 */
struct hidden {
	__u32 unused;
	__u32 value;
} __attribute__((aligned(8)));

/*
 * 0, but the verifier does not know; NUMBER is one that it does not know either.  Verifiers before
 * 6.7 look at one round of bpf_loop() only: what a round finds in its state must not look constant,
 * or they take branches of later rounds for dead code and remove them.
 */
XDPFW_INLINE __u32 unknown_zero(__u32 number)
{
	__u32 same = number;

	HIDE(same);
	return number ^ same;
}

/* Header fields as the numbers that their network-order bytes spell. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define be16(at) __builtin_bswap16(*(const __u16 *)(at))
#define be32(at) __builtin_bswap32(*(const __u32 *)(at))
#define be64(at) __builtin_bswap64(*(const __u64 *)(at))
#else
#define be16(at) (*(const __u16 *)(at))
#define be32(at) (*(const __u32 *)(at))
#define be64(at) (*(const __u64 *)(at))
#endif

#endif
