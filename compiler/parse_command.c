/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_command: the commands a file is made of: add, create and flush, and the short forms.
 *
 * In: tokens.  Out: ast.commands, in order.  `add` and `rule` may be left out, as in nft:
 * `table netdev t { }`, `netdev t c tcp dport 22 accept`.  Commands that change a ruleset that is
 * there already are refused by name, because a load starts from nothing.
 */
#include "compiler/parse_private.h"

/* [family] name; other families are refused here, so no chain of theirs is ever looked at. */
static bool parse_table_names(struct parse *parse, struct ast_table *ret_table)
{
	struct ast_table table = { 0 };
	const struct token *token = parse_peek(parse);

	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_FAMILY, token->text, token->span))
		return false;
	if (!parse_accept_word(parse, "netdev")) {
		parse_unexpected(parse, "'netdev'");
		if (token->kind == TOKEN_WORD)
			diag_help(parse->diag, "without a family nft takes 'ip', which has no "
				  "ingress hook");
		return false;
	}
	table.family = (struct ast_name){ token->text, token->span };
	if (!parse_name(parse, "the name of a table", &table.name))
		return false;
	table.span = source_join(token->span, table.name.span);
	*ret_table = table;
	return true;
}

static bool parse_add_table(struct parse *parse, struct ast_command *command)
{
	command->kind = AST_COMMAND_ADD_TABLE;
	if (!parse_table_names(parse, &command->table))
		return false;
	return !parse_is(parse, TOKEN_LBRACE) || parse_table_block(parse, &command->table);
}

static bool parse_add_chain(struct parse *parse, struct ast_command *command)
{
	struct ast_chain chain = { .span = parse_last_span(parse) };

	command->kind = AST_COMMAND_ADD_CHAIN;
	if (!parse_table_names(parse, &command->table) ||
	    !parse_name(parse, "the name of a chain", &chain.name))
		return false;
	if (parse_is(parse, TOKEN_LBRACE) && !parse_chain_block(parse, &chain))
		return false;
	chain.span = source_join(chain.span, parse_last_span(parse));
	*vec_push(parse->arena, &command->table.chains) = chain;
	return true;
}

static bool parse_add_rule(struct parse *parse, struct ast_command *command)
{
	const struct token *token;

	command->kind = AST_COMMAND_ADD_RULE;
	if (!parse_table_names(parse, &command->table) ||
	    !parse_name(parse, "the name of a chain", &command->chain))
		return false;
	token = parse_peek(parse);
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_POSITION, token->text, token->span))
		return false;
	return parse_rule(parse, &command->rule);
}

static bool parse_add_set(struct parse *parse, struct ast_command *command, bool is_map)
{
	struct ast_set set = { .is_map = is_map, .span = parse_last_span(parse) };

	command->kind = AST_COMMAND_ADD_SET;
	if (!parse_table_names(parse, &command->table) ||
	    !parse_name(parse, is_map ? "the name of a map" : "the name of a set", &set.name) ||
	    !parse_set_block(parse, &set))
		return false;
	set.span = source_join(set.span, parse_last_span(parse));
	*vec_push(parse->arena, &command->table.sets) = set;
	return true;
}

static bool parse_add_element(struct parse *parse, struct ast_command *command)
{
	command->kind = AST_COMMAND_ADD_ELEMENT;
	if (!parse_table_names(parse, &command->table) ||
	    !parse_name(parse, "the name of a set or map", &command->set))
		return false;
	command->elements = parse_set_or_variable(parse);
	return command->elements;
}

static bool begins_family(const struct parse *parse)
{
	static const char *const words[] = { "netdev", "inet", "ip", "ip6", "arp", "bridge" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (parse_is_word(parse, words[i]))
			return true;
	return false;
}

static void report_unknown(struct parse *parse, const char *what)
{
	static const char *const words[] = {
		"table", "chain", "rule", "set", "map", "element", "add", "create", "flush",
		"define", "include", "netdev",
	};
	struct str_nearest near = { .word = parse_peek(parse)->text };

	parse_unexpected(parse, what);
	if (parse_is(parse, TOKEN_LBRACE))
		diag_help(parse->diag, "'{' stands on the line of the name before it");
	if (!parse_is(parse, TOKEN_WORD))
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		str_nearest_offer(&near, words[i]);
	parse_suggest(parse, &near);
}

/* Behind `add` or `create`, or at the start of a command. */
static bool parse_add(struct parse *parse, struct ast_command *command, bool add)
{
	const struct token *token = parse_peek(parse);

	if (parse_accept_word(parse, "table"))
		return parse_add_table(parse, command);
	if (parse_accept_word(parse, "chain"))
		return parse_add_chain(parse, command);
	if (parse_accept_word(parse, "set"))
		return parse_add_set(parse, command, false);
	if (parse_accept_word(parse, "map"))
		return parse_add_set(parse, command, true);
	if (parse_accept_word(parse, "element"))
		return parse_add_element(parse, command);
	if (!command->create && (parse_accept_word(parse, "rule") || begins_family(parse)))
		return parse_add_rule(parse, command);
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_OBJECT, token->text, token->span))
		return false;
	if (add)
		report_unknown(parse, "'table', 'chain', 'rule', 'set', 'map' or 'element'");
	else if (command->create)
		report_unknown(parse, "'table', 'chain', 'set', 'map' or 'element'");
	else
		report_unknown(parse, "a command");
	return false;
}

static bool parse_flush(struct parse *parse, struct ast_command *command)
{
	const struct token *token = parse_peek(parse);

	if (parse_accept_word(parse, "ruleset")) {
		command->kind = AST_COMMAND_FLUSH_RULESET;
		token = parse_peek(parse);
		if (parse_accept_word(parse, "netdev"))
			return true;
		return token->kind != TOKEN_WORD ||
		       !parse_refuse(parse, PARSE_PLACE_FAMILY, token->text, token->span);
	}
	if (parse_accept_word(parse, "table")) {
		command->kind = AST_COMMAND_FLUSH_TABLE;
		return parse_table_names(parse, &command->table);
	}
	if (parse_accept_word(parse, "chain")) {
		command->kind = AST_COMMAND_FLUSH_CHAIN;
		return parse_table_names(parse, &command->table) &&
		       parse_name(parse, "the name of a chain", &command->chain);
	}
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_FLUSH, token->text, token->span))
		return false;
	return parse_unexpected(parse, "'ruleset', 'table' or 'chain'");
}

bool parse_command(struct parse *parse, void *context)
{
	const struct token *token = parse_peek(parse);
	struct ast_command command = { 0 };
	bool ok;

	(void)context;
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, PARSE_PLACE_COMMAND, token->text, token->span))
		return false;
	if (parse_accept_word(parse, "flush")) {
		ok = parse_flush(parse, &command);
	} else {
		bool add = parse_accept_word(parse, "add");

		command.create = !add && parse_accept_word(parse, "create");
		ok = parse_add(parse, &command, add);
	}
	if (!ok)
		return false;
	command.span = source_join(token->span, parse_last_span(parse));
	command.table.span = command.span;
	*vec_push(parse->arena, &parse->ast->commands) = command;
	return true;
}
