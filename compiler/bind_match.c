/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_match: matches and look-ups in maps.
 *
 * Input: a key of the AST, an operator and what stands behind it.  Output: a bound statement in
 * canonical form: an operator means the same for every type (flags: any of, none of, equal), a
 * mask that is a prefix is a prefix, a prefix that nft cannot show is a mask.
 *
 * Three things are done as nft 1.0.6 does them:
 *
 *	moved		`mark ^ 3 == 1` is `mark == 2`: the last ^ or << goes over to constants
 *			(not to those of a named set).  nft does that to the ends of a range too,
 *			where it is wrong: refused
 *	aligned		`@nh,0,4 4` is `@nh,0,8 & 0xf0 == 0x40`
 *	around midnight	`hour "22:00"-"02:00"` is `hour != "02:00"-"22:00"`
 *
 * Safety: a match with an error is pushed but its rule is dropped.
 */
#include "compiler/bind_private.h"

/* A match while it is put together. */
struct match {
	struct bind_rule_draft *draft;
	const struct ast_stmt *ast;
	struct bind_work *work;
	struct bind_part *part;		/* of the key's first, which is the only one of most */
	struct bind_kind kind;
	bool masked;			/* an operator is written, though it may do nothing */
	const struct ast_expr *outer;	/* the last operator, when it may move; NULL */
	u128 amount;			/* and what stands behind it */
	bool negated;			/* a range around midnight turned round */
};

/* --- the left side -------------------------------------------------------------------------- */

static bool is_plain(const struct match *match)
{
	const struct bind_part *part = match->part;

	return part->mask == u128_max(match->kind.bits) && !part->flip && !part->shift;
}

/* nft calls some plain numbers bitmasks: these have no flags with names. */
static bool has_flags(const struct match *match)
{
	return match->kind.type->bitmask && match->kind.type != &type_bitmask;
}

static const char *key_text(struct bind *bind, const struct bind_key *key)
{
	const char *text = NULL;

	for (size_t i = 0; i < key->parts.len; i++) {
		const char *part = bind_field_text(bind, key->parts.at[i].field);

		text = text ? arena_printf(bind->arena, "%s . %s", text, part) : part;
	}
	return text;
}

/* "ipv4_addr . inet_service" */
static const char *key_types(struct bind *bind, const struct bind_key *key)
{
	const char *text = NULL;

	for (size_t i = 0; i < key->parts.len; i++) {
		const char *part = key->parts.at[i].field->type->name;

		text = text ? arena_printf(bind->arena, "%s . %s", text, part) : part;
	}
	return text;
}

static bool allows(const struct match *match, unsigned int op, struct source_span span,
		   const char *what)
{
	struct bind *bind = match->draft->bind;

	for (size_t i = 0; i < match->work->stmt.key.parts.len; i++) {
		const struct field *field = match->work->stmt.key.parts.at[i].field;

		if ((field->ops & op) && !(op == FIELD_OP_NAMED && bind_is_astride(field)) &&
		    !(op == FIELD_OP_MASK && bind_is_astride(field)))
			continue;
		diag_error(bind->diag, span, "'%s' takes no %s", bind_field_text(bind, field), what);
		if (field->load == FIELD_LOAD_HEADER)
			diag_help(bind->diag, "nft 1.0.6 compares other bits here: write the "
				  "values in braces");
		return false;
	}
	return true;
}

static bool is_movable(enum ast_expr_kind kind)
{
	return kind == AST_EXPR_XOR || kind == AST_EXPR_LSHIFT || kind == AST_EXPR_RSHIFT;
}

/* The key without its last operator, when that one may move. */
static bool bind_left(struct match *match, struct bind_key *ret_key)
{
	const struct ast_expr *left = match->ast->left;
	struct bind *bind = match->draft->bind;

	if (is_movable(left->kind)) {
		match->outer = left;
		left = left->left;
	}
	if (!bind_key(bind, left, ret_key))
		return false;
	match->masked = left->kind != AST_EXPR_FIELD;
	if (match->outer && ret_key->wide_bits) {
		diag_error(bind->diag, match->outer->span,
			   "a field of more than 128 bits takes no operator");
		return false;
	}
	return !match->outer || bind_operand(bind, match->outer, &ret_key->parts.at[0],
					     &match->amount);
}

/* Reads the fields and what they need; the statement itself is pushed last. */
static bool open_match(struct bind_rule_draft *draft, const struct ast_stmt *ast,
		       struct match *ret_match)
{
	struct match match = { .draft = draft, .ast = ast };
	struct bind_key key = { 0 };

	if (!bind_left(&match, &key))
		return false;
	for (size_t i = 0; i < key.parts.len; i++) {
		const struct ast_expr *part = ast->left;

		if (part->kind == AST_EXPR_CONCAT)
			part = part->items.at[i];
		if (!bind_need(draft, &key.parts.at[i], part->span))
			return false;
	}
	match.part = &key.parts.at[0];
	match.kind = bind_part_kind(match.part);
	match.work = bind_push(draft);
	match.work->stmt.span = ast->span;
	match.work->stmt.key = key;
	match.work->stmt.counter = BIND_NO_COUNTER;
	*ret_match = match;
	return true;
}

/* --- the last operator ---------------------------------------------------------------------- */

/* The last operator stays with the field. */
static void keep_outer(struct match *match)
{
	bind_operate(match->part, match->outer->kind, match->amount);
	match->outer = NULL;
	match->masked = true;
}

static bool move_to(const struct match *match, u128 *value, struct source_span span)
{
	struct diag *diag = match->draft->bind->diag;

	if (match->outer->kind == AST_EXPR_XOR) {
		*value ^= match->amount;
		return true;
	}
	if (*value & (((u128)1 << (unsigned int)match->amount) - 1)) {
		diag_error(diag, span, "never true: the shift clears bits that are set here");
		diag_label(diag, match->outer->span, "the shift");
		return false;
	}
	*value >>= (unsigned int)match->amount;
	return true;
}

/* The last operator goes over to VALUE; a field in host order keeps it before a RANGE, and <. */
static bool place_outer(struct match *match, struct bind_value *value, bool range,
			struct source_span span)
{
	struct diag *diag = match->draft->bind->diag;
	bool host = match->part->field->host_order;

	if (!match->outer)
		return true;
	if (range && host) {
		keep_outer(match);
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
		diag_help(diag, "nft 1.0.6 applies '^' to the ends of the range, which is another "
			  "set of values");
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

/* Whether nft shows the field as whole bytes with a mask. */
static bool is_unaligned(const struct match *match)
{
	const struct field *field = match->part->field;

	return field->proto == PROTO_RAW && !match->masked && is_plain(match) &&
	       field->bit_len <= 128 && (field->bit_off % 8 || field->bit_len % 8);
}

/* The whole bytes that the field is in; returns how far to the left its values go there. */
static unsigned int align(struct match *match)
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

static bool is_equality(enum ast_match_op op)
{
	return op == AST_MATCH_IMPLICIT || op == AST_MATCH_EQ || op == AST_MATCH_NEQ;
}

static bool check_op(const struct match *match, const struct bind_value *value,
		     struct source_span span)
{
	struct bind *bind = match->draft->bind;
	enum ast_match_op op = match->ast->op;

	if (op == AST_MATCH_NONE_OF && (!has_flags(match) || match->masked ||
					match->outer || value->form != BIND_FORM_VALUE)) {
		diag_error(bind->diag, match->ast->span, "'!' is for flags: '%s' %s",
			   bind_field_text(bind, match->part->field), has_flags(match) ?
			   "is compared with one value here" : "has none");
		diag_help(bind->diag, "write '!=' for not equal");
		return false;
	}
	if (is_equality(op) || op == AST_MATCH_NONE_OF) {
		if (value->form == BIND_FORM_RANGE)
			return allows(match, FIELD_OP_RANGE, span, "range");
		return allows(match, FIELD_OP_EQ, span, "value");
	}
	if (value->form != BIND_FORM_VALUE) {
		diag_error(bind->diag, span, "this operator compares with one value, not %s",
			   value->form == BIND_FORM_RANGE ? "a range" : "a prefix");
		return false;
	}
	return allows(match, FIELD_OP_RANGE, match->ast->span, "operator but == and !=");
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
	if (value == part->mask && one_bit(value)) {
		stmt->op = negated ? BIND_MATCH_NEQ : BIND_MATCH_EQ_EXPLICIT;
		return;
	}
	stmt->op = negated ? BIND_MATCH_NEQ : BIND_MATCH_EQ;
	stmt->mask_slash = true;
}

/* Warns of a comparison that cannot come out equal. */
static void check_mask(const struct match *match)
{
	const struct bind_stmt *stmt = &match->work->stmt;

	if (!((stmt->value.value.lo ^ match->part->flip) & ~match->part->mask))
		return;
	diag_warning(match->draft->bind->diag, stmt->value.span,
		     "the value has bits that the mask clears: %s",
		     stmt->op == BIND_MATCH_NEQ ? "always true" : "never true");
}

/* Bits that are only turned over: ((field & mask) ^ flip) == v is (field & mask) == v ^ flip. */
static u128 take_flip(const struct match *match)
{
	u128 flip = match->part->flip;

	if (match->part->shift || (flip & ~match->part->mask))
		return 0;
	match->part->flip = 0;
	return flip;
}

/* An equality of (field & mask); all of a field is no mask. */
static void settle_mask(const struct match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;
	u128 flip = take_flip(match);
	u128 all = u128_max(match->kind.bits);
	bool prefix;

	stmt->value.value.lo ^= flip;
	stmt->value.value.hi ^= flip;
	if (stmt->op != BIND_MATCH_NEQ)
		stmt->op = BIND_MATCH_EQ_EXPLICIT;
	if (is_plain(match)) {
		if (!has_flags(match) && stmt->op == BIND_MATCH_EQ_EXPLICIT)
			stmt->op = BIND_MATCH_EQ;
		return;
	}
	if (!match->part->shift)
		check_mask(match);
	prefix = match->kind.type->prefixes && !match->part->flip && !match->part->shift &&
		 bind_prefix_len(match->kind.bits, match->part->mask, all) >= 0 &&
		 !(stmt->value.value.lo & ~match->part->mask);
	if (has_flags(match) && !match->part->flip) {
		bind_settle_flags(stmt);
	} else if (prefix) {
		stmt->value.value.hi = stmt->value.value.lo | (all ^ match->part->mask);
		stmt->value.value.form = BIND_FORM_PREFIX;
		match->part->mask = all;
		if (stmt->op == BIND_MATCH_EQ_EXPLICIT)
			stmt->op = BIND_MATCH_EQ;
	}
}

/* Whether nft compares a prefix of this field by loading fewer bytes, and so shows it. */
static bool shows_prefix(const struct match *match, int len)
{
	const struct field *field = match->part->field;

	if (match->kind.type->prefixes || match->kind.type->form == TYPE_FORM_IFNAME)
		return true;
	return field->load == FIELD_LOAD_HEADER && field->proto != PROTO_RAW &&
	       field->bit_off % 8 == 0 && field->bit_len % 8 == 0 && len > 0 && len % 8 == 0;
}

static void settle_prefix(struct match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;
	struct bind_value *value = &stmt->value.value;
	int len = bind_prefix_len(match->kind.bits, value->lo, value->hi);

	if (stmt->op == BIND_MATCH_ANY_OF)
		stmt->op = BIND_MATCH_EQ;
	if (value->lo == value->hi) {
		value->form = BIND_FORM_VALUE;
		if (has_flags(match) && stmt->op == BIND_MATCH_EQ)
			stmt->op = BIND_MATCH_EQ_EXPLICIT;
		return;
	}
	if (shows_prefix(match, len))
		return;
	match->part->mask = u128_prefix_mask(match->kind.bits, (unsigned int)len);
	value->hi = value->lo;
	value->form = BIND_FORM_VALUE;
	settle_mask(match);
}

/* Neighbours that nft would join: whole bytes of a header, compared with one value. */
static enum bind_join join_of(const struct match *match)
{
	const struct field *field = match->part->field;
	enum field_base base = field_base_of(field);

	if (field->load != FIELD_LOAD_HEADER || field->bit_off % 8 || field->bit_len % 8)
		return BIND_JOIN_NO;
	if (match->part->tunnel || (base != FIELD_BASE_LINK && base != FIELD_BASE_NETWORK &&
				    base != FIELD_BASE_TRANSPORT && base != FIELD_BASE_PAYLOAD))
		return BIND_JOIN_NO;
	if (match->ast->op == AST_MATCH_IMPLICIT || match->ast->op == AST_MATCH_EQ)
		return BIND_JOIN_EQ;
	return match->ast->op == AST_MATCH_NEQ ? BIND_JOIN_NEQ : BIND_JOIN_NO;
}

static void supply_value(const struct match *match, u128 value)
{
	if (match->ast->op == AST_MATCH_IMPLICIT || match->ast->op == AST_MATCH_EQ)
		bind_supply(bind_depend_of(match->draft, match->part->tunnel), match->part->field,
			    value, match->ast->span);
}

/* A field with operators, against VALUE. */
static void settle_masked(struct match *match)
{
	struct bind_stmt *stmt = &match->work->stmt;

	if (stmt->value.value.form == BIND_FORM_VALUE && is_equality(match->ast->op))
		settle_mask(match);
	else if (!is_plain(match) && stmt->op == BIND_MATCH_EQ)
		stmt->op = BIND_MATCH_EQ_EXPLICIT;
}

static enum bind_match_op turned(enum bind_match_op op)
{
	return op == BIND_MATCH_NEQ ? BIND_MATCH_EQ : BIND_MATCH_NEQ;
}

static bool settle_value(struct match *match, const struct bind_value *value,
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
	if (!place_outer(match, &stmt->value.value, !single || !is_equality(op), span))
		return false;
	stmt->op = plain_op(op, has_flags(match) && single);
	if (match->negated)
		stmt->op = turned(stmt->op);
	if (is_unaligned(match) && value->form != BIND_FORM_PREFIX) {
		unsigned int shift = align(match);

		stmt->value.value.lo <<= shift;
		stmt->value.value.hi <<= shift;
		match->masked = true;
	}
	if (match->masked) {
		settle_masked(match);
		return true;
	}
	if (value->form == BIND_FORM_PREFIX)
		settle_prefix(match);
	if (value->form != BIND_FORM_VALUE)
		return true;
	match->work->join = join_of(match);
	supply_value(match, stmt->value.value.lo);
	return true;
}

/* --- several values ------------------------------------------------------------------------- */

/* Counts what is written in braces, braces inside them too; the last one found is remembered. */
static size_t count_items(const struct ast_expr *expr, const struct ast_expr **ret_last)
{
	size_t count = 0;

	if (expr->kind != AST_EXPR_SET) {
		*ret_last = expr;
		return 1;
	}
	for (size_t i = 0; i < expr->items.len; i++)
		count += count_items(expr->items.at[i], ret_last);
	return count;
}

static bool check_set_op(const struct match *match, const struct ast_expr *right)
{
	bool named = right->kind == AST_EXPR_SET_REF;

	if (!allows(match, named ? FIELD_OP_NAMED : FIELD_OP_SET, right->span,
		    named ? "named set" : "set"))
		return false;
	if (is_equality(match->ast->op))
		return true;
	diag_error(match->draft->bind->diag, right->span, "%s",
		   match->ast->op == AST_MATCH_NONE_OF ? "'!' is for flags, not for a set" :
		   "this operator compares with one value, not a set");
	return false;
}

static void settle_set(const struct match *match, struct bind_set *set)
{
	struct bind_stmt *stmt = &match->work->stmt;
	bool single = stmt->key.parts.len == 1;

	stmt->set = set;
	if (match->ast->op == AST_MATCH_NEQ)
		stmt->op = BIND_MATCH_NEQ;
	else
		stmt->op = single && match->masked && !is_plain(match) ? BIND_MATCH_EQ_EXPLICIT :
									 BIND_MATCH_EQ;
}

static bool has_intervals(const struct bind_set *set)
{
	for (size_t i = 0; i < set->elements.len; i++) {
		if (set->elements.at[i].value.form != BIND_FORM_VALUE)
			return true;
	}
	return false;
}

/* What the key's form means for the values of a set that is written in the rule. */
static bool settle_elements(struct match *match, struct bind_set *set)
{
	bool ranges = has_intervals(set), single = match->work->stmt.key.parts.len == 1;
	u128 flip = single && !ranges ? take_flip(match) : 0;
	unsigned int shift = 0;

	if (match->work->stmt.key.wide_bits && ranges) {
		diag_error(match->draft->bind->diag, set->span,
			   "a field of more than 128 bits is compared with single values only");
		return false;
	}
	if (match->outer && ranges && match->part->field->host_order && !set->map)
		keep_outer(match);
	if (is_unaligned(match)) {
		shift = align(match);
		match->masked = true;
		set->kinds.at[0].bits = match->kind.bits;
	}
	for (size_t i = 0; i < set->elements.len; i++) {
		struct bind_element *element = &set->elements.at[i];

		if (element->catchall)
			continue;
		if (match->outer &&
		    !place_outer(match, &element->value, ranges, element->span))
			return false;
		element->value.lo = element->value.lo << shift ^ flip;
		element->value.hi = element->value.hi << shift ^ flip;
	}
	return true;
}

static bool bind_braces(struct match *match, const struct ast_expr *right)
{
	struct bind_rule_draft *draft = match->draft;
	struct bind_key *key = &match->work->stmt.key;
	struct bind_set *set;

	if (!check_set_op(match, right))
		return false;
	set = bind_anonymous(draft->bind, draft->scope, key, right, AST_MAP_NONE);
	if (!set || !settle_elements(match, set))
		return false;
	if (!match->masked && key->parts.len == 1 && match->ast->op != AST_MATCH_NEQ)
		bind_supply_several(bind_depend_of(draft, match->part->tunnel),
				    match->part->field, set, match->ast->span);
	bind_finish_anonymous(draft->bind, set);
	settle_set(match, set);
	return true;
}

/* The set or map `@name`, if it holds values of the field's type. */
static struct bind_set *find_set(const struct match *match, const struct ast_expr *right)
{
	struct bind *bind = match->draft->bind;
	struct bind_scope *scope = match->draft->scope;
	const struct bind_key *key = &match->work->stmt.key;
	struct bind_draft *found = bind_index_find(&scope->sets, right->name.text);

	if (!found) {
		diag_error(bind->diag, right->span, "table '%.*s' has no set or map '%.*s'",
			   STR_ARG(scope->table->name), STR_ARG(right->name.text));
		bind_suggest_name(bind, &scope->sets, right->name.text);
		return NULL;
	}
	if (!bind_set_fits(found->set, key)) {
		diag_error(bind->diag, right->span, "'%s' is of type '%s', but %s '%.*s' holds '%s'",
			   key_text(bind, key), key_types(bind, key), bind_set_noun(found->set),
			   STR_ARG(found->set->name), bind_set_types(bind, found->set));
		diag_label(bind->diag, found->set->span, "defined here");
		return NULL;
	}
	return found->set;
}

static bool bind_reference(struct match *match, const struct ast_expr *right)
{
	struct bind_set *set;

	if (!check_set_op(match, right))
		return false;
	if (match->outer)
		keep_outer(match);
	set = find_set(match, right);
	if (!set)
		return false;
	settle_set(match, set);
	return true;
}

/* --- statements ----------------------------------------------------------------------------- */

/* `tcp flags syn / syn,ack` */
static bool bind_slash(struct match *match)
{
	struct bind *bind = match->draft->bind;
	u128 mask;

	if (!match->ast->mask)
		return true;
	if (!is_equality(match->ast->op)) {
		diag_error(bind->diag, match->ast->span, "with '/' only == and != are possible");
		return false;
	}
	if (!allows(match, FIELD_OP_MASK, match->ast->mask->span, "mask") ||
	    !bind_constant(bind, match->kind, match->ast->mask, &mask))
		return false;
	if (match->outer)
		keep_outer(match);
	match->masked = true;
	bind_operate(match->part, AST_EXPR_AND, mask);
	return true;
}

/* Times of the day and days of the week may go round. */
static bool goes_round(const struct match *match, const struct ast_expr *right)
{
	enum field_load load = match->part->field->load;

	return right->kind == AST_EXPR_RANGE &&
	       (load == FIELD_LOAD_HOUR || load == FIELD_LOAD_DAY) && !match->masked;
}

static bool bind_round(struct match *match, const struct ast_expr *right)
{
	struct bind *bind = match->draft->bind;
	struct bind_value value = { .form = BIND_FORM_RANGE };

	if (!bind_constant(bind, match->kind, right->left, &value.lo) ||
	    !bind_constant(bind, match->kind, right->right, &value.hi))
		return false;
	if (value.lo > value.hi) {
		u128 hi = value.lo;

		value.lo = value.hi;
		value.hi = hi;
		match->negated = true;
	}
	return settle_value(match, &value, right->span);
}

/* Keys that are looked up, not compared. */
static bool check_one_value(const struct match *match, const struct ast_expr *right)
{
	struct diag *diag = match->draft->bind->diag;
	const struct bind_key *key = &match->work->stmt.key;

	if (key->wide_bits) {
		diag_error(diag, right->span,
			   "the kernel compares at most 128 bits with one value");
		diag_help(diag, "it looks up to 512 bits up in a set of two or more values");
		return false;
	}
	if (key->parts.len > 1) {
		diag_error(diag, right->span, "a concatenation is looked up in a set or map");
		diag_help(diag, "write the values in braces");
		return false;
	}
	return true;
}

bool bind_match(struct bind_rule_draft *draft, const struct ast_stmt *ast)
{
	const struct ast_expr *right = ast->right;
	struct bind_value value;
	struct match match;

	if (!open_match(draft, ast, &match) || !bind_slash(&match))
		return false;
	match.work->stmt.kind = BIND_STMT_MATCH;
	if (right->kind == AST_EXPR_SET_REF)
		return bind_reference(&match, right);
	if (right->kind == AST_EXPR_SET) {
		const struct ast_expr *only = NULL;

		if (count_items(right, &only) != 1 || only->kind == AST_EXPR_MAPPING ||
		    only->kind == AST_EXPR_CONCAT || only->kind == AST_EXPR_CATCHALL ||
		    ast->op == AST_MATCH_NONE_OF || draft->bind->options->listing)
			return bind_braces(&match, right);
		right = only;
	}
	if (!check_one_value(&match, right))
		return false;
	if (goes_round(&match, right))
		return bind_round(&match, right);
	if (!bind_interval(draft->bind, match.kind, right, &value))
		return false;
	return settle_value(&match, &value, right->span);
}

static struct bind_set *bind_anonymous_map(struct match *match, enum ast_map_kind kind)
{
	struct bind_rule_draft *draft = match->draft;
	struct bind_set *set = bind_anonymous(draft->bind, draft->scope, &match->work->stmt.key,
					      match->ast->right, kind);

	if (!set || !settle_elements(match, set))
		return NULL;
	bind_finish_anonymous(draft->bind, set);
	return set;
}

bool bind_lookup(struct bind_rule_draft *draft, const struct ast_stmt *ast,
		 enum ast_map_kind kind)
{
	bool named = ast->right->kind == AST_EXPR_SET_REF;
	struct bind_set *set = NULL;
	struct match match;

	if (!open_match(draft, ast, &match) ||
	    !allows(&match, named ? FIELD_OP_NAMED : FIELD_OP_SET, ast->right->span,
		    named ? "named map" : "map"))
		return false;
	match.work->stmt.kind = kind == AST_MAP_VERDICT ? BIND_STMT_VMAP : BIND_STMT_COUNTER;
	if (ast->right->kind == AST_EXPR_SET) {
		set = bind_anonymous_map(&match, kind);
		if (!set)
			return false;
	} else if (named) {
		if (match.outer)
			keep_outer(&match);
		set = find_set(&match, ast->right);
		if (!set)
			return false;
	}
	if (!set || set->map != kind) {
		diag_error(draft->bind->diag, ast->right->span, kind == AST_MAP_VERDICT ?
			   "this is no verdict map" : "this is no map of counters");
		if (set)
			diag_label(draft->bind->diag, set->span, "a %s", bind_set_noun(set));
		return false;
	}
	settle_set(&match, set);
	return true;
}
