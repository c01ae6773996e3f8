#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guests.sh: the tests of the folder guest/ in qemu.
#
#	top_builddir=BUILD tests/kernels/guests.sh CACHE [KERNEL/SCRIPT...]
#
# KERNEL is a name of lib.sh, SCRIPT one of old_kernel, loading, cards, devices and reset; all that
# belong together when none is named.  XDPFW_GUEST_CASES (names with commas between) leaves out the
# other cases, which then count as failed.  Out: a line for each case that fails, a line for each
# guest, then "N passed, N failed, N skipped".
. "${top_srcdir:?}/tests/suite/lib.sh"
. "${top_srcdir:?}/tests/kernels/lib.sh"

cache=${1:?usage: guests.sh CACHE [KERNEL/SCRIPT...]}
shift
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Devices that the rulesets of the guests name.
DEVICES="n0 n1 n0.5 e0 x0 o0 w0 h0 bond0 bond1 wg0 tun0"

# build_objects: each line of guest/builds is a load, made here on devices of the same names; the
# kept objects go into the guests, which have no clang.  A state folder keeps only a few.
build_objects() {
	mkdir -m 700 "$work/state" "$work/state/objects"
	unshare -n -m -- bash -c '
		mount -t tmpfs tmpfs /run && mkdir -m 1777 /run/bpf && mount -t bpf bpf /run/bpf || exit
		export XDPFW_BPFFS=/run/bpf XDPFW_RUN_DIR=/run/lock
		for device in $2; do
			ip link add "$device" type veth peer name "p$device" || exit
		done
		cd "$3/rules" || exit
		grep -v "^#" ../builds | while read -r words; do
			export XDPFW_STATE_DIR=/run/state-$((i += 1))
			eval "\"$0\" --drop-devices $words" &&
				cp "$XDPFW_STATE_DIR"/objects/* "$1/objects/" || exit
		done' "$top_builddir/xdpfw" "$work/state" "$DEVICES" "$here/guest" >"$work/out" 2>&1 ||
		{ cat "$work/out"; return 1; }
}

# make_disk FOLDER: leaves qemu's words for a disk with what FOLDER has, as its folder xdpfw, in
# $words.
make_disk() {
	rm -rf "$work/disk" "$work/disk.img"
	mkdir "$work/disk" && cp -r "$1" "$work/disk/xdpfw"
	mke2fs -q -t ext4 -d "$work/disk" "$work/disk.img" 32M >/dev/null || fail "no disk"
	words=(-drive "file=$work/disk.img,format=raw,if=virtio")
}

# guest KERNEL SCRIPT
guest() {
	local kernel=$1 script=$2 root=$work/root modules words=(-no-reboot)
	rm -rf "$root"
	mkdir -p "$root/var/lib"
	cp -r "$work/state" "$root/var/lib/xdpfw"
	put_program "$top_builddir/xdpfw-faults" "$root"
	put_program "$top_builddir/tests/kernels/frames" "$root"
	put_program /usr/sbin/ethtool "$root"
	put_program /usr/sbin/nft "$root"
	case $script in
	old_kernel) cards ;;
	loading) cards n0:virtio-net-pci n1:virtio-net-pci ;;
	cards)
		cards n0:virtio-net-pci o0@virtio-net-pci w0@virtio-net-pci,ctrl_guest_offloads=off \
			e0:e1000 x0:vmxnet3 ;;
	devices) cards n0:virtio-net-pci n1:virtio-net-pci h0+virtio-net-pci ;;
	reset)
		cards n0:virtio-net-pci
		make_disk "$work/state" ;;
	esac
	modules="veth virtio_pci virtio_net virtio_blk e1000 vmxnet3 bonding 8021q tun wireguard"
	modules+=" crc32c_generic crc32c-cryptoapi ext4 nf_tables"
	# shellcheck disable=SC2086
	make_root "$kernel" "$root" $modules
	cp "$work/names" "$root/tests/"
	boot "$kernel" "$root" "$script.sh" "${cards[@]}" "${words[@]}"
	judge "$kernel" "$script.sh"
}

[ $# != 0 ] || set -- 5.10/old_kernel {6.1,6.12}/{loading,cards,devices,reset}
mapfile -t kernels < <(printf '%s\n' "${@%/*}" | sort -u)
fetch "${kernels[@]}" || { fail "cannot get what the guests are made of"; finish; }
build_objects || { fail "the rulesets of the guests are not built"; finish; }
for pair; do
	SECONDS=0
	guest "${pair%/*}" "${pair#*/}"
	echo "$SECONDS s"
done
finish
