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
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
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
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->link;
	f->ether_type = be16(header + 12);
	header = plain->network;
	f->ip_saddr = be32(header + 12);
	f->ip_frag_off = be16(header + 6);
	f->ip6_nexthdr = 0;
	header = plain->transport;
	f->udp_dport = be16(header + 2);
	f->nfproto = NFPROTO_IPV4;
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
	f->meta_protocol = ETHER_TYPE_IP;
	f->meta_l4proto = plain->network[9];
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
	f->ip_frag_off = 0;
	f->ip6_nexthdr = header[6];
	header = plain->transport;
	f->udp_dport = be16(header + 2);
	f->nfproto = NFPROTO_IPV6;
	f->meta_iifname_high = be64(device->name);
	f->meta_iifname_low = be64(device->name + 8);
	f->meta_protocol = ETHER_TYPE_IP6;
	f->meta_l4proto = plain->network[6];
}

#define PLAIN_BYTES 4		/* of the transport header */

#define FIELDS const struct fields

XDPFW_INLINE void count(FIELDS *f, const __u32 number)
{
	COUNT_CELL(settings.cell_of[number], f->length);
}

XDPFW_ALONE int count_answer(FIELDS *f, __u64 answer)
{
	__u32 cell = (__u32)(answer >> 32) & 0xfffffff;

	if (f && cell)
		COUNT_HERE(cell, f->length);
	return 0;
}

XDPFW_ALONE int count_brief(FIELDS *f, __u32 brief)
{
	__u32 number = BRIEF_COUNTER(brief) - 1;

	if (f && number < 1)
		COUNT_HERE(settings.cell_of[number], f->length);
	return 0;
}

XDPFW_INLINE __u32 rules_0(FIELDS *f)
{
	/* table filter, chain containers */
	if (f->meta_protocol == 0x800 && (f->meta_iifname_high == 0x7665746830000000ull && f->meta_iifname_low == 0x0) && f->nh_len >= 20 && HIDDEN32(f->ip_saddr) == 0xc0000201) { return BRIEF(ANSWER_DROP, 0, 1); } /* devices.nft:6 iifname "veth0" ip saddr 192.0.2.1 counter drop */
	if (in64(f->meta_iifname_high, 0x7665746862000000ull, 0x7665746862ffffffull) && f->th_len >= 4 && HIDDEN32(f->udp_dport) == 53 && f->has_l4 && f->meta_l4proto == 17) { return BRIEF(ANSWER_DROP, 1, 0); } /* devices.nft:7 iifname "vethb*" udp dport 53 drop */
	return BRIEF_END;
}

XDPFW_ALONE __u32 run_0(FIELDS *f)
{
	return f ? rules_0(f) : 0;
}

XDPFW_INLINE __u32 rules_1(FIELDS *f)
{
	/* table filter, chain one_of_them */
	if (f->meta_protocol == 0x800 && f->nh_len >= 20 && (HIDDEN32(f->ip_frag_off) & 0x1fff) != 0) { return BRIEF(ANSWER_DROP, 2, 0); } /* devices.nft:12 ip frag-off & 8191 != 0 drop */
	return BRIEF_END;
}

XDPFW_ALONE __u32 run_1(FIELDS *f)
{
	return f ? rules_1(f) : 0;
}

XDPFW_INLINE __u32 rules_2(FIELDS *f)
{
	/* table filter, chain air */
	if (HIDDEN32(f->ether_type) == 0x88cc) { return BRIEF(ANSWER_DROP, 3, 0); } /* devices.nft:17 ether type 0x88cc drop */
	return BRIEF_END;
}

XDPFW_ALONE __u32 run_2(FIELDS *f)
{
	return f ? rules_2(f) : 0;
}

XDPFW_INLINE __u32 rules_3(FIELDS *f)
{
	/* table filter, chain containers */
	if (f->nfproto == 10 && f->nh_len >= 40 && HIDDEN32(f->ip6_nexthdr) == 44) { return BRIEF(ANSWER_DROP, 4, 0); } /* devices.nft:24 ip6 nexthdr ipv6-frag drop */
	return BRIEF_END;
}

XDPFW_ALONE __u32 run_3(FIELDS *f)
{
	return f ? rules_3(f) : 0;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	volatile struct hidden place = {};
	__u32 brief __attribute__((unused));
	__u64 answer;

	switch (entry) {
	case 0: /* device ve* */
		/* table filter, chain one_of_them, priority 10, policy accept */
		brief = plain ? rules_1(f) : run_1(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		return chain_verdict(answer, 0);
		if (settings.config.prove && !place.value)
			trail_reason(XDPFW_REASON_CHAINS);
		return XDP_PASS;
	case 1: /* device veth* */
		/* table filter, chain containers, priority 0, policy accept */
		brief = plain ? rules_0(f) : run_0(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		if (chain_drops(answer, 0))
			return XDP_DROP;
		/* table filter, chain one_of_them, priority 10, policy accept */
		brief = plain ? rules_1(f) : run_1(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		return chain_verdict(answer, 0);
		if (settings.config.prove && !place.value)
			trail_reason(XDPFW_REASON_CHAINS);
		return XDP_PASS;
	case 2: /* devices vethb* vethb0 */
		/* table filter, chain containers, priority 0, policy accept */
		if (f->nfproto) {
			if (!f->has_l4) {
				if (settings.config.prove)
					trail_rule(place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			brief = plain ? rules_3(f) : run_3(f);
			HIDE(brief);
			count_brief(f, brief);
			answer = WHOLE_ANSWER(brief);
			if (settings.config.prove)
				trail_answer(place.value++, answer);
			if (chain_drops(answer, 0))
				return XDP_DROP;
		}
		/* table filter, chain containers, priority 0, policy accept */
		brief = plain ? rules_0(f) : run_0(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		if (chain_drops(answer, 0))
			return XDP_DROP;
		/* table filter, chain one_of_them, priority 10, policy accept */
		brief = plain ? rules_1(f) : run_1(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		return chain_verdict(answer, 0);
		if (settings.config.prove && !place.value)
			trail_reason(XDPFW_REASON_CHAINS);
		return XDP_PASS;
	case 3: /* device wl* */
		/* table filter, chain containers, priority 0, policy accept */
		if (f->nfproto) {
			if (!f->has_l4) {
				if (settings.config.prove)
					trail_rule(place.value, XDPFW_TRAIL_INVALID);
				return XDP_DROP;
			}
			brief = plain ? rules_3(f) : run_3(f);
			HIDE(brief);
			count_brief(f, brief);
			answer = WHOLE_ANSWER(brief);
			if (settings.config.prove)
				trail_answer(place.value++, answer);
			if (chain_drops(answer, 0))
				return XDP_DROP;
		}
		/* table filter, chain air, priority 0, policy accept */
		brief = plain ? rules_2(f) : run_2(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
		if (settings.config.prove)
			trail_answer(place.value++, answer);
		return chain_verdict(answer, 0);
		if (settings.config.prove && !place.value)
			trail_reason(XDPFW_REASON_CHAINS);
		return XDP_PASS;
	case 4: /* device wwan0 */
		/* table filter, chain air, priority 0, policy accept */
		brief = plain ? rules_2(f) : run_2(f);
		HIDE(brief);
		count_brief(f, brief);
		answer = WHOLE_ANSWER(brief);
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
	reason = read_fields(ctx, f, device);
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
	if (IS_DEVICE(device, ctx->ingress_ifindex) && device->entry != XDPFW_ENTRY_PASS &&
	    plain_link(&plain, PLAIN_BYTES)) {
		if (plain_ip(&plain, PLAIN_BYTES)) {
			read_plain_ip(&plain, ctx, device, f);
			return run_chains(ctx, device->entry, f, 1);
		}
		if (plain_ip6(&plain, PLAIN_BYTES)) {
			read_plain_ip6(&plain, ctx, device, f);
			return run_chains(ctx, device->entry, f, 1);
		}
	}
	return run_other_packet(ctx);
}

char xdpfw_license[] SEC("license") = "GPL";
