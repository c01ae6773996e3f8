/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_text: user text and numbers in C.
 *
 * In: any bytes, any values.  Out: C that means them and nothing else.
 *
 * Safety: a byte that could end a comment, open one, join lines or start a trigraph is written as
 * \xNN; a backslash is one of these, so none is ever the last character of a line.
 */
#include "compiler/emit_part.h"

static bool is_plain(char c, char before)
{
	if (c < ' ' || c > '~' || c == '\\')
		return false;
	return !(before == '*' && c == '/') && !(before == '/' && c == '*') &&
	       !(before == '?' && c == '?');
}

void emit_comment_text(struct str text, struct buf *out)
{
	char before = ' ';

	for (size_t i = 0; i < text.len; i++) {
		if (is_plain(text.at[i], before))
			buf_putc(out, text.at[i]);
		else
			buf_printf(out, "\\x%02x", (unsigned char)text.at[i]);
		before = text.at[i];
	}
}

void emit_chain_name(const struct ir_chain *chain, struct buf *out)
{
	buf_puts(out, "table ");
	emit_comment_text(chain->table, out);
	buf_puts(out, ", chain ");
	emit_comment_text(chain->name, out);
}

void emit_number(const struct field *field, uint64_t value, struct buf *out)
{
	if (field && field->type->form == TYPE_FORM_DECIMAL)
		buf_printf(out, "%llu", (unsigned long long)value);
	else
		buf_printf(out, "0x%llx", (unsigned long long)value);
	if (value > UINT32_MAX)
		buf_puts(out, "ull");
}
