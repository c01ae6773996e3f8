/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[12];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 12 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 srh_sid_1__high, srh_sid_1__low;
	__u64 raw_nh_64_72_high, raw_nh_64_72_low;
	__u32 tcp_option_timestamp_tsval;
	__u32 raw_th_160_32;
	__u32 raw_ll_120_24;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u32 network_at;
	__u32 th_at;
	__u32 tcp_option_2_len;
	__u32 tcp_option_8_len;
	__u32 ip_option_148_len;
	__u32 extension_44_len;
	__u32 extension_43_len;
	__u32 sctp_chunk_0_len;
	__u32 payload_len;
	__u16 tcp_option_maxseg_size;
	__u16 meta_protocol;
	__u16 ip_option_ra_value;
	__u16 frag_frag_off;
	__u8 tcp_option_timestamp;
	__u8 tcp_option_254;
	__u8 ip_option_lsrr;
	__u8 exthdr_hbh;
	__u8 frag_more_fragments;
	__u8 raw_nh_1000_8;
	__u8 sctp_chunk_data_flags;
	__u8 sctp_chunk_init;
	__u8 raw_ih_0_8;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 l4;		/* that protocol */
	__u8 nfproto;		/* of IPv4 or IPv6; 0: neither */
	__u8 pad[4];
};

XDPFW_INLINE void read_link(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 18 > end)
		return;
	f->raw_ll_120_24 = (__u64)header[15] << 16 | be16(header + 16);
}

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 17 > end)
		return;
	f->raw_nh_64_72_high = header[8];
	f->raw_nh_64_72_low = (__u64)header[9] << 56 | (__u64)be16(header + 10) << 40 | (__u64)be32(header + 12) << 8 | header[16];
}

XDPFW_INLINE void read_network_at_120(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 6 > end)
		return;
	f->raw_nh_1000_8 = header[5];
}

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 24 > end)
		return;
	f->raw_th_160_32 = be32(header + 20);
}

XDPFW_INLINE void read_payload(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 1 > end)
		return;
	f->raw_ih_0_8 = header[0];
}

XDPFW_INLINE void read_extension_44(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->frag_frag_off = (be16(header + 2)) >> 3;
	f->frag_more_fragments = header[3] & 0x1;
}

XDPFW_INLINE void read_extension_43(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 24 > end)
		return;
	f->srh_sid_1__high = be64(header + 8);
	f->srh_sid_1__low = be64(header + 16);
}

XDPFW_INLINE void read_ip_option_148(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->ip_option_ra_value = be16(header + 2);
}

XDPFW_INLINE void read_tcp_option_2(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->tcp_option_maxseg_size = be16(header + 2);
}

XDPFW_INLINE void read_tcp_option_8(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 6 > end)
		return;
	f->tcp_option_timestamp_tsval = (__u64)be16(header + 2) << 16 | be16(header + 4);
}

XDPFW_INLINE void read_sctp_chunk_0(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 2 > end)
		return;
	f->sctp_chunk_data_flags = header[1];
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
	f->frame_len = walk.length;
	read_link(f, header, end);
	if (walk.network > ETHER_BYTES)
		f->raw_ll_120_24 = (f->raw_ll_120_24 & 0xff0000ull) | (__u64)(walk.protocol >> 0 & 0xffff) << 0;
	header = walk_header(&walk, walk.network, 40, copy, &end);
	if (!header)
		return XDPFW_REASON_OUT_OF_REACH;
	reason = walk_network(&walk, header, end);
	if (reason != XDPFW_REASON_CHAINS)
		return reason;
	f->has_l4 = walk.l4.value / WALK_HAS_L4;
	read_network(f, header, end);
	FORGET(&walk);
	header = walk_header(&walk, walk.network + 120, 6, copy, &end);
	if (!header)
		return XDPFW_REASON_OUT_OF_REACH;
	read_network_at_120(f, header, end);
	f->network_at = walk.network;
	f->l4 = walk.l4.value;
	f->th_at = walk.transport.value;
	f->th_len = walk.transport_len.value;
	if (f->th_len) {
		header = walk_header(&walk, walk.transport.value, 24, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_transport(f, header, end);
	}
	f->nfproto = walk_nfproto(&walk);
	f->meta_protocol = walk.protocol;
	return XDPFW_REASON_CHAINS;
}

/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */
XDPFW_ALONE __u32 read_places(struct xdp_md *ctx, struct fields *f)
{
	WALK_BUFFER(copy, 24);
	const __u8 *header, *end;
	struct walk walk;
	__u64 found;

	if (!f)
		return XDPFW_REASON_FAULT;
	walk_start(&walk, ctx);
	FORGET(&walk);
	found = f->th_len && f->l4 == L4_TCP ?
		find_tcp_option(ctx, walk.length, f->th_at, 2) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->tcp_option_2_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 4, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_tcp_option_2(f, header, end);
	}
	FORGET(&walk);
	found = f->th_len && f->l4 == L4_TCP ?
		find_tcp_option(ctx, walk.length, f->th_at, 8) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->tcp_option_timestamp = PLACE_IS_THERE(found);
	f->tcp_option_8_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 6, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_tcp_option_8(f, header, end);
	}
	FORGET(&walk);
	found = f->th_len && f->l4 == L4_TCP ?
		find_tcp_option(ctx, walk.length, f->th_at, 254) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->tcp_option_254 = PLACE_IS_THERE(found);
	FORGET(&walk);
	found = f->nfproto == NFPROTO_IPV4 && f->length >= IP_BYTES ?
		find_ip_option(ctx, walk.length, f->network_at, 131) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->ip_option_lsrr = PLACE_IS_THERE(found);
	FORGET(&walk);
	found = f->nfproto == NFPROTO_IPV4 && f->length >= IP_BYTES ?
		find_ip_option(ctx, walk.length, f->network_at, 148) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->ip_option_148_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 4, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_ip_option_148(f, header, end);
	}
	FORGET(&walk);
	found = f->nfproto == NFPROTO_IPV6 && f->length >= IP6_BYTES ?
		find_extension(ctx, walk.length, f->network_at, 0) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->exthdr_hbh = PLACE_IS_THERE(found);
	FORGET(&walk);
	found = f->nfproto == NFPROTO_IPV6 && f->length >= IP6_BYTES ?
		find_extension(ctx, walk.length, f->network_at, 44) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->extension_44_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 4, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_extension_44(f, header, end);
	}
	FORGET(&walk);
	found = f->nfproto == NFPROTO_IPV6 && f->length >= IP6_BYTES ?
		find_extension(ctx, walk.length, f->network_at, 43) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->extension_43_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 24, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_extension_43(f, header, end);
	}
	FORGET(&walk);
	found = f->th_len && f->l4 == L4_SCTP ?
		find_sctp_chunk(ctx, walk.length, f->th_at, 0) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->sctp_chunk_0_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 2, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_sctp_chunk_0(f, header, end);
	}
	FORGET(&walk);
	found = f->th_len && f->l4 == L4_SCTP ?
		find_sctp_chunk(ctx, walk.length, f->th_at, 1) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->sctp_chunk_init = PLACE_IS_THERE(found);
	FORGET(&walk);
	found = f->th_len ? find_payload(ctx, walk.length, f->th_at, f->l4) : 0;
	if (PLACE_IS_LOST(found))
		return XDPFW_REASON_OUT_OF_REACH;
	f->payload_len = PLACE_BYTES(found);
	if (PLACE_BYTES(found)) {
		header = walk_header(&walk, PLACE_AT(found), 1, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_payload(f, header, end);
	}
	return XDPFW_REASON_CHAINS;
}

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

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	if (!f)
		return 0;
	/* table places, chain ingress */
	if (f->tcp_option_2_len >= 4 && in32(f->tcp_option_maxseg_size, 1, 536)) { return DROP(0) | COUNTS(0); } /* places.nft:5 tcp option maxseg size 1-536 counter drop */
	if (f->tcp_option_timestamp == 1 && f->tcp_option_8_len >= 6 && f->tcp_option_timestamp_tsval == 0) { return DROP(1); } /* places.nft:6 tcp option timestamp exists tcp option timestamp tsval 0 drop */
	if (f->tcp_option_254 == 1) { count(f, 1); } /* places.nft:7 tcp option 254 exists counter */
	if (f->meta_protocol == 0x800 && f->nfproto == NFPROTO_IPV4 && f->ip_option_lsrr == 1) { return DROP(3); } /* places.nft:8 ip option lsrr exists drop */
	if (f->meta_protocol == 0x800 && f->ip_option_148_len >= 4 && f->ip_option_ra_value == 0) { count(f, 2); } /* places.nft:9 ip option ra value 0 counter */
	if (f->meta_protocol == 0x86dd && f->nfproto == NFPROTO_IPV6 && f->exthdr_hbh == 1) { count(f, 3); } /* places.nft:10 exthdr hbh exists counter */
	if (f->meta_protocol == 0x86dd && f->extension_44_len >= 4 && f->frag_frag_off == 0 && f->frag_more_fragments == 1) { count(f, 4); } /* places.nft:11 frag frag-off 0 frag more-fragments 1 counter */
	if (f->meta_protocol == 0x86dd && f->extension_43_len >= 24 && (f->srh_sid_1__high == 0x20010db800000000ull && f->srh_sid_1__low == 0x1)) { count(f, 5); } /* places.nft:12 srh sid[1] 2001:db8::1 counter */
	if (f->nh_len >= 126 && f->raw_nh_1000_8 == 5) { count(f, 6); } /* places.nft:13 @nh,1000,8 0x5 counter */
	if (f->sctp_chunk_0_len >= 2 && f->sctp_chunk_data_flags == 3) { count(f, 7); } /* places.nft:14 sctp chunk data flags 3 counter */
	if (f->sctp_chunk_init == 0) { count(f, 8); } /* places.nft:15 sctp chunk init missing counter */
	if (f->th_len >= 24 && f->raw_th_160_32 == 16909060) { return DROP(11); } /* places.nft:16 @th,160,32 0x1020304 drop */
	if (f->payload_len >= 1 && in32(f->raw_ih_0_8, 1, 5)) { count(f, 9); } /* places.nft:17 @ih,0,8 0x1-0x5 counter */
	if (f->nh_len >= 17 && !(((f->raw_nh_64_72_high & 0xf) == 0x0 && (f->raw_nh_64_72_low & 0xfffffffffffffff0ull) == 0x0))) { count(f, 10); } /* places.nft:18 @nh,64,72 & 0xffffffffffffffff0 != 0x0 counter */
	if (f->frame_len >= 18 && f->raw_ll_120_24 == 5) { count(f, 11); } /* places.nft:19 @ll,120,24 0x5 counter */
	return CHAIN_END;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table places, chain ingress, priority 0, policy accept */
		answer = run_0(f);
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

/* Too big for the stack. */
struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_SHAPE(key, __u32);
	MAP_SHAPE(value, struct fields);
} xdpfw_fields SEC(".maps");

SEC("xdp.frags")
int xdpfw_rules(struct xdp_md *ctx)
{
	const struct xdpfw_device *device;
	struct fields *f;
	__u32 zero = 0;
	__u32 reason;

	device = find_device(ctx->ingress_ifindex);
	if (!device) {
		if (settings.config.prove)
			trail_reason(XDPFW_REASON_NO_DEVICE);
		return XDP_PASS;
	}
	f = bpf_map_lookup_elem(&xdpfw_fields, &zero);
	if (!f)
		return XDP_DROP;
	__builtin_memset(f, 0, sizeof(*f));
	reason = read_fields(ctx, f);
	if (reason == XDPFW_REASON_CHAINS)
		reason = read_places(ctx, f);
	if (reason != XDPFW_REASON_CHAINS) {
		if (settings.config.prove)
			trail_reason(reason);
		return XDP_DROP;
	}
	return run_chains(ctx, device->entry, f, 0);
}

char xdpfw_license[] SEC("license") = "GPL";
