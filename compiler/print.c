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

#include "compiler/print.h"

/* Begins a further line of `elements = {`. */
#define ELEMENTS_LINE "\n\t\t\t     "

typedef int order_fn(const void *, const void *);

static void print_str(struct str text, struct buf *out)
{
	buf_put(out, text.at, text.len);
}

static void print_handle(uint32_t handle, const struct print_options *options, struct buf *out)
{
	if (options->handles)
		buf_printf(out, " # handle %" PRIu32, handle);
}

/* A line of its own behind INDENT, when there is a comment. */
static void print_comment_line(const char *indent, struct str comment, struct buf *out)
{
	if (comment.at)
		buf_printf(out, "%scomment \"%.*s\"\n", indent, STR_ARG(comment));
}

static void print_comment(struct str comment, struct buf *out)
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

/* "eth*": the bytes that the first and the last name have in common. */
static void print_name_prefix(u128 lo, u128 hi, struct buf *out)
{
	uint8_t first[16], last[16];
	size_t len = 0;

	u128_to_bytes(lo, first, sizeof(first));
	u128_to_bytes(hi, last, sizeof(last));
	while (len < sizeof(first) && first[len] == last[len])
		len++;
	buf_printf(out, "\"%.*s*\"", (int)len, (const char *)first);
}

static unsigned int prefix_len(unsigned int bits, u128 lo, u128 hi)
{
	unsigned int len = bits;

	for (u128 rest = lo ^ hi; rest; rest >>= 1)
		len--;
	return len;
}

/* The ends of a range are never written as symbolic constants. */
static void print_end(const struct type *type, unsigned int bits, u128 value, struct buf *out)
{
	if (type->form == TYPE_FORM_DECIMAL || type->form == TYPE_FORM_HEX)
		type_print_number(type, bits, value, out);
	else
		type_print(type, bits, value, out);
}

static void print_block(const struct type *type, unsigned int bits,
			const struct bind_element *element, struct buf *out)
{
	if (element->form == BIND_FORM_PREFIX && type->form == TYPE_FORM_IFNAME) {
		print_name_prefix(element->lo, element->hi, out);
	} else if (element->form == BIND_FORM_PREFIX) {
		type_print(type, bits, element->lo, out);
		buf_printf(out, "/%u", prefix_len(bits, element->lo, element->hi));
	} else {
		print_end(type, bits, element->lo, out);
		buf_putc(out, '-');
		print_end(type, bits, element->hi, out);
	}
}

void print_element(const struct bind_set *set, const struct bind_element *element,
		   struct buf *out)
{
	if (element->form != BIND_FORM_VALUE)
		print_block(set->type, set->bits, element, out);
	else if (set->type->bitmask)
		type_print_flags(set->type, set->bits, element->lo, " | ", out);
	else
		type_print(set->type, set->bits, element->lo, out);
	print_comment(element->comment, out);
	if (set->is_map) {
		buf_puts(out, " : ");
		print_verdict(&element->verdict, out);
	}
}

/* How many elements of a named set nft puts on one line. */
static unsigned int elements_per_line(const struct type *type)
{
	static const struct type *const five[] = {
		&type_integer, &type_arp_op, &type_inet_proto, &type_inet_service,
		&type_tcp_flag, &type_mark, &type_iface_index,
	};

	for (size_t i = 0; i < sizeof(five) / sizeof(five[0]); i++) {
		if (type == five[i])
			return 5;
	}
	return type == &type_ipv4_addr || type == &type_pkt_type ? 2 : 1;
}

/* nft sorts device names as numbers of the host's byte order: the last byte counts most. */
static int compare_names(const void *left, const void *right)
{
	const struct bind_element *const *a = left, *const *b = right;
	u128 x = (*a)->lo, y = (*b)->lo;

	for (; x != y; x >>= 8, y >>= 8) {
		uint8_t bytes[2] = { (uint8_t)x, (uint8_t)y };

		if (bytes[0] != bytes[1])
			return bytes[0] < bytes[1] ? -1 : 1;
	}
	return 0;
}

/* nft sorts `syn | ack` by its first flag. */
static int compare_flags(const void *left, const void *right)
{
	const struct bind_element *const *a = left, *const *b = right;
	u128 x = (*a)->lo, y = (*b)->lo;
	u128 first_x = x & -x, first_y = y & -y;

	if (first_x != first_y)
		return first_x < first_y ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Whether SET is one of intervals, by its flag or by what it holds. */
static bool has_ranges(const struct bind_set *set)
{
	if (set->flag_interval)
		return true;
	for (size_t i = 0; i < set->elements.len; i++) {
		if (set->elements.at[i].form != BIND_FORM_VALUE)
			return true;
	}
	return false;
}

/* How nft orders the elements where that is not by value; NULL: by value. */
static order_fn *element_order(const struct bind_set *set)
{
	if (set->type->form != TYPE_FORM_IFNAME && !set->type->bitmask)
		return NULL;
	if (has_ranges(set))
		return NULL;
	return set->type->bitmask ? compare_flags : compare_names;
}

/* LINES: break the list up as nft does for named sets. */
static void print_elements(const struct bind_set *set, bool lines, struct buf *out)
{
	order_fn *order = element_order(set);
	unsigned int per_line = elements_per_line(set->type);
	const struct bind_element **sorted = NULL;
	struct arena arena = ARENA_INIT;
	size_t count = set->elements.len;

	if (order) {
		sorted = ARENA_ARRAY(&arena, const struct bind_element *, count);
		for (size_t i = 0; i < count; i++)
			sorted[i] = &set->elements.at[i];
		qsort(sorted, count, sizeof(*sorted), order);
	}
	buf_puts(out, "{ ");
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_puts(out, lines && i % per_line == 0 ? "," ELEMENTS_LINE : ", ");
		print_element(set, sorted ? sorted[i] : &set->elements.at[i], out);
	}
	buf_puts(out, " }");
	arena_free(&arena);
}

static void print_set_use(const struct bind_set *set, struct buf *out)
{
	if (set->name.len)
		buf_printf(out, "@%.*s", STR_ARG(set->name));
	else
		print_elements(set, false, out);
}

static void print_field(const struct bind_stmt *stmt, struct buf *out)
{
	const struct field *field = stmt->field;
	bool flags = field->type->bitmask && (stmt->mask & (stmt->mask - 1));

	if (!field->listed_bare)
		buf_printf(out, "%s ", field_proto(field)->name);
	buf_puts(out, field->name);
	if (!stmt->has_mask || stmt->mask_slash)
		return;
	buf_puts(out, flags ? " & (" : " & ");
	if (flags)
		type_print_flags(field->type, field->bit_len, stmt->mask, " | ", out);
	else
		type_print(field->type, field->bit_len, stmt->mask, out);
	if (flags)
		buf_putc(out, ')');
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
 * Flags are a list where they are tested one by one (any of, none of, `syn / syn,ack`), and one
 * constant or a number where the whole value is compared.
 */
static void print_match_value(const struct bind_stmt *stmt, struct buf *out)
{
	const struct type *type = stmt->field->type;
	unsigned int bits = stmt->field->bit_len;
	u128 value = stmt->value.lo;
	bool list = stmt->mask_slash || stmt->op == BIND_MATCH_ANY_OF ||
		    stmt->op == BIND_MATCH_NONE_OF;

	if (stmt->value.form != BIND_FORM_VALUE)
		print_block(type, bits, &stmt->value, out);
	else if (type->bitmask && !list && (value & (value - 1)))
		type_print_number(type, bits, value, out);
	else
		type_print(type, bits, value, out);
	if (stmt->mask_slash) {
		buf_puts(out, " / ");
		type_print(type, bits, stmt->mask, out);
	}
}

/*
 * nft leaves == away before `syn / syn,ack`, and, by accident, where it compares a masked field
 * that the kernel keeps in the host's byte order with a range: its listing sees the swap of
 * bytes, not the mask.
 */
static bool hides_equal(const struct bind_stmt *stmt)
{
	bool swapped = stmt->field->load == FIELD_LOAD_MARK ||
		       stmt->field->load == FIELD_LOAD_LENGTH;

	if (stmt->op != BIND_MATCH_EQ_EXPLICIT)
		return false;
	if (stmt->set)
		return swapped && has_ranges(stmt->set);
	return stmt->mask_slash || (swapped && stmt->value.form != BIND_FORM_VALUE);
}

static void print_match(const struct bind_stmt *stmt, struct buf *out)
{
	print_field(stmt, out);
	buf_puts(out, hides_equal(stmt) ? " " : match_sign(stmt->op));
	if (stmt->set)
		print_set_use(stmt->set, out);
	else
		print_match_value(stmt, out);
}

static void print_counter(const struct bind_stmt *stmt, const struct print_options *options,
			  struct buf *out)
{
	uint64_t packets = stmt->packets, bytes = stmt->bytes;

	buf_puts(out, "counter");
	if (options->stateless)
		return;
	if (options->counters) {
		packets = options->counters[stmt->counter].packets;
		bytes = options->counters[stmt->counter].bytes;
	}
	buf_printf(out, " packets %" PRIu64 " bytes %" PRIu64, packets, bytes);
}

static void print_stmt(const struct bind_stmt *stmt, const struct print_options *options,
		       struct buf *out)
{
	switch (stmt->kind) {
	case BIND_STMT_MATCH:
		print_match(stmt, out);
		break;
	case BIND_STMT_VMAP:
		print_field(stmt, out);
		buf_puts(out, " vmap ");
		print_set_use(stmt->set, out);
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

static void print_set_flags(const struct bind_set *set, struct buf *out)
{
	if (!set->flag_constant && !set->flag_interval)
		return;
	buf_printf(out, "\t\tflags %s%s%s\n", set->flag_constant ? "constant" : "",
		   set->flag_constant && set->flag_interval ? "," : "",
		   set->flag_interval ? "interval" : "");
}

static void print_set(const struct bind_set *set, const struct print_options *options,
		      struct buf *out)
{
	buf_printf(out, "\t%s %.*s {", set->is_map ? "map" : "set", STR_ARG(set->name));
	print_handle(set->handle, options, out);
	buf_printf(out, "\n\t\ttype %s%s\n", set->type->name, set->is_map ? " : verdict" : "");
	/* How a constant set is to be kept is nobody's business any more. */
	if (!set->flag_constant) {
		if (str_is(set->policy, "memory"))
			buf_puts(out, "\t\tpolicy memory\n");
		if (set->has_size && set->size)
			buf_printf(out, "\t\tsize %" PRIu32 "\n", set->size);
	}
	print_set_flags(set, out);
	if (set->auto_merge)
		buf_puts(out, "\t\tauto-merge\n");
	print_comment_line("\t\t", set->comment, out);
	if (set->elements.len) {
		buf_puts(out, "\t\telements = ");
		print_elements(set, true, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\t}\n");
}

static void print_devices(const struct bind_chain *chain, struct buf *out)
{
	if (chain->devices.len == 1) {
		buf_printf(out, "device \"%.*s\"", STR_ARG(chain->devices.at[0].text));
		return;
	}
	buf_puts(out, "devices = { ");
	for (size_t i = 0; i < chain->devices.len; i++) {
		buf_puts(out, i ? ", " : "");
		print_str(chain->devices.at[i].text, out);
	}
	buf_puts(out, " }");
}

/* filter is 0, the one named priority at this hook; nft uses the name up to 10 away from it. */
static void print_priority(int32_t priority, struct buf *out)
{
	if (priority > 10 || priority < -10)
		buf_printf(out, "%" PRId32, priority);
	else if (priority)
		buf_printf(out, "filter %c %d", priority < 0 ? '-' : '+', abs(priority));
	else
		buf_puts(out, "filter");
}

static void print_chain(const struct bind_chain *chain, const struct print_options *options,
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
		print_priority(chain->priority, out);
		buf_printf(out, "; policy %s;\n",
			   chain->policy == AST_VERDICT_DROP ? "drop" : "accept");
	}
	for (size_t i = 0; i < chain->rules.len; i++) {
		buf_puts(out, "\t\t");
		print_rule(&chain->rules.at[i], options, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\t}\n");
}

static void print_table(const struct bind_table *table, const struct print_options *options,
			struct buf *out)
{
	const char *separator = "";

	buf_printf(out, "table netdev %.*s {", STR_ARG(table->name));
	print_handle(table->handle, options, out);
	buf_putc(out, '\n');
	print_comment_line("\t", table->comment, out);
	for (size_t i = 0; i < table->sets.len; i++) {
		buf_puts(out, separator);
		print_set(table->sets.at[i], options, out);
		separator = "\n";
	}
	for (size_t i = 0; i < table->chains.len; i++) {
		buf_puts(out, separator);
		print_chain(table->chains.at[i], options, out);
		separator = "\n";
	}
	buf_puts(out, "}\n");
}

void print_ruleset(const struct bind_ruleset *ruleset, const struct print_options *options,
		   struct buf *out)
{
	for (size_t i = 0; i < ruleset->tables.len; i++)
		print_table(ruleset->tables.at[i], options, out);
}
