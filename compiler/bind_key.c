/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_key: what is compared: fields of the packet with operators, alone or concatenated.
 *
 * Input: the left side of a match, or what `typeof` names.  Output: parts in normal form.  All
 * operators but the shifts work on single bits, so any row of them is one mask and one flip:
 *
 *	((load shifted) & mask) ^ flip
 *	& c	mask & c, flip & c		| c	mask & ~c, (flip & ~c) | c
 *	^ c	flip ^ c			<< n	all three shifted
 *
 * A raw field of more than 128 bits is cut into parts, which the set's values are too.
 *
 * Safety: mask and flip never have bits beyond the field's width; a key has at most 16 parts, as
 * it has no more registers.
 */
#include "compiler/bind_private.h"

#define KEY_MAX_REGISTERS 16		/* nft's 64 bytes, in registers of 4 */

const char *bind_field_text(struct bind *bind, const struct field *field)
{
	if (field->proto == PROTO_RAW)
		return field->name;
	return arena_printf(bind->arena, "%s %s", field_proto(field)->name, field->name);
}

struct bind_kind bind_part_kind(const struct bind_part *part)
{
	return (struct bind_kind){ part->field->type, part->field->bit_len };
}

static const char *operator_of(const struct ast_expr *expr)
{
	switch (expr->kind) {
	case AST_EXPR_AND:
		return "&";
	case AST_EXPR_OR:
		return "|";
	case AST_EXPR_XOR:
		return "^";
	case AST_EXPR_LSHIFT:
		return "<<";
	case AST_EXPR_RSHIFT:
		return ">>";
	case AST_EXPR_LITERAL:
	case AST_EXPR_FIELD:
	case AST_EXPR_PREFIX:
	case AST_EXPR_RANGE:
	case AST_EXPR_LIST:
	case AST_EXPR_SET:
	case AST_EXPR_MAPPING:
	case AST_EXPR_SET_REF:
	case AST_EXPR_VERDICT:
	case AST_EXPR_CONCAT:
	case AST_EXPR_CATCHALL:
		break;
	}
	return NULL;
}

static u128 shifted(u128 value, int shift, unsigned int bits)
{
	if (shift >= (int)bits || -shift >= (int)bits)
		return 0;
	return (shift < 0 ? value >> -shift : value << shift) & u128_max(bits);
}

/* All bits that the load can have set behind SHIFT: a mask of these is none. */
static void settle_mask(struct bind_part *part)
{
	u128 all = u128_max(part->field->bit_len);

	if (part->mask == shifted(all, part->shift, part->field->bit_len))
		part->mask = all;
}

static void apply_shift(struct bind_part *part, int shift)
{
	unsigned int bits = part->field->bit_len;

	part->mask &= shifted(u128_max(bits), part->shift, bits);
	part->shift = (int16_t)(part->shift + shift);
	part->mask = shifted(part->mask, shift, bits);
	part->flip = shifted(part->flip, shift, bits);
	settle_mask(part);
}

/* Whether nft has to shift FIELD's bytes to get at it, more than one of them. */
bool bind_is_astride(const struct field *field)
{
	unsigned int end = field->bit_off % 8 + field->bit_len;

	return field->bit_len <= 128 && field->load == FIELD_LOAD_HEADER && end > 8 && end % 8;
}

void bind_refuse_op(struct bind *bind, const struct field *field, struct source_span span,
		    const char *what)
{
	const char *text = bind_field_text(bind, field);

	if (bind_is_astride(field)) {
		diag_error(bind->diag, span, "'%s' takes no %s: nft 1.0.6 compares other bits then",
			   text, what);
		diag_help(bind->diag, "it begins in one byte and ends inside of another: write "
			  "its values, '%s { ... }'", text);
		return;
	}
	diag_error(bind->diag, span, "'%s' takes no %s: %s", text, what,
		   field->type->form == TYPE_FORM_IFNAME ?
		   "names have no order and no bits" : "it is either there or missing");
}

/* Whether the bytes that FIELD is in are more than one, and in network order. */
static bool is_multibyte(const struct field *field)
{
	return !field->host_order && field->bit_off % 8 + field->bit_len > 8;
}

static bool check_shift(struct bind *bind, const struct ast_expr *expr, const struct field *field)
{
	const char *text = bind_field_text(bind, field);

	if (field->type != &type_integer) {
		diag_error(bind->diag, expr->span,
			   "'%s' cannot be shifted: it is of type '%s', not a plain number", text,
			   field->type->name);
		return false;
	}
	if (!is_multibyte(field) && (expr->kind == AST_EXPR_LSHIFT || field->host_order))
		return true;
	diag_error(bind->diag, expr->span,
		   "'%s' cannot be shifted: nft 1.0.6 compares the wrong bytes then", text);
	diag_help(bind->diag, "write a mask, as in '%s & 0xf0 == 0x10'", text);
	return false;
}

bool bind_operand(struct bind *bind, const struct ast_expr *expr, const struct bind_part *part,
		  u128 *ret_value)
{
	bool shift = expr->kind == AST_EXPR_LSHIFT || expr->kind == AST_EXPR_RSHIFT;
	const struct field *field = part->field;
	struct bind_kind kind = bind_part_kind(part);
	u128 value;

	if (!(field->ops & FIELD_OP_MASK) || (bind_is_astride(field) && !shift)) {
		bind_refuse_op(bind, field, expr->span,
			       arena_printf(bind->arena, "operator '%s'", operator_of(expr)));
		return false;
	}
	if (shift && !check_shift(bind, expr, field))
		return false;
	if (shift)
		kind = (struct bind_kind){ &type_integer, 32 };
	if (!bind_constant(bind, kind, expr->right, &value))
		return false;
	if (shift && value >= field->bit_len) {
		diag_error(bind->diag, expr->right->span,
			   "a shift by %u moves all %u bits of the field out", (unsigned int)value,
			   field->bit_len);
		return false;
	}
	*ret_value = value;
	return true;
}

void bind_operate(struct bind_part *part, enum ast_expr_kind operation, u128 value)
{
	if (operation == AST_EXPR_AND) {
		part->mask &= value;
		part->flip &= value;
	} else if (operation == AST_EXPR_OR) {
		part->mask &= ~value;
		part->flip |= value;
	} else if (operation == AST_EXPR_XOR) {
		part->flip ^= value;
	} else if (operation == AST_EXPR_LSHIFT) {
		apply_shift(part, (int)value);
	} else if (operation == AST_EXPR_RSHIFT) {
		apply_shift(part, -(int)value);
	}
}

const struct field *bind_plain_field(const struct field *field)
{
	if (field->proto != PROTO_RAW || field->base != FIELD_BASE_TRANSPORT ||
	    field->bit_len != 16 || (field->bit_off && field->bit_off != 16))
		return field;
	return field_find(&field_protos[PROTO_TH], str_from(field->bit_off ? "dport" : "sport"));
}

/* What is loaded are whole bytes, 16 of them. */
static bool check_bytes(struct bind *bind, const struct ast_expr *expr)
{
	const struct field *field = expr->field;

	if (field->proto != PROTO_RAW || field->bit_len > 128 ||
	    field->bit_off % 8 + field->bit_len <= 128)
		return true;
	diag_error(bind->diag, expr->span, "'%s' lies in 17 bytes: 16 can be loaded at once",
		   field->name);
	return false;
}

static bool bind_part(struct bind *bind, const struct ast_expr *expr, struct bind_part *ret_part)
{
	u128 value;

	if (expr->kind == AST_EXPR_FIELD) {
		*ret_part = (struct bind_part){
			.field = bind_plain_field(expr->field),
			.tunnel = expr->tunnel,
			.mask = u128_max(expr->field->bit_len),
		};
		return check_bytes(bind, expr);
	}
	if (!operator_of(expr)) {
		diag_error(bind->diag, expr->span, "a field of the packet is needed here");
		return false;
	}
	if (!bind_part(bind, expr->left, ret_part))
		return false;
	if (ret_part->field->bit_len > 128) {
		diag_error(bind->diag, expr->span,
			   "'%s' has more than 128 bits: no operator can be applied",
			   ret_part->field->name);
		return false;
	}
	if (!bind_operand(bind, expr, ret_part, &value))
		return false;
	bind_operate(ret_part, expr->kind, value);
	return true;
}

/* One field in parts of 128 bits, the last of what is left. */
static bool bind_wide_field(struct bind *bind, const struct ast_expr *expr,
			    const struct field *field, struct bind_key *key)
{
	if (field->bit_off % 8 || field->bit_len % 8) {
		diag_error(bind->diag, expr->span,
			   "'%s' has more than 128 bits and does not begin and end with a byte",
			   field->name);
		return false;
	}
	key->wide_bits = field->bit_len;
	for (uint16_t bit = 0; bit < field->bit_len; bit = (uint16_t)(bit + 128)) {
		uint16_t left = (uint16_t)(field->bit_len - bit), len = left > 128 ? 128 : left;

		*vec_push(bind->arena, &key->parts) = (struct bind_part){
			.field = field_make_raw(bind->arena, field->base, field->number,
						field->load, (uint16_t)(field->bit_off + bit), len),
			.mask = u128_max(len),
		};
	}
	return true;
}

/* Registers of 4 bytes that PART takes. */
static unsigned int registers(const struct bind_part *part)
{
	return (part->field->bit_len + 31u) / 32;
}

static bool check_concatenation(struct bind *bind, const struct ast_expr *expr,
				const struct bind_key *key)
{
	unsigned int count = 0;

	for (size_t i = 0; i < key->parts.len; i++) {
		const struct bind_part *part = &key->parts.at[i];
		const struct ast_expr *item = expr->items.at[i];

		count += registers(part);
		if (part->field->bit_len > 128) {
			diag_error(bind->diag, item->span,
				   "'%s' has more than 128 bits: it cannot be concatenated",
				   part->field->name);
			return false;
		}
		if (bind_is_astride(part->field)) {
			diag_error(bind->diag, item->span, "'%s' cannot be concatenated: nft "
				   "1.0.6 compares other bits then",
				   bind_field_text(bind, part->field));
			return false;
		}
		if (part->shift) {
			diag_error(bind->diag, item->span,
				   "a shifted field cannot be concatenated");
			return false;
		}
	}
	if (count <= KEY_MAX_REGISTERS)
		return true;
	diag_error(bind->diag, expr->span, "the concatenation is too long: %u bytes, %u are "
		   "possible", count * 4, KEY_MAX_REGISTERS * 4);
	return false;
}

bool bind_key(struct bind *bind, const struct ast_expr *expr, struct bind_key *ret_key)
{
	bool concat = expr->kind == AST_EXPR_CONCAT;
	struct bind_key key = { 0 };

	if (expr->kind == AST_EXPR_FIELD && expr->field->bit_len > 128) {
		if (!bind_wide_field(bind, expr, expr->field, &key))
			return false;
		*ret_key = key;
		return true;
	}
	for (size_t i = 0; i < (concat ? expr->items.len : 1); i++) {
		struct bind_part part = { 0 };

		if (!bind_part(bind, concat ? expr->items.at[i] : expr, &part))
			return false;
		*vec_push(bind->arena, &key.parts) = part;
	}
	if (concat && !check_concatenation(bind, expr, &key))
		return false;
	*ret_key = key;
	return true;
}
