/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[96];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 96 },
};

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 ip6_saddr_high, ip6_saddr_low;
	__u32 ip_daddr;
	__u32 ip_saddr;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 meta_protocol;
	__u16 udp_sport;
	__u16 udp_dport;
	__u8 meta_l4proto;
	__u8 ip_ttl;
	__u8 icmp_type;
	__u8 tcp_flags;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[5];
};

XDPFW_INLINE void read_network(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 20 > end)
		return;
	f->ip_daddr = be32(header + 16);
	f->ip_saddr = be32(header + 12);
	f->ip_ttl = header[8];
	if (header + 40 > end)
		return;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
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
	f->udp_dport = be16(header + 2);
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
	f->ip_daddr = be32(header + 16);
	f->ip_saddr = be32(header + 12);
	f->ip_ttl = header[8];
	f->ip6_saddr_high = f->ip6_saddr_low = 0;
	header = plain->transport;
	f->udp_sport = be16(header + 0);
	f->udp_dport = be16(header + 2);
	f->icmp_type = header[0];
	f->tcp_flags = header[13];
	f->meta_protocol = ETHER_TYPE_IP;
	f->meta_l4proto = plain->network[9];
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
	f->th_len = 14;
	f->has_l4 = 1;
	header = plain->network;
	f->ip_daddr = 0;
	f->ip_saddr = 0;
	f->ip_ttl = 0;
	f->ip6_saddr_high = be64(header + 8);
	f->ip6_saddr_low = be64(header + 16);
	header = plain->transport;
	f->udp_sport = be16(header + 0);
	f->udp_dport = be16(header + 2);
	f->icmp_type = header[0];
	f->tcp_flags = header[13];
	f->meta_protocol = ETHER_TYPE_IP6;
	f->meta_l4proto = plain->network[6];
	f->pad[0] = 0;
	f->pad[1] = 0;
	f->pad[2] = 0;
	f->pad[3] = 0;
	f->pad[4] = 0;
}

#define PLAIN_BYTES 14		/* of the transport header */

#define FIELDS const volatile struct fields

XDPFW_ALONE int count(FIELDS *f, __u32 number)
{
	if (!f || number >= 96)
		return 0;
	COUNT_CELL(settings.cell_of[number], f->length);
	return 0;
}

XDPFW_INLINE int count_answer(FIELDS *f, __u64 answer)
{
	__u32 cell = (__u32)(answer >> 32) & 0xfffffff;

	if (f)
		COUNT_HERE(cell, f->length);
	return 0;
}

/*
 * table office, chain in: 96 rules, from cache.nft:6 to cache.nft:101, are in tables: see `xdpfw explain`.
 */
XDPFW_INLINE __u32 look_0_0(FIELDS *f)
{
	const __u64 d0 = f->meta_l4proto;
	const __u64 p0 = is_number(f->has_l4, 1);
	const __u64 d1 = f->ip_daddr;
	const __u64 d2 = f->udp_sport;
	const __u64 p2 = has_bytes(f->th_len, 2);
	const __u64 d3 = f->udp_dport;
	const __u64 p3 = has_bytes(f->th_len, 4);
	const __u64 d4 = f->ip_saddr;
	const __u64 d5 = f->ip_ttl;
	const __u64 d6 = f->icmp_type;
	const __u64 p6 = has_bytes(f->th_len, 1);
	const __u64 d7 = f->tcp_flags;
	const __u64 p7 = has_bytes(f->th_len, 14);

	const __u64 r0 = (__u64)({
		const __u64 trie_low = d0;
		(__u32)*(const __u8 *)(tables + 7680 + (trie_low & 0xff) * 1);
	}) & -p0;	/* below 5 */
	const __u64 r1 = (__u64)({
		const __u64 trie_low = d1;
		__u64 trie_at = trie_low >> 10 & 0x3ff;

		trie_at = trie_word32(trie_at, 17024, trie_low);
		trie_leaf32(trie_at & 0xff, 7936, 7, trie_low);
	});	/* below 74 */
	const __u64 r2 = (__u64)({
		const __u64 trie_low = d2;
		__u64 trie_at = trie_low >> 9 & 0x7f;

		trie_at = trie_word32(trie_at, 26496, trie_low);
		trie_leaf32(table_inside(trie_at, 66), 24320, 3, trie_low);
	}) & -p2;	/* below 34 */
	const __u64 r3 = (__u64)({
		const __u64 trie_low = d3;
		__u64 trie_at = trie_low >> 5 & 0x7f;

		trie_at = trie_word32(trie_at, 29696, trie_low);
		trie_leaf32(table_inside(trie_at, 82), 27008, 3, trie_low);
	}) & -p3;	/* below 105 */
	const __u64 r4 = (__u64)({
		const __u64 trie_low = d4;
		__u64 trie_at = trie_low >> 14 & 0x7f;

		trie_leaf32(trie_at, 30208, 7, trie_low);
	});	/* below 62 */
	const __u64 r5 = (__u64)({
		const __u64 trie_low = d5;
		(__u32)*(const __u8 *)(tables + 38400 + (trie_low & 0xff) * 1);
	});	/* below 17 */
	const __u64 r6 = (__u64)({
		const __u64 trie_low = d6;
		(__u32)*(const __u8 *)(tables + 38656 + (trie_low & 0xff) * 1);
	}) & -p6;	/* below 3 */
	const __u64 r7 = (__u64)({
		const __u64 trie_low = d7;
		(__u32)*(const __u8 *)(tables + 38912 + (trie_low & 0xff) * 1);
	}) & -p7;	/* below 3 */
	const struct tree_place place = {
		.head = 1024, .words = 1, .resumes = 0, .longer = 1,
		.slots = 1096, .tree_count = 2,
		.nodes = 1152, .node_count = 145,
		.rows = 3520, .row_count = 99,
		.guard = { 0x248204040808ull },
	};
	const struct tree_key key = {
		.word[0] = r0 | r1 << 4 | r2 << 12 | r3 << 19 | r4 << 27 | r5 << 34 | r6 << 40 | r7 << 43,
	};
	__u64 best = TREE_NOTHING;

	best = tree_one(place, &key, 0, 0, 2, 1, best);
	best = tree_one(place, &key, 0, 1, 2, 3, best);
	return tree_answer(best, 0);
}

/* look_0_0(), of the flow cache if that knows it. */
XDPFW_INLINE __u32 cached_0_0(FIELDS *f)
{
	const __u64 d0 = f->meta_l4proto;
	const __u64 p0 = is_number(f->has_l4, 1);
	const __u64 d1 = f->ip_daddr;
	const __u64 d2 = f->udp_sport;
	const __u64 p2 = has_bytes(f->th_len, 2);
	const __u64 d3 = f->udp_dport;
	const __u64 p3 = has_bytes(f->th_len, 4);
	const __u64 d4 = f->ip_saddr;
	const __u64 d5 = f->ip_ttl;
	const __u64 d6 = f->icmp_type;
	const __u64 p6 = has_bytes(f->th_len, 1);
	const __u64 d7 = f->tcp_flags;
	const __u64 p7 = has_bytes(f->th_len, 14);
	const __u64 k0 = d1 | (d4 << 32);
	const __u64 k1 = (d0 << 32) | d2 | (d3 << 16) | (d5 << 40) | (d6 << 48) | (d7 << 56);
	const __u64 k2 = p0 | (p2 << 1) | (p3 << 2) | (p6 << 3) | (p7 << 4);
	const __u64 k3 = 128ull;
	__u64 *at = cache_find(k0 * 0x9e3779b97f4a7c15ull +
			    k1 * 0xc2b2ae3d27d4eb4full +
			    k2 * 0xbb67ae8584caa73bull +
			    k3 * 0x3c6ef372fe94f82bull,
			    0, 4, 8);
	__u64 first, second, first_differs, second_differs, second_is;
	__u32 number;

	if (at) {
		first = at[3];
		second = at[7];
		first_differs = (first ^ k3) >> 7 |
				(at[0] ^ first ^ k0) |
				(at[1] ^ first ^ k1) |
				(at[2] ^ first ^ k2);
		second_differs = (second ^ k3) >> 7 |
				(at[4] ^ second ^ k0) |
				(at[5] ^ second ^ k1) |
				(at[6] ^ second ^ k2);
		second_is = cache_some(first_differs);
		if (!(second_differs & second_is))
			return (first ^ ((first ^ second) & second_is)) & 0x7f;
	}
	number = look_0_0(f);
	if (at) {
		at[4] = at[0];
		at[5] = at[1];
		at[6] = at[2];
		at[7] = at[3];
		first = k3 | (number & 0x7f);
		at[0] = k0 ^ first;
		at[1] = k1 ^ first;
		at[2] = k2 ^ first;
		at[3] = first;
	}
	return number;
}

XDPFW_INLINE __u32 look_0_1(FIELDS *f)
{
	const __u64 d0 = f->meta_l4proto;
	const __u64 p0 = is_number(f->has_l4, 1);
	const __u64 d1 = f->udp_dport;
	const __u64 p1 = has_bytes(f->th_len, 4);
	UNUSED const __u64 d2_high = f->ip6_saddr_high, d2 = f->ip6_saddr_low;

	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x1bbull) && (in128(d2_high, d2, 0x20010db8004d0000ull, 0x0ull, 0x20010db8004dffffull, 0xffffffffffffffffull)))
		return 53;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x50ull) && (in128(d2_high, d2, 0x20010db8004f0000ull, 0x0ull, 0x20010db8004fffffull, 0xffffffffffffffffull)))
		return 54;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x1bbull) && (in128(d2_high, d2, 0x20010db8000a0000ull, 0x0ull, 0x20010db8000affffull, 0xffffffffffffffffull)))
		return 55;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x16ull) && (in128(d2_high, d2, 0x20010db8000d0000ull, 0x0ull, 0x20010db8000dffffull, 0xffffffffffffffffull)))
		return 56;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x1bbull) && (in128(d2_high, d2, 0x20010db8001e0000ull, 0x0ull, 0x20010db8001effffull, 0xffffffffffffffffull)))
		return 57;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x16ull) && (in128(d2_high, d2, 0x20010db800400000ull, 0x0ull, 0x20010db80040ffffull, 0xffffffffffffffffull)))
		return 58;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x16ull) && (in128(d2_high, d2, 0x20010db800000000ull, 0x0ull, 0x20010db80000ffffull, 0xffffffffffffffffull)))
		return 59;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x16ull) && (in128(d2_high, d2, 0x20010db800450000ull, 0x0ull, 0x20010db80045ffffull, 0xffffffffffffffffull)))
		return 60;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x50ull) && (in128(d2_high, d2, 0x20010db800050000ull, 0x0ull, 0x20010db80005ffffull, 0xffffffffffffffffull)))
		return 61;
	if (p0 && (d0 == 0x6ull) && p1 && (d1 == 0x50ull) && (in128(d2_high, d2, 0x20010db8002c0000ull, 0x0ull, 0x20010db8002cffffull, 0xffffffffffffffffull)))
		return 62;
	return 0;
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	__u32 number;

	if (!f)
		return 0;
	if (f->meta_protocol == 0x800 && f->length >= 20)
		number = cached_0_0(f);
	else if (f->meta_protocol == 0x86dd && f->length >= 40)
		number = look_0_1(f);
	else
		number = 0;
	return TABLE_ANSWER(0, 127, number);
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table office, chain in, priority 0, policy drop */
		answer = run_0(f);
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
