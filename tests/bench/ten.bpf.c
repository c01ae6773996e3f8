/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ten: what a good engineer writes by hand for the ten rules of ten.rules, counters included.
 *
 * The rules are what make_ruleset.py makes of that file.  It parses what these rules read: one tag,
 * IPv4, protocol, ports.  Never changed to make xdpfw look better.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ADDRESS(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define RULES 10
#define ICMP_ECHO 8

struct vlan {
	__be16 tci, type;
} __attribute__((packed));

struct cell {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RULES);
	__type(key, __u32);
	__type(value, struct cell);
} cells SEC(".maps");

static __always_inline int verdict(__u32 rule, __u32 bytes, int action)
{
	struct cell *cell = bpf_map_lookup_elem(&cells, &rule);

	if (cell) {
		cell->packets++;
		cell->bytes += bytes;
	}
	return action;
}

static __always_inline int tcp_rules(__u32 saddr, __u32 daddr, __u32 dport, __u32 bytes)
{
	if (daddr == ADDRESS(203, 0, 113, 10)) {
		if (dport == 80)
			return verdict(2, bytes, XDP_PASS);
		if (dport == 443)
			return verdict(3, bytes, XDP_DROP);
	}
	if (dport == 22 && saddr >> 8 == ADDRESS(198, 51, 100, 0) >> 8)
		return verdict(5, bytes, XDP_PASS);
	if (daddr == ADDRESS(203, 0, 113, 12) && dport >= 5000 && dport <= 5999)
		return verdict(7, bytes, XDP_PASS);
	if (dport >= 1024)
		return verdict(9, bytes, XDP_DROP);
	return XDP_DROP;
}

static __always_inline int udp_rules(__u32 saddr, __u32 daddr, __u32 sport, __u32 dport,
				     __u32 bytes)
{
	if (daddr == ADDRESS(203, 0, 113, 11) && dport == 53)
		return verdict(4, bytes, XDP_PASS);
	if (sport == 123 && saddr >> 8 == ADDRESS(192, 0, 2, 0) >> 8)
		return verdict(8, bytes, XDP_DROP);
	return XDP_DROP;
}

static __always_inline int ip_rules(const struct iphdr *ip, const void *end, __u32 bytes)
{
	__u32 saddr = bpf_ntohl(ip->saddr), daddr = bpf_ntohl(ip->daddr);
	const __be16 *ports = (const void *)ip + ip->ihl * 4;
	__u32 sport, dport;
	bool ours;

	if (saddr >> 24 == 10)
		return verdict(0, bytes, XDP_PASS);
	if (saddr >> 16 == ADDRESS(192, 168, 0, 0) >> 16)
		return verdict(1, bytes, XDP_DROP);
	if (ip->frag_off & bpf_htons(0x1fff) || (const void *)(ports + 2) > end)
		return XDP_DROP;
	ours = daddr >> 8 == ADDRESS(203, 0, 113, 0) >> 8;
	sport = bpf_ntohs(ports[0]);
	dport = bpf_ntohs(ports[1]);
	if (ip->protocol == IPPROTO_TCP && ours)
		return tcp_rules(saddr, daddr, dport, bytes);
	if (ip->protocol == IPPROTO_UDP)
		return udp_rules(saddr, daddr, sport, dport, bytes);
	if (ip->protocol == IPPROTO_ICMP && ours && sport >> 8 == ICMP_ECHO)
		return verdict(6, bytes, XDP_DROP);
	return XDP_DROP;
}

SEC("xdp.frags")
int ten(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ether = data;
	struct iphdr *ip = data + sizeof(*ether);
	__be16 type;

	if ((void *)(ether + 1) > end)
		return XDP_DROP;
	type = ether->h_proto;
	if (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD)) {
		struct vlan *tag = data + sizeof(*ether);

		if ((void *)(tag + 1) > end)
			return XDP_DROP;
		type = tag->type;
		ip = (void *)(tag + 1);
	}
	if (type != bpf_htons(ETH_P_IP) || (void *)(ip + 1) > end || ip->ihl < 5 ||
	    bpf_ntohs(ip->tot_len) > end - (void *)ip)
		return XDP_DROP;
	return ip_rules(ip, end, (__u32)(end - (void *)ip));
}

char _license[] SEC("license") = "GPL";
