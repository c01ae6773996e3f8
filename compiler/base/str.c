/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * str: comparing texts, and finding the word somebody meant.
 */
#include "compiler/base/str.h"

#include <stdlib.h>

int str_compare(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.at, b.at, len) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Words longer than this are not mistyped ones. */
#define WORD_MAX 32

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Optimal string alignment: three rows of the edit table are alive at a time. */
unsigned int str_distance(struct str a, struct str b, unsigned int limit)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return limit + 1;
	for (size_t j = 0; j <= b.len; j++)
		before[j] = above[j] = (unsigned int)j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned int *spare = before;

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b.len; j++) {
			unsigned int change = a.at[i - 1] != b.at[j - 1];

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b.len] > limit ? limit + 1 : above[b.len];
}

void str_nearest_offer(struct str_nearest *near, const char *candidate)
{
	unsigned int limit = near->word.len < 3 ? 1 : (unsigned int)near->word.len / 3;
	unsigned int distance = str_distance(near->word, str_from(candidate), limit);

	/* With every letter changed nothing is left of the word. */
	if (distance > limit || distance >= near->word.len)
		return;
	if (near->best && near->distance <= distance)
		return;
	near->best = candidate;
	near->distance = distance;
}
