/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan: chooses how the program does what the IR says.
 *
 * In: the IR.  Out: for every set and map that a rule can ask, compares or a table and the table's
 * place in the image; and the runs of rules that become functions.  Only chains that some entry
 * reaches are planned.
 *
 * Safety: nothing here changes what a rule means; a plan can only be slow or too big.  What is too
 * big for one program is an error here, with the place in the ruleset, not a refusal by the kernel.
 */
#include "compiler/plan.h"

#include "bpf/xdpfw_abi.h"
#include "compiler/plan_run.h"
#include "compiler/plan_table.h"

#define MAX_IMAGE_BYTES (64u << 20)	/* of one array value on Linux 6.1 */

uint32_t plan_word(const struct ir *ir, const struct ir_verdict *verdict)
{
	const struct ir_chain *chain;

	switch (verdict->kind) {
	case IR_VERDICT_CONTINUE:
		return WORD(ANSWER_CONTINUE, 0);
	case IR_VERDICT_ACCEPT:
		return WORD(ANSWER_ACCEPT, 0);
	case IR_VERDICT_DROP:
		return WORD(ANSWER_DROP, 0);
	case IR_VERDICT_RETURN:
		return WORD(ANSWER_RETURN, 0);
	case IR_VERDICT_JUMP:
		chain = &ir->chains.at[verdict->chain];
		return chain->rule_count ? WORD(ANSWER_JUMP, chain->first_rule) : 0;
	case IR_VERDICT_GOTO:
		chain = &ir->chains.at[verdict->chain];
		return chain->rule_count ? WORD(ANSWER_GOTO, chain->first_rule) :
					   WORD(ANSWER_RETURN, 0);
	}
	return 0;
}

static bool word_jumps(uint32_t word)
{
	return word >> 28 == ANSWER_JUMP;
}

bool plan_rule_jumps(const struct ir *ir, uint32_t rule)
{
	for (size_t i = 0; i < ir->rules.at[rule].steps.len; i++) {
		const struct ir_step *step = &ir->rules.at[rule].steps.at[i];
		const struct ir_map *map;

		if (step->kind == IR_STEP_VERDICT && word_jumps(plan_word(ir, &step->verdict)))
			return true;
		if (step->kind != IR_STEP_MAP)
			continue;
		map = &ir->maps.at[step->map];
		for (size_t j = 0; j < map->entries.len; j++)
			if (word_jumps(plan_word(ir, &map->entries.at[j].verdict)))
				return true;
	}
	return false;
}

static void use_chain(struct plan *plan, uint32_t chain);

static void use_verdict(struct plan *plan, const struct ir_verdict *verdict)
{
	if (verdict->kind == IR_VERDICT_JUMP || verdict->kind == IR_VERDICT_GOTO)
		use_chain(plan, verdict->chain);
}

/* Keys are as wide as the widest field that is looked up. */
static void widen(unsigned int *bits, const struct ir_load *load)
{
	unsigned int len = load->field->bit_len;
	unsigned int needed = len <= 32 ? 32 : len <= 64 ? 64 : 128;

	if (*bits < needed)
		*bits = needed;
}

static void use_step(struct plan *plan, const struct ir_step *step)
{
	const struct ir *ir = plan->ir;

	switch (step->kind) {
	case IR_STEP_TEST:
		widen(&plan->set_bits[step->set], &ir->loads.at[step->load]);
		break;
	case IR_STEP_COUNTER:
		break;
	case IR_STEP_VERDICT:
		use_verdict(plan, &step->verdict);
		break;
	case IR_STEP_MAP:
		if (!plan->map_bits[step->map])
			for (size_t i = 0; i < ir->maps.at[step->map].entries.len; i++)
				use_verdict(plan, &ir->maps.at[step->map].entries.at[i].verdict);
		widen(&plan->map_bits[step->map], &ir->loads.at[step->load]);
		break;
	}
}

/* Goes as deep as chains are nested, which bind bounds. */
static void use_chain(struct plan *plan, uint32_t number)
{
	const struct ir_chain *chain = &plan->ir->chains.at[number];

	if (plan->chain_used[number])
		return;
	plan->chain_used[number] = true;
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		const struct ir_rule *rule = &plan->ir->rules.at[chain->first_rule + i];

		for (size_t j = 0; j < rule->steps.len; j++)
			use_step(plan, &rule->steps.at[j]);
	}
}

static void use_entries(struct plan *plan)
{
	for (size_t i = 0; i < plan->ir->entries.len; i++)
		for (size_t j = 0; j < plan->ir->entries.at[i].chains.len; j++)
			use_chain(plan, plan->ir->entries.at[i].chains.at[j]);
}

/* No key of BITS bits can be above the last number of that width. */
static void add_entry(struct plan_entries *entries, struct arena *arena, u128 lo, u128 hi,
		      uint32_t result)
{
	u128 max = u128_max(entries->key_bits);

	if (!result || lo > max)
		return;
	*vec_push(arena, &entries->entries) =
		(struct plan_entry){ lo, hi < max ? hi : max, result };
}

static struct plan_entries set_entries(const struct plan *plan, uint32_t set, struct arena *arena)
{
	const struct ir_set *from = &plan->ir->sets.at[set];
	struct plan_entries entries = { .key_bits = plan->set_bits[set] };

	for (size_t i = 0; i < from->intervals.len; i++)
		add_entry(&entries, arena, from->intervals.at[i].lo, from->intervals.at[i].hi, 1);
	return entries;
}

static struct plan_entries map_entries(const struct plan *plan, uint32_t map, struct arena *arena)
{
	const struct ir_map *from = &plan->ir->maps.at[map];
	struct plan_entries entries = { .key_bits = plan->map_bits[map] };

	for (size_t i = 0; i < from->entries.len; i++)
		add_entry(&entries, arena, from->entries.at[i].lo, from->entries.at[i].hi,
			  plan_word(plan->ir, &from->entries.at[i].verdict));
	return entries;
}

/* Returns the new table's number. */
static uint32_t add_table(struct plan *plan, struct arena *arena,
			  const struct plan_entries *entries, bool is_map, uint32_t number)
{
	struct plan_table *table = vec_push(arena, &plan->tables);

	table->key_bits = entries->key_bits;
	table->is_map = is_map;
	table->set = number;
	table->offset = (uint32_t)plan->image_bytes;
	plan_table_choose(entries, arena, table);
	plan->image_bytes += (plan_table_bytes(table) + 15) & ~(size_t)15;
	return (uint32_t)(plan->tables.len - 1);
}

/* Where a rule first asks for a set or a map. */
static struct source_span find_user(const struct ir *ir, const struct plan_table *table)
{
	for (size_t i = 0; i < ir->rules.len; i++) {
		for (size_t j = 0; j < ir->rules.at[i].steps.len; j++) {
			const struct ir_step *step = &ir->rules.at[i].steps.at[j];

			if (table->is_map ? step->kind == IR_STEP_MAP && step->map == table->set :
					    step->kind == IR_STEP_TEST && step->set == table->set)
				return step->span;
		}
	}
	return (struct source_span){ 0, 0, 0 };
}

/* False when the tables have grown too big; checked after each, so offsets fit their 32 bits. */
static bool check_image(const struct plan *plan, struct diag *diag)
{
	if (plan->image_bytes <= MAX_IMAGE_BYTES)
		return true;
	diag_error(diag, find_user(plan->ir, &plan->tables.at[plan->tables.len - 1]),
		   "the sets and maps up to this one need more than %u MiB of tables",
		   MAX_IMAGE_BYTES >> 20);
	return false;
}

static bool make_tables(struct plan *plan, struct arena *arena, struct diag *diag)
{
	const struct ir *ir = plan->ir;
	struct plan_entries entries;

	for (uint32_t i = 0; i < ir->sets.len; i++) {
		*vec_push(arena, &plan->set_table) = PLAN_NO_TABLE;
		if (!plan->set_bits[i] || ir->sets.at[i].intervals.len <= PLAN_MAX_COMPARES)
			continue;
		entries = set_entries(plan, i, arena);
		plan->set_table.at[i] = add_table(plan, arena, &entries, false, i);
		if (!check_image(plan, diag))
			return false;
	}
	for (uint32_t i = 0; i < ir->maps.len; i++) {
		*vec_push(arena, &plan->map_table) = PLAN_NO_TABLE;
		if (!plan->map_bits[i] || ir->maps.at[i].entries.len <= PLAN_MAX_COMPARES)
			continue;
		entries = map_entries(plan, i, arena);
		plan->map_table.at[i] = add_table(plan, arena, &entries, true, i);
		if (!check_image(plan, diag))
			return false;
	}
	return true;
}

static void fill_image(struct plan *plan, struct arena *arena)
{
	plan->image = arena_alloc(arena, plan->image_bytes);
	for (size_t i = 0; i < plan->tables.len; i++) {
		const struct plan_table *table = &plan->tables.at[i];
		struct plan_entries entries = table->is_map ? map_entries(plan, table->set, arena) :
							      set_entries(plan, table->set, arena);

		plan_table_fill(&entries, table, plan->image + table->offset);
	}
}

static bool check_entries(const struct ir *ir, struct diag *diag)
{
	for (size_t i = 0; i < ir->entries.len; i++) {
		const struct ir_entry *entry = &ir->entries.at[i];

		if (entry->chains.len <= XDPFW_MAX_BASE_CHAINS)
			continue;
		diag_error(diag, entry->devices.at[0].span,
			   "device '%.*s' has %zu base chains, more than %u",
			   STR_ARG(entry->devices.at[0].name), entry->chains.len,
			   XDPFW_MAX_BASE_CHAINS);
		return false;
	}
	return true;
}

bool plan_make(const struct ir *ir, struct arena *arena, struct diag *diag, struct plan **ret_plan)
{
	struct plan *plan = ARENA_NEW(arena, struct plan);

	plan->ir = ir;
	plan->chain_used = ARENA_ARRAY(arena, bool, ir->chains.len + 1);
	plan->set_bits = ARENA_ARRAY(arena, unsigned int, ir->sets.len + 1);
	plan->map_bits = ARENA_ARRAY(arena, unsigned int, ir->maps.len + 1);
	if (!check_entries(ir, diag))
		return false;
	use_entries(plan);
	if (!make_tables(plan, arena, diag) || !plan_run_cut(plan, arena, diag))
		return false;
	fill_image(plan, arena);
	*ret_plan = plan;
	return true;
}
