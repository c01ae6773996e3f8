/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_cache: look-ups of blocks whose answers are kept in the flow cache.
 *
 * In: a case of a block that has a cache.  Out: cached_R_C(), which answers as look_R_C() does: it
 * makes a key of the values that this one is given, asks the cache, and only when that has another
 * key or none there, looks up, and puts the answer there.
 *
 * Safety: see bpf/xdpfw_cache.h and plan_cache.c.
 */
#include "compiler/emit_part.h"

#include "compiler/plan_block.h"

/* Odd; of the golden ratio and of roots of primes, which are as good as any. */
static const char *const multipliers[PLAN_CACHE_MAX_WORDS] = {
	"0x9e3779b97f4a7c15", "0xc2b2ae3d27d4eb4f", "0xbb67ae8584caa73b", "0x3c6ef372fe94f82b",
	"0xa54ff53a5f1d36f1", "0x510e527fade682d1", "0x9b05688c2b3e6c1f", "0x1f83d9abfb41bd6b",
};

/* "d3 << 17": a value without bits that are another's. */
static void put_piece(const struct emit *emit, const struct plan_block *block,
		      const struct plan_case *at, const struct plan_cache_piece *piece)
{
	const struct plan_axis *axis =
		&block->axes.at[at->problem.dims[piece->dim].key_part];
	bool plain = piece->bits == 64 || piece->kind == PLAN_CACHE_PRESENT ||
		     (!axis->is_place && ir_part_is_plain(emit->ir, &axis->part));
	struct buf *out = emit->out;

	buf_puts(out, piece->shift ? "(" : "");
	buf_puts(out, plain ? "" : "(");
	buf_printf(out, "%c%u%s", piece->kind == PLAN_CACHE_PRESENT ? 'p' : 'd', piece->dim,
		   piece->kind == PLAN_CACHE_HIGH ? "_high" : "");
	if (!plain)
		buf_printf(out, " & 0x%llx)", ~0ull >> (64 - piece->bits));
	if (piece->shift)
		buf_printf(out, " << %u)", piece->shift);
}

static void put_word(const struct emit *emit, const struct plan_block *block,
		     const struct plan_case *at, unsigned int word)
{
	const struct plan_cache *cache = &at->cache;
	struct buf *out = emit->out;
	bool some = word + 1 == cache->words;

	buf_printf(out, "\tconst __u64 k%u = ", word);
	if (some)
		buf_printf(out, "%lluull", (unsigned long long)cache->number << cache->answer_bits);
	for (size_t i = 0; i < cache->pieces.len; i++) {
		if (cache->pieces.at[i].word != word)
			continue;
		buf_puts(out, some ? " | " : "");
		put_piece(emit, block, at, &cache->pieces.at[i]);
		some = true;
	}
	buf_puts(out, some ? ";\n" : "0;\n");
}

/* "k0 * 0x... + k1 * 0x..." */
static void put_mixed(const struct emit *emit, const struct plan_cache *cache)
{
	for (unsigned int i = 0; i < cache->words; i++)
		buf_printf(emit->out, "%sk%u * %sull", i ? " +\n\t\t\t    " : "", i,
			   multipliers[i]);
}

/* What the key and the entry at word FROM of the set differ in; 0: nothing. */
static void put_differs(const struct emit *emit, const struct plan_cache *cache, const char *name,
			unsigned int from)
{
	struct buf *out = emit->out;
	unsigned int last = cache->words - 1;

	buf_printf(out, "\t\t%s_differs = (%s ^ k%u) >> %u", name, name, last,
		   cache->answer_bits);
	for (unsigned int i = 0; i < last; i++)
		buf_printf(out, " |\n\t\t\t\t(at[%u] ^ %s ^ k%u)", from + i, name, i);
	buf_puts(out, ";\n");
}

/* Which of two it is is hard to guess for a processor, that it is one of them is not. */
static void put_ask(const struct emit *emit, const struct plan_cache *cache)
{
	struct buf *out = emit->out;
	unsigned int last = cache->words - 1;

	buf_printf(out, "\t\tfirst = at[%u];\n"
			"\t\tsecond = at[%u];\n", last, cache->words + last);
	put_differs(emit, cache, "first", 0);
	put_differs(emit, cache, "second", cache->words);
	buf_printf(out, "\t\tsecond_is = cache_some(first_differs);\n"
			"\t\tif (!(second_differs & second_is))\n"
			"\t\t\treturn (first ^ ((first ^ second) & second_is)) & 0x%llx;\n",
		   (1ull << cache->answer_bits) - 1);
}

/* The new one is the set's first, the one before that its second. */
static void put_keep(const struct emit *emit, const struct plan_cache *cache)
{
	struct buf *out = emit->out;
	unsigned int last = cache->words - 1;

	for (unsigned int i = 0; i < cache->words; i++)
		buf_printf(out, "\t\tat[%u] = at[%u];\n", cache->words + i, i);
	buf_printf(out, "\t\tfirst = k%u | (number & 0x%llx);\n", last,
		   (1ull << cache->answer_bits) - 1);
	for (unsigned int i = 0; i < last; i++)
		buf_printf(out, "\t\tat[%u] = k%u ^ first;\n", i, i);
	buf_printf(out, "\t\tat[%u] = first;\n", last);
}

void emit_cache(const struct emit *emit, const struct plan_block *block, size_t run, size_t number)
{
	const struct plan_case *at = &block->cases.at[number];
	const struct plan_cache *cache = &at->cache;
	bool place = emit_block_asks_place(block, at);
	struct buf *out = emit->out;

	buf_printf(out, "/* look_%zu_%zu(), of the flow cache if that knows it. */\n"
			"XDPFW_INLINE __u32 cached_%zu_%zu(FIELDS *f%s)\n{\n", run, number, run,
		   number, place ? ", const __u32 at_rule" : "");
	emit_block_key(emit, block, &at->problem);
	for (unsigned int i = 0; i < cache->words; i++)
		put_word(emit, block, at, i);
	buf_puts(out, "\t__u64 *at = cache_find(");
	put_mixed(emit, cache);
	buf_printf(out, ",\n\t\t\t    %u, %u, %u);\n"
			"\t__u64 first, second, first_differs, second_differs, second_is;\n"
			"\t__u32 number;\n\n", cache->first_page, emit->plan->caches.page_bits,
		   2 * cache->words);
	buf_puts(out, "\tif (at) {\n");
	put_ask(emit, cache);
	buf_printf(out, "\t}\n\tnumber = look_%zu_%zu(f%s);\n\tif (at) {\n", run, number,
		   place ? ", at_rule" : "");
	put_keep(emit, cache);
	buf_puts(out, "\t}\n\treturn number;\n}\n\n");
}
