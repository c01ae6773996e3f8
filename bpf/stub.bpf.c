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

/* linux/bpf.h */
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define XDP_DROP 1
#define XDP_PASS 2

struct xdp_md;

static long (*const bpf_tail_call)(void *context, void *map, unsigned int slot) = (void *)12;
static unsigned long long (*const bpf_ktime_get_boot_ns)(void) = (void *)125;

struct {
	MAP_UINT(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_UINT(max_entries, XDPFW_SLOTS);
	MAP_UINT(key_size, sizeof(unsigned int));
	MAP_UINT(value_size, sizeof(unsigned int));
} slots SEC(".maps");

/* Mapped by the loader, whose one store makes a deadline whole or not there. */
volatile struct xdpfw_control control SEC(XDPFW_STUB_CONTROL) = { 0 };

unsigned long long missed SEC(XDPFW_STUB_MISSED) = 0;

/* Behind a tail call, so that clang does not make one of two: see xdpfw_stub(). */
#define KEEP_APART(number) __asm__ volatile("" : : "i"(number) : "memory")

/*
 * The kernel makes a plain jump only of a tail call whose slot is constant.  What is needed behind
 * the call that reads the clock waits on the stack: registers that outlive calls would be saved and
 * restored for each packet, whether there is a deadline or not.
 */
SEC("xdp.frags")
int xdpfw_stub(struct xdp_md *context)
{
	unsigned long long deadline = control.deadline;

	if (deadline) {
		struct xdp_md *volatile kept_context = context;
		volatile unsigned long long kept_deadline = deadline;
		unsigned long long now = bpf_ktime_get_boot_ns();

		context = kept_context;
		if (now >= kept_deadline) {
			bpf_tail_call(context, &slots, XDPFW_SLOT_OTHER);
			KEEP_APART(XDPFW_SLOT_OTHER);
			goto missed_call;
		}
	}
	bpf_tail_call(context, &slots, XDPFW_SLOT_LIVE);
	KEEP_APART(XDPFW_SLOT_LIVE);
missed_call:
	__sync_fetch_and_add(&missed, 1);
	return control.missed_verdict == XDP_PASS ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int xdpfw_pass(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

char stub_license[] SEC("license") = "GPL";
