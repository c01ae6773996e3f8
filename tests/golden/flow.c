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
	__u64 meta_iifname_high, meta_iifname_low;
	__u32 ip_saddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 udp_length;
	__u16 tcp_dport;
	__u8 meta_l4proto;
	__u8 ip_ttl;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[3];
};

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	f->ip_ttl = header[8];
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->tcp_dport = be16(header + 2);
	if (header + 6 > end)
		return;
	f->udp_length = be16(header + 4);
}

/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */
XDPFW_ALONE __u32 read_fields(struct xdp_md *ctx, struct fields *f, const struct xdpfw_device *device)
{
	WALK_BUFFER(copy, 40);
	const __u8 *header, *end;
	struct walk walk;
	__u32 reason;

	if (!f || !device)
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
		header = walk_header(&walk, walk.transport.value, 6, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_transport(f, header, end);
	}
	f->meta_protocol = walk.protocol;
	f->meta_l4proto = walk.l4.value;
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
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
	f->th_len = 6;
	f->has_l4 = 1;
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip_ttl = header[8];
	header = plain->transport;
	f->udp_length = be16(header + 4);
	f->tcp_dport = be16(header + 2);
	f->meta_protocol = ETHER_TYPE_IP;
	f->meta_l4proto = plain->network[9];
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
}

XDPFW_INLINE void read_plain_ip6(const struct plain *plain, struct xdp_md *ctx,
				 const struct xdpfw_device *device, struct fields *f)
{
	const __u8 *header __attribute__((unused));
	f->length = plain_length(plain);
	f->frame_len = PLAIN_LINK_BYTES;
	f->nh_len = IP6_BYTES;
	f->th_len = 6;
	f->has_l4 = 1;
	header = plain->network;
	f->ip_saddr = 0;
	f->ip_ttl = 0;
	header = plain->transport;
	f->udp_length = be16(header + 4);
	f->tcp_dport = be16(header + 2);
	f->meta_protocol = ETHER_TYPE_IP6;
	f->meta_l4proto = plain->network[6];
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
}

#define PLAIN_BYTES 6		/* of the transport header */

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

/* @services */
XDPFW_INLINE __u32 map_0(__u32 key)
{
	if (key == 22)
		return WORD(ANSWER_JUMP, 0);
	if (key == 25)
		return WORD(ANSWER_DROP, 0);
	if (key == 53)
		return WORD(ANSWER_GOTO, 3);
	return 0;
}

XDPFW_INLINE __u32 map_1(__u32 key)
{
	if (key == 1)
		return WORD(ANSWER_ACCEPT, 0);
	if (key == 6)
		return WORD(ANSWER_CONTINUE, 0);
	if (key == 17)
		return WORD(ANSWER_JUMP, 3);
	return 0;
}

XDPFW_ALONE __u64 run_0(FIELDS *f);
XDPFW_ALONE __u64 run_1(FIELDS *f);
XDPFW_ALONE __u64 run_2(FIELDS *f);
XDPFW_ALONE __u64 run_3(FIELDS *f);

/* table one, chain admin */
XDPFW_INLINE __u64 chain_0(FIELDS *f)
{
	return run_0(f);
}

/* table one, chain dns */
XDPFW_INLINE __u64 chain_3(FIELDS *f)
{
	return run_1(f);
}

/* table one, chain early */
XDPFW_INLINE __u64 chain_4(FIELDS *f)
{
	return run_2(f);
}

/* table two, chain late */
XDPFW_INLINE __u64 chain_8(FIELDS *f)
{
	return run_3(f);
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	if (!f)
		return 0;
	/* table one, chain admin */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && f->ip_saddr == 0xc0000207) { return ACCEPT(0); } /* flow.nft:10 ip saddr 192.0.2.7 accept */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { return RETURN(1); } /* flow.nft:11 ip saddr 192.0.2.0/24 return */
	return DROP(2) | COUNTS(0); /* flow.nft:12 counter drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(FIELDS *f)
{
	if (!f)
		return 0;
	/* table one, chain dns */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 6 && in32(f->udp_length, 513, 65535)) { return DROP(3); } /* flow.nft:15 udp length > 512 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(FIELDS *f)
{
	__u32 word;
	__u64 answer __attribute__((unused));

	if (!f)
		return 0;
	/* table one, chain early */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (word = map_0(f->tcp_dport))) { if (word == WORD(ANSWER_JUMP, 0)) { answer = chain_0(f); if (answer >> 60 != ANSWER_RETURN) return answer; goto behind_4; } if (word == WORD(ANSWER_GOTO, 3)) { return chain_3(f); } return ANSWER(word, 4); } /* flow.nft:19 tcp dport vmap @services */
behind_4:
	if (f->has_l4 && (word = map_1(f->meta_l4proto))) { if (word == WORD(ANSWER_JUMP, 3)) { answer = chain_3(f); if (answer >> 60 != ANSWER_RETURN) return answer; goto behind_5; } if (word != WORD(ANSWER_CONTINUE, 0)) return ANSWER(word, 5); } /* flow.nft:20 meta l4proto vmap { icmp : accept, tcp : continue, udp : jump dns } */
behind_5:
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 80 || f->tcp_dport == 443)) { answer = chain_0(f); if (answer >> 60 != ANSWER_RETURN) return answer; } /* flow.nft:21 tcp dport { 80, 443 } jump admin */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && f->ip_ttl == 1) { return DROP(7); } /* flow.nft:22 ip ttl 1 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_3(FIELDS *f)
{
	if (!f)
		return 0;
	/* table two, chain late */
	if ((f->meta_iifname_high == 0x6c6f000000000000ull && f->meta_iifname_low == 0x0)) { return ACCEPT(8); } /* flow.nft:30 iifname "lo" accept */
	return CHAIN_END;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table one, chain early, priority -300, policy accept */
		answer = chain_4(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(0, answer);
		if (chain_drops(answer, 0))
			return XDP_DROP;
		/* table two, chain late, priority 10, policy drop */
		answer = chain_8(f);
		count_answer(f, answer);
		if (settings.config.prove)
			trail_answer(1, answer);
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
		reason = read_fields(ctx, f, device);
		if (reason != XDPFW_REASON_CHAINS) {
			if (settings.config.prove)
				trail_reason(reason);
			return XDP_DROP;
		}
	}
	return run_chains(ctx, device->entry, f, 0);
}

char xdpfw_license[] SEC("license") = "GPL";
