/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_print: the AST as an indented tree, one node a line (--emit=ast).
 *
 * In: an AST.  Out: text that depends on nothing but the ruleset: no places, no addresses.
 *
 * Safety: the parser limits how high an expression is, so the recursion is bounded.
 */
#include "compiler/parse.h"

static void put_line(struct buf *out, unsigned int depth)
{
	for (unsigned int i = 0; i < depth; i++)
		buf_puts(out, "  ");
}

static void put_name(struct buf *out, const char *before, struct str name)
{
	buf_puts(out, before);
	buf_put(out, name.at, name.len);
}

static void put_comment(const struct ast_name *comment, unsigned int depth, struct buf *out)
{
	if (!comment->text.at)
		return;
	put_line(out, depth);
	put_name(out, "comment \"", comment->text);
	buf_puts(out, "\"\n");
}

static const char *verdict_name(enum ast_verdict_kind kind)
{
	switch (kind) {
	case AST_VERDICT_ACCEPT:
		return "accept";
	case AST_VERDICT_DROP:
		return "drop";
	case AST_VERDICT_CONTINUE:
		return "continue";
	case AST_VERDICT_RETURN:
		return "return";
	case AST_VERDICT_JUMP:
		return "jump";
	case AST_VERDICT_GOTO:
		return "goto";
	}
	return "?";
}

static void put_verdict(const struct ast_verdict *verdict, struct buf *out)
{
	buf_printf(out, "verdict %s", verdict_name(verdict->kind));
	if (verdict->chain.text.len)
		put_name(out, " ", verdict->chain.text);
}

static const char *op_name(enum ast_match_op op)
{
	switch (op) {
	case AST_MATCH_IMPLICIT:
		return "implicit";
	case AST_MATCH_EQ:
		return "==";
	case AST_MATCH_NEQ:
		return "!=";
	case AST_MATCH_LT:
		return "<";
	case AST_MATCH_GT:
		return ">";
	case AST_MATCH_LTE:
		return "<=";
	case AST_MATCH_GTE:
		return ">=";
	case AST_MATCH_NONE_OF:
		return "!";
	}
	return "?";
}

static const char *literal_name(enum token_kind kind)
{
	if (kind == TOKEN_NUMBER)
		return "number ";
	if (kind == TOKEN_STRING)
		return "string ";
	if (kind == TOKEN_ADDRESS)
		return "address ";
	return "word ";
}

static void put_field(const struct ast_expr *expr, struct buf *out)
{
	buf_puts(out, "field ");
	if (expr->tunnel != PROTO_META)
		buf_printf(out, "%s ", field_protos[expr->tunnel].name);
	if (expr->field->proto != PROTO_RAW)
		buf_printf(out, "%s ", field_proto(expr->field)->name);
	buf_puts(out, expr->field->name);
	if (expr->field->load == FIELD_LOAD_PRESENCE)
		buf_puts(out, " (presence)");
}

/* The node itself, without those below it. */
static void put_node(const struct ast_expr *expr, struct buf *out)
{
	switch (expr->kind) {
	case AST_EXPR_LITERAL:
		put_name(out, literal_name(expr->token.kind), expr->token.text);
		return;
	case AST_EXPR_FIELD:
		put_field(expr, out);
		return;
	case AST_EXPR_PREFIX:
		buf_printf(out, "prefix /%u", expr->prefix_len);
		return;
	case AST_EXPR_RANGE:
		buf_puts(out, "range");
		return;
	case AST_EXPR_LIST:
		buf_puts(out, "list");
		return;
	case AST_EXPR_SET:
		buf_puts(out, "set");
		return;
	case AST_EXPR_MAPPING:
		buf_puts(out, "mapping");
		return;
	case AST_EXPR_SET_REF:
		put_name(out, "set @", expr->name.text);
		return;
	case AST_EXPR_VERDICT:
		put_verdict(&expr->verdict, out);
		return;
	case AST_EXPR_CONCAT:
		buf_puts(out, "concat");
		return;
	case AST_EXPR_CATCHALL:
		buf_puts(out, "catchall");
		return;
	case AST_EXPR_LSHIFT:
		buf_puts(out, "lshift");
		return;
	case AST_EXPR_RSHIFT:
		buf_puts(out, "rshift");
		return;
	case AST_EXPR_AND:
		buf_puts(out, "and");
		return;
	case AST_EXPR_OR:
		buf_puts(out, "or");
		return;
	case AST_EXPR_XOR:
		buf_puts(out, "xor");
		return;
	}
}

static void put_counts(uint64_t packets, uint64_t bytes, struct buf *out)
{
	buf_printf(out, " packets %llu bytes %llu", (unsigned long long)packets,
		   (unsigned long long)bytes);
}

static void put_expr(const struct ast_expr *expr, unsigned int depth, struct buf *out)
{
	put_line(out, depth);
	put_node(expr, out);
	if (expr->options && expr->options->has_counter) {
		buf_puts(out, " counter");
		put_counts(expr->options->packets, expr->options->bytes, out);
	}
	if (expr->options && expr->options->comment.text.len) {
		put_name(out, " comment \"", expr->options->comment.text);
		buf_putc(out, '"');
	}
	buf_putc(out, '\n');
	if (ast_expr_has_sides(expr)) {
		put_expr(expr->left, depth + 1, out);
		if (expr->right)
			put_expr(expr->right, depth + 1, out);
	}
	for (size_t i = 0; ast_expr_has_items(expr) && i < expr->items.len; i++)
		put_expr(expr->items.at[i], depth + 1, out);
}

/* What follows the line of the statement. */
static void put_operands(const struct ast_stmt *stmt, unsigned int depth, struct buf *out)
{
	put_expr(stmt->left, depth, out);
	put_expr(stmt->right, depth, out);
	if (!stmt->mask)
		return;
	put_line(out, depth);
	buf_puts(out, "mask\n");
	put_expr(stmt->mask, depth + 1, out);
}

/* A counter of its own, a named one, or one of a map. */
static void put_counter_stmt(const struct ast_stmt *stmt, unsigned int depth, struct buf *out)
{
	buf_puts(out, "counter");
	if (stmt->object.text.len)
		put_name(out, " name ", stmt->object.text);
	else if (stmt->left)
		buf_puts(out, " map");
	else
		put_counts(stmt->packets, stmt->bytes, out);
	buf_putc(out, '\n');
	if (stmt->left)
		put_operands(stmt, depth, out);
}

static void put_stmt(const struct ast_stmt *stmt, unsigned int depth, struct buf *out)
{
	put_line(out, depth);
	switch (stmt->kind) {
	case AST_STMT_MATCH:
		buf_printf(out, "match %s\n", op_name(stmt->op));
		break;
	case AST_STMT_VMAP:
		buf_puts(out, "vmap\n");
		break;
	case AST_STMT_COUNTER:
		put_counter_stmt(stmt, depth + 1, out);
		return;
	case AST_STMT_VERDICT:
		put_verdict(&stmt->verdict, out);
		buf_putc(out, '\n');
		return;
	}
	put_operands(stmt, depth + 1, out);
}

static void put_rule(const struct ast_rule *rule, unsigned int depth, struct buf *out)
{
	put_line(out, depth);
	buf_puts(out, "rule\n");
	for (size_t i = 0; i < rule->stmts.len; i++)
		put_stmt(&rule->stmts.at[i], depth + 1, out);
	put_comment(&rule->comment, depth + 1, out);
}

static void put_hook(const struct ast_chain *chain, unsigned int depth, struct buf *out)
{
	put_line(out, depth);
	buf_puts(out, chain->devices_braced ? "hook ingress devices" : "hook ingress device");
	for (size_t i = 0; i < chain->devices.len; i++)
		put_name(out, " ", chain->devices.at[i].text);
	buf_puts(out, " priority");
	if (chain->priority_word.text.len)
		put_name(out, " ", chain->priority_word.text);
	buf_printf(out, " %d\n", chain->priority);
}

static void put_chain(const struct ast_chain *chain, unsigned int depth, struct buf *out)
{
	put_line(out, depth);
	put_name(out, "chain ", chain->name.text);
	buf_putc(out, '\n');
	put_comment(&chain->comment, depth + 1, out);
	if (chain->has_hook)
		put_hook(chain, depth + 1, out);
	if (chain->has_policy) {
		put_line(out, depth + 1);
		buf_printf(out, "policy %s\n", verdict_name(chain->policy));
	}
	for (size_t i = 0; i < chain->rules.len; i++)
		put_rule(&chain->rules.at[i], depth + 1, out);
}

static void put_set(const struct ast_set *set, unsigned int depth, struct buf *out)
{
	put_line(out, depth);
	put_name(out, set->map == AST_MAP_NONE ? "set " : "map ", set->name.text);
	buf_putc(out, '\n');
	put_comment(&set->comment, depth + 1, out);
	put_line(out, depth + 1);
	buf_puts(out, set->typeof_expr ? "typeof" : "type");
	for (size_t i = 0; i < set->types.len; i++)
		put_name(out, i ? " . " : " ", set->types.at[i].text);
	if (set->map != AST_MAP_NONE)
		buf_puts(out, set->map == AST_MAP_VERDICT ? " : verdict" : " : counter");
	buf_puts(out, set->flag_constant ? " constant" : "");
	buf_puts(out, set->flag_interval ? " interval" : "");
	buf_puts(out, set->auto_merge ? " auto-merge" : "");
	if (set->has_size)
		buf_printf(out, " size %u", set->size);
	if (set->policy.text.len)
		put_name(out, " policy ", set->policy.text);
	buf_puts(out, set->has_counter ? " counter" : "");
	buf_putc(out, '\n');
	if (set->typeof_expr)
		put_expr(set->typeof_expr, depth + 2, out);
	if (set->elements)
		put_expr(set->elements, depth + 1, out);
}

static void put_named_counter(const struct ast_counter *counter, unsigned int depth,
			      struct buf *out)
{
	put_line(out, depth);
	put_name(out, "counter ", counter->name.text);
	put_counts(counter->packets, counter->bytes, out);
	buf_putc(out, '\n');
	put_comment(&counter->comment, depth + 1, out);
}

static const char *command_name(enum ast_command_kind kind)
{
	switch (kind) {
	case AST_COMMAND_ADD_TABLE:
		return "table";
	case AST_COMMAND_ADD_CHAIN:
		return "chain";
	case AST_COMMAND_ADD_RULE:
		return "rule";
	case AST_COMMAND_ADD_SET:
		return "set";
	case AST_COMMAND_ADD_COUNTER:
		return "counter";
	case AST_COMMAND_ADD_ELEMENT:
		return "element";
	case AST_COMMAND_FLUSH_RULESET:
		return "flush ruleset";
	case AST_COMMAND_FLUSH_TABLE:
		return "flush table";
	case AST_COMMAND_FLUSH_CHAIN:
		return "flush chain";
	}
	return "?";
}

static void put_command(const struct ast_command *command, struct buf *out)
{
	const struct ast_table *table = &command->table;
	bool flush = command->kind == AST_COMMAND_FLUSH_RULESET ||
		     command->kind == AST_COMMAND_FLUSH_TABLE ||
		     command->kind == AST_COMMAND_FLUSH_CHAIN;

	buf_puts(out, flush ? "" : command->create ? "create " : "add ");
	buf_puts(out, command_name(command->kind));
	if (table->family.text.len)
		put_name(out, " ", table->family.text);
	if (table->name.text.len)
		put_name(out, " ", table->name.text);
	if (command->chain.text.len)
		put_name(out, " ", command->chain.text);
	if (command->set.text.len)
		put_name(out, " ", command->set.text);
	buf_putc(out, '\n');
	put_comment(&table->comment, 1, out);
	if (table->dormant)
		buf_puts(out, "  flags dormant\n");
	for (size_t i = 0; i < table->counters.len; i++)
		put_named_counter(&table->counters.at[i], 1, out);
	for (size_t i = 0; i < table->sets.len; i++)
		put_set(&table->sets.at[i], 1, out);
	for (size_t i = 0; i < table->chains.len; i++)
		put_chain(&table->chains.at[i], 1, out);
	if (command->kind == AST_COMMAND_ADD_RULE)
		put_rule(&command->rule, 1, out);
	if (command->elements)
		put_expr(command->elements, 1, out);
}

void parse_print(const struct ast *ast, struct buf *out)
{
	for (size_t i = 0; i < ast->commands.len; i++)
		put_command(&ast->commands.at[i], out);
}
