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
	__u64 ether_saddr;
	__u32 ip_saddr;
	__u32 ip_daddr;
	__u32 arp_saddr_ip;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 ether_type;
	__u16 vlan_id;
	__u16 vlan_type;
	__u16 vlan_id_1;
	__u16 arp_operation;
	__u8 vlan_pcp;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[6];
};

XDPFW_INLINE void read_link(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 12 > end)
		return;
	f->ether_saddr = (__u64)be16(header + 6) << 32 | be32(header + 8);
	if (header + 14 > end)
		return;
	f->ether_type = be16(header + 12);
	if (header + 15 > end)
		return;
	f->vlan_pcp = header[14] >> 5;
	if (header + 16 > end)
		return;
	f->vlan_id = (be16(header + 14)) & 0xfff;
	if (header + 18 > end)
		return;
	f->vlan_type = be16(header + 16);
	if (header + 20 > end)
		return;
	f->vlan_id_1 = (be16(header + 18)) & 0xfff;
}

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 8 > end)
		return;
	f->arp_operation = be16(header + 6);
	if (header + 18 > end)
		return;
	f->arp_saddr_ip = (__u64)be16(header + 14) << 16 | be16(header + 16);
	if (header + 20 > end)
		return;
	f->ip_saddr = be32(header + 12);
	f->ip_daddr = be32(header + 16);
}

/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */
XDPFW_ALONE __u32 read_fields(struct xdp_md *ctx, struct fields *f)
{
	WALK_BUFFER(copy, 20);
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
	f->frame_len = walk.length;
	read_link(f, header, end);
	if (walk.network > ETHER_BYTES)
		f->vlan_type = walk.protocol;
	header = walk_header(&walk, walk.network, 20, copy, &end);
	if (!header)
		return XDPFW_REASON_OUT_OF_REACH;
	read_network(f, header, end);
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
	f->th_len = 0;
	f->has_l4 = 1;
	header = plain->link;
	f->ether_saddr = (__u64)be16(header + 6) << 32 | be32(header + 8);
	f->ether_type = be16(header + 12);
	f->vlan_id = (be16(header + 14)) & 0xfff;
	f->vlan_type = be16(header + 16);
	f->vlan_id_1 = (be16(header + 18)) & 0xfff;
	f->vlan_pcp = header[14] >> 5;
	if (PLAIN_TAGGED(plain))
		f->vlan_type = ETHER_TYPE_IP;
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip_daddr = be32(header + 16);
	f->arp_operation = 0;
	f->arp_saddr_ip = 0;
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
	f->th_len = 0;
	f->has_l4 = 1;
	header = plain->link;
	f->ether_saddr = (__u64)be16(header + 6) << 32 | be32(header + 8);
	f->ether_type = be16(header + 12);
	f->vlan_id = (be16(header + 14)) & 0xfff;
	f->vlan_type = be16(header + 16);
	f->vlan_id_1 = (be16(header + 18)) & 0xfff;
	f->vlan_pcp = header[14] >> 5;
	if (PLAIN_TAGGED(plain))
		f->vlan_type = ETHER_TYPE_IP6;
	header = plain->network;
	f->ip_saddr = 0;
	f->ip_daddr = 0;
	f->arp_operation = 0;
	f->arp_saddr_ip = 0;
	f->meta_protocol = ETHER_TYPE_IP6;
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
	f->pad[5] = 0;
}

#define PLAIN_BYTES 0		/* of the transport header */

#define FIELDS const struct fields

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

XDPFW_INLINE int count_brief(FIELDS *f, __u32 brief)
{
	__u32 number = BRIEF_COUNTER(brief) - 1;

	if (f && number < 1)
		COUNT_HERE(settings.cell_of[number], f->length);
	return 0;
}

XDPFW_INLINE __u32 rules_0(FIELDS *f)
{
	/* table tags, chain ingress */
	if (f->meta_protocol == 0x800 && HIDDEN64(f->ether_saddr) == 0x20000000001ull && f->nh_len >= 20 && HIDDEN32(f->ip_saddr) == 0xc0000201) { return BRIEF(ANSWER_DROP, 0, 0); } /* tags.nft:5 ip saddr 192.0.2.1 ether saddr 02:00:00:00:00:01 drop */
	if (HIDDEN32(f->ether_type) == 0x800 && HIDDEN64(f->ether_saddr) == 0x20000000001ull && f->nh_len >= 20 && HIDDEN32(f->ip_saddr) == 0xc0000201) { return BRIEF(ANSWER_DROP, 1, 0); } /* tags.nft:6 ether saddr 02:00:00:00:00:01 ip saddr 192.0.2.1 drop */
	if (f->nh_len >= 20 && HIDDEN32(f->ip_daddr) == 0xc0000202 && f->frame_len >= 18 && HIDDEN32(f->vlan_type) == 0x800 && HIDDEN32(f->ether_type) == 0x8100 && HIDDEN32(f->vlan_id) == 5) { return BRIEF(ANSWER_DROP, 2, 0); } /* tags.nft:7 vlan id 5 ip daddr 192.0.2.2 drop */
	if (HIDDEN32(f->ether_type) == 0x88a8 && f->frame_len >= 18 && HIDDEN32(f->vlan_type) == 0x8100 && f->frame_len >= 20 && HIDDEN32(f->vlan_id_1) == 6 && HIDDEN32(f->vlan_id) == 5) { return BRIEF(ANSWER_DROP, 3, 0); } /* tags.nft:8 ether type 8021ad vlan id 5 vlan type 8021q vlan id 6 drop */
	if (HIDDEN32(f->ether_type) == 0x8100 && f->frame_len >= 15 && in32(HIDDEN32(f->vlan_pcp), 6, 7)) { return BRIEF(ANSWER_DROP, 4, 0); } /* tags.nft:9 vlan pcp > 5 drop */
	if (f->meta_protocol == 0x806 && f->nh_len >= 18 && HIDDEN32(f->arp_saddr_ip) == 0xc0000209 && HIDDEN32(f->arp_operation) == 1) { return BRIEF(ANSWER_DROP, 5, 0); } /* tags.nft:10 arp operation request arp saddr ip 192.0.2.9 drop */
	if (f->meta_protocol == 0x8100) { count(f, 0); } /* tags.nft:11 meta protocol 8021q counter */
	return BRIEF_END;
}

XDPFW_ALONE __u32 run_0(FIELDS *f)
{
	return f ? rules_0(f) : 0;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u32 brief __attribute__((unused));
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table tags, chain ingress, priority 0, policy accept */
		brief = plain ? rules_0(f) : run_0(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(0, answer);
		return chain_verdict(answer, 0);
		return XDP_PASS;
	}
	if (settings.config.prove)
		trail_reason(XDPFW_REASON_FAULT);
	return XDP_DROP;
}

/* Any packet of any device. */
XDPFW_ALONE int run_any_packet(struct xdp_md *ctx)
{
	const struct xdpfw_device *device = find_device(ctx->ingress_ifindex);
	struct fields fields = {}, *f = &fields;
	__u32 reason;

	if (!device) {
		if (settings.config.prove)
			trail_reason(XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	reason = read_fields(ctx, f);
	if (reason != XDPFW_REASON_CHAINS) {
		if (settings.config.prove)
			trail_reason(reason);
		return XDP_DROP;
	}
	return run_chains(ctx, device->entry, f, 0);
}

/* Plain packets with a tag, or of devices that came late. */
XDPFW_ALONE int run_late_packet(struct xdp_md *ctx)
{
	const struct xdpfw_device *device = find_device(ctx->ingress_ifindex);
	struct fields fields, *f = &fields;
	struct plain plain;

	if (!device) {
		if (settings.config.prove)
			trail_reason(XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	if (plain_start(&plain, ctx, 0) && plain_link(&plain, PLAIN_BYTES) &&
	    plain_tag(&plain)) {
		if (plain_ip(&plain, PLAIN_BYTES)) {
			read_plain_ip(&plain, ctx, device, f);
			return run_chains(ctx, device->entry, f, 1);
		}
		if (plain_ip6(&plain, PLAIN_BYTES)) {
			read_plain_ip6(&plain, ctx, device, f);
			return run_chains(ctx, device->entry, f, 1);
		}
	}
	return NOT_PLAIN;
}

XDPFW_INLINE int run_other_packet(struct xdp_md *ctx)
{
	int verdict = run_late_packet(ctx);

	return verdict == NOT_PLAIN ? run_any_packet(ctx) : verdict;
}

SEC("xdp.frags")
int xdpfw_rules(struct xdp_md *ctx)
{
	const struct xdpfw_device *device;
	struct fields fields, *f = &fields;
	struct plain plain;

	if (!plain_start(&plain, ctx, settings.config.sees_buffer))
		return run_other_packet(ctx);
	device = home_of_device(ctx->ingress_ifindex);
	if (IS_DEVICE(device, ctx->ingress_ifindex) && device->entry == 0 &&
	    plain_link(&plain, PLAIN_BYTES)) {
		if (plain_ip(&plain, PLAIN_BYTES)) {
			read_plain_ip(&plain, ctx, device, f);
			return run_chains(ctx, 0, f, 1);
		}
		if (plain_ip6(&plain, PLAIN_BYTES)) {
			read_plain_ip6(&plain, ctx, device, f);
			return run_chains(ctx, 0, f, 1);
		}
	}
	return run_other_packet(ctx);
}

char xdpfw_license[] SEC("license") = "GPL";
