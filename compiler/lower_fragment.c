/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_fragment: the one warning of lower.
 *
 * In: the IR.  Out: a warning when the ruleset drops by a transport field (`tcp dport 23 drop`)
 * under policy accept and no rule of it looks at fragments: later fragments have no transport
 * header, so they never meet that drop (SEMANTICS 9, D1).
 */
#include "compiler/lower_parts.h"

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

/* `ip frag-off`, and for IPv6 `ip6 nexthdr`, which can name the fragment header. */
static bool speaks_of_fragments(const struct ir *ir)
{
	for (size_t i = 0; i < ir->loads.len; i++) {
		const struct field *field = ir->loads.at[i].field;

		if ((field->proto == PROTO_IP && !strcmp(field->name, "frag-off")) ||
		    (field->proto == PROTO_IP6 && !strcmp(field->name, "nexthdr")))
			return true;
	}
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

static void visit_rule(struct facts *facts, const struct ir_rule *rule)
{
	const struct ir *ir = facts->ir;
	bool behind_transport = facts->chains[rule->chain].behind_transport;

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		if (step->kind == IR_STEP_TEST || step->kind == IR_STEP_MAP)
			behind_transport |= field_proto(ir->loads.at[step->load].field)->base ==
					    FIELD_BASE_TRANSPORT;
		if (step->kind == IR_STEP_VERDICT)
			meet_verdict(facts, step, &step->verdict, behind_transport);
		for (size_t j = 0; step->kind == IR_STEP_MAP &&
				   j < ir->maps.at[step->map].entries.len; j++)
			meet_verdict(facts, step, &ir->maps.at[step->map].entries.at[j].verdict,
				     behind_transport);
	}
}

void lower_warn_fragments(const struct ir *ir, struct arena *arena, struct diag *diag)
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
			"'ip6 nexthdr ipv6-frag' in IPv6");
}
