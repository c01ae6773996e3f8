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
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 tcp_dport;
	__u16 meta_protocol;
	__u8 meta_l4proto;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[6];
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
		header = walk_header(&walk, walk.transport.value, 4, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_transport(f, header, end);
	}
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
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip6_saddr_high = f->ip6_saddr_low = 0;
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	f->meta_l4proto = plain->network[9];
	f->meta_protocol = ETHER_TYPE_IP;
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
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->network;
	f->ip_saddr = 0;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	f->meta_l4proto = plain->network[6];
	f->meta_protocol = ETHER_TYPE_IP6;
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
	f->pad[5] = 0;
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

/* table fw, chain web */
XDPFW_INLINE __u64 chain_1(FIELDS *f)
{
	return run_0(f);
}

/* table fw, chain wan */
XDPFW_INLINE __u64 chain_2(FIELDS *f)
{
	return run_1(f);
}

/* table fw, chain lan */
XDPFW_INLINE __u64 chain_4(FIELDS *f)
{
	return run_2(f);
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	if (!f)
		return 0;
	/* table fw, chain web */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && in32(f->tcp_dport, 80, 443)) { return ACCEPT(1); } /* warnings.nft:7 tcp dport 80-443 accept */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(FIELDS *f)
{
	__u64 answer __attribute__((unused));

	if (!f)
		return 0;
	/* table fw, chain wan */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && in32(f->ip_saddr, 0xa000000, 0xaffffff)) { return DROP(2) | COUNTS(0); } /* warnings.nft:13 ip saddr 10.0.0.0/8 counter drop */
	if (f->meta_protocol == 0x86dd && f->nh_len >= 40 && in64(f->ip6_saddr_high, 0x20010db800000000ull, 0x20010db8ffffffffull)) { answer = chain_1(f); if (answer >> 60 != ANSWER_RETURN) return answer; } /* warnings.nft:17 ip6 saddr 2001:db8::/32 jump web */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(FIELDS *f)
{
	if (!f)
		return 0;
	/* table fw, chain lan */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 23) { return DROP(4); } /* warnings.nft:22 tcp dport 23 drop */
	return ACCEPT(5); /* warnings.nft:23 accept */
	return CHAIN_END;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device eth0 */
		/* table fw, chain wan, priority 0, policy drop */
		answer = chain_2(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(0, answer);
		return chain_verdict(answer, 1);
		return XDP_PASS;
	case 1: /* device eth1 */
		/* table fw, chain lan, priority 0, policy accept */
		answer = chain_4(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(0, answer);
		return chain_verdict(answer, 0);
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
