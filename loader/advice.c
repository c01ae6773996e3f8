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
#include <string.h>

static const struct advice_row rows[] = {
#ifdef XDPFW_TEST_FAULTS
	{ "veth", "test: rx-checksum is on", { "rx-checksum" }, "ethtool -K @ rx off",
	  ADVICE_FIX_FEATURE, "loader/attach.c: XDPFW_REFUSE_NATIVE" },
#endif
	/* No setting of the guest takes this away: the driver looks at what it has agreed on. */
	{ "virtio_net", "disable GRO_HW", { NULL },
	  "the host does not let this guest turn its receive offloads off, so no ethtool line "
	  "helps; start the virtual machine with ctrl_guest_offloads=on, or with guest_csum=off,"
	  "guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off (QEMU: options of -device "
	  "virtio-net-pci)", ADVICE_FIX_NONE,
	  "drivers/net/virtio_net.c virtnet_xdp_set: Can't set XDP while host is implementing "
	  "GRO_HW/CSUM, disable GRO_HW/CSUM first" },
	{ "virtio_net", "disable LRO", { NULL },
	  "the host does not let this guest turn its receive offloads off, so no ethtool line "
	  "helps; start the virtual machine with ctrl_guest_offloads=on (QEMU: an option of "
	  "-device virtio-net-pci)", ADVICE_FIX_NONE,
	  "drivers/net/virtio_net.c virtnet_xdp_set: Can't set XDP while host is implementing "
	  "LRO/CSUM, disable LRO/CSUM first (older kernels)" },
	{ "virtio_net", "any_header_sg required", { NULL },
	  "the host's virtio is too old for native mode; give the virtual machine a newer machine "
	  "type (virtio 1.0)", ADVICE_FIX_NONE,
	  "drivers/net/virtio_net.c virtnet_xdp_set: XDP expects header/data in single page, "
	  "any_header_sg required" },
	{ "virtio_net", "MTU too large", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/virtio_net.c virtnet_xdp_set: MTU too large to enable XDP" },
	{ "virtio_net", "Too few free TX rings", { NULL },
	  "give the virtual machine more queues: current ones plus one for each CPU (QEMU: "
	  "queues= of -netdev, mq=on of -device)", ADVICE_FIX_NONE,
	  "drivers/net/virtio_net.c virtnet_xdp_set: Too few free TX rings available (older "
	  "kernels)" },
	{ "veth", "number of rx queues not less than peer tx", { NULL },
	  "ethtool -L @ rx N, with N at least the number of channels the other end sends on "
	  "('ethtool -l' there says tx); if @ cannot have so many, ethtool -L PEER tx 1 at the "
	  "other end", ADVICE_FIX_RX_CHANNELS,
	  "drivers/net/veth.c veth_xdp_set: XDP expects number of rx queues not less than peer tx "
	  "queues" },
	{ "veth", "Peer MTU is too large", { NULL },
	  "ip link set dev PEER mtu 1500 at the other end of @", ADVICE_FIX_NONE,
	  "drivers/net/veth.c veth_xdp_set: Peer MTU is too large to set XDP" },
	{ "veth", "peer is detached", { NULL }, "the other end of @ is gone; make the pair anew",
	  ADVICE_FIX_NONE, "drivers/net/veth.c veth_xdp_set: Cannot set XDP when peer is detached" },
	{ "vmxnet3", "too large for XDP", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/vmxnet3/vmxnet3_xdp.c vmxnet3_xdp_set: MTU %u too large for XDP" },
	{ "hv_netvsc", "not support LRO", { "rx-lro" }, "ethtool -K @ lro off", ADVICE_FIX_FEATURE,
	  "drivers/net/hyperv/netvsc_bpf.c netvsc_xdp_set: XDP: not support LRO" },
	{ "hv_netvsc", "mtu too large", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/hyperv/netvsc_bpf.c netvsc_xdp_set: XDP: mtu too large" },
	{ "ena", "MTU is larger", { NULL }, "ip link set dev @ mtu 3498", ADVICE_FIX_NONE,
	  "drivers/net/ethernet/amazon/ena/ena_xdp.c ena_xdp_set: the current MTU is larger than "
	  "the maximum allowed MTU" },
	{ "ena", "no enough space for allocating XDP queues", { NULL },
	  "ethtool -L @ combined N, with N at most half of the most there can be ('ethtool -l @')",
	  ADVICE_FIX_HALF_CHANNELS,
	  "drivers/net/ethernet/amazon/ena/ena_xdp.c ena_xdp_set: there is no enough space for "
	  "allocating XDP queues" },
	{ "igc", "Jumbo frames not supported", { NULL }, "ip link set dev @ mtu 1500",
	  ADVICE_FIX_NONE,
	  "drivers/net/ethernet/intel/igc/igc_xdp.c igc_xdp_set_prog: Jumbo frames not supported" },
	{ "igb", "RX buffer size is too small", { NULL }, "ip link set dev @ mtu 1500",
	  ADVICE_FIX_NONE,
	  "drivers/net/ethernet/intel/igb/igb_main.c igb_xdp_setup: The RX buffer size is too "
	  "small for the frame size" },
	{ "i40e", "MTU too large", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/ethernet/intel/i40e/i40e_main.c i40e_xdp_setup: MTU too large to enable "
	  "XDP" },
	{ "ice", "MTU", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/ethernet/intel/ice/ice_main.c ice_xdp_setup_prog: MTU too large for loading "
	  "XDP" },
	{ "ice", "only on PF VSI", { NULL },
	  "a virtual function of this card cannot run XDP; filter on the physical one",
	  ADVICE_FIX_NONE,
	  "drivers/net/ethernet/intel/ice/ice_main.c ice_xdp: XDP can be loaded only on PF VSI" },
	/* These say why only in the kernel's log. */
	{ "ixgbe", NULL, { "rx-lro" }, "ethtool -K @ lro off", ADVICE_FIX_FEATURE,
	  "drivers/net/ethernet/intel/ixgbe/ixgbe_main.c ixgbe_xdp_setup: -EINVAL while a ring has "
	  "RSC" },
	{ "mlx5_core", NULL, { "rx-lro", "rx-gro-hw" }, "ethtool -K @ lro off rx-gro-hw off",
	  ADVICE_FIX_FEATURE,
	  "drivers/net/ethernet/mellanox/mlx5/core/en_main.c mlx5e_xdp_allowed: can't set XDP "
	  "while HW-GRO/LRO is on, disable them first" },
	{ "bnxt_en", "Operation not supported", { NULL },
	  "ethtool -L @ rx 0 tx 0 combined N (native mode needs combined channels; 'ethtool -l @' "
	  "says how many there are), and a tcp-data-split that is not on ('ethtool -g @')",
	  ADVICE_FIX_NONE,
	  "drivers/net/ethernet/broadcom/bnxt/bnxt_xdp.c bnxt_xdp_set: ethtool rx/tx channels must "
	  "be combined to support XDP; XDP is disallowed when HDS is enabled" },
	{ "bonding", "current bonding mode", { NULL },
	  "ip link set dev @ type bond mode 802.3ad (or balance-rr, active-backup or balance-xor; "
	  "the bond has to be down, and without members, for that)", ADVICE_FIX_NONE,
	  "drivers/net/bonding/bond_main.c bond_xdp_set: No native XDP support for the current "
	  "bonding mode" },
	{ "bonding", "does not support XDP", { NULL },
	  "a member of @ has no native mode: 'xdpfw status --explain MEMBER' says why",
	  ADVICE_FIX_NONE,
	  "drivers/net/bonding/bond_main.c bond_xdp_set: Slave device does not support XDP" },
	/* Of all drivers. */
	{ NULL, "upper device already has a program", { NULL },
	  "@ is a member of a device that has an XDP program, which already sees its packets",
	  ADVICE_FIX_NONE,
	  "net/core/dev.c dev_xdp_attach: Cannot attach when an upper device already has a "
	  "program" },
	{ NULL, "can't be active at the same time", { NULL },
	  "ip link set dev @ xdpgeneric off (somebody else's program in the other mode has to go)",
	  ADVICE_FIX_NONE,
	  "net/core/dev.c dev_xdp_attach: Native and generic XDP can't be active at the same time" },
	{ NULL, "tcp-data-split", { NULL }, "ethtool -G @ tcp-data-split off", ADVICE_FIX_NONE,
	  "net/core/dev.c dev_xdp_install: unable to install XDP to device using tcp-data-split" },
	{ NULL, "Jumbo frames", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/ethernet/stmicro/stmmac/stmmac_xdp.c stmmac_xdp_set_prog: Jumbo frames not "
	  "supported" },
	{ NULL, "MTU", { NULL }, "ip link set dev @ mtu 1500", ADVICE_FIX_NONE,
	  "drivers/net/ethernet/marvell/mvneta.c mvneta_xdp_setup: MTU too large for XDP" },
	{ NULL, "LRO", { "rx-lro" }, "ethtool -K @ lro off", ADVICE_FIX_FEATURE,
	  "any driver that names LRO, as netvsc_xdp_set does" },
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

void advice_print(const struct advice_row *row, const char *device, struct buf *out)
{
	for (const char *at = row->help; *at; at++)
		if (*at == '@')
			buf_puts(out, device);
		else
			buf_putc(out, *at);
}

/* As ethtool(8) writes them. */
static const char *option_of(const char *feature)
{
	return !strcmp(feature, "rx-lro")	? "lro" :
	       !strcmp(feature, "rx-checksum")	? "rx" :
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

void advice_undo(struct report *report, const struct advice_undo *undo, const char *device)
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
	report_notice(report, "%s: %s", device,
		      failed ? "that did not help, and cannot be put back by xdpfw; the line above "
			       "says how" :
			       "that did not help, and was put back");
}
