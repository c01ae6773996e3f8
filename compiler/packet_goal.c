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
/* A goal that is not soft is worth more than all that are. */
#define HARD_WEIGHT 256

bool packet_goal_holds(const struct packet_goal *goal, u128 value)
{
	value &= goal->mask;
	if (goal->set)
		return ir_set_has(goal->set, value) != goal->negate;
	return (value >= goal->lo && value <= goal->hi) != goal->negate;
}

void packet_goal_add(struct packet_goals *goals, const struct packet_goal *goal)
{
	if (goals->len < PACKET_MAX_GOALS)
		goals->at[goals->len++] = *goal;
}

void packet_goal_copy(struct packet_goals *to, const struct packet_goals *from)
{
	to->len = from->len;
	memcpy(to->at, from->at, from->len * sizeof(*from->at));
}

uint32_t packet_goal_slot(const struct ir_load *load)
{
	const struct field *field = load->field;

	if (field->load != FIELD_LOAD_HEADER)
		return 0x80000000u | (uint32_t)field->load;
	return (uint32_t)field_proto(field)->base << 28 |
	       field_base_bit(field, load->depth) << 8 | field->bit_len;
}

void packet_goal_collect(const struct ir *ir, const struct packet_goals *goals, uint32_t slot,
			 struct packet_choice *choice)
{
	for (size_t i = 0; i < goals->len && choice->len < PACKET_MAX_GOALS; i++)
		if (packet_goal_slot(&ir->loads.at[goals->at[i].load]) == slot)
			choice->at[choice->len++] = &goals->at[i];
}

/* An interval of the goal; false when it has none. */
static bool pick_interval(const struct packet_goal *goal, struct packet_random *random,
			  struct ir_interval *ret_interval)
{
	if (!goal->set) {
		*ret_interval = (struct ir_interval){ goal->lo, goal->hi };
		return true;
	}
	if (!goal->set->intervals.len)
		return false;
	*ret_interval = goal->set->intervals.at[packet_random_below(random,
								     goal->set->intervals.len)];
	return true;
}

/* A value that likely meets the goal: an end of an interval of it, or something inside. */
static u128 sample(const struct packet_goal *goal, u128 max, struct packet_random *random)
{
	struct ir_interval interval;
	u128 value = packet_random_bits(random, 128), key;

	if (!pick_interval(goal, random, &interval))
		return value & max;
	if (interval.hi > max)
		interval.hi = max;
	if (goal->negate) {
		/* Anything, or just beside the interval. */
		if (packet_random_one_in(random, 2))
			return value & max;
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
	return ((key & goal->mask) | (value & ~goal->mask)) & max;
}

static size_t score(const struct packet_choice *choice, u128 value, bool *ret_all)
{
	size_t points = 0;

	*ret_all = true;
	for (size_t i = 0; i < choice->len; i++) {
		if (packet_goal_holds(choice->at[i], value))
			points += choice->at[i]->soft ? 1 : HARD_WEIGHT;
		else
			*ret_all = false;
	}
	return points;
}

u128 packet_goal_pick(const struct packet_choice *choice, unsigned int bits,
		      struct packet_random *random)
{
	u128 max = u128_max(bits), best = packet_random_bits(random, bits);
	size_t best_points = 0, start;
	bool all = false;

	if (!choice->len)
		return best;
	start = packet_random_below(random, choice->len);
	for (size_t i = 0; i < TRIES && !all; i++) {
		u128 value = sample(choice->at[(start + i) % choice->len], max, random);
		size_t points = score(choice, value, &all);

		if (points < best_points || (!points && i))
			continue;
		best = value;
		best_points = points;
	}
	return best;
}
