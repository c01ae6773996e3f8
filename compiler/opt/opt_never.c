/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opt_never: rules, and parts of rules, that never do anything.
 *
 * In: a chain.  Out: the same without rules whose tests exclude each other, without what stands
 * behind such tests, without tests that nothing comes after, and without rules that have nothing
 * left to do.
 *
 * Safety: a rule ends at the first test that is false, so where no value passes the tests up to
 * one of them, nothing behind it is ever done; what stands before it stays.  A test, and a
 * look-up whose entries neither count nor decide, only say whether the rule goes on, and when
 * nothing is there to go on to, that is all the same.  Elements of maps with a name can change,
 * so those stay.  A dropped rule owns counters that no packet ever came to: they are listed,
 * with the file's figures.
 */
#include "compiler/opt/opt_parts.h"

/* Takes away what stands behind tests that exclude each other. */
static bool cut_dead_end(struct opt_work *work, struct ir_rule *rule)
{
	struct regions regions;

	if (work->taken->rules[rule->source].second == REGION_NO_STEP)
		return false;
	region_find(work->ir, rule, rule->steps.len, work->arena, &regions);
	if (regions.second == REGION_NO_STEP)
		return false;
	rule->steps.len = regions.second;
	return true;
}

static bool entry_acts(const struct ir_map_entry *entry)
{
	return entry->verdict.kind != IR_VERDICT_CONTINUE || entry->counter != IR_NO_COUNTER ||
	       entry->object != IR_NO_COUNTER;
}

static bool map_acts(const struct ir_map *map)
{
	if (map->name.len || (map->has_rest && entry_acts(&map->rest)))
		return true;
	for (size_t i = 0; i < map->entries.len; i++)
		if (entry_acts(&map->entries.at[i]))
			return true;
	return false;
}

static bool step_acts(const struct ir *ir, const struct ir_step *step)
{
	switch (step->kind) {
	case IR_STEP_TEST:
		return false;
	case IR_STEP_COUNTER:
		return true;
	case IR_STEP_VERDICT:
		return step->verdict.kind != IR_VERDICT_CONTINUE;
	case IR_STEP_MAP:
		return map_acts(&ir->maps.at[step->map]);
	}
	return true;
}

static void cut_idle_tail(const struct ir *ir, struct ir_rule *rule)
{
	while (rule->steps.len && !step_acts(ir, &rule->steps.at[rule->steps.len - 1]))
		rule->steps.len--;
}

void opt_never(struct opt_work *work, struct opt_chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		struct ir_rule *rule = &chain->rules[i];
		bool dead;

		if (opt_is_fixed(work->ir, rule))
			continue;
		dead = cut_dead_end(work, rule);
		cut_idle_tail(work->ir, rule);
		if (!rule->steps.len)
			work->fates[rule->source].kind = dead ? OPT_FATE_NEVER : OPT_FATE_IDLE;
	}
	opt_sweep(work, chain);
}
