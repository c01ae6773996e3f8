/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print_set: sets and maps, named and in rules.
 *
 * Input: finished sets.  Output: nft's text of them.  One thing is ours, because nft's listing
 * does not settle: elements of a tcp_flag set that share their lowest flag (nft reverses them at
 * each load).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "compiler/print_part.h"

/* Begins a further line of `elements = {`. */
#define ELEMENTS_LINE "\n\t\t\t     "

typedef int order_fn(const void *, const void *);

/* How many elements of a named set nft puts on one line. */
static unsigned int elements_per_line(const struct bind_set *set)
{
	static const struct type *const five[] = {
		&type_integer, &type_arp_op, &type_inet_proto, &type_inet_service,
		&type_tcp_flag, &type_mark, &type_iface_index, &type_nf_proto,
		&type_dccp_pkttype, &type_classid, &type_uid, &type_gid,
	};
	const struct type *type = set->kinds.at[0].type;

	if (set->kinds.len > 1 && !(set->typeof_key && set->typeof_key->wide_bits))
		return 1;
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
	u128 x = (*a)->value.lo, y = (*b)->value.lo;

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
	u128 x = (*a)->value.lo, y = (*b)->value.lo;
	u128 first_x = x & -x, first_y = y & -y;

	if (first_x != first_y)
		return first_x < first_y ? -1 : 1;
	return x < y ? -1 : x > y;
}

bool print_set_has_ranges(const struct bind_set *set)
{
	if (set->flag_interval)
		return true;
	for (size_t i = 0; i < set->elements.len; i++) {
		const struct bind_element *element = &set->elements.at[i];

		for (size_t j = 0; !element->catchall && j < set->kinds.len; j++)
			if (bind_element_value(element, j)->form != BIND_FORM_VALUE)
				return true;
	}
	return false;
}

/* How nft orders the elements where that is not by value; NULL: by value. */
static order_fn *element_order(const struct bind_set *set)
{
	const struct type *type = set->kinds.at[0].type;

	if (set->kinds.len > 1 || (type->form != TYPE_FORM_IFNAME && !type->bitmask))
		return NULL;
	if (print_set_has_ranges(set))
		return NULL;
	return type->bitmask ? compare_flags : compare_names;
}

/* How values of the set's part I are written. */
static struct print_form form_of(const struct bind_set *set, size_t i)
{
	const struct bind_part *part = set->typeof_key ? &set->typeof_key->parts.at[i] : NULL;
	struct bind_kind kind = set->kinds.at[i];
	struct print_form form = { kind.type, kind.bits, false };

	if (part)
		form = print_form_of(part);
	/* nft forgets that a field is raw when it reads these back. */
	if (part && part->field->proto == PROTO_RAW && !set->name.len &&
	    (print_part_has_mask(part) || (set->map != AST_MAP_NONE && set->kinds.len == 1)))
		form.hex = false;
	return form;
}

static void print_element_key(const struct bind_set *set, const struct bind_element *element,
			      struct buf *out)
{
	if (element->catchall) {
		buf_putc(out, '*');
		return;
	}
	if (set->typeof_key && set->typeof_key->wide_bits) {
		print_wide(set->typeof_key, element,
			   !set->name.len && set->map != AST_MAP_NONE, out);
		return;
	}
	for (size_t i = 0; i < set->kinds.len; i++) {
		buf_puts(out, i ? " . " : "");
		print_value(form_of(set, i), bind_element_value(element, i), out);
	}
}

static void print_element(const struct bind_set *set, const struct bind_element *element,
			  const struct print_options *options, struct buf *out)
{
	const struct bind_extra *extra = element->extra;

	print_element_key(set, element, out);
	if (extra && extra->has_counter) {
		buf_puts(out, options->stateless ? " counter" : " counter ");
		print_figures(element->counter, extra->packets, extra->bytes, options, out);
	}
	if (extra)
		print_comment(extra->comment, out);
	if (set->map == AST_MAP_VERDICT) {
		buf_puts(out, " : ");
		print_verdict(&element->verdict, out);
	} else if (set->map == AST_MAP_COUNTER) {
		buf_printf(out, " : \"%.*s\"", STR_ARG(element->object->name));
	}
}

/* LINES: break the list up as nft does for named sets. */
static void print_elements(const struct bind_set *set, bool lines,
			   const struct print_options *options, struct buf *out)
{
	order_fn *order = element_order(set);
	unsigned int per_line = elements_per_line(set);
	const struct bind_element **sorted = NULL;
	struct arena arena = ARENA_INIT;
	size_t count = set->elements.len, sorted_count = count;

	/* `*` is the last one, and stays there. */
	if (count && set->elements.at[count - 1].catchall)
		sorted_count--;
	if (order) {
		sorted = ARENA_ARRAY(&arena, const struct bind_element *, count);
		for (size_t i = 0; i < count; i++)
			sorted[i] = &set->elements.at[i];
		qsort(sorted, sorted_count, sizeof(*sorted), order);
	}
	buf_puts(out, "{ ");
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_puts(out, lines && i % per_line == 0 ? "," ELEMENTS_LINE : ", ");
		print_element(set, sorted ? sorted[i] : &set->elements.at[i], options, out);
	}
	buf_puts(out, " }");
	arena_free(&arena);
}

void print_set_use(const struct bind_set *set, const struct print_options *options,
		   struct buf *out)
{
	if (set->name.len)
		buf_printf(out, "@%.*s", STR_ARG(set->name));
	else
		print_elements(set, false, options, out);
}

static void print_set_flags(const struct bind_set *set, struct buf *out)
{
	if (!set->flag_constant && !set->flag_interval)
		return;
	buf_printf(out, "\t\tflags %s%s%s\n", set->flag_constant ? "constant" : "",
		   set->flag_constant && set->flag_interval ? "," : "",
		   set->flag_interval ? "interval" : "");
}

static void print_set_type(const struct bind_set *set, struct buf *out)
{
	static const char *const data[] = {
		[AST_MAP_NONE] = "", [AST_MAP_VERDICT] = " : verdict",
		[AST_MAP_COUNTER] = " : counter",
	};

	buf_puts(out, set->typeof_key ? "\t\ttypeof " : "\t\ttype ");
	if (set->typeof_key)
		print_key(set->typeof_key, out);
	for (size_t i = 0; !set->typeof_key && i < set->kinds.len; i++)
		buf_printf(out, "%s%s", i ? " . " : "", set->kinds.at[i].type->name);
	buf_printf(out, "%s\n", data[set->map]);
}

void print_set(const struct bind_set *set, const struct print_options *options,
	       struct buf *out)
{
	const char *noun = set->map == AST_MAP_NONE ? "set" : "map";

	buf_printf(out, "\t%s %.*s {", noun, STR_ARG(set->name));
	print_handle(set->handle, options, out);
	buf_putc(out, '\n');
	print_set_type(set, out);
	/* How a constant set is to be kept is nobody's business any more. */
	if (!set->flag_constant) {
		if (str_is(set->policy, "memory"))
			buf_puts(out, "\t\tpolicy memory\n");
		if (set->has_size && set->size)
			buf_printf(out, "\t\tsize %" PRIu32 "\n", set->size);
	}
	print_set_flags(set, out);
	if (set->has_counter)
		buf_puts(out, "\t\tcounter\n");
	if (set->auto_merge)
		buf_puts(out, "\t\tauto-merge\n");
	print_comment_line("\t\t", set->comment, out);
	if (set->elements.len) {
		buf_puts(out, "\t\telements = ");
		print_elements(set, true, options, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\t}\n");
}
