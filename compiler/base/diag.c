/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag: collecting messages, and printing them with the source line and carets.
 *
 * User text may hold anything: control characters and bytes that are not UTF-8 become '?', so that
 * no terminal obeys them.  A tab is kept, in the caret line too, so that carets stand right.
 */
#include "compiler/base/diag.h"

#include <stdlib.h>

#include "compiler/base/limits.h"

/* A source line longer than this is shown in part. */
#define LINE_SHOWN 400

static char *__attribute__((format(printf, 2, 0)))
format_text(struct arena *arena, const char *format, va_list args)
{
	struct buf text = BUF_INIT;
	char *copy;

	buf_vprintf(&text, format, args);
	copy = arena_strdup(arena, buf_str(&text));
	buf_free(&text);
	return copy;
}

static void __attribute__((format(printf, 4, 0)))
report(struct diag *diag, enum diag_level level, struct source_span span, const char *format,
       va_list args)
{
	struct diag_message *message = vec_push(diag->arena, &diag->messages);

	message->level = level;
	message->text = format_text(diag->arena, format, args);
	message->labels[0].span = span;
	message->label_count = 1;
	if (level == DIAG_ERROR)
		diag->errors++;
	else
		diag->warnings++;
}

void diag_error(struct diag *diag, struct source_span span, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(diag, DIAG_ERROR, span, format, args);
	va_end(args);
}

void diag_warning(struct diag *diag, struct source_span span, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(diag, DIAG_WARNING, span, format, args);
	va_end(args);
}

static struct diag_message *last_message(struct diag *diag)
{
	if (!diag->messages.len)
		abort();
	return &diag->messages.at[diag->messages.len - 1];
}

void diag_label(struct diag *diag, struct source_span span, const char *format, ...)
{
	struct diag_message *message = last_message(diag);
	va_list args;

	if (message->label_count == DIAG_MAX_LABELS)
		return;
	va_start(args, format);
	message->labels[message->label_count++] =
		(struct diag_label){ span, format ? format_text(diag->arena, format, args) : NULL };
	va_end(args);
}

void diag_help(struct diag *diag, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	last_message(diag)->help = format_text(diag->arena, format, args);
	va_end(args);
}

static int compare_spans(struct source_span a, struct source_span b)
{
	if (a.source != b.source)
		return a.source < b.source ? -1 : 1;
	if (a.begin != b.begin)
		return a.begin < b.begin ? -1 : 1;
	if (a.end != b.end)
		return a.end < b.end ? -1 : 1;
	return 0;
}

static int compare_messages(const void *a, const void *b)
{
	const struct diag_message *left = *(const struct diag_message *const *)a;
	const struct diag_message *right = *(const struct diag_message *const *)b;
	int order = compare_spans(left->labels[0].span, right->labels[0].span);

	if (order)
		return order;
	if (left->level != right->level)
		return left->level < right->level ? -1 : 1;
	return strcmp(left->text, right->text);
}

/* Bytes of the UTF-8 character at TEXT, 0 when it is none or a C1 control character. */
static size_t utf8_len(struct str text)
{
	unsigned char c = (unsigned char)text.at[0];
	size_t len = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : 2;

	if (c < 0xc2 || c >= 0xf5 || len > text.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (((unsigned char)text.at[i] & 0xc0) != 0x80)
			return 0;
	return c == 0xc2 && (unsigned char)text.at[1] < 0xa0 ? 0 : len;
}

static void put_printable(struct buf *out, struct str text)
{
	while (text.len) {
		unsigned char c = (unsigned char)text.at[0];
		size_t len = c < 0x80 ? 1 : utf8_len(text);

		if (!len || (c < 0x20 && c != '\t') || c == 0x7f) {
			buf_putc(out, '?');
			len = 1;
		} else {
			buf_put(out, text.at, len);
		}
		text.at += len;
		text.len -= len;
	}
}

/* Blanks under the text before the span, carets under it, the label behind them. */
static void put_carets(const struct diag *diag, struct str line, uint32_t column,
		       struct diag_label label, struct buf *out)
{
	struct str marked = source_text(diag->sources, label.span);
	size_t begin = column - 1;
	size_t len = 0;

	while (len < marked.len && marked.at[len] != '\n' && begin + len < line.len)
		len++;
	buf_puts(out, "    ");
	for (size_t i = 0; i < begin && i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if (c >= 0x80 && c < 0xc0)
			continue;	/* inside a UTF-8 character */
		buf_putc(out, c == '\t' ? '\t' : ' ');
	}
	buf_putc(out, '^');
	for (size_t i = 1; i < len; i++)
		if (((unsigned char)line.at[begin + i] & 0xc0) != 0x80)
			buf_putc(out, '~');
	if (label.text) {
		buf_putc(out, ' ');
		put_printable(out, str_from(label.text));
	}
	buf_putc(out, '\n');
}

static void put_source(const struct diag *diag, struct diag_label label, bool show_line,
		       struct buf *out)
{
	struct source_place place = source_locate(diag->sources, label.span);
	struct str line = place.text;

	if (line.len > LINE_SHOWN) {
		size_t skip = place.column - 1 > LINE_SHOWN / 2 ? place.column - 1 - LINE_SHOWN / 2
								: 0;

		line.at += skip;
		line.len -= skip;
		place.column -= (uint32_t)skip;
		if (line.len > LINE_SHOWN)
			line.len = LINE_SHOWN;
	}
	if (show_line) {
		buf_puts(out, "    ");
		put_printable(out, line);
		buf_putc(out, '\n');
	}
	put_carets(diag, line, place.column, label, out);
}

/* A folder that is included can hold files of any name. */
static void put_place(const struct source_place *place, struct buf *out)
{
	put_printable(out, str_from(place->name));
	buf_printf(out, ":%u:%u:", place->line, place->before + place->column);
}

static void put_message(const struct diag *diag, const struct diag_message *message,
			struct buf *out)
{
	struct source_place first = source_locate(diag->sources, message->labels[0].span);

	put_place(&first, out);
	buf_printf(out, " %s: ", message->level == DIAG_ERROR ? "error" : "warning");
	put_printable(out, str_from(message->text));
	buf_putc(out, '\n');
	put_source(diag, message->labels[0], true, out);
	for (unsigned int i = 1; i < message->label_count; i++) {
		struct source_place place = source_locate(diag->sources, message->labels[i].span);
		bool same_line = place.text.at == first.text.at;

		if (!same_line) {
			put_place(&place, out);
			buf_putc(out, '\n');
		}
		put_source(diag, message->labels[i], !same_line, out);
	}
	if (message->help) {
		buf_puts(out, "help: ");
		put_printable(out, str_from(message->help));
		buf_putc(out, '\n');
	}
}

void diag_print(const struct diag *diag, struct buf *out)
{
	size_t count = diag->messages.len;
	const struct diag_message **sorted =
		ARENA_ARRAY(diag->arena, const struct diag_message *, count + 1);
	unsigned int errors = 0, left_out = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &diag->messages.at[i];
	qsort(sorted, count, sizeof(*sorted), compare_messages);
	for (size_t i = 0; i < count; i++) {
		if (i && !compare_messages(&sorted[i - 1], &sorted[i]))
			continue;
		if (errors == LIMITS_DIAGS && sorted[i]->level == DIAG_ERROR) {
			left_out++;
			continue;
		}
		errors += sorted[i]->level == DIAG_ERROR;
		put_message(diag, sorted[i], out);
	}
	if (left_out)
		buf_printf(out, "%u more error%s not shown\n", left_out, left_out == 1 ? "" : "s");
}
