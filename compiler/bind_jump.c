/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_jump: loops, and how deep jumps go.
 *
 * Input: the finished chains.  A chain leads to the chains that its rules jump or go to, by a
 * verdict or through a map.  Output: errors for a chain that leads back to itself, and for a base
 * chain with more than LIMITS_JUMP_DEPTH jumps behind each other (gotos count, as in the kernel's
 * own check).
 *
 * Safety: every chain is entered once, so the recursion is at most LIMITS_CHAINS deep; a map's
 * targets are gathered once, however many rules use it.
 */
#include "compiler/bind_private.h"

struct target {
	struct bind_site *site;
	struct source_span span;
};

struct target_list {
	bool gathered;
	VEC(struct target) targets;
};

struct jumps {
	struct bind *bind;
	struct target_list *maps;	/* by the set's number */
	const struct bind_set **seen;	/* by the chain's number: the last map that leads there */
};

/* Each chain that the map leads to once. */
static const struct target_list *map_targets(struct jumps *jumps, const struct bind_set *map)
{
	struct target_list *list = &jumps->maps[map->number];

	for (size_t i = 0; !list->gathered && i < map->elements.len; i++) {
		const struct bind_element *element = &map->elements.at[i];
		const struct bind_chain *chain = element->verdict.chain;

		if (!chain || jumps->seen[chain->number] == map)
			continue;
		jumps->seen[chain->number] = map;
		*vec_push(jumps->bind->arena, &list->targets) = (struct target){
			jumps->bind->sites.at[chain->number], element->span };
	}
	list->gathered = true;
	return list;
}

static void visit(struct jumps *jumps, struct bind_site *site);

static void follow(struct jumps *jumps, struct bind_site *from, struct bind_site *to,
		   struct source_span span)
{
	struct diag *diag = jumps->bind->diag;

	if (to->state == BIND_SITE_OPEN) {
		diag_error(diag, span, "chain '%.*s' leads back to itself",
			   STR_ARG(to->chain->name));
		diag_label(diag, to->chain->span, "the chain");
		return;
	}
	if (to->state == BIND_SITE_NEW)
		visit(jumps, to);
	if (to->height + 1 > from->height) {
		from->height = to->height + 1;
		from->tallest = to;
		from->tallest_span = span;
	}
}

static void visit(struct jumps *jumps, struct bind_site *site)
{
	site->state = BIND_SITE_OPEN;
	for (size_t i = 0; i < site->chain->rules.len; i++) {
		const struct bind_rule *rule = &site->chain->rules.at[i];

		for (size_t j = 0; j < rule->stmts.len; j++) {
			const struct bind_stmt *stmt = &rule->stmts.at[j];
			const struct target_list *list;

			if (stmt->kind == BIND_STMT_VERDICT && stmt->verdict.chain)
				follow(jumps, site,
				       jumps->bind->sites.at[stmt->verdict.chain->number],
				       stmt->span);
			if (stmt->kind != BIND_STMT_VMAP)
				continue;
			list = map_targets(jumps, stmt->set);
			for (size_t k = 0; k < list->targets.len; k++)
				follow(jumps, site, list->targets.at[k].site,
				       list->targets.at[k].span);
		}
	}
	site->state = BIND_SITE_DONE;
}

static void tell_depth(struct bind *bind, const struct bind_site *base)
{
	const struct bind_site *site = base;

	for (unsigned int i = 0; i < LIMITS_JUMP_DEPTH; i++)
		site = site->tallest;
	diag_error(bind->diag, site->tallest_span, "jumps are nested more than %d deep here",
		   LIMITS_JUMP_DEPTH);
	diag_label(bind->diag, base->chain->span, "counted from this base chain");
}

void bind_check_jumps(struct bind *bind)
{
	struct jumps jumps = { .bind = bind };
	unsigned int errors = bind->diag->errors;

	jumps.maps = ARENA_ARRAY(bind->arena, struct target_list, bind->ruleset->sets.len + 1);
	jumps.seen = ARENA_ARRAY(bind->arena, const struct bind_set *, bind->sites.len + 1);
	for (size_t i = 0; i < bind->sites.len; i++) {
		if (bind->sites.at[i]->state == BIND_SITE_NEW)
			visit(&jumps, bind->sites.at[i]);
	}
	if (bind->diag->errors != errors)
		return;
	for (size_t i = 0; i < bind->sites.len; i++) {
		const struct bind_site *site = bind->sites.at[i];

		if (site->chain->is_base && site->height > LIMITS_JUMP_DEPTH)
			tell_depth(bind, site);
	}
}
