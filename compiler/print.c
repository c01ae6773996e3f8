/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print: shows a bound ruleset in nft's own words.
 *
 * Input: the bound AST, which is in nft's canonical form already.  Output: the text that
 * nftables 1.0.6 lists for the same ruleset, byte for byte, which loads again.  Two things are
 * ours, because nft's listing of them does not settle: elements of a tcp_flag set that share
 * their lowest flag (nft reverses them at each load), and masks of fields that are not whole
 * bytes (nft lists them as raw payload).
 *
 * Safety: reads the bound AST only; every name and comment in it was checked by bind, so none
 * can hold a quote or a newline.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "compiler/lex.h"
#include "compiler/parse.h"
#include "compiler/print_part.h"

void print_str(struct str text, struct buf *out)
{
	buf_put(out, text.at, text.len);
}

void print_handle(uint32_t handle, const struct print_options *options, struct buf *out)
{
	if (options->handles)
		buf_printf(out, " # handle %" PRIu32, handle);
}

void print_comment_line(const char *indent, struct str comment, struct buf *out)
{
	if (comment.at)
		buf_printf(out, "%scomment \"%.*s\"\n", indent, STR_ARG(comment));
}

void print_comment(struct str comment, struct buf *out)
{
	if (comment.at)
		buf_printf(out, " comment \"%.*s\"", STR_ARG(comment));
}

void print_verdict(const struct bind_verdict *verdict, struct buf *out)
{
	switch (verdict->kind) {
	case AST_VERDICT_ACCEPT:
		buf_puts(out, "accept");
		break;
	case AST_VERDICT_DROP:
		buf_puts(out, "drop");
		break;
	case AST_VERDICT_CONTINUE:
		buf_puts(out, "continue");
		break;
	case AST_VERDICT_RETURN:
		buf_puts(out, "return");
		break;
	case AST_VERDICT_JUMP:
		buf_puts(out, "jump ");
		print_str(verdict->chain->name, out);
		break;
	case AST_VERDICT_GOTO:
		buf_puts(out, "goto ");
		print_str(verdict->chain->name, out);
		break;
	}
}

/* What stands between field and value, both spaces included. */
static const char *match_sign(enum bind_match_op op)
{
	switch (op) {
	case BIND_MATCH_EQ:
	case BIND_MATCH_ANY_OF:
		return " ";
	case BIND_MATCH_EQ_EXPLICIT:
		return " == ";
	case BIND_MATCH_NEQ:
		return " != ";
	case BIND_MATCH_LT:
		return " < ";
	case BIND_MATCH_GT:
		return " > ";
	case BIND_MATCH_LTE:
		return " <= ";
	case BIND_MATCH_GTE:
		return " >= ";
	case BIND_MATCH_NONE_OF:
		return " ! ";
	}
	return " ";
}

/*
 * nft swaps the bytes of a device's type to compare how great it is, and then knows the swapped
 * number's name no more.
 */
static bool loses_name(const struct bind_stmt *stmt)
{
	const struct field *field = stmt->key.parts.at[0].field;

	return field->host_order && field->type == &type_iface_type &&
	       (stmt->op == BIND_MATCH_LT || stmt->op == BIND_MATCH_GT ||
		stmt->op == BIND_MATCH_LTE || stmt->op == BIND_MATCH_GTE);
}

/*
 * Flags are a list where they are tested one by one (any of, none of, `syn / syn,ack`), and one
 * constant or a number where the whole value is compared; but behind `|` they are joined by it.
 */
static void print_match_value(const struct bind_stmt *stmt, struct buf *out)
{
	const struct bind_part *part = &stmt->key.parts.at[0];
	struct print_form form = print_form_of(part);
	u128 value = stmt->value.value.lo;
	bool list = stmt->mask_slash || stmt->op == BIND_MATCH_ANY_OF ||
		    stmt->op == BIND_MATCH_NONE_OF;
	bool several = form.type->bitmask && !list && (value & (value - 1));
	bool sets = part->flip & ~part->mask;

	if (stmt->key.wide_bits)
		print_wide(&stmt->key, &stmt->value, false, out);
	else if (stmt->value.value.form != BIND_FORM_VALUE)
		print_block(form, &stmt->value.value, out);
	else if (loses_name(stmt) || (several && !sets))
		print_number(form, value, out);
	else if (several)
		type_print_flags(form.type, form.bits, value, " | ", out);
	else
		print_constant(form, value, out);
	if (stmt->mask_slash) {
		buf_puts(out, " / ");
		print_constant(form, part->mask, out);
	}
}

/*
 * nft leaves == away before `syn / syn,ack`, and, by accident, where it compares a masked field
 * that the kernel keeps in the host's byte order with a range: its listing sees the swap of
 * bytes, not the mask.
 */
static bool hides_equal(const struct bind_stmt *stmt)
{
	bool swapped = stmt->key.parts.at[0].field->host_order;

	if (stmt->op != BIND_MATCH_EQ_EXPLICIT)
		return false;
	if (stmt->set)
		return swapped && print_set_has_ranges(stmt->set);
	return stmt->mask_slash || (swapped && stmt->value.value.form != BIND_FORM_VALUE);
}

static void print_match(const struct bind_stmt *stmt, const struct print_options *options,
			struct buf *out)
{
	if (stmt->mask_slash)
		print_part_field(&stmt->key.parts.at[0], out);
	else
		print_key(&stmt->key, out);
	if (stmt->apart)
		print_whole_mask(&stmt->key.parts.at[0], out);
	if (stmt->apart && stmt->op == BIND_MATCH_EQ)
		buf_puts(out, " == ");
	else
		buf_puts(out, hides_equal(stmt) ? " " : match_sign(stmt->op));
	if (stmt->set)
		print_set_use(stmt->set, options, out);
	else
		print_match_value(stmt, out);
}

void print_figures(uint32_t number, uint64_t packets, uint64_t bytes,
		   const struct print_options *options, struct buf *out)
{
	if (options->stateless)
		return;
	if (options->counters && number != BIND_NO_COUNTER) {
		packets = options->counters[number].packets;
		bytes = options->counters[number].bytes;
	}
	buf_printf(out, "packets %" PRIu64 " bytes %" PRIu64, packets, bytes);
}

static void print_counter(const struct bind_stmt *stmt, const struct print_options *options,
			  struct buf *out)
{
	buf_puts(out, "counter");
	if (stmt->object) {
		buf_printf(out, " name \"%.*s\"", STR_ARG(stmt->object->name));
	} else if (stmt->set) {
		buf_puts(out, " name ");
		print_key(&stmt->key, out);
		buf_puts(out, " map ");
		print_set_use(stmt->set, options, out);
	} else if (!options->stateless) {
		buf_putc(out, ' ');
		print_figures(stmt->counter, stmt->packets, stmt->bytes, options, out);
	}
}

static void print_stmt(const struct bind_stmt *stmt, const struct print_options *options,
		       struct buf *out)
{
	switch (stmt->kind) {
	case BIND_STMT_MATCH:
		print_match(stmt, options, out);
		break;
	case BIND_STMT_VMAP:
		print_key(&stmt->key, out);
		buf_puts(out, " vmap ");
		print_set_use(stmt->set, options, out);
		break;
	case BIND_STMT_COUNTER:
		print_counter(stmt, options, out);
		break;
	case BIND_STMT_VERDICT:
		print_verdict(&stmt->verdict, out);
		break;
	}
}

void print_rule(const struct bind_rule *rule, const struct print_options *options,
		struct buf *out)
{
	const char *separator = "";

	for (size_t i = 0; i < rule->stmts.len; i++) {
		const struct bind_stmt *stmt = &rule->stmts.at[i];

		if (stmt->implied && !options->implied)
			continue;
		buf_puts(out, separator);
		print_stmt(stmt, options, out);
		separator = " ";
	}
	print_comment(rule->comment, out);
	print_handle(rule->handle, options, out);
}

static void print_devices(const struct bind_chain *chain, struct buf *out)
{
	if (chain->devices.len == 1) {
		buf_printf(out, "device \"%.*s\"", STR_ARG(chain->devices.at[0].text));
		return;
	}
	buf_puts(out, "devices = { ");
	for (size_t i = 0; i < chain->devices.len; i++) {
		struct str name = chain->devices.at[i].text;
		/* nft 1.0 quotes none here, but then does not read them all again. */
		bool bare = lex_is_word(name) && !parse_word_is_reserved(name);

		buf_printf(out, bare ? "%s%.*s" : "%s\"%.*s\"", i ? ", " : "", STR_ARG(name));
	}
	buf_puts(out, " }");
}

/* nft uses a priority's name up to 10 away from it. */
static void print_priority(enum bind_family family, int32_t priority, struct buf *out)
{
	const struct bind_priority *names = bind_priorities(family);
	int64_t offset = 0;

	for (; names->name; names++) {
		offset = (int64_t)priority - names->value;
		if (offset <= 10 && offset >= -10)
			break;
	}
	if (!names->name)
		buf_printf(out, "%" PRId32, priority);
	else if (offset)
		buf_printf(out, "%s %c %d", names->name, offset < 0 ? '-' : '+', abs((int)offset));
	else
		buf_puts(out, names->name);
}

static void print_rules(const struct bind_chain *chain, const struct print_options *options,
			struct buf *out)
{
	for (size_t i = 0; i < chain->rules.len; i++) {
		const struct bind_rule *rule = &chain->rules.at[i];

		if (rule->failsafe && !options->implied)
			continue;
		buf_puts(out, "\t\t");
		print_rule(rule, options, out);
		buf_puts(out, rule->failsafe ? " # failsafe\n" : "\n");
	}
}

void print_chain(const struct bind_chain *chain, bool rules, const struct print_options *options,
		 struct buf *out)
{
	buf_printf(out, "\tchain %.*s {", STR_ARG(chain->name));
	print_handle(chain->handle, options, out);
	buf_putc(out, '\n');
	print_comment_line("\t\t", chain->comment, out);
	if (chain->is_base) {
		buf_puts(out, "\t\ttype filter hook ingress ");
		print_devices(chain, out);
		buf_puts(out, " priority ");
		print_priority(chain->table->family, chain->priority, out);
		buf_printf(out, "; policy %s;\n",
			   chain->policy == AST_VERDICT_DROP ? "drop" : "accept");
	}
	if (rules)
		print_rules(chain, options, out);
	buf_puts(out, "\t}\n");
}

void print_object(const struct bind_object *object, const struct print_options *options,
		  struct buf *out)
{
	buf_printf(out, "\tcounter %.*s {", STR_ARG(object->name));
	print_handle(object->handle, options, out);
	buf_putc(out, '\n');
	print_comment_line("\t\t", object->comment, out);
	if (!options->stateless) {
		buf_puts(out, "\t\t");
		print_figures(object->counter, object->packets, object->bytes, options, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\t}\n");
}

const char *print_family(enum bind_family family)
{
	return family == BIND_FAMILY_INET ? "inet" : "netdev";
}

/* What is in the table, with an empty line between two things. */
static void print_content(const struct bind_table *table, const char *separator,
			  const struct print_options *options, struct buf *out)
{
	for (size_t i = 0; i < table->counters.len; i++) {
		buf_puts(out, separator);
		print_object(table->counters.at[i], options, out);
		separator = "\n";
	}
	for (size_t i = 0; i < table->sets.len; i++) {
		buf_puts(out, separator);
		print_set(table->sets.at[i], options, out);
		separator = "\n";
	}
	for (size_t i = 0; i < table->chains.len; i++) {
		buf_puts(out, separator);
		print_chain(table->chains.at[i], true, options, out);
		separator = "\n";
	}
}

void print_table(const struct bind_table *table, const struct print_options *options,
		 struct buf *out)
{
	buf_printf(out, "table %s %.*s {", print_family(table->family), STR_ARG(table->name));
	print_handle(table->handle, options, out);
	buf_putc(out, '\n');
	if (table->dormant)
		buf_puts(out, "\tflags dormant\n");
	print_comment_line("\t", table->comment, out);
	print_content(table, table->dormant ? "\n" : "", options, out);
	buf_puts(out, "}\n");
}

void print_ruleset(const struct bind_ruleset *ruleset, const struct print_options *options,
		   struct buf *out)
{
	for (size_t i = 0; i < ruleset->tables.len; i++)
		print_table(ruleset->tables.at[i], options, out);
}
