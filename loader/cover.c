/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cover: an nftables chain that drops every packet of a device.
 *
 * In: a device.  Out: a table of its own with one chain, policy drop, on the device's ingress hook,
 * which lies behind XDP in both modes and before everything else of the network stack but packet
 * sockets.  Tables of others are neither read nor written, and a batch is one transaction, so there
 * is never half a cover.
 *
 * Safety: the table is not bound to this process.  If xdpfw is killed the device stays closed, and
 * is never open, until somebody removes the cover; swap_mode.c sees to that.  libmnl is used and
 * not libnftables, because the latter reads all rulesets of the namespace before it changes one.
 */
#define _GNU_SOURCE
#include "loader/cover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "compiler/base/vec.h"
#include "loader/own.h"

#define COVER_BYTES 16384
#define COVER_CHAIN "drop"
#define COVER_CPUS 8192
#define BACKLOG_COLUMN 11		/* of /proc/net/softnet_stat, since Linux 5.10 */

static void close_netlink(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
}

#define OWN_NETLINK __attribute__((cleanup(close_netlink)))

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* A transaction of a few messages; each number is its place. */
struct batch {
	char bytes[COVER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t len;
	uint32_t last;			/* the number of the message that was added last */
};

static void add_generic(struct nlmsghdr *message, uint8_t family, uint16_t resource)
{
	struct nfgenmsg *generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));

	generic->nfgen_family = family;
	generic->version = NFNETLINK_V0;
	generic->res_id = htons(resource);
}

static struct nlmsghdr *add_message(struct batch *batch, uint16_t type, uint16_t flags,
				    uint8_t family, uint16_t resource)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(batch->bytes + batch->len);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++batch->last;
	add_generic(message, family, resource);
	return message;
}

static void begin_batch(struct batch *batch)
{
	batch->len = 0;
	batch->last = 0;
	batch->len += add_message(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC,
				  NFNL_SUBSYS_NFTABLES)->nlmsg_len;
}

static struct nlmsghdr *add_command(struct batch *batch, uint16_t command, uint16_t flags)
{
	return add_message(batch, (NFNL_SUBSYS_NFTABLES << 8) | command, flags, NFPROTO_NETDEV, 0);
}

/* Sends the transaction, and waits for the answer to WANTED, its last command. */
static int send_batch(struct batch *batch, uint32_t wanted)
{
	OWN_NETLINK struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	char answer[COVER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));

	batch->len += add_message(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC,
				  NFNL_SUBSYS_NFTABLES)->nlmsg_len;
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, batch->bytes, batch->len) < 0)
		return -errno;
	for (;;) {
		ssize_t len = mnl_socket_recvfrom(socket, answer, sizeof(answer));
		const struct nlmsghdr *at = (const struct nlmsghdr *)answer;
		int left = (int)len;

		if (len < 0)
			return -errno;
		for (; mnl_nlmsg_ok(at, left); at = mnl_nlmsg_next(at, &left)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(at);

			if (at->nlmsg_type == NLMSG_ERROR &&
			    (error->error || at->nlmsg_seq == wanted))
				return error->error;
		}
	}
}

static void table_name(uint32_t ifindex, char ret_name[32])
{
	snprintf(ret_name, 32, "%s%u", COVER_TABLE, ifindex);
}

static void add_chain(struct batch *batch, const char *table, const char *device)
{
	struct nlmsghdr *message = add_command(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	struct nlattr *hook;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, COVER_CHAIN);
	hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(NF_NETDEV_INGRESS));
	mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((uint32_t)INT_MIN));
	mnl_attr_put_strz(message, NFTA_HOOK_DEV, device);
	mnl_attr_nest_end(message, hook);
	mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_DROP));
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
	batch->len += message->nlmsg_len;
}

int cover_put(uint32_t ifindex)
{
	struct batch batch;
	struct nlmsghdr *message;
	char table[32], device[IF_NAMESIZE];
	int error;

	if (!if_indextoname(ifindex, device))
		return -errno;
	table_name(ifindex, table);
	begin_batch(&batch);
	message = add_command(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	batch.len += message->nlmsg_len;
	add_chain(&batch, table, device);
	error = send_batch(&batch, batch.last);
	/* A hook is asked for by name, and the name may have gone to another device. */
	if (!error && if_nametoindex(device) != ifindex) {
		cover_remove(ifindex);
		return -ENODEV;
	}
	return error;
}

static int remove_once(uint32_t ifindex)
{
	struct batch batch;
	struct nlmsghdr *message;
	char table[32];

	table_name(ifindex, table);
	begin_batch(&batch);
	message = add_command(&batch, NFT_MSG_DELTABLE, NLM_F_ACK);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	batch.len += message->nlmsg_len;
	return send_batch(&batch, batch.last);
}

/* A device that stays closed because one call failed is worse than asking again. */
int cover_remove(uint32_t ifindex)
{
	int error = remove_once(ifindex);

	for (int i = 0; i < 5 && error && error != -ENOENT; i++) {
		sleep_ms(10);
		error = remove_once(ifindex);
	}
	return error;
}

/* ---- what there is ---- */

struct listing {
	struct arena *arena;
	VEC(uint32_t) ifindexes;
};

static int read_name(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == NFTA_TABLE_NAME &&
	    mnl_attr_validate(attribute, MNL_TYPE_STRING) >= 0)
		*(const char **)data = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static int read_table(const struct nlmsghdr *message, void *data)
{
	struct listing *listing = data;
	const char *name = NULL;
	unsigned int ifindex;
	char rest;

	if (mnl_attr_parse(message, sizeof(struct nfgenmsg), read_name, &name) < 0)
		return MNL_CB_ERROR;
	if (name && !strncmp(name, COVER_TABLE, strlen(COVER_TABLE)) &&
	    sscanf(name + strlen(COVER_TABLE), "%u%c", &ifindex, &rest) == 1)
		*vec_push(listing->arena, &listing->ifindexes) = ifindex;
	return MNL_CB_OK;
}

int cover_list(struct arena *arena, uint32_t **ret_ifindexes, uint32_t *ret_count)
{
	OWN_NETLINK struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	char bytes[COVER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
	struct listing listing = { .arena = arena };
	ssize_t len;
	int more;

	request->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	add_generic(request, NFPROTO_NETDEV, 0);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));
		if (len < 0)
			return -errno;
		more = mnl_cb_run(bytes, (size_t)len, 1, mnl_socket_get_portid(socket), read_table,
				  &listing);
	} while (more > 0);
	if (more < 0)
		return -errno;
	*ret_ifindexes = listing.ifindexes.at;
	*ret_count = (uint32_t)listing.ifindexes.len;
	return 0;
}

/* ---- packets on their way ---- */

/* Marks the CPUs whose queue of received packets is empty now. False: this kernel does not tell. */
static bool look_at_backlogs(bool *empty, unsigned int *ret_count)
{
	FILE *file = fopen("/proc/net/softnet_stat", "re");
	char line[512];
	unsigned int count = 0;
	bool told = file != NULL;

	while (told && count < COVER_CPUS && fgets(line, sizeof(line), file)) {
		const char *at = line;
		unsigned int waiting = 0;

		for (int column = 0; column < BACKLOG_COLUMN && at; column++)
			at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
		told = at && sscanf(at, "%x", &waiting) == 1;
		if (told && !waiting)
			empty[count] = true;
		count++;
	}
	if (file)
		fclose(file);
	*ret_count = count;
	return told && count;
}

/*
 * A queue that was seen empty once has let all go that was in it.  One that never is empty, because
 * packets come all the time, holds at most netdev_max_backlog of them, and a second is enough.
 */
void cover_drain(void)
{
	static const int tries = 200;
	bool empty[COVER_CPUS] = { false };

	for (int i = 0; i < tries; i++) {
		unsigned int count, done = 0;

		sleep_ms(5);
		if (!look_at_backlogs(empty, &count)) {
			sleep_ms(200);
			return;
		}
		for (unsigned int cpu = 0; cpu < count; cpu++)
			done += empty[cpu];
		if (done == count && i >= 3)	/* and what the driver itself gathers */
			return;
	}
}
