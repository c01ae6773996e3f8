/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_command: the commands a file is made of: add, create and flush, and the short forms.
 *
 * In: tokens.  Out: ast.commands, in order.  `add` and `rule` may be left out, as in nft:
 * `table netdev t { }`, `netdev t c tcp dport 22 accept`.  Commands that change a ruleset that is
 * there already are refused by name, because a load starts from nothing.
 */
#include "compiler/parse_private.h"

/* No family stands behind `table` or another object's word, which is the last token. */
static bool report_family(struct parse *parse)
{
	static const char *const words[] = { "netdev", "inet", NULL };
	const struct token *token = parse_peek(parse), *object = token - (parse->at > 0);
	bool alone = token->kind == TOKEN_WORD && token[1].kind != TOKEN_WORD;

	if (alone && parse_token_is_word(object, "table")) {
		diag_error(parse->diag, token->span,
			   "a table without a family is of family 'ip', which has no ingress hook");
		diag_help(parse->diag, "write 'table netdev %.*s'", STR_ARG(token->text));
		return false;
	}
	parse_unexpected(parse, "'netdev' or 'inet'");
	if (alone)
		diag_help(parse->diag, "outside of a table's block write '%.*s netdev TABLE %.*s'",
			  STR_ARG(object->text), STR_ARG(token->text));
	else if (token->kind == TOKEN_WORD)
		diag_help(parse->diag, "without a family a table is of family 'ip', which has no "
			  "ingress hook");
	parse_suggest_of(parse, words, 0);
	return false;
}

/* [family] name; other families are refused here, so no chain of theirs is ever looked at. */
static bool parse_table_names(struct parse *parse, struct ast_table *ret_table)
{
	struct ast_table table = { 0 };
	const struct token *token = parse_peek(parse);

	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_FAMILY, token->text, token->span))
		return false;
	if (!parse_accept_word(parse, "netdev") && !parse_accept_word(parse, "inet"))
		return report_family(parse);
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
	    parse_refuse(parse, REFUSE_PLACE_POSITION, token->text, token->span))
		return false;
	return parse_rule(parse, &command->rule);
}

static bool parse_add_set(struct parse *parse, struct ast_command *command, bool is_map)
{
	struct ast_set set = {
		.map = is_map ? AST_MAP_VERDICT : AST_MAP_NONE, .span = parse_last_span(parse),
	};

	command->kind = AST_COMMAND_ADD_SET;
	if (!parse_table_names(parse, &command->table) ||
	    !parse_name(parse, is_map ? "the name of a map" : "the name of a set", &set.name) ||
	    !parse_set_block(parse, &set))
		return false;
	set.span = source_join(set.span, parse_last_span(parse));
	*vec_push(parse->arena, &command->table.sets) = set;
	return true;
}

static bool parse_add_counter(struct parse *parse, struct ast_command *command)
{
	struct ast_counter counter = { .span = parse_last_span(parse) };

	command->kind = AST_COMMAND_ADD_COUNTER;
	if (!parse_table_names(parse, &command->table) ||
	    !parse_name(parse, "the name of a counter", &counter.name) ||
	    !parse_counter_block(parse, &counter))
		return false;
	counter.span = source_join(counter.span, parse_last_span(parse));
	*vec_push(parse->arena, &command->table.counters) = counter;
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

static bool report_unknown(struct parse *parse, const char *what)
{
	static const char *const words[] = {
		"table", "chain", "rule", "set", "map", "element", "counter", "add", "create",
		"flush", "define", "redefine", "undefine", "include", "netdev", "inet", NULL,
	};
	bool brace = parse_is(parse, TOKEN_LBRACE);

	parse_unexpected_of(parse, what, words, REFUSE_PLACE_COMMAND | REFUSE_PLACE_OBJECT);
	if (brace)
		diag_help(parse->diag, "'{' stands on the line of the name before it");
	return false;
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
	if (parse_accept_word(parse, "counter"))
		return parse_add_counter(parse, command);
	if (!command->create && (parse_accept_word(parse, "rule") || begins_family(parse)))
		return parse_add_rule(parse, command);
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_OBJECT, token->text, token->span))
		return false;
	if (add)
		return report_unknown(parse, "'table', 'chain', 'rule', 'set', 'map', 'element' or "
				      "'counter'");
	if (command->create)
		return report_unknown(parse, "'table', 'chain', 'set', 'map', 'element' or "
				      "'counter'");
	return report_unknown(parse, "a command");
}

static bool parse_flush(struct parse *parse, struct ast_command *command)
{
	static const char *const words[] = { "ruleset", "table", "chain", NULL };
	const struct token *token = parse_peek(parse);

	if (parse_accept_word(parse, "ruleset")) {
		command->kind = AST_COMMAND_FLUSH_RULESET;
		token = parse_peek(parse);
		if (parse_accept_word(parse, "netdev") || parse_accept_word(parse, "inet")) {
			command->table.family = (struct ast_name){ token->text, token->span };
			return true;
		}
		return token->kind != TOKEN_WORD ||
		       !parse_refuse(parse, REFUSE_PLACE_FAMILY, token->text, token->span);
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
	    parse_refuse(parse, REFUSE_PLACE_FLUSH, token->text, token->span))
		return false;
	return parse_unexpected_of(parse, "'ruleset', 'table' or 'chain'", words,
				   REFUSE_PLACE_FLUSH);
}

bool parse_command(struct parse *parse, void *context)
{
	const struct token *token = parse_peek(parse);
	struct ast_command command = { 0 };
	bool ok;

	(void)context;
	if (token->kind == TOKEN_WORD &&
	    parse_refuse(parse, REFUSE_PLACE_COMMAND, token->text, token->span))
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
