/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_failsafe: rules in front of every base chain that let packets in whatever the file says.
 *
 * In: the failsafe rules, which are matches only, and the ruleset when all its commands have been
 * carried out.  Out: each base chain begins with them; they accept.  Every base chain has them
 * because an accept ends one base chain only.  Where the chain is of family inet a rule means what
 * it would mean written there; one about ARP, which such a chain lets by without a look, is not
 * put there: it would be an error.
 *
 * Safety: each rule is bound once as if it stood in a table of family netdev, so that one with a
 * mistake is refused whatever the file holds.  They have no counters and name nothing of the
 * ruleset, so they change no identity in it: a rule's .failsafe keeps it out of lists and keys.
 */
#include "compiler/bind_private.h"

static bool asks_for_arp(const struct bind_rule *rule)
{
	for (size_t i = 0; i < rule->stmts.len; i++) {
		const struct bind_stmt *stmt = &rule->stmts.at[i];

		for (size_t j = 0; j < stmt->key.parts.len; j++)
			if (stmt->key.parts.at[j].field->proto == PROTO_ARP)
				return true;
	}
	return false;
}

/* In CHAIN of SCOPE, which may be nobody's. */
static void add_rules(struct bind *bind, struct bind_scope *scope, struct bind_chain *chain)
{
	const struct bind_options *options = bind->options;

	for (size_t i = 0; i < options->failsafe_count; i++) {
		struct ast_rule rule = options->failsafe[i];
		struct ast_stmt accept = {
			.kind = AST_STMT_VERDICT,
			.span = rule.span,
			.verdict = { .kind = AST_VERDICT_ACCEPT },
		};

		if (scope->table->family == BIND_FAMILY_INET &&
		    asks_for_arp(&bind->ruleset->failsafe.at[i]))
			continue;
		/* The options keep theirs. */
		memset(&rule.stmts, 0, sizeof(rule.stmts));
		for (size_t j = 0; j < options->failsafe[i].stmts.len; j++)
			*vec_push(bind->arena, &rule.stmts) = options->failsafe[i].stmts.at[j];
		*vec_push(bind->arena, &rule.stmts) = accept;
		bind_add_rule(bind, scope, chain, &rule);
	}
	for (size_t i = 0; i < chain->rules.len; i++)
		chain->rules.at[i].failsafe = true;
}

static void add_to_chain(struct bind *bind, struct bind_scope *scope, struct bind_chain *chain)
{
	struct bind_chain front = { .table = chain->table };

	add_rules(bind, scope, &front);
	for (size_t i = 0; i < chain->rules.len; i++)
		*vec_push(bind->arena, &front.rules) = chain->rules.at[i];
	chain->rules.at = front.rules.at;
	chain->rules.len = front.rules.len;
	chain->rules.cap = front.rules.cap;
}

void bind_add_failsafe(struct bind *bind)
{
	struct bind_table table = { .family = BIND_FAMILY_NETDEV, .name = str_from("failsafe") };
	struct bind_scope nowhere = { .table = &table };
	struct bind_chain chain = { .table = &table };
	unsigned int errors = bind->diag->errors;

	if (!bind->options || !bind->options->failsafe_count)
		return;
	add_rules(bind, &nowhere, &chain);
	if (bind->diag->errors != errors)
		return;
	for (size_t i = 0; i < chain.rules.len; i++)
		*vec_push(bind->arena, &bind->ruleset->failsafe) = chain.rules.at[i];
	for (size_t i = 0; i < bind->scopes.len; i++) {
		struct bind_scope *scope = bind->scopes.at[i];

		for (size_t j = 0; j < scope->table->chains.len; j++)
			if (scope->table->chains.at[j]->is_base)
				add_to_chain(bind, scope, scope->table->chains.at[j]);
	}
}
