/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_window: how the bytes of a header become fields.
 *
 * In: the loads of each place.  Out: windows, parts of a header that are looked at in one piece,
 * and for each of them a function that reads its loads, and the calls of these.
 *
 * Safety: bytes are read behind a comparison of the highest of them with the end of the window.
 * Loads are put together from pieces that are aligned within their header, as a copy on the stack
 * needs.
 */
#include "compiler/emit_part.h"

/*
 * Bytes FIRST to LAST of a header as one number: pieces aligned to their size.  At most 8 bytes.
 * FROM is what `header` points at.
 */
static void put_bytes(unsigned int first, unsigned int last, unsigned int from, struct buf *out)
{
	const char *before = "";

	while (first <= last) {
		unsigned int left = last + 1 - first, size = 8;

		while (size > left || first % size)
			size /= 2;
		buf_puts(out, before);
		before = " | ";
		if (left > size)
			buf_printf(out, "(__u64)");
		if (size == 1)
			buf_printf(out, "header[%u]", first - from);
		else
			buf_printf(out, "be%u(header + %u)", size * 8, first - from);
		if (left > size)
			buf_printf(out, " << %u", (left - size) * 8);
		first += size;
	}
}

/* BITS bits (1 to 64) from bit BIT on, which may lie in 9 bytes. */
static void put_bits(unsigned int bit, unsigned int bits, unsigned int from, struct buf *out)
{
	unsigned int end = bit + bits, first = bit / 8, last = (end - 1) / 8;
	unsigned int behind = (8 - end % 8) % 8;
	bool nine = last - first == 8, cut = bit % 8 != 0 && (!nine || bits < 64);
	bool paren = (behind || cut) && first != last;

	buf_puts(out, paren ? "(" : "");
	if (nine) {
		buf_putc(out, '(');
		put_bytes(first, last - 1, from, out);
		buf_printf(out, ") << %u | header[%u] >> %u)", 8 - behind, last - from, behind);
	} else {
		put_bytes(first, last, from, out);
		buf_puts(out, paren ? ")" : "");
		if (behind)
			buf_printf(out, " >> %u", behind);
	}
	if (cut)
		buf_printf(out, " & 0x%llx", (unsigned long long)u128_max(bits));
}

void emit_window_read(const struct ir_load *load, unsigned int from, struct buf *out)
{
	unsigned int bit = field_base_bit(load->field, load->depth);
	unsigned int bits = load->field->bit_len;

	buf_puts(out, "\tf->");
	ir_load_name(load, out);
	if (emit_is_wide(load)) {
		buf_puts(out, "_high = ");
		put_bits(bit, bits - 64, from, out);
		buf_puts(out, ";\n\tf->");
		ir_load_name(load, out);
		buf_puts(out, "_low = ");
		bit += bits - 64;
		bits = 64;
	} else {
		buf_puts(out, " = ");
	}
	put_bits(bit, bits, from, out);
	buf_puts(out, ";\n");
}

static unsigned int first_byte(const struct ir_load *load)
{
	return field_base_bit(load->field, load->depth) / 8;
}

static unsigned int end_byte(const struct ir_load *load)
{
	return (field_base_bit(load->field, load->depth) + load->field->bit_len + 7) / 8;
}

/* Bytes behind the window's first one that must be there to read the load. */
static unsigned int window_need(const struct ir_load *load, const struct emit_window *window)
{
	if (window->start)
		return end_byte(load) - window->start;
	return field_need_bytes(load->field, load->depth);
}

static bool is_free(const struct emit *emit, size_t load, uint32_t place)
{
	return emit_is_at(emit, load, place) && !emit->windowed[load];
}

/* Loads that one window can hold go into a new one; false when none are left. */
static bool add_window(struct emit *emit, uint32_t place)
{
	struct emit_place *at = &emit->places.at[place];
	struct emit_window window = { UINT32_MAX, 0, (uint32_t)at->windows.len };

	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		unsigned int start = first_byte(&emit->ir->loads.at[i]) & ~7u;

		if (is_free(emit, i, place) && start < window.start)
			window.start = start;
	}
	if (window.start == UINT32_MAX)
		return false;
	if (!at->windows.len && window.start + 24 <= EMIT_WINDOW_BYTES)
		window.start = 0;
	for (size_t i = 0; i < emit->ir->loads.len; i++) {
		const struct ir_load *load = &emit->ir->loads.at[i];

		if (!is_free(emit, i, place) || first_byte(load) < window.start ||
		    end_byte(load) > window.start + EMIT_WINDOW_BYTES)
			continue;
		emit->windowed[i] = window.number + 1;
		if (window.bytes < window_need(load, &window))
			window.bytes = window_need(load, &window);
	}
	*vec_push(emit->arena, &at->windows) = window;
	return true;
}

void emit_place_windows(struct emit *emit)
{
	for (uint32_t i = 0; i < emit->places.len; i++)
		while (add_window(emit, i))
			;
}

/* read_network() and its like: fields in the order of the bytes they need. */
void emit_window_reader(const struct emit *emit, uint32_t place, const struct emit_window *window)
{
	struct buf *out = emit->out;

	buf_printf(out, "XDPFW_INLINE void read_%s", emit->places.at[place].name);
	if (window->number)
		buf_printf(out, "_at_%u", window->start);
	buf_puts(out, "(struct fields *f, const __u8 *header, const __u8 *end)\n{\n");
	for (unsigned int bytes = 1; bytes <= window->bytes; bytes++) {
		bool first = true;

		for (size_t i = 0; i < emit->ir->loads.len; i++) {
			const struct ir_load *load = &emit->ir->loads.at[i];

			if (!emit_is_at(emit, i, place) ||
			    emit->windowed[i] != window->number + 1 ||
			    window_need(load, window) != bytes)
				continue;
			if (first)
				buf_printf(out, "\tif (header + %u > end)\n\t\treturn;\n", bytes);
			first = false;
			emit_window_read(load, window->start, out);
		}
	}
	buf_puts(out, "}\n\n");
}

/* Finds one header, in read_fields() or read_places(). */
void emit_window_header(const char *offset, unsigned int start, unsigned int bytes,
			const char *indent, struct buf *out)
{
	buf_printf(out, "%sheader = walk_header(&walk, %s", indent, offset);
	if (start)
		buf_printf(out, " + %u", start);
	buf_printf(out, ", %u, copy, &end);\n"
			"%sif (!header)\n"
			"%s\treturn XDPFW_REASON_OUT_OF_REACH;\n",
		   bytes, indent, indent);
}

void emit_window_call(const struct emit *emit, uint32_t place, const struct emit_window *window,
		      const char *indent)
{
	buf_printf(emit->out, "%sread_%s", indent, emit->places.at[place].name);
	if (window->number)
		buf_printf(emit->out, "_at_%u", window->start);
	buf_puts(emit->out, "(f, header, end);\n");
}

/* The window that begins with the header; NULL: there is none. */
const struct emit_window *emit_window_head(const struct emit *emit, uint32_t place)
{
	const struct emit_place *at = place == EMIT_NO_PLACE ? NULL : &emit->places.at[place];

	return at && at->windows.len && !at->windows.at[0].start ? &at->windows.at[0] : NULL;
}

/* All windows but the first one when it begins with the header, which was read already. */
void emit_window_far(const struct emit *emit, uint32_t place, const char *offset,
		     const char *indent)
{
	const struct emit_place *at = place == EMIT_NO_PLACE ? NULL : &emit->places.at[place];

	for (size_t i = emit_window_head(emit, place) != NULL; at && i < at->windows.len; i++) {
		buf_printf(emit->out, "%sFORGET(&walk);\n", indent);
		emit_window_header(offset, at->windows.at[i].start, at->windows.at[i].bytes, indent,
			   emit->out);
		emit_window_call(emit, place, &at->windows.at[i], indent);
	}
}

void emit_place_read(const struct emit *emit, uint32_t place, const char *offset,
		     const char *indent)
{
	const struct emit_window *head = emit_window_head(emit, place);

	if (head) {
		emit_window_header(offset, 0, head->bytes, indent, emit->out);
		emit_window_call(emit, place, head, indent);
	}
	emit_window_far(emit, place, offset, indent);
}
