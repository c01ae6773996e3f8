/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place_case: one chain of many rules, and packets with what they meet of it.
 */
#ifndef XDPFW_TESTS_PLACE_CASE_H
#define XDPFW_TESTS_PLACE_CASE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/interp.h"
#include "tests/unit/ruleset.h"

#define PLACE_RULES 32

struct place_case {
	const char *name;
	bool drop;
	const char *met;		/* '1' for each rule that matches */
	size_t zeros;			/* bytes behind those written */
	const char *frame;		/* from the ether type on */
};

struct place_group {
	const char *family;
	const char *const *rules;	/* NULL at the end */
	const struct place_case *cases;
	size_t count;
};

#define PLACE_GROUP(name, family_)                                                             \
	{ family_, name##_rules, name##_cases, sizeof(name##_cases) / sizeof(name##_cases[0]) }

static inline uint8_t *place_frame(const struct place_case *row, size_t *ret_len)
{
	static const uint8_t addresses[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	size_t written = strlen(row->frame) / 2;
	uint8_t *frame = calloc(1, sizeof(addresses) + written + row->zeros);

	ck_assert_ptr_nonnull(frame);
	memcpy(frame, addresses, sizeof(addresses));
	for (size_t i = 0; i < written; i++) {
		unsigned int byte;

		ck_assert_int_eq(sscanf(row->frame + 2 * i, "%2x", &byte), 1);
		frame[sizeof(addresses) + i] = (uint8_t)byte;
	}
	*ret_len = sizeof(addresses) + written + row->zeros;
	return frame;
}

static inline void place_check_case(const struct ruleset *ruleset, const struct place_case *row)
{
	static const struct xdpfw_device device = { .name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 } };
	struct xdpfw_cell cells[PLACE_RULES] = { { 0 } };
	struct interp_packet packet = { .device = &device };
	struct interp_result result;
	uint8_t *frame = place_frame(row, &packet.len);
	char met[PLACE_RULES + 1] = "";

	packet.frame = frame;
	interp_run(ruleset->ir, &packet, cells, &result);
	for (uint32_t i = 0; i < ruleset->ir->counter_count; i++)
		met[i] = cells[i].packets ? '1' : '0';
	ck_assert_msg(!strcmp(met, row->met), "%s: %s instead of %s", row->name, met, row->met);
	ck_assert_msg(result.drop == row->drop, "%s: verdict", row->name);
	free(frame);
}

static inline void place_check(const struct place_group *group)
{
	struct ruleset ruleset = { 0 };
	struct buf text = BUF_INIT;

	buf_printf(&text, "table %s t {\nchain c {\ntype filter hook ingress device eth0 "
			  "priority 0\n",
		   group->family);
	for (size_t i = 0; group->rules[i]; i++)
		buf_printf(&text, "%s counter\n", group->rules[i]);
	buf_puts(&text, "}\n}\n");
	ruleset_lower(&ruleset, text.at);
	ck_assert_uint_le(ruleset.ir->counter_count, PLACE_RULES);
	for (size_t i = 0; i < group->count; i++)
		place_check_case(&ruleset, &group->cases[i]);
	buf_free(&text);
	arena_free(&ruleset.arena);
}

#endif
