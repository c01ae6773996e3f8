/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lex: source text -> tokens, by the rules of nft's scanner.
 *
 * In: one text of the source set, any bytes.  Out: its tokens, TOKEN_END last.
 *
 * At each place the longest token wins.  What is easy to get wrong, each found by trying nft:
 * - a line that holds nothing but a comment vanishes with its newline, so it may stand between the
 *   two halves of a continued line;
 * - '/' '-' '.' belong to a word once it has begun: "syn/syn" is one word, "10.0.0.0/8" is an
 *   address, a slash and a number;
 * - a leading 0 makes a number octal; such numbers leave here in decimal, so that nobody behind
 *   the lexer has to know.
 *
 * Safety: every look at the text is bounded by its length; each step takes at least one byte, and
 * looks at most an address's length ahead of what it takes, so time is linear.  A bad text gives
 * at most ERRORS_MAX messages.
 */
#include "compiler/lex.h"


#include "compiler/base/limits.h"
#include "compiler/base/vec.h"

/* A guess, so that the array need not grow: the arena would keep the outgrown ones. */
#define BYTES_PER_TOKEN 4

/* More than are printed, so that sorting them by place still shows the first ones. */
#define ERRORS_MAX (2 * LIMITS_DIAGS)

struct lexer {
	const char *text;
	size_t len, at;
	uint32_t source;
	struct arena *arena;
	struct diag *diag;
	struct lex_tokens *tokens;
	unsigned int errors;
	bool line_began;		/* something other than blanks stands on this line */
	bool return_seen;		/* carriage returns are reported once */
	bool quote_seen;		/* and so are open strings: the next quote may close one */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool begins_word(char c)
{
	return is_letter(c) || c == '_' || c == '.';
}

static bool continues_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '/' || c == '-' || c == '_' || c == '.';
}

/* The byte N behind the current one; NUL behind the end. */
static char look(const struct lexer *lexer, size_t n)
{
	return n < lexer->len - lexer->at ? lexer->text[lexer->at + n] : '\0';
}

static struct source_span span_here(const struct lexer *lexer, size_t len)
{
	return (struct source_span){ lexer->source, (uint32_t)lexer->at,
				     (uint32_t)(lexer->at + len) };
}

/*
 * A text that is denser than the guess gets room for one token a byte, once: growing by doubling
 * would keep as much again.
 */
static void make_room(struct lexer *lexer)
{
	size_t len = lexer->tokens->tokens.len, cap = len + (lexer->len - lexer->at) + 1;

	if (len < lexer->tokens->tokens.cap)
		return;
	if (cap > LIMITS_TOKENS + 1)
		cap = LIMITS_TOKENS + 1;
	lexer->tokens->tokens.at = arena_grow(lexer->arena, lexer->tokens->tokens.at,
					      len * sizeof(struct token),
					      cap * sizeof(struct token));
	lexer->tokens->tokens.cap = cap;
}

static void push(struct lexer *lexer, enum token_kind kind, struct str text, size_t len)
{
	struct token *token;

	make_room(lexer);
	token = vec_push(lexer->arena, &lexer->tokens->tokens);
	*token = (struct token){ kind, text, span_here(lexer, len) };
	lexer->at += len;
	lexer->line_began = kind != TOKEN_NEWLINE;
}

/* Pushes the next LEN bytes as they stand. */
static void push_bytes(struct lexer *lexer, enum token_kind kind, size_t len)
{
	push(lexer, kind, (struct str){ lexer->text + lexer->at, len }, len);
}

/* d{1,3} four times with dots between, OFF bytes from here: length, or 0. */
static size_t match_ipv4(const struct lexer *lexer, size_t off)
{
	size_t at = off;

	for (int part = 0; part < 4; part++) {
		size_t digits = 0;

		if (part && look(lexer, at++) != '.')
			return 0;
		while (digits < 3 && is_digit(look(lexer, at)))
			digits++, at++;
		if (!digits)
			return 0;
	}
	return at - off;
}

/* h{1,2} six times with colons between: length, or 0. */
static size_t match_mac(const struct lexer *lexer)
{
	size_t at = 0;

	for (int part = 0; part < 6; part++) {
		size_t digits = 0;

		if (part && look(lexer, at++) != ':')
			return 0;
		while (digits < 2 && is_hex(look(lexer, at)))
			digits++, at++;
		if (!digits)
			return 0;
	}
	return at;
}

/* h{1,4} that begins AT bytes from here: length, or 0. */
static size_t match_group(const struct lexer *lexer, size_t at)
{
	size_t len = 0;

	while (len < 4 && is_hex(look(lexer, at + len)))
		len++;
	return len;
}

/*
 * The longest IPv6 address that begins OFF bytes from here: length, or 0.  Eight groups, or at most
 * seven and one "::"; an IPv4 address at the end counts as two.
 */
static size_t match_ipv6(const struct lexer *lexer, size_t off)
{
	bool gap = look(lexer, off) == ':' && look(lexer, off + 1) == ':';
	size_t at = gap ? off + 2 : off, best = gap ? 2 : 0;

	for (unsigned int groups = 0; groups < (gap ? 7u : 8u); groups++) {
		size_t ipv4 = match_ipv4(lexer, at), group = match_group(lexer, at);

		if (ipv4 && (gap ? groups <= 5 : groups == 6))
			return at + ipv4 - off;
		if (!group)
			break;
		at += group;
		if (gap || groups == 7)
			best = at - off;
		if (look(lexer, at) != ':')
			break;
		at++;
		if (look(lexer, at) != ':')
			continue;
		if (gap || groups == 7)
			break;
		gap = true;
		best = ++at - off;
	}
	return best;
}

/* "1d2h3m4s5ms", each part once and in this order; also the tag types: length, or 0. */
static size_t match_time(const struct lexer *lexer)
{
	static const char *const units[] = { "d", "h", "m", "s", "ms" };
	size_t at = 0;

	if (lexer->len - lexer->at >= 6 && !memcmp(lexer->text + lexer->at, "8021ad", 6))
		return 6;
	if (lexer->len - lexer->at >= 5 && !memcmp(lexer->text + lexer->at, "8021q", 5))
		return 5;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t digits = at, unit = strlen(units[i]);

		while (is_digit(look(lexer, digits)))
			digits++;
		if (digits == at)
			break;
		if (look(lexer, digits) != units[i][0] ||
		    (unit == 2) != (look(lexer, digits) == 'm' && look(lexer, digits + 1) == 's'))
			continue;
		at = digits + unit;
	}
	return at;
}

static size_t match_number(const struct lexer *lexer)
{
	size_t at = 0;

	if (look(lexer, 0) == '0' && (look(lexer, 1) == 'x' || look(lexer, 1) == 'X') &&
	    is_hex(look(lexer, 2))) {
		for (at = 3; is_hex(look(lexer, at)); at++)
			;
		return at;
	}
	while (is_digit(look(lexer, at)))
		at++;
	return at;
}

/*
 * A class of traffic control, "1:2" in hexadecimal, up to what must follow it: length, or 0.  Like
 * in nft's scanner the byte behind counts when the longest token is looked for.
 */
static size_t match_classid(const struct lexer *lexer)
{
	size_t major = match_group(lexer, 0), minor, len;

	if (!major || look(lexer, major) != ':')
		return 0;
	minor = match_group(lexer, major + 1);
	len = major + 1 + minor;
	if (!minor || len >= lexer->len - lexer->at || !strchr(" \t\n:-},", look(lexer, len)))
		return 0;
	return len;
}

/* A word, with a '*' that ends it, or a "\*" that stands for the asterisk itself. */
static size_t match_word(const struct lexer *lexer)
{
	size_t at = 0, escape;

	if (begins_word(look(lexer, 0)))
		while (continues_word(look(lexer, at)))
			at++;
	if (at && look(lexer, at) == '*')
		return at + 1;
	if (look(lexer, at) != '\\' || look(lexer, at + 1) != '*')
		return at;
	escape = at;
	at += 2;
	if (escape && begins_word(look(lexer, at)))
		while (continues_word(look(lexer, at)))
			at++;
	return at;
}

bool lex_is_word(struct str text)
{
	size_t at = 0;

	if (!text.len || !begins_word(text.at[0]) || str_is(text, "."))
		return false;
	while (at < text.len && continues_word(text.at[at]))
		at++;
	return at == text.len || (at + 1 == text.len && text.at[at] == '*');
}

static bool __attribute__((format(printf, 3, 4)))
fail(struct lexer *lexer, size_t len, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	diag_error(lexer->diag, span_here(lexer, len), "%s", text.at);
	buf_free(&text);
	lexer->at += len;
	lexer->line_began = true;
	return ++lexer->errors < ERRORS_MAX;
}

/* "017" leaves as "15". */
static bool push_octal(struct lexer *lexer, size_t len)
{
	struct str text = { lexer->text + lexer->at, len };
	unsigned long long value = 0;

	for (size_t i = 0; i < len; i++) {
		if (text.at[i] > '7') {
			bool more = fail(lexer, len, "'%.*s' is not a number: a leading 0 means "
					 "octal", STR_ARG(text));

			diag_help(lexer->diag, "leave out the leading 0");
			return more;
		}
		if (value >> 61)
			return fail(lexer, len, "number too big");
		value = value << 3 | (unsigned int)(text.at[i] - '0');
	}
	push(lexer, TOKEN_NUMBER, str_from(arena_printf(lexer->arena, "%llu", value)), len);
	return true;
}

static bool fail_long(struct lexer *lexer, size_t len, const char *what)
{
	return fail(lexer, len, "%s is longer than %d bytes", what, LIMITS_TOKEN_LEN);
}

static bool lex_number(struct lexer *lexer, size_t len)
{
	if (len > LIMITS_TOKEN_LEN)
		return fail_long(lexer, len, "number");
	if (len > 1 && look(lexer, 0) == '0' && is_digit(look(lexer, 1)))
		return push_octal(lexer, len);
	push_bytes(lexer, TOKEN_NUMBER, len);
	return true;
}

/* Addresses, numbers and words: the longest wins, an address before a number before a word; but a
 * class is one byte longer than it looks. */
static bool lex_wordlike(struct lexer *lexer, bool *ret_done)
{
	size_t ipv4 = match_ipv4(lexer, 0), ipv6 = match_ipv6(lexer, 0), mac = match_mac(lexer);
	size_t number = match_number(lexer), time = match_time(lexer), word = match_word(lexer);
	size_t address = ipv4 > ipv6 ? ipv4 : ipv6, classid = match_classid(lexer);

	if (mac > address)
		address = mac;
	*ret_done = true;
	if (classid >= address && classid >= time && classid >= number && classid >= word &&
	    classid)
		push_bytes(lexer, TOKEN_WORD, classid);
	else if (address && address >= word && address >= number && address >= time)
		push_bytes(lexer, TOKEN_ADDRESS, address);
	else if (time && time >= number && time >= word)
		push_bytes(lexer, TOKEN_WORD, time);
	else if (number && number >= word)
		return lex_number(lexer, number);
	else if (word > LIMITS_TOKEN_LEN)
		return fail_long(lexer, word, "word");
	else if (word && !(word == 1 && look(lexer, 0) == '.'))
		push_bytes(lexer, TOKEN_WORD, word);
	else
		*ret_done = false;
	return true;
}

static bool fail_open_string(struct lexer *lexer, size_t len)
{
	bool seen = lexer->quote_seen;

	lexer->quote_seen = true;
	if (!seen)
		return fail(lexer, len, "string is not closed on its line");
	lexer->at += len;
	return true;
}

static bool lex_string(struct lexer *lexer)
{
	size_t len = 1, control = 0;

	for (; look(lexer, len) != '"'; len++) {
		unsigned char c = (unsigned char)look(lexer, len);

		if (c == '\n' || lexer->at + len >= lexer->len)
			return fail_open_string(lexer, len);
		if (!control && ((c < 0x20 && c != '\t') || c == 0x7f))
			control = len;
	}
	if (control) {
		unsigned char c = (unsigned char)look(lexer, control);
		bool more;

		lexer->at += control;
		more = fail(lexer, 1, "control byte 0x%02x in a string", c);
		lexer->at += len - control;
		return more;
	}
	if (len - 1 > LIMITS_TOKEN_LEN)
		return fail_long(lexer, len + 1, "string");
	push(lexer, TOKEN_STRING, (struct str){ lexer->text + lexer->at + 1, len - 1 }, len + 1);
	return true;
}

/* A comment that has its line for itself takes the newline with it. */
static bool lex_comment(struct lexer *lexer)
{
	while (lexer->at < lexer->len && lexer->text[lexer->at] != '\n') {
		if (!lexer->text[lexer->at])
			return fail(lexer, 1, "NUL byte in a comment");
		lexer->at++;
	}
	if (!lexer->line_began && lexer->at < lexer->len)
		lexer->at++;
	return true;
}

static const struct {
	char text[3];
	enum token_kind kind;
} marks[] = {	/* longer ones first */
	{ "==", TOKEN_EQ }, { "!=", TOKEN_NEQ }, { "<=", TOKEN_LTE }, { ">=", TOKEN_GTE },
	{ "<<", TOKEN_LSHIFT }, { ">>", TOKEN_RSHIFT },
	{ "\n", TOKEN_NEWLINE }, { ";", TOKEN_SEMICOLON }, { "{", TOKEN_LBRACE },
	{ "}", TOKEN_RBRACE }, { "(", TOKEN_LPAREN }, { ")", TOKEN_RPAREN },
	{ "[", TOKEN_LBRACKET }, { "]", TOKEN_RBRACKET }, { ",", TOKEN_COMMA },
	{ ":", TOKEN_COLON }, { ".", TOKEN_DOT }, { "/", TOKEN_SLASH }, { "-", TOKEN_DASH },
	{ "*", TOKEN_ASTERISK }, { "+", TOKEN_PLUS }, { "$", TOKEN_DOLLAR }, { "@", TOKEN_AT },
	{ "=", TOKEN_ASSIGN }, { "<", TOKEN_LT }, { ">", TOKEN_GT }, { "!", TOKEN_NOT },
	{ "&", TOKEN_AND }, { "|", TOKEN_OR }, { "^", TOKEN_XOR },
};

static bool lex_mark(struct lexer *lexer)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (look(lexer, 0) != marks[i].text[0] ||
		    (marks[i].text[1] && look(lexer, 1) != marks[i].text[1]))
			continue;
		push_bytes(lexer, marks[i].kind, marks[i].text[1] ? 2 : 1);
		return true;
	}
	return false;
}

/* A byte that begins no token.  A run of bytes beyond ASCII is one mistake. */
static bool lex_stray(struct lexer *lexer)
{
	unsigned char c = (unsigned char)look(lexer, 0);
	size_t len = 1;

	if (c == '\r' && lexer->return_seen) {
		lexer->at++;
		return true;
	}
	if (c == '\r') {
		bool more = fail(lexer, 1, "carriage return: the file has DOS line ends");

		lexer->return_seen = true;
		diag_help(lexer->diag, "convert it with: sed -i 's/\\r$//' FILE");
		return more;
	}
	while (c >= 0x80 && (unsigned char)look(lexer, len) >= 0x80)
		len++;
	if (c >= 0x80)
		return fail(lexer, len, "bytes beyond ASCII outside a string or comment");
	if (c < 0x20 || c == 0x7f)
		return fail(lexer, 1, "stray byte 0x%02x", c);
	return fail(lexer, 1, "stray character '%c'", c);
}

/* One token, blank or comment.  False: stop. */
static bool lex_one(struct lexer *lexer)
{
	size_t bracketed;
	bool done;

	switch (look(lexer, 0)) {
	case ' ':
	case '\t':
		lexer->at++;
		return true;
	case '#':
		return lex_comment(lexer);
	case '"':
		return lex_string(lexer);
	case '\\':
		if (look(lexer, 1) == '*')
			return lex_wordlike(lexer, &done);
		if (look(lexer, 1) != '\n')
			return lex_stray(lexer);
		lexer->at += 2;
		lexer->line_began = false;
		return true;
	case '[':
		bracketed = match_ipv6(lexer, 1);
		if (!bracketed || look(lexer, bracketed + 1) != ']')
			return lex_mark(lexer);
		push(lexer, TOKEN_ADDRESS, (struct str){ lexer->text + lexer->at + 1, bracketed },
		     bracketed + 2);
		return true;
	}
	if (is_digit(look(lexer, 0)) || begins_word(look(lexer, 0)) || look(lexer, 0) == ':') {
		bool more = lex_wordlike(lexer, &done);

		if (done)
			return more;
	}
	return lex_mark(lexer) || lex_stray(lexer);
}

bool lex_source(const struct source_set *sources, uint32_t source, struct arena *arena,
		struct diag *diag, struct lex_tokens **ret_tokens)
{
	struct str text = sources->sources.at[source].text;
	struct lexer lexer = {
		.text = text.at, .len = text.len, .source = source, .arena = arena, .diag = diag,
		.tokens = ARENA_NEW(arena, struct lex_tokens),
	};

	/* Rarely are tokens denser, and what is not used costs no memory but address space. */
	lexer.tokens->tokens.cap = text.len / BYTES_PER_TOKEN + 16;
	lexer.tokens->tokens.at = ARENA_ARRAY(arena, struct token, lexer.tokens->tokens.cap);
	while (lexer.at < lexer.len) {
		if (lexer.tokens->tokens.len == LIMITS_TOKENS) {
			fail(&lexer, 1, "a file of more than %u words and marks", LIMITS_TOKENS);
			break;
		}
		if (!lex_one(&lexer))
			break;
	}
	if (lexer.errors)
		return false;
	push(&lexer, TOKEN_END, (struct str){ "", 0 }, 0);
	*ret_tokens = lexer.tokens;
	return true;
}

void lex_print(const struct source_set *sources, const struct lex_tokens *tokens, struct buf *out)
{
	for (size_t i = 0; i < tokens->tokens.len; i++) {
		const struct token *token = &tokens->tokens.at[i];
		struct source_place place = source_locate(sources, token->span);

		buf_printf(out, "%u:%u %s", place.line, place.column, token_kind_name(token->kind));
		if (token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER ||
		    token->kind == TOKEN_STRING || token->kind == TOKEN_ADDRESS) {
			buf_putc(out, ' ');
			buf_put(out, token->text.at, token->text.len);
		}
		buf_putc(out, '\n');
	}
}
