/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver: the requests that ethtool(8) makes.
 *
 * In: a device of this network namespace.  Out: facts; the two functions named "set" change one
 * setting, and only --fix-offloads comes to them.  The ioctl interface is used because it has been
 * the same on every kernel xdpfw runs on.
 */
#define _GNU_SOURCE
#include "loader/driver.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "loader/own.h"

#define DRIVER_MAX_FEATURES 512		/* the kernel has about 64 */
#define DRIVER_BLOCKS (DRIVER_MAX_FEATURES / 32)

static int ask(const char *device, unsigned long request, struct ifreq *ifreq)
{
	OWN_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(device) >= sizeof(ifreq->ifr_name))
		return -ENODEV;
	strcpy(ifreq->ifr_name, device);
	return ioctl(fd, request, ifreq) < 0 ? -errno : 0;
}

/* Returns what the ioctl returns, which is more than 0 for some requests. */
static int ask_ethtool(const char *device, void *command)
{
	struct ifreq ifreq = { .ifr_data = command };
	OWN_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int answer;

	if (fd < 0)
		return -errno;
	if (strlen(device) >= sizeof(ifreq.ifr_name))
		return -ENODEV;
	strcpy(ifreq.ifr_name, device);
	answer = ioctl(fd, SIOCETHTOOL, &ifreq);
	return answer < 0 ? -errno : answer;
}

int driver_read_name(const char *device, struct driver_name *ret_name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int error = ask_ethtool(device, &info);

	if (error < 0)
		return error;
	memset(ret_name, 0, sizeof(*ret_name));
	memcpy(ret_name->name, info.driver, sizeof(ret_name->name) - 1);
	memcpy(ret_name->version, info.version, sizeof(ret_name->version) - 1);
	return 0;
}

int driver_read_mtu(const char *device, uint32_t *ret_mtu)
{
	struct ifreq ifreq = { 0 };
	int error = ask(device, SIOCGIFMTU, &ifreq);

	if (error)
		return error;
	*ret_mtu = (uint32_t)ifreq.ifr_mtu;
	return 0;
}

/* The number of features, and the place of one among them: -1 when there is none of that name. */
static int find_feature(const char *device, const char *feature, uint32_t *ret_count,
			int *ret_place)
{
	union {
		struct ethtool_sset_info info;
		uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} set = { .room = { 0 } };
	OWN_MEMORY struct ethtool_gstrings *names = NULL;
	uint32_t count;
	int error;

	set.info.cmd = ETHTOOL_GSSET_INFO;
	set.info.sset_mask = 1ull << ETH_SS_FEATURES;
	error = ask_ethtool(device, &set);
	if (error < 0)
		return error;
	count = set.info.data[0];
	if (!set.info.sset_mask || !count || count > DRIVER_MAX_FEATURES)
		return -EOPNOTSUPP;
	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	error = ask_ethtool(device, names);
	if (error < 0)
		return error;
	*ret_count = count;
	*ret_place = -1;
	for (uint32_t i = 0; i < count; i++)
		if (!strncmp((const char *)names->data + i * ETH_GSTRING_LEN, feature,
			     ETH_GSTRING_LEN))
			*ret_place = (int)i;
	return 0;
}

int driver_read_feature(const char *device, const char *feature,
			struct driver_feature *ret_feature)
{
	union {
		struct ethtool_gfeatures head;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     DRIVER_BLOCKS * sizeof(struct ethtool_get_features_block)];
	} all = { .room = { 0 } };
	const struct ethtool_get_features_block *block;
	uint32_t count, bit;
	int place, error = find_feature(device, feature, &count, &place);

	if (error)
		return error;
	if (place < 0) {
		*ret_feature = (struct driver_feature){ 0 };
		return 0;
	}
	all.head.cmd = ETHTOOL_GFEATURES;
	all.head.size = (count + 31) / 32;
	error = ask_ethtool(device, &all);
	if (error < 0)
		return error;
	block = &all.head.features[place / 32];
	bit = 1u << (place % 32);
	*ret_feature = (struct driver_feature){
		.known = true,
		.on = block->active & bit,
		.fixed = !(block->available & bit) || (block->never_changed & bit),
	};
	return 0;
}

int driver_set_feature(const char *device, const char *feature, bool on)
{
	union {
		struct ethtool_sfeatures head;
		uint8_t room[sizeof(struct ethtool_sfeatures) +
			     DRIVER_BLOCKS * sizeof(struct ethtool_set_features_block)];
	} all = { .room = { 0 } };
	struct driver_feature now;
	uint32_t count;
	int place, error = find_feature(device, feature, &count, &place);

	if (error)
		return error;
	if (place < 0)
		return -EOPNOTSUPP;
	all.head.cmd = ETHTOOL_SFEATURES;
	all.head.size = (count + 31) / 32;
	all.head.features[place / 32].valid = 1u << (place % 32);
	all.head.features[place / 32].requested = on ? 1u << (place % 32) : 0;
	error = ask_ethtool(device, &all);
	if (error < 0)
		return error;
	error = driver_read_feature(device, feature, &now);
	if (error)
		return error;
	return now.on == on ? 0 : -EOPNOTSUPP;
}

int driver_read_channels(const char *device, struct driver_channels *ret_channels)
{
	struct ethtool_channels all = { .cmd = ETHTOOL_GCHANNELS };
	int error = ask_ethtool(device, &all);

	if (error < 0)
		return error;
	*ret_channels = (struct driver_channels){
		.rx = all.rx_count, .tx = all.tx_count, .combined = all.combined_count,
		.max_rx = all.max_rx, .max_tx = all.max_tx, .max_combined = all.max_combined,
	};
	return 0;
}

int driver_set_channels(const char *device, const struct driver_channels *channels)
{
	struct ethtool_channels all = { .cmd = ETHTOOL_GCHANNELS };
	int error = ask_ethtool(device, &all);

	if (error < 0)
		return error;
	all.cmd = ETHTOOL_SCHANNELS;
	all.rx_count = channels->rx;
	all.tx_count = channels->tx;
	all.combined_count = channels->combined;
	error = ask_ethtool(device, &all);
	return error < 0 ? error : 0;
}
