/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_list: a rule's statements in the order nft evaluates them, and marks on those that its
 * listing leaves out.
 *
 * Input: the statements as written, with all that was implied.  Output: the rule's statements.
 * Three things are done, as nft 1.0.6 does them:
 *
 * Joining.  Comparisons of neighbouring header bytes become one, which moves them together and
 * into the order of their offsets: `tcp dport 80 tcp sport 70` is `tcp sport 70 tcp dport 80`.
 * It reaches over the first counter of a rule.  A joined `tcp flags syn` is an exact comparison.
 * (nft also makes one test of joined != comparisons, which then asks whether any of them
 * differs.  That is not done here: each stays a test of its own, as the listing says.)
 *
 * Leaving out.  A match on a protocol is not listed if a later one needs it anyway, and bits that
 * turn out to be a field get its name (bind_leave.c, bind_raw.c).
 *
 * Plainer forms.  A lower and an upper bound behind each other are a range.
 *
 * Safety: statements are only moved and marked, never lost, but for an upper bound that became
 * part of a range.
 */
#include <stdlib.h>

#include "compiler/bind_private.h"

/* The first part speaks for a concatenation. */
static const struct field *field_of(const struct bind_stmt *stmt)
{
	return stmt->key.parts.at[0].field;
}

/* Anything done to the field before it is compared. */
static bool has_mask(const struct bind_stmt *stmt)
{
	const struct bind_part *part = &stmt->key.parts.at[0];

	return part->mask != u128_max(part->field->bit_len) || part->flip || part->shift;
}

/* Bits without a name, or the port of any protocol. */
static bool is_raw(const struct field *field)
{
	return field->proto == PROTO_RAW || field->proto == PROTO_TH;
}

/* The field is its protocol's key to what follows, in nft's judgement. */
static bool is_key(const struct field *field)
{
	if (field->select != FIELD_SELECT_NOTHING)
		return true;
	if (field->proto == PROTO_ICMP || field->proto == PROTO_ICMPV6)
		return !strcmp(field->name, "type");
	return (field->proto == PROTO_AH || field->proto == PROTO_COMP) &&
	       !strcmp(field->name, "nexthdr");
}

/* --- joining -------------------------------------------------------------------------------- */

/* A comparison in the list of those that may be joined. */
struct candidate {
	struct bind_work *work;
	enum field_base base;
	unsigned int bit, bits;		/* of the packet, what it covers */
	enum bind_join join;
	bool selects;			/* says which protocol follows */
	size_t place;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	if (x->bit != y->bit)
		return x->bit < y->bit ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

#define LOAD_FAST_BITS 32		/* what the kernel loads on its fast path */
#define LOAD_MAX_BITS 128		/* of one register set of four */

static bool can_join(const struct candidate *a, const struct candidate *b)
{
	unsigned int bits = a->bits + b->bits;

	if (a->base != b->base || a->bit + a->bits != b->bit || a->join != b->join)
		return false;
	if (bits > LOAD_MAX_BITS)
		return false;
	return bits <= LOAD_FAST_BITS || a->base == FIELD_BASE_LINK ||
	       a->bits > LOAD_FAST_BITS || b->bits > LOAD_FAST_BITS;
}

/* That nft counts before a comparison that is written before the counter surprises people. */
static void warn_of_counter(const struct bind_rule_draft *draft, const struct candidate *a,
			    const struct candidate *b)
{
	size_t from = a->place < b->place ? a->place : b->place;
	size_t to = a->place < b->place ? b->place : a->place;
	struct diag *diag = draft->bind->diag;

	for (size_t i = from; i < to; i++) {
		const struct bind_stmt *stmt = &draft->works.at[i]->stmt;

		if (stmt->kind != BIND_STMT_COUNTER)
			continue;
		diag_warning(diag, stmt->span,
			     "the comparisons on both sides become one, as in nft 1.0.6");
		diag_label(diag, draft->works.at[from]->stmt.span, "one");
		diag_label(diag, draft->works.at[to]->stmt.span, "the other");
		return;
	}
}

/* A then B, in the place of KEPT (which is one of them). */
static void join(struct bind_work *a, struct bind_work *b, struct bind_work *kept)
{
	struct bind_work *first = a->first, *last = b->last;

	a->last->next = b->first;
	(kept == a ? b : a)->gone = true;
	kept->first = first;
	kept->last = last;
}

static void join_all(const struct bind_rule_draft *draft, struct candidate *at, size_t len)
{
	struct candidate last;

	qsort(at, len, sizeof(*at), compare_candidates);
	last = at[0];
	for (size_t i = 1; i < len; i++) {
		struct candidate *this = &at[i];

		if (!can_join(&last, this)) {
			last = *this;
			continue;
		}
		warn_of_counter(draft, &last, this);
		/* What selects a protocol keeps its place: others rely on it. */
		join(last.work, this->work, this->selects ? this->work : last.work);
		last.bits += this->bits;
		if (this->selects) {
			last.work = this->work;
			last.place = this->place;
		}
	}
}

static struct candidate candidate_of(struct bind_work *work, size_t place)
{
	const struct bind_stmt *stmt = &work->stmt;
	const struct field *field = field_of(stmt);

	return (struct candidate){
		.work = work,
		.base = field_base_of(field),
		.bit = field_base_bit(field, stmt->key.parts.at[0].depth),
		.bits = field->bit_len,
		.join = work->join,
		.selects = is_key(field),
		.place = place,
	};
}

static void join_works(struct bind_rule_draft *draft)
{
	struct candidate *at;
	size_t len = 0;

	at = ARENA_ARRAY(draft->bind->scratch, struct candidate, draft->works.len + 1);
	for (size_t i = 0; i < draft->works.len; i++) {
		struct bind_work *work = draft->works.at[i];

		if (work->stmt.kind != BIND_STMT_MATCH) {
			if (len > 1) {
				join_all(draft, at, len);
				len = 0;
			}
		} else if (work->join != BIND_JOIN_NO) {
			at[len++] = candidate_of(work, i);
		}
	}
	if (len > 1)
		join_all(draft, at, len);
}

/* `tcp flags syn` asks for one flag; joined with its neighbour it is a comparison of all. */
static void compare_exactly(struct diag *diag, struct bind_stmt *stmt)
{
	if (stmt->op != BIND_MATCH_ANY_OF)
		return;
	stmt->op = BIND_MATCH_EQ_EXPLICIT;
	diag_warning(diag, stmt->span,
		     "next to a match of a neighbouring field these flags are compared exactly, "
		     "as in nft");
	diag_help(diag, "'tcp flags & syn != 0' asks for one of them whatever stands beside it");
}

/* All that is joined to WORK compares bits at their place, and one of them has no name. */
static bool is_nameless(const struct bind_work *work)
{
	bool nameless = false;

	if (work->first == work->last)
		return false;
	for (const struct bind_work *part = work->first; part; part = part->next) {
		nameless = nameless || is_raw(field_of(&part->stmt));
		if (part->join != BIND_JOIN_EQ)
			return false;
		if (part == work->last)
			break;
	}
	return nameless;
}

/* What is joined to WORK as one comparison of bits without a name. */
static struct bind_stmt whole_of(struct bind_rule_draft *draft, const struct bind_work *work)
{
	const struct bind_part *first = &work->first->stmt.key.parts.at[0];
	unsigned int bits = 0, bit = field_base_bit(first->field, first->depth);
	struct bind_stmt whole = work->first->stmt;
	u128 value = 0;

	for (const struct bind_work *part = work->first; part; part = part->next) {
		unsigned int len = field_of(&part->stmt)->bit_len;

		value = len < 128 ? value << len : 0;
		value |= part->stmt.value.value.lo;
		bits += len;
		if (part == work->last)
			break;
	}
	whole.op = BIND_MATCH_EQ;
	whole.value.value.lo = whole.value.value.hi = value;
	memset(&whole.key.parts, 0, sizeof(whole.key.parts));
	*vec_push(draft->bind->arena, &whole.key.parts) = (struct bind_part){
		.field = field_make_raw(draft->bind->arena, field_base_of(first->field), 0,
					FIELD_LOAD_HEADER, (uint16_t)bit, (uint16_t)bits),
		.mask = u128_max(bits),
	};
	return whole;
}

/* What the fields with a name say of the protocols. */
static void learn(struct bind_depend *depend, const struct bind_part *part,
		  struct source_span span)
{
	const struct proto *proto = field_proto(part->field);

	if (is_raw(part->field))
		return;
	if (proto->base == FIELD_BASE_LINK) {
		depend->link = &field_protos[PROTO_ETHER];
		if (proto->ether_type && depend->tags <= part->depth)
			depend->tags = part->depth + 1u;
	} else if (proto->base == FIELD_BASE_NETWORK) {
		depend->network_known = true;
		depend->network = (struct bind_proto){ proto, proto->name, span };
	} else if (proto->base == FIELD_BASE_TRANSPORT) {
		depend->transport = (struct bind_proto){ proto, proto->name, span };
	}
}

/* One of what is joined to WORK says what follows: as bits it would be asked for again. */
static bool says_protocol(const struct bind_work *work)
{
	for (const struct bind_work *part = work->first; part; part = part->next) {
		if (field_of(&part->stmt)->select != FIELD_SELECT_NOTHING)
			return true;
		if (part == work->last)
			break;
	}
	return false;
}

static void push_parts(struct bind_rule_draft *draft, struct bind_rule *rule,
		       const struct bind_work *work)
{
	for (struct bind_work *part = work->first; part; part = part->next) {
		if (work->first != work->last)
			compare_exactly(draft->bind->diag, &part->stmt);
		*vec_push(draft->bind->scratch, &rule->stmts) = part->stmt;
		if (part == work->last)
			break;
	}
}

/* What is joined to WORK, as bits, and these as fields again as far as they are known. */
static void split(struct bind_rule_draft *draft, struct bind_rule *rule,
		  const struct bind_work *work)
{
	struct bind_depend depend = { .family = BIND_FAMILY_NETDEV };
	struct bind_stmt rest = whole_of(draft, work), piece;
	size_t before = rule->stmts.len;
	bool more = true;

	for (const struct bind_work *part = work->first; part; part = part->next) {
		learn(&depend, &part->stmt.key.parts.at[0], part->stmt.span);
		if (part == work->last)
			break;
	}
	while (more) {
		more = bind_take_bits(draft->bind->arena, &depend, &rest, &piece);
		*vec_push(draft->bind->scratch, &rule->stmts) = piece;
	}
	if (is_raw(field_of(&piece)) && says_protocol(work)) {
		rule->stmts.len = before;
		push_parts(draft, rule, work);
	}
}

/* The statements in their order after joining. */
static void settle_places(struct bind_rule_draft *draft, struct bind_rule *rule)
{
	for (size_t i = 0; i < draft->works.len; i++) {
		const struct bind_work *work = draft->works.at[i];

		if (work->gone)
			continue;
		if (is_nameless(work))
			split(draft, rule, work);
		else
			push_parts(draft, rule, work);
	}
}

/* --- plainer forms -------------------------------------------------------------------------- */

static bool is_bound(const struct bind_stmt *stmt, enum bind_match_op op)
{
	return stmt->kind == BIND_STMT_MATCH && !stmt->key.parts.at[0].tunnel &&
	       stmt->op == op && !has_mask(stmt) && !stmt->set;
}

/* LOW then HIGH, of one field, with something between them. */
static bool is_range(const struct bind_stmt *low, const struct bind_stmt *high)
{
	return is_bound(low, BIND_MATCH_GTE) && is_bound(high, BIND_MATCH_LTE) &&
	       field_of(low) == field_of(high) &&
	       low->key.parts.at[0].depth == high->key.parts.at[0].depth &&
	       low->value.value.lo <= high->value.value.lo;
}

static void settle_forms(struct bind_rule *rule)
{
	size_t len = 0;

	for (size_t i = 0; i < rule->stmts.len; i++) {
		struct bind_stmt *stmt = &rule->stmts.at[i];
		struct bind_stmt *prev = len ? &rule->stmts.at[len - 1] : NULL;

		if (prev && is_range(prev, stmt)) {
			prev->op = BIND_MATCH_EQ;
			prev->value.value.hi = stmt->value.value.lo;
			prev->value.value.form = BIND_FORM_RANGE;
			continue;
		}
		if (stmt->kind == BIND_STMT_MATCH && !has_mask(stmt) && !stmt->set &&
		    stmt->value.value.lo == u128_max(field_of(stmt)->bit_len) &&
		    (stmt->op == BIND_MATCH_ANY_OF || stmt->op == BIND_MATCH_NONE_OF)) {
			stmt->op = stmt->op == BIND_MATCH_ANY_OF ? BIND_MATCH_NEQ :
								    BIND_MATCH_EQ_EXPLICIT;
			stmt->value.value.lo = stmt->value.value.hi = 0;
		}
		rule->stmts.at[len++] = *stmt;
	}
	rule->stmts.len = len;
}

void bind_list_as_nft(struct bind_rule_draft *draft, struct bind_rule *rule)
{
	join_works(draft);
	settle_places(draft, rule);
	bind_leave_out(draft, rule);
	settle_forms(rule);
}
