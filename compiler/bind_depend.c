/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_depend: which protocols a rule has established so far, and what it takes to read a field.
 *
 * A field can be read once the headers below it are known to be there.  What the rule itself has
 * matched (`meta protocol ip`, `ether type ip`, `ip protocol tcp`) says so; what is missing is
 * added as a match in front of the statement that needs it, as nft does on a netdev ingress hook:
 *
 *	link		ether: always there.  vlan: `ether type 8021q`, unless the rule already is
 *			behind a tag; an error once a network protocol is known
 *	network		`meta protocol X`; `ether type X` when the rule has looked at the Ethernet
 *			header; `vlan type X` behind a tag
 *	transport	`meta l4proto X`; icmp and icmpv6 want their network protocol before it
 *	th		nothing
 *
 * All of this is read from the rows of field.c.  The `meta iiftype ether` that nft puts before
 * link header matches is left out: it is true on every device XDP runs on.
 *
 * Safety: the arrays have fixed sizes; a rule that names more protocols than fit is an error, or
 * (tags) stays at the last one that fits.
 */
#include "compiler/bind_private.h"

#define ETHER_TYPE_8021AD 0x88a8	/* IEEE 802.1Q: a service tag, same layout as 0x8100 */

/* Transport protocols that nft knows fields of and we do not: naming one excludes the others. */
static const struct { uint8_t number; const char *name; } other_transports[] = {
	{ 2, "igmp" }, { 33, "dccp" }, { 50, "esp" }, { 51, "ah" }, { 108, "comp" },
	{ 132, "sctp" }, { 136, "udplite" },
};

static const struct proto *proto_of_ether_type(u128 value)
{
	if (value == ETHER_TYPE_8021AD)
		value = 0x8100;
	for (unsigned int i = 0; value && i < PROTO_COUNT; i++) {
		if (field_protos[i].ether_type == value)
			return &field_protos[i];
	}
	return NULL;
}

/* False when nft does not know it either. */
static bool proto_of_number(u128 value, struct bind_proto *ret_proto)
{
	for (unsigned int i = 0; value && i < PROTO_COUNT; i++) {
		if (field_protos[i].l4proto == value) {
			ret_proto->proto = &field_protos[i];
			ret_proto->name = field_protos[i].name;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(other_transports) / sizeof(other_transports[0]); i++) {
		if (other_transports[i].number == value) {
			ret_proto->name = other_transports[i].name;
			return true;
		}
	}
	return false;
}

/* The row of PROTO that says what follows; NULL when nothing does. */
static const struct field *selector(const struct proto *proto, enum field_select select)
{
	for (size_t i = 0; i < field_count; i++) {
		if (field_proto(&field_table[i]) == proto && field_table[i].select == select)
			return &field_table[i];
	}
	return NULL;
}

/* The link protocol without an ether type: the Ethernet header itself. */
static const struct proto *link_root(void)
{
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		if (field_protos[i].base == FIELD_BASE_LINK && !field_protos[i].ether_type)
			return &field_protos[i];
	}
	return NULL;
}

static uint8_t depth_of(const struct bind_depend *depend, const struct field *field)
{
	bool tag = field_proto(field)->base == FIELD_BASE_LINK && field_proto(field)->ether_type;

	return (uint8_t)(tag && depend->tags ? depend->tags - 1 : 0);
}

static void imply(struct bind_rule_draft *draft, const struct field *field, u128 value,
		  struct source_span span)
{
	struct bind_work *work = bind_push(draft);

	work->stmt.kind = BIND_STMT_MATCH;
	work->stmt.span = span;
	work->stmt.field = field;
	work->stmt.depth = depth_of(&draft->depend, field);
	work->stmt.op = BIND_MATCH_EQ;
	work->stmt.value.lo = work->stmt.value.hi = value;
	work->stmt.value.span = span;
	if (field->load == FIELD_LOAD_HEADER)
		work->join = BIND_JOIN_EQ;
	bind_supply(&draft->depend, field, value, span);
}

static bool conflict(struct bind_rule_draft *draft, const struct bind_proto *known,
		     const struct proto *wanted, struct source_span span)
{
	struct diag *diag = draft->bind->diag;

	diag_error(diag, span, "conflicting protocols: '%s' after '%s'", wanted->name,
		   known->name);
	diag_label(diag, known->span, "this makes it '%s'", known->name);
	return false;
}

static bool mixed(struct bind_rule_draft *draft, const struct bind_proto *known,
		  const struct proto *wanted, struct source_span span)
{
	struct diag *diag = draft->bind->diag;

	diag_error(diag, span, "'%s' needs one protocol, but several are possible here",
		   wanted->name);
	diag_label(diag, known->span, "this names several");
	diag_help(diag, "write one rule for each protocol%s",
		  wanted->base == FIELD_BASE_TRANSPORT ? ", or 'th' for any ports" : "");
	return false;
}

static bool need_link(struct bind_rule_draft *draft, const struct proto *proto,
		      struct source_span span)
{
	struct bind_depend *depend = &draft->depend;
	const struct proto *root = link_root();

	if (!depend->link)
		depend->link = root;
	if (proto == root || proto == depend->link)
		return true;
	if (depend->network_known) {
		diag_error(draft->bind->diag, span,
			   "'%s' must stand before the match on what follows it", proto->name);
		diag_label(draft->bind->diag, depend->network.span, "this match");
		return false;
	}
	imply(draft, selector(root, FIELD_SELECT_ETHER_TYPE), proto->ether_type, span);
	return true;
}

static bool need_network(struct bind_rule_draft *draft, const struct proto *proto,
			 struct source_span span)
{
	struct bind_depend *depend = &draft->depend;
	const struct field *field;

	if (depend->network_known) {
		if (depend->network_mixed)
			return mixed(draft, &depend->network, proto, span);
		if (depend->network.proto == proto)
			return true;
		return conflict(draft, &depend->network, proto, span);
	}
	field = depend->link ? selector(depend->link, FIELD_SELECT_ETHER_TYPE)
			     : field_find_load(FIELD_LOAD_PROTOCOL);
	imply(draft, field, proto->ether_type, span);
	return true;
}

static bool need_transport(struct bind_rule_draft *draft, const struct proto *proto,
			   struct source_span span)
{
	struct bind_depend *depend = &draft->depend;

	if (!proto->l4proto)
		return true;
	if (depend->transport_count) {
		if (depend->transport_mixed)
			return mixed(draft, &depend->transport, proto, span);
		for (unsigned int i = 0; i < depend->transport_count; i++) {
			if (depend->transports[i].proto != proto)
				return conflict(draft, &depend->transports[i], proto, span);
		}
		return true;
	}
	if (!depend->network_known && proto->network != PROTO_META &&
	    !need_network(draft, &field_protos[proto->network], span))
		return false;
	if (depend->network_known && (!depend->network.proto ||
	    !selector(depend->network.proto, FIELD_SELECT_L4PROTO)))
		return conflict(draft, &depend->network, proto, span);
	imply(draft, field_find_load(FIELD_LOAD_L4PROTO), proto->l4proto, span);
	return true;
}

bool bind_need(struct bind_rule_draft *draft, const struct field *field, struct source_span span,
	       uint8_t *ret_depth)
{
	const struct proto *proto = field_proto(field);
	bool ok = true;

	switch (proto->base) {
	case FIELD_BASE_META:
		break;
	case FIELD_BASE_LINK:
		ok = need_link(draft, proto, span);
		break;
	case FIELD_BASE_NETWORK:
		ok = need_network(draft, proto, span);
		break;
	case FIELD_BASE_TRANSPORT:
		ok = need_transport(draft, proto, span);
		break;
	}
	*ret_depth = depth_of(&draft->depend, field);
	return ok;
}

static void know_network(struct bind_depend *depend, const struct proto *proto,
			 struct source_span span)
{
	depend->network_known = true;
	depend->network_mixed = false;
	depend->network.proto = proto;
	depend->network.name = proto ? proto->name : "unknown";
	depend->network.span = span;
}

static void know_transport(struct bind_depend *depend, const struct bind_proto *known)
{
	depend->transport = *known;
	for (unsigned int i = 0; i < depend->transport_count; i++) {
		if (!strcmp(depend->transports[i].name, known->name))
			return;
	}
	if (depend->transport_count < BIND_DEPEND_MAX)
		depend->transports[depend->transport_count++] = *known;
}

/* `ether type`, `vlan type`, `meta protocol`. */
static bool supply_ether_type(struct bind_depend *depend, const struct field *field, u128 value,
			      struct source_span span)
{
	const struct proto *proto = proto_of_ether_type(value);

	if (field->load != FIELD_LOAD_HEADER) {
		know_network(depend, proto, span);
		return false;
	}
	if (!proto)
		return false;
	if (proto->base != FIELD_BASE_LINK) {
		know_network(depend, proto, span);
		return false;
	}
	if (depend->tags < BIND_DEPEND_MAX)
		depend->tags++;
	depend->link = proto;
	return true;
}

bool bind_supply(struct bind_depend *depend, const struct field *field, u128 value,
		 struct source_span span)
{
	struct bind_proto known = { .name = "unknown", .span = span };

	switch (field->select) {
	case FIELD_SELECT_NOTHING:
		break;
	case FIELD_SELECT_ETHER_TYPE:
		return supply_ether_type(depend, field, value, span);
	case FIELD_SELECT_L4PROTO:
		/* A header's byte that names an unknown protocol says nothing, as in nft. */
		if (proto_of_number(value, &known) || field->load != FIELD_LOAD_HEADER)
			know_transport(depend, &known);
		break;
	}
	return false;
}

void bind_supply_several(struct bind_depend *depend, const struct field *field,
			 const struct bind_set *set, struct source_span span)
{
	struct bind_depend before = *depend;

	depend->network_known = false;
	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];

		if (element->form == BIND_FORM_VALUE)
			bind_supply(depend, field, element->lo, span);
	}
	if (!depend->network_known) {
		depend->network_known = before.network_known;
	} else if (set->elements.len > 1) {
		/* Unless the rule knew it before: then it is that one for sure. */
		depend->network_mixed = !before.network_known || before.network_mixed ||
					before.network.proto != depend->network.proto;
	}
	if (depend->transport_count > before.transport_count && set->elements.len > 1)
		depend->transport_mixed = true;
}
