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
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 tcp_dport;
	__u16 meta_protocol;
	__u16 arp_operation;
	__u8 meta_l4proto;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 nfproto;		/* of IPv4 or IPv6; 0: neither */
};

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 8 > end)
		return;
	f->arp_operation = be16(header + 6);
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
	f->nfproto = walk_nfproto(&walk);
	f->meta_l4proto = walk.l4.value;
	f->meta_protocol = walk.protocol;
	return XDPFW_REASON_CHAINS;
}

XDPFW_INLINE void count(const volatile struct fields *f, const __u32 number)
{
	count_cell(settings.cell_of[number], f->length);
}

XDPFW_ALONE __u64 run_0(const volatile struct fields *f, __u32 from)
{
	if (!f)
		return 0;
	switch (from) {
	case BEHIND(2): goto behind_2;
	}
	/* table fw, chain early */
	if (f->nfproto == 2 && f->nfproto == 2 && f->length >= 20 && f->ip_saddr == 0xc0000201) { return ACCEPT(0); } /* inet.nft:10 meta nfproto @v4 ip saddr 192.0.2.1 accept */
	if (f->nfproto == 10 && f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 22) { return ACCEPT(1); } /* inet.nft:11 meta nfproto ipv6 tcp dport 22 accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 443) { return JUMP(2, 4); } /* inet.nft:12 tcp dport 443 jump web */
behind_2:
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table fw, chain late */
	if ((f->nfproto == 2 || f->nfproto == 10)) { count(f, 0); } /* inet.nft:16 meta nfproto { ipv4, ipv6 } counter */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table fw, chain web */
	if (f->nfproto == 10 && f->length >= 40 && in64(f->ip6_saddr_high, 0xfe80000000000000ull, 0xfebfffffffffffffull)) { return DROP(4); } /* inet.nft:19 ip6 saddr fe80::/10 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_3(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table fw, chain ingress */
	if (f->meta_protocol == 0x806 && f->length >= 8 && f->arp_operation == 1) { return ACCEPT(5); } /* inet.nft:25 arp operation request accept */
	return CHAIN_END;
}

/* See xdpfw_jump.h. */
XDPFW_ALONE __u64 run_at(const volatile struct fields *f, __u32 from)
{
	__u32 rule = from & ~BEHIND(0);

	if (!f)
		return 0;
	HIDE(rule);
	if (rule < 4) {
		if (rule < 3) {
			return run_0(f, from);
		}
		return run_1(f);
	}
	if (rule < 5) {
		return run_2(f);
	}
	return run_3(f);
}

SEC("xdp.frags")
int xdpfw_rules(struct xdp_md *ctx)
{
	const struct xdpfw_device *device = find_device(ctx->ingress_ifindex);
	const bool prove = settings.config.prove;
	volatile struct hidden place = {};
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
	case 0: /* device lo */
		/* table fw, chain early, priority -305, policy drop */
		if (f->nfproto) {
			if (!f->has_l4) {
				trail_rule(prove, place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			if (chain_drops(prove, place.value, chain_answer(f, run_0(f, 0)), 1))
				return XDP_DROP;
			place.value++;
		}
		/* table fw, chain ingress, priority 0, policy accept */
		if (chain_drops(prove, place.value, run_3(f), 0))
			return XDP_DROP;
		place.value++;
		/* table fw, chain late, priority 50, policy accept */
		if (f->nfproto) {
			if (!f->has_l4) {
				trail_rule(prove, place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			if (chain_drops(prove, place.value, run_1(f), 0))
				return XDP_DROP;
			place.value++;
		}
		return XDP_PASS;
	}
	trail_reason(prove, XDPFW_REASON_FAULT);
	return XDP_DROP;
}

char xdpfw_license[] SEC("license") = "GPL";
