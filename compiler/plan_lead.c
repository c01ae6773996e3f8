/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_lead: the engine for boxes of which one dimension alone leaves few: concatenations of
 * addresses and ports, where no address is in more than some of them.
 *
 * In: a problem.  Out: a trie over that dimension, whose results are groups of up to MAX_ROWS rows;
 * the other dimensions are lanes of one or two words, which are compared with all rows of a group,
 * without a branch.
 *
 *	group	row[rows]
 *	row	__u64 lo[words], hi[words], then the result + 1; one that is all 0 has no result.  A
 *		guard bit is above each lane, 0 in keys, lo and hi: a key lies in a row when no lane
 *		of key - lo and of hi - key borrows from its guard.
 *
 * Safety: refuses before it builds what more rows, lanes or bytes would need.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/plan_cost.h"
#include "compiler/plan_engine.h"
#include "compiler/plan_trie.h"

#define MAX_ROWS 4			/* of a group */
#define MAX_WORDS 3
#define WORD_BITS 63			/* the sign is left: 0 is told by subtracting */
#define MAX_INTERVALS (1u << 20)	/* of the dimension that leads, of all rows */
#define EVENT_STEPS 32			/* what sorting takes of the budget's work, for each end */
#define INSTRUCTIONS 40
#define ROW_INSTRUCTIONS 8
#define WORD_INSTRUCTIONS 7

struct lane {
	uint32_t dim, word, shift;
	bool presence;			/* of the dimension, not its value */
};

struct plan_solution {
	const struct plan_problem *problem;
	const struct plan_trie *trie;
	struct lane lanes[2 * PLAN_MAX_DIMS];
	uint64_t guards[MAX_WORDS];
	uint64_t *table;
	size_t table_at;		/* behind the trie */
	uint32_t lane_count, words;
	uint32_t lead, rows, groups;
	struct plan_estimate estimate;
};

/* Where an interval of the dimension that leads begins, or the first number behind it. */
struct event {
	u128 at;
	uint32_t row;
	bool begins;
};

struct lead {
	const struct plan_problem *problem;
	const struct plan_budget *budget;
	struct arena *arena;		/* what is kept */
	struct arena scratch;
	struct plan_solution *solution;
	struct event *events;
	size_t event_count;
	VEC(uint64_t) table;
	uint32_t *group_of;		/* by row: of it alone; 0: none yet */
	const char *why;
};

static bool refuse(struct lead *lead, const char *why)
{
	lead->why = why;
	return false;
}

static uint32_t label_of(const struct plan_problem *problem, size_t row, uint32_t dim)
{
	return problem->labels[row * problem->dim_count + dim];
}

static const struct plan_label *find_label(const struct plan_problem *problem, size_t row,
					   uint32_t dim)
{
	uint32_t label = label_of(problem, row, dim);

	return label == PLAN_ANY ? NULL : &problem->dims[dim].labels.at[label];
}

/* ---- the dimension that leads ---- */

static int compare_events(const void *a, const void *b)
{
	const struct event *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return left->begins - right->begins;
}

/* False: some row has no label, or there are too many. */
static bool list_events(struct lead *lead, uint32_t dim)
{
	const struct plan_problem *problem = lead->problem;
	size_t count = 0;

	if (problem->dims[dim].bits > 64)
		return false;
	for (size_t i = 0; i < problem->row_count; i++) {
		const struct plan_label *label = find_label(problem, i, dim);

		count += label ? label->count : 0;
		if (!label || count > MAX_INTERVALS || count * EVENT_STEPS > lead->budget->work)
			return false;
	}
	lead->events = ARENA_ARRAY(&lead->scratch, struct event, 2 * count + 1);
	lead->event_count = 0;
	for (size_t i = 0; i < problem->row_count; i++) {
		const struct plan_label *label = find_label(problem, i, dim);

		for (size_t j = 0; j < label->count; j++) {
			lead->events[lead->event_count++] =
				(struct event){ label->at[j].lo, (uint32_t)i, true };
			lead->events[lead->event_count++] =
				(struct event){ label->at[j].hi + 1, (uint32_t)i, false };
		}
	}
	qsort(lead->events, lead->event_count, sizeof(*lead->events), compare_events);
	return true;
}

/* Rows at most that hold a number. */
static uint32_t count_most(const struct lead *lead)
{
	uint32_t now = 0, most = 0;

	for (size_t i = 0; i < lead->event_count; i++) {
		now = lead->events[i].begins ? now + 1 : now - 1;
		most = now > most ? now : most;
	}
	return most;
}

/* Of those that leave equally few rows the widest, which would be the longest lane. */
static bool choose_lead(struct lead *lead)
{
	const struct plan_dim *dims = lead->problem->dims;
	struct plan_solution *solution = lead->solution;

	solution->rows = MAX_ROWS + 1;
	for (uint32_t i = 0; i < lead->problem->dim_count; i++) {
		uint32_t most;

		if (!list_events(lead, i))
			continue;
		most = count_most(lead);
		if (most < solution->rows ||
		    (most == solution->rows && dims[i].bits > dims[solution->lead].bits)) {
			solution->lead = i;
			solution->rows = most;
		}
	}
	if (solution->rows > MAX_ROWS)
		return refuse(lead, "each dimension leaves more than 4 rows");
	return list_events(lead, solution->lead);
}

/* ---- lanes ---- */

static bool add_lane(struct lead *lead, uint32_t used[MAX_WORDS], uint32_t dim, bool presence)
{
	struct plan_solution *solution = lead->solution;
	uint32_t bits = (presence ? 1 : lead->problem->dims[dim].bits) + 1, word = 0;

	while (word < MAX_WORDS && used[word] + bits > WORD_BITS)
		word++;
	if (word == MAX_WORDS)
		return refuse(lead, "wide values");
	solution->lanes[solution->lane_count++] =
		(struct lane){ .dim = dim, .word = word, .shift = used[word],
			       .presence = presence };
	used[word] += bits;
	solution->guards[word] |= 1ull << (used[word] - 1);
	if (word >= solution->words)
		solution->words = word + 1;
	return true;
}

static bool make_lanes(struct lead *lead)
{
	const struct plan_problem *problem = lead->problem;
	uint32_t used[MAX_WORDS] = { 0 };

	for (uint32_t i = 0; i < problem->dim_count; i++) {
		const struct plan_dim *dim = &problem->dims[i];

		if (i == lead->solution->lead || !dim->labels.len)
			continue;
		for (size_t j = 0; j < dim->labels.len; j++)
			if (dim->labels.at[j].count != 1)
				return refuse(lead, "labels of several intervals");
		if (!add_lane(lead, used, i, false) ||
		    (!dim->always && !add_lane(lead, used, i, true)))
			return false;
	}
	return true;
}

static uint64_t largest(const struct plan_solution *solution, const struct lane *lane)
{
	return lane->presence ? 1 : (uint64_t)u128_max(solution->problem->dims[lane->dim].bits);
}

/* ---- groups ---- */

static uint32_t row_words(const struct plan_solution *solution)
{
	return 2 * solution->words + 1;
}

static void put_row(const struct plan_solution *solution, uint32_t row, uint64_t *at)
{
	const struct plan_problem *problem = solution->problem;

	for (uint32_t i = 0; i < solution->lane_count; i++) {
		const struct lane *lane = &solution->lanes[i];
		const struct plan_label *label = find_label(problem, row, lane->dim);
		uint64_t lo = 0, hi = largest(solution, lane);

		if (label) {
			lo = lane->presence ? 1 : (uint64_t)label->at[0].lo;
			hi = lane->presence ? 1 : (uint64_t)label->at[0].hi;
		}
		at[lane->word] |= lo << lane->shift;
		at[solution->words + lane->word] |= hi << lane->shift;
	}
	at[2 * solution->words] = (uint64_t)problem->results[row] + 1;
}

/* The group of these rows, which are sorted: the first that holds is the answer. */
static uint32_t make_group(struct lead *lead, const uint32_t *rows, uint32_t count)
{
	struct plan_solution *solution = lead->solution;
	uint32_t number;
	size_t at;

	if (count == 1 && lead->group_of[rows[0]])
		return lead->group_of[rows[0]];
	if (!count && solution->groups)
		return 0;
	number = solution->groups++;
	if (count == 1)
		lead->group_of[rows[0]] = number;
	at = lead->table.len;
	for (uint32_t i = 0; i < solution->rows * row_words(solution); i++)
		*vec_push(&lead->scratch, &lead->table) = 0;
	for (uint32_t i = 0; i < count; i++)
		put_row(solution, rows[i], &lead->table.at[at + i * row_words(solution)]);
	return number;
}

/* Rows that hold from an event on. */
struct active {
	uint32_t rows[MAX_ROWS + 1];
	uint32_t count;
};

static void apply(struct active *active, const struct event *event)
{
	uint32_t at = 0;

	while (at < active->count && active->rows[at] < event->row)
		at++;
	if (event->begins) {
		memmove(&active->rows[at + 1], &active->rows[at],
			(active->count - at) * sizeof(active->rows[0]));
		active->rows[at] = event->row;
		active->count++;
	} else {
		active->count--;
		memmove(&active->rows[at], &active->rows[at + 1],
			(active->count - at) * sizeof(active->rows[0]));
	}
}

/* Group 0 is for numbers of no row. */
static void make_steps(struct lead *lead, struct plan_steps *ret_steps)
{
	u128 *start = ARENA_ARRAY(&lead->scratch, u128, lead->event_count + 2);
	uint32_t *result = ARENA_ARRAY(&lead->scratch, uint32_t, lead->event_count + 2);
	unsigned int bits = lead->problem->dims[lead->solution->lead].bits;
	struct active active = { .count = 0 };
	size_t count = 1, i = 0;

	make_group(lead, NULL, 0);
	while (i < lead->event_count && lead->events[i].at <= u128_max(bits)) {
		u128 at = lead->events[i].at;
		uint32_t group;

		for (; i < lead->event_count && lead->events[i].at == at; i++)
			apply(&active, &lead->events[i]);
		group = make_group(lead, active.rows, active.count);
		if (at && group == result[count - 1])
			continue;
		count = at ? count : 0;
		start[count] = at;
		result[count++] = group;
	}
	*ret_steps = (struct plan_steps){ bits, count, start, result };
}

static bool make_table(struct lead *lead)
{
	struct plan_solution *solution = lead->solution;
	size_t bytes = row_words(solution) * solution->rows * sizeof(uint64_t);
	struct plan_steps steps;

	lead->group_of = ARENA_ARRAY(&lead->scratch, uint32_t, lead->problem->row_count + 1);
	if (bytes * (lead->event_count + 1) > 2 * lead->budget->bytes)
		return refuse(lead, "many groups");
	make_steps(lead, &steps);
	bytes *= solution->groups;
	if (bytes >= lead->budget->bytes)
		return refuse(lead, "many groups");
	solution->trie = plan_trie_make(&steps, lead->budget->bytes - bytes, lead->arena);
	if (!solution->trie)
		return refuse(lead, "no trie fits");
	solution->table = ARENA_ARRAY(lead->arena, uint64_t, lead->table.len + 1);
	memcpy(solution->table, lead->table.at, bytes);
	solution->table_at = (plan_trie_bytes(solution->trie) + 63) & ~(size_t)63;
	solution->estimate.bytes = solution->table_at + bytes;
	solution->estimate.cost = plan_trie_cost(solution->trie) + plan_cost_load(bytes);
	return solution->estimate.bytes <= lead->budget->bytes || refuse(lead, "many groups");
}

static const struct plan_solution *lead_build(const struct plan_problem *problem,
					      const struct plan_budget *budget,
					      struct arena *arena,
					      struct plan_estimate *ret_estimate)
{
	struct lead lead = { .problem = problem, .budget = budget, .arena = arena };
	struct plan_solution *solution = ARENA_NEW(arena, struct plan_solution);
	bool made;

	*solution = (struct plan_solution){ .problem = problem };
	lead.solution = solution;
	made = choose_lead(&lead) && make_lanes(&lead) && make_table(&lead);
	arena_free(&lead.scratch);
	if (!made) {
		*ret_estimate = (struct plan_estimate){ .possible = false, .why = lead.why };
		return NULL;
	}
	solution->estimate.possible = true;
	solution->estimate.instructions =
		INSTRUCTIONS + 3 * solution->lane_count +
		solution->rows * (ROW_INSTRUCTIONS + solution->words * WORD_INSTRUCTIONS);
	solution->estimate.cost += solution->estimate.instructions * PLAN_COST_INSTRUCTION;
	*ret_estimate = solution->estimate;
	return solution;
}

static void lead_estimate(const struct plan_problem *problem, const struct plan_budget *budget,
			  struct arena *arena, struct plan_estimate *ret_estimate)
{
	struct arena scratch = ARENA_INIT;

	(void)arena;
	lead_build(problem, budget, &scratch, ret_estimate);
	arena_free(&scratch);
}

/* ---- looking up ---- */

static void lead_fill(const struct plan_solution *solution, uint8_t *image, size_t offset)
{
	plan_trie_fill(solution->trie, image, offset);
	memcpy(image + offset + solution->table_at, solution->table,
	       (size_t)solution->groups * solution->rows * row_words(solution) * sizeof(uint64_t));
}

static bool holds(const struct plan_solution *solution, const uint64_t *row, const uint64_t *key)
{
	uint64_t bad = 0;

	for (uint32_t i = 0; i < solution->words; i++)
		bad |= ((key[i] - row[i]) | (row[solution->words + i] - key[i])) &
		       solution->guards[i];
	return !bad;
}

static uint32_t lead_look(const struct plan_solution *solution, const struct plan_key *key,
			  uint32_t from)
{
	uint64_t words[MAX_WORDS] = { 0 };
	const uint64_t *row;

	(void)from;
	if (!key->present[solution->lead])
		return PLAN_NO_RESULT;
	for (uint32_t i = 0; i < solution->lane_count; i++) {
		const struct lane *lane = &solution->lanes[i];
		uint64_t value = lane->presence ? key->present[lane->dim] :
						  (uint64_t)key->value[lane->dim];

		words[lane->word] |= (value & largest(solution, lane)) << lane->shift;
	}
	row = solution->table + (size_t)plan_trie_look(solution->trie, key->value[solution->lead]) *
					solution->rows * row_words(solution);
	for (uint32_t i = 0; i < solution->rows; i++, row += row_words(solution))
		if (row[2 * solution->words] && holds(solution, row, words))
			return (uint32_t)row[2 * solution->words] - 1;
	return PLAN_NO_RESULT;
}

/* ---- text ---- */

/* "	const __u64 w0 = d1 | d2 << 33;" */
static void write_words(const struct plan_solution *solution, struct buf *out)
{
	for (uint32_t word = 0; word < solution->words; word++) {
		bool first = true;

		buf_printf(out, "\tconst __u64 w%u = ", word);
		for (uint32_t i = 0; i < solution->lane_count; i++) {
			const struct lane *lane = &solution->lanes[i];

			if (lane->word != word)
				continue;
			buf_puts(out, first ? "" : " | ");
			first = false;
			buf_printf(out, "(%c%u & 0x%llxull) << %u", lane->presence ? 'p' : 'd',
				   lane->dim, (unsigned long long)largest(solution, lane),
				   lane->shift);
		}
		buf_puts(out, ";\n");
	}
}

/* The rows from last to first: what holds later counts. */
static void write_rows(const struct plan_solution *solution, struct buf *out)
{
	for (uint32_t i = solution->rows; i--;) {
		uint32_t at = i * row_words(solution);

		buf_puts(out, "\tbad = 0");
		for (uint32_t word = 0; word < solution->words; word++)
			buf_printf(out, " | (((w%u - row[%u]) | (row[%u] - w%u)) & 0x%llxull)",
				   word, at + word, at + solution->words + word, word,
				   (unsigned long long)solution->guards[word]);
		buf_printf(out, ";\n\tbest = CHOOSE((bad - 1) >> 63, row[%u], best);\n",
			   at + 2 * solution->words);
	}
}

static void lead_write(const struct plan_solution *solution, size_t offset, struct buf *out)
{
	struct buf number = BUF_INIT;

	buf_printf(&number, "d%u", solution->lead);
	write_words(solution, out);
	buf_puts(out, "\t__u64 group, best = 0, bad;\n\tconst __u64 *row;\n\n\tgroup = ");
	plan_trie_write(solution->trie, offset, "0", number.at, out);
	buf_puts(out, ";\n");
	if (!solution->problem->dims[solution->lead].always)
		buf_printf(out, "\tgroup = CHOOSE(p%u, group, 0);\n", solution->lead);
	buf_printf(out,
		   "\trow = (const __u64 *)(tables + %zu + table_inside(group, %u) * %zu);\n",
		   offset + solution->table_at, solution->groups - 1,
		   solution->rows * row_words(solution) * sizeof(uint64_t));
	write_rows(solution, out);
	buf_puts(out, "\treturn best;\n");
	buf_free(&number);
}

static void lead_write_globals(const struct plan_solution *solution, uint32_t number,
			       size_t offset, struct buf *out)
{
	(void)solution;
	(void)number;
	(void)offset;
	(void)out;
}

static void lead_print(const struct plan_solution *solution, const char *indent, struct buf *out)
{
	buf_printf(out, "%sdimension %u leads: ", indent, solution->lead);
	plan_trie_print(solution->trie, out);
	buf_printf(out, "\n%s%u groups of %u rows, %u words each\n", indent, solution->groups,
		   solution->rows, row_words(solution));
}

const struct plan_engine plan_engine_lead = {
	.name = "lead",
	.estimate = lead_estimate,
	.estimates_by_building = true,
	.build = lead_build,
	.fill = lead_fill,
	.look = lead_look,
	.write = lead_write,
	.write_globals = lead_write_globals,
	.print = lead_print,
};
