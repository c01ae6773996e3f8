/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver: what a device's driver says of itself, and the settings of it that can be changed.
 *
 * Functions that return int return 0 or a negative errno.
 */
#ifndef XDPFW_DRIVER_H
#define XDPFW_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

struct driver_name {
	char name[32];			/* "veth" */
	char version[32];
};

int driver_read_name(const char *device, struct driver_name *ret_name);

struct driver_feature {
	bool known;			/* this kernel has a feature of that name */
	bool on;
	bool fixed;			/* cannot be changed */
};

/* FEATURE by the kernel's name: "rx-lro", "rx-gro-hw", "rx-checksum". */
int driver_read_feature(const char *device, const char *feature,
			struct driver_feature *ret_feature);

/* -EOPNOTSUPP when the kernel took the request and the feature stays as it was. */
int driver_set_feature(const char *device, const char *feature, bool on);

struct driver_channels {
	uint32_t rx, tx, combined;
	uint32_t max_rx, max_tx, max_combined;
};

int driver_read_channels(const char *device, struct driver_channels *ret_channels);
int driver_set_channels(const char *device, const struct driver_channels *channels);

int driver_read_mtu(const char *device, uint32_t *ret_mtu);

/* enum netdev_xdp_act of <linux/netdev.h>, which the headers of Linux 6.1 do not have */
#define DRIVER_XDP_BASIC 1u		/* native programs: aborted, drop, pass, tx */
#define DRIVER_XDP_REDIRECT 2u
#define DRIVER_XDP_NDO_XMIT 4u
#define DRIVER_XDP_XSK_ZEROCOPY 8u
#define DRIVER_XDP_HW_OFFLOAD 16u
#define DRIVER_XDP_RX_SG 32u		/* packets of several buffers */
#define DRIVER_XDP_NDO_XMIT_SG 64u

/* What the driver declares. -EOPNOTSUPP: this kernel does not tell (before Linux 6.3). */
int driver_read_xdp(uint32_t ifindex, uint64_t *ret_features);

#endif
