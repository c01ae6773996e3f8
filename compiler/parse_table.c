/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_table: { ... } of a table, and of a set, map or counter.
 *
 * In: tokens.  Out: the table with its chains, sets and counters; types are names still.
 */
#include "compiler/parse_private.h"

static const char *set_kind(const struct ast_set *set)
{
	return set->map == AST_MAP_NONE ? "set" : "map";
}

static bool parse_set_types(struct parse *parse, struct ast_set *set)
{
	do {
		const struct token *token = parse_peek(parse);

		if (token->kind != TOKEN_WORD ||
		    (parse_word_is_reserved(token->text) && !parse_word_is_type(token->text))) {
			parse_unexpected(parse, "the name of a type");
			if (token->kind == TOKEN_WORD)
				diag_help(parse->diag, "write 'typeof' and a field of that type");
			return false;
		}
		parse_take(parse);
		*vec_push(parse->arena, &set->types) =
			(struct ast_name){ token->text, token->span };
	} while (parse_accept(parse, TOKEN_DOT));
	return true;
}

/* `: verdict` or `: counter`: what the elements of a map have. */
static bool parse_map_type(struct parse *parse, struct ast_set *set)
{
	if (!parse_accept(parse, TOKEN_COLON)) {
		parse_unexpected(parse, "':'");
		diag_help(parse->diag, "the type of a map is written as 'KEY : verdict' or "
			  "'KEY : counter'");
		return false;
	}
	if (parse_accept_word(parse, "counter")) {
		set->map = AST_MAP_COUNTER;
		return true;
	}
	if (parse_accept_word(parse, "verdict"))
		return true;
	if (!parse_is(parse, TOKEN_WORD))
		return parse_unexpected(parse, "'verdict' or 'counter'");
	return !parse_refuse(parse, REFUSE_PLACE_ELEMENT, str_from(":"), parse_peek(parse)->span);
}

static bool parse_set_type(struct parse *parse, struct ast_set *set)
{
	const struct token *word = parse_take(parse);
	struct source_span span = parse_peek(parse)->span;

	if (set->type_span.end)
		return parse_twice(parse, word->span, set->type_span, "type");
	if (str_is(word->text, "typeof")) {
		set->typeof_expr = parse_typeof(parse);
		if (!set->typeof_expr)
			return false;
	} else if (!parse_set_types(parse, set)) {
		return false;
	}
	set->type_span = source_join(span, parse_last_span(parse));
	return set->map == AST_MAP_NONE || parse_map_type(parse, set);
}

/* A counter for every element; its figures would have to be given to each. */
static bool parse_set_counter(struct parse *parse, struct ast_set *set)
{
	struct source_span span = parse_take(parse)->span;
	uint64_t packets = 0, bytes = 0;

	if (set->has_counter)
		return parse_twice(parse, span, set->counter_span, "counter");
	if (parse_is_word(parse, "name") &&
	    parse_refuse(parse, REFUSE_PLACE_ELEMENT, str_from("counter name"),
			 source_join(span, parse_peek(parse)->span)))
		return false;
	if (!parse_counts(parse, &packets, &bytes))
		return false;
	set->counter_span = source_join(span, parse_last_span(parse));
	if (packets || bytes) {
		diag_error(parse->diag, set->counter_span,
			   "the counters of a set's elements start at 0");
		diag_help(parse->diag, "write the figures behind the element: "
			  "{ 192.0.2.1 counter packets 1 bytes 60 }");
		return false;
	}
	set->has_counter = true;
	return true;
}

static bool parse_set_flag(struct parse *parse, struct ast_set *set)
{
	static const char *const words[] = { "interval", "constant", NULL };
	const struct token *token = parse_peek(parse);

	if (parse_accept_word(parse, "interval")) {
		set->flag_interval = true;
		return true;
	}
	if (parse_accept_word(parse, "constant")) {
		set->flag_constant = true;
		return true;
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_FLAG, token->text, token->span))
		return false;
	return parse_unexpected_of(parse, "'interval' or 'constant'", words, REFUSE_PLACE_FLAG);
}

static bool parse_set_flags(struct parse *parse, struct ast_set *set)
{
	struct source_span span = parse_take(parse)->span;

	if (set->flag_constant || set->flag_interval)
		return parse_twice(parse, span, set->flags_span, "list of flags");
	do {
		if (!parse_set_flag(parse, set))
			return false;
	} while (parse_accept(parse, TOKEN_COMMA));
	set->flags_span = source_join(span, parse_last_span(parse));
	return true;
}

static bool parse_set_size(struct parse *parse, struct ast_set *set)
{
	struct source_span span = parse_take(parse)->span;
	uint64_t size;

	if (set->has_size)
		return parse_twice(parse, span, set->size_span, "size");
	if (!parse_number(parse, "the size of a set", UINT32_MAX, &size))
		return false;
	set->has_size = true;
	set->size = (uint32_t)size;
	set->size_span = source_join(span, parse_last_span(parse));
	return true;
}

static bool parse_set_policy(struct parse *parse, struct ast_set *set)
{
	static const char *const words[] = { "performance", "memory", NULL };
	struct source_span span = parse_take(parse)->span;
	const struct token *token = parse_peek(parse);

	if (set->policy.text.len)
		return parse_twice(parse, span, set->policy.span, "policy");
	if (!parse_accept_word(parse, "performance") && !parse_accept_word(parse, "memory"))
		return parse_unexpected_of(parse, "'performance' or 'memory'", words, 0);
	set->policy = (struct ast_name){ token->text, token->span };
	return true;
}

static bool parse_set_elements(struct parse *parse, struct ast_set *set)
{
	struct source_span span = parse_take(parse)->span;

	if (set->elements)
		return parse_twice(parse, span, set->elements->span, "list of elements");
	if (!parse_expect(parse, TOKEN_ASSIGN))
		return false;
	set->elements = parse_set_or_variable(parse);
	return set->elements;
}

static bool report_property(struct parse *parse, const struct ast_set *set)
{
	static const char *const words[] = {
		"auto-merge", "type", "typeof", "flags", "size", "policy", "elements", "comment",
		"counter", NULL,
	};

	if (set->map == AST_MAP_NONE)
		return parse_unexpected_of(parse, "a property of a set", words, REFUSE_PLACE_SET);
	return parse_unexpected_of(parse, "a property of a map", words + 1, REFUSE_PLACE_SET);
}

static bool parse_set_item(struct parse *parse, void *context)
{
	struct ast_set *set = context;
	const struct token *token = parse_peek(parse);

	if (parse_is_word(parse, "type") || parse_is_word(parse, "typeof"))
		return parse_set_type(parse, set);
	if (parse_is_word(parse, "counter"))
		return parse_set_counter(parse, set);
	if (parse_is_word(parse, "flags"))
		return parse_set_flags(parse, set);
	if (parse_is_word(parse, "size"))
		return parse_set_size(parse, set);
	if (parse_is_word(parse, "policy"))
		return parse_set_policy(parse, set);
	if (parse_is_word(parse, "elements"))
		return parse_set_elements(parse, set);
	if (set->map == AST_MAP_NONE && parse_accept_word(parse, "auto-merge")) {
		set->auto_merge = true;
		return true;
	}
	if (parse_is_word(parse, "comment")) {
		if (set->comment.text.at)
			return parse_twice(parse, token->span, set->comment.span, "comment");
		return parse_comment(parse, &set->comment);
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_SET, token->text, token->span))
		return false;
	return report_property(parse, set);
}

/* nft wants no separator behind `elements = { }` and `auto-merge`. */
bool parse_set_block(struct parse *parse, struct ast_set *set)
{
	const struct parse_items items = { .item = parse_set_item, .context = set, .loose = true };

	return parse_block(parse, &items, set_kind(set), set->name.text);
}

static bool parse_table_chain(struct parse *parse, struct ast_table *table)
{
	struct ast_chain chain = { 0 };
	struct source_span span = parse_take(parse)->span;

	if (!parse_name(parse, "the name of a chain", &chain.name) ||
	    !parse_chain_block(parse, &chain))
		return false;
	chain.span = source_join(span, parse_last_span(parse));
	*vec_push(parse->arena, &table->chains) = chain;
	return true;
}

static bool parse_table_set(struct parse *parse, struct ast_table *table, bool is_map)
{
	struct ast_set set = { .map = is_map ? AST_MAP_VERDICT : AST_MAP_NONE };
	struct source_span span = parse_take(parse)->span;

	if (!parse_name(parse, is_map ? "the name of a map" : "the name of a set", &set.name) ||
	    !parse_set_block(parse, &set))
		return false;
	set.span = source_join(span, parse_last_span(parse));
	*vec_push(parse->arena, &table->sets) = set;
	return true;
}

static bool parse_counter_item(struct parse *parse, void *context)
{
	static const char *const words[] = { "packets", "bytes", "comment", NULL };
	struct ast_counter *counter = context;
	const struct token *token = parse_peek(parse);

	if (parse_is_word(parse, "packets") || parse_is_word(parse, "bytes"))
		return parse_counts(parse, &counter->packets, &counter->bytes);
	if (!parse_is_word(parse, "comment"))
		return parse_unexpected_of(parse, "'packets', 'bytes' or 'comment'", words, 0);
	if (counter->comment.text.at)
		return parse_twice(parse, token->span, counter->comment.span, "comment");
	return parse_comment(parse, &counter->comment);
}

bool parse_counter_block(struct parse *parse, struct ast_counter *counter)
{
	const struct parse_items items = {
		.item = parse_counter_item, .context = counter, .loose = true,
	};

	if (parse_is(parse, TOKEN_LBRACE))
		return parse_block(parse, &items, "counter", counter->name.text);
	return parse_counts(parse, &counter->packets, &counter->bytes);
}

static bool parse_table_counter(struct parse *parse, struct ast_table *table)
{
	struct ast_counter counter = { 0 };
	struct source_span span = parse_take(parse)->span;

	if (!parse_name(parse, "the name of a counter", &counter.name))
		return false;
	if (!parse_is(parse, TOKEN_LBRACE))
		return parse_unexpected(parse, "'{'");
	if (!parse_counter_block(parse, &counter))
		return false;
	counter.span = source_join(span, parse_last_span(parse));
	*vec_push(parse->arena, &table->counters) = counter;
	return true;
}

static bool parse_table_flags(struct parse *parse, struct ast_table *table)
{
	static const char *const words[] = { "dormant", NULL };
	struct source_span span = parse_take(parse)->span;

	do {
		const struct token *token = parse_peek(parse);

		if (parse_accept_word(parse, "dormant")) {
			table->dormant = true;
			continue;
		}
		if (token->kind == TOKEN_WORD &&
		    parse_refuse(parse, REFUSE_PLACE_TABLE_FLAG, token->text, token->span))
			return false;
		return parse_unexpected_of(parse, "'dormant'", words, REFUSE_PLACE_TABLE_FLAG);
	} while (parse_accept(parse, TOKEN_COMMA));
	table->flags_span = source_join(span, parse_last_span(parse));
	return true;
}

static bool parse_table_item(struct parse *parse, void *context)
{
	static const char *const words[] = {
		"chain", "set", "map", "counter", "flags", "comment", NULL,
	};
	const struct token *token = parse_peek(parse);
	struct ast_table *table = context;

	if (parse_is_word(parse, "chain"))
		return parse_table_chain(parse, table);
	if (parse_is_word(parse, "set"))
		return parse_table_set(parse, table, false);
	if (parse_is_word(parse, "map"))
		return parse_table_set(parse, table, true);
	if (parse_is_word(parse, "counter"))
		return parse_table_counter(parse, table);
	if (parse_is_word(parse, "flags"))
		return parse_table_flags(parse, table);
	if (parse_is_word(parse, "comment")) {
		if (table->comment.text.at)
			return parse_twice(parse, token->span, table->comment.span, "comment");
		return parse_comment(parse, &table->comment);
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_OBJECT, token->text, token->span))
		return false;
	return parse_unexpected_of(parse, "'chain', 'set', 'map', 'counter', 'flags' or 'comment'",
				   words, REFUSE_PLACE_OBJECT);
}

bool parse_table_block(struct parse *parse, struct ast_table *table)
{
	static const char *const outer_words[] = { "table", NULL };
	const struct parse_items items = {
		.item = parse_table_item, .context = table, .outer_words = outer_words,
	};
	struct parse_symbol *outer = parse_scope_begin(parse);
	bool ok = parse_block(parse, &items, "table", table->name.text);

	parse_scope_end(parse, outer);
	return ok;
}
