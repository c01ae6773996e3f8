/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_define: variables: `define name = value`, `redefine`, `undefine`, -D name=value, and $name.
 *
 * In: tokens.  Out: symbols, and copies of their values where they are used.
 *
 * A name is visible from its definition to the end of the table or chain block around it.  `define`
 * refuses a name that is visible, `redefine` hides it until the block ends, `undefine` takes away
 * what its own block bound; as in nft `undefine` of a name that its block has not bound does
 * nothing.  One hash table serves all blocks: it holds a name once per block at most.
 *
 * Safety: a value is copied only at its top; the elements of sets and lists are shared.  What the
 * shared parts add up to over a run is limited (LIMITS_EXPANDED), or sets made of sets made of sets
 * would grow without end.  The height of a value counts against the place of its use.
 */
#include "compiler/parse_private.h"

#include "compiler/base/limits.h"

static uint32_t hash_name(struct str name)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
	return hash;
}

/* The one of the innermost block. */
static struct parse_symbol *find(const struct parse_symbols *symbols, struct str name)
{
	uint32_t hash = hash_name(name);
	struct parse_symbol *symbol, *found = NULL;

	if (!symbols->bucket_count)
		return NULL;
	symbol = symbols->buckets[hash & (symbols->bucket_count - 1)];
	for (; symbol; symbol = symbol->bucket_next)
		if (symbol->hash == hash && str_eq(symbol->name, name) &&
		    (!found || symbol->depth > found->depth))
			found = symbol;
	return found;
}

static void grow(struct parse *parse)
{
	struct parse_symbols *symbols = &parse->symbols;
	size_t count = symbols->bucket_count ? symbols->bucket_count * 2 : 64;
	struct parse_symbol **buckets = ARENA_ARRAY(parse->arena, struct parse_symbol *, count);

	for (size_t i = 0; i < symbols->bucket_count; i++) {
		for (struct parse_symbol *symbol = symbols->buckets[i], *next; symbol;
		     symbol = next) {
			next = symbol->bucket_next;
			symbol->bucket_next = buckets[symbol->hash & (count - 1)];
			buckets[symbol->hash & (count - 1)] = symbol;
		}
	}
	symbols->buckets = buckets;
	symbols->bucket_count = count;
}

static void bind(struct parse *parse, const struct ast_name *name, const struct ast_expr *value)
{
	struct parse_symbols *symbols = &parse->symbols;
	struct parse_symbol *symbol = ARENA_NEW(parse->arena, struct parse_symbol);
	struct parse_symbol **bucket;

	if (symbols->count == symbols->bucket_count)
		grow(parse);
	*symbol = (struct parse_symbol){
		.name = name->text, .hash = hash_name(name->text), .span = name->span,
		.depth = symbols->depth, .value = value, .operators = parse->operators,
		.scope_next = symbols->scope,
	};
	bucket = &symbols->buckets[symbol->hash & (symbols->bucket_count - 1)];
	symbol->bucket_next = *bucket;
	*bucket = symbol;
	symbols->scope = symbol;
	symbols->count++;
}

/* Takes SYMBOL out of the table; its scope's list keeps it. */
static void unbind(struct parse_symbols *symbols, struct parse_symbol *symbol)
{
	struct parse_symbol **link = &symbols->buckets[symbol->hash & (symbols->bucket_count - 1)];

	while (*link != symbol)
		link = &(*link)->bucket_next;
	*link = symbol->bucket_next;
	symbol->dead = true;
	symbols->count--;
}

/* Takes NAME out of the innermost scope, if that bound it. */
static void unbind_name(struct parse_symbols *symbols, struct str name)
{
	struct parse_symbol *symbol = find(symbols, name);

	if (symbol && symbol->depth == symbols->depth)
		unbind(symbols, symbol);
}

struct parse_symbol *parse_scope_begin(struct parse *parse)
{
	parse->symbols.depth++;
	return parse->symbols.scope;
}

void parse_scope_end(struct parse *parse, struct parse_symbol *outer)
{
	struct parse_symbols *symbols = &parse->symbols;

	for (; symbols->scope != outer; symbols->scope = symbols->scope->scope_next)
		if (!symbols->scope->dead)
			unbind(symbols, symbols->scope);
	symbols->depth--;
}

/* `-5`, for priorities. */
static struct ast_expr *parse_negative(struct parse *parse)
{
	struct source_span span = parse_take(parse)->span;
	const struct token *token = parse_peek(parse);
	struct ast_expr *expr;

	if (token->kind != TOKEN_NUMBER) {
		parse_unexpected(parse, "a number");
		return NULL;
	}
	parse_take(parse);
	expr = parse_new_expr(parse, AST_EXPR_LITERAL, source_join(span, token->span));
	expr->token = *token;
	expr->token.span = expr->span;
	expr->token.text = str_from(arena_printf(parse->arena, "-%.*s", STR_ARG(token->text)));
	return expr;
}

static struct ast_expr *parse_value(struct parse *parse)
{
	parse->operators = 0;
	if (parse_is(parse, TOKEN_DASH))
		return parse_negative(parse);
	if (parse_is(parse, TOKEN_LBRACE) && parse_peek_second(parse)->kind == TOKEN_RBRACE) {
		struct source_span span = parse_take(parse)->span;

		parse_take(parse);
		return parse_new_expr(parse, AST_EXPR_SET,
				      source_join(span, parse_last_span(parse)));
	}
	return parse_right(parse);
}

/* name = value */
static bool parse_binding(struct parse *parse, bool redefine)
{
	const struct parse_symbol *first;
	struct ast_expr *value;
	struct ast_name name;

	if (!parse_name(parse, "the name of a variable", &name) ||
	    !parse_expect(parse, TOKEN_ASSIGN))
		return false;
	value = parse_value(parse);
	if (!value)
		return false;
	if (redefine)
		unbind_name(&parse->symbols, name.text);
	first = redefine ? NULL : find(&parse->symbols, name.text);
	if (first) {
		diag_error(parse->diag, name.span, "redefinition of variable '%.*s'",
			   STR_ARG(name.text));
		diag_label(parse->diag, first->span, "defined here");
		diag_help(parse->diag, "to change a variable write 'redefine'");
		return false;
	}
	bind(parse, &name, value);
	return true;
}

bool parse_define(struct parse *parse)
{
	return parse_binding(parse, str_is(parse_take(parse)->text, "redefine"));
}

bool parse_undefine(struct parse *parse)
{
	struct ast_name name;

	parse_take(parse);
	if (!parse_name(parse, "the name of a variable", &name))
		return false;
	unbind_name(&parse->symbols, name.text);
	return true;
}

bool parse_define_option(struct parse *parse, const struct parse_define *define)
{
	char *text = arena_printf(parse->arena, "%s=%s", define->name, define->value);
	uint32_t source = source_add(parse->sources, "<command line>", str_from(text));
	const struct lex_tokens *tokens = parse_tokens_of(parse, source);

	if (!tokens)
		return false;
	parse->tokens = tokens->tokens.at;
	parse->at = 0;
	parse->open = 0;
	return (parse_binding(parse, false) &&
		(parse_is(parse, TOKEN_END) || parse_unexpected(parse, "the end of the value")));
}

/* Trees are copied, so that each node has the span of the use; elements are shared. */
static struct ast_expr *copy(struct parse *parse, const struct ast_expr *from,
			     struct source_span span)
{
	struct ast_expr *expr;

	if (!from)
		return NULL;
	expr = ARENA_NEW(parse->arena, struct ast_expr);
	*expr = *from;
	expr->span = span;
	if (expr->kind == AST_EXPR_LITERAL) {
		expr->token.span = span;
	} else if (expr->kind == AST_EXPR_SET_REF) {
		expr->name.span = span;
	} else if (ast_expr_has_sides(expr)) {
		expr->left = copy(parse, from->left, span);
		expr->right = copy(parse, from->right, span);
	}
	return expr;
}

/* Searching all names for a similar one is too dear for more errors than are shown. */
static void suggest(struct parse *parse, struct str name)
{
	struct str_nearest near = { .word = name };

	if (parse->diag->errors > LIMITS_DIAGS)
		return;
	for (const struct parse_symbol *symbol = parse->symbols.scope; symbol;
	     symbol = symbol->scope_next)
		if (!symbol->dead)
			str_nearest_offer(&near, arena_strdup(parse->arena, symbol->name));
	parse_suggest(parse, &near);
}

struct ast_expr *parse_variable(struct parse *parse)
{
	struct source_span span = parse_take(parse)->span;
	const struct parse_symbol *symbol;
	struct ast_name name;

	if (!parse_name(parse, "the name of a variable", &name))
		return NULL;
	span = source_join(span, name.span);
	symbol = find(&parse->symbols, name.text);
	if (!symbol) {
		diag_error(parse->diag, span, "variable '%.*s' is not defined", STR_ARG(name.text));
		suggest(parse, name.text);
		return NULL;
	}
	if (!parse_count_operators(parse, symbol->operators, span))
		return NULL;
	if (ast_expr_has_items(symbol->value))
		parse->expanded += symbol->value->items.len;
	if (parse->expanded > LIMITS_EXPANDED) {
		diag_error(parse->diag, span, "variables expand to more than %u elements",
			   LIMITS_EXPANDED);
		return NULL;
	}
	return copy(parse, symbol->value, span);
}
