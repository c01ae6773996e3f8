/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_index: look-ups of the judge's index; interp_index_make.c makes it.
 *
 * In: a packet and a chain.  Out: its rules that may do something, in order.  A rule does nothing
 * when a test that comes before everything else in it is false, or cannot be made.  Each rule of a
 * long chain waits for one such test: that a key lies in a set.  For each key there is a tree of
 * the intervals of those sets; the packet's value names, from its leaf to the root, all sets that
 * hold it, and those name their rules.  Rules that have no such test are named always.
 */
#include "compiler/interp_index_parts.h"

#define WORD_BITS 64

void interp_index_begin(struct interp_index *index)
{
	size_t words = (index->rule_count + WORD_BITS - 1) / WORD_BITS;

	for (size_t i = 0; i * WORD_BITS < words; i++) {
		for (uint64_t left = index->any_named[i]; left; left &= left - 1)
			index->named[i * WORD_BITS + (size_t)__builtin_ctzll(left)] = 0;
		index->any_named[i] = 0;
	}
	memset(index->known, 0, index->load_count);
	index->packet++;
}

void interp_index_name(struct interp_index *index, uint32_t rule)
{
	size_t word = rule / WORD_BITS;

	index->named[word] |= 1ull << rule % WORD_BITS;
	index->any_named[word / WORD_BITS] |= 1ull << word % WORD_BITS;
}

bool interp_index_load(struct interp_index *index, const struct interp_walk *walk, uint32_t load,
		       u128 *ret_value)
{
	if (!index->known[load])
		index->known[load] =
			interp_walk_load(walk, &index->ir->loads.at[load], &index->values[load]) ?
				INDEX_LOADED : INDEX_FAILED;
	*ret_value = index->values[load];
	return index->known[load] == INDEX_LOADED;
}

/* Which of the tree's intervals VALUE lies in: the last that does not begin behind it. */
static size_t find_leaf(const struct index_tree *tree, u128 value)
{
	size_t first = 0, end = tree->start_count;

	while (end - first > 1) {
		size_t middle = first + (end - first) / 2;

		if (tree->starts[middle] <= value)
			first = middle;
		else
			end = middle;
	}
	return first;
}

static void name_by(struct interp_index *index, const struct index_tree *tree, u128 value)
{
	for (size_t node = tree->leaf_count + find_leaf(tree, value); node; node /= 2) {
		for (uint32_t i = tree->first_label[node]; i < tree->first_label[node + 1]; i++) {
			const struct index_label *label = &index->labels[tree->labels[i]];

			for (uint32_t j = 0; j < label->rule_count; j++)
				interp_index_name(index, label->rules[j]);
		}
	}
}

void interp_index_enter(struct interp_index *index, const struct interp_walk *walk, uint32_t chain)
{
	struct index_chain *at = &index->chains[chain];

	if (at->entered == index->packet)
		return;
	at->entered = index->packet;
	for (size_t i = 0; i < at->tree_count; i++) {
		const struct ir_part *part = at->trees[i].part;
		u128 value;

		/* What cannot be loaded ends every rule that waits for it. */
		if (interp_index_load(index, walk, part->load, &value))
			name_by(index, &at->trees[i], ir_part_apply(index->ir, part, value));
	}
}

uint32_t interp_index_next(const struct interp_index *index, uint32_t rule, uint32_t end)
{
	size_t word = rule / WORD_BITS;
	uint64_t bits;

	if (rule >= end)
		return end;
	bits = (index->named[word] | index->always[word]) & ~0ull << rule % WORD_BITS;
	while (!bits) {
		size_t many;

		if (++word > (end - 1) / WORD_BITS)
			return end;
		many = word / WORD_BITS;
		bits = (index->any_named[many] | index->any_always[many]) &
		       ~0ull << word % WORD_BITS;
		if (!bits) {
			word = (many + 1) * WORD_BITS - 1;
			continue;
		}
		word = many * WORD_BITS + (size_t)__builtin_ctzll(bits);
		if (word > (end - 1) / WORD_BITS)
			return end;
		bits = index->named[word] | index->always[word];
	}
	rule = (uint32_t)(word * WORD_BITS + (size_t)__builtin_ctzll(bits));
	return rule < end ? rule : end;
}
