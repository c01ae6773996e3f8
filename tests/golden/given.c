/* ---- From here on: this ruleset. ---- */

/* Set by the loader before the program is verified: constants by then. */
const volatile struct {
	struct xdpfw_config config;
	__u32 cell_of[5];
} settings SEC(".rodata.config") = {
	.config = { .abi = XDPFW_ABI_VERSION, .counter_count = 5 },
};

/* Set in a proof; a live program asks the machine. */
volatile struct xdpfw_given given SEC(".data.given") = {};

XDPFW_INLINE __u64 given_time(void)
{
	return given.active ? given.now :
		bpf_ktime_get_tai_ns() - (__u64)settings.config.tai_offset;
}

/* Days since 1970-01-01, a Thursday, in the kernel's time zone. */
XDPFW_INLINE __u8 given_day(__u64 now)
{
	long west = settings.config.minutes_west;

	return (4 + (now / 1000000000 - west * 60) / 86400) % 7;
}

XDPFW_INLINE __u32 given_cpu(void)
{
	return given.active ? given.cpu : bpf_get_smp_processor_id();
}

/* A new one each time. */
XDPFW_INLINE __u32 meta_random(void)
{
	return given.active ? given.random : bpf_get_prandom_u32();
}

/* What the rules ask of a packet, as numbers. */
struct fields {
	__u64 meta_time;
	__u32 meta_cpu;
	__u32 meta_hour;
	__u32 meta_iifgroup;
	__u32 meta_mark;
	__u32 length;		/* behind Ethernet and at most one tag: meta length, bytes of counters */
	__u32 nh_len;		/* of the network header and all behind it */
	__u32 frame_len;
	__u32 th_len;		/* of the transport header and all behind it; 0: there is none */
	__u16 tcp_dport;
	__u16 meta_iiftype;
	__u8 meta_l4proto;
	__u8 meta_day;
	__u8 has_l4;		/* the transport protocol is known */
	__u8 pad[1];
};

XDPFW_INLINE void read_transport(struct fields *f, const __u8 *header, const __u8 *end)
{
	if (header + 4 > end)
		return;
	f->tcp_dport = be16(header + 2);
}

/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */
XDPFW_ALONE __u32 read_fields(struct xdp_md *ctx, struct fields *f, const struct xdpfw_device *device)
{
	WALK_BUFFER(copy, 40);
	const __u8 *header, *end;
	struct walk walk;
	__u64 now;
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
	f->th_len = walk.transport_len.value;
	if (f->th_len) {
		header = walk_header(&walk, walk.transport.value, 4, copy, &end);
		if (!header)
			return XDPFW_REASON_OUT_OF_REACH;
		read_transport(f, header, end);
	}
	now = given_time();
	f->meta_cpu = given_cpu();
	f->meta_l4proto = walk.l4.value;
	f->meta_time = now;
	f->meta_day = given_day(now);
	f->meta_hour = now / 1000000000 % 86400;
	f->meta_iiftype = device->type;
	f->meta_iifgroup = device->group;
	f->meta_mark = 0;
	return XDPFW_REASON_CHAINS;
}

/* All of struct fields, of a plain packet (xdpfw_plain.h). */
XDPFW_INLINE void read_plain_ip(const struct plain *plain, struct xdp_md *ctx,
				 const struct xdpfw_device *device, struct fields *f)
{
	const __u8 *header __attribute__((unused));
	__u64 now;
	f->length = plain_length(plain);
	f->frame_len = PLAIN_LINK_BYTES;
	f->nh_len = IP_BYTES;
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	now = given_time();
	f->meta_cpu = given_cpu();
	f->meta_l4proto = plain->network[9];
	f->meta_time = now;
	f->meta_day = given_day(now);
	f->meta_hour = now / 1000000000 % 86400;
	f->meta_iiftype = device->type;
	f->meta_iifgroup = device->group;
	f->meta_mark = 0;
	f->pad[0] = 0;
}

XDPFW_INLINE void read_plain_ip6(const struct plain *plain, struct xdp_md *ctx,
				 const struct xdpfw_device *device, struct fields *f)
{
	const __u8 *header __attribute__((unused));
	__u64 now;
	f->length = plain_length(plain);
	f->frame_len = PLAIN_LINK_BYTES;
	f->nh_len = IP6_BYTES;
	f->th_len = 4;
	f->has_l4 = 1;
	header = plain->transport;
	f->tcp_dport = be16(header + 2);
	now = given_time();
	f->meta_cpu = given_cpu();
	f->meta_l4proto = plain->network[6];
	f->meta_time = now;
	f->meta_day = given_day(now);
	f->meta_hour = now / 1000000000 % 86400;
	f->meta_iiftype = device->type;
	f->meta_iifgroup = device->group;
	f->meta_mark = 0;
	f->pad[0] = 0;
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

/* meta_random . tcp_dport */
XDPFW_INLINE bool set_3_key_3(FIELDS *f)
{
	__u32 random_0 = meta_random();

	return (in32(random_0, 1, 100) && f->tcp_dport == 22) ||
	       (random_0 == 5 && f->tcp_dport == 80);
}

XDPFW_ALONE __u64 run_0(FIELDS *f)
{
	if (!f)
		return 0;
	/* table given, chain ingress */
	if (in32(f->meta_cpu, 0, 3)) { count(f, 0); } /* given.nft:9 meta cpu 0-3 counter */
	if (in32(meta_random(), 0, 999999)) { return DROP(1); } /* given.nft:10 meta random < 1000000 drop */
	if (f->has_l4 && f->meta_l4proto == 6 && f->th_len >= 4 && set_3_key_3(f)) { count(f, 1); } /* given.nft:11 meta random . tcp dport { 1-100 . 22, 5 . 80 } counter */
	if (in64(f->meta_time, 0x17979cfe362a0001ull, 0xffffffffffffffffull)) { count(f, 2); } /* given.nft:12 meta time > "2023-11-14 22:13:20" counter */
	if ((f->meta_day == 0 || f->meta_day == 6)) { return DROP(4); } /* given.nft:13 meta day @weekend drop */
	if (in32(f->meta_hour, 0x7e90, 0xef10)) { return ACCEPT(5); } /* given.nft:14 meta hour "09:00"-"17:00" accept */
	if (f->meta_iiftype == 1 && f->meta_iifgroup == 7) { count(f, 3); } /* given.nft:15 meta iiftype ether iifgroup 7 counter */
	if (f->meta_mark == 0x0) { count(f, 4); } /* given.nft:16 meta mark 0x00000000 counter */
	return CHAIN_END;
}

XDPFW_INLINE int run_chains(struct xdp_md *ctx, __u32 entry, FIELDS *f, const bool plain)
{
	__u64 answer;

	switch (entry) {
	case 0: /* device lo */
		/* table given, chain ingress, priority 0, policy accept */
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
