/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_trie: the form of a trie, what it costs, and how the program looks a number up in it.
 *
 * In: steps.  Out: the cheapest of some forms that fit: a table of all numbers when these have up
 * to 16 bits, leaves alone, or words before leaves; bytes in the byte order of this machine.
 *
 * Forms are built, not guessed: few for many breakpoints, more for few.  A trie without breakpoints
 * (plan_trie_flat.c) is bigger, and faster as long as the second cache holds it.
 */
#include "compiler/plan_trie_part.h"

#include <string.h>

#define DIRECT_BITS 16			/* a table of all numbers has up to 2^16 of them */
#define MANY_BREAKS 4096		/* from here on few forms are tried */
#define FEW_BREAKS 64			/* up to these all are, whatever was found */
#define MAX_FLAT_BITS 32
#define MAX_FLAT_WIDTH 16
#define MAX_FLAT_UNIT 6			/* bits of entries that bases may count at once, */
#define MAX_UNIT_BYTES (576u << 10)	/* in tries of so many bytes: bigger ones miss more than the
					   load less is worth */

uint32_t plan_trie_load_cost(size_t bytes)
{
	static const struct {
		size_t bytes;
		uint32_t cost;
	} costs[] = {
		{ 16 << 10, 12 }, { 64 << 10, 30 }, { 256 << 10, 42 }, { 1 << 20, 50 },
		{ 2 << 20, 120 }, { 4 << 20, 220 }, { 8 << 20, 350 },
	};

	for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
		if (bytes <= costs[i].bytes)
			return costs[i].cost;
	return 600;
}

/* Of what is done with a leaf, once it is there. */
static uint32_t leaf_cost(const struct plan_trie *trie)
{
	switch (trie->leaf) {
	case PLAN_TRIE_PACKED:
		return 20;
	case PLAN_TRIE_NESTED:
		return 12 + 7 * trie->leaf_breaks;
	case PLAN_TRIE_MASKED:
		return trie->key_bits == 128 ? 12 : 8;
	case PLAN_TRIE_FLAT:
		return 0;
	case PLAN_TRIE_RESULTS:
	case PLAN_TRIE_RANGES:
		break;
	}
	return trie->leaf_breaks * (trie->key_bits == 32 ? 2 : trie->key_bits == 64 ? 6 : 12);
}

/* Arrays take each other's room in the caches. */
static uint32_t trie_cost(const struct plan_trie *trie)
{
	uint32_t cost = 4 + plan_trie_load_cost(trie->leaves.count * trie->leaf_bytes) +
			leaf_cost(trie);

	for (unsigned int i = 0; i < trie->levels; i++)
		cost += (trie->key_bits == 128 ? 12 : 8) +
			plan_trie_load_cost(trie->level[i].count * trie->word_bytes);
	return cost + plan_trie_load_cost(trie->size) / 2;
}

/* The last byte that an index as wide as the least mask of all entries reaches. */
static size_t mask_end(const struct plan_trie_array *array, size_t bytes)
{
	size_t all = 1;

	while (all < array->count)
		all <<= 1;
	return array->at + all * bytes;
}

/*
 * The biggest first: what its mask reaches behind it is then the others, mostly, and a little room
 * at the end is cheaper than compares.
 */
void plan_trie_place_arrays(struct plan_trie *trie)
{
	struct plan_trie_array *arrays[TRIE_MAX_LEVELS + 1] = { &trie->leaves };
	size_t size = 0, bytes[TRIE_MAX_LEVELS + 1] = { trie->leaf_bytes }, most = 0;
	unsigned int count = 1;

	for (unsigned int i = 0; i < trie->levels; i++, count++) {
		unsigned int at = count;

		for (; at && arrays[at - 1]->count * bytes[at - 1] <
				     (size_t)trie->level[i].count * trie->word_bytes; at--) {
			arrays[at] = arrays[at - 1];
			bytes[at] = bytes[at - 1];
		}
		arrays[at] = &trie->level[i];
		bytes[at] = trie->word_bytes;
	}
	for (unsigned int i = 0; i < count; i++) {
		arrays[i]->at = size;
		size += (arrays[i]->count * bytes[i] + 63) & ~(size_t)63;
		most = mask_end(arrays[i], bytes[i]) > most ? mask_end(arrays[i], bytes[i]) : most;
	}
	if (most > size && most - size <= size / 4)
		size = most;
	for (unsigned int i = 0; i < count; i++)
		arrays[i]->masked = mask_end(arrays[i], bytes[i]) <= size;
	trie->size = (size + 63) & ~(size_t)63;
}

/* Zeros at the end of all breakpoints: bits that no look-up needs.  A constant needs one bit. */
static unsigned int common_zeros(const struct plan_steps *steps)
{
	u128 all = 0;
	unsigned int zeros = 0;

	for (size_t i = 1; i < steps->count; i++)
		all |= steps->start[i];
	while (zeros + 1 < steps->bits && !(all >> zeros & 1))
		zeros++;
	return zeros;
}

static unsigned int kept_bits(unsigned int bits)
{
	return bits <= DIRECT_BITS ? DIRECT_BITS : bits <= 32 ? 32 : bits <= 64 ? 64 : 128;
}

/* Only where numbers get simpler by it. */
static unsigned int choose_cut(const struct plan_steps *steps)
{
	unsigned int zeros = common_zeros(steps);

	return kept_bits(steps->bits - zeros) < kept_bits(steps->bits) ? zeros : 0;
}

static struct plan_steps cut_steps(const struct plan_steps *steps, unsigned int cut,
				   struct arena *arena)
{
	struct plan_steps made = { steps->bits - cut, steps->count, steps->start, steps->result };
	u128 *start;

	if (!cut)
		return made;
	start = ARENA_ARRAY(arena, u128, steps->count);
	for (size_t i = 0; i < steps->count; i++)
		start[i] = steps->start[i] >> cut;
	made.start = start;
	return made;
}

unsigned int plan_trie_result_bytes(const struct plan_steps *steps)
{
	uint32_t most = 0;

	for (size_t i = 0; i < steps->count; i++)
		most = steps->result[i] > most ? steps->result[i] : most;
	return most <= 0xff ? 1 : most <= 0xffff ? 2 : 4;
}

void plan_trie_put(uint8_t *at, uint32_t number, unsigned int bytes)
{
	uint16_t half = (uint16_t)number;

	if (bytes == 1)
		*at = (uint8_t)number;
	else if (bytes == 2)
		memcpy(at, &half, sizeof(half));
	else
		memcpy(at, &number, sizeof(number));
}

/* A table of all numbers. */
static bool make_direct(const struct plan_steps *steps, size_t max_bytes, struct arena *arena,
			struct plan_trie *trie)
{
	unsigned int bytes = plan_trie_result_bytes(steps);
	size_t count = (size_t)1 << trie->bits, step = 0;

	trie->size = (count * bytes + 63) & ~(size_t)63;
	trie->direct = bytes;
	trie->cost = 2 + plan_trie_load_cost(trie->size) * 3 / 2;
	if (trie->size > max_bytes)
		return false;
	trie->bytes = arena_alloc(arena, trie->size);
	for (size_t i = 0; i < count; i++) {
		if (step + 1 < steps->count && steps->start[step + 1] == i)
			step++;
		plan_trie_put(trie->bytes + i * bytes, steps->result[step], bytes);
	}
	return true;
}

/* What is tried, the best so far, and where bytes are made. */
struct search {
	const struct plan_steps *steps;
	size_t max_bytes;
	struct arena *arena;
	struct plan_trie empty, best;
	bool found;
	bool is_set;			/* results are 0 and 1 */
};

static void keep_better(struct search *search, const struct plan_trie *trie)
{
	if (search->found && (search->best.cost < trie->cost ||
			      (search->best.cost == trie->cost && search->best.size <= trie->size)))
		return;
	search->best = *trie;
	search->found = true;
}

static bool try_form(struct search *search, const struct plan_trie_form *form)
{
	struct plan_trie trie = search->empty;
	size_t leaves = (search->steps->count - 1) / form->leaf_breaks;

	if (leaves * form->leaf_bytes > search->max_bytes)
		return false;
	if (!plan_trie_build(search->steps, form, search->max_bytes, search->arena, &trie))
		return false;
	trie.cost = trie_cost(&trie);
	keep_better(search, &trie);
	return true;
}

/* The leaves that there are, by what numbers are kept in. */
static const struct leaf_kind {
	unsigned int key_bits;
	enum plan_trie_leaf leaf;
	unsigned int breaks, bytes;
} leaf_kinds[] = {
	{ 32, PLAN_TRIE_RESULTS, 3, 32 }, { 32, PLAN_TRIE_RESULTS, 7, 64 },
	{ 32, PLAN_TRIE_PACKED, 12, 32 }, { 64, PLAN_TRIE_RESULTS, 2, 32 },
	{ 64, PLAN_TRIE_RESULTS, 5, 64 }, { 64, PLAN_TRIE_RANGES, 4, 32 },
	{ 64, PLAN_TRIE_RANGES, 8, 64 },  { 128, PLAN_TRIE_RESULTS, 3, 64 },
	{ 128, PLAN_TRIE_RANGES, 2, 32 }, { 128, PLAN_TRIE_RANGES, 4, 64 },
};

static bool leaf_suits(const struct search *search, const struct leaf_kind *kind,
		       const struct plan_trie_form *form)
{
	unsigned int bits = search->empty.bits;

	if (kind->key_bits != search->empty.key_bits)
		return false;
	if (kind->leaf != PLAN_TRIE_RESULTS && !search->is_set)
		return false;
	return kind->leaf != PLAN_TRIE_PACKED || bits <= form->top_bits + TRIE_PACKED_BITS;
}

/* Prefixes in each other: few words lead to them, wherever they are. */
static void try_nested(struct search *search)
{
	struct plan_trie trie = search->empty;

	if (!plan_trie_build_nested(search->steps, search->max_bytes, search->arena, &trie))
		return;
	trie.cost = trie_cost(&trie);
	keep_better(search, &trie);
}

/* With each kind of leaf. */
static bool try_leaves(struct search *search, struct plan_trie_form form)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(leaf_kinds) / sizeof(*leaf_kinds); i++) {
		const struct leaf_kind *kind = &leaf_kinds[i];
		struct plan_trie_form tried = form;

		if (!leaf_suits(search, kind, &form))
			continue;
		tried.leaf = kind->leaf;
		tried.leaf_breaks = kind->breaks;
		tried.leaf_bytes = kind->bytes;
		tried.skip = form.skip && kind->leaf != PLAN_TRIE_PACKED;
		any = try_form(search, &tried) || any;
	}
	return any;
}

static unsigned int count_bits(size_t count)
{
	unsigned int bits = 0;

	while (count >> bits)
		bits++;
	return bits;
}

#define WINDOW 8			/* most bits of one behind the first, at first */

/* First windows from some bits fewer to some more than would tell the breakpoints apart. */
static void try_few(struct search *search)
{
	unsigned int bits = count_bits(search->steps->count);
	unsigned int first = bits > 5 ? bits - 4 : 1, last = bits + 4;

	for (unsigned int top = first; top <= last && top <= 16; top += 2)
		for (unsigned int levels = 0; levels <= 2; levels++)
			try_leaves(search, (struct plan_trie_form){ .top_bits = top, .skip = true,
					   .levels = levels, .max_window = WINDOW });
}

static void try_many(struct search *search)
{
	static const unsigned int tops[] = { 16, 14, 12 };
	bool most = search->steps->count > 16 * MANY_BREAKS;

	for (unsigned int i = 0; i < (most ? 2 : 3); i++)
		for (unsigned int levels = 1; levels <= (most && i ? 1 : 2); levels++)
			try_leaves(search, (struct plan_trie_form){ .top_bits = tops[i],
					   .skip = true, .levels = levels, .max_window = WINDOW });
}

/* Far bigger than breakpoints and results: more windows are smaller. */
static bool is_wasteful(const struct search *search)
{
	return !search->found || search->best.size > 65536 + 64 * search->steps->count;
}

/* As many windows as it takes; the last form looks at all bits there are. */
static void try_deep(struct search *search)
{
	struct plan_trie_form form = { .top_bits = 16, .skip = true, .max_window = WINDOW };
	unsigned int more = search->steps->count > MANY_BREAKS ? 4 : 1, first = more > 1 ? 4 : 3;

	for (form.levels = first; is_wasteful(search) && form.levels <= TRIE_MAX_LEVELS;
	     form.levels += more)
		try_leaves(search, form);
	form.max_window = 16;
	for (form.levels = first; !search->found && form.levels <= TRIE_MAX_LEVELS;
	     form.levels += more)
		try_leaves(search, form);
	form.skip = false;
	for (form.levels = first; !search->found && form.levels <= TRIE_MAX_LEVELS;
	     form.levels += more)
		try_leaves(search, form);
}

static bool are_bits(const struct plan_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		if (steps->result[i] > 1)
			return false;
	return true;
}

/* How many blocks of 2^(bits - I) numbers have breakpoints inside, for each I. */
static void count_blocks(const struct plan_steps *steps, size_t *ret_blocks)
{
	for (unsigned int i = 0; i <= steps->bits; i++) {
		unsigned int behind = steps->bits - i;
		u128 last = 0;

		ret_blocks[i] = 0;
		for (size_t j = 1; j < steps->count; j++) {
			u128 block = steps->start[j] >> behind;

			if (block << behind == steps->start[j] ||
			    (ret_blocks[i] && block == last))
				continue;
			last = block;
			ret_blocks[i]++;
		}
	}
}

/*
 * What it costs where instructions are as many as are run, in tenths of nanoseconds, and loads miss
 * the first cache, but wait for each other and for nothing else.
 */
static uint32_t fast_cost(unsigned int instructions, unsigned int loads, size_t bytes)
{
	static const struct {
		size_t bytes;
		uint32_t cost;
	} costs[] = {
		{ 32 << 10, 12 }, { 256 << 10, 14 }, { 1 << 20, 17 }, { 2 << 20, 24 },
		{ 4 << 20, 45 },  { 8 << 20, 80 },
	};

	for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
		if (bytes <= costs[i].bytes)
			return instructions + loads * costs[i].cost;
	return instructions + loads * 150;
}

static uint32_t fast_trie_cost(const struct plan_trie *trie)
{
	if (trie->direct)
		return fast_cost(4, 1, trie->size);
	return fast_cost(14 + 13 * trie->levels + 4 * trie->leaf_breaks, trie->levels + 2,
			 trie->size);
}

/*
 * Bytes of words, and then of results of LAST bytes; SIZE_MAX: words may not reach so many entries,
 * among them one for each of CONSTANTS.  Chooses the units.
 */
static size_t flat_bytes(struct plan_trie_flat_form *form, const size_t *blocks,
			 unsigned int last, size_t constants)
{
	unsigned int bits = 0, unit = 0;
	size_t bytes = 0;

	for (unsigned int i = 0; i < form->windows; i++) {
		size_t entries = blocks[bits] << form->width[i];

		form->unit[i] = 0;
		while (i && (entries + constants) >> (32 - form->width[i] + form->unit[i])) {
			if (++form->unit[i] > MAX_FLAT_UNIT || form->unit[i] > form->width[i])
				return SIZE_MAX;
			entries = (blocks[bits] << form->width[i]) +
				  ((blocks[bits] + constants) << form->unit[i]);
		}
		bytes += entries * (i + 1 < form->windows ? sizeof(uint32_t) : last);
		unit |= form->unit[i];
		bits += form->width[i];
	}
	return unit && bytes > MAX_UNIT_BYTES ? SIZE_MAX : bytes;
}

/* The next split of the bits into windows of up to 16; false: there is none. */
static bool next_form(struct plan_trie_flat_form *form, unsigned int bits)
{
	unsigned int last = form->windows - 1;

	for (unsigned int i = last; i--;) {
		unsigned int sum = 0;

		form->width[i]++;
		for (unsigned int j = 0; j < last; j++) {
			form->width[j] = j > i ? 1 : form->width[j];
			sum += form->width[j];
		}
		form->width[last] = bits - sum;
		if (sum < bits && form->width[i] <= MAX_FLAT_WIDTH)
			return true;
	}
	return false;
}

/*
 * What few words by the first window save: numbers that no rule names reach all of them, and push
 * out of the first cache what is there, but behind these they share a few entries.
 */
static uint32_t top_gain(unsigned int width)
{
	return width < 12 ? 5 : width == 12 ? 4 : width == 13 ? 2 : 0;
}

/* The split whose costs are least, then its size. */
static uint32_t choose_flat(const struct search *search, struct plan_trie_flat_form *ret_form)
{
	const struct plan_steps *steps = search->steps;
	unsigned int last = plan_trie_result_bytes(steps);
	size_t blocks[MAX_FLAT_BITS + 1], least_bytes = SIZE_MAX;
	uint32_t least = UINT32_MAX;

	count_blocks(steps, blocks);
	for (unsigned int windows = 2; windows <= TRIE_MAX_FLAT && windows <= steps->bits;
	     windows++) {
		struct plan_trie_flat_form form = {
			.windows = windows,
			.width = { 1, 1, 1, 1 },
		};

		form.width[windows - 1] = steps->bits - windows + 1;
		do {
			size_t bytes = flat_bytes(&form, blocks, last,
						  steps->count);
			uint32_t cost = fast_cost(4 + 11 * windows, windows, bytes);

			cost -= top_gain(form.width[0]);

			if (form.width[windows - 1] > MAX_FLAT_WIDTH || bytes == SIZE_MAX ||
			    bytes > search->max_bytes || cost > least ||
			    (cost == least && bytes >= least_bytes))
				continue;
			least = cost;
			least_bytes = bytes;
			*ret_form = form;
		} while (next_form(&form, steps->bits));
	}
	return least;
}

/* Windows that are the same for all numbers, where they cost less. */
static void try_flat(struct search *search)
{
	struct plan_trie_flat_form form;
	struct plan_trie trie = search->empty;

	if (search->steps->bits > MAX_FLAT_BITS)
		return;
	trie.cost = choose_flat(search, &form);
	if (search->found)
		search->best.cost = fast_trie_cost(&search->best);
	if (trie.cost == UINT32_MAX || (search->found && search->best.cost <= trie.cost) ||
	    !plan_trie_flat_build(search->steps, &form, search->max_bytes, search->arena, &trie))
		return;
	search->best = trie;
	search->found = true;
}

static bool search_form(struct search *search)
{
	struct plan_trie direct = search->empty;

	if (search->empty.bits <= DIRECT_BITS &&
	    make_direct(search->steps, search->max_bytes, search->arena, &direct))
		keep_better(search, &direct);
	search->is_set = are_bits(search->steps);
	if (search->steps->count <= 9)
		try_leaves(search, (struct plan_trie_form){ .levels = 0 });
	if (search->found && !search->best.top_bits && !search->best.direct)
		return true;
	if (search->empty.key_bits > 32)
		try_nested(search);
	if (search->found && search->steps->count > FEW_BREAKS)
		return true;
	if (search->steps->count <= MANY_BREAKS)
		try_few(search);
	else
		try_many(search);
	try_deep(search);
	return search->found;
}

static const struct plan_trie *make(const struct plan_steps *steps, size_t max_bytes, bool fast,
				    struct arena *arena)
{
	struct arena scratch = ARENA_INIT;
	struct plan_trie *trie = NULL;
	struct search search = { .max_bytes = max_bytes, .arena = &scratch };
	struct plan_steps cut;

	search.empty.cut = choose_cut(steps);
	cut = cut_steps(steps, search.empty.cut, &scratch);
	search.steps = &cut;
	search.empty.bits = cut.bits;
	search.empty.key_bits = cut.bits <= 32 ? 32 : cut.bits <= 64 ? 64 : 128;
	search_form(&search);
	if (fast)
		try_flat(&search);
	if (search.found) {
		trie = ARENA_NEW(arena, struct plan_trie);
		*trie = search.best;
		trie->bytes = arena_alloc(arena, trie->size);
		memcpy(trie->bytes, search.best.bytes, trie->size);
	}
	arena_free(&scratch);
	return trie;
}

const struct plan_trie *plan_trie_make(const struct plan_steps *steps, size_t max_bytes,
				       struct arena *arena)
{
	return make(steps, max_bytes, false, arena);
}

const struct plan_trie *plan_trie_make_fast(const struct plan_steps *steps, size_t max_bytes,
					    struct arena *arena)
{
	return make(steps, max_bytes, true, arena);
}

size_t plan_trie_bytes(const struct plan_trie *trie)
{
	return trie->size;
}

uint32_t plan_trie_cost(const struct plan_trie *trie)
{
	return trie->cost;
}

void plan_trie_fill(const struct plan_trie *trie, uint8_t *image, size_t offset)
{
	memcpy(image + offset, trie->bytes, trie->size);
}

static u128 read_number(const uint8_t *at, unsigned int bytes)
{
	struct trie_break128 wide;
	uint64_t word;
	uint32_t half;
	uint16_t quarter;

	switch (bytes) {
	case 1:
		return *at;
	case 2:
		memcpy(&quarter, at, sizeof(quarter));
		return quarter;
	case 4:
		memcpy(&half, at, sizeof(half));
		return half;
	case 8:
		memcpy(&word, at, sizeof(word));
		return word;
	default:
		memcpy(&wide, at, sizeof(wide));
		return (u128)wide.high << 64 | wide.low;
	}
}

static size_t next_index(const struct plan_trie *trie, uint64_t word, u128 number)
{
	if (trie->word_bytes == 4)
		return (size_t)(word >> 13) + (size_t)(number >> (word & 31) & (word >> 5 & 0xff));
	return (size_t)(word >> 32) + (size_t)(number >> (word & 127) & (word >> 8 & 0xffff));
}

static uint32_t look_results(const struct plan_trie *trie, const uint8_t *leaf, u128 number)
{
	unsigned int rank = 0, break_bytes = trie->key_bits / 8;

	for (unsigned int i = 0; i < trie->leaf_breaks; i++)
		rank += number >= read_number(leaf + i * break_bytes, break_bytes);
	leaf += trie->leaf_breaks * break_bytes;
	return (uint32_t)read_number(leaf + rank * sizeof(uint32_t), sizeof(uint32_t));
}

/* A test of its upper half holds where NUMBER differs in no bit from the shift on. */
static uint32_t look_masked(const struct plan_trie *trie, const uint8_t *leaf, u128 number)
{
	unsigned int key_bytes = trie->key_bits / 8;

	return !((number ^ read_number(leaf, key_bytes)) &
		 read_number(leaf + key_bytes, key_bytes));
}

static uint32_t look_nested(const struct plan_trie *trie, const uint8_t *leaf, u128 number)
{
	unsigned int key_bytes = trie->key_bits / 8, rank = 0;
	u128 differ = number ^ read_number(leaf, key_bytes);

	for (unsigned int i = 0; i < trie->leaf_breaks; i++)
		rank += !(differ >> (i < trie->highs ? 64 : 0) >> leaf[key_bytes + i]);
	return (uint32_t)read_number(leaf + trie->results_at + rank * trie->result_bytes,
				     trie->result_bytes);
}

static uint32_t look_ranges(const struct plan_trie *trie, const uint8_t *leaf, u128 number)
{
	unsigned int break_bytes = trie->key_bits / 8;

	for (unsigned int i = 0; i < trie->leaf_breaks; i += 2)
		if (read_number(leaf + i * break_bytes, break_bytes) <= number &&
		    number <= read_number(leaf + (i + 1) * break_bytes, break_bytes))
			return 1;
	return 0;
}

static uint32_t look_packed(const uint8_t *leaf, u128 number)
{
	uint64_t low = (uint64_t)number & u128_max(TRIE_PACKED_BITS);
	uint32_t result = (uint32_t)(read_number(leaf, 8) >> 63);

	for (unsigned int i = 0; i < 12; i++)
		result ^= (low + ((uint64_t)read_number(leaf + i / 3 * 8, 8) >>
					  i % 3 * (TRIE_PACKED_BITS + 1) &
				  u128_max(TRIE_PACKED_BITS + 1))) >> TRIE_PACKED_BITS;
	return result;
}

uint32_t plan_trie_look(const struct plan_trie *trie, u128 number)
{
	const uint8_t *leaf;
	size_t at;

	number >>= trie->cut;
	if (trie->direct)
		return (uint32_t)read_number(trie->bytes + (size_t)number * trie->direct,
					     trie->direct);
	if (trie->leaf == PLAN_TRIE_FLAT)
		return plan_trie_flat_look(trie, (uint32_t)number);
	at = (size_t)(trie->top_bits ? number >> trie->top_shift & u128_max(trie->top_bits) : 0);
	for (unsigned int i = 0; i < trie->levels; i++)
		at = next_index(trie,
				(uint64_t)read_number(trie->bytes + trie->level[i].at +
							      at * trie->word_bytes,
						      trie->word_bytes),
				number);
	leaf = trie->bytes + trie->leaves.at + at * trie->leaf_bytes;
	switch (trie->leaf) {
	case PLAN_TRIE_RESULTS:
		return look_results(trie, leaf, number);
	case PLAN_TRIE_RANGES:
		return look_ranges(trie, leaf, number);
	case PLAN_TRIE_PACKED:
		return look_packed(leaf, number);
	case PLAN_TRIE_NESTED:
		return look_nested(trie, leaf, number);
	case PLAN_TRIE_MASKED:
		return look_masked(trie, leaf, number);
	case PLAN_TRIE_FLAT:
		break;
	}
	return 0;
}
