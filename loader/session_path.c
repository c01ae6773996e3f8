/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_path: by which devices a connection's packets come in.
 *
 * In: the connection, the kernel's routes, neighbours and devices.  Out: the device that the
 * kernel would send the answer to, which is taken for the one the packets come in by, and the
 * devices below it (of a VLAN, a bond, a bridge) that they pass before.  Where there are several
 * ways and nobody can tell which, all of them are given, and only what holds for all is certain.
 */
#define _GNU_SOURCE
#include "loader/session_parts.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#define ANSWER_BYTES 32768		/* a message about one device is a page or two */
#define REQUEST_BYTES 256

static void close_netlink(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

#define OWN_NETLINK __attribute__((cleanup(close_netlink)))

struct answer {
	uint32_t device;
	uint8_t next[16];		/* router, or the peer itself */
	uint8_t mac[6];
	int family;			/* of .next */
	int vlan;
	bool has_mac, unusable;
};

static uint32_t get_number(const struct nlattr *attribute)
{
	return mnl_attr_validate(attribute, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attribute);
}

static struct nlmsghdr *begin(char *bytes, uint16_t type)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = 1;
	return request;
}

static bool ask(struct nlmsghdr *request, mnl_cb_t read, struct answer *answer)
{
	char bytes[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	OWN_NETLINK struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	ssize_t len;
	int more;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return false;
	do {
		len = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));
		if (len < 0)
			return false;
		more = mnl_cb_run(bytes, (size_t)len, 1, mnl_socket_get_portid(socket), read,
				  answer);
	} while (more > 0);
	return more == 0;
}

static int read_route_attribute(const struct nlattr *attribute, void *data)
{
	uint16_t len = mnl_attr_get_payload_len(attribute);
	struct answer *answer = data;

	switch (mnl_attr_get_type(attribute)) {
	case RTA_OIF:
		answer->device = get_number(attribute);
		break;
	case RTA_GATEWAY:
		if (len <= sizeof(answer->next))
			memcpy(answer->next, mnl_attr_get_payload(attribute), len);
		break;
	case RTA_VIA:			/* an IPv6 router for IPv4 */
		if (len == sizeof(struct rtvia) + sizeof(answer->next)) {
			const struct rtvia *via = mnl_attr_get_payload(attribute);

			answer->family = via->rtvia_family;
			memcpy(answer->next, via->rtvia_addr, sizeof(answer->next));
		}
		break;
	}
	return MNL_CB_OK;
}

static int read_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct answer *answer = data;

	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	answer->unusable = route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL;
	return mnl_attr_parse(message, sizeof(*route), read_route_attribute, data);
}

static bool ask_route(const struct session *session, bool from_own, struct answer *ret_answer)
{
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t len = session->family == AF_INET ? 4 : 16;
	struct nlmsghdr *request = begin(bytes, RTM_GETROUTE);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	uint32_t scope = 0;

	if (session->scope[0]) {
		scope = if_nametoindex(session->scope);
		if (!scope)
			scope = (uint32_t)strtoul(session->scope, NULL, 10);
		if (!scope)
			return false;
	}
	route->rtm_family = (unsigned char)session->family;
	route->rtm_dst_len = (unsigned char)(8 * len);
	mnl_attr_put(request, RTA_DST, len, session->peer);
	if (from_own) {
		route->rtm_src_len = (unsigned char)(8 * len);
		mnl_attr_put(request, RTA_SRC, len, session->own);
	}
	if (scope)
		mnl_attr_put_u32(request, RTA_OIF, scope);
	*ret_answer = (struct answer){ .family = session->family };
	memcpy(ret_answer->next, session->peer, len);
	return ask(request, read_route, ret_answer) && ret_answer->device &&
	       !ret_answer->unusable;
}

static int read_neighbour_attribute(const struct nlattr *attribute, void *data)
{
	struct answer *answer = data;

	if (mnl_attr_get_type(attribute) == NDA_LLADDR &&
	    mnl_attr_get_payload_len(attribute) == sizeof(answer->mac)) {
		memcpy(answer->mac, mnl_attr_get_payload(attribute), sizeof(answer->mac));
		answer->has_mac = true;
	}
	return MNL_CB_OK;
}

static int read_neighbour(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type != RTM_NEWNEIGH)
		return MNL_CB_OK;
	return mnl_attr_parse(message, sizeof(struct ndmsg), read_neighbour_attribute, data);
}

/* The MAC address behind ANSWER's next hop, for rules that ask for it. */
static void ask_neighbour(struct answer *answer)
{
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = begin(bytes, RTM_GETNEIGH);
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(request, sizeof(*neighbour));

	neighbour->ndm_family = (uint8_t)answer->family;
	neighbour->ndm_ifindex = (int)answer->device;
	mnl_attr_put(request, NDA_DST, answer->family == AF_INET ? 4 : 16, answer->next);
	ask(request, read_neighbour, answer);
}

static int read_port(const struct nlmsghdr *message, void *data)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(message);
	struct answer *answer = data;

	if (message->nlmsg_type == RTM_NEWNEIGH)
		answer->device = (uint32_t)neighbour->ndm_ifindex;
	return MNL_CB_OK;
}

/* The port behind which a bridge has seen the MAC address; 0: it has not. */
static uint32_t ask_bridge(const struct netdev *bridge, const struct session_path *path)
{
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = begin(bytes, RTM_GETNEIGH);
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(request, sizeof(*neighbour));
	struct answer answer = { 0 };

	neighbour->ndm_family = AF_BRIDGE;
	mnl_attr_put(request, NDA_LLADDR, sizeof(path->from), path->from);
	mnl_attr_put_u32(request, NDA_MASTER, bridge->ifindex);
	return ask(request, read_port, &answer) ? answer.device : 0;
}

static int read_vlan_data(const struct nlattr *attribute, void *data)
{
	struct answer *answer = data;

	if (mnl_attr_get_type(attribute) == IFLA_VLAN_ID &&
	    mnl_attr_validate(attribute, MNL_TYPE_U16) >= 0)
		answer->vlan = mnl_attr_get_u16(attribute);
	return MNL_CB_OK;
}

static int read_vlan_info(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA)
		return mnl_attr_parse_nested(attribute, read_vlan_data, data);
	return MNL_CB_OK;
}

static int read_vlan_attribute(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
		return mnl_attr_parse_nested(attribute, read_vlan_info, data);
	return MNL_CB_OK;
}

static int read_vlan(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	return mnl_attr_parse(message, sizeof(struct ifinfomsg), read_vlan_attribute, data);
}

static int ask_vlan(const struct netdev *device)
{
	char bytes[REQUEST_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = begin(bytes, RTM_GETLINK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	struct answer answer = { .vlan = SESSION_NO_TAG };

	info->ifi_index = (int)device->ifindex;
	return ask(request, read_vlan, &answer) ? answer.vlan : SESSION_NO_TAG;
}

static bool is_kind(const struct netdev *device, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strcmp(device->kind, *kinds))
			return true;
	return false;
}

static void add_place(struct arena *arena, struct session_level *level,
		      const struct netdev *device, int tag)
{
	if (device && device->ethernet)
		*vec_push(arena, &level->places) = (struct session_place){ device, tag };
}

/* The members of a bond or bridge that the packets may come in by. */
static void add_members(const struct netdev_list *list, const struct session_path *path,
			const struct session_place *above, struct arena *arena,
			struct session_level *level)
{
	bool bridge = !strcmp(above->device->kind, "bridge");
	uint32_t port = bridge ? ask_bridge(above->device, path) : 0;

	for (size_t i = 0; i < list->len; i++)
		if (list->at[i].master == above->device->ifindex && list->at[i].up &&
		    (!port || port == list->at[i].ifindex))
			add_place(arena, level, &list->at[i], above->tag);
}

static void add_level(const struct netdev_list *list, const struct session_path *path,
		      const struct session_place *above, struct arena *arena,
		      struct session_level *level)
{
	static const char *const masters[] = { "bond", "bridge", "team", NULL };
	static const char *const plain[] = { "macvlan", "macvtap", "ipvlan", "ipvtap", NULL };
	const struct netdev *device = above->device;
	int tag;

	if (is_kind(device, masters)) {
		add_members(list, path, above, arena, level);
	} else if (is_kind(device, plain)) {
		add_place(arena, level, netdev_find(list, device->lower), above->tag);
	} else if (!strcmp(device->kind, "vlan") && above->tag == SESSION_NO_TAG) {
		tag = ask_vlan(device);
		if (tag != SESSION_NO_TAG)
			add_place(arena, level, netdev_find(list, device->lower), tag);
	}
}

bool session_find_path(const struct session *session, struct arena *arena,
		       struct session_path *ret_path)
{
	struct session_path path = { .level_count = 1 };
	const struct netdev *device;
	struct netdev_list list;
	struct answer answer;

	if (!ask_route(session, true, &answer) && !ask_route(session, false, &answer))
		return false;
	if (netdev_list(arena, &list) || !(device = netdev_find(&list, answer.device)))
		return false;
	ask_neighbour(&answer);
	memcpy(path.to, device->mac, sizeof(path.to));
	memcpy(path.from, answer.mac, sizeof(path.from));
	add_place(arena, &path.levels[0], device, SESSION_NO_TAG);
	while (path.level_count < SESSION_LEVELS) {
		const struct session_level *above = &path.levels[path.level_count - 1];

		/* Behind several ways it cannot be told how each goes on. */
		if (above->places.len != 1)
			break;
		add_level(&list, &path, &above->places.at[0], arena,
			  &path.levels[path.level_count]);
		if (!path.levels[path.level_count].places.len)
			break;
		path.level_count++;
	}
	*ret_path = path;
	return true;
}
