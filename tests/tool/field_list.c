/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * field_list: the field table for scripts.
 *
 *	field_list fields	PROTO<TAB>FIELD<TAB>BITS<TAB>TYPE<TAB>DOC, a line each
 *	field_list types	TYPE<TAB>BITS<TAB>DOC
 *	field_list symbols	TYPE<TAB>NAME<TAB>VALUE
 *	field_list rules	one-line tests (see rules_run) of every field's abilities
 *
 * How the rules list is left to nft.  Values are the smallest, the largest, one between and every
 * symbolic constant.
 */
#include <stdio.h>
#include <string.h>

#include "compiler/field.h"

struct value {
	u128 number;
	struct buf text;
};

static void list_fields(void)
{
	for (size_t i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];

		printf("%s\t%s\t%u\t%s\t%s\n", field_proto(field)->name, field->name,
		       field->bit_len, field->type->name, field->doc);
	}
}

static void list_types(void)
{
	for (size_t i = 0; type_all[i]; i++)
		printf("%s\t%u\t%s\n", type_all[i]->name, type_all[i]->bits, type_all[i]->doc);
}

static void list_symbols(void)
{
	for (size_t i = 0; type_all[i]; i++) {
		const struct type_symbol *symbol = type_all[i]->symbols;

		for (; symbol && symbol->name; symbol++)
			printf("%s\t%s\t%u\n", type_all[i]->name, symbol->name, symbol->value);
	}
}

static void value_set(struct value *value, const struct field *field, u128 number)
{
	value->number = number;
	value->text.len = 0;
	type_print(field->type, field->bit_len, number, &value->text);
}

/* Some tunnels nft takes only behind their transport protocol. */
static void put_field(const struct field *field, struct buf *out)
{
	if (field->proto == PROTO_VXLAN)
		buf_puts(out, "udp dport 4789 ");
	if (field->proto == PROTO_GENEVE)
		buf_puts(out, "udp dport 6081 ");
	if (!field->listed_bare)
		buf_printf(out, "%s ", field_proto(field)->name);
	buf_puts(out, field->name);
}

/* What the tests expect of rules with the field at hand: nft 1.0.6 does not know all. */
static const char *expected = "ok";

static void set_expected(const struct field *field)
{
	bool newer = field_proto(field)->tunnel || strstr(field->doc, "(nft 1.1)");

	expected = newer ? "ok-1.1" : "ok";
}

static void put_rule(const char *name, const char *test, const char *a, const char *b)
{
	printf("%s %s%s%s%s accept;%s;?\n", name, test, a, b ? "-" : "", b ? b : "", expected);
}

/* nft 1.0.6 reads no range of names. */
static void list_ranges(const struct field *field, const char *name, const struct value *mid,
			const struct value *high)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	if (field->type->symbols) {
		buf_printf(&a, "%u", (unsigned int)mid->number);
		buf_printf(&b, "%u", (unsigned int)high->number);
	} else {
		buf_puts(&a, mid->text.at);
		buf_puts(&b, high->text.at);
	}
	put_rule(name, "< ", a.at, NULL);
	put_rule(name, "> ", a.at, NULL);
	put_rule(name, "<= ", a.at, NULL);
	put_rule(name, ">= ", a.at, NULL);
	put_rule(name, "", a.at, b.at);
	put_rule(name, "!= ", a.at, b.at);
	buf_free(&a);
	buf_free(&b);
}

static void list_operators(const struct field *field, const char *name,
			   const struct value *low, const struct value *mid,
			   const struct value *high)
{
	bool between = mid->number > low->number && mid->number < high->number;

	put_rule(name, "!= ", mid->text.at, NULL);
	if (field->ops & FIELD_OP_RANGE && between && !field->type->bitmask)
		list_ranges(field, name, mid, high);
	/* Of other fields nft 1.0.6 lists masks as raw payload. */
	if (field->ops & FIELD_OP_MASK && between && !field->type->bitmask &&
	    field->bit_off % 8 == 0 && field->bit_len % 8 == 0)
		printf("%s & %s == %s accept;%s;?\n", name, mid->text.at, mid->text.at,
		       expected);
	if (field->ops & FIELD_OP_SET && between) {
		printf("%s { %s, %s } accept;%s;?\n", name, low->text.at, mid->text.at,
		       expected);
		printf("%s != { %s, %s } accept;%s;?\n", name, low->text.at, mid->text.at,
		       expected);
		printf("%s vmap { %s : accept, %s : drop };%s;?\n", name, low->text.at,
		       mid->text.at, expected);
	}
}

/* Device names, and `iif` takes only what exists everywhere. */
static u128 name_value(const struct field *field, char name)
{
	if (field->type == &type_iface_index)
		return (u128)'l' << 120 | (u128)'o' << 112;
	return (u128)(unsigned char)name << 120;
}

static u128 smallest(const struct field *field)
{
	return field->type->form == TYPE_FORM_IFNAME ? name_value(field, 'a') : 0;
}

static u128 largest(const struct field *field)
{
	if (field->type == &type_day)
		return 6;
	/* Several bits of it are a list, which nft takes of flags with names only. */
	if (field->type == &type_bitmask)
		return (u128)1 << (field->bit_len - 1);
	return field->type->form == TYPE_FORM_IFNAME ?
	       name_value(field, 'z') : u128_max(field->bit_len);
}

static u128 between(const struct field *field)
{
	if (field->type->form == TYPE_FORM_IFNAME)
		return name_value(field, 'm');
	if (field->type->bitmask)
		return 2;
	if (field->type == &type_day)
		return 3;
	return field->bit_len < 3 ? 1 : u128_max(field->bit_len) / 3;
}

static void list_rules_of(const struct field *field)
{
	struct buf name = BUF_INIT;
	struct value low = { .text = BUF_INIT }, mid = low, high = low;
	const struct type_symbol *symbol = field->type->symbols;

	put_field(field, &name);
	set_expected(field);
	if (field->load == FIELD_LOAD_NFPROTO)
		printf("%%family inet\n");
	if (field->load == FIELD_LOAD_PRESENCE) {
		put_rule(name.at, "", "exists", NULL);
		put_rule(name.at, "", "missing", NULL);
		buf_free(&name);
		return;
	}
	value_set(&low, field, smallest(field));
	value_set(&mid, field, between(field));
	value_set(&high, field, largest(field));
	put_rule(name.at, "", low.text.at, NULL);
	put_rule(name.at, "", mid.text.at, NULL);
	put_rule(name.at, "", high.text.at, NULL);
	list_operators(field, name.at, &low, &mid, &high);
	for (; symbol && symbol->name; symbol++) {
		if (symbol->value > u128_max(field->bit_len))
			continue;
		put_rule(name.at, "", symbol->name, NULL);
	}
	if (field->load == FIELD_LOAD_NFPROTO)
		printf("%%\n");
	buf_free(&name);
	buf_free(&low.text);
	buf_free(&mid.text);
	buf_free(&high.text);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "fields")) {
		list_fields();
	} else if (!strcmp(what, "types")) {
		list_types();
	} else if (!strcmp(what, "symbols")) {
		list_symbols();
	} else if (!strcmp(what, "rules")) {
		for (size_t i = 0; i < field_count; i++)
			list_rules_of(&field_table[i]);
	} else {
		fprintf(stderr, "usage: field_list fields|types|symbols|rules\n");
		return 2;
	}
	return 0;
}
