/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type: reads and prints single values of nft's data types.
 *
 * Input: the text of one token and the type it has to have.  Output: the value as a number (see
 * u128.h), or its text.  The tables of types are in type_symbols.c.
 *
 * Safety: a text is never trusted to be short, NUL-terminated or printable: every conversion
 * works on a bounded copy, and a number is checked against the width before it is returned.
 * Host names are never resolved; what is asked of the host are the names of services, users and
 * groups, as nft does.
 */
#include <arpa/inet.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdint.h>

#include "compiler/type.h"
#include "compiler/type_time.h"

/* Longer texts are not a value of any type; holds every IPv6 address and service name. */
#define MAX_TEXT 128

#define IFNAME_BYTES 16			/* IFNAMSIZ, the NUL included */

const struct type *type_find(struct str name)
{
	for (const struct type *const *type = type_all; *type; type++) {
		if (str_is(name, (*type)->name))
			return *type;
	}
	return NULL;
}

/* -1: no digit of base 16 or less. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum type_parsed found(u128 lo, u128 hi, u128 *ret_lo, u128 *ret_hi)
{
	*ret_lo = lo;
	*ret_hi = hi;
	return lo == hi ? TYPE_PARSED_VALUE : TYPE_PARSED_RANGE;
}

/* Decimal, 0x hexadecimal, and octal with a leading 0, as in C and nft. */
static enum type_parsed parse_number(struct str text, unsigned int bits, u128 *ret_value)
{
	unsigned int base = 10;
	u128 value = 0, max = u128_max(bits);
	bool too_big = false;
	size_t i = 0;

	if (text.len > 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'X')) {
		base = 16;
		i = 2;
	} else if (text.len > 1 && text.at[0] == '0') {
		base = 8;
		i = 1;
	}
	if (i == text.len)
		return TYPE_PARSED_UNKNOWN;
	for (; i < text.len; i++) {
		int digit = digit_value(text.at[i]);

		if (digit < 0 || (unsigned int)digit >= base)
			return TYPE_PARSED_UNKNOWN;
		if (value > (max - (unsigned int)digit) / base || (unsigned int)digit > max)
			too_big = true;
		else
			value = value * base + (unsigned int)digit;
	}
	if (too_big)
		return TYPE_PARSED_TOO_BIG;
	*ret_value = value;
	return TYPE_PARSED_VALUE;
}

/* A NUL-terminated copy of TEXT; false when it has no place there or holds a NUL or a space. */
static bool copy_word(struct str text, char *ret_word, size_t size)
{
	if (!text.len || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] <= ' ')
			return false;
	}
	memcpy(ret_word, text.at, text.len);
	ret_word[text.len] = '\0';
	return true;
}

static bool parse_symbol(const struct type *type, struct str text, u128 *ret_value)
{
	const struct type_symbol *symbol;

	if (!type->symbols)
		return false;
	for (symbol = type->symbols; symbol->name; symbol++) {
		if (str_is(text, symbol->name)) {
			*ret_value = symbol->value;
			return true;
		}
	}
	return false;
}

/* The protocols in the order in which nft's getaddrinfo() tries them. */
static bool parse_service(struct str text, u128 *ret_value)
{
	static const char *const protocols[] = { "tcp", "udp", "dccp", "udplite", "sctp" };
	char name[MAX_TEXT], buffer[4096];

	if (!copy_word(text, name, sizeof(name)))
		return false;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		struct servent entry, *result = NULL;

		if (!getservbyname_r(name, protocols[i], &entry, buffer, sizeof(buffer),
				     &result) && result) {
			*ret_value = ntohs((uint16_t)result->s_port);
			return true;
		}
	}
	return false;
}

static bool parse_user(struct str text, u128 *ret_value)
{
	char name[MAX_TEXT], buffer[4096];
	struct passwd entry, *result = NULL;

	if (!copy_word(text, name, sizeof(name)) ||
	    getpwnam_r(name, &entry, buffer, sizeof(buffer), &result) || !result)
		return false;
	*ret_value = result->pw_uid;
	return true;
}

static bool parse_group(struct str text, u128 *ret_value)
{
	char name[MAX_TEXT], buffer[4096];
	struct group entry, *result = NULL;

	if (!copy_word(text, name, sizeof(name)) ||
	    getgrnam_r(name, &entry, buffer, sizeof(buffer), &result) || !result)
		return false;
	*ret_value = result->gr_gid;
	return true;
}

/* As inet_aton() reads it: nft takes `ip saddr 1` for 0.0.0.1 and octal parts too. */
static bool parse_ipv4(struct str text, u128 *ret_value)
{
	char word[MAX_TEXT];
	struct in_addr address;

	if (!copy_word(text, word, sizeof(word)) || !inet_aton(word, &address))
		return false;
	*ret_value = ntohl(address.s_addr);
	return true;
}

static bool parse_ipv6(struct str text, u128 *ret_value)
{
	char word[MAX_TEXT];
	struct in6_addr address;

	if (!copy_word(text, word, sizeof(word)) || inet_pton(AF_INET6, word, &address) != 1)
		return false;
	*ret_value = u128_from_bytes(address.s6_addr, sizeof(address.s6_addr));
	return true;
}

/*
 * Six bytes of one or two hexadecimal digits.  Like nft, one byte alone is the address's last
 * (and hexadecimal too: `ether saddr 10` is 00:00:00:00:00:10).
 */
static bool parse_mac(struct str text, u128 *ret_value)
{
	unsigned int bytes = 1, digits = 0;
	u128 value = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_value(text.at[i]);

		if (text.at[i] == ':' && digits) {
			bytes++;
			digits = 0;
			value <<= 8;
		} else if (digit >= 0 && digits < 2) {
			digits++;
			value = (value & ~(u128)0xff) | ((value & 0xf) << 4) | (unsigned int)digit;
		} else {
			return false;
		}
		if (bytes > 6)
			return false;
	}
	if (!digits || (bytes != 6 && bytes != 1))
		return false;
	*ret_value = value;
	return true;
}

/*
 * "eth0" is the name; "eth*" is every name that begins so; "eth\*" is the name eth*.  No text is
 * longer than 15 bytes, star and backslash counted, as in nft.  WILD is false for iif, which
 * names one device.
 */
static enum type_parsed parse_ifname(struct str text, bool wild, u128 *ret_lo, u128 *ret_hi)
{
	uint8_t lo[IFNAME_BYTES] = { 0 }, hi[IFNAME_BYTES];
	bool star = text.len && text.at[text.len - 1] == '*';
	bool escaped = star && text.len > 1 && text.at[text.len - 2] == '\\';

	if (!text.len || text.len >= IFNAME_BYTES || memchr(text.at, '\0', text.len))
		return TYPE_PARSED_UNKNOWN;
	if (star && !escaped && (text.len == 1 || !wild))
		return TYPE_PARSED_UNKNOWN;
	memcpy(lo, text.at, text.len - star - escaped);
	if (escaped)
		lo[text.len - 2] = '*';
	memcpy(hi, lo, sizeof(hi));
	if (star && !escaped)
		memset(hi + text.len - 1, 0xff, sizeof(hi) - (text.len - 1));
	return found(u128_from_bytes(lo, sizeof(lo)), u128_from_bytes(hi, sizeof(hi)),
		     ret_lo, ret_hi);
}

/* Names that the host knows. */
static bool parse_host_name(const struct type *type, struct str text, u128 *ret_value)
{
	if (type == &type_inet_service)
		return parse_service(text, ret_value);
	if (type == &type_uid)
		return parse_user(text, ret_value);
	return type == &type_gid && parse_group(text, ret_value);
}

/* A symbolic constant, a number, or a name that the host knows. */
static enum type_parsed parse_constant(const struct type *type, unsigned int bits,
				       struct str text, u128 *ret_value)
{
	enum type_parsed parsed;

	if (parse_symbol(type, text, ret_value))
		return TYPE_PARSED_VALUE;
	parsed = parse_number(text, bits, ret_value);
	if (parsed == TYPE_PARSED_UNKNOWN && parse_host_name(type, text, ret_value))
		return TYPE_PARSED_VALUE;
	return parsed;
}

/* "1:2" or "1:", hexadecimal. */
static bool parse_classid(struct str text, u128 *ret_value)
{
	const char *colon = memchr(text.at, ':', text.len);
	struct str major, minor;
	u128 value = 0;

	if (!colon)
		return false;
	major = (struct str){ text.at, (size_t)(colon - text.at) };
	minor = (struct str){ colon + 1, text.len - major.len - 1 };
	if (!major.len || major.len > 4 || minor.len > 4)
		return false;
	for (size_t i = 0; i < major.len + minor.len; i++) {
		int digit = digit_value(i < major.len ? major.at[i] : minor.at[i - major.len]);

		if (digit < 0)
			return false;
		if (i == major.len)
			value <<= 16;
		value = (value & ~(u128)0xffff) | ((value & 0xfff) << 4) | (unsigned int)digit;
	}
	*ret_value = minor.len ? value : value << 16;
	return true;
}

/* iif takes no number: the number of a device is no property of the ruleset. */
static enum type_parsed parse_device(const struct type *type, struct str text, u128 *ret_lo,
				     u128 *ret_hi)
{
	u128 number;

	if (type == &type_iface_index && parse_number(text, 128, &number) != TYPE_PARSED_UNKNOWN)
		return TYPE_PARSED_UNKNOWN;
	return parse_ifname(text, type != &type_iface_index, ret_lo, ret_hi);
}

enum type_parsed type_parse(const struct type *type, unsigned int bits, struct str text,
			    u128 *ret_lo, u128 *ret_hi)
{
	enum type_parsed parsed = TYPE_PARSED_UNKNOWN;
	u128 value = 0;
	bool ok = false;

	switch (type->form) {
	case TYPE_FORM_DECIMAL:
	case TYPE_FORM_HEX:
		parsed = parse_constant(type, bits, text, &value);
		ok = parsed == TYPE_PARSED_VALUE;
		break;
	case TYPE_FORM_IPV4:
		ok = parse_ipv4(text, &value);
		break;
	case TYPE_FORM_IPV6:
		ok = parse_ipv6(text, &value);
		break;
	case TYPE_FORM_MAC:
		ok = parse_mac(text, &value);
		break;
	case TYPE_FORM_IFNAME:
		return parse_device(type, text, ret_lo, ret_hi);
	case TYPE_FORM_CLASSID:
		ok = parse_classid(text, &value) || parse_symbol(type, text, &value);
		if (!ok) {
			parsed = parse_number(text, bits, &value);
			ok = parsed == TYPE_PARSED_VALUE;
		}
		break;
	case TYPE_FORM_TIME:
		ok = type_parse_date(text, &value);
		if (!ok) {
			parsed = parse_number(text, bits, &value);
			ok = parsed == TYPE_PARSED_VALUE;
			value *= TYPE_NS_PER_SECOND;
		}
		break;
	case TYPE_FORM_HOUR:
		ok = type_parse_hour(text, &value);
		if (!ok) {
			parsed = parse_number(text, bits, &value);
			ok = parsed == TYPE_PARSED_VALUE;
		}
		break;
	}
	if (!ok)
		return parsed;
	if (value > u128_max(bits))
		return TYPE_PARSED_TOO_BIG;
	return found(value, value, ret_lo, ret_hi);
}

void type_suggest(const struct type *type, struct str_nearest *near)
{
	const struct type_symbol *symbol;

	if (!type->symbols)
		return;
	for (symbol = type->symbols; symbol->name; symbol++)
		str_nearest_offer(near, symbol->name);
}

static const char *find_symbol(const struct type *type, u128 value)
{
	const struct type_symbol *symbol;

	if (!type->symbols)
		return NULL;
	for (symbol = type->symbols; symbol->name; symbol++) {
		if (symbol->value == value)
			return symbol->name;
	}
	return NULL;
}

static void print_decimal(u128 value, struct buf *out)
{
	char digits[40], *at = digits + sizeof(digits);

	*--at = '\0';
	do {
		*--at = (char)('0' + (unsigned int)(value % 10));
		value /= 10;
	} while (value);
	buf_puts(out, at);
}

/* At least WIDTH digits. */
static void print_hex(u128 value, unsigned int width, struct buf *out)
{
	char digits[40], *at = digits + sizeof(digits);

	*--at = '\0';
	for (unsigned int count = 0; value || count < width; count++) {
		*--at = "0123456789abcdef"[(unsigned int)(value & 0xf)];
		value >>= 4;
	}
	buf_puts(out, "0x");
	buf_puts(out, at);
}

static void print_address(int family, u128 value, size_t len, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	u128_to_bytes(value, bytes, len);
	if (inet_ntop(family, bytes, text, sizeof(text)))
		buf_puts(out, text);
}

static void print_mac(u128 value, struct buf *out)
{
	uint8_t bytes[6];

	u128_to_bytes(value, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_printf(out, "%s%.2x", i ? ":" : "", bytes[i]);
}

/* A name that ends in a star is written with a backslash, or it would read as a prefix. */
static void print_ifname(u128 value, struct buf *out)
{
	char name[IFNAME_BYTES + 1] = "";
	size_t len;

	u128_to_bytes(value, (uint8_t *)name, IFNAME_BYTES);
	len = strlen(name);
	if (len && name[len - 1] == '*')
		buf_printf(out, "\"%.*s\\*\"", (int)len - 1, name);
	else
		buf_printf(out, "\"%s\"", name);
}

void type_print_number(const struct type *type, unsigned int bits, u128 value, struct buf *out)
{
	if (type->form == TYPE_FORM_HEX)
		print_hex(value, type->bitmask ? 1 : (bits + 3) / 4, out);
	else
		print_decimal(value, out);
}

void type_print_flags(const struct type *type, unsigned int bits, u128 value,
		      const char *separator, struct buf *out)
{
	u128 rest = value;

	for (unsigned int bit = 0; bit < bits; bit++) {
		u128 flag = (u128)1 << bit;
		const char *name = find_symbol(type, flag);

		if (!(value & flag))
			continue;
		if (rest != value)
			buf_puts(out, separator);
		if (name)
			buf_puts(out, name);
		else
			type_print_number(type, bits, flag, out);
		rest &= ~flag;
	}
	if (!value)
		type_print_number(type, bits, value, out);
}

void type_print(const struct type *type, unsigned int bits, u128 value, struct buf *out)
{
	const char *name = find_symbol(type, value);

	switch (type->form) {
	case TYPE_FORM_DECIMAL:
	case TYPE_FORM_HEX:
		if (name)
			buf_printf(out, type->quoted ? "\"%s\"" : "%s", name);
		else if (type->bitmask)
			type_print_flags(type, bits, value, ",", out);
		else
			type_print_number(type, bits, value, out);
		break;
	case TYPE_FORM_IPV4:
		print_address(AF_INET, value, 4, out);
		break;
	case TYPE_FORM_IPV6:
		print_address(AF_INET6, value, 16, out);
		break;
	case TYPE_FORM_MAC:
		print_mac(value, out);
		break;
	case TYPE_FORM_IFNAME:
		print_ifname(value, out);
		break;
	case TYPE_FORM_CLASSID:
		if (name)
			buf_puts(out, name);
		else
			buf_printf(out, "%x:%x", (unsigned int)(value >> 16) & 0xffff,
				   (unsigned int)value & 0xffff);
		break;
	case TYPE_FORM_TIME:
		type_print_date(value, out);
		break;
	case TYPE_FORM_HOUR:
		type_print_hour(value, out);
		break;
	}
}
