/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_sparse: what the files that make a sparse matrix of pairs share; see
 * plan_cross_sparse.c.
 */
#ifndef XDPFW_PLAN_CROSS_SPARSE_H
#define XDPFW_PLAN_CROSS_SPARSE_H

#include "compiler/plan_cross_parts.h"
#include "compiler/plan_packed.h"

enum plan_cross_row { PAIR, LEFT, RIGHT, NEITHER, KINDS };

/*
 * What a class of a side gives: a row or column of the matrix; its group for rows that are specific
 * on this side alone; its group of wide labels.
 */
enum plan_cross_member { MATRIX, ALONE, WIDE, FIELDS };

/* Rows of the problem by their label on one side, CSR. */
struct plan_cross_buckets {
	uint32_t *first, *rows;
};

/* What a table knows of the small dimensions: plan_cross_coarse.c. */
struct plan_cross_coarse {
	const uint32_t *of_class;	/* of a class of all small dimensions; NULL: the same */
	struct plan_cross_shapes shapes;
	uint32_t step;			/* CROSS_NO_STEP: always class 0 */
};

struct plan_cross_sparse {
	struct plan_cross *cross;
	struct plan_cross_side sides[2];
	struct plan_cross_part small;
	struct plan_cross_coarse coarse[KINDS];	/* of dense kinds; [PAIR]: of all lists */
	bool is_coarse;			/* not all are the same */
	bool is_packed, is_compared;	/* both in the latter's form */
	struct plan_packed packed;
	struct plan_packed_rules compared;
	uint32_t none;			/* above all results + 1 */
	bool has[KINDS], dense[KINDS];
	bool apart;			/* packed: rows of the kind NEITHER are looked up apart */
	bool is_short;			/* all results of a cell are in its second word */
	bool direct[KINDS];		/* not dense, and cells of all groups are in a row */
	VEC(struct plan_cross_list) lists[KINDS];	/* of these cells, numbered as value_at */
	size_t direct_slot[KINDS];	/* of the first of them, behind the matrix */
	bool fold;			/* rows of the kind NEITHER are among those of LEFT */
	struct plan_cross_buckets by_label[2][KINDS];	/* rows of a kind, by a side's label */
	struct plan_cross_groups wide[2];	/* by wide labels */
	struct plan_cross_groups alone[2];	/* by labels of the kind LEFT, RIGHT */
	struct plan_cross_groups matrix[2];	/* by labels that are in the matrix */
	bool *mark;			/* labels, while one group is looked at */
	uint32_t *scratch;
	VEC(struct plan_cross_cell) cells;
	uint32_t rows, wide_row, neither_row, alone_row;	/* of the matrix, behind pairs' */
	uint32_t columns, wide_column, alone_column;
	uint32_t *offsets;		/* of its rows */
	size_t slots;
	VEC(uint32_t) words;		/* slots, then lists */
	VEC(uint32_t) values[KINDS];	/* rows of results */
	struct plan_cross_memo *value_rows[KINDS];
	uint32_t *value_at[KINDS];	/* [group * wide groups + wide group]: row of results */
	uint32_t field[2][FIELDS];	/* steps; CROSS_NO_STEP: always 0 */
	unsigned int column_bits, shape_bits, word_bits;
	unsigned int result_bits;	/* in a second word */
	uint32_t word_table, shape_table;
};

/* Puts rows into kinds, and makes what they say: rows of results, and the matrix. */
bool plan_cross_cells_make(struct plan_cross_sparse *sparse);

/* plan_cross_coarse.c: of rows of those kinds, or as many classes as the small dimensions have. */
bool plan_cross_coarse_make(struct plan_cross_sparse *sparse, const bool *kinds,
			    struct plan_cross_coarse *ret_coarse);
bool plan_cross_coarse_all(struct plan_cross_sparse *sparse, struct plan_cross_coarse *ret_coarse);
/* Of the fields of all tables. */
unsigned int plan_cross_coarse_bits(struct plan_cross_sparse *sparse);
/* The small dimensions' steps, and each table's .step. */
bool plan_cross_coarse_steps(struct plan_cross_sparse *sparse);

/* plan_packed_rule.c: cells whose rows are compared one by one.  PARTS: of axes 2 to COUNT. */
bool plan_packed_rule_start(struct plan_cross_sparse *sparse, const struct plan_cross_axis *axes,
			    const struct plan_cross_part *parts, uint32_t count);
bool plan_packed_rule_list(struct plan_cross_sparse *sparse, uint32_t *rows, size_t count,
			   struct plan_cross_list *ret_list);
bool plan_packed_rule_fill(struct plan_cross_sparse *sparse);
/* The steps that give what rules are compared with. */
bool plan_packed_rule_class(struct plan_cross_sparse *sparse);
/* The result + 1 in the cell of a row (a step, or always OFFSET) and a column, or .none. */
uint32_t plan_packed_rule_step(struct plan_cross_sparse *sparse, uint32_t row, uint32_t offset,
			       uint32_t column, const char *comment);
/* In the cell of a group and a wide group (steps, or CROSS_NO_STEP), from slot FIRST on. */
uint32_t plan_packed_rule_direct(struct plan_cross_sparse *sparse, uint32_t group, uint32_t first,
				 uint32_t wide, const char *comment);
const char *plan_packed_rule_text(const struct plan_cross_sparse *sparse);

#endif
