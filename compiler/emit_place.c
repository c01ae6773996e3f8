/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_place: read_places(), which finds what not every packet has (options, extension headers,
 * chunks, payload, the packet inside of a tunnel) and reads the fields of what it finds.
 *
 * In: the places that loads of the program name.  Out: C that looks for each once per packet, with
 * the searches of bpf/xdpfw_place.h and bpf/xdpfw_tunnel.h.  It is a function of its own, so that
 * its stack is not needed while the frame's own headers are read or rules run.
 */
#include "compiler/emit_part.h"

bool emit_reads_tunnels(const struct emit *emit)
{
	for (enum proto_id i = 0; i < PROTO_COUNT; i++)
		if (emit->tunnels[i])
			return true;
	return false;
}

bool emit_reads_places(const struct emit *emit)
{
	for (size_t i = 0; i < emit->places.len; i++)
		if (emit->places.at[i].found)
			return true;
	return emit_reads_tunnels(emit);
}

/* "PRESENCE ? SEARCH : 0" */
static void put_search(const struct ir_place *place, struct buf *out)
{
	switch (place->base) {
	case FIELD_BASE_PAYLOAD:
		buf_puts(out, "\tfound = f->th_len ? "
			      "find_payload(ctx, walk.length, f->th_at, f->l4) : 0;\n");
		break;
	case FIELD_BASE_EXTENSION:
		buf_printf(out, "\tfound = f->nfproto == NFPROTO_IPV6 && f->length >= IP6_BYTES ?\n"
				"\t\tfind_extension(ctx, walk.length, f->network_at, %u) : 0;\n",
			   place->number);
		break;
	case FIELD_BASE_IP_OPTION:
		buf_printf(out, "\tfound = f->nfproto == NFPROTO_IPV4 && f->length >= IP_BYTES ?\n"
				"\t\tfind_ip_option(ctx, walk.length, f->network_at, %u) : 0;\n",
			   place->number);
		break;
	case FIELD_BASE_TCP_OPTION:
		buf_printf(out, "\tfound = f->th_len && f->l4 == L4_TCP ?\n"
				"\t\tfind_tcp_option(ctx, walk.length, f->th_at, %u) : 0;\n",
			   place->number);
		break;
	case FIELD_BASE_SCTP_CHUNK:
		buf_printf(out, "\tfound = f->th_len && f->l4 == L4_SCTP ?\n"
				"\t\tfind_sctp_chunk(ctx, walk.length, f->th_at, %u) : 0;\n",
			   place->number);
		break;
	case FIELD_BASE_META:
	case FIELD_BASE_LINK:
	case FIELD_BASE_NETWORK:
	case FIELD_BASE_TRANSPORT:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_COUNT:
		break;
	}
}

/* The loads that ask whether the place is there. */
static void put_presence(const struct emit *emit, uint32_t place)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];

		if (!emit->plan->load_used[i] || load->field->load != FIELD_LOAD_PRESENCE ||
		    emit->place_of[i] != place)
			continue;
		buf_puts(emit->out, "\tf->");
		ir_load_name(load, emit->out);
		buf_puts(emit->out, " = PLACE_IS_THERE(found);\n");
	}
}

/* What is behind `found`. */
static void put_bytes(const struct emit *emit, uint32_t number, const char *indent)
{
	const char *more = arena_printf(emit->arena, "%s\t", indent);

	buf_printf(emit->out, "%sf->%s = PLACE_BYTES(found);\n"
			      "%sif (PLACE_BYTES(found)) {\n",
		   indent, emit->places.at[number].len, indent);
	emit_place_read(emit, number, "PLACE_AT(found)", more);
	buf_printf(emit->out, "%s}\n", indent);
}

static void put_place(const struct emit *emit, uint32_t number)
{
	const struct emit_place *place = &emit->places.at[number];
	struct buf *out = emit->out;

	buf_puts(out, "\tFORGET(&walk);\n");
	put_search(&place->place, out);
	buf_puts(out, "\tif (PLACE_IS_LOST(found))\n"
		      "\t\treturn XDPFW_REASON_OUT_OF_REACH;\n");
	put_presence(emit, number);
	if (place->bytes)
		put_bytes(emit, number, "\t");
}

/* Places inside of the tunnel that was opened. */
static void put_inner_place(const struct emit *emit, uint32_t number)
{
	static const char *const offsets[FIELD_BASE_COUNT] = {
		[FIELD_BASE_TUNNEL] = "tunnel.header",
		[FIELD_BASE_LINK] = "tunnel.link",
		[FIELD_BASE_NETWORK] = "tunnel.network",
		[FIELD_BASE_TRANSPORT] = "tunnel.transport",
	};
	const char *offset = offsets[emit->places.at[number].place.base];
	struct buf *out = emit->out;

	if (!offset)
		return;			/* the kernel reads no other one inside */
	buf_printf(out, "\t\tFORGET(&walk);\n\t\tfound = %s;\n", offset);
	put_bytes(emit, number, "\t\t");
}

/* What `meta` says of the packet inside. */
static void put_inner_meta(const struct emit *emit, enum proto_id tunnel)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		struct buf name = BUF_INIT;

		if (!emit->plan->load_used[i] || load->tunnel != tunnel)
			continue;
		ir_load_name(load, &name);
		if (load->field->load == FIELD_LOAD_PROTOCOL)
			buf_printf(emit->out, "\t\tf->%s = tunnel.protocol;\n", name.at);
		if (load->field->load == FIELD_LOAD_L4PROTO)
			buf_printf(emit->out, "\t\tf->%s = tunnel.l4proto;\n", name.at);
		buf_free(&name);
	}
}

static const char *tunnel_kind(enum proto_id tunnel)
{
	if (tunnel == PROTO_GENEVE)
		return "TUNNEL_ETHER | TUNNEL_HEADER | TUNNEL_OPTIONS";
	if (tunnel == PROTO_VXLAN)
		return "TUNNEL_ETHER | TUNNEL_HEADER";
	return field_protos[tunnel].tunnel_ether ? "TUNNEL_ETHER" : "0";
}

static void put_tunnel(const struct emit *emit, enum proto_id tunnel)
{
	const char *name = field_protos[tunnel].name;
	struct buf *out = emit->out;

	buf_printf(out, "\tFORGET(&walk);\n"
			"\ttunnel = (struct tunnel){ .length = walk.length, .outer = f->th_at, "
			".l4 = f->l4 };\n"
			"\tif (f->th_len && open_tunnel(ctx, &tunnel, %s) != XDPFW_REASON_CHAINS)\n"
			"\t\treturn XDPFW_REASON_OUT_OF_REACH;\n"
			"\tif (tunnel.opened) {\n"
			"\t\tf->%s_opened = 1;\n"
			"\t\tf->%s_has_l4 = tunnel.has_l4;\n",
		   tunnel_kind(tunnel), name, name);
	put_inner_meta(emit, tunnel);
	for (uint32_t i = 0; i < emit->places.len; i++)
		if (emit->places.at[i].place.tunnel == tunnel && emit->places.at[i].bytes)
			put_inner_place(emit, i);
	buf_puts(out, "\t}\n");
}

static unsigned int copy_bytes(const struct emit *emit)
{
	unsigned int most = 8;

	for (size_t i = 0; i < emit->places.len; i++) {
		const struct emit_place *at = &emit->places.at[i];

		for (size_t j = 0; at->found && j < at->windows.len; j++)
			if (at->windows.at[j].bytes > most)
				most = at->windows.at[j].bytes;
	}
	return most;
}

/* Some place's bytes are read, not only whether it is there. */
static bool reads_bytes(const struct emit *emit)
{
	for (size_t i = 0; i < emit->places.len; i++)
		if (emit->places.at[i].found && emit->places.at[i].bytes)
			return true;
	return false;
}

void emit_places(const struct emit *emit)
{
	struct buf *out = emit->out;
	bool found = false;

	for (uint32_t i = 0; i < emit->places.len; i++)
		found = found || emit->places.at[i].found;

	buf_puts(out, "/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */\n"
		      "XDPFW_ALONE __u32 read_places(struct xdp_md *ctx, struct fields *f)\n"
		      "{\n");
	if (reads_bytes(emit))
		buf_printf(out, "\tWALK_BUFFER(copy, %u);\n\tconst __u8 *header, *end;\n",
			   copy_bytes(emit));
	buf_puts(out, emit_reads_tunnels(emit) ? "\tstruct tunnel tunnel;\n" : "");
	buf_puts(out, "\tstruct walk walk;\n");
	buf_puts(out, found ? "\t__u64 found;\n" : "");
	buf_puts(out, "\n\tif (!f)\n"
		      "\t\treturn XDPFW_REASON_FAULT;\n"
		      "\twalk_start(&walk, ctx);\n");
	for (uint32_t i = 0; i < emit->places.len; i++)
		if (emit->places.at[i].found && emit->places.at[i].place.tunnel == PROTO_META)
			put_place(emit, i);
	for (enum proto_id i = 0; i < PROTO_COUNT; i++)
		if (emit->tunnels[i])
			put_tunnel(emit, i);
	buf_puts(out, "\treturn XDPFW_REASON_CHAINS;\n}\n\n");
}
