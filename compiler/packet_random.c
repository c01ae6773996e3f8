/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_random: splitmix64 (Steele, Lea, Flood 2014): a counter and a mixing of it.
 *
 * In: a seed.  Out: numbers that are the same on every machine.  They choose test packets and
 * guard nothing.
 */
#include "compiler/packet_parts.h"

uint64_t packet_random_next(struct packet_random *random)
{
	uint64_t value = random->state += 0x9e3779b97f4a7c15u;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

uint64_t packet_random_below(struct packet_random *random, uint64_t end)
{
	return packet_random_next(random) % end;
}

bool packet_random_one_in(struct packet_random *random, unsigned int count)
{
	return packet_random_below(random, count) == 0;
}

u128 packet_random_bits(struct packet_random *random, unsigned int bits)
{
	u128 value = packet_random_next(random);

	if (bits > 64)
		value = value << 64 | packet_random_next(random);
	return value & u128_max(bits);
}

u128 packet_random_between(struct packet_random *random, u128 lo, u128 hi)
{
	u128 count = hi - lo + 1;	/* 0: all values */
	u128 value = packet_random_bits(random, 128);

	return count ? lo + value % count : value;
}

void packet_random_fill(struct packet_random *random, uint8_t *bytes, size_t count)
{
	while (count) {
		uint64_t value = packet_random_next(random);
		size_t part = count < sizeof(value) ? count : sizeof(value);

		for (size_t i = 0; i < part; i++)
			bytes[i] = (uint8_t)(value >> i * 8);
		bytes += part;
		count -= part;
	}
}
