/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[3];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 3 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 ip6_saddr_high, ip6_saddr_low;
	__u64 ether_daddr;
	__u32 ip_saddr;
	__u32 ip_daddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 th_dport;
	__u8 ip_protocol;
	__u8 ip6_nexthdr;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[1];
};

XDPFW_INLINE void read_link(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 6 > end)
		return;
	f->ether_daddr = (__u64)be32(header + 0) << 16 | be16(header + 4);
}

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	f->ip_daddr = be32(header + 16);
	f->ip_protocol = header[9];
	if (header + 40 > end)
		return;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	f->ip6_nexthdr = header[6];
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->th_dport = be16(header + 2);
}

/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */
XDPFW_ALONE __u32 read_fields(struct xdp_md *ctx, struct fields *f)
{
	WALK_BUFFER(copy, 40);
	const __u8 *header, *end;
	struct walk walk;
	__u32 reason;

	if (!f)
		return XDPFW_REASON_FAULT;
	walk_start(&walk, ctx);
	header = walk_header(&walk, 0, 20, copy, &end);
	if (!header)
		return XDPFW_REASON_OUT_OF_REACH;
	reason = walk_link(&walk, header, end);
	if (reason != XDPFW_REASON_CHAINS)
		return reason;
	f->length = f->nh_len = walk.length - walk.network;
	read_link(f, header, end);
	header = walk_header(&walk, walk.network, 40, copy, &end);
	if (!header)
		return XDPFW_REASON_OUT_OF_REACH;
	reason = walk_network(&walk, header, end);
	if (reason != XDPFW_REASON_CHAINS)
		return reason;
	f->has_l4 = walk.l4.value / WALK_HAS_L4;
	read_network(f, header, end);
	f->th_len = walk.transport_len.value;
	if (f->th_len) {
		header = walk_header(&walk, walk.transport.value, 4, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_transport(f, header, end);
	}
	f->meta_protocol = walk.protocol;
	return XDPFW_REASON_CHAINS;
}

/* All of struct fields, of a plain packet (xdpfw_plain.h). */
XDPFW_INLINE void read_plain_ip(const struct plain *plain, struct xdp_md *ctx,
				 const struct xdpfw_device *device, struct fields *f)
{
	const __u8 *header __attribute__((unused));
	f->length = plain_length(plain);
	f->frame_len = PLAIN_LINK_BYTES;
	f->nh_len = IP_BYTES;
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->link;
	f->ether_daddr = (__u64)be32(header + 0) << 16 | be16(header + 4);
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip_daddr = be32(header + 16);
	f->ip6_saddr_high = f->ip6_saddr_low = 0;
	f->ip_protocol = header[9];
	f->ip6_nexthdr = 0;
	header = plain->transport;
	f->th_dport = be16(header + 2);
	f->meta_protocol = ETHER_TYPE_IP;
	f->pad[0] = 0;
}

XDPFW_INLINE void read_plain_ip6(const struct plain *plain, struct xdp_md *ctx,
				 const struct xdpfw_device *device, struct fields *f)
{
	const __u8 *header __attribute__((unused));
	f->length = plain_length(plain);
	f->frame_len = PLAIN_LINK_BYTES;
	f->nh_len = IP6_BYTES;
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->link;
	f->ether_daddr = (__u64)be32(header + 0) << 16 | be16(header + 4);
	header = plain->network;
	f->ip_saddr = 0;
	f->ip_daddr = 0;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	f->ip_protocol = 0;
	f->ip6_nexthdr = header[6];
	header = plain->transport;
	f->th_dport = be16(header + 2);
	f->meta_protocol = ETHER_TYPE_IP6;
	f->pad[0] = 0;
}

#define PLAIN_BYTES 4		/* of the transport header */

#define FIELDS const struct fields

XDPFW_INLINE void count(FIELDS *f, const __u32 number)
{
	COUNT_CELL(settings.cell_of[number], f->length);
}

XDPFW_INLINE int count_answer(FIELDS *f, __u64 answer)
{
	__u32 cell = (__u32)(answer >> 32) & 0xfffffff;

	if (f && cell)
		COUNT_HERE(cell, f->length);
	return 0;
}

XDPFW_INLINE int count_brief(FIELDS *f, __u32 brief)
{
	__u32 number = BRIEF_COUNTER(brief) - 1;

	if (f && number < 3)
		COUNT_HERE(settings.cell_of[number], f->length);
	return 0;
}

/* @nets6 */
XDPFW_INLINE bool set_3(__u64 high, __u64 low)
{
	return in64(high, 0x20010db800000000ull, 0x20010db8ffffffffull) ||
	       (high == 0xfe80000000000000ull && in64(low, 0x1, 0xff));
}

XDPFW_INLINE __u32 rules_0(FIELDS *f)
{
	/* table sets, chain ingress */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && (in32(HIDDEN32(f->ip_saddr), 0xc0000201, 0xc0000202) || HIDDEN32(f->ip_saddr) == 0xc6336401)) { return BRIEF(ANSWER_DROP, 0, 1); } /* sets.nft:24 ip saddr @hosts counter drop */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && !(in32(HIDDEN32(f->ip_daddr), 0xc0000201, 0xc0000202) || HIDDEN32(f->ip_daddr) == 0xc6336401)) { count(f, 1); } /* sets.nft:25 ip daddr != @hosts counter */
	if (f->meta_protocol == 0x86dd && f->nh_len >= 40 && set_3(HIDDEN64(f->ip6_saddr_high), HIDDEN64(f->ip6_saddr_low))) { return BRIEF(ANSWER_DROP, 2, 0); } /* sets.nft:26 ip6 saddr @nets6 drop */
	if (HIDDEN64(f->ether_daddr) == 0x20000000001ull) { return BRIEF(ANSWER_DROP, 3, 0); } /* sets.nft:27 ether daddr @macs drop */
	if (f->th_len >= 4 && (in32(HIDDEN32(f->th_dport), 1, 21) || HIDDEN32(f->th_dport) == 30)) { return BRIEF(ANSWER_DROP, 4, 0); } /* sets.nft:28 th dport @merged drop */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && in32(HIDDEN32(f->ip_saddr), 0xa2a0000, 0xa2bffff)) { return BRIEF(ANSWER_DROP, 5, 3); } /* sets.nft:29 ip saddr { 10.42.0.0/15 } counter drop comment "merged into one" */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && (HIDDEN32(f->ip_protocol) == 1 || HIDDEN32(f->ip_protocol) == 47 || in32(HIDDEN32(f->ip_protocol), 50, 51))) { return BRIEF(ANSWER_DROP, 6, 0); } /* sets.nft:30 ip protocol { icmp, gre, 50-51 } drop */
	if (f->meta_protocol == 0x86dd && f->nh_len >= 40 && !(HIDDEN32(f->ip6_nexthdr) == 6 || HIDDEN32(f->ip6_nexthdr) == 17 || HIDDEN32(f->ip6_nexthdr) == 58)) { return BRIEF(ANSWER_DROP, 7, 0); } /* sets.nft:31 ip6 nexthdr != { tcp, udp, ipv6-icmp } drop */
	return BRIEF_END;
}

XDPFW_ALONE __u32 run_0(FIELDS *f)
{
	return f ? rules_0(f) : 0;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u32 brief __attribute__((unused));
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table sets, chain ingress, priority 0, policy accept */
		brief = plain ? rules_0(f) : run_0(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(0, answer);
		return chain_verdict(answer, 0);
		return XDP_PASS;
	}
	if (settings.config.prove)
		trail_reason(XDPFW_REASON_FAULT);
	return XDP_DROP;
}

/* Any packet of any device. */
XDPFW_ALONE int run_any_packet(struct xdp_md *ctx)
{
	const struct xdpfw_device *device = find_device(ctx->ingress_ifindex);
	struct fields fields = {}, *f = &fields;
	__u32 reason;

	if (!device) {
		if (settings.config.prove)
			trail_reason(XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	reason = read_fields(ctx, f);
	if (reason != XDPFW_REASON_CHAINS) {
		if (settings.config.prove)
			trail_reason(reason);
		return XDP_DROP;
	}
	return run_chains(ctx, device->entry, f, 0);
}

/* Plain packets with a tag, or of devices that came late. */
XDPFW_ALONE int run_late_packet(struct xdp_md *ctx)
{
	const struct xdpfw_device *device = find_device(ctx->ingress_ifindex);
	struct fields fields, *f = &fields;
	struct plain plain;

	if (!device) {
		if (settings.config.prove)
			trail_reason(XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	if (plain_start(&plain, ctx, 0) && plain_link(&plain, PLAIN_BYTES) &&
	    plain_tag(&plain)) {
		if (plain_ip(&plain, PLAIN_BYTES)) {
			read_plain_ip(&plain, ctx, device, f);
			return run_chains(ctx, device->entry, f, 1);
		}
		if (plain_ip6(&plain, PLAIN_BYTES)) {
			read_plain_ip6(&plain, ctx, device, f);
			return run_chains(ctx, device->entry, f, 1);
		}
	}
	return NOT_PLAIN;
}

XDPFW_INLINE int run_other_packet(struct xdp_md *ctx)
{
	int verdict = run_late_packet(ctx);

	return verdict == NOT_PLAIN ? run_any_packet(ctx) : verdict;
}

SEC("xdp.frags")
int xdpfw_rules(struct xdp_md *ctx)
{
	const struct xdpfw_device *device;
	struct fields fields, *f = &fields;
	struct plain plain;

	if (!plain_start(&plain, ctx, settings.config.sees_buffer))
		return run_other_packet(ctx);
	device = home_of_device(ctx->ingress_ifindex);
	if (IS_DEVICE(device, ctx->ingress_ifindex) && device->entry == 0 &&
	    plain_link(&plain, PLAIN_BYTES)) {
		if (plain_ip(&plain, PLAIN_BYTES)) {
			read_plain_ip(&plain, ctx, device, f);
			return run_chains(ctx, 0, f, 1);
		}
		if (plain_ip6(&plain, PLAIN_BYTES)) {
			read_plain_ip6(&plain, ctx, device, f);
			return run_chains(ctx, 0, f, 1);
		}
	}
	return run_other_packet(ctx);
}

char xdpfw_license[] SEC("license") = "GPL";
