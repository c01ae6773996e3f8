/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compile: the phases in a row, and their results in the shapes the loader reads.
 *
 * In: a source text.  Out: C text, table image, names and keys.  Each phase runs only when the one
 * before it found no error, so nothing is ever made of half a ruleset.
 */
#include "compiler/compile.h"

#include <linux/if_ether.h>
#include <stdlib.h>

#include "compiler/base/limits.h"
#include "compiler/bind.h"
#include "compiler/compile_parts.h"
#include "compiler/describe.h"
#include "compiler/emit.h"
#include "compiler/interp.h"
#include "compiler/interp_index.h"
#include "compiler/ir.h"
#include "compiler/lex.h"
#include "compiler/lower.h"
#include "compiler/packet.h"
#include "compiler/parse.h"
#include "compiler/plan.h"
#include "compiler/print.h"
#include "compiler/warn.h"

static const char *const phase_names[] = {
	[COMPILE_PHASE_TOKENS] = "tokens", [COMPILE_PHASE_AST] = "ast",
	[COMPILE_PHASE_BOUND] = "bound",   [COMPILE_PHASE_IR] = "ir",
	[COMPILE_PHASE_OPT] = "opt",	   [COMPILE_PHASE_PLAN] = "plan",
	[COMPILE_PHASE_C] = "c",
};

bool compile_phase_parse(const char *word, enum compile_phase *ret_phase)
{
	for (size_t i = 0; i < sizeof(phase_names) / sizeof(phase_names[0]); i++) {
		if (strcmp(word, phase_names[i]))
			continue;
		*ret_phase = (enum compile_phase)i;
		return true;
	}
	return false;
}

static struct plan_options plan_options(const struct compile_options *options)
{
	static const enum plan_optimize goals[] = {
		[COMPILE_BALANCED] = PLAN_OPTIMIZE_BALANCED,
		[COMPILE_SPEED] = PLAN_OPTIMIZE_SPEED,
		[COMPILE_SIZE] = PLAN_OPTIMIZE_SIZE,
	};

	return (struct plan_options){ goals[options->optimize.goal], options->optimize.engine,
				      options->optimize.flow_cache };
}

static bool run_parse(struct source_set *sources, uint32_t source,
		      const struct compile_options *options, struct arena *arena,
		      struct diag *diag, struct ast **ret_ast)
{
	struct parse_define *defines = ARENA_ARRAY(arena, struct parse_define,
						   options->define_count);
	struct parse_options parse = {
		.defines = defines,
		.define_count = options->define_count,
		.include_dirs = options->include_dirs,
		.include_dir_count = options->include_dir_count,
	};

	for (size_t i = 0; i < options->define_count; i++)
		defines[i] = (struct parse_define){ options->defines[i].name,
						    options->defines[i].value };
	return parse_source(sources, source, &parse, arena, diag, ret_ast);
}

/* The failsafe rules' matches; NULL, and told, when one is wrong or there are too many. */
static struct ast_rule *parse_failsafe(struct source_set *sources,
				       const struct compile_options *options,
				       struct arena *arena, struct diag *diag)
{
	struct ast_rule *rules = ARENA_ARRAY(arena, struct ast_rule, options->failsafe_count + 1);
	bool ok = true;

	for (size_t i = 0; i < options->failsafe_count; i++) {
		const struct compile_failsafe *failsafe = &options->failsafe[i];
		uint32_t number = source_add(sources, failsafe->place, str_from(failsafe->text));
		struct source *source = &sources->sources.at[number];

		source->lines_before = failsafe->line - 1;
		source->bytes_before = failsafe->column - 1;
		if (i == LIMITS_FAILSAFE) {
			diag_error(diag, (struct source_span){ .source = number },
				   "more than %d failsafe rules", LIMITS_FAILSAFE);
			return NULL;
		}
		ok = parse_matches(sources, number, arena, diag, &rules[i]) && ok;
	}
	return ok ? rules : NULL;
}

bool compile_run(struct source_set *sources, uint32_t source,
		 const struct compile_options *options, enum compile_phase last,
		 struct arena *arena, struct diag *diag, struct compile_inner *inner)
{
	const struct plan_options plan = plan_options(options);
	const struct opt_options opt = { options->optimize.off };
	struct bind_options bind = {
		.devices = options->devices,
		.device_count = options->device_count,
		.listing = options->listing,
	};

	if (last == COMPILE_PHASE_TOKENS)
		return lex_source(sources, source, arena, diag, &inner->tokens);
	bind.failsafe = parse_failsafe(sources, options, arena, diag);
	bind.failsafe_count = bind.failsafe ? options->failsafe_count : 0;
	if (!run_parse(sources, source, options, arena, diag, &inner->ast))
		return false;
	if (last == COMPILE_PHASE_AST)
		return bind.failsafe;
	if (!bind_ast(inner->ast, &bind, arena, diag, &inner->ruleset) || !bind.failsafe)
		return false;
	if (last == COMPILE_PHASE_BOUND)
		return true;
	if (!lower_ruleset(inner->ruleset, arena, diag, &inner->ir))
		return false;
	if (last == COMPILE_PHASE_IR && options->listing)
		return true;
	taken_find(inner->ir, arena, &inner->taken);
	if (!options->listing)
		warn_ruleset(inner->ir, inner->taken, arena, diag);
	if (last == COMPILE_PHASE_IR)
		return true;
	opt_ruleset(inner->ir, inner->taken, &opt, arena, &inner->opt);
	if (last == COMPILE_PHASE_OPT)
		return true;
	return plan_make(inner->opt->ir, &plan, arena, diag, &inner->plan);
}

static void print_phase(const struct source_set *sources, const struct compile_options *options,
			enum compile_phase phase, const struct compile_inner *inner,
			struct buf *out)
{
	struct print_options print = { .implied = true };
	struct emit_options emit = { options->miscompile, options->stamp };

	switch (phase) {
	case COMPILE_PHASE_TOKENS:
		lex_print(sources, inner->tokens, out);
		break;
	case COMPILE_PHASE_AST:
		parse_print(inner->ast, out);
		break;
	case COMPILE_PHASE_BOUND:
		print_ruleset(inner->ruleset, &print, out);
		break;
	case COMPILE_PHASE_IR:
		ir_print(inner->ir, out);
		break;
	case COMPILE_PHASE_OPT:
		ir_print(inner->opt->ir, out);
		break;
	case COMPILE_PHASE_PLAN:
		plan_print(inner->plan, out);
		break;
	case COMPILE_PHASE_C:
		emit_c(inner->plan, &emit, out);
		break;
	}
}

bool compile_emit(struct source_set *sources, uint32_t source,
		  const struct compile_options *options, enum compile_phase phase,
		  struct arena *arena, struct diag *diag, struct buf *out)
{
	struct compile_inner inner = { 0 };

	if (!compile_run(sources, source, options, phase, arena, diag, &inner))
		return false;
	print_phase(sources, options, phase, &inner, out);
	return true;
}

static int compare_devices(const void *a, const void *b)
{
	const struct compile_device *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : left->prefix - right->prefix;
}

static struct compile_device make_device(const struct ir_device *device, uint32_t entry,
					 struct arena *arena)
{
	bool prefix = bind_device_is_prefix(device->name);
	struct str name = { device->name.at, device->name.len - prefix };

	return (struct compile_device){
		.name = arena_strdup(arena, name),
		.prefix = prefix,
		.entry = entry,
		.span = device->span,
	};
}

static void list_devices(const struct ir *ir, struct arena *arena, struct compile *compile)
{
	VEC(struct compile_device) devices = { 0 };

	for (size_t i = 0; i < ir->entries.len; i++) {
		const struct ir_entry *entry = &ir->entries.at[i];

		for (size_t j = 0; j < entry->devices.len; j++)
			*vec_push(arena, &devices) =
				make_device(&entry->devices.at[j], (uint32_t)i, arena);
	}
	if (devices.len)
		qsort(devices.at, devices.len, sizeof(*devices.at), compare_devices);
	compile->devices = devices.at;
	compile->device_count = devices.len;
	compile->entry_count = (uint32_t)ir->entries.len;
}

struct ifname_list {
	VEC(struct compile_ifname) names;
};

static void add_ifname(struct ifname_list *list, const struct bind_value *value,
		       struct source_span span, struct arena *arena)
{
	char name[XDPFW_NAME_BYTES + 1] = "";

	u128_to_bytes(value->lo, (uint8_t *)name, XDPFW_NAME_BYTES);
	for (size_t i = 0; i < list->names.len; i++)
		if (!strcmp(list->names.at[i].name, name))
			return;
	*vec_push(arena, &list->names) =
		(struct compile_ifname){ arena_strdup(arena, str_from(name)), span };
}

static void add_ifnames(struct ifname_list *list, const struct bind_stmt *stmt, size_t part,
			struct arena *arena)
{
	if (!stmt->set) {
		add_ifname(list, bind_element_value(&stmt->value, part), stmt->span, arena);
		return;
	}
	for (size_t i = 0; i < stmt->set->elements.len; i++) {
		const struct bind_element *element = &stmt->set->elements.at[i];

		if (!element->catchall)
			add_ifname(list, bind_element_value(element, part), element->span, arena);
	}
}

/* `iif` asks for an index, so its device has to exist; `iifname` does not mind. */
static void list_ifnames(const struct bind_ruleset *ruleset, struct arena *arena,
			 struct compile *compile)
{
	struct ifname_list list = { 0 };

	for (size_t i = 0; i < ruleset->rules.len; i++) {
		const struct bind_rule *rule = ruleset->rules.at[i];

		for (size_t j = 0; j < rule->stmts.len; j++) {
			const struct bind_stmt *stmt = &rule->stmts.at[j];

			for (size_t k = 0; k < stmt->key.parts.len; k++)
				if (stmt->key.parts.at[k].field->type == &type_iface_index)
					add_ifnames(&list, stmt, k, arena);
		}
	}
	compile->ifnames = list.names.at;
	compile->ifname_count = list.names.len;
}

/* Its matches as they are listed, without what is the same for all. */
static void print_failsafe(const struct bind_ruleset *ruleset, size_t number, struct buf *out)
{
	const struct print_options print = { .stateless = true };
	struct bind_rule matches = ruleset->failsafe.at[number];

	matches.stmts.len--;
	print_rule(&matches, &print, out);
}

static void list_failsafe(const struct bind_ruleset *ruleset, struct arena *arena,
			  struct compile *compile)
{
	const char **texts = ARENA_ARRAY(arena, const char *, ruleset->failsafe.len + 1);

	for (size_t i = 0; i < ruleset->failsafe.len; i++) {
		struct buf text = BUF_INIT;

		print_failsafe(ruleset, i, &text);
		texts[i] = arena_strdup(arena, buf_str(&text));
		buf_free(&text);
	}
	compile->failsafe = texts;
	compile->failsafe_count = ruleset->failsafe.len;
	for (size_t i = 0; i < ruleset->rules.len; i++)
		compile->listed_rules += !ruleset->rules.at[i]->failsafe;
}

/* A field of a tag, or the type that says that there is one: a card may have taken it off. */
static bool asks_for_tag(const struct ir *ir, const struct ir_step *step)
{
	const struct ir_key *key;

	if (step->kind != IR_STEP_TEST && step->kind != IR_STEP_MAP)
		return false;
	key = &ir->keys.at[step->key];
	for (size_t i = 0; i < key->parts.len; i++) {
		const struct field *field = ir->loads.at[key->parts.at[i].load].field;

		if (field->proto == PROTO_VLAN)
			return true;
		if (field->proto == PROTO_ETHER && field->select == FIELD_SELECT_ETHER_TYPE &&
		    step->kind == IR_STEP_TEST && key->parts.len == 1 &&
		    (ir_set_has(&ir->sets.at[step->set], (u128[]){ ETH_P_8021Q }) ||
		     ir_set_has(&ir->sets.at[step->set], (u128[]){ ETH_P_8021AD })))
			return true;
	}
	return false;
}

static bool reads_tags(const struct ir *ir, const struct plan *plan)
{
	for (size_t i = 0; i < ir->rules.len; i++) {
		const struct ir_rule *rule = &ir->rules.at[i];

		for (size_t j = 0; j < rule->steps.len; j++)
			if (plan->chain_used[rule->chain] &&
			    asks_for_tag(ir, &rule->steps.at[j]))
				return true;
	}
	return false;
}

/* The judge's index; tests can do without. */
static struct interp_index *make_index(const struct ir *ir, struct arena *arena)
{
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_PLAIN_JUDGE"))
		return NULL;
#endif
	return interp_index_make(ir, arena);
}

/* Whether all that the program depends on is the same as once before; what came of it then. */
static bool get_kept(const struct compile_inner *inner, const struct compile_options *options,
		     struct arena *arena, struct compile_made *ret_made)
{
	const struct compile_keeper *keeper = options->keeper;
	const char *engine = options->optimize.engine ? options->optimize.engine : "";
	const uint32_t words[] = { options->optimize.goal, options->optimize.off,
				   options->optimize.flow_cache, (uint32_t)strlen(engine) };

	if (!keeper || options->miscompile || options->stamp)
		return false;
	keeper->add(keeper->context, words, sizeof(words));
	keeper->add(keeper->context, engine, strlen(engine));
	ir_write(inner->ir, keeper->add, keeper->context);
	return keeper->get(keeper->context, arena, ret_made);
}

/* A plan needs more memory than all before it, so what is made of it is all that stays. */
static bool make_anew(struct compile_inner *inner, const struct compile_options *options,
		      struct arena *arena, struct diag *diag, struct compile_made *ret_made)
{
	const struct plan_options planned = plan_options(options);
	const struct emit_options emit = { options->miscompile, options->stamp };
	struct arena scratch = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct plan *plan;
	uint8_t *image;

	if (!plan_make(inner->opt->ir, &planned, &scratch, diag, &plan)) {
		arena_free(&scratch);
		return false;
	}
	emit_c(plan, &emit, &text);
	image = ARENA_ARRAY(arena, uint8_t, plan->image_bytes + 1);
	if (plan->image_bytes)
		memcpy(image, plan->image, plan->image_bytes);
	*ret_made = (struct compile_made){
		.c_text = arena_strdup(arena, buf_str(&text)),
		.c_bytes = text.len,
		.image = image,
		.image_bytes = plan->image_bytes,
		.reads_given = plan->reads_given,
		.reads_tags = reads_tags(inner->ir, plan),
		.moving_tables = plan->named.count,
		.moving_at = plan->named.head_at,
	};
	buf_free(&text);
	if (options->keep_plan) {
		inner->plan = plan;
		arena_take(arena, &scratch);
	}
	arena_free(&scratch);
	return true;
}

/* What a program is made of. */
static bool make_program(struct source_set *sources, uint32_t source,
			 const struct compile_options *options, struct arena *arena,
			 struct diag *diag, struct compile_inner *inner, struct compile *compile)
{
	struct compile_made made;

	if (!compile_run(sources, source, options, COMPILE_PHASE_OPT, arena, diag, inner))
		return false;
	compile->is_kept = get_kept(inner, options, arena, &made);
	if (!compile->is_kept && !make_anew(inner, options, arena, diag, &made))
		return false;
	compile->c_text = made.c_text;
	compile->c_bytes = made.c_bytes;
	compile->image = made.image;
	compile->image_bytes = made.image_bytes;
	compile->rule_count = (uint32_t)inner->ir->rules.len;
	compile->reads_given = made.reads_given;
	compile->reads_tags = made.reads_tags;
	compile->moving_tables = made.moving_tables;
	compile->moving_at = made.moving_at;
	inner->index = make_index(inner->ir, arena);
	list_devices(inner->ir, arena, compile);
	return true;
}

bool compile_source(struct source_set *sources, uint32_t source,
		    const struct compile_options *options, struct arena *arena,
		    struct diag *diag, struct compile **ret_compile)
{
	struct compile_inner *inner = ARENA_NEW(arena, struct compile_inner);
	struct compile *compile = ARENA_NEW(arena, struct compile);
	bool ok;

	if (options->only_list)
		ok = compile_run(sources, source, options, COMPILE_PHASE_BOUND, arena, diag,
				 inner);
	else
		ok = make_program(sources, source, options, arena, diag, inner, compile);
	if (!ok)
		return false;
	compile->flushed = inner->ruleset->flushed;
	compile->inner = inner;
	list_ifnames(inner->ruleset, arena, compile);
	list_failsafe(inner->ruleset, arena, compile);
	compile_list_keys(inner->ruleset, arena, compile);
	*ret_compile = compile;
	return true;
}

bool compile_is_same(struct source_set *sources, uint32_t source,
		     const struct compile_options *options, const struct compile *compile,
		     struct arena *arena, struct diag *diag, bool *ret_same)
{
	struct compile_inner inner = { 0 };

	if (!compile_run(sources, source, options, COMPILE_PHASE_IR, arena, diag, &inner))
		return false;
	*ret_same = ir_is_same(inner.ir, compile->inner->ir);
	return true;
}

static struct print_options make_print_options(const struct compile *compile,
					       const struct compile_print_options *options)
{
	for (size_t i = 0; options->handles && i < compile->object_count; i++)
		*compile->objects[i].handle = options->handles[i];
	return (struct print_options){
		.counters = options->figures,
		.stateless = options->stateless,
		.handles = options->handles != NULL,
	};
}

void compile_print(const struct compile *compile, const struct compile_print_options *options,
		   struct buf *out)
{
	const struct print_options print = make_print_options(compile, options);

	print_ruleset(compile->inner->ruleset, &print, out);
}

void compile_print_failsafe(const struct compile *compile, size_t number, struct buf *out)
{
	print_failsafe(compile->inner->ruleset, number, out);
}

static enum print_what print_what(enum compile_list what)
{
	switch (what) {
	case COMPILE_LIST_TABLES:
		return PRINT_TABLES;
	case COMPILE_LIST_TABLE:
		return PRINT_TABLE;
	case COMPILE_LIST_CHAINS:
		return PRINT_CHAINS;
	case COMPILE_LIST_CHAIN:
		return PRINT_CHAIN;
	case COMPILE_LIST_SETS:
		return PRINT_SETS;
	case COMPILE_LIST_SET:
		return PRINT_SET;
	case COMPILE_LIST_MAPS:
		return PRINT_MAPS;
	case COMPILE_LIST_MAP:
		return PRINT_MAP;
	case COMPILE_LIST_COUNTERS:
		return PRINT_COUNTERS;
	case COMPILE_LIST_COUNTER:
		return PRINT_COUNTER;
	case COMPILE_LIST_RULESET:
		break;
	}
	abort();
}

/* The tables of one family. */
static void print_family(const struct bind_ruleset *ruleset, const char *family,
			 const struct print_options *print, struct buf *out)
{
	for (size_t i = 0; i < ruleset->tables.len; i++) {
		const struct bind_table *table = ruleset->tables.at[i];
		struct buf name = BUF_INIT;

		buf_printf(&name, "%.*s", STR_ARG(table->name));
		if (!strcmp(compile_family(table), family))
			print_list(ruleset, PRINT_TABLE, family, name.at, NULL, print, out);
		buf_free(&name);
	}
}

bool compile_list(const struct compile *compile, enum compile_list what, const char *family,
		  const char *table, const char *name,
		  const struct compile_print_options *options, struct buf *out)
{
	const struct print_options print = make_print_options(compile, options);
	const struct bind_ruleset *ruleset = compile->inner->ruleset;

	if (table && !compile_has_table(compile, family, table))
		return false;
	if (what != COMPILE_LIST_RULESET)
		return print_list(ruleset, print_what(what), family, table, name, &print, out);
	if (family)
		print_family(ruleset, family, &print, out);
	else
		print_ruleset(ruleset, &print, out);
	return true;
}

bool compile_describe(const char *what, struct buf *out)
{
	return describe(str_from(what ? what : ""), out);
}

const struct bind_ruleset *compile_ruleset(const struct compile *compile)
{
	return compile->inner->ruleset;
}

void compile_print_rule(const struct compile *compile, uint32_t rule, struct buf *out)
{
	const struct print_options print = { .stateless = true };

	print_rule(compile->inner->ruleset->rules.at[rule], &print, out);
}

const char *compile_rule_place(const struct compile *compile, uint32_t rule)
{
	return compile->inner->ir->rules.at[rule].place;
}

void compile_print_base_chain(const struct compile *compile, uint32_t entry, uint32_t number,
			      struct buf *out)
{
	const struct ir *ir = compile->inner->ir;
	const struct ir_chain *chain = &ir->chains.at[ir->entries.at[entry].chains.at[number]];

	buf_printf(out, "base chain '%.*s' (table %s %.*s)", (int)chain->name.len, chain->name.at,
		   chain->inet ? "inet" : "netdev", (int)chain->table.len, chain->table.at);
}

void compile_judge(const struct compile *compile, const struct xdpfw_device *device,
		   const struct compile_packet *packet, int32_t minutes_west,
		   struct xdpfw_cell *cells, struct compile_verdict *ret_verdict)
{
	const struct interp_packet judged = {
		.frame = packet->frame,
		.len = packet->len,
		.device = device,
		.given = packet->given,
		.minutes_west = minutes_west,
	};
	struct interp_result result;

	interp_run_indexed(compile->inner->ir, compile->inner->index, &judged, cells, NULL,
			   &result);
	ret_verdict->drop = result.drop;
	ret_verdict->trail = result.trail;
}

void compile_packets(const struct compile *compile, const struct xdpfw_device *device,
		     uint64_t seed, size_t limit, struct arena *arena,
		     const struct compile_packet **ret_packets, size_t *ret_count)
{
	struct packet_list list = { 0 };
	struct compile_packet *packets;

	packet_make_indexed(compile->inner->ir, compile->inner->index, device, seed, limit, arena,
			    &list);
	packets = ARENA_ARRAY(arena, struct compile_packet, list.packets.len);
	for (size_t i = 0; i < list.packets.len; i++)
		packets[i] = (struct compile_packet){
			.frame = list.packets.at[i].frame,
			.len = list.packets.at[i].len,
			.linear = list.packets.at[i].linear,
			.rule = list.packets.at[i].rule,
			.given = list.packets.at[i].given,
		};
	*ret_packets = packets;
	*ret_count = list.packets.len;
}
