/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * describe: the tables of the language, printed.
 *
 * In: words that name something, or none.  Out: lines (see describe.h) for people, and for the
 * scripts that hold the manual to them and make the fuzzer's dictionary.  Protocols, fields and
 * types come from the tables that the compiler itself reads; what is code there (operators and
 * statements) is listed here, each with a rule that the tests compile.
 */
#include "compiler/describe.h"

#include "compiler/field.h"
#include "compiler/refuse.h"
#include "compiler/type.h"

struct describe_word {
	const char *name, *doc, *example;
};

static const struct describe_word operators[] = {
	{ "==", "equal; what is meant when no operator is written", "tcp dport == 22 accept" },
	{ "!=", "not equal, outside of a range, not in a set", "tcp dport != 1-1023 accept" },
	{ "<", "less", "ip ttl < 5 drop" },
	{ ">", "greater", "ip length > 1500 drop" },
	{ "<=", "less or equal", "udp dport <= 1023 drop" },
	{ ">=", "greater or equal", "udp dport >= 1024 accept" },
	{ "-", "a range, both ends included", "ip saddr 192.0.2.1-192.0.2.9 accept" },
	{ "/", "a prefix; behind a value of flags, the bits that are looked at",
	  "ip saddr 192.0.2.0/24 accept" },
	{ "{}", "one of these, an anonymous set", "tcp dport { 22, 80-90 } accept" },
	{ "@", "one of a named set", "ip saddr @hosts accept" },
	{ ".", "a key of several parts", "ip saddr . tcp dport { 192.0.2.1 . 22 } accept" },
	{ "!", "none of these flags is set", "tcp flags ! syn,fin drop" },
	{ "&", "and, bit by bit", "ip saddr & 0.0.0.255 == 1 drop" },
	{ "|", "or, bit by bit", "tcp flags & (syn | ack) == syn drop" },
	{ "^", "exclusive or, bit by bit", "ip length ^ 1 == 41 drop" },
	{ "<<", "shift to the left", "meta length << 4 == 0x50 drop" },
	{ ">>", "shift to the right", "meta length >> 8 > 1 drop" },
	{ "exists", "a header, an option or a chunk is there", "tcp option maxseg exists accept" },
	{ "missing", "a header, an option or a chunk is not there", "exthdr frag missing accept" },
	{ "vmap", "the verdict that a map has for a key",
	  "tcp dport vmap { 22 : accept, 23 : drop }" },
};

static const struct describe_word statements[] = {
	{ "accept", "end this base chain; the next one of the device runs", "tcp dport 22 accept" },
	{ "drop", "drop the packet", "tcp dport 23 drop" },
	{ "jump", "go into a chain, and come back at its end", "tcp dport 22 jump other" },
	{ "goto", "go into a chain, and not come back", "tcp dport 22 goto other" },
	{ "return", "go back to where this chain was jumped to; in a base chain: its policy",
	  "tcp dport 22 return" },
	{ "continue", "go on with the next rule", "tcp dport 22 continue" },
	{ "counter", "count packets and bytes; with `name` in a named counter, or one a map has",
	  "tcp dport 22 counter accept" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void put_word(const char *kind, const struct describe_word *word, struct buf *out)
{
	buf_printf(out, "%s %s - %s; for example: %s\n", kind, word->name, word->doc,
		   word->example);
}

static void put_field_name(const struct field *field, struct buf *out)
{
	buf_printf(out, "%s %s", field_proto(field)->name, field->name);
}

static void put_operators(const struct field *field, struct buf *out)
{
	static const char *const names[] = { "eq", "range", "set", "named", "mask" };

	if (field->load == FIELD_LOAD_PRESENCE) {
		buf_puts(out, ", exists missing");
		return;
	}
	buf_putc(out, ',');
	for (unsigned int i = 0; i < COUNT(names); i++)
		if (field->ops & 1u << i)
			buf_printf(out, " %s", names[i]);
}

static void put_field(const struct field *field, struct buf *out)
{
	buf_puts(out, "field ");
	put_field_name(field, out);
	buf_printf(out, ", %s, %u bit%s", field->type->name, field->bit_len,
		   field->bit_len == 1 ? "" : "s");
	put_operators(field, out);
	if (field->refreshed)
		buf_printf(out, ", refreshed by %s", field->refreshed);
	buf_printf(out, " - %s\n", field->doc);
}

static void put_proto(const struct proto *proto, struct buf *out)
{
	buf_printf(out, "protocol %s - %s\n", proto->name, proto->doc);
	for (size_t i = 0; i < field_count; i++)
		if (field_proto(&field_table[i]) == proto)
			put_field(&field_table[i], out);
}

static void put_type(const struct type *type, struct buf *out)
{
	const struct type_symbol *symbol = type->symbols;

	if (type->bits)
		buf_printf(out, "type %s, %u bit%s - %s\n", type->name, type->bits,
			   type->bits == 1 ? "" : "s", type->doc);
	else
		buf_printf(out, "type %s, any bits - %s\n", type->name, type->doc);
	for (; symbol && symbol->name; symbol++)
		buf_printf(out, "constant %s %s = %u\n", type->name, symbol->name, symbol->value);
}

static void put_refused(const struct refuse_word *word, struct buf *out)
{
	buf_printf(out, "refused %s - %s: %s%s%s\n", word->words, word->what, refuse_reason(word),
		   word->help ? "; " : "", word->help ? word->help : "");
}

static void put_all(struct buf *out)
{
	for (size_t i = 0; i < PROTO_COUNT; i++)
		if (field_protos[i].name)
			put_proto(&field_protos[i], out);
	for (size_t i = 0; type_all[i]; i++)
		put_type(type_all[i], out);
	for (size_t i = 0; i < COUNT(operators); i++)
		put_word("operator", &operators[i], out);
	for (size_t i = 0; i < COUNT(statements); i++)
		put_word("statement", &statements[i], out);
	for (size_t i = 0; i < refuse_count; i++)
		put_refused(&refuse_words[i], out);
}

static bool put_found_word(const char *kind, const struct describe_word *words, size_t count,
			   struct str what, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (!str_is(what, words[i].name))
			continue;
		put_word(kind, &words[i], out);
		return true;
	}
	return false;
}

static bool put_found_refused(struct str what, struct buf *out)
{
	bool found = false;

	for (size_t i = 0; i < refuse_count; i++) {
		if (!str_is(what, refuse_words[i].words))
			continue;
		put_refused(&refuse_words[i], out);
		found = true;
	}
	return found;
}

/* "tcp dport", or a meta field without its first word: with what its type has to say. */
static bool put_found_field(struct str what, struct buf *out)
{
	bool found = false;

	for (size_t i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];
		struct buf name = BUF_INIT;

		put_field_name(field, &name);
		if (str_eq(what, buf_str(&name)) ||
		    (field->bare && str_is(what, field->name))) {
			put_field(field, out);
			if (field->load != FIELD_LOAD_PRESENCE)
				put_type(field->type, out);
			found = true;
		}
		buf_free(&name);
	}
	return found;
}

/* Words between which there is one blank each. */
static struct str squeeze(struct str what, struct buf *text)
{
	for (size_t i = 0; i < what.len; i++) {
		bool blank = what.at[i] == ' ' || what.at[i] == '\t';

		if (!blank)
			buf_putc(text, what.at[i]);
		else if (text->len && text->at[text->len - 1] != ' ')
			buf_putc(text, ' ');
	}
	if (text->len && text->at[text->len - 1] == ' ')
		text->len--;
	return buf_str(text);
}

/* The nearest of all names. */
static void put_near(struct str what, struct buf *out)
{
	struct str_nearest near = { .word = what };
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < field_count; i++) {
		put_field_name(&field_table[i], &names);
		buf_putc(&names, '\0');
	}
	for (const char *at = names.at; at < names.at + names.len; at += strlen(at) + 1)
		str_nearest_offer(&near, at);
	for (size_t i = 0; i < PROTO_COUNT; i++)
		if (field_protos[i].name)
			str_nearest_offer(&near, field_protos[i].name);
	for (size_t i = 0; type_all[i]; i++)
		str_nearest_offer(&near, type_all[i]->name);
	for (size_t i = 0; i < COUNT(statements); i++)
		str_nearest_offer(&near, statements[i].name);
	buf_puts(out, near.best ? near.best : "");
	buf_free(&names);
}

bool describe(struct str what, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct str words = squeeze(what, &text);
	const struct proto *proto = field_find_proto(words);
	const struct type *type = type_find(words);
	bool found = true;

	if (!words.len)
		put_all(out);
	else if (proto)
		put_proto(proto, out);
	else if (type)
		put_type(type, out);
	else if (!put_found_field(words, out) &&
		 !put_found_word("operator", operators, COUNT(operators), words, out) &&
		 !put_found_word("statement", statements, COUNT(statements), words, out))
		found = put_found_refused(words, out);
	if (!found)
		put_near(words, out);
	buf_free(&text);
	return found;
}
