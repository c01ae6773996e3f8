/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_plain: reads the fields of plain packets (see bpf/xdpfw_plain.h) inside of the program.
 *
 * In: the loads of the program.  Out: read_plain_ip() and read_plain_ip6(), which write each member
 * of struct fields once; or the answer that this program's loads want read_fields() for every
 * packet.
 *
 * Safety: what is written here is what read_fields() writes for the same packet, member by member:
 * - plain_link() has seen PLAIN_LINK_BYTES bytes of the frame, plain_ip() and plain_ip6() all bytes
 *   that any load asks for of the transport header, so lengths need not be told, only be enough;
 * - bytes of the network header that belong to the other network protocol are written as 0.  Each
 *   rule that reads one asks for that protocol first, which is checked here, so it goes no further.
 */
#include "compiler/emit_part.h"

/* The same in bpf/xdpfw_plain.h. */
#define PLAIN_LINK_BYTES 34u
#define IP_BYTES 20u

/* include/uapi/linux/netfilter.h */
#define NFPROTO_IPV4 2u
#define NFPROTO_IPV6 10u

/* More would leave short packets, which are many, to read_fields(). */
#define MAX_TRANSPORT_BYTES 24u

static bool has_bytes_of(enum proto_id proto, enum proto_id network)
{
	return proto == network || proto == PROTO_RAW;
}

/* Whether the bytes a load needs are there in every plain packet that a rule reads them of. */
static bool is_plain_load(const struct emit *emit, size_t number)
{
	const struct ir_load *load = &emit->ir->loads.at[number];
	unsigned int bytes = field_need_bytes(load->field, load->depth);
	bool raw = load->field->proto == PROTO_RAW;

	if (load->field->load != FIELD_LOAD_HEADER)
		return true;
	switch (ir_load_place(load).base) {
	case FIELD_BASE_LINK:
		return !raw && bytes <= PLAIN_LINK_BYTES;
	case FIELD_BASE_NETWORK:
		return !raw || bytes <= IP_BYTES;
	case FIELD_BASE_TRANSPORT:
		return bytes <= MAX_TRANSPORT_BYTES;
	case FIELD_BASE_META:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
	case FIELD_BASE_COUNT:
		return false;
	}
	return false;
}

/* The type that a value of the load stands for; 0: none. */
static uint32_t type_of(const struct ir_load *load, uint32_t value)
{
	if (load->field->load == FIELD_LOAD_NFPROTO)
		return value == NFPROTO_IPV4 ? field_protos[PROTO_IP].ether_type :
		       value == NFPROTO_IPV6 ? field_protos[PROTO_IP6].ether_type : 0;
	return load->field->select == FIELD_SELECT_ETHER_TYPE && !load->depth ? value : 0;
}

/* The one type behind Ethernet or a tag with which the rule goes on behind this step; 0: any. */
static uint32_t asked_type(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_key *key;
	const struct ir_set *set;

	if (step->kind != IR_STEP_TEST || step->negate)
		return 0;
	key = &ir->keys.at[step->key];
	if (key->parts.len != 1 || !ir_part_is_plain(ir, &key->parts.at[0]))
		return 0;
	set = &ir->sets.at[step->set];
	if (set->intervals.len != 1 || set->intervals.at[0].lo != set->intervals.at[0].hi)
		return 0;
	return type_of(&ir->loads.at[key->parts.at[0].load], (uint32_t)set->intervals.at[0].lo);
}

/* All network headers' fields that the step reads are of packets of TYPE. */
static bool is_of_type(const struct ir *ir, const struct ir_step *step, uint32_t type)
{
	const struct ir_key *key;

	if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
		return true;
	key = &ir->keys.at[step->key];
	for (size_t i = 0; i < key->parts.len; i++) {
		const struct ir_load *load = &ir->loads.at[key->parts.at[i].load];

		if (load->field->load == FIELD_LOAD_HEADER &&
		    ir_load_place(load).base == FIELD_BASE_NETWORK &&
		    load->field->proto != PROTO_RAW && type != field_proto(load->field)->ether_type)
			return false;
	}
	return true;
}

static bool asks_type_first(const struct ir *ir, const struct ir_rule *rule)
{
	uint32_t type = 0, asked;

	for (size_t i = 0; i < rule->steps.len; i++) {
		if (!is_of_type(ir, &rule->steps.at[i], type))
			return false;
		asked = asked_type(ir, &rule->steps.at[i]);
		type = asked ? asked : type;
	}
	return true;
}

bool emit_plain_is_possible(const struct emit *emit)
{
	const struct ir *ir = emit->ir;

	if (emit_reads_places(emit))
		return false;
	for (size_t i = 0; i < ir->loads.len; i++)
		if (emit->plan->load_used[i] && !is_plain_load(emit, i))
			return false;
	for (size_t i = 0; i < ir->rules.len; i++)
		if (emit->plan->chain_used[ir->rules.at[i].chain] &&
		    !asks_type_first(ir, &ir->rules.at[i]))
			return false;
	return true;
}

/* Bytes that a plain packet's transport header needs to have. */
static unsigned int transport_bytes(const struct emit *emit)
{
	return emit_outer_bytes(emit, FIELD_BASE_TRANSPORT);
}

static void put_zero(const struct emit *emit, size_t number)
{
	const struct ir_load *load = &emit->ir->loads.at[number];
	struct buf name = BUF_INIT;

	ir_load_name(load, &name);
	if (emit_is_wide(load))
		buf_printf(emit->out, "\tf->%s_high = f->%s_low = 0;\n", name.at, name.at);
	else
		buf_printf(emit->out, "\tf->%s = 0;\n", name.at);
	buf_free(&name);
}

static void put_load(const struct emit *emit, size_t number, enum proto_id network)
{
	const struct ir_load *load = &emit->ir->loads.at[number];
	const struct field *field = load->field;

	if (ir_load_place(load).base == FIELD_BASE_NETWORK && !has_bytes_of(field->proto, network))
		put_zero(emit, number);
	else
		emit_window_read(load, 0, emit->out);
}

/* The loads of a header, from the pointer of struct plain with the same name. */
static void put_header(const struct emit *emit, enum field_base base, const char *pointer,
		       enum proto_id network)
{
	const struct ir *ir = emit->ir;
	bool first = true;

	for (size_t i = 0; i < ir->loads.len; i++) {
		if (!emit_is_member(emit, i) || ir->loads.at[i].field->load != FIELD_LOAD_HEADER ||
		    ir_load_place(&ir->loads.at[i]).base != base)
			continue;
		if (first)
			buf_printf(emit->out, "\theader = plain->%s;\n", pointer);
		first = false;
		put_load(emit, i, network);
	}
}

static bool reads_headers(const struct emit *emit)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++)
		if (emit_is_member(emit, i) &&
		    emit->ir->loads.at[i].field->load == FIELD_LOAD_HEADER)
			return true;
	return false;
}

static void put_of_tag(const struct emit *emit, const char *type)
{
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];
		struct buf name = BUF_INIT;

		if (!emit_is_member(emit, i) || !load->field->of_hook || load->depth)
			continue;
		ir_load_name(load, &name);
		buf_printf(emit->out, "\tif (PLAIN_TAGGED(plain))\n\t\tf->%s = %s;\n", name.at,
			   type);
		buf_free(&name);
	}
}

static void put_reader(const struct emit *emit, enum proto_id network)
{
	bool ip = network == PROTO_IP;
	const struct emit_meta meta = {
		.protocol = ip ? "ETHER_TYPE_IP" : "ETHER_TYPE_IP6",
		.nfproto = ip ? "NFPROTO_IPV4" : "NFPROTO_IPV6",
		.l4proto = ip ? "plain->network[9]" : "plain->network[6]",
		.link = "plain->link",
	};
	struct buf *out = emit->out;

	buf_printf(out,
		   "XDPFW_INLINE void read_plain_%s(const struct plain *plain, "
		   "struct xdp_md *ctx,\n"
		   "\t\t\t\t const struct xdpfw_device *device, struct fields *f)\n"
		   "{\n"
		   "%s%s"
		   "\tf->length = plain_length(plain);\n"
		   "\tf->frame_len = PLAIN_LINK_BYTES;\n"
		   "\tf->nh_len = %s;\n"
		   "\tf->th_len = %u;\n"
		   "\tf->has_l4 = 1;\n",
		   ip ? "ip" : "ip6",
		   reads_headers(emit) ? "\tconst __u8 *header __attribute__((unused));\n" : "",
		   emit_meta_time(emit), ip ? "IP_BYTES" : "IP6_BYTES",
		   transport_bytes(emit));
	put_header(emit, FIELD_BASE_LINK, "link", network);
	put_of_tag(emit, meta.protocol);
	put_header(emit, FIELD_BASE_NETWORK, "network", network);
	put_header(emit, FIELD_BASE_TRANSPORT, "transport", network);
	emit_meta(emit, &meta);
	emit_fields_pad(emit);
	buf_puts(out, "}\n\n");
}

void emit_plain(const struct emit *emit)
{
	if (!emit->plain)
		return;
	buf_puts(emit->out, "/* All of struct fields, of a plain packet (xdpfw_plain.h). */\n");
	put_reader(emit, PROTO_IP);
	put_reader(emit, PROTO_IP6);
	buf_printf(emit->out, "#define PLAIN_BYTES %u\t\t/* of the transport header */\n\n",
		   transport_bytes(emit));
}
