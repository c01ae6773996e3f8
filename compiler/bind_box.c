/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_box: elements whose keys have several parts, so that an element with ranges is a box.
 *
 * Input: elements in the order written.  Output: each key once (the first of equal ones stays), in
 * the order in which nft lists them: boxes as written, single values by their bytes, of which the
 * last one counts most (but not those of one long raw field).
 *
 * Which boxes may overlap is the kernel's rule (nft_pipapo_insert()): an element is refused when
 * its lowest or its highest corner lies in one that is there.  Boxes that cross otherwise are
 * fine in a set.  In a map, or when elements count, the one that was added first would be taken;
 * that is refused here, since tables of boxes have no order.
 *
 * Safety: all pairs that can overlap are looked at: those that do in the part where fewest do.
 */
#include <stdlib.h>

#include "compiler/bind_private.h"

/* --- order ---------------------------------------------------------------------------------- */

struct box {
	const struct bind_set *set;
	const struct bind_element *element;
	const bool *host_order;		/* of each part */
};

static int compare_numbers(u128 a, u128 b)
{
	return a < b ? -1 : a > b;
}

/* The bytes of A and B, network order, the last one counting most. */
static int compare_bytes(u128 a, u128 b)
{
	for (; a != b; a >>= 8, b >>= 8) {
		if ((uint8_t)a != (uint8_t)b)
			return (uint8_t)a < (uint8_t)b ? -1 : 1;
	}
	return 0;
}

static int compare_places(const struct box *a, const struct box *b)
{
	return a->element < b->element ? -1 : a->element > b->element;
}

/* By all parts, equal ones in the order written. */
static int compare_keys(const void *left, const void *right)
{
	const struct box *a = left, *b = right;

	for (size_t i = 0; i < a->set->kinds.len; i++) {
		const struct bind_value *x = bind_element_value(a->element, i);
		const struct bind_value *y = bind_element_value(b->element, i);
		int order = compare_numbers(x->lo, y->lo);

		if (!order)
			order = compare_numbers(x->hi, y->hi);
		if (order)
			return order;
	}
	return compare_places(a, b);
}

static int compare_written(const void *left, const void *right)
{
	return compare_places(left, right);
}

static int compare_listed(const void *left, const void *right)
{
	const struct box *a = left, *b = right;

	for (size_t i = a->set->kinds.len; i--;) {
		u128 x = bind_element_value(a->element, i)->lo;
		u128 y = bind_element_value(b->element, i)->lo;
		int order = a->host_order[i] ? compare_numbers(x, y) : compare_bytes(x, y);

		if (order)
			return order;
	}
	return compare_places(a, b);
}

/* Whether nft keeps values of TYPE in the host's byte order. */
static bool is_host_type(const struct type *type)
{
	for (size_t i = 0; i < field_count; i++)
		if (field_table[i].type == type && field_table[i].host_order)
			return true;
	return false;
}

static const bool *find_host_order(struct bind *bind, const struct bind_set *set)
{
	bool *host_order = ARENA_ARRAY(bind->arena, bool, set->kinds.len);

	for (size_t i = 0; i < set->kinds.len; i++) {
		const struct type *type = set->kinds.at[i].type;

		if (type->form == TYPE_FORM_IFNAME)
			host_order[i] = false;
		else if (set->typeof_key)
			host_order[i] = set->typeof_key->parts.at[i].field->host_order;
		else
			host_order[i] = is_host_type(type);
	}
	return host_order;
}

/* --- overlaps ------------------------------------------------------------------------------- */

/* An interval of one part, and whose it is. */
struct side {
	u128 lo, hi;
	const struct bind_element *element;
};

static int compare_sides(const void *left, const void *right)
{
	const struct side *a = left, *b = right;

	return compare_numbers(a->lo, b->lo);
}

static struct side *sort_sides(struct bind *bind, const struct box *boxes, size_t len, size_t part)
{
	struct side *sides = ARENA_ARRAY(bind->arena, struct side, len);

	for (size_t i = 0; i < len; i++) {
		const struct bind_value *value = bind_element_value(boxes[i].element, part);

		sides[i] = (struct side){ value->lo, value->hi, boxes[i].element };
	}
	qsort(sides, len, sizeof(*sides), compare_sides);
	return sides;
}

/* How many of SIDES behind number I begin in it. */
static size_t count_met(const struct side *sides, size_t len, size_t i)
{
	size_t lo = i + 1, hi = len;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (sides[middle].lo <= sides[i].hi)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo - i - 1;
}

/* The sides of the part in which fewest pairs overlap. */
static struct side *best_sides(struct bind *bind, const struct box *boxes, size_t len)
{
	struct side *best = NULL;
	uint64_t fewest = 0;

	for (size_t part = 0; part < boxes[0].set->kinds.len; part++) {
		struct side *sides = sort_sides(bind, boxes, len, part);
		uint64_t pairs = 0;

		for (size_t i = 0; i < len; i++)
			pairs += count_met(sides, len, i);
		if (!best || pairs < fewest) {
			best = sides;
			fewest = pairs;
		}
	}
	return best;
}

static bool intersect(const struct bind_set *set, const struct bind_element *a,
		      const struct bind_element *b)
{
	for (size_t i = 0; i < set->kinds.len; i++) {
		const struct bind_value *x = bind_element_value(a, i);
		const struct bind_value *y = bind_element_value(b, i);

		if (x->lo > y->hi || y->lo > x->hi)
			return false;
	}
	return true;
}

/* Whether INNER's lowest corner (or with HIGH its highest) lies in OUTER. */
static bool has_corner(const struct bind_set *set, const struct bind_element *outer,
		       const struct bind_element *inner, bool high)
{
	for (size_t i = 0; i < set->kinds.len; i++) {
		const struct bind_value *in = bind_element_value(inner, i);
		const struct bind_value *out = bind_element_value(outer, i);
		u128 corner = high ? in->hi : in->lo;

		if (corner < out->lo || corner > out->hi)
			return false;
	}
	return true;
}

/* A and B overlap.  Returns whether they must not. */
static bool check_pair(struct bind *bind, const struct bind_set *set, bool one_only,
		       const struct bind_element *a, const struct bind_element *b)
{
	const struct bind_element *first = a < b ? a : b, *later = a < b ? b : a;

	if (has_corner(set, first, later, false) || has_corner(set, first, later, true)) {
		bind_tell_meeting(bind, later, first, "elements overlap");
	} else if (one_only) {
		bind_tell_meeting(bind, later, first, set->map == AST_MAP_NONE ?
				  "elements that count must not cross each other" :
				  "elements of a map must not cross each other");
		diag_help(bind->diag, "split one of them into elements that do not overlap");
	} else {
		return false;
	}
	return true;
}

static bool counts(const struct box *boxes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (boxes[i].element->extra && boxes[i].element->extra->has_counter)
			return true;
	return false;
}

static void check_overlaps(struct bind *bind, const struct box *boxes, size_t len)
{
	const struct bind_set *set = boxes[0].set;
	bool one_only = set->map != AST_MAP_NONE || counts(boxes, len);
	struct side *sides = best_sides(bind, boxes, len);
	unsigned int found = 0;

	for (size_t i = 0; i < len && found < LIMITS_DIAGS; i++) {
		for (size_t j = i + 1; j < len && sides[j].lo <= sides[i].hi; j++) {
			if (!intersect(set, sides[i].element, sides[j].element) ||
			    !check_pair(bind, set, one_only, sides[i].element, sides[j].element))
				continue;
			found++;
			break;
		}
	}
}

/* --- all of it ------------------------------------------------------------------------------ */

static bool same_key(const struct bind_set *set, const struct bind_element *a,
		     const struct bind_element *b)
{
	for (size_t i = 0; i < set->kinds.len; i++) {
		const struct bind_value *x = bind_element_value(a, i);
		const struct bind_value *y = bind_element_value(b, i);

		if (x->lo != y->lo || x->hi != y->hi)
			return false;
	}
	return true;
}

/* Leaves the first of equal elements.  Returns how many are left. */
static size_t drop_twins(struct bind *bind, const struct bind_draft *draft, struct box *boxes,
			 size_t len)
{
	const struct bind_set *set = draft->set;
	size_t left = 0;

	if (len)
		qsort(boxes, len, sizeof(*boxes), compare_keys);
	for (size_t i = 0; i < len; i++) {
		const struct bind_element *element = boxes[i].element;
		const struct bind_element *before = left ? boxes[left - 1].element : NULL;

		if (!before || !same_key(set, before, element))
			boxes[left++] = boxes[i];
		else if (bind_was_created(draft, element))
			bind_tell_meeting(bind, element, before,
					  "the element to be created exists");
		else
			bind_check_data(bind, set, element, before);
	}
	return left;
}

static const struct bind_element *last_written(const struct box *boxes, size_t len)
{
	const struct bind_element *last = NULL;

	for (size_t i = 0; i < len; i++)
		if (!last || boxes[i].element > last)
			last = boxes[i].element;
	return last;
}

static bool has_ranges(const struct box *boxes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < boxes[i].set->kinds.len; j++)
			if (bind_element_value(boxes[i].element, j)->form != BIND_FORM_VALUE)
				return true;
	return false;
}

typedef int order_fn(const void *, const void *);

static order_fn *listed_order(const struct bind_set *set)
{
	if (set->typeof_key && set->typeof_key->wide_bits)
		return compare_keys;
	return set->flag_interval ? compare_written : compare_listed;
}

void bind_finish_boxes(struct bind *bind, struct bind_draft *draft)
{
	struct bind_set *set = draft->set;
	const struct bind_element *rest = bind_find_catchall(bind, draft);
	const bool *host_order = find_host_order(bind, set);
	struct bind_element *sorted;
	struct box *boxes;
	size_t len = 0;

	boxes = ARENA_ARRAY(bind->arena, struct box, set->elements.len);
	for (size_t i = 0; i < set->elements.len; i++)
		if (!set->elements.at[i].catchall)
			boxes[len++] = (struct box){ set, &set->elements.at[i], host_order };
	len = drop_twins(bind, draft, boxes, len);
	if (len && has_ranges(boxes, len))
		check_overlaps(bind, boxes, len);
	if (len) {
		bind_check_size(bind, draft, len, last_written(boxes, len));
		qsort(boxes, len, sizeof(*boxes), listed_order(set));
	}
	sorted = ARENA_ARRAY(bind->arena, struct bind_element, len + 1);
	for (size_t i = 0; i < len; i++) {
		sorted[i] = *boxes[i].element;
		bind_settle_form(set->kinds.at[0], &sorted[i].value);
		for (size_t j = 1; j < set->kinds.len; j++)
			bind_settle_form(set->kinds.at[j], &sorted[i].rest[j - 1]);
	}
	if (rest)
		sorted[len++] = *rest;
	set->elements.at = sorted;
	set->elements.len = set->elements.cap = len;
}
