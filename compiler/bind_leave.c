/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_leave: which statements nft's listing leaves out, because a later one says so anyway.
 *
 * Input: a rule's statements in their order.  Output: the same, with bits that turn out to be
 * fields named as such (bind_raw.c), and marks on what is not listed.  A match that says which
 * protocol follows is held until a field of that protocol is read; what was held is then left
 * out.  A statement that is no match lets go of all that is held: whether it happens depends on
 * what stands left of it.
 *
 * nft 1.0.6 leaves four things out that change what the listing means when it is loaded again;
 * these stay: `meta l4proto tcp` before `tcp option X missing`, `ip protocol tcp` before any tcp
 * option, a device type other than ether, and `vlan type 8021q` before `meta protocol`.
 *
 * Safety: only marks are set; a match left out is still carried out.
 */
#include <linux/if_arp.h>

#include "compiler/bind_private.h"

#define NOT_HELD 0			/* numbers of statements count from 1 */

/* The packet, or what is inside a tunnel. */
struct layer {
	struct bind_depend depend;
	size_t held[FIELD_BASE_TRANSPORT + 1];	/* by the base of what makes them superfluous */
	size_t held_type;		/* of an icmp message */
};

struct listing {
	struct bind *bind;
	struct arena *arena;
	struct bind_rule *rule;
	VEC(struct bind_stmt) stmts;
	struct layer layers[1 + BIND_TUNNELS];
};

static const struct field *field_of(const struct bind_stmt *stmt)
{
	return stmt->key.parts.at[0].field;
}

static bool is_untouched(const struct bind_part *part)
{
	return part->mask == u128_max(part->field->bit_len) && !part->flip && !part->shift;
}

static bool is_equal_op(const struct bind_stmt *stmt)
{
	return stmt->op == BIND_MATCH_EQ || stmt->op == BIND_MATCH_EQ_EXPLICIT;
}

static bool is_single(const struct bind_stmt *stmt)
{
	return stmt->kind == BIND_STMT_MATCH && !stmt->set && is_untouched(&stmt->key.parts.at[0]);
}

/* One comparison with one value, for equality. */
static bool is_value(const struct bind_stmt *stmt)
{
	return is_single(stmt) && stmt->value.value.form == BIND_FORM_VALUE && is_equal_op(stmt);
}

/* One comparison of whole values: its listing remembers that the field selects a protocol. */
static bool is_comparison(const struct bind_stmt *stmt)
{
	return is_single(stmt) && stmt->value.value.form != BIND_FORM_RANGE &&
	       (is_equal_op(stmt) || stmt->op == BIND_MATCH_NEQ);
}

static bool is_tag(const struct proto *proto)
{
	return proto->base == FIELD_BASE_LINK && proto->ether_type;
}

/* A field that says which protocol follows on the layer above BASE. */
static bool is_selector(const struct field *field)
{
	return field->select != FIELD_SELECT_NOTHING || field->load == FIELD_LOAD_NFPROTO;
}

static const struct bind_stmt *held(const struct listing *listing, const struct layer *layer,
				    enum field_base base)
{
	return layer->held[base] == NOT_HELD ? NULL :
					       &listing->stmts.at[layer->held[base] - 1];
}

static void drop(struct listing *listing, size_t *number)
{
	if (*number != NOT_HELD)
		listing->stmts.at[*number - 1].implied = true;
	*number = NOT_HELD;
}

/* Whether a field of header PROTO says all that HELD says, in nft's judgement. */
static bool covers(const struct bind_stmt *stmt, const struct field *field,
		   const struct bind_stmt *other)
{
	enum field_base base = field_proto(field)->base;
	const struct proto *proto = field_proto(field_of(other));

	if (proto->base == FIELD_BASE_META)
		return true;
	/* `ip protocol tcp` also says ip. */
	if (proto->base == FIELD_BASE_NETWORK && base == FIELD_BASE_TRANSPORT)
		return false;
	if (proto->base != base)
		return true;
	if (field->select != FIELD_SELECT_NOTHING && is_comparison(stmt))
		return false;
	if (is_tag(proto))
		return false;
	/* Of the link header: `vlan` alone means 8021q. */
	return other->value.value.lo == field_protos[PROTO_VLAN].ether_type;
}

/* Which network protocol STMT asks for; NULL: none that icmp is bound to. */
static const struct proto *network_of(const struct bind_stmt *stmt)
{
	u128 value = stmt->value.value.lo;

	if (field_of(stmt)->load == FIELD_LOAD_NFPROTO)
		return value == 2 ? &field_protos[PROTO_IP] :
		       value == 10 ? &field_protos[PROTO_IP6] : NULL;
	for (unsigned int i = PROTO_IP; i <= PROTO_IP6; i++) {
		if (field_protos[i].ether_type == value)
			return &field_protos[i];
	}
	return NULL;
}

/* Whether `meta l4proto NUMBER` says all that the network match OTHER says. */
static bool covers_network(u128 number, const struct bind_stmt *other)
{
	const struct proto *icmp = &field_protos[PROTO_ICMP], *icmpv6 = &field_protos[PROTO_ICMPV6];
	const struct proto *network;

	if (!is_selector(field_of(other)))
		return true;
	if (number != icmp->l4proto && number != icmpv6->l4proto)
		return false;
	network = network_of(other);
	if (network == &field_protos[PROTO_IP])
		return number == icmp->l4proto;
	return network != &field_protos[PROTO_IP6] || number == icmpv6->l4proto;
}

/* `vlan type 8021q`: without it the next `vlan` would be the same tag once more. */
static bool says_tag(const struct bind_stmt *stmt)
{
	return stmt && is_tag(field_proto(field_of(stmt))) &&
	       stmt->value.value.lo == field_protos[PROTO_VLAN].ether_type;
}

static void list_meta(struct listing *listing, struct layer *layer, size_t number)
{
	const struct bind_stmt *stmt = &listing->stmts.at[number - 1];
	const struct field *field = field_of(stmt);
	enum field_base below = FIELD_BASE_LINK;
	const struct bind_stmt *network;

	if (!is_value(stmt))
		return;
	bind_supply(&layer->depend, field, stmt->value.value.lo, stmt->span);
	if (field->load == FIELD_LOAD_IFTYPE) {
		if (stmt->value.value.lo == ARPHRD_ETHER)
			layer->held[FIELD_BASE_LINK] = number;
		return;
	}
	if (!is_selector(field))
		return;
	if (field->select == FIELD_SELECT_L4PROTO) {
		below = FIELD_BASE_NETWORK;
		network = held(listing, layer, below);
		if (network && covers_network(stmt->value.value.lo, network))
			drop(listing, &layer->held[below]);
	} else if (says_tag(held(listing, layer, below))) {
		layer->held[below] = NOT_HELD;
	} else {
		drop(listing, &layer->held[below]);
	}
	layer->held[below + 1] = number;
}

/* `icmp type X` says no more than `icmp mtu` does. */
static void list_icmp(struct listing *listing, struct layer *layer, size_t number)
{
	const struct bind_stmt *stmt = &listing->stmts.at[number - 1];
	const struct field *field = field_of(stmt);
	bool type = (field->proto == PROTO_ICMP || field->proto == PROTO_ICMPV6) &&
		    !strcmp(field->name, "type");

	for (size_t i = 0; i < stmt->key.parts.len && layer->held_type != NOT_HELD; i++) {
		const struct field *part = stmt->key.parts.at[i].field;
		const struct bind_stmt *other = &listing->stmts.at[layer->held_type - 1];

		if (part->icmp_type_count == 1 && other->value.value.lo == part->icmp_types[0])
			drop(listing, &layer->held_type);
	}
	if (type && is_value(stmt))
		layer->held_type = number;
}

/* One part of a key that reads a header. */
static void list_part(struct listing *listing, struct layer *layer, size_t number, size_t index)
{
	const struct bind_stmt *stmt = &listing->stmts.at[number - 1];
	const struct field *field = stmt->key.parts.at[index].field;
	enum field_base base = field_base_of(field);
	const struct bind_stmt *other;

	if (field->proto == PROTO_RAW)
		return;
	if (base == FIELD_BASE_EXTENSION || base == FIELD_BASE_IP_OPTION) {
		drop(listing, &layer->held[FIELD_BASE_NETWORK]);
		return;
	}
	if (base == FIELD_BASE_TCP_OPTION) {
		other = held(listing, layer, FIELD_BASE_TRANSPORT);
		if (other && field->load != FIELD_LOAD_PRESENCE &&
		    field_proto(field_of(other))->base == FIELD_BASE_META)
			drop(listing, &layer->held[FIELD_BASE_TRANSPORT]);
		return;
	}
	if (base > FIELD_BASE_TRANSPORT)
		return;
	if (base == FIELD_BASE_LINK && !layer->depend.link)
		layer->depend.link = &field_protos[PROTO_ETHER];
	other = held(listing, layer, base);
	if (other && covers(stmt, field, other))
		drop(listing, &layer->held[base]);
}

/* Where PART is read.  What is inside GRE also says that there is GRE. */
static struct layer *layer_of(struct listing *listing, size_t number, const struct bind_part *part)
{
	const struct bind_stmt *stmt = &listing->stmts.at[number - 1], *transport;
	struct layer *outer = &listing->layers[0], *layer;
	bool says_gre = part->field->proto != PROTO_META && part->tunnel != PROTO_VXLAN &&
			part->tunnel != PROTO_GENEVE;
	bool looked_up = stmt->kind == BIND_STMT_MATCH && stmt->key.parts.len == 1 &&
			 (stmt->set || stmt->value.value.form == BIND_FORM_RANGE ||
			  (stmt->op >= BIND_MATCH_LT && stmt->op <= BIND_MATCH_GTE));

	if (!part->tunnel)
		return outer;
	layer = &listing->layers[1 + part->tunnel - PROTO_VXLAN];
	layer->depend.tunnel = part->tunnel;
	transport = held(listing, outer, FIELD_BASE_TRANSPORT);
	if (transport && says_gre && !looked_up &&
	    field_proto(field_of(transport))->base == FIELD_BASE_META)
		drop(listing, &outer->held[FIELD_BASE_TRANSPORT]);
	return layer;
}

/* nft knows the first addresses of a routing header as segments, whatever they were called. */
static void name_segment(struct bind_part *part)
{
	const struct field *field = part->field;

	if ((field->proto != PROTO_RT0 && field->proto != PROTO_RT2) || !is_untouched(part))
		return;
	for (size_t i = 0; i < field_count; i++) {
		const struct field *other = &field_table[i];

		if (other->proto == PROTO_SRH && other->bit_off == field->bit_off &&
		    other->bit_len == field->bit_len)
			part->field = other;
	}
}

static void list_header(struct listing *listing, struct layer *layer, size_t number)
{
	struct bind_stmt *stmt = &listing->stmts.at[number - 1];
	const struct field *field;
	bool stacked = false, inside = false, value;

	for (size_t i = 0; i < stmt->key.parts.len; i++) {
		inside = inside || stmt->key.parts.at[i].tunnel;
		name_segment(&stmt->key.parts.at[i]);
	}
	bind_name_bits(listing->bind, &layer->depend, stmt);
	field = field_of(stmt);
	value = is_value(stmt) && field->proto != PROTO_RAW;
	if (value)
		stacked = bind_supply(&layer->depend, field, stmt->value.value.lo, stmt->span);
	else if (stmt->set && is_equal_op(stmt) && stmt->key.parts.len == 1 &&
		 !stmt->set->name.len && field->icmp_type_count == 0)
		bind_supply_several(&layer->depend, field, stmt->set, stmt->span);
	for (size_t i = 0; i < stmt->key.parts.len; i++) {
		const struct bind_part *part = &stmt->key.parts.at[i];

		if (part->field->proto != PROTO_META && (part->tunnel || !inside))
			list_part(listing, layer_of(listing, number, part), number, i);
	}
	if (value && field->select != FIELD_SELECT_NOTHING) {
		enum field_base base = field_base_of(field);

		layer->held[stacked ? base : base + 1] = number;
	}
	list_icmp(listing, layer, number);
}

static void list_key(struct listing *listing, size_t number)
{
	const struct bind_stmt *stmt = &listing->stmts.at[number - 1];
	const struct bind_part *part = &stmt->key.parts.at[0];
	struct layer *layer = layer_of(listing, number, part);

	if (stmt->key.parts.len == 1 && part->field->proto == PROTO_META)
		list_meta(listing, layer, number);
	else
		list_header(listing, layer, number);
}

static size_t push(struct listing *listing, const struct bind_stmt *stmt)
{
	*vec_push(listing->bind->scratch, &listing->stmts) = *stmt;
	return listing->stmts.len;
}

/* Bits that are compared, field by field as far as these are known. */
static void list_bits(struct listing *listing, const struct bind_stmt *stmt)
{
	struct bind_stmt rest = *stmt, piece;
	bool more = true;

	while (more) {
		more = bind_take_bits(listing->arena, &listing->layers[0].depend, &rest, &piece);
		list_key(listing, push(listing, &piece));
	}
}

static void let_go(struct listing *listing)
{
	for (size_t i = 0; i < 1 + BIND_TUNNELS; i++) {
		memset(listing->layers[i].held, 0, sizeof(listing->layers[i].held));
		listing->layers[i].held_type = NOT_HELD;
	}
}

void bind_leave_out(struct bind_rule_draft *draft, struct bind_rule *rule)
{
	struct listing listing = { .bind = draft->bind, .arena = draft->bind->arena,
				   .rule = rule };

	for (size_t i = 0; i < 1 + BIND_TUNNELS; i++)
		listing.layers[i].depend.family = draft->scope->table->family;
	for (size_t i = 0; i < rule->stmts.len; i++) {
		const struct bind_stmt *stmt = &rule->stmts.at[i];

		if (stmt->key.parts.len && bind_is_bits(stmt)) {
			list_bits(&listing, stmt);
			continue;
		}
		push(&listing, stmt);
		if (stmt->key.parts.len)
			list_key(&listing, listing.stmts.len);
		if (stmt->kind == BIND_STMT_COUNTER || stmt->kind == BIND_STMT_VERDICT)
			let_go(&listing);
	}
	memcpy(&rule->stmts, &listing.stmts, sizeof(rule->stmts));
}
