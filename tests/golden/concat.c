/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[4];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 4 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 ip6_saddr_high, ip6_saddr_low;
	__u64 meta_iifname_high, meta_iifname_low;
	__u64 ether_saddr;
	__u32 ip_saddr;
	__u32 meta_mark;
	__u32 ip_daddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 tcp_dport;
	__u16 th_dport;
	__u16 udp_dport;
	__u16 ip_length;
	__u8 meta_l4proto;
	__u8 ip_protocol;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[7];
};

XDPFW_INLINE void read_link(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 12 > end)
		return;
	f->ether_saddr = (__u64)be16(header + 6) << 32 | be32(header + 8);
}

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	f->ip_protocol = header[9];
	f->ip_daddr = be32(header + 16);
	f->ip_length = be16(header + 2);
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
	f->th_dport = be16(header + 2);
	f->udp_dport = be16(header + 2);
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
	f->meta_l4proto = walk.l4.value;
	f->meta_mark = 0;
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
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->link;
	f->ether_saddr = (__u64)be16(header + 6) << 32 | be32(header + 8);
	header = plain->network;
	f->ip6_saddr_high = f->ip6_saddr_low = 0;
	f->ip_saddr = be32(header + 12);
	f->ip_protocol = header[9];
	f->ip_daddr = be32(header + 16);
	f->ip_length = be16(header + 2);
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	f->th_dport = be16(header + 2);
	f->udp_dport = be16(header + 2);
	f->meta_protocol = ETHER_TYPE_IP;
	f->meta_l4proto = plain->network[9];
	f->meta_mark = 0;
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
	f->pad[5] = 0;
	f->pad[6] = 0;
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
	f->ether_saddr = (__u64)be16(header + 6) << 32 | be32(header + 8);
	header = plain->network;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	f->ip_saddr = 0;
	f->ip_protocol = 0;
	f->ip_daddr = 0;
	f->ip_length = 0;
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	f->th_dport = be16(header + 2);
	f->udp_dport = be16(header + 2);
	f->meta_protocol = ETHER_TYPE_IP6;
	f->meta_l4proto = plain->network[6];
	f->meta_mark = 0;
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
	f->pad[5] = 0;
	f->pad[6] = 0;
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

/* ip6_saddr . tcp_dport */
XDPFW_INLINE bool set_2_key_2(FIELDS *f)
{
	return ((f->ip6_saddr_high == 0x0 && f->ip6_saddr_low == 0x1) && in32(f->tcp_dport, 80, 90)) ||
	       (in64(f->ip6_saddr_high, 0xfe80000000000000ull, 0xfebfffffffffffffull) && f->tcp_dport == 22);
}

/* ip_saddr . tcp_dport */
XDPFW_INLINE bool set_4_key_3(FIELDS *f)
{
	return ((f->ip_saddr & 0xffffff00) == 0xc0000200 && f->tcp_dport == 80) ||
	       ((f->ip_saddr & 0xffffff00) == 0xc0000200 && f->tcp_dport == 443);
}

/* ip_saddr . tcp_dport */
XDPFW_INLINE bool set_5_key_4(FIELDS *f)
{
	return (f->ip_saddr == 0xa000001 && f->tcp_dport == 80);
}

/* meta_mark . tcp_dport */
XDPFW_INLINE __u32 map_0_key_5(FIELDS *f)
{
	if ((f->meta_mark & 0xff) == 0x1 && f->tcp_dport == 80) {
		return WORD(ANSWER_ACCEPT, 0);
	}
	if ((f->meta_mark & 0xff) == 0x2 && f->tcp_dport == 80) {
		return WORD(ANSWER_DROP, 0);
	}
	return 0;
}

/* @hosts: ip_saddr . tcp_dport */
XDPFW_INLINE bool set_6_key_4(FIELDS *f)
{
	return (f->ip_saddr == 0x2000001 && f->tcp_dport == 1) ||
	       (f->ip_saddr == 0x2000009 && f->tcp_dport == 1) ||
	       (f->ip_saddr == 0xa000001 && f->tcp_dport == 80) ||
	       (f->ip_saddr == 0xa000001 && f->tcp_dport == 256) ||
	       (f->ip_saddr == 0xa000003 && f->tcp_dport == 80);
}

/* @nets: ip_saddr . th_dport . ip_protocol */
XDPFW_INLINE __u32 map_1_key_6(FIELDS *f)
{
	if (in32(f->ip_saddr, 0xa000000, 0xaffffff) && f->th_dport == 53 && f->ip_protocol == 17) {
		count(f, 1);
		return WORD(ANSWER_CONTINUE, 0);
	}
	if (in32(f->ip_saddr, 0xa000000, 0xaffffff) && in32(f->th_dport, 80, 90) && f->ip_protocol == 6) {
		count(f, 0);
		return WORD(ANSWER_CONTINUE, 0);
	}
	if (f->ip_saddr == 0xc0000201 && 1 && f->ip_protocol == 132) {
		count(f, 2);
		return WORD(ANSWER_CONTINUE, 0);
	}
	return 0;
}

/* @crossing: ip_daddr . udp_dport */
XDPFW_INLINE bool set_8_key_7(FIELDS *f)
{
	return (in32(f->ip_daddr, 0xa010000, 0xa01ffff) && in32(f->udp_dport, 1, 5)) ||
	       (in32(f->ip_daddr, 0xa010100, 0xa0101ff) && in32(f->udp_dport, 3, 9));
}

/* @marks: ip_length . meta_mark */
XDPFW_INLINE bool set_9_key_8(FIELDS *f)
{
	return (f->ip_length == 1 && f->meta_mark == 0x1) ||
	       (f->ip_length == 1 && f->meta_mark == 0x2) ||
	       (f->ip_length == 1 && f->meta_mark == 0x100) ||
	       (f->ip_length == 2 && f->meta_mark == 0x1) ||
	       (f->ip_length == 256 && f->meta_mark == 0x1);
}

/* @names: meta_iifname . ether_saddr */
XDPFW_INLINE bool set_10_key_9(FIELDS *f)
{
	return (in64(f->meta_iifname_high, 0x6574680000000000ull, 0x657468ffffffffffull) && in64(f->ether_saddr, 0x1122334400ull, 0x11223344ffull)) ||
	       ((f->meta_iifname_high == 0x6c6f000000000000ull && f->meta_iifname_low == 0x0) && f->ether_saddr == 0x0);
}

/* @routes: ip_saddr . ip_protocol . th_dport */
XDPFW_INLINE __u32 map_2_key_10(FIELDS *f)
{
	if (f->ip_saddr == 0xa000001 && f->ip_protocol == 6 && f->th_dport == 22) {
		return WORD(ANSWER_ACCEPT, 0);
	}
	if (f->ip_saddr == 0xa000001 && f->ip_protocol == 17 && f->th_dport == 53) {
		return WORD(ANSWER_JUMP, 0);
	}
	return WORD(ANSWER_DROP, 0);
}

/* meta_l4proto . th_dport */
XDPFW_INLINE __u32 map_3_key_11(FIELDS *f)
{
	if (f->meta_l4proto == 6 && f->th_dport == 22) {
		return WORD(ANSWER_GOTO, 0);
	}
	if (f->meta_l4proto == 6 && f->th_dport == 80) {
		return WORD(ANSWER_ACCEPT, 0);
	}
	if (f->meta_l4proto == 17 && f->th_dport == 53) {
		return WORD(ANSWER_DROP, 0);
	}
	return 0;
}

XDPFW_ALONE __u64 run_0(FIELDS *f);
XDPFW_ALONE __u64 run_1(FIELDS *f);

/* table fw, chain other */
XDPFW_INLINE __u64 chain_0(FIELDS *f)
{
	return run_0(f);
}

/* table fw, chain ingress */
XDPFW_INLINE __u64 chain_4(FIELDS *f)
{
	return run_1(f);
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	__u32 word;
	__u64 answer __attribute__((unused));

	if (!f)
		return 0;
	/* table fw, chain other */
	if (f->meta_protocol == 0x86dd && f->has_l4 && f->meta_l4proto == 6 && f->nh_len >= 40 && f->th_len >= 4 && set_2_key_2(f)) { return ACCEPT(0); } /* concat.nft:33 ip6 saddr . tcp dport { ::1 . 80-90, fe80::/10 . 22 } accept */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 6 && f->nh_len >= 20 && f->th_len >= 4 && set_4_key_3(f)) { return ACCEPT(1); } /* concat.nft:34 ip saddr & 255.255.255.0 . tcp dport { 192.0.2.0 . 80, 192.0.2.0 . 443 } accept */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 6 && f->nh_len >= 20 && f->th_len >= 4 && !set_5_key_4(f)) { return DROP(2); } /* concat.nft:35 ip saddr . tcp dport != { 10.0.0.1 . 80 } drop */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (word = map_0_key_5(f))) { return ANSWER(word, 3); } /* concat.nft:36 meta mark & 0x000000ff . tcp dport vmap { 0x00000001 . 80 : accept, 0x00000002 . 80 : drop } */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(FIELDS *f)
{
	__u32 word;
	__u64 answer __attribute__((unused));

	if (!f)
		return 0;
	/* table fw, chain ingress */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 6 && f->nh_len >= 20 && f->th_len >= 4 && set_6_key_4(f)) { return ACCEPT(4); } /* concat.nft:40 ip saddr . tcp dport @hosts accept */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && f->th_len >= 4 && map_1_key_6(f)) { return ACCEPT(5); } /* concat.nft:41 ip saddr . th dport . ip protocol @nets accept */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 17 && f->nh_len >= 20 && f->th_len >= 4 && set_8_key_7(f)) { return DROP(6); } /* concat.nft:42 ip daddr . udp dport @crossing drop */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && set_9_key_8(f)) { count(f, 3); } /* concat.nft:43 ip length . meta mark @marks counter */
	if (set_10_key_9(f)) { return DROP(8); } /* concat.nft:44 iifname . ether saddr @names drop */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && f->th_len >= 4 && (word = map_2_key_10(f))) { if (word == WORD(ANSWER_JUMP, 0)) { answer = chain_0(f); if (answer >> 60 != ANSWER_RETURN) return answer; goto behind_9; } return ANSWER(word, 9); } /* concat.nft:45 ip saddr . ip protocol . th dport vmap @routes */
behind_9:
	if (f->has_l4 && f->th_len >= 4 && (word = map_3_key_11(f))) { if (word == WORD(ANSWER_GOTO, 0)) { return chain_0(f); } return ANSWER(word, 10); } /* concat.nft:46 meta l4proto . th dport vmap { tcp . 22 : goto other, udp . 53 : drop, tcp . 80 : accept } */
	return CHAIN_END;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table fw, chain ingress, priority 0, policy accept */
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
