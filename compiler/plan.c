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

#include <string.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/plan_block.h"
#include "compiler/plan_cost.h"
#include "compiler/plan_named.h"
#include "compiler/plan_run.h"
#include "compiler/plan_table.h"

/*
 * Of nobody, behind the last table: verifiers take the place of its last word for up to a word
 * further, where clang makes one shift of an index and its element's size.
 */
#define IMAGE_MARGIN 64

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

uint32_t plan_entry_word(const struct ir *ir, const struct ir_map_entry *entry)
{
	return plan_word(ir, &entry->verdict);
}

static bool entry_counts(const struct ir_map_entry *entry)
{
	return entry->counter != IR_NO_COUNTER || entry->object != IR_NO_COUNTER;
}

bool plan_map_counts(const struct ir_map *map)
{
	for (size_t i = 0; i < map->entries.len; i++)
		if (entry_counts(&map->entries.at[i]))
			return true;
	return map->has_rest && entry_counts(&map->rest);
}

static bool word_jumps(uint32_t word)
{
	return word >> 28 == ANSWER_JUMP;
}

static bool map_jumps(const struct ir *ir, const struct ir_map *map)
{
	for (size_t i = 0; i < map->entries.len; i++)
		if (word_jumps(plan_entry_word(ir, &map->entries.at[i])))
			return true;
	return map->has_rest && word_jumps(plan_entry_word(ir, &map->rest));
}

bool plan_rule_jumps(const struct ir *ir, uint32_t rule)
{
	for (size_t i = 0; i < ir->rules.at[rule].steps.len; i++) {
		const struct ir_step *step = &ir->rules.at[rule].steps.at[i];

		if (step->kind == IR_STEP_VERDICT && word_jumps(plan_word(ir, &step->verdict)))
			return true;
		if (step->kind == IR_STEP_MAP && map_jumps(ir, &ir->maps.at[step->map]))
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

static void use_map(struct plan *plan, uint32_t number)
{
	const struct ir_map *map = &plan->ir->maps.at[number];

	if (plan->map_seen[number])
		return;
	plan->map_seen[number] = true;
	for (size_t i = 0; i < map->entries.len; i++)
		use_verdict(plan, &map->entries.at[i].verdict);
	if (map->has_rest)
		use_verdict(plan, &map->rest.verdict);
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

		for (size_t j = 0; j < rule->steps.len; j++) {
			const struct ir_step *step = &rule->steps.at[j];

			if (step->kind == IR_STEP_VERDICT)
				use_verdict(plan, &step->verdict);
			else if (step->kind == IR_STEP_MAP)
				use_map(plan, step->map);
		}
	}
}

static void use_entries(struct plan *plan)
{
	for (size_t i = 0; i < plan->ir->entries.len; i++)
		for (size_t j = 0; j < plan->ir->entries.at[i].chains.len; j++)
			use_chain(plan, plan->ir->entries.at[i].chains.at[j]);
}

/* Keys are as wide as the widest fields that are looked up. */
static void use_key(struct plan *plan, struct plan_look *look, uint32_t number)
{
	const struct ir_key *key = &plan->ir->keys.at[number];

	look->used = true;
	look->parts = (uint32_t)key->parts.len;
	for (uint32_t i = 0; i < look->parts; i++) {
		unsigned int bits = ir_part_bits(plan->ir, &key->parts.at[i]);
		uint32_t load = key->parts.at[i].load;

		plan->load_used[load] = true;
		if (field_load_is_given(plan->ir->loads.at[load].field->load))
			plan->reads_given = true;
		if (look->part_bits[i] < bits)
			look->part_bits[i] = (uint8_t)bits;
	}
}

bool plan_rule_is_compared(const struct plan *plan, uint32_t rule)
{
	return plan->chain_used[plan->ir->rules.at[rule].chain] && !plan->block_of[rule];
}

/* What compared rules ask. */
static void use_compared(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->ir->rules.len; i++) {
		const struct ir_rule *rule = &plan->ir->rules.at[i];

		for (size_t j = 0; plan_rule_is_compared(plan, i) && j < rule->steps.len; j++) {
			const struct ir_step *step = &rule->steps.at[j];

			if (step->kind == IR_STEP_TEST)
				use_key(plan, &plan->sets[step->set], step->key);
			else if (step->kind == IR_STEP_MAP)
				use_key(plan, &plan->maps[step->map], step->key);
		}
	}
}

static void use_problem(struct plan *plan, const struct plan_block *block,
			const struct plan_problem *problem)
{
	for (uint32_t i = 0; i < problem->dim_count; i++) {
		const struct plan_axis *axis = &block->axes.at[problem->dims[i].key_part];

		if (!axis->is_place)
			plan->load_used[axis->part.load] = true;
	}
}

/* What blocks ask. */
static void use_blocks(struct plan *plan)
{
	for (size_t i = 0; i < plan->blocks.len; i++) {
		const struct plan_block *block = plan->blocks.at[i];

		if (block->root != PLAN_NO_AXIS)
			plan->load_used[block->axes.at[block->root].part.load] = true;
		for (size_t j = 0; j < block->cases.len; j++)
			use_problem(plan, block, &block->cases.at[j].problem);
	}
}

size_t plan_take_image(struct plan *plan, size_t bytes)
{
	size_t at = (plan->image_bytes + 63) & ~(size_t)63;

	plan->image_bytes = at + ((bytes + 63) & ~(size_t)63);
	return at;
}

static struct plan_rows set_rows(const struct plan *plan, uint32_t number, struct arena *arena)
{
	const struct ir_set *set = &plan->ir->sets.at[number];
	const struct plan_look *look = &plan->sets[number];
	size_t count = set->intervals.len / look->parts;
	uint32_t *results = ARENA_ARRAY(arena, uint32_t, count + 1);

	for (size_t i = 0; i < count; i++)
		results[i] = 1;
	return (struct plan_rows){ look, set->intervals.at, count, results };
}

static struct plan_rows map_rows(const struct plan *plan, uint32_t number, struct arena *arena)
{
	const struct ir_map *map = &plan->ir->maps.at[number];
	const struct plan_look *look = &plan->maps[number];
	size_t count = map->entries.len;
	uint32_t *results = ARENA_ARRAY(arena, uint32_t, count + 1);

	for (size_t i = 0; i < count; i++)
		results[i] = look->by_number ? (uint32_t)i + 1 :
					       plan_entry_word(plan->ir, &map->entries.at[i]);
	return (struct plan_rows){ look, map->intervals.at, count, results };
}

/* The caller gives it a place. */
static void add_table(struct plan *plan, struct arena *arena, const struct plan_rows *rows,
		      bool is_map, uint32_t number)
{
	struct plan_table *table = vec_push(arena, &plan->tables);
	struct plan_look *look = is_map ? &plan->maps[number] : &plan->sets[number];

	table->is_map = is_map;
	table->set = number;
	plan_table_choose(plan, rows, arena, table);
	look->table = (uint32_t)(plan->tables.len - 1);
	look->key_bits = table->key_bits;
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

/* False when the last table is too much. */
static bool check_table(const struct plan *plan, struct diag *diag)
{
	const struct plan_table *table = &plan->tables.at[plan->tables.len - 1];

	if (table->kind == PLAN_BOXES && table->used > PLAN_MAX_BOXES) {
		diag_error(diag, find_user(plan->ir, table),
			   "%u concatenations with intervals, more than %u, in one set",
			   table->used, PLAN_MAX_BOXES);
		return false;
	}
	if (plan->shapes.len > PLAN_MAX_SHAPES) {
		diag_error(diag, find_user(plan->ir, table),
			   "more than %u kinds of concatenations in large sets with intervals",
			   PLAN_MAX_SHAPES);
		return false;
	}
	return true;
}

/* Asked after each, so offsets fit their 32 bits. */
static bool place_table(struct plan *plan, struct plan_table *table, struct diag *diag)
{
	size_t bytes = plan_named_table_bytes(plan, table);

	table->offset = (uint32_t)plan_take_image(plan, bytes);
	if (table->is_map && plan->maps[table->set].by_number)
		plan->maps[table->set].entries_at =
			table->offset + (uint32_t)((plan_table_bytes(table) + 63) & ~(size_t)63);
	if (plan->image_bytes <= PLAN_MAX_IMAGE_BYTES)
		return true;
	diag_error(diag, find_user(plan->ir, table),
		   "the sets and maps up to this one need more than %u MiB of tables",
		   PLAN_MAX_IMAGE_BYTES >> 20);
	return false;
}

/* Those that can move are last, all together. */
static bool place_tables(struct plan *plan, struct arena *arena, struct diag *diag)
{
	plan_named_choose(plan, arena);
	for (int moves = 0; moves <= 1; moves++) {
		if (moves)
			plan_named_begin(plan);
		for (size_t i = 0; i < plan->tables.len; i++)
			if (plan->tables.at[i].moves == moves &&
			    !place_table(plan, &plan->tables.at[i], diag))
				return false;
	}
	plan_named_end(plan);
	return true;
}

/* What a look-up by compares needs to know of its keys. */
static void compare_look(struct plan_look *look)
{
	look->table = PLAN_NO_TABLE;
	look->key_bits = look->parts == 1 ? plan_key_bits(look->part_bits[0]) : 0;
}

static bool make_set_table(struct plan *plan, uint32_t number, struct arena *arena,
			   struct diag *diag)
{
	struct plan_rows rows;

	compare_look(&plan->sets[number]);
	if (!plan->sets[number].used)
		return true;
	rows = set_rows(plan, number, arena);
	if (rows.count <= PLAN_MAX_COMPARES)
		return true;
	add_table(plan, arena, &rows, false, number);
	return check_table(plan, diag);
}

/* A word that says "as if it were not there" cannot be told from a key that is not there. */
static bool is_by_number(const struct ir *ir, const struct ir_map *map)
{
	if (plan_map_counts(map))
		return true;
	for (size_t i = 0; map->has_rest && i < map->entries.len; i++)
		if (!plan_entry_word(ir, &map->entries.at[i]))
			return true;
	return false;
}

static bool make_map_table(struct plan *plan, uint32_t number, struct arena *arena,
			   struct diag *diag)
{
	const struct ir_map *map = &plan->ir->maps.at[number];
	struct plan_look *look = &plan->maps[number];
	struct plan_rows rows;

	compare_look(look);
	if (!look->used || map->entries.len <= PLAN_MAX_COMPARES)
		return true;
	look->by_number = is_by_number(plan->ir, map);
	rows = map_rows(plan, number, arena);
	add_table(plan, arena, &rows, true, number);
	return check_table(plan, diag);
}

static bool make_tables(struct plan *plan, struct arena *arena, struct diag *diag)
{
	for (uint32_t i = 0; i < plan->ir->sets.len; i++)
		if (!make_set_table(plan, i, arena, diag))
			return false;
	for (uint32_t i = 0; i < plan->ir->maps.len; i++)
		if (!make_map_table(plan, i, arena, diag))
			return false;
	return place_tables(plan, arena, diag);
}

static void fill_entry(const struct ir *ir, const struct ir_map_entry *entry, uint8_t *bytes)
{
	struct table_entry filled = {
		.word = plan_entry_word(ir, entry),
		.counter = entry->counter == IR_NO_COUNTER ? 0 : entry->counter + 1,
		.object = entry->object == IR_NO_COUNTER ? 0 : entry->object + 1,
	};

	memcpy(bytes, &filled, sizeof(filled));
}

/* The rest, or a miss, is behind the entries. */
static void fill_entries(const struct plan *plan, uint32_t number)
{
	const struct ir_map *map = &plan->ir->maps.at[number];
	uint8_t *bytes = plan->image + plan->maps[number].entries_at;

	for (size_t i = 0; i < map->entries.len; i++)
		fill_entry(plan->ir, &map->entries.at[i], bytes + i * sizeof(struct table_entry));
	if (map->has_rest)
		fill_entry(plan->ir, &map->rest,
			   bytes + map->entries.len * sizeof(struct table_entry));
}

/* Where counters are in the image that the loader shall make cells of. */
static void list_cells(struct plan *plan, struct arena *arena)
{
	for (size_t i = 0; i < plan->blocks.len; i++)
		plan_block_cells(plan->blocks.at[i], arena, plan);
	if (plan->image_bytes)
		plan->image_bytes += IMAGE_MARGIN +
				     plan->cell_lists.len * sizeof(*plan->cell_lists.at) +
				     sizeof(uint32_t);
}

static void fill_cells(struct plan *plan)
{
	uint32_t count = (uint32_t)plan->cell_lists.len;
	uint8_t *end = plan->image + plan->image_bytes;

	if (!plan->image_bytes)
		return;
	memcpy(end - sizeof(count), &count, sizeof(count));
	if (count)
		memcpy(end - sizeof(count) - count * sizeof(*plan->cell_lists.at),
		       plan->cell_lists.at, count * sizeof(*plan->cell_lists.at));
}

static void fill_image(struct plan *plan, struct arena *arena)
{
	list_cells(plan, arena);
	plan->image = arena_alloc(arena, plan->image_bytes);
	fill_cells(plan);
	plan_block_fill(plan);
	plan_run_fill(plan);
	plan_named_fill(plan);
	for (size_t i = 0; i < plan->tables.len; i++) {
		const struct plan_table *table = &plan->tables.at[i];

		plan_table_fill(table, plan->image);
		if (table->is_map && plan->maps[table->set].by_number)
			fill_entries(plan, table->set);
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

bool plan_make(const struct ir *ir, const struct plan_options *options, struct arena *arena,
	       struct diag *diag, struct plan **ret_plan)
{
	struct plan *plan = ARENA_NEW(arena, struct plan);

	plan->ir = ir;
	plan->options = *options;
	if (plan_force_is_table(options->force)) {
		plan->force_table = options->force;
		plan->options.force = NULL;
	}
	plan->chain_used = ARENA_ARRAY(arena, bool, ir->chains.len + 1);
	plan->load_used = ARENA_ARRAY(arena, bool, ir->loads.len + 1);
	plan->sets = ARENA_ARRAY(arena, struct plan_look, ir->sets.len + 1);
	plan->maps = ARENA_ARRAY(arena, struct plan_look, ir->maps.len + 1);
	plan->map_seen = ARENA_ARRAY(arena, bool, ir->maps.len + 1);
	if (!check_entries(ir, diag))
		return false;
	use_entries(plan);
	plan_block_cut(plan, arena);
	plan_cache_choose(plan, arena);
	use_blocks(plan);
	use_compared(plan);
	if (!make_tables(plan, arena, diag) || !plan_run_cut(plan, arena, diag))
		return false;
	fill_image(plan, arena);
	*ret_plan = plan;
	return true;
}
