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
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 udp_dport;
	__u16 ip_frag_off;
	__u16 ether_type;
	__u8 meta_l4proto;
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
	f->ip_frag_off = be16(header + 6);
	if (header + 40 > end)
		return;
	f->ip6_nexthdr = header[6];
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
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
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
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
	/* table filter, chain containers */
	if ((f->meta_iifname_high == 0x7665746830000000ull && f->meta_iifname_low == 0x0) && f->meta_protocol == 0x800 && f->length >= 20 && f->ip_saddr == 0xc0000201) { count(f, 0); return DROP(0); } /* devices.nft:6 iifname "veth0" ip saddr 192.0.2.1 counter drop */
	if (in64(f->meta_iifname_high, 0x7665746862000000ull, 0x7665746862ffffffull) && f->has_l4 && f->meta_l4proto == 17 && f->th_len >= 4 && f->udp_dport == 53) { return DROP(1); } /* devices.nft:7 iifname "vethb*" udp dport 53 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_1(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table filter, chain one_of_them */
	if (f->meta_protocol == 0x800 && f->length >= 20 && (f->ip_frag_off & 0x1fff) != 0) { return DROP(2); } /* devices.nft:12 ip frag-off & 8191 != 0 drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_2(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table filter, chain air */
	if (f->ether_type == 0x88cc) { return DROP(3); } /* devices.nft:17 ether type 0x88cc drop */
	return CHAIN_END;
}

XDPFW_ALONE __u64 run_3(const volatile struct fields *f)
{
	if (!f)
		return 0;
	/* table filter, chain containers */
	if (f->nfproto == 10 && f->length >= 40 && f->ip6_nexthdr == 44) { return DROP(4); } /* devices.nft:24 ip6 nexthdr ipv6-frag drop */
	return CHAIN_END;
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
	reason = read_fields(ctx, f, device);
	trail_reason(prove, reason);
	if (reason != XDPFW_REASON_CHAINS)
		return XDP_DROP;
	switch (device->entry) {
	case 0: /* device ve* */
		/* table filter, chain one_of_them, priority 10, policy accept */
		if (chain_drops(prove, place.value, run_1(f), 0))
			return XDP_DROP;
		place.value++;
		return XDP_PASS;
	case 1: /* device veth* */
		/* table filter, chain containers, priority 0, policy accept */
		if (chain_drops(prove, place.value, run_0(f), 0))
			return XDP_DROP;
		place.value++;
		/* table filter, chain one_of_them, priority 10, policy accept */
		if (chain_drops(prove, place.value, run_1(f), 0))
			return XDP_DROP;
		place.value++;
		return XDP_PASS;
	case 2: /* devices vethb* vethb0 */
		/* table filter, chain containers, priority 0, policy accept */
		if (f->nfproto) {
			if (!f->has_l4) {
				trail_rule(prove, place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			if (chain_drops(prove, place.value, run_3(f), 0))
				return XDP_DROP;
			place.value++;
		}
		/* table filter, chain containers, priority 0, policy accept */
		if (chain_drops(prove, place.value, run_0(f), 0))
			return XDP_DROP;
		place.value++;
		/* table filter, chain one_of_them, priority 10, policy accept */
		if (chain_drops(prove, place.value, run_1(f), 0))
			return XDP_DROP;
		place.value++;
		return XDP_PASS;
	case 3: /* device wl* */
		/* table filter, chain containers, priority 0, policy accept */
		if (f->nfproto) {
			if (!f->has_l4) {
				trail_rule(prove, place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			if (chain_drops(prove, place.value, run_3(f), 0))
				return XDP_DROP;
			place.value++;
		}
		/* table filter, chain air, priority 0, policy accept */
		if (chain_drops(prove, place.value, run_2(f), 0))
			return XDP_DROP;
		place.value++;
		return XDP_PASS;
	case 4: /* device wwan0 */
		/* table filter, chain air, priority 0, policy accept */
		if (chain_drops(prove, place.value, run_2(f), 0))
			return XDP_DROP;
		place.value++;
		return XDP_PASS;
	}
	trail_reason(prove, XDPFW_REASON_FAULT);
	return XDP_DROP;
}

char xdpfw_license[] SEC("license") = "GPL";
