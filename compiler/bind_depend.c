/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_depend: which protocols a rule has established so far, and what it takes to read a field.
 *
 * A field can be read once the headers below it are known to be there.  What the rule itself has
 * matched (`meta protocol ip`, `ether type ip`, `ip protocol tcp`) says so; what is missing is
 * added as a match in front of the statement that needs it, as nft does on an ingress hook:
 *
 *	link		ether: always there.  vlan: `ether type 8021q`, unless the rule already is
 *			behind a tag; an error once a network protocol is known
 *	network		`meta protocol X` (table inet: `meta nfproto X`); `ether type X` when the
 *			rule has looked at the Ethernet header; `vlan type X` behind a tag
 *	transport	`meta l4proto X`; icmp, igmp and icmpv6 want their network protocol before
 *	icmp id, ...	the types of message that have the field
 *	th, raw		nothing; nor do TCP options and SCTP chunks, which the kernel looks for in
 *			TCP and SCTP only
 *	extension header, IPv4 option
 *			their network protocol, asked for at the rule's beginning
 *	tunnels		the transport protocol they are in; the same again inside, except that nft
 *			asks the tunnel's `meta protocol` even behind `vxlan ether saddr`
 *
 * All of this is read from the rows of field_table.c.  The `meta iiftype ether` that nft puts
 * before link header matches is left out: it is true on every device XDP runs on.
 *
 * Safety: the arrays have fixed sizes; a rule that names more protocols than fit is an error, or
 * (tags) stays at the last one that fits.
 */
#include <linux/if_arp.h>

#include "compiler/bind_private.h"

#define ETHER_TYPE_8021AD 0x88a8	/* IEEE 802.1Q: a service tag, same layout as 0x8100 */

/* Values of meta nfproto (enum of <linux/netfilter.h>). */
#define NFPROTO_OF_IPV4 2
#define NFPROTO_OF_IPV6 10

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

/* The Ethernet header, which needs no ether type. */
static const struct proto *link_root(void)
{
	return &field_protos[PROTO_ETHER];
}

static uint8_t depth_of(const struct bind_depend *depend, const struct field *field)
{
	bool tag = field_proto(field)->base == FIELD_BASE_LINK && field_proto(field)->ether_type;

	return (uint8_t)(tag && depend->tags ? depend->tags - 1 : 0);
}

static struct bind_work *imply(struct bind_rule_draft *draft, struct bind_depend *depend,
			       const struct field *field, u128 value, struct source_span span)
{
	struct bind_work *work = bind_push(draft);

	work->stmt.kind = BIND_STMT_MATCH;
	work->stmt.span = span;
	*vec_push(draft->bind->arena, &work->stmt.key.parts) = (struct bind_part){
		.field = field,
		.depth = depth_of(depend, field),
		.tunnel = depend->tunnel,
		.mask = u128_max(field->bit_len),
	};
	work->stmt.op = BIND_MATCH_EQ;
	work->stmt.value.value.lo = work->stmt.value.value.hi = value;
	work->stmt.value.span = span;
	if (field->load == FIELD_LOAD_HEADER && !depend->tunnel)
		work->join = BIND_JOIN_EQ;
	bind_supply(depend, field, value, span);
	return work;
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

static bool need_link(struct bind_rule_draft *draft, struct bind_depend *depend,
		      const struct proto *proto, struct source_span span)
{
	const struct proto *root = link_root();
	struct bind_proto other = { .name = "unknown", .span = depend->link_span };

	if (depend->link_mixed && (depend->link_other || proto != root))
		return mixed(draft, &other, proto, span);
	if (depend->link_other)
		return conflict(draft, &other, proto, span);
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
	imply(draft, depend, selector(root, FIELD_SELECT_ETHER_TYPE), proto->ether_type, span);
	return true;
}

/* What says that PROTO follows the link header; NULL when nothing here can. */
static const struct field *network_selector(const struct bind_depend *depend,
					    const struct proto *proto, bool beneath,
					    u128 *ret_value)
{
	bool ip = proto == &field_protos[PROTO_IP], ip6 = proto == &field_protos[PROTO_IP6];

	*ret_value = proto->ether_type;
	if (depend->tunnel) {
		/* Beneath an icmp match nft 1.1 reads the inner Ethernet header instead. */
		if (depend->link == link_root() && (beneath || (!ip && !ip6)))
			return selector(depend->link, FIELD_SELECT_ETHER_TYPE);
		if (!depend->link || depend->link == link_root())
			return field_find_load(FIELD_LOAD_PROTOCOL);
		return selector(depend->link, FIELD_SELECT_ETHER_TYPE);
	}
	if (depend->link)
		return selector(depend->link, FIELD_SELECT_ETHER_TYPE);
	if (depend->family != BIND_FAMILY_INET)
		return field_find_load(FIELD_LOAD_PROTOCOL);
	*ret_value = ip ? NFPROTO_OF_IPV4 : NFPROTO_OF_IPV6;
	return ip || ip6 ? field_find_load(FIELD_LOAD_NFPROTO) : NULL;
}

/* BENEATH: of a transport protocol that is bound to this one. */
static bool need_network(struct bind_rule_draft *draft, struct bind_depend *depend,
			 const struct proto *proto, bool beneath, struct source_span span)
{
	struct bind_proto other = { .name = "unknown", .span = depend->link_span };
	const struct field *field;
	u128 value;

	if (depend->network_known) {
		if (depend->network_mixed)
			return mixed(draft, &depend->network, proto, span);
		if (depend->network.proto == proto)
			return true;
		return conflict(draft, &depend->network, proto, span);
	}
	if (depend->link_other && depend->link_mixed)
		return mixed(draft, &other, proto, span);
	if (depend->link_other)
		return conflict(draft, &other, proto, span);
	field = network_selector(depend, proto, beneath, &value);
	if (!field) {
		diag_error(draft->bind->diag, span,
			   "a chain of family inet never sees '%s', only IPv4 and IPv6",
			   proto->name);
		diag_help(draft->bind->diag, "write this rule into a table of family netdev");
		return false;
	}
	imply(draft, depend, field, value, span);
	return true;
}

static bool need_transport(struct bind_rule_draft *draft, struct bind_depend *depend,
			   const struct proto *proto, struct source_span span)
{
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
	    !need_network(draft, depend, &field_protos[proto->network], true, span))
		return false;
	/* Of several it may be any: the order in which a set is written says nothing. */
	if (depend->network_known && !depend->network_mixed && (!depend->network.proto ||
	    !selector(depend->network.proto, FIELD_SELECT_L4PROTO)))
		return conflict(draft, &depend->network, proto, span);
	imply(draft, depend, field_find_load(FIELD_LOAD_L4PROTO), proto->l4proto, span);
	return true;
}

/* The set of the values that FIELD, an icmp type, has in a message with TYPES. */
static struct bind_set *types_set(struct bind *bind, const struct field *field,
				  const struct field *wanted, struct source_span span)
{
	struct bind_set *set = ARENA_NEW(bind->arena, struct bind_set);

	set->span = span;
	set->used = true;
	*vec_push(bind->arena, &set->kinds) = (struct bind_kind){ field->type, field->bit_len };
	for (unsigned int i = 0; i < wanted->icmp_type_count; i++) {
		*vec_push(bind->arena, &set->elements) = (struct bind_element){
			.value = { .lo = wanted->icmp_types[i], .hi = wanted->icmp_types[i] },
			.counter = BIND_NO_COUNTER,
			.span = span,
		};
	}
	return set;
}

static bool has_icmp_type(const struct field *field, unsigned int type)
{
	for (unsigned int i = 0; i < field->icmp_type_count; i++) {
		if (field->icmp_types[i] == type)
			return true;
	}
	return false;
}

/* `icmp id` is there in an echo and its reply only. */
static bool need_icmp_type(struct bind_rule_draft *draft, struct bind_depend *depend,
			   const struct field *field, struct source_span span)
{
	const struct proto *proto = field_proto(field);
	struct diag *diag = draft->bind->diag;
	struct bind_work *work;
	const struct field *type;

	if (!field->icmp_type_count)
		return true;
	if (depend->icmp_known) {
		/* The last of a set counts, and a record has its elements sorted. */
		if (has_icmp_type(field, depend->icmp_type) || draft->bind->options->listing)
			return true;
		diag_error(diag, span, "'%s %s' is not in a message of this type", proto->name,
			   field->name);
		diag_label(diag, depend->icmp_span, "this names the type");
		return false;
	}
	type = field_find(proto, str_from("type"));
	if (depend->tunnel) {
		diag_error(diag, span, "'%s %s' needs a match on the type before it", proto->name,
			   field->name);
		diag_help(diag, "nft 1.1 asks the outer packet for the type here: write '%s %s "
			  "type ...' first", field_protos[depend->tunnel].name, proto->name);
		return false;
	}
	work = imply(draft, depend, type, field->icmp_types[field->icmp_type_count - 1], span);
	if (field->icmp_type_count > 1) {
		work->stmt.set = types_set(draft->bind, type, field, span);
		work->join = BIND_JOIN_NO;
	}
	depend->icmp_known = true;
	depend->icmp_span = span;
	depend->icmp_type = field->icmp_types[field->icmp_type_count - 1];
	return true;
}

/* The matches that nft puts at the rule's beginning. */
static bool need_first(struct bind_rule_draft *draft, struct bind_depend *depend,
		       const struct proto *proto, struct source_span span)
{
	size_t before = draft->works.len;
	struct bind_work *work;

	if (!need_network(draft, depend, &field_protos[proto->network], false, span))
		return false;
	if (draft->works.len == before)
		return true;
	work = draft->works.at[before];
	memmove(draft->works.at + 1, draft->works.at, before * sizeof(*draft->works.at));
	draft->works.at[0] = work;
	return true;
}

/* The outer headers that TUNNEL is in. */
static bool need_tunnel(struct bind_rule_draft *draft, const struct proto *tunnel,
			struct source_span span)
{
	const struct proto *outer = tunnel->l4proto ? tunnel : &field_protos[tunnel->transport];
	struct bind_depend *depend = &draft->depend;

	if (outer->tunnel || depend->transport_count)
		return need_transport(draft, depend, outer, span);
	diag_error(draft->bind->diag, span, "'%s' needs the port of its tunnel before it",
		   tunnel->name);
	diag_help(draft->bind->diag, "write for example '%s dport %u %s ...'", outer->name,
		  tunnel == &field_protos[PROTO_VXLAN] ? 4789 : 6081, tunnel->name);
	return false;
}

struct bind_depend *bind_depend_of(struct bind_rule_draft *draft, enum proto_id tunnel)
{
	struct bind_depend *depend = &draft->depend;

	if (tunnel) {
		depend = &draft->inner[tunnel - PROTO_VXLAN];
		depend->tunnel = tunnel;
		if (!depend->link && field_protos[tunnel].tunnel_ether)
			depend->link = link_root();
	}
	depend->family = draft->scope->table->family;
	return depend;
}

static bool need(struct bind_rule_draft *draft, struct bind_depend *depend,
		 const struct field *field, struct source_span span)
{
	const struct proto *proto = field_proto(field);

	if (field->proto == PROTO_RAW)
		return true;
	switch (proto->base) {
	case FIELD_BASE_META:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
	case FIELD_BASE_COUNT:
		return true;
	case FIELD_BASE_LINK:
		return need_link(draft, depend, proto, span);
	case FIELD_BASE_NETWORK:
		return need_network(draft, depend, proto, false, span);
	case FIELD_BASE_TRANSPORT:
		return need_transport(draft, depend, proto, span) &&
		       need_icmp_type(draft, depend, field, span);
	case FIELD_BASE_TUNNEL:
		return need_tunnel(draft, proto, span);
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
		return need_first(draft, depend, proto, span);
	}
	return true;
}

bool bind_need(struct bind_rule_draft *draft, struct bind_part *part, struct source_span span)
{
	struct bind_depend *depend;

	if (part->tunnel && !need_tunnel(draft, &field_protos[part->tunnel], span))
		return false;
	depend = bind_depend_of(draft, part->tunnel);
	if (part->field->load == FIELD_LOAD_NFPROTO && depend->family != BIND_FAMILY_INET) {
		diag_error(draft->bind->diag, span,
			   "'meta nfproto' is only useful in a table of family inet");
		diag_help(draft->bind->diag, "write 'meta protocol ip' or 'meta protocol ip6'");
		return false;
	}
	if (!need(draft, depend, part->field, span))
		return false;
	part->depth = depth_of(depend, part->field);
	return true;
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

static void supply_nfproto(struct bind_depend *depend, u128 value, struct source_span span)
{
	if (value == NFPROTO_OF_IPV4)
		know_network(depend, &field_protos[PROTO_IP], span);
	else if (value == NFPROTO_OF_IPV6)
		know_network(depend, &field_protos[PROTO_IP6], span);
	else
		know_network(depend, NULL, span);
}

/* `meta iiftype`: nft knows the headers of Ethernet devices only. */
static void supply_device(struct bind_depend *depend, u128 value, struct source_span span)
{
	depend->link_other = value != ARPHRD_ETHER;
	depend->link_span = span;
	if (value == ARPHRD_ETHER)
		depend->link = link_root();
}

/* The type of an icmp message. */
static void supply_icmp_type(struct bind_depend *depend, const struct field *field, u128 value,
			     struct source_span span)
{
	if (field->proto != PROTO_ICMP && field->proto != PROTO_ICMPV6)
		return;
	if (strcmp(field->name, "type"))
		return;
	depend->icmp_known = true;
	depend->icmp_type = (uint8_t)value;
	depend->icmp_span = span;
}

/* `ether type`, `vlan type`, `meta protocol`. */
static bool supply_ether_type(struct bind_depend *depend, const struct field *field, u128 value,
			      struct source_span span)
{
	const struct proto *proto = proto_of_ether_type(value);

	if (field->load != FIELD_LOAD_HEADER) {
		/* In inet nft learns nothing from it. */
		if (depend->family != BIND_FAMILY_INET || depend->tunnel)
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

	if (field->load == FIELD_LOAD_NFPROTO)
		supply_nfproto(depend, value, span);
	else if (field->load == FIELD_LOAD_IFTYPE)
		supply_device(depend, value, span);
	switch (field->select) {
	case FIELD_SELECT_NOTHING:
		supply_icmp_type(depend, field, value, span);
		break;
	case FIELD_SELECT_ETHER_TYPE:
		return supply_ether_type(depend, field, value, span);
	case FIELD_SELECT_L4PROTO:
		/*
		 * A header's byte that names an unknown protocol says nothing, as in nft; to
		 * nft 1.0.6 GRE is one.
		 */
		if ((proto_of_number(value, &known) && !known.proto->tunnel) ||
		    field->load != FIELD_LOAD_HEADER)
			know_transport(depend, &known);
		break;
	}
	return false;
}

/* The last device or tag that a set names is what nft takes for granted: its order would matter. */
static void mix_link(struct bind_depend *depend, const struct bind_depend *before,
		     struct source_span span)
{
	bool other = depend->link_other && !before->link_other;

	if (!other && depend->tags == before->tags)
		return;
	depend->link_mixed = true;
	depend->link_span = span;
	depend->link = before->link;
	depend->tags = before->tags;
}

void bind_supply_several(struct bind_depend *depend, const struct field *field,
			 const struct bind_set *set, struct source_span span)
{
	struct bind_depend before = *depend;
	bool other = depend->link_other;

	depend->network_known = false;
	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];

		if (element->value.form == BIND_FORM_VALUE)
			bind_supply(depend, field, element->value.lo, span);
		other = other || depend->link_other;
	}
	depend->link_other = other;
	if (set->elements.len > 1)
		mix_link(depend, &before, span);
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
