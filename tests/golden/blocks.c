/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[35];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 35 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 ip6_saddr_high, ip6_saddr_low;
	__u64 ip6_daddr_high, ip6_daddr_low;
	__u32 ip_saddr;
	__u32 ip_daddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 tcp_dport;
	__u16 udp_sport;
	__u8 meta_l4proto;
	__u8 tcp_flags;
	__u8 icmp_type;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[6];
};

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	f->ip_daddr = be32(header + 16);
	if (header + 40 > end)
		return;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	f->ip6_daddr_high = be64(header + 24);
	f->ip6_daddr_low = be64(header + 32);
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 1 > end)
		return;
	f->icmp_type = header[0];
	if (header + 2 > end)
		return;
	f->udp_sport = be16(header + 0);
	if (header + 4 > end)
		return;
	f->tcp_dport = be16(header + 2);
	if (header + 14 > end)
		return;
	f->tcp_flags = header[13];
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
		header = walk_header(&walk, walk.transport.value, 14, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_transport(f, header, end);
	}
	f->meta_protocol = walk.protocol;
	f->meta_l4proto = walk.l4.value;
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
	f->th_len = 14;
	f->has_l4 = 1;
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip_daddr = be32(header + 16);
	f->ip6_saddr_high = f->ip6_saddr_low = 0;
	f->ip6_daddr_high = f->ip6_daddr_low = 0;
	header = plain->transport;
	f->tcp_flags = header[13];
	f->tcp_dport = be16(header + 2);
	f->udp_sport = be16(header + 0);
	f->icmp_type = header[0];
	f->meta_protocol = ETHER_TYPE_IP;
	f->meta_l4proto = plain->network[9];
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
	f->pad[5] = 0;
}

XDPFW_INLINE void read_plain_ip6(const struct plain *plain, struct xdp_md *ctx,
				 const struct xdpfw_device *device, struct fields *f)
{
	const __u8 *header __attribute__((unused));
	f->length = plain_length(plain);
	f->frame_len = PLAIN_LINK_BYTES;
	f->nh_len = IP6_BYTES;
	f->th_len = 14;
	f->has_l4 = 1;
	header = plain->network;
	f->ip_saddr = 0;
	f->ip_daddr = 0;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	f->ip6_daddr_high = be64(header + 24);
	f->ip6_daddr_low = be64(header + 32);
	header = plain->transport;
	f->tcp_flags = header[13];
	f->tcp_dport = be16(header + 2);
	f->udp_sport = be16(header + 0);
	f->icmp_type = header[0];
	f->meta_protocol = ETHER_TYPE_IP6;
	f->meta_l4proto = plain->network[6];
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
	f->pad[5] = 0;
}

#define PLAIN_BYTES 14		/* of the transport header */

#define FIELDS const volatile struct fields

XDPFW_INLINE void count(FIELDS *f, const __u32 number)
{
	COUNT_CELL(settings.cell_of[number], f->length);
}

XDPFW_INLINE int count_answer(FIELDS *f, __u64 answer)
{
	__u32 cell = (__u32)(answer >> 32) & 0xfffffff;

	if (f)
		COUNT_HERE(cell, f->length);
	return 0;
}

XDPFW_ALONE __u64 run_0(FIELDS *f);
XDPFW_ALONE __u64 run_1(FIELDS *f);
XDPFW_ALONE __u64 run_2(FIELDS *f);

/* table edge, chain web */
XDPFW_INLINE __u64 chain_0(FIELDS *f)
{
	return run_0(f);
}

/* table edge, chain in */
XDPFW_INLINE __u64 chain_2(FIELDS *f)
{
	__u64 answer;

	answer = run_1(f);
	if (answer >> 60 != ANSWER_CONTINUE)
		return answer;
	return run_2(f);
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	if (!f)
		return 0;
	/* table edge, chain web */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && in32(f->ip_saddr, 0xc6336400, 0xc633647f)) { return DROP(0) | COUNTS(0); } /* blocks.nft:12 ip saddr 198.51.100.0/25 counter drop */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 14 && (f->tcp_flags & 0x12) == 0x2) { return ACCEPT(1) | COUNTS(1); } /* blocks.nft:13 tcp flags syn / syn,ack counter accept */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(FIELDS *f)
{
	__u64 answer __attribute__((unused));

	if (!f)
		return 0;
	/* table edge, chain in */
	if (f->meta_protocol == 0x806) { return ACCEPT(2); } /* blocks.nft:17 meta protocol arp accept */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && f->ip_saddr == 0xa010203) { count(f, 2); } /* blocks.nft:18 ip saddr 10.1.2.3 counter */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 6 && f->nh_len >= 20 && in32(f->ip_saddr, 0xa010000, 0xa01ffff) && in32(f->ip_daddr, 0xac100000, 0xac1000ff) && f->th_len >= 4 && (f->tcp_dport == 80 || f->tcp_dport == 443)) { answer = chain_0(f); if (answer >> 60 != ANSWER_RETURN) return answer; } /* blocks.nft:19 ip saddr 10.1.0.0/16 ip daddr 172.16.0.0/24 tcp dport { 80, 443 } jump web */
	return NEXT_RUN(5);
}

/*
 * table edge, chain in: 33 rules, from blocks.nft:20 to blocks.nft:52, are in tables: see `xdpfw explain`.
 */
XDPFW_INLINE __u32 look_2_0(FIELDS *f)
{
	const __u64 d0 = f->ip_saddr;
	const __u64 d1 = f->meta_l4proto;
	const __u64 p1 = is_number(f->has_l4, 1);
	const __u64 d2 = f->ip_daddr;
	const __u64 d3 = f->tcp_dport;
	const __u64 p3 = has_bytes(f->th_len, 4);
	const __u64 d4 = f->udp_sport;
	const __u64 p4 = has_bytes(f->th_len, 2);
	const __u64 d5 = f->icmp_type;
	const __u64 p5 = has_bytes(f->th_len, 1);

	const __u64 v0 = ({
		const __u64 trie_low = d2;
		__u64 trie_at = trie_low >> 16 & 0xffff;

		trie_at = trie_flat(trie_at, 66112, trie_low >> 0 & 0xffff, 15);
		trie_result8(trie_at & 0x1ffff, 512);
	});
	const __u64 v1 = ({
		const __u64 trie_low = d0;
		__u64 trie_at = trie_low >> 21 & 0x7ff;

		trie_at = trie_flat(trie_at, 500416, trie_low >> 11 & 0x3ff, 10);
		trie_at = trie_flat(table_inside(trie_at, 4097), 483968, trie_low >> 0 & 0x7ff, 11);
		trie_result16(trie_at & 0x3fff, 459328);
	});
	const __u64 v2 = cross_if(p3, cross_u8(328256, d3, 0xffff, 1));
	const __u64 v3 = cross_if(p1, cross_u8(526208, d1, 0xff, 1));
	const __u64 v4 = cross_if(p5, cross_u8(526464, d5, 0xff, 1));
	const __u64 v5 = cross_if(p4, cross_u8(393792, d4, 0xffff, 1));
	/* their combination */
	const __u64 v6 = cross_u16(525504, v5 + v4 + v3 + v2, 0x1ff, 2);
	/* their combination */
	const __u64 v7 = cross_u8(508608, v6 + v1 + v0, 0x7fff, 1);

	return (__u32)v7;
}

XDPFW_INLINE __u32 look_2_1(FIELDS *f)
{
	const __u64 d0 = f->meta_l4proto;
	const __u64 p0 = is_number(f->has_l4, 1);
	const __u64 d1 = f->tcp_dport;
	const __u64 p1 = has_bytes(f->th_len, 4);
	UNUSED const __u64 d2_high = f->ip6_saddr_high, d2 = f->ip6_saddr_low;
	UNUSED const __u64 d3_high = f->ip6_daddr_high, d3 = f->ip6_daddr_low;
	const __u64 d4 = f->icmp_type;
	const __u64 p4 = has_bytes(f->th_len, 1);

	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x16ull) && (in128(d2_high, d2, 0x20010db800010000ull, 0x0ull, 0x20010db80001ffffull, 0xffffffffffffffffull)) && (in128(d3_high, d3, 0x20010db8ffff0000ull, 0x1ull, 0x20010db8ffff0000ull, 0x1ull)))
		return 30;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x1bbull) && (in128(d2_high, d2, 0x20010db800020000ull, 0x0ull, 0x20010db80002ffffull, 0xffffffffffffffffull)) && (in128(d3_high, d3, 0x20010db8ffff0000ull, 0x0ull, 0x20010db8ffff0000ull, 0xffffffffffffffffull)))
		return 31;
	if (p0 && (d0 == 0x3aull) && (in128(d2_high, d2, 0x20010db800000000ull, 0x0ull, 0x20010db8ffffffffull, 0xffffffffffffffffull)) && p4 && (d4 == 0x80ull))
		return 32;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x71ull))
		return 33;
	return 0;
}

XDPFW_ALONE __u64 run_2(FIELDS *f)
{
	__u32 number;

	if (!f)
		return 0;
	if (f->meta_protocol == 0x800 && f->length >= 20)
		number = look_2_0(f);
	else if (f->meta_protocol == 0x86dd && f->length >= 40)
		number = look_2_1(f);
	else
		number = 0;
	return TABLE_ANSWER(0, 63, number);
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table edge, chain in, priority 0, policy drop */
		answer = chain_2(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(0, answer);
		return chain_verdict(answer, 1);
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
