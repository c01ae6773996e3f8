/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stub_first: the stub as the first version of xdpfw had it, without a deadline and with a count
 * in the first word of `control`.  Devices may still have it when a newer xdpfw loads a ruleset.
 */
#define SEC(name) __attribute__((section(name), used))
#define MAP_UINT(name, value) int (*name)[value]
#define MAP_TYPE(name, type) type *name

#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define XDP_DROP 1
#define XDP_PASS 2

struct xdp_md;

struct first_control {
	unsigned long long missed;
	unsigned int missed_verdict;
	unsigned int pad;
};

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_tail_call)(void *context, void *map, unsigned int slot) = (void *)12;

struct {
	MAP_UINT(type, BPF_MAP_TYPE_PROG_ARRAY);
	MAP_UINT(max_entries, 2);
	MAP_UINT(key_size, sizeof(unsigned int));
	MAP_UINT(value_size, sizeof(unsigned int));
} slots SEC(".maps");

struct {
	MAP_UINT(type, BPF_MAP_TYPE_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, unsigned int);
	MAP_TYPE(value, struct first_control);
} control SEC(".maps");

SEC("xdp.frags")
int xdpfw_stub(struct xdp_md *context)
{
	unsigned int key = 0;
	struct first_control *word;

	bpf_tail_call(context, &slots, 0);
	word = bpf_map_lookup_elem(&control, &key);
	if (!word)
		return XDP_DROP;
	__sync_fetch_and_add(&word->missed, 1);
	return word->missed_verdict == XDP_PASS ? XDP_PASS : XDP_DROP;
}

char first_license[] SEC("license") = "GPL";
