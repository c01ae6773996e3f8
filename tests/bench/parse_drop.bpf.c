/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_drop: the baseline that speed is quoted against: parse what a rule over addresses,
 * protocol and ports needs (SEMANTICS 1 to 4, IPv4 and IPv6), then drop.
 *
 * Written by hand, as a careful engineer would write it for one purpose; never changed to make a
 * ratio look better.  What is parsed goes into `sink`, so that clang keeps the parsing.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_EXTENSIONS 8

struct vlan {
	__be16 tci, type;
} __attribute__((packed));

struct parsed {
	__u32 saddr[4], daddr[4];
	__u32 ports;
	__u16 type;
	__u8 proto;
};

static __always_inline int skip_extensions(void *data, void *end, __u32 *off, __u8 *proto)
{
	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		__u8 *header = data + *off;

		switch (*proto) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			if (*off > 0x3fff || (void *)(header + 2) > end)
				return -1;
			*proto = header[0];
			*off += (header[1] + 1) * 8;
			break;
		case IPPROTO_FRAGMENT:
			if (*off > 0x3fff || (void *)(header + 4) > end)
				return -1;
			if ((header[2] << 8 | header[3]) & 0xfff8)
				return -1;
			*proto = header[0];
			*off += 8;
			break;
		default:
			return 0;
		}
	}
	return -1;
}

static __always_inline int parse_ip(void *data, void *end, __u32 *off, struct parsed *parsed)
{
	struct iphdr *ip = data + *off;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5)
		return -1;
	if (bpf_ntohs(ip->tot_len) < ip->ihl * 4 ||
	    bpf_ntohs(ip->tot_len) > (__u32)(end - data) - *off)
		return -1;
	parsed->saddr[0] = ip->saddr;
	parsed->daddr[0] = ip->daddr;
	parsed->proto = ip->protocol;
	*off += ip->ihl * 4;
	return ip->frag_off & bpf_htons(0x1fff) ? -1 : 0;
}

static __always_inline int parse_ip6(void *data, void *end, __u32 *off, struct parsed *parsed)
{
	struct ipv6hdr *ip6 = data + *off;

	if ((void *)(ip6 + 1) > end || ip6->version != 6)
		return -1;
	if (bpf_ntohs(ip6->payload_len) + sizeof(*ip6) > (__u32)(end - data) - *off)
		return -1;
	__builtin_memcpy(parsed->saddr, &ip6->saddr, 16);
	__builtin_memcpy(parsed->daddr, &ip6->daddr, 16);
	parsed->proto = ip6->nexthdr;
	*off += sizeof(*ip6);
	return skip_extensions(data, end, off, &parsed->proto);
}

SEC("xdp.frags")
int parse_drop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ether = data;
	struct parsed parsed = { 0 };
	__u32 off = sizeof(*ether);
	int cut = -1;

	if ((void *)(ether + 1) > end)
		return XDP_DROP;
	parsed.type = ether->h_proto;
	if (parsed.type == bpf_htons(ETH_P_8021Q) || parsed.type == bpf_htons(ETH_P_8021AD)) {
		struct vlan *tag = data + off;

		if ((void *)(tag + 1) > end)
			return XDP_DROP;
		parsed.type = tag->type;
		off += sizeof(*tag);
	}
	if (parsed.type == bpf_htons(ETH_P_IP))
		cut = parse_ip(data, end, &off, &parsed);
	else if (parsed.type == bpf_htons(ETH_P_IPV6))
		cut = parse_ip6(data, end, &off, &parsed);
	if (!cut && off <= 0x7fff && data + off + 4 <= end)
		parsed.ports = *(__u32 *)(data + off);
	asm volatile("" : : "r"(&parsed) : "memory");
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
