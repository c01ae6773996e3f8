/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdpfw_cache: answers that look-ups of blocks gave before, by all values that they depend on: the
 * flow cache of --optimize=flow-cache.
 *
 * A key is some words; the last one has room for an answer in its low bits, which are 0 in the key.
 * An entry is the key with its answer; all words but the last are kept as their XOR with that.  Two
 * entries are a set, a new one its first, and the key says which set it can be in.
 *
 * Safety: an answer is a function of the key's values, and of tables that stay as they are as long
 * as the program and its entries.  An entry is found by all bits of its key, so what is found is
 * what the look-up would say.  Keys have a number above 0 in them, that of what is looked up, so
 * entries that are all 0 are nobody's.  Each CPU has entries of its own: no other writes what it
 * reads, however many run the program, and packets do not interrupt each other (the counters rely
 * on that too).  Should they on some kernel, an entry can have words of two keys; then it is not
 * the XOR of its own last word any more, and is nobody's.  Places are masked: a wrong hash costs
 * time, never an access elsewhere.
 */
#ifndef XDPFW_CACHE_H
#define XDPFW_CACHE_H

#include "xdpfw_bpf.h"
#include "xdpfw_layout.h"

#ifndef XDPFW_CACHE_PAGES
#define XDPFW_CACHE_PAGES 1
#endif

struct cache_page {
	__u64 word[CACHE_PAGE_WORDS];
};

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, XDPFW_CACHE_PAGES);
	MAP_SHAPE(key, __u32);
	MAP_SHAPE(value, struct cache_page);
} xdpfw_cache SEC(".maps");

/*
 * The set that a key can be in, in one of 1 << PAGE_BITS pages from FIRST on; NULL: there is none.
 * MIXED: of the key, best in the highest bits.  WORDS: of a set, a power of two.
 */
XDPFW_INLINE __u64 *cache_find(__u64 mixed, const __u32 first, const __u32 page_bits,
			       const __u32 words)
{
	__u32 number = first + (__u32)(mixed >> (64 - page_bits));
	struct cache_page *page = bpf_map_lookup_elem(&xdpfw_cache, &number);
	__u64 at = mixed >> (64 - CACHE_PAGE_BITS - page_bits);

	if (!page)
		return 0;
	/* Hidden here, or clang 22 adds it before the page is known to be there. */
	HIDE(at);
	return &page->word[at & (CACHE_PAGE_WORDS - words)];
}

/* All ones where BITS are not 0, else 0, without a branch. */
XDPFW_INLINE __u64 cache_some(__u64 bits)
{
	bits |= -bits;
	HIDE(bits);
	bits = (__u64)((__s64)bits >> 63);
	HIDE(bits);
	return bits;
}

#endif
