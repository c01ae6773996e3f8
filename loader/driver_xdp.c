/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver_xdp: which XDP features a driver declares.
 *
 * In: a device's number.  Out: the bits of the generic netlink family "netdev", which Linux has
 * since 6.3.  The headers of Debian 12 are those of 6.1, so the family's numbers stand here; they
 * are part of the kernel's stable interface (Documentation/netlink/specs/netdev.yaml).
 */
#define _GNU_SOURCE
#include "loader/driver.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "loader/own.h"

#define NETDEV_FAMILY "netdev"
#define NETDEV_CMD_DEV_GET 1
#define NETDEV_A_DEV_IFINDEX 1
#define NETDEV_A_DEV_XDP_FEATURES 3
#define ANSWER_BYTES 16384

static void close_netlink(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

#define OWN_NETLINK __attribute__((cleanup(close_netlink)))

struct wanted {
	uint16_t type;
	bool found;
	uint64_t value;
};

static int read_attribute(const struct nlattr *attribute, void *data)
{
	struct wanted *wanted = data;

	if (mnl_attr_get_type(attribute) != wanted->type)
		return MNL_CB_OK;
	if (mnl_attr_get_payload_len(attribute) >= sizeof(uint64_t))
		wanted->value = mnl_attr_get_u64(attribute);
	else if (mnl_attr_get_payload_len(attribute) >= sizeof(uint16_t))
		wanted->value = mnl_attr_get_u16(attribute);
	else
		return MNL_CB_ERROR;
	wanted->found = true;
	return MNL_CB_OK;
}

static int read_message(const struct nlmsghdr *message, void *data)
{
	return mnl_attr_parse(message, sizeof(struct genlmsghdr), read_attribute, data);
}

static struct nlmsghdr *begin_request(char *bytes, uint16_t family, uint8_t command)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct genlmsghdr *generic;

	request->nlmsg_type = family;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = (uint32_t)time(NULL);
	generic = mnl_nlmsg_put_extra_header(request, sizeof(*generic));
	generic->cmd = command;
	generic->version = 1;
	return request;
}

/* The request lies in BYTES, and the answer too. */
static int ask(struct mnl_socket *socket, char *bytes, const struct nlmsghdr *request,
	       struct wanted *wanted)
{
	uint32_t sequence = request->nlmsg_seq;
	ssize_t len;
	int more;

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(socket, bytes, ANSWER_BYTES);
		if (len < 0)
			return -errno;
		more = mnl_cb_run(bytes, (size_t)len, sequence, mnl_socket_get_portid(socket),
				  read_message, wanted);
	} while (more > 0);
	if (more < 0)
		return -errno;
	return wanted->found ? 0 : -EOPNOTSUPP;
}

int driver_read_xdp(uint32_t ifindex, uint64_t *ret_features)
{
	char bytes[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	OWN_NETLINK struct mnl_socket *socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	struct wanted family = { .type = CTRL_ATTR_FAMILY_ID };
	struct wanted features = { .type = NETDEV_A_DEV_XDP_FEATURES };
	struct nlmsghdr *request;
	int error;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID))
		return -errno;
	request = begin_request(bytes, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	error = ask(socket, bytes, request, &family);
	if (error)
		return error == -ENOENT ? -EOPNOTSUPP : error;
	request = begin_request(bytes, (uint16_t)family.value, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(request, NETDEV_A_DEV_IFINDEX, ifindex);
	error = ask(socket, bytes, request, &features);
	if (error)
		return error;
	*ret_features = features.value;
	return 0;
}
