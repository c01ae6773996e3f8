/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree: the engine of decision trees, the one that solves every problem.
 *
 * In: a problem.  Out: a solution: bytes and C text.  Building is bounded by the rows alone: boxes
 * are at most twice the rows and 16,384 more, and trees have an allowance of rows and nodes; where
 * it does not reach, leaves get longer, so packets take longer.
 */
#include "compiler/plan_tree.h"

#define ALLOWANCE 8			/* rows of leaves for each box, about */
#define WORK_EACH 2500			/* steps of looking for better trees, for each row, */
#define WORK_SPARE 4000000		/* and how many more */
#define WORK_MOST 40000000

#define TREE_INSTRUCTIONS 120
#define RANK_INSTRUCTIONS 40
#define RANK_COST 35			/* of a value, tenths of nanoseconds: a guess, */
#define WIDE_COST 250			/* also of one of more than 64 bits, at most */
#define TAIL_COST 40			/* of a wide value, besides that of its high half, */
#define TAIL_HALF_COST 35		/* and of a step of the search in a tail */
#define STEP_BYTES 16
#define QUICK_STEPS 1024		/* of a trie that is made to know its cost */

#define TRIE_EACH 64			/* bytes of a trie for each step at most */
#define TRIE_SPARE (1u << 20)

static const struct tree_solution *own(const struct plan_solution *solution)
{
	return (const struct tree_solution *)solution;
}

/* What a rank takes: of a value, tenths of nanoseconds; a guess before there is a trie. */
static uint32_t rank_cost(const struct tree_dim *dim)
{
	const struct tree_wide *wide = dim->wide;

	if (dim->trie)
		return plan_trie_cost(dim->trie);
	if (wide)
		return (wide->trie ? plan_trie_cost(wide->trie) :
				     plan_tree_search_cost(&wide->highs)) +
		       TAIL_COST + wide->halves * TAIL_HALF_COST;
	return dim->bits > 64 ? plan_tree_search_cost(&dim->steps) : RANK_COST;
}

/* Of a wide value that there is no trie for yet. */
static uint32_t guess_cost(const struct tree_dim *dim)
{
	uint32_t cost = rank_cost(dim);

	return dim->bits > 64 && cost > WIDE_COST ? WIDE_COST : cost;
}

/*
 * Where a trie does not fit, a search does: it always takes the same bytes for a step.  Of wide
 * values the halves or a search are sometimes faster, too: where labels are ranges.
 */
static void make_trie(struct tree_dim *dim, size_t most, struct arena *arena)
{
	struct tree_dim plain = *dim, halves = *dim;

	if (most > dim->steps.count * TRIE_EACH + TRIE_SPARE)
		most = dim->steps.count * TRIE_EACH + TRIE_SPARE;
	dim->trie = plan_trie_make(&dim->steps, most, arena);
	if (dim->bits <= 64 || (dim->trie && rank_cost(dim) <= TAIL_COST + TAIL_HALF_COST))
		return;
	halves.wide = plan_tree_widen(&dim->steps, dim->ranks, most, arena);
	if (halves.wide && (!dim->trie || rank_cost(&halves) < rank_cost(dim)))
		*dim = halves;
	if (rank_cost(&plain) < rank_cost(dim))
		*dim = plain;
}

static size_t made_bytes(const struct tree_dim *dim)
{
	const struct plan_trie *trie = dim->wide ? dim->wide->trie : dim->trie;

	return trie ? plan_trie_bytes(trie) : 0;
}

/* BYTES: all of them together at most. */
static void make_tries(struct tree_ranks *ranks, size_t most_steps, size_t bytes,
		       struct arena *arena)
{
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		if (ranks->dims[i].steps.count > most_steps)
			continue;
		make_trie(&ranks->dims[i], bytes / (ranks->dim_count - i), arena);
		bytes -= made_bytes(&ranks->dims[i]);
	}
}

/* What the image has room for besides the trees, and all that a search would take. */
static size_t trie_room(const struct tree_solution *solution, const struct plan_budget *budget)
{
	const struct tree_ranks *ranks = solution->ranks;
	size_t used = solution->forest->nodes.len * sizeof(struct tree_node) +
		      solution->forest->rows.len * tree_row_bytes(ranks->words);

	for (uint32_t i = 0; i < ranks->dim_count; i++)
		used += ranks->dims[i].steps.count * (STEP_BYTES + sizeof(uint32_t));
	return used < budget->bytes ? budget->bytes - used : 0;
}

/* Of what was made; what ranks take is only guessed when there are no tries yet. */
static void estimate_of(const struct tree_forest *forest, uint32_t (*cost)(const struct tree_dim *),
			struct plan_estimate *ret_estimate)
{
	const struct tree_ranks *ranks = forest->ranks;
	struct plan_estimate estimate = { .possible = true, .cost = forest->cost };

	estimate.bytes = forest->nodes.len * sizeof(struct tree_node) +
			 forest->rows.len * tree_row_bytes(ranks->words);
	estimate.instructions = forest->tree_count * TREE_INSTRUCTIONS;
	for (uint32_t i = 0; i < ranks->dim_count; i++) {
		const struct tree_dim *dim = &ranks->dims[i];

		estimate.bytes += dim->steps.count * STEP_BYTES;
		estimate.cost += cost(dim);
		estimate.instructions += RANK_INSTRUCTIONS;
	}
	*ret_estimate = estimate;
}

/* Everything but the tries and the bytes; looks for better trees for WORK steps. */
static struct tree_solution *make_solution(const struct plan_problem *problem, uint64_t work,
					   struct arena *arena)
{
	struct tree_solution *solution = ARENA_NEW(arena, struct tree_solution);
	struct tree_boxes *boxes = ARENA_NEW(arena, struct tree_boxes);
	struct tree_forest *forest = ARENA_NEW(arena, struct tree_forest);
	struct tree_ranks *ranks = ARENA_NEW(arena, struct tree_ranks);

	plan_tree_rank(problem, arena, ranks);
	plan_tree_box(problem, ranks, arena, boxes);
	*forest = (struct tree_forest){ .ranks = ranks, .boxes = boxes, .arena = arena,
					.allowance = ALLOWANCE, .most_work = work };
	plan_tree_deal(forest);
	*solution = (struct tree_solution){ .ranks = ranks, .forest = forest };
	for (size_t i = 0; i < boxes->boxes.len; i++)
		solution->resumes |= boxes->boxes.at[i].resumed;
	return solution;
}

/* Trees grow so fast that the first ones are grown to know their cost. */
static void tree_estimate(const struct plan_problem *problem, const struct plan_budget *budget,
			  struct arena *arena, struct plan_estimate *ret_estimate)
{
	struct tree_solution *solution = make_solution(problem, 0, arena);

	make_tries(solution->ranks, QUICK_STEPS, trie_room(solution, budget), arena);
	estimate_of(solution->forest, guess_cost, ret_estimate);
}

static const struct plan_solution *tree_build(const struct plan_problem *problem,
					      const struct plan_budget *budget,
					      struct arena *arena,
					      struct plan_estimate *ret_estimate)
{
	uint64_t work = problem->row_count * WORK_EACH + WORK_SPARE;
	struct tree_solution *solution;

	if (work > WORK_MOST)
		work = WORK_MOST;
	if (work > budget->work)
		work = budget->work;
	solution = make_solution(problem, work, arena);
	make_tries(solution->ranks, SIZE_MAX, trie_room(solution, budget), arena);
	plan_tree_fill(solution, problem, arena);
	estimate_of(solution->forest, rank_cost, ret_estimate);
	ret_estimate->bytes = solution->size;
	return (const struct plan_solution *)solution;
}

static void tree_fill(const struct plan_solution *solution, uint8_t *image, size_t offset)
{
	memcpy(image + offset, own(solution)->bytes, own(solution)->size);
}

static uint32_t tree_look(const struct plan_solution *solution, const struct plan_key *key,
			  uint32_t from)
{
	return plan_tree_look(own(solution), key, from);
}

static void tree_write(const struct plan_solution *solution, size_t offset, struct buf *out)
{
	plan_tree_write(own(solution), offset, out);
}

static void tree_write_globals(const struct plan_solution *solution, uint32_t number,
			       size_t offset, struct buf *out)
{
	(void)number;
	plan_tree_write_globals(own(solution), offset, out);
}

static void tree_print(const struct plan_solution *solution, const char *indent, struct buf *out)
{
	const struct tree_forest *forest = own(solution)->forest;

	for (uint32_t i = 0; i < forest->tree_count; i++)
		buf_printf(out, "%stree %u: %u steps, %u rows\n", indent, i,
			   forest->slots[i].steps, forest->slots[i].rows);
	buf_printf(out, "%s%u trees, %zu nodes, %zu rows, %zu bytes\n", indent,
		   forest->tree_count, forest->nodes.len, forest->rows.len, own(solution)->size);
}

const struct plan_engine plan_engine_tree = {
	.name = "tree",
	.resumes = true,
	.estimate = tree_estimate,
	.build = tree_build,
	.fill = tree_fill,
	.look = tree_look,
	.write = tree_write,
	.write_globals = tree_write_globals,
	.print = tree_print,
};
