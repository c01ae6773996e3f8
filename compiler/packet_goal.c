/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_goal: values that meet several tests at once.
 *
 * In: the tests on one value of a frame.  Out: a value that meets all of them where the search
 * finds one, else one that meets the most; the builder reads the finished frame again, so a bad
 * value makes a less useful packet and no wrong statement.
 */
#include "compiler/packet_parts.h"

/* Values tried for one choice. */
#define TRIES 40
/* When it is clear that no value meets them all. */
#define CONFLICT_TRIES 4
/* A goal that is not soft is worth more than all that are. */
#define HARD_WEIGHT 256

static bool lies_in(const struct ir_interval *intervals, size_t count, u128 key)
{
	size_t first = 0;

	while (count) {
		const struct ir_interval *middle = &intervals[first + count / 2];

		if (key < middle->lo) {
			count /= 2;
		} else if (key > middle->hi) {
			first += count / 2 + 1;
			count -= count / 2 + 1;
		} else {
			return true;
		}
	}
	return false;
}

bool packet_goal_holds(const struct ir *ir, const struct packet_goal *goal, u128 value)
{
	u128 key = ir_part_apply(ir, &goal->part, value);

	if (goal->intervals)
		return lies_in(goal->intervals, goal->count, key) != goal->negate;
	return (key >= goal->lo && key <= goal->hi) != goal->negate;
}

void packet_goal_add(struct packet_goals *goals, const struct packet_goal *goal)
{
	struct packet_goal *to = &goals->at[goals->len];

	if (goals->len == PACKET_MAX_GOALS)
		return;
	*to = *goal;
	to->slot = packet_goal_slot(&goals->ir->loads.at[goal->part.load]);
	goals->len++;
}

void packet_goal_copy(struct packet_goals *to, const struct packet_goals *from)
{
	to->ir = from->ir;
	to->ip = from->ip;
	to->len = from->len;
	memcpy(to->at, from->at, from->len * sizeof(*from->at));
}

struct ir_place packet_goal_place(const struct ir_load *load)
{
	struct ir_place place = ir_load_place(load);

	if (place.base == FIELD_BASE_TUNNEL && place.tunnel == PROTO_META)
		place.tunnel = load->field->proto;
	return place;
}

uint64_t packet_goal_slot(const struct ir_load *load)
{
	const struct field *field = load->field;
	struct ir_place place = packet_goal_place(load);

	if (field->load == FIELD_LOAD_HEADER)
		return PACKET_SLOT(FIELD_LOAD_HEADER, place.tunnel, place.base, place.number,
				   field_base_bit(field, load->depth), field->bit_len);
	if (field->load == FIELD_LOAD_PRESENCE)
		return PACKET_SLOT(FIELD_LOAD_PRESENCE, place.tunnel, place.base, place.number, 0,
				   0);
	return PACKET_SLOT(field->load, place.tunnel, FIELD_BASE_META, 0, 0, 0);
}

struct ir_part packet_goal_plain(const struct ir *ir, uint32_t load)
{
	return (struct ir_part){
		.load = load, .mask = u128_max(ir->loads.at[load].field->bit_len),
	};
}

/* VALUE, of BITS bits, shifted to the left by SHIFT (to the right when it is negative). */
static u128 shifted(u128 value, int shift, unsigned int bits)
{
	unsigned int by = (unsigned int)(shift < 0 ? -shift : shift);

	if (by >= bits)
		return 0;
	return (shift < 0 ? value >> by : value << by) & u128_max(bits);
}

u128 packet_goal_bits(const struct ir *ir, const struct ir_part *part)
{
	return shifted(part->mask, -part->shift, ir_part_bits(ir, part));
}

bool packet_goal_invert(const struct ir *ir, const struct ir_part *part, u128 key,
			struct packet_random *random, u128 *ret_value)
{
	unsigned int bits = ir_part_bits(ir, part);
	u128 matter = packet_goal_bits(ir, part);

	*ret_value = (shifted(key ^ part->flip, -part->shift, bits) & matter) |
		     (packet_random_bits(random, bits) & ~matter);
	return ir_part_apply(ir, part, *ret_value) == key;
}

void packet_goal_collect(const struct packet_goals *goals, uint64_t slot,
			 struct packet_choice *choice)
{
	choice->ir = goals->ir;
	for (size_t i = 0; i < goals->len && choice->len < PACKET_MAX_GOALS; i++)
		if (goals->at[i].slot == slot)
			choice->at[choice->len++] = &goals->at[i];
}

/* An interval of the goal; false when it has none. */
static bool pick_interval(const struct packet_goal *goal, struct packet_random *random,
			  struct ir_interval *ret_interval)
{
	if (!goal->intervals) {
		*ret_interval = (struct ir_interval){ goal->lo, goal->hi };
		return true;
	}
	if (!goal->count)
		return false;
	*ret_interval = goal->intervals[packet_random_below(random, goal->count)];
	return true;
}

/* A value that likely meets the goal: an end of an interval of it, or something inside. */
static u128 sample(const struct ir *ir, const struct packet_goal *goal, u128 max,
		   struct packet_random *random)
{
	struct ir_interval interval;
	u128 value = packet_random_bits(random, 128) & max, key;

	if (!pick_interval(goal, random, &interval))
		return value;
	if (interval.hi > max)
		interval.hi = max;
	if (goal->negate) {
		/* Anything, or just beside the interval. */
		if (packet_random_one_in(random, 2))
			return value;
		key = packet_random_one_in(random, 2) ? interval.lo - 1 : interval.hi + 1;
	} else {
		switch (packet_random_below(random, 4)) {
		case 0:
			key = interval.lo;
			break;
		case 1:
			key = interval.hi;
			break;
		default:
			key = packet_random_between(random, interval.lo, interval.hi);
			break;
		}
	}
	/* A key that cannot be is brought near by leaving out what cannot be of it. */
	packet_goal_invert(ir, &goal->part, key, random, &value);
	return value & max;
}

static size_t score(const struct packet_choice *choice, u128 value, bool *ret_all)
{
	size_t points = 0;

	*ret_all = true;
	for (size_t i = 0; i < choice->len; i++) {
		if (packet_goal_holds(choice->ir, choice->at[i], value))
			points += choice->at[i]->soft ? 1 : HARD_WEIGHT;
		else
			*ret_all = false;
	}
	return points;
}

bool packet_goal_all_hold(const struct packet_choice *choice, u128 value)
{
	bool all;

	score(choice, value, &all);
	return all;
}

/* The goal asks for one interval of the load itself, and cannot do without it. */
static bool is_interval(const struct packet_choice *choice, const struct packet_goal *goal,
			struct ir_interval *ret_interval)
{
	if (goal->soft || goal->negate || (goal->intervals && goal->count != 1) ||
	    !ir_part_is_plain(choice->ir, &goal->part))
		return false;
	*ret_interval = goal->intervals ? goal->intervals[0] :
					  (struct ir_interval){ goal->lo, goal->hi };
	return true;
}

bool packet_goal_conflict(const struct packet_choice *choice)
{
	struct ir_interval all = { 0, ~(u128)0 }, one;

	for (size_t i = 0; i < choice->len; i++) {
		if (!is_interval(choice, choice->at[i], &one))
			continue;
		all.lo = one.lo > all.lo ? one.lo : all.lo;
		all.hi = one.hi < all.hi ? one.hi : all.hi;
	}
	return all.lo > all.hi;
}

u128 packet_goal_pick(const struct packet_choice *choice, unsigned int bits,
		      struct packet_random *random)
{
	u128 max = u128_max(bits), best = packet_random_bits(random, bits);
	size_t best_points = 0, start, tries;
	bool all = false;

	if (!choice->len)
		return best;
	start = packet_random_below(random, choice->len);
	tries = packet_goal_conflict(choice) ? CONFLICT_TRIES : TRIES;
	for (size_t i = 0; i < tries && !all; i++) {
		u128 value = sample(choice->ir, choice->at[(start + i) % choice->len], max, random);
		size_t points = score(choice, value, &all);

		if (points < best_points || (!points && i))
			continue;
		best = value;
		best_points = points;
	}
	return best;
}
