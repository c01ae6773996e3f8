/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_raw: bits without a name become the fields that they are.
 *
 * Input: a comparison of raw bits, or of `th` ports, and the protocols that the rule has
 * established.  Output: what nft 1.0.6 lists: `@th,16,16 22` behind `meta l4proto tcp` is `tcp
 * dport 22`, and one comparison of several neighbouring fields is one for each of them.
 *
 * Safety: a field that is put in place of bits covers these bits; what no row covers stays raw.
 */
#include "compiler/bind_private.h"

#define ETHER_BITS (14 * 8)
#define TAG_BITS 32

/* Whose fields are at bit BIT behind BASE; NULL: not known. */
static const struct proto *proto_at(const struct bind_depend *depend, enum field_base base,
				    unsigned int bit, uint8_t *ret_depth)
{
	*ret_depth = 0;
	if (base == FIELD_BASE_NETWORK)
		return depend->network_known && !depend->network_mixed ? depend->network.proto :
									 NULL;
	if (base == FIELD_BASE_TRANSPORT)
		return depend->transport_mixed ? NULL : depend->transport.proto;
	if (base != FIELD_BASE_LINK || !depend->link)
		return NULL;
	if (bit < ETHER_BITS)
		return &field_protos[PROTO_ETHER];
	*ret_depth = (uint8_t)((bit - ETHER_BITS) / TAG_BITS);
	/* Of several tags `vlan` means the last. */
	return *ret_depth + 1u == depend->tags ? &field_protos[PROTO_VLAN] : NULL;
}

/* The field that begins at bit BIT; of BITS bits, unless that is 0. */
static const struct field *field_at(const struct bind_depend *depend, enum field_base base,
				    unsigned int bit, unsigned int bits, uint8_t *ret_depth)
{
	const struct proto *proto = proto_at(depend, base, bit, ret_depth);

	for (size_t i = 0; proto && i < field_count; i++) {
		const struct field *field = &field_table[i];
		bool possible = !field->icmp_type_count || !depend->icmp_known;

		for (unsigned int j = 0; j < field->icmp_type_count; j++)
			possible = possible || field->icmp_types[j] == depend->icmp_type;
		if (field_proto(field) == proto && field->load == FIELD_LOAD_HEADER && possible &&
		    field_base_bit(field, *ret_depth) == bit && (!bits || field->bit_len == bits))
			return field;
	}
	return NULL;
}

static bool is_nameless(const struct field *field)
{
	return (field->proto == PROTO_RAW && field->bit_len <= 128) || field->proto == PROTO_TH;
}

static struct bind_stmt piece_of(struct arena *arena, const struct bind_stmt *stmt,
				 const struct field *field, uint8_t depth, u128 value)
{
	struct bind_stmt piece = *stmt;

	memset(&piece.key.parts, 0, sizeof(piece.key.parts));
	*vec_push(arena, &piece.key.parts) = (struct bind_part){
		.field = field, .depth = depth, .mask = u128_max(field->bit_len),
	};
	piece.value.value = (struct bind_value){ value, value, BIND_FORM_VALUE };
	piece.op = field->type == &type_tcp_flag ? BIND_MATCH_EQ_EXPLICIT : BIND_MATCH_EQ;
	return piece;
}

bool bind_is_bits(const struct bind_stmt *stmt)
{
	const struct bind_part *part = &stmt->key.parts.at[0];

	return stmt->kind == BIND_STMT_MATCH && !stmt->set && stmt->key.parts.len == 1 &&
	       part->field->proto == PROTO_RAW && part->field->load == FIELD_LOAD_HEADER &&
	       part->mask == u128_max(part->field->bit_len) && !part->flip && !part->shift &&
	       !part->tunnel && stmt->value.value.form == BIND_FORM_VALUE &&
	       stmt->op == BIND_MATCH_EQ;
}

/* Whether the first LEN bits of FIELD can be written as a prefix of it (bind_compare.c). */
static bool has_heads(const struct field *field, unsigned int len)
{
	if (field->bit_off % 8 || field->bit_len % 8)
		return false;
	return len % 8 == 0 || field->type->prefixes;
}

static bool can_be_cut(const struct field *field, unsigned int len)
{
	return has_heads(field, len) ||
	       ((field->ops & FIELD_OP_MASK) && !bind_is_astride(field));
}

/* PIECE compares the first LEN bits of FIELD: a prefix, or where there is none a mask. */
static void cut(struct bind_stmt *piece, const struct field *field, unsigned int len)
{
	u128 rest = u128_max(field->bit_len - len);

	if (has_heads(field, len)) {
		piece->value.value.form = BIND_FORM_PREFIX;
		piece->value.value.hi |= rest;
		piece->head = len;
		piece->op = BIND_MATCH_EQ;
	} else {
		piece->key.parts.at[0].mask &= ~rest;
		piece->op = BIND_MATCH_EQ_EXPLICIT;
	}
}

bool bind_take_bits(struct arena *arena, const struct bind_depend *depend, struct bind_stmt *stmt,
		    struct bind_stmt *ret_piece)
{
	const struct field *raw = stmt->key.parts.at[0].field, *field;
	unsigned int left = raw->bit_len, len, bit = raw->bit_off;
	u128 value = stmt->value.value.lo;
	uint8_t depth;

	field = field_at(depend, raw->base, bit, 0, &depth);
	if (!field || (left < field->bit_len && !can_be_cut(field, left))) {
		*ret_piece = *stmt;
		ret_piece->key.parts.at[0].field = bind_plain_field(raw);
		return false;
	}
	len = field->bit_len < left ? field->bit_len : left;
	*ret_piece = piece_of(arena, stmt, field, depth,
			      (value >> (left - len)) << (field->bit_len - len));
	if (len < field->bit_len)
		cut(ret_piece, field, len);
	left -= len;
	if (!left)
		return false;
	raw = field_make_raw(arena, raw->base, raw->number, raw->load, (uint16_t)(bit + len),
			     (uint16_t)left);
	*stmt = piece_of(arena, stmt, raw, 0, value & u128_max(left));
	return true;
}

static void shift_value(struct bind_value *value, unsigned int shift)
{
	value->lo >>= shift;
	value->hi >>= shift;
}

/* A set written in the rule takes the type of its key. */
static void retype(struct bind *bind, struct bind_stmt *stmt, const struct field *field,
		   unsigned int shift)
{
	struct bind_set *set = stmt->set;

	if (!set) {
		shift_value(&stmt->value.value, shift);
		return;
	}
	if (set->name.len || stmt->key.parts.len > 1)
		return;
	set->kinds.at[0] = (struct bind_kind){ field->type, field->bit_len };
	for (size_t i = 0; i < set->elements.len; i++)
		shift_value(&set->elements.at[i].value, shift);
	bind_finish_anonymous(bind, set);
}

/* The bits of PART's mask, when they are in a row: how many and how far from the end; or 0. */
static unsigned int masked_bits(const struct bind_part *part, unsigned int *ret_shift)
{
	u128 mask = part->mask;
	unsigned int bits = 0;

	*ret_shift = 0;
	if (!mask || part->flip || part->shift)
		return 0;
	for (; !(mask & 1); mask >>= 1)
		(*ret_shift)++;
	for (; mask & 1; mask >>= 1)
		bits++;
	return mask ? 0 : bits;
}

/* `ip saddr & 255.0.0.0 == 10.0.0.0` is a prefix. */
static void name_prefix(struct bind_stmt *stmt, struct bind_part *part)
{
	u128 all = u128_max(part->field->bit_len);

	if (stmt->set || !part->field->type->prefixes ||
	    stmt->value.value.form != BIND_FORM_VALUE || (stmt->value.value.lo & ~part->mask) ||
	    bind_prefix_len(part->field->bit_len, part->mask, all) < 0)
		return;
	if (stmt->op == BIND_MATCH_EQ_EXPLICIT)
		stmt->op = BIND_MATCH_EQ;
	else if (stmt->op != BIND_MATCH_NEQ)
		return;
	stmt->value.value.hi = stmt->value.value.lo | (all ^ part->mask);
	stmt->value.value.form = BIND_FORM_PREFIX;
	part->mask = all;
}

/* The mask is no field of its own: of a field that is all the bits. */
static void name_masked(struct bind *bind, const struct bind_depend *depend,
			struct bind_stmt *stmt, struct bind_part *part)
{
	const struct field *field = part->field, *known;
	uint8_t depth;

	known = field_at(depend, field_base_of(field), field->bit_off, field->bit_len, &depth);
	if (!known)
		return;
	part->field = known;
	part->depth = depth;
	retype(bind, stmt, known, 0);
	if (stmt->kind != BIND_STMT_MATCH || stmt->set || part->flip || part->shift)
		return;
	if (known->type != &type_tcp_flag)
		name_prefix(stmt, part);
	else if (stmt->op == BIND_MATCH_EQ_EXPLICIT || stmt->op == BIND_MATCH_NEQ)
		bind_settle_flags(stmt);
}

static void name_part(struct bind *bind, const struct bind_depend *depend, struct bind_stmt *stmt,
		      size_t index)
{
	struct bind_part *part = &stmt->key.parts.at[index];
	const struct field *field = part->field, *known;
	unsigned int shift, bits;
	uint8_t depth;

	if (!is_nameless(field) || field->load != FIELD_LOAD_HEADER || part->tunnel)
		return;
	bits = masked_bits(part, &shift);
	if (stmt->set && stmt->set->name.len && bits != field->bit_len)
		return;
	known = !bits ? NULL :
		field_at(depend, field_base_of(field),
			 field->bit_off + field->bit_len - shift - bits, bits, &depth);
	if (known && stmt->set && stmt->set->name.len &&
	    stmt->set->kinds.at[index].type != known->type)
		return;
	if (!known || (field->proto == PROTO_TH && known->type != field->type)) {
		if (bits != field->bit_len)
			name_masked(bind, depend, stmt, part);
		return;
	}
	if (bits != field->bit_len && stmt->op == BIND_MATCH_EQ_EXPLICIT)
		stmt->op = BIND_MATCH_EQ;
	part->field = known;
	part->depth = depth;
	part->mask = u128_max(known->bit_len);
	retype(bind, stmt, known, shift);
}

void bind_name_bits(struct bind *bind, const struct bind_depend *depend, struct bind_stmt *stmt)
{
	for (size_t i = 0; i < stmt->key.parts.len && !stmt->key.wide_bits; i++)
		name_part(bind, depend, stmt, i);
}
