/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_finish: what becomes of a set's elements when the whole file is read.
 *
 * Input: elements in the order written.  A set is sorted once, then neighbours are looked at, so
 * a million elements cost a sort.  Output: elements sorted and disjoint, in the forms nft lists.
 *
 * Which elements may meet is nft's rule:
 *
 *	single values		equal ones are one: the first
 *	anonymous intervals	what overlaps or touches is one interval; also with auto-merge.
 *				Comment and counter are those of the lowest, of equal ones the last
 *	named intervals		equal ones are one, the last; what overlaps is an error
 *	maps			likewise, and equal keys must have equal data
 *
 * Safety: an element is only left out when another one stands for all of its values.
 */
#include <stdlib.h>

#include "compiler/bind_private.h"

static bool same_verdict(const struct bind_verdict *a, const struct bind_verdict *b)
{
	return a->kind == b->kind && a->chain == b->chain;
}

/* What is sorted in place of the elements themselves. */
struct key {
	u128 lo;			/* of the first part */
	const struct bind_element *element;
};

struct key_list {
	struct key *at;
	size_t len;
};

/* Equal ones in the order written: they are in one array. */
static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->element < y->element ? -1 : x->element > y->element;
}

/* As nft sorts before it merges: of equal ones the last comes first. */
static int compare_merging(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	return x->lo == y->lo ? compare_keys(b, a) : compare_keys(a, b);
}

static struct key_list sorted_keys(struct bind *bind, const struct bind_draft *draft)
{
	const struct bind_set *set = draft->set;
	struct key_list keys = { ARENA_ARRAY(bind->arena, struct key, set->elements.len), 0 };
	/* What was created must not stand before what was there. */
	bool merging = draft->overlapped && !draft->created.len, sorted = true;

	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];
		u128 lo = element->value.lo;

		if (element->catchall)
			continue;
		sorted = sorted && (!keys.len || keys.at[keys.len - 1].lo < lo);
		keys.at[keys.len++] = (struct key){ lo, element };
	}
	if (!sorted)
		qsort(keys.at, keys.len, sizeof(*keys.at),
		      merging ? compare_merging : compare_keys);
	return keys;
}

bool bind_was_created(const struct bind_draft *draft, const struct bind_element *element)
{
	size_t index = (size_t)(element - draft->set->elements.at);
	size_t lo = 0, hi = draft->created.len;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (index < draft->created.at[middle].first)
			hi = middle;
		else if (index >= draft->created.at[middle].end)
			lo = middle + 1;
		else
			return true;
	}
	return false;
}

void bind_tell_meeting(struct bind *bind, const struct bind_element *element,
		       const struct bind_element *other, const char *what)
{
	diag_error(bind->diag, element->span, "%s", what);
	diag_label(bind->diag, other->span, "the other one");
}

void bind_check_data(struct bind *bind, const struct bind_set *set,
		     const struct bind_element *element, const struct bind_element *other)
{
	if (set->map == AST_MAP_VERDICT && !same_verdict(&element->verdict, &other->verdict))
		bind_tell_meeting(bind, element, other, "one key with two verdicts");
	else if (set->map == AST_MAP_COUNTER && element->object != other->object)
		bind_tell_meeting(bind, element, other, "one key with two counters");
}

/*
 * LATER begins at or behind PREV and not behind PREV's end (or just behind it, when the set
 * merges): makes one element of them, or reports why they cannot be one.
 */
static void unite(struct bind *bind, const struct bind_draft *draft, struct bind_element *prev,
		  const struct bind_element *later, bool created)
{
	const struct bind_set *set = draft->set;
	bool equal = prev->value.lo == later->value.lo && prev->value.hi == later->value.hi;

	if (created && later->value.lo <= prev->value.hi) {
		bind_tell_meeting(bind, later, prev, "the element to be created exists");
	} else if (draft->overlapped) {
		if (later->value.hi > prev->value.hi)
			prev->value.hi = later->value.hi;
	} else if (!equal) {
		bind_tell_meeting(bind, later, prev, "elements overlap");
		if (set->map == AST_MAP_NONE)
			diag_help(bind->diag, "add 'auto-merge' to the set to have them merged");
	} else {
		bind_check_data(bind, set, later, prev);
		if (set->flag_interval)
			*prev = *later;
	}
}

static bool meet(const struct bind_draft *draft, const struct bind_element *prev,
		 const struct bind_element *later)
{
	if (later->value.lo <= prev->value.hi)
		return true;
	return draft->overlapped && later->value.lo - prev->value.hi == (u128)1 << draft->shift;
}

void bind_settle_form(struct bind_kind kind, struct bind_value *value)
{
	bool block = kind.type->prefixes || kind.type->form == TYPE_FORM_IFNAME;

	if (value->lo == value->hi)
		value->form = BIND_FORM_VALUE;
	else if (block && bind_prefix_len(kind.bits, value->lo, value->hi) >= 0)
		value->form = BIND_FORM_PREFIX;
	else
		value->form = BIND_FORM_RANGE;
}

void bind_check_size(struct bind *bind, const struct bind_draft *draft, size_t count,
		     const struct bind_element *last)
{
	const struct bind_set *set = draft->set;
	const char *noun = bind_set_noun(set);

	if (set->has_size && count > set->size) {
		diag_error(bind->diag, last->span,
			   "%s '%.*s' is full: it has %zu elements and size %u", noun,
			   STR_ARG(set->name), count, set->size);
		if (draft->size_span.end)
			diag_label(bind->diag, draft->size_span, "its size");
	} else if (draft->room && count > draft->room) {
		diag_error(bind->diag, last->span, "%s '%.*s' is constant and filled already",
			   noun, STR_ARG(set->name));
		diag_label(bind->diag, set->span, "defined here with its elements");
	}
}

const struct bind_element *bind_find_catchall(struct bind *bind,
					      const struct bind_draft *draft)
{
	const struct bind_set *set = draft->set;
	const struct bind_element *found = NULL;

	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];

		if (!element->catchall)
			continue;
		if (!found)
			found = element;
		else if (bind_was_created(draft, element))
			bind_tell_meeting(bind, element, found, "the element to be created exists");
		else
			bind_check_data(bind, set, element, found);
		/* As with all equal elements. */
		if (set->flag_interval && set->kinds.len == 1)
			found = element;
	}
	return found;
}

/* Sorted by value, what meets united.  Returns how many there are. */
static size_t unite_all(struct bind *bind, const struct bind_draft *draft, struct key_list keys,
			struct bind_element *ret_sorted, const struct bind_element **ret_last)
{
	const struct bind_element *last = NULL;
	size_t len = 0;

	for (size_t i = 0; i < keys.len; i++) {
		const struct bind_element *element = keys.at[i].element;

		if (len && meet(draft, &ret_sorted[len - 1], element)) {
			unite(bind, draft, &ret_sorted[len - 1], element,
			      bind_was_created(draft, element));
			continue;
		}
		if (!last || element > last)
			last = element;
		ret_sorted[len++] = *element;
	}
	*ret_last = last;
	return len;
}

static void sort_elements(struct bind *bind, struct bind_draft *draft)
{
	struct bind_set *set = draft->set;
	struct key_list keys = sorted_keys(bind, draft);
	const struct bind_element *rest = bind_find_catchall(bind, draft), *last;
	struct bind_element *sorted;
	size_t len;

	sorted = ARENA_ARRAY(bind->arena, struct bind_element, keys.len + 1);
	len = unite_all(bind, draft, keys, sorted, &last);
	for (size_t i = 0; i < len; i++)
		bind_settle_form(set->kinds.at[0], &sorted[i].value);
	if (len)
		bind_check_size(bind, draft, len, last);
	if (rest)
		sorted[len++] = *rest;
	set->elements.at = sorted;
	set->elements.len = set->elements.cap = len;
}

void bind_finish_set(struct bind *bind, struct bind_draft *draft)
{
	if (!draft->set->elements.len)
		return;
	if (draft->set->kinds.len == 1)
		sort_elements(bind, draft);
	else
		bind_finish_boxes(bind, draft);
}

/* Whether there is a range; a prefix of all bits is a value, as it is listed. */
static bool settle_forms(struct bind_set *set)
{
	bool ranges = false;

	for (size_t i = 0; i < set->elements.len; i++) {
		struct bind_element *element = &set->elements.at[i];

		for (size_t j = 0; !element->catchall && j < set->kinds.len; j++) {
			struct bind_value *value = j ? &element->rest[j - 1] : &element->value;

			bind_settle_form(set->kinds.at[j], value);
			ranges = ranges || value->form != BIND_FORM_VALUE;
		}
	}
	return ranges;
}

void bind_finish_moved(struct bind *bind, struct bind_set *set, unsigned int shift)
{
	struct bind_draft draft = {
		.set = set,
		.overlapped = set->flag_interval && set->map == AST_MAP_NONE,
		.shift = shift,
	};

	set->flag_interval = settle_forms(set);
	bind_finish_set(bind, &draft);
	set->flag_interval = settle_forms(set);
	set->used = true;
}

void bind_finish_anonymous(struct bind *bind, struct bind_set *set)
{
	bind_finish_moved(bind, set, 0);
}
