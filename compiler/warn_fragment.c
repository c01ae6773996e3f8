/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_fragment: drops that fragments slip by.
 *
 * In: the IR.  Out: a warning when the ruleset drops by a transport field (`tcp dport 23 drop`)
 * under policy accept and no rule of it looks at fragments: later fragments have no transport
 * header, so they never meet that drop (SEMANTICS 9, D1).
 */
#include "compiler/warn_parts.h"

/* What of a chain: it is entered behind a transport test, or by nobody under policy accept. */
struct chain_facts {
	bool reached;			/* from a base chain with policy accept */
	bool behind_transport;		/* by a jump that stands behind a transport test */
};

struct facts {
	const struct ir *ir;
	struct chain_facts *chains;
	const struct ir_step *drop;	/* the first one behind a transport test */
	bool changed;
};

/* The raw bits of `ip frag-off`, or of what stands there in IPv6. */
#define FRAG_OFF_BIT 48
#define FRAG_OFF_END 64
#define NEXT_FRAGMENT 44

/*
 * `ip frag-off`, and for IPv6 the fragment header's fields, `exthdr frag`, or `ip6 nexthdr`, which
 * can name it.
 */
static bool field_speaks(const struct field *field)
{
	return (field->proto == PROTO_IP && !strcmp(field->name, "frag-off")) ||
	       (field->proto == PROTO_IP6 && !strcmp(field->name, "nexthdr")) ||
	       (field_base_of(field) == FIELD_BASE_EXTENSION &&
		field->number == NEXT_FRAGMENT) ||
	       (field->proto == PROTO_RAW && field->base == FIELD_BASE_NETWORK &&
		field->bit_off < FRAG_OFF_END &&
		field->bit_off + field->bit_len > FRAG_OFF_BIT);
}

static bool rule_speaks(const struct ir *ir, const struct ir_rule *rule)
{
	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		const struct ir_key *key;

		if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
			continue;
		key = &ir->keys.at[step->key];
		for (size_t j = 0; j < key->parts.len; j++)
			if (field_speaks(ir->loads.at[key->parts.at[j].load].field))
				return true;
	}
	return false;
}

/* What a failsafe rule looks at says nothing of the file's author. */
static bool speaks_of_fragments(const struct ir *ir)
{
	for (size_t i = 0; i < ir->rules.len; i++)
		if (!ir->rules.at[i].failsafe && rule_speaks(ir, &ir->rules.at[i]))
			return true;
	return false;
}

static void meet_verdict(struct facts *facts, const struct ir_step *step,
			 const struct ir_verdict *verdict, bool behind_transport)
{
	struct chain_facts *chain;

	if (verdict->kind == IR_VERDICT_DROP && behind_transport && !facts->drop)
		facts->drop = step;
	if (verdict->kind != IR_VERDICT_JUMP && verdict->kind != IR_VERDICT_GOTO)
		return;
	chain = &facts->chains[verdict->chain];
	if (chain->reached && (chain->behind_transport || !behind_transport))
		return;
	chain->reached = true;
	chain->behind_transport |= behind_transport;
	facts->changed = true;
}

/* Loads that fail on later fragments; whether an option is there can always be said. */
static bool reads_transport(const struct ir *ir, const struct ir_key *key)
{
	for (size_t i = 0; i < key->parts.len; i++) {
		const struct ir_load *load = &ir->loads.at[key->parts.at[i].load];
		struct ir_place place = ir_load_place(load);

		if (load->field->load == FIELD_LOAD_PRESENCE)
			continue;
		if (place.tunnel != PROTO_META || place.base == FIELD_BASE_TRANSPORT ||
		    place.base == FIELD_BASE_PAYLOAD || place.base == FIELD_BASE_TCP_OPTION ||
		    place.base == FIELD_BASE_SCTP_CHUNK)
			return true;
	}
	return false;
}

static void visit_rule(struct facts *facts, const struct ir_rule *rule)
{
	const struct ir *ir = facts->ir;
	bool behind_transport = facts->chains[rule->chain].behind_transport;

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		struct ir_verdict verdict;

		if (step->kind == IR_STEP_TEST || step->kind == IR_STEP_MAP)
			behind_transport |= reads_transport(ir, &ir->keys.at[step->key]);
		for (size_t at = 0; warn_next_verdict(ir, step, &at, &verdict);)
			meet_verdict(facts, step, &verdict, behind_transport);
	}
}

void warn_fragments(const struct ir *ir, struct arena *arena, struct diag *diag)
{
	struct facts facts = {
		.ir = ir,
		.chains = ARENA_ARRAY(arena, struct chain_facts, ir->chains.len + 1),
		.changed = true,
	};

	if (speaks_of_fragments(ir))
		return;
	for (size_t i = 0; i < ir->chains.len; i++)
		facts.chains[i].reached = ir->chains.at[i].is_base &&
					  ir->chains.at[i].policy == IR_VERDICT_ACCEPT;
	/* Facts only ever grow, and a chain has two: this ends. */
	while (facts.changed) {
		facts.changed = false;
		for (size_t i = 0; i < ir->rules.len; i++)
			if (facts.chains[ir->rules.at[i].chain].reached)
				visit_rule(&facts, &ir->rules.at[i]);
	}
	if (!facts.drop)
		return;
	diag_warning(diag, facts.drop->span,
		     "fragments behind the first have no transport header: this drop never "
		     "meets them");
	diag_help(diag, "'ip frag-off & 0x1fff != 0' matches them in IPv4, "
			"'frag frag-off != 0' in IPv6");
}
