/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_sample: packets of a kind: what all of that kind have in common is known, the rest is not.
 *
 * In: the kind, with or without a tag.  Out: a frame of which each bit is known or not, and from
 * it what a part of a key reads.  A value is known when each bit that the part's mask lets through
 * is.  Nothing is read behind the frame: what is there is not known.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/warn_parts.h"

#define TAG_BYTES 4
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define ICMPV6_ND_SOLICIT 135		/* RFC 4861 */
#define ICMPV6_ND_ADVERT 136
#define ARP_REQUEST 1			/* RFC 826 */
#define ARP_REPLY 2
/* From the server's port to the client's: RFC 2131, 8415 */
#define DHCP_FROM 67
#define DHCP_TO 68
#define DHCPV6_FROM 547
#define DHCPV6_TO 546

static void put(struct warn_sample *sample, size_t offset, uint32_t value, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; value >>= 8) {
		sample->bytes[offset + i] = (uint8_t)value;
		sample->known[offset + i] = 0xff;
	}
	if (offset + bytes > sample->len)
		sample->len = offset + bytes;
}

/* Only the upper four bits of a byte. */
static void put_version(struct warn_sample *sample, uint8_t version)
{
	sample->bytes[sample->network] = (uint8_t)(version << 4);
	sample->known[sample->network] = 0xf0;
}

static void put_link(struct warn_sample *sample, uint16_t protocol, bool tagged)
{
	sample->network = ETH_HLEN;
	if (tagged) {
		put(sample, ETH_HLEN - 2, ETH_P_8021Q, 2);
		sample->network += TAG_BYTES;
	}
	put(sample, sample->network - 2, protocol, 2);
	sample->protocol = protocol;
}

static void put_arp(struct warn_sample *sample, uint16_t operation)
{
	put(sample, sample->network, 1, 2);
	put(sample, sample->network + 2, ETH_P_IP, 2);
	put(sample, sample->network + 4, ETH_ALEN, 1);
	put(sample, sample->network + 5, 4, 1);
	put(sample, sample->network + 6, operation, 2);
	sample->l4 = WARN_MISSING;
}

/* Behind a header without options. */
static void put_l4(struct warn_sample *sample, uint8_t l4proto)
{
	bool ipv4 = sample->protocol == ETH_P_IP;

	if (ipv4)
		put(sample, sample->network, 0x45, 1);
	put(sample, sample->network + (ipv4 ? 9 : 6), l4proto, 1);
	sample->l4 = WARN_KNOWN;
	sample->l4proto = l4proto;
	sample->has_transport = true;
	sample->transport = sample->network + (ipv4 ? IPV4_BYTES : IPV6_BYTES);
}

static void put_ports(struct warn_sample *sample, uint16_t from, uint16_t to)
{
	put_l4(sample, IPPROTO_UDP);
	put(sample, sample->transport, from, 2);
	put(sample, sample->transport + 2, to, 2);
}

static void put_discovery(struct warn_sample *sample, uint8_t type)
{
	put_l4(sample, IPPROTO_ICMPV6);
	put(sample, sample->network + 7, 255, 1);
	put(sample, sample->transport, type, 1);
	put(sample, sample->transport + 1, 0, 1);
}

void warn_sample_make(enum warn_sample_kind kind, bool tagged, struct warn_sample *ret_sample)
{
	static const uint16_t protocols[] = {
		[WARN_SAMPLE_IPV4] = ETH_P_IP,
		[WARN_SAMPLE_IPV6] = ETH_P_IPV6,
		[WARN_SAMPLE_ARP_REQUEST] = ETH_P_ARP,
		[WARN_SAMPLE_ARP_REPLY] = ETH_P_ARP,
		[WARN_SAMPLE_ND_SOLICIT] = ETH_P_IPV6,
		[WARN_SAMPLE_ND_ADVERT] = ETH_P_IPV6,
		[WARN_SAMPLE_DHCP_REPLY] = ETH_P_IP,
		[WARN_SAMPLE_DHCPV6_REPLY] = ETH_P_IPV6,
	};
	struct warn_sample sample = { .l4 = WARN_UNKNOWN };

	put_link(&sample, protocols[kind], tagged);
	if (sample.protocol != ETH_P_ARP)
		put_version(&sample, sample.protocol == ETH_P_IP ? 4 : 6);
	switch (kind) {
	case WARN_SAMPLE_ARP_REQUEST:
	case WARN_SAMPLE_ARP_REPLY:
		put_arp(&sample, kind == WARN_SAMPLE_ARP_REQUEST ? ARP_REQUEST : ARP_REPLY);
		break;
	case WARN_SAMPLE_ND_SOLICIT:
	case WARN_SAMPLE_ND_ADVERT:
		put_discovery(&sample, kind == WARN_SAMPLE_ND_SOLICIT ? ICMPV6_ND_SOLICIT :
									ICMPV6_ND_ADVERT);
		break;
	case WARN_SAMPLE_DHCP_REPLY:
		put_ports(&sample, DHCP_FROM, DHCP_TO);
		break;
	case WARN_SAMPLE_DHCPV6_REPLY:
		put_ports(&sample, DHCPV6_FROM, DHCPV6_TO);
		break;
	case WARN_SAMPLE_IPV4:
	case WARN_SAMPLE_IPV6:
	case WARN_SAMPLE_COUNT:
		break;
	}
	*ret_sample = sample;
}

/* The value and which of its bits are known. */
static enum warn_known load_bits(const struct warn_sample *sample, const struct ir_load *load,
				 u128 *ret_value, u128 *ret_known)
{
	unsigned int bit = field_base_bit(load->field, load->depth);
	size_t start = 0;

	switch (field_base_of(load->field)) {
	case FIELD_BASE_LINK:
		/* Without a tag there is no tag to read, whatever stands there. */
		if (load->field->proto == PROTO_VLAN && sample->network == ETH_HLEN)
			return WARN_MISSING;
		break;
	case FIELD_BASE_NETWORK:
		start = sample->network;
		break;
	case FIELD_BASE_TRANSPORT:
		if (sample->l4 == WARN_MISSING)
			return WARN_MISSING;
		if (!sample->has_transport)
			return WARN_UNKNOWN;
		start = sample->transport;
		break;
	case FIELD_BASE_META:
	case FIELD_BASE_PAYLOAD:
	case FIELD_BASE_TUNNEL:
	case FIELD_BASE_EXTENSION:
	case FIELD_BASE_IP_OPTION:
	case FIELD_BASE_TCP_OPTION:
	case FIELD_BASE_SCTP_CHUNK:
	case FIELD_BASE_COUNT:
		return WARN_UNKNOWN;
	}
	for (unsigned int i = bit; i < bit + load->field->bit_len; i++) {
		size_t at = start + i / 8;
		bool within = at < sample->len;

		*ret_value = *ret_value << 1 | (within && sample->bytes[at] >> (7 - i % 8) & 1);
		*ret_known = *ret_known << 1 | (within && sample->known[at] >> (7 - i % 8) & 1);
	}
	return WARN_KNOWN;
}

static enum warn_known load_meta(const struct warn_sample *sample, const struct ir_load *load,
				 u128 *ret_value)
{
	switch (load->field->load) {
	case FIELD_LOAD_PROTOCOL:
		*ret_value = sample->protocol;
		return WARN_KNOWN;
	case FIELD_LOAD_L4PROTO:
		*ret_value = sample->l4proto;
		return sample->l4;
	case FIELD_LOAD_NFPROTO:
		*ret_value = sample->protocol == ETH_P_IP ? 2 : 10;
		return sample->protocol == ETH_P_ARP ? WARN_UNKNOWN : WARN_KNOWN;
	case FIELD_LOAD_ZERO:
		*ret_value = 0;
		return WARN_KNOWN;
	case FIELD_LOAD_NEVER:
		return WARN_MISSING;
	case FIELD_LOAD_HEADER:
	case FIELD_LOAD_PRESENCE:
	case FIELD_LOAD_LENGTH:
	case FIELD_LOAD_IFNAME:
	case FIELD_LOAD_IFTYPE:
	case FIELD_LOAD_IFGROUP:
	case FIELD_LOAD_PKTTYPE:
	case FIELD_LOAD_CPU:
	case FIELD_LOAD_RANDOM:
	case FIELD_LOAD_TIME:
	case FIELD_LOAD_DAY:
	case FIELD_LOAD_HOUR:
		break;
	}
	return WARN_UNKNOWN;
}

enum warn_known warn_sample_load(const struct warn_sample *sample, const struct ir *ir,
				 const struct ir_part *part, u128 *ret_value)
{
	const struct ir_load *load = &ir->loads.at[part->load];
	struct ir_part bare = { part->load, part->shift, ~(u128)0, 0 };
	u128 value = 0, known = 0, unknown;
	enum warn_known what;

	if (load->tunnel != PROTO_META) {
		what = WARN_UNKNOWN;
	} else if (load->field->load == FIELD_LOAD_HEADER) {
		what = load_bits(sample, load, &value, &known);
	} else {
		what = load_meta(sample, load, &value);
		known = u128_max(load->field->bit_len);
	}
	if (what == WARN_MISSING)
		return what;
	if (what == WARN_UNKNOWN)
		known = 0;
	unknown = ir_part_apply(ir, &bare, ~known & u128_max(load->field->bit_len));
	*ret_value = ir_part_apply(ir, part, value);
	/* A load that may fail is not known, even if no bit of it counts. */
	return unknown & part->mask || (!part->mask && what == WARN_UNKNOWN &&
					load->field->load != FIELD_LOAD_NFPROTO) ?
		       WARN_UNKNOWN : WARN_KNOWN;
}
