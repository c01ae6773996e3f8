/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_compare: a key against one value, and what a key's form means for values.
 *
 * Input: a match that is open (bind_match.c) and a value.  Output: its statement in canonical
 * form: an operator means the same for every type (flags: any of, none of, equal), a mask that is
 * a prefix is a prefix, a prefix that nft cannot show is a mask.
 *
 * Two things are done as nft 1.0.6 does them:
 *
 *	moved		`mark ^ 3 == 1` is `mark == 2`: the last ^ or << goes over to constants
 *			(not to those of a named set).  nft does that to the ends of a range too,
 *			where it is wrong: refused.  Ranges of several bytes in host order have it
 *			stay with the field
 *	aligned		`@nh,0,4 4` is `@nh,0,8 & 0xf0 == 0x40`
 *
 * Safety: values never have bits beyond the width of what they are compared with.
 */
#include "compiler/bind_match.h"

/* --- what a field takes --------------------------------------------------------------------- */

bool bind_is_plain(const struct bind_match *match)
{
	const struct bind_part *part = match->part;

	return part->mask == u128_max(match->kind.bits) && !part->flip && !part->shift;
}

bool bind_has_flags(const struct bind_match *match)
{
	return match->kind.type->bitmask && match->kind.type != &type_bitmask;
}

bool bind_allows(const struct bind_match *match, unsigned int op, struct source_span span,
		   const char *what)
{
	struct bind *bind = match->draft->bind;

	for (size_t i = 0; i < match->work->stmt.key.parts.len; i++) {
		const struct field *field = match->work->stmt.key.parts.at[i].field;

		if ((field->ops & op) && !(op == FIELD_OP_NAMED && bind_is_astride(field)) &&
		    !(op == FIELD_OP_MASK && bind_is_astride(field)))
			continue;
		bind_refuse_op(bind, field, span, what);
		return false;
	}
	return true;
}

/* --- the last operator ---------------------------------------------------------------------- */

void bind_keep_outer(struct bind_match *match)
{
	bind_operate(match->part, match->outer->kind, match->amount);
	match->outer = NULL;
	match->masked = true;
}

static bool move_to(const struct bind_match *match, u128 *value, struct source_span span)
{
	struct diag *diag = match->draft->bind->diag;

	if (match->outer->kind == AST_EXPR_XOR) {
		*value ^= match->amount;
		if (match->part->field->type != &type_day || *value < 7)
			return true;
		diag_error(diag, span, "behind '^' this is day %u: the largest value here is 6",
			   (unsigned int)*value);
		return false;
	}
	if (*value & (((u128)1 << (unsigned int)match->amount) - 1)) {
		diag_error(diag, span, "never true: the shift clears bits that are set here");
		diag_label(diag, match->outer->span, "the shift");
		return false;
	}
	*value >>= (unsigned int)match->amount;
	return true;
}

bool bind_keeps_outer(const struct bind_match *match)
{
	return match->part->field->host_order && match->kind.bits > 8;
}

bool bind_place_outer(struct bind_match *match, struct bind_value *value, bool range,
			struct source_span span)
{
	struct diag *diag = match->draft->bind->diag;

	if (!match->outer)
		return true;
	if (range && bind_keeps_outer(match)) {
		bind_keep_outer(match);
		return true;
	}
	if (match->outer->kind == AST_EXPR_RSHIFT) {
		diag_error(diag, match->outer->span,
			   "a field shifted to the right cannot be compared with single values");
		diag_help(diag, "nft 1.0.6 cannot either: compare with a mask, '& 0xf0 == 0x10'");
		return false;
	}
	if (range && match->outer->kind == AST_EXPR_XOR) {
		diag_error(diag, match->outer->span,
			   "a field behind '^' cannot be compared with a range, < or >");
		diag_label(diag, span, "this");
		diag_help(diag, "nft 1.0.6 compares the field itself with the changed constant, "
			  "which is another set of values: write the values that are meant");
		return false;
	}
	if (!move_to(match, &value->lo, span))
		return false;
	if (value->form == BIND_FORM_VALUE)
		value->hi = value->lo;
	else if (!move_to(match, &value->hi, span))
		return false;
	return true;
}

/* --- bits without a name -------------------------------------------------------------------- */

bool bind_is_unaligned(const struct bind_match *match)
{
	const struct field *field = match->part->field;

	return field->proto == PROTO_RAW && bind_is_plain(match) &&
	       field->bit_len <= 128 && (field->bit_off % 8 || field->bit_len % 8);
}

unsigned int bind_align(struct bind_match *match)
{
	const struct field *field = match->part->field;
	unsigned int first = field->bit_off / 8 * 8u;
	unsigned int end = (field->bit_off + field->bit_len + 7u) / 8 * 8;
	unsigned int shift = end - field->bit_off - field->bit_len;

	match->part->mask = u128_max(field->bit_len) << shift;
	field = field_make_raw(match->draft->bind->arena, field->base, field->number, field->load,
			       (uint16_t)first, (uint16_t)(end - first));
	match->part->field = bind_plain_field(field);
	match->kind = bind_part_kind(match->part);
	return shift;
}

/* --- one value ------------------------------------------------------------------------------ */

static enum bind_match_op plain_op(enum ast_match_op op, bool flags)
{
	switch (op) {
	case AST_MATCH_IMPLICIT:
		return flags ? BIND_MATCH_ANY_OF : BIND_MATCH_EQ;
	case AST_MATCH_EQ:
		return flags ? BIND_MATCH_EQ_EXPLICIT : BIND_MATCH_EQ;
	case AST_MATCH_NEQ:
		return BIND_MATCH_NEQ;
	case AST_MATCH_LT:
		return BIND_MATCH_LT;
	case AST_MATCH_GT:
		return BIND_MATCH_GT;
	case AST_MATCH_LTE:
		return BIND_MATCH_LTE;
	case AST_MATCH_GTE:
		return BIND_MATCH_GTE;
	case AST_MATCH_NONE_OF:
		return BIND_MATCH_NONE_OF;
	}
	return BIND_MATCH_EQ;
}

bool bind_is_equality(enum ast_match_op op)
{
	return op == AST_MATCH_IMPLICIT || op == AST_MATCH_EQ || op == AST_MATCH_NEQ;
}

static bool check_op(const struct bind_match *match, const struct bind_value *value,
		     struct source_span span)
{
	struct bind *bind = match->draft->bind;
	enum ast_match_op op = match->ast->op;

	if (op == AST_MATCH_NONE_OF && (!bind_has_flags(match) || match->masked ||
					match->outer || value->form != BIND_FORM_VALUE)) {
		diag_error(bind->diag, match->ast->span, "'!' is for flags: '%s' %s",
			   bind_field_text(bind, match->part->field), bind_has_flags(match) ?
			   "is compared with one value here" : "has none");
		diag_help(bind->diag, "write '!=' for not equal");
		return false;
	}
	if (bind_is_equality(op) || op == AST_MATCH_NONE_OF) {
		if (value->form == BIND_FORM_RANGE)
			return bind_allows(match, FIELD_OP_RANGE, span, "range");
		return bind_allows(match, FIELD_OP_EQ, span, "value");
	}
	if (value->form != BIND_FORM_VALUE) {
		diag_error(bind->diag, span, "this operator compares with one value, not %s",
			   value->form == BIND_FORM_RANGE ? "a range" : "a prefix");
		return false;
	}
	return bind_allows(match, FIELD_OP_RANGE, match->ast->span, "operator but == and !=");
}

static bool one_bit(u128 value)
{
	return value && !(value & (value - 1));
}

void bind_settle_flags(struct bind_stmt *stmt)
{
	struct bind_part *part = &stmt->key.parts.at[0];
	u128 value = stmt->value.value.lo;
	bool negated = stmt->op == BIND_MATCH_NEQ;

	if (!value) {
		stmt->op = negated ? BIND_MATCH_ANY_OF : BIND_MATCH_NONE_OF;
		stmt->value.value.lo = stmt->value.value.hi = part->mask;
		part->mask = u128_max(part->field->bit_len);
		return;
	}
	/* No list of one flag can stand behind the slash. */
	if (one_bit(part->mask)) {
		stmt->op = negated ? BIND_MATCH_NEQ : BIND_MATCH_EQ_EXPLICIT;
		return;
	}
	stmt->op = negated ? BIND_MATCH_NEQ : BIND_MATCH_EQ;
	stmt->mask_slash = true;
}

/* Warns of a comparison that cannot come out equal. */
static void check_mask(const struct bind_match *match)
{
	const struct bind_stmt *stmt = &match->work->stmt;

	if (!((stmt->value.value.lo ^ match->part->flip) & ~match->part->mask))
		return;
	diag_warning(match->draft->bind->diag, stmt->value.span,
		     "the value has bits that the mask clears: %s",
		     stmt->op == BIND_MATCH_NEQ ? "always true" : "never true");
}

u128 bind_take_flip(const struct bind_match *match)
{
	u128 flip = match->part->flip;

	if (match->part->shift || (flip & ~match->part->mask))
		return 0;
	match->part->flip = 0;
	return flip;
}

/* An equality of (field & mask); all of a field is no mask. */
static void settle_mask(const struct bind_match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;
	u128 flip = bind_take_flip(match);
	u128 all = u128_max(match->kind.bits);
	bool prefix;

	stmt->value.value.lo ^= flip;
	stmt->value.value.hi ^= flip;
	if (stmt->op != BIND_MATCH_NEQ)
		stmt->op = BIND_MATCH_EQ_EXPLICIT;
	if (bind_is_plain(match)) {
		if (!bind_has_flags(match) && stmt->op == BIND_MATCH_EQ_EXPLICIT)
			stmt->op = BIND_MATCH_EQ;
		return;
	}
	if (!match->part->shift)
		check_mask(match);
	prefix = match->kind.type->prefixes && !match->part->flip && !match->part->shift &&
		 bind_prefix_len(match->kind.bits, match->part->mask, all) >= 0 &&
		 !(stmt->value.value.lo & ~match->part->mask);
	if (bind_has_flags(match) && !match->part->flip &&
	    (!match->part->tunnel || !stmt->value.value.lo)) {
		bind_settle_flags(stmt);
	} else if (prefix) {
		stmt->value.value.hi = stmt->value.value.lo | (all ^ match->part->mask);
		stmt->value.value.form = BIND_FORM_PREFIX;
		match->part->mask = all;
		if (stmt->op == BIND_MATCH_EQ_EXPLICIT)
			stmt->op = BIND_MATCH_EQ;
	}
}

/* Whether nft loads only the bytes of a prefix of LEN bits. */
static bool loads_head(const struct bind_match *match, int len)
{
	const struct field *field = match->part->field;

	return field->load == FIELD_LOAD_HEADER && field->bit_off % 8 == 0 &&
	       field->bit_len % 8 == 0 && len > 0 && len % 8 == 0;
}

/* Whether nft compares a prefix of this field by loading fewer bytes, and so shows it. */
static bool shows_prefix(const struct bind_match *match, int len)
{
	if (match->kind.type->prefixes || match->kind.type->form == TYPE_FORM_IFNAME)
		return true;
	return match->part->field->proto != PROTO_RAW && loads_head(match, len);
}

/* A field that is named by its place is then that of the prefix. */
static void settle_raw_head(struct bind_match *match, unsigned int len)
{
	const struct field *field = match->part->field;
	struct bind_value *value = &match->work->stmt.value.value;

	match->part->field = field_make_raw(match->draft->bind->arena, field_base_of(field),
					    field->number, field->load, field->bit_off,
					    (uint16_t)len);
	match->part->mask = u128_max(len);
	value->lo >>= match->kind.bits - len;
	value->hi = value->lo;
	value->form = BIND_FORM_VALUE;
	match->kind.bits = len;
}

/* Of a field that is not made of bytes nft takes other bits. */
static bool check_head(struct bind_match *match, struct source_span span)
{
	struct bind *bind = match->draft->bind;
	const struct field *field = match->part->field;

	if (field->load != FIELD_LOAD_HEADER || (!(field->bit_off % 8) && !(field->bit_len % 8)))
		return true;
	diag_error(bind->diag, span, "'%s' takes no prefix: nft 1.0.6 compares other bits then",
		   bind_field_text(bind, field));
	diag_help(bind->diag, "write the range from the first to the last value");
	return false;
}

/* A value written with all of its bits as a prefix or mask is joined with nothing. */
static void set_apart(struct bind_match *match)
{
	const struct field *field = match->part->field;

	match->work->stmt.apart = bind_is_plain(match) && (field->ops & FIELD_OP_MASK) &&
				  !bind_is_astride(field) &&
				  match->work->stmt.value.value.form == BIND_FORM_VALUE;
}

/* What is listed as a mask has to be readable as one. */
static bool check_prefix(struct bind_match *match, struct source_span span)
{
	struct diag *diag = match->draft->bind->diag;

	if (match->part->field->type != &type_day)
		return bind_allows(match, FIELD_OP_MASK, span, "prefix");
	diag_error(diag, span, "days of the week have no prefixes");
	diag_help(diag, "write a range, as in '\"Monday\"-\"Friday\"'");
	return false;
}

static bool settle_prefix(struct bind_match *match, struct source_span span)
{
	struct bind_stmt *stmt = &match->work->stmt;
	struct bind_value *value = &stmt->value.value;
	int len = bind_prefix_len(match->kind.bits, value->lo, value->hi);

	if (!check_head(match, span))
		return false;
	if (stmt->op == BIND_MATCH_ANY_OF)
		stmt->op = BIND_MATCH_EQ;
	if (value->lo == value->hi) {
		value->form = BIND_FORM_VALUE;
		if (bind_has_flags(match) && stmt->op == BIND_MATCH_EQ)
			stmt->op = BIND_MATCH_EQ_EXPLICIT;
		set_apart(match);
		return true;
	}
	if (loads_head(match, len) && *match->part->field->name == '@') {
		settle_raw_head(match, (unsigned int)len);
		return true;
	}
	stmt->head = loads_head(match, len) ? (unsigned int)len : 0;
	if (shows_prefix(match, len))
		return true;
	if (!check_prefix(match, span))
		return false;
	match->part->mask = u128_prefix_mask(match->kind.bits, (unsigned int)len);
	value->hi = value->lo;
	value->form = BIND_FORM_VALUE;
	settle_mask(match);
	return true;
}

/* Neighbours that nft would join: whole bytes of a header, compared with one value. */
enum bind_join bind_join_of(const struct bind_part *part, enum ast_match_op op)
{
	const struct field *field = part->field;
	enum field_base base = field_base_of(field);

	if (field->load != FIELD_LOAD_HEADER || field->bit_off % 8 || field->bit_len % 8)
		return BIND_JOIN_NO;
	if (part->tunnel || (base != FIELD_BASE_LINK && base != FIELD_BASE_NETWORK &&
			     base != FIELD_BASE_TRANSPORT && base != FIELD_BASE_PAYLOAD))
		return BIND_JOIN_NO;
	if (op == AST_MATCH_IMPLICIT || op == AST_MATCH_EQ)
		return BIND_JOIN_EQ;
	return op == AST_MATCH_NEQ ? BIND_JOIN_NEQ : BIND_JOIN_NO;
}

static void supply_value(const struct bind_match *match, u128 value)
{
	if (match->ast->op == AST_MATCH_IMPLICIT || match->ast->op == AST_MATCH_EQ)
		bind_supply(bind_depend_of(match->draft, match->part->tunnel), match->part->field,
			    value, match->ast->span);
}

/* A field with operators, against VALUE. */
static void settle_masked(struct bind_match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;

	if (stmt->value.value.form == BIND_FORM_VALUE && bind_is_equality(match->ast->op))
		settle_mask(match);
	else if (!bind_is_plain(match) && stmt->op == BIND_MATCH_EQ)
		stmt->op = BIND_MATCH_EQ_EXPLICIT;
}

static enum bind_match_op turned(enum bind_match_op op)
{
	return op == BIND_MATCH_NEQ ? BIND_MATCH_EQ : BIND_MATCH_NEQ;
}

bool bind_settle_value(struct bind_match *match, const struct bind_value *value,
			 struct source_span span)
{
	struct bind_stmt *stmt = &match->work->stmt;
	enum ast_match_op op = match->ast->op;
	bool single = value->form == BIND_FORM_VALUE;

	if (!check_op(match, value, span))
		return false;
	if ((match->masked || match->outer) && value->form == BIND_FORM_PREFIX) {
		diag_error(match->draft->bind->diag, span,
			   "a masked field cannot be compared with a prefix");
		return false;
	}
	stmt->value.value = *value;
	stmt->value.span = span;
	if (!bind_place_outer(match, &stmt->value.value, !single || !bind_is_equality(op), span))
		return false;
	stmt->op = plain_op(op, bind_has_flags(match) && single);
	if (match->negated)
		stmt->op = turned(stmt->op);
	if (bind_is_unaligned(match) && value->form != BIND_FORM_PREFIX) {
		unsigned int shift = bind_align(match);

		stmt->value.value.lo <<= shift;
		stmt->value.value.hi <<= shift;
		match->masked = true;
	}
	if (match->masked) {
		settle_masked(match);
		if (bind_is_equality(op))
			set_apart(match);
		return true;
	}
	if (value->form == BIND_FORM_PREFIX && !settle_prefix(match, span))
		return false;
	if (value->form != BIND_FORM_VALUE)
		return true;
	match->work->join = bind_join_of(match->part, match->ast->op);
	supply_value(match, stmt->value.value.lo);
	return true;
}
