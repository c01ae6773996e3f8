/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_fields: struct fields, and the function that fills it from a packet.
 *
 * In: the loads that rules of the program do.  Out: C that reads just these, once, with the walk
 * of bpf/xdpfw_walk.h.
 *
 * Safety: bytes of a header are read by emit_window.c's functions only.  Whether a field exists is
 * not decided here: rules ask the lengths.
 */
#include "compiler/emit_part.h"

#define ETHER_BYTES 14u			/* are always there */

/* What the walk of bpf/xdpfw_walk.h looks at: the same names there. */
#define WALK_LINK_BYTES 20u
#define WALK_NETWORK_BYTES 40u

bool emit_is_wide(const struct ir_load *load)
{
	return load->field->bit_len > 64;
}

static unsigned int load_bytes(const struct ir_load *load)
{
	unsigned int bits = load->field->bit_len;

	return bits > 64 ? 16 : bits > 32 ? 8 : bits > 16 ? 4 : bits > 8 ? 2 : 1;
}

/* `meta length` is not a member of its own; others are not kept at all. */
bool emit_is_member(const struct emit *emit, size_t load)
{
	const enum field_load kind = emit->ir->loads.at[load].field->load;

	return emit->plan->load_used[load] && kind != FIELD_LOAD_LENGTH &&
	       kind != FIELD_LOAD_RANDOM && kind != FIELD_LOAD_NFPROTO && kind != FIELD_LOAD_NEVER;
}

/* The place of the frame itself, not in a tunnel; EMIT_NO_PLACE: nothing is read there. */
static uint32_t outer_place(const struct emit *emit, enum field_base base)
{
	struct ir_place place = { .base = base, .tunnel = PROTO_META };

	for (uint32_t i = 0; i < emit->places.len; i++)
		if (ir_place_equal(&emit->places.at[i].place, &place))
			return i;
	return EMIT_NO_PLACE;
}

bool emit_is_at(const struct emit *emit, size_t load, uint32_t place)
{
	return emit->plan->load_used[load] && emit->place_of[load] == place &&
	       emit->ir->loads.at[load].field->load == FIELD_LOAD_HEADER;
}

/* The most bytes of a header that any load needs; 0: none reads it. */
static unsigned int place_bytes(const struct emit *emit, uint32_t place)
{
	unsigned int most = 0;

	for (size_t i = 0; place != EMIT_NO_PLACE && i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		unsigned int bytes = field_need_bytes(load->field, load->depth);

		if (emit_is_at(emit, i, place) && bytes > most)
			most = bytes;
	}
	return most;
}

unsigned int emit_outer_bytes(const struct emit *emit, enum field_base base)
{
	return place_bytes(emit, outer_place(emit, base));
}

static bool reads(const struct emit *emit, enum field_load kind)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++)
		if (emit->plan->load_used[i] && emit->ir->loads.at[i].field->load == kind)
			return true;
	return false;
}

static bool reads_time(const struct emit *emit)
{
	return reads(emit, FIELD_LOAD_TIME) || reads(emit, FIELD_LOAD_DAY) ||
	       reads(emit, FIELD_LOAD_HOUR);
}

const char *emit_meta_time(const struct emit *emit)
{
	return reads_time(emit) ? "\t__u64 now;\n" : "";
}

bool emit_reads_device(const struct emit *emit)
{
	return reads(emit, FIELD_LOAD_IFNAME) || reads(emit, FIELD_LOAD_PKTTYPE) ||
	       reads(emit, FIELD_LOAD_IFTYPE) || reads(emit, FIELD_LOAD_IFGROUP);
}

/* A member of struct fields: a load's value, or what is known of a place. */
static void put_member(struct emit *emit, unsigned int bytes, const char *name, const char *note)
{
	static const char *const shapes[] = { [1] = "__u8", [2] = "__u16", [4] = "__u32",
					      [8] = "__u64" };

	emit->fields_bytes += bytes;
	if (bytes == 16)
		buf_printf(emit->out, "\t__u64 %s_high, %s_low;", name, name);
	else
		buf_printf(emit->out, "\t%s %s;", shapes[bytes], name);
	if (note)
		buf_printf(emit->out, "\t\t/* %s */", note);
	buf_putc(emit->out, '\n');
}

static void put_load_members(struct emit *emit, unsigned int bytes)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		struct buf name = BUF_INIT;

		if (!emit_is_member(emit, i) || load_bytes(load) != bytes)
			continue;
		ir_load_name(load, &name);
		put_member(emit, bytes, name.at, NULL);
		buf_free(&name);
	}
}

static void put_lengths(struct emit *emit)
{
	put_member(emit, 4, "length",
		   "behind Ethernet and at most one tag: meta length, bytes of counters");
	put_member(emit, 4, "nh_len", "of the network header and all behind it");
	put_member(emit, 4, "frame_len", NULL);
	put_member(emit, 4, "th_len",
		   "of the transport header and all behind it; 0: there is none");
	if (emit->needs & EMIT_NEED_NETWORK)
		put_member(emit, 4, "network_at", NULL);
	if (emit->plan->named.count)
		put_member(emit, 4, "generation", "of named sets and maps");
	if (emit->needs & EMIT_NEED_TRANSPORT)
		put_member(emit, 4, "th_at", NULL);
	for (size_t i = 0; i < emit->places.len; i++)
		if (emit->places.at[i].found && emit->places.at[i].bytes)
			put_member(emit, 4, emit->places.at[i].len, NULL);
}

static void put_flags(struct emit *emit)
{
	put_member(emit, 1, "has_l4", "the transport protocol is known");
	if (emit->needs & EMIT_NEED_TRANSPORT)
		put_member(emit, 1, "l4", "that protocol");
	if (emit->needs & EMIT_NEED_NFPROTO)
		put_member(emit, 1, "nfproto", "of IPv4 or IPv6; 0: neither");
	for (enum proto_id i = 0; i < PROTO_COUNT; i++) {
		if (!emit->tunnels[i])
			continue;
		put_member(emit, 1, arena_printf(emit->arena, "%s_opened", field_protos[i].name),
			   "a packet is inside");
		put_member(emit, 1, arena_printf(emit->arena, "%s_has_l4", field_protos[i].name),
			   NULL);
	}
}

/*
 * Linux before 6.3 wants every byte written that a function may read through a pointer, and the
 * compiler writes none that has no name.
 */
static void put_pad(struct emit *emit)
{
	emit->fields_pad = (8 - emit->fields_bytes % 8) % 8;
	emit->fields_bytes += emit->fields_pad;
	if (emit->fields_pad)
		buf_printf(emit->out, "\t__u8 pad[%u];\n", emit->fields_pad);
}

void emit_fields_pad(const struct emit *emit)
{
	for (unsigned int i = 0; i < emit->fields_pad; i++)
		buf_printf(emit->out, "\tf->pad[%u] = 0;\n", i);
}

/* The big ones first, so that no room is lost to alignment. */
static void put_struct(struct emit *emit)
{
	buf_puts(emit->out, "/* What the rules ask of a packet, as numbers. */\nstruct fields {\n");
	for (unsigned int bytes = 16; bytes; bytes /= 2) {
		put_load_members(emit, bytes);
		if (bytes == 4)
			put_lengths(emit);
	}
	put_flags(emit);
	put_pad(emit);
	buf_puts(emit->out, "};\n\n");
}

/*
 * The type behind the tag that was taken off shows what the hook made of it (see struct field), to
 * raw loads too: bytes 16 and 17.  BITS bits from bit BIT on are in NAME.
 */
static void patch_raw(const char *name, const char *suffix, unsigned int bit, unsigned int bits,
		      struct buf *out)
{
	unsigned int first = bit > 128 ? bit : 128, end = bit + bits < 144 ? bit + bits : 144;
	uint64_t mask;

	if (first >= end)
		return;
	mask = (uint64_t)u128_max(end - first);
	buf_printf(out, "\tif (walk.network > ETHER_BYTES)\n"
			"\t\tf->%s%s = (f->%s%s & 0x%llxull) | "
			"(__u64)(walk.protocol >> %u & 0x%llx) << %u;\n",
		   name, suffix, name, suffix,
		   (unsigned long long)((uint64_t)u128_max(bits) & ~(mask << (bit + bits - end))),
		   144 - end, (unsigned long long)mask, bit + bits - end);
}

/* What the tag taken off shows of itself: see struct field. */
static void put_of_hook(const struct emit *emit)
{
	uint32_t link = outer_place(emit, FIELD_BASE_LINK);

	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		unsigned int bit = field_base_bit(load->field, load->depth);
		unsigned int bits = load->field->bit_len;
		struct buf name = BUF_INIT;

		if (!emit_is_at(emit, i, link))
			continue;
		ir_load_name(load, &name);
		if (load->field->of_hook && !load->depth) {
			buf_printf(emit->out, "\tif (walk.network > ETHER_BYTES)\n"
					      "\t\tf->%s = walk.protocol;\n", name.at);
		} else if (load->field->proto == PROTO_RAW && emit_is_wide(load)) {
			patch_raw(name.at, "_high", bit, bits - 64, emit->out);
			patch_raw(name.at, "_low", bit + bits - 64, 64, emit->out);
		} else if (load->field->proto == PROTO_RAW) {
			patch_raw(name.at, "", bit, bits, emit->out);
		}
		buf_free(&name);
	}
}

/* `meta` fields of a kind that no header has. */
void emit_meta(const struct emit *emit, const struct emit_meta *meta)
{
	struct buf *out = emit->out;

	if (reads_time(emit))
		buf_puts(out, "\tnow = given_time();\n");
	if (emit->plan->named.count)
		buf_puts(out, "\tf->generation = named_generation();\n");
	if (emit->needs & EMIT_NEED_NFPROTO)
		buf_printf(out, "\tf->nfproto = %s;\n", meta->nfproto);
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		struct buf name = BUF_INIT;

		if (!emit_is_member(emit, i) || load->tunnel != PROTO_META)
			continue;
		ir_load_name(load, &name);
		switch (load->field->load) {
		case FIELD_LOAD_HEADER:
		case FIELD_LOAD_PRESENCE:
		case FIELD_LOAD_LENGTH:
		case FIELD_LOAD_NFPROTO:
		case FIELD_LOAD_RANDOM:
		case FIELD_LOAD_NEVER:
			break;
		case FIELD_LOAD_PROTOCOL:
			buf_printf(out, "\tf->%s = %s;\n", name.at, meta->protocol);
			break;
		case FIELD_LOAD_L4PROTO:
			buf_printf(out, "\tf->%s = %s;\n", name.at, meta->l4proto);
			break;
		case FIELD_LOAD_IFNAME:
			buf_printf(out, "\tf->%s_high = be64(device->name);\n"
					"\tf->%s_low = be64(device->name + 8);\n",
				   name.at, name.at);
			break;
		case FIELD_LOAD_PKTTYPE:
			if (meta->link)
				buf_printf(out, "\tf->%s = walk_packet_type(%s, device->mac);\n",
					   name.at, meta->link);
			break;
		case FIELD_LOAD_IFTYPE:
			buf_printf(out, "\tf->%s = device->type;\n", name.at);
			break;
		case FIELD_LOAD_IFGROUP:
			buf_printf(out, "\tf->%s = device->group;\n", name.at);
			break;
		case FIELD_LOAD_CPU:
			buf_printf(out, "\tf->%s = given_cpu();\n", name.at);
			break;
		case FIELD_LOAD_TIME:
			buf_printf(out, "\tf->%s = now;\n", name.at);
			break;
		case FIELD_LOAD_DAY:
			buf_printf(out, "\tf->%s = given_day(now);\n", name.at);
			break;
		case FIELD_LOAD_HOUR:
			buf_printf(out, "\tf->%s = now / 1000000000 %% 86400;\n", name.at);
			break;
		case FIELD_LOAD_ZERO:
			if (emit_is_wide(load))
				buf_printf(out, "\tf->%s_high = f->%s_low = 0;\n", name.at,
					   name.at);
			else
				buf_printf(out, "\tf->%s = 0;\n", name.at);
			break;
		}
		buf_free(&name);
	}
}

static unsigned int more(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* Bytes of a place's head that loads look at. */
static unsigned int head_bytes(const struct emit *emit, enum field_base base)
{
	const struct emit_window *head = emit_window_head(emit, outer_place(emit, base));

	return head ? head->bytes : 0;
}

/* Bytes that are looked at of a header, by the walk or for fields. */
static unsigned int link_bytes(const struct emit *emit)
{
	return more(WALK_LINK_BYTES, head_bytes(emit, FIELD_BASE_LINK));
}

static unsigned int network_bytes(const struct emit *emit)
{
	return more(emit->needs & EMIT_NEED_L4 ? WALK_NETWORK_BYTES : 0,
		    head_bytes(emit, FIELD_BASE_NETWORK));
}

static void put_link(const struct emit *emit)
{
	uint32_t place = outer_place(emit, FIELD_BASE_LINK);
	struct buf *out = emit->out;

	emit_window_header("0", 0, link_bytes(emit), "\t", out);
	buf_puts(out, "\treason = walk_link(&walk, header, end);\n"
		      "\tif (reason != XDPFW_REASON_CHAINS)\n"
		      "\t\treturn reason;\n"
		      "\tf->length = f->nh_len = walk.length - walk.network;\n");
	if (place_bytes(emit, place) > ETHER_BYTES)
		buf_puts(out, "\tf->frame_len = walk.length;\n");
	if (reads(emit, FIELD_LOAD_PKTTYPE))
		buf_puts(out, "\tif (header + 6 > end)\n"
			      "\t\treturn XDPFW_REASON_FAULT;\n"
			      "\tf->meta_pkttype = walk_packet_type(header, device->mac);\n");
	if (emit_window_head(emit, place))
		emit_window_call(emit, place, emit_window_head(emit, place), "\t");
	emit_window_far(emit, place, "0", "\t");
	put_of_hook(emit);
}

static void put_network(const struct emit *emit)
{
	uint32_t place = outer_place(emit, FIELD_BASE_NETWORK);
	struct buf *out = emit->out;

	if (network_bytes(emit))
		emit_window_header("walk.network", 0, network_bytes(emit), "\t", out);
	if (emit->needs & EMIT_NEED_L4)
		buf_puts(out, "\treason = walk_network(&walk, header, end);\n"
			      "\tif (reason != XDPFW_REASON_CHAINS)\n"
			      "\t\treturn reason;\n"
			      "\tf->has_l4 = walk.l4.value / WALK_HAS_L4;\n");
	if (emit_window_head(emit, place))
		emit_window_call(emit, place, emit_window_head(emit, place), "\t");
	emit_window_far(emit, place, "walk.network", "\t");
	if (emit->needs & EMIT_NEED_NETWORK)
		buf_puts(out, "\tf->network_at = walk.network;\n");
}

static void put_transport(const struct emit *emit)
{
	uint32_t place = outer_place(emit, FIELD_BASE_TRANSPORT);
	struct buf *out = emit->out;

	if (emit->needs & EMIT_NEED_TRANSPORT)
		buf_puts(out, "\tf->l4 = walk.l4.value;\n"
			      "\tf->th_at = walk.transport.value;\n");
	if (place_bytes(emit, place) || emit->needs & EMIT_NEED_TRANSPORT)
		buf_puts(out, "\tf->th_len = walk.transport_len.value;\n");
	if (!place_bytes(emit, place))
		return;
	buf_puts(out, "\tif (f->th_len) {\n");
	emit_place_read(emit, place, "walk.transport.value", "\t\t");
	buf_puts(out, "\t}\n");
}

static unsigned int copy_bytes(const struct emit *emit)
{
	unsigned int bytes = more(link_bytes(emit), network_bytes(emit));

	for (size_t i = 0; i < emit->places.len; i++)
		for (size_t j = 0; j < emit->places.at[i].windows.len; j++)
			if (!emit->places.at[i].found)
				bytes = more(bytes, emit->places.at[i].windows.at[j].bytes);
	return bytes;
}

static void put_read_fields(const struct emit *emit)
{
	const struct emit_meta meta = {
		.protocol = "walk.protocol",
		.nfproto = "walk_nfproto(&walk)",
		.l4proto = "walk.l4.value",
	};
	bool device = emit_reads_device(emit);
	struct buf *out = emit->out;

	buf_printf(out, "/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */\n"
			"XDPFW_ALONE __u32 read_fields(struct xdp_md *ctx, struct fields *f%s)\n"
			"{\n"
			"\tWALK_BUFFER(copy, %u);\n"
			"\tconst __u8 *header, *end;\n"
			"\tstruct walk walk;\n"
			"%s"
			"\t__u32 reason;\n\n"
			"\tif (!f%s)\n"
			"\t\treturn XDPFW_REASON_FAULT;\n"
			"\twalk_start(&walk, ctx);\n",
		   device ? ", const struct xdpfw_device *device" : "",
		   copy_bytes(emit),
		   emit_meta_time(emit), device ? " || !device" : "");
	put_link(emit);
	put_network(emit);
	put_transport(emit);
	emit_meta(emit, &meta);
	buf_puts(out, "\treturn XDPFW_REASON_CHAINS;\n}\n\n");
}

/* What the frame's own headers have to tell for everything else. */
static unsigned int place_needs(const struct ir_place *place)
{
	if (place->tunnel != PROTO_META)
		return EMIT_NEED_L4 | EMIT_NEED_TRANSPORT;
	switch (place->base) {
	case FIELD_BASE_META:
	case FIELD_BASE_LINK:
	case FIELD_BASE_NETWORK:
	case FIELD_BASE_COUNT:
		return 0;
	case FIELD_BASE_TRANSPORT:
		return EMIT_NEED_L4;
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
		return EMIT_NEED_NETWORK | EMIT_NEED_NFPROTO;
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
		return EMIT_NEED_L4 | EMIT_NEED_TRANSPORT;
	}
	return 0;
}

void emit_fields_need(struct emit *emit)
{
	if (emit->inet)
		emit->needs |= EMIT_NEED_L4 | EMIT_NEED_NFPROTO;
	if (reads(emit, FIELD_LOAD_NFPROTO))
		emit->needs |= EMIT_NEED_NFPROTO;
	for (size_t i = 0; i < emit->places.len; i++)
		emit->needs |= place_needs(&emit->places.at[i].place);
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];

		if (!emit->plan->load_used[i])
			continue;
		if (load->field->load == FIELD_LOAD_L4PROTO)
			emit->needs |= EMIT_NEED_L4;
		if (load->tunnel != PROTO_META)
			emit->tunnels[load->tunnel] = true;
		if (load->tunnel != PROTO_META)
			emit->needs |= EMIT_NEED_L4 | EMIT_NEED_TRANSPORT;
	}
	for (size_t i = 0; i < emit->places.len; i++)
		if (emit->places.at[i].place.tunnel != PROTO_META)
			emit->tunnels[emit->places.at[i].place.tunnel] = true;
}

void emit_place_init(const struct emit *emit, const struct ir_place *place,
		     struct emit_place *ret_place)
{
	static const char *const lengths[FIELD_BASE_COUNT] = {
		[FIELD_BASE_LINK] = "frame_len",
		[FIELD_BASE_NETWORK] = "nh_len",
		[FIELD_BASE_TRANSPORT] = "th_len",
	};
	struct buf name = BUF_INIT;

	ir_place_name(place, &name);
	ret_place->place = *place;
	ret_place->name = arena_printf(emit->arena, "%s", name.at);
	ret_place->found = place->tunnel != PROTO_META || !lengths[place->base];
	if (ret_place->found)
		ret_place->len = arena_printf(emit->arena, "%s_len", name.at);
	else
		ret_place->len = lengths[place->base];
	buf_free(&name);
}

void emit_place_forget(struct emit *emit)
{
	uint32_t link = outer_place(emit, FIELD_BASE_LINK);

	memset(emit->present, 0, emit->places.len * sizeof(*emit->present));
	if (link != EMIT_NO_PLACE)
		emit->present[link] = ETHER_BYTES;
}

/* In the order of the headers. */
static void put_readers(const struct emit *emit)
{
	for (enum field_base base = FIELD_BASE_LINK; base < FIELD_BASE_COUNT; base++) {
		for (uint32_t i = 0; i < emit->places.len; i++) {
			const struct emit_place *at = &emit->places.at[i];

			for (size_t j = 0; at->place.base == base && j < at->windows.len; j++)
				emit_window_reader(emit, i, &at->windows.at[j]);
		}
	}
}

void emit_fields(struct emit *emit)
{
	put_struct(emit);
	put_readers(emit);
	put_read_fields(emit);
	if (emit_reads_places(emit))
		emit_places(emit);
	emit_plain(emit);
}
