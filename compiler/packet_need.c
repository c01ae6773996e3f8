/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_need: which extension headers, options or chunks a frame has to hold, or must not.
 *
 * In: the goals of one layer.  Out: a number for each that a goal names, in random order: the
 * order is nobody's business, and some orders hide what others show.
 */
#include "compiler/packet_parts.h"

static struct packet_need *find(struct packet_needs *needs, uint8_t number)
{
	for (size_t i = 0; i < needs->len; i++)
		if (needs->at[i].number == number)
			return &needs->at[i];
	if (needs->len == PACKET_MAX_NEEDS)
		return NULL;
	needs->at[needs->len] = (struct packet_need){ .number = number };
	return &needs->at[needs->len++];
}

/* Whether the goals on the presence of NUMBER say that it is there. */
static bool is_wanted(struct packet_layers *layers, enum field_base base, uint8_t number)
{
	u128 value = 0;

	packet_compose_pick(layers,
			    PACKET_SLOT(FIELD_LOAD_PRESENCE, layers->tunnel, base, number, 0, 0),
			    8, &value);
	return value == 1;
}

static void shuffle(struct packet_needs *needs, struct packet_random *random)
{
	for (size_t i = needs->len; i > 1; i--) {
		size_t other = packet_random_below(random, i);
		struct packet_need last = needs->at[i - 1];

		needs->at[i - 1] = needs->at[other];
		needs->at[other] = last;
	}
}

void packet_need_collect(struct packet_layers *layers, enum field_base base,
			 struct packet_needs *ret_needs)
{
	const struct packet_goals *goals = layers->goals;

	ret_needs->len = 0;
	for (size_t i = 0; i < goals->len; i++) {
		const struct ir_load *load = &layers->ir->loads.at[goals->at[i].part.load];
		struct ir_place place = packet_goal_place(load);
		struct packet_need *need;
		size_t bytes;

		if (place.base != base || place.tunnel != layers->tunnel)
			continue;
		need = find(ret_needs, place.number);
		if (!need)
			continue;
		bytes = field_need_bytes(load->field, load->depth);
		if (load->field->load == FIELD_LOAD_PRESENCE)
			need->wanted |= is_wanted(layers, base, place.number);
		else if (!goals->at[i].soft || packet_random_one_in(layers->random, 2))
			need->wanted = true;
		need->bytes = bytes > need->bytes ? bytes : need->bytes;
	}
	shuffle(ret_needs, layers->random);
}

bool packet_need_forbids(const struct packet_needs *needs, uint8_t number)
{
	for (size_t i = 0; i < needs->len; i++)
		if (needs->at[i].number == number)
			return !needs->at[i].wanted;
	return false;
}
