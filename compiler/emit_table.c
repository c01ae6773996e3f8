/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_table: look-ups in the tables of sets and maps.
 *
 * In: what the plan chose.  Out: look_N(key) for each table, the key's result or 0: a call of
 * bpf/xdpfw_table.h or bpf/xdpfw_trie.h with the table's place and shape as constants.
 */
#include "compiler/emit_part.h"
#include "compiler/plan_engine.h"
#include "compiler/plan_trie.h"

#define FIRST_SOLVED 100000		/* number of an engine's globals: blocks have others */
#define MAX_COPIES 2			/* of a look-up in the program; more share a function */

static uint32_t table_of(const struct emit *emit, const struct ir_step *step)
{
	if (step->kind == IR_STEP_TEST)
		return emit->plan->sets[step->set].table;
	return step->kind == IR_STEP_MAP ? emit->plan->maps[step->map].table : PLAN_NO_TABLE;
}

/* How often rules look something up in each table. */
static uint32_t *count_uses(const struct emit *emit)
{
	uint32_t *uses = ARENA_ARRAY(emit->arena, uint32_t, emit->plan->tables.len + 1);

	for (size_t i = 0; i < emit->ir->rules.len; i++) {
		const struct ir_rule *rule = &emit->ir->rules.at[i];

		for (size_t j = 0; j < rule->steps.len; j++) {
			uint32_t table = table_of(emit, &rule->steps.at[j]);

			if (table != PLAN_NO_TABLE)
				uses[table]++;
		}
	}
	return uses;
}

static void put_find(const struct plan_table *table, struct buf *out)
{
	uint32_t rows_at = table->offset + table->rows_at;

	buf_puts(out, "\t__u64 row = TABLE_FIND(");
	if (table->lanes)
		buf_printf(out, "table_mix_key(key, %u, %u)", table->lanes, table->seed);
	else
		buf_printf(out, "table_mix(%s, %u)",
			   table->key_bits == 128 ? "high, low" : "0, key", table->seed);
	buf_printf(out, ", %u, %u, %u, %u,\n\t\t\t       ", table->offset, table->slots,
		   table->spilled, table->used);
	if (table->lanes)
		buf_printf(out, "table_row_lanes(table_row, %u, key, %u));\n\n", rows_at,
			   table->lanes);
	else
		buf_printf(out, "table_row%u(table_row, %u, %s));\n\n", table->key_bits, rows_at,
			   table->key_bits == 128 ? "high, low" : "key");
	if (table->results_at)
		buf_printf(out, "\treturn table_result(row, %u, %u);\n",
			   table->offset + table->results_at, table->used);
	else
		buf_puts(out, "\treturn row != 0;\n");
}

/* What an engine's text looks up: the parts of the key, see plan_engine.h. */
static void put_solved(const struct plan_table *table, uint32_t number, struct buf *out)
{
	if (!table->results_at)
		buf_printf(out, "\treturn solved_%u(key) != 0;\n", number);
	else
		buf_printf(out, "\treturn table_result(solved_%u(key), %u, %u);\n", number,
			   table->offset + table->results_at, table->used);
}

static void put_engine(const struct plan_table *table, uint32_t number, struct buf *out)
{
	const struct plan_problem *problem = table->problem;
	unsigned int lane = 0;

	table->engine->write_globals(table->solution, FIRST_SOLVED + number, table->offset, out);
	buf_printf(out, "XDPFW_INLINE __u32 solved_%u(const struct key *looked_up)\n{\n", number);
	for (uint32_t i = 0; i < problem->dim_count; i++) {
		bool wide = plan_part_lanes(problem->dims[i].bits) == 2;

		if (wide)
			buf_printf(out, "\tconst __u64 d%u_high = looked_up->lane[%u];\n", i,
				   lane++);
		buf_printf(out, "\tconst __u64 d%u = looked_up->lane[%u];\n", i, lane++);
	}
	buf_putc(out, '\n');
	table->engine->write(table->solution, table->offset, out);
	buf_puts(out, "}\n\n");
}

static void put_body(const struct plan_table *table, uint32_t number, struct buf *out)
{
	bool wide = table->key_bits == 128;

	switch (table->kind) {
	case PLAN_BITMAP:
		buf_printf(out, "\treturn table_bit(key, %u, %u);\n", table->offset, table->slots);
		break;
	case PLAN_BUCKETS:
		buf_printf(out, "\treturn table_bucket(key, %u, %u, %u, 0x%x, %u);\n",
			   table->offset, table->slots, table->spilled, table->seed,
			   table->slot_bits);
		break;
	case PLAN_PAIRS:
		buf_printf(out, "\treturn table_pair(key, %u, %u, 0x%x, %u);\n", table->offset,
			   table->slots, table->seed, table->slot_bits);
		break;
	case PLAN_HASH:
		put_find(table, out);
		break;
	case PLAN_TRIE:
		buf_puts(out, "\treturn ");
		plan_trie_write(table->trie, table->offset, wide ? "high" : "0",
				wide ? "low" : "key", out);
		buf_puts(out, ";\n");
		break;
	case PLAN_SEARCH:
		buf_printf(out, "\treturn table_search%u(%s, %u, 0x%x);\n", table->key_bits,
			   wide ? "high, low" : "key", table->offset, table->slots);
		break;
	case PLAN_SOLVED:
		put_solved(table, number, out);
		break;
	case PLAN_BOXES:
		buf_printf(out, "\treturn boxes_%u(key, %u, %u);\n", table->shape, table->offset,
			   table->used);
		break;
	case PLAN_COMPARE:
		break;
	}
}

/* The same, of a table that can move: `row` says where it is. */
static void put_moved_find(const struct plan_table *table, struct buf *out)
{
	unsigned int bits = table->lanes ? table->lanes * 64 : table->key_bits;

	buf_puts(out, "\t__u64 found = NAMED_FIND(row, ");
	if (table->lanes)
		buf_printf(out, "table_mix_key(key, %u, row->seed)", table->lanes);
	else
		buf_printf(out, "table_mix(%s, row->seed)",
			   table->key_bits == 128 ? "high, low" : "0, key");
	if (table->lanes)
		buf_puts(out, ",\n\t\ttable_row_lanes(");
	else
		buf_printf(out, ",\n\t\ttable_row%u(", table->key_bits);
	buf_printf(out, "0, named_at(row->at[1], table_row, %u), %s", bits / 8,
		   table->key_bits == 128 && !table->lanes ? "high, low" : "key");
	if (table->lanes)
		buf_printf(out, ", %u", table->lanes);
	buf_puts(out, "));\n\n");
	buf_puts(out, table->results_at ? "\treturn named_result(row, found);\n" :
					  "\treturn found != 0;\n");
}

static void put_moved_body(const struct plan_table *table, struct buf *out)
{
	bool wide = table->key_bits == 128;

	buf_printf(out, "\tconst struct table_named *row = named_row(generation, %u);\n",
		   table->row);
	switch (table->kind) {
	case PLAN_BITMAP:
		buf_printf(out, "\n\treturn named_bit(row, key, %u);\n", table->slots);
		break;
	case PLAN_BUCKETS:
		buf_printf(out, "\n\treturn named_bucket(row, key, %u);\n", table->slot_bits);
		break;
	case PLAN_PAIRS:
		buf_printf(out, "\n\treturn named_pair(row, key, %u);\n", table->slot_bits);
		break;
	case PLAN_HASH:
		put_moved_find(table, out);
		break;
	case PLAN_TRIE:
		buf_puts(out, "\n\treturn ");
		plan_trie_write_named(table->trie, wide ? "high" : "0", wide ? "low" : "key", out);
		buf_puts(out, ";\n");
		break;
	case PLAN_SEARCH:
		buf_printf(out, "\n\treturn table_search%u(%s, row->at[0], row->slots);\n",
			   table->key_bits, wide ? "high, low" : "key");
		break;
	case PLAN_BOXES:
		buf_printf(out, "\n\treturn boxes_%u(key, row->at[0], row->used);\n",
			   table->shape);
		break;
	case PLAN_SOLVED:
	case PLAN_COMPARE:
		break;
	}
}

static const char *key_text(const struct plan_table *table)
{
	return table->lanes ? "const struct key *key" :
	       table->key_bits == 128 ? "__u64 high, __u64 low" :
	       table->key_bits == 64 ? "__u64 key" : "__u32 key";
}

static void put_table(const struct plan_table *table, uint32_t number, bool shared,
		      struct buf *out)
{
	if (table->kind == PLAN_SOLVED)
		put_engine(table, number, out);
	buf_printf(out, "%s __u32 look_%u(%s%s)\n{\n", shared ? "XDPFW_ALONE" : "XDPFW_INLINE",
		   number, table->moves ? "__u64 generation, " : "", key_text(table));
	if (table->lanes)
		buf_puts(out, "\tif (!key)\n\t\treturn 0;\n\n");
	if (table->moves)
		put_moved_body(table, out);
	else
		put_body(table, number, out);
	buf_puts(out, "}\n\n");
}

void emit_tables(const struct emit *emit)
{
	uint32_t *uses = count_uses(emit);

	for (uint32_t i = 0; i < emit->plan->tables.len; i++)
		put_table(&emit->plan->tables.at[i], i, uses[i] > MAX_COPIES, emit->out);
}

bool emit_has_tries(const struct emit *emit)
{
	for (size_t i = 0; i < emit->plan->tables.len; i++)
		if (emit->plan->tables.at[i].kind == PLAN_TRIE)
			return true;
	return emit->plan->blocks.len > 0;
}
