/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_given: what the goals ask of the clock, the CPU and chance.
 *
 * In: the goals of a frame.  Out: values that a proof hands to program and judge alike.  Time of
 * day and day of the week are parts of one clock: a time is sought that meets the most goals.
 * The kernel's time zone is taken to be UTC here; where it is not, edges of days are missed.
 */
#include "compiler/packet_parts.h"

#define TRIES 32
#define SECOND 1000000000u		/* ns */
#define DAY_SECONDS 86400u
#define THURSDAY 4			/* 1 January 1970 */

/* Times that nobody asks for lie in these years. */
#define FIRST_TIME 1700000000u		/* November 2023 */
#define TIMES 400000000u

static uint64_t slot_of(enum field_load load)
{
	return PACKET_SLOT(load, PROTO_META, FIELD_BASE_META, 0, 0, 0);
}

static void collect(const struct packet_goals *goals, enum field_load load,
		    struct packet_choice *choice)
{
	choice->len = 0;
	packet_goal_collect(goals, slot_of(load), choice);
}

static uint32_t pick_word(const struct packet_goals *goals, enum field_load load,
			  struct packet_random *random, uint32_t usual)
{
	struct packet_choice choice;

	collect(goals, load, &choice);
	if (!choice.len)
		return usual;
	return (uint32_t)packet_goal_pick(&choice, 32, random);
}

/* Another day of the same week, another time of the same day, as their goals want. */
static uint64_t move(uint64_t now, const struct packet_choice *days,
		     const struct packet_choice *hours, struct packet_random *random)
{
	uint64_t seconds = now / SECOND, day = seconds / DAY_SECONDS;
	uint64_t hour = seconds % DAY_SECONDS;

	if (days->len && !packet_goal_all_hold(days, (THURSDAY + day) % 7)) {
		u128 wanted = packet_goal_pick(days, 8, random);

		day += ((uint64_t)wanted + 7 - (THURSDAY + day) % 7) % 7;
	}
	if (hours->len && !packet_goal_all_hold(hours, hour)) {
		u128 wanted = packet_goal_pick(hours, 32, random);

		if (wanted < DAY_SECONDS)
			hour = (uint64_t)wanted;
	}
	return (day * DAY_SECONDS + hour) * SECOND + now % SECOND;
}

static uint64_t choose_now(const struct packet_goals *goals, struct packet_random *random)
{
	struct packet_choice times, days, hours;
	uint64_t now = 0;

	collect(goals, FIELD_LOAD_TIME, &times);
	collect(goals, FIELD_LOAD_DAY, &days);
	collect(goals, FIELD_LOAD_HOUR, &hours);
	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t moved;

		if (times.len)
			now = (uint64_t)packet_goal_pick(&times, 64, random);
		else
			now = (FIRST_TIME + packet_random_below(random, TIMES)) * (uint64_t)SECOND +
			      packet_random_below(random, SECOND);
		moved = move(now, &days, &hours, random);
		if (!packet_goal_all_hold(&times, moved))
			continue;
		now = moved;
		if (packet_goal_all_hold(&days, (THURSDAY + now / SECOND / DAY_SECONDS) % 7) &&
		    packet_goal_all_hold(&hours, now / SECOND % DAY_SECONDS))
			break;
	}
	return now;
}

void packet_given_choose(const struct packet_goals *goals, struct packet_random *random,
			 struct xdpfw_given *ret_given)
{
	*ret_given = (struct xdpfw_given){ .active = 1 };
	ret_given->now = choose_now(goals, random);
	ret_given->cpu = pick_word(goals, FIELD_LOAD_CPU, random,
				   (uint32_t)packet_random_below(random, 4));
	ret_given->random = pick_word(goals, FIELD_LOAD_RANDOM, random,
				      (uint32_t)packet_random_next(random));
}
