/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_value: one value of a rule or a set.
 *
 * Input: an expression of the AST and the type that is expected of it.  Output: a number, or an
 * inclusive interval of numbers.  Every text is read by type_parse(); what it refuses is told
 * here, with the nearest name the type knows.
 *
 * Safety: no value leaves this file that does not fit into the kind's bits, no interval whose
 * first value is above its last.
 */
#include "compiler/bind_private.h"

#define FIRST_LETTER(c) (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))

/* A number as the user would write it, for "the largest value is". */
static const char *decimal(struct bind *bind, u128 value)
{
	char digits[40];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value);
	return arena_printf(bind->arena, "%s", digits + at);
}

static void tell_unknown(struct bind *bind, struct bind_kind kind, const struct token *token)
{
	struct str_nearest near = { .word = token->text };

	diag_error(bind->diag, token->span, "'%.*s' is not a value of type '%s' (%s)",
		   STR_ARG(token->text), kind.type->name, kind.type->doc);
	type_suggest(kind.type, &near);
	if (near.best) {
		diag_help(bind->diag, "did you mean '%s'?", near.best);
		return;
	}
	switch (kind.type->form) {
	case TYPE_FORM_IPV4:
	case TYPE_FORM_IPV6:
		if (token->text.len && FIRST_LETTER(token->text.at[0]))
			diag_help(bind->diag,
				  "host names are not resolved: write the address");
		break;
	case TYPE_FORM_IFNAME:
		diag_help(bind->diag, "write the name of a device, 1 to 15 bytes");
		break;
	case TYPE_FORM_DECIMAL:
	case TYPE_FORM_HEX:
	case TYPE_FORM_MAC:
	case TYPE_FORM_TIME:
	case TYPE_FORM_HOUR:
	case TYPE_FORM_CLASSID:
		break;
	}
}

/* The largest value that nft takes. */
static u128 largest(struct bind_kind kind)
{
	return kind.type == &type_day ? 6 : u128_max(kind.bits);
}

static bool bind_literal(struct bind *bind, struct bind_kind kind, const struct token *token,
			 struct source_span span, struct bind_value *ret_value)
{
	struct token at = *token;

	at.span = span;
	switch (type_parse(kind.type, kind.bits, token->text, &ret_value->lo,
			   &ret_value->hi)) {
	case TYPE_PARSED_VALUE:
		ret_value->form = BIND_FORM_VALUE;
		if (ret_value->lo <= largest(kind))
			return true;
		break;
	case TYPE_PARSED_RANGE:
		ret_value->form = BIND_FORM_PREFIX;
		return true;
	case TYPE_PARSED_UNKNOWN:
		tell_unknown(bind, kind, &at);
		return false;
	case TYPE_PARSED_TOO_BIG:
		break;
	}
	diag_error(bind->diag, span, "%.*s is too big: the largest value here is %s",
		   STR_ARG(token->text), decimal(bind, largest(kind)));
	return false;
}

/* Flags: `syn,ack`; only a type of flags has such lists. */
static bool bind_flags(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		       u128 *ret_value)
{
	u128 all = 0, one;

	if (!kind.type->bitmask || kind.type == &type_bitmask) {
		diag_error(bind->diag, expr->span,
			   "a list without braces is for flags; '%s' (%s) is no type of flags",
			   kind.type->name, kind.type->doc);
		diag_help(bind->diag, "write { ... } for any one of several values");
		return false;
	}
	for (size_t i = 0; i < expr->items.len; i++) {
		if (!bind_constant(bind, kind, expr->items.at[i], &one))
			return false;
		all |= one;
	}
	*ret_value = all;
	return true;
}

static bool bind_operation(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
			   u128 *ret_value)
{
	bool shift = expr->kind == AST_EXPR_LSHIFT || expr->kind == AST_EXPR_RSHIFT;
	struct bind_kind count = { &type_integer, 32 };
	u128 left, right;

	if (!bind_constant(bind, kind, expr->left, &left) ||
	    !bind_constant(bind, shift ? count : kind, expr->right, &right))
		return false;
	if (shift && right >= kind.bits) {
		diag_error(bind->diag, expr->right->span,
			   "a shift by %u moves all %u bits of the value out", (unsigned int)right,
			   kind.bits);
		return false;
	}
	if (expr->kind == AST_EXPR_AND)
		*ret_value = left & right;
	else if (expr->kind == AST_EXPR_OR)
		*ret_value = left | right;
	else if (expr->kind == AST_EXPR_LSHIFT)
		*ret_value = left << right & u128_max(kind.bits);
	else if (expr->kind == AST_EXPR_RSHIFT)
		*ret_value = left >> right;
	else
		*ret_value = left ^ right;
	return true;
}

bool bind_constant(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		   u128 *ret_value)
{
	struct bind_value found = { 0 };

	switch (expr->kind) {
	case AST_EXPR_LITERAL:
		if (!bind_literal(bind, kind, &expr->token, expr->span, &found))
			return false;
		if (found.lo == found.hi) {
			*ret_value = found.lo;
			return true;
		}
		break;
	case AST_EXPR_LIST:
		return bind_flags(bind, kind, expr, ret_value);
	case AST_EXPR_AND:
	case AST_EXPR_OR:
	case AST_EXPR_XOR:
	case AST_EXPR_LSHIFT:
	case AST_EXPR_RSHIFT:
		return bind_operation(bind, kind, expr, ret_value);
	case AST_EXPR_FIELD:
	case AST_EXPR_PREFIX:
	case AST_EXPR_RANGE:
	case AST_EXPR_SET:
	case AST_EXPR_MAPPING:
	case AST_EXPR_SET_REF:
	case AST_EXPR_VERDICT:
	case AST_EXPR_CONCAT:
	case AST_EXPR_CATCHALL:
		break;
	}
	diag_error(bind->diag, expr->span, "one single value is needed here");
	return false;
}

static bool bind_prefix(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
			struct bind_value *ret_value)
{
	u128 value, mask;

	if (kind.type->form == TYPE_FORM_IFNAME) {
		diag_error(bind->diag, expr->span, "a device name has no prefix length");
		diag_help(bind->diag, "write \"eth*\" for all names that begin with eth");
		return false;
	}
	if (!bind_constant(bind, kind, expr->left, &value))
		return false;
	if (expr->prefix_len > kind.bits) {
		diag_error(bind->diag, expr->span,
			   "prefix length %u is too long: a value of type '%s' has %u bits here",
			   expr->prefix_len, kind.type->name, kind.bits);
		return false;
	}
	mask = u128_prefix_mask(kind.bits, expr->prefix_len);
	ret_value->lo = value & mask;
	ret_value->hi = ret_value->lo | (u128_max(kind.bits) ^ mask);
	ret_value->form = BIND_FORM_PREFIX;
	return true;
}

static bool bind_range(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		       struct bind_value *ret_value)
{
	u128 lo, hi;

	if (kind.type->form == TYPE_FORM_IFNAME) {
		diag_error(bind->diag, expr->span, "device names have no ranges");
		return false;
	}
	if (!bind_constant(bind, kind, expr->left, &lo) ||
	    !bind_constant(bind, kind, expr->right, &hi))
		return false;
	if (lo > hi) {
		diag_error(bind->diag, expr->span,
			   "the range is empty: its first value is above its last");
		return false;
	}
	ret_value->lo = lo;
	ret_value->hi = hi;
	ret_value->form = BIND_FORM_RANGE;
	return true;
}

bool bind_interval(struct bind *bind, struct bind_kind kind, const struct ast_expr *expr,
		   struct bind_value *ret_value)
{
	struct bind_value found = { 0 };
	bool ok;

	if (expr->kind == AST_EXPR_PREFIX) {
		ok = bind_prefix(bind, kind, expr, &found);
	} else if (expr->kind == AST_EXPR_RANGE) {
		ok = bind_range(bind, kind, expr, &found);
	} else if (expr->kind == AST_EXPR_LITERAL) {
		ok = bind_literal(bind, kind, &expr->token, expr->span, &found);
	} else {
		ok = bind_constant(bind, kind, expr, &found.lo);
		found.hi = found.lo;
	}
	if (ok)
		*ret_value = found;
	return ok;
}

int bind_prefix_len(unsigned int bits, u128 lo, u128 hi)
{
	u128 host = lo ^ hi;
	int len = (int)bits;

	if ((host & (host + 1)) || (lo & host))
		return -1;
	for (; host; host >>= 1)
		len--;
	return len;
}

#define WIDE_BYTES (FIELD_RAW_BITS / 8)

/* Digit C of a number to BASE; -1: not one. */
static int digit_of(char c, unsigned int base)
{
	int digit = -1;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	else if (c >= 'a' && c <= 'f')
		digit = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		digit = c - 'A' + 10;
	return digit >= 0 && (unsigned int)digit < base ? digit : -1;
}

/* TEXT as a number of LEN network-order bytes; false when it is none or does not fit. */
static bool read_wide(struct str text, uint8_t *ret_bytes, size_t len)
{
	bool hex = text.len > 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'X');
	unsigned int base = hex ? 16 : 10;

	memset(ret_bytes, 0, len);
	for (size_t i = hex ? 2 : 0; i < text.len; i++) {
		int carry = digit_of(text.at[i], base);

		if (carry < 0)
			return false;
		for (size_t at = len; at--;) {
			carry += ret_bytes[at] * (int)base;
			ret_bytes[at] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	return text.len;
}

bool bind_wide(struct bind *bind, unsigned int bits, const struct ast_expr *expr,
	       struct bind_value *ret_values)
{
	uint8_t bytes[WIDE_BYTES];
	size_t len = bits / 8, at = 0;

	if (expr->kind != AST_EXPR_LITERAL) {
		diag_error(bind->diag, expr->span,
			   "a field of more than 128 bits is compared with single values only");
		return false;
	}
	if (!read_wide(expr->token.text, bytes, len)) {
		diag_error(bind->diag, expr->span, "'%.*s' is not a number of %u bits",
			   STR_ARG(expr->token.text), bits);
		return false;
	}
	for (size_t i = 0; at < len; i++) {
		size_t part = len - at < 16 ? len - at : 16;

		ret_values[i].lo = ret_values[i].hi = u128_from_bytes(bytes + at, part);
		ret_values[i].form = BIND_FORM_VALUE;
		at += part;
	}
	return true;
}
