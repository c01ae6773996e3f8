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
	__u32 ip_saddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 tcp_dport;
	__u16 meta_protocol;
	__u16 ether_type;
	__u16 udp_dport;
	__u16 udp_sport;
	__u8 meta_l4proto;
	__u8 icmpv6_type;
	__u8 ip6_nexthdr;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 nfproto;		/* of IPv4 or IPv6; 0: neither */
};

XDPFW_INLINE void read_link(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 14 > end)
		return;
	f->ether_type = be16(header + 12);
}

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	if (header + 40 > end)
		return;
	f->ip6_nexthdr = header[6];
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 1 > end)
		return;
	f->icmpv6_type = header[0];
	if (header + 2 > end)
		return;
	f->udp_sport = be16(header + 0);
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
	case BEHIND(5): goto behind_5;
	}
	/* table filter, chain ingress */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 22 || f->tcp_dport == 2222) && f->meta_protocol == 0x800 && f->length >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(0); } /* failsafe tcp dport { 22, 2222 } ip saddr 192.0.2.0/24 accept */
	if (f->ether_type == 0x806) { return ACCEPT(1); } /* failsafe ether type arp accept */
	if (f->meta_protocol == 0x86dd && f->has_l4 && f->meta_l4proto == 58 && f->th_len >= 1 && in32(f->icmpv6_type, 135, 136)) { return ACCEPT(2); } /* failsafe icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept */
	if (f->meta_protocol == 0x86dd && f->length >= 40 && f->ip6_nexthdr == 58) { return ACCEPT(3); } /* failsafe ip6 nexthdr ipv6-icmp accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 22 && f->meta_protocol == 0x800 && f->length >= 20 && f->ip_saddr == 0xc0000207) { count(f, 0); return ACCEPT(4); } /* failsafe.nft:10 tcp dport 22 ip saddr 192.0.2.7 counter accept */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 4 && f->udp_dport == 53) { return JUMP(5, 6); } /* failsafe.nft:11 udp dport 53 jump dns */
behind_5:
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table filter, chain dns */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 2 && in32(f->udp_sport, 1, 1023)) { return DROP(6); } /* failsafe.nft:15 udp sport 1-1023 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table filter, chain late */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 22 || f->tcp_dport == 2222) && f->meta_protocol == 0x800 && f->length >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(7); } /* failsafe tcp dport { 22, 2222 } ip saddr 192.0.2.0/24 accept */
	if (f->ether_type == 0x806) { return ACCEPT(8); } /* failsafe ether type arp accept */
	if (f->meta_protocol == 0x86dd && f->has_l4 && f->meta_l4proto == 58 && f->th_len >= 1 && in32(f->icmpv6_type, 135, 136)) { return ACCEPT(9); } /* failsafe icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept */
	if (f->meta_protocol == 0x86dd && f->length >= 40 && f->ip6_nexthdr == 58) { return ACCEPT(10); } /* failsafe ip6 nexthdr ipv6-icmp accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 23) { count(f, 1); return DROP(11); } /* failsafe.nft:20 tcp dport 23 counter drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_3(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table filter, chain ingress */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 22 || f->tcp_dport == 2222) && f->nfproto == 2 && f->length >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(12); } /* failsafe tcp dport { 22, 2222 } ip saddr 192.0.2.0/24 accept */
	if (f->ether_type == 0x806) { return ACCEPT(13); } /* failsafe ether type arp accept */
	if (f->nfproto == 10 && f->has_l4 && f->meta_l4proto == 58 && f->th_len >= 1 && in32(f->icmpv6_type, 135, 136)) { return ACCEPT(14); } /* failsafe icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept */
	if (f->nfproto == 10 && f->length >= 40 && f->ip6_nexthdr == 58) { return ACCEPT(15); } /* failsafe ip6 nexthdr ipv6-icmp accept */
	if (f->nfproto == 2 && f->length >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { count(f, 2); return ACCEPT(16); } /* failsafe.nft:27 ip saddr 192.0.2.0/24 counter accept */
	return CHAIN_END;
}

/* See xdpfw_jump.h. */
XDPFW_ALONE __u64 run_at(const volatile struct fields *f, __u32 from)
{
	__u32 rule = from & ~BEHIND(0);

	if (!f)
		return 0;
	HIDE(rule);
	if (rule < 7) {
		if (rule < 6) {
			return run_0(f, from);
		}
		return run_1(f);
	}
	if (rule < 12) {
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
		/* table filter, chain ingress, priority -10, policy drop */
		if (f->nfproto) {
			if (!f->has_l4) {
				trail_rule(prove, place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			if (chain_drops(prove, place.value, run_3(f), 1))
				return XDP_DROP;
			place.value++;
		}
		/* table filter, chain ingress, priority 0, policy drop */
		if (chain_drops(prove, place.value, chain_answer(f, run_0(f, 0)), 1))
			return XDP_DROP;
		place.value++;
		/* table filter, chain late, priority 10, policy accept */
		if (chain_drops(prove, place.value, run_2(f), 0))
			return XDP_DROP;
		place.value++;
		return XDP_PASS;
	}
	trail_reason(prove, XDPFW_REASON_FAULT);
	return XDP_DROP;
}

char xdpfw_license[] SEC("license") = "GPL";
