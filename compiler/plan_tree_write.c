/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_tree_write: the C text that looks a key up.
 *
 * In: a solution and where its bytes are in `tables`.  Out: the body of a function, see
 * compiler/plan_engine.h: each value becomes its rank, the ranks become words, and tree_look() of
 * bpf/xdpfw_tree.h does the rest.
 */
#include <stdio.h>

#include "compiler/plan_tree.h"

#define UNROLLED 8			/* trees at most that have a line of text each */

static void write_rank(const struct tree_dim *dim, size_t offset, struct buf *out)
{
	char low[16], high[24];

	snprintf(low, sizeof(low), "d%u", dim->dim);
	snprintf(high, sizeof(high), dim->bits > 64 ? "d%u_high" : "0", dim->dim);
	if (dim->bits > 64)
		buf_printf(out, "\t(void)d%u_high;\n\t(void)d%u;\n", dim->dim, dim->dim);
	buf_printf(out, "\tconst __u64 r%u = (__u64)", dim->dim);
	if (dim->trie) {
		plan_trie_write(dim->trie, offset + dim->offset, high, low, out);
	} else if (dim->wide) {
		buf_printf(out, "tree_tail(%zu + (__u64)", offset + dim->tails);
		if (dim->wide->trie)
			plan_trie_write(dim->wide->trie, offset + dim->offset, "0", high, out);
		else
			buf_printf(out, "tree_rank%u(%s, %zu, %zu)",
				   tree_search_bytes(dim->bits - 64) * 8, high,
				   offset + dim->offset, dim->wide->highs.count);
		buf_printf(out, " * %zu, %s, %zu, %zu, %u)", sizeof(struct tree_tail), low,
			   offset + dim->lows, offset + dim->wide_ranks, dim->wide->halves);
	} else {
		buf_printf(out, "tree_rank%u(%s%s%s, %zu, %zu)", tree_search_bytes(dim->bits) * 8,
			   dim->bits > 64 ? high : "", dim->bits > 64 ? ", " : "", low,
			   offset + dim->offset, dim->steps.count);
	}
	if (!dim->always)
		buf_printf(out, " & -p%u", dim->dim);
	buf_printf(out, ";\t/* below %u */\n", dim->ranks);
}

static void write_key(const struct tree_ranks *ranks, struct buf *out)
{
	buf_puts(out, "\tconst struct tree_key key = {\n");
	for (uint32_t i = 0; i < ranks->words; i++) {
		const char *between = "";

		buf_printf(out, "\t\t.word[%u] = ", i);
		for (uint32_t j = 0; j < ranks->dim_count; j++) {
			const struct tree_dim *dim = &ranks->dims[j];

			if (dim->word != i)
				continue;
			buf_printf(out, dim->pos ? "%sr%u << %u" : "%sr%u", between, dim->dim,
				   dim->pos);
			between = " | ";
		}
		buf_puts(out, *between ? ",\n" : "0,\n");
	}
	buf_puts(out, "\t};\n");
}

static void write_place(const struct tree_solution *solution, size_t offset, struct buf *out)
{
	const struct tree_forest *forest = solution->forest;
	const struct tree_ranks *ranks = solution->ranks;

	buf_puts(out, "\tconst struct tree_place place = {\n");
	buf_printf(out, "\t\t.head = %zu, .words = %u, .resumes = %u, .longer = %u,\n",
		   offset + solution->head, ranks->words, solution->resumes, forest->longer);
	buf_printf(out, "\t\t.slots = %zu, .tree_count = %u,\n", offset + solution->slots,
		   forest->tree_count);
	buf_printf(out, "\t\t.nodes = %zu, .node_count = %zu,\n", offset + solution->nodes,
		   forest->nodes.len);
	buf_printf(out, "\t\t.rows = %zu, .row_count = %zu,\n", offset + solution->rows,
		   forest->rows.len);
	buf_puts(out, "\t\t.guard = {");
	for (uint32_t i = 0; i < ranks->words; i++)
		buf_printf(out, "%s 0x%llxull", i ? "," : "", (unsigned long long)ranks->guard[i]);
	buf_puts(out, " },\n\t};\n");
}

/* Many trees are looked at by a function of their own, which the verifier takes apart once. */
void plan_tree_write_globals(const struct tree_solution *solution, size_t offset, struct buf *out)
{
	if (solution->forest->tree_count <= UNROLLED)
		return;
	buf_printf(out, "XDPFW_ALONE __u64 tree_of_%zu(const struct tree_key *key, __u32 from, "
		   "__u32 tree)\n{\n", offset);
	write_place(solution, offset, out);
	buf_puts(out, "\n\treturn tree_numbered(place, key, from, tree);\n}\n\n");
}

static void write_trees(const struct tree_solution *solution, size_t offset, struct buf *out)
{
	const struct tree_forest *forest = solution->forest;
	const char *from = solution->resumes ? "from" : "0";

	buf_puts(out, "\t__u64 best = TREE_NOTHING;\n\n");
	for (uint32_t i = 0; i < forest->tree_count && forest->tree_count <= UNROLLED; i++)
		buf_printf(out, "\tbest = tree_one(place, &key, %s, %u, %u, %u, best);\n", from,
			   i, forest->slots[i].steps, forest->slots[i].rows);
	if (forest->tree_count > UNROLLED)
		buf_printf(out, "\tfor (__u32 tree = 0; tree < %u; tree++)\n"
			   "\t\tbest = tree_least(tree_of_%zu(&key, %s, tree), best);\n",
			   forest->tree_count, offset, from);
	buf_printf(out, "\treturn tree_answer(best, %s);\n", from);
}

void plan_tree_write(const struct tree_solution *solution, size_t offset, struct buf *out)
{
	for (uint32_t i = 0; i < solution->ranks->dim_count; i++)
		write_rank(&solution->ranks->dims[i], offset, out);
	if (solution->forest->tree_count <= UNROLLED)
		write_place(solution, offset, out);
	write_key(solution->ranks, out);
	write_trees(solution, offset, out);
}
