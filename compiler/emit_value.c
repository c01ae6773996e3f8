/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_value: a part of a key as a C expression, and compares of it.
 *
 * In: a load, shifted, masked and flipped.  Out: one expression of up to 64 bits, or a high and a
 * low one.  Compares that can never be true, or always are, are written as numbers: compilers warn
 * about the rest.
 */
#include "compiler/emit_part.h"

bool emit_value_is_wide(const struct emit_value *value)
{
	return value->bits > 64;
}

/* "f->tcp_flags"; of a wide load the half that SUFFIX names. */
static void put_load(const struct emit *emit, uint32_t number, bool inet, const char *suffix,
		     struct buf *out)
{
	const struct ir_load *load = &emit->ir->loads.at[number];
	const enum field_load kind = load->field->load;
	bool hidden;

	if (kind == FIELD_LOAD_LENGTH) {
		buf_puts(out, "f->length");
	} else if (kind == FIELD_LOAD_RANDOM) {
		buf_puts(out, "meta_random()");
	} else if (kind == FIELD_LOAD_NEVER) {
		buf_puts(out, "0");
	} else if (kind == FIELD_LOAD_NFPROTO) {
		buf_puts(out, inet ? "f->nfproto" : "NFPROTO_NETDEV");
	} else {
		hidden = emit->small && kind == FIELD_LOAD_HEADER;
		if (hidden)
			buf_puts(out, load->field->bit_len > 32 ? "HIDDEN64(" : "HIDDEN32(");
		buf_puts(out, "f->");
		ir_load_name(load, out);
		buf_puts(out, suffix);
		buf_puts(out, hidden ? ")" : "");
	}
}

/* Wraps what OUT has: "(" OUT OPERATOR NUMBER ")". */
static void wrap(struct buf *out, const char *operator, uint64_t number, bool decimal)
{
	struct buf wrapped = BUF_INIT;

	buf_printf(&wrapped, "(%s %s ", out->at, operator);
	if (decimal)
		buf_printf(&wrapped, "%llu", (unsigned long long)number);
	else
		emit_number(NULL, number, &wrapped);
	buf_putc(&wrapped, ')');
	buf_free(out);
	*out = wrapped;
}

/* "(A << N | B >> M)", or what is left of it when N is 0 or 64 and more. */
static void put_across(const char *near, unsigned int shift, const char *operator, const char *far,
		       const char *back, struct buf *out)
{
	if (!shift)
		buf_puts(out, near);
	else if (shift < 64)
		buf_printf(out, "((%s %s %u) | (%s %s %u))", near, operator, shift, far, back,
			   64 - shift);
	else if (shift == 64)
		buf_puts(out, far);
	else
		buf_printf(out, "(%s %s %u)", far, operator, shift - 64);
}

static void put_lone(const char *half, unsigned int shift, const char *operator, struct buf *out)
{
	if (!shift)
		buf_puts(out, half);
	else if (shift < 64)
		buf_printf(out, "(%s %s %u)", half, operator, shift);
	else
		buf_puts(out, "0");
}

static void shift_wide(struct emit_value *value, int shift)
{
	struct buf high = BUF_INIT, low = BUF_INIT;

	if (shift > 0) {
		put_across(value->high.at, (unsigned int)shift, "<<", value->low.at, ">>", &high);
		put_lone(value->low.at, (unsigned int)shift, "<<", &low);
	} else {
		put_across(value->low.at, (unsigned int)-shift, ">>", value->high.at, "<<", &low);
		put_lone(value->high.at, (unsigned int)-shift, ">>", &high);
	}
	buf_free(&value->high);
	buf_free(&value->low);
	value->high = high;
	value->low = low;
}

/* BEFORE: bits that can be set in the half now; MASK: that shall stay. */
static void mask_half(struct buf *half, uint64_t before, uint64_t mask)
{
	if (before & ~mask)
		wrap(half, "&", mask, false);
}

/* The bits that can be set behind the shift, in a register; bits above the field's come off. */
static u128 shifted_bits(u128 all, int shift, unsigned int register_bits)
{
	if (shift >= 0)
		return (all << shift) & u128_max(register_bits);
	return all >> -shift;
}

static void apply(const struct ir_part *part, struct emit_value *value)
{
	u128 all = u128_max(value->bits), before, mask = part->mask & all;
	bool wide = emit_value_is_wide(value);
	unsigned int bits = wide ? 128 : value->bits > 32 ? 64 : 32;

	before = shifted_bits(all, part->shift, bits);
	if (part->shift && wide)
		shift_wide(value, part->shift);
	else if (part->shift)
		wrap(&value->low, part->shift > 0 ? "<<" : ">>",
		     (uint64_t)(part->shift > 0 ? part->shift : -part->shift), true);
	if (wide)
		mask_half(&value->high, (uint64_t)(before >> 64), (uint64_t)(mask >> 64));
	mask_half(&value->low, (uint64_t)before, (uint64_t)mask);
	if (wide && (uint64_t)(part->flip >> 64))
		wrap(&value->high, "^", (uint64_t)(part->flip >> 64), false);
	if ((uint64_t)part->flip)
		wrap(&value->low, "^", (uint64_t)part->flip, false);
	value->reach = before & mask;
}

/* All bits are shifted out: what is left is the flip. */
static void make_constant(const struct ir_part *part, struct emit_value *value)
{
	value->reach = 0;
	if (emit_value_is_wide(value))
		emit_number(NULL, (uint64_t)(part->flip >> 64), &value->high);
	emit_number(NULL, (uint64_t)part->flip, &value->low);
}

void emit_value_make(const struct emit *emit, const struct ir_part *part, bool inet,
		     const char *base, struct emit_value *ret_value)
{
	const struct ir_load *load = &emit->ir->loads.at[part->load];
	struct emit_value value = { .field = load->field, .bits = load->field->bit_len,
				    .flip = part->flip };
	int shift = part->shift < 0 ? -part->shift : part->shift;

	if (shift >= (int)value.bits) {
		make_constant(part, &value);
	} else {
		if (emit_value_is_wide(&value))
			put_load(emit, part->load, inet, "_high", &value.high);
		if (base)
			buf_puts(&value.low, base);
		else
			put_load(emit, part->load, inet, emit_value_is_wide(&value) ? "_low" : "",
				 &value.low);
		apply(part, &value);
	}
	*ret_value = value;
}

void emit_value_free(struct emit_value *value)
{
	buf_free(&value->high);
	buf_free(&value->low);
}

void emit_interval(const struct field *field, const char *value, uint64_t lo, uint64_t hi,
		   bool wide, struct buf *out)
{
	if (lo == hi) {
		buf_printf(out, "%s == ", value);
		emit_number(field, lo, out);
		return;
	}
	buf_printf(out, "in%s(%s, ", wide ? "64" : "32", value);
	emit_number(field, lo, out);
	buf_puts(out, ", ");
	emit_number(field, hi, out);
	buf_putc(out, ')');
}

void emit_wide_interval(const char *high, const char *low, u128 lo, u128 hi, struct buf *out)
{
	uint64_t lo_high = (uint64_t)(lo >> 64), lo_low = (uint64_t)lo;
	uint64_t hi_high = (uint64_t)(hi >> 64), hi_low = (uint64_t)hi;

	if (!lo_low && hi_low == UINT64_MAX) {
		emit_interval(NULL, high, lo_high, hi_high, true, out);
	} else if (lo_high == hi_high) {
		buf_putc(out, '(');
		emit_interval(NULL, high, lo_high, lo_high, true, out);
		buf_puts(out, " && ");
		emit_interval(NULL, low, lo_low, hi_low, true, out);
		buf_putc(out, ')');
	} else {
		buf_printf(out, "in128(%s, %s, 0x%llxull, 0x%llxull, 0x%llxull, 0x%llxull)", high,
			   low, (unsigned long long)lo_high, (unsigned long long)lo_low,
			   (unsigned long long)hi_high, (unsigned long long)hi_low);
	}
}

void emit_value_in(const struct emit_value *value, const struct ir_interval *interval, bool negate,
		   struct buf *out)
{
	bool equal = interval->lo == interval->hi && !emit_value_is_wide(value);

	if (negate && !equal)
		buf_putc(out, '!');
	if (!interval->lo && interval->hi >= u128_max(value->bits)) {
		buf_putc(out, '1');
	} else if (emit_value_is_wide(value)) {
		buf_puts(out, negate ? "(" : "");
		emit_wide_interval(value->high.at, value->low.at, interval->lo, interval->hi, out);
		buf_puts(out, negate ? ")" : "");
	} else if (equal) {
		buf_printf(out, "%s %s ", value->low.at, negate ? "!=" : "==");
		emit_number(value->field, (uint64_t)interval->lo, out);
	} else {
		emit_interval(value->field, value->low.at, (uint64_t)interval->lo,
			      (uint64_t)interval->hi, value->bits > 32, out);
	}
}
