/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie_prefix: steps as prefixes, of which the longest one that a number lies in says its
 * result.
 *
 * In: steps.  Out: about as few prefixes as do, sorted; each lies in another one or apart from it,
 * and has another result than the shortest one around it.
 *
 * All breakpoints of a block lie in a smallest block of it, which is cut in halves, and so on: that
 * is a tree with a node for each breakpoint at most.  From the leaves up, each node notes the
 * results that its block may have around prefixes inside of it so that these are few: what both
 * halves may have, or else what either may have.  From the root down one is chosen.
 *
 * Sets can also be had as prefixes that lie apart: more of them, but each says all by itself.
 *
 * Safety: the sets of results are cut where they get long; that costs prefixes, and no more.  What
 * is made of ranges that are no prefixes is bounded.
 */
#include "compiler/plan_trie_part.h"

#include <string.h>

#define MAX_CHOICES 4
#define MAX_NODES(steps) (3 * (steps) + 1024)
#define NO_NODE 0xffffffffu

struct choices {
	uint32_t count, at[MAX_CHOICES];
};

/* A half of a block: a node, or all numbers have one result. */
struct half {
	uint32_t node, result;
};

struct node {
	u128 lo;			/* of the block that is cut */
	unsigned int bits, outer_bits;	/* of it, and of the one around, which has: */
	uint32_t around;		/* as the result of all other numbers */
	struct half half[2];
	struct choices inner, outer;
};

struct prefixes {
	const struct plan_steps *steps;
	struct arena arena;
	bool failed;
	VEC(struct node) nodes;
	struct arena *ret_arena;
	struct plan_trie_prefixes *ret_prefixes;
};

static bool may_have(const struct choices *choices, uint32_t result)
{
	for (uint32_t i = 0; i < choices->count; i++)
		if (choices->at[i] == result)
			return true;
	return false;
}

static void add_choice(struct choices *choices, uint32_t result)
{
	if (choices->count < MAX_CHOICES && !may_have(choices, result))
		choices->at[choices->count++] = result;
}

static struct choices half_choices(const struct prefixes *prefixes, const struct half *half)
{
	if (half->node == NO_NODE)
		return (struct choices){ 1, { half->result } };
	return prefixes->nodes.at[half->node].outer;
}

/* What both may have, or else what either may have. */
static struct choices join_choices(const struct choices *a, const struct choices *b)
{
	struct choices both = { .count = 0 };

	for (uint32_t i = 0; i < a->count; i++)
		if (may_have(b, a->at[i]))
			add_choice(&both, a->at[i]);
	if (both.count)
		return both;
	for (uint32_t i = 0; i < MAX_CHOICES; i++) {
		if (i < a->count)
			add_choice(&both, a->at[i]);
		if (i < b->count)
			add_choice(&both, b->at[i]);
	}
	return both;
}

/* A block of 2^BITS numbers, cut; .outer_bits is the same. */
static uint32_t add_node(struct prefixes *prefixes, u128 lo, unsigned int bits, struct half low,
			 struct half high)
{
	struct choices a = half_choices(prefixes, &low), b = half_choices(prefixes, &high);
	struct node *node;

	if (prefixes->nodes.len >= MAX_NODES(prefixes->steps->count)) {
		prefixes->failed = true;
		return NO_NODE;
	}
	node = vec_push(&prefixes->arena, &prefixes->nodes);
	node->lo = lo;
	node->bits = node->outer_bits = bits;
	node->half[0] = low;
	node->half[1] = high;
	node->inner = node->outer = join_choices(&a, &b);
	return (uint32_t)prefixes->nodes.len - 1;
}

/* All numbers that the block of 2^OUTER_BITS has besides have the result AROUND. */
static void wrap_node(struct node *node, unsigned int outer_bits, uint32_t around)
{
	node->around = around;
	if (outer_bits == node->bits)
		return;
	if (outer_bits == node->bits + 1 && !may_have(&node->inner, around)) {
		add_choice(&node->outer, around);
	} else {
		node->outer.count = 1;
		node->outer.at[0] = around;
	}
	node->outer_bits = outer_bits;
}

/* Numbers below NODE in its block have ENTRY, those above it EXIT: a node for each bit. */
static uint32_t climb(struct prefixes *prefixes, uint32_t node, unsigned int outer_bits,
		      uint32_t entry, uint32_t exit)
{
	u128 lo = prefixes->nodes.at[node].lo;

	for (unsigned int bits = prefixes->nodes.at[node].bits; bits < outer_bits; bits++) {
		bool is_high = lo >> bits & 1;
		struct half here = { node, 0 }, other = { NO_NODE, is_high ? entry : exit };

		lo &= ~plan_trie_block_max(bits + 1);
		node = add_node(prefixes, lo, bits + 1, is_high ? other : here,
				is_high ? here : other);
		if (prefixes->failed)
			return NO_NODE;
	}
	return node;
}

/* The first step from FIRST on that begins at NUMBER or later. */
static size_t find_step(const struct plan_steps *steps, size_t first, size_t end, u128 number)
{
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (steps->start[middle] < number)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* The block of 2^BITS numbers at LO; steps FIRST up to END begin in it, above LO. */
static struct half make_half(struct prefixes *prefixes, u128 lo, unsigned int bits, size_t first,
			     size_t end)
{
	const struct plan_steps *steps = prefixes->steps;
	uint32_t entry = steps->result[first - 1], exit = steps->result[end - 1], node;
	bool has_below, has_above;
	struct half low, high;
	unsigned int inner;
	u128 at, middle;
	size_t cut;

	if (first == end || prefixes->failed)
		return (struct half){ NO_NODE, entry };
	at = steps->start[first] - 1;
	inner = plan_trie_highest_bit(at ^ steps->start[end - 1]) + 1;
	at &= ~plan_trie_block_max(inner);
	middle = at + plan_trie_block_max(inner - 1) + 1;
	cut = find_step(steps, first, end, middle);
	low = make_half(prefixes, at, inner - 1, first, cut);
	cut += cut < end && steps->start[cut] == middle;
	high = make_half(prefixes, middle, inner - 1, cut, end);
	node = add_node(prefixes, at, inner, low, high);
	if (prefixes->failed)
		return (struct half){ NO_NODE, entry };
	has_below = at != lo;
	has_above = at + plan_trie_block_max(inner) != lo + plan_trie_block_max(bits);
	if (has_below && has_above && entry != exit)
		node = climb(prefixes, node, bits, entry, exit);
	else
		wrap_node(&prefixes->nodes.at[node], bits, has_below ? entry : exit);
	return (struct half){ node, entry };
}

static void add_prefix(struct prefixes *prefixes, u128 lo, unsigned int bits, uint32_t result)
{
	*vec_push(prefixes->ret_arena, &prefixes->ret_prefixes->at) =
		(struct plan_trie_prefix){ lo, bits, result };
}

/* One of CHOICES, RESULT if it is one; when it is not, the block has a prefix of its own. */
static uint32_t choose(struct prefixes *prefixes, const struct choices *choices, u128 lo,
		       unsigned int bits, uint32_t result)
{
	if (may_have(choices, result))
		return result;
	add_prefix(prefixes, lo, bits, choices->at[0]);
	return choices->at[0];
}

/* The prefixes of the block of 2^BITS numbers at LO, in one around that has RESULT. */
static void add_half(struct prefixes *prefixes, const struct half *half, u128 lo,
		     unsigned int bits, uint32_t result)
{
	const struct node *node;
	uint32_t inside;
	u128 sibling;

	if (half->node == NO_NODE) {
		if (half->result != result)
			add_prefix(prefixes, lo, bits, half->result);
		return;
	}
	node = &prefixes->nodes.at[half->node];
	result = choose(prefixes, &node->outer, lo, bits, result);
	sibling = node->lo ^ (plan_trie_block_max(node->bits) + 1);
	inside = result;
	if (node->outer_bits > node->bits) {
		if (result != node->around && sibling < node->lo)
			add_prefix(prefixes, sibling, node->bits, node->around);
		inside = choose(prefixes, &node->inner, node->lo, node->bits, result);
	}
	add_half(prefixes, &node->half[0], node->lo, node->bits - 1, inside);
	add_half(prefixes, &node->half[1], node->lo + plan_trie_block_max(node->bits - 1) + 1,
		 node->bits - 1, inside);
	if (node->outer_bits > node->bits && result != node->around && sibling > node->lo)
		add_prefix(prefixes, sibling, node->bits, node->around);
}

bool plan_trie_prefixes_make(const struct plan_steps *steps, struct arena *arena,
			     struct plan_trie_prefixes *ret_prefixes)
{
	struct prefixes prefixes = {
		.steps = steps,
		.ret_arena = arena,
		.ret_prefixes = ret_prefixes,
	};
	struct half all = make_half(&prefixes, 0, steps->bits, 1, steps->count);

	*ret_prefixes = (struct plan_trie_prefixes){ .result = steps->result[0] };
	if (all.node != NO_NODE)
		ret_prefixes->result = prefixes.nodes.at[all.node].outer.at[0];
	if (!prefixes.failed)
		add_half(&prefixes, &all, 0, steps->bits, ret_prefixes->result);
	arena_free(&prefixes.arena);
	return !prefixes.failed;
}

/* The numbers from LO to HI: the biggest blocks that there are. */
static bool cover_range(u128 lo, u128 hi, size_t most, struct arena *arena,
			struct plan_trie_prefixes *prefixes)
{
	for (;;) {
		unsigned int bits = 0;

		while (bits < 127 && !(lo >> bits & 1) && hi - lo >= plan_trie_block_max(bits + 1))
			bits++;
		if (prefixes->at.len == most)
			return false;
		*vec_push(arena, &prefixes->at) = (struct plan_trie_prefix){ lo, bits, 1 };
		if (hi - lo == plan_trie_block_max(bits))
			return true;
		lo += plan_trie_block_max(bits) + 1;
	}
}

bool plan_trie_prefixes_cover(const struct plan_steps *steps, size_t most, struct arena *arena,
			      struct plan_trie_prefixes *ret_prefixes)
{
	*ret_prefixes = (struct plan_trie_prefixes){ 0 };
	for (size_t i = 0; i < steps->count; i++) {
		bool last = i + 1 == steps->count;
		u128 hi = last ? u128_max(steps->bits) : steps->start[i + 1] - 1;

		if (steps->result[i] > 1 ||
		    (steps->result[i] && !cover_range(steps->start[i], hi, most, arena,
						      ret_prefixes)))
			return false;
	}
	return ret_prefixes->at.len > 0;
}
