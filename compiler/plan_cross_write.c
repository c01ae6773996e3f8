/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_cross_write: a solution's steps as C text, and obeyed here.
 *
 * In: a solution.  Out: the body of the function that looks a key up; the answer for a key as that
 * body computes it; the tables' bytes.
 */
#include "bpf/xdpfw_layout.h"
#include "compiler/plan_cross_parts.h"

#include <stdio.h>
#include <string.h>

void plan_cross_fill(const struct plan_solution *solution, uint8_t *image, size_t offset)
{
	for (size_t i = 0; i < solution->tables.len; i++) {
		const struct plan_cross_table *table = &solution->tables.at[i];

		if (table->trie)
			plan_trie_fill(table->trie, image, offset + table->offset);
		else
			memcpy(image + offset + table->offset, table->at, table->bytes);
	}
}

/* Behind a table's end a load may see anything; 0 here. */
static uint64_t read_bytes(const struct plan_solution *solution, uint32_t number, uint64_t from,
			   unsigned int size)
{
	const struct plan_cross_table *table = &solution->tables.at[number];
	const uint8_t *at = (const uint8_t *)table->at + from;
	uint64_t value = 0;
	uint32_t word;
	uint16_t half;

	if (from + size > table->bytes)
		return 0;
	switch (size) {
	case 1:
		return *at;
	case 2:
		memcpy(&half, at, sizeof(half));
		return half;
	case 4:
		memcpy(&word, at, sizeof(word));
		return word;
	default:
		memcpy(&value, at, sizeof(value));
		return value;
	}
}

static uint64_t look_axis(const struct plan_solution *solution, const struct plan_cross_step *step,
			  const struct plan_key *key)
{
	const struct plan_dim *dim = &solution->problem->dims[step->dim];
	u128 value = key->value[step->dim];
	uint64_t low = (uint64_t)value;

	if (!dim->always && !key->present[step->dim])
		return 0;
	if (step->kind == CROSS_TRIE)
		return plan_trie_look(solution->tables.at[step->table].trie, value);
	if (step->kind == CROSS_DIRECT)
		return read_bytes(solution, step->table,
				  (low & ((1ull << dim->bits) - 1)) * step->size, step->size);
	low = read_bytes(solution, step->table, (low >> 8 & 255) * step->stride, step->stride) +
	      (low & 255);
	return read_bytes(solution, step->leaf, (low & step->mask) * step->size, step->size);
}

static uint64_t bound(const struct plan_cross_step *step, uint64_t element)
{
	if (step->inside)
		return element > step->mask ? 0 : element;
	return element & step->mask;
}

static uint64_t look_lane(const struct plan_key *key, uint32_t dim)
{
	return dim == CROSS_NO_DIM ? 0 : (uint64_t)key->value[dim] & 0xffff;
}

static bool rule_holds(uint64_t upper, uint64_t lower, uint64_t lanes, uint64_t class)
{
	return !(((upper + lanes) | (lower + (lanes ^ CROSS_LANE_ONES))) & CROSS_LANE_CARRIES) &&
	       lower >> (CROSS_LANE_BITS + class) & 1;
}

/* One of a cell's rules: how far its result is below "none", or 0. */
static uint64_t look_lane_of(const uint64_t *cell, unsigned int lane, uint64_t lanes,
			     uint64_t class)
{
	const unsigned int shift = lane * CROSS_CELL_LANE;
	const uint64_t mask = (1u << CROSS_CELL_LANE) - 1;
	uint64_t a = lanes & 0xffff, b = lanes >> 17;
	uint64_t classes = cell[CROSS_CELL_CLASSES + class / CROSS_CELL_LANE] >> shift & mask;

	if (a > 0xffff - (cell[CROSS_CELL_UPPER_0] >> shift & mask) ||
	    a + 0xffff < (cell[CROSS_CELL_LOWER_0] >> shift & mask) ||
	    b > 0xffff - (cell[CROSS_CELL_UPPER_1] >> shift & mask) ||
	    b + 0xffff < (cell[CROSS_CELL_LOWER_1] >> shift & mask) ||
	    !(classes >> class % CROSS_CELL_LANE & 1))
		return 0;
	return cell[CROSS_CELL_RESULTS] >> shift & mask;
}

/* As cross_rules() does. */
static uint64_t look_rules(const struct plan_solution *solution,
			   const struct plan_cross_step *step, const uint64_t *at)
{
	uint64_t from = bound(step, at[step->inputs[0]]) * CROSS_CELL_BYTES;
	uint64_t cell[CROSS_CELL_BYTES / 8], lanes = at[step->inputs[2]], more, base;
	uint64_t class = step->input_count > 3 ? at[step->inputs[3]] : 0;

	for (unsigned int i = 0; i < CROSS_CELL_BYTES / 8; i++)
		cell[i] = read_bytes(solution, step->table, from + 8 * i, 8);
	if ((cell[CROSS_CELL_HEAD] ^ at[step->inputs[1]]) & ((1ull << step->shift) - 1))
		return step->number;
	for (unsigned int i = 0; i < CROSS_CELL_RULES; i++) {
		uint64_t below = look_lane_of(cell, i, lanes, class);

		if (below)
			return step->number - below;
	}
	more = cell[CROSS_CELL_HEAD] >> step->shift & CROSS_MORE_MASK;
	base = cell[CROSS_CELL_HEAD] >> (step->shift + CROSS_MORE_BITS);
	for (uint64_t i = 0; i < more; i++) {
		uint64_t upper = read_bytes(solution, step->table, (base + i) * 16, 8);

		if (rule_holds(upper, read_bytes(solution, step->table, (base + i) * 16 + 8, 8),
			       lanes, class))
			return upper >> CROSS_LANE_BITS;
	}
	return step->number;
}

uint32_t plan_cross_look(const struct plan_solution *solution, const struct plan_key *key,
			 uint32_t from)
{
	uint64_t at[CROSS_MAX_STEPS] = { 0 };
	size_t count = solution->steps.len;

	(void)from;
	for (size_t i = 0; i < count; i++) {
		const struct plan_cross_step *step = &solution->steps.at[i];
		uint64_t first = step->input_count ? at[step->inputs[0]] : 0;
		uint64_t second = step->input_count > 1 ? at[step->inputs[1]] : 0;
		uint64_t sum = step->number;

		for (uint32_t j = 0; j < step->input_count; j++)
			sum += at[step->inputs[j]];
		switch (step->kind) {
		case CROSS_DIRECT:
		case CROSS_SPLIT:
		case CROSS_TRIE:
			at[i] = look_axis(solution, step, key);
			break;
		case CROSS_LOAD:
			at[i] = read_bytes(solution, step->table,
					   bound(step, sum) * step->stride + step->at,
					   step->size);
			break;
		case CROSS_FIELD:
			at[i] = first >> (step->input_count > 1 ? second : step->shift) &
				step->number;
			break;
		case CROSS_ADD:
			at[i] = sum;
			break;
		case CROSS_SAME:
			at[i] = (first ^ second) & step->number ?
					0 : at[step->inputs[step->input_count > 2 ? 2 : 0]];
			break;
		case CROSS_MIN:
			at[i] = first < second ? first : second;
			break;
		case CROSS_BELOW:
			at[i] = first < step->number ? first : 0;
			break;
		case CROSS_LANES:
			at[i] = look_lane(key, step->dim) | look_lane(key, step->leaf) << 17;
			break;
		case CROSS_RULES:
			at[i] = look_rules(solution, step, at);
			break;
		case CROSS_ELSE:
			at[i] = first ? first : step->number;
			break;
		case CROSS_AND:
			at[i] = ~0ull;
			for (uint32_t j = 0; j < step->input_count; j++)
				at[i] &= at[step->inputs[j]];
			break;
		case CROSS_FIRST:
			at[i] = first ? (uint64_t)__builtin_ctzll(first) + 1 : 0;
			break;
		}
	}
	return (uint32_t)at[count - 1] - 1;
}

static void write_sum(const struct plan_cross_step *step, uint64_t number, struct buf *out)
{
	for (uint32_t i = 0; i < step->input_count; i++)
		buf_printf(out, "%sv%u", i ? " + " : "", step->inputs[i]);
	if (number || !step->input_count)
		buf_printf(out, "%s%llu", step->input_count ? " + " : "",
			   (unsigned long long)number);
}

static void write_axis(const struct plan_solution *solution, const struct plan_cross_step *step,
		       size_t offset, struct buf *out)
{
	const struct plan_dim *dim = &solution->problem->dims[step->dim];
	const struct plan_cross_table *table = &solution->tables.at[step->table];
	char high[24], low[24];

	if (!dim->always)
		buf_printf(out, "cross_if(p%u, ", step->dim);
	if (step->kind == CROSS_TRIE) {
		snprintf(high, sizeof(high), "d%u_high", step->dim);
		snprintf(low, sizeof(low), "d%u", step->dim);
		plan_trie_write(table->trie, offset + table->offset, high, low, out);
	} else if (step->kind == CROSS_DIRECT) {
		buf_printf(out, "cross_u%u(%zu, d%u, 0x%llx, %u)", step->size * 8,
			   offset + table->offset, step->dim, (1ull << dim->bits) - 1, step->size);
	} else {
		buf_printf(out, "cross_u%u(%zu, cross_u%u(%zu, d%u >> 8, 0xff, %u) + (d%u & 0xff), "
				"0x%llx, %u)",
			   step->size * 8, offset + solution->tables.at[step->leaf].offset,
			   step->stride * 8, offset + table->offset, step->dim, step->stride,
			   step->dim, (unsigned long long)step->mask, step->size);
	}
	if (!dim->always)
		buf_puts(out, ")");
}

static void write_lanes(const struct plan_cross_step *step, struct buf *out)
{
	if (step->dim == CROSS_NO_DIM)
		buf_puts(out, "0");
	else
		buf_printf(out, "(d%u & 0xffff)", step->dim);
	if (step->leaf != CROSS_NO_DIM)
		buf_printf(out, " | (d%u & 0xffff) << 17", step->leaf);
}

static void write_rules(const struct plan_solution *solution, const struct plan_cross_step *step,
			size_t offset, struct buf *out)
{
	buf_printf(out, "cross_rules(%zu, v%u, %llu, v%u, %u, v%u, ",
		   offset + solution->tables.at[step->table].offset, step->inputs[0],
		   (unsigned long long)step->mask, step->inputs[1], step->shift, step->inputs[2]);
	if (step->input_count > 3)
		buf_printf(out, "v%u", step->inputs[3]);
	else
		buf_puts(out, "0");
	buf_printf(out, ", %llu, cross_more_%zu)", (unsigned long long)step->number,
		   offset + solution->tables.at[step->table].offset);
}

static void write_step(const struct plan_solution *solution, const struct plan_cross_step *step,
		       size_t offset, struct buf *out)
{
	switch (step->kind) {
	case CROSS_DIRECT:
	case CROSS_SPLIT:
	case CROSS_TRIE:
		write_axis(solution, step, offset, out);
		return;
	case CROSS_LOAD:
		buf_printf(out, "cross_u%u(%zu, ", step->size * 8,
			   offset + step->at + solution->tables.at[step->table].offset);
		buf_puts(out, step->inside ? "table_inside(" : "");
		write_sum(step, step->number, out);
		if (step->inside)
			buf_printf(out, ", %llu), ~0ull, %u)", (unsigned long long)step->mask,
				   step->stride);
		else
			buf_printf(out, ", 0x%llx, %u)", (unsigned long long)step->mask,
				   step->stride);
		return;
	case CROSS_FIELD:
		buf_printf(out, "v%u >> %s%u & 0x%llx", step->inputs[0],
			   step->input_count > 1 ? "v" : "",
			   step->input_count > 1 ? step->inputs[1] : step->shift,
			   (unsigned long long)step->number);
		return;
	case CROSS_ADD:
		write_sum(step, step->number, out);
		return;
	case CROSS_SAME:
		buf_printf(out, "cross_same(v%u, v%u, 0x%llx, v%u)", step->inputs[0],
			   step->inputs[1], (unsigned long long)step->number,
			   step->inputs[step->input_count > 2 ? 2 : 0]);
		return;
	case CROSS_MIN:
		buf_printf(out, "cross_min(v%u, v%u)", step->inputs[0], step->inputs[1]);
		return;
	case CROSS_BELOW:
		buf_printf(out, "cross_below(v%u, %llu)", step->inputs[0],
			   (unsigned long long)step->number);
		return;
	case CROSS_LANES:
		write_lanes(step, out);
		return;
	case CROSS_RULES:
		write_rules(solution, step, offset, out);
		return;
	case CROSS_ELSE:
		buf_printf(out, "cross_else(v%u, %llu)", step->inputs[0],
			   (unsigned long long)step->number);
		return;
	case CROSS_AND:
		for (uint32_t i = 0; i < step->input_count; i++)
			buf_printf(out, "%sv%u", i ? " & " : "", step->inputs[i]);
		return;
	case CROSS_FIRST:
		buf_printf(out, "cross_first(%zu, v%u)",
			   offset + solution->tables.at[step->table].offset, step->inputs[0]);
		return;
	}
}

void plan_cross_write(const struct plan_solution *solution, size_t offset, struct buf *out)
{
	for (size_t i = 0; i < solution->steps.len; i++) {
		const struct plan_cross_step *step = &solution->steps.at[i];

		if (step->comment)
			buf_printf(out, "\t/* %s */\n", step->comment);
		buf_printf(out, "\tconst __u64 v%zu = ", i);
		write_step(solution, step, offset, out);
		buf_puts(out, ";\n");
	}
	buf_printf(out, "\n\treturn (__u32)v%zu;\n", solution->steps.len - 1);
}

void plan_cross_write_globals(const struct plan_solution *solution, uint32_t number, size_t offset,
			      struct buf *out)
{
	(void)number;
	for (size_t i = 0; i < solution->steps.len; i++) {
		const struct plan_cross_step *step = &solution->steps.at[i];
		size_t at = offset + solution->tables.at[step->table].offset;

		if (step->kind != CROSS_RULES)
			continue;
		buf_printf(out, "XDPFW_ALONE __u64 cross_more_%zu(__u64 base, __u64 count, "
				"__u64 lanes, __u64 class)\n{\n"
				"\treturn cross_walk(%zu, %llu, base, count, lanes, class, %llu);\n"
				"}\n\n", at, at, (unsigned long long)step->mask,
			   (unsigned long long)step->number);
		return;
	}
}

void plan_cross_print(const struct plan_solution *solution, const char *indent, struct buf *out)
{
	buf_printf(out, "%s%s\n", indent, solution->text);
	for (size_t i = 0; i < solution->tables.len; i++) {
		const struct plan_cross_table *table = &solution->tables.at[i];

		if (!table->trie)
			continue;
		buf_puts(out, indent);
		plan_trie_print(table->trie, out);
		buf_putc(out, '\n');
	}
}
