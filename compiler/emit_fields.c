/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_fields: struct fields, and the function that fills it from a packet.
 *
 * In: the loads that rules of the program do.  Out: C that reads just these, once, with the walk
 * of bpf/xdpfw_walk.h.
 *
 * Safety: bytes of a header are read behind a comparison of the highest of them with the end of
 * what can be read.  Whether a field exists is not decided here: rules ask the lengths.  Loads are
 * put together from pieces that are aligned within their header, as a copy on the stack needs.
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

static unsigned int member_bytes(const struct ir_load *load)
{
	unsigned int bits = load->field->bit_len;

	return bits > 64 ? 16 : bits > 32 ? 8 : bits > 16 ? 4 : bits > 8 ? 2 : 1;
}

/* `meta length` is not a member of its own. */
static bool is_member(const struct emit *emit, size_t load)
{
	return emit->load_used[load] && emit->ir->loads.at[load].field->load != FIELD_LOAD_LENGTH;
}

static enum field_base base_of(const struct ir_load *load)
{
	return field_proto(load->field)->base;
}

/* The most bytes of a header that any load needs; 0: none reads it. */
static unsigned int base_bytes(const struct emit *emit, enum field_base base)
{
	unsigned int most = 0;

	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		unsigned int bytes;

		if (!emit->load_used[i] || load->field->load != FIELD_LOAD_HEADER ||
		    base_of(load) != base)
			continue;
		bytes = field_need_bytes(load->field, load->depth);
		if (bytes > most)
			most = bytes;
	}
	return most;
}

static bool reads(const struct emit *emit, enum field_load kind)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++)
		if (emit->load_used[i] && emit->ir->loads.at[i].field->load == kind)
			return true;
	return false;
}

static bool needs_l4(const struct emit *emit)
{
	return reads(emit, FIELD_LOAD_L4PROTO) || base_bytes(emit, FIELD_BASE_TRANSPORT);
}

bool emit_reads_device(const struct emit *emit)
{
	return reads(emit, FIELD_LOAD_IFNAME) || reads(emit, FIELD_LOAD_PKTTYPE);
}

unsigned int emit_fields_bytes(const struct emit *emit)
{
	unsigned int bytes = 4 * 4;

	for (size_t i = 0; i < emit->ir->loads.len; i++)
		if (is_member(emit, i))
			bytes += member_bytes(&emit->ir->loads.at[i]);
	return (bytes + 7) & ~7u;
}

static void put_member(const struct ir_load *load, struct buf *out)
{
	static const char *const shapes[] = { [1] = "__u8", [2] = "__u16", [4] = "__u32",
					      [8] = "__u64" };
	struct buf name = BUF_INIT;

	ir_load_name(load, &name);
	if (emit_is_wide(load))
		buf_printf(out, "\t__u64 %s_high, %s_low;\n", name.at, name.at);
	else
		buf_printf(out, "\t%s %s;\n", shapes[member_bytes(load)], name.at);
	buf_free(&name);
}

/* The big ones first, so that no room is lost to alignment. */
static void put_struct(const struct emit *emit)
{
	buf_puts(emit->out, "/* What the rules ask of a packet, as numbers. */\nstruct fields {\n");
	for (unsigned int bytes = 16; bytes; bytes /= 2) {
		for (size_t i = 0; i < emit->ir->loads.len; i++)
			if (is_member(emit, i) && member_bytes(&emit->ir->loads.at[i]) == bytes)
				put_member(&emit->ir->loads.at[i], emit->out);
		if (bytes == 4)
			buf_puts(emit->out,
				 "\t__u32 length;\t\t/* behind Ethernet and at most one tag: "
				 "meta length, bytes of counters */\n"
				 "\t__u32 frame_len;\n"
				 "\t__u32 th_len;\t\t/* of the transport header and all behind "
				 "it; 0: there is none */\n");
	}
	buf_puts(emit->out, "\t__u8 has_l4;\t\t/* the transport protocol is known */\n};\n\n");
}

/*
 * Bytes FIRST to LAST of a header as one number: pieces aligned to their size.  At most 8 bytes.
 */
static void put_bytes(unsigned int first, unsigned int last, struct buf *out)
{
	const char *before = "";

	while (first <= last) {
		unsigned int left = last + 1 - first, size = 8;

		while (size > left || first % size)
			size /= 2;
		buf_puts(out, before);
		before = " | ";
		if (left > size)
			buf_printf(out, "(__u64)");
		if (size == 1)
			buf_printf(out, "header[%u]", first);
		else
			buf_printf(out, "be%u(header + %u)", size * 8, first);
		if (left > size)
			buf_printf(out, " << %u", (left - size) * 8);
		first += size;
	}
}

/* `f->ip_version = header[0] >> 4;` */
static void put_read(const struct ir_load *load, struct buf *out)
{
	unsigned int bit = field_base_bit(load->field, load->depth);
	unsigned int bits = load->field->bit_len, end = bit + bits;
	unsigned int behind = (8 - end % 8) % 8;
	bool cut = bit % 8 != 0, paren = (behind || cut) && bit / 8 != (end - 1) / 8;

	buf_puts(out, "\tf->");
	ir_load_name(load, out);
	if (emit_is_wide(load)) {
		buf_printf(out, "_high = be64(header + %u);\n\tf->", bit / 8);
		ir_load_name(load, out);
		buf_printf(out, "_low = be64(header + %u);\n", bit / 8 + 8);
		return;
	}
	buf_puts(out, paren ? " = (" : " = ");
	put_bytes(bit / 8, (end - 1) / 8, out);
	if (paren)
		buf_putc(out, ')');
	if (behind)
		buf_printf(out, " >> %u", behind);
	if (cut)
		buf_printf(out, " & 0x%llx", (unsigned long long)u128_max(bits));
	buf_puts(out, ";\n");
}

static const char *const base_words[] = {
	[FIELD_BASE_META] = "",
	[FIELD_BASE_LINK] = "link",
	[FIELD_BASE_NETWORK] = "network",
	[FIELD_BASE_TRANSPORT] = "transport",
};

/* read_network() and its like: fields in the order of the bytes they need. */
static void put_reader(const struct emit *emit, enum field_base base)
{
	unsigned int most = base_bytes(emit, base);
	struct buf *out = emit->out;

	if (!most)
		return;
	buf_printf(out, "XDPFW_INLINE void read_%s(struct fields *f, const __u8 *header, "
			"const __u8 *end)\n{\n", base_words[base]);
	for (unsigned int bytes = 1; bytes <= most; bytes++) {
		bool first = true;

		for (size_t i = 0; i < emit->ir->loads.len; i++) {
			const struct ir_load *load = &emit->ir->loads.at[i];

			if (!emit->load_used[i] || load->field->load != FIELD_LOAD_HEADER ||
			    base_of(load) != base ||
			    field_need_bytes(load->field, load->depth) != bytes)
				continue;
			if (first)
				buf_printf(out, "\tif (header + %u > end)\n\t\treturn;\n", bytes);
			first = false;
			put_read(load, out);
		}
	}
	buf_puts(out, "}\n\n");
}

/* Finds one header, inside read_fields(). */
static void put_header(const char *offset, unsigned int bytes, const char *indent, struct buf *out)
{
	buf_printf(out, "%sheader = walk_header(&walk, %s, %u, copy, &end);\n"
			"%sif (!header)\n"
			"%s\treturn XDPFW_REASON_OUT_OF_REACH;\n",
		   indent, offset, bytes, indent, indent);
}

static void put_call(const struct emit *emit, enum field_base base, const char *indent)
{
	if (base_bytes(emit, base))
		buf_printf(emit->out, "%sread_%s(f, header, end);\n", indent, base_words[base]);
}

/* `meta` fields of a kind that no header has. */
static void put_meta(const struct emit *emit)
{
	struct buf *out = emit->out;

	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		struct buf name = BUF_INIT;

		if (!is_member(emit, i))
			continue;
		ir_load_name(load, &name);
		switch (load->field->load) {
		case FIELD_LOAD_HEADER:
		case FIELD_LOAD_LENGTH:
			break;
		case FIELD_LOAD_PROTOCOL:
			buf_printf(out, "\tf->%s = walk.protocol;\n", name.at);
			break;
		case FIELD_LOAD_L4PROTO:
			buf_printf(out, "\tf->%s = walk.l4.value;\n", name.at);
			break;
		case FIELD_LOAD_IFNAME:
			buf_printf(out, "\tf->%s_high = be64(device->name);\n"
					"\tf->%s_low = be64(device->name + 8);\n",
				   name.at, name.at);
			break;
		case FIELD_LOAD_PKTTYPE:
			break;		/* read with the link header */
		case FIELD_LOAD_MARK:
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

/* Bytes that are looked at of a header, by the walk or for fields. */
static unsigned int link_bytes(const struct emit *emit)
{
	return more(WALK_LINK_BYTES, base_bytes(emit, FIELD_BASE_LINK));
}

static unsigned int network_bytes(const struct emit *emit)
{
	return more(needs_l4(emit) ? WALK_NETWORK_BYTES : 0, base_bytes(emit, FIELD_BASE_NETWORK));
}

/* What the tag taken off shows of itself: see struct field. */
static void put_of_hook(const struct emit *emit)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		struct buf name = BUF_INIT;

		if (!emit->load_used[i] || !load->field->of_hook || load->depth)
			continue;
		ir_load_name(load, &name);
		buf_printf(emit->out, "\tif (walk.network > ETHER_BYTES)\n"
				      "\t\tf->%s = walk.protocol;\n", name.at);
		buf_free(&name);
	}
}

static void put_link(const struct emit *emit)
{
	struct buf *out = emit->out;

	put_header("0", link_bytes(emit), "\t", out);
	buf_puts(out, "\treason = walk_link(&walk, header, end);\n"
		      "\tif (reason != XDPFW_REASON_CHAINS)\n"
		      "\t\treturn reason;\n"
		      "\tf->length = walk.length - walk.network;\n");
	if (base_bytes(emit, FIELD_BASE_LINK) > ETHER_BYTES)
		buf_puts(out, "\tf->frame_len = walk.length;\n");
	if (reads(emit, FIELD_LOAD_PKTTYPE))
		buf_puts(out, "\tif (header + 6 > end)\n"
			      "\t\treturn XDPFW_REASON_FAULT;\n"
			      "\tf->meta_pkttype = walk_packet_type(header, device->mac);\n");
	put_call(emit, FIELD_BASE_LINK, "\t");
	put_of_hook(emit);
}

static void put_network(const struct emit *emit)
{
	struct buf *out = emit->out;

	if (!network_bytes(emit))
		return;
	put_header("walk.network", network_bytes(emit), "\t", out);
	if (needs_l4(emit))
		buf_puts(out, "\treason = walk_network(&walk, header, end);\n"
			      "\tif (reason != XDPFW_REASON_CHAINS)\n"
			      "\t\treturn reason;\n"
			      "\tf->has_l4 = walk.l4.value / WALK_HAS_L4;\n");
	put_call(emit, FIELD_BASE_NETWORK, "\t");
}

static void put_transport(const struct emit *emit)
{
	struct buf *out = emit->out;

	if (!base_bytes(emit, FIELD_BASE_TRANSPORT))
		return;
	buf_puts(out, "\tf->th_len = walk.transport_len.value;\n"
		      "\tif (f->th_len) {\n");
	put_header("walk.transport.value", base_bytes(emit, FIELD_BASE_TRANSPORT), "\t\t", out);
	put_call(emit, FIELD_BASE_TRANSPORT, "\t\t");
	buf_puts(out, "\t}\n");
}

static void put_read_fields(const struct emit *emit)
{
	bool device = emit_reads_device(emit);
	struct buf *out = emit->out;

	buf_printf(out, "/* Returns a reason to drop the packet, or XDPFW_REASON_CHAINS. */\n"
			"XDPFW_ALONE __u32 read_fields(struct xdp_md *ctx, struct fields *f%s)\n"
			"{\n"
			"\tWALK_BUFFER(copy, %u);\n"
			"\tconst __u8 *header, *end;\n"
			"\tstruct walk walk;\n"
			"\t__u32 reason;\n\n"
			"\tif (!f%s)\n"
			"\t\treturn XDPFW_REASON_FAULT;\n"
			"\twalk_start(&walk, ctx);\n",
		   device ? ", const struct xdpfw_device *device" : "",
		   more(link_bytes(emit),
			more(network_bytes(emit), base_bytes(emit, FIELD_BASE_TRANSPORT))),
		   device ? " || !device" : "");
	put_link(emit);
	put_network(emit);
	put_transport(emit);
	put_meta(emit);
	buf_puts(out, "\treturn XDPFW_REASON_CHAINS;\n}\n\n");
}

void emit_fields(const struct emit *emit)
{
	put_struct(emit);
	put_reader(emit, FIELD_BASE_LINK);
	put_reader(emit, FIELD_BASE_NETWORK);
	put_reader(emit, FIELD_BASE_TRANSPORT);
	put_read_fields(emit);
}
