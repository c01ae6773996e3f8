/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * u128: the one integer every header value fits in.
 *
 * A value is kept as the number its network-order bytes spell, whatever the
 * byte order the kernel keeps the field in: comparing two values is comparing
 * two numbers.  An interface name (16 bytes, zero padded) is such a number too.
 */
#ifndef XDPFW_BASE_U128_H
#define XDPFW_BASE_U128_H

#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 u128;

/* The largest value of a field of BITS bits (1 to 128). */
static inline u128 u128_max(unsigned int bits)
{
	return bits >= 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

/* The number that LEN (0 to 16) network-order bytes spell. */
static inline u128 u128_from_bytes(const uint8_t *bytes, size_t len)
{
	u128 value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The reverse: VALUE as LEN network-order bytes. */
static inline void u128_to_bytes(u128 value, uint8_t *ret_bytes, size_t len)
{
	while (len--) {
		ret_bytes[len] = (uint8_t)value;
		value >>= 8;
	}
}

/* LEN one bits at the top of a field of BITS bits: the mask of a prefix. */
static inline u128 u128_prefix_mask(unsigned int bits, unsigned int len)
{
	return u128_max(bits) ^ (len >= bits ? 0 : u128_max(bits - len));
}

#endif
