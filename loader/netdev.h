/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netdev: the devices of this network namespace, and what happens to them.
 */
#ifndef XDPFW_NETDEV_H
#define XDPFW_NETDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"

#define NETDEV_NAME_BYTES 16		/* IFNAMSIZ */

enum netdev_mode {
	NETDEV_NATIVE,
	NETDEV_GENERIC,
	NETDEV_OFFLOADED,
	NETDEV_MODES,
};

struct netdev {
	uint32_t ifindex;
	uint32_t group;			/* IFLA_GROUP */
	uint32_t master;		/* ifindex of the bond or bridge it is in; 0: none */
	uint32_t lower;			/* ifindex of the device below a tag or tunnel; 0: none */
	uint32_t mtu;
	uint16_t type;			/* ARPHRD_ of <linux/if_arp.h> */
	uint8_t mac[6];
	bool up;
	bool ethernet;			/* frames start with an Ethernet header */
	uint32_t programs[NETDEV_MODES];	/* XDP programs on it, their ids; 0: none */
	char name[NETDEV_NAME_BYTES];
	char kind[NETDEV_NAME_BYTES];	/* "veth", "bond"; empty: a card */
	const char *const *others;	/* its alternative names */
	size_t other_count;
};

struct netdev_list {
	const struct netdev *at;	/* by rising ifindex */
	size_t len;
};

/* These return 0 or a negative errno. */

int netdev_list(struct arena *arena, struct netdev_list *ret_list);

/* The device that packets to ADDRESS (of FAMILY, in network order) leave by. */
int netdev_route(int family, const void *address, uint32_t *ret_ifindex);

/* NULL when there is none. */
const struct netdev *netdev_find(const struct netdev_list *list, uint32_t ifindex);

/* By its name, or by an alternative name of it. */
const struct netdev *netdev_find_name(const struct netdev_list *list, const char *name);

/* The XDP programs on one device. */
int netdev_query(uint32_t ifindex, uint32_t ret_programs[NETDEV_MODES]);

bool netdev_has_program(const struct netdev *device, uint32_t program);

/* A socket that can be read when a device comes, goes or changes: a descriptor. */
int netdev_watch(void);

/* Reads away what is there to be read; 0, or -ENOBUFS: events were lost, which changes nothing. */
int netdev_drain(int socket);

#endif
