/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netdev: asks rtnetlink for devices.
 *
 * In: the network namespace this process is in.  Out: a list of its devices at one instant, as far
 * as the kernel gives one: a dump that a change came into is asked for again.  Nothing is changed.
 */
#define _GNU_SOURCE
#include "loader/netdev.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "compiler/base/vec.h"
#include "loader/own.h"

#define REQUEST_BYTES 256
#define ANSWER_BYTES 32768		/* what the kernel puts into one message of a dump */
#define DUMP_TRIES 20
#define EVENT_BUFFER_BYTES (1 << 20)
#define DRAIN_MESSAGES 10000		/* then the caller looks, and comes again */

static void close_netlink(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

#define OWN_NETLINK __attribute__((cleanup(close_netlink)))

struct listing {
	struct arena *arena;
	VEC(struct netdev) devices;
	/* of the device that is read */
	struct netdev *device;
	VEC(const char *) others;
};

static void copy_name(const struct nlattr *attribute, char ret_name[NETDEV_NAME_BYTES])
{
	if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
		return;
	snprintf(ret_name, NETDEV_NAME_BYTES, "%s", mnl_attr_get_str(attribute));
}

static uint32_t get_number(const struct nlattr *attribute)
{
	return mnl_attr_validate(attribute, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attribute);
}

static int read_kind(const struct nlattr *attribute, void *data)
{
	struct listing *listing = data;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
		copy_name(attribute, listing->device->kind);
	return MNL_CB_OK;
}

static int read_other_name(const struct nlattr *attribute, void *data)
{
	struct listing *listing = data;

	if (mnl_attr_get_type(attribute) == IFLA_ALT_IFNAME &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		*vec_push(listing->arena, &listing->others) =
			arena_strdup(listing->arena, str_from(mnl_attr_get_str(attribute)));
	return MNL_CB_OK;
}

static int read_program(const struct nlattr *attribute, void *data)
{
	struct listing *listing = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_XDP_DRV_PROG_ID:
		listing->device->programs[NETDEV_NATIVE] = get_number(attribute);
		break;
	case IFLA_XDP_SKB_PROG_ID:
		listing->device->programs[NETDEV_GENERIC] = get_number(attribute);
		break;
	case IFLA_XDP_HW_PROG_ID:
		listing->device->programs[NETDEV_OFFLOADED] = get_number(attribute);
		break;
	}
	return MNL_CB_OK;
}

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct listing *listing = data;
	struct netdev *device = listing->device;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		copy_name(attribute, device->name);
		break;
	case IFLA_ADDRESS:
		if (device->ethernet &&
		    mnl_attr_get_payload_len(attribute) == sizeof(device->mac))
			memcpy(device->mac, mnl_attr_get_payload(attribute), sizeof(device->mac));
		break;
	case IFLA_GROUP:
		device->group = get_number(attribute);
		break;
	case IFLA_MASTER:
		device->master = get_number(attribute);
		break;
	case IFLA_LINK:
		device->lower = get_number(attribute);
		break;
	case IFLA_MTU:
		device->mtu = get_number(attribute);
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attribute, read_kind, listing);
	case IFLA_XDP:
		return mnl_attr_parse_nested(attribute, read_program, listing);
	case IFLA_PROP_LIST:
		return mnl_attr_parse_nested(attribute, read_other_name, listing);
	}
	return MNL_CB_OK;
}

static int read_device(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct listing *listing = data;
	int result;

	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	listing->device = vec_push(listing->arena, &listing->devices);
	*listing->device = (struct netdev){
		.ifindex = (uint32_t)info->ifi_index,
		.type = info->ifi_type,
		.up = (info->ifi_flags & IFF_UP) != 0,
		.ethernet = info->ifi_type == ARPHRD_ETHER || info->ifi_type == ARPHRD_LOOPBACK,
	};
	memset(&listing->others, 0, sizeof(listing->others));
	result = mnl_attr_parse(message, sizeof(*info), read_attribute, listing);
	listing->device->others = listing->others.at;
	listing->device->other_count = listing->others.len;
	return result;
}

/* Sends REQUEST and gives each message of the answer to READ.  -EINTR: a change came into it. */
static int ask(struct nlmsghdr *request, mnl_cb_t read, void *data)
{
	char bytes[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	OWN_NETLINK struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	ssize_t len;
	int more;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));
		if (len < 0)
			return -errno;
		more = mnl_cb_run(bytes, (size_t)len, request->nlmsg_seq,
				  mnl_socket_get_portid(socket), read, data);
	} while (more > 0);
	return more < 0 ? -errno : 0;
}

static int compare_devices(const void *a, const void *b)
{
	const struct netdev *left = a, *right = b;

	return left->ifindex < right->ifindex ? -1 : left->ifindex > right->ifindex;
}

int netdev_list(struct arena *arena, struct netdev_list *ret_list)
{
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct listing listing;
	struct ifinfomsg *info;
	int error = -EINTR;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	for (uint32_t i = 1; i <= DUMP_TRIES && error == -EINTR; i++) {
		request->nlmsg_seq = i;
		listing = (struct listing){ .arena = arena };
		error = ask(request, read_device, &listing);
	}
	if (error)
		return error;
	if (listing.devices.len)
		qsort(listing.devices.at, listing.devices.len, sizeof(*listing.devices.at),
		      compare_devices);
	ret_list->at = listing.devices.at;
	ret_list->len = listing.devices.len;
	return 0;
}

static int read_route_attribute(const struct nlattr *attribute, void *data)
{
	uint32_t *ifindex = data;

	if (mnl_attr_get_type(attribute) == RTA_OIF)
		*ifindex = get_number(attribute);
	return MNL_CB_OK;
}

static int read_route(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWROUTE)
		return mnl_attr_parse(message, sizeof(struct rtmsg), read_route_attribute, data);
	return MNL_CB_OK;
}

int netdev_route(int family, const void *address, uint32_t *ret_ifindex)
{
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	size_t len = family == AF_INET6 ? 16 : 4;
	uint32_t ifindex = 0;
	struct rtmsg *route;
	int error;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = 1;
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = (unsigned char)family;
	route->rtm_dst_len = (unsigned char)(8 * len);
	mnl_attr_put(request, RTA_DST, len, address);
	error = ask(request, read_route, &ifindex);
	if (error)
		return error;
	*ret_ifindex = ifindex;
	return ifindex ? 0 : -ENETUNREACH;
}

const struct netdev *netdev_find(const struct netdev_list *list, uint32_t ifindex)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->at[i].ifindex == ifindex)
			return &list->at[i];
	return NULL;
}

const struct netdev *netdev_find_name(const struct netdev_list *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->at[i].name, name))
			return &list->at[i];
	for (size_t i = 0; i < list->len; i++)
		for (size_t j = 0; j < list->at[i].other_count; j++)
			if (!strcmp(list->at[i].others[j], name))
				return &list->at[i];
	return NULL;
}

int netdev_query(uint32_t ifindex, uint32_t ret_programs[NETDEV_MODES])
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct listing listing = { .arena = &arena };
	struct ifinfomsg *info;
	int error;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = 1;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)ifindex;
	error = ask(request, read_device, &listing);
	if (error)
		return error;
	if (!listing.devices.len)
		return -ENODEV;
	memcpy(ret_programs, listing.devices.at[0].programs,
	       sizeof(listing.devices.at[0].programs));
	return 0;
}

bool netdev_has_program(const struct netdev *device, uint32_t program)
{
	for (size_t i = 0; i < NETDEV_MODES; i++)
		if (device->programs[i] == program)
			return true;
	return false;
}

int netdev_watch(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	OWN_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			       NETLINK_ROUTE);
	int bytes = EVENT_BUFFER_BYTES;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return take_fd(&fd);
}

int netdev_drain(int socket)
{
	char bytes[ANSWER_BYTES];
	int lost = 0;

	for (int i = 0; i < DRAIN_MESSAGES; i++) {
		ssize_t len = recv(socket, bytes, sizeof(bytes), MSG_TRUNC);

		if (len >= 0 || errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return lost;
		if (errno != ENOBUFS)
			return -errno;
		lost = -ENOBUFS;
	}
	return lost;
}
