/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_table: { ... } of a table, and of a set or map.
 *
 * In: tokens.  Out: the table with its chains and sets; types are names still.
 */
#include "compiler/parse_private.h"

static const char *set_kind(const struct ast_set *set)
{
	return set->is_map ? "map" : "set";
}

static bool parse_set_type(struct parse *parse, struct ast_set *set)
{
	struct source_span span = parse_take(parse)->span;
	const struct token *token = parse_peek(parse);

	if (set->type.text.len)
		return parse_twice(parse, span, set->type.span, "type");
	if (token->kind != TOKEN_WORD)
		return parse_unexpected(parse, "the name of a type");
	parse_take(parse);
	set->type = (struct ast_name){ token->text, token->span };
	if (parse_is(parse, TOKEN_DOT) &&
	    parse_refuse(parse, PARSE_PLACE_STMT, str_from("."), parse_peek(parse)->span))
		return false;
	if (!set->is_map)
		return true;
	if (!parse_accept(parse, TOKEN_COLON)) {
		parse_unexpected(parse, "':'");
		diag_help(parse->diag, "the type of a map is written as 'KEY : verdict'");
		return false;
	}
	if (parse_accept_word(parse, "verdict"))
		return true;
	if (!parse_is(parse, TOKEN_WORD))
		return parse_unexpected(parse, "'verdict'");
	return !parse_refuse(parse, PARSE_PLACE_ELEMENT, str_from(":"), parse_peek(parse)->span);
}

static bool parse_set_flag(struct parse *parse, struct ast_set *set)
{
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
	    parse_refuse(parse, PARSE_PLACE_FLAG, token->text, token->span))
		return false;
	return parse_unexpected(parse, "'interval' or 'constant'");
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
	struct source_span span = parse_take(parse)->span;
	const struct token *token = parse_peek(parse);

	if (set->policy.text.len)
		return parse_twice(parse, span, set->policy.span, "policy");
	if (!parse_accept_word(parse, "performance") && !parse_accept_word(parse, "memory"))
		return parse_unexpected(parse, "'performance' or 'memory'");
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

static bool parse_set_item(struct parse *parse, void *context)
{
	struct ast_set *set = context;
	const struct token *token = parse_peek(parse);

	if (parse_is_word(parse, "type"))
		return parse_set_type(parse, set);
	if (parse_is_word(parse, "flags"))
		return parse_set_flags(parse, set);
	if (parse_is_word(parse, "size"))
		return parse_set_size(parse, set);
	if (parse_is_word(parse, "policy"))
		return parse_set_policy(parse, set);
	if (parse_is_word(parse, "elements"))
		return parse_set_elements(parse, set);
	if (!set->is_map && parse_accept_word(parse, "auto-merge")) {
		set->auto_merge = true;
		return true;
	}
	if (parse_is_word(parse, "comment")) {
		if (set->comment.text.at)
			return parse_twice(parse, token->span, set->comment.span, "comment");
		return parse_comment(parse, &set->comment);
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_SET, token->text, token->span))
		return false;
	return parse_unexpected(parse, set->is_map ? "a property of a map" : "a property of a set");
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
	struct ast_set set = { .is_map = is_map };
	struct source_span span = parse_take(parse)->span;

	if (!parse_name(parse, is_map ? "the name of a map" : "the name of a set", &set.name) ||
	    !parse_set_block(parse, &set))
		return false;
	set.span = source_join(span, parse_last_span(parse));
	*vec_push(parse->arena, &table->sets) = set;
	return true;
}

static bool parse_table_item(struct parse *parse, void *context)
{
	static const char *const words[] = { "chain", "set", "map", "comment" };
	const struct token *token = parse_peek(parse);
	struct str_nearest near = { .word = token->text };
	struct ast_table *table = context;

	if (parse_is_word(parse, "chain"))
		return parse_table_chain(parse, table);
	if (parse_is_word(parse, "set"))
		return parse_table_set(parse, table, false);
	if (parse_is_word(parse, "map"))
		return parse_table_set(parse, table, true);
	if (parse_is_word(parse, "comment")) {
		if (table->comment.text.at)
			return parse_twice(parse, token->span, table->comment.span, "comment");
		return parse_comment(parse, &table->comment);
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_OBJECT, token->text, token->span))
		return false;
	parse_unexpected(parse, "'chain', 'set', 'map' or 'comment'");
	for (size_t i = 0; token->kind == TOKEN_WORD && i < sizeof(words) / sizeof(words[0]); i++)
		str_nearest_offer(&near, words[i]);
	parse_suggest(parse, &near);
	return false;
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
