/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * region: what values the tests of a rule leave over for each key.
 *
 * In: a rule.  Out: for each key of one part a list of intervals; when the rule's tests are true
 * the key lies in them.  What is not understood leaves the list as it is, so it can only be too
 * long: an empty list is sure.  Named sets are not understood, for their elements can change while
 * the ruleset is in force; keys of several parts neither; nor keys that two loads in a row do not
 * agree on.
 */
#include "compiler/region.h"

/* More of them than this are not worked out. */
#define MAX_INTERVALS 1024
/* Pairs of boxes that are compared. */
#define MAX_BOX_PAIRS 4096

/* A packet stays on its CPU. */
static bool load_is_steady(const struct ir_load *load)
{
	return !field_load_is_given(load->field->load) || load->field->load == FIELD_LOAD_CPU;
}

bool region_key_is_steady(const struct ir *ir, uint32_t number)
{
	const struct ir_key *key = &ir->keys.at[number];

	for (size_t i = 0; i < key->parts.len; i++)
		if (!load_is_steady(&ir->loads.at[key->parts.at[i].load]))
			return false;
	return true;
}

/* A test on a key of one part whose set stays what it is. */
bool region_understands(const struct ir *ir, const struct ir_step *step)
{
	return step->kind == IR_STEP_TEST && ir->keys.at[step->key].parts.len == 1 &&
	       !ir->sets.at[step->set].name.len && region_key_is_steady(ir, step->key);
}

static void push(struct arena *arena, struct region *region, u128 lo, u128 hi)
{
	*vec_push(arena, &region->intervals) = (struct ir_interval){ lo, hi };
}

/* All that the part can be: its loads may be constant or never succeed, its mask may be 0. */
void region_start(const struct ir *ir, uint32_t number, struct arena *arena,
		  struct region *ret_region)
{
	const struct ir_part *part = &ir->keys.at[number].parts.at[0];
	enum field_load load = ir->loads.at[part->load].field->load;
	u128 constant = ir_part_apply(ir, part, 0);

	*ret_region = (struct region){ .key = number };
	if (load == FIELD_LOAD_NEVER)
		return;
	if (load == FIELD_LOAD_ZERO || !part->mask)
		push(arena, ret_region, constant, constant);
	else
		push(arena, ret_region, 0, u128_max(ir_part_bits(ir, part)));
}

struct region region_intersect(const struct region *region, const struct ir_set *set,
			       struct arena *arena)
{
	struct region out = { .key = region->key };
	size_t i = 0, j = 0;

	while (i < region->intervals.len && j < set->intervals.len) {
		const struct ir_interval *a = &region->intervals.at[i];
		const struct ir_interval *b = &set->intervals.at[j];
		u128 lo = a->lo > b->lo ? a->lo : b->lo, hi = a->hi < b->hi ? a->hi : b->hi;

		if (lo <= hi)
			push(arena, &out, lo, hi);
		if (a->hi < b->hi)
			i++;
		else
			j++;
	}
	return out;
}

struct region region_subtract(const struct region *region, const struct ir_set *set,
			      struct arena *arena)
{
	struct region out = { .key = region->key };
	size_t j = 0;

	for (size_t i = 0; i < region->intervals.len; i++) {
		struct ir_interval left = region->intervals.at[i];
		bool gone = false;

		while (j && (j == set->intervals.len || set->intervals.at[j].lo > left.lo))
			j--;
		for (; !gone && j < set->intervals.len && set->intervals.at[j].lo <= left.hi;
		     j++) {
			const struct ir_interval *cut = &set->intervals.at[j];

			if (cut->hi < left.lo)
				continue;
			if (cut->lo > left.lo)
				push(arena, &out, left.lo, cut->lo - 1);
			gone = cut->hi >= left.hi;
			if (!gone)
				left.lo = cut->hi + 1;
		}
		if (!gone)
			push(arena, &out, left.lo, left.hi);
	}
	return out;
}

/* Single values that the part's mask and flip can never make are none of the region. */
static void drop_impossible(const struct ir *ir, struct region *region)
{
	const struct ir_part *part = &ir->keys.at[region->key].parts.at[0];
	size_t kept = 0;

	for (size_t i = 0; i < region->intervals.len; i++) {
		struct ir_interval interval = region->intervals.at[i];

		if (interval.lo == interval.hi && (interval.lo ^ part->flip) & ~part->mask)
			continue;
		region->intervals.at[kept++] = interval;
	}
	region->intervals.len = kept;
}

static struct region *get_region(const struct regions *regions, uint32_t key)
{
	for (size_t i = 0; i < regions->regions.len; i++)
		if (regions->regions.at[i].key == key)
			return &regions->regions.at[i];
	return NULL;
}

/*
 * The test before step END on the same key with which it cannot be true; END when it never is true
 * by itself; REGION_NO_STEP when it takes more than one other.
 */
static uint32_t find_opponent(const struct ir *ir, const struct ir_rule *rule, uint32_t end,
			      struct arena *arena)
{
	const struct ir_step *last = &rule->steps.at[end];

	for (uint32_t i = end; i <= end; i--) {
		const struct ir_step *step = &rule->steps.at[i];
		struct region region = { 0 };

		if (i < end && (!region_understands(ir, step) || step->key != last->key))
			continue;
		region_start(ir, last->key, arena, &region);
		for (uint32_t j = 0; j < 2; j++) {
			const struct ir_step *test = j ? last : step;
			const struct ir_set *set = &ir->sets.at[test->set];

			region = test->negate ? region_subtract(&region, set, arena) :
						region_intersect(&region, set, arena);
			drop_impossible(ir, &region);
		}
		if (!region.intervals.len)
			return i;
	}
	return REGION_NO_STEP;
}

void region_find(const struct ir *ir, const struct ir_rule *rule, size_t steps,
		 struct arena *arena, struct regions *ret_regions)
{
	struct regions regions = { .first = REGION_NO_STEP, .second = REGION_NO_STEP };

	for (uint32_t i = 0; i < steps; i++) {
		const struct ir_step *step = &rule->steps.at[i];
		struct region *region, next;
		const struct ir_set *set;

		if (!region_understands(ir, step))
			continue;
		set = &ir->sets.at[step->set];
		region = get_region(&regions, step->key);
		if (!region) {
			region = vec_push(arena, &regions.regions);
			region_start(ir, step->key, arena, region);
		}
		if (set->intervals.len + region->intervals.len > MAX_INTERVALS)
			continue;
		next = step->negate ? region_subtract(region, set, arena) :
				      region_intersect(region, set, arena);
		drop_impossible(ir, &next);
		*region = next;
		if (region->intervals.len || regions.second != REGION_NO_STEP)
			continue;
		regions.first = find_opponent(ir, rule, i, arena);
		regions.second = i;
	}
	*ret_regions = regions;
}

/* --- what follows from them ----------------------------------------------------------------- */

/* The first interval of SET that does not end before VALUE; .len: none. */
static size_t find_from(const struct ir_set *set, u128 value)
{
	size_t first = 0, end = set->intervals.len;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (set->intervals.at[middle].hi < value)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* Whether all of REGION lies in SET, or with NEGATE nothing of it. */
static bool region_lies(const struct region *region, const struct ir_set *set, bool negate)
{
	for (size_t i = 0; i < region->intervals.len; i++) {
		const struct ir_interval *interval = &region->intervals.at[i], *found;
		size_t at = find_from(set, interval->lo);

		found = at < set->intervals.len ? &set->intervals.at[at] : NULL;
		if (negate && found && found->lo <= interval->hi)
			return false;
		if (!negate && (!found || found->lo > interval->lo || found->hi < interval->hi))
			return false;
	}
	return true;
}

static bool box_in_box(const struct ir_interval *inner, const struct ir_interval *outer,
		       uint32_t parts)
{
	for (uint32_t i = 0; i < parts; i++)
		if (inner[i].lo < outer[i].lo || inner[i].hi > outer[i].hi)
			return false;
	return true;
}

/* Whether each box of INNER lies in one of OUTER. */
static bool boxes_lie(const struct ir_set *inner, const struct ir_set *outer)
{
	const uint32_t parts = inner->parts;

	if (inner->intervals.len / parts * (outer->intervals.len / parts) > MAX_BOX_PAIRS)
		return false;
	for (size_t i = 0; i < inner->intervals.len; i += parts) {
		bool lies = false;

		for (size_t j = 0; !lies && j < outer->intervals.len; j += parts)
			lies = box_in_box(&inner->intervals.at[i], &outer->intervals.at[j], parts);
		if (!lies)
			return false;
	}
	return true;
}

/* Whether TEST follows from the one test TOLD, by key and set alone. */
static bool test_follows(const struct ir *ir, const struct ir_step *told,
			 const struct ir_step *test)
{
	const struct ir_set *given = &ir->sets.at[told->set], *wanted = &ir->sets.at[test->set];

	if (told->kind != IR_STEP_TEST || told->key != test->key)
		return false;
	if (told->set == test->set && told->negate == test->negate)
		return true;
	if (ir->keys.at[test->key].parts.len == 1 || given->name.len || wanted->name.len ||
	    told->negate || test->negate)
		return false;
	return boxes_lie(given, wanted);
}

bool region_implies(const struct ir *ir, const struct regions *regions,
		    const struct ir_rule *rule, size_t steps, const struct ir_step *test)
{
	const struct region *region;

	if (!region_key_is_steady(ir, test->key))
		return false;
	for (size_t i = 0; i < steps; i++)
		if (test_follows(ir, &rule->steps.at[i], test))
			return true;
	region = get_region(regions, test->key);
	return region && region_understands(ir, test) &&
	       region_lies(region, &ir->sets.at[test->set], test->negate);
}
