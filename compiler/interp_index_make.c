/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interp_index_make: makes the judge's index.
 *
 * In: the IR.  Out: for each long chain, trees of the sets that its rules wait for.  Of a rule's
 * tests the one is chosen that lies in the way of the fewest other rules: as packets are much like
 * the rules, how many rules' intervals begin inside of the set says how often it is named in vain.
 *
 * Only that a test is one of those that come before all else in its rule matters for what is
 * right; which one is chosen is a matter of time.
 */
#include <stdlib.h>

#include "compiler/interp_index_parts.h"

#define CHAIN_RULES 8			/* shorter chains are walked */
#define SET_INTERVALS 4096		/* sets of more are nothing to wait for */
#define ALL_INTERVALS (1u << 22)	/* over the whole index */
#define NO_LABEL 0xffffffffu

/* An interval's lower end, and the rules it stands for. */
struct weighed {
	u128 at;
	uint64_t weight;
};

struct maker {
	const struct ir *ir;
	struct arena *arena;
	struct interp_index *index;
	VEC(struct index_label) labels;
	uint32_t *table;		/* of labels by key and set */
	size_t table_size;		/* a power of two */
	VEC(uint32_t) tests;		/* the labels of each rule, one rule behind the other */
	uint32_t *first_test;		/* by rule of the chain in hand, and one more */
	size_t intervals;		/* taken in so far */
};

/* ---- which tests there are ---- */

static size_t hash(uint32_t key, uint32_t set, uint32_t chain)
{
	uint64_t mixed = ((uint64_t)key << 32 | set) * 0x9e3779b97f4a7c15u + chain;

	mixed ^= mixed >> 29;
	return (size_t)(mixed * 0xbf58476d1ce4e5b9u >> 20);
}

static uint32_t *find_slot(const struct maker *maker, uint32_t key, uint32_t set, uint32_t chain)
{
	for (size_t i = hash(key, set, chain);; i++) {
		uint32_t *slot = &maker->table[i & (maker->table_size - 1)];
		const struct index_label *label = *slot ? &maker->labels.at[*slot - 1] : NULL;

		if (!label || (label->key == key && label->set == set && label->chain == chain))
			return slot;
	}
}

static void grow_table(struct maker *maker)
{
	if (maker->labels.len * 2 < maker->table_size)
		return;
	maker->table_size = maker->table_size ? maker->table_size * 4 : 1024;
	maker->table = ARENA_ARRAY(maker->arena, uint32_t, maker->table_size);
	for (size_t i = 0; i < maker->labels.len; i++) {
		const struct index_label *label = &maker->labels.at[i];

		*find_slot(maker, label->key, label->set, label->chain) = (uint32_t)i + 1;
	}
}

/* NO_LABEL: the test is none to wait for. */
static uint32_t find_label(struct maker *maker, const struct ir_step *step, uint32_t chain)
{
	size_t intervals = maker->ir->sets.at[step->set].intervals.len;
	struct index_label *label;
	uint32_t *slot;

	if (step->negate || maker->ir->keys.at[step->key].parts.len != 1 ||
	    intervals > SET_INTERVALS)
		return NO_LABEL;
	grow_table(maker);
	slot = find_slot(maker, step->key, step->set, chain);
	if (!*slot) {
		if (intervals > ALL_INTERVALS - maker->intervals)
			return NO_LABEL;
		maker->intervals += intervals;
		label = vec_push(maker->arena, &maker->labels);
		label->key = step->key;
		label->set = step->set;
		label->chain = chain;
		*slot = (uint32_t)maker->labels.len;
	}
	maker->labels.at[*slot - 1].weight++;
	return *slot - 1;
}

/* The tests of RULE that come before all else in it. */
static void list_tests(struct maker *maker, const struct ir_rule *rule)
{
	for (size_t i = 0; i < rule->steps.len; i++) {
		uint32_t label;

		if (rule->steps.at[i].kind != IR_STEP_TEST)
			break;
		label = find_label(maker, &rule->steps.at[i], rule->chain);
		if (label != NO_LABEL)
			*vec_push(maker->arena, &maker->tests) = label;
	}
}

/* ---- which one a rule waits for ---- */

static int compare_weighed(const void *a, const void *b)
{
	const struct weighed *left = a, *right = b;

	return left->at < right->at ? -1 : left->at > right->at;
}

static int compare_keys(const void *a, const void *b)
{
	const struct index_label *left = *(const struct index_label *const *)a;
	const struct index_label *right = *(const struct index_label *const *)b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->set < right->set ? -1 : left->set > right->set;
}

/* How many of the COUNT begin before VALUE; with EVEN_AT, or at it. */
static size_t begin_before(const struct weighed *at, size_t count, u128 value, bool even_at)
{
	size_t first = 0;

	while (count) {
		size_t half = count / 2;

		if (at[first + half].at < value || (even_at && at[first + half].at == value)) {
			first += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return first;
}

/* The scores of COUNT labels of one key. */
static void score_labels(struct maker *maker, struct index_label **labels, size_t count)
{
	const struct ir_set *sets = maker->ir->sets.at;
	struct weighed *begins;
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += sets[labels[i]->set].intervals.len;
	begins = ARENA_ARRAY(maker->arena, struct weighed, len + 1);
	len = 0;
	for (size_t i = 0; i < count; i++) {
		const struct ir_set *set = &sets[labels[i]->set];

		for (size_t j = 0; j < set->intervals.len; j++)
			begins[len++] = (struct weighed){ set->intervals.at[j].lo,
							  labels[i]->weight };
	}
	qsort(begins, len, sizeof(*begins), compare_weighed);
	/* From here on .weight is the sum of all that come before. */
	for (size_t i = 0, sum = 0; i <= len; i++) {
		size_t own = begins[i].weight;

		begins[i].weight = sum;
		sum += own;
	}
	for (size_t i = 0; i < count; i++) {
		const struct ir_set *set = &sets[labels[i]->set];

		for (size_t j = 0; j < set->intervals.len; j++) {
			const struct ir_interval *interval = &set->intervals.at[j];

			labels[i]->score +=
				begins[begin_before(begins, len, interval->hi, true)].weight -
				begins[begin_before(begins, len, interval->lo, false)].weight;
		}
	}
}

static void name_always(struct interp_index *index, uint32_t rule)
{
	index->always[rule / 64] |= 1ull << rule % 64;
	index->any_always[rule / 64 / 64] |= 1ull << rule / 64 % 64;
}

/* The label that rule number I of the chain waits for, or NULL. */
static struct index_label *choose_label(struct maker *maker, uint32_t i)
{
	struct index_label *best = NULL;

	for (uint32_t j = maker->first_test[i]; j < maker->first_test[i + 1]; j++) {
		struct index_label *label = &maker->labels.at[maker->tests.at[j]];

		if (!best || label->score < best->score)
			best = label;
	}
	return best;
}

/* All labels are known, and stay where they are. */
static void place_rules(struct maker *maker, const struct ir_chain *chain)
{
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		struct index_label *label = choose_label(maker, i);

		if (label)
			label->rule_count++;
		else
			name_always(maker->index, chain->first_rule + i);
	}
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		struct index_label *label = choose_label(maker, i);

		if (label && !label->rules) {
			label->rules = ARENA_ARRAY(maker->arena, uint32_t, label->rule_count);
			label->rule_count = 0;
		}
		if (label)
			label->rules[label->rule_count++] = chain->first_rule + i;
	}
}

/* ---- trees ---- */

static int compare_numbers(const void *a, const void *b)
{
	const u128 left = *(const u128 *)a, right = *(const u128 *)b;

	return left < right ? -1 : left > right;
}

/* Where the leaves of the tree begin: at every end of every label that rules wait for. */
static void cut_leaves(struct maker *maker, struct index_label **labels, size_t count,
		       struct index_tree *tree)
{
	size_t len = 1, different = 1;

	for (size_t i = 0; i < count; i++)
		if (labels[i]->rule_count)
			len += 2 * maker->ir->sets.at[labels[i]->set].intervals.len;
	tree->starts = ARENA_ARRAY(maker->arena, u128, len);
	len = 1;
	for (size_t i = 0; i < count; i++) {
		const struct ir_set *set = &maker->ir->sets.at[labels[i]->set];

		for (size_t j = 0; labels[i]->rule_count && j < set->intervals.len; j++) {
			tree->starts[len++] = set->intervals.at[j].lo;
			if (set->intervals.at[j].hi != ~(u128)0)
				tree->starts[len++] = set->intervals.at[j].hi + 1;
		}
	}
	qsort(tree->starts, len, sizeof(*tree->starts), compare_numbers);
	for (size_t i = 1; i < len; i++)
		if (tree->starts[i] != tree->starts[different - 1])
			tree->starts[different++] = tree->starts[i];
	tree->start_count = different;
	tree->leaf_count = 1;
	while (tree->leaf_count < different)
		tree->leaf_count *= 2;
}

static size_t find_start(const struct index_tree *tree, u128 value)
{
	const u128 *found = bsearch(&value, tree->starts, tree->start_count,
				    sizeof(*tree->starts), compare_numbers);

	return (size_t)(found - tree->starts);
}

/*
 * Counts LABEL at each of the nodes that make up its set, in .first_label one node further on; or
 * with FILL puts it there, where .first_label then says.
 */
static void stand_label(struct maker *maker, struct index_tree *tree, uint32_t label, bool fill)
{
	const struct ir_set *set = &maker->ir->sets.at[maker->labels.at[label].set];

	for (size_t i = 0; i < set->intervals.len; i++) {
		const struct ir_interval *interval = &set->intervals.at[i];
		size_t first = find_start(tree, interval->lo) + tree->leaf_count;
		size_t end = tree->start_count + tree->leaf_count;

		if (interval->hi != ~(u128)0)
			end = find_start(tree, interval->hi + 1) + tree->leaf_count;
		for (; first < end; first /= 2, end /= 2) {
			if (first & 1) {
				if (fill)
					tree->labels[tree->first_label[first]] = label;
				tree->first_label[first++ + !fill]++;
			}
			if (end & 1) {
				end--;
				if (fill)
					tree->labels[tree->first_label[end]] = label;
				tree->first_label[end + !fill]++;
			}
		}
	}
}

static void make_tree(struct maker *maker, struct index_label **labels, size_t count,
		      struct index_tree *tree)
{
	size_t nodes;

	tree->part = &maker->ir->keys.at[labels[0]->key].parts.at[0];
	cut_leaves(maker, labels, count, tree);
	nodes = 2 * tree->leaf_count;
	tree->first_label = ARENA_ARRAY(maker->arena, uint32_t, nodes + 2);
	for (size_t i = 0; i < count; i++)
		if (labels[i]->rule_count)
			stand_label(maker, tree, (uint32_t)(labels[i] - maker->labels.at), false);
	for (size_t i = 0; i <= nodes; i++)
		tree->first_label[i + 1] += tree->first_label[i];
	tree->labels = ARENA_ARRAY(maker->arena, uint32_t, tree->first_label[nodes] + 1);
	for (size_t i = 0; i < count; i++)
		if (labels[i]->rule_count)
			stand_label(maker, tree, (uint32_t)(labels[i] - maker->labels.at), true);
	/* Filling has moved each to where the next one begins. */
	for (size_t i = nodes; i; i--)
		tree->first_label[i] = tree->first_label[i - 1];
	tree->first_label[0] = 0;
}

/* How many of COUNT labels, sorted by keys, have the key of the first. */
static size_t same_key(struct index_label **labels, size_t count)
{
	size_t same = 1;

	while (same < count && labels[same]->key == labels[0]->key)
		same++;
	return same;
}

static void make_trees(struct maker *maker, struct index_label **labels, size_t count,
		       struct index_chain *chain)
{
	size_t keys = 0, same;

	for (size_t i = 0; i < count; i += same_key(labels + i, count - i))
		keys++;
	chain->trees = ARENA_ARRAY(maker->arena, struct index_tree, keys + 1);
	for (size_t i = 0; i < count; i += same) {
		bool any = false;

		same = same_key(labels + i, count - i);
		for (size_t j = 0; j < same; j++)
			any |= labels[i + j]->rule_count != 0;
		if (any)
			make_tree(maker, labels + i, same, &chain->trees[chain->tree_count++]);
	}
}

/* ---- chains ---- */

static void make_chain(struct maker *maker, uint32_t number)
{
	const struct ir_chain *chain = &maker->ir->chains.at[number];
	size_t first = maker->labels.len, count;
	struct index_label **labels;

	maker->tests.len = 0;
	maker->first_test = ARENA_ARRAY(maker->arena, uint32_t, chain->rule_count + 1);
	for (uint32_t i = 0; i < chain->rule_count; i++) {
		list_tests(maker, &maker->ir->rules.at[chain->first_rule + i]);
		maker->first_test[i + 1] = (uint32_t)maker->tests.len;
	}
	count = maker->labels.len - first;
	labels = ARENA_ARRAY(maker->arena, struct index_label *, count + 1);
	for (size_t i = 0; i < count; i++)
		labels[i] = &maker->labels.at[first + i];
	qsort(labels, count, sizeof(struct index_label *), compare_keys);
	for (size_t i = 0, same; i < count; i += same) {
		same = same_key(labels + i, count - i);
		score_labels(maker, labels + i, same);
	}
	place_rules(maker, chain);
	make_trees(maker, labels, count, &maker->index->chains[number]);
}

static struct interp_index *make_empty(const struct ir *ir, struct arena *arena)
{
	struct interp_index *index = ARENA_NEW(arena, struct interp_index);
	size_t words = ir->rules.len / 64 + 1, many = words / 64 + 1;

	index->ir = ir;
	index->rule_count = ir->rules.len;
	index->load_count = ir->loads.len;
	index->chains = ARENA_ARRAY(arena, struct index_chain, ir->chains.len);
	index->always = ARENA_ARRAY(arena, uint64_t, words);
	index->named = ARENA_ARRAY(arena, uint64_t, words);
	index->any_always = ARENA_ARRAY(arena, uint64_t, many);
	index->any_named = ARENA_ARRAY(arena, uint64_t, many);
	index->values = ARENA_ARRAY(arena, u128, ir->loads.len + 1);
	index->known = ARENA_ARRAY(arena, uint8_t, ir->loads.len + 1);
	return index;
}

struct interp_index *interp_index_make(const struct ir *ir, struct arena *arena)
{
	struct maker maker = { .ir = ir, .arena = arena };
	bool any = false;

	for (size_t i = 0; i < ir->chains.len; i++)
		any |= ir->chains.at[i].rule_count >= CHAIN_RULES;
	if (!any)
		return NULL;
	maker.index = make_empty(ir, arena);
	for (uint32_t i = 0; i < ir->chains.len; i++) {
		const struct ir_chain *chain = &ir->chains.at[i];

		if (chain->rule_count >= CHAIN_RULES)
			make_chain(&maker, i);
		else
			for (uint32_t j = 0; j < chain->rule_count; j++)
				name_always(maker.index, chain->first_rule + j);
	}
	maker.index->labels = maker.labels.at;
	return maker.index;
}
