/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_row: rules as rows.
 *
 * In: plain rules (plan_block_plain.c), in their order.  Out: rows of labels, one or more for a
 * rule, and the action of each.  A set of boxes makes a row of each box, a map one of each entry.
 *
 * Safety: a rule does its action for a packet exactly when one of its rows holds; rows of one map
 * do not overlap, so which of them is asked first does not matter.
 */
#include <string.h>

#include "compiler/plan_block.h"

/* A single test that was met before, and what it takes. */
struct plan_known {
	uint32_t key, set;
	bool negate, taken;
	uint32_t axis, label;
};

/* The rows of one rule, while it is looked at. */
struct rows {
	struct plan_pose *pose;
	uint32_t rule;
	uint32_t *labels;		/* PLAN_MAX_AXES each */
	uint32_t *actions;
	size_t count;
	bool resumed;			/* what is behind the rule is asked when it matched, too */
};

static struct plan_known *known_slot(const struct plan_pose *pose, uint32_t key, uint32_t set,
				     bool negate)
{
	size_t slot = table_mix(key, set, negate) & (pose->known_slots - 1);
	const struct plan_known *at = &pose->known[slot];

	while (at->taken && (at->key != key || at->set != set || at->negate != negate)) {
		slot = (slot + 1) & (pose->known_slots - 1);
		at = &pose->known[slot];
	}
	return &pose->known[slot];
}

static void grow_known(struct plan_pose *pose)
{
	const struct plan_known *old = pose->known;
	size_t old_slots = pose->known_slots;

	pose->known_slots = old_slots ? 4 * old_slots : 256;
	pose->known = ARENA_ARRAY(pose->arena, struct plan_known, pose->known_slots);
	for (size_t i = 0; i < old_slots; i++)
		if (old[i].taken)
			*known_slot(pose, old[i].key, old[i].set, old[i].negate) = old[i];
}

/* As plan_axis_test(), of a test of one part. */
static bool find_known(struct plan_pose *pose, const struct ir_step *step, uint32_t *ret_axis,
		       uint32_t *ret_label)
{
	const struct ir_set *set = &pose->ir->sets.at[step->set];
	struct plan_known *known;

	if (2 * (pose->known_count + 1) > pose->known_slots)
		grow_known(pose);
	known = known_slot(pose, step->key, step->set, step->negate);
	if (!known->taken) {
		if (!plan_axis_test(pose, &pose->ir->keys.at[step->key].parts.at[0],
				    set->intervals.at, set->intervals.len, step->negate,
				    &known->axis, &known->label))
			return false;
		known->key = step->key;
		known->set = step->set;
		known->negate = step->negate;
		known->taken = true;
		pose->known_count++;
	}
	*ret_axis = known->axis;
	*ret_label = known->label;
	return true;
}

/* Row ROW asks for LABEL too; false: then it never holds. */
static bool narrow(struct rows *rows, uint32_t *row, uint32_t axis, uint32_t label)
{
	if (label == PLAN_ANY)
		return true;
	if (label != PLAN_LABEL_NEVER)
		label = plan_axis_meet(rows->pose, axis, row[axis], label);
	row[axis] = label;
	return label != PLAN_LABEL_NEVER;
}

static uint32_t *row_at(const struct rows *rows, size_t number)
{
	return rows->labels + number * PLAN_MAX_AXES;
}

static void copy_row(const struct rows *rows, size_t to, size_t from)
{
	memmove(row_at(rows, to), row_at(rows, from), PLAN_MAX_AXES * sizeof(uint32_t));
	rows->actions[to] = rows->actions[from];
}

/* All rows ask for LABEL too. */
static void narrow_all(struct rows *rows, uint32_t axis, uint32_t label)
{
	size_t left = 0;

	for (size_t i = 0; i < rows->count; i++) {
		if (!narrow(rows, row_at(rows, i), axis, label))
			continue;
		copy_row(rows, left++, i);
	}
	rows->count = left;
}

static bool add_single(struct rows *rows, const struct ir_step *step)
{
	uint32_t axis, label;

	if (!find_known(rows->pose, step, &axis, &label))
		return false;
	narrow_all(rows, axis, label);
	return true;
}

/* Row ROW also asks that KEY lies in the box at AT.  *RET_HOLDS: it can. */
static bool narrow_box(struct rows *rows, uint32_t *row, const struct ir_key *key,
		       const struct ir_interval *at, bool *ret_holds)
{
	*ret_holds = true;
	for (size_t i = 0; i < key->parts.len && *ret_holds; i++) {
		uint32_t axis, label;

		if (!plan_axis_test(rows->pose, &key->parts.at[i], &at[i], 1, false, &axis, &label))
			return false;
		*ret_holds = narrow(rows, row, axis, label);
	}
	return true;
}

/* Boxes from AT on: each row becomes as many as there are boxes.  ACTIONS of each, or NULL. */
static bool multiply(struct rows *rows, const struct ir_key *key, const struct ir_interval *at,
		     size_t boxes, const uint32_t *actions)
{
	struct rows made = *rows;
	bool holds;

	if (rows->count * boxes > PLAN_MAX_RULE_ROWS)
		return false;
	made.labels = ARENA_ARRAY(rows->pose->arena, uint32_t,
				  (rows->count * boxes + 1) * PLAN_MAX_AXES);
	made.actions = ARENA_ARRAY(rows->pose->arena, uint32_t, rows->count * boxes + 1);
	made.count = 0;
	for (size_t j = 0; j < boxes; j++) {
		for (size_t i = 0; i < rows->count; i++) {
			if (actions && actions[j] == PLAN_NO_RESULT)
				continue;
			memcpy(row_at(&made, made.count), row_at(rows, i),
			       PLAN_MAX_AXES * sizeof(uint32_t));
			made.actions[made.count] = actions ? actions[j] : rows->actions[i];
			if (!narrow_box(&made, row_at(&made, made.count), key,
					at + j * key->parts.len, &holds))
				return false;
			made.count += holds;
		}
	}
	*rows = made;
	return true;
}

static bool add_boxes(struct rows *rows, const struct ir_step *step)
{
	const struct ir_set *set = &rows->pose->ir->sets.at[step->set];
	const struct ir_key *key = &rows->pose->ir->keys.at[step->key];

	return multiply(rows, key, set->intervals.at, set->intervals.len / key->parts.len, NULL);
}

/* An answer that ends the base chain has room for a cell; what else is counted needs a wide row. */
static uint32_t add_action(struct rows *rows, uint32_t word, uint32_t counter, uint32_t object)
{
	struct plan_block *block = rows->pose->block;
	bool has_room = word >> 28 == ANSWER_ACCEPT || word >> 28 == ANSWER_DROP;
	uint32_t first = counter + 1, second = object + 1;	/* IR_NO_COUNTER is 0 */

	if (has_room && !first) {
		first = second;
		second = 0;
	}
	if (has_room) {
		word |= first;
		first = second;
		second = 0;
	}
	*vec_push(rows->pose->arena, &block->actions) = (struct table_action){
		.answer = (uint64_t)word << 32 | rows->rule,
		.counter = first,
		.object = second,
	};
	block->wide = block->wide || first || second;
	return (uint32_t)block->actions.len - 1;
}

static bool goes_on(uint32_t word)
{
	return word >> 28 == ANSWER_NONE || word >> 28 == ANSWER_CONTINUE;
}

static uint32_t entry_action(struct rows *rows, const struct ir_map_entry *entry)
{
	uint32_t word = plan_entry_word(rows->pose->ir, entry);

	return goes_on(word) ? PLAN_NO_RESULT : add_action(rows, word, entry->counter,
							   entry->object);
}

/* All values of the key's only part but those of the map's entries, in one label. */
static bool add_rest(struct rows *rows, const struct ir_step *step)
{
	const struct ir_map *map = &rows->pose->ir->maps.at[step->map];
	uint32_t action = entry_action(rows, &map->rest), axis, label;

	if (action == PLAN_NO_RESULT) {
		rows->count = 0;
		return true;
	}
	if (!plan_axis_test(rows->pose, &rows->pose->ir->keys.at[step->key].parts.at[0],
			    map->intervals.at, map->intervals.len, true, &axis, &label))
		return false;
	narrow_all(rows, axis, label);
	for (size_t i = 0; i < rows->count; i++)
		rows->actions[i] = action;
	return true;
}

static void put_rows(struct plan_pose *pose, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		for (size_t j = 0; j < PLAN_MAX_AXES; j++)
			*vec_push(pose->arena, &pose->labels) = row_at(rows, i)[j];
		*vec_push(pose->arena, &pose->results) = rows->actions[i];
		*vec_push(pose->arena, &pose->resumed) = rows->resumed;
	}
	pose->block->resumes = pose->block->resumes || (rows->resumed && rows->count);
}

static bool add_map(struct rows *rows, const struct ir_step *step)
{
	const struct ir_map *map = &rows->pose->ir->maps.at[step->map];
	struct arena *arena = rows->pose->arena;
	uint32_t *actions = ARENA_ARRAY(arena, uint32_t, map->entries.len + 1);
	struct rows rest = *rows;

	rest.labels = ARENA_ARRAY(arena, uint32_t, (rows->count + 1) * PLAN_MAX_AXES);
	rest.actions = ARENA_ARRAY(arena, uint32_t, rows->count + 1);
	memcpy(rest.labels, rows->labels, rows->count * PLAN_MAX_AXES * sizeof(uint32_t));
	for (size_t i = 0; i < map->entries.len; i++)
		actions[i] = entry_action(rows, &map->entries.at[i]);
	if (!multiply(rows, &rows->pose->ir->keys.at[step->key], map->intervals.at,
		      map->entries.len, actions))
		return false;
	if (map->has_rest && !add_rest(&rest, step))
		return false;
	put_rows(rows->pose, rows);
	if (map->has_rest)
		put_rows(rows->pose, &rest);
	rows->count = 0;
	return true;
}

/* WORD, or when it has none: what a rule does that only counts, at the end of the chain or not. */
static uint32_t end_word(const struct rows *rows, uint32_t word)
{
	const struct ir *ir = rows->pose->ir;
	const struct ir_chain *chain = &ir->chains.at[ir->rules.at[rows->rule].chain];

	if (!goes_on(word))
		return word;
	return rows->rule + 1 == chain->first_rule + chain->rule_count ?
		       WORD(ANSWER_RETURN, 0) : WORD(ANSWER_CONTINUE, rows->rule + 1);
}

/* What the rule does when all its tests are true. */
static void add_deed(struct rows *rows, uint32_t word, const uint32_t *counters)
{
	uint32_t action;

	if (!rows->count || (goes_on(word) && counters[0] == IR_NO_COUNTER))
		return;
	word = end_word(rows, word);
	rows->resumed = word >> 28 == ANSWER_JUMP || word >> 28 == ANSWER_CONTINUE;
	action = add_action(rows, word, counters[0], counters[1]);
	for (size_t i = 0; i < rows->count; i++)
		rows->actions[i] = action;
	put_rows(rows->pose, rows);
	rows->count = 0;
}

/* False: too many axes or rows. */
static bool add_steps(struct rows *rows, const struct ir_rule *rule)
{
	uint32_t counters[2] = { IR_NO_COUNTER, IR_NO_COUNTER };
	unsigned int counted = 0;

	for (size_t i = 0; i < rule->steps.len && rows->count; i++) {
		const struct ir_step *step = &rule->steps.at[i];

		switch (step->kind) {
		case IR_STEP_TEST:
			if (!(rows->pose->ir->keys.at[step->key].parts.len == 1 ?
			      add_single(rows, step) : add_boxes(rows, step)))
				return false;
			break;
		case IR_STEP_COUNTER:
			counters[counted++] = step->counter;
			break;
		case IR_STEP_VERDICT:
			if (step->verdict.kind == IR_VERDICT_CONTINUE)
				break;
			add_deed(rows, plan_word(rows->pose->ir, &step->verdict), counters);
			return true;
		case IR_STEP_MAP:
			return add_map(rows, step);
		}
	}
	add_deed(rows, 0, counters);
	return true;
}

/* What is taken back when something does not fit. */
struct mark {
	size_t axes, actions, action_of, results;
	bool resumes, wide;
};

static struct mark mark_pose(const struct plan_pose *pose)
{
	const struct plan_block *block = pose->block;

	return (struct mark){ block->axes.len, block->actions.len, block->action_of.len,
			      pose->results.len, block->resumes, block->wide };
}

static void take_back(struct plan_pose *pose, const struct mark *mark)
{
	struct plan_block *block = pose->block;

	/* Tests that are known may be of an axis that goes. */
	if (block->axes.len > mark->axes)
		pose->known_slots = pose->known_count = 0;
	block->axes.len = mark->axes;
	block->actions.len = mark->actions;
	block->action_of.len = mark->action_of;
	block->resumes = mark->resumes;
	block->wide = mark->wide;
	pose->results.len = pose->resumed.len = mark->results;
	pose->labels.len = mark->results * PLAN_MAX_AXES;
}

/* Between stretches are rules that are none of the block's. */
static void put_action_of(struct plan_pose *pose, uint32_t number)
{
	struct plan_block *block = pose->block;
	size_t wanted = block->shared ? number - block->first + 1 : block->action_of.len + 1;

	while (block->action_of.len < wanted)
		*vec_push(pose->arena, &block->action_of) = (uint32_t)block->actions.len;
}

bool plan_pose_rule(struct plan_pose *pose, uint32_t number)
{
	uint32_t labels[PLAN_MAX_AXES], action = 0;
	struct rows rows = { .pose = pose, .rule = number, .labels = labels, .actions = &action,
			     .count = 1 };
	struct mark mark = mark_pose(pose);

	put_action_of(pose, number);
	memset(labels, 0xff, sizeof(labels));
	if (pose->block->shared)
		labels[0] = pose->place;
	if (add_steps(&rows, &pose->ir->rules.at[number]) &&
	    pose->results.len <= PLAN_MAX_BLOCK_ROWS)
		return true;
	take_back(pose, &mark);
	return false;
}

/* Behind the stretch is more of its chain: there packets go on that none of its rules match. */
static void put_end(struct plan_pose *pose, uint32_t end)
{
	uint32_t labels[PLAN_MAX_AXES], action = (uint32_t)pose->block->actions.len;
	struct rows rows = { .pose = pose, .labels = labels, .actions = &action, .count = 1 };

	put_action_of(pose, end);
	*vec_push(pose->arena, &pose->block->actions) = (struct table_action){
		.answer = (uint64_t)WORD(ANSWER_CONTINUE, end) << 32,
	};
	memset(labels, 0xff, sizeof(labels));
	labels[0] = pose->place;
	put_rows(pose, &rows);
}

bool plan_pose_stretch(struct plan_pose *pose, struct plan_stretch *stretch)
{
	const struct ir_chain *chain =
		&pose->ir->chains.at[pose->ir->rules.at[stretch->first].chain];
	struct plan_block *block = pose->block;
	struct mark mark = mark_pose(pose);
	uint32_t rule = stretch->first;

	if (!block->stretches.len)
		block->first = stretch->first;
	pose->place = plan_axis_place(pose, stretch->first, stretch->end);
	while (rule < stretch->end && plan_pose_rule(pose, rule))
		rule++;
	if (rule == stretch->first || (rule < stretch->end && block->stretches.len)) {
		take_back(pose, &mark);
		return false;
	}
	stretch->end = block->end = rule;
	if (rule < chain->first_rule + chain->rule_count)
		put_end(pose, rule);
	*vec_push(pose->arena, &block->stretches) = *stretch;
	return true;
}
