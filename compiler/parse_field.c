/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_field: a field, as it stands left of an operator or behind `typeof`: by its name, inside a
 * tunnel, or by its place (`@th,16,16`, `tcp option 250`).
 *
 * In: tokens.  Out: AST_EXPR_FIELD.  All names come from the tables of field.h; a name that is in
 * none is reported with the nearest one, word by word.
 *
 * Safety: at most WORDS_MAX tokens are looked at ahead, and TOKEN_END stops that.
 */
#include "compiler/parse_private.h"

/* No row has more words; a mistake may have one more. */
#define WORDS_MAX 4
/* Of a header, what struct field can name: 8 KiB. */
#define RAW_BITS 65536u
/* All TCP options together. */
#define OPTION_BITS (40 * 8)
/* Names that a list of fields shows at most. */
#define LISTED_MAX 6

/* Words that may name a field, and behind which token each of them ends. */
struct words {
	struct str at[WORDS_MAX];
	size_t ends[WORDS_MAX];
	size_t count;
};

/* The words from the next token on; `addr[1]` is one. */
static void look_words(const struct parse *parse, struct words *words)
{
	size_t at = parse->at;

	words->count = 0;
	while (words->count < WORDS_MAX && parse->tokens[at].kind == TOKEN_WORD) {
		const struct token *token = &parse->tokens[at];
		struct str word = token->text;

		at++;
		if (token[1].kind == TOKEN_LBRACKET && token[2].kind == TOKEN_NUMBER &&
		    token[3].kind == TOKEN_RBRACKET) {
			word = str_from(arena_printf(parse->arena, "%.*s[%.*s]", STR_ARG(word),
						     STR_ARG(token[2].text)));
			at += 3;
		}
		words->at[words->count] = word;
		words->ends[words->count++] = at;
	}
}

static void take_until(struct parse *parse, size_t end)
{
	while (parse->at < end)
		parse_take(parse);
}

/* What follows the first COUNT words of NAME; NULL when they are not WORDS. */
static const char *behind_words(const char *name, const struct str *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = words[i].len;

		if (strncmp(name, words[i].at, len) || (name[len] && name[len] != ' '))
			return NULL;
		name += len + (name[len] == ' ');
	}
	return name;
}

/* The protocol that the next tokens name, in so many tokens: tcp, or tcp option. */
static const struct proto *find_proto(const struct parse *parse, size_t *ret_used)
{
	const struct token *token = parse_peek(parse);
	struct str words[2] = { token->text, parse_peek_second(parse)->text };

	if (token->kind != TOKEN_WORD)
		return NULL;
	if (token[1].kind == TOKEN_WORD) {
		*ret_used = 2;
		for (unsigned int i = 0; i < PROTO_COUNT; i++) {
			const char *rest = behind_words(field_protos[i].name, words, 2);

			if (rest && !*rest)
				return &field_protos[i];
		}
	}
	*ret_used = 1;
	return field_find_proto(token->text);
}

static struct ast_expr *new_field(struct parse *parse, const struct field *field,
				  enum proto_id tunnel, struct source_span span)
{
	struct ast_expr *expr = parse_new_expr(parse, AST_EXPR_FIELD,
					       source_join(span, parse_last_span(parse)));

	expr->field = field;
	expr->tunnel = tunnel;
	return expr;
}

/* --- mistakes --------------------------------------------------------------------------------- */

/* What can stand behind PROTO's name and is no field: `option` behind tcp, all behind vxlan. */
static void suggest_proto(const struct proto *proto, struct str_nearest *near)
{
	const struct str name = str_from(proto->name);

	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		const char *rest = behind_words(field_protos[i].name, &name, 1);

		if (rest && *rest)
			str_nearest_offer(near, rest);
	}
	if (proto->tunnel)
		field_suggest_proto(near);
}

/* Offers the next word of every field of PROTO that begins with COUNT of WORDS. */
static void suggest_word(struct parse *parse, const struct proto *proto, const struct str *words,
			 size_t count, struct str wrong, bool presence)
{
	struct str_nearest near = { .word = wrong };

	for (size_t i = 0; i < field_count; i++) {
		const char *names[] = { field_table[i].name, field_table[i].alias };

		for (size_t j = 0; j < 2 && field_proto(&field_table[i]) == proto; j++) {
			const char *rest = names[j] ? behind_words(names[j], words, count) : NULL;

			if (rest && *rest)
				str_nearest_offer(&near, arena_strdup(parse->arena, (struct str){
							  rest, strcspn(rest, " ") }));
		}
	}
	if (presence) {
		str_nearest_offer(&near, "exists");
		str_nearest_offer(&near, "missing");
	}
	if (!count)
		suggest_proto(proto, &near);
	parse_suggest(parse, &near);
}

/* "tcp option sack1": PROTO and the first COUNT of WORDS. */
static const char *name_so_far(struct parse *parse, const struct proto *proto,
			       const struct str *words, size_t count)
{
	const char *name = proto->name;

	for (size_t i = 0; i < count; i++)
		name = arena_printf(parse->arena, "%s %.*s", name, STR_ARG(words[i]));
	return name;
}

/* How many of WORDS begin a field's name. */
static size_t count_known(const struct proto *proto, const struct words *words)
{
	size_t known = 0;

	for (size_t i = 0; i < field_count; i++) {
		const char *names[] = { field_table[i].name, field_table[i].alias };

		for (size_t j = 0; j < 2 && field_proto(&field_table[i]) == proto; j++)
			while (names[j] && known < words->count &&
			       behind_words(names[j], words->at, known + 1))
				known++;
	}
	return known;
}

/* WORDS name no field of PROTO; SPAN is what stands before them. */
static void report_no_field(struct parse *parse, const struct proto *proto,
			    const struct words *words, struct source_span span)
{
	size_t known = count_known(proto, words);
	const char *name = name_so_far(parse, proto, words->at, known);
	const struct token *first = parse_peek(parse);
	struct str wrong;

	if (words->count) {
		const char *both = name_so_far(parse, proto, words->at, 1);

		span = source_join(span, first->span);
		if ((proto == &field_protos[PROTO_META] &&
		     parse_refuse(parse, REFUSE_PLACE_META, words->at[0], span)) ||
		    parse_refuse(parse, REFUSE_PLACE_FIELD, str_from(both), span))
			return;
	}
	if (known == words->count) {
		take_until(parse, known ? words->ends[known - 1] : parse->at);
		parse_unexpected(parse, arena_printf(parse->arena, "a field of '%s'", name));
		return;
	}
	wrong = words->at[known];
	take_until(parse, known ? words->ends[known - 1] : parse->at);
	diag_error(parse->diag, source_join(parse_peek(parse)->span,
					    parse->tokens[words->ends[known] - 1].span),
		   "'%s' has no field '%.*s'", name, STR_ARG(wrong));
	suggest_word(parse, proto, words->at, known, wrong, false);
}

/* All protocols that have a field NAME: "'tcp dport', 'udp dport'"; empty: none. */
static void list_fields_named(struct str name, struct buf *out)
{
	size_t listed = 0;

	for (size_t i = 0; i < field_count; i++) {
		if (!str_is(name, field_table[i].name))
			continue;
		if (listed++ == LISTED_MAX) {
			buf_puts(out, ", ...");
			return;
		}
		buf_printf(out, "%s'%s %s'", out->len ? ", " : "",
			   field_proto(&field_table[i])->name, field_table[i].name);
	}
}

/* A word that begins neither a field nor a statement. */
static void report_unknown(struct parse *parse, const struct token *token)
{
	static const char *const statements[] = {
		"accept", "drop", "continue", "return", "jump", "goto", "counter", "comment",
		"vmap",
	};
	struct str_nearest near = { .word = token->text };
	struct buf fields = BUF_INIT;

	if (parse_refuse(parse, REFUSE_PLACE_STMT, token->text, token->span))
		return;
	diag_error(parse->diag, token->span, "'%.*s' is neither a statement nor a field",
		   STR_ARG(token->text));
	list_fields_named(token->text, &fields);
	if (fields.len) {
		diag_help(parse->diag, "write the protocol before it: %s", fields.at);
		buf_free(&fields);
		return;
	}
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		str_nearest_offer(&near, statements[i]);
	field_suggest_proto(&near);
	for (size_t i = 0; i < field_count; i++)
		if (field_table[i].bare)
			str_nearest_offer(&near, field_table[i].name);
	parse_suggest_refused(REFUSE_PLACE_STMT, &near);
	parse_suggest(parse, &near);
}

/*
 * `tcp option maxseg sizze 5` would be the option's presence and a strange value: behind a presence
 * a word has to be one that can stand there.
 */
static bool check_presence(struct parse *parse, const struct field *field)
{
	static const char *const allowed[] = {
		"exists", "missing", "vmap", "map", "set",
	};
	const struct proto *proto = field_proto(field);
	struct str word = parse_peek(parse)->text, name = str_from(field->name);

	if (field->load != FIELD_LOAD_PRESENCE || !parse_is(parse, TOKEN_WORD) ||
	    parse_operator(parse) != TOKEN_WORD)
		return true;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (str_is(word, allowed[i]))
			return true;
	diag_error(parse->diag, parse_peek(parse)->span, "'%s %s' has no field '%.*s'",
		   proto->name, field->name, STR_ARG(word));
	suggest_word(parse, proto, &name, 1, word, true);
	return false;
}

/* --- fields by their place -------------------------------------------------------------------- */

/* , OFFSET , LENGTH in bits */
static bool parse_bits(struct parse *parse, uint64_t offset_max, uint16_t *ret_off,
		       uint16_t *ret_len)
{
	uint64_t off, len;

	if (!parse_expect(parse, TOKEN_COMMA) ||
	    !parse_number(parse, "the offset in bits", offset_max, &off) ||
	    !parse_expect(parse, TOKEN_COMMA) ||
	    !parse_number(parse, "the length in bits", FIELD_RAW_BITS, &len))
		return false;
	if (!len) {
		diag_error(parse->diag, parse_last_span(parse), "the length in bits is 0");
		return false;
	}
	if (off + len > RAW_BITS) {
		diag_error(parse->diag, parse_last_span(parse),
			   "the field ends behind bit %u, the last that can be matched",
			   RAW_BITS - 1);
		return false;
	}
	*ret_off = (uint16_t)off;
	*ret_len = (uint16_t)len;
	return true;
}

/* @BASE,OFFSET,LENGTH */
static struct ast_expr *parse_raw(struct parse *parse)
{
	static const struct {
		const char *word;
		enum field_base base;
	} bases[] = {
		{ "ll", FIELD_BASE_LINK }, { "nh", FIELD_BASE_NETWORK },
		{ "th", FIELD_BASE_TRANSPORT }, { "ih", FIELD_BASE_PAYLOAD },
	};
	struct source_span span = parse_take(parse)->span;
	uint16_t off, len;

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (!parse_accept_word(parse, bases[i].word))
			continue;
		if (!parse_bits(parse, UINT16_MAX, &off, &len))
			return NULL;
		return new_field(parse, field_make_raw(parse->arena, bases[i].base, 0,
						       FIELD_LOAD_HEADER, off, len),
				 PROTO_META, span);
	}
	parse_unexpected(parse, "'ll', 'nh', 'th' or 'ih'");
	if (parse_is(parse, TOKEN_WORD) && parse_peek_second(parse)->kind != TOKEN_COMMA)
		diag_help(parse->diag, "a set stands behind a field: ip saddr @%.*s",
			  STR_ARG(parse_peek(parse)->text));
	return NULL;
}

/* Other names that nft's scanner has for TCP options; each option's rows know one. */
static struct str option_alias(struct str word)
{
	static const struct {
		const char *alias, *name;
	} aliases[] = {
		{ "noop", "nop" }, { "echo", "timestamp" }, { "sack0", "sack" },
		{ "sack1", "sack" }, { "sack2", "sack" }, { "sack3", "sack" },
	};

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (str_is(word, aliases[i].alias))
			return str_from(aliases[i].name);
	return word;
}

/* The row of a place in a TCP option, or a field of its own. */
static const struct field *find_option(struct parse *parse, uint8_t kind, enum field_load load,
				       uint16_t off, uint16_t len)
{
	for (size_t i = 0; i < field_count; i++) {
		const struct field *field = &field_table[i];

		if (field->proto != PROTO_TCP_OPTION || field->number != kind ||
		    field->load != load)
			continue;
		if (load == FIELD_LOAD_PRESENCE || (field->bit_off == off && field->bit_len == len))
			return field;
	}
	return field_make_raw(parse->arena, FIELD_BASE_TCP_OPTION, kind, load, off, len);
}

static const struct field *find_option_name(struct str word)
{
	size_t used;
	const struct field *field = field_find_words(&field_protos[PROTO_TCP_OPTION], &word, 1,
						     &used);

	return field && field->load == FIELD_LOAD_PRESENCE ? field : NULL;
}

/* KIND or a name of one */
static bool parse_option_kind(struct parse *parse, uint64_t *ret_kind)
{
	const struct field *field = NULL;

	if (parse_is(parse, TOKEN_WORD))
		field = find_option_name(option_alias(parse_peek(parse)->text));
	if (!field)
		return parse_number(parse, "the kind of a TCP option", UINT8_MAX, ret_kind);
	parse_take(parse);
	*ret_kind = field->number;
	return true;
}

/* tcp option KIND; tcp option KIND length; tcp option @KIND,OFFSET,LENGTH */
static struct ast_expr *parse_option_number(struct parse *parse, struct source_span span)
{
	enum field_load load = FIELD_LOAD_PRESENCE;
	const struct field *field;
	uint16_t off = 0, len = 8;
	uint64_t kind;

	if (parse_accept(parse, TOKEN_AT)) {
		load = FIELD_LOAD_HEADER;
		if (!parse_option_kind(parse, &kind) ||
		    !parse_bits(parse, OPTION_BITS, &off, &len))
			return NULL;
	} else if (!parse_number(parse, "the kind of a TCP option", UINT8_MAX, &kind)) {
		return NULL;
	} else if (kind > 1 && parse_accept_word(parse, "length")) {
		load = FIELD_LOAD_HEADER;	/* options 0 and 1 have none */
		off = 8;
	}
	field = find_option(parse, (uint8_t)kind, load, off, len);
	return check_presence(parse, field) ? new_field(parse, field, PROTO_META, span) : NULL;
}

/* --- fields by name --------------------------------------------------------------------------- */

static const struct field *find_field(const struct proto *proto, const struct words *words,
				      size_t *ret_end)
{
	struct words other = *words;
	const struct field *field;
	size_t used;

	field = field_find_words(proto, words->at, words->count, &used);
	if (!field && proto == &field_protos[PROTO_TCP_OPTION] && words->count) {
		other.at[0] = option_alias(words->at[0]);
		field = field_find_words(proto, other.at, other.count, &used);
	}
	if (field)
		*ret_end = words->ends[used - 1];
	return field;
}

/* What can be written behind a tunnel's name: headers only, as the kernel reads nothing else. */
static bool check_inner(struct parse *parse, const struct proto *tunnel, const struct proto *inner,
			struct source_span span)
{
	const char *why = NULL;

	if (inner->tunnel)
		why = "only one tunnel can be named";
	else if (inner->base != FIELD_BASE_LINK && inner->base != FIELD_BASE_NETWORK &&
		 inner->base != FIELD_BASE_TRANSPORT)
		why = "the kernel reads only the headers inside a tunnel";
	else if (!tunnel->tunnel_ether &&
		 (inner->base == FIELD_BASE_LINK || inner == &field_protos[PROTO_ARP]))
		why = "GRE carries an IP packet here; for Ethernet inside write 'gretap'";
	if (!why)
		return true;
	diag_error(parse->diag, span, "'%s' cannot be matched inside '%s'", inner->name,
		   tunnel->name);
	diag_help(parse->diag, "%s", why);
	return false;
}

static struct ast_expr *parse_named(struct parse *parse, const struct proto *proto,
				    enum proto_id tunnel, struct source_span span)
{
	const struct field *field;
	struct words words;
	size_t end;

	look_words(parse, &words);
	field = find_field(proto, &words, &end);
	if (!field) {
		report_no_field(parse, proto, &words, span);
		return NULL;
	}
	take_until(parse, end);
	if (!check_presence(parse, field))
		return NULL;
	return new_field(parse, field, tunnel, span);
}

/* A field of the tunnel's own header, or of a header inside it. */
static struct ast_expr *parse_tunnel(struct parse *parse, const struct proto *tunnel,
				     struct source_span span)
{
	const struct proto *inner;
	struct words words;
	size_t used, end;

	look_words(parse, &words);
	inner = find_proto(parse, &used);
	if (!inner || find_field(tunnel, &words, &end))
		return parse_named(parse, tunnel, PROTO_META, span);
	take_until(parse, parse->at + used);
	if (!check_inner(parse, tunnel, inner, source_join(span, parse_last_span(parse))))
		return NULL;
	return parse_named(parse, inner, (enum proto_id)(tunnel - field_protos), span);
}

/* `ipsec in reqid 1` is no match of `meta ipsec`. */
static bool refuse_state(struct parse *parse, const struct token *token)
{
	struct str word = token[1].text;

	if (!str_is(token->text, "ipsec") || token[1].kind != TOKEN_WORD)
		return false;
	return (str_is(word, "in") &&
		parse_refuse(parse, REFUSE_PLACE_STMT, str_from("ipsec in"), token->span)) ||
	       (str_is(word, "out") &&
		parse_refuse(parse, REFUSE_PLACE_STMT, str_from("ipsec out"), token->span));
}

bool parse_begins_field(const struct parse *parse)
{
	size_t used;

	return parse_is(parse, TOKEN_AT) || find_proto(parse, &used) ||
	       (parse_is(parse, TOKEN_WORD) && field_find_bare(parse_peek(parse)->text));
}

struct ast_expr *parse_field(struct parse *parse)
{
	const struct token *token = parse_peek(parse);
	const struct proto *proto;
	const struct field *field;
	size_t used;

	if (token->kind == TOKEN_AT)
		return parse_raw(parse);
	if (token->kind != TOKEN_WORD) {
		parse_unexpected(parse, "a statement");
		if (token->kind == TOKEN_COMMA || token->kind == TOKEN_DASH ||
		    token->kind == TOKEN_SLASH)
			diag_help(parse->diag, "several ranges or prefixes stand in braces: "
				  "{ a, b }");
		return NULL;
	}
	if (refuse_state(parse, token))
		return NULL;
	proto = find_proto(parse, &used);
	field = field_find_bare(token->text);
	if (!proto && field) {
		parse_take(parse);
		return new_field(parse, field, PROTO_META, token->span);
	}
	if (!proto) {
		report_unknown(parse, token);
		return NULL;
	}
	take_until(parse, parse->at + used);
	if (proto->tunnel)
		return parse_tunnel(parse, proto, token->span);
	if (proto == &field_protos[PROTO_TCP_OPTION] &&
	    (parse_is(parse, TOKEN_NUMBER) || parse_is(parse, TOKEN_AT)))
		return parse_option_number(parse, token->span);
	return parse_named(parse, proto, PROTO_META, token->span);
}

bool parse_check_value(struct parse *parse, const struct ast_expr *left,
		       const struct ast_expr *right)
{
	const struct token *token = parse_peek(parse);
	const struct proto *proto;
	struct words words;
	size_t end, count = 1;

	if (right->kind != AST_EXPR_LITERAL || right->token.kind != TOKEN_WORD ||
	    token->kind != TOKEN_WORD || field_find_proto(token->text) ||
	    parse_begins_verdict(parse))
		return true;
	look_words(parse, &words);
	proto = field_find_proto(right->token.text);
	if (!proto || !find_field(proto, &words, &end))
		return true;
	while (words.ends[count - 1] < end)
		count++;
	diag_error(parse->diag, source_join(right->span, parse->tokens[end - 1].span),
		   "expected a value, found the field '%s'",
		   name_so_far(parse, proto, words.at, count));
	if (left->kind == AST_EXPR_FIELD && left->field->select != FIELD_SELECT_NOTHING)
		diag_help(parse->diag, "to match both, write '%s %s %.*s'", proto->name,
			  proto->name, STR_ARG(token->text));
	else
		diag_help(parse->diag, "two fields cannot be compared with each other");
	return false;
}
