/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_policy: base chains with policy drop that leave no way for what every host needs: ARP,
 * IPv6 neighbour discovery, answers of DHCP servers.
 *
 * In: the IR.  Out: one warning for each such chain.  Whether a chain lets a kind of packets in is
 * asked with a packet of which only the kind is known (warn_sample.c): a match on anything else may
 * be true or not, and when the packet can be accepted in any of these ways nothing is said.  So a
 * ruleset that cares for a kind in whatever way is left alone.
 *
 * A chain that accepts no IPv4 needs no ARP, and one that accepts no IPv6 or never speaks of it
 * needs no neighbour discovery.  ARP does not come to chains of family inet (SEMANTICS 8a).
 */
#include "compiler/warn_parts.h"

#define ETHER_TYPE_IPV6 0x86dd

/* Whether something is so: for some packets of the kind it is, for some not. */
enum truth { TRUTH_NO, TRUTH_YES, TRUTH_MAYBE };

/* What can become of packets that enter a chain. */
struct outcome {
	bool done;			/* known */
	bool accepts;			/* some are accepted */
	bool passes;			/* some come to its end, or return */
};

struct walk {
	const struct ir *ir;
	struct warn_sample sample;
	struct outcome *outcomes;	/* by chain */
	bool of_ipv6;			/* a rule on the way reads what only IPv6 has */
};

/* Whether BOX can hold the key, as far as its values are known. */
static enum truth box_holds(const struct ir_interval *box, const u128 *values,
			    const enum warn_known *known, size_t parts)
{
	enum truth truth = TRUTH_YES;

	for (size_t i = 0; i < parts; i++) {
		if (known[i] == WARN_UNKNOWN)
			truth = TRUTH_MAYBE;
		else if (values[i] < box[i].lo || values[i] > box[i].hi)
			return TRUTH_NO;
	}
	return truth;
}

/* Goes on from *AT to the first box that can hold the key. */
static enum truth find_box(const struct ir_interval *boxes, size_t count, const u128 *values,
			   const enum warn_known *known, size_t parts, size_t *at)
{
	for (; *at < count; (*at)++) {
		enum truth truth = box_holds(&boxes[*at * parts], values, known, parts);

		if (truth != TRUTH_NO)
			return truth;
	}
	return TRUTH_NO;
}

/* False when a load fails: then the rule ends. */
static bool load_key(const struct walk *walk, uint32_t number, u128 *values,
		     enum warn_known *known)
{
	const struct ir_key *key = &walk->ir->keys.at[number];

	for (size_t i = 0; i < key->parts.len; i++) {
		known[i] = warn_sample_load(&walk->sample, walk->ir, &key->parts.at[i],
					    &values[i]);
		if (known[i] == WARN_MISSING)
			return false;
	}
	return true;
}

static enum truth test_step(const struct walk *walk, const struct ir_step *step)
{
	const size_t parts = walk->ir->keys.at[step->key].parts.len;
	const struct ir_set *set = &walk->ir->sets.at[step->set];
	enum warn_known known[IR_MAX_PARTS];
	u128 values[IR_MAX_PARTS];
	enum truth truth;
	size_t at = 0;

	if (!load_key(walk, step->key, values, known))
		return TRUTH_NO;
	if (parts == 1 && known[0] == WARN_KNOWN)
		truth = ir_set_has(set, values) ? TRUTH_YES : TRUTH_NO;
	else
		truth = find_box(set->intervals.at, set->intervals.len / parts, values, known,
				 parts, &at);
	if (truth == TRUTH_MAYBE || !step->negate)
		return truth;
	return truth == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
}

static struct outcome walk_chain(struct walk *walk, uint32_t number);

/*
 * VERDICT is given.  Adds to *OUTCOME what becomes of the packet; true when it can come to the
 * next rule.
 */
static bool take_verdict(struct walk *walk, struct ir_verdict verdict, struct outcome *outcome)
{
	struct outcome below;

	switch (verdict.kind) {
	case IR_VERDICT_CONTINUE:
		return true;
	case IR_VERDICT_ACCEPT:
		outcome->accepts = true;
		return false;
	case IR_VERDICT_DROP:
		return false;
	case IR_VERDICT_RETURN:
		outcome->passes = true;
		return false;
	case IR_VERDICT_JUMP:
		below = walk_chain(walk, verdict.chain);
		outcome->accepts |= below.accepts;
		return below.passes;
	case IR_VERDICT_GOTO:
		below = walk_chain(walk, verdict.chain);
		outcome->accepts |= below.accepts;
		outcome->passes |= below.passes;
		return false;
	}
	return true;
}

/* *RET_GOES_ON: the rule can go on behind the look-up; *RET_NEXT: the next rule can come. */
static void walk_map(struct walk *walk, const struct ir_step *step, struct outcome *outcome,
		     bool *ret_goes_on, bool *ret_next)
{
	const size_t parts = walk->ir->keys.at[step->key].parts.len;
	const struct ir_map *map = &walk->ir->maps.at[step->map];
	enum warn_known known[IR_MAX_PARTS];
	u128 values[IR_MAX_PARTS];
	enum truth truth = TRUTH_NO;

	if (!load_key(walk, step->key, values, known)) {
		*ret_next = true;
		return;
	}
	for (size_t at = 0; truth != TRUTH_YES && at < map->entries.len; at++) {
		struct ir_verdict verdict;

		truth = find_box(map->intervals.at, map->entries.len, values, known, parts, &at);
		if (truth == TRUTH_NO)
			break;
		verdict = map->entries.at[at].verdict;
		if (verdict.kind == IR_VERDICT_CONTINUE)
			*ret_goes_on = true;
		else
			*ret_next |= take_verdict(walk, verdict, outcome);
	}
	if (truth == TRUTH_YES)
		return;
	if (!map->has_rest)
		*ret_next = true;
	else if (map->rest.verdict.kind == IR_VERDICT_CONTINUE)
		*ret_goes_on = true;
	else
		*ret_next |= take_verdict(walk, map->rest.verdict, outcome);
}

/* True when the packet can come to the next rule. */
static bool walk_rule(struct walk *walk, const struct ir_rule *rule, struct outcome *outcome)
{
	bool next = false;

	for (size_t i = 0; i < rule->steps.len; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		enum truth truth = TRUTH_YES;
		bool goes_on = true;

		if (step->kind == IR_STEP_TEST) {
			truth = test_step(walk, step);
			goes_on = truth != TRUTH_NO;
		} else if (step->kind == IR_STEP_VERDICT) {
			if (step->verdict.kind == IR_VERDICT_CONTINUE)
				continue;
			return take_verdict(walk, step->verdict, outcome) || next;
		} else if (step->kind == IR_STEP_MAP) {
			goes_on = false;
			walk_map(walk, step, outcome, &goes_on, &next);
		}
		next |= truth != TRUTH_YES;
		if (!goes_on)
			return next;
	}
	return true;
}

static bool is_of_ipv6(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_key *key;

	if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
		return false;
	key = &ir->keys.at[step->key];
	for (size_t i = 0; i < key->parts.len; i++) {
		const struct field *field = ir->loads.at[key->parts.at[i].load].field;
		const struct ir_set *set;

		if (field->proto == PROTO_IP6 || field_proto(field)->network == PROTO_IP6)
			return true;
		if (field->select != FIELD_SELECT_ETHER_TYPE || step->kind != IR_STEP_TEST ||
		    step->negate || key->parts.len != 1)
			continue;
		set = &ir->sets.at[step->set];
		for (size_t j = 0; j < set->intervals.len; j++)
			if (set->intervals.at[j].lo == ETHER_TYPE_IPV6 &&
			    set->intervals.at[j].hi == ETHER_TYPE_IPV6)
				return true;
	}
	return false;
}

static struct outcome walk_chain(struct walk *walk, uint32_t number)
{
	const struct ir_chain *chain = &walk->ir->chains.at[number];
	struct outcome outcome = { .done = true };
	bool comes = true;

	if (walk->outcomes[number].done)
		return walk->outcomes[number];
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &walk->ir->rules.at[chain->first_rule + i];

		for (size_t j = 0; j < rule->steps.len; j++)
			walk->of_ipv6 |= is_of_ipv6(walk->ir, &rule->steps.at[j]);
		if (comes)
			comes = walk_rule(walk, rule, &outcome);
	}
	outcome.passes |= comes;
	walk->outcomes[number] = outcome;
	return outcome;
}

/* Whether BASE accepts some packets of KIND, tagged or not. */
static bool lets_in(const struct ir *ir, uint32_t base, enum warn_sample_kind kind,
		    struct arena *arena, bool *of_ipv6)
{
	bool accepts = false;

	for (int tagged = 0; tagged < 2 && !accepts; tagged++) {
		struct walk walk = {
			.ir = ir,
			.outcomes = ARENA_ARRAY(arena, struct outcome, ir->chains.len),
		};

		warn_sample_make(kind, tagged, &walk.sample);
		accepts = walk_chain(&walk, base).accepts;
		*of_ipv6 |= walk.of_ipv6;
	}
	return accepts;
}

struct need {
	const char *name, *rule;
};

/* "a", "a and b", "a, b and c" */
static const char *join(const struct need *needs, size_t count, bool rules, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++) {
		const char *between = !i ? "" : i + 1 < count ? ", " : " and ";

		text = arena_printf(arena, rules ? "%s%s'%s'" : "%s%s%s", text, between,
				    rules ? needs[i].rule : needs[i].name);
	}
	return text;
}

static void warn_policy(const struct ir *ir, uint32_t base, struct arena *arena,
			struct diag *diag)
{
	const struct ir_chain *chain = &ir->chains.at[base];
	struct need needs[4];
	bool speaks = false, ignored = false, ipv4, ipv6;
	size_t count = 0;

	ipv6 = lets_in(ir, base, WARN_SAMPLE_IPV6, arena, &speaks);
	ipv4 = lets_in(ir, base, WARN_SAMPLE_IPV4, arena, &speaks);
	if (ipv4 && !chain->inet && !lets_in(ir, base, WARN_SAMPLE_ARP_REQUEST, arena, &ignored) &&
	    !lets_in(ir, base, WARN_SAMPLE_ARP_REPLY, arena, &ignored))
		needs[count++] = (struct need){ "ARP", "meta protocol arp accept" };
	if (ipv6 && speaks && !lets_in(ir, base, WARN_SAMPLE_ND_SOLICIT, arena, &ignored) &&
	    !lets_in(ir, base, WARN_SAMPLE_ND_ADVERT, arena, &ignored))
		needs[count++] = (struct need){ "neighbour discovery",
						"icmpv6 type { nd-neighbor-solicit, "
						"nd-neighbor-advert, nd-router-advert } accept" };
	if (ipv4 && !lets_in(ir, base, WARN_SAMPLE_DHCP_REPLY, arena, &ignored))
		needs[count++] = (struct need){ "DHCP", "udp sport 67 udp dport 68 accept" };
	else if (!ipv4 && ipv6 && speaks &&
		 !lets_in(ir, base, WARN_SAMPLE_DHCPV6_REPLY, arena, &ignored))
		needs[count++] = (struct need){ "DHCPv6", "udp sport 547 udp dport 546 accept" };
	if (!count)
		return;
	diag_warning(diag, chain->span, "the policy of chain '%.*s' drops all %s",
		     STR_ARG(chain->name), join(needs, count, false, arena));
	diag_help(diag, "%s%s", join(needs, count, true, arena),
		  count == 1 ? " lets it in" : " let them in");
}

/* Chains of dormant tables run on no device. */
static bool runs(const struct ir *ir, uint32_t base)
{
	for (size_t i = 0; i < ir->entries.len; i++)
		for (size_t j = 0; j < ir->entries.at[i].chains.len; j++)
			if (ir->entries.at[i].chains.at[j] == base)
				return true;
	return false;
}

void warn_policies(const struct ir *ir, struct arena *arena, struct diag *diag)
{
	for (uint32_t i = 0; i < ir->chains.len; i++)
		if (ir->chains.at[i].policy == IR_VERDICT_DROP && runs(ir, i))
			warn_policy(ir, i, arena, diag);
}
