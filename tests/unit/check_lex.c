/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_lex: texts and the tokens that nft's scanner makes of them.
 */
#include <check.h>
#include <stdlib.h>

#include "compiler/base/limits.h"
#include "compiler/lex.h"

struct lexed {
	struct arena arena;
	struct source_set sources;
	struct diag diag;
	struct lex_tokens *tokens;
	bool ok;
};

static void lex(struct lexed *lexed, struct str text)
{
	uint32_t source;

	*lexed = (struct lexed){ .arena = ARENA_INIT };
	lexed->sources.arena = &lexed->arena;
	lexed->diag = (struct diag){ .arena = &lexed->arena, .sources = &lexed->sources };
	source = source_add(&lexed->sources, "t", text);
	lexed->ok = lex_source(&lexed->sources, source, &lexed->arena, &lexed->diag,
			       &lexed->tokens);
}

/* The tokens as "word|'{'|7": the text of what has one, else the kind. */
static void expect(const char *text, const char *tokens)
{
	struct lexed lexed;
	struct buf out = BUF_INIT;

	lex(&lexed, str_from(text));
	ck_assert_msg(lexed.ok, "%s", text);
	for (size_t i = 0; i < lexed.tokens->tokens.len; i++) {
		const struct token *token = &lexed.tokens->tokens.at[i];

		if (i)
			buf_putc(&out, '|');
		switch ((int)token->kind) {
		case TOKEN_WORD:
			buf_puts(&out, "w:");
			break;
		case TOKEN_NUMBER:
			buf_puts(&out, "n:");
			break;
		case TOKEN_STRING:
			buf_puts(&out, "s:");
			break;
		case TOKEN_ADDRESS:
			buf_puts(&out, "a:");
			break;
		case TOKEN_NEWLINE:
			buf_puts(&out, "nl");
			continue;
		case TOKEN_END:
			buf_puts(&out, "end");
			continue;
		}
		buf_put(&out, token->text.at, token->text.len);
	}
	ck_assert_str_eq(out.at, tokens);
	buf_free(&out);
	arena_free(&lexed.arena);
}

/* The messages, one a line, without the source lines. */
static void expect_errors(struct str text, const char *messages)
{
	struct lexed lexed;
	struct buf out = BUF_INIT;

	lex(&lexed, text);
	ck_assert(!lexed.ok);
	ck_assert_ptr_null(lexed.tokens);
	for (size_t i = 0; i < lexed.diag.messages.len; i++) {
		const struct diag_message *message = &lexed.diag.messages.at[i];
		struct source_place place = source_locate(&lexed.sources, message->labels[0].span);

		buf_printf(&out, "%u:%u %s\n", place.line, place.column, message->text);
	}
	ck_assert_str_eq(out.at, messages);
	buf_free(&out);
	arena_free(&lexed.arena);
}

START_TEST(words)
{
	expect("", "end");
	expect("port-unreachable eth0.5 a/b _x .x", "w:port-unreachable|w:eth0.5|w:a/b|w:_x|w:.x|"
	       "end");
	expect("syn/syn,ack", "w:syn/syn|,|w:ack|end");
	expect("eth* \"eth*\" eth*foo", "w:eth*|s:eth*|w:eth*|w:foo|end");
	expect("eth\\* \\* a\\*b.1 a\\*1 \\*b",
	       "w:eth\\*|w:\\*|w:a\\*b.1|w:a\\*|n:1|w:\\*|w:b|end");
	expect("ip saddr.tcp . dport", "w:ip|w:saddr.tcp|.|w:dport|end");
	expect("8021q 8021ad 5s 1d2h 30ms 22abc", "w:8021q|w:8021ad|w:5s|w:1d2h|w:30ms|n:22|w:abc|"
	       "end");
	expect("\"\" \"a b\tc \xc3\xa9\"", "s:|s:a b\tc \xc3\xa9|end");
}
END_TEST

START_TEST(numbers)
{
	expect("0 22 0x1F 0Xff 0x", "n:0|n:22|n:0x1F|n:0Xff|n:0|w:x|end");
	expect("010 00 0777", "n:8|n:0|n:511|end");
	expect("1000-2000 +5 -5", "n:1000|-|n:2000|+|n:5|-|n:5|end");
	expect("22:accept", "n:22|:|w:accept|end");
}
END_TEST

START_TEST(addresses)
{
	expect("1.2.3.4 10.0.0.0/8", "a:1.2.3.4|a:10.0.0.0|/|n:8|end");
	expect("10.0.0.1-10.0.0.9", "a:10.0.0.1|-|a:10.0.0.9|end");
	expect("1.2.3.4.5 1.2.3", "a:1.2.3.4|w:.5|n:1|w:.2.3|end");
	expect(":: ::1 fe80::1 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7::", "a:::|a:::1|a:fe80::1|"
	       "a:1:2:3:4:5:6:7:8|a:1:2:3:4:5:6:7::|end");
	expect("::ffff:1.2.3.4 ::1.2.3.4 [fe80::1]", "a:::ffff:1.2.3.4|a:::1.2.3.4|a:fe80::1|end");
	expect("fe80::1-fe80::9,2001:db8::/32", "a:fe80::1|-|a:fe80::9|,|a:2001:db8::|/|n:32|end");
	expect("00:11:22:33:44:55 a:b:c:d:e:f 0:1:2:3:4", "a:00:11:22:33:44:55|a:a:b:c:d:e:f|w:0:1|"
	       ":|w:2:3|:|n:4|end");
	/* Classes of traffic control: what follows decides. */
	expect("1:2 ffff:1, {a:b} 1:2- 1:22:accept 1:2", "w:1:2|w:ffff:1|,|{|w:a:b|}|w:1:2|-|"
	       "w:1:22|:|w:accept|n:1|:|n:2|end");
	expect("12345:1 1:12345 22:accept 1::2 1:g", "n:12345|:|n:1|n:1|:|n:12345|n:22|:|w:accept|"
	       "a:1::2|n:1|:|w:g|end");
	expect("1.2.3.4:drop fe80::1 :drop", "a:1.2.3.4|:|w:drop|a:fe80::1|:|w:drop|end");
}
END_TEST

START_TEST(marks)
{
	expect("{}()[],:./-*+$@=", "{|}|(|)|[|]|,|:|w:./-*|+|$|@|=|end");
	expect("== != < > <= >= ! & | ^ << >> ; =", "==|!=|<|>|<=|>=|!|&|||^|<<|>>|;|=|end");
	expect(". / - *", ".|/|-|*|end");
}
END_TEST

/* Found by trying nft: a comment line vanishes whole, also in the middle of a continued line. */
START_TEST(lines)
{
	expect("a # b\nc", "w:a|nl|w:c|end");
	expect("# b\n\t# c\nc\n", "w:c|nl|end");
	expect("a \\\n# b \\\nc", "w:a|w:c|end");
	expect("a\\\nb", "w:a|w:b|end");
	expect("a#b\n#c", "w:a|nl|end");
	expect("\"a#b\"", "s:a#b|end");
}
END_TEST

START_TEST(spans)
{
	struct lexed lexed;
	const struct token *token;

	lex(&lexed, str_from("a\n\t\"bc\" [::1]"));
	ck_assert(lexed.ok);
	token = &lexed.tokens->tokens.at[2];
	ck_assert_uint_eq(token->span.begin, 3);
	ck_assert_uint_eq(token->span.end, 7);
	token++;
	ck_assert_uint_eq(token->span.begin, 8);
	ck_assert_uint_eq(token->span.end, 13);
	ck_assert_int_eq(token[1].kind, TOKEN_END);
	ck_assert_uint_eq(token[1].span.begin, 13);
	arena_free(&lexed.arena);
}
END_TEST

START_TEST(errors)
{
	expect_errors(str_from("a ? b\n %"), "1:3 stray character '?'\n2:2 stray character '%'\n");
	expect_errors(str_from("a\r\nb\r\n"),
		      "1:2 carriage return: the file has DOS line ends\n");
	expect_errors(str_from("x \"abc\ny \"d\"\n\"e\n"),
		      "1:3 string is not closed on its line\n");
	expect_errors(str_from("\""), "1:1 string is not closed on its line\n");
	expect_errors((struct str){ "a\0b", 3 }, "1:2 stray byte 0x00\n");
	expect_errors((struct str){ "# \0", 3 }, "1:3 NUL byte in a comment\n");
	expect_errors((struct str){ "\"\0\" c", 5 }, "1:2 control byte 0x00 in a string\n");
	expect_errors(str_from("\xc3\xa9\xff x"),
		      "1:1 bytes beyond ASCII outside a string or comment\n");
	expect_errors(str_from("\\"), "1:1 stray character '\\'\n");
	expect_errors(str_from("08 019"), "1:1 '08' is not a number: a leading 0 means octal\n"
		      "1:4 '019' is not a number: a leading 0 means octal\n");
	expect_errors(str_from("07777777777777777777777"), "1:1 number too big\n");
}
END_TEST

START_TEST(limits)
{
	static const char kinds[] = { 'a', '1', '"' };
	char text[LIMITS_TOKEN_LEN + 4];
	struct lexed lexed;

	for (size_t i = 0; i < sizeof(kinds); i++) {
		bool quoted = kinds[i] == '"';
		size_t len = LIMITS_TOKEN_LEN;

		memset(text, quoted ? 'x' : kinds[i], sizeof(text));
		if (quoted)
			text[0] = text[len + 1] = text[len + 2] = '"';
		lex(&lexed, (struct str){ text, len + 2 * quoted });
		ck_assert(lexed.ok);
		arena_free(&lexed.arena);
		if (quoted)
			text[len + 1] = 'x';
		lex(&lexed, (struct str){ text, len + 1 + 2 * quoted });
		ck_assert(!lexed.ok);
		ck_assert_ptr_nonnull(strstr(lexed.diag.messages.at[0].text, "longer than 4096"));
		arena_free(&lexed.arena);
	}
	/* A file of garbage does not give a message for each byte. */
	memset(text, '?', sizeof(text));
	lex(&lexed, (struct str){ text, sizeof(text) });
	ck_assert(!lexed.ok);
	ck_assert_uint_le(lexed.diag.errors, 2 * LIMITS_DIAGS);
	arena_free(&lexed.arena);
}
END_TEST

/* Marks leave less room than was guessed; the file is full of them up to the limit. */
START_TEST(many_tokens)
{
	size_t len = LIMITS_TOKENS + 1;
	struct lexed lexed;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, ';', len);
	lex(&lexed, (struct str){ text, 1000 });
	ck_assert(lexed.ok);
	ck_assert_uint_eq(lexed.tokens->tokens.len, 1001);
	arena_free(&lexed.arena);
	lex(&lexed, (struct str){ text, len });
	ck_assert(!lexed.ok);
	ck_assert_uint_eq(lexed.diag.errors, 1);
	ck_assert_str_eq(lexed.diag.messages.at[0].text,
			 "a file of more than 16777216 words and marks");
	arena_free(&lexed.arena);
	free(text);
}
END_TEST

START_TEST(names)
{
	for (int kind = TOKEN_END; kind <= TOKEN_RSHIFT; kind++)
		ck_assert_msg(token_kind_name((enum token_kind)kind), "kind %d", kind);
}
END_TEST

START_TEST(printed)
{
	struct lexed lexed;
	struct buf out = BUF_INIT;

	lex(&lexed, str_from("tcp dport {\n 017 }"));
	ck_assert(lexed.ok);
	lex_print(&lexed.sources, lexed.tokens, &out);
	ck_assert_str_eq(out.at, "1:1 a word tcp\n1:5 a word dport\n1:11 '{'\n1:12 end of line\n"
			 "2:2 a number 15\n2:6 '}'\n2:7 end of file\n");
	buf_free(&out);
	arena_free(&lexed.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lex");
	TCase *tcase = tcase_create("lex");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, words);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, addresses);
	tcase_add_test(tcase, marks);
	tcase_add_test(tcase, lines);
	tcase_add_test(tcase, spans);
	tcase_add_test(tcase, errors);
	tcase_add_test(tcase, limits);
	tcase_add_test(tcase, many_tokens);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, printed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
