/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stub: the program that is attached to every device of a network namespace.
 *
 * It jumps into slot 0.  A load changes that slot and nothing else, so all devices go over to a
 * new ruleset in the same instant.  `xdpfw_pass` is what the slots hold while there is no ruleset.
 * While a confirm is pending `control` has a deadline; from then on the stub jumps into slot 1,
 * the ruleset before, and needs no process for that.  Without a deadline the clock is not read.
 *
 * Safety: a slot is never empty while a device has the stub.  Should somebody empty it all the
 * same, the packet gets the verdict that `control` names, and is counted.
 *
 * No header of the system is included: this is built once, for every kernel.
 */
#include "xdpfw_stub.h"

#define SEC(name) __attribute__((section(name), used))
#define MAP_UINT(name, value) int (*name)[value]
#define MAP_TYPE(name, type) type *name

/* linux/bpf.h */
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_F_MMAPABLE (1U << 10)
#define XDP_DROP 1
#define XDP_PASS 2

struct xdp_md;

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_tail_call)(void *context, void *map, unsigned int slot) = (void *)12;
static unsigned long long (*const bpf_ktime_get_boot_ns)(void) = (void *)125;

struct {
	MAP_UINT(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_UINT(max_entries, XDPFW_SLOTS);
	MAP_UINT(key_size, sizeof(unsigned int));
	MAP_UINT(value_size, sizeof(unsigned int));
} slots SEC(".maps");

/* Mapped by the loader, whose one store makes a deadline whole or not there. */
struct {
	MAP_UINT(type, BPF_MAP_TYPE_ARRAY);
	MAP_UINT(map_flags, BPF_F_MMAPABLE);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, unsigned int);
	MAP_TYPE(value, struct xdpfw_control);
} control SEC(".maps");

struct {
	MAP_UINT(type, BPF_MAP_TYPE_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, unsigned int);
	MAP_TYPE(value, unsigned long long);
} missed SEC(".maps");

/* Behind a tail call, so that clang does not make one of two: see xdpfw_stub(). */
#define KEEP_APART(number) __asm__ volatile("" : : "i"(number) : "memory")

SEC("xdp.frags")
int xdpfw_stub(struct xdp_md *context)
{
	unsigned int key = 0;
	struct xdpfw_control *word = bpf_map_lookup_elem(&control, &key);
	unsigned long long deadline, *count;

	if (!word)
		return XDP_DROP;
	deadline = *(volatile unsigned long long *)&word->deadline;
	/* The kernel makes a plain jump only of a tail call whose slot is constant. */
	if (deadline && bpf_ktime_get_boot_ns() >= deadline) {
		bpf_tail_call(context, &slots, XDPFW_SLOT_OTHER);
		KEEP_APART(XDPFW_SLOT_OTHER);
	} else {
		bpf_tail_call(context, &slots, XDPFW_SLOT_LIVE);
		KEEP_APART(XDPFW_SLOT_LIVE);
	}
	count = bpf_map_lookup_elem(&missed, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	return word->missed_verdict == XDP_PASS ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int xdpfw_pass(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

char stub_license[] SEC("license") = "GPL";
