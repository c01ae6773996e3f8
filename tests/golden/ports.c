/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[2];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 2 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u32 ip_saddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 tcp_dport;
	__u16 udp_dport;
	__u16 ip_length;
	__u8 meta_l4proto;
	__u8 icmp_type;
	__u8 has_l4;		/* the transport protocol is known */
};

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	f->ip_length = be16(header + 2);
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 1 > end)
		return;
	f->icmp_type = header[0];
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
	f->meta_protocol = walk.protocol;
	f->meta_l4proto = walk.l4.value;
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
	/* table filter, chain ingress */
	if (f->meta_protocol == 0x806) { return ACCEPT(0); } /* ports.nft:5 meta protocol arp accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && f->tcp_dport == 22 && f->meta_protocol == 0x800 && f->length >= 20 && in32(f->ip_saddr, 0xc0000200, 0xc00002ff)) { count(f, 0); return ACCEPT(1); } /* ports.nft:6 tcp dport 22 ip saddr 192.0.2.0/24 counter accept */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && (f->tcp_dport == 80 || f->tcp_dport == 443)) { return ACCEPT(2); } /* ports.nft:7 tcp dport { 80, 443 } accept */
	if (f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 4 && in32(f->udp_dport, 1024, 2047)) { count(f, 1); return DROP(3); } /* ports.nft:8 udp dport 1024-2047 counter drop comment "a range" */
	if (f->meta_protocol == 0x800 && f->has_l4 && f->meta_l4proto == 1 && f->th_len >= 1 && f->icmp_type == 8 && f->length >= 20 && in32(f->ip_length, 0, 1000)) { return ACCEPT(4); } /* ports.nft:9 icmp type echo-request ip length <= 1000 accept */
	return CHAIN_END;
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
	case 0: /* device lo */
		/* table filter, chain ingress, priority 0, policy drop */
		if (chain_drops(prove, 0, run_0(f), 1))
			return XDP_DROP;
		return XDP_PASS;
	}
	trail_reason(prove, XDPFW_REASON_FAULT);
	return XDP_DROP;
}

char xdpfw_license[] SEC("license") = "GPL";
