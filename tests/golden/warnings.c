/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[1];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 1 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 ip6_saddr_high, ip6_saddr_low;
	__u32 ip_saddr;
	__u32 meta_mark;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 tcp_dport;
	__u16 meta_protocol;
	__u16 udp_dport;
	__u8 meta_l4proto;
	__u8 has_l4;		/* the transport protocol is known */
};

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	if (header + 40 > end)
		return;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->tcp_dport = be16(header + 2);
	f->udp_dport = be16(header + 2);
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
	f->length = walk.length - walk.network;
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
	f->meta_l4proto = walk.l4.value;
	f->meta_protocol = walk.protocol;
	f->meta_mark = 0;
	return XDPFW_REASON_CHAINS;
}

XDPFW_INLINE void count(const volatile struct fields *f, const __u32 number)
{
	count_cell(settings.cell_of[number], f->length);
}

XDPFW_ALONE __u64 run_0(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table fw, chain web */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && in32(f->tcp_dport, 80, 443)) { return ACCEPT(1); } /* warnings.nft:7 tcp dport 80-443 accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 100 || f->tcp_dport == 200)) { return DROP(2); } /* warnings.nft:8 tcp dport { 100, 200 } drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(const volatile struct fields *f, __u32 from)
{
	if (!f)
		return 0;
	switch (from) {
	case BEHIND(7): goto behind_7;
	}
	/* table fw, chain wan */
	if (f->meta_protocol == 0x800 && f->length >= 20 && in32(f->ip_saddr, 0xa000000, 0xaffffff)) { count(f, 0); return DROP(3); } /* warnings.nft:13 ip saddr 10.0.0.0/8 counter drop */
	if (f->meta_protocol == 0x800 && f->length >= 20 && in32(f->ip_saddr, 0xa010000, 0xa01ffff) && f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 22) { return ACCEPT(4); } /* warnings.nft:14 ip saddr 10.1.0.0/16 tcp dport 22 accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 80 && f->tcp_dport == 443) { return ACCEPT(5); } /* warnings.nft:15 tcp dport 80 tcp dport 443 accept */
	if (f->meta_mark == 0x5) { return ACCEPT(6); } /* warnings.nft:16 meta mark 0x00000005 accept */
	if (f->meta_protocol == 0x86dd && f->length >= 40 && in64(f->ip6_saddr_high, 0x20010db800000000ull, 0x20010db8ffffffffull)) { return JUMP(7, 1); } /* warnings.nft:17 ip6 saddr 2001:db8::/32 jump web */
behind_7:
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table fw, chain lan */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 23) { return DROP(8); } /* warnings.nft:22 tcp dport 23 drop */
	return ACCEPT(9); /* warnings.nft:23 accept */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 4 && f->udp_dport == 53) { return ACCEPT(10); } /* warnings.nft:24 udp dport 53 accept */
	return DROP(11); /* warnings.nft:25 drop */
	return CHAIN_END;
}

/* See xdpfw_jump.h. */
XDPFW_ALONE __u64 run_at(const volatile struct fields *f, __u32 from)
{
	__u32 rule = from & ~BEHIND(0);

	if (!f)
		return 0;
	HIDE(rule);
	if (rule < 3) {
		return run_0(f);
	}
	if (rule < 8) {
		return run_1(f, from);
	}
	return run_2(f);
}

SEC("xdp.frags")
int xdpfw_rules(struct xdp_md *ctx)
{
	const struct xdpfw_device *device = find_device(ctx->ingress_ifindex);
	const bool prove = settings.config.prove;
	struct fields fields = {}, *f = &fields;
	__u32 reason;

	if (!device) {
		trail_reason(prove, XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	reason = read_fields(ctx, f);
	trail_reason(prove, reason);
	if (reason != XDPFW_REASON_CHAINS)
		return XDP_DROP;
	switch (device->entry) {
	case 0: /* device eth0 */
		/* table fw, chain wan, priority 0, policy drop */
		if (chain_drops(prove, 0, chain_answer(f, run_1(f, 3)), 1))
			return XDP_DROP;
		return XDP_PASS;
	case 1: /* device eth1 */
		/* table fw, chain lan, priority 0, policy accept */
		if (chain_drops(prove, 0, run_2(f), 0))
			return XDP_DROP;
		return XDP_PASS;
	}
	trail_reason(prove, XDPFW_REASON_FAULT);
	return XDP_DROP;
}

char xdpfw_license[] SEC("license") = "GPL";
