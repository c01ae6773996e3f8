/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie_write: the look-up of a number in a trie as C text, and a trie in words for people.
 *
 * In: a trie and where it is in `tables`.  Out: a statement expression of calls of bpf/xdpfw_trie.h
 * with constants, so that nothing of the form is left to be asked when a packet comes.
 */
#include "compiler/plan_trie_part.h"

/* What is left of the number without the bits that are cut. */
static void put_number(const struct plan_trie *trie, const char *high, const char *low,
		       struct buf *out)
{
	unsigned int cut = trie->cut;

	if (trie->key_bits == 128)
		buf_printf(out, "\t\tconst __u64 trie_high = %s, trie_low = %s;\n", high, low);
	else if (cut >= 64)
		buf_printf(out, "\t\tconst __u64 trie_low = (%s) >> %u;\n", high, cut - 64);
	else if (cut + trie->bits > 64)
		buf_printf(out, "\t\tconst __u64 trie_low = (%s) << %u | (%s) >> %u;\n", high,
			   64 - cut, low, cut);
	else if (cut)
		buf_printf(out, "\t\tconst __u64 trie_low = (%s) >> %u;\n", low, cut);
	else
		buf_printf(out, "\t\tconst __u64 trie_low = %s;\n", low);
}

/* "trie_high, trie_low" */
static const char *number_text(const struct plan_trie *trie)
{
	return trie->key_bits == 128 ? "trie_high, trie_low" : "trie_low";
}

static void put_top(const struct plan_trie *trie, struct buf *out)
{
	unsigned int shift = trie->top_shift;
	const char *half = shift >= 64 ? "trie_high" : "trie_low";

	if (trie->top_bits)
		buf_printf(out, "\t\t__u64 trie_at = %s >> %u & 0x%x;\n", half, shift & 63,
			   (1u << trie->top_bits) - 1);
	else
		buf_puts(out, "\t\t__u64 trie_at = 0;\n");
	buf_putc(out, '\n');
}

static uint32_t array_mask(const struct plan_trie_array *array)
{
	uint32_t mask = 0;

	while (mask < array->count - 1)
		mask = mask << 1 | 1;
	return mask;
}

/* "trie_at & 0x3ff, 64" */
static void put_index(const struct plan_trie_array *array, bool first, size_t offset,
		      struct buf *out)
{
	if (first)
		buf_puts(out, "trie_at");
	else if (array->masked)
		buf_printf(out, "trie_at & 0x%x", array_mask(array));
	else
		buf_printf(out, "table_inside(trie_at, %u)", array->count - 1);
	buf_printf(out, ", %zu", offset + array->at);
}

/* "0, named_at(row->at[1], trie_at, 8)": entry `trie_at` of array number ARRAY */
static void put_named_index(unsigned int array, unsigned int bytes, struct buf *out)
{
	buf_printf(out, "0, named_at(row->at[%u], trie_at, %u)", array, bytes);
}

/* Which half of a number the windows of a level lie in, or both. */
static const char *half_text(const struct plan_trie *trie, const struct plan_trie_array *array)
{
	if (trie->key_bits != 128)
		return "trie_low";
	if (array->has_high && array->has_low)
		return "trie_high, trie_low";
	return array->has_high ? "trie_high" : "trie_low";
}

static unsigned int word_bits(const struct plan_trie *trie, const struct plan_trie_array *array)
{
	if (trie->key_bits == 128 && array->has_high && array->has_low)
		return 128;
	return trie->word_bytes * 8;
}

static void put_levels(const struct plan_trie *trie, size_t offset, bool named, struct buf *out)
{
	for (unsigned int i = 0; i < trie->levels; i++) {
		const struct plan_trie_array *array = &trie->level[i];

		buf_printf(out, "\t\ttrie_at = trie_word%u(", word_bits(trie, array));
		if (named)
			put_named_index(i, trie->word_bytes, out);
		else
			put_index(array, !i, offset, out);
		buf_printf(out, ", %s);\n", half_text(trie, array));
	}
}

/* "trie_test(trie_differ, trie_leaf[16])" */
static void put_test(const struct plan_trie *trie, unsigned int number, struct buf *out)
{
	const char *differ = number < trie->highs ? "trie_differ_high" : "trie_differ";

	if (trie->shifted >> number & 1)
		buf_printf(out, " -\n\t\t\ttrie_%s(%s, trie_leaf[%u])",
			   trie->unshifted >> number & 1 ? "test" : "beyond", differ,
			   trie->key_bits / 8 + number);
	else
		buf_printf(out, " -\n\t\t\ttrie_any(%s)", differ);
}

/* Where the number differs from the key, and so how many of the leaf's prefixes it lies in. */
static void put_nested(const struct plan_trie *trie, size_t offset, bool named, struct buf *out)
{
	buf_puts(out, "\t\tconst __u8 *trie_leaf = trie_place(");
	if (named)
		put_named_index(trie->levels, trie->leaf_bytes, out);
	else
		put_index(&trie->leaves, !trie->levels, offset, out);
	buf_printf(out, ", %u);\n", named ? 0 : trie->leaf_bytes);
	if (trie->key_bits == 128)
		buf_puts(out,
			 "\t\tconst __u64 *trie_key = (const __u64 *)trie_leaf;\n"
			 "\t\tconst __u64 trie_differ_high = trie_high ^ trie_key[0];\n"
			 "\t\tconst __u64 trie_differ = (trie_low ^ trie_key[1]) |\n"
			 "\t\t\t-trie_any(trie_differ_high);\n");
	else
		buf_puts(out,
			 "\t\tconst __u64 trie_differ = trie_low ^ *(const __u64 *)trie_leaf;\n");
	buf_printf(out, "\t\tconst __u64 trie_rank = %u", trie->leaf_breaks);
	for (unsigned int i = 0; i < trie->leaf_breaks; i++)
		put_test(trie, i, out);
	buf_printf(out, ";\n\n\t\t(__u32)((const __u%u *)(trie_leaf + %u))[trie_rank];\n",
		   trie->result_bytes * 8, trie->results_at);
}

/* A prefix, then its mask. */
static void put_masked(const struct plan_trie *trie, size_t offset, bool named, struct buf *out)
{
	buf_puts(out, "\t\tconst __u64 *trie_leaf = (const __u64 *)trie_place(");
	if (named)
		put_named_index(trie->levels, trie->leaf_bytes, out);
	else
		put_index(&trie->leaves, !trie->levels, offset, out);
	buf_printf(out, ", %u);\n\n", named ? 0 : trie->leaf_bytes);
	if (trie->key_bits == 128)
		buf_puts(out, "\t\t(__u32)trie_any(((trie_high ^ trie_leaf[0]) & trie_leaf[2]) |\n"
			 "\t\t\t((trie_low ^ trie_leaf[1]) & trie_leaf[3])) ^ 1;\n");
	else
		buf_puts(out,
			 "\t\t(__u32)trie_any((trie_low ^ trie_leaf[0]) & trie_leaf[1]) ^ 1;\n");
}

static const char *const leaf_names[] = {
	[PLAN_TRIE_RESULTS] = "leaf",
	[PLAN_TRIE_RANGES] = "ranges",
};

static void put_leaf(const struct plan_trie *trie, size_t offset, bool named, struct buf *out)
{
	if (trie->leaf == PLAN_TRIE_NESTED) {
		put_nested(trie, offset, named, out);
		return;
	}
	if (trie->leaf == PLAN_TRIE_MASKED) {
		put_masked(trie, offset, named, out);
		return;
	}
	if (trie->leaf == PLAN_TRIE_PACKED)
		buf_puts(out, "\t\ttrie_packed(");
	else
		buf_printf(out, "\t\ttrie_%s%u(", leaf_names[trie->leaf], trie->key_bits);
	if (named)
		put_named_index(trie->levels, trie->leaf_bytes, out);
	else
		put_index(&trie->leaves, !trie->levels, offset, out);
	if (trie->leaf != PLAN_TRIE_PACKED)
		buf_printf(out, ", %u", trie->leaf_breaks);
	buf_printf(out, ", %s);\n", number_text(trie));
}

/* "trie_at = trie_flat(trie_at, 64, trie_low >> 8 & 0xff, 8)" for each word, then the result. */
static void put_flat(const struct plan_trie *trie, size_t offset, struct buf *out)
{
	unsigned int behind = trie->top_shift;

	for (unsigned int i = 0; i < trie->levels; i++) {
		unsigned int width = trie->flat.width[i + 1];

		behind -= width;
		buf_puts(out, "\t\ttrie_at = trie_flat(");
		put_index(&trie->level[i], !i, offset, out);
		buf_printf(out, ", trie_low >> %u & 0x%x, %u);\n", behind, (1u << width) - 1,
			   width - trie->flat.unit[i + 1]);
	}
	buf_printf(out, "\t\ttrie_result%u(", trie->leaf_bytes * 8);
	put_index(&trie->leaves, false, offset, out);
	buf_puts(out, ");\n");
}

static void put_trie(const struct plan_trie *trie, size_t offset, bool named, const char *high,
		     const char *low, struct buf *out)
{
	buf_puts(out, "({\n");
	put_number(trie, high, low, out);
	if (trie->direct && named) {
		buf_printf(out,
			   "\t\t(__u32)*(const __u%u *)(tables + "
			   "named_at(row->at[0], trie_low & 0x%x, %u));\n",
			   trie->direct * 8, (1u << trie->bits) - 1, trie->direct);
	} else if (trie->direct) {
		buf_printf(out,
			   "\t\t(__u32)*(const __u%u *)(tables + %zu + (trie_low & 0x%x) * %u);\n",
			   trie->direct * 8, offset, (1u << trie->bits) - 1, trie->direct);
	} else if (trie->leaf == PLAN_TRIE_FLAT) {
		put_top(trie, out);
		put_flat(trie, offset, out);
	} else {
		put_top(trie, out);
		put_levels(trie, offset, named, out);
		put_leaf(trie, offset, named, out);
	}
	buf_puts(out, "\t})");
}

void plan_trie_write(const struct plan_trie *trie, size_t offset, const char *high,
		     const char *low, struct buf *out)
{
	put_trie(trie, offset, false, high, low, out);
}

void plan_trie_write_named(const struct plan_trie *trie, const char *high, const char *low,
			   struct buf *out)
{
	put_trie(trie, 0, true, high, low, out);
}

uint64_t plan_trie_shape(const struct plan_trie *trie)
{
	const unsigned int constants[] = {
		trie->cut, trie->bits, trie->key_bits, trie->direct, trie->top_shift,
		trie->top_bits, trie->levels, trie->word_bytes, trie->leaf, trie->leaf_breaks,
		trie->highs, trie->result_bytes, trie->shifted, trie->unshifted,
	};
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		hash = table_mix_lane(hash, constants[i]);
	for (unsigned int i = 0; i < trie->levels; i++)
		hash = table_mix_lane(hash, word_bits(trie, &trie->level[i]) +
						    trie->level[i].has_high);
	return hash;
}

void plan_trie_places(const struct plan_trie *trie, size_t offset, uint32_t *at)
{
	at[0] = (uint32_t)offset;
	for (unsigned int i = 0; i < trie->levels; i++)
		at[i] = (uint32_t)(offset + trie->level[i].at);
	if (!trie->direct)
		at[trie->levels] = (uint32_t)(offset + trie->leaves.at);
}

void plan_trie_print(const struct plan_trie *trie, struct buf *out)
{
	if (trie->direct) {
		buf_printf(out, "table of 2^%u numbers", trie->bits);
	} else if (trie->leaf == PLAN_TRIE_FLAT) {
		buf_puts(out, "tables of");
		for (unsigned int i = 0; i < trie->flat.windows; i++)
			buf_printf(out, "%s %u", i ? "," : "", trie->flat.width[i]);
		buf_puts(out, " bits");
	} else {
		buf_printf(out, "trie of %u bits", trie->top_bits);
		if (trie->levels)
			buf_printf(out, " and %u level%s", trie->levels,
				   trie->levels == 1 ? "" : "s");
		buf_printf(out, ", %u %s of %u %s", trie->leaves.count,
			   trie->leaves.count == 1 ? "leaf" : "leaves", trie->leaf_breaks,
			   trie->leaf == PLAN_TRIE_NESTED ? "nested prefixes" :
			   trie->leaf == PLAN_TRIE_MASKED ? "prefix" : "breakpoints");
	}
	buf_printf(out, ", %zu kB", (trie->size + 1023) / 1024);
}
