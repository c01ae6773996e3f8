/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_set: what a key is compared with: intervals, boxes, and maps of them.
 *
 * In: bound elements.  Out: numbers of sets and maps, sorted as ir.h says.  Values of a wide field
 * are numbers of several digits, the parts: what lies between two of them is a few boxes.
 *
 * A named set is lowered when the first rule uses it and shared; equal anonymous ones are shared
 * too.  A set whose elements count is a map when it is asked for its members.  Asked with != it
 * counts nothing: a key that is in no element meets none.  The kernel does not look at the counters
 * that elements of a map of counters have themselves.
 */
#include <stdlib.h>

#include "compiler/lower_parts.h"

/* A set or map while it is made. */
struct draft {
	uint32_t parts;
	bool is_map;
	VEC(struct ir_interval) intervals;
	VEC(struct ir_map_entry) entries;	/* of a map: one for each box */
	struct ir_interval box[IR_MAX_PARTS];	/* the next one */
	struct ir_map_entry entry;
};

static const struct ir_map_entry no_entry = {
	.verdict = { .kind = IR_VERDICT_CONTINUE },
	.counter = IR_NO_COUNTER,
	.object = IR_NO_COUNTER,
};

static void add_box(struct lower *lower, struct draft *draft)
{
	for (uint32_t i = 0; i < draft->parts; i++)
		*vec_push(lower->arena, &draft->intervals) = draft->box[i];
	if (draft->is_map)
		*vec_push(lower->arena, &draft->entries) = draft->entry;
}

/* Whether all parts of VALUES from PART on are those of OTHER. */
static bool same_rest(const u128 *values, const u128 *other, uint32_t part, uint32_t parts)
{
	for (; part < parts; part++)
		if (values[part] != other[part])
			return false;
	return true;
}

/* The ends of a number of several digits. */
struct span {
	u128 lo[IR_MAX_PARTS], hi[IR_MAX_PARTS];
};

/*
 * All numbers from LO to HI, whose digits before PART are fixed in the draft's box.  ALL has the
 * smallest and the largest of each digit.
 */
static void add_between(struct lower *lower, struct draft *draft, uint32_t part, const u128 *lo,
			const u128 *hi, const struct span *all)
{
	u128 from, to;

	while (part < draft->parts && lo[part] == hi[part]) {
		draft->box[part] = (struct ir_interval){ lo[part], lo[part] };
		part++;
	}
	if (part == draft->parts) {
		add_box(lower, draft);
		return;
	}
	from = lo[part];
	to = hi[part];
	if (!same_rest(lo, all->lo, part + 1, draft->parts)) {
		draft->box[part] = (struct ir_interval){ from, from };
		add_between(lower, draft, part + 1, lo, all->hi, all);
		from++;
	}
	if (!same_rest(hi, all->hi, part + 1, draft->parts)) {
		draft->box[part] = (struct ir_interval){ to, to };
		add_between(lower, draft, part + 1, all->lo, hi, all);
		to--;
	}
	if (from > to)
		return;
	draft->box[part] = (struct ir_interval){ from, to };
	for (uint32_t i = part + 1; i < draft->parts; i++)
		draft->box[i] = (struct ir_interval){ all->lo[i], all->hi[i] };
	add_box(lower, draft);
}

static void add_span(struct lower *lower, struct draft *draft, const struct span *span,
		     const struct span *all)
{
	add_between(lower, draft, 0, span->lo, span->hi, all);
}

/* --- sorting -------------------------------------------------------------------------------- */

struct sorted {
	const struct ir_interval *box;
	const struct ir_map_entry *entry;
	uint32_t parts;
};

static int compare_sorted(const void *a, const void *b)
{
	const struct sorted *left = a, *right = b;

	return ir_compare_boxes(left->box, right->box, left->parts);
}

static bool is_sorted(const struct draft *draft)
{
	const uint32_t parts = draft->parts;

	for (size_t i = parts; i < draft->intervals.len; i += parts)
		if (ir_compare_boxes(&draft->intervals.at[i - parts], &draft->intervals.at[i],
				 parts) > 0)
			return false;
	return true;
}

static void sort_draft(struct lower *lower, struct draft *draft)
{
	const uint32_t parts = draft->parts;
	size_t count = draft->intervals.len / parts;
	struct draft old = *draft;
	struct sorted *sorted;

	if (is_sorted(draft))
		return;
	sorted = ARENA_ARRAY(lower->arena, struct sorted, count);
	for (size_t i = 0; i < count; i++)
		sorted[i] = (struct sorted){ &old.intervals.at[i * parts],
					     old.is_map ? &old.entries.at[i] : NULL, parts };
	qsort(sorted, count, sizeof(*sorted), compare_sorted);
	draft->intervals.at = ARENA_ARRAY(lower->arena, struct ir_interval, count * parts);
	draft->intervals.cap = count * parts;
	draft->entries.at = old.is_map ? ARENA_ARRAY(lower->arena, struct ir_map_entry, count) :
					 NULL;
	draft->entries.cap = old.is_map ? count : 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(&draft->intervals.at[i * parts], sorted[i].box,
		       parts * sizeof(*sorted[i].box));
		if (old.is_map)
			draft->entries.at[i] = *sorted[i].entry;
	}
}

/* Intervals that touch become one, equal boxes too. */
static void melt(struct draft *draft)
{
	const uint32_t parts = draft->parts;
	size_t kept = 0;

	for (size_t i = 0; i < draft->intervals.len; i += parts) {
		const struct ir_interval *box = &draft->intervals.at[i];
		struct ir_interval *last = kept ? &draft->intervals.at[kept - parts] : NULL;

		if (last && parts == 1 && (box->lo <= last->hi || box->lo - 1 == last->hi)) {
			if (box->hi > last->hi)
				last->hi = box->hi;
		} else if (!last || ir_compare_boxes(last, box, parts)) {
			memmove(&draft->intervals.at[kept], box, parts * sizeof(*box));
			kept += parts;
		}
	}
	draft->intervals.len = kept;
}

/* --- sets ----------------------------------------------------------------------------------- */

static struct ir_set finish_set(struct lower *lower, struct draft *draft, struct str name)
{
	struct ir_set set = { .name = name, .parts = draft->parts };

	sort_draft(lower, draft);
	melt(draft);
	set.intervals.at = draft->intervals.at;
	set.intervals.len = draft->intervals.len;
	set.intervals.cap = draft->intervals.cap;
	if (set.parts > 1)
		set.reach = ir_make_reach(lower->arena, set.parts, set.intervals.at,
					  set.intervals.len / set.parts);
	return set;
}

static uint32_t push_set(struct lower *lower, const struct ir_set *set)
{
	*vec_push(lower->arena, &lower->ir->sets) = *set;
	return (uint32_t)(lower->ir->sets.len - 1);
}

static bool same_set(const struct ir *ir, uint32_t number, const void *wanted)
{
	const struct ir_set *a = &ir->sets.at[number], *b = wanted;

	if (a->parts != b->parts || a->intervals.len != b->intervals.len)
		return false;
	for (size_t i = 0; i < a->intervals.len; i++)
		if (a->intervals.at[i].lo != b->intervals.at[i].lo ||
		    a->intervals.at[i].hi != b->intervals.at[i].hi)
			return false;
	return true;
}

static uint32_t intern_set(struct lower *lower, struct draft *draft)
{
	struct ir_set set = finish_set(lower, draft, str_from(""));
	uint64_t hash = set.intervals.len * 32 + set.parts;
	struct lower_slot *slot;

	for (size_t i = 0; i < set.intervals.len; i++)
		hash = lower_mix(lower_mix(hash, set.intervals.at[i].lo), set.intervals.at[i].hi);
	slot = lower_index_find(lower, &lower->sets, hash, same_set, &set);
	if (slot->number == LOWER_NOTHING)
		slot->number = push_set(lower, &set);
	return slot->number;
}

uint32_t lower_interval(struct lower *lower, u128 lo, u128 hi)
{
	struct draft draft = { .parts = 1, .box = { { lo, hi } } };

	add_box(lower, &draft);
	return intern_set(lower, &draft);
}

/* The smallest and the largest value of each part. */
static struct span all_of_key(const struct bind_key *key)
{
	struct span all = { 0 };

	for (size_t i = 0; i < key->parts.len; i++)
		all.hi[i] = u128_max(key->parts.at[i].field->bit_len);
	return all;
}

static struct span span_of(const struct bind_element *element, size_t parts)
{
	struct span span = { 0 };

	for (size_t i = 0; i < parts; i++) {
		span.lo[i] = bind_element_value(element, i)->lo;
		span.hi[i] = bind_element_value(element, i)->hi;
	}
	return span;
}

uint32_t lower_value(struct lower *lower, const struct bind_key *key,
		     const struct bind_element *element)
{
	struct draft draft = { .parts = (uint32_t)key->parts.len };
	struct span all = all_of_key(key), span = span_of(element, key->parts.len);

	add_span(lower, &draft, &span, &all);
	return intern_set(lower, &draft);
}

/* The number before NUMBER; false when there is none. */
static bool step_down(u128 *number, const struct span *all, size_t parts)
{
	while (parts-- > 0) {
		if (number[parts]) {
			number[parts]--;
			return true;
		}
		number[parts] = all->hi[parts];
	}
	return false;
}

static bool step_up(u128 *number, const struct span *all, size_t parts)
{
	while (parts-- > 0) {
		if (number[parts] != all->hi[parts]) {
			number[parts]++;
			return true;
		}
		number[parts] = 0;
	}
	return false;
}

uint32_t lower_below(struct lower *lower, const struct bind_key *key,
		     const struct bind_element *element, bool with_end)
{
	struct draft draft = { .parts = (uint32_t)key->parts.len };
	struct span all = all_of_key(key), span = span_of(element, key->parts.len);

	memcpy(span.hi, with_end ? span.hi : span.lo, sizeof(span.hi));
	memset(span.lo, 0, sizeof(span.lo));
	if (with_end || step_down(span.hi, &all, key->parts.len))
		add_span(lower, &draft, &span, &all);
	return intern_set(lower, &draft);
}

uint32_t lower_above(struct lower *lower, const struct bind_key *key,
		     const struct bind_element *element, bool with_end)
{
	struct draft draft = { .parts = (uint32_t)key->parts.len };
	struct span all = all_of_key(key), span = span_of(element, key->parts.len);

	memcpy(span.lo, with_end ? span.lo : span.hi, sizeof(span.lo));
	memcpy(span.hi, all.hi, sizeof(span.hi));
	if (with_end || step_up(span.lo, &all, key->parts.len))
		add_span(lower, &draft, &span, &all);
	return intern_set(lower, &draft);
}

/* --- named and anonymous sets --------------------------------------------------------------- */

static bool is_wide(const struct bind_set *set)
{
	return set->typeof_key && set->typeof_key->wide_bits;
}

static void add_element(struct lower *lower, const struct bind_set *set,
			const struct bind_element *element, struct draft *draft)
{
	struct span all = { 0 }, span = span_of(element, draft->parts);

	for (uint32_t i = 0; i < draft->parts; i++) {
		all.hi[i] = u128_max(set->kinds.at[i].bits);
		draft->box[i] = (struct ir_interval){ span.lo[i], span.hi[i] };
	}
	if (is_wide(set))
		add_span(lower, draft, &span, &all);
	else
		add_box(lower, draft);
}

static const struct bind_element *find_catchall(const struct bind_set *set)
{
	for (size_t i = set->elements.len; i-- > 0;)
		if (set->elements.at[i].catchall)
			return &set->elements.at[i];
	return NULL;
}

/* A `*` holds every key: then nothing else matters. */
static uint32_t lower_set(struct lower *lower, const struct bind_set *set)
{
	struct draft draft = { .parts = (uint32_t)set->kinds.len };
	const struct bind_element *catchall = find_catchall(set);
	uint32_t *number = &lower->set_of[set->number];
	struct ir_set lowered;

	if (*number != LOWER_NOTHING)
		return *number;
	for (size_t i = 0; i < set->elements.len; i++)
		if (!catchall || &set->elements.at[i] == catchall)
			add_element(lower, set, &set->elements.at[i], &draft);
	if (set->name.len) {
		lowered = finish_set(lower, &draft, set->name);
		*number = push_set(lower, &lowered);
	} else {
		*number = intern_set(lower, &draft);
	}
	return *number;
}

static struct ir_map_entry lower_entry(const struct bind_set *set,
				       const struct bind_element *element)
{
	struct ir_map_entry entry = no_entry;

	if (set->map == AST_MAP_VERDICT)
		entry.verdict = lower_verdict(&element->verdict);
	if (element->counter != BIND_NO_COUNTER && set->map != AST_MAP_COUNTER)
		entry.counter = element->counter;
	if (element->object)
		entry.object = element->object->counter;
	return entry;
}

static uint32_t push_map(struct lower *lower, struct draft *draft, struct ir_map *map)
{
	sort_draft(lower, draft);
	map->parts = draft->parts;
	map->intervals.at = draft->intervals.at;
	map->intervals.len = draft->intervals.len;
	map->intervals.cap = draft->intervals.cap;
	map->entries.at = draft->entries.at;
	map->entries.len = draft->entries.len;
	map->entries.cap = draft->entries.cap;
	if (map->parts > 1)
		map->reach = ir_make_reach(lower->arena, map->parts, map->intervals.at,
					   map->entries.len);
	*vec_push(lower->arena, &lower->ir->maps) = *map;
	return (uint32_t)(lower->ir->maps.len - 1);
}

uint32_t lower_map(struct lower *lower, const struct bind_set *set)
{
	struct draft draft = { .parts = (uint32_t)set->kinds.len, .is_map = true };
	struct ir_map map = { .name = set->name };
	uint32_t *number = &lower->map_of[set->number];

	if (*number != LOWER_NOTHING)
		return *number;
	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];

		draft.entry = lower_entry(set, element);
		if (!element->catchall) {
			add_element(lower, set, element, &draft);
			continue;
		}
		map.has_rest = true;
		map.rest = draft.entry;
	}
	*number = push_map(lower, &draft, &map);
	return *number;
}

static bool counts(const struct bind_set *set)
{
	for (size_t i = 0; i < set->elements.len; i++)
		if (set->elements.at[i].counter != BIND_NO_COUNTER)
			return true;
	return false;
}

void lower_look_up(struct lower *lower, const struct bind_set *set, bool negate,
		   struct ir_step *step)
{
	if (!negate && counts(set)) {
		step->kind = IR_STEP_MAP;
		step->map = lower_map(lower, set);
	} else {
		step->kind = IR_STEP_TEST;
		step->set = lower_set(lower, set);
		step->negate = negate;
	}
}
