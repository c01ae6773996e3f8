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
	__u32 nh_len;		/* of the network header and all behind it */
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
	__u8 pad[5];
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
	f->nfproto = walk_nfproto(&walk);
	f->meta_l4proto = walk.l4.value;
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
	f->ether_type = be16(header + 12);
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip6_nexthdr = 0;
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	f->icmpv6_type = header[0];
	f->udp_dport = be16(header + 2);
	f->udp_sport = be16(header + 0);
	f->nfproto = NFPROTO_IPV4;
	f->meta_l4proto = plain->network[9];
	f->meta_protocol = ETHER_TYPE_IP;
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
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
	f->ether_type = be16(header + 12);
	header = plain->network;
	f->ip_saddr = 0;
	f->ip6_nexthdr = header[6];
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	f->icmpv6_type = header[0];
	f->udp_dport = be16(header + 2);
	f->udp_sport = be16(header + 0);
	f->nfproto = NFPROTO_IPV6;
	f->meta_l4proto = plain->network[6];
	f->meta_protocol = ETHER_TYPE_IP6;
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
}

#define PLAIN_BYTES 4		/* of the transport header */

#define FIELDS const volatile struct fields

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

XDPFW_ALONE __u64 run_0(FIELDS *f);
XDPFW_ALONE __u64 run_1(FIELDS *f);
XDPFW_ALONE __u64 run_2(FIELDS *f);
XDPFW_ALONE __u64 run_3(FIELDS *f);

/* table filter, chain ingress */
XDPFW_INLINE __u64 chain_0(FIELDS *f)
{
	return run_0(f);
}

/* table filter, chain dns */
XDPFW_INLINE __u64 chain_5(FIELDS *f)
{
	return run_1(f);
}

/* table filter, chain late */
XDPFW_INLINE __u64 chain_6(FIELDS *f)
{
	return run_2(f);
}

/* table filter, chain ingress */
XDPFW_INLINE __u64 chain_11(FIELDS *f)
{
	return run_3(f);
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	__u64 answer __attribute__((unused));

	if (!f)
		return 0;
	/* table filter, chain ingress */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 22 || f->tcp_dport == 2222) && f->nh_len >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(0); } /* failsafe tcp dport { 22, 2222 } ip saddr 192.0.2.0/24 accept */
	if (f->ether_type == 0x806) { return ACCEPT(1); } /* failsafe ether type arp accept */
	if (f->meta_protocol == 0x86dd && f->has_l4 && f->meta_l4proto == 58 && f->th_len >= 1 && in32(f->icmpv6_type, 135, 136)) { return ACCEPT(2); } /* failsafe icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept */
	if (f->meta_protocol == 0x86dd && f->nh_len >= 40 && f->ip6_nexthdr == 58) { return ACCEPT(3); } /* failsafe ip6 nexthdr ipv6-icmp accept */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 4 && f->udp_dport == 53) { answer = chain_5(f); if (answer >> 60 != ANSWER_RETURN) return answer; } /* failsafe.nft:11 udp dport 53 jump dns */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(FIELDS *f)
{
	if (!f)
		return 0;
	/* table filter, chain dns */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 2 && in32(f->udp_sport, 1, 1023)) { return DROP(5); } /* failsafe.nft:15 udp sport 1-1023 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(FIELDS *f)
{
	if (!f)
		return 0;
	/* table filter, chain late */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 22 || f->tcp_dport == 2222) && f->nh_len >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(6); } /* failsafe tcp dport { 22, 2222 } ip saddr 192.0.2.0/24 accept */
	if (f->ether_type == 0x806) { return ACCEPT(7); } /* failsafe ether type arp accept */
	if (f->meta_protocol == 0x86dd && f->has_l4 && f->meta_l4proto == 58 && f->th_len >= 1 && in32(f->icmpv6_type, 135, 136)) { return ACCEPT(8); } /* failsafe icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept */
	if (f->meta_protocol == 0x86dd && f->nh_len >= 40 && f->ip6_nexthdr == 58) { return ACCEPT(9); } /* failsafe ip6 nexthdr ipv6-icmp accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 23) { return DROP(10) | COUNTS(1); } /* failsafe.nft:20 tcp dport 23 counter drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_3(FIELDS *f)
{
	if (!f)
		return 0;
	/* table filter, chain ingress */
	if (f->nfproto == 2 && f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 22 || f->tcp_dport == 2222) && f->nh_len >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(11); } /* failsafe tcp dport { 22, 2222 } ip saddr 192.0.2.0/24 accept */
	if (f->ether_type == 0x806) { return ACCEPT(12); } /* failsafe ether type arp accept */
	if (f->nfproto == 10 && f->has_l4 && f->meta_l4proto == 58 && f->th_len >= 1 && in32(f->icmpv6_type, 135, 136)) { return ACCEPT(13); } /* failsafe icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept */
	if (f->nfproto == 10 && f->nh_len >= 40 && f->ip6_nexthdr == 58) { return ACCEPT(14); } /* failsafe ip6 nexthdr ipv6-icmp accept */
	if (f->nfproto == 2 && f->nh_len >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return ACCEPT(15) | COUNTS(2); } /* failsafe.nft:27 ip saddr 192.0.2.0/24 counter accept */
	return CHAIN_END;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	volatile struct hidden place = {};
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table filter, chain ingress, priority -10, policy drop */
		if (f->nfproto) {
			if (!f->has_l4) {
				if (settings.config.prove)
					trail_rule(place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			answer = chain_11(f);
			count_answer(f, answer);
			if (settings.config.prove)
				trail_answer(place.value++, answer);
			if (chain_drops(answer, 1))
				return XDP_DROP;
		}
		/* table filter, chain ingress, priority 0, policy drop */
		answer = chain_0(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		if (chain_drops(answer, 1))
			return XDP_DROP;
		/* table filter, chain late, priority 10, policy accept */
		answer = chain_6(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		return chain_verdict(answer, 0);
		if (settings.config.prove && !place.value)
			trail_reason(XDPFW_REASON_CHAINS);
		return XDP_PASS;
	}
	if (settings.config.prove)
		trail_reason(XDPFW_REASON_FAULT);
	return XDP_DROP;
}

SEC("xdp.frags")
int xdpfw_rules(struct xdp_md *ctx)
{
	const struct xdpfw_device *device;
	struct fields fields, *f = &fields;
	struct plain plain;
	bool found;
	__u32 reason;

	found = plain_start(&plain, ctx, settings.config.sees_buffer);
	device = find_device(ctx->ingress_ifindex);
	if (!device) {
		if (settings.config.prove)
			trail_reason(XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	found = found && plain_link(&plain, PLAIN_BYTES) && plain_tag(&plain);
	if (found && plain_ip(&plain, PLAIN_BYTES)) {
		read_plain_ip(&plain, ctx, device, f);
	} else if (found && plain_ip6(&plain, PLAIN_BYTES)) {
		read_plain_ip6(&plain, ctx, device, f);
	} else {
		__builtin_memset(f, 0, sizeof(*f));
		reason = read_fields(ctx, f);
		if (reason != XDPFW_REASON_CHAINS) {
			if (settings.config.prove)
				trail_reason(reason);
			return XDP_DROP;
		}
	}
	return run_chains(ctx, device->entry, f, 0);
}

char xdpfw_license[] SEC("license") = "GPL";
