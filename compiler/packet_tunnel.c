/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_tunnel: VXLAN, Geneve and GRE headers, and the packet inside.
 *
 * In: goals that speak of the inside of a tunnel, behind a transport header that carries it.
 * Out: the tunnel's own header, of any length it may have, and one packet more.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "compiler/packet_parts.h"

#define VXLAN_PORT 4789			/* RFC 7348 */
#define GENEVE_PORT 6081		/* RFC 8926 */

uint8_t packet_tunnel_l4proto(enum proto_id tunnel)
{
	return tunnel == PROTO_GRE || tunnel == PROTO_GRETAP ? IPPROTO_GRE : IPPROTO_UDP;
}

/* The destination port is usual; goals may say another. */
static void put_port(struct packet_layers *layers, uint16_t port)
{
	uint8_t *udp = layers->frame->bytes + layers->frame->len - 8;

	if (!packet_random_one_in(layers->random, 8))
		packet_put_short(udp + 2, port);
}

static void put_vxlan(struct packet_layers *layers)
{
	uint8_t *header;

	put_port(layers, VXLAN_PORT);
	packet_compose_spot(layers, FIELD_BASE_TUNNEL, 0, layers->frame->len);
	header = packet_compose_reserve(layers, 8);
	header[0] = 0x08;
	header[7] = 0;
}

static void put_geneve(struct packet_layers *layers)
{
	size_t words = 0;
	uint8_t *header;

	put_port(layers, GENEVE_PORT);
	if (layers->twist == PACKET_TWIST_OPTIONS)
		words = packet_random_below(layers->random, 64);
	else if (packet_random_one_in(layers->random, 2))
		words = packet_random_below(layers->random, 5);
	packet_compose_spot(layers, FIELD_BASE_TUNNEL, 0, layers->frame->len);
	header = packet_compose_reserve(layers, 8);
	header[0] = (uint8_t)((header[0] & 0xc0) | words);
	packet_put_short(header + 2, ETH_P_TEB);
	packet_compose_reserve(layers, words * 4);
}

void packet_tunnel_put(struct packet_layers *layers)
{
	struct packet_layers inside = *layers;
	size_t transport = layers->frame->transport;
	uint8_t *gre = layers->frame->bytes + transport;

	inside.tunnel = layers->tunnel_wanted;
	inside.twist = layers->inner_twist;
	if (inside.tunnel == PROTO_VXLAN)
		put_vxlan(&inside);
	else if (inside.tunnel == PROTO_GENEVE)
		put_geneve(&inside);
	else
		packet_compose_spot(&inside, FIELD_BASE_TUNNEL, 0, transport);
	packet_compose_inside(&inside);
	if (inside.tunnel == PROTO_GRE)
		packet_put_short(gre + 2, inside.type[0]);
	else if (inside.tunnel == PROTO_GRETAP)
		packet_put_short(gre + 2, ETH_P_TEB);
}
