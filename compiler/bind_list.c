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
 * Leaving out.  A match on a protocol is not listed if a later one needs it anyway.
 *
 * Plainer forms.  `th dport` behind `meta l4proto tcp` is `tcp dport`; a lower and an upper
 * bound behind each other are a range.
 *
 * Safety: statements are only moved and marked, never lost, but for an upper bound that became
 * part of a range.
 */
#include <stdlib.h>

#include "compiler/bind_private.h"

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

	return (struct candidate){
		.work = work,
		.base = field_proto(stmt->field)->base,
		.bit = field_base_bit(stmt->field, stmt->depth),
		.bits = stmt->field->bit_len,
		.join = work->join,
		.selects = stmt->field->select != FIELD_SELECT_NOTHING,
		.place = place,
	};
}

static void join_works(struct bind_rule_draft *draft)
{
	struct candidate *at;
	size_t len = 0;

	at = ARENA_ARRAY(draft->bind->arena, struct candidate, draft->works.len + 1);
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

/* The statements in their order after joining. */
static void settle_places(struct bind_rule_draft *draft, struct bind_rule *rule)
{
	struct arena *arena = draft->bind->arena;

	for (size_t i = 0; i < draft->works.len; i++) {
		const struct bind_work *work = draft->works.at[i];

		if (work->gone)
			continue;
		for (struct bind_work *part = work->first; part; part = part->next) {
			if (work->first != work->last)
				compare_exactly(draft->bind->diag, &part->stmt);
			*vec_push(arena, &rule->stmts) = part->stmt;
			if (part == work->last)
				break;
		}
	}
}

/* --- leaving out ---------------------------------------------------------------------------- */

/* Matches that a field of the given base makes superfluous; statement number + 1, 0: none. */
struct listing {
	struct bind_rule *rule;
	struct bind_depend depend;
	size_t held[FIELD_BASE_TRANSPORT + 1];
};

static bool is_value(const struct bind_stmt *stmt)
{
	return stmt->kind == BIND_STMT_MATCH && !stmt->set && !stmt->has_mask &&
	       stmt->value.form == BIND_FORM_VALUE &&
	       (stmt->op == BIND_MATCH_EQ || stmt->op == BIND_MATCH_EQ_EXPLICIT);
}

static bool is_tag(const struct proto *proto)
{
	return proto->base == FIELD_BASE_LINK && proto->ether_type;
}

/* One comparison of whole values: its listing remembers that the field selects a protocol. */
static bool is_comparison(const struct bind_stmt *stmt)
{
	return stmt->kind == BIND_STMT_MATCH && !stmt->set && !stmt->has_mask &&
	       stmt->value.form != BIND_FORM_RANGE &&
	       (stmt->op == BIND_MATCH_EQ || stmt->op == BIND_MATCH_EQ_EXPLICIT ||
		stmt->op == BIND_MATCH_NEQ);
}

/* Whether STMT, which reads a header, says all that HELD says, in nft's judgement. */
static bool covers(const struct bind_stmt *stmt, const struct bind_stmt *held)
{
	enum field_base base = field_proto(stmt->field)->base;
	const struct proto *proto = field_proto(held->field);

	if (proto->base == FIELD_BASE_META)
		return true;
	/* `ip protocol tcp` also says ip. */
	if (proto->base == FIELD_BASE_NETWORK && base == FIELD_BASE_TRANSPORT)
		return false;
	if (proto->base != base)
		return true;
	if (stmt->field->select != FIELD_SELECT_NOTHING && is_comparison(stmt))
		return false;
	if (is_tag(proto))
		return false;
	/* Of the link header: `vlan` alone means 8021q. */
	return held->value.lo == field_protos[PROTO_VLAN].ether_type;
}

static void drop_held(struct listing *listing, enum field_base base)
{
	if (listing->held[base])
		listing->rule->stmts.at[listing->held[base] - 1].implied = true;
	listing->held[base] = 0;
}

/* Whether `meta l4proto NUMBER` says all that the network match HELD says. */
static bool covers_network(u128 number, const struct bind_stmt *held)
{
	const struct proto *proto = NULL;

	if (held->field->select != FIELD_SELECT_ETHER_TYPE)
		return true;
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		if (field_protos[i].l4proto == number)
			proto = &field_protos[i];
	}
	if (!proto || proto->network == PROTO_META)
		return false;
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		const struct proto *other = &field_protos[i];

		/* Another transport protocol's network, so not this one's. */
		if (other->base == FIELD_BASE_TRANSPORT && other->network != PROTO_META &&
		    other->network != proto->network &&
		    field_protos[other->network].ether_type == held->value.lo)
			return false;
	}
	return true;
}

static void list_meta(struct listing *listing, size_t i)
{
	const struct bind_stmt *stmt = &listing->rule->stmts.at[i];
	enum field_base below;

	if (!is_value(stmt) || stmt->field->select == FIELD_SELECT_NOTHING)
		return;
	bind_supply(&listing->depend, stmt->field, stmt->value.lo, stmt->span);
	if (stmt->field->select == FIELD_SELECT_ETHER_TYPE) {
		below = FIELD_BASE_LINK;
		drop_held(listing, below);
	} else {
		below = FIELD_BASE_NETWORK;
		if (listing->held[below] &&
		    covers_network(stmt->value.lo,
				   &listing->rule->stmts.at[listing->held[below] - 1]))
			drop_held(listing, below);
	}
	listing->held[below + 1] = i + 1;
}

/* `th dport` is `tcp dport` when the transport protocol is known. */
static void name_transport(const struct listing *listing, struct bind_stmt *stmt)
{
	const struct proto *known = listing->depend.transport.proto;
	const struct proto *proto = field_proto(stmt->field);

	if (proto->base != FIELD_BASE_TRANSPORT || proto->l4proto || !known)
		return;
	for (size_t i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];

		if (field_proto(field) == known && field->bit_off == stmt->field->bit_off &&
		    field->bit_len == stmt->field->bit_len && field->type == stmt->field->type)
			stmt->field = field;
	}
}

static void list_header(struct listing *listing, size_t i)
{
	struct bind_stmt *stmt = &listing->rule->stmts.at[i];
	enum field_base base = field_proto(stmt->field)->base;
	bool value = is_value(stmt), stacked = false;

	name_transport(listing, stmt);
	if (value)
		stacked = bind_supply(&listing->depend, stmt->field, stmt->value.lo, stmt->span);
	if (listing->held[base] &&
	    covers(stmt, &listing->rule->stmts.at[listing->held[base] - 1]))
		drop_held(listing, base);
	if (value && stmt->field->select != FIELD_SELECT_NOTHING)
		listing->held[stacked ? base : base + 1] = i + 1;
}

static void leave_out(struct bind_rule *rule)
{
	struct listing listing = { .rule = rule };

	for (size_t i = 0; i < rule->stmts.len; i++) {
		const struct bind_stmt *stmt = &rule->stmts.at[i];

		switch (stmt->kind) {
		case BIND_STMT_MATCH:
		case BIND_STMT_VMAP:
			if (field_proto(stmt->field)->base == FIELD_BASE_META)
				list_meta(&listing, i);
			else
				list_header(&listing, i);
			break;
		case BIND_STMT_COUNTER:
		case BIND_STMT_VERDICT:
			/* A match left of these decides whether they happen. */
			memset(listing.held, 0, sizeof(listing.held));
			break;
		}
	}
}

/* --- plainer forms -------------------------------------------------------------------------- */

static bool is_bound(const struct bind_stmt *stmt, enum bind_match_op op)
{
	return stmt->kind == BIND_STMT_MATCH && stmt->op == op && !stmt->has_mask && !stmt->set;
}

/* LOW then HIGH, of one field, with something between them. */
static bool is_range(const struct bind_stmt *low, const struct bind_stmt *high)
{
	return is_bound(low, BIND_MATCH_GTE) && is_bound(high, BIND_MATCH_LTE) &&
	       low->field == high->field && low->depth == high->depth &&
	       low->value.lo <= high->value.lo;
}

static void settle_forms(struct bind_rule *rule)
{
	size_t len = 0;

	for (size_t i = 0; i < rule->stmts.len; i++) {
		struct bind_stmt *stmt = &rule->stmts.at[i];
		struct bind_stmt *prev = len ? &rule->stmts.at[len - 1] : NULL;

		if (prev && is_range(prev, stmt)) {
			prev->op = BIND_MATCH_EQ;
			prev->value.hi = stmt->value.lo;
			prev->value.form = BIND_FORM_RANGE;
			continue;
		}
		if (stmt->kind == BIND_STMT_MATCH && !stmt->has_mask && !stmt->set &&
		    stmt->value.lo == u128_max(stmt->field->bit_len) &&
		    (stmt->op == BIND_MATCH_ANY_OF || stmt->op == BIND_MATCH_NONE_OF)) {
			stmt->op = stmt->op == BIND_MATCH_ANY_OF ? BIND_MATCH_NEQ :
								    BIND_MATCH_EQ_EXPLICIT;
			stmt->value.lo = stmt->value.hi = 0;
		}
		rule->stmts.at[len++] = *stmt;
	}
	rule->stmts.len = len;
}

void bind_list(struct bind_rule_draft *draft, struct bind_rule *rule)
{
	join_works(draft);
	settle_places(draft, rule);
	leave_out(rule);
	settle_forms(rule);
}
