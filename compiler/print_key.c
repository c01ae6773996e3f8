/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print_key: what is compared, and with which values.
 *
 * Input: bound keys, whose parts are fields with what is done to them.  Output: nft's words.
 */
#include "compiler/print_part.h"

#define WIDE_DIGITS (FIELD_RAW_BITS / 4 + 16)

/* --- values --------------------------------------------------------------------------------- */

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

struct print_form print_form_of(const struct bind_part *part)
{
	const struct type *type = part->field->type;

	/* Flags without names are a number. */
	return (struct print_form){ type, part->field->bit_len,
				    part->field->proto == PROTO_RAW || type == &type_bitmask };
}

static void print_hex(u128 value, struct buf *out)
{
	char digits[33];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[(unsigned int)(value & 15)];
		value >>= 4;
	} while (value);
	buf_printf(out, "0x%s", digits + at);
}

void print_constant(struct print_form form, u128 value, struct buf *out)
{
	if (form.hex)
		print_hex(value, out);
	else
		type_print(form.type, form.bits, value, out);
}

void print_number(struct print_form form, u128 value, struct buf *out)
{
	if (form.hex)
		print_hex(value, out);
	else
		type_print_number(form.type, form.bits, value, out);
}

/*
 * The ends of a range are never written as symbolic constants, but for classes; there nft takes
 * the first `none-0` of its `none-0:1` for a name.
 */
static void print_end(struct print_form form, u128 value, struct buf *out)
{
	switch (form.type->form) {
	case TYPE_FORM_DECIMAL:
	case TYPE_FORM_HEX:
		print_number(form, value, out);
		break;
	case TYPE_FORM_IPV4:
	case TYPE_FORM_IPV6:
	case TYPE_FORM_MAC:
	case TYPE_FORM_IFNAME:
	case TYPE_FORM_TIME:
	case TYPE_FORM_HOUR:
		print_constant(form, value, out);
		break;
	case TYPE_FORM_CLASSID:
		if (value)
			print_constant(form, value, out);
		else
			buf_puts(out, "0:0");
		break;
	}
}

void print_block(struct print_form form, const struct bind_value *value, struct buf *out)
{
	if (value->form == BIND_FORM_PREFIX && form.type->form == TYPE_FORM_IFNAME) {
		print_name_prefix(value->lo, value->hi, out);
	} else if (value->form == BIND_FORM_PREFIX) {
		print_constant(form, value->lo, out);
		buf_printf(out, "/%u", prefix_len(form.bits, value->lo, value->hi));
	} else {
		print_end(form, value->lo, out);
		buf_putc(out, '-');
		print_end(form, value->hi, out);
	}
}

void print_value(struct print_form form, const struct bind_value *value, struct buf *out)
{
	if (value->form != BIND_FORM_VALUE)
		print_block(form, value, out);
	else if (form.type->bitmask && !form.hex)
		type_print_flags(form.type, form.bits, value->lo, " | ", out);
	else
		print_constant(form, value->lo, out);
}

/* --- keys ----------------------------------------------------------------------------------- */

bool print_part_has_mask(const struct bind_part *part)
{
	return part->mask != u128_max(part->field->bit_len);
}

/* "vxlan ", "ip "; nothing for what stands alone. */
static void print_prefixes(const struct bind_part *part, struct buf *out)
{
	if (part->tunnel != PROTO_META)
		buf_printf(out, "%s ", field_protos[part->tunnel].name);
	if (!part->field->listed_bare && part->field->proto != PROTO_RAW)
		buf_printf(out, "%s ", field_proto(part->field)->name);
}

void print_part_field(const struct bind_part *part, struct buf *out)
{
	print_prefixes(part, out);
	buf_puts(out, part->field->name);
}

/* Several flags stand in parentheses, but for those that `|` sets: it takes them one by one. */
static void print_operand(const struct bind_part *part, char operator, u128 value, struct buf *out)
{
	struct print_form form = print_form_of(part);
	bool flags = form.type->bitmask && !form.hex && (value & (value - 1));
	bool group = flags && operator != '|';

	buf_printf(out, " %c %s", operator, group ? "(" : "");
	if (flags)
		type_print_flags(form.type, form.bits, value, " | ", out);
	else
		print_constant(form, value, out);
	buf_puts(out, group ? ")" : "");
}

void print_whole_mask(const struct bind_part *part, struct buf *out)
{
	print_operand(part, '&', u128_max(part->field->bit_len), out);
}

/*
 * (value & mask) ^ flip, as nft reads it back from the kernel: bits that are set whatever they
 * were are an `|`, and then count as left alone by the mask.
 */
static void print_operators(const struct bind_part *part, struct buf *out)
{
	u128 set = part->flip & ~part->mask, turned = part->flip & part->mask;
	u128 kept = part->mask | set;

	if (part->shift)
		buf_printf(out, part->shift > 0 ? " << %d" : " >> %d",
			   part->shift > 0 ? part->shift : -part->shift);
	if (kept != u128_max(part->field->bit_len))
		print_operand(part, '&', kept, out);
	if (turned)
		print_operand(part, '^', turned, out);
	if (set)
		print_operand(part, '|', set, out);
}

/* A raw field that is longer than a part is one field again. */
static void print_wide_field(const struct bind_key *key, struct buf *out)
{
	const struct bind_part *part = &key->parts.at[0];
	const char *name = part->field->name;

	print_prefixes(part, out);
	/* "@th,16,128": all up to the last comma is the same for the whole. */
	buf_printf(out, "%.*s,%u", (int)(strrchr(name, ',') - name), name,
		   (unsigned int)key->wide_bits);
}

/* The value's hexadecimal digits, the first one first.  Returns how many. */
static size_t wide_digits(const struct bind_key *key, const struct bind_element *element,
			  uint8_t ret_digits[WIDE_DIGITS])
{
	size_t len = 0;

	for (size_t i = 0; i < key->parts.len; i++) {
		u128 value = bind_element_value(element, i)->lo;
		unsigned int digits = (key->parts.at[i].field->bit_len + 3) / 4;

		while (digits--)
			ret_digits[len++] = (uint8_t)(value >> 4 * digits & 15);
	}
	return len;
}

/* Divides the number by 10.  Returns what is left over. */
static unsigned int divide_by_ten(uint8_t digits[WIDE_DIGITS], size_t len)
{
	unsigned int rest = 0;

	for (size_t i = 0; i < len; i++) {
		rest = rest * 16 + digits[i];
		digits[i] = (uint8_t)(rest / 10);
		rest %= 10;
	}
	return rest;
}

void print_wide(const struct bind_key *key, const struct bind_element *element, bool decimal,
		struct buf *out)
{
	char text[2 * WIDE_DIGITS + 1];
	uint8_t digits[WIDE_DIGITS];
	size_t len = wide_digits(key, element, digits), from = 0, at = sizeof(text) - 1;

	text[at] = '\0';
	while (from + 1 < len && !digits[from])
		from++;
	if (!decimal) {
		while (len > from)
			text[--at] = "0123456789abcdef"[digits[--len]];
		buf_printf(out, "0x%s", text + at);
		return;
	}
	for (; at && from < len; from += !digits[from])
		text[--at] = (char)('0' + divide_by_ten(digits + from, len - from));
	buf_puts(out, text + at);
}

void print_key(const struct bind_key *key, struct buf *out)
{
	if (key->wide_bits) {
		print_wide_field(key, out);
		return;
	}
	for (size_t i = 0; i < key->parts.len; i++) {
		buf_puts(out, i ? " . " : "");
		print_part_field(&key->parts.at[i], out);
		print_operators(&key->parts.at[i], out);
	}
}
