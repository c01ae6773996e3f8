/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower: rules become steps.
 *
 * In: a bound ruleset, which is consistent.  Out: the IR.  Every form of a match asks whether a key
 * is in a set, or not in it:
 *
 *	== v, in { }	set of the values		!= v	the same, negated
 *	< v, > v, ...	all up to an end of the field's values (none: an empty set)
 *	syn,ack		mask syn|ack, set { 0 }, negated (any of them is set)
 *	! syn,ack	mask syn|ack, set { 0 } (none of them is set)
 *
 * Sets whose elements count, verdict maps and maps of counters are looked up in maps.  Numbers of
 * rules, chains and counters are those that bind gave.
 */
#include "compiler/lower.h"

#include "compiler/lower_parts.h"
#include "compiler/print.h"

struct ir_verdict lower_verdict(const struct bind_verdict *verdict)
{
	static const enum ir_verdict_kind kinds[] = {
		[AST_VERDICT_ACCEPT] = IR_VERDICT_ACCEPT,
		[AST_VERDICT_DROP] = IR_VERDICT_DROP,
		[AST_VERDICT_CONTINUE] = IR_VERDICT_CONTINUE,
		[AST_VERDICT_RETURN] = IR_VERDICT_RETURN,
		[AST_VERDICT_JUMP] = IR_VERDICT_JUMP,
		[AST_VERDICT_GOTO] = IR_VERDICT_GOTO,
	};

	return (struct ir_verdict){ kinds[verdict->kind],
				    verdict->chain ? verdict->chain->number : 0 };
}

static void lower_operand(struct lower *lower, const struct bind_stmt *stmt, bool negate,
			  struct ir_step *step)
{
	if (stmt->set) {
		lower_look_up(lower, stmt->set, negate, step);
		return;
	}
	step->set = lower_value(lower, &stmt->key, &stmt->value);
	step->negate = negate;
}

/*
 * `esp spi 0x1000000/8` asks for one byte, and the rest may be cut off.  Of a link or network
 * header all of the field is asked for: those are there or not (deviation D2).
 */
static bool lower_head(struct lower *lower, const struct bind_stmt *stmt, struct ir_step *step)
{
	const struct field *field = stmt->key.parts.at[0].field;
	struct bind_stmt head = *stmt;
	struct bind_part *part;
	struct field *cut;

	if (!stmt->head || field_base_of(field) == FIELD_BASE_LINK ||
	    field_base_of(field) == FIELD_BASE_NETWORK)
		return false;
	cut = ARENA_NEW(lower->arena, struct field);
	*cut = *field;
	cut->name = arena_printf(lower->arena, "%s/%u", field->name, stmt->head);
	cut->bit_len = (uint16_t)stmt->head;
	memset(&head.key.parts, 0, sizeof(head.key.parts));
	part = vec_push(lower->arena, &head.key.parts);
	*part = stmt->key.parts.at[0];
	part->field = cut;
	part->mask = u128_max(stmt->head);
	head.value.value.lo >>= field->bit_len - stmt->head;
	head.value.value.hi = head.value.value.lo;
	step->key = lower_key(lower, &head.key, NULL);
	lower_operand(lower, &head, stmt->op == BIND_MATCH_NEQ, step);
	return true;
}

static void lower_match(struct lower *lower, const struct bind_stmt *stmt, struct ir_step *step)
{
	bool any = stmt->op == BIND_MATCH_ANY_OF || stmt->op == BIND_MATCH_NONE_OF;

	step->kind = IR_STEP_TEST;
	if (lower_head(lower, stmt, step))
		return;
	step->key = lower_key(lower, &stmt->key, any ? &stmt->value.value.lo : NULL);
	switch (stmt->op) {
	case BIND_MATCH_EQ:
	case BIND_MATCH_EQ_EXPLICIT:
		lower_operand(lower, stmt, false, step);
		break;
	case BIND_MATCH_NEQ:
		lower_operand(lower, stmt, true, step);
		break;
	case BIND_MATCH_LT:
		step->set = lower_below(lower, &stmt->key, &stmt->value, false);
		break;
	case BIND_MATCH_GT:
		step->set = lower_above(lower, &stmt->key, &stmt->value, false);
		break;
	case BIND_MATCH_LTE:
		step->set = lower_below(lower, &stmt->key, &stmt->value, true);
		break;
	case BIND_MATCH_GTE:
		step->set = lower_above(lower, &stmt->key, &stmt->value, true);
		break;
	case BIND_MATCH_ANY_OF:
	case BIND_MATCH_NONE_OF:
		step->set = lower_interval(lower, 0, 0);
		step->negate = stmt->op == BIND_MATCH_ANY_OF;
		break;
	}
}

static void lower_counter(struct lower *lower, const struct bind_stmt *stmt, struct ir_step *step)
{
	step->kind = IR_STEP_COUNTER;
	step->counter = stmt->object ? stmt->object->counter : stmt->counter;
	if (!stmt->set)
		return;
	step->kind = IR_STEP_MAP;
	step->key = lower_key(lower, &stmt->key, NULL);
	step->map = lower_map(lower, stmt->set);
}

static struct ir_step lower_stmt(struct lower *lower, const struct bind_stmt *stmt)
{
	struct ir_step step = { .span = stmt->span };

	switch (stmt->kind) {
	case BIND_STMT_MATCH:
		lower_match(lower, stmt, &step);
		break;
	case BIND_STMT_VMAP:
		step.kind = IR_STEP_MAP;
		step.key = lower_key(lower, &stmt->key, NULL);
		step.map = lower_map(lower, stmt->set);
		break;
	case BIND_STMT_COUNTER:
		lower_counter(lower, stmt, &step);
		break;
	case BIND_STMT_VERDICT:
		step.kind = IR_STEP_VERDICT;
		step.verdict = lower_verdict(&stmt->verdict);
		break;
	}
	return step;
}

static void lower_rule(struct lower *lower, const struct bind_rule *rule, uint32_t chain)
{
	static const struct print_options print = { .stateless = true };
	struct source_place place = source_locate(lower->diag->sources, rule->span);
	struct ir_rule *lowered = vec_push(lower->arena, &lower->ir->rules);
	struct buf text = BUF_INIT;

	lowered->span = rule->span;
	lowered->chain = chain;
	lowered->source = (uint32_t)(lower->ir->rules.len - 1);
	print_rule(rule, &print, &text);
	lowered->text = str_from(arena_strdup(lower->arena, buf_str(&text)));
	buf_free(&text);
	/* The C text does not depend on where a failsafe rule was given. */
	lowered->place = rule->failsafe ? "failsafe" :
			 arena_printf(lower->arena, "%s:%u", place.name, place.line);
	lowered->failsafe = rule->failsafe;
	for (size_t i = 0; i < rule->stmts.len; i++) {
		struct ir_step step = lower_stmt(lower, &rule->stmts.at[i]);

		*vec_push(lower->arena, &lowered->steps) = step;
	}
}

static void lower_chain(struct lower *lower, const struct bind_chain *chain)
{
	*vec_push(lower->arena, &lower->ir->chains) = (struct ir_chain){
		.span = chain->span,
		.table = chain->table->name,
		.name = chain->name,
		.first_rule = (uint32_t)lower->ir->rules.len,
		.rule_count = (uint32_t)chain->rules.len,
		.is_base = chain->is_base,
		.policy = chain->policy == AST_VERDICT_DROP ? IR_VERDICT_DROP : IR_VERDICT_ACCEPT,
		.priority = chain->priority,
		.inet = chain->table->family == BIND_FAMILY_INET,
	};
	lower->inet = chain->table->family == BIND_FAMILY_INET;
	for (size_t i = 0; i < chain->rules.len; i++)
		lower_rule(lower, &chain->rules.at[i], chain->number);
}

static uint32_t *not_lowered(struct arena *arena, size_t count)
{
	uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, count + 1);

	memset(numbers, 0xff, (count + 1) * sizeof(*numbers));
	return numbers;
}

bool lower_ruleset(const struct bind_ruleset *ruleset, struct arena *arena, struct diag *diag,
		   struct ir **ret_ir)
{
	struct lower lower = {
		.ruleset = ruleset,
		.arena = arena,
		.diag = diag,
		.ir = ARENA_NEW(arena, struct ir),
		.set_of = not_lowered(arena, ruleset->sets.len),
		.map_of = not_lowered(arena, ruleset->sets.len),
	};

	for (size_t i = 0; i < ruleset->chains.len; i++)
		lower_chain(&lower, ruleset->chains.at[i]);
	lower.ir->counter_count = (uint32_t)ruleset->counters.len;
	if (!lower_entries(ruleset, arena, diag, lower.ir))
		return false;
	*ret_ir = lower.ir;
	return true;
}
