/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_parts: what the files of plan_cross and plan_packed share.
 *
 * An axis is a dimension cut into classes: values of one class lie in the same labels.  A part
 * stands for one axis or for several whose classes were joined: it has classes of its own, and for
 * each row one label of its own.  Where a part's class comes from at run time is a source: a table
 * or trie of an axis, or a product table.  A solution is a list of steps, each of which makes one
 * number of numbers made before; the program is the steps written as C, plan_cross_look() obeys
 * the same steps.
 */
#ifndef XDPFW_PLAN_CROSS_PARTS_H
#define XDPFW_PLAN_CROSS_PARTS_H

#include "compiler/plan_engine.h"
#include "compiler/plan_trie.h"

#define CROSS_NO_STEP 0xffffffffu
#define CROSS_MAX_INPUTS (PLAN_MAX_DIMS + 1)
#define CROSS_MAX_STEPS 160
#define CROSS_MAX_DIRECT_BITS 16	/* of a dimension whose classes are an array */
#define PACKED_MAX_GROUPS 3
#define CROSS_NO_DIM 0xffffffffu

struct plan_cross_axis {
	uint32_t dim;
	unsigned int bits;
	bool always;
	uint32_t classes;		/* class 0: of values in no label, and of no value */
	size_t step_count;
	const u128 *start;		/* start[0] is 0 */
	const uint32_t *class_of;	/* from each start up to the next */
	const uint32_t *first;		/* [classes + 1]: where a class begins in .labels */
	const uint32_t *labels;		/* of each class, sorted */
	size_t label_count;		/* of the dimension, used by rows or not */
};

struct plan_cross_source {
	const struct plan_cross_axis *axis;	/* NULL: a product */
	const uint32_t *values;		/* of each class of the axis (NULL: its number), or of each
					   sum of the inputs */
	size_t count;
	uint32_t scale;			/* what comes out is multiplied with this */
	uint32_t inputs[CROSS_MAX_INPUTS];	/* sources */
	uint32_t input_count;
};

struct plan_cross_part {
	uint32_t source;
	bool late;			/* its class takes long to find: a trie is asked */
	uint32_t classes, labels;
	size_t words;			/* of a class in .bits */
	const uint32_t *row_label;	/* numbered as rows first have them */
	const uint64_t *bits;		/* [class * words]: the labels it lies in */
};

struct plan_cross_table {
	const void *at;			/* NULL: of a trie */
	const struct plan_trie *trie;
	size_t bytes;
	size_t offset;			/* from the solution's first byte */
};

enum plan_cross_kind {
	CROSS_DIRECT,			/* .table[value of .dim], 0 when absent */
	CROSS_SPLIT,			/* .leaf[.table[value >> 8] + (value & 255)], likewise */
	CROSS_TRIE,			/* .table's trie of the value, likewise */
	CROSS_LOAD,			/* .size bytes at .table, element (sum of inputs, + .number)
					   of .stride bytes */
	CROSS_FIELD,			/* input >> .shift (or a second input) & .number */
	CROSS_ADD,			/* sum of inputs, + .number */
	CROSS_SAME,			/* last input if the first is equal to the second one in the
					   bits of .number, else 0 */
	CROSS_MIN,			/* the least input of two */
	CROSS_BELOW,			/* the input if it is below .number, else 0 */
	CROSS_LANES,			/* values of .dim and .leaf, 17 bits each; no dimension:
					   CROSS_NO_DIM */
	CROSS_RULES,			/* the result + 1 of the cell whose slot is the first input
					   if its column is the second one, for lanes and a class
					   (third, fourth); else .number; see plan_packed_rule.c */
	CROSS_ELSE,			/* the input, .number if it is 0 */
	CROSS_AND,			/* of all inputs */
	CROSS_FIRST,			/* the number from 1 of the input's lowest bit, by .table */
};

struct plan_cross_step {
	enum plan_cross_kind kind;
	uint32_t inputs[CROSS_MAX_INPUTS], input_count;		/* steps */
	uint32_t dim, table, leaf;
	unsigned int size, stride, at, shift;	/* .at: bytes from an element's first */
	uint64_t number;
	uint64_t mask;			/* of a load's element; 0: what the table's size says */
	bool near;			/* beside what was loaded before, mostly */
	bool inside;			/* .mask is the last element, and compared with */
	const char *comment;
};

struct plan_solution {
	const struct plan_problem *problem;
	VEC(struct plan_cross_table) tables;
	VEC(struct plan_cross_step) steps;	/* the last one's number is the answer */
	size_t bytes;
	struct plan_estimate estimate;
	uint32_t depth;			/* of loads and steps that wait for each other, tenths of
					   nanoseconds */
	const char *text;		/* for explain */
};

/* How readily labels are made wide, see plan_cross_split.c; tried in this order. */
enum plan_cross_taste { CROSS_FAST, CROSS_NO_WIDE, CROSS_SMALL, CROSS_TASTES };

/* What is being built. */
struct plan_cross {
	const struct plan_problem *problem;
	const struct plan_budget *budget;
	struct arena *arena;
	uint64_t work;			/* steps done */
	const char *why;		/* it does not work; NULL: so far it does */
	enum plan_cross_taste taste;
	bool late_last;			/* join what tries give behind all else */
	uint64_t last_product;		/* elements that the last table, of results, may have */
	VEC(struct plan_cross_source) sources;
	struct plan_solution *solution;
};

/* Both return false, for the caller to give up, when .why is set. */
bool plan_cross_spend(struct plan_cross *cross, uint64_t steps);
bool plan_cross_refuse(struct plan_cross *cross, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
uint64_t plan_cross_mix(uint64_t number);

/* plan_cross_axis.c */
bool plan_cross_axis_make(struct plan_cross *cross, uint32_t dim,
			  struct plan_cross_axis *ret_axis);

/* plan_cross_join.c */
uint32_t plan_cross_source_add(struct plan_cross *cross, const struct plan_cross_axis *axis);
bool plan_cross_part_of(struct plan_cross *cross, const struct plan_cross_axis *axis,
			struct plan_cross_part *ret_part);
/*
 * Joins COUNT (at least 1) parts to one.  RESULTS: what comes out is no class, but the result + 1
 * of the first row, or 0.  No product table has more than MAX_PRODUCT elements.
 */
bool plan_cross_join(struct plan_cross *cross, const struct plan_cross_part *parts, uint32_t count,
		     bool results, uint64_t max_product, struct plan_cross_part *ret_part);

/* plan_cross_shape.c: what lists of rows say for each class P of the small dimensions */
struct plan_cross_list {
	const uint32_t *rows;		/* sorted; each is the first for some class */
	uint32_t count;
	uint32_t shape;			/* .shape_bytes[shape * classes + P]: 0: none of them holds,
					   else which does, from 1 */
	uint32_t masks[PACKED_MAX_GROUPS];	/* in a packed list, instead */
	const struct plan_packed_rule *rules;	/* in one that is compared, instead */
};

struct plan_cross_shapes {
	struct plan_cross *cross;
	uint32_t classes, labels;
	const uint32_t *row_label;
	const uint32_t *first, *members;	/* the classes that lie in a label */
	uint32_t *stamp;		/* by label: when it was last in a list */
	uint32_t now;
	struct plan_cross_memo *by_labels, *by_bytes;
	VEC(struct plan_cross_shape) known;
	uint8_t *shape_bytes, *scratch;
	size_t shape_count, shape_space;
	uint32_t max_list;		/* rows of a list at most */
};

bool plan_cross_shapes_start(struct plan_cross *cross, const struct plan_cross_part *part,
			     struct plan_cross_shapes *ret_shapes);
/* ROWS are sorted, and are cut down to those that count. */
bool plan_cross_list_make(struct plan_cross_shapes *shapes, uint32_t *rows, size_t count,
			  struct plan_cross_list *ret_list);
/* The least result + 1 for each class, NONE where no row holds. */
bool plan_cross_list_values(struct plan_cross_shapes *shapes, const uint32_t *rows, size_t count,
			    uint32_t none, uint32_t *ret_values);

/* A hash table of numbers by their hash; who uses it compares. */
struct plan_cross_memo {
	struct arena *arena;
	uint64_t *hash;
	uint32_t *number;
	size_t slots, used;
};

struct plan_cross_memo *plan_cross_memo_make(struct arena *arena);
/* The next number with this HASH (never 0) from *SLOT on, which is HASH at first; or none. */
bool plan_cross_memo_next(const struct plan_cross_memo *memo, uint64_t hash, uint64_t *slot,
			  uint32_t *ret_number);
void plan_cross_memo_add(struct plan_cross_memo *memo, uint64_t hash, uint32_t number);

/* plan_cross_split.c: which labels of the two big axes are wide, and groups of their classes */
struct plan_cross_side {
	struct plan_cross_axis axis;
	uint32_t any;			/* a number for PLAN_ANY behind the labels */
	const uint32_t *row_label;	/* [row]: the label, or .any */
	uint32_t *class_count;		/* [label]: classes in it */
	bool *wide;			/* [label] */
};

/* Classes that are in the same ones of some labels. */
struct plan_cross_groups {
	uint32_t count;			/* group 0: of class 0 */
	const uint32_t *of_class;
	const uint32_t *first, *labels;	/* those labels of a group, CSR as in an axis */
};

bool plan_cross_groups_make(struct plan_cross *cross, const struct plan_cross_side *side,
			    const bool *chosen, struct plan_cross_groups *ret_groups);
bool plan_cross_split(struct plan_cross *cross, struct plan_cross_side sides[2]);

/* plan_cross_place.c: rows of a sparse matrix, pushed into each other */
struct plan_cross_cell {
	uint32_t row, column;
	struct plan_cross_list list;
};

/*
 * CELLS are sorted by row and column; offsets of rows with cells are not 0, and no two equal.  All
 * sums of an offset and a column are below *ret_slots.
 */
bool plan_cross_place(struct plan_cross *cross, const struct plan_cross_cell *cells, size_t count,
		      uint32_t rows, uint32_t columns, uint32_t *ret_offsets, size_t *ret_slots);

/* What cells of the matrix hold: a shape; masks of its rows; or the rows, to be compared. */
enum plan_cross_form { CROSS_SHAPES, CROSS_MASKS, CROSS_COMPARED };

/* plan_cross_sparse.c */
bool plan_cross_sparse(struct plan_cross *cross, const struct plan_cross_axis *axes,
		       uint32_t count, enum plan_cross_form form);

/* plan_cross.c: the matrix, whatever the problem. */
bool plan_cross_sparse_only(struct plan_cross *cross, enum plan_cross_form form);
bool plan_cross_try_sparse(struct plan_cross *cross, const struct plan_cross_axis *axes,
			   uint32_t count, enum plan_cross_form form);

/* plan_cross_step.c */
/* A number below 64 for each power of two. */
uint32_t plan_cross_power(uint64_t power);
uint32_t plan_cross_table_add(struct plan_cross *cross, const void *at, size_t bytes);
uint32_t plan_cross_step_add(struct plan_cross *cross, const struct plan_cross_step *step);
/* Of NUMBERS, in the smallest elements that hold them; loads at the sum of the inputs. */
uint32_t plan_cross_load_numbers(struct plan_cross *cross, const uint32_t *numbers, size_t count,
				 const uint32_t *inputs, uint32_t input_count,
				 const char *comment);
/* The steps of a source; CROSS_NO_STEP when .why is set. */
uint32_t plan_cross_source_steps(struct plan_cross *cross, uint32_t source);
/* Lays the tables out and fills .estimate and .depth in. */
bool plan_cross_finish(struct plan_cross *cross, const char *text);
/* What the better one of two solutions has less of: all that is done, and what waits for it. */
uint32_t plan_cross_weight(const struct plan_solution *solution);

/* plan_cross_write.c */
void plan_cross_fill(const struct plan_solution *solution, uint8_t *image, size_t offset);
uint32_t plan_cross_look(const struct plan_solution *solution, const struct plan_key *key,
			 uint32_t from);
void plan_cross_write(const struct plan_solution *solution, size_t offset, struct buf *out);
void plan_cross_write_globals(const struct plan_solution *solution, uint32_t number, size_t offset,
			      struct buf *out);
void plan_cross_print(const struct plan_solution *solution, const char *indent, struct buf *out);

#endif
