/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * advice: why a driver refuses native XDP, and what helps.
 *
 * In: the driver's name and the kernel's words.  Out: a row of the table below.  A row is written
 * only for a refusal that the kernel's source has (its place stands in the row), and only for a
 * program like the stub, which takes packets of several buffers: refusals of other programs never
 * come here.  The first row that fits counts, so rows of one driver come before those of all.
 *
 * Safety: advice_fix() is the only thing in xdpfw that changes a setting of a device, it runs only
 * for --fix-offloads, and it changes only what the row names.
 */
#include "loader/advice.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct advice_row rows[] = {
#ifdef XDPFW_TEST_FAULTS
	{ .driver = "veth", .words = "test: rx-checksum is on", .features = { "rx-checksum" },
	  .fix = ADVICE_FIX_FEATURE,
	  .help = "ethtool -K @ rx off",
	  .fact = "loader/attach.c: XDPFW_REFUSE_NATIVE" },
#endif
	/* No setting of the guest takes this away: the driver looks at what it has agreed on. */
	{ .driver = "virtio_net", .words = "disable GRO_HW",
	  .help = "the host does not let this guest turn its receive offloads off, so no ethtool "
		  "line helps; start the virtual machine with ctrl_guest_offloads=on, or with "
		  "guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off "
		  "(QEMU: options of -device virtio-net-pci)",
	  .fact = "drivers/net/virtio_net.c virtnet_xdp_set: Can't set XDP while host is "
		  "implementing GRO_HW/CSUM, disable GRO_HW/CSUM first" },
	{ .driver = "virtio_net", .words = "disable LRO",
	  .help = "the host does not let this guest turn its receive offloads off, so no ethtool "
		  "line helps; start the virtual machine with ctrl_guest_offloads=on (QEMU: an "
		  "option of -device virtio-net-pci)",
	  .fact = "drivers/net/virtio_net.c virtnet_xdp_set: Can't set XDP while host is "
		  "implementing LRO/CSUM, disable LRO/CSUM first (older kernels)" },
	{ .driver = "virtio_net", .words = "any_header_sg required",
	  .help = "the host's virtio is too old for native mode; give the virtual machine a newer "
		  "machine type (virtio 1.0)",
	  .fact = "drivers/net/virtio_net.c virtnet_xdp_set: XDP expects header/data in single "
		  "page, any_header_sg required" },
	{ .driver = "virtio_net", .words = "MTU too large",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/virtio_net.c virtnet_xdp_set: MTU too large to enable XDP" },
	{ .driver = "virtio_net", .words = "Too few free TX rings",
	  .help = "give the virtual machine more queues: current ones plus one for each CPU "
		  "(QEMU: queues= of -netdev, mq=on of -device)",
	  .fact = "drivers/net/virtio_net.c virtnet_xdp_set: Too few free TX rings available "
		  "(older kernels)" },
	{ .driver = "veth", .words = "number of rx queues not less than peer tx",
	  .fix = ADVICE_FIX_RX_CHANNELS,
	  .help = "ethtool -L @ rx #, and not more channels to send at its other end",
	  .otherwise = "ethtool -L PEER tx # at the other end of @",
	  .fact = "drivers/net/veth.c veth_xdp_set: XDP expects number of rx queues not less than "
		  "peer tx queues" },
	{ .driver = "veth", .words = "Peer MTU is too large",
	  .help = "ip link set dev PEER mtu 1500 at the other end of @",
	  .fact = "drivers/net/veth.c veth_xdp_set: Peer MTU is too large to set XDP" },
	{ .driver = "veth", .words = "peer is detached",
	  .help = "the other end of @ is gone; make the pair anew",
	  .fact = "drivers/net/veth.c veth_xdp_set: Cannot set XDP when peer is detached" },
	{ .driver = "vmxnet3", .words = "too large for XDP",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/vmxnet3/vmxnet3_xdp.c vmxnet3_xdp_set: MTU %u too large for XDP" },
	{ .driver = "hv_netvsc", .words = "not support LRO", .features = { "rx-lro" },
	  .fix = ADVICE_FIX_FEATURE,
	  .help = "ethtool -K @ lro off",
	  .fact = "drivers/net/hyperv/netvsc_bpf.c netvsc_xdp_set: XDP: not support LRO" },
	{ .driver = "hv_netvsc", .words = "mtu too large",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/hyperv/netvsc_bpf.c netvsc_xdp_set: XDP: mtu too large" },
	{ .driver = "ena", .words = "MTU is larger",
	  .help = "ip link set dev @ mtu 3498",
	  .fact = "drivers/net/ethernet/amazon/ena/ena_xdp.c ena_xdp_set: the current MTU is "
		  "larger than the maximum allowed MTU" },
	{ .driver = "ena", .words = "no enough space for allocating XDP queues",
	  .fix = ADVICE_FIX_HALF_CHANNELS,
	  .help = "ethtool -L @ combined #",
	  .fact = "drivers/net/ethernet/amazon/ena/ena_xdp.c ena_xdp_set: there is no enough "
		  "space for allocating XDP queues" },
	{ .driver = "igc", .words = "Jumbo frames not supported",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/ethernet/intel/igc/igc_xdp.c igc_xdp_set_prog: Jumbo frames not "
		  "supported" },
	{ .driver = "igb", .words = "RX buffer size is too small",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/ethernet/intel/igb/igb_main.c igb_xdp_setup: The RX buffer size is "
		  "too small for the frame size" },
	{ .driver = "i40e", .words = "MTU too large",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/ethernet/intel/i40e/i40e_main.c i40e_xdp_setup: MTU too large to "
		  "enable XDP" },
	{ .driver = "ice", .words = "MTU",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/ethernet/intel/ice/ice_main.c ice_xdp_setup_prog: MTU too large "
		  "for loading XDP" },
	{ .driver = "ice", .words = "only on PF VSI",
	  .help = "a virtual function of this card cannot run XDP; filter on the physical one",
	  .fact = "drivers/net/ethernet/intel/ice/ice_main.c ice_xdp: XDP can be loaded only on "
		  "PF VSI" },
	/* These say why only in the kernel's log. */
	{ .driver = "ixgbe", .features = { "rx-lro" },
	  .fix = ADVICE_FIX_FEATURE,
	  .help = "ethtool -K @ lro off",
	  .fact = "drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_xdp_setup: -EINVAL while a "
		  "ring has RSC" },
	{ .driver = "mlx5_core", .features = { "rx-lro", "rx-gro-hw" },
	  .fix = ADVICE_FIX_FEATURE,
	  .help = "ethtool -K @ lro off rx-gro-hw off",
	  .fact = "drivers/net/ethernet/mellanox/mlx5/core/en_main.c mlx5e_xdp_allowed: can't set "
		  "XDP while HW-GRO/LRO is on, disable them first" },
	{ .driver = "bnxt_en", .words = "Operation not supported",
	  .help = "ethtool -L @ rx 0 tx 0 combined N (native mode needs combined channels; "
		  "'ethtool -l @' says how many there are), and a tcp-data-split that is not on "
		  "('ethtool -g @')",
	  .fact = "drivers/net/ethernet/broadcom/bnxt/bnxt_xdp.c bnxt_xdp_set: ethtool rx/tx "
		  "channels must be combined to support XDP; XDP is disallowed when HDS is "
		  "enabled" },
	{ .driver = "bonding", .words = "current bonding mode",
	  .help = "ip link set dev @ type bond mode 802.3ad (or balance-rr, active-backup or "
		  "balance-xor; the bond has to be down, and without members, for that)",
	  .fact = "drivers/net/bonding/bond_main.c bond_xdp_set: No native XDP support for the "
		  "current bonding mode" },
	{ .driver = "bonding", .words = "does not support XDP",
	  .help = "a member of @ has no native mode: 'xdpfw status --explain MEMBER' says why",
	  .fact = "drivers/net/bonding/bond_main.c bond_xdp_set: Slave device does not support "
		  "XDP" },
	/* Of all drivers. */
	{ .words = "upper device already has a program",
	  .help = "@ is a member of a device that has an XDP program, which already sees its "
		  "packets",
	  .fact = "net/core/dev.c dev_xdp_attach: Cannot attach when an upper device already has "
		  "a program" },
	{ .words = "can't be active at the same time",
	  .help = "ip link set dev @ xdpgeneric off (somebody else's program in the other mode "
		  "has to go)",
	  .fact = "net/core/dev.c dev_xdp_attach: Native and generic XDP can't be active at the "
		  "same time" },
	{ .words = "tcp-data-split",
	  .help = "ethtool -G @ tcp-data-split off",
	  .fact = "net/core/dev.c dev_xdp_install: unable to install XDP to device using "
		  "tcp-data-split" },
	{ .words = "Jumbo frames",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/ethernet/stmicro/stmmac/stmmac_xdp.c stmmac_xdp_set_prog: Jumbo "
		  "frames not supported" },
	{ .words = "MTU",
	  .help = "ip link set dev @ mtu 1500",
	  .fact = "drivers/net/ethernet/marvell/mvneta.c mvneta_xdp_setup: MTU too large for XDP" },
	{ .words = "LRO", .features = { "rx-lro" },
	  .fix = ADVICE_FIX_FEATURE,
	  .help = "ethtool -K @ lro off",
	  .fact = "any driver that names LRO, as netvsc_xdp_set does" },
};

/* Tags that are not in the packet any more; nft's ingress hook sees them beside the packet. */
static const struct advice_row tags_of_card = {
	.features = { "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse" },
	.fix = ADVICE_FIX_FEATURE,
	.help = "ethtool -K @ rxvlan off",
	.fact = "include/linux/if_vlan.h __vlan_hwaccel_put_tag: drivers keep the tag in the "
		"descriptor, and XDP sees the packet without it",
};

/* The sender's device decides, whatever this end says. */
static const struct advice_row tags_of_veth = {
	.driver = "veth",
	.help = "ethtool -K PEER txvlan off at the other end of @",
	.fact = "net/core/dev.c validate_xmit_vlan: the sender's tx-vlan-hw-insert leaves the tag "
		"beside the packet",
};

const struct advice_row *advice_rows(unsigned int *ret_count)
{
	*ret_count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

static bool is_on(const char *device, const char *feature)
{
	struct driver_feature found;

	return !driver_read_feature(device, feature, &found) && found.on;
}

static bool any_on(const char *device, const struct advice_row *row)
{
	for (int i = 0; i < 3; i++)
		if (row->features[i] && is_on(device, row->features[i]))
			return true;
	return false;
}

const struct advice_row *advice_find(const char *device, const char *driver, const char *words)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct advice_row *row = &rows[i];

		if (row->driver && strcmp(row->driver, driver) != 0)
			continue;
		if (row->words ? strstr(words, row->words) != NULL : any_on(device, row))
			return row;
	}
	return NULL;
}

const struct advice_row *advice_find_tags(const char *device, const char *driver)
{
	if (!any_on(device, &tags_of_card))
		return NULL;
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_TAGS_OF_CARD"))	/* there is no card in the tests */
		return &tags_of_card;
#endif
	return !strcmp(driver, "veth") ? &tags_of_veth : &tags_of_card;
}

/* The number of channels that a row is about; *ret_more: the device can be given so many. */
static uint32_t count_channels(const struct advice_row *row, const char *device, bool *ret_more)
{
	struct driver_channels channels = { 0 };

	driver_read_channels(device, &channels);
	*ret_more = true;
	if (row->fix == ADVICE_FIX_HALF_CHANNELS)
		return channels.max_combined / 2 ? channels.max_combined / 2 : 1;
	*ret_more = channels.max_rx > channels.rx;
	return *ret_more ? channels.max_rx : channels.rx;
}

void advice_print(const struct advice_row *row, const char *device, struct buf *out)
{
	bool more;
	uint32_t channels = count_channels(row, device, &more);

	for (const char *at = more || !row->otherwise ? row->help : row->otherwise; *at; at++)
		if (*at == '@')
			buf_puts(out, device);
		else if (*at == '#')
			buf_printf(out, "%u", channels);
		else
			buf_putc(out, *at);
}

/* As ethtool(8) writes them. */
static const char *option_of(const char *feature)
{
	return !strcmp(feature, "rx-lro")	    ? "lro" :
	       !strcmp(feature, "rx-checksum")	    ? "rx" :
	       !strcmp(feature, "rx-vlan-hw-parse") ? "rxvlan" :
						      feature;
}

static bool fix_features(struct report *report, const struct advice_row *row, const char *device,
			 struct advice_undo *undo)
{
	bool any = false;

	for (int i = 0; i < 3; i++) {
		const char *feature = row->features[i];

		if (!feature || !is_on(device, feature) ||
		    driver_set_feature(device, feature, false))
			continue;
		report_notice(report,
			      "%s: --fix-offloads turned %s off; 'ethtool -K %s %s on' turns it on "
			      "again", device, feature, device, option_of(feature));
		undo->changed[i] = any = true;
	}
	return any;
}

static bool fix_channels(struct report *report, enum advice_fix fix, const char *device,
			 struct advice_undo *undo)
{
	struct driver_channels wanted;

	if (driver_read_channels(device, &undo->channels))
		return false;
	wanted = undo->channels;
	if (fix == ADVICE_FIX_RX_CHANNELS)
		wanted.rx = wanted.max_rx;
	else if (wanted.combined > wanted.max_combined / 2 && wanted.max_combined > 1)
		wanted.combined = wanted.max_combined / 2;
	if (!memcmp(&wanted, &undo->channels, sizeof(wanted)) ||
	    driver_set_channels(device, &wanted))
		return false;
	if (wanted.rx != undo->channels.rx)
		report_notice(report,
			      "%s: --fix-offloads set %u channels to receive; 'ethtool -L %s rx "
			      "%u' takes that back", device, wanted.rx, device,
			      undo->channels.rx);
	else
		report_notice(report,
			      "%s: --fix-offloads set %u combined channels; 'ethtool -L %s "
			      "combined %u' takes that back", device, wanted.combined, device,
			      undo->channels.combined);
	return true;
}

bool advice_fix(struct report *report, const struct advice_row *row, const char *device,
		struct advice_undo *ret_undo)
{
	struct advice_undo undo = { .row = row };
	bool done = false;

	switch (row->fix) {
	case ADVICE_FIX_NONE:
		break;
	case ADVICE_FIX_FEATURE:
		done = fix_features(report, row, device, &undo);
		break;
	case ADVICE_FIX_RX_CHANNELS:
	case ADVICE_FIX_HALF_CHANNELS:
		done = fix_channels(report, row->fix, device, &undo);
		break;
	}
	if (done)
		*ret_undo = undo;
	return done;
}

void advice_undo(struct report *report, struct advice_undo *undo, const char *device,
		 const char *why)
{
	bool failed = false;

	if (!undo->row)
		return;
	if (undo->row->fix == ADVICE_FIX_FEATURE) {
		for (int i = 0; i < 3; i++)
			if (undo->changed[i])
				failed |= driver_set_feature(device, undo->row->features[i],
							     true) != 0;
	} else {
		failed = driver_set_channels(device, &undo->channels) != 0;
	}
	report_notice(report, "%s: %s, and %s", device, why,
		      failed ? "what was changed cannot be put back by xdpfw; the line above says "
			       "how" :
			       "what was changed was put back");
	undo->row = NULL;
}
