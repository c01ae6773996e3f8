/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_ir: IRs made by hand, for the tests of plan and emit.
 *
 * Chains are made one after the other, rules go to the last chain, steps to the last rule.
 */
#ifndef XDPFW_TEST_MAKE_IR_H
#define XDPFW_TEST_MAKE_IR_H

#include <check.h>

#include "compiler/ir.h"

struct make {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct ir ir;
};

static inline void make_start(struct make *make)
{
	*make = (struct make){ .arena = ARENA_INIT };
	make->sources.arena = &make->arena;
	make->diag.arena = &make->arena;
	make->diag.sources = &make->sources;
	source_add(&make->sources, "rules.conf", str_from("a ruleset\n"));
}

static inline uint32_t make_chain(struct make *make, const char *name, bool is_base)
{
	struct ir_chain *chain = vec_push(&make->arena, &make->ir.chains);

	chain->table = str_from("t");
	chain->name = str_from(name);
	chain->first_rule = (uint32_t)make->ir.rules.len;
	chain->is_base = is_base;
	chain->policy = IR_VERDICT_ACCEPT;
	return (uint32_t)make->ir.chains.len - 1;
}

static inline void make_entry(struct make *make, uint32_t chain)
{
	struct ir_entry *entry = vec_push(&make->arena, &make->ir.entries);

	*vec_push(&make->arena, &entry->chains) = chain;
	vec_push(&make->arena, &entry->devices)->name = str_from("eth0");
}

static inline void make_rule(struct make *make, const char *text)
{
	struct ir_rule *rule = vec_push(&make->arena, &make->ir.rules);

	rule->chain = (uint32_t)make->ir.chains.len - 1;
	rule->place = "rules.conf:1";
	rule->text = str_from(text);
	make->ir.chains.at[rule->chain].rule_count++;
}

static inline struct ir_step *make_step(struct make *make, enum ir_step_kind kind)
{
	struct ir_rule *rule = &make->ir.rules.at[make->ir.rules.len - 1];
	struct ir_step *step = vec_push(&make->arena, &rule->steps);

	step->kind = kind;
	return step;
}

static inline void make_verdict(struct make *make, enum ir_verdict_kind kind, uint32_t chain)
{
	make_step(make, IR_STEP_VERDICT)->verdict = (struct ir_verdict){ kind, chain };
}

static inline void make_counter(struct make *make)
{
	make_step(make, IR_STEP_COUNTER)->counter = make->ir.counter_count++;
}

/* The number of a load of "tcp", "dport". */
static inline uint32_t make_load(struct make *make, const char *proto_name, const char *name)
{
	const struct proto *proto = field_find_proto(str_from(proto_name));
	const struct field *field = proto ? field_find(proto, str_from(name)) : NULL;

	ck_assert_msg(field, "no field %s %s", proto_name, name);
	for (uint32_t i = 0; i < make->ir.loads.len; i++)
		if (make->ir.loads.at[i].field == field)
			return i;
	vec_push(&make->arena, &make->ir.loads)->field = field;
	return (uint32_t)make->ir.loads.len - 1;
}

/* A key of the load itself, with a part for each that is added. */
static inline uint32_t make_key(struct make *make)
{
	vec_push(&make->arena, &make->ir.keys);
	return (uint32_t)make->ir.keys.len - 1;
}

static inline struct ir_part *make_part(struct make *make, uint32_t key, const char *proto,
					const char *name)
{
	uint32_t load = make_load(make, proto, name);
	struct ir_part *part = vec_push(&make->arena, &make->ir.keys.at[key].parts);

	part->load = load;
	part->mask = u128_max(make->ir.loads.at[load].field->bit_len);
	return part;
}

/* A new, empty set or map; its number. */
static inline uint32_t make_set(struct make *make)
{
	vec_push(&make->arena, &make->ir.sets)->parts = 1;
	return (uint32_t)make->ir.sets.len - 1;
}

static inline void make_interval(struct make *make, uint32_t set, u128 lo, u128 hi)
{
	*vec_push(&make->arena, &make->ir.sets.at[set].intervals) = (struct ir_interval){ lo, hi };
}

static inline uint32_t make_map(struct make *make)
{
	vec_push(&make->arena, &make->ir.maps)->parts = 1;
	return (uint32_t)make->ir.maps.len - 1;
}

/* The intervals of its parts are added by the caller. */
static inline struct ir_map_entry *make_entry_of(struct make *make, uint32_t map,
						 struct ir_verdict verdict)
{
	struct ir_map_entry *entry = vec_push(&make->arena, &make->ir.maps.at[map].entries);

	*entry = (struct ir_map_entry){ verdict, IR_NO_COUNTER, IR_NO_COUNTER };
	return entry;
}

static inline struct ir_map_entry *make_element(struct make *make, uint32_t map, u128 lo, u128 hi,
						struct ir_verdict verdict)
{
	*vec_push(&make->arena, &make->ir.maps.at[map].intervals) = (struct ir_interval){ lo, hi };
	return make_entry_of(make, map, verdict);
}

/* A step that looks the key up in set or map NUMBER. */
static inline struct ir_step *make_look_up_key(struct make *make, enum ir_step_kind kind,
					       uint32_t key, uint32_t number)
{
	struct ir_step *step = make_step(make, kind);

	step->key = key;
	step->set = step->map = number;
	return step;
}

static inline struct ir_step *make_look_up(struct make *make, enum ir_step_kind kind,
					   const char *proto, const char *name, uint32_t number)
{
	uint32_t key = make_key(make);

	make_part(make, key, proto, name);
	return make_look_up_key(make, kind, key, number);
}

/* A test of a field for the values LO to HI. */
static inline struct ir_step *make_test(struct make *make, const char *proto, const char *name,
					u128 lo, u128 hi)
{
	uint32_t set = make_set(make);

	make_interval(make, set, lo, hi);
	return make_look_up(make, IR_STEP_TEST, proto, name, set);
}

/* The only part of a step's key. */
static inline struct ir_part *make_part_of(struct make *make, const struct ir_step *step)
{
	return &make->ir.keys.at[step->key].parts.at[0];
}

#endif
